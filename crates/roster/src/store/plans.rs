//! Plans, duties as published, acknowledgements.

use super::stale;
use crate::model::{Ack, Clash, Duty, HeldDuty, Plan, PlanLine, PostDuty, Problem, State};
use kernel::row::Json;
use kernel::{Date, Error, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

/// Writes a new version; its number is the next of the month.
pub async fn insert_plan(tx: &mut Tx, p: &Plan) -> Result<()> {
    tx.exec(
        sql!("insert into roster_plan (station_id, id, month, n, origin, parent, state, problem, digest, cells, bound, seconds, progress, clash, changes, ended_how, started_at, beat_at, by_user, reason, version, bound_for) values ($1, $2, $3, (select coalesce(max(n), 0) + 1 from roster_plan where station_id = $1 and month = $3), $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, $15, $16, $17, 1, $18)"),
        args![
            p.station_id, p.id, p.month, p.origin, p.parent, p.state, p.problem, &p.digest, p.cells, p.bound, p.seconds,
            p.clash, p.changes, &p.ended_how, p.started_at, p.by_user, &p.reason, &p.bound_for
        ],
    )
    .await?;
    Ok(())
}

/// One version, or "not found".
pub async fn plan(r: &mut Reader, station: StationId, id: Uuid) -> Result<Plan> {
    r.opt(
        sql!("select station_id, id, month, n, origin, parent, state, problem, digest, cells, bound, bound_for, seconds, progress, clash, changes, ended_how, started_at, beat_at, stop_at, by_user, published_at, reason, version from roster_plan where station_id = $1 and id = $2"),
        args![station, id],
    )
    .await?
    .ok_or(Error::NotFound("这一版值班表"))
}

/// The best bound that any search of the month has proven for the model with this digest; 0, which always holds, for none.
pub async fn bound_of(r: &mut Reader, station: StationId, month: Date, model: &str) -> Result<i64> {
    let rows = r
        .rows(sql!("select coalesce(max(bound), 0) as bound from roster_plan where station_id = $1 and month = $2 and bound_for = $3"), args![station, month, model])
        .await?;
    rows.first().map_or(Ok(0), |row| row.get("bound"))
}

/// Versions of a month, newest first.
pub async fn versions(r: &mut Reader, station: StationId, month: Date) -> Result<Vec<PlanLine>> {
    r.all(
        sql!("select id, month, n, origin, state, started_at, published_at from roster_plan where station_id = $1 and month = $2 order by n desc limit 100"),
        args![station, month],
    )
    .await
}

/// The version of the month that holds.
pub async fn published(r: &mut Reader, station: StationId, month: Date) -> Result<Option<Plan>> {
    let row = r.rows(sql!("select id from roster_plan where station_id = $1 and month = $2 and state = 'published'"), args![station, month]).await?;
    match row.first() {
        Some(row) => plan(r, station, row.get("id")?).await.map(Some),
        None => Ok(None),
    }
}

/// Keeps the best so far of a running search and its sign of life; returns whether somebody asked it to stop.
pub async fn beat(tx: &mut Tx, station: StationId, id: Uuid, best: Option<(&Json<Vec<Vec<u8>>>, i64)>, progress: i64) -> Result<bool> {
    let now = tx.now();
    match best {
        Some((cells, bound)) => {
            tx.exec(
                sql!("update roster_plan set cells = $3, bound = $4, progress = $5, beat_at = $6 where station_id = $1 and id = $2 and state = 'running'"),
                args![station, id, cells, bound, progress, now],
            )
            .await?
        }
        None => {
            tx.exec(
                sql!("update roster_plan set progress = $3, beat_at = $4 where station_id = $1 and id = $2 and state = 'running'"),
                args![station, id, progress, now],
            )
            .await?
        }
    };
    stop_asked(tx, station, id).await
}

/// Whether the search should end.
pub async fn stop_asked(r: &mut Reader, station: StationId, id: Uuid) -> Result<bool> {
    Ok(r.count(sql!("select count(*) as n from roster_plan where station_id = $1 and id = $2 and (stop_at is not null or state <> 'running')"), args![station, id]).await? > 0)
}

/// Asks a running search to end; whether it was running.
pub async fn ask_stop(tx: &mut Tx, station: StationId, id: Uuid) -> Result<bool> {
    let now = tx.now();
    let running = tx.exec(sql!("update roster_plan set stop_at = coalesce(stop_at, $3) where station_id = $1 and id = $2 and state = 'running'"), args![station, id, now]).await?;
    Ok(running == 1)
}

/// How a search ended.
pub struct Ended {
    pub state: State,
    /// The best roster, when there is one.
    pub cells: Option<Json<Vec<Vec<u8>>>>,
    pub bound: i64,
    pub progress: i64,
    pub how: String,
    pub clash: Json<Option<Clash>>,
}

/// Ends a running search; one that is not running any more stays as it is.
pub async fn end_search(tx: &mut Tx, station: StationId, id: Uuid, e: &Ended) -> Result<u64> {
    let now = tx.now();
    if let Some(cells) = &e.cells {
        tx.exec(sql!("update roster_plan set cells = $3 where station_id = $1 and id = $2 and state = 'running'"), args![station, id, cells]).await?;
    }
    tx.exec(
        sql!("update roster_plan set state = $3, bound = $4, progress = $5, ended_how = $6, clash = $7, ended_at = $8, beat_at = $8, version = version + 1 where station_id = $1 and id = $2 and state = 'running'"),
        args![station, id, e.state, e.bound, e.progress, &e.how, e.clash, now],
    )
    .await
}

/// Running searches without a sign of life since `before`: station and version.
pub async fn silent(r: &mut Reader, before: Timestamp) -> Result<Vec<(StationId, Uuid, bool)>> {
    let rows = r.rows(sql!("select station_id, id, cells from roster_plan where state = 'running' and beat_at < $1 order by beat_at limit 100"), args![before]).await?;
    rows.iter().map(|row| Ok((row.get("station_id")?, row.get("id")?, row.get::<String>("cells")?.len() > 2))).collect()
}

/// Puts other cells into a version that may be edited.
pub async fn set_cells(tx: &mut Tx, p: &Plan, problem: &Json<Problem>, digest: &str, cells: &Json<Vec<Vec<u8>>>) -> Result<()> {
    let n = tx
        .exec(
            sql!("update roster_plan set cells = $4, problem = $5, digest = $6, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![p.station_id, p.id, p.version, cells, problem, digest],
        )
        .await?;
    stale(n)
}

/// Publishes a version: the former one of the month is superseded, duties are appended.
pub async fn publish(tx: &mut Tx, p: &Plan, reason: &str, duties: &[(Duty, Uuid)]) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update roster_plan set state = 'superseded', superseded_at = $3, version = version + 1 where station_id = $1 and month = $2 and state = 'published'"),
        args![p.station_id, p.month, now],
    )
    .await?;
    let n = tx
        .exec(
            sql!("update roster_plan set state = 'published', published_at = $4, reason = $5, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![p.station_id, p.id, p.version, now, reason],
        )
        .await?;
    stale(n)?;
    for (d, post) in duties {
        tx.exec(
            sql!("insert into roster_duty (station_id, plan_id, user_id, day, shift_id, post_id, post, shift, code, starts_at, ends_at, night, day_type) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"),
            args![p.station_id, p.id, d.user_id, d.day, d.shift_id, *post, &d.post, &d.shift, &d.code, d.starts_at, d.ends_at, d.night, d.day_type],
        )
        .await?;
    }
    Ok(())
}

/// Duties that hold on days of the span, by day, beginning and person.
pub async fn duties(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Duty>> {
    r.all(
        sql!("select d.plan_id, d.user_id, d.day, d.shift_id, d.post, d.shift, d.code, d.starts_at, d.ends_at, d.night, d.day_type from roster_duty d join roster_plan p on p.station_id = d.station_id and p.id = d.plan_id where d.station_id = $1 and d.day >= $2 and d.day <= $3 and p.state = 'published' order by d.day, d.starts_at, d.post, d.user_id limit 20000"),
        args![station, from, until],
    )
    .await
}

/// Duties of one person that hold on days of the span.
pub async fn duties_of(r: &mut Reader, user: UserId, from: Date, until: Date) -> Result<Vec<Duty>> {
    r.all(
        sql!("select d.plan_id, d.user_id, d.day, d.shift_id, d.post, d.shift, d.code, d.starts_at, d.ends_at, d.night, d.day_type from roster_duty d join roster_plan p on p.station_id = d.station_id and p.id = d.plan_id where d.user_id = $1 and d.day >= $2 and d.day <= $3 and p.state = 'published' order by d.day, d.starts_at limit 400"),
        args![user, from, until],
    )
    .await
}

/// Nights, weekends and holidays of each person on days of the span.
pub async fn carried(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<(UserId, [i64; 3])>> {
    let rows = r
        .rows(
            sql!("select d.user_id, sum(case when d.night then 1 else 0 end) as nights, sum(case when d.day_type = 'rest' then 1 else 0 end) as rests, sum(case when d.day_type = 'holiday' then 1 else 0 end) as holidays from roster_duty d join roster_plan p on p.station_id = d.station_id and p.id = d.plan_id where d.station_id = $1 and d.day >= $2 and d.day <= $3 and p.state = 'published' group by d.user_id limit 1000"),
            args![station, from, until],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("user_id")?, [row.get("nights")?, row.get("rests")?, row.get("holidays")?]))).collect()
}

/// Asks a person to say that they know; with a moment when an earlier answer still holds.
pub async fn ask_ack(tx: &mut Tx, station: StationId, plan: Uuid, user: UserId, acked: Option<Timestamp>) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into roster_ack (station_id, plan_id, user_id, asked_at, acked_at) values ($1, $2, $3, $4, $5)"),
        args![station, plan, user, now, acked],
    )
    .await?;
    Ok(())
}

