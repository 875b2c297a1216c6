//! 地址: 分局–派出所–警务区–社区–网格–小区–楼栋–单元–户, the tree that everything else hangs on.
//!
//! **Invariants.** A police beat (警务区) and a grid (网格) do not coincide: both are set per
//! building, with dates, and linked many to many (秦淮: 1,250 grids, 158 beats). Ids are opaque;
//! address codes of other systems are local and stand in a table of their own. What free text does
//! not name exactly stays 待定位: [`locate`] never guesses a household.
//!
//! 1. The demo and the register import build the tree through [`actions`].
//! 2. A report comes in as text; [`locate`] finds household, building or complex, grid and beat.
//! 3. [`map`] shows the town with layers of its own and of higher domains.
//! 4. A border moves: a new row with its first day ends the old one; old days keep the old answer.

pub mod actions;
pub mod division;
mod locate;
pub mod map;
pub mod model;
pub mod rules;
pub mod store;
mod web_pages;

#[cfg(test)]
mod tests;

pub use locate::locate;
pub use model::{Confidence, Located};

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, Job, MenuItem, Need};

/// Higher domains hang on a building's page what they know of it (住户、警情、纠纷).
pub const BUILDING_SLOT: web::Slot = "places.building";

/// Routes, tables and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{building, edit, map, suggest, tree, units};
    Domain {
        name: "places",
        migrations: Some(kernel::migrations!("places", "0001_places.sql", "0002_shapes.sql", "0003_search_kinds.sql")),
        routes: vec![
            get("/places", Need::Can(P::PlacesSee), tree::page),
            get("/places/suggest", Need::Any(&[P::PlacesSee, P::IncidentTake]), suggest::options),
            get("/places/estates/new", Need::Can(P::PlacesEdit), edit::new_estate),
            post("/places/estates/new", Need::Can(P::PlacesEdit), edit::add_estate),
            get("/places/estates/{id}/edit", Need::Can(P::PlacesEdit), edit::estate_form),
            post("/places/estates/{id}/edit", Need::Can(P::PlacesEdit), edit::edit_estate),
            get("/places/estates/{id}/buildings/new", Need::Can(P::PlacesEdit), edit::new_building),
            post("/places/estates/{id}/buildings/new", Need::Can(P::PlacesEdit), edit::add_building),
            get("/places/buildings/{id}", Need::Can(P::PlacesSee), building::page),
            get("/places/buildings/{id}/edit", Need::Can(P::PlacesEdit), edit::building_form),
            post("/places/buildings/{id}/edit", Need::Can(P::PlacesEdit), edit::edit_building),
            get("/places/units", Need::Can(P::PlacesEdit), units::page),
            post("/places/units/sub-bureaus", Need::Can(P::PlacesEdit), units::add_sub_bureau),
            post("/places/units/stations", Need::Can(P::PlacesEdit), units::add_station),
            post("/places/units/{station}/beats", Need::Can(P::PlacesEdit), units::add_beat),
            post("/places/units/{station}/communities", Need::Can(P::PlacesEdit), units::add_community),
            post("/places/units/{station}/grids", Need::Can(P::PlacesEdit), units::add_grid),
            post("/places/units/{station}/overlaps", Need::Can(P::PlacesEdit), units::add_overlap),
            get("/map", Need::Can(P::PlacesSee), map::page),
            get("/map/list", Need::Can(P::PlacesSee), map::list),
            get("/map/data", Need::Can(P::PlacesSee), map::data),
            get("/map/tiles/{z}/{x}/{y}", Need::Can(P::PlacesSee), map::tile),
            get("/map/import", Need::Can(P::PlacesEdit), map::import_form),
            post("/map/import", Need::Can(P::PlacesEdit), map::import),
            post("/places/buildings/{id}/addresses", Need::Can(P::PlacesEdit), building::add_addresses),
        ],
        menu: vec![
            MenuItem { group: "人口与地址", label: "地址", path: "/places", permission: P::PlacesSee, order: 50 },
            MenuItem { group: "人口与地址", label: "单位与辖区", path: "/places/units", permission: P::PlacesEdit, order: 52 },
            MenuItem { group: "人口与地址", label: "地图", path: "/map", permission: P::PlacesSee, order: 51 },
        ],
        jobs: vec![Job { name: "places.follow_borders", every_seconds: 3_600, run: actions::follow_calendar }],
        ..Domain::default()
    }
}
