//! The two processes that work: simulated cameras, and the recorder.

use media::archive::StreamId;
use media::camera::Source;
use media::disk::Plain;
use media::estate::{Clock, Estate, Opened, Stream};
use media::recorder::{Event, Settings};
use media::retention::Quota;
use simcam::{Camera, Clip, Sim, clips};
use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The id of camera `n`.
pub fn id(n: usize) -> StreamId {
    let mut id = [0; 16];
    id[0] = 1;
    // The last two bytes spread rotation over the minute.
    id[14..].copy_from_slice(&((n * 599 % 60_000) as u16).to_le_bytes());
    id[8..12].copy_from_slice(&(n as u32).to_be_bytes());
    StreamId(id)
}

struct Machine;

impl Clock for Machine {
    fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
    }
}

async fn until_input_ends() {
    let read = || std::io::stdin().read_to_end(&mut vec![]);
    let _ = tokio::task::spawn_blocking(read).await;
}

/// Plays cameras.
pub fn source(cameras: usize, clip: Option<PathBuf>) -> Outcome {
    let clip = match clip {
        Some(path) => Arc::new(Clip::read(&std::fs::read(path)?)?),
        None => clips::yard()?,
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        // Real cameras do not send their key frames all at once.
        let ahead = |n: usize| Duration::from_millis(n as u64 * 617 % 8_000);
        let all = (0..cameras).map(|n| Camera { ahead: ahead(n), ..Camera::new(clip.clone()) }).collect();
        let sim = Sim::start("127.0.0.1:0".parse()?, all).await?;
        println!("{}", sim.addr());
        until_input_ends().await;
        Ok(())
    })
}

/// Records `cameras` from `at` into `root`; prints how long the look through the ring took, and at the end what was lost.
pub async fn record(root: PathBuf, at: &str, cameras: usize, viewers: usize, quota: u64) -> Outcome {
    let began = Instant::now();
    let Opened { estate, mut events, found } =
        Estate::open(Settings { floor: 0, ..Settings::new(root) }, Arc::new(Plain), Arc::new(Machine), &HashMap::new())?;
    let rows: usize = found.iter().map(|f| f.rows.len()).sum();
    println!("{{\"rescan_ms\":{},\"rows\":{rows}}}", began.elapsed().as_millis());
    let allowed: Arc<[_]> = Arc::new(["127.0.0.0/8".parse()?]);
    for n in 0..cameras {
        let source = Source { url: format!("rtsp://{at}/cam/{n}"), sign_in: None, allowed: allowed.clone() };
        let record = Some(Quota { bytes: quota, keep_ms: None });
        estate.add(Stream { id: id(n), source, record, weight: 2 });
    }
    for n in 0..viewers.min(cameras) {
        if let Some(mut v) = estate.watch(id(n)) {
            tokio::spawn(async move { while v.next().await.is_some() {} });
        }
    }
    let taker = tokio::spawn(async move {
        let mut lost = 0;
        while let Some(e) = events.recv().await {
            match e {
                Event::Lost(_, n) => lost += n,
                Event::Camera(id, Some(t)) => eprintln!("{id}: {t}"),
                Event::Disk(d) => eprintln!("disk: {d:?}"),
                _ => {}
            }
        }
        lost
    });
    until_input_ends().await;
    let health = estate.health();
    drop(estate);
    let frames: u64 = health.iter().map(|h| h.frames).sum();
    let packets: u64 = health.iter().map(|h| h.lost_packets).sum();
    println!("{{\"frames\":{frames},\"lost_packets\":{packets},\"lost_groups\":{}}}", taker.await?);
    Ok(())
}
