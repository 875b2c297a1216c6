//! The duty roster as people use it: rules, an impossible set explained, solved, settled and dragged, published, known on a
//! phone, swapped, checked in, repaired after an illness, printed. And a server that is killed while it solves.

use anyhow::{Context, Result, ensure};
use e2e::{Account, Browser, Server, Tab, View};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_rules_to_a_repaired_month_on_paper() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start_with_clock().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

async fn story(server: &Server, browser: &Browser) -> Result<()> {
    let person = async |name: &str| -> Result<Tab> {
        let tab = browser.person(server).await?;
        tab.sign_in(server.account(name)?).await?;
        Ok(tab)
    };
    let (planner, leader) = (person("zy.fusuo1").await?, person("zy.suozhang").await?);
    planner.open("/roster").await?;
    let month: String = planner.eval("document.querySelectorAll('nav.tabs a')[2].getAttribute('href')").await?;

    rules(&planner).await.context("rules")?;
    impossible(&planner, &month).await.context("an impossible set")?;
    let plan = solved(&planner, &month).await.context("solving")?;
    settled_and_dragged(&planner, &plan).await.context("by hand")?;
    publish(&leader, &plan, "roster-published").await.context("publishing")?;
    known_on_a_phone(server, browser, &month).await.context("known")?;
    swapped(server, browser, &planner, &month).await.context("a swap")?;
    checked_in(server, browser, &planner, &month).await.context("at the post")?;
    // Towards the end of the month: what is past is settled, and the week that is left is a small case.
    server.set_clock(&format!("{}24T12:00:00+08:00", &month[month.len() - 10..month.len() - 2])).await?;
    planner.sign_in(server.account("zy.fusuo1")?).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    let repaired = repaired(&planner, &month).await.context("an illness")?;
    publish(&leader, &repaired, "roster-repaired-published").await.context("publishing the repair")?;
    printed(&planner, &repaired).await.context("on paper")?;
    for (who, t) in [("planner", &planner), ("leader", &leader)] {
        let rest: Vec<_> = t.complaints().into_iter().filter(|c| !c.contains("422")).collect();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}

/// The station sets a rule of its own, with the reason.
async fn rules(planner: &Tab) -> Result<()> {
    planner.open("/roster/rules").await?;
    planner.choose("#key", "最多连续上班").await?;
    planner.fill("#value", "5").await?;
    planner.press("form[action='/roster/rules'] button", "保存").await?;
    ensure!(planner.status().await? == 422, "a rule without a reason is refused");
    planner.fill("#why", "本所勤务规定：连上不超过五天").await?;
    planner.press("form[action='/roster/rules'] button", "保存").await?;
    planner.says("本所").await?;
    e2e::both(planner, "roster-rules").await
}

/// People on the night watch of the command room, on every kind of day.
async fn night_watch(planner: &Tab, people: &str) -> Result<()> {
    planner.open("/roster/posts").await?;
    planner.press("td a", "指挥室").await?;
    for kind in ["work", "rest", "holiday"] {
        planner.fill(&format!("#need_{kind}_1"), people).await?;
    }
    planner.press("form.form button", "保存").await
}

async fn start(planner: &Tab, month: &str) -> Result<String> {
    planner.open(month).await?;
    planner.choose("#seconds", "1 分钟").await?;
    planner.press("button", "开始排班").await?;
    planner.path().await
}

/// Waits for what a search brings, longer than for a page.
async fn wait(tab: &Tab, script: &str) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(180) {
        if tab.eval::<bool>(script).await.unwrap_or(false) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    tab.until(script).await
}

/// Opens a version again and again until its search has ended.
async fn ended(planner: &Tab, plan: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        planner.open(plan).await?;
        if !planner.eval::<bool>("document.body.innerText.includes('正在排班')").await? {
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(240), "the search does not end");
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// More nights than there are people for: counted at once, in words, with ways out, of which one is taken.
async fn impossible(planner: &Tab, month: &str) -> Result<()> {
    night_watch(planner, "5").await?;
    let plan = start(planner, month).await?;
    planner.says("按人数一算就不够").await?;
    planner.says("还差").await?;
    planner.says("任选一条，人数就够了").await?;
    e2e::both(planner, "roster-impossible").await?;
    planner.press("button", "停止").await?;
    ended(planner, &plan).await?;
    planner.says("按人数一算就不够").await?;
    night_watch(planner, "1").await
}

/// The best so far is shown with what is proven, until somebody stops it or it is the best there is.
async fn solved(planner: &Tab, month: &str) -> Result<String> {
    let plan = start(planner, month).await?;
    wait(planner, "document.body.innerText.includes('下面是目前最好的一版') || !document.body.innerText.includes('正在排班')").await?;
    e2e::both(planner, "roster-solving").await?;
    wait(planner, "document.body.innerText.includes('没有不符合规则的地方') || !document.body.innerText.includes('正在排班')").await?;
    if planner.eval::<bool>("document.body.innerText.includes('正在排班')").await? {
        // It may end by itself before the mouse is there.
        let _ = planner.press("button", "停止").await;
    }
    ended(planner, &plan).await?;
    planner.says("待发布").await?;
    planner.says("没有不符合规则的地方").await?;
    planner.says("总罚分").await?;
    e2e::both(planner, "roster-solved").await?;
    Ok(plan)
}

/// A cell is settled by its form; two people of one day change places by dragging, and back.
async fn settled_and_dragged(planner: &Tab, plan: &str) -> Result<()> {
    planner.press(".roster td a", "").await?;
    planner.says("上什么班").await?;
    planner.click("#cell input[name=pin]", "").await?;
    e2e::both(planner, "roster-cell").await?;
    planner.press("#cell button", "保存").await?;
    ensure!(planner.eval::<bool>("document.querySelector('.roster .cell--pin') !== null").await?, "the settled cell is marked");
    // Both are named by their links, since the page is another after each exchange.
    let pair: Vec<String> = planner
        .eval(
            "(() => { const all = [...document.querySelectorAll('.roster td a')]; const day = all.at(-1).dataset.day; \
             const col = all.filter(a => a.dataset.day === day); const from = col.find(a => a.textContent.trim() !== '·'); \
             const to = col.find(a => a.textContent !== from?.textContent); \
             return from && to ? [from, to].map(a => `[data-who=\"${a.dataset.who}\"][data-day=\"${day}\"]`) : [] })()",
        )
        .await?;
    ensure!(pair.len() == 2, "two cells of one day that differ");
    let shown = format!("['{}', '{}'].map(c => document.querySelector('.roster ' + c).textContent.trim()).join(' ')", pair[0], pair[1]);
    let before: String = planner.eval(&shown).await?;
    for name in ["roster-dragged", "roster-dragged-back"] {
        planner.mark().await?;
        let drag = format!(
            "(() => {{ const [from, to] = ['{}', '{}'].map(c => document.querySelector('.roster ' + c)); const data = new DataTransfer(); \
             const go = (on, type) => on.dispatchEvent(new DragEvent(type, {{ bubbles: true, cancelable: true, dataTransfer: data }})); \
             go(from, 'dragstart'); go(to, 'dragover'); go(to, 'drop'); return true; }})()",
            pair[0], pair[1]
        );
        ensure!(planner.eval::<bool>(&drag).await?, "dragged");
        planner.arrive().await?;
        planner.says("核验").await?;
        let after: String = planner.eval(&shown).await?;
        ensure!((after == before) == (name == "roster-dragged-back"), "{name}: {before}, then {after}");
        e2e::both(planner, name).await?;
    }
    planner.open(plan).await?;
    planner.says("没有不符合规则的地方").await
}

async fn publish(leader: &Tab, plan: &str, picture: &str) -> Result<()> {
    leader.open(plan).await?;
    if leader.eval::<bool>("document.querySelector('#reason') !== null").await? {
        leader.fill("#reason", "有人生病，人手不够，已与本人说明，下月补休").await?;
    }
    leader.press("form[action$='/publish'] button", "发布这一版").await?;
    leader.says("知悉").await?;
    e2e::both(leader, picture).await
}

async fn known_on_a_phone(server: &Server, browser: &Browser, month: &str) -> Result<()> {
    let who = browser.person(server).await?;
    who.look(View::Phone).await?;
    who.sign_in(server.account("zy.fj1")?).await?;
    who.open(&month.replace("/roster", "/roster/mine")).await?;
    e2e::both(&who, "roster-mine").await?;
    who.look(View::Phone).await?;
    // The demonstration's own month may wait for its answer too.
    let asked = "[...document.querySelectorAll('form.card--mine input[name=month]')].map(i => i.value)";
    let before: Vec<String> = who.eval(asked).await?;
    let day = &month[month.len() - 10..];
    ensure!(before.iter().any(|m| m == day), "asked about {day}: {before:?}");
    who.press(&format!("form.card--mine:has(input[name=month][value='{day}']) button"), "我已知悉").await?;
    let after: Vec<String> = who.eval(asked).await?;
    ensure!(after.len() + 1 == before.len() && !after.iter().any(|m| m == day), "known: {before:?}, then {after:?}");
    Ok(())
}

/// The account of somebody of the station by the name on the pages.
fn named<'a>(server: &'a Server, name: &str) -> Result<&'a Account> {
    server.accounts.iter().find(|a| a.account.starts_with("zy.") && a.name == name).with_context(|| format!("no account of {name}"))
}

