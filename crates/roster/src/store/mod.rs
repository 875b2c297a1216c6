//! The only SQL of the domain. Posts are replaced by versions, contracts, leave and wishes are ended and never deleted,
//! values of rules and duties as published are appended.

mod after;
mod plans;
mod setup;
mod stands;

pub use after::*;
pub use plans::*;
pub use setup::*;
pub use stands::*;
use setup::stale;
