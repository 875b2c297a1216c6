//! Pricing: the cheapest legal schedule of one person for given cell prices, by dynamic programming over runs.
//!
//! A run of working days is first solved alone (successions, lengths, limited kinds), for each first day and length; the
//! month is then a chain of runs and rests over (day, worked weekends, limited kinds, minutes). Limits of kinds are taken
//! into the state only for kinds whose limit was found broken without it, and by multipliers where the state would grow
//! too large. Prices are whole numbers in `f64`, so every sum is exact and the way back is found by equality.

use super::chain::Search;
use super::model::OFF;
use super::net::{Agent, INF, Net, SCALE};

/// States in all layers of one programme at most; what memory is bounded by.
const MAX_STATES: usize = 6_000_000;
/// Combinations of limited kinds in the state at most.
const MAX_COMBINATIONS: usize = 72;

/// What pricing found.
#[derive(Debug)]
pub(crate) struct Found {
    /// No legal schedule is cheaper than this; [`INF`] when there is none at all.
    pub lower: f64,
    /// Legal schedules, cheapest first. Empty when none exists or none was found.
    pub best: Vec<Vec<u8>>,
}

/// A way to work a run: excess units, combination of limited kinds, price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub excess: usize,
    pub combination: usize,
    pub price: f64,
}

/// Counted limited kinds as one number, with saturating-free addition.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    /// Limits, by their place in [`Agent::limit`].
    kinds: Vec<usize>,
    pub size: usize,
    /// `add[a * size + b]`, `usize::MAX` when a limit would be broken.
    pub add: Vec<usize>,
    /// Combination of a single shift of each kind, 0 for uncounted ones.
    pub single: Vec<usize>,
}

impl Counted {
    fn new(agent: &Agent, kinds: &[usize]) -> Counted {
        let limits: Vec<usize> = kinds.iter().map(|&k| agent.limit[k].unwrap_or(0)).collect();
        let size: usize = limits.iter().map(|l| l + 1).product();
        let split = |mut c: usize| -> Vec<usize> { limits.iter().map(|l| (c % (l + 1), c /= l + 1).0).collect() };
        let join = |v: &[usize]| v.iter().zip(&limits).rev().fold(0, |c, (n, l)| c * (l + 1) + n);
        let mut add = vec![usize::MAX; size * size];
        for a in 0..size {
            let va = split(a);
            for b in 0..size {
                let sum: Vec<usize> = split(b).iter().zip(&va).map(|(x, y)| x + y).collect();
                if sum.iter().zip(&limits).all(|(s, l)| s <= l) {
                    add[a * size + b] = join(&sum);
                }
            }
        }
        let mut single = vec![0; agent.together.len()];
        for (k, single) in single.iter_mut().enumerate() {
            let v: Vec<usize> = kinds.iter().map(|&l| usize::from(agent.counts(l, k))).collect();
            *single = if v.iter().zip(&limits).all(|(n, l)| n <= l) { join(&v) } else { usize::MAX };
        }
        Counted { kinds: kinds.to_vec(), size, add, single }
    }
}

/// Working memory of one thread, and what it learnt about each person's limits.
pub(crate) struct Pricer {
    pub layers: Vec<f64>,
    pub ways: Vec<Way>,
    /// Range in `ways` of each (first day, length − 1).
    pub ranges: Vec<(u32, u32)>,
    pub run: Run,
    learnt: Vec<Option<Counted>>,
    multipliers: Vec<Vec<f64>>,
}

/// Tables of one run's programme: price by (kind, excess, combination).
#[derive(Default)]
pub(crate) struct Run {
    pub now: Vec<f64>,
    next: Vec<f64>,
    before: Vec<f64>,
}

/// Sizes of one programme.
pub(crate) struct Size {
    pub shortest: usize,
    /// Step of excess units; excess counts in these.
    pub step: usize,
    pub weekends: usize,
    pub units: usize,
    pub layer: usize,
}

impl Pricer {
    pub fn new(net: &Net) -> Pricer {
        let people = net.agents.len();
        Pricer {
            layers: vec![],
            ways: vec![],
            ranges: vec![],
            run: Run::default(),
            learnt: vec![None; people],
            multipliers: vec![vec![]; people],
        }
    }

