//! The model compiled into dense tables: one [`Agent`] for each person, one [`Row`] for everything that couples them.

use super::lp::Programme;
use super::model::{Model, OFF, Person};

/// Fixed-point steps in one unit of cost. Prices are multiples of 1/SCALE, held as whole `f64` numbers below 2^53.
pub(crate) const SCALE: f64 = 65_536.0;
/// "Not possible"; far above every sum of prices.
pub(crate) const INF: f64 = 1e17;

/// Σ activity + under − over = need.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub need: i64,
    pub under: i64,
    pub over: i64,
}

/// A fairness rule over agents.
#[derive(Clone, Debug)]
pub(crate) struct Fair {
    pub people: Vec<(usize, i64)>,
    pub counted: Vec<bool>,
    pub weight: i64,
    /// Spread that costs nothing.
    pub free: i64,
    /// The smallest total is held here ([`Net::held`]): instead of the spread, each unit below it costs, and each above it and `free`.
    pub level: Option<i64>,
    /// First of the rows: for each person one for the largest, then one for the smallest total, then one for the spread.
    pub first_row: usize,
    /// Smallest carry: the zero of the variables for the largest and the smallest total.
    pub zero: i64,
    /// Largest value of both.
    pub most: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Agent {
    /// Kinds possible at all.
    pub kinds: Vec<usize>,
    pub able: Vec<bool>,
    /// Days that must be worked.
    pub must: Vec<bool>,
    /// Cost of working a cell instead of being off.
    pub cost: Vec<i64>,
    /// Cost of being off all days.
    pub base: i64,
    /// (cell, row, coefficient) of rows other than cover, by cell; `extra_from` has the ranges.
    pub extra: Vec<(u32, u32, i32)>,
    pub extra_from: Vec<u32>,
    pub units: Vec<usize>,
    pub min_units: usize,
    pub max_units: usize,
    /// Units of each week at most; `None`: never reached. Empty when no week has a limit.
    pub max_week: Vec<Option<usize>>,
    pub max_run: usize,
    pub min_run: usize,
    pub min_off: usize,
    /// `None`: never reached.
    pub max_weekends: Option<usize>,
    /// Shifts of each kind at most, and last, of those that count together.
    pub limit: Vec<Option<usize>>,
    /// The kind is one of those that count together.
    pub together: Vec<bool>,
    /// (last kind or none, run length).
    pub history: Option<(Option<usize>, usize)>,
    /// Fair rules this person is part of.
    pub fair: Vec<usize>,
    /// Days that cut a run without making it too short.
    pub away: Vec<bool>,
    pub any_succession: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Net {
    pub days: usize,
    pub kinds: usize,
    pub agents: Vec<Agent>,
    pub rows: Vec<Row>,
    /// Row of a (day, kind) need, or `usize::MAX`.
    pub cover_row: Vec<usize>,
    pub fair: Vec<Fair>,
    /// May `b` follow `a`: `follows[a * kinds + b]`.
    follows: Vec<bool>,
    /// Number of weekends whose first day is before a day.
    pub weekends_before: Vec<usize>,
    /// The day is the second of a weekend.
    pub second: Vec<bool>,
    /// First day and day after the last of each week.
    pub weeks: Vec<(usize, usize)>,
    /// Week of each day, `usize::MAX` for none.
    pub week_of: Vec<usize>,
    /// What solves the masters.
    pub programme: Programme,
}

impl Net {
    pub fn new(model: &Model) -> Net {
        let (days, kinds) = (model.days, model.kinds.len());
        let mut follows = vec![true; kinds * kinds];
        for (a, k) in model.kinds.iter().enumerate() {
            for &b in &k.never_then {
                follows[a * kinds + b] = false;
            }
        }
        let (mut first, mut second) = (vec![0; days + 1], vec![false; days]);
        for w in &model.weekends {
            first[w[0] + 1] += 1;
            if let Some(&d) = w.get(1) {
                second[d] = true;
            }
        }
        for d in 0..days {
            first[d + 1] += first[d];
        }
        let mut week_of = vec![usize::MAX; days];
        for (w, &(from, to)) in model.weeks.iter().enumerate() {
            week_of[from..to].fill(w);
        }
        let mut net = Net {
            days,
            kinds,
            agents: model.people.iter().map(|p| Agent::new(model, p)).collect(),
            rows: vec![],
            cover_row: vec![usize::MAX; days * kinds],
            fair: vec![],
            follows,
            weekends_before: first,
            second,
            weeks: model.weeks.clone(),
            week_of,
            programme: Programme::default(),
        };
        net.costs(model);
        net.needs(model);
        net.fairness(model);
        for (p, a) in net.agents.iter_mut().enumerate() {
            a.extra.sort_unstable();
            a.extra_from = vec![0; days * kinds + 1];
            for &(cell, ..) in &a.extra {
                a.extra_from[cell as usize + 1] += 1;
            }
            for i in 0..days * kinds {
                a.extra_from[i + 1] += a.extra_from[i];
            }
            a.fair = (0..net.fair.len()).filter(|&f| net.fair[f].people.iter().any(|x| x.0 == p)).collect();
        }
        net
    }

    fn costs(&mut self, model: &Model) {
        let kinds = self.kinds;
        for r in &model.requests {
            let a = &mut self.agents[r.person];
            if r.on {
                a.base += r.weight;
                a.cost[r.day * kinds + r.kind] -= r.weight;
            } else {
                a.cost[r.day * kinds + r.kind] += r.weight;
            }
        }
        for c in &model.costs {
            let a = &mut self.agents[c.person];
            match c.kind {
                Some(k) => a.cost[c.day * kinds + k] += c.cost,
                None => {
                    a.base += c.cost;
                    for k in 0..kinds {
                        a.cost[c.day * kinds + k] -= c.cost;
                    }
                }
            }
        }
    }

    fn needs(&mut self, model: &Model) {
        let hard = hard_weight(model);
        for c in &model.cover {
            self.cover_row[c.day * self.kinds + c.kind] = self.rows.len();
            let under = if c.hard { hard } else { c.under };
            self.rows.push(Row { need: i64::from(c.need), under, over: c.over });
        }
        for m in &model.mixes {
            let row = self.rows.len();
            let under = if m.hard { hard } else { m.under };
            self.rows.push(Row { need: i64::from(m.least), under, over: 0 });
            for &(p, coefficient) in m.people.iter().filter(|p| p.1 != 0) {
                for &k in &m.kinds {
                    self.agents[p].extra.push(((m.day * self.kinds + k) as u32, row as u32, coefficient));
                }
            }
        }
    }

    fn fairness(&mut self, model: &Model) {
        for f in model.fairness.iter().filter(|f| f.people.len() > 1 && f.weight > 0) {
            let first_row = self.rows.len();
            let zero = f.people.iter().map(|p| i64::from(p.1)).min().unwrap_or(0);
            let most = f.people.iter().map(|p| i64::from(p.1)).max().unwrap_or(0) - zero + self.days as i64;
            let mut counted = vec![false; self.days * self.kinds];
            for &(d, k) in &f.cells {
                counted[d * self.kinds + k] = true;
            }
            for upper in [true, false] {
                for &(p, carry) in &f.people {
                    let row = self.rows.len();
                    let (under, over) = if upper { (0, f.weight) } else { (f.weight, 0) };
                    self.rows.push(Row { need: zero - i64::from(carry), under, over });
                    for cell in (0..counted.len()).filter(|&c| counted[c]) {
                        self.agents[p].extra.push((cell as u32, row as u32, 1));
                    }
                }
            }
            let people = f.people.iter().map(|&(p, c)| (p, i64::from(c))).collect();
            let free = i64::from(f.free);
            self.rows.push(Row { need: -free, under: f.weight, over: 0 });
            self.fair.push(Fair { people, counted, weight: f.weight, free, level: None, first_row, zero, most });
        }
    }

    /// Rows before those of fairness: needs and mixes.
    pub fn plain_rows(&self) -> usize {
        self.fair.first().map_or(self.rows.len(), |f| f.first_row)
    }

    /// Whether `agent` may work kind `b` on the day after kind `a`.
    pub fn follows(&self, agent: &Agent, a: usize, b: usize) -> bool {
        agent.any_succession || self.follows[a * self.kinds + b]
    }

    /// Weekends touched by work on days `from..to`.
    pub fn weekends(&self, from: usize, to: usize) -> usize {
        self.weekends_before[to] - self.weekends_before[from] + usize::from(self.second[from])
    }

    /// Cost of a personal schedule without the coupling rows.
    pub fn own_cost(&self, p: usize, schedule: &[u8]) -> i64 {
        let a = &self.agents[p];
        let worked = schedule.iter().enumerate().filter(|(_, k)| **k != OFF);
        a.base + worked.map(|(d, &k)| a.cost[d * self.kinds + k as usize]).sum::<i64>()
    }

    /// Rows a cell of a person adds to, with coefficients.
    pub fn rows_of(&self, p: usize, cell: usize) -> impl Iterator<Item = (usize, i64)> + '_ {
        let a = &self.agents[p];
        let cover = self.cover_row[cell];
        let extra = &a.extra[a.extra_from[cell] as usize..a.extra_from[cell + 1] as usize];
        let own = (cover != usize::MAX).then_some((cover, 1));
        own.into_iter().chain(extra.iter().map(|&(_, r, c)| (r as usize, i64::from(c))))
    }
}

impl Fair {
    /// Units of a total outside of where `level` holds it; the cost of these is never below that of the spread.
    pub fn outside(&self, level: i64, total: i64) -> i64 {
        (level - total).max(0) + (total - level - self.free).max(0)
    }
}

/// Weight of one missing unit of a hard row: far above every soft weight.
pub(crate) fn hard_weight(model: &Model) -> i64 {
    let cover = model.cover.iter().map(|c| c.under.max(c.over));
    let wishes = model.requests.iter().map(|r| r.weight).chain(model.costs.iter().map(|c| c.cost));
    let rows = model.mixes.iter().map(|m| m.under).chain(model.fairness.iter().map(|f| f.weight));
    20 * cover.chain(wishes).chain(rows).max().unwrap_or(0).max(50)
}

impl Agent {
    /// Limits that say something, by their place in [`Agent::limit`].
    pub fn limited(&self) -> impl Iterator<Item = usize> + '_ {
        self.kinds.iter().copied().chain([self.together.len()]).filter(|&l| self.limit[l].is_some())
    }

