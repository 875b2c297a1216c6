//! The driver: a first roster, the root bound, a dive, then two lanes of neighbourhood search until the time is up.

use super::check::{Report, check};
use super::lp::Programme;
use super::master::{Ended, Master};
use super::model::{BadModel, Model, OFF, Roster};
use super::net::{INF, Net};
use super::price::Pricer;
use super::prove::{Duals, prove};
use super::search::Lane;
use super::state::State;
use super::util::Clock;
use std::sync::atomic::AtomicBool;

/// Rows (with one for each person) up to which the root programme is solved by the dense simplex.
const DENSE_ROWS: usize = 1400;
/// Lanes of the search, whatever the number of threads: so the threads do not change the result.
const LANES: usize = SIDES.len();
/// Which way each lane moves the level of a fairness rule.
const SIDES: [i64; 2] = [1, -1];
/// Rounds between two tries to hold the same fairness rule elsewhere, those before the first, and the groups of one.
const HOLD_EVERY: u64 = 64;
const HOLD_AFTER: u64 = 12;
const HOLD_GROUPS: usize = 120;

/// What the caller decides.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    /// Seconds since the caller's start.
    pub elapsed: &'a (dyn Fn() -> f64 + Sync),
    /// Elapsed seconds at which to stop.
    pub seconds: f64,
    /// Stops at the next step when true.
    pub stop: &'a AtomicBool,
    pub seed: u64,
    /// 1 or 2.
    pub threads: usize,
    /// Rounds of neighbourhood search at most; a run that ends by this and not by the clock is repeatable.
    pub rounds: Option<u64>,
}

/// Progress (进度): told whenever the roster or the bound got better.
#[derive(Debug)]
pub struct Progress<'a> {
    pub seconds: f64,
    /// Best roster so far: what to keep when the process may be killed.
    pub roster: &'a Roster,
    /// Objective with missing units of hard rows at a large weight.
    pub cost: i64,
    pub bound: f64,
    pub phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    First,
    Bound,
    Dive,
    Search,
}

/// Why a solve ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The bound meets the roster: there is no better one.
    Proven,
    Time,
    Stopped,
    Rounds,
}

/// A roster with what is proven about it.
#[derive(Clone, Debug)]
pub struct Solution {
    pub roster: Roster,
    /// The independent checker's judgement.
    pub report: Report,
    /// No roster that keeps all hard rules has an objective below this: [`prove`] of the duals below, 0 where they prove nothing.
    pub bound: f64,
    /// What the bound follows from.
    pub duals: Duals,
    /// Proven that hard rows (needs, mixes) cannot all be met together with the personal rules.
    pub impossible: bool,
    pub end: End,
    pub seconds: f64,
    /// Seconds at which the first roster stood.
    pub first_after: f64,
}

impl Solution {
    /// (objective − bound) / max(bound, 1); none for a roster that breaks hard rules, whose objective holds no price for
    /// them while the bound speaks of rosters that keep them.
    pub fn gap(&self) -> Option<f64> {
        self.report.feasible().then(|| (self.report.objective as f64 - self.bound) / self.bound.max(1.0))
    }
}

/// Why there is no roster at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoster {
    #[error("{0}")]
    BadModel(#[from] BadModel),
    /// This person's own rules leave no schedule.
    #[error("person {person} has no legal schedule")]
    Person { person: usize },
    /// This person's rules together need more memory than is allowed.
    #[error("the rules of person {person} need too much memory; limit runs or minutes")]
    TooLarge { person: usize },
}

