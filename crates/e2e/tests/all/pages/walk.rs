//! One person walking: each page in a phone's width, and what nobody has shown before in both sizes with pictures and axe.

use super::routes::{Routes, variant};
use anyhow::{Result, ensure};
use e2e::{Browser, Seen, Server, Tab, View, pictures};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is wrong, with the places where it is and the first element there.
pub type Findings = BTreeMap<String, Vec<String>>;

/// Views of one route (tabs, filters, kinds of records) that are opened in all.
const VIEWS: usize = 4;

/// Of those, how many are shown in full; further ones only where they hold kinds of elements that are new.
const SHOWN: usize = 1;

/// How many views of one route every role opens, shown before or not: what is in them differs by role.
const OWN_VIEWS: usize = 1;

/// What all walks know together.
pub struct Common {
    pub routes: Routes,
    /// Kinds of elements that axe has read in both sizes.
    read: HashSet<u32>,
    /// The same in the server's answers to what was opened, before scripts.
    peeked: HashSet<u32>,
    /// Variants that were shown in full.
    shown: HashSet<String>,
    /// Variants shown of each route.
    views: HashMap<&'static str, usize>,
    pub findings: Findings,
    /// Time and number of each step.
    costs: BTreeMap<&'static str, (Duration, usize)>,
    pub seen: usize,
    /// Of those, read as the server answered them and not opened.
    pub unopened: usize,
    pub in_full: usize,
}

/// The common knowledge, shared.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Common>>);

