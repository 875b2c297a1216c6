//! What the page of health says is what is so: numbers of the last day, what is really kept, what the disk holds.

use super::exports::{Machine, running};
use super::town::{form, town};
use crate::actions as act;
use crate::model::StreamKind;
use crate::store::{self, FileRow, HourRow};
use kernel::{Actor, Purpose, Reader, Tx, Uuid};
use media::estate::Clock as _;
use simcam::{Camera, Sim, clips};
use std::time::Duration;
use testkit::engines;

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn a_dead_camera_has_its_gap_and_what_is_kept_is_what_was_recorded() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, app) = (&town.t, &town.t.app);
        let mut form = form("A1", "rtsp://127.0.0.1:9/a", "rtsp://127.0.0.1:9/b");
        (form.main.quota_mb, form.sub.quota_mb) = (500_000, 50_000);
        let camera =
            act::register(app, &town.act(&town.admin, "video.register"), town.station, form).await.unwrap();
        let w = town.read(async |r: &mut Reader| store::camera(r, camera).await).await;
        let id = |k: StreamKind| w.stream(k).unwrap().id;
        let (main, sub) = (id(StreamKind::Main), id(StreamKind::Sub));
        app.clock().advance(20 * 86_400);
        let now = app.now().as_millisecond();
        let file = |stream_id: Uuid, from: i64, to: i64| FileRow {
            station_id: town.station,
            stream_id,
            name_ms: from,
            start_ms: from,
            end_ms: to,
            bytes: 1000,
            follows_break: false,
        };
        let hour = |stream_id: Uuid, live: i64, bits: i64| HourRow {
            stream_id,
            hour_ms: (now / HOUR - 2) * HOUR,
            seconds: 3600,
            live,
            bit_rate_sum: live * bits,
            ..HourRow::default()
        };
        let act = app.look(&Actor::system(), "video.files", Purpose::Retention).in_station(town.station);
        let old = (now - 240 * HOUR, now - 239 * HOUR);
        let write = async |tx: &mut Tx| {
            // An old hour that is only there because it is held, then two hours of the last day; the sub stream throughout.
            for (from, to) in [old, (now - 20 * HOUR, now - 19 * HOUR), (now - 18 * HOUR, now - 17 * HOUR)] {
                store::insert_file(tx, &file(main, from, to)).await?;
            }
            for n in 0..25 {
                let to = now - 60_000 - n * HOUR;
                store::insert_file(tx, &file(sub, to - HOUR, to)).await?;
            }
            let lost = HourRow { lost_packets: 7, lost_groups: 2, jumps: 1, ..hour(main, 1800, 1_000_000) };
            store::add_hour(tx, town.station, &lost).await?;
            store::add_hour(tx, town.station, &hour(sub, 3600, 200_000)).await?;
            tx.record("video.files", &[], "");
            Ok(())
        };
        app.db().write(&act, write).await.unwrap();
        let page = async || t.get(&town.operator, "/video/health").await.is(200);
        // Before the first file, between the two, and from the end of the newest until now.
        page()
            .await
            .says("3 处，共 22 小时 0 分，最长 17 小时 0 分（主码流）")
            .says("50.00 %（1800/3600）")
            .says("丢包 7，2 组没有写上")
            .says("跳变 1 次")
            .says("3.0 小时（主码流）")
            .says("24.3 天");
        let typed = |ms: i64| crate::web_pages::second(ms).replace(' ', "T");
        let (number, from, until) = (camera.to_string(), typed(old.0), typed(old.1));
        let hold = [("camera", number.as_str()), ("from", &from), ("until", &until), ("reason", "打架案件证据")];
        t.post(&town.leader, "/video/holds", &hold).await.is(303);
        page().await.says("2.0 小时（主码流）");
        // A hold on what is kept anyway takes nothing away.
        let (from, until) = (typed(now - 20 * HOUR), typed(now - 17 * HOUR));
        let hold = [("camera", number.as_str()), ("from", &from), ("until", &until), ("reason", "另一件案子")];
        t.post(&town.leader, "/video/holds", &hold).await.is(303);
        let all = town.read(store::all_holds).await;
        let release = format!("/video/holds/{}/release", all.iter().find(|h| h.reason.starts_with("打架")).unwrap().id);
        t.post(&town.leader, &release, &[("reason", "案件已经审结")]).await.is(303);
        page().await.says("3.0 小时（主码流）");
        // What retention removed is no longer counted.
        let day = app.today();
        let gone = async |tx: &mut Tx| {
            store::file_removed(tx, town.station, main, now - 18 * HOUR, day, "quota", 1000).await?;
            tx.record("video.files", &[], "");
            Ok(())
        };
        let act = app.look(&Actor::system(), "video.files", Purpose::Retention).in_station(town.station);
        app.db().write(&act, gone).await.unwrap();
        page().await.says("2.0 小时（主码流）").says("2 处，共 23 小时 0 分，最长 19 小时 0 分（主码流）");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotas_that_the_disk_cannot_hold_are_said() {
    let town = town("sqlite").await;
    let (t, app) = (&town.t, &town.t.app);
    app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    let sim = Sim::start("127.0.0.1:0".parse().unwrap(), vec![Camera::new(clips::small().unwrap())]).await.unwrap();
    let mut form = form("A1", &sim.url(0), "");
    form.main.quota_mb = 20_000_000;
    act::register(app, &town.act(&town.admin, "video.register"), town.station, form).await.unwrap();
    let ring = tempfile::tempdir().unwrap();
    let running = running(&town, ring.path()).await;
    let begun = std::time::Instant::now();
    let ready = || running.live().room().is_some() && running.live().sight().streams.values().any(|s| s.bit_rate > 0.0);
    while !ready() && begun.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let room = running.live().room().expect("the disk was asked");
    assert!(room.space.total > 0 && room.floor == 0, "{room:?}");
    t.get(&town.operator, "/video/health")
        .await
        .is(200)
        .says("各路码流的容量合计 19531.2 GB，录像盘只放得下")
        .says("“能存”已按录像盘折算")
        .says("，录像盘放得下 ");
    running.stop().await;
}
