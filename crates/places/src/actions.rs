//! What people do to the tree: each fn permits, reads, asks the rule, writes, records, tells.

mod borders;
mod change;
mod shapes;

pub use borders::{MOVED, MOVED_GRID, follow_calendar};
pub use change::{edit_building, edit_estate};
pub use shapes::import_shapes;

use crate::model::{
    NewAddress, NewBeat, NewBuilding, NewCommunity, NewEstate, NewGrid, NewStation, NewSubBureau,
};
use crate::{division, rules, store};
use kernel::search::Doc;
use kernel::{
    Act, AddressId, App, BeatId, BuildingId, CommunityId, Date, EstateId, FieldErrors, GridId, Permission, Refusal,
    Result, StationId, SubBureauId, Tx, Uuid, clock,
};

/// The act in the chain of `station`, which must be within reach.
pub(crate) fn at(act: &Act, station: StationId) -> Result<Act> {
    act.actor.must(Permission::PlacesEdit)?;
    act.actor.must_reach("派出所", station)?;
    Ok(act.clone().in_station(station))
}

/// Units of the organisation are set up by administrators of the whole installation.
fn whole(act: &Act) -> Result<()> {
    act.actor.must(Permission::PlacesEdit)?;
    match act.actor.reach() {
        kernel::Reach::All => Ok(()),
        _ => Err(kernel::Error::Forbidden("分局和派出所由系统管理员建立。".into())),
    }
}

pub(crate) fn taken(what: &str, name: &str) -> kernel::Error {
    Refusal::new("places.taken", format!("{what}“{name}”已经登记过。"), "请核对后使用已有的记录，或换一个名称、编号。").into()
}

fn named(code: &str, name: &str) -> Result<()> {
    let mut e = FieldErrors::default();
    if let Some(s) = rules::name_error("编号", code) {
        e.add("code", s);
    }
    if let Some(s) = rules::name_error("名称", name) {
        e.add("name", s);
    }
    e.ok(())
}

fn region(code: &str) -> Result<&'static str> {
    match division::name(code) {
        Some(name) if code.len() == 6 => Ok(name),
        _ => Err(FieldErrors::one("region", format!("区划代码“{code}”不在行政区划代码表中，应为六位数字，例如 150702。"))),
    }
}

pub(crate) async fn emit(tx: &mut Tx, action: &str, kind: &str, id: impl Into<Uuid>, change: &str) {
    let id = id.into();
    tx.record(action, &[(kind, id)], change);
    tx.emit("places.changed", id);
}

/// Loads the division lists that ship; harmless when repeated. Returns how many divisions stand.
pub async fn load_divisions(app: &App, act: &Act) -> Result<i64> {
    whole(act)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let n = store::load_divisions(tx).await?;
            tx.record("places.load_divisions", &[("division", Uuid::nil())], &n.to_string());
            Ok(n)
        })
        .await
}

/// Errors: not an administrator, unknown region code, code taken.
pub async fn add_sub_bureau(app: &App, act: &Act, new: NewSubBureau) -> Result<SubBureauId> {
    whole(act)?;
    named(&new.code, &new.name)?;
    region(&new.region)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let id: SubBureauId = tx.fresh();
            if store::insert_sub_bureau(tx, id, &new).await? == 0 {
                return Err(taken("分局", &new.code));
            }
            emit(tx, "places.add_sub_bureau", "sub_bureau", id, &new.name).await;
            Ok(id)
        })
        .await
}

/// Errors as [`add_sub_bureau`].
pub async fn add_station(app: &App, act: &Act, new: NewStation) -> Result<StationId> {
    whole(act)?;
    named(&new.code, &new.name)?;
    let region_name = region(&new.region)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            if !store::sub_bureaus(tx).await?.iter().any(|s| s.id == new.sub_bureau) {
                return Err(kernel::Error::NotFound("分局"));
            }
            let id: StationId = tx.fresh();
            if store::insert_station(tx, id, &new, region_name).await? == 0 {
                return Err(taken("派出所", &new.code));
            }
            emit(tx, "places.add_station", "station", id, &new.name).await;
            Ok(id)
        })
        .await
}

/// Errors: station out of reach, code taken.
pub async fn add_beat(app: &App, act: &Act, station: StationId, new: NewBeat) -> Result<BeatId> {
    let act = at(act, station)?;
    named(&new.code, &new.name)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::station(tx, station).await?;
            let id: BeatId = tx.fresh();
            if store::insert_beat(tx, station, id, &new).await? == 0 {
                return Err(taken("警务区", &new.code));
            }
            emit(tx, "places.add_beat", "beat", id, &new.name).await;
            Ok(id)
        })
        .await
}

