//! Files of the recording ring: `<stream>/<yyyymmdd>/<start_ms>.mp4`, some sixty seconds each, playable by itself, with
//! its index `<start_ms>.idx` beside it.
//!
//! A group of pictures is written with one call to the file's end, then its index entry; a process killed between any
//! two instructions leaves a file that [`recover`] cuts back to its last whole group. Times inside one file never go
//! back: when the wall clock does, or the parameters change, a new file begins.

use crate::fmp4::{Frame, Track, fragment, init};
use crate::index::{self, BREAK, ENTRY, Entry, KEY, LOSSY};
use crate::scan::scan;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Milliseconds after which a file ends at the next key frame.
pub const FILE_MS: i64 = 60_000;
/// Bytes after which a file ends at the next group, key frame or not.
pub const FILE_BYTES: u64 = 512 << 20;
/// A difference between wall clock and stream clock that begins a new file.
pub const DRIFT_MS: i64 = 500;

/// A group of pictures as the recorder takes it.
#[derive(Debug, Clone)]
pub struct Group {
    /// In decode order; the first is a key frame, unless the camera sends none.
    pub frames: Vec<Frame>,
    /// Wall-clock time of the first frame, milliseconds since 1970.
    pub wall_ms: i64,
    /// Whether packets were lost.
    pub lossy: bool,
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

struct Open {
    file: File,
    index: File,
    closed: Closed,
    track: Track,
    base: u64,
    next_dts: u64,
}

/// Writes one stream's files. Errors of the disk come to the caller; the next group begins a new file.
pub struct Writer {
    dir: PathBuf,
    open: Option<Open>,
    sequence: u32,
    stagger_ms: i64,
}

impl Writer {
    /// Writes below `dir` (the stream's own folder). `stagger_ms` shifts the moments of rotation, so that not all
    /// streams change files at once.
    pub fn new(dir: PathBuf, stagger_ms: i64) -> Writer {
        Writer { dir, open: None, sequence: 0, stagger_ms: stagger_ms.rem_euclid(FILE_MS) }
    }

    /// Appends a group; answers with the file that ended before it, if one did.
    ///
    /// # Errors
    /// The disk's. What was written whole before stays; the broken tail is cut off where the disk still allows it.
    pub fn append(&mut self, track: &Track, group: &Group) -> io::Result<Option<Closed>> {
        let Some(first) = group.frames.first() else { return Ok(None) };
        let mut ended = None;
        let mut broken = false;
        if let Some(o) = &self.open {
            let drift = group.wall_ms - o.expected_ms(first.dts);
            broken =
                o.track != *track || first.dts < o.next_dts || drift.abs() > DRIFT_MS || group.wall_ms < o.last_ms();
            let slot = |ms: i64| (ms + self.stagger_ms).div_euclid(FILE_MS);
            let due = first.key && slot(group.wall_ms) != slot(o.closed.start_ms);
            if broken || due || o.closed.bytes >= FILE_BYTES {
                ended = self.close()?;
            }
        }
        if self.open.is_none() {
            self.open = Some(Open::begin(&self.dir, track, group.wall_ms, first.dts, broken)?);
        }
        self.sequence = self.sequence.wrapping_add(1);
        if let Some(o) = &mut self.open
            && let Err(e) = o.write(group, self.sequence)
        {
            let _ = o.file.set_len(o.closed.bytes);
            self.open = None;
            return Err(e);
        }
        Ok(ended)
    }

    /// Ends the open file and brings it to the disk.
    ///
    /// # Errors
    /// The disk's.
    pub fn close(&mut self) -> io::Result<Option<Closed>> {
        let Some(o) = self.open.take() else { return Ok(None) };
        o.file.sync_data()?;
        o.index.sync_data()?;
        Ok(Some(o.closed))
    }

