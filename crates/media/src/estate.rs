//! All streams of one machine: cameras, hubs, recorder, health. The door for the layer above.

use crate::archive::{Found, Known, Lock, RingError, StreamId};
use crate::assemble::{Assembler, Unit};
use crate::camera::{Sink, Source, Trouble, run};
use crate::disk::Disk;
use crate::fmp4::Track;
use crate::health::{Facts, Remark, State, remarks, state};
use crate::hub::{Hub, Viewer};
use crate::recorder::{DiskState, Event, Recorder, Settings, Teller};
use crate::retention::{Hold, Quota, Room, Usage};
use crate::vitals::Vitals;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Events that may wait to be taken.
const EVENTS: usize = 4096;

/// Tells the wall-clock time; comes in from above.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;
}

/// A stream to pull.
#[derive(Debug, Clone)]
pub struct Stream {
    /// Its id; main and sub stream of a camera have one each.
    pub id: StreamId,
    /// Where it comes from.
    pub source: Source,
    /// How much of it is kept; `None` is not recorded.
    pub record: Option<Quota>,
    /// What weighs less is left out first when the disk is too slow: 1 for sub streams, 2 for main ones.
    pub weight: u8,
}

/// How a stream is, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// Which.
    pub id: StreamId,
    /// What a tile says.
    pub state: State,
    /// What is remarked beside it.
    pub remarks: Vec<Remark>,
    /// Why there is no connection, while there is none.
    pub trouble: Option<Trouble>,
    /// The measurements behind the state; times are milliseconds since the estate was opened.
    pub facts: Facts,
    /// Frames received since the stream was added.
    pub frames: u64,
    /// Packets known to be lost.
    pub lost_packets: u64,
    /// Sessions so far.
    pub sessions: u64,
    /// The camera offers sound in its stream; it is never asked for, so it is neither recorded nor heard.
    pub sound: bool,
    /// Coding and size of the pictures; `None` before the first one.
    pub picture: Option<Arc<Track>>,
    /// Viewers at this moment.
    pub viewers: usize,
}

#[derive(Default)]
struct Pulse {
    vitals: Vitals,
    trouble: Option<Trouble>,
    /// The trouble that the caller was told last and that is not over.
    told: Option<Trouble>,
    sound: bool,
    picture: Option<Arc<Track>>,
}

/// One stream's meeting point of task, hub and recorder.
struct Post {
    id: StreamId,
    /// `None` when it is not recorded.
    groups: Mutex<Option<Assembler>>,
    record: bool,
    weight: u8,
    hub: Arc<Hub>,
    recorder: Arc<Recorder>,
    pulse: Mutex<Pulse>,
    clock: Arc<dyn Clock>,
    began: Instant,
    frozen_ms: i64,
    teller: Teller,
}

impl Post {
    fn mono_ms(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn groups(&self) -> MutexGuard<'_, Option<Assembler>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `written`: its newest group.
    fn health(&self, written: bool) -> Health {
        let now = self.mono_ms();
        let p = self.pulse();
        let delivers = p.trouble.is_none() && p.vitals.frames > 0;
        let facts = p.vitals.facts(now, self.record && (!delivers || !written));
        let state = state(&facts, now, self.frozen_ms);
        Health {
            id: self.id,
            state,
            remarks: remarks(&facts, state),
            trouble: p.trouble.clone(),
            facts,
            frames: p.vitals.frames,
            lost_packets: p.vitals.lost_packets,
            sessions: p.vitals.sessions,
            sound: p.sound,
            picture: p.picture.clone(),
            viewers: self.hub.viewers(),
        }
    }
}

impl Sink for Post {
    fn connected(&self, sound: bool) {
        let mut p = self.pulse();
        p.sound = sound;
        p.vitals.connected(self.mono_ms());
        p.trouble = None;
    }

    fn shows(&self, track: &Arc<Track>) {
        self.pulse().picture = Some(track.clone());
    }

    fn frame(&self, bytes: usize, key: bool, stalled: bool, loss: u16) {
        let mut p = self.pulse();
        p.vitals.frame(self.mono_ms(), bytes, key, stalled);
        p.vitals.lost_packets += u64::from(loss);
        let told = p.told.take().is_some();
        drop(p);
        if told {
            self.teller.tell(Event::Camera(self.id, None));
        }
    }

    fn jumped(&self, by_ms: i64) {
        self.teller.tell(Event::Jumped(self.id, by_ms));
    }

    fn skew(&self, ms: i64) {
        self.pulse().vitals.skew(ms);
    }

    fn unit(&self, unit: Unit) {
        self.hub.push(&unit);
        if let Some(groups) = &mut *self.groups()
            && let Some(g) = groups.push(unit)
        {
            self.recorder.push(self.id, self.weight, g);
        }
    }

    fn idle(&self) {
        if let Some(g) = self.groups().as_mut().and_then(Assembler::flush) {
            self.recorder.push(self.id, self.weight, g);
        }
    }

