//! What the database counts about its own work: commits, commands, batch sizes. Numbers only, no
//! personal data; the program shows them as metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the batch sizes counted, in commands per commit; the last bucket has no bound.
pub const BATCH_BOUNDS: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Upper bounds of the times counted that the database took to make a commit durable, in milliseconds; the last bucket has
/// no bound.
pub const COMMIT_BOUNDS_MS: [u64; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/// Counters since the start of the process.
#[derive(Debug, Default)]
pub struct Meter {
    commits: AtomicU64,
    failed_commits: AtomicU64,
    commands: AtomicU64,
    refused: AtomicU64,
    reads: AtomicU64,
    batches: [AtomicU64; BATCH_BOUNDS.len() + 1],
    commit_times: [AtomicU64; COMMIT_BOUNDS_MS.len() + 1],
    commit_micros: AtomicU64,
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
    /// Commits by the time that the database took to make them durable, see [`COMMIT_BOUNDS_MS`].
    pub commit_times: [u64; COMMIT_BOUNDS_MS.len() + 1],
    /// The sum of those times, in microseconds.
    pub commit_micros: u64,
}

impl Meter {
    /// A transaction was not made durable.
    pub(crate) fn failed(&self) {
        self.failed_commits.fetch_add(1, Relaxed);
    }

    /// A transaction of so many commands was made durable, for which the database took so long.
    pub(crate) fn committed(&self, commands: u64, took: Duration) {
        self.commits.fetch_add(1, Relaxed);
        self.commands.fetch_add(commands, Relaxed);
        let bucket = BATCH_BOUNDS.iter().position(|b| commands <= *b).unwrap_or(BATCH_BOUNDS.len());
        self.batches[bucket].fetch_add(1, Relaxed);
        let bucket = COMMIT_BOUNDS_MS.iter().position(|b| took <= Duration::from_millis(*b)).unwrap_or(COMMIT_BOUNDS_MS.len());
        self.commit_times[bucket].fetch_add(1, Relaxed);
        self.commit_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
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
            commit_times: std::array::from_fn(|i| self.commit_times[i].load(Relaxed)),
            commit_micros: self.commit_micros.load(Relaxed),
        }
    }
}
