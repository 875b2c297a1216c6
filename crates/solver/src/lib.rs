//! Optimisation behind a small plain API; an adapter that uses no other crate of ours and knows no police words.
//!
//! [`roster`] (排班) finds shift rosters: column generation over whole personal schedules with a proven bound, a dive,
//! neighbourhood search until the time is up, repairs that change little, and a clashing group of rules that spares none.
//!
//! Invariants: the caller brings the clock and the seed; every size is bounded by [`roster::Model::validate`]; what the
//! solver returns has passed [`roster::check`], which shares no code with it.

pub mod roster;
