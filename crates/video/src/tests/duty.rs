//! Which cameras were really looked at: by seconds with a picture, not by tiles that were opened.

use super::town::town;
use crate::model::StreamKind;
use crate::store::{self, HourRow};
use kernel::{Actor, Purpose, Reader, Role, Tx};
use testkit::{actor, engines};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn only_pictures_that_were_there_count_as_looked_at() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, app) = (&town.t, &town.t.app);
        t.get(&town.operator, "/video/duty").await.is(200).says("看过 0/0 台");
        let one = town.register("A1", "rtsp://127.0.0.1:9/a", "rtsp://127.0.0.1:9/b").await;
        let two = town.register("A2", "rtsp://127.0.0.1:9/c", "").await;
        let three = town.register("A3", "rtsp://127.0.0.1:9/d", "").await;
        // Nothing is claimed of what nobody counted.
        let page = t.get(&town.operator, "/video/duty").await.is(200).says("没有统计 3 台");
        assert!(!page.body.contains("都看过") && !page.body.contains("一直没有画面"));
        let report = t.get(&town.leader, "/video/report").await.is(200).says("没有看过的摄像机 0/3 台，没有统计 3 台");
        assert!(!report.body.contains(">没有看过<"), "nobody counted yet");
        let hour_ms = app.now().as_millisecond() / HOUR * HOUR;
        let mut rows = vec![];
        for (camera, kind, ago, live, watched) in [
            (one, StreamKind::Main, 0, 3600, 60),
            (one, StreamKind::Sub, 0, 3600, 150),
            // Looked at yesterday: not in this shift.
            (two, StreamKind::Main, 20, 3600, 600),
            (two, StreamKind::Main, 0, 1800, 0),
            (three, StreamKind::Main, 0, 0, 0),
        ] {
            let w = town.read(async |r: &mut Reader| store::camera(r, camera).await).await;
            let stream_id = w.stream(kind).unwrap().id;
            let hour_ms = hour_ms - ago * HOUR;
            rows.push(HourRow { stream_id, hour_ms, seconds: 3600, live, watched, ..HourRow::default() });
        }
        let write = async |tx: &mut Tx| {
            for h in &rows {
                store::add_hour(tx, town.station, h).await?;
            }
            tx.record("video.hours", &[], "");
            Ok(())
        };
        let act = app.look(&Actor::system(), "video.hours", Purpose::Administration).in_station(town.station);
        app.db().write(&act, write).await.unwrap();
        t.get(&actor(Role::GridWorker, town.station), "/video/duty").await.is(403);
        // The last day: two were looked at; both streams of one at once are one look.
        t.get(&town.operator, "/video/duty").await.is(200).says("看过 2/3 台").says("2 分 30 秒").says("10 分 0 秒").says("一直没有画面 1 台");
        let shift = kernel::clock::show(app.now() - kernel::ToSpan::hours(2)).replace(' ', "T");
        let page = t.get(&town.operator, &format!("/video/duty?from={shift}")).await.is(200);
        let page = page.says("看过 1/3 台").says("有画面而没有看过 1 台").says("一直没有画面 1 台").says("没有画面可看");
        let at = |name: &str| page.body.find(name).unwrap();
        assert!(at("路口A2") < at("路口A3") && at("路口A3") < at("路口A1"), "what was passed over stands first");
        t.get(&town.operator, "/video/duty?from=gestern").await.is(200).says("时间没有读懂");
        t.get(&town.leader, "/video/report").await.is(200).says("有画面而没有看过的摄像机 0/3 台").says("没有画面可看");
    }
}
