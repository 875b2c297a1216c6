//! What was read a moment ago is given again: for screens that many look at and that ask every few seconds
//! (`docs/decisions/0041-what-was-read-a-moment-ago.md`).
//!
//! A value is read once for all who ask within [`SECONDS`] of it; who asks while it is read waits for that reading. An event
//! under one of its topics ends it before. On SQLite the event is there when the command that wrote it returns; with PostgreSQL
//! it comes from the server, and what was read may be given out until then. An error is not kept.

use crate::{Event, Result, StationId, Timestamp};
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

/// For how long something that was read is given again.
pub const SECONDS: i64 = 3;

/// Values held at most; then all are forgotten.
const MOST: usize = 1024;

/// What is asked for, and what ends it.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// `domain.what`; one type of value for each.
    pub name: &'static str,
    pub key: &'a [u8],
    /// Whose events end it; those of every station when it is not known yet.
    pub station: Option<StationId>,
    /// Beginnings of topics.
    pub topics: &'static [&'static str],
}

struct Held {
    at: Timestamp,
    events: Receiver<Event>,
    value: Arc<dyn Any + Send + Sync>,
}

type Place = Arc<tokio::sync::Mutex<Option<Held>>>;

/// What one program holds.
#[derive(Default)]
pub struct Moments(Mutex<HashMap<(&'static str, Vec<u8>), Place>>);

impl Moments {
    /// The value of a moment ago, or what `read` gives; `events` are heard from before the reading on.
    ///
    /// # Errors
    /// What `read` returns.
    pub(crate) async fn get<T, F>(&self, what: &Moment<'_>, now: Timestamp, events: Receiver<Event>, read: F) -> Result<Arc<T>>
    where
        T: Any + Send + Sync,
        F: AsyncFnOnce() -> Result<T>,
    {
        let place = self.place(what);
        let mut held = place.lock().await;
        if let Some(known) = held.as_mut().filter(|h| (0..SECONDS * 1_000_000).contains(&(now.as_microsecond() - h.at.as_microsecond())))
            && !ended(&mut known.events, what)
            && let Ok(value) = known.value.clone().downcast::<T>()
        {
            return Ok(value);
        }
        *held = None;
        match read().await {
            Ok(value) => {
                let value = Arc::new(value);
                *held = Some(Held { at: now, events, value: value.clone() });
                Ok(value)
            }
            Err(e) => {
                self.forget(what, &place);
                Err(e)
            }
        }
    }

    fn place(&self, what: &Moment<'_>) -> Place {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (what.name, what.key.to_vec());
        if all.len() >= MOST && !all.contains_key(&key) {
            all.clear();
        }
        all.entry(key).or_default().clone()
    }

    fn forget(&self, what: &Moment<'_>, place: &Place) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (what.name, what.key.to_vec());
        if all.get(&key).is_some_and(|p| Arc::ptr_eq(p, place)) {
            all.remove(&key);
        }
    }
}

/// Whether something happened since the value was read that ends it, or may have.
fn ended(events: &mut Receiver<Event>, what: &Moment<'_>) -> bool {
    loop {
        match events.try_recv() {
            Ok(e) if what.station.is_none_or(|s| s == e.station) && what.topics.iter().any(|t| e.topic.starts_with(t)) => return true,
            Ok(_) => {}
            Err(TryRecvError::Empty) => return false,
            Err(TryRecvError::Lagged(_) | TryRecvError::Closed) => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Uuid;
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
    use tokio::sync::broadcast::{Sender, channel};

    const HERE: StationId = StationId(Uuid::from_u128(1));
    const THERE: StationId = StationId(Uuid::from_u128(2));

    struct Desk {
        moments: Moments,
        bus: Sender<Event>,
        reads: AtomicI64,
    }

    impl Desk {
        async fn ask(&self, key: u8, millis: i64) -> i64 {
            let what = Moment { name: "test.hall", key: &[key], station: Some(HERE), topics: &["windows.", "roster."] };
            let now = crate::clock::from_micros(1_000_000_000 + millis * 1_000);
            let read = async || {
                tokio::task::yield_now().await;
                Ok(self.reads.fetch_add(1, Relaxed) + 1)
            };
            *self.moments.get(&what, now, self.bus.subscribe(), read).await.unwrap()
        }
        fn tell(&self, station: StationId, topic: &str) {
            let _ = self.bus.send(Event { station, topic: topic.into(), id: Uuid::nil() });
        }
    }

    fn desk() -> Desk {
        Desk { moments: Moments::default(), bus: channel(16).0, reads: AtomicI64::new(0) }
    }

    #[tokio::test]
    async fn who_asks_within_the_time_gets_what_was_read_once() {
        let d = desk();
        let all = futures::future::join_all((0..50).map(|n| d.ask(1, n * 50))).await;
        assert!(all.iter().all(|v| *v == 1), "at once and one after the other: {all:?}");
        assert_eq!((d.ask(2, 0).await, d.ask(1, 2_999).await), (2, 1), "another key is another value");
        assert_eq!((d.ask(1, 3_000).await, d.ask(1, 5_999).await, d.ask(1, 10).await), (3, 3, 4), "after it, and after a clock that was set back");
    }

    #[tokio::test]
    async fn what_happens_under_its_topics_at_its_station_ends_it() {
        let d = desk();
        assert_eq!(d.ask(1, 0).await, 1);
        d.tell(THERE, "windows.ticket");
        d.tell(HERE, "incidents.taken");
        assert_eq!(d.ask(1, 100).await, 1);
        d.tell(HERE, "windows.ticket");
        assert_eq!((d.ask(1, 200).await, d.ask(1, 300).await), (2, 2));
        // More than the bus holds: something may have been lost.
        (0..40).for_each(|_| d.tell(HERE, "incidents.taken"));
        assert_eq!(d.ask(1, 400).await, 3);
    }

    #[tokio::test]
    async fn errors_are_not_held_and_the_number_held_is_bounded() {
        let d = desk();
        let what = Moment { name: "test.hall", key: b"none", station: None, topics: &[] };
        for _ in 0..2 {
            let none: Result<Arc<i64>> = d.moments.get(&what, Timestamp::UNIX_EPOCH, d.bus.subscribe(), async || Err(crate::Error::NotFound("大屏"))).await;
            assert!(none.is_err());
        }
        assert_eq!(d.moments.0.lock().unwrap().len(), 0);
        for n in 0..MOST + 10 {
            let key = n.to_be_bytes();
            let what = Moment { key: &key, ..what };
            d.moments.get(&what, Timestamp::UNIX_EPOCH, d.bus.subscribe(), async || Ok(n)).await.unwrap();
        }
        assert_eq!(d.moments.0.lock().unwrap().len(), 10);
    }
}
