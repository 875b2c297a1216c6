//! Reports and orders become the need of the command room's watch and of patrols.

use super::kept::rows_of;
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

/// One report, entered so many minutes after the call.
async fn report(town: &Town, day: kernel::Date, minute: i64, after: i64) -> kernel::IncidentId {
    let operator = actor(Role::Operator, town.station);
    let new = incidents::model::NewIntake {
        source_code: "0101".into(),
        called_at: Some(moment(day, minute)),
        title: "噪音".into(),
        content: format!("{day} {minute} 楼上拖椅子"),
        place: "中央街".into(),
        ..Default::default()
    };
    incidents::actions::take(&town.t.app, &town.at(&operator, "incidents.take", moment(day, minute + after)), new).await.unwrap().id
}

/// A report entered after a minute; somebody is sent in the minute after, and signs so many minutes later.
async fn order(town: &Town, day: kernel::Date, minute: i64, signed: Option<i64>) {
    let (app, operator) = (&town.t.app, actor(Role::Operator, town.station));
    let id = report(town, day, minute, 1).await;
    incidents::actions::dispatch(app, &town.at(&operator, "incidents.dispatch", moment(day, minute + 2)), id, &[town.officer.user], "请到场").await.unwrap();
    let Some(after) = signed else { return };
    let order = town.read(async |r: &mut Reader| incidents::store::orders::of_incident(r, id).await).await[0].id;
    let step = incidents::actions::StepArgs { order, step: incidents::model::Step::Acknowledge };
    incidents::actions::step(app, &town.at(&town.officer, "incidents.step", moment(day, minute + 2 + after)), id, step).await.unwrap();
}

