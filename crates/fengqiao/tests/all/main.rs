//! The whole program: its structure, its commands, and what bad input gets.

mod abuse;
mod architecture;
mod commands;
mod common;
