//! Rights of a camera, and holds on footage.

use super::cameras;
use crate::model::{Camera, Hold, Right};
use crate::{actions, store};
use askama::Template;
use axum::extract::Path;
use kernel::{Permission, Purpose, Reader, Uuid};
use web::page::Again;
use web::{Answer, Ctx, Form, Page, page::go};

/// `POST /video/cameras/{id}/rights`
pub async fn set(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这台摄像机")?;
    let version = form.number("version", "版本", 1..=i64::MAX);
    let has = |role: kernel::Role, what: &str| form.has("right", &format!("{}.{what}", role.code()));
    let rights = cameras::watchers()
        .into_iter()
        .map(|role| Right {
            camera_id: id,
            role,
            live: has(role, "live"),
            replay: has(role, "replay"),
            export: has(role, "export"),
        })
        .collect();
    let act = ctx.act("video.rights", Purpose::Administration, &form);
    match actions::set_rights(&ctx.app, &act, id, version, form.yes("restricted"), rights).await {
        Ok(()) => go(format!("/video/cameras/{id}")),
        Err(e) => cameras::show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

struct HoldView {
    h: Hold,
    camera: String,
    by: String,
    released_by: String,
}

#[derive(Template)]
#[template(path = "holds.html")]
struct Holds<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    holds: Vec<HoldView>,
    cameras: Vec<Camera>,
    may: bool,
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let look = ctx.look("video.holds", Purpose::Video);
    let station = ctx.who.station;
    let (cameras, holds) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let cameras: Vec<Camera> = store::cameras(r, station, true).await?.into_iter().map(|w| w.camera).collect();
            let list = store::holds(r, station).await?;
            let users: Vec<_> = list.iter().flat_map(|h| [Some(h.by_user), h.released_by]).flatten().collect();
            let names = identity::store::names(r, &users).await?;
            let name = |u| names.iter().find(|n| Some(n.0) == u).map_or("—".to_string(), |n| n.1.clone());
            let holds: Vec<HoldView> = list
                .into_iter()
                .map(|h| HoldView {
                    camera: cameras.iter().find(|c| c.id == h.camera_id).map_or("—".into(), |c| c.name.clone()),
                    by: name(Some(h.by_user)),
                    released_by: name(h.released_by),
                    h,
                })
                .collect();
            Ok((cameras, holds))
        })
        .await?;
    let may = ctx.may(Permission::VideoApprove);
    let content = Holds { form, again: &again, command_id: ctx.command_id().to_string(), holds, cameras, may };
    let failed = again.any();
    let page = Page::new("录像保全", &content).crumb("摄像机", "/video");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /video/holds`
pub async fn holds(ctx: Ctx) -> Answer {
    show(&ctx, &Form::default(), Again::default()).await
}

/// `POST /video/holds`
pub async fn hold(ctx: Ctx, mut form: Form) -> Answer {
    let camera: Uuid = form.id("camera", "摄像机");
    let from = form.moment("from", "开始时间");
    let until = form.moment("until", "结束时间");
    let act = ctx.act("video.hold", Purpose::Video, &form);
    let done = match form.finish(()) {
        Ok(()) => {
            actions::hold(
                &ctx.app,
                &act,
                camera,
                from.as_millisecond(),
                until.as_millisecond(),
                form.typed("reason"),
                None,
            )
            .await
        }
        Err(e) => Err(e),
    };
    match done {
        Ok(_) => go("/video/holds"),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /video/holds/{id}/release`
pub async fn release(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let act = ctx.act("video.release", Purpose::Video, &form);
    match actions::release(&ctx.app, &act, web::page::id(&id, "这项保全")?, form.typed("reason")).await {
        Ok(()) => go("/video/holds"),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}
