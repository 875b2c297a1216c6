//! The bound once more (下界复核): from a model and duals alone, in whole numbers, rounded so that it never says too much.
//!
//! It shares nothing with the linear programme that found the duals, nor with the master's own sums: rows, costs and boxes
//! are read from the model again. Any duals give a valid bound, good ones a high one; what it needs beside them is each
//! person's cheapest legal schedule (the pricing, which exhaustive search checks on small models).
//!
//! For every roster that keeps the hard rules: a need costs at least y·(need − there) for any y from −over to under, a mix
//! likewise, a spread at least g·(largest − smallest − free) for any g from 0 to its weight, and with weights a and b that are
//! not negative the largest total is no less than any person's, the smallest no more.

use super::model::Model;
use super::net::{INF, Net, SCALE};
use super::price::Pricer;

/// Steps in one unit of cost, as a whole number.
const STEPS: i128 = SCALE as i128;

/// Most that a missing person on a hard row is dear here; more than [`super::net::hard_weight`] ever says.
const HARD: i64 = 1 << 41;

/// Prices of what couples people (对偶价格), in whole numbers of 1/65536 of a unit of cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duals {
    /// By place in [`Model::cover`].
    pub cover: Vec<i64>,
    /// By place in [`Model::mixes`].
    pub mixes: Vec<i64>,
    /// By place in [`Model::fairness`].
    pub fairness: Vec<Fair>,
}

/// Prices of a fairness rule: of the spread, and by place in its people of having the largest and the smallest total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fair {
    pub spread: i64,
    pub largest: Vec<i64>,
    pub smallest: Vec<i64>,
}

impl Duals {
    /// Prices of nothing: they prove what wishes alone cost.
    pub fn zero(model: &Model) -> Duals {
        let fair = |people: usize| Fair { spread: 0, largest: vec![0; people], smallest: vec![0; people] };
        Duals { cover: vec![0; model.cover.len()], mixes: vec![0; model.mixes.len()], fairness: model.fairness.iter().map(|f| fair(f.people.len())).collect() }
    }

    /// From prices of the rows of a net, which stand there in the model's order. A row that nobody can fill is dear as
    /// it can be.
    pub(crate) fn of_net(model: &Model, net: &Net, y: &[f64]) -> Duals {
        let mut out = Duals::zero(model);
        let able = |p: usize, day: usize, kind: usize| net.agents[p].able[day * net.kinds + kind];
        let whole = |r: usize, open: bool| if open || net.rows[r].need <= 0 { y[r] as i64 } else { net.rows[r].under * SCALE as i64 };
        let people = model.people.len();
        for (r, (to, c)) in out.cover.iter_mut().zip(&model.cover).enumerate() {
            *to = whole(r, (0..people).any(|p| able(p, c.day, c.kind)));
        }
        let mut row = model.cover.len();
        for (to, m) in out.mixes.iter_mut().zip(&model.mixes) {
            *to = whole(row, m.people.iter().any(|&(p, c)| c != 0 && m.kinds.iter().any(|&k| able(p, m.day, k))));
            row += 1;
        }
        for (to, f) in out.fairness.iter_mut().zip(&model.fairness).filter(|(_, f)| f.people.len() > 1 && f.weight > 0) {
            let n = f.people.len();
            (0..n).for_each(|j| (to.largest[j], to.smallest[j]) = (-y[row + j] as i64, y[row + n + j] as i64));
            to.spread = y[row + 2 * n] as i64;
            row += 2 * n + 1;
        }
        out
    }
}

