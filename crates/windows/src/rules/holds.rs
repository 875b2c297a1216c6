//! 预约还站得住吗: after hours, windows or services changed, which bookings have lost their place, and by what.

use super::hours::OpenDay;
use crate::model::{Booking, Channel};
use kernel::Uuid;

/// What took the place of a booking away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The service is not done any more.
    Service,
    /// No window is open then.
    Hours,
    /// Fewer windows are open then than are booked; who booked first keeps the place.
    Windows,
}

impl Lost {
    /// The beginning of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Lost::Service => "业务停办了",
            Lost::Hours => "开放时间变了",
            Lost::Windows => "开的窗口少了",
        }
    }
}

/// Open bookings that do not hold any more. Whoever booked first is asked first. A booking holds when one window that is open
/// all the while and does the service can be given to it beside all those that hold already.
pub fn lost(days: &[OpenDay], services: &[Uuid], bookings: &[Booking]) -> Vec<(Uuid, Lost)> {
    let mut order: Vec<&Booking> = bookings.iter().collect();
    order.sort_by_key(|b| (b.made_at, b.id));
    let (mut out, mut holding): (Vec<(Uuid, Lost)>, Vec<&Booking>) = (vec![], vec![]);
    for b in order {
        if !services.contains(&b.service_id) {
            out.push((b.id, Lost::Service));
        } else if b.channel == Channel::Window {
            let day = days.iter().find(|d| d.date() == b.day);
            match day.filter(|d| d.covers(b.service_id, b.minute, b.minute + b.minutes)) {
                None => out.push((b.id, Lost::Hours)),
                Some(day) => {
                    holding.push(b);
                    if !fits(day, &holding, b) {
                        holding.pop();
                        out.push((b.id, Lost::Windows));
                    }
                }
            }
        }
    }
    out
}

/// Whether at every minute of the newest booking each of those at hand can have a window of its own.
fn fits(day: &OpenDay, holding: &[&Booking], newest: &Booking) -> bool {
    let until = newest.minute + newest.minutes;
    let same: Vec<&Booking> = holding.iter().copied().filter(|b| b.day == newest.day && b.minute < until && newest.minute < b.minute + b.minutes).collect();
    // Between two beginnings the number at hand only falls.
    same.iter().map(|b| b.minute.max(newest.minute)).all(|at| {
        let here: Vec<Vec<usize>> = same
            .iter()
            .filter(|b| b.minute <= at && at < b.minute + b.minutes)
            .map(|b| (0..day.windows.len()).filter(|w| day.windows[*w].does(b.service_id) && day.windows[*w].covers(b.minute, b.minute + b.minutes)).collect())
            .collect();
        matched(&here, day.windows.len())
    })
}

/// Whether everybody can have one of the windows that suit them (augmenting paths).
fn matched(suit: &[Vec<usize>], windows: usize) -> bool {
    fn give(who: usize, suit: &[Vec<usize>], seen: &mut [bool], of: &mut [Option<usize>]) -> bool {
        for &w in &suit[who] {
            if std::mem::replace(&mut seen[w], true) {
                continue;
            }
            if of[w].is_none_or(|other| give(other, suit, seen, of)) {
                of[w] = Some(who);
                return true;
            }
        }
        false
    }
    let mut of = vec![None; windows];
    (0..suit.len()).all(|who| give(who, suit, &mut vec![false; windows], &mut of))
}

#[cfg(test)]
mod tests {
    use super::super::hours::OpenWindow;
    use super::*;
    use crate::model::{BookingState, HoursFrom, Span};
    use kernel::{PersonId, StationId};
    use roster::model::{Day, DayType};

    const A: Uuid = Uuid::from_u128(1);
    const B: Uuid = Uuid::from_u128(2);

    fn window(services: &[Uuid], from: i64, until: i64) -> OpenWindow {
        OpenWindow { id: Uuid::nil(), name: String::new(), services: services.to_vec(), spans: vec![Span { from: from * 60, until: until * 60 }], from: HoursFrom::Hand }
    }
    fn day(windows: Vec<OpenWindow>) -> OpenDay {
        OpenDay { day: Day { date: "2026-05-08".parse().unwrap(), kind: DayType::Work, holiday: String::new(), make_up: false }, windows, closed: vec![] }
    }
    fn booking(n: u128, service: Uuid, minute: i64) -> Booking {
        let at = |n: u128| kernel::clock::from_micros(n as i64 * 1_000_000);
        Booking {
            station_id: StationId::NIL,
            id: Uuid::from_u128(n),
            number: String::new(),
            service_id: service,
            channel: Channel::Window,
            day: "2026-05-08".parse().unwrap(),
            minute,
            minutes: 30,
            person_id: PersonId::NIL,
            frail: false,
            place: String::new(),
            note: String::new(),
            state: BookingState::Booked,
            made_at: at(n),
            ended_at: None,
            ended_why: String::new(),
            upset_at: None,
            told_at: None,
            told_how: String::new(),
            officer_id: None,
            visit_day: None,
            visit_minute: None,
            version: 1,
        }
    }
    fn of(windows: Vec<OpenWindow>, services: &[Uuid], bookings: &[Booking]) -> Vec<(u128, Lost)> {
        lost(&[day(windows)], services, bookings).into_iter().map(|(id, l)| (id.as_u128(), l)).collect()
    }

    #[test]
    fn of_more_bookings_than_windows_the_first_made_hold() {
        let both = || vec![window(&[], 9, 12), window(&[], 9, 12)];
        let booked = [booking(3, A, 600), booking(1, A, 600), booking(2, B, 615)];
        assert_eq!(of(both(), &[A, B], &booked), vec![(3, Lost::Windows)]);
        assert_eq!(of(vec![window(&[], 9, 12)], &[A, B], &booked), vec![(2, Lost::Windows), (3, Lost::Windows)]);
        // One after the other is no conflict.
        assert_eq!(of(vec![window(&[], 9, 12)], &[A], &[booking(1, A, 600), booking(2, A, 630), booking(3, A, 570)]), vec![]);
        assert_eq!(of(vec![window(&[], 13, 17)], &[A, B], &booked[1..2]), vec![(1, Lost::Hours)]);
    }

    #[test]
    fn windows_that_do_one_service_only_are_given_to_it() {
        // The first window does everything, the second A only: both hold, in whichever order they were made.
        let windows = || vec![window(&[], 9, 12), window(&[A], 9, 12)];
        assert_eq!(of(windows(), &[A, B], &[booking(1, A, 600), booking(2, B, 600)]), vec![]);
        assert_eq!(of(windows(), &[A, B], &[booking(1, B, 600), booking(2, A, 600)]), vec![]);
        assert_eq!(of(windows(), &[A, B], &[booking(1, B, 600), booking(2, B, 600)]), vec![(2, Lost::Windows)]);
        // A window that shuts in the middle holds nobody.
        let shut = OpenWindow { spans: vec![Span { from: 540, until: 615 }, Span { from: 620, until: 720 }], ..window(&[], 9, 12) };
        assert_eq!(of(vec![window(&[], 9, 12), shut], &[A], &[booking(1, A, 600), booking(2, A, 600)]), vec![(2, Lost::Windows)]);
    }

    #[test]
    fn a_service_that_ended_loses_windows_and_doors() {
        let door = Booking { channel: Channel::Door, ..booking(2, B, 0) };
        assert_eq!(of(vec![window(&[], 9, 12)], &[A], &[booking(1, B, 600), door.clone()]), vec![(1, Lost::Service), (2, Lost::Service)]);
        // Somebody at home needs no window.
        assert_eq!(of(vec![], &[B], &[door]), vec![]);
    }
}
