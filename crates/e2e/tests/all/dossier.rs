//! The papers of a settled dispute: filed, signed on the screen with its recording, a code for a party.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn papers_of_a_settled_dispute() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guardian_and_an_interpreter_sign_on_the_screen() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = signed_for_a_minor(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

/// A pupil's matter: the guardian is told, somebody interprets; four people sign, each on the own place.
async fn signed_for_a_minor(server: &Server, browser: &Browser) -> Result<()> {
    let tab = browser.person(server).await?;
    tab.sign_in(server.account("zy.mj1")?).await?;
    tab.open("/disputes/new").await?;
    tab.fill("#title", "楼道里踢球打碎花盆引起的纠纷").await?;
    tab.fill("#summary", "初中生在楼道里踢球，打碎邻居花盆两只，邻居要求赔偿，学生家长愿意买新的。").await?;
    tab.click("fieldset label.radio", "否").await?;
    tab.fill("#name_0", "乌云其其格").await?;
    tab.click("fieldset label.check", "未成年人").await?;
    tab.fill("#guardian_0", "其木格·巴特尔").await?;
    tab.fill("#name_1", "宋䶮群").await?;
    e2e::both(&tab, "dossier-minor-register").await?;
    tab.press(".form__actions button", "登记").await?;
    tab.says("受理审查").await?;
    let dossier = format!("{}/dossier", tab.path().await?);
    tab.open(&dossier).await?;
    let party: String = tab.eval("(document.querySelector('#parties details').open = true, document.querySelector('#parties [name=party]').value)").await?;
    for (field, text) in [("relation", "母亲"), ("how", "电话"), ("interpreter", "苏日娜"), ("language", "蒙古语")] {
        tab.fill(&format!("[id='{field}-{party}']"), text).await?;
    }
    let day: String = tab.eval("new Date().toISOString().slice(0, 10)").await?;
    tab.set(&format!("[id='told-{party}']"), &day).await?;
    e2e::both(&tab, "dossier-minor").await?;
    tab.press("#parties details[open] button", "保存").await?;
    tab.eval::<bool>("(document.querySelector('#recording details').open = true)").await?;
    tab.fill("#device", "执法记录仪 12 号").await?;
    tab.fill("#file_no", "REC-0002").await?;
    tab.press("#recording button", "登记").await?;
    tab.press("#parts a[href*='paper=registration']", "签名").await?;
    for who in ["甲方 乌云其其格", "甲方监护人 其木格·巴特尔", "乙方 宋䶮群", "翻译（蒙古语） 苏日娜"] {
        tab.says(who).await?;
    }
    for n in 1..=4 {
        e2e::dispute::draw(&tab).await?;
        tab.eval::<bool>(&format!("(document.querySelector('#party').selectedIndex = {n}, document.querySelector('#recording').selectedIndex = 1, true)")).await?;
        if n == 2 {
            e2e::both(&tab, "dossier-sign-guardian").await?;
        }
        tab.press("button", "确认签名").await?;
        tab.until(&format!("document.querySelectorAll('.mini .badge--ok').length === {n}")).await.with_context(|| format!("signature {n}"))?;
    }
    e2e::both(&tab, "dossier-sign-all").await?;
    let complaints = tab.complaints();
    ensure!(complaints.is_empty(), "{complaints:?}");
    Ok(())
}

