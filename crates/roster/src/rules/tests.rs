use super::needs::{asked, covers};
use super::*;
use crate::model::{Contract, MixRule, Need, Post, PostKind, PostSet, Shift};
use kernel::row::Json;
use kernel::{StationId, Timestamp, Uuid};
use proptest::prelude::*;

#[test]
fn what_is_proven_of_a_repair_is_said_as_it_is() {
    let cases = [((0, 0.0), "一格没动"), ((9, 9.0), "已证明至少要 9 分：缺人不增加的排法里，没有变动更小的"), ((12, 7.0), "折合 12 分（越近的日子算得越重），已证明至少要 7 分"), ((12, 0.0), "还没有算出")];
    for ((cost, least), text) in cases {
        let said = super::words::least(cost, least);
        assert!(said.contains(text), "{said}");
    }
}

fn d(s: &str) -> Date {
    s.parse().unwrap()
}

fn shift(n: u128, start: i64, minutes: i64) -> Shift {
    Shift { id: Uuid::from_u128(n), post_id: Uuid::nil(), name: format!("班{n}"), code: format!("{n}"), start_minute: start, minutes, position: n as i64 }
}

pub(crate) fn set(shifts: Vec<Shift>, needs: Vec<Need>, by_quarter: bool) -> PostSet {
    let post = Post {
        station_id: StationId::NIL,
        id: Uuid::nil(),
        name: "窗口".into(),
        kind: PostKind::Window,
        standings: Json(vec![Standing::Officer, Standing::Clerk]),
        skill: String::new(),
        mix: MixRule::None,
        must: true,
        paid_percent: 100,
        by_quarter,
        position: 1,
        version: 1,
    };
    PostSet { post, shifts, needs }
}

fn need(from: i64, until: i64, people: i64) -> Need {
    Need { post_id: Uuid::nil(), day_type: DayType::Work, shift_id: None, from_minute: from, until_minute: until, people }
}

#[test]
fn the_state_councils_arrangement_decides_what_a_day_is() {
    let rules = rulebook::shipped().unwrap();
    let c = rules.calendar();
    // National Day 2026: 1 to 7 October off, 20 September and 10 October worked.
    let all: Vec<Day> = days(c, d("2026-10-01"));
    assert_eq!(all.len(), 31);
    assert!(all[..7].iter().all(|x| x.kind == DayType::Holiday));
    let tenth = &all[9];
    assert_eq!((tenth.kind, tenth.make_up), (DayType::Work, true), "a Saturday that is worked");
    assert_eq!(all[10].kind, DayType::Rest);
}

#[test]
fn nights_by_their_hours() {
    for (start, hours, night) in [(1200, 12, true), (480, 8, false), (480, 24, true), (960, 8, false), (0, 8, true), (1140, 5, false)] {
        assert_eq!(is_night(start, hours * 60), night, "{start}+{hours}");
    }
}

#[test]
fn quarter_hours_become_the_fewest_people() {
    let s = set(vec![shift(1, 480, 480), shift(2, 720, 480)], vec![need(480, 1020, 1), need(600, 840, 1)], true);
    assert_eq!(counts(&s, DayType::Work), Ok(vec![2, 1]));
    assert_eq!(counts(&s, DayType::Rest), Ok(vec![0, 0]));
    let late = set(vec![shift(1, 480, 480)], vec![need(480, 1020, 1)], true);
    assert_eq!(counts(&late, DayType::Work), Err(960));
    let err = check_post(&late).unwrap_err().to_string();
    assert!(err.contains("16:00–16:15") && err.contains("没有班次覆盖"), "{err}");
}

#[test]
fn a_watch_round_the_clock_is_covered_by_the_night_of_the_day_before() {
    let day_and_night = || vec![shift(1, 480, 720), shift(2, 1_200, 720)];
    let s = set(day_and_night(), vec![need(0, 1_440, 2)], true);
    assert!(check_post(&s).is_ok());
    assert_eq!(counts(&s, DayType::Work), Ok(vec![2, 2]));
    // Working days only: Sunday night stands for Monday's morning, Friday's for Friday evening.
    let (w, r) = (DayType::Work, DayType::Rest);
    let week = counts_over(&s, &[r, r, w, w, r, r]).unwrap();
    assert_eq!(week, vec![vec![0, 0], vec![0, 2], vec![2, 2], vec![2, 2], vec![0, 0], vec![0, 0]]);
    // More in the morning than in the evening: the night before is filled up.
    let s = set(day_and_night(), vec![need(0, 480, 3), need(1_200, 1_440, 1)], true);
    assert_eq!(counts(&s, DayType::Work), Ok(vec![0, 3]));
    // A hole stays a hole.
    let s = set(vec![shift(1, 480, 720), shift(2, 1_200, 600)], vec![need(0, 1_440, 1)], true);
    assert_eq!(counts(&s, DayType::Work), Err(360));
}

