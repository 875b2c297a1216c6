//! What is counted about a running stream, from which [`crate::health`] judges it. Pure: times come in.

use crate::health::Facts;
use std::collections::VecDeque;

/// Seconds over which present rates are taken, and of which the usual rates are made.
const NOW_MS: i64 = 10_000;
/// Weight of a new measurement in what is usual.
const LEARN: f32 = 0.1;
/// Key frames that differ by less than this share look alike.
const ALIKE: f32 = 0.005;
/// Dependent frames of a still picture are smaller than this share of the usual.
const STILL: f32 = 0.05;

/// Counts of one stream.
#[derive(Debug, Default)]
pub struct Vitals {
    connected_ms: Option<i64>,
    frame_ms: Option<i64>,
    clock_ms: Option<i64>,
    key_ms: Option<i64>,
    key_every_ms: Option<i64>,
    key_bytes: usize,
    still_ms: Option<i64>,
    /// As the camera said in this session; none before it did.
    skew_ms: Option<i64>,
    /// Whole seconds: second, frames, bytes.
    seconds: VecDeque<(i64, u32, u64)>,
    judged_ms: i64,
    usual: Option<(f32, f32)>,
    usual_dependent: Option<f32>,
    group: (u32, u64),
    /// Frames received since the start, and packets known to be lost.
    pub frames: u64,
    /// Packets known to be lost.
    pub lost_packets: u64,
    /// Times that a session began.
    pub sessions: u64,
}

impl Vitals {
    /// A session began.
    pub fn connected(&mut self, now_ms: i64) {
        self.connected_ms = Some(now_ms);
        self.key_ms = None;
        self.still_ms = None;
        self.skew_ms = None;
        self.judged_ms = now_ms;
        self.seconds.clear();
        self.sessions += 1;
    }

    /// A session ended.
    pub fn gone(&mut self) {
        self.connected_ms = None;
    }

    /// The camera said what time it is.
    pub fn skew(&mut self, ms: i64) {
        self.skew_ms = Some(ms);
    }

    /// A frame of `bytes`; `stalled` when the camera's clock stands.
    pub fn frame(&mut self, now_ms: i64, bytes: usize, key: bool, stalled: bool) {
        self.frames += 1;
        self.frame_ms = Some(now_ms);
        if !stalled {
            self.clock_ms = Some(now_ms);
        }
        let second = now_ms.div_euclid(1000);
        match self.seconds.back_mut() {
            Some(s) if s.0 == second => (s.1, s.2) = (s.1 + 1, s.2 + bytes as u64),
            _ => self.seconds.push_back((second, 1, bytes as u64)),
        }
        while self.seconds.front().is_some_and(|s| second - s.0 > NOW_MS / 1000) {
            self.seconds.pop_front();
        }
        if key {
            self.key(now_ms, bytes);
        } else {
            (self.group.0, self.group.1) = (self.group.0 + 1, self.group.1 + bytes as u64);
        }
        if now_ms - self.judged_ms >= NOW_MS {
            self.judged_ms = now_ms;
            let (fps, bits) = self.rates(now_ms);
            let mix = |old: f32, new: f32| old + (new - old) * LEARN;
            self.usual = Some(self.usual.map_or((fps, bits), |u| (mix(u.0, fps), mix(u.1, bits))));
        }
    }

    fn key(&mut self, now_ms: i64, bytes: usize) {
        if let Some(last) = self.key_ms {
            let every = now_ms - last;
            self.key_every_ms = Some(self.key_every_ms.map_or(every, |e| (e * 3 + every) / 4));
        }
        self.key_ms = Some(now_ms);
        let (frames, sum) = std::mem::take(&mut self.group);
        if frames > 0 {
            let mean = sum as f32 / frames as f32;
            let usual = *self.usual_dependent.get_or_insert(mean);
            let alike = (bytes as f32 - self.key_bytes as f32).abs() <= self.key_bytes as f32 * ALIKE;
            if mean < usual * STILL && alike {
                self.still_ms.get_or_insert(now_ms);
            } else {
                self.still_ms = None;
                self.usual_dependent = Some(usual + (mean - usual) * LEARN);
            }
        }
        self.key_bytes = bytes;
    }

