//! Neighbourhood search (邻域搜索): one lane with its own randomness and working memory. Ruin and recreate by exact
//! pricing with annealing, and column generation with a dive over a few people, chosen where the gap to the bound lies.

use super::master::{Ended, Master};
use super::net::{Agent, INF, Net, SCALE};
use super::price::Pricer;
use super::state::State;
use super::util::{Clock, Rng};
use super::walk::Walk;

/// Rows of needs and mixes in a group's programme at most; its inverse is dense.
const MOST_ROWS: usize = 1200;
/// Moves of a whole annealing for each cell, and at most.
const MOVES_A_CELL: f64 = 1500.0;
const MOST_MOVES: f64 = 2e7;

pub(crate) struct Lane {
    net: Net,
    pub pricer: Pricer,
    rng: Rng,
    price: Vec<f64>,
    group_size: f64,
    temperature: f64,
    pub best: State,
    pub cost: i64,
    /// Which way this lane moves the level of a fairness rule: up 1, down −1.
    side: i64,
    /// Where a fairness rule was held, and the least cost there: (rule, level, least).
    closed: Vec<(usize, i64, i64)>,
}

/// A person's agents outside a window, put back after the step.
type Frames = Vec<(usize, Agent)>;

impl Lane {
    pub fn new(net: &Net, state: &State, seed: u64, side: i64) -> Lane {
        Lane {
            net: net.clone(),
            pricer: Pricer::new(net),
            rng: Rng::new(seed),
            price: vec![],
            group_size: 6.0,
            temperature: 0.0,
            cost: state.cost(net),
            best: state.clone(),
            side,
            closed: vec![],
        }
    }

    pub fn adopt(&mut self, state: &State, cost: i64) {
        if cost < self.cost {
            self.best.clone_from(state);
            self.cost = cost;
        }
    }

    /// Annealing on cells from the best roster: `share` of the moves that fit the size, from `heat` times the usual
    /// temperature down.
    pub fn walk(&mut self, share: f64, heat: f64, clock: &Clock<'_>) {
        let cells = self.net.agents.len() * self.net.days;
        let moves = (cells as f64 * MOVES_A_CELL * share).clamp(20_000.0, MOST_MOVES) as usize;
        let hot = Walk::heat(&self.net) * heat;
        let (state, cost) = Walk::new(&self.net, &self.best).run(moves, hot, hot.min(1.0) * 0.3, &mut self.rng, clock);
        if cost < self.cost {
            self.cost = cost;
            self.best = state;
        }
    }

    /// Puts in the cheapest schedule for `p`, whose work is taken out; with noise in units of cost. The old schedule
    /// when none is found.
    fn insert(&mut self, state: &mut State, p: usize, old: Vec<u8>, pulls: &[i64], noise: f64) {
        let mut price = std::mem::take(&mut self.price);
        state.marginal(&self.net, p, pulls, &mut price);
        if noise > 0.0 {
            for v in price.iter_mut().filter(|v| **v < INF) {
                *v += (self.rng.unit() * noise * SCALE).floor();
            }
        }
        let found = self.pricer.best(&self.net, p, &price, 1);
        self.price = price;
        let schedule = found.best.into_iter().next().unwrap_or(old);
        state.put(&self.net, p, schedule);
    }

    fn frame(&mut self, people: &[usize], state: &State, window: Option<(usize, usize)>) -> Frames {
        let Some((a, b)) = window else { return vec![] };
        let framed = |&p: &usize| {
            let agent = self.net.agents[p].framed(&state.rows[p], a, b);
            (p, std::mem::replace(&mut self.net.agents[p], agent))
        };
        people.iter().map(framed).collect()
    }

    fn unframe(&mut self, frames: Frames) {
        for (p, agent) in frames {
            self.net.agents[p] = agent;
        }
    }

    /// The programme of a group over all days would be too large.
    fn must_cut(&self) -> bool {
        self.net.days > 100 || self.net.plain_rows() > MOST_ROWS
    }

