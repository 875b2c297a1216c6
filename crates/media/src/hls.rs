//! Playlists (RFC 8216, HLS) of the same fragments, for players without media source extensions: iPhones. Live as a window of
//! the last segments, a replay as a closed list of the ring's groups.
//!
//! A playlist names its files relatively: `<name>-init-<n>.mp4` and `<name>-<n>.m4s`; what they are called is this module's,
//! who may have them the caller's. Live is some segments behind by nature; that is said on the page.

use crate::fmp4::unix_ms;
use crate::replay::Part;
use crate::scan;
use crate::wire::{Message, read};
use bytes::Bytes;
use std::collections::VecDeque;
use std::fmt::Write;

/// Segments of a live window.
const KEPT: usize = 6;
/// A segment that is as long is cut even without a key frame, seconds.
const LONGEST: u64 = 6;
/// Largest segment; what goes beyond is cut as well.
const MOST: usize = 16 << 20;
const TICKS: u64 = 90_000;

struct Segment {
    number: u64,
    init: u64,
    wall_ms: i64,
    ticks: u64,
    bytes: Bytes,
    breaks: bool,
}

#[derive(Default)]
struct Growing {
    bytes: Vec<u8>,
    dts: u64,
    ticks: u64,
    wall_ms: i64,
}

/// The live window of one stream, fed with the messages of [`crate::wire`].
#[derive(Default)]
pub struct Window {
    inits: VecDeque<(u64, Bytes)>,
    segments: VecDeque<Segment>,
    growing: Option<Growing>,
    next: u64,
    /// Breaks that left the window.
    passed: u64,
    breaks: bool,
    target: u64,
}

impl Window {
    /// Takes a message; what is none is passed over.
    pub fn take(&mut self, message: &[u8]) {
        match read(message).map(|m| m.1) {
            Some(Message::Init { segment, .. }) => {
                self.close(None);
                let n = self.inits.back().map_or(0, |i| i.0 + 1);
                self.breaks |= n > 0;
                self.inits.push_back((n, Bytes::copy_from_slice(segment)));
                let used = self.segments.front().map_or(n, |s| s.init);
                self.inits.retain(|i| i.0 >= used);
            }
            Some(Message::Gap(_)) => {
                self.close(None);
                self.breaks = !self.segments.is_empty();
            }
            Some(Message::Fragment { key, bytes }) => self.fragment(key, bytes),
            None => {}
        }
    }

    fn fragment(&mut self, key: bool, bytes: &[u8]) {
        let Some((dts, samples, _)) = scan::group(bytes) else { return };
        let longest = if self.target > 0 { self.target } else { LONGEST };
        let full = |g: &Growing| dts.saturating_sub(g.dts) >= longest * TICKS || g.bytes.len() + bytes.len() > MOST;
        if self.growing.as_ref().is_some_and(|g| key || full(g)) {
            self.close(Some(dts));
        }
        if self.growing.is_none() && ((!key && (self.segments.is_empty() || self.breaks)) || self.inits.is_empty()) {
            // Nothing could decode it.
            return;
        }
        // The wall-clock time stands in the `prft` box at the front.
        let wall = bytes.get(16..24).filter(|_| bytes.get(4..8) == Some(b"prft".as_slice()));
        let wall_ms = wall.and_then(|b| b.try_into().ok()).map_or(0, |b| unix_ms(u64::from_be_bytes(b)));
        let g = self.growing.get_or_insert_with(|| Growing { dts, wall_ms, ..Growing::default() });
        g.bytes.extend_from_slice(bytes);
        g.ticks = dts.saturating_sub(g.dts) + samples.iter().map(|s| u64::from(s.duration)).sum::<u64>();
    }

    fn close(&mut self, next: Option<u64>) {
        let (Some(g), Some(init)) = (self.growing.take(), self.inits.back()) else { return };
        let ticks = next.map_or(g.ticks, |n| n.saturating_sub(g.dts)).clamp(1, (LONGEST + 4) * TICKS);
        if self.target == 0 {
            self.target = ticks.div_ceil(TICKS).clamp(1, LONGEST);
        }
        let breaks = std::mem::take(&mut self.breaks);
        let (number, bytes) = (self.next, Bytes::from(g.bytes));
        self.next += 1;
        self.segments.push_back(Segment { number, init: init.0, wall_ms: g.wall_ms, ticks, bytes, breaks });
        while self.segments.len() > KEPT {
            self.passed += u64::from(self.segments.pop_front().is_some_and(|s| s.breaks));
        }
    }

