//! What the site counts about its own work: requests by route pattern and status, how long answers
//! took, open live streams. Route patterns only, never a path with an id in it: no personal data.
//!
//! Own text instead of a metrics library: three kinds of numbers on one page do not pay for a global
//! recorder and some fifteen crates.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Upper bounds of the latency buckets, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0, 10.0];

/// Latencies of one route.
#[derive(Clone, Default)]
struct Latency {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Latency {
    fn add(&mut self, took: Duration) {
        let s = took.as_secs_f64();
        if let Some(i) = BOUNDS.iter().position(|b| s <= *b) {
            self.buckets[i] += 1;
        }
        self.count += 1;
        self.seconds += s;
    }
}

#[derive(Default)]
struct Inner {
    requests: BTreeMap<(String, &'static str, u16), u64>,
    latency: BTreeMap<String, Latency>,
}

/// Counters of one site since its start; cheap to clone. Bounded by the number of routes.
#[derive(Clone, Default)]
pub struct Meter {
    inner: Arc<Mutex<Inner>>,
    live: Arc<AtomicI64>,
}

/// An open live stream; counted until dropped.
pub struct Open(Arc<AtomicI64>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Meter {
    /// Counts a live stream for as long as the guard lives.
    pub fn open_live(&self) -> Open {
        self.live.fetch_add(1, Relaxed);
        Open(self.live.clone())
    }

    fn add(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let mut inner = self.inner.lock().unwrap_or_else(|e| e.into_inner());
        *inner.requests.entry((route.to_string(), method, status)).or_default() += 1;
        inner.latency.entry(route.to_string()).or_default().add(took);
    }

    /// Prometheus text, version 0.0.4.
    pub fn text(&self) -> String {
        let inner = self.inner.lock().unwrap_or_else(|e| e.into_inner());
        let mut out = String::from("# HELP fengqiao_requests_total Requests by route pattern, method and status.\n# TYPE fengqiao_requests_total counter\n");
        for ((route, method, status), n) in &inner.requests {
            let _ = writeln!(out, "fengqiao_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {n}");
        }
        out.push_str("# HELP fengqiao_request_seconds Time to the answer's head, by route pattern.\n# TYPE fengqiao_request_seconds histogram\n");
        for (route, l) in &inner.latency {
            let mut sum = 0;
            for (bound, n) in BOUNDS.iter().zip(l.buckets) {
                sum += n;
                let _ = writeln!(out, "fengqiao_request_seconds_bucket{{route=\"{route}\",le=\"{bound}\"}} {sum}");
            }
            let _ = writeln!(out, "fengqiao_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", l.count);
            let _ = writeln!(out, "fengqiao_request_seconds_sum{{route=\"{route}\"}} {:.6}", l.seconds);
            let _ = writeln!(out, "fengqiao_request_seconds_count{{route=\"{route}\"}} {}", l.count);
        }
        let _ = write!(
            out,
            "# HELP fengqiao_live_streams Open live streams.\n# TYPE fengqiao_live_streams gauge\nfengqiao_live_streams {}\n",
            self.live.load(Relaxed)
        );
        out
    }
}

/// The outermost layer of every route: counts the request when its answer's head is ready.
pub(crate) async fn count(State(meter): State<Meter>, req: Request, next: Next) -> Response {
    let route = req.extensions().get::<MatchedPath>().map_or("none", |m| m.as_str()).to_string();
    let method = match *req.method() {
        http::Method::GET => "GET",
        http::Method::POST => "POST",
        http::Method::HEAD => "HEAD",
        _ => "other",
    };
    let begun = Instant::now();
    let response = next.run(req).await;
    meter.add(&route, method, response.status().as_u16(), begun.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up_and_hold_patterns_only() {
        let m = Meter::default();
        m.add("/people/{id}", "GET", 200, Duration::from_millis(4));
        m.add("/people/{id}", "GET", 200, Duration::from_secs(60));
        m.add("/people/{id}", "GET", 404, Duration::from_micros(10));
        let open = m.open_live();
        let text = m.text();
        for line in [
            "fengqiao_requests_total{route=\"/people/{id}\",method=\"GET\",status=\"200\"} 2",
            "fengqiao_request_seconds_bucket{route=\"/people/{id}\",le=\"0.001\"} 1",
            "fengqiao_request_seconds_bucket{route=\"/people/{id}\",le=\"0.005\"} 2",
            "fengqiao_request_seconds_bucket{route=\"/people/{id}\",le=\"10\"} 2",
            "fengqiao_request_seconds_bucket{route=\"/people/{id}\",le=\"+Inf\"} 3",
            "fengqiao_live_streams 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        drop(open);
        assert!(m.text().contains("fengqiao_live_streams 0"));
    }
}
