//! Exports and their films.

use crate::model::{Clip, ClipState, Export, ExportState, Hold, Look};
use kernel::{Error, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

pub async fn insert_export(tx: &mut Tx, x: &Export) -> Result<()> {
    tx.exec(
        sql!("insert into video_export (station_id, id, number, watch_id, from_ms, to_ms, purpose, reason, incident_id, incident_number, state, at, by_user, user_name, unit, approver, answer) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '')"),
        args![x.station_id, x.id, &x.number, x.watch_id, x.from_ms, x.to_ms, x.purpose, &x.reason, x.incident_id, &x.incident_number, x.state, x.at, x.by_user, &x.user_name, &x.unit],
    )
    .await?;
    Ok(())
}

pub async fn insert_clip(tx: &mut Tx, c: &Clip) -> Result<()> {
    tx.exec(
        sql!("insert into video_clip (station_id, id, export_id, camera_id, stream_id, state, parts, bytes, facts, hold_id) values ($1, $2, $3, $4, $5, $6, 0, 0, '', $7)"),
        args![c.station_id, c.id, c.export_id, c.camera_id, c.stream_id, c.state, c.hold_id],
    )
    .await?;
    Ok(())
}

pub async fn export(r: &mut Reader, id: Uuid) -> Result<Export> {
    r.opt(
        sql!("select station_id, id, number, watch_id, from_ms, to_ms, purpose, reason, incident_id, incident_number, state, at, by_user, user_name, unit, decided_at, decided_by, approver, answer from video_export where id = $1"),
        args![id],
    )
    .await?
    .ok_or(Error::NotFound("这次导出"))
}

/// Exports of a station, newest first; only one person's when named.
pub async fn exports(r: &mut Reader, station: StationId, of: Option<UserId>) -> Result<Vec<Export>> {
    let who = of.unwrap_or(UserId::NIL);
    r.all(
        sql!("select station_id, id, number, watch_id, from_ms, to_ms, purpose, reason, incident_id, incident_number, state, at, by_user, user_name, unit, decided_at, decided_by, approver, answer from video_export where station_id = $1 and ($2 or by_user = $3) order by at desc, id limit 200"),
        args![station, of.is_none(), who],
    )
    .await
}

/// A film, by its id.
pub async fn clip(r: &mut Reader, id: Uuid) -> Result<Clip> {
    r.opt(
        sql!("select station_id, id, export_id, camera_id, stream_id, state, made_at, parts, bytes, facts, hold_id from video_clip where id = $1"),
        args![id],
    )
    .await?
    .ok_or(Error::NotFound("导出的文件"))
}

/// The films of some exports, in the order in which they were asked for.
pub async fn clips_of(r: &mut Reader, exports: &[Uuid]) -> Result<Vec<Clip>> {
    r.all(
        sql!("select station_id, id, export_id, camera_id, stream_id, state, made_at, parts, bytes, facts, hold_id from video_clip where export_id in @ids($1) order by export_id, id limit 4000"),
        args![kernel::row::ids(exports)],
    )
    .await
}

/// Films that may be made now: their request is approved, and their span ended before a moment. The oldest request first.
pub async fn clips_to_make(r: &mut Reader, before_ms: i64) -> Result<Vec<Clip>> {
    r.all(
        sql!("select c.station_id, c.id, c.export_id, c.camera_id, c.stream_id, c.state, c.made_at, c.parts, c.bytes, c.facts, c.hold_id from video_clip c join video_export x on x.id = c.export_id where c.state = 'waiting' and x.state = 'approved' and x.to_ms <= $1 order by x.at, c.id limit 20"),
        args![before_ms],
    )
    .await
}

/// Films that are being made.
pub async fn clips_making(r: &mut Reader) -> Result<Vec<Clip>> {
    r.all(
        sql!("select station_id, id, export_id, camera_id, stream_id, state, made_at, parts, bytes, facts, hold_id from video_clip where state = 'making' order by id limit 1000"),
        args![],
    )
    .await
}

/// Films made before a moment whose footage nobody keeps, the oldest first.
pub async fn clips_over(r: &mut Reader, before: Timestamp) -> Result<Vec<Clip>> {
    r.all(
        sql!("select c.station_id, c.id, c.export_id, c.camera_id, c.stream_id, c.state, c.made_at, c.parts, c.bytes, c.facts, c.hold_id from video_clip c join video_export x on x.id = c.export_id where c.state = 'ready' and c.made_at < $1 and not exists (select 1 from video_hold h where h.camera_id = c.camera_id and h.from_ms < x.to_ms and h.to_ms > x.from_ms and h.released_at is null) order by c.made_at, c.id limit 200"),
        args![before],
    )
    .await
}

/// Decides about an export that was asked for; `false` when somebody else did.
pub async fn decide_export(tx: &mut Tx, id: Uuid, to: ExportState, approver: &str, answer: &str) -> Result<bool> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    let n = tx
        .exec(
            sql!("update video_export set state = $2, decided_at = $3, decided_by = $4, approver = $5, answer = $6 where id = $1 and state = 'asked'"),
            args![id, to, now, by, approver, answer],
        )
        .await?;
    Ok(n == 1)
}

