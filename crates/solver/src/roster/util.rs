//! Clock, randomness and hashing of the solver, all brought or seeded by the caller.

pub(crate) use random::Rng;
use random::mix;
use std::sync::atomic::{AtomicBool, Ordering};

/// When to stop: the caller's elapsed seconds, a limit, a flag.
#[derive(Clone, Copy)]
pub(crate) struct Clock<'a> {
    pub elapsed: &'a (dyn Fn() -> f64 + Sync),
    pub until: f64,
    pub stop: &'a AtomicBool,
}

impl Clock<'_> {
    pub fn over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || (self.elapsed)() >= self.until
    }

    /// The same clock with an earlier end, as a share of what is left.
    pub fn share(&self, part: f64) -> Self {
        let now = (self.elapsed)();
        Clock { until: self.until.min(now + (self.until - now).max(0.0) * part), ..*self }
    }
}

/// A 64-bit hash of bytes with a start value.
pub(crate) fn hash(start: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(mix(start ^ bytes.len() as u64), |h, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(h ^ u64::from_le_bytes(word)).wrapping_add(h.rotate_left(17))
    })
}
