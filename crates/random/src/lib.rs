//! Random numbers of searches and simulations: seeded by the caller, the same on every machine and in every version, so
//! that a roster or a plan that was promised can be recomputed. Nothing here is for secrets.

/// What splitmix64 adds to its state for every number (Steele and others 2014).
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads every bit of a number over all of it: the end of splitmix64.
#[inline]
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// xoshiro256++ (Blackman and Vigna 2019) seeded by splitmix64.
#[derive(Clone, Debug)]
pub struct Rng([u64; 4]);

impl Rng {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Rng {
        let mut z = seed;
        let mut next = || {
            z = z.wrapping_add(STEP);
            mix(z)
        };
        Rng([next(), next(), next(), next()])
    }

    /// Another stream, told apart by `n`: the same seed and `n` give the same stream, whatever was drawn before.
    pub fn fork(seed: u64, n: u64) -> Rng {
        Rng::new(seed.wrapping_mul(STEP) ^ n.wrapping_add(1).wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// The next 64 bits.
    #[inline]
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

    /// Evenly in 0..1, 1 excluded.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Evenly in 0..n; 0 for n = 0.
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// True with probability `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Exponential with this mean; 0 for a mean of 0.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Standard normal (Marsaglia's polar method; the second value is thrown away).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let s = x * x + y * y;
            if s > 0.0 && s < 1.0 {
                return x * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Gamma with mean 1 and this variance (Marsaglia and Tsang 2000); 1 for a variance of 0.
    pub fn gamma_about_one(&mut self, variance: f64) -> f64 {
        if variance <= 0.0 {
            return 1.0;
        }
        let shape = 1.0 / variance;
        // Below shape 1: draw at shape + 1 and multiply by a power of a uniform number.
        let (d, small) = if shape < 1.0 { (shape + 1.0 - 1.0 / 3.0, true) } else { (shape - 1.0 / 3.0, false) };
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v <= 0.0 {
                continue;
            }
            if (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                let boost = if small { (1.0 - self.unit()).powf(1.0 / shape) } else { 1.0 };
                return d * v * boost / shape;
            }
        }
    }

    /// Poisson with this mean, by multiplication of uniform numbers in pieces of mean 30 (Knuth, volume 2, 3.4.1).
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let mut left = mean.max(0.0);
        let mut n = 0;
        while left > 0.0 {
            let piece = left.min(30.0);
            left -= piece;
            let floor = (-piece).exp();
            let mut product = self.unit();
            while product > floor {
                n += 1;
                product *= self.unit();
            }
        }
        n
    }

    /// How many of `n` are kept when each is kept with probability `p`.
    pub fn binomial(&mut self, n: u32, p: f64) -> u32 {
        (0..n).filter(|_| self.chance(p)).count() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    fn moments(n: usize, mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let all: Vec<f64> = (0..n).map(|_| draw()).collect();
        let mean = all.iter().sum::<f64>() / n as f64;
        (mean, all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64)
    }

    #[test]
    fn draws_have_the_moments_of_their_law() {
        let mut rng = Rng::new(1);
        let near = |got: (f64, f64), mean: f64, variance: f64| {
            assert!((got.0 - mean).abs() < 0.03 * mean.max(1.0), "mean {} for {mean}", got.0);
            assert!((got.1 - variance).abs() < 0.06 * variance.max(1.0), "variance {} for {variance}", got.1);
        };
        near(moments(40_000, || rng.exponential(3.0)), 3.0, 9.0);
        near(moments(40_000, || rng.normal()), 0.0, 1.0);
        near(moments(40_000, || rng.gamma_about_one(0.25)), 1.0, 0.25);
        near(moments(40_000, || rng.gamma_about_one(3.0)), 1.0, 3.0);
        near(moments(40_000, || f64::from(rng.poisson(0.5))), 0.5, 0.5);
        near(moments(40_000, || f64::from(rng.poisson(75.0))), 75.0, 75.0);
        near(moments(40_000, || f64::from(rng.binomial(20, 0.3))), 6.0, 4.2);
        assert_eq!(rng.poisson(0.0), 0);
        assert_eq!(rng.gamma_about_one(0.0), 1.0);
    }

    #[test]
    fn a_fork_does_not_depend_on_what_was_drawn() {
        let mut a = Rng::fork(7, 3);
        let mut b = Rng::fork(7, 3);
        assert_eq!(a.unit(), b.unit());
        assert_ne!(Rng::fork(7, 3).unit(), Rng::fork(7, 4).unit());
    }
}
