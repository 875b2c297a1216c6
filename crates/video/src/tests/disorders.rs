//! Each way in which a camera can go wrong, from the simulated camera to the task of the operator, and back.

use super::alarms::{tasks, until};
use super::exports::Machine;
use super::town::{Town, form, town};
use crate::actions as act;
use crate::model::{Alarm, AlarmKind, CameraForm};
use crate::run::{self, Running};
use crate::{rules, store};
use kernel::{Reader, Timestamp, Uuid};
use media::disk::Plain;
use media::estate::Clock as _;
use media::health::State;
use media::recorder::Settings;
use simcam::fault::{Fault, Kind};
use simcam::{Camera, Scheme, SignIn, Sim, clips};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// A disorder: what the operator's task says of it, after the camera's name; and its kind in the history.
struct Case {
    camera: Uuid,
    name: String,
    titles: &'static [&'static str],
    kinds: &'static [AlarmKind],
}

/// Waits until every camera of `cases` was seen with an alarm of its kinds.
async fn all_seen(running: &Running, cases: &[Case]) {
    let mut seen: HashSet<Uuid> = HashSet::new();
    let whole = until(60, async || {
        for s in running.live().sight().streams.values() {
            let of = cases.iter().find(|c| c.camera == s.owner);
            let changed = s.other_than.is_some().then_some(AlarmKind::Changed);
            if of.is_some_and(|c| [s.alarm, changed].into_iter().flatten().any(|k| c.kinds.contains(&k))) {
                seen.insert(s.owner);
            }
        }
        seen.len() == cases.len()
    });
    let whole = whole.await;
    let left: Vec<&str> = cases.iter().filter(|c| !seen.contains(&c.camera)).map(|c| c.name.as_str()).collect();
    assert!(whole, "not seen: {left:?} {:?}", running.live().sight());
}

/// A look or two later.
async fn looks(running: &Running) {
    let n = running.live().sight().n;
    assert!(until(10, async || running.live().sight().n > n + 1).await);
}

fn live(running: &Running, camera: Uuid) -> bool {
    running.live().sight().streams.values().any(|s| s.owner == camera && s.state == State::Live)
}

