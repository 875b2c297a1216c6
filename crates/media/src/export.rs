//! A span of a recording as an ordinary MP4 file (录像导出): index in front, no fragments, any player opens it.
//!
//! What was not recorded is neither invented nor hidden: the film jumps, and the [`Manifest`] lists each gap and which
//! moment of the film is which moment of the day. A span in which the parameters change becomes several parts. The coded
//! pictures are the recorded ones, bit for bit. Bytes are written once, forwards, so that they can be sent while they are
//! made; hashers run beside on threads of their own.

use crate::archive::StreamId;
use crate::film::{Chunk, Part};
use crate::fmp4::Track;
use crate::index::{KEY, LOSSY};
use crate::replay::{Heads, Source};
use crate::ring::DRIFT_MS;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

/// Longest span of one export.
pub const MAX_MS: i64 = 12 * 3_600_000;

/// Why a span cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The span is empty or too long.
    #[error("a span for export ends after it begins and is twelve hours at most")]
    Span,
    /// Nothing was recorded within it.
    #[error("nothing was recorded within the span")]
    Nothing,
    /// The disk's, or the receiver's.
    #[error("export: {0}")]
    Io(#[from] io::Error),
}

/// Takes the bytes of a file in order; the layer above brings the digests.
pub trait Hasher: Send {
    /// More bytes.
    fn update(&mut self, bytes: &[u8]);
}

/// A stretch without a gap: which moment of the film is which moment of the day. Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Position in the film.
    pub film_ms: i64,
    /// Wall-clock time there, since 1970.
    pub from_ms: i64,
    /// Wall-clock time where the stretch ends.
    pub to_ms: i64,
}

/// A span of wall-clock time, milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From.
    pub from_ms: i64,
    /// Until.
    pub to_ms: i64,
}

/// Digests of a part's file block by block, so that a change is found where it is; filled in by the layer above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// Bytes of a block; the last one may be shorter.
    pub size: u64,
    /// SHA-256 of each block in hexadecimal, in order.
    pub sha256: Vec<String>,
}

/// What a part is, for the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFacts {
    /// RFC 6381.
    pub codec: String,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Length of the file.
    pub bytes: u64,
    /// Pictures in it.
    pub pictures: u64,
    /// Its stretches.
    pub segments: Vec<Segment>,
    /// Stretches in which packets were lost on the way from the camera.
    pub lossy: Vec<Span>,
    /// Digests of the file in hexadecimal by algorithm; filled in by the layer above.
    pub digests: BTreeMap<String, String>,
    /// The same block by block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Blocks>,
}

/// What an export says about itself. Who and why, and the signature, are added by the layer above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form.
    pub format: String,
    /// Id of the stream in hexadecimal.
    pub stream: String,
    /// The span asked for.
    pub asked: Span,
    /// What of it was not recorded.
    pub gaps: Vec<Span>,
    /// The files.
    pub parts: Vec<PartFacts>,
}

/// A planned export. Holds the recorded files open.
pub struct Clip {
    stream: StreamId,
    asked: Span,
    sources: Vec<Source>,
    parts: Vec<Part>,
    gaps: Vec<Span>,
    /// File of the last group, and decode time at its end.
    last: (usize, u64),
}

impl Clip {
    /// Plans the export of `stream` from `from_ms` until `to_ms` out of the ring at `root`. It begins with the key frame at or
    /// before `from_ms`; players begin to show at `from_ms`.
    ///
    /// # Errors
    /// The span is no span, nothing was recorded within it, or the disk's error.
    pub fn plan(root: &Path, stream: StreamId, from_ms: i64, to_ms: i64) -> Result<Clip, ExportError> {
        if to_ms <= from_ms || to_ms.saturating_sub(from_ms) > MAX_MS {
            return Err(ExportError::Span);
        }
        let sources = Source::within(root, stream, from_ms, to_ms)?;
        let asked = Span { from_ms, to_ms };
        let mut clip = Clip { stream, asked, sources: vec![], parts: vec![], gaps: vec![], last: (0, 0) };
        let mut end = from_ms;
        for (n, source) in sources.iter().enumerate() {
            let groups = source.groups()?;
            let first =
                groups.iter().rposition(|g| g.entry.wall_ms <= from_ms && g.entry.flags & KEY != 0).unwrap_or(0);
            let ends_after = groups.last().is_some_and(|g| g.end_ms() > from_ms);
            let mut decodable = false;
            for g in groups.into_iter().skip(if ends_after { first } else { usize::MAX }) {
                decodable |= g.entry.flags & KEY != 0;
                if decodable && g.entry.wall_ms < to_ms {
                    clip.take(n, source.track(), g, &mut end);
                }
            }
        }
        if clip.parts.is_empty() {
            return Err(ExportError::Nothing);
        }
        if to_ms - end > DRIFT_MS {
            clip.gaps.push(Span { from_ms: end, to_ms });
        }
        clip.sources = sources;
        Ok(clip)
    }

