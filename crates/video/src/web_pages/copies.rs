//! 遮挡副本: regions placed on the playing film, the made copy looked at and let out.

use super::exports::{bytes, file_name};
use crate::actions::{self, Take};
use crate::model::{BlurCopy, CopyState, Export};
use crate::rules::{self, Row};
use crate::run::copies as files;
use crate::run::exports as originals;
use crate::store;
use askama::Template;
use axum::extract::Path;
use axum::response::IntoResponse;
use http::{HeaderMap, header};
use kernel::{Error, Permission, Purpose, Reader, Uuid};
use media::blur::Region;
use media::export::PartFacts;
use web::page::Again;
use web::{Answer, Ctx, Form, Page, page::go};

/// Empty rows below the filled ones.
const BLANK: usize = 3;

#[derive(Template)]
#[template(path = "copy.html")]
struct One<'a> {
    y: BlurCopy,
    x: Export,
    camera: String,
    /// The original's size, coding and length.
    what: String,
    seconds: String,
    newer: bool,
    rows: Vec<Row>,
    regions: usize,
    made: Option<(String, Vec<(String, String)>)>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    places: bool,
    decides: bool,
    mine: bool,
    sees: bool,
    most: usize,
    /// Why no copy can be made on this machine; or "".
    why_not: String,
    part: bool,
}

fn digests(p: &PartFacts) -> Vec<(String, String)> {
    p.digests.iter().map(|(a, d)| (a.to_uppercase().replace("SHA256", "SHA-256"), d.clone())).collect()
}

async fn load<'a>(ctx: &Ctx, id: Uuid, form: &'a Form, again: &'a Again) -> kernel::Result<One<'a>> {
    let look = ctx.look("video.copy", Purpose::Video);
    let (y, c, x) = actions::copy(&ctx.app, &look, id).await?;
    let name = async |r: &mut Reader| Ok(store::camera(r, c.camera_id).await?.camera.name);
    let camera = ctx.app.db().read(&look, name).await?;
    let p = actions::original(&c, y.part)?;
    let kept: Vec<Region> = serde_json::from_str(&y.regions).unwrap_or_default();
    let places = rules::may_place(&ctx.who, &y, &c).is_ok();
    let mut rows = if again.any() && form.has("rows", "1") { typed(form) } else { rules::rows_of(&kept) };
    rows.retain(|r| !r.is_empty());
    rows.resize((rows.len() + BLANK).min(rules::MOST_ROWS), Row::default());
    let made: Option<PartFacts> = serde_json::from_str(&y.facts).ok();
    let made = made.map(|p| {
        (format!("{}×{}，{}，{} 帧，{}", p.width, p.height, rules::codec(&p.codec), p.pictures, bytes(p.bytes)), digests(&p))
    });
    let leader = ctx.may(Permission::VideoApprove) && ctx.who.station == y.station_id;
    let why_not = match places {
        true => match actions::program(super::live(ctx).as_deref()).await {
            Err(Error::Refused(r)) => r.what.clone(),
            _ => String::new(),
        },
        false => String::new(),
    };
    Ok(One {
        camera,
        what: format!("{}×{}，{}，{}", p.width, p.height, rules::codec(&p.codec), bytes(p.bytes)),
        seconds: format!("{:.1}", actions::length(&p) as f64 / 1000.0),
        newer: rules::codec(&p.codec) == "H.265",
        rows,
        regions: kept.len(),
        made,
        form,
        again,
        command_id: ctx.command_id().to_string(),
        places,
        decides: leader && y.state == CopyState::Made && y.by_user != ctx.who.user,
        mine: y.by_user == ctx.who.user,
        sees: leader || y.by_user == ctx.who.user,
        most: rules::MOST_ROWS,
        why_not,
        part: false,
        y,
        x,
    })
}

