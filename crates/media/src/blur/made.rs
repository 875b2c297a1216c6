//! What the program outside made, read from the front of its file: how many pictures, which coding.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Longest box with the film's tables that is read.
const MOST: u64 = 64 << 20;

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the made film has no {what}"))
}

fn word(b: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(b.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The content of the first box of a kind among those that follow each other in `b`.
fn within<'a>(b: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let mut at = 0;
    loop {
        let long = word(b, at)? as usize;
        let whole = b.get(at..at.checked_add(long)?)?;
        if long < 8 {
            return None;
        }
        if whole.get(4..8)? == kind {
            return whole.get(8..);
        }
        at += long;
    }
}

/// The box with the film's tables; boxes before it are passed over.
fn tables(file: &mut File) -> io::Result<Vec<u8>> {
    for _ in 0..100 {
        let mut head = [0u8; 16];
        file.read_exact(&mut head[..8])?;
        let mut long = u64::from(word(&head, 0).unwrap_or(0));
        let mut read = 8;
        if long == 1 {
            file.read_exact(&mut head[8..])?;
            long = u64::from_be_bytes(head[8..].try_into().unwrap_or_default());
            read = 16;
        }
        let rest = long.checked_sub(read).ok_or_else(|| broken("tables"))?;
        if &head[4..8] == b"moov" {
            let mut out = vec![];
            file.take(rest.min(MOST)).read_to_end(&mut out)?;
            return Ok(out);
        }
        file.seek(SeekFrom::Current(i64::try_from(rest).map_err(|_| broken("tables"))?))?;
    }
    Err(broken("tables"))
}

/// Pictures of an H.264 film, and its coding by RFC 6381.
///
/// # Errors
/// The disk's, or the file is no such film.
pub(super) fn facts(path: &Path) -> io::Result<(u64, String)> {
    let moov = tables(&mut File::open(path)?)?;
    let mut at: &[u8] = &moov;
    for kind in [b"trak", b"mdia", b"minf", b"stbl"] {
        at = within(at, kind).ok_or_else(|| broken("track"))?;
    }
    let pictures = within(at, b"stsz").and_then(|b| word(b, 8)).ok_or_else(|| broken("pictures"))?;
    // The description of a picture: 8 bytes of the list, then a box with 78 bytes before those within.
    let avcc = within(at, b"stsd")
        .and_then(|b| within(b.get(8..)?, b"avc1"))
        .and_then(|b| within(b.get(78..)?, b"avcC"))
        .and_then(|b| b.get(1..4))
        .ok_or_else(|| broken("coding"))?;
    Ok((u64::from(pictures), format!("avc1.{:02x}{:02x}{:02x}", avcc[0], avcc[1], avcc[2])))
}
