//! 地图: own layers of the town, without a word of the internet.
//!
//! **Invariants.** Positions are WGS-84 (CGCS2000 differs by centimetres) everywhere inside; [`coords`] converts what comes in
//! as GCJ-02 or BD-09 at the edge. A layer is bounded and says when it was cut. Higher domains hang theirs into [`MAP_SLOT`];
//! each does its own audited read and shows no names. What the picture shows stands as a list beside it.

pub mod coords;
mod import;
mod layer;
mod plot;
pub mod tiles;

pub use import::{Drawn, Fault, Kind, MAX_BYTES, MAX_SHAPES, read as read_geojson};
pub use layer::{Feature, Geometry, Layer, MAX_FEATURES, Point, Ring, Tone, area_middle, spread};
pub(crate) use plot::plot;

/// Layers of higher domains (警情、摄像机、巡逻): a fill answers for the station `id`, which it checks against the caller's reach, with
/// [`Layer::slot`], or with "" when the caller may not see it.
pub const MAP_SLOT: web::Slot = "places.map";
