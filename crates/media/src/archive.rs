//! The folder of a recording ring (录像环): who owns it, what stands in it, what goes when it is full.
//!
//! One process owns a ring (a lock on `ring.lock`, given back by the system when the process ends, however it ends).
//! Retention removes whole files, the oldest first, by quota, by age and by the free space that must remain; a file that
//! a hold touches stays.

use crate::disk::{Disk, Space};
use crate::index;
use crate::recover::recover;
use crate::ring::{Closed, FILE_MS};
use crate::scan::scan;
use std::collections::{HashMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Id of a stream; its folder bears it in hexadecimal. A camera's main and sub stream are two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub [u8; 16]);

impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl StreamId {
    fn of_folder(name: &str) -> Option<StreamId> {
        let digits = name.as_bytes().as_chunks::<2>();
        let value = |b: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(b).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = digits.0.iter().map(value).collect();
        let id = StreamId(bytes?.try_into().ok()?);
        (digits.1.is_empty() && id.to_string() == name).then_some(id)
    }

    /// The stream's folder below the ring's.
    pub fn folder(&self, root: &Path) -> PathBuf {
        root.join(self.to_string())
    }
}

/// Why a ring cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// Another process, or another part of this one, owns it.
    #[error("the recording ring {0} is in use by another process")]
    InUse(PathBuf),
    /// The disk's.
    #[error("the recording ring {0}: {1}")]
    Disk(PathBuf, #[source] io::Error),
}

/// What the caller already has rows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Start of the newest file that has a row.
    pub until_ms: i64,
    /// Bytes of all files that have rows.
    pub bytes: u64,
}

/// What was found of one stream when the ring was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub stream: StreamId,
    /// Whole files without a row, in time order; torn ones were made whole.
    pub rows: Vec<Closed>,
    /// Files that could not be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Bytes of all files.
    pub bytes: u64,
}

/// Owns the folder while it lives.
#[derive(Debug)]
pub struct Lock {
    root: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the ring at `root`, which is made when it is not there.
    ///
    /// # Errors
    /// It is in use, or the disk's error.
    pub fn take(root: &Path) -> Result<Lock, RingError> {
        let disk = |e| RingError::Disk(root.into(), e);
        fs::create_dir_all(root).map_err(disk)?;
        let path = root.join("ring.lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(disk)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { root: root.into(), _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(RingError::InUse(root.into())),
            Err(fs::TryLockError::Error(e)) => Err(disk(e)),
        }
    }

    /// Looks through the ring: files newer than what is `known` are read and made whole, the others are trusted.
    ///
    /// # Errors
    /// A folder cannot be read. A single damaged file is none.
    pub fn rescan(&self, known: &HashMap<StreamId, Known>) -> Result<Vec<Found>, RingError> {
        let disk = |e| RingError::Disk(self.root.clone(), e);
        let mut all = vec![];
        for entry in fs::read_dir(&self.root).map_err(disk)? {
            let name = entry.map_err(disk)?.file_name();
            if let Some(stream) = name.to_str().and_then(StreamId::of_folder) {
                all.push(rescan(&self.root, stream, known.get(&stream)).map_err(disk)?);
            }
        }
        all.sort_by_key(|f| f.stream);
        Ok(all)
    }
}

fn rescan(root: &Path, stream: StreamId, known: Option<&Known>) -> io::Result<Found> {
    let dir = stream.folder(root);
    let until = known.map_or(i64::MIN, |k| k.until_ms);
    let mut found = Found { stream, rows: vec![], unreadable: vec![], bytes: known.map_or(0, |k| k.bytes) };
    for day in days(&dir)? {
        if known.is_some() && day < crate::ring::day_name(until) {
            continue;
        }
        for (start, path) in files(&dir.join(day))? {
            if start > until {
                match recover(&path) {
                    Ok(row) => found.rows.extend(row),
                    Err(e) => found.unreadable.push((path, e.to_string())),
                }
            }
        }
    }
    found.bytes += found.rows.iter().map(|r| r.bytes).sum::<u64>();
    Ok(found)
}

/// Names of the day folders, oldest first.
pub(crate) fn days(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        other => other?,
    };
    let mut names: Vec<String> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    names.retain(|n| n.len() == 8 && n.bytes().all(|b| b.is_ascii_digit()));
    names.sort_unstable();
    Ok(names)
}

