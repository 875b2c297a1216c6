//! 窗口不空岗: which minutes a window was open by plan and nobody stood at it; waits by nearest rank.

use super::hours::{joined, without};
use crate::model::{Span, Stand, moment};
use kernel::{Date, Timestamp, Uuid};

/// A window on a day that is over, or so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Open by plan, up to now.
    pub planned: Vec<Span>,
    /// Somebody stood there while it was open by plan.
    pub actual: Vec<Span>,
    /// Open by plan without anybody.
    pub empty: Vec<Span>,
    /// Somebody stood there without plan.
    pub extra: Vec<Span>,
}

/// Minutes of spans.
pub fn minutes(spans: &[Span]) -> i64 {
    spans.iter().map(|s| s.minutes()).sum()
}

/// Compares the plan of a window with the stands at it, by the minute; minutes that have not passed yet do not count.
pub fn keep(day: Date, window: Uuid, planned: &[Span], stands: &[Stand], now: Timestamp) -> Kept {
    let start = moment(day, 0).as_second();
    let minute = |t: Timestamp| (t.as_second() - start).div_euclid(60).clamp(0, 1_440);
    let passed = minute(now);
    let cut = |spans: Vec<Span>| without(&spans, Span { from: passed, until: 1_440 });
    let there = stands.iter().filter(|s| s.window_id == window).map(|s| Span { from: minute(s.began_at), until: minute(s.ended_at.unwrap_or(now)) });
    let there = cut(joined(there.filter(|s| s.until > s.from).collect()));
    let planned = cut(planned.to_vec());
    let less = |from: &[Span], gone: &[Span]| gone.iter().fold(from.to_vec(), |left, s| without(&left, *s));
    let empty = less(&planned, &there);
    let extra = less(&there, &planned);
    Kept { actual: less(&planned, &empty), planned, empty, extra }
}

/// When a stand ends that nobody ends: so many minutes of `grace` after the published hours in which it began (or before which
/// it began), also where more hours follow after a longer pause: nobody knows whether the person came back. `last` is the last
/// sign of the person at the window (a ticket called, begun, finished). A stand that began after all hours ends with the day.
pub fn ends(day: Date, planned: &[Span], began: Timestamp, last: Option<Timestamp>, grace: i64) -> Timestamp {
    let start = moment(day, 0).as_second();
    let minute = |t: Timestamp| (t.as_second() - start).div_euclid(60).clamp(0, 1_440);
    let mut stretches: Vec<Span> = vec![];
    for s in joined(planned.to_vec()) {
        match stretches.last_mut() {
            Some(last) if s.from - last.until <= grace => last.until = s.until,
            _ => stretches.push(s),
        }
    }
    let mut end = stretches.iter().find(|s| s.until > minute(began)).map_or(1_440, |s| s.until + grace);
    if let Some(m) = last.map(minute) {
        end = end.max(stretches.iter().find(|s| s.from <= m && m < s.until).map_or(m, |s| s.until) + grace);
    }
    moment(day, end.min(1_440)).max(began)
}

