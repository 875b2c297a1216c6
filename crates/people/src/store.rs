//! The only SQL of the domain, and the only way to a person: every fn that shows one marks it.

mod cleared;
mod holds;
mod narrow;
mod persons;
mod query;
mod write;

pub use cleared::*;
pub use holds::*;
pub(crate) use narrow::own;
pub use persons::*;
pub use query::{Query, ages, register};
pub(crate) use write::*;
