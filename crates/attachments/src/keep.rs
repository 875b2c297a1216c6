//! Keeping, loading, and 到期清理: a file goes after the texts of the record that it belongs to, and not before its own period
//! is over. The only SQL of the domain.

use crate::sniff::Prepared;
use kernel::{App, AttachmentId, Reader, Refusal, Result, StationId, Timestamp, Tx, Uuid, args, record, sql};

/// Bytes of one encrypted piece.
const PIECE: usize = 256 * 1024;

record! {
    /// A kept file as listed beside its record.
    #[derive(Clone, Debug)]
    pub struct Kept {
        pub id: AttachmentId,
        pub file_name: String,
        pub media_type: String,
        pub size: i64,
        pub added_at: Timestamp,
        /// Since when name and content are gone.
        pub cleared_at: Option<Timestamp>,
    }
}

impl Kept {
    /// Whether there is still something to open.
    pub fn is_there(&self) -> bool {
        self.cleared_at.is_none()
    }
    pub fn is_image(&self) -> bool {
        self.media_type.starts_with("image/")
    }
    /// `312 KB`, `2.4 MB`.
    pub fn size_text(&self) -> String {
        match self.size {
            n if n < 1_048_576 => format!("{} KB", (n + 1_023) / 1_024),
            n => format!("{}.{} MB", n / 1_048_576, n % 1_048_576 * 10 / 1_048_576),
        }
    }
}

/// Keeps `files` for the record `(kind, id)`, inside the caller's command. `owner` is the record
/// whose domain decides who may see them (the incident of a feedback).
pub async fn keep(
    app: &App,
    tx: &mut Tx,
    station: StationId,
    kind: &str,
    record: Uuid,
    owner: (&str, Uuid),
    files: &[Prepared],
) -> Result<Vec<AttachmentId>> {
    let digests: Vec<Vec<u8>> = files.iter().map(|f| vault::digest(vault::HashAlg::Sm3, &[&f.bytes]).to_vec()).collect();
    // Everybody takes the bytes in one order, so that two who keep the same photos never wait for each other.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|i| &digests[*i]);
    for i in order {
        keep_bytes(app, tx, &files[i], &digests[i]).await?;
    }
    let (now, user) = (tx.now(), tx.act().actor.user);
    let mut ids = vec![];
    for (file, digest) in files.iter().zip(&digests) {
        let id: AttachmentId = tx.fresh();
        tx.exec(
            sql!("insert into attachments_link (station_id, id, digest, record_kind, record_id, owner_kind, owner_id, file_name, media_type, size, added_at, added_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
            args![station, id, digest.clone(), kind, record, owner.0, owner.1, &file.file_name, file.media_type, file.bytes.len() as i64, now, user],
        )
        .await?;
        tx.record("attachments.keep", &[("attachment", id.0), (owner.0, owner.1)], &hex::encode(digest));
        ids.push(id);
    }
    Ok(ids)
}

/// The bytes themselves, once for all records that have them.
async fn keep_bytes(app: &App, tx: &mut Tx, file: &Prepared, digest: &[u8]) -> Result<()> {
    let now = tx.now();
    // Holds the row of bytes that are there already, so that nobody clears them meanwhile ([`forget`]).
    tx.exec(
        sql!("insert into attachments_blob (digest, media_type, size, created_at) values ($1, $2, $3, $4) on conflict (digest) do update set media_type = attachments_blob.media_type"),
        args![digest.to_vec(), file.media_type, file.bytes.len() as i64, now],
    )
    .await?;
    let there = tx.count(sql!("select count(*) as n from attachments_piece where digest = $1"), args![digest.to_vec()]).await?;
    if there > 0 {
        return Ok(());
    }
    for (n, piece) in file.bytes.chunks(PIECE).enumerate() {
        let sealed = app.vault().seal(&aad(digest, n), piece)?;
        tx.exec(
            sql!("insert into attachments_piece (digest, n, sealed) values ($1, $2, $3)"),
            args![digest.to_vec(), n as i64, sealed],
        )
        .await?;
    }
    Ok(())
}

fn aad(digest: &[u8], n: usize) -> Vec<u8> {
    [b"attachment".as_slice(), digest, &(n as u64).to_be_bytes()].concat()
}

/// The files of one record, oldest first.
pub async fn of_record(r: &mut Reader, kind: &str, record: Uuid) -> Result<Vec<Kept>> {
    r.all(
        sql!("select id, file_name, media_type, size, added_at, cleared_at from attachments_link where record_kind = $1 and record_id = $2 order by added_at, id limit 200"),
        args![kind, record],
    )
    .await
}

record! {
    /// Whose file it is.
    #[derive(Clone, Debug)]
    pub struct Owner {
        pub station_id: StationId,
        pub owner_kind: String,
        pub owner_id: Uuid,
        pub file_name: String,
        pub media_type: String,
        pub digest: Vec<u8>,
        pub cleared_at: Option<Timestamp>,
    }
}

pub async fn owner_of(r: &mut Reader, id: AttachmentId) -> Result<Owner> {
    r.one(
        "这个附件",
        sql!("select station_id, owner_kind, owner_id, file_name, media_type, digest, cleared_at from attachments_link where id = $1"),
        args![id],
    )
    .await
}

/// The content, decrypted and compared with its digest.
///
/// # Errors
/// `files.cleared` after 到期清理.
pub async fn load(app: &App, r: &mut Reader, owner: &Owner) -> Result<Vec<u8>> {
    if owner.cleared_at.is_some() {
        return Err(Refusal::new("files.cleared", "附件已按保存期限清理，不能再打开。", "清理所依的规则见所属记录和“到期清理”页面；确有需要的，从清理之前的备份中查找。").into());
    }
    let mut out = vec![];
    let rows = r
        .rows(
            sql!("select n, sealed from attachments_piece where digest = $1 order by n limit 200"),
            args![owner.digest.clone()],
        )
        .await?;
    for row in rows {
        let (n, sealed): (i64, Vec<u8>) = (row.get("n")?, row.get("sealed")?);
        out.extend_from_slice(&app.vault().open(&aad(&owner.digest, n as usize), &sealed)?);
    }
    if vault::digest(vault::HashAlg::Sm3, &[&out]).as_slice() != owner.digest.as_slice() {
        return Err(kernel::Error::internal("an attachment does not match its digest"));
    }
    Ok(out)
}

/// What stands in the place of a file's name.
pub const EMPTIED: &str = "附件已到期清理";

/// Says that the texts of a record went: its files are due once their own period is over as well.
pub async fn owner_emptied(tx: &mut Tx, kind: &str, owner: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update attachments_link set owner_cleared_at = $3 where owner_id = $1 and owner_kind = $2 and owner_cleared_at is null"),
        args![owner, kind, now],
    )
    .await?;
    Ok(())
}

