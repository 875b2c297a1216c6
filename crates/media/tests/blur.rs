//! Regions burnt in by a real ffmpeg; the result is decoded and looked at, picture by picture.

use media::blur::{BlurError, KeyPoint, Limits, Program, Region, blur};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const W: usize = 320;
const H: usize = 180;
const LIMITS: Limits = Limits { time: Duration::from_secs(120), bytes: 50 << 20, memory: 2 << 30 };

async fn program() -> Option<Program> {
    match Program::find(None).await {
        Ok(p) => Some(p),
        Err(BlurError::NoProgram | BlurError::NoEncoder) => {
            eprintln!("no ffmpeg with an H.264 encoder: the test of real films is left out");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

/// A film of sharp random squares, three seconds at 25 a second: every place has detail.
fn film(dir: &Path) -> PathBuf {
    let to = dir.join("film.mp4");
    let noise = format!(
        "nullsrc=s=40x24:r=25:d=3,geq=lum='mod(X*7919+Y*104729+X*Y*31,256)':cb=128:cr=128,scale={W}:{H}:flags=neighbor,format=yuv420p"
    );
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &noise, "-c:v", "libx264", "-crf", "12", "-y"])
        .arg(&to)
        .status()
        .unwrap();
    assert!(done.success());
    to
}

/// The luminance of every picture.
fn pictures(film: &Path) -> Vec<Vec<u8>> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(film)
        .args(["-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout.chunks(W * H).map(<[u8]>::to_vec).collect()
}

struct Box4 {
    x: usize,
    y: usize,
    w: usize,
    h: usize,
}

impl Box4 {
    fn has(&self, x: usize, y: usize) -> bool {
        (self.x..self.x + self.w).contains(&x) && (self.y..self.y + self.h).contains(&y)
    }
    /// Mean step between neighbours: how much detail there is.
    fn detail(&self, p: &[u8]) -> f64 {
        let (mut sum, mut n) = (0.0, 0.0);
        for y in self.y..self.y + self.h {
            for x in self.x + 1..self.x + self.w {
                sum += f64::from(p[y * W + x].abs_diff(p[y * W + x - 1]));
                n += 1.0;
            }
        }
        sum / n
    }
}

/// Mean difference of two pictures outside the boxes.
fn outside(a: &[u8], b: &[u8], boxes: &[Box4]) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for y in 0..H {
        for x in 0..W {
            if !boxes.iter().any(|r| r.has(x, y)) {
                sum += f64::from(a[y * W + x].abs_diff(b[y * W + x]));
                n += 1.0;
            }
        }
    }
    sum / n
}

fn key(at_ms: u32, x: f64, y: f64, w: f64, h: f64) -> KeyPoint {
    KeyPoint { at_ms, x, y, w, h }
}

#[tokio::test]
async fn what_is_under_a_region_is_gone_in_every_picture_and_the_rest_stays() {
    let Some(program) = program().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let from = film(dir.path());
    let original = std::fs::read(&from).unwrap();
    // A name that would be an option or a protocol if it were taken for one.
    let to = dir.path().join("-out:file.mp4");
    let moves = Region { keys: vec![key(0, 0.0, 0.5, 0.2, 0.3), key(2000, 0.7, 0.5, 0.2, 0.3)] };
    let stays = Region { keys: vec![key(0, 0.4, 0.0, 0.2, 0.25)] };
    let done = blur(&program, &from, &to, (W as u16, H as u16), &[moves, stays], &LIMITS).await.unwrap();
    assert_eq!(done.bytes, std::fs::metadata(&to).unwrap().len());
    assert!(done.pictures == 75 && done.codec.starts_with("avc1."), "{done:?}");
    assert_eq!(std::fs::read(&from).unwrap(), original, "the original stays");
    let (before, after) = (pictures(&from), pictures(&to));
    assert_eq!((before.len(), after.len()), (75, 75));
    let mut worst = (0.0f64, f64::MAX, 0.0f64);
    for (n, (a, b)) in before.iter().zip(&after).enumerate() {
        let t = n as f64 / 25.0;
        let still = Box4 { x: 128, y: 2, w: 64, h: 42 };
        let x = (0.7 * (t / 2.0).min(1.0) * W as f64).round() as usize;
        let moving = Box4 { x: x + 1, y: 91, w: 62, h: 52 };
        let hidden = if t <= 2.0 { vec![still, moving] } else { vec![still] };
        for r in &hidden {
            worst.0 = worst.0.max(r.detail(b));
            worst.1 = worst.1.min(r.detail(a));
        }
        // A region reaches some pixels further than it was drawn.
        let wide: Vec<Box4> = hidden
            .iter()
            .map(|r| Box4 { x: r.x.saturating_sub(14), y: r.y.saturating_sub(14), w: r.w + 28, h: r.h + 28 })
            .collect();
        if !(2.0..2.3).contains(&t) {
            worst.2 = worst.2.max(outside(a, b, &wide));
        }
    }
    let (detail, was, rest) = worst;
    println!("detail under regions: {detail:.2} at most, was {was:.2} at least; difference outside {rest:.2} at most");
    assert!(detail < 4.0 && was > 5.0 && detail * 3.0 < was, "{worst:?}");
    assert!(rest < 3.0, "{worst:?}");
}

#[tokio::test]
async fn every_way_of_failing_is_stated_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Program::find(Some(&dir.path().join("none"))).await, Err(BlurError::NoProgram)));
    let Some(program) = program().await else { return };
    let from = film(dir.path());
    let region = [Region { keys: vec![key(0, 0.1, 0.1, 0.2, 0.2)] }];
    let size = (W as u16, H as u16);
    let to = dir.path().join("out.mp4");
    let run = async |from: &Path, to: &Path, limits: Limits| blur(&program, from, to, size, &region, &limits).await;
    assert!(matches!(run(&dir.path().join("missing.mp4"), &to, LIMITS).await, Err(BlurError::Failed(_))));
    // A playlist that would make the program read another file.
    let trap = dir.path().join("trap.mp4");
    std::fs::write(&trap, format!("ffconcat version 1.0\nfile '{}'\n", from.display())).unwrap();
    assert!(matches!(run(&trap, &to, LIMITS).await, Err(BlurError::Failed(_))));
    assert!(matches!(
        run(&from, &to, Limits { time: Duration::from_millis(1), ..LIMITS }).await,
        Err(BlurError::Time(_))
    ));
    assert!(matches!(run(&from, &to, Limits { bytes: 3_000, ..LIMITS }).await, Err(BlurError::Size)));
    assert!(matches!(run(&from, &from, LIMITS).await, Err(BlurError::Exists)));
    assert!(matches!(blur(&program, &from, &to, size, &[], &LIMITS).await, Err(BlurError::Regions(_))));
    let mut left: Vec<String> =
        std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["film.mp4", "trap.mp4"]);
}
