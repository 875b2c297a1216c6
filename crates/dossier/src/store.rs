//! The only SQL of the domain.

use crate::model::{
    Application, NewRecording, NewVolume, Paper, PartyMore, Pass, Print, Recording, Reminder, Signature, Telling, Volume,
};
use kernel::{Date, DisputeId, ObligationId, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

pub async fn volume(r: &mut Reader, dispute: DisputeId) -> Result<Option<Volume>> {
    r.saw("dispute", dispute);
    r.opt(
        sql!("select station_id, dispute_id, number, title, mediator, organ, from_day, until_day, filed_by, filed_on, retention, note, at, version from dossier_volume where dispute_id = $1"),
        args![dispute],
    )
    .await
}

/// Volumes for whose sake nothing is held yet, at most 500.
pub async fn bare_volumes(r: &mut Reader) -> Result<Vec<Volume>> {
    r.all(
        sql!("select station_id, dispute_id, number, title, mediator, organ, from_day, until_day, filed_by, filed_on, retention, note, at, version from dossier_volume where not held order by at limit 500"),
        args![],
    )
    .await
}

/// One of them as it stands now; none when it holds by now.
pub async fn bare_volume(tx: &mut Tx, dispute: DisputeId) -> Result<Option<Volume>> {
    tx.opt(
        sql!("select station_id, dispute_id, number, title, mediator, organ, from_day, until_day, filed_by, filed_on, retention, note, at, version from dossier_volume where dispute_id = $1 and not held @lock"),
        args![dispute],
    )
    .await
}

pub async fn mark_held(tx: &mut Tx, dispute: DisputeId) -> Result<()> {
    tx.exec(sql!("update dossier_volume set held = true where dispute_id = $1"), args![dispute]).await?;
    Ok(())
}

pub async fn insert_volume(tx: &mut Tx, station: StationId, dispute: DisputeId, number: &str, organ: &str, v: &NewVolume) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into dossier_volume (station_id, dispute_id, number, title, mediator, organ, from_day, until_day, filed_by, filed_on, retention, note, by_user, at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1)"),
        args![station, dispute, number, &v.title, &v.mediator, organ, v.from_day, v.until_day, &v.filed_by, v.filed_on, &v.retention, &v.note, user, now],
    )
    .await?;
    Ok(())
}

/// Corrects a filed volume; its number and organ stay.
pub async fn update_volume(tx: &mut Tx, dispute: DisputeId, v: &NewVolume) -> Result<()> {
    let now = tx.now();
    tx.exec_one(
        "这本卷宗",
        sql!("update dossier_volume set title = $2, mediator = $3, from_day = $4, until_day = $5, filed_by = $6, filed_on = $7, retention = $8, note = $9, at = $10, version = version + 1 where dispute_id = $1"),
        args![dispute, &v.title, &v.mediator, v.from_day, v.until_day, &v.filed_by, v.filed_on, &v.retention, &v.note, now],
    )
    .await
}

pub async fn application(r: &mut Reader, dispute: DisputeId) -> Result<Option<Application>> {
    r.opt(sql!("select party_id, requests, applied_on, at from dossier_application where dispute_id = $1"), args![dispute]).await
}

pub async fn put_application(tx: &mut Tx, station: StationId, dispute: DisputeId, party: Uuid, requests: &str, on: Date) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into dossier_application (station_id, dispute_id, party_id, requests, applied_on, by_user, at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (station_id, dispute_id) do update set party_id = excluded.party_id, requests = excluded.requests, applied_on = excluded.applied_on, by_user = excluded.by_user, at = excluded.at"),
        args![station, dispute, party, requests, on, user, now],
    )
    .await?;
    Ok(())
}

pub async fn parties(r: &mut Reader, dispute: DisputeId) -> Result<Vec<PartyMore>> {
    r.all(
        sql!("select party_id, occupation, guardian_relation, guardian_told_on, guardian_told_how, guardian_exempt, exempt_reason, power, power_scope, interpreter, language from dossier_party where dispute_id = $1 limit 50"),
        args![dispute],
    )
    .await
}

