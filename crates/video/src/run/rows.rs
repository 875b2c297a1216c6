//! Rows of recorded files: what the recorder finished and removed, written together every few seconds.

use super::Live;
use crate::model::{Alarm, AlarmKind};
use crate::store::{self, FileRow};
use kernel::{Actor, Purpose, Reader, Result, StationId, Tx, Uuid};
use media::archive::{Found, StreamId};
use media::recorder::{DiskState, Event};
use media::retention::{Reason, Removed};
use media::ring::Closed;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Rows wait this long to be written together, and no more than so many.
const TOGETHER: Duration = Duration::from_secs(5);
const MOST: usize = 500;
/// What was lost while the disk was not well is told so long after it is well again, at most.
const AFTER_DISK: Duration = Duration::from_secs(30);

enum Row {
    Closed(FileRow),
    Removed { stream: Uuid, name_ms: i64, reason: &'static str, bytes: i64 },
}

fn uuid(id: StreamId) -> Uuid {
    Uuid::from_bytes(id.0)
}

/// The moment in a file's name.
fn name_ms(path: &Path) -> Option<i64> {
    path.file_stem()?.to_str()?.parse().ok()
}

fn row(station: StationId, stream: StreamId, c: &Closed) -> FileRow {
    FileRow {
        station_id: station,
        stream_id: uuid(stream),
        name_ms: name_ms(&c.path).unwrap_or(c.start_ms),
        start_ms: c.start_ms,
        end_ms: c.end_ms,
        bytes: i64::try_from(c.bytes).unwrap_or(i64::MAX),
        follows_break: c.follows_break,
    }
}

pub(super) fn reason(r: Reason) -> &'static str {
    match r {
        Reason::Quota => "quota",
        Reason::Age => "age",
        Reason::Space => "space",
    }
}

/// Takes the recorder's events until it ends; first what stood in the ring without a row.
pub(super) async fn keep(live: Arc<Live>, mut events: mpsc::Receiver<Event>, found: Vec<Found>) {
    let mut waiting: Vec<(StationId, Row)> = vec![];
    let mut torn: BTreeMap<(StationId, Uuid), usize> = BTreeMap::new();
    for f in found {
        let owner = live.applied().owners.get(&uuid(f.stream)).copied();
        for (path, why) in &f.unreadable {
            tracing::warn!("video: {} cannot be read: {why}", path.display());
        }
        if let Some(o) = owner.filter(|_| f.torn > 0) {
            *torn.entry((o.station, o.camera)).or_default() += f.torn;
        }
        waiting.extend(f.rows.iter().filter_map(|c| closed(&live, f.stream, c)));
    }
    flush(&live, &mut waiting).await;
    if let Err(e) = mended(&live, torn).await {
        tracing::error!("video: what was mended at the start cannot be written down: {e}");
    }
    if let Err(e) = compare(&live).await {
        tracing::error!("video: rows cannot be compared with the ring: {e}");
    }
    let mut due = Instant::now() + TOGETHER;
    let (mut disk_bad, mut well_since) = (false, None::<Instant>);
    loop {
        let event = tokio::select! {
            e = events.recv() => match e {
                Some(e) => Some(e),
                None => break,
            },
            () = tokio::time::sleep_until(due) => None,
        };
        match event {
            Some(Event::Closed(stream, c)) => waiting.extend(closed(&live, stream, &c)),
            Some(Event::Removed(r)) => waiting.extend(removed(&live, &r)),
            Some(Event::Lost(stream, groups)) => {
                tracing::warn!("video: {groups} groups of {stream} were not recorded");
                let of_disk = disk_bad || well_since.is_some_and(|t| t.elapsed() < AFTER_DISK);
                live.losses().groups(uuid(stream), groups, (!of_disk).then(|| live.app.now()));
            }
            Some(Event::Camera(stream, Some(t))) => tracing::info!("video: {stream}: {t}"),
            Some(Event::Camera(stream, None)) => tracing::info!("video: {stream} delivers again"),
            Some(Event::Jumped(stream, ms)) => {
                tracing::info!("video: the clock of {stream} jumped by {ms} ms");
                live.losses().jump(uuid(stream), live.app.now());
            }
            Some(Event::Clock(ms)) => {
                tracing::warn!("video: the clock of this machine was set by {ms} ms");
                live.standing().clock_set(ms, live.app.now());
            }
            Some(Event::Disk(state)) => {
                tracing::warn!("video: the disk is {state:?}");
                disk_bad = state != DiskState::Well;
                well_since = Some(Instant::now());
            }
            Some(Event::Missed(n)) => {
                tracing::warn!("video: {n} events of the recorder were missed");
                flush(&live, &mut waiting).await;
                if let Err(e) = compare(&live).await {
                    tracing::error!("video: rows cannot be compared with the ring: {e}");
                }
            }
            None => {}
        }
        if Instant::now() >= due || waiting.len() >= MOST {
            flush(&live, &mut waiting).await;
            due = Instant::now() + TOGETHER;
        }
    }
    flush(&live, &mut waiting).await;
}

