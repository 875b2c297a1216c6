//! Bookings on both engines: made, full, moved, upset by hours that change, forgotten.

use super::town::{d, spans, town};
use crate::actions as act;
use crate::model::*;
use kernel::{Actor, Error, Purpose, Reader};
use testkit::engines;

fn key(e: Error) -> String {
    e.key().to_string()
}

#[tokio::test]
async fn a_time_is_had_once_and_a_closed_day_names_the_next_ones() {
    for engine in engines() {
        let town = town(engine).await;
        // Friday evening: one window, so one booking at a time; 20 minutes keep two slots.
        let made = town.book(town.wish(0, "2026-05-08", "19:30", 1)).await.unwrap();
        assert_eq!(made.number, "正阳约〔2026〕1号");
        let e = town.book(town.wish(0, "2026-05-08", "19:30", 2)).await.unwrap_err();
        let Error::Refused(r) = &e else { panic!("{e:?}") };
        assert!(r.key == "windows.full" && r.next.contains("接下来可以预约"), "{r:?}");
        assert_eq!(key(town.book(town.wish(0, "2026-05-08", "19:45", 2)).await.unwrap_err()), "windows.closed");
        // 9 May is a worked Saturday (调休), 10 May is not open in the afternoon.
        town.book(town.wish(0, "2026-05-09", "19:30", 2)).await.unwrap();
        let e = town.book(town.wish(0, "2026-05-10", "15:00", 3)).await.unwrap_err();
        let Error::Refused(r) = &e else { panic!("{e:?}") };
        assert!(r.key == "windows.closed" && r.next.contains("5 月 11 日 09:00"), "{r:?}");
        assert_eq!(key(town.book(town.wish(2, "2026-05-08", "10:00", 3)).await.unwrap_err()), "windows.not_bookable");
        assert_eq!(key(town.book(town.wish(0, "2026-05-08", "08:00", 3)).await.unwrap_err()), "windows.past");
        assert_eq!(key(town.book(town.wish(0, "2026-07-08", "10:00", 3)).await.unwrap_err()), "windows.day");
        let mut unnamed = town.wish(0, "2026-05-11", "10:00", 3);
        (unnamed.name, unnamed.phone) = (String::new(), "12".into());
        let Error::Invalid(f) = town.book(unnamed).await.unwrap_err() else { panic!() };
        assert_eq!(f.0.len(), 2);
        // Three open bookings of a phone at most.
        for time in ["10:00", "11:00", "14:00"] {
            town.book(town.wish(1, "2026-05-11", time, 9)).await.unwrap();
        }
        assert_eq!(key(town.book(town.wish(1, "2026-05-11", "15:00", 9)).await.unwrap_err()), "windows.many");
    }
}

#[tokio::test]
async fn two_at_once_get_one_place() {
    for engine in engines() {
        let town = town(engine).await;
        let (a, b) = tokio::join!(town.book(town.wish(0, "2026-05-08", "18:00", 1)), town.book(town.wish(0, "2026-05-08", "18:00", 2)));
        assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|x| **x).count(), 1);
        // The same command twice is one booking.
        let who = Actor::resident(town.station);
        let act1 = town.act(&who, "windows.book");
        let one = act::book(&town.t.app, &act1, town.wish(1, "2026-05-11", "10:00", 5)).await.unwrap();
        let two = act::book(&town.t.app, &act1, town.wish(1, "2026-05-11", "10:00", 5)).await.unwrap();
        assert_eq!(one.id, two.id);
    }
}

