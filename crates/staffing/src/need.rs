//! The fewest servers by slot that keep a promise.
//!
//! A start from the modified offered load and Erlang's exact formulas; then the judge decides on simulated days: blocks
//! that fall short are raised, blocks that can spare one are lowered, pairs are shifted against each other. The share
//! that is promised is measured on other days than those that the search saw, or it would be promised too high.

use crate::judge::{self, Arrival, Server};
use crate::load::{Service, offered_by_slot};
use crate::{BadInput, Promise, Rng, queue, within};

/// Slots of one day at most: a week of quarter hours.
pub const MAX_SLOTS: usize = 672;

/// What is needed and from what it follows.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// Minutes of a slot.
    pub slot: f64,
    /// Slots in which the number of servers stays the same; also what is judged by itself.
    pub block: usize,
    /// Possible days: arrivals by slot. Half of them are searched, half measure the promise.
    pub days: &'a [Vec<u32>],
    pub service: &'a Service,
    /// Mean minutes until who waits leaves; `None` where nobody does.
    pub patience: Option<f64>,
    pub promise: Promise,
    /// Servers by slot at least: 1 where a post is never empty, 2 where a second person is required; 0 where closed.
    pub least: &'a [u16],
    /// Servers at most in any slot.
    pub most: u16,
    pub seed: u64,
}

/// A number of servers by slot and what it buys.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    pub servers: Vec<u16>,
    /// By block and over the day.
    pub blocks: Vec<Bought>,
    pub day: Bought,
    /// False when even `most` servers do not keep the promise in some block.
    pub kept: bool,
}

/// What some hours buy, on days that the search did not see.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bought {
    /// Who came, on all measured days.
    pub came: u32,
    /// Of these, served within the promised minutes.
    pub in_time: u32,
    /// Hours (blocks × days) in which somebody came …
    pub windows: u32,
    /// … and in which the promised share of them was served in time.
    pub windows_met: u32,
}

impl Bought {
    /// Share served in time; 1 where nobody came.
    pub fn share(&self) -> f64 {
        if self.came == 0 { 1.0 } else { f64::from(self.in_time) / f64::from(self.came) }
    }

    /// Share of windows that meet the promise by themselves; 1 where nobody ever came.
    pub fn window_share(&self) -> f64 {
        if self.windows == 0 { 1.0 } else { f64::from(self.windows_met) / f64::from(self.windows) }
    }

    /// Both counted together.
    pub fn add(&mut self, other: &Bought) {
        self.came += other.came;
        self.in_time += other.in_time;
        self.windows += other.windows;
        self.windows_met += other.windows_met;
    }
}

impl Problem<'_> {
    /// # Errors
    /// Days of unequal length, an impossible size or duration, a lower bound above the upper one.
    pub fn check(&self) -> Result<(), BadInput> {
        let slots = self.least.len();
        within("minutes of a slot", self.slot, 1.0, 1440.0)?;
        within("slots", slots as f64, 1.0, MAX_SLOTS as f64)?;
        within("slots of a block", self.block as f64, 1.0, slots as f64)?;
        within("possible days", self.days.len() as f64, 2.0, 20_000.0)?;
        within("servers at most", f64::from(self.most), 1.0, f64::from(queue::MAX_SERVERS))?;
        self.service.check()?;
        if let Some(patience) = self.patience {
            within("minutes of patience", patience, 1e-3, 1e7)?;
        }
        for (d, day) in self.days.iter().enumerate() {
            if day.len() != slots {
                return Err(BadInput(format!("day {d} has {} slots, not {slots}", day.len())));
            }
            within("arrivals of one day", day.iter().map(|n| f64::from(*n)).sum(), 0.0, judge::MAX_ARRIVALS as f64)?;
        }
        match self.least.iter().position(|l| *l > self.most) {
            Some(k) => {
                Err(BadInput(format!("slot {k}: at least {} servers, but {} at most", self.least[k], self.most)))
            }
            None => Ok(()),
        }
    }
}

/// Arrivals of a day from its counts by slot: evenly within each slot, with durations and patience drawn.
pub fn arrivals(counts: &[u32], slot: f64, service: &Service, patience: Option<f64>, rng: &mut Rng) -> Vec<Arrival> {
    let mut all = vec![];
    for (k, n) in counts.iter().enumerate() {
        for _ in 0..*n {
            let at = (k as f64 + rng.unit()) * slot;
            let patience = patience.map_or(f64::INFINITY, |mean| rng.exponential(mean));
            all.push(Arrival { at, service: service.draw(rng), patience, priority: 0 });
        }
    }
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    all
}

/// What servers buy on given days, by block: the same count for the search, for the promise and for days that really
/// happened.
///
/// # Errors
/// What [`judge::judge`] refuses.
pub fn bought(
    days: &[Vec<Arrival>],
    servers: &[Server],
    block_minutes: f64,
    blocks: usize,
    promise: &Promise,
) -> Result<Vec<Bought>, BadInput> {
    let mut sums = vec![Bought::default(); blocks];
    let mut today = vec![(0u32, 0u32); blocks];
    for day in days {
        today.fill((0, 0));
        for (a, end) in day.iter().zip(judge::judge(day, servers)?.ends) {
            let cell = &mut today[((a.at / block_minutes) as usize).min(blocks - 1)];
            cell.0 += 1;
            cell.1 += u32::from(end.within(promise.minutes));
        }
        for (sum, &(came, in_time)) in sums.iter_mut().zip(&today) {
            let met = came > 0 && f64::from(in_time) >= promise.share * f64::from(came);
            sum.add(&Bought { came, in_time, windows: u32::from(came > 0), windows_met: u32::from(met) });
        }
    }
    Ok(sums)
}

