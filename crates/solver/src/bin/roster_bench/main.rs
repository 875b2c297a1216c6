//! `cargo xt bench roster`: solves every instance file of a folder within a wall-clock limit and prints, for each, the
//! objective recomputed by the independent checker, the proven bound, the gap, the seconds, and whether it is feasible.
//!
//! gap = (objective − bound) / max(bound, 1). The bound is the one recomputed from the duals, apart from the linear programme.

mod export;
mod station;
#[cfg(feature = "masters")]
mod weigh;

use solver::roster::{Control, Model, NoRoster, Programme, Repair, Roster, read, repair, solve_with};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

struct Args {
    dir: Option<PathBuf>,
    seconds: f64,
    threads: usize,
    seed: u64,
    json: bool,
    trace: bool,
    cpu: bool,
    only: Vec<String>,
    /// People in invented station months, instead of a folder.
    stations: Vec<usize>,
    /// What solves the masters.
    master: Programme,
    /// Where the models are written, instead of being solved.
    write: Option<PathBuf>,
    /// Rounds for which the programmes that were weighed are timed, instead.
    weigh: Option<usize>,
}

fn args(mut given: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut a = Args {
        dir: None,
        seconds: 60.0,
        threads: 2,
        seed: 1,
        json: false,
        trace: false,
        cpu: false,
        only: vec![],
        stations: vec![],
        master: Programme::default(),
        write: None,
        weigh: None,
    };
    while let Some(arg) = given.next() {
        let mut value = || given.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--dir" => a.dir = Some(value()?.into()),
            "--seconds" => a.seconds = value()?.parse().map_err(|_| "--seconds: not a number")?,
            "--threads" => a.threads = value()?.parse().map_err(|_| "--threads: not a number")?,
            "--seed" => a.seed = value()?.parse().map_err(|_| "--seed: not a number")?,
            "--only" => a.only = value()?.split(',').map(str::to_string).collect(),
            "--stations" => {
                let size = |n: &str| n.parse::<usize>().ok().filter(|n| (6..=120).contains(n));
                let sizes: Option<Vec<usize>> = value()?.split(',').map(size).collect();
                a.stations = sizes.ok_or("--stations: sizes of 6 to 120, by commas")?;
            }
            "--master" => {
                let name = value()?;
                let built = || Programme::BUILT.iter().map(|p| p.name()).collect::<Vec<_>>().join(", ");
                let found = Programme::BUILT.iter().find(|p| p.name() == name);
                a.master = *found.ok_or_else(|| format!("--master {name}: this build has {}; HiGHS comes with --features highs", built()))?;
            }
            "--write" => a.write = Some(value()?.into()),
            "--weigh" => a.weigh = Some(value()?.parse().map_err(|_| "--weigh: not a number")?),
            "--json" => a.json = true,
            "--trace" => a.trace = true,
            "--cpu" => a.cpu = true,
            _ => {
                return Err(format!(
                    "{arg}: unknown; (--dir F | --stations 20,40) --seconds S --threads N [--seed N] [--only a,b] [--master own|highs] [--write FOLDER | --weigh ROUNDS] [--json] [--trace] [--cpu]"
                ));
            }
        }
    }
    if !(0.1..=86_400.0).contains(&a.seconds) {
        return Err("--seconds: 0.1 to 86400".into());
    }
    Ok(a)
}

/// An instance's name and its model, or why the file was refused.
type Named = (String, Result<Model, String>);

fn instances(a: &Args) -> Result<Vec<Named>, String> {
    if !a.stations.is_empty() {
        return Ok(a.stations.iter().map(|&n| (format!("Station{n:02}"), Ok(station::month(n, a.seed)))).collect());
    }
    let dir = a.dir.as_ref().ok_or("--dir is missing")?;
    let listed = std::fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut paths: Vec<PathBuf> = listed.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    let mut all = vec![];
    for path in paths {
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(name) = file.strip_suffix(".txt.gz").or_else(|| file.strip_suffix(".txt")) else { continue };
        if !a.only.is_empty() && !a.only.iter().any(|o| name.ends_with(o.as_str())) {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|e| format!("{file}: {e}"))?;
        all.push((name.to_string(), read(&bytes).map_err(|e| e.to_string())));
    }
    Ok(all)
}

