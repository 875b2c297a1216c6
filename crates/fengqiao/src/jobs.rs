//! Clocked work: one loop, each job claimed in the database so that it runs on one node at a time.

use kernel::{Act, Actor, App, Purpose, Result, Tx, args, sql};
use std::time::Duration;
use web::{Domain, Job};

/// How long a claimed job may run before another node may take it.
const LEASE_SECONDS: i64 = 600;

/// Runs all jobs of all domains until the program ends.
pub fn spawn(app: App, domains: &[Domain]) {
    let jobs: Vec<Job> = domains.iter().flat_map(|d| d.jobs.clone()).collect();
    tokio::spawn(async move {
        loop {
            for job in &jobs {
                if let Err(e) = turn(&app, job).await {
                    tracing::error!("job {}: {e}", job.name);
                }
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    });
}

/// Runs a job when it is due and nobody else runs it.
async fn turn(app: &App, job: &Job) -> Result<()> {
    let act = Act::look(&Actor::system(), "jobs.claim", Purpose::Administration, app.db());
    let look = act.clone();
    let (now, name, every) = (act.at.as_microsecond(), job.name, job.every_seconds);
    let due = app
        .db()
        .read(&look, async |r: &mut kernel::Reader| {
            let n = r.count(sql!("select count(*) as n from kernel_job where name = $1 and (next_at > $2 or running_until > $2)"), args![name, now]).await?;
            Ok(n == 0)
        })
        .await?;
    if !due {
        return Ok(());
    }
    let claimed = app
        .db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("jobs.claim", &[], name);
            tx.exec(sql!("insert into kernel_job (name, next_at) values ($1, 0) on conflict (name) do nothing"), args![name]).await?;
            tx.exec(
                sql!("update kernel_job set running_until = $2 + $3, next_at = $2 + $4, last_at = $2 where name = $1 and next_at <= $2 and running_until <= $2"),
                args![name, now, LEASE_SECONDS * 1_000_000, every * 1_000_000],
            )
            .await
        })
        .await?;
    if claimed == 0 {
        return Ok(());
    }
    let result = (job.run)(app.clone()).await;
    let act = Act::look(&Actor::system(), "jobs.done", Purpose::Administration, app.db());
    let error = result.as_ref().err().map(|e| kernel::text::cut(&e.to_string(), 300));
    app.db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("jobs.done", &[], name);
            tx.exec(sql!("update kernel_job set running_until = 0, last_error = $2 where name = $1"), args![name, error]).await
        })
        .await?;
    result
}
