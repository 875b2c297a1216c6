//! Networks and groups.

use super::{Branch, cameras::Asked, station_for, tree};
use crate::model::Network;
use crate::{actions, store};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Purpose, Reader, StationId, Uuid};
use places::model::Station;
use web::page::Again;
use web::{Answer, Ctx, Form, Page, page::go};

struct NetworkView {
    n: Network,
    by: String,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    networks: Vec<NetworkView>,
    branches: Vec<Branch>,
    stations: Vec<Station>,
    station: Station,
}

async fn show(ctx: &Ctx, asked: &str, form: &Form, again: Again) -> Answer {
    let look = ctx.look("video.setup", Purpose::Administration);
    let (stations, station, networks, groups) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (stations, station) = station_for(r, &ctx.who, asked).await?;
            let list = store::networks(r, station.id).await?;
            let users: Vec<_> = list.iter().map(|n| n.by_user).collect();
            let names = identity::store::names(r, &users).await?;
            let of = |n: &Network| {
                names.iter().find(|x| x.0 == n.by_user).map_or("本机操作员".to_string(), |x| x.1.clone())
            };
            let networks: Vec<NetworkView> = list.into_iter().map(|n| NetworkView { by: of(&n), n }).collect();
            let groups = store::groups(r, station.id).await?;
            Ok((stations, station, networks, groups))
        })
        .await?;
    let content = Setup {
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
        networks,
        branches: tree(&groups),
        stations,
        station,
    };
    let failed = again.any();
    let page = Page::new("网段和分组", &content).crumb("摄像机", "/video");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /video/setup`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    show(&ctx, &a.station, &Form::default(), Again::default()).await
}

fn station(form: &Form) -> StationId {
    form.optional_id("station").unwrap_or(StationId::NIL)
}

async fn after(ctx: &Ctx, form: &Form, done: kernel::Result<()>) -> Answer {
    let station = station(form);
    match done {
        Ok(()) => go(format!("/video/setup?station={station}")),
        Err(e) => show(ctx, &station.to_string(), form, Again::from_error(e)?).await,
    }
}

/// `POST /video/networks`
pub async fn add_network(ctx: Ctx, form: Form) -> Answer {
    let act = ctx.act("video.network", Purpose::Administration, &form);
    let done = actions::add_network(&ctx.app, &act, station(&form), form.typed("network"), form.typed("note")).await;
    after(&ctx, &form, done.map(|_| ())).await
}

/// `POST /video/networks/{id}/end`
pub async fn end_network(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let act = ctx.act("video.end_network", Purpose::Administration, &form);
    let done = actions::end_network(&ctx.app, &act, station(&form), web::page::id::<Uuid>(&id, "这个网段")?).await;
    after(&ctx, &form, done).await
}

/// `POST /video/groups`
pub async fn add_group(ctx: Ctx, form: Form) -> Answer {
    let act = ctx.act("video.group", Purpose::Administration, &form);
    let done = actions::add_group(&ctx.app, &act, station(&form), form.optional_id("parent"), &form.text("name")).await;
    after(&ctx, &form, done.map(|_| ())).await
}

/// `POST /video/groups/{id}/end`
pub async fn end_group(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let act = ctx.act("video.end_group", Purpose::Administration, &form);
    let done = actions::end_group(&ctx.app, &act, station(&form), web::page::id::<Uuid>(&id, "这个分组")?).await;
    after(&ctx, &form, done).await
}
