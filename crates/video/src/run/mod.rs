//! The running estate: cameras of the database pulled and recorded, changes followed, rows kept, health told.
//!
//! One for each process; pages find it in the site's parts. It starts after the database is open and stops before it is
//! closed. What fails for one camera is that camera's state and nobody else's.

mod alarms;
mod clocked;
pub mod copies;
pub mod exports;
mod health;
mod losses;
mod pictures;
mod ring;
mod rows;
mod standing;

pub use health::{Seen, Sight};

use crate::model::{AlarmKind, StreamKind, Whole};
use crate::{actions, store};
use kernel::{Actor, App, Purpose, Reader, Result, StationId, Uuid};
use media::address::Network;
use media::archive::StreamId;
use media::camera::Source;
use media::disk::{Disk, Plain};
use media::estate::{Clock, Estate, Stream};
use media::hub::Viewer;
use media::recorder::{DiskState, Settings};
use media::shelf::Shelf;
use media::retention::{Hold, Quota};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use web::Site;

/// Bytes of a megabyte of a quota.
pub const MB: u64 = 1 << 20;
/// Live sockets at once on this node.
const SOCKETS: usize = 400;
/// Changes that nobody announced (another node's) are found after this.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// The machine's clock as the application tells it.
struct AppClock(App);

impl Clock for AppClock {
    fn now_ms(&self) -> i64 {
        self.0.now().as_millisecond()
    }
}

/// What a stream was added with; compared to find changes.
#[derive(Clone, PartialEq)]
struct Wanted {
    url: String,
    sign_in: Option<(String, String)>,
    networks: Vec<Network>,
    record: Option<Quota>,
    main: bool,
}

/// Whose a stream is.
#[derive(Clone, Copy)]
pub struct Owner {
    pub station: StationId,
    pub camera: Uuid,
    pub kind: StreamKind,
}

#[derive(Default)]
struct Applied {
    streams: HashMap<Uuid, Wanted>,
    holds: HashMap<Uuid, Vec<Hold>>,
    /// Streams in use and those that still have recordings.
    owners: HashMap<Uuid, Owner>,
    /// Why a stream is not pulled at all.
    problems: HashMap<Uuid, String>,
    /// What the pictures of each stream are as usual.
    usual: HashMap<Uuid, String>,
}

/// What pages and sockets see of the running estate.
pub struct Live {
    app: App,
    estate: Mutex<Option<Estate>>,
    applied: Mutex<Applied>,
    /// Why nothing runs.
    shut: Mutex<Option<ring::Shut>>,
    /// The ring as it is read.
    shelf: Shelf,
    sight: watch::Sender<Arc<Sight>>,
    stopping: watch::Sender<bool>,
    pub(crate) sockets: Arc<Semaphore>,
    seen: crate::replay::Seen,
    phones: crate::hls::Phones,
    plays: copies::Plays,
    /// What was received and not recorded, as the recorder tells it.
    losses: losses::Losses,
    standing: standing::Standing,
    /// The ffmpeg that burns regions in, when it is not the one on PATH.
    ffmpeg: Mutex<Option<PathBuf>>,
}

