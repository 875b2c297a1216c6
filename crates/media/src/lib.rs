//! Video as bytes: fragmented MP4, the files of the recording ring and their index, messages of the live socket, rules of health.
//!
//! An adapter: no HTTP, no database, no word of the police. Invariants: every file of the ring can be played by
//! itself; what a torn file still holds whole is found again without its index; bytes from outside never panic.

pub mod address;
pub mod archive;
pub mod assemble;
pub mod camera;
pub mod disk;
pub mod estate;
pub mod export;
pub mod fmp4;
pub mod health;
pub mod hub;
pub mod index;
pub mod recorder;
pub mod recover;
pub mod replay;
pub mod ring;
pub mod scan;
pub mod timeline;
pub mod vitals;
pub mod wire;
