//! Carries the write-ahead log into the database file beside the writer.
//!
//! Left to SQLite, the commit that fills the log carries all 64 MB of it over and everybody waits for 50 to 80 ms, every
//! few seconds under load. A passive checkpoint on a connection of its own waits for nobody and holds up nobody. It never
//! ends with nothing left while others write, and only then does the log begin anew; so the little that was written
//! meanwhile is carried over in the writer's place, and readers of the old log are waited for, a few milliseconds.

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

/// How long readers of the log are waited for while nobody can write.
const PATIENCE: Duration = Duration::from_millis(50);

/// The connection of its own, opened when first needed.
#[derive(Default)]
pub(crate) struct Carrier(Option<Lite>);

impl Carrier {
    /// Carries over what no reader needs any more, beside the writer. Blocks for as long as the disk takes.
    /// Gives whether the log is long enough to be ended by [`Carrier::rest`].
    pub(crate) fn carry(&mut self, path: &Path) -> Result<bool> {
        // What was written during the first pass is a fraction of it.
        Ok(self.pass(path, "pragma wal_checkpoint(passive)")? >= LONG && self.pass(path, "pragma wal_checkpoint(passive)")? >= LONG)
    }

    /// Carries over what is left and lets the log begin anew, unless a reader stays longer than [`PATIENCE`]; for who holds
    /// the writer between two transactions.
    pub(crate) fn rest(&mut self, path: &Path) -> Result<()> {
        self.pass(path, "pragma wal_checkpoint(restart)").map(|_| ())
    }

    /// One checkpoint; pages in the log at its beginning.
    fn pass(&mut self, path: &Path, statement: &'static str) -> Result<i64> {
        let lite = match self.0.take() {
            Some(lite) => self.0.insert(lite),
            None => self.0.insert(Lite::open_with(path, PATIENCE)?),
        };
        let rows = lite.rows(statement, vec![])?;
        Ok(rows.first().map_or(Ok(None), |row| row.get("log"))?.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of the file of the log that are in use are told by a passive pass.
    #[test]
    fn a_log_begins_anew_when_it_was_ended_and_a_reader_that_stays_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.sqlite");
        let mut writer = Lite::open(&path).unwrap();
        writer.batch("create table t (x blob)").unwrap();
        let fill = |writer: &mut Lite| writer.batch("insert into t select randomblob(3000) from (with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000) select i from n)").unwrap();
        fill(&mut writer);
        let mut carrier = Carrier::default();
        assert!(carrier.carry(&path).unwrap(), "a long log");
        carrier.rest(&path).unwrap();
        writer.batch("insert into t values (x'00')").unwrap();
        assert!(!carrier.carry(&path).unwrap(), "it began anew");
        // A reader that stays: the log goes on, and nobody waits long.
        let mut reader = Lite::open_reader(&path).unwrap();
        reader.batch("begin; select count(*) from t").unwrap();
        reader.rows("select count(*) as n from t", vec![]).unwrap();
        fill(&mut writer);
        let begun = std::time::Instant::now();
        assert!(carrier.carry(&path).unwrap());
        carrier.rest(&path).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5));
        writer.batch("insert into t values (x'00')").unwrap();
        assert!(carrier.carry(&path).unwrap(), "as long as the reader reads it");
        reader.batch("rollback").unwrap();
        carrier.rest(&path).unwrap();
        writer.batch("insert into t values (x'00')").unwrap();
        assert!(!carrier.carry(&path).unwrap());
    }
}
