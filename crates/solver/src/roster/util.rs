//! Clock, randomness and hashing of the solver, all brought or seeded by the caller.

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

/// xoshiro256++ seeded by splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Rng([u64; 4]);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        let mut z = seed;
        let mut next = || {
            z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(z)
        };
        Rng([next(), next(), next(), next()])
    }

    pub fn bits(&mut self) -> u64 {
        let s = &mut self.0;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// In 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// In 0..n; 0 for n = 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A 64-bit hash of bytes with a start value.
pub(crate) fn hash(start: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(mix(start ^ bytes.len() as u64), |h, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(h ^ u64::from_le_bytes(word)).wrapping_add(h.rotate_left(17))
    })
}
