//! No window is ever empty, the whole round: a questionnaire opened by its code → answers → the curve → the roster's need →
//! a published roster → published hours → half past seven booked → the ticket called → a permit whose papers are told
//! once → no empty minute, on the monitor and in the month's report. The demonstration's clock is set forward from day to day.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server, Tab, View};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_code_on_paper_to_a_month_without_an_empty_minute() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start_with_clock().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

/// The title of the questionnaire, by which the later pages name it.
const TITLE: &str = "晚上来窗口方便吗";

async fn story(server: &Server, browser: &Browser) -> Result<()> {
    let officer = browser.person(server).await?;
    officer.sign_in(server.account("zy.mj1")?).await?;
    asked(server, browser, &officer).await?;
    let leader = browser.person(server).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    let month = next_month(&leader).await?;
    needed(&leader).await?;
    rostered(&leader, &month).await?;

    // The last noon of the old month: the hours of the new one stand where residents read them.
    let eve = format!("{}T12:00:00+08:00", month.eve);
    server.set_clock(&eve).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    let day = published(&leader, &month).await?;
    let resident = browser.person(server).await?;
    let number = booked(&resident, &day).await?;

    // The day itself: somebody is there from the first minute to the last.
    let clerk = browser.person(server).await?;
    at(server, &clerk, &day, "08:50").await?;
    clerk.open("/windows/desk").await?;
    clerk.press("button[aria-label$='：1 号窗口']", "").await?;
    clerk.says("叫下一个").await?;
    at(server, &clerk, &day, "19:25").await?;
    served(&clerk, &number).await?;
    at(server, &clerk, &day, "21:01").await?;
    clerk.open("/windows/desk").await?;
    clerk.press("button", "离岗").await?;
    clerk.says("还没有在窗口上岗").await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    nothing_empty(&leader, &month).await?;
    for (who, t) in [("officer", &officer), ("leader", &leader), ("resident", &resident), ("clerk", &clerk)] {
        let rest = t.complaints();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}

/// Sets the clock, and signs the clerk in anew: a session does not live through idle hours.
async fn at(server: &Server, clerk: &Tab, day: &str, time: &str) -> Result<()> {
    server.set_clock(&format!("{day}T{time}:00+08:00")).await?;
    clerk.sign_in(server.account("zy.ck1")?).await
}

/// The coming month: `2026-12` and the last day before it.
struct Month {
    name: String,
    eve: String,
}

async fn next_month(tab: &Tab) -> Result<Month> {
    let now = "new Date(Date.now() + 8 * 36e5)";
    let of = |day: i64| format!("(n => new Date(Date.UTC(n.getUTCFullYear(), n.getUTCMonth() + 1, {day})).toISOString())({now})");
    let (first, eve): (String, String) = (tab.eval(&of(1)).await?, tab.eval(&of(0)).await?);
    Ok(Month { name: first[..7].into(), eve: eve[..10].into() })
}

/// A questionnaire, answered on a phone that read its code from the picture of the page, and typed in from paper.
async fn asked(server: &Server, browser: &Browser, officer: &Tab) -> Result<()> {
    officer.open("/surveys/new").await?;
    officer.fill("#title", TITLE).await?;
    officer.press("main button", "下一步").await?;
    for kind in ["办哪项业务（选项取本所窗口的业务）", "哪些时间方便（多选）"] {
        officer.choose("#kind", kind).await?;
        officer.click("input[name=required]", "").await?;
        officer.press("main button", "添加").await?;
    }
    officer.press("main button", "开放征集").await?;
    officer.says("打印纸质问卷").await?;
    e2e::both(officer, "offpeak-survey").await?;
    let address = read_code(&e2e::pictures()?.join("offpeak-survey-desktop.png"))?;
    let code = address.strip_prefix(&server.base).with_context(|| format!("the code leads to this server: {address}"))?;
    ensure!(code.starts_with("/q/"), "{code}");

    let resident = browser.person(server).await?;
    resident.look(View::Phone).await?;
    resident.open(code).await?;
    resident.click("label.check", "居住证申领").await?;
    resident.click("label.check", "工作日 18:30-20:30").await?;
    e2e::both(&resident, "offpeak-answer").await?;
    resident.look(View::Phone).await?;
    resident.press("main button.button--primary", "提交").await?;
    resident.says("已收到您的回答").await?;

    officer.look(View::Desktop).await?;
    officer.press("a.button", "快速录入").await?;
    for when in ["1 5", "5", "4 5", "1", "2 5"] {
        officer.fill("[name='q.q1']", "1").await?;
        officer.fill("[name='q.q2']", when).await?;
        officer.press("main button", "录入，下一份").await?;
    }
    officer.says("一共 6 份").await
}

/// What a telephone reads in a picture.
fn read_code(picture: &std::path::Path) -> Result<String> {
    let page = image::open(picture)?.into_luma8();
    let (width, height) = (page.width() as usize, page.height() as usize);
    let mut seen = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| page.get_pixel(x as u32, y as u32).0[0]);
    let grids = seen.detect_grids();
    ensure!(grids.len() == 1, "one code in {}, not {}", picture.display(), grids.len());
    Ok(grids[0].decode()?.1)
}

