//! Simulated cameras: registered by the administrator's hand, played in this process on loopback.

use crate::staff::Crew;
use crate::town::Built;
use kernel::{Actor, App, Error, Purpose, Reader, Result, Role, StationId, ToSpan, Uuid};
use simcam::{Camera, Clip, Sim, clips, fault};
use std::sync::Arc;
use std::time::Duration;
use video::actions as act;
use video::model::{CameraForm, DeviceKind, StreamForm, StreamKind, Whole};

/// Megabytes of each main and sub stream: the twelve cameras keep 192 MB in all.
const QUOTA_MB: (i64, i64) = (13, 3);

/// What a camera shows.
const SCENES: &[(&[u8], &[u8])] = &[
    (include_bytes!("../clips/crossing.mp4"), include_bytes!("../clips/crossing-small.mp4")),
    (include_bytes!("../clips/gateway.mp4"), include_bytes!("../clips/gateway-small.mp4")),
    (include_bytes!("../clips/market.mp4"), include_bytes!("../clips/market-small.mp4")),
    (include_bytes!("../clips/parking.mp4"), include_bytes!("../clips/parking-small.mp4")),
    (include_bytes!("../clips/bridge.mp4"), include_bytes!("../clips/bridge-small.mp4")),
];
const CROSSING: usize = 0;
const GATEWAY: usize = 1;
const MARKET: usize = 2;
const PARKING: usize = 3;
const BRIDGE: usize = 4;

/// How a camera of the demonstration is.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Well,
    /// Its main stream is H.265.
    Newer,
    /// It answers to nobody.
    Dead,
    /// It loses the connection now and then.
    Shaky,
}

