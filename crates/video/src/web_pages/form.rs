//! The form of a camera.

use super::{Branch, cameras, station_for, tree};
use crate::model::{CameraForm, DeviceKind, StreamForm, StreamKind};
use crate::{actions, store};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Error, Purpose, Reader, StationId, Uuid, text};
use web::page::Again;
use web::{Answer, Ctx, Form, Page, page::go};

struct Choice {
    code: String,
    name: String,
}

#[derive(Template)]
#[template(path = "camera_form.html")]
struct FormPage<'a> {
    path: String,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    branches: Vec<Branch>,
    kinds: Vec<Choice>,
    forbidden: Vec<Choice>,
    devices: &'static [DeviceKind],
    networks: String,
    existing: bool,
    has_password: bool,
    station: String,
    station_id: StationId,
}

async fn show(ctx: &Ctx, station: StationId, id: Option<Uuid>, form: &Form, again: Again) -> Answer {
    let look = ctx.look("video.camera_form", Purpose::Administration);
    let (groups, networks, has_password, name) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let has = match id {
                Some(id) => store::camera(r, id).await?.camera.sign_in_password.is_some(),
                None => false,
            };
            let name = places::store::station(r, station).await?.name;
            Ok((store::groups(r, station).await?, store::networks(r, station).await?, has, name))
        })
        .await?;
    let rules = ctx.app.rules();
    let list = |l: &str| {
        rules
            .list(l, ctx.app.today())
            .into_iter()
            .map(|c| Choice { code: c.code.clone(), name: c.name.clone() })
            .collect()
    };
    let content = FormPage {
        path: id.map_or(format!("/video/cameras/new?station={station}"), |id| format!("/video/cameras/{id}/edit")),
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
        branches: tree(&groups),
        kinds: list("video.place_kind"),
        forbidden: list("video.forbidden_place"),
        devices: DeviceKind::ALL,
        networks: networks.iter().map(|n| format!("{}（{}）", n.network, n.note)).collect::<Vec<_>>().join("、"),
        existing: id.is_some(),
        has_password,
        station: name,
        station_id: station,
    };
    let failed = again.any();
    let page = Page::new(if id.is_some() { "修改摄像机" } else { "登记摄像机" }, &content).crumb("摄像机", "/video");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

async fn chosen(ctx: &Ctx, asked: &str) -> kernel::Result<StationId> {
    let look = ctx.look("video.camera_form", Purpose::Administration);
    ctx.app.db().read(&look, async |r: &mut Reader| Ok(station_for(r, &ctx.who, asked).await?.1.id)).await
}

/// `GET /video/cameras/new`
pub async fn new_page(ctx: Ctx, Query(a): Query<cameras::Asked>) -> Answer {
    let station = chosen(&ctx, &a.station).await?;
    let days = ctx.app.rules().int("retention.public_video.min_days", ctx.app.today())?;
    let form = Form::of([
        ("keep_days", days.to_string()),
        ("device_kind", "dome".into()),
        ("main_record", "1".into()),
        ("main_quota", "660000".into()),
        ("sub_record", "1".into()),
        ("sub_quota", "130000".into()),
    ]);
    show(&ctx, station, None, &form, Again::default()).await
}

fn number(form: &mut Form, field: &str, label: &str) -> Option<i64> {
    let typed = text::fold(form.typed(field));
    if typed.trim().is_empty() {
        return None;
    }
    let read = typed.trim().parse().ok();
    if read.is_none() {
        form.errors.add(field, format!("{label}应写成整数。"));
    }
    read
}

fn decimal(form: &mut Form, field: &str, label: &str) -> Option<f64> {
    let typed = text::fold(form.typed(field));
    if typed.trim().is_empty() {
        return None;
    }
    let read = typed.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    if read.is_none() {
        form.errors.add(field, format!("{label}应写成小数，例如 119.736512。"));
    }
    read
}

fn stream(form: &mut Form, prefix: &str, label: &str) -> StreamForm {
    let url = form.typed(&format!("{prefix}_url")).trim().to_string();
    let record = form.yes(&format!("{prefix}_record"));
    let quota_mb = if record && !url.is_empty() {
        number(form, &format!("{prefix}_quota"), &format!("{label}的容量")).unwrap_or(0)
    } else {
        10
    };
    StreamForm { url, record, quota_mb }
}

fn read(form: &mut Form) -> CameraForm {
    let keep_days = number(form, "keep_days", "存储期限").unwrap_or(0);
    CameraForm {
        number: text::fold(form.typed("number")).trim().to_uppercase(),
        name: form.text("name"),
        place: form.text("place"),
        place_kind: form.text("place_kind"),
        outside: form.yes("outside"),
        building_id: form.optional_id("building"),
        lon: decimal(form, "lon", "经度"),
        lat: decimal(form, "lat", "纬度"),
        direction: number(form, "direction", "朝向"),
        view_angle: number(form, "view_angle", "视场角"),
        reach_m: number(form, "reach_m", "可视距离"),
        group_id: form.optional_id("group"),
        keep_days,
        filing_unit: form.text("filing_unit"),
        filing_number: form.text("filing_number"),
        filing_day: form.optional_date("filing_day", "备案日期"),
        in_use_day: form.optional_date("in_use_day", "投入使用日期"),
        device_kind: DeviceKind::from_code(form.typed("device_kind")),
        sign_in_name: form.typed("sign_in_name").trim().to_string(),
        sign_in_password: form.typed("sign_in_password").to_string(),
        main: stream(form, "main", "主码流"),
        sub: stream(form, "sub", "子码流"),
    }
}

