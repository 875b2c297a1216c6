//! Files of the recording ring: `<stream>/<yyyymmdd>/<start_ms>.mp4`, some sixty seconds each, playable by itself, with
//! its index `<start_ms>.idx` beside it.
//!
//! A group of pictures is written with one call to the file's end, then its index entry; a process killed between any
//! two instructions leaves a file that [`crate::recover::recover`] cuts back to its last whole group. Times inside one
//! file never go back: when the wall clock does, or the parameters change, a new file begins.

use crate::disk::{Disk, Sheet};
use crate::fmp4::{Frame, Track, fragment, init};
use crate::index::{BREAK, Entry, KEY, LOSSY};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Milliseconds after which a file ends at the next key frame.
pub const FILE_MS: i64 = 60_000;
/// Bytes after which a file ends at the next group, key frame or not.
pub const FILE_BYTES: u64 = 512 << 20;
/// A difference between wall clock and stream clock that begins a new file.
pub const DRIFT_MS: i64 = 500;

/// A group of pictures as the recorder takes it.
#[derive(Debug, Clone)]
pub struct Group {
    /// What it is coded with.
    pub track: Arc<Track>,
    /// In decode order; the first is a key frame, unless the camera sends none.
    pub frames: Vec<Frame>,
    /// Wall-clock time of the first picture, milliseconds since 1970.
    pub wall_ms: i64,
    /// Whether packets were lost.
    pub lossy: bool,
    /// Whether frames are missing, or the clock was set, before it: it begins a new file.
    pub follows_break: bool,
}

impl Group {
    /// Coded bytes.
    pub fn bytes(&self) -> usize {
        self.frames.iter().map(|f| f.data.len()).sum()
    }
}

/// A finished file: what one row of the database says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The file.
    pub path: PathBuf,
    /// Wall-clock time of its first frame, milliseconds since 1970.
    pub start_ms: i64,
    /// When its last frame ends.
    pub end_ms: i64,
    /// Its length.
    pub bytes: u64,
    /// Groups of pictures.
    pub groups: u32,
    /// Whether time or stream broke before it.
    pub follows_break: bool,
}

/// The disk refused a group. The groups before it are on the disk.
#[derive(Debug, thiserror::Error)]
#[error("the disk refused a group of pictures: {error}")]
pub struct Refused {
    /// What the disk said.
    #[source]
    pub error: io::Error,
    /// The files that ended: whole, and in want of their row.
    pub closed: Vec<Closed>,
}

struct Open {
    file: Box<dyn Sheet>,
    index: Box<dyn Sheet>,
    closed: Closed,
    track: Arc<Track>,
    base: u64,
    last_dts: u64,
}

/// Writes one stream's files. After a refusal the next group begins a new file.
pub struct Writer {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    open: Option<Open>,
    sequence: u32,
    stagger_ms: i64,
    broken: bool,
}

impl Writer {
    /// Writes below `dir` (the stream's own folder). `stagger_ms` shifts the moments of rotation, so that not all
    /// streams change files at once.
    pub fn new(disk: Arc<dyn Disk>, dir: PathBuf, stagger_ms: i64) -> Writer {
        Writer { dir, disk, open: None, sequence: 0, stagger_ms: stagger_ms.rem_euclid(FILE_MS), broken: false }
    }

    /// The file being written.
    pub fn open_path(&self) -> Option<&Path> {
        self.open.as_ref().map(|o| o.closed.path.as_path())
    }

    /// Appends a group; answers with the file that ended before it, if one did.
    ///
    /// # Errors
    /// The disk's, with the files that ended. What was written whole before stays; the broken tail is cut off where the
    /// disk still allows it; a file without a group is removed.
    pub fn append(&mut self, group: &Group) -> Result<Option<Closed>, Refused> {
        let Some(first) = group.frames.first() else { return Ok(None) };
        let mut ended = None;
        if let Some(o) = &self.open {
            let (broken, due) = self.ends(o, group, first);
            if broken || due || o.closed.bytes >= FILE_BYTES {
                ended = self.close();
                self.broken |= broken;
            }
        }
        let refused =
            |error, lost: Option<Closed>| Refused { error, closed: ended.clone().into_iter().chain(lost).collect() };
        if self.open.is_none() {
            let broken = self.broken || group.follows_break;
            self.open =
                Some(Open::begin(&*self.disk, &self.dir, group, first.dts, broken).map_err(|e| refused(e, None))?);
            self.broken = false;
        }
        self.sequence = self.sequence.wrapping_add(1);
        if let Some(o) = &mut self.open
            && let Err(e) = o.write(group, self.sequence)
        {
            let lost = self.give_up();
            return Err(refused(e, lost));
        }
        Ok(ended)
    }

