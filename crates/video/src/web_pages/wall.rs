//! 监控墙: the purpose is asked once, then the cameras; the pictures come over the live socket.

use super::{Branch, live, tree};
use crate::model::{Deed, NewVisitor, Relation, StreamKind, Watch, WatchPurpose, Whole};
use crate::{actions, rules, store};
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::IntoResponse;
use http::StatusCode;
use kernel::{Error, Purpose, Reader, Uuid};
use serde::Deserialize;
use web::page::{Again, Frame};
use web::{Answer, Ctx, Form, Page, page::go};

/// What the wall is asked.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    watch: String,
    size: String,
    group: String,
    camera: String,
    incident: String,
}

struct Entry {
    id: Uuid,
    name: String,
    place: String,
    main: String,
    small: String,
    group: String,
    /// Marks the camera as the one that was asked for.
    first: bool,
}

struct Room {
    branch: Option<Branch>,
    entries: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "wall.html")]
struct Wall {
    watch: Watch,
    mark: String,
    size: u8,
    rooms: Vec<Room>,
    group: String,
    first: String,
    many: usize,
    why_not: String,
    replay: bool,
    /// Pictures may be kept.
    takes: bool,
    command_id: String,
}

#[derive(Template)]
#[template(path = "wall_purpose.html")]
struct Ask<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    purposes: &'static [WatchPurpose],
    relations: &'static [Relation],
}

/// The form that asks for the purpose. `next` is where it leads.
pub fn ask(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let content = Ask { form, again: &again, command_id: ctx.command_id().to_string(), purposes: WatchPurpose::ALL, relations: Relation::ALL };
    let failed = again.any();
    let page = Page::new(if form.typed("to") == "replay" { "录像回放" } else { "监控墙" }, &content);
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

fn carried(a: &Asked) -> Vec<(&'static str, String)> {
    [("size", &a.size), ("group", &a.group), ("camera", &a.camera)]
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| (k, v.clone()))
        .collect()
}

/// `GET /video/wall`: asks for the purpose, or shows the cameras of a running watch.
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let blank = |a: &Asked| {
        let purpose = if a.incident.is_empty() { "patrol" } else { "incident" };
        let mut form = Form::of([("purpose", purpose.to_string()), ("incident", a.incident.clone())]);
        carried(a).into_iter().for_each(|(k, v)| form.set(k, v));
        form
    };
    if a.watch.is_empty() {
        return ask(&ctx, &blank(&a), Again::default());
    }
    let watch = match actions::watch(&ctx.app, &ctx.who, web::page::id(&a.watch, "这次调阅")?).await {
        Ok(w) => w,
        Err(e @ Error::Refused(_)) => return ask(&ctx, &blank(&a), Again::from_error(e)?),
        Err(e) => return Err(e.into()),
    };
    let look = ctx.look("video.wall", Purpose::Video);
    let station = ctx.who.station;
    let (cameras, rights, groups) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            Ok((
                store::cameras(r, station, false).await?,
                store::rights(r, station).await?,
                store::groups(r, station).await?,
            ))
        })
        .await?;
    let open: Vec<Whole> =
        cameras.into_iter().filter(|w| rules::may(&ctx.who, &w.camera, &rights, Deed::Live).is_ok()).collect();
    let many = open.len();
    let branches = tree(&groups);
    let mut rooms: Vec<Room> = branches.iter().map(|b| Room { branch: Some(b.clone()), entries: vec![] }).collect();
    rooms.push(Room { branch: None, entries: vec![] });
    for w in &open {
        let at = branches.iter().position(|b| Some(b.id) == w.camera.group_id).unwrap_or(branches.len());
        let id = |k: StreamKind| {
            if k == StreamKind::Sub { w.small() } else { w.stream(k) }.map_or(String::new(), |s| s.id.to_string())
        };
        rooms[at].entries.push(Entry {
            id: w.camera.id,
            name: w.camera.name.clone(),
            place: w.camera.place.clone(),
            main: id(StreamKind::Main),
            small: id(StreamKind::Sub),
            group: branches.get(at).map_or(String::new(), |b| b.id.to_string()),
            first: a.camera == w.camera.id.to_string(),
        });
    }
    rooms.retain(|r| r.branch.is_some() || !r.entries.is_empty());
    let size = match a.size.as_str() {
        "1" => 1,
        "4" => 4,
        "16" => 16,
        "9" => 9,
        _ if many <= 1 => 1,
        _ if many <= 4 => 4,
        _ => 9,
    };
    let why_not = live(&ctx).map_or("这个进程没有接入摄像机。".to_string(), |l| l.why_not());
    let content = Wall {
        mark: mark(&ctx, &watch),
        size,
        rooms,
        group: a.group,
        first: a.camera,
        many,
        why_not,
        replay: ctx.may(kernel::Permission::VideoReplay),
        takes: rules::may_take(watch.purpose).is_ok(),
        command_id: ctx.command_id().to_string(),
        watch,
    };
    Page::new("监控墙", &content).frame(Frame::Command).show(&ctx)
}

/// What stands on every tile: who, unit, why.
pub fn mark(ctx: &Ctx, w: &Watch) -> String {
    let mut words =
        vec![format!("{} {}", ctx.who.unit, ctx.who.name).trim().to_string(), w.purpose.label().to_string()];
    if !w.incident_number.is_empty() {
        words.push(w.incident_number.clone());
    }
    if !w.reason.is_empty() {
        words.push(kernel::text::cut(&w.reason, 24));
    }
    words.join(" · ")
}

/// `POST /video/watch`
pub async fn start(ctx: Ctx, form: Form) -> Answer {
    let act = ctx.act("video.watch", Purpose::Video, &form);
    let purpose = WatchPurpose::from_code(form.typed("purpose"));
    let visitor = NewVisitor {
        name: form.text("visitor_name"),
        relation: Relation::from_code(form.typed("visitor_relation")),
        about: form.text("visitor_about"),
        allowed_by: form.text("visitor_allowed_by"),
        checked: form.yes("visitor_checked"),
        told: form.yes("visitor_told"),
    };
    match actions::start_watch(&ctx.app, &act, purpose, &form.text("reason"), &form.text("incident"), &visitor).await {
        Ok(id) => {
            let mut to = vec![("watch", id.to_string())];
            to.extend(
                ["size", "group", "camera", "cameras", "at"]
                    .into_iter()
                    .filter(|k| !form.typed(k).is_empty())
                    .map(|k| (k, form.text(k))),
            );
            let query: Vec<String> = to
                .into_iter()
                .map(|(k, v)| {
                    format!(
                        "{k}={}",
                        v.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | ',')).collect::<String>()
                    )
                })
                .collect();
            go(format!("/video/{}?{}", if form.typed("to") == "replay" { "replay" } else { "wall" }, query.join("&")))
        }
        Err(e) => ask(&ctx, &form, Again::from_error(e)?),
    }
}

/// `POST /video/watch/{id}/end`
pub async fn end(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let act = ctx.act("video.watch_end", Purpose::Video, &form);
    match actions::end_watch(&ctx.app, &act, web::page::id(&id, "这次调阅")?).await {
        // Ended by time already: what the person wants is so.
        Ok(()) | Err(Error::Refused(_)) => go("/video"),
        Err(e) => Err(e.into()),
    }
}

/// `POST /video/watch/{id}/snapshot`: the picture is made by the page, after it stands in the register.
pub async fn snapshot(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let camera: Uuid = form.id("camera", "摄像机");
    form.finish(())?;
    actions::snapshot(&ctx.app, &ctx.who, web::page::id(&id, "这次调阅")?, camera).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
