//! The list with its tree, and one camera.

use super::{Branch, Condition, condition, live, rate, seen, size, station_for, tree, with_children};
use crate::model::{Alarm, Camera, Hold, Right, Stream, Whole};
use crate::store;
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Error, Permission, Purpose, Reader, Role, Timestamp, ToSpan, Uuid};
use serde::Deserialize;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

/// What the list is asked.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    pub station: String,
    pub group: String,
    pub q: String,
    pub ended: String,
}

struct Line {
    camera: Camera,
    streams: String,
    now: Condition,
    group: String,
    unfiled: bool,
}

#[derive(Template)]
#[template(path = "cameras.html")]
struct List {
    a: Asked,
    lines: Vec<Line>,
    branches: Vec<Branch>,
    stations: Vec<places::model::Station>,
    station: places::model::Station,
    counts: (usize, usize),
    why_not: String,
    admin: bool,
}

/// `GET /video`
pub async fn list(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let look = ctx.look("video.cameras", Purpose::Video);
    let ended = a.ended == "1";
    let (stations, station, cameras, groups) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (stations, station) = station_for(r, &ctx.who, &a.station).await?;
            let cameras = store::cameras(r, station.id, ended).await?;
            let groups = store::groups(r, station.id).await?;
            Ok((stations, station, cameras, groups))
        })
        .await?;
    let estate = live(&ctx);
    let branches = tree(&groups);
    let within = a.group.parse::<Uuid>().ok().map(|g| with_children(&groups, g));
    let q = a.q.trim().to_lowercase();
    let mut lines: Vec<Line> = vec![];
    for w in cameras {
        let c = &w.camera;
        if within.as_ref().is_some_and(|g| !c.group_id.is_some_and(|x| g.contains(&x))) {
            continue;
        }
        if !q.is_empty() && ![&c.name, &c.number, &c.place].iter().any(|t| t.to_lowercase().contains(&q)) {
            continue;
        }
        let streams: Vec<String> =
            w.streams.iter().map(|s| format!("{}{}", s.kind.label(), if s.record { "（录）" } else { "" })).collect();
        let now = condition(estate.as_ref(), &w);
        let group =
            c.group_id.and_then(|g| branches.iter().find(|b| b.id == g)).map_or(String::new(), |b| b.path.clone());
        let unfiled = c.filing_number.is_empty();
        lines.push(Line { streams: streams.join("、"), now, group, unfiled, camera: w.camera });
    }
    let counts = (lines.iter().filter(|l| l.now.badge == "badge--ok").count(), lines.len());
    let why_not = estate.as_ref().map_or(String::new(), |l| l.why_not());
    let admin = ctx.may(Permission::VideoAdmin);
    let content = List { a, lines, branches, stations, station, counts, why_not, admin };
    let mut page = Page::new("摄像机", &content);
    if admin {
        page = page
            .action("登记摄像机", format!("/video/cameras/new?station={}", content.station.id))
            .action("网段和分组", "/video/setup");
        if ctx.may(Permission::DataImport) {
            page = page.action("批量导入", "/exchange/import");
        }
    } else if ctx.may(Permission::VideoSee) {
        page = page.action("监控墙", "/video/wall");
    }
    page.show(&ctx)
}

struct StreamView {
    s: Stream,
    now: String,
    /// Coding and size, and the usual ones where these are others.
    picture: String,
    rate: String,
    kept: String,
    since: String,
}

struct RightView {
    role: Role,
    right: Right,
}

struct HoldView {
    h: Hold,
    by: String,
}

#[derive(Template)]
#[template(path = "camera.html")]
struct One<'a> {
    w: Whole,
    place_kind: String,
    group: String,
    now: Condition,
    streams: Vec<StreamView>,
    /// The camera offers sound.
    sound: bool,
    rights: Vec<RightView>,
    alarms: Vec<Alarm>,
    holds: Vec<HoldView>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    admin: bool,
    grants: bool,
    sees: bool,
    exports: bool,
    /// The filing is still to be changed because the camera is no longer there.
    owes_end: bool,
}

