//! The independent checker, rule by rule, each with a roster that just keeps the rule and one that just breaks it.

use solver::roster::{
    CellCost, Cover, Fairness, History, Kind, Mix, Model, OFF, Person, Request, Roster, Violation, check,
};

fn kind(name: &str, minutes: u32, never_then: &[usize]) -> Kind {
    Kind { name: name.into(), minutes, never_then: never_then.to_vec() }
}

/// One person, days and kinds D (480) and N (600, no D after it).
fn alone(days: usize, change: impl FnOnce(&mut Person)) -> Model {
    let mut p = Person::free("p", 2);
    change(&mut p);
    Model {
        days,
        kinds: vec![kind("D", 480, &[]), kind("N", 600, &[0])],
        people: vec![p],
        weekends: vec![vec![5, 6]].into_iter().filter(|w: &Vec<usize>| w[1] < days).collect(),
        ..Model::default()
    }
}

/// `.` off, `D` kind 0, `N` kind 1; one line for each person.
fn roster(lines: &[&str]) -> Roster {
    let cell = |c: char| match c {
        'D' => 0,
        'N' => 1,
        _ => OFF,
    };
    Roster { rows: lines.iter().map(|l| l.chars().map(cell).collect()).collect() }
}

fn broken(model: &Model, line: &str) -> Vec<Violation> {
    assert_eq!(model.validate(), Ok(()));
    check(model, &roster(&[line])).violations
}

#[test]
fn minutes() {
    let m = alone(7, |p| (p.min_minutes, p.max_minutes) = (960, 1560));
    assert_eq!(broken(&m, "DD....."), vec![]);
    assert_eq!(broken(&m, "DDN...."), vec![]);
    assert_eq!(broken(&m, "D......"), vec![Violation::MinMinutes { person: 0, minutes: 480, limit: 960 }]);
    assert_eq!(broken(&m, "DNN...."), vec![Violation::MaxMinutes { person: 0, minutes: 1680, limit: 1560 }]);
}

#[test]
fn runs_and_rests_without_history() {
    let m = alone(9, |p| (p.max_run, p.min_run, p.min_off) = (3, 2, 2));
    assert_eq!(broken(&m, "DDD..DD.."), vec![]);
    assert_eq!(broken(&m, "D..DD...D"), vec![], "short at the edges of the horizon is not judged");
    assert_eq!(broken(&m, ".DD..DD.."), vec![], "nor is a first day off");
    assert_eq!(broken(&m, "DDDD....."), vec![Violation::MaxRun { person: 0, from: 0, to: 3, length: 4 }]);
    assert_eq!(broken(&m, "..D..DD.."), vec![Violation::MinRun { person: 0, to: 2, length: 1 }]);
    assert_eq!(broken(&m, "DD.DD...."), vec![Violation::MinOff { person: 0, to: 2, length: 1 }]);
}

#[test]
fn history_goes_on_into_the_first_days() {
    let worked = |last, run| {
        alone(6, |p| {
            (p.max_run, p.min_run, p.min_off) = (4, 2, 2);
            p.history = Some(History { last, run });
        })
    };
    assert_eq!(broken(&worked(Some(0), 3), "D..DD."), vec![]);
    assert_eq!(broken(&worked(Some(0), 3), "DD..DD"), vec![Violation::MaxRun { person: 0, from: 0, to: 1, length: 5 }]);
    assert_eq!(broken(&worked(Some(0), 1), "..DD.."), vec![Violation::MinRun { person: 0, to: 0, length: 1 }]);
    assert_eq!(broken(&worked(None, 1), "DD...."), vec![Violation::MinOff { person: 0, to: 0, length: 1 }]);
    assert_eq!(broken(&worked(None, 1), ".DD..."), vec![]);
    assert_eq!(broken(&worked(None, 3), "D..DD."), vec![Violation::MinRun { person: 0, to: 0, length: 1 }]);
    assert_eq!(
        broken(&worked(Some(1), 1), "D..DD."),
        vec![Violation::Succession { person: 0, day: 0, before: 1, after: 0 }]
    );
}

