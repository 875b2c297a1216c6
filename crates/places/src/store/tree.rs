//! Stations, complexes, buildings, households: reading.

use crate::model::{Address, Building, BuildingLine, Estate, Station, SubBureau};
use kernel::{AddressId, BuildingId, Date, EstateId, Reader, Result, StationId, args, record, sql};

/// The name of a division in force here: local rows first loaded by `load_divisions`.
pub async fn division_name(r: &mut Reader, code: &str) -> Result<Option<String>> {
    r.rows(sql!("select name from places_division where code = $1"), args![code]).await?.first().map(|x| x.get("name")).transpose()
}

/// Divisions directly below `parent` ("" for provinces): `(code, name)`.
pub async fn divisions_below(r: &mut Reader, parent: &str) -> Result<Vec<(String, String)>> {
    r.rows(sql!("select code, name from places_division where parent = $1 order by code limit 2000"), args![parent])
        .await?
        .iter()
        .map(|x| Ok((x.get("code")?, x.get("name")?)))
        .collect()
}

pub async fn sub_bureaus(r: &mut Reader) -> Result<Vec<SubBureau>> {
    r.all(sql!("select id, code, name, region from places_sub_bureau order by code limit 1000"), args![]).await
}

pub async fn station(r: &mut Reader, id: StationId) -> Result<Station> {
    r.one(
        "派出所",
        sql!("select id, code, name, region, region_name, address, sub_bureau_id from places_station where id = $1"),
        args![id],
    )
    .await
}

/// The code of a station, by which rule packs name it; "" for none (an account above stations).
pub async fn station_code(r: &mut Reader, id: StationId) -> Result<String> {
    let rows = r.rows(sql!("select code from places_station where id = $1"), args![id]).await?;
    rows.first().map_or_else(|| Ok(String::new()), |row| row.get("code"))
}

/// All stations of this installation, by code.
pub async fn stations(r: &mut Reader) -> Result<Vec<Station>> {
    r.all(
        sql!("select id, code, name, region, region_name, address, sub_bureau_id from places_station order by code limit 1000"),
        args![],
    )
    .await
}

pub async fn estates(r: &mut Reader, station: StationId) -> Result<Vec<Estate>> {
    r.all(
        sql!("select id, station_id, community_id, name, kind, street, number, manager, version from places_estate where station_id = $1 order by name limit 5000"),
        args![station],
    )
    .await
}

pub async fn estate(r: &mut Reader, id: EstateId) -> Result<Estate> {
    r.one(
        "小区",
        sql!("select id, station_id, community_id, name, kind, street, number, manager, version from places_estate where id = $1"),
        args![id],
    )
    .await
}

pub async fn building(r: &mut Reader, id: BuildingId) -> Result<Building> {
    r.one(
        "楼栋",
        sql!("select id, station_id, estate_id, name, use_code, floors, lon, lat, version from places_building where id = $1"),
        args![id],
    )
    .await
}

/// Buildings of a complex (or of all) with names and counts, as of a day. Paged by `after` (name).
pub async fn building_lines(
    r: &mut Reader,
    station: StationId,
    estate: Option<EstateId>,
    on: Date,
    skip: i64,
) -> Result<Vec<BuildingLine>> {
    r.all(
        sql!("select b.id, b.estate_id, e.name as estate, b.name, b.use_code, b.floors, (select count(*) from places_address a where a.building_id = b.id) as households, (select g.name from places_building_grid x join places_grid g on g.id = x.grid_id where x.building_id = b.id and x.valid_from <= $3 and (x.valid_until is null or x.valid_until >= $3) order by x.valid_from desc limit 1) as grid, (select p.name from places_building_beat y join places_beat p on p.id = y.beat_id where y.building_id = b.id and y.valid_from <= $3 and (y.valid_until is null or y.valid_until >= $3) order by y.valid_from desc limit 1) as beat from places_building b join places_estate e on e.id = b.estate_id where b.station_id = $1 and (cast($2 as @uuid) is null or b.estate_id = $2) order by e.name, length(b.folded), b.folded limit 101 offset $4"),
        args![station, estate, on, skip],
    )
    .await
}

/// The households of a building in the order of units and rooms.
pub async fn addresses(r: &mut Reader, building: BuildingId) -> Result<Vec<Address>> {
    r.all(
        sql!("select id, station_id, building_id, unit, room, line, use_code, lon, lat, version from places_address where building_id = $1 order by length(unit_key), unit_key, length(room_key), room_key limit 2000"),
        args![building],
    )
    .await
}

pub async fn address(r: &mut Reader, id: AddressId) -> Result<Address> {
    r.one(
        "地址",
        sql!("select id, station_id, building_id, unit, room, line, use_code, lon, lat, version from places_address where id = $1"),
        args![id],
    )
    .await
}

