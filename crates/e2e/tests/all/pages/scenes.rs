//! What no link leads to: forms that are refused, receipts, two people at one record, a page after the session ended.

use super::walk::{Walk, slug};
use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server};
use std::io::Write;

/// The first link in the main part that begins so and is followed by nothing but an id and the rest.
async fn link(walk: &Walk, begin: &str, end: &str) -> Result<String> {
    let script = format!(
        "[...document.querySelectorAll('main a[href]')].map(a => a.getAttribute('href')).find(h => new RegExp('^{begin}[0-9a-f-]{{36}}{end}$').test(h)) ?? ''"
    );
    let found: String = walk.tab.eval(&script).await?;
    ensure!(!found.is_empty(), "no link {begin}…{end} on {}", walk.tab.path().await?);
    Ok(found)
}

/// What everyone reaches without an account, with a report and its receipt.
pub async fn public(walk: &mut Walk) -> Result<()> {
    for (path, status) in [
        ("/p", 200),
        ("/p/privacy", 200),
        ("/p/receipt", 200),
        ("/p/booking", 200),
        ("/p/ticket", 200),
        ("/p/matter", 200),
        ("/p/matter/AAAAABBBBBCCCCCDDDDD", 422),
        ("/p/hall/AAAAABBBBBCCCCCDDDDD", 404),
        ("/p/certificates", 200),
        ("/login", 200),
        ("/video/verify", 200),
        ("/setup/no-such-token", 404),
        ("/p/no-such-page", 404),
        ("/no-such-page", 404),
    ] {
        walk.visit(path, &slug(path), status).await;
    }
    walk.tab.open("/p").await?;
    let report: String = walk.tab.eval("document.querySelector(\"a.choice[href^='/p/report/']\").getAttribute('href')").await?;
    walk.visit(&report, "p-report", 200).await;
    walk.tab.press("button", "提交").await.context("an empty report")?;
    walk.present("p-report-refused", 422).await;
    walk.tab.open(&report).await?;
    walk.tab.fill("#content", "小区北门路灯不亮，夜里看不清台阶").await?;
    walk.tab.fill("#place", "古城里1号楼").await?;
    walk.tab.click("#agree", "").await?;
    walk.tab.press("button", "提交").await?;
    walk.present("p-report-sent", 200).await;
    let secret = walk.tab.text(".receipt__secret code").await?;
    walk.visit(&format!("/p/receipt/{}", secret.replace('-', "")), "p-receipt-scanned", 200).await;
    walk.tab.open("/p/receipt").await?;
    walk.tab.fill("#secret", &secret).await?;
    walk.tab.press("button", "查询").await?;
    walk.present("p-receipt-state", 200).await;
    walk.tab.open("/login").await?;
    walk.tab.fill("#account", "nobody").await?;
    walk.tab.fill("#password", "not-the-password").await?;
    walk.tab.press("button", "登录").await?;
    walk.present("login-refused", 422).await;
    walk.follow().await;
    Ok(())
}

/// What a role does besides following links, after its walk.
pub async fn of(walk: &mut Walk, server: &Server, browser: &Browser) {
    match walk.role {
        "officer" => officer(walk, server, browser).await,
        "leader" => leader(walk).await,
        "window-clerk" => {
            let done = window(walk, server, browser).await;
            walk.note("the window", done).await;
            walk.follow().await;
        }
        "admin-security" => {
            let done = list(walk).await;
            walk.note("a code list", done).await;
        }
        "volunteer" => walk.visit("/admin/users", "forbidden", 403).await,
        _ => {}
    }
}

/// Forms sent as they come: each says what is missing.
async fn refused(walk: &mut Walk, forms: &[&str]) {
    for path in forms {
        let done = send_empty(walk, path).await;
        walk.note(&format!("an empty {path}"), done).await;
    }
}

async fn send_empty(walk: &mut Walk, path: &str) -> Result<()> {
    walk.tab.open(path).await?;
    walk.tab.mark().await?;
    // The browser's own check would stop it; the server's answer is what is looked at.
    let send = "(f => { f.noValidate = true; f.querySelectorAll('[required]').forEach(e => e.required = false); \
        f.requestSubmit(f.querySelector('button.button--primary')); return true })(document.querySelector('main form[data-guard]') ?? document.querySelector('main form[method=post]'))";
    walk.tab.eval::<bool>(send).await?;
    walk.tab.arrive().await?;
    let name = format!("{}-refused", walk.name_of(path));
    walk.present(&name, 422).await;
    Ok(())
}

