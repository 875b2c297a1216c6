//! The roster on both engines: from the need to the repair, and what bad input gets.

mod after;
mod bad_input;
mod bound;
mod cameras;
mod changed;
mod fair;
mod month;
mod stands;
mod story;
mod town;
mod web;
mod wall;
mod weeks;
