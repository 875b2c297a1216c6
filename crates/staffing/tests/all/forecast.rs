//! The forecaster: what it must find in made-up days, what it must bear, what it must refuse.

use proptest::prelude::*;
use staffing::Rng;
use staffing::forecast::Forecaster;

fn taught(days: usize, slots: usize, types: usize, rate: impl Fn(usize, usize) -> f64) -> Forecaster {
    let mut f = Forecaster::new(slots, types).unwrap();
    for d in 0..days {
        let mut rng = Rng::fork(4, d as u64);
        let counts: Vec<Option<u32>> = (0..slots).map(|s| Some(rng.poisson(rate(d, s)))).collect();
        f.learn(d % types, &counts).unwrap();
    }
    f
}

fn bump(s: usize) -> f64 {
    0.2 + 1.5 * (-((s as f64 - 14.0) / 6.0).powi(2)).exp()
}

/// Sixty days of 0.6 arrivals a slot, six times: nearer to the true curve than the means of the same days.
#[test]
fn thin_counts_give_a_smooth_curve() {
    let wrong = |mean: &[f64]| (0..40).map(|s| (mean[s] - bump(s)).abs()).sum::<f64>();
    let (mut ours, mut theirs) = (0.0, 0.0);
    for seed in 4..10 {
        let mut f = Forecaster::new(40, 1).unwrap();
        let mut plain = vec![0.0; 40];
        for d in 0..60 {
            let mut rng = Rng::fork(seed, d);
            let counts: Vec<u32> = (0..40).map(|s| rng.poisson(bump(s))).collect();
            plain.iter_mut().zip(&counts).for_each(|(p, n)| *p += f64::from(*n) / 60.0);
            f.learn(0, &counts.into_iter().map(Some).collect::<Vec<_>>()).unwrap();
        }
        let outlook = f.outlook(0).unwrap();
        ours += wrong(&outlook.mean);
        theirs += wrong(&plain);
        assert!(outlook.spread < 0.2, "{}", outlook.spread);
    }
    assert!(ours < 0.9 * theirs, "{ours} {theirs}");
}

#[test]
fn kinds_of_day_are_told_apart_and_rare_ones_are_drawn_to_the_rest() {
    let f = taught(70, 20, 7, |d, _| if d % 7 >= 5 { 0.6 } else { 3.0 });
    let (work, rest) = (f.outlook(2).unwrap().mean[9], f.outlook(6).unwrap().mean[9]);
    assert!((work - 3.0).abs() < 0.35 && (rest - 0.6).abs() < 0.25, "{work} {rest}");
    // A kind seen once lies between what it showed and what all days show.
    let mut f = Forecaster::new(20, 2).unwrap();
    for d in 0..50 {
        let mut rng = Rng::fork(4, d);
        f.learn(0, &(0..20).map(|_| Some(rng.poisson(2.0))).collect::<Vec<_>>()).unwrap();
    }
    f.learn(1, &[Some(10); 20]).unwrap();
    let holiday = f.outlook(1).unwrap().mean.iter().sum::<f64>() / 20.0;
    assert!(holiday > 2.0 && holiday < 10.0, "{holiday}");
}

#[test]
fn a_level_that_moves_is_followed() {
    let outlook = taught(120, 30, 5, |d, _| if d < 80 { 1.0 } else { 2.0 }).outlook(0).unwrap();
    let mean = outlook.mean.iter().sum::<f64>() / 30.0;
    assert!((mean - 2.0).abs() < 0.25, "{mean}");
}

#[test]
fn days_that_vary_are_known_to_vary() {
    let calm = taught(100, 30, 1, |_, _| 3.0).outlook(0).unwrap();
    let wild = taught(100, 30, 1, |d, _| 3.0 * Rng::fork(9, d as u64).gamma_about_one(0.1)).outlook(0).unwrap();
    assert!(calm.day_spread < 0.02, "{}", calm.day_spread);
    assert!((0.04..0.2).contains(&wild.day_spread), "{}", wild.day_spread);
    let mut rng = Rng::new(1);
    let totals: Vec<f64> = (0..4000).map(|_| wild.draw(&mut rng).iter().map(|n| f64::from(*n)).sum()).collect();
    let mean = totals.iter().sum::<f64>() / 4000.0;
    let variance = totals.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / 4000.0;
    let want = mean + wild.day_spread * mean * mean;
    assert!((variance / want - 1.0).abs() < 0.25, "{variance} {want}");
}

#[test]
fn gaps_teach_nothing_and_are_said() {
    let mut f = Forecaster::new(20, 1).unwrap();
    for d in 0..40 {
        let mut rng = Rng::fork(6, d);
        let counts: Vec<Option<u32>> = (0..20).map(|s| (s < 15).then(|| rng.poisson(2.0))).collect();
        f.learn(0, &counts).unwrap();
    }
    f.learn(0, &[None; 20]).unwrap();
    let outlook = f.outlook(0).unwrap();
    assert!(outlook.mean[..15].iter().all(|m| (m - 2.0).abs() < 0.6), "{:?}", outlook.mean);
    assert!(outlook.seen[3] > 20.0 && outlook.seen[17] == 0.0);
    assert!(outlook.mean.iter().all(|m| m.is_finite() && *m >= 0.0));
}

#[test]
fn impossible_input_is_refused_by_name() {
    let why = |r: Result<(), staffing::BadInput>| r.unwrap_err().to_string();
    assert!(Forecaster::new(0, 1).is_err() && Forecaster::new(10, 0).is_err() && Forecaster::new(10_000, 1).is_err());
    let mut f = Forecaster::new(3, 2).unwrap();
    assert!(why(f.learn(2, &[Some(1); 3])).contains("kind of day 2: only 0 to 1"));
    assert!(why(f.learn(0, &[Some(1); 4])).contains("4 slots, not 3"));
    assert!(why(f.learn(0, &[Some(2_000_000); 3])).contains("arrivals in a slot"));
    assert!(f.outlook(0).unwrap_err().to_string().contains("days learnt: 0"));
}

proptest! {
    #[test]
    fn any_days_give_a_finite_outlook(days in proptest::collection::vec((0..3_usize, proptest::collection::vec(proptest::option::of(0..50_000_u32), 6)), 5..30)) {
        let mut f = Forecaster::new(6, 3).unwrap();
        for (kind, counts) in &days {
            f.learn(*kind, counts).unwrap();
        }
        if let Ok(outlook) = f.outlook(1) {
            prop_assert!(outlook.mean.iter().all(|m| m.is_finite() && *m >= 0.0), "{:?}", outlook.mean);
            prop_assert!(outlook.spread.is_finite() && outlook.spread >= outlook.day_spread && outlook.day_spread >= 0.0);
            for s in 0..6 {
                prop_assert!(outlook.quantile(s, 0.5) <= outlook.quantile(s, 0.9));
            }
        }
    }
}
