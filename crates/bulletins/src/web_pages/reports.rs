//! 通报: list, new, one briefing in all its states, its numbers and their rows, paper and workbook.

use crate::actions::{self, Differs};
use crate::model::{Ask, Done, Edit, Kind, Later, Line, Report, State, Step, Whole};
use crate::{classes, cross, rules, store};
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::IntoResponse;
use http::header;
use super::Pager;
use kernel::figure::{Figure, FigureRow, Leaf, ROUNDING};
use kernel::{Error, Permission as P, Purpose, Reader, ToSpan, Uuid};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "bulletins.html")]
struct List {
    reports: Vec<Report>,
    may_write: bool,
}

/// `GET /bulletins`
pub async fn list(ctx: Ctx) -> Answer {
    let look = ctx.look("bulletins.list", Purpose::Statistics);
    let station = ctx.who.station;
    let reports = ctx.app.db().read(&look, async |r: &mut Reader| store::list(r, station).await).await?;
    let may_write = ctx.may(P::BulletinWrite);
    let page = Page::new("通报", &List { reports, may_write });
    if may_write { page.action("起草通报", "/bulletins/new").show(&ctx) } else { page.show(&ctx) }
}

#[derive(Template)]
#[template(path = "bulletin_new.html")]
struct New<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    kinds: &'static [Kind],
}