    /// Whether something broke, and whether the minute is over. A clock that was set waits for a key frame, so that every
    /// file begins with one.
    fn ends(&self, o: &Open, group: &Group, first: &Frame) -> (bool, bool) {
        let drift = group.wall_ms - o.expected_ms(first.dts);
        let moved = group.follows_break || drift.abs() > DRIFT_MS || group.wall_ms < o.last_ms();
        let broken = *o.track != *group.track || first.dts <= o.last_dts || (moved && first.key);
        let slot = |ms: i64| ms.saturating_add(self.stagger_ms).div_euclid(FILE_MS);
        (broken, first.key && slot(group.wall_ms) != slot(o.closed.start_ms))
    }

    /// Leaves a file that the disk no longer takes; answers with its row when it holds a group.
    fn give_up(&mut self) -> Option<Closed> {
        let mut o = self.open.take()?;
        self.broken = true;
        let _ = o.file.cut(o.closed.bytes);
        let _ = o.index.cut(u64::from(o.closed.groups) * crate::index::ENTRY as u64);
        if o.closed.groups > 0 {
            return Some(o.closed);
        }
        o.remove(&*self.disk);
        None
    }

    /// Ends the open file. It survives a loss of power once the disk was synced ([`Disk::sync`]).
    pub fn close(&mut self) -> Option<Closed> {
        self.open.take().map(|o| o.closed)
    }
}

impl Open {
    fn begin(disk: &dyn Disk, dir: &Path, group: &Group, base: u64, broken: bool) -> io::Result<Open> {
        let day = dir.join(day_name(group.wall_ms));
        disk.make_dir(&day)?;
        let mut name = group.wall_ms;
        let (path, file) = loop {
            let path = day.join(format!("{name}.mp4"));
            match disk.create(&path) {
                Ok(f) => break (path, f),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && name < group.wall_ms + 1000 => name += 1,
                Err(e) => return Err(e),
            }
        };
        let head = init(&group.track);
        let closed = Closed {
            path: path.clone(),
            start_ms: group.wall_ms,
            end_ms: group.wall_ms,
            bytes: head.len() as u64,
            groups: 0,
            follows_break: broken,
        };
        let index_path = path.with_extension("idx");
        let index = disk.remove(&index_path).and_then(|()| disk.create(&index_path));
        let index = index.inspect_err(|_| drop(disk.remove(&path)))?;
        let mut o = Open { file, index, closed, track: group.track.clone(), base, last_dts: base };
        match o.file.append(&head) {
            Ok(()) => Ok(o),
            Err(e) => {
                o.remove(disk);
                Err(e)
            }
        }
    }

    /// Removes the file, where the disk still allows it; what is left is removed by `recover`.
    fn remove(&self, disk: &dyn Disk) {
        let _ = disk.remove(&self.closed.path);
        let _ = disk.remove(&self.closed.path.with_extension("idx"));
    }

    /// Wall-clock time of a decode time by the stream's clock.
    fn expected_ms(&self, dts: u64) -> i64 {
        self.closed.start_ms + (dts.saturating_sub(self.base) / 90) as i64
    }

    fn last_ms(&self) -> i64 {
        if self.closed.groups == 0 { self.closed.start_ms } else { self.closed.end_ms - DRIFT_MS }
    }

    fn write(&mut self, group: &Group, sequence: u32) -> io::Result<()> {
        let (Some(first), Some(last)) = (group.frames.first(), group.frames.last()) else { return Ok(()) };
        let wall_ms = self.expected_ms(first.dts);
        let bytes = fragment(&group.frames, sequence, self.base, Some(wall_ms));
        self.file.append(&bytes)?;
        let breaks = if self.closed.groups == 0 && self.closed.follows_break { BREAK } else { 0 };
        let entry = Entry {
            wall_ms,
            dts: first.dts - self.base,
            offset: self.closed.bytes,
            len: u32::try_from(bytes.len()).map_err(|_| io::Error::other("group of pictures above 4 GB"))?,
            flags: breaks | if first.key { KEY } else { 0 } | if group.lossy { LOSSY } else { 0 },
            frames: u16::try_from(group.frames.len()).unwrap_or(u16::MAX),
        };
        self.index.append(&entry.bytes())?;
        self.last_dts = last.dts;
        self.closed.bytes += bytes.len() as u64;
        self.closed.groups += 1;
        self.closed.end_ms = self.expected_ms(last.dts + u64::from(last.duration));
        Ok(())
    }
}

