//! Slows down whoever sends many answers from one place in a day, marks them, and in the end sends them to the desk.
//! Kept in memory only: a place is never written beside an answer.

use kernel::Date;
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// Answers of a day from one place that are neither slowed nor marked: a family at one router.
const FREE: u32 = 5;
/// Answers of a day from one place after which further ones are sent to the desk.
pub const MOST: u32 = 100;
/// Places remembered at most.
const PLACES: usize = 10_000;

/// What a further answer from a place gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Free,
    /// It is marked, after this wait.
    Marked(Duration),
    Stopped,
}

#[derive(Default)]
struct Places(HashMap<String, (u32, Date)>);

impl Places {
    fn begin(&mut self, place: &str, today: Date) -> Pace {
        self.0.retain(|_, (_, day)| *day == today);
        if self.0.len() >= PLACES && !self.0.contains_key(place) {
            // So many places are no telephone; those with few answers are forgotten first.
            let least = self.0.iter().min_by_key(|(_, (n, _))| *n).map(|(k, _)| k.clone());
            least.and_then(|k| self.0.remove(&k));
        }
        let n = &mut self.0.entry(place.to_string()).or_insert((0, today)).0;
        *n = n.saturating_add(1);
        match *n {
            n if n <= FREE => Pace::Free,
            n if n <= MOST => Pace::Marked(Duration::from_millis(u64::from((n - FREE).min(25)) * 200)),
            _ => Pace::Stopped,
        }
    }
}

/// Counts an answer from `place` and says how it is taken.
pub fn begin(place: &str, today: Date) -> Pace {
    static PLACES: OnceLock<Mutex<Places>> = OnceLock::new();
    PLACES.get_or_init(Mutex::default).lock().unwrap_or_else(|e| e.into_inner()).begin(place, today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_answers_from_one_telephone() {
        let mut p = Places::default();
        let day: Date = "2026-05-08".parse().unwrap();
        let seen: Vec<Pace> = (0..1_000).map(|_| p.begin("a", day)).collect();
        assert_eq!(seen[..5], [Pace::Free; 5]);
        assert_eq!((seen[5], seen[99]), (Pace::Marked(Duration::from_millis(200)), Pace::Marked(Duration::from_secs(5))));
        assert!(seen[100..].iter().all(|p| *p == Pace::Stopped));
        assert_eq!(p.begin("b", day), Pace::Free);
        assert_eq!(p.begin("a", day.tomorrow().unwrap()), Pace::Free);
    }
}
