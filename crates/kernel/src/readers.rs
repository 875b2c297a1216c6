//! SQLite's readers: a short statement runs where it is asked for, a long one is begun again aside
//! (`docs/decisions/0025-readers-without-threads.md`).

use crate::lite::{Lite, LiteRow};
use crate::row::Value;
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// Readers at most; who comes later waits.
const MOST: usize = 6;
/// How long a statement may hold up the thread that serves pages.
const SHORT: Duration = Duration::from_millis(3);

/// The connections that only read; opened when needed, kept for the next.
pub(crate) struct Readers {
    path: PathBuf,
    free: Mutex<Vec<Lite>>,
    places: Arc<Semaphore>,
    /// See [`Reading::turn`].
    counting: Arc<Semaphore>,
}

/// One of them, held for one read.
pub(crate) struct Reading {
    lite: Option<Lite>,
    home: Arc<Readers>,
    place: Option<OwnedSemaphorePermit>,
}

impl Readers {
    pub(crate) fn of(path: &Path) -> Arc<Readers> {
        let (places, counting) = (Arc::new(Semaphore::new(MOST)), Arc::new(Semaphore::new(1)));
        Arc::new(Readers { path: path.to_path_buf(), free: Mutex::default(), places, counting })
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
        let place = patient(patience, self.places.clone().acquire_owned()).await?;
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let lite = match kept {
            Some(lite) => lite,
            None => Lite::open_reader(&self.path)?,
        };
        Ok(Reading { lite: Some(lite), home: self.clone(), place: Some(place) })
    }

    /// Waits for those that read and closes all.
    pub(crate) async fn close(&self) {
        let _ = self.places.acquire_many(MOST as u32).await;
        self.places.close();
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Waits for one of a number of places.
async fn patient(most: Duration, place: impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>>) -> Result<OwnedSemaphorePermit> {
    let place = tokio::time::timeout(most, place).await.map_err(|_| Error::Busy("系统正忙，请稍后再试。".into()))?;
    place.map_err(|_| Error::internal("the database is closed"))
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Reading {
    /// What was read up to here stands; what is read after [`Reading::take_again`] may be of a later moment.
    fn give_back(&mut self) {
        let place = self.place.take();
        let Some(mut lite) = self.lite.take() else { return };
        // A connection that cannot end its reading is not kept.
        if lite.end() {
            self.home.free.lock().unwrap_or_else(PoisonError::into_inner).push(lite);
        }
        drop(place);
    }

    async fn take_again(&mut self, patience: Duration) -> Result<()> {
        *self = self.home.acquire(patience).await?;
        Ok(())
    }

    /// Waits for the turn to count what takes long: one at a time, and nobody who waits keeps a reader from the others.
    pub(crate) async fn turn(&mut self, patience: Duration) -> Result<OwnedSemaphorePermit> {
        let counting = self.home.counting.clone();
        if let Ok(turn) = counting.clone().try_acquire_owned() {
            return Ok(turn);
        }
        self.give_back();
        let turn = patient(patience, counting.acquire_owned()).await?;
        self.take_again(patience).await?;
        Ok(turn)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(20);

    /// A page that counts for seconds, and every other page that would count the same.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_waits_for_the_turn_to_count_keeps_no_reader_from_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.sqlite");
        Lite::open(&path).unwrap().batch("create table t (x integer); insert into t values (7)").unwrap();
        let readers = Readers::of(&path);
        let mut first = readers.acquire(WAIT).await.unwrap();
        let turn = first.turn(WAIT).await.unwrap();
        let mut waiting = vec![];
        for _ in 0..2 * MOST {
            let mut reading = readers.acquire(WAIT).await.unwrap();
            waiting.push(tokio::spawn(async move {
                let _turn = reading.turn(WAIT).await.unwrap();
                reading.rows("select x from t", vec![]).unwrap().len()
            }));
        }
        assert_eq!(readers.acquire(WAIT).await.unwrap().rows("select x from t", vec![]).unwrap().len(), 1);
        assert!(waiting.iter().all(|w| !w.is_finished()));
        drop(turn);
        for w in waiting {
            assert_eq!(w.await.unwrap(), 1);
        }
        // Nobody's turn is waited for without end.
        let _turn = first.turn(WAIT).await.unwrap();
        let late = readers.acquire(WAIT).await.unwrap().turn(Duration::from_millis(1)).await;
        assert!(matches!(late, Err(Error::Busy(_))));
    }
}
