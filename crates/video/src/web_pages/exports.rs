//! 录像导出: asked for, approved by another person, made, downloaded.

use crate::model::{BlurCopy, Camera, Clip, ClipState, CopyState, Deed, Export, ExportForm, ExportState, Hold, Look, WatchPurpose, standing};
use crate::run::exports as files;
use crate::{actions, rules, store};
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::IntoResponse;
use http::header;
use kernel::{Error, Permission, Purpose, Reader, Uuid};
use media::export::Manifest;
use serde::Deserialize;
use web::page::Again;
use web::{Answer, Ctx, Form, Page, page::go};

/// Filled in by a link: from a replay its watch, cameras and span.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    station: String,
    watch: String,
    /// Ids with commas.
    cameras: String,
    /// Milliseconds since 1970, or as a person types it.
    from: String,
    until: String,
    incident: String,
}

struct Line {
    x: Export,
    cameras: String,
    stands: &'static str,
    badge: &'static str,
}

#[derive(Template)]
#[template(path = "exports.html")]
struct List<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    lines: Vec<Line>,
    cameras: Vec<Camera>,
    purposes: Vec<WatchPurpose>,
    may: bool,
    all: bool,
    needs: bool,
    days: i64,
}

fn badge(stands: &str) -> &'static str {
    match stands {
        "可以下载" => "badge--ok",
        "没有做成" | "部分可以下载" | "未批准" => "badge--warn",
        _ => "",
    }
}

async fn show(ctx: &Ctx, station: &str, form: &Form, again: Again) -> Answer {
    let look = ctx.look("video.exports", Purpose::Video);
    let all = ctx.may(Permission::VideoApprove) || ctx.may(Permission::VideoLog);
    let (cameras, rights, exports, clips) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let station = super::station_for(r, &ctx.who, station).await?.1.id;
            let exports = store::exports(r, station, (!all).then_some(ctx.who.user)).await?;
            let ids: Vec<Uuid> = exports.iter().map(|x| x.id).collect();
            let clips = store::clips_of(r, &ids).await?;
            Ok((store::cameras(r, station, true).await?, store::rights(r, station).await?, exports, clips))
        })
        .await?;
    let lines = exports
        .into_iter()
        .map(|x| {
            let of: Vec<&Clip> = clips.iter().filter(|c| c.export_id == x.id).collect();
            let states: Vec<ClipState> = of.iter().map(|c| c.state).collect();
            let name = |c: &&Clip| cameras.iter().find(|w| w.camera.id == c.camera_id).map(|w| w.camera.name.clone());
            let names: Vec<String> = of.iter().take(3).filter_map(name).collect();
            let more = if of.len() > 3 { format!("等 {} 台", of.len()) } else { String::new() };
            let stands = standing(x.state, &states);
            Line { cameras: format!("{}{more}", names.join("、")), stands, badge: badge(stands), x }
        })
        .collect();
    let open = |c: &Camera| c.ended_at.is_none() && rules::may(&ctx.who, c, &rights, Deed::Export).is_ok();
    let mut cameras: Vec<Camera> = cameras.iter().map(|w| w.camera.clone()).filter(open).collect();
    // What was chosen stands first, where it is seen.
    cameras.sort_by_key(|c| !form.has("camera", &c.id.to_string()));
    let rules = ctx.app.rules();
    let content = List {
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
        lines,
        cameras,
        purposes: rules::purposes_of_taking(),
        may: ctx.may(Permission::VideoExport),
        all,
        needs: rules.flag("video.export_needs_approval", ctx.app.today())?,
        days: rules.int("video.export_keep_days", ctx.app.today())?,
    };
    let failed = again.any();
    let mut page = Page::new("录像导出", &content).crumb("摄像机", "/video");
    if ctx.may(Permission::VideoReplay) {
        page = page.action("录像保全", "/video/holds");
    }
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// A moment for a field: milliseconds of a link, or what was typed.
fn moment(text: &str) -> String {
    text.parse::<i64>().map_or_else(|_| text.to_string(), |ms| super::second(ms).replace(' ', "T"))
}

/// `GET /video/exports`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let mut form = Form::of([("from", moment(&a.from)), ("until", moment(&a.until)), ("incident", a.incident.clone())]);
    a.cameras.split(',').filter(|c| !c.is_empty()).take(rules::MOST_CAMERAS).for_each(|c| form.add("camera", c));
    if !a.incident.is_empty() {
        form.set("purpose", WatchPurpose::Incident.code());
    }
    // A watch that is over, another person's, or one that serves a visitor fills in nothing.
    if let Ok(id) = a.watch.parse::<Uuid>()
        && let Ok(w) = actions::watch(&ctx.app, &ctx.who, id).await
        && rules::may_take(w.purpose).is_ok()
    {
        form.set("purpose", w.purpose.code());
        form.set("incident", w.incident_number);
        form.set("reason", w.reason);
    }
    show(&ctx, &a.station, &form, Again::default()).await
}

