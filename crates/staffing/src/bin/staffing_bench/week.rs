//! Which day of the week each day of the file was: it has working days only and leaves holidays out without a word, so every fifth
//! day is a Monday only until the next holiday. A station knows its calendar; here it is found from the totals of the days
//! before, as those would who have only the file.
//!
//! A hidden Markov chain (Rabiner 1989): after a day comes the next of the week, or a later one if days were left out. A total is
//! gamma-mixed Poisson about the level of the days around it times the factor of its day of the week; factors and days are found in
//! turns (Baum and Welch).

use crate::forecast::WEEK;
use staffing::counts::ln_probability;

/// Probability that a day is left out after a day: ten holidays on the 250 working days of a year.
const LEFT_OUT: f64 = 0.04;
/// Each further day in a row is so much less likely.
const FURTHER: f64 = 0.5;
/// Days after which a neighbour counts half for the level, and a day half for the factors.
const HALF: [f64; 2] = [12.0, 60.0];
/// Days' worth of belief that a day of the week is like any other.
const BELIEF: f64 = 2.0;
/// A day's total varies by 5 % beyond Poisson, as the forecast believes before it has seen any.
const SPREAD: f64 = 0.0025;
/// Days that are taken as they stand, one after the other, before anything is found; they give the days of the week their names.
const FIRST: usize = 20;
/// Turns of factors and days at each new day.
const TURNS: usize = 3;

type Chances = [f64; WEEK];

/// Totals so far, and what they say.
pub struct Weeks {
    totals: Vec<u32>,
    factors: Chances,
    days: Vec<Chances>,
}

impl Weeks {
    pub fn new() -> Weeks {
        Weeks { totals: vec![], factors: [1.0; WEEK], days: vec![] }
    }

    /// The next day's total.
    pub fn learn(&mut self, total: u32) {
        let at = self.totals.len();
        self.totals.push(total);
        let mut named = [0.0; WEEK];
        named[at % WEEK] = 1.0;
        self.days.push(named);
        if self.totals.len() == FIRST {
            self.factors();
        } else if self.totals.len() > FIRST {
            if let [.., before, last] = &mut self.days[..] {
                *last = after(before);
            }
            for _ in 0..TURNS {
                self.chain();
                self.factors();
            }
        }
    }

    /// The likeliest day of the week of each day so far.
    pub fn past(&self) -> Vec<usize> {
        self.days.iter().map(likeliest).collect()
    }

    /// The chances of a day to come.
    pub fn next(&self, lead: usize) -> Chances {
        let last = self.days.last().copied().unwrap_or([1.0 / WEEK as f64; WEEK]);
        (0..lead).fold(last, |c, _| after(&c))
    }

    /// What a day like any other of its time would bring, for each day.
    fn levels(&self) -> Vec<f64> {
        let expected: Vec<f64> = self.days.iter().map(|c| c.iter().zip(&self.factors).map(|(c, f)| c * f).sum()).collect();
        let level = |d: usize| {
            let near = |k: usize| 0.5_f64.powf(d.abs_diff(k) as f64 / HALF[0]);
            let came: f64 = self.totals.iter().enumerate().map(|(k, t)| near(k) * f64::from(*t)).sum();
            came / expected.iter().enumerate().map(|(k, e)| near(k) * e).sum::<f64>().max(1e-9)
        };
        (0..self.totals.len()).map(level).collect()
    }

    fn factors(&mut self) {
        let (levels, n) = (self.levels(), self.totals.len());
        let (mut came, mut expected) = ([BELIEF * levels[n - 1]; WEEK], [BELIEF * levels[n - 1]; WEEK]);
        for (d, (level, total)) in levels.iter().zip(&self.totals).enumerate() {
            let counts = 0.5_f64.powf((n - 1 - d) as f64 / HALF[1]);
            for (w, chance) in self.days[d].iter().enumerate() {
                came[w] += counts * chance * f64::from(*total);
                expected[w] += counts * chance * level;
            }
        }
        self.factors = std::array::from_fn(|w| if expected[w] > 0.0 { came[w] / expected[w] } else { 1.0 });
    }

    /// The chances of every day by all totals: forwards and backwards.
    fn chain(&mut self) {
        let (levels, n) = (self.levels(), self.totals.len());
        let likely = |d: usize| -> Chances {
            let ln: Chances = std::array::from_fn(|w| ln_probability(self.totals[d], (levels[d] * self.factors[w]).max(1e-6), SPREAD));
            let best = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            ln.map(|l| (l - best).exp())
        };
        let likely: Vec<Chances> = (0..n).map(likely).collect();
        let mut forward: Vec<Chances> = vec![std::array::from_fn(|w| f64::from(u8::from(w == 0)))];
        for d in 1..n {
            let next = after(&forward[d - 1]);
            forward.push(whole(std::array::from_fn(|w| next[w] * likely[d][w])));
        }
        let mut back = [1.0; WEEK];
        for d in (0..n).rev() {
            self.days[d] = whole(std::array::from_fn(|w| forward[d][w] * back[w]));
            let ahead: Chances = std::array::from_fn(|w| back[w] * likely[d][w]);
            back = whole(std::array::from_fn(|w| (0..WEEK).map(|k| step(k) * ahead[(w + 1 + k) % WEEK]).sum()));
        }
    }
}

/// The chance that so many days are left out between a day and the next of the file.
fn step(left_out: usize) -> f64 {
    let all: f64 = (1..WEEK).map(|k| FURTHER.powi(k as i32)).sum();
    if left_out == 0 { 1.0 - LEFT_OUT } else { LEFT_OUT * FURTHER.powi(left_out as i32) / all }
}

fn after(day: &Chances) -> Chances {
    std::array::from_fn(|w| (0..WEEK).map(|k| step(k) * day[(w + 2 * WEEK - 1 - k) % WEEK]).sum())
}

fn whole(chances: Chances) -> Chances {
    let all: f64 = chances.iter().sum();
    chances.map(|c| if all > 0.0 { c / all } else { 1.0 / WEEK as f64 })
}

pub fn likeliest(chances: &Chances) -> usize {
    (0..WEEK).max_by(|a, b| chances[*a].total_cmp(&chances[*b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use staffing::Rng;

    #[test]
    fn a_week_that_slips_is_found_again() {
        let factor = [1.25, 1.05, 0.95, 0.9, 0.95];
        let mut rng = Rng::new(3);
        let mut weeks = Weeks::new();
        // A holiday is left out before the 41st day: after it Mondays come a day earlier.
        let truth = |d: usize| if d < 40 { d % WEEK } else { (d + 1) % WEEK };
        for d in 0..90 {
            weeks.learn(rng.poisson(300.0 * factor[truth(d)]));
        }
        let past = weeks.past();
        let right = |from: usize, until: usize| (from..until).filter(|d| past[*d] == truth(*d)).count();
        assert_eq!(right(0, 30), 30, "{past:?}");
        assert!(right(50, 90) >= 38, "{past:?}");
        assert!(weeks.next(1)[truth(90)] > 0.8 && weeks.next(2)[truth(91)] > 0.75, "{:?}", weeks.next(1));
        assert!((weeks.next(7).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn days_without_anybody_are_no_trouble() {
        let mut weeks = Weeks::new();
        (0..40).for_each(|_| weeks.learn(0));
        assert!(weeks.next(1).iter().all(|c| c.is_finite()) && weeks.past().len() == 40);
    }
}
