//! Tests that need a database or HTTP; those of the pure rules stand in `rules.rs` and `machine.rs`.

mod bad_input;
mod clearing;
mod clocks;
mod machine;
mod story;
mod town;
mod walk;
mod ways;
