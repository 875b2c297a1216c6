//! `cargo xt bench <what>`: builds a crate's bench program and runs it with the remaining arguments.

use std::process::Command;

/// Name and how cargo runs it. What needs no heavy optimising runs as built for tests.
const BENCHES: &[(&str, &[&str])] = &[
    ("roster", &["--release", "--package", "solver", "--features", "bench", "--bin", "roster-bench"]),
    ("staffing", &["--release", "--package", "staffing", "--features", "bench", "--bin", "staffing-bench"]),
    ("text", &["--package", "categories", "--example", "bench_text"]),
    ("hint", &["--package", "precedents", "--example", "store_hint_sql"]),
];

/// The recorder's bench and soak are one program.
const VIDEO: &[&str] = &["--release", "--package", "media", "--example", "video"];

/// Runs `bench`, `soak` or `seek` of the video program.
///
/// # Errors
/// The program's own failure: frames lost, files corrupt.
pub fn video(what: &str, args: &[String]) -> Result<(), String> {
    let args: Vec<String> = std::iter::once(what.to_string()).chain(args.iter().cloned()).collect();
    cargo_run(&format!("{what} video"), VIDEO, &args)
}

/// Runs the bench named first in `args`.
///
/// # Errors
/// An unknown bench, or the program's own failure.
pub fn run(args: &[String]) -> Result<(), String> {
    let name = args.first().map_or("", String::as_str);
    let names: Vec<&str> = BENCHES.iter().map(|b| b.0).collect();
    let (_, how) = BENCHES.iter().find(|b| b.0 == name).ok_or_else(|| format!("cargo xt bench {}", names.join("|")))?;
    cargo_run(&format!("bench {name}"), how, &args[1..])
}

fn cargo_run(name: &str, how: &[&str], args: &[String]) -> Result<(), String> {
    let status = Command::new("cargo")
        .args(["run", "--quiet"])
        .args(how)
        .arg("--")
        .args(args)
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}