fn show_new(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let failed = again.any();
    let content = New { form, again: &again, command_id: ctx.command_id().to_string(), kinds: Kind::ALL };
    let page = Page::new("起草通报", &content).crumb("通报", "/bulletins");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Preset {
    kind: String,
    from: String,
    until: String,
}

/// `GET /bulletins/new`: last month's report by default.
pub async fn new_page(ctx: Ctx, Query(q): Query<Preset>) -> Answer {
    ctx.who.must_serve_station("通报")?;
    let last = ctx.app.today().first_of_month().saturating_sub(1.days());
    let or = |typed: String, other: String| if typed.is_empty() { other } else { typed };
    let form = Form::of([
        ("kind", or(q.kind, Kind::Monthly.code().into())),
        ("from", or(q.from, last.first_of_month().to_string())),
        ("until", or(q.until, last.to_string())),
        ("leader", String::new()),
    ]);
    show_new(&ctx, &form, Again::default())
}

/// `POST /bulletins/new`
pub async fn new(ctx: Ctx, mut form: Form) -> Answer {
    let kind = Kind::from_code(form.typed("kind"));
    if kind.is_none() {
        form.errors.add("kind", "请选择通报种类。");
    }
    let from = form.date("from", "起始日期");
    let daily = kind == Some(Kind::Daily);
    let until = if daily { from } else { form.date("until", "截止日期") };
    let leader = form.bounded("leader", "带班领导", 40);
    let ask = Ask { kind: kind.unwrap_or(Kind::Monthly), from, until, leader };
    let done = async {
        let ask = form.finish(ask)?;
        actions::draft(&ctx.app, &ctx.act("bulletins.draft", Purpose::Statistics, &form), &ask).await
    }
    .await;
    match done {
        Ok(id) => go(format!("/bulletins/{id}")),
        Err(e) => show_new(&ctx, &form, Again::from_error(e)?),
    }
}

/// A section as it is shown: with its numbers as links, and as it is written.
struct Shown {
    n: i64,
    /// Name of its field.
    field: String,
    heading: String,
    written: String,
    /// Paragraphs of pieces: text, and where a number opens.
    paragraphs: Vec<Vec<(String, String)>>,
}

struct Row {
    line: Line,
    figure: Figure,
    before: String,
    year: String,
    /// What a part is indented under.
    part: bool,
    /// The name of a division, on its first line; else "".
    heads: &'static str,
}

/// A category with its divisions.
struct Crossed {
    line: Line,
    groups: Vec<(&'static str, Vec<Row>)>,
}

#[derive(Template)]
#[template(path = "bulletin.html")]
struct One<'a> {
    w: &'a Whole,
    again: &'a Again,
    form: &'a Form,
    command_id: String,
    sections: Vec<Shown>,
    rows: Vec<Row>,
    crossed: Vec<Crossed>,
    steps: Vec<(String, Done)>,
    differs: Vec<Differs>,
    changes: Vec<(String, &'a Later)>,
    rounding: &'static str,
    may_edit: bool,
    may_submit: bool,
    may_review: bool,
    may_publish: bool,
    may_answer: bool,
    may_export: bool,
}

fn shown(w: &Whole) -> Vec<Shown> {
    w.sections
        .iter()
        .map(|s| {
            let paragraphs = s.text.lines().filter(|l| !l.trim().is_empty()).map(|line| pieces(w, line)).collect();
            Shown { n: s.n, field: format!("text_{}", s.n), heading: s.heading.clone(), written: s.text.clone(), paragraphs }
        })
        .collect()
}

fn pieces(w: &Whole, line: &str) -> Vec<(String, String)> {
    let Ok(list) = rules::pieces(line) else { return vec![(line.to_string(), String::new())] };
    list.into_iter()
        .map(|p| match p {
            rules::Piece::Text(t) => (t, String::new()),
            rules::Piece::Ref(n, form) => match w.line(n) {
                Some(l) => (rules::shown(w, l, &form), format!("/bulletins/{}/rows?n={n}", w.report.id)),
                None => (String::new(), String::new()),
            },
        })
        .collect()
}

async fn show(ctx: &Ctx, id: Uuid, form: &Form, again: Again) -> Answer {
    let look = ctx.look("bulletins.see", Purpose::Statistics);
    let now = ctx.now();
    let (w, steps, differs) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let w = actions::whole(r, id).await?;
            let steps = actions::named(r, &w.steps).await?;
            let differs = if w.report.state == State::Published { actions::recount(r, &w, now).await? } else { vec![] };
            Ok((w, steps, differs))
        })
        .await?;
    let p = w.report.period();
    let row = |l: &Line| Row { figure: w.figure(l), before: l.change(&p, false).text(), year: l.change(&p, true).text(), part: l.whole.is_some(), heads: "", line: l.clone() };
    let heads: Vec<(i64, &'static str)> = w.divisions().into_iter().filter_map(|(by, lines)| Some((lines.first()?.n, by))).collect();
    let headed = |l: &Line| Row { heads: heads.iter().find(|(n, _)| *n == l.n).map_or("", |(_, by)| by), ..row(l) };
    let rows = w.lines.iter().filter(|l| w.crossed(l).is_none()).map(headed).collect();
    let crossed = w
        .lines
        .iter()
        .filter(|l| l.key == cross::OF)
        .map(|l| Crossed { line: l.clone(), groups: cross::of_line(&w, l).into_iter().map(|(b, list)| (b.name, list.into_iter().map(row).collect())).collect() })
        .filter(|c| !c.groups.is_empty())
        .collect();
    let changes = w.changes.iter().map(|c| (w.line(c.line).map_or(String::new(), |l| l.label.clone()), c)).collect();
    let (state, today, me) = (w.report.state, ctx.app.today(), ctx.who.user);
    let may = |permission, step| {
        ctx.may(permission) && rules::next(state, step).is_ok() && rules::people(&w.steps, step, me, &ctx.app.rules(), today).is_ok()
    };
    let failed = again.any();
    let content = One {
        again: &again,
        form,
        command_id: ctx.command_id().to_string(),
        sections: shown(&w),
        rows,
        crossed,
        steps,
        differs,
        changes,
        rounding: ROUNDING,
        may_edit: may(P::BulletinWrite, Step::Edit),
        may_submit: may(P::BulletinWrite, Step::Submit),
        may_review: ctx.may(P::BulletinReview) && state == State::Review,
        may_publish: ctx.may(P::BulletinPublish) && state == State::Approved,
        may_answer: may(P::BulletinPublish, Step::Answer) && w.report.changed_at.is_some(),
        may_export: ctx.may(P::DataExport),
        w: &w,
    };
    let page = Page::new(w.report.title.clone(), &content).crumb("通报", "/bulletins").action("PDF", format!("/bulletins/{id}/pdf"));
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

fn uuid(id: &str) -> kernel::Result<Uuid> {
    web::page::id(id, "这份通报")
}

/// `GET /bulletins/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    show(&ctx, uuid(&id)?, &Form::default(), Again::default()).await
}

/// `POST /bulletins/{id}/edit`
pub async fn edit(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = uuid(&id)?;
    let texts = (1..=20).filter(|n| !form.typed(&format!("text_{n}")).is_empty() || form.has("section", &n.to_string()));
    let texts = texts.map(|n| (n, form.text(&format!("text_{n}")))).collect();
    let e = Edit { title: form.text("title"), leader: form.text("leader"), copies: form.text("copies"), cc: form.text("cc"), texts };
    let version = form.number("version", "版本", 1..=i64::MAX);
    let done = async {
        let e = form.finish(e)?;
        actions::edit(&ctx.app, &ctx.act("bulletins.edit", Purpose::Statistics, &form), id, version, &e).await
    }
    .await;
    match done {
        Ok(()) => go(format!("/bulletins/{id}")),
        Err(e) => show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /bulletins/{id}/step`
pub async fn step(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = uuid(&id)?;
    let done = async {
        let step = actions::step_of(form.typed("step"))?;
        actions::step(&ctx.app, &ctx.act("bulletins.step", Purpose::Statistics, &form), id, step, &form.text("note")).await
    }
    .await;
    match done {
        Ok(()) => go(format!("/bulletins/{id}")),
        Err(e) => show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Which {
    n: i64,
    part: String,
    page: String,
}

#[derive(Template)]
#[template(path = "bulletin_rows.html")]
struct Rows {
    report: Report,
    line: Line,
    called: String,
    figure: Figure,
    definition: &'static str,
    edition: i64,
    rounding: &'static str,
    path: &'static str,
    ratio: bool,
    all: bool,
    rows: Vec<FigureRow>,
    pager: Pager,
}

/// `GET /bulletins/{id}/rows?n=…&part=num|den&page=…`: the rows behind a frozen number, as known when it was frozen.
pub async fn rows(ctx: Ctx, Path(id): Path<String>, Query(q): Query<Which>) -> Answer {
    let id = uuid(&id)?;
    ctx.who.must_serve_station("数字后面的明细")?;
    let look = ctx.look("bulletins.rows", Purpose::Statistics);
    let page = Leaf::typed(&q.page);
    let content = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let w = actions::whole(r, id).await?;
            let line = w.line(q.n).cloned().ok_or(Error::NotFound("这项数字"))?;
            let (p, figure, called) = (w.report.period(), w.figure(&line), w.called(&line));
            if line.key == classes::KEY {
                let (b, of) = (classes::base()?, classes::categories(&line.part));
                let rows = b.rows_of(r, &p, of, page).await?;
                let pager = Pager::new(page, line.numerator, format!("/bulletins/{id}/rows?n={}", line.n));
                let (definition, edition, path) = (classes::DEFINITION, line.edition, b.path);
                return Ok(Rows { report: w.report, line, called, figure, definition, edition, rounding: ROUNDING, path, ratio: false, all: true, rows, pager });
            }
            if let Some(b) = crate::breakdowns().into_iter().chain(crate::crossings()).find(|b| b.key == line.key) {
                let rows = b.rows(r, &p, &line.part, page).await?;
                let pager = Pager::new(page, line.numerator, format!("/bulletins/{id}/rows?n={}", line.n));
                let (definition, edition, path) = (b.definition, b.version, b.path);
                return Ok(Rows { report: w.report, line, called, figure, definition, edition, rounding: ROUNDING, path, ratio: false, all: true, rows, pager });
            }
            let s = crate::specs().into_iter().find(|s| s.key == line.key).ok_or(Error::NotFound("这项统计"))?;
            let all = q.part != "num" || !s.ratio;
            let rows = s.rows(r, &p, all, page).await?;
            let n = if all { line.denominator.unwrap_or(line.numerator) } else { line.numerator };
            let pager = Pager::new(page, n, format!("/bulletins/{id}/rows?n={}&part={}", line.n, if all { "den" } else { "num" }));
            let (definition, edition, path, ratio) = (s.definition, s.version, s.path, s.ratio);
            Ok(Rows { report: w.report, line, called, figure, definition, edition, rounding: ROUNDING, path, ratio, all, rows, pager })
        })
        .await?;
    let title = content.called.clone();
    Page::new(title, &content).crumb("通报", "/bulletins").crumb(content.report.title.clone(), format!("/bulletins/{id}")).show(&ctx)
}

fn file(name: &str, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Answer {
    let encoded: String = serde_urlencoded::to_string([("f", format!("{name}.{ending}"))]).unwrap_or_default().split_off(2).replace('+', "%20");
    let disposition = format!("attachment; filename=\"bulletin.{ending}\"; filename*=UTF-8''{encoded}");
    Ok(([(header::CONTENT_TYPE, kind.to_string()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// `GET /bulletins/{id}/pdf`
pub async fn pdf(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (name, bytes) = crate::paper::pdf(&ctx.app, &ctx.look("bulletins.paper", Purpose::Statistics), uuid(&id)?).await?;
    file(&name, "pdf", "application/pdf", bytes)
}

/// `POST /bulletins/{id}/xlsx`
pub async fn xlsx(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = uuid(&id)?;
    let act = ctx.act("bulletins.export", Purpose::Statistics, &form);
    match actions::workbook(&ctx.app, &act, id, &form.text("reason")).await {
        Ok((name, bytes)) => file(&name, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes),
        Err(e) => show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}
