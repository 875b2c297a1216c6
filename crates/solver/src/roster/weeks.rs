//! Weeks whose hours are counted in the pricing's state (每周工时): the month falls into stretches, each a counted week or what
//! lies between such weeks. Within a counted week the state holds the units worked in it so far; with every new stretch it
//! starts at nothing again.

use super::model::OFF;
use super::net::{Agent, Net};

/// Days of a run that lie in its first stretch, in those between, and in its last one. A run within one stretch has them all
/// in the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub head: usize,
    pub mid: usize,
    pub tail: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Weeks {
    /// Weeks that are counted, in order.
    pub counted: Vec<usize>,
    /// First day of the stretch of each day, and a day that begins none after the last.
    start: Vec<usize>,
    /// Units at most in the stretch of each day; `None`: not counted.
    limit: Vec<Option<usize>>,
    /// Units worked so far that a state before each day may hold, at most.
    most: Vec<usize>,
    /// One more than the largest of those.
    pub size: usize,
}

impl Weeks {
    pub fn new(net: &Net, agent: &Agent, counted: &[usize]) -> Weeks {
        let days = net.days;
        let mut start = vec![0; days + 1];
        let mut limit = vec![None; days + 1];
        let longest = agent.widths().0;
        for &w in counted {
            let (from, to) = net.weeks[w];
            start[from..to].fill(from);
            limit[from..to].fill(agent.max_week[w]);
            // What follows is a stretch of its own, until the next counted week writes over it.
            start[to..].fill(to);
        }
        start[days] = days;
        let most: Vec<usize> = (0..=days).map(|d| limit[d].map_or(0, |l| l.min((d - start[d]) * longest))).collect();
        let size = most.iter().copied().max().unwrap_or(0) + 1;
        Weeks { counted: counted.to_vec(), start, limit, most, size }
    }

    /// Units that a state before `day` may hold, at most.
    pub fn most(&self, day: usize) -> usize {
        self.most[day]
    }

    /// Units at most in the stretch of `day`.
    pub fn limit(&self, day: usize) -> usize {
        self.limit[day].unwrap_or(usize::MAX)
    }

    /// Whether `day` is of the same stretch as the day before it.
    pub fn goes_on(&self, day: usize) -> bool {
        day > 0 && self.start[day] == self.start[day - 1]
    }

    pub fn parts(&self, first: usize, length: usize) -> Parts {
        let last = first + length - 1;
        if self.start[last] == self.start[first] {
            return Parts { head: 0, mid: 0, tail: length };
        }
        let head = (first..=last).take_while(|&d| self.start[d] == self.start[first]).count();
        let tail = last + 1 - self.start[last];
        Parts { head, mid: length - head - tail, tail }
    }

    /// Units held before day `to`, which the last worked day `last` comes before, when `within` were worked in the stretch of
    /// `last` until then.
    pub fn held(&self, last: usize, to: usize, within: usize) -> usize {
        if self.limit[last].is_some() && self.start[to] == self.start[last] { within } else { 0 }
    }
}

/// Weeks whose limit a schedule breaks.
pub(crate) fn over_weeks(net: &Net, agent: &Agent, schedule: &[u8]) -> Vec<usize> {
    let broken = |w: &usize| agent.max_week[*w].is_some_and(|most| units_in(net, agent, schedule, *w) > most);
    (0..agent.max_week.len()).filter(broken).collect()
}

/// Units of a schedule in a week.
pub(crate) fn units_in(net: &Net, agent: &Agent, schedule: &[u8], week: usize) -> usize {
    let (from, to) = net.weeks[week];
    schedule[from..to].iter().filter(|k| **k != OFF).map(|&k| agent.units[k as usize]).sum()
}
