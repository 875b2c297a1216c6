//! The recorder (录像): one thread for each ring writes what the cameras' tasks hand over, and removes what retention says;
//! another brings it to the disk for good.
//!
//! Cost: handing over takes a lock for some instructions, whatever the disk does. Promise: no camera waits for the disk or
//! for another camera. When the disk is slower than the cameras, whole groups of the least important stream are left out
//! and counted; when it refuses, files before stay whole, the gap is told, and the next key frame begins a new file.

use crate::archive::StreamId;
use crate::disk::Disk;
use crate::retention::{Hold, Keeper, Quota, Removed, Room, Usage};
use crate::ring::{Closed, Group, Writer};
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How often quotas are looked at, and how long a refusing disk or folder is left alone.
const SWEEP: Duration = Duration::from_secs(5);
/// The wall clock against one that never goes back: more than this is a clock that was set.
const CLOCK_MS: i64 = 2_000;
/// A clock that was set ahead by more than this makes nothing old for [`DOUBT`]: a wrong date must not cost a month of recordings.
const AHEAD_MS: i64 = 3_600_000;
const DOUBT: Duration = Duration::from_secs(86_400);
const REST: Duration = Duration::from_secs(1);

/// State of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskState {
    /// It takes what it is given.
    Well,
    /// No room, and nothing that may be removed.
    Full,
    /// Errors other than that: gone, broken, read-only.
    Failing,
}

/// What happened; the caller keeps rows and raises alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A file is finished and would survive a loss of power: its row. Some seconds after its end.
    Closed(StreamId, Closed),
    /// Retention removed a file.
    Removed(Removed),
    /// So many groups were not recorded, since the last such event of the stream.
    Lost(StreamId, u32),
    /// The disk's state changed.
    Disk(DiskState),
    /// A camera's trouble began or changed; `None`: it delivers again.
    Camera(StreamId, Option<crate::camera::Trouble>),
    /// A camera's clock jumped by so many milliseconds.
    Jumped(StreamId, i64),
    /// The machine's own clock was set by so many milliseconds, or the machine slept so long.
    Clock(i64),
    /// So many events could not be handed over because nobody took them: look through the ring ([`crate::archive`]).
    Missed(u32),
}

enum Job {
    Group(StreamId, u8, Group),
    End(StreamId),
    Quota(StreamId, Quota),
    Holds(StreamId, Vec<Hold>),
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    bytes: usize,
    lost: HashMap<StreamId, u32>,
    stopping: bool,
    usage: HashMap<StreamId, Usage>,
    room: Option<Room>,
    state: Option<DiskState>,
    unwritten: HashSet<StreamId>,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    limit: usize,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands events to the caller without ever waiting.
#[derive(Clone)]
pub(crate) struct Teller(mpsc::Sender<Event>, Arc<Mutex<u32>>);

impl Teller {
    pub fn new(to: mpsc::Sender<Event>) -> Teller {
        Teller(to, Arc::default())
    }

    pub fn tell(&self, event: Event) {
        let mut missed = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if *missed > 0 && self.0.try_send(Event::Missed(*missed)).is_ok() {
            *missed = 0;
        }
        if *missed > 0 || self.0.try_send(event).is_err() {
            *missed += 1;
        }
    }
}

/// A running recorder; stops and finishes its files when dropped.
pub struct Recorder {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// How a recorder works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of the ring.
    pub root: PathBuf,
    /// Bytes that may wait for the disk.
    pub queue_bytes: usize,
    /// Hundredths of the disk that stay free, at most 8 GiB.
    pub floor: u64,
    /// How often what was written is brought to the disk for good.
    pub sync_every: Duration,
    /// How long a picture looks frozen before it is suspected ([`crate::health::FROZEN_MS`]).
    pub frozen_after: Duration,
}

impl Settings {
    /// 256 MB may wait, 5 % (at most 8 GiB) stay free, brought to the disk every ten seconds.
    pub fn new(root: PathBuf) -> Settings {
        Settings {
            root,
            queue_bytes: 256 << 20,
            floor: 5,
            sync_every: Duration::from_secs(10),
            frozen_after: Duration::from_millis(crate::health::FROZEN_MS.unsigned_abs()),
        }
    }
}

impl Recorder {
    /// Starts the thread. `found` are the bytes that stand in the ring.
    pub(crate) fn start(
        set: Settings,
        disk: Arc<dyn Disk>,
        found: &[(StreamId, u64)],
        now_ms: Box<dyn Fn() -> i64 + Send>,
        teller: Teller,
    ) -> std::io::Result<Recorder> {
        let shared = Arc::new(Shared { queue: Mutex::default(), wake: Condvar::new(), limit: set.queue_bytes });
        let mut keeper = Keeper::new(set.root.clone(), disk.clone(), set.floor);
        found.iter().for_each(|(id, bytes)| keeper.found(*id, *bytes));
        let (root, every, safe, told) =
            (set.root.clone(), set.sync_every, disk.clone(), (teller.clone(), shared.clone()));
        let (to_safe, rows) = std::sync::mpsc::channel();
        let work = Work {
            set,
            disk,
            to_safe,
            keeper,
            shared: shared.clone(),
            teller,
            now_ms,
            writers: HashMap::new(),
            rest_until: None,
            wrote: None,
            clocks: None,
            doubt_until: None,
        };
        let thread = |name: &str| std::thread::Builder::new().name(name.into());
        let threads = vec![
            thread("recorder").spawn(move || work.run())?,
            thread("recorder-sync").spawn(move || keep_safe(&root, every, &*safe, &rows, &told))?,
        ];
        Ok(Recorder { shared, threads: Mutex::new(threads) })
    }

