//! Files whom the chain's entries are about by record, some time after they were appended
//! (`docs/decisions/0031-looks-filed-later.md`).

use crate::readers::aside;
use crate::tx::Conn;
use crate::{Db, Engine, Error, Result, StationId, args, sql};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::time::Duration;

/// How often what is fresh is filed.
pub(crate) const EVERY: Duration = Duration::from_secs(20);
/// Lines filed in one go, which holds up other writes for two or three milliseconds: each may stand on a page of its own.
const BATCH: i64 = 200;
/// Left to the others between two batches.
const PAUSE: Duration = Duration::from_millis(25);
/// Left to them as well while they write: a line filed is a page written twice, and the disk is needed for the commands.
const GIVE_WAY: Duration = Duration::from_secs(1);
/// Batches of one turn.
const TURN: usize = 2_000;

/// Files what is fresh, in small batches; what fails is tried again in the next turn.
pub(crate) async fn file_all(db: &Db) {
    for _ in 0..TURN {
        match db.file_looks(BATCH).await {
            Ok(0) => return,
            Ok(_) => {
                let before = db.counts().commits;
                tokio::time::sleep(PAUSE).await;
                if db.counts().commits != before {
                    tokio::time::sleep(GIVE_WAY).await;
                }
            }
            Err(e) => return tracing::debug!("looks are not filed yet: {e}"),
        }
    }
}

impl Db {
    /// Files the oldest fresh lines by record, some `most` at once; in how many rows they stood. Nothing is recorded: which entry is about whom
    /// stands in the entries themselves, and verification compares.
    pub fn file_looks(&self, most: i64) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            let Some((chain, last)) = self.find_places(most.max(1)).await? else { return Ok(0) };
            let mut conn = self.plain().await?;
            let work = file_until(&mut conn, chain, last);
            match self.engine() {
                Engine::Postgres => work.await,
                // The writer answers where it is asked, which takes as long as the disk does.
                Engine::Sqlite => aside(|| work.now_or_never()).unwrap_or_else(|| Err(Error::internal("the writer let wait"))),
            }
        })
    }

    /// The chain of the oldest fresh lines and the last number of `most` of them, after every place where they will stand has
    /// been looked up: each may be on a page that comes from the disk first, and nobody waits for a reader.
    async fn find_places(&self, most: i64) -> Result<Option<(StationId, i64)>> {
        let mut conn = self.reader().await?;
        let first = conn.rows(sql!("select chain from kernel_audit_fresh order by chain, seq limit 1"), args![]).await?;
        let Some(first) = first.first() else { return Ok(None) };
        let chain: StationId = first.get("chain")?;
        let last = conn
            .rows(
                sql!("select max(seq) as seq from (select seq from kernel_audit_line where chain = $1 order by seq limit $2) as x"),
                args![chain, most],
            )
            .await?;
        let Some(last) = last.first() else { return Ok(None) };
        let last: i64 = last.get("seq")?;
        conn.rows(
            sql!("select count(s.seq) as n from kernel_audit_line f left join kernel_audit_subject s on s.id = f.id and s.kind = f.kind and s.chain = f.chain and s.seq = f.seq where f.chain = $1 and f.seq <= $2"),
            args![chain, last],
        )
        .await?;
        Ok(Some((chain, last)))
    }
}

/// Files a chain's fresh lines up to number `last` in a transaction of its own; in how many rows they stood.
async fn file_until(conn: &mut Conn, chain: StationId, last: i64) -> Result<u64> {
    conn.batch("begin").await?;
    let done = match move_until(conn, chain, last).await {
        Ok(n) => conn.batch("commit").await.map(|()| n),
        Err(e) => Err(e),
    };
    if done.is_err() {
        let _ = conn.batch("rollback").await;
    }
    done
}

async fn move_until(conn: &mut Conn, chain: StationId, last: i64) -> Result<u64> {
    // By record, so that neighbours in the index are written together.
    conn.exec(
        sql!("insert into kernel_audit_subject (kind, id, chain, seq) select kind, id, chain, seq from kernel_audit_line where chain = $1 and seq <= $2 order by id, kind, seq on conflict do nothing"),
        args![chain, last],
    )
    .await?;
    conn.exec(sql!("delete from kernel_audit_fresh where chain = $1 and seq <= $2"), args![chain, last]).await
}