async fn show(ctx: &Ctx, id: Uuid, form: &Form, again: Again) -> Answer {
    let content = load(ctx, id, form, &again).await?;
    let page = Page::new("遮挡副本", &content)
        .crumb("录像导出", "/video/exports")
        .crumb(content.x.number.clone(), format!("/video/exports/{}", content.x.id));
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /video/exports/copies/{id}`
pub async fn one(ctx: Ctx, Path(id): Path<String>) -> Answer {
    show(&ctx, web::page::id(&id, "这份遮挡副本")?, &Form::default(), Again::default()).await
}

/// `GET /video/exports/copies/{id}/live`
pub async fn live(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (form, again) = (Form::default(), Again::default());
    let content = One { part: true, ..load(&ctx, web::page::id(&id, "这份遮挡副本")?, &form, &again).await? };
    web::page::fragment(&content)
}

/// `POST /video/clips/{id}/copies`
pub async fn start(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "导出的文件")?;
    let part = form.number("part", "文件", 1..=200);
    let act = ctx.act("video.copy", Purpose::Video, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::start_copy(&ctx.app, &act, id, part - 1, &form.text("used_for")).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => go(format!("/video/exports/copies/{id}")),
        Err(e) => {
            let again = Again::from_error(e)?;
            let look = ctx.look("video.export", Purpose::Video);
            let clip = async |r: &mut Reader| store::clip(r, id).await;
            let export = ctx.app.db().read(&look, clip).await?.export_id;
            super::exports::show_one(&ctx, export, &form, again).await
        }
    }
}

/// The rows of the table as they were typed.
fn typed(form: &Form) -> Vec<Row> {
    let field = |n: usize, f: &str| form.text(&format!("{f}{n}"));
    (0..rules::MOST_ROWS)
        .map(|n| Row {
            region: field(n, "r"),
            at: field(n, "t"),
            x: field(n, "x"),
            y: field(n, "y"),
            w: field(n, "w"),
            h: field(n, "h"),
        })
        .collect()
}

/// `POST /video/exports/copies/{id}/regions`
pub async fn place(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这份遮挡副本")?;
    let version = form.number("version", "版本", 1..=i64::MAX);
    let act = ctx.act("video.copy_regions", Purpose::Video, &form);
    let live = super::live(&ctx);
    let make = form.typed("do") == "make";
    let done = match form.finish(()) {
        Ok(()) => actions::place(&ctx.app, &act, live.as_deref(), id, version, &typed(&form), make).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go(format!("/video/exports/copies/{id}")),
        Err(e) => show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /video/exports/copies/{id}/decide`
pub async fn decide(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这份遮挡副本")?;
    let act = ctx.act("video.copy_decide", Purpose::Video, &form);
    match actions::decide_copy(&ctx.app, &act, id, form.typed("do") == "approve", &form.text("answer")).await {
        Ok(()) => go(format!("/video/exports/copies/{id}")),
        Err(e) => show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

async fn send(ctx: Ctx, id: &str, headers: &HeaderMap, take: Take) -> Answer {
    let id: Uuid = web::page::id(id, "副本的文件")?;
    let live = super::live(&ctx);
    let look = ctx.look("video.copy", Purpose::Video);
    let data = ctx.app.settings().data.clone();
    let (y, c, _) = actions::copy(&ctx.app, &look, id).await?;
    let path = match take {
        Take::Original => originals::part(&data, c.id, usize::try_from(y.part).unwrap_or(0)),
        Take::Play | Take::Download => files::film(&data, &y),
    };
    // Opened before it is registered: what is not there was not seen.
    let file = tokio::fs::File::open(path).await.map_err(|_| Error::NotFound("副本的文件"))?;
    let (_, _, x, camera) = actions::take_copy(&ctx.app, &ctx.who, live.as_deref(), id, take).await?;
    let name = (take == Take::Download).then(|| format!("{}-blurred.mp4", file_name(&x, &camera.camera.number)));
    super::film::send(file, headers, name.as_deref()).await
}

/// `GET /video/exports/copies/{id}/original`: for the player; stands in the register.
pub async fn original(ctx: Ctx, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    send(ctx, &id, &headers, Take::Original).await
}

/// `GET /video/exports/copies/{id}/film`: for the player; stands in the register.
pub async fn film(ctx: Ctx, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    send(ctx, &id, &headers, Take::Play).await
}

/// `GET /video/exports/copies/{id}/download`: stands in the register, then the file.
pub async fn download(ctx: Ctx, Path(id): Path<String>) -> Answer {
    send(ctx, &id, &HeaderMap::new(), Take::Download).await
}

/// `GET /video/exports/copies/{id}/manifest`
pub async fn manifest(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (y, _, x) = actions::take_copy_manifest(&ctx.app, &ctx.who, web::page::id(&id, "副本的清单")?).await?;
    let path = files::manifest(&ctx.app.settings().data, &y);
    let text = tokio::fs::read(path).await.map_err(|_| Error::NotFound("副本的清单"))?;
    let head = [
        (header::CONTENT_TYPE, "application/json".to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.json\"", file_name(&x, "blurred"))),
        (header::CACHE_CONTROL, "no-store".to_string()),
    ];
    Ok((head, text).into_response())
}