/// Files added before `before` whose owners of this kind are emptied: station, file, owner; at most `limit`, oldest first.
pub async fn due(r: &mut Reader, kind: &str, before: Timestamp, limit: i64) -> Result<Vec<(StationId, Uuid, Uuid)>> {
    let rows = r
        .rows(
            sql!("select station_id, id, owner_id from attachments_link where owner_cleared_at is not null and cleared_at is null and owner_kind = $1 and added_at < $2 order by added_at, id limit $3"),
            args![kind, before, limit],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("station_id")?, row.get("id")?, row.get("owner_id")?))).collect()
}

/// Forgets a file's name and, unless another record has the same content, the content; the digest stays as proof of what the
/// chain says was kept. 1, or 0 where it was done before.
pub async fn forget(tx: &mut Tx, id: Uuid) -> Result<u64> {
    let now = tx.now();
    let done = tx
        .exec(
            sql!("update attachments_link set file_name = $2, media_type = '', cleared_at = $3 where id = $1 and owner_cleared_at is not null and cleared_at is null"),
            args![id, EMPTIED, now],
        )
        .await?;
    if done == 0 {
        return Ok(0);
    }
    let rows = tx.rows(sql!("select digest from attachments_link where id = $1"), args![id]).await?;
    let Some(row) = rows.first() else { return Ok(done) };
    let digest: Vec<u8> = row.get("digest")?;
    // Waits for whoever keeps or forgets the same bytes; what they wrote is seen by the next statement.
    tx.rows(sql!("select size from attachments_blob where digest = $1 @lock"), args![digest.clone()]).await?;
    let others = tx.count(sql!("select count(*) as n from attachments_link where digest = $1 and cleared_at is null"), args![digest.clone()]).await?;
    if others == 0 {
        for statement in [sql!("delete from attachments_piece where digest = $1"), sql!("delete from attachments_blob where digest = $1")] {
            tx.exec(statement, args![digest.clone()]).await?;
        }
    }
    Ok(done)
}