/// One asks, what breaks a rule is refused in words, the other agrees, the planner approves.
async fn swapped(server: &Server, browser: &Browser, planner: &Tab, month: &str) -> Result<()> {
    let (one, first) = (browser.person(server).await?, &month[month.len() - 10..month.len() - 3]);
    one.sign_in(server.account("zy.mj1")?).await?;
    one.open("/roster/swaps").await?;
    let options = async |css: &str| -> Result<Vec<String>> { one.eval(&format!("[...document.querySelectorAll('{css} option')].map(o => o.value)")).await };
    // Of each role the demonstration prints one account: the other is the operator, who is an officer too.
    let days = options("#from_day").await?;
    let name = &server.account("zy.zhs1")?.name;
    let mut with = None;
    'all: for exchange in [false, true] {
        for day in days.iter().filter(|d| d.starts_with(first)) {
            one.open("/roster/swaps").await?;
            one.set("#from_day", day).await?;
            one.choose("#to", name).await?;
            one.set("#to_day", if exchange { day } else { "" }).await?;
            one.fill("#note", "孩子家长会").await?;
            one.press("form[action='/roster/swaps'] button", "申请").await?;
            if one.status().await? == 200 {
                with = Some(one.text(".mini").await?);
                break 'all;
            }
        }
    }
    let line = with.context("a swap that the rules allow")?;
    ensure!(line.contains("等对方答复"), "{line}");
    let two = browser.person(server).await?;
    two.sign_in(named(server, name)?).await?;
    two.open("/roster/swaps").await?;
    e2e::both(&two, "roster-swap-asked").await?;
    two.press("button", "同意").await?;
    two.says("等批准").await?;
    planner.open("/roster/swaps").await?;
    e2e::both(planner, "roster-swap-agreed").await?;
    planner.press("button", "批准").await?;
    planner.says("已批准").await?;
    planner.open(month).await?;
    planner.says("（调班）").await
}