impl Live {
    fn estate(&self) -> MutexGuard<'_, Option<Estate>> {
        self.estate.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn applied(&self) -> MutexGuard<'_, Applied> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Why no camera is pulled on this node, in a sentence or two; empty when the estate runs.
    pub fn why_not(&self) -> String {
        self.reason().map_or(String::new(), |s| s.words)
    }
    /// Busy, with the reason, while no camera is pulled on this node.
    pub(crate) fn must_run(&self) -> Result<()> {
        self.reason().map_or(Ok(()), |s| Err(kernel::Error::Busy(s.words)))
    }
    /// The alarm that it amounts to when no camera is pulled on this node.
    pub fn shut_by(&self) -> Option<AlarmKind> {
        self.reason().map(|s| s.kind)
    }
    fn reason(&self) -> Option<ring::Shut> {
        self.shut.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn shut(&self, why: Option<ring::Shut>) {
        *self.shut.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
    /// How all streams were a moment ago.
    pub fn sight(&self) -> Arc<Sight> {
        self.sight.borrow().clone()
    }
    /// Hears every new look at the streams, once a second.
    pub fn sights(&self) -> watch::Receiver<Arc<Sight>> {
        self.sight.subscribe()
    }
    /// Turns true when the program ends.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }
    /// Somebody who watches a stream, when it is pulled.
    pub fn viewer(&self, stream: Uuid) -> Option<Viewer> {
        self.estate().as_ref()?.watch(StreamId(*stream.as_bytes()))
    }
    /// The ring's folder.
    pub fn root(&self) -> &Path {
        self.shelf.root()
    }
    /// The ring as it is read; all readers remember together.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }
    /// The minutes of footage that stand in the register for the running watches.
    pub(crate) fn seen(&self) -> &crate::replay::Seen {
        &self.seen
    }
    /// Streams that are packed for players of playlists.
    pub(crate) fn phones(&self) -> &crate::hls::Phones {
        &self.phones
    }
    /// Who plays which film of an export, as it stands in the register.
    pub(crate) fn plays(&self) -> &copies::Plays {
        &self.plays
    }
    /// Names the ffmpeg that burns regions in, in place of the one on PATH.
    pub fn use_ffmpeg(&self, path: PathBuf) {
        *self.ffmpeg.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    }
    /// The program that makes copies for publication.
    ///
    /// # Errors
    /// There is none on this machine, or it cannot write H.264.
    pub async fn program(&self) -> std::result::Result<media::blur::Program, media::blur::BlurError> {
        let configured = self.ffmpeg.lock().unwrap_or_else(PoisonError::into_inner).clone();
        media::blur::Program::find(configured.as_deref()).await
    }
    fn losses(&self) -> &losses::Losses {
        &self.losses
    }
    fn standing(&self) -> &standing::Standing {
        &self.standing
    }
    /// What is to be known of the machine's clock, when it was set.
    pub fn clock_words(&self) -> Option<String> {
        let hours = self.app.rules().int("video.notice_hours", self.app.today()).unwrap_or(24);
        self.standing.clock(self.app.now(), hours * 3600)
    }
    /// Space of the ring's disk; `None` while it cannot be asked.
    pub fn room(&self) -> Option<media::retention::Room> {
        self.estate().as_ref().and_then(Estate::room)
    }
    /// Bytes that each recorded stream of this process may keep, of all stations: they share the ring.
    pub fn quotas(&self) -> HashMap<Uuid, u64> {
        self.applied().streams.iter().filter_map(|(id, w)| Some((*id, w.record?.bytes))).collect()
    }
    /// The disk's state.
    pub fn disk(&self) -> DiskState {
        self.estate().as_ref().map_or(DiskState::Well, Estate::disk)
    }
    /// Bytes that each stream keeps.
    pub fn usage(&self) -> HashMap<Uuid, media::retention::Usage> {
        let all = self.estate().as_ref().map(Estate::usage).unwrap_or_default();
        all.into_iter().map(|(id, u)| (Uuid::from_bytes(id.0), u)).collect()
    }
    /// Why a stream is not pulled although it is registered.
    pub fn problem(&self, stream: Uuid) -> Option<String> {
        self.applied().problems.get(&stream).cloned()
    }

    /// Brings the estate to what the database says: adds, changes, removes, sets quotas and holds.
    async fn apply(&self) -> Result<()> {
        let look = self.app.look(&Actor::system(), "video.apply", Purpose::Administration);
        let (cameras, networks, holds, retired, known_streams) = self
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                Ok((
                    store::all_cameras(r).await?,
                    store::all_networks(r).await?,
                    store::all_holds(r).await?,
                    store::retired(r).await?,
                    store::stream_owners(r).await?,
                ))
            })
            .await?;
        let mut wanted: HashMap<Uuid, Wanted> = HashMap::new();
        let mut owners: HashMap<Uuid, Owner> = HashMap::new();
        let mut problems: HashMap<Uuid, String> = HashMap::new();
        let mut usual: HashMap<Uuid, String> = HashMap::new();
        let mut held: HashMap<Uuid, Vec<Hold>> = HashMap::new();
        for (stream, station, camera) in known_streams {
            owners.insert(stream, Owner { station, camera, kind: StreamKind::Main });
            let of: Vec<Hold> = holds
                .iter()
                .filter(|h| h.camera_id == camera)
                .map(|h| Hold { from_ms: h.from_ms, to_ms: h.to_ms })
                .collect();
            if !of.is_empty() {
                held.insert(stream, of);
            }
        }
        for Whole { camera, streams } in &cameras {
            let own: Vec<_> = networks.iter().filter(|n| n.station_id == camera.station_id).cloned().collect();
            let own = actions::parsed(&own);
            let sign_in = actions::sign_in(&self.app, camera);
            for s in streams {
                owners.insert(s.id, Owner { station: camera.station_id, camera: camera.id, kind: s.kind });
                usual.insert(s.id, s.picture.clone());
                let keep_ms = Some(camera.keep_days * 86_400_000);
                match &sign_in {
                    Ok(sign_in) => {
                        wanted.insert(
                            s.id,
                            Wanted {
                                url: s.url.clone(),
                                sign_in: sign_in.clone(),
                                networks: own.clone(),
                                record: s
                                    .record
                                    .then_some(Quota { bytes: u64::try_from(s.quota_mb).unwrap_or(0) * MB, keep_ms }),
                                main: s.kind == StreamKind::Main,
                            },
                        );
                    }
                    Err(_) => {
                        problems.insert(s.id, "登录信息打不开，密钥文件里没有对应的密钥".into());
                    }
                }
            }
        }
        self.bring(Applied { streams: wanted, holds: held, owners, problems, usual }, &retired);
        Ok(())
    }