    /// Brings what was written to the disk without ending the file.
    ///
    /// # Errors
    /// The disk's.
    pub fn sync(&self) -> io::Result<()> {
        self.open.as_ref().map_or(Ok(()), |o| o.file.sync_data())
    }
}

impl Open {
    fn begin(dir: &Path, track: &Track, wall_ms: i64, base: u64, broken: bool) -> io::Result<Open> {
        let day = dir.join(day_name(wall_ms));
        fs::create_dir_all(&day)?;
        let mut start_ms = wall_ms;
        let (path, mut file) = loop {
            let path = day.join(format!("{start_ms}.mp4"));
            match OpenOptions::new().append(true).create_new(true).open(&path) {
                Ok(f) => break (path, f),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && start_ms < wall_ms + 1000 => start_ms += 1,
                Err(e) => return Err(e),
            }
        };
        let index = OpenOptions::new().append(true).create(true).open(path.with_extension("idx"))?;
        let head = init(track);
        file.write_all(&head)?;
        let closed = Closed {
            path,
            start_ms: wall_ms,
            end_ms: wall_ms,
            bytes: head.len() as u64,
            groups: 0,
            follows_break: broken,
        };
        Ok(Open { file, index, closed, track: track.clone(), base, next_dts: base })
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
        self.file.write_all(&bytes)?;
        let breaks = if self.closed.groups == 0 && self.closed.follows_break { BREAK } else { 0 };
        let entry = Entry {
            wall_ms,
            dts: first.dts - self.base,
            offset: self.closed.bytes,
            len: u32::try_from(bytes.len()).map_err(|_| io::Error::other("group of pictures above 4 GB"))?,
            flags: breaks | if first.key { KEY } else { 0 } | if group.lossy { LOSSY } else { 0 },
            frames: u16::try_from(group.frames.len()).unwrap_or(u16::MAX),
        };
        self.index.write_all(&entry.bytes())?;
        self.next_dts = last.dts + u64::from(last.duration);
        self.closed.bytes += bytes.len() as u64;
        self.closed.groups += 1;
        self.closed.end_ms = self.expected_ms(self.next_dts);
        Ok(())
    }
}

/// The UTC day of a moment as `yyyymmdd`; one folder for moments that no calendar has.
fn day_name(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| "undated".into(), |t| t.strftime("%Y%m%d").to_string())
}