    /// Frames and bits per second over the last ten seconds, the running one left out.
    fn rates(&self, now_ms: i64) -> (f32, f32) {
        let second = now_ms.div_euclid(1000);
        let whole = self.seconds.iter().filter(|s| s.0 < second && second - s.0 <= NOW_MS / 1000);
        let (frames, bytes) = whole.fold((0u32, 0u64), |(f, b), s| (f + s.1, b + s.2));
        let since = self.connected_ms.map_or(NOW_MS, |c| (now_ms - c).clamp(1000, NOW_MS)) as f32 / 1000.0;
        (frames as f32 / since, bytes as f32 * 8.0 / since)
    }

    /// What is known at `now_ms`.
    pub fn facts(&self, now_ms: i64, recording_gap: bool) -> Facts {
        let (fps, bits) = self.rates(now_ms);
        let usual = self.usual.unwrap_or((fps, bits));
        Facts {
            connected_ms: self.connected_ms,
            frame_ms: self.frame_ms,
            clock_ms: self.clock_ms,
            key_ms: self.key_ms,
            key_every_ms: self.key_every_ms,
            still_ms: self.still_ms,
            skew_ms: self.skew_ms,
            fps: (fps, usual.0),
            bit_rate: (bits, usual.1),
            recording_gap,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{FROZEN_MS, Remark, State, remarks, state};

    fn play(v: &mut Vitals, from: i64, to: i64, key_bytes: usize, bytes: usize, step: usize) {
        for (i, ms) in (from..to).step_by(step).enumerate() {
            let key = i % 50 == 0;
            v.frame(ms, if key { key_bytes + i % 3 } else { bytes }, key, false);
        }
    }

    #[test]
    fn a_still_picture_is_suspected_after_a_minute_and_not_before() {
        let mut v = Vitals::default();
        v.connected(0);
        play(&mut v, 0, 60_000, 20_000, 4_000, 40);
        let f = v.facts(60_000, false);
        assert_eq!(state(&f, 60_000, FROZEN_MS), State::Live);
        assert!(f.still_ms.is_none() && (24.0..26.0).contains(&f.fps.0) && f.key_every_ms == Some(2_000));
        play(&mut v, 60_000, 130_000, 20_000, 100, 40);
        assert_eq!(state(&v.facts(130_000, false), 130_000, FROZEN_MS), State::SuspectedFrozen);
        play(&mut v, 130_000, 136_000, 20_000, 4_000, 40);
        assert_eq!(state(&v.facts(136_000, false), 136_000, FROZEN_MS), State::Live);
    }

    #[test]
    fn fewer_frames_and_other_bit_rates_are_remarked_against_what_is_usual() {
        let mut v = Vitals::default();
        v.connected(0);
        play(&mut v, 0, 60_000, 20_000, 4_000, 40);
        play(&mut v, 60_000, 72_000, 20_000, 4_000, 100);
        let f = v.facts(72_000, false);
        assert_eq!(remarks(&f, State::Live), [Remark::FewFrames]);
        v.gone();
        assert_eq!(state(&v.facts(72_000, true), 72_000, FROZEN_MS), State::Offline);
    }

    #[test]
    fn a_clock_is_unknown_until_the_camera_tells_it_in_this_session() {
        let mut v = Vitals::default();
        v.connected(0);
        assert_eq!(v.facts(1_000, false).skew_ms, None);
        v.skew(-4_000);
        assert_eq!(v.facts(2_000, false).skew_ms, Some(-4_000));
        v.gone();
        v.connected(3_000);
        assert_eq!(v.facts(4_000, false).skew_ms, None);
    }
}
