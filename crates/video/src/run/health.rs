//! One look a second at all streams: what tiles say, sums by the hour, faults that last become tasks.

use super::{Live, Owner};
use crate::model::{Alarm, AlarmKind, StreamKind};
use crate::run::clocked::{Change, Lasting};
use crate::{rules, store};
use kernel::{Actor, Purpose, Reader, Result, StationId, Timestamp, Tx, Uuid};
use media::estate::Estate;
use media::health::State;
use media::recorder::DiskState;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// How often sums are written.
const WRITE_EVERY: u32 = 60;
/// A fault is over after so many good seconds.
const WELL: i64 = 10;

/// How a stream is at this moment.
#[derive(Clone, Debug)]
pub struct Seen {
    pub owner: Uuid,
    pub kind: StreamKind,
    pub state: State,
    /// No first answer yet: neither a session nor a trouble.
    pub connecting: bool,
    /// What a tile says: state, trouble, remarks.
    pub words: String,
    pub alarm: Option<AlarmKind>,
    pub viewers: usize,
    /// The camera offers sound, which is neither recorded nor heard.
    pub sound: bool,
    /// Bits per second over the last ten seconds.
    pub bit_rate: f64,
    pub fps: f64,
    /// The camera's clock minus ours; none while it has not told it.
    pub skew_ms: Option<i64>,
}

/// All streams at one moment, by id.
#[derive(Debug, Default)]
pub struct Sight {
    pub streams: HashMap<Uuid, Seen>,
    /// How many looks there were since the start.
    pub n: u64,
}

/// Packets lost so far, by stream, to tell what is new.
#[derive(Default)]
struct Sums {
    hours: HashMap<Uuid, store::HourRow>,
    lost: HashMap<Uuid, u64>,
}

/// Looks until the program ends.
pub(super) async fn look(live: Arc<Live>) {
    let mut stop = live.stopping();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut sums = Sums::default();
    let mut faults = Lasting::default();
    let mut open = match known(&live).await {
        Ok(o) => o,
        Err(e) => {
            tracing::error!("video: open alarms cannot be read: {e}");
            HashMap::new()
        }
    };
    let mut n: u32 = 0;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stop.changed() => break,
        }
        n = n.wrapping_add(1);
        let Some((sight, disk)) = see(&live, u64::from(n), &mut sums) else { break };
        let changes = judge(&live, &sight, disk, &mut faults);
        live.sight.send_replace(Arc::new(sight));
        for (subject, change) in changes {
            if let Err(e) = tell(&live, subject, change, &mut open).await {
                tracing::error!("video: an alarm could not be written: {e}");
            }
        }
        if n.is_multiple_of(WRITE_EVERY) {
            write(&live, &mut sums).await;
        }
    }
    write(&live, &mut sums).await;
}

/// A camera, or the disk for a station.
type Subject = (StationId, Option<Uuid>);

async fn known(live: &Live) -> Result<HashMap<Subject, Alarm>> {
    let look = live.app.look(&Actor::system(), "video.alarms", Purpose::Administration);
    let all = live.app.db().read(&look, async |r: &mut Reader| store::open_alarms(r).await).await?;
    Ok(all.into_iter().map(|a| ((a.station_id, a.camera_id), a)).collect())
}

fn see(live: &Live, n: u64, sums: &mut Sums) -> Option<(Sight, DiskState)> {
    let (health, disk) = {
        let estate = live.estate();
        let e = estate.as_ref()?;
        (Estate::health(e), e.disk())
    };
    let owners: HashMap<Uuid, Owner> = live.applied().owners.clone();
    let hour_ms = live.app.now().as_second() / 3600 * 3_600_000;
    let mut sight = Sight { n, ..Sight::default() };
    for h in health {
        let id = Uuid::from_bytes(h.id.0);
        let Some(owner) = owners.get(&id) else { continue };
        let connecting = h.state == State::Offline && h.trouble.is_none() && h.sessions == 0;
        let mut words = vec![if connecting { "正在接入" } else { rules::words(h.state) }.to_string()];
        if let Some(t) = h.trouble.as_ref().filter(|_| h.state != State::Live) {
            words.push(rules::trouble(t));
        }
        words.extend(h.remarks.iter().filter(|_| h.state >= State::NoKey).map(|r| rules::remark(*r).to_string()));
        let now = live.app.now();
        let (groups, jumps, losing) = live.losses().take(id, now);
        if losing && h.state >= State::NoKey {
            words.push("刚才有画面没有录上".into());
        }
        let bit_rate = if h.state == State::Offline { 0.0 } else { f64::from(h.facts.bit_rate.0) };
        let before = sums.lost.insert(id, h.lost_packets).unwrap_or(0);
        let row = sums.hours.entry(id).or_insert_with(|| store::HourRow {
            stream_id: id,
            hour_ms,
            ..store::HourRow::default()
        });
        // An hour that ends between two writings belongs to the later one; a minute's error in a sum of sixty.
        row.hour_ms = hour_ms;
        row.seconds += 1;
        let alive = h.state >= State::NoKey;
        row.live += i64::from(alive);
        // An empty tile is looked at by nobody.
        row.watched += i64::from(alive && h.viewers > 0);
        row.bit_rate_sum += if alive { bit_rate as i64 } else { 0 };
        row.lost_packets += i64::try_from(h.lost_packets.saturating_sub(before)).unwrap_or(0);
        (row.lost_groups, row.jumps) = (row.lost_groups + groups, row.jumps + jumps);
        row.skew_ms = h.facts.skew_ms.unwrap_or(row.skew_ms);
        sight.streams.insert(
            id,
            Seen {
                owner: owner.camera,
                kind: owner.kind,
                state: h.state,
                connecting,
                words: words.join(" · "),
                alarm: rules::alarm(h.state, &h.remarks, losing),
                viewers: h.viewers,
                sound: h.sound,
                bit_rate,
                fps: f64::from(h.facts.fps.0),
                skew_ms: h.facts.skew_ms,
            },
        );
    }
    Some((sight, disk))
}

