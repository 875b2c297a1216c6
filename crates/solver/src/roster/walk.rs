//! Annealing on cells (退火): many small legal moves a second, each judged by the rows it touches. It finds no proof, but
//! a good roster before the programme has its first duals, and it mends in long horizons what groups of people leave.

use super::model::OFF;
use super::net::{Agent, Fair, Net};
use super::state::State;
use super::util::{Clock, Rng};

/// Longest stretch of days that one move rewrites.
const LONGEST: usize = 14;
/// Moves between two looks at the clock.
const BREATH: usize = 1024;

/// What the rules of one person count.
#[derive(Clone, Debug, Default)]
struct Tally {
    units: usize,
    weekends: usize,
    /// Days worked of each weekend.
    worked: Vec<u8>,
    /// By kind, and last, of those that count together.
    of_kind: Vec<u16>,
    /// Units of each week.
    of_week: Vec<usize>,
}

/// One annealing over all people; starts from a legal roster and never leaves the personal rules.
pub(crate) struct Walk<'n> {
    net: &'n Net,
    state: State,
    cost: i64,
    tallies: Vec<Tally>,
    /// Weekend of each day, `usize::MAX` for none.
    weekend: Vec<usize>,
    /// Cells with a need.
    needs: Vec<(usize, usize)>,
    best: Vec<Vec<u8>>,
    best_cost: i64,
    /// People whose row changed since the best was kept.
    dirty: Vec<bool>,
    /// The move at hand: (person, day, kind), and what stood there before.
    cells: Vec<(usize, usize, u8)>,
    before: Vec<u8>,
}

