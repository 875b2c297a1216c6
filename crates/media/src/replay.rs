//! Reading a ring by time (回放): one group of pictures for each step, through the same messages as live pictures.
//!
//! No index of the whole ring is needed: the moment in a file's name leads there. Cost of a seek: the names of one day's
//! folder and the file's index, where the [`Shelf`] does not remember them, and one read of the group. All readers of one
//! replay share an origin, so that any number of cameras stand on one line of time.

use crate::archive::{StreamId, days, file, files};
use crate::fmp4::{Track, init};
use crate::index::{BREAK, Entry, KEY, LOSSY, seek};
use crate::ring::{DRIFT_MS, day_name};
use crate::scan;
use crate::shelf::{Contents, Shelf};
use crate::wire::{Message, write};
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes in which the head of nearly every group lies.
const HEAD: u32 = 8 << 10;
/// Cameras of a wall that one thread reads.
const AT_ONCE: usize = 4;
/// Largest group believed.
const MAX_GROUP: u32 = 64 << 20;

/// One group of pictures out of the ring.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Which stream.
    pub stream: StreamId,
    /// Wall-clock time of its first picture, milliseconds since 1970.
    pub from_ms: i64,
    /// When its last picture ends.
    pub to_ms: i64,
    /// Where its last part begins, when a long group was cut and put together again; else [`Piece::from_ms`].
    pub part_ms: i64,
    /// Nothing was recorded for so long before it (after a seek: since the moment asked for); 0 when it follows at once.
    pub gap_ms: i64,
    /// Whether decoding can begin with it.
    pub key: bool,
    /// Whether packets were lost in it.
    pub lossy: bool,
    /// What it is coded with.
    pub track: Arc<Track>,
    /// `moof` and `mdat`, the decode time counted from the reader's origin.
    pub bytes: Bytes,
}

impl Piece {
    /// The messages of [`crate::wire`] for a player: the init when it is `new` to it, then the group.
    pub fn messages(&self, new: bool) -> Vec<Bytes> {
        let segment = init(&self.track);
        let begin = Message::Init { codec: &self.track.codec, segment: &segment };
        let part = Message::Fragment { key: self.key, bytes: &self.bytes };
        let all = if new { vec![begin, part] } else { vec![part] };
        all.into_iter().map(|m| write(&self.stream.0, m).into()).collect()
    }
}

struct Open {
    path: PathBuf,
    name: i64,
    file: File,
    entries: Arc<[Entry]>,
    track: Arc<Track>,
    next: usize,
}

/// Reads one stream, forwards from where it was set.
pub struct Reader {
    shelf: Shelf,
    stream: StreamId,
    dir: PathBuf,
    origin_ms: i64,
    open: Option<Open>,
    /// Name of the last file and end of the last group.
    after: i64,
    last_end: i64,
}

impl Reader {
    /// See [`Shelf::reader`].
    pub(crate) fn on(shelf: Shelf, stream: StreamId, origin_ms: i64) -> Reader {
        let dir = stream.folder(shelf.root());
        Reader { shelf, stream, dir, origin_ms, open: None, after: i64::MIN, last_end: origin_ms }
    }

    /// The group in which the picture of `at_ms` is decodable: it begins with the last key frame not after that moment.
    /// Where nothing was recorded then, the first group after it. `None` behind the end.
    ///
    /// # Errors
    /// The disk's.
    pub fn seek(&mut self, at_ms: i64) -> io::Result<Option<Piece>> {
        self.open = None;
        self.last_end = at_ms;
        self.after = at_ms;
        if let Some((name, path)) = self.before(at_ms)? {
            self.after = name;
            if let Some(mut o) = open(&self.shelf, name, path)? {
                // Only behind the begin of the last group its length is needed.
                let holds = o.entries.last().is_some_and(|e| at_ms < e.wall_ms) || end(&o)? > at_ms;
                if let (true, Some(at)) = (holds, seek(&o.entries, at_ms)) {
                    o.next = at;
                    self.open = Some(o);
                }
            }
        }
        self.step()
    }

