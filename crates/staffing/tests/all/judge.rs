//! The judge: small days by hand, the formulas it must agree with, and properties of every day.

use proptest::prelude::*;
use staffing::Rng;
use staffing::judge::{Arrival, End, Server, empty_minutes, judge, servers};
use staffing::load::Service;
use staffing::need::arrivals;
use staffing::queue::Setting;

fn comes(at: f64, service: f64) -> Arrival {
    Arrival { at, service, patience: f64::INFINITY, priority: 0 }
}

fn all_day(n: usize) -> Vec<Server> {
    vec![Server(vec![(0.0, 1e6)]); n]
}

#[test]
fn one_server_first_come_first_served() {
    let day = [comes(0.0, 10.0), comes(2.0, 5.0), comes(30.0, 1.0)];
    let v = judge(&day, &all_day(1)).unwrap();
    assert_eq!(v.ends, [End::Served { wait: 0.0 }, End::Served { wait: 8.0 }, End::Served { wait: 0.0 }]);
    assert_eq!((v.busy, v.over), (vec![16.0], vec![0.0]));
}

#[test]
fn the_end_of_a_shift_finishes_who_is_at_hand_and_calls_nobody_new() {
    let server = [Server(vec![(0.0, 30.0)])];
    let day = [comes(25.0, 20.0), comes(26.0, 5.0), comes(40.0, 5.0)];
    let v = judge(&day, &server).unwrap();
    assert_eq!(v.ends, [End::Served { wait: 0.0 }, End::TurnedAway { wait: 4.0 }, End::TurnedAway { wait: 0.0 }]);
    assert_eq!((v.busy, v.over), (vec![20.0], vec![15.0]));
}

#[test]
fn a_break_is_kept_even_when_it_begins_late() {
    // At work until 30, but the person at hand takes until 35; the break ends at 40.
    let server = [Server(vec![(0.0, 30.0), (40.0, 60.0)])];
    let day = [comes(25.0, 10.0), comes(26.0, 5.0)];
    assert_eq!(judge(&day, &server).unwrap().ends[1], End::Served { wait: 14.0 });
    // At hand beyond the whole break: the next is called when free again.
    let day = [comes(25.0, 20.0), comes(26.0, 5.0)];
    assert_eq!(judge(&day, &server).unwrap().ends[1], End::Served { wait: 19.0 });
}

#[test]
fn priority_goes_first_and_interrupts_nobody() {
    let urgent = Arrival { priority: 0, ..comes(3.0, 1.0) };
    let day = [Arrival { priority: 1, ..comes(0.0, 10.0) }, Arrival { priority: 1, ..comes(1.0, 5.0) }, urgent];
    let v = judge(&day, &all_day(1)).unwrap();
    assert_eq!(v.ends, [End::Served { wait: 0.0 }, End::Served { wait: 10.0 }, End::Served { wait: 7.0 }]);
}

#[test]
fn who_has_no_patience_leaves() {
    let day = [comes(0.0, 10.0), Arrival { patience: 4.0, ..comes(1.0, 5.0) }, comes(2.0, 5.0)];
    let v = judge(&day, &all_day(1)).unwrap();
    assert_eq!(v.ends, [End::Served { wait: 0.0 }, End::Left { wait: 4.0 }, End::Served { wait: 8.0 }]);
    // Free at the very moment when patience ends: served.
    let day = [comes(0.0, 5.0), Arrival { patience: 4.0, ..comes(1.0, 5.0) }];
    assert_eq!(judge(&day, &all_day(1)).unwrap().ends[1], End::Served { wait: 4.0 });
}

#[test]
fn shifts_behind_a_number_by_slot() {
    let s = servers(&[1, 2, 2, 1, 0, 1], 15.0);
    assert_eq!(s, [Server(vec![(0.0, 60.0), (75.0, 90.0)]), Server(vec![(15.0, 45.0)])]);
    assert_eq!(empty_minutes(&s, 0.0, 100.0), 25.0);
    assert_eq!(empty_minutes(&[], 0.0, 100.0), 100.0);
    assert_eq!(empty_minutes(&s, 20.0, 50.0), 0.0);
}

