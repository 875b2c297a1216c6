//! The duty roster: looked at, altered by hand and by dragging, published, known on a phone, repaired after an illness, printed.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server, View};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_published_month_to_a_repaired_one() {
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
    let planner = browser.person(server).await?;
    planner.sign_in(server.account("zy.fusuo1")?).await?;
    planner.open("/roster").await?;
    planner.press(".summary-bar a", "已发布").await.context("the demo has a published roster")?;
    let published = planner.path().await?;
    planner.says("没有不符合规则的地方").await?;
    e2e::both(&planner, "roster-published").await?;

    // A version of one's own: a cell by its form, then two people of one day by dragging.
    planner.press("button", "另存一版再改").await?;
    planner.says("待发布").await?;
    let copy = planner.path().await?;
    planner.press(".roster td a", "").await?;
    planner.says("上什么班").await?;
    planner.click("#cell input[name=pin]", "").await?;
    planner.press("#cell button", "保存").await?;
    ensure!(planner.eval::<bool>("document.querySelector('.roster .cell--pin') !== null").await?, "the settled cell is marked");
    planner.mark().await?;
    let dragged: bool = planner
        .eval(
            "(() => { const all = [...document.querySelectorAll('.roster td a')]; \
             const day = all.at(-1).dataset.day; const col = all.filter(a => a.dataset.day === day); \
             const from = col.find(a => a.textContent.trim() !== '·'); const to = col.find(a => a.textContent !== from?.textContent); \
             if (!from || !to) return false; const data = new DataTransfer(); \
             const go = (on, type) => on.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data })); \
             go(from, 'dragstart'); go(to, 'dragover'); go(to, 'drop'); return true; })()",
        )
        .await?;
    ensure!(dragged, "two cells of one day that differ");
    planner.arrive().await?;
    planner.says("核验").await?;
    e2e::both(&planner, "roster-altered").await?;
    planner.open(&format!("/roster/compare?a={}&b={}", id(&published), id(&copy))).await?;
    planner.says("不同的").await?;

    // The leader publishes another copy; the auxiliary says on a phone that they know.
    planner.open(&published).await?;
    planner.press("button", "另存一版再改").await?;
    let next = planner.path().await?;
    // Another duty of theirs on the last day, so that there is something ahead to know on whatever day this runs.
    let auxiliary_name = &server.account("zy.fj1")?.name;
    let last: String = planner.eval("[...document.querySelectorAll('.roster td a')].at(-1).dataset.day").await?;
    planner.press(&format!(".roster a[aria-label^='{auxiliary_name} {last}']"), "").await?;
    let other = "(s => { s.selectedIndex = s.value ? 0 : [...s.options].findIndex(o => o.text.includes('指挥室·白班')); return s.selectedIndex >= 0; })(document.querySelector('#shift'))";
    ensure!(planner.eval::<bool>(other).await?, "another shift to choose");
    planner.press("#cell button", "保存").await?;
    let leader = browser.person(server).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    leader.open(&next).await?;
    if leader.eval::<bool>("document.querySelector('#reason') !== null").await? {
        leader.fill("#reason", "演示：已与本人说明").await?;
    }
    leader.press("#publish ~ form button, form[action$='/publish'] button", "发布这一版").await?;
    leader.says("知悉").await?;
    let auxiliary = browser.person(server).await?;
    auxiliary.look(View::Phone).await?;
    auxiliary.sign_in(server.account("zy.fj1")?).await?;
    auxiliary.open("/roster/mine").await?;
    e2e::both(&auxiliary, "roster-mine").await?;
    auxiliary.press("button", "我已知悉").await?;
    ensure!(!auxiliary.eval::<bool>("document.body.innerText.includes('我已知悉')").await?, "known");

    // Somebody is ill.
    planner.open(&next).await?;
    planner.unfold().await?;
    planner.choose("#person", &server.account("zy.mj1")?.name).await?;
    let until: String = planner.eval(&format!("[new Date(Date.now() + 4 * 864e5).toISOString().slice(0, 10), '{last}'].sort()[0]")).await?;
    planner.set("#until", &until).await?;
    planner.press("form[action$='/repair'] button", "调整").await?;
    planner.says("临时调整").await?;
    planner.says("待发布").await?;
    e2e::both(&planner, "roster-repaired").await?;
    let head: String = planner
        .eval(
            "(async () => { const a = await fetch(document.querySelector('a[href$=\"/pdf\"]').href); \
             const b = new Uint8Array(await a.arrayBuffer()); return `${a.status} ${String.fromCharCode(...b.slice(0, 5))} ${b.length > 10000}`; })()",
        )
        .await?;
    ensure!(head == "200 %PDF- true", "the sheet for the wall: {head}");
    for (who, t) in [("planner", &planner), ("leader", &leader), ("auxiliary", &auxiliary)] {
        let rest: Vec<_> = t.complaints().into_iter().filter(|c| !c.contains("422")).collect();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}

fn id(path: &str) -> &str {
    path.split('?').next().unwrap_or("").rsplit('/').next().unwrap_or("")
}