impl<'n> Walk<'n> {
    pub fn new(net: &'n Net, state: &State) -> Walk<'n> {
        let weekend: Vec<usize> = (0..net.days)
            .map(|d| match (net.weekends_before[d + 1] > net.weekends_before[d], net.second[d]) {
                (true, _) => net.weekends_before[d],
                (false, true) => net.weekends_before[d] - 1,
                _ => usize::MAX,
            })
            .collect();
        let cells = 0..net.days * net.kinds;
        let needs = cells.filter(|&c| net.cover_row[c] != usize::MAX).map(|c| (c / net.kinds, c % net.kinds)).collect();
        let cost = state.cost(net);
        let mut walk = Walk {
            net,
            state: state.clone(),
            cost,
            tallies: vec![],
            weekend,
            needs,
            best: state.rows.clone(),
            best_cost: cost,
            dirty: vec![false; net.agents.len()],
            cells: vec![],
            before: vec![],
        };
        walk.tallies = (0..net.agents.len()).map(|p| walk.tally(p)).collect();
        walk
    }

    fn tally(&self, p: usize) -> Tally {
        let agent = &self.net.agents[p];
        let weekends = self.net.weekends_before[self.net.days];
        let mut t = Tally { worked: vec![0; weekends], of_kind: vec![0; self.net.kinds + 1], of_week: vec![0; self.net.weeks.len()], ..Tally::default() };
        for (d, &k) in self.state.rows[p].iter().enumerate() {
            count(self.net, agent, &self.weekend, &mut t, d, k, true);
        }
        t
    }

    /// A size of step that fits the weights: half of the middle cost of a missing person.
    pub fn heat(net: &Net) -> f64 {
        let mut under: Vec<i64> = net.rows[..net.plain_rows()].iter().map(|r| r.under).filter(|u| *u > 0).collect();
        under.sort_unstable();
        under.get(under.len() / 2).map_or(10.0, |u| (*u as f64 / 2.0).clamp(1.0, 1e5))
    }

    /// `moves` moves while the temperature falls from `hot` to `cold`; returns the best state and its cost.
    pub fn run(mut self, moves: usize, hot: f64, cold: f64, rng: &mut Rng, clock: &Clock<'_>) -> (State, i64) {
        let mut heat = hot;
        let begun = (clock.elapsed)();
        for i in 0..moves {
            if i % BREATH == 0 {
                // No cost is below nothing.
                if clock.over() || self.best_cost == 0 {
                    break;
                }
                // Where the time is short for so many moves it cools by the time, or it would end hot.
                let (by_moves, spent) = (i as f64 / moves as f64, (clock.elapsed)() - begun);
                let by_time = spent / (clock.until - begun).max(1e-6);
                let part = if by_time > by_moves + 0.05 { by_time.min(1.0) } else { by_moves };
                heat = hot * (cold / hot).powf(part);
            }
            self.cells.clear();
            self.propose(rng);
            if self.cells.is_empty() {
                continue;
            }
            let most = (-heat * rng.unit().max(1e-12).ln()).min(1e12) as i64;
            self.step(most);
        }
        let state = State::new(self.net, self.best);
        (state, self.best_cost)
    }

    /// Makes the move at hand when it costs at most `most` more and breaks no personal rule.
    fn step(&mut self, most: i64) {
        let cells = std::mem::take(&mut self.cells);
        let mut before = std::mem::take(&mut self.before);
        before.clear();
        let fair = self.spreads(&cells);
        let mut delta = 0;
        for &(p, d, k) in &cells {
            before.push(self.state.rows[p][d]);
            delta += self.put(p, d, k);
        }
        let mut felt = delta;
        if let (Some(old), Some(new)) = (fair, self.spreads(&cells)) {
            delta += new.0 - old.0;
            felt += new.1 - old.1;
        }
        if felt <= most && self.legal(&cells, &before) {
            self.cost += delta;
            cells.iter().for_each(|c| self.dirty[c.0] = true);
            if self.cost < self.best_cost {
                self.best_cost = self.cost;
                for (p, dirty) in self.dirty.iter_mut().enumerate().filter(|x| *x.1) {
                    self.best[p].clone_from(&self.state.rows[p]);
                    *dirty = false;
                }
            }
        } else {
            for (&(p, d, _), &k) in cells.iter().zip(&before).rev() {
                self.put(p, d, k);
            }
        }
        (self.cells, self.before) = (cells, before);
    }

    /// Cost of the fairness rules when the cells' people are part of some, and what steps feel of it: the squares of the
    /// totals, since a spread stays the same until the last of those with the most has less.
    fn spreads(&self, cells: &[(usize, usize, u8)]) -> Option<(i64, i64)> {
        if self.net.fair.is_empty() || cells.iter().all(|c| self.net.agents[c.0].fair.is_empty()) {
            return None;
        }
        let of = |f: &Fair| {
            let unfair = self.state.unfair(f);
            if f.level.is_some() {
                return (unfair, unfair);
            }
            let totals = || self.state.totals(f);
            let (n, sum) = (f.people.len() as i64, totals().sum::<i64>());
            let squares = totals().map(|t| t * t).sum::<i64>() - sum * sum / n;
            (unfair, f.weight * squares / 2)
        };
        Some(self.net.fair.iter().map(of).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)))
    }

    /// Writes a cell; the change of the person's own cost and of the plain rows.
    fn put(&mut self, p: usize, d: usize, new: u8) -> i64 {
        let (net, plain) = (self.net, self.net.plain_rows());
        let old = std::mem::replace(&mut self.state.rows[p][d], new);
        let (mut rows, mut own) = (0, 0);
        for (k, sign) in [(old, -1), (new, 1)] {
            if k == OFF {
                continue;
            }
            let cell = d * net.kinds + k as usize;
            own += sign * net.agents[p].cost[cell];
            for (r, c) in net.rows_of(p, cell) {
                let now = self.state.activity[r];
                self.state.activity[r] = now + sign * c;
                if r < plain {
                    rows += State::row_cost(net, r, now + sign * c) - State::row_cost(net, r, now);
                }
            }
        }
        self.state.own += own;
        rows + own
    }

    /// Whether the people of the cells still keep their rules; then their tallies are brought up to date.
    fn legal(&mut self, cells: &[(usize, usize, u8)], before: &[u8]) -> bool {
        for (&(p, d, k), &old) in cells.iter().zip(before) {
            count(self.net, &self.net.agents[p], &self.weekend, &mut self.tallies[p], d, old, false);
            count(self.net, &self.net.agents[p], &self.weekend, &mut self.tallies[p], d, k, true);
        }
        // Cells come person by person, days upwards.
        let mut i = 0;
        let mut ok = true;
        while ok && i < cells.len() {
            let p = cells[i].0;
            let n = cells[i..].iter().take_while(|c| c.0 == p).count();
            let (agent, t) = (&self.net.agents[p], &self.tallies[p]);
            ok = (agent.min_units..=agent.max_units).contains(&t.units)
                && agent.max_weekends.is_none_or(|w| t.weekends <= w)
                && (agent.max_week.is_empty() || cells[i..i + n].iter().all(|c| week_ok(self.net, agent, t, c.1)))
                && agent.limit[self.net.kinds].is_none_or(|l| t.of_kind[self.net.kinds] as usize <= l)
                && cells[i..i + n].iter().all(|c| {
                    let limit = if c.2 == OFF { None } else { agent.limit[c.2 as usize] };
                    limit.is_none_or(|l| t.of_kind[c.2 as usize] as usize <= l)
                })
                && runs_ok(self.net, agent, &self.state.rows[p], cells[i].1, cells[i + n - 1].1 + 1);
            i += n;
        }
        if !ok {
            for (&(p, d, k), &old) in cells.iter().zip(before) {
                count(self.net, &self.net.agents[p], &self.weekend, &mut self.tallies[p], d, k, false);
                count(self.net, &self.net.agents[p], &self.weekend, &mut self.tallies[p], d, old, true);
            }
        }
        ok
    }

    fn propose(&mut self, rng: &mut Rng) {
        let people = self.net.agents.len();
        let p = rng.below(people);
        match rng.below(16) {
            0..=3 => self.rewrite(p, rng),
            4..=6 => self.fill_need(rng),
            7..=11 if people > 1 => self.exchange(p, rng),
            12 | 13 if people > 1 => self.give_and_take(p, rng),
            14 => self.turn(p, rng),
            _ => self.two_days(p, rng),
        }
    }

    fn stretch(&self, rng: &mut Rng) -> (usize, usize) {
        let days = self.net.days;
        let mut length = 1;
        while length < LONGEST.min(days) && rng.chance(0.55) {
            length += 1;
        }
        let from = rng.below(days + 1 - length);
        (from, from + length)
    }

    fn able(&self, p: usize, d: usize, k: u8) -> bool {
        let agent = &self.net.agents[p];
        if k == OFF { !agent.must[d] } else { agent.able[d * self.net.kinds + k as usize] }
    }

    /// One person works one kind, or rests, for some days.
    fn rewrite(&mut self, p: usize, rng: &mut Rng) {
        let (from, to) = self.stretch(rng);
        let kinds = &self.net.agents[p].kinds;
        let k = if kinds.is_empty() || rng.chance(0.35) { OFF } else { kinds[rng.below(kinds.len())] as u8 };
        self.lay(p, from, to, k);
    }

    fn lay(&mut self, p: usize, from: usize, to: usize, k: u8) {
        for d in from..to {
            if self.state.rows[p][d] != k && self.able(p, d, k) {
                self.cells.push((p, d, k));
            }
        }
    }

    /// Somebody takes a shift on which people are missing.
    fn fill_need(&mut self, rng: &mut Rng) {
        if self.needs.is_empty() {
            return;
        }
        for _ in 0..8 {
            let (d, k) = self.needs[rng.below(self.needs.len())];
            let r = self.net.cover_row[d * self.net.kinds + k];
            if self.state.activity[r] < self.net.rows[r].need {
                let p = rng.below(self.net.agents.len());
                if !self.able(p, d, k as u8) {
                    continue;
                }
                let (mut from, mut to) = (d, d + 1);
                while rng.chance(0.3) && to < self.net.days {
                    to += 1;
                }
                while rng.chance(0.3) && from > 0 {
                    from -= 1;
                }
                self.lay(p, from, to, k as u8);
                return;
            }
        }
    }

    /// Two people exchange some days.
    fn exchange(&mut self, p: usize, rng: &mut Rng) {
        let q = (p + 1 + rng.below(self.net.agents.len() - 1)) % self.net.agents.len();
        let (from, to) = self.stretch(rng);
        for (a, b) in [(p, q), (q, p)] {
            for d in from..to {
                let k = self.state.rows[b][d];
                if k != self.state.rows[a][d] {
                    if !self.able(a, d, k) {
                        self.cells.clear();
                        return;
                    }
                    self.cells.push((a, d, k));
                }
            }
        }
    }

    /// Two people exchange one day and, the other way round, another: working hours stay.
    fn give_and_take(&mut self, p: usize, rng: &mut Rng) {
        let (people, days) = (self.net.agents.len(), self.net.days);
        let q = (p + 1 + rng.below(people - 1)) % people;
        let find = |rng: &mut Rng, a: usize, b: usize| {
            let d =
                (0..4).map(|_| rng.below(days)).find(|&d| self.state.rows[a][d] != OFF && self.state.rows[b][d] == OFF);
            d.filter(|&d| self.able(b, d, self.state.rows[a][d]) && self.able(a, d, OFF))
        };
        let (Some(x), Some(y)) = (find(rng, p, q), find(rng, q, p)) else { return };
        let (kx, ky) = (self.state.rows[p][x], self.state.rows[q][y]);
        let order = |a: (usize, u8), b: (usize, u8)| if a.0 < b.0 { [a, b] } else { [b, a] };
        for (d, k) in order((x, OFF), (y, ky)) {
            self.cells.push((p, d, k));
        }
        for (d, k) in order((x, kx), (y, OFF)) {
            self.cells.push((q, d, k));
        }
    }

    /// One person's days move by one within a stretch.
    fn turn(&mut self, p: usize, rng: &mut Rng) {
        let (from, to) = self.stretch(rng);
        let n = to - from;
        let by = if rng.chance(0.5) { 1 } else { n - 1 };
        for d in from..to {
            let k = self.state.rows[p][from + (d - from + by) % n];
            if k != self.state.rows[p][d] {
                if !self.able(p, d, k) {
                    self.cells.clear();
                    return;
                }
                self.cells.push((p, d, k));
            }
        }
    }

    /// One person exchanges two of their days.
    fn two_days(&mut self, p: usize, rng: &mut Rng) {
        let (a, b) = (rng.below(self.net.days), rng.below(self.net.days));
        let (a, b) = (a.min(b), a.max(b));
        let (ka, kb) = (self.state.rows[p][a], self.state.rows[p][b]);
        if ka != kb && self.able(p, a, kb) && self.able(p, b, ka) {
            self.cells.extend([(p, a, kb), (p, b, ka)]);
        }
    }
}

