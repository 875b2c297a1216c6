//! Clocked work: one loop over the jobs of all domains.

use kernel::{App, job};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use web::{Domain, Job};

/// Runs, failures, seconds of the last run.
type Run = (u64, u64, f64);

/// How often each job ran on this node, failed, and how long it took the last time.
#[derive(Clone, Default)]
pub struct Runs(Arc<Mutex<BTreeMap<&'static str, Run>>>);

impl Runs {
    fn add(&self, name: &'static str, took: Duration, failed: bool) {
        let mut all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let run = all.entry(name).or_default();
        run.0 += 1;
        run.1 += u64::from(failed);
        run.2 = took.as_secs_f64();
    }

    /// Prometheus text.
    pub fn text(&self) -> String {
        let all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let mut out = String::from("# HELP fengqiao_job_runs_total Runs of a job on this node.\n# TYPE fengqiao_job_runs_total counter\n");
        for (name, (runs, ..)) in all.iter() {
            let _ = writeln!(out, "fengqiao_job_runs_total{{job=\"{name}\"}} {runs}");
        }
        out.push_str("# HELP fengqiao_job_failures_total Runs that ended in an error.\n# TYPE fengqiao_job_failures_total counter\n");
        for (name, (_, failures, _)) in all.iter() {
            let _ = writeln!(out, "fengqiao_job_failures_total{{job=\"{name}\"}} {failures}");
        }
        out.push_str("# HELP fengqiao_job_seconds Time of the last run.\n# TYPE fengqiao_job_seconds gauge\n");
        for (name, (.., seconds)) in all.iter() {
            let _ = writeln!(out, "fengqiao_job_seconds{{job=\"{name}\"}} {seconds:.6}");
        }
        out
    }
}

/// Runs all jobs of all domains until the program ends; those of upper domains first, so that what a volume keeps is held before
/// the records under it are cleared.
pub fn spawn(app: App, domains: &[Domain]) -> Runs {
    let jobs: Vec<Job> = domains.iter().rev().flat_map(|d| d.jobs.clone()).collect();
    let runs = Runs::default();
    let counted = runs.clone();
    tokio::spawn(async move {
        loop {
            for job in &jobs {
                if let Err(e) = turn(&app, job, &counted).await {
                    tracing::error!("job {}: {e}", job.name);
                }
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    });
    runs
}

/// Runs a job when it is due and nobody else runs it.
async fn turn(app: &App, j: &Job, runs: &Runs) -> kernel::Result<()> {
    if !job::claim(app.db(), j.name, j.every_seconds).await? {
        return Ok(());
    }
    let begun = Instant::now();
    let result = (j.run)(app.clone()).await;
    runs.add(j.name, begun.elapsed(), result.is_err());
    let error = result.as_ref().err().map(|e| kernel::text::cut(&e.to_string(), 300));
    job::done(app.db(), j.name, error).await?;
    result
}
