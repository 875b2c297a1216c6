//! The common transaction of the one SQLite writer: commands in savepoints, one commit for all of them.

use crate::lite::Lite;
use crate::meter::Meter;
use crate::words::Words;
use crate::{Error, Result};
use std::sync::Arc;
use tokio::sync::{Mutex, Notify, watch};

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
}

impl Writer {
    pub(crate) fn new(conn: Lite, meter: Arc<Meter>) -> Writer {
        Writer { conn, open: false, torn: false, outcome: watch::channel(None).0, held: 0, words: Words::default(), meter }
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
        self.conn.run("savepoint command")?;
        self.torn = true;
        Ok(())
    }

    pub(crate) fn leave(&mut self, words: Words) -> Result<()> {
        self.conn.run("release command")?;
        self.words.then(words);
        self.torn = false;
        self.held += 1;
        Ok(())
    }

    /// Takes the command back; `why` is what its neighbours are told where it took the whole transaction with it.
    pub(crate) fn undo_savepoint(&mut self, why: Ended) -> Result<()> {
        // A failed statement may have ended the whole transaction (disk full); then there is
        // nothing to roll back to, and the group is told that it failed.
        if self.conn.run("rollback to command").is_err() {
            let _ = self.conn.run("rollback");
            self.open = false;
            self.torn = false;
            self.words.clear();
            self.meter.committed(std::mem::take(&mut self.held), false);
            self.outcome.send_replace(Some(why));
            return Ok(());
        }
        self.conn.run("release command")?;
        self.torn = false;
        Ok(())
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        if self.torn {
            self.undo_savepoint(Ended::Failed)?;
        }
        if !self.open {
            return Ok(());
        }
        let done = self.words.write(&mut self.conn).and_then(|()| self.conn.run("commit"));
        if done.is_err() {
            let _ = self.conn.run("rollback");
        }
        self.open = false;
        // A transaction in which every command was refused holds nothing.
        match std::mem::take(&mut self.held) {
            0 if done.is_ok() => {}
            held => self.meter.committed(held, done.is_ok()),
        }
        self.outcome.send_replace(Some(Ended::of(&done)));
        done
    }
}

pub(crate) async fn commit_groups(writer: std::sync::Weak<Mutex<Writer>>, due: Arc<Notify>) {
    loop {
        due.notified().await;
        let Some(writer) = writer.upgrade() else { return };
        // The lock is fair: commands that already wait run first and share this commit.
        let mut w = writer.lock_owned().await;
        // The disk takes milliseconds, so it is waited for outside the runtime's threads.
        match tokio::task::spawn_blocking(move || w.commit()).await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => tracing::error!("commit failed: {e}"),
            Err(e) => tracing::error!("commit broke off: {e}"),
        }
    }
}