#[test]
fn impossible_days_are_refused_by_name() {
    let refused = |day: &[Arrival], s: &[Server]| judge(day, s).unwrap_err().to_string();
    assert!(refused(&[comes(5.0, 1.0), comes(4.0, 1.0)], &all_day(1)).contains("arrival 1 comes before"));
    assert!(refused(&[comes(f64::NAN, 1.0)], &all_day(1)).contains("minute of an arrival"));
    assert!(refused(&[comes(0.0, -1.0)], &all_day(1)).contains("minutes of service"));
    assert!(refused(&[Arrival { patience: -1.0, ..comes(0.0, 1.0) }], &all_day(1)).contains("patience of arrival 0"));
    assert!(refused(&[], &[Server(vec![(0.0, 10.0), (9.0, 20.0)])]).contains("overlap"));
}

/// A long stretch of Poisson arrivals agrees with the exact formulas, with and without leaving.
#[test]
fn it_agrees_with_erlang() {
    for (servers, patience) in [(2_u32, None), (3, None), (1, Some(8.0)), (2, Some(8.0))] {
        let (per_minute, service) = (8.0 / 60.0, 12.0);
        let mut rng = Rng::new(11);
        let counts: Vec<u32> = (0..40_000).map(|_| rng.poisson(per_minute * 15.0)).collect();
        let law = Service::Exponential { mean: service };
        let day = arrivals(&counts, 15.0, &law, patience, &mut rng);
        let ends = judge(&day, &all_day(servers as usize)).unwrap().ends;
        let share = ends.iter().filter(|e| e.within(10.0)).count() as f64 / ends.len() as f64;
        let exact = Setting { per_minute, service, patience, servers }.solve().unwrap();
        assert!((share - exact.served_within(10.0)).abs() < 0.02, "{servers}: {share} {}", exact.served_within(10.0));
        let left = ends.iter().filter(|e| matches!(e, End::Left { .. })).count() as f64 / ends.len() as f64;
        assert!((left - exact.abandoned()).abs() < 0.02, "{servers}: {left} {}", exact.abandoned());
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nobody_is_in_two_places(
        raw in proptest::collection::vec((0.0..600.0_f64, 0.0..40.0_f64, proptest::option::of(0.0..60.0_f64), 0..3_u8), 0..60),
        needed in proptest::collection::vec(0..4_u16, 1..40),
    ) {
        let mut day: Vec<Arrival> = raw.iter().map(|&(at, service, patience, priority)| Arrival { at, service, patience: patience.unwrap_or(f64::INFINITY), priority }).collect();
        day.sort_by(|a, b| a.at.total_cmp(&b.at));
        let team = servers(&needed, 15.0);
        let v = judge(&day, &team).unwrap();
        prop_assert_eq!(v.ends.len(), day.len());
        let served: f64 = v.ends.iter().zip(&day).filter(|(e, _)| matches!(e, End::Served { .. })).map(|(_, a)| a.service).sum();
        prop_assert!((served - v.busy.iter().sum::<f64>()).abs() < 1e-6);
        for (e, a) in v.ends.iter().zip(&day) {
            prop_assert!(e.wait() >= 0.0);
            if let End::Served { wait } = e {
                let begins = a.at + wait;
                prop_assert!(*wait <= a.patience + 1e-9);
                prop_assert!(team.iter().any(|s| s.0.iter().any(|(f, u)| *f <= begins && begins < *u)));
            }
        }
        for (server, (busy, over)) in team.iter().zip(v.busy.iter().zip(&v.over)) {
            let there: f64 = server.0.iter().map(|(f, u)| u - f).sum();
            prop_assert!(*busy <= there + over + 1e-6);
        }
        // At any moment no more are in service than servers exist.
        for a in &day {
            let at_hand = v.ends.iter().zip(&day).filter(|(e, b)| matches!(e, End::Served { wait } if b.at + wait <= a.at && a.at < b.at + wait + b.service)).count();
            prop_assert!(at_hand <= team.len());
        }
    }
}
