//! Every route of the domain × role × right of the camera, as a golden file; every picture that leaves stands in the register.
//!
//! `FENGQIAO_BLESS=1 cargo test -p video` writes `docs/ref/video-rights.txt` anew; look at the difference.

use super::town::{Town, town};
use crate::model::{BlurCopy, Clip, ClipState, CopyState, Export, ExportState, Right, Watch, WatchPurpose};
use crate::run::{self, exports as files};
use crate::store;
use kernel::{Actor, Purpose, Reader, Role, StationId, Tx, Uuid};
use std::collections::BTreeMap;
use std::path::Path;
use testkit::actor;

/// How far a camera is open.
const RIGHTS: [&str; 3] = ["open to all", "role is named", "role is not named"];

/// A person's running watch, and an export of theirs that is ready, of each camera.
struct Own {
    who: Actor,
    watch: Uuid,
    exports: Vec<Ready>,
}

/// What there is to be asked for of one camera.
struct Ready {
    /// The person's own, with its film and the copy of it that was let out.
    export: Uuid,
    clip: Uuid,
    copy: Uuid,
    /// Another person's, to be decided.
    asked: Uuid,
    /// A film of the own export that could not be made.
    failed: Uuid,
    /// A copy whose regions are being placed, and one of another person that waits to be let out.
    placing: Uuid,
    made: Uuid,
}

async fn write(town: &Town, f: impl AsyncFnOnce(&mut Tx) -> kernel::Result<()>) {
    let act = town.t.app.look(&Actor::system(), "video.test", Purpose::Video).in_station(town.station);
    let with_record = async |tx: &mut Tx| {
        tx.record("video.test", &[], "");
        f(tx).await
    };
    town.t.app.db().write(&act, with_record).await.unwrap();
}

/// What a made film says of itself.
fn facts() -> String {
    let part = media::export::PartFacts {
        codec: "avc1.64001f".into(),
        width: 640,
        height: 360,
        bytes: 4,
        pictures: 1,
        segments: vec![media::export::Segment { film_ms: 0, from_ms: 0, to_ms: 60_000 }],
        lossy: vec![],
        digests: BTreeMap::new(),
        blocks: None,
    };
    let m = media::export::Manifest {
        format: "fengqiao-clip-1".into(),
        stream: String::new(),
        asked: media::export::Span { from_ms: 0, to_ms: 60_000 },
        gaps: vec![],
        parts: vec![part],
    };
    serde_json::to_string(&m).unwrap()
}