    /// Hands over a group of a stream. When not all can be written, what weighs least is left out first.
    pub fn push(&self, stream: StreamId, weight: u8, group: Group) {
        let bytes = group.bytes();
        let mut q = self.shared.queue();
        if q.stopping {
            return;
        }
        while q.bytes + bytes > self.shared.limit {
            let rank = |j: &Job| if let Job::Group(_, w, _) = j { *w } else { u8::MAX };
            let least =
                q.jobs.iter().enumerate().filter(|(_, j)| matches!(j, Job::Group(..))).min_by_key(|(_, j)| rank(j));
            let Some((at, _)) = least.filter(|(_, j)| rank(j) <= weight) else {
                *q.lost.entry(stream).or_default() += 1;
                return;
            };
            if let Some(Job::Group(id, _, g)) = q.jobs.remove(at) {
                q.bytes -= g.bytes();
                *q.lost.entry(id).or_default() += 1;
            }
        }
        q.bytes += bytes;
        q.jobs.push_back(Job::Group(stream, weight, group));
        self.shared.wake.notify_one();
    }

    fn order(&self, job: Job) {
        self.shared.queue().jobs.push_back(job);
        self.shared.wake.notify_one();
    }

    /// The stream's file ends: the connection was lost or given up.
    pub fn end(&self, stream: StreamId) {
        self.order(Job::End(stream));
    }

    /// How much of a stream is kept.
    pub fn quota(&self, stream: StreamId, quota: Quota) {
        self.order(Job::Quota(stream, quota));
    }

    /// Spans whose files stay; those not named end.
    pub fn holds(&self, stream: StreamId, holds: Vec<Hold>) {
        self.order(Job::Holds(stream, holds));
    }

    /// What each stream keeps, some seconds old at most.
    pub fn usage(&self) -> HashMap<StreamId, Usage> {
        self.shared.queue().usage.clone()
    }

    /// The disk's space, some seconds old at most; `None` while it cannot be asked.
    pub fn room(&self) -> Option<Room> {
        self.shared.queue().room
    }

    /// Streams whose newest group was not written.
    pub fn unwritten(&self) -> HashSet<StreamId> {
        self.shared.queue().unwritten.clone()
    }