/// The faults that have now lasted long enough, or are over.
fn judge(live: &Live, sight: &Sight, disk: DiskState, faults: &mut Lasting<Subject>) -> Vec<(Subject, Change)> {
    let owners = live.applied().owners.clone();
    let mut worst: BTreeMap<Subject, Option<AlarmKind>> = BTreeMap::new();
    for (id, seen) in &sight.streams {
        let Some(o) = owners.get(id) else { continue };
        // What the disk does is said once and not for each camera.
        let alarm = seen.alarm.filter(|a| disk == DiskState::Well || *a != AlarmKind::NotRecorded);
        let of_disk = match disk {
            DiskState::Well => None,
            DiskState::Full => Some(AlarmKind::DiskFull),
            DiskState::Failing => Some(AlarmKind::DiskFailing),
        };
        worst.insert((o.station, None), of_disk);
        let w = worst.entry((o.station, Some(o.camera))).or_default();
        *w = [*w, alarm].into_iter().flatten().min();
    }
    let after = live.app.rules().int("video.alarm_after_seconds", live.app.today()).unwrap_or(60);
    faults.step(live.app.now().as_second(), after, WELL, worst)
}

async fn tell(live: &Live, subject: Subject, change: Change, open: &mut HashMap<Subject, Alarm>) -> Result<()> {
    let (station, camera) = subject;
    let kind = match change {
        Change::Begins(k) => Some(k),
        Change::Ends => None,
    };
    let old = open.get(&subject).cloned();
    if old.as_ref().map(|a| a.kind) == kind {
        return Ok(());
    }
    let act = live.app.look(&Actor::system(), "video.alarm", Purpose::Administration).in_station(station);
    let hours = live.app.rules().int("video.alarm_handle_hours", live.app.today())?;
    let detail = camera.map_or(String::new(), |c| {
        let sight = live.sight();
        let all: Vec<String> = sight
            .streams
            .values()
            .filter(|s| s.owner == c && s.alarm == kind)
            .map(|s| format!("{}：{}", s.kind.label(), s.words))
            .collect();
        all.join("；")
    });
    let new = live
        .app
        .db()
        .write(&act, async |tx: &mut Tx| {
            if let Some(a) = &old {
                store::end_alarm(tx, station, a.id).await?;
                notices::actions::done_all(tx, a.id).await?;
                tx.record("video.alarm_over", &[("video_alarm", a.id)], "");
                tx.emit("video.alarm", a.id);
            }
            let Some(kind) = kind else { return Ok(None) };
            let id: Uuid = tx.fresh();
            let now: Timestamp = tx.now();
            let alarm = Alarm {
                station_id: station,
                id,
                camera_id: camera,
                kind,
                detail: detail.clone(),
                began_at: now,
                ended_at: None,
            };
            store::open_alarm(tx, &alarm).await?;
            let name = match camera {
                Some(c) => store::camera(tx, c).await.map_or(String::new(), |c| c.camera.name),
                None => String::new(),
            };
            let title = if name.is_empty() {
                kind.label().to_string()
            } else {
                format!("摄像机“{name}”{}", kind.label())
            };
            notices::actions::put(
                tx,
                notices::model::NewTask {
                    station,
                    kind: "video.alarm",
                    title,
                    path: "/video/health".into(),
                    record: id,
                    to_user: None,
                    to_role: Some(kernel::Role::Operator),
                    due: now + kernel::ToSpan::hours(hours),
                },
            )
            .await?;
            tx.record("video.alarm", &[("video_alarm", id)], kind.code());
            tx.emit("video.alarm", id);
            Ok(Some(id))
        })
        .await?;
    match (new, kind) {
        (Some(id), Some(kind)) => {
            let alarm = Alarm {
                station_id: station,
                id,
                camera_id: camera,
                kind,
                detail,
                began_at: live.app.now(),
                ended_at: None,
            };
            open.insert(subject, alarm);
        }
        _ => {
            open.remove(&subject);
        }
    }
    Ok(())
}

async fn write(live: &Live, sums: &mut Sums) {
    let mut by: BTreeMap<StationId, Vec<store::HourRow>> = BTreeMap::new();
    let owners = live.applied().owners.clone();
    for (id, row) in sums.hours.drain() {
        if let Some(o) = owners.get(&id) {
            by.entry(o.station).or_default().push(row);
        }
    }
    for (station, rows) in by {
        let act = live.app.look(&Actor::system(), "video.hours", Purpose::Administration).in_station(station);
        let done: Result<()> = live
            .app
            .db()
            .write(&act, async |tx: &mut Tx| {
                for h in &rows {
                    store::add_hour(tx, station, h).await?;
                }
                tx.record("video.hours", &[], "");
                Ok(())
            })
            .await;
        if let Err(e) = done {
            tracing::error!("video: sums of health were not written: {e}");
        }
    }
}
