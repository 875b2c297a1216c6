//! `GET /map`: the town's own layers as a picture and, beside it, as a list; import of outlines.

use super::station_for;
use crate::map::coords::System;
use crate::map::tiles::{NoTiles, TileKind, Tiles};
use crate::map::{Feature, Geometry, Kind, Layer, MAP_SLOT, Point, Tone, plot};
use crate::model::Station;
use crate::{actions, store};
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::IntoResponse;
use http::header;
use kernel::{CommandId, Error, Permission, Purpose, Reader, Result, StationId, Uuid};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    station: String,
}

#[derive(Template)]
#[template(path = "places/map.html")]
struct Map {
    stations: Vec<Station>,
    station: Option<Station>,
    plot: String,
    keys: Vec<(String, String)>,
    live: String,
    own: String,
    unplaced: i64,
    outlines: bool,
    may_edit: bool,
    /// `vector`, `picture` or "".
    tiles: &'static str,
    most_zoom: u8,
}

#[derive(Template)]
#[template(path = "places/map_list.html")]
struct List<'a> {
    layers: &'a [Layer],
    /// Layers that are long: folded at first.
    folded: bool,
}

#[derive(Template)]
#[template(path = "places/map_import.html")]
struct Import<'a> {
    stations: Vec<Station>,
    systems: &'static [System],
    kinds: &'static [Kind],
    counts: Vec<(Kind, i64)>,
    tiles: String,
    taken: &'a [(String, usize)],
    form: &'a Form,
    again: &'a Again,
    command_id: CommandId,
}

impl Import<'_> {
    fn count(&self, kind: &Kind) -> i64 {
        self.counts.iter().find(|(k, _)| k == kind).map_or(0, |(_, n)| *n)
    }
}

/// A layer as the island gets it.
#[derive(Serialize)]
struct Sent<'a> {
    key: &'a str,
    title: &'a str,
    base: bool,
    cut: bool,
    features: Vec<SentFeature<'a>>,
}

#[derive(Serialize)]
struct SentFeature<'a> {
    #[serde(flatten)]
    feature: &'a Feature,
    /// Where the name of an area is written.
    label: Option<Point>,
}

fn feature(id: Uuid, name: String, detail: String, geometry: Geometry) -> Feature {
    Feature { id: id.to_string(), name, detail, href: String::new(), tone: Tone::Plain, geometry }
}

/// The layers of this domain: background, communities, beats, buildings.
async fn own_layers(r: &mut Reader, station: StationId, today: kernel::Date) -> Result<Vec<Layer>> {
    let mut base = Layer::new("base", "底图", 0, "");
    base.base = true;
    let background: Vec<Kind> = Kind::ALL.iter().copied().filter(|k| !k.is_outline()).collect();
    for (n, s) in store::shapes(r, station, &background).await?.into_iter().enumerate() {
        base.push(feature(Uuid::from_u128(n as u128), s.name, s.kind.code().into(), s.geometry));
    }
    let outlines: HashMap<Uuid, Geometry> = store::shapes(r, station, &[Kind::Beat, Kind::Community])
        .await?
        .into_iter()
        .filter_map(|s| Some((s.owner?, s.geometry)))
        .collect();
    let mut communities = Layer::new("communities", "社区、村", 10, "还没有社区边界，请导入。");
    for c in store::communities(r, station).await? {
        if let Some(g) = outlines.get(&c.id.0) {
            communities.push(feature(c.id.0, c.name, c.kind, g.clone()));
        }
    }
    let spots: HashMap<Uuid, Point> = store::beat_spots(r, station, today).await?.into_iter().collect();
    let mut beats = Layer::new("beats", "警务区", 20, "还没有警务区边界，请导入。");
    for b in store::beats(r, station).await?.into_iter().filter(|b| b.valid_until.is_none_or(|u| u >= today)) {
        let drawn = outlines.get(&b.id.0).cloned();
        let detail = if drawn.is_some() { "" } else { "边界未导入，标在所辖楼栋的中间" };
        if let Some(g) = drawn.or_else(|| spots.get(&b.id.0).map(|p| Geometry::Point(*p))) {
            beats.push(feature(b.id.0, b.name, detail.into(), g));
        }
    }
    let mut buildings = Layer::new("buildings", "楼栋", 30, "还没有标上经纬度的楼栋。请在楼栋的“修改”页填写经纬度。");
    for b in store::building_spots(r, station).await? {
        let mut f = feature(
            b.id.0,
            format!("{}{}", b.estate, b.name),
            format!("{} 户", b.households),
            Geometry::Point([b.lon, b.lat]),
        );
        f.href = format!("/places/buildings/{}", b.id);
        buildings.push(f);
    }
    Ok(vec![base, communities, beats, buildings])
}