    /// The same, and the picture of `at_ms` is in it: where a long group was cut before that moment, with the parts up to it,
    /// as far as a group may be long.
    ///
    /// # Errors
    /// The disk's.
    pub fn show(&mut self, at_ms: i64) -> io::Result<Option<Piece>> {
        let Some(mut p) = self.seek(at_ms)? else { return Ok(None) };
        while p.to_ms <= at_ms && p.bytes.len() < MAX_GROUP as usize {
            let Some(next) = self.step()? else { break };
            p = joined(p, &next);
        }
        Ok(Some(p))
    }

    /// The next group. `None` behind the end; may be asked again later.
    ///
    /// # Errors
    /// The disk's.
    pub fn step(&mut self) -> io::Result<Option<Piece>> {
        loop {
            if let Some(o) = &mut self.open {
                if o.next >= o.entries.len() {
                    // The file may be the one being written, and retention may have taken it.
                    if let Some((_, c)) = self.shelf.open(&o.path)? {
                        o.entries = c.entries;
                    }
                }
                if let Some(e) = o.entries.get(o.next).copied() {
                    o.next += 1;
                    let piece = piece(self.stream, self.origin_ms, self.last_end, o, &e)?;
                    if let Some(p) = piece {
                        self.last_end = p.to_ms;
                        return Ok(Some(p));
                    }
                    continue;
                }
            }
            let Some((name, path)) = self.following()? else { return Ok(None) };
            self.after = name;
            self.open = open(&self.shelf, name, path)?;
        }
    }

    /// The last file that begins at or before a moment.
    fn before(&self, at_ms: i64) -> io::Result<Option<(i64, PathBuf)>> {
        let day = day_name(at_ms);
        let last = |names: &[i64]| names.partition_point(|n| *n <= at_ms).checked_sub(1);
        if let Some(f) = self.of_day(&day, last)? {
            return Ok(Some(f));
        }
        for d in days(&self.dir)?.into_iter().rev().filter(|d| *d < day) {
            if let Some(f) = self.of_day(&d, last)? {
                return Ok(Some(f));
            }
        }
        Ok(None)
    }

    /// The first file after the one that was read last.
    fn following(&self) -> io::Result<Option<(i64, PathBuf)>> {
        let day = if self.after == i64::MIN { String::new() } else { day_name(self.after) };
        let next = |names: &[i64]| Some(names.partition_point(|n| *n <= self.after)).filter(|n| *n < names.len());
        if let Some(f) = self.of_day(&day, next)? {
            return Ok(Some(f));
        }
        for d in days(&self.dir)?.into_iter().filter(|d| *d > day) {
            if let Some(f) = self.of_day(&d, next)? {
                return Ok(Some(f));
            }
        }
        Ok(None)
    }

    /// The file of a day that `choose` finds among its names. What lies at the end of remembered names is asked of the disk.
    fn of_day(&self, day: &str, choose: impl Fn(&[i64]) -> Option<usize>) -> io::Result<Option<(i64, PathBuf)>> {
        if day.is_empty() {
            return Ok(None);
        }
        let folder = self.dir.join(day);
        let (mut names, fresh) = self.shelf.day(&folder, false)?;
        if !fresh && choose(&names).is_none_or(|n| n + 1 == names.len()) {
            names = self.shelf.day(&folder, true)?.0;
        }
        Ok(choose(&names).map(|n| (names[n], file(&folder, names[n]))))
    }
}

/// Opens a file; `None` for one that went meanwhile or holds nothing whole.
fn open(shelf: &Shelf, name: i64, path: PathBuf) -> io::Result<Option<Open>> {
    let Some((file, Contents { entries, track })) = shelf.open(&path)? else { return Ok(None) };
    Ok(Some(Open { path, name, file, entries, track, next: 0 }))
}

/// Decode time and frames of a group, without its bytes; `None` when it is damaged.
fn head(o: &Open, e: &Entry) -> io::Result<Option<(u64, Vec<scan::Sample>)>> {
    let mut first = vec![0; e.len.min(HEAD) as usize];
    if o.file.read_exact_at(&mut first, e.offset).is_ok()
        && let Some(h) = scan::head(&first)
    {
        return Ok(Some(h));
    }
    Ok(read(o, e)?.map(|t| (t.2, t.1)))
}

/// End of the last group of a file.
fn end(o: &Open) -> io::Result<i64> {
    let Some(last) = o.entries.last() else { return Ok(o.name) };
    Ok(head(o, last)?.map_or(last.wall_ms, |(_, samples)| ends(last, &samples)))
}

