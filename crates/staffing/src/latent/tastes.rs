//! Tastes of hours never open: what is believed of them, what open hours show of the belief, and what respondents named.
//!
//! Logarithm of an hour's pull: `u_h = level + part_p(h) + own_h` with normal `part` and `own`. Open hours' tastes are known
//! from arrivals; `level` is free. Who named hours, best first, chose among those that suit them (conditional logit, McFadden
//! 1974), and then among the rest (exploded logit, Beggs, Cardell and Hausman 1981). Answers count once each here, not by
//! the register: tastes are taken to be common to all, and weights would only add noise (Pfeffermann 1993).
//!
//! How much hours differ is drawn as well, between belief and what is seen (scaled inverse chi-square, Gelman et al. 2013,
//! chapter 5), so a town whose hours differ more than believed gets wider intervals by itself. It is one factor for hours and
//! parts: parts are too few to tell it alone, and where single hours differ much, parts are not alike either.
//! Belief and answers are drawn anew each time and the mode is sought (randomise, then optimise: Bardsley et al. 2014):
//! modes are draws of the posterior.

use super::{Belief, Evidence};
use crate::Rng;

/// Draws of how much tastes differ, each from the tastes of the one before.
const ROUNDS: usize = 5;
/// Newton's steps in the first round, and in those that start where it ended.
const STEPS: [usize; 2] = [8, 2];
/// Degrees of freedom of the belief about how much hours differ: so many hours weigh as much.
const BELIEF: f64 = 4.0;
/// The smallest variance, for a belief that is certain.
const CERTAIN: f64 = 1e-9;

/// What does not change from draw to draw.
pub(super) struct Known<'a> {
    e: &'a Evidence,
    suits: &'a [Vec<f64>],
    /// Closed hours to be judged.
    closed: Vec<usize>,
    open: Vec<usize>,
    parts: usize,
    /// Parts that closed hours lie in.
    judged: Vec<usize>,
    /// By respondent, hours ticked among those that could be named.
    ticks: Vec<f64>,
    careless: f64,
}

impl<'a> Known<'a> {
    pub(super) fn new(e: &'a Evidence, b: &Belief, suits: &'a [Vec<f64>], proposed: &[bool]) -> Known<'a> {
        let hours = e.open.len();
        let closed: Vec<usize> = (0..hours).filter(|h| proposed[*h] && !e.open[*h]).collect();
        let open = (0..hours).filter(|h| e.open[*h]).collect();
        let parts = e.part.iter().max().map_or(0, |p| p + 1);
        let judged = (0..parts).filter(|p| closed.iter().any(|h| e.part[*h] == *p)).collect();
        let ticks = e.suits.iter().map(|s| s.iter().zip(&e.asked).filter(|(t, a)| **t && **a).count() as f64).collect();
        Known { e, suits, closed, open, parts, judged, ticks, careless: b.careless }
    }
}

/// One draw under way.
struct State<'a> {
    k: &'a Known<'a>,
    /// How many times each answer counts (Bayesian bootstrap, Rubin 1981).
    weights: Vec<f64>,
    /// Logarithms: of open hours as arrivals have them, of closed ones as believed now.
    taste: Vec<f64>,
    level: f64,
    part: Vec<f64>,
    own: Vec<f64>,
    /// The belief as drawn, in standard deviations, and its variances.
    drawn_part: Vec<f64>,
    drawn_own: Vec<f64>,
    of_part: f64,
    of_own: f64,
}

