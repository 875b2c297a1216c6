//! Impossible sets: the clashing group, the one with the fewest rules where it is small, and the cheapest ways out.

use crate::common::{control_rounds, run, run_explain};
use solver::roster::{Cover, Group, Kind, Mix, Model, Person, Sort};

fn base(people: usize, days: usize) -> Model {
    let mut all: Vec<Person> = (0..people).map(|p| Person::free(format!("p{p}"), 2)).collect();
    all.iter_mut().for_each(|p| (p.max_run, p.min_run, p.min_off, p.max_weekends) = (5, 1, 1, 2));
    Model {
        days,
        kinds: vec![
            Kind { name: "D".into(), minutes: 480, never_then: vec![] },
            Kind { name: "N".into(), minutes: 720, never_then: vec![0] },
        ],
        people: all,
        weekends: vec![vec![5, 6]],
        ..Model::default()
    }
}

fn need(day: usize, kind: usize, need: u32) -> Cover {
    Cover { day, kind, need, under: 100, over: 1, hard: true }
}

/// The groups together are impossible and each of them is needed for that.
fn none_can_be_spared(m: &Model, groups: &[Group]) {
    for g in groups {
        let rest = solver::roster::without(m, &[*g]);
        let s = run(&rest, &control_rounds(1, 4));
        assert!(s.is_ok_and(|s| s.report.feasible()), "without {g:?} a roster exists");
    }
}

#[test]
fn one_persons_own_rules_are_explained_alone() {
    let mut m = base(3, 7);
    m.people[1].min_minutes = 6 * 480;
    m.people[1].max_of_kind[1] = 0;
    m.people[1].days_off = vec![0, 1];
    m.people[1].max_weekends = 0;
    let c = run_explain(&m, &control_rounds(1, 1), &|_| Some(1)).expect("valid").expect("clash");
    assert!(c.proven);
    assert!(c.groups.iter().all(|g| matches!(g, Group::Of(1, _))));
    assert!(c.groups.contains(&Group::Of(1, Sort::MinMinutes)), "{:?}", c.groups);
    assert!(c.ways.iter().any(|w| w.groups == vec![Group::Of(1, Sort::MinMinutes)]), "{:?}", c.ways);
}

#[test]
fn leave_against_a_hard_need_names_the_leave_and_the_need() {
    let mut m = base(4, 7);
    m.cover = (0..7).map(|d| need(d, 1, 1)).collect();
    m.people[2].max_of_kind[1] = 0;
    m.people[3].max_of_kind[1] = 0;
    m.people[0].days_off = vec![3, 4];
    m.people[1].days_off = vec![3];
    assert!(run(&m, &control_rounds(1, 2)).expect("solves").impossible);
    let cost = |g: &Group| match g {
        Group::Of(0, Sort::DaysOff) => Some(5),
        Group::Of(1, Sort::DaysOff) => Some(3),
        Group::Cover(_) => Some(10),
        _ => None,
    };
    let c = run_explain(&m, &control_rounds(1, 1), &cost).expect("valid").expect("clash");
    let mut groups = c.groups.clone();
    groups.sort();
    assert_eq!(groups, vec![Group::Of(0, Sort::DaysOff), Group::Of(1, Sort::DaysOff), Group::Cover(3)]);
    none_can_be_spared(&m, &groups);
    let costs: Vec<i64> = c.ways.iter().map(|w| w.cost).collect();
    assert!(c.fewest);
    assert_eq!(costs, vec![3, 5, 10]);
    assert_eq!(c.ways[0].groups, vec![Group::Of(1, Sort::DaysOff)]);
}

#[test]
fn two_clashes_at_once_need_two_things_to_go() {
    let mut m = base(3, 7);
    m.cover = vec![need(1, 0, 2), need(5, 0, 3)];
    m.people[0].days_off = vec![1];
    m.people[1].days_off = vec![1];
    m.people[2].days_off = vec![5];
    let cost = |g: &Group| match g {
        Group::Of(p, Sort::DaysOff) => Some(1 + *p as i64),
        Group::Cover(_) => Some(50),
        _ => None,
    };
    let c = run_explain(&m, &control_rounds(1, 1), &cost).expect("valid").expect("clash");
    assert!(!c.ways.is_empty());
    let way = &c.ways[0];
    assert!(way.groups.len() >= 2, "{way:?}");
    assert!(run(&solver::roster::without(&m, &way.groups), &control_rounds(1, 4)).expect("solves").report.feasible());
}

