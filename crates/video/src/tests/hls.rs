//! Playlists for phones, read by an independent reader with the session's cookie; each leaves its look.

use super::exports::{Machine, running};
use super::town::{form, town_with_sessions};
use crate::actions as act;
use crate::model::LookKind;
use crate::store::{self, LookQuery};
use kernel::{Actor, Purpose, Reader, Role};
use media::estate::Clock as _;
use simcam::{Camera, Sim, clips};
use std::process::Command;
use std::time::{Duration, Instant};

const PASSWORD: &str = "Sehr-Lang-4711";

/// Frames that ffmpeg reads of a playlist within some seconds of film.
fn frames(url: &str, cookie: &str, seconds: u32) -> usize {
    let seconds = seconds.to_string();
    let headers = format!("Cookie: {cookie}\r\n");
    let mut c = Command::new("timeout");
    c.args(["60", "ffmpeg", "-v", "error", "-headers", &headers, "-t", &seconds, "-i", url]);
    let out = c.args(["-map", "0:v", "-c", "copy", "-f", "framecrc", "-"]).output().unwrap();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{url}: {errors}");
    String::from_utf8_lossy(&out.stdout).lines().filter(|l| !l.starts_with('#')).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_independent_reader_plays_both_lists_with_the_session_and_leaves_its_looks() {
    if !Command::new("ffmpeg").arg("-version").output().is_ok_and(|o| o.status.success()) {
        eprintln!("no ffmpeg: left out");
        return;
    }
    let town = town_with_sessions("sqlite").await;
    let (t, app) = (&town.t, &town.t.app);
    app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    for account in ["operator", "other"] {
        let make = app.act(&Actor::local("test"), "identity.create_user", Purpose::Administration, app.fresh_command());
        let new = identity::model::NewUser {
            station: town.station,
            unit: "正阳派出所".into(),
            account: account.into(),
            name: "值班员".into(),
            role: Role::Operator,
            password: PASSWORD.into(),
            must_change: false,
        };
        identity::actions::create_user(app, &make, new).await.unwrap();
    }
    let sim = Sim::start("127.0.0.1:0".parse().unwrap(), vec![Camera::new(clips::small().unwrap())]).await.unwrap();
    let new = form("A1", &sim.url(0), "");
    let camera = act::register(app, &town.act(&town.admin, "video.register"), town.station, new).await.unwrap();
    let ring = tempfile::tempdir().unwrap();
    let running = running(&town, ring.path()).await;
    let sign_in = async |account: &str| {
        let fields = [("account", account), ("password", PASSWORD)];
        t.browse("", "/login", Some(&fields)).await.is(303).cookie().to_string()
    };
    let (cookie, other) = (sign_in("operator").await, sign_in("other").await);
    let began = t.browse(&cookie, "/video/watch", Some(&[("purpose", "patrol"), ("reason", "夜间巡查")])).await.is(303);
    let watch = began.location().split("watch=").nth(1).unwrap()[..36].to_string();
    let looks = async || town.read(async |r: &mut Reader| store::looks(r, town.station, &LookQuery::default()).await).await;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = t.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let live = format!("/video/hls/live/{watch}/{camera}/sub.m3u8");
    // A camera connects and sends a key frame first.
    let begun = Instant::now();
    while t.browse(&cookie, &live, None).await.status != 200 && begun.elapsed() < Duration::from_secs(40) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    t.browse(&other, &live, None).await.is(404);
    assert_ne!(t.browse("", &live, None).await.status, 200, "without a session");
    t.browse(&cookie, &live.replace("sub.m3u8", "sub.ts"), None).await.is(404);
    let text = t.browse(&cookie, &live, None).await.is(200).body;
    assert!(text.starts_with("#EXTM3U") && text.contains("sub-init-0.mp4") && !text.contains("ENDLIST"), "{text}");
    assert!(looks().await.is_empty(), "a playlist holds no picture");
    let (at, of) = (format!("http://127.0.0.1:{port}{live}"), cookie.clone());
    let n = tokio::task::spawn_blocking(move || frames(&at, &of, 4)).await.unwrap();
    assert!((80..=110).contains(&n), "{n} frames of 4 s");
    let all = looks().await;
    assert!(all.len() == 1 && all[0].kind == LookKind::Live && all[0].reason == "夜间巡查", "{all:?}");

    // What was just shown was recorded; the reader takes the closed list of it.
    tokio::time::sleep(Duration::from_secs(8)).await;
    app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    let now = Machine.now_ms();
    let replay = format!("/video/hls/replay/{watch}/{camera}/sub.m3u8?from={}&to={now}", now - 60_000);
    let text = t.browse(&cookie, &replay, None).await.is(200).body;
    assert!(text.contains("#EXT-X-ENDLIST") && text.contains("#EXT-X-PROGRAM-DATE-TIME:"), "{text}");
    let listed = text.matches("#EXTINF").count();
    assert_eq!(looks().await.len(), 1, "a playlist holds no picture");
    let (at, of) = (format!("http://127.0.0.1:{port}{replay}"), cookie.clone());
    let n = tokio::task::spawn_blocking(move || frames(&at, &of, 600)).await.unwrap();
    // A group is two seconds of 25 frames, or what a busy machine let through of them.
    assert!(n >= 50 && n <= listed * 52 && n > listed * 20, "{n} frames of {listed} groups");
    let all = looks().await;
    assert!(all.len() >= 2 && all.iter().any(|l| l.kind == LookKind::Replay), "{all:?}");
    let none = format!("/video/hls/replay/{watch}/{camera}/sub.m3u8?from=0&to=1000");
    t.browse(&cookie, &none, None).await.is(404);

    t.browse(&cookie, &format!("/video/watch/{watch}/end"), Some(&[])).await.is(303);
    t.browse(&cookie, &live, None).await.is(422);
    t.browse(&cookie, &replay, None).await.is(422);
    running.stop().await;
}
