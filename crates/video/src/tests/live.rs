//! Simulated cameras pulled, recorded, and watched over a real socket; nothing in the log tells a password.

use super::town::{Town, form, town};
use crate::actions as act;
use crate::model::WatchPurpose;
use crate::run::{self, Running};
use crate::store;
use futures::{SinkExt, StreamExt};
use kernel::{Actor, Reader, Uuid};
use media::disk::Plain;
use media::estate::Clock as _;
use media::health::State;
use media::recorder::Settings;
use simcam::{Camera, Scheme, SignIn, Sim, clips};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

struct Machine;

impl media::estate::Clock for Machine {
    fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
    }
}

/// Everything that is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, b: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(b);
        Ok(b.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn running(town: &Town, ring: &Path) -> Running {
    let settings = Settings { floor: 0, sync_every: Duration::from_millis(300), ..Settings::new(ring.into()) };
    run::start_with(&town.t.site, settings, Arc::new(Plain), Arc::new(Machine)).await.unwrap()
}

async fn until(seconds: f64, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    holds()
}

async fn stream(town: &Town, camera: Uuid, main: bool) -> Uuid {
    let w = town.read(async |r: &mut Reader| store::camera(r, camera).await).await;
    if main {
        w.streams.iter().find(|s| s.kind == crate::model::StreamKind::Main).unwrap().id
    } else {
        w.small().unwrap().id
    }
}

pub type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

pub async fn dial(port: u16, who: &Actor, watch: Uuid, origin: &str) -> Result<Socket, u16> {
    let mut req = format!("ws://127.0.0.1:{port}/video/live?watch={watch}").into_client_request().unwrap();
    let h = req.headers_mut();
    h.insert("origin", origin.parse().unwrap());
    h.insert("x-test-role", who.role.code().parse().unwrap());
    h.insert("x-test-user", who.user.to_string().parse().unwrap());
    h.insert("x-test-station", who.station.to_string().parse().unwrap());
    match tokio_tungstenite::connect_async(req).await {
        Ok((s, _)) => Ok(s),
        Err(tokio_tungstenite::tungstenite::Error::Http(r)) => Err(r.status().as_u16()),
        Err(e) => panic!("{e}"),
    }
}

/// Messages until `enough` is true of (binary messages by stream, texts).
pub async fn hear(
    s: &mut Socket,
    seconds: f64,
    mut enough: impl FnMut(&[(Uuid, u8)], &[String]) -> bool,
) -> (Vec<(Uuid, u8)>, Vec<String>) {
    let (mut frames, mut texts) = (vec![], vec![]);
    let end = tokio::time::Instant::now() + Duration::from_secs_f64(seconds);
    while !enough(&frames, &texts) {
        match tokio::time::timeout_at(end, s.next()).await {
            Ok(Some(Ok(Message::Binary(b)))) => frames.push((Uuid::from_slice(&b[2..18]).unwrap(), b[1])),
            Ok(Some(Ok(Message::Text(t)))) => texts.push(t.to_string()),
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
    }
    (frames, texts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cameras_are_recorded_and_watched_and_every_look_is_registered() {
    let log = Log::default();
    let to = log.clone();
    let told = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || to.clone())
        .with_ansi(false)
        .finish();
    let _ = tracing::subscriber::set_global_default(told);
    let town = town("sqlite").await;
    let app = &town.t.app;
    // The recordings bear the machine's time.
    app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    let secret = SignIn { scheme: Scheme::Digest, user: "viewer".into(), password: "geheim-4711".into() };
    let cam = || Camera::new(clips::small().unwrap());
    let sim = Sim::start("127.0.0.1:0".parse().unwrap(), vec![cam(), cam(), Camera { sign_in: Some(secret), ..cam() }])
        .await
        .unwrap();
    let one = town.register("A1", &sim.url(0), &sim.url(1)).await;
    let mut two = form("A2", &sim.url(2), "");
    (two.sign_in_name, two.sign_in_password) = ("viewer".into(), "geheim-4711".into());
    let two = act::register(app, &town.act(&town.admin, "video.register"), town.station, two).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let running = running(&town, dir.path()).await;
    let live = running.live().clone();
    assert_eq!(live.why_not(), "");
    let (small, second) = (stream(&town, one, false).await, stream(&town, two, true).await);
    let state = |id: Uuid| live.sight().streams.get(&id).map(|s| s.state);
    assert!(
        until(15.0, || state(small) == Some(State::Live) && state(second) == Some(State::Live)).await,
        "{:?}",
        live.sight()
    );

    // A second process on the same ring says so and disturbs nothing.
    let other = run::start_with(&town.t.site, Settings::new(dir.path().into()), Arc::new(Plain), Arc::new(Machine)).await.unwrap();
    assert!(other.live().why_not().contains("另一个进程"));
    other.stop().await;
    town.t.site.put(live.clone());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = town.t.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let here = format!("http://127.0.0.1:{port}");
    let watch = act::start_watch(app, &town.act(&town.operator, "video.watch"), Some(WatchPurpose::Patrol), "", "", &Default::default())
        .await
        .unwrap();
    assert_eq!(dial(port, &town.operator, watch, "http://evil.example").await.err(), Some(403));
    assert_eq!(dial(port, &town.officer, watch, &here).await.err(), Some(404), "another person's watch");
    let mut s = dial(port, &town.operator, watch, &here).await.unwrap();
    let ask = |list: &[(Uuid, &str)]| {
        let all: Vec<String> = list.iter().map(|(c, k)| format!(r#"{{"camera":"{c}","stream":"{k}"}}"#)).collect();
        Message::text(format!(r#"{{"show":[{}]}}"#, all.join(",")))
    };
    // A page that plays by playlists is told states alone, and that is no look.
    let states = format!(r#"{{"show":[{{"camera":"{one}","stream":"sub"}}],"bits":false}}"#);
    s.send(Message::text(states)).await.unwrap();
    let (frames, texts) = hear(&mut s, 4.0, |_, t| t.len() > 1).await;
    assert!(frames.is_empty() && texts.iter().any(|t| t.contains(&small.to_string())), "{texts:?}");
    let query = store::LookQuery::default();
    assert!(town.read(async |r: &mut Reader| store::looks(r, town.station, &query).await).await.is_empty());
    s.send(Message::text(r#"{"show":[],"bits":false}"#)).await.unwrap();
    s.send(ask(&[(one, "sub"), (two, "sub")])).await.unwrap();
    let of = |frames: &[(Uuid, u8)], id: Uuid| frames.iter().filter(|f| f.0 == id && f.1 != 1).count();
    let (frames, _) = hear(&mut s, 10.0, |f, _| of(f, small) > 30 && of(f, second) > 30).await;
    assert!(of(&frames, small) > 30 && of(&frames, second) > 30, "pictures of both");
    for id in [small, second] {
        let first: Vec<u8> = frames.iter().filter(|f| f.0 == id).map(|f| f.1).take(2).collect();
        assert_eq!(first, [1, 2], "what a player must know, then a key frame");
    }
    let query = store::LookQuery::default();
    let looks = town.read(async |r: &mut Reader| store::looks(r, town.station, &query).await).await;
    assert_eq!(looks.len(), 2, "one for each camera, in the register while it is looked at");
    assert!(looks.iter().all(|l| l.watch_id == watch && l.user_id == town.operator.user));

    // Away and back within a moment: the same line goes on.
    s.send(ask(&[(two, "sub")])).await.unwrap();
    s.send(ask(&[(one, "sub"), (two, "sub")])).await.unwrap();
    hear(&mut s, 5.0, |f, _| of(f, small) > 5).await;
    assert_eq!(town.read(async |r: &mut Reader| store::looks(r, town.station, &query).await).await.len(), 2);

    // The role loses one camera: its pictures end within seconds, the other's go on.
    app.clock().advance(5);
    let right = crate::model::Right {
        camera_id: two,
        role: kernel::Role::StationLeader,
        live: true,
        replay: false,
        export: false,
    };
    act::set_rights(app, &town.act(&town.security, "video.rights"), two, 1, true, vec![right]).await.unwrap();
    let (_, texts) = hear(&mut s, 9.0, |_, t| t.iter().any(|t| t.contains("refused"))).await;
    assert!(
        texts.iter().any(|t| t.contains("refused") && t.contains("没有向") && t.contains(&two.to_string())),
        "{texts:?}"
    );
    let (frames, _) = hear(&mut s, 5.0, |f, _| of(f, small) > 40).await;
    assert!(of(&frames, small) > 40 && frames.iter().rev().take(20).all(|f| f.0 == small), "{frames:?}");

    // A dead camera is told within seconds and disturbs nobody.
    sim.kill(2);
    assert!(until(5.0, || state(second).is_some_and(|s| s < State::NoKey)).await, "{:?}", state(second));
    assert_eq!(state(small), Some(State::Live));
    sim.revive(2);
    assert!(until(8.0, || state(second) == Some(State::Live)).await);

    // A past moment: the group that shows it, its minute in the register once, however often it is fetched.
    let (now, t) = (Machine.now_ms(), &town.t);
    let again = act::start_watch(app, &town.act(&town.leader, "video.watch"), Some(WatchPurpose::Case), "核对经过", "", &Default::default())
        .await
        .unwrap();
    let piece = |watch: Uuid, at: i64| {
        format!("/video/replay/piece?watch={watch}&camera={one}&at={at}&origin={}", now - 60_000)
    };
    t.get(&town.leader, &piece(watch, now - 8_000)).await.is(404);
    t.get(&testkit::actor(kernel::Role::Auxiliary, town.station), &piece(again, now)).await.is(403);
    let head = |a: &testkit::Answered, n: &str| a.headers[n].to_str().unwrap().parse::<i64>().unwrap();
    // On a busy machine the simulated camera itself stands still for a moment; then the answer says how long, and another moment is asked for.
    let mut found = None;
    for ago in [8_000, 7_000, 9_000, 10_000, 6_000, 11_000, 12_000] {
        let first = t.get(&town.leader, &piece(again, now - ago)).await.is(200);
        let (from, to, gap) = (head(&first, "x-from"), head(&first, "x-to"), head(&first, "x-gap"));
        // A pause of less than half a second is no gap.
        assert!(now - ago < to && (from <= now - ago + 500 || gap > 0), "{ago}: {:?}", first.headers);
        let next = t.get(&town.leader, &format!("{}&after={from}", piece(again, now - ago))).await.is(200);
        assert!(head(&next, "x-from") > from, "{:?}", next.headers);
        if from <= now - ago && head(&next, "x-gap") == 0 {
            found = Some(from);
            break;
        }
    }
    let from = found.expect("a moment without a gap");
    t.get(&town.leader, &piece(again, now - 8_000)).await.is(200);
    t.get(&town.leader, &piece(again, now + 3_600_000)).await.is(204);
    t.get(&town.stranger, &piece(again, now)).await.is(404);
    let query = store::LookQuery { kind: "replay".into(), ..Default::default() };
    let replays = town.read(async |r: &mut Reader| store::looks(r, town.station, &query).await).await;
    assert_eq!(replays.len(), 1, "{replays:?}");
    assert!(replays[0].from_ms <= from && from < replays[0].to_ms && replays[0].to_ms - replays[0].from_ms <= 120_000);
    // Two people replay two moments of the same camera at the same time; each has a line of their own.
    let theirs = act::start_watch(app, &town.act(&town.officer, "video.watch"), Some(WatchPurpose::Case), "另案核对", "", &Default::default())
        .await
        .unwrap();
    let (mine, other) = (piece(again, now - 5_000), piece(theirs, now - 11_000));
    let (a, b) = tokio::join!(t.get(&town.leader, &mine), t.get(&town.officer, &other));
    assert!(head(&a.is(200), "x-from") > head(&b.is(200), "x-from"));
    t.get(&town.officer, &mine).await.is(404);
    let replays = town.read(async |r: &mut Reader| store::looks(r, town.station, &query).await).await;
    assert!(replays.iter().any(|l| l.user_id == town.officer.user && l.watch_id == theirs), "{replays:?}");
    let line = format!("/video/replay/line?watch={again}&cameras={one}&from={}&to={now}", now - 60_000);
    t.get(&town.leader, &line).await.is(200).says(&one.to_string());
    t.get(&town.leader, &format!("/video/replay?watch={again}")).await.is(200).says("路口A1").says("核对经过");

    // The network is taken off the list: nothing is pulled any more.
    let net = town.read(async |r: &mut Reader| store::networks(r, town.station).await).await[0].id;
    act::end_network(app, &town.act(&town.admin, "video.end_network"), town.station, net).await.unwrap();
    assert!(until(6.0, || state(small) == Some(State::Offline) && state(second) == Some(State::Offline)).await);
    assert!(live.sight().streams[&small].words.contains("不在允许的网段"), "{}", live.sight().streams[&small].words);

    // The watch is ended by hand: so does the socket, with the reason.
    act::end_watch(app, &town.act(&town.operator, "video.watch_end"), watch).await.unwrap();
    let (_, texts) = hear(&mut s, 9.0, |_, t| t.iter().any(|t| t.contains("over"))).await;
    assert!(texts.last().is_some_and(|t| t.contains("已经结束")), "{texts:?}");

    running.stop().await;
    let hours = town.read(async |r: &mut Reader| store::hours(r, town.station, 0, i64::MAX).await).await;
    let of = |id: Uuid| hours.iter().find(|h| h.stream_id == id).unwrap();
    assert!(of(small).watched > 0 && of(second).watched > 0 && of(second).seconds > of(second).live, "{hours:?}");
    assert!(hours.iter().all(|h| h.watched <= h.live), "an empty tile is looked at by nobody: {hours:?}");
    let rows = town.read(async |r: &mut Reader| store::kept(r, town.station).await).await;
    assert_eq!(rows.len(), 3, "each stream has its row: {rows:?}");
    for k in &rows {
        assert!(k.bytes > 0 && k.newest_ms - k.oldest_ms > 3_000, "{k:?}");
    }
    let on_disk: u64 = walk(dir.path());
    assert_eq!(rows.iter().map(|k| k.bytes as u64).sum::<u64>(), on_disk, "the rows tell what lies on the disk");
    let text = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(text.len() > 1000, "the log was heard");
    assert!(!text.contains("geheim"), "a password stands in the log");
}

fn walk(dir: &Path) -> u64 {
    std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| match e.path() {
            p if p.is_dir() => walk(&p),
            p if p.extension().is_some_and(|x| x == "mp4") => p.metadata().map_or(0, |m| m.len()),
            _ => 0,
        })
        .sum()
}
