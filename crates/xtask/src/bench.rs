//! `cargo xt bench <what>`: builds a crate's bench program in release and runs it with the remaining arguments.

use std::process::Command;

/// Runs the bench named first in `args`.
///
/// # Errors
/// An unknown bench, or the program's own failure.
pub fn run(args: &[String]) -> Result<(), String> {
    let (package, bin) = match args.first().map(String::as_str) {
        Some("roster") => ("solver", "roster-bench"),
        _ => return Err("cargo xt bench roster --dir <folder> [--seconds 60] [--threads 2] [--json]".into()),
    };
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", package, "--features", "bench", "--bin", bin, "--"])
        .args(&args[1..])
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("bench {bin}: {status}")) }
}
