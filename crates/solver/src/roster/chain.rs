//! The chain of runs and rests: a person's month over (day, worked weekends, limited kinds, units of time).

use super::model::OFF;
use super::net::{Agent, INF, Net};
use super::price::{Counted, Pricer, Run, Size, Way};

/// States that can matter before a day: units and weekends, both inclusive; empty when `low > high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    low: usize,
    high: usize,
    few: usize,
    many: usize,
}

const EMPTY: Span = Span { low: usize::MAX, high: 0, few: usize::MAX, many: 0 };

impl Span {
    fn is_empty(&self) -> bool {
        self.low > self.high || self.few > self.many
    }

    fn join(&mut self, o: Span) {
        if !o.is_empty() {
            *self = Span {
                low: self.low.min(o.low),
                high: self.high.max(o.high),
                few: self.few.min(o.few),
                many: self.many.max(o.many),
            };
        }
    }

    fn meet(&self, o: Span) -> Span {
        let s = Span {
            low: self.low.max(o.low),
            high: self.high.min(o.high),
            few: self.few.max(o.few),
            many: self.many.min(o.many),
        };
        if s.is_empty() { EMPTY } else { s }
    }
}

/// A run with its first day, length and way, and the combination and units held before it, none when it is carried over.
type Before = (usize, usize, Way, Option<(usize, usize)>);

/// The chain of runs and rests.
pub(crate) struct Search<'a> {
    net: &'a Net,
    agent: &'a Agent,
    counted: &'a Counted,
    size: &'a Size,
    layer: usize,
    layers: &'a mut Vec<f64>,
    ways: &'a [Way],
    ranges: &'a [(u32, u32)],
    run: &'a mut Run,
    /// Days before which so many must be worked.
    must_before: Vec<usize>,
    spans: Vec<Span>,
}

impl<'a> Search<'a> {
    pub fn new(pricer: &'a mut Pricer, net: &'a Net, agent: &'a Agent, counted: &'a Counted, size: &'a Size) -> Self {
        let mut must_before = vec![0; net.days + 1];
        for d in 0..net.days {
            must_before[d + 1] = must_before[d] + usize::from(agent.must[d]);
        }
        let mut search = Search {
            net,
            agent,
            counted,
            size,
            layer: size.layer * counted.size * counted.weeks.size,
            layers: &mut pricer.layers,
            ways: &pricer.ways,
            ranges: &pricer.ranges,
            run: &mut pricer.run,
            must_before,
            spans: vec![],
        };
        search.spans = search.reach();
        search
    }

    /// States of each day that some chain from the beginning reaches and that may still end well, as intervals.
    fn reach(&self) -> Vec<Span> {
        let days = self.net.days;
        let mut from = vec![EMPTY; days + 1];
        if let Some(d) = self.begin() {
            from[d] = Span { low: 0, high: 0, few: 0, many: 0 };
        }
        let cut = Span { low: 0, high: self.size.units - 1, few: 0, many: self.size.weekends - 1 };
        for day in 0..days {
            let carried = day == 0 && self.carries_on();
            let here = if carried { Span { low: 0, high: 0, few: 0, many: 0 } } else { from[day] };
            if here.is_empty() {
                continue;
            }
            if !carried && self.rest_ok(day, day + 1) {
                from[day + 1].join(here);
            }
            self.each_run(day, |to, (least, most), weekends| {
                let next = Span {
                    low: here.low + least,
                    high: here.high + most,
                    few: here.few + weekends,
                    many: here.many + weekends,
                };
                from[to].join(next.meet(cut));
            });
        }
        let mut spans = vec![EMPTY; days + 1];
        spans[days] = from[days].meet(Span { low: self.agent.min_units, ..cut });
        for day in (0..days).rev() {
            let mut span = EMPTY;
            if self.rest_ok(day, day + 1) {
                span.join(spans[day + 1]);
            }
            self.each_run(day, |to, (least, most), weekends| {
                let s = spans[to];
                if !s.is_empty() && s.high >= least && s.many >= weekends {
                    span.join(Span {
                        low: s.low.saturating_sub(most),
                        high: s.high - least,
                        few: s.few.saturating_sub(weekends),
                        many: s.many - weekends,
                    });
                }
            });
            spans[day] = span.meet(from[day]);
        }
        spans
    }

    /// Every possible run from `day`: the day after its rest, smallest and largest units, weekends.
    fn each_run(&self, day: usize, mut f: impl FnMut(usize, (usize, usize), usize)) {
        for length in 1..=self.agent.max_run.min(self.net.days - day) {
            let ways = self.ways_of(day, length);
            let (Some(first), Some(last)) = (ways.first(), ways.last()) else { continue };
            let to = self.after(day, length);
            if self.long_enough(day, length) && self.rest_ok(day + length, to) {
                f(to, (self.units_of(length, first), self.units_of(length, last)), self.weekends(day, length));
            }
        }
    }

