//! 承诺与兑现: which promise held when, and how much of what came was taken on in time.

use super::plan::covers;
use crate::model::{Hours, Promise, SLOT};
use kernel::figure::interval;
use kernel::{Date, Timestamp};
use roster::model::DayType;

/// A promise that was written into a post's need.
#[derive(Clone, Debug)]
pub struct Given {
    pub at: Timestamp,
    pub promise: Promise,
    pub hours: Hours,
}

/// A roster that was published: first day of its month, since when, until when.
pub type Published = (Date, Timestamp, Option<Timestamp>);

/// Somebody or something that came: when, and how many seconds passed until it was taken on; `None` for what never was.
pub type Came = (Timestamp, Option<i64>);

/// A promise in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Place in the list of promises.
    pub given: usize,
    pub month: Date,
    pub came: i64,
    pub in_time: i64,
    /// Of those who came: never called, never signed. They count as not in time.
    pub lost: i64,
}

/// What can be said about a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Kept,
    Broken,
    /// Too few came: the interval holds the promised share.
    Open,
}

impl Kept {
    /// Per cent, the exact interval of 95 % for the share in time.
    pub fn interval(&self) -> Option<(f64, f64)> {
        interval::share(self.in_time, self.came).map(|i| (i.low * 100.0, i.high * 100.0))
    }

    pub fn verdict(&self, share: i64) -> Verdict {
        match self.interval() {
            Some((low, _)) if low >= share as f64 => Verdict::Kept,
            Some((_, high)) if high < share as f64 => Verdict::Broken,
            _ => Verdict::Open,
        }
    }
}

/// The promise that held at a moment: the newest that was written before the roster was published that held then. A need
/// is only words until a roster was made of it.
fn held(given: &[Given], published: &[Published], month: Date, at: Timestamp) -> Option<usize> {
    let p = published.iter().find(|p| p.0 == month && p.1 <= at && p.2.is_none_or(|u| at < u))?;
    given.iter().enumerate().filter(|(_, g)| g.at <= p.1).max_by_key(|(_, g)| g.at).map(|(i, _)| i)
}

/// Whether who waited so many seconds was taken on within the promised minutes; the last second belongs to it, and `None`
/// (nobody took it on) is never in time.
pub fn in_time(waited: Option<i64>, minutes: i64) -> bool {
    waited.is_some_and(|w| w <= minutes * 60)
}

/// The promise that somebody who came at a moment was given: the one that held, if its hours cover the moment.
pub fn promised(given: &[Given], published: &[Published], at: Timestamp, kind: &impl Fn(Date) -> DayType) -> Option<usize> {
    let day = kernel::clock::day_of(at);
    let i = held(given, published, day.first_of_month(), at)?;
    covers(given[i].hours.of(kind(day)), (windows::model::minute_of(at) / SLOT) as usize).then_some(i)
}

/// Promises against what came of them, by promise and month; only who came in the hours that were promised counts.
pub fn kept(given: &[Given], published: &[Published], came: &[Came], kind: impl Fn(Date) -> DayType) -> Vec<Kept> {
    let mut out: Vec<Kept> = vec![];
    for &(at, waited) in came {
        let month = kernel::clock::day_of(at).first_of_month();
        let Some(i) = promised(given, published, at, &kind) else { continue };
        let in_time = i64::from(in_time(waited, given[i].promise.minutes));
        let lost = i64::from(waited.is_none());
        match out.iter_mut().find(|k| (k.given, k.month) == (i, month)) {
            Some(k) => (k.came, k.in_time, k.lost) = (k.came + 1, k.in_time + in_time, k.lost + lost),
            None => out.push(Kept { given: i, month, came: 1, in_time, lost }),
        }
    }
    out.sort_by_key(|k| std::cmp::Reverse((k.month, given[k.given].at)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows::model::{Span, moment};

    fn d(s: &str) -> Date {
        s.parse().unwrap()
    }
    fn given(day: &str, minutes: i64) -> Given {
        Given { at: moment(d(day), 600), promise: Promise { share: 90, minutes }, hours: Hours { work: vec![Span { from: 540, until: 1_230 }], ..Hours::default() } }
    }

    #[test]
    fn a_promise_holds_from_the_roster_that_was_made_of_it() {
        let all = [given("2026-05-03", 10), given("2026-05-20", 5)];
        // May was published before, again on the 6th, and on the 25th; June never.
        let published = [
            (d("2026-05-01"), moment(d("2026-04-28"), 0), Some(moment(d("2026-05-06"), 0))),
            (d("2026-05-01"), moment(d("2026-05-06"), 0), Some(moment(d("2026-05-25"), 0))),
            (d("2026-05-01"), moment(d("2026-05-25"), 0), None),
        ];
        let at = |day: &str, minute: i64| moment(d(day), minute);
        let came = [
            (at("2026-05-04", 600), Some(30)),   // written, but no roster of it yet
            (at("2026-05-07", 600), Some(600)),  // ten minutes: in time
            (at("2026-05-07", 601), Some(601)),  // a second more: not
            (at("2026-05-08", 1_229), None),     // left without a call: not, and told
            (at("2026-05-08", 1_230), Some(0)),  // after the promised hours
            (at("2026-05-09", 600), Some(0)),    // a weekend: nothing promised
            (at("2026-05-26", 600), Some(301)),  // five minutes by then
            (at("2026-06-01", 600), Some(0)),
        ];
        let kind = |day: Date| if day == d("2026-05-09") { DayType::Rest } else { DayType::Work };
        let got = kept(&all, &published, &came, kind);
        assert_eq!(
            got,
            vec![Kept { given: 1, month: d("2026-05-01"), came: 1, in_time: 0, lost: 0 }, Kept { given: 0, month: d("2026-05-01"), came: 3, in_time: 1, lost: 1 }]
        );
        assert_eq!(kept(&[], &published, &came, kind), vec![]);
    }

    #[test]
    fn few_people_prove_nothing() {
        let k = |in_time, came| Kept { given: 0, month: d("2026-05-01"), came, in_time, lost: 0 };
        assert_eq!(k(9, 10).verdict(90), Verdict::Open);
        assert_eq!(k(10, 10).verdict(90), Verdict::Open);
        assert_eq!(k(500, 510).verdict(90), Verdict::Kept);
        assert_eq!(k(400, 510).verdict(90), Verdict::Broken);
        let (low, high) = k(9, 10).interval().unwrap();
        assert!((low - 55.5).abs() < 0.1 && (high - 99.75).abs() < 0.1, "{low} {high}");
    }
}
