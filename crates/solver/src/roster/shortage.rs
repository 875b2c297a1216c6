//! Counting (人数核算): whether the people who may stand somewhere have, all together, enough duties in them for what is
//! asked there. It is tried before anything is searched: it takes a moment, it is a proof, and what it finds is told in a
//! few numbers. What needs more than counting is left to [`super::explain`].

use super::clash::Group;
use super::clash::Sort;
use super::model::{Mix, Model};
use std::cmp::Reverse;

/// Sets of people that are looked at, at most.
const MOST_SETS: usize = 40;

/// A person who is counted: how many duties there are in them at most, and the rule that says so (`None`: one a day).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Able {
    pub person: usize,
    pub most: u32,
    pub by: Option<Sort>,
}

/// What makes the numbers meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The limit of this sort is raised by so much for everybody who is counted (minutes for [`Sort::MaxMinutes`] and [`Sort::MaxWeek`]).
    Raise(Sort, u32),
    /// At most so many are asked for on each kind and day.
    Fewer(u32),
    /// So many more people who may stand there.
    More(u32),
}

/// More is asked for than there is (缺口): proven, whatever the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    pub days: Vec<usize>,
    pub kinds: Vec<usize>,
    /// Duties that only the people counted can do, over these days and kinds.
    pub need: u32,
    /// Duties that there are in them all together; less than `need`.
    pub capacity: u32,
    pub people: Vec<Able>,
    /// The hard needs and mixes that ask for them.
    pub rows: Vec<Group>,
    /// Other single days on which the same people do not suffice.
    pub more_days: usize,
    pub remedies: Vec<Remedy>,
}

/// What is told first: a single day, the most missing, fewer kinds, fewer days.
type Telling = (bool, u32, Reverse<usize>, Reverse<usize>);

/// The shortage that says most: on a single day where there is one, else the largest.
pub fn shortage(model: &Model) -> Option<Shortage> {
    model.validate().ok()?;
    let c = Counts::new(model);
    let mut best: Option<(Telling, Shortage)> = None;
    let spans = spans(model);
    for set in c.sets() {
        let asked = c.asked(&set);
        let busy: Vec<usize> = (0..c.kinds).filter(|&k| (0..model.days).any(|d| asked[d * c.kinds + k].0 > 0)).collect();
        let mut choices: Vec<Vec<usize>> = busy.iter().map(|&k| vec![k]).collect();
        if busy.len() > 1 {
            choices.push(busy);
        }
        for kinds in &choices {
            let mut short_days = 0;
            for days in &spans {
                let need: u32 = cells(days, kinds).map(|(d, k)| asked[d * c.kinds + k].0).sum();
                if need == 0 {
                    continue;
                }
                let people: Vec<Able> = (0..set.len()).filter(|&p| set[p]).map(|p| c.able(p, days, kinds, None)).collect();
                let capacity = people.iter().map(|a| a.most).sum();
                if need <= capacity {
                    continue;
                }
                short_days += usize::from(days.len() == 1);
                let key = (days.len() == 1, need - capacity, Reverse(kinds.len()), Reverse(days.len()));
                if best.as_ref().is_none_or(|(k, _)| key > *k) {
                    let rows = cells(days, kinds).filter_map(|(d, k)| asked[d * c.kinds + k].1).collect();
                    let people = people.into_iter().filter(|a| a.most > 0 || a.by.is_some()).collect();
                    let found = Shortage { days: days.clone(), kinds: kinds.clone(), need, capacity, people, rows, more_days: 0, remedies: vec![] };
                    best = Some((key, found));
                }
            }
            if let Some((key, found)) = best.as_mut()
                && key.0
                && found.kinds == *kinds
            {
                found.more_days = found.more_days.max(short_days.saturating_sub(1));
            }
        }
    }
    let (_, mut found) = best?;
    found.remedies = c.remedies(&found);
    Some(found)
}

fn cells<'a>(days: &'a [usize], kinds: &'a [usize]) -> impl Iterator<Item = (usize, usize)> + 'a {
    days.iter().flat_map(move |&d| kinds.iter().map(move |&k| (d, k)))
}

/// Single days, weeks from any day, all days, and all days of weekends.
fn spans(model: &Model) -> Vec<Vec<usize>> {
    let mut out: Vec<Vec<usize>> = (0..model.days).map(|d| vec![d]).collect();
    if model.days > 7 {
        out.extend((0..=model.days - 7).map(|d| (d..d + 7).collect::<Vec<_>>()));
    }
    out.push((0..model.days).collect());
    let mut free: Vec<usize> = model.weekends.iter().flatten().copied().collect();
    free.sort_unstable();
    free.dedup();
    if !free.is_empty() {
        out.push(free);
    }
    out
}

struct Counts<'a> {
    model: &'a Model,
    kinds: usize,
    /// By person, day, kind.
    able: Vec<bool>,
    /// Hard need by day and kind, with its row.
    hard: Vec<(u32, Option<Group>)>,
}