    fn rest_ok(&self, from: usize, to: usize) -> bool {
        self.must_before[to] == self.must_before[from]
    }

    /// Place of a state; `held` are the units of the counted week so far.
    fn at(&self, day: usize, weekend: usize, combination: usize, held: usize, units: usize) -> usize {
        day * self.layer + ((weekend * self.counted.size + combination) * self.counted.weeks.size + held) * self.size.units + units
    }

    /// Value of a state; [`INF`] outside of what was searched.
    fn value(&self, day: usize, weekend: usize, combination: usize, held: usize, units: usize) -> f64 {
        let s = &self.spans[day];
        let inside = (s.low..=s.high).contains(&units) && (s.few..=s.many).contains(&weekend) && held <= self.counted.weeks.most(day);
        if inside { self.layers[self.at(day, weekend, combination, held, units)] } else { INF }
    }

    /// Units of a run in its first stretch, and what is held before `to` after it, where `held` was before it; `None` when a
    /// week is too full. A run of no days is a day of rest.
    fn after_run(&self, first: usize, length: usize, to: usize, way: &Way, held: usize) -> Option<usize> {
        let weeks = &self.counted.weeks;
        if weeks.size == 1 {
            return Some(0);
        }
        if length == 0 {
            return Some(weeks.held(first, to, held));
        }
        let (parts, last) = (weeks.parts(first, length), first + length - 1);
        if parts.head == 0 {
            let within = held + self.units_of(length, way);
            return (within <= weeks.limit(first)).then(|| weeks.held(last, to, within));
        }
        let head = held + parts.head * self.size.shortest + way.head * self.size.step;
        let tail = parts.tail * self.size.shortest + way.tail * self.size.step;
        (head <= weeks.limit(first)).then(|| weeks.held(last, to, tail))
    }

    /// First day that is free to begin a run or go on resting, when the roster begins with rest; `None` when it cannot.
    fn begin(&self) -> Option<usize> {
        let rest = match self.agent.history {
            None => 0,
            Some((None, run)) => self.agent.min_off.saturating_sub(run),
            Some((Some(_), run)) if run >= self.agent.min_run || self.agent.away[0] => self.agent.min_off,
            Some(_) => return None,
        }
        .min(self.net.days);
        self.rest_ok(0, rest).then_some(rest)
    }

    /// Whether a run of `length` from `day` is long enough.
    fn long_enough(&self, day: usize, length: usize) -> bool {
        let known = match self.agent.history {
            None if day == 0 => return true,
            Some((Some(_), run)) if day == 0 => run,
            _ => 0,
        };
        let end = day + length;
        known + length >= self.agent.min_run || end == self.net.days || self.agent.away[end]
    }

    fn carries_on(&self) -> bool {
        matches!(self.agent.history, Some((Some(_), _)))
    }

    fn after(&self, day: usize, length: usize) -> usize {
        (day + length + self.agent.min_off).min(self.net.days)
    }

    fn weekends(&self, day: usize, length: usize) -> usize {
        if self.agent.max_weekends.is_some() { self.net.weekends(day, day + length) } else { 0 }
    }

