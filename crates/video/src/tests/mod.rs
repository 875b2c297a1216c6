//! Tests that need a database, HTTP, or running cameras.

mod alarms;
mod copies;
mod disorders;
mod duty;
mod exports;
mod files;
mod health;
mod hls;
mod live;
mod register;
mod replay;
mod rights;
mod rings;
mod town;
mod visitors;
mod web;