/// Writes a draw of the pulls of closed hours beside the given ones of open hours, whose logarithms have mean 0.
pub(super) fn draw(k: &Known<'_>, b: &Belief, pull: &mut [f64], rng: &mut Rng) {
    let hours = pull.len();
    let weights: Vec<f64> =
        k.e.named.iter().map(|n| if n.is_empty() { 0.0 } else { rng.exponential(1.0) }).collect();
    let taste: Vec<f64> = (0..hours).map(|h| if k.e.open[h] { pull[h].ln() } else { 0.0 }).collect();
    let normal = |n: usize, rng: &mut Rng| -> Vec<f64> { (0..n).map(|_| rng.normal()).collect() };
    let (drawn_part, drawn_own) = (normal(k.parts, rng), normal(hours, rng));
    let (of_own, of_part) = variances(b, &[(k.open.iter().map(|h| taste[*h] * taste[*h]).sum(), k.open.len(), b.taste)], rng);
    let part = drawn_part.iter().map(|z| z * of_part.sqrt()).collect();
    let own = drawn_own.iter().map(|z| z * of_own.sqrt()).collect();
    let mut s = State { k, weights, taste, level: 0.0, part, own, drawn_part, drawn_own, of_part, of_own };
    let rounds = if s.weights.iter().any(|w| *w > 0.0) { ROUNDS } else { 1 };
    for round in 0..rounds {
        if round > 0 {
            s.differences(b, rng);
        }
        for _ in 0..STEPS[round.min(1)] {
            s.step_common();
            s.step_own();
        }
    }
    k.closed.iter().for_each(|h| pull[*h] = s.taste[*h].exp());
}

/// The variances of hours and of parts: the belief's times one factor, as the squares seen (their sum, how many, the deviation
/// that was believed of them) leave it; its mean before them is 1.
fn variances(b: &Belief, seen: &[(f64, usize, f64)], rng: &mut Rng) -> (f64, f64) {
    let told = || seen.iter().filter(|s| s.2 > 0.0);
    let n = told().map(|s| s.1 as f64).sum::<f64>() + BELIEF;
    let squares: f64 = told().map(|s| s.0 / (s.2 * s.2)).sum();
    let factor = (squares + BELIEF - 2.0) / n / rng.gamma_about_one(2.0 / n);
    ((factor * b.taste * b.taste).max(CERTAIN), (factor * b.taste_of_part * b.taste_of_part).max(CERTAIN))
}