struct Search<'a> {
    p: &'a Problem<'a>,
    days: Vec<Vec<Arrival>>,
    /// Least servers by block.
    least: Vec<u16>,
}

impl Search<'_> {
    fn slots(&self, blocks: &[u16]) -> Vec<u16> {
        let at = |(k, least): (usize, &u16)| if *least == 0 { 0 } else { blocks[k / self.p.block].max(*least) };
        self.p.least.iter().enumerate().map(at).collect()
    }

    fn measure(&self, blocks: &[u16], days: &[Vec<Arrival>]) -> Result<Vec<Bought>, BadInput> {
        let servers = judge::servers(&self.slots(blocks), self.p.slot);
        bought(days, &servers, self.p.slot * self.p.block as f64, blocks.len(), &self.p.promise)
    }

    /// People too late beyond what the promise allows, by block.
    fn short(&self, blocks: &[u16]) -> Result<Vec<f64>, BadInput> {
        let late = |b: &Bought| (self.p.promise.share * f64::from(b.came) - f64::from(b.in_time)).max(0.0);
        Ok(self.measure(blocks, &self.days)?.iter().map(late).collect())
    }

    fn keeps(&self, blocks: &[u16]) -> Result<bool, BadInput> {
        Ok(self.short(blocks)?.iter().all(|s| *s == 0.0))
    }

    /// From the load: the fewest by Erlang in each block, for its busiest slot.
    fn start(&self) -> Result<Vec<u16>, BadInput> {
        let p = self.p;
        let n = p.days.len() as f64;
        let rate = |k: usize| p.days.iter().map(|d| f64::from(d[k])).sum::<f64>() / n / p.slot;
        let rates: Vec<f64> = (0..p.least.len()).map(rate).collect();
        let mean = p.service.mean();
        let mut start = self.least.clone();
        for (k, load) in offered_by_slot(&rates, p.slot, p.service).into_iter().enumerate() {
            if p.least[k] == 0 {
                continue;
            }
            let c = queue::fewest(load / mean, mean, p.patience, &p.promise)
                .map_or(p.most, |c| c.0.min(p.most.into()) as u16);
            start[k / p.block] = start[k / p.block].max(c);
        }
        Ok(start)
    }

    fn raise(&self, blocks: &mut [u16]) -> Result<(), BadInput> {
        loop {
            let short = self.short(blocks)?;
            let worst = (0..blocks.len()).filter(|b| short[*b] > 0.0).max_by(|a, b| short[*a].total_cmp(&short[*b]));
            let Some(worst) = worst else { return Ok(()) };
            // A queue may come from the block before; help is put where it helps most.
            let mut best: Option<(f64, usize)> = None;
            for b in worst.saturating_sub(1)..=worst {
                if blocks[b] >= self.p.most || self.least[b] == 0 {
                    continue;
                }
                blocks[b] += 1;
                let left: f64 = self.short(blocks)?.iter().sum();
                blocks[b] -= 1;
                if best.is_none_or(|(l, _)| left <= l) {
                    best = Some((left, b));
                }
            }
            match best {
                Some((left, b)) if left < short.iter().sum::<f64>() => blocks[b] += 1,
                _ => return Ok(()),
            }
        }
    }

    /// Takes away what can be spared; then one from two blocks for one more in a third.
    fn lower(&self, blocks: &mut [u16]) -> Result<(), BadInput> {
        loop {
            let mut changed = false;
            for b in (0..blocks.len()).rev() {
                while blocks[b] > self.least[b] {
                    blocks[b] -= 1;
                    if !self.keeps(blocks)? {
                        blocks[b] += 1;
                        break;
                    }
                    changed = true;
                }
            }
            if !changed && !self.exchange(blocks)? {
                return Ok(());
            }
        }
    }

    /// One more in a block may spare one in each of its two followers.
    fn exchange(&self, blocks: &mut [u16]) -> Result<bool, BadInput> {
        for b in 0..blocks.len().saturating_sub(2) {
            let spare = |k: usize, blocks: &[u16]| blocks[k] > self.least[k];
            if blocks[b] >= self.p.most || !spare(b + 1, blocks) || !spare(b + 2, blocks) {
                continue;
            }
            let before = [blocks[b], blocks[b + 1], blocks[b + 2]];
            blocks[b] += 1;
            blocks[b + 1] -= 1;
            blocks[b + 2] -= 1;
            if self.keeps(blocks)? {
                return Ok(true);
            }
            blocks[b..b + 3].copy_from_slice(&before);
        }
        Ok(false)
    }
}

/// The fewest servers that keep the promise in every block, and what they buy.
///
/// # Errors
/// What [`Problem::check`] refuses. That even `most` are too few is an answer (`kept` is false), no error.
pub fn need(p: &Problem<'_>) -> Result<Need, BadInput> {
    p.check()?;
    let drawn = |d: usize| arrivals(&p.days[d], p.slot, p.service, p.patience, &mut Rng::fork(p.seed, d as u64));
    let seen = p.days.len() / 2;
    let block_least = |b: &[u16]| b.iter().copied().max().unwrap_or(0);
    let search =
        Search { p, days: (0..seen).map(drawn).collect(), least: p.least.chunks(p.block).map(block_least).collect() };
    let mut blocks = search.start()?;
    search.raise(&mut blocks)?;
    let kept = search.keeps(&blocks)?;
    if kept {
        search.lower(&mut blocks)?;
    }
    let fresh: Vec<Vec<Arrival>> = (seen..p.days.len()).map(drawn).collect();
    let blocks_bought = search.measure(&blocks, &fresh)?;
    let mut day = Bought::default();
    blocks_bought.iter().for_each(|b| day.add(b));
    Ok(Need { servers: search.slots(&blocks), blocks: blocks_bought, day, kept })
}