    /// A window of the horizon when that is long or has very many rows.
    fn window(&mut self, people: usize) -> Option<(usize, usize)> {
        let days = self.net.days;
        let wide = if self.must_cut() {
            let per_day = self.net.plain_rows().div_ceil(days).max(1);
            (14 + 7 * self.rng.below(3)).min((MOST_ROWS / per_day).max(1)).min(days)
        } else if days >= 28 && people > 8 {
            (days / 3).max(7)
        } else {
            return None;
        };
        let from = self.rng.below(days + 1 - wide + wide / 2).saturating_sub(wide / 4);
        Some((from.min(days - 1), (from + wide).min(days)))
    }

    /// Annealed ruin and recreate from the best state.
    pub fn recreate(&mut self, steps: usize, clock: &Clock<'_>) {
        let people = self.net.agents.len();
        let mut state = self.best.clone();
        let mut cost = self.cost;
        let start = 12.0 * (1.0 + self.rng.unit());
        for step in 0..steps {
            if step % 8 == 0 && clock.over() {
                break;
            }
            self.temperature = start * (1.0 - step as f64 / steps as f64).powi(2) + 0.3;
            let n = (1 + self.rng.below(4)).min(people);
            let first = self.rng.below(people);
            let mut chosen = vec![first];
            while chosen.len() < n {
                let p = self.rng.below(people);
                if !chosen.contains(&p) {
                    chosen.push(p);
                }
            }
            let window = if self.must_cut() { self.window(n) } else { None };
            let frames = self.frame(&chosen, &state, window);
            let pulls: Vec<Vec<i64>> = chosen.iter().map(|&p| state.pulls(&self.net, p)).collect();
            let old: Vec<Vec<u8>> = chosen.iter().map(|&p| state.take(&self.net, p)).collect();
            let level = if n == 1 { 0.0 } else { self.temperature * 0.7 * self.rng.unit() };
            for (i, &p) in chosen.iter().enumerate() {
                let noise = if i + 1 == n { 0.0 } else { level };
                self.insert(&mut state, p, old[i].clone(), &pulls[i], noise);
            }
            self.unframe(frames);
            let now = state.cost(&self.net);
            let accept = now <= cost || self.rng.unit() < (-((now - cost) as f64) / self.temperature).exp();
            if accept {
                cost = now;
                if cost < self.cost {
                    self.cost = cost;
                    self.best.clone_from(&state);
                }
            } else {
                for (&p, old) in chosen.iter().zip(old) {
                    state.take(&self.net, p);
                    state.put(&self.net, p, old);
                }
            }
        }
    }

    /// How far each person's schedule and each row's activity is from what the duals pay: their sum is the whole gap.
    fn losses(&mut self, duals: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let net = &self.net;
        let plain = net.plain_rows();
        let rows = (0..plain).map(|r| {
            let act = self.best.activity[r];
            (State::row_cost(net, r, act) as f64 - duals[r] / SCALE * (net.rows[r].need - act) as f64).max(0.0)
        });
        let rows: Vec<f64> = rows.collect();
        let mut people = vec![];
        for p in 0..net.agents.len() {
            let a = &net.agents[p];
            let mut price = vec![INF; net.days * net.kinds];
            for cell in (0..price.len()).filter(|&c| a.able[c]) {
                let paid: f64 = net.rows_of(p, cell).map(|(r, c)| duals[r] * c as f64).sum();
                price[cell] = a.cost[cell] as f64 * SCALE - paid;
            }
            let worked = self.best.rows[p].iter().enumerate().filter(|(_, k)| **k != super::model::OFF);
            let present: f64 = worked.map(|(d, &k)| price[d * net.kinds + k as usize]).sum();
            let best = self.pricer.best(net, p, &price, 1).lower;
            people.push(((present - best) / SCALE).max(0.0));
        }
        (people, rows)
    }

    fn draw(&mut self, weights: &[f64]) -> Option<usize> {
        let sum: f64 = weights.iter().sum();
        if sum <= 0.0 {
            return None;
        }
        let mut x = self.rng.unit() * sum;
        for (i, w) in weights.iter().enumerate() {
            x -= w;
            if x < 0.0 {
                return Some(i);
            }
        }
        None
    }