/// The least that any roster can cost which keeps every hard rule, as far as the duals prove it: a whole number, since every
/// weight is one. None when they prove nothing, because a person has no schedule or their rules are too large to price.
/// Duals outside of their boxes are moved to the edge.
pub fn prove(model: &Model, duals: &Duals) -> Option<f64> {
    let (days, kinds) = (model.days, model.kinds.len());
    let net = Net::new(model);
    let mut sum: i128 = 0;
    // Price of a cell for everybody, then what only some pay.
    let mut of_cell = vec![0i64; days * kinds];
    let mut own: Vec<Vec<i64>> = vec![vec![0; days * kinds]; model.people.len()];
    for (c, &y) in model.cover.iter().zip(&duals.cover) {
        let most = if c.hard { HARD } else { c.under * SCALE as i64 };
        let y = y.clamp(-c.over * SCALE as i64, most);
        sum += i128::from(y) * i128::from(c.need);
        of_cell[c.day * kinds + c.kind] -= y;
    }
    for (m, &y) in model.mixes.iter().zip(&duals.mixes) {
        let y = y.clamp(0, if m.hard { HARD } else { m.under * SCALE as i64 });
        sum += i128::from(y) * i128::from(m.least);
        for &(p, c) in &m.people {
            m.kinds.iter().for_each(|&k| own[p][m.day * kinds + k] -= y * i64::from(c));
        }
    }
    for (f, y) in model.fairness.iter().zip(&duals.fairness) {
        let most = f.weight * SCALE as i64;
        let within = |y: i64| i128::from(y.clamp(0, most));
        let (first, last) = (f.people.iter().map(|p| i128::from(p.1)).min().unwrap_or(0), f.people.iter().map(|p| i128::from(p.1)).max().unwrap_or(0));
        let (lowest, highest) = (first, last + days as i128);
        let spread = within(y.spread);
        sum -= spread * i128::from(f.free);
        let (mut up, mut down) = (spread, spread);
        for (j, &(p, carried)) in f.people.iter().enumerate() {
            let (a, b) = (within(y.largest[j]), within(y.smallest[j]));
            (up, down) = (up - a, down - b);
            sum += (a - b) * i128::from(carried);
            f.cells.iter().for_each(|&(d, k)| own[p][d * kinds + k] += (a - b) as i64);
        }
        // The largest and the smallest total are somewhere between the carried ones and a month more.
        sum += (up * lowest).min(up * highest) + (-down * lowest).min(-down * highest);
    }
    let unit = SCALE as i64;
    for r in &model.requests {
        let cost = if r.on { -r.weight } else { r.weight };
        sum += if r.on { i128::from(r.weight) * STEPS } else { 0 };
        own[r.person][r.day * kinds + r.kind] += cost * unit;
    }
    for c in &model.costs {
        match c.kind {
            Some(k) => own[c.person][c.day * kinds + k] += c.cost * unit,
            None => {
                sum += i128::from(c.cost) * STEPS;
                (0..kinds).for_each(|k| own[c.person][c.day * kinds + k] -= c.cost * unit);
            }
        }
    }
    let mut pricer = Pricer::new(&net);
    let mut price = vec![];
    for (p, own) in own.iter().enumerate() {
        price.clear();
        price.extend(own.iter().zip(&of_cell).zip(&net.agents[p].able).map(|((a, b), able)| if *able { (a + b) as f64 } else { INF }));
        let lower = pricer.best(&net, p, &price, 1).lower;
        if lower >= INF || lower <= -INF {
            return None;
        }
        sum += lower as i128;
    }
    // Every roster costs a whole number of units, so the next whole one above is proven as well; below 0 nothing is.
    let units = sum.div_euclid(STEPS) + i128::from(sum.rem_euclid(STEPS) > 0);
    Some(units.max(0) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::{Cover, Fairness, Kind, Person};

    fn two_on_one() -> Model {
        let kinds = vec![Kind { name: "D".into(), minutes: 480, never_then: vec![] }];
        let cover = (0..3).map(|day| Cover { day, kind: 0, need: 2, under: 10, over: 1, hard: false }).collect();
        Model { days: 3, kinds, people: vec![Person { max_minutes: 960, ..Person::free("a", 1) }], cover, ..Model::default() }
    }

    #[test]
    fn a_bound_by_hand() {
        // Six duties are asked for, two can be done: four are missing.
        let m = two_on_one();
        let at = |y: i64| Duals { cover: vec![y * SCALE as i64; 3], ..Duals::zero(&m) };
        assert_eq!(prove(&m, &at(10)), Some(40.0));
        assert_eq!(prove(&m, &at(4)), Some(16.0));
        assert_eq!(prove(&m, &at(0)), Some(0.0));
        assert_eq!(prove(&m, &at(9999)), Some(40.0), "duals beyond what a missing person costs prove no more");
        // A third of a unit is a whole one, since costs are whole: 6·y − 2·y = 4·y.
        let third = Duals { cover: vec![SCALE as i64 / 12; 3], ..Duals::zero(&m) };
        assert_eq!(prove(&m, &third), Some(1.0));
    }

    #[test]
    fn a_spread_by_hand() {
        // One of two has four more already; three days can make up three of them.
        let mut m = two_on_one();
        m.cover.clear();
        m.people = vec![Person::free("a", 1), Person::free("b", 1)];
        m.fairness.push(Fairness { name: "n".into(), people: vec![(0, 4), (1, 0)], cells: (0..3).map(|d| (d, 0)).collect(), weight: 5, free: 0 });
        let one = 5 * SCALE as i64;
        let duals = Duals { fairness: vec![Fair { spread: one, largest: vec![one, 0], smallest: vec![0, one] }], ..Duals::zero(&m) };
        assert_eq!(prove(&m, &duals), Some(5.0));
        let none = Duals { fairness: vec![Fair { spread: one, largest: vec![0, one], smallest: vec![one, 0] }], ..Duals::zero(&m) };
        assert_eq!(prove(&m, &none), Some(0.0));
    }

    #[test]
    fn who_has_no_schedule_proves_nothing() {
        let mut m = two_on_one();
        m.people[0].min_minutes = 10_000;
        m.people[0].max_minutes = 10_000;
        assert_eq!(prove(&m, &Duals::zero(&m)), None);
    }
}
