//! 到岗, 离岗, what was forgotten, and the month that becomes of it, on both engines.

use super::town::{Town, d, town};
use crate::actions::{self as act, Seen};
use crate::model::*;
use kernel::{Actor, Date, Reader, Timestamp, Uuid};
use testkit::engines;

fn at(time: &str) -> Timestamp {
    format!("{time}:00+08:00").parse().unwrap()
}

/// A published May, an officer on patrol (16:00 to 24:00) on a day of it with the shift, and somebody who is off.
async fn patrol(town: &Town) -> (Seen, Actor, Uuid, Actor, Date) {
    let seen = super::after::published(town).await;
    let day = d("2026-05-12");
    let on = |who: &Actor| super::after::on(&seen, who.user, day).map(|k| seen.problem.kinds[k].clone());
    let who = town.officers.iter().find(|o| on(o).is_some_and(|k| k.post_kind == PostKind::Patrol)).expect("an officer on patrol").clone();
    let shift = on(&who).unwrap().shift;
    let off = town.officers.iter().find(|o| on(o).is_none()).expect("somebody off").clone();
    (seen, who, shift, off, day)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_and_comes_back_leaves_empty_minutes_and_who_forgets_is_asked() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let (seen, who, shift, off, day) = patrol(&town).await;
        let shift = shift.to_string();
        let fields = [("day", "2026-05-12"), ("shift", shift.as_str())];
        let leave = |why: &'static str| [fields.as_slice(), &[("why", why)]].concat();
        let clock = |time: &str| t.app.clock().set(at(&format!("2026-05-{time}")));
        clock("12T15:50");
        t.post(&who, "/roster/check-out", &leave("用餐")).await.is(422).says("不在这一班岗上");
        t.post(&who, "/roster/check-in", &fields).await.is(303);
        t.post(&who, "/roster/check-in", &fields).await.is(422).says("已经签到");
        t.get(&who, "/roster/today").await.is(200).says("离岗去向").says("15:50 起");
        clock("12T18:00");
        t.post(&who, "/roster/check-out", &leave("")).await.is(422).says("请写明去向");
        t.post(&who, "/roster/check-out", &leave("用餐")).await.is(303);
        clock("12T18:40");
        let page = t.get(&who, "/roster/today").await.is(200).says("离岗：用餐").says("我已到岗").says("岗位不空岗").says("every=\"30\"");
        // The post as it is this minute: who else is planned there has not come, so it is empty since 18:00.
        let station = town.station;
        let posts = town.read(async |r: &mut Reader| act::post_day(r, station).await).await;
        let patrol = posts.iter().find(|p| p.name == "巡逻").unwrap();
        assert_eq!((patrol.is_open(), patrol.there, patrol.gap(), patrol.state().as_str()), (true, 0, 40, "空岗 40 分钟"));
        assert_eq!((patrol.plan_text().as_str(), patrol.gaps_text().as_str()), ("16:00–24:00", "18:00–18:40"));
        assert_eq!((patrol.planned_minutes(), patrol.empty_minutes()), (160, 40));
        assert!(page.body.contains("空岗 40 分钟") && posts.iter().any(|p| p.window));
        t.post(&who, "/roster/check-in", &fields).await.is(303);
        let posts = town.read(async |r: &mut Reader| act::post_day(r, station).await).await;
        assert_eq!(posts.iter().find(|p| p.name == "巡逻").unwrap().state(), "在岗 1 人");

        // The duty ends at midnight; half an hour later the person is asked, once, and nothing is set by itself.
        clock("13T00:29");
        act::ask_departures(&t.app).await.unwrap();
        let tasks = async |a: &Actor| notices::actions::mine(&t.app, a).await.unwrap().0.into_iter().filter(|x| x.kind == "roster.departure").count();
        assert_eq!(tasks(&who).await, 0);
        clock("13T00:31");
        for _ in 0..2 {
            act::ask_departures(&t.app).await.unwrap();
        }
        assert_eq!(tasks(&who).await, 1);
        let open = town.read(async |r: &mut Reader| crate::store::open_stands(r, station).await).await;
        assert_eq!(open.len(), 1);
        let path = format!("/roster/stands/{}/end", open[0].id);
        let told = |at: &'static str, why: &'static str| [("at", at), ("why", why)];
        t.get(&who, "/roster/today").await.is(200).says("没有登记离岗").says("实际离岗时间");
        t.post(&town.stranger, &path, &told("2026-05-13T00:05", "忘了点")).await.is(404);
        t.post(&off, &path, &told("2026-05-13T00:05", "忘了点")).await.is(404);
        t.post(&who, &path, &told("", "忘了点")).await.is(422).says("离岗时间");
        t.post(&who, &path, &told("2026-05-13T00:05", "")).await.is(422).says("请写明为什么").says("2026-05-13T00:05");
        t.post(&who, &path, &told("2026-05-12T18:00", "忘了点")).await.is(422).says("不能早于到岗");
        t.post(&who, &path, &told("2026-05-13T08:00", "忘了点")).await.is(422).says("不能在现在以后");

        // Until then the report counts to the end of the duty and says so.
        let rules = t.app.rules();
        let month = async || town.read(async |r: &mut Reader| act::month(r, &rules, station, d("2026-05-01")).await).await;
        let of = |m: &act::Month| m.people.iter().find(|p| p.load.user == who.user).unwrap().load.clone();
        let before = month().await;
        assert_eq!((before.unsure, of(&before).unsure, of(&before).actual.minutes), (1, 1, 130 + 320));
        t.get(&town.planner, "/roster/attendance?month=2026-05-01").await.is(200).says("1 人次没有登记离岗").says("工作量和休息").says("岗位空岗");

        // Told by the planner, with the reason beside it; twice is once.
        t.post(&town.planner, &path, &told("2026-05-12T23:30", "交接簿上是 23:30")).await.is(303);
        t.post(&town.planner, &path, &told("2026-05-12T23:30", "交接簿上是 23:30")).await.is(422).says("已经登记");
        assert_eq!(tasks(&who).await, 0);
        let s = town.read(async |r: &mut Reader| crate::store::stand(r, station, open[0].id).await).await;
        assert_eq!((s.ended_at, s.set_by, s.ended_why.as_str()), (Some(at("2026-05-12T23:30")), Some(town.planner.user), "交接簿上是 23:30"));
        let after = month().await;
        assert_eq!((after.unsure, of(&after).actual.minutes, of(&after).actual.duties), (0, 130 + 290, 1));

        // The post: planned since the roster was published, empty while nobody stood there.
        let kind = seen.problem.kinds.iter().find(|k| k.shift.to_string() == shift).unwrap();
        let there = after.posts.iter().find(|p| p.id == kind.post).unwrap();
        let inside = |list: &[crate::rules::stood::Stretch]| {
            let (from, until) = (at("2026-05-12T16:00").as_second(), at("2026-05-13T00:00").as_second());
            list.iter().map(|s| (s.1.min(until) - s.0.max(from)).max(0)).sum::<i64>() / 60
        };
        assert_eq!((inside(&there.kept.planned), inside(&there.kept.actual), inside(&there.kept.empty)), (480, 120 + 290, 40 + 30));
        let gaps = t.get(&town.planner, &format!("/roster/attendance/post/{}?month=2026-05-01", kind.post)).await.is(200).says("离岗：用餐").says("18:00").says("18:40");
        assert!(gaps.body.contains("没有人到岗"), "the days before");
        t.get(&who, &format!("/roster/attendance/post/{}?month=2026-05-01", kind.post)).await.is(403);
        t.get(&town.planner, &format!("/roster/attendance/post/{}?month=2026-05-01", Uuid::from_u128(9))).await.is(404);
        let _ = day;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_and_short_rests_stand_beside_what_was_done() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let (_, who, shift, _, day) = patrol(&town).await;
        let station = town.station;
        // Noted by the leader for the whole duty, and worked on until seven in the morning before: too little rest.
        t.app.clock().set(at("2026-05-13T01:00"));
        act::note_presence(&t.app, &town.act(&town.planner, "roster.note_presence"), who.user, day, shift, "无线电签到").await.unwrap();
        let rules = t.app.rules();
        let m = town.read(async |r: &mut Reader| act::month(r, &rules, station, d("2026-05-01")).await).await;
        let p = m.people.iter().find(|p| p.load.user == who.user).unwrap();
        assert_eq!((p.load.actual.duties, p.load.actual.minutes, p.load.unsure), (1, 480, 1));
        let (hours, most) = p.limit.expect("a contract");
        assert!(hours > 0 && most == hours * (100 + m.limits.over_percent) / 100);
        assert!(p.load.planned.duties > 1 && p.load.planned.least_rest.unwrap() >= m.limits.rest_hours * 60, "the roster keeps the rest");
        t.get(&town.planner, "/roster/attendance?month=2026-05-01").await.is(200).says(&who.name).says("上限").says("最短休息");
    }
}