/// 24 hours typed as people type them, over a property: every quarter of the middle days is covered, and one person
/// less on any shift leaves a hole.
fn covered(s: &PostSet, days: &[DayType], n: &[Vec<u32>]) -> bool {
    (96..days.len() as i64 * 96 - 96).all(|q| {
        let day = (q / 96) as usize;
        let here = |d: usize| q * 15 - d as i64 * 1_440;
        let asked: i64 = [day - 1, day].iter().map(|&d| asked(&s.needs, days[d], here(d))).sum();
        let there: i64 = [day - 1, day].iter().flat_map(|&d| s.shifts.iter().zip(&n[d]).filter(move |(x, _)| covers(x, here(d))).map(|(_, k)| i64::from(*k))).sum();
        asked <= there
    })
}

proptest! {
    #[test]
    fn needs_over_midnight_are_covered_and_no_shift_can_be_spared(
        starts in prop::collection::vec((0i64..24, 1i64..13), 1..5), needs in prop::collection::vec((0i64..24, 1i64..24, 1i64..3, any::<bool>()), 1..4),
        kinds in prop::collection::vec(any::<bool>(), 6),
    ) {
        let shifts: Vec<Shift> = starts.iter().enumerate().map(|(i, (s, l))| shift(i as u128 + 1, s * 60, l * 60)).collect();
        let needs = needs.iter().map(|(f, l, p, rest)| Need { day_type: if *rest { DayType::Rest } else { DayType::Work }, ..need(f * 60, (f + l) * 60, *p) });
        let s = set(shifts, needs.collect(), true);
        let days: Vec<DayType> = kinds.iter().map(|k| if *k { DayType::Work } else { DayType::Rest }).collect();
        if let Ok(n) = counts_over(&s, &days) {
            prop_assert!(covered(&s, &days, &n));
            for (day, i) in (2..4).flat_map(|d| (0..s.shifts.len()).map(move |i| (d, i))) {
                let mut less = n.clone();
                if less[day][i] > 0 {
                    less[day][i] -= 1;
                    prop_assert!(!covered(&s, &days, &less), "a person to spare on day {day}, shift {i}: {n:?}");
                }
            }
        }
    }

    #[test]
    fn no_smaller_cover_exists(starts in prop::collection::vec((0i64..8, 1i64..5), 1..4), needs in prop::collection::vec((0i64..8, 1i64..4, 1i64..3), 1..3)) {
        let shifts: Vec<Shift> = starts.iter().enumerate().map(|(i, (s, l))| shift(i as u128 + 1, s * 60, l * 60)).collect();
        let needs: Vec<Need> = needs.iter().map(|(f, l, p)| need(f * 60, (f + l) * 60, *p)).collect();
        let s = set(shifts, needs, true);
        let enough = |n: &[u32]| {
            (0..192).all(|q| asked(&s.needs, DayType::Work, q * 15) <= s.shifts.iter().zip(n).filter(|(x, _)| covers(x, q * 15)).map(|(_, k)| i64::from(*k)).sum())
        };
        let mut fewest = None;
        for a in 0..6u32 { for b in 0..6u32 { for c in 0..6u32 {
            let n = [a, b, c];
            if n[s.shifts.len()..].iter().all(|x| *x == 0) && enough(&n[..s.shifts.len()]) {
                let sum: u32 = n.iter().sum();
                fewest = Some(fewest.map_or(sum, |f: u32| f.min(sum)));
            }
        }}}
        match counts(&s, DayType::Work) {
            Ok(n) => { prop_assert!(enough(&n)); prop_assert_eq!(Some(n.iter().sum::<u32>()), fewest); }
            Err(_) => prop_assert_eq!(fewest, None),
        }
    }

    #[test]
    fn typed_needs_never_panic(typed in ".{0,60}") {
        if let Ok(list) = intervals(&typed) {
            prop_assert!(list.iter().all(|(f, u, p)| f < u && *u <= 2880 && (0..=40).contains(p)));
        }
    }
}

