//! Services and the papers each needs.

use super::{due_text, file};
use crate::actions;
use crate::model::{NewService, Paper, Service, spans_text};
use crate::rules::catalogue::{self, Kind};
use crate::{paper, store};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Permission as P, Purpose, Reader, ToSpan, Uuid};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

struct Line {
    s: Service,
    due: String,
}

#[derive(Template)]
#[template(path = "services.html")]
struct Services {
    lines: Vec<Line>,
    may_manage: bool,
}

/// `GET /windows/services`
pub async fn list(ctx: Ctx) -> Answer {
    let station = ctx.who.station;
    let (rules, today) = (ctx.app.rules(), ctx.app.today());
    let look = ctx.look("windows.services", Purpose::Window);
    let (all, code) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((store::services(r, station).await?, places::store::station(r, station).await?.code)))
        .await?;
    let line = |s: Service| {
        let kind = catalogue::find(&rules, &s.kind);
        Line { due: due_text(&rules, kind.as_ref(), &code, today), s }
    };
    let may_manage = ctx.may(P::WindowManage);
    let mut page = Page::new("业务和材料", &Services { lines: all.into_iter().map(line).collect(), may_manage });
    if may_manage {
        page = page.action("新设业务", "/windows/services/new");
    }
    page.show(&ctx)
}

#[derive(Template)]
#[template(path = "service.html")]
struct One<'a> {
    path: String,
    existing: bool,
    kinds: Vec<Kind>,
    kind: Option<Kind>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    kind: String,
}

async fn show(ctx: &Ctx, id: Option<Uuid>, form: &Form, again: Again) -> Answer {
    let (rules, today) = (ctx.app.rules(), ctx.app.today());
    let content = One {
        path: id.map_or("/windows/services/new".into(), |id| format!("/windows/services/{id}")),
        existing: id.is_some(),
        kinds: catalogue::kinds(&rules, today),
        kind: catalogue::find(&rules, form.typed("kind")),
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new(if id.is_some() { "业务" } else { "新设业务" }, &content).crumb("业务和材料", "/windows/services");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// One paper a line; what follows ` ｜ ` is where it is written.
fn papers_text(papers: &[Paper]) -> String {
    papers.iter().map(|p| if p.source.is_empty() { p.text.clone() } else { format!("{} ｜ {}", p.text, p.source) }).collect::<Vec<_>>().join("\n")
}

fn papers(typed: &str) -> Vec<Paper> {
    let line = |l: &str| match l.split_once(['｜', '|']) {
        Some((text, source)) => Paper { text: text.trim().into(), source: kernel::text::cut(source.trim(), 100) },
        None => Paper { text: l.trim().into(), source: "本所要求".into() },
    };
    typed.lines().filter(|l| !l.trim().is_empty()).take(30).map(line).collect()
}

/// `GET /windows/services/new?kind=`
pub async fn new_page(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let mut form = Form::of([("minutes", "15"), ("letter", "A"), ("bookable", "1"), ("position", "1"), ("version", "1")]);
    if let Some(k) = catalogue::find(&ctx.app.rules(), &q.kind) {
        let all: Vec<Paper> = k.papers.iter().map(|p| Paper { text: p.clone(), source: k.source.clone() }).collect();
        form.set("kind", &k.code);
        form.set("name", &k.name);
        form.set("papers", papers_text(&all));
    }
    show(&ctx, None, &form, Again::default()).await
}

fn read(form: &mut Form) -> NewService {
    NewService {
        kind: form.text("kind"),
        name: form.required("name", "业务名称", 30),
        papers: papers(&form.text("papers")),
        note: form.bounded("note", "提醒", 300),
        minutes: form.number("minutes", "一般要用的分钟数", 5..=240),
        letter: form.text("letter").to_uppercase(),
        bookable: form.yes("bookable"),
        at_door: form.yes("at_door"),
        position: form.number("position", "次序", 0..=999),
        version: form.typed("version").parse().unwrap_or(0),
    }
}

/// `POST /windows/services/new`
pub async fn new(ctx: Ctx, mut form: Form) -> Answer {
    let act = ctx.act("windows.service", Purpose::Window, &form);
    let s = read(&mut form);
    let done = match form.finish(s) {
        Ok(s) => actions::save_service(&ctx.app, &act, None, s).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(_) => go("/windows/services"),
        Err(e) => show(&ctx, None, &form, Again::from_error(e)?).await,
    }
}

/// `GET /windows/services/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "这项业务")?;
    let station = ctx.who.station;
    let look = ctx.look("windows.service", Purpose::Window);
    let s = ctx.app.db().read(&look, async |r: &mut Reader| actions::service_in_use(r, station, id).await).await?;
    let flag = |on: bool| if on { "1" } else { "" }.to_string();
    let form = Form::of([
        ("kind", s.kind.clone()),
        ("name", s.name.clone()),
        ("papers", papers_text(&s.papers.0)),
        ("note", s.note.clone()),
        ("minutes", s.minutes.to_string()),
        ("letter", s.letter.clone()),
        ("bookable", flag(s.bookable)),
        ("at_door", flag(s.at_door)),
        ("position", s.position.to_string()),
        ("version", s.version.to_string()),
    ]);
    show(&ctx, Some(id), &form, Again::default()).await
}

/// `POST /windows/services/{id}`
pub async fn save(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这项业务")?;
    let act = ctx.act("windows.service", Purpose::Window, &form);
    let s = read(&mut form);
    let done = match form.finish(s) {
        Ok(s) => actions::save_service(&ctx.app, &act, Some(id), s).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(_) => go("/windows/services"),
        Err(e) => show(&ctx, Some(id), &form, Again::from_error(e)?).await,
    }
}

/// `POST /windows/services/{id}/end`
pub async fn end(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这项业务")?;
    let lost = actions::end_service(&ctx.app, &ctx.act("windows.end_service", Purpose::Window, &form), id).await?;
    // Whoever had booked it is to be told: the list of those is next.
    go(if lost > 0 { "/windows/bookings?upset=1" } else { "/windows/services" })
}

/// `GET /windows/services/{id}/notice`: 一次性告知单 (PDF).
pub async fn notice(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "这项业务")?;
    let (rules, station, today) = (ctx.app.rules(), ctx.who.station, ctx.app.today());
    let look = ctx.look("windows.notice", Purpose::Window);
    let (s, organ, code, days) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let s = actions::service_in_use(r, station, id).await?;
            let organ = places::store::station(r, station).await?;
            let (_, days) = actions::open_days(r, &rules, station, today, today.saturating_add(6.days())).await?;
            Ok((s, organ.name, organ.code, days))
        })
        .await?;
    let kind = catalogue::find(&rules, &s.kind);
    let hours: Vec<String> = days
        .iter()
        .filter(|d| !d.spans_of(s.id).is_empty())
        .map(|d| format!("{} 月 {} 日（星期{}）：{}", d.date().month(), d.date().day(), web::show::weekday(d.date()), spans_text(&d.spans_of(s.id))))
        .collect();
    let data = paper::notice(&organ, &s, kind.as_ref(), &due_text(&rules, kind.as_ref(), &code, today), &hours, today);
    file(&format!("{}一次性告知单", s.name), paper::pdf(data).await?)
}
