//! Drills on the built program: it is killed while it writes ([`kills`]) and while it
//! searches a roster ([`searches`]), and loaded at a fixed rate
//! ([`load`]), always through HTTP on loopback, never with a short cut into the server.
//!
//! **Invariants.** A drill starts its own process on its own data and ends only that process. It
//! counts as acknowledged only what the server answered.

pub mod child;
pub mod client;
mod ground;
pub mod kills;
pub mod load;
pub mod searches;
pub mod web;
