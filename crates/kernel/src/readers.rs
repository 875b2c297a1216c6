//! SQLite's readers: a short statement runs where it is asked for, a long one is begun again aside
//! (`docs/decisions/0025-readers-without-threads.md`).

use crate::lite::{Lite, LiteRow};
use crate::row::Value;
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Readers at most; who comes later waits.
const MOST: usize = 6;
/// How long a statement may hold up the thread that serves pages.
const SHORT: Duration = Duration::from_millis(3);

/// The connections that only read; opened when needed, kept for the next.
pub(crate) struct Readers {
    path: PathBuf,
    free: Mutex<Vec<Lite>>,
    places: Arc<Semaphore>,
}

/// One of them, held for one read.
pub(crate) struct Reading {
    lite: Option<Lite>,
    home: Arc<Readers>,
    _place: OwnedSemaphorePermit,
}

impl Readers {
    pub(crate) fn of(path: &Path) -> Arc<Readers> {
        let places = Arc::new(Semaphore::new(MOST));
        Arc::new(Readers { path: path.to_path_buf(), free: Mutex::default(), places })
    }

    /// Waits for a free one for `patience` at most. All that it reads is of one moment: the first statement's.
    ///
    /// Without that, SQLite drops the pages it keeps whenever another connection has committed between two statements.
    pub(crate) async fn acquire(self: &Arc<Self>, patience: Duration) -> Result<Reading> {
        let mut reading = self.acquire_bare(patience).await?;
        reading.lite()?.run("begin")?;
        Ok(reading)
    }

    /// The same without a common moment, for work that SQLite refuses inside a transaction.
    pub(crate) async fn acquire_bare(self: &Arc<Self>, patience: Duration) -> Result<Reading> {
        let busy = || Error::Busy("系统正忙，请稍后再试。".into());
        let place = tokio::time::timeout(patience, self.places.clone().acquire_owned()).await.map_err(|_| busy())?;
        let place = place.map_err(|_| Error::internal("the database is closed"))?;
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let lite = match kept {
            Some(lite) => lite,
            None => Lite::open_reader(&self.path)?,
        };
        Ok(Reading { lite: Some(lite), home: self.clone(), _place: place })
    }

    /// Waits for those that read and closes all.
    pub(crate) async fn close(&self) {
        let _ = self.places.acquire_many(MOST as u32).await;
        self.places.close();
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let Some(mut lite) = self.lite.take() else { return };
        // A connection that cannot end its reading is not kept.
        if lite.end() {
            self.home.free.lock().unwrap_or_else(PoisonError::into_inner).push(lite);
        }
    }
}

impl Reading {
    fn lite(&mut self) -> Result<&mut Lite> {
        self.lite.as_mut().ok_or_else(|| Error::internal("a reader without a connection"))
    }

    /// All rows of a statement.
    pub(crate) fn rows(&mut self, text: &'static str, values: Vec<Value>) -> Result<Vec<LiteRow>> {
        let lite = self.lite()?;
        if !can_step_aside() {
            return lite.rows(text, values);
        }
        match lite.rows_within(SHORT, text, values.clone())? {
            Some(rows) => Ok(rows),
            None => aside(|| lite.rows(text, values)),
        }
    }

    /// Runs work that may take long.
    pub(crate) fn aside<T>(&mut self, work: impl FnOnce(&mut Lite) -> Result<T>) -> Result<T> {
        let lite = self.lite()?;
        aside(|| work(lite))
    }
}

/// Runs work that keeps its thread for long; other tasks go on meanwhile, where there are threads for them.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    if can_step_aside() { tokio::task::block_in_place(work) } else { work() }
}

/// Whether other tasks can go on while this thread is busy.
fn can_step_aside() -> bool {
    Handle::try_current().is_ok_and(|h| h.runtime_flavor() == RuntimeFlavor::MultiThread)
}