/// The curve knows the questionnaire; an evening shift; one click makes the need of the post.
async fn needed(leader: &Tab) -> Result<()> {
    leader.open("/demand?kind=work").await?;
    leader.says(&format!("问卷《{TITLE}》6 份答了时段")).await?;
    leader.says("推算是一个范围，不是一个数").await?;
    e2e::both(leader, "offpeak-curve").await?;
    leader.open("/roster/posts").await?;
    leader.press(".table a", "户籍窗口").await?;
    for (field, value) in [("#shift_name_1", "晚班"), ("#shift_code_1", "晚"), ("#shift_start_1", "14:00"), ("#shift_hours_1", "7"), ("#need_work_1", "1")] {
        leader.set(field, value).await?;
    }
    leader.press("main button", "保存").await?;
    // Window 2 is given up for the evening at window 1.
    leader.open("/windows/setup").await?;
    leader.press(".table a", "2 号窗口").await?;
    leader.press("main button", "停用这个窗口").await?;
    leader.open("/demand/plan?share=90&minutes=10&work=09:00-20:30").await?;
    leader.says("九成的人等候不超过 10 分钟").await?;
    leader.says("从来没有开过门").await?;
    e2e::both(leader, "offpeak-plan").await?;
    leader.press("main button", "写进值班表的需要").await?;
    leader.says("需要的来源").await?;
    ensure!(leader.eval::<bool>("document.querySelector('#quarter_work').value.includes('20:30')").await?, "the need in the roster's own form");
    e2e::both(leader, "offpeak-need").await
}

/// The month is rostered and published.
async fn rostered(leader: &Tab, month: &Month) -> Result<()> {
    leader.open(&format!("/roster?month={}-01", month.name)).await?;
    leader.press("main button", "开始排班").await?;
    let path = leader.path().await?;
    let ready = "document.querySelector('.summary-bar')?.innerText.includes('待发布') ?? false";
    for n in 0.. {
        ensure!(n < 120, "the search for a roster does not end");
        tokio::time::sleep(Duration::from_millis(500)).await;
        leader.open(&path).await?;
        if leader.eval::<bool>(ready).await? {
            break;
        }
    }
    if leader.eval::<bool>("document.querySelector('#reason') !== null").await? {
        leader.fill("#reason", "窗口增加晚班，先按这一版执行").await?;
    }
    leader.press("form[action$='/publish'] button", "发布这一版").await?;
    leader.says("知悉").await?;
    e2e::both(leader, "offpeak-roster").await
}

/// The first day of the month on which the roster opens window 1.
async fn published(leader: &Tab, month: &Month) -> Result<String> {
    leader.open("/windows/hours").await?;
    let m = month.name[5..].trim_start_matches('0');
    let rows = format!(
        "[...document.querySelectorAll('tbody tr')].map(r => [r.querySelector('th').innerText.match(/^{m} 月 (\\d+) 日/)?.[1], r.querySelector('td').innerText]) \
         .find(r => r[0] && r[1].includes(':')) ?? ['', '']"
    );
    let (date, hours): (String, String) = leader.eval(&rows).await?;
    ensure!(hours.contains("09:00-21:00") && hours.contains("值班表"), "the roster opens window 1 on {m}-{date}: {hours}");
    e2e::both(leader, "offpeak-hours").await?;
    Ok(format!("{}-{:0>2}", month.name, date))
}