    /// Cheapest legal schedules of `agent` at `price` for each (day, kind) cell relative to a day off; [`INF`] bars a
    /// cell. At most `want` schedules with different minutes.
    pub fn best(&mut self, net: &Net, p: usize, price: &[f64], want: usize) -> Found {
        let agent = &net.agents[p];
        if agent.limited().next().is_none() {
            let none = Counted::new(agent, &[]);
            let (lower, best) = self.solve(net, agent, price, &none, want);
            return Found { lower, best };
        }
        let mut counted = self.learnt[p].take().unwrap_or_else(|| Counted::new(agent, &[]));
        let found = loop {
            let (lower, best) = self.solve(net, agent, price, &counted, want);
            let Some(first) = best.first() else { break Found { lower, best } };
            let broken = over_limit(agent, first);
            let Some(kind) = broken.first().copied() else {
                let best = best.into_iter().filter(|b| over_limit(agent, b).is_empty()).collect();
                break Found { lower, best };
            };
            let mut kinds = counted.kinds.clone();
            kinds.push(kind);
            let size = counted.size * (agent.limit[kind].unwrap_or(0) + 1);
            if size > MAX_COMBINATIONS || Pricer::size(agent).layer * size * (net.days + 1) > MAX_STATES {
                break self.by_multipliers(net, p, price, &counted, lower);
            }
            counted = Counted::new(agent, &kinds);
        };
        // A kind far from its limit now need not be counted next time.
        if let Some(b) = found.best.first() {
            let near = |k: usize| 2 * count(agent, b, k) > agent.limit[k].unwrap_or(0);
            let keep: Vec<usize> = counted.kinds.iter().copied().filter(|&k| near(k)).collect();
            if keep.len() < counted.kinds.len() {
                counted = Counted::new(agent, &keep);
            }
        }
        self.learnt[p] = Some(counted);
        found
    }

    /// Limits that do not fit into the state are priced by multipliers: each round gives a valid lower bound.
    fn by_multipliers(&mut self, net: &Net, p: usize, price: &[f64], counted: &Counted, lower: f64) -> Found {
        let agent = &net.agents[p];
        let kinds = net.kinds;
        let mut by = std::mem::take(&mut self.multipliers[p]);
        by.resize(kinds + 1, 0.0);
        let (mut lower, mut best): (f64, Vec<Vec<u8>>) = (lower, vec![]);
        let mut changed = price.to_vec();
        let mut barred = price.to_vec();
        // From the sixth round on every round shuts one kind or more for good, so this many are enough.
        for round in 0..7 + agent.kinds.len() {
            for (c, v) in changed.iter_mut().enumerate() {
                let k = c % kinds;
                *v = barred[c] + by[k] + if agent.together[k] { by[kinds] } else { 0.0 };
            }
            let (value, ways) = self.solve(net, agent, &changed, counted, 1);
            let Some(way) = ways.into_iter().next() else { break };
            let paid: f64 = (0..=kinds).map(|k| by[k] * agent.limit[k].unwrap_or(0) as f64).sum();
            if round < 6 {
                lower = lower.max(value - paid);
            }
            let broken = over_limit(agent, &way);
            let step = SCALE * if round < 3 { 1.0 } else { 4.0 };
            for k in (0..=kinds).filter(|&k| agent.limit[k].is_some()) {
                let over = count(agent, &way, k) as f64 - agent.limit[k].unwrap_or(0) as f64;
                by[k] = (by[k] + (step * over / 4.0).floor()).max(0.0);
            }
            if broken.is_empty() {
                best.push(way);
                break;
            }
            if round >= 6 {
                // No luck: the kind stays where it is now, evenly over the days, as often as it may; elsewhere it is barred.
                for &k in &broken {
                    let on: Vec<usize> = (0..net.days).filter(|&d| way[d] != OFF && agent.counts(k, way[d] as usize)).collect();
                    let most = agent.limit[k].unwrap_or(0);
                    let kept: Vec<usize> = (0..most).map(|i| on[i * on.len() / most]).collect();
                    let shut = (0..net.days).filter(|d| !kept.contains(d)).flat_map(|d| (0..kinds).map(move |j| (d, j)));
                    shut.filter(|&(_, j)| agent.counts(k, j)).for_each(|(d, j)| barred[d * kinds + j] = INF);
                }
            }
        }
        self.multipliers[p] = by;
        Found { lower, best }
    }

    fn size(agent: &Agent) -> Size {
        let of = |f: fn(usize, usize) -> usize, z| agent.kinds.iter().map(|&k| agent.units[k]).fold(z, f);
        let shortest = if agent.kinds.is_empty() { 1 } else { of(usize::min, usize::MAX) };
        let step = agent.kinds.iter().fold(0, |g, &k| gcd(g, agent.units[k] - shortest)).max(1);
        let weekends = agent.max_weekends.map_or(1, |w| w + 1);
        let units = agent.max_units + 1;
        Size { shortest, step, weekends, units, layer: weekends * units }
    }

    fn solve(
        &mut self,
        net: &Net,
        agent: &Agent,
        price: &[f64],
        counted: &Counted,
        want: usize,
    ) -> (f64, Vec<Vec<u8>>) {
        let size = Pricer::size(agent);
        let layer = size.layer * counted.size;
        let ways = net.days * agent.max_run * Run::excesses(agent, &size, agent.max_run) * counted.size;
        if layer * (net.days + 1) > 2 * MAX_STATES || ways > MAX_STATES {
            return (-INF, vec![]);
        }
        self.runs(net, agent, price, counted, &size);
        let mut search = Search::new(self, net, agent, counted, &size);
        search.forward();
        search.collect(price, want)
    }

