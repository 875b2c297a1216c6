//! 导出: what, for what, and the file.

use crate::export::{self, Ask, Format, PURPOSES, What};
use askama::Template;
use axum::extract::Query;
use axum::response::IntoResponse;
use http::header;
use kernel::Purpose;
use serde::Deserialize;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    what: String,
    from: String,
    until: String,
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
}

fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let (failed, status) = (again.any(), again.status());
    let content = Export {
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
        whats: What::ALL,
        purposes: PURPOSES,
        most: export::MAX_ROWS,
    };
    let page = Page::new("导出台账", &content);
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

/// `GET /exchange/export`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let today = ctx.app.today();
    let mut form = Form::of([("what", a.what.as_str()), ("from", a.from.as_str()), ("until", a.until.as_str()), ("format", "xlsx")]);
    if a.from.is_empty() {
        form.set("from", today.first_of_month().to_string());
    }
    if a.until.is_empty() {
        form.set("until", today.to_string());
    }
    if a.what.is_empty() {
        form.set("what", What::Incidents.code());
    }
    show(&ctx, &form, Again::default())
}

/// `POST /exchange/export`: the file.
pub async fn send(ctx: Ctx, mut form: Form) -> Answer {
    let what = What::from_code(form.typed("what"));
    let purpose = Purpose::from_code(form.typed("purpose"));
    let format = Format::from_code(form.typed("format")).unwrap_or(Format::Xlsx);
    let (from, until) = (form.date("from", "起始日期"), form.date("until", "截止日期"));
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
            let ask = Ask { what, station: ctx.who.station, from, until, purpose, reason };
            export::export(&ctx.app, &act, &ask).await
        }
        (Err(e), ..) => Err(e),
        _ => Err(kernel::Error::internal("export")),
    };
    let sheet = match done {
        Ok(s) => s,
        Err(e) => return show(&ctx, &form, Again::from_error(e)?),
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
