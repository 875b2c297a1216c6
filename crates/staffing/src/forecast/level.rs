//! How many come on a whole day: a level that drifts, times a factor of the kind of day.

use crate::counts;

/// One way to look back; many are kept at once and weighed by how well they foretold the days so far.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// Share of the past kept from one day to the next.
    keep: f64,
    /// The same for the factor of a kind of day, from one such day to the next.
    keep_type: f64,
    /// Days' worth of belief that a kind of day is like any other; infinite: kinds do not matter.
    belief: f64,
    came: f64,
    expected: f64,
    types: Vec<(f64, f64)>,
    /// Squared surprises beyond Poisson, and the squares that they are to be divided by.
    surprise: (f64, f64),
    /// Logarithm of the probability given to the days so far, older days counting less.
    pub score: f64,
}

/// Days' worth of belief that a day's total varies by about 5 % beyond Poisson.
const SPREAD_DAYS: f64 = 10.0;
const SPREAD: f64 = 0.0025;

impl Level {
    pub fn all(types: usize) -> Vec<Level> {
        let mut all = vec![];
        for half_life in [5.0, 12.0, 30.0, 90.0] {
            for (belief, own) in [(f64::INFINITY, 1.0), (0.3, 16.0), (2.0, 4.0), (2.0, 16.0), (10.0, 16.0)] {
                all.push(Level {
                    keep: 0.5_f64.powf(1.0 / half_life),
                    keep_type: 0.5_f64.powf(1.0 / own),
                    belief,
                    came: 0.0,
                    expected: 0.0,
                    types: vec![(0.0, 0.0); types],
                    surprise: (0.0, 0.0),
                    score: 0.0,
                });
            }
        }
        all
    }

    fn level(&self) -> f64 {
        if self.expected > 0.0 { self.came / self.expected } else { 0.0 }
    }

    fn factor(&self, day_type: usize) -> f64 {
        if self.belief.is_infinite() {
            return 1.0;
        }
        let (came, expected) = self.types[day_type];
        let belief = self.belief * self.level();
        if expected + belief > 0.0 { (came + belief) / (expected + belief) } else { 1.0 }
    }

    /// Arrivals expected on a whole day.
    pub fn mean(&self, day_type: usize) -> f64 {
        self.level() * self.factor(day_type)
    }

    pub fn spread(&self) -> f64 {
        ((self.surprise.0 + SPREAD_DAYS * SPREAD) / (self.surprise.1 + SPREAD_DAYS)).max(0.0)
    }

    /// `came` in the part `seen` of the day that was observed.
    pub fn learn(&mut self, day_type: usize, came: f64, seen: f64, forget: f64) {
        let mean = self.mean(day_type) * seen;
        if self.expected > 0.0 && mean > 0.0 {
            self.score = self.score * forget + counts::ln_probability(came as u32, mean, self.spread());
            // A day far out (a strike, a typing error) counts at most as five standard deviations.
            let most = 25.0 * (mean + self.spread() * mean * mean);
            let square = mean * mean;
            let weight = 1.0 / square.max(1.0);
            self.surprise.0 = self.surprise.0 * forget + ((came - mean).powi(2).min(most) - mean) * weight;
            self.surprise.1 = self.surprise.1 * forget + square * weight;
        }
        // The kind of day learns first, so that the first holiday of its kind does not lift every ordinary day after it.
        let level = self.level();
        if level > 0.0 {
            let own = &mut self.types[day_type];
            *own = (own.0 * self.keep_type + came, own.1 * self.keep_type + level * seen);
        }
        let factor = self.factor(day_type);
        self.came = self.came * self.keep + came;
        self.expected = self.expected * self.keep + seen * factor;
    }
}
