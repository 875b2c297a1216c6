//! Video as bytes: fragmented MP4, the files of the recording ring and their index, messages of the live socket, rules of health.
//!
//! An adapter: no HTTP, no database, no word of the police. Invariants: every file of the ring can be played by
//! itself; what a torn file still holds whole is found again without its index; bytes from outside never panic.

pub mod address;
pub mod fmp4;
pub mod health;
pub mod index;
pub mod ring;
pub mod scan;
pub mod wire;
