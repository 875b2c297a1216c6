//! Column generation over a group of people while the others stay as they are: the linear programme, pricing rounds with
//! smoothed duals, the exact Lagrangian bound, and the dive to whole schedules.

use super::model::OFF;
use super::lp::{Lp, Make, Programme};
use super::net::{INF, Net, SCALE};
use super::price::{Found, Pricer};
use super::state::State;
use super::util::{Clock, hash};
use dive::excluded;
use std::collections::HashSet;

mod dive;

/// Weight of the best duals against the newest in the price point.
const SMOOTHING: f64 = 0.75;

struct Column {
    member: usize,
    schedule: Vec<u8>,
    lp: usize,
}

/// The largest or the smallest total of a fairness rule, as a variable.
struct Shared {
    /// (row, coefficient): those of the people, then that of the spread.
    entries: Vec<(usize, i64)>,
    most: i64,
}

pub(crate) struct Master<'n> {
    net: &'n Net,
    group: Vec<usize>,
    /// Local row to row of the net, and back (`u32::MAX` for rows the group cannot touch).
    rows: Vec<usize>,
    local: Vec<u32>,
    /// Cost of one more person on rows that the group can only fill too little or too much, by row of the net: they need
    /// no row of the programme. 0 for all others.
    linear: Vec<i64>,
    need: Vec<i64>,
    shared: Vec<Shared>,
    lp: Box<dyn Lp>,
    columns: Vec<Column>,
    column_of: Vec<usize>,
    seen: HashSet<u64>,
    fixed: Vec<Option<usize>>,
    /// Cost of everything the group cannot change.
    offset: i64,
    /// Best duals so far, whole numbers of 1/SCALE, and their bound in the same unit.
    pub duals: Vec<f64>,
    bound: f64,
    scratch: Vec<f64>,
}

/// How a column generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Converged,
    /// The bound shows that nothing below the given cost exists.
    Pruned,
    Budget,
}

impl<'n> Master<'n> {
    /// The group's present schedules are the first columns.
    ///
    /// With a window the group's agents are framed ([`super::net::Agent::framed`]): only rows of those days are kept.
    pub fn new(net: &'n Net, state: &State, group: &[usize], window: Option<(usize, usize)>) -> Master<'n> {
        Master::made(net, state, group, window, &|rhs, units| net.programme.make(rhs, units))
    }

    /// As [`Master::new`], with a programme made from right-hand sides and costs of unit columns.
    pub fn made(net: &'n Net, state: &State, group: &[usize], window: Option<(usize, usize)>, make: Make<'_>) -> Master<'n> {
        let mut master = Master::without_programme(net, state, group, window);
        master.lp = first_programme(net, &master.rows, &master.need, &master.shared, group.len(), make);
        master.column_of = vec![usize::MAX; master.lp.columns()];
        let r = master.rows.len();
        for (m, &p) in group.iter().enumerate() {
            if let Some(c) = master.add(m, &state.rows[p]) {
                let column = master.columns[c].lp;
                master.lp.force(column, r + m);
            }
        }
        let opposite: Vec<usize> = (0..r).map(|i| r + group.len() + i).collect();
        master.lp.repair_sign(&opposite);
        master
    }

