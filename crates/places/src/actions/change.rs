//! Changing what is there: two people at once are shown both values.

use super::{at, check_building, check_estate, emit, index_building, index_estate, own_borders, own_community, taken};
use crate::model::{Building, Estate, NewBuilding, NewEstate};
use crate::{rules, store};
use kernel::error::Clash;
use kernel::{Act, App, BeatId, BuildingId, Error, EstateId, GridId, Result, Tx, clock};

fn clash(out: &mut Vec<Clash>, field: &str, label: &str, mine: String, theirs: String) {
    if mine != theirs {
        out.push(Clash { field: field.into(), label: label.into(), mine, theirs });
    }
}

fn opt<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or(String::new(), T::to_string)
}

/// Where the typed values differ from what stands now; values as the form sends them.
pub fn estate_clashes(mine: &NewEstate, now: &Estate) -> Vec<Clash> {
    let mut out = vec![];
    clash(&mut out, "name", "名称", mine.name.clone(), now.name.clone());
    clash(&mut out, "community", "社区", opt(&mine.community), opt(&now.community_id));
    clash(&mut out, "kind", "类型", mine.kind.clone(), now.kind.clone());
    clash(&mut out, "street", "街路", mine.street.clone(), now.street.clone());
    clash(&mut out, "number", "门牌号", mine.number.clone(), now.number.clone());
    clash(&mut out, "manager", "物业", mine.manager.clone(), now.manager.clone());
    out
}

fn building_clashes(mine: &NewBuilding, now: &Building, borders: (Option<GridId>, Option<BeatId>)) -> Vec<Clash> {
    let mut out = vec![];
    clash(&mut out, "name", "名称", mine.name.clone(), now.name.clone());
    clash(&mut out, "use_code", "用途", mine.use_code.code().into(), now.use_code.code().into());
    clash(&mut out, "floors", "层数", mine.floors.to_string(), now.floors.to_string());
    clash(&mut out, "lon", "经度", opt(&mine.lon), opt(&now.lon));
    clash(&mut out, "lat", "纬度", opt(&mine.lat), opt(&now.lat));
    clash(&mut out, "grid", "网格", opt(&mine.grid), opt(&borders.0));
    clash(&mut out, "beat", "警务区", opt(&mine.beat), opt(&borders.1));
    out
}

/// Renews the printed line of every household below.
async fn renew_lines(tx: &mut Tx, estate: &Estate, buildings: &[(BuildingId, String)]) -> Result<()> {
    let region = store::station(tx, estate.station_id).await?.region_name;
    for (id, name) in buildings {
        for a in store::addresses(tx, *id).await? {
            let line = rules::line(&region, &estate.street, &estate.number, &estate.name, name, &a.unit, &a.room);
            if line != a.line {
                store::set_line(tx, a.id, &line).await?;
            }
        }
    }
    Ok(())
}

/// Changes a complex; printed addresses below follow.
/// Errors: out of reach, name taken, [`Error::Conflict`] when it is no longer at `version`.
pub async fn edit_estate(app: &App, act: &Act, id: EstateId, version: i64, new: NewEstate) -> Result<()> {
    act.actor.must(kernel::Permission::PlacesEdit)?;
    check_estate(&new)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let now = store::estate(tx, id).await?;
            at(tx.act(), now.station_id)?;
            own_community(tx, now.station_id, new.community).await?;
            if now.version != version {
                return Err(Error::Conflict(estate_clashes(&new, &now)));
            }
            if store::estate_name_taken(tx, now.station_id, id, &new.name).await? {
                return Err(taken("小区", &new.name));
            }
            if store::update_estate(tx, id, version, &new).await? == 0 {
                return Err(Error::Conflict(estate_clashes(&new, &store::estate(tx, id).await?)));
            }
            let changed = store::estate(tx, id).await?;
            let buildings: Vec<(BuildingId, String)> =
                store::building_keys(tx, id).await?.into_iter().map(|b| (b.id, b.name)).collect();
            renew_lines(tx, &changed, &buildings).await?;
            index_estate(tx, now.station_id, id, &new).await?;
            emit(tx, "places.edit_estate", "estate", id, &new.name).await;
            Ok(())
        })
        .await
}

/// Changes a building; another grid or beat holds from `new.from` on, earlier days keep theirs.
/// Errors as [`edit_estate`].
pub async fn edit_building(app: &App, act: &Act, id: BuildingId, version: i64, new: NewBuilding) -> Result<()> {
    act.actor.must(kernel::Permission::PlacesEdit)?;
    check_building(&new)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let now = store::building(tx, id).await?;
            at(tx.act(), now.station_id)?;
            own_borders(tx, now.station_id, new.grid, new.beat).await?;
            let today = clock::day_of(tx.now());
            let borders = store::borders_of(tx, id, today).await?;
            if now.version != version || store::building_name_taken(tx, now.estate_id, id, &new.name).await? {
                if now.version != version {
                    return Err(Error::Conflict(building_clashes(&new, &now, borders)));
                }
                return Err(taken("楼栋", &new.name));
            }
            if store::update_building(tx, id, version, &new).await? == 0 {
                return Err(Error::Conflict(building_clashes(&new, &store::building(tx, id).await?, borders)));
            }
            if new.grid != borders.0 {
                store::set_grid(tx, now.station_id, id, new.grid, new.from).await?;
            }
            if new.beat != borders.1 {
                store::set_beat(tx, now.station_id, id, new.beat, new.from).await?;
            }
            if new.name != now.name {
                let estate = store::estate(tx, now.estate_id).await?;
                renew_lines(tx, &estate, &[(id, new.name.clone())]).await?;
            }
            // First the border, while the index still knows the former one; then the words.
            super::borders::follow(tx, id).await?;
            index_building(tx, now.estate_id, id, &new).await?;
            emit(tx, "places.edit_building", "building", id, &new.name).await;
            Ok(())
        })
        .await
}
