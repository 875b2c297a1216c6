//! Arrivals by kind of day and slot, foretold from counts, for data as thin as one arrival in two slots.
//!
//! A day's total is a drifting level times a factor of its kind, spread over slots by a smoothed shape. How fast to
//! forget, how far to smooth and whether kinds of day matter is not set: every combination on a small grid is kept, gives
//! its probability to each new day before it sees it, and is weighed by that (prequential weights, Dawid 1984; Bayesian
//! model averaging). Kinds of day that were seen little are drawn towards the rest (shrinkage), so that a holiday that
//! came twice neither vanishes nor rules. What is left is gamma-mixed Poisson: one factor for the whole day, one a slot.
//!
//! Slots that were not observed (closed, a gap in the import) are `None` and teach nothing; `0` is an observation.

mod level;
mod shape;

use crate::{BadInput, Rng, counts, within};
use level::Level;
use shape::Shape;

/// Slots of a day at most: minutes of a day over five, and some.
pub const MAX_SLOTS: usize = 672;

/// Days to learn from before anything is foretold.
pub const MIN_DAYS: usize = 5;

/// Part of a score or of a spread that is kept from one day to the next.
const FORGET: f64 = 0.985;

/// Learns day after day; cheap to ask at any moment.
#[derive(Clone, Debug)]
pub struct Forecaster {
    slots: usize,
    types: usize,
    days: usize,
    levels: Vec<Level>,
    shapes: Vec<Shape>,
    /// Squared surprises of single slots beyond Poisson, and the squares that they are divided by.
    surprise: (f64, f64),
    /// Days on which each slot was observed, older days counting less.
    seen: Vec<f64>,
}

/// What is foretold of one day.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Expected arrivals by slot.
    pub mean: Vec<f64>,
    /// Variance of the factor that all slots of a day share.
    pub day_spread: f64,
    /// Variance of the factor of one slot, the day's included.
    pub spread: f64,
    /// Days on which each slot was observed, older days counting less; 0: never, the mean is borrowed from neighbours.
    pub seen: Vec<f64>,
}

impl Forecaster {
    /// For days of `slots` slots and `types` kinds of day.
    ///
    /// # Errors
    /// No or too many slots or kinds.
    pub fn new(slots: usize, types: usize) -> Result<Forecaster, BadInput> {
        within("slots", slots as f64, 1.0, MAX_SLOTS as f64)?;
        within("kinds of day", types as f64, 1.0, 31.0)?;
        Ok(Forecaster {
            slots,
            types,
            days: 0,
            levels: Level::all(types),
            shapes: Shape::all(slots, types),
            surprise: (0.0, 0.0),
            seen: vec![0.0; slots],
        })
    }

    /// The next day as it was. A day without any observed slot teaches nothing.
    ///
    /// # Errors
    /// A wrong number of slots, an unknown kind of day, more than a million arrivals in a slot.
    pub fn learn(&mut self, day_type: usize, counts: &[Option<u32>]) -> Result<(), BadInput> {
        self.known(day_type)?;
        if counts.len() != self.slots {
            return Err(BadInput(format!("day {}: {} slots, not {}", self.days, counts.len(), self.slots)));
        }
        for n in counts.iter().flatten() {
            within("arrivals in a slot", f64::from(*n), 0.0, 1e6)?;
        }
        if counts.iter().all(Option::is_none) {
            return Ok(());
        }
        let came: f64 = counts.iter().flatten().map(|n| f64::from(*n)).sum();
        if self.days >= MIN_DAYS {
            self.surprised(day_type, counts);
        }
        let shape = self.shape(day_type);
        let seen: f64 = counts.iter().zip(&shape).filter(|(n, _)| n.is_some()).map(|(_, s)| s).sum();
        // The first day is its own expectation.
        let expected = if self.days == 0 { came / seen.max(1e-9) } else { self.mean(day_type) };
        self.levels.iter_mut().for_each(|l| l.learn(day_type, came, seen, FORGET));
        self.shapes.iter_mut().for_each(|s| s.learn(day_type, counts, expected.max(1e-6), FORGET));
        for (seen, n) in self.seen.iter_mut().zip(counts) {
            *seen = *seen * FORGET + f64::from(u8::from(n.is_some()));
        }
        self.days += 1;
        Ok(())
    }