    fn bring(&self, new: Applied, retired: &[(Uuid, i64, i64)]) {
        let estate = self.estate();
        let mut a = self.applied();
        let Some(e) = estate.as_ref() else {
            // Whose cameras stand still is known all the same; the streams are added once there is a ring.
            *a = Applied { streams: HashMap::new(), holds: HashMap::new(), ..new };
            return;
        };
        let (wanted, held) = (&new.streams, &new.holds);
        let id = |u: &Uuid| StreamId(*u.as_bytes());
        for gone in a.streams.keys().filter(|k| !wanted.contains_key(k)) {
            e.remove(id(gone));
        }
        for (stream, quota_mb, keep_days) in retired {
            e.quota(
                id(stream),
                Quota { bytes: u64::try_from(*quota_mb).unwrap_or(0) * MB, keep_ms: Some(keep_days * 86_400_000) },
            );
        }
        for (stream, w) in wanted {
            match a.streams.get(stream) {
                Some(old) if old == w => {}
                Some(old)
                    if (Wanted { record: w.record, ..old.clone() }) == *w
                        && old.record.is_some()
                        && w.record.is_some() =>
                {
                    if let Some(q) = w.record {
                        e.quota(id(stream), q);
                    }
                }
                _ => e.add(Stream {
                    id: id(stream),
                    source: Source {
                        url: w.url.clone(),
                        sign_in: w.sign_in.clone(),
                        allowed: w.networks.clone().into(),
                    },
                    record: w.record,
                    weight: if w.main { 2 } else { 1 },
                }),
            }
        }
        let ended: Vec<Uuid> = a.holds.keys().filter(|k| !held.contains_key(k)).copied().collect();
        for (stream, spans) in held.iter().map(|(k, v)| (*k, v.clone())).chain(ended.into_iter().map(|k| (k, vec![]))) {
            if a.holds.get(&stream) != Some(&spans) {
                e.holds(id(&stream), spans);
            }
        }
        *a = new;
    }
}

/// The estate while it runs; to be [`Running::stop`]ped.
pub struct Running {
    live: Arc<Live>,
    tasks: ring::Tasks,
}

/// Opens the ring at `root` and pulls the registered cameras. A ring that cannot be had (another process owns it, no disk)
/// is told on the pages, in the log and as a task, and tried again every few seconds; the rest of the program runs.
///
/// # Errors
/// The database's.
pub async fn start(site: &Site, root: PathBuf) -> Result<Running> {
    let clock = Arc::new(AppClock(site.app().clone()));
    start_with(site, Settings::new(root), Arc::new(Plain), clock).await
}

/// The same with the adapter's settings, a file layer and a clock of the caller's.
///
/// # Errors
/// The database's.
pub async fn start_with(
    site: &Site,
    settings: Settings,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
) -> Result<Running> {
    let live = Arc::new(Live {
        app: site.app().clone(),
        estate: Mutex::default(),
        applied: Mutex::default(),
        shut: Mutex::default(),
        shelf: Shelf::new(&settings.root),
        sight: watch::Sender::new(Arc::default()),
        stopping: watch::Sender::new(false),
        sockets: Arc::new(Semaphore::new(SOCKETS)),
        seen: crate::replay::Seen::default(),
        phones: crate::hls::Phones::default(),
        plays: copies::Plays::default(),
        losses: losses::Losses::default(),
        standing: standing::Standing::default(),
        ffmpeg: Mutex::default(),
    });
    let tasks = ring::Tasks::default();
    ring::Ring { settings, disk, clock }.begin(&live, &tasks).await?;
    site.put(live.clone());
    ring::push(&tasks, tokio::spawn(health::look(live.clone())));
    ring::push(&tasks, tokio::spawn(follow(live.clone())));
    Ok(Running { live, tasks })
}

/// Follows what is changed by hand: at once on this node, after half a minute when another one did it.
async fn follow(live: Arc<Live>) {
    let mut bus = live.app.db().subscribe();
    let mut stop = live.stopping();
    loop {
        tokio::select! {
            heard = bus.recv() => match heard {
                Ok(e) if e.topic != "video.setup" => continue,
                Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(_) => return,
            },
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            _ = stop.changed() => return,
        }
        if let Err(e) = live.apply().await {
            tracing::error!("video: the registered cameras cannot be read: {e}");
        }
    }
}

impl Running {
    /// What pages see of it.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Ends the sockets, the cameras and the recording, writes the last rows and gives the ring back.
    pub async fn stop(self) {
        self.live.stopping.send_replace(true);
        let estate = self.live.estate().take();
        // Finishing the files waits for the disk.
        let _ = tokio::task::spawn_blocking(move || drop(estate)).await;
        let next = || self.tasks.lock().unwrap_or_else(PoisonError::into_inner).pop();
        while let Some(t) = next() {
            // The estate's end closes the events; the others heard `stopping`.
            let abort = t.abort_handle();
            if tokio::time::timeout(Duration::from_secs(8), t).await.is_err() {
                abort.abort();
            }
        }
    }
}
