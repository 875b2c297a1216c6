//! What the map draws: shapes, and where buildings stand.

use crate::map::{Drawn, Geometry, Kind, MAX_FEATURES, MAX_SHAPES, Point};
use kernel::{BuildingId, Date, Error, Reader, Result, StationId, Tx, Uuid, args, record, row, sql};

/// A shape in force.
#[derive(Clone, Debug)]
pub struct Shape {
    pub kind: Kind,
    /// The beat, community or grid.
    pub owner: Option<Uuid>,
    pub name: String,
    pub geometry: Geometry,
}

record! {
    struct ShapeRow {
        pub kind: Kind,
        pub owner_id: Option<Uuid>,
        pub name: String,
        pub geometry: String,
    }
}

/// The shapes of a station in force, of the kinds asked for.
pub async fn shapes(r: &mut Reader, station: StationId, kinds: &[Kind]) -> Result<Vec<Shape>> {
    let kinds: Vec<&str> = kinds.iter().map(|k| k.code()).collect();
    let rows: Vec<ShapeRow> = r
        .all(
            sql!("select kind, owner_id, name, geometry from places_shape where station_id = $1 and ended_at is null and kind in @texts($2) order by kind, created_at, id limit 10000"),
            args![station, row::texts(&kinds)],
        )
        .await?;
    rows.into_iter()
        .map(|s| {
            Ok(Shape {
                kind: s.kind,
                owner: s.owner_id,
                name: s.name,
                geometry: serde_json::from_str(&s.geometry).map_err(Error::internal)?,
            })
        })
        .collect()
}

/// How many shapes of each kind are in force.
pub async fn shape_counts(r: &mut Reader, station: StationId) -> Result<Vec<(Kind, i64)>> {
    r.rows(
        sql!("select kind, count(*) as n from places_shape where station_id = $1 and ended_at is null group by kind order by kind"),
        args![station],
    )
    .await?
    .iter()
    .map(|x| Ok((x.get("kind")?, x.get("n")?)))
    .collect()
}

/// Ends the outline of an owner, or (without one) all shapes of a background kind.
pub(crate) async fn end_shapes(tx: &mut Tx, station: StationId, kind: Kind, owner: Option<Uuid>) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("update places_shape set ended_at = $4 where station_id = $1 and kind = $2 and ended_at is null and (cast($3 as @uuid) is null or owner_id = $3)"),
        args![station, kind, owner, now],
    )
    .await
}

pub(crate) async fn insert_shape(
    tx: &mut Tx,
    station: StationId,
    drawn: &Drawn,
    owner: Option<Uuid>,
    file_name: &str,
) -> Result<Uuid> {
    let id: Uuid = tx.fresh();
    let now = tx.now();
    let geometry = serde_json::to_string(&drawn.geometry).map_err(Error::internal)?;
    tx.exec(
        sql!("insert into places_shape (station_id, id, kind, owner_id, name, geometry, file_name, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
        args![station, id, drawn.kind, owner, &drawn.name, geometry, file_name, now],
    )
    .await?;
    Ok(id)
}

record! {
    /// A building with its place, for the map.
    #[derive(Clone, Debug)]
    pub struct BuildingSpot {
        pub id: BuildingId,
        pub estate: String,
        pub name: String,
        pub lon: f64,
        pub lat: f64,
        pub households: i64,
    }
}

/// Buildings that have a place; one more than a layer takes, so that it can say that it was cut.
pub async fn building_spots(r: &mut Reader, station: StationId) -> Result<Vec<BuildingSpot>> {
    r.all(
        sql!("select b.id, e.name as estate, b.name, b.lon, b.lat, (select count(*) from places_address a where a.building_id = b.id) as households from places_building b join places_estate e on e.id = b.estate_id where b.station_id = $1 and b.lon is not null and b.lat is not null order by e.name, length(b.folded), b.folded limit $2"),
        args![station, MAX_FEATURES as i64 + 1],
    )
    .await
}

/// Buildings that have no place yet.
pub async fn unplaced_buildings(r: &mut Reader, station: StationId) -> Result<i64> {
    let rows = r
        .rows(
            sql!("select count(*) as n from places_building where station_id = $1 and (lon is null or lat is null)"),
            args![station],
        )
        .await?;
    rows.first().map_or(Ok(0), |x| x.get("n"))
}

/// Where these buildings stand, as far as it is known.
pub async fn places_of(r: &mut Reader, ids: &[BuildingId]) -> Result<Vec<(BuildingId, Point)>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    r.rows(
        sql!("select id, lon, lat from places_building where lon is not null and lat is not null and id in @ids($1)"),
        vec![row::ids(ids)],
    )
    .await?
    .iter()
    .map(|x| Ok((x.get("id")?, [x.get("lon")?, x.get("lat")?])))
    .collect()
}

/// Places of buildings by the beat that is set on them, on a day: for beats that have no outline.
pub async fn beat_spots(r: &mut Reader, station: StationId, on: Date) -> Result<Vec<(Uuid, Point)>> {
    r.rows(
        sql!("select y.beat_id, avg(b.lon) as lon, avg(b.lat) as lat from places_building b join places_building_beat y on y.building_id = b.id where b.station_id = $1 and b.lon is not null and b.lat is not null and y.valid_from <= $2 and (y.valid_until is null or y.valid_until >= $2) group by y.beat_id order by y.beat_id limit 1000"),
        args![station, on],
    )
    .await?
    .iter()
    .map(|x| Ok((x.get("beat_id")?, [x.get("lon")?, x.get("lat")?])))
    .collect()
}

const _: () = assert!(MAX_SHAPES <= 10_000);
