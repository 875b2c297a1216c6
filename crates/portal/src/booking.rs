//! Bookings by residents: make one, look it up by its code, put it to another time, cancel it.

use crate::guess::{self, Pace};
use crate::web_pages::{place_of, refused, station};
use askama::Template;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use kernel::{Act, Actor, Date, FieldErrors, Purpose, Reader, Refusal, StationId, Uuid};
use places::model::Station;
use serde::Deserialize;
use web::page::Again;
use web::show::weekday;
use web::{Answer, Ctx, Form, Page};
use windows::actions;
use windows::model::{Booking, BookingState, Channel, Service, clock};
use windows::rules::holds::Lost;
use windows::rules::slots::{self, Slot};
use windows::web_pages::bookings::read;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    channel: String,
    day: String,
}

/// A day with its free times.
struct DayOf {
    day: Date,
    label: String,
    slots: Vec<Slot>,
}

async fn free_days(r: &mut Reader, rules: &kernel::rules::RuleSet, station: StationId, s: &Service) -> kernel::Result<Vec<DayOf>> {
    let limits = actions::limits(r, rules, station).await?;
    let now = r.now();
    let days = actions::bookable(r, rules, station, &limits).await?;
    let of = |(d, taken): (windows::rules::hours::OpenDay, Vec<slots::Taken>)| DayOf {
        day: d.date(),
        label: format!("{} 月 {} 日 星期{}", d.date().month(), d.date().day(), weekday(d.date())),
        slots: slots::free(&d, s, &taken, &limits, now),
    };
    Ok(days.into_iter().map(of).filter(|d| !d.slots.is_empty()).collect())
}