    /// What is foretold of a day of this kind.
    ///
    /// # Errors
    /// Fewer than [`MIN_DAYS`] days learnt, an unknown kind of day.
    pub fn outlook(&self, day_type: usize) -> Result<Outlook, BadInput> {
        self.known(day_type)?;
        within("days learnt", self.days as f64, MIN_DAYS as f64, 1e9)?;
        let weights = weights(self.levels.iter().map(|l| l.score));
        let day_spread: f64 = self.levels.iter().zip(&weights).map(|(l, w)| w * l.spread()).sum();
        let total = self.mean(day_type);
        let mean = self.shape(day_type).into_iter().map(|s| s * total).collect();
        // Ten busy slots' worth of belief in a spread of single slots of 0.01.
        let spread = f64::max((self.surprise.0 + 0.1) / (self.surprise.1 + 10.0), day_spread);
        Ok(Outlook { mean, day_spread, spread, seen: self.seen.clone() })
    }

    fn known(&self, day_type: usize) -> Result<(), BadInput> {
        if day_type < self.types {
            return Ok(());
        }
        Err(BadInput(format!("kind of day {day_type}: only 0 to {} are known", self.types - 1)))
    }

    fn surprised(&mut self, day_type: usize, counts: &[Option<u32>]) {
        let total = self.mean(day_type);
        let (mut above, mut below) = (0.0, 0.0);
        for (n, s) in counts.iter().zip(self.shape(day_type)) {
            let Some(n) = n else { continue };
            let mean = s * total;
            let most = 36.0 * (mean + mean * mean).max(1.0);
            above += (f64::from(*n) - mean).powi(2).min(most) - mean;
            below += mean * mean;
        }
        self.surprise = (self.surprise.0 * FORGET + above, self.surprise.1 * FORGET + below);
    }

    fn mean(&self, day_type: usize) -> f64 {
        let weights = weights(self.levels.iter().map(|l| l.score));
        self.levels.iter().zip(weights).map(|(l, w)| w * l.mean(day_type)).sum()
    }

    fn shape(&self, day_type: usize) -> Vec<f64> {
        let mut mixed = vec![0.0; self.slots];
        for (shape, w) in self.shapes.iter().zip(weights(self.shapes.iter().map(|s| s.score))) {
            if w > 1e-6 {
                mixed.iter_mut().zip(shape.now(day_type)).for_each(|(m, s)| *m += w * s);
            }
        }
        mixed
    }
}

/// Weights in proportion to `exp(score)`.
fn weights(scores: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let best = scores.clone().fold(f64::NEG_INFINITY, f64::max);
    let raw: Vec<f64> = scores.map(|s| if s.is_finite() { (s - best).exp() } else { 0.0 }).collect();
    let sum: f64 = raw.iter().sum();
    if sum > 0.0 { raw.iter().map(|w| w / sum).collect() } else { vec![1.0 / raw.len() as f64; raw.len()] }
}

impl Outlook {
    /// The smallest number that is reached or undercut with probability `p` in a slot.
    pub fn quantile(&self, slot: usize, p: f64) -> u32 {
        counts::quantile(p, self.mean[slot], self.spread)
    }

    /// A possible day: one factor for all slots, one for each, then Poisson.
    pub fn draw(&self, rng: &mut Rng) -> Vec<u32> {
        let day = rng.gamma_about_one(self.day_spread);
        let own = ((1.0 + self.spread) / (1.0 + self.day_spread) - 1.0).max(0.0);
        let slot = |m: &f64| {
            let factor = day * rng.gamma_about_one(own);
            rng.poisson(m * factor)
        };
        self.mean.iter().map(slot).collect()
    }
}
