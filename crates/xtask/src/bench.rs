//! `cargo xt bench <what>`: builds a crate's bench program and runs it with the remaining arguments.

use std::process::Command;

/// Name and how cargo runs it. What needs no heavy optimising runs as built for tests.
const BENCHES: &[(&str, &[&str])] = &[
    ("roster", &["--release", "--package", "solver", "--features", "bench", "--bin", "roster-bench"]),
    ("text", &["--package", "categories", "--example", "bench_text"]),
    ("hint", &["--package", "precedents", "--example", "store_hint_sql"]),
];

/// Runs the bench named first in `args`.
///
/// # Errors
/// An unknown bench, or the program's own failure.
pub fn run(args: &[String]) -> Result<(), String> {
    let name = args.first().map_or("", String::as_str);
    let names: Vec<&str> = BENCHES.iter().map(|b| b.0).collect();
    let (_, how) = BENCHES.iter().find(|b| b.0 == name).ok_or_else(|| format!("cargo xt bench {}", names.join("|")))?;
    let status = Command::new("cargo")
        .args(["run", "--quiet"])
        .args(*how)
        .arg("--")
        .args(&args[1..])
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("bench {name}: {status}")) }
}
