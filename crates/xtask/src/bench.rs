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
//! `cargo xt bench <what>`: measurements that print numbers; each is an example of the crate it measures.

use std::process::Command;

/// Name, crate, example.
const BENCHES: &[(&str, &str, &str)] = &[("text", "categories", "bench_text")];

pub fn run(args: &[String]) -> Result<(), String> {
    let name = args.first().map_or("", String::as_str);
    let names: Vec<&str> = BENCHES.iter().map(|b| b.0).collect();
    let (_, package, example) =
        BENCHES.iter().find(|b| b.0 == name).ok_or_else(|| format!("bench what? {}", names.join(", ")))?;
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "-p", package, "--example", example, "--"])
        .args(&args[1..])
        .status()
        .map_err(|e| e.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{example} ended with {status}")) }
}
