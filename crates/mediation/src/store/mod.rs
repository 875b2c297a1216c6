//! The only SQL of the domain: the dispute here, what hangs on it in [`parts`], its tracks, clocks and
//! relations in [`tracks`], the register in [`query`].

pub mod clearing;
pub mod parts;
pub mod query;
pub mod tracks;

use crate::model::{Dispute, NewDispute, Outcome, State, Step, Track};
use kernel::calendar::Counted;
use kernel::{
    AddressId, BeatId, BuildingId, Date, DisputeId, Error, GridId, IncidentId, Reader, Result, Tx, UserId, Uuid, args, sql,
};

/// Where it is, as far as known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Where {
    pub address: Option<AddressId>,
    pub other: Option<AddressId>,
    pub building: Option<BuildingId>,
    pub grid: Option<GridId>,
    pub beat: Option<BeatId>,
}

/// What the station decides on opening: number (text, year, running number), level, owner, first state.
pub struct Opened<'a> {
    pub number: (&'a str, i64, i64),
    pub level: &'a str,
    pub owner: UserId,
    pub state: State,
}

/// Writes a new dispute.
pub async fn insert(tx: &mut Tx, id: DisputeId, new: &NewDispute, place: &Where, opened: Opened<'_>) -> Result<()> {
    let Opened { number, level, owner, state } = opened;
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    tx.exec(
        sql!("insert into mediation_dispute (station_id, id, number, year, n, source_code, incident_id, opened_at, opened_by, title, summary, place_text, address_id, other_address_id, building_id, grid_id, beat_id, judicial, police, causes, level, owner_id, domestic_violence, state, deadline_provisional, sessions, told, plan, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, 0, '', '', 1)"),
        args![
            station, id, number.0, number.1, number.2, &new.source_code, new.incident, now, user, &new.title, &new.summary,
            &new.place, place.address, place.other, place.building, place.grid, place.beat, new.judicial.clone(),
            new.police.clone(), new.causes.join(","), level, owner, new.domestic_violence, state, false
        ],
    )
    .await?;
    remember(tx, id).await
}

/// Appends terms and categories as they stand after a change; figures read them as known on any moment.
async fn remember(tx: &mut Tx, id: DisputeId) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into mediation_history (station_id, dispute_id, n, at, judicial, police, level, accepted_on, deadline, paused_on) select d.station_id, d.id, (select coalesce(max(h.n), 0) + 1 from mediation_history h where h.station_id = d.station_id and h.dispute_id = d.id), $2, d.judicial, d.police, d.level, d.accepted_on, d.deadline, d.paused_on from mediation_dispute d where d.id = $1"),
        args![id, now],
    )
    .await?;
    Ok(())
}

/// One dispute, or `None`.
pub async fn find(r: &mut Reader, id: DisputeId) -> Result<Option<Dispute>> {
    r.saw("dispute", id);
    r.opt(
        sql!("select station_id, id, number, source_code, incident_id, opened_at, opened_by, title, summary, place_text, address_id, other_address_id, building_id, grid_id, beat_id, judicial, police, causes, level, owner_id, domestic_violence, state, track, outcome, accepted_on, deadline, deadline_provisional, paused_on, sessions, escalated, told, plan, closed_at, version, master_id, lead_id from mediation_dispute where id = $1"),
        args![id],
    )
    .await
}

pub async fn get(r: &mut Reader, id: DisputeId) -> Result<Dispute> {
    find(r, id).await?.ok_or(Error::NotFound("这起纠纷"))
}

/// Their numbers only, of any station; a number tells nothing of a person and is no look.
pub async fn numbers(r: &mut Reader, ids: &[DisputeId]) -> Result<Vec<(DisputeId, String)>> {
    let rows = r.rows(sql!("select id, number from mediation_dispute where id in @ids($1)"), args![kernel::row::ids(ids)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("number")?))).collect()
}

/// The dispute opened from an incident, newest first.
pub async fn of_incident(r: &mut Reader, id: IncidentId) -> Result<Option<(DisputeId, String, State)>> {
    let rows = r
        .rows(
            sql!("select id, number, state from mediation_dispute where incident_id = $1 order by opened_at desc limit 1"),
            args![id],
        )
        .await?;
    rows.first().map(|row| Ok((row.get("id")?, row.get("number")?, row.get("state")?))).transpose()
}

/// The new state with its outcome; a closed one keeps the moment.
pub async fn set_state(tx: &mut Tx, d: &Dispute, state: State, outcome: Option<Outcome>) -> Result<()> {
    let closed = (state == State::Closed).then(|| d.closed_at.unwrap_or(tx.now()));
    tx.exec_one(
        "这起纠纷",
        sql!("update mediation_dispute set state = $2, outcome = $3, closed_at = $4, version = version + 1 where id = $1 and state = $5"),
        args![d.id, state, outcome, closed, d.state],
    )
    .await
}

