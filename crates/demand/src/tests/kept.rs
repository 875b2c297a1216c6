//! What was promised beside what was kept, on both engines: counted from the roster that was made of the promise.

use super::town::{d, town};
use crate::model::{Hours, Promise};
use kernel::{Act, Purpose, Reader, Role, Timestamp};
use roster::model::{Contract, Standing, State};
use testkit::{actor, engines};
use windows::model::moment;
use windows::rules::queue::Step;

/// The address of the rows that a page links first.
pub fn rows_of(body: &str) -> String {
    let rest = body.split("/demand/kept/rows").nth(1).expect("a link to the rows").split('"').next().unwrap();
    format!("/demand/kept/rows{}", rest.replace("&#38;", "&").replace("&amp;", "&"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_is_counted_from_the_roster_that_was_made_of_it() {
    for engine in engines() {
        let town = town(engine, 2).await;
        let (t, app, station, rules) = (&town.t, &town.t.app, town.station, town.t.app.rules());
        t.get(&town.leader, "/demand/plan").await.is(200).says("承诺与兑现").says("还没有兑现的记录");
        let basis = town.read(async |r: &mut Reader| crate::actions::basis(r, &rules, station, roster::model::PostKind::Window).await).await;
        let hours = Hours { work: windows::rules::parse_spans("09:00-12:00").unwrap(), ..Hours::default() };
        let promise = Promise { share: 90, minutes: 10 };
        let (_, answered) = crate::actions::answer(basis, hours.clone(), promise).await.unwrap();
        let new = crate::actions::NewNeed { post: town.post, hours, promise, seen: crate::actions::seen(app, &answered.plan) };
        let admin = |action: &'static str| app.act(&town.leader, action, Purpose::Administration, app.fresh_command());
        crate::actions::make_need(app, &admin("demand.need"), new).await.unwrap();
        t.get(&town.leader, "/demand/kept").await.is(200).says("还没有按它发布的值班表");

        // Written on the 8th; the roster of May is published then; ten come on the 12th.
        let c = Contract { id: kernel::Uuid::nil(), user_id: town.clerk.user, standing: Standing::Clerk, week_hours: 40, fill_percent: 0, from_day: d("2026-01-01"), until_day: None };
        roster::actions::add_contract(app, &admin("roster.contract"), c).await.unwrap();
        let plan = roster::actions::start(app, &admin("roster.start"), d("2026-05-01"), 3).await.unwrap();
        let mut version = 0;
        for _ in 0..600 {
            let p = town.read(async |r: &mut Reader| roster::store::plan(r, station, plan).await).await;
            if p.state != State::Running {
                version = p.version;
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        roster::actions::publish(app, &admin("roster.publish"), plan, version, "试行，人手不够的日子由所领导顶班").await.unwrap();
        let day = d("2026-05-12");
        app.clock().set(moment(day, 1_200));
        let at = |action: &'static str, time: Timestamp| Act { at: time, ..town.act(&town.clerk, action) };
        windows::actions::stand(app, &at("windows.stand", moment(day, 540)), town.window).await.unwrap();
        for n in 0..10 {
            // Nine are called after five minutes, one after eleven.
            let (came, wait) = (545 + n * 15, if n == 4 { 11 } else { 5 });
            let receipt = app.vault().token().1;
            let drawn = windows::actions::draw(app, &at("windows.draw", moment(day, came)), town.services[0], false, &receipt).await.unwrap();
            windows::actions::call(app, &at("windows.call", moment(day, came + wait)), town.window, Some(drawn.id)).await.unwrap();
            windows::actions::step(app, &at("windows.ticket", moment(day, came + wait)), drawn.id, Step::Begin, 2, "").await.unwrap();
            windows::actions::step(app, &at("windows.ticket", moment(day, came + wait + 2)), drawn.id, Step::Finish, 3, "").await.unwrap();
        }
        // In the afternoon nothing was promised.
        town.draw(0, day, 900).await;
        let crate::actions::Promises { made, kept, cut } = town.read(async |r: &mut Reader| crate::actions::promises(r, &rules, station, &[(town.post, roster::model::PostKind::Window)], None).await).await.remove(0);
        assert_eq!((made.len(), kept.len(), cut), (1, 1, false), "{engine}");
        assert_eq!((kept[0].came, kept[0].in_time, kept[0].lost), (10, 9, 0), "{engine}");
        let page = t.get(&town.leader, "/demand/kept?month=2026-05").await.is(200).says("九成的人等候不超过 10 分钟").says("9/10").says("数还少，说不准").says("/windows/report?month=2026-05-01");
        let rows = rows_of(&page.body);
        t.get(&town.leader, &rows).await.is(200).says("9/10").says("全部 10").says("正好 10 分钟算做到");
        let late = t.get(&town.leader, &format!("{rows}&part=late")).await.is(200).says("共 1 条").says("A0").says("11 分");
        assert!(!late.body.contains(">5 分<"), "{}", late.body);
        t.get(&town.leader, &format!("{rows}&part=kept")).await.is(200).says("共 9 条");
        // Who may and which promises: the clerk sees the sum, the rows are for those who plan.
        let sum = t.get(&town.clerk, "/demand/kept?month=2026-05").await.is(200).says("9/10");
        assert!(!sum.body.contains("/demand/kept/rows"));
        t.get(&town.clerk, &rows).await.is(403);
        t.get(&town.stranger, &rows).await.is(404);
        t.get(&town.leader, &rows.replace("given=", "given=0")).await.is(404);
        t.get(&town.leader, &rows.replace("month=", "month=x")).await.is(404);
        t.get(&town.leader, &format!("/demand/kept/rows?post={}&minutes=121", town.post)).await.is(404);
        // Nine of ten, exactly: 55.5 to 99.75 %.
        assert!(page.body.contains("55.5 %–99.7 %") || page.body.contains("55.5 %–99.8 %"), "{}", page.body);
        t.get(&town.leader, "/demand/kept?month=2026-04").await.is(200).says("还没有");
        t.get(&town.leader, "/demand/plan").await.is(200).says("承诺与兑现").says("9/10");
        t.get(&town.leader, "/windows/report?month=2026-05-01").await.is(200).says("/demand/kept?month=2026-05-01");
        t.get(&actor(Role::Volunteer, station), "/demand/kept").await.is(403);
        let other = t.get(&town.stranger, "/demand/kept").await.is(200);
        assert!(!other.body.contains("9/10"));
    }
}