fn run(a: &Args, name: &str, model: &Model) -> serde_json::Value {
    let mut found = None;
    let mut result = solve_one(a, name, model, &mut found);
    if let Some(roster) = found.filter(|_| !a.stations.is_empty()) {
        result["repairs"] = repairs(a, model, &roster);
    }
    result
}

/// Seconds that the search for a repair may take, as in the product, so that the whole stays below the two promised.
const REPAIR_SECONDS: f64 = 1.6;

/// Illnesses of a month, each repaired by itself.
const ILLNESSES: u64 = 8;

/// Illnesses in the middle of the month, each repaired within two seconds by the wall: sums of the changed cells and of the proven
/// minimum (cells weighted by nearness), their ratio, the worst single ratio and the longest time.
fn repairs(a: &Args, model: &Model, roster: &Roster) -> serde_json::Value {
    let change: Vec<u16> = (0..model.days as u16).map(|d| if d < 12 { 4 } else { 1 + u16::from(d < 17) }).collect();
    let (mut cells, mut cost, mut least, mut missing, mut broken, mut proven) = (0, 0, 0.0, 0, 0, 0);
    let (mut worst, mut longest) = (1.0f64, 0.0f64);
    for n in 0..ILLNESSES {
        let start = Instant::now();
        let elapsed = move || start.elapsed().as_secs_f64();
        let stop = AtomicBool::new(false);
        let control = Control { elapsed: &elapsed, seconds: REPAIR_SECONDS, stop: &stop, seed: a.seed, threads: a.threads, rounds: None };
        let absences = [station::illness(model, roster, a.seed.wrapping_add(n))];
        let repaired = repair(&Repair { model, published: roster, absences: &absences, first_open: 10, begun: &[], change: &change }, &control);
        longest = longest.max(elapsed());
        let r = match repaired {
            Ok(r) => r,
            Err(e) => return serde_json::json!({ "error": e.to_string() }),
        };
        cells += r.changes.iter().filter(|c| !c.forced).count();
        cost += r.cost;
        least += r.least.min(r.cost as f64);
        missing += r.missing;
        broken += r.new_violations.len();
        proven += u64::from(r.least >= r.cost as f64);
        worst = worst.max(r.cost as f64 / r.least.max(1.0));
    }
    let two = |v: f64| (v * 100.0).round() / 100.0;
    serde_json::json!({
        "illnesses": ILLNESSES,
        "proven": proven,
        "changed_cells": cells,
        "cost": cost,
        "least": least,
        "ratio": two(cost as f64 / least.max(1.0)),
        "worst_ratio": two(worst),
        "longest_seconds": two(longest),
        "within_two": longest <= 2.0,
        "missing": missing,
        "new_violations": broken,
    })
}

fn solve_one(a: &Args, name: &str, model: &Model, found: &mut Option<Roster>) -> serde_json::Value {
    let start = Instant::now();
    let used = cpu_seconds();
    // On a machine shared with other work the CPU clock is the repeatable one; the goal is stated for wall time.
    let elapsed = move || match a.cpu {
        true => (cpu_seconds() - used) / a.threads.clamp(1, 2) as f64,
        false => start.elapsed().as_secs_f64(),
    };
    let stop = AtomicBool::new(false);
    let control =
        Control { elapsed: &elapsed, seconds: a.seconds, stop: &stop, seed: a.seed, threads: a.threads, rounds: None };
    let solved = solve_with(a.master, model, &control, &mut |p| {
        if a.trace {
            eprintln!("  {:6.1} s  {:?}  {}  bound {:.1}", p.seconds, p.phase, p.cost, p.bound);
        }
    });
    match solved {
        Ok(s) => {
            *found = Some(s.roster.clone());
            serde_json::json!({
                "name": name,
                "objective": s.report.objective,
                "bound": s.bound,
                "gap": s.gap(),
                "seconds": (s.seconds * 10.0).round() / 10.0,
                "feasible": s.report.feasible(),
                "first_after": (s.first_after * 1000.0).round() / 1000.0,
                "master": a.master.name(),
            })
        }
        Err(e @ (NoRoster::BadModel(_) | NoRoster::Person { .. } | NoRoster::TooLarge { .. })) => {
            refused(name, &e.to_string())
        }
    }
}

