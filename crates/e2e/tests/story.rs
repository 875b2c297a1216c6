//! One matter from the resident's report to the agreement, seen by everyone who has a part in it.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server, Tab};
use std::path::{Path, PathBuf};
use std::time::Duration;

const CONTENT: &str = "楼上住户连续一周每晚十一点后拖动家具、敲打地板，孩子睡不着，上门说过两次没有用";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_report_to_agreement() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

async fn story(server: &Server, browser: &Browser) -> Result<()> {
    let desk = browser.person(server).await?;
    desk.sign_in(server.account("zy.zhs1")?).await?;
    desk.open("/incidents/desk").await?;
    desk.until("document.querySelector('fq-live')?.dataset.state === 'on'").await.context("the live stream")?;
    desk.mark().await?;

    let resident = browser.person(server).await?;
    let secret = report(&resident).await.context("the report")?;

    let incident = take(&desk, server).await.context("the desk")?;

    let officer = browser.person(server).await?;
    officer.sign_in(server.account("zy.mj1")?).await?;
    desk.mark().await?;
    respond(&officer, &incident).await.context("the officer's work")?;
    state(&desk, "待审核").await.context("the operator's open page follows")?;
    ensure!(desk.eval::<bool>("window.e2eOld === true").await?, "the operator's page was reloaded");

    let grid = browser.person(server).await?;
    grid.sign_in(server.account("zy.wg01")?).await?;
    grid.press(&format!("a.task__title[href='{incident}']"), "").await.context("the grid worker's task")?;
    let shown = grid.text("main").await?;
    ensure!(!shown.contains("林晓"), "the grid worker sees the reporter");

    let leader = browser.person(server).await?;
    leader.sign_in(server.account("zy.fusuo1")?).await?;
    leader.open(&incident).await?;
    leader.fill("#note", "处置得当，同意结案，纠纷转调解").await?;
    leader.press("button", "审核结案").await.context("the review")?;
    state(&leader, "结案").await?;

    open_dispute(&officer, &incident).await.context("the dispute")?;
    pass_gate(&officer).await.context("the gate")?;
    hold_session(&officer).await.context("the session")?;
    agree(&officer).await.context("the agreement")?;
    paper(browser, &officer).await.context("the paper")?;

    look_up(&resident, &secret).await.context("the receipt")?;
    for (who, tab) in
        [("desk", &desk), ("resident", &resident), ("officer", &officer), ("leader", &leader), ("grid", &grid)]
    {
        let complaints = tab.complaints();
        ensure!(complaints.is_empty(), "{who}: the browser complained: {complaints:#?}");
    }
    Ok(())
}

/// Waits until the badge of the incident says its state.
async fn state(tab: &Tab, says: &str) -> Result<()> {
    tab.until(&format!("document.querySelector('.summary-bar fq-live .badge')?.textContent === '{says}'")).await
}

/// The resident reports noise; gives the receipt's secret.
async fn report(tab: &Tab) -> Result<String> {
    tab.open("/p").await?;
    tab.press("a.choice", "正阳派出所").await?;
    tab.fill("#content", CONTENT).await?;
    tab.fill("#place", "伊敏河畔1号楼1单元302").await?;
    tab.fill("#reporter_name", "林晓").await?;
    tab.fill("#reporter_phone", "10000765432").await?;
    tab.click("#agree", "").await?;
    tab.press("button", "提交").await?;
    tab.says("正阳派出所已收到您反映的情况").await?;
    tab.text(".receipt__secret code").await
}

/// The open desk shows the report by itself; the operator classifies and dispatches it. Gives its path.
async fn take(desk: &Tab, server: &Server) -> Result<String> {
    desk.until(
        "[...document.querySelectorAll('.desk__title')].some(e => e.textContent.includes('连续一周每晚十一点后'))",
    )
    .await
    .context("the report does not appear on the open desk")?;
    ensure!(desk.eval::<bool>("window.e2eOld === true").await?, "the desk was reloaded");
    desk.press(".desk__title", "连续一周每晚十一点后").await?;
    let incident = desk.path().await?;
    desk.choose("#category", "纠纷").await?;
    desk.press("button", "定类").await?;
    for account in ["zy.mj1", "zy.wg01"] {
        desk.click("fieldset label.check", &server.account(account)?.name).await?;
    }
    desk.fill("#opinion", "先劝停，查明住户，注意留存照片").await?;
    desk.press("button", "派警").await?;
    state(desk, "已派").await?;
    Ok(incident)
}

/// The officer finds the task on the own page, signs, arrives and gives the closing feedback with a photo.
async fn respond(tab: &Tab, incident: &str) -> Result<()> {
    tab.open("/").await?;
    tab.press(&format!("a.task__title[href='{incident}']"), "").await?;
    tab.press("button", "签收").await?;
    state(tab, "已签收").await?;
    tab.press("button", "到场").await?;
    state(tab, "到场").await?;
    let dir = tempfile::tempdir()?;
    tab.fill("#text", "到场听到拖动声，对楼上住户当场劝止，双方愿意调解").await?;
    tab.upload("#photos", &photo(dir.path())?).await?;
    tab.choose("#found_category", "纠纷").await?;
    tab.press("button", "终结反馈").await?;
    state(tab, "待审核").await?;
    tab.until("document.querySelector('.feedback .files img')?.naturalWidth > 0").await.context("the photo is shown")
}

