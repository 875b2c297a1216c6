//! `cargo xt bench month`: what the server does for a seek when a hundred cameras have been recorded for a month.
//!
//! A ring is filled for sixteen cameras (one of them for the whole time), and one row a file is written for all cameras
//! through the store. Beside those rows groups of pictures are asked for over HTTP, with session, right, register and
//! disk; then the time line, the page of the estate's health and what a start reads. With `FENGQIAO_TEST_PG` the same on
//! PostgreSQL (`--engine postgres`).

use kernel::{Actor, Purpose, Reader, Role, StationId, Tx, Uuid};
use media::archive::StreamId;
use media::disk::Plain;
use media::fmp4::{Frame, read_track};
use media::recorder::Settings;
use media::ring::{Group, Writer};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::{TestApp, actor};
use video::model::{CameraForm, DeviceKind, StreamForm, WatchPurpose};
use video::store::FileRow;
use video::{actions, run, store};

type Fail = Box<dyn std::error::Error>;

/// Cameras that are shown at once.
const WALL: usize = 16;
/// Rows of one transaction of the filling.
const TOGETHER: i64 = 5_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

fn word(name: &str) -> Option<String> {
    let args: Vec<String> = std::env::args().collect();
    args.iter().position(|a| a == &format!("--{name}")).and_then(|n| args.get(n + 1).cloned())
}

fn number(name: &str, otherwise: i64) -> i64 {
    word(name).and_then(|w| w.parse().ok()).unwrap_or(otherwise)
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as i64
    }
}

fn of(mut all: Vec<f64>) -> Value {
    all.sort_by(f64::total_cmp);
    let at = |q: usize| {
        let n = (all.len() * q / 100).min(all.len().saturating_sub(1));
        all.get(n).map_or(0.0, |x| (x * 100.0).round() / 100.0)
    };
    json!({ "n": all.len(), "p50": at(50), "p95": at(95), "p99": at(99) })
}

struct Place {
    t: TestApp,
    station: StationId,
    leader: Actor,
    watch: Uuid,
    /// Camera and its stream.
    cameras: Vec<(Uuid, Uuid)>,
}

async fn place(engine: &str, cameras: usize) -> Result<Place, Fail> {
    let domains = vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        video::domain(),
    ];
    let t = TestApp::new(engine, rulebook::shipped()?, domains).await;
    let app = t.app.clone();
    let local = Actor::local("bench");
    let a = || app.act(&local, "bench.build", Purpose::Administration, app.fresh_command());
    use places::model::{NewStation, NewSubBureau};
    let sub = NewSubBureau { code: "FJ".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let sub_bureau = places::actions::add_sub_bureau(&app, &a(), sub).await?;
    let new = NewStation {
        sub_bureau,
        code: "ZY".into(),
        name: "正阳派出所".into(),
        region: "150702".into(),
        address: "中央街".into(),
    };
    let station = places::actions::add_station(&app, &a(), new).await?;
    actions::add_network(&app, &a(), station, "127.0.0.0/8", "测速").await?;
    let mut all = vec![];
    for n in 0..cameras {
        let form = CameraForm {
            number: format!("C{n:03}"),
            name: format!("路口{n:03}"),
            place: "中央街路口".into(),
            place_kind: "road".into(),
            keep_days: 40,
            filing_unit: "正阳派出所".into(),
            device_kind: Some(DeviceKind::Dome),
            main: StreamForm { url: format!("rtsp://127.0.0.1:9/{n}"), record: true, quota_mb: 700_000 },
            ..CameraForm::default()
        };
        let id = actions::register(&app, &a(), station, form).await?;
        let look = app.look(&local, "bench.read", Purpose::Video);
        let whole = app.db().read(&look, async |r: &mut Reader| store::camera(r, id).await).await?;
        all.push((id, whole.small().ok_or("no stream")?.id));
    }
    let leader = actor(Role::StationLeader, station);
    let act = app.act(&leader, "video.watch", Purpose::Video, app.fresh_command());
    let why = Some(WatchPurpose::Case);
    let watch = actions::start_watch(&app, &act, why, "测量取录像的速度", "", &Default::default()).await?;
    Ok(Place { t, station, leader, watch, cameras: all })
}

/// Groups of two seconds of ten frames, as small as a frame can be: the length of a group is the disk's matter.
fn fill(dir: &Path, begin: i64, days: i64) -> Result<(), Fail> {
    let track = Arc::new(read_track(include_bytes!("../../simcam/clips/yard.mp4")).ok_or("the clip has no track")?);
    let mut w = Writer::new(Arc::new(Plain), dir.to_path_buf(), 0);
    let data = bytes::Bytes::from(vec![7u8; 64]);
    for n in 0..days * DAY / 2000 {
        let frame = |i: u64| Frame {
            data: data.clone(),
            key: i == 0,
            dts: n as u64 * 180_000 + i * 18_000,
            offset: 0,
            duration: 18_000,
        };
        let frames = (0..10).map(frame).collect();
        let g = Group { track: track.clone(), frames, wall_ms: begin + n * 2000, lossy: false, follows_break: false };
        w.append(&g)?;
    }
    w.close();
    Ok(())
}

/// One request as the leader; its time in milliseconds.
async fn timed(p: &Place, path: &str) -> Result<f64, Fail> {
    let began = Instant::now();
    let answer = p.t.get(&p.leader, path).await;
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    if answer.status != 200 { Err(format!("{}: {path}", answer.status).into()) } else { Ok(ms) }
}

