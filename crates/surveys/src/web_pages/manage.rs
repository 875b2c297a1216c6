//! List, builder, import, opening, codes.

use super::survey_id;
use crate::model::{Line, NewQuestion, NewSurvey, State, Survey};
use crate::{actions, rules, store};
use askama::Template;
use axum::extract::Path;
use axum::response::IntoResponse;
use forms::{Fault, Item, Kind, xlsform};
use http::header;
use kernel::{Error, FieldErrors, Purpose, Reader, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "surveys.html")]
struct Surveys {
    lines: Vec<Line>,
    may_edit: bool,
}

/// `GET /surveys`
pub async fn list(ctx: Ctx) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("surveys.list", Purpose::Statistics);
    let lines = ctx.app.db().read(&look, async |r: &mut Reader| store::list(r, station).await).await?;
    let may_edit = ctx.may(kernel::Permission::SurveyEdit);
    let page = Page::new("问卷", &Surveys { lines, may_edit });
    if may_edit { page.action("新编问卷", "/surveys/new").show(&ctx) } else { page.show(&ctx) }
}

#[derive(Template)]
#[template(path = "survey_new.html")]
struct New<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

fn show_new(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let failed = again.any();
    let content = New { form, again: &again, command_id: ctx.command_id().to_string() };
    let page = Page::new("新编问卷", &content).crumb("问卷", "/surveys");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /surveys/new`
pub async fn new_page(ctx: Ctx) -> Answer {
    show_new(&ctx, &Form::of([("anonymous", "1")]), Again::default())
}

/// `POST /surveys/new`
pub async fn new(ctx: Ctx, mut form: Form) -> Answer {
    let new = NewSurvey {
        title: form.required("title", "问卷名称", 60),
        intro: form.bounded("intro", "说明", 1_000),
        anonymous: form.yes("anonymous"),
        by_household: form.yes("by_household"),
        until_day: form.optional_date("until_day", "截止日期"),
    };
    let act = ctx.act("surveys.create", Purpose::Statistics, &form);
    let done = match form.finish(new) {
        Ok(new) => actions::create(&ctx.app, &act, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => go(format!("/surveys/{id}")),
        Err(e) => show_new(&ctx, &form, Again::from_error(e)?),
    }
}

/// A question in the builder's list.
struct Row {
    name: String,
    label: String,
    kind: String,
    choices: String,
    required: bool,
    only_if: String,
    depth: usize,
}

#[derive(Template)]
#[template(path = "survey.html")]
struct One<'a> {
    s: &'a Survey,
    rows: Vec<Row>,
    conditions: Vec<(String, String)>,
    kinds: &'static [(&'static str, &'static str)],
    form: &'a Form,
    again: &'a Again,
    faults: &'a [Fault],
    remarks: &'a [Fault],
    address: String,
    qr: String,
    held: i64,
    codes: i64,
    may_edit: bool,
    command_ids: [String; 7],
    /// Paper can be typed in by numbers.
    quick: bool,
}

fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Group => "题组",
        Kind::Repeat => "重复题组",
        Kind::Text => "填空",
        Kind::Integer => "整数",
        Kind::Decimal => "小数",
        Kind::Date => "日期",
        Kind::Time => "时间",
        Kind::DateTime => "日期和时间",
        Kind::SelectOne(_) => "单选",
        Kind::SelectMultiple(_) => "多选",
        Kind::Note => "说明文字",
        Kind::Acknowledge => "勾选",
        Kind::Calculate => "计算",
        Kind::Geopoint => "位置",
        Kind::Barcode => "条码",
        Kind::Media(_) => "文件",
        Kind::Hidden => "固定值",
        Kind::Meta(_) => "自动",
    }
}

fn rows(s: &Survey, items: &[Item], depth: usize, found: &mut Vec<Row>) {
    let conditions = rules::conditions(&s.definition.0);
    for i in items {
        let list = i.kind.list().and_then(|l| s.definition.0.list(l));
        let choices: Vec<&str> = list.map_or(vec![], |l| l.choices.iter().map(|c| c.label.get("")).collect());
        let plain = i.relevant.strip_prefix("selected(${").and_then(|r| r.strip_suffix("')"));
        let value = plain.and_then(|r| r.split_once("}, '")).map(|(q, c)| format!("{q}={c}"));
        let words = conditions.iter().find(|(v, _)| Some(v) == value.as_ref()).map(|(_, w)| w.clone());
        found.push(Row {
            name: i.name.clone(),
            label: i.label.get("").to_string(),
            kind: kind_name(&i.kind).into(),
            choices: choices.join("、"),
            required: forms_required(i),
            only_if: words.unwrap_or_else(|| i.relevant.clone()),
            depth,
        });
        rows(s, &i.children, depth + 1, found);
    }
}

fn forms_required(i: &Item) -> bool {
    !matches!(i.required.to_ascii_lowercase().as_str(), "" | "no" | "false" | "false()")
}

/// What is shown beside the survey when something did not work.
#[derive(Default)]
struct Trouble {
    again: Again,
    faults: Vec<Fault>,
}

/// The QR code of an address, as SVG without the XML head.
pub(super) fn drawn(address: &str) -> kernel::Result<String> {
    let code = qrcode::QrCode::new(address.as_bytes()).map_err(Error::internal)?;
    let svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(220, 220).build();
    Ok(svg.split_once("?>").map_or(svg.clone(), |(_, svg)| svg.to_string()))
}

async fn show(ctx: &Ctx, id: Uuid, form: &Form, trouble: Trouble, remarks: &[Fault]) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("surveys.see", Purpose::Statistics);
    let read = async |r: &mut Reader| {
        let s = store::survey(r, station, id).await?;
        Ok((s, store::held(r, station, id).await?, store::codes(r, station, id).await?))
    };
    let (s, held, codes) = ctx.app.db().read(&look, read).await?;
    let base = ctx.app.settings().public_url.trim_end_matches('/').to_string();
    let address = format!("{base}/q/{}", s.code);
    let qr = if base.is_empty() { String::new() } else { drawn(&address)? };
    let mut lines = vec![];
    rows(&s, &s.definition.0.items, 0, &mut lines);
    let failed = trouble.again.any() || !trouble.faults.is_empty();
    let content = One {
        rows: lines,
        conditions: rules::conditions(&s.definition.0),
        kinds: rules::KINDS,
        form,
        again: &trouble.again,
        faults: &trouble.faults,
        remarks,
        qr,
        address,
        held,
        codes,
        may_edit: ctx.may(kernel::Permission::SurveyEdit),
        quick: rules::form(&s.definition.0).ok().and_then(|f| rules::lines(&f)).is_some(),
        command_ids: std::array::from_fn(|_| ctx.command_id().to_string()),
        s: &s,
    };
    let page = Page::new(s.title.clone(), &content).crumb("问卷", "/surveys");
    let page = if s.state == State::Draft { page } else { page.action("看结果", format!("/surveys/{id}/results")) };
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /surveys/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    show(&ctx, survey_id(&id)?, &Form::default(), Trouble::default(), &[]).await
}

/// After a change: back to the survey, or the same page with what is wrong.
async fn after(ctx: &Ctx, id: Uuid, form: &Form, done: kernel::Result<()>) -> Answer {
    match done {
        Ok(()) => go(format!("/surveys/{id}")),
        Err(e) => {
            let trouble = Trouble { again: Again::from_error(e)?, ..Trouble::default() };
            show(ctx, id, form, trouble, &[]).await
        }
    }
}

/// `POST /surveys/{id}/import`: a workbook in the place of the questions.
pub async fn import(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = survey_id(&id)?;
    let Some(file) = form.files("file").first().map(|u| (*u).clone()) else {
        return after(&ctx, id, &form, Err(FieldErrors::one("file", "请选择 .xlsx 文件。"))).await;
    };
    let read = match xlsform::read(&file.bytes) {
        Ok(read) => read,
        Err(faults) => return show(&ctx, id, &form, Trouble { faults, ..Trouble::default() }, &[]).await,
    };
    let act = ctx.act("surveys.import", Purpose::Statistics, &form);
    match actions::import(&ctx.app, &act, id, read.form.definition().clone()).await {
        Ok(()) if read.remarks.is_empty() => go(format!("/surveys/{id}")),
        Ok(()) => show(&ctx, id, &form, Trouble::default(), &read.remarks).await,
        Err(e) => after(&ctx, id, &form, Err(e)).await,
    }
}

/// `GET /surveys/{id}/xlsx`: the questions as a workbook.
pub async fn xlsx(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (id, station) = (survey_id(&id)?, ctx.who.station);
    let look = ctx.look("surveys.xlsx", Purpose::Statistics);
    let mut s = ctx.app.db().read(&look, async |r: &mut Reader| store::survey(r, station, id).await).await?;
    s.definition.0.settings.title.clone_from(&s.title);
    let bytes = xlsform::write(&s.definition.0).map_err(Error::internal)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let name = format!("attachment; filename=\"survey-{id}.xlsx\"");
    Ok(([(header::CONTENT_TYPE, kind.to_string()), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

/// `POST /surveys/{id}/question`
pub async fn add_question(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = survey_id(&id)?;
    let q = NewQuestion {
        label: form.bounded("label", "题目", 300),
        kind: form.text("kind"),
        choices: form.typed("choices").chars().take(10_000).collect(),
        required: form.yes("required"),
        only_if: form.text("only_if"),
    };
    let act = ctx.act("surveys.question", Purpose::Statistics, &form);
    let done = match form.finish(q) {
        Ok(q) => actions::add_question(&ctx.app, &act, id, &q).await,
        Err(e) => Err(e),
    };
    after(&ctx, id, &form, done).await
}

/// `POST /surveys/{id}/remove`
pub async fn remove_question(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = survey_id(&id)?;
    let act = ctx.act("surveys.remove", Purpose::Statistics, &form);
    let done = actions::remove_question(&ctx.app, &act, id, &form.text("name")).await;
    after(&ctx, id, &form, done).await
}

/// `POST /surveys/{id}/up`
pub async fn move_up(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = survey_id(&id)?;
    let act = ctx.act("surveys.move", Purpose::Statistics, &form);
    let done = actions::move_up(&ctx.app, &act, id, &form.text("name")).await;
    after(&ctx, id, &form, done).await
}

/// `POST /surveys/{id}/open`
pub async fn open(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = survey_id(&id)?;
    let act = ctx.act("surveys.open", Purpose::Statistics, &form);
    let done = actions::open(&ctx.app, &act, id).await;
    after(&ctx, id, &form, done).await
}

/// `POST /surveys/{id}/close`
pub async fn close(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = survey_id(&id)?;
    let act = ctx.act("surveys.close", Purpose::Statistics, &form);
    let done = actions::close(&ctx.app, &act, id).await;
    after(&ctx, id, &form, done).await
}

#[derive(Template)]
#[template(path = "survey_codes.html")]
struct Codes {
    title: String,
    address: String,
    codes: Vec<String>,
}

/// `POST /surveys/{id}/codes`: shown once, to be printed and cut.
pub async fn codes(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let (id, station) = (survey_id(&id)?, ctx.who.station);
    let how_many = form.number("how_many", "个数", 1..=actions::MAX_CODES);
    let act = ctx.act("surveys.codes", Purpose::Statistics, &form);
    let done = match form.finish(how_many) {
        Ok(n) => actions::make_codes(&ctx.app, &act, id, n).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(codes) => {
            let look = ctx.look("surveys.see", Purpose::Statistics);
            let s = ctx.app.db().read(&look, async |r: &mut Reader| store::survey(r, station, id).await).await?;
            let base = ctx.app.settings().public_url.trim_end_matches('/').to_string();
            let content = Codes { title: s.title.clone(), address: format!("{base}/q/{}", s.code), codes };
            Page::new("答卷码", &content).crumb("问卷", "/surveys").crumb(s.title, format!("/surveys/{id}")).show(&ctx)
        }
        Err(e) => after(&ctx, id, &form, Err(e)).await,
    }
}
