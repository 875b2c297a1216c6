//! A file that was open when the process ended becomes whole again.

use crate::index::{self, BREAK, ENTRY, Entry};
use crate::ring::Closed;
use crate::scan::scan;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

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
        // Not synced: whatever a loss of power brings back is cut off again.
        file.set_len(found.whole)?;
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
        fs::rename(new, &index_path)?;
    }
    // A damaged file may name any times: nothing here may overflow.
    let tail = i64::try_from(found.tail / 90).unwrap_or(i64::MAX);
    Ok(Some(Closed {
        path: path.into(),
        start_ms: first.wall_ms,
        end_ms: last.wall_ms.saturating_add(tail),
        bytes: found.whole,
        groups: entries.len() as u32,
        follows_break: entries[0].flags & BREAK != 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::tests::{T, group, writer};
    use proptest::prelude::*;

    #[test]
    fn a_torn_newest_file_loses_its_torn_group_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut w = writer(dir.path());
        for n in 0..4 {
            w.append(&group(n, T + n as i64 * 2000)).unwrap();
        }
        let whole = w.close().unwrap();
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
            let mut w = writer(dir.path());
            for n in 0..3 {
                w.append(&group(n, T + n as i64 * 2000)).unwrap();
            }
            let whole = w.close().unwrap();
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
