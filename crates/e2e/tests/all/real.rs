//! Real clips (Baseline with an odd frame rate, B frames, High, with sound; `shared/data/video`, left out where that is not there)
//! played by simulated cameras and shown in Chromium through media source extensions: on the wall, at a past minute, and as
//! exported films. What `crates/media/tests/recordings.rs` proves of the bytes is seen here.

use anyhow::{Context, Result, ensure};
use e2e::cameras::{NewCamera, register, watch};
use e2e::{Browser, Server, Tab, View};
use simcam::{Camera, Clip, Sim};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the cameras are called.
const NAME: &str = "实拍";

struct Real {
    name: String,
    width: u16,
    camera: Camera,
}

/// The clips, with the width of their pictures.
fn real_clips() -> Result<Vec<Real>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(shared) = here.ancestors().map(|a| a.join("shared/data/video")).find(|d| d.is_dir()) else { return Ok(vec![]) };
    let mut files: Vec<PathBuf> = std::fs::read_dir(shared)?.map(|f| Ok(f?.path())).collect::<Result<_>>()?;
    files.retain(|p| p.extension().is_some_and(|e| e == "mp4"));
    files.sort();
    let mut all = vec![];
    for path in files {
        let bytes = std::fs::read(&path)?;
        // The visual sample entry: its width stands 24 bytes behind the name.
        let named = |n: &usize| &bytes[*n..*n + 4] == b"avc1" && bytes.get(n + 4..n + 10) == Some(&[0; 6]);
        let entry = (0..bytes.len() - 30).find(named).context("no H.264")?;
        let width = u16::from_be_bytes([bytes[entry + 28], bytes[entry + 29]]);
        let sound = bytes.windows(4).any(|w| w == b"soun");
        let clip = Clip::read(&bytes).with_context(|| path.display().to_string())?;
        let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
        all.push(Real { name, width, camera: Camera { sound, ..Camera::new(Arc::new(clip)) } });
    }
    Ok(all)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_clips_are_shown_on_the_wall_at_a_past_minute_and_as_exported_films() {
    if e2e::skipped() {
        return;
    }
    let clips = real_clips().expect("the clips are read");
    if clips.is_empty() {
        println!("left out: shared/data/video is not on this machine");
        return;
    }
    let sim = Sim::start(([127, 0, 0, 1], 0).into(), clips.iter().map(|c| c.camera.clone()).collect()).await.expect("the cameras start");
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser, &sim, &clips).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

/// Of each tile: camera, pictures presented within five seconds (requestVideoFrameCallback), how far the film went meanwhile
/// in seconds, width of the picture.
const TILES: &str = "new Promise(done => { \
  const all = [...document.querySelectorAll('.tile:not(.tile--blank)')].map(t => ({ t, v: [...t.querySelectorAll('video')].find(v => !v.hidden), n: 0 })); \
  for (const x of all) { const count = () => { x.n += 1; x.v.requestVideoFrameCallback(count); }; x.v.requestVideoFrameCallback(count); x.at = x.v.currentTime; } \
  setTimeout(() => done(all.map(x => [x.t.dataset.camera, x.n, x.v.currentTime - x.at, x.v.videoWidth])), 5000); })";

/// A picture as wide as its clip; pixels that are not square make it a tenth wider.
fn alike(shown: u16, clip: u16) -> bool {
    u32::from(shown.abs_diff(clip)) * 8 <= u32::from(clip)
}

/// Waits until every camera's tile presents pictures of its own size and goes on; fails after a while with what there is.
async fn shown(tab: &Tab, cameras: &[String], clips: &[Real], what: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let tiles: Vec<(String, i64, f64, u16)> = tab.eval(TILES).await.unwrap_or_default();
        let of = |n: usize| tiles.iter().find(|t| t.0 == cameras[n]);
        // Ten pictures a second is the slowest clip; a busy machine shows fewer.
        let good = |n: usize| of(n).is_some_and(|t| t.1 >= 8 && t.2 > 2.0 && alike(t.3, clips[n].width));
        if (0..clips.len()).all(good) {
            for (n, c) in clips.iter().enumerate() {
                if let Some(t) = of(n) {
                    println!("{what}: {}: {} pictures in 5 s, {:.1} s of film, {} wide", c.name, t.1, t.2, t.3);
                }
            }
            return Ok(());
        }
        let names: Vec<&str> = (0..clips.len()).filter(|n| !good(*n)).map(|n| clips[n].name.as_str()).collect();
        ensure!(begun.elapsed() < Duration::from_secs(90), "{what}: not shown {names:?}: {tiles:?}");
    }
}