pub async fn set_track(tx: &mut Tx, id: DisputeId, track: Track, on: Date, deadline: Option<Counted>) -> Result<()> {
    tx.exec(
        sql!("update mediation_dispute set track = $2, accepted_on = coalesce(accepted_on, $3), deadline = $4, deadline_provisional = $5, paused_on = null, sessions = 0 where id = $1"),
        args![id, track, on, deadline.map(|d| d.date), deadline.is_some_and(|d| d.provisional)],
    )
    .await?;
    remember(tx, id).await
}

/// Another deadline (second session, resumption, extension).
pub async fn set_deadline(tx: &mut Tx, id: DisputeId, deadline: Option<Date>, provisional: bool, paused: Option<Date>) -> Result<()> {
    tx.exec(
        sql!("update mediation_dispute set deadline = $2, deadline_provisional = $3, paused_on = $4 where id = $1"),
        args![id, deadline, provisional, paused],
    )
    .await?;
    remember(tx, id).await
}

pub async fn count_session(tx: &mut Tx, id: DisputeId) -> Result<()> {
    tx.exec(sql!("update mediation_dispute set sessions = sessions + 1 where id = $1"), args![id]).await?;
    Ok(())
}

pub async fn set_plan(tx: &mut Tx, id: DisputeId, plan: &str) -> Result<()> {
    tx.exec(sql!("update mediation_dispute set plan = $2, version = version + 1 where id = $1"), args![id, plan]).await?;
    Ok(())
}

pub async fn set_told(tx: &mut Tx, id: DisputeId, told: &str) -> Result<()> {
    tx.exec(sql!("update mediation_dispute set told = $2 where id = $1"), args![id, told]).await?;
    Ok(())
}

pub async fn set_level(tx: &mut Tx, id: DisputeId, level: &str) -> Result<()> {
    tx.exec(sql!("update mediation_dispute set level = $2, version = version + 1 where id = $1"), args![id, level]).await?;
    remember(tx, id).await
}

/// The master it was merged into, or none when it is taken up again.
pub async fn set_master(tx: &mut Tx, id: DisputeId, master: Option<DisputeId>) -> Result<()> {
    tx.exec(sql!("update mediation_dispute set master_id = $2, version = version + 1 where id = $1"), args![id, master]).await?;
    Ok(())
}

/// 包案领导
pub async fn set_lead(tx: &mut Tx, id: DisputeId, lead: UserId) -> Result<()> {
    tx.exec(sql!("update mediation_dispute set lead_id = $2, version = version + 1 where id = $1"), args![id, lead]).await?;
    Ok(())
}

pub async fn set_escalated(tx: &mut Tx, id: DisputeId, to: crate::model::Escalation) -> Result<()> {
    tx.exec(sql!("update mediation_dispute set escalated = $2 where id = $1"), args![id, to]).await?;
    Ok(())
}

pub async fn set_violence(tx: &mut Tx, id: DisputeId) -> Result<()> {
    tx.exec(
        sql!("update mediation_dispute set domestic_violence = $2, track = null, deadline = null where id = $1"),
        args![id, true],
    )
    .await?;
    remember(tx, id).await
}

/// What may be changed on the registration; 0 when it is no longer at `version`.
#[derive(Clone, Debug)]
pub struct Edit {
    pub title: String,
    pub summary: String,
    pub judicial: Option<String>,
    pub police: Option<String>,
    pub causes: Vec<String>,
}

pub async fn update(tx: &mut Tx, id: DisputeId, version: i64, e: &Edit) -> Result<u64> {
    let n = tx.exec(
        sql!("update mediation_dispute set title = $3, summary = $4, judicial = $5, police = $6, causes = $7, version = version + 1 where id = $1 and version = $2"),
        args![id, version, &e.title, &e.summary, e.judicial.clone(), e.police.clone(), e.causes.join(",")],
    )
    .await?;
    if n > 0 {
        remember(tx, id).await?;
    }
    Ok(n)
}

/// Appends a line to the log with the state that holds after it, from `day` on.
pub async fn log(tx: &mut Tx, id: DisputeId, day: Date, step: Step, after: (State, Option<Outcome>), note: &str) -> Result<()> {
    let (now, station) = (tx.now(), tx.act().station);
    let (user, role) = (tx.act().actor.user, tx.act().actor.role);
    let line: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_log (station_id, id, dispute_id, n, at, day, by_user, by_role, step, state, outcome, note) values ($1, $2, $3, (select coalesce(max(n), 0) + 1 from mediation_log where dispute_id = $3), $4, $5, $6, $7, $8, $9, $10, $11)"),
        args![station, line, id, now, day, user, role, step, after.0, after.1, note],
    )
    .await?;
    Ok(())
}