#[test]
fn weekends_kinds_successions_and_settled_cells() {
    let m = alone(8, |p| {
        p.max_weekends = 0;
        p.max_of_kind = vec![8, 1];
        p.days_off = vec![1];
        p.fixed = vec![(0, Some(0)), (2, None)];
        p.barred = vec![(3, 1)];
    });
    assert_eq!(broken(&m, "D...N..."), vec![]);
    assert_eq!(broken(&m, "D....D.."), vec![Violation::MaxWeekends { person: 0, worked: 1 }]);
    assert_eq!(broken(&m, "D...N..N"), vec![Violation::MaxOfKind { person: 0, kind: 1, worked: 2 }]);
    assert_eq!(broken(&m, "DD......"), vec![Violation::DayOff { person: 0, day: 1 }]);
    assert_eq!(broken(&m, "........"), vec![Violation::Fixed { person: 0, day: 0 }]);
    assert_eq!(broken(&m, "D.D....."), vec![Violation::Fixed { person: 0, day: 2 }]);
    assert_eq!(broken(&m, "D..N...."), vec![Violation::NotAble { person: 0, day: 3, kind: 1 }]);
    let ill = alone(6, |p| (p.min_run, p.away, p.days_off) = (3, vec![3], vec![3]));
    assert_eq!(broken(&ill, ".DD.DD"), vec![], "a run cut by illness is not short");
    let m = alone(3, |_| ());
    assert_eq!(broken(&m, "ND."), vec![Violation::Succession { person: 0, day: 1, before: 1, after: 0 }]);
    assert_eq!(broken(&m, "N.D"), vec![]);
}

#[test]
fn what_is_settled_on_the_day_after_the_last_and_kinds_that_count_together() {
    let m = alone(3, |p| p.next = Some(0));
    assert_eq!(broken(&m, "..D"), vec![]);
    assert_eq!(broken(&m, ".N."), vec![]);
    assert_eq!(broken(&m, "..N"), vec![Violation::Succession { person: 0, day: 3, before: 1, after: 0 }]);
    let m = alone(6, |p| p.max_together = Some((vec![0, 1], 3)));
    assert_eq!(broken(&m, "DD.N.."), vec![]);
    assert_eq!(broken(&m, "DD.N.N"), vec![Violation::MaxTogether { person: 0, worked: 4, limit: 3 }]);
}

#[test]
fn hours_of_a_week_are_counted_within_the_roster() {
    let mut m = alone(9, |_| ());
    let (d, n) = (m.kinds[0].minutes, m.kinds[1].minutes);
    m.weeks = vec![(0, 2), (2, 9)];
    m.people[0].max_week = vec![d, 2 * d + n];
    assert_eq!(broken(&m, "D.DDN...."), vec![]);
    assert_eq!(broken(&m, "DDDD....."), vec![Violation::MaxWeek { person: 0, week: 0, minutes: 2 * d, limit: d }]);
    assert_eq!(broken(&m, "..DD..D.N"), vec![Violation::MaxWeek { person: 0, week: 1, minutes: 3 * d + n, limit: 2 * d + n }]);
    m.people[0].max_week.clear();
    assert_eq!(broken(&m, "DDDD....D"), vec![]);
    for weeks in [vec![(0, 8)], vec![(0, 2), (1, 4)], vec![(3, 3)], vec![(5, 10)]] {
        assert!(Model { weeks, ..m.clone() }.validate().is_err());
    }
    m.people[0].max_week = vec![d];
    assert!(m.validate().is_err(), "a limit for each week or for none");
}

#[test]
fn rows_and_weights_are_added_up_part_by_part() {
    let mut m = alone(2, |_| ());
    m.people.push(Person::free("q", 2));
    let need = |day, kind, need, hard| Cover { day, kind, need, under: 100, over: 3, hard };
    m.cover = vec![need(0, 0, 1, false), need(1, 0, 2, false), need(1, 1, 1, true)];
    m.requests = vec![
        Request { person: 0, day: 0, kind: 0, on: false, weight: 7 },
        Request { person: 1, day: 1, kind: 1, on: true, weight: 5 },
    ];
    m.costs = vec![
        CellCost { person: 0, day: 1, kind: None, cost: 11 },
        CellCost { person: 1, day: 0, kind: Some(0), cost: 13 },
    ];
    let row = |least, hard| Mix {
        name: "m".into(),
        day: 0,
        kinds: vec![0],
        people: vec![(0, 1), (1, -1)],
        least,
        under: 17,
        hard,
    };
    m.mixes = vec![row(0, false), row(2, false), row(1, true)];
    m.fairness =
        vec![Fairness { name: "d".into(), people: vec![(0, 2), (1, 0)], cells: vec![(0, 0), (1, 0)], weight: 19, free: 0 }];
    let r = check(&m, &roster(&["D.", "D."]));
    assert_eq!((r.under, r.over, r.requests, r.costs, r.mixes, r.fairness), (200, 3, 12, 24, 34, 38));
    assert_eq!((r.objective, r.spreads), (311, vec![2]));
    assert_eq!(
        r.violations,
        vec![Violation::Cover { day: 1, kind: 1, missing: 1 }, Violation::Mix { row: 2, missing: 1 }]
    );
}

#[test]
fn other_shapes_are_refused_not_a_panic() {
    let m = alone(2, |_| ());
    for r in [roster(&[]), roster(&["D"]), roster(&["DD", "DD"]), Roster { rows: vec![vec![7, OFF]] }] {
        assert_eq!(check(&m, &r).violations, vec![Violation::Shape]);
    }
}
