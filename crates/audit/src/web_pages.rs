//! Pages of the auditor and of those who may delay a disclosure.

use crate::model::{Delay, Entry};
use crate::{actions, store};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::verify::Verdict;
use kernel::{Purpose, Reader, Timestamp, Uuid};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

/// Paging and filter of the entries.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Filter {
    before: String,
    action: String,
}

#[derive(Template)]
#[template(path = "entries.html")]
struct Entries {
    entries: Vec<Entry>,
    action: String,
    next: Option<i64>,
    of: String,
}

impl Entries {
    fn purpose(&self, e: &Entry) -> String {
        Purpose::from_code(&e.body.purpose).map_or(String::new(), |p| p.label().to_string())
    }
    fn role(&self, e: &Entry) -> String {
        kernel::Role::from_code(&e.body.role).map_or(String::new(), |p| p.label().to_string())
    }
    fn deed(&self, e: &Entry) -> &'static str {
        match e.body.deed {
            kernel::audit::Deed::Read => "查看",
            kernel::audit::Deed::Write => "办理",
            kernel::audit::Deed::Refused => "被拒",
        }
    }
}

/// `GET /audit`
pub async fn entries(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    let before = f.before.parse::<i64>().map_or(Timestamp::MAX, kernel::clock::from_micros);
    let action: String = f.action.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')).take(60).collect();
    let look = ctx.look("audit.entries", Purpose::Audit);
    let entries = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            r.saw("audit", Uuid::nil());
            store::entries(r, before, &action).await
        })
        .await?;
    let next = (entries.len() as i64 == store::PAGE).then(|| entries.last().map(|e| e.at.as_microsecond())).flatten();
    Page::new("审计记录", &Entries { entries, action, next, of: String::new() }).show(&ctx)
}

/// `GET /audit/record/{kind}/{id}`
pub async fn of_record(ctx: Ctx, Path((kind, id)): Path<(String, String)>) -> Answer {
    let id: Uuid = web::page::id(&id, "这条记录")?;
    let look = ctx.look("audit.of_record", Purpose::Audit);
    let entries = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            r.saw("audit", id);
            store::of_record(r, &kind, id).await
        })
        .await?;
    let of = format!("{kind} {id}");
    Page::new("一条记录的查询与办理", &Entries { entries, action: String::new(), next: None, of })
        .crumb("审计记录", "/audit")
        .show(&ctx)
}

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    verdict: Option<Verdict>,
    took_ms: i128,
    command_id: String,
    heads: String,
}

/// `GET /audit/verify`
pub async fn verify_page(ctx: Ctx) -> Answer {
    let heads = kernel::verify::heads_file(ctx.app.settings()).display().to_string();
    Page::new("验证审计链", &VerifyPage { verdict: None, took_ms: 0, command_id: ctx.command_id().to_string(), heads })
        .crumb("审计记录", "/audit")
        .show(&ctx)
}

/// `POST /audit/verify`
pub async fn verify(ctx: Ctx, _form: Form) -> Answer {
    let file = kernel::verify::heads_file(ctx.app.settings());
    let began = ctx.now();
    let act = ctx.look("audit.verify", Purpose::Audit);
    let verdict = kernel::verify::verify(&ctx.app, &act, file.exists().then_some(file.as_path())).await?;
    let took_ms = i128::from(ctx.now().as_millisecond() - began.as_millisecond());
    let content = VerifyPage {
        verdict: Some(verdict),
        took_ms,
        command_id: ctx.command_id().to_string(),
        heads: file.display().to_string(),
    };
    Page::new("验证审计链", &content).crumb("审计记录", "/audit").show(&ctx)
}

#[derive(Template)]
#[template(path = "delays.html")]
struct Delays<'a> {
    form: &'a Form,
    again: &'a Again,
    delays: Vec<Delay>,
    command_id: String,
    days: i64,
}

async fn show_delays(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let look = ctx.look("audit.delays", Purpose::Audit);
    let station = ctx.who.station;
    let delays = ctx.app.db().read(&look, async |r: &mut Reader| store::delays(r, station).await).await?;
    let days = ctx.app.rules().int("disclosure.review_days", ctx.app.today()).unwrap_or(30);
    let failed = again.any();
    let content = Delays { form, again: &again, delays, command_id: ctx.command_id().to_string(), days };
    let page = Page::new("暂缓公开查询记录", &content);
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /audit/delays`
pub async fn delays(ctx: Ctx, Query(q): Query<std::collections::HashMap<String, String>>) -> Answer {
    let form = Form::of(q);
    show_delays(&ctx, &form, Again::default()).await
}

/// `POST /audit/delays`
pub async fn delay(ctx: Ctx, mut form: Form) -> Answer {
    let subject: Uuid = form.id("subject_id", "警情或纠纷");
    let kind = form.required("subject_kind", "种类", 20);
    let reason = form.required("reason", "理由", 500);
    let basis = form.required("basis", "法律依据", 200);
    let review = kernel::clock::start_of(form.date("review_at", "复核日期"));
    let act = ctx.act("audit.delay", Purpose::Audit, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::delay(&ctx.app, &act, &kind, subject, &reason, &basis, review).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/audit/delays"),
        Err(e) => show_delays(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /audit/delays/{id}/lift`
pub async fn lift(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这项暂缓公开")?;
    let act = ctx.act("audit.lift", Purpose::Audit, &form);
    actions::lift(&ctx.app, &act, id).await?;
    go("/audit/delays")
}
