//! The file layer under the recording ring (文件层): what the recorder asks of a disk, the real one, and one that is full,
//! gone or slow when a test says so.
//!
//! Only writing and removing pass through it; reading a file back is `std::fs` everywhere.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file being written, at its end only.
pub trait Sheet: Send {
    /// Appends all bytes. On an error a part may have been written: [`Sheet::cut`] goes back.
    ///
    /// # Errors
    /// The disk's.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file to `len` bytes.
    ///
    /// # Errors
    /// The disk's.
    fn cut(&mut self, len: u64) -> io::Result<()>;
}

/// Bytes of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Still to be had by this process.
    pub free: u64,
    /// In all.
    pub total: u64,
}

/// A disk.
pub trait Disk: Send + Sync {
    /// Makes a folder with those above it.
    ///
    /// # Errors
    /// The disk's.
    fn make_dir(&self, dir: &Path) -> io::Result<()>;
    /// A new file.
    ///
    /// # Errors
    /// `AlreadyExists`, or the disk's.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sheet>>;
    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// The disk's.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Space of the file system that holds `dir`.
    ///
    /// # Errors
    /// The disk's.
    fn space(&self, dir: &Path) -> io::Result<Space>;
    /// Returns when all that was written below `dir` would survive a loss of power.
    ///
    /// # Errors
    /// The disk's.
    fn sync(&self, dir: &Path) -> io::Result<()>;
}

/// The real disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Sheet for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }
    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

impl Disk for Plain {
    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sheet>> {
        Ok(Box::new(OpenOptions::new().append(true).create_new(true).open(path)?))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path).or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
    }
    fn space(&self, dir: &Path) -> io::Result<Space> {
        let s = rustix::fs::statvfs(dir)?;
        Ok(Space { free: s.f_bavail.saturating_mul(s.f_frsize), total: s.f_blocks.saturating_mul(s.f_frsize) })
    }
    fn sync(&self, dir: &Path) -> io::Result<()> {
        // One call for all files: a call for each would cost a write of the journal each.
        Ok(rustix::fs::syncfs(File::open(dir)?)?)
    }
}

/// A small disk that fails when it is told to; for tests of what stands on it.
#[derive(Clone, Default)]
pub struct Faulty(Arc<Mutex<Moods>>);

#[derive(Default)]
struct Moods {
    room: Option<u64>,
    gone: bool,
    deaf: bool,
    pause: std::time::Duration,
    sizes: HashMap<PathBuf, u64>,
}

impl Moods {
    fn used(&self) -> u64 {
        self.sizes.values().sum()
    }
}

impl Faulty {
    fn moods(&self) -> MutexGuard<'_, Moods> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The disk holds so many bytes; `None`, as at first, is one tebibyte, however full the disk is on
    /// which the test runs.
    pub fn room(&self, bytes: Option<u64>) {
        self.moods().room = bytes;
    }
    /// The disk is gone: everything is an input/output error. Or it is back.
    pub fn gone(&self, gone: bool) {
        self.moods().gone = gone;
    }
    /// Syncing fails, as when a controller loses its cache.
    pub fn deaf(&self, deaf: bool) {
        self.moods().deaf = deaf;
    }
    /// Each write takes so long.
    pub fn pause(&self, pause: std::time::Duration) {
        self.moods().pause = pause;
    }
    /// Bytes that were written and not removed.
    pub fn used(&self) -> u64 {
        self.moods().used()
    }
    fn there(&self) -> io::Result<()> {
        if self.moods().gone { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
    }
}

struct FaultySheet {
    disk: Faulty,
    path: PathBuf,
    file: File,
}

impl Sheet for FaultySheet {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.there()?;
        let pause = self.disk.moods().pause;
        std::thread::sleep(pause);
        let mut m = self.disk.moods();
        let left = m.room.map_or(u64::MAX, |r| r.saturating_sub(m.used()));
        let part = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.file.write_all(&bytes[..part])?;
        *m.sizes.entry(self.path.clone()).or_default() += part as u64;
        if part < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.disk.there()?;
        self.file.set_len(len)?;
        self.disk.moods().sizes.insert(self.path.clone(), len);
        Ok(())
    }
}

impl Disk for Faulty {
    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        self.there()?;
        Plain.make_dir(dir)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sheet>> {
        self.there()?;
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        Ok(Box::new(FaultySheet { disk: self.clone(), path: path.into(), file }))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.there()?;
        Plain.remove(path)?;
        self.moods().sizes.remove(path);
        Ok(())
    }
    fn space(&self, _: &Path) -> io::Result<Space> {
        self.there()?;
        let m = self.moods();
        let total = m.room.unwrap_or(1 << 40);
        Ok(Space { free: total.saturating_sub(m.used()), total })
    }
    fn sync(&self, _: &Path) -> io::Result<()> {
        self.there()?;
        if self.moods().deaf { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
    }
}
