//! Exact intervals for small numbers: Clopper–Pearson for a share, the exact rate ratio for two counts.
//!
//! All at 95 %. Sources: C. Clopper, E. Pearson, Biometrika 26 (1934) 404–413; for the ratio of two counts,
//! given their sum n the first is Bin(n, p), so that limits of p are limits of p/(1−p)·T0/T1
//! (J. Przyborowski, H. Wilenski, Biometrika 31 (1940) 313–323).

/// Both ends as shares of one (for a ratio: as ratios).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Probability left outside on each side.
const TAIL: f64 = 0.025;

/// Clopper–Pearson, 95 %, two-sided. `None` unless 0 ≤ k ≤ n and n > 0.
pub fn share(k: i64, n: i64) -> Option<Interval> {
    if n <= 0 || !(0..=n).contains(&k) {
        return None;
    }
    let (k, n) = (k as f64, n as f64);
    Some(Interval {
        low: if k == 0.0 { 0.0 } else { beta_quantile(TAIL, k, n - k + 1.0) },
        high: if k == n { 1.0 } else { beta_quantile(1.0 - TAIL, k + 1.0, n - k) },
    })
}

/// Nothing happened in n: the one-sided upper bound at 95 %, 1 − 0.05^(1/n).
pub fn upper_of_none(n: i64) -> Option<f64> {
    (n > 0).then(|| 1.0 - 0.05_f64.powf(1.0 / n as f64))
}

/// The ratio of two counts, each over its time, with its exact interval. `None` when the base is 0.
pub fn ratio(now: i64, base: i64, time_now: f64, time_base: f64) -> Option<(f64, Interval)> {
    if now < 0 || base <= 0 || time_now <= 0.0 || time_base <= 0.0 {
        return None;
    }
    let p = share(now, now + base)?;
    let per = time_base / time_now;
    let odds = |p: f64| p / (1.0 - p) * per;
    Some((now as f64 / base as f64 * per, Interval { low: odds(p.low), high: odds(p.high) }))
}

/// ln Γ(x) for x > 0 (Lanczos, g = 7, nine terms; relative error below 1e-13).
fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let t = x + 7.5;
    let sum = C.iter().enumerate().skip(1).fold(C[0], |s, (i, c)| s + c / (x + i as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The regularised incomplete beta function by its continued fraction (modified Lentz).
fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_cdf(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    let keep = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    // Terms needed grow with the square root of the counts; a million records need some thousand.
    for m in 1..50_000 {
        let m = f64::from(m);
        for step in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / keep(1.0 + step * d);
            c = keep(1.0 + step / c);
            h *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
    }
    front * h
}

/// The x at which the beta distribution has reached `p`: Newton's steps, halving where one would leave what is known to
/// hold x.
fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let scale = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    let mut x = a / (a + b);
    for _ in 0..200 {
        let over = beta_cdf(x, a, b) - p;
        if over < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let slope = (scale + (a - 1.0) * x.ln() + (b - 1.0) * (1.0 - x).ln()).exp();
        let step = x - over / slope;
        let next = if step > low && step < high { step } else { 0.5 * (low + high) };
        // Sums of a million records are themselves no surer than this.
        if (next - x).abs() <= 1e-12 * x {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn percent(k: i64, n: i64) -> (String, String) {
        let i = share(k, n).unwrap();
        (format!("{:.1}", i.low * 100.0), format!("{:.1}", i.high * 100.0))
    }

    #[test]
    fn shares_have_the_published_limits() {
        assert_eq!(percent(58, 60), ("88.5".into(), "99.6".into()));
        assert_eq!(percent(56, 58), ("88.1".into(), "99.6".into()));
        assert_eq!(percent(0, 10), ("0.0".into(), "30.8".into()));
        assert_eq!(percent(10, 10), ("69.2".into(), "100.0".into()));
        assert_eq!(percent(5, 10), ("18.7".into(), "81.3".into()));
        assert!(share(0, 0).is_none() && share(3, 2).is_none() && share(-1, 2).is_none());
    }

    #[test]
    fn nothing_in_404_is_at_most_three_quarters_of_a_percent() {
        assert_eq!(format!("{:.2}", upper_of_none(404).unwrap() * 100.0), "0.74");
        assert!(upper_of_none(0).is_none());
    }

    #[test]
    fn ratios_of_counts_have_the_published_limits() {
        for (now, base, value, low, high) in [
            (17, 30, "0.567", "0.293", "1.061"),
            (34, 60, "0.567", "0.361", "0.877"),
            (57, 100, "0.570", "0.404", "0.797"),
            (8, 14, "0.571", "0.208", "1.460"),
        ] {
            let (r, i) = ratio(now, base, 1.0, 1.0).unwrap();
            let got = (format!("{r:.3}"), format!("{:.3}", i.low), format!("{:.3}", i.high));
            assert_eq!(got, (value.into(), low.into(), high.into()), "{now}/{base}");
        }
        // Twice the time halves the rate.
        assert!((ratio(20, 10, 2.0, 1.0).unwrap().0 - 1.0).abs() < 1e-12);
        assert!(ratio(1, 0, 1.0, 1.0).is_none());
    }

    /// Σ of the binomial distribution, term by term: an independent way to the same number.
    fn binomial_up_to(k: i64, n: i64, p: f64) -> f64 {
        let mut sum = 0.0;
        let mut ln_choose = 0.0;
        for i in 0..=k {
            if i > 0 {
                ln_choose += ((n - i + 1) as f64).ln() - (i as f64).ln();
            }
            sum += (ln_choose + i as f64 * p.ln() + (n - i) as f64 * (1.0 - p).ln()).exp();
        }
        sum
    }

    proptest! {
        #[test]
        fn the_limits_leave_two_and_a_half_percent_outside(n in 1_i64..400, part in 0.0_f64..1.0) {
            let k = (part * n as f64) as i64;
            let i = share(k, n).unwrap();
            prop_assert!(i.low <= k as f64 / n as f64 && k as f64 / n as f64 <= i.high);
            if k > 0 {
                prop_assert!((1.0 - binomial_up_to(k - 1, n, i.low) - 0.025).abs() < 1e-7);
            }
            if k < n {
                prop_assert!((binomial_up_to(k, n, i.high) - 0.025).abs() < 1e-7);
            }
        }
    }

    /// Halving alone, sixty times: slow and beyond doubt.
    fn halved(p: f64, a: f64, b: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if beta_cdf(middle, a, b) < p { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn steps_find_what_halving_finds(size in 0.0_f64..6.0, part in 0.0_f64..1.0) {
            let n = 10.0_f64.powf(size).floor().max(1.0);
            let k = (part * n).floor();
            for (p, a, b) in [(TAIL, k.max(1.0), n - k.max(1.0) + 1.0), (1.0 - TAIL, k.min(n - 1.0) + 1.0, n - k.min(n - 1.0))] {
                let (x, y) = (beta_quantile(p, a, b), halved(p, a, b));
                prop_assert!((x - y).abs() <= 1e-9 * y, "{x} {y} for {p} {a} {b}");
            }
        }
    }

    #[test]
    fn a_whole_city_is_counted_as_well() {
        let i = share(191_204, 200_000).unwrap();
        assert!(i.low > 0.955 && i.high < 0.957);
    }
}