/// The clock is set to the first duty of somebody in the published month: they check in on a phone; the planner sees it, and
/// the month's list of who was there.
async fn checked_in(server: &Server, browser: &Browser, planner: &Tab, month: &str) -> Result<()> {
    let account = server.account("zy.mj1")?;
    let name = &account.name;
    let who = browser.person(server).await?;
    who.sign_in(account).await?;
    who.open(&month.replace("/roster", "/roster/mine")).await?;
    let span: String = who.eval("document.querySelector('.minis--wide .mini .mini__meta')?.textContent ?? ''").await?;
    let begins = span.split(" 至 ").next().unwrap_or_default().replace(' ', "T");
    ensure!(begins.len() == 16 && begins.starts_with(&month[month.len() - 10..month.len() - 3]), "{name} has a duty in the month: {span}");
    server.set_clock(&format!("{begins}:00+08:00")).await?;

    // A session does not live through idle days.
    planner.sign_in(server.account("zy.fusuo1")?).await?;
    planner.open("/roster/today").await?;
    let late = "[...document.querySelectorAll('tbody tr')].filter(r => r.innerText.includes('正在值') && r.innerText.includes('没有签到')).map(r => r.children[1].innerText.trim())";
    let before: Vec<String> = planner.eval(late).await?;
    ensure!(before.contains(name), "{name} is on duty and not there yet: {before:?}");
    who.look(View::Phone).await?;
    who.sign_in(account).await?;
    who.open("/roster/today").await?;
    e2e::both(&who, "roster-check-in").await?;
    who.look(View::Phone).await?;
    let due = "document.querySelectorAll(\"form[action='/roster/check-in']\").length";
    let forms: usize = who.eval(due).await?;
    ensure!(forms > 0, "asked to check in");
    who.press("form[action='/roster/check-in'] button", "我已到岗").await?;
    ensure!(who.eval::<usize>(due).await? + 1 == forms, "checked in");
    planner.open("/roster/today").await?;
    let after: Vec<String> = planner.eval(late).await?;
    ensure!(after.len() + 1 == before.len(), "{name} is there: {before:?}, then {after:?}");
    let there = format!("[...document.querySelectorAll('tbody tr')].some(r => r.innerText.includes('{name}') && r.innerText.includes('在岗，'))");
    ensure!(planner.eval::<bool>(&there).await?, "{name} stands at the post");
    e2e::both(planner, "roster-today").await?;
    planner.press("a", "到岗情况").await?;
    planner.says("逐班对照").await?;
    e2e::both(planner, "roster-attendance").await
}