    fn ways_of(&self, day: usize, length: usize) -> &'a [Way] {
        let (a, b) = self.ranges[day * self.agent.max_run + length - 1];
        &self.ways[a as usize..b as usize]
    }

    fn units_of(&self, length: usize, way: &Way) -> usize {
        length * self.size.shortest + way.excess * self.size.step
    }

    pub fn forward(&mut self) {
        let days = self.net.days;
        let needed = (days + 1) * self.layer;
        if self.layers.len() < needed {
            self.layers.resize(needed, INF);
        }
        let t = self.counted.size;
        for day in 0..=days {
            let s = self.spans[day];
            for w in s.few..=s.many {
                for (c, v) in (0..t).flat_map(|c| (0..=self.counted.weeks.most(day)).map(move |v| (c, v))) {
                    let (a, b) = (self.at(day, w, c, v, s.low), self.at(day, w, c, v, s.high));
                    self.layers[a..=b].fill(INF);
                }
            }
        }
        if let Some(d) = self.begin()
            && self.spans[d].low == 0
            && self.spans[d].few == 0
        {
            let i = self.at(d, 0, 0, 0, 0);
            self.layers[i] = 0.0;
        }
        for day in 0..days {
            // Only a run that goes on from the history may begin on the first day after work.
            if day == 0 && self.carries_on() {
                self.carried_runs();
                continue;
            }
            if self.spans[day].is_empty() {
                continue;
            }
            if self.rest_ok(day, day + 1) {
                let same = [Way { excess: 0, head: 0, tail: 0, combination: 0, price: 0.0 }];
                self.spread(day, 0, day + 1, &same);
            }
            for length in 1..=self.agent.max_run.min(days - day) {
                let to = self.after(day, length);
                if self.long_enough(day, length) && self.rest_ok(day + length, to) {
                    self.spread(day, length, to, self.ways_of(day, length));
                }
            }
        }
    }

    fn carried_runs(&mut self) {
        for length in 1..=self.agent.max_run.min(self.net.days) {
            let to = self.after(0, length);
            let weekends = self.weekends(0, length);
            if !self.long_enough(0, length) || !self.rest_ok(length, to) || weekends >= self.size.weekends {
                continue;
            }
            for way in self.ways_of(0, length) {
                let units = self.units_of(length, way);
                let s = &self.spans[to];
                let held = self.after_run(0, length, to, way, 0);
                if let Some(held) = held
                    && (s.low..=s.high).contains(&units)
                    && (s.few..=s.many).contains(&weekends)
                {
                    let i = self.at(to, weekends, way.combination, held, units);
                    self.layers[i] = self.layers[i].min(way.price);
                }
            }
        }
    }

    /// Every state before `day` followed by every way to work a run of `length` (0: a day of rest).
    fn spread(&mut self, day: usize, length: usize, to: usize, ways: &[Way]) {
        let weekends = if length == 0 { 0 } else { self.weekends(day, length) };
        let (source, target) = (self.spans[day], self.spans[to]);
        let (t, held) = (self.counted.size, self.counted.weeks.size);
        // By way and units held before: what is held after.
        let most = self.counted.weeks.most(day);
        let pairs = ways.iter().flat_map(|way| (0..=most).map(move |v| (way, v)));
        let after: Vec<Option<usize>> = pairs.map(|(way, v)| self.after_run(day, length, to, way, v)).collect();
        let (here, there) = self.layers.split_at_mut((day + 1) * self.layer);
        let here = &here[day * self.layer..];
        let there = &mut there[(to - day - 1) * self.layer..];
        if target.is_empty() || target.many < weekends {
            return;
        }
        let few = source.few.max(target.few.saturating_sub(weekends));
        let many = source.many.min(target.many - weekends);
        for (i, way) in ways.iter().enumerate() {
            let added = length * self.size.shortest + way.excess * self.size.step;
            if added > target.high {
                break;
            }
            let high = source.high.min(target.high - added);
            let low = source.low.max(target.low.saturating_sub(added));
            if low > high {
                continue;
            }
            for w in few..=many {
                for c in 0..t {
                    let sum = if way.combination == 0 { c } else { self.counted.add[c * t + way.combination] };
                    if sum == usize::MAX {
                        continue;
                    }
                    for v in 0..=most {
                        let Some(after) = after[i * (most + 1) + v] else { continue };
                        let from = ((w * t + c) * held + v) * self.size.units + low;
                        let into = (((w + weekends) * t + sum) * held + after) * self.size.units + low + added;
                        let n = high - low + 1;
                        min_into(&mut there[into..into + n], &here[from..from + n], way.price);
                    }
                }
            }
        }
    }

    pub fn collect(&mut self, price: &[f64], want: usize) -> (f64, Vec<Vec<u8>>) {
        let days = self.net.days;
        let mut ends: Vec<(f64, usize, usize, usize)> = vec![];
        for u in self.agent.min_units..self.size.units {
            let all = (0..self.size.weekends).flat_map(|w| (0..self.counted.size).map(move |c| (w, c)));
            let best = all.map(|(w, c)| (self.value(days, w, c, 0, u), w, c, u)).min_by(|a, b| a.0.total_cmp(&b.0));
            ends.extend(best.filter(|b| b.0 < INF / 2.0));
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let lower = ends.first().map_or(INF, |e| e.0);
        let mut best = vec![];
        for (_, w, c, u) in ends.into_iter().take(want) {
            best.push(self.back(price, w, c, u));
        }
        (lower, best)
    }

    /// The schedule that ends in a state, found backwards by exact equality.
    fn back(&mut self, price: &[f64], mut w: usize, mut c: usize, mut u: usize) -> Vec<u8> {
        let mut schedule = vec![OFF; self.net.days];
        let mut day = self.net.days;
        let mut held = 0;
        let begin = self.begin();
        loop {
            let value = self.value(day, w, c, held, u);
            if begin == Some(day) && (w, c, held, u) == (0, 0, 0, 0) && value == 0.0 {
                return schedule;
            }
            let idle = day > 0 && self.rest_ok(day - 1, day) && !(day == 1 && self.carries_on());
            if idle {
                let rest = Way { excess: 0, head: 0, tail: 0, combination: 0, price: 0.0 };
                let same = |v: &usize| self.after_run(day - 1, 0, day, &rest, *v) == Some(held) && self.value(day - 1, w, c, *v, u) == value;
                if let Some(v) = (0..=self.counted.weeks.most(day - 1)).find(same) {
                    (held, day) = (v, day - 1);
                    continue;
                }
            }
            let Some((first, length, way, from)) = self.before(day, (w, c, held, u), value) else { return schedule };
            self.fill(price, first, length, &way, &mut schedule);
            let Some((c0, v0)) = from else { return schedule };
            w -= self.weekends(first, length);
            u -= self.units_of(length, &way);
            (c, held, day) = (c0, v0, first);
        }
    }

    /// A run that leads to the state with exactly this value.
    fn before(&self, day: usize, (w, c, held, u): (usize, usize, usize, usize), value: f64) -> Option<Before> {
        let t = self.counted.size;
        for length in 1..=self.agent.max_run.min(day) {
            let firsts = if day == self.net.days {
                day.saturating_sub(length + self.agent.min_off)..=day - length
            } else if day >= length + self.agent.min_off {
                let first = day - length - self.agent.min_off;
                first..=first
            } else {
                continue;
            };
            for first in firsts {
                let weekends = self.weekends(first, length);
                if weekends > w || !self.long_enough(first, length) || !self.rest_ok(first + length, day) {
                    continue;
                }
                let carried = first == 0 && self.carries_on();
                for way in self.ways_of(first, length) {
                    let units = self.units_of(length, way);
                    if units > u {
                        continue;
                    }
                    if carried {
                        let fits = (weekends, way.combination, units) == (w, c, u) && self.after_run(0, length, day, way, 0) == Some(held);
                        if fits && way.price == value {
                            return Some((first, length, *way, None));
                        }
                        continue;
                    }
                    for v0 in (0..=self.counted.weeks.most(first)).filter(|&v| self.after_run(first, length, day, way, v) == Some(held)) {
                        for c0 in 0..t {
                            let sum = if way.combination == 0 { c0 } else { self.counted.add[c0 * t + way.combination] };
                            let here = self.value(first, w - weekends, c0, v0, u - units);
                            if sum == c && here + way.price == value {
                                return Some((first, length, *way, Some((c0, v0))));
                            }
                        }
                    }
                }
            }
        }
        None
    }

    /// Writes the kinds of a run into the schedule: solves the run again, keeping its tables.
    fn fill(&mut self, price: &[f64], first: usize, length: usize, way: &Way, schedule: &mut [u8]) {
        let (net, agent, counted, size) = (self.net, self.agent, self.counted, self.size);
        let t = counted.size;
        let mut tables = vec![];
        self.run.start(net, agent, price, counted, size, first);
        tables.push(self.run.now.clone());
        for n in 2..=length {
            self.run.step(net, agent, price, counted, size, first, n);
            tables.push(self.run.now.clone());
        }
        let (mut combination, mut value) = (way.combination, way.price);
        // Excesses of head, mid and tail that the days before may have had.
        let mut open = vec![(way.head, way.excess - way.head - way.tail, way.tail)];
        let mut next: Option<usize> = None;
        for n in (1..=length).rev() {
            let shape = Run::shape(agent, counted, size, first, n);
            let inside = |x: &&(usize, usize, usize)| x.0 < shape.head && x.1 < shape.mid && x.2 < shape.tail;
            let all = open.iter().filter(inside).flat_map(|x| agent.kinds.iter().enumerate().map(move |(i, &k)| (*x, i, k)));
            let found = all.into_iter().find(|&(x, i, k)| {
                next.is_none_or(|b| net.follows(agent, k, b))
                    && tables[n - 1][(i * shape.all() + shape.at(x)) * t + combination] == value
            });
            let Some(((head, mid, tail), _, k)) = found else { return };
            let day = first + n - 1;
            schedule[day] = k as u8;
            next = Some(k);
            value -= price[day * net.kinds + k];
            let shift = (agent.units[k] - size.shortest) / size.step;
            open = if n == 1 || counted.weeks.goes_on(day) {
                vec![(head, mid, tail - shift)]
            } else if counted.weeks.parts(first, n - 1).head == 0 {
                vec![(0, 0, head)]
            } else {
                (0..=mid).map(|e| (head, mid - e, e)).collect()
            };
            let single = counted.single[k];
            if single != 0 {
                combination = (0..t).find(|&c| counted.add[c * t + single] == combination).unwrap_or(0);
            }
        }
    }
}

fn min_into(into: &mut [f64], from: &[f64], add: f64) {
    for (a, b) in into.iter_mut().zip(from) {
        let v = b + add;
        *a = if v < *a { v } else { *a };
    }
}
