//! Tiles show the truth: each camera sends one colour, which says whose picture a tile shows while the wall is rearranged; then
//! cameras go wrong and the ring refuses a file, and their tiles alone say so, until it is over. A picture that stands still is
//! suspected after a minute: `video.rs`.

use anyhow::{Context, Result, ensure};
use e2e::cameras::{NewCamera, register, watch};
use e2e::{Browser, Server, Tab, View};
use simcam::fault::Kind;
use simcam::{Camera, Clip, Sim};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Names of the cameras, what they send, and its red, green and blue.
const COLOURS: [(&str, &[u8], [u8; 3]); 8] = [
    ("红", include_bytes!("colours/red.mp4"), [255, 0, 0]),
    ("绿", include_bytes!("colours/green.mp4"), [0, 176, 0]),
    ("蓝", include_bytes!("colours/blue.mp4"), [0, 0, 255]),
    ("黄", include_bytes!("colours/yellow.mp4"), [255, 255, 0]),
    ("品红", include_bytes!("colours/magenta.mp4"), [255, 0, 255]),
    ("青", include_bytes!("colours/cyan.mp4"), [0, 255, 255]),
    ("白", include_bytes!("colours/white.mp4"), [255, 255, 255]),
    ("黑", include_bytes!("colours/black.mp4"), [32, 32, 32]),
];
const GROUP: &str = "颜色";

/// Looks at the picture that each tile shows, some ten times a second, and keeps whose colour it was. An element that says it has a
/// picture and draws none yet (a stream that begins again) leaves the ink clear, and not as the tile before it left it.
const LOOK: &str = "(() => { \
  const ink = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true }); \
  window.seen = { own: {}, wrong: [] }; \
  setInterval(() => { for (const t of document.querySelectorAll('.tile:not(.tile--blank)')) { \
    const of = t.dataset.camera, [small, main] = t.querySelectorAll('video'), v = main.hidden ? small : main; \
    if (!COLOURS[of] || v.readyState < 2 || !v.videoWidth) continue; \
    ink.clearRect(0, 0, 1, 1); \
    ink.drawImage(v, 0, 0, 1, 1); \
    const p = ink.getImageData(0, 0, 1, 1).data; \
    if (!p[3]) continue; \
    const far = c => c.reduce((sum, x, i) => sum + (x - p[i]) ** 2, 0); \
    const [whose] = Object.entries(COLOURS).sort((a, b) => far(a[1]) - far(b[1]))[0]; \
    if (whose === of && t.querySelector('.tile__name').textContent === NAMES[of]) seen.own[of] = (seen.own[of] ?? 0) + 1; else seen.wrong.push([of, whose, ...p]); \
  } }, 100); return true; })()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_tile_shows_its_own_camera_and_says_what_is_wrong_with_it_until_it_is_over() {
    if e2e::skipped() {
        return;
    }
    let clips = COLOURS.iter().map(|c| Arc::new(Clip::read(c.1).expect("a clip")));
    // Main and sub stream of each.
    let cameras = clips.flat_map(|c| [Camera::new(c.clone()), Camera::new(c)]).collect();
    let sim = Sim::start(([127, 0, 0, 1], 0).into(), cameras).await.expect("the cameras start");
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser, &sim).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

/// What each tile says and whether it shows no picture, by the cameras' names.
const SAYS: &str = "[...document.querySelectorAll('.tile')].map(t => [t.querySelector('.tile__name').textContent, t.querySelector('.tile__says').textContent, t.classList.contains('tile--blank')])";

type Said = Vec<(String, String, bool)>;

