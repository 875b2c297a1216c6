//! Beats, grids and which of them a building belongs to on a day.

use crate::model::{Beat, BeatGrid, Community, Grid};
use kernel::{AddressId, BeatId, BuildingId, CommunityId, Date, GridId, Reader, Result, StationId, args, sql};

/// Beats of a station, by code. Ended ones too; compare `valid_until`.
pub async fn beats(r: &mut Reader, station: StationId) -> Result<Vec<Beat>> {
    r.all(
        sql!("select id, code, name, valid_from, valid_until from places_beat where station_id = $1 order by code limit 1000"),
        args![station],
    )
    .await
}

pub async fn grids(r: &mut Reader, station: StationId) -> Result<Vec<Grid>> {
    r.all(
        sql!("select id, code, name, community_id, valid_from, valid_until from places_grid where station_id = $1 order by code limit 5000"),
        args![station],
    )
    .await
}

pub async fn communities(r: &mut Reader, station: StationId) -> Result<Vec<Community>> {
    r.all(
        sql!("select id, code, name, kind from places_community where station_id = $1 order by code limit 1000"),
        args![station],
    )
    .await
}

/// Which beats and grids overlap on `on`.
pub async fn beat_grids(r: &mut Reader, station: StationId, on: Date) -> Result<Vec<BeatGrid>> {
    r.all(
        sql!("select beat_id, grid_id, valid_from, valid_until, note from places_beat_grid where station_id = $1 and valid_from <= $2 and (valid_until is null or valid_until >= $2) order by valid_from limit 10000"),
        args![station, on],
    )
    .await
}

/// The name of a beat, or "".
pub async fn beat_name(r: &mut Reader, id: BeatId) -> Result<String> {
    one_name(r.rows(sql!("select name from places_beat where id = $1"), args![id]).await?)
}

/// The name of a grid, or "".
pub async fn grid_name(r: &mut Reader, id: GridId) -> Result<String> {
    one_name(r.rows(sql!("select name from places_grid where id = $1"), args![id]).await?)
}

fn one_name(rows: Vec<kernel::Row>) -> Result<String> {
    rows.first().map_or(Ok(String::new()), |row| row.get("name"))
}

/// Station of a beat, for checking that two records belong together.
pub(crate) async fn beat_station(r: &mut Reader, id: BeatId) -> Result<Option<StationId>> {
    r.rows(sql!("select station_id from places_beat where id = $1"), args![id]).await?.first().map(|x| x.get("station_id")).transpose()
}

pub(crate) async fn grid_station(r: &mut Reader, id: GridId) -> Result<Option<StationId>> {
    r.rows(sql!("select station_id from places_grid where id = $1"), args![id]).await?.first().map(|x| x.get("station_id")).transpose()
}

pub(crate) async fn community_station(r: &mut Reader, id: CommunityId) -> Result<Option<StationId>> {
    r.rows(sql!("select station_id from places_community where id = $1"), args![id])
        .await?
        .first()
        .map(|x| x.get("station_id"))
        .transpose()
}

/// The grid of a building on a day.
pub async fn grid_of_building(r: &mut Reader, building: BuildingId, on: Date) -> Result<Option<GridId>> {
    r.rows(
        sql!("select grid_id from places_building_grid where building_id = $1 and valid_from <= $2 and (valid_until is null or valid_until >= $2) order by valid_from desc limit 1"),
        args![building, on],
    )
    .await?
    .first()
    .map(|x| x.get("grid_id"))
    .transpose()
}

/// The beat of a building on a day: its own, else that of its grid when the grid has only one.
pub async fn beat_of_building(r: &mut Reader, building: BuildingId, on: Date) -> Result<Option<BeatId>> {
    let own = r
        .rows(
            sql!("select beat_id from places_building_beat where building_id = $1 and valid_from <= $2 and (valid_until is null or valid_until >= $2) order by valid_from desc limit 1"),
            args![building, on],
        )
        .await?;
    if let Some(row) = own.first() {
        return Ok(Some(row.get("beat_id")?));
    }
    let Some(grid) = grid_of_building(r, building, on).await? else { return Ok(None) };
    let linked = r
        .rows(
            sql!("select distinct l.beat_id from places_beat_grid l join places_building b on b.station_id = l.station_id where b.id = $1 and l.grid_id = $2 and l.valid_from <= $3 and (l.valid_until is null or l.valid_until >= $3) limit 2"),
            args![building, grid, on],
        )
        .await?;
    match linked.as_slice() {
        [only] => Ok(Some(only.get("beat_id")?)),
        _ => Ok(None),
    }
}