    /// State of the disk.
    pub fn disk(&self) -> DiskState {
        self.shared.queue().state.unwrap_or(DiskState::Well)
    }
}

impl Recorder {
    /// Writes what waits, finishes the files and returns when that is done. What comes later is left out.
    pub fn stop(&self) {
        self.shared.queue().stopping = true;
        self.shared.wake.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        threads.into_iter().for_each(|t| drop(t.join()));
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Stream {
    writer: Writer,
    wants_key: bool,
    lost: u32,
    /// The newest group was written.
    written: bool,
    /// Its last attempt failed then, for another reason than a full disk.
    failed: Option<Instant>,
}

struct Work {
    set: Settings,
    disk: Arc<dyn Disk>,
    /// Finished files, on their way to be safe.
    to_safe: Sender<(StreamId, Closed)>,
    keeper: Keeper,
    shared: Arc<Shared>,
    teller: Teller,
    now_ms: Box<dyn Fn() -> i64 + Send>,
    writers: HashMap<StreamId, Stream>,
    /// A full disk is left alone until then.
    rest_until: Option<Instant>,
    /// When a group was written last.
    wrote: Option<Instant>,
    /// The clock that never goes back and the machine's, when they were compared last.
    clocks: Option<(Instant, i64)>,
    doubt_until: Option<Instant>,
}

impl Work {
    fn run(mut self) {
        let mut swept: Option<Instant> = None;
        loop {
            match self.next() {
                Some(Job::Group(id, _, group)) => self.write(id, group),
                Some(Job::End(id)) => self.end(id),
                Some(Job::Quota(id, quota)) => self.keeper.quota(id, quota),
                Some(Job::Holds(id, holds)) => self.keeper.holds(id, holds),
                None if self.shared.queue().stopping => break,
                None => {}
            }
            if swept.is_none_or(|t| t.elapsed() >= SWEEP) {
                swept = Some(Instant::now());
                self.sweep();
            }
        }
        let ids: Vec<StreamId> = self.writers.keys().copied().collect();
        ids.into_iter().for_each(|id| self.end(id));
    }

    fn next(&mut self) -> Option<Job> {
        let shared = self.shared.clone();
        let mut q = shared.queue();
        if q.jobs.is_empty() && !q.stopping {
            q = shared.wake.wait_timeout(q, Duration::from_secs(1)).unwrap_or_else(PoisonError::into_inner).0;
        }
        let lost: Vec<(StreamId, u32)> = q.lost.drain().collect();
        let job = q.jobs.pop_front();
        if let Some(Job::Group(_, _, g)) = &job {
            q.bytes -= g.bytes();
        }
        drop(q);
        for (id, n) in lost {
            self.lose(id, n);
            self.tell_lost(id);
        }
        job
    }

    fn stream(&mut self, id: StreamId) -> &mut Stream {
        let (disk, dir) = (self.disk.clone(), id.folder(&self.set.root));
        // Rotation is spread over the minute by the id.
        let stagger = i64::from(u16::from_be_bytes([id.0[15], id.0[14]]));
        self.writers.entry(id).or_insert_with(|| Stream {
            writer: Writer::new(disk, dir, stagger),
            wants_key: false,
            lost: 0,
            written: true,
            failed: None,
        })
    }

    /// Groups of a stream were not written; it goes on at a key frame.
    fn lose(&mut self, id: StreamId, groups: u32) {
        let s = self.stream(id);
        (s.wants_key, s.lost) = (true, s.lost + groups);
        if std::mem::take(&mut s.written) {
            self.shared.queue().unwritten.insert(id);
        }
    }

    fn tell_lost(&mut self, id: StreamId) {
        let n = std::mem::take(&mut self.stream(id).lost);
        if n > 0 {
            self.teller.tell(Event::Lost(id, n));
        }
    }

    fn write(&mut self, id: StreamId, mut group: Group) {
        let full = self.rest_until.is_some_and(|t| Instant::now() < t);
        let s = self.stream(id);
        let resting = full || s.failed.is_some_and(|t| t.elapsed() < REST);
        let key = group.frames.first().is_some_and(|f| f.key);
        if resting || (s.wants_key && !key) {
            return self.lose(id, 1);
        }
        group.follows_break |= std::mem::take(&mut s.wants_key);
        let mut outcome = s.writer.append(&group);
        if let Err(r) = &mut outcome
            && r.error.kind() == ErrorKind::StorageFull
        {
            let closed = std::mem::take(&mut r.closed);
            self.closed(id, closed);
            self.make_room((group.bytes() as u64).max(4 << 20));
            if key {
                outcome = self.stream(id).writer.append(&group);
            }
        }
        match outcome {
            Ok(closed) => {
                self.closed(id, closed);
                self.wrote = Some(Instant::now());
                let s = self.stream(id);
                s.failed = None;
                if !std::mem::replace(&mut s.written, true) {
                    self.shared.queue().unwritten.remove(&id);
                }
                self.state(DiskState::Well);
                self.tell_lost(id);
            }
            Err(r) => {
                self.closed(id, r.closed);
                self.lose(id, 1);
                if r.error.kind() == ErrorKind::StorageFull {
                    self.state(DiskState::Full);
                    self.rest_until = Some(Instant::now() + REST);
                    return;
                }
                // What others wrote since it failed before says that the disk is well: the trouble is this stream's own.
                let before = self.stream(id).failed.replace(Instant::now());
                if before.is_none_or(|t| self.wrote.is_none_or(|w| w < t)) {
                    self.state(DiskState::Failing);
                }
            }
        }
    }

    fn end(&mut self, id: StreamId) {
        let Some(mut s) = self.writers.remove(&id) else { return };
        let closed = s.writer.close();
        self.closed(id, closed);
        self.shared.queue().unwritten.remove(&id);
        if s.lost > 0 {
            self.teller.tell(Event::Lost(id, s.lost));
        }
    }

    fn closed(&mut self, id: StreamId, files: impl IntoIterator<Item = Closed>) {
        for f in files {
            self.keeper.closed(id, &f);
            let _ = self.to_safe.send((id, f));
        }
    }

    fn state(&mut self, state: DiskState) {
        let known = self.shared.queue().state.replace(state).unwrap_or(DiskState::Well);
        if known != state {
            self.teller.tell(Event::Disk(state));
        }
        if state == DiskState::Well {
            self.rest_until = None;
        }
    }

    fn retain(
        &mut self,
        by: impl FnOnce(&mut Keeper, &dyn Fn(&Path) -> bool, &mut Vec<Removed>) -> std::io::Result<()>,
    ) {
        let mut done = vec![];
        let writers = &self.writers;
        let open = |p: &Path| writers.values().any(|s| s.writer.open_path() == Some(p));
        let outcome = by(&mut self.keeper, &open, &mut done);
        done.into_iter().for_each(|r| self.teller.tell(Event::Removed(r)));
        if outcome.is_err() {
            self.state(DiskState::Failing);
        }
    }

    fn make_room(&mut self, bytes: u64) {
        self.retain(|k, open, done| k.free(bytes, open, done));
    }

    /// Both clocks at one moment: read again when the thread was put aside between the two.
    fn both_clocks(&self) -> (Instant, i64) {
        let mut before = Instant::now();
        loop {
            let wall = (self.now_ms)();
            let after = Instant::now();
            if after.duration_since(before) < Duration::from_millis(50) {
                return (after, wall);
            }
            before = after;
        }
    }

    /// The wall clock, after it was looked whether somebody set it.
    fn clock(&mut self) -> i64 {
        let (mono, wall) = self.both_clocks();
        if let Some((then, was)) = self.clocks.replace((mono, wall)) {
            let passed = i64::try_from(mono.duration_since(then).as_millis()).unwrap_or(i64::MAX);
            let by = (wall - was).saturating_sub(passed);
            if by.abs() > CLOCK_MS {
                self.teller.tell(Event::Clock(by));
            }
            if by > AHEAD_MS {
                self.doubt_until = Some(mono + DOUBT);
            }
        }
        wall
    }

    fn sweep(&mut self) {
        let now = self.clock();
        // A moment before all recordings: by it none is old.
        let now = if self.doubt_until.is_some_and(|t| Instant::now() < t) { i64::MIN / 2 } else { now };
        self.retain(|k, open, done| k.sweep(now, open, done));
        let lost: Vec<StreamId> = self.writers.iter().filter(|(_, s)| s.lost > 0).map(|(id, _)| *id).collect();
        lost.into_iter().for_each(|id| self.tell_lost(id));
        let (usage, room) = (self.keeper.usage(), self.keeper.room().ok());
        let mut q = self.shared.queue();
        (q.usage, q.room) = (usage, room);
    }
}

/// Brings to the disk for good what was written, and only then tells of finished files. On a thread of its own, because
/// it may take as long as the disk likes while the recorder goes on writing.
fn keep_safe(
    root: &Path,
    every: Duration,
    disk: &dyn Disk,
    rows: &Receiver<(StreamId, Closed)>,
    told: &(Teller, Arc<Shared>),
) {
    let (teller, shared) = told;
    let mut over = false;
    while !over {
        let mut files = vec![];
        let until = Instant::now() + every;
        loop {
            match rows.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(f) => files.push(f),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    over = true;
                    break;
                }
            }
        }
        if disk.sync(root).is_err() && shared.queue().state.replace(DiskState::Failing) != Some(DiskState::Failing) {
            teller.tell(Event::Disk(DiskState::Failing));
        }
        files.into_iter().for_each(|(id, f)| teller.tell(Event::Closed(id, f)));
    }
}