/// Whether the week of a day keeps its limit.
fn week_ok(net: &Net, agent: &Agent, t: &Tally, day: usize) -> bool {
    let w = net.week_of[day];
    w == usize::MAX || agent.max_week[w].is_none_or(|most| t.of_week[w] <= most)
}

/// Adds a cell to a person's tally, or takes it out.
fn count(net: &Net, agent: &Agent, weekend: &[usize], t: &mut Tally, d: usize, k: u8, add: bool) {
    if k == OFF {
        return;
    }
    let units = agent.units[k as usize];
    let w = weekend[d];
    if let Some(week) = t.of_week.get_mut(net.week_of[d]) {
        *week = if add { *week + units } else { *week - units };
    }
    let both = u16::from(agent.together[k as usize]);
    let all = agent.together.len();
    if add {
        t.of_kind[all] += both;
        t.units += units;
        t.of_kind[k as usize] += 1;
        if w != usize::MAX {
            t.worked[w] += 1;
            t.weekends += usize::from(t.worked[w] == 1);
        }
    } else {
        t.of_kind[all] -= both;
        t.units -= units;
        t.of_kind[k as usize] -= 1;
        if w != usize::MAX {
            t.worked[w] -= 1;
            t.weekends -= usize::from(t.worked[w] == 0);
        }
    }
}

