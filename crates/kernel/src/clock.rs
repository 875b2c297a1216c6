//! The one clock and the one source of fresh ids. Everything else takes `now` as a value.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use uuid::Uuid;

/// Where "now" comes from: the machine, the machine and so much more (a demonstration only), or a fixed moment that a
/// test moves.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Microseconds that it goes before the machine's clock. Only `fengqiao demo` makes one, see decision 0038.
    Ahead(Arc<AtomicI64>),
    /// Microseconds since the Unix epoch; moved by [`Clock::set`] and [`Clock::advance`].
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `at` until it is moved.
    pub fn fixed(at: Timestamp) -> Clock {
        Clock::Fixed(Arc::new(AtomicI64::new(at.as_microsecond())))
    }

    /// A clock that goes with the machine's until it is set forward.
    pub fn ahead() -> Clock {
        Clock::Ahead(Arc::default())
    }

    /// The present moment, cut to microseconds (what both databases keep).
    pub fn now(&self) -> Timestamp {
        let micros = match self {
            Clock::System => machine(),
            Clock::Ahead(by) => machine().saturating_add(by.load(Ordering::SeqCst)),
            Clock::Fixed(at) => at.load(Ordering::SeqCst),
        };
        from_micros(micros)
    }

    /// Moves a fixed clock to `at`, and one that may go ahead forward to it, never back; a system clock does not move.
    pub fn set(&self, at: Timestamp) {
        match self {
            Clock::System => {}
            Clock::Ahead(by) => {
                by.fetch_max(at.as_microsecond().saturating_sub(machine()), Ordering::SeqCst);
            }
            Clock::Fixed(cell) => cell.store(at.as_microsecond(), Ordering::SeqCst),
        }
    }

    /// Moves a fixed clock forward by `seconds`.
    pub fn advance(&self, seconds: i64) {
        if let Clock::Fixed(cell) = self {
            cell.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        }
    }

    /// A fresh time-ordered id (UUIDv7) carrying this clock's moment.
    #[allow(clippy::disallowed_methods)]
    pub fn new_id(&self) -> Uuid {
        match self {
            Clock::System => Uuid::now_v7(),
            Clock::Ahead(_) | Clock::Fixed(_) => {
                let ms = self.now().as_millisecond().max(0) as u64;
                let r = Uuid::new_v4().into_bytes();
                let tail: [u8; 10] = std::array::from_fn(|i| r[i + 6]);
                uuid::Builder::from_unix_timestamp_millis(ms, &tail).into_uuid()
            }
        }
    }
}

#[allow(clippy::disallowed_methods)] // the one place that may ask the machine
fn machine() -> i64 {
    Timestamp::now().as_microsecond()
}

/// China has one legal time (UTC+8, no summer time since 1991); days and shifts are counted in it.
pub fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}

/// The civil day in Chinese time on which `at` falls.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned_datetime(zone()).date()
}

/// The first moment of `day` in Chinese time.
pub fn start_of(day: Date) -> Timestamp {
    day.to_zoned_datetime(zone()).map(|z| z.timestamp()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A moment from microseconds since the epoch; values outside the calendar fall on its ends.
pub fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// "2026-05-08 21:30" in Chinese time, the way every page prints a moment.
pub fn show(at: Timestamp) -> String {
    at.to_zoned_datetime(zone()).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let at: Timestamp = "2026-05-07T16:30:00Z".parse().unwrap();
        assert_eq!(day_of(at).to_string(), "2026-05-08");
        assert_eq!(show(at), "2026-05-08 00:30");
        assert_eq!(start_of(day_of(at)).to_string(), "2026-05-07T16:00:00Z");
    }

    #[test]
    fn a_clock_ahead_runs_on_from_where_it_was_set_and_never_goes_back() {
        let clock = Clock::ahead();
        let now = Clock::System.now();
        assert!(clock.now().as_second() - now.as_second() < 5);
        let later = from_micros(now.as_microsecond() + 86_400_000_000);
        clock.set(later);
        assert!(clock.now() >= later && clock.now().as_second() - later.as_second() < 5);
        clock.set(now);
        assert!(clock.now() >= later);
        let before = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(clock.now() > before);
        assert!(Clock::System.now().as_second() - now.as_second() < 5);
    }

    #[test]
    fn ids_of_a_fixed_clock_carry_its_moment_and_differ() {
        let clock = Clock::fixed("2026-01-01T00:00:00Z".parse().unwrap());
        let (a, b) = (clock.new_id(), clock.new_id());
        assert_ne!(a, b);
        assert_eq!(a.get_version_num(), 7);
        assert_eq!(a.as_bytes()[..6], b.as_bytes()[..6]);
    }
}