#[derive(Template)]
#[template(path = "book.html")]
struct Book<'a> {
    station: &'a Station,
    s: Service,
    door: bool,
    days: Vec<DayOf>,
    chosen: usize,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn show_book(ctx: &Ctx, station: &Station, service: Uuid, form: &Form, again: Again) -> Answer {
    let rules = ctx.app.rules();
    let door = form.has("channel", "door");
    let look = ctx.look("portal.book", Purpose::OwnMatter);
    let (s, days) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let s = actions::service_in_use(r, station.id, service).await?;
            let days = if door || !s.bookable { vec![] } else { free_days(r, &rules, station.id, &s).await? };
            Ok((s, days))
        })
        .await?;
    let asked = form.text("slot").split(' ').next().and_then(web::form::parse_date).or(web::form::parse_date(form.typed("on")));
    let chosen = days.iter().position(|d| Some(d.day) == asked).unwrap_or(0);
    let kept = |name: &str, fresh: String| if form.typed(name).is_empty() { fresh } else { form.typed(name).to_string() };
    let title = if door { format!("申请上门办理：{}", s.name) } else { format!("预约：{}", s.name) };
    let content = Book {
        station,
        s,
        door,
        days,
        chosen,
        form,
        again: &again,
        command_id: kept("command_id", ctx.command_id().to_string()),
    };
    let page = Page::new(title, &content).plain();
    if again.any() { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /p/windows/{station}/{service}/book?channel=door&day=…`
pub async fn page(ctx: Ctx, Path((id, service)): Path<(String, String)>, Query(q): Query<Asked>) -> Answer {
    let station = station(&ctx, &id).await?;
    let service: Uuid = web::page::id(&service, "这项业务")?;
    let form = Form::of([("channel", q.channel), ("on", q.day)]);
    show_book(&ctx, &station, service, &form, Again::default()).await
}

#[derive(Template)]
#[template(path = "booked.html")]
struct Booked {
    station: Station,
    number: String,
    secret: String,
    service: String,
    when: String,
    door: bool,
}

fn act(ctx: &Ctx, station: StationId, action: &'static str, form: &Form) -> Act {
    ctx.app.act(&Actor::resident(station), action, Purpose::OwnMatter, form.command(ctx.app.fresh_command()))
}

/// Too many forms of a kind from one place are slowed and then refused; the right ones count too.
pub(crate) async fn pace_of(ctx: &Ctx, headers: &HeaderMap, kind: &str, what: &str, next: &str) -> Result<(), Refusal> {
    match guess::begin(&format!("{kind} {}", place_of(headers)), ctx.now()) {
        Pace::Now => Ok(()),
        Pace::After(wait) => {
            tokio::time::sleep(wait.min(std::time::Duration::from_secs(2))).await;
            Ok(())
        }
        Pace::Stopped | Pace::NotNow => Err(Refusal::new("portal.too_many", what, next)),
    }
}

async fn pace(ctx: &Ctx, headers: &HeaderMap) -> Result<(), Refusal> {
    pace_of(ctx, headers, "book", "这里提交的预约太多，暂停十分钟。", "请稍后再试，或者到窗口取号。").await
}

/// `POST /p/windows/{station}/{service}/book`: books and shows the code once; a repeated post shows the same.
pub async fn send(ctx: Ctx, headers: HeaderMap, Path((id, service)): Path<(String, String)>, mut form: Form) -> Answer {
    let station = station(&ctx, &id).await?;
    let service: Uuid = web::page::id(&service, "这项业务")?;
    form.set("service", service.to_string());
    let (secret, hash) = ctx.receipt(&form);
    let new = read(&mut form, hash);
    actions::faults(&new, &mut form.errors);
    if !form.yes("agree") {
        form.errors.add("agree", "请先阅读个人信息处理告知，并勾选“已阅读”。");
    }
    let act = act(&ctx, station.id, "windows.book", &form);
    let (day, minute, door) = (new.day, new.minute, new.channel == Channel::Door);
    let done = match form.finish(new) {
        Ok(new) => match pace(&ctx, &headers).await {
            Ok(()) => actions::book(&ctx.app, &act, new).await,
            Err(why) => Err(why.into()),
        },
        Err(e) => Err(e),
    };
    match done {
        Ok(made) => {
            let look = ctx.look("portal.book", Purpose::OwnMatter);
            let s = ctx.app.db().read(&look, async |r: &mut Reader| windows::store::service(r, station.id, service).await).await?;
            let when = if door { day.to_string() } else { format!("{} 月 {} 日 星期{} {}", day.month(), day.day(), weekday(day), clock(minute)) };
            Page::new(if door { "已提交" } else { "已预约" }, &Booked { station, number: made.number, secret, service: s.name, when, door }).plain().show(&ctx)
        }
        Err(e) => show_book(&ctx, &station, service, &form, Again::from_error(e)?).await,
    }
}

#[derive(Template)]
#[template(path = "booking_ask.html")]
struct Ask<'a> {
    form: &'a Form,
    again: &'a Again,
}

fn show_ask(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let failed = again.any();
    let page = Page::new("我的预约", &Ask { form, again: &again }).plain();
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /p/booking`
pub async fn ask(ctx: Ctx) -> Answer {
    show_ask(&ctx, &Form::default(), Again::default())
}

/// The booking of the code in the form; a wrong one is slowed, recorded and tells nothing. `Err` is the page to show.
#[allow(clippy::result_large_err)] // a page, once a request
async fn known(ctx: &Ctx, headers: &HeaderMap, form: &mut Form) -> Result<Booking, Answer> {
    let code = form.required("code", "查询码", 60);
    if let Err(e) = form.finish(()) {
        return Err(Again::from_error(e).map_or_else(Err, |again| show_ask(ctx, form, again)));
    }
    let place = place_of(headers);
    match guess::begin(&place, ctx.now()) {
        Pace::Now => {}
        Pace::After(wait) => tokio::time::sleep(wait).await,
        pace => {
            if pace == Pace::Stopped
                && let Err(e) = refused(ctx, "portal.booking_paused").await
            {
                return Err(Err(e.into()));
            }
            let refusal = Refusal::new("portal.too_many", "输错的次数太多，暂停查询十分钟。", "请核对预约时给的查询码，或者电话联系派出所。");
            return Err(Again::from_error(refusal.into()).map_or_else(Err, |again| show_ask(ctx, form, again)));
        }
    }
    match actions::by_code(&ctx.app, &code).await {
        Ok(Some(b)) => {
            guess::right(&place);
            Ok(b)
        }
        Ok(None) => {
            if let Err(e) = refused(ctx, "portal.booking_refused").await {
                return Err(Err(e.into()));
            }
            let e = FieldErrors::one("code", "没有找到这个预约。请核对查询码（不分大小写，可不写短横线）。");
            Err(Again::from_error(e).map_or_else(Err, |again| show_ask(ctx, form, again)))
        }
        Err(e) => Err(Err(e.into())),
    }
}

#[derive(Template)]
#[template(path = "booking_state.html")]
struct State<'a> {
    b: Booking,
    s: Service,
    station: Station,
    when: String,
    /// What took the place away, whether somebody has marked it yet or not.
    lost: Option<Lost>,
    days: Vec<DayOf>,
    looks: Vec<audit::model::Look>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

impl State<'_> {
    fn says(&self) -> &'static str {
        match (self.b.state, self.b.channel) {
            (BookingState::Booked, _) if self.lost == Some(Lost::Service) => "这项业务本所停办了。您的预约还在，派出所会电话告知到哪里办；不需要的可以取消。",
            (BookingState::Booked, Channel::Window) if self.lost == Some(Lost::Windows) => "那个时间开的窗口少了，先预约的先办，您的预约排不下。预约还在，请改到别的时间，或者等派出所电话联系。",
            (BookingState::Booked, Channel::Window) if self.lost.is_some() => "开放时间变了：您预约的时间窗口不开放。预约还在，请改到别的时间，或者等派出所电话联系。",
            (BookingState::Booked, Channel::Window) => "已预约，请按时到窗口，先取号（说有预约，或出示编号）。",
            (BookingState::Booked, Channel::Door) if self.b.officer_id.is_some() => "已安排人员上门。",
            (BookingState::Booked, Channel::Door) => "已收到，正在安排。",
            (BookingState::Arrived, _) => "您已到达并取号，请留意叫号。",
            (BookingState::Done, _) => "已办理。",
            (BookingState::Cancelled, _) => "已取消。",
            (BookingState::Missed, _) => "预约的时间已过，没有来办理。可以重新预约。",
            (BookingState::Moved, _) => "已改期。",
            (BookingState::Declined, _) => "不能上门办理，原因见下。",
        }
    }
    fn open(&self) -> bool {
        self.b.is_open()
    }
    fn upset(&self) -> bool {
        self.lost.is_some()
    }
}

