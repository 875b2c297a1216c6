//! The solver against the independent checker, against exhaustive search on tiny models, and on the shared instances.

use crate::common::{control_rounds, run};
use proptest::prelude::*;
use solver::roster::{
    Cover, Duals, End, Fairness, History, Kind, Mix, Model, NoRoster, OFF, Person, Request, Roster, check, prove, read,
};
use std::path::Path;

fn kind(name: &str, minutes: u32, never_then: &[usize]) -> Kind {
    Kind { name: name.into(), minutes, never_then: never_then.to_vec() }
}

prop_compose! {
    fn person(days: usize)(
        min in 0u32..3, span in 2u32..6, max_run in 1u16..5, min_run in 1u16..3, min_off in 1u16..3,
        weekends in 0u16..3, n_limit in 0u16..4, off in prop::collection::vec(0..days, 0..2),
        fixed in prop::option::of((0..days, prop::option::of(0usize..2))),
        history in prop::option::of((prop::option::of(0usize..2), 1u16..4)),
        together in prop::option::weighted(0.3, (prop::sample::select(vec![vec![1], vec![0, 1]]), 0u16..4)), next in prop::option::weighted(0.3, 0usize..2),
    ) -> Person {
        let mut p = Person::free("p", 2);
        p.min_minutes = min * 480;
        p.max_minutes = (min + span) * 500;
        (p.max_run, p.min_run, p.min_off, p.max_weekends) = (max_run.max(min_run), min_run, min_off, weekends);
        p.max_of_kind = vec![99, n_limit];
        p.away = off.iter().copied().take(1).collect();
        p.days_off = off;
        p.fixed = fixed.into_iter().collect();
        p.history = history.map(|(last, run)| History { last, run });
        (p.max_together, p.next) = (together, next);
        p
    }
}

/// Weeks of a model, and minutes in each at most.
type Weeks = (Vec<(usize, usize)>, Vec<u32>);

/// Short weeks, the first cut by the roster's edge and some days after the last, with minutes in each at most.
fn weeks(days: usize) -> impl Strategy<Value = Option<Weeks>> {
    let drawn = (1usize..4, 2usize..5, 1usize..4, prop::collection::vec(0u32..7, 8));
    prop::option::weighted(0.5, drawn).prop_map(move |drawn| {
        let (cut, length, most, limits) = drawn?;
        let all = (0..most).map(|i| if i == 0 { (0, cut) } else { (cut + (i - 1) * length, cut + i * length) });
        let weeks: Vec<(usize, usize)> = all.filter(|w| w.1 <= days).collect();
        let limits = limits.iter().take(weeks.len()).map(|l| l * 300).collect();
        Some((weeks, limits))
    })
}

prop_compose! {
    fn model(days: usize, most: usize)(
        people in prop::collection::vec(person(days), 2..=most),
        needs in prop::collection::vec((0u32..3, prop::sample::select(vec![1i64, 30, 100]), 0i64..5, prop::bool::weighted(0.1)), days * 2),
        wishes in prop::collection::vec((0..2usize, 0..days, 0usize..2, any::<bool>(), 1i64..9), 0..6),
        mix in prop::option::of((0..days, -1i32..2, any::<bool>())),
        fair in prop::option::of((1i64..20, -2i32..3, 0u32..3)),
        week in weeks(days),
    ) -> Model {
        let n = people.len();
        let (weeks, limits) = week.unwrap_or_default();
        let limited = |(i, p): (usize, Person)| Person { max_week: if i % 3 == 2 { vec![] } else { limits.clone() }, ..p };
        let people: Vec<Person> = people.into_iter().enumerate().map(limited).collect();
        let cover = needs.iter().enumerate().map(|(i, &(need, under, over, hard))| Cover { day: i / 2, kind: i % 2, need, under, over, hard }).collect();
        let requests = wishes.into_iter().map(|(person, day, kind, on, weight)| Request { person, day, kind, on, weight }).collect();
        let mixes = mix.map(|(day, least, hard)| Mix { name: "mix".into(), day, kinds: vec![0, 1], people: vec![(0, 1), (1, -1)], least, under: 40, hard });
        let fairness = fair.map(|(weight, carry, free)| Fairness {
            name: "nights".into(),
            people: (0..n).map(|p| (p, if p == 0 { carry } else { 0 })).collect(),
            cells: (0..days).map(|d| (d, 1)).collect(),
            weight,
            free,
        });
        Model {
            days,
            kinds: vec![kind("D", 480, &[]), kind("N", 600, &[0])],
            people,
            weekends: (0..days).step_by(4).filter(|d| d + 1 < days).map(|d| vec![d, d + 1]).collect(),
            weeks,
            cover,
            requests,
            costs: vec![],
            mixes: mixes.into_iter().collect(),
            fairness: fairness.into_iter().collect(),
        }
    }
}

