//! Health of a stream from its coded bytes alone: pure rules over counts, no clock, no decoder.
//!
//! Thresholds are this program's defaults, not law.

/// No frame for longer than this is [`State::NoFrames`].
pub const NO_FRAMES_MS: i64 = 3_000;
/// A key frame is missed after this many times the usual distance.
pub const NO_KEY_GROUPS: i64 = 3;
/// Difference of clocks that is worth a word.
pub const SKEW_MS: i64 = 2_000;
/// A picture must look frozen for this long before it is suspected, unless the caller says otherwise.
pub const FROZEN_MS: i64 = 60_000;

/// What is known about a stream at one moment. Times are milliseconds of one clock that never goes back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    /// Connected since; `None` when it is not.
    pub connected_ms: Option<i64>,
    /// Last frame.
    pub frame_ms: Option<i64>,
    /// Last time that the stream's own clock went on.
    pub clock_ms: Option<i64>,
    /// Last key frame.
    pub key_ms: Option<i64>,
    /// Usual distance of key frames, once known.
    pub key_every_ms: Option<i64>,
    /// Since when dependent frames are below a twentieth of their usual size and key frames equal each other within half
    /// a hundredth.
    pub still_ms: Option<i64>,
    /// The stream's clock minus ours; none while the camera has not told it.
    pub skew_ms: Option<i64>,
    /// Frames per second over the last ten seconds, and as usual.
    pub fps: (f32, f32),
    /// Bits per second over the last ten seconds, and as usual.
    pub bit_rate: (f32, f32),
    /// Whether it ought to be recorded and is not.
    pub recording_gap: bool,
}

/// What a tile says, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// No connection.
    Offline,
    /// Connected, but nothing comes.
    NoFrames,
    /// Frames come, their clock stands.
    StalledClock,
    /// Frames come that cannot be decoded yet: no key frame.
    NoKey,
    /// The picture is suspected, not known, to stand still.
    SuspectedFrozen,
    /// All well.
    Live,
}

/// What is remarked beside the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// It ought to be recorded and is not.
    RecordingGap,
    /// Its clock differs from ours.
    ClockSkew,
    /// Fewer than half the usual frames.
    FewFrames,
    /// Below a third of the usual bit rate.
    LowBitRate,
    /// Above three times the usual bit rate.
    HighBitRate,
}

/// The state at `now_ms`; a picture is suspected to stand after `frozen_ms`.
pub fn state(f: &Facts, now_ms: i64, frozen_ms: i64) -> State {
    let Some(connected) = f.connected_ms else { return State::Offline };
    let quiet = |since: Option<i64>| now_ms - since.unwrap_or(connected).max(connected) > NO_FRAMES_MS;
    if quiet(f.frame_ms) || f.frame_ms.is_none_or(|t| t < connected) {
        return State::NoFrames;
    }
    if quiet(f.clock_ms) {
        return State::StalledClock;
    }
    let patience = (f.key_every_ms.unwrap_or(NO_FRAMES_MS) * NO_KEY_GROUPS).max(NO_FRAMES_MS);
    if now_ms - f.key_ms.unwrap_or(connected).max(connected) > patience {
        return State::NoKey;
    }
    match f.still_ms {
        Some(since) if now_ms - since >= frozen_ms => State::SuspectedFrozen,
        _ => State::Live,
    }
}

/// What else is to be said. Rates are judged only for a stream that delivers.
pub fn remarks(f: &Facts, state: State) -> Vec<Remark> {
    let mut all = vec![];
    let mut when = |holds: bool, r: Remark| {
        if holds {
            all.push(r);
        }
    };
    let flows = state >= State::NoKey;
    when(f.recording_gap, Remark::RecordingGap);
    when(flows && f.skew_ms.is_some_and(|ms| ms.abs() > SKEW_MS), Remark::ClockSkew);
    when(flows && f.fps.0 * 2.0 < f.fps.1, Remark::FewFrames);
    when(flows && f.bit_rate.0 * 3.0 < f.bit_rate.1, Remark::LowBitRate);
    when(flows && f.bit_rate.1 > 0.0 && f.bit_rate.0 > f.bit_rate.1 * 3.0, Remark::HighBitRate);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well(now: i64) -> Facts {
        Facts {
            connected_ms: Some(0),
            frame_ms: Some(now - 40),
            clock_ms: Some(now - 40),
            key_ms: Some(now - 1_500),
            key_every_ms: Some(2_000),
            still_ms: None,
            skew_ms: Some(100),
            fps: (25.0, 25.0),
            bit_rate: (2e6, 2e6),
            recording_gap: false,
        }
    }

    #[test]
    fn each_state_has_its_facts() {
        let now = 100_000;
        let w = well(now);
        let cases = [
            (w, State::Live),
            (Facts { connected_ms: None, ..w }, State::Offline),
            (Facts { frame_ms: Some(now - 3_001), ..w }, State::NoFrames),
            (Facts { frame_ms: Some(now - 3_000), ..w }, State::Live),
            (Facts { clock_ms: Some(now - 3_001), ..w }, State::StalledClock),
            (Facts { key_ms: Some(now - 6_001), ..w }, State::NoKey),
            (Facts { key_ms: Some(now - 6_000), ..w }, State::Live),
            (Facts { still_ms: Some(now - 60_000), ..w }, State::SuspectedFrozen),
            (Facts { still_ms: Some(now - 59_999), ..w }, State::Live),
            (
                Facts { frame_ms: None, clock_ms: None, key_ms: None, connected_ms: Some(now - 2_000), ..w },
                State::NoFrames,
            ),
            (Facts { key_ms: None, connected_ms: Some(now - 2_000), ..w }, State::Live),
            (Facts { frame_ms: None, connected_ms: Some(now - 3_001), ..w }, State::NoFrames),
            (Facts { frame_ms: Some(now - 90_000), connected_ms: Some(now - 1_000), ..w }, State::NoFrames),
        ];
        for (i, (f, want)) in cases.iter().enumerate() {
            assert_eq!(state(f, now, FROZEN_MS), *want, "case {i}");
        }
    }

    #[test]
    fn remarks_are_made_of_streams_that_deliver() {
        let w = well(100_000);
        let odd = Facts { skew_ms: Some(-2_001), fps: (12.0, 25.0), bit_rate: (6.1e6, 2e6), recording_gap: true, ..w };
        use Remark::*;
        assert_eq!(remarks(&odd, State::Live), [RecordingGap, ClockSkew, FewFrames, HighBitRate]);
        assert_eq!(remarks(&odd, State::Offline), [RecordingGap]);
        assert_eq!(remarks(&Facts { bit_rate: (0.6e6, 2e6), ..w }, State::Live), [LowBitRate]);
        assert_eq!(remarks(&w, State::Live), []);
        assert_eq!(remarks(&Facts { skew_ms: None, ..w }, State::Live), []);
    }
}
