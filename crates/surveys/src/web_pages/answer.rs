//! The sheet that is filled in: by residents at the public address, by the desk from paper. It works without script: what
//! the answers open appears when the sheet is sent, and nothing that was typed is lost.

use super::survey_id;
use crate::actions::{self, From};
use crate::model::Survey;
use crate::pace::{self, Pace};
use crate::{rules, store};
use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;
use forms::{Answers, Filled, Kind, Part};
use kernel::{Act, Actor, Error, FieldErrors, Purpose, Reader, Refusal, Result};
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "survey_fill.html")]
struct Fill<'a> {
    s: &'a Survey,
    path: String,
    parts: Vec<Part>,
    shown: String,
    again: &'a Again,
    /// More questions appeared.
    grew: bool,
    desk: bool,
    code: String,
    command_id: String,
}

impl Fill<'_> {
    /// Which control a question has.
    fn control(&self, p: &Part) -> &'static str {
        match &p.kind {
            Kind::Group => "group",
            Kind::Repeat if p.round.is_some_and(|r| r.0 == 0) => "repeat",
            Kind::Repeat => "round",
            Kind::Note => "note",
            _ if p.read_only => "fixed",
            Kind::SelectOne(_) => "one",
            Kind::SelectMultiple(_) => "many",
            Kind::Acknowledge => "tick",
            Kind::Integer | Kind::Decimal => "number",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::Text => "text",
            _ => "line",
        }
    }
    fn id(&self, p: &Part) -> String {
        let plain: String = p.key.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        format!("q-{plain}")
    }
    fn round(&self, p: &Part) -> usize {
        p.round.map_or(0, |r| r.0)
    }
    fn time(&self, p: &Part) -> String {
        p.text.chars().take(5).collect()
    }
}

/// A page of the sheet as it was sent.
struct Sent {
    answers: Answers,
    shown: Vec<String>,
}

/// Only what was on the page counts; a box without a tick is an answer too.
fn sent(form: &Form) -> Sent {
    let shown: Vec<String> = form.typed("shown").split('|').filter(|k| !k.is_empty()).take(600).map(String::from).collect();
    let mut answers = Answers::new();
    for key in &shown {
        let every = form.every(&format!("q.{key}"));
        answers.insert(key.clone(), every.join(" "));
    }
    for (button, step) in [("more", 1), ("less", -1)] {
        let key = form.text(button);
        if let Some(n) = answers.get(&key).and_then(|n| n.parse::<i64>().ok()) {
            answers.insert(key, (n + step).max(0).to_string());
        }
    }
    Sent { answers, shown }
}

fn keys(parts: &[Part]) -> Vec<String> {
    let asked = |p: &&Part| match p.kind {
        Kind::Group | Kind::Note => false,
        Kind::Repeat => p.open_rounds && p.round.is_some_and(|r| r.0 == 0),
        _ => !p.read_only,
    };
    parts.iter().filter(asked).map(|p| p.key.clone()).collect()
}

struct Look<'a> {
    s: &'a Survey,
    desk: bool,
    path: String,
    code: String,
}

fn show(ctx: &Ctx, look: &Look<'_>, mut parts: Vec<Part>, shown: &[String], again: Again) -> Answer {
    let all = keys(&parts);
    let fresh = |p: &Part| !shown.is_empty() && !shown.contains(&p.key);
    let grew = parts.iter().any(|p| all.contains(&p.key) && fresh(p));
    for p in &mut parts {
        // A question that just appeared is not blamed for being empty, nor is any on the first page.
        if shown.is_empty() || fresh(p) || !again.any() {
            p.problem = None;
        }
    }
    let failed = again.any();
    let content = Fill {
        s: look.s,
        path: look.path.clone(),
        shown: all.join("|"),
        parts,
        again: &again,
        grew,
        desk: look.desk,
        code: look.code.clone(),
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new(look.s.title.clone(), &content);
    let page = if look.desk { page.crumb("问卷", "/surveys").crumb(look.s.title.clone(), format!("/surveys/{}", look.s.id)) } else { page.plain() };
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

fn first(ctx: &Ctx, look: &Look<'_>) -> Answer {
    let form = rules::form(&look.s.definition.0)?;
    let filled = form.fill(&Answers::new(), &rules::env(ctx.app.today()));
    show(ctx, look, filled.parts(), &[], Again::default())
}

/// What the page does with what was sent.
enum Next {
    /// Show the sheet again: rounds or questions were added, or something is wrong.
    Again(Again),
    Take,
}

fn next(filled: &Filled<'_>, sent: &Sent, form: &Form) -> Next {
    let grew = keys(&filled.parts()).iter().any(|k| !sent.shown.contains(k));
    if grew || !form.text("more").is_empty() || !form.text("less").is_empty() {
        return Next::Again(Again::default());
    }
    if filled.problems().is_empty() {
        return Next::Take;
    }
    let mut errors = FieldErrors::default();
    for p in filled.problems().iter().take(20) {
        errors.add(format!("q.{}", p.key), format!("“{}”：{}", p.label, p.why));
    }
    Next::Again(Again { errors, ..Again::default() })
}

async fn public(ctx: &Ctx, code: &str) -> Result<Survey> {
    let look = ctx.look("surveys.public", Purpose::OwnMatter);
    ctx.app.db().read(&look, async |r: &mut Reader| store::by_code(r, code).await).await
}

#[derive(Template)]
#[template(path = "survey_done.html")]
struct Done<'a> {
    s: &'a Survey,
    /// "" after an answer; else why none is taken.
    why: &'static str,
}

fn ended(ctx: &Ctx, s: &Survey) -> Answer {
    Page::new(s.title.clone(), &Done { s, why: "这份问卷没有在征集。" }).plain().show(ctx)
}

fn look_of<'a>(s: &'a Survey, form: &Form) -> Look<'a> {
    Look { s, desk: false, path: format!("/q/{}", s.code), code: form.text("code") }
}

