//! The ring at the start: opened, or waited for until its disk is there and nobody else holds it.

use super::{Live, copies, exports, rows};
use crate::model::AlarmKind;
use crate::store;
use kernel::{Actor, App, Purpose, Reader, Result, Uuid};
use media::archive::{Known, RingError, StreamId, is_ring};
use media::disk::Disk;
use media::estate::{Clock, Estate, Opened};
use media::recorder::Settings;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long to wait before the ring is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Why there is no ring: the alarm, and a sentence for pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shut {
    pub kind: AlarmKind,
    pub words: String,
}

fn shut(root: &Path, e: Option<&RingError>) -> Shut {
    let root = root.display();
    let so = "摄像机没有接入，也没有在录；每 5 秒自动再试。";
    match e {
        Some(RingError::InUse(..)) => Shut {
            kind: AlarmKind::RingInUse,
            words: format!("录像目录 {root} 正由另一个进程使用，{so}请系统管理员结束那个进程；有意由它接入的，本进程应加 --no-video 启动。"),
        },
        Some(RingError::Disk(..)) => Shut {
            kind: AlarmKind::RingMissing,
            words: format!("录像目录 {root} 打不开，{so}请系统管理员检查录像盘有没有挂上、能不能写。"),
        },
        None => Shut {
            kind: AlarmKind::RingMissing,
            words: format!("录像目录 {root} 里没有以前的录像，多半是录像盘没有挂上，{so}确实换了新盘的，请系统管理员在这个目录里建一个名为 ring.lock 的空文件。"),
        },
    }
}

/// The tasks of a running estate.
pub(super) type Tasks = Arc<Mutex<Vec<JoinHandle<()>>>>;

pub(super) fn push(tasks: &Tasks, task: JoinHandle<()>) {
    tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
}

/// What a ring is opened with.
pub(super) struct Ring {
    pub settings: Settings,
    pub disk: Arc<dyn Disk>,
    pub clock: Arc<dyn Clock>,
}

impl Ring {
    /// Tries once.
    async fn open(&self, app: &App) -> Result<std::result::Result<Opened, Shut>> {
        let look = app.look(&Actor::system(), "video.start", Purpose::Administration);
        let kept = app.db().read(&look, async |r: &mut Reader| store::kept_everywhere(r).await).await?;
        let root = self.settings.root.clone();
        let known: HashMap<StreamId, Known> = kept
            .iter()
            .map(|k| {
                let bytes = u64::try_from(k.bytes).unwrap_or(0);
                (StreamId(*k.stream_id.as_bytes()), Known { until_ms: k.newest_name_ms, bytes })
            })
            .collect();
        let (settings, disk, clock) = (self.settings.clone(), self.disk.clone(), self.clock.clone());
        let done = tokio::task::spawn_blocking(move || {
            // Recording into the empty folder under a disk that is not mounted would fill the system's own, and every
            // row of what lies on the other would go as missing.
            if !known.is_empty() && !is_ring(&settings.root) {
                return Err(shut(&settings.root, None));
            }
            Estate::open(settings, disk, clock, &known).map_err(|e| {
                tracing::error!("video: the ring at {} cannot be had: {e}", root.display());
                shut(&root, Some(&e))
            })
        });
        done.await.map_err(kernel::Error::internal)
    }

    /// Opens the ring, or has it waited for.
    pub async fn begin(self, live: &Arc<Live>, tasks: &Tasks) -> Result<()> {
        match self.open(&live.app).await? {
            Ok(opened) => run(live, opened, tasks).await,
            Err(why) => {
                live.shut(Some(why));
                live.apply().await?;
                push(tasks, tokio::spawn(self.wait(live.clone(), tasks.clone())));
                Ok(())
            }
        }
    }

    async fn wait(self, live: Arc<Live>, tasks: Tasks) {
        let mut stop = live.stopping();
        loop {
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                _ = stop.changed() => return,
            }
            match self.open(&live.app).await {
                Ok(Ok(opened)) => {
                    if *stop.borrow() {
                        // Giving the ring back waits for the disk.
                        let _ = tokio::task::spawn_blocking(move || drop(opened)).await;
                        return;
                    }
                    tracing::info!("video: the ring is there, cameras are pulled from now on");
                    if let Err(e) = run(&live, opened, &tasks).await {
                        // Follows within half a minute.
                        tracing::error!("video: the registered cameras cannot be read: {e}");
                    }
                    return;
                }
                Ok(Err(why)) => live.shut(Some(why)),
                Err(e) => tracing::error!("video: what the ring should hold cannot be read: {e}"),
            }
        }
    }
}

/// What runs on a ring.
async fn run(live: &Arc<Live>, opened: Opened, tasks: &Tasks) -> Result<()> {
    let Opened { estate, events, found } = opened;
    *live.estate() = Some(estate);
    let applied = live.apply().await;
    for f in found.iter().filter(|f| !f.unreadable.is_empty()) {
        let owner = live.applied().owners.get(&Uuid::from_bytes(f.stream.0)).copied();
        if let Some(o) = owner {
            live.standing().unreadable(o.camera, f.unreadable.len(), live.app.now());
        }
    }
    // Only now: a look at an estate without its streams would take every open alarm for over.
    live.shut(None);
    push(tasks, tokio::spawn(rows::keep(live.clone(), events, found)));
    push(tasks, tokio::spawn(exports::make(live.clone())));
    push(tasks, tokio::spawn(copies::make(live.clone())));
    applied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_says_what_to_do() {
        let root = Path::new("/srv/ring");
        let io = || std::io::Error::from_raw_os_error(5);
        let in_use = shut(root, Some(&RingError::InUse(root.into())));
        let broken = shut(root, Some(&RingError::Disk(root.into(), io())));
        let empty = shut(root, None);
        assert_eq!([in_use.kind, broken.kind, empty.kind], [AlarmKind::RingInUse, AlarmKind::RingMissing, AlarmKind::RingMissing]);
        for (s, says) in [(in_use, "--no-video"), (broken, "能不能写"), (empty, "ring.lock")] {
            assert!(s.words.contains("/srv/ring") && s.words.contains("没有在录") && s.words.contains(says), "{}", s.words);
        }
    }
}
