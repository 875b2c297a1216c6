//! When which window is open: by the published roster where a window hangs on a post of it, else by the hours written by
//! hand for that kind of day; less what is closed.

use crate::model::{Closure, Hours, HoursFrom, Span, Window, moment};
use kernel::{Date, Timestamp, Uuid};
use roster::model::{Day, DayType, PostDuty};

/// What decides about a day.
pub struct Facts<'a> {
    /// Windows in use at some time of the day, those taken out of use since too.
    pub windows: &'a [Window],
    /// Which post opened which window, since when; oldest first.
    pub posts: &'a [(Uuid, Timestamp, Option<Uuid>)],
    pub hours: &'a [Hours],
    pub closures: &'a [Closure],
    /// Duties of every version that was published.
    pub duties: &'a [PostDuty],
    /// When which month had a published roster: its first day, since, until.
    pub publications: &'a [(Date, Timestamp, Option<Timestamp>)],
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

/// The hours of a day. Each minute goes by what had been written when it came: a window opened later, hours or a roster put
/// out later, a closure told later do not reach back. (A report of a past day must stay what it was.)
pub fn open(day: &Day, f: &Facts<'_>) -> OpenDay {
    let start = moment(day.date, 0).as_second();
    let minute = |t: Timestamp| (t.as_second() - start).div_euclid(60).clamp(0, 1_440);
    // From the minute in which something was written until the one in which it ended.
    let held = |since: Timestamp, until: Option<Timestamp>| Span { from: minute(since), until: until.map_or(1_440, minute) };
    let closed: Vec<(&Closure, Span)> = f
        .closures
        .iter()
        .filter(|c| c.day == day.date)
        .map(|c| (c, Span { from: c.from_minute.max(minute(c.at)), until: c.until_minute.min(c.lifted_at.map_or(1_440, minute)) }))
        .filter(|(_, s)| s.until > s.from)
        .collect();
    let mut cuts = vec![0, 1_440];
    cuts.extend(f.windows.iter().flat_map(|w| [Some(w.created_at), w.ended_at]).flatten().map(minute));
    cuts.extend(f.posts.iter().map(|p| minute(p.1)));
    cuts.extend(f.hours.iter().map(|h| minute(h.at)));
    cuts.extend(f.publications.iter().flat_map(|p| [Some(p.1), p.2]).flatten().map(minute));
    cuts.sort_unstable();
    cuts.dedup();
    let pieces: Vec<Span> = cuts.windows(2).map(|e| Span { from: e[0], until: e[1] }).collect();
    let within = |s: Span, at: i64| s.from <= at && at < s.until;
    let mut windows = vec![];
    for w in f.windows.iter().filter(|w| held(w.created_at, w.ended_at).minutes() > 0) {
        let (mut spans, mut from) = (vec![], HoursFrom::None);
        for piece in pieces.iter().filter(|p| within(held(w.created_at, w.ended_at), p.from)) {
            let at = piece.from;
            let known = |since: Timestamp, until: Option<Timestamp>| within(held(since, until), at);
            let post_of = |w: &Window| f.posts.iter().rfind(|p| p.0 == w.id && known(p.1, None)).map_or(w.post_id, |p| p.2);
            let published = f.publications.iter().any(|p| p.0 == day.date.first_of_month() && known(p.1, p.2));
            let (all, source) = match post_of(w).filter(|_| published) {
                Some(post) => {
                    // Of windows that share a post the first ones open first: the second when two people stand there.
                    let beside = |x: &&Window| known(x.created_at, x.ended_at) && post_of(x) == Some(post);
                    let before = f.windows.iter().take_while(|x| x.id != w.id).filter(beside).count();
                    let duties = f.duties.iter().filter(|d| d.post_id == post && known(d.since, d.until));
                    (staffed(duties.map(|d| Span { from: minute(d.starts_at), until: minute(d.ends_at) }).collect(), before + 1), HoursFrom::Roster)
                }
                None => {
                    let written = f.hours.iter().filter(|h| h.window_id == w.id && h.from_day <= day.date && known(h.at, None));
                    match written.max_by_key(|h| (h.from_day, h.n)) {
                        Some(h) => (of_kind(h, day.kind), HoursFrom::Hand),
                        None => (vec![], HoursFrom::None),
                    }
                }
            };
            from = source;
            spans.extend(all.iter().map(|s| Span { from: s.from.max(piece.from), until: s.until.min(piece.until) }));
        }
        spans = joined(spans);
        for (_, cut) in closed.iter().filter(|(c, _)| c.window_id.is_none_or(|id| id == w.id)) {
            spans = without(&spans, *cut);
        }
        windows.push(OpenWindow { id: w.id, name: w.name.clone(), services: w.services.0.clone(), spans, from });
    }
    let closed = closed.iter().filter(|(c, _)| c.lifted_at.is_none()).map(|(c, _)| c.reason.clone()).collect();
    OpenDay { day: day.clone(), windows, closed }
}