/// The person knows; false when nothing was open.
pub async fn ack(tx: &mut Tx, station: StationId, plan: Uuid, user: UserId) -> Result<bool> {
    let now = tx.now();
    let n = tx
        .exec(
            sql!("update roster_ack set acked_at = $4 where station_id = $1 and plan_id = $2 and user_id = $3 and acked_at is null"),
            args![station, plan, user, now],
        )
        .await?;
    Ok(n == 1)
}

/// Who was asked and who answered.
pub async fn acks(r: &mut Reader, station: StationId, plan: Uuid) -> Result<Vec<Ack>> {
    r.all(sql!("select user_id, asked_at, acked_at from roster_ack where station_id = $1 and plan_id = $2 order by user_id limit 500"), args![station, plan]).await
}

/// Published versions that a person has not answered yet.
pub async fn open_acks(r: &mut Reader, station: StationId, user: UserId) -> Result<Vec<PlanLine>> {
    r.all(
        sql!("select p.id, p.month, p.n, p.origin, p.state, p.started_at, p.published_at from roster_ack a join roster_plan p on p.station_id = a.station_id and p.id = a.plan_id where a.station_id = $1 and a.user_id = $2 and a.acked_at is null and p.state = 'published' order by p.month limit 12"),
        args![station, user],
    )
    .await
}

