//! What is booked when a service ends or fewer windows are open than were booked; permits that are suspended and ended.

use super::town::{d, town};
use crate::actions as act;
use crate::model::*;
use crate::rules::holds::Lost;
use kernel::{Reader, ToSpan, Uuid};
use testkit::{TestApp, engines};

#[tokio::test]
async fn a_service_that_ends_keeps_its_bookings_and_tells_the_people() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, rules) = (&town.t, town.t.app.rules());
        let booked = town.book(town.wish(1, "2026-05-12", "19:30", 1)).await.unwrap();
        let other = town.book(town.wish(0, "2026-05-12", "10:00", 2)).await.unwrap();
        let mut home = town.wish(1, "2026-05-12", "00:00", 3);
        (home.channel, home.place) = (Channel::Door, "伊敏河畔1号楼1单元201".into());
        let home = town.book(home).await.unwrap();
        t.post(&town.clerk, &format!("/windows/services/{}/end", town.services[1]), &[]).await.is(403);
        // Whoever ended it is shown whom to phone.
        let done = t.post(&town.leader, &format!("/windows/services/{}/end", town.services[1]), &[]).await.is(303);
        assert_eq!(done.location(), "/windows/bookings?upset=1");
        t.get(&town.clerk, "/windows/bookings?upset=1").await.is(200).says("19:30").says("待告知");
        for id in [booked.id, home.id] {
            let b = town.booking(id).await;
            assert!(b.is_open() && b.upset_at.is_some(), "{engine}: nothing is cancelled");
            assert_eq!(town.read(async |r: &mut Reader| act::lost_by(r, &rules, &b).await).await, Some(Lost::Service));
        }
        assert!(town.booking(other.id).await.upset_at.is_none());
        let tasks = town.tasks(&town.clerk).await;
        assert_eq!(tasks.iter().filter(|t| t.contains("业务停办了，请电话告知")).count(), 2, "{tasks:?}");
        // Put to another time it is not, with the reason; told, the task ends.
        let later = act::put_off(&t.app, &town.act(&town.clerk, "windows.put_off"), booked.id, d("2026-05-13"), 600).await.unwrap_err();
        assert_eq!(later.key(), "windows.service_ended");
        let page = format!("/windows/bookings/{}", booked.id);
        t.get(&town.clerk, &page).await.is(200).says("业务停办了，请电话告知");
        t.post(&town.clerk, &format!("{page}/told"), &[("how", "已告知到县局窗口办")]).await.is(303);
        assert_eq!(town.tasks(&town.clerk).await.iter().filter(|t| t.contains("业务停办了")).count(), 1);
        // The clock finds nothing more to do.
        assert_eq!(act::recheck(&t.app, town.station).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn of_more_bookings_than_windows_the_later_one_is_told() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, rules) = (&town.t, town.t.app.rules());
        // Half of the windows can be booked: with four open at ten, two people can.
        let mut extra = vec![];
        for n in 3..=4 {
            let w = NewWindow { name: format!("{n} 号窗口"), post_id: None, services: vec![], position: n, version: 0 };
            let id = act::save_window(&t.app, &town.act(&town.leader, "windows.window"), None, w).await.unwrap();
            let week = Week { work: super::town::spans("09:00-12:00"), ..Week::default() };
            act::set_hours(&t.app, &town.act(&town.leader, "windows.hours"), id, d("2026-05-08"), week, "加开").await.unwrap();
            extra.push(id);
        }
        let first = town.book(town.wish(0, "2026-05-12", "10:00", 1)).await.unwrap();
        t.app.clock().advance(60);
        let second = town.book(town.wish(1, "2026-05-12", "10:15", 2)).await.unwrap();
        // Three of the four windows are given up: one is left for two people at a quarter past ten.
        for id in [extra[0], extra[1], town.windows[1]] {
            act::end_window(&t.app, &town.act(&town.leader, "windows.end_window"), id).await.unwrap();
        }
        assert!(town.booking(first.id).await.upset_at.is_none(), "{engine}: who booked first keeps the place");
        let b = town.booking(second.id).await;
        assert!(b.is_open() && b.upset_at.is_some());
        assert_eq!(town.read(async |r: &mut Reader| act::lost_by(r, &rules, &b).await).await, Some(Lost::Windows));
        assert!(town.tasks(&town.clerk).await.iter().any(|t| t.contains("开的窗口少了，请电话告知")));
        // The first cancels: the second has a place again, and nobody needs to phone.
        act::cancel(&t.app, &town.act(&town.clerk, "windows.cancel"), first.id, "本人来电取消").await.unwrap();
        act::recheck(&t.app, town.station).await.unwrap();
        assert!(town.booking(second.id).await.upset_at.is_none());
        assert!(!town.tasks(&town.clerk).await.iter().any(|t| t.contains("电话告知")));
    }
}