/// On a phone, without an account; the number of the booking.
async fn booked(resident: &Tab, day: &str) -> Result<String> {
    resident.look(View::Phone).await?;
    resident.open("/p").await?;
    resident.press("a.choice", "正阳派出所的窗口").await?;
    resident.press("a.choice", "居住证申领").await?;
    resident.says("这是全部材料").await?;
    resident.press("a.button", "预约").await?;
    resident.unfold().await?;
    resident.click(&format!("input[name=slot][value='{day} 1170']"), "").await.context("half past seven is free")?;
    resident.fill("#reporter_name", "敖日格乐").await?;
    resident.fill("#reporter_phone", "10000000778").await?;
    resident.click("#agree", "").await?;
    resident.press("main button", "预约").await?;
    resident.says("19:30").await?;
    e2e::both(resident, "offpeak-booked").await?;
    resident.text(".receipt__number").await
}

/// The ticket is drawn and called, the papers told once and in full, brought, and the permit's application accepted.
async fn served(clerk: &Tab, number: &str) -> Result<()> {
    clerk.open("/windows/draw").await?;
    clerk.press(&format!("button[aria-label$='：{number}']"), "").await?;
    let label = clerk.text(".ticket-paper__label").await?;
    clerk.open("/windows/desk").await?;
    clerk.press("button", "叫下一个").await?;
    clerk.says(&label).await?;
    e2e::both(clerk, "offpeak-called").await?;
    clerk.press("button", "来了，开始办理").await?;
    clerk.press("a.button", "登记办件").await?;
    clerk.says("核对材料").await?;
    let papers: usize = clerk.eval("document.querySelectorAll('input[name=paper]').length").await?;
    ensure!(papers >= 3, "all papers of a residence permit are asked for at once: {papers}");
    clerk.fill("#reporter_phone", "10000000778").await?;
    clerk.press("main button", "登记").await?;
    clerk.says("待补正").await?;
    ensure!(clerk.eval::<usize>("document.querySelectorAll('input[name=paper]').length").await? == papers, "what is missing is told in full");
    e2e::both(clerk, "offpeak-told").await?;
    for n in 0..papers {
        clerk.click(&format!("input[name=paper][value='{n}']"), "").await?;
    }
    clerk.press("button", "补齐材料").await?;
    clerk.says("已受理").await?;
    clerk.says("一次告知补正").await?;
    e2e::both(clerk, "offpeak-accepted").await?;
    clerk.open("/windows/desk").await?;
    clerk.press("button", "办结").await?;
    clerk.says("叫下一个").await
}

/// Monitor and report: twelve hours planned, twelve hours somebody there, nothing empty.
async fn nothing_empty(leader: &Tab, month: &Month) -> Result<()> {
    leader.open("/windows/monitor").await?;
    let figures: Vec<String> = leader.eval("[...document.querySelectorAll('.figure__value')].map(f => f.innerText.trim())").await?;
    ensure!(figures == ["720 分钟", "720 分钟", "0 分钟"], "planned, present, empty: {figures:?}");
    e2e::both(leader, "offpeak-monitor").await?;
    leader.open("/windows/report").await?;
    leader.says("等候").await?;
    e2e::both(leader, "offpeak-report").await?;
    let sums: Vec<String> = leader
        .eval("[...[...document.querySelectorAll('tbody tr')].find(r => r.innerText.startsWith('合计')).querySelectorAll('td')].slice(0, 4).map(c => c.innerText.trim())")
        .await?;
    ensure!(sums[0] == sums[1] && sums[3].starts_with("100"), "the month: {sums:?}");
    leader.open(&format!("/windows/report/rows?month={}-01&what=empty", month.name)).await?;
    leader.says("没有").await
}
