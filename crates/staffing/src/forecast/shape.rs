//! How a day's arrivals are spread over its slots: smoothed over neighbours, drawn towards the shape of all days where a
//! kind of day has been seen little.

use crate::smooth::Smooth;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(super) struct Shape {
    keep: f64,
    /// Days' worth of belief that a kind of day has the shape of all days; infinite: kinds do not matter.
    belief: f64,
    smooth: Arc<Smooth>,
    /// Came and was expected, by slot.
    all: (Vec<f64>, Vec<f64>),
    types: Vec<(Vec<f64>, Vec<f64>)>,
    /// Share of a day's arrivals by slot, by kind of day; sums to 1.
    now: Vec<Vec<f64>>,
    pub score: f64,
}

impl Shape {
    pub fn all(slots: usize, types: usize) -> Vec<Shape> {
        let mut all = vec![];
        for width in [0.0, 0.7, 1.5, 3.0, 6.0, 12.0] {
            let smooth = Arc::new(Smooth::new(slots, width));
            for half_life in [20.0, 80.0, 320.0] {
                for belief in [f64::INFINITY, 15.0] {
                    all.push(Shape {
                        keep: 0.5_f64.powf(1.0 / half_life),
                        belief,
                        smooth: Arc::clone(&smooth),
                        all: (vec![0.0; slots], vec![0.0; slots]),
                        types: vec![(vec![0.0; slots], vec![0.0; slots]); if belief.is_finite() { types } else { 0 }],
                        now: vec![vec![1.0 / slots as f64; slots]; types],
                        score: 0.0,
                    });
                }
            }
        }
        all
    }

    pub fn now(&self, day_type: usize) -> &[f64] {
        &self.now[day_type]
    }

    /// `expected`: arrivals of the whole day as the level foretold them.
    pub fn learn(&mut self, day_type: usize, counts: &[Option<u32>], expected: f64, forget: f64) {
        let shape = &self.now[day_type];
        let open: f64 = counts.iter().zip(shape).filter(|(n, _)| n.is_some()).map(|(_, s)| s).sum();
        if open > 0.0 {
            let ln = |(n, s): (&Option<u32>, &f64)| {
                n.map_or(0.0, |n| if n == 0 { 0.0 } else { f64::from(n) * (s / open).ln() })
            };
            self.score = self.score * forget + counts.iter().zip(shape).map(ln).sum::<f64>();
        }
        for (s, count) in counts.iter().enumerate() {
            let (came, seen) = count.map_or((0.0, 0.0), |n| (f64::from(n), expected));
            self.all.0[s] = self.all.0[s] * self.keep + came;
            self.all.1[s] = self.all.1[s] * self.keep + seen;
            if let Some(own) = self.types.get_mut(day_type) {
                own.0[s] += came;
                own.1[s] += seen;
            }
        }
        if let Some(own) = self.types.get_mut(day_type) {
            for v in own.0.iter_mut().chain(&mut own.1) {
                *v *= self.keep.powf(3.0);
            }
        }
        self.look(expected);
    }

    fn look(&mut self, expected: f64) {
        let slots = self.all.0.len();
        // Half an arrival's worth of belief in an even day, so that no slot is impossible.
        let even = vec![0.5 / slots as f64; slots];
        let mut base = self.smooth.ratio(&self.all.0, &self.all.1, &even, 0.5);
        whole(&mut base);
        for k in 0..self.now.len() {
            self.now[k] = match self.types.get(k) {
                Some((came, seen)) if seen.iter().any(|s| *s > 0.0) => {
                    let belief = self.belief * expected;
                    let drawn: Vec<f64> = base.iter().map(|b| b * belief).collect();
                    let mut own = self.smooth.ratio(came, seen, &drawn, belief);
                    whole(&mut own);
                    own
                }
                _ => base.clone(),
            };
        }
    }
}

fn whole(shares: &mut [f64]) {
    let sum: f64 = shares.iter().sum();
    let even = 1.0 / shares.len() as f64;
    shares.iter_mut().for_each(|s| *s = if sum > 0.0 { (*s / sum).max(1e-9) } else { even });
}
