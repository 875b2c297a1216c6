//! Tests that need a database or HTTP.

mod bookings;
mod cases;
mod changed;
mod door;
mod papers;
mod queue;
mod report;
mod town;
mod web;
