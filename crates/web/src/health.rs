//! `/healthz`: whether the database answers, whether a write becomes durable, and whether the data directory can be written.
//!
//! Anybody may ask and monitors ask often, so one probe answers for some seconds. The words are for machines and say
//! nothing about the installation; the cause goes to the log.

use crate::domain::Site;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a good and a bad answer stand.
const GOOD_FOR: Duration = Duration::from_secs(10);
const BAD_FOR: Duration = Duration::from_secs(2);
/// Longer than this a writer is not at work but stuck.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of the probe in the data directory: more than a file system keeps beside its directory.
const PROBE: usize = 64 * 1024;

/// How the installation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Good,
    /// The database does not answer at all.
    Silent,
    /// The database answers, but keeps nothing new.
    ReadOnly,
    /// The disk under the database or the data directory is full.
    Full,
    /// The data directory (key file, heads, recordings) cannot be written.
    Directory,
}

impl Health {
    pub fn words(self) -> &'static str {
        match self {
            Health::Good => "ok",
            Health::Silent => "degraded: the database does not answer",
            Health::ReadOnly => "degraded: the database is not writable",
            Health::Full => "degraded: the disk is full",
            Health::Directory => "degraded: the data directory is not writable",
        }
    }
}

/// The last answer, and when it was found.
#[derive(Default)]
struct Known(Mutex<Option<(Instant, Health)>>);

/// How the installation is now, or was some seconds ago. One probe at a time.
pub async fn of(site: &Site) -> Health {
    let known = match site.part::<Known>() {
        Some(k) => k,
        None => {
            site.put(std::sync::Arc::new(Known::default()));
            site.part::<Known>().unwrap_or_default()
        }
    };
    let mut last = known.0.lock().await;
    if let Some((at, health)) = *last
        && at.elapsed() < if health == Health::Good { GOOD_FOR } else { BAD_FOR }
    {
        return health;
    }
    let health = probe(site).await;
    *last = Some((Instant::now(), health));
    health
}

async fn probe(site: &Site) -> Health {
    let db = site.app().db();
    let within = async |work: futures::future::BoxFuture<'_, kernel::Result<()>>| {
        tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(Error::internal("no answer in time")))
    };
    if let Err(e) = within(db.ping()).await {
        tracing::error!("the database does not answer: {e}");
        return Health::Silent;
    }
    match within(db.try_write()).await {
        Ok(()) => {}
        Err(e) => {
            tracing::error!("the database keeps nothing new: {e}");
            return if matches!(e, Error::Full) { Health::Full } else { Health::ReadOnly };
        }
    }
    let data = site.app().settings().data.clone();
    match tokio::task::spawn_blocking(move || write_probe(&data)).await {
        Ok(Ok(())) => Health::Good,
        Ok(Err(e)) => {
            tracing::error!("the data directory cannot be written: {e}");
            if e.kind() == std::io::ErrorKind::StorageFull { Health::Full } else { Health::Directory }
        }
        Err(e) => {
            tracing::error!("the probe broke off: {e}");
            Health::Directory
        }
    }
}

/// Writes, syncs and removes a small file.
fn write_probe(data: &Path) -> std::io::Result<()> {
    use std::io::Write;
    let path = data.join(format!(".healthz-{}", std::process::id()));
    let done = (|| {
        let mut file = std::fs::File::create(&path)?;
        file.write_all(&[0x5a; PROBE])?;
        file.sync_all()
    })();
    let gone = std::fs::remove_file(&path);
    done.and(gone)
}

/// `GET /healthz`
pub(crate) async fn show(State(site): State<Site>) -> Response {
    let health = of(&site).await;
    let status = if health == Health::Good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("{}\n", health.words())).into_response()
}
