//! When which window is open: by the published roster where a window hangs on a post of it, else by the hours written by
//! hand for that kind of day; less what is closed.

use crate::model::{Closure, Hours, HoursFrom, Span, Window, moment};
use kernel::{Date, Timestamp, Uuid};
use roster::model::{Day, DayType};

/// What decides about a day.
pub struct Facts<'a> {
    pub windows: &'a [Window],
    pub hours: &'a [Hours],
    pub closures: &'a [Closure],
    /// Duties as published: post, beginning, end.
    pub duties: &'a [(Uuid, Timestamp, Timestamp)],
    /// Whether the month of the day has a published roster.
    pub published: bool,
}

/// A window on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenWindow {
    pub id: Uuid,
    pub name: String,
    pub services: Vec<Uuid>,
    pub spans: Vec<Span>,
    pub from: HoursFrom,
}

impl OpenWindow {
    pub fn does(&self, service: Uuid) -> bool {
        self.services.is_empty() || self.services.contains(&service)
    }
    /// Open from one minute until another without a gap.
    pub fn covers(&self, from: i64, until: i64) -> bool {
        self.spans.iter().any(|s| s.from <= from && until <= s.until)
    }
    /// Minutes that it is open.
    pub fn minutes(&self) -> i64 {
        self.spans.iter().map(|s| s.minutes()).sum()
    }
}

/// A day with its windows.
#[derive(Clone, Debug)]
pub struct OpenDay {
    pub day: Day,
    pub windows: Vec<OpenWindow>,
    /// Why it is shut, where it is shut by a closure.
    pub closed: Vec<String>,
}

impl OpenDay {
    pub fn date(&self) -> Date {
        self.day.date
    }
    /// Hours in which at least one window is open.
    pub fn spans(&self) -> Vec<Span> {
        joined(self.windows.iter().flat_map(|w| w.spans.iter().copied()).collect())
    }
    /// Hours for one service.
    pub fn spans_of(&self, service: Uuid) -> Vec<Span> {
        joined(self.windows.iter().filter(|w| w.does(service)).flat_map(|w| w.spans.iter().copied()).collect())
    }
    /// Whether some window does the service from one minute until another.
    pub fn covers(&self, service: Uuid, from: i64, until: i64) -> bool {
        self.windows.iter().any(|w| w.does(service) && w.covers(from, until))
    }
}

/// The hours of a day.
pub fn open(day: &Day, f: &Facts<'_>) -> OpenDay {
    let mut windows = vec![];
    for w in f.windows {
        let (mut spans, from) = match w.post_id.filter(|_| f.published) {
            Some(post) => {
                // Of windows that share a post the first ones open first: the second when two people stand there.
                let before = f.windows.iter().take_while(|x| x.id != w.id).filter(|x| x.post_id == Some(post)).count();
                (staffed(day.date, post, before + 1, f.duties), HoursFrom::Roster)
            }
            None => match f.hours.iter().filter(|h| h.window_id == w.id && h.from_day <= day.date).max_by_key(|h| (h.from_day, h.n)) {
                Some(h) => (of_kind(h, day.kind), HoursFrom::Hand),
                None => (vec![], HoursFrom::None),
            },
        };
        for c in f.closures.iter().filter(|c| c.day == day.date && c.lifted_at.is_none() && c.window_id.is_none_or(|id| id == w.id)) {
            spans = without(&spans, Span { from: c.from_minute, until: c.until_minute });
        }
        windows.push(OpenWindow { id: w.id, name: w.name.clone(), services: w.services.0.clone(), spans, from });
    }
    let closed = f.closures.iter().filter(|c| c.day == day.date && c.lifted_at.is_none()).map(|c| c.reason.clone()).collect();
    OpenDay { day: day.clone(), windows, closed }
}

fn of_kind(h: &Hours, kind: DayType) -> Vec<Span> {
    match kind {
        DayType::Work => h.spans.0.work.clone(),
        DayType::Rest => h.spans.0.rest.clone(),
        DayType::Holiday => h.spans.0.holiday.clone(),
    }
}

/// When at least `people` stand at the post on the day; a duty over midnight counts on both days.
fn staffed(day: Date, post: Uuid, people: usize, duties: &[(Uuid, Timestamp, Timestamp)]) -> Vec<Span> {
    let start = moment(day, 0).as_second();
    let minute = |t: Timestamp| ((t.as_second() - start).div_euclid(60)).clamp(0, 1_440);
    let mine: Vec<Span> =
        duties.iter().filter(|d| d.0 == post).map(|d| Span { from: minute(d.1), until: minute(d.2) }).filter(|s| s.until > s.from).collect();
    let mut edges: Vec<i64> = mine.iter().flat_map(|s| [s.from, s.until]).collect();
    edges.sort_unstable();
    edges.dedup();
    let pieces = edges.windows(2).map(|e| Span { from: e[0], until: e[1] });
    joined(pieces.filter(|p| mine.iter().filter(|s| s.from <= p.from && p.until <= s.until).count() >= people).collect())
}

/// Spans in order, touching and overlapping ones made one.
pub fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|s| s.until > s.from);
    spans.sort_by_key(|s| s.from);
    let mut out: Vec<Span> = vec![];
    for s in spans {
        match out.last_mut() {
            Some(last) if s.from <= last.until => last.until = last.until.max(s.until),
            _ => out.push(s),
        }
    }
    out
}

