//! The SQLite file, opened beside SQLite and never closed.
//!
//! A process gives up all its locks on a file as soon as it closes *any* descriptor of it (`fcntl_locking(2)`; "How To
//! Corrupt An SQLite Database File", 2.2). Another program that opens the database and closes it (with an SQLite before 3.51)
//! would then take itself for the last one that has it open, and remove the write-ahead log while the server goes on writing
//! into it: what was acknowledged after that would be lost. So a file opened here stays open as long as the program runs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Result;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// By device and inode: what is opened again takes no second descriptor.
static OPEN: Mutex<BTreeMap<(u64, u64), &'static File>> = Mutex::new(BTreeMap::new());

/// The file at `path`, for reading.
///
/// # Errors
/// It cannot be opened.
pub(crate) fn open(path: &Path) -> Result<&'static File> {
    let place = |m: std::fs::Metadata| (m.dev(), m.ino());
    let mut all = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = all.get(&place(std::fs::metadata(path)?)) {
        return Ok(file);
    }
    let file: &'static File = Box::leak(Box::new(File::open(path)?));
    // Another file may stand at the path by now; the descriptor says which one was opened.
    Ok(all.entry(place(file.metadata()?)).or_insert(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lite::Lite;

    /// What another program sees of SQLite's lock on the file (`proc_locks(5)`).
    fn locked(path: &Path) -> Option<bool> {
        let meta = std::fs::metadata(path).ok()?;
        let (me, file) = (format!(" {} ", std::process::id()), format!(":{} ", meta.ino()));
        let all = std::fs::read_to_string("/proc/locks").ok()?;
        Some(all.lines().any(|l| l.contains(&me) && l.contains(&file)))
    }

    #[test]
    fn sqlite_keeps_its_lock_when_the_file_was_read_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.sqlite");
        let mut lite = Lite::open(&path).unwrap();
        lite.batch("create table t (x integer)").unwrap();
        if locked(&path) != Some(true) {
            return eprintln!("skipped: the system does not tell who locks a file");
        }
        crate::warm::warm(&path).unwrap();
        open(&path).unwrap().sync_data().unwrap();
        assert_eq!(locked(&path), Some(true), "another program would take itself for the last and remove the log");
        drop(File::open(&path).unwrap());
        assert_eq!(locked(&path), Some(false), "if this holds no more, the module is not needed");
    }

    #[test]
    fn a_file_is_opened_once_and_another_at_its_place_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("x"), dir.path().join("y"));
        std::fs::write(&path, "one").unwrap();
        std::fs::write(&other, "two").unwrap();
        let first = open(&path).unwrap();
        assert!(std::ptr::eq(first, open(&path).unwrap()));
        std::fs::rename(&other, &path).unwrap();
        assert!(!std::ptr::eq(first, open(&path).unwrap()));
        assert!(open(&other).is_err());
    }
}
