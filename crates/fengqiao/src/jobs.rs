//! Clocked work: one loop over the jobs of all domains.

use kernel::{App, job};
use std::time::Duration;
use web::{Domain, Job};

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
async fn turn(app: &App, j: &Job) -> kernel::Result<()> {
    if !job::claim(app, j.name, j.every_seconds).await? {
        return Ok(());
    }
    let result = (j.run)(app.clone()).await;
    let error = result.as_ref().err().map(|e| kernel::text::cut(&e.to_string(), 300));
    job::done(app, j.name, error).await?;
    result
}
