//! The only SQL of the domain. Addresses are not personal by themselves; who lives there is told by
//! `people`, which marks what it shows.

mod borders;
mod shapes;
mod tree;
mod write;

pub use borders::*;
pub use shapes::*;
pub use tree::*;
pub(crate) use write::*;
