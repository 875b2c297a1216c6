//! 大屏: who is called where, for people with an account and, by a link, for the screen in the hall; the links of the station.

use super::desk::words;
use crate::actions::{self, Hall};
use crate::model::{Screen, Ticket, TicketState, Window};
use crate::rules::queue::stand_at;
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{Purpose, Reader, UserId, Uuid};
use web::page::{Again, Frame, go};
use web::{Answer, Ctx, Form, Page};

/// What the screen shows: numbers, windows, waits; nobody's name.
#[derive(Template)]
#[template(path = "display.html")]
pub struct Display {
    rows: Vec<(String, String, &'static str)>,
    waiting: Vec<(String, usize, String)>,
    next: Vec<String>,
    closed: bool,
    /// The fragment that keeps it up to date; "" for the fragment itself.
    src: String,
    /// Shown without an account: no stream of events, so it asks every few seconds.
    public: bool,
}

impl Display {
    /// The hall as the screen shows it.
    pub fn of(hall: &Hall, src: String, public: bool) -> Display {
        let row = |w: &Window| match (hall.hand(w.id), stand_at(&hall.stands, w.id)) {
            (Some(t), _) => (w.name.clone(), t.label(), if t.state == TicketState::Called { "called" } else { "serving" }),
            (None, Some(_)) => (w.name.clone(), "请等候叫号".into(), "free"),
            (None, None) => (w.name.clone(), "暂停".into(), "shut"),
        };
        let line = hall.line();
        let count = |service: Uuid| line.iter().filter(|t| t.service_id == service).count();
        let waiting = hall.services.iter().filter(|s| count(s.id) > 0).map(|s| (s.name.clone(), count(s.id), words(hall.wait_now(s.id).1)));
        Display {
            rows: hall.windows.iter().map(row).collect(),
            waiting: waiting.collect(),
            next: line.iter().take(6).map(Ticket::label).collect(),
            closed: hall.stands.is_empty(),
            src,
            public,
        }
    }
}

/// `GET /windows/display`
pub async fn page(ctx: Ctx) -> Answer {
    let hall = actions::shown_hall(&ctx.app, ctx.who.station).await?;
    Page::new("窗口叫号", &Display::of(&hall, "/windows/display/live".into(), false)).frame(Frame::Command).show(&ctx)
}

/// `GET /windows/display/live`
pub async fn live(ctx: Ctx) -> Answer {
    let hall = actions::shown_hall(&ctx.app, ctx.who.station).await?;
    web::page::fragment(&Display::of(&hall, String::new(), false))
}

#[derive(Template)]
#[template(path = "displays.html")]
struct Screens<'a> {
    screens: Vec<Screen>,
    names: Vec<(UserId, String)>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    most: i64,
}

impl Screens<'_> {
    fn by(&self, user: &UserId) -> &str {
        self.names.iter().find(|n| n.0 == *user).map_or("", |n| n.1.as_str())
    }
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("windows.displays", Purpose::Window);
    let (screens, names) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let screens = store::screens(r, station).await?;
            let users: Vec<UserId> = screens.iter().map(|s| s.made_by).collect();
            let names = identity::store::names(r, &users).await?;
            Ok((screens, names))
        })
        .await?;
    let content = Screens { screens, names, form, again: &again, command_id: ctx.command_id().to_string(), most: actions::MAX_SCREENS };
    let page = Page::new("大屏链接", &content).crumb("叫号台", "/windows/desk").action("看大屏", "/windows/display");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/displays`
pub async fn list(ctx: Ctx) -> Answer {
    show(&ctx, &Form::default(), Again::default()).await
}

#[derive(Template)]
#[template(path = "display_made.html")]
struct Made {
    name: String,
    link: String,
}

/// `POST /windows/displays`: makes a link and shows it, once.
pub async fn make(ctx: Ctx, form: Form) -> Answer {
    let (secret, hash) = ctx.receipt(&form);
    let act = ctx.act("windows.open_screen", Purpose::Window, &form);
    match actions::open_screen(&ctx.app, &act, form.typed("name"), &hash).await {
        Ok(_) => {
            let base = ctx.app.settings().public_url.trim_end_matches('/').to_string();
            let content = Made { name: form.text("name"), link: format!("{base}/p/hall/{}", secret.replace('-', "")) };
            Page::new("大屏链接", &content).crumb("叫号台", "/windows/desk").crumb("大屏链接", "/windows/displays").show(&ctx)
        }
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /windows/displays/{id}/end`
pub async fn end(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个大屏链接")?;
    match actions::end_screen(&ctx.app, &ctx.act("windows.end_screen", Purpose::Window, &form), id).await {
        Ok(()) => go("/windows/displays"),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}
