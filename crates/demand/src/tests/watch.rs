//! Reports and orders become the need of the command room's watch and of patrols.

use super::need::hidden;
use super::town::{Town, bare};
use crate::model::Stream;
use kernel::{Reader, Role, ToSpan, Uuid};
use roster::model::{DayType, PostSet};
use testkit::{actor, engines};
use windows::model::moment;

/// Three reports on each of the last ten days; somebody is sent three minutes after the call and signs two minutes later.
async fn past(town: &Town) {
    let app = &town.t.app;
    let operator = actor(Role::Operator, town.station);
    for back in (1..=10).rev() {
        let day = app.today().saturating_sub(back.days());
        for (n, minute) in [135, 605, 1_230].into_iter().enumerate() {
            let new = incidents::model::NewIntake {
                source_code: "0101".into(),
                called_at: Some(moment(day, minute)),
                title: "噪音".into(),
                content: format!("{day} 第 {n} 起，楼上拖椅子"),
                place: "中央街".into(),
                ..Default::default()
            };
            let taken = incidents::actions::take(app, &town.at(&operator, "incidents.take", moment(day, minute + 1)), new).await.unwrap();
            let act = town.at(&operator, "incidents.dispatch", moment(day, minute + 3));
            incidents::actions::dispatch(app, &act, taken.id, &[town.officer.user], "请到场").await.unwrap();
            let id = taken.id;
            let order = town.read(async |r: &mut Reader| incidents::store::orders::of_incident(r, id).await).await[0].id;
            let step = incidents::actions::StepArgs { order, step: incidents::model::Step::Acknowledge };
            incidents::actions::step(app, &town.at(&town.officer, "incidents.step", moment(day, minute + 5)), id, step).await.unwrap();
        }
    }
}

async fn set(town: &Town, post: Uuid) -> PostSet {
    let station = town.station;
    town.read(async |r: &mut Reader| roster::store::post(r, station, post).await).await
}

/// Sends what the plan's page of a post shows.
async fn click(town: &Town, post: Uuid, share: &str, minutes: &str, hours: &str) -> testkit::Answered {
    let page = town.t.get(&town.leader, &format!("/demand/plan?post={post}")).await.is(200);
    let (id, seen) = (post.to_string(), hidden(&page.body, "seen"));
    let fields = [("post", id.as_str()), ("share", share), ("minutes", minutes), ("work", hours), ("rest", hours), ("holiday", hours), ("seen", &seen)];
    town.t.post(&town.leader, "/demand/plan", &fields).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_become_the_need_of_the_watch_and_orders_that_of_patrols() {
    for engine in engines() {
        let town = bare(engine).await;
        let t = &town.t;
        let [command, patrol, community] = town.add_watch().await;
        t.get(&town.leader, "/demand/plan").await.is(200).says("指挥室").says("还差 5 天").says("导入过去的警情");
        past(&town).await;
        assert_eq!((town.gathered(Stream::Incidents).await.coverage.people, town.gathered(Stream::Sent).await.coverage.people), (30, 30), "{engine}");
        t.get(&town.leader, "/demand?stream=sent&kind=holiday").await.is(200).says("派警，节假日").says("02:15");

        // The watch: all day, over midnight, by what the desk took.
        let page = t.get(&town.leader, &format!("/demand/plan?post={command}")).await.is(200);
        let page = page.says("100 起警情里 95 起 1 分钟内有人接办").says("值守要几个人").says("按 30 次实际登记（平均 3.0 分钟）").says("value=\"00:00-24:00\"").says("接报 30 起");
        assert!(!page.body.contains("窗口空岗一共") && !page.body.contains("从来没有开过门") && page.body.contains("街面巡逻"), "{}", page.body);
        assert!(!page.body.contains("社区</a>"), "a community post has no curve");
        click(&town, command, "95", "1", "00:00-24:00").await.is(303);
        let made = set(&town, command).await;
        assert!(made.post.by_quarter);
        for kind in DayType::ALL {
            let minutes: i64 = made.needs.iter().filter(|n| n.day_type == *kind).map(|n| n.until_minute - n.from_minute).sum();
            assert_eq!(minutes, 1_440, "{engine} {kind}: no minute without somebody");
        }
        assert!(made.needs.iter().all(|n| n.people >= 1));
        t.get(&town.leader, &format!("/roster/posts/{command}")).await.is(200).says("需要的来源").says("95 起 1 分钟内有人接办").says("/demand?stream=incidents");

        // Patrols: two go together; nothing was fed back, so the usual minutes stand in, and that is said.
        let page = t.get(&town.leader, &format!("/demand/plan?post={patrol}")).await.is(200);
        page.says("九成的派警 10 分钟内有空着的巡逻组").says("一组 2 人").says("实际登记只有 0 次").says("派警 30 次，派出以后在这个时间内签收的").says("30/30");
        click(&town, patrol, "90", "10", "16:00-24:00").await.is(303);
        let made = set(&town, patrol).await;
        assert!(!made.needs.is_empty() && made.needs.iter().all(|n| n.people >= 2 && n.people % 2 == 0 && n.from_minute >= 960), "{:?}", made.needs);
        // Hours without a shift are the roster's refusal, with the way out.
        click(&town, patrol, "90", "10", "08:00-24:00").await.is(422);
        // Who may and which posts.
        t.get(&town.leader, &format!("/demand/plan?post={community}")).await.is(404);
        t.get(&town.stranger, &format!("/demand/plan?post={command}")).await.is(404);
        t.get(&actor(Role::Operator, town.station), &format!("/demand/plan?post={command}")).await.is(403);
    }
}
