//! The forms of the domain: each reads its fields, calls one action, and is shown again with what
//! was typed when something is wrong.

use super::detail;
use crate::actions::{self, NewFeedback, StepArgs};
use crate::model::{Class, GivenTo, Handing, LinkKind, NewIntake, NewReceipt, Step};
use askama::Template;
use axum::extract::Path;
use kernel::{AddressId, Error, IncidentId, Permission, Purpose, UserId, Uuid};
use super::{Choice, choices};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "new.html")]
struct New<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    sources: Vec<Choice>,
    categories: Vec<Choice>,
    /// What the text suggests, for the same form with and without scripts.
    suggestion: String,
}

fn show_new(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let failed = again.any();
    let command_id = match form.typed("command_id") {
        "" => ctx.command_id().to_string(),
        typed => typed.to_string(),
    };
    let content = New {
        form,
        again: &again,
        command_id,
        sources: choices(&rules, "incident.source", today).into_iter().filter(|c| !c.code.ends_with("00") || c.code == "9900").collect(),
        categories: choices(&rules, "incident.category1", today),
        suggestion: {
            let text = format!("{}\n{}", form.typed("title"), form.typed("content"));
            categories::panel::html(&rules, today, &text, categories::For::Incident, form)
        },
    };
    let page = Page::new("登记警情", &content).crumb("警情", if ctx.may(kernel::Permission::IncidentSee) { "/incidents" } else { "/" });
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /incidents/new`
pub async fn new(ctx: Ctx) -> Answer {
    let form = Form::of([("source_code", "0201")]);
    show_new(&ctx, &form, Again::default())
}

/// `POST /incidents/new`
pub async fn take(ctx: Ctx, mut form: Form) -> Answer {
    if categories::panel::asked(&mut form, &["category"]) {
        return show_new(&ctx, &form, Again::default());
    }
    let content = form.required("content", "内容", 20_000);
    let source_code = form.required("source_code", "来源", 8);
    let called_at = form.optional_moment("called_at", "报警时间");
    let place = form.bounded("place", "地址", 200);
    let reporter_name = form.bounded("reporter_name", "报警人姓名", 50);
    let reporter_phone = form.bounded("reporter_phone", "联系电话", 30);
    if let Some(e) = people::rules::phone_error(&reporter_phone) {
        form.errors.add("reporter_phone", e);
    }
    let external = form.optional("external_no").map(|n| ("12345".to_string(), n));
    let new = NewIntake {
        source_code,
        external,
        called_at,
        content,
        title: form.bounded("title", "事由", 60),
        place,
        address: form.optional_id::<AddressId>("address"),
        other_address: form.optional_id::<AddressId>("other_address"),
        other_place: form.bounded("other_place", "对方地址", 200),
        category: form.optional("category"),
        reporter_name,
        reporter_phone,
        secret: form.yes("secret"),
        weapon: form.yes("weapon"),
        injured: form.yes("injured"),
        minor: form.yes("minor"),
        ..NewIntake::default()
    };
    // Whoever may take a report and not see it (window clerks, grid workers) gives the receipt with the taking.
    let (secret, hash) = ctx.receipt(&form);
    let to = if new.minor { GivenTo::Guardian } else { GivenTo::Reporter };
    let at_once = !ctx.may(Permission::IncidentSee);
    let receipt = at_once.then_some(NewReceipt { hash, to, how: Handing::ReadOut });
    let new = NewIntake { receipt, ..new };
    let act = ctx.act("incidents.take", Purpose::Incident, &form);
    let done = match form.finish(new) {
        Ok(new) => actions::take(&ctx.app, &act, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(taken) if at_once => super::receipt::shown(&ctx, taken.id, secret, to).await,
        Ok(taken) => go(format!("/incidents/{}", taken.id)),
        Err(e) => show_new(&ctx, &form, Again::from_error(e)?),
    }
}

/// Goes back to the incident, or shows it with the failed form.
pub(super) async fn end(ctx: &Ctx, id: IncidentId, form: &Form, open: &str, done: kernel::Result<()>) -> Answer {
    match done {
        Ok(()) => go(format!("/incidents/{id}")),
        Err(e) => detail::show(ctx, id, form, Again::from_error(e)?, open).await,
    }
}

pub(super) fn incident(id: &str) -> kernel::Result<IncidentId> {
    web::page::id(id, "这起警情")
}

/// `POST /incidents/{id}/classify`
pub async fn classify(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    categories::panel::asked(&mut form, &["category"]);
    let category = form.required("category", "类别", 40);
    let new = Class { category, sub: form.optional("sub_category"), level: form.optional("level") };
    let was = Class { category: form.text("was_category"), sub: form.optional("was_sub"), level: form.optional("was_level") };
    let was = form.yes("was").then_some(&was);
    let act = ctx.act("incidents.classify", Purpose::Incident, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::classify(&ctx.app, &act, id, &new, was).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "classify", done).await
}

/// `POST /incidents/{id}/locate`
pub async fn locate(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let place = form.required("place", "地址", 200);
    let act = ctx.act("incidents.locate", Purpose::Incident, &form);
    let new = actions::NewPlace {
        place,
        address: form.optional_id("address"),
        other: form.bounded("other_place", "对方地址", 200),
        was: form.yes("was").then(|| form.text("was_place")),
    };
    let done = match form.finish(()) {
        Ok(()) => actions::locate(&ctx.app, &act, id, &new).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "locate", done).await
}

/// `POST /incidents/{id}/dispatch`
pub async fn dispatch(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let targets: Vec<UserId> = form.every("targets").iter().filter_map(|t| t.parse().ok()).collect();
    let opinion = form.bounded("opinion", "派警意见", 300);
    let act = ctx.act("incidents.dispatch", Purpose::Incident, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::dispatch(&ctx.app, &act, id, &targets, &opinion).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "dispatch", done).await
}

/// `POST /incidents/{id}/link`
pub async fn link(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let master: IncidentId = form.id("master", "要关联的警情");
    let kind = LinkKind::from_code(form.typed("kind"));
    if kind.is_none() {
        form.errors.add("kind", "请选择关联的种类。");
    }
    let act = ctx.act("incidents.link", Purpose::Incident, &form);
    let done = match (form.finish(()), kind) {
        (Ok(()), Some(kind)) => actions::link(&ctx.app, &act, id, master, kind).await,
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(Error::internal("kind")),
    };
    end(&ctx, id, &form, "link", done).await
}

/// `POST /incidents/{id}/invalid`
pub async fn invalid(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let reason = form.required("reason", "理由", 300);
    let act = ctx.act("incidents.invalid", Purpose::Incident, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::invalidate(&ctx.app, &act, id, &reason).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "invalid", done).await
}

/// `POST /incidents/{id}/step`: 签收, 出警, 到场.
pub async fn step(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let order = form.id("order", "派警单");
    let step = Step::from_code(form.typed("step"))
        .filter(|s| matches!(s, Step::Acknowledge | Step::Depart | Step::Arrive))
        .ok_or(Error::NotFound("这个步骤"))?;
    let act = ctx.act("incidents.step", Purpose::Incident, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::step(&ctx.app, &act, id, StepArgs { order, step }).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "step", done).await
}

/// `POST /incidents/{id}/return`: 退单.
pub async fn give_back(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let order = form.id("order", "派警单");
    let reason = form.required("reason", "退单理由", 300);
    let act = ctx.act("incidents.return", Purpose::Incident, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::give_back(&ctx.app, &act, id, order, &reason).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "return", done).await
}

/// `POST /incidents/{id}/recall`: the desk takes an order back.
pub async fn recall(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let order = form.id("order", "派警单");
    let reason = form.required("recall_reason", "撤回的理由", 300);
    let act = ctx.act("incidents.recall", Purpose::Incident, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::recall(&ctx.app, &act, id, order, &reason).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "recall", done).await
}

/// `POST /incidents/{id}/feedback`, with photos.
pub async fn feedback(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let text = form.required("text", "反馈内容", 4_000);
    let injured = if form.typed("injured").is_empty() { 0 } else { form.number("injured", "受伤人数", 0..=1_000) };
    let mut files = vec![];
    for upload in form.files("photos").into_iter().cloned().collect::<Vec<_>>() {
        match attachments::prepare(&upload.file_name, upload.bytes).await {
            Ok(f) => files.push(f),
            Err(Error::Refused(r)) => form.errors.add("photos", r.to_string()),
            Err(e) => return Err(e.into()),
        }
    }
    let fb = NewFeedback {
        order: form.typed("order").parse::<Uuid>().ok().map(Into::into),
        last: form.yes("last"),
        text,
        found_category: form.optional("found_category"),
        found_sub_category: form.optional("found_sub_category"),
        place_kind: form.optional("place_kind"),
        cause: form.optional("cause"),
        means: form.optional("means"),
        result: form.optional("result"),
        injured,
        files,
    };
    let act = ctx.act("incidents.feedback", Purpose::Incident, &form);
    let done = match form.finish(fb) {
        Ok(fb) => actions::feedback(&ctx.app, &act, id, fb).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "feedback", done).await
}

/// `POST /incidents/{id}/review`: 审核结案, 退回补充, 重新办理.
pub async fn review(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let note = form.bounded("note", "意见", 300);
    let step = Step::from_code(form.typed("step"))
        .filter(|s| matches!(s, Step::Approve | Step::SendBack | Step::Reopen))
        .ok_or(Error::NotFound("这个步骤"))?;
    let act = ctx.act("incidents.review", Purpose::Incident, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::review(&ctx.app, &act, id, step, &note).await,
        Err(e) => Err(e),
    };
    end(&ctx, id, &form, "review", done).await
}
