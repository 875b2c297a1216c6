//! The common transaction of the one SQLite writer: commands in savepoints, one commit for all of them.

use crate::lite::Lite;
use crate::meter::Meter;
use crate::words::Words;
use crate::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Notify, watch};

/// Commands that are worth a commit where nobody waits for each one ([`Pace::make_haste`]).
const MANY: u64 = 240;
/// How long fewer wait at most.
const A_MOMENT: Duration = Duration::from_millis(100);
/// A commit that waits longer for the disk is told in the log: people feel it.
const SLOW: Duration = Duration::from_secs(1);

/// When the common transaction is committed: as soon as a command ended and those that wait have run; in haste, when many ended.
#[derive(Default)]
pub(crate) struct Pace {
    due: Notify,
    haste: AtomicBool,
}

impl Pace {
    /// For good; what it means stands at `Db::make_haste`.
    pub(crate) fn make_haste(&self) {
        self.haste.store(true, Relaxed);
        // Whoever waits without an end goes on to wait for a moment at a time.
        self.due.notify_one();
    }

    pub(crate) fn is_hasty(&self) -> bool {
        self.haste.load(Relaxed)
    }

    /// A command ended, and `waiting` others have not begun; `many` are held by the open transaction.
    pub(crate) fn ended(&self, many: bool, waiting: usize) {
        if many || waiting == 0 || !self.is_hasty() {
            self.due.notify_one();
        }
    }

    async fn until_due(&self) {
        if self.is_hasty() {
            let _ = tokio::time::timeout(A_MOMENT, self.due.notified()).await;
        } else {
            self.due.notified().await;
        }
    }
}

/// How a common transaction ended, for each command in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Durable.
    Kept,
    /// Nothing of it was kept: no room on the disk.
    Full,
    /// Nothing of it was kept; the cause is in the log.
    Failed,
}

impl Ended {
    pub(crate) fn of(done: &Result<()>) -> Ended {
        match done {
            Ok(()) => Ended::Kept,
            Err(Error::Full) => Ended::Full,
            Err(_) => Ended::Failed,
        }
    }

    /// What a command of this transaction is answered with.
    pub(crate) fn answer(self) -> Result<()> {
        match self {
            Ended::Kept => Ok(()),
            Ended::Full => Err(Error::Full),
            Ended::Failed => Err(Error::internal("the common transaction could not be committed")),
        }
    }
}

/// The writer's connection and the state of the common transaction.
pub(crate) struct Writer {
    pub(crate) conn: Lite,
    /// A transaction is open and holds finished commands.
    open: bool,
    /// A command was dropped inside its savepoint.
    torn: bool,
    /// Told how the transaction ended; one channel per group.
    pub(crate) outcome: watch::Sender<Option<Ended>>,
    /// Finished commands in the open transaction.
    held: u64,
    /// What they changed of the full-text table.
    words: Words,
    meter: Arc<Meter>,
    pace: Arc<Pace>,
}

impl Writer {
    pub(crate) fn new(conn: Lite, meter: Arc<Meter>, pace: Arc<Pace>) -> Writer {
        Writer { conn, open: false, torn: false, outcome: watch::channel(None).0, held: 0, words: Words::default(), meter, pace }
    }

    /// Opens a command's savepoint, and the common transaction when there is none.
    pub(crate) fn enter(&mut self) -> Result<()> {
        if self.torn {
            self.undo_savepoint(Ended::Failed)?;
        }
        if !self.open {
            self.conn.run("begin immediate")?;
            self.open = true;
            self.outcome = watch::channel(None).0;
        }
        if !self.pace.is_hasty() {
            self.conn.run("savepoint command")?;
        }
        self.torn = true;
        Ok(())
    }

    /// Keeps the command for the commit; gives whether many wait for it.
    pub(crate) fn leave(&mut self, words: Words) -> Result<bool> {
        if !self.pace.is_hasty() {
            self.conn.run("release command")?;
        }
        self.words.then(words);
        self.torn = false;
        self.held += 1;
        Ok(self.held >= MANY)
    }

    /// Takes the command back; `why` is what its neighbours are told where it took the whole transaction with it.
    pub(crate) fn undo_savepoint(&mut self, why: Ended) -> Result<()> {
        // A failed statement may have ended the whole transaction (disk full); then there is
        // nothing to roll back to, and the group is told that it failed.
        if self.pace.is_hasty() || self.conn.run("rollback to command").is_err() {
            let _ = self.conn.run("rollback");
            self.open = false;
            self.torn = false;
            self.words.clear();
            self.held = 0;
            self.meter.failed();
            self.outcome.send_replace(Some(why));
            return Ok(());
        }
        self.conn.run("release command")?;
        self.torn = false;
        Ok(())
    }

    /// Commits, and tells those whose commands were in it.
    pub(crate) fn commit(&mut self) -> Result<()> {
        let (told, done) = self.commit_untold();
        told.tell(&done);
        done
    }

    /// Commits; who waits for it is still to be told.
    fn commit_untold(&mut self) -> (Told, Result<()>) {
        if self.torn && let Err(e) = self.undo_savepoint(Ended::Failed) {
            return (Told(None), Err(e));
        }
        if !self.open {
            return (Told(None), Ok(()));
        }
        let written = self.words.write(&mut self.conn);
        let begun = Instant::now();
        let done = written.and_then(|()| self.conn.run("commit"));
        let took = begun.elapsed();
        self.open = false;
        let held = std::mem::take(&mut self.held);
        if done.is_err() {
            let _ = self.conn.run("rollback");
            self.meter.failed();
        } else if held > 0 {
            // A transaction in which every command was refused holds nothing.
            self.meter.committed(held, took);
        }
        if took > SLOW {
            tracing::warn!("a commit of {held} commands waited {} ms for the disk; everybody who writes or looks at records waited with it", took.as_millis());
        }
        (Told(Some(std::mem::replace(&mut self.outcome, watch::channel(None).0))), done)
    }
}

/// Those who wait to hear how a transaction ended, where there was one.
struct Told(Option<watch::Sender<Option<Ended>>>);

impl Told {
    fn tell(self, done: &Result<()>) {
        if let Some(outcome) = self.0 {
            outcome.send_replace(Some(Ended::of(done)));
        }
    }
}

pub(crate) async fn commit_groups(writer: std::sync::Weak<Mutex<Writer>>, pace: Arc<Pace>) {
    loop {
        pace.until_due().await;
        let Some(writer) = writer.upgrade() else { return };
        // The lock is fair: commands that already wait run first and share this commit.
        let mut w = writer.lock_owned().await;
        // The disk takes milliseconds, so it is waited for outside the runtime's threads.
        let committed = tokio::task::spawn_blocking(move || {
            let (told, done) = w.commit_untold();
            // The next command begins while hundreds are woken.
            drop(w);
            told.tell(&done);
            done
        });
        match committed.await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => tracing::error!("commit failed: {e}"),
            Err(e) => tracing::error!("commit broke off: {e}"),
        }
    }
}
