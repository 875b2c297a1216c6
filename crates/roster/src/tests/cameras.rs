//! What the roster tells the pages of the cameras, on both engines.

use super::after::{on, published};
use super::town::{Town, d, town_with_cameras};
use crate::model::*;
use kernel::{Actor, Purpose, Reader, Role, Timestamp};
use testkit::{actor, engines};
use video::actions::Ask;
use video::model::{CameraForm, DeviceKind, LookKind, StreamForm, StreamKind, WatchPurpose};

fn at(time: &str) -> Timestamp {
    format!("2026-05-{time}:00+08:00").parse().unwrap()
}

/// The officer who has the night of 12 May in the command room, and one who is on patrol that evening.
fn crew(town: &Town, seen: &crate::actions::Seen) -> (Actor, kernel::Uuid, Actor) {
    let on = |who: &&Actor| on(seen, who.user, d("2026-05-12")).map(|k| seen.problem.kinds[k].clone());
    let find = |kind: PostKind, start: i64| town.officers.iter().find(|o| on(o).is_some_and(|k| (k.post_kind, k.start) == (kind, start))).expect("an officer").clone();
    let night = find(PostKind::Command, 20 * 60);
    let shift = on(&&night).unwrap().shift;
    (night, shift, find(PostKind::Patrol, 16 * 60))
}

/// The officer has a camera's picture open for so many minutes from now on.
async fn watches(town: &Town, who: &Actor, minutes: i64) {
    let app = &town.t.app;
    let admin = actor(Role::SystemAdmin, kernel::StationId::NIL);
    let act = |by: &Actor, action: &'static str| app.act(by, action, Purpose::Video, app.fresh_command());
    video::actions::add_network(app, &act(&admin, "video.network"), town.station, "127.0.0.0/8", "测试").await.unwrap();
    let form = CameraForm {
        number: "A1".into(),
        name: "路口A1".into(),
        place: "中央街路口".into(),
        place_kind: "road".into(),
        keep_days: 30,
        filing_unit: "正阳派出所".into(),
        device_kind: Some(DeviceKind::Dome),
        main: StreamForm { url: "rtsp://127.0.0.1:9/a".into(), record: true, quota_mb: 50 },
        ..CameraForm::default()
    };
    let camera = video::actions::register(app, &act(&admin, "video.register"), town.station, form).await.unwrap();
    let watch = video::actions::start_watch(app, &act(who, "video.watch"), Some(WatchPurpose::Patrol), "夜间巡查", "", &Default::default()).await.unwrap();
    let watch = video::actions::watch(app, who, watch).await.unwrap();
    let camera = town.read(async |r: &mut Reader| video::store::camera(r, camera).await).await;
    let now = app.now().as_millisecond();
    let ask = Ask { camera: &camera, stream: StreamKind::Main, kind: LookKind::Live, from_ms: now, to_ms: now, exported: false, open: true };
    let looks = video::actions::register_looks(app, who, &watch, &[ask]).await.unwrap();
    app.clock().advance(minutes * 60);
    video::actions::touch_looks(app, who, &looks, true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_minute_and_the_watch_of_the_cameras_name_who_was_there() {
    for engine in engines() {
        let town = town_with_cameras(engine).await;
        let t = &town.t;
        // No roster yet: the part is not there.
        assert!(!t.get(&town.leader, "/video/duty").await.is(200).body.contains("谁在值守"));
        let seen = published(&town).await;
        let (night, shift, patrol) = crew(&town, &seen);
        t.app.clock().set(at("12T19:50"));
        t.post(&night, "/roster/check-in", &[("day", "2026-05-12"), ("shift", &shift.to_string())]).await.is(303);
        t.app.clock().set(at("12T20:30"));
        watches(&town, &night, 90).await;

        // Watch duty: who, when, how long there, and how long with a picture open, beside what was looked at.
        let path = "/video/duty?from=2026-05-12T20:00";
        let row = format!("<th scope=\"row\">{}</th>", night.name);
        let page = t.get(&town.leader, path).await.is(200).says("谁在值守").says("看过哪些摄像机");
        let line = page.body.split(&row).nth(1).expect("the watcher's line").split("</tr>").next().unwrap();
        for words in ["指挥室·夜班", "05-12 20:00 至 22:00", "2 小时", "1 小时 30 分，1 台"] {
            assert!(line.contains(words), "{words} in {line}");
        }
        assert!(!page.body.contains(&patrol.name), "a patrol is no watch of the cameras");
        // The watcher sees the own minutes, another officer nobody's, who may not see the roster nothing.
        t.get(&night, path).await.is(200).says("1 小时 30 分，1 台");
        let other = t.get(&patrol, path).await.is(200).says(&night.name);
        assert!(!other.body.contains("1 小时 30 分，1 台") && !other.body.contains("打开着实时画面"));
        let auditor = actor(Role::AuditAdmin, kernel::StationId::NIL);
        let bare = t.get(&auditor, &format!("/video/duty?station={}", town.station)).await.is(200);
        assert!(!bare.body.contains("谁在值守") && !bare.body.contains(&night.name));

        // The time machine: planned and there, planned and not there, by the roster that held at that minute.
        let watch = [("purpose", "case"), ("reason", "核对经过"), ("to", "replay")];
        let replay = async |who: &Actor, moment: &str| {
            let path = t.post(who, "/video/watch", &watch).await.is(303).location().to_string();
            t.get(who, &format!("{path}&at=2026-05-{moment}")).await.is(200)
        };
        let page = replay(&town.leader, "12T21:00").await.says("2026-05-12 21:00 在岗和位置").says("指挥室·夜班").says("巡逻·晚巡");
        let there = page.body.split("在岗和位置").nth(1).unwrap();
        let of = |name: &str| there.split(name).nth(1).unwrap().split("</span>").next().unwrap().to_string();
        assert!(of(&night.name).contains("在岗，19:50 起") && of(&patrol.name).contains("没有签到"), "{there}");
        assert!(!replay(&town.leader, "05T21:00").await.body.contains("在岗和位置"), "no roster was published then");
        // Whom the roster's own pages do not tell who came, a later replay does not tell either.
        replay(&patrol, "12T21:00").await.says("在岗，19:50 起");
        t.app.clock().set(at("16T09:00"));
        let page = replay(&patrol, "12T21:00").await.says(&night.name).says("前天以前");
        assert!(!page.body.contains("在岗，19:50 起") && !page.body.contains("没有签到"));
        replay(&town.planner, "12T21:00").await.says("在岗，19:50 起");
    }
}