#[test]
fn a_hard_mix_is_part_of_a_clash_and_possible_models_have_none() {
    let mut m = base(3, 7);
    m.cover = vec![need(2, 1, 1)];
    m.mixes =
        vec![Mix { name: "a".into(), day: 2, kinds: vec![1], people: vec![(0, 1)], least: 1, under: 1, hard: true }];
    assert_eq!(run_explain(&m, &control_rounds(1, 1), &|_| Some(1)), Ok(None));
    m.people[0].barred = vec![(2, 1)];
    let c = run_explain(&m, &control_rounds(1, 1), &|_| Some(1)).expect("valid").expect("clash");
    let mut groups = c.groups;
    groups.sort();
    assert_eq!(groups, vec![Group::Of(0, Sort::Barred), Group::Mix(0)]);
}

#[test]
fn hours_a_week_against_hours_a_month_and_against_a_need_are_named() {
    let mut m = base(3, 14);
    m.weekends.clear();
    m.weeks = vec![(0, 7), (7, 14)];
    m.people[1].max_week = vec![960, 960];
    m.people[1].min_minutes = 5 * 480;
    let c = run_explain(&m, &control_rounds(1, 1), &|_| Some(1)).expect("valid").expect("clash");
    let mut groups = c.groups.clone();
    groups.sort();
    assert_eq!((groups, c.proven), (vec![Group::Of(1, Sort::MinMinutes), Group::Of(1, Sort::MaxWeek)], true));
    none_can_be_spared(&m, &c.groups);
    m.people[1].min_minutes = 0;
    m.people.iter_mut().for_each(|p| p.max_week = vec![960, 9_999]);
    m.cover = (0..7).map(|d| need(d, 0, 1)).collect();
    let short = solver::roster::shortage(&m).expect("seven duties, six in the people");
    assert_eq!((short.need, short.capacity), (7, 6));
    assert!(short.people.iter().all(|a| (a.most, a.by) == (2, Some(Sort::MaxWeek))), "{:?}", short.people);
    assert!(short.remedies.contains(&solver::roster::Remedy::Raise(Sort::MaxWeek, 480)), "{:?}", short.remedies);
    m.cover.pop();
    let s = run(&m, &control_rounds(1, 4)).expect("solves");
    assert!(s.report.feasible(), "{:?}", s.report.violations);
}

#[test]
fn of_two_clashes_the_one_with_fewer_rules_is_told() {
    let mut m = base(2, 7);
    m.weekends.clear();
    let p = &mut m.people[0];
    (p.min_run, p.min_minutes) = (2, 4 * 480);
    // Four days of work: not with three shifts, nor with two days off and two others settled as free.
    p.max_of_kind = vec![3, 0];
    p.days_off = vec![0, 1];
    p.fixed = vec![(2, None), (3, None)];
    let c = run_explain(&m, &control_rounds(1, 1), &|_| Some(1)).expect("valid").expect("clash");
    let mut groups = c.groups.clone();
    groups.sort();
    assert_eq!(groups, vec![Group::Of(0, Sort::MinMinutes), Group::Of(0, Sort::MaxOfKind)]);
    assert!(c.proven && c.fewest);
    // Without the limit the other is told, and nothing has fewer rules.
    m.people[0].max_of_kind = vec![7, 0];
    let c = run_explain(&m, &control_rounds(1, 1), &|_| Some(1)).expect("valid").expect("clash");
    assert_eq!((c.groups.len(), c.proven, c.fewest), (3, true, true), "{:?}", c.groups);
    none_can_be_spared(&m, &c.groups);
}

#[test]
fn hitting_sets_reach_over_people_and_needs() {
    // Two people at night on one day by a hard need, and both are off; a third has too little month for what is asked elsewhere.
    let mut m = base(4, 7);
    m.weekends.clear();
    m.cover = vec![need(2, 1, 1), need(4, 0, 3)];
    m.people[0].days_off = vec![2, 4];
    m.people[1].days_off = vec![2];
    m.people[2].max_of_kind[1] = 0;
    m.people[3].max_of_kind[1] = 0;
    m.people[3].days_off = vec![4];
    let c = run_explain(&m, &control_rounds(1, 1), &|_| Some(1)).expect("valid").expect("clash");
    assert!(c.proven && c.fewest, "{c:?}");
    assert_eq!(c.groups.len(), 3, "{:?}", c.groups);
    assert!(c.groups.iter().any(|g| matches!(g, Group::Cover(_))));
}