/// Stations to choose from, the chosen one, its own layers, buildings without a place.
async fn own(ctx: &Ctx, asked: &str) -> Result<(Vec<Station>, Option<Station>, Vec<Layer>, i64)> {
    let look = ctx.look("places.map", Purpose::Administration);
    let today = ctx.app.today();
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (stations, station) = station_for(r, &ctx.who, asked).await?;
            let Some(s) = &station else { return Ok((stations, None, vec![], 0)) };
            let layers = own_layers(r, s.id, today).await?;
            let unplaced = store::unplaced_buildings(r, s.id).await?;
            Ok((stations, station, layers, unplaced))
        })
        .await
}

/// The layers of higher domains, as far as the caller may see them.
async fn others(ctx: &Ctx, station: StationId) -> Result<Vec<Layer>> {
    Layer::of_slot(&ctx.site.fill(MAP_SLOT, &ctx.who, station.0).await?)
}

/// The layers that are listed: what only lies under others is drawn alone.
fn shown<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Vec<Layer> {
    layers.into_iter().filter(|l| !l.base).cloned().collect()
}

fn listed(layers: Vec<Layer>, folded: bool) -> Result<String> {
    List { layers: &layers, folded }.render().map_err(Error::internal)
}

/// `GET /map`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let (stations, station, own, unplaced) = own(&ctx, &a.station).await?;
    let others = match &station {
        Some(s) => others(&ctx, s.id).await?,
        None => vec![],
    };
    let keys = own.iter().chain(&others).filter(|l| !l.base).map(|l| (l.key.clone(), l.title.clone())).collect();
    let (live, own_list) = (listed(shown(&others), false)?, listed(shown(own.iter().rev()), true)?);
    let outlines = own.iter().any(|l| l.key == "communities" && !l.features.is_empty());
    let all: Vec<Layer> = own.into_iter().chain(others).collect();
    let may_edit = ctx.may(Permission::PlacesEdit);
    let import = station.as_ref().map(|s| format!("/map/import?station={}", s.id));
    let tiles = tiles(&ctx).await?.ok().flatten();
    let view = Map {
        tiles: tiles.as_ref().map_or("", |t| if t.kind == TileKind::Vector { "vector" } else { "picture" }),
        most_zoom: tiles.map_or(0, |t| t.zoom.1),
        stations,
        station,
        plot: plot(&all).unwrap_or_default(),
        keys,
        live,
        own: own_list,
        unplaced,
        outlines,
        may_edit,
    };
    let mut page = Page::new("地图", &view);
    if let (true, Some(path)) = (may_edit, import) {
        page = page.action("导入边界和底图", path);
    }
    page.show(&ctx)
}

/// `GET /map/list`: the layers of higher domains, for the live part.
pub async fn list(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let look = ctx.look("places.map", Purpose::Administration);
    let station =
        ctx.app.db().read(&look, async |r: &mut Reader| Ok(station_for(r, &ctx.who, &a.station).await?.1)).await?;
    let station = station.ok_or(Error::NotFound("派出所"))?;
    web::page::fragment(&List { layers: &shown(&others(&ctx, station.id).await?), folded: false })
}

/// `GET /map/data`: every layer as JSON, geometries as in GeoJSON, WGS-84.
pub async fn data(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let (_, station, own, _) = own(&ctx, &a.station).await?;
    let station = station.ok_or(Error::NotFound("派出所"))?;
    let layers: Vec<Layer> = own.into_iter().chain(others(&ctx, station.id).await?).collect();
    let named = |g: &Geometry| matches!(g, Geometry::Areas(_)).then(|| g.middle()).flatten();
    let sent: Vec<Sent<'_>> = layers
        .iter()
        .map(|l| Sent {
            key: &l.key,
            title: &l.title,
            base: l.base,
            cut: l.cut,
            features: l.features.iter().map(|f| SentFeature { feature: f, label: named(&f.geometry) }).collect(),
        })
        .collect();
    let text = serde_json::to_string(&sent).map_err(Error::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], text).into_response())
}

