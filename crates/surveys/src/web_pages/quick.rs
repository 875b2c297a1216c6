//! 快速录入: a paper sheet in one go, choices by their printed numbers, the next sheet at once.

use super::survey_id;
use crate::actions::{self, From};
use crate::model::Survey;
use crate::rules::{self, Line};
use crate::store;
use askama::Template;
use axum::extract::{Path, Query};
use forms::Answers;
use kernel::{FieldErrors, Purpose, Reader, Refusal, Result};
use serde::Deserialize;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "survey_quick.html")]
struct Quick<'a> {
    s: &'a Survey,
    lines: &'a [Line],
    form: &'a Form,
    again: &'a Again,
    held: i64,
    taken: bool,
    command_id: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct Taken {
    #[serde(default)]
    taken: String,
}

async fn own(ctx: &Ctx, id: &str) -> Result<(Survey, i64)> {
    let (id, station) = (survey_id(id)?, ctx.who.station);
    let look = ctx.look("surveys.entry", Purpose::Statistics);
    let read = async |r: &mut Reader| Ok((store::survey(r, station, id).await?, store::held(r, station, id).await?));
    let (s, held) = ctx.app.db().read(&look, read).await?;
    if s.takes(ctx.app.today()) {
        return Ok((s, held));
    }
    Err(Refusal::new("surveys.ended", "这份问卷没有在征集。", "只有正在征集的问卷可以录入。").into())
}

fn lines(form: &forms::Form) -> Result<Vec<Line>> {
    rules::lines(form).ok_or_else(|| {
        Refusal::new("surveys.quick", "这份问卷有题组或特别的题型，不能按编号录入。", "请用“逐题录入”。").into()
    })
}

fn show(ctx: &Ctx, (s, held): &(Survey, i64), lines: &[Line], form: &Form, again: Again, taken: bool) -> Answer {
    let failed = again.any();
    let content = Quick { s, lines, form, again: &again, held: *held, taken, command_id: ctx.command_id().to_string() };
    let page = Page::new("快速录入", &content).crumb("问卷", "/surveys").crumb(s.title.clone(), format!("/surveys/{}", s.id));
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /surveys/{id}/quick`
pub async fn page(ctx: Ctx, Path(id): Path<String>, Query(q): Query<Taken>) -> Answer {
    let s = own(&ctx, &id).await?;
    let checked = rules::form(&s.0.definition.0)?;
    show(&ctx, &s, &lines(&checked)?, &Form::default(), Again::default(), q.taken == "1")
}

/// The answers as typed, with what cannot be read by field.
fn read(lines: &[Line], form: &Form) -> (Answers, FieldErrors) {
    let (mut answers, mut errors) = (Answers::new(), FieldErrors::default());
    for l in lines {
        match rules::read_line(l, form.typed(&format!("q.{}", l.name))) {
            Ok(raw) => {
                answers.insert(l.name.clone(), raw);
            }
            Err(why) => errors.add(format!("q.{}", l.name), format!("第 {} 题：{why}", l.number)),
        }
    }
    (answers, errors)
}

/// `POST /surveys/{id}/quick`
pub async fn send(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let s = own(&ctx, &id).await?;
    let checked = rules::form(&s.0.definition.0)?;
    let lines = lines(&checked)?;
    let (answers, mut errors) = read(&lines, &form);
    if errors.is_empty() {
        let filled = checked.fill(&answers, &rules::env(ctx.app.today()));
        for p in filled.problems().iter().take(20) {
            let number = lines.iter().find(|l| l.name == p.key).map_or(0, |l| l.number);
            errors.add(format!("q.{}", p.key), format!("第 {number} 题：{}", p.why));
        }
        for l in rules::not_asked(&lines, &answers, &filled.answers()) {
            if errors.of(&format!("q.{}", l.name)).is_empty() {
                errors.add(format!("q.{}", l.name), format!("第 {} 题：按前面的回答，这一题不用填。请空着，或者核对前面的题。", l.number));
            }
        }
    }
    if let Err(e) = errors.ok(()) {
        return show(&ctx, &s, &lines, &form, Again::from_error(e)?, false);
    }
    let act = ctx.act("surveys.answer", Purpose::Statistics, &form);
    match actions::answer(&ctx.app, &act, &s.0, &answers, From::Desk, &form.text("code")).await {
        Ok(()) => web::page::go(format!("/surveys/{}/quick?taken=1", s.0.id)),
        Err(e) => show(&ctx, &s, &lines, &form, Again::from_error(e)?, false),
    }
}