    /// A group around where the gap lies.
    fn group(&mut self, people_loss: &[f64], row_loss: &[f64], window: Option<(usize, usize)>) -> Vec<usize> {
        let people = self.net.agents.len();
        let size = (self.group_size + 3.0 * (self.rng.unit() - 0.5)).round().max(2.0) as usize;
        let size = if window.is_some() { size * 2 } else { size }.min(people);
        let mean = people_loss.iter().sum::<f64>() / people as f64;
        let mut weights: Vec<f64> = people_loss.iter().map(|l| l + 0.5 * mean + 0.1).collect();
        if self.rng.chance(0.6)
            && let Some(r) = self.draw(row_loss)
        {
            // People who work in, or could work in, the row with the loss.
            let plain: Vec<usize> = (0..people).filter(|&p| self.touches(p, r)).collect();
            for p in plain {
                weights[p] *= 4.0;
            }
        }
        let mut chosen = vec![];
        while chosen.len() < size {
            let Some(p) = self.draw(&weights) else { break };
            weights[p] = 0.0;
            chosen.push(p);
        }
        chosen
    }

    fn touches(&self, p: usize, r: usize) -> bool {
        let a = &self.net.agents[p];
        let cover = self.net.cover_row.iter().position(|&x| x == r);
        cover.is_some_and(|c| a.able[c]) || a.extra.iter().any(|e| e.1 as usize == r)
    }

    /// Column generation and a dive over groups of people, `steps` times.
    pub fn groups(&mut self, steps: usize, duals: Option<&[f64]>, clock: &Clock<'_>) {
        let people = self.net.agents.len();
        let mut losses: Option<(Vec<f64>, Vec<f64>)> = None;
        for _ in 0..steps {
            if clock.over() {
                break;
            }
            if losses.is_none() {
                losses = Some(match duals {
                    Some(d) => self.losses(d),
                    None => (vec![1.0; people], vec![0.0; self.net.rows.len()]),
                });
            }
            let Some((people_loss, row_loss)) = &losses else { break };
            let (people_loss, row_loss) = (people_loss.clone(), row_loss.clone());
            let wide = self.rng.chance(0.35) || self.must_cut();
            let window = if wide { self.window(people.max(9)) } else { None };
            let group = self.group(&people_loss, &row_loss, window);
            if self.one_group(&group, duals, window, clock) {
                losses = None;
            }
        }
    }

    /// Tries to hold the smallest total of a fairness rule one higher or lower: all people leave where they are
    /// together, which no group of a few can, since the first of them would pay for the spread. Annealing, the bound
    /// there, then groups; nothing where that bound has no room.
    pub fn hold(&mut self, rule: usize, groups: usize, clock: &Clock<'_>) {
        let level = self.best.totals(&self.net.fair[rule]).min().unwrap_or(0) + self.side;
        let (kept, cost) = (self.best.clone(), self.cost);
        if self.closed.iter().any(|c| (c.0, c.1) == (rule, level) && c.2 >= cost) {
            return;
        }
        self.net.fair[rule].level = Some(level);
        self.cost = self.best.cost(&self.net);
        self.walk(1.0, 1.0, clock);
        let people: Vec<usize> = (0..self.net.agents.len()).collect();
        let (least, duals) = {
            let mut master = Master::new(&self.net, &self.best, &people, None);
            let pricer = std::slice::from_mut(&mut self.pricer);
            master.climb(pricer, 120, cost, clock);
            master.seed_again(pricer);
            master.generate(pricer, 200, 1e-6, cost, clock);
            (master.least(), master.has_bound().then(|| master.duals_of_net()))
        };
        if least < cost {
            self.groups(groups, duals.as_deref(), clock);
        } else {
            self.closed.push((rule, level, least));
        }
        self.net.fair[rule].level = None;
        self.cost = self.best.cost(&self.net);
        if self.cost > cost {
            (self.best, self.cost) = (kept, cost);
        }
    }

