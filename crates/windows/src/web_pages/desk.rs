//! 叫号台: stand at a window, call the next, serve; 取号: draw a ticket.

use crate::actions::{self, Hall};
use crate::model::{Booking, Channel, Service, Ticket, TicketState, Window, clock, minute_of};
use crate::rules::queue::{Step, Wait, stand_at};
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{Purpose, Reader, UserId, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

struct Row {
    t: Ticket,
    service: String,
    /// Minutes that it has waited.
    waited: i64,
    here: bool,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk<'a> {
    /// The window at which the person acting stands.
    window: Option<Window>,
    others: Vec<(Window, String)>,
    hand: Option<Row>,
    line: Vec<Row>,
    missed: Vec<Row>,
    again: &'a Again,
    live: bool,
    fresh: Vec<String>,
    /// `1 号窗口 12:30`: where and when the program ended the last stand of the person acting today.
    forgotten: Option<String>,
}

impl Desk<'_> {
    /// A command id for the form at a place of the page.
    fn id(&self, n: usize) -> &str {
        self.fresh.get(n).map_or("", String::as_str)
    }
}

pub(super) async fn read_hall(ctx: &Ctx, action: &'static str) -> kernel::Result<(Hall, Vec<(UserId, String)>)> {
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let look = ctx.look(action, Purpose::Window);
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let hall = actions::hall(r, &rules, station).await?;
            let users: Vec<UserId> = hall.stands.iter().map(|s| s.user_id).collect();
            Ok((hall, identity::store::names(r, &users).await?))
        })
        .await
}

async fn desk<'a>(ctx: &Ctx, again: &'a Again, live: bool) -> kernel::Result<Desk<'a>> {
    let (hall, names) = read_hall(ctx, "windows.desk").await?;
    let now = ctx.now();
    let mine = hall.stands.iter().find(|s| s.user_id == ctx.who.user).map(|s| s.window_id);
    let window = hall.windows.iter().find(|w| Some(w.id) == mine).cloned();
    let row = |t: &Ticket| Row {
        service: hall.service_name(t.service_id).to_string(),
        waited: (now.as_second() - t.drawn_at.as_second()).max(0) / 60,
        here: window.as_ref().is_some_and(|w| w.does(t.service_id)),
        t: t.clone(),
    };
    let who = |w: &Window| stand_at(&hall.stands, w.id).and_then(|s| names.iter().find(|n| n.0 == s.user_id)).map_or(String::new(), |n| n.1.clone());
    let today = ctx.app.today();
    let (look, station, me) = (ctx.look("windows.desk", Purpose::Window), ctx.who.station, ctx.who.user);
    let since = kernel::clock::start_of(today);
    let stands = ctx.app.db().read(&look, async |r: &mut Reader| store::stands_between(r, station, since, now).await).await?;
    let last = stands.iter().filter(|s| s.user_id == me).max_by_key(|s| s.began_at).filter(|s| mine.is_none() && s.was_forgotten());
    let forgotten = last.and_then(|s| {
        let name = hall.windows.iter().find(|w| w.id == s.window_id).map_or("", |w| w.name.as_str());
        Some(format!("{name} {}", clock(minute_of(s.ended_at?))))
    });
    Ok(Desk {
        forgotten,
        hand: window.as_ref().and_then(|w| hall.hand(w.id)).map(row),
        line: hall.line().iter().map(row).collect(),
        missed: hall.tickets.iter().filter(|t| t.state == TicketState::Missed).map(row).collect(),
        others: hall.windows.iter().filter(|w| Some(w.id) != mine).map(|w| (w.clone(), who(w))).collect(),
        window,
        again,
        live,
        fresh: (0..60).map(|_| ctx.command_id().to_string()).collect(),
    })
}