async fn leader(walk: &mut Walk) {
    refused(walk, &["/roster/posts/new", "/windows/services/new?kind=id_card", "/windows/setup/new"]).await;
    let done = compare(walk).await;
    walk.note("two rosters", done).await;
}

/// Two versions of a month side by side, and the part of a search.
async fn compare(walk: &mut Walk) -> Result<()> {
    walk.tab.open("/roster").await?;
    let plan = link(walk, "/roster/plans/", "").await?;
    ensure!(walk.tab.ask(&format!("{plan}/live")).await? == 200, "the part of a running search");
    walk.common.lock().routes.meet(&format!("{plan}/live"));
    let id = plan.rsplit('/').next().unwrap_or_default();
    walk.visit(&format!("/roster/compare?a={id}&b={id}"), "roster-compare", 200).await;
    Ok(())
}

async fn officer(walk: &mut Walk, server: &Server, browser: &Browser) {
    refused(walk, &["/incidents/new", "/disputes/new", "/people/new", "/surveys/new", "/surveys/meetings/new", "/places/estates/new"]).await;
    // Hits of every kind, and none.
    for (words, name) in [("小区", "search-places"), ("噪声", "search-matters"), ("王", "search-people"), ("没有这样的词语", "search-none")] {
        walk.visit(&format!("/search?q={}", encoded(words)), name, 200).await;
    }
    let done = suggest(walk).await;
    walk.note("suggested addresses", done).await;
    let done = dispute(walk, server, browser).await;
    walk.note("a matter", done).await;
    let done = conflict(walk, server, browser).await;
    walk.note("two at one person", done).await;
    let done = import(walk, server, browser).await;
    walk.note("an import", done).await;
    let done = export(walk).await;
    walk.note("an export of a film", done).await;
    let done = survey(walk).await;
    walk.note("a questionnaire", done).await;
    walk.follow().await;
    let done = signed_out(walk).await;
    walk.note("a page after the session", done).await;
}

async fn suggest(walk: &mut Walk) -> Result<()> {
    ensure!(walk.tab.ask(&format!("/places/suggest?q={}", encoded("小区"))).await? == 200, "no suggestions");
    walk.common.lock().routes.meet("/places/suggest");
    Ok(())
}

/// The session ends elsewhere; what stands open is sent.
async fn signed_out(walk: &mut Walk) -> Result<()> {
    walk.tab.open("/people/new").await?;
    walk.tab.fill("#name", "乌仁其木格").await?;
    walk.tab.forget("fq_session").await?;
    walk.tab.press("main button.button--primary", "").await?;
    walk.present("signed-out", 401).await;
    Ok(())
}

/// The agreement form of a matter that is being mediated, and what a party sees with the code of its paper.
async fn dispute(walk: &mut Walk, server: &Server, browser: &Browser) -> Result<()> {
    walk.visit("/disputes?state=mediating&mine=1", "disputes-mediating", 200).await;
    let matter = link(walk, "/disputes/", "").await?;
    walk.visit(&format!("{matter}/agreement"), "disputes-agreement", 200).await;
    refused(walk, &[&format!("{matter}/agreement")]).await;
    walk.visit(&format!("{matter}/dossier"), "disputes-dossier", 200).await;
    let secret: String = walk
        .tab
        .eval(
            "(async () => { const f = document.querySelector('form[action$=\"/dossier/pass\"]'); \
             const a = await fetch(f.action, { method: 'POST', body: new URLSearchParams(new FormData(f)) }); \
             return a.ok ? f.elements.secret.value : 'refused ' + a.status; })()",
        )
        .await?;
    let mut party = Walk::new("party", server, browser, &walk.common).await?;
    party.visit(&format!("/p/matter/{}", secret.replace('-', "")), "p-matter-own", 200).await;
    Ok(())
}

/// Two open the same record; the second who saves sees both values.
async fn conflict(walk: &mut Walk, server: &Server, browser: &Browser) -> Result<()> {
    walk.tab.open("/people").await?;
    let person = link(walk, "/people/", "").await?;
    let form = format!("{person}/edit");
    let other = browser.beside(server, &walk.tab).await?;
    walk.tab.open(&form).await?;
    other.open(&form).await?;
    other.set("#domicile", "正阳街1号").await?;
    other.press("main button.button--primary", "保存").await?;
    walk.tab.set("#domicile", "正阳街2号").await?;
    walk.tab.press("main button.button--primary", "保存").await?;
    walk.present("people-conflict", 409).await;
    Ok(())
}

