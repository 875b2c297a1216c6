//! Frames of a stream put into groups for the recorder, with decode times found from the order of presentation.

use crate::fmp4::{Frame, Track};
use crate::ring::Group;
use crate::timeline::Break;
use bytes::Bytes;
use std::sync::Arc;

/// A group ends at the first fitting frame after so many ticks, key frame or not: what a kill loses stays small even when
/// the camera sends a key frame every ten seconds only.
pub const GROUP_TICKS: u64 = 2 * 90_000;
/// Nor does it grow above so many bytes.
pub const GROUP_BYTES: usize = 16 << 20;

/// One coded picture as it came from the camera.
#[derive(Debug, Clone)]
pub struct Unit {
    /// NAL units, each preceded by four bytes of length.
    pub data: Bytes,
    /// Whether decoding can begin here.
    pub key: bool,
    /// Presentation time, ticks of the stream's own line.
    pub pts: u64,
    /// Wall-clock time, milliseconds since 1970.
    pub wall_ms: i64,
    /// Usual ticks to the next frame.
    pub step: u32,
    /// Whether packets were lost before or within it.
    pub lossy: bool,
    /// What broke before it.
    pub breaks: Option<Break>,
    /// What it is coded with.
    pub track: Arc<Track>,
}

/// Builds the groups of one stream.
#[derive(Default)]
pub struct Assembler {
    open: Vec<Unit>,
    bytes: usize,
    max: u64,
    min: u64,
    wants_key: bool,
    broken: bool,
    opened_broken: bool,
    begun: bool,
}

impl Assembler {
    /// Takes a frame; answers with the group that ended before it. Frames before the first key frame of a session, and
    /// after a gap, are left out: nothing could decode them.
    pub fn push(&mut self, unit: Unit) -> Option<Group> {
        let mut done = None;
        self.broken |= unit.breaks.is_some();
        if unit.breaks == Some(Break::Gap) || !self.begun {
            done = self.flush();
            (self.wants_key, self.begun) = (true, true);
        }
        if self.wants_key && !unit.key {
            return done;
        }
        self.wants_key = false;
        let full = unit.pts.saturating_sub(self.min) >= GROUP_TICKS || self.bytes >= GROUP_BYTES;
        let other = self.open.first().is_some_and(|f| f.track != unit.track);
        if !self.open.is_empty() && (unit.key || other || (full && unit.pts > self.max)) {
            done = self.close(Some(&unit));
        }
        if self.open.is_empty() {
            (self.max, self.min) = (unit.pts, unit.pts);
            self.opened_broken = unit.key && std::mem::take(&mut self.broken);
        }
        (self.max, self.min) = (self.max.max(unit.pts), self.min.min(unit.pts));
        self.bytes += unit.data.len();
        self.open.push(unit);
        done
    }

    /// Ends the open group, if there is one.
    pub fn flush(&mut self) -> Option<Group> {
        self.close(None)
    }

    fn close(&mut self, next: Option<&Unit>) -> Option<Group> {
        let units = std::mem::take(&mut self.open);
        self.bytes = 0;
        let first = units.first()?;
        let track = first.track.clone();
        let mut times: Vec<u64> = units.iter().map(|u| u.pts).collect();
        times.sort_unstable();
        let wall_ms = first.wall_ms - (first.pts.saturating_sub(times[0]) / 90) as i64;
        for i in 1..times.len() {
            times[i] = times[i].max(times[i - 1] + 1);
        }
        let usual = units.last().map_or(3600, |u| u.step).max(1);
        let last = times[times.len() - 1];
        let to_next = next.map_or(0, |n| n.pts.saturating_sub(last));
        let ordered = units.windows(2).all(|w| w[0].pts < w[1].pts);
        let exact = (1..=u64::from(usual) * 3).contains(&to_next) && (ordered || next.is_some_and(|n| n.key));
        let tail = if exact { to_next as u32 } else { usual };
        let lossy = units.iter().any(|u| u.lossy);
        let frames = units
            .iter()
            .enumerate()
            .map(|(i, u)| Frame {
                data: u.data.clone(),
                key: u.key,
                dts: times[i],
                offset: i32::try_from(u.pts as i64 - times[i] as i64).unwrap_or(0),
                duration: times.get(i + 1).map_or(tail, |t| u32::try_from(t - times[i]).unwrap_or(usual)),
            })
            .collect();
        Some(Group { track, frames, wall_ms, lossy, follows_break: self.opened_broken })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fmp4::tests::track;

    fn unit(n: u64, key: bool, track: &Arc<Track>) -> Unit {
        Unit {
            data: Bytes::from_static(b"x"),
            key,
            pts: n * 3600,
            wall_ms: 1_000_000 + n as i64 * 40,
            step: 3600,
            lossy: false,
            breaks: None,
            track: track.clone(),
        }
    }

    #[test]
    fn pictures_out_of_order_get_decode_times_that_go_on() {
        let t = Arc::new(track());
        let mut a = Assembler::default();
        let mut groups = vec![];
        for gop in 0..3u64 {
            for (i, n) in [0u64, 4, 2, 1, 3, 8, 6, 5, 7].into_iter().enumerate() {
                groups.extend(a.push(unit(gop * 9 + n, i == 0, &t)));
            }
        }
        groups.extend(a.flush());
        let frames: Vec<&Frame> = groups.iter().flat_map(|g| &g.frames).collect();
        assert_eq!(frames.len(), 27);
        for (i, f) in frames.iter().enumerate() {
            let n = (i as u64 / 9) * 9 + [0, 4, 2, 1, 3, 8, 6, 5, 7][i % 9];
            assert_eq!(
                (f.dts, f.dts as i64 + i64::from(f.offset), f.duration),
                (i as u64 * 3600, n as i64 * 3600, 3600)
            );
        }
        assert!(groups.iter().all(|g| g.frames[0].key && !g.follows_break));
    }

    #[test]
    fn a_long_group_is_cut_where_no_picture_crosses() {
        let t = Arc::new(track());
        let mut a = Assembler::default();
        let mut groups = vec![];
        groups.extend(a.push(unit(0, true, &t)));
        for p in 0..100u64 {
            for n in [3, 1, 2] {
                groups.extend(a.push(unit(p * 3 + n, false, &t)));
            }
        }
        groups.extend(a.flush());
        assert!(groups.len() >= 5);
        let mut last = None;
        for f in groups.iter().flat_map(|g| &g.frames) {
            assert!(last.is_none_or(|l| f.dts > l));
            last = Some(f.dts);
        }
    }

    #[test]
    fn after_a_gap_only_a_key_frame_begins_and_a_set_clock_waits_for_one() {
        let t = Arc::new(track());
        let mut a = Assembler::default();
        assert!(a.push(unit(0, false, &t)).is_none() && a.flush().is_none(), "nothing before the first key frame");
        a.push(unit(1, true, &t));
        let gap = Unit { breaks: Some(Break::Gap), ..unit(100, false, &t) };
        assert_eq!(a.push(gap).unwrap().frames.len(), 1);
        a.push(unit(101, false, &t));
        assert!(a.push(unit(102, true, &t)).is_none());
        let set = Unit { breaks: Some(Break::Clock), ..unit(103, false, &t) };
        assert!(a.push(set).is_none());
        let first = a.push(unit(104, true, &t)).unwrap();
        assert!(first.follows_break && first.frames.len() == 2, "the gap");
        assert!(a.push(unit(105, true, &t)).is_some_and(|g| g.follows_break), "the clock");
        assert!(a.flush().is_some_and(|g| !g.follows_break), "each is told once");
    }
}