impl State<'_> {
    /// How much hours differ, after their tastes as they are now.
    fn differences(&mut self, b: &Belief, rng: &mut Rng) {
        let open = |h: &usize| (self.taste[*h] - self.level - self.part[self.k.e.part[*h]]).powi(2);
        let closed = |h: &usize| self.own[*h].powi(2);
        let own = self.k.open.iter().map(open).sum::<f64>() + self.k.closed.iter().map(closed).sum::<f64>();
        let part = self.k.judged.iter().map(|p| self.part[*p] * self.part[*p]).sum::<f64>();
        let seen = [(own, self.k.open.len() + self.k.closed.len(), b.taste), (part, self.k.judged.len(), b.taste_of_part)];
        (self.of_own, self.of_part) = variances(b, &seen, rng);
    }

    fn set(&mut self) {
        for h in &self.k.closed {
            self.taste[*h] = self.level + self.part[self.k.e.part[*h]] + self.own[*h];
        }
    }

    /// How often each hour was named with care, and how often the same people would be expected to name it. Some name any
    /// hour they ticked; how likely a name is one of those follows from the tastes (a step of expectation and maximisation).
    fn counts(&self) -> (Vec<f64>, Vec<f64>) {
        let k = self.k;
        let pull: Vec<f64> = (0..self.taste.len()).map(|h| if k.e.asked[h] { self.taste[h].exp() } else { 0.0 }).collect();
        let (mut named, mut expected) = (vec![0.0; pull.len()], vec![0.0; pull.len()]);
        for (i, (suits, w)) in k.suits.iter().zip(&self.weights).enumerate().filter(|(_, (_, w))| **w > 0.0) {
            let mut rest: f64 = suits.iter().zip(&pull).map(|(s, p)| s * p).sum();
            let mut ticks = k.ticks[i];
            let mut each = 0.0;
            for h in &k.e.named[i] {
                let at = suits[*h] * pull[*h];
                let careful = (1.0 - k.careless) * at / rest.max(1e-9);
                let any = if k.e.suits[i][*h] { k.careless / ticks } else { 0.0 };
                let counts = w * careful / (careful + any).max(1e-12);
                named[*h] += counts;
                each += counts / rest.max(1e-9);
                // Named: out of every later choice.
                expected[*h] += at * each;
                rest -= at;
                ticks -= f64::from(u8::from(k.e.suits[i][*h]));
            }
            for h in (0..pull.len()).filter(|h| !k.e.named[i].contains(h)) {
                expected[h] += suits[h] * pull[h] * each;
            }
        }
        (named, expected)
    }

    /// Newton's step of the level and all parts together, as one holds the other: the curvature of the choices is taken as
    /// if all had the same hours, which is never too small.
    fn step_common(&mut self) {
        self.set();
        let (named, expected) = self.counts();
        let all: f64 = expected.iter().sum::<f64>().max(1e-12);
        let n = self.k.parts + 1;
        // Place 0 is the level, place p + 1 the part p.
        let (mut pulled, mut firm, mut chosen) = (vec![0.0; n], vec![vec![0.0; n]; n], vec![0.0; n]);
        let mut add = |p: usize, off: f64, weight: f64| {
            pulled[0] += off;
            pulled[p + 1] += off;
            for (a, b) in [(0, 0), (0, p + 1), (p + 1, 0), (p + 1, p + 1)] {
                firm[a][b] += weight;
            }
        };
        for h in &self.k.open {
            let p = self.k.e.part[*h];
            let own = self.drawn_own[*h] * self.of_own.sqrt();
            add(p, (self.taste[*h] - self.level - self.part[p] - own) / self.of_own, 1.0 / self.of_own);
        }
        for h in &self.k.closed {
            let p = self.k.e.part[*h];
            add(p, named[*h] - expected[*h], expected[*h]);
            chosen[0] += expected[*h];
            chosen[p + 1] += expected[*h];
        }
        for p in 0..self.k.parts {
            pulled[p + 1] -= (self.part[p] - self.drawn_part[p] * self.of_part.sqrt()) / self.of_part;
            firm[p + 1][p + 1] += 1.0 / self.of_part;
        }
        (0..n).for_each(|a| (0..n).for_each(|b| firm[a][b] -= chosen[a] * chosen[b] / all));
        let step = solved(firm, pulled);
        self.level += step[0].clamp(-1.0, 1.0);
        self.part.iter_mut().zip(&step[1..]).for_each(|(p, s)| *p += s.clamp(-1.0, 1.0));
    }

    /// Newton's step of every closed hour by itself.
    fn step_own(&mut self) {
        self.set();
        let (named, expected) = self.counts();
        let all: f64 = expected.iter().sum::<f64>().max(1e-12);
        for h in &self.k.closed {
            let off = self.own[*h] - self.drawn_own[*h] * self.of_own.sqrt();
            let pulled = named[*h] - expected[*h] - off / self.of_own;
            let firm = expected[*h] * (1.0 - expected[*h] / all) + 1.0 / self.of_own;
            self.own[*h] += (pulled / firm).clamp(-1.0, 1.0);
        }
        self.set();
    }
}

/// `a·x = b` by Gauss, for a symmetric positive matrix.
fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i + 1);
        let row = &done[i];
        for (j, below) in rest.iter_mut().enumerate() {
            let by = below[i] / row[i].max(1e-12);
            below.iter_mut().zip(row).for_each(|(x, r)| *x -= by * r);
            b[i + 1 + j] -= by * b[i];
        }
    }
    for i in (0..n).rev() {
        let rest: f64 = (i + 1..n).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - rest) / a[i][i].max(1e-12);
    }
    b
}

#[cfg(test)]
mod tests {
    use super::solved;

    #[test]
    fn a_small_system_is_solved() {
        let x = solved(vec![vec![4.0, 1.0, 0.0], vec![1.0, 3.0, 1.0], vec![0.0, 1.0, 2.0]], vec![6.0, 10.0, 8.0]);
        assert!(x.iter().zip([1.0, 2.0, 3.0]).all(|(x, y)| (x - y).abs() < 1e-12), "{x:?}");
    }
}