/// Errors: station out of reach, code taken.
pub async fn add_community(app: &App, act: &Act, station: StationId, new: NewCommunity) -> Result<CommunityId> {
    let act = at(act, station)?;
    named(&new.code, &new.name)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::station(tx, station).await?;
            let id: CommunityId = tx.fresh();
            if store::insert_community(tx, station, id, &new).await? == 0 {
                return Err(taken("社区", &new.code));
            }
            emit(tx, "places.add_community", "community", id, &new.name).await;
            Ok(id)
        })
        .await
}

/// Errors: station out of reach, code taken, community of another station.
pub async fn add_grid(app: &App, act: &Act, station: StationId, new: NewGrid) -> Result<GridId> {
    let act = at(act, station)?;
    named(&new.code, &new.name)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::station(tx, station).await?;
            own_community(tx, station, new.community).await?;
            let id: GridId = tx.fresh();
            if store::insert_grid(tx, station, id, &new).await? == 0 {
                return Err(taken("网格", &new.code));
            }
            emit(tx, "places.add_grid", "grid", id, &new.name).await;
            Ok(id)
        })
        .await
}

/// Says that beat and grid overlap from `from` until `until` (both included).
/// Errors: either is of another station, the period ends before it begins.
#[allow(clippy::too_many_arguments)] // one border has two sides, two ends and a reason
pub async fn link_beat_grid(
    app: &App,
    act: &Act,
    station: StationId,
    beat: BeatId,
    grid: GridId,
    from: Date,
    until: Option<Date>,
    note: &str,
) -> Result<()> {
    let act = at(act, station)?;
    if until.is_some_and(|u| u < from) {
        return Err(FieldErrors::one("until", "截止日期不能早于起始日期。"));
    }
    app.db()
        .write(&act, async |tx: &mut Tx| {
            own_borders(tx, station, Some(grid), Some(beat)).await?;
            store::insert_beat_grid(tx, station, beat, grid, from, until, note).await?;
            borders::follow_grid(tx, grid).await?;
            tx.record("places.link_beat_grid", &[("beat", beat.0), ("grid", grid.0)], &format!("{from} {until:?}"));
            tx.emit("places.changed", grid);
            Ok(())
        })
        .await
}

pub(crate) async fn own_community(tx: &mut Tx, station: StationId, community: Option<CommunityId>) -> Result<()> {
    match community {
        Some(c) if store::community_station(tx, c).await? != Some(station) => Err(kernel::Error::NotFound("社区")),
        _ => Ok(()),
    }
}

pub(crate) async fn own_borders(tx: &mut Tx, station: StationId, grid: Option<GridId>, beat: Option<BeatId>) -> Result<()> {
    if let Some(g) = grid
        && store::grid_station(tx, g).await? != Some(station)
    {
        return Err(kernel::Error::NotFound("网格"));
    }
    if let Some(b) = beat
        && store::beat_station(tx, b).await? != Some(station)
    {
        return Err(kernel::Error::NotFound("警务区"));
    }
    Ok(())
}

pub(crate) fn check_estate(new: &NewEstate) -> Result<()> {
    let mut e = FieldErrors::default();
    if let Some(s) = rules::name_error("小区名称", &new.name) {
        e.add("name", s);
    } else if rules::fold(&new.name).chars().count() < 2 {
        e.add("name", "小区名称至少两个字，否则无法在报警地址中辨认。");
    }
    for (field, label, value) in
        [("street", "街路", &new.street), ("number", "门牌号", &new.number), ("kind", "类型", &new.kind), ("manager", "物业", &new.manager)]
    {
        if value.chars().count() > rules::MAX_NAME {
            e.add(field, format!("{label}最多 {} 字。", rules::MAX_NAME));
        }
    }
    e.ok(())
}

pub(crate) async fn index_estate(tx: &mut Tx, station: StationId, id: EstateId, new: &NewEstate) -> Result<()> {
    let region = store::station(tx, station).await?.region_name;
    let text = format!("{region}{}{}", new.street, new.number);
    let now = tx.now();
    tx.index(&Doc { kind: "estate", id: id.0, station, grid: None, beat: None, at: now, title: &new.name, text: &text }).await
}

/// Errors: station out of reach, name empty, too long or taken, community of another station.
pub async fn add_estate(app: &App, act: &Act, station: StationId, new: NewEstate) -> Result<EstateId> {
    let act = at(act, station)?;
    check_estate(&new)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            own_community(tx, station, new.community).await?;
            let id: EstateId = tx.fresh();
            if store::insert_estate(tx, station, id, &new).await? == 0 {
                return Err(taken("小区", &new.name));
            }
            index_estate(tx, station, id, &new).await?;
            emit(tx, "places.add_estate", "estate", id, &new.name).await;
            Ok(id)
        })
        .await
}