    /// Fills `ways` for runs from each first day.
    fn runs(&mut self, net: &Net, agent: &Agent, price: &[f64], counted: &Counted, size: &Size) {
        self.ways.clear();
        self.ranges.clear();
        let continues = match agent.history {
            Some((Some(_), run)) => agent.max_run.saturating_sub(run),
            _ => agent.max_run,
        };
        for day in 0..net.days {
            let most = agent.max_run.min(net.days - day);
            let longest = if day == 0 { continues.min(most) } else { most };
            self.run.start(net, agent, price, counted, size, day);
            let mut alive = longest > 0;
            for length in 1..=most {
                let from = self.ways.len() as u32;
                if alive && length <= longest {
                    if length > 1 {
                        self.run.step(net, agent, price, counted, size, day, length);
                    }
                    self.run.collect(agent, counted, size, length, &mut self.ways);
                    alive = self.ways.len() as u32 > from;
                }
                self.ranges.push((from, self.ways.len() as u32));
            }
            for _ in most..agent.max_run {
                self.ranges.push((0, 0));
            }
        }
    }
}

impl Run {
    pub fn excesses(agent: &Agent, size: &Size, length: usize) -> usize {
        let widest = agent.kinds.iter().map(|&k| agent.units[k] - size.shortest).max().unwrap_or(0);
        length * widest / size.step + 1
    }

    pub fn start(&mut self, net: &Net, agent: &Agent, price: &[f64], counted: &Counted, size: &Size, day: usize) {
        let n = Run::excesses(agent, size, 1) * counted.size;
        self.now.clear();
        self.now.resize(agent.kinds.len() * n, INF);
        let before = if day == 0 { agent.history.and_then(|h| h.0) } else { None };
        for (i, &k) in agent.kinds.iter().enumerate() {
            let c = counted.single[k];
            let follows = before.is_none_or(|b| net.follows(agent, b, k));
            if follows && agent.able[day * net.kinds + k] && c != usize::MAX && price[day * net.kinds + k] < INF {
                let excess = (agent.units[k] - size.shortest) / size.step;
                self.now[i * n + excess * counted.size + c] = price[day * net.kinds + k];
            }
        }
    }

    /// From runs of `length − 1` days to runs of `length`.
    #[allow(clippy::too_many_arguments)]
    pub fn step(
        &mut self,
        net: &Net,
        agent: &Agent,
        price: &[f64],
        counted: &Counted,
        size: &Size,
        first: usize,
        length: usize,
    ) {
        let day = first + length - 1;
        let (old, new) = (Run::excesses(agent, size, length - 1), Run::excesses(agent, size, length));
        let t = counted.size;
        self.next.clear();
        self.next.resize(agent.kinds.len() * new * t, INF);
        for (j, &k) in agent.kinds.iter().enumerate() {
            let cell = day * net.kinds + k;
            let single = counted.single[k];
            if !agent.able[cell] || single == usize::MAX || price[cell] >= INF {
                continue;
            }
            self.before.clear();
            self.before.resize(old * t, INF);
            for (i, &a) in agent.kinds.iter().enumerate() {
                if net.follows(agent, a, k) {
                    let from = &self.now[i * old * t..(i + 1) * old * t];
                    for (b, v) in self.before.iter_mut().zip(from) {
                        if *v < *b {
                            *b = *v;
                        }
                    }
                }
            }
            let shift = (agent.units[k] - size.shortest) / size.step;
            for e in 0..old {
                for c in 0..t {
                    let v = self.before[e * t + c];
                    let to = if single == 0 { c } else { counted.add[c * t + single] };
                    if v < INF && to != usize::MAX {
                        let slot = &mut self.next[(j * new + e + shift) * t + to];
                        *slot = slot.min(v + price[cell]);
                    }
                }
            }
        }
        std::mem::swap(&mut self.now, &mut self.next);
    }

    fn collect(&self, agent: &Agent, counted: &Counted, size: &Size, length: usize, ways: &mut Vec<Way>) {
        let n = Run::excesses(agent, size, length) * counted.size;
        for i in 0..n {
            let price = (0..agent.kinds.len()).map(|k| self.now[k * n + i]).fold(INF, f64::min);
            if price < INF {
                ways.push(Way { excess: i / counted.size, combination: i % counted.size, price });
            }
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Shifts of a schedule that a limit counts.
fn count(agent: &Agent, schedule: &[u8], limit: usize) -> usize {
    schedule.iter().filter(|k| **k != OFF && agent.counts(limit, **k as usize)).count()
}

/// Limits that are broken.
fn over_limit(agent: &Agent, schedule: &[u8]) -> Vec<usize> {
    agent.limited().filter(|&l| agent.limit[l].is_some_and(|most| count(agent, schedule, l) > most)).collect()
}
