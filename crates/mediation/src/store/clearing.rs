//! 到期清理 of the texts of disputes: what was told, said and agreed; codes, moments, states and results stay for the figures.

use kernel::{AttachmentId, DisputeId, PersonId, Reader, Result, Timestamp, Tx, Uuid, args, sql};
use people::store::Due;

/// What stands in the place of a title.
pub const EMPTIED: &str = "内容已到期清理";

/// Ended before `before` and not emptied: those that were only told where to go (告知分流), or all others. Oldest first.
async fn ended(r: &mut Reader, before: Timestamp, referred: bool) -> Result<Vec<Due>> {
    r.all(
        sql!("select station_id, id from mediation_dispute where closed_at is not null and cleared_at is null and closed_at < $1 and (coalesce(outcome, '') = 'referred') = $2 order by closed_at, id limit $3"),
        args![before, referred, people::actions::MAX_RUN],
    )
    .await
}

/// Whether a hold stands on the dispute, on its report, or on one of its parties.
async fn is_held(r: &mut Reader, id: DisputeId) -> Result<bool> {
    let rows = r.rows(sql!("select incident_id from mediation_dispute where id = $1 and incident_id is not null"), args![id]).await?;
    let mut records: Vec<Uuid> = rows.iter().map(|row| row.get("incident_id")).collect::<Result<_>>()?;
    records.push(id.0);
    if !people::store::held_records(r, &records).await?.is_empty() {
        return Ok(true);
    }
    let rows = r.rows(sql!("select person_id from mediation_party where dispute_id = $1"), args![id]).await?;
    let parties: Vec<PersonId> = rows.iter().map(|row| row.get("person_id")).collect::<Result<_>>()?;
    Ok(!people::store::held_persons(r, &parties).await?.is_empty())
}

/// What is due, without what is held; how many there are; how many are held.
pub async fn due(r: &mut Reader, before: Timestamp, referred: bool) -> Result<(Vec<Due>, i64, i64)> {
    let (mut free, mut held) = (vec![], 0);
    for d in ended(r, before, referred).await? {
        if is_held(r, DisputeId(d.id)).await? {
            held += 1;
        } else {
            free.push(d);
        }
    }
    let n = free.len() as i64;
    Ok((free, n, held))
}

/// Files of emptied disputes whose own period is over, without what is held; how many there are; how many are held.
pub async fn due_files(r: &mut Reader, before: Timestamp) -> Result<(Vec<Due>, i64, i64)> {
    let (mut free, mut held) = (vec![], 0);
    for (station_id, id, owner) in attachments::due(r, "dispute", before, people::actions::MAX_RUN).await? {
        if is_held(r, DisputeId(owner)).await? {
            held += 1;
        } else {
            free.push(Due { id, station_id });
        }
    }
    let n = free.len() as i64;
    Ok((free, n, held))
}

/// Forgets one file of an emptied dispute. 0 when a hold was placed in between.
pub async fn forget_file(tx: &mut Tx, id: Uuid) -> Result<u64> {
    let owner = attachments::owner_of(tx, AttachmentId(id)).await?;
    if is_held(tx, DisputeId(owner.owner_id)).await? { Ok(0) } else { attachments::forget(tx, id).await }
}

/// Empties the texts of one dispute. 0 when it was taken up again, or a hold was placed in between.
pub async fn empty(tx: &mut Tx, id: DisputeId) -> Result<u64> {
    if is_held(tx, id).await? {
        return Ok(0);
    }
    let now = tx.now();
    let done = tx
        .exec(
            sql!("update mediation_dispute set title = $2, summary = '', place_text = '', told = '', plan = '', address_id = null, other_address_id = null, cleared_at = $3, version = version + 1 where id = $1 and closed_at is not null and cleared_at is null"),
            args![id, EMPTIED, now],
        )
        .await?;
    if done == 0 {
        return Ok(0);
    }
    for statement in [
        sql!("update mediation_party set guardian = '', agent_name = '', agent_relation = '', guardian_exempt = '' where dispute_id = $1"),
        sql!("update mediation_gate set why = '' where dispute_id = $1"),
        sql!("update mediation_fact set note = '' where dispute_id = $1"),
        sql!("update mediation_talk set place = '', mediator = '', text = '', recording_no = '' where dispute_id = $1"),
        sql!("update mediation_agreement set mediator = '', facts = '', points = '', duties = '', place = '', recorder = '', identity_note = '', recording_no = '' where dispute_id = $1"),
        sql!("update mediation_obligation set text = '', how = '', proof = '', term_why = '' where dispute_id = $1"),
        sql!("update mediation_follow_up set interviewee = '', note = '', suit = '', signs = '', measures = '' where dispute_id = $1"),
        sql!("update mediation_warning set facts = '', prohibition = '', committee_told = '' where dispute_id = $1"),
        sql!("update mediation_link set note = '' where dispute_id = $1"),
        sql!("update mediation_log set note = '' where dispute_id = $1 and note <> ''"),
        sql!("update mediation_track set why = '' where dispute_id = $1"),
        sql!("update mediation_clock set why = '' where dispute_id = $1"),
        sql!("update mediation_handover set told = '', why = '', answered_by = '' where dispute_id = $1"),
        sql!("update mediation_application set what = '', why = '' where dispute_id = $1"),
        sql!("update mediation_confirmation set note = '' where dispute_id = $1"),
        sql!("update mediation_self_settlement set what = '', opinion = '' where dispute_id = $1"),
        sql!("update mediation_relation set reasons = '', note = '' where dispute_id = $1"),
        sql!("update mediation_level set why = '' where dispute_id = $1"),
        sql!("update mediation_decision set note = '' where dispute_id = $1"),
    ] {
        tx.exec(statement, args![id]).await?;
    }
    tx.unindex(id.0).await?;
    attachments::owner_emptied(tx, "dispute", id.0).await?;
    Ok(1)
}
