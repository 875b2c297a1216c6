//! Watches and the register of looks (视频调阅登记).

use crate::model::{Look, NewVisitor, Relation, Visitor, Watch};
use kernel::{Error, IncidentId, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, record, sql};

pub async fn insert_watch(tx: &mut Tx, w: &Watch) -> Result<()> {
    tx.exec(
        sql!("insert into video_watch (station_id, id, user_id, purpose, reason, incident_id, incident_number, at) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
        args![w.station_id, w.id, w.user_id, w.purpose, &w.reason, w.incident_id, &w.incident_number, w.at],
    )
    .await?;
    Ok(())
}

pub async fn insert_visitor(tx: &mut Tx, watch: Uuid, v: &NewVisitor, relation: Relation) -> Result<()> {
    let (now, station) = (tx.now(), tx.act().station);
    tx.exec(
        sql!("insert into video_visitor (station_id, watch_id, at, name, relation, about, allowed_by) values ($1, $2, $3, $4, $5, $6, $7)"),
        args![station, watch, now, v.name.trim(), relation, v.about.trim(), v.allowed_by.trim()],
    )
    .await?;
    Ok(())
}

/// Visitors of these watches.
pub async fn visitors_of(r: &mut Reader, watches: &[Uuid]) -> Result<Vec<Visitor>> {
    r.all(
        sql!("select watch_id, at, name, relation, about, allowed_by from video_visitor where watch_id in @ids($1)"),
        args![kernel::row::ids(watches)],
    )
    .await
}

/// Visitors of a span, oldest first.
pub async fn visitors(r: &mut Reader, station: StationId, from: Timestamp, until: Timestamp) -> Result<Vec<Visitor>> {
    r.all(
        sql!("select watch_id, at, name, relation, about, allowed_by from video_visitor where station_id = $1 and at >= $2 and at < $3 order by at limit 500"),
        args![station, from, until],
    )
    .await
}

/// Visitors at once that a run clears in a station.
const CLEAR: i64 = 1000;

/// Visitors before a moment that still have a name, by station.
pub async fn visitors_due(r: &mut Reader, before: Timestamp) -> Result<Vec<(StationId, i64)>> {
    let rows = r
        .rows(
            sql!("select station_id, count(*) as n from video_visitor where at < $1 and name <> '' group by station_id order by station_id limit 1000"),
            args![before],
        )
        .await?;
    rows.iter().map(|w| Ok((w.get("station_id")?, w.get("n")?))).collect()
}

/// Takes name and matter from the oldest of them; whose they were.
pub async fn clear_visitors(tx: &mut Tx, station: StationId, before: Timestamp) -> Result<Vec<Uuid>> {
    let rows = tx
        .rows(
            sql!("select watch_id from video_visitor where station_id = $1 and at < $2 and name <> '' order by at limit $3"),
            args![station, before, CLEAR],
        )
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|w| w.get("watch_id")).collect::<Result<_>>()?;
    tx.exec(
        sql!("update video_visitor set name = '', about = '' where watch_id in @ids($1)"),
        args![kernel::row::ids(&ids)],
    )
    .await?;
    Ok(ids)
}

pub async fn watch(r: &mut Reader, id: Uuid) -> Result<Watch> {
    r.opt(
        sql!("select station_id, id, user_id, purpose, reason, incident_id, incident_number, at, ended_at from video_watch where id = $1"),
        args![id],
    )
    .await?
    .ok_or(Error::NotFound("这次调阅"))
}

pub async fn end_watch(tx: &mut Tx, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec(sql!("update video_watch set ended_at = $2 where id = $1 and ended_at is null"), args![id, now]).await?;
    tx.exec(sql!("update video_look set open = false, until_at = $2 where watch_id = $1 and open"), args![id, now])
        .await?;
    Ok(())
}

pub async fn insert_look(tx: &mut Tx, station: StationId, l: &Look, open: bool) -> Result<()> {
    tx.exec(
        sql!("insert into video_look (station_id, id, watch_id, camera_id, stream, user_id, user_name, unit, role, kind, purpose, reason, incident_id, incident_number, began_at, until_at, from_ms, to_ms, exported, open) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"),
        args![station, l.id, l.watch_id, l.camera_id, &l.stream, l.user_id, &l.user_name, &l.unit, l.role, l.kind, l.purpose, &l.reason, l.incident_id, &l.incident_number, l.began_at, l.until_at, l.from_ms, l.to_ms, l.exported, open],
    )
    .await?;
    Ok(())
}

/// Brings open live looks up to a moment; closes them when `close`.
pub async fn touch_looks(tx: &mut Tx, looks: &[Uuid], until: Timestamp, close: bool) -> Result<()> {
    tx.exec(
        sql!("update video_look set until_at = $2, to_ms = $3, open = open and not $4 where id in @ids($1) and open"),
        args![kernel::row::ids(looks), until, until.as_millisecond(), close],
    )
    .await?;
    Ok(())
}

/// A camera that was shown a moment ago in the same watch is shown again: its line goes on.
pub async fn reopen_look(tx: &mut Tx, look: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update video_look set open = true, until_at = $2, to_ms = $3 where id = $1"),
        args![look, now, now.as_millisecond()],
    )
    .await?;
    Ok(())
}

