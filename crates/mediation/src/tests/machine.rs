//! The machine of states and clocks without a database.

use crate::model::{ClockKind, Confirmation, Progress, State, Step, Track};
use crate::rules::*;
use kernel::{Date, Role};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn rules() -> kernel::rules::RuleSet {
    static SHIPPED: LazyLock<kernel::rules::RuleSet> = LazyLock::new(|| rulebook::shipped().unwrap());
    SHIPPED.clone()
}

#[test]
fn every_state_is_reached_and_left() {
    let mut seen = BTreeSet::from([State::Registered]);
    let mut todo = vec![State::Registered];
    while let Some(s) = todo.pop() {
        for to in Step::ALL.iter().filter_map(|step| next(s, *step).ok()) {
            if seen.insert(to) {
                todo.push(to);
            }
        }
    }
    assert_eq!(seen.len(), State::ALL.len());
    for s in State::ALL {
        assert!(Step::ALL.iter().any(|step| next(*s, *step).is_ok_and(|to| to != *s)), "{s} cannot be left");
    }
    // From everywhere the matter can be brought to an end.
    for s in State::ALL {
        let (mut seen, mut todo) = (BTreeSet::from([*s]), vec![*s]);
        while let Some(x) = todo.pop() {
            for to in Step::ALL.iter().filter_map(|step| next(x, *step).ok()) {
                if seen.insert(to) {
                    todo.push(to);
                }
            }
        }
        assert!(seen.contains(&State::Closed), "{s} has no end");
    }
}

#[test]
fn who_takes_a_level_has_the_rank_it_asks_for() {
    let r = rules();
    let l = Levels::at(&r, "ZY", day("2026-05-08"));
    assert_eq!(l.lead("red", Role::DutyLeader).unwrap_err().key, "mediation.lead_rank");
    assert!(l.lead("red", Role::StationLeader).is_ok());
    assert!(l.lead("orange", Role::DutyLeader).is_ok());
    assert!(l.lead("orange", Role::Auxiliary).is_err());
}

fn asks(on: &str) -> Progress {
    let exclusions = rules().list("judicial_confirmation.exclusion", day(on)).iter().map(|c| (c.code.clone(), false)).collect();
    Progress {
        to: Confirmation::ToAccept,
        on: day(on),
        both: true,
        exclusions,
        court: "海拉尔区人民法院".into(),
        case_no: String::new(),
        note: String::new(),
    }
}

fn court(from: Confirmation, p: &Progress, today: &str) -> Result<(), String> {
    let due = of_confirm_request(day("2026-05-08"), &rules()).unwrap().due.date;
    confirm(from, p, day("2026-05-08"), due, None, &rules(), day(today)).map_err(|e| e.key().to_string())
}

#[test]
fn the_joint_request_has_thirty_days_and_five_exclusions() {
    use Confirmation as C;
    let due = of_confirm_request(day("2026-05-08"), &rules()).unwrap().due.date;
    assert_eq!(due, day("2026-06-08"), "day 30 is Sunday 7 June, so Monday counts");
    assert!(court(C::ToApply, &asks("2026-06-08"), "2026-06-08").is_ok());
    assert_eq!(court(C::ToApply, &asks("2026-06-09"), "2026-06-09").unwrap_err(), "mediation.confirmation_late");
    assert!(court(C::Overdue, &asks("2026-06-05"), "2026-06-20").is_ok(), "asked in time, written down late");
    assert_eq!(court(C::Overdue, &asks("2026-06-09"), "2026-06-20").unwrap_err(), "mediation.confirmation_late");
    let alone = Progress { both: false, ..asks("2026-05-20") };
    assert_eq!(court(C::ToApply, &alone, "2026-05-20").unwrap_err(), "mediation.joint_request");
    for code in ["identity", "adoption", "marriage", "property_right", "not_civil_or_jurisdiction"] {
        let mut p = asks("2026-05-20");
        p.exclusions.insert(code.into(), true);
        assert_eq!(court(C::ToApply, &p, "2026-05-20").unwrap_err(), "mediation.confirmation_excluded", "{code}");
    }
    let mut open = asks("2026-05-20");
    open.exclusions.remove("marriage");
    assert_eq!(court(C::ToApply, &open, "2026-05-20").unwrap_err(), "invalid");
    for (from, to) in [(C::ToApply, C::Confirmed), (C::ToAccept, C::Confirmed), (C::Confirmed, C::ToReview), (C::NotAccepted, C::ToReview)] {
        let p = Progress { to, note: "理由".into(), ..asks("2026-05-20") };
        assert_eq!(court(from, &p, "2026-05-20").unwrap_err(), "mediation.confirmation_state", "{from} {to}");
    }
    let early = Progress { to: C::Overdue, ..asks("2026-05-20") };
    assert_eq!(court(C::ToApply, &early, "2026-05-20").unwrap_err(), "invalid", "the term still runs");
}

