//! What the database and HTTP say, on both engines.

mod curve;
mod need;
mod past;
mod town;
