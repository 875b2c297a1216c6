//! `cargo xt <what>`: the project's own tools, in Rust, with next to no dependencies.
//!
//! `test` installs what the tests need and runs all of them; `tidy` turns conventions into checks; `bench` measures.

mod bench;
mod postgres;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xt test [--fast]   everything: packages, format, lints, tidy, tests on both engines
cargo xt tidy            the conventions of the house, as checks
cargo xt bench roster    duty rosters from the public format: --dir <folder> [--seconds 60] [--threads 2] [--json]
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.first().map(String::as_str) {
        Some("test") => test::run(args.iter().any(|a| a == "--fast")),
        Some("tidy") => tidy::run(),
        Some("bench") => bench::run(&args[1..]),
        _ => {
            print!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xt: {why}");
            ExitCode::FAILURE
        }
    }
}
