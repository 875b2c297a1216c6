//! Staffing (勤务测算): how many people a service needs by the quarter hour, what that promises, and how sure it is.
//!
//! A pure crate beside `solver`: no police words, no clock, no database. Minutes are the unit of all times.
//!
//! - [`queue`]: Erlang-B, -C and -A exactly, for one stable situation.
//! - [`load`]: offered load when arrivals change by the hour.
//! - [`forecast`]: arrivals by kind of day and slot, from counts, however thin.
//! - [`judge`]: a simulation event by event, which has the last word.
//! - [`latent`]: demand at hours whose doors are closed, from arrivals and a survey together, as a band.
//! - [`need`]: the fewest servers by slot that keep a [`Promise`], and the share that they really buy.
//!
//! Invariants: the caller brings the seed, so a result can be recomputed; every size is bounded and a value outside its
//! bounds is refused by name; what is promised is measured on scenarios that the search has not seen.

pub mod counts;
pub mod forecast;
pub mod judge;
pub mod latent;
pub mod load;
pub mod need;
mod promise;
pub mod queue;
mod smooth;
pub mod special;

pub use promise::Promise;
pub use random::Rng;

/// An input that has no answer: what is wrong and within which bounds it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

/// Refuses what is not a number or not within `low ..= high`.
pub(crate) fn within(what: &str, value: f64, low: f64, high: f64) -> Result<(), BadInput> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    Err(BadInput(format!("{what}: {value} is not within {low} to {high}")))
}
