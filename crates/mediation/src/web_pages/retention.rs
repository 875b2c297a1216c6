//! `/disputes/retention`, and the holds on a dispute's page.

use super::forms::{dispute, end_of};
use crate::actions;
use axum::extract::Path;
use kernel::{Purpose, Uuid};
use people::web_pages::retention::{What, answer, is_dry_run, show};
use web::{Answer, Ctx, Form};

const DISPUTES: What = What {
    path: "/disputes/retention",
    title: "到期清理：纠纷",
    explains: "期限自办结之日起算；纠纷、它的警情或者当事人有保留措施的不清理。清理的是文字：经过、笔录、协议和履行、回访的说明；编号、日期、类别、状态、结果留下，统计数字不变。已归档的卷宗按卷宗的保管期限，不在此列。不能恢复（备份除外）。",
    kinds: &["dispute"],
};

/// `GET /disputes/retention`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, &DISPUTES).await
}

/// `POST /disputes/retention`
pub async fn run(ctx: Ctx, form: Form) -> Answer {
    let act = ctx.act("mediation.retention", Purpose::Retention, &form);
    let done = actions::retention(&ctx.app, &act, is_dry_run(&form)).await;
    answer(&ctx, &DISPUTES, done).await
}

/// `POST /disputes/{id}/hold`
pub async fn hold(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = dispute(&id)?;
    let act = ctx.act("mediation.hold", Purpose::Mediation, &form);
    let done = actions::hold(&ctx.app, &act, id, form.typed("reason")).await.map(|_| ());
    end_of(&ctx, id, &form, "hold", done).await
}

/// `POST /disputes/{id}/release`
pub async fn release(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let hold: Uuid = form.id("hold", "保留措施");
    let act = ctx.act("mediation.release", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::release(&ctx.app, &act, id, hold, form.typed("reason")).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "hold", done).await
}