/// Duties on days of the span, of every version that was ever published, with the time in which that version held.
pub async fn post_duties(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<PostDuty>> {
    r.all(
        sql!("select d.post_id, d.starts_at, d.ends_at, p.published_at as since, p.superseded_at as until from roster_duty d join roster_plan p on p.station_id = d.station_id and p.id = d.plan_id where d.station_id = $1 and d.day >= $2 and d.day <= $3 and p.published_at is not null order by d.day, d.starts_at limit 40000"),
        args![station, from, until],
    )
    .await
}

/// The same with the people, in the order of the posts.
pub async fn held_duties(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<HeldDuty>> {
    r.all(
        sql!("select d.user_id, d.day, d.shift_id, d.post, d.shift, x.kind, x.position, d.starts_at, d.ends_at, p.published_at as since, p.superseded_at as until from roster_duty d join roster_plan p on p.station_id = d.station_id and p.id = d.plan_id join roster_post x on x.station_id = d.station_id and x.id = d.post_id where d.station_id = $1 and d.day >= $2 and d.day <= $3 and p.published_at is not null order by x.position, x.id, d.starts_at, d.user_id, p.published_at limit 20000"),
        args![station, from, until],
    )
    .await
}

/// When which month of the span had a published roster: first day, since, until.
pub async fn publications(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<(Date, Timestamp, Option<Timestamp>)>> {
    let rows = r
        .rows(
            sql!("select month, published_at, superseded_at from roster_plan where station_id = $1 and month >= $2 and month <= $3 and published_at is not null order by month, published_at limit 400"),
            args![station, from.first_of_month(), until],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("month")?, row.get("published_at")?, row.get("superseded_at")?))).collect()
}

/// First days of the months of the span that have a published roster.
pub async fn published_months(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Date>> {
    let rows = r
        .rows(
            sql!("select month from roster_plan where station_id = $1 and month >= $2 and month <= $3 and state = 'published' order by month limit 100"),
            args![station, from.first_of_month(), until],
        )
        .await?;
    rows.iter().map(|row| row.get("month")).collect()
}
