//! What people do, one function each: permit → read → rule → write → record → emit.

mod gather;
mod kept;
mod need;
mod past;

pub use gather::*;
pub use kept::*;
pub use need::*;
pub use past::*;
