//! A month of a station of the usual size is shared out fairly, and the bound says how much better any roster could be.

use super::town::{d, posts};
use crate::model::*;
use crate::rules::build::{self, Facts};
use crate::rules::{self, judge};
use kernel::{UserId, Uuid};
use solver::roster as s;
use std::sync::atomic::AtomicBool;

/// Leaders, officers, auxiliaries, clerks.
fn facts(month: &str, crew: [usize; 4]) -> Facts {
    let book = rulebook::shipped().unwrap();
    let mut posts = posts();
    let mut n = 100u128;
    for set in &mut posts {
        n += 1;
        set.post.id = Uuid::from_u128(n);
        for shift in &mut set.shifts {
            n += 1;
            let id = Uuid::from_u128(n);
            let place = crate::actions::placeholder(shift.position);
            set.needs.iter_mut().filter(|x| x.shift_id == Some(place)).for_each(|x| x.shift_id = Some(id));
            (shift.id, shift.post_id) = (id, set.post.id);
        }
    }
    let standings = [Standing::Leader, Standing::Officer, Standing::Auxiliary, Standing::Clerk];
    let all: Vec<Standing> = standings.iter().zip(crew).flat_map(|(x, n)| std::iter::repeat_n(*x, n)).collect();
    let user = |i: usize| UserId(Uuid::from_u128(i as u128 + 1));
    let contract = |(i, &standing): (usize, &Standing)| Contract {
        id: Uuid::nil(),
        user_id: user(i),
        standing,
        week_hours: 40,
        fill_percent: if matches!(standing, Standing::Leader | Standing::Clerk) { 0 } else { 60 },
        from_day: d("2026-01-01"),
        until_day: None,
    };
    Facts {
        days: rules::days(book.calendar(), d(month)),
        around: ([DayType::Work; build::AROUND], DayType::Work),
        limits: rules::limits(&book, &[], d(month)).unwrap(),
        never: vec![],
        posts,
        names: (0..all.len()).map(|i| (user(i), format!("{}{i}", all[i].label()))).collect(),
        contracts: all.iter().enumerate().map(contract).collect(),
        skills: vec![],
        leave: vec![],
        wishes: vec![],
        pins: vec![],
        before: vec![],
        after: vec![],
        openings: vec![],
        carried: vec![],
    }
}

fn solved(p: &Problem, seconds: f64) -> s::Solution {
    let begun = std::time::Instant::now();
    let elapsed = move || begun.elapsed().as_secs_f64();
    let stop = AtomicBool::new(false);
    let control = s::Control { elapsed: &elapsed, seconds, stop: &stop, seed: 1, threads: 2, rounds: Some(12) };
    s::solve(&build::model(p), &control, &mut |_| ()).unwrap()
}

#[test]
fn nights_weekends_and_holidays_are_shared_out() {
    for month in ["2026-05-01", "2026-06-01", "2026-11-01"] {
        let p = build::problem(&facts(month, [4, 10, 4, 2])).unwrap();
        let found = solved(&p, 300.0);
        let judged = judge::judge(&p, &found.roster);
        assert_eq!((judged.findings, judged.missing), (vec![], vec![]), "{month}");
        for (name, spread) in &judged.spreads {
            assert!(*spread <= 1, "{month} {name}: {spread}");
        }
        let gap = judge::gap(found.report.objective, found.bound as i64);
        assert_eq!(gap, "已证明没有更好的排法", "{month}: {} {}", found.report.objective, found.bound);
    }
}
