//! Receipts: found by the hash of their secret.

use crate::model::{NewReceipt, Receipt};
use kernel::{IncidentId, Reader, Result, Tx, Uuid, args, sql};

/// Keeps a receipt of an incident of the act's station.
pub async fn insert(tx: &mut Tx, incident: IncidentId, new: &NewReceipt) -> Result<()> {
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into incidents_receipt (station_id, id, incident_id, hash, given_to, how, issued_at, issued_by) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
        args![station, id, incident, new.hash.clone(), new.to, new.how, now, user],
    )
    .await?;
    Ok(())
}

/// Ends the receipts that were given before; their secrets open nothing any more.
pub async fn revoke(tx: &mut Tx, incident: IncidentId) -> Result<u64> {
    let now = tx.now();
    tx.exec(sql!("update incidents_receipt set revoked_at = $2 where incident_id = $1 and revoked_at is null"), args![incident, now]).await
}

/// What was given for an incident, newest first.
pub async fn of_incident(r: &mut Reader, incident: IncidentId) -> Result<Vec<Receipt>> {
    r.all(
        sql!("select id, incident_id, given_to, how, issued_at, issued_by, revoked_at from incidents_receipt where incident_id = $1 order by issued_at desc, id desc limit 20"),
        args![incident],
    )
    .await
}

/// By the hash of a receipt's secret.
pub async fn by_receipt(r: &mut Reader, hash: &[u8]) -> Result<Option<IncidentId>> {
    let rows = r.rows(sql!("select incident_id from incidents_receipt where hash = $1 and revoked_at is null"), args![hash]).await?;
    rows.first().map(|row| row.get("incident_id")).transpose()
}
