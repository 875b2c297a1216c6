//! HiGHS behind the masters, where it was built (`cargo test -p solver --features highs`; needs cmake and libclang).

use solver::roster::{Control, Model, Programme, Solution, check, prove, read, solve_with};
use std::path::Path;
use std::sync::atomic::AtomicBool;

fn solved(programme: Programme, model: &Model, threads: usize, rounds: u64) -> Solution {
    let begun = std::time::Instant::now();
    let elapsed = move || begun.elapsed().as_secs_f64();
    let stop = AtomicBool::new(false);
    let control = Control { elapsed: &elapsed, seconds: 120.0, stop: &stop, seed: 1, threads, rounds: Some(rounds) };
    let s = solve_with(programme, model, &control, &mut |_| ()).expect("a roster");
    assert_eq!(check(model, &s.roster), s.report);
    assert!(s.report.feasible() && s.bound <= s.report.objective as f64, "{}: {} {}", programme.name(), s.bound, s.report.objective);
    assert_eq!(prove(model, &s.duals), Some(s.bound), "recomputed from the duals");
    s
}

#[test]
fn it_is_the_one_taken_when_it_was_built() {
    assert_eq!((Programme::default(), Programme::BUILT.len()), (Programme::Highs, 2));
}

#[test]
fn both_prove_the_same_and_find_rosters_alike() {
    let m = read(include_bytes!("small.txt")).expect("reads");
    let (own, highs) = (solved(Programme::Own, &m, 1, 3), solved(Programme::Highs, &m, 2, 3));
    assert_eq!(own.bound, highs.bound);
    assert!(highs.report.objective <= own.report.objective.max(1) * 11 / 10, "{} {}", highs.report.objective, own.report.objective);
}

#[test]
fn both_stand_below_what_is_published() {
    use std::io::Write;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/roster/curtois_txt");
    if !dir.exists() {
        let _ = writeln!(std::io::stderr(), "SKIPPED HiGHS on shared instances: none at {}", dir.display());
        return;
    }
    for (name, best) in [("01", 607), ("03", 1001), ("04", 1716), ("06", 1950)] {
        let m = read(&std::fs::read(dir.join(format!("Instance{name}.txt.gz"))).expect("reads")).expect("is the format");
        for programme in Programme::BUILT {
            let s = solved(*programme, &m, 2, 1);
            assert!(s.bound <= best as f64 && best <= s.report.objective, "{name} by {}: {} {best} {}", programme.name(), s.bound, s.report.objective);
        }
    }
}
