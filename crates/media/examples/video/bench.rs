//! `bench`: what recording costs, ours beside `ffmpeg -c copy` and GStreamer, one after the other from one source.

use crate::marks::{files, missing, of};
use crate::ours::id;
use crate::processes::{Running, memory, processor};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 100)]
    cameras: usize,
    /// Measured seconds of each recorder, after ten to warm up.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Streams that are watched in our process all the time.
    #[arg(long, default_value_t = 16)]
    viewers: usize,
    /// Bytes kept of each stream by ours; frames are then counted in what is left, and what the recorder itself left
    /// out counts whole.
    #[arg(long, default_value_t = u64::MAX)]
    quota: u64,
    /// Threads of our cameras' tasks.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Leaves the others out.
    #[arg(long)]
    alone: bool,
    #[arg(long)]
    json: bool,
    /// Where clip and recordings go; recordings are removed at the end.
    #[arg(long, default_value = "target/video-bench")]
    dir: PathBuf,
}

type Fail = Box<dyn std::error::Error>;

fn there(program: &str, arg: &str) -> bool {
    Command::new(program).arg(arg).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// 1920×1080, 25 frames per second, 2 Mbit/s, a key frame every two seconds; made once. `None` without ffmpeg.
fn clip(dir: &Path) -> Result<Option<PathBuf>, Fail> {
    let path = dir.join("1080p.mp4");
    if path.exists() || !there("ffmpeg", "-version") {
        return Ok(path.exists().then_some(path));
    }
    let filter = ["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25", "-t", "8", "-vf", "noise=alls=4:allf=t"];
    let coding = ["-c:v", "libx264", "-profile:v", "main", "-preset", "veryfast", "-bf", "0", "-pix_fmt", "yuv420p"];
    let keys = ["-x264-params", "keyint=50:min-keyint=50:scenecut=0:open-gop=0:nal-hrd=cbr"];
    let rate = ["-b:v", "2M", "-maxrate", "2M", "-bufsize", "2M"];
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(filter)
        .args(coding)
        .args(keys)
        .args(rate)
        .arg(&path)
        .status()?;
    Ok(made.success().then_some(path))
}

struct Measured {
    processor: f64,
    memory: u64,
    lost: u64,
    frames: u64,
    bytes: u64,
    /// Groups of pictures that the recorder itself says it left out, in files that are gone as well.
    told: u64,
    /// RTP packets that did not come, and frames that the recorder took in all, those whose files are gone included.
    packets: u64,
    taken: u64,
}

/// Lets processes work and looks at them; they are ended by `end`.
fn measure(
    all: &mut [Running],
    seconds: u64,
    end: fn(&mut Running) -> std::io::Result<()>,
) -> Result<(f64, u64), Fail> {
    std::thread::sleep(Duration::from_secs(10));
    let sum = |all: &[Running]| all.iter().map(|r| processor(r.id())).sum::<f64>();
    let (before, began) = (sum(all), Instant::now());
    std::thread::sleep(Duration::from_secs(seconds));
    let used = (sum(all) - before) / began.elapsed().as_secs_f64();
    let memory = all.iter().map(|r| memory(r.id())).sum();
    if !all.iter_mut().all(Running::runs) {
        return Err("a process ended before its time".into());
    }
    all.iter_mut().try_for_each(end)?;
    Ok((used, memory))
}

fn count(dirs: impl Iterator<Item = PathBuf>) -> Result<(u64, u64, u64), Fail> {
    let (mut lost, mut frames, mut bytes) = (0, 0, 0);
    for dir in dirs {
        let mut marks = vec![];
        for f in files(&dir) {
            bytes += f.metadata()?.len();
            marks.extend(of(&f)?);
        }
        frames += marks.len() as u64;
        lost += missing(&mut marks);
    }
    Ok((lost, frames, bytes))
}

fn ours(args: &Args, at: &str, root: &Path) -> Result<Measured, Fail> {
    let (cameras, viewers, quota) = (args.cameras.to_string(), args.viewers.to_string(), args.quota.to_string());
    let (place, threads) = (root.to_string_lossy(), args.threads.to_string());
    let mut line =
        vec!["ours", "--root", &place, "--at", at, "--cameras", &cameras, "--viewers", &viewers, "--quota", &quota];
    line.extend(["--threads", &threads]);
    let mut all = [Running::own(&line)?];
    all[0].line()?;
    let (processor, memory) = measure(&mut all, args.seconds, Running::finish)?;
    let end: Value = serde_json::from_str(&all[0].line()?)?;
    let said = |what: &str| end[what].as_u64().ok_or(format!("the recorder does not say {what}"));
    let (told, packets, taken) = (said("lost_groups")?, said("lost_packets")?, said("frames")?);
    let (lost, frames, bytes) = count((0..args.cameras).map(|n| id(n).folder(root)))?;
    Ok(Measured { processor, memory, lost, frames, bytes, told, packets, taken })
}

fn ffmpeg(args: &Args, at: &str, root: &Path) -> Result<Measured, Fail> {
    let mut all = vec![];
    for n in 0..args.cameras {
        let dir = root.join(n.to_string());
        std::fs::create_dir_all(&dir)?;
        let mut c = Command::new("ffmpeg");
        c.args(["-v", "quiet", "-rtsp_transport", "tcp", "-i", &format!("rtsp://{at}/cam/{n}"), "-c", "copy"]);
        c.args(["-f", "mp4", "-movflags", "+frag_keyframe+empty_moov"]).arg(dir.join("a.mp4"));
        all.push(Running::start(&mut c)?);
    }
    let (processor, memory) = measure(&mut all, args.seconds, Running::interrupt)?;
    let (lost, frames, bytes) = count((0..args.cameras).map(|n| root.join(n.to_string())))?;
    Ok(Measured { processor, memory, lost, frames, bytes, told: 0, packets: 0, taken: frames })
}

fn gstreamer(args: &Args, at: &str, root: &Path) -> Result<Measured, Fail> {
    let mut c = Command::new("gst-launch-1.0");
    c.args(["-q", "-e"]).stderr(Stdio::null());
    for n in 0..args.cameras {
        let dir = root.join(n.to_string());
        std::fs::create_dir_all(&dir)?;
        let from = format!("location=rtsp://{at}/cam/{n}");
        let to = format!("location={}", dir.join("a.mkv").display());
        // mp4mux ends the whole process when one of a hundred streams begins with a buffer without a time.
        c.args(["rtspsrc", &from, "protocols=tcp", "!", "rtph264depay", "!", "h264parse", "!", "matroskamux", "!"]);
        c.args(["filesink", &to]);
    }
    let mut all = [Running::start(&mut c)?];
    let (processor, memory) = measure(&mut all, args.seconds, Running::interrupt)?;
    let (lost, frames, bytes) = count((0..args.cameras).map(|n| root.join(n.to_string())))?;
    Ok(Measured { processor, memory, lost, frames, bytes, told: 0, packets: 0, taken: frames })
}

pub fn run(args: &Args) -> Result<(), Fail> {
    std::fs::create_dir_all(&args.dir)?;
    let clip = clip(&args.dir)?;
    let cameras = args.cameras.to_string();
    let mut line = vec!["source", "--cameras", &cameras];
    let path = clip.as_ref().map(|p| p.to_string_lossy().into_owned());
    line.extend(path.iter().flat_map(|p| ["--clip", p.as_str()]));
    let mut source = Running::own(&line)?;
    let at = source.line()?;
    let mut tools: Vec<(&str, Measured)> = vec![];
    type Tool = fn(&Args, &str, &Path) -> Result<Measured, Fail>;
    let known: [(&str, Tool, bool); 3] = [
        ("ours", ours, true),
        ("ffmpeg", ffmpeg, !args.alone && there("ffmpeg", "-version")),
        ("gstreamer", gstreamer, !args.alone && there("gst-launch-1.0", "--version")),
    ];
    for (name, tool, there) in known {
        if !there {
            eprintln!("{name}: left out");
            continue;
        }
        eprintln!("{name} …");
        let root = args.dir.join(name);
        let _ = std::fs::remove_dir_all(&root);
        let m = tool(args, &at, &root);
        let _ = std::fs::remove_dir_all(&root);
        match m {
            Ok(m) => tools.push((name, m)),
            Err(e) if name != "ours" => eprintln!("{name}: {e}; left out"),
            Err(e) => return Err(e),
        }
    }
    source.finish()?;
    report(args, &tools, clip.is_some());
    match tools.first() {
        Some((_, m)) if m.lost == 0 && m.told == 0 && m.packets == 0 && m.frames > 0 => Ok(()),
        _ => Err("frames were lost by our recorder".into()),
    }
}

fn report(args: &Args, tools: &[(&str, Measured)], full_hd: bool) {
    let per = args.cameras.max(1) as f64;
    let ratio = |name: &str, of: fn(&Measured) -> f64| {
        let get = |n: &str| tools.iter().find(|t| t.0 == n).map(|t| of(&t.1));
        get("ours").zip(get(name)).filter(|(_, o)| *o > 0.0).map(|(a, b)| (a / b * 1000.0).round() / 1000.0)
    };
    let row = |(name, m): &(&str, Measured)| {
        json!({
            "tool": name, "processor_percent": m.processor * 100.0, "processor_percent_per_camera": m.processor * 100.0 / per,
            "pss_mib_per_camera": m.memory as f64 / per / 1048576.0, "frames": m.frames, "lost_frames": m.lost, "groups_told_lost": m.told,
            "packets_lost": m.packets, "frames_taken": m.taken,
            "mbit_per_camera": m.bytes as f64 * 8.0 / per / (args.seconds + 10) as f64 / 1e6,
        })
    };
    let ratios = |of: fn(&Measured) -> f64| json!({"ffmpeg": ratio("ffmpeg", of), "gstreamer": ratio("gstreamer", of)});
    let all: Value = json!({
        "cameras": args.cameras, "seconds": args.seconds, "viewers_in_ours": args.viewers,
        "clip": if full_hd { "1920x1080, 25 frames/s" } else { "640x360, 25 frames/s" },
        "tools": tools.iter().map(row).collect::<Vec<_>>(),
        "ours_to_processor_of": ratios(|m| m.processor), "ours_to_memory_of": ratios(|m| m.memory as f64),
    });
    if args.json {
        println!("{all}");
        return;
    }
    println!("{} cameras, {} s, {}", args.cameras, args.seconds, all["clip"].as_str().unwrap_or(""));
    for t in all["tools"].as_array().into_iter().flatten() {
        println!(
            "{:10} {:7.2} % of a core, {:.3} % and {:.2} MiB a camera, {} frames, {} lost",
            t["tool"].as_str().unwrap_or(""),
            t["processor_percent"].as_f64().unwrap_or(0.0),
            t["processor_percent_per_camera"].as_f64().unwrap_or(0.0),
            t["pss_mib_per_camera"].as_f64().unwrap_or(0.0),
            t["frames"],
            t["lost_frames"],
        );
    }
    println!("ours to the others: processor {}, memory {}", all["ours_to_processor_of"], all["ours_to_memory_of"]);
}
