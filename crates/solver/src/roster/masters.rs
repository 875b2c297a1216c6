//! The linear programmes that were weighed for the master (feature `masters`): ours, clarabel, microlp and, with the feature
//! `highs`, HiGHS, timed on the very programmes of an instance as they grow. Ours leads; the others are asked the same.

use super::lp::{Columns, Lp};
use super::master::{Ended, Master};
use super::model::Model;
use super::net::Net;
use super::price::Pricer;
use super::simplex::Simplex;
use super::solve::{Control, NoRoster, first_roster};
use super::util::Clock;
use std::cell::RefCell;
use std::rc::Rc;

/// Seconds after which one that was asked is asked no more.
const PATIENCE: f64 = 120.0;

/// How one programme did on an instance's masters.
#[derive(Clone, Debug)]
pub struct Timing {
    pub name: &'static str,
    /// Masters that it brought to an end.
    pub solved: usize,
    /// Masters on which it gave no answer.
    pub failed: usize,
    /// Seconds in all, from the first columns on.
    pub seconds: f64,
    /// Largest difference of its value from ours, relative to ours.
    pub worst: f64,
    /// It tells the duals that column generation needs.
    pub duals: bool,
}

/// Sizes of the last master, and how the programmes did.
#[derive(Clone, Debug)]
pub struct Weighed {
    pub rows: usize,
    pub columns: usize,
    /// Lower bound that ours proved on the way, in units of cost.
    pub bound: f64,
    pub timings: Vec<Timing>,
}

type Watch = Rc<dyn Fn() -> f64>;

/// Value of a programme with these right-hand sides and columns, after so many pivots.
type Ask = Box<dyn FnMut(&[f64], &Columns, usize) -> Option<f64>>;

/// One that is asked the same as ours.
struct Asked {
    ask: Ask,
    timing: Timing,
}

/// Ours in front, the others beside it; shared so that the figures outlive the master.
struct Beside {
    own: Simplex,
    rhs: Vec<f64>,
    columns: Columns,
    asked: Rc<RefCell<Vec<Asked>>>,
    now: Watch,
}

impl Lp for Beside {
    fn add(&mut self, cost: f64, entries: &[(usize, f64)]) -> usize {
        self.columns.add(cost, entries);
        self.own.add(cost, entries)
    }
    fn columns(&self) -> usize {
        self.own.columns()
    }
    fn raise(&mut self, column: usize, by: f64) {
        self.columns.cost[column] += by;
        self.own.raise(column, by);
    }
    fn force(&mut self, column: usize, r: usize) {
        self.own.force(column, r);
    }
    fn repair_sign(&mut self, opposite: &[usize]) {
        self.own.repair_sign(opposite);
    }
    fn solve(&mut self, pivots: usize) -> bool {
        let begun = (self.now)();
        // To the end: only what is optimal can be compared.
        let optimal = self.own.solve(pivots.max(1_000_000));
        let ours = self.own.objective();
        let mut asked = self.asked.borrow_mut();
        if let Some(first) = asked.first_mut() {
            first.timing.seconds += (self.now)() - begun;
            first.timing.solved += usize::from(optimal);
            first.timing.failed += usize::from(!optimal);
        }
        for other in asked.iter_mut().skip(1).filter(|o| o.timing.seconds < PATIENCE) {
            let begun = (self.now)();
            let value = (other.ask)(&self.rhs, &self.columns, pivots);
            other.timing.seconds += (self.now)() - begun;
            match value {
                Some(v) => {
                    other.timing.solved += 1;
                    other.timing.worst = other.timing.worst.max((v - ours).abs() / ours.abs().max(1.0));
                }
                None => other.timing.failed += 1,
            }
        }
        optimal
    }
    fn duals(&self) -> &[f64] {
        self.own.duals()
    }
    fn objective(&self) -> f64 {
        self.own.objective()
    }
    fn solution(&self) -> Vec<(usize, f64)> {
        self.own.solution()
    }
    fn reduced_cost(&self, column: usize) -> f64 {
        self.own.reduced_cost(column)
    }
}

