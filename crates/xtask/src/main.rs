//! `cargo xt <what>`: the project's own tools, in Rust, with next to no dependencies.
//!
//! `test` installs what the tests need and runs all of them; `tidy` turns conventions into checks;
//! `soak` and `bench` measure; `dist` packs a release.

mod bench;
mod dist;
mod drill;
mod highs;
mod postgres;
mod programs;
mod sbom;
mod scratch;
mod spent;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xt test [--fast]   packages, tidy, every test on both engines
cargo xt lint            clippy over everything, warnings refused
cargo xt tidy            the conventions of the house, as checks
cargo xt bench roster    duty rosters: --dir <folder of the public format> | --stations 15,20,40,60 [--seconds 60] [--threads 2] [--master highs] [--json]
cargo xt bench masters   linear programmes on the rosters' masters: --dir <folder> | --stations 20 [--only 08,12] [--rounds 60] [--json]
cargo xt bench staffing  forecasts of thin arrivals, promises on replayed days, latent demand: [--data <file>] [--seed 1] [--lead 1] [--towns 60] [--kind N] [--only forecast,promise,latent] [--json]
cargo xt soak writes     the built program killed while it writes: [--kills 1000] [--json]
cargo xt bench web       pages under load on years of data: [--incidents N] [--disputes N] [--rate N] [--json]
cargo xt soak video      the recorder killed while it records: [--cameras 100] [--kills 50] [--seconds 600] [--json]
cargo xt bench video     the recorder beside ffmpeg and GStreamer: [--cameras 100] [--seconds 60] [--viewers 16] [--quota BYTES] [--alone] [--json]
cargo xt bench seek      a moment found in a month of recordings, sixteen cameras at once: [--days 30] [--json]
cargo xt bench wall      the wall in Chromium: first picture, lateness, frames, sixteen tiles sought: [--rounds 20] [--seconds 10] [--json]
cargo xt bench month     a seek among a hundred cameras of a month, with rights and register: [--cameras 100] [--days 30] [--engine postgres] [--json]
cargo xt dist            the offline release archive with licences, docs, unit, checksums and SBOM
cargo xt bench hint      the Fengqiao book offered on 200,000 disputes
cargo xt bench dossier   a dossier of thirty pages as one PDF among many disputes: [--disputes 200000]
cargo xt bench text      category suggestions beside baselines (--errors lists the misses of the tuning half)
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let word = |n: usize| args.get(n).map_or("", String::as_str);
    let done = match args.first().map(String::as_str) {
        Some("soak") if word(1) == "writes" => drill::run("writes", &args[2..]),
        Some("bench") if word(1) == "web" => drill::run("web", &args[2..]),
        Some(what @ ("bench" | "soak")) if word(1) == "video" => bench::video(what, &args[2..]),
        Some("bench") if word(1) == "seek" => bench::video("seek", &args[2..]),
        Some("bench") if word(1) == "wall" => bench::wall(&args[2..]),
        Some("dist") => dist::run(),
        Some("test") => test::run(args.iter().any(|a| a == "--fast")),
        Some("lint") => test::lint(),
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