async fn story(server: &Server, browser: &Browser) -> Result<()> {
    let tab = browser.person(server).await?;
    tab.sign_in(server.account("zy.mj1")?).await?;
    // A dispute with a written agreement of a committee.
    let found: String = tab
        .eval(
            "(async () => { const list = await (await fetch('/disputes')).text(); \
             const links = [...new Set([...list.matchAll(/\\/disputes\\/[0-9a-f-]{36}/g)].map(m => m[0]))]; \
             for (const link of links) { const page = await (await fetch(link)).text(); if (page.includes('人调字第')) return link; } return ''; })()",
        )
        .await?;
    ensure!(!found.is_empty(), "the demo has no dispute with an agreement");
    tab.open(&found).await?;
    tab.press("a.button", "打开卷宗").await?;
    tab.says("卷内文书").await?;
    e2e::both(&tab, "dossier-page").await?;
    if tab.eval::<bool>("[...document.querySelectorAll('#file button')].some(b => b.textContent === '立卷')").await? {
        tab.press("#file button", "立卷").await.context("filing")?;
    }
    tab.says("更新立卷信息").await.context("the volume is filed")?;

    // A PDF is bound into it; one with a password is refused by name.
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../documents/samples");
    tab.upload("#upload", &samples.join("locked.pdf")).await?;
    tab.press("#files button", "上传").await?;
    tab.says("设有打开密码").await?;
    tab.upload("#upload", &samples.join("two_pages.pdf")).await?;
    tab.press("#files button", "上传").await?;
    tab.says("证据材料").await?;

    // One PDF of the whole, asked for as the button does.
    let head: String = tab
        .eval(
            "(async () => { const f = document.querySelector('form[action$=\"/whole\"]'); \
             const a = await fetch(f.action, { method: 'POST', body: new URLSearchParams(new FormData(f)) }); \
             const b = new Uint8Array(await a.arrayBuffer()); return `${a.status} ${String.fromCharCode(...b.slice(0, 8))} ${b.length > 20000}`; })()",
        )
        .await?;
    ensure!(head == "200 %PDF-1.7 true", "the whole: {head}");

    // Signing: refused without the recording, taken with it.
    let dossier = tab.path().await?.split('#').next().unwrap_or_default().to_string();
    tab.press("#parts a.button", "签名").await?;
    let sign = tab.eval::<String>("location.pathname + location.search").await?;
    tab.eval::<bool>(
        "(() => { const c = document.querySelector('canvas'); const r = c.getBoundingClientRect(); \
         const go = (t, x, y) => c.dispatchEvent(new PointerEvent(t, { clientX: r.left + x, clientY: r.top + y, bubbles: true })); \
         go('pointerdown', 40, 60); for (let i = 0; i < 60; i++) go('pointermove', 40 + i * 3, 60 + 30 * Math.sin(i / 5)); go('pointerup', 220, 60); return true; })()",
    )
    .await?;
    e2e::both(&tab, "dossier-sign").await?;
    tab.eval::<bool>("(() => { document.querySelector('#party').selectedIndex = 1; return true; })()").await?;
    tab.press("button", "确认签名").await?;
    tab.says("没有关联签署过程的录音录像").await?;
    tab.open(&format!("{dossier}#recording")).await?;
    tab.eval::<bool>("(() => { document.querySelector('#recording details').open = true; return true; })()").await?;
    tab.fill("#device", "执法记录仪 12 号").await?;
    tab.fill("#file_no", "REC-0001").await?;
    tab.press("#recording button", "登记").await?;
    tab.says("REC-0001").await?;
    tab.open(&sign).await?;
    tab.eval::<bool>(
        "(() => { const c = document.querySelector('canvas'); const r = c.getBoundingClientRect(); \
         const go = (t, x, y) => c.dispatchEvent(new PointerEvent(t, { clientX: r.left + x, clientY: r.top + y, bubbles: true })); \
         go('pointerdown', 40, 60); for (let i = 0; i < 60; i++) go('pointermove', 40 + i * 3, 60 + 30 * Math.sin(i / 5)); go('pointerup', 220, 60); \
         document.querySelector('#party').selectedIndex = 1; document.querySelector('#recording').selectedIndex = 1; return true; })()",
    )
    .await?;
    tab.press("button", "确认签名").await?;
    tab.says("已签名").await.context("the signature")?;

    // The code of a party opens the own matter, without an account.
    tab.open(&dossier).await?;
    let code: String = tab
        .eval(
            "(async () => { const f = document.querySelector('form[action$=\"/pass\"]'); \
             const a = await fetch(f.action, { method: 'POST', body: new URLSearchParams(new FormData(f)) }); \
             return a.ok ? f.elements.secret.value : ''; })()",
        )
        .await?;
    ensure!(code.len() == 23, "the party's paper");
    let resident = browser.person(server).await?;
    resident.open(&format!("/p/matter/{code}")).await?;
    resident.says("您的约定").await?;
    resident.says("可以随时向人民法院起诉").await?;
    e2e::both(&resident, "dossier-matter").await?;
    resident.open("/p/matter").await?;
    resident.fill("#code", "AAAAA-BBBBB-CCCCC-DDDDD").await?;
    resident.press("button", "查询").await?;
    resident.says("没有找到").await?;
    for (who, t) in [("officer", &tab), ("resident", &resident)] {
        let complaints = t.complaints();
        // Refused forms are answered with 422, which Chromium notes; nothing else may be there.
        let rest: Vec<_> = complaints.iter().filter(|c| !c.contains("422")).collect();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}
