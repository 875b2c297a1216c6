//! `seek`: how long it takes to find a moment in a stream that was recorded for a month, and sixteen at once.
//!
//! Streams have folders of their own, so what other streams hold does not matter, except to the system's cache.

use crate::ours::id;
use media::archive::StreamId;
use media::disk::{Disk as _, Plain};
use media::fmp4::{Frame, Track, read_track};
use media::replay::{Reader, together};
use media::ring::{Group, Writer};
use media::shelf::Shelf;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 30)]
    days: i64,
    /// Streams that are asked at once.
    #[arg(long, default_value_t = 16)]
    cameras: usize,
    #[arg(long, default_value_t = 2000)]
    seeks: usize,
    #[arg(long)]
    json: bool,
    /// A folder that is not there yet; removed at the end.
    #[arg(long, default_value = "target/video-seek")]
    dir: PathBuf,
}

type Fail = Box<dyn std::error::Error>;

const BEGIN: i64 = 1_764_028_800_000;

/// A track as a camera's, out of a recording that ships with the simulated cameras.
fn track() -> Option<Track> {
    let clip = include_bytes!("../../../simcam/clips/yard.mp4");
    read_track(clip)
}

fn fill(dir: PathBuf, begin: i64, days: i64, track: &Arc<Track>) -> Result<(), Fail> {
    let mut w = Writer::new(Arc::new(Plain), dir, 0);
    let data = bytes::Bytes::from(vec![7u8; 64]);
    for n in 0..days * 86_400 / 2 {
        let frame = |i: u64| Frame {
            data: data.clone(),
            key: i == 0,
            dts: n as u64 * 180_000 + i * 18_000,
            offset: 0,
            duration: 18_000,
        };
        let frames = (0..10).map(frame).collect();
        let g = Group { track: track.clone(), frames, wall_ms: begin + n * 2000, lossy: false, follows_break: false };
        w.append(&g)?;
    }
    w.close();
    Ok(())
}

/// The `q`-hundredth of sorted times, milliseconds.
fn at(times: &[f64], q: usize) -> f64 {
    times.get((times.len() * q / 100).min(times.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

pub fn run(args: &Args) -> Result<(), Fail> {
    if args.dir.exists() {
        return Err(format!("{} is there already", args.dir.display()).into());
    }
    let outcome = seeks(args);
    let _ = std::fs::remove_dir_all(&args.dir);
    outcome
}

fn seeks(args: &Args) -> Result<(), Fail> {
    let track = Arc::new(track().ok_or("the clip has no track")?);
    let ids: Vec<StreamId> = (0..args.cameras).map(id).collect();
    // The first stream for the whole time, the others for its last day: a wall looks at one moment.
    let long = ids.first().ok_or("at least one camera")?;
    let last = BEGIN + (args.days - 1) * 86_400_000;
    fill(long.folder(&args.dir), BEGIN, args.days, &track)?;
    ids[1..].iter().try_for_each(|i| fill(i.folder(&args.dir), last, 1, &track))?;
    let mut state = 88_172_645_463_325_252u64;
    let mut random = |span: i64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % span.max(1) as u64) as i64
    };
    // A month's recordings have long been brought to the disk; what was only just written would be measured too.
    Plain.sync(&args.dir)?;
    // One for all readers, as in the server.
    let shelf = Shelf::new(&args.dir);
    let mut one = vec![];
    for _ in 0..args.seeks {
        let moment = BEGIN + random(args.days * 86_400_000 - 4_000);
        let began = Instant::now();
        let piece = shelf.reader(*long, BEGIN).seek(moment)?;
        one.push(began.elapsed().as_secs_f64() * 1000.0);
        let found = piece.is_some_and(|p| p.from_ms <= moment && moment < p.to_ms);
        if !found {
            return Err(format!("{moment} was not found").into());
        }
    }
    let mut wall = vec![];
    let mut readers: Vec<Reader> = ids.iter().map(|i| shelf.reader(*i, BEGIN)).collect();
    for _ in 0..(args.seeks / 10).max(1) {
        let moment = last + random(86_400_000 - 4_000);
        let began = Instant::now();
        let shown = together(&mut readers, moment);
        wall.push(began.elapsed().as_secs_f64() * 1000.0);
        if shown.iter().any(Option::is_none) {
            return Err(format!("{moment} was not found on every camera").into());
        }
    }
    one.sort_by(f64::total_cmp);
    wall.sort_by(f64::total_cmp);
    let all = json!({
        "days": args.days, "files_of_a_stream": args.days * 1440, "streams": args.cameras, "seeks": args.seeks,
        "one_ms": {"p50": at(&one, 50), "p99": at(&one, 99)}, "all_at_once_ms": {"p50": at(&wall, 50), "p95": at(&wall, 95)},
    });
    if args.json {
        println!("{all}");
    } else {
        println!("{all:#}");
    }
    Ok(())
}
