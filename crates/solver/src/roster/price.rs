//! Pricing: the cheapest legal schedule of one person for given cell prices, by dynamic programming over runs.
//!
//! A run of working days is first solved alone (successions, lengths, limited kinds), for each first day and length; the
//! month is then a chain of runs and rests over (day, worked weekends, limited kinds, minutes). Limits of kinds are taken
//! into the state only for kinds (and hours of weeks only for weeks) whose limit was found broken without it, and by multipliers
//! where the state would grow too large. Prices are whole numbers in `f64`, so every sum is exact and the way back is found by equality.

use super::chain::Search;
use super::model::OFF;
use super::net::{Agent, INF, Net, SCALE};
use super::weeks::{Parts, Weeks, over_weeks, units_in};

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
    /// Of the excess, what lies in the first stretch of a run over several ([`Weeks`]), and in the last.
    pub head: usize,
    pub tail: usize,
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
    pub weeks: Weeks,
}

impl Counted {
    fn new(net: &Net, agent: &Agent, kinds: &[usize], weeks: &[usize]) -> Counted {
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
        Counted { kinds: kinds.to_vec(), size, add, single, weeks: Weeks::new(net, agent, weeks) }
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

/// Tables of one run's programme: price by (kind, excess of the first stretch, of those between, of the last, combination).
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
        if agent.limited().next().is_none() && agent.max_week.is_empty() {
            let none = Counted::new(net, agent, &[], &[]);
            let (lower, best) = self.solve(net, agent, price, &none, want);
            return Found { lower, best };
        }
        let mut counted = self.learnt[p].take().unwrap_or_else(|| Counted::new(net, agent, &[], &[]));
        let found = loop {
            let (lower, best) = self.solve(net, agent, price, &counted, want);
            let Some(first) = best.first() else { break Found { lower, best } };
            let (broken, weeks) = (over_limit(agent, first), over_weeks(net, agent, first));
            if broken.is_empty() && weeks.is_empty() {
                let legal = |b: &Vec<u8>| over_limit(agent, b).is_empty() && over_weeks(net, agent, b).is_empty();
                break Found { lower, best: best.into_iter().filter(legal).collect() };
            }
            let mut kinds = counted.kinds.clone();
            kinds.extend(broken.first());
            let mut all: Vec<usize> = counted.weeks.counted.iter().chain(&weeks).copied().collect();
            all.sort_unstable();
            let more = Weeks::new(net, agent, &all).size;
            let size: usize = kinds.iter().map(|&k| agent.limit[k].unwrap_or(0) + 1).product();
            if size > MAX_COMBINATIONS || Pricer::size(agent).layer * size * more * (net.days + 1) > MAX_STATES {
                break self.by_multipliers(net, p, price, &counted, lower);
            }
            counted = Counted::new(net, agent, &kinds, &all);
        };
        // A kind or a week far from its limit now need not be counted next time.
        if let Some(b) = found.best.first() {
            let near = |k: usize| 2 * count(agent, b, k) > agent.limit[k].unwrap_or(0);
            let full = |w: usize| agent.max_week[w].is_some_and(|most| units_in(net, agent, b, w) + agent.widths().0 > most);
            let keep: Vec<usize> = counted.kinds.iter().copied().filter(|&k| near(k)).collect();
            let weeks: Vec<usize> = counted.weeks.counted.iter().copied().filter(|&w| full(w)).collect();
            if keep.len() < counted.kinds.len() || weeks.len() < counted.weeks.counted.len() {
                counted = Counted::new(net, agent, &keep, &weeks);
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
        let weeks = agent.max_week.len();
        // One for each kind, one for those that count together, one for each week.
        by.resize(kinds + 1 + weeks, 0.0);
        let of_week = |d: usize| agent.max_week.get(net.week_of[d]).map(|_| kinds + 1 + net.week_of[d]);
        let (mut lower, mut best): (f64, Vec<Vec<u8>>) = (lower, vec![]);
        let mut changed = price.to_vec();
        let mut barred = price.to_vec();
        // From the sixth round on every round shuts one kind or one day of a week or more for good, so this many are enough.
        for round in 0..7 + agent.kinds.len() + 7 * weeks {
            for (c, v) in changed.iter_mut().enumerate() {
                let k = c % kinds;
                let week = of_week(c / kinds).map_or(0.0, |w| by[w] * agent.units[k] as f64);
                *v = barred[c] + by[k] + week + if agent.together[k] { by[kinds] } else { 0.0 };
            }
            let (value, ways) = self.solve(net, agent, &changed, counted, 1);
            let Some(way) = ways.into_iter().next() else { break };
            let of_kinds: f64 = (0..=kinds).map(|k| by[k] * agent.limit[k].unwrap_or(0) as f64).sum();
            let of_weeks: f64 = (0..weeks).map(|w| by[kinds + 1 + w] * agent.max_week[w].unwrap_or(0) as f64).sum();
            let paid = of_kinds + of_weeks;
            if round < 6 {
                lower = lower.max(value - paid);
            }
            let (broken, full) = (over_limit(agent, &way), over_weeks(net, agent, &way));
            let step = SCALE * if round < 3 { 1.0 } else { 4.0 };
            for k in (0..=kinds).filter(|&k| agent.limit[k].is_some()) {
                let over = count(agent, &way, k) as f64 - agent.limit[k].unwrap_or(0) as f64;
                by[k] = (by[k] + (step * over / 4.0).floor()).max(0.0);
            }
            for w in (0..weeks).filter(|&w| agent.max_week[w].is_some()) {
                let over = units_in(net, agent, &way, w) as f64 - agent.max_week[w].unwrap_or(0) as f64;
                let by = &mut by[kinds + 1 + w];
                *by = (*by + (step * over / (4 * agent.widths().0) as f64).floor()).max(0.0);
            }
            if broken.is_empty() && full.is_empty() {
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
                // Of a week that is too full the days from its first on stay, as far as they go.
                for &w in &full {
                    let mut left = agent.max_week[w].unwrap_or(0);
                    for d in net.weeks[w].0..net.weeks[w].1 {
                        let units = if way[d] == OFF { 0 } else { agent.units[way[d] as usize] };
                        match left.checked_sub(units) {
                            Some(rest) => left = rest,
                            None => barred[d * kinds..(d + 1) * kinds].fill(INF),
                        }
                    }
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
        let layer = size.layer * counted.size * counted.weeks.size;
        let ways = Run::ways(net, agent, &size, counted);
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
                    self.run.collect(agent, counted, size, day, length, &mut self.ways);
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

/// Excesses that the days in each part of a run can have, as numbers of values.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub head: usize,
    pub mid: usize,
    pub tail: usize,
}

impl Shape {
    fn of(agent: &Agent, size: &Size, parts: Parts) -> Shape {
        let width = |days: usize| Run::excesses(agent, size, days);
        Shape { head: width(parts.head), mid: width(parts.mid), tail: width(parts.tail) }
    }

    pub fn all(&self) -> usize {
        self.head * self.mid * self.tail
    }

    /// Place of the excesses of head, mid and tail.
    pub fn at(&self, (h, m, e): (usize, usize, usize)) -> usize {
        (h * self.mid + m) * self.tail + e
    }

    pub fn split(&self, at: usize) -> (usize, usize, usize) {
        (at / (self.mid * self.tail), at / self.tail % self.mid, at % self.tail)
    }
}

impl Run {
    pub fn excesses(agent: &Agent, size: &Size, length: usize) -> usize {
        let widest = agent.kinds.iter().map(|&k| agent.units[k] - size.shortest).max().unwrap_or(0);
        length * widest / size.step + 1
    }

    pub fn shape(agent: &Agent, counted: &Counted, size: &Size, first: usize, length: usize) -> Shape {
        Shape::of(agent, size, counted.weeks.parts(first, length))
    }

    /// Ways of all runs at most.
    fn ways(net: &Net, agent: &Agent, size: &Size, counted: &Counted) -> usize {
        if counted.weeks.size == 1 {
            return net.days * agent.max_run * Run::excesses(agent, size, agent.max_run) * counted.size;
        }
        let longest = |first: usize| agent.max_run.min(net.days - first);
        let of = |first: usize| (1..=longest(first)).map(|n| Run::shape(agent, counted, size, first, n).all()).sum::<usize>();
        (0..net.days).map(of).sum::<usize>() * counted.size
    }

    pub fn start(&mut self, net: &Net, agent: &Agent, price: &[f64], counted: &Counted, size: &Size, day: usize) {
        let n = Run::excesses(agent, size, 1) * counted.size;
        self.now.clear();
        self.now.resize(agent.kinds.len() * n, INF);
        let before = if day == 0 { agent.history.and_then(|h| h.0) } else { None };
        let limit = counted.weeks.limit(day);
        for (i, &k) in agent.kinds.iter().enumerate() {
            let c = counted.single[k];
            let follows = before.is_none_or(|b| net.follows(agent, b, k)) && agent.units[k] <= limit;
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
        let t = counted.size;
        let weeks = &counted.weeks;
        let (old, new) = (Run::shape(agent, counted, size, first, length - 1), Run::shape(agent, counted, size, first, length));
        let (before, here) = (weeks.parts(first, length - 1), weeks.parts(first, length));
        let goes_on = weeks.goes_on(day);
        // Excess in the last stretch that its limit leaves.
        let most = weeks.limit(day).checked_sub(here.tail * size.shortest).map(|left| left / size.step);
        self.next.clear();
        self.next.resize(agent.kinds.len() * new.all() * t, INF);
        for (j, &k) in agent.kinds.iter().enumerate() {
            let cell = day * net.kinds + k;
            let single = counted.single[k];
            if !agent.able[cell] || single == usize::MAX || price[cell] >= INF {
                continue;
            }
            self.before.clear();
            self.before.resize(old.all() * t, INF);
            for (i, &a) in agent.kinds.iter().enumerate() {
                if net.follows(agent, a, k) {
                    let from = &self.now[i * old.all() * t..(i + 1) * old.all() * t];
                    for (b, v) in self.before.iter_mut().zip(from) {
                        if *v < *b {
                            *b = *v;
                        }
                    }
                }
            }
            let shift = (agent.units[k] - size.shortest) / size.step;
            for at in 0..old.all() {
                let (h, m, e) = old.split(at);
                let to = match (goes_on, before.head) {
                    (true, _) => (h, m, e + shift),
                    (false, 0) => (e, 0, shift),
                    (false, _) => (h, m + e, shift),
                };
                if most.is_none_or(|most| to.2 > most) {
                    continue;
                }
                let place = (j * new.all() + new.at(to)) * t;
                for c in 0..t {
                    let v = self.before[at * t + c];
                    let sum = if single == 0 { c } else { counted.add[c * t + single] };
                    if v < INF && sum != usize::MAX {
                        let slot = &mut self.next[place + sum];
                        *slot = slot.min(v + price[cell]);
                    }
                }
            }
        }
        std::mem::swap(&mut self.now, &mut self.next);
    }

    fn collect(&self, agent: &Agent, counted: &Counted, size: &Size, first: usize, length: usize, ways: &mut Vec<Way>) {
        let shape = Run::shape(agent, counted, size, first, length);
        let n = shape.all() * counted.size;
        let begin = ways.len();
        for i in 0..n {
            let price = (0..agent.kinds.len()).map(|k| self.now[k * n + i]).fold(INF, f64::min);
            if price < INF {
                let (head, mid, tail) = shape.split(i / counted.size);
                ways.push(Way { excess: head + mid + tail, head, tail, combination: i % counted.size, price });
            }
        }
        if shape.head > 1 {
            ways[begin..].sort_by_key(|w| w.excess);
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
