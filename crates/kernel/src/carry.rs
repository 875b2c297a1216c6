//! Carries the write-ahead log into the database file beside the writer.
//!
//! Left to SQLite, the commit that fills the log carries all 64 MB of it over and everybody waits for 50 to 80 ms, every
//! few seconds under load. A passive checkpoint on a connection of its own waits for nobody and holds up nobody; the
//! commit that still finds the log full has little left to do.

use crate::Result;
use crate::lite::Lite;
use std::path::Path;
use std::time::Duration;

/// How often it is looked whether there is something to carry.
pub(crate) const EVERY: Duration = Duration::from_millis(500);
/// Commits that are worth it: a quiet station's log is carried over by its writer, once a day or so.
pub(crate) const WORTH: u64 = 100;

/// The connection of its own, opened when first needed.
#[derive(Default)]
pub(crate) struct Carrier(Option<Lite>);

impl Carrier {
    /// Carries over what no reader needs any more. Blocks for as long as the disk takes.
    pub(crate) fn carry(&mut self, path: &Path) -> Result<()> {
        let lite = match self.0.take() {
            Some(lite) => self.0.insert(lite),
            None => self.0.insert(Lite::open(path)?),
        };
        lite.rows("pragma wal_checkpoint(passive)", vec![]).map(|_| ())
    }
}
