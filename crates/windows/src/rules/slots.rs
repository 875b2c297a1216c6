//! Which times can be booked.

use super::Limits;
use super::hours::OpenDay;
use crate::model::{Service, clock, moment};
use kernel::{Date, Refusal, Timestamp};

/// A bookable time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub day: Date,
    pub minute: i64,
    /// Places left; more than nought.
    pub left: i64,
}

impl Slot {
    /// `09:30`
    pub fn time(&self) -> String {
        clock(self.minute)
    }
}

/// An open booking: minute of its day and length.
pub type Taken = (i64, i64);

/// Minutes that a booking of the service keeps free, whole slots.
pub fn kept(service: &Service, limits: &Limits) -> i64 {
    (service.minutes + limits.slot - 1) / limits.slot * limits.slot
}

/// Places at a time: of the windows that do the service and are open all the while, the share that bookings may take, one
/// at least; less the bookings that stand there at their most.
fn left(day: &OpenDay, service: &Service, taken: &[Taken], limits: &Limits, minute: i64) -> i64 {
    let until = minute + kept(service, limits);
    let open = day.windows.iter().filter(|w| w.does(service.id) && w.covers(minute, until)).count() as i64;
    if open == 0 {
        return 0;
    }
    let places = (open * limits.share / 100).max(1);
    let at = |m: i64| taken.iter().filter(|(from, len)| *from <= m && m < from + len).count() as i64;
    let most = (minute..until).step_by(limits.slot.max(1) as usize).map(at).chain([at(until - 1)]).max().unwrap_or(0);
    places - most
}

/// Times of a day that are free, from now on.
pub fn free(day: &OpenDay, service: &Service, taken: &[Taken], limits: &Limits, now: Timestamp) -> Vec<Slot> {
    let all = (0..1_440).step_by(limits.slot.max(1) as usize);
    all.filter(|m| moment(day.date(), *m) > now)
        .map(|minute| Slot { day: day.date(), minute, left: left(day, service, taken, limits, minute) })
        .filter(|s| s.left > 0)
        .collect()
}

/// Whether this time can be booked; the refusal says why not and names the next times.
///
/// # Errors
/// Not bookable, outside the days, closed, past, or taken.
pub fn may_book(service: &Service, days: &[(OpenDay, Vec<Taken>)], day: Date, minute: i64, limits: &Limits, now: Timestamp) -> Result<(), Refusal> {
    if !service.bookable {
        return Err(Refusal::new("windows.not_bookable", format!("“{}”不用预约。", service.name), "请在开放时间到窗口取号。"));
    }
    let today = kernel::clock::day_of(now);
    let last = today.saturating_add(kernel::ToSpan::days(limits.ahead));
    if day < today || day > last {
        return Err(Refusal::new("windows.day", format!("只能预约今天起 {} 天以内。", limits.ahead), next_text(&next(service, days, limits, now, 3))));
    }
    let Some((open, taken)) = days.iter().find(|d| d.0.date() == day) else {
        return Err(Refusal::new("windows.closed", "这一天不开放。", next_text(&next(service, days, limits, now, 3))));
    };
    let slot = free(open, service, taken, limits, now).into_iter().find(|s| s.minute == minute);
    if slot.is_some() {
        return Ok(());
    }
    let after: Vec<Slot> = next(service, days, limits, now, 200).into_iter().filter(|s| (s.day, s.minute) >= (day, minute)).take(3).collect();
    let after = if after.is_empty() { next(service, days, limits, now, 3) } else { after };
    let (key, what) = if moment(day, minute) <= now {
        ("windows.past", "这个时间已经过去。".to_string())
    } else if !open.covers(service.id, minute, minute + kept(service, limits)) {
        let why = if open.closed.is_empty() { String::new() } else { format!("（{}）", open.closed.join("；")) };
        ("windows.closed", format!("{} {} 窗口不开放{why}。", short(day), clock(minute)))
    } else {
        ("windows.full", format!("{} {} 刚刚约满。", short(day), clock(minute)))
    };
    Err(Refusal::new(key, what, next_text(&after)))
}

/// The next free times over the days given.
pub fn next(service: &Service, days: &[(OpenDay, Vec<Taken>)], limits: &Limits, now: Timestamp, most: usize) -> Vec<Slot> {
    days.iter().flat_map(|(d, t)| free(d, service, t, limits, now)).take(most).collect()
}

/// `5 月 8 日`
pub fn short(day: Date) -> String {
    format!("{} 月 {} 日", day.month(), day.day())
}

