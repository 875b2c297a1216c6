//! Metrics on a local port of their own, as Prometheus text: numbers about the work, no personal data.

use crate::jobs::Runs;
use anyhow::{Context, bail};
use kernel::meter::{BATCH_BOUNDS, COMMIT_BOUNDS_MS, Counts};
use std::fmt::Write;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use web::Site;
use web::health::Health;

/// Binds the port; only on loopback.
pub async fn bind(at: &str) -> anyhow::Result<TcpListener> {
    let at: SocketAddr = at.parse().with_context(|| format!("运行指标的监听地址“{at}”没有读懂。请写成 127.0.0.1:9464"))?;
    if !at.ip().is_loopback() {
        bail!("运行指标只能在本机监听，例如 127.0.0.1:9464。");
    }
    crate::serve::listener_at(at).await
}

/// Answers `GET /metrics` until the program ends.
pub fn serve(listener: TcpListener, site: Site, runs: Runs) {
    let router = axum::Router::new().route(
        "/metrics",
        axum::routing::get(move || {
            let (site, runs) = (site.clone(), runs.clone());
            async move { ([("content-type", "text/plain; version=0.0.4")], text(&site, &runs).await) }
        }),
    );
    tokio::spawn(async move {
        if let Err(e) = axum::serve(listener, router).await {
            tracing::error!("metrics: {e}");
        }
    });
}

async fn text(site: &Site, runs: &Runs) -> String {
    let db = site.app().db();
    let health = web::health::of(site).await;
    let up = u8::from(health != Health::Silent);
    let mut out = site.meter().text();
    gauge(&mut out, "fengqiao_database_up", "Whether the database answers.", up);
    gauge(&mut out, "fengqiao_healthy", "Whether writes become durable and the data directory can be written.", u8::from(health == Health::Good));
    gauge(&mut out, "fengqiao_writer_waiting", "Commands that wait for the writer.", db.waiting());
    gauge(&mut out, "fengqiao_resident_bytes", "Memory in use.", resident_bytes());
    database(&mut out, &db.counts());
    out.push_str(&runs.text());
    out
}

fn gauge(out: &mut String, name: &str, help: &str, value: impl std::fmt::Display) {
    let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
}

fn database(out: &mut String, c: &Counts) {
    for (name, help, value) in [
        ("fengqiao_commits_total", "Transactions made durable.", c.commits),
        ("fengqiao_commit_failures_total", "Transactions that could not be made durable.", c.failed_commits),
        ("fengqiao_commands_total", "Commands made durable, recorded looks included.", c.commands),
        ("fengqiao_commands_refused_total", "Commands that were refused or failed and left nothing.", c.refused),
        ("fengqiao_reads_total", "Readings of the database outside of commands.", c.reads),
    ] {
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n");
    }
    out.push_str("# HELP fengqiao_batch_commands Commands in one commit.\n# TYPE fengqiao_batch_commands histogram\n");
    let mut sum = 0;
    for (bound, n) in BATCH_BOUNDS.iter().zip(c.batches) {
        sum += n;
        let _ = writeln!(out, "fengqiao_batch_commands_bucket{{le=\"{bound}\"}} {sum}");
    }
    let _ = writeln!(out, "fengqiao_batch_commands_bucket{{le=\"+Inf\"}} {}", c.commits);
    let _ = writeln!(out, "fengqiao_batch_commands_sum {}\nfengqiao_batch_commands_count {}", c.commands, c.commits);
    out.push_str("# HELP fengqiao_commit_seconds Time that the database took to make a commit durable.\n# TYPE fengqiao_commit_seconds histogram\n");
    let mut sum = 0;
    for (bound, n) in COMMIT_BOUNDS_MS.iter().zip(c.commit_times) {
        sum += n;
        let _ = writeln!(out, "fengqiao_commit_seconds_bucket{{le=\"{}\"}} {sum}", *bound as f64 / 1e3);
    }
    let _ = writeln!(out, "fengqiao_commit_seconds_bucket{{le=\"+Inf\"}} {}", c.commits);
    let _ = writeln!(out, "fengqiao_commit_seconds_sum {:.6}\nfengqiao_commit_seconds_count {}", c.commit_micros as f64 / 1e6, c.commits);
}

/// Memory in use by this process, from `/proc`; 0 where there is none.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}
