//! 导入: a file by a mapping, looked at before it is written.

use crate::actions::{self, Job};
use crate::judge::says;
use crate::mapping::{Mapping, SHIPPED};
use crate::report::{Outcome, Report};
use crate::table::{self, Table};
use askama::Template;
use axum::extract::Query;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use kernel::Refusal;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

/// Refused rows shown on the page; the error file has all.
const SHOWN: usize = 30;

/// Characters of a cell shown.
const CELL: usize = 30;

/// Bytes of a mapping file at most.
const MAPPING_BYTES: usize = 100_000;

/// A refused row as the page shows it.
struct Bad {
    line: usize,
    cells: String,
    why: String,
}

struct Told {
    report: Report,
    title: String,
    file_name: String,
    written: bool,
    reasons: Vec<(String, String, usize)>,
    bad: Vec<Bad>,
}

#[derive(Template)]
#[template(path = "import.html")]
struct Import<'a> {
    form: &'a Form,
    again: &'a Again,
    mappings: &'static [(&'static str, &'static str, &'static str)],
    told: Option<&'a Told>,
    unit: &'a str,
    stations: Vec<places::model::Station>,
}

#[derive(Template)]
#[template(path = "import_told.html")]
struct ToldPart<'a> {
    told: &'a Told,
}

async fn show(ctx: &Ctx, form: &Form, again: Again, told: Option<&Told>) -> Answer {
    let (failed, status) = (again.any(), again.status());
    if failed && ctx.partial {
        return Ok((status, axum::response::Html(again.summary())).into_response());
    }
    // Administrators belong to no station and choose one.
    let mut stations = vec![];
    if ctx.who.station.is_nil() {
        let look = ctx.look("exchange.stations", kernel::Purpose::Exchange);
        stations = ctx.app.db().read(&look, async |r: &mut kernel::Reader| places::store::stations(r).await).await?;
    }
    let content = Import { form, again: &again, mappings: SHIPPED, told, unit: &ctx.who.unit, stations };
    let page = Page::new("导入数据", &content);
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

/// What stands ticked when the page opens.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    mapping: String,
}

/// `GET /exchange/import?mapping=…`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    ctx.who.must_serve_station("批量导入")?;
    let known = SHIPPED.iter().find(|(name, ..)| *name == a.mapping).unwrap_or(&SHIPPED[0]);
    let form = Form::of([("mapping", known.0)]);
    show(&ctx, &form, Again::default(), None).await
}

fn read(form: &Form) -> kernel::Result<(Mapping, String, Table)> {
    let mut errors = form.errors.clone();
    let own = form.files("own").first().map(|u| (*u).clone());
    let shipped = SHIPPED.iter().find(|(name, ..)| *name == form.typed("mapping"));
    let text = match (&own, shipped) {
        (Some(u), _) if u.bytes.len() > MAPPING_BYTES => {
            errors.add("own", "映射文件最多 100 KB。");
            String::new()
        }
        (Some(u), _) => String::from_utf8_lossy(&u.bytes).into_owned(),
        (None, Some((_, _, text))) => text.to_string(),
        (None, None) => {
            errors.add("mapping", "请选择文件内容是什么。");
            String::new()
        }
    };
    let Some(file) = form.files("file").first().map(|u| (*u).clone()) else {
        if errors.of("file").is_empty() {
            errors.add("file", "请选择要导入的文件（CSV、CSV.gz 或 XLSX）。");
        }
        return Err(kernel::Error::Invalid(errors));
    };
    errors.ok(())?;
    let mapping = Mapping::parse(&text)?;
    let table = table::read(&file.bytes, &mapping)?;
    Ok((mapping, file.file_name, table))
}

/// `POST /exchange/import`: looks at the file (`do=preview`), writes it (`do=import`) or gives the refused rows (`do=errors`).
pub async fn send(ctx: Ctx, form: Form) -> Answer {
    ctx.who.must_serve_station("批量导入")?;
    let (mapping, file_name, table) = match read(&form) {
        Ok(all) => all,
        Err(e) => return show(&ctx, &form, Again::from_error(e)?, None).await,
    };
    let asked = form.optional_id::<kernel::StationId>("station").unwrap_or(kernel::StationId::NIL);
    let station = if ctx.who.station.is_nil() { asked } else { ctx.who.station };
    if station.is_nil() {
        let none = Refusal::new("exchange.no_station", "还没有选派出所，没有导入。", "请先选择导入到哪个派出所。");
        return show(&ctx, &form, Again::from_error(none.into())?, None).await;
    }
    let job = Job { actor: &ctx.who, station, mapping: &mapping, file_name: &file_name };
    let written = form.typed("do") == "import";
    let done = match written {
        true => actions::import(&ctx.app, &job, &table, &|_| {}).await,
        false => actions::preview(&ctx.app, &job, &table).await,
    };
    let report = match done {
        Ok(r) => r,
        Err(e) => return show(&ctx, &form, Again::from_error(e)?, None).await,
    };
    if form.typed("do") == "errors" {
        let head = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"refused.csv\"")];
        return Ok((StatusCode::OK, head, report.error_file(&table)).into_response());
    }
    let told = tell(report, &table, &mapping, file_name, written);
    if ctx.partial {
        return web::page::fragment(&ToldPart { told: &told });
    }
    show(&ctx, &form, Again::default(), Some(&told)).await
}

fn tell(report: Report, table: &Table, mapping: &Mapping, file_name: String, written: bool) -> Told {
    // A password is not shown again, not even to the one who brought it.
    let secret = mapping.columns.get("sign_in_password");
    let secret = secret.and_then(|c| table.header.iter().position(|h| *h == c.from || c.aliases.contains(h)));
    let words = |key: &str| if key.is_ascii() { says(key).to_string() } else { key.to_string() };
    let reasons = report.reasons().into_iter().map(|(k, n)| (words(&k), k, n)).collect();
    let bad = report
        .rows
        .iter()
        .zip(&table.records)
        .filter_map(|(outcome, (line, cells))| match outcome {
            Outcome::Refused { reasons } => Some(Bad {
                line: *line,
                cells: cells.iter().enumerate().filter(|(i, c)| !c.is_empty() && Some(*i) != secret).map(|x| x.1).take(4).map(|c| kernel::text::cut(c, CELL)).collect::<Vec<_>>().join(" · "),
                why: reasons.iter().map(|r| words(r)).collect::<Vec<_>>().join(" "),
            }),
            _ => None,
        })
        .take(SHOWN)
        .collect();
    Told { report, title: mapping.mapping.title.clone(), file_name, written, reasons, bad }
}