    /// Rows and needs only: enough for pricing and bounds, without the dense programme.
    pub fn without_programme(
        net: &'n Net,
        state: &State,
        group: &[usize],
        window: Option<(usize, usize)>,
    ) -> Master<'n> {
        let mut rest = state.clone();
        for &p in group {
            rest.take(net, p);
        }
        let (first, end) = window.unwrap_or((0, net.days));
        let mut inside = vec![false; net.agents.len()];
        group.iter().for_each(|&p| inside[p] = true);
        let plain = net.plain_rows();
        let mut touched = vec![0; net.rows.len()];
        for &p in group {
            let a = &net.agents[p];
            for cell in (first * net.kinds..end * net.kinds).filter(|&c| a.able[c]) {
                net.rows_of(p, cell).filter(|x| x.0 < plain).for_each(|(r, _)| touched[r] += 1);
            }
        }
        let mut offset = rest.own + group.iter().map(|&p| net.agents[p].base).sum::<i64>();
        offset += (0..plain).filter(|&r| touched[r] == 0).map(|r| State::row_cost(net, r, state.activity[r])).sum::<i64>();
        let mut linear = vec![0; net.rows.len()];
        // Each able person comes once to the row of a need.
        for &r in net.cover_row.iter().filter(|&&r| r != usize::MAX) {
            let (row, missing) = (&net.rows[r], net.rows[r].need - rest.activity[r]);
            if touched[r] > 0 && (missing <= 0 || missing >= touched[r]) {
                linear[r] = if missing <= 0 { row.over } else { -row.under };
                offset += State::row_cost(net, r, rest.activity[r]);
                touched[r] = 0;
            }
        }
        let mut rows: Vec<usize> = (0..plain).filter(|&r| touched[r] > 0).collect();
        let mut need: Vec<i64> = rows.iter().map(|&r| net.rows[r].need - rest.activity[r]).collect();
        let mut shared = vec![];
        for f in &net.fair {
            let n = f.people.len();
            let members: Vec<usize> = (0..n).filter(|&j| inside[f.people[j].0]).collect();
            let outside = (0..n).filter(|&j| !inside[f.people[j].0]);
            let totals: Vec<i64> = outside.map(|j| f.people[j].1 + rest.activity[f.first_row + j]).collect();
            let fixed = totals.iter().max().zip(totals.iter().min());
            if members.is_empty() {
                offset += fixed.map_or(0, |(a, b)| f.weight * (a - b - f.free).max(0));
                continue;
            }
            if let Some(level) = f.level {
                offset += f.weight * totals.iter().map(|&t| f.outside(level, t)).sum::<i64>();
                for (first, at) in [(f.first_row, level + f.free), (f.first_row + n, level)] {
                    rows.extend(members.iter().map(|j| first + j));
                    need.extend(members.iter().map(|&j| at - f.people[j].1));
                }
                continue;
            }
            let (high, low) = fixed.map_or((f.zero, f.zero), |(a, b)| (*a, *b));
            // low − high + missing ≥ −free; both are counted from where the others stand.
            let spread = rows.len();
            rows.push(f.first_row + 2 * n);
            need.push(high - low - f.free);
            for (upper, level) in [(true, high), (false, low)] {
                let first = rows.len();
                for &j in &members {
                    rows.push(f.first_row + if upper { j } else { n + j });
                    need.push(level - f.people[j].1);
                }
                let sign = if upper || fixed.is_none() { -1 } else { 1 };
                let most = f.most + (high - f.zero).abs() + (low - f.zero).abs();
                let mut entries: Vec<(usize, i64)> = (first..rows.len()).map(|r| (r, sign)).collect();
                entries.push((spread, if upper { -1 } else { -sign }));
                shared.push(Shared { entries, most });
            }
        }
        let mut local = vec![u32::MAX; net.rows.len()];
        for (i, &r) in rows.iter().enumerate() {
            local[r] = i as u32;
        }
        Master {
            net,
            group: group.to_vec(),
            scratch: vec![0.0; rows.len()],
            rows,
            local,
            linear,
            need,
            shared,
            lp: Programme::Own.make(vec![], &[]),
            columns: vec![],
            column_of: vec![],
            seen: HashSet::new(),
            fixed: vec![None; group.len()],
            offset,
            duals: vec![],
            bound: -INF,
        }
    }

    /// Lower bound on the whole cost, in units of cost, rounded down.
    pub fn bound(&self) -> f64 {
        self.bound / SCALE
    }

    /// Some duals have proven something; there may be none of them, where every row is a price.
    pub fn has_bound(&self) -> bool {
        self.bound > -INF
    }

    /// Columns of the programme.
    #[cfg(feature = "masters")]
    pub fn size(&self) -> usize {
        self.lp.columns()
    }

    /// Smallest whole cost that the bound leaves possible.
    pub fn least(&self) -> i64 {
        (self.bound / SCALE).ceil() as i64
    }

    fn entries(&mut self, m: usize, schedule: &[u8]) -> (f64, Vec<(usize, f64)>) {
        let (net, p) = (self.net, self.group[m]);
        let mut cost = 0;
        let mut entries: Vec<(usize, f64)> = vec![];
        for (d, &k) in schedule.iter().enumerate().filter(|(_, k)| **k != OFF) {
            let cell = d * net.kinds + k as usize;
            cost += net.agents[p].cost[cell];
            for (r, c) in net.rows_of(p, cell) {
                let l = self.local[r];
                if l == u32::MAX {
                    cost += self.linear[r] * c;
                    continue;
                }
                let l = l as usize;
                if self.scratch[l] == 0.0 {
                    entries.push((l, 0.0));
                }
                self.scratch[l] += c as f64;
            }
        }
        for e in &mut entries {
            e.1 = std::mem::take(&mut self.scratch[e.0]);
        }
        entries.retain(|e| e.1 != 0.0);
        entries.push((self.rows.len() + m, 1.0));
        (cost as f64, entries)
    }

    /// Adds a schedule of member `m`; `None` when it is known already.
    pub fn add(&mut self, m: usize, schedule: &[u8]) -> Option<usize> {
        if !self.seen.insert(hash(m as u64, schedule)) {
            return None;
        }
        let (cost, entries) = self.entries(m, schedule);
        let lp = self.lp.add(cost, &entries);
        self.column_of.push(self.columns.len());
        self.columns.push(Column { member: m, schedule: schedule.to_vec(), lp });
        Some(self.columns.len() - 1)
    }

    /// Duals moved into their boxes and onto the grid of 1/SCALE.
    fn on_grid(&self, y: &[f64]) -> Vec<f64> {
        let into = |(y, &r): (&f64, &usize)| {
            let row = &self.net.rows[r];
            (y * SCALE).round().clamp(-row.over as f64 * SCALE, row.under as f64 * SCALE)
        };
        y.iter().zip(&self.rows).map(into).collect()
    }

    /// Prices every member that is not fixed, on as many threads as there are pricers.
    fn price(&self, pricers: &mut [Pricer], y: &[f64], want: usize) -> Vec<(usize, Found)> {
        let open: Vec<usize> = (0..self.group.len()).filter(|&m| self.fixed[m].is_none()).collect();
        let net = self.net;
        let cover: Vec<f64> = net
            .cover_row
            .iter()
            .map(|&r| match r {
                usize::MAX => 0.0,
                r if self.local[r] == u32::MAX => self.linear[r] as f64 * SCALE,
                r => -y[self.local[r] as usize],
            })
            .collect();
        // Only what pricing reads goes to the threads: the programme may be one that stays on its own.
        let (group, local) = (&self.group, &self.local);
        let one = |pricer: &mut Pricer, m: usize| {
            let p = group[m];
            let a = &net.agents[p];
            let mut price = vec![INF; net.days * net.kinds];
            for cell in (0..price.len()).filter(|&c| a.able[c]) {
                price[cell] = a.cost[cell] as f64 * SCALE + cover[cell];
            }
            for &(cell, r, c) in &a.extra {
                let l = local[r as usize];
                if l != u32::MAX && price[cell as usize] < INF {
                    price[cell as usize] -= y[l as usize] * f64::from(c);
                }
            }
            (m, pricer.best(net, p, &price, want))
        };
        let lanes = pricers.len();
        if lanes == 1 || open.len() < 4 {
            return open.into_iter().map(|m| one(&mut pricers[0], m)).collect();
        }
        let mut all: Vec<(usize, Found)> = std::thread::scope(|scope| {
            let (one, open) = (&one, &open);
            let started: Vec<_> = pricers
                .iter_mut()
                .enumerate()
                .map(|(lane, pricer)| {
                    let mine = open.iter().skip(lane).step_by(lanes);
                    scope.spawn(move || mine.map(|&m| one(pricer, m)).collect::<Vec<_>>())
                })
                .collect();
            started.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
        });
        all.sort_by_key(|x| x.0);
        all
    }

    /// The Lagrangian bound of grid duals, exact: all terms are whole numbers below 2^53.
    fn lagrangian(&self, y: &[f64], found: &[(usize, Found)]) -> f64 {
        if found.iter().any(|f| f.1.lower <= -INF) {
            return -INF;
        }
        let rows: i128 = y.iter().zip(&self.need).map(|(y, n)| *y as i128 * i128::from(*n)).sum();
        let fixed: i128 = self
            .fixed
            .iter()
            .enumerate()
            .filter_map(|(m, f)| f.map(|c| (m, c)))
            .map(|(m, c)| self.schedule_price(m, &self.columns[c].schedule, y) as i128)
            .sum();
        let open: i128 = found.iter().map(|f| f.1.lower.min(INF) as i128).sum();
        let shared: i128 = self
            .shared
            .iter()
            .map(|s| {
                let rate: i128 = s.entries.iter().map(|&(r, c)| -y[r] as i128 * i128::from(c)).sum();
                rate.min(0) * i128::from(s.most)
            })
            .sum();
        (rows + fixed + open + shared + i128::from(self.offset) * SCALE as i128) as f64
    }

    fn schedule_price(&self, m: usize, schedule: &[u8], y: &[f64]) -> f64 {
        let (net, p) = (self.net, self.group[m]);
        let worked = schedule.iter().enumerate().filter(|(_, k)| **k != OFF);
        worked
            .map(|(d, &k)| {
                let cell = d * net.kinds + k as usize;
                let of = |r: usize| match self.local[r] {
                    u32::MAX => -self.linear[r] as f64 * SCALE,
                    l => y[l as usize],
                };
                let paid: f64 = net.rows_of(p, cell).map(|(r, c)| of(r) * c as f64).sum();
                net.agents[p].cost[cell] as f64 * SCALE - paid
            })
            .sum()
    }

    /// Starts from known duals of the net's rows (for example those of the whole problem).
    pub fn seed(&mut self, pricers: &mut [Pricer], of_net: &[f64]) {
        let y: Vec<f64> = self.rows.iter().map(|&r| of_net[r] / SCALE).collect();
        let y = self.on_grid(&y);
        let found = self.price(pricers, &y, 3);
        self.bound = self.lagrangian(&y, &found);
        self.duals = y;
        self.take_in(found, false);
    }

    /// Adds the best schedules at the best duals; at zero, which every row allows, when the time ended before the first.
    pub fn seed_again(&mut self, pricers: &mut [Pricer]) {
        if self.duals.is_empty() {
            self.duals = vec![0.0; self.rows.len()];
        }
        let found = self.price(pricers, &self.duals, 3);
        self.take_in(found, false);
    }

    /// The best duals by row of the net.
    pub fn duals_of_net(&self) -> Vec<f64> {
        let mut all = vec![0.0; self.net.rows.len()];
        for (all, rate) in all.iter_mut().zip(&self.linear) {
            *all = -rate as f64 * SCALE;
        }
        for (&r, &y) in self.rows.iter().zip(&self.duals) {
            all[r] = y;
        }
        all
    }

    /// Adds priced schedules, with `improving` only those with a negative reduced cost; says how many improve.
    fn take_in(&mut self, found: Vec<(usize, Found)>, improving: bool) -> usize {
        let mut added = 0;
        for (m, f) in found {
            for b in f.best {
                if improving {
                    let (cost, entries) = self.entries(m, &b);
                    let y = self.lp.duals();
                    let reduced = cost - entries.iter().map(|&(r, v)| y[r] * v).sum::<f64>();
                    if reduced > -1e-6 {
                        continue;
                    }
                }
                added += usize::from(self.add(m, &b).is_some());
            }
        }
        added
    }

    /// Pricing rounds until converged (to `close` of the value), pruned (nothing below `upper`), out of rounds or out of time.
    pub fn generate(
        &mut self,
        pricers: &mut [Pricer],
        rounds: usize,
        close: f64,
        upper: i64,
        clock: &Clock<'_>,
    ) -> Ended {
        let mut smoothing = if self.duals.is_empty() { 0.0 } else { SMOOTHING };
        for _ in 0..rounds {
            if clock.over() {
                return Ended::Budget;
            }
            if self.least() >= upper {
                return Ended::Pruned;
            }
            self.lp.solve(2000);
            let value = self.lp.objective() + self.offset as f64;
            if value - self.bound() < close * (1.0 + value.abs()) {
                return if self.least() >= upper { Ended::Pruned } else { Ended::Converged };
            }
            let newest = &self.lp.duals()[..self.rows.len()];
            let point: Vec<f64> = if smoothing > 0.0 {
                let mixed = newest.iter().zip(&self.duals);
                mixed.map(|(n, b)| n * (1.0 - smoothing) + b / SCALE * smoothing).collect()
            } else {
                newest.to_vec()
            };
            let y = self.on_grid(&point);
            let found = self.price(pricers, &y, 2);
            if found.iter().any(|f| f.1.lower >= INF) {
                return Ended::Pruned;
            }
            let bound = self.lagrangian(&y, &found);
            if bound > self.bound {
                self.bound = bound;
                self.duals = y;
                if self.least() >= upper {
                    return Ended::Pruned;
                }
            }
            let added = self.take_in(found, true);
            if added == 0 {
                if smoothing == 0.0 {
                    return Ended::Converged;
                }
                smoothing = 0.0;
            } else if !self.duals.is_empty() {
                smoothing = SMOOTHING;
            }
        }
        Ended::Budget
    }

    /// Moves duals of fairness to where the largest and the smallest total have no price below zero: a step knows nothing
    /// of those two.
    fn settle(&self, y: &mut [f64]) {
        for pair in self.shared.chunks_exact(2) {
            let [high, low] = pair else { continue };
            let (Some((&(spread, _), high)), Some((&(_, free), low))) = (high.entries.split_last(), low.entries.split_last()) else { continue };
            let sum = |y: &[f64], e: &[(usize, i64)]| e.iter().map(|x| y[x.0].abs()).sum::<f64>();
            let scale = |y: &mut [f64], e: &[(usize, i64)], to: f64, from: f64| e.iter().for_each(|x| y[x.0] *= to / from);
            let (most, least) = (sum(y, high), sum(y, low));
            let weight = self.net.rows[self.rows[spread]].under as f64;
            // Without others outside, the smallest total itself may rise.
            let rises = free > 0;
            let at = if rises { (most + least) / 2.0 } else { most.max(least) }.min(weight);
            y[spread] = at;
            if most > at {
                scale(y, high, at, most);
            }
            if (rises && least < at && least > 0.0) || (!rises && least > at) {
                scale(y, low, at, least);
            } else if rises && least <= 0.0 {
                y[spread] = 0.0;
                high.iter().for_each(|x| y[x.0] = 0.0);
            }
        }
    }

    /// Improves the bound by subgradient steps towards `upper`, for problems too large for the dense programme.
    pub fn climb(&mut self, pricers: &mut [Pricer], rounds: usize, upper: i64, clock: &Clock<'_>) {
        let mut y: Vec<f64> = match self.duals.is_empty() {
            true => self.rows.iter().map(|&r| 0.3 * self.net.rows[r].under as f64).collect(),
            false => self.duals.iter().map(|y| y / SCALE).collect(),
        };
        let mut agility = 0.3;
        let mut without = 0;
        let mut steps = 0;
        let mut direction: Vec<f64> = vec![];
        for _ in 0..rounds {
            if clock.over() || self.least() >= upper || agility < 2e-3 {
                return;
            }
            self.settle(&mut y);
            let grid = self.on_grid(&y);
            let found = self.price(pricers, &grid, 1);
            let bound = self.lagrangian(&grid, &found);
            if bound > self.bound {
                self.bound = bound;
                self.duals = grid;
                without = 0;
            } else {
                without += 1;
                if without >= 5 {
                    agility *= 0.8;
                    without = 0;
                }
            }
            let mut slope: Vec<f64> = self.need.iter().map(|n| *n as f64).collect();
            for (m, f) in &found {
                let Some(b) = f.best.first() else { continue };
                let (_, entries) = self.entries(*m, b);
                entries.iter().filter(|e| e.0 < self.rows.len()).for_each(|&(r, v)| slope[r] -= v);
            }
            // Steps along an average of the slopes so far; now and then back to the best duals.
            steps += 1;
            if steps % 100 == 0 {
                y = self.duals.iter().map(|y| y / SCALE).collect();
            }
            match direction.is_empty() {
                true => direction = slope,
                false => direction.iter_mut().zip(&slope).for_each(|(d, g)| *d += 0.35 * (g - *d)),
            }
            let boxes = self.rows.iter().map(|&r| (-self.net.rows[r].over as f64, self.net.rows[r].under as f64));
            let free = |y: f64, d: f64, (low, high): (f64, f64)| !((y <= low && d < 0.0) || (y >= high && d > 0.0));
            let moves = || y.iter().zip(&direction).zip(boxes.clone());
            let norm: f64 = moves().map(|((y, d), b)| if free(*y, *d, b) { d * d } else { 0.0 }).sum();
            if norm == 0.0 {
                return;
            }
            let step = agility * (upper as f64 - bound / SCALE).max(1.0) / norm;
            y = moves().map(|((y, d), (low, high))| (y + step * d).clamp(low, high)).collect();
        }
    }
}

/// The programme without schedules: `under` and artificial unit columns first, then `over`, then shared variables.
fn first_programme(net: &Net, rows: &[usize], need: &[i64], shared: &[Shared], members: usize, make: Make<'_>) -> Box<dyn Lp> {
    let moved = |i: usize| 1e-5 * (1.0 + (i * 7919 % 997) as f64 / 99.7);
    let rhs = need.iter().enumerate().map(|(i, n)| *n as f64 + moved(i)).chain((0..members).map(|_| 1.0));
    let units: Vec<f64> =
        rows.iter().map(|&r| net.rows[r].under as f64).chain((0..members).map(|_| 10.0 * excluded(net))).collect();
    let mut lp = make(rhs.collect(), &units);
    for (i, &r) in rows.iter().enumerate() {
        lp.add(net.rows[r].over as f64, &[(i, -1.0)]);
    }
    for s in shared {
        let entries: Vec<(usize, f64)> = s.entries.iter().map(|&(r, c)| (r, c as f64)).collect();
        lp.add(0.0, &entries);
    }
    lp
}