fn of_kind(h: &Hours, kind: DayType) -> Vec<Span> {
    match kind {
        DayType::Work => h.spans.0.work.clone(),
        DayType::Rest => h.spans.0.rest.clone(),
        DayType::Holiday => h.spans.0.holiday.clone(),
    }
}

/// When at least `people` stand at a post, by the minutes of their duties.
fn staffed(mut duties: Vec<Span>, people: usize) -> Vec<Span> {
    duties.retain(|s| s.until > s.from);
    let mut edges: Vec<i64> = duties.iter().flat_map(|s| [s.from, s.until]).collect();
    edges.sort_unstable();
    edges.dedup();
    let pieces = edges.windows(2).map(|e| Span { from: e[0], until: e[1] });
    joined(pieces.filter(|p| duties.iter().filter(|s| s.from <= p.from && p.until <= s.until).count() >= people).collect())
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
        Window { station_id: StationId::NIL, id: Uuid::from_u128(n), name: format!("{n}号"), post_id: post, services: Json(vec![]), position: n as i64, created_at: Timestamp::UNIX_EPOCH, ended_at: None, version: 1 }
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
        let f = Facts { windows: &windows, hours: &hours, closures: &[], duties: &[], posts: &[], publications: &[] };
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
        let duty = |a: i64, b: i64| PostDuty { post_id: post, starts_at: moment(d, a * 60), ends_at: moment(d, b * 60), since: Timestamp::UNIX_EPOCH, until: None };
        let may = [("2026-05-01".parse().unwrap(), Timestamp::UNIX_EPOCH, None)];
        let duties = [duty(9, 17), duty(13, 21)];
        let f = Facts { windows: &windows, hours: &[], closures: &[], duties: &duties, posts: &[], publications: &may };
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
        let f = Facts { publications: &[], ..f };
        assert_eq!(open(&day("2026-05-08", DayType::Work), &f).windows[0].spans, vec![]);
    }

    /// What a report of a past day says stays, whatever is written afterwards.
    #[test]
    fn what_is_written_later_does_not_reach_back() {
        let d: Date = "2026-05-08".parse().unwrap();
        let at = |minutes: i64| moment(d, minutes);
        let work = day("2026-05-08", DayType::Work);
        let all = [span(0, 24)];
        // Opened at eight, taken out of use at noon.
        let windows = [Window { created_at: at(8 * 60), ended_at: Some(at(12 * 60)), ..window(1, None) }];
        let written = [hours(1, "2026-01-01", 1, all.to_vec(), vec![])];
        let f = Facts { windows: &windows, hours: &written, closures: &[], duties: &[], posts: &[], publications: &[] };
        assert_eq!(open(&work, &f).windows[0].spans, vec![span(8, 12)]);
        assert!(open(&day("2026-05-11", DayType::Work), &f).windows.is_empty());
        // Other hours from today on, written at ten.
        let later = Hours { at: at(10 * 60), ..hours(1, "2026-05-08", 2, vec![span(0, 9), span(11, 24)], vec![]) };
        let written = [written[0].clone(), later];
        let f = Facts { hours: &written, ..f };
        assert_eq!(open(&work, &f).windows[0].spans, vec![span(8, 10), span(11, 12)]);
        // A closure told at half past nine for the morning, taken back at eleven.
        let windows = [window(1, None)];
        let hours = [hours(1, "2026-01-01", 1, vec![span(8, 17)], vec![])];
        let c = Closure {
            id: Uuid::nil(),
            window_id: None,
            day: d,
            from_minute: 8 * 60,
            until_minute: 12 * 60,
            reason: "停电".into(),
            at: at(570),
            by_user: UserId::NIL,
            lifted_at: Some(at(11 * 60)),
        };
        let f = Facts { windows: &windows, hours: &hours, closures: std::slice::from_ref(&c), duties: &[], posts: &[], publications: &[] };
        assert_eq!(open(&work, &f).windows[0].spans, vec![Span { from: 480, until: 570 }, span(11, 17)]);
        // A roster put out at ten, another in its place at three; the post given at nine.
        let post = Uuid::from_u128(9);
        let duty = |a: i64, b: i64, since: i64, until: Option<i64>| PostDuty {
            post_id: post,
            starts_at: at(a * 60),
            ends_at: at(b * 60),
            since: at(since * 60),
            until: until.map(|h| at(h * 60)),
        };
        let duties = [duty(9, 14, 10, Some(15)), duty(13, 20, 15, None)];
        let month = d.first_of_month();
        let publications = [(month, at(600), Some(at(900))), (month, at(900), None)];
        let posts = [(Uuid::from_u128(1), Timestamp::UNIX_EPOCH, None), (Uuid::from_u128(1), at(540), Some(post))];
        let f = Facts { closures: &[], duties: &duties, posts: &posts, publications: &publications, ..f };
        assert_eq!(open(&work, &f).windows[0].spans, vec![span(8, 14), span(15, 20)]);
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
            let f = Facts { windows: &windows, hours: &hours, closures: std::slice::from_ref(c), duties: &[], posts: &[], publications: &[] };
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
