//! Erlang's formulas: check values, exact special cases, an independent solution of the same chain, and properties.

use proptest::prelude::*;
use staffing::Promise;
use staffing::queue::{Setting, Steady, erlang_b, erlang_c, fewest, square_root_start};

fn near(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{got} is not {want}");
}

fn solved(per_minute: f64, service: f64, patience: Option<f64>, servers: u32) -> Steady {
    Setting { per_minute, service, patience, servers }.solve().unwrap()
}

/// The check values of the project's note on optimisation, and two that are printed in textbooks: B(10 erlangs, 10) and
/// the 37 servers that answer 90.42 % within 20 s at 35 calls a quarter hour of 752 s.
#[test]
fn check_values() {
    near(erlang_c(1.6, 2), 0.7111, 5e-5);
    near(erlang_c(1.6, 3), 0.2738, 5e-5);
    near(erlang_c(1.6, 4), 0.0907, 5e-5);
    near(erlang_c(10.0, 12), 0.4494, 5e-5);
    near(erlang_b(10.0, 10), 0.214_582, 1e-6);
    near(solved(35.0 / 15.0, 752.0 / 60.0, None, 37).served_within(20.0 / 60.0), 0.904_25, 5e-5);
}

#[test]
fn eight_visitors_an_hour_of_twelve_minutes_need_three() {
    let promise = Promise::new(0.9, 10.0).unwrap();
    let (servers, share) = fewest(8.0 / 60.0, 12.0, None, &promise).unwrap();
    assert_eq!(servers, 3);
    near(share, 0.915, 5e-4);
    near(solved(8.0 / 60.0, 12.0, None, 2).served_within(10.0), 0.49, 5e-3);
}

/// `P(W>t) = C·e^{−(c−a)t/AHT}` and the mean wait `C·AHT/(c−a)` of Erlang-C.
#[test]
fn without_leaving_the_tail_is_the_exponential_of_erlang_c() {
    for (a, c) in [(0.3, 1), (1.6, 2), (1.6, 4), (10.0, 12), (90.0, 100)] {
        let steady = solved(a / 12.0, 12.0, None, c);
        let free = f64::from(c) - a;
        near(steady.delayed(), erlang_c(a, c), 1e-12);
        near(steady.mean_wait(), erlang_c(a, c) * 12.0 / free, 1e-9);
        for t in [0.0, 0.5, 3.0, 10.0, 60.0] {
            near(steady.waits_over(t), erlang_c(a, c) * (-free * t / 12.0).exp(), 1e-12);
            near(steady.served_within(t), 1.0 - steady.waits_over(t), 1e-12);
        }
        let p90 = (erlang_c(a, c) / 0.1).ln() * 12.0 / free;
        near(steady.percentile(0.9), p90.max(0.0), 1e-6);
    }
}

/// Where people leave as fast as they are served the number present is Poisson (M/M/∞), whatever `c` is.
#[test]
fn leaving_as_fast_as_serving_is_poisson() {
    let (a, service) = (3.7_f64, 5.0);
    for c in 1..9_u32 {
        let steady = solved(a / service, service, Some(service), c);
        let mut term = (-a).exp();
        let (mut tail, mut excess) = (1.0, 0.0);
        for n in 0..200 {
            if n < c {
                tail -= term;
            } else {
                excess += f64::from(n - c) * term;
            }
            term *= a / f64::from(n + 1);
        }
        near(steady.delayed(), tail, 1e-12);
        near(steady.mean_waiting(), excess, 1e-12);
        near(steady.abandoned(), excess / a, 1e-12);
    }
}

/// The same tail by another way: the chain of people ahead of one who stays, stepped in small times.
#[test]
fn the_wait_of_erlang_a_agrees_with_stepping_through_time() {
    let (lambda, service, patience, c) = (0.5, 6.0, 9.0, 2_u32);
    let steady = solved(lambda, service, Some(patience), c);
    let (drain, leave) = (f64::from(c) / service, 1.0 / patience);
    // Stationary law by balance, cut at 200.
    let mut p = vec![1.0];
    for n in 1..200_u32 {
        let down = f64::from(n.min(c)) / service + f64::from(n.saturating_sub(c)) * leave;
        p.push(p[n as usize - 1] * lambda / down);
    }
    let all: f64 = p.iter().sum();
    let mut ahead: Vec<f64> = p[c as usize..].iter().map(|x| x / all).collect();
    let (dt, mut served) = (0.001, 1.0 - ahead.iter().sum::<f64>());
    near(steady.delayed(), 1.0 - served, 1e-12);
    for step in 0..8000 {
        let t = f64::from(step) * dt;
        if step % 2000 == 0 {
            near(steady.offered_over(t), ahead.iter().sum(), 2e-4);
            near(steady.served_within(t), served, 2e-4);
        }
        served += ahead[0] * drain * dt * (-leave * t).exp();
        for j in 0..ahead.len() {
            let out = (drain + j as f64 * leave) * ahead[j] * dt;
            let inward = ahead.get(j + 1).map_or(0.0, |n| (drain + (j + 1) as f64 * leave) * n * dt);
            ahead[j] += inward - out;
        }
    }
}