/// `GET /q/{code}`
pub async fn page(ctx: Ctx, Path(code): Path<String>) -> Answer {
    let s = public(&ctx, &code).await?;
    if !s.takes(ctx.app.today()) {
        // A draft's address is nobody's.
        return if s.opened_at.is_none() { Err(Error::NotFound("这份问卷").into()) } else { ended(&ctx, &s) };
    }
    first(&ctx, &look_of(&s, &Form::default()))
}

/// `POST /q/{code}`
pub async fn send(ctx: Ctx, Path(code): Path<String>, headers: HeaderMap, form: Form) -> Answer {
    let s = public(&ctx, &code).await?;
    if !s.takes(ctx.app.today()) {
        return if s.opened_at.is_none() { Err(Error::NotFound("这份问卷").into()) } else { ended(&ctx, &s) };
    }
    let look = look_of(&s, &form);
    let sent = sent(&form);
    let checked = rules::form(&s.definition.0)?;
    let filled = checked.fill(&sent.answers, &rules::env(ctx.app.today()));
    if let Next::Again(again) = next(&filled, &sent, &form) {
        return show(&ctx, &look, filled.parts(), &sent.shown, again);
    }
    let place = headers.get("x-client-ip").and_then(|v| v.to_str().ok()).unwrap_or("unknown");
    let many = match pace::begin(place, ctx.app.today()) {
        Pace::Free => false,
        Pace::Marked(wait) => {
            tokio::time::sleep(wait).await;
            true
        }
        Pace::Stopped => {
            let what = format!("同一个网络今天已交了 {} 份。", pace::MOST);
            let refusal = Refusal::new("surveys.many", what, "请明天再填，或把纸质问卷交给社区民警。");
            return show(&ctx, &look, filled.parts(), &sent.shown, Again::from_error(refusal.into())?);
        }
    };
    let act = ctx.app.act(&Actor::resident(s.station_id), "surveys.answer", Purpose::OwnMatter, form.command(ctx.app.fresh_command()));
    let parts = filled.parts();
    take(&ctx, &act, &look, parts, &sent, From::Page { many }).await
}

async fn take(ctx: &Ctx, act: &Act, look: &Look<'_>, parts: Vec<Part>, sent: &Sent, from: From) -> Answer {
    match actions::answer(&ctx.app, act, look.s, &sent.answers, from, &look.code).await {
        Ok(()) if look.desk => web::page::go(format!("/surveys/{}/entry?taken=1", look.s.id)),
        Ok(()) => Page::new("谢谢", &Done { s: look.s, why: "" }).plain().show(ctx),
        Err(e) => show(ctx, look, parts, &sent.shown, Again::from_error(e)?),
    }
}

fn desk_of<'a>(s: &'a Survey, form: &Form) -> Look<'a> {
    Look { s, desk: true, path: format!("/surveys/{}/entry", s.id), code: form.text("code") }
}

async fn own(ctx: &Ctx, id: &str) -> Result<Survey> {
    let (id, station) = (survey_id(id)?, ctx.who.station);
    let look = ctx.look("surveys.entry", Purpose::Statistics);
    let s = ctx.app.db().read(&look, async |r: &mut Reader| store::survey(r, station, id).await).await?;
    if s.takes(ctx.app.today()) {
        return Ok(s);
    }
    Err(Refusal::new("surveys.ended", "这份问卷没有在征集。", "只有正在征集的问卷可以录入。").into())
}

/// `GET /surveys/{id}/entry`: paper sheets one after the other.
pub async fn entry_page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let s = own(&ctx, &id).await?;
    first(&ctx, &desk_of(&s, &Form::default()))
}

/// `POST /surveys/{id}/entry`
pub async fn entry(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let s = own(&ctx, &id).await?;
    let look = desk_of(&s, &form);
    let sent = sent(&form);
    let checked = rules::form(&s.definition.0)?;
    let filled = checked.fill(&sent.answers, &rules::env(ctx.app.today()));
    if let Next::Again(again) = next(&filled, &sent, &form) {
        return show(&ctx, &look, filled.parts(), &sent.shown, again);
    }
    let act = ctx.act("surveys.answer", Purpose::Statistics, &form);
    let parts = filled.parts();
    take(&ctx, &act, &look, parts, &sent, From::Desk).await
}