#[test]
fn needs_as_people_type_them() {
    assert_eq!(intervals("08:00-12:00 2，20:00-8:00 1人"), Ok(vec![(480, 720, 2), (1200, 1920, 1)]));
    assert_eq!(intervals("8:00至24:00 3"), Ok(vec![(480, 1440, 3)]));
    for bad in ["08:05-09:00 1", "08:00-09:00", "八点到九点 1", "08:00-09:00 99", "25:00-26:00 1"] {
        assert!(intervals(bad).is_err(), "{bad}");
    }
}

#[test]
fn two_contracts_follow_each_other_and_never_overlap() {
    let c = |from: &str, until: Option<&str>| Contract {
        id: Uuid::nil(),
        user_id: UserId::NIL,
        standing: Standing::Auxiliary,
        week_hours: 40,
        fill_percent: 90,
        from_day: d(from),
        until_day: until.map(d),
    };
    let first = c("2026-01-01", Some("2026-06-15"));
    assert!(check_contract(&c("2026-06-16", None), std::slice::from_ref(&first)).is_ok());
    let refused = check_contract(&c("2026-06-15", None), &[first]).unwrap_err().to_string();
    assert!(refused.contains("重叠") && refused.contains("2026-06-15"), "{refused}");
    assert!(check_contract(&c("2026-06-16", Some("2026-06-01")), &[]).is_err());
    assert!(check_contract(&c("2030-01-01", None), &[c("2026-01-01", None)]).is_err());
}

#[test]
fn an_auxiliary_never_patrols_without_an_officer() {
    let mut s = set(vec![shift(1, 480, 480)], vec![], false);
    s.post.kind = PostKind::Patrol;
    s.post.standings = Json(vec![Standing::Officer, Standing::Auxiliary]);
    assert!(check_post(&s).unwrap_err().to_string().contains("没有独立执法权"));
    s.post.mix = MixRule::Pairs;
    assert!(check_post(&s).is_ok());
    // Nor anywhere else, but for clerks at the window.
    use Standing::{Auxiliary, Clerk, Officer};
    for (kind, standings, alone) in [
        (PostKind::Community, vec![Auxiliary], false),
        (PostKind::Community, vec![Clerk], false),
        (PostKind::Reserve, vec![Officer, Auxiliary], false),
        (PostKind::Window, vec![Auxiliary], false),
        (PostKind::Window, vec![Officer, Clerk], true),
        (PostKind::Community, vec![Officer], true),
    ] {
        (s.post.kind, s.post.standings, s.post.mix) = (kind, Json(standings.clone()), MixRule::None);
        assert_eq!(check_post(&s).is_ok(), alone, "{kind:?} {standings:?}");
        s.post.mix = MixRule::Led;
        assert!(check_post(&s).is_ok(), "{kind:?} {standings:?} led");
    }
}

#[test]
fn a_swap_goes_through_three_hands() {
    let user = |n: u128| UserId(Uuid::from_u128(n));
    let (first, other, leader, third) = (user(1), user(2), user(3), user(4));
    let s = |state: SwapState| Swap {
        id: Uuid::nil(),
        plan_id: Uuid::nil(),
        from_user: first,
        from_day: d("2026-06-01"),
        to_user: other,
        to_day: None,
        note: String::new(),
        state,
        asked_at: Timestamp::UNIX_EPOCH,
        why: String::new(),
    };
    use SwapState::{Agreed, Asked, Done, Refused, Withdrawn};
    let cases = [
        (Asked, Agreed, other, false, "ok"),
        (Asked, Agreed, first, false, "roster.swap_step"),
        (Asked, Done, leader, true, "roster.swap_step"),
        (Agreed, Done, leader, true, "ok"),
        (Agreed, Done, other, true, "roster.swap_step"),
        (Agreed, Withdrawn, first, false, "ok"),
        (Agreed, Refused, leader, true, "ok"),
        (Done, Withdrawn, first, false, "roster.swap_step"),
        (Asked, Refused, other, false, "ok"),
        (Asked, Agreed, third, false, "not_found"),
    ];
    for (state, to, me, planner, says) in cases {
        let got = may_step(&s(state), to, me, planner);
        assert_eq!(got.as_ref().map_or_else(|e| e.key(), |()| "ok"), says, "{state} → {to} by {me}");
    }
}