#[test]
fn every_state_of_the_confirmation_is_reached_and_the_courts_word_is_the_last() {
    let next = |from: Confirmation| -> Vec<Confirmation> {
        // Within the thirty days and after them.
        let moments = ["2026-05-20", "2026-06-09"];
        let taken = |to: Confirmation| moments.iter().any(|on| court(from, &Progress { to, note: "理由".into(), ..asks(on) }, on).is_ok());
        // Asked in time, written down late.
        let late = |to: Confirmation| court(from, &Progress { to, ..asks("2026-06-05") }, "2026-06-20").is_ok();
        Confirmation::ALL.iter().copied().filter(|to| taken(*to) || late(*to)).collect()
    };
    let (mut seen, mut todo) = (BTreeSet::from([Confirmation::ToApply]), vec![Confirmation::ToApply]);
    while let Some(from) = todo.pop() {
        for to in next(from) {
            if seen.insert(to) {
                todo.push(to);
            }
        }
    }
    assert_eq!(seen.len(), Confirmation::ALL.len(), "{seen:?}");
    for s in Confirmation::ALL {
        let last = matches!(s, Confirmation::Confirmed | Confirmation::NotConfirmed | Confirmation::NotAccepted);
        assert_eq!(next(*s).is_empty(), last, "{s}");
    }
}

#[test]
fn the_courts_own_days() {
    let r = rules();
    assert_eq!(of_confirm_accept(day("2026-05-20"), &r).unwrap().due.date, day("2026-05-25"), "three days, Saturday moves to Monday");
    assert_eq!(of_confirm_decide(day("2026-05-25"), false, &r).unwrap().due.date, day("2026-06-09"));
    assert_eq!(of_confirm_decide(day("2026-05-25"), true, &r).unwrap().due.date, day("2026-06-22"), "25 days end on Friday 19 June, a day off");
}

#[test]
fn a_request_for_administrative_mediation_counts_only_where_a_local_rule_says_so() {
    let r = rules();
    let on = day("2026-05-08");
    let zy = |complex, ours| of_application(on, complex, ours, "HLR-ZY", &r).unwrap();
    assert_eq!(zy(false, true).due.date, day("2026-05-14"), "five working days, 9 May is worked");
    assert_eq!(zy(true, true).due.date, day("2026-05-21"));
    assert_eq!((zy(false, false).kind, zy(false, false).due.date), (ClockKind::AdminHandOver, day("2026-05-12")));
    assert!(of_application(on, false, true, "ETK-QPJ1", &r).is_none(), "no national rule exists");
}

#[test]
fn a_failed_public_order_mediation_is_not_tried_again() {
    let run = |result| crate::model::TrackRun {
        id: kernel::Uuid::nil(),
        n: 1,
        track: Track::PublicOrder,
        committee_id: None,
        accepted_on: day("2026-05-08"),
        accepted_by: kernel::UserId::NIL,
        ended_on: Some(day("2026-05-09")),
        result,
        why: String::new(),
    };
    let failed = [run(Some(crate::model::TrackResult::Failed))];
    assert_eq!(again(Track::PublicOrder, &failed, &rules(), day("2026-05-10")).unwrap_err().key, "mediation.must_penalise");
    assert!(again(Track::Peoples, &failed, &rules(), day("2026-05-10")).is_ok(), "the civil side may go to a committee");
}

proptest! {
    #[test]
    fn a_closed_dispute_changes_only_by_reopening(
        steps in proptest::collection::vec(proptest::sample::select(Step::ALL.to_vec()), 0..60)
    ) {
        let mut s = State::Registered;
        for step in steps {
            if let Ok(after) = next(s, step) {
                if s == State::Closed && after != State::Closed {
                    prop_assert_eq!(step, Step::Reopen);
                }
                if s == State::Protected {
                    prop_assert!(after == State::Protected || after == State::Closed);
                }
                if after == State::Agreed && s != State::Agreed {
                    prop_assert_eq!(s, State::Mediating);
                }
                if after == State::Mediating && s != State::Mediating {
                    prop_assert_eq!(step, Step::Accept);
                }
                s = after;
            }
        }
    }

    #[test]
    fn a_clock_never_ends_before_it_began(offset in 0i64..3000) {
        let r = rules();
        let from = r.calendar().add_days(day("2020-01-01"), offset).date;
        for track in Track::ALL {
            let counted = of_track(*track, from, "HLR-ZY", &r).unwrap();
            prop_assert_eq!(counted.is_none(), *track == Track::Administrative, "no clock without a local rule");
            let Some(s) = counted else { continue };
            prop_assert!(s.due.date > from && !s.source.is_empty());
            prop_assert!(r.calendar().is_working(s.due.date), "{track}: a period ends on a working day (民法典 §203)");
            prop_assert!(s.due.provisional || r.calendar().is_known(s.due.date.year()), "{track}: a year without its notice is 暂定");
        }
        for s in [of_case(from, &r), of_confirm_request(from, &r), of_confirm_accept(from, &r), of_confirm_decide(from, true, &r)].into_iter().flatten() {
            prop_assert!(s.due.date > from);
            prop_assert!(r.calendar().is_working(s.due.date), "a period of days ends on a working day");
        }
    }

    #[test]
    fn a_pause_never_shortens_a_clock(started in 0i64..700, ran in 0i64..20, stood in 0i64..90) {
        let r = rules();
        let c = r.calendar();
        let from = c.add_days(day("2024-06-03"), started).date;
        for (kind, track) in [(ClockKind::Peoples, Track::Peoples), (ClockKind::FirstSession, Track::PublicOrder), (ClockKind::SecondSession, Track::PublicOrder)] {
            let due = deadline(track, from, "HLR-ZY", &r).unwrap().unwrap().date;
            let paused = from.saturating_add(kernel::ToSpan::days(ran));
            let resumed_on = paused.saturating_add(kernel::ToSpan::days(stood));
            for no_session in [true, false] {
                let after = runs_on(kind, due, paused, resumed_on, no_session, &r).unwrap().date;
                prop_assert!(after > resumed_on);
                prop_assert!(paused > due || after >= due, "{kind}: {due} became {after}");
            }
        }
    }
}
