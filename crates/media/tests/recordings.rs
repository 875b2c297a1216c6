//! Recordings through the whole way, RTSP to ring to export, read back by independent demuxers.

mod common;

use common::*;
use media::disk::Plain;
use media::estate::Opened;
use media::export::Clip;
use media::recorder::Event;
use media::recover::recover;
use media::ring::Closed;
use media::shelf::Shelf;
use media::wire::{Message, read};
use simcam::{Camera, clips, mark};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

fn rows(o: Opened) -> Vec<Closed> {
    finish(o).into_iter().filter_map(|e| if let Event::Closed(_, c) = e { Some(c) } else { None }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_frame_of_both_codings_is_read_back_torn_or_not() {
    let s = sim(vec![Camera::new(clips::yard().unwrap()), Camera::new(clips::yard265().unwrap())]).await;
    let dir = tempfile::tempdir().unwrap();
    let o = estate(dir.path(), Arc::new(Plain), Arc::default(), &s, 2);
    sleep(7.0).await;
    let newest = rows(o);
    for n in 0..2 {
        let sent = recorded(dir.path(), n);
        assert!(whole(&sent) && sent.len() > 100, "{}", sent.len());
        let path = &newest.iter().rev().find(|c| c.path.starts_with(id(n).folder(dir.path()))).unwrap().path;
        let data = std::fs::read(path).unwrap();
        std::fs::write(path, &data[..data.len() - 7]).unwrap();
        let groups = recover(path).unwrap();
        let kept = if groups.is_some() { numbers(path) } else { vec![] };
        assert!(sent.windows(kept.len().max(1)).any(|w| w.starts_with(&kept)), "a torn file keeps its whole groups");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_recorded_can_be_replayed_at_once() {
    let s = sim(vec![Camera::new(clips::yard().unwrap())]).await;
    let dir = tempfile::tempdir().unwrap();
    let o = estate(dir.path(), Arc::new(Plain), Arc::default(), &s, 1);
    sleep(7.0).await;
    let from = media::estate::Clock::now_ms(&Watch::default()) - 4_500;
    let mut r = Shelf::new(dir.path()).reader(id(0), from - 10_000);
    let first = r.seek(from).unwrap().expect("recorded four seconds ago");
    assert!(first.from_ms <= from && first.to_ms > from && first.key);
    let messages = first.messages(true);
    assert!(matches!(read(&messages[0]).unwrap().1, Message::Init { codec: "avc1.4D401E", .. }));
    let Message::Fragment { bytes, .. } = read(&messages[1]).unwrap().1 else { panic!("a fragment") };
    assert!(mark::find(bytes).is_some());
    let second = r.step().unwrap().expect("the next group");
    // The clock of the camera is followed by some milliseconds when the machine is busy; a picture takes 40.
    assert!((second.from_ms - first.to_ms).abs() < 40 && second.gap_ms == 0, "{first:?} {second:?}");
    let mut viewer = o.estate.watch(id(0)).unwrap();
    let mut first = vec![];
    for _ in 0..2 {
        first.push(tokio::time::timeout(std::time::Duration::from_millis(20), viewer.next()).await.unwrap().unwrap());
    }
    let key = |m: &[u8]| matches!(read(m).unwrap().1, Message::Fragment { key: true, .. });
    assert!(
        matches!(read(&first[0]).unwrap().1, Message::Init { .. }) && key(&first[1]),
        "a viewer waits for no key frame"
    );
    drop(o);
}

fn ffprobe(path: &Path, args: &[&str]) -> String {
    let out = Command::new("ffprobe").args(["-v", "error"]).args(args).arg(path).output().unwrap();
    assert!(
        out.stderr.is_empty() && out.status.success(),
        "{}: {}",
        path.display(),
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

/// Pictures that ffmpeg decodes; panics on the first error it finds.
fn decoded(path: &Path) -> usize {
    let count = ["-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"];
    ffprobe(path, &count).trim().trim_end_matches(',').parse().unwrap()
}

/// Presentation and decode times of all pictures, seconds.
fn packets(path: &Path) -> Vec<(f64, f64)> {
    let text = ffprobe(path, &["-select_streams", "v", "-show_entries", "packet=pts_time,dts_time", "-of", "csv=p=0"]);
    let pair = |l: &str| {
        let (p, d) = l.trim_end_matches(',').split_once(',')?;
        Some((p.parse().unwrap(), d.parse().unwrap()))
    };
    text.lines().filter_map(pair).collect()
}

/// Shortest and longest time from a picture to the next.
fn steps(path: &Path) -> (f64, f64) {
    let mut shown: Vec<f64> = packets(path).iter().map(|p| p.0).collect();
    shown.sort_by(f64::total_cmp);
    // A recording may end between a picture and those shown before it.
    shown.truncate(shown.len() - 16);
    let steps = shown.windows(2).map(|w| w[1] - w[0]);
    steps.fold((f64::MAX, 0.0), |(a, b), s| (a.min(s), b.max(s)))
}

fn real_clips() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = here.ancestors().map(|a| a.join("shared/data/video")).find(|d| d.is_dir());
    let mut all: Vec<PathBuf> =
        shared.into_iter().flat_map(|d| std::fs::read_dir(d).unwrap()).map(|f| f.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "mp4"));
    all.sort();
    all
}

fn has(program: &str) -> bool {
    Command::new(program).arg("-version").output().is_ok()
}

/// Baseline with an odd frame rate, B frames, High profile, clips with sound: the pictures of each pass from camera to export, the
/// sound that some cameras offer does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_clips_pass_through_the_ring_and_are_decoded_without_an_error() {
    let clips: Vec<PathBuf> = real_clips();
    if clips.is_empty() || !has("ffprobe") {
        println!("left out: shared/data/video or ffprobe is not on this machine");
        return;
    }
    let sound = |bytes: &[u8]| bytes.windows(4).any(|w| w == b"soun");
    let cameras: Vec<Camera> = clips
        .iter()
        .map(|p| std::fs::read(p).unwrap())
        .map(|b| Camera { sound: sound(&b), ..Camera::new(Arc::new(simcam::Clip::read(&b).unwrap())) })
        .collect();
    let offered: Vec<bool> = cameras.iter().map(|c| c.sound).collect();
    assert!(offered.contains(&true), "one of them has sound");
    let s = sim(cameras).await;
    let dir = tempfile::tempdir().unwrap();
    let o = estate(dir.path(), Arc::new(Plain), Arc::default(), &s, clips.len());
    // The longest distance of key frames among them is 8.4 s.
    sleep(19.0).await;
    let troubles: Vec<_> = o.estate.health().into_iter().filter_map(|h| h.trouble).collect();
    assert!(troubles.is_empty(), "{troubles:?}");
    assert_eq!(o.estate.health().into_iter().map(|h| h.sound).collect::<Vec<_>>(), offered, "who offers sound");
    finish(o);
    for (n, clip) in clips.iter().enumerate() {
        let name = clip.file_name().unwrap().to_string_lossy();
        let sent = recorded(dir.path(), n);
        assert!(whole(&sent), "{name}: a frame is missing");
        let files = recordings(&id(n).folder(dir.path()));
        let shown: usize = files.iter().map(|f| decoded(f)).sum();
        assert_eq!(shown, sent.len(), "{name}: every recorded picture is decoded");
        let start: i64 = files[0].file_stem().unwrap().to_string_lossy().parse().unwrap();
        let export = Clip::plan(dir.path(), id(n), start, start + 60_000).unwrap();
        let m = export.manifest();
        assert_eq!((m.parts.len(), m.gaps.len(), m.parts[0].segments.len()), (1, 1, 1), "{name}: {m:?}");
        let out = dir.path().join("export.mp4");
        export.write(0, &mut std::fs::File::create(&out).unwrap(), &mut []).unwrap();
        assert_eq!(std::fs::metadata(&out).unwrap().len(), m.parts[0].bytes);
        assert_eq!(decoded(&out), sent.len(), "{name}: every picture is in the export");
        let heard = ffprobe(&out, &["-select_streams", "a", "-show_entries", "stream=codec_name", "-of", "csv=p=0"]);
        assert!(heard.is_empty() && !sound(&std::fs::read(&files[0]).unwrap()), "{name}: no sound");
        assert_eq!(m.parts[0].pictures, sent.len() as u64);
        assert!(packets(&out).windows(2).all(|w| w[1].1 > w[0].1), "{name}: decode times go on");
        let (least, most) = steps(&out);
        let (_, longest) = steps(clip);
        // Where the clip begins anew, the picture before may last up to two longer.
        assert!(
            least > 0.0 && most <= longest * 3.0,
            "{name}: pictures {least} to {most} s apart, in the clip {longest}"
        );
        let length: f64 =
            ffprobe(&out, &["-show_entries", "format=duration", "-of", "csv=p=0"]).trim().parse().unwrap();
        // Each file takes the wall clock anew; until then up to half a second may be between film and clock.
        let told = m.parts[0].segments[0].to_ms - m.parts[0].segments[0].from_ms;
        assert!((length * 1000.0 - told as f64).abs() < 600.0, "{name}: {length} s for {told} ms");
        println!("{name}: {} pictures recorded, exported and decoded", sent.len());
    }
}