/// Who is served or leaves is everybody.
#[test]
fn shares_add_up() {
    for c in 1..6 {
        let steady = solved(1.1, 3.0, Some(4.0), c);
        near(steady.served_within(1e4), 1.0 - steady.abandoned(), 1e-10);
    }
}

#[test]
fn the_ends_of_the_scale() {
    let nobody = solved(0.0, 10.0, None, 1);
    assert_eq!((nobody.delayed(), nobody.mean_wait(), nobody.percentile(0.9)), (0.0, 0.0, 0.0));
    let too_many = solved(1.0, 10.0, None, 10);
    assert!(too_many.saturated() && too_many.percentile(0.5).is_infinite() && too_many.served_within(1e6) == 0.0);
    assert!(solved(1.0, 10.0, Some(5.0), 0).saturated());
    // Ten times more than can be served: nine tenths leave, nothing overflows.
    near(solved(100.0, 10.0, Some(60.0), 100).abandoned(), 0.9, 1e-6);
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        assert!(Setting { per_minute: bad, service: 10.0, patience: None, servers: 1 }.solve().is_err());
        assert!(Setting { per_minute: 1.0, service: bad, patience: None, servers: 1 }.solve().is_err());
        assert!(Setting { per_minute: 1.0, service: 1.0, patience: Some(bad), servers: 1 }.solve().is_err());
    }
    let why = fewest(900.0, 60.0, None, &Promise::new(0.9, 1.0).unwrap()).unwrap_err().to_string();
    assert!(why.contains("no number of servers up to 500"), "{why}");
    assert_eq!(square_root_start(1.6, 0.5), 3);
}

proptest! {
    #[test]
    fn more_servers_never_hurt(load in 0.05..12.0_f64, service in 0.5..60.0_f64, patience in proptest::option::of(0.5..200.0_f64), t in 0.0..60.0_f64) {
        let mut last = 0.0;
        for c in 1..16 {
            // Within a few millionths of full the waiting line has no end that could be counted: refused, not answered.
            let Ok(steady) = (Setting { per_minute: load / service, service, patience, servers: c }).solve() else {
                prop_assert!((load / f64::from(c) - 1.0).abs() < 1e-4, "{load} on {c}");
                continue;
            };
            let share = steady.served_within(t);
            prop_assert!((-1e-12..=1.0 + 1e-12).contains(&share));
            prop_assert!(share >= last - 1e-12, "{c} servers: {share} < {last}");
            last = share;
        }
    }

    #[test]
    fn the_more_patient_the_nearer_to_erlang_c(load in 0.1..3.5_f64, t in 0.0..30.0_f64) {
        let stay = solved(load / 10.0, 10.0, None, 4);
        let leave = solved(load / 10.0, 10.0, Some(1e7), 4);
        prop_assert!((stay.waits_over(t) - leave.waits_over(t)).abs() < 1e-4);
        prop_assert!((stay.delayed() - leave.delayed()).abs() < 1e-4);
    }

    /// The impatient end of Erlang-A is the loss system of Erlang-B.
    #[test]
    fn the_less_patient_the_nearer_to_erlang_b(load in 0.1..8.0_f64, c in 1..8_u32) {
        let gone = solved(load / 10.0, 10.0, Some(1e-3), c).abandoned();
        prop_assert!((gone - erlang_b(load, c)).abs() < 5e-3);
    }

    #[test]
    fn longer_waits_are_rarer_and_percentiles_invert_the_tail(load in 0.1..6.0_f64, c in 1..8_u32, patience in 1.0..60.0_f64, p in 0.05..0.99_f64) {
        let s = solved(load / 10.0, 10.0, Some(patience), c);
        let mut last = 1.0;
        for t in 0..40 {
            let over = s.waits_over(f64::from(t));
            prop_assert!(over <= last + 1e-12);
            last = over;
        }
        let q = s.percentile(p);
        prop_assert!(s.waits_over(q) <= 1.0 - p + 1e-9);
        prop_assert!(q == 0.0 || s.waits_over(q * 0.999) >= 1.0 - p - 1e-9);
    }

    #[test]
    fn the_fewest_are_enough_and_one_less_is_not(load in 0.05..20.0_f64, share in 0.5..0.98_f64, minutes in 0.0..20.0_f64) {
        let promise = Promise::new(share, minutes).unwrap();
        let (c, got) = fewest(load / 10.0, 10.0, None, &promise).unwrap();
        prop_assert!(got >= share);
        prop_assert!(c == 1 || solved(load / 10.0, 10.0, None, c - 1).served_within(minutes) < share);
    }
}
