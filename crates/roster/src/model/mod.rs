//! The nouns: post, shift, need, contract, leave, wish, plan, duty; and the frozen problem that a plan answers.

mod held;
mod plan;
mod problem;
mod setup;

pub use held::{HeldDuty, PostDuty};
pub use plan::*;
pub use problem::*;
pub use setup::*;
