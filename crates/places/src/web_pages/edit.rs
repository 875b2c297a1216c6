//! Forms of complexes and buildings, with the comparison when two people edit one record.

use super::{Pick, station_for};
use crate::model::{Beat, Community, Grid, NewBuilding, NewEstate, Use};
use crate::{actions, store};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::error::Clash;
use kernel::{BuildingId, CommandId, Error, EstateId, Purpose, Reader, Result, StationId};
use serde::Deserialize;
use web::page::{Again, go, id};
use web::{Answer, Ctx, Form, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct At {
    station: String,
}

#[derive(Template)]
#[template(path = "places/estate_form.html")]
struct EstateForm {
    path: String,
    station: StationId,
    communities: Vec<Community>,
    form: Form,
    again: Again,
    picks: Vec<Pick>,
    command_id: CommandId,
}

#[derive(Template)]
#[template(path = "places/building_form.html")]
struct BuildingForm {
    path: String,
    uses: &'static [Use],
    beats: Vec<Beat>,
    grids: Vec<Grid>,
    form: Form,
    again: Again,
    picks: Vec<Pick>,
    command_id: CommandId,
}

impl EstateForm {
    /// A field in conflict is picked above, not typed again.
    fn picked(&self, field: &str) -> bool {
        self.picks.iter().any(|p| p.field == field)
    }
}

impl BuildingForm {
    fn picked(&self, field: &str) -> bool {
        self.picks.iter().any(|p| p.field == field)
    }
}

fn read_estate(form: &mut Form) -> NewEstate {
    NewEstate {
        community: form.optional_id("community"),
        name: form.required("name", "小区名称", 60),
        kind: form.bounded("kind", "类型", 20),
        street: form.bounded("street", "街路", 60),
        number: form.bounded("number", "门牌号", 20),
        manager: form.bounded("manager", "物业", 60),
    }
}

fn decimal(form: &mut Form, field: &str, label: &str) -> Option<f64> {
    let typed = kernel::text::fold(&form.text(field));
    if typed.is_empty() {
        return None;
    }
    let read = typed.parse::<f64>().ok().filter(|n| n.is_finite());
    if read.is_none() {
        form.errors.add(field, format!("{label}应为小数，例如 119.7365。"));
    }
    read
}

fn read_building(form: &mut Form, today: kernel::Date) -> NewBuilding {
    let use_code = Use::from_code(form.typed("use_code"));
    if use_code.is_none() {
        form.errors.add("use_code", "请选择用途。");
    }
    NewBuilding {
        name: form.required("name", "楼栋名称", 60),
        use_code: use_code.unwrap_or(Use::Other),
        floors: form.number("floors", "层数", 0..=200),
        lon: decimal(form, "lon", "经度"),
        lat: decimal(form, "lat", "纬度"),
        grid: form.optional_id("grid"),
        beat: form.optional_id("beat"),
        from: form.optional_date("from", "起始日期").unwrap_or(today),
    }
}

/// Splits an error: a conflict becomes picks, the rest goes under the fields.
fn split(error: Error) -> Result<(Again, Vec<Clash>), web::Failure> {
    match error {
        Error::Conflict(list) => Ok((Again::default(), list)),
        other => Ok((Again::from_error(other)?, vec![])),
    }
}

fn picks(list: Vec<Clash>, shown: impl Fn(&str, &str) -> String) -> Vec<Pick> {
    let of = |field: &str, value: &str| if value.is_empty() { "（空）".to_string() } else { shown(field, value) };
    list.into_iter()
        .map(|c| Pick {
            mine_shown: of(&c.field, &c.mine),
            theirs_shown: of(&c.field, &c.theirs),
            field: c.field,
            label: c.label,
            mine: c.mine,
            theirs: c.theirs,
        })
        .collect()
}

async fn estate_view(ctx: &Ctx, station: StationId, path: String, form: Form, error: Option<Error>) -> Result<EstateForm, web::Failure> {
    let look = ctx.look("places.form", Purpose::Administration);
    let communities = ctx.app.db().read(&look, async |r: &mut Reader| store::communities(r, station).await).await?;
    let (again, clashes) = error.map_or(Ok((Again::default(), vec![])), split)?;
    let picks = picks(clashes, |field, value| match field {
        "community" => communities.iter().find(|c| c.id.to_string() == value).map_or_else(String::new, |c| c.name.clone()),
        _ => value.to_string(),
    });
    Ok(EstateForm { path, station, communities, form, again, picks, command_id: ctx.command_id() })
}

/// `GET /places/estates/new`
pub async fn new_estate(ctx: Ctx, Query(at): Query<At>) -> Answer {
    let look = ctx.look("places.form", Purpose::Administration);
    let station = ctx.app.db().read(&look, async |r: &mut Reader| Ok(station_for(r, &ctx.who, &at.station).await?.1)).await?;
    let station = station.ok_or(Error::NotFound("派出所"))?.id;
    let view = estate_view(&ctx, station, "/places/estates/new".into(), Form::of([("kind", "小区")]), None).await?;
    Page::new("登记小区", &view).crumb("地址", format!("/places?station={station}")).show(&ctx)
}

/// `POST /places/estates/new`
pub async fn add_estate(ctx: Ctx, mut form: Form) -> Answer {
    let station: StationId = form.id("station", "派出所");
    let new = read_estate(&mut form);
    let act = ctx.act("places.add_estate", Purpose::Administration, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::add_estate(&ctx.app, &act, station, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(estate) => go(format!("/places?station={station}&estate={estate}")),
        Err(e) => {
            let view = estate_view(&ctx, station, "/places/estates/new".into(), form, Some(e)).await?;
            Page::new("登记小区", &view).crumb("地址", "/places").again().show(&ctx)
        }
    }
}

/// `GET /places/estates/{id}/edit`
pub async fn estate_form(ctx: Ctx, Path(path): Path<String>) -> Answer {
    let estate = estate_of(&ctx, id(&path, "小区")?).await?;
    let form = Form::of([
        ("version", estate.version.to_string()),
        ("community", estate.community_id.map_or(String::new(), |c| c.to_string())),
        ("name", estate.name.clone()),
        ("kind", estate.kind.clone()),
        ("street", estate.street.clone()),
        ("number", estate.number.clone()),
        ("manager", estate.manager.clone()),
    ]);
    let view = estate_view(&ctx, estate.station_id, format!("/places/estates/{}/edit", estate.id), form, None).await?;
    Page::new(format!("修改{}", estate.name), &view).crumb("地址", "/places").show(&ctx)
}

async fn estate_of(ctx: &Ctx, id: EstateId) -> Result<crate::model::Estate> {
    let look = ctx.look("places.form", Purpose::Administration);
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let e = store::estate(r, id).await?;
            ctx.who.must_reach("小区", e.station_id)?;
            Ok(e)
        })
        .await
}

