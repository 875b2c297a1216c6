//! Pages: the tree, a building, forms, the address picker.

pub mod building;
pub mod edit;
pub mod map;
pub mod suggest;
pub mod tree;
pub mod units;

use crate::model::Station;
use crate::store;
use kernel::{Actor, Reach, Reader, Result, StationId};

/// The station a page shows: the caller's own, else the asked one, else the first.
pub(crate) async fn station_for(r: &mut Reader, who: &Actor, asked: &str) -> Result<(Vec<Station>, Option<Station>)> {
    let all: Vec<Station> = store::stations(r).await?.into_iter().filter(|s| who.reach().houses(s.id)).collect();
    let chosen = asked.parse::<StationId>().ok().and_then(|id| all.iter().find(|s| s.id == id)).or(all.first()).cloned();
    Ok((all, chosen))
}

/// The station in which the caller looks for an address; grid workers look in their own.
pub(crate) fn own_station(who: &Actor) -> Option<StationId> {
    match who.reach() {
        Reach::All => None,
        Reach::Station(s) | Reach::Beats(s, _) | Reach::Grids(s, _) | Reach::Own(s) => Some(s),
    }
}

/// The box of a conflict: both values of every field, a person picks one.
pub(crate) struct Pick {
    pub field: String,
    pub label: String,
    pub mine: String,
    pub mine_shown: String,
    pub theirs: String,
    pub theirs_shown: String,
}
