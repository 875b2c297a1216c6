//! Fragmented MP4 (ISO/IEC 14496-12): one init segment, then a fragment for each frame (live) or group of pictures
//! (recording). One video track, time scale 90 kHz. Each recorded fragment carries its wall-clock time in a `prft` box,
//! so a file tells its times without the index.

use bytes::Bytes;

/// Ticks per second of all media times here.
pub const TIMESCALE: u32 = 90_000;
/// Seconds from 1900 (NTP) to 1970.
const NTP_UNIX_S: u64 = 2_208_988_800;

/// What a player must know before the first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The sample entry box (`avc1`, `hvc1`) whole.
    pub sample_entry: Bytes,
    /// Codec as media source extensions name it, such as `avc1.4D401E` (RFC 6381).
    pub codec: String,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
}

/// One coded frame, its NAL units preceded by four bytes of length.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Coded bytes; shared, never copied by the hub or the recorder.
    pub data: Bytes,
    /// Whether decoding can begin here.
    pub key: bool,
    /// Decode time, ticks.
    pub dts: u64,
    /// Presentation minus decode time, ticks.
    pub offset: i32,
    /// Ticks until the next frame.
    pub duration: u32,
}

/// Writes a box around what `body` appends.
pub(crate) fn boxed(out: &mut Vec<u8>, name: &[u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(name);
    body(out);
    let len = (out.len() - at) as u32;
    out[at..at + 4].copy_from_slice(&len.to_be_bytes());
}

pub(crate) fn u32s(out: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|v| out.extend_from_slice(&v.to_be_bytes()));
}

pub(crate) const MATRIX: [u32; 9] = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000];