async fn show_state(ctx: &Ctx, b: Booking, form: &Form, again: Again) -> Answer {
    let rules = ctx.app.rules();
    let now = ctx.now();
    let look = ctx.app.look(&Actor::resident(b.station_id), "portal.booking", Purpose::OwnMatter);
    let content = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let s = windows::store::service(r, b.station_id, b.service_id).await?;
            let station = places::store::station(r, b.station_id).await?;
            let lost = actions::lost_by(r, &rules, &b).await?;
            let days = if b.is_open() && b.channel == Channel::Window && s.bookable && lost != Some(Lost::Service) { free_days(r, &rules, b.station_id, &s).await? } else { vec![] };
            let looks = audit::store::looks(r, &[("window_booking", b.id), ("person", b.person_id.0)], now).await?;
            let when = match (b.channel, b.visit_day) {
                (Channel::Window, _) => format!("{} 月 {} 日 星期{} {}", b.day.month(), b.day.day(), weekday(b.day), b.time()),
                (Channel::Door, Some(d)) => format!("{} 月 {} 日 星期{} {}", d.month(), d.day(), weekday(d), clock(b.visit_minute.unwrap_or(0))),
                (Channel::Door, None) => format!("希望 {}，时间等候答复", b.day),
            };
            Ok(State { b, s, station, when, lost, days, looks, form, again: &again, command_id: ctx.command_id().to_string() })
        })
        .await?;
    let page = Page::new("我的预约", &content).plain();
    if again.any() { page.again().show(ctx) } else { page.show(ctx) }
}

/// `POST /p/booking`
pub async fn state(ctx: Ctx, headers: HeaderMap, mut form: Form) -> Answer {
    match known(&ctx, &headers, &mut form).await {
        Ok(b) => show_state(&ctx, b, &form, Again::default()).await,
        Err(page) => page,
    }
}

