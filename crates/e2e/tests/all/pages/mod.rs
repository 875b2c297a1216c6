//! Every page that the program has, for every role that reaches it: answers, console, width, accessibility, pictures in
//! two sizes. Who walks follows the links from the menus; what no link leads to is reached by `scenes`. A route of
//! `docs/ref/routes.txt` that nobody opened fails the test.
//!
//! The first to reach a view shows it in full. For the next role its answer is read, and it is opened, in a phone's width,
//! only where that holds kinds of elements that nobody has shown; axe then reads those.

mod fresh;
mod routes;
mod scenes;
mod walk;

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server, View};
use futures::StreamExt;
use routes::Routes;
use std::time::Instant;
use walk::{Findings, Shared, Walk};

/// Accounts with the names that their pictures bear.
const ROLES: &[(&str, &str)] = &[
    ("zy.zhs1", "operator"),
    ("zy.mj1", "officer"),
    ("zy.fusuo1", "duty-leader"),
    ("zy.suozhang", "leader"),
    ("zy.wg01", "grid-worker"),
    ("zy.fj1", "auxiliary"),
    ("zy.ck1", "window-clerk"),
    ("zy.yj1", "volunteer"),
    ("admin.system", "admin-system"),
    ("admin.security", "admin-security"),
    ("admin.audit", "admin-audit"),
];

/// Walks at the same time.
const AT_ONCE: usize = 3;

/// Places listed for one finding; the rest is counted.
const PLACES: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_every_role() {
    if e2e::skipped() {
        return;
    }
    let began = Instant::now();
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    check_ourselves(&server, &browser).await.expect("the checks see what is wrong");
    let common = Shared::new(Routes::read().expect("the routes"));
    let ready = began.elapsed();
    let mut public = Walk::new("public", &server, &browser, &common).await.expect("somebody without an account");
    let done = scenes::public(&mut public).await;
    public.note("the public pages", done).await;
    let all = futures::stream::iter(ROLES).map(async |(account, role)| {
        staff(account, role, &server, &browser, &common).await.with_context(|| role.to_string())
    });
    for walk in all.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
        walk.unwrap_or_else(|e| panic!("{e:#}\n--- server ---\n{}", server.log()));
    }
    let done = fresh::walk(&browser, &common).await;
    public.note("a station before its first day", done).await;
    let costs = common.costs();
    let common = common.lock();
    let (seen, opened, full, routes) = (common.seen, common.seen - common.unopened, common.in_full, common.routes.met.len());
    eprintln!(
        "{seen} pages of {routes} routes, {opened} opened, {full} of them in two sizes, {:.0} s (ready after {:.0} s): {costs}",
        began.elapsed().as_secs_f32(),
        ready.as_secs_f32()
    );
    let missed = common.routes.missed();
    let found = &common.findings;
    assert!(found.is_empty(), "{} kinds of findings on {seen} pages:{}\nnever opened: {missed:#?}", found.len(), told(found));
    assert!(missed.is_empty(), "routes that no walk opened; lead one there, or name the reason in LEFT_OUT: {missed:#?}");
}

fn told(findings: &Findings) -> String {
    let mut out = String::new();
    for (what, places) in findings {
        out += &format!("\n\n{what}\n  in {} places:", places.len());
        for p in places.iter().take(PLACES) {
            out += &format!("\n  {p}");
        }
        if places.len() > PLACES {
            out += &format!("\n  … and {} more", places.len() - PLACES);
        }
    }
    out
}

/// What one signed-in role reaches: its menus and everything that links lead to from there, a page that is not there.
async fn staff(account: &str, role: &'static str, server: &Server, browser: &Browser, common: &Shared) -> Result<()> {
    let mut walk = Walk::new(role, server, browser, common).await?;
    walk.tab.sign_in(server.account(account)?).await?;
    if account.starts_with("admin.") {
        walk.visit("/me", "me-before-enrolment", 200).await;
        walk.tab.enrol().await.context("the second factor")?;
    }
    walk.menus().await?;
    walk.follow().await;
    walk.visit("/no-such-page", "not-found", 404).await;
    scenes::of(&mut walk, server, browser).await;
    Ok(())
}

/// The checks themselves must see an error, an overflow and a missing label, or they prove nothing.
async fn check_ourselves(server: &Server, browser: &Browser) -> Result<()> {
    let tab = browser.person(server).await?;
    tab.look(View::Phone).await?;
    tab.open("/p").await?;
    tab.eval::<bool>("setTimeout(() => { console.error('seen'); throw new Error('thrown') }); true").await?;
    tab.eval::<bool>("fetch('/no-such-page').then(() => true)").await?;
    tab.eval::<bool>("document.querySelector('main').innerHTML += '<input><p style=\"width:900px\">宽</p>'; true")
        .await?;
    tab.until("document.querySelector('main p:last-child')").await?;
    // The browser tells of them a little later.
    let words = ["seen", "thrown", "404"];
    let mut complaints = String::new();
    for _ in 0..100 {
        complaints += &tab.complaints().join("\n");
        if words.iter().all(|w| complaints.contains(w)) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    for word in words {
        ensure!(complaints.contains(word), "{word} is not among the complaints: {complaints}");
    }
    ensure!(tab.axe().await?.iter().any(|v| v.rule == "label" && v.is_grave()), "axe does not see a missing label");
    // The page's CSP drops the style attribute; through the object model it counts.
    tab.eval::<bool>("document.querySelector('main p:last-child').style.width = '900px'; true").await?;
    ensure!(tab.overflow(View::Phone).await? > 0, "the overflow is not seen");
    Ok(())
}
