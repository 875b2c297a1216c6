//! `cargo xt soak writes` and `cargo xt bench web`: builds in release and runs the crate `drill`.

use crate::test::{cargo, step};
use std::process::Command;

/// `what` is a command of the drill's program; `args` are passed on.
pub fn run(what: &str, args: &[String]) -> Result<(), String> {
    step("build", &mut cargo(&["build", "--release", "--package", "fengqiao", "--package", "drill"]))?;
    step(what, Command::new("target/release/drill").arg(what).args(args))
}
