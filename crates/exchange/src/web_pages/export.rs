//! 导出: what, for what, and the file.

use crate::export::{self, Ask, Format, PURPOSES, What};
use askama::Template;
use axum::extract::Query;
use axum::response::IntoResponse;
use http::header;
use kernel::{Purpose, Reader, Uuid};
use serde::Deserialize;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    what: String,
    from: String,
    until: String,
    survey: String,
}

#[derive(Template)]
#[template(path = "export.html")]
struct Export<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    whats: &'static [What],
    purposes: &'static [Purpose],
    most: usize,
    /// Questionnaires that can go out: id and title.
    surveys: Vec<(Uuid, String)>,
}

/// Questionnaires of the station that were opened, the newest first; none for who may not see them.
async fn surveys_of(ctx: &Ctx) -> kernel::Result<Vec<(Uuid, String)>> {
    if !ctx.may(kernel::Permission::SurveySee) || !ctx.site.has_menu(|p| p == "/surveys") {
        return Ok(vec![]);
    }
    let (look, station) = (ctx.look("surveys.list", Purpose::Statistics), ctx.who.station);
    let list = ctx.app.db().read(&look, async |r: &mut Reader| surveys::store::list(r, station).await).await?;
    Ok(list.into_iter().filter(|l| l.state != surveys::model::State::Draft).map(|l| (l.id, l.title)).collect())
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let (failed, status) = (again.any(), again.status());
    let content = Export {
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
        whats: What::ALL,
        purposes: PURPOSES,
        most: export::MAX_ROWS,
        surveys: surveys_of(ctx).await?,
    };
    let page = Page::new("导出台账", &content);
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

/// `GET /exchange/export`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let today = ctx.app.today();
    let mut form = Form::of([("what", a.what.as_str()), ("from", a.from.as_str()), ("until", a.until.as_str()), ("survey", a.survey.as_str()), ("format", "xlsx")]);
    if a.from.is_empty() {
        form.set("from", today.first_of_month().to_string());
    }
    if a.until.is_empty() {
        form.set("until", today.to_string());
    }
    if a.what.is_empty() {
        form.set("what", What::Incidents.code());
    }
    show(&ctx, &form, Again::default()).await
}

/// `POST /exchange/export`: the file.
pub async fn send(ctx: Ctx, mut form: Form) -> Answer {
    let what = What::from_code(form.typed("what"));
    let purpose = Purpose::from_code(form.typed("purpose"));
    let format = Format::from_code(form.typed("format")).unwrap_or(Format::Xlsx);
    // A questionnaire goes out whole, whatever the period says.
    let whole = what.is_some_and(What::of_survey);
    let today = ctx.app.today();
    let (from, until) = if whole { (today, today) } else { (form.date("from", "起始日期"), form.date("until", "截止日期")) };
    let survey = form.optional_id::<Uuid>("survey");
    let reason = form.bounded("reason", "用途", 200);
    if what.is_none() {
        form.errors.add("what", "请选择要导出的台账。");
    }
    if purpose.is_none() {
        form.errors.add("purpose", "请选择导出的目的。");
    }
    let act = ctx.act("exchange.export", Purpose::Exchange, &form);
    let done = match (form.finish(()), what, purpose) {
        (Ok(()), Some(what), Some(purpose)) => {
            let ask = Ask { what, station: ctx.who.station, from, until, survey, purpose, reason };
            export::export(&ctx.app, &act, &ask).await
        }
        (Err(e), ..) => Err(e),
        _ => Err(kernel::Error::internal("export")),
    };
    let sheet = match done {
        Ok(s) => s,
        Err(e) => return show(&ctx, &form, Again::from_error(e)?).await,
    };
    let (bytes, kind) = match format {
        Format::Csv => (export::to_csv(&sheet), "text/csv; charset=utf-8"),
        Format::Xlsx => (export::to_xlsx(&sheet)?, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    };
    let name = format!("{}.{}", sheet.name, format.code());
    let encoded: String = name.bytes().map(|b| if b.is_ascii_alphanumeric() || b == b'.' || b == b'_' { (b as char).to_string() } else { format!("%{b:02X}") }).collect();
    let disposition = format!("attachment; filename=\"export.{}\"; filename*=UTF-8''{encoded}", format.code());
    Ok(([(header::CONTENT_TYPE, kind.to_string()), (header::CONTENT_DISPOSITION, disposition), (header::CACHE_CONTROL, "no-store".into())], bytes)
        .into_response())
}