/// Recordings of one day by the moment in their names, oldest first.
pub(crate) fn files(day: &Path) -> io::Result<Vec<(i64, PathBuf)>> {
    let entries = match fs::read_dir(day) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        other => other?,
    };
    let mut all = vec![];
    for entry in entries {
        let name = entry?.file_name();
        if let Some(start) = name.to_str().and_then(|n| n.strip_suffix(".mp4")).and_then(|n| n.parse().ok()) {
            all.push((start, day.join(name)));
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// The groups of a file, from its index, or from the file itself where the index does not fit.
pub(crate) fn groups(path: &Path) -> io::Result<Vec<index::Entry>> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let idx = fs::read(path.with_extension("idx")).unwrap_or_default();
    match index::read(&idx, len) {
        Some(e) => Ok(e),
        None => Ok(scan(&mut file)?.entries),
    }
}

/// How much of a stream is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes that are not on hold, at most.
    pub bytes: u64,
    /// Milliseconds after which a file goes even when there is room; `None` is never.
    pub keep_ms: Option<i64>,
}

/// A span of time whose files stay, milliseconds since 1970, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// From.
    pub from_ms: i64,
    /// Until.
    pub to_ms: i64,
}

/// Why a file went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its stream was above its quota.
    Quota,
    /// It was older than its stream is kept.
    Age,
    /// The disk needed room.
    Space,
}

/// A file that retention removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Whose.
    pub stream: StreamId,
    /// The file.
    pub path: PathBuf,
    /// The moment in its name.
    pub start_ms: i64,
    /// Its length.
    pub bytes: u64,
    /// Why.
    pub reason: Reason,
}

/// What a stream keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Bytes of finished files, holds included.
    pub bytes: u64,
    /// Bytes of files that were due and stayed for a hold.
    pub held_bytes: u64,
    /// Start of the oldest file that may go next.
    pub oldest_ms: Option<i64>,
}

struct Kept {
    quota: Quota,
    bytes: u64,
    held: u64,
    holds: Vec<Hold>,
    /// Oldest files, and the last one taken from there.
    oldest: VecDeque<(i64, PathBuf)>,
    after: i64,
}

/// Decides what goes. Lives in the recorder's thread.
pub(crate) struct Keeper {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    streams: HashMap<StreamId, Kept>,
    floor: u64,
}

impl Keeper {
    /// `floor` hundredths of the disk stay free.
    pub fn new(root: PathBuf, disk: Arc<dyn Disk>, floor: u64) -> Keeper {
        Keeper { root, disk, streams: HashMap::new(), floor: floor.min(90) }
    }

    fn kept(&mut self, stream: StreamId) -> &mut Kept {
        let quota = Quota { bytes: u64::MAX, keep_ms: None };
        let new = || Kept { quota, bytes: 0, held: 0, holds: vec![], oldest: VecDeque::new(), after: i64::MIN };
        self.streams.entry(stream).or_insert_with(new)
    }

    pub fn found(&mut self, stream: StreamId, bytes: u64) {
        self.kept(stream).bytes = bytes;
    }

    pub fn quota(&mut self, stream: StreamId, quota: Quota) {
        self.kept(stream).quota = quota;
    }

    /// Holds that count from now on; those not named end.
    pub fn holds(&mut self, stream: StreamId, holds: Vec<Hold>) {
        let k = self.kept(stream);
        (k.holds, k.held, k.after) = (holds, 0, i64::MIN);
        k.oldest.clear();
    }

    pub fn closed(&mut self, stream: StreamId, file: &Closed) {
        self.kept(stream).bytes += file.bytes;
    }

    pub fn usage(&mut self) -> HashMap<StreamId, Usage> {
        let ids: Vec<StreamId> = self.streams.keys().copied().collect();
        let mut all = HashMap::new();
        for id in ids {
            let oldest_ms = self.oldest(id).map(|o| o.0);
            let k = self.kept(id);
            all.insert(id, Usage { bytes: k.bytes, held_bytes: k.held, oldest_ms });
        }
        all
    }