/// Number, name, place, kind of place, group, scene, longitude, latitude, direction, mood.
type Line = (&'static str, &'static str, &'static str, &'static str, &'static str, usize, f64, f64, i64, Mood);

/// Cameras of the first and of the second station, in the order of the simulated ones.
const LINES: [&[Line]; 2] = [
    &[
        (
            "ZY-001",
            "中央街路口",
            "中央街与胜利大街路口东北角",
            "road",
            "街面",
            CROSSING,
            119.7365,
            49.2122,
            225,
            Mood::Well,
        ),
        ("ZY-002", "胜利大街南段", "胜利大街南段公交站旁", "road", "街面", CROSSING, 119.7342, 49.2096, 0, Mood::Well),
        ("ZY-003", "河桥西头", "伊敏河桥西桥头", "bridge", "街面", BRIDGE, 119.7398, 49.2141, 90, Mood::Well),
        ("ZY-004", "步行街市场", "步行街农贸市场北口", "crowd", "街面", MARKET, 119.7351, 49.2130, 180, Mood::Well),
        (
            "ZY-005",
            "古城里北门",
            "古城里小区北门外",
            "other_public",
            "小区门口",
            GATEWAY,
            119.7380,
            49.2117,
            0,
            Mood::Well,
        ),
        (
            "ZY-006",
            "古城里东门",
            "古城里小区东门外",
            "other_public",
            "小区门口",
            GATEWAY,
            119.7391,
            49.2111,
            90,
            Mood::Well,
        ),
        (
            "ZY-007",
            "公共停车场",
            "正阳街公共停车场入口",
            "crowd",
            "小区门口",
            PARKING,
            119.7372,
            49.2105,
            270,
            Mood::Well,
        ),
        ("ZY-008", "市场西口", "步行街农贸市场西口", "crowd", "街面", MARKET, 119.7347, 49.2133, 45, Mood::Newer),
        ("ZY-009", "河桥东头", "伊敏河桥东桥头", "bridge", "街面", BRIDGE, 119.7421, 49.2143, 270, Mood::Shaky),
        ("ZY-010", "学校周边", "正阳小学校门对面", "key_unit", "小区门口", GATEWAY, 119.7359, 49.2101, 135, Mood::Dead),
    ],
    &[
        ("QPJ-001", "镇区主路口", "棋盘井镇区主路口", "road", "镇区", CROSSING, 107.0420, 39.3760, 90, Mood::Well),
        ("QPJ-002", "镇区市场", "棋盘井镇区市场门口", "crowd", "镇区", MARKET, 107.0433, 39.3751, 180, Mood::Well),
    ],
];

fn by(app: &App, who: &Actor, action: &'static str, station: StationId) -> kernel::Act {
    app.act(who, action, Purpose::Administration, app.fresh_command()).in_station(station)
}

/// The address of simulated camera `n` before any server runs; [`play`] puts the real one in its place.
fn address(n: usize) -> String {
    format!("rtsp://127.0.0.1:9/cam/{n}")
}

/// The simulated camera that an address names.
fn number(url: &str) -> Option<usize> {
    let rest = url.strip_prefix("rtsp://127.0.0.1:")?;
    rest.split_once("/cam/")?.1.parse().ok()
}

/// Registers the cameras of station `which`.
pub async fn register(app: &App, which: usize, built: &Built, crew: &Crew) -> Result<()> {
    let Some(lines) = LINES.get(which) else { return Ok(()) };
    let before: usize = LINES[..which].iter().map(|l| l.len()).sum();
    let operator = Actor::local("demo");
    let station = built.station;
    act::add_network(
        app,
        &by(app, &operator, "video.network", station),
        station,
        "127.0.0.0/8",
        "演示：本机模拟的摄像机",
    )
    .await?;
    let mut groups: Vec<(&str, Uuid)> = vec![];
    for line in *lines {
        if !groups.iter().any(|g| g.0 == line.4) {
            let id = act::add_group(app, &by(app, &operator, "video.group", station), station, None, line.4).await?;
            groups.push((line.4, id));
        }
    }
    let today = app.today();
    for (i, (number, name, place, kind, group, _, lon, lat, direction, _)) in lines.iter().enumerate() {
        let n = before + i;
        let unfiled = i == lines.len() - 1;
        let form = CameraForm {
            number: (*number).into(),
            name: (*name).into(),
            place: (*place).into(),
            place_kind: (*kind).into(),
            lon: Some(*lon),
            lat: Some(*lat),
            direction: Some(*direction),
            view_angle: Some(70),
            reach_m: Some(60),
            group_id: groups.iter().find(|g| g.0 == *group).map(|g| g.1),
            keep_days: 30,
            filing_unit: built.name.clone(),
            filing_number: if unfiled { String::new() } else { format!("演示备{number}") },
            filing_day: (!unfiled).then(|| today.saturating_add((-40i64).days())),
            in_use_day: Some(today.saturating_add((if unfiled { -20i64 } else { -60 }).days())),
            device_kind: Some(if i % 3 == 0 { DeviceKind::Dome } else { DeviceKind::Bullet }),
            main: StreamForm { url: address(2 * n), record: true, quota_mb: QUOTA_MB.0 },
            sub: StreamForm { url: address(2 * n + 1), record: true, quota_mb: QUOTA_MB.1 },
            ..CameraForm::default()
        };
        act::register(app, &by(app, &operator, "video.register", station), station, form).await?;
    }
    let _ = crew.of(Role::Operator)?;
    Ok(())
}

/// Starts the simulated cameras and leads the registered ones to them; they play while the answer lives.
pub async fn play(app: &App) -> Result<Sim> {
    let broken = |e: simcam::SimError| crate::broken("clips", e);
    let mut scenes: Vec<(Arc<Clip>, Arc<Clip>)> = vec![];
    for (main, sub) in SCENES {
        scenes.push((Arc::new(Clip::read(main).map_err(broken)?), Arc::new(Clip::read(sub).map_err(broken)?)));
    }
    let newer = clips::yard265().map_err(broken)?;
    let mut cameras = vec![];
    let mut dead = vec![];
    for (n, line) in LINES.iter().flat_map(|l| l.iter()).enumerate() {
        let (main, sub) = scenes[line.5 % scenes.len()].clone();
        let mood = line.9;
        let main = if mood == Mood::Newer { newer.clone() } else { main };
        for (of, clip) in [main, sub].into_iter().enumerate() {
            // Cameras are not in step with each other.
            // Every fourth tells no clock, as some real ones.
            let clock_ms = (n % 4 != 3).then_some(40 * n as i64);
            let mut c = Camera { ahead: Duration::from_millis(1_730 * n as u64), clock_ms, ..Camera::new(clip) };
            if mood == Mood::Shaky {
                c = c.with(fault::Fault { kind: fault::Kind::Drop, at: Duration::from_secs(75), lasts: None });
            }
            cameras.push(c);
            if mood == Mood::Dead {
                dead.push(2 * n + of);
            }
        }
    }
    let sim = Sim::start(([127, 0, 0, 1], 0).into(), cameras).await.map_err(broken)?;
    let operator = Actor::local("demo");
    let look = app.look(&operator, "demo.cameras", Purpose::Administration);
    let all: Vec<Whole> = app.db().read(&look, async |r: &mut Reader| video::store::all_cameras(r).await).await?;
    for w in all {
        for s in &w.streams {
            // The dead one stays at an address where nobody listens.
            if let Some(n) = number(&s.url).filter(|n| !dead.contains(n)) {
                act::repoint(app, &by(app, &operator, "video.repoint", s.station_id), s, &sim.url(n)).await?;
            }
        }
    }
    Ok(sim)
}

/// A watch of the operator with its looks, so that the register has lines from the first minute.
pub async fn watched(app: &App, built: &Built, crew: &Crew) -> Result<()> {
    let who = crew.of(Role::Operator)?;
    let a = app.act(who, "video.watch", Purpose::Video, app.fresh_command());
    let watch = act::start_watch(app, &a, Some(video::model::WatchPurpose::Patrol), "白班例行巡查", "", &video::model::NewVisitor::default()).await?;
    let w = act::watch(app, who, watch).await?;
    let look = app.look(who, "demo.cameras", Purpose::Video);
    let station = built.station;
    let cameras = app.db().read(&look, async |r: &mut Reader| video::store::cameras(r, station, false).await).await?;
    let now = app.now().as_millisecond();
    let asks: Vec<act::Ask<'_>> = cameras
        .iter()
        .take(4)
        .map(|camera| act::Ask {
            camera,
            stream: StreamKind::Sub,
            kind: video::model::LookKind::Live,
            from_ms: now,
            to_ms: now,
            exported: false,
            open: true,
        })
        .collect();
    let looks = act::register_looks(app, who, &w, &asks).await?;
    act::touch_looks(app, who, &looks, true).await?;
    let end = app.act(who, "video.watch_end", Purpose::Video, app.fresh_command());
    act::end_watch(app, &end, watch).await.or_else(|e| if matches!(e, Error::Refused(_)) { Ok(()) } else { Err(e) })
}
