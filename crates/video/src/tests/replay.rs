//! The replay opens what the wall showed; higher domains hang into it what they know of the minute.

use super::town::{town, town_with};
use crate::{REPLAY_SLOT, moment};
use futures::future::BoxFuture;
use kernel::{Actor, App, Result, Uuid};
use testkit::engines;


const START: [(&str, &str); 3] = [("purpose", "case"), ("reason", "核对经过"), ("to", "replay")];

fn checked(body: &str) -> Vec<String> {
    let boxes = body.split("data-camera=\"").skip(1);
    boxes.filter(|b| b.split('>').next().is_some_and(|t| t.ends_with(" checked"))).map(|b| b[..36].to_string()).collect()
}

#[tokio::test]
async fn exactly_the_tiles_of_the_wall_are_replayed() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let mut all = vec![];
        for n in 0..18 {
            all.push(town.register(&format!("A{n:02}"), &format!("rtsp://127.0.0.1:9/{n}"), "").await.to_string());
        }
        let post = async |cameras: &str| {
            let fields: Vec<(&str, &str)> = START.into_iter().chain([("cameras", cameras)]).collect();
            t.post(&town.leader, "/video/watch", &fields).await.is(303).location().to_string()
        };
        // The purpose is asked first; the tiles come along, in their order.
        let tiles = format!("{},{},{}", all[9], all[2], all[17]);
        t.get(&town.leader, &format!("/video/replay?cameras={tiles}")).await.is(200).says(&format!("name=\"cameras\" value=\"{tiles}\""));
        let path = post(&tiles).await;
        let page = t.get(&town.leader, &path).await.is(200);
        assert_eq!(checked(&page.body).join(","), tiles, "{engine}");
        // Another moment of the same cameras.
        assert!(page.body.contains(&format!("name=\"cameras\" value=\"{tiles}\"")));
        // No more than sixteen, no camera that is not there, and without any the first four.
        let most = checked(&t.get(&town.leader, &post(&all.join(",")).await).await.is(200).body);
        assert_eq!(most, all[..16]);
        let unknown = format!("{},x,{}", Uuid::from_u128(9), all[5]);
        assert_eq!(checked(&t.get(&town.leader, &post(&unknown).await).await.is(200).body), [all[5].clone()]);
        assert_eq!(checked(&t.get(&town.leader, &post("").await).await.is(200).body), all[..4]);
        assert!(!page.body.contains("在岗和位置"), "nobody knows who was there");
    }
}

fn posts<'a>(_: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let at = kernel::clock::show(moment::of(id));
        Ok(format!("<p>{} 在 {at} 值守东门</p>", actor.role.label()))
    })
}

#[tokio::test]
async fn what_others_know_of_the_minute_hangs_into_the_replay() {
    let roster = web::Domain { name: "roster", slots: vec![web::SlotFill { slot: REPLAY_SLOT, fill: posts }], ..Default::default() };
    let town = town_with("sqlite", vec![roster]).await;
    town.register("A1", "rtsp://127.0.0.1:9/a", "").await;
    let path = town.t.post(&town.leader, "/video/watch", &START).await.is(303).location().to_string();
    let at = kernel::clock::show(town.t.app.now() - kernel::ToSpan::hours(1));
    let asked = format!("{path}&at={}", at.replace(' ', "T"));
    let page = town.t.get(&town.leader, &asked).await.is(200);
    page.says(&format!("{at} 在岗和位置")).says(&format!("所领导 在 {at} 值守东门"));
}