pub(crate) fn check_building(new: &NewBuilding) -> Result<()> {
    let mut e = FieldErrors::default();
    if let Some(s) = rules::name_error("楼栋名称", &new.name) {
        e.add("name", s);
    }
    if !(0..=200).contains(&new.floors) {
        e.add("floors", "层数应为 0 到 200 之间的整数。");
    }
    if let Some(s) = rules::point_error(new.lon, new.lat) {
        e.add("lon", s);
    }
    e.ok(())
}

pub(crate) async fn index_building(tx: &mut Tx, estate: EstateId, id: BuildingId, new: &NewBuilding) -> Result<()> {
    let e = store::estate(tx, estate).await?;
    let title = rules::line("", "", "", &e.name, &new.name, "", "");
    let text = format!("{}{}", e.street, e.number);
    let now = tx.now();
    let (grid, beat) = store::borders_of(tx, id, clock::day_of(now)).await?;
    tx.index(&Doc { kind: "building", id: id.0, station: e.station_id, grid, beat, at: now, title: &title, text: &text }).await
}

/// Adds a building with its grid and beat from `new.from` on.
/// Errors: complex unknown or out of reach, name taken, grid or beat of another station.
pub async fn add_building(app: &App, act: &Act, station: StationId, estate: EstateId, new: NewBuilding) -> Result<BuildingId> {
    let act = at(act, station)?;
    check_building(&new)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            if store::estate(tx, estate).await?.station_id != station {
                return Err(kernel::Error::NotFound("小区"));
            }
            own_borders(tx, station, new.grid, new.beat).await?;
            let id: BuildingId = tx.fresh();
            if store::insert_building(tx, station, estate, id, &new).await? == 0 {
                return Err(taken("楼栋", &new.name));
            }
            store::set_grid(tx, station, id, new.grid, new.from).await?;
            store::set_beat(tx, station, id, new.beat, new.from).await?;
            index_building(tx, estate, id, &new).await?;
            emit(tx, "places.add_building", "building", id, &new.name).await;
            Ok(id)
        })
        .await
}

/// Adds up to [`rules::MAX_ADDRESSES`] households of one building at once; all or none.
/// Errors: too many, a room twice or already there (named), a code that another household has.
pub async fn add_addresses(
    app: &App,
    act: &Act,
    station: StationId,
    building: BuildingId,
    new: Vec<NewAddress>,
) -> Result<Vec<AddressId>> {
    let act = at(act, station)?;
    if new.len() > rules::MAX_ADDRESSES {
        return Err(kernel::Error::TooLarge(format!(
            "一次最多登记 {} 户，现有 {} 户。请分批登记。",
            rules::MAX_ADDRESSES,
            new.len()
        )));
    }
    let mut e = FieldErrors::default();
    if new.is_empty() {
        e.add("rooms", "请填写至少一个房号。");
    }
    for a in &new {
        if rules::room_key(&a.room).is_empty() || a.room.chars().count() > 20 || a.unit.chars().count() > 20 {
            e.add("rooms", format!("房号“{}”不能登记：要有 1 到 20 个字。", kernel::text::cut(&a.room, 20)));
        } else if let Some(s) = rules::point_error(a.lon, a.lat) {
            e.add("rooms", s);
        }
    }
    e.ok(())?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let b = store::building(tx, building).await?;
            if b.station_id != station {
                return Err(kernel::Error::NotFound("楼栋"));
            }
            let e = store::estate(tx, b.estate_id).await?;
            let region = store::station(tx, station).await?.region_name;
            let mut ids = Vec::with_capacity(new.len());
            for a in &new {
                let id: AddressId = tx.fresh();
                let line = rules::line(&region, &e.street, &e.number, &e.name, &b.name, &a.unit, &a.room);
                if store::insert_address(tx, station, building, id, a, &line).await? == 0 {
                    return Err(FieldErrors::one("rooms", format!("{line} 已经登记过，或在本次中出现两次。")));
                }
                for (system, code) in &a.codes {
                    if store::insert_code(tx, station, id, system, code).await? == 0 {
                        return Err(FieldErrors::one("rooms", format!("{line} 的外部编码 {code}（{system}）已属于另一户。")));
                    }
                }
                ids.push(id);
            }
            emit(tx, "places.add_addresses", "building", building, &format!("{ids:?}")).await;
            Ok(ids)
        })
        .await
}