/// A permit that was issued today.
async fn issued(town: &super::town::Town, number: &str) -> Uuid {
    let t: &TestApp = &town.t;
    let papers: Vec<usize> = (0..3).collect();
    let new = NewCase {
        service: town.services[0],
        channel: Channel::Window,
        ticket: None,
        booking: None,
        name: "敖日格乐".into(),
        phone: "10000000777".into(),
        proxy: String::new(),
        purpose: String::new(),
        there: papers,
        permit: None,
    };
    let case = act::take(&t.app, &town.act(&town.clerk, "windows.take"), new).await.unwrap();
    let i = Issue { permit_number: number.into(), ..Issue::default() };
    act::issue(&t.app, &town.act(&town.clerk, "windows.issue"), case, 1, i).await.unwrap();
    let station = town.station;
    town.read(async |r: &mut Reader| crate::store::case(r, station, case).await).await.permit_id.unwrap()
}

#[tokio::test]
async fn a_permit_is_suspended_restored_and_ended() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let (one, two) = (issued(&town, "JZ001").await, issued(&town, "JZ002").await);
        let page = format!("/windows/permits/{one}");
        t.get(&town.stranger, &page).await.is(404);
        t.get(&kernel_actor(&town), &page).await.is(403);
        t.get(&town.clerk, &page).await.is(200).says("JZ001").says("注销这张居住证");
        let events = async |id: Uuid| {
            let station = town.station;
            town.read(async |r: &mut Reader| crate::store::permit_events(r, station, id).await).await.into_iter().map(|e| e.kind).collect::<Vec<_>>()
        };
        // A year and a day later nobody has endorsed them: noted once, and the desk is asked to tell the holders.
        let day = d("2026-05-08").saturating_add(1.years()).saturating_add(1.days());
        t.app.clock().set(moment(day, 600));
        for _ in 0..2 {
            act::keep_up(&t.app).await.unwrap();
        }
        assert_eq!((events(one).await, events(two).await), (vec![PermitStep::Suspended], vec![PermitStep::Suspended]));
        assert_eq!(town.tasks(&town.clerk).await.iter().filter(|t| t.contains("使用功能中止")).count(), 2);
        t.get(&town.clerk, &page).await.is(200).says("使用功能中止").says("到期没有签注");
        // Ended by hand: day, reason, version, once.
        let end = format!("{page}/end");
        let fields = |on: &'static str, why: &'static str, version: &'static str| [("on", on), ("why", why), ("version", version)];
        t.post(&town.stranger, &end, &fields("2027-05-09", "户口迁入本地", "1")).await.is(404);
        t.post(&town.clerk, &end, &fields("2026-05-01", "户口迁入本地", "1")).await.is(422).says("签发（2026-05-08）以后").says("户口迁入本地");
        t.post(&town.clerk, &end, &fields("2027-05-09", "无", "1")).await.is(422).says("事由和依据");
        t.post(&town.clerk, &end, &fields("2027-05-09", "户口迁入本地", "7")).await.is(422);
        t.post(&town.clerk, &end, &fields("2027-05-09", "户口迁入本地，交回居住证", "1")).await.is(303);
        t.post(&town.clerk, &end, &fields("2027-05-09", "户口迁入本地，交回居住证", "2")).await.is(422).says("已经注销");
        assert_eq!(events(one).await, vec![PermitStep::Suspended, PermitStep::Ended]);
        assert_eq!(town.tasks(&town.clerk).await.iter().filter(|t| t.contains("使用功能中止")).count(), 1);
        t.get(&town.clerk, &page).await.is(200).says("已注销").says("交回居住证");
        t.get(&town.clerk, "/windows/permits").await.is(200).says("JZ001").says("已注销").says("JZ002");
        act::keep_up(&t.app).await.unwrap();
        assert_eq!(events(one).await.len(), 2, "an ended permit is not suspended again");
    }
}

fn kernel_actor(town: &super::town::Town) -> kernel::Actor {
    testkit::actor(kernel::Role::Volunteer, town.station)
}