/// Spans less another.
pub fn without(spans: &[Span], cut: Span) -> Vec<Span> {
    let parts = spans.iter().flat_map(|s| [Span { from: s.from, until: s.until.min(cut.from) }, Span { from: s.from.max(cut.until), until: s.until }]);
    parts.filter(|s| s.until > s.from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Week;
    use kernel::row::Json;
    use kernel::{StationId, UserId};

    fn window(n: u128, post: Option<Uuid>) -> Window {
        Window { station_id: StationId::NIL, id: Uuid::from_u128(n), name: format!("{n}号"), post_id: post, services: Json(vec![]), position: n as i64, version: 1 }
    }
    fn span(a: i64, b: i64) -> Span {
        Span { from: a * 60, until: b * 60 }
    }
    fn hours(window: u128, from: &str, n: i64, work: Vec<Span>, rest: Vec<Span>) -> Hours {
        Hours {
            window_id: Uuid::from_u128(window),
            n,
            from_day: from.parse().unwrap(),
            spans: Json(Week { work, rest, holiday: vec![] }),
            why: String::new(),
            at: Timestamp::UNIX_EPOCH,
            by_user: UserId::NIL,
        }
    }
    fn day(text: &str, kind: DayType) -> Day {
        Day { date: text.parse().unwrap(), kind, holiday: String::new(), make_up: false }
    }

    #[test]
    fn hours_by_hand_follow_the_kind_of_day_and_their_dates() {
        let windows = [window(1, None)];
        let hours = [hours(1, "2026-01-01", 1, vec![span(9, 17)], vec![]), hours(1, "2026-06-01", 2, vec![span(9, 21)], vec![span(10, 16)])];
        let f = Facts { windows: &windows, hours: &hours, closures: &[], duties: &[], published: true };
        assert_eq!(open(&day("2026-05-08", DayType::Work), &f).spans(), vec![span(9, 17)]);
        assert_eq!(open(&day("2026-05-10", DayType::Rest), &f).spans(), vec![]);
        assert_eq!(open(&day("2026-06-07", DayType::Rest), &f).spans(), vec![span(10, 16)]);
        let none = Facts { hours: &[], ..f };
        assert_eq!(open(&day("2026-05-08", DayType::Work), &none).windows[0].from, HoursFrom::None);
    }

    #[test]
    fn the_roster_opens_as_many_windows_as_people_stand_there() {
        let post = Uuid::from_u128(9);
        let windows = [window(1, Some(post)), window(2, Some(post))];
        let d = "2026-05-08".parse().unwrap();
        let duty = |a: i64, b: i64| (post, moment(d, a * 60), moment(d, b * 60));
        let duties = [duty(9, 17), duty(13, 21)];
        let f = Facts { windows: &windows, hours: &[], closures: &[], duties: &duties, published: true };
        let o = open(&day("2026-05-08", DayType::Work), &f);
        assert_eq!(o.windows[0].spans, vec![span(9, 21)]);
        assert_eq!(o.windows[1].spans, vec![span(13, 17)]);
        assert_eq!(o.windows[0].from, HoursFrom::Roster);
        // Over midnight the duty counts on both days.
        let over = [duty(20, 32)];
        let f = Facts { duties: &over, ..f };
        assert_eq!(open(&day("2026-05-08", DayType::Work), &f).windows[0].spans, vec![span(20, 24)]);
        assert_eq!(open(&day("2026-05-09", DayType::Work), &f).windows[0].spans, vec![span(0, 8)]);
        // Nothing published yet: by hand, here nothing.
        let f = Facts { published: false, ..f };
        assert_eq!(open(&day("2026-05-08", DayType::Work), &f).windows[0].spans, vec![]);
    }

    #[test]
    fn a_closure_cuts_and_a_lifted_one_does_not() {
        let windows = [window(1, None), window(2, None)];
        let hours = [hours(1, "2026-01-01", 1, vec![span(9, 17)], vec![]), hours(2, "2026-01-01", 1, vec![span(9, 17)], vec![])];
        let mut c = Closure {
            id: Uuid::nil(),
            window_id: Some(Uuid::from_u128(1)),
            day: "2026-05-08".parse().unwrap(),
            from_minute: 12 * 60,
            until_minute: 14 * 60,
            reason: "停电".into(),
            at: Timestamp::UNIX_EPOCH,
            by_user: UserId::NIL,
            lifted_at: None,
        };
        let of = |c: &Closure| {
            let f = Facts { windows: &windows, hours: &hours, closures: std::slice::from_ref(c), duties: &[], published: true };
            let o = open(&day("2026-05-08", DayType::Work), &f);
            (o.windows[0].spans.clone(), o.windows[1].spans.clone())
        };
        assert_eq!(of(&c), (vec![span(9, 12), span(14, 17)], vec![span(9, 17)]));
        c.window_id = None;
        (c.from_minute, c.until_minute) = (0, 1_440);
        assert_eq!(of(&c), (vec![], vec![]));
        c.lifted_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(of(&c), (vec![span(9, 17)], vec![span(9, 17)]));
    }
}