/// Whether the runs of work and rest that touch days `from..to` keep their lengths and successions.
fn runs_ok(net: &Net, agent: &Agent, row: &[u8], from: usize, to: usize) -> bool {
    let days = net.days;
    let works = |d: usize| row[d] != OFF;
    let (mut start, mut end) = (from, to);
    if start > 0 {
        let w = works(start - 1);
        while start > 0 && works(start - 1) == w {
            start -= 1;
        }
    }
    if end < days {
        let w = works(end);
        while end < days && works(end) == w {
            end += 1;
        }
    }
    let mut d = start;
    while d < end {
        let w = works(d);
        let mut next = d + 1;
        while next < days && works(next) == w {
            next += 1;
        }
        let known = if d > 0 { 0 } else { before_first(agent, w) };
        let Some(known) = (d > 0 || known != usize::MAX).then_some(known) else { return false };
        let length = next - d + known;
        let free = next == days || (d == 0 && agent.history.is_none());
        if w {
            if length > agent.max_run || (length < agent.min_run && !free && !agent.away[next]) {
                return false;
            }
            if d == 0
                && let Some((Some(last), _)) = agent.history
                && !net.follows(agent, last, row[0] as usize)
            {
                return false;
            }
            if !(d + 1..next).all(|x| net.follows(agent, row[x - 1] as usize, row[x] as usize)) {
                return false;
            }
        } else if length < agent.min_off && !free {
            return false;
        }
        d = next;
    }
    true
}

/// Days of the same sort before the first day; `usize::MAX` when the history does not allow the roster to begin so.
fn before_first(agent: &Agent, works: bool) -> usize {
    match agent.history {
        None => 0,
        Some((Some(_), run)) if works => run,
        Some((Some(_), run)) => {
            if run >= agent.min_run || agent.away[0] {
                0
            } else {
                usize::MAX
            }
        }
        Some((None, run)) if !works => run,
        Some((None, run)) => {
            if run >= agent.min_off {
                0
            } else {
                usize::MAX
            }
        }
    }
}
