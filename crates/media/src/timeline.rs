//! From a camera's clock to ours: RTP timestamps become ticks that go on without a jump, and wall-clock times that rest
//! on the least delayed packets, so that a burst on the network does not look like a clock that moved.
//!
//! Pure: the times of arrival come in.

use std::collections::VecDeque;

/// A frame that is earlier than it can be by more than this: the camera's clock jumped.
pub const JUMP_MS: i64 = 2_000;
/// No frame for longer than this is a gap in the recording.
pub const GAP_MS: i64 = 2_000;
/// Our own clock moved against the one that never goes back.
const STEP_MS: i64 = 500;
/// How long the least delay is remembered, twice this at most.
const WINDOW_MS: i64 = 10_000;
/// Frames of one timestamp after which the camera's clock counts as standing.
const STALLED: u32 = 3;
/// Pictures from which the usual distance is taken.
const RECENT: usize = 16;

/// What broke before a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// Frames are missing: a new session, or silence.
    Gap,
    /// Our wall clock was set.
    Clock,
}

/// Where a frame belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Presentation time on the stream's own line, 90 kHz ticks; frames of one session keep their distances.
    pub pts: u64,
    /// Wall-clock time, milliseconds since 1970.
    pub wall_ms: i64,
    /// What broke before it.
    pub breaks: Option<Break>,
    /// By how much the camera's clock jumped, milliseconds.
    pub jumped_ms: Option<i64>,
    /// Whether the camera's clock stands still.
    pub stalled: bool,
}

/// One stream's line of time.
#[derive(Debug, Default)]
pub struct Timeline {
    started: bool,
    session: bool,
    shift: i64,
    last_rtp: i64,
    last_mono: i64,
    /// Greatest `pts` so far, and the usual distance of frames.
    max: i64,
    step: i64,
    same: u32,
    recent: VecDeque<i64>,
    wall_less_mono: Option<i64>,
    least: [Option<i64>; 2],
    window_began: i64,
}

impl Timeline {
    /// The connection was lost or made anew: the next frame begins another session.
    pub fn interrupt(&mut self) {
        self.session = false;
    }

    /// Usual ticks from one frame to the next; 0 before it is known.
    pub fn step(&self) -> u32 {
        u32::try_from(self.step).unwrap_or(0)
    }

    /// Places a frame with the unwrapped RTP timestamp `rtp` (90 kHz) that arrived at `mono_ms` of a clock that never goes
    /// back and at `wall_ms` of the wall clock.
    ///
    /// A frame may be late by any time; it cannot come from the future, nor from before the frame that it depends on:
    /// that is a camera's clock that jumped.
    pub fn place(&mut self, rtp: i64, mono_ms: i64, wall_ms: i64) -> Placed {
        let passed = (mono_ms - self.last_mono).max(0);
        let onward = |max: i64, step: i64| max.saturating_add(passed.saturating_mul(90).max(step).max(1));
        let mut breaks = None;
        let mut jumped_ms = None;
        self.same = if self.session && rtp == self.last_rtp { self.same + 1 } else { 0 };
        let stalled = self.same >= STALLED;
        let mut pts = rtp.wrapping_add(self.shift);
        if !self.session {
            pts = if self.started { onward(self.max, self.step) } else { 0 };
            breaks = self.started.then_some(Break::Gap);
        } else if stalled {
            pts = onward(self.max, 1);
        } else {
            let early_ms = (pts / 90).saturating_add(self.least()).saturating_sub(mono_ms);
            if early_ms > JUMP_MS || pts < self.max.saturating_sub(JUMP_MS * 90) {
                (pts, jumped_ms) = (onward(self.max, self.step), Some(early_ms));
            }
            let delta = pts - self.max;
            if delta > GAP_MS * 90 && delta > self.step * 3 {
                breaks = Some(Break::Gap);
            }
        }
        pts = pts.max(0);
        if !self.session || breaks.is_some() || jumped_ms.is_some() {
            self.recent.clear();
        }
        self.pace(pts);
        self.shift = pts.wrapping_sub(rtp);
        (self.started, self.session) = (true, true);
        (self.last_rtp, self.last_mono) = (rtp, mono_ms);
        self.max = self.max.max(pts);
        self.learn(mono_ms - pts / 90, mono_ms);
        let difference = wall_ms - mono_ms;
        let set = self.wall_less_mono.replace(difference).is_some_and(|d| (difference - d).abs() > STEP_MS);
        if set && breaks.is_none() {
            breaks = Some(Break::Clock);
        }
        Placed { pts: pts as u64, wall_ms: pts / 90 + self.least() + difference, breaks, jumped_ms, stalled }
    }