/// `POST /places/estates/{id}/edit`
pub async fn edit_estate(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let estate = estate_of(&ctx, id(&path, "小区")?).await?;
    let new = read_estate(&mut form);
    let version = form.number("version", "版本", 1..=i64::MAX);
    let act = ctx.act("places.edit_estate", Purpose::Administration, &form).in_station(estate.station_id);
    let done = match form.finish(()) {
        Ok(()) => actions::edit_estate(&ctx.app, &act, estate.id, version, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go(format!("/places?station={}&estate={}", estate.station_id, estate.id)),
        Err(e) => {
            if matches!(e, Error::Conflict(_)) {
                form.set("version", estate.version.to_string());
            }
            let status = status_of(&e);
            let view = estate_view(&ctx, estate.station_id, format!("/places/estates/{}/edit", estate.id), form, Some(e)).await?;
            Page::new(format!("修改{}", estate.name), &view).crumb("地址", "/places").status(status).show(&ctx)
        }
    }
}

fn status_of(e: &Error) -> axum::http::StatusCode {
    match e {
        Error::Conflict(_) => axum::http::StatusCode::CONFLICT,
        _ => axum::http::StatusCode::UNPROCESSABLE_ENTITY,
    }
}

async fn building_view(ctx: &Ctx, station: StationId, path: String, form: Form, error: Option<Error>) -> Result<BuildingForm, web::Failure> {
    let look = ctx.look("places.form", Purpose::Administration);
    let (beats, grids) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((store::beats(r, station).await?, store::grids(r, station).await?)))
        .await?;
    let (again, clashes) = error.map_or(Ok((Again::default(), vec![])), split)?;
    let picks = picks(clashes, |field, value| match field {
        "grid" => grids.iter().find(|g| g.id.to_string() == value).map_or_else(String::new, |g| g.name.clone()),
        "beat" => beats.iter().find(|b| b.id.to_string() == value).map_or_else(String::new, |b| b.name.clone()),
        "use_code" => Use::from_code(value).map_or_else(String::new, |u| u.label().to_string()),
        _ => value.to_string(),
    });
    Ok(BuildingForm { path, uses: Use::ALL, beats, grids, form, again, picks, command_id: ctx.command_id() })
}

