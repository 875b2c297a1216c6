//! The search for the fewest: against every possible plan on small days, and its promise against fresh days.

use staffing::judge::{Server, servers};
use staffing::load::Service;
use staffing::need::{Problem, arrivals, bought, need};
use staffing::{Promise, Rng};

fn days(rates: &[f64], n: usize, seed: u64) -> Vec<Vec<u32>> {
    let day = |d| {
        let mut rng = Rng::fork(seed, d);
        let level = rng.gamma_about_one(0.02);
        rates.iter().map(|r| rng.poisson(r * level)).collect()
    };
    (0..n as u64).map(day).collect()
}

fn problem<'a>(days: &'a [Vec<u32>], service: &'a Service, least: &'a [u16]) -> Problem<'a> {
    let promise = Promise::new(0.9, 10.0).unwrap();
    Problem { slot: 15.0, block: 4, days, service, patience: None, promise, least, most: 6, seed: 3 }
}

/// Four blocks of an hour, 1 to 5 servers each: the best of all 625 plans needs at most 5 % fewer hours.
#[test]
fn within_a_twentieth_of_the_best_plan() {
    for (seed, busy) in
        [(1, [0.5, 2.0, 3.0, 1.0]), (2, [3.0, 1.0, 0.3, 2.0]), (3, [1.0, 1.0, 1.0, 1.0]), (4, [4.0, 0.2, 0.2, 3.0])]
    {
        let rates: Vec<f64> = busy.iter().flat_map(|r| [*r; 4]).collect();
        let days = days(&rates, 120, seed);
        let service = Service::LogNormal { mean: 12.0, cv: 0.7 };
        let p = Problem { most: 5, ..problem(&days, &service, &[1; 16]) };
        let found = need(&p).unwrap();
        assert!(found.kept);
        let seen: Vec<_> =
            (0..60).map(|d| arrivals(&days[d], 15.0, &service, None, &mut Rng::fork(p.seed, d as u64))).collect();
        let keeps = |plan: &[u16]| {
            let team: Vec<Server> = servers(&plan.iter().flat_map(|c| [*c; 4]).collect::<Vec<u16>>(), 15.0);
            bought(&seen, &team, 60.0, 4, &p.promise).unwrap().iter().all(|b| b.share() >= p.promise.share)
        };
        let plans = (0..625_u16).map(|n| [n % 5 + 1, n / 5 % 5 + 1, n / 25 % 5 + 1, n / 125 % 5 + 1]);
        let best = plans.filter(|plan| keeps(plan)).map(|plan| plan.iter().sum::<u16>()).min().unwrap();
        let ours: u16 = found.servers.chunks(4).map(|c| c[0]).sum();
        assert!(f64::from(ours) <= 1.05 * f64::from(best), "seed {seed}: {ours} against {best}");
    }
}

#[test]
fn what_is_promised_is_kept_on_days_that_nobody_saw() {
    let rates: Vec<f64> = (0..32).map(|k| 1.0 + 2.0 * (f64::from(k) / 10.0).sin().max(0.0)).collect();
    let service = Service::Exponential { mean: 12.0 };
    let known = days(&rates, 400, 1);
    let found = need(&problem(&known, &service, &[1; 32])).unwrap();
    let fresh: Vec<_> = days(&rates, 600, 99)
        .iter()
        .enumerate()
        .map(|(d, day)| arrivals(day, 15.0, &service, None, &mut Rng::fork(77, d as u64)))
        .collect();
    let promise = Promise::new(0.9, 10.0).unwrap();
    let mut kept = staffing::need::Bought::default();
    for b in bought(&fresh, &servers(&found.servers, 15.0), 60.0, 8, &promise).unwrap() {
        assert!(b.share() > 0.85, "{b:?}");
        kept.add(&b);
    }
    assert!((kept.share() - found.day.share()).abs() < 0.02, "{} {}", kept.share(), found.day.share());
    assert!((kept.window_share() - found.day.window_share()).abs() < 0.02);
}

#[test]
fn bounds_are_kept() {
    let mut rates = vec![0.02; 16];
    rates[12..].fill(0.0);
    let days = days(&rates, 40, 1);
    let service = Service::Fixed { minutes: 5.0 };
    // Never empty, two by law in the third hour, closed in the fourth.
    let least: Vec<u16> = [1, 1, 2, 0].iter().flat_map(|l| [*l; 4]).collect();
    assert_eq!(need(&problem(&days, &service, &least)).unwrap().servers, least);
}

#[test]
fn what_cannot_be_kept_is_said() {
    let days = days(&[30.0; 8], 20, 1);
    let service = Service::Fixed { minutes: 30.0 };
    let found = need(&problem(&days, &service, &[1; 8])).unwrap();
    assert!(!found.kept && found.day.share() < 0.9);
    assert!(found.servers.iter().all(|c| *c <= 6));
}

#[test]
fn impossible_problems_are_refused_by_name() {
    let days = days(&[1.0; 8], 20, 1);
    let service = Service::Fixed { minutes: 5.0 };
    let refused = |p: Problem<'_>| need(&p).unwrap_err().to_string();
    assert!(refused(problem(&days, &service, &[1; 7])).contains("day 0 has 8 slots, not 7"));
    assert!(refused(problem(&days, &service, &[9; 8])).contains("slot 0: at least 9 servers, but 6 at most"));
    assert!(refused(problem(&days[..1], &service, &[1; 8])).contains("possible days"));
    assert!(refused(Problem { slot: 0.0, ..problem(&days, &service, &[1; 8]) }).contains("minutes of a slot"));
    assert!(refused(Problem { block: 0, ..problem(&days, &service, &[1; 8]) }).contains("slots of a block"));
}
