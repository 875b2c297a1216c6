//! Shift rosters (排班): the model, the public instance format, the solver, the independent checker.
//!
//! All rules of one person live in a dynamic programme over that person's days; everything that couples people (needs,
//! mixes, fairness) is a row of a linear programme whose columns are whole personal schedules. Weights are whole numbers
//! and prices are fixed-point whole numbers held in `f64`, so the dual bound is exact, not merely rounded outward.

mod chain;
mod check;
mod clash;
mod format;
#[cfg(feature = "highs")]
mod highs;
mod lp;
mod master;
#[cfg(feature = "masters")]
mod masters;
mod model;
mod net;
mod price;
mod prove;
mod repair;
mod search;
mod shortage;
mod simplex;
mod solve;
mod state;
mod util;
mod walk;
mod weeks;

pub use check::{Report, Violation, check};
pub use clash::{Clash, Explained, Group, Sort, WayOut, explain, without};
pub use format::{BadFile, MAX_BYTES, read};
pub use lp::Programme;
#[cfg(feature = "masters")]
pub use masters::{Timing, Weighed, masters};
pub use model::{
    BadModel, CellCost, Cover, Fairness, History, Kind, MAX_CELLS, MAX_DAYS, MAX_KINDS, MAX_PEOPLE, MAX_WEIGHT, Mix,
    Model, OFF, Person, Request, Roster,
};
pub use prove::{Duals, Fair, prove};
pub use repair::{Absence, Change, Eased, Repair, Repaired, repair};
pub use shortage::{Able, Remedy, Shortage, shortage};
pub use solve::{Control, End, NoRoster, Phase, Progress, Solution, solve, solve_with};
