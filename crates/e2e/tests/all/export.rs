//! A clip leaves the station: from an incident's page to the wall at that minute, the export asked for, approved by the
//! leader, made, downloaded, proven by the command and by the page that needs no server; the register shows it.

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Server, Tab, View};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clip_is_asked_for_approved_downloaded_and_proven() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

/// Waits longer than a page takes.
async fn wait(tab: &Tab, seconds: u64, script: &str) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        if tab.eval::<bool>(&format!("!!({script})")).await.unwrap_or(false) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let shown: String = tab.eval("location.href + '\\n' + document.body.innerText").await?;
    bail!("waited {seconds} s for {script}\n{}", shown.chars().take(1500).collect::<String>())
}

/// The slider goes to a moment before the end of the recordings, seconds.
async fn seek(tab: &Tab, before_end: i64) -> Result<()> {
    let script = format!(
        "(() => {{ const s = document.querySelector('[data-slider]'); s.value = String(Number(document.querySelector('fq-replay').dataset.to) - {before_end} * 1000); s.dispatchEvent(new Event('input', {{ bubbles: true }})); return true; }})()"
    );
    tab.eval::<bool>(&script).await.map(|_| ())
}

/// A file of these letters at the end of its name, once it is all there.
async fn downloaded(dir: &Path, end: &str) -> Result<PathBuf> {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        let found = std::fs::read_dir(dir)?.flatten().map(|e| e.path()).find(|p| p.to_string_lossy().ends_with(end));
        if let Some(path) = found {
            return Ok(path);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("nothing like {end} in {}", dir.display())
}

async fn story(server: &Server, browser: &Browser) -> Result<()> {
    let officer = browser.person(server).await?;
    officer.sign_in(server.account("zy.mj1")?).await?;
    // From an incident to the wall at a minute of it; its number and the purpose come along.
    officer.open("/incidents").await?;
    let incident: String = officer
        .eval("[...document.querySelectorAll('main a')].map(a => a.getAttribute('href')).find(h => /^\\/incidents\\/[0-9a-f-]{36}$/.test(h))")
        .await?;
    officer.open(&incident).await?;
    officer.press("a", "看当时的录像").await?;
    officer.says("调阅目的").await?;
    officer.press("button", "开始看").await?;
    // The incident is older than the demonstration's recordings: the story goes on at a moment that was recorded.
    tokio::time::sleep(Duration::from_secs(25)).await;
    let at: String = officer.eval("new Date(Date.now() + 8 * 36e5 - 60000).toISOString().slice(0, 16)").await?;
    officer.set("[name=at]", &at).await?;
    officer.press("button", "到这一刻").await?;
    wait(&officer, 30, "document.querySelectorAll('.tile').length >= 2").await?;
    seek(&officer, 14).await?;
    wait(&officer, 40, "document.querySelectorAll('.tile:not(.tile--blank)').length >= 2").await.context("recordings")?;
    officer.click("[data-edge=from]", "").await?;
    seek(&officer, 6).await?;
    officer.click("[data-edge=to]", "").await?;
    officer.until("document.querySelector('[data-edges]').textContent.includes('至')").await?;
    e2e::both(&officer, "export-replay").await?;
    officer.look(View::Desktop).await?;
    officer.press("[data-export]", "导出").await?;
    // The form is filled in; only why is still to be said.
    let chosen: i64 = officer.eval("document.querySelectorAll('[name=camera]:checked').length").await?;
    ensure!(chosen >= 2, "the cameras on the wall are chosen: {chosen}");
    let filled: String = officer.eval("['from', 'until', 'incident'].map(n => document.querySelector(`[name=${n}]`).value).join('|') + document.querySelector('[name=purpose]:checked').value").await?;
    ensure!(filled.ends_with("incident") && filled.contains("警〔") && filled.starts_with("20"), "filled in: {filled}");
    officer.press("button", "提交审批").await?;
    officer.says("请写明事由").await?;
    officer.fill("#reason", "核对报警人所说的经过").await?;
    e2e::both(&officer, "export-form").await?;
    officer.look(View::Desktop).await?;
    officer.press("button", "提交审批").await?;
    officer.says("待审批").await?;
    let page = officer.path().await?;
    e2e::both(&officer, "export-asked").await?;
    officer.look(View::Desktop).await?;

    // The leader finds the task, and approves.
    let leader = browser.person(server).await?;
    leader.sign_in(server.account("zy.fusuo1")?).await?;
    leader.open("/").await?;
    leader.says("申请导出录像").await?;
    leader.press("a", "申请导出录像").await?;
    ensure!(leader.path().await? == page, "the task leads to the request");
    e2e::both(&leader, "export-decide").await?;
    leader.look(View::Desktop).await?;
    leader.press("button", "批准").await?;

    // The officer's page shows it by itself; then the download.
    wait(&officer, 60, "document.querySelectorAll('a[href*=\"/parts/1\"]').length >= 2").await.context("made")?;
    e2e::both(&officer, "export-ready").await?;
    officer.look(View::Desktop).await?;
    let dir = browser.downloads(&officer).await?;
    officer.click("a", "下载录像").await?;
    let film = downloaded(&dir, ".mp4").await?;
    officer.click("a", "下载清单").await?;
    let manifest = downloaded(&dir, ".json").await?;
    officer.click("a", "核验页面").await?;
    let check = downloaded(&dir, "verify-clip.html").await?;

    // Proven by command and by page, with the key from the station's own page; a changed byte is found.
    let resident = browser.person(server).await?;
    resident.open("/video/verify").await?;
    resident.says("怎么核对").await?;
    e2e::both(&resident, "export-verify").await?;
    let key: String = resident.eval("[...document.querySelectorAll('.mini')].find(m => m.innerText.includes('Ed25519')).querySelector('.digest').textContent.trim()").await?;
    ensure!(by_command(&film, &manifest, &key)?.0 == Some(0), "{:?}", by_command(&film, &manifest, &key)?);
    let changed = dir.join("changed.mp4");
    let mut bytes = std::fs::read(&film)?;
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&changed, bytes)?;
    let (code, said) = by_command(&changed, &manifest, &key)?;
    ensure!(code == Some(1) && said.contains("有字节被改动"), "{code:?} {said}");
    let tab = browser.reader().await?;
    tab.open_file(&check).await?;
    for (file, says) in [(&film, "真实完整"), (&changed, "不能作为原始导出使用")] {
        tab.upload("#clip", file).await?;
        tab.upload("#manifest", &manifest).await?;
        tab.set("#key", &key).await?;
        tab.eval::<bool>("document.querySelector('#result').replaceChildren() ?? true").await?;
        tab.click("button", "核验").await?;
        tab.until("document.querySelector('#result .judgement') && !document.querySelector('#go').disabled").await?;
        tab.says(says).await?;
        tab.says("核对报警人所说的经过").await?;
    }
    // An ordinary player opens it: the browser's own, where it knows the coding.
    let player = browser.reader().await?;
    player.open_file(&film).await?;
    let seconds: f64 = player
        .eval("new Promise((done, fail) => { const v = document.querySelector('video'); const tell = () => v.error ? fail(v.error.message) : v.readyState ? done(v.duration) : setTimeout(tell, 100); tell(); setTimeout(() => fail('nothing within 20 s'), 20000); })")
        .await
        .unwrap_or(-1.0);
    let common = std::fs::read(&film)?.windows(4).any(|w| w == b"avc1");
    ensure!(seconds > 1.0 || !common, "the film by the browser's own player: {seconds} s");

    // The register knows it.
    leader.open("/video/looks?exported=1").await?;
    leader.says("核对报警人所说的经过").await?;
    let lines: i64 = leader.eval("[...document.querySelectorAll('tbody tr')].filter(r => r.innerText.includes('核对报警人所说的经过') && r.innerText.includes('导出')).length").await?;
    ensure!(lines == 1, "one film was taken: {lines}");
    leader.open(&page).await?;
    leader.says("下载登记").await?;
    leader.open("/video/exports").await?;
    e2e::both(&leader, "export-list").await?;
    leader.look(View::Desktop).await?;
    blurred(browser, (&officer, &leader), &page, &key).await.context("the copy for publication")?;
    for (who, t) in [("officer", &officer), ("leader", &leader), ("resident", &resident)] {
        let rest: Vec<_> = t.complaints().into_iter().filter(|c| !c.contains("422")).collect();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}

/// Regions are placed with the mouse and by typing, burnt in, seen by the leader, let out; the command tells that it is a copy.
async fn blurred(browser: &Browser, (officer, leader): (&Tab, &Tab), page: &str, key: &str) -> Result<()> {
    officer.open(page).await?;
    officer.fill("[name=used_for]", "警情通报的配图").await?;
    officer.press("button", "做遮挡副本").await?;
    let copy = officer.path().await?;
    wait(officer, 30, "document.querySelector('fq-blur video').readyState >= 2").await.context("the original plays")?;
    // A rectangle is drawn; at another moment it is moved: two key points of one region.
    officer.drag("[data-sheet]", (0.2, 0.2), (0.4, 0.5)).await?;
    officer.until("document.querySelector('[name=r0]').value === '1' && Number(document.querySelector('[name=w0]').value) > 15").await?;
    for _ in 0..10 {
        officer.click("[data-step='0.2']", "").await?;
    }
    officer.until("document.querySelector('fq-blur video').currentTime > 1.5").await?;
    officer.drag("[data-sheet]", (0.25, 0.3), (0.55, 0.4)).await?;
    officer.until("document.querySelector('[name=r1]').value === '1' && Number(document.querySelector('[name=t1]').value) > 1.5 && Number(document.querySelector('[name=x1]').value) > 40").await?;
    // A second one by typing.
    for (field, value) in [("r2", "2"), ("t2", "0"), ("x2", "80"), ("y2", "85"), ("w2", "25"), ("h2", "10")] {
        officer.fill(&format!("[name={field}]"), value).await?;
    }
    officer.press("button", "先保存").await?;
    officer.says("第 3 行：矩形应在画面之内").await?;
    officer.fill("[name=w2]", "15").await?;
    officer.press("button", "先保存").await?;
    wait(officer, 30, "document.querySelector('fq-blur video').readyState >= 2").await?;
    officer.until("document.querySelectorAll('.blur__box:not([hidden])').length === 2").await?;
    e2e::both(officer, "export-regions").await?;
    officer.look(View::Desktop).await?;
    officer.press("button", "做遮挡副本").await?;
    wait(officer, 90, "document.body.innerText.includes('须由另一名领导')").await.context("burnt in")?;

    leader.open("/").await?;
    leader.press("a", "审核公开发布的录像副本").await?;
    ensure!(leader.path().await? == copy, "the task leads to the copy");
    wait(leader, 30, "document.querySelector('.copy__film').readyState >= 2").await.context("the copy plays")?;
    e2e::both(leader, "export-copy").await?;
    leader.look(View::Desktop).await?;
    leader.press("button", "可以发布").await?;
    let dir = browser.downloads(officer).await?;
    officer.until("[...document.querySelectorAll('a')].some(a => a.textContent === '下载副本')").await?;
    officer.click("a", "下载副本").await?;
    let film = downloaded(&dir, "-blurred.mp4").await?;
    officer.click("a", "下载清单").await?;
    let manifest = downloaded(&dir, "-blurred.json").await?;
    let (code, said) = by_command(&film, &manifest, key)?;
    ensure!(code == Some(0) && said.contains("不是原始录像，2 处区域已遮挡"), "{code:?} {said}");
    leader.open("/video/looks").await?;
    let lines: i64 = leader.eval("[...document.querySelectorAll('tbody tr')].filter(r => r.innerText.includes('核对报警人所说的经过')).length").await?;
    ensure!(lines >= 4, "film, original, copy and its download stand in the register: {lines}");
    Ok(())
}

fn by_command(film: &Path, manifest: &Path, key: &str) -> Result<(Option<i32>, String)> {
    let bin =
        std::env::var_os("FENGQIAO_BIN").map_or_else(|| e2e::workspace().join("target/debug/fengqiao"), PathBuf::from);
    let out = Command::new(bin).arg("verify-clip").args([film, manifest]).args(["--key", key]).output()?;
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    Ok((out.status.code(), text))
}
