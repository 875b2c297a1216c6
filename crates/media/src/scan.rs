//! Finding the whole groups of pictures in a file of the ring, torn or not, without its index.

use crate::fmp4::unix_ms;
use crate::index::{Entry, KEY};
use std::io::{self, Read, Seek, SeekFrom};

/// Longest `moof` believed; a longer one is damage.
const MAX_MOOF: u64 = 4 << 20;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Length of the init segment; 0 when it is not whole.
    pub init: u64,
    /// The whole groups, in file order.
    pub entries: Vec<Entry>,
    /// Where the last whole group ends: what lies behind is to be cut off.
    pub whole: u64,
    /// Length of the last whole group, ticks.
    pub tail: u64,
}

/// One frame as the head of its fragment tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Ticks until the next frame.
    pub duration: u32,
    /// Coded bytes.
    pub size: u32,
    /// Whether decoding can begin here.
    pub key: bool,
    /// Presentation minus decode time, ticks.
    pub offset: i32,
}

/// Walks through the boxes of a file. Damage ends the walk, it is never an error.
///
/// # Errors
/// The file cannot be read.
pub fn scan<F: Read + Seek>(file: &mut F) -> io::Result<Found> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut found = Found::default();
    let mut at = 0u64;
    let mut start = None;
    let mut wall_ms = 0;
    let mut moof = None;
    while end - at >= 8 {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0u8; 8];
        file.read_exact(&mut head)?;
        let len = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        if len < 8 || len > end - at {
            break;
        }
        match &head[4..] {
            b"ftyp" if at == 0 => {}
            b"moov" if found.init == 0 => {
                found.init = at + len;
                found.whole = found.init;
            }
            b"prft" if found.init > 0 && len == 32 => {
                let mut b = [0u8; 24];
                file.read_exact(&mut b)?;
                wall_ms = unix_ms(be64(&b[8..16]));
                start = Some(at);
            }
            b"moof" if found.init > 0 && len <= MAX_MOOF => {
                let mut b = vec![0u8; len as usize - 8];
                file.read_exact(&mut b)?;
                moof = fragment_head(&b);
                start = start.or(Some(at));
            }
            b"mdat" if found.init > 0 => {
                let (Some((dts, samples)), Some(from)) = (moof.take(), start.take()) else { break };
                let flags = if samples.first().is_some_and(|s| s.key) { KEY } else { 0 };
                let Ok(frames) = u16::try_from(samples.len()) else { break };
                let Ok(len) = u32::try_from(at + len - from) else { break };
                found.entries.push(Entry { wall_ms, dts, offset: from, len, frames, flags });
                found.whole = from + u64::from(len);
                found.tail = samples.iter().map(|s| u64::from(s.duration)).sum();
            }
            _ => break,
        }
        at += len;
    }
    Ok(found)
}

fn be64(b: &[u8]) -> u64 {
    b.iter().take(8).fold(0, |v, x| v << 8 | u64::from(*x))
}

fn be32(b: &[u8], at: usize) -> Option<u32> {
    b.get(at..at.checked_add(4)?).map(|x| u32::from_be_bytes([x[0], x[1], x[2], x[3]]))
}

/// The body of the first child box of this name.
fn child<'a>(mut b: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    loop {
        let len = be32(b, 0)? as usize;
        let whole = b.get(..len).filter(|w| w.len() >= 8)?;
        if &whole[4..8] == name {
            return Some(&whole[8..]);
        }
        b = &b[len..];
    }
}

/// Decode time and frames in the body of a `moof`, as [`crate::fmp4::fragment`] writes it.
fn fragment_head(moof: &[u8]) -> Option<(u64, Vec<Sample>)> {
    let traf = child(moof, b"traf")?;
    let dts = be64(child(traf, b"tfdt")?.get(4..12)?);
    let trun = child(traf, b"trun")?;
    let (rows, _) = trun.get(12..)?.as_chunks::<16>();
    if rows.is_empty() || rows.len() != be32(trun, 4)? as usize {
        return None;
    }
    let row = |r: &[u8; 16]| {
        let n = |i: usize| u32::from_be_bytes([r[i], r[i + 1], r[i + 2], r[i + 3]]);
        Sample { duration: n(0), size: n(4), key: n(8) & 0x0001_0000 == 0, offset: n(12) as i32 }
    };
    Some((dts, rows.iter().map(row).collect()))
}

/// Decode time and frames of a group from the first bytes of it; `None` when its head is not whole in them.
pub fn head(mut bytes: &[u8]) -> Option<(u64, Vec<Sample>)> {
    loop {
        let len = be32(bytes, 0)? as usize;
        let whole = bytes.get(..len).filter(|w| w.len() >= 8)?;
        if &whole[4..8] == b"moof" {
            return fragment_head(&whole[8..]);
        }
        bytes = &bytes[len..];
    }
}

