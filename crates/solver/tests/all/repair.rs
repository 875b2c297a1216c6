//! Repairs: few changes against the proven minimum, the past untouched, no new violation.

use crate::common::{control_rounds, run, run_repair};
use solver::roster::{Absence, Cover, Fairness, History, Kind, Mix, Model, Person, Repair, Roster, check};

fn month(people: usize, days: usize, seed: usize) -> Model {
    let kinds = vec![
        Kind { name: "D".into(), minutes: 480, never_then: vec![] },
        Kind { name: "L".into(), minutes: 480, never_then: vec![0] },
        Kind { name: "N".into(), minutes: 720, never_then: vec![0, 1] },
    ];
    let person = |p: usize| {
        let mut q = Person::free(format!("p{p}"), 3);
        (q.min_minutes, q.max_minutes) = (days as u32 * 200, days as u32 * 360);
        (q.max_run, q.min_run, q.min_off) = (5, 2, 2);
        q.max_of_kind = vec![40, 40, if (p + seed).is_multiple_of(4) { 0 } else { 6 }];
        q.history = Some(History { last: (p + seed).is_multiple_of(3).then_some(0), run: 2 });
        q
    };
    let need = |kind: usize| [people / 5, people / 5, (people / 10).max(1)][kind] as u32;
    Model {
        days,
        kinds,
        people: (0..people).map(person).collect(),
        weekends: vec![vec![5, 6]],
        cover: (0..days * 3)
            .map(|i| Cover { day: i / 3, kind: i % 3, need: need(i % 3), under: 100, over: 1, hard: false })
            .collect(),
        mixes: (0..days)
            .map(|day| Mix {
                name: "one of the first half".into(),
                day,
                kinds: vec![0],
                people: (0..people / 2).map(|p| (p, 1)).collect(),
                least: 1,
                under: 100,
                hard: false,
            })
            .collect(),
        fairness: vec![Fairness {
            name: "nights".into(),
            people: (0..people).map(|p| (p, 0)).collect(),
            cells: (0..days).map(|d| (d, 2)).collect(),
            weight: 3,
            free: 0,
        }],
        ..Model::default()
    }
}

fn weights(days: usize, first: usize) -> Vec<u16> {
    (0..days).map(|d| if d < first + 2 { 4 } else { 1 + u16::from(d < first + 5) }).collect()
}

#[test]
fn a_repair_changes_little_against_the_proven_minimum() {
    let (mut cost, mut least) = (0.0, 0.0);
    for seed in 0..6 {
        let m = month(10, 14, seed);
        let published = run(&m, &control_rounds(1, 2)).expect("solves").roster;
        let person = (0..10).max_by_key(|&p| (3..6).filter(|&d| published.at(p, d).is_some()).count()).unwrap_or(0);
        let absences = [Absence { person, from: 3, to: 5 }];
        let change = weights(14, 3);
        let r = Repair { model: &m, published: &published, absences: &absences, first_open: 3, begun: &[], change: &change };
        let done = run_repair(&r, &control_rounds(1, 4)).expect("repairs");
        for d in 0..3 {
            assert!((0..10).all(|p| done.roster.at(p, d) == published.at(p, d)), "the past is frozen");
        }
        assert!((3..=5).all(|d| done.roster.at(person, d).is_none()));
        assert_eq!(done.new_violations, vec![]);
        assert_eq!(done.eased, vec![]);
        let counted: i64 = done.changes.iter().filter(|c| !c.forced).map(|c| i64::from(change[c.day])).sum();
        assert_eq!(counted, done.cost);
        assert!(done.least <= done.cost as f64, "{} {}", done.least, done.cost);
        cost += done.cost as f64;
        least += done.least;
    }
    assert!(cost <= 1.2 * least, "changed {cost}, proven minimum {least}");
    assert!(least > 0.0);
}