pub async fn put_party(tx: &mut Tx, station: StationId, dispute: DisputeId, p: &PartyMore) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into dossier_party (station_id, party_id, dispute_id, occupation, guardian_relation, guardian_told_on, guardian_told_how, guardian_exempt, exempt_reason, power, power_scope, interpreter, language, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (station_id, party_id) do update set occupation = excluded.occupation, guardian_relation = excluded.guardian_relation, guardian_told_on = excluded.guardian_told_on, guardian_told_how = excluded.guardian_told_how, guardian_exempt = excluded.guardian_exempt, exempt_reason = excluded.exempt_reason, power = excluded.power, power_scope = excluded.power_scope, interpreter = excluded.interpreter, language = excluded.language, by_user = excluded.by_user, at = excluded.at"),
        args![station, p.party_id, dispute, &p.occupation, &p.guardian_relation, p.guardian_told_on, &p.guardian_told_how, p.guardian_exempt, &p.exempt_reason, p.power, &p.power_scope, &p.interpreter, &p.language, user, now],
    )
    .await?;
    Ok(())
}

pub async fn recordings(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Recording>> {
    r.all(
        sql!("select id, device, file_no, began_at, ended_at, kept_at from dossier_recording where dispute_id = $1 order by began_at, id limit 50"),
        args![dispute],
    )
    .await
}

pub async fn insert_recording(tx: &mut Tx, station: StationId, dispute: DisputeId, n: &NewRecording) -> Result<Uuid> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into dossier_recording (station_id, id, dispute_id, device, file_no, began_at, ended_at, kept_at, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        args![station, id, dispute, &n.device, &n.file_no, n.began_at, n.ended_at, &n.kept_at, user, now],
    )
    .await?;
    Ok(id)
}

/// Signatures of a dispute, oldest first.
pub async fn signatures(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Signature>> {
    r.all(
        sql!("select id, paper, record_id, party_id, signer, recording_id, content, sealed, signed_at from dossier_signature where dispute_id = $1 order by signed_at, id limit 200"),
        args![dispute],
    )
    .await
}

pub async fn insert_signature(tx: &mut Tx, station: StationId, dispute: DisputeId, s: &Signature) -> Result<()> {
    let user = tx.act().actor.user;
    tx.exec(
        sql!("insert into dossier_signature (station_id, id, dispute_id, paper, record_id, party_id, recording_id, content, sealed, signed_at, by_user, signer) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
        args![station, s.id, dispute, s.paper, s.record_id, s.party_id, s.recording_id, &s.content, s.sealed.clone(), s.signed_at, user, s.signer],
    )
    .await?;
    Ok(())
}

/// Prints of a dispute, newest first.
pub async fn prints(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Print>> {
    r.all(
        sql!("select paper, record_id, edition, template_hash, data_hash, pdf_hash, pages, by_user, at from dossier_print where dispute_id = $1 order by at desc, id desc limit 200"),
        args![dispute],
    )
    .await
}

/// The newest edition of one paper.
pub async fn last_print(r: &mut Reader, dispute: DisputeId, paper: Paper, record: Uuid) -> Result<Option<Print>> {
    r.opt(
        sql!("select paper, record_id, edition, template_hash, data_hash, pdf_hash, pages, by_user, at from dossier_print where dispute_id = $1 and paper = $2 and record_id = $3 order by edition desc limit 1"),
        args![dispute, paper, record],
    )
    .await
}

pub async fn insert_print(tx: &mut Tx, station: StationId, dispute: DisputeId, p: &Print) -> Result<()> {
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into dossier_print (station_id, id, dispute_id, paper, record_id, edition, template_hash, data_hash, pdf_hash, pages, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
        args![station, id, dispute, p.paper, p.record_id, p.edition, &p.template_hash, &p.data_hash, &p.pdf_hash, p.pages, p.by_user, p.at],
    )
    .await?;
    Ok(())
}

/// Codes of a dispute, newest first.
pub async fn passes(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Pass>> {
    r.all(
        sql!("select station_id, id, dispute_id, party_id, made_at, revoked_at from dossier_pass where dispute_id = $1 order by made_at desc, id desc limit 50"),
        args![dispute],
    )
    .await
}

/// The code with this hash, unless revoked. Shows nothing.
pub async fn pass_by_hash(r: &mut Reader, hash: &[u8]) -> Result<Option<Pass>> {
    r.opt(
        sql!("select station_id, id, dispute_id, party_id, made_at, revoked_at from dossier_pass where hash = $1 and revoked_at is null"),
        args![hash],
    )
    .await
}

pub async fn insert_pass(tx: &mut Tx, station: StationId, dispute: DisputeId, party: Uuid, hash: &[u8]) -> Result<Uuid> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into dossier_pass (station_id, id, dispute_id, party_id, hash, made_by, made_at) values ($1, $2, $3, $4, $5, $6, $7)"),
        args![station, id, dispute, party, hash, user, now],
    )
    .await?;
    Ok(id)
}

/// Ends the party's codes; returns how many were in force.
pub async fn revoke_passes(tx: &mut Tx, dispute: DisputeId, party: Uuid) -> Result<u64> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("update dossier_pass set revoked_at = $3, revoked_by = $4 where dispute_id = $1 and party_id = $2 and revoked_at is null"),
        args![dispute, party, now, user],
    )
    .await
}

