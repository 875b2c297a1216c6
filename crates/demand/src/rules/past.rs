//! From moments of coming to days by the quarter hour: what was observed, what was not.

use crate::model::{Coverage, Day, Origin, Past, SLOT, SLOTS};
use kernel::calendar::Calendar;
use kernel::{Date, ToSpan};
use roster::model::DayType;
use std::collections::BTreeMap;
use windows::model::Span;

/// Slots before and after open hours within which somebody is counted in the nearest open one.
const NEAR: usize = 4;

/// A day's arrivals by slot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    pub counts: Vec<Option<u32>>,
    pub early: u32,
    pub outside: u32,
}

/// Counts minutes of coming within open hours. A slot is open when the doors are for more than half of it. Who comes up to an
/// hour before opening is counted in the first open slot (they wait for the door), up to an hour after closing in the last.
pub fn counted(open: &[Span], came: &[i64]) -> Counted {
    let is_open = |k: usize| {
        let (from, until) = (k as i64 * SLOT, (k as i64 + 1) * SLOT);
        open.iter().map(|s| (s.until.min(until) - s.from.max(from)).max(0)).sum::<i64>() * 2 > SLOT
    };
    let mut out = Counted { counts: (0..SLOTS).map(|k| is_open(k).then_some(0)).collect(), ..Counted::default() };
    for minute in came {
        let at = (minute / SLOT).clamp(0, SLOTS as i64 - 1) as usize;
        let later = (at..(at + NEAR + 1).min(SLOTS)).find(|k| out.counts[*k].is_some());
        let found = later.or_else(|| (at.saturating_sub(NEAR)..at).rev().find(|k| out.counts[*k].is_some()));
        match found {
            Some(k) => {
                out.early += u32::from(k != at);
                out.counts[k] = out.counts[k].map(|n| n + 1);
            }
            None => out.outside += 1,
        }
    }
    out
}

/// Days of imported arrivals. A file that gives counts by the quarter hour says itself what was observed. Of a file with one
/// line a person, a slot was observed on a day when on some such day of that kind somebody came in it: shut doors and slots
/// in which nobody ever came look the same there, and neither is counted as nought.
pub fn imported(rows: &[Past], kind_of: impl Fn(Date) -> DayType) -> Vec<Day> {
    let mut days: BTreeMap<Date, (Vec<Option<u32>>, bool)> = BTreeMap::new();
    let mut seen = [[false; SLOTS]; 3];
    for r in rows {
        let k = (r.minute / SLOT).clamp(0, SLOTS as i64 - 1) as usize;
        let day = days.entry(r.day).or_insert_with(|| (vec![None; SLOTS], true));
        let people = u32::try_from(r.people).unwrap_or(0);
        day.0[k] = Some(day.0[k].unwrap_or(0) + people);
        day.1 &= r.by_slot;
        if !r.by_slot {
            seen[kind_of(r.day) as usize][k] = true;
        }
    }
    let one = |(date, (mut counts, by_slot)): (Date, (Vec<Option<u32>>, bool))| {
        let kind = kind_of(date);
        if !by_slot {
            counts.iter_mut().zip(&seen[kind as usize]).filter(|(n, s)| n.is_none() && **s).for_each(|(n, _)| *n = Some(0));
        }
        Day { date, kind, counts, origin: Origin::Imported }
    };
    days.into_iter().map(one).collect()
}

/// Own and imported days in order; a day counted here stands before an imported one.
pub fn joined(own: Vec<Day>, imported: Vec<Day>) -> Vec<Day> {
    let known = |d: &Day| d.counts.iter().any(Option::is_some);
    let mut days: BTreeMap<Date, Day> = imported.into_iter().filter(known).map(|d| (d.date, d)).collect();
    for d in own.into_iter().filter(known) {
        // Nobody drew a ticket here but a file has the day: the file knows.
        if d.came() > 0 || !days.contains_key(&d.date) {
            days.insert(d.date, d);
        }
    }
    days.into_values().collect()
}

