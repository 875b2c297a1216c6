//! What goes when a ring is full or old (保存期限): whole files, the oldest first, by quota, by age and by the free space that
//! must remain. A file that a hold touches stays.

use crate::archive::{StreamId, days, files};
use crate::disk::{Disk, Space};
use crate::ring::{Closed, FILE_MS};
use crate::scan::scan;
use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// What the disk of a ring holds and may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The file system that holds the ring.
    pub space: Space,
    /// Bytes of it that stay free: below that the oldest files of all streams go, whatever the quotas say.
    pub floor: u64,
}

impl Room {
    /// Bytes that files may take which now take `used`; others on the same disk may take theirs first.
    pub fn for_files(&self, used: u64) -> u64 {
        (used + self.space.free).saturating_sub(self.floor)
    }
}

/// Bytes that stay free at most: four minutes of two hundred streams at a megabit and a half each. A share alone would
/// leave half a terabyte of a large disk empty, and throw away footage on one that others fill.
const FLOOR_MOST: u64 = 8 << 30;

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
    /// `floor` hundredths of the disk stay free, at most [`FLOOR_MOST`].
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
        let room = self.room()?;
        self.free(room.floor.saturating_sub(room.space.free), open, done)
    }

    /// The disk as it is now.
    ///
    /// # Errors
    /// The disk's.
    pub fn room(&self) -> io::Result<Room> {
        let space = self.disk.space(&self.root)?;
        Ok(Room { space, floor: (space.total / 100).saturating_mul(self.floor).min(FLOOR_MOST) })
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
    use crate::archive::tests::{A, B, fill};
    use crate::disk::Faulty;
    use crate::ring::tests::T;

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
        disk.room(Some(disk.used() * 10));
        let room = k.room().unwrap();
        let (free, total) = (disk.used() * 9, disk.used() * 10);
        assert_eq!(room, Room { space: Space { free, total }, floor: total / 100 * 5 });
        assert_eq!(room.for_files(disk.used()), total - total / 100 * 5);
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