    fn take(&mut self, source: usize, track: &Arc<Track>, g: Heads, end: &mut i64) {
        let Span { from_ms, to_ms } = self.asked;
        let start = g.entry.wall_ms;
        let mut samples = g.samples;
        let mut at = 0i64;
        let mut shown = 0;
        for (i, s) in samples.iter().enumerate() {
            if start + (at + i64::from(s.offset)) / 90 < to_ms {
                shown = i + 1;
            }
            at += i64::from(s.duration);
        }
        samples.truncate(shown);
        if samples.is_empty() {
            return;
        }
        let follows = start - *end;
        let first = self.parts.is_empty();
        if (first && start > from_ms + DRIFT_MS) || (!first && follows > DRIFT_MS) {
            self.gaps.push(Span { from_ms: *end, to_ms: start });
        }
        let fresh = self.parts.last().is_none_or(|p| *p.track != **track);
        if fresh {
            let skip = if first { (from_ms - start).max(0) as u64 * 90 } else { 0 };
            self.parts.push(Part { track: track.clone(), chunks: vec![], skip, segments: vec![], lossy: vec![] });
        }
        let Some(part) = self.parts.last_mut() else { return };
        let joins = !fresh && follows.abs() <= DRIFT_MS;
        // A small difference of the clocks is shown as it was: exactly within a file, by the wall clock between two.
        let within = self.last.0 == source;
        let apart = if within { g.dts as i64 - self.last.1 as i64 } else { follows.max(0) * 90 };
        if joins && (within || apart > 180) {
            let last = part.chunks.last_mut().and_then(|c| c.samples.last_mut());
            last.into_iter()
                .for_each(|s| s.duration = u32::try_from(i64::from(s.duration) + apart).unwrap_or(1).max(1));
        }
        let length: u64 = samples.iter().map(|s| u64::from(s.duration)).sum();
        *end = (start + (length / 90) as i64).min(to_ms.max(start));
        self.last = (source, g.dts + length);
        if joins {
            part.segments.last_mut().into_iter().for_each(|s| s.to_ms = *end);
        } else {
            let film_ms = (part.ticks() as i64 - part.skip as i64).max(0) / 90;
            let begins = if fresh && first { start.max(from_ms) } else { start };
            part.segments.push(Segment { film_ms, from_ms: begins, to_ms: *end });
        }
        if g.entry.flags & LOSSY != 0 {
            part.lossy.push(Span { from_ms: start, to_ms: *end });
        }
        part.chunks.push(Chunk { source, entry: g.entry, samples });
    }

    /// Files that the export makes: one, or more when the parameters changed.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Length of a part's file, known before it is written.
    pub fn bytes(&self, part: usize) -> u64 {
        self.parts.get(part).map_or(0, |p| p.head().len() as u64 + p.data())
    }

    /// What the export says about itself; digests are empty.
    pub fn manifest(&self) -> Manifest {
        let facts = |(i, p): (usize, &Part)| PartFacts {
            codec: p.track.codec.clone(),
            width: p.track.width,
            height: p.track.height,
            bytes: self.bytes(i),
            pictures: p.samples().count() as u64,
            segments: p.segments.clone(),
            lossy: p.lossy.clone(),
            digests: BTreeMap::new(),
            blocks: None,
        };
        Manifest {
            format: "fengqiao-clip-1".into(),
            stream: self.stream.to_string(),
            asked: self.asked,
            gaps: self.gaps.clone(),
            parts: self.parts.iter().enumerate().map(facts).collect(),
        }
    }