/// Waits until the tiles are as wanted.
async fn tiles(tab: &Tab, what: &str, wanted: impl Fn(&Said) -> bool) -> Result<()> {
    let begun = Instant::now();
    loop {
        let said: Said = tab.eval(SAYS).await?;
        if wanted(&said) {
            println!("{what}: {} ms", begun.elapsed().as_millis());
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(40), "{what}: {said:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A tile with a picture and not a word.
fn well(t: &(String, String, bool)) -> bool {
    t.1.is_empty() && !t.2
}

/// A rearrangement: afterwards these cameras are on the wall, and each tile was seen with its own colour.
async fn arranged(tab: &Tab, names: &[&str]) -> Result<()> {
    tab.eval::<bool>("(seen.own = {}, true)").await?;
    let many = "[...document.querySelectorAll('.tile')].every(t => t.checkVisibility() ? (seen.own[t.dataset.camera] ?? 0) > 3 : true)";
    let shown = "[...document.querySelectorAll('.tile')].filter(t => t.checkVisibility()).map(t => t.querySelector('.tile__name').textContent).join()";
    tab.until(&format!("{shown} === '{}' && {many}", names.join(","))).await?;
    let wrong: Vec<serde_json::Value> = tab.eval("seen.wrong").await?;
    ensure!(wrong.is_empty(), "another camera's picture: {wrong:?}");
    Ok(())
}

async fn key(tab: &Tab, key: &str) -> Result<()> {
    tab.eval::<bool>(&format!("(document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: {key:?}, bubbles: true }})), true)")).await?;
    Ok(())
}

async fn story(server: &Server, browser: &Browser, sim: &Sim) -> Result<()> {
    let admin = browser.person(server).await?;
    admin.sign_in(server.account("admin.system")?).await?;
    admin.enrol().await?;
    let names = COLOURS.map(|c| c.0);
    let new = |n: usize| NewCamera { name: names[n].into(), main: sim.url(2 * n), small: Some(sim.url(2 * n + 1)) };
    let (group, ids) = register(&admin, GROUP, "YS", &(0..8).map(new).collect::<Vec<_>>()).await?;

    let operator = browser.person(server).await?;
    operator.sign_in(server.account("zy.zhs1")?).await?;
    let id = watch(&operator, "/video/wall", "patrol", "核对画面").await?;
    operator.open(&format!("/video/wall?watch={id}&size=9&group={group}")).await?;
    tiles(&operator, "eight tiles", |t| t.len() == 8 && t.iter().all(well)).await?;
    let by = |of: &dyn Fn(usize) -> serde_json::Value| serde_json::Value::Object((0..8).map(|n| (ids[n].clone(), of(n))).collect());
    let (colours, called) = (by(&|n| COLOURS[n].2.to_vec().into()), by(&|n| names[n].into()));
    operator.eval::<bool>(&LOOK.replace("COLOURS", &colours.to_string()).replace("NAMES", &called.to_string())).await?;
    rearranged(&operator, &names).await.context("never another camera's picture")?;
    wrong_and_well_again(&operator, sim).await.context("what is wrong")?;
    not_recorded(&operator, server, sim).await.context("a file that cannot be written")?;
    let rest: Vec<_> = operator.complaints();
    ensure!(rest.is_empty(), "{rest:?}");
    let wrong: Vec<serde_json::Value> = operator.eval("seen.wrong").await?;
    ensure!(wrong.is_empty(), "another camera's picture: {wrong:?}");
    Ok(())
}

/// Sizes, pages, the enlarged tile with its main stream and back, groups; faster than the streams begin.
async fn rearranged(tab: &Tab, names: &[&str]) -> Result<()> {
    arranged(tab, names).await?;
    key(tab, "4").await?;
    arranged(tab, &names[..4]).await?;
    key(tab, "PageDown").await?;
    arranged(tab, &names[4..]).await?;
    // The page that is turned to is that of the tile that was chosen.
    key(tab, "1").await?;
    arranged(tab, &names[4..=4]).await?;
    for n in 5..8 {
        key(tab, "PageDown").await?;
        arranged(tab, &names[n..=n]).await.with_context(|| names[n].to_string())?;
    }
    key(tab, "9").await?;
    tab.eval::<bool>("([...document.querySelectorAll('.tile')][2].focus(), true)").await?;
    key(tab, "Enter").await?;
    tab.until("(v => v && !v.hidden)(document.querySelector('.tile--large .tile__main'))").await.context("the main stream")?;
    arranged(tab, &names[2..3]).await.context("enlarged")?;
    key(tab, "Escape").await?;
    arranged(tab, names).await.context("back from the enlarged one")?;
    // Before a picture of the last arrangement came there is the next.
    for k in ["1", "9", "4", "PageDown", "6", "1", "PageDown", "PageUp", "9"] {
        key(tab, k).await?;
    }
    arranged(tab, names).await.context("all at once")?;
    tab.click("[data-group-to='']", "").await?;
    tab.until("![...document.querySelectorAll('.tile__name')].some(n => n.textContent === '红')").await?;
    tab.click("[data-group-to]", GROUP).await?;
    arranged(tab, names).await.context("another group and back")
}

/// Offline, no frames, a clock that stands: each says so alone and shows nothing; when it is over it is as before.
async fn wrong_and_well_again(tab: &Tab, sim: &Sim) -> Result<()> {
    for of in 0..2 {
        sim.kill(of);
        sim.spoil(2 + of, Kind::Silence);
        sim.spoil(4 + of, Kind::StallClock);
    }
    let says = |t: &(String, String, bool), words: &str| t.1.contains(words) && t.2;
    tiles(tab, "three of eight are wrong", |t| {
        says(&t[0], "离线") && says(&t[1], "没有画面") && says(&t[2], "画面时钟停走") && t[3..].iter().all(well)
    })
    .await?;
    for view in [View::Phone, View::Desktop] {
        tab.look(view).await?;
        tab.picture(view, &e2e::pictures()?.join(format!("video-truth-{}.png", view.name()))).await?;
    }
    (0..2).for_each(|n| sim.revive(n));
    (2..6).for_each(|n| sim.mend(n));
    tiles(tab, "all well again", |t| t.iter().all(well)).await
}

/// A stream whose file cannot be made is shown and says that it is not recorded.
async fn not_recorded(tab: &Tab, server: &Server, sim: &Sim) -> Result<()> {
    const OF: usize = 3;
    let stream: String = tab.eval(&format!("document.querySelector('.wall__camera[data-name=\"{}\"]').dataset.small", COLOURS[OF].0)).await?;
    let folder = server.data().join("ring").join(stream.replace('-', ""));
    let aside = folder.with_extension("aside");
    sim.kill(2 * OF + 1);
    tiles(tab, "its sub stream is gone", |t| t[OF].1.contains("离线")).await?;
    std::fs::rename(&folder, &aside)?;
    std::fs::write(&folder, "no folder")?;
    sim.revive(2 * OF + 1);
    let others = |t: &Said| t.iter().enumerate().all(|(n, t)| n == OF || well(t));
    tiles(tab, "it is back and not recorded", |t| t[OF].1.contains("没有在录") && !t[OF].2 && others(t)).await?;
    tab.picture(View::Desktop, &e2e::pictures()?.join("video-truth-unrecorded-desktop.png")).await?;
    std::fs::remove_file(&folder)?;
    std::fs::rename(&aside, &folder)?;
    tiles(tab, "it is recorded again", |t| !t[OF].1.contains("没有在录") && !t[OF].2 && others(t)).await
}
