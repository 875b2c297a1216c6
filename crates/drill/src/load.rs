//! Load at a fixed rate. Every request has its moment in a timetable made beforehand; its latency is
//! counted from that moment, so that a slow server cannot slow the questions down and look fast
//! (open loop). Callers are bounded; what they cannot send in time counts as waiting.

use crate::client::Client;
use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Connections at once.
pub const CALLERS: usize = 48;

/// One kind of page with what may be asked of it.
#[derive(Clone, Debug)]
pub struct Page {
    pub name: &'static str,
    /// Of a hundred requests, this many.
    pub share: usize,
    /// The caller's cookie.
    pub cookie: String,
    /// Asked in turn.
    pub paths: Vec<String>,
}

/// What a page took, in milliseconds.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Taken {
    pub page: String,
    pub requests: usize,
    pub errors: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub kilobytes: f64,
}

/// A run at one rate.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Run {
    /// Requests per second asked for; 0: as many as the callers get through.
    pub asked_per_second: usize,
    pub per_second: f64,
    pub all: Taken,
    pub pages: Vec<Taken>,
}

struct Sample {
    page: usize,
    took: Duration,
    good: bool,
    bytes: usize,
}

/// Asks for `seconds` at `rate` requests per second (0: without pause).
pub async fn run(at: SocketAddr, pages: &[Page], rate: usize, seconds: u64) -> Result<Run> {
    ensure!(pages.iter().all(|p| !p.paths.is_empty()), "a page without paths");
    let pages: Arc<Vec<Page>> = Arc::new(pages.to_vec());
    let plan: Arc<Vec<usize>> = Arc::new(plan(&pages));
    let total = if rate == 0 { usize::MAX } else { rate * seconds as usize };
    let (next, samples) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let begun = Instant::now() + Duration::from_millis(50);
    let end = begun + Duration::from_secs(seconds);
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (pages, plan, next, samples) = (pages.clone(), plan.clone(), next.clone(), samples.clone());
        crowd.spawn(async move {
            let mut client = Client::new(at);
            let mut mine = vec![];
            loop {
                let n = next.fetch_add(1, Relaxed);
                if n >= total || (rate == 0 && Instant::now() >= end) {
                    break;
                }
                let due = match rate {
                    0 => Instant::now(),
                    r => begun + Duration::from_secs_f64(n as f64 / r as f64),
                };
                tokio::time::sleep_until(due.into()).await;
                let page = plan[n % plan.len()];
                let p = &pages[page];
                client.cookie = Some(p.cookie.clone());
                let reply = client.get(&p.paths[(n / plan.len() + n) % p.paths.len()]).await;
                let (good, bytes) = reply.map_or((false, 0), |r| (r.status == 200, r.body.len()));
                mine.push(Sample { page, took: due.elapsed(), good, bytes });
            }
            samples.lock().unwrap_or_else(|e| e.into_inner()).extend(mine);
        });
    }
    while let Some(done) = crowd.join_next().await {
        done?;
    }
    let wall = begun.elapsed().as_secs_f64();
    let samples = samples.lock().unwrap_or_else(|e| e.into_inner());
    let of = |name: &str, which: &dyn Fn(&Sample) -> bool| sum(name, samples.iter().filter(|s| which(s)).collect());
    Ok(Run {
        asked_per_second: rate,
        per_second: samples.len() as f64 / wall,
        all: of("all", &|_| true),
        pages: pages.iter().enumerate().map(|(i, p)| of(p.name, &|s| s.page == i)).collect(),
    })
}

/// A hundred places, each page in its share, well mixed (steps of 37 reach every place once).
fn plan(pages: &[Page]) -> Vec<usize> {
    let flat: Vec<usize> = pages.iter().enumerate().flat_map(|(i, p)| std::iter::repeat_n(i, p.share)).collect();
    let n = flat.len().max(1);
    let step = (1..=n).rev().find(|s| *s < n.max(38) && gcd(*s, n) == 1 && *s <= 37).unwrap_or(1);
    (0..flat.len()).map(|i| flat[i * step % n]).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The same summary for times measured elsewhere: took, good, bytes.
pub fn of_times(name: &str, times: &[(Duration, bool, usize)]) -> Taken {
    let samples: Vec<Sample> = times.iter().map(|t| Sample { page: 0, took: t.0, good: t.1, bytes: t.2 }).collect();
    sum(name, samples.iter().collect())
}

fn sum(name: &str, mut samples: Vec<&Sample>) -> Taken {
    samples.sort_by_key(|s| s.took);
    let at = |share: f64| {
        let i = ((samples.len() as f64 * share).ceil() as usize).clamp(1, samples.len().max(1)) - 1;
        samples.get(i).map_or(0.0, |s| s.took.as_secs_f64() * 1000.0)
    };
    let bytes: usize = samples.iter().map(|s| s.bytes).sum();
    Taken {
        page: name.into(),
        requests: samples.len(),
        errors: samples.iter().filter(|s| !s.good).count(),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        max_ms: at(1.0),
        kilobytes: bytes as f64 / samples.len().max(1) as f64 / 1024.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timetable_holds_every_page_in_its_share() {
        let page = |name, share| Page { name, share, cookie: String::new(), paths: vec![] };
        let plan = plan(&[page("a", 40), page("b", 40), page("c", 15), page("d", 5)]);
        let count = |p| plan.iter().filter(|x| **x == p).count();
        assert_eq!((count(0), count(1), count(2), count(3)), (40, 40, 15, 5));
        assert_ne!(plan[0], plan[2]);
    }

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let samples: Vec<Sample> =
            (1..=200).rev().map(|i| Sample { page: 0, took: Duration::from_millis(i), good: i != 7, bytes: 1024 }).collect();
        let t = sum("x", samples.iter().collect());
        assert_eq!((t.requests, t.errors, t.p50_ms, t.p99_ms, t.max_ms), (200, 1, 100.0, 198.0, 200.0));
        assert_eq!(sum("x", vec![]).p99_ms, 0.0);
    }
}
