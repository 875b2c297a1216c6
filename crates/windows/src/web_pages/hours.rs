//! When the windows are open in the next two weeks, and days that are closed.

use crate::actions;
use crate::model::{Closure, HoursFrom, clock, spans_text};
use crate::rules::hours::OpenDay;
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{Permission as P, Purpose, Reader, ToSpan, Uuid};
use web::page::{Again, go};
use web::show::weekday;
use web::{Answer, Ctx, Form, Page};

struct Cell {
    text: String,
    from: HoursFrom,
}

struct Line {
    date: String,
    /// Holiday, make-up day, evening or weekend hours.
    marks: Vec<String>,
    cells: Vec<Cell>,
    closed: String,
}

#[derive(Template)]
#[template(path = "hours.html")]
struct Hours<'a> {
    names: Vec<String>,
    windows: Vec<(Uuid, String)>,
    lines: Vec<Line>,
    closures: Vec<(String, Closure)>,
    may_manage: bool,
    provisional: bool,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    /// Bookings that the last change took the time from.
    lost: String,
}

/// Marks of a day as people understand them.
pub fn marks(d: &OpenDay) -> Vec<String> {
    let mut out = vec![];
    if !d.day.holiday.is_empty() && d.day.kind == roster::model::DayType::Holiday {
        out.push(d.day.holiday.clone());
    }
    if d.day.make_up {
        out.push("调休上班".into());
    }
    let spans = d.spans();
    if d.day.kind != roster::model::DayType::Work && !spans.is_empty() {
        out.push("错时".into());
    } else if spans.iter().any(|s| s.until > 18 * 60) {
        out.push("延时".into());
    }
    out
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let station = ctx.who.station;
    let (rules, today) = (ctx.app.rules(), ctx.app.today());
    let last = today.saturating_add(13.days());
    let look = ctx.look("windows.hours", Purpose::Window);
    let (windows, days, closures) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (windows, days) = actions::open_days(r, &rules, station, today, last).await?;
            Ok((windows, days, store::closures(r, station, today, today.saturating_add(366.days())).await?))
        })
        .await?;
    let name = |id: Option<Uuid>| id.map_or("所有窗口".to_string(), |id| windows.iter().find(|w| w.id == id).map_or("已停用的窗口".into(), |w| w.name.clone()));
    let line = |d: &OpenDay| Line {
        date: format!("{} 月 {} 日 星期{}", d.date().month(), d.date().day(), weekday(d.date())),
        marks: marks(d),
        cells: d.windows.iter().map(|w| Cell { text: spans_text(&w.spans), from: w.from }).collect(),
        closed: d.closed.join("；"),
    };
    let content = Hours {
        names: windows.iter().map(|w| w.name.clone()).collect(),
        windows: windows.iter().map(|w| (w.id, w.name.clone())).collect(),
        lines: days.iter().map(line).collect(),
        closures: closures.into_iter().filter(|c| c.lifted_at.is_none()).map(|c| (name(c.window_id), c)).collect(),
        may_manage: ctx.may(P::WindowManage),
        provisional: roster::actions::provisional(&rules, last),
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
        lost: String::new(),
    };
    let content = Hours { lost: lost(&ctx.path), ..content };
    let mut page = Page::new("开放时间", &content);
    if content.may_manage {
        page = page.action("窗口设置", "/windows/setup");
    }
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// What the address says after a change: how many bookings are to be told.
fn lost(path: &str) -> String {
    path.split_once("lost=").map_or(String::new(), |(_, n)| n.chars().take_while(char::is_ascii_digit).take(6).collect())
}

/// `GET /windows/hours`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, &Form::default(), Again::default()).await
}

/// Where a change of hours leads: back, with how many people are to be told.
pub fn after(lost: u64) -> Answer {
    if lost == 0 { go("/windows/hours") } else { go(format!("/windows/hours?lost={lost}")) }
}

/// `POST /windows/hours/close`
pub async fn close(ctx: Ctx, mut form: Form) -> Answer {
    let act = ctx.act("windows.close", Purpose::Window, &form);
    let day = form.date("day", "日期");
    let mut part = |field: &str, whole: i64| match form.text(field) {
        t if t.is_empty() => whole,
        t if t == "24:00" => 1_440,
        t => super::minute(&t).unwrap_or_else(|e| {
            form.errors.add(field, e);
            whole
        }),
    };
    let (from, until) = (part("from", 0), part("until", 1_440));
    let reason = form.text("reason");
    let window = form.optional_id::<Uuid>("window");
    let done = match form.finish(()) {
        Ok(()) => actions::close(&ctx.app, &act, window, day, from, until, &reason).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(lost) => after(lost),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /windows/closures/{id}/lift`
pub async fn lift(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这次停办")?;
    actions::lift(&ctx.app, &ctx.act("windows.lift", Purpose::Window, &form), id).await?;
    go("/windows/hours")
}

/// Hours of a closure, `全天` or `12:00-14:00`.
pub fn part(c: &Closure) -> String {
    if c.from_minute == 0 && c.until_minute == 1_440 { "全天".into() } else { format!("{}-{}", clock(c.from_minute), clock(c.until_minute)) }
}