/// The boxes of one group as it stands in a file: its decode time, its frames, and where their bytes begin. `None` for
/// bytes that are no such group.
pub fn group(bytes: &[u8]) -> Option<(u64, Vec<Sample>, usize)> {
    let mut rest = bytes;
    let mut head = None;
    loop {
        let len = be32(rest, 0)? as usize;
        let whole = rest.get(..len).filter(|w| w.len() >= 8)?;
        match &whole[4..8] {
            b"moof" => head = Some(fragment_head(&whole[8..])?),
            b"mdat" => {
                let (dts, samples) = head?;
                let total: usize = samples.iter().map(|s| s.size as usize).sum();
                return (total == len - 8).then_some((dts, samples, bytes.len() - rest.len() + 8));
            }
            _ => {}
        }
        rest = &rest[len..];
    }
}

/// Sets the decode time of a group's bytes; `false` when they are none.
pub fn retime(bytes: &mut [u8], dts: u64) -> bool {
    let mut at = 0;
    let patch = |at: usize, bytes: &mut [u8]| bytes.get_mut(at..at + 8).map(|b| b.copy_from_slice(&dts.to_be_bytes()));
    while let Some(len) = be32(bytes, at) {
        let name = bytes.get(at + 4..at + 8).unwrap_or(&[0; 4]);
        match name {
            b"moof" | b"traf" => at += 8,
            b"tfdt" => return patch(at + 12, bytes).is_some(),
            b"mdat" => return false,
            _ if len < 8 => return false,
            _ => at += len as usize,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fmp4::tests::{frames, track};
    use crate::fmp4::{fragment, init};
    use proptest::prelude::*;
    use std::io::Cursor;

    fn file() -> (Vec<u8>, Vec<u64>) {
        let mut f = init(&track()).to_vec();
        let mut ends = vec![f.len() as u64];
        for g in 0..4u64 {
            f.extend(fragment(&frames(g * 5, 5), g as u32, 0, Some(1_700_000_000_000 + g as i64 * 200)));
            ends.push(f.len() as u64);
        }
        (f, ends)
    }

    #[test]
    fn groups_are_found_with_their_times() {
        let (f, ends) = file();
        let found = scan(&mut Cursor::new(&f)).unwrap();
        assert_eq!((found.init, found.whole, found.entries.len()), (ends[0], f.len() as u64, 4));
        let e = found.entries[2];
        assert_eq!((e.wall_ms, e.dts, e.frames, e.flags), (1_700_000_000_400, 36_000, 5, KEY));
        assert_eq!(e.offset, ends[2]);
    }

    #[test]
    fn a_group_is_taken_apart_and_set_to_another_time() {
        let f = frames(5, 5);
        let mut bytes = fragment(&f, 1, 0, Some(1_700_000_000_000));
        assert!(retime(&mut bytes, 77));
        let (dts, samples, data) = group(&bytes).unwrap();
        assert_eq!(
            (dts, samples.len(), samples[1].offset, samples[0].key, samples[1].key),
            (77, 5, -3600, true, false)
        );
        assert_eq!(&bytes[data..data + samples[0].size as usize], &f[0].data[..]);
        assert!(group(&bytes[..bytes.len() - 1]).is_none() && !retime(&mut bytes[..40], 1));
    }

    proptest! {
        #[test]
        fn a_damaged_group_is_taken(hits in prop::collection::vec((0usize..400, any::<u8>()), 0..20)) {
            let mut bytes = fragment(&frames(5, 5), 1, 0, Some(1));
            for (at, b) in hits {
                if let Some(x) = bytes.get_mut(at) { *x = b; }
            }
            let _ = retime(&mut bytes, 9);
            let _ = group(&bytes);
        }

        #[test]
        fn a_file_torn_anywhere_keeps_exactly_its_whole_groups(cut in 0usize..2000) {
            let (f, ends) = file();
            let cut = cut.min(f.len());
            let found = scan(&mut Cursor::new(&f[..cut])).unwrap();
            let whole = ends.iter().filter(|e| **e <= cut as u64).count();
            prop_assert_eq!(found.entries.len(), whole.saturating_sub(1));
            prop_assert_eq!(found.whole, if whole == 0 { 0 } else { ends[whole - 1] });
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..1500) {
            let _ = scan(&mut Cursor::new(&bytes)).unwrap();
            let (mut f, _) = file();
            for (i, b) in bytes.iter().enumerate() {
                if let Some(x) = f.get_mut(at + i) { *x = *b; }
            }
            let found = scan(&mut Cursor::new(&f)).unwrap();
            prop_assert!(found.whole <= f.len() as u64);
        }
    }
}
