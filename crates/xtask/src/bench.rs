//! `cargo xt bench <what>`: builds a crate's bench program and runs it with the remaining arguments.

use crate::test::{cargo, step};

/// Name and how cargo runs it. What needs no heavy optimising runs as built for tests.
const BENCHES: &[(&str, &[&str])] = &[
    ("roster", &["--release", "--package", "solver", "--features", "bench", "--bin", "roster-bench"]),
    ("staffing", &["--release", "--package", "staffing", "--features", "bench", "--bin", "staffing-bench"]),
    ("month", &["--release", "--package", "video", "--example", "month"]),
    ("text", &["--package", "categories", "--example", "bench_text"]),
    ("hint", &["--package", "precedents", "--example", "store_hint_sql"]),
];

/// The rosters with HiGHS built in.
const ROSTER_HIGHS: [&str; 7] = ["--release", "--package", "solver", "--features", "bench,highs", "--bin", "roster-bench"];

/// Latent demand; `staffing` is optimised in every profile.
const LATENT: &[&str] = &["--package", "demand", "--example", "latent"];

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

/// Runs the wall in Chromium against the program built in release, or the one that `FENGQIAO_BIN` names.
///
/// # Errors
/// No Chromium, a build that fails, a page that does not show what it should.
pub fn wall(args: &[String]) -> Result<(), String> {
    let built = std::env::var_os("FENGQIAO_BIN").is_none();
    if built {
        step("build", &mut cargo(&["build", "--release", "--package", "fengqiao"]))?;
    }
    let mut run = cargo(&["run", "--quiet", "--package", "e2e", "--example", "wall", "--"]);
    if built {
        run.env("FENGQIAO_BIN", "target/release/fengqiao");
    }
    step("bench wall", run.args(args))
}

/// Runs the bench named first in `args`.
///
/// # Errors
/// An unknown bench, or the program's own failure.
pub fn run(args: &[String]) -> Result<(), String> {
    let name = args.first().map_or("", String::as_str);
    match name {
        "dossier" => return dossier(&args[1..]),
        "roster" if crate::highs::asked(args) => {
            crate::highs::there()?;
            return cargo_run("bench roster", &ROSTER_HIGHS, &args[1..]);
        }
        "masters" => return masters(&args[1..]),
        "staffing" => return staffing(&args[1..]),
        _ => {}
    }
    let names: Vec<&str> = BENCHES.iter().map(|b| b.0).collect();
    let (_, how) = BENCHES.iter().find(|b| b.0 == name).ok_or_else(|| format!("cargo xt bench {}|masters|dossier", names.join("|")))?;
    cargo_run(&format!("bench {name}"), how, &args[1..])
}

/// The linear programmes that were weighed for the solver's masters, each on the masters of instances; HiGHS among them where
/// it can be built. `[--rounds 60]` and what the rosters' bench takes.
fn masters(args: &[String]) -> Result<(), String> {
    let mut rest: Vec<String> = args.to_vec();
    let mut rounds = "60".to_string();
    if let Some(at) = rest.iter().position(|a| a == "--rounds") {
        rounds = rest.get(at + 1).ok_or("--rounds needs a number")?.clone();
        rest.drain(at..at + 2);
    }
    rest.extend(["--weigh".to_string(), rounds]);
    let features = match crate::highs::there() {
        Ok(()) => "bench,masters,highs",
        Err(why) => {
            eprintln!("── without HiGHS: {why}");
            "bench,masters"
        }
    };
    cargo_run("bench masters", &["--release", "--package", "solver", "--features", features, "--bin", "roster-bench"], &rest)
}

/// Latent demand is measured through the product's own path, so it is an example of the crate that has it; what stands on
/// arrivals alone is `staffing`'s own program. Both are run, or the parts that `--only` names.
fn staffing(args: &[String]) -> Result<(), String> {
    let at = |name: &str| args.iter().position(|a| a == name);
    let only: Option<Vec<&str>> = match at("--only") {
        Some(i) => Some(args.get(i + 1).ok_or("--only needs a value")?.split(',').collect()),
        None => None,
    };
    let wanted = |part: &str| only.as_ref().is_none_or(|o| o.contains(&part));
    let parts: Vec<&str> = ["forecast", "promise"].into_iter().filter(|p| wanted(p)).collect();
    let (mut arrivals, mut latent): (Vec<String>, Vec<String>) = (vec!["--only".into(), parts.join(",")], vec![]);
    let mut given = args.iter();
    while let Some(arg) = given.next() {
        let value = match arg.as_str() {
            "--json" => None,
            _ => Some(given.next().ok_or(format!("{arg} needs a value"))?),
        };
        let words = || std::iter::once(arg).chain(value).cloned();
        match arg.as_str() {
            "--only" => {}
            "--seed" | "--json" => {
                arrivals.extend(words());
                latent.extend(words());
            }
            "--towns" | "--kind" => latent.extend(words()),
            _ => arrivals.extend(words()),
        }
    }
    let how = BENCHES.iter().find(|b| b.0 == "staffing").map_or(&[][..], |b| b.1);
    let first = if parts.is_empty() { Ok(()) } else { cargo_run("bench staffing", how, &arrivals) };
    let second = if wanted("latent") { cargo_run("bench staffing, latent", LATENT, &latent) } else { Ok(()) };
    first.and(second)
}

/// The dossier's bench is an ignored test of its crate, because it needs the crate's own invented town: `[--disputes N]`.
fn dossier(args: &[String]) -> Result<(), String> {
    let mut run = cargo(&["test", "--release", "--quiet", "--package", "dossier", "--lib"]);
    run.args(["--", "--ignored", "--nocapture", "among_many_disputes"]);
    if let Some(at) = args.iter().position(|a| a == "--disputes") {
        run.env("FENGQIAO_BENCH_DISPUTES", args.get(at + 1).ok_or("--disputes needs a number")?);
    }
    let status = run.status().map_err(|e| format!("cargo: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("bench dossier: {status}")) }
}

fn cargo_run(name: &str, how: &[&str], args: &[String]) -> Result<(), String> {
    let status = cargo(&["run", "--quiet"])
        .args(how)
        .arg("--")
        .args(args)
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}