/// What the days are known from.
pub fn coverage(days: &[Day], calendar: &Calendar, early: u32, outside: u32) -> Coverage {
    let of = |o: Origin| days.iter().filter(|d| d.origin == o).count();
    let (first, last) = (days.first().map(|d| d.date), days.last().map(|d| d.date));
    let mut gaps = vec![];
    if let (Some(mut d), Some(last)) = (first, last) {
        while d < last {
            if calendar.is_working(d) && days.binary_search_by_key(&d, |x| x.date).is_err() {
                gaps.push(d);
            }
            d = d.saturating_add(1.days());
        }
    }
    let gap_days = gaps.len();
    gaps.reverse();
    gaps.truncate(10);
    let people = days.iter().map(Day::came).sum();
    Coverage { first, last, own: of(Origin::Own), imported: of(Origin::Imported), gaps, gap_days, early, outside, people }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Uuid;

    fn d(s: &str) -> Date {
        s.parse().unwrap()
    }
    fn past(day: &str, minute: i64, people: i64, by_slot: bool) -> Past {
        Past { service_id: Uuid::from_u128(1), day: d(day), minute, people, by_slot }
    }
    fn kind(day: Date) -> DayType {
        if day.weekday().to_monday_zero_offset() < 5 { DayType::Work } else { DayType::Rest }
    }

    #[test]
    fn closed_doors_are_not_zero_demand() {
        let open = [Span { from: 540, until: 600 }, Span { from: 840, until: 900 }];
        // 08:50 waits for the door, 09:02 and 09:20 come in, 10:05 comes just too late, 12:30 is far from both.
        let c = counted(&open, &[530, 542, 560, 605, 750]);
        assert_eq!(c.counts[35], None);
        assert_eq!(c.counts[36..40], [Some(2), Some(1), Some(0), Some(1)]);
        assert_eq!((c.counts[40], c.counts[50]), (None, None));
        assert_eq!((c.early, c.outside), (2, 1));
        // A slot that is open for seven of fifteen minutes is shut.
        assert_eq!(counted(&[Span { from: 548, until: 600 }], &[]).counts[36], None);
        assert_eq!(counted(&[Span { from: 547, until: 600 }], &[]).counts[36], Some(0));
    }

    #[test]
    fn a_missing_quarter_hour_of_a_file_is_a_gap_and_not_nought() {
        let rows = [past("2026-04-01", 540, 2, true), past("2026-04-01", 570, 0, true)];
        let days = imported(&rows, kind);
        assert_eq!(days[0].counts[36..39], [Some(2), None, Some(0)]);
        // One line a person: 09:15 is known to be open from the day after, 10:00 from no day.
        let rows = [past("2026-04-01", 540, 1, false), past("2026-04-02", 555, 1, false), past("2026-04-04", 600, 1, false)];
        let days = imported(&rows, kind);
        assert_eq!(days[0].counts[36..39], [Some(1), Some(0), None]);
        assert_eq!(days[1].counts[36..39], [Some(0), Some(1), None]);
        // The Saturday says nothing about working days.
        assert_eq!((days[0].counts[40], days[2].counts[40], days[2].counts[36]), (None, Some(1), None));
    }

    #[test]
    fn a_day_comes_from_one_place_and_gaps_are_listed() {
        let day = |s: &str, n: u32, origin| Day { date: d(s), kind: kind(d(s)), counts: vec![Some(n)], origin };
        let own = vec![day("2026-04-08", 0, Origin::Own), day("2026-04-09", 3, Origin::Own)];
        let file = vec![day("2026-04-03", 2, Origin::Imported), day("2026-04-08", 5, Origin::Imported), day("2026-04-09", 9, Origin::Imported)];
        let days = joined(own, file);
        assert_eq!(days.iter().map(|x| (x.counts[0], x.origin)).collect::<Vec<_>>(), [
            (Some(2), Origin::Imported),
            (Some(5), Origin::Imported),
            (Some(3), Origin::Own)
        ]);
        let c = coverage(&days, &Calendar::default(), 1, 2);
        // 2026-04-03 is a Friday; Monday and Tuesday after it are missing.
        assert_eq!((c.gap_days, c.gaps), (2, vec![d("2026-04-07"), d("2026-04-06")]));
        assert_eq!((c.own, c.imported, c.people, c.early, c.outside), (1, 2, 10, 1, 2));
    }
}