fn ends(e: &Entry, samples: &[scan::Sample]) -> i64 {
    e.wall_ms + samples.iter().map(|s| i64::from(s.duration)).sum::<i64>() / 90
}

type Taken = (Vec<u8>, Vec<scan::Sample>, u64, usize);

/// A group with its frames, its decode time and where their bytes begin; `None` when it is damaged.
fn read(o: &Open, e: &Entry) -> io::Result<Option<Taken>> {
    if e.len > MAX_GROUP {
        return Ok(None);
    }
    let mut bytes = vec![0; e.len as usize];
    match o.file.read_exact_at(&mut bytes, e.offset) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    Ok(scan::group(&bytes).map(|(dts, samples, data)| (bytes, samples, dts, data)))
}

fn piece(stream: StreamId, origin_ms: i64, last_end: i64, o: &Open, e: &Entry) -> io::Result<Option<Piece>> {
    let Some((mut bytes, samples, _, _)) = read(o, e)? else { return Ok(None) };
    let since = e.wall_ms.saturating_sub(origin_ms).max(0) as u64;
    if !scan::retime(&mut bytes, since.saturating_mul(90)) {
        return Ok(None);
    }
    let missing = e.wall_ms - last_end;
    let broken = e.flags & BREAK != 0 && missing > 0;
    let gap_ms = if missing > DRIFT_MS || broken { missing } else { 0 };
    Ok(Some(Piece {
        stream,
        from_ms: e.wall_ms,
        to_ms: ends(e, &samples),
        part_ms: e.wall_ms,
        gap_ms,
        key: e.flags & KEY != 0,
        lossy: e.flags & LOSSY != 0,
        track: o.track.clone(),
        bytes: bytes.into(),
    }))
}

/// Several cameras at one moment, each with the group that shows it: the synchronous step of a wall. `None` for a camera
/// that has nothing at that moment or whose disk fails; the others are shown all the same.
pub fn together(readers: &mut [Reader], at_ms: i64) -> Vec<Option<Piece>> {
    let shows = |p: &Piece| p.from_ms <= at_ms && at_ms < p.to_ms.max(p.from_ms + 1);
    let shown = |r: &mut Reader| {
        let mut p = r.seek(at_ms).ok()??;
        // A long group was cut: the moment may lie in a part that does not begin with a key frame.
        while !shows(&p) && p.from_ms <= at_ms {
            let next = r.step().ok()??;
            if next.from_ms > at_ms {
                return None;
            }
            p = joined(p, &next);
        }
        shows(&p).then_some(p)
    };
    let shown = &shown;
    // A disk answers several at once; a few threads wait for it.
    std::thread::scope(|s| {
        let parts: Vec<_> = readers
            .chunks_mut(AT_ONCE)
            .map(|part| (part.len(), s.spawn(move || part.iter_mut().map(shown).collect::<Vec<_>>())))
            .collect();
        // Each place stays its camera's, whatever became of the others.
        parts.into_iter().flat_map(|(cameras, p)| p.join().unwrap_or_else(|_| (0..cameras).map(|_| None).collect())).collect()
    })
}

/// Two pieces that follow each other, for a player that needs the first to decode the second.
fn joined(first: Piece, second: &Piece) -> Piece {
    if second.key {
        return second.clone();
    }
    let bytes = [&first.bytes[..], &second.bytes[..]].concat().into();
    Piece { to_ms: second.to_ms, part_ms: second.from_ms, lossy: first.lossy || second.lossy, bytes, ..first }
}

/// A recorded group without its bytes, for a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Wall-clock time of its first picture, milliseconds since 1970.
    pub from_ms: i64,
    /// When its last picture ends.
    pub to_ms: i64,
    /// It does not follow the one before it.
    pub breaks: bool,
    /// It is coded with other parameters than the one before it.
    pub fresh: bool,
}

