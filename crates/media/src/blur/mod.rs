//! Faces and plates made unrecognisable before a film is published (公开前遮挡).
//!
//! People place regions by hand; a region moves and grows in straight lines between its key points. An ffmpeg found on the machine
//! burns them in, in a process of its own: no shell, only numbers in its filter, one input that is read as MP4 whatever it
//! contains, limits on time, memory and output. The original is only read. What was under a region is averaged to four colours: neither
//! a face nor the letters of a plate can be computed back from that, which mosaics and soft blurs allow over many pictures.

mod graph;
mod made;
mod run;

pub use graph::{Fault, KeyPoint, MAX_KEYS, MAX_REGIONS, MAX_STEPS, Region, filter};
pub use run::{BlurError, Blurred, Limits, Program, blur};