async fn own(town: &Town, role: Role, cameras: &[Uuid]) -> Own {
    let station = if role.is_admin() { StationId::NIL } else { town.station };
    let who = actor(role, station);
    let app = &town.t.app;
    let watch: Uuid = app.fresh_command().0;
    let mut exports = vec![];
    let mut streams = vec![];
    for c in cameras {
        let id = || app.fresh_command().0;
        exports.push(Ready { export: id(), clip: id(), copy: id(), asked: id(), failed: id(), placing: id(), made: id() });
        streams.push(town.read(async |r: &mut Reader| store::camera(r, *c).await).await.streams[0].id);
    }
    let (user, at) = (who.user, app.now());
    let mut copies = vec![];
    write(town, async |tx: &mut Tx| {
        let w = Watch {
            station_id: town.station,
            id: watch,
            user_id: user,
            purpose: WatchPurpose::Case,
            reason: "核对经过".into(),
            incident_id: None,
            incident_number: String::new(),
            at,
            ended_at: None,
        };
        store::insert_watch(tx, &w).await?;
        let other = kernel::UserId(app.fresh_command().0);
        for (n, ready) in exports.iter().enumerate() {
            let x = Export {
                station_id: town.station,
                id: ready.export,
                number: format!("视导〔2026〕{n}号"),
                watch_id: watch,
                from_ms: 0,
                to_ms: 60_000,
                purpose: w.purpose,
                reason: w.reason.clone(),
                incident_id: None,
                incident_number: String::new(),
                state: ExportState::Approved,
                at,
                by_user: user,
                user_name: "测试".into(),
                unit: "测试派出所".into(),
                decided_at: None,
                decided_by: None,
                approver: String::new(),
                answer: String::new(),
            };
            store::insert_export(tx, &x).await?;
            let asked = Export { id: ready.asked, by_user: other, state: ExportState::Asked, number: format!("视导〔2026〕1{n}号"), ..x };
            store::insert_export(tx, &asked).await?;
            let c = Clip {
                station_id: town.station,
                id: ready.clip,
                export_id: ready.export,
                camera_id: cameras[n],
                stream_id: streams[n],
                state: ClipState::Making,
                made_at: None,
                parts: 0,
                bytes: 0,
                facts: String::new(),
                hold_id: None,
            };
            store::insert_clip(tx, &c).await?;
            store::clip_made(tx, ready.clip, 1, 4, &facts()).await?;
            store::insert_clip(tx, &Clip { id: ready.failed, state: ClipState::Failed, ..c }).await?;
            let y = BlurCopy {
                station_id: town.station,
                id: ready.copy,
                clip_id: ready.clip,
                part: 0,
                used_for: w.reason.clone(),
                regions: "[]".into(),
                state: CopyState::Approved,
                version: 1,
                at,
                by_user: user,
                by_role: role,
                user_name: "测试".into(),
                unit: "测试派出所".into(),
                made_at: None,
                bytes: 0,
                facts: String::new(),
                decided_at: None,
                decided_by: None,
                approver: String::new(),
                answer: String::new(),
            };
            store::insert_copy(tx, &y).await?;
            store::insert_copy(tx, &BlurCopy { id: ready.placing, state: CopyState::Placing, ..y.clone() }).await?;
            store::insert_copy(tx, &BlurCopy { id: ready.made, by_user: other, state: CopyState::Made, ..y.clone() }).await?;
            copies.push(y);
        }
        Ok(())
    })
    .await;
    let data = &app.settings().data;
    for y in &copies {
        let clip = &y.clip_id;
        std::fs::create_dir_all(files::folder(data, *clip)).unwrap();
        std::fs::write(files::part(data, *clip, 0), b"film").unwrap();
        std::fs::write(files::manifest(data, *clip), b"{}").unwrap();
        std::fs::write(run::copies::film(data, y), b"film").unwrap();
        std::fs::write(run::copies::manifest(data, y), b"{}").unwrap();
    }
    Own { who, watch, exports }
}

/// The address of a route for a person and a camera.
fn address(path: &str, own: &Own, n: usize, camera: Uuid) -> String {
    let of = &own.exports[n];
    let watch = own.watch;
    let query = match path {
        "/video/wall" | "/video/replay" => format!("?watch={watch}"),
        "/video/live" => format!("?watch={watch}"),
        "/video/replay/piece" => format!("?watch={watch}&camera={camera}&at=1&origin=0"),
        "/video/replay/line" => format!("?watch={watch}&cameras={camera}&from=0&to=1"),
        _ => String::new(),
    };
    let path = &path.replace("{watch}", &watch.to_string()).replace("{camera}", &camera.to_string());
    let query = if path.starts_with("/video/hls/replay/") { "?from=0&to=1".to_string() } else { query };
    let path = &path.replace("{file}", "sub.m3u8");
    let id = if path.contains("/cameras/") {
        camera
    } else if path.contains("/watch/") {
        watch
    } else if path.ends_with("/regions") {
        of.placing
    } else if path.contains("/copies/") {
        if path.ends_with("/decide") { of.made } else { of.copy }
    } else if path.contains("/exports/") {
        if path.ends_with("/decide") { of.asked } else { of.export }
    } else if path.contains("/clips/") {
        if path.ends_with("/again") { of.failed } else { of.clip }
    } else {
        Uuid::nil()
    };
    format!("{}{query}", path.replace("{id}", &id.to_string()).replace("{n}", "1"))
}

