//! Borders that move: whatever stands in the search index of a beat or grid follows its building.

use crate::store;
use futures::future::BoxFuture;
use kernel::{Actor, App, BuildingId, Date, GridId, Purpose, Reader, Result, StationId, ToSpan, Tx, clock};
use std::collections::BTreeMap;

/// Told with the building's id when its grid or beat of today is no longer the one that the search index knows; in the same
/// transaction, so that those who live there follow.
pub const MOVED: &str = "places.borders";
/// The same told with a grid's id, for all its buildings at once.
pub const MOVED_GRID: &str = "places.grid_borders";

/// Days that the clocked run looks back: a machine that stood still for less misses no border.
const LOOK_BACK: i64 = 7;
/// Buildings read at once, and moved by one command.
const BATCH: i64 = 200;

/// Buildings with which the search index is behind, by station.
type Behind = BTreeMap<StationId, Vec<BuildingId>>;

/// Puts a building into the grid and beat of today in the search index, and tells who lives there to follow.
pub(crate) async fn follow(tx: &mut Tx, building: BuildingId) -> Result<()> {
    if put(tx, building).await? {
        tx.emit(MOVED, building);
    }
    Ok(())
}

/// The same for every building of a grid whose beat changed.
pub(crate) async fn follow_grid(tx: &mut Tx, grid: GridId) -> Result<()> {
    let today = clock::day_of(tx.now());
    let mut moved = false;
    for building in store::buildings_of_grid(tx, grid, today).await? {
        moved |= put(tx, building).await?;
    }
    if moved {
        tx.emit(MOVED_GRID, grid);
    }
    Ok(())
}

/// False when the building stands there already.
async fn put(tx: &mut Tx, building: BuildingId) -> Result<bool> {
    let today = clock::day_of(tx.now());
    let (grid, beat) = store::borders_of(tx, building, today).await?;
    Ok(tx.reindex_place(&[building.0], grid, beat).await? > 0)
}

/// Every hour: borders that begin or end by the calendar alone. Writes only where the index is behind.
pub fn follow_calendar(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let today = app.today();
        let since = today.saturating_sub(LOOK_BACK.days());
        let mut after = BuildingId::NIL;
        loop {
            let Some((last, behind)) = behind(&app, since, today, after).await? else { return Ok(()) };
            for (station, buildings) in behind {
                let actor = Actor::system();
                let act = app.act(&actor, "places.follow_borders", Purpose::Administration, app.fresh_command());
                let follow_all = async |tx: &mut Tx| {
                    for b in &buildings {
                        follow(tx, *b).await?;
                    }
                    let subjects: Vec<(&str, kernel::Uuid)> = buildings.iter().map(|b| ("building", b.0)).collect();
                    tx.record("places.follow_borders", &subjects, "");
                    Ok(())
                };
                app.db().write(&act.in_station(station), follow_all).await?;
            }
            after = last;
        }
    })
}

/// One part of the buildings that moved: the last one read, and by station those with which the index is behind.
async fn behind(app: &App, since: Date, today: Date, after: BuildingId) -> Result<Option<(BuildingId, Behind)>> {
    let look = app.look(&Actor::system(), "places.follow_borders", Purpose::Administration);
    app.db()
        .read(&look, async |r: &mut Reader| {
            let moved = store::moved_between(r, since, today, after, BATCH).await?;
            let Some((last, _)) = moved.last().copied() else { return Ok(None) };
            let mut behind = Behind::new();
            for (building, station) in moved {
                let now = store::borders_of(r, building, today).await?;
                if r.indexed_place(building.0).await?.is_some_and(|known| known != now) {
                    behind.entry(station).or_default().push(building);
                }
            }
            Ok(Some((last, behind)))
        })
        .await
}