/// Files that were torn when the process ended are whole again: a line in the history of each camera; nobody has to act.
async fn mended(live: &Live, torn: BTreeMap<(StationId, Uuid), usize>) -> Result<()> {
    for ((station, camera), files) in torn {
        let act = live.app.look(&Actor::system(), "video.alarm", Purpose::Administration).in_station(station);
        live.app
            .db()
            .write(&act, async |tx: &mut Tx| {
                let alarm = Alarm {
                    station_id: station,
                    id: tx.fresh(),
                    camera_id: Some(camera),
                    kind: AlarmKind::Torn,
                    detail: format!("{files} 个文件"),
                    began_at: tx.now(),
                    ended_at: None,
                };
                store::open_alarm(tx, &alarm).await?;
                store::end_alarm(tx, station, alarm.id).await?;
                tx.record("video.alarm_over", &[("video_alarm", alarm.id)], alarm.kind.code());
                tx.emit("video.alarm", alarm.id);
                Ok(())
            })
            .await?;
    }
    Ok(())
}

fn closed(live: &Live, stream: StreamId, c: &Closed) -> Option<(StationId, Row)> {
    let owner = live.applied().owners.get(&uuid(stream)).copied()?;
    Some((owner.station, Row::Closed(row(owner.station, stream, c))))
}

fn removed(live: &Live, r: &Removed) -> Option<(StationId, Row)> {
    let owner = live.applied().owners.get(&uuid(r.stream)).copied()?;
    let bytes = i64::try_from(r.bytes).unwrap_or(i64::MAX);
    Some((owner.station, Row::Removed { stream: uuid(r.stream), name_ms: r.start_ms, reason: reason(r.reason), bytes }))
}

/// Writes what waits, one command for each station. What could not be written is tried again with the next.
async fn flush(live: &Live, waiting: &mut Vec<(StationId, Row)>) {
    let mut by: BTreeMap<StationId, Vec<Row>> = BTreeMap::new();
    for (station, r) in waiting.drain(..) {
        by.entry(station).or_default().push(r);
    }
    for (station, rows) in by {
        if let Err(e) = write(live, station, &rows).await {
            tracing::error!("video: {} rows of files were not written: {e}", rows.len());
            if rows.len() < 20 * MOST {
                waiting.extend(rows.into_iter().map(|r| (station, r)));
            }
        }
    }
}

async fn write(live: &Live, station: StationId, rows: &[Row]) -> Result<()> {
    let act = live.app.look(&Actor::system(), "video.files", Purpose::Retention).in_station(station);
    live.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            let today = kernel::clock::day_of(tx.now());
            let (mut told, mut gone) = (0, 0);
            for r in rows {
                match r {
                    Row::Closed(f) => {
                        store::insert_file(tx, f).await?;
                        told += 1;
                    }
                    Row::Removed { stream, name_ms, reason, bytes } => {
                        store::file_removed(tx, station, *stream, *name_ms, today, reason, *bytes).await?;
                        gone += 1;
                    }
                }
            }
            tx.record("video.files", &[], &format!("{told} recorded, {gone} removed"));
            Ok(())
        })
        .await
}

/// Rows without a file go: the process was killed between the removal and its row.
async fn compare(live: &Arc<Live>) -> Result<()> {
    let look = live.app.look(&Actor::system(), "video.compare", Purpose::Retention);
    let kept = live.app.db().read(&look, async |r: &mut Reader| store::kept_everywhere(r).await).await?;
    for k in kept {
        let Some(owner) = live.applied().owners.get(&k.stream_id).copied() else { continue };
        let folder = StreamId(*k.stream_id.as_bytes()).folder(live.root());
        let names = tokio::task::spawn_blocking(move || names(&folder)).await.map_err(kernel::Error::internal)?;
        let rows = live
            .app
            .db()
            .read(&look, async |r: &mut Reader| store::files_within(r, &[k.stream_id], k.oldest_ms, i64::MAX).await)
            .await?;
        let missing: Vec<Row> = rows
            .iter()
            .filter(|f| !names.contains(&f.name_ms))
            .map(|f| Row::Removed { stream: f.stream_id, name_ms: f.name_ms, reason: "missing", bytes: f.bytes })
            .collect();
        for part in missing.chunks(MOST) {
            write(live, owner.station, part).await?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> HashSet<i64> {
    let days = std::fs::read_dir(folder).into_iter().flatten().flatten();
    days.flat_map(|d| std::fs::read_dir(d.path()).into_iter().flatten().flatten())
        .map(|f| f.path())
        .filter(|p| p.extension().is_some_and(|x| x == "mp4"))
        .filter_map(|p| name_ms(&p))
        .collect()
}
