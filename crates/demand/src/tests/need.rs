//! From the curve to the roster's need: what was shown is what is written, once, by whom.

use super::town::{d, town};
use kernel::{Reader, Role};
use roster::model::DayType;
use testkit::{actor, engines};

pub(super) fn hidden(body: &str, name: &str) -> String {
    let at = body.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {body}"));
    let rest = &body[at + name.len() + 15..];
    rest[..rest.find('"').unwrap()].to_string()
}

#[tokio::test]
async fn one_click_writes_what_was_shown_and_says_where_it_comes_from() {
    for engine in engines() {
        let town = town(engine, 3).await;
        let t = &town.t;
        let post = town.post.to_string();
        let page = t.get(&town.leader, "/demand/plan").await.is(200).says("九成的人等候不超过 10 分钟").says("写进值班表的需要").says("近 4 周计划").says("空岗一共");
        let seen = hidden(&page.body, "seen");
        let ask = |work: &str, minutes: &str, seen: &str| {
            [("post", post.clone()), ("share", "90".into()), ("minutes", minutes.into()), ("work", work.into()), ("rest", String::new()), ("holiday", String::new()), ("seen", seen.into())]
        };
        let send = async |who, fields: &[(&str, String)]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            t.post(who, "/demand/plan", &fields).await
        };
        let good = ask("09:00-17:00", "10", &seen);
        let clerk = actor(Role::WindowClerk, town.station);
        send(&clerk, &good).await.is(403);
        send(&town.stranger, &good).await.is(404);
        send(&town.leader, &ask("九点到五点", "10", &seen)).await.is(422).says("九点到五点").says("没有读懂");
        send(&town.leader, &ask("09:05-17:00", "10", &seen)).await.is(422).says("整刻钟");
        send(&town.leader, &ask("09:00-17:00", "500", &seen)).await.is(422).says("0 到 120");
        // Another promise than the one that was seen.
        send(&town.leader, &ask("09:00-17:00", "5", &seen)).await.is(422).says("重新算出的结果");
        // The evening has no shift: refused by the roster, with the way out.
        let evening = t.get(&town.leader, "/demand/plan?share=90&minutes=10&work=09:00-20:00&rest=&holiday=").await.is(200).says("从来没有开过门");
        send(&town.leader, &ask("09:00-20:00", "10", &hidden(&evening.body, "seen"))).await.is(422).says("17:00").says("没有班次覆盖").says("岗位和需要");
        let station = town.station;
        let set = town.read(async |r: &mut Reader| roster::store::post(r, station, town.post).await).await;
        assert!(!set.post.by_quarter, "{engine}: a refused need leaves the post as it was");

        let done = send(&town.leader, &good).await.is(303);
        assert_eq!(done.location(), format!("/roster/posts/{post}"));
        let set = town.read(async |r: &mut Reader| roster::store::post(r, station, town.post).await).await;
        assert!(set.post.by_quarter && set.shifts.len() == 1);
        let work: Vec<(i64, i64)> = set.needs.iter().filter(|n| n.day_type == DayType::Work).map(|n| (n.from_minute, n.until_minute)).collect();
        assert_eq!((work.first().unwrap().0, work.last().unwrap().1), (540, 1_020));
        assert!(set.needs.iter().all(|n| n.people >= 1 && n.day_type == DayType::Work), "no minute without somebody");
        let made = town.read(async |r: &mut Reader| crate::store::newest_made(r, station, town.post).await).await.unwrap();
        assert_eq!((made.by_user, made.share, made.minutes), (town.leader.user, 90, 10));
        assert!(made.basis.contains("本系统") && made.basis.contains("办理时长"), "{}", made.basis);
        t.get(&town.leader, &format!("/roster/posts/{post}")).await.is(200).says("王所长由").says("九成的人等候不超过 10 分钟").says("09:00-");
        t.get(&town.leader, "/roster/posts").await.is(200).says("需要的来源");
        // A later ticket of yesterday changes the data: the old answer is not written.
        town.draw(0, d("2026-05-07"), 640).await;
        send(&town.leader, &good).await.is(422).says("重新算出的结果");
        // Changed by hand afterwards: said.
        let act = town.t.app.act(&town.leader, "roster.post", kernel::Purpose::Administration, town.t.app.fresh_command());
        let mut by_hand = set.clone();
        by_hand.needs.truncate(1);
        by_hand.needs[0].people += 1;
        roster::actions::save_post(&town.t.app, &act, by_hand).await.unwrap();
        t.get(&town.leader, &format!("/roster/posts/{post}")).await.is(200).says("此后岗位的需要改过");
    }
}

#[tokio::test]
async fn the_same_command_twice_is_done_once() {
    for engine in engines() {
        let town = town(engine, 2).await;
        let (app, station, rules) = (&town.t.app, town.station, town.t.app.rules());
        let basis = town.read(async |r: &mut Reader| crate::actions::basis(r, &rules, station, roster::model::PostKind::Window).await).await;
        let hours = crate::model::Hours { work: windows::rules::parse_spans("09:00-12:00").unwrap(), ..Default::default() };
        let promise = crate::model::Promise { share: 80, minutes: 15 };
        let (_, answered) = crate::actions::answer(basis, hours.clone(), promise).await.unwrap();
        let new = crate::actions::NewNeed { post: town.post, hours, promise, seen: crate::actions::seen(app, &answered.plan) };
        let act = app.act(&town.leader, "demand.need", kernel::Purpose::Administration, app.fresh_command());
        let first = crate::actions::make_need(app, &act, new.clone()).await.unwrap();
        assert_eq!(crate::actions::make_need(app, &act, new.clone()).await.unwrap(), first);
        let clerk = app.act(&town.clerk, "demand.need", kernel::Purpose::Administration, app.fresh_command());
        assert_eq!(crate::actions::make_need(app, &clerk, new).await.unwrap_err().key(), "forbidden");
    }
}