/// The whole address as printed, or "" when it is not known (any more).
pub async fn address_line(r: &mut Reader, id: AddressId) -> Result<String> {
    r.rows(sql!("select line from places_address where id = $1"), args![id])
        .await?
        .first()
        .map_or(Ok(String::new()), |x| x.get("line"))
}

/// The printed lines of several households.
pub async fn address_lines(r: &mut Reader, ids: &[AddressId]) -> Result<Vec<(AddressId, String)>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    r.rows(sql!("select id, line from places_address where id in @ids($1)"), vec![kernel::row::ids(ids)])
        .await?
        .iter()
        .map(|x| Ok((x.get("id")?, x.get("line")?)))
        .collect()
}

/// The building of a household.
pub async fn building_of(r: &mut Reader, id: AddressId) -> Result<Option<BuildingId>> {
    r.rows(sql!("select building_id from places_address where id = $1"), args![id])
        .await?
        .first()
        .map(|x| x.get("building_id"))
        .transpose()
}

/// The household that another system knows under `code`.
pub async fn by_code(r: &mut Reader, station: StationId, system: &str, code: &str) -> Result<Option<AddressId>> {
    r.rows(
        sql!("select address_id from places_address_code where station_id = $1 and system = $2 and code = $3"),
        args![station, system, code],
    )
    .await?
    .first()
    .map(|x| x.get("address_id"))
    .transpose()
}

/// The codes of a building's households in other systems: `(household, system, code)`.
pub async fn codes_of(r: &mut Reader, building: BuildingId) -> Result<Vec<(AddressId, String, String)>> {
    r.rows(
        sql!("select c.address_id, c.system, c.code from places_address_code c join places_address a on a.id = c.address_id where a.building_id = $1 order by c.system, c.code limit 5000"),
        args![building],
    )
    .await?
    .iter()
    .map(|x| Ok((x.get("address_id")?, x.get("system")?, x.get("code")?)))
    .collect()
}

record! {
    /// The names by which a complex may stand in a text.
    #[derive(Clone, Debug)]
    pub(crate) struct EstateKey {
        pub id: EstateId,
        pub name: String,
        pub folded: String,
        pub short: String,
        pub street_folded: String,
    }
}

/// Complexes whose name, short name or street number stands in `folded`.
pub(crate) async fn estates_named_in(r: &mut Reader, station: StationId, folded: &str) -> Result<Vec<EstateKey>> {
    r.all(
        sql!("select id, name, folded, short, street_folded from places_estate where station_id = $1 and ($2 like '%' || folded || '%' or (short <> '' and $2 like '%' || short || '%') or (street_folded <> '' and $2 like '%' || street_folded || '%')) order by length(folded) desc, id limit 20"),
        args![station, folded],
    )
    .await
}

/// Complexes whose name contains `folded`, for the picker.
pub(crate) async fn estates_like(r: &mut Reader, station: StationId, folded: &str) -> Result<Vec<EstateKey>> {
    r.all(
        sql!("select id, name, folded, short, street_folded from places_estate where station_id = $1 and (folded like '%' || $2 || '%' or street_folded like '%' || $2 || '%') order by length(folded), name limit 8"),
        args![station, folded],
    )
    .await
}

record! {
    pub(crate) struct BuildingKey {
        pub id: BuildingId,
        pub name: String,
        pub folded: String,
    }
}

pub(crate) async fn building_keys(r: &mut Reader, estate: EstateId) -> Result<Vec<BuildingKey>> {
    r.all(
        sql!("select id, name, folded from places_building where estate_id = $1 order by length(folded), folded limit 500"),
        args![estate],
    )
    .await
}

record! {
    pub(crate) struct RoomKey {
        pub id: AddressId,
        pub unit_key: String,
        pub line: String,
    }
}

/// Households of a building with this room number in any unit.
pub(crate) async fn rooms(r: &mut Reader, building: BuildingId, room_key: &str) -> Result<Vec<RoomKey>> {
    r.all(
        sql!("select id, unit_key, line from places_address where building_id = $1 and room_key = $2 order by unit_key limit 50"),
        args![building, room_key],
    )
    .await
}

/// Households of a building by unit (any when `None`) and by the first digits of the room.
pub(crate) async fn rooms_like(r: &mut Reader, building: BuildingId, unit: Option<&str>, room: &str) -> Result<Vec<RoomKey>> {
    r.all(
        sql!("select id, unit_key, line from places_address where building_id = $1 and (cast($2 as text) is null or unit_key = $2) and room_key like $3 || '%' order by length(unit_key), unit_key, length(room_key), room_key limit 20"),
        args![building, unit, room],
    )
    .await
}
