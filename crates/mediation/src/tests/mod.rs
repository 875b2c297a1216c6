//! Stories over HTTP and actions, on both engines.

mod story;
mod town;