/// The value that a share `p` of all lies at or below, by nearest rank; `None` of nothing.
pub fn rank(values: &[i64], p: f64) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let n = (p * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(n - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::UserId;

    fn stand(from: &str, until: Option<&str>) -> Stand {
        let at = |s: &str| format!("2026-05-08T{s}:00+08:00").parse::<Timestamp>().unwrap();
        Stand { id: Uuid::nil(), window_id: Uuid::from_u128(1), user_id: UserId::NIL, began_at: at(from), ended_at: until.map(at), ended_why: String::new() }
    }
    fn span(a: i64, b: i64) -> Span {
        Span { from: a, until: b }
    }

    #[test]
    fn every_minute_without_a_person_counts_and_none_twice() {
        let day = "2026-05-08".parse().unwrap();
        let id = Uuid::from_u128(1);
        let plan = [span(540, 720), span(840, 1_020)];
        let end = "2026-05-09T00:00:00+08:00".parse().unwrap();
        let k = |stands: &[Stand], now: Timestamp| keep(day, id, &plan, stands, now);
        // Ten minutes late, a hand-over without a gap, ten minutes early away, an hour more in the evening.
        let stands = [stand("09:10", Some("10:00")), stand("10:00", Some("12:05")), stand("13:50", Some("16:50")), stand("17:30", Some("18:30"))];
        let d = k(&stands, end);
        assert_eq!((minutes(&d.planned), minutes(&d.actual), minutes(&d.empty)), (360, 340, 20));
        assert_eq!(d.empty, vec![span(540, 550), span(1_010, 1_020)]);
        assert_eq!(minutes(&d.extra), 5 + 10 + 60);
        // Nobody came: everything is empty; a stand that is still open reaches until now.
        assert_eq!(minutes(&k(&[], end).empty), 360);
        let now: Timestamp = "2026-05-08T09:30:00+08:00".parse().unwrap();
        let d = k(&[stand("09:10", None)], now);
        assert_eq!((minutes(&d.planned), minutes(&d.actual), minutes(&d.empty)), (30, 20, 10));
        // Another window's people do not help.
        assert_eq!(minutes(&keep(day, Uuid::from_u128(2), &plan, &stands, end).empty), 360);
    }

    #[test]
    fn a_stand_that_nobody_ends_lasts_until_some_time_after_its_hours() {
        let day = "2026-05-08".parse().unwrap();
        let plan = [span(540, 720), span(840, 1_020)];
        let at = |m: i64| moment(day, m);
        let end = |began: i64, last: Option<i64>, grace: i64| (ends(day, &plan, at(began), last.map(at), grace).as_second() - at(0).as_second()) / 60;
        // Early, in the morning, in the pause, in the afternoon.
        assert_eq!([500, 600, 730, 900].map(|b| end(b, None, 30)), [750, 750, 1_050, 1_050]);
        // Still at work after closing; back in the afternoon by a ticket.
        assert_eq!([end(600, Some(735), 30), end(600, Some(850), 30), end(600, Some(650), 30)], [765, 1_050, 750]);
        // A pause no longer than the grace is none; after all hours, or without any, a stand ends with the day.
        assert_eq!([end(600, None, 120), end(1_030, None, 30), end(1_200, Some(1_430), 30)], [1_140, 1_440, 1_440]);
        assert_eq!(ends(day, &[], at(600), None, 30), at(1_440));
    }

    #[test]
    fn planned_is_actual_and_empty_whatever_the_stands() {
        let day = "2026-05-08".parse().unwrap();
        let end = "2026-05-09T00:00:00+08:00".parse().unwrap();
        let mut rng = staffing::Rng::new(3);
        for _ in 0..300 {
            let mut some = |n: usize, until: usize| (0..n).map(|_| (rng.below(until) as i64, rng.below(200) as i64 + 1)).collect::<Vec<_>>();
            let plan = joined(some(3, 1_200).into_iter().map(|(a, l)| span(a, a + l)).collect());
            let stands: Vec<Stand> = some(4, 1_200)
                .into_iter()
                .map(|(a, l)| Stand { began_at: moment(day, a), ended_at: Some(moment(day, a + l)), ..stand("09:00", None) })
                .collect();
            let k = keep(day, Uuid::from_u128(1), &plan, &stands, end);
            assert_eq!(minutes(&k.planned), minutes(&k.actual) + minutes(&k.empty));
            assert_eq!(minutes(&k.planned), minutes(&plan));
        }
    }

    #[test]
    fn ranks_of_waits() {
        assert_eq!(rank(&[], 0.5), None);
        assert_eq!(rank(&[7], 0.9), Some(7));
        let ten: Vec<i64> = (1..=10).collect();
        assert_eq!((rank(&ten, 0.5), rank(&ten, 0.9)), (Some(5), Some(9)));
    }
}