/// The import's answer stands beside the form.
const TOLD: &str = "(t => t && t !== '正在读取……')(document.querySelector('#told-here')?.textContent.trim())";

/// The shipped invented file: the preview, then what was taken.
async fn import(walk: &mut Walk, server: &Server, browser: &Browser) -> Result<()> {
    let file = e2e::workspace().join("crates/exchange/testdata/invented_300.csv");
    walk.tab.open("/exchange/import").await?;
    walk.tab.upload("#file", &file).await?;
    walk.tab.eval::<bool>("(document.querySelector('[name=mapping]').click(), true)").await?;
    walk.tab.click("main button.button--primary", "预览").await?;
    walk.tab.until(TOLD).await?;
    walk.present("exchange-preview", 200).await;
    walk.tab.click("main button[value=import]", "导入").await?;
    walk.tab.says("导入完成").await?;
    walk.present("exchange-imported", 200).await;
    // The desk finds one task for all of them.
    let mut desk = Walk::new("desk", server, browser, &walk.common).await?;
    desk.tab.sign_in(server.account("zy.zhs1")?).await?;
    desk.tab.open("/").await?;
    let backlog = link(&desk, "/exchange/imports/", "").await?;
    desk.visit(&backlog, "exchange-backlog", 200).await;
    // A file that is none.
    let mut broken = tempfile::Builder::new().suffix(".csv").tempfile()?;
    broken.write_all(b"\xff\xfe\x00 no table")?;
    walk.tab.open("/exchange/import").await?;
    walk.tab.upload("#file", broken.path()).await?;
    walk.tab.eval::<bool>("(document.querySelector('[name=mapping]').click(), true)").await?;
    walk.tab.click("main button.button--primary", "预览").await?;
    walk.tab.until(TOLD).await?;
    // The browser logs that the part was answered with 422, as it should be.
    walk.tab.complaints();
    walk.present("exchange-refused", 200).await;
    Ok(())
}

/// A code list as CSV: refused, previewed, taken in.
async fn list(walk: &mut Walk) -> Result<()> {
    let mut bad = tempfile::Builder::new().suffix(".csv").tempfile()?;
    bad.write_all("code,name\n01,\n".as_bytes())?;
    let mut good = tempfile::Builder::new().suffix(".csv").tempfile()?;
    good.write_all("code,name,parent\nwl,网络纠纷,\nwl01,网购纠纷,wl\nwl02,网约车、外卖、快递等新业态从业人员与平台之间的劳动报酬纠纷,wl\nnoise,噪声污染（含施工）,\n".as_bytes())?;
    for (file, name, status) in [(bad.path(), "rules-list-refused", 422), (good.path(), "rules-list-preview", 200)] {
        walk.tab.open("/rules").await?;
        walk.tab.upload("#pack", file).await?;
        walk.tab.set("#list", "dispute.category.governance").await?;
        walk.tab.set("#from", "2026-11-01").await?;
        walk.tab.set("#source", "海拉尔区综治中心代码表（2026年11月）").await?;
        walk.tab.press("#import button", "导入").await?;
        walk.present(name, status).await;
    }
    walk.tab.says("还没有导入").await?;
    walk.tab.press("main button.button--primary", "导入").await?;
    walk.present("rules-list-imported", 200).await;
    Ok(())
}

/// An export is asked for; the request stands and waits for the leader.
async fn export(walk: &mut Walk) -> Result<()> {
    walk.tab.open("/video/exports").await?;
    walk.tab.unfold().await?;
    walk.tab.press("main button.button--primary", "提交审批").await?;
    walk.present("video-exports-refused", 422).await;
    walk.tab.open("/video/exports").await?;
    walk.tab.unfold().await?;
    let minute: String = walk.tab.eval("new Date(Date.now() + 8 * 36e5 - 12e4).toISOString().slice(0, 16)").await?;
    let (from, until) = (format!("{minute}:10"), format!("{minute}:20"));
    walk.tab.eval::<bool>("(document.querySelector('[name=camera]').click(), true)").await?;
    walk.tab.set("#from", &from).await?;
    walk.tab.set("#until", &until).await?;
    walk.tab.eval::<bool>("(document.querySelector('[name=purpose][value=case]').click(), true)").await?;
    walk.tab.set("#reason", "核对报警人所说的经过").await?;
    walk.tab.press("main button.button--primary", "提交审批").await?;
    let path = walk.tab.path().await?;
    ensure!(path.len() > 36 && path.starts_with("/video/exports/"), "not asked for: {}", walk.tab.text("main").await?);
    walk.present("video-export-asked", 200).await;
    Ok(())
}