    /// The oldest file of a stream that was not passed over.
    fn oldest(&mut self, stream: StreamId) -> Option<(i64, PathBuf)> {
        let dir = stream.folder(&self.root);
        let k = self.kept(stream);
        if k.oldest.is_empty() {
            for day in days(&dir).unwrap_or_default() {
                let fresh = files(&dir.join(day)).unwrap_or_default().into_iter().filter(|f| f.0 > k.after);
                k.oldest.extend(fresh);
                if !k.oldest.is_empty() {
                    break;
                }
            }
        }
        k.oldest.front().cloned()
    }

    /// Removes the oldest file of `stream` that is neither open nor on hold.
    fn remove_oldest(
        &mut self,
        stream: StreamId,
        open: &dyn Fn(&Path) -> bool,
        reason: Reason,
    ) -> io::Result<Option<Removed>> {
        while let Some((start_ms, path)) = self.oldest(stream) {
            if open(&path) {
                return Ok(None);
            }
            let bytes = fs::metadata(&path).map_or(0, |m| m.len());
            let held = self.kept(stream).holds.iter().any(|h| touches(&path, start_ms, *h));
            if !held {
                self.disk.remove(&path)?;
                self.disk.remove(&path.with_extension("idx"))?;
                if let Some(day) = path.parent() {
                    let _ = fs::remove_dir(day);
                }
            }
            let k = self.kept(stream);
            k.oldest.pop_front();
            k.after = start_ms;
            if held {
                k.held += bytes;
                continue;
            }
            k.bytes = k.bytes.saturating_sub(bytes);
            return Ok(Some(Removed { stream, path, start_ms, bytes, reason }));
        }
        Ok(None)
    }

    /// Removes what is above quota or too old.
    ///
    /// # Errors
    /// The disk's; what was removed before is lost to the caller only in count, never in fact: it is told in `done`.
    pub fn sweep(&mut self, now_ms: i64, open: &dyn Fn(&Path) -> bool, done: &mut Vec<Removed>) -> io::Result<()> {
        let ids: Vec<StreamId> = self.streams.keys().copied().collect();
        for id in ids {
            loop {
                let oldest = self.oldest(id).map(|o| o.0);
                let k = self.kept(id);
                let over = k.bytes.saturating_sub(k.held) > k.quota.bytes;
                let old = k.quota.keep_ms.zip(oldest).is_some_and(|(keep, o)| o + FILE_MS < now_ms - keep);
                let reason = if over { Reason::Quota } else { Reason::Age };
                match if over || old { self.remove_oldest(id, open, reason)? } else { None } {
                    Some(r) => done.push(r),
                    None => break,
                }
            }
        }
        let Space { free, total } = self.disk.space(&self.root)?;
        let wanted = (total / 100).saturating_mul(self.floor);
        self.free(wanted.saturating_sub(free), open, done)
    }

    /// Removes the oldest files of all streams until `bytes` are free that were not.
    ///
    /// # Errors
    /// The disk's.
    pub fn free(&mut self, bytes: u64, open: &dyn Fn(&Path) -> bool, done: &mut Vec<Removed>) -> io::Result<()> {
        let mut freed = 0;
        let mut spent: Vec<StreamId> = vec![];
        while freed < bytes {
            let ids: Vec<StreamId> = self.streams.keys().copied().filter(|i| !spent.contains(i)).collect();
            let oldest = ids.into_iter().filter_map(|i| Some((self.oldest(i)?.0, i))).min();
            let Some((_, id)) = oldest else { break };
            match self.remove_oldest(id, open, Reason::Space)? {
                Some(r) => {
                    freed += r.bytes;
                    done.push(r);
                }
                None => spent.push(id),
            }
        }
        Ok(())
    }
}