/// The person at the command room on the night of the 26th is ill until the 28th: somebody has to take the night, so something
/// changes; what is proven to be the least stands beside what it came to, each change with who and why.
async fn repaired(planner: &Tab, month: &str) -> Result<String> {
    planner.open(month).await?;
    planner.press(".summary-bar a", "已发布").await?;
    let published = planner.path().await?;
    let first = &month[month.len() - 10..month.len() - 2];
    // The name, then the days.
    let on_night = "(() => { const r = [...document.querySelectorAll('.roster tbody tr')].find(r => r.children[26].textContent.trim() === '夜'); \
                    return r ? r.children[0].firstChild.textContent.trim() : '' })()";
    let name: String = planner.eval(on_night).await?;
    ensure!(!name.is_empty(), "somebody is on at night on the 26th");
    // A machine with much else to do may not have got as far as the proof in the two seconds of one repair.
    let mut said = String::new();
    for _ in 0..5 {
        planner.open(&published).await?;
        planner.unfold().await?;
        planner.choose("#person", &name).await?;
        planner.set("#from", &format!("{first}26")).await?;
        planner.set("#until", &format!("{first}28")).await?;
        planner.press("form[action$='/repair'] button", "调整").await?;
        planner.says("临时调整").await?;
        planner.says("待发布").await?;
        said = planner.eval("document.body.innerText").await?;
        if said.contains("已证明至少要") {
            break;
        }
    }
    let number = |after: &str| -> Result<u32> {
        let rest = said.split_once(after).with_context(|| format!("“{after}” in: {said}"))?.1;
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse().with_context(|| format!("a number after “{after}”"))
    };
    let (cost, least, cells) = (number("变动折合")?, number("已证明至少要")?, number("变动 ")?);
    ensure!(least > 0 && 10 * cost <= 12 * least && cells > 0, "{cost} against {least}, {cells} cells");
    e2e::both(planner, "roster-repaired").await?;
    planner.path().await
}

async fn printed(planner: &Tab, plan: &str) -> Result<()> {
    planner.open(plan).await?;
    let sheet: String = planner
        .eval(
            "(async () => { const a = await fetch(document.querySelector('a[href$=\"/pdf\"]').href); const b = new Uint8Array(await a.arrayBuffer()); \
             let s = ''; for (let i = 0; i < b.length; i += 8192) s += String.fromCharCode(...b.subarray(i, i + 8192)); return btoa(s); })()",
        )
        .await?;
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(sheet)?;
    ensure!(bytes.starts_with(b"%PDF-") && bytes.len() > 10_000, "the sheet for the wall: {} bytes", bytes.len());
    Ok(std::fs::write(e2e::pictures()?.join("roster-wall.pdf"), bytes)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_while_it_solves_keeps_the_best_so_far() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = killed(server, &browser).await {
        panic!("{e:#}");
    }
}

async fn killed(server: Server, browser: &Browser) -> Result<()> {
    let planner = browser.person(&server).await?;
    planner.sign_in(server.account("zy.fusuo1")?).await?;
    planner.open("/roster").await?;
    let month: String = planner.eval("document.querySelectorAll('nav.tabs a')[2].getAttribute('href')").await?;
    // Five at night are too many: the search has something to do until it is killed.
    night_watch(&planner, "5").await?;
    let plan = start(&planner, &month).await?;
    wait(&planner, "document.body.innerText.includes('下面是目前最好的一版')").await?;
    let server = server.killed_and_started()?;
    let planner = browser.person(&server).await?;
    planner.sign_in(server.account("zy.fusuo1")?).await?;
    planner.open(&plan).await?;
    let begun = Instant::now();
    while !planner.eval::<bool>("document.body.innerText.includes('中断')").await? {
        ensure!(begun.elapsed() < Duration::from_secs(150), "a search without a sign of life is not taken for dead");
        tokio::time::sleep(Duration::from_secs(2)).await;
        planner.open(&plan).await?;
    }
    ensure!(planner.eval::<usize>("document.querySelectorAll('.roster .cell--day').length").await? > 50, "the best so far is kept");
    e2e::both(&planner, "roster-killed").await
}
