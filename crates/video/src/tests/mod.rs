//! Tests that need a database, HTTP, or running cameras.

mod files;
mod live;
mod town;
mod web;
