//! What the database and HTTP say, on both engines.

mod curve;
mod kept;
mod need;
mod past;
mod pilot;
mod town;
mod watch;
