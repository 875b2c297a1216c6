//! The only SQL of the domain.

use crate::report::Counts;
use kernel::{ImportId, Reader, Result, StationId, Timestamp, Tx, Uuid, args, sql};

/// The digest of the row that came last under a key.
pub async fn known(r: &mut Reader, station: StationId, namespace: &str, key: &str) -> Result<Option<Vec<u8>>> {
    let rows = r
        .rows(
            sql!("select content from exchange_row where station_id = $1 and namespace = $2 and row_key = $3"),
            args![station, namespace, key],
        )
        .await?;
    rows.first().map(|row| row.get("content")).transpose()
}

/// Remembers a row under its key; of a person a changed one takes the place of the former.
pub async fn keep(tx: &mut Tx, station: StationId, namespace: &str, key: &str, digest: &[u8], record: Uuid, import: ImportId) -> Result<()> {
    tx.exec(
        sql!("insert into exchange_row (station_id, namespace, row_key, content, record_id, import_id) values ($1, $2, $3, $4, $5, $6) on conflict (station_id, namespace, row_key) do update set content = excluded.content, import_id = excluded.import_id"),
        args![station, namespace, key, digest, record, import],
    )
    .await?;
    Ok(())
}

kernel::record! {
    /// A file that was imported.
    #[derive(Clone, Debug)]
    pub struct Imported {
        pub station_id: StationId,
        pub file_name: String,
        pub rows: i64,
        pub accepted: i64,
        pub known: i64,
        pub refused: i64,
        pub started_at: Timestamp,
    }
}

pub async fn import(r: &mut Reader, id: ImportId) -> Result<Imported> {
    r.one(
        "这次导入",
        sql!("select station_id, file_name, rows, accepted, known, refused, started_at from exchange_import where id = $1"),
        args![id],
    )
    .await
}

/// Records that came with an import, at most `most`.
pub async fn records(r: &mut Reader, station: StationId, id: ImportId, most: i64) -> Result<Vec<Uuid>> {
    let rows = r
        .rows(sql!("select record_id from exchange_row where station_id = $1 and import_id = $2 limit $3"), args![station, id, most])
        .await?;
    rows.iter().map(|row| row.get("record_id")).collect()
}

#[allow(clippy::too_many_arguments)] // one column each
pub async fn insert_import(
    tx: &mut Tx,
    station: StationId,
    id: ImportId,
    file: &str,
    digest: &[u8],
    mapping: &str,
    c: &Counts,
    started: Timestamp,
) -> Result<()> {
    tx.exec(
        sql!("insert into exchange_import (station_id, id, file_name, digest, mapping, rows, accepted, known, refused, skipped, started_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        args![station, id, file, digest, mapping, c.rows as i64, c.accepted as i64, c.known as i64, c.refused as i64, c.skipped as i64, started],
    )
    .await?;
    Ok(())
}