/// A draft in the builder.
async fn survey(walk: &mut Walk) -> Result<()> {
    walk.tab.open("/surveys/new").await?;
    walk.tab.fill("#title", "窗口晚上开不开").await?;
    walk.tab.press("main button", "下一步").await?;
    walk.tab.choose("#kind", "哪些时间方便（多选）").await?;
    walk.tab.press("main button", "添加").await?;
    walk.present("surveys-builder", 200).await;
    Ok(())
}

/// A ticket, a booking and a case, with what the resident sees of them.
async fn window(walk: &mut Walk, server: &Server, browser: &Browser) -> Result<()> {
    let mut resident = Walk::new("resident", server, browser, &walk.common).await?;
    // Late in the evening no hours are left today; where somebody stands at a window tickets are drawn all the same.
    walk.tab.open("/windows/desk").await?;
    walk.tab.press("button[aria-label$='：2 号窗口']", "").await?;
    walk.present("windows-desk-standing", 200).await;
    walk.tab.open("/windows/displays").await?;
    walk.tab.fill("#name", "大厅正面").await?;
    walk.tab.press("main button", "开一个链接").await?;
    walk.present("windows-display-made", 200).await;
    let link = walk.tab.text(".receipt__secret code").await?;
    let screen = link.find("/p/hall/").map(|at| link[at..].to_string()).context("a link to the hall's screen")?;
    resident.visit(&screen, "p-hall", 200).await;
    walk.tab.open("/windows/draw").await?;
    walk.tab.press("button.choice", "").await?;
    walk.present("windows-drawn", 200).await;
    let ticket = walk.tab.text(".receipt__secret code").await?;
    resident.tab.open("/p/ticket").await?;
    resident.tab.fill("#code", &ticket).await?;
    resident.tab.press("main button", "").await?;
    resident.present("p-ticket-state", 200).await;
    walk.tab.open("/windows/bookings/new").await?;
    let service: String = walk.tab.eval("[...document.querySelector('#which').options].find(o => o.value)?.value ?? ''").await?;
    let form = format!("/windows/bookings/new?service={service}");
    walk.visit(&form, "windows-booking-form", 200).await;
    refused(walk, &[&form]).await;
    walk.tab.open(&form).await?;
    walk.tab.eval::<bool>("(s => { if (s) s.selectedIndex = s.options.length - 1; return true })(document.querySelector('#slot'))").await?;
    walk.tab.set("#reporter_name", "敖日格乐").await?;
    walk.tab.set("#reporter_phone", "10000000777").await?;
    walk.tab.press("form[data-guard] button.button--primary", "预约").await?;
    walk.present("windows-booked", 200).await;
    if let Ok(code) = walk.tab.text(".receipt__secret code").await {
        resident.tab.open("/p/booking").await?;
        resident.tab.fill("#code", &code).await?;
        resident.tab.press("main button", "").await?;
        resident.present("p-booking-state", 200).await;
    }
    walk.tab.open("/windows/cases/new").await?;
    let service: String = walk
        .tab
        .eval("[...document.querySelectorAll('main select option')].find(o => o.value && o.text.includes('临时身份证明'))?.value ?? ''")
        .await?;
    let form = format!("/windows/cases/new?service={service}");
    walk.visit(&form, "windows-case-form", 200).await;
    refused(walk, &[&form]).await;
    walk.tab.open(&form).await?;
    walk.tab.set("#reporter_name", "敖日格乐").await?;
    walk.tab.set("#reporter_phone", "10000000777").await?;
    walk.tab.set("#purpose", "乘坐火车").await?;
    walk.tab.press("form[data-guard] button.button--primary", "登记").await?;
    walk.present("windows-case-told", 200).await;
    Ok(())
}

/// A word in an address.
fn encoded(words: &str) -> String {
    words.bytes().map(|b| format!("%{b:02X}")).collect()
}