fn touches(path: &Path, start_ms: i64, hold: Hold) -> bool {
    if start_ms >= hold.to_ms {
        return false;
    }
    if start_ms >= hold.from_ms {
        return true;
    }
    let found = File::open(path).and_then(|mut f| scan(&mut f)).unwrap_or_default();
    let end =
        found.entries.last().map(|l| l.wall_ms.saturating_add(i64::try_from(found.tail / 90).unwrap_or(i64::MAX)));
    // A file that cannot be read is not removed on the ground that it holds nothing.
    end.is_none_or(|end| end > hold.from_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Faulty, Plain};
    use crate::ring::Writer;
    use crate::ring::tests::{T, group};

    const A: StreamId = StreamId([0xa1; 16]);
    const B: StreamId = StreamId([0xb2; 16]);

    fn fill(root: &Path, disk: Arc<dyn Disk>, id: StreamId, minutes: i64) -> Vec<Closed> {
        let mut w = Writer::new(disk, id.folder(root), 0);
        let group = |n: i64| group(n as u64, T + n * 2000);
        let mut all: Vec<Closed> = (0..minutes * 30).filter_map(|n| w.append(&group(n)).unwrap()).collect();
        all.extend(w.close().unwrap());
        all
    }

    #[test]
    fn one_ring_has_one_owner() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        let refused = Lock::take(dir.path()).unwrap_err();
        assert!(matches!(refused, RingError::InUse(_)));
        assert!(refused.to_string().ends_with("is in use by another process"));
        drop(first);
        assert!(Lock::take(dir.path()).is_ok());
    }

    #[test]
    fn opening_trusts_known_rows_and_makes_the_newest_whole() {
        let dir = tempfile::tempdir().unwrap();
        let files = fill(dir.path(), Arc::new(Plain), A, 3);
        fill(dir.path(), Arc::new(Plain), B, 1);
        fs::create_dir(dir.path().join("lost+found")).unwrap();
        let data = fs::read(&files[2].path).unwrap();
        fs::write(&files[2].path, &data[..data.len() - 5]).unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let all = lock.rescan(&HashMap::new()).unwrap();
        assert_eq!(all.iter().map(|f| (f.stream, f.rows.len())).collect::<Vec<_>>(), [(A, 3), (B, 1)]);
        assert_eq!((all[0].rows[0].clone(), all[0].rows[2].groups), (files[0].clone(), 29));
        let known = HashMap::from([(A, Known { until_ms: files[1].start_ms, bytes: 1000 })]);
        let some = lock.rescan(&known).unwrap();
        assert_eq!(some[0].rows.iter().map(|r| r.start_ms).collect::<Vec<_>>(), [files[2].start_ms]);
        assert_eq!(some[0].bytes, 1000 + some[0].rows[0].bytes);
    }

    #[test]
    fn the_oldest_files_go_by_quota_age_and_space_and_holds_stay() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Faulty::default();
        let a = fill(dir.path(), Arc::new(disk.clone()), A, 6);
        let b = fill(dir.path(), Arc::new(disk.clone()), B, 3);
        let mut k = Keeper::new(dir.path().into(), Arc::new(disk.clone()), 5);
        a.iter().for_each(|f| k.closed(A, f));
        b.iter().for_each(|f| k.closed(B, f));
        k.holds(A, vec![Hold { from_ms: a[1].start_ms + 5_000, to_ms: a[1].start_ms + 6_000 }]);
        let size = a[0].bytes;
        k.quota(A, Quota { bytes: size * 3 + 1000, keep_ms: None });
        let mut done = vec![];
        let open = |p: &Path| p == a[5].path;
        k.sweep(T + 400_000, &open, &mut done).unwrap();
        assert_eq!(done.iter().map(|r| r.start_ms).collect::<Vec<_>>(), [a[0].start_ms, a[2].start_ms]);
        assert!(a[1].path.exists() && !a[0].path.exists() && !a[0].path.with_extension("idx").exists());
        assert_eq!(k.usage()[&A].held_bytes, a[1].bytes);
        done.clear();
        k.quota(B, Quota { bytes: u64::MAX, keep_ms: Some(60_000) });
        k.sweep(T + 60_000 * 3, &open, &mut done).unwrap();
        assert_eq!(done.iter().map(|r| (r.stream, r.reason)).collect::<Vec<_>>(), [(B, Reason::Age)]);
        done.clear();
        disk.room(Some(disk.used() + 10));
        k.sweep(T, &open, &mut done).unwrap();
        assert_eq!(
            done.iter().map(|r| (r.stream, r.start_ms, r.reason)).collect::<Vec<_>>(),
            [(B, b[1].start_ms, Reason::Space)]
        );
        done.clear();
        k.free(u64::MAX, &open, &mut done).unwrap();
        assert_eq!(done.len(), 3, "everything but what is held or open");
        assert!(a[1].path.exists() && a[5].path.exists());
        k.holds(A, vec![]);
        k.free(1, &open, &mut done).unwrap();
        assert!(!a[1].path.exists(), "a hold that ended holds nothing");
    }
}
