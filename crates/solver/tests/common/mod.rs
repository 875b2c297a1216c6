//! Running the solver in tests: by rounds, so that results do not depend on the machine's load.

use solver::roster::{Control, Model, NoRoster, Solution, solve};
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

pub fn run(model: &Model, s: &Settings) -> Result<Solution, NoRoster> {
    let start = Instant::now();
    let elapsed = move || start.elapsed().as_secs_f64();
    let control = Control {
        elapsed: &elapsed,
        seconds: 300.0,
        stop: &NEVER,
        seed: s.seed,
        threads: s.threads,
        rounds: Some(s.rounds),
    };
    solve(model, &control, &mut |_| ())
}
