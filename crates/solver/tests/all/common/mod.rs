//! Running the solver in tests: by rounds, so that results do not depend on the machine's load.
#![allow(dead_code)]

use solver::roster::{
    BadModel, Clash, Control, Explained, Group, Model, NoRoster, Repair, Repaired, Solution, explain, repair, solve,
};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

static NEVER: AtomicBool = AtomicBool::new(false);

pub struct Settings {
    pub seed: u64,
    pub threads: usize,
    pub rounds: u64,
}

pub fn control_rounds(seed: u64, rounds: u64) -> Settings {
    Settings { seed, threads: 1, rounds }
}

fn with<T>(s: &Settings, f: impl FnOnce(&Control<'_>) -> T) -> T {
    let start = Instant::now();
    let elapsed = move || start.elapsed().as_secs_f64();
    f(&Control {
        elapsed: &elapsed,
        seconds: 300.0,
        stop: &NEVER,
        seed: s.seed,
        threads: s.threads,
        rounds: Some(s.rounds),
    })
}

pub fn run(model: &Model, s: &Settings) -> Result<Solution, NoRoster> {
    with(s, |c| solve(model, c, &mut |_| ()))
}

pub fn run_repair(r: &Repair<'_>, s: &Settings) -> Result<Repaired, NoRoster> {
    with(s, |c| repair(r, c))
}

pub fn run_explain(m: &Model, s: &Settings, cost: &dyn Fn(&Group) -> Option<i64>) -> Result<Option<Clash>, BadModel> {
    with(s, |c| explain(m, c, cost)).map(|e| match e {
        Explained::Clash(c) => Some(c),
        Explained::Possible => None,
        Explained::Open => panic!("not decided"),
    })
}