/// The month's roster, such as one officer can stand it.
async fn published(town: &Town) {
    use roster::model::{Contract, Standing, State};
    let (app, station) = (&town.t.app, town.station);
    let admin = |action: &'static str| app.act(&town.leader, action, kernel::Purpose::Administration, app.fresh_command());
    let from_day = "2026-01-01".parse().unwrap();
    let c = Contract { id: Uuid::nil(), user_id: town.officer.user, standing: Standing::Officer, week_hours: 40, fill_percent: 0, from_day, until_day: None };
    roster::actions::add_contract(app, &admin("roster.contract"), c).await.unwrap();
    let plan = roster::actions::start(app, &admin("roster.start"), app.today().first_of_month(), 3).await.unwrap();
    for _ in 0..600 {
        let p = town.read(async |r: &mut Reader| roster::store::plan(r, station, plan).await).await;
        if p.state != State::Running {
            roster::actions::publish(app, &admin("roster.publish"), plan, p.version, "试行，人手不够的日子由所领导顶班，下月补休").await.unwrap();
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the search does not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_promised_for_the_watch_and_patrols_is_counted() {
    for engine in engines() {
        let town = bare(engine).await;
        let t = &town.t;
        let [command, patrol, community] = town.add_watch().await;
        // Nothing came, nothing was promised.
        t.get(&town.leader, &format!("/demand/kept/rows?post={patrol}&minutes=10")).await.is(200).says("还没有记录").says("全部 0");
        t.get(&town.leader, &format!("/demand/plan?post={command}")).await.is(200).says("承诺与兑现").says("还没有兑现的记录");
        past(&town).await;
        click(&town, command, "95", "1", "00:00-24:00").await.is(303);
        click(&town, patrol, "90", "10", "16:00-24:00").await.is(303);
        t.get(&town.leader, "/demand/kept").await.is(200).says("还没有按它发布的值班表");
        published(&town).await;

        // Ten reports in the night and morning: entered after a minute, the limit itself; one after two.
        let day = super::town::d("2026-05-19");
        for n in 0..10 {
            report(&town, day, 10 + n * 60, if n == 3 { 2 } else { 1 }).await;
        }
        // Orders, each of a report that was entered after a minute: before the promised hours; after ten minutes, the limit
        // itself; after eleven; never; and one that still may be, as an hour has not passed.
        for (minute, signed) in [(610, Some(50)), (1_020, Some(10)), (1_080, Some(11)), (1_140, None), (1_370, None)] {
            order(&town, day, minute, signed).await;
        }
        t.app.clock().set(moment(day, 1_420));
        let page = t.get(&town.leader, &format!("/demand/plan?post={command}")).await.is(200).says("14/15").says("没有做到的 1 条");
        let kept = page.body.split("承诺与兑现").last().unwrap();
        let rows = rows_of(kept);
        t.get(&town.leader, &rows).await.is(200).says("100 起警情里 95 起 1 分钟内有人接办").says("全部 15").says("做到的 14").says("从来电到接听");
        t.get(&town.leader, &format!("{rows}&part=late")).await.is(200).says("共 1 条").says("03:10").says(">2 分<").says("<a href=\"/incidents/019");
        t.get(&actor(Role::Operator, town.station), &rows).await.is(403);
        t.get(&town.stranger, &rows).await.is(404);
        t.get(&town.leader, &rows.replace(&command.to_string(), &patrol.to_string())).await.is(404);

        let page = t.get(&town.leader, &format!("/demand/plan?post={patrol}")).await.is(200).says("1/3").says("1 次没有签收").says("没有做到的 2 条");
        let rows = rows_of(page.body.split("承诺与兑现").last().unwrap());
        t.get(&town.leader, &rows).await.is(200).says("全部 3").says("17:02").says("从第一次派出到第一次签收");
        t.get(&town.leader, &format!("{rows}&part=late")).await.is(200).says("共 2 条").says("18:02").says("11 分").says("19:02").says("没有签收");
        t.get(&town.leader, "/demand/kept").await.is(200).says("指挥室").says("14/15").says("街面巡逻").says("1/3");

        // The last four weeks are counted in the same way: thirty orders that were signed after two minutes; today is not in it.
        t.get(&town.leader, &format!("/demand/kept/rows?post={patrol}&minutes=2")).await.is(200).says("30/30").says("最近 4 周，不含今天");
        t.get(&town.leader, &format!("/demand/kept/rows?post={patrol}&minutes=1")).await.is(200).says("0/30");
        t.app.clock().set(moment(day.tomorrow().unwrap(), 600));
        t.get(&town.leader, &format!("/demand/kept/rows?post={patrol}&minutes=10")).await.is(200).says("31/35").says("没有做到的 4");
        t.get(&town.leader, &format!("/demand/kept/rows?post={community}&minutes=10")).await.is(404);
    }
}

/// Read by the span that is asked for and no more: a report belongs to the day of its first order, with what became of all orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_is_read_within_its_span() {
    use roster::model::PostKind;
    for engine in engines() {
        let mut town = bare(engine).await;
        town.add_services().await;
        town.add_window().await;
        town.open_window().await;
        let (app, station) = (&town.t.app, town.station);
        let (first, second) = (super::town::d("2026-05-18"), super::town::d("2026-05-19"));
        let operator = actor(Role::Operator, station);
        // Sent shortly before midnight; nobody signs, so somebody else is sent after midnight and signs.
        let id = report(&town, first, 1_430, 1).await;
        for (day, minute, who) in [(first, 1_432, &town.officer), (second, 5, &town.leader)] {
            incidents::actions::dispatch(app, &town.at(&operator, "incidents.dispatch", moment(day, minute)), id, &[who.user], "请到场").await.unwrap();
        }
        let orders = town.read(async |r: &mut Reader| incidents::store::orders::of_incident(r, id).await).await;
        let later = orders.iter().find(|o| o.target_user == town.leader.user).unwrap().id;
        let step = incidents::actions::StepArgs { order: later, step: incidents::model::Step::Acknowledge };
        incidents::actions::step(app, &town.at(&town.leader, "incidents.step", moment(second, 8)), id, step).await.unwrap();
        order(&town, second, 600, Some(2)).await;
        for (day, minute) in [(first, 600), (second, 540), (second, 700)] {
            town.draw(0, day, minute).await;
        }
        app.clock().set(moment(second, 1_300));
        let read = async |kind: PostKind, from: kernel::Date, until: kernel::Date, most: usize| {
            let (all, cut) = town.read(async |r: &mut Reader| crate::actions::matters(r, station, kind, from, until, most).await).await;
            (all.iter().map(|m| (windows::model::minute_of(m.came), m.waited)).collect::<Vec<_>>(), cut)
        };
        let night = (1_432, Some(16 * 60));
        assert_eq!(read(PostKind::Patrol, first, first, 10).await, (vec![night], false), "{engine}");
        assert_eq!(read(PostKind::Patrol, second, second, 10).await, (vec![(602, Some(120))], false), "{engine}: sent before, so not this day's");
        assert_eq!(read(PostKind::Patrol, first, second, 10).await, (vec![(602, Some(120)), night], false), "{engine}");
        assert_eq!(read(PostKind::Command, first, first, 10).await, (vec![(1_430, Some(60))], false), "{engine}");
        // Of more than are read the newest stay, and it is told.
        assert_eq!(read(PostKind::Command, first, second, 1).await, (vec![(600, Some(60))], true), "{engine}");
        assert_eq!(read(PostKind::Patrol, first, second, 1).await, (vec![(602, Some(120))], true), "{engine}");
        let waits = |from, until, most| town.read(async move |r: &mut Reader| windows::store::waits_between(r, station, from, until, most).await);
        let drawn = async |from, until, most| waits(from, until, most).await.iter().map(|w| (windows::model::minute_of(w.drawn_at), w.label())).collect::<Vec<_>>();
        assert_eq!(drawn(first, second, 2).await, vec![(700, "A002".to_string()), (540, "A001".to_string())], "{engine}");
        assert_eq!(drawn(first, first, 9).await, vec![(600, "A001".to_string())], "{engine}");
        // Who still waits in line is neither in time nor late.
        assert_eq!(read(PostKind::Window, second, second, 9).await.0, vec![], "{engine}");
    }
}
