//! One look a second at all streams: what tiles say, sums by the hour, faults that last become tasks.

use super::pictures::{Look, Pictures};
use super::{Live, Owner, alarms};
use crate::model::{AlarmKind, StreamKind};
use crate::rules::{self, Lane, Signs};
use crate::run::alarms::{Open, Subject};
use crate::run::clocked::{Change, Lasting, Line, Window};
use crate::store;
use kernel::{Actor, Purpose, Result, StationId, Tx, Uuid};
use media::estate::{Estate, Health};
use media::health::{Remark, State};
use media::recorder::DiskState;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// How often sums are written.
const WRITE_EVERY: u32 = 60;
/// A fault is over after so many good seconds: more than lies between two attempts of the recorder to bring its files to the
/// disk for good, so that a disk that fails only then is no other than one that fails.
const WELL: i64 = 15;

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
    /// Why there is no connection.
    pub reason: String,
    pub alarm: Option<AlarmKind>,
    pub viewers: usize,
    /// The camera offers sound, which is neither recorded nor heard.
    pub sound: bool,
    /// Bits per second over the last ten seconds.
    pub bit_rate: f64,
    pub fps: f64,
    /// The camera's clock minus ours; none while it has not told it.
    pub skew_ms: Option<i64>,
    /// Coding and size, `H.264 640×360`; empty before the first picture.
    pub picture: String,
    /// The usual coding and size, when this is another.
    pub other_than: Option<String>,
}

/// All streams at one moment, by id.
#[derive(Debug, Default)]
pub struct Sight {
    pub streams: HashMap<Uuid, Seen>,
    /// How many looks there were since the start.
    pub n: u64,
}

/// What is remembered of a stream from one look to the next.
#[derive(Default)]
struct Before {
    lost_packets: u64,
    sessions: u64,
    losses: Window,
    returns: Window,
}

#[derive(Default)]
struct Memory {
    hours: HashMap<Uuid, store::HourRow>,
    before: HashMap<Uuid, Before>,
    pictures: Pictures,
    /// Usual pictures that are not written yet.
    learnt: Vec<(Owner, Uuid, String)>,
}

/// Looks until the program ends.
pub(super) async fn look(live: Arc<Live>) {
    let mut stop = live.stopping();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut memory = Memory::default();
    // Apart, because without a ring nothing is known of the cameras: their alarms stay as they are.
    let (mut of_ring, mut of_cameras) = (Lasting::<Subject>::default(), Lasting::<Subject>::default());
    let mut line = Line::default();
    let mut open = match alarms::known(&live).await {
        Ok(o) => o,
        Err(e) => {
            tracing::error!("video: open alarms cannot be read: {e}");
            Open::default()
        }
    };
    for (subject, a) in &open {
        if subject.2 == Lane::Ring { &mut of_ring } else { &mut of_cameras }.know(*subject, a.kind);
        if subject.2 == Lane::Clock {
            live.standing().clock_known(a.began_at);
        }
    }
    let mut n: u32 = 0;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stop.changed() => break,
        }
        n = n.wrapping_add(1);
        let now = line.at(live.app.now().as_second());
        let rules = live.app.rules();
        let after = rules.int("video.alarm_after_seconds", live.app.today()).unwrap_or(60);
        let patience = rules.int("video.notice_hours", live.app.today()).unwrap_or(24) * 3600;
        let mut changes = of_ring.step(now, after, WELL, ring(&live));
        if let Some((sight, disk)) = see(&live, u64::from(n), now, patience, &mut memory) {
            let faults = judge(&live, &sight, disk, patience);
            live.sight.send_replace(Arc::new(sight));
            changes.extend(of_cameras.step(now, after, WELL, faults));
        }
        for (subject, change) in changes {
            let kind = if let Change::Begins(k) = change { Some(k) } else { None };
            if let Err(e) = alarms::tell(&live, subject, kind, patience, &mut open).await {
                tracing::error!("video: an alarm could not be written: {e}");
            }
        }
        learn(&live, &mut memory.learnt).await;
        if n.is_multiple_of(WRITE_EVERY) {
            write(&live, &mut memory.hours).await;
        }
    }
    write(&live, &mut memory.hours).await;
}

/// Whether there is a ring, for each station that has cameras.
fn ring(live: &Live) -> BTreeMap<Subject, Option<AlarmKind>> {
    let shut = live.shut_by();
    live.applied().owners.values().map(|o| ((o.station, None, Lane::Ring), shut)).collect()
}