async fn show(ctx: &Ctx, again: Again) -> Answer {
    let content = desk(ctx, &again, false).await?;
    let page = Page::new("叫号台", &content).action("取号", "/windows/draw").action("大屏", "/windows/display").action("大屏链接", "/windows/displays");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/desk`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, Again::default()).await
}

/// `GET /windows/desk/live`
pub async fn live(ctx: Ctx) -> Answer {
    let again = Again::default();
    web::page::fragment(&desk(&ctx, &again, true).await?)
}

async fn done<T>(ctx: &Ctx, result: kernel::Result<T>) -> Answer {
    match result {
        Ok(_) => go("/windows/desk"),
        Err(e) => show(ctx, Again::from_error(e)?).await,
    }
}

/// `POST /windows/desk/{window}/stand`
pub async fn stand(ctx: Ctx, Path(window): Path<String>, form: Form) -> Answer {
    let window: Uuid = web::page::id(&window, "这个窗口")?;
    let r = actions::stand(&ctx.app, &ctx.act("windows.stand", Purpose::Window, &form), window).await;
    done(&ctx, r).await
}

/// `POST /windows/desk/leave`
pub async fn leave(ctx: Ctx, form: Form) -> Answer {
    let r = actions::leave(&ctx.app, &ctx.act("windows.leave", Purpose::Window, &form), &form.text("why")).await;
    done(&ctx, r).await
}

/// `POST /windows/desk/{window}/call`: the next, or the named ticket.
pub async fn call(ctx: Ctx, Path(window): Path<String>, form: Form) -> Answer {
    let window: Uuid = web::page::id(&window, "这个窗口")?;
    let r = actions::call(&ctx.app, &ctx.act("windows.call", Purpose::Window, &form), window, form.optional_id("ticket")).await;
    done(&ctx, r).await
}

/// `POST /windows/tickets/{id}/{step}`
pub async fn step(ctx: Ctx, Path((id, step)): Path<(String, String)>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这张票")?;
    let step = Step::from_code(&step).ok_or(kernel::Error::NotFound("这个操作"))?;
    let version = form.typed("version").parse().unwrap_or(0);
    let r = actions::step(&ctx.app, &ctx.act("windows.ticket", Purpose::Window, &form), id, step, version, &form.text("why")).await;
    done(&ctx, r).await
}

struct Choice {
    s: Service,
    ahead: usize,
    wait: String,
    basis: String,
}

#[derive(Template)]
#[template(path = "draw.html")]
struct Draw<'a> {
    choices: Vec<Choice>,
    bookings: Vec<(Booking, String)>,
    again: &'a Again,
    command_id: String,
}

pub(super) fn words(wait: Option<Wait>) -> String {
    wait.map_or("窗口现在没有人在岗，说不准".into(), |w| w.words())
}

async fn show_draw(ctx: &Ctx, again: Again) -> Answer {
    let station = ctx.who.station;
    let (hall, _) = read_hall(ctx, "windows.draw").await?;
    let today = ctx.app.today();
    let look = ctx.look("windows.draw", Purpose::Window);
    let bookings = ctx.app.db().read(&look, async |r: &mut Reader| store::of_day(r, station, today).await).await?;
    let choice = |s: &Service| {
        let (ahead, wait) = hall.wait_now(s.id);
        let n = hall.measured(s.id);
        let basis = if n > 0 { format!("按最近 {n} 次实际用时推算") } else { format!("按一般 {} 分钟估计", s.minutes) };
        Choice { s: s.clone(), ahead, wait: words(wait), basis }
    };
    let content = Draw {
        choices: hall.services.iter().map(choice).collect(),
        bookings: bookings
            .into_iter()
            .filter(|b| b.channel == Channel::Window && b.is_open())
            .map(|b| {
                let name = hall.service_name(b.service_id).to_string();
                (b, name)
            })
            .collect(),
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("取号", &content);
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/draw`
pub async fn draw_page(ctx: Ctx) -> Answer {
    show_draw(&ctx, Again::default()).await
}

#[derive(Template)]
#[template(path = "drawn.html")]
struct Drawn {
    label: String,
    service: String,
    ahead: usize,
    wait: String,
    secret: String,
    link: String,
}

/// `POST /windows/draw`: for a service, or for a booking whose person has come; then the ticket to print.
pub async fn draw(ctx: Ctx, mut form: Form) -> Answer {
    let (secret, hash) = ctx.receipt(&form);
    let act = ctx.act("windows.draw", Purpose::Window, &form);
    let done = match form.optional_id::<Uuid>("booking") {
        Some(b) => actions::arrive(&ctx.app, &act, b, &hash).await,
        None => {
            let service = form.id("service", "业务");
            match form.finish(()) {
                Ok(()) => actions::draw(&ctx.app, &act, service, form.yes("frail"), &hash).await,
                Err(e) => Err(e),
            }
        }
    };
    match done {
        Ok(drawn) => {
            let (hall, _) = read_hall(&ctx, "windows.draw").await?;
            let t = hall.tickets.iter().find(|t| t.id == drawn.id);
            let (ahead, wait) = t.map_or((0, None), |t| hall.wait_of(t));
            let base = &ctx.app.settings().public_url;
            let content = Drawn {
                label: drawn.label,
                service: t.map_or(String::new(), |t| hall.service_name(t.service_id).to_string()),
                ahead,
                wait: words(wait),
                link: if base.is_empty() { "/p/ticket".into() } else { format!("{}/p/ticket", base.trim_end_matches('/')) },
                secret,
            };
            Page::new("您的号", &content).crumb("取号", "/windows/draw").show(&ctx)
        }
        Err(e) => show_draw(&ctx, Again::from_error(e)?).await,
    }
}