impl Shared {
    pub fn new(routes: Routes) -> Shared {
        Shared(Arc::new(Mutex::new(Common {
            routes,
            read: HashSet::new(),
            peeked: HashSet::new(),
            shown: HashSet::new(),
            views: HashMap::new(),
            findings: Findings::new(),
            costs: BTreeMap::new(),
            seen: 0,
            unopened: 0,
            in_full: 0,
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, Common> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a step and adds its time to the sum of its name.
    async fn timed<T>(&self, step: &'static str, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let out = work.await;
        let mut common = self.lock();
        let sum = common.costs.entry(step).or_default();
        sum.0 += began.elapsed();
        sum.1 += 1;
        out
    }

    /// The sums of all steps in one line.
    pub fn costs(&self) -> String {
        self.lock().costs.iter().fold(String::new(), |mut out, (step, (time, n))| {
            let _ = write!(out, "{}{step} {:.1} s ({n})", if out.is_empty() { "" } else { ", " }, time.as_secs_f32());
            out
        })
    }
}

pub struct Walk {
    pub role: &'static str,
    pub tab: Tab,
    pub common: Shared,
    /// Variants that this person has been to, and how many of each route.
    been: HashSet<String>,
    views: HashMap<&'static str, usize>,
    /// Links met and not yet followed, nearest first.
    ahead: VecDeque<String>,
}

impl Walk {
    pub async fn new(role: &'static str, server: &Server, browser: &Browser, common: &Shared) -> Result<Walk> {
        let tab = browser.person(server).await?;
        tab.look(View::Phone).await?;
        Ok(Walk { role, tab, common: common.clone(), been: HashSet::new(), views: HashMap::new(), ahead: VecDeque::new() })
    }

    fn complain(&self, what: String, view: View, path: &str, element: &str) {
        let place = format!("{} {path} [{}] {element}", self.role, view.name());
        self.common.lock().findings.entry(what).or_default().push(place);
    }

    /// What a scene could not do is a finding like any other; the next scene goes on.
    pub async fn note(&self, scene: &str, done: Result<()>) {
        if let Err(e) = done {
            let path = self.tab.path().await.unwrap_or_default();
            self.complain(format!("{scene} could not be done: {e:#}"), View::Phone, &path, "");
        }
    }

    /// The name for pictures of a path: its route and view, without ids.
    pub fn name_of(&self, path: &str) -> String {
        let route = self.common.lock().routes.of(path).unwrap_or("none");
        slug(&variant(route, path))
    }

    /// Opens a path and looks at it, unless it is known.
    async fn come_to(&mut self, path: &str, name: &str) {
        if !self.is_known(path).await {
            self.visit(path, name, 200).await;
        }
    }

    /// Whether a view that was shown before holds only kinds of elements that were shown, as the server answers it to this
    /// person. Its ids, links and parts are read then, and it need not be opened.
    async fn is_known(&mut self, path: &str) -> bool {
        // What does not answer well is opened, and complained of there.
        let Ok(p) = self.common.timed("peeking", self.tab.peek(path)).await else { return false };
        {
            let mut guard = self.common.lock();
            let common = &mut *guard;
            let key = variant(common.routes.of(path).unwrap_or("none"), path);
            let fresh = p.kinds.iter().filter(|k| common.peeked.insert(**k)).count() > 0;
            if fresh || p.status != 200 || !p.twice.is_empty() || !p.titled || !common.shown.contains(&format!("{key} 200")) {
                return false;
            }
            common.seen += 1;
            common.unopened += 1;
        }
        self.ahead.extend(p.links);
        self.ask(path, &p.parts).await;
        true
    }

    /// Opens a path and looks at it. `name` names the pictures.
    pub async fn visit(&mut self, path: &str, name: &str, status: u16) {
        if let Err(e) = self.common.timed("opening", self.tab.open(path)).await {
            self.complain(format!("did not open: {e:#}"), View::Phone, path, "");
        }
        self.present(name, status).await;
    }

    /// Looks at what the tab shows now, which was answered with this status.
    pub async fn present(&mut self, name: &str, status: u16) {
        let seen = match self.common.timed("looking", self.tab.probe(View::Phone)).await {
            Ok(seen) => seen,
            Err(e) => return self.complain(format!("could not be looked at: {e:#}"), View::Phone, name, ""),
        };
        if seen.status != status {
            self.complain(format!("answered {} instead of {status}", seen.status), View::Phone, &seen.path, "");
        }
        self.judge(&seen, View::Phone);
        self.ask(&seen.path, &seen.parts).await;
        let fresh = self.meet(&seen, status);
        if let Some(fresh) = fresh {
            self.show(&seen, name, &fresh).await;
        }
        // A page that shall answer 404 or 422 makes the browser log that once.
        let expected = format!("status of {status}");
        for c in self.tab.complaints().into_iter().filter(|c| status < 400 || !c.contains(&expected)) {
            self.complain(c, View::Phone, &seen.path, "");
        }
    }

    /// Asks once for the parts that a page will fetch when something changes.
    async fn ask(&self, path: &str, parts: &[String]) {
        for part in parts {
            let wanted = {
                let mut common = self.common.lock();
                let known = common.routes.of(part).is_some_and(|r| !Routes::is_left_out(r) && !common.routes.met.contains_key(r));
                if known {
                    common.routes.meet(part);
                }
                known
            };
            if wanted {
                match self.tab.ask(part).await {
                    Ok(200) => {}
                    Ok(other) => self.complain(format!("its part answered {other}"), View::Phone, path, part),
                    Err(e) => self.complain(format!("its part did not answer: {e:#}"), View::Phone, path, part),
                }
            }
        }
    }

    fn judge(&self, seen: &Seen, view: View) {
        for (by, widest) in &seen.wide {
            self.complain(format!("is {by} px wider than the window"), view, &seen.path, widest);
        }
        for id in &seen.twice {
            self.complain(format!("the id {id} stands twice"), view, &seen.path, "");
        }
        if !seen.titled {
            self.complain("has no title or no language".into(), view, &seen.path, "");
        }
    }

    /// Notes where one is; the kinds that axe has not read when the page is to be shown in full.
    fn meet(&mut self, seen: &Seen, status: u16) -> Option<Vec<u32>> {
        let mut guard = self.common.lock();
        let common = &mut *guard;
        common.seen += 1;
        if status == 200 {
            common.routes.meet(&seen.path);
        }
        for path in &seen.asked {
            common.routes.meet(path);
        }
        let route = common.routes.of(&seen.path).unwrap_or("none");
        let key = variant(route, &seen.path);
        if self.been.insert(key.clone()) {
            *self.views.entry(route).or_default() += 1;
        }
        for link in &seen.links {
            self.ahead.push_back(link.clone());
        }
        let fresh: Vec<u32> = seen.kinds.iter().filter(|k| !common.read.contains(k)).copied().collect();
        let first = common.shown.insert(format!("{key} {status}"));
        let views = common.views.entry(route).or_default();
        *views += usize::from(first);
        if fresh.is_empty() && !(first && *views <= SHOWN) {
            return None;
        }
        common.read.extend(&fresh);
        common.in_full += 1;
        Some(fresh)
    }

    /// Pictures in both sizes; what axe says of the kinds that it has not read. Each change of the size lays out and paints the
    /// whole page, so there are few.
    async fn show(&self, seen: &Seen, name: &str, fresh: &[u32]) {
        let marked = if fresh.is_empty() { Ok(0) } else { self.tab.mark_kinds(fresh).await };
        if let Err(e) = marked {
            self.complain(format!("could not be marked: {e:#}"), View::Phone, &seen.path, "");
        }
        self.portray(seen, name, View::Phone).await;
        self.turn(seen, View::Desktop).await;
        self.portray(seen, name, View::Desktop).await;
        match self.common.timed("looking", self.tab.probe(View::Desktop)).await {
            Ok(wide) => self.judge(&wide, View::Desktop),
            Err(e) => self.complain(format!("could not be looked at: {e:#}"), View::Desktop, &seen.path, ""),
        }
        if !fresh.is_empty() && let Err(e) = self.thin_out().await {
            self.complain(format!("axe: {e:#}"), View::Desktop, &seen.path, "");
        }
        for view in [View::Desktop, View::Phone] {
            if view == View::Phone {
                self.turn(seen, view).await;
            }
            if !fresh.is_empty() {
                self.read(seen, view).await;
            }
        }
    }

    /// Takes the page's picture in the size in which it stands.
    async fn portray(&self, seen: &Seen, name: &str, view: View) {
        let file = pictures().map(|d| d.join(format!("{}-{name}-{}.png", self.role, view.name())));
        let shot = match file {
            Ok(file) => self.common.timed("pictures", self.tab.tall_picture(view, &file)).await,
            Err(e) => Err(e),
        };
        if let Err(e) = shot {
            self.complain(format!("no picture: {e:#}"), view, &seen.path, "");
        }
    }

    /// Takes the other size.
    async fn turn(&self, seen: &Seen, view: View) {
        if let Err(e) = self.tab.look(view).await {
            self.complain(format!("does not take this size: {e:#}"), view, &seen.path, "");
        }
    }

    /// Unfolds the page and takes out rows that repeat others, for axe.
    async fn thin_out(&self) -> Result<()> {
        self.tab.unfold().await?;
        self.common.timed("thinning", self.tab.thin()).await?;
        Ok(())
    }

    /// Lets axe read the page.
    async fn read(&self, seen: &Seen, view: View) {
        match self.common.timed("axe", self.tab.grave()).await {
            Ok(found) => found.into_iter().for_each(|v| self.complain(v.to_string(), view, &seen.path, &v.html)),
            Err(e) => self.complain(format!("axe: {e:#}"), view, &seen.path, ""),
        }
    }

    /// Everything that the menus name.
    pub async fn menus(&mut self) -> Result<()> {
        self.tab.open("/").await?;
        let menu: Vec<String> = self
            .tab
            .eval("[...new Set([...document.querySelectorAll('.sidemenu a, .usermenu a')].map(a => a.getAttribute('href')))]")
            .await?;
        ensure!(!menu.is_empty(), "the menu is empty");
        for path in &menu {
            self.come_to(path, &slug(path)).await;
        }
        Ok(())
    }

    /// Follows the links: some views of each route, and those that nobody has shown, up to `VIEWS`.
    pub async fn follow(&mut self) {
        while let Some(path) = self.ahead.pop_front() {
            let Some(route) = self.common.lock().routes.of(&path) else { continue };
            if Routes::is_left_out(route) || route == "/" {
                continue;
            }
            let key = variant(route, &path);
            let wanted = {
                let common = self.common.lock();
                let new_view = !common.shown.contains(&format!("{key} 200"))
                    && common.views.get(route).is_none_or(|n| *n < VIEWS);
                let own = self.views.get(route).is_none_or(|n| *n < OWN_VIEWS);
                !self.been.contains(&key) && (own || new_view)
            };
            if wanted {
                if self.been.insert(key.clone()) {
                    *self.views.entry(route).or_default() += 1;
                }
                self.come_to(&path, &slug(&key)).await;
            }
        }
    }
}

/// `/incidents/desk?tab=new` becomes `incidents-desk-tab-new`.
pub fn slug(path: &str) -> String {
    let words: Vec<&str> = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    if words.is_empty() { "home".into() } else { words.join("-") }
}
