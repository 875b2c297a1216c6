//! Carries the write-ahead log into the database file beside the writer.
//!
//! Left to SQLite, the commit that fills the log carries all 64 MB of it over and everybody waits for 50 to 80 ms, every
//! few seconds under load. A passive checkpoint on a connection of its own waits for nobody and holds up nobody. It never
//! ends with nothing left while others write, and only then does the log begin anew; so the little that was written
//! meanwhile is carried over in the writer's place. Readers that begin after that read the database file alone.

use crate::Result;
use crate::lite::Lite;
use std::path::Path;
use std::time::Duration;

/// How often it is looked whether there is something to carry.
pub(crate) const EVERY: Duration = Duration::from_millis(500);
/// Commits that are worth it: a quiet station's log is carried over by its writer, once a day or so.
pub(crate) const WORTH: u64 = 100;

/// Pages in the log from which on it is to begin anew (16 MB).
const LONG: i64 = 4096;

/// The connection of its own, opened when first needed.
#[derive(Default)]
pub(crate) struct Carrier(Option<Lite>);

impl Carrier {
    /// Carries over what no reader needs any more, beside the writer. Blocks for as long as the disk takes.
    /// Gives whether the log is long enough to be ended by [`Carrier::rest`].
    pub(crate) fn carry(&mut self, path: &Path) -> Result<bool> {
        // What was written during the first pass is a fraction of it.
        Ok(self.pass(path)? >= LONG && self.pass(path)? >= LONG)
    }

    /// Carries over what is left; for who holds the writer meanwhile.
    pub(crate) fn rest(&mut self, path: &Path) -> Result<()> {
        self.pass(path).map(|_| ())
    }

    /// One checkpoint; pages in the log at its beginning.
    fn pass(&mut self, path: &Path) -> Result<i64> {
        let lite = match self.0.take() {
            Some(lite) => self.0.insert(lite),
            None => self.0.insert(Lite::open(path)?),
        };
        let rows = lite.rows("pragma wal_checkpoint(passive)", vec![])?;
        Ok(rows.first().map_or(Ok(None), |row| row.get("log"))?.unwrap_or(0))
    }
}
