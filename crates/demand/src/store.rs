//! The only SQL of the domain. Imported arrivals are added and never altered; needs that were made are appended.

use crate::model::{Hours, KindPlan, Made, Past, Promise, Stretch};
use kernel::row::Json;
use kernel::{Date, Reader, Result, StationId, Tx, Uuid, args, sql};

/// Imported arrivals since a day, of one service or of all.
pub async fn past(r: &mut Reader, station: StationId, service: Option<Uuid>, since: Date) -> Result<Vec<Past>> {
    match service {
        Some(id) => {
            r.all(
                sql!("select service_id, day, minute, people, by_slot from demand_past where station_id = $1 and service_id = $2 and day >= $3 order by day desc, minute limit 60000"),
                args![station, id, since],
            )
            .await
        }
        None => {
            r.all(
                sql!("select service_id, day, minute, people, by_slot from demand_past where station_id = $1 and day >= $2 order by day desc, minute, service_id limit 60000"),
                args![station, since],
            )
            .await
        }
    }
}

/// What is known of a quarter hour, and by which kind of file the day came.
pub async fn past_at(r: &mut Reader, station: StationId, service: Uuid, day: Date, minute: i64) -> Result<(Option<i64>, Option<bool>)> {
    let at: Option<Past> = r
        .opt(
            sql!("select service_id, day, minute, people, by_slot from demand_past where station_id = $1 and service_id = $2 and day = $3 and minute = $4"),
            args![station, service, day, minute],
        )
        .await?;
    let any: Option<Past> = r
        .opt(
            sql!("select service_id, day, minute, people, by_slot from demand_past where station_id = $1 and service_id = $2 and day = $3 limit 1"),
            args![station, service, day],
        )
        .await?;
    Ok((at.map(|p| p.people), any.map(|p| p.by_slot)))
}

/// Writes a quarter hour, or adds to it the people of one line each.
pub async fn add_past(tx: &mut Tx, station: StationId, p: &Past) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into demand_past (station_id, service_id, day, minute, people, by_slot, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (station_id, service_id, day, minute) do update set people = demand_past.people + excluded.people"),
        args![station, p.service_id, p.day, p.minute, p.people, p.by_slot, now, user],
    )
    .await?;
    Ok(())
}

/// Keeps what became the need of a post.
#[allow(clippy::too_many_arguments)] // one row, one statement
pub async fn insert_made(tx: &mut Tx, station: StationId, post: Uuid, promise: Promise, hours: &Hours, kinds: &[KindPlan], needs: &[Stretch], basis: &str) -> Result<Uuid> {
    let (id, now, user): (Uuid, _, _) = (tx.fresh(), tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into demand_need (station_id, id, post_id, share, minutes, hours, kinds, needs, basis, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        args![station, id, post, promise.share, promise.minutes, Json(hours.clone()), Json(kinds.to_vec()), Json(needs.to_vec()), basis, now, user],
    )
    .await?;
    Ok(id)
}

/// The newest need made for a post.
pub async fn newest_made(r: &mut Reader, station: StationId, post: Uuid) -> Result<Option<Made>> {
    r.opt(
        sql!("select station_id, id, post_id, share, minutes, hours, kinds, needs, basis, at, by_user from demand_need where station_id = $1 and post_id = $2 order by at desc, id desc limit 1"),
        args![station, post],
    )
    .await
}

/// Needs made for a post, the newest first.
pub async fn made(r: &mut Reader, station: StationId, post: Uuid) -> Result<Vec<Made>> {
    r.all(
        sql!("select station_id, id, post_id, share, minutes, hours, kinds, needs, basis, at, by_user from demand_need where station_id = $1 and post_id = $2 order by at desc, id desc limit 60"),
        args![station, post],
    )
    .await
}
