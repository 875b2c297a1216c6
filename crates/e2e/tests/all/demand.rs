//! The curve becomes the roster's need, the roster opens the window in the evening, a resident books half past seven and a
//! ticket is called.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server, Tab, View};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_curve_to_a_booking_in_the_evening() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

/// The first weekday two days ahead or later in China: `YYYY-MM-DD`, so that the day is still whole when the month is
/// rostered anew, and the need of a working day holds on it.
async fn ahead(tab: &Tab) -> Result<String> {
    let days = "[2, 3, 4].map(n => new Date(Date.now() + n * 864e5 + 8 * 36e5)).find(d => d.getUTCDay() % 6 !== 0)";
    tab.eval(&format!("{days}.toISOString().slice(0, 10)")).await
}

/// Waits until a search for a roster has ended.
async fn solved(tab: &Tab) -> Result<()> {
    let path = tab.path().await?;
    for _ in 0..120 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tab.open(&path).await?;
        if tab.eval::<bool>("document.querySelector('.summary-bar')?.innerText.includes('待发布') ?? false").await? {
            return Ok(());
        }
    }
    anyhow::bail!("the search for a roster does not end")
}

async fn story(server: &Server, browser: &Browser) -> Result<()> {
    let leader = browser.person(server).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;

    // The curve: what was seen, what is only guessed, the table behind it, and the file.
    leader.open("/demand?kind=work").await?;
    leader.unfold().await?;
    leader.says("观察到").await?;
    leader.says("不等于没有人").await?;
    leader.says("按没有观察处理").await?;
    // What the demonstration's questionnaire adds: a range, and wishes that are only wishes.
    leader.says("推算是一个范围，不是一个数").await?;
    leader.says("不是需求").await?;
    e2e::both(&leader, "demand-curve").await?;
    let csv = "(async () => { const a = await fetch(document.querySelector('a[href^=\"/demand/csv\"]').href); const t = await a.text(); \
        return `${a.status} ${t.split('\\n').length > 20} ${t.includes('观察到')} ${t.includes('外推')}`; })()";
    ensure!(leader.eval::<String>(csv).await? == "200 true true true", "the table as a file");
    leader.choose("#stream", "警情").await?;
    leader.press("main button", "查看").await?;
    leader.says("警情，").await?;
    e2e::both(&leader, "demand-incidents").await?;

    // Reports as the need of the command room's watch, orders as that of patrols.
    leader.open("/demand/plan").await?;
    leader.press("nav.tabs a", "指挥室").await?;
    leader.says("值守要几个人").await?;
    leader.says("有人接办").await?;
    leader.unfold().await?;
    e2e::both(&leader, "demand-watch").await?;
    leader.press("nav.tabs a", "街面巡逻").await?;
    leader.says("空着的巡逻组").await?;
    leader.unfold().await?;
    e2e::both(&leader, "demand-patrol").await?;
    // The number of the last four weeks opens its rows, each with its report.
    leader.press("section[aria-labelledby=lately] a", "%").await?;
    leader.says("从第一次派出到第一次签收").await?;
    leader.says("做到的").await?;
    e2e::both(&leader, "demand-kept-rows").await?;

    // An evening shift for the window's post, so that the evening can be planned for.
    leader.open("/roster/posts").await?;
    leader.press(".table a", "户籍窗口").await?;
    for (field, value) in [("#shift_name_1", "晚班"), ("#shift_code_1", "晚"), ("#shift_start_1", "14:00"), ("#shift_hours_1", "7"), ("#need_work_1", "1")] {
        leader.set(field, value).await?;
    }
    leader.press("main button", "保存").await?;
    leader.says("晚班").await?;

    // From the curve to the need: the promise first, then one click.
    leader.open("/demand/plan").await?;
    leader.says("九成的人等候不超过 10 分钟").await?;
    for field in ["#work", "#rest", "#holiday"] {
        leader.set(field, "09:00-12:00，14:00-20:30").await?;
    }
    leader.set("#minutes", "15").await?;
    leader.press("main button", "重新计算").await?;
    leader.says("九成的人等候不超过 15 分钟").await?;
    leader.says("从来没有开过门").await?;
    leader.unfold().await?;
    e2e::both(&leader, "demand-plan").await?;
    leader.press("main button", "写进值班表的需要").await?;
    leader.says("需要的来源").await?;
    leader.says("九成的人等候不超过 15 分钟").await?;
    let post = leader.path().await?;
    ensure!(post.starts_with("/roster/posts/"), "{post}");
    ensure!(leader.eval::<bool>("document.querySelector('#quarter_work').value.includes('20:30')").await?, "the need in the roster's own form");
    e2e::both(&leader, "demand-need").await?;

    // The month of that day is rostered and published; the hours follow.
    let day = ahead(&leader).await?;
    leader.open(&format!("/roster?month={}-01", &day[..7])).await?;
    leader.press("main button", "开始排班").await?;
    solved(&leader).await?;
    if leader.eval::<bool>("document.querySelector('#reason') !== null").await? {
        leader.fill("#reason", "窗口增加晚班，先按这一版执行").await?;
    }
    leader.press("form[action$='/publish'] button", "发布这一版").await?;
    leader.says("知悉").await?;
    leader.open("/windows/hours").await?;
    let (month, date) = (day[5..7].trim_start_matches('0'), day[8..].trim_start_matches('0'));
    let row = format!("[...document.querySelectorAll('tbody tr')].find(r => r.innerText.startsWith('{month} 月 {date} 日'))?.innerText ?? ''");
    let hours: String = leader.eval(&row).await?;
    ensure!(hours.contains("21:00") && hours.contains("值班表"), "the roster opens window 1 in the evening: {hours}");
    e2e::both(&leader, "demand-hours").await?;

    // A resident books half past seven in the evening of that day.
    let resident = browser.person(server).await?;
    resident.look(View::Phone).await?;
    resident.open("/p").await?;
    resident.press("a.choice", "正阳派出所的窗口").await?;
    resident.press("a.choice", "居住证申领").await?;
    resident.press("a.button", "预约").await?;
    resident.unfold().await?;
    resident.click(&format!("input[name=slot][value='{day} 1170']"), "").await.context("half past seven is free")?;
    resident.fill("#reporter_name", "敖日格乐").await?;
    resident.fill("#reporter_phone", "10000000778").await?;
    resident.click("#agree", "").await?;
    resident.press("main button", "预约").await?;
    resident.says("19:30").await?;
    e2e::both(&resident, "demand-booked").await?;

    // Somebody comes today, draws a ticket and is called: the next curve learns from it.
    let clerk = browser.person(server).await?;
    clerk.sign_in(server.account("zy.ck1")?).await?;
    clerk.open("/windows/desk").await?;
    clerk.press("button[aria-label$='：1 号窗口']", "").await?;
    clerk.open("/windows/draw").await?;
    clerk.press("button.choice", "居住证申领").await?;
    let label = clerk.text(".ticket-paper__label").await?;
    clerk.open("/windows/desk").await?;
    clerk.press("button", "叫下一个").await?;
    clerk.says(&label).await?;
    clerk.press("button", "来了，开始办理").await?;
    leader.open("/demand?stream=booked").await?;
    leader.says("预约的时间").await?;
    for (who, t) in [("leader", &leader), ("resident", &resident), ("clerk", &clerk)] {
        let rest = t.complaints();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}
