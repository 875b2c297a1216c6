//! Offered load when arrivals change by the hour: how many would be in service if nobody ever waited.
//!
//! `m(t) = ∫ λ(t−u)·P(S>u) du` (Eick, Massey and Whitt 1993); staffing by it is the modified offered load of Jennings,
//! Mandelbaum, Massey and Whitt 1996. With arrivals constant within a slot the integral is a sum of differences of
//! `H(x) = ∫₀ˣ P(S>u) du`, which every law here has in closed form, so nothing is integrated by steps.

use crate::special::normal_cdf;
use crate::{BadInput, Rng, within};

/// How long one service takes, in minutes.
#[derive(Clone, Debug, PartialEq)]
pub enum Service {
    Exponential {
        mean: f64,
    },
    Fixed {
        minutes: f64,
    },
    /// `cv`: standard deviation over mean.
    LogNormal {
        mean: f64,
        cv: f64,
    },
    /// Durations as measured, each as likely as any other.
    Measured(Vec<f64>),
}

impl Service {
    /// # Errors
    /// A duration outside 0.001 … 100,000 minutes, a `cv` outside 0.01 … 10, no or more than 100,000 measurements.
    pub fn check(&self) -> Result<(), BadInput> {
        match self {
            Service::Exponential { mean } => within("minutes of service", *mean, 1e-3, 1e5),
            Service::Fixed { minutes } => within("minutes of service", *minutes, 1e-3, 1e5),
            Service::LogNormal { mean, cv } => {
                within("minutes of service", *mean, 1e-3, 1e5)?;
                within("spread of service", *cv, 0.01, 10.0)
            }
            Service::Measured(all) => {
                within("measured services", all.len() as f64, 1.0, 1e5)?;
                all.iter().try_for_each(|m| within("minutes of service", *m, 1e-3, 1e5))
            }
        }
    }

    /// Mean minutes.
    pub fn mean(&self) -> f64 {
        match self {
            Service::Exponential { mean } | Service::LogNormal { mean, .. } => *mean,
            Service::Fixed { minutes } => *minutes,
            Service::Measured(all) => all.iter().sum::<f64>() / all.len() as f64,
        }
    }

    /// `H(x) = ∫₀ˣ P(S>u) du = E[min(S, x)]`; 0 below 0.
    pub fn started(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        match self {
            Service::Exponential { mean } => -mean * (-x / mean).exp_m1(),
            Service::Fixed { minutes } => x.min(*minutes),
            Service::LogNormal { mean, cv } => {
                let (mu, sigma) = log_normal(*mean, *cv);
                let z = (x.ln() - mu) / sigma;
                x * normal_cdf(-z) + mean * normal_cdf(z - sigma)
            }
            Service::Measured(all) => all.iter().map(|s| s.min(x)).sum::<f64>() / all.len() as f64,
        }
    }

    /// One duration.
    pub fn draw(&self, rng: &mut Rng) -> f64 {
        match self {
            Service::Exponential { mean } => rng.exponential(*mean),
            Service::Fixed { minutes } => *minutes,
            Service::LogNormal { mean, cv } => {
                let (mu, sigma) = log_normal(*mean, *cv);
                (mu + sigma * rng.normal()).exp()
            }
            Service::Measured(all) => all[rng.below(all.len())],
        }
    }
}

fn log_normal(mean: f64, cv: f64) -> (f64, f64) {
    let sigma = (1.0 + cv * cv).ln().sqrt();
    (mean.ln() - 0.5 * sigma * sigma, sigma)
}

/// `m(t)` in erlangs at `minute`, for arrivals a minute constant within each slot of `slot` minutes; nothing came before
/// the first slot and nothing comes after the last.
pub fn offered(per_minute: &[f64], slot: f64, service: &Service, minute: f64) -> f64 {
    let rate = |(k, rate): (usize, &f64)| {
        let start = k as f64 * slot;
        rate * (service.started(minute - start) - service.started(minute - start - slot))
    };
    per_minute.iter().enumerate().map(rate).sum()
}

/// The largest `m(t)` within each slot, looked at its two ends and three times between: the load is smooth within a
/// slot, and where arrivals fall it is greatest at the beginning.
pub fn offered_by_slot(per_minute: &[f64], slot: f64, service: &Service) -> Vec<f64> {
    let at = |k: usize, part: f64| offered(per_minute, slot, service, (k as f64 + part) * slot);
    let most = |k| [0.0, 0.25, 0.5, 0.75, 1.0].iter().map(|&p| at(k, p)).fold(0.0, f64::max);
    (0..per_minute.len()).map(most).collect()
}
