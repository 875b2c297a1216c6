//! After publication: swap, presence, paper, workbook, calendar.

use super::town::{Town, d, town};
use crate::actions as act;
use crate::model::*;
use kernel::{Actor, Date, Role, UserId, Uuid};
use testkit::{actor, engines};

pub(super) async fn published(town: &Town) -> act::Seen {
    let seen = town.solved(d("2026-05-01")).await;
    act::publish(&town.t.app, &town.act(&town.leader, "roster.publish"), seen.plan.id, seen.plan.version, "").await.unwrap();
    town.seen(seen.plan.id).await
}

pub(super) fn on(seen: &act::Seen, user: UserId, day: Date) -> Option<usize> {
    let i = seen.problem.people.iter().position(|m| m.user == user)?;
    let d = seen.problem.days.iter().position(|x| x.date == day)?;
    seen.roster.at(i, d)
}

/// Two officers and a day on which the rules let one give a duty to the other, or the two exchange.
pub(super) fn possible(seen: &act::Seen, town: &Town) -> Option<(Actor, Actor, Date, Option<Date>)> {
    for day in seen.problem.days.iter().map(|x| x.date).filter(|x| *x > d("2026-05-10")) {
        for a in &town.officers {
            for b in town.officers.iter().filter(|b| b.user != a.user && on(seen, b.user, day) != on(seen, a.user, day)) {
                for back in [None, Some(day)] {
                    if crate::rules::swap::swapped(&seen.problem, &seen.roster, a.user, day, b.user, back).is_ok() {
                        return Some((a.clone(), b.clone(), day, back));
                    }
                }
            }
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_is_agreed_approved_and_published_and_what_breaks_a_rule_is_refused() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let seen = published(&town).await;
        let (a, b, day, back) = possible(&seen, &town).expect("a swap that the rules allow");
        let (to, from_day) = (b.user.to_string(), day.to_string());
        t.get(&a, "/roster/swaps").await.is(200).says("申请调班");
        t.get(&actor(Role::Volunteer, town.station), "/roster/swaps").await.is(403);
        t.post(&a, "/roster/swaps", &[("from_day", "2026-05-01"), ("to", &to)]).await.is(422).says("今天以后");
        t.post(&a, "/roster/swaps", &[("from_day", &from_day), ("to", &a.user.to_string())]).await.is(422).says("不能与自己");
        t.post(&a, "/roster/swaps", &[("from_day", &from_day), ("to", &to), ("to_day", "2026-06-01")]).await.is(422).says("同一个月");
        // A day on which the other has no duty is no page that is missing: it is said, and what was typed stays.
        if let Some(x) = seen.problem.days.iter().map(|x| x.date).find(|x| *x > d("2026-05-10") && on(&seen, b.user, *x).is_none()) {
            let fields = [("from_day", from_day.as_str()), ("to", &to), ("to_day", &x.to_string()), ("note", "孩子家长会")];
            t.post(&a, "/roster/swaps", &fields).await.is(422).says("没有班").says("孩子家长会");
        }
        // An auxiliary cannot take a place that needs an officer or a qualification: what would break is said.
        let clerk = seen.problem.people.iter().find(|m| m.contracts[0].standing == Standing::Clerk).unwrap().user;
        let free = seen.problem.days.iter().map(|x| x.date).find(|x| *x > d("2026-05-10") && on(&seen, a.user, *x).is_some_and(|k| seen.problem.kinds[k].post_kind == PostKind::Patrol) && on(&seen, clerk, *x).is_none());
        if let Some(x) = free {
            t.post(&a, "/roster/swaps", &[("from_day", &x.to_string()), ("to", &clerk.to_string())]).await.is(422).says("不符合规则");
        }
        t.post(&a, "/roster/swaps", &[("from_day", &from_day), ("to", &to), ("to_day", &back.map_or(String::new(), |x| x.to_string())), ("note", "孩子家长会")]).await.is(303);
        let station = town.station;
        let id = town.read(async |r: &mut kernel::Reader| crate::store::swaps(r, station, d("2026-05-01")).await).await[0].id;
        let path = format!("/roster/swaps/{id}");
        t.get(&b, "/roster/swaps").await.is(200).says("孩子家长会").says("不同意");
        t.post(&town.stranger, &path, &[("to", "done")]).await.is(404);
        t.post(&town.planner, &path, &[("to", "done")]).await.is(422).says("等对方答复");
        t.post(&b, &path, &[("to", "agreed")]).await.is(303);
        assert!(notices::actions::mine(&t.app, &town.planner).await.unwrap().0.iter().any(|x| x.kind == "roster.swap"));
        t.post(&b, &path, &[("to", "done")]).await.is(422);
        t.post(&town.planner, &path, &[("to", "done")]).await.is(303);
        t.post(&town.planner, &path, &[("to", "done")]).await.is(422).says("已经办完");
        let now = town.read(async |r: &mut kernel::Reader| crate::store::published(r, station, d("2026-05-01")).await).await.unwrap();
        assert_eq!((now.origin, now.parent), (Origin::Swapped, Some(seen.plan.id)));
        let now = town.seen(now.id).await;
        assert_eq!((on(&now, a.user, day), on(&now, b.user, day)), (on(&seen, b.user, day), on(&seen, a.user, day)));
        assert_eq!(now.judged.findings, vec![]);
        assert!(notices::actions::mine(&t.app, &b).await.unwrap().0.iter().any(|x| x.kind == "roster.ack"), "asked anew");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_post_on_paper_and_in_the_calendar() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let seen = published(&town).await;
        // Half an hour before the patrol of 12 May.
        t.app.clock().set("2026-05-12T07:30:00Z".parse().unwrap());
        let day = d("2026-05-12");
        let who = town.officers.iter().find(|o| on(&seen, o.user, day).is_some_and(|k| seen.problem.kinds[k].post_kind == PostKind::Patrol)).expect("an officer on patrol");
        let shift = seen.problem.kinds[on(&seen, who.user, day).unwrap()].shift.to_string();
        t.get(who, "/roster/today").await.is(200).says("我已到岗");
        let fields = [("day", "2026-05-12"), ("shift", shift.as_str())];
        let other = town.officers.iter().find(|o| on(&seen, o.user, day).is_none()).expect("somebody off");
        t.post(other, "/roster/check-in", &fields).await.is(422).says("不是这一班的到岗时间");
        t.post(who, "/roster/check-in", &fields).await.is(303);
        t.post(who, "/roster/check-in", &fields).await.is(422).says("已经签到");
        let duty = format!("2026-05-12 {shift}");
        let note = [("person", other.user.to_string()), ("duty", duty), ("note", "临时顶班".to_string())];
        let note: Vec<(&str, &str)> = note.iter().map(|(k, v)| (*k, v.as_str())).collect();
        t.post(who, "/roster/presence", &note).await.is(403);
        t.post(&town.planner, "/roster/presence", &note).await.is(303);
        t.get(&town.planner, "/roster/today").await.is(200).says("表外到岗").says("临时顶班").says("2026-05-12 15:30");

        // Later, planned and actual stand side by side, for those who plan.
        t.app.clock().set("2026-05-13T02:00:00Z".parse().unwrap());
        t.get(who, "/roster/attendance").await.is(403);
        let page = t.get(&town.planner, "/roster/attendance?month=2026-05-01").await.is(200).says("逐班对照").says("2026-05-12 15:30").says("临时顶班").says("没有签到");
        let missing = t.get(&town.planner, "/roster/attendance?month=2026-05-01&view=missing").await.is(200);
        assert!(missing.body.matches("没有签到</span>").count() > 0 && !missing.body.contains("2026-05-12 15:30") && page.body.len() > missing.body.len());
        t.get(&town.planner, "/roster/attendance?month=2026-07-01").await.is(200).says("还没有已经开始的班");
        t.app.clock().set("2026-05-12T07:30:00Z".parse().unwrap());

        let path = format!("/roster/plans/{}", seen.plan.id);
        let pdf = t.get(who, &format!("{path}/pdf")).await.is(200);
        assert!(pdf.body.starts_with("%PDF-"), "{}", &pdf.body[..20]);
        t.app.clock().advance(3_600);
        testkit::papers::reprinted("the sheet for the wall", &pdf.bytes, &t.get(who, &format!("{path}/pdf")).await.is(200).bytes);
        t.post(&town.auxiliaries[0], &format!("{path}/xlsx"), &[("reason", "交分局备案")]).await.is(403);
        t.post(&town.leader, &format!("{path}/xlsx"), &[("reason", "交")]).await.is(422).says("至少 4 个字");
        let book = t.post(&town.leader, &format!("{path}/xlsx"), &[("reason", "交分局备案")]).await.is(200);
        assert!(book.body.starts_with("PK") && book.headers["content-disposition"].to_str().unwrap().contains("roster.xlsx"));

        // Read back, the workbook says of every person and day what the roster says, and who took it.
        use calamine::Reader as _;
        let bytes = crate::paper::workbook(&seen, "正阳派出所", "导出人：甲；目的：备案").unwrap();
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
        let sheet = book.worksheet_range("按人").unwrap();
        let text = |row: usize, col: usize| sheet.get_value((row as u32, col as u32)).map_or(String::new(), |v| v.to_string());
        assert!(text(0, 0).contains("目的：备案"));
        for (i, m) in seen.problem.people.iter().enumerate() {
            assert_eq!(text(i + 2, 0), m.name);
            for x in 0..seen.problem.days.len() {
                let code = seen.roster.at(i, x).map_or("", |k| seen.problem.kinds[k].code.as_str());
                assert_eq!(text(i + 2, x + 1), code, "{} on day {x}", m.name);
            }
        }
        let judged = book.worksheet_range("核验").unwrap();
        assert!(judged.get_value((1, 0)).unwrap().to_string().contains("没有不符合规则的地方"));

        // The calendar: shown once, read without a session, ended by a new one.
        let page = t.post(who, "/roster/feed", &[]).await.is(200).says("/roster/feed/");
        let at = page.body.find("/roster/feed/").unwrap();
        let address: String = page.body[at..].chars().take_while(|c| !c.is_whitespace() && *c != '<').collect();
        let nobody = Actor::resident(kernel::StationId(Uuid::nil()));
        let feed = t.get(&nobody, &address).await.is(200).says("BEGIN:VCALENDAR").says("DTSTART:20260512T080000Z");
        let mine = (0..31).filter(|&x| seen.roster.at(seen.problem.people.iter().position(|m| m.user == who.user).unwrap(), x).is_some()).count();
        assert_eq!(feed.body.matches("BEGIN:VEVENT").count(), mine);
        assert!(!feed.body.contains(&who.name));
        t.post(who, "/roster/feed", &[]).await.is(200);
        t.get(&nobody, &address).await.is(404);
        t.post(who, "/roster/feed/end", &[]).await.is(303);
        t.post(who, "/roster/feed/end", &[]).await.is(404);
        t.get(&nobody, "/roster/feed/0000.ics").await.is(404);
    }
}