fn next_text(slots: &[Slot]) -> String {
    if slots.is_empty() {
        return "近期没有可以预约的时间，请在开放时间到窗口取号，或者电话联系派出所。".into();
    }
    let all: Vec<String> = slots.iter().map(|s| format!("{} {}", short(s.day), s.time())).collect();
    format!("接下来可以预约的时间：{}。", all.join("、"))
}

#[cfg(test)]
mod tests {
    use super::super::hours::OpenWindow;
    use super::*;
    use crate::model::{HoursFrom, Span};
    use kernel::{StationId, Uuid};
    use kernel::row::Json;
    use roster::model::{Day, DayType};

    fn service(minutes: i64) -> Service {
        Service {
            station_id: StationId::NIL,
            id: Uuid::from_u128(1),
            kind: "id_card".into(),
            name: "身份证".into(),
            papers: Json(vec![]),
            note: String::new(),
            minutes,
            letter: "A".into(),
            bookable: true,
            at_door: false,
            position: 1,
            version: 1,
        }
    }
    fn open(day: &str, windows: usize) -> OpenDay {
        let w = |n: usize| OpenWindow {
            id: Uuid::from_u128(n as u128),
            name: String::new(),
            services: vec![],
            spans: vec![Span { from: 18 * 60, until: 20 * 60 }],
            from: HoursFrom::Hand,
        };
        OpenDay { day: Day { date: day.parse().unwrap(), kind: DayType::Work, holiday: String::new(), make_up: false }, windows: (0..windows).map(w).collect(), closed: vec![] }
    }
    const L: Limits = Limits { slot: 15, ahead: 14, per_phone: 3, share: 50, late: 15, calls: 3, away: 30, door_days: 3 };

    #[test]
    fn half_of_the_windows_are_for_bookings_and_one_at_least() {
        let (s, now) = (service(20), "2026-05-08T01:00:00Z".parse().unwrap());
        let one = open("2026-05-08", 1);
        let slots = free(&one, &s, &[], &L, now);
        // Twenty minutes keep two slots; the last begins at 19:30.
        assert_eq!(slots.first().map(Slot::time).as_deref(), Some("18:00"));
        assert_eq!(slots.last().map(Slot::time).as_deref(), Some("19:30"));
        let taken = [(19 * 60, 30)];
        let times: Vec<String> = free(&one, &s, &taken, &L, now).iter().map(Slot::time).collect();
        assert_eq!(times, ["18:00", "18:15", "18:30", "19:30"]);
        assert_eq!(free(&open("2026-05-08", 4), &s, &[], &L, now)[0].left, 2);
        assert_eq!(free(&open("2026-05-08", 4), &s, &taken, &L, now).iter().find(|x| x.minute == 19 * 60).unwrap().left, 1);
        // What is past is not offered.
        let late = "2026-05-08T11:20:00Z".parse().unwrap();
        assert_eq!(free(&one, &s, &[], &L, late).len(), 1);
    }

    #[test]
    fn a_refusal_names_the_reason_and_the_next_times() {
        let (s, now) = (service(15), "2026-05-08T01:00:00Z".parse().unwrap());
        let mut closed = open("2026-05-09", 1);
        closed.windows[0].spans.clear();
        closed.closed = vec!["停电检修".into()];
        let days = [(open("2026-05-08", 1), vec![(18 * 60, 15)]), (closed, vec![]), (open("2026-05-10", 1), vec![])];
        let may = |day: &str, minute: i64| may_book(&s, &days, day.parse().unwrap(), minute, &L, now);
        assert!(may("2026-05-08", 18 * 60 + 15).is_ok());
        let full = may("2026-05-08", 18 * 60).unwrap_err();
        assert!(full.key == "windows.full" && full.next.contains("5 月 8 日 18:15"), "{full:?}");
        let shut = may("2026-05-09", 18 * 60).unwrap_err();
        assert!(shut.key == "windows.closed" && shut.what.contains("停电检修") && shut.next.contains("5 月 10 日 18:00"), "{shut:?}");
        assert_eq!(may("2026-05-08", 18 * 60 + 7).unwrap_err().key, "windows.full");
        assert_eq!(may("2026-06-30", 18 * 60).unwrap_err().key, "windows.day");
        assert_eq!(may("2026-05-08", 0).unwrap_err().key, "windows.past");
        assert_eq!(may_book(&Service { bookable: false, ..s.clone() }, &days, "2026-05-08".parse().unwrap(), 0, &L, now).unwrap_err().key, "windows.not_bookable");
    }
}
