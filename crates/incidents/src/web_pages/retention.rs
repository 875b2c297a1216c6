//! `/incidents/retention`, and the holds on an incident's page.

use super::forms::{end, incident};
use crate::actions;
use axum::extract::Path;
use kernel::{Purpose, Uuid};
use people::web_pages::retention::{What, answer, is_dry_run, show};
use web::{Answer, Ctx, Form};

const REPORTS: What = What {
    path: "/incidents/retention",
    title: "到期清理：警情",
    explains: "期限自办结（结案、移交、并单、无效）之日起算；有保留措施的、报警人有保留措施的不清理。清理的是文字：内容、地址、流水和反馈的说明；编号、时间、类别、警务区留下，统计数字不变。不能恢复（备份除外）。",
    kinds: &["incident"],
};

/// `GET /incidents/retention`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, &REPORTS).await
}

/// `POST /incidents/retention`
pub async fn run(ctx: Ctx, form: Form) -> Answer {
    let act = ctx.act("incidents.retention", Purpose::Retention, &form);
    let done = actions::retention(&ctx.app, &act, is_dry_run(&form)).await;
    answer(&ctx, &REPORTS, done).await
}

/// `POST /incidents/{id}/hold`
pub async fn hold(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = incident(&id)?;
    let act = ctx.act("incidents.hold", Purpose::Incident, &form);
    let done = actions::hold(&ctx.app, &act, id, form.typed("reason")).await.map(|_| ());
    end(&ctx, id, &form, "hold", done).await
}

/// `POST /incidents/{id}/release`
pub async fn release(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let hold: Uuid = form.id("hold", "保留措施");
    let act = ctx.act("incidents.release", Purpose::Incident, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::release(&ctx.app, &act, id, hold, form.typed("reason")).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "hold", done).await
}
