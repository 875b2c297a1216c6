//! Waiting in one queue before `c` equal servers, in steady state: Erlang-C, where everybody waits, and Erlang-A, where
//! people leave.
//!
//! Everything is exact and summed from positive terms, so nothing cancels at one or two servers. Sources: Erlang 1917
//! (B and C); Palm 1957 (A); Mandelbaum and Zeltyn, "Service engineering in action: the Palm/Erlang-A queue", 2007.

use crate::{BadInput, Promise, within};

/// Servers at most; the recursions are exact far beyond, a need of more is a mistake in the input.
pub const MAX_SERVERS: u32 = 500;

/// Terms of the waiting line at most; what is left beyond is below 1e-12 for every admitted setting.
const MAX_WAITING: usize = 2_000_000;

/// Erlang-B, the share that finds all `servers` taken when nobody waits: `B_k = a·B_{k−1} / (k + a·B_{k−1})`.
pub fn erlang_b(load: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |b, k| load * b / (f64::from(k) + load * b))
}

/// Erlang-C, the share that must wait when everybody stays: `B / (1 − ρ(1 − B))`; 1 where the load is not below `servers`.
pub fn erlang_c(load: f64, servers: u32) -> f64 {
    if load >= f64::from(servers) {
        return if load > 0.0 { 1.0 } else { 0.0 };
    }
    let b = erlang_b(load, servers);
    b / (1.0 - load / f64::from(servers) * (1.0 - b))
}

/// One stable situation: Poisson arrivals, exponential service, exponential patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Arrivals a minute.
    pub per_minute: f64,
    /// Mean minutes of one service.
    pub service: f64,
    /// Mean minutes until somebody who waits leaves; `None` where nobody leaves.
    pub patience: Option<f64>,
    pub servers: u32,
}

/// What a [`Setting`] comes to in the long run.
#[derive(Clone, Debug)]
pub struct Steady {
    /// Departures of servers a minute when all are busy, `cμ`.
    drain: f64,
    /// Departures of one waiting person a minute, `θ`.
    leave: f64,
    per_minute: f64,
    /// Probability that a new arrival finds `j` people waiting and no server free.
    waiting: Vec<f64>,
    delayed: f64,
    /// More comes than can be served and nobody leaves.
    saturated: bool,
}

impl Setting {
    /// Offered load in erlangs.
    pub fn load(&self) -> f64 {
        self.per_minute * self.service
    }

    /// The stationary law.
    ///
    /// # Errors
    /// A rate, a duration or a number of servers outside its bounds.
    pub fn solve(&self) -> Result<Steady, BadInput> {
        within("arrivals a minute", self.per_minute, 0.0, 1_000.0)?;
        within("minutes of service", self.service, 1e-3, 100_000.0)?;
        if let Some(patience) = self.patience {
            within("minutes of patience", patience, 1e-3, 1e7)?;
        }
        within("servers", f64::from(self.servers), 0.0, f64::from(MAX_SERVERS))?;
        let (lambda, drain) = (self.per_minute, f64::from(self.servers) / self.service);
        let leave = self.patience.map_or(0.0, |p| 1.0 / p);
        let mut steady = Steady { drain, leave, per_minute: lambda, waiting: vec![], delayed: 0.0, saturated: false };
        if lambda == 0.0 {
            return Ok(steady);
        }
        // Without a server nobody is served, whether they leave or not.
        if self.servers == 0 || (leave == 0.0 && lambda >= drain) {
            steady.saturated = true;
            steady.delayed = 1.0;
            return Ok(steady);
        }
        // Relative to the state "all busy, nobody waits": below it 1/B in all, above it the products λ/(cμ+jθ).
        let (mut below, mut term, mut above) = (1.0 / erlang_b(self.load(), self.servers) - 1.0, 1.0, 0.0);
        let mut line = vec![];
        loop {
            line.push(term);
            above += term;
            let ratio = lambda / (drain + line.len() as f64 * leave);
            term *= ratio;
            // Once the ratio is below 1 the rest is at most a geometric series of it.
            if ratio < 1.0 && term / (1.0 - ratio) < 1e-15 * (above + below) {
                break;
            }
            if line.len() >= MAX_WAITING {
                return Err(BadInput("the waiting line has no bound: so few leave that it never settles".into()));
            }
            if term > 1e200 {
                for value in line.iter_mut().chain([&mut term, &mut above, &mut below]) {
                    *value *= 1e-200;
                }
            }
        }
        let all = below + above;
        steady.delayed = above / all;
        steady.waiting = line.into_iter().map(|t| t / all).collect();
        Ok(steady)
    }
}

impl Steady {
    /// Share of arrivals that find no server free.
    pub fn delayed(&self) -> f64 {
        self.delayed
    }

    /// More comes than can ever be served.
    pub fn saturated(&self) -> bool {
        self.saturated
    }