/// `POST /video/exports`
pub async fn ask(ctx: Ctx, mut form: Form) -> Answer {
    let from = form.moment("from", "开始时间");
    let until = form.moment("until", "结束时间");
    let mut cameras: Vec<Uuid> = form.every("camera").iter().filter_map(|c| c.parse().ok()).collect();
    cameras.sort();
    cameras.dedup();
    let wanted = ExportForm {
        cameras,
        from_ms: from.as_millisecond(),
        to_ms: until.as_millisecond(),
        purpose: WatchPurpose::from_code(form.typed("purpose")),
        reason: form.text("reason"),
        incident: form.text("incident"),
    };
    let act = ctx.act("video.export_ask", Purpose::Video, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::ask_export(&ctx.app, &act, wanted).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => go(format!("/video/exports/{id}")),
        Err(e) => show(&ctx, "", &form, Again::from_error(e)?).await,
    }
}

struct Gap {
    from: String,
    to: String,
    long: String,
}

struct Part {
    n: usize,
    what: String,
    digests: Vec<(String, String)>,
}

struct Film {
    c: Clip,
    camera: String,
    parts: Vec<Part>,
    gaps: Vec<Gap>,
    size: String,
    badge: &'static str,
}

#[derive(Template)]
#[template(path = "export.html")]
struct One<'a> {
    x: Export,
    films: Vec<Film>,
    stands: &'static str,
    badge: &'static str,
    downloads: Vec<(Look, String)>,
    holds: Vec<(Hold, String, String)>,
    copies: Vec<(BlurCopy, String)>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    decides: bool,
    mine: bool,
    approves: bool,
    days: i64,
    /// There is a film of which a copy can be made.
    publishes: bool,
    part: bool,
}

fn film(c: Clip, camera: String) -> Film {
    let facts: Option<Manifest> = serde_json::from_str(&c.facts).ok();
    let parts = facts.iter().flat_map(|m| &m.parts).enumerate();
    let parts = parts
        .map(|(n, p)| Part {
            n,
            what: format!("{}×{}，{}，{} 帧，{}", p.width, p.height, rules::codec(&p.codec), p.pictures, bytes(p.bytes)),
            digests: p.digests.iter().map(|(a, d)| (a.to_uppercase().replace("SHA256", "SHA-256"), d.clone())).collect(),
        })
        .collect();
    let gaps = facts.iter().flat_map(|m| &m.gaps).map(|g| Gap {
        from: super::second(g.from_ms),
        to: super::second(g.to_ms),
        long: rules::length((g.to_ms - g.from_ms).max(1000)),
    });
    let badge = match c.state {
        ClipState::Ready => "badge--ok",
        ClipState::Failed => "badge--danger",
        _ => "",
    };
    Film { gaps: gaps.collect(), parts, size: bytes(u64::try_from(c.bytes).unwrap_or(0)), badge, c, camera }
}

/// `3.4 MB`, `0.1 MB`.
pub fn bytes(n: u64) -> String {
    let mb = n as f64 / 1_048_576.0;
    if mb >= 1024.0 { format!("{:.2} GB", mb / 1024.0) } else { format!("{:.1} MB", mb.max(0.1)) }
}

async fn load<'a>(ctx: &Ctx, id: Uuid, form: &'a Form, again: &'a Again) -> kernel::Result<One<'a>> {
    let look = ctx.look("video.export", Purpose::Video);
    let (x, clips) = actions::export(&ctx.app, &look, id).await?;
    let cameras: Vec<Uuid> = clips.iter().map(|c| c.camera_id).collect();
    let (names, looks, holds, people, copies) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let mut names: Vec<(Uuid, String)> = vec![];
            for c in &cameras {
                names.push((*c, store::camera(r, *c).await?.camera.name));
            }
            let own: Vec<Option<Uuid>> = clips.iter().map(|c| c.hold_id).collect();
            let mut holds = store::holds_within(r, &cameras, x.from_ms, x.to_ms).await?;
            // What the program keeps until the film is made is no legal hold.
            holds.retain(|h| !own.contains(&Some(h.id)));
            let users: Vec<_> = holds.iter().map(|h| h.by_user).collect();
            let people = identity::store::names(r, &users).await?;
            let ids: Vec<Uuid> = clips.iter().map(|c| c.id).collect();
            let copies = store::copies_of(r, &ids).await?;
            Ok((names, store::downloads(r, x.watch_id).await?, holds, people, copies))
        })
        .await?;
    let name = |id: Uuid| names.iter().find(|n| n.0 == id).map_or("—".to_string(), |n| n.1.clone());
    let by = |h: &Hold| people.iter().find(|p| p.0 == h.by_user).map_or("—".to_string(), |p| p.1.clone());
    let camera_of = |clip: Uuid| clips.iter().find(|c| c.id == clip).map_or(Uuid::nil(), |c| c.camera_id);
    let copies = copies.into_iter().map(|y| (name(camera_of(y.clip_id)), y)).map(|(n, y)| (y, n)).collect();
    let states: Vec<ClipState> = clips.iter().map(|c| c.state).collect();
    let stands = standing(x.state, &states);
    let approves = ctx.may(Permission::VideoApprove) && ctx.who.station == x.station_id;
    Ok(One {
        stands,
        badge: badge(stands),
        films: clips.into_iter().map(|c| (name(c.camera_id), c)).map(|(n, c)| film(c, n)).collect(),
        downloads: looks.into_iter().map(|l| (name(l.camera_id), l)).map(|(n, l)| (l, n)).collect(),
        holds: holds.into_iter().map(|h| (name(h.camera_id), by(&h), h)).map(|(n, by, h)| (h, n, by)).collect(),
        copies,
        form,
        again,
        command_id: ctx.command_id().to_string(),
        decides: x.state == ExportState::Asked && approves && x.by_user != ctx.who.user,
        mine: x.by_user == ctx.who.user,
        approves,
        days: ctx.app.rules().int("video.export_keep_days", ctx.app.today())?,
        publishes: states.contains(&ClipState::Ready),
        x,
        part: false,
    })
}

