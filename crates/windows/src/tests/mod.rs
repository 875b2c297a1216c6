//! Tests that need a database or HTTP.

mod bookings;
mod queue;
mod town;
mod web;