    /// The largest and the smallest units of a kind that is possible.
    pub fn widths(&self) -> (usize, usize) {
        let units = || self.kinds.iter().map(|&k| self.units[k]);
        (units().max().unwrap_or(1), units().min().unwrap_or(1))
    }

    /// Whether a limit counts shifts of a kind.
    pub fn counts(&self, limit: usize, kind: usize) -> bool {
        limit == kind || (limit == self.together.len() && self.together[kind])
    }

    /// The same person with everything outside of days `from..to` settled as in `schedule`.
    pub fn framed(&self, schedule: &[u8], from: usize, to: usize) -> Agent {
        let kinds = self.units.len();
        let mut a = self.clone();
        for (d, &k) in schedule.iter().enumerate().filter(|(d, _)| *d < from || *d >= to) {
            a.able[d * kinds..(d + 1) * kinds].fill(false);
            if k != OFF {
                a.able[d * kinds + k as usize] = true;
                a.must[d] = true;
            }
        }
        a
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Agent {
    fn new(model: &Model, p: &Person) -> Agent {
        let (days, kinds) = (model.days, model.kinds.len());
        let mut able: Vec<bool> = (0..days * kinds).map(|c| p.max_of_kind[c % kinds] > 0).collect();
        let mut must = vec![false; days];
        for &(d, k) in &p.barred {
            able[d * kinds + k] = false;
        }
        for &d in &p.days_off {
            able[d * kinds..(d + 1) * kinds].fill(false);
        }
        for &(d, content) in &p.fixed {
            for k in 0..kinds {
                able[d * kinds + k] &= content == Some(k);
            }
            must[d] |= content.is_some();
        }
        if let Some(next) = p.next.filter(|_| !p.any_succession) {
            for k in (0..kinds).filter(|&k| model.kinds[k].never_then.contains(&next)) {
                able[(days - 1) * kinds + k] = false;
            }
        }
        let possible: Vec<usize> = (0..kinds).filter(|&k| (0..days).any(|d| able[d * kinds + k])).collect();
        let unit = possible.iter().fold(0, |g, &k| gcd(g, model.kinds[k].minutes as usize)).max(1);
        let units: Vec<usize> = model.kinds.iter().map(|k| (k.minutes as usize) / unit).collect();
        let longest = possible.iter().map(|&k| units[k]).max().unwrap_or(1);
        let shortest = possible.iter().map(|&k| units[k]).min().unwrap_or(1);
        let limits = possible.iter().map(|&k| (k, p.max_of_kind[k] as usize));
        let most_shifts = (p.max_minutes as usize / unit / shortest).min(days);
        let mut limit = vec![None; kinds + 1];
        for (k, n) in limits {
            limit[k] = (n < most_shifts).then_some(n);
        }
        let mut together = vec![false; kinds];
        if let Some((list, n)) = &p.max_together {
            list.iter().for_each(|&k| together[k] = true);
            limit[kinds] = ((*n as usize) < most_shifts).then_some(*n as usize);
        }
        let weekends = model.weekends.len();
        let week = |(&(from, to), &most): (&(usize, usize), &u32)| {
            let most = most as usize / unit;
            (most < (to - from) * longest).then_some(most)
        };
        let max_week: Vec<Option<usize>> = model.weeks.iter().zip(&p.max_week).map(week).collect();
        Agent {
            kinds: possible,
            able,
            must,
            cost: vec![0; days * kinds],
            base: 0,
            extra: vec![],
            extra_from: vec![],
            units,
            min_units: (p.min_minutes as usize).div_ceil(unit),
            max_units: (p.max_minutes as usize / unit).min(days * longest),
            max_week: if max_week.iter().any(Option::is_some) { max_week } else { vec![] },
            max_run: (p.max_run as usize).min(days),
            min_run: p.min_run as usize,
            min_off: (p.min_off as usize).min(days),
            max_weekends: ((p.max_weekends as usize) < weekends).then_some(p.max_weekends as usize),
            limit,
            together,
            history: p.history.map(|h| (h.last, h.run as usize)),
            fair: vec![],
            away: (0..days).map(|d| p.away.contains(&d)).collect(),
            any_succession: p.any_succession,
        }
    }
}
