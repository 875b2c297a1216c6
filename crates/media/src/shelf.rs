//! What is remembered of a ring while it is read (目录): the names of a day's recordings, and the indexes of files. All readers
//! of a process share one, so that a seek asks the disk for one group of pictures and little else.
//!
//! Nothing here is the truth: names hold while the folder's time of change stays and never at their end, where recordings are
//! added; an index holds while the file keeps its length. A file that went meanwhile is found gone when it is opened.

use crate::archive::{StreamId, groups, names};
use crate::fmp4::{Track, read_track};
use crate::index::Entry;
use crate::replay::Reader;
use rustix::fs::{Mode, OFlags};
use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::Hash;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Days remembered at most: 12 KB each.
const DAYS: usize = 256;
/// Files remembered at most: some 2 KB each.
const FILES: usize = 512;
/// Longest init segment believed.
const MAX_INIT: u64 = 1 << 20;

/// The newest so many of what was asked for.
struct Lately<K, V> {
    most: usize,
    turn: u64,
    all: HashMap<K, (u64, V)>,
}

impl<K: Hash + Eq + Clone, V: Clone> Lately<K, V> {
    fn new(most: usize) -> Lately<K, V> {
        Lately { most, turn: 0, all: HashMap::new() }
    }

    fn get(&mut self, key: &K) -> Option<V> {
        self.turn += 1;
        let kept = self.all.get_mut(key)?;
        kept.0 = self.turn;
        Some(kept.1.clone())
    }

    fn put(&mut self, key: K, value: V) {
        self.turn += 1;
        self.all.insert(key, (self.turn, value));
        if self.all.len() > self.most
            && let Some(oldest) = self.all.iter().min_by_key(|(_, (turn, _))| *turn).map(|(k, _)| k.clone())
        {
            self.all.remove(&oldest);
        }
    }
}

/// What a file holds, as far as its groups do not change any more.
#[derive(Clone)]
pub(crate) struct Contents {
    pub entries: Arc<[Entry]>,
    pub track: Arc<Track>,
}

struct Kept {
    days: Lately<PathBuf, (SystemTime, Arc<[i64]>)>,
    /// By name, with the length of the file.
    files: Lately<PathBuf, (u64, Contents)>,
}

/// A ring as it is read. Cheap to clone; the clones remember together.
#[derive(Clone)]
pub struct Shelf {
    root: PathBuf,
    kept: Arc<Mutex<Kept>>,
}

impl Shelf {
    /// Of the ring at `root`; nothing is read yet.
    pub fn new(root: &Path) -> Shelf {
        let kept = Kept { days: Lately::new(DAYS), files: Lately::new(FILES) };
        Shelf { root: root.into(), kept: Arc::new(Mutex::new(kept)) }
    }

    /// Reads `stream`. Decode times are counted from `origin_ms`, which must not be later than any moment asked for.
    pub fn reader(&self, stream: StreamId, origin_ms: i64) -> Reader {
        Reader::on(self.clone(), stream, origin_ms)
    }

    /// The ring's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moments in the names of a day's recordings, oldest first, and whether they are as the disk has them now. `fresh` asks the
    /// disk in any case: within one tick of its clock a folder changes without a new time of change.
    ///
    /// # Errors
    /// The disk's; a day that is not there has no names.
    pub(crate) fn day(&self, day: &Path, fresh: bool) -> io::Result<(Arc<[i64]>, bool)> {
        let changed = match fs::metadata(day).and_then(|m| m.modified()) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((Arc::default(), true)),
            other => other?,
        };
        let key = day.to_path_buf();
        if !fresh
            && let Some((at, known)) = self.kept().days.get(&key)
            && at == changed
        {
            return Ok((known, false));
        }
        let found: Arc<[i64]> = names(day)?.into();
        self.kept().days.put(key, (changed, found.clone()));
        Ok((found, true))
    }

    /// Opens a recording; `None` for one that went meanwhile or holds nothing whole.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn open(&self, path: &PathBuf) -> io::Result<Option<(File, Contents)>> {
        let mut file = match open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let len = file.metadata()?.len();
        if let Some((known, contents)) = self.kept().files.get(path)
            && known == len
        {
            return Ok(Some((file, contents)));
        }
        let entries = groups(&mut file, path)?;
        let Some(first) = entries.first().filter(|e| e.offset <= MAX_INIT) else { return Ok(None) };
        let mut head = vec![0; first.offset as usize];
        file.read_exact_at(&mut head, 0)?;
        let Some(track) = read_track(&head) else { return Ok(None) };
        let contents = Contents { entries: entries.into(), track: Arc::new(track) };
        self.kept().files.put(path.clone(), (len, contents.clone()));
        Ok(Some((file, contents)))
    }
}

/// Opens a file for reading without a note of the time in its inode. That note is a write to the journal: it waits for what
/// the recorder brings to the disk every ten seconds. Where the file is another's the system forbids it and notes the time.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    match rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOATIME, Mode::empty()) {
        Ok(fd) => Ok(File::from(fd)),
        Err(rustix::io::Errno::PERM) => File::open(path),
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Plain;
    use crate::ring::Writer;
    use crate::ring::tests::{T, group};

    const A: StreamId = StreamId([0xa1; 16]);

    #[test]
    fn of_many_the_longest_unasked_goes() {
        let mut l = Lately::new(2);
        l.put("a", 1);
        l.put("b", 2);
        assert_eq!(l.get(&"a"), Some(1));
        l.put("c", 3);
        assert_eq!((l.get(&"a"), l.get(&"b"), l.get(&"c")), (Some(1), None, Some(3)));
    }

    #[test]
    fn what_is_remembered_never_hides_what_is_recorded_or_removed_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let mut w = Writer::new(Arc::new(Plain), A.folder(dir.path()), 0);
        let shelf = Shelf::new(dir.path());
        let seek = |at: i64| shelf.reader(A, T).seek(at).unwrap().map(|p| p.from_ms);
        assert_eq!(seek(T), None, "nothing is there yet");
        // Each group is found at once, in the file being written and in each new one.
        for n in 0..95i64 {
            w.append(&group(n as u64, T + n * 2000)).unwrap();
            assert_eq!(seek(T + n * 2000 + 500), Some(T + n * 2000), "group {n}");
            assert_eq!(seek(T + 500), Some(T));
        }
        let all = w.close().unwrap();
        let day = all.path.parent().unwrap().to_path_buf();
        // Retention takes the first file: the next one answers, with what is missing.
        let first = shelf.day(&day, true).unwrap().0[0];
        fs::remove_file(day.join(format!("{first}.mp4"))).unwrap();
        let p = shelf.reader(A, T).seek(T + 500).unwrap().unwrap();
        assert!(p.from_ms > T + 500 && p.gap_ms == p.from_ms - T - 500, "{p:?}");
        // The whole day goes.
        fs::remove_dir_all(&day).unwrap();
        assert_eq!(seek(T + 2500), None);
    }
}
