//! Every page that a role reaches from its menu, in two sizes: answers, console, width, accessibility, picture.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server, Tab, View, Violation};
use futures::StreamExt;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Registers whose first line is opened as well.
const REGISTERS: &[&str] = &["/incidents", "/disputes", "/people", "/places", "/bulletins", "/roster"];

/// Roles that walk at the same time.
const AT_ONCE: usize = 3;

/// What is wrong, with the places where it is and the first element there.
type Findings = BTreeMap<String, Vec<String>>;

/// Places listed for one finding; the rest is counted.
const PLACES: usize = 12;

/// Kinds of elements that axe has read, in either size.
type Read = Arc<Mutex<HashSet<(bool, u32)>>>;

/// Both sizes of one person, and what was found.
struct Walk {
    role: &'static str,
    tabs: Vec<(View, Tab)>,
    pictures: PathBuf,
    findings: Findings,
    seen: usize,
    read: Read,
}

impl Walk {
    async fn new(role: &'static str, server: &Server, browser: &Browser, read: &Read) -> Result<Walk> {
        let desktop = browser.person(server).await?;
        let phone = browser.beside(server, &desktop).await?;
        phone.look(View::Phone).await?;
        let tabs = vec![(View::Desktop, desktop), (View::Phone, phone)];
        Ok(Walk { role, tabs, pictures: e2e::pictures()?, findings: Findings::new(), seen: 0, read: read.clone() })
    }

    fn desktop(&self) -> &Tab {
        &self.tabs[0].1
    }

    /// Opens a path in both sizes and looks at it.
    async fn visit(&mut self, path: &str, name: &str, status: u16) {
        let opened = futures::future::join_all(self.tabs.iter().map(|(_, tab)| tab.open(path))).await;
        for (i, answer) in opened.into_iter().enumerate() {
            if let Err(e) = answer {
                let place = format!("{} {path} [{}]", self.role, self.tabs[i].0.name());
                self.findings.entry(format!("did not open: {e:#}")).or_default().push(place);
            }
        }
        self.present(name, status).await;
    }

    /// Looks at what each tab shows now, which was answered with this status.
    async fn present(&mut self, name: &str, status: u16) {
        let looks =
            futures::future::join_all(self.tabs.iter().map(|(view, tab)| self.look(*view, tab, name, status))).await;
        for ((view, tab), found) in self.tabs.iter().zip(looks) {
            let path = tab.path().await.unwrap_or_default();
            for (what, element) in found {
                let place = format!("{} {path} [{}] {element}", self.role, view.name());
                self.findings.entry(what).or_default().push(place);
            }
        }
        self.seen += 1;
    }

    /// Everything that is wrong with the page in this tab: what, and the element.
    async fn look(&self, view: View, tab: &Tab, name: &str, status: u16) -> Vec<(String, String)> {
        let mut found = vec![];
        match tab.status().await {
            Ok(s) if s == status => {}
            Ok(s) => found.push((format!("answered {s} instead of {status}"), String::new())),
            Err(e) => found.push((format!("no status: {e:#}"), String::new())),
        }
        let file = self.pictures.join(format!("{}-{name}-{}.png", self.role, view.name()));
        if let Err(e) = tab.picture(view, &file).await {
            found.push((format!("no picture: {e:#}"), String::new()));
        }
        // What is folded away counts as well; axe, which takes longest, reads the unfolded page, where everything stands.
        for unfolded in [false, true] {
            if unfolded && tab.unfold().await.unwrap_or(0) == 0 {
                break;
            }
            match tab.overflow(view).await {
                Ok(0) => {}
                Ok(by) => found
                    .push((format!("is {by} px wider than the window"), tab.widest(view).await.unwrap_or_default())),
                Err(e) => found.push((format!("no width: {e:#}"), String::new())),
            }
        }
        match self.read_by_axe(view, tab).await {
            Ok(all) => found.extend(all),
            Err(e) => found.push((format!("axe: {e:#}"), String::new())),
        }
        // A page that shall answer 404 or 422 makes the browser log that once.
        let expected = format!("status of {status}");
        let complaints = tab.complaints().into_iter().filter(|c| status < 400 || !c.contains(&expected));
        found.extend(complaints.map(|c| (c, String::new())));
        found
    }

    /// What axe and the ids say. Axe takes half of the walk, so it reads a page when something on it is of a kind that
    /// it has not read in this size, on whatever page and for whatever role.
    async fn read_by_axe(&self, view: View, tab: &Tab) -> Result<Vec<(String, String)>> {
        let (shapes, twice) = tab.shapes().await?;
        let mut found: Vec<_> = twice.into_iter().map(|id| (format!("the id {id} stands twice"), String::new())).collect();
        let kinds = shapes.into_iter().map(|s| (view == View::Phone, s));
        let fresh: Vec<_> = {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            kinds.filter(|k| !read.contains(k)).collect()
        };
        if !fresh.is_empty() {
            let all = tab.axe().await?;
            self.read.lock().unwrap_or_else(PoisonError::into_inner).extend(fresh);
            found.extend(all.into_iter().filter(Violation::is_grave).map(|v| (v.to_string(), v.html)));
        }
        Ok(found)
    }

