//! 工作量和休息: what each person was planned for and really did in a month, against the limits of the rules.

use super::build::monday;
use super::stood::{Stood, Stretch};
use crate::model::Duty;
use kernel::{Date, ToSpan, UserId, Uuid};

/// What of a shift counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub shift: Uuid,
    /// Share of the time that counts as working hours.
    pub paid_percent: i64,
}

/// Too little rest: the end of one duty and the beginning of the next, in seconds.
pub type ShortRest = Stretch;

/// One side, planned or actual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    pub duties: usize,
    pub nights: usize,
    /// Minutes that count as working hours.
    pub minutes: i64,
    /// The same by calendar week, in the order of [`weeks`]; a week in two months whole.
    pub weeks: Vec<i64>,
    /// The shortest rest between two duties, in minutes.
    pub least_rest: Option<i64>,
    pub short: Vec<ShortRest>,
}

/// A person's month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    pub user: UserId,
    pub planned: Side,
    pub actual: Side,
    /// Duties of the actual side whose end nobody told.
    pub unsure: usize,
}

/// What the loads of a month are counted by.
pub struct Measure<'a> {
    pub counts: &'a [Counts],
    pub first: Date,
    pub last: Date,
    pub rest_hours: i64,
}

impl Measure<'_> {
    fn holds(&self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }
}

/// The Mondays of the calendar weeks of a month, also of those that it shares with its neighbours.
pub fn weeks(first: Date, last: Date) -> Vec<Date> {
    std::iter::successors(Some(monday(first)), |m| Some(m.saturating_add(7.days()))).take_while(|m| *m <= last).collect()
}

/// One piece of work: when, and of which duty.
struct Piece {
    day: Date,
    shift: Uuid,
    from: i64,
    until: i64,
    sure: bool,
}

/// Everybody with a duty or at a post in the month. `duties` and `stood` reach beyond the month on both sides, so that the
/// rest at its edges and its weeks are seen whole.
pub fn loads(duties: &[Duty], stood: &[Stood], by: &Measure<'_>) -> Vec<Load> {
    let mut users: Vec<UserId> =
        duties.iter().filter(|d| by.holds(d.day)).map(|d| d.user_id).chain(stood.iter().filter(|s| by.holds(s.day)).map(|s| s.user)).collect();
    users.sort_unstable();
    users.dedup();
    let night = |shift: Uuid, day: Date| duties.iter().find(|d| d.shift_id == shift && d.day == day).or(duties.iter().find(|d| d.shift_id == shift)).is_some_and(|d| d.night);
    let of = |user: UserId| {
        let planned = duties.iter().filter(|d| d.user_id == user);
        let planned = planned.map(|d| Piece { day: d.day, shift: d.shift_id, from: d.starts_at.as_second(), until: d.ends_at.as_second(), sure: true });
        let actual = stood.iter().filter(|s| s.user == user).map(|s| Piece { day: s.day, shift: s.shift, from: s.from, until: s.until, sure: s.sure });
        let ((planned, _), (actual, unsure)) = (side(planned.collect(), by, &night), side(actual.collect(), by, &night));
        Load { user, planned, actual, unsure }
    };
    users.into_iter().map(of).collect()
}