    /// Writes a part. Each hasher gets all bytes, in order, on a thread of its own.
    ///
    /// # Errors
    /// The disk's or the receiver's; then what was written is worth nothing.
    pub fn write(&self, part: usize, out: &mut dyn Write, hashers: &mut [&mut dyn Hasher]) -> Result<(), ExportError> {
        let p = self.parts.get(part).ok_or(ExportError::Nothing)?;
        std::thread::scope(|scope| {
            let mut lines: Vec<SyncSender<Bytes>> = vec![];
            for h in hashers.iter_mut() {
                let (to, from) = sync_channel::<Bytes>(4);
                lines.push(to);
                scope.spawn(move || from.iter().for_each(|b| h.update(&b)));
            }
            let mut give = |bytes: Bytes| {
                for l in &lines {
                    l.send(bytes.clone()).map_err(|_| io::Error::other("a hasher ended early"))?;
                }
                out.write_all(&bytes)
            };
            give(p.head().into())?;
            for c in &p.chunks {
                let source = self.sources.get(c.source).ok_or(ExportError::Nothing)?;
                give(source.data(&c.entry, c.len())?)?;
            }
            Ok(out.flush()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fmp4::tests::frames;
    use crate::ring::tests::{T, group, writer};
    use shiguredo_mp4::demux::{Input, Mp4FileDemuxer};

    const A: StreamId = StreamId([0xa1; 16]);

    fn ring(root: &Path) {
        let mut w = writer(&A.folder(root));
        for n in (0..60).chain(90..150) {
            let mut g = group(n, T + n as i64 * 2000);
            g.follows_break = n == 90;
            g.lossy = n == 95;
            if n >= 120 {
                let mut entry = g.track.sample_entry.to_vec();
                entry[32..34].copy_from_slice(&320u16.to_be_bytes());
                g.track = Arc::new(Track { width: 320, sample_entry: entry.into(), ..(*g.track).clone() });
            }
            w.append(&g).unwrap();
        }
        w.close();
    }

    #[derive(Default)]
    struct Count(u64, u32);
    impl Hasher for Count {
        fn update(&mut self, bytes: &[u8]) {
            self.0 += bytes.len() as u64;
            self.1 = bytes.iter().fold(self.1, |s, b| s.wrapping_mul(31).wrapping_add(u32::from(*b)));
        }
    }

    fn read(file: &[u8]) -> Vec<(u64, bool, Vec<u8>)> {
        let mut d = Mp4FileDemuxer::new();
        while let Some(r) = d.required_input() {
            let start = (r.position as usize).min(file.len());
            let end = r.size.map_or(file.len(), |n| (start + n).min(file.len()));
            d.handle_input(Input { position: r.position, data: &file[start..end] });
        }
        let mut all = vec![];
        while let Some(s) = d.next_sample().unwrap() {
            let at = s.data_offset as usize;
            all.push((s.timestamp, s.keyframe, file[at..at + s.data_size].to_vec()));
        }
        all
    }

    #[test]
    fn a_span_with_a_gap_is_two_segments_and_every_picture_is_the_recorded_one() {
        let dir = tempfile::tempdir().unwrap();
        ring(dir.path());
        let clip = Clip::plan(dir.path(), A, T + 101_000, T + 201_020).unwrap();
        let m = clip.manifest();
        assert_eq!(m.gaps, [Span { from_ms: T + 120_000, to_ms: T + 180_000 }]);
        let p = &m.parts[0];
        assert_eq!(
            p.segments,
            [
                Segment { film_ms: 0, from_ms: T + 101_000, to_ms: T + 120_000 },
                Segment { film_ms: 19_000, from_ms: T + 180_000, to_ms: T + 201_020 },
            ]
        );
        assert_eq!(p.lossy, [Span { from_ms: T + 190_000, to_ms: T + 192_000 }]);
        assert_eq!(p.pictures, 20 * 25 + 21 * 25 + 1, "whole groups before, cut to the picture behind");
        let (mut file, mut a, mut b) = (vec![], Count::default(), Count::default());
        clip.write(0, &mut file, &mut [&mut a, &mut b]).unwrap();
        assert_eq!((file.len() as u64, a.0, a.1), (p.bytes, p.bytes, b.1));
        let seen = read(&file);
        assert_eq!(seen.len() as u64, p.pictures);
        for (i, (at, key, data)) in seen.iter().enumerate() {
            let n = if i < 500 { 2500 + i } else { 4500 + i - 500 } as u64;
            assert_eq!((*at, *key), (i as u64 * 3600, n.is_multiple_of(50)));
            assert_eq!(data[..], frames(n - n % 50, 50)[(n % 50) as usize].data[..]);
        }
    }

    #[test]
    fn other_parameters_are_another_part_and_edges_are_gaps() {
        let dir = tempfile::tempdir().unwrap();
        ring(dir.path());
        let m = Clip::plan(dir.path(), A, T - 60_000, T + 400_000).unwrap().manifest();
        assert_eq!(m.parts.iter().map(|p| (p.width, p.segments.len())).collect::<Vec<_>>(), [(640, 2), (320, 1)]);
        let gaps: Vec<_> = m.gaps.iter().map(|g| (g.from_ms - T, g.to_ms - T)).collect();
        assert_eq!(gaps, [(-60_000, 0), (120_000, 180_000), (300_000, 400_000)]);
        let json = serde_json::to_string(&m).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&json).unwrap(), m);
    }

    #[test]
    fn what_is_no_span_or_holds_nothing_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        ring(dir.path());
        let plan = |a: i64, b: i64| Clip::plan(dir.path(), A, T + a, T + b).map(|c| c.parts());
        assert!(matches!(plan(0, 0), Err(ExportError::Span)));
        assert!(matches!(plan(0, MAX_MS + 1), Err(ExportError::Span)));
        assert!(matches!(plan(130_000, 170_000), Err(ExportError::Nothing)));
        assert!(matches!(plan(i64::MAX - T - 5, i64::MAX - T), Err(ExportError::Nothing)));
        assert!(matches!(plan(0, 1), Ok(1)));
    }
}