/// The groups of a stream between two moments, from the key frame at or before the first one.
///
/// # Errors
/// The disk's.
pub fn outline(root: &Path, stream: StreamId, from_ms: i64, to_ms: i64) -> io::Result<Vec<Part>> {
    let mut out: Vec<Part> = vec![];
    let mut track: Option<Arc<Track>> = None;
    for source in Source::within(root, stream, from_ms, to_ms)? {
        for g in source.groups()? {
            let (start, end) = (g.entry.wall_ms, g.end_ms());
            if start >= to_ms {
                break;
            }
            let key = g.entry.flags & KEY != 0;
            if end <= from_ms || (out.is_empty() && !key) {
                continue;
            }
            if start <= from_ms && key {
                out.clear();
                track = None;
            }
            let last = out.last().map_or(start, |p| p.to_ms);
            let fresh = track.as_ref().is_none_or(|t| **t != **source.track());
            let broken = g.entry.flags & BREAK != 0 || (start - last).abs() > DRIFT_MS;
            track = Some(source.track().clone());
            out.push(Part { from_ms: start, to_ms: end, breaks: broken, fresh });
        }
    }
    Ok(out)
}

/// A group of a file as the export plans it.
pub(crate) struct Heads {
    pub entry: Entry,
    pub dts: u64,
    pub samples: Vec<scan::Sample>,
}

impl Heads {
    pub fn end_ms(&self) -> i64 {
        ends(&self.entry, &self.samples)
    }
}

/// A recorded file as the export reads it; held open, so that retention cannot take it away meanwhile.
pub(crate) struct Source(Open);

impl Source {
    /// Files of a stream that may hold something of the span, in the order of their names.
    pub fn within(root: &Path, stream: StreamId, from_ms: i64, to_ms: i64) -> io::Result<Vec<Source>> {
        let shelf = Shelf::new(root);
        let reader = shelf.reader(stream, from_ms);
        let first = reader.before(from_ms)?.map_or(from_ms, |f| f.0);
        let (day, last) = (day_name(first), day_name(to_ms));
        let mut all = vec![];
        for d in days(&reader.dir)?.into_iter().filter(|d| *d >= day && *d <= last) {
            for (name, path) in files(&reader.dir.join(d))? {
                if name >= first
                    && name < to_ms
                    && let Some(o) = open(&shelf, name, path)?
                {
                    all.push(Source(o));
                }
            }
        }
        Ok(all)
    }

    pub fn track(&self) -> &Arc<Track> {
        &self.0.track
    }

    /// The whole groups.
    pub fn groups(&self) -> io::Result<Vec<Heads>> {
        let mut all = vec![];
        for e in self.0.entries.iter() {
            all.extend(head(&self.0, e)?.map(|(dts, samples)| Heads { entry: *e, dts, samples }));
        }
        Ok(all)
    }

