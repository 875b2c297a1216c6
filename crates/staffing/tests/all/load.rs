//! Offered load: exact special cases, and the integral by small steps.

use proptest::prelude::*;
use staffing::Rng;
use staffing::load::{Service, offered, offered_by_slot};

fn laws() -> Vec<Service> {
    vec![
        Service::Exponential { mean: 40.0 },
        Service::Fixed { minutes: 40.0 },
        Service::LogNormal { mean: 40.0, cv: 0.8 },
        Service::Measured(vec![5.0, 20.0, 95.0]),
    ]
}

/// Under constant arrivals the load settles at λ·E[S], whatever the law (insensitivity).
#[test]
fn it_settles_at_arrivals_times_service() {
    for law in laws() {
        let load = offered(&vec![0.1; 400], 15.0, &law, 5990.0);
        assert!((load - 0.1 * law.mean()).abs() < 1e-6, "{law:?}: {load}");
    }
}

/// Of a fixed duration the load is what came within it.
#[test]
fn fixed_service_counts_who_came_within_it() {
    let rates = [0.2, 0.0, 0.6, 0.0];
    let law = Service::Fixed { minutes: 20.0 };
    assert!((offered(&rates, 15.0, &law, 45.0) - 0.6 * 15.0).abs() < 1e-12);
    assert!((offered(&rates, 15.0, &law, 20.0) - 0.2 * 15.0).abs() < 1e-12);
    assert_eq!(offered(&rates, 15.0, &law, 0.0), 0.0);
}

/// Exponential service obeys `m' = λ − m/E[S]`: one slot of arrivals, then decay.
#[test]
fn exponential_service_decays() {
    let law = Service::Exponential { mean: 30.0 };
    let at_end = 0.5 * 30.0 * (1.0 - (-0.5_f64).exp());
    assert!((offered(&[0.5], 15.0, &law, 15.0) - at_end).abs() < 1e-12);
    assert!((offered(&[0.5], 15.0, &law, 45.0) - at_end * (-1.0_f64).exp()).abs() < 1e-12);
}

/// The peak of the load comes after the peak of the arrivals: by about `E[S²]/2E[S]` (Eick, Massey and Whitt).
#[test]
fn long_services_lag() {
    let rates: Vec<f64> = (0..96).map(|k| 1.0 - (2.0 * std::f64::consts::PI * (k as f64 + 0.5) / 96.0).cos()).collect();
    let law = Service::Fixed { minutes: 120.0 };
    let peak = (0..1440).max_by(|a, b| {
        offered(&rates, 15.0, &law, f64::from(*a)).total_cmp(&offered(&rates, 15.0, &law, f64::from(*b)))
    });
    assert!((f64::from(peak.unwrap()) - (720.0 + 60.0)).abs() <= 8.0, "{peak:?}");
}

#[test]
fn impossible_durations_are_refused_by_name() {
    for (law, word) in [
        (Service::Exponential { mean: 0.0 }, "minutes of service"),
        (Service::LogNormal { mean: 5.0, cv: 0.0 }, "spread of service"),
        (Service::Measured(vec![]), "measured services"),
        (Service::Measured(vec![4.0, f64::NAN]), "minutes of service"),
    ] {
        let why = law.check().unwrap_err().to_string();
        assert!(why.contains(word), "{why}");
    }
}

proptest! {
    /// Against the integral by steps, with `P(S>u)` from draws of the law's own.
    #[test]
    fn the_sum_is_the_integral(a in 0.0..2.0_f64, b in 0.0..2.0_f64, c in 0.0..2.0_f64, minute in 1.0..90.0_f64) {
        let rates = [a, b, c];
        for law in laws() {
            let mut rng = Rng::new(5);
            let drawn: Vec<f64> = (0..4000).map(|_| law.draw(&mut rng)).collect();
            let empirical = offered(&rates, 15.0, &Service::Measured(drawn), minute);
            let exact = offered(&rates, 15.0, &law, minute);
            prop_assert!((empirical - exact).abs() < 0.05 * (1.0 + exact), "{:?}: {} {}", law, empirical, exact);
        }
    }

    #[test]
    fn the_load_of_a_slot_is_not_below_its_ends(rates in proptest::collection::vec(0.0..3.0_f64, 1..20)) {
        let law = Service::LogNormal { mean: 25.0, cv: 1.2 };
        for (k, most) in offered_by_slot(&rates, 15.0, &law).into_iter().enumerate() {
            prop_assert!(most >= offered(&rates, 15.0, &law, k as f64 * 15.0));
            prop_assert!(most >= offered(&rates, 15.0, &law, (k + 1) as f64 * 15.0));
        }
    }
}
