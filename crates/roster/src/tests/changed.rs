//! What comes in after the publication: leave that meets a swap, an illness across the end of a month, too little rest.

use super::after::{on, possible, published};
use super::town::{d, town};
use crate::actions as act;
use crate::model::*;
use kernel::Reader;
use testkit::engines;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_onto_somebody_who_is_ill_by_now_is_refused_when_asked_and_when_approved() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, station) = (&town.t, town.station);
        let seen = published(&town).await;
        let (a, b, day, back) = possible(&seen, &town).expect("a swap that the rules allow");
        let back = back.map_or(String::new(), |x| x.to_string());
        let ask = [("from_day", day.to_string()), ("to", b.user.to_string()), ("to_day", back)];
        let ask: Vec<(&str, &str)> = ask.iter().map(|(k, v)| (*k, v.as_str())).collect();
        t.post(&a, "/roster/swaps", &ask).await.is(303);
        let id = town.read(async |r: &mut Reader| crate::store::swaps(r, station, d("2026-05-01")).await).await[0].id;
        let path = format!("/roster/swaps/{id}");
        t.post(&b, &path, &[("to", "agreed")]).await.is(303);

        // Before it is approved, the other is ill on that day.
        let day_text = day.to_string();
        let ill = [("person", b.user.to_string()), ("kind", "sick".into()), ("from", day_text.clone()), ("until", day_text)];
        let ill: Vec<(&str, &str)> = ill.iter().map(|(k, v)| (*k, v.as_str())).collect();
        t.post(&town.planner, "/roster/people/leave", &ill).await.is(303);
        t.post(&town.planner, &path, &[("to", "done")]).await.is(422).says("请假或者不在岗");
        t.post(&a, "/roster/swaps", &ask).await.is(422).says("不符合规则");
        let now = town.read(async |r: &mut Reader| crate::store::published(r, station, d("2026-05-01")).await).await.unwrap();
        assert_eq!(now.id, seen.plan.id, "nothing was published");
        // A duty of the ill person that day is said on the published page to planners, and to nobody else.
        if on(&seen, b.user, day).is_some() {
            let page = format!("/roster/plans/{}", seen.plan.id);
            t.get(&town.planner, &page).await.is(200).says("发布以后情况有变");
            assert!(!t.get(&a, &page).await.is(200).body.contains("发布以后情况有变"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_illness_across_the_end_of_a_month_repairs_both_published_months() {
    for engine in engines() {
        let town = town(engine).await;
        let (app, station) = (&town.t.app, town.station);
        let mut plans = vec![];
        for month in ["2026-05-01", "2026-06-01"] {
            let seen = town.solved(d(month)).await;
            act::publish(app, &town.act(&town.leader, "roster.publish"), seen.plan.id, seen.plan.version, "").await.unwrap();
            plans.push(town.seen(seen.plan.id).await);
        }
        app.clock().set("2026-05-27T01:00:00Z".parse().unwrap());
        let days = |from: &str, until: &str, seen: &act::Seen, user| {
            seen.problem.days.iter().filter(|x| x.date >= d(from) && x.date <= d(until) && on(seen, user, x.date).is_some()).count()
        };
        let ill = town.officers.iter().max_by_key(|o| days("2026-06-01", "2026-06-06", &plans[1], o.user)).unwrap().user;
        assert!(days("2026-06-01", "2026-06-06", &plans[1], ill) > 0);
        // A part of it was entered under 排班人员 before.
        act::add_leave(app, &town.act(&town.planner, "roster.leave"), ill, LeaveKind::Sick, d("2026-05-28"), d("2026-05-29")).await.unwrap();
        let out = act::Out { user: ill, kind: LeaveKind::Sick, from: d("2026-05-28"), until: d("2026-06-06") };
        let made = act::repair(app, &town.act(&town.planner, "roster.repair"), out).await.unwrap();
        assert_eq!(made.len(), 2);
        for (id, old) in made.iter().zip(&plans) {
            let new = town.seen(*id).await;
            assert_eq!((new.plan.month, new.plan.parent), (old.plan.month, Some(old.plan.id)));
            assert!(new.problem.days.iter().all(|x| x.date < out.from || x.date > out.until || on(&new, ill, x.date).is_none()));
            assert!(new.plan.ended_how.contains("请假跨月"), "{}", new.plan.ended_how);
        }
        let leave = town.read(async |r: &mut Reader| crate::store::leave(r, station, out.from, out.until).await).await;
        let spans: Vec<_> = leave.iter().map(|l| (l.from_day, l.until_day)).collect();
        assert_eq!(spans, vec![(d("2026-05-28"), d("2026-05-29")), (d("2026-05-30"), d("2026-06-06"))], "entered once for each day");
        // Until they are published, the published pages say what is wrong with them.
        let page = format!("/roster/plans/{}", plans[1].plan.id);
        town.t.get(&town.planner, &page).await.is(200).says("发布以后情况有变").says("请假或者不在岗");
        for id in made {
            let new = town.seen(id).await;
            act::publish(app, &town.act(&town.leader, "roster.publish"), id, new.plan.version, "有人生病，六月初补休").await.unwrap();
            let page = town.t.get(&town.planner, &format!("/roster/plans/{id}")).await.is(200);
            assert!(!page.body.contains("发布以后情况有变"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_little_rest_is_a_breach_of_law_that_only_a_leader_passes_with_a_full_reason() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let mut seen = town.solved(d("2026-06-01")).await;
        let shift = |night: bool| seen.problem.kinds.iter().find(|k| k.post_kind == PostKind::Command && k.night == night).unwrap().shift;
        let (night, day) = (shift(true), shift(false));
        // Two days on which an officer is off, so that nobody is missed elsewhere.
        let off = |user, i: usize| on(&seen, user, seen.problem.days[i].date).is_none();
        let (who, at) = town.officers.iter().flat_map(|o| (1..29).map(move |i| (o.user, i))).find(|&(u, i)| off(u, i) && off(u, i + 1)).expect("two days off");
        let dates = [seen.problem.days[at].date, seen.problem.days[at + 1].date];
        for (date, shift) in dates.into_iter().zip([night, day]) {
            act::set_cell(app, &town.act(&town.planner, "roster.cell"), seen.plan.id, seen.plan.version, (who, date, Some(shift)), false).await.unwrap();
            seen = town.seen(seen.plan.id).await;
        }
        let rest = seen.judged.findings.iter().find(|f| f.text.contains("休息不够")).expect("the checker finds it");
        assert!(rest.law && !rest.bars);
        town.t.get(&town.planner, &format!("/roster/plans/{}", seen.plan.id)).await.is(200).says("法定").says("休息不够");
        let publish = async |who: &kernel::Actor, reason: &str| {
            act::publish(app, &town.act(who, "roster.publish"), seen.plan.id, seen.plan.version, reason).await
        };
        assert_eq!(publish(&town.planner, "汛期抢险，六月二十日补休一天").await.unwrap_err().key(), "forbidden");
        assert_eq!(publish(&town.leader, "人手不够").await.unwrap_err().key(), "roster.rest");
        publish(&town.leader, "汛期抢险，六月二十日补休一天").await.unwrap();
        town.t.get(&town.leader, &format!("/roster/plans/{}", seen.plan.id)).await.is(200).says("汛期抢险");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_nine_in_the_evening_the_shifts_of_the_day_are_facts_and_the_leave_begins_tomorrow() {
    for engine in engines() {
        let town = town(engine).await;
        let (app, station) = (&town.t.app, town.station);
        let seen = published(&town).await;
        let (today, tomorrow) = (d("2026-05-12"), d("2026-05-13"));
        app.clock().set("2026-05-12T13:00:00Z".parse().unwrap());
        // On duty today and tomorrow; every shift of today has begun by now.
        let ill = town.officers.iter().find(|o| on(&seen, o.user, today).is_some() && on(&seen, o.user, tomorrow).is_some());
        let ill = ill.or(town.officers.iter().find(|o| on(&seen, o.user, today).is_some())).expect("an officer on duty").user;
        let repair = async |from: &str, until: &str| {
            let out = act::Out { user: ill, kind: LeaveKind::Sick, from: d(from), until: d(until) };
            act::repair(app, &town.act(&town.planner, "roster.repair"), out).await
        };
        assert_eq!(repair("2026-05-12", "2026-05-12").await.unwrap_err().key(), "roster.begun");
        let made = repair("2026-05-11", "2026-05-14").await.unwrap()[0];
        let new = town.seen(made).await;
        for m in &seen.problem.people {
            assert_eq!(on(&new, m.user, today), on(&seen, m.user, today), "{} on the day that runs", m.name);
        }
        assert!([tomorrow, d("2026-05-14")].iter().all(|x| on(&new, ill, *x).is_none()));
        assert!(new.plan.changes.0.iter().all(|t| t.day > today));
        assert!(new.plan.ended_how.contains("今天的班已经开始"), "{}", new.plan.ended_how);
        let leave = town.read(async |r: &mut Reader| crate::store::leave(r, station, d("2026-05-10"), d("2026-05-20")).await).await;
        let spans: Vec<_> = leave.iter().map(|l| (l.from_day, l.until_day)).collect();
        assert_eq!(spans, vec![(d("2026-05-11"), d("2026-05-11")), (tomorrow, d("2026-05-14"))]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repairs_stand_in_line_and_a_full_line_says_so_at_once() {
    for engine in engines() {
        let town = town(engine).await;
        let (app, station) = (&town.t.app, town.station);
        let seen = published(&town).await;
        app.clock().set("2026-05-12T01:00:00Z".parse().unwrap());
        let days = [d("2026-05-14"), d("2026-05-15")];
        let line = act::Line::new(1, 1);
        let ill = async |n: usize| {
            let out = act::Out { user: town.officers[n].user, kind: LeaveKind::Sick, from: days[0], until: days[1] };
            act::repair_in(&line, app, &town.act(&town.planner, "roster.repair"), out).await
        };
        // One works, one waits, the third is refused before anything is read.
        let (one, two, three) = tokio::join!(ill(0), ill(1), ill(2));
        assert_eq!(three.unwrap_err().key(), "roster.repairs_full");
        for (n, made) in [one, two].into_iter().enumerate() {
            let new = town.seen(made.unwrap()[0]).await;
            assert!(days.iter().all(|x| on(&new, town.officers[n].user, *x).is_none()));
        }
        let leave = town.read(async |r: &mut Reader| crate::store::leave(r, station, days[0], days[1]).await).await;
        assert!(leave.iter().all(|l| l.user_id != town.officers[2].user) && leave.len() == 2, "nothing of the refused one is kept");
        let made = ill(2).await.unwrap();
        assert_eq!(town.seen(made[0]).await.plan.parent, Some(seen.plan.id), "there is room again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_day_looks_at_the_first_day_of_the_month_that_is_published_after_it() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, app) = (&town.t, &town.t.app);
        let may = town.solved(d("2026-05-01")).await;
        act::publish(app, &town.act(&town.leader, "roster.publish"), may.plan.id, may.plan.version, "").await.unwrap();
        let may = town.seen(may.plan.id).await;
        let shift = |night: bool| may.problem.kinds.iter().find(|k| k.post_kind == PostKind::Command && k.night == night).unwrap().shift;
        let last = d("2026-05-31");
        let night = may.problem.kinds.iter().position(|k| k.shift == shift(true)).unwrap();
        let a = town.officers.iter().find(|o| on(&may, o.user, last) == Some(night)).expect("an officer at night").clone();
        let free: Vec<_> = town.officers.iter().filter(|o| o.user != a.user && on(&may, o.user, last).is_none()).cloned().collect();
        let b = free.first().expect("somebody off on the last day").clone();
        // June is published with the other at the command room on the morning of the first.
        act::pin(app, &town.act(&town.planner, "roster.pin"), b.user, d("2026-06-01"), Some(shift(false)), true).await.unwrap();
        let june = town.solved(d("2026-06-01")).await;
        act::publish(app, &town.act(&town.leader, "roster.publish"), june.plan.id, june.plan.version, "").await.unwrap();
        assert!(on(&june, b.user, d("2026-06-01")).is_some());
        let now = town.problem(d("2026-05-01")).await.unwrap();
        let member = now.people.iter().find(|m| m.user == b.user).unwrap();
        assert_eq!(member.next.map(|k| now.kinds[k].shift), Some(shift(false)));
        // A swap that gives the night of the 31st to somebody who is on the next morning.
        let ask = [("from_day", "2026-05-31".to_string()), ("to", b.user.to_string()), ("to_day", String::new())];
        let ask: Vec<(&str, &str)> = ask.iter().map(|(k, v)| (*k, v.as_str())).collect();
        t.post(&a, "/roster/swaps", &ask).await.is(422).says("6 月 1 日").says("休息不够");
        // The same by hand is found, and stands on the last day.
        let copy = act::copy(app, &town.act(&town.planner, "roster.copy"), may.plan.id).await.unwrap();
        act::set_cell(app, &town.act(&town.planner, "roster.cell"), copy, 1, (b.user, last, Some(shift(true))), false).await.unwrap();
        let seen = town.seen(copy).await;
        let place = seen.problem.people.iter().position(|m| m.user == b.user).unwrap();
        assert!(seen.judged.findings.iter().any(|f| f.law && f.cell == Some((place, 30)) && f.text.contains("6 月 1 日")), "{:?}", seen.judged.findings);
        // The officer of that night is ill over the end of the month: nobody whose morning is taken gets it, and June begins
        // after May as it is mended.
        app.clock().set("2026-05-30T01:00:00Z".parse().unwrap());
        let out = act::Out { user: a.user, kind: LeaveKind::Sick, from: last, until: d("2026-06-02") };
        let made = act::repair(app, &town.act(&town.planner, "roster.repair"), out).await.unwrap();
        assert_eq!(made.len(), 2);
        let mut mended = vec![];
        for id in made {
            mended.push(town.seen(id).await);
        }
        let (may, june) = (&mended[0], &mended[1]);
        let kinds = &may.problem.kinds;
        for m in &may.problem.people {
            let (Some(k), Some(next)) = (on(may, m.user, last), on(june, m.user, d("2026-06-01"))) else { continue };
            let next = june.problem.kinds[next].shift;
            let next = kinds.iter().find(|x| x.shift == next).unwrap();
            assert!(!crate::rules::build::never_then(&may.problem.limits, &kinds[k], next), "{}", m.name);
        }
        assert!(on(may, a.user, last).is_none() && on(june, a.user, d("2026-06-01")).is_none());
    }
}
