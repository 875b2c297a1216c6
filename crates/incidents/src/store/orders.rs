//! Dispatch orders, feedback and the append-only log.

use crate::model::{Dispatch, Feedback, LogLine, Step};
use kernel::{DispatchId, FeedbackId, IncidentId, Reader, Result, Role, Tx, UserId, Uuid, args, sql};

/// Appends a line to the log.
pub async fn log(tx: &mut Tx, incident: IncidentId, step: Step, to: Option<UserId>, note: &str) -> Result<()> {
    let (now, station) = (tx.now(), tx.act().station);
    let (user, role) = (tx.act().actor.user, tx.act().actor.role);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into incidents_log (station_id, id, incident_id, at, by_user, by_role, step, to_user, note) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![station, id, incident, now, user, role, step, to, note],
    )
    .await?;
    Ok(())
}

pub async fn log_of(r: &mut Reader, incident: IncidentId) -> Result<Vec<LogLine>> {
    r.all(
        sql!("select at, by_user, by_role, step, to_user, note from incidents_log where incident_id = $1 order by at, id limit 500"),
        args![incident],
    )
    .await
}

pub async fn insert(tx: &mut Tx, incident: IncidentId, target: UserId, role: Role, opinion: &str) -> Result<DispatchId> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: DispatchId = tx.fresh();
    tx.exec(
        sql!("insert into incidents_dispatch (station_id, id, incident_id, target_user, target_role, opinion, sent_by, sent_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, 1)"),
        args![station, id, incident, target, role, opinion, user, now],
    )
    .await?;
    Ok(id)
}

pub async fn of_incident(r: &mut Reader, incident: IncidentId) -> Result<Vec<Dispatch>> {
    r.all(
        sql!("select id, incident_id, target_user, target_role, opinion, sent_by, sent_at, signed_at, departed_at, arrived_at, returned_at, return_reason, finished_at from incidents_dispatch where incident_id = $1 and cancelled_at is null order by sent_at, id limit 50"),
        args![incident],
    )
    .await
}

/// Stamps the present moment on one step of an order that is not yet stamped.
pub async fn stamp(tx: &mut Tx, id: DispatchId, step: Step) -> Result<()> {
    let now = tx.now();
    let statement = match step {
        Step::Acknowledge => {
            sql!("update incidents_dispatch set signed_at = coalesce(signed_at, $2), version = version + 1 where id = $1")
        }
        Step::Depart => {
            sql!("update incidents_dispatch set departed_at = coalesce(departed_at, $2), version = version + 1 where id = $1")
        }
        Step::Arrive => {
            sql!("update incidents_dispatch set arrived_at = coalesce(arrived_at, $2), version = version + 1 where id = $1")
        }
        _ => {
            sql!("update incidents_dispatch set finished_at = coalesce(finished_at, $2), version = version + 1 where id = $1")
        }
    };
    tx.exec(statement, args![id, now]).await?;
    Ok(())
}

pub async fn give_back(tx: &mut Tx, id: DispatchId, reason: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update incidents_dispatch set returned_at = $2, return_reason = $3, finished_at = $2, version = version + 1 where id = $1 and returned_at is null"),
        args![id, now, reason],
    )
    .await?;
    Ok(())
}

pub async fn insert_feedback(
    tx: &mut Tx,
    incident: IncidentId,
    dispatch: Option<DispatchId>,
    fb: &crate::actions::NewFeedback,
) -> Result<FeedbackId> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: FeedbackId = tx.fresh();
    let kind = if fb.last { "final" } else { "interim" };
    tx.exec(
        sql!("insert into incidents_feedback (station_id, id, incident_id, dispatch_id, kind, by_user, at, text, found_category, result_code, injured, found_sub_category, place_kind, cause, means) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"),
        args![
            station, id, incident, dispatch, kind, user, now, &fb.text, fb.found_category, fb.result, fb.injured,
            fb.found_sub_category, fb.place_kind, fb.cause, fb.means
        ],
    )
    .await?;
    Ok(id)
}

pub async fn feedback_of(r: &mut Reader, incident: IncidentId) -> Result<Vec<Feedback>> {
    r.all(
        sql!("select id, kind, by_user, at, text, found_category, found_sub_category, place_kind, cause, means, result_code, injured from incidents_feedback where incident_id = $1 order by at, id limit 100"),
        args![incident],
    )
    .await
}