/// CPU seconds of this process so far (user and system, in steps of 10 ms); 0 where the kernel does not tell.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |i: usize| after_name.split_whitespace().nth(i).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn refused(name: &str, why: &str) -> serde_json::Value {
    serde_json::json!({
        "name": name, "objective": null, "bound": null, "gap": null, "seconds": 0.0, "feasible": false, "error": why,
    })
}

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(answer(std::env::args().skip(1), &mut std::io::stdout()))
}

/// The whole command: what it prints goes to `out`; 0 when every instance has a result, 1 when one has none, 2 when the
/// command cannot be understood.
pub fn answer(given: impl Iterator<Item = String>, out: &mut dyn Write) -> u8 {
    let done = args(given).and_then(|a| {
        let all = instances(&a)?;
        match (&a.write, a.weigh) {
            (Some(to), _) => export::write(to, &all).map(|()| 0),
            #[cfg(feature = "masters")]
            (None, Some(rounds)) => weigh::all(&a, rounds, &all, out).map(|()| 0),
            #[cfg(not(feature = "masters"))]
            (None, Some(_)) => Err("--weigh: this build has one programme only; cargo xt bench masters builds them all".into()),
            (None, None) => solve_all(&a, &all, out).map_err(|e| e.to_string()),
        }
    });
    done.unwrap_or_else(|why| {
        eprintln!("roster-bench: {why}");
        2
    })
}

fn solve_all(a: &Args, all: &[Named], out: &mut dyn Write) -> std::io::Result<u8> {
    let mut results = vec![];
    if !a.json {
        writeln!(out, "master: {}", a.master.name())?;
        writeln!(out, "{:<16} {:>10} {:>10} {:>8} {:>8}  feasible", "name", "objective", "bound", "gap %", "seconds")?;
    }
    for (name, model) in all {
        let r = match model {
            Ok(m) => run(a, name, m),
            Err(why) => refused(name, why),
        };
        if !a.json {
            let number = |k: &str, by: f64| r[k].as_f64().map_or("-".into(), |v| format!("{:.2}", v * by));
            let (bound, gap, seconds) = (number("bound", 1.0), number("gap", 100.0), number("seconds", 1.0));
            writeln!(out, "{name:<16} {:>10} {bound:>10} {gap:>8} {seconds:>8}  {}", r["objective"], r["feasible"])?;
            if let Some(why) = r["error"].as_str() {
                writeln!(out, "    {why}")?;
            }
            if r["repairs"].is_object() {
                writeln!(out, "    repairs: {}", r["repairs"])?;
            }
        }
        results.push(r);
    }
    let refused = results.iter().filter(|r| r["error"].is_string()).count();
    if refused > 0 {
        eprintln!("roster-bench: {refused} of {} without a result", results.len());
    }
    let gaps: Vec<f64> = results.iter().filter_map(|r| r["gap"].as_f64()).collect();
    if a.json {
        writeln!(out, "{}", serde_json::Value::Array(results))?;
    } else if !gaps.is_empty() {
        writeln!(out, "mean gap {:.2} % over {}", 100.0 * gaps.iter().sum::<f64>() / gaps.len() as f64, gaps.len())?;
    }
    // A file that is no instance, or one that cannot be solved, is a failure of the run, not a line to overlook.
    Ok(u8::from(refused > 0))
}