fn see(live: &Live, n: u64, now: i64, patience: i64, m: &mut Memory) -> Option<(Sight, DiskState)> {
    if live.shut_by().is_some() {
        return None;
    }
    let (health, disk) = {
        let estate = live.estate();
        let e = estate.as_ref()?;
        (Estate::health(e), e.disk())
    };
    let (owners, mut usual) = {
        let a = live.applied();
        (a.owners.clone(), a.usual.clone())
    };
    let mut sight = Sight { n, ..Sight::default() };
    for h in health {
        let id = Uuid::from_bytes(h.id.0);
        let Some(owner) = owners.get(&id) else { continue };
        let before = m.before.entry(id).or_default();
        // Of a stream that was added anew everything is counted from the beginning.
        let packets = if h.lost_packets < before.lost_packets { h.lost_packets } else { h.lost_packets - before.lost_packets };
        // The first session is no return.
        let returns = if h.sessions > before.sessions.max(1) { h.sessions - before.sessions.max(1) } else { 0 };
        (before.lost_packets, before.sessions) = (h.lost_packets, h.sessions);
        let lately = live.losses().take(id, live.app.now());
        let signs = Signs {
            state: h.state,
            trouble: h.trouble.as_ref(),
            remarks: &h.remarks,
            losing: lately.losing,
            lost_packets: before.losses.add(now, 60, packets),
            returns: before.returns.add(now, rules::UNSTABLE_S, returns),
            jumped: lately.jumped,
        };
        let bit_rate = if h.state == State::Offline { 0.0 } else { f64::from(h.facts.bit_rate.0) };
        let row = m.hours.entry(id).or_insert_with(|| store::HourRow { stream_id: id, ..store::HourRow::default() });
        count(row, live.app.now().as_second(), &h, bit_rate);
        row.lost_packets += i64::try_from(packets).unwrap_or(0);
        (row.lost_groups, row.jumps) = (row.lost_groups + lately.groups, row.jumps + lately.jumps);
        let picture = h.picture.as_ref().map_or(String::new(), |t| rules::picture(t));
        let known = usual.entry(id).or_default();
        let look = if picture.is_empty() { Look::AsUsual } else { m.pictures.look(id, now, known, &picture, patience) };
        if look == Look::Learn {
            known.clone_from(&picture);
            m.learnt.push((*owner, id, picture.clone()));
            live.applied().usual.insert(id, picture.clone());
        }
        let connecting = h.state == State::Offline && h.trouble.is_none() && h.sessions == 0;
        sight.streams.insert(
            id,
            Seen {
                owner: owner.camera,
                kind: owner.kind,
                state: h.state,
                connecting,
                words: words(&h, connecting, &signs),
                reason: h.trouble.as_ref().map_or(String::new(), rules::trouble),
                alarm: rules::alarm(&signs),
                viewers: h.viewers,
                sound: h.sound,
                bit_rate,
                fps: f64::from(h.facts.fps.0),
                skew_ms: h.facts.skew_ms,
                other_than: (look == Look::Other).then(|| known.clone()),
                picture,
            },
        );
    }
    m.before.retain(|id, _| sight.streams.contains_key(id));
    Some((sight, disk))
}

/// What a tile says.
fn words(h: &Health, connecting: bool, signs: &Signs<'_>) -> String {
    let mut words = vec![if connecting { "正在接入" } else { rules::words(h.state) }.to_string()];
    if let Some(t) = h.trouble.as_ref().filter(|_| h.state != State::Live) {
        words.push(rules::trouble(t));
    }
    if h.state >= State::NoKey {
        words.extend(h.remarks.iter().map(|r| rules::remark(*r).to_string()));
        if signs.losing && !h.remarks.contains(&Remark::RecordingGap) {
            words.push("刚才有画面没有录上".into());
        }
        if signs.lost_packets >= rules::LOSSY_A_MINUTE {
            words.push(AlarmKind::Lossy.label().into());
        }
        if signs.returns >= rules::UNSTABLE_TIMES {
            words.push(AlarmKind::Unstable.label().into());
        }
    }
    words.join(" · ")
}