/// The base map's file: `map/tiles.pmtiles` in the data directory.
async fn tiles(ctx: &Ctx) -> Result<std::result::Result<Option<Tiles>, NoTiles>> {
    let path = ctx.app.settings().data.join("map/tiles.pmtiles");
    tokio::task::spawn_blocking(move || Tiles::open(&path)).await.map_err(Error::internal)
}

/// `GET /map/tiles/{z}/{x}/{y}`: one tile of the base map.
pub async fn tile(ctx: Ctx, Path((z, x, y)): Path<(u8, u32, u32)>) -> Answer {
    let Ok(Some(file)) = tiles(&ctx).await? else { return Err(Error::NotFound("底图瓦片").into()) };
    let (kind, packed) = (file.kind, file.packed);
    let found = tokio::task::spawn_blocking(move || file.tile(z, x, y)).await.map_err(Error::internal)?;
    let bytes = found.map_err(|e| Error::internal(e.0))?;
    let kind = match kind {
        TileKind::Vector => "application/x-protobuf",
        TileKind::Picture(kind) => kind,
    };
    // A place without a tile is empty, which is no fault.
    let Some(bytes) = bytes else { return Ok(http::StatusCode::NO_CONTENT.into_response()) };
    let mut answer =
        ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "private, max-age=3600")], bytes).into_response();
    if packed {
        answer.headers_mut().insert(header::CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
    }
    Ok(answer)
}

async fn import_view(ctx: &Ctx, form: &Form, again: Again, taken: &[(String, usize)]) -> Answer {
    let look = ctx.look("places.map_import", Purpose::Administration);
    let (stations, counts) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (stations, station) = station_for(r, &ctx.who, form.typed("station")).await?;
            let counts = match station {
                Some(s) => store::shape_counts(r, s.id).await?,
                None => vec![],
            };
            Ok((stations, counts))
        })
        .await?;
    let tiles = match tiles(ctx).await? {
        Ok(None) => "没有。".to_string(),
        Ok(Some(t)) => {
            let kind = if t.kind == TileKind::Vector { "矢量" } else { "图片" };
            format!("{kind}，第 {} 至 {} 级，{} MB。", t.zoom.0, t.zoom.1, t.bytes >> 20)
        }
        Err(e) => format!("有文件，但不能用：{}", e.0),
    };
    let (failed, status) = (again.any(), again.status());
    let view = Import {
        tiles,
        stations,
        systems: System::ALL,
        kinds: Kind::ALL,
        counts,
        taken,
        form,
        again: &again,
        command_id: ctx.command_id(),
    };
    let page = Page::new("导入边界和底图", &view).crumb("地图", format!("/map?station={}", form.typed("station")));
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

/// `GET /map/import`
pub async fn import_form(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let form = Form::of([("station", a.station.as_str()), ("system", System::Wgs84.code())]);
    import_view(&ctx, &form, Again::default(), &[]).await
}

/// `POST /map/import`
pub async fn import(ctx: Ctx, mut form: Form) -> Answer {
    let station: StationId = form.id("station", "派出所");
    let system = System::from_code(form.typed("system"));
    if system.is_none() {
        form.errors.add("system", "请选择文件的坐标系。");
    }
    let file = form.files("file").first().map(|u| (u.file_name.clone(), u.bytes.clone()));
    if file.is_none() {
        form.errors.add("file", "请选择 GeoJSON 文件。");
    }
    let act = ctx.act("places.import_shapes", Purpose::Administration, &form);
    let done = match (form.finish(()), system, file) {
        (Ok(()), Some(system), Some((name, bytes))) => {
            actions::import_shapes(&ctx.app, &act, station, system, &name, &bytes).await
        }
        (Err(e), ..) => Err(e),
        _ => Err(Error::internal("import")),
    };
    match done {
        Ok(taken) => import_view(&ctx, &form, Again::default(), &taken).await,
        Err(e) => {
            let again = Again::from_error(e)?;
            import_view(&ctx, &form, again, &[]).await
        }
    }
}
