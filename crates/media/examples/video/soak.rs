//! `soak`: our recorder killed (SIGKILL) again and again while it records; then everything on the disk is judged.

use crate::marks::{files, of};
use crate::ours::id;
use crate::processes::Running;
use serde_json::json;
use shiguredo_mp4::demux::{DemuxError, Fmp4FileDemuxer, Input};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a kill may cost: one group of pictures of two seconds, and what was on its way on a busy machine.
const MAY_LOSE_MS: u64 = 3_000;
/// What the look through the ring may take at a start.
const MAY_RESCAN_MS: u64 = 2_000;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 100)]
    cameras: usize,
    /// In all, shared by the lives between the kills.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    #[arg(long, default_value_t = 50)]
    kills: u64,
    #[arg(long)]
    json: bool,
    /// A folder that is not there yet; removed at the end.
    #[arg(long, default_value = "target/video-soak")]
    dir: PathBuf,
}

type Fail = Box<dyn std::error::Error>;

fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as u64)
}

/// Whether an independent demuxer reads the whole file.
fn sound(path: &Path) -> bool {
    let Ok(file) = std::fs::read(path) else { return false };
    let mut d = Fmp4FileDemuxer::new();
    let mut end = 0;
    loop {
        while let Some(r) = d.required_input() {
            let start = (r.position as usize).min(file.len());
            let stop = r.size.map_or(file.len(), |n| (start + n).min(file.len()));
            d.handle_input(Input { position: r.position, data: &file[start..stop] });
        }
        match d.next_sample() {
            Ok(Some(s)) => end = s.data_offset as usize + s.data_size,
            Ok(None) => return end == file.len(),
            Err(DemuxError::InputRequired(_)) => {}
            Err(_) => return false,
        }
    }
}

pub fn run(args: &Args) -> Result<(), Fail> {
    if args.dir.exists() {
        return Err(format!("{} is there already", args.dir.display()).into());
    }
    let outcome = soak(args);
    let _ = std::fs::remove_dir_all(&args.dir);
    outcome
}

fn soak(args: &Args) -> Result<(), Fail> {
    let cameras = args.cameras.to_string();
    let mut source = Running::own(&["source", "--cameras", &cameras])?;
    let at = source.line()?;
    let root = args.dir.to_string_lossy().into_owned();
    // Shorter lives would judge streams that had no time to wait for a key frame and to record one group.
    let life = Duration::from_secs_f64((args.seconds as f64 / (args.kills + 1) as f64).max(6.5));
    let (mut kills, mut starts, mut rescan_ms) = (vec![], vec![], 0);
    for n in 0..=args.kills {
        let mut ours = Running::own(&["ours", "--root", &root, "--at", &at, "--cameras", &cameras])?;
        let first: serde_json::Value = serde_json::from_str(&ours.line()?)?;
        starts.push(now_us());
        rescan_ms = rescan_ms.max(first["rescan_ms"].as_u64().unwrap_or(u64::MAX));
        std::thread::sleep(life);
        if n < args.kills {
            ours.kill()?;
            kills.push(now_us());
        } else {
            ours.finish()?;
        }
    }
    source.finish()?;
    let (mut corrupt, mut number, mut worst_ms, mut elsewhere) = (0, 0, 0, 0);
    for n in 0..args.cameras {
        let mut marks = vec![];
        for f in files(&id(n).folder(&args.dir)) {
            number += 1;
            corrupt += usize::from(!sound(&f));
            marks.extend(of(&f)?);
        }
        marks.sort_by_key(|m| m.number);
        for (k, killed) in kills.iter().enumerate() {
            let last =
                marks.iter().rev().find(|m| m.sent_us <= *killed).map_or(starts[k], |m| m.sent_us.max(starts[k]));
            worst_ms = worst_ms.max((killed - last) / 1000);
        }
        for w in marks.windows(2).filter(|w| w[1].number != w[0].number + 1) {
            let by_kill = kills.iter().any(|k| w[0].sent_us <= *k && *k <= w[1].sent_us);
            elsewhere += if by_kill { 0 } else { w[1].number.abs_diff(w[0].number) };
        }
    }
    let all = json!({
        "cameras": args.cameras, "kills": args.kills, "life_s": life.as_secs_f64(), "files": number, "corrupt": corrupt,
        "worst_loss_at_a_kill_ms": worst_ms, "frames_lost_elsewhere": elsewhere, "longest_rescan_ms": rescan_ms,
    });
    if args.json {
        println!("{all}");
    } else {
        println!("{all:#}");
    }
    if corrupt > 0 || number == 0 || worst_ms > MAY_LOSE_MS || elsewhere > 0 {
        return Err("the recorder lost more than a kill may cost".into());
    }
    if rescan_ms > MAY_RESCAN_MS {
        return Err(format!("a start looked through the ring for {rescan_ms} ms").into());
    }
    Ok(())
}