/// Adds a second to an hour.
fn count(row: &mut store::HourRow, now_s: i64, h: &Health, bit_rate: f64) {
    // An hour that ends between two writings belongs to the later one; a minute's error in a sum of sixty.
    row.hour_ms = now_s / 3600 * 3_600_000;
    row.seconds += 1;
    let alive = h.state >= State::NoKey;
    row.live += i64::from(alive);
    // An empty tile is looked at by nobody.
    row.watched += i64::from(alive && h.viewers > 0);
    row.bit_rate_sum += if alive { bit_rate as i64 } else { 0 };
    row.skew_ms = h.facts.skew_ms.unwrap_or(row.skew_ms);
}

/// What is wrong at this moment, of every camera and station.
fn judge(live: &Live, sight: &Sight, disk: DiskState, patience: i64) -> BTreeMap<Subject, Option<AlarmKind>> {
    let (owners, problems) = {
        let a = live.applied();
        (a.owners.clone(), a.problems.clone())
    };
    let mut worst: BTreeMap<Subject, Option<AlarmKind>> = BTreeMap::new();
    let of_disk = match disk {
        DiskState::Well => None,
        DiskState::Full => Some(AlarmKind::DiskFull),
        DiskState::Failing => Some(AlarmKind::DiskFailing),
    };
    let clock = live.standing().clock(live.app.now(), patience).map(|_| AlarmKind::MachineClock);
    for (id, seen) in &sight.streams {
        let Some(o) = owners.get(id) else { continue };
        // What the disk does is said once and not for each camera.
        let alarm = seen.alarm.filter(|a| disk == DiskState::Well || *a != AlarmKind::NotRecorded);
        worst.insert((o.station, None, Lane::Disk), of_disk);
        worst.insert((o.station, None, Lane::Clock), clock);
        let w = worst.entry((o.station, Some(o.camera), Lane::State)).or_default();
        *w = [*w, alarm].into_iter().flatten().min();
        let changed = seen.other_than.as_ref().map(|_| AlarmKind::Changed);
        let w = worst.entry((o.station, Some(o.camera), Lane::Picture)).or_default();
        *w = w.or(changed);
    }
    for o in problems.keys().filter_map(|id| owners.get(id)) {
        worst.insert((o.station, Some(o.camera), Lane::State), Some(AlarmKind::Setup));
    }
    let files = live.standing().files(live.app.now(), patience);
    for o in owners.values().filter(|o| files.contains_key(&o.camera)) {
        worst.insert((o.station, Some(o.camera), Lane::Files), Some(AlarmKind::Unreadable));
    }
    worst
}

/// Writes what the pictures of streams are as usual. What could not be written is tried again a second later.
async fn learn(live: &Live, learnt: &mut Vec<(Owner, Uuid, String)>) {
    let mut by: BTreeMap<StationId, Vec<(Owner, Uuid, String)>> = BTreeMap::new();
    for x in learnt.drain(..) {
        by.entry(x.0.station).or_default().push(x);
    }
    for (station, rows) in by {
        let written = keep(live, station, "video.picture", async |tx: &mut Tx| {
            let mut cameras: Vec<(&str, Uuid)> = vec![];
            for (owner, stream, picture) in &rows {
                store::set_picture(tx, station, *stream, picture).await?;
                cameras.push(("camera", owner.camera));
            }
            cameras.dedup();
            tx.record("video.picture", &cameras, "");
            Ok(())
        });
        if !written.await && learnt.len() < 20_000 {
            learnt.extend(rows);
        }
    }
}

async fn write(live: &Live, hours: &mut HashMap<Uuid, store::HourRow>) {
    let mut by: BTreeMap<StationId, Vec<store::HourRow>> = BTreeMap::new();
    let owners = live.applied().owners.clone();
    for (id, row) in hours.drain() {
        if let Some(o) = owners.get(&id) {
            by.entry(o.station).or_default().push(row);
        }
    }
    for (station, rows) in by {
        keep(live, station, "video.hours", async |tx: &mut Tx| {
            for h in &rows {
                store::add_hour(tx, station, h).await?;
            }
            tx.record("video.hours", &[], "");
            Ok(())
        })
        .await;
    }
}

/// Writes what the program itself saw at a station; false, and told in the log, when it could not.
async fn keep(live: &Live, station: StationId, what: &'static str, work: impl AsyncFnOnce(&mut Tx) -> Result<()>) -> bool {
    let act = live.app.look(&Actor::system(), what, Purpose::Administration).in_station(station);
    let done: Result<()> = live.app.db().write(&act, work).await;
    if let Err(e) = &done {
        tracing::error!("video: {what} was not written: {e}");
    }
    done.is_ok()
}
