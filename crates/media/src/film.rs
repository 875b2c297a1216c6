//! The boxes of an ordinary MP4 file (ISO/IEC 14496-12): everything that stands before the coded bytes.

use crate::export::{Segment, Span};
use crate::fmp4::{MATRIX, TIMESCALE, Track, boxed, u32s};
use crate::index::Entry;
use crate::scan::Sample;
use std::sync::Arc;

/// Seconds from 1904 (MP4) to 1970.
const MP4_UNIX_S: i64 = 2_082_844_800;

/// A recorded group, or the beginning of one, in an export.
pub(crate) struct Chunk {
    /// Which of the recorded files.
    pub source: usize,
    pub entry: Entry,
    pub samples: Vec<Sample>,
}

impl Chunk {
    /// Coded bytes.
    pub fn len(&self) -> usize {
        self.samples.iter().map(|s| s.size as usize).sum()
    }
}

/// One file of an export.
pub(crate) struct Part {
    pub track: Arc<Track>,
    pub chunks: Vec<Chunk>,
    /// Ticks before the moment at which players begin.
    pub skip: u64,
    pub segments: Vec<Segment>,
    pub lossy: Vec<Span>,
}

/// Counts equal neighbours.
fn runs<T: PartialEq + Copy>(values: impl Iterator<Item = T>) -> Vec<(u32, T)> {
    let mut all: Vec<(u32, T)> = vec![];
    for v in values {
        match all.last_mut() {
            Some((n, last)) if *last == v => *n += 1,
            _ => all.push((1, v)),
        }
    }
    all
}

impl Part {
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.chunks.iter().flat_map(|c| &c.samples)
    }

    pub fn ticks(&self) -> u64 {
        self.samples().map(|s| u64::from(s.duration)).sum()
    }

    /// Coded bytes.
    pub fn data(&self) -> u64 {
        self.chunks.iter().map(|c| c.len() as u64).sum()
    }

    /// Everything before the coded bytes. Its length does not depend on the offsets within, so it is made twice.
    pub fn head(&self) -> Vec<u8> {
        let len = self.boxes(0).len() as u64;
        self.boxes(len)
    }

    fn boxes(&self, data_at: u64) -> Vec<u8> {
        // Pictures out of order were stored with negative offsets; old players want none, so all are shown later and the
        // edit list takes that back.
        let shift = self.samples().map(|s| -i64::from(s.offset)).max().unwrap_or(0).max(0) as u64;
        let ticks = self.ticks();
        let shown = ticks.saturating_sub(self.skip);
        let from = self.segments.first().map_or(0, |s| s.from_ms);
        let made = u32::try_from(from / 1000 + MP4_UNIX_S).unwrap_or(0);
        let mut o = vec![];
        boxed(&mut o, b"ftyp", |o| o.extend_from_slice(b"isom\0\0\x02\0isomiso2mp41"));
        boxed(&mut o, b"moov", |o| {
            boxed(o, b"mvhd", |o| {
                u32s(o, &[0, made, made, TIMESCALE, shown as u32, 0x10000, 0x0100_0000, 0, 0]);
                u32s(o, &MATRIX);
                u32s(o, &[0, 0, 0, 0, 0, 0, 2]);
            });
            boxed(o, b"trak", |o| {
                boxed(o, b"tkhd", |o| {
                    u32s(o, &[3, made, made, 1, 0, shown as u32, 0, 0, 0, 0]);
                    u32s(o, &MATRIX);
                    u32s(o, &[u32::from(self.track.width) << 16, u32::from(self.track.height) << 16]);
                });
                boxed(o, b"edts", |o| {
                    boxed(o, b"elst", |o| u32s(o, &[0, 1, shown as u32, (self.skip + shift) as u32, 0x10000]));
                });
                boxed(o, b"mdia", |o| {
                    boxed(o, b"mdhd", |o| u32s(o, &[0, made, made, TIMESCALE, ticks as u32, 0x55c4_0000]));
                    crate::fmp4::handler(o);
                    boxed(o, b"minf", |o| {
                        crate::fmp4::media_info(o);
                        boxed(o, b"stbl", |o| self.tables(o, shift, data_at));
                    });
                });
            });
        });
        let size = 16 + self.data();
        u32s(&mut o, &[1]);
        o.extend_from_slice(b"mdat");
        o.extend_from_slice(&size.to_be_bytes());
        o
    }

    fn tables(&self, o: &mut Vec<u8>, shift: u64, data_at: u64) {
        boxed(o, b"stsd", |o| {
            u32s(o, &[0, 1]);
            o.extend_from_slice(&self.track.sample_entry);
        });
        let pairs = |o: &mut Vec<u8>, all: &[(u32, u32)]| {
            u32s(o, &[0, all.len() as u32]);
            all.iter().for_each(|(n, v)| u32s(o, &[*n, *v]));
        };
        boxed(o, b"stts", |o| pairs(o, &runs(self.samples().map(|s| s.duration))));
        if shift > 0 || self.samples().any(|s| s.offset != 0) {
            let late = |s: &Sample| (i64::from(s.offset) + shift as i64) as u32;
            boxed(o, b"ctts", |o| pairs(o, &runs(self.samples().map(late))));
        }
        let keys: Vec<u32> = (1u32..).zip(self.samples()).filter(|(_, s)| s.key).map(|(n, _)| n).collect();
        boxed(o, b"stss", |o| {
            u32s(o, &[0, keys.len() as u32]);
            u32s(o, &keys);
        });
        boxed(o, b"stsc", |o| {
            let counts = runs(self.chunks.iter().map(|c| c.samples.len() as u32));
            u32s(o, &[0, counts.len() as u32]);
            let mut chunk = 1;
            for (n, samples) in counts {
                u32s(o, &[chunk, samples, 1]);
                chunk += n;
            }
        });
        boxed(o, b"stsz", |o| {
            let sizes: Vec<u32> = self.samples().map(|s| s.size).collect();
            u32s(o, &[0, 0, sizes.len() as u32]);
            u32s(o, &sizes);
        });
        boxed(o, b"co64", |o| {
            u32s(o, &[0, self.chunks.len() as u32]);
            let mut at = data_at;
            for c in &self.chunks {
                o.extend_from_slice(&at.to_be_bytes());
                at += c.len() as u64;
            }
        });
    }
}
