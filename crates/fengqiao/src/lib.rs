//! The list of domains, for the program and for the tests that look at all of it.

pub mod domains;
