//! Carries the write-ahead log into the database file beside the writer.
//!
//! Left to SQLite, the commit that fills the log carries all 64 MB of it over and everybody waits for 50 to 80 ms, every
//! few seconds under load. A passive checkpoint on a connection of its own waits for nobody and holds up nobody. It never
//! ends with nothing left while others write, and only then does the log begin anew; so the little that was written
//! meanwhile is carried over in the writer's place, and readers of the old log are waited for, a few milliseconds.

use crate::lite::Lite;
use crate::meter::Meter;
use crate::writer::{Pace, Writer};
use crate::{Error, Result, unclosed};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Mutex;

/// How often it is looked whether there is something to carry.
const EVERY: Duration = Duration::from_millis(500);
/// Commits that are worth it: a quiet station's log is carried over by its writer, once a day or so.
const WORTH: u64 = 100;

/// Pages in the log from which on it is to begin anew (16 MB).
const LONG: i64 = 4096;

/// How long readers of the log are waited for while nobody can write.
const PATIENCE: Duration = Duration::from_millis(20);

/// After how many looks at a long log it is tried again, at most: half a minute. An export that reads for long would stop
/// the writer in vain at every look.
const SELDOM: u32 = 60;

const PASSIVE: &str = "pragma wal_checkpoint(passive)";
const RESTART: &str = "pragma wal_checkpoint(restart)";

/// The connection of its own, opened when first needed.
#[derive(Default)]
pub(crate) struct Carrier {
    lite: Option<Lite>,
    /// Nothing is waited for until it reached the disk; see `Db::make_haste`.
    hasty: bool,
    /// Looks at a long log that are let go by after a try that was in vain; twice as many after the next.
    pause: u32,
    /// Of those, how many are left.
    left: u32,
}

impl Carrier {
    /// Carries over what no reader needs any more, beside the writer. Blocks for as long as the disk takes.
    /// Gives whether the log is long enough to be ended by [`Carrier::rest`], and it is time to try.
    pub(crate) fn carry(&mut self, path: &Path) -> Result<bool> {
        // What was written during the first pass is a fraction of it.
        let long = self.pass(path, PASSIVE)?.pages >= LONG && self.pass(path, PASSIVE)?.pages >= LONG;
        // SQLite waits for the disk only in a pass that left nothing, which comes in the writer's place: there all that was
        // carried over since the log's beginning would have to reach the disk while everybody waits.
        if !self.hasty {
            unclosed::open(path).and_then(std::fs::File::sync_data).map_err(|e| Error::internal(format!("the file does not reach the disk: {e}")))?;
        }
        if long && self.left > 0 {
            self.left -= 1;
            return Ok(false);
        }
        Ok(long)
    }

    /// Carries over what is left and lets the log begin anew, unless a reader stays longer than [`PATIENCE`]; for who holds
    /// the writer between two transactions.
    pub(crate) fn rest(&mut self, path: &Path) -> Result<()> {
        let busy = self.pass(path, RESTART)?.busy;
        self.pause = if busy { (self.pause * 2).clamp(1, SELDOM) } else { 0 };
        self.left = self.pause;
        Ok(())
    }

    /// One checkpoint.
    fn pass(&mut self, path: &Path, statement: &'static str) -> Result<Passed> {
        let lite = match self.lite.take() {
            Some(lite) => self.lite.insert(lite),
            None => {
                let lite = self.lite.insert(Lite::open_with(path, PATIENCE)?);
                if self.hasty {
                    lite.batch("pragma synchronous = off")?;
                }
                lite
            }
        };
        let rows = lite.rows(statement, vec![])?;
        let row = rows.first().ok_or_else(|| Error::internal("a checkpoint says nothing"))?;
        let told = |name| Ok::<i64, Error>(row.get(name)?.unwrap_or(0));
        Ok(Passed { busy: told("busy")? != 0, pages: told("log")? })
    }
}

/// What a checkpoint says.
struct Passed {
    /// Readers were in its way to the end.
    busy: bool,
    /// Pages in the log at its beginning.
    pages: i64,
}

/// Keeps the write-ahead log short while there is much to write.
pub(crate) async fn carry_over(writer: Weak<Mutex<Writer>>, meter: Arc<Meter>, pace: Arc<Pace>, path: PathBuf) {
    let (mut carrier, mut carried) = (Carrier::default(), 0);
    loop {
        tokio::time::sleep(EVERY).await;
        if writer.strong_count() == 0 {
            return;
        }
        let commits = meter.counts().commits;
        if commits < carried + WORTH {
            continue;
        }
        carried = commits;
        if pace.is_hasty() && !carrier.hasty {
            carrier = Carrier { hasty: true, ..Carrier::default() };
        }
        carrier = match carry_once(&writer, carrier, path.clone()).await {
            Ok((kept, done)) => {
                if let Err(e) = done {
                    tracing::debug!("the log was not carried over: {e}");
                }
                kept
            }
            Err(e) => {
                tracing::error!("carrying over broke off: {e}");
                Carrier::default()
            }
        };
    }
}

/// Beside the writer, and the little that is left of a long log in its place.
async fn carry_once(writer: &Weak<Mutex<Writer>>, mut carrier: Carrier, path: PathBuf) -> Result<(Carrier, Result<()>), tokio::task::JoinError> {
    let place = path.clone();
    let (mut carrier, long) = tokio::task::spawn_blocking(move || {
        let long = carrier.carry(&place);
        (carrier, long)
    })
    .await?;
    match long {
        Ok(true) => {}
        Ok(false) => return Ok((carrier, Ok(()))),
        Err(e) => return Ok((carrier, Err(e))),
    }
    let Some(writer) = writer.upgrade() else { return Ok((carrier, Ok(()))) };
    let mut held = writer.lock_owned().await;
    tokio::task::spawn_blocking(move || {
        // A transaction that is open would write behind what it saw at its beginning. Whose commands are in it are told.
        if let Err(e) = held.commit() {
            tracing::error!("a commit before the log begins anew failed: {e}");
            return (carrier, Ok(()));
        }
        let done = carrier.rest(&path);
        drop(held);
        (carrier, done)
    })
    .await
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
        assert!(!carrier.carry(&path).unwrap(), "it was in vain a moment ago");
        assert!(carrier.carry(&path).unwrap(), "the log is long as long as the reader reads it");
        carrier.rest(&path).unwrap();
        assert!((0..2).all(|_| !carrier.carry(&path).unwrap()), "twice in vain");
        assert!(carrier.carry(&path).unwrap());
        reader.batch("rollback").unwrap();
        carrier.rest(&path).unwrap();
        writer.batch("insert into t values (x'00')").unwrap();
        assert!(!carrier.carry(&path).unwrap());
    }
}