/// `POST /p/booking/cancel`
pub async fn cancel(ctx: Ctx, headers: HeaderMap, mut form: Form) -> Answer {
    let b = match known(&ctx, &headers, &mut form).await {
        Ok(b) => b,
        Err(page) => return page,
    };
    let act = act(&ctx, b.station_id, "windows.cancel", &form);
    let again = match actions::cancel(&ctx.app, &act, b.id, "本人取消").await {
        Ok(()) => Again::default(),
        Err(e) => Again::from_error(e)?,
    };
    refreshed(&ctx, &form, again).await
}

/// The booking anew, after something was done with it.
async fn refreshed(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    match actions::by_code(&ctx.app, form.typed("code")).await? {
        Some(b) => show_state(ctx, b, form, again).await,
        None => show_ask(ctx, form, again),
    }
}

/// `POST /p/booking/change`: another time; the code stays the same.
pub async fn change(ctx: Ctx, headers: HeaderMap, mut form: Form) -> Answer {
    let b = match known(&ctx, &headers, &mut form).await {
        Ok(b) => b,
        Err(page) => return page,
    };
    let slot = form.text("slot");
    let Some((day, minute)) = slot.split_once(' ').and_then(|(d, m)| Some((web::form::parse_date(d)?, m.parse::<i64>().ok()?))) else {
        let e = FieldErrors::one("slot", "请选择一个时间。");
        return show_state(&ctx, b, &form, Again::from_error(e)?).await;
    };
    let act = act(&ctx, b.station_id, "windows.move", &form);
    let again = match actions::put_off(&ctx.app, &act, b.id, day, minute).await {
        Ok(_) => Again::default(),
        Err(e) => Again::from_error(e)?,
    };
    refreshed(&ctx, &form, again).await
}

#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage<'a> {
    /// Number, service, state, people before, wait.
    found: Option<(String, String, &'static str, usize, String)>,
    window: String,
    form: &'a Form,
    again: &'a Again,
}

fn show_ticket(ctx: &Ctx, found: Option<(String, String, &'static str, usize, String)>, window: String, form: &Form, again: Again) -> Answer {
    let page = Page::new("我的号", &TicketPage { found, window, form, again: &again }).plain();
    if again.any() { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /p/ticket`
pub async fn ticket_ask(ctx: Ctx) -> Answer {
    show_ticket(&ctx, None, String::new(), &Form::default(), Again::default())
}

/// `POST /p/ticket`: how many are before it, and the wait to expect.
pub async fn ticket(ctx: Ctx, headers: HeaderMap, mut form: Form) -> Answer {
    let code = form.required("code", "查询码", 60);
    if let Err(e) = form.finish(()) {
        return show_ticket(&ctx, None, String::new(), &form, Again::from_error(e)?);
    }
    let place = place_of(&headers);
    match guess::begin(&place, ctx.now()) {
        Pace::Now => {}
        Pace::After(wait) => tokio::time::sleep(wait).await,
        Pace::Stopped | Pace::NotNow => {
            let refusal = Refusal::new("portal.too_many", "输错的次数太多，暂停查询十分钟。", "请看大厅的大屏，或者问窗口。");
            return show_ticket(&ctx, None, String::new(), &form, Again::from_error(refusal.into())?);
        }
    }
    let Some((t, hall)) = actions::ticket_by_code(&ctx.app, &code).await? else {
        let e = FieldErrors::one("code", "没有找到这张票。请核对票上的查询码（不分大小写，可不写短横线）。");
        return show_ticket(&ctx, None, String::new(), &form, Again::from_error(e)?);
    };
    guess::right(&place);
    let (ahead, wait) = hall.wait_of(&t);
    let wait = wait.map_or("窗口现在没有人在岗，说不准".into(), |w| w.words());
    let window = hall.windows.iter().find(|w| Some(w.id) == t.window_id).map_or(String::new(), |w| w.name.clone());
    let found = (t.label(), hall.service_name(t.service_id).to_string(), t.state.label(), ahead, wait);
    show_ticket(&ctx, Some(found), window, &form, Again::default())
}