fn side(mut pieces: Vec<Piece>, by: &Measure<'_>, night: &impl Fn(Uuid, Date) -> bool) -> (Side, usize) {
    pieces.sort_by_key(|p| (p.day, p.shift, p.from));
    let weeks = weeks(by.first, by.last);
    let (mut out, mut unsure, mut whole) = (Side { weeks: vec![0; weeks.len()], ..Side::default() }, 0, vec![]);
    for duty in pieces.chunk_by(|a, b| (a.day, a.shift) == (b.day, b.shift)) {
        let (first, last) = (&duty[0], duty.iter().map(|p| p.until).max().unwrap_or(0));
        whole.push((first.from, last, by.holds(first.day)));
        let paid = by.counts.iter().find(|c| c.shift == first.shift).map_or(100, |c| c.paid_percent);
        let minutes = duty.iter().map(|p| p.until - p.from).sum::<i64>() / 60 * paid / 100;
        if let Some(w) = weeks.iter().position(|w| *w == monday(first.day)) {
            out.weeks[w] += minutes;
        }
        if !by.holds(first.day) {
            continue;
        }
        out.duties += 1;
        out.nights += usize::from(night(first.shift, first.day));
        out.minutes += minutes;
        unsure += usize::from(duty.iter().any(|p| !p.sure));
    }
    whole.sort_unstable();
    for w in whole.windows(2) {
        // Two duties that overlap leave no rest; a rest belongs to the month of the duty that follows.
        let rest = w[1].0 - w[0].1;
        if !w[1].2 {
            continue;
        }
        out.least_rest = Some(out.least_rest.map_or(rest, |l| l.min(rest)));
        if rest < by.rest_hours * 3_600 {
            out.short.push((w[0].1, w[1].0));
        }
    }
    out.least_rest = out.least_rest.map(|s| s.max(0) / 60);
    (out, unsure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DayType;

    const DAY: Uuid = Uuid::from_u128(1);
    const NIGHT: Uuid = Uuid::from_u128(2);

    fn d(n: i64) -> Date {
        "2026-05-01".parse::<Date>().unwrap().saturating_add((n - 1).days())
    }
    fn at(day: i64, hour: f64) -> i64 {
        kernel::clock::start_of(d(day)).as_second() + (hour * 3_600.0) as i64
    }
    fn duty(n: u128, day: i64, shift: Uuid) -> Duty {
        let (from, until) = if shift == NIGHT { (20.0, 32.0) } else { (8.0, 18.0) };
        let micros = |s: i64| kernel::clock::from_micros(s * 1_000_000);
        Duty {
            plan_id: Uuid::nil(),
            user_id: UserId(Uuid::from_u128(n)),
            day: d(day),
            shift_id: shift,
            post: "值守".into(),
            shift: "班".into(),
            code: "班".into(),
            starts_at: micros(at(day, from)),
            ends_at: micros(at(day, until)),
            night: shift == NIGHT,
            day_type: DayType::Work,
        }
    }
    fn stood(n: u128, day: i64, shift: Uuid, from: f64, until: f64, sure: bool) -> Stood {
        Stood { user: UserId(Uuid::from_u128(n)), day: d(day), shift, from: at(day, from), until: at(day, until), sure }
    }

    #[test]
    fn hours_nights_and_rests_by_hand() {
        let counts = [Counts { shift: DAY, paid_percent: 100 }, Counts { shift: NIGHT, paid_percent: 50 }];
        // Planned: the night of 30 April, days on the 2nd and 3rd, a night on the 4th. The 1st of June lies outside.
        let duties = [duty(1, 0, NIGHT), duty(1, 2, DAY), duty(1, 3, DAY), duty(1, 4, NIGHT), duty(2, 32, DAY)];
        let done = [
            stood(1, 0, NIGHT, 20.0, 32.0, true),
            // Stayed until one in the morning with a meal between, back at eight: seven hours of rest.
            stood(1, 2, DAY, 8.0, 12.0, true),
            stood(1, 2, DAY, 13.0, 25.0, true),
            stood(1, 3, DAY, 8.0, 18.0, true),
            stood(1, 4, NIGHT, 20.0, 32.0, false),
            // Not planned, came for a colleague.
            stood(3, 3, DAY, 9.0, 18.0, true),
        ];
        let by = Measure { counts: &counts, first: d(1), last: d(31), rest_hours: 12 };
        let all = loads(&duties, &done, &by);
        assert_eq!(all.iter().map(|l| l.user.0.as_u128()).collect::<Vec<_>>(), vec![1, 3]);
        let one = &all[0];
        assert_eq!((one.planned.duties, one.planned.nights, one.planned.minutes), (3, 1, 10 * 60 * 2 + 6 * 60));
        assert_eq!((one.planned.least_rest, one.planned.short.len()), (Some(14 * 60), 0));
        assert_eq!((one.actual.duties, one.actual.nights, one.actual.minutes, one.unsure), (3, 1, 16 * 60 + 10 * 60 + 6 * 60, 1));
        assert_eq!(one.actual.least_rest, Some(7 * 60));
        assert_eq!(one.actual.short, vec![(at(3, 1.0), at(3, 8.0))]);
        assert_eq!((all[1].planned.duties, all[1].actual.duties, all[1].actual.minutes), (0, 1, 9 * 60));
        // A rest of exactly the rule's hours is enough; an overlap is none at all.
        let edge = [stood(1, 2, DAY, 8.0, 20.0, true), stood(1, 3, DAY, 8.0, 18.0, true), stood(1, 3, NIGHT, 17.0, 30.0, true)];
        let all = loads(&[], &edge, &by);
        assert_eq!((all[0].actual.least_rest, all[0].actual.short.len()), (Some(0), 1));
    }

    #[test]
    fn hours_of_a_calendar_week_count_beyond_the_month_and_by_the_day_of_the_duty() {
        let counts = [Counts { shift: DAY, paid_percent: 100 }, Counts { shift: NIGHT, paid_percent: 50 }];
        // May 2026 begins on a Friday and ends on a Sunday: the week of 27 April lies in two months.
        assert_eq!(weeks(d(1), d(31)), [d(-3), d(4), d(11), d(18), d(25)]);
        assert_eq!(weeks(d(32), d(61)).len(), 5);
        // A Sunday in April, a Thursday in April, a Saturday; the night from Sunday the 3rd to Monday counts for Sunday's week.
        let duties = [duty(1, -4, DAY), duty(1, 0, DAY), duty(1, 2, DAY), duty(1, 3, NIGHT), duty(1, 4, DAY), duty(1, 31, NIGHT), duty(1, 32, DAY)];
        let done = [stood(1, 0, DAY, 8.0, 18.0, true), stood(1, 3, NIGHT, 20.0, 30.0, true), stood(1, 4, DAY, 8.0, 19.5, true)];
        let one = &loads(&duties, &done, &Measure { counts: &counts, first: d(1), last: d(31), rest_hours: 12 })[0];
        assert_eq!(one.planned.weeks, [(10 + 10 + 6) * 60, 10 * 60, 0, 0, 6 * 60]);
        assert_eq!(one.planned.minutes, (10 + 6 + 10 + 6) * 60, "the month has its own days only");
        assert_eq!(one.actual.weeks, [(10 + 5) * 60, 11 * 60 + 30, 0, 0, 0]);
    }
}