pub async fn show_one(ctx: &Ctx, id: Uuid, form: &Form, again: Again) -> Answer {
    let content = load(ctx, id, form, &again).await?;
    let page = Page::new(format!("录像导出 {}", content.x.number), &content).crumb("录像导出", "/video/exports");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /video/exports/{id}`
pub async fn one(ctx: Ctx, Path(id): Path<String>) -> Answer {
    show_one(&ctx, web::page::id(&id, "这次导出")?, &Form::default(), Again::default()).await
}

/// `GET /video/exports/{id}/live`
pub async fn live(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (form, again) = (Form::default(), Again::default());
    let content = One { part: true, ..load(&ctx, web::page::id(&id, "这次导出")?, &form, &again).await? };
    web::page::fragment(&content)
}

/// `POST /video/exports/{id}/decide`
pub async fn decide(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = web::page::id(&id, "这次导出")?;
    let act = ctx.act("video.export_decide", Purpose::Video, &form);
    match actions::decide_export(&ctx.app, &act, id, form.typed("do") == "approve", &form.text("answer")).await {
        Ok(()) => go(format!("/video/exports/{id}")),
        Err(e) => show_one(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /video/exports/{id}/hold`
pub async fn hold(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = web::page::id(&id, "这次导出")?;
    let act = ctx.act("video.hold", Purpose::Video, &form);
    match actions::hold_export(&ctx.app, &act, id, &form.text("hold_reason")).await {
        Ok(()) => go(format!("/video/exports/{id}")),
        Err(e) => show_one(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /video/clips/{id}/again`: a film that could not be made is made once more.
pub async fn again(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "导出的文件")?;
    let act = ctx.act("video.export_again", Purpose::Video, &form);
    match actions::make_again(&ctx.app, &act, id).await {
        Ok(x) => go(format!("/video/exports/{}", x.id)),
        Err(e) => {
            let again = Again::from_error(e)?;
            let look = ctx.look("video.export", Purpose::Video);
            let clip = async |r: &mut Reader| store::clip(r, id).await;
            let export = ctx.app.db().read(&look, clip).await?.export_id;
            show_one(&ctx, export, &form, again).await
        }
    }
}

/// `视导〔2026〕3号` of camera ZY-001 → `2026-3-ZY-001`: a name that every file system takes.
pub fn file_name(x: &Export, camera: &str) -> String {
    let digits: Vec<&str> = x.number.split(|c: char| !c.is_ascii_digit()).filter(|d| !d.is_empty()).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("{}-{}", digits.join("-"), camera.chars().map(plain).collect::<String>())
}

/// `GET /video/clips/{id}/parts/{n}`: stands in the register, then the file. Parts count from 1.
pub async fn download(ctx: Ctx, Path((id, n)): Path<(String, usize)>) -> Answer {
    let id: Uuid = web::page::id(&id, "导出的文件")?;
    let n = n.checked_sub(1).ok_or(Error::NotFound("导出的文件"))?;
    // Opened before it is registered: what is not there was not taken.
    let path = files::part(&ctx.app.settings().data, id, n);
    let file = tokio::fs::File::open(path).await;
    let (x, _, camera) = match file {
        Ok(_) => actions::take_clip(&ctx.app, &ctx.who, id).await?,
        Err(_) => return Err(Error::NotFound("导出的文件").into()),
    };
    let file = file.map_err(Error::internal)?;
    let name = format!("{}-{}.mp4", file_name(&x, &camera.camera.number), n + 1);
    super::film::send(file, &http::HeaderMap::new(), Some(&name)).await
}

/// `GET /video/clips/{id}/manifest`: what the files are, signed.
pub async fn manifest(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "清单")?;
    let (x, c) = actions::take_manifest(&ctx.app, &ctx.who, id).await?;
    let path = files::manifest(&ctx.app.settings().data, c.id);
    let text = tokio::fs::read(path).await.map_err(|_| Error::NotFound("清单"))?;
    let look = ctx.look("video.export", Purpose::Video);
    let camera = ctx.app.db().read(&look, async |r: &mut Reader| store::camera(r, c.camera_id).await).await?.camera;
    let name = file_name(&x, &camera.number);
    let head = [
        (header::CONTENT_TYPE, "application/json".to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.json\"")),
        (header::CACHE_CONTROL, "no-store".to_string()),
    ];
    Ok((head, text).into_response())
}
