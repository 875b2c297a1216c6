//! The folder of a recording ring (录像环): who owns it, what stands in it.
//!
//! One process owns a ring (a lock on `ring.lock`, given back by the system when the process ends, however it ends).

use crate::index;
use crate::recover::recover;
use crate::ring::Closed;
use crate::scan::scan;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

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
    /// Files and folders that could not be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
    /// How many were torn: cut back to their last whole group, or removed because there was none.
    pub torn: usize,
    /// Bytes of all files.
    pub bytes: u64,
}

/// The file that a ring bears from its first use on.
const LOCK: &str = "ring.lock";

/// Whether a folder is a ring that was used before. One that should be and is not is mostly a disk that is not mounted.
pub fn is_ring(root: &Path) -> bool {
    root.join(LOCK).exists()
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
        let path = root.join(LOCK);
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
    /// The ring's own folder cannot be read. A damaged file or a stream's folder that cannot be read is none: it is told.
    pub fn rescan(&self, known: &HashMap<StreamId, Known>) -> Result<Vec<Found>, RingError> {
        let disk = |e| RingError::Disk(self.root.clone(), e);
        let mut all = vec![];
        for entry in fs::read_dir(&self.root).map_err(disk)? {
            let name = entry.map_err(disk)?.file_name();
            if let Some(stream) = name.to_str().and_then(StreamId::of_folder) {
                all.push(rescan(&self.root, stream, known.get(&stream)));
            }
        }
        all.sort_by_key(|f| f.stream);
        Ok(all)
    }
}

/// What was read; or the reason told, and nothing.
fn or_told<T: Default>(read: io::Result<T>, path: &Path, told: &mut Vec<(PathBuf, String)>) -> T {
    read.unwrap_or_else(|e| {
        told.push((path.into(), e.to_string()));
        T::default()
    })
}

fn rescan(root: &Path, stream: StreamId, known: Option<&Known>) -> Found {
    let dir = stream.folder(root);
    let until = known.map_or(i64::MIN, |k| k.until_ms);
    let mut found = Found { stream, rows: vec![], unreadable: vec![], torn: 0, bytes: known.map_or(0, |k| k.bytes) };
    for day in or_told(days(&dir), &dir, &mut found.unreadable) {
        let day_dir = dir.join(&day);
        if known.is_some() && day < crate::ring::day_name(until) {
            continue;
        }
        for (start, path) in or_told(files(&day_dir), &day_dir, &mut found.unreadable) {
            if start > until {
                let was = fs::metadata(&path).map_or(0, |m| m.len());
                match recover(&path) {
                    Ok(row) => {
                        found.torn += usize::from(row.as_ref().is_none_or(|r| r.bytes != was));
                        found.rows.extend(row);
                    }
                    Err(e) => found.unreadable.push((path, e.to_string())),
                }
            }
        }
    }
    found.bytes += found.rows.iter().map(|r| r.bytes).sum::<u64>();
    found
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

/// The moments in the names of one day's recordings, oldest first.
pub(crate) fn names(day: &Path) -> io::Result<Vec<i64>> {
    let entries = match fs::read_dir(day) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        other => other?,
    };
    let mut all = vec![];
    for entry in entries {
        all.extend(entry?.file_name().to_str().and_then(|n| n.strip_suffix(".mp4")).and_then(|n| n.parse::<i64>().ok()));
    }
    all.sort_unstable();
    Ok(all)
}

/// The recording of a day that begins at a moment.
pub(crate) fn file(day: &Path, name: i64) -> PathBuf {
    day.join(format!("{name}.mp4"))
}

/// Recordings of one day by the moment in their names, oldest first.
pub(crate) fn files(day: &Path) -> io::Result<Vec<(i64, PathBuf)>> {
    Ok(names(day)?.into_iter().map(|n| (n, file(day, n))).collect())
}

/// The groups of an open file, from its index, or from the file itself where the index does not fit.
pub(crate) fn groups(file: &mut File, path: &Path) -> io::Result<Vec<index::Entry>> {
    let len = file.metadata()?.len();
    let mut idx = vec![];
    if let Ok(mut f) = crate::shelf::open(&path.with_extension("idx")) {
        f.read_to_end(&mut idx)?;
    }
    match index::read(&idx, len) {
        Some(e) => Ok(e),
        None => Ok(scan(file)?.entries),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::disk::{Disk, Plain};
    use crate::ring::Writer;
    use crate::ring::tests::{T, group};
    use std::sync::Arc;

    pub(crate) const A: StreamId = StreamId([0xa1; 16]);
    pub(crate) const B: StreamId = StreamId([0xb2; 16]);

    pub(crate) fn fill(root: &Path, disk: Arc<dyn Disk>, id: StreamId, minutes: i64) -> Vec<Closed> {
        let mut w = Writer::new(disk, id.folder(root), 0);
        let group = |n: i64| group(n as u64, T + n * 2000);
        let mut all: Vec<Closed> = (0..minutes * 30).filter_map(|n| w.append(&group(n)).unwrap()).collect();
        all.extend(w.close());
        all
    }

    #[test]
    fn one_ring_has_one_owner() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        assert!(is_ring(dir.path()) && !is_ring(&dir.path().join("elsewhere")));
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
        assert_eq!(all.iter().map(|f| f.torn).collect::<Vec<_>>(), [1, 0]);
        let known = HashMap::from([(A, Known { until_ms: files[1].start_ms, bytes: 1000 })]);
        let some = lock.rescan(&known).unwrap();
        assert_eq!(some[0].rows.iter().map(|r| r.start_ms).collect::<Vec<_>>(), [files[2].start_ms]);
        assert_eq!(some[0].bytes, 1000 + some[0].rows[0].bytes);
    }
}