/// A password is never sent back to the page, not even to the one who typed it.
fn forget_password(form: &mut Form) {
    form.set("sign_in_password", "");
}

/// `POST /video/cameras/new`
pub async fn new(ctx: Ctx, Query(a): Query<cameras::Asked>, mut form: Form) -> Answer {
    let station = chosen(&ctx, &a.station).await?;
    let f = read(&mut form);
    let act = ctx.act("video.register", Purpose::Administration, &form);
    let done = match form.finish(f) {
        Ok(f) => actions::register(&ctx.app, &act, station, f).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => go(format!("/video/cameras/{id}")),
        Err(e) => {
            forget_password(&mut form);
            show(&ctx, station, None, &form, Again::from_error(e)?).await
        }
    }
}

/// `GET /video/cameras/{id}/edit`
pub async fn edit_page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "这台摄像机")?;
    let look = ctx.look("video.camera_form", Purpose::Administration);
    let w = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let w = store::camera(r, id).await?;
            if !ctx.who.reach().houses(w.camera.station_id) || w.camera.ended_at.is_some() {
                return Err(Error::NotFound("这台摄像机"));
            }
            Ok(w)
        })
        .await?;
    let c = &w.camera;
    let opt = |v: Option<String>| v.unwrap_or_default();
    let mut form = Form::of([
        ("version", c.version.to_string()),
        ("number", c.number.clone()),
        ("name", c.name.clone()),
        ("place", c.place.clone()),
        ("place_kind", c.place_kind.clone()),
        (
            "outside",
            if crate::rules::private_word(&format!("{} {}", c.name, c.place)).is_some() { "1" } else { "" }.into(),
        ),
        ("building", opt(c.building_id.map(|b| b.to_string()))),
        ("lon", opt(c.lon.map(|x| x.to_string()))),
        ("lat", opt(c.lat.map(|x| x.to_string()))),
        ("direction", opt(c.direction.map(|x| x.to_string()))),
        ("view_angle", opt(c.view_angle.map(|x| x.to_string()))),
        ("reach_m", opt(c.reach_m.map(|x| x.to_string()))),
        ("group", opt(c.group_id.map(|g| g.to_string()))),
        ("keep_days", c.keep_days.to_string()),
        ("filing_unit", c.filing_unit.clone()),
        ("filing_number", c.filing_number.clone()),
        ("filing_day", opt(c.filing_day.map(|d| d.to_string()))),
        ("in_use_day", opt(c.in_use_day.map(|d| d.to_string()))),
        ("device_kind", c.device_kind.code().into()),
        ("sign_in_name", actions::sign_in_name(&ctx.app, c).unwrap_or_default()),
    ]);
    for (kind, prefix) in [(StreamKind::Main, "main"), (StreamKind::Sub, "sub")] {
        if let Some(s) = w.stream(kind) {
            form.set(&format!("{prefix}_url"), &s.url);
            form.set(&format!("{prefix}_record"), if s.record { "1" } else { "" });
            form.set(&format!("{prefix}_quota"), s.quota_mb.to_string());
        }
    }
    show(&ctx, c.station_id, Some(id), &form, Again::default()).await
}

/// `POST /video/cameras/{id}/edit`
pub async fn edit(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这台摄像机")?;
    let f = read(&mut form);
    let version = form.number("version", "版本", 1..=i64::MAX);
    let act = ctx.act("video.edit", Purpose::Administration, &form);
    let done = match form.finish(f) {
        Ok(f) => actions::edit(&ctx.app, &act, id, version, f).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go(format!("/video/cameras/{id}")),
        Err(e @ Error::NotFound(_)) => Err(e.into()),
        Err(e) => {
            forget_password(&mut form);
            let again = Again::from_error(e)?;
            let look = ctx.look("video.camera_form", Purpose::Administration);
            let station = ctx
                .app
                .db()
                .read(&look, async |r: &mut Reader| Ok(store::camera(r, id).await?.camera.station_id))
                .await?;
            show(&ctx, station, Some(id), &form, again).await
        }
    }
}

/// `POST /video/cameras/{id}/end-filed`
pub async fn end_filed(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这台摄像机")?;
    let day = form.date("day", "变更备案的日期");
    let act = ctx.act("video.end_filed", Purpose::Administration, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::end_filed(&ctx.app, &act, id, day).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go(format!("/video/cameras/{id}")),
        Err(e @ Error::NotFound(_)) => Err(e.into()),
        Err(e) => cameras::show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /video/cameras/{id}/end`
pub async fn end(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这台摄像机")?;
    let act = ctx.act("video.end", Purpose::Administration, &form);
    match actions::end(&ctx.app, &act, id, form.typed("reason")).await {
        Ok(()) => go("/video"),
        Err(e) => cameras::show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}