/// The UTC day of a moment as `yyyymmdd`; one folder for moments that no calendar has.
pub(crate) fn day_name(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| "undated".into(), |t| t.strftime("%Y%m%d").to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::disk::{Faulty, Plain};
    use crate::fmp4::tests::{frames, track};
    use crate::index;
    use crate::recover::recover;
    use std::fs;

    pub(crate) const T: i64 = 1_764_028_800_000; // 2025-11-25 00:00 UTC, a whole minute

    pub(crate) fn group(n: u64, wall_ms: i64) -> Group {
        let track = Arc::new(track());
        Group { track, frames: frames(n * 50, 50), wall_ms, lossy: false, follows_break: false }
    }

    pub(crate) fn writer(dir: &Path) -> Writer {
        Writer::new(Arc::new(Plain), dir.into(), 0)
    }

    #[test]
    fn days_have_their_names() {
        for (ms, name) in [(0, "19700101"), (T, "20251125"), (T - 1, "20251124"), (951_782_400_000, "20000229")] {
            assert_eq!(day_name(ms), name);
        }
    }

    #[test]
    fn files_rotate_by_the_minute_and_their_index_fits() {
        let dir = tempfile::tempdir().unwrap();
        let mut w = writer(dir.path());
        let mut closed: Vec<Closed> =
            (0..65).filter_map(|n| w.append(&group(n, T + n as i64 * 2000)).unwrap()).collect();
        closed.extend(w.close());
        assert_eq!(
            closed.iter().map(|c| (c.start_ms - T, c.groups)).collect::<Vec<_>>(),
            [(0, 30), (60_000, 30), (120_000, 5)]
        );
        for c in &closed {
            let entries = index::read(&fs::read(c.path.with_extension("idx")).unwrap(), c.bytes).unwrap();
            assert_eq!(entries[index::seek(&entries, c.start_ms + 4_500).unwrap()].wall_ms, c.start_ms + 4_000);
            assert_eq!(recover(&c.path).unwrap().as_ref(), Some(c), "a whole file stays as it is");
        }
    }

    #[test]
    fn a_clock_set_back_a_jump_and_new_parameters_each_begin_a_file_and_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut w = writer(dir.path());
        let small = Arc::new(Track { width: 320, ..track() });
        let steps = [
            group(0, T),
            group(1, T + 2_000),
            group(2, T + 4_000 - 3_600_000),
            group(3, T + 6_000 - 3_600_000 + 9_000),
            Group { track: small, ..group(4, T + 8_000 - 3_600_000 + 9_000) },
            group(0, T),
        ];
        let mut closed: Vec<Closed> = steps.iter().filter_map(|g| w.append(g).unwrap()).collect();
        closed.extend(w.close());
        assert_eq!(
            closed.iter().map(|c| (c.groups, c.follows_break)).collect::<Vec<_>>(),
            [(2, false), (1, true), (1, true), (1, true), (1, true)]
        );
        assert!(closed.iter().all(|c| c.path.exists()), "a second file of the same moment has a name of its own");
    }

    #[test]
    fn a_refused_group_ends_the_file_with_its_row_and_the_next_begins_another() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Faulty::default();
        let mut w = Writer::new(Arc::new(disk.clone()), dir.path().into(), 0);
        w.append(&group(0, T)).unwrap();
        w.append(&group(1, T + 2000)).unwrap();
        disk.room(Some(disk.used() + 500));
        let refused = w.append(&group(2, T + 4000)).unwrap_err();
        assert_eq!(refused.error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(refused.closed.iter().map(|c| c.groups).collect::<Vec<_>>(), [2]);
        assert_eq!(recover(&refused.closed[0].path).unwrap().as_ref(), Some(&refused.closed[0]), "cut back, whole");
        disk.room(Some(disk.used() + 100));
        let refused = w.append(&group(3, T + 6000)).unwrap_err();
        assert!(refused.closed.is_empty(), "not even the head fitted");
        disk.room(None);
        w.append(&group(4, T + 8000)).unwrap();
        disk.gone(true);
        assert_eq!(w.append(&group(5, T + 10_000)).unwrap_err().closed.len(), 1);
        disk.gone(false);
        w.append(&group(6, T + 12_000)).unwrap();
        assert!(w.close().unwrap().follows_break);
        let files = fs::read_dir(dir.path().join("20251125")).unwrap().count();
        assert_eq!(files, 6, "three files with their index, no empty one");
    }
}
