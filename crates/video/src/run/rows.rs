//! Rows of recorded files: what the recorder finished and removed, written together every few seconds.

use super::Live;
use crate::store::{self, FileRow};
use kernel::{Actor, Purpose, Reader, Result, StationId, Tx, Uuid};
use media::archive::{Found, StreamId};
use media::recorder::Event;
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
    for f in found {
        for (path, why) in &f.unreadable {
            tracing::warn!("video: {} cannot be read: {why}", path.display());
        }
        waiting.extend(f.rows.iter().filter_map(|c| closed(&live, f.stream, c)));
    }
    flush(&live, &mut waiting).await;
    if let Err(e) = compare(&live).await {
        tracing::error!("video: rows cannot be compared with the ring: {e}");
    }
    let mut due = Instant::now() + TOGETHER;
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
                live.losses().groups(uuid(stream), groups, live.app.now());
            }
            Some(Event::Camera(stream, Some(t))) => tracing::info!("video: {stream}: {t}"),
            Some(Event::Camera(stream, None)) => tracing::info!("video: {stream} delivers again"),
            Some(Event::Jumped(stream, ms)) => {
                tracing::info!("video: the clock of {stream} jumped by {ms} ms");
                live.losses().jump(uuid(stream));
            }
            Some(Event::Disk(state)) => tracing::warn!("video: the disk is {state:?}"),
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