/// Finds a roster within the control's time.
///
/// # Errors
/// A model out of bounds, or a person whose own rules allow nothing.
pub fn solve(
    model: &Model,
    control: &Control<'_>,
    progress: &mut dyn FnMut(&Progress<'_>),
) -> Result<Solution, NoRoster> {
    solve_by(Programme::default(), None, model, control, progress)
}

/// As [`solve`], from a roster that is near the best already, with the bound before annealing (`proof`) or after it. A roster
/// that breaks a personal rule is passed over.
pub(crate) fn solve_from(start: &Roster, proof: bool, model: &Model, control: &Control<'_>) -> Result<Solution, NoRoster> {
    solve_by(Programme::default(), Some((start, proof)), model, control, &mut |_| ())
}

/// As [`solve`], with this programme behind the masters.
///
/// # Errors
/// As [`solve`].
pub fn solve_with(
    programme: Programme,
    model: &Model,
    control: &Control<'_>,
    progress: &mut dyn FnMut(&Progress<'_>),
) -> Result<Solution, NoRoster> {
    solve_by(programme, None, model, control, progress)
}

fn solve_by(
    programme: Programme,
    start: Option<(&Roster, bool)>,
    model: &Model,
    control: &Control<'_>,
    progress: &mut dyn FnMut(&Progress<'_>),
) -> Result<Solution, NoRoster> {
    model.validate()?;
    let mut net = Net::new(model);
    net.programme = programme;
    let mut run = Driver::new(&net, control)?;
    if let Some((start, proof)) = start.filter(|s| check(model, s.0).violations.is_empty()) {
        (run.near, run.proof) = (true, proof);
        run.best = State::new(&net, start.rows.clone());
        run.cost = run.best.cost(&net);
    }
    run.tell(Phase::First, progress);
    let first_after = (control.elapsed)();
    let end = run.all(progress);
    let roster = run.best.roster();
    let report = check(model, &roster);
    // What is told as proven is what follows from the duals, computed once more and elsewhere.
    let found = run.duals.as_ref().map(|y| Duals::of_net(model, &net, y));
    let bound = found.as_ref().and_then(|d| prove(model, d)).unwrap_or(0.0);
    let duals = found.unwrap_or_else(|| Duals::zero(model));
    let end = if end == End::Proven && (bound as i64) < run.cost { End::Time } else { end };
    Ok(Solution {
        impossible: bound > 0.0 && !report.feasible() && hard_only(model, control),
        roster,
        report,
        bound,
        duals,
        end,
        seconds: (control.elapsed)(),
        first_after,
    })
}

/// Whether the hard rows alone, at weight 1, have a positive bound.
fn hard_only(model: &Model, control: &Control<'_>) -> bool {
    super::clash::proven_impossible(model, control)
}

struct Driver<'n, 'c> {
    net: &'n Net,
    clock: Clock<'c>,
    control: &'c Control<'c>,
    pricers: Vec<Pricer>,
    best: State,
    cost: i64,
    bound: f64,
    duals: Option<Vec<f64>>,
    /// It began near the best; the proof comes before annealing.
    near: bool,
    proof: bool,
    told: (i64, f64),
}

impl<'n, 'c> Driver<'n, 'c> {
    fn new(net: &'n Net, control: &'c Control<'c>) -> Result<Driver<'n, 'c>, NoRoster> {
        let clock = Clock { elapsed: control.elapsed, until: control.seconds, stop: control.stop };
        let mut pricers: Vec<Pricer> = (0..control.threads.clamp(1, LANES)).map(|_| Pricer::new(net)).collect();
        let best = first_roster(net, &mut pricers[0])?;
        let cost = best.cost(net);
        Ok(Driver { net, clock, control, pricers, best, cost, bound: 0.0, duals: None, near: false, proof: false, told: (i64::MAX, -1.0) })
    }

    fn tell(&mut self, phase: Phase, progress: &mut dyn FnMut(&Progress<'_>)) {
        if (self.cost, self.bound) != self.told {
            self.told = (self.cost, self.bound);
            let seconds = (self.clock.elapsed)();
            progress(&Progress { seconds, roster: &self.best.roster(), cost: self.cost, bound: self.bound, phase });
        }
    }

    fn proven(&self) -> bool {
        self.bound.ceil() as i64 >= self.cost
    }

    fn ended(&self) -> Option<End> {
        if self.proven() {
            Some(End::Proven)
        } else if self.control.stop.load(std::sync::atomic::Ordering::Relaxed) {
            Some(End::Stopped)
        } else {
            self.clock.over().then_some(End::Time)
        }
    }

    fn raise(&mut self, bound: f64) {
        self.bound = self.bound.max(bound.ceil().max(0.0));
    }

    fn all(&mut self, progress: &mut dyn FnMut(&Progress<'_>)) -> End {
        let lane = |(side, i)| Lane::new(self.net, &self.best, self.control.seed.wrapping_add(i), side);
        let mut lanes: Vec<Lane> = SIDES.into_iter().zip(1..).map(lane).collect();
        let small = self.net.rows.len() + self.net.agents.len() <= DENSE_ROWS;
        if !self.proof {
            self.walk(&mut lanes, progress);
        }
        if let Some(end) = self.ended() {
            return end;
        }
        if small {
            self.root(progress)
        } else {
            self.climb(progress)
        }
        if self.proof && self.ended().is_none() {
            self.walk(&mut lanes, progress);
        }
        for lane in &mut lanes {
            lane.adopt(&self.best, self.cost);
        }
        let mut round = 0;
        loop {
            if let Some(end) = self.ended() {
                return end;
            }
            if self.control.rounds.is_some_and(|r| round >= r) {
                return End::Rounds;
            }
            let (clock, duals) = (self.clock, self.duals.clone());
            let rules = self.net.fair.len();
            let every = (HOLD_EVERY / rules.max(1) as u64).max(HOLD_AFTER + 1);
            if small && rules > 0 && round % every == HOLD_AFTER {
                let rule = (round / every) as usize % rules;
                let clock = clock.share(0.35);
                self.both(&mut lanes, |lane| lane.hold(rule, HOLD_GROUPS, &clock));
            }
            self.both(&mut lanes, |lane| {
                if round % 4 == 3 {
                    lane.recreate(300, &clock);
                } else {
                    lane.groups(8, duals.as_deref(), &clock);
                }
            });
            self.tell(Phase::Search, progress);
            round += 1;
        }
    }

    fn walk(&mut self, lanes: &mut [Lane], progress: &mut dyn FnMut(&Progress<'_>)) {
        let clock = self.clock.share(0.3);
        self.both(lanes, |lane| lane.walk(1.0, 1.0, &clock));
        self.tell(Phase::First, progress);
    }

    /// Runs the lanes, on two threads when there are two, and takes the best of them to all.
    fn both(&mut self, lanes: &mut [Lane], step: impl Fn(&mut Lane) + Sync) {
        if self.pricers.len() > 1 {
            std::thread::scope(|scope| {
                for lane in lanes.iter_mut() {
                    scope.spawn(|| step(lane));
                }
            });
        } else {
            lanes.iter_mut().for_each(step);
        }
        for lane in lanes.iter() {
            if lane.cost <= self.cost {
                self.best.clone_from(&lane.best);
                self.cost = lane.cost;
            }
        }
        for lane in lanes.iter_mut() {
            lane.adopt(&self.best, self.cost);
        }
    }

    /// The whole problem's programme: bound, duals, a dive.
    fn root(&mut self, progress: &mut dyn FnMut(&Progress<'_>)) {
        let group: Vec<usize> = (0..self.net.agents.len()).collect();
        let mut master = Master::new(self.net, &self.best, &group, None);
        // Near the best the proof is what is missing.
        let clock = self.clock.share(if self.proof { 0.7 } else { 0.45 });
        if !self.near {
            // A few subgradient steps are cheap and spare the programme its worst duals.
            master.climb(&mut self.pricers, 120, self.cost, &clock);
        }
        self.raise(master.bound());
        self.tell(Phase::Bound, progress);
        master.seed_again(&mut self.pricers);
        loop {
            let ended = master.generate(&mut self.pricers, 10, 1e-6, i64::MAX, &clock);
            self.raise(master.bound());
            self.tell(Phase::Bound, progress);
            if ended != Ended::Budget || clock.over() {
                break;
            }
        }
        self.duals = master.has_bound().then(|| master.duals_of_net());
        if self.ended().is_some() {
            return;
        }
        let clock = self.clock.share(0.35);
        self.descend(master, &clock);
        self.tell(Phase::Dive, progress);
    }

    /// The first dive: settles the likeliest schedules, a sixth of the people or more at a time, and solves the
    /// programme of the others anew.
    fn descend(&mut self, mut master: Master<'n>, clock: &Clock<'_>) {
        let mut state = self.best.clone();
        let mut open = self.net.agents.len();
        loop {
            let likely = master.likely();
            let sure = likely.iter().filter(|l| l.0 > 0.85).count();
            let settle = sure.max(open.div_ceil(6)).min(likely.len());
            for (_, p, schedule) in &likely {
                state.take(self.net, *p);
                state.put(self.net, *p, schedule.clone());
            }
            let cost = state.cost(self.net);
            if cost < self.cost {
                (self.best, self.cost) = (state.clone(), cost);
            }
            let rest: Vec<usize> = likely[settle..].iter().map(|l| l.1).collect();
            open = rest.len();
            if open == 0 || clock.over() {
                return;
            }
            let (near, duals) = (master.near(3.0), master.duals_of_net());
            master = Master::new(self.net, &state, &rest, None);
            master.seed(&mut self.pricers, &duals);
            master.offer(&near);
            if master.generate(&mut self.pricers, 6, 1e-3, self.cost, clock) == Ended::Pruned {
                return;
            }
        }
    }

    fn climb(&mut self, progress: &mut dyn FnMut(&Progress<'_>)) {
        let group: Vec<usize> = (0..self.net.agents.len()).collect();
        let mut master = Master::without_programme(self.net, &self.best, &group, None);
        let clock = self.clock.share(0.5);
        while !clock.over() {
            let before = master.bound();
            master.climb(&mut self.pricers, 20, self.cost, &clock);
            self.raise(master.bound());
            self.tell(Phase::Bound, progress);
            if master.bound() <= before {
                break;
            }
        }
        self.duals = master.has_bound().then(|| master.duals_of_net());
    }
}

/// Everybody's cheapest schedule in turn, given those before.
pub(crate) fn first_roster(net: &Net, pricer: &mut Pricer) -> Result<State, NoRoster> {
    let people = net.agents.len();
    let mut state = State::new(net, vec![vec![OFF; net.days]; people]);
    let mut price = vec![];
    // Who has the fewest possibilities goes first.
    let mut order: Vec<usize> = (0..people).collect();
    order.sort_by_key(|&p| net.agents[p].able.iter().filter(|a| **a).count());
    for p in order {
        state.take(net, p);
        state.marginal(net, p, &[], &mut price);
        let found = pricer.best(net, p, &price, 1);
        let Some(b) = found.best.into_iter().next() else {
            return Err(if found.lower >= INF {
                NoRoster::Person { person: p }
            } else {
                NoRoster::TooLarge { person: p }
            });
        };
        state.put(net, p, b);
    }
    Ok(state)
}