    /// The live playlist; `None` while there is no whole segment. `name` stands before every file's name.
    pub fn playlist(&self, name: &str) -> Option<String> {
        let first = self.segments.front()?;
        // What a segment lasts longer than was thought at first would be against the standard; players bear it better than a
        // target that changes.
        let mut o = head(self.target);
        let _ = writeln!(o, "#EXT-X-MEDIA-SEQUENCE:{}\n#EXT-X-DISCONTINUITY-SEQUENCE:{}", first.number, self.passed);
        let mut init = None;
        for s in &self.segments {
            if s.breaks {
                o.push_str("#EXT-X-DISCONTINUITY\n");
            }
            if init != Some(s.init) {
                init = Some(s.init);
                let _ = writeln!(o, "#EXT-X-MAP:URI=\"{name}-init-{}.mp4\"", s.init);
            }
            let _ = writeln!(o, "#EXT-X-PROGRAM-DATE-TIME:{}", moment(s.wall_ms));
            let _ = writeln!(o, "#EXTINF:{:.3},\n{name}-{}.m4s", s.ticks as f64 / TICKS as f64, s.number);
        }
        Some(o)
    }

    /// A segment that is still kept.
    pub fn part(&self, number: u64) -> Option<Bytes> {
        self.segments.iter().find(|s| s.number == number).map(|s| s.bytes.clone())
    }

    /// An init segment that is still used.
    pub fn init(&self, number: u64) -> Option<Bytes> {
        self.inits.iter().find(|i| i.0 == number).map(|i| i.1.clone())
    }
}

fn head(target: u64) -> String {
    format!("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n")
}

