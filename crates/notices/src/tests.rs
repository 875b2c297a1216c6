//! Tasks on both engines.

use crate::actions;
use crate::model::NewTask;
use kernel::rules::RuleSet;
use kernel::{Purpose, Role, StationId, Tx, Uuid};
use testkit::{TestApp, actor, engines, start};

fn station() -> StationId {
    StationId(Uuid::from_u128(7))
}

async fn app(engine: &str) -> TestApp {
    TestApp::new(engine, RuleSet::default(), vec![crate::domain()]).await
}

async fn give(t: &TestApp, record: Uuid, to: &kernel::Actor, hours: i64) {
    let act = t.app.act(to, "test.give", Purpose::Incident, t.app.fresh_command());
    t.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("test.give", &[("incident", record)], "");
            actions::put(
                tx,
                NewTask {
                    station: station(),
                    kind: "incident.acknowledge",
                    title: format!("{hours} 小时的任务"),
                    path: "/incidents/x".into(),
                    record,
                    to_user: Some(to.user),
                    to_role: None,
                    due: start().checked_add(std::time::Duration::from_secs(hours as u64 * 3600)).unwrap(),
                },
            )
            .await
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn the_landing_page_shows_my_tasks_by_deadline_and_nobody_elses() {
    for engine in engines() {
        let t = app(engine).await;
        let (mine, other) = (actor(Role::Officer, station()), actor(Role::Auxiliary, station()));
        give(&t, Uuid::from_u128(1), &mine, 48).await;
        give(&t, Uuid::from_u128(2), &mine, 2).await;
        let page = t.get(&mine, "/").await.is(200).says("今天到期").says("之后");
        assert!(page.body.find("2 小时的任务").unwrap() < page.body.find("48 小时的任务").unwrap());
        t.get(&other, "/").await.is(200).says("现在没有待办");
        assert_eq!(t.get(&actor(Role::Resident, station()), "/").await.is(303).location(), "/login?next=%2F");
    }
}

#[tokio::test]
async fn what_is_overdue_goes_up_to_the_leader_once() {
    for engine in engines() {
        let t = app(engine).await;
        let (officer, leader) = (actor(Role::Officer, station()), actor(Role::DutyLeader, station()));
        give(&t, Uuid::from_u128(1), &officer, 2).await;
        crate::jobs::escalate(t.app.clone()).await.unwrap();
        t.get(&leader, "/").await.says("现在没有待办");
        t.app.clock().advance(3 * 3600);
        crate::jobs::escalate(t.app.clone()).await.unwrap();
        crate::jobs::escalate(t.app.clone()).await.unwrap();
        let page = t.get(&leader, "/").await.says("逾期督办：2 小时的任务");
        assert_eq!(page.body.matches("逾期督办").count(), 1);
        t.get(&officer, "/").await.says("已报带班领导");
    }
}