    /// The hrefs of the elements, without repeats.
    async fn links(&self, css: &str) -> Result<Vec<String>> {
        self.desktop()
            .eval(&format!("[...new Set([...document.querySelectorAll({css:?})].map(a => a.getAttribute('href')))]"))
            .await
    }
}

/// `/incidents/desk?tab=new` becomes `incidents-desk-tab-new`.
fn slug(path: &str) -> String {
    let words: Vec<&str> = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    if words.is_empty() { "home".into() } else { words.join("-") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_every_role() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    check_ourselves(&server, &browser).await.expect("the checks see what is wrong");
    let read = Read::default();
    let mut walks = vec![public(&server, &browser, &read).await.expect("the public pages")];
    let staff = futures::stream::iter(ROLES).map(async |(account, role)| {
        staff(account, role, &server, &browser, &read).await.unwrap_or_else(|e| panic!("{role}: {e:#}"))
    });
    walks.extend(staff.buffered(AT_ONCE).collect::<Vec<_>>().await);
    let seen: usize = walks.iter().map(|w| w.seen).sum();
    let mut findings = Findings::new();
    for (what, places) in walks.into_iter().flat_map(|w| w.findings) {
        findings.entry(what).or_default().extend(places);
    }
    assert!(findings.is_empty(), "{} kinds of findings on {seen} pages:{}", findings.len(), told(&findings));
    eprintln!("{seen} pages in two sizes: nothing to complain about");
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

/// The pages of one signed-in role: its menus, the first line of each register, a page that is not there.
async fn staff(account: &str, role: &'static str, server: &Server, browser: &Browser, read: &Read) -> Result<Walk> {
    let mut walk = Walk::new(role, server, browser, read).await?;
    let who = server.account(account)?;
    walk.desktop().sign_in(who).await?;
    if account.starts_with("admin.") {
        walk.visit("/me", "me-before-enrolment", 200).await;
        enrol(walk.desktop()).await.context("the second factor")?;
    }
    walk.desktop().open("/").await?;
    let mut paths = walk.links(".sidemenu a").await?;
    ensure!(!paths.is_empty(), "the menu is empty");
    paths.extend(walk.links(".usermenu a").await?);
    for path in &paths {
        walk.visit(path, &slug(path), 200).await;
    }
    for register in REGISTERS.iter().filter(|r| paths.iter().any(|p| p == *r)) {
        walk.desktop().open(register).await?;
        let lines = walk.links(&format!("main a[href^='{register}/']")).await?;
        // A record's path ends in its id.
        if let Some(line) = lines.iter().find(|l| l.len() > 36 && l.matches('-').count() >= 4) {
            walk.visit(line, &format!("{}-detail", slug(register)), 200).await;
        }
    }
    walk.desktop().open("/").await?;
    if let Some(task) = walk.links("a.task__title").await?.first() {
        walk.visit(task, "task-detail", 200).await;
    }
    walk.visit("/no-such-page", "not-found", 404).await;
    Ok(walk)
}

/// Sets up the second factor as an administrator is asked to at first.
async fn enrol(tab: &Tab) -> Result<()> {
    tab.open("/me").await?;
    let secret: String = tab.eval("document.querySelector('form[action=\"/me/totp\"] [name=secret]').value").await?;
    tab.fill("#code", &e2e::one_time_code(&secret)?).await?;
    tab.press("button", "启用").await?;
    tab.says("已启用").await
}

/// What everyone reaches without an account, with a report and its receipt.
async fn public(server: &Server, browser: &Browser, read: &Read) -> Result<Walk> {
    let mut walk = Walk::new("public", server, browser, read).await?;
    for (path, status) in [
        ("/p", 200),
        ("/p/privacy", 200),
        ("/p/receipt", 200),
        ("/login", 200),
        ("/p/no-such-page", 404),
        ("/no-such-page", 404),
    ] {
        walk.visit(path, &slug(path), status).await;
    }
    walk.desktop().open("/p").await?;
    let report = walk.links("a.choice[href^='/p/report/']").await?;
    let report = report.first().context("no station to report to")?.clone();
    walk.visit(&report, "p-report", 200).await;
    for (_, tab) in &walk.tabs {
        tab.press("button", "提交").await.context("an empty report")?;
    }
    walk.present("p-report-refused", 422).await;
    for (view, tab) in &walk.tabs {
        tab.open(&report).await?;
        tab.fill("#content", &format!("小区北门路灯不亮，夜里看不清台阶（{}）", view.name())).await?;
        tab.fill("#place", "古城里1号楼").await?;
        tab.click("#agree", "").await?;
        tab.press("button", "提交").await?;
    }
    walk.present("p-report-sent", 200).await;
    for (_, tab) in &walk.tabs {
        let secret = tab.text(".receipt__secret code").await?;
        tab.open("/p/receipt").await?;
        tab.fill("#secret", &secret).await?;
        tab.press("button", "查询").await?;
    }
    walk.present("p-receipt-state", 200).await;
    Ok(walk)
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
