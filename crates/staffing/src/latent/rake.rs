//! Weights that make respondents look like the register: raking, trimming, and what the weights cost.
//!
//! Deming and Stephan 1940 (iterative proportional fitting); Kish 1965 for the effective number `(Σw)²/Σw²` and the
//! design effect `n·Σw²/(Σw)²`.

use crate::{BadInput, within};

/// Respondents at most.
pub const MAX_RESPONDENTS: usize = 20_000;

const ROUNDS: usize = 500;
const CLOSE: f64 = 1e-7;

/// One margin: an attribute whose shares are known from the register.
#[derive(Clone, Copy, Debug)]
pub struct Margin<'a> {
    pub name: &'a str,
    /// The class of each respondent; `None` where they did not say.
    pub class: &'a [Option<usize>],
    /// Shares of the classes in the register; they are scaled to sum to 1.
    pub shares: &'a [f64],
}

/// Weights with mean 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Raked {
    pub weights: Vec<f64>,
    /// As many equally weighted answers would be as sure.
    pub effective: f64,
    /// What the weights cost: answers given over [`Raked::effective`].
    pub design_effect: f64,
    /// Largest difference left between a weighted share and the register's.
    pub off: f64,
    /// Weights that stand at the cap.
    pub trimmed: usize,
}

/// Rakes `n` respondents to all margins; no weight exceeds `cap` times the mean. A cap leaves some difference to the
/// register, which is said in [`Raked::off`].
///
/// # Errors
/// No respondent, a class of the register that nobody belongs to (join it with a neighbour), wrong lengths, a cap not
/// within 1.5 … 100.
pub fn rake(n: usize, margins: &[Margin<'_>], cap: f64) -> Result<Raked, BadInput> {
    within("respondents", n as f64, 1.0, MAX_RESPONDENTS as f64)?;
    within("cap of a weight", cap, 1.5, 100.0)?;
    let shares = margins.iter().map(|m| check(n, m)).collect::<Result<Vec<_>, _>>()?;
    let mut weights = vec![1.0; n];
    for _ in 0..ROUNDS {
        let before = weights.clone();
        for (margin, shares) in margins.iter().zip(&shares) {
            fit(&mut weights, margin, shares);
        }
        trim(&mut weights, cap);
        if weights.iter().zip(&before).all(|(a, b)| (a - b).abs() < CLOSE) {
            break;
        }
    }
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    let effective = (n * n) as f64 / squares;
    let off = margins.iter().zip(&shares).map(|(m, s)| distance(&weights, m, s)).fold(0.0, f64::max);
    let trimmed = weights.iter().filter(|w| **w >= cap * 0.999).count();
    Ok(Raked { weights, effective, design_effect: n as f64 / effective, off, trimmed })
}

fn check(n: usize, margin: &Margin<'_>) -> Result<Vec<f64>, BadInput> {
    let name = margin.name;
    if margin.class.len() != n {
        return Err(BadInput(format!("{name}: {} classes for {n} respondents", margin.class.len())));
    }
    if margin.shares.is_empty() || margin.shares.iter().any(|s| !s.is_finite() || *s < 0.0) {
        return Err(BadInput(format!("{name}: a share is missing, below 0 or no number")));
    }
    let all: f64 = margin.shares.iter().sum();
    within(name, all, 1e-9, 1e12)?;
    for (class, share) in margin.shares.iter().enumerate() {
        let there = margin.class.contains(&Some(class));
        if *share > 0.0 && !there {
            return Err(BadInput(format!("{name}: nobody answered from class {class}; join it with a neighbour")));
        }
        if *share == 0.0 && there {
            return Err(BadInput(format!("{name}: class {class} has answers but no share in the register")));
        }
    }
    match margin.class.iter().flatten().find(|c| **c >= margin.shares.len()) {
        Some(c) => Err(BadInput(format!("{name}: class {c} is not in the register"))),
        None => Ok(margin.shares.iter().map(|s| s / all).collect()),
    }
}

fn sums(weights: &[f64], margin: &Margin<'_>) -> (Vec<f64>, f64) {
    let mut by_class = vec![0.0; margin.shares.len()];
    for (w, c) in weights.iter().zip(margin.class) {
        if let Some(c) = c {
            by_class[*c] += w;
        }
    }
    let all = by_class.iter().sum();
    (by_class, all)
}

/// Caps the weights; what is cut off goes to all others, so that the mean stays 1.
fn trim(weights: &mut [f64], cap: f64) {
    let n = weights.len() as f64;
    loop {
        let (mut high, mut rest) = (0.0, 0.0);
        for w in weights.iter_mut() {
            if *w >= cap {
                *w = cap;
                high += cap;
            } else {
                rest += *w;
            }
        }
        let scale = (n - high) / rest;
        weights.iter_mut().filter(|w| **w < cap).for_each(|w| *w *= scale);
        if weights.iter().all(|w| *w <= cap) {
            return;
        }
    }
}

/// Who did not say keeps their weight; the others share theirs by the register.
fn fit(weights: &mut [f64], margin: &Margin<'_>, shares: &[f64]) {
    let (now, all) = sums(weights, margin);
    for (w, c) in weights.iter_mut().zip(margin.class) {
        if let Some(c) = c {
            *w *= shares[*c] * all / now[*c];
        }
    }
}

fn distance(weights: &[f64], margin: &Margin<'_>, shares: &[f64]) -> f64 {
    let (now, all) = sums(weights, margin);
    if all == 0.0 {
        return 0.0;
    }
    now.iter().zip(shares).map(|(n, s)| (n / all - s).abs()).fold(0.0, f64::max)
}
