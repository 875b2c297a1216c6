//! What changes rows.

use crate::model::{NewAddress, NewBeat, NewBuilding, NewCommunity, NewEstate, NewGrid, NewStation, NewSubBureau};
use crate::{division, rules};
use kernel::{
    AddressId, BeatId, BuildingId, CommunityId, Date, EstateId, GridId, Result, StationId, SubBureauId, Tx, args, row, sql,
};

/// Loads the divisions that ship; a code that is there keeps the newest name. Returns how many stand.
pub async fn load_divisions(tx: &mut Tx) -> Result<i64> {
    let packed: Vec<String> = division::all()
        .map(|(code, name)| format!("{code:<12}{:<9}{:<9}{name}", division::level(code), division::parent(code)))
        .collect();
    tx.exec(
        sql!("insert into places_division (code, level, parent, name) select * from (with t(v) as @texts($1) select trim(substr(v, 1, 12)) as code, trim(substr(v, 13, 9)) as level, trim(substr(v, 22, 9)) as parent, substr(v, 31) as name from t) as d where true on conflict (code) do update set name = excluded.name"),
        vec![row::texts(&packed)],
    )
    .await?;
    tx.count(sql!("select count(*) as n from places_division"), args![]).await
}

pub async fn insert_sub_bureau(tx: &mut Tx, id: SubBureauId, new: &NewSubBureau) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("insert into places_sub_bureau (id, code, name, region, created_at) values ($1, $2, $3, $4, $5) on conflict (code) do nothing"),
        args![id, &new.code, &new.name, &new.region, now],
    )
    .await
}

pub async fn insert_station(tx: &mut Tx, id: StationId, new: &NewStation, region_name: &str) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("insert into places_station (id, code, name, region, region_name, address, sub_bureau_id, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (code) do nothing"),
        args![id, &new.code, &new.name, &new.region, region_name, &new.address, new.sub_bureau, now],
    )
    .await
}

pub async fn insert_beat(tx: &mut Tx, station: StationId, id: BeatId, new: &NewBeat) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("insert into places_beat (station_id, id, code, name, valid_from, created_at) values ($1, $2, $3, $4, $5, $6) on conflict (station_id, code) do nothing"),
        args![station, id, &new.code, &new.name, new.from, now],
    )
    .await
}

pub async fn insert_community(tx: &mut Tx, station: StationId, id: CommunityId, new: &NewCommunity) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("insert into places_community (station_id, id, code, name, kind, created_at) values ($1, $2, $3, $4, $5, $6) on conflict (station_id, code) do nothing"),
        args![station, id, &new.code, &new.name, &new.kind, now],
    )
    .await
}

pub async fn insert_grid(tx: &mut Tx, station: StationId, id: GridId, new: &NewGrid) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("insert into places_grid (station_id, id, code, name, community_id, valid_from, created_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (station_id, code) do nothing"),
        args![station, id, &new.code, &new.name, new.community, new.from, now],
    )
    .await
}

pub async fn insert_beat_grid(
    tx: &mut Tx,
    station: StationId,
    beat: BeatId,
    grid: GridId,
    from: Date,
    until: Option<Date>,
    note: &str,
) -> Result<u64> {
    tx.exec(
        sql!("insert into places_beat_grid (station_id, beat_id, grid_id, valid_from, valid_until, note) values ($1, $2, $3, $4, $5, $6) on conflict (station_id, beat_id, grid_id, valid_from) do update set valid_until = excluded.valid_until, note = excluded.note"),
        args![station, beat, grid, from, until, note],
    )
    .await
}

fn estate_keys(new: &NewEstate) -> (String, String, String) {
    let folded = rules::fold(&new.name);
    let street = if new.street.is_empty() || new.number.is_empty() {
        String::new()
    } else {
        rules::fold(&format!("{}{}", new.street, new.number))
    };
    (rules::short_name(&folded), folded, street)
}

pub async fn insert_estate(tx: &mut Tx, station: StationId, id: EstateId, new: &NewEstate) -> Result<u64> {
    let now = tx.now();
    let (short, folded, street) = estate_keys(new);
    tx.exec(
        sql!("insert into places_estate (station_id, id, community_id, name, folded, short, kind, street, number, street_folded, manager, version, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12) on conflict (station_id, folded) do nothing"),
        args![station, id, new.community, &new.name, folded, short, &new.kind, &new.street, &new.number, street, &new.manager, now],
    )
    .await
}

/// Whether another complex of the station has this name.
pub async fn estate_name_taken(tx: &mut Tx, station: StationId, id: EstateId, name: &str) -> Result<bool> {
    let folded = rules::fold(name);
    let n = tx
        .count(
            sql!("select count(*) as n from places_estate where station_id = $1 and folded = $2 and id <> $3"),
            args![station, folded, id],
        )
        .await?;
    Ok(n > 0)
}