/// `ftyp` and `moov`.
pub fn init(track: &Track) -> Bytes {
    let mut o = Vec::with_capacity(700);
    boxed(&mut o, b"ftyp", |o| o.extend_from_slice(b"iso6\0\0\0\0iso6cmfcmp41"));
    boxed(&mut o, b"moov", |o| {
        boxed(o, b"mvhd", |o| {
            u32s(o, &[0, 0, 0, TIMESCALE, 0, 0x10000, 0x0100_0000, 0, 0]);
            u32s(o, &MATRIX);
            u32s(o, &[0, 0, 0, 0, 0, 0, 2]);
        });
        boxed(o, b"trak", |o| {
            boxed(o, b"tkhd", |o| {
                u32s(o, &[3, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
                u32s(o, &MATRIX);
                u32s(o, &[u32::from(track.width) << 16, u32::from(track.height) << 16]);
            });
            boxed(o, b"mdia", |o| media_header(o, track));
        });
        boxed(o, b"mvex", |o| boxed(o, b"trex", |o| u32s(o, &[0, 1, 1, 0, 0, 0])));
    });
    Bytes::from(o)
}

fn media_header(o: &mut Vec<u8>, track: &Track) {
    boxed(o, b"mdhd", |o| u32s(o, &[0, 0, 0, TIMESCALE, 0, 0x55c4_0000]));
    handler(o);
    boxed(o, b"minf", |o| {
        media_info(o);
        boxed(o, b"stbl", |o| {
            boxed(o, b"stsd", |o| {
                u32s(o, &[0, 1]);
                o.extend_from_slice(&track.sample_entry);
            });
            boxed(o, b"stts", |o| u32s(o, &[0, 0]));
            boxed(o, b"stsc", |o| u32s(o, &[0, 0]));
            boxed(o, b"stsz", |o| u32s(o, &[0, 0, 0]));
            boxed(o, b"stco", |o| u32s(o, &[0, 0]));
        });
    });
}

/// `hdlr` of a video track.
pub(crate) fn handler(o: &mut Vec<u8>) {
    boxed(o, b"hdlr", |o| {
        u32s(o, &[0, 0]);
        o.extend_from_slice(b"vide");
        u32s(o, &[0, 0, 0]);
        o.push(0);
    });
}

/// `vmhd` and `dinf`: the data lies in the same file.
pub(crate) fn media_info(o: &mut Vec<u8>) {
    boxed(o, b"vmhd", |o| u32s(o, &[1, 0, 0]));
    boxed(o, b"dinf", |o| {
        boxed(o, b"dref", |o| {
            u32s(o, &[0, 1]);
            boxed(o, b"url ", |o| u32s(o, &[1]));
        });
    });
}

/// One `moof` and `mdat` of `frames`, numbered `sequence`, with decode times counted from `base`; preceded by `prft`
/// when the wall-clock time of the first frame (milliseconds since 1970) is given. Empty for no frames.
pub fn fragment(frames: &[Frame], sequence: u32, base: u64, wall_ms: Option<i64>) -> Vec<u8> {
    let Some(first) = frames.first() else { return vec![] };
    let body: usize = frames.iter().map(|f| f.data.len()).sum();
    let mut o = Vec::with_capacity(body + 160 + frames.len() * 16);
    let dts = first.dts.saturating_sub(base);
    if let Some(ms) = wall_ms {
        boxed(&mut o, b"prft", |o| {
            u32s(o, &[0x0100_0000, 1]);
            o.extend_from_slice(&ntp(ms).to_be_bytes());
            o.extend_from_slice(&dts.to_be_bytes());
        });
    }
    let moof = o.len();
    let mut offset_at = 0;
    boxed(&mut o, b"moof", |o| {
        boxed(o, b"mfhd", |o| u32s(o, &[0, sequence]));
        boxed(o, b"traf", |o| {
            boxed(o, b"tfhd", |o| u32s(o, &[0x0002_0000, 1]));
            boxed(o, b"tfdt", |o| {
                u32s(o, &[0x0100_0000]);
                o.extend_from_slice(&dts.to_be_bytes());
            });
            boxed(o, b"trun", |o| {
                u32s(o, &[0x0100_0f01, frames.len() as u32]);
                offset_at = o.len();
                u32s(o, &[0]);
                for f in frames {
                    let flags = if f.key { 0x0200_0000 } else { 0x0101_0000 };
                    u32s(o, &[f.duration, f.data.len() as u32, flags, f.offset as u32]);
                }
            });
        });
    });
    let to_data = (o.len() - moof + 8) as u32;
    o[offset_at..offset_at + 4].copy_from_slice(&to_data.to_be_bytes());
    boxed(&mut o, b"mdat", |o| frames.iter().for_each(|f| o.extend_from_slice(&f.data)));
    o
}

/// NTP time of milliseconds since 1970 (RFC 5905: seconds since 1900 in the upper half).
fn ntp(ms: i64) -> u64 {
    let ms = ms.max(0) as u64;
    ((ms / 1000 + NTP_UNIX_S) << 32) | (((ms % 1000) << 32) / 1000)
}

/// Milliseconds since 1970 of an NTP time.
pub(crate) fn unix_ms(ntp: u64) -> i64 {
    let s = (ntp >> 32) as i64 - NTP_UNIX_S as i64;
    s * 1000 + (((ntp & 0xffff_ffff) * 1000 + (1 << 31)) >> 32) as i64
}

/// The body of the box that `path` leads to.
fn find<'a>(mut b: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    let (name, deeper) = path.split_first()?;
    loop {
        let len = u32::from_be_bytes(*b.first_chunk::<4>()?) as usize;
        let whole = b.get(..len).filter(|w| w.len() >= 8)?;
        if &whole[4..8] == *name {
            let body = &whole[8..];
            return if deeper.is_empty() { Some(body) } else { find(body, deeper) };
        }
        b = &b[len..];
    }
}

/// The track of an init segment as [`init`] writes it; `None` for other bytes.
pub fn read_track(init: &[u8]) -> Option<Track> {
    let stsd = find(init, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"])?;
    let entry = stsd.get(8..)?;
    let len = u32::from_be_bytes(*entry.first_chunk::<4>()?) as usize;
    let entry = entry.get(..len).filter(|e| e.len() > 86)?;
    let n = |at: usize| u16::from_be_bytes([entry[at], entry[at + 1]]);
    let codec = codec(&entry[4..8], &entry[86..])?;
    Some(Track { sample_entry: Bytes::copy_from_slice(entry), codec, width: n(32), height: n(34) })
}

/// RFC 6381 name of a sample entry (ISO/IEC 14496-15 annex E), from the boxes within it.
fn codec(name: &[u8], boxes: &[u8]) -> Option<String> {
    match name {
        b"avc1" => {
            let c = find(boxes, &[b"avcC"])?.get(1..4)?;
            Some(format!("avc1.{:02X}{:02X}{:02X}", c[0], c[1], c[2]))
        }
        b"hvc1" => {
            let c = find(boxes, &[b"hvcC"])?.get(1..13)?;
            let space = ["", "A", "B", "C"][usize::from(c[0] >> 6)];
            let compatible = u32::from_be_bytes([c[1], c[2], c[3], c[4]]).reverse_bits();
            let tier = if c[0] & 0x20 == 0 { 'L' } else { 'H' };
            let mut o = format!("hvc1.{space}{}.{compatible:X}.{tier}{}", c[0] & 31, c[11]);
            let used = c[5..11].iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
            c[5..5 + used].iter().for_each(|b| o.push_str(&format!(".{b:X}")));
            Some(o)
        }
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use shiguredo_mp4::demux::{DemuxError, Fmp4FileDemuxer, Input};

    /// An `avc1` box as an independent writer would make it, without meaning to a decoder.
    pub(crate) fn track() -> Track {
        let mut e = vec![];
        boxed(&mut e, b"avc1", |o| {
            u32s(o, &[0, 1, 0, 0, 0, 0, 640 << 16 | 360, 0x48_0000, 0x48_0000, 0]);
            o.extend_from_slice(&[0, 1]);
            o.extend_from_slice(&[0; 32]);
            o.extend_from_slice(&[0, 24, 255, 255]);
            boxed(o, b"avcC", |o| o.extend_from_slice(&[1, 77, 64, 30, 255, 225, 0, 2, 0x67, 77, 1, 0, 2, 0x68, 1]));
        });
        Track { sample_entry: e.into(), codec: "avc1.4D401E".into(), width: 640, height: 360 }
    }

    pub(crate) fn frames(from: u64, n: u64) -> Vec<Frame> {
        (0..n)
            .map(|i| Frame {
                data: vec![(from + i) as u8; 10 + i as usize].into(),
                key: i == 0,
                dts: (from + i) * 3600,
                offset: if i == 1 { -3600 } else { 0 },
                duration: 3600,
            })
            .collect()
    }

    #[test]
    fn an_independent_demuxer_reads_every_frame_back() {
        let mut file = init(&track()).to_vec();
        for g in 0..3 {
            file.extend(fragment(&frames(100 + g * 5, 5), g as u32 + 1, 100 * 3600, Some(1_700_000_000_000)));
        }
        let mut d = Fmp4FileDemuxer::new();
        let mut n = 0u64;
        loop {
            while let Some(r) = d.required_input() {
                let start = (r.position as usize).min(file.len());
                let end = r.size.map_or(file.len(), |n| (start + n).min(file.len()));
                d.handle_input(Input { position: r.position, data: &file[start..end] });
            }
            let s = match d.next_sample() {
                Ok(Some(s)) => s,
                Ok(None) => break,
                Err(DemuxError::InputRequired(_)) => continue,
                Err(e) => panic!("{e:?}"),
            };
            let at = s.data_offset as usize;
            assert_eq!(&file[at..at + s.data_size], &vec![100 + n as u8; 10 + (n % 5) as usize][..]);
            assert_eq!((s.timestamp, s.duration, s.keyframe), (n * 3600, 3600, n.is_multiple_of(5)));
            assert_eq!(s.composition_time_offset.unwrap_or(0), if n % 5 == 1 { -3600 } else { 0 });
            n += 1;
        }
        assert_eq!(n, 15);
    }

    #[test]
    fn a_track_is_read_back() {
        assert_eq!(read_track(&init(&track())), Some(track()));
        let whole = init(&track());
        for cut in 0..whole.len() {
            let _ = read_track(&whole[..cut]);
        }
    }

    #[test]
    fn wall_clock_times_survive_the_ntp_form() {
        for ms in [0, 1, 999, 1_700_000_000_123, 2_000_000_000_999] {
            assert_eq!(unix_ms(ntp(ms)), ms);
        }
    }
}