/// Runs the column generation of the whole month, up to `rounds` rounds, and times every programme on each master.
///
/// # Errors
/// As [`super::solve`].
pub fn masters(model: &Model, rounds: usize, control: &Control<'_>, now: Watch) -> Result<Weighed, NoRoster> {
    model.validate()?;
    let net = Net::new(model);
    let mut pricers = vec![Pricer::new(&net)];
    let state = first_roster(&net, &mut pricers[0])?;
    let everybody: Vec<usize> = (0..net.agents.len()).collect();
    let asked = Rc::new(RefCell::new(candidates()));
    let size = RefCell::new(0);
    let make = |rhs: Vec<f64>, units: &[f64]| -> Box<dyn Lp> {
        *size.borrow_mut() = rhs.len();
        let mut columns = Columns::default();
        units.iter().enumerate().for_each(|(r, &c)| {
            columns.add(c, &[(r, 1.0)]);
        });
        let own = Simplex::new(rhs.clone(), units);
        Box::new(Beside { own, rhs, columns, asked: Rc::clone(&asked), now: Rc::clone(&now) })
    };
    let mut master = Master::made(&net, &state, &everybody, None, &make);
    let clock = Clock { elapsed: control.elapsed, until: control.seconds, stop: control.stop };
    master.climb(&mut pricers, 120, state.cost(&net), &clock.share(0.1));
    master.seed_again(&mut pricers);
    let mut left = rounds;
    while left > 0 && !clock.over() && master.generate(&mut pricers, left.min(10), 1e-6, i64::MAX, &clock) == Ended::Budget {
        left = left.saturating_sub(10);
    }
    let timings = asked.borrow().iter().map(|a| a.timing.clone()).collect();
    let rows = *size.borrow();
    Ok(Weighed { rows, columns: master.size(), bound: master.bound(), timings })
}

fn candidates() -> Vec<Asked> {
    let timing = |name: &'static str, duals: bool| Timing { name, solved: 0, failed: 0, seconds: 0.0, worst: 0.0, duals };
    vec![
        Asked { ask: Box::new(|_, _, _| None), timing: timing("own", true) },
        #[cfg(feature = "highs")]
        Asked { ask: in_highs(), timing: timing("highs", true) },
        Asked { ask: Box::new(|rhs, columns, _| by_clarabel(rhs, columns)), timing: timing("clarabel", true) },
        Asked { ask: Box::new(|rhs, columns, _| by_microlp(rhs, columns)), timing: timing("microlp", false) },
    ]
}

/// HiGHS keeps its model: only what is new since the last master is handed over.
#[cfg(feature = "highs")]
fn in_highs() -> Ask {
    let mut lp: Option<super::highs::Highs> = None;
    Box::new(move |rhs, columns, pivots| {
        let lp = lp.get_or_insert_with(|| super::highs::Highs::new(rhs, &columns.cost[..rhs.len()]));
        for c in lp.columns()..columns.cost.len() {
            lp.add(columns.cost[c], &columns.entries[c]);
        }
        lp.solve(pivots.max(1_000_000)).then(|| lp.objective())
    })
}

/// Interior point, from nothing each time: Ax = b, and −x + s = 0 with s ≥ 0.
fn by_clarabel(rhs: &[f64], columns: &Columns) -> Option<f64> {
    use clarabel::algebra::CscMatrix;
    use clarabel::solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus, ZeroConeT};
    let (m, n) = (rhs.len(), columns.cost.len());
    let (mut from, mut rows, mut values) = (vec![0], vec![], vec![]);
    for (c, entries) in columns.entries.iter().enumerate() {
        let mut entries = entries.clone();
        entries.sort_unstable_by_key(|e| e.0);
        rows.extend(entries.iter().map(|e| e.0).chain([m + c]));
        values.extend(entries.iter().map(|e| e.1).chain([-1.0]));
        from.push(rows.len());
    }
    let a = CscMatrix::new(m + n, n, from, rows, values);
    let b: Vec<f64> = rhs.iter().copied().chain(std::iter::repeat_n(0.0, n)).collect();
    let settings = DefaultSettingsBuilder::default().verbose(false).max_threads(1).build().ok()?;
    let cones = [ZeroConeT(m), NonnegativeConeT(n)];
    let mut solver = DefaultSolver::new(&CscMatrix::zeros((n, n)), &columns.cost, &a, &b, &cones, settings).ok()?;
    solver.solve();
    (solver.solution.status == SolverStatus::Solved).then_some(solver.solution.obj_val)
}

/// Simplex, from nothing each time: a solved programme takes rows, and no columns; it tells no duals.
fn by_microlp(rhs: &[f64], columns: &Columns) -> Option<f64> {
    use microlp::{ComparisonOp, OptimizationDirection, Problem, SolutionStatus, SolveOutcome};
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    problem.set_time_limit(std::time::Duration::from_secs(20));
    let mut rows: Vec<Vec<(microlp::Variable, f64)>> = vec![vec![]; rhs.len()];
    for (entries, &cost) in columns.entries.iter().zip(&columns.cost) {
        let x = problem.add_var(cost, (0.0, f64::INFINITY));
        entries.iter().for_each(|&(r, v)| rows[r].push((x, v)));
    }
    for (row, &b) in rows.iter().zip(rhs) {
        problem.add_constraint(row.as_slice(), ComparisonOp::Eq, b);
    }
    match problem.solve() {
        Ok(SolveOutcome::Solution(s)) if s.status() == SolutionStatus::Optimal => Some(s.objective()),
        _ => None,
    }
}
