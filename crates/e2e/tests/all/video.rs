//! The wall of the command room on simulated cameras: the purpose is asked, pictures are really presented, tiles tell the
//! truth, the keyboard does it, the register knows; and the wall at a past minute.

use anyhow::{Context, Result, ensure};
use e2e::cameras::{NewCamera, register};
use e2e::{Browser, Server, Tab, View};
use simcam::fault::Kind;
use simcam::{Camera, Sim};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_shows_what_the_cameras_send_and_says_where_they_do_not() {
    if e2e::skipped() {
        return;
    }
    let sim = Sim::start(([127, 0, 0, 1], 0).into(), vec![Camera::new(simcam::clips::yard().expect("a clip"))]).await.expect("the camera starts");
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser, &sim).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

/// A browser without media source extensions, as on an iPhone: its own player is given playlists.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_without_media_source_extensions_plays_the_wall_and_a_past_minute_by_playlists() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = phone(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

async fn phone(server: &Server, browser: &Browser) -> Result<()> {
    let leader = browser.person(server).await?;
    leader.before_each_page("delete window.MediaSource; delete window.ManagedMediaSource;").await?;
    leader.look(View::Phone).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    if !leader.eval::<bool>("document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== ''").await? {
        eprintln!("this Chromium has no player for playlists: left out");
        return Ok(());
    }
    leader.open("/video/wall?size=1").await?;
    leader.click("input[name=purpose][value=patrol]", "").await?;
    leader.press("button", "开始看").await?;
    wait(&leader, 40, "document.querySelectorAll('.tile:not(.tile--blank)').length === 1").await.context("the phone's tile")?;
    // A player of playlists stores some segments before it goes on from the first picture.
    let begun = Instant::now();
    loop {
        let presented: Vec<(i64, i64)> = leader.eval(PRESENTED).await?;
        if presented.len() == 1 && presented[0].0 >= 8 {
            break;
        }
        ensure!(begun.elapsed() < Duration::from_secs(40), "pictures go on: {presented:?}");
    }
    leader.says("比实时晚几秒").await?;
    leader.picture(View::Phone, &e2e::pictures()?.join("video-by-list-phone.png")).await?;
    leader.look(View::Phone).await?;
    leader.open("/video/looks").await?;
    leader.says("实时").await?;

    leader.open("/video/replay").await?;
    leader.click("input[name=purpose][value=case]", "").await?;
    leader.fill("#reason", "核对刚才的经过").await?;
    leader.press("button", "开始看").await?;
    wait(&leader, 30, "document.querySelectorAll('.tile').length === 4").await?;
    // Cameras begin to record when they answer; on a busy machine that is not yet twelve seconds ago.
    let page = leader.path().await?;
    let begun = Instant::now();
    loop {
        leader
            .eval::<bool>("(() => { const s = document.querySelector('[data-slider]'); s.value = String(Number(document.querySelector('fq-replay').dataset.to) - 12000); s.dispatchEvent(new Event('input', { bubbles: true })); return true; })()")
            .await?;
        match wait(&leader, 15, "document.querySelectorAll('.tile:not(.tile--blank)').length >= 2").await {
            Err(e) if begun.elapsed() > Duration::from_secs(90) => return Err(e.context("a past minute by playlist")),
            Err(_) => _ = leader.open(&page).await?,
            Ok(()) => break,
        }
    }
    leader.click("[data-do=play]", "播放").await?;
    wait(&leader, 15, "[...document.querySelectorAll('.tile:not(.tile--blank) video')].filter(v => !v.paused && v.currentTime > 0).length >= 2").await.context("playing")?;
    leader.picture(View::Phone, &e2e::pictures()?.join("video-replay-by-list-phone.png")).await?;
    let rest: Vec<_> = leader.complaints().into_iter().filter(|c| !c.contains("503") && !c.contains("404")).collect();
    ensure!(rest.is_empty(), "{rest:?}");
    Ok(())
}

/// Waits longer than a page takes: cameras connect and send a key frame.
async fn wait(tab: &Tab, seconds: u64, script: &str) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        if tab.eval::<bool>(&format!("!!({script})")).await.unwrap_or(false) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let says: String = tab
        .eval("[...document.querySelectorAll('.tile')].map(t => t.innerText.replaceAll('\\n', ' | ')).join('\\n')")
        .await?;
    anyhow::bail!("waited {seconds} s for {script}\n{says}")
}