/// Groups of pictures asked for as the page asks: one camera anywhere in the month, sixteen at one moment of the last day.
async fn seeks(p: &Place, now: i64, days: i64, rounds: i64) -> Result<(Value, f64), Fail> {
    let ring = tempfile::tempdir()?;
    let begin = now - days * DAY;
    for (n, (_, stream)) in p.cameras.iter().take(WALL).enumerate() {
        let since = if n == 0 { days } else { 1 };
        fill(&StreamId(*stream.as_bytes()).folder(ring.path()), now - since * DAY, since)?;
    }
    let settings = Settings { floor: 0, ..Settings::new(ring.path().into()) };
    let clock = Arc::new(Fixed(now, Instant::now()));
    let running = run::start_with(&p.t.site, settings, Arc::new(Plain), clock).await?;
    // Rows of what lies in the ring are written first.
    let look = p.t.app.look(&Actor::system(), "bench.read", Purpose::Video);
    let began = Instant::now();
    loop {
        let kept = p.t.app.db().read(&look, async |r: &mut Reader| store::kept(r, p.station).await).await?;
        if kept.len() == WALL.min(p.cameras.len()) || began.elapsed() > Duration::from_secs(120) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    // Only now: a start takes away rows of files that are not in the ring.
    eprintln!("{} rows …", p.cameras.len() as i64 * days * 1440);
    let filled = rows(p, now, days).await?;
    let mut random = Random(88_172_645_463_325_252);
    let ask = |camera: Uuid, at: i64| {
        let origin = at - 300_000;
        format!("/video/replay/piece?watch={}&camera={camera}&stream=sub&at={at}&origin={origin}", p.watch)
    };
    let mut one = vec![];
    for _ in 0..rounds {
        one.push(timed(p, &ask(p.cameras[0].0, begin + random.below(days * DAY - 10_000))).await?);
    }
    let mut wall = vec![];
    for _ in 0..(rounds / 10).max(3) {
        let at = now - DAY + random.below(DAY - 10_000);
        let began = Instant::now();
        let all = p.cameras.iter().take(WALL).map(|c| ask(c.0, at)).collect::<Vec<_>>();
        let answers = futures::future::join_all(all.iter().map(|path| timed(p, path))).await;
        answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        wall.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    running.stop().await;
    Ok((json!({ "aim_p99_ms": 20, "one_ms": of(one), "sixteen_at_once_ms": of(wall) }), filled))
}

struct Fixed(i64, Instant);

impl media::estate::Clock for Fixed {
    fn now_ms(&self) -> i64 {
        self.0 + i64::try_from(self.1.elapsed().as_millis()).unwrap_or(0)
    }
}

/// One row a minute and camera through the store's own insert.
async fn rows(p: &Place, now: i64, days: i64) -> Result<f64, Fail> {
    let began = Instant::now();
    for (_, stream) in &p.cameras {
        for part in 0..(days * 1440 + TOGETHER - 1) / TOGETHER {
            let act = p.t.app.look(&Actor::system(), "video.files", Purpose::Retention).in_station(p.station);
            let write = async |tx: &mut Tx| {
                for n in part * TOGETHER..((part + 1) * TOGETHER).min(days * 1440) {
                    let start_ms = now - days * DAY + n * MINUTE;
                    let f = FileRow {
                        station_id: p.station,
                        stream_id: *stream,
                        name_ms: start_ms,
                        start_ms,
                        end_ms: start_ms + MINUTE,
                        bytes: 15_000_000,
                        follows_break: false,
                    };
                    store::insert_file(tx, &f).await?;
                }
                tx.record("video.files", &[], "");
                Ok(())
            };
            p.t.app.db().write(&act, write).await?;
        }
    }
    Ok(began.elapsed().as_secs_f64())
}

#[tokio::main]
async fn main() -> Result<(), Fail> {
    let (cameras, days, rounds) = (number("cameras", 100), number("days", 30), number("seeks", 1000));
    let engine = word("engine").unwrap_or_else(|| "sqlite".into());
    let p = place(&engine, usize::try_from(cameras)?.max(1)).await?;
    let now = p.t.app.now().as_millisecond();
    let (sought, filled) = seeks(&p, now, days, rounds).await?;
    let mut random = Random(362_436_069);
    let ids: Vec<String> = p.cameras.iter().take(WALL).map(|c| c.0.to_string()).collect();
    let mut lines = serde_json::Map::new();
    for (name, span) in [("half_hour", 30), ("two_hours", 120), ("eight_hours", 480)] {
        let mut all = vec![];
        for _ in 0..rounds / 4 {
            let from = now - days * DAY + random.below((days * 1440 - span).max(1)) * MINUTE;
            let to = from + span * MINUTE;
            let path = format!("/video/replay/line?watch={}&cameras={}&from={from}&to={to}", p.watch, ids.join(","));
            all.push(timed(&p, &path).await?);
        }
        lines.insert(name.into(), of(all));
    }
    let (mut health, mut start) = (vec![], vec![]);
    for _ in 0..(rounds / 50).max(3) {
        health.push(timed(&p, "/video/health").await?);
        let look = p.t.app.look(&Actor::system(), "bench.read", Purpose::Video);
        let began = Instant::now();
        p.t.app.db().read(&look, async |r: &mut Reader| store::kept_everywhere(r).await).await?;
        start.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let all = json!({
        "engine": engine, "cameras": cameras, "days": days, "rows": cameras * days * 1440, "rows_written_per_second": (cameras * days * 1440) as f64 / filled,
        "seek": sought, "line_of_sixteen_ms": lines, "health_page_ms": of(health), "what_a_start_reads_ms": of(start),
    });
    if std::env::args().any(|a| a == "--json") {
        println!("{all}");
    } else {
        println!("{all:#}");
    }
    Ok(())
}