impl<'a> Counts<'a> {
    fn new(model: &'a Model) -> Counts<'a> {
        let (kinds, days) = (model.kinds.len(), model.days);
        let mut able = vec![false; model.people.len() * days * kinds];
        for (p, x) in model.people.iter().enumerate() {
            for d in (0..days).filter(|d| !x.days_off.contains(d)) {
                let fixed = x.fixed.iter().find(|f| f.0 == d).map(|f| f.1);
                for k in (0..kinds).filter(|&k| x.max_of_kind[k] > 0 && fixed.is_none_or(|f| f == Some(k))) {
                    able[(p * days + d) * kinds + k] = true;
                }
            }
            for &(d, k) in &x.barred {
                able[(p * days + d) * kinds + k] = false;
            }
        }
        let mut hard = vec![(0, None); days * kinds];
        for (i, c) in model.cover.iter().enumerate().filter(|(_, c)| c.hard) {
            hard[c.day * kinds + c.kind] = (c.need, (c.need > 0).then_some(Group::Cover(i)));
        }
        Counts { model, kinds, able, hard }
    }

    fn is_able(&self, p: usize, d: usize, k: usize) -> bool {
        self.able[(p * self.model.days + d) * self.kinds + k]
    }

    /// Everybody, those able for each kind, and those whom a mix asks for.
    fn sets(&self) -> Vec<Vec<bool>> {
        let people = self.model.people.len();
        let mut out = vec![vec![true; people]];
        let kinds = (0..self.kinds).map(|k| (0..people).map(|p| (0..self.model.days).any(|d| self.is_able(p, d, k))).collect::<Vec<bool>>());
        let mixes = self.model.mixes.iter().filter(|m| m.hard).map(|m| {
            let mut set = vec![false; people];
            m.people.iter().filter(|x| x.1 > 0).for_each(|x| set[x.0] = true);
            set
        });
        for set in kinds.chain(mixes) {
            if out.len() < MOST_SETS && !out.contains(&set) {
                out.push(set);
            }
        }
        out
    }

    /// How many of the set are needed on each day and kind at least, whatever the others do, and the row that says so.
    fn asked(&self, set: &[bool]) -> Vec<(u32, Option<Group>)> {
        let mut out = self.hard.clone();
        for d in 0..self.model.days {
            for k in 0..self.kinds {
                let others = (0..set.len()).filter(|&p| !set[p] && self.is_able(p, d, k)).count() as u32;
                let cell = &mut out[d * self.kinds + k];
                cell.0 = cell.0.saturating_sub(others);
            }
        }
        for (i, m) in self.model.mixes.iter().enumerate().filter(|(_, m)| m.hard) {
            let [k] = m.kinds[..] else { continue };
            if m.people.iter().all(|x| x.1 <= 0 || set[x.0] || !self.is_able(x.0, m.day, k)) {
                let least = self.led(m, k);
                let cell = &mut out[m.day * self.kinds + k];
                if least > cell.0 {
                    *cell = (least, Some(Group::Mix(i)));
                }
            }
        }
        out
    }

    /// People with a positive part in a mix who are needed at least, when as many stand there as are asked for.
    fn led(&self, m: &Mix, k: usize) -> u32 {
        let part = |p: usize| m.people.iter().filter(|x| x.0 == p).map(|x| x.1).sum::<i32>();
        let (mut up, mut down, mut none) = (0, 0, 0);
        for p in (0..self.model.people.len()).filter(|&p| self.is_able(p, m.day, k)) {
            match part(p) {
                0 => none += 1,
                c if c > 0 => up = up.max(c),
                c => down = if down == 0 { -c } else { down.min(-c) },
            }
        }
        // x of them with at most `up` each, y of those who take `down` at least: up·x − down·y ≥ least, x + y ≥ the rest.
        let rest = i64::from(self.hard[m.day * self.kinds + k].0) - none;
        let (up, down) = (i64::from(up), i64::from(down));
        let with = |down: i64| (i64::from(m.least) + down * rest.max(0)).max(0);
        if up == 0 {
            return u32::from(m.least > 0);
        }
        let x = if down == 0 { (with(0) + up - 1) / up } else { (with(down) + up + down - 1) / (up + down) };
        x.max(0) as u32
    }

    /// Duties of these kinds and days in a person at most. `raised`: a limit that is let out by so much.
    fn able(&self, p: usize, days: &[usize], kinds: &[usize], raised: Option<(Sort, u32)>) -> Able {
        let x = &self.model.people[p];
        let more = |sort: Sort| raised.filter(|r| r.0 == sort).map_or(0, |r| r.1);
        let on = |d: usize| kinds.iter().any(|&k| self.is_able(p, d, k));
        let open: Vec<usize> = days.iter().copied().filter(|&d| on(d)).collect();
        let some: Vec<usize> = kinds.iter().copied().filter(|&k| days.iter().any(|&d| self.is_able(p, d, k))).collect();
        let by_days = match days.iter().find(|&&d| !on(d)) {
            None => None,
            Some(d) if x.days_off.contains(d) => Some(Sort::DaysOff),
            Some(d) if x.fixed.iter().any(|f| f.0 == *d) => Some(Sort::Fixed),
            Some(_) if some.is_empty() && kinds.iter().all(|&k| x.max_of_kind[k] == 0) => None,
            Some(_) => Some(Sort::Barred),
        };
        let mut best = Able { person: p, most: open.len() as u32, by: by_days };
        let mut cap = |most: u32, sort: Sort| {
            if most < best.most {
                (best.most, best.by) = (most, Some(sort));
            }
        };
        let of_kind = |k: usize| (u32::from(x.max_of_kind[k]) + more(Sort::MaxOfKind)).min(days.iter().filter(|&&d| self.is_able(p, d, k)).count() as u32);
        let (both, single): (Vec<usize>, Vec<usize>) = some.iter().partition(|k| x.max_together.as_ref().is_some_and(|t| t.0.contains(k)));
        let sum = |list: &[usize]| list.iter().map(|&k| of_kind(k)).sum::<u32>();
        let most = x.max_together.as_ref().map_or(0, |t| u32::from(t.1) + more(Sort::MaxOfKind));
        cap(sum(&single) + sum(&both).min(most), Sort::MaxOfKind);
        if let Some(shortest) = some.iter().map(|&k| self.model.kinds[k].minutes).min().filter(|m| *m > 0) {
            cap((x.max_minutes + more(Sort::MaxMinutes)) / shortest, Sort::MaxMinutes);
            if !x.max_week.is_empty() {
                let mut left = open.len() as u32;
                let mut most = 0;
                for (&(from, to), &minutes) in self.model.weeks.iter().zip(&x.max_week) {
                    let there = open.iter().filter(|d| (from..to).contains(d)).count() as u32;
                    left -= there;
                    most += there.min((minutes + more(Sort::MaxWeek)) / shortest);
                }
                cap(most + left, Sort::MaxWeek);
            }
        }
        if days.windows(2).all(|w| w[0] + 1 == w[1]) {
            let (run, off) = (usize::from(x.max_run) + more(Sort::MaxRun) as usize, usize::from(x.min_off).max(1));
            let most = days.len() / (run + off) * run + (days.len() % (run + off)).min(run);
            cap(most as u32, Sort::MaxRun);
        }
        let mut weekends: Vec<usize> = self.model.weekends.iter().map(|w| w.iter().filter(|d| open.contains(d)).count()).collect();
        if weekends.iter().sum::<usize>() == open.len() {
            weekends.sort_unstable_by(|a, b| b.cmp(a));
            let few = usize::from(x.max_weekends) + more(Sort::MaxWeekends) as usize;
            cap(weekends.iter().take(few).sum::<usize>() as u32, Sort::MaxWeekends);
        }
        let apart = !x.any_succession && some.iter().all(|&a| some.iter().all(|b| self.model.kinds[a].never_then.contains(b)));
        if apart && !some.is_empty() {
            let mut stretches: Vec<(usize, u32)> = vec![];
            for &d in &open {
                match stretches.last_mut() {
                    Some((last, n)) if *last + 1 == d => (*last, *n) = (d, *n + 1),
                    _ => stretches.push((d, 1)),
                }
            }
            cap(stretches.iter().map(|s| s.1.div_ceil(2)).sum(), Sort::Successions);
        }
        best
    }

    fn remedies(&self, s: &Shortage) -> Vec<Remedy> {
        let total = |raised| s.people.iter().map(|a| self.able(a.person, &s.days, &s.kinds, Some(raised)).most).sum::<u32>();
        let mut out = vec![];
        for sort in [Sort::MaxWeekends, Sort::MaxMinutes, Sort::MaxWeek, Sort::MaxRun, Sort::MaxOfKind] {
            if s.people.iter().all(|a| a.by != Some(sort)) {
                continue;
            }
            let step = if matches!(sort, Sort::MaxMinutes | Sort::MaxWeek) { 60 } else { 1 };
            out.extend((1..=self.model.days as u32).map(|n| n * step).find(|&n| total((sort, n)) >= s.need).map(|n| Remedy::Raise(sort, n)));
        }
        let set: Vec<bool> = (0..self.model.people.len()).map(|p| s.people.iter().any(|a| a.person == p)).collect();
        let all = self.asked(&set);
        let asked: Vec<u32> = cells(&s.days, &s.kinds).map(|(d, k)| all[d * self.kinds + k].0).collect();
        let most = asked.iter().copied().max().unwrap_or(0);
        let fits = |n: &u32| asked.iter().map(|a| a.min(n)).sum::<u32>() <= s.capacity;
        // Where nobody else can stand, what is asked of these people is the need itself, and can be said as such.
        if cells(&s.days, &s.kinds).all(|(d, k)| all[d * self.kinds + k] == self.hard[d * self.kinds + k]) {
            out.extend((1..most).rev().find(fits).map(Remedy::Fewer));
        }
        let each = s.people.iter().map(|a| a.most).max().unwrap_or(0).max(1);
        out.push(Remedy::More((s.need - s.capacity).div_ceil(each)));
        out
    }
}
