//! Whoever lives in a building follows it when borders move.

use crate::store;
use futures::future::BoxFuture;
use kernel::{BuildingId, Event, Result, Tx, clock};

/// [`places::actions::MOVED`]: one building stands in another grid or beat.
pub fn building_moved<'a>(tx: &'a mut Tx, event: &'a Event) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move { follow(tx, BuildingId(event.id)).await })
}

/// [`places::actions::MOVED_GRID`]: all buildings of a grid do.
pub fn grid_moved<'a>(tx: &'a mut Tx, event: &'a Event) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let today = clock::day_of(tx.now());
        for building in places::store::buildings_of_grid(tx, event.id.into(), today).await? {
            follow(tx, building).await?;
        }
        Ok(())
    })
}

/// Those whose present home is in the building stand in the search index where the building stands today.
async fn follow(tx: &mut Tx, building: BuildingId) -> Result<()> {
    let today = clock::day_of(tx.now());
    let (grid, beat) = places::store::borders_of(tx, building, today).await?;
    let homes = places::store::households_of(tx, building).await?;
    let residents: Vec<kernel::Uuid> = store::at_home_in(tx, &homes).await?.into_iter().map(|p| p.0).collect();
    tx.reindex_place(&residents, grid, beat).await.map(|_| ())
}