/// Late on the first open day: D and L have begun, N has not.
#[test]
fn a_shift_that_has_begun_stays_with_whom_it_has() {
    for seed in 0..3 {
        let m = month(10, 14, seed);
        let published = run(&m, &control_rounds(1, 2)).expect("solves").roster;
        let person = (0..10).find(|&p| published.at(p, 3).is_some_and(|k| k < 2) && published.at(p, 4).is_some()).expect("on both days");
        let absences = [Absence { person, from: 3, to: 5 }];
        let change = weights(14, 3);
        let begun = [(3, 0), (3, 1)];
        let r = Repair { model: &m, published: &published, absences: &absences, first_open: 3, begun: &begun, change: &change };
        let done = run_repair(&r, &control_rounds(1, 2)).expect("repairs");
        for p in 0..10 {
            let (was, is) = (published.at(p, 3), done.roster.at(p, 3));
            assert!(was == is || (was.is_none_or(|k| k == 2) && is.is_none_or(|k| k == 2)), "{p}: {was:?} {is:?}");
        }
        assert!((4..=5).all(|d| done.roster.at(person, d).is_none()));
        assert!(done.changes.iter().filter(|c| c.forced).all(|c| c.day > 3));
        let bad = [(3, 9)];
        assert!(run_repair(&Repair { begun: &bad, ..r.clone() }, &control_rounds(1, 1)).is_err());
    }
}

/// Fewest weighted changes by trying all: rosters in order of cost, cell by cell.
fn fewest(m: &Model, published: &Roster, person: usize, change: &[u16], missing: i64) -> i64 {
    fn go(m: &Model, r: &mut Roster, at: usize, left: i64, change: &[u16], person: usize, missing: i64) -> bool {
        let people = m.people.len();
        let report = check(m, r);
        if report.feasible() && report.under <= missing {
            return true;
        }
        for cell in at..people * m.days {
            let (p, d) = (cell / m.days, cell % m.days);
            let weight = i64::from(change[d]);
            if p == person || weight > left {
                continue;
            }
            let before = r.rows[p][d];
            for k in [0, 1, solver::roster::OFF] {
                if k != before {
                    r.rows[p][d] = k;
                    if go(m, r, cell + 1, left - weight, change, person, missing) {
                        return true;
                    }
                }
            }
            r.rows[p][d] = before;
        }
        false
    }
    (0..).find(|&budget| go(m, &mut published.clone(), 0, budget, change, person, missing)).unwrap_or(0)
}

#[test]
fn on_tiny_rosters_the_repair_is_the_minimum_of_all() {
    for seed in 0..3 {
        let kinds = vec![
            Kind { name: "D".into(), minutes: 480, never_then: vec![] },
            Kind { name: "L".into(), minutes: 480, never_then: vec![0] },
        ];
        let mut people: Vec<Person> = (0..4).map(|p| Person::free(format!("p{p}"), 2)).collect();
        people.iter_mut().for_each(|p| (p.max_run, p.min_off, p.max_minutes) = (3, 1, 4 * 480));
        people[seed].max_of_kind[1] = 0;
        let cover =
            (0..12).map(|i| Cover { day: i / 2, kind: i % 2, need: 1, under: 100, over: 1, hard: false }).collect();
        let m = Model { days: 6, kinds, people, cover, ..Model::default() };
        let published = run(&m, &control_rounds(seed as u64, 2)).expect("solves").roster;
        let person = (0..4).find(|&p| published.at(p, 2).is_some()).unwrap_or(0);
        let absences = [Absence { person, from: 2, to: 2 }];
        let change = [1, 1, 3, 2, 1, 1];
        let r = Repair { model: &m, published: &published, absences: &absences, first_open: 0, begun: &[], change: &change };
        let done = run_repair(&r, &control_rounds(1, 3)).expect("repairs");
        let mut start = published.clone();
        start.rows[person][2] = solver::roster::OFF;
        // The absent person's own other days may change too, so the true minimum can only be lower than this one.
        let all = fewest(&m, &start, person, &change, done.missing);
        assert!(done.cost <= all, "seed {seed}: {} against {all}", done.cost);
        assert_eq!(done.new_violations, vec![]);
    }
}

#[test]
fn a_past_that_breaks_rules_is_eased_and_said() {
    let mut m = month(8, 10, 0);
    m.people[0].min_off = 3;
    m.people[0].history = None;
    let mut published = Roster { rows: vec![vec![solver::roster::OFF; 10]; 8] };
    // Came back after one day off, before the first open day: no repair can heal that.
    published.rows[0][0] = 0;
    published.rows[0][2] = 0;
    let absences = [Absence { person: 0, from: 3, to: 6 }];
    let change = weights(10, 3);
    let r = Repair { model: &m, published: &published, absences: &absences, first_open: 3, begun: &[], change: &change };
    let done = run_repair(&r, &control_rounds(1, 1)).expect("repairs");
    assert!(done.eased.iter().any(|e| e.0 == 0), "{:?}", done.eased);
    let bad = [Absence { person: 99, from: 0, to: 0 }];
    assert!(run_repair(&Repair { absences: &bad, ..r.clone() }, &control_rounds(1, 1)).is_err());
}
