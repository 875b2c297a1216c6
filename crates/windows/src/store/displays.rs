//! Links of the displays in the waiting hall.

use crate::model::Screen;
use kernel::{Reader, Result, StationId, Tx, Uuid, args, sql};

/// The station's links, those in use first, the newest first.
pub async fn screens(r: &mut Reader, station: StationId) -> Result<Vec<Screen>> {
    r.all(
        sql!("select station_id, id, name, made_at, made_by, revoked_at from windows_display where station_id = $1 order by case when revoked_at is null then 0 else 1 end, made_at desc, id limit 100"),
        args![station],
    )
    .await
}

/// How many links are in use.
pub async fn screens_in_use(r: &mut Reader, station: StationId) -> Result<i64> {
    r.count(sql!("select count(*) as n from windows_display where station_id = $1 and revoked_at is null"), args![station]).await
}

/// One link.
pub async fn screen(r: &mut Reader, station: StationId, id: Uuid) -> Result<Screen> {
    r.one("这个大屏链接", sql!("select station_id, id, name, made_at, made_by, revoked_at from windows_display where station_id = $1 and id = $2"), args![station, id]).await
}

/// The link of a code.
pub async fn screen_by_hash(r: &mut Reader, hash: &[u8]) -> Result<Option<Screen>> {
    r.opt(sql!("select station_id, id, name, made_at, made_by, revoked_at from windows_display where hash = $1"), args![hash]).await
}

/// A new link.
pub async fn insert_screen(tx: &mut Tx, station: StationId, id: Uuid, name: &str, hash: &[u8]) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into windows_display (station_id, id, name, hash, made_at, made_by) values ($1, $2, $3, $4, $5, $6)"),
        args![station, id, name, hash, now, by],
    )
    .await?;
    Ok(())
}

/// Ends a link that is in use.
pub async fn end_screen(tx: &mut Tx, station: StationId, id: Uuid) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec_one(
        "这个大屏链接",
        sql!("update windows_display set revoked_at = $3, revoked_by = $4 where station_id = $1 and id = $2 and revoked_at is null"),
        args![station, id, now, by],
    )
    .await
}