/// Roles that can hold rights of a camera: those whose role lets them watch.
pub fn watchers() -> Vec<Role> {
    Role::ACCOUNTS.iter().copied().filter(|r| r.may(Permission::VideoSee)).collect()
}

/// The page of a camera; `form` and `again` are those of a refused form on it.
pub(super) async fn show(ctx: &Ctx, id: Uuid, form: &Form, again: Again) -> Answer {
    let look = ctx.look("video.camera", Purpose::Video);
    let since: Timestamp = ctx.now() - (24 * 30).hours();
    let (w, groups, rights, alarms, holds, kept, names) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let w = store::camera(r, id).await?;
            if !ctx.who.reach().houses(w.camera.station_id) {
                return Err(Error::NotFound("这台摄像机"));
            }
            let station = w.camera.station_id;
            let groups = store::groups(r, station).await?;
            let rights = store::rights_of(r, &[id]).await?;
            let mut alarms = store::alarms(r, station, since).await?;
            alarms.retain(|a| a.camera_id == Some(id));
            alarms.truncate(20);
            let mut holds = store::holds(r, station).await?;
            holds.retain(|h| h.camera_id == id);
            let kept = store::kept(r, station).await?;
            let users: Vec<_> = holds.iter().map(|h| h.by_user).collect();
            let names = identity::store::names(r, &users).await?;
            Ok((w, groups, rights, alarms, holds, kept, names))
        })
        .await?;
    let estate = live(ctx);
    let sound = w.streams.iter().any(|s| seen(estate.as_ref(), s.id).is_some_and(|n| n.sound));
    let streams = w
        .streams
        .iter()
        .map(|s| {
            let now = seen(estate.as_ref(), s.id);
            let k = kept.iter().find(|k| k.stream_id == s.id);
            StreamView {
                now: estate
                    .as_ref()
                    .and_then(|l| l.problem(s.id))
                    .unwrap_or_else(|| now.as_ref().map_or("—".into(), |n| n.words.clone())),
                picture: now.as_ref().map_or(String::new(), |n| match &n.other_than {
                    Some(usual) => format!("{}（平时 {usual}）", n.picture),
                    None => n.picture.clone(),
                }),
                rate: now.map_or("—".into(), |n| rate(n.bit_rate)),
                kept: k.map_or("还没有".into(), |k| format!("{}，{} 个文件", size(k.bytes), k.files)),
                since: k.map_or("—".into(), |k| super::second(k.oldest_ms)),
                s: s.clone(),
            }
        })
        .collect();
    let views = watchers().into_iter().map(|role| RightView {
        role,
        right: rights.iter().find(|x| x.role == role).cloned().unwrap_or(Right {
            camera_id: id,
            role,
            live: false,
            replay: false,
            export: false,
        }),
    });
    let rules = ctx.app.rules();
    let admin = ctx.may(Permission::VideoAdmin);
    let grants = ctx.may(Permission::GrantAdmin);
    let content = One {
        place_kind: rules.name("video.place_kind", &w.camera.place_kind).to_string(),
        group: w
            .camera
            .group_id
            .and_then(|g| tree(&groups).into_iter().find(|b| b.id == g))
            .map_or("未分组".into(), |b| b.path),
        now: condition(estate.as_ref(), &w),
        streams,
        sound,
        rights: views.collect(),
        alarms,
        holds: holds
            .into_iter()
            .map(|h| HoldView { by: names.iter().find(|n| n.0 == h.by_user).map_or("—".into(), |n| n.1.clone()), h })
            .collect(),
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
        admin,
        grants,
        sees: ctx.may(Permission::VideoSee),
        exports: ctx.may(Permission::VideoExport),
        owes_end: crate::rules::owes_end(&w.camera),
        w,
    };
    let failed = again.any();
    let mut page = Page::new(content.w.camera.name.clone(), &content).crumb("摄像机", "/video");
    if admin && content.w.camera.ended_at.is_none() {
        page = page.action("修改", format!("/video/cameras/{id}/edit"));
    }
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /video/cameras/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id = web::page::id(&id, "这台摄像机")?;
    show(&ctx, id, &Form::default(), Again::default()).await
}
