//! Slows down whoever guesses receipts: after a few wrong secrets from one place each further try
//! waits longer, and after many there is a pause. Right secrets are never slowed.

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
}

#[derive(Default)]
struct Tries(HashMap<String, (u32, Timestamp)>);

fn tries() -> &'static Mutex<Tries> {
    static TRIES: OnceLock<Mutex<Tries>> = OnceLock::new();
    TRIES.get_or_init(Mutex::default)
}

impl Tries {
    fn pace(&mut self, place: &str, now: Timestamp) -> Pace {
        self.0.retain(|_, (_, since)| now.as_second() - since.as_second() < WINDOW);
        match self.0.get(place).map_or(0, |(n, _)| *n) {
            n if n < FREE => Pace::Now,
            n if n < MOST => Pace::After(Duration::from_millis(u64::from(n - FREE + 1) * 200)),
            _ => Pace::NotNow,
        }
    }

    fn wrong(&mut self, place: &str, now: Timestamp) {
        let full = self.0.len() >= PLACES && !self.0.contains_key(place);
        let oldest = self.0.iter().min_by_key(|(_, (_, t))| *t).map(|(k, _)| k.clone());
        if let (true, Some(oldest)) = (full, oldest) {
            self.0.remove(&oldest);
        }
        let e = self.0.entry(place.to_string()).or_insert((0, now));
        e.0 += 1;
    }
}

/// How the next try from `place` is paced.
pub fn pace(place: &str, now: Timestamp) -> Pace {
    tries().lock().unwrap_or_else(|e| e.into_inner()).pace(place, now)
}

/// Notes a wrong secret.
pub fn wrong(place: &str, now: Timestamp) {
    tries().lock().unwrap_or_else(|e| e.into_inner()).wrong(place, now);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_guesses_are_slowed_and_then_refused_until_the_window_ends() {
        let mut t = Tries::default();
        let now: Timestamp = "2026-05-08T01:00:00Z".parse().unwrap();
        let mut seen = vec![];
        for _ in 0..100 {
            seen.push(t.pace("a", now));
            t.wrong("a", now);
        }
        assert_eq!(seen[0], Pace::Now);
        assert_eq!(seen[5], Pace::After(Duration::from_millis(200)));
        assert_eq!(seen[99], Pace::NotNow);
        assert_eq!(t.pace("b", now), Pace::Now);
        let later = now.checked_add(Duration::from_secs(601)).unwrap();
        assert_eq!(t.pace("a", later), Pace::Now);
    }
}