    /// The coded bytes of a group's first frames, `len` in all.
    pub fn data(&self, entry: &Entry, len: usize) -> io::Result<Bytes> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a recorded group changed while it was read");
        let (bytes, _, _, at) = read(&self.0, entry)?.ok_or_else(damaged)?;
        let bytes = Bytes::from(bytes);
        if at + len > bytes.len() { Err(damaged()) } else { Ok(bytes.slice(at..at + len)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::tests::{T, group, writer};

    const A: StreamId = StreamId([0xa1; 16]);

    fn ring(root: &Path) {
        let mut w = writer(&A.folder(root));
        for n in (0..60).chain(90..150) {
            let mut g = group(n, T + n as i64 * 2000);
            g.follows_break = n == 90;
            w.append(&g).unwrap();
        }
        w.close();
    }

    #[test]
    fn a_moment_is_found_and_the_gap_is_said() {
        let dir = tempfile::tempdir().unwrap();
        ring(dir.path());
        let mut r = Shelf::new(dir.path()).reader(A, T - 1000);
        let cases = [
            (T - 1000, Some((T, 1000))),
            (T + 1999, Some((T, 0))),
            (T + 2000, Some((T + 2000, 0))),
            (T + 119_999, Some((T + 118_000, 0))),
            (T + 121_000, Some((T + 180_000, 59_000))),
            (T + 299_000, Some((T + 298_000, 0))),
            (T + 300_000, None),
        ];
        for (at, want) in cases {
            let p = r.seek(at).unwrap();
            assert_eq!(p.as_ref().map(|p| (p.from_ms, p.gap_ms)), want, "{}", at - T);
            if let Some(p) = p {
                let (dts, samples, _) = scan::group(&p.bytes).unwrap();
                assert_eq!((dts, samples.len(), p.key), ((p.from_ms - T + 1000) as u64 * 90, 50, true));
            }
        }
    }

    #[test]
    fn a_list_of_groups_begins_at_a_key_frame_and_says_its_gap() {
        let dir = tempfile::tempdir().unwrap();
        ring(dir.path());
        let all = outline(dir.path(), A, T + 100_500, T + 190_000).unwrap();
        let starts: Vec<i64> = all.iter().map(|p| (p.from_ms - T) / 2000).collect();
        assert_eq!(starts, (50..60).chain(90..95).collect::<Vec<i64>>());
        assert!(all[0].fresh && !all[0].breaks && all[1..].iter().all(|p| !p.fresh));
        assert!(all[10].breaks && all.iter().filter(|p| p.breaks).count() == 1);
        assert!(outline(dir.path(), A, T + 400_000, T + 500_000).unwrap().is_empty());
    }

    #[test]
    fn stepping_goes_through_all_files_once() {
        let dir = tempfile::tempdir().unwrap();
        ring(dir.path());
        let mut r = Shelf::new(dir.path()).reader(A, T);
        let mut seen = vec![];
        let mut next = r.seek(T).unwrap();
        while let Some(p) = next {
            seen.push((p.from_ms - T) / 2000);
            assert_eq!(p.gap_ms, if p.from_ms == T + 180_000 { 60_000 } else { 0 });
            next = r.step().unwrap();
        }
        assert_eq!(seen, (0..60).chain(90..150).collect::<Vec<i64>>());
        let mut none = Shelf::new(dir.path()).reader(StreamId([0; 16]), T);
        assert!(none.seek(T).unwrap().is_none());
        let wall = together(&mut [r, none], T + 150_000);
        assert!(wall[0].is_none() && wall[1].is_none(), "nothing at that moment is nothing, not another minute");
    }

    #[test]
    fn a_moment_deep_in_a_long_group_comes_with_all_that_decoding_needs() {
        let dir = tempfile::tempdir().unwrap();
        let mut w = writer(&A.folder(dir.path()));
        // A key frame every eight seconds; the recorder cuts groups at two.
        for n in 0..12 {
            let mut g = group(n, T + n as i64 * 2000);
            g.frames[0].key = n % 4 == 0;
            w.append(&g).unwrap();
        }
        w.close();
        let shelf = Shelf::new(dir.path());
        for (at, want) in [(500, (0, 2000, 0)), (5_500, (0, 6000, 4000)), (8_000, (8000, 10_000, 8000)), (15_999, (8000, 16_000, 14_000))] {
            let p = shelf.reader(A, T).show(T + at).unwrap().unwrap();
            assert_eq!((p.from_ms - T, p.to_ms - T, p.part_ms - T, p.key), (want.0, want.1, want.2, true), "{at}");
            let parts = p.bytes.windows(4).filter(|w| w == b"moof").count() as i64;
            assert_eq!(parts, (want.1 - want.0) / 2000);
            // Who goes on behind the last part gets the next one.
            let mut r = shelf.reader(A, T);
            let mut next = r.seek(p.to_ms).unwrap();
            while next.as_ref().is_some_and(|n| n.from_ms <= p.part_ms) {
                next = r.step().unwrap();
            }
            assert_eq!(next.unwrap().from_ms, p.to_ms);
        }
        assert!(shelf.reader(A, T).show(T + 24_000).unwrap().is_none());
    }

    #[test]
    fn sixteen_cameras_stand_on_one_line_of_time() {
        let dir = tempfile::tempdir().unwrap();
        let ids: Vec<StreamId> = (0..16).map(|n| StreamId([n; 16])).collect();
        for (i, id) in ids.iter().enumerate() {
            let mut w = writer(&id.folder(dir.path()));
            for n in 0..20 {
                w.append(&group(n, T + i as i64 * 100 + n as i64 * 2000)).unwrap();
            }
            w.close();
        }
        let mut readers: Vec<Reader> = ids.iter().map(|i| Shelf::new(dir.path()).reader(*i, T)).collect();
        let wall = together(&mut readers, T + 10_050);
        for (i, p) in wall.iter().enumerate() {
            let p = p.as_ref().unwrap();
            let started = T + i as i64 * 100 + if i == 0 { 10_000 } else { 8_000 };
            assert_eq!((p.from_ms, scan::group(&p.bytes).unwrap().0), (started, (started - T) as u64 * 90));
        }
    }
}
