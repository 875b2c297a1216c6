//! A resident books an evening on a phone, puts it off, comes, is called; papers are told once, the certificate has its
//! number, and no minute of the window was empty.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server, View};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_booking_on_a_phone_to_a_certificate() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

/// `YYYY-MM-DD` in China, so many days from today, and the present minute of the day.
async fn today(tab: &e2e::Tab, days: i64) -> Result<(String, i64)> {
    let day = tab.eval(&format!("new Date(Date.now() + {days} * 864e5 + 8 * 36e5).toISOString().slice(0, 10)")).await?;
    let minute = tab.eval("(m => m)(Math.floor((Date.now() + 8 * 36e5) % 864e5 / 6e4))").await?;
    Ok((day, minute))
}

async fn story(server: &Server, browser: &Browser) -> Result<()> {
    // The clerk stands at window 2; then its hours begin: from this minute today, and until nine in the evening from tomorrow on.
    let clerk = browser.person(server).await?;
    clerk.sign_in(server.account("zy.ck1")?).await?;
    clerk.open("/windows/desk").await?;
    clerk.says("还没有在窗口上岗").await?;
    clerk.press("button[aria-label$='：2 号窗口']", "").await?;
    clerk.says("叫下一个").await?;
    let leader = browser.person(server).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    leader.open("/windows/setup").await?;
    let (tomorrow, minute) = today(&leader, 1).await?;
    let now = format!("{:02}:{:02}-24:00", (minute + 1) / 60, (minute + 1) % 60);
    for (from, spans) in [(None, now.as_str()), (Some(tomorrow.as_str()), "09:00-21:00")] {
        leader.open("/windows/setup").await?;
        leader.press(".table a", "2 号窗口").await?;
        if let Some(from) = from {
            leader.set("#from_day", from).await?;
        }
        for field in ["#work", "#rest", "#holiday"] {
            leader.set(field, spans).await?;
        }
        leader.fill("#why", "晚上照顾上班的人").await?;
        leader.press("form[action$='/hours'] button", "保存时间").await?;
        leader.says("09:00").await?;
    }
    e2e::both(&leader, "windows-hours").await?;

    // The resident, on a phone, without an account: which papers, which time, half past seven tomorrow.
    let resident = browser.person(server).await?;
    resident.look(View::Phone).await?;
    resident.open("/p").await?;
    resident.press("a.choice", "正阳派出所的窗口").await?;
    resident.says("开放时间").await?;
    e2e::both(&resident, "windows-public").await?;
    resident.press("a.choice", "临时身份证明").await?;
    resident.says("这是全部材料").await?;
    e2e::both(&resident, "windows-service").await?;
    resident.press("a.button", "预约").await?;
    resident.unfold().await?;
    resident.click(&format!("input[name=slot][value='{tomorrow} 1170']"), "").await.context("half past seven tomorrow is free")?;
    resident.press("main button", "预约").await?;
    resident.says("请填写姓名").await?;
    resident.says("请先阅读个人信息处理告知").await?;
    resident.fill("#reporter_name", "敖日格乐").await?;
    resident.fill("#reporter_phone", "10000000777").await?;
    resident.click("#agree", "").await?;
    resident.press("main button", "预约").await?;
    resident.says("19:30").await?;
    let code = resident.text(".receipt__secret code").await?;
    e2e::both(&resident, "windows-booked").await?;

    // Put off to the next free time of today.
    resident.open("/p/booking").await?;
    resident.fill("#code", "AAAA-BBBB-CCCC-DDDD").await?;
    resident.press("main button", "查询").await?;
    resident.says("没有找到这个预约").await?;
    resident.fill("#code", &code).await?;
    resident.press("main button", "查询").await?;
    resident.says("请按时到窗口").await?;
    resident.unfold().await?;
    let (day, _) = today(&resident, 0).await?;
    let early: bool = resident
        .eval(&format!("(s => {{ const i = [...s.options].findIndex(o => o.value.startsWith('{day}')); s.selectedIndex = Math.max(i, 0); return i > 0; }})(document.querySelector('#slot'))"))
        .await?;
    if early {
        resident.press("main button", "改期").await?;
        resident.says("已预约").await?;
    }
    let number = resident.text(".receipt__number").await?;
    e2e::both(&resident, "windows-my-booking").await?;

    // They come: a ticket by the booking, seen on the phone and called on the display.
    clerk.open("/windows/draw").await?;
    e2e::both(&clerk, "windows-draw").await?;
    // Every service is there to be tapped on a phone too: the list does not scroll within itself.
    clerk.look(View::Phone).await?;
    ensure!(clerk.eval::<bool>("(l => l.scrollHeight <= l.clientHeight)(document.querySelector('.choices'))").await?, "services hidden below the list's edge");
    clerk.look(View::Desktop).await?;
    if early {
        clerk.press(&format!("button[aria-label$='：{number}']"), "").await?;
    } else {
        clerk.press("button.choice", "临时身份证明").await?;
    }
    clerk.says("您的号").await?;
    let label = clerk.text(".ticket-paper__label").await?;
    let ticket = clerk.text(".receipt__secret code").await?;
    e2e::both(&clerk, "windows-ticket").await?;
    resident.open("/p/ticket").await?;
    resident.fill("#code", &ticket).await?;
    resident.press("main button", "看前面还有几个人").await?;
    resident.says(&label).await?;
    e2e::both(&resident, "windows-my-ticket").await?;
    leader.look(View::Desktop).await?;
    leader.open("/windows/display").await?;
    leader.says(&label).await?;
    // The screen in the hall: a link instead of an account.
    clerk.open("/windows/displays").await?;
    clerk.fill("#name", "大厅正面").await?;
    e2e::both(&clerk, "windows-screens").await?;
    clerk.press("main button", "开一个链接").await?;
    let link = clerk.text(".receipt__secret code").await?;
    e2e::both(&clerk, "windows-screen-made").await?;
    let screen = browser.person(server).await?;
    screen.open(&link[link.find("/p/hall/").context("a link")?..]).await?;
    screen.says(&label).await?;
    clerk.open("/windows/desk").await?;
    e2e::both(&clerk, "windows-desk").await?;
    clerk.press("button", "叫下一个").await?;
    clerk.says(&label).await?;
    screen.until(&format!("document.querySelector('.hall__window--called')?.innerText.includes('{label}')")).await.context("the screen in the hall follows")?;
    e2e::both(&screen, "windows-hall").await?;
    screen.look(View::Wall).await?;
    ensure!(screen.overflow(View::Wall).await? == 0, "the hall's screen is too wide");
    screen.picture(View::Wall, &e2e::pictures()?.join("windows-hall-wall.png")).await?;
    ensure!(!screen.eval::<String>("document.body.innerText").await?.contains("敖日格乐"), "a name in the hall");
    // Ended: the screen says so by itself.
    clerk.open("/windows/displays").await?;
    clerk.press("button[aria-label='停用：大厅正面']", "").await?;
    clerk.says("已停用").await?;
    screen.says("已经停用").await?;
    clerk.open("/windows/desk").await?;
    leader.until(&format!("document.querySelector('.hall__window--called')?.innerText.includes('{label}')")).await.context("the display follows")?;
    e2e::both(&leader, "windows-display").await?;
    clerk.press("button", "来了，开始办理").await?;
    clerk.press("a.button", "登记办件").await?;

    // Nothing was brought: told once and in full, then brought, then issued with a number.
    clerk.says("核对材料").await?;
    clerk.set("#reporter_name", "敖日格乐").await?;
    clerk.fill("#reporter_phone", "10000000777").await?;
    clerk.fill("#purpose", "乘坐火车").await?;
    e2e::both(&clerk, "windows-case-new").await?;
    clerk.press("main button", "登记").await?;
    clerk.says("待补正").await?;
    e2e::both(&clerk, "windows-case-told").await?;
    let paper = "(async () => { const a = await fetch(document.querySelector('a[href$=\"/paper\"]').href); \
         const b = new Uint8Array(await a.arrayBuffer()); return `${a.status} ${String.fromCharCode(...b.slice(0, 5))} ${b.length > 5000}`; })()";
    ensure!(clerk.eval::<String>(paper).await? == "200 %PDF- true", "what is missing, in writing");
    clerk.click("input[name=paper]", "").await?;
    clerk.press("button", "补齐材料").await?;
    clerk.says("已受理").await?;
    clerk.fill("#statement", "兹证明敖日格乐身份属实。").await?;
    clerk.set("#valid_until", &tomorrow).await?;
    clerk.press("button", "出具证明").await?;
    clerk.says("窗证〔").await?;
    ensure!(clerk.eval::<String>(paper).await? == "200 %PDF- true", "the certificate");
    e2e::both(&clerk, "windows-case-issued").await?;
    clerk.open("/windows/desk").await?;
    clerk.press("button", "办结").await?;
    clerk.says("叫下一个").await?;

    // No minute of window 2 was empty since the clerk came (the demonstration's hours may have begun before), and the
    // month's figures open.
    leader.open("/windows/monitor").await?;
    let row: Vec<String> = leader
        .eval("[...[...document.querySelectorAll('tbody tr')].find(r => r.innerText.includes('2 号窗口')).cells].map(c => c.innerText)")
        .await?;
    let empty = row.last().context("a row without cells")?;
    ensure!(row.concat().contains("在岗") && empty.contains(" / "), "window 2 today: {row:?}");
    let spans: Vec<&str> = empty.lines().skip(1).flat_map(|l| l.split('、')).collect();
    ensure!(empty.starts_with("0 /") || !spans.is_empty(), "empty minutes without their times: {row:?}");
    for span in spans {
        let (_, until) = span.split_once('-').with_context(|| format!("{span} is no span: {row:?}"))?;
        let (h, m) = until.split_once(':').context("HH:MM")?;
        ensure!(h.parse::<i64>()? * 60 + m.parse::<i64>()? <= minute + 1, "empty after the clerk came: {row:?}");
    }
    e2e::both(&leader, "windows-monitor").await?;
    leader.open("/windows/report").await?;
    e2e::both(&leader, "windows-report").await?;
    leader.press("tbody tr:last-child a", "").await?;
    leader.says("分钟").await?;
    for (page, name) in [("/windows/services", "services"), ("/windows/catalogue", "catalogue"), ("/windows/bookings", "bookings"), ("/windows/cases?state=issued", "cases"), ("/windows/permits", "permits"), ("/windows/setup", "setup")] {
        leader.open(page).await?;
        e2e::both(&leader, &format!("windows-{name}")).await?;
    }
    for (who, t) in [("clerk", &clerk), ("leader", &leader), ("resident", &resident)] {
        let rest: Vec<_> = t.complaints().into_iter().filter(|c| !c.contains("422")).collect();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}
