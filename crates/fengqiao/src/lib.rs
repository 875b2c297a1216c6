//! The list of domains and the way an installation is opened, for the program, the tests that look at
//! all of it, and the drills.

pub mod domains;
pub mod open;
