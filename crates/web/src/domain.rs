//! How a domain joins the site: routes with their needs, migrations, jobs, listeners, menu, slots.

use axum::routing::MethodRouter;
use futures::future::BoxFuture;
use kernel::event::Listener;
use kernel::{Actor, App, Migrations, Permission, Result, Uuid};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// What a route needs of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anybody, without an account.
    Public,
    /// Anybody signed in.
    SignedIn,
    /// A role with this permission.
    Can(Permission),
    /// A role with one of these.
    Any(&'static [Permission]),
}

impl Need {
    /// Whether `actor` (None: not signed in) meets it.
    pub fn met_by(&self, actor: Option<&Actor>) -> bool {
        match (self, actor) {
            (Need::Public, _) => true,
            (_, None) => false,
            (Need::SignedIn, Some(_)) => true,
            (Need::Can(p), Some(a)) => a.may(*p),
            (Need::Any(list), Some(a)) => list.iter().any(|p| a.may(*p)),
        }
    }
}

/// One path with one method.
#[derive(Clone)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    pub path: &'static str,
    pub need: Need,
    pub handler: MethodRouter<Site>,
}

/// `get("/incidents/desk", Need::Can(…), handler)`.
pub fn get<H, T>(path: &'static str, need: Need, handler: H) -> Route
where
    H: axum::handler::Handler<T, Site>,
    T: 'static,
{
    Route { method: "GET", path, need, handler: axum::routing::get(handler) }
}

/// `post("/incidents", Need::Can(…), handler)`.
pub fn post<H, T>(path: &'static str, need: Need, handler: H) -> Route
where
    H: axum::handler::Handler<T, Site>,
    T: 'static,
{
    Route { method: "POST", path, need, handler: axum::routing::post(handler) }
}

/// An entry of the left menu; shown to those who hold `permission`.
#[derive(Clone, Copy, Debug)]
pub struct MenuItem {
    /// The heading it stands under, such as `警情`.
    pub group: &'static str,
    pub label: &'static str,
    pub path: &'static str,
    pub permission: Permission,
    /// Groups and items are sorted by this.
    pub order: u16,
}

/// Work by the clock. Runs on one node at a time.
#[derive(Clone)]
pub struct Job {
    pub name: &'static str,
    pub every_seconds: i64,
    pub run: fn(App) -> BoxFuture<'static, Result<()>>,
}

/// A place in a page of a lower domain that higher domains fill.
pub type Slot = &'static str;

/// What a higher domain hangs into a slot: HTML for the record `id`, or "" for nothing.
#[derive(Clone)]
pub struct SlotFill {
    pub slot: Slot,
    pub fill: for<'a> fn(&'a App, &'a Actor, Uuid) -> BoxFuture<'a, Result<String>>,
}

/// Everything a domain brings; empty parts are left out with `..Domain::default()`.
#[derive(Clone, Default)]
pub struct Domain {
    pub name: &'static str,
    pub migrations: Option<Migrations>,
    pub routes: Vec<Route>,
    pub jobs: Vec<Job>,
    pub listeners: Vec<Listener>,
    pub menu: Vec<MenuItem>,
    pub slots: Vec<SlotFill>,
}

struct Inner {
    app: App,
    domains: Vec<Domain>,
    menu: Vec<MenuItem>,
    meter: crate::meter::Meter,
    /// What runs beside the pages (the video estate), by its type.
    parts: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    caller: RwLock<Option<crate::Caller>>,
}

/// The running site, the state of every handler.
#[derive(Clone)]
pub struct Site(Arc<Inner>);

impl Site {
    pub fn new(app: App, domains: Vec<Domain>) -> Site {
        let mut menu: Vec<MenuItem> = domains.iter().flat_map(|d| d.menu.clone()).collect();
        menu.sort_by_key(|m| m.order);
        let (meter, parts, caller) = Default::default();
        Site(Arc::new(Inner { app, domains, menu, meter, parts, caller }))
    }
    /// Puts something that runs beside the pages where handlers find it; what was there of its type is replaced.
    pub fn put<T: Send + Sync + 'static>(&self, part: Arc<T>) {
        self.0.parts.write().unwrap_or_else(|e| e.into_inner()).insert(TypeId::of::<T>(), part);
    }
    /// What was [`Site::put`], if anything.
    pub fn part<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let found = self.0.parts.read().unwrap_or_else(|e| e.into_inner()).get(&TypeId::of::<T>()).cloned();
        found.and_then(|p| p.downcast::<T>().ok())
    }
    pub(crate) fn set_caller(&self, caller: crate::Caller) {
        *self.0.caller.write().unwrap_or_else(|e| e.into_inner()) = Some(caller);
    }
    /// Who these headers belong to now: for what stays open after its request (a socket). `None`: nobody signed in.
    pub async fn caller(&self, headers: &http::HeaderMap) -> Result<Option<Actor>> {
        let caller = *self.0.caller.read().unwrap_or_else(|e| e.into_inner());
        match caller {
            Some(find) => find(self, headers).await,
            None => Ok(None),
        }
    }
    pub fn app(&self) -> &App {
        &self.0.app
    }
    /// Requests, latencies and live streams since the start.
    pub fn meter(&self) -> &crate::meter::Meter {
        &self.0.meter
    }
    pub fn domains(&self) -> &[Domain] {
        &self.0.domains
    }
    /// The menu of `actor`, grouped, in order.
    pub fn menu(&self, actor: &Actor) -> Vec<(&'static str, Vec<MenuItem>)> {
        let mut out: Vec<(&'static str, Vec<MenuItem>)> = vec![];
        for item in self.0.menu.iter().filter(|m| actor.may(m.permission)) {
            match out.iter_mut().find(|(g, _)| *g == item.group) {
                Some((_, list)) => list.push(*item),
                None => out.push((item.group, vec![*item])),
            }
        }
        out
    }
    /// Whether some menu entry's path fulfils `test`.
    pub fn has_menu(&self, test: impl Fn(&str) -> bool) -> bool {
        self.0.menu.iter().any(|m| test(m.path))
    }
    /// The HTML that higher domains hang into `slot` for record `id`.
    pub async fn fill(&self, slot: Slot, actor: &Actor, id: Uuid) -> Result<String> {
        let mut out = String::new();
        for f in self.0.domains.iter().flat_map(|d| &d.slots).filter(|f| f.slot == slot) {
            out.push_str(&(f.fill)(&self.0.app, actor, id).await?);
        }
        Ok(out)
    }
}