/// What is typed into the form of a route, so good that only a missing right keeps anybody out.
async fn body(town: &Town, path: &str, n: usize, camera: Uuid, serial: usize) -> Vec<(&'static str, String)> {
    let now = town.t.app.now().as_millisecond();
    let typed = |ms: i64| crate::web_pages::second(ms).replace(' ', "T");
    let span = || vec![("camera", camera.to_string()), ("from", typed(now - 600_000)), ("until", typed(now - 60_000))];
    let registered = |number: String, url: String| {
        let all = [("place", "中央街路口"), ("place_kind", "road"), ("keep_days", "30"), ("filing_unit", "正阳派出所"), ("filing_number", "备-1")];
        let more = [("device_kind", "dome"), ("main_record", "1"), ("main_quota", "50")];
        let mut form: Vec<(&'static str, String)> = all.into_iter().chain(more).map(|(k, v)| (k, v.to_string())).collect();
        form.extend([("name", format!("路口{number}")), ("number", number), ("main_url", url)]);
        form
    };
    match path {
        "/video/cameras/new" => registered(format!("N{serial}"), format!("rtsp://127.0.0.1:9/new{serial}")),
        "/video/cameras/{id}/edit" | "/video/cameras/{id}/rights" => {
            let w = town.read(async |r: &mut Reader| store::camera(r, camera).await).await;
            let version = ("version", w.camera.version.to_string());
            if path.ends_with("/edit") {
                registered(w.camera.number, w.streams[0].url.clone()).into_iter().chain([version]).collect()
            } else {
                let named = if n == 1 { "officer.live" } else { "auxiliary.live" };
                vec![version, ("restricted", if n == 0 { "" } else { "1" }.into()), ("right", named.into())]
            }
        }
        "/video/cameras/{id}/end" => vec![("reason", "拆除".into())],
        "/video/cameras/{id}/end-filed" => vec![("day", town.t.app.today().to_string())],
        "/video/networks" => vec![("station", town.station.to_string()), ("network", format!("10.{serial}.0.0/16")), ("note", "街面".into())],
        "/video/groups" => vec![("station", town.station.to_string()), ("name", format!("街面{serial}"))],
        "/video/holds" => span().into_iter().chain([("reason", "打架案件证据".into())]).collect(),
        "/video/watch" => vec![("purpose", "patrol".into())],
        "/video/watch/{id}/snapshot" => vec![("camera", camera.to_string())],
        "/video/exports" => span().into_iter().chain([("purpose", "case".into()), ("reason", "核实打架经过".into())]).collect(),
        "/video/exports/{id}/hold" => vec![("hold_reason", "打架案件证据".into())],
        "/video/exports/{id}/decide" | "/video/exports/copies/{id}/decide" => vec![("do", "approve".into()), ("answer", "同意".into())],
        "/video/clips/{id}/copies" => vec![("part", "1".into()), ("used_for", "警情通报发布".into())],
        "/video/exports/copies/{id}/regions" => vec![("version", "1".into()), ("do", "save".into())],
        _ => vec![],
    }
}

/// What a socket says of a camera that its page asks for: its state, or that it is not given. `None` when it is not even opened.
async fn socket(town: &Town, port: u16, role: Role, camera: Uuid) -> Option<bool> {
    use futures::SinkExt;
    use tokio_tungstenite::tungstenite::Message;
    let own = own(town, role, &[]).await;
    let mut s = match super::live::dial(port, &own.who, own.watch, &format!("http://127.0.0.1:{port}")).await {
        Ok(s) => s,
        Err(status) => {
            assert_eq!(status, 403, "{role:?}");
            return None;
        }
    };
    s.send(Message::text(format!(r#"{{"show":[{{"camera":"{camera}","stream":"main"}}]}}"#))).await.unwrap();
    let camera = camera.to_string();
    let (_, texts) = super::live::hear(&mut s, 20.0, |_, t| t.iter().any(|t| t.contains(&camera))).await;
    let said = texts.iter().find(|t| t.contains(&camera)).unwrap_or_else(|| panic!("{role:?}: {texts:?}"));
    let given = said.contains("\"tiles\"");
    assert!(given || (said.contains("refused") && said.contains("没有向")), "{said}");
    Some(given)
}

/// Whether a person gets in; of pages that list cameras to be used, whether this one is among them.
fn let_in(path: &str, answer: &testkit::Answered, camera: Uuid) -> bool {
    let status = answer.status.as_u16();
    let lists = ["/video/wall", "/video/replay", "/video/replay/line", "/video/exports"].contains(&path);
    match status {
        200 if lists => answer.body.contains(&camera.to_string()),
        // Of a form that is filled in well: the camera is refused, by its field.
        401 | 403 | 404 | 422 => false,
        _ => true,
    }
}

/// When a route comes: what ends a thing comes after all that needs it.
fn phase(method: &str, path: &str) -> usize {
    let last = ["/edit", "/rights", "/end", "/end-filed"];
    let of = last.iter().position(|e| path.starts_with("/video/cameras/{id}") && path.ends_with(e));
    of.filter(|_| method == "POST").map_or(0, |n| n + 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_by_role_and_right_of_the_camera_is_as_reviewed() {
    let town = town("sqlite").await;
    let t = &town.t;
    let mut cameras = vec![];
    for n in ["A1", "A2", "A3"] {
        let mut f = super::town::form(n, &format!("rtsp://127.0.0.1:9/{n}"), "");
        f.filing_number = "备-1".into();
        let act = town.act(&town.admin, "video.register");
        cameras.push(crate::actions::register(&t.app, &act, town.station, f).await.unwrap());
    }
    for (camera, named) in [(cameras[1], true), (cameras[2], false)] {
        // A right of a role without the permission opens nothing to anybody.
        let roles: &[Role] = if named { Role::ACCOUNTS } else { &[Role::Volunteer] };
        let rights: Vec<Right> = roles
            .iter()
            .map(|r| Right { camera_id: camera, role: *r, live: true, replay: true, export: true })
            .collect();
        let act = town.act(&town.security, "video.rights");
        crate::actions::set_rights(&t.app, &act, camera, 1, true, rights).await.unwrap();
    }
    let mut table: BTreeMap<(String, usize), Vec<&str>> = BTreeMap::new();
    // Routes of other records than cameras and what is made of them stand in `routes.txt` alone.
    let other = |p: &str| ["/video/networks/", "/video/groups/", "/video/holds/"].iter().any(|o| p.starts_with(o));
    let routes: Vec<_> = crate::domain().routes.into_iter().filter(|r| !other(r.path)).collect();
    let mut owns = vec![];
    for role in Role::ACCOUNTS {
        owns.push((*role, own(&town, *role, &cameras).await));
    }
    let (mut serial, mut odd, mut running) = (0, vec![], None);
    let ring = tempfile::tempdir().unwrap();
    for now in 0..5 {
        for (role, own) in &owns {
            for (n, camera) in cameras.iter().enumerate() {
                // What ends a thing comes last of the person's own.
                let mut ordered: Vec<_> = routes.iter().filter(|r| phase(r.method, r.path) == now && r.path != "/video/live").collect();
                ordered.sort_by_key(|r| r.path.ends_with("/end"));
                for r in ordered {
                    let line = table.entry((format!("{:4} {}", r.method, r.path), n)).or_default();
                    if r.path.ends_with("/end") && n + 1 < cameras.len() && r.path.contains("/watch/") {
                        continue;
                    }
                    let path = address(r.path, own, n, *camera);
                    let answer = if r.method == "GET" {
                        t.get(&own.who, &path).await
                    } else {
                        serial += 1;
                        let fields = body(&town, r.path, n, *camera, serial % 250).await;
                        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
                        t.post(&own.who, &path, &fields).await
                    };
                    let status = answer.status.as_u16();
                    assert!(status < 500 || r.path == "/video/replay/piece" || r.path.starts_with("/video/hls/"), "{path}: {}", answer.body);
                    let refused = status == 422 && n == 2 && answer.body.contains("没有向");
                    if r.method == "POST" && !refused && !matches!(status, 200..=399 | 401 | 403 | 404) {
                        odd.push(format!("{role:?} {} {status}: {}", r.path, answer.body));
                    }
                    if let_in(r.path, &answer, *camera) {
                        line.push(role.code());
                    }
                }
            }
        }
        if now == 0 {
            // Sockets need a running estate; without one the pages above say so and show nothing.
            running = Some(super::exports::running(&town, ring.path()).await);
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let router = t.router();
            tokio::spawn(async move { axum::serve(listener, router).await });
            for role in Role::ACCOUNTS {
                for (n, camera) in cameras.iter().enumerate() {
                    let line = table.entry(("GET  /video/live".into(), n)).or_default();
                    if socket(&town, port, *role, *camera).await == Some(true) {
                        line.push(role.code());
                    }
                }
            }
        }
    }
    if let Some(r) = running {
        r.stop().await;
    }
    assert!(odd.is_empty(), "a form that is filled in well is taken, or refused for a right:\n{}", odd.join("\n").chars().take(6_000).collect::<String>());
    let mut text = String::from(
        "# Who gets in, by route and by how far the camera is open. Pages that list cameras count when this one is among them, the socket\n# when it gives this one to a page that asks for it; forms are filled in well.\n",
    );
    for r in &routes {
        let name = format!("{:4} {}", r.method, r.path);
        let of = |n: usize| table.get(&(name.clone(), n)).map_or(String::new(), |l| l.join(" "));
        let ends = r.path.contains("/watch/") && r.path.ends_with("/end");
        if ends || (of(0) == of(1) && of(1) == of(2)) {
            text.push_str(&format!("{name:46} {:18} {}\n", "any camera", of(2)));
        } else {
            for (n, right) in RIGHTS.iter().enumerate() {
                text.push_str(&format!("{name:46} {right:18} {}\n", of(n)));
            }
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ref/video-rights.txt");
    if std::env::var("FENGQIAO_BLESS").is_ok() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "docs/ref/video-rights.txt differs; now:\n{text}");
}

/// Routes whose answer is, or leads to, a picture; a socket's are looked at in `live.rs`.
const PICTURES: [&str; 8] = [
    "/video/hls/live/{watch}/{camera}/{file}",
    "/video/hls/replay/{watch}/{camera}/{file}",
    "/video/watch/{id}/snapshot",
    "/video/replay/piece",
    "/video/clips/{id}/parts/{n}",
    "/video/exports/copies/{id}/original",
    "/video/exports/copies/{id}/film",
    "/video/exports/copies/{id}/download",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_picture_that_leaves_stands_in_the_register() {
    let town = town("sqlite").await;
    let (t, app) = (&town.t, &town.t.app);
    let now_ms = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    app.clock().set(kernel::clock::from_micros(now_ms() * 1000));
    let cam = simcam::Camera::new(simcam::clips::small().unwrap());
    let sim = simcam::Sim::start("127.0.0.1:0".parse().unwrap(), vec![cam]).await.unwrap();
    let camera = town.register("A1", &sim.url(0), "").await;
    let dir = tempfile::tempdir().unwrap();
    let running = super::exports::running(&town, dir.path()).await;
    let begun = std::time::Instant::now();
    while running.live().usage().values().all(|u| u.bytes == 0) && begun.elapsed().as_secs() < 30 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    app.clock().set(kernel::clock::from_micros(now_ms() * 1000));
    let lists = own(&town, Role::DutyLeader, &[camera]).await;
    let own = own(&town, Role::DutyLeader, &[camera]).await;
    let looks = async || {
        let all = async |r: &mut Reader| store::looks(r, town.station, &store::LookQuery::default()).await;
        town.read(all).await.len()
    };
    let mut pictures = vec![];
    let mut routes = crate::domain().routes;
    routes.sort_by_key(|r| r.path.ends_with("/end"));
    for r in routes {
        let mut path = address(r.path, &own, 0, camera);
        if r.path == "/video/replay/piece" {
            let at = now_ms() - 8000;
            path = format!("{}?watch={}&camera={camera}&at={at}&origin={}", r.path, own.watch, at - 60_000);
        }
        if r.path.starts_with("/video/hls/") {
            // The last segment of the playlist; in another watch, whose minutes are not in the register yet.
            path = address(r.path, &lists, 0, camera);
            if r.path.contains("/replay/") {
                path = format!("{}?from={}&to={}", path.split('?').next().unwrap(), now_ms() - 60_000, now_ms() - 3000);
            }
            let before = looks().await;
            let list = t.get(&own.who, &path).await.is(200).body;
            assert_eq!(looks().await, before, "{path}: a playlist holds no picture");
            let part = list.lines().rfind(|l| l.contains(".m4s")).unwrap();
            path = format!("{}/{part}", path.rsplit_once('/').unwrap().0);
        }
        let before = looks().await;
        let answer = if r.method == "GET" {
            t.get(&own.who, &path).await
        } else {
            t.post(&own.who, &path, &[("camera", &camera.to_string())]).await
        };
        let kind = answer.headers.get("content-type").and_then(|k| k.to_str().ok()).unwrap_or("");
        let picture = ["video/", "image/", "application/octet-stream"].iter().any(|k| kind.starts_with(k));
        // The picture of a snapshot is made by the page once this is answered.
        if picture || (r.path.ends_with("/snapshot") && answer.status == 204) {
            pictures.push(r.path);
            assert_eq!(looks().await, before + 1, "{path} showed a picture and is not in the register");
        } else {
            assert!(!PICTURES.contains(&r.path), "{path}: {} {}", answer.status, answer.body);
            assert_eq!(looks().await, before, "{path}: a look without a picture");
        }
    }
    pictures.sort_unstable();
    let mut all = PICTURES;
    all.sort_unstable();
    assert_eq!(pictures, all, "what shows pictures is listed here, and looked at");
    running.stop().await;
}
