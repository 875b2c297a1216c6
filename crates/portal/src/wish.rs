//! 提意见: what residents wish, without an account, without a name; where they like with the service and the time.

use crate::booking::pace_of;
use crate::web_pages::station;
use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;
use kernel::{Actor, Purpose, Reader};
use places::model::Station;
use roster::model::DayType;
use surveys::model::Channel;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};
use windows::model::Service;

#[derive(Template)]
#[template(path = "wish.html")]
struct Wish<'a> {
    station: &'a Station,
    services: Vec<Service>,
    days: &'static [DayType],
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn show(ctx: &Ctx, station: &Station, form: &Form, again: Again) -> Answer {
    let look = ctx.look("portal.wish", Purpose::OwnMatter);
    let services = ctx.app.db().read(&look, async |r: &mut Reader| windows::store::services(r, station.id).await).await?;
    let failed = again.any();
    let kept = form.typed("command_id");
    let command_id = if kept.is_empty() { ctx.command_id().to_string() } else { kept.to_string() };
    let content = Wish { station, services, days: DayType::ALL, form, again: &again, command_id };
    let page = Page::new(format!("给{}提意见", station.name), &content).plain();
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /p/wish/{station}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let station = station(&ctx, &id).await?;
    show(&ctx, &station, &Form::default(), Again::default()).await
}

#[derive(Template)]
#[template(path = "wished.html")]
struct Wished {
    station: Station,
}

/// `POST /p/wish/{station}`
pub async fn send(ctx: Ctx, headers: HeaderMap, Path(id): Path<String>, mut form: Form) -> Answer {
    let station = station(&ctx, &id).await?;
    form.set("people", "1");
    let new = surveys::web_pages::wishes::read(&mut form, Channel::Online, None);
    let act = ctx.app.act(&Actor::resident(station.id), "surveys.wish", Purpose::OwnMatter, form.command(ctx.app.fresh_command()));
    let done = match form.finish(new) {
        Ok(new) => match pace_of(&ctx, &headers, "wish", "这里提的意见太多，暂停十分钟。", "请稍后再提，或者电话、当面告诉派出所。").await {
            Ok(()) => surveys::actions::wish(&ctx.app, &act, new).await,
            Err(why) => Err(why.into()),
        },
        Err(e) => Err(e),
    };
    match done {
        Ok(_) => Page::new("谢谢", &Wished { station }).plain().show(&ctx),
        Err(e) => show(&ctx, &station, &form, Again::from_error(e)?).await,
    }
}