fn moment(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |t| t.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// The closed playlist of a replay. Files are called by the moment at which their group begins; `query` (with its question
/// mark) stands behind every name.
pub fn recorded(parts: &[Part], name: &str, query: &str) -> String {
    let lasts = |p: &Part| (p.to_ms - p.from_ms).max(1);
    let longest = parts.iter().map(lasts).max().unwrap_or(1000);
    let mut o = head(u64::try_from(longest).unwrap_or(1000).div_ceil(1000));
    o.push_str("#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n");
    for (n, p) in parts.iter().enumerate() {
        if n > 0 && (p.breaks || p.fresh) {
            o.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if n == 0 || p.fresh {
            let _ = writeln!(o, "#EXT-X-MAP:URI=\"{name}-init-{}.mp4{query}\"", p.from_ms);
        }
        let _ = writeln!(o, "#EXT-X-PROGRAM-DATE-TIME:{}", moment(p.from_ms));
        let _ = writeln!(o, "#EXTINF:{:.3},\n{name}-{}.m4s{query}", lasts(p) as f64 / 1000.0, p.from_ms);
    }
    o.push_str("#EXT-X-ENDLIST\n");
    o
}

/// What a file of a playlist is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `<name>.m3u8`
    List,
    /// `<name>-init-<n>.mp4`
    Init(i64),
    /// `<name>-<n>.m4s`
    Part(i64),
}

/// Reads a file's name: the name before it, and what it is. `None` for any other text.
pub fn file(text: &str) -> Option<(&str, File)> {
    let number = |t: &str| t.parse::<i64>().ok().filter(|n| *n >= 0);
    if let Some(name) = text.strip_suffix(".m3u8") {
        return Some((name, File::List));
    }
    if let Some((name, n)) = text.strip_suffix(".mp4").and_then(|t| t.split_once("-init-")) {
        return Some((name, File::Init(number(n)?)));
    }
    let (name, n) = text.strip_suffix(".m4s")?.split_once('-')?;
    Some((name, File::Part(number(n)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fmp4::{Frame, fragment};
    use crate::wire::{Gap, write};

    fn frames(w: &mut Window, from: u64, count: u64, every: u64) {
        for n in from..from + count {
            let key = (n - from).is_multiple_of(every);
            let f = Frame { data: Bytes::from_static(&[7; 40]), key, dts: n * 3600, offset: 0, duration: 3600 };
            let bytes = fragment(&[f], n as u32, 0, Some(1_764_028_800_000 + n as i64 * 40));
            w.take(&write(&[7; 16], Message::Fragment { key, bytes: &bytes }));
        }
    }

    fn begin(w: &mut Window) {
        w.take(&write(&[7; 16], Message::Init { codec: "avc1.4D401E", segment: b"init" }));
    }

    #[test]
    fn a_window_moves_on_and_names_what_it_holds() {
        let mut w = Window::default();
        assert!(w.playlist("sub").is_none());
        begin(&mut w);
        frames(&mut w, 0, 40, 50);
        assert!(w.playlist("sub").is_none(), "no whole segment yet");
        w = Window::default();
        begin(&mut w);
        frames(&mut w, 0, 451, 50);
        let text = w.playlist("sub").unwrap();
        assert!(text.starts_with("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:3\n"), "{text}");
        assert!(text.contains("#EXT-X-MAP:URI=\"sub-init-0.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2025-11-25T00:00:06.000Z\n#EXTINF:2.000,\nsub-3.m4s\n"), "{text}");
        assert!(text.ends_with("sub-8.m4s\n") && !text.contains("DISCONTINUITY\n"), "{text}");
        assert!(w.part(2).is_none() && w.part(9).is_none());
        let (dts, samples, _) = scan::group(&w.part(3).unwrap()).unwrap();
        assert_eq!((dts, samples.len(), w.init(0).unwrap()), (150 * 3600, 1, Bytes::from_static(b"init")));
    }

    #[test]
    fn a_gap_and_other_parameters_are_said_and_a_long_group_is_cut() {
        let mut w = Window::default();
        begin(&mut w);
        frames(&mut w, 0, 100, 50);
        w.take(&write(&[7; 16], Message::Gap(Gap::Source)));
        frames(&mut w, 500, 60, 50);
        begin(&mut w);
        frames(&mut w, 560, 51, 50);
        let text = w.playlist("x").unwrap();
        assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 2, "{text}");
        assert!(text.contains("x-init-0.mp4") && text.contains("x-init-1.mp4"), "{text}");
        let mut long = Window::default();
        begin(&mut long);
        frames(&mut long, 0, 400, 10_000);
        let text = long.playlist("x").unwrap();
        assert!(text.contains("TARGETDURATION:6\n") && text.contains("#EXTINF:6.000,\nx-0.m4s\n"), "{text}");
        frames(&mut long, 700, 3, 10);
        long.take(b"anything");
    }

    #[test]
    fn a_replay_is_closed_and_says_its_gaps() {
        let p = |from_ms: i64, breaks: bool, fresh: bool| Part { from_ms, to_ms: from_ms + 2000, breaks, fresh };
        let t = 1_764_028_800_000;
        let text = recorded(&[p(t, false, true), p(t + 2000, false, false), p(t + 90_000, true, false)], "sub", "?o=1");
        assert!(text.contains(&format!("#EXT-X-MAP:URI=\"sub-init-{t}.mp4?o=1\"\n")), "{text}");
        assert!(text.contains(&format!("#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2025-11-25T00:01:30.000Z\n#EXTINF:2.000,\nsub-{}.m4s?o=1\n", t + 90_000)), "{text}");
        assert!(text.ends_with("#EXT-X-ENDLIST\n") && text.matches("EXT-X-MAP").count() == 1);
    }

    #[test]
    fn names_are_read_and_nothing_else() {
        assert_eq!(file("sub.m3u8"), Some(("sub", File::List)));
        assert_eq!(file("main-init-3.mp4"), Some(("main", File::Init(3))));
        assert_eq!(file("sub-1764028800000.m4s"), Some(("sub", File::Part(1_764_028_800_000))));
        for other in ["", "sub", "sub-.m4s", "sub--1.m4s", "sub-init-x.mp4", "sub-init-.mp4", "../a.mp4", "sub-1.ts"] {
            assert_eq!(file(other), None, "{other}");
        }
    }
}