/// Every legal schedule of one person, by the checker alone.
fn legal(model: &Model, p: usize) -> Vec<Vec<u8>> {
    let alone = Model {
        people: vec![model.people[p].clone()],
        cover: vec![],
        requests: vec![],
        costs: vec![],
        mixes: vec![],
        fairness: vec![],
        ..model.clone()
    };
    let kinds = model.kinds.len();
    let total = (kinds + 1).pow(model.days as u32);
    let schedule = |mut code: usize| -> Vec<u8> {
        (0..model.days)
            .map(|_| {
                let k = code % (kinds + 1);
                code /= kinds + 1;
                if k == kinds { OFF } else { k as u8 }
            })
            .collect()
    };
    (0..total).map(schedule).filter(|s| check(&alone, &Roster { rows: vec![s.clone()] }).feasible()).collect()
}

/// The best objective over all rosters, `None` when hard rows can never be met.
fn exhaustive(model: &Model, schedules: &[Vec<Vec<u8>>]) -> Option<i64> {
    let mut best: Option<i64> = None;
    let mut at = vec![0; schedules.len()];
    loop {
        let rows = at.iter().zip(schedules).map(|(&i, s)| s[i].clone()).collect();
        let r = check(model, &Roster { rows });
        if r.feasible() {
            best = Some(best.map_or(r.objective, |b| b.min(r.objective)));
        }
        let Some(i) = (0..at.len()).find(|&i| at[i] + 1 < schedules[i].len()) else { return best };
        at[i] += 1;
        at[..i].fill(0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Whatever the rules, what comes back is legal for every person, and the bound is below it.
    #[test]
    fn never_returns_what_the_checker_refuses(m in model(10, 5), seed in 0u64..1000) {
        prop_assert_eq!(m.validate(), Ok(()));
        match run(&m, &control_rounds(seed, 1)) {
            Ok(s) => {
                let again = check(&m, &s.roster);
                prop_assert_eq!(&again, &s.report);
                let personal = again.violations.iter().all(|v| matches!(v, solver::roster::Violation::Cover { .. } | solver::roster::Violation::Mix { .. }));
                prop_assert!(personal, "{:?}", again.violations);
                // What is told is what follows from the duals, and what the search counted with.
                prop_assert_eq!(prove(&m, &s.duals).unwrap_or(0.0).max(s.bound), s.bound);
                prop_assert_eq!(s.bound, last_told(&m, seed));
                if again.feasible() {
                    prop_assert!(s.bound <= again.objective as f64, "bound {} objective {}", s.bound, again.objective);
                }
            }
            Err(NoRoster::Person { .. }) => {}
            Err(e) => prop_assert!(false, "{e}"),
        }
    }

    /// With prices of nothing the bound is what each person's cheapest schedule costs: exact, over several weeks in one run too.
    #[test]
    fn one_person_is_priced_exactly(m in model(9, 2)) {
        let mut m = m;
        m.people.truncate(1);
        m.requests.retain(|r| r.person == 0);
        m.mixes.clear();
        m.fairness.clear();
        m.cover.clear();
        m.people[0].max_run = m.people[0].max_run * 2 + 1;
        let best = legal(&m, 0).into_iter().map(|row| check(&m, &Roster { rows: vec![row] }).objective).min();
        prop_assert_eq!(prove(&m, &Duals::zero(&m)), best.map(|b| b as f64));
        match (run(&m, &control_rounds(1, 1)), best) {
            (Ok(s), Some(best)) => prop_assert_eq!((s.report.objective, s.report.feasible()), (best, true)),
            (Err(NoRoster::Person { person: 0 }), None) => {}
            (s, _) => prop_assert!(false, "{s:?}"),
        }
    }

    /// On tiny models the bound is below the true optimum, a proven roster is optimal, and "no schedule" is true.
    #[test]
    fn agrees_with_exhaustive_search(m in model(5, 2), seed in 0u64..1000) {
        let schedules: Vec<_> = (0..m.people.len()).map(|p| legal(&m, p)).collect();
        match run(&m, &control_rounds(seed, 2)) {
            Err(NoRoster::Person { person }) => prop_assert!(schedules[person].is_empty()),
            Err(e) => prop_assert!(false, "{e}"),
            Ok(s) => {
                prop_assert!(schedules.iter().all(|s| !s.is_empty()));
                match exhaustive(&m, &schedules) {
                    Some(best) => {
                        prop_assert!(!s.impossible);
                        prop_assert!(s.bound <= best as f64, "bound {} best {best}", s.bound);
                        // Whatever the duals are, they prove nothing that is false.
                        for shift in [-70_000i64, 3, 90_000, 5_000_000] {
                            let mut d = s.duals.clone();
                            d.cover.iter_mut().chain(&mut d.mixes).enumerate().for_each(|(i, y)| *y += shift * (i as i64 % 3 - 1));
                            d.fairness.iter_mut().for_each(|f| f.largest.iter_mut().chain(&mut f.smallest).for_each(|y| *y += shift));
                            prop_assert!(prove(&m, &d).is_none_or(|b| b <= best as f64), "{:?} prove more than {best}", d);
                        }
                        prop_assert!(s.report.feasible() && s.report.objective >= best);
                        if s.end == End::Proven {
                            prop_assert_eq!(s.report.objective, best);
                        }
                    }
                    None => prop_assert!(!s.report.feasible()),
                }
            }
        }
    }
}

/// The bound that was told last while the same model was solved.
fn last_told(m: &Model, seed: u64) -> f64 {
    let stop = std::sync::atomic::AtomicBool::new(false);
    let control = solver::roster::Control { elapsed: &|| 0.0, seconds: 1.0, stop: &stop, seed, threads: 1, rounds: Some(1) };
    let mut bound = 0.0;
    let _ = solver::roster::solve(m, &control, &mut |p| bound = p.bound);
    bound
}

#[test]
fn the_same_seed_gives_the_same_roster_on_one_thread_and_on_two() {
    let text = include_str!("small.txt");
    let mut m = read(text.as_bytes()).expect("reads");
    let (mut one, mut two) = (control_rounds(7, 2), control_rounds(7, 2));
    (one.threads, two.threads) = (1, 2);
    let (a, b) = (run(&m, &one).expect("solves"), run(&m, &two).expect("solves"));
    assert_eq!((a.roster.clone(), a.bound), (b.roster, b.bound));
    let c = run(&m, &one).expect("solves");
    assert_eq!(a.roster, c.roster);
    // With a rule of fairness, and as many rounds as it takes until its level is held elsewhere.
    let people = (0..m.people.len()).map(|p| (p, (p * 7 % 4) as i32)).collect();
    m.fairness = vec![Fairness { name: "first".into(), people, cells: (0..m.days).map(|d| (d, 0)).collect(), weight: 7, free: 0 }];
    (one.rounds, two.rounds) = (14, 14);
    let (a, b) = (run(&m, &one).expect("solves"), run(&m, &two).expect("solves"));
    assert_eq!((a.roster, a.bound, a.end), (b.roster, b.bound, End::Rounds));
}

#[test]
fn nights_are_spread_evenly_where_that_is_possible() {
    let people = (0..6)
        .map(|i| {
            let mut p = Person::free(format!("p{i}"), 2);
            (p.max_run, p.min_off, p.max_minutes) = (5, 1, 20 * 480);
            p
        })
        .collect();
    let need = |day, kind| Cover { day, kind, need: 1 + u32::from(kind == 0), under: 200, over: 1, hard: true };
    let carry = [0, 3, 1, 2, 0, 1];
    let m = Model {
        days: 28,
        kinds: vec![kind("D", 480, &[]), kind("N", 600, &[0])],
        people,
        cover: (0..28).flat_map(|d| [need(d, 0), need(d, 1)]).collect(),
        fairness: vec![Fairness {
            name: "nights".into(),
            people: (0..6).map(|p| (p, carry[p])).collect(),
            cells: (0..28).map(|d| (d, 1)).collect(),
            weight: 10,
            free: 0,
        }],
        ..Model::default()
    };
    let s = run(&m, &control_rounds(3, 6)).expect("solves");
    assert!(s.report.feasible(), "{:?}", s.report.violations);
    assert!(s.report.spreads[0] <= 1, "spread {} (28 nights and 7 carried over on 6 people)", s.report.spreads[0]);
}

/// Published best objectives of the shared instances (`bks_orprojects.md`), solved for so many rounds here.
const PUBLISHED: [(&str, i64, f64); 7] = [
    ("01", 607, f64::INFINITY),
    ("02", 828, 0.02),
    ("03", 1001, 0.02),
    ("04", 1716, 0.02),
    ("05", 1143, 0.05),
    ("06", 1950, 0.02),
    ("10", 4631, 0.05),
];

/// The folder of the shared instances, or a plain line past the capture of the test runner that they are missing.
fn instances(test: &str) -> Option<std::path::PathBuf> {
    use std::io::Write;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/roster/curtois_txt");
    if !dir.exists() {
        let _ = writeln!(std::io::stderr(), "SKIPPED {test}: no instances at {}", dir.display());
        return None;
    }
    Some(dir)
}

#[test]
fn bound_published_best_and_objective_stand_in_this_order() {
    let Some(dir) = instances("bound ≤ published best ≤ objective") else { return };
    for (name, best, most) in PUBLISHED {
        let bytes = std::fs::read(dir.join(format!("Instance{name}.txt.gz"))).expect("reads");
        let m = read(&bytes).expect("is the format");
        let s = run(&m, &control_rounds(1, 1)).expect("solves");
        assert!(s.report.feasible());
        assert!(
            s.bound <= best as f64 && best <= s.report.objective,
            "{name}: {} {best} {}",
            s.bound,
            s.report.objective
        );
        assert!(s.gap().is_some_and(|g| g <= most), "{name}: gap {:?}", s.gap());
        assert_eq!(prove(&m, &s.duals), Some(s.bound), "{name}: the bound is what follows from the duals");
    }
}

/// Published bests of the larger instances (`bks_orprojects.md`, 60 minutes; that table ends at 19, so none is claimed for 20). They
/// run for a moment only: a bound that has not risen yet is no fault, one above a published roster is.
const LARGER: [(&str, Option<i64>); 6] =
    [("08", Some(1308)), ("12", Some(4040)), ("14", Some(1279)), ("16", Some(3225)), ("18", Some(4650)), ("20", None)];

#[test]
fn bounds_of_the_larger_instances_stand_below_what_is_published() {
    let Some(dir) = instances("bound ≤ published best, larger instances") else { return };
    for (name, best) in LARGER {
        let m = read(&std::fs::read(dir.join(format!("Instance{name}.txt.gz"))).expect("reads")).expect("is the format");
        let s = timed(&m, 2.0, &std::sync::atomic::AtomicBool::new(false));
        assert!(s.report.feasible(), "{name}: {:?}", s.report.violations.first());
        // What was published after an hour is no proof: ours may be better (08 was seen at 1303).
        let least = best.unwrap_or(i64::MAX).min(s.report.objective);
        assert!(s.bound <= least as f64, "{name}: {} {best:?} {}", s.bound, s.report.objective);
        assert!(s.bound == 0.0 || prove(&m, &s.duals) == Some(s.bound), "{name}: the bound is what follows from the duals");
    }
}

/// A month of 60 people with hard needs, by work and not by time: every look at the clock counts as a thousandth of a second, and
/// five thousand looks (a search looks between two steps) are the budget, whatever the machine does meanwhile.
#[test]
fn a_month_of_sixty_people_is_feasible_within_its_budget_of_work() {
    let people = 60;
    let kinds = vec![kind("D", 480, &[]), kind("L", 480, &[0]), kind("N", 720, &[0, 1])];
    let person = |p: usize| {
        let mut q = Person::free(format!("p{p}"), 3);
        (q.min_minutes, q.max_minutes) = (7_200, 10_560);
        (q.max_run, q.min_run, q.min_off, q.max_weekends) = (6, 2, 2, 3);
        q.max_together = Some((vec![2], 8));
        q.history = Some(History { last: [None, Some(0), Some(1)][p % 3], run: 1 + (p % 2) as u16 });
        q.days_off = if p.is_multiple_of(4) { (p % 27..p % 27 + 3).collect() } else { vec![] };
        q
    };
    let need = |i: usize| Cover { day: i / 3, kind: i % 3, need: [14, 8, 6][i % 3], under: 100, over: 1, hard: true };
    let m = Model {
        days: 31,
        kinds,
        people: (0..people).map(person).collect(),
        weekends: (0..4).map(|w| vec![w * 7 + 5, w * 7 + 6]).collect(),
        cover: (0..93).map(need).collect(),
        ..Model::default()
    };
    let looks = std::sync::atomic::AtomicU64::new(0);
    let elapsed = || looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) as f64 / 1_000.0;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let control = solver::roster::Control { elapsed: &elapsed, seconds: 5.0, stop: &stop, seed: 1, threads: 1, rounds: Some(40) };
    let s = solver::roster::solve(&m, &control, &mut |_| ()).expect("a roster");
    assert!(s.report.feasible(), "{:?} after {} looks", s.report.violations.first(), looks.into_inner());
}

/// Runs by the clock, as the largest instances do: seconds, and what stops it.
fn timed(m: &Model, seconds: f64, stop: &std::sync::atomic::AtomicBool) -> solver::roster::Solution {
    let begun = std::time::Instant::now();
    let elapsed = move || begun.elapsed().as_secs_f64();
    let control = solver::roster::Control { elapsed: &elapsed, seconds, stop, seed: 1, threads: 1, rounds: None };
    solver::roster::solve(m, &control, &mut |_| ()).expect("a roster")
}

/// A year with a limit on nearly every kind does not fit into the pricing's tables (instance 22, person 25): limits are
/// then kept one by one, in the same memory, and nothing is claimed about the bound.
#[test]
fn a_year_of_many_limits_ends_feasible() {
    let kinds = (0..6).map(|k| kind(&format!("k{k}"), 480, &(0..k).collect::<Vec<_>>())).collect();
    let mut people: Vec<Person> = (0..3).map(|p| Person::free(format!("p{p}"), 6)).collect();
    for p in &mut people {
        (p.min_minutes, p.max_minutes) = (232 * 480, 234 * 480);
        (p.max_run, p.min_run, p.min_off, p.max_weekends) = (5, 2, 2, 26);
        p.max_of_kind = vec![364, 46, 46, 46, 46, 58];
    }
    let weekends = (0..52).map(|w| vec![w * 7 + 5, w * 7 + 6]).collect();
    // Nobody is wanted on the one kind without a limit, so every limit is met.
    let cover = (0..364).flat_map(|day| (1..6).map(move |kind| Cover { day, kind, need: 1, under: 100, over: 1, hard: false })).collect();
    let m = Model { days: 364, kinds, people, weekends, cover, ..Model::default() };
    let s = timed(&m, 1.0, &std::sync::atomic::AtomicBool::new(false));
    assert!(s.report.feasible(), "{:?}", s.report.violations);
    assert!(s.bound <= s.report.objective as f64);
}

#[test]
fn the_largest_shared_instance_ends_feasible() {
    let Some(dir) = instances("instance 22 ends feasible") else { return };
    let m = read(&std::fs::read(dir.join("Instance22.txt.gz")).expect("reads")).expect("is the format");
    let s = timed(&m, 2.0, &std::sync::atomic::AtomicBool::new(false));
    assert!(s.report.feasible() && s.bound <= s.report.objective as f64);
    // All tests of this process together, where the kernel tells: some 100 MB are this one's.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    assert!(most.is_none_or(|kb| kb < 1_000_000), "{most:?} kB");
}

/// Asked to stop, it ends at the next step with the roster it has, long before its time.
#[test]
fn a_solve_that_is_stopped_ends_at_once_with_its_roster() {
    let mut people: Vec<Person> = (0..30).map(|p| Person::free(format!("p{p}"), 2)).collect();
    people.iter_mut().for_each(|p| (p.max_run, p.min_off, p.max_minutes) = (4, 2, 9_000));
    let cover = (0..56).map(|i| Cover { day: i / 2, kind: i % 2, need: 11, under: 90, over: 7, hard: false }).collect();
    let kinds = vec![kind("D", 480, &[]), kind("N", 600, &[0])];
    let m = Model { days: 28, kinds, people, cover, ..Model::default() };
    let stop = std::sync::atomic::AtomicBool::new(false);
    let begun = std::time::Instant::now();
    let s = std::thread::scope(|scope| {
        let solving = scope.spawn(|| timed(&m, 600.0, &stop));
        std::thread::sleep(std::time::Duration::from_millis(300));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        solving.join().expect("no panic")
    });
    assert_eq!(s.end, End::Stopped);
    assert!(s.report.feasible() && begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn a_time_that_is_over_at_once_gives_a_roster_all_the_same() {
    let mut people: Vec<Person> = (0..4).map(|p| Person::free(format!("p{p}"), 2)).collect();
    people.iter_mut().for_each(|p| p.max_run = 3);
    let cover = (0..14).map(|i| Cover { day: i / 2, kind: i % 2, need: 2, under: 9, over: 1, hard: true }).collect();
    let kinds = vec![kind("D", 480, &[]), kind("N", 600, &[0])];
    let m = Model { days: 7, kinds, people, cover, ..Model::default() };
    let late = || 5.0;
    let stop = std::sync::atomic::AtomicBool::new(false);
    for threads in [1, 2] {
        let control = solver::roster::Control { elapsed: &late, seconds: 1.0, stop: &stop, seed: 1, threads, rounds: None };
        let s = solver::roster::solve(&m, &control, &mut |_| ()).expect("a roster");
        assert_eq!((s.end, s.roster.rows.len()), (End::Time, 4));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Nights carried over and nights of the month together differ by at most one between any two people, unless the
    /// bound proves that no roster can do that.
    #[test]
    fn a_spread_above_one_is_proven_to_be_needed(
        people in 3usize..8, days in 8usize..16, off in prop::collection::vec((0usize..8, 0usize..16), 0..6),
        carry in prop::collection::vec(0i32..4, 8), never in prop::option::of(0usize..8), seed in 0u64..100,
    ) {
        let person = |p: usize| {
            let mut q = Person::free(format!("p{p}"), 2);
            (q.max_run, q.min_off) = (5, 1);
            q.days_off = off.iter().filter(|o| o.0 == p && o.1 < days).map(|o| o.1).collect();
            if never == Some(p) {
                q.max_of_kind[1] = 1;
            }
            q
        };
        let need = |day, kind| Cover { day, kind, need: 1, under: 500, over: 0, hard: false };
        let weight = 40;
        let m = Model {
            days,
            kinds: vec![kind("D", 480, &[]), kind("N", 600, &[0])],
            people: (0..people).map(person).collect(),
            cover: (0..days).flat_map(|d| [need(d, 0), need(d, 1)]).collect(),
            fairness: vec![Fairness {
                name: "nights".into(),
                people: (0..people).map(|p| (p, carry[p])).collect(),
                cells: (0..days).map(|d| (d, 1)).collect(),
                weight,
                free: 1,
            }],
            ..Model::default()
        };
        let s = run(&m, &control_rounds(seed, 6)).expect("solves");
        let missing = s.report.under as f64;
        prop_assert!(
            s.report.spreads[0] <= 1 || s.bound - missing > 0.0,
            "spread {} though the bound is {} and {missing} is paid for missing people", s.report.spreads[0], s.bound
        );
    }
}