/// Widens a replay's minutes and its time.
pub async fn widen_look(tx: &mut Tx, look: Uuid, from_ms: i64, to_ms: i64) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update video_look set until_at = $2, from_ms = case when $3 < from_ms then $3 else from_ms end, to_ms = case when $4 > to_ms then $4 else to_ms end where id = $1"),
        args![look, now, from_ms, to_ms],
    )
    .await?;
    Ok(())
}

/// Looks left open by a process that ended without saying so.
pub async fn close_stale_looks(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.exec(sql!("update video_look set open = false where open and until_at < $1"), args![before]).await
}

/// What the register is asked.
#[derive(Clone, Debug, Default)]
pub struct LookQuery {
    pub camera: Option<Uuid>,
    pub user_name: String,
    pub kind: String,
    pub purpose: String,
    pub exported: bool,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Lines of one page of the register.
pub const LOOKS: i64 = 100;

/// The register of a station, newest first, before a moment.
pub async fn looks(r: &mut Reader, station: StationId, q: &LookQuery) -> Result<Vec<Look>> {
    let (from, until) =
        (q.from.unwrap_or(Timestamp::UNIX_EPOCH), q.until.unwrap_or(kernel::clock::from_micros(i64::MAX)));
    let camera = q.camera.unwrap_or_default();
    r.all(
        sql!("select id, watch_id, camera_id, stream, user_id, user_name, unit, role, kind, purpose, reason, incident_id, incident_number, began_at, until_at, from_ms, to_ms, exported from video_look where station_id = $1 and began_at >= $2 and began_at < $3 and ($4 or camera_id = $5) and ($6 = '' or user_name = $6) and ($7 = '' or kind = $7) and ($8 = '' or purpose = $8) and (not $9 or exported) order by began_at desc, id desc limit 100"),
        args![station, from, until, camera.is_nil(), camera, &q.user_name, &q.kind, &q.purpose, q.exported],
    )
    .await
}

record! {
    /// Looks of a month added up by person, kind and purpose.
    #[derive(Clone, Debug)]
    pub struct LookSum {
        pub user_name: String,
        pub unit: String,
        pub kind: crate::model::LookKind,
        pub purpose: crate::model::WatchPurpose,
        pub looks: i64,
        pub cameras: i64,
        pub seconds: i64,
        pub exported: i64,
    }
}

/// The register of a span added up.
pub async fn look_sums(r: &mut Reader, station: StationId, from: Timestamp, until: Timestamp) -> Result<Vec<LookSum>> {
    r.all(
        sql!("select user_name, unit, kind, purpose, count(*) as looks, count(distinct camera_id) as cameras, cast(sum((until_at - began_at) / 1000000) as @int) as seconds, cast(sum(case when exported then 1 else 0 end) as @int) as exported from video_look where station_id = $1 and began_at >= $2 and began_at < $3 group by user_name, unit, kind, purpose order by looks desc, user_name, kind, purpose limit 1000"),
        args![station, from, until],
    )
    .await
}

/// Cameras looked at in a span: camera, watches, when last. For the watch duty of the command room.
pub async fn watched_cameras(
    r: &mut Reader,
    station: StationId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(Uuid, i64, Timestamp)>> {
    let rows = r
        .rows(
            sql!("select camera_id, count(distinct watch_id) as n, max(until_at) as last_at from video_look where station_id = $1 and began_at >= $2 and began_at < $3 and kind = 'live' group by camera_id limit 4000"),
            args![station, from, until],
        )
        .await?;
    rows.iter().map(|w| Ok((w.get("camera_id")?, w.get("n")?, w.get("last_at")?))).collect()
}

record! {
    /// Somebody had a camera's live picture open from one moment to another.
    #[derive(Clone, Debug)]
    pub struct LiveSpan {
        pub user_id: UserId,
        pub camera_id: Uuid,
        pub began_at: Timestamp,
        pub until_at: Timestamp,
    }
}

/// A watch is open no longer than this, whatever its rule says: what began earlier does not reach into a span. Microseconds.
const LONGEST_WATCH: i64 = 48 * 3_600_000_000;

/// Live looks of some people that touch a span, by their beginning.
pub async fn live_spans(r: &mut Reader, station: StationId, users: &[UserId], from: Timestamp, until: Timestamp) -> Result<Vec<LiveSpan>> {
    let early = kernel::clock::from_micros(from.as_microsecond() - LONGEST_WATCH);
    r.all(
        sql!("select user_id, camera_id, began_at, until_at from video_look where station_id = $1 and began_at >= $2 and began_at < $4 and until_at > $3 and kind = 'live' and user_id in @ids($5) order by began_at, id limit 20000"),
        args![station, early, from, until, kernel::row::ids(users)],
    )
    .await
}

/// Looks for an incident, newest first.
pub async fn looks_for(r: &mut Reader, station: StationId, incident: IncidentId) -> Result<i64> {
    r.count(
        sql!("select count(*) as n from video_look where station_id = $1 and incident_id = $2"),
        args![station, incident],
    )
    .await
}