async fn story(server: &Server, browser: &Browser, sim: &Sim, clips: &[Real]) -> Result<()> {
    let admin = browser.person(server).await?;
    admin.sign_in(server.account("admin.system")?).await?;
    admin.enrol().await?;
    let new = |n: usize| NewCamera { name: format!("{NAME}{n}"), main: sim.url(n), small: None };
    let (group, cameras) = register(&admin, NAME, "SP", &(0..clips.len()).map(new).collect::<Vec<_>>()).await?;
    let begun = Instant::now();

    let officer = browser.person(server).await?;
    officer.sign_in(server.account("zy.mj1")?).await?;
    let id = watch(&officer, "/video/wall", "case", "核对实拍的片子").await?;
    officer.open(&format!("/video/wall?watch={id}&size=9&group={group}")).await?;
    shown(&officer, &cameras, clips, "the wall").await?;
    officer.picture(View::Desktop, &e2e::pictures()?.join("video-real-wall-desktop.png")).await?;
    // What is offered beside the picture is told and left where it is.
    for n in (0..clips.len()).filter(|n| clips[*n].camera.sound) {
        officer.open(&format!("/video/cameras/{}", cameras[n])).await?;
        officer.says("这台摄像机带声音。系统只取画面，声音不录、不放、不导出。").await?;
    }

    // A past minute: the longest group among them is 8.4 s, and rows come with the files.
    tokio::time::sleep(Duration::from_secs(45).saturating_sub(begun.elapsed())).await;
    officer.open(&format!("/video/replay?watch={id}&cameras={}", cameras.join(","))).await?;
    officer.until(&format!("document.querySelectorAll('.tile').length === {}", clips.len())).await?;
    officer
        .eval::<bool>("(() => { const s = document.querySelector('[data-slider]'); s.value = String(Number(document.querySelector('fq-replay').dataset.to) - 22000); s.dispatchEvent(new Event('input', { bubbles: true })); return true; })()")
        .await?;
    let all = format!("document.querySelectorAll('.tile:not(.tile--blank)').length === {}", clips.len());
    let sought = Instant::now();
    while !officer.eval::<bool>(&all).await? {
        let says: String = officer.eval("[...document.querySelectorAll('.tile')].map(t => t.innerText.replaceAll('\\n', ' ')).join(' | ')").await?;
        ensure!(sought.elapsed() < Duration::from_secs(60), "not every recording is shown: {says}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    officer.click("[data-do=play]", "播放").await?;
    shown(&officer, &cameras, clips, "a past minute").await?;
    officer.picture(View::Desktop, &e2e::pictures()?.join("video-real-replay-desktop.png")).await?;

    // Exported, and played by the browser's own player.
    let at = |before: i64| format!("new Date(Date.now() + 8 * 36e5 - {before}).toISOString().slice(0, 19)");
    let (from, until): (String, String) = (officer.eval(&at(30_000)).await?, officer.eval(&at(12_000)).await?);
    officer.open(&format!("/video/exports?watch={id}&cameras={}", cameras.join(","))).await?;
    officer.unfold().await?;
    officer.set("#from", &from).await?;
    officer.set("#until", &until).await?;
    officer.click("input[name=purpose][value=case]", "").await?;
    officer.fill("#reason", "核对实拍的片子能否播放").await?;
    ensure!(officer.eval::<usize>("document.querySelectorAll('[name=camera]:checked').length").await? == clips.len(), "the cameras are chosen");
    officer.press("button", "提交审批").await?;
    officer.says("待审批").await?;
    let page = officer.path().await?;
    let leader = browser.person(server).await?;
    leader.sign_in(server.account("zy.fusuo1")?).await?;
    leader.open(&page).await?;
    leader.press("button", "批准").await?;
    let made = format!("document.querySelectorAll('a[href*=\"/parts/1\"]').length === {}", clips.len());
    for _ in 0..6 {
        if officer.until(&made).await.is_ok() {
            break;
        }
    }
    officer.until(&made).await.context("the films are made")?;
    let films: Vec<(u16, f64, i64)> = officer
        .eval(
            "(async () => { const out = []; \
               for (const a of document.querySelectorAll('a[href*=\"/parts/1\"]')) { \
                 const v = Object.assign(document.createElement('video'), { src: a.href, muted: true }); \
                 document.body.append(v); \
                 const played = await new Promise(done => { \
                   let n = 0; const count = () => { n += 1; v.requestVideoFrameCallback(count); }; v.requestVideoFrameCallback(count); \
                   v.onerror = () => done(-1); v.play().catch(() => done(-2)); setTimeout(() => done(n), 5000); }); \
                 out.push([v.videoWidth, v.duration, played]); v.remove(); } \
               return out; })()",
        )
        .await?;
    println!("films: {films:?}");
    let mut widths: Vec<u16> = films.iter().map(|f| f.0).collect();
    let mut wanted: Vec<u16> = clips.iter().map(|c| c.width).collect();
    widths.sort_unstable();
    wanted.sort_unstable();
    ensure!(widths.len() == wanted.len() && widths.iter().zip(&wanted).all(|(w, c)| alike(*w, *c)), "every film is there: {films:?}");
    ensure!(films.iter().all(|f| f.1 > 8.0 && f.2 >= 8), "every film plays: {films:?}");
    for (who, t) in [("officer", &officer), ("leader", &leader)] {
        let rest: Vec<_> = t.complaints().into_iter().filter(|c| !c.contains("422")).collect();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}
