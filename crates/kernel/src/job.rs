//! Clocked work is claimed in the database, so that each job runs on one node at a time.

use crate::{Act, Actor, Db, Purpose, Reader, Result, Tx, args, sql};
use futures::future::BoxFuture;

/// How long a claimed job may run before another node may take it, in microseconds.
const LEASE: i64 = 600 * 1_000_000;

/// Claims the job when it is due and nobody runs it; false otherwise. Asking costs one read.
pub fn claim<'a>(db: &'a Db, name: &'static str, every_seconds: i64) -> BoxFuture<'a, Result<bool>> {
    Box::pin(async move {
        let act = Act::look(&Actor::system(), "jobs.claim", Purpose::Administration, db);
        let now = act.at.as_microsecond();
        let taken = sql!("select count(*) as n from kernel_job where name = $1 and (next_at > $2 or running_until > $2)");
        let waiting = db.read(&act, async |r: &mut Reader| r.count(taken, args![name, now]).await).await?;
        if waiting > 0 {
            return Ok(false);
        }
        let claimed = db.write(&act, async |tx: &mut Tx| {
            tx.record("jobs.claim", &[], name);
            tx.change_no_figure();
            tx.exec(sql!("insert into kernel_job (name, next_at) values ($1, 0) on conflict (name) do nothing"), args![name])
                .await?;
            tx.exec(
                sql!("update kernel_job set running_until = $3, next_at = $4, last_at = $2 where name = $1 and next_at <= $2 and running_until <= $2"),
                args![name, now, now + LEASE, now + every_seconds * 1_000_000],
            )
            .await
        });
        Ok(claimed.await? == 1)
    })
}

/// Ends a claimed run and keeps its error, if any.
pub fn done<'a>(db: &'a Db, name: &'static str, error: Option<String>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let act = Act::look(&Actor::system(), "jobs.done", Purpose::Administration, db);
        let done = db.write(&act, async |tx: &mut Tx| {
            tx.record("jobs.done", &[], name);
            tx.change_no_figure();
            tx.exec(sql!("update kernel_job set running_until = 0, last_error = $2 where name = $1"), args![name, error])
                .await
                .map(|_| ())
        });
        done.await
    })
}
