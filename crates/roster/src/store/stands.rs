//! Stands at posts: from when to when somebody was there.

use crate::model::{Presence, Stand};
use crate::rules::load::Counts;
use kernel::{Date, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

/// The post of a shift.
async fn post_of(r: &mut Reader, station: StationId, shift: Uuid) -> Result<Uuid> {
    let rows = r.rows(sql!("select post_id from roster_shift where station_id = $1 and id = $2"), args![station, shift]).await?;
    rows.first().ok_or(kernel::Error::NotFound("这个班次"))?.get("post_id")
}

/// Begins a stand of a duty that ends at `due`; false when one of the person is open for that duty.
pub async fn insert_stand(tx: &mut Tx, station: StationId, user: UserId, day: Date, shift: Uuid, due: Timestamp) -> Result<bool> {
    let post = post_of(tx, station, shift).await?;
    let (id, now): (Uuid, _) = (tx.fresh(), tx.now());
    let n = tx
        .exec(
            sql!("insert into roster_stand (station_id, id, user_id, day, shift_id, post_id, began_at, due_at, ended_why) values ($1, $2, $3, $4, $5, $6, $7, $8, '') on conflict do nothing"),
            args![station, id, user, day, shift, post, now, due],
        )
        .await?;
    Ok(n == 1)
}

/// Ends a stand now; stale when somebody ended it meanwhile.
pub async fn end_stand(tx: &mut Tx, station: StationId, id: Uuid, why: &str) -> Result<()> {
    let now = tx.now();
    super::stale(tx.exec(sql!("update roster_stand set ended_at = $3, ended_why = $4 where station_id = $1 and id = $2 and ended_at is null"), args![station, id, now, why]).await?)
}

/// Ends a stand at a moment that a person says afterwards.
pub async fn tell_end(tx: &mut Tx, station: StationId, id: Uuid, at: Timestamp, why: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    super::stale(
        tx.exec(
            sql!("update roster_stand set ended_at = $3, ended_why = $4, set_at = $5, set_by = $6 where station_id = $1 and id = $2 and ended_at is null"),
            args![station, id, at, why, now, by],
        )
        .await?,
    )
}

/// One stand.
pub async fn stand(r: &mut Reader, station: StationId, id: Uuid) -> Result<Stand> {
    r.one(
        "这次在岗",
        sql!("select id, user_id, day, shift_id, post_id, began_at, due_at, ended_at, ended_why, set_at, set_by from roster_stand where station_id = $1 and id = $2"),
        args![station, id],
    )
    .await
}

/// Stands of duties of days of the span.
pub async fn stands(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Stand>> {
    r.all(
        sql!("select id, user_id, day, shift_id, post_id, began_at, due_at, ended_at, ended_why, set_at, set_by from roster_stand where station_id = $1 and day >= $2 and day <= $3 order by began_at, id limit 20000"),
        args![station, from, until],
    )
    .await
}

/// Open stands of a station, the oldest first.
pub async fn open_stands(r: &mut Reader, station: StationId) -> Result<Vec<Stand>> {
    r.all(
        sql!("select id, user_id, day, shift_id, post_id, began_at, due_at, ended_at, ended_why, set_at, set_by from roster_stand where station_id = $1 and ended_at is null order by began_at, id limit 500"),
        args![station],
    )
    .await
}

/// Open stands of a person whose post is of kind 窗口.
pub async fn at_window(r: &mut Reader, station: StationId, user: UserId) -> Result<Vec<Uuid>> {
    let rows = r
        .rows(
            sql!("select s.id from roster_stand s join roster_post p on p.station_id = s.station_id and p.id = s.post_id where s.station_id = $1 and s.user_id = $2 and s.ended_at is null and p.kind = 'window' order by s.began_at limit 10"),
            args![station, user],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Stands that are open past the end of their duty and were not told yet: station, stand, person.
pub async fn forgotten(r: &mut Reader, before: Timestamp) -> Result<Vec<(StationId, Uuid, UserId)>> {
    let rows = r
        .rows(sql!("select station_id, id, user_id from roster_stand where due_at <= $1 and ended_at is null and told_at is null order by due_at limit 200"), args![before])
        .await?;
    rows.iter().map(|row| Ok((row.get("station_id")?, row.get("id")?, row.get("user_id")?))).collect()
}

/// Marks that a forgotten end was told; false when it ended meanwhile.
pub async fn mark_told(tx: &mut Tx, station: StationId, id: Uuid) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(sql!("update roster_stand set told_at = $3 where station_id = $1 and id = $2 and ended_at is null and told_at is null"), args![station, id, now]).await? == 1)
}

/// The sign-in of a person for a duty.
pub async fn presence_of(r: &mut Reader, station: StationId, user: UserId, day: Date, shift: Uuid) -> Result<Option<Presence>> {
    r.opt(
        sql!("select user_id, day, shift_id, at, by_user, note from roster_presence where station_id = $1 and day = $2 and shift_id = $3 and user_id = $4"),
        args![station, day, shift, user],
    )
    .await
}

/// Every shift that the station ever had: which share of it counts as working hours.
pub async fn counts(r: &mut Reader, station: StationId) -> Result<Vec<Counts>> {
    let rows = r
        .rows(
            sql!("select s.id, p.paid_percent from roster_shift s join roster_post p on p.station_id = s.station_id and p.id = s.post_id where s.station_id = $1 order by s.id limit 2000"),
            args![station],
        )
        .await?;
    rows.iter().map(|row| Ok(Counts { shift: row.get("id")?, paid_percent: row.get("paid_percent")? })).collect()
}

/// Every post that the station ever had: id, name, whether it is a 窗口.
pub async fn post_names(r: &mut Reader, station: StationId) -> Result<Vec<(Uuid, String, bool)>> {
    let rows = r.rows(sql!("select id, name, kind from roster_post where station_id = $1 order by position, name limit 500"), args![station]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?, row.get::<String>("kind")? == "window"))).collect()
}

/// Every shift that the station ever had, with its post.
pub async fn shift_posts(r: &mut Reader, station: StationId) -> Result<Vec<(Uuid, Uuid)>> {
    let rows = r.rows(sql!("select id, post_id from roster_shift where station_id = $1 order by id limit 2000"), args![station]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("post_id")?))).collect()
}
