//! One booking at the desk: whose, when, and what can be done with it.

use super::bookings::back;
use crate::actions;
use crate::model::{Booking, Channel, Service};
use crate::rules::holds::Lost;
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{Permission as P, Purpose, Reader, UserId, Uuid};
use people::model::PersonView;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "booking.html")]
struct One<'a> {
    b: Booking,
    s: Service,
    person: PersonView,
    officer: String,
    crew: Vec<(UserId, String)>,
    lost: Option<Lost>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

impl One<'_> {
    fn at_door(&self) -> bool {
        self.b.channel == Channel::Door
    }
}

async fn show(ctx: &Ctx, id: Uuid, form: &Form, again: Again) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("windows.booking", Purpose::Window);
    let rules = ctx.app.rules();
    let (b, s, person, officer, crew, lost) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let b = store::booking(r, station, id).await?;
            let s = store::service(r, station, b.service_id).await?;
            let person = actions::whose(r, &b).await?;
            let users = identity::store::list_users(r, Some(station)).await?;
            let officer = users.iter().find(|u| Some(u.id) == b.officer_id).map_or(String::new(), |u| u.name.clone());
            let crew: Vec<(UserId, String)> =
                users.into_iter().filter(|u| u.disabled_at.is_none() && u.role.may(P::WindowServe)).map(|u| (u.id, format!("{}（{}）", u.name, u.role.label()))).collect();
            let lost = actions::lost_by(r, &rules, &b).await?;
            Ok((b, s, person, officer, crew, lost))
        })
        .await?;
    let title = if b.channel == Channel::Door { "上门申请" } else { "预约" };
    let content = One { b, s, person, officer, crew, lost, form, again: &again, command_id: ctx.command_id().to_string() };
    let page = Page::new(title, &content).crumb("预约和上门", "/windows/bookings");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/bookings/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "这个预约")?;
    show(&ctx, id, &Form::default(), Again::default()).await
}

async fn done(ctx: &Ctx, id: Uuid, form: &Form, result: kernel::Result<()>) -> Answer {
    match result {
        Ok(()) => back(id),
        Err(e) => show(ctx, id, form, Again::from_error(e)?).await,
    }
}

/// `POST /windows/bookings/{id}/cancel`
pub async fn cancel(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个预约")?;
    let r = actions::cancel(&ctx.app, &ctx.act("windows.cancel", Purpose::Window, &form), id, &form.text("why")).await;
    done(&ctx, id, &form, r).await
}

/// `POST /windows/bookings/{id}/told`
pub async fn told(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个预约")?;
    let r = actions::told(&ctx.app, &ctx.act("windows.told", Purpose::Window, &form), id, &form.text("how")).await;
    done(&ctx, id, &form, r).await
}

/// `POST /windows/bookings/{id}/send`
pub async fn send(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个预约")?;
    let act = ctx.act("windows.send", Purpose::Window, &form);
    let officer: UserId = form.id("officer", "上门的人");
    let day = form.date("day", "上门日期");
    let minute = super::minute(form.typed("time")).unwrap_or_else(|e| {
        form.errors.add("time", e);
        0
    });
    let r = match form.finish(()) {
        Ok(()) => actions::send(&ctx.app, &act, id, officer, day, minute).await,
        Err(e) => Err(e),
    };
    done(&ctx, id, &form, r).await
}

/// `POST /windows/bookings/{id}/decline`
pub async fn decline(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个预约")?;
    let r = actions::decline(&ctx.app, &ctx.act("windows.decline", Purpose::Window, &form), id, &form.text("why")).await;
    done(&ctx, id, &form, r).await
}

/// `POST /windows/bookings/{id}/visited`
pub async fn visited(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个预约")?;
    let r = actions::visited(&ctx.app, &ctx.act("windows.visited", Purpose::Window, &form), id, &form.text("result")).await;
    done(&ctx, id, &form, r).await
}
