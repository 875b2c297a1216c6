//! `cargo xt bench staffing`: forecasts of thin counts against simple rules, promises against days that
//! really came. Latent demand is measured through the product's own path: `crates/demand/examples/latent.rs`.
//!
//! An aim that is missed is told and makes the exit code, whatever the seed. `--data <file>` names the arrivals (`day_index,slot5min,calls`, plain or gzip), `--json` prints one object.

mod aims;
mod data;
mod forecast;
mod promise;
mod week;

use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

struct Args {
    data: PathBuf,
    seed: u64,
    lead: usize,
    json: bool,
    /// Parts to run; all when empty.
    only: Vec<String>,
}

fn args() -> Result<Args, String> {
    let mut a = Args { data: data::DEFAULT.into(), seed: 1, lead: 1, json: false, only: vec![] };
    let mut given = std::env::args().skip(1);
    while let Some(arg) = given.next() {
        let mut value = || given.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--data" => a.data = value()?.into(),
            "--seed" => a.seed = value()?.parse().map_err(|_| "--seed: not a number")?,
            "--lead" => {
                let days = value()?.parse().ok().filter(|d| (1..=60).contains(d));
                a.lead = days.ok_or("--lead: 1 to 60 days")?;
            }
            "--only" => a.only = value()?.split(',').map(str::to_string).collect(),
            "--json" => a.json = true,
            _ => {
                return Err(format!(
                    "{arg}: unknown; [--data F] [--seed N] [--lead DAYS] [--only forecast,promise] [--json]"
                ));
            }
        }
    }
    Ok(a)
}

fn run(a: &Args) -> Result<Value, String> {
    let wanted = |part: &str| a.only.is_empty() || a.only.iter().any(|o| o == part);
    let mut all = json!({ "seed": a.seed });
    if !wanted("forecast") && !wanted("promise") {
        return Ok(all);
    }
    let days = data::read(&a.data)?;
    all["data"] = json!({ "file": a.data.display().to_string(), "days": days.len(), "slots": days[0].len() });
    for (part, each) in [("forecast", forecast_one as Part), ("promise", promise_one)] {
        if wanted(part) {
            let done: Result<Vec<Value>, String> = [0.5, 2.0].iter().map(|mean| each(a, &days, *mean)).collect();
            all[part] = Value::Array(done?);
        }
    }
    Ok(all)
}

type Part = fn(&Args, &data::Days, f64) -> Result<Value, String>;

fn forecast_one(a: &Args, days: &data::Days, mean: f64) -> Result<Value, String> {
    forecast::run(days, mean, a.lead, a.seed)
}

fn promise_one(a: &Args, days: &data::Days, mean: f64) -> Result<Value, String> {
    promise::run(days, mean, a.seed)
}

fn main() -> ExitCode {
    let all = match args().and_then(|a| run(&a).map(|v| (a, v))) {
        Ok((a, all)) if !a.json => all,
        Ok((_, all)) => {
            println!("{all}");
            return judged(&all);
        }
        Err(why) => {
            eprintln!("bench staffing: {why}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(data) = all.get("data") {
        println!("{}: {} days of {} slots", data["file"].as_str().unwrap_or(""), data["days"], data["slots"]);
    }
    all["forecast"].as_array().into_iter().flatten().for_each(forecast::print);
    all["promise"].as_array().into_iter().flatten().for_each(promise::print);
    judged(&all)
}

/// Says what was missed.
fn judged(all: &Value) -> ExitCode {
    let missed = aims::missed(all);
    missed.iter().for_each(|m| eprintln!("MISSED {m}"));
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