/// Changes a complex if it still has `version`; 0 when somebody was faster.
pub async fn update_estate(tx: &mut Tx, id: EstateId, version: i64, new: &NewEstate) -> Result<u64> {
    let (short, folded, street) = estate_keys(new);
    tx.exec(
        sql!("update places_estate set community_id = $3, name = $4, folded = $5, short = $6, kind = $7, street = $8, number = $9, street_folded = $10, manager = $11, version = version + 1 where id = $1 and version = $2"),
        args![id, version, new.community, &new.name, folded, short, &new.kind, &new.street, &new.number, street, &new.manager],
    )
    .await
}

pub async fn insert_building(tx: &mut Tx, station: StationId, estate: EstateId, id: BuildingId, new: &NewBuilding) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("insert into places_building (station_id, id, estate_id, name, folded, use_code, floors, lon, lat, version, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10) on conflict (estate_id, folded) do nothing"),
        args![station, id, estate, &new.name, rules::building_key(&new.name), new.use_code, new.floors, new.lon, new.lat, now],
    )
    .await
}

pub async fn building_name_taken(tx: &mut Tx, estate: EstateId, id: BuildingId, name: &str) -> Result<bool> {
    let n = tx
        .count(
            sql!("select count(*) as n from places_building where estate_id = $1 and folded = $2 and id <> $3"),
            args![estate, rules::building_key(name), id],
        )
        .await?;
    Ok(n > 0)
}

pub async fn update_building(tx: &mut Tx, id: BuildingId, version: i64, new: &NewBuilding) -> Result<u64> {
    tx.exec(
        sql!("update places_building set name = $3, folded = $4, use_code = $5, floors = $6, lon = $7, lat = $8, version = version + 1 where id = $1 and version = $2"),
        args![id, version, &new.name, rules::building_key(&new.name), new.use_code, new.floors, new.lon, new.lat],
    )
    .await
}

/// From `from` on the building belongs to `grid`; the row before ends the day before.
pub async fn set_grid(tx: &mut Tx, station: StationId, building: BuildingId, grid: Option<GridId>, from: Date) -> Result<()> {
    let before = from.yesterday().unwrap_or(from);
    tx.exec(
        sql!("update places_building_grid set valid_until = $3 where building_id = $1 and valid_from < $2 and (valid_until is null or valid_until >= $2)"),
        args![building, from, before],
    )
    .await?;
    tx.exec(sql!("delete from places_building_grid where building_id = $1 and valid_from >= $2"), args![building, from]).await?;
    if let Some(grid) = grid {
        tx.exec(
            sql!("insert into places_building_grid (station_id, building_id, grid_id, valid_from) values ($1, $2, $3, $4)"),
            args![station, building, grid, from],
        )
        .await?;
    }
    Ok(())
}

/// From `from` on the building belongs to `beat`; the row before ends the day before.
pub async fn set_beat(tx: &mut Tx, station: StationId, building: BuildingId, beat: Option<BeatId>, from: Date) -> Result<()> {
    let before = from.yesterday().unwrap_or(from);
    tx.exec(
        sql!("update places_building_beat set valid_until = $3 where building_id = $1 and valid_from < $2 and (valid_until is null or valid_until >= $2)"),
        args![building, from, before],
    )
    .await?;
    tx.exec(sql!("delete from places_building_beat where building_id = $1 and valid_from >= $2"), args![building, from]).await?;
    if let Some(beat) = beat {
        tx.exec(
            sql!("insert into places_building_beat (station_id, building_id, beat_id, valid_from) values ($1, $2, $3, $4)"),
            args![station, building, beat, from],
        )
        .await?;
    }
    Ok(())
}

pub async fn insert_address(
    tx: &mut Tx,
    station: StationId,
    building: BuildingId,
    id: AddressId,
    new: &NewAddress,
    line: &str,
) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("insert into places_address (station_id, id, building_id, unit, room, unit_key, room_key, line, use_code, lon, lat, version, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12) on conflict (building_id, unit_key, room_key) do nothing"),
        args![station, id, building, &new.unit, &new.room, rules::unit_key(&new.unit), rules::room_key(&new.room), line, new.use_code, new.lon, new.lat, now],
    )
    .await
}

pub async fn set_line(tx: &mut Tx, id: AddressId, line: &str) -> Result<()> {
    tx.exec_one("地址", sql!("update places_address set line = $2, version = version + 1 where id = $1"), args![id, line]).await
}

pub async fn insert_code(tx: &mut Tx, station: StationId, address: AddressId, system: &str, code: &str) -> Result<u64> {
    tx.exec(
        sql!("insert into places_address_code (station_id, system, code, address_id) values ($1, $2, $3, $4) on conflict (station_id, system, code) do nothing"),
        args![station, system, code, address],
    )
    .await
}