/// Pictures presented by each visible tile within some seconds, by requestVideoFrameCallback, and dropped ones.
const PRESENTED: &str = "new Promise(done => { \
  const all = [...document.querySelectorAll('.tile:not(.tile--blank) .tile__small')].map(v => ({ v, n: 0, d: v.getVideoPlaybackQuality().droppedVideoFrames })); \
  for (const x of all) { const count = () => { x.n += 1; x.v.requestVideoFrameCallback(count); }; x.v.requestVideoFrameCallback(count); } \
  setTimeout(() => done(all.map(x => [x.n, x.v.getVideoPlaybackQuality().droppedVideoFrames - x.d])), 4000); })";

async fn story(server: &Server, browser: &Browser, sim: &Sim) -> Result<()> {
    let admin = browser.person(server).await?;
    admin.sign_in(server.account("admin.system")?).await?;
    admin.enrol().await?;
    let camera = NewCamera { name: "广场东侧".into(), main: sim.url(0), small: None };
    let (group, _) = register(&admin, "广场", "GC", &[camera]).await?;
    let operator = browser.person(server).await?;
    operator.sign_in(server.account("zy.zhs1")?).await?;
    operator.open("/video").await?;
    operator.says("中央街路口").await?;
    e2e::both(&operator, "video-cameras").await?;
    operator.open("/video/wall").await?;
    e2e::both(&operator, "video-purpose").await?;
    operator.click("input[name=purpose][value=incident]", "").await?;
    operator.press("button", "开始看").await?;
    operator.says("接处警须写警情编号").await?;
    operator.click("input[name=purpose][value=patrol]", "").await?;
    operator.fill("#reason", "夜间巡查").await?;
    operator.press("button", "开始看").await?;

    // Nine tiles; eight of the first nine cameras are well.
    wait(&operator, 60, "document.querySelectorAll('.tile').length === 9 && document.querySelectorAll('.tile:not(.tile--blank)').length >= 8").await.context("nine tiles")?;
    let presented: Vec<(i64, i64)> = operator.eval(PRESENTED).await?;
    let (shown, dropped): (i64, i64) = presented.iter().fold((0, 0), |t, p| (t.0 + p.0, t.1 + p.1));
    eprintln!("9 tiles, 15 frames a second sent: {} presented in 4 s, {dropped} dropped, by tile {presented:?}", shown);
    // On a busy machine a browser that decodes by itself shows fewer; none shows nothing.
    ensure!(presented.len() >= 8 && presented.iter().all(|p| p.0 >= 8), "every tile presents pictures: {presented:?}");
    // It has sent some groups by now; suspected after a minute.
    sim.spoil(0, Kind::Freeze);
    let marks: String = operator.eval("document.querySelector('.tile__mark').textContent").await?;
    ensure!(
        marks.contains("视频巡查") && marks.contains("夜间巡查") && marks.contains("正阳派出所"),
        "the mark: {marks}"
    );
    e2e::both(&operator, "video-wall").await?;
    operator.look(View::Desktop).await?;

    // The second page has the camera that answers nobody.
    key(&operator, "PageDown").await?;
    wait(&operator, 20, "[...document.querySelectorAll('.tile')].some(t => t.innerText.includes('学校周边') && t.innerText.includes('离线') && t.classList.contains('tile--blank'))").await?;
    key(&operator, "PageUp").await?;
    key(&operator, "4").await?;
    wait(&operator, 20, "document.querySelectorAll('.tile').length === 4 && document.querySelectorAll('.tile:not(.tile--blank)').length === 4").await?;
    // Enlarged: the main stream.
    operator.eval::<bool>("(document.querySelector('.tile').focus(), true)").await?;
    key(&operator, "Enter").await?;
    wait(
        &operator,
        20,
        "(v => v && !v.hidden && v.videoWidth === 640)(document.querySelector('.tile--large .tile__main'))",
    )
    .await
    .context("the main stream")?;
    operator.picture(View::Desktop, &e2e::pictures()?.join("video-large-desktop.png")).await?;
    key(&operator, "Escape").await?;
    wait(&operator, 20, "document.querySelectorAll('.tile:not(.tile--blank)').length === 4")
        .await
        .context("back from the enlarged tile")?;
    // H.265 is said in words, and the sub stream goes on.
    operator.click("[data-camera].wall__camera", "市场西口").await?;
    wait(&operator, 20, "document.activeElement.matches('.tile') && document.activeElement.innerText.includes('市场西口') && !document.activeElement.classList.contains('tile--blank')").await?;
    key(&operator, "Enter").await?;
    wait(&operator, 20, "document.querySelector('.tile--large')?.innerText.includes('H.265')").await?;
    key(&operator, "Escape").await?;
    wait(&operator, 20, "document.querySelectorAll('.tile:not(.tile--blank)').length >= 3").await?;
    key(&operator, "s").await?;
    wait(&operator, 10, "document.querySelector('[data-note]').textContent.includes('已截图并记入登记')").await?;

    // The register, by the leader.
    let leader = browser.person(server).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    leader.open("/video/looks").await?;
    leader.says("夜间巡查").await?;
    leader.says("截图").await?;
    e2e::both(&leader, "video-looks").await?;
    leader.open("/video/report").await?;
    e2e::both(&leader, "video-report").await?;
    leader.open("/video/health").await?;
    leader.says("台正常").await?;
    e2e::both(&leader, "video-health").await?;
    leader.open("/video/holds").await?;
    e2e::both(&leader, "video-holds").await?;

    leader.open("/video/duty").await?;
    leader.says("看过").await?;
    e2e::both(&leader, "video-duty").await?;
    leader.look(View::Desktop).await?;
    past_wall(&leader).await?;

    // A past minute: four cameras, played, sought.
    leader.open("/video/replay").await?;
    leader.click("input[name=purpose][value=case]", "").await?;
    leader.fill("#reason", "核对刚才的经过").await?;
    let at: String = leader.eval("new Date(Date.now() + 8 * 36e5 - 60000).toISOString().slice(0, 16)").await?;
    leader.press("button", "开始看").await?;
    leader.set("[name=at]", &at).await?;
    leader.press("button", "到这一刻").await?;
    wait(&leader, 30, "document.querySelectorAll('.tile').length === 4").await?;
    leader
        .eval::<bool>("(() => { const s = document.querySelector('[data-slider]'); s.value = String(Number(document.querySelector('fq-replay').dataset.to) - 8000); s.dispatchEvent(new Event('input', { bubbles: true })); return true; })()")
        .await?;
    wait(&leader, 30, "document.querySelectorAll('.tile:not(.tile--blank)').length >= 3")
        .await
        .context("recordings of a moment ago")?;
    leader.click("[data-do=play]", "播放").await?;
    wait(&leader, 15, "[...document.querySelectorAll('.tile:not(.tile--blank) video')].filter(v => !v.paused && v.currentTime > 0).length >= 3").await.context("playing")?;
    e2e::both(&leader, "video-replay").await?;
    leader.look(View::Desktop).await?;
    with_the_log(&leader).await.context("an incident's log beside its recordings")?;
    suspected(&operator, &group, sim).await.context("a picture that stands still")?;
    for (who, t) in [("operator", &operator), ("leader", &leader)] {
        let rest: Vec<_> = t.complaints().into_iter().filter(|c| !c.contains("422")).collect();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}

/// A picture that stands still is shown and said to be suspected; it is not when it moves again.
async fn suspected(operator: &Tab, group: &str, sim: &Sim) -> Result<()> {
    let wall = operator.path().await?;
    operator.open(&format!("{wall}&size=1&group={group}")).await?;
    // What it sends is little as well, which may be said beside it.
    let tile = |says: &str| format!("(t => t && !t.classList.contains('tile--blank') && /{says}/.test(t.querySelector('.tile__says').textContent))(document.querySelector('.tile'))");
    wait(operator, 70, &tile("^疑似画面静止")).await?;
    operator.picture(View::Desktop, &e2e::pictures()?.join("video-frozen-desktop.png")).await?;
    sim.mend(0);
    wait(operator, 20, &tile("^$")).await.context("it moves again")?;
    // It has one stream, which the enlarged tile shows as well; and what loses packets is shown again when it loses none.
    operator.eval::<bool>("(document.querySelector('.tile').focus(), true)").await?;
    key(operator, "Enter").await?;
    let presented: Vec<(i64, i64)> = operator.eval(PRESENTED).await?;
    ensure!(presented.len() == 1 && presented[0].0 >= 8, "enlarged: {presented:?}");
    sim.spoil(0, Kind::Lose(10));
    tokio::time::sleep(Duration::from_secs(4)).await;
    sim.mend(0);
    wait(operator, 20, &tile("^$")).await.context("after a loss of packets")?;
    let presented: Vec<(i64, i64)> = operator.eval(PRESENTED).await?;
    ensure!(presented.len() == 1 && presented[0].0 >= 8, "after a loss of packets: {presented:?}");
    Ok(())
}

/// From an incident to its minute: its log stands beside the pictures and on the time line, and leads to each moment.
async fn with_the_log(leader: &Tab) -> Result<()> {
    leader.open("/incidents").await?;
    let all: Vec<String> = leader
        .eval("[...new Set([...document.querySelectorAll('main a[href^=\"/incidents/\"]')].map(a => a.getAttribute('href')))].filter(h => /^.incidents.[0-9a-f-]{36}$/.test(h)).slice(0, 12)")
        .await?;
    for path in &all {
        leader.open(path).await?;
        if leader.eval("!!document.querySelector('a[href^=\"/video/replay?incident=\"]')").await? {
            break;
        }
    }
    leader.press("a", "看当时的录像").await?;
    leader.click("input[name=purpose][value=incident]", "").await?;
    leader.fill("#reason", "核对到场经过").await?;
    leader.press("button", "开始看").await?;
    leader.says("警情经过").await?;
    let jumps: Vec<i64> = leader.eval("[...document.querySelectorAll('.replay__events [data-jump]')].map(b => Number(b.dataset.jump))").await?;
    ensure!(jumps.is_sorted() && jumps.len() >= 2, "the log in its order: {jumps:?}");
    leader.until("document.querySelectorAll('[data-track] b').length > 0").await.context("marks on the time line")?;
    leader.click(&format!(".replay__events [data-jump='{}']", jumps[0]), "报警").await?;
    leader.until(&format!("Math.abs(document.querySelector('fq-replay').now - {}) < 1000", jumps[0])).await
}

/// Ids of the tiles in their order.
const TILES: &str = "[...document.querySelectorAll('.tile')].map(t => t.dataset.camera)";

/// The replay shows exactly the tiles of the wall, sixteen at once or those of one page; enlarged, an H.265 main stream gives
/// way to the sub stream and says so.
async fn past_wall(leader: &Tab) -> Result<()> {
    leader.open("/video/wall?size=16").await?;
    leader.click("input[name=purpose][value=case]", "").await?;
    leader.fill("#reason", "核对整面墙").await?;
    leader.press("button", "开始看").await?;
    wait(leader, 30, "document.querySelectorAll('.tile').length > 9").await.context("sixteen places")?;
    let wall: Vec<String> = leader.eval(TILES).await?;
    let watch = leader.path().await?;
    leader.click("[data-replay]", "回放").await?;
    wait(leader, 30, "document.querySelectorAll('fq-replay .tile').length > 9").await?;
    let past: Vec<String> = leader.eval(TILES).await?;
    ensure!(past == wall, "the wall {wall:?}, its past {past:?}");
    // All at once go to one moment.
    leader
        .eval::<bool>("(() => { const s = document.querySelector('[data-slider]'); s.value = String(Number(document.querySelector('fq-replay').dataset.to) - 8000); s.dispatchEvent(new Event('input', { bubbles: true })); return true; })()")
        .await?;
    wait(leader, 60, "document.querySelectorAll('.tile:not(.tile--blank)').length >= 9").await.context("all of them at one moment")?;
    leader.click("[data-step='-1000']", "").await?;
    wait(leader, 30, "document.querySelectorAll('.tile:not(.tile--blank)').length >= 9").await.context("a step back")?;
    leader.set("[data-rate]", "2").await?;
    ensure!(leader.eval::<f64>("document.querySelector('fq-replay').rate").await? == 2.0, "twice as fast");
    leader.eval::<bool>("(() => { const t = [...document.querySelectorAll('.tile')].find(t => t.innerText.includes('市场西口')); t.dispatchEvent(new MouseEvent('dblclick', { bubbles: true })); return true; })()").await?;
    let fell = "(t => t && t.innerText.includes('主码流是 H.265') && t.innerText.includes('显示的是子码流') && !t.classList.contains('tile--blank'))(document.querySelector('.tile--large'))";
    wait(leader, 40, fell).await.context("the sub stream in place of H.265")?;
    leader.picture(View::Desktop, &e2e::pictures()?.join("video-replay-h265-desktop.png")).await?;
    // The second page of a wall of nine, turned to by a tour.
    leader.open(&watch).await?;
    wait(leader, 30, "document.querySelectorAll('.tile').length > 9").await?;
    key(leader, "9").await?;
    leader.set("[data-dwell]", "10").await?;
    key(leader, " ").await?;
    wait(leader, 25, "document.querySelector('.wall__pages').textContent.startsWith('2/')").await.context("the tour")?;
    key(leader, " ").await?;
    ensure!(leader.eval::<String>("document.querySelector('[data-do=tour]').getAttribute('aria-pressed')").await? == "false");
    let wall: Vec<String> = leader.eval(TILES).await?;
    ensure!(!wall.is_empty() && wall.len() < 9, "{wall:?}");
    leader.click("[data-replay]", "回放").await?;
    wait(leader, 30, "document.querySelectorAll('fq-replay .tile').length > 0").await?;
    let past: Vec<String> = leader.eval(TILES).await?;
    ensure!(past == wall, "the page {wall:?}, its past {past:?}");
    Ok(())
}

async fn key(tab: &Tab, key: &str) -> Result<()> {
    tab.eval::<bool>(&format!(
        "document.dispatchEvent(new KeyboardEvent('keydown', {{ key: {key:?}, bubbles: true }}))"
    ))
    .await
    .map(|_| ())
}
