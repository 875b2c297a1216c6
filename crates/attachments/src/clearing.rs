//! 到期清理 of files: after the texts of the record that they belong to, and not before their own period is over.

use kernel::{Reader, Result, StationId, Timestamp, Tx, Uuid, args, sql};

/// What stands in the place of a file's name.
pub const EMPTIED: &str = "附件已到期清理";

/// Says that the texts of a record went: its files are due once their own period is over as well.
pub async fn owner_emptied(tx: &mut Tx, kind: &str, owner: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update attachments_link set owner_cleared_at = $3 where owner_id = $1 and owner_kind = $2 and owner_cleared_at is null"),
        args![owner, kind, now],
    )
    .await?;
    Ok(())
}

/// Files added before `before` whose owners of this kind are emptied: station, file, owner; at most `limit`, oldest first.
pub async fn due(r: &mut Reader, kind: &str, before: Timestamp, limit: i64) -> Result<Vec<(StationId, Uuid, Uuid)>> {
    let rows = r
        .rows(
            sql!("select station_id, id, owner_id from attachments_link where owner_cleared_at is not null and cleared_at is null and owner_kind = $1 and added_at < $2 order by added_at, id limit $3"),
            args![kind, before, limit],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("station_id")?, row.get("id")?, row.get("owner_id")?))).collect()
}

/// Forgets a file's name and, unless another record has the same content, the content; the digest stays as proof of what the
/// chain says was kept. 1, or 0 where it was done before.
pub async fn forget(tx: &mut Tx, id: Uuid) -> Result<u64> {
    let now = tx.now();
    let done = tx
        .exec(
            sql!("update attachments_link set file_name = $2, media_type = '', cleared_at = $3 where id = $1 and owner_cleared_at is not null and cleared_at is null"),
            args![id, EMPTIED, now],
        )
        .await?;
    if done == 1 {
        for statement in [
            sql!("delete from attachments_piece where digest = (select digest from attachments_link where id = $1) and not exists (select 1 from attachments_link o join attachments_link l on l.digest = o.digest where l.id = $1 and o.cleared_at is null)"),
            sql!("delete from attachments_blob where digest = (select digest from attachments_link where id = $1) and not exists (select 1 from attachments_link o join attachments_link l on l.digest = o.digest where l.id = $1 and o.cleared_at is null)"),
        ] {
            tx.exec(statement, args![id]).await?;
        }
    }
    Ok(done)
}
