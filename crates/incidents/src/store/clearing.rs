//! 到期清理 of the texts of reports: what was told, where, by whom it can be found; codes and moments stay for the figures.

use kernel::{AttachmentId, IncidentId, PersonId, Reader, Result, Timestamp, Tx, args, sql};
use people::store::Due;

/// What stands in the place of a title.
pub const EMPTIED: &str = "内容已到期清理";

/// Ended before `before` and not emptied: invalid ones, or all others. With the reporter; oldest first.
async fn ended(r: &mut Reader, before: Timestamp, invalid: bool) -> Result<Vec<(Due, Option<PersonId>)>> {
    let rows = r
        .rows(
            sql!("select station_id, id, reporter_id from incidents_intake where closed_at is not null and cleared_at is null and closed_at < $1 and (state = 'invalid') = $2 order by closed_at, id limit $3"),
            args![before, invalid, people::actions::MAX_RUN],
        )
        .await?;
    rows.iter().map(|row| Ok((kernel::FromRow::from_row(row)?, row.get("reporter_id")?))).collect()
}

/// What is due, without what is held itself or by the reporter; how many there are; how many are held.
pub async fn due(r: &mut Reader, before: Timestamp, invalid: bool) -> Result<(Vec<Due>, i64, i64)> {
    let all = ended(r, before, invalid).await?;
    let ids: Vec<kernel::Uuid> = all.iter().map(|(d, _)| d.id).collect();
    let held = people::store::held_records(r, &ids).await?;
    let reporters: Vec<PersonId> = all.iter().filter_map(|(_, p)| *p).collect();
    let held_people = people::store::held_persons(r, &reporters).await?;
    let total = all.len();
    let free: Vec<Due> = all
        .into_iter()
        .filter(|(d, p)| !held.contains(&d.id) && !p.is_some_and(|p| held_people.contains(&p)))
        .map(|(d, _)| d)
        .collect();
    let n = free.len();
    Ok((free, n as i64, (total - n) as i64))
}

/// Whether a hold stands on the report or on its reporter.
async fn is_held(r: &mut Reader, id: IncidentId) -> Result<bool> {
    let reporter: Vec<PersonId> = r
        .rows(sql!("select reporter_id from incidents_intake where id = $1 and reporter_id is not null"), args![id])
        .await?
        .iter()
        .map(|row| row.get("reporter_id"))
        .collect::<Result<_>>()?;
    Ok(!people::store::held_records(r, &[id.0]).await?.is_empty() || !people::store::held_persons(r, &reporter).await?.is_empty())
}

/// Files of emptied reports whose own period is over, without what is held; how many there are; how many are held.
pub async fn due_files(r: &mut Reader, before: Timestamp) -> Result<(Vec<Due>, i64, i64)> {
    let (mut free, mut held) = (vec![], 0);
    for (station_id, id, owner) in attachments::due(r, "incident", before, people::actions::MAX_RUN).await? {
        if is_held(r, IncidentId(owner)).await? {
            held += 1;
        } else {
            free.push(Due { id, station_id });
        }
    }
    let n = free.len() as i64;
    Ok((free, n, held))
}

/// Forgets one file of an emptied report. 0 when a hold was placed in between.
pub async fn forget_file(tx: &mut Tx, id: kernel::Uuid) -> Result<u64> {
    let owner = attachments::owner_of(tx, AttachmentId(id)).await?;
    if is_held(tx, IncidentId(owner.owner_id)).await? { Ok(0) } else { attachments::forget(tx, id).await }
}

/// Empties the texts of one report. 0 when it was taken up again, or a hold was placed in between.
pub async fn empty(tx: &mut Tx, id: IncidentId) -> Result<u64> {
    if is_held(tx, id).await? {
        return Ok(0);
    }
    let now = tx.now();
    let done = tx
        .exec(
            sql!("update incidents_intake set title = $2, content = '', received_place = '', place_text = '', received_address_id = null, address_id = null, other_address_id = null, invalid_reason = case when invalid_reason is null then null else '' end, cleared_at = $3, version = version + 1 where id = $1 and closed_at is not null and cleared_at is null"),
            args![id, EMPTIED, now],
        )
        .await?;
    if done == 0 {
        return Ok(0);
    }
    super::repeats::forget(tx, id).await?;
    for statement in [
        sql!("update incidents_log set note = '' where incident_id = $1 and note <> ''"),
        sql!("update incidents_dispatch set opinion = '', return_reason = case when return_reason is null then null else '' end, cancel_reason = case when cancel_reason is null then null else '' end where incident_id = $1"),
        sql!("update incidents_feedback set text = '' where incident_id = $1"),
        sql!("update incidents_transfer set why = '', taken_by = '', told_note = '', ended_why = '' where incident_id = $1"),
        sql!("delete from incidents_receipt where incident_id = $1"),
    ] {
        tx.exec(statement, args![id]).await?;
    }
    tx.unindex(id.0).await?;
    attachments::owner_emptied(tx, "incident", id.0).await?;
    Ok(1)
}