#[tokio::test]
async fn hours_that_change_mark_bookings_and_lose_none() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let made = town.book(town.wish(0, "2026-05-12", "19:30", 1)).await.unwrap();
        let morning = town.book(town.wish(0, "2026-05-12", "10:00", 2)).await.unwrap();
        // The evening is closed: told as a task, the booking stays.
        let lost = act::close(app, &town.act(&town.leader, "windows.close"), None, d("2026-05-12"), 18 * 60, 24 * 60, "停电检修").await.unwrap();
        assert_eq!(lost, 1);
        let b = town.booking(made.id).await;
        assert!(b.is_open() && b.upset_at.is_some());
        assert!(town.booking(morning.id).await.upset_at.is_none());
        assert!(town.tasks(&town.clerk).await.iter().any(|t| t.contains("请电话告知") && t.contains("19:30")));
        assert_eq!(act::recheck(app, town.station).await.unwrap(), 0);
        // Told, and the task is gone.
        act::told(app, &town.act(&town.clerk, "windows.told"), made.id, "已电话，改周三").await.unwrap();
        assert!(town.tasks(&town.clerk).await.is_empty());
        // Put to another time by its own person: one row more, the receipt is the same.
        let who = Actor::resident(town.station);
        let next = act::put_off(app, &town.act(&who, "windows.move"), made.id, d("2026-05-13"), 19 * 60).await.unwrap();
        assert_eq!(town.booking(made.id).await.state, BookingState::Moved);
        let found = act::by_code(app, "code1code1code1").await.unwrap().unwrap();
        assert_eq!((found.id, found.time().as_str(), found.upset_at), (next.id, "19:00", None));
        assert_eq!(key(act::put_off(app, &town.act(&who, "windows.move"), made.id, d("2026-05-13"), 18 * 60).await.unwrap_err()), "windows.not_open");
        // Hours by hand that end earlier from that day on, then longer again: marked, then set right.
        let short = Week { work: spans("09:00-12:00，14:00-17:00"), ..Week::default() };
        assert_eq!(act::set_hours(app, &town.act(&town.leader, "windows.hours"), town.windows[0], d("2026-05-13"), short, "缩短").await.unwrap(), 1);
        assert!(town.booking(next.id).await.upset_at.is_some());
        let long = Week { work: spans("09:00-12:00，14:00-20:00"), ..Week::default() };
        assert_eq!(act::set_hours(app, &town.act(&town.leader, "windows.hours"), town.windows[0], d("2026-05-13"), long, "恢复").await.unwrap(), 0);
        assert!(town.booking(next.id).await.upset_at.is_none());
        assert!(town.tasks(&town.clerk).await.is_empty());
        // Who does not come is marked when the day is over; nothing is deleted.
        town.t.app.clock().advance(6 * 86_400);
        act::keep_up(app).await.unwrap();
        assert_eq!(town.booking(next.id).await.state, BookingState::Missed);
        assert_eq!(town.booking(morning.id).await.state, BookingState::Missed);
    }
}