    fn one_group(
        &mut self,
        group: &[usize],
        duals: Option<&[f64]>,
        window: Option<(usize, usize)>,
        clock: &Clock<'_>,
    ) -> bool {
        let state = self.best.clone();
        let frames = self.frame(group, &state, window);
        let sideways = i64::from(self.rng.chance(0.2));
        let upper = self.cost + sideways;
        let found = {
            let mut master = Master::new(&self.net, &state, group, window);
            let pricer = std::slice::from_mut(&mut self.pricer);
            if let Some(d) = duals {
                master.seed(pricer, d);
            }
            match master.generate(pricer, 60, 1e-5, upper, clock) {
                Ended::Pruned => None,
                _ => master.dive(pricer, upper, &mut self.rng, 6, clock).or_else(|| Some(vec![])),
            }
        };
        self.unframe(frames);
        let Some(schedules) = found else {
            self.group_size = (self.group_size + 0.15).min(self.net.agents.len() as f64);
            return false;
        };
        self.group_size = (self.group_size - 0.05).max(3.0);
        if schedules.is_empty() {
            return false;
        }
        let mut next = state;
        for (p, schedule) in schedules {
            next.take(&self.net, p);
            next.put(&self.net, p, schedule);
        }
        for &p in group {
            let pulls = next.pulls(&self.net, p);
            let before = next.cost(&self.net);
            let old = next.take(&self.net, p);
            self.insert(&mut next, p, old.clone(), &pulls, 0.0);
            if next.cost(&self.net) > before {
                next.take(&self.net, p);
                next.put(&self.net, p, old);
            }
        }
        let cost = next.cost(&self.net);
        let better = cost < self.cost;
        if cost <= self.cost {
            self.cost = cost;
            self.best = next;
        }
        better
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Cover, Fairness, Kind, Model, Person};
    use super::*;
    use std::sync::atomic::AtomicBool;

    /// Everybody has one night. Two each are cheaper, and whoever has two first pays for the spread.
    #[test]
    fn held_one_higher_all_leave_together() {
        let (people, days) = (6, 6);
        let kind = |name: &str| Kind { name: name.into(), minutes: 480, never_then: vec![] };
        let person = |p: usize| {
            let mut q = Person::free(format!("p{p}"), 2);
            (q.min_minutes, q.max_minutes) = (960, 960);
            q
        };
        let m = Model {
            days,
            kinds: vec![kind("D"), kind("N")],
            people: (0..people).map(person).collect(),
            cover: (0..2 * days).map(|i| Cover { day: i / 2, kind: i % 2, need: 0, under: 0, over: 3 - 2 * (i % 2) as i64, hard: false }).collect(),
            fairness: vec![Fairness { name: "nights".into(), people: (0..people).map(|p| (p, 0)).collect(), cells: (0..days).map(|d| (d, 1)).collect(), weight: 50, free: 0 }],
            ..Model::default()
        };
        let net = Net::new(&m);
        let one_night = [0, 1].into_iter().chain(std::iter::repeat_n(super::super::model::OFF, days - 2)).collect::<Vec<u8>>();
        let state = State::new(&net, vec![one_night; people]);
        let never = AtomicBool::new(false);
        let clock = Clock { elapsed: &|| 0.0, until: 1.0, stop: &never };
        let (mut up, mut down) = (Lane::new(&net, &state, 1, 1), Lane::new(&net, &state, 1, -1));
        assert_eq!(up.cost, 24);
        up.hold(0, 10, &clock);
        assert_eq!((up.cost, up.best.cost(&net)), (12, 12));
        assert!(up.best.totals(&net.fair[0]).all(|t| t == 2));
        // Below there is no room, which the bound says; nothing is changed, and it is not looked at again.
        down.hold(0, 10, &clock);
        assert_eq!((down.cost, &down.best.rows), (24, &state.rows));
        assert_eq!(down.closed.iter().map(|c| (c.0, c.1)).collect::<Vec<_>>(), vec![(0, 0)]);
        assert!(up.net.fair[0].level.is_none() && down.net.fair[0].level.is_none());
    }
}
