//! Copies for publication.

use super::stale;
use crate::model::{BlurCopy, CopyState};
use kernel::{Error, Reader, Result, Tx, Uuid, args, sql};

pub async fn insert_copy(tx: &mut Tx, y: &BlurCopy) -> Result<()> {
    tx.exec(
        sql!("insert into video_copy (station_id, id, clip_id, part, used_for, regions, state, version, at, by_user, by_role, user_name, unit, bytes, facts, approver, answer) values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $12, 0, '', '', '')"),
        args![y.station_id, y.id, y.clip_id, y.part, &y.used_for, &y.regions, y.state, y.at, y.by_user, y.by_role, &y.user_name, &y.unit],
    )
    .await?;
    Ok(())
}

pub async fn copy(r: &mut Reader, id: Uuid) -> Result<BlurCopy> {
    r.opt(
        sql!("select station_id, id, clip_id, part, used_for, regions, state, version, at, by_user, by_role, user_name, unit, made_at, bytes, facts, decided_at, decided_by, approver, answer from video_copy where id = $1"),
        args![id],
    )
    .await?
    .ok_or(Error::NotFound("这份遮挡副本"))
}

/// Copies of some films, the newest first.
pub async fn copies_of(r: &mut Reader, clips: &[Uuid]) -> Result<Vec<BlurCopy>> {
    r.all(
        sql!("select station_id, id, clip_id, part, used_for, regions, state, version, at, by_user, by_role, user_name, unit, made_at, bytes, facts, decided_at, decided_by, approver, answer from video_copy where clip_id in @ids($1) order by at desc, id limit 200"),
        args![kernel::row::ids(clips)],
    )
    .await
}

/// Copies in a state, the oldest first.
pub async fn copies_in(r: &mut Reader, state: CopyState) -> Result<Vec<BlurCopy>> {
    r.all(
        sql!("select station_id, id, clip_id, part, used_for, regions, state, version, at, by_user, by_role, user_name, unit, made_at, bytes, facts, decided_at, decided_by, approver, answer from video_copy where state = $1 order by at, id limit 100"),
        args![state],
    )
    .await
}

/// Keeps the regions and moves the copy on; refused when somebody was faster.
pub async fn place_regions(tx: &mut Tx, id: Uuid, version: i64, regions: &str, to: CopyState) -> Result<()> {
    let n = tx
        .exec(
            sql!("update video_copy set regions = $3, state = $4, version = version + 1 where id = $1 and version = $2 and state in ('placing', 'failed', 'refused')"),
            args![id, version, regions, to],
        )
        .await?;
    stale(n)
}

/// Moves a copy on; `false` when it was not in `from`.
pub async fn move_copy(tx: &mut Tx, id: Uuid, from: CopyState, to: CopyState) -> Result<bool> {
    Ok(tx.exec(sql!("update video_copy set state = $3 where id = $1 and state = $2"), args![id, from, to]).await? == 1)
}

/// The copy is made: its length and its digests.
pub async fn copy_made(tx: &mut Tx, id: Uuid, bytes: i64, facts: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update video_copy set state = 'made', made_at = $2, bytes = $3, facts = $4, decided_at = null, decided_by = null, approver = '', answer = '' where id = $1 and state = 'making'"),
        args![id, now, bytes, facts],
    )
    .await?;
    Ok(())
}

/// It could not be made, with the words why.
pub async fn copy_failed(tx: &mut Tx, id: Uuid, why: &str) -> Result<()> {
    tx.exec(sql!("update video_copy set state = 'failed', facts = $2 where id = $1 and state = 'making'"), args![id, why])
        .await?;
    Ok(())
}

/// Lets a made copy out, or not; `false` when somebody else decided.
pub async fn decide_copy(tx: &mut Tx, id: Uuid, to: CopyState, approver: &str, answer: &str) -> Result<bool> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    let n = tx
        .exec(
            sql!("update video_copy set state = $2, decided_at = $3, decided_by = $4, approver = $5, answer = $6 where id = $1 and state = 'made'"),
            args![id, to, now, by, approver, answer],
        )
        .await?;
    Ok(n == 1)
}

/// The file of the original is gone, and those of its copies with it.
pub async fn expire_copies(tx: &mut Tx, clip: Uuid) -> Result<()> {
    tx.exec(sql!("update video_copy set state = 'expired' where clip_id = $1 and state <> 'expired'"), args![clip]).await?;
    Ok(())
}