    /// The usual distance of pictures: the middle one among those of the last pictures put in order.
    fn pace(&mut self, pts: i64) {
        self.recent.push_back(pts);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        let mut times: Vec<i64> = self.recent.iter().copied().collect();
        times.sort_unstable();
        let mut gaps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).filter(|g| *g > 0).collect();
        gaps.sort_unstable();
        self.step = gaps.get(gaps.len() / 2).copied().unwrap_or(self.step);
    }

    /// Least delay lately: clock of arrival less clock of the stream.
    fn least(&self) -> i64 {
        self.least.iter().flatten().min().copied().unwrap_or(0)
    }

    fn learn(&mut self, offset: i64, mono_ms: i64) {
        if self.least[0].is_none() {
            self.window_began = mono_ms;
        }
        if mono_ms - self.window_began > WINDOW_MS {
            self.least = [None, self.least[0]];
            self.window_began = mono_ms;
        }
        self.least[0] = Some(self.least[0].map_or(offset, |o| o.min(offset)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: i64 = 1_764_028_800_000;

    fn run(t: &mut Timeline, frames: &[(i64, i64, i64)]) -> Vec<Placed> {
        frames.iter().map(|(rtp, mono, wall)| t.place(*rtp, *mono, *wall)).collect()
    }

    #[test]
    fn frames_keep_their_distances_and_delays_do_not_move_the_clock() {
        let mut t = Timeline::default();
        let frames: Vec<_> = (0..100)
            .map(|i| {
                (
                    5_000 + i * 3600,
                    i * 40 + if i % 7 == 3 { 700 } else { 0 },
                    T + i * 40 + if i % 7 == 3 { 700 } else { 0 },
                )
            })
            .collect();
        let placed = run(&mut t, &frames);
        assert!(placed.iter().all(|p| p.breaks.is_none() && p.jumped_ms.is_none()));
        for (i, p) in placed.iter().enumerate() {
            assert_eq!((p.pts, p.wall_ms), (i as u64 * 3600, T + i as i64 * 40), "{i}");
        }
        assert_eq!(t.step(), 3600);
    }

    #[test]
    fn pictures_out_of_order_keep_their_place() {
        let mut t = Timeline::default();
        let rtp = [0, 4, 2, 1, 3, 8, 6, 5, 7];
        let frames: Vec<_> =
            rtp.iter().enumerate().map(|(i, n)| (n * 3600, i as i64 * 40, T + i as i64 * 40)).collect();
        let placed = run(&mut t, &frames);
        assert_eq!(placed.iter().map(|p| p.pts / 3600).collect::<Vec<_>>(), [0, 4, 2, 1, 3, 8, 6, 5, 7]);
        assert_eq!(t.step(), 3600, "the distance of pictures, not of those that lead");
        assert!(placed.iter().all(|p| p.breaks.is_none() && p.jumped_ms.is_none()));
    }

    #[test]
    fn each_way_of_breaking_is_told_apart() {
        let mut t = Timeline::default();
        let p = run(&mut t, &[(0, 0, T), (3600, 40, T + 40)]);
        assert_eq!(p[1].pts, 3600);
        let jump = t.place(3600 + 3600 * 90_000, 80, T + 80);
        assert_eq!((jump.pts, jump.breaks, jump.jumped_ms), (7200, None, Some(3_599_960)), "the camera's clock jumped");
        let back = t.place(7200, 120, T + 120);
        assert_eq!((back.pts, back.breaks), (10_800, None));
        assert!(back.jumped_ms.unwrap() < -3_000_000);
        let set = t.place(10_800, 160, T + 160 - 3_600_000);
        assert_eq!((set.breaks, set.wall_ms), (Some(Break::Clock), T + 160 - 3_600_000), "our clock was set back");
        let silent = t.place(10_800 + 450_000, 5_160, T + 5_160 - 3_600_000);
        assert_eq!((silent.breaks, silent.jumped_ms), (Some(Break::Gap), None), "five seconds of silence");
        t.interrupt();
        let anew = t.place(77, 9_160, T + 9_160 - 3_600_000);
        assert_eq!((anew.breaks, anew.pts), (Some(Break::Gap), silent.pts + 360_000), "a new session");
    }

    #[test]
    fn frames_held_up_for_seconds_are_late_and_nothing_else() {
        let mut t = Timeline::default();
        let placed: Vec<_> = (0..200i64)
            .map(|i| {
                let arrived = if (50..150).contains(&i) { 6_000 } else { i * 40 };
                t.place(i * 3600, arrived, T + arrived)
            })
            .collect();
        for (i, p) in placed.iter().enumerate() {
            assert_eq!((p.pts, p.wall_ms, p.breaks, p.jumped_ms), (i as u64 * 3600, T + i as i64 * 40, None, None));
        }
    }

    #[test]
    fn a_standing_clock_is_replaced_by_ours() {
        let mut t = Timeline::default();
        let frames: Vec<_> = (0..50).map(|i| (9_000, i * 40, T + i * 40)).collect();
        let placed = run(&mut t, &frames);
        assert!(placed[4].stalled && placed.windows(2).skip(4).all(|w| w[1].pts - w[0].pts == 3600));
        assert!(!t.place(9_000 + 3600, 2_000, T + 2_000).stalled);
    }

    proptest! {
        #[test]
        fn any_times_are_taken(steps in prop::collection::vec((any::<i64>(), 0i64..100_000, -10_000_000_000i64..10_000_000_000), 1..60)) {
            let mut t = Timeline::default();
            let mut mono = 0;
            for (rtp, on, wall) in steps {
                mono += on;
                let _ = t.place(rtp / 4, mono, wall);
            }
        }
    }
}
