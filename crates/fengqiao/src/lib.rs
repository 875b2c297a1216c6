//! The whole program: command line, configuration, the list of domains, the server, the jobs. Only joins what the domains
//! bring; for `main.rs`, the tests that look at all of it, and the drills.

pub mod cli;
pub mod commands;
mod demo_clock;
pub mod domains;
mod fonts;
mod jobs;
mod metrics;
pub mod open;
pub mod serve;
