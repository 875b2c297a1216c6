//! What the tests of this crate share: cameras, an estate on a folder, recordings read back by an independent demuxer.
#![allow(dead_code, reason = "each test file uses its part")]

use media::archive::StreamId;
use media::camera::Source;
use media::disk::Disk;
use media::estate::{Clock, Estate, Opened, Stream};
use media::recorder::{Event, Settings};
use media::retention::Quota;
use shiguredo_mp4::demux::{DemuxError, Fmp4FileDemuxer, Input};
use simcam::{Camera, Sim, mark};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The machine's clock, moved by as much as a test wants.
#[derive(Default)]
pub struct Watch(pub AtomicI64);

impl Clock for Watch {
    fn now_ms(&self) -> i64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
        real + self.0.load(Ordering::Relaxed)
    }
}

pub fn id(n: usize) -> StreamId {
    StreamId([n as u8 + 1; 16])
}

pub fn source(url: &str) -> Source {
    Source { url: url.into(), sign_in: None, allowed: Arc::new(["127.0.0.0/8".parse().unwrap()]) }
}

pub const EVERYTHING: Quota = Quota { bytes: u64::MAX, keep_ms: None };

pub fn stream(n: usize, url: &str) -> Stream {
    Stream { id: id(n), source: source(url), record: Some(EVERYTHING), weight: 2 }
}

pub async fn sim(cameras: Vec<Camera>) -> Sim {
    Sim::start("127.0.0.1:0".parse().unwrap(), cameras).await.unwrap()
}

/// An estate on `root` with a stream for each camera of `sim`.
pub fn estate(root: &Path, disk: Arc<dyn Disk>, clock: Arc<Watch>, sim: &Sim, cameras: usize) -> Opened {
    let opened = Estate::open(Settings { floor: 0, ..Settings::new(root.into()) }, disk, clock, &HashMap::new()).unwrap();
    (0..cameras).for_each(|n| opened.estate.add(stream(n, &sim.url(n))));
    opened
}

/// Waits until `holds` or the time is over; whether it held.
pub async fn until(seconds: f64, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    holds()
}

pub async fn sleep(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

/// Ends the estate; answers with all events not taken yet.
pub fn finish(opened: Opened) -> Vec<Event> {
    let Opened { estate, mut events, .. } = opened;
    drop(estate);
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

/// Recordings below a folder, by the moment in their names.
pub fn recordings(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flat_map(|day| std::fs::read_dir(day.unwrap().path()).unwrap())
        .map(|f| f.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "mp4"))
        .collect();
    all.sort();
    all
}

/// Numbers of the frames in a recording, as an independent demuxer reads them. Panics when it cannot be read.
pub fn numbers(path: &Path) -> Vec<u64> {
    let file = std::fs::read(path).unwrap();
    let mut d = Fmp4FileDemuxer::new();
    let mut numbers = vec![];
    loop {
        while let Some(r) = d.required_input() {
            let start = (r.position as usize).min(file.len());
            let end = r.size.map_or(file.len(), |n| (start + n).min(file.len()));
            d.handle_input(Input { position: r.position, data: &file[start..end] });
        }
        match d.next_sample() {
            Ok(Some(s)) => {
                let at = s.data_offset as usize;
                numbers.extend(mark::find(&file[at..at + s.data_size]).map(|m| m.number));
            }
            Ok(None) => return numbers,
            Err(DemuxError::InputRequired(_)) => {}
            Err(e) => panic!("{}: {e:?}", path.display()),
        }
    }
}

/// Numbers of all frames recorded of stream `n`.
pub fn recorded(root: &Path, n: usize) -> Vec<u64> {
    recordings(&id(n).folder(root)).iter().flat_map(|p| numbers(p)).collect()
}

pub fn whole(numbers: &[u64]) -> bool {
    !numbers.is_empty() && numbers.windows(2).all(|w| w[1] == w[0] + 1)
}
