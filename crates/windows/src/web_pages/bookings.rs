//! Bookings of a day, those that need a phone call, and booking for a caller.

use crate::actions;
use crate::model::{Booking, Channel, NewBooking, Service};
use crate::rules::slots::{self, Slot};
use crate::store;
use askama::Template;
use axum::extract::Query;
use kernel::{Date, Permission as P, Purpose, Reader, ToSpan, Uuid};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    day: String,
    upset: String,
    service: String,
}

struct Line {
    b: Booking,
    service: String,
    name: String,
    officer: String,
}

#[derive(Template)]
#[template(path = "bookings.html")]
struct Bookings {
    day: Date,
    days: Vec<(Date, String)>,
    upset: bool,
    /// How many bookings wait for a phone call.
    calls: usize,
    at_window: Vec<Line>,
    at_door: Vec<Line>,
    may_serve: bool,
    live: bool,
    source: String,
}

async fn content(ctx: &Ctx, q: &Asked, live: bool) -> kernel::Result<Bookings> {
    let (station, today) = (ctx.who.station, ctx.app.today());
    let day = web::form::parse_date(&q.day).unwrap_or(today);
    let upset = q.upset == "1";
    let may_serve = ctx.may(P::WindowServe);
    let look = ctx.look("windows.bookings", Purpose::Window);
    let (lines, calls) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let open = store::open_from(r, station, today).await?;
            let waiting: Vec<Booking> = open.iter().filter(|b| b.upset_at.is_some() && b.told_at.is_none()).cloned().collect();
            let calls = waiting.len();
            // Door requests that still wait stand on every day's page.
            let mut all = if upset { waiting } else { store::of_day(r, station, day).await? };
            if !upset && day == today {
                let known: Vec<Uuid> = all.iter().map(|b| b.id).collect();
                all.extend(open.into_iter().filter(|b| b.channel == Channel::Door && !known.contains(&b.id)));
            }
            let services = store::service_names(r, station).await?;
            let users: Vec<kernel::UserId> = all.iter().filter_map(|b| b.officer_id).collect();
            let names = identity::store::names(r, &users).await?;
            let mut lines = vec![];
            for b in all.into_iter().take(300) {
                r.saw("window_booking", b.id);
                let name = if may_serve { actions::whose(r, &b).await?.name } else { "—".into() };
                lines.push(Line {
                    service: services.iter().find(|s| s.0 == b.service_id).map_or(String::new(), |s| s.1.clone()),
                    officer: names.iter().find(|n| Some(n.0) == b.officer_id).map_or(String::new(), |n| n.1.clone()),
                    name,
                    b,
                });
            }
            Ok((lines, calls))
        })
        .await?;
    let (at_window, at_door) = lines.into_iter().partition(|l: &Line| l.b.channel == Channel::Window);
    let label = |n: i64| {
        let d = today.saturating_add(n.days());
        (d, if n == 0 { "今天".to_string() } else { format!("{} 月 {} 日", d.month(), d.day()) })
    };
    Ok(Bookings {
        days: (0..7).map(label).collect(),
        source: format!("/windows/bookings/live?day={day}&upset={}", if upset { "1" } else { "" }),
        day,
        upset,
        calls,
        at_window,
        at_door,
        may_serve,
        live,
    })
}

/// `GET /windows/bookings?day=…&upset=1`
pub async fn list(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let content = content(&ctx, &q, false).await?;
    let mut page = Page::new("预约和上门", &content);
    if content.may_serve {
        page = page.action("代群众预约", "/windows/bookings/new");
    }
    page.show(&ctx)
}

/// `GET /windows/bookings/live`
pub async fn live(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    web::page::fragment(&content(&ctx, &q, true).await?)
}

#[derive(Template)]
#[template(path = "booking_new.html")]
struct New<'a> {
    services: Vec<Service>,
    service: Option<Service>,
    days: Vec<(Date, Vec<Slot>)>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn show_new(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let chosen = form.optional_id::<Uuid>("service");
    let look = ctx.look("windows.book", Purpose::Window);
    let (services, service, days) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let services: Vec<Service> = store::services(r, station).await?.into_iter().filter(|s| s.bookable || s.at_door).collect();
            let service = services.iter().find(|s| Some(s.id) == chosen).cloned();
            let mut days = vec![];
            if let Some(s) = &service {
                let limits = actions::limits(r, &rules, station).await?;
                for (d, taken) in actions::bookable(r, &rules, station, &limits).await? {
                    let free = if s.bookable { slots::free(&d, s, &taken, &limits, r.now()) } else { vec![] };
                    if !free.is_empty() {
                        days.push((d.date(), free));
                    }
                }
            }
            Ok((services, service, days))
        })
        .await?;
    let kept = |name: &str, fresh: String| if form.typed(name).is_empty() { fresh } else { form.typed(name).to_string() };
    let content = New {
        services,
        service,
        days,
        form,
        again: &again,
        command_id: kept("command_id", ctx.command_id().to_string()),
    };
    let page = Page::new("代群众预约", &content).crumb("预约和上门", "/windows/bookings");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/bookings/new?service=…`
pub async fn new_page(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    show_new(&ctx, &Form::of([("service", q.service)]), Again::default()).await
}

/// Reads `slot` (`2026-05-08 1170`) or, at the door, the day.
pub fn read(form: &mut Form, receipt: Vec<u8>) -> NewBooking {
    let channel = Channel::from_code(form.typed("channel")).unwrap_or(Channel::Window);
    let slot = form.text("slot");
    let (day, minute) = match channel {
        Channel::Window => match slot.split_once(' ').and_then(|(d, m)| Some((web::form::parse_date(d)?, m.parse::<i64>().ok()?))) {
            Some((d, m)) if (0..1_440).contains(&m) => (d, m),
            _ => {
                form.errors.add("slot", "请选择一个时间。");
                (Date::ZERO, 0)
            }
        },
        Channel::Door => (form.date("day", "希望上门的日子"), 0),
    };
    NewBooking {
        service: form.id("service", "业务"),
        channel,
        day,
        minute,
        name: form.bounded("reporter_name", "姓名", 50),
        phone: form.bounded("reporter_phone", "电话", 30),
        frail: form.yes("frail"),
        place: form.text("place"),
        note: form.text("note"),
        receipt,
    }
}

/// `POST /windows/bookings/new`: the page after it shows the code once, to be told to the caller.
pub async fn new(ctx: Ctx, mut form: Form) -> Answer {
    let (secret, hash) = ctx.receipt(&form);
    let new = read(&mut form, hash);
    let act = ctx.act("windows.book", Purpose::Window, &form);
    let done = match form.finish(new) {
        Ok(new) => actions::book(&ctx.app, &act, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(made) => Page::new("已预约", &Told { number: made.number, id: made.id, secret }).crumb("预约和上门", "/windows/bookings").show(&ctx),
        Err(e) => show_new(&ctx, &form, Again::from_error(e)?).await,
    }
}

#[derive(Template)]
#[template(path = "booking_told.html")]
struct Told {
    number: String,
    id: Uuid,
    secret: String,
}

/// Back to the booking.
pub fn back(id: Uuid) -> Answer {
    go(format!("/windows/bookings/{id}"))
}
