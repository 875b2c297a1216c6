//! Tests that need a database, HTTP, or running cameras.

mod copies;
mod exports;
mod files;
mod hls;
mod live;
mod rights;
mod town;
mod visitors;
mod web;
