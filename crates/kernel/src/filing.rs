//! Files whom the chain's entries are about by record, some time after they were appended
//! (`docs/decisions/0031-looks-filed-later.md`).

use crate::{Db, Result, args, sql};
use futures::future::BoxFuture;
use std::time::Duration;

/// How often what is fresh is filed.
pub(crate) const EVERY: Duration = Duration::from_secs(20);
/// Lines filed in one go, which holds up other writes for two or three milliseconds: each may stand on a page of its own.
const BATCH: i64 = 200;
/// Left to the others between two batches.
const PAUSE: Duration = Duration::from_millis(25);
/// Left to them while commands wait for the writer.
const GIVE_WAY: Duration = Duration::from_millis(250);
/// Batches of one turn.
const TURN: usize = 2_000;

/// Files what is fresh, in small batches; what fails is tried again in the next turn.
pub(crate) async fn file_all(db: &Db) {
    for _ in 0..TURN {
        match db.file_looks(BATCH).await {
            Ok(0) => return,
            Ok(_) => tokio::time::sleep(if db.waiting() > 0 { GIVE_WAY } else { PAUSE }).await,
            Err(e) => return tracing::debug!("looks are not filed yet: {e}"),
        }
    }
}

impl Db {
    /// Files the oldest fresh lines by record, some `most` at once; how many. Nothing is recorded: which entry is about whom
    /// stands in the entries themselves, and verification compares.
    pub fn file_looks(&self, most: i64) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            let mut conn = self.plain().await?;
            let first = conn.rows(sql!("select chain from kernel_audit_fresh order by chain, seq limit 1"), args![]).await?;
            let Some(first) = first.first() else { return Ok(0) };
            let chain: crate::StationId = first.get("chain")?;
            let last = conn
                .rows(
                    sql!("select max(seq) as seq from (select seq from kernel_audit_fresh where chain = $1 order by seq limit $2) as x"),
                    args![chain, most.max(1)],
                )
                .await?;
            let Some(last) = last.first() else { return Ok(0) };
            let last: i64 = last.get("seq")?;
            conn.batch("begin").await?;
            // By record, so that neighbours in the index are written together.
            let filed = conn
                .exec(
                    sql!("insert into kernel_audit_subject (kind, id, chain, seq) select kind, id, chain, seq from kernel_audit_fresh where chain = $1 and seq <= $2 order by id, kind, seq on conflict do nothing"),
                    args![chain, last],
                )
                .await;
            let taken = match filed {
                Ok(_) => conn.exec(sql!("delete from kernel_audit_fresh where chain = $1 and seq <= $2"), args![chain, last]).await,
                Err(e) => Err(e),
            };
            let done = match taken {
                Ok(n) => conn.batch("commit").await.map(|()| n),
                Err(e) => Err(e),
            };
            if done.is_err() {
                let _ = conn.batch("rollback").await;
            }
            done
        })
    }
}
