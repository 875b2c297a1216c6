//! Tests that need a database or HTTP.

mod bookings;
mod cases;
mod queue;
mod town;
mod web;
