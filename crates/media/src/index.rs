//! The index beside a file of the ring: 32 bytes for each group of pictures, big-endian, in time order.
//!
//! | bytes | field |
//! |---|---|
//! | 0–7 | wall-clock time of the first frame, milliseconds since 1970 (signed) |
//! | 8–15 | its decode time in the file, 90 kHz ticks |
//! | 16–23 | where the group begins in the file |
//! | 24–27 | its length in bytes |
//! | 28–29 | flags |
//! | 30–31 | frames |

/// Bytes of one entry.
pub const ENTRY: usize = 32;
/// The group begins with a key frame.
pub const KEY: u16 = 1;
/// Time or stream broke before this group.
pub const BREAK: u16 = 2;
/// Packets of this group were lost on the way.
pub const LOSSY: u16 = 4;

/// One group of pictures in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Wall-clock time of the first frame, milliseconds since 1970.
    pub wall_ms: i64,
    /// Decode time in the file, 90 kHz ticks.
    pub dts: u64,
    /// Where the group begins in the file.
    pub offset: u64,
    /// Its length in bytes.
    pub len: u32,
    /// [`KEY`], [`BREAK`], [`LOSSY`].
    pub flags: u16,
    /// Frames in the group.
    pub frames: u16,
}

impl Entry {
    /// The 32 bytes.
    pub fn bytes(&self) -> [u8; ENTRY] {
        let mut b = [0; ENTRY];
        b[..8].copy_from_slice(&self.wall_ms.to_be_bytes());
        b[8..16].copy_from_slice(&self.dts.to_be_bytes());
        b[16..24].copy_from_slice(&self.offset.to_be_bytes());
        b[24..28].copy_from_slice(&self.len.to_be_bytes());
        b[28..30].copy_from_slice(&self.flags.to_be_bytes());
        b[30..].copy_from_slice(&self.frames.to_be_bytes());
        b
    }

    fn read(b: &[u8; ENTRY]) -> Entry {
        let n = |r: std::ops::Range<usize>| b[r].iter().fold(0u64, |v, x| v << 8 | u64::from(*x));
        Entry {
            wall_ms: n(0..8) as i64,
            dts: n(8..16),
            offset: n(16..24),
            len: n(24..28) as u32,
            flags: n(28..30) as u16,
            frames: n(30..32) as u16,
        }
    }
}

/// The entries of an index that belong to a file of `file_len` bytes; `None` when it does not fit the file (torn,
/// damaged, of another file) and must be made anew by [`crate::scan::scan`]. Takes any bytes.
pub fn read(bytes: &[u8], file_len: u64) -> Option<Vec<Entry>> {
    let (chunks, rest) = bytes.as_chunks::<ENTRY>();
    let entries: Vec<Entry> = chunks.iter().map(Entry::read).collect();
    let mut end = None;
    let mut last = i64::MIN;
    for e in &entries {
        let next = e.offset.checked_add(u64::from(e.len))?;
        if end.is_some_and(|x| x != e.offset) || e.len == 0 || e.wall_ms < last {
            return None;
        }
        (end, last) = (Some(next), e.wall_ms);
    }
    (rest.is_empty() && end == Some(file_len)).then_some(entries)
}

/// The group to begin with so that the picture of `wall_ms` is shown: the last key group not after it, or the first
/// one when the file begins later.
pub fn seek(entries: &[Entry], wall_ms: i64) -> Option<usize> {
    let after = entries.partition_point(|e| e.wall_ms <= wall_ms);
    let key = |e: &Entry| e.flags & KEY != 0;
    entries[..after].iter().rposition(key).or_else(|| entries.iter().position(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(n: usize) -> Vec<Entry> {
        let make = |i: usize| Entry {
            wall_ms: 1_000 + i as i64 * 2_000,
            dts: i as u64 * 180_000,
            offset: 700 + i as u64 * 100,
            len: 100,
            flags: if i % 3 == 2 { 0 } else { KEY },
            frames: 50,
        };
        (0..n).map(make).collect()
    }

    #[test]
    fn seeking_takes_the_key_group_at_or_before_the_moment() {
        let e = entries(6);
        let cases = [(0, 0), (1_000, 0), (2_999, 0), (3_000, 1), (5_500, 1), (7_000, 3), (99_000, 4)];
        for (ms, want) in cases {
            assert_eq!(seek(&e, ms), Some(want), "{ms}");
        }
        assert_eq!(seek(&[], 5), None);
        assert_eq!(seek(&e[2..3], 5), None, "no key at all");
    }

    proptest! {
        #[test]
        fn an_index_is_read_back_and_a_torn_or_foreign_one_is_refused(n in 1usize..20, cut in 1usize..32) {
            let e = entries(n);
            let bytes: Vec<u8> = e.iter().flat_map(Entry::bytes).collect();
            let len = 700 + n as u64 * 100;
            prop_assert_eq!(read(&bytes, len), Some(e));
            prop_assert_eq!(read(&bytes[..bytes.len() - cut], len), None);
            prop_assert_eq!(read(&bytes, len + 1), None);
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200), len: u64, at: i64) {
            if let Some(e) = read(&bytes, len) {
                let _ = seek(&e, at);
            }
        }
    }
}
