//! Likely repeats: what a report's text is found by again.
//!
//! Each index key of a text keeps the incidents that had it last in one row: a report then changes one row for each of its keys, and
//! is compared by reading as many.

use crate::similar::{ALIKE, Signature};
use kernel::{IncidentId, Reader, Result, StationId, Tx, Uuid, args, sql};
use std::collections::HashMap;

/// Bytes of one id in a row.
const ID: usize = 16;
/// Bytes of a row at most: the newest eight incidents of a key, so that a matter reported ten thousand times costs no more to compare
/// than one reported ten times.
const ROW: i64 = 8 * ID as i64;
/// Candidates that are compared at most.
const CANDIDATES: usize = 24;
/// Candidates that are read at once.
const AT_ONCE: usize = 8;

/// In rising order, so that two reports of one matter never wait for each other's rows on PostgreSQL.
fn keys(s: &Signature) -> kernel::Value {
    kernel::row::texts(&s.bands().iter().map(i64::to_string).collect::<Vec<_>>())
}

/// Keeps the signature, and the incident as the newest under each of its keys.
pub async fn keep(tx: &mut Tx, id: IncidentId, s: &Signature) -> Result<()> {
    let station = tx.act().station;
    tx.exec(
        sql!("insert into incidents_signature (incident_id, title_hashes, body_hashes, matter_hashes) values ($1, $2, $3, $4)"),
        args![id, Signature::to_bytes(&s.title), Signature::to_bytes(&s.body), Signature::to_bytes(&s.matters)],
    )
    .await?;
    tx.exec(
        sql!("insert into incidents_band (station_id, band, recent) select cast($1 as @uuid), b.*, cast($3 as @blob) from @ints($2) as b where true on conflict (station_id, band) do update set recent = substr(cast(excluded.recent || incidents_band.recent as @blob), 1, cast($4 as integer))"),
        args![station, keys(s), &id.0.as_bytes()[..], ROW],
    )
    .await?;
    Ok(())
}

/// Candidates: those that share most keys first, of equal ones the newest.
pub async fn candidates(r: &mut Reader, station: StationId, s: &Signature) -> Result<Vec<IncidentId>> {
    let mut shared: HashMap<Uuid, u32> = HashMap::new();
    for row in r.rows(sql!("select recent from incidents_band where station_id = $1 and band in @ints($2)"), args![station, keys(s)]).await? {
        let recent: Vec<u8> = row.get("recent")?;
        for id in recent.chunks_exact(ID).filter_map(|c| Uuid::from_slice(c).ok()) {
            *shared.entry(id).or_default() += 1;
        }
    }
    let mut best: Vec<(u32, Uuid)> = shared.into_iter().map(|(id, n)| (n, id)).collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    best.truncate(CANDIDATES);
    Ok(best.into_iter().map(|(_, id)| IncidentId(id)).collect())
}

/// The candidate that is most like the text, from [`ALIKE`] on. Once one is the same text, no further ones are read.
pub async fn likest(r: &mut Reader, station: StationId, s: &Signature) -> Result<Option<IncidentId>> {
    let mut best: Option<(f64, IncidentId)> = None;
    for part in candidates(r, station, s).await?.chunks(AT_ONCE) {
        let rows = r
            .rows(
                sql!("select incident_id, title_hashes, body_hashes, matter_hashes from incidents_signature where incident_id in @ids($1) order by incident_id desc"),
                args![kernel::row::ids(part)],
            )
            .await?;
        for row in &rows {
            let likeness = signature(row)?.likeness(s);
            if likeness >= ALIKE && best.is_none_or(|(most, _)| likeness > most) {
                best = Some((likeness, row.get("incident_id")?));
            }
        }
        if best.is_some_and(|(most, _)| most >= 1.0) {
            break;
        }
    }
    Ok(best.map(|(_, id)| id))
}

fn signature(row: &kernel::Row) -> Result<Signature> {
    let hashes = |name: &str| row.get::<Vec<u8>>(name).map(|bytes| Signature::from_bytes(&bytes));
    Ok(Signature { title: hashes("title_hashes")?, body: hashes("body_hashes")?, matters: hashes("matter_hashes")? })
}

/// Takes what the text can be compared by out of the search for repeats.
pub async fn forget(tx: &mut Tx, id: IncidentId) -> Result<()> {
    let station = tx.act().station;
    let rows = tx.rows(sql!("select title_hashes, body_hashes, matter_hashes from incidents_signature where incident_id = $1"), args![id]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let kept = tx
        .rows(sql!("select band, recent from incidents_band where station_id = $1 and band in @ints($2)"), args![station, keys(&signature(row)?)])
        .await?;
    for row in kept {
        let (band, recent): (i64, Vec<u8>) = (row.get("band")?, row.get("recent")?);
        let others: Vec<u8> = recent.chunks_exact(ID).filter(|c| *c != id.0.as_bytes()).flatten().copied().collect();
        match others.is_empty() {
            true => tx.exec(sql!("delete from incidents_band where station_id = $1 and band = $2"), args![station, band]).await?,
            false => tx.exec(sql!("update incidents_band set recent = $3 where station_id = $1 and band = $2"), args![station, band, others]).await?,
        };
    }
    tx.exec(sql!("delete from incidents_signature where incident_id = $1"), args![id]).await?;
    Ok(())
}
