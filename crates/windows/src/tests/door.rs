//! 上门办理 over HTTP: asked for, sent, done or declined.

use super::town::{Town, town};
use crate::model::{Channel, NewBooking};
use kernel::Role;
use testkit::{actor, engines};

async fn asked(town: &Town, n: u32) -> String {
    let new = NewBooking { channel: Channel::Door, minute: 0, place: "安居小区3号楼".into(), ..town.wish(1, "2026-05-12", "10:00", n) };
    format!("/windows/bookings/{}", town.book(new).await.unwrap().id)
}

#[tokio::test]
async fn a_visit_is_asked_for_sent_done_or_declined() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, clerk) = (&town.t, &town.clerk);
        let path = asked(&town, 1).await;
        let (send, visited) = (format!("{path}/send"), format!("{path}/visited"));
        let officer = town.officer.user.to_string();
        let go = |day: &'static str, time: &'static str| [("officer", officer.clone()), ("day", day.into()), ("time", time.into())];
        let post = async |who: &kernel::Actor, fields: [(&str, String); 3]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            t.post(who, &send, &fields).await
        };
        post(&town.stranger, go("2026-05-12", "10:00")).await.is(404);
        post(&actor(Role::Auxiliary, town.station), go("2026-05-12", "10:00")).await.is(403);
        post(clerk, go("2026-05-12", "十点")).await.is(422).says("时间请写成");
        post(clerk, go("2026-05-01", "10:00")).await.is(422).says("上门时间应在现在以后");
        t.post(clerk, &visited, &[("result", "办好了")]).await.is(422).says("还没有派人上门");
        post(clerk, go("2026-05-12", "10:00")).await.is(303);
        assert!(town.tasks(&town.officer).await.iter().any(|x| x.contains("上门办理：2026-05-12 10:00")));
        t.get(clerk, &path).await.is(200).says("改派").says("已经上门");
        t.post(clerk, &visited, &[("result", "")]).await.is(422).says("请写明办理情况");
        t.post(clerk, &visited, &[("result", "材料当面收齐")]).await.is(303);
        t.post(clerk, &visited, &[("result", "材料当面收齐")]).await.is(422);
        assert!(town.tasks(&town.officer).await.is_empty());
        // Nobody can come: why, and what else; the person reads it.
        let path = asked(&town, 2).await;
        t.post(clerk, &format!("{path}/decline"), &[("why", "没空")]).await.is(422).says("4 到 200 字");
        t.post(clerk, &format!("{path}/decline"), &[("why", "指纹须在窗口采集，可约周末时间")]).await.is(303);
        t.get(clerk, &path).await.is(200).says("指纹须在窗口采集");
        t.post(clerk, &format!("{path}/decline"), &[("why", "指纹须在窗口采集，可约周末时间")]).await.is(422);
    }
}
