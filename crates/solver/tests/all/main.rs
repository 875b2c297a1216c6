//! Rosters: what is solved, proven, repaired and refused.

mod bench;
mod check;
mod clash;
mod common;
mod format;
#[cfg(feature = "highs")]
mod highs;
mod repair;
mod repair_least;
mod shortage;
mod solve;
