//! What people do, one function each: permit → read → rule → write → record → emit.

mod gather;
mod kept;
mod need;
mod past;
mod work;

pub use gather::*;
pub use kept::*;
pub use need::*;
pub use past::*;
pub use work::*;