#[tokio::test]
async fn the_published_roster_opens_the_window() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        use roster::model::*;
        let post = Post {
            station_id: kernel::StationId::NIL,
            id: kernel::Uuid::nil(),
            name: "窗口".into(),
            kind: PostKind::Window,
            standings: kernel::row::Json(vec![Standing::Clerk, Standing::Officer]),
            skill: String::new(),
            mix: MixRule::None,
            must: false,
            paid_percent: 100,
            by_quarter: false,
            position: 1,
            version: 1,
        };
        let shift = Shift { id: kernel::Uuid::nil(), post_id: kernel::Uuid::nil(), name: "晚班".into(), code: "晚".into(), start_minute: 13 * 60, minutes: 8 * 60, position: 0 };
        let need = Need { post_id: kernel::Uuid::nil(), day_type: DayType::Work, shift_id: Some(roster::actions::placeholder(0)), from_minute: 0, until_minute: 0, people: 1 };
        let id = roster::actions::save_post(app, &town.act(&town.leader, "roster.post"), PostSet { post: post.clone(), shifts: vec![shift.clone()], needs: vec![need.clone()] }).await.unwrap();
        // A post beside the windows, with an officer who can stand there on every working day.
        let post = Post { name: "巡逻".into(), kind: PostKind::Patrol, standings: kernel::row::Json(vec![Standing::Officer]), position: 2, ..post };
        let shift = Shift { name: "白班".into(), code: "巡".into(), start_minute: 8 * 60, ..shift };
        roster::actions::save_post(app, &town.act(&town.leader, "roster.post"), PostSet { post, shifts: vec![shift], needs: vec![need] }).await.unwrap();
        let c = Contract { id: kernel::Uuid::nil(), user_id: town.officer.user, standing: Standing::Officer, week_hours: 40, fill_percent: 0, from_day: d("2026-01-01"), until_day: None };
        roster::actions::add_contract(app, &town.act(&town.leader, "roster.contract"), c).await.unwrap();
        for who in [&town.clerk, &town.second] {
            let c = Contract { id: kernel::Uuid::nil(), user_id: who.user, standing: Standing::Clerk, week_hours: 40, fill_percent: 0, from_day: d("2026-01-01"), until_day: None };
            roster::actions::add_contract(app, &town.act(&town.leader, "roster.contract"), c).await.unwrap();
        }
        let evening = town.book(town.wish(0, "2026-05-12", "19:30", 1)).await.unwrap();
        let noon = town.book(town.wish(0, "2026-05-12", "10:00", 2)).await.unwrap();
        let w = NewWindow { name: "1 号窗口".into(), post_id: Some(id), services: vec![], position: 1, version: 1 };
        act::save_window(app, &town.act(&town.leader, "windows.window"), Some(town.windows[0]), w).await.unwrap();
        act::end_window(app, &town.act(&town.leader, "windows.end_window"), town.windows[1]).await.unwrap();
        // Nothing published: the hours by hand hold.
        assert!(town.booking(noon.id).await.upset_at.is_none());
        let plan = roster::actions::start(app, &town.act(&town.leader, "roster.start"), d("2026-05-01"), 3).await.unwrap();
        let station = town.station;
        let mut version = 0;
        for _ in 0..300 {
            let p = town.read(async |r: &mut Reader| roster::store::plan(r, station, plan).await).await;
            if p.state != State::Running {
                version = p.version;
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        roster::actions::publish(app, &town.act(&town.leader, "roster.publish"), plan, version, "演练").await.unwrap();
        // The live monitor has the posts beside the windows too; the window's own post is counted above.
        let page = town.t.get(&town.leader, "/windows/monitor").await.is(200).says("巡逻").says("刚到点，还没有人").says("09:00–16:00").says("every=\"30\"");
        assert!(page.body.split("<h2>岗位</h2>").nth(1).is_some_and(|p| !p.contains("<th scope=\"row\">窗口</th>")));
        act::keep_up(app).await.unwrap();
        // The roster says 13:00 to 21:00: the morning's booking is marked, the evening's stands.
        assert!(town.booking(noon.id).await.upset_at.is_some());
        assert!(town.booking(evening.id).await.upset_at.is_none());
        let rules = app.rules();
        let look = app.look(&town.clerk, "windows.test", Purpose::Window);
        let (_, days) = app.db().read(&look, async |r: &mut Reader| act::open_days(r, &rules, station, d("2026-05-12"), d("2026-05-12")).await).await.unwrap();
        assert_eq!(spans_text(&days[0].spans()), "13:00-21:00");
        assert_eq!(days[0].windows[0].from, HoursFrom::Roster);
    }
}

#[tokio::test]
async fn service_at_the_door_is_asked_for_answered_and_done() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let mut wish = town.wish(1, "2026-05-12", "00:00", 1);
        (wish.channel, wish.frail) = (Channel::Door, true);
        assert!(matches!(town.book(wish.clone()).await.unwrap_err(), Error::Invalid(_)));
        wish.place = "伊敏河畔1号楼1单元201".into();
        assert_eq!(key(town.book(NewBooking { service: town.services[0], ..wish.clone() }).await.unwrap_err()), "windows.no_door");
        let made = town.book(wish.clone()).await.unwrap();
        assert!(town.tasks(&town.clerk).await.iter().any(|t| t.contains("上门办理申请")));
        let send = async |day: &str| act::send(app, &town.act(&town.clerk, "windows.send"), made.id, town.officer.user, d(day), 570).await;
        assert!(send("2026-05-01").await.is_err());
        assert_eq!(key(act::visited(app, &town.act(&town.officer, "windows.visited"), made.id, "办好").await.unwrap_err()), "windows.nobody_sent");
        send("2026-05-13").await.unwrap();
        assert!(town.tasks(&town.officer).await.iter().any(|t| t.contains("上门办理")));
        assert!(town.tasks(&town.clerk).await.is_empty());
        let b = town.booking(made.id).await;
        assert_eq!((b.day, b.visit_day), (d("2026-05-12"), Some(d("2026-05-13"))));
        act::visited(app, &town.act(&town.officer, "windows.visited"), made.id, "材料齐，已受理").await.unwrap();
        assert!(town.tasks(&town.officer).await.is_empty());
        wish.receipt = vec![7; 32];
        let other = town.book(wish).await.unwrap();
        act::decline(app, &town.act(&town.clerk, "windows.decline"), other.id, "当天人手不够，请预约窗口优先办理").await.unwrap();
        assert_eq!(town.booking(other.id).await.state, BookingState::Declined);
    }
}