/// A small picture with some content.
fn photo(dir: &Path) -> Result<PathBuf> {
    let file = dir.join("现场.png");
    image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, 120])).save(&file)?;
    Ok(file)
}

async fn open_dispute(tab: &Tab, incident: &str) -> Result<()> {
    tab.open(incident).await?;
    tab.press("a", "转调解").await?;
    tab.fill("#title", "伊敏河畔1号楼楼上楼下噪声纠纷").await?;
    tab.fill("#summary", "楼下要求晚十点后不再拖动家具；楼上愿意铺地毯，请求不再上门争吵").await?;
    tab.click("fieldset label.radio", "否").await?;
    tab.fill("#name_1", "周启明").await?;
    tab.fill("#phone_1", "10000765433").await?;
    tab.fill("#home_1", "伊敏河畔1号楼1单元402").await?;
    tab.press("button", "登记").await?;
    ensure!(tab.path().await?.starts_with("/disputes/"), "no dispute was opened: {}", tab.text("main").await?);
    tab.says("受理审查").await
}

async fn pass_gate(tab: &Tab) -> Result<()> {
    tab.click("section[aria-labelledby=h-gate] summary", "人民调解").await?;
    let form = "section[aria-labelledby=h-gate] details[open] form";
    let questions: usize = tab.eval(&format!("document.querySelectorAll(\"{form} .radio-row\").length")).await?;
    ensure!(questions > 0, "the gate asks nothing");
    for i in 1..=questions {
        tab.click(&format!("{form} tbody tr:nth-child({i}) label.radio"), "否").await?;
    }
    tab.click(&format!("{form} label.check"), "已告知各方权利义务").await?;
    tab.click(&format!("{form} label.check"), "各方均同意调解").await?;
    tab.press(&format!("{form} button"), "受理").await?;
    tab.says("达成协议").await
}

async fn hold_session(tab: &Tab) -> Result<()> {
    tab.click("section[aria-labelledby=h-next] summary", "记录一次调解").await?;
    tab.fill("#s-place", "社区一楼调解室").await?;
    tab.choose("#s-committee", "兴华社区人民调解委员会").await?;
    tab.fill("#s-mediator", "王桂兰").await?;
    tab.fill("#s-text", "双方到场，分别陈述；楼上承认夜间搬动家具，愿意铺地毯").await?;
    tab.press("button", "登记调解记录").await?;
    tab.says("第 1 次").await
}

async fn agree(tab: &Tab) -> Result<()> {
    tab.press("a", "达成协议").await?;
    tab.fill("#place", "社区一楼调解室").await?;
    tab.choose("#committee", "兴华社区人民调解委员会").await?;
    tab.fill("#mediator", "王桂兰").await?;
    tab.fill("#facts", "楼上住户一周来夜间十一点后搬动家具，影响楼下休息").await?;
    tab.fill("#term0", "晚十点至早七点不拖动家具，不敲打地板").await?;
    tab.fill("#term1", "卧室铺设地毯").await?;
    let day: String = tab.eval("new Date(Date.now() + 7 * 864e5).toISOString().slice(0, 10)").await?;
    tab.set("#by1", &day).await?;
    tab.press("button", "登记协议并生成协议书").await?;
    tab.says("司法确认").await
}

/// The link under the agreement downloads a PDF.
async fn paper(browser: &Browser, tab: &Tab) -> Result<()> {
    let dir = browser.downloads(tab).await?;
    tab.click("section[aria-labelledby^=h-a-] .files a", ".pdf").await?;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let done = std::fs::read_dir(&dir)?
            .filter_map(|e| e.ok())
            .map(|e| e.path())
            .find(|p| p.extension().is_some_and(|x| x == "pdf"));
        if let Some(file) = done {
            let bytes = std::fs::read(&file)?;
            ensure!(bytes.starts_with(b"%PDF"), "{} is no PDF", file.display());
            return Ok(());
        }
    }
    anyhow::bail!("nothing was downloaded")
}

/// The resident sees the state and who looked.
async fn look_up(tab: &Tab, secret: &str) -> Result<()> {
    tab.press("a.button", "凭回执查询").await?;
    tab.fill("#secret", secret).await?;
    tab.press("button", "查询").await?;
    tab.says("谁查看或办理过").await?;
    let looks = tab.text(".table tbody").await?;
    ensure!(looks.contains("正阳派出所"), "the station is not among those who looked: {looks}");
    for role in ["指挥室值班员", "民警", "带班领导"] {
        ensure!(looks.contains(role), "{role} is not among those who looked: {looks}");
    }
    let steps = tab.text(".timeline").await?;
    ensure!(!steps.is_empty(), "no steps are shown");
    Ok(())
}