pub async fn reminders(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Reminder>> {
    r.all(
        sql!("select obligation_id, planned_at, told_at, how, note from dossier_reminder where dispute_id = $1 limit 100"),
        args![dispute],
    )
    .await
}

/// Plans the reminder of one promise; 0 when it was planned before.
pub async fn plan_reminder(tx: &mut Tx, station: StationId, dispute: DisputeId, o: ObligationId) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("insert into dossier_reminder (station_id, obligation_id, dispute_id, planned_at, how, note) values ($1, $2, $3, $4, '', '') on conflict (station_id, obligation_id) do nothing"),
        args![station, o, dispute, now],
    )
    .await
}

/// Both sides were reminded.
pub async fn told_reminder(tx: &mut Tx, o: ObligationId, how: &str, note: &str) -> Result<u64> {
    let (now, user): (Timestamp, UserId) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("update dossier_reminder set told_at = $2, told_by = $3, how = $4, note = $5 where obligation_id = $1 and told_at is null"),
        args![o, now, user, how, note],
    )
    .await
}

/// One side was reminded; 0 when it was before.
pub async fn tell(tx: &mut Tx, (station, dispute): (StationId, DisputeId), o: ObligationId, party: Uuid, how: &str, note: &str) -> Result<u64> {
    let (now, user): (Timestamp, UserId) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into dossier_told (station_id, obligation_id, party_id, dispute_id, told_at, told_by, how, note) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (station_id, obligation_id, party_id) do nothing"),
        args![station, o, party, dispute, now, user, how, note],
    )
    .await
}

/// Who was reminded of which promise, oldest first.
pub async fn tellings(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Telling>> {
    r.all(
        sql!("select obligation_id, party_id, told_at, how, note from dossier_told where dispute_id = $1 order by told_at, party_id limit 500"),
        args![dispute],
    )
    .await
}

/// A promise that comes due soon and whose reminder is not planned.
#[derive(Clone, Debug)]
pub struct Coming {
    pub station: StationId,
    pub dispute: DisputeId,
    pub obligation: ObligationId,
    pub n: i64,
    pub due: Date,
}

/// Pending promises due until a day, without a reminder, oldest first.
pub async fn coming(r: &mut Reader, from: Date, until: Date) -> Result<Vec<Coming>> {
    let rows = r
        .rows(
            sql!("select o.station_id, o.dispute_id, o.id, o.n, o.due from mediation_obligation o where o.state = 'pending' and o.due >= $1 and o.due <= $2 and not exists (select 1 from dossier_reminder m where m.station_id = o.station_id and m.obligation_id = o.id) order by o.due, o.id limit 200"),
            args![from, until],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Coming {
                station: row.get("station_id")?,
                dispute: row.get("dispute_id")?,
                obligation: row.get("id")?,
                n: row.get("n")?,
                due: row.get("due")?,
            })
        })
        .collect()
}