async fn history(town: &Town) -> Vec<Alarm> {
    town.read(async |r: &mut Reader| store::alarms(r, town.station, Timestamp::UNIX_EPOCH).await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_disorder_of_a_camera_becomes_its_task_and_goes_with_it() {
    let town = town("sqlite").await;
    let app = &town.t.app;
    app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    let yard = || Camera::new(clips::yard().unwrap());
    let from = |k: Kind, at: f64| yard().with(Fault::during(k, at, 600.0));
    let secret = SignIn { scheme: Scheme::Digest, user: "viewer".into(), password: "right-4711".into() };
    let sim = Sim::start("127.0.0.1:0".parse().unwrap(), vec![
        yard(),
        Camera { sign_in: Some(secret), ..yard() },
        from(Kind::Flood, 0.0),
        from(Kind::StallClock, 3.0),
        // Three megabits, as a real place costs; the clip of a still one is a thirtieth of it.
        Camera { filler: 16_000, ..from(Kind::Freeze, 6.5) },
        from(Kind::MidFrame, 2.5),
        from(Kind::Silence, 2.5),
        from(Kind::OtherSets, 4.0),
        // Again and again: a jump is a fault for minutes only, and a slow machine needs more of them to tell all.
        Camera { faults: (1..400).map(|n| Fault::during(Kind::Jump(3600), 3.0 * f64::from(n), 1200.0)).collect(), ..yard() },
        from(Kind::Lose(20), 2.0),
        from(Kind::NoKey, 3.0),
        from(Kind::Garbage, 0.0),
        from(Kind::Drop, 1.5),
        Camera { clock_ms: Some(-5_000), ..yard() },
    ])
    .await
    .unwrap();
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    use AlarmKind as K;
    let wanted: [(String, &[&str], &[K]); 15] = [
        (sim.url(1), &["登录名或者密码不对"], &[K::SignIn]),
        (sim.url(2), &["发得太多太快"], &[K::Flood]),
        (sim.url(3), &["画面时钟停走"], &[K::StalledClock]),
        (sim.url(4), &["疑似画面静止"], &[K::Frozen]),
        (sim.url(5), &["没有画面"], &[K::NoFrames]),
        (sim.url(6), &["没有画面"], &[K::NoFrames]),
        (sim.url(7), &["画面参数变了：H.264 640×360 变成 H.264 320×180"], &[K::Changed]),
        (sim.url(8), &["设备时钟跳变"], &[K::ClockJump]),
        // Every fifth packet: now and then a key frame is among them for seconds.
        (sim.url(9), &["丢包严重", "画面不能解码"], &[K::Lossy, K::NoKey]),
        (sim.url(10), &["画面不能解码"], &[K::NoKey]),
        (sim.url(11), &["发来的内容读不懂"], &[K::Garbled]),
        // It comes and goes: said as what it is at the moment when it has lasted.
        (sim.url(12), &["离线：设备断开了连接", "时断时续"], &[K::Offline, K::Unstable]),
        (sim.url(13), &["设备时钟不准"], &[K::ClockSkew]),
        (format!("rtsp://{dead}/cam/0"), &["离线：连不上"], &[K::Offline]),
        (sim.url(99), &["接入设置不对：设备上没有这路码流"], &[K::Setup]),
    ];
    let sound = town.register("S0", &sim.url(0), "").await;
    let register = async |n: usize, url: &str| {
        let mut f: CameraForm = form(&format!("B{n}"), url, "");
        (f.sign_in_name, f.sign_in_password) = ("viewer".into(), "wrong-secret".into());
        act::register(app, &town.act(&town.admin, "video.register"), town.station, f).await.unwrap()
    };
    let mut cases = vec![];
    for (n, (url, titles, kinds)) in wanted.iter().enumerate() {
        cases.push(Case { camera: register(n + 1, url).await, name: format!("路口B{}", n + 1), titles, kinds });
    }
    let ring = tempfile::tempdir().unwrap();
    let settings = Settings {
        floor: 0,
        sync_every: Duration::from_millis(300),
        frozen_after: Duration::from_secs(1),
        ..Settings::new(ring.path().into())
    };
    let running = run::start_with(&town.t.site, settings, Arc::new(Plain), Arc::new(Machine)).await.unwrap();
    all_seen(&running, &cases).await;
    assert!(until(10, async || live(&running, sound)).await);
    // What is good now is good; then each disorder lasts.
    app.clock().advance(16);
    looks(&running).await;
    all_seen(&running, &cases).await;
    assert!(tasks(&town, &town.operator).await.is_empty(), "a blink is no alarm");
    app.clock().advance(61);
    // What was well again for a moment begins anew, so time goes on a little.
    let all_told = async || {
        let told = tasks(&town, &town.operator).await.len() >= cases.len();
        if !told {
            app.clock().advance(2);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        told
    };
    assert!(until(120, all_told).await, "{:?}", tasks(&town, &town.operator).await);
    let open = tasks(&town, &town.operator).await;
    assert!(tasks(&town, &town.leader).await.is_empty() && tasks(&town, &town.admin).await.is_empty(), "the operator's");
    let estate = town.t.get(&town.operator, "/video/health").await.is(200).says("还没有恢复的故障").body;
    for c in &cases {
        let path = format!("/video/cameras/{}", c.camera);
        let titles: Vec<String> = c.titles.iter().map(|t| format!("摄像机“{}”{t}", c.name)).collect();
        let own: Vec<&str> = open.iter().filter(|t| t.1 == path).map(|t| t.0.as_str()).collect();
        assert!(own.len() == 1 && titles.iter().any(|t| t == own[0]), "{own:?}, one of {titles:?}");
        let page = town.t.get(&town.operator, &path).await.is(200).body;
        let kind = c.kinds.iter().find(|k| page.contains(rules::advice(**k))).unwrap_or_else(|| panic!("{page}"));
        assert!(page.contains(kind.label()) && estate.contains(rules::advice(*kind)), "{}", c.name);
    }
    assert!(!open.iter().any(|t| t.0.contains("S0")) && live(&running, sound), "the sound one is untouched");
    assert!(town.t.get(&town.operator, "/").await.is(200).body.contains("摄像机“路口B1”登录名或者密码不对"));

    // Mended: the simulated ones by themselves, the others by the administrator, or by plugging the cable in.
    (0..14).for_each(|n| sim.mend(n));
    let away = Sim::start(dead, vec![yard()]).await.unwrap();
    let edit = async |camera: Uuid, number: &str, url: &str, password: &str| {
        let mut f = form(number, url, "");
        (f.sign_in_name, f.sign_in_password) = ("viewer".into(), password.into());
        act::edit(app, &town.act(&town.admin, "video.edit"), camera, 1, f).await.unwrap();
    };
    edit(cases[0].camera, "B1", &wanted[0].0, "right-4711").await;
    edit(cases[14].camera, "B15", &format!("rtsp://{}/cam/0?again", away.addr()), "x").await;
    let all_live = || cases.iter().all(|c| live(&running, c.camera)) && live(&running, sound);
    assert!(until(60, async || all_live()).await, "{:?}", running.live().sight());
    // Time goes on only while all is well: a machine that is put aside for seconds makes no new fault.
    let over = until(60, async || {
        if all_live() {
            app.clock().advance(20);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        tasks(&town, &town.operator).await.is_empty()
    });
    assert!(over.await, "{:?}", tasks(&town, &town.operator).await);
    let page = town.t.get(&town.operator, "/video/health").await.is(200).body;
    assert!(!page.contains("还没有恢复的故障"));
    let all = history(&town).await;
    for c in &cases {
        let own: Vec<&Alarm> = all.iter().filter(|a| a.camera_id == Some(c.camera)).collect();
        assert!(own.iter().any(|a| c.kinds.contains(&a.kind)) && own.iter().all(|a| a.ended_at.is_some()), "{}: {own:?}", c.name);
    }
    assert!(!all.iter().any(|a| a.camera_id == Some(sound) || a.camera_id.is_none()), "{all:?}");
    running.stop().await;
    let w = town.read(async |r: &mut Reader| store::camera(r, sound).await).await;
    assert_eq!(w.streams[0].picture, "H.264 640×360", "what is usual is remembered");
    let hours = town.read(async |r: &mut Reader| store::hours(r, town.station, 0, i64::MAX).await).await;
    let own = hours.iter().find(|h| h.stream_id == w.streams[0].id).unwrap();
    assert_eq!((own.lost_packets, own.lost_groups, own.jumps), (0, 0, 0), "the sound one lost nothing");
}
