//! Which pilot would teach most: its result is drawn from what is believed now, and everything is believed anew.

use super::Drawn;
use crate::{Rng, counts};

/// Closed hours that are opened for some weeks besides the present ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Pilot {
    pub hours: Vec<usize>,
    /// So many weeks' arrivals are seen: fewer than the weeks it lasts, if its hours are not open on all days of a week.
    pub weeks: f64,
}

/// What a pilot is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// Share of the variance of demand at hours never open (summed over them) that its result would take away on
    /// average, 0 to 1.
    pub learnt: f64,
    /// Arrivals that are expected in all its hours together over its weeks.
    pub expected: f64,
}

pub(super) fn advice(drawn: &[Drawn], closed: &[usize], pilots: &[Pilot], rng: &mut Rng) -> Vec<Advice> {
    let even = vec![1.0 / drawn.len() as f64; drawn.len()];
    let before = variance(drawn, closed, &even);
    let one = |(p, weeks): (usize, f64)| {
        let mut after = 0.0;
        for truth in drawn {
            let came: Vec<u32> = truth.pilots[p].iter().map(|m| rng.poisson(m * weeks)).collect();
            let score = |d: &Drawn| -> f64 {
                came.iter().zip(&d.pilots[p]).map(|(n, m)| counts::ln_probability(*n, m * weeks, 0.0)).sum()
            };
            let scores: Vec<f64> = drawn.iter().map(score).collect();
            let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let raw: Vec<f64> = scores.iter().map(|s| (s - best).exp()).collect();
            let all: f64 = raw.iter().sum();
            let weights: Vec<f64> = raw.iter().map(|w| w / all).collect();
            after += variance(drawn, closed, &weights) / drawn.len() as f64;
        }
        let expected = drawn.iter().map(|d| d.pilots[p].iter().sum::<f64>()).sum::<f64>() / drawn.len() as f64 * weeks;
        let learnt = if before > 0.0 { (1.0 - after / before).clamp(0.0, 1.0) } else { 0.0 };
        Advice { learnt, expected }
    };
    pilots.iter().map(|p| p.weeks).enumerate().map(one).collect()
}

/// Summed over the hours; unbiased for few effective draws, or a sharp result would look better than it is.
fn variance(drawn: &[Drawn], hours: &[usize], weights: &[f64]) -> f64 {
    let one = |h: &usize| {
        let mean: f64 = drawn.iter().zip(weights).map(|(d, w)| w * d.proposed[*h]).sum();
        drawn.iter().zip(weights).map(|(d, w)| w * (d.proposed[*h] - mean).powi(2)).sum::<f64>()
    };
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    hours.iter().map(one).sum::<f64>() / (1.0 - squares).max(0.05)
}
