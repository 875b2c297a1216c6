//! Repairs of small rosters against the true minimum, which is found by trying every roster and shares no code with them.

use crate::common::{control_rounds, run, run_repair};
use proptest::prelude::*;
use solver::roster::{Absence, Cover, Kind, Model, NoRoster, OFF, Person, Repair, Roster, check};

/// A small month, who is away, and the first day that may still change.
#[derive(Clone, Debug)]
struct Case {
    model: Model,
    absence: Absence,
    first_open: usize,
    change: Vec<u16>,
}

prop_compose! {
    fn case()(people in 3usize..=4, days in 5usize..=6)(
        limits in prop::collection::vec((2u16..5, 1u16..3, 1u16..3, prop::bool::weighted(0.25)), people),
        needs in prop::collection::vec(0u32..=2, days * 2),
        leave in prop::option::of((0..people, 0..days)),
        person in 0..people, first_open in 0usize..3, after in 0usize..2, length in 1usize..3,
        near in any::<bool>(), days in Just(days),
    ) -> Case {
        let person_of = |(p, &(max_run, min_run, min_off, never)): (usize, &(u16, u16, u16, bool))| {
            let mut q = Person::free(format!("p{p}"), 2);
            (q.max_run, q.min_run, q.min_off) = (max_run.max(min_run), min_run, min_off);
            if never {
                q.max_of_kind[1] = 0;
            }
            q.days_off = leave.iter().filter(|l| l.0 == p).map(|l| l.1).collect();
            q
        };
        let from = (first_open + after).min(days - 1);
        Case {
            model: Model {
                days,
                kinds: vec![
                    Kind { name: "D".into(), minutes: 480, never_then: vec![] },
                    Kind { name: "L".into(), minutes: 480, never_then: vec![0] },
                ],
                people: limits.iter().enumerate().map(person_of).collect(),
                cover: needs.iter().enumerate().map(|(i, &need)| Cover { day: i / 2, kind: i % 2, need, under: 100, over: 0, hard: false }).collect(),
                ..Model::default()
            },
            absence: Absence { person, from, to: (from + length - 1).min(days - 1) },
            first_open,
            change: (0..days).map(|d| if near && d < first_open + 2 { 4 } else { 1 }).collect(),
        }
    }
}

/// A person's legal schedules by the checker alone, with what each changes.
struct Choice {
    row: Vec<u8>,
    cost: i64,
}

fn choices(c: &Case, published: &Roster, p: usize) -> Vec<Choice> {
    let away = |d: usize| p == c.absence.person && (c.absence.from..=c.absence.to).contains(&d);
    let mut alone = Model { people: vec![c.model.people[p].clone()], cover: vec![], ..c.model.clone() };
    let gone: Vec<usize> = (0..c.model.days).filter(|&d| away(d)).collect();
    alone.people[0].days_off.extend(&gone);
    alone.people[0].away.extend(&gone);
    let schedule = |mut code: usize| -> Vec<u8> {
        let mut next = || {
            let k = code % 3;
            code /= 3;
            [0, 1, OFF][k]
        };
        (0..c.model.days).map(|_| next()).collect()
    };
    let before = &published.rows[p];
    let past = |s: &Vec<u8>| s[..c.first_open] == before[..c.first_open];
    let cost = |s: &[u8]| (c.first_open..c.model.days).filter(|&d| s[d] != before[d] && !away(d)).map(|d| i64::from(c.change[d])).sum();
    let all = (0..3usize.pow(c.model.days as u32)).map(schedule).filter(past);
    let legal = all.filter(|s| check(&alone, &Roster { rows: vec![s.clone()] }).feasible());
    let mut out: Vec<Choice> = legal.map(|row| Choice { cost: cost(&row), row }).collect();
    out.sort_by_key(|x| x.cost);
    out
}

/// The least (missing people, weighted changes) of all rosters, at most `best`.
struct Trial<'a> {
    days: usize,
    need: Vec<i32>,
    choices: &'a [Vec<Choice>],
    best: (i64, i64),
}

impl Trial<'_> {
    fn go(&mut self, p: usize, cost: i64) {
        // Whoever is left can take one place a day each.
        let left = (self.choices.len() - p) as i32;
        let lacks = |d: usize| self.need[d * 2].max(0) + self.need[d * 2 + 1].max(0);
        let missing: i64 = (0..self.days).map(|d| i64::from((lacks(d) - left).max(0))).sum();
        if (missing, cost) >= self.best {
            return;
        }
        if p == self.choices.len() {
            self.best = (missing, cost);
            return;
        }
        let all = self.choices;
        for c in &all[p] {
            for (d, k) in c.row.iter().enumerate().filter(|(_, k)| **k != OFF) {
                self.need[d * 2 + *k as usize] -= 1;
            }
            self.go(p + 1, cost + c.cost);
            for (d, k) in c.row.iter().enumerate().filter(|(_, k)| **k != OFF) {
                self.need[d * 2 + *k as usize] += 1;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Nobody more is missing than need be; the changes are at most 1.2 times the true minimum, and what is called
    /// proven is below it.
    #[test]
    fn a_repair_changes_at_most_a_fifth_more_than_the_least(c in case(), seed in 0u64..1000) {
        let published = match run(&c.model, &control_rounds(seed, 2)) {
            Ok(s) => s.roster,
            Err(NoRoster::Person { .. }) => return Ok(()),
            Err(e) => return Err(TestCaseError::fail(e.to_string())),
        };
        let absences = [c.absence.clone()];
        let r = Repair { model: &c.model, published: &published, absences: &absences, first_open: c.first_open, begun: &[], change: &c.change };
        let done = run_repair(&r, &control_rounds(seed, 3)).expect("repairs");
        for (p, row) in done.roster.rows.iter().enumerate() {
            prop_assert_eq!(&row[..c.first_open], &published.rows[p][..c.first_open], "the past is frozen");
        }
        prop_assert!((c.absence.from..=c.absence.to).all(|d| done.roster.at(c.absence.person, d).is_none()));
        // Where past and absence break a rule by themselves, it is eased and said, and there is no minimum to compare.
        if done.eased.is_empty() {
            prop_assert_eq!(&done.new_violations, &vec![]);
            let choices: Vec<Vec<Choice>> = (0..c.model.people.len()).map(|p| choices(&c, &published, p)).collect();
            let ours = (done.missing / 100, done.cost);
            let need = c.model.cover.iter().map(|x| x.need as i32).collect();
            let mut trial = Trial { days: c.model.days, need, choices: &choices, best: (ours.0, ours.1 + 1) };
            trial.go(0, 0);
            let least = trial.best;
            prop_assert!(least <= ours, "the repair itself is one of all");
            prop_assert_eq!(ours.0, least.0, "missing people: {} against {}", ours.0, least.0);
            prop_assert!(10 * ours.1 <= 12 * least.1, "changes {} against {}", ours.1, least.1);
            prop_assert!(done.least <= least.1 as f64, "proven {} of {}", done.least, least.1);
        }
    }
}
