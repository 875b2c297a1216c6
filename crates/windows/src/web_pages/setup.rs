//! Windows and their hours.

use crate::actions;
use crate::model::{Hours, NewWindow, Service, Week, Window, spans_text};
use crate::rules::parse_spans;
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{Purpose, Reader, Uuid};
use roster::model::PostKind;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

struct Line {
    w: Window,
    post: String,
    services: String,
    week: Option<Week>,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    lines: Vec<Line>,
}

impl Setup {
    fn week(&self, w: &Week) -> String {
        format!("工作日 {}；周末 {}；节假日 {}", spans_text(&w.work), spans_text(&w.rest), spans_text(&w.holiday))
    }
}

/// `GET /windows/setup`
pub async fn list(ctx: Ctx) -> Answer {
    let (station, today) = (ctx.who.station, ctx.app.today());
    let look = ctx.look("windows.setup", Purpose::Window);
    let (windows, hours, posts, services) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            Ok((store::windows(r, station).await?, store::hours(r, station).await?, roster::store::posts(r, station).await?, store::service_names(r, station).await?))
        })
        .await?;
    let line = |w: Window| Line {
        post: w.post_id.map_or(String::new(), |p| posts.iter().find(|x| x.post.id == p).map_or("已停用的岗位".into(), |x| x.post.name.clone())),
        services: w.services.0.iter().filter_map(|s| services.iter().find(|x| x.0 == *s).map(|x| x.1.as_str())).collect::<Vec<_>>().join("、"),
        week: hours.iter().filter(|h| h.window_id == w.id && h.from_day <= today).max_by_key(|h| (h.from_day, h.n)).map(|h| h.spans.0.clone()),
        w,
    };
    let content = Setup { lines: windows.into_iter().map(line).collect() };
    Page::new("窗口设置", &content).crumb("开放时间", "/windows/hours").action("新设窗口", "/windows/setup/new").show(&ctx)
}

#[derive(Template)]
#[template(path = "window.html")]
struct One<'a> {
    id: Option<Uuid>,
    posts: Vec<(Uuid, String)>,
    services: Vec<Service>,
    history: Vec<Hours>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

impl One<'_> {
    fn path(&self) -> String {
        self.id.map_or("/windows/setup/new".into(), |id| format!("/windows/setup/{id}"))
    }
    fn week(&self, w: &Week) -> String {
        format!("工作日 {}；周末 {}；节假日 {}", spans_text(&w.work), spans_text(&w.rest), spans_text(&w.holiday))
    }
}

async fn show(ctx: &Ctx, id: Option<Uuid>, form: &Form, again: Again) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("windows.setup", Purpose::Window);
    let (posts, services, hours) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            if let Some(id) = id {
                store::window(r, station, id).await?;
            }
            Ok((roster::store::posts(r, station).await?, store::services(r, station).await?, store::hours(r, station).await?))
        })
        .await?;
    let mut history: Vec<Hours> = hours.into_iter().filter(|h| Some(h.window_id) == id).collect();
    history.reverse();
    let content = One {
        id,
        posts: posts.into_iter().filter(|p| p.post.kind == PostKind::Window).map(|p| (p.post.id, p.post.name)).collect(),
        services,
        history,
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new(if id.is_some() { "窗口" } else { "新设窗口" }, &content).crumb("开放时间", "/windows/hours").crumb("窗口设置", "/windows/setup");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/setup/new`
pub async fn new_page(ctx: Ctx) -> Answer {
    show(&ctx, None, &Form::of([("position", "1"), ("version", "1")]), Again::default()).await
}

fn read(form: &mut Form) -> NewWindow {
    let services = form.every("service").iter().filter_map(|s| s.parse().ok()).collect();
    NewWindow {
        name: form.required("name", "窗口名称", 12),
        post_id: form.optional_id("post"),
        services,
        position: form.number("position", "次序", 0..=999),
        version: form.typed("version").parse().unwrap_or(0),
    }
}

async fn keep(ctx: Ctx, id: Option<Uuid>, mut form: Form) -> Answer {
    let act = ctx.act("windows.window", Purpose::Window, &form);
    let w = read(&mut form);
    let done = match form.finish(w) {
        Ok(w) => actions::save_window(&ctx.app, &act, id, w).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => go(format!("/windows/setup/{id}")),
        Err(e) => show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /windows/setup/new`
pub async fn new(ctx: Ctx, form: Form) -> Answer {
    keep(ctx, None, form).await
}

async fn filled(ctx: &Ctx, id: Uuid) -> kernel::Result<Form> {
    let (station, today) = (ctx.who.station, ctx.app.today());
    let look = ctx.look("windows.setup", Purpose::Window);
    let (w, hours) = ctx.app.db().read(&look, async |r: &mut Reader| Ok((store::window(r, station, id).await?, store::hours(r, station).await?))).await?;
    let mut form = Form::of([
        ("name", w.name.clone()),
        ("post", w.post_id.map_or(String::new(), |p| p.to_string())),
        ("position", w.position.to_string()),
        ("version", w.version.to_string()),
        ("from_day", today.to_string()),
    ]);
    for s in &w.services.0 {
        form.add("service", s.to_string());
    }
    if let Some(h) = hours.iter().filter(|h| h.window_id == id).max_by_key(|h| (h.from_day, h.n)) {
        let text = |spans: &[crate::model::Span]| spans.iter().map(|s| s.text()).collect::<Vec<_>>().join("，");
        form.set("work", text(&h.spans.0.work));
        form.set("rest", text(&h.spans.0.rest));
        form.set("holiday", text(&h.spans.0.holiday));
    }
    Ok(form)
}

/// `GET /windows/setup/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "这个窗口")?;
    let form = filled(&ctx, id).await?;
    show(&ctx, Some(id), &form, Again::default()).await
}

/// `POST /windows/setup/{id}`
pub async fn save(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个窗口")?;
    keep(ctx, Some(id), form).await
}

/// `POST /windows/setup/{id}/hours`
pub async fn hours(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个窗口")?;
    let act = ctx.act("windows.hours", Purpose::Window, &form);
    let from = form.date("from_day", "从哪天起");
    let mut part = |field: &str| {
        parse_spans(form.typed(field)).unwrap_or_else(|e| {
            form.errors.add(field, e);
            vec![]
        })
    };
    let week = Week { work: part("work"), rest: part("rest"), holiday: part("holiday") };
    let why = form.text("why");
    let done = match form.finish(()) {
        Ok(()) => actions::set_hours(&ctx.app, &act, id, from, week, &why).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(lost) => super::hours::after(lost),
        Err(e) => {
            let again = Again::from_error(e)?;
            let mut whole = filled(&ctx, id).await?;
            for f in ["from_day", "work", "rest", "holiday", "why"] {
                whole.set(f, form.typed(f));
            }
            show(&ctx, Some(id), &whole, again).await
        }
    }
}

/// `POST /windows/setup/{id}/end`
pub async fn end(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个窗口")?;
    actions::end_window(&ctx.app, &ctx.act("windows.end_window", Purpose::Window, &form), id).await?;
    go("/windows/setup")
}