/// `GET /places/estates/{id}/buildings/new`
pub async fn new_building(ctx: Ctx, Path(path): Path<String>) -> Answer {
    let estate = estate_of(&ctx, id(&path, "小区")?).await?;
    let form = Form::of([("use_code", "residential"), ("floors", "6")]);
    let view = building_view(&ctx, estate.station_id, format!("/places/estates/{}/buildings/new", estate.id), form, None).await?;
    Page::new(format!("{}：登记楼栋", estate.name), &view).crumb("地址", "/places").show(&ctx)
}

/// `POST /places/estates/{id}/buildings/new`
pub async fn add_building(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let estate = estate_of(&ctx, id(&path, "小区")?).await?;
    let new = read_building(&mut form, ctx.app.today());
    let act = ctx.act("places.add_building", Purpose::Administration, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::add_building(&ctx.app, &act, estate.station_id, estate.id, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(building) => go(format!("/places/buildings/{building}")),
        Err(e) => {
            let view =
                building_view(&ctx, estate.station_id, format!("/places/estates/{}/buildings/new", estate.id), form, Some(e)).await?;
            Page::new(format!("{}：登记楼栋", estate.name), &view).crumb("地址", "/places").again().show(&ctx)
        }
    }
}

struct Standing {
    building: crate::model::Building,
    grid: Option<kernel::GridId>,
    beat: Option<kernel::BeatId>,
}

async fn building_of(ctx: &Ctx, id: BuildingId) -> Result<Standing> {
    let look = ctx.look("places.form", Purpose::Administration);
    let today = ctx.app.today();
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let building = store::building(r, id).await?;
            ctx.who.must_reach("楼栋", building.station_id)?;
            let (grid, beat) = store::borders_of(r, id, today).await?;
            Ok(Standing { building, grid, beat })
        })
        .await
}

/// `GET /places/buildings/{id}/edit`
pub async fn building_form(ctx: Ctx, Path(path): Path<String>) -> Answer {
    let s = building_of(&ctx, id(&path, "楼栋")?).await?;
    let b = &s.building;
    let form = Form::of([
        ("version", b.version.to_string()),
        ("name", b.name.clone()),
        ("use_code", b.use_code.code().to_string()),
        ("floors", b.floors.to_string()),
        ("lon", b.lon.map_or(String::new(), |n| n.to_string())),
        ("lat", b.lat.map_or(String::new(), |n| n.to_string())),
        ("grid", s.grid.map_or(String::new(), |g| g.to_string())),
        ("beat", s.beat.map_or(String::new(), |g| g.to_string())),
    ]);
    let view = building_view(&ctx, b.station_id, format!("/places/buildings/{}/edit", b.id), form, None).await?;
    Page::new(format!("修改{}", b.name), &view).crumb("地址", "/places").show(&ctx)
}

/// `POST /places/buildings/{id}/edit`
pub async fn edit_building(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let b = building_of(&ctx, id(&path, "楼栋")?).await?.building;
    let new = read_building(&mut form, ctx.app.today());
    let version = form.number("version", "版本", 1..=i64::MAX);
    let act = ctx.act("places.edit_building", Purpose::Administration, &form).in_station(b.station_id);
    let done = match form.finish(()) {
        Ok(()) => actions::edit_building(&ctx.app, &act, b.id, version, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go(format!("/places/buildings/{}", b.id)),
        Err(e) => {
            if matches!(e, Error::Conflict(_)) {
                form.set("version", b.version.to_string());
            }
            let status = status_of(&e);
            let view = building_view(&ctx, b.station_id, format!("/places/buildings/{}/edit", b.id), form, Some(e)).await?;
            Page::new(format!("修改{}", b.name), &view).crumb("地址", "/places").status(status).show(&ctx)
        }
    }
}
