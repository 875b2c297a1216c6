//! One 居住证: its clock, what happened to it, and 注销.

use crate::actions;
use crate::model::{Permit, PermitEvent, PermitStep};
use crate::rules::permit::{self, Clock};
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{Date, Purpose, Reader, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "permit.html")]
struct One<'a> {
    p: Permit,
    person: people::model::PersonView,
    clock: Clock,
    endorsed: Vec<String>,
    events: Vec<(PermitEvent, String)>,
    service: Option<Uuid>,
    today: Date,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

impl One<'_> {
    fn day(&self) -> String {
        let typed = self.form.typed("on");
        if typed.is_empty() { self.today.to_string() } else { typed.into() }
    }
    fn badge(&self, e: &PermitEvent) -> &'static str {
        match e.kind {
            PermitStep::Suspended => "badge--danger",
            PermitStep::Restored => "badge--ok",
            PermitStep::Ended => "badge--quiet",
        }
    }
}

async fn show(ctx: &Ctx, id: Uuid, form: &Form, again: Again) -> Answer {
    let (rules_now, station, today) = (ctx.app.rules(), ctx.who.station, ctx.app.today());
    let months = actions::months(&rules_now, today)?;
    let look = ctx.look("windows.permit", Purpose::Window);
    let (p, person, endorsed, events, service, names) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let p = store::permit(r, station, id).await?;
            let person = people::store::person_for(r, p.person_id, true).await?;
            let endorsed: Vec<String> =
                store::endorsements(r, station).await?.iter().filter(|e| e.permit_id == id).map(|e| format!("{}{}", e.on_day, if e.late { "（逾期补办）" } else { "" })).collect();
            let events = store::permit_events(r, station, id).await?;
            let users: Vec<kernel::UserId> = events.iter().map(|e| e.by_user).collect();
            let service = store::services(r, station).await?.into_iter().find(|s| s.kind == "residence_endorse").map(|s| s.id);
            Ok((p, person, endorsed, events, service, identity::store::names(r, &users).await?))
        })
        .await?;
    let who = |u: kernel::UserId| names.iter().find(|n| n.0 == u).map_or("系统".to_string(), |n| n.1.clone());
    let content = One {
        clock: permit::clock(&p, months, today),
        p,
        person,
        endorsed,
        events: events.into_iter().map(|e| (e.clone(), who(e.by_user))).collect(),
        service,
        today,
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new(format!("居住证 {}", content.p.number), &content).crumb("办件", "/windows/cases").crumb("居住证", "/windows/permits");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/permits/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "这张居住证")?;
    show(&ctx, id, &Form::default(), Again::default()).await
}

/// `POST /windows/permits/{id}/end`: 注销.
pub async fn end(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这张居住证")?;
    let act = ctx.act("windows.end_permit", Purpose::Window, &form);
    let (on, why, version) = (form.date("on", "注销日期"), form.text("why"), form.typed("version").parse().unwrap_or(0));
    let done = async {
        form.finish(())?;
        actions::end_permit(&ctx.app, &act, id, version, on, &why).await
    }
    .await;
    match done {
        Ok(()) => go(format!("/windows/permits/{id}")),
        Err(e) => show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}
