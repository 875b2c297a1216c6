//! What the database counts about its own work: commits, commands, batch sizes. Numbers only, no
//! personal data; the program shows them as metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Upper bounds of the batch sizes counted, in commands per commit; the last bucket has no bound.
pub const BATCH_BOUNDS: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Counters since the start of the process.
#[derive(Debug, Default)]
pub struct Meter {
    commits: AtomicU64,
    failed_commits: AtomicU64,
    commands: AtomicU64,
    refused: AtomicU64,
    reads: AtomicU64,
    batches: [AtomicU64; BATCH_BOUNDS.len() + 1],
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Transactions made durable.
    pub commits: u64,
    /// Transactions that could not be made durable; their commands were told so.
    pub failed_commits: u64,
    /// Commands inside those commits, recorded looks included.
    pub commands: u64,
    /// Commands that ended in a refusal or an error and left nothing.
    pub refused: u64,
    /// Readings begun outside of commands.
    pub reads: u64,
    /// Commits by number of commands: at most 1, 2, 4 … 64, more.
    pub batches: [u64; BATCH_BOUNDS.len() + 1],
}

impl Meter {
    pub(crate) fn committed(&self, commands: u64, done: bool) {
        if !done {
            self.failed_commits.fetch_add(1, Relaxed);
            return;
        }
        self.commits.fetch_add(1, Relaxed);
        self.commands.fetch_add(commands, Relaxed);
        let bucket = BATCH_BOUNDS.iter().position(|b| commands <= *b).unwrap_or(BATCH_BOUNDS.len());
        self.batches[bucket].fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self) {
        self.reads.fetch_add(1, Relaxed);
    }

    /// The counters now.
    pub fn counts(&self) -> Counts {
        Counts {
            commits: self.commits.load(Relaxed),
            failed_commits: self.failed_commits.load(Relaxed),
            commands: self.commands.load(Relaxed),
            refused: self.refused.load(Relaxed),
            reads: self.reads.load(Relaxed),
            batches: std::array::from_fn(|i| self.batches[i].load(Relaxed)),
        }
    }
}
