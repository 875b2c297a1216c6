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
                let (Some((dts, frames, key)), Some(from)) = (moof.take(), start.take()) else { break };
                let flags = if key { KEY } else { 0 };
                let Ok(len) = u32::try_from(at + len - from) else { break };
                found.entries.push(Entry { wall_ms, dts, offset: from, len, frames, flags });
                found.whole = from + u64::from(len);
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

/// Decode time, number of frames, and whether the first is a key frame, as [`crate::fmp4::fragment`] writes them.
fn fragment_head(moof: &[u8]) -> Option<(u64, u16, bool)> {
    let traf = child(moof, b"traf")?;
    let tfdt = child(traf, b"tfdt")?;
    let trun = child(traf, b"trun")?;
    let dts = be64(tfdt.get(4..12)?);
    let frames = u16::try_from(be32(trun, 4)?).ok()?;
    let flags = be32(trun, 20)?;
    Some((dts, frames, flags & 0x0001_0000 == 0))
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

    proptest! {
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
