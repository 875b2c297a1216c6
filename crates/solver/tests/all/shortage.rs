//! Counting: a month that asks for more than there is, told in numbers at once; and never said of one that is possible.

use crate::common::{control_rounds, run};
use proptest::prelude::*;
use solver::roster::{Cover, Group, Kind, Mix, Model, Person, Remedy, Sort, shortage};

fn model(people: usize, days: usize) -> Model {
    let kind = |name: &str, minutes, never: &[usize]| Kind { name: name.into(), minutes, never_then: never.to_vec() };
    let mut all: Vec<Person> = (0..people).map(|p| Person::free(format!("p{p}"), 2)).collect();
    all.iter_mut().for_each(|p| (p.max_run, p.min_run, p.min_off, p.max_weekends) = (6, 1, 1, 5));
    Model { days, kinds: vec![kind("D", 720, &[]), kind("N", 720, &[0])], people: all, ..Model::default() }
}

fn need(day: usize, kind: usize, need: u32) -> Cover {
    Cover { day, kind, need, under: 100, over: 1, hard: true }
}

/// The case of the review: five at night all December, fifteen people with eight nights each.
#[test]
fn more_nights_than_there_are_in_the_people_is_told_in_numbers_with_ways_out() {
    let mut m = model(15, 31);
    m.people.iter_mut().for_each(|p| p.max_of_kind[1] = 8);
    m.cover = (0..31).map(|d| need(d, 1, 5)).collect();
    let begun = std::time::Instant::now();
    let s = shortage(&m).expect("a shortage");
    assert!(begun.elapsed().as_secs_f64() < 2.0, "counting takes a moment: {:?}", begun.elapsed());
    assert_eq!((s.need, s.capacity, s.kinds.clone(), s.days.len()), (155, 120, vec![1], 31));
    assert!(s.people.len() == 15 && s.people.iter().all(|a| (a.most, a.by) == (8, Some(Sort::MaxOfKind))));
    // 15 × 11 = 165 nights; 31 × 3 = 93, 31 × 4 = 124; 35 more at 8 each.
    assert_eq!(s.remedies, vec![Remedy::Raise(Sort::MaxOfKind, 3), Remedy::Fewer(3), Remedy::More(5)]);
    // Each of them makes the numbers meet.
    let mut raised = m.clone();
    raised.people.iter_mut().for_each(|p| p.max_of_kind[1] += 3);
    let mut fewer = m.clone();
    fewer.cover.iter_mut().for_each(|c| c.need = 3);
    assert_eq!((shortage(&raised), shortage(&fewer)), (None, None));
}

#[test]
fn a_day_of_leave_is_named_by_itself_and_officers_are_counted_for_a_mix() {
    let mut m = model(4, 7);
    m.cover = (0..7).map(|d| need(d, 1, 1)).collect();
    (m.people[2].max_of_kind[1], m.people[3].max_of_kind[1]) = (0, 0);
    (m.people[0].days_off, m.people[1].days_off) = (vec![3, 4], vec![3]);
    let s = shortage(&m).expect("a shortage");
    assert_eq!((s.days, s.kinds, s.need, s.capacity, s.rows), (vec![3], vec![1], 1, 0, vec![Group::Cover(3)]));
    assert!(s.people.iter().all(|a| a.by == Some(Sort::DaysOff)), "{:?}", s.people);

    // Four at night in pairs need two officers; one is there.
    let mut m = model(6, 7);
    m.cover = vec![need(2, 1, 4)];
    let people = (0..6).map(|p| (p, if p == 0 { 1 } else { -1 })).collect();
    m.mixes = vec![Mix { name: "pairs".into(), day: 2, kinds: vec![1], people, least: 0, under: 1, hard: true }];
    let s = shortage(&m).expect("a shortage");
    assert_eq!((s.days, s.need, s.capacity, s.rows), (vec![2], 2, 1, vec![Group::Mix(0)]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// A shortage is a proof: where the solver has a roster that keeps the rules, none is found.
    #[test]
    fn no_shortage_where_there_is_a_roster(
        people in 2usize..6, days in 4usize..15, needs in prop::collection::vec((0usize..15, 0usize..2, 1u32..4), 1..16),
        off in prop::collection::vec((0usize..6, 0usize..15), 0..8), nights in prop::collection::vec(0u16..5, 6),
        hours in prop::collection::vec(2u32..12, 6), run_days in 1u16..6, off_days in 1u16..3, weekends in 0u16..3,
        led in prop::option::of((0usize..15, 1i32..3, any::<bool>())), apart in any::<bool>(),
        week in prop::option::of((1usize..7, 0u32..6)),
    ) {
        let mut m = model(people, days);
        if apart {
            m.kinds[1].never_then = vec![0, 1];
        }
        for (p, x) in m.people.iter_mut().enumerate() {
            x.max_of_kind[1] = nights[p];
            x.max_minutes = hours[p] * 720;
            (x.max_run, x.min_off, x.max_weekends) = (run_days, off_days, weekends);
            x.days_off = off.iter().filter(|o| o.0 == p && o.1 < days).map(|o| o.1).collect();
        }
        if let Some((cut, shifts)) = week {
            m.weeks = (0..3).map(|i| (if i == 0 { 0 } else { cut + (i - 1) * 7 }, cut + i * 7)).map(|(a, b)| (a, b.min(days))).filter(|w| w.0 < w.1).collect();
            m.people.iter_mut().skip(1).for_each(|x| x.max_week = vec![shifts * 720; m.weeks.len()]);
        }
        m.weekends = (0..days / 7 + 1).map(|w| [w * 7 + 5, w * 7 + 6].into_iter().filter(|d| *d < days).collect::<Vec<_>>()).filter(|w| !w.is_empty()).collect();
        for &(d, k, n) in needs.iter().filter(|n| n.0 < days) {
            if !m.cover.iter().any(|c| (c.day, c.kind) == (d, k)) {
                m.cover.push(need(d, k, n));
            }
        }
        if let Some((day, part, least)) = led.filter(|l| l.0 < days) {
            let all = (0..people).map(|p| (p, if p % 2 == 0 { part } else { -1 })).collect();
            m.mixes = vec![Mix { name: "m".into(), day, kinds: vec![1], people: all, least: i32::from(least), under: 1, hard: true }];
        }
        if let Some(found) = shortage(&m) {
            prop_assert!(found.need > found.capacity);
            let solved = run(&m, &control_rounds(1, 2));
            prop_assert!(!solved.is_ok_and(|s| s.report.feasible()), "{found:?}");
        }
    }
}
