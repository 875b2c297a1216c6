//! Slows down whoever guesses receipts: after a few wrong secrets from one place each further try
//! waits longer, and after many there is a pause. A try counts from the moment it comes in, so that
//! many at once are slowed like many in a row; a right secret is taken off the count again.

use kernel::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// Wrong tries within the window before answers slow down.
const FREE: u32 = 5;
/// Wrong tries within the window before further ones are refused.
const MOST: u32 = 30;
/// The window, in seconds.
const WINDOW: i64 = 600;
/// Places remembered at most; the oldest are forgotten first.
const PLACES: usize = 10_000;

/// What a further try from this place gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Now,
    After(Duration),
    NotNow,
    /// The first one that is refused; worth an entry of its own.
    Stopped,
}

#[derive(Default)]
struct Tries(HashMap<String, (u32, Timestamp)>);

fn tries() -> &'static Mutex<Tries> {
    static TRIES: OnceLock<Mutex<Tries>> = OnceLock::new();
    TRIES.get_or_init(Mutex::default)
}

impl Tries {
    /// Counts a try and says how it is paced.
    fn begin(&mut self, place: &str, now: Timestamp) -> Pace {
        self.0.retain(|_, (_, since)| (now.as_second() - since.as_second()).abs() < WINDOW);
        let full = self.0.len() >= PLACES && !self.0.contains_key(place);
        let oldest = self.0.iter().min_by_key(|(_, (_, t))| *t).map(|(k, _)| k.clone());
        if let (true, Some(oldest)) = (full, oldest) {
            self.0.remove(&oldest);
        }
        let e = self.0.entry(place.to_string()).or_insert((0, now));
        let before = e.0;
        e.0 = e.0.saturating_add(1);
        match before {
            n if n < FREE => Pace::Now,
            n if n < MOST => Pace::After(Duration::from_millis(u64::from(n - FREE + 1) * 200)),
            MOST => Pace::Stopped,
            _ => Pace::NotNow,
        }
    }

    fn right(&mut self, place: &str) {
        if let Some(e) = self.0.get_mut(place) {
            e.0 = e.0.saturating_sub(1);
        }
    }
}

/// Counts a try from `place` and says how it is paced.
pub fn begin(place: &str, now: Timestamp) -> Pace {
    tries().lock().unwrap_or_else(|e| e.into_inner()).begin(place, now)
}

/// The try was right and is not held against the place.
pub fn right(place: &str) {
    tries().lock().unwrap_or_else(|e| e.into_inner()).right(place);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_guesses_are_slowed_and_then_refused_until_the_window_ends() {
        let mut t = Tries::default();
        let now: Timestamp = "2026-05-08T01:00:00Z".parse().unwrap();
        // A hundred that come in at once, before the first one has been answered.
        let seen: Vec<Pace> = (0..100).map(|_| t.begin("a", now)).collect();
        assert_eq!(seen[..5], [Pace::Now; 5]);
        assert_eq!(seen[5], Pace::After(Duration::from_millis(200)));
        assert_eq!(seen[29], Pace::After(Duration::from_millis(5_000)));
        assert_eq!((seen[30], seen[31], seen[99]), (Pace::Stopped, Pace::NotNow, Pace::NotNow));
        assert_eq!(t.begin("b", now), Pace::Now);
        let later = now.checked_add(Duration::from_secs(601)).unwrap();
        assert_eq!(t.begin("a", later), Pace::Now);
    }

    #[test]
    fn who_asks_with_right_secrets_is_never_slowed() {
        let mut t = Tries::default();
        let now: Timestamp = "2026-05-08T01:00:00Z".parse().unwrap();
        for _ in 0..100 {
            assert_eq!(t.begin("a", now), Pace::Now);
            t.right("a");
        }
    }
}
