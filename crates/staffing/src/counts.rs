//! Counts that vary more than Poisson: the negative binomial with mean `m` and variance `m + spread·m²`; Poisson at 0.

use crate::special::ln_gamma;

/// Spreads below this are Poisson: the formula with Γ(1/spread) would cancel.
const POISSON: f64 = 1e-7;

/// ln P(n).
pub fn ln_probability(n: u32, mean: f64, spread: f64) -> f64 {
    let k = f64::from(n);
    if mean <= 0.0 {
        return if n == 0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if spread < POISSON {
        return k * mean.ln() - mean - ln_gamma(k + 1.0);
    }
    let size = 1.0 / spread;
    let grown = (spread * mean).ln_1p();
    ln_gamma(k + size) - ln_gamma(size) - ln_gamma(k + 1.0) + k * ((spread * mean).ln() - grown) - size * grown
}

/// Walks through `(n, P(n))` from 0 until all but `1e-12` is seen; `f` says whether to go on.
fn walk(mean: f64, spread: f64, mut f: impl FnMut(u32, f64) -> bool) {
    if mean <= 0.0 {
        f(0, 1.0);
        return;
    }
    let mut ln = if spread < POISSON { -mean } else { -(spread * mean).ln_1p() / spread };
    let spread = if spread < POISSON { 0.0 } else { spread };
    let far = mean + 40.0 * (mean + spread * mean * mean).sqrt() + 60.0;
    let mut n = 0_u32;
    while f64::from(n) <= far {
        if !f(n, ln.exp()) {
            return;
        }
        ln += (mean * (1.0 + spread * f64::from(n)) / (f64::from(n + 1) * (1.0 + spread * mean))).ln();
        n += 1;
    }
}

/// The smallest `n` with `P(N ≤ n) ≥ p`.
pub fn quantile(p: f64, mean: f64, spread: f64) -> u32 {
    let (mut sum, mut found) = (0.0, 0);
    walk(mean, spread, |n, probability| {
        sum += probability;
        found = n;
        // What rounding leaves away must not carry a quantile over its step.
        sum + 1e-12 < p
    });
    found
}

/// `E|N − guess|`.
pub fn expected_distance(guess: f64, mean: f64, spread: f64) -> f64 {
    let mut sum = 0.0;
    walk(mean, spread, |n, probability| {
        sum += probability * (f64::from(n) - guess).abs();
        true
    });
    sum
}

/// The pinball loss of a guess at the quantile `p`: `p·(n − guess)` above, `(1−p)·(guess − n)` below.
pub fn pinball(p: f64, guess: f64, n: f64) -> f64 {
    if n >= guess { p * (n - guess) } else { (1.0 - p) * (guess - n) }
}

#[cfg(test)]
mod tests {
    use super::{expected_distance, ln_probability, pinball, quantile, walk};

    #[test]
    fn check_values() {
        // Poisson(2): P(0) = e⁻², P(3) = 4/3·e⁻²; quantiles by its table.
        assert!((ln_probability(0, 2.0, 0.0) + 2.0).abs() < 1e-12);
        assert!((ln_probability(3, 2.0, 0.0) - (4.0_f64 / 3.0).ln() + 2.0).abs() < 1e-12);
        assert_eq!([0.1, 0.5, 0.8, 0.9, 0.99].map(|p| quantile(p, 2.0, 0.0)), [0, 2, 3, 4, 6]);
        assert_eq!([0.5, 0.8].map(|p| quantile(p, 0.5, 0.0)), [0, 1]);
        // Negative binomial of size 1 is geometric: mean 3, P(n) = ¼·¾ⁿ.
        assert!((ln_probability(4, 3.0, 1.0) - 0.25_f64.ln() - 4.0 * 0.75_f64.ln()).abs() < 1e-12);
        assert_eq!(quantile(0.5, 3.0, 1.0), 2);
        // E|N − 0| is the mean; E|N − 1| of Poisson(0.5) by hand: 0.5 − 1 + 2·e^−0.5.
        assert!((expected_distance(0.0, 1.7, 0.3) - 1.7).abs() < 1e-9);
        assert!((expected_distance(1.0, 0.5, 0.0) - (2.0 * (-0.5_f64).exp() - 0.5)).abs() < 1e-12);
        assert_eq!((pinball(0.8, 2.0, 4.0), pinball(0.8, 4.0, 2.0)), (1.6, 0.3999999999999999));
        assert_eq!((quantile(0.9, 0.0, 0.5), ln_probability(1, 0.0, 0.0)), (0, f64::NEG_INFINITY));
    }

    #[test]
    fn both_ways_to_a_probability_agree_and_sum_to_one() {
        for (mean, spread) in [(0.3, 0.0), (2.0, 0.4), (900.0, 0.0), (900.0, 0.02), (5.0, 3.0)] {
            let mut sum = 0.0;
            walk(mean, spread, |n, p| {
                if p > 1e-12 {
                    assert!((p.ln() - ln_probability(n, mean, spread)).abs() < 1e-7, "{mean} {spread} {n}");
                }
                sum += p;
                true
            });
            assert!((sum - 1.0).abs() < 1e-6, "{mean} {spread}: {sum}");
        }
    }
}