/// Grid and beat of a building on a day.
pub async fn borders_of(r: &mut Reader, building: BuildingId, on: Date) -> Result<(Option<GridId>, Option<BeatId>)> {
    Ok((grid_of_building(r, building, on).await?, beat_of_building(r, building, on).await?))
}

/// The grid of a household on a day.
pub async fn grid_of(r: &mut Reader, address: AddressId, on: Date) -> Result<Option<GridId>> {
    match super::building_of(r, address).await? {
        Some(b) => grid_of_building(r, b, on).await,
        None => Ok(None),
    }
}

/// The beat of a household on a day.
pub async fn beat_of(r: &mut Reader, address: AddressId, on: Date) -> Result<Option<BeatId>> {
    match super::building_of(r, address).await? {
        Some(b) => beat_of_building(r, b, on).await,
        None => Ok(None),
    }
}

/// The households of these beats on a day, each building counted as [`beat_of_building`] does. At most 50,000.
pub async fn households_in(r: &mut Reader, station: StationId, beats: &[BeatId], on: Date) -> Result<Vec<AddressId>> {
    r.rows(
        sql!("select a.id from places_address a join places_building b on b.id = a.building_id where b.station_id = $1 and coalesce((select y.beat_id from places_building_beat y where y.building_id = b.id and y.valid_from <= $3 and (y.valid_until is null or y.valid_until >= $3) order by y.valid_from desc limit 1), (select l.beat_id from places_beat_grid l where l.station_id = b.station_id and l.grid_id = (select x.grid_id from places_building_grid x where x.building_id = b.id and x.valid_from <= $3 and (x.valid_until is null or x.valid_until >= $3) order by x.valid_from desc limit 1) and l.valid_from <= $3 and (l.valid_until is null or l.valid_until >= $3) and not exists (select 1 from places_beat_grid o where o.station_id = l.station_id and o.grid_id = l.grid_id and o.beat_id <> l.beat_id and o.valid_from <= $3 and (o.valid_until is null or o.valid_until >= $3)) limit 1)) in @ids($2) order by a.id limit 50000"),
        args![station, kernel::row::ids(beats), on],
    )
    .await?
    .iter()
    .map(|x| x.get("id"))
    .collect()
}

/// Buildings whose grid or beat, or the beat of whose grid, begins or ends between two days (both included), after a cursor.
pub(crate) async fn moved_between(
    r: &mut Reader,
    since: Date,
    until: Date,
    after: BuildingId,
    limit: i64,
) -> Result<Vec<(BuildingId, StationId)>> {
    // A border that ended on a day is another one from the day after.
    let (ended_since, ended_until) = (since.yesterday().unwrap_or(since), until.yesterday().unwrap_or(until));
    r.rows(
        sql!("select b.id, b.station_id from places_building b where b.id > $5 and (exists (select 1 from places_building_beat y where y.building_id = b.id and ((y.valid_from >= $1 and y.valid_from <= $2) or (y.valid_until >= $3 and y.valid_until <= $4))) or exists (select 1 from places_building_grid x where x.building_id = b.id and ((x.valid_from >= $1 and x.valid_from <= $2) or (x.valid_until >= $3 and x.valid_until <= $4))) or exists (select 1 from places_building_grid x join places_beat_grid l on l.station_id = x.station_id and l.grid_id = x.grid_id where x.building_id = b.id and ((l.valid_from >= $1 and l.valid_from <= $2) or (l.valid_until >= $3 and l.valid_until <= $4)))) order by b.id limit $6"),
        args![since, until, ended_since, ended_until, after, limit],
    )
    .await?
    .iter()
    .map(|x| Ok((x.get("id")?, x.get("station_id")?)))
    .collect()
}

/// The buildings of a grid on a day. At most 5,000.
pub async fn buildings_of_grid(r: &mut Reader, grid: GridId, on: Date) -> Result<Vec<BuildingId>> {
    r.rows(
        sql!("select building_id from places_building_grid where grid_id = $1 and valid_from <= $2 and (valid_until is null or valid_until >= $2) order by building_id limit 5000"),
        args![grid, on],
    )
    .await?
    .iter()
    .map(|x| x.get("building_id"))
    .collect()
}

/// The households of a building. At most 5,000.
pub async fn households_of(r: &mut Reader, building: BuildingId) -> Result<Vec<AddressId>> {
    r.rows(sql!("select id from places_address where building_id = $1 order by id limit 5000"), args![building])
        .await?
        .iter()
        .map(|x| x.get("id"))
        .collect()
}