/// Moves a film on; `false` when it was not in `from`.
pub async fn move_clip(tx: &mut Tx, id: Uuid, from: ClipState, to: ClipState) -> Result<bool> {
    Ok(tx.exec(sql!("update video_clip set state = $3 where id = $1 and state = $2"), args![id, from, to]).await? == 1)
}

/// The files are made: how many, how long, what there is to say of them.
pub async fn clip_made(tx: &mut Tx, id: Uuid, parts: i64, bytes: i64, facts: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update video_clip set state = 'ready', made_at = $2, parts = $3, bytes = $4, facts = $5 where id = $1 and state = 'making'"),
        args![id, now, parts, bytes, facts],
    )
    .await?;
    Ok(())
}

/// It could not be made, with the words why.
pub async fn clip_failed(tx: &mut Tx, id: Uuid, why: &str) -> Result<()> {
    tx.exec(sql!("update video_clip set state = 'failed', facts = $2 where id = $1 and state = 'making'"), args![id, why])
        .await?;
    Ok(())
}

/// A film that failed waits again, with a new hold of its span; `false` when it did not fail.
pub async fn clip_again(tx: &mut Tx, id: Uuid, hold: Uuid) -> Result<bool> {
    let n = tx
        .exec(
            sql!("update video_clip set state = 'waiting', facts = '', hold_id = $2 where id = $1 and state = 'failed'"),
            args![id, hold],
        )
        .await?;
    Ok(n == 1)
}

/// Lets the span go that was kept for a film; one that a person let go before stays as it is.
pub async fn release_clip_hold(tx: &mut Tx, c: &Clip, reason: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("update video_hold set released_at = $3, released_by = $4, release_reason = $5 where station_id = $1 and id = $2 and released_at is null"),
        args![c.station_id, c.hold_id, now, by, reason],
    )
    .await?;
    Ok(())
}

/// Holds in force that touch a span of some cameras.
pub async fn holds_within(r: &mut Reader, cameras: &[Uuid], from_ms: i64, to_ms: i64) -> Result<Vec<Hold>> {
    r.all(
        sql!("select station_id, id, camera_id, from_ms, to_ms, reason, incident_id, at, by_user, released_at, released_by, release_reason from video_hold where camera_id in @ids($1) and from_ms < $3 and to_ms > $2 and released_at is null order by camera_id, at limit 200"),
        args![kernel::row::ids(cameras), from_ms, to_ms],
    )
    .await
}

/// How often files of an export were taken, and when last.
pub async fn downloads(r: &mut Reader, watch: Uuid) -> Result<Vec<Look>> {
    r.all(
        sql!("select id, watch_id, camera_id, stream, user_id, user_name, unit, role, kind, purpose, reason, incident_id, incident_number, began_at, until_at, from_ms, to_ms, exported from video_look where watch_id = $1 and kind = 'export' order by began_at desc, id limit 100"),
        args![watch],
    )
    .await
}
