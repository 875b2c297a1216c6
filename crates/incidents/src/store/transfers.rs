//! Hand-overs to other bodies: findings with their clock, and what became of them.

use crate::model::{NewTaken, NewTold, Transfer, TransferDue, Way};
use kernel::{IncidentId, Reach, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

/// Findings of one incident that a page lists.
const LISTED: i64 = 20;
/// Hand-overs that one run of the clock, or one calendar, takes.
const MOST: i64 = 500;

/// A new finding with its clock.
pub async fn insert(tx: &mut Tx, t: &Transfer) -> Result<()> {
    tx.exec(
        sql!("insert into incidents_transfer (station_id, id, incident_id, reason, why, found_at, found_by, due, source, unit, paper_no, taken_by, taken_no, told_note, ended_why) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', '', '', '')"),
        args![t.station_id, t.id, t.incident_id, &t.reason, &t.why, t.found_at, t.found_by, t.due, &t.source, &t.unit],
    )
    .await?;
    Ok(())
}

/// All findings of an incident, newest first.
pub async fn of_incident(r: &mut Reader, incident: IncidentId) -> Result<Vec<Transfer>> {
    r.all(
        sql!("select station_id, id, incident_id, reason, why, found_at, found_by, due, source, unit, way, paper_no, handed_at, handed_by, taken_by, taken_no, taken_at, told, told_at, told_by, told_note, ended_at, ended_why from incidents_transfer where incident_id = $1 order by found_at desc, id desc limit $2"),
        args![incident, LISTED],
    )
    .await
}

/// The finding that stands now: neither withdrawn nor come back.
pub async fn standing(r: &mut Reader, incident: IncidentId) -> Result<Option<Transfer>> {
    Ok(of_incident(r, incident).await?.into_iter().find(|t| t.ended_at.is_none()))
}

/// To whom, how, when.
pub async fn set_handed(tx: &mut Tx, id: Uuid, unit: &str, way: Option<Way>, paper_no: &str, at: Timestamp) -> Result<()> {
    let user = tx.act().actor.user;
    tx.exec_one(
        "这次移交",
        sql!("update incidents_transfer set unit = $2, way = $3, paper_no = $4, handed_at = $5, handed_by = $6 where id = $1 and handed_at is null and ended_at is null"),
        args![id, unit, way, paper_no, at, user],
    )
    .await
}

/// The other side's receipt, once.
pub async fn set_taken(tx: &mut Tx, id: Uuid, taken: &NewTaken, at: Timestamp) -> Result<()> {
    tx.exec_one(
        "待登记的对方回执",
        sql!("update incidents_transfer set taken_by = $2, taken_no = $3, taken_at = $4 where id = $1 and taken_at is null and ended_at is null"),
        args![id, taken.by.trim(), taken.no.trim(), at],
    )
    .await
}

/// How and when the reporter was told, once.
pub async fn set_told(tx: &mut Tx, id: Uuid, told: &NewTold, at: Timestamp) -> Result<()> {
    let user = tx.act().actor.user;
    tx.exec_one(
        "待登记的告知",
        sql!("update incidents_transfer set told = $2, told_at = $3, told_by = $4, told_note = $5 where id = $1 and told_at is null and ended_at is null"),
        args![id, told.how, at, user, told.note.trim()],
    )
    .await
}

/// Withdrawn, come back, or overtaken by another end of the incident.
pub async fn end(tx: &mut Tx, id: Uuid, why: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec_one(
        "这次移交",
        sql!("update incidents_transfer set ended_at = $2, ended_by = $3, ended_why = $4 where id = $1 and ended_at is null"),
        args![id, now, user, why],
    )
    .await
}

/// Waiting hand-overs that are due before `until`, not yet warned of.
pub async fn to_warn(r: &mut Reader, until: Timestamp) -> Result<Vec<TransferDue>> {
    r.all(
        sql!("select t.station_id, t.id, t.incident_id, i.number, i.title, t.due from incidents_transfer t join incidents_intake i on i.id = t.incident_id where t.handed_at is null and t.ended_at is null and t.warned_at is null and t.due < $1 order by t.due limit $2"),
        args![until, MOST],
    )
    .await
}

/// Waiting hand-overs whose time is over, not yet written down as such.
pub async fn to_report(r: &mut Reader, now: Timestamp) -> Result<Vec<TransferDue>> {
    r.all(
        sql!("select t.station_id, t.id, t.incident_id, i.number, i.title, t.due from incidents_transfer t join incidents_intake i on i.id = t.incident_id where t.handed_at is null and t.ended_at is null and t.missed_at is null and t.due < $1 order by t.due limit $2"),
        args![now, MOST],
    )
    .await
}

/// Marks as warned; 0 when it no longer waits.
pub async fn mark_warned(tx: &mut Tx, id: Uuid) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("update incidents_transfer set warned_at = $2 where id = $1 and warned_at is null and handed_at is null and ended_at is null"),
        args![id, now],
    )
    .await
}

/// Marks as missed; 0 when it no longer waits.
pub async fn mark_missed(tx: &mut Tx, id: Uuid) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("update incidents_transfer set missed_at = $2 where id = $1 and missed_at is null and handed_at is null and ended_at is null"),
        args![id, now],
    )
    .await
}

/// Hand-overs and tellings that are due from `from` to `until` (excluded) inside the caller's reach, for the calendar; with the
/// word of what is due.
pub async fn due_between(r: &mut Reader, reach: &Reach, from: Timestamp, until: Timestamp) -> Result<Vec<(TransferDue, &'static str)>> {
    let (station, narrow, beats): (StationId, bool, Vec<kernel::BeatId>) = match reach {
        Reach::Station(s) => (*s, false, vec![]),
        Reach::Beats(s, beats) => (*s, true, beats.clone()),
        Reach::All | Reach::Grids(..) | Reach::Own(_) => return Ok(vec![]),
    };
    let me: UserId = r.act().actor.user;
    let rows = r
        .rows(
            sql!("select t.station_id, t.id, t.incident_id, i.number, i.title, t.due, t.handed_at from incidents_transfer t join incidents_intake i on i.id = t.incident_id where t.station_id = $1 and t.ended_at is null and (t.handed_at is null or t.told_at is null) and t.due > $2 and t.due <= $3 and (not $4 or i.beat_id in @ids($5) or i.registered_by = $6) order by t.due limit $7"),
            args![station, from, until, narrow, kernel::row::ids(&beats), me, MOST],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let handed: Option<Timestamp> = row.get("handed_at")?;
            Ok((kernel::FromRow::from_row(row)?, if handed.is_none() { "移交期限" } else { "告知报案人" }))
        })
        .collect()
}
