//! The only SQL of the domain. Addresses are not personal by themselves; who lives there is told by
//! `people`, which marks what it shows.

mod borders;
mod tree;
mod write;

pub use borders::*;
pub use tree::*;
pub(crate) use write::*;
