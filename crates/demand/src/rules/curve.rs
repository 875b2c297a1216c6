//! From days to a curve: what `staffing::forecast` expects of a day of each kind, with how often each slot was seen.

use crate::model::{Day, Line, SLOTS};
use roster::model::DayType;
use staffing::forecast::{Forecaster, MIN_DAYS, Outlook};
use std::ops::Range;

/// What was learnt from the days.
pub struct Learnt {
    /// The slots that are looked at: all that were ever observed, and those asked for.
    pub hull: Range<usize>,
    /// By kind of day.
    outlooks: Vec<Outlook>,
    /// By kind of day and slot of the hull: days on which it was observed.
    seen: Vec<Vec<usize>>,
    /// By kind of day: days with anything observed.
    pub days: Vec<usize>,
}

/// The slots between the first and the last that matter, whole hours.
pub fn hull(days: &[Day], also: impl Iterator<Item = usize>) -> Range<usize> {
    let mut all: Vec<usize> = also.collect();
    for d in days {
        all.extend(d.counts.iter().enumerate().filter(|(_, n)| n.is_some()).map(|(k, _)| k));
    }
    match (all.iter().min(), all.iter().max()) {
        (Some(a), Some(b)) => a / 4 * 4..(b / 4 * 4 + 4).min(SLOTS),
        _ => 32..80,
    }
}

/// Learns from the days in their order; `None` when they are too few for any forecast ([`MIN_DAYS`]).
pub fn learn(days: &[Day], hull: Range<usize>) -> Option<Learnt> {
    let mut f = Forecaster::new(hull.len(), DayType::ALL.len()).ok()?;
    let mut seen = vec![vec![0; hull.len()]; DayType::ALL.len()];
    let mut many = vec![0; DayType::ALL.len()];
    for d in days {
        let counts = &d.counts[hull.clone()];
        if counts.iter().all(Option::is_none) {
            continue;
        }
        f.learn(d.kind as usize, counts).ok()?;
        many[d.kind as usize] += 1;
        seen[d.kind as usize].iter_mut().zip(counts).for_each(|(s, n)| *s += usize::from(n.is_some()));
    }
    let outlooks = DayType::ALL.iter().map(|k| f.outlook(*k as usize)).collect::<Result<Vec<_>, _>>().ok()?;
    Some(Learnt { hull, outlooks, seen, days: many })
}

impl Learnt {
    pub fn outlook(&self, kind: DayType) -> &Outlook {
        &self.outlooks[kind as usize]
    }

    /// Days of a kind on which a slot of the day was observed.
    pub fn seen(&self, kind: DayType, slot: usize) -> usize {
        if self.hull.contains(&slot) { self.seen[kind as usize][slot - self.hull.start] } else { 0 }
    }

    /// The curve of a kind of day, without latent demand.
    pub fn lines(&self, kind: DayType) -> Vec<Line> {
        let o = self.outlook(kind);
        let one = |slot: usize| {
            let k = slot - self.hull.start;
            let days = self.seen[kind as usize][k];
            let sure = sure(o.mean[k], o.spread, (days as f64).min(o.seen[k]));
            Line { slot, days, mean: o.mean[k], sure, low: o.quantile(k, 0.1), high: o.quantile(k, 0.9), latent: None }
        };
        self.hull.clone().map(one).collect()
    }
}

/// Within which an average of so many days lies with a probability of eight in ten, by the spread of single days; older days
/// count less. What neighbouring slots teach is left aside, so it is rather too wide.
fn sure(mean: f64, spread: f64, days: f64) -> (f64, f64) {
    let off = 1.2816 * ((mean + spread * mean * mean) / days.max(1.0)).sqrt();
    ((mean - off).max(0.0), mean + off)
}

/// Days that are still missing before anything can be said.
pub fn missing(days: &[Day]) -> usize {
    MIN_DAYS.saturating_sub(days.iter().filter(|d| d.counts.iter().any(Option::is_some)).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;
    use kernel::{Date, ToSpan};

    fn days(n: i64) -> Vec<Day> {
        let first: Date = "2026-03-02".parse().unwrap();
        let one = |i: i64| {
            let date = first.saturating_add(i.days());
            let kind = if date.weekday().to_monday_zero_offset() < 5 { DayType::Work } else { DayType::Rest };
            let open = |k: usize| if kind == DayType::Work { (36..48).contains(&k) } else { (40..44).contains(&k) };
            let counts = (0..SLOTS).map(|k| open(k).then_some(if k % 4 == 0 { 4 } else { 1 })).collect();
            Day { date, kind, counts, origin: Origin::Own }
        };
        (0..n).map(one).collect()
    }

    #[test]
    fn open_slots_are_observed_and_others_only_extrapolated() {
        let days = days(28);
        let l = learn(&days, hull(&days, [72].into_iter())).unwrap();
        assert_eq!(l.hull, 36..76);
        let work = l.lines(DayType::Work);
        assert_eq!((work[0].days, work[0].slot, work[0].minute()), (20, 36, 540));
        assert!(work[0].observed() && !work[20].observed());
        let mean: f64 = work[..12].iter().map(|x| x.mean).sum();
        assert!((mean - 21.0).abs() < 3.0, "{mean}");
        assert!(work.iter().all(|x| x.low <= x.high && x.sure.0 <= x.mean && x.mean <= x.sure.1));
        assert!(work[0].sure.1 - work[0].sure.0 < 2.0, "twenty days say more than one: {:?}", work[0]);
        assert_eq!(l.lines(DayType::Rest).iter().filter(|x| x.observed()).count(), 4);
        assert_eq!(l.lines(DayType::Holiday).iter().filter(|x| x.observed()).count(), 0);
        assert_eq!((l.seen(DayType::Work, 36), l.seen(DayType::Work, 3), l.days[0]), (20, 0, 20));
    }

    #[test]
    fn too_few_days_say_nothing() {
        let few = days(4);
        assert!(learn(&few, hull(&few, std::iter::empty())).is_none());
        assert_eq!((missing(&few), missing(&[])), (1, 5));
        assert_eq!(hull(&[], std::iter::empty()), 32..80);
    }
}