    fn gone(&self, trouble: Trouble) {
        let mut p = self.pulse();
        p.vitals.gone();
        let news = p.told.as_ref() != Some(&trouble);
        (p.trouble, p.told) = (Some(trouble.clone()), Some(trouble.clone()));
        drop(p);
        self.idle();
        self.recorder.end(self.id);
        if news {
            self.teller.tell(Event::Camera(self.id, Some(trouble)));
        }
    }

    fn wall_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

struct Running {
    post: Arc<Post>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
        self.post.idle();
        // A frame that is being taken at this moment finds no assembler.
        *self.post.groups() = None;
        self.post.recorder.end(self.post.id);
    }
}

/// The running whole. Dropping it stops the cameras, finishes the files and gives the ring back; that waits for the disk.
pub struct Estate {
    streams: Mutex<HashMap<StreamId, Running>>,
    recorder: Arc<Recorder>,
    clock: Arc<dyn Clock>,
    began: Instant,
    teller: Teller,
    root: std::path::PathBuf,
    frozen_ms: i64,
    _lock: Lock,
}

impl Drop for Estate {
    fn drop(&mut self) {
        self.streams().clear();
        self.recorder.stop();
    }
}

/// An opened estate.
pub struct Opened {
    /// The estate, without streams.
    pub estate: Estate,
    /// What happens from now on; to be taken steadily.
    pub events: mpsc::Receiver<Event>,
    /// What stood in the ring: rows to be added, files that could not be read.
    pub found: Vec<Found>,
}

impl Estate {
    /// Takes the ring and looks through it; `known` is what the caller has rows for. Blocks for as long as reading the
    /// files without a row takes.
    ///
    /// # Errors
    /// The ring is in use, or its folder cannot be read.
    pub fn open(
        settings: Settings,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        known: &HashMap<StreamId, Known>,
    ) -> Result<Opened, RingError> {
        let root = settings.root.clone();
        let frozen_ms = i64::try_from(settings.frozen_after.as_millis()).unwrap_or(i64::MAX);
        let lock = Lock::take(&root)?;
        let found = lock.rescan(known)?;
        let bytes: Vec<(StreamId, u64)> = found.iter().map(|f| (f.stream, f.bytes)).collect();
        let (to, events) = mpsc::channel(EVENTS);
        let teller = Teller::new(to);
        let now = clock.clone();
        let recorder = Recorder::start(settings, disk, &bytes, Box::new(move || now.now_ms()), teller.clone());
        let recorder = Arc::new(recorder.map_err(|e| RingError::Disk(root.clone(), e))?);
        let streams = Mutex::default();
        let estate = Estate { streams, recorder, clock, began: Instant::now(), teller, root, frozen_ms, _lock: lock };
        Ok(Opened { estate, events, found })
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<StreamId, Running>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to pull a stream; one of the same id ends first. Must be called within a tokio runtime.
    pub fn add(&self, stream: Stream) {
        let Stream { id, source, record, weight } = stream;
        if let Some(q) = record {
            self.recorder.quota(id, q);
        }
        let post = Arc::new(Post {
            id,
            groups: Mutex::new(record.map(|_| Assembler::default())),
            record: record.is_some(),
            weight,
            hub: Hub::new(id.0),
            recorder: self.recorder.clone(),
            pulse: Mutex::default(),
            clock: self.clock.clone(),
            began: self.began,
            frozen_ms: self.frozen_ms,
            teller: self.teller.clone(),
        });
        let spread = Duration::from_millis(u64::from(id.0[15]));
        let mut all = self.streams();
        drop(all.remove(&id));
        let task = tokio::spawn(run(source, post.clone(), spread));
        all.insert(id, Running { post, task });
    }

    /// Ends a stream; its recordings stay, its viewers end. `false` when there was none.
    pub fn remove(&self, id: StreamId) -> bool {
        self.streams().remove(&id).is_some()
    }

    /// A viewer of a stream, if it runs.
    pub fn watch(&self, id: StreamId) -> Option<Viewer> {
        self.streams().get(&id).map(|r| r.post.hub.watch())
    }

    /// How all streams are, by id.
    pub fn health(&self) -> Vec<Health> {
        let unwritten = self.recorder.unwritten();
        let mut all: Vec<Health> = self.streams().values().map(|r| r.post.health(!unwritten.contains(&r.post.id))).collect();
        all.sort_by_key(|h| h.id);
        all
    }

    /// Changes how much of a stream is kept.
    pub fn quota(&self, id: StreamId, quota: Quota) {
        self.recorder.quota(id, quota);
    }

    /// Spans of a stream whose files stay; those not named end. To be set again after every start.
    pub fn holds(&self, id: StreamId, holds: Vec<Hold>) {
        self.recorder.holds(id, holds);
    }

    /// What each stream keeps; some seconds old.
    pub fn usage(&self) -> HashMap<StreamId, Usage> {
        self.recorder.usage()
    }

    /// Space of the ring's disk, some seconds old; `None` while it cannot be asked. Waits for no disk.
    pub fn room(&self) -> Option<Room> {
        self.recorder.room()
    }

    /// State of the ring's disk.
    pub fn disk(&self) -> DiskState {
        self.recorder.disk()
    }

    /// The ring's folder, for replay and export.
    pub fn root(&self) -> &std::path::Path {
        &self.root
    }
}
