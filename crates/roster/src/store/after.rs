//! Swaps, presence, calendar feeds.

use crate::model::{Presence, Swap, SwapState};
use kernel::{Date, Error, Reader, Result, StationId, Tx, UserId, Uuid, args, sql};

pub async fn insert_swap(tx: &mut Tx, station: StationId, s: &Swap) -> Result<()> {
    tx.exec(
        sql!("insert into roster_swap (station_id, id, plan_id, from_user, from_day, to_user, to_day, note, state, asked_at, why) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '')"),
        args![station, s.id, s.plan_id, s.from_user, s.from_day, s.to_user, s.to_day, &s.note, s.state, s.asked_at],
    )
    .await?;
    Ok(())
}

pub async fn swap(r: &mut Reader, station: StationId, id: Uuid) -> Result<Swap> {
    r.opt(
        sql!("select id, plan_id, from_user, from_day, to_user, to_day, note, state, asked_at, why from roster_swap where station_id = $1 and id = $2"),
        args![station, id],
    )
    .await?
    .ok_or(Error::NotFound("这个调班申请"))
}

/// Requests of the last two months, open ones first.
pub async fn swaps(r: &mut Reader, station: StationId, since: Date) -> Result<Vec<Swap>> {
    r.all(
        sql!("select id, plan_id, from_user, from_day, to_user, to_day, note, state, asked_at, why from roster_swap where station_id = $1 and from_day >= $2 order by case when state in ('asked', 'agreed') then 0 else 1 end, asked_at desc limit 200"),
        args![station, since],
    )
    .await
}

/// Moves a request on; refused when somebody else was faster.
pub async fn set_swap(tx: &mut Tx, station: StationId, s: &Swap, to: SwapState, why: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    let n = match to {
        SwapState::Agreed => {
            tx.exec(
                sql!("update roster_swap set state = $4, agreed_at = $5 where station_id = $1 and id = $2 and state = $3"),
                args![station, s.id, s.state, to, now],
            )
            .await?
        }
        _ => {
            tx.exec(
                sql!("update roster_swap set state = $4, decided_at = $5, decided_by = $6, why = $7 where station_id = $1 and id = $2 and state = $3"),
                args![station, s.id, s.state, to, now, user, why],
            )
            .await?
        }
    };
    super::stale(n)
}

/// Notes that somebody was at a post; once for each duty and person.
pub async fn insert_presence(tx: &mut Tx, station: StationId, user: UserId, day: Date, shift: Uuid, note: &str) -> Result<bool> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    let n = tx
        .exec(
            sql!("insert into roster_presence (station_id, user_id, day, shift_id, at, by_user, note) values ($1, $2, $3, $4, $5, $6, $7) on conflict (station_id, day, shift_id, user_id) do nothing"),
            args![station, user, day, shift, now, by, note],
        )
        .await?;
    Ok(n == 1)
}

pub async fn presence(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Presence>> {
    r.all(
        sql!("select user_id, day, shift_id, at, by_user, note from roster_presence where station_id = $1 and day >= $2 and day <= $3 order by day, at limit 2000"),
        args![station, from, until],
    )
    .await
}

/// A new secret address; the former one ends.
pub async fn set_feed(tx: &mut Tx, station: StationId, user: UserId, token: &[u8]) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into roster_feed (station_id, user_id, token, made_at) values ($1, $2, $3, $4) on conflict (station_id, user_id) do update set token = excluded.token, made_at = excluded.made_at"),
        args![station, user, token, now],
    )
    .await?;
    Ok(())
}

/// Ends the secret address.
pub async fn end_feed(tx: &mut Tx, station: StationId, user: UserId) -> Result<()> {
    tx.exec_one("日历订阅", sql!("delete from roster_feed where station_id = $1 and user_id = $2"), args![station, user]).await
}

/// Whose feed it is.
pub async fn feed(r: &mut Reader, token: &[u8]) -> Result<Option<(StationId, UserId)>> {
    let rows = r.rows(sql!("select station_id, user_id from roster_feed where token = $1"), args![token]).await?;
    rows.first().map(|row| Ok((row.get("station_id")?, row.get("user_id")?))).transpose()
}

/// Whether the person has a secret address.
pub async fn has_feed(r: &mut Reader, station: StationId, user: UserId) -> Result<bool> {
    Ok(r.count(sql!("select count(*) as n from roster_feed where station_id = $1 and user_id = $2"), args![station, user]).await? > 0)
}