/// Makes a file that was open when the process ended whole again: cuts it after its last whole group and writes its index
/// anew where that does not fit. A file without a whole group is removed (`None`).
///
/// # Errors
/// The disk's.
pub fn recover(path: &Path) -> io::Result<Option<Closed>> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let index_path = path.with_extension("idx");
    let found = scan(&mut file)?;
    let (Some(first), Some(last)) = (found.entries.first(), found.entries.last()) else {
        drop(file);
        fs::remove_file(path)?;
        return match fs::remove_file(index_path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(None),
        };
    };
    if file.metadata()?.len() > found.whole {
        file.set_len(found.whole)?;
        file.sync_all()?;
    }
    let old = fs::read(&index_path).unwrap_or_default();
    let whole = &old[..(old.len() / ENTRY).min(found.entries.len()) * ENTRY];
    let (entries, fits) = match index::read(whole, found.whole) {
        Some(e) => (e, whole.len() == old.len()),
        None => (found.entries.clone(), false),
    };
    if !fits {
        let bytes: Vec<u8> = entries.iter().flat_map(Entry::bytes).collect();
        let new = path.with_extension("idx.new");
        fs::write(&new, bytes)?;
        File::open(&new)?.sync_all()?;
        fs::rename(new, &index_path)?;
    }
    // The last group's length is its frames at the mean pace of the groups before it; a lone group ends where it began.
    let paced: u64 = entries.iter().take(entries.len() - 1).map(|e| u64::from(e.frames)).sum();
    // A damaged file may name any times: nothing here may overflow.
    let span = u128::from(last.dts.saturating_sub(first.dts));
    let tail = span * u128::from(last.frames) / u128::from(paced.max(1)) / 90;
    Ok(Some(Closed {
        path: path.into(),
        start_ms: first.wall_ms,
        end_ms: last.wall_ms.saturating_add(i64::try_from(tail).unwrap_or(i64::MAX)),
        bytes: found.whole,
        groups: entries.len() as u32,
        follows_break: entries[0].flags & BREAK != 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fmp4::tests::{frames, track};
    use proptest::prelude::*;

    const T: i64 = 1_764_028_800_000; // 2025-11-25 00:00 UTC, a whole minute

    fn group(n: u64, wall_ms: i64) -> Group {
        Group { frames: frames(n * 50, 50), wall_ms, lossy: false }
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
        let mut w = Writer::new(dir.path().into(), 0);
        let mut closed: Vec<Closed> =
            (0..65).filter_map(|n| w.append(&track(), &group(n, T + n as i64 * 2000)).unwrap()).collect();
        closed.extend(w.close().unwrap());
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
        let mut w = Writer::new(dir.path().into(), 0);
        let small = Track { width: 320, ..track() };
        let steps = [
            (track(), group(0, T)),
            (track(), group(1, T + 2_000)),
            (track(), group(2, T + 4_000 - 3_600_000)),
            (track(), group(3, T + 6_000 - 3_600_000 + 9_000)),
            (small, group(4, T + 8_000 - 3_600_000 + 9_000)),
            (track(), group(0, T)),
        ];
        let mut closed: Vec<Closed> = steps.iter().filter_map(|(t, g)| w.append(t, g).unwrap()).collect();
        closed.extend(w.close().unwrap());
        assert_eq!(
            closed.iter().map(|c| (c.groups, c.follows_break)).collect::<Vec<_>>(),
            [(2, false), (1, true), (1, true), (1, true), (1, true)]
        );
        assert!(closed.iter().all(|c| c.path.exists()), "a second file of the same moment has a name of its own");
    }

    #[test]
    fn a_torn_newest_file_loses_its_torn_group_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut w = Writer::new(dir.path().into(), 0);
        for n in 0..4 {
            w.append(&track(), &group(n, T + n as i64 * 2000)).unwrap();
        }
        let whole = w.close().unwrap().unwrap();
        let data = fs::read(&whole.path).unwrap();
        let idx = fs::read(whole.path.with_extension("idx")).unwrap();
        for (cut, idx_len, groups) in [(1, 128, 3), (0, 97, 4), (0, 0, 4), (data.len() - 900, 128, 0), (0, 128, 4)] {
            fs::write(&whole.path, &data[..data.len() - cut]).unwrap();
            fs::write(whole.path.with_extension("idx"), &idx[..idx_len]).unwrap();
            let found = recover(&whole.path).unwrap();
            assert_eq!(found.as_ref().map_or(0, |c| c.groups), groups, "cut {cut}, index {idx_len}");
            assert_eq!(whole.path.exists(), groups > 0);
            if let Some(c) = found {
                assert_eq!(fs::metadata(&c.path).unwrap().len(), c.bytes);
                assert!(index::read(&fs::read(c.path.with_extension("idx")).unwrap(), c.bytes).is_some());
            }
        }
    }

    proptest! {
        #[test]
        fn a_damaged_file_or_index_is_recovered_without_a_panic(
            hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40), in_index: bool,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let mut w = Writer::new(dir.path().into(), 0);
            for n in 0..3 {
                w.append(&track(), &group(n, T + n as i64 * 2000)).unwrap();
            }
            let whole = w.close().unwrap().unwrap();
            let hit = if in_index { whole.path.with_extension("idx") } else { whole.path.clone() };
            let mut data = fs::read(&hit).unwrap();
            for (at, byte) in hits {
                let at = at.index(data.len());
                data[at] = byte;
            }
            fs::write(&hit, &data).unwrap();
            if let Some(c) = recover(&whole.path).unwrap() {
                prop_assert_eq!(fs::metadata(&c.path).unwrap().len(), c.bytes);
            }
        }
    }
}