    /// People waiting on average; infinite when saturated.
    pub fn mean_waiting(&self) -> f64 {
        if self.saturated {
            return f64::INFINITY;
        }
        self.waiting.iter().enumerate().map(|(j, p)| j as f64 * p).sum()
    }

    /// Share of arrivals that leave unserved, `θ·L/λ`.
    pub fn abandoned(&self) -> f64 {
        if self.per_minute == 0.0 || self.saturated {
            return if self.saturated && self.leave > 0.0 { 1.0 } else { 0.0 };
        }
        self.leave * self.mean_waiting() / self.per_minute
    }

    /// Mean minutes of waiting over all arrivals (Little).
    pub fn mean_wait(&self) -> f64 {
        if self.per_minute == 0.0 { 0.0 } else { self.mean_waiting() / self.per_minute }
    }

    /// `P(V > t)`: the share that would wait longer than `minutes` if it never left.
    ///
    /// With `j` people ahead the wait is a sum of exponentials of rates `cμ … cμ+jθ`; its tail is a sum of `j+1` positive
    /// terms `e^{−cμt} Π (cμ+(i−1)θ)·((1−e^{−θt})/θ)/i`, an incomplete beta function, which tends to Poisson's sum as θ → 0.
    pub fn offered_over(&self, minutes: f64) -> f64 {
        if self.saturated {
            return 1.0;
        }
        self.weighed(minutes, self.drain, |_| 1.0)
    }

    /// `P(W > t)`: the share still waiting after `minutes`, people who left counted until they left.
    pub fn waits_over(&self, minutes: f64) -> f64 {
        self.offered_over(minutes) * (-self.leave * minutes.max(0.0)).exp()
    }

    /// The share that is served and has waited at most `minutes`; who left is not served.
    pub fn served_within(&self, minutes: f64) -> f64 {
        if self.saturated {
            return 0.0;
        }
        // E[e^{−θV}; V > t] of j people ahead is cμ/(cμ+(j+1)θ) times the tail with cμ+θ in the place of cμ.
        let kept = |j: usize| self.drain / (self.drain + (j + 1) as f64 * self.leave);
        let ever: f64 = self.waiting.iter().enumerate().map(|(j, p)| p * kept(j)).sum();
        1.0 - self.delayed + ever - self.weighed(minutes, self.drain + self.leave, kept)
    }

    /// Minutes that the share `p` of arrivals does not wait beyond, by bisection; infinite when that is never reached.
    pub fn percentile(&self, p: f64) -> f64 {
        if self.saturated {
            return f64::INFINITY;
        }
        let over = 1.0 - p.clamp(0.0, 1.0);
        if self.delayed <= over {
            return 0.0;
        }
        let mut high = 1.0;
        while self.waits_over(high) > over {
            high *= 2.0;
            if high > 1e9 {
                return f64::INFINITY;
            }
        }
        let mut low = 0.0;
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if self.waits_over(middle) > over {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    /// `Σ_j P(j waiting)·weight(j)·P(sum of j+1 exponentials > t)` with rates `drain + iθ`.
    fn weighed(&self, minutes: f64, drain: f64, weight: impl Fn(usize) -> f64) -> f64 {
        let t = minutes.max(0.0);
        let scaled = if self.leave > 0.0 { -(-self.leave * t).exp_m1() / self.leave } else { t };
        let mut term = (-drain * t).exp();
        let mut tail = 0.0;
        let mut sum = 0.0;
        for (j, p) in self.waiting.iter().enumerate() {
            tail += term;
            sum += p * weight(j) * f64::min(tail, 1.0);
            term *= scaled * (drain + j as f64 * self.leave) / (j + 1) as f64;
        }
        sum
    }
}

/// Where to begin looking for a number of servers: `a + β√a` (Halfin and Whitt 1981). Never an answer: at one to four
/// servers it misleads.
pub fn square_root_start(load: f64, beta: f64) -> u32 {
    (load + beta * load.max(0.0).sqrt()).ceil().clamp(1.0, f64::from(MAX_SERVERS)) as u32
}

/// The fewest servers that keep `promise` in steady state, and the share they come to.
///
/// # Errors
/// A setting outside its bounds, or no number up to [`MAX_SERVERS`] keeps it.
pub fn fewest(per_minute: f64, service: f64, patience: Option<f64>, promise: &Promise) -> Result<(u32, f64), BadInput> {
    let share =
        |servers| Setting { per_minute, service, patience, servers }.solve().map(|s| s.served_within(promise.minutes));
    let mut c = square_root_start(per_minute * service, 0.5);
    let mut got = share(c)?;
    while got < promise.share {
        if c == MAX_SERVERS {
            return Err(BadInput(format!("no number of servers up to {MAX_SERVERS} keeps the promise")));
        }
        c += 1;
        got = share(c)?;
    }
    while c > 1 {
        let fewer = share(c - 1)?;
        if fewer < promise.share {
            break;
        }
        (c, got) = (c - 1, fewer);
    }
    Ok((c, got))
}
