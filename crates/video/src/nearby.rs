//! The cameras near a place, and what hangs on an incident's page.

use crate::model::{Deed, Whole};
use crate::{rules, store};
use futures::future::BoxFuture;
use kernel::{Actor, App, BuildingId, IncidentId, Permission, Purpose, Reader, Result, Uuid};

/// Where something happened, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub building: Option<BuildingId>,
    /// Longitude and latitude, WGS-84 degrees.
    pub point: Option<(f64, f64)>,
    /// Names that stand in the address: estate, building.
    pub names: Vec<String>,
}

/// Metres between two points of the WGS-84 sphere (haversine; an error below half a hundredth).
pub fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (a.1.to_radians(), b.1.to_radians());
    let (half_lat, half_lon) = (((b.1 - a.1).to_radians() / 2.0).sin(), ((b.0 - a.0).to_radians() / 2.0).sin());
    let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
    2.0 * 6_371_000.0 * h.sqrt().min(1.0).asin()
}

/// How near a camera is: of the building, by its distance, by a name in its place, or nothing known.
#[derive(Clone, Debug, PartialEq)]
pub enum Near {
    Building,
    Named(String),
    Metres(f64),
    Unknown,
}

impl Near {
    /// For people.
    pub fn words(&self) -> String {
        match self {
            Near::Building => "本楼".into(),
            Near::Named(n) => format!("位于{n}"),
            Near::Metres(m) if *m < 1000.0 => format!("约 {:.0} 米", (m / 10.0).round() * 10.0),
            Near::Metres(m) => format!("约 {:.1} 公里", m / 1000.0),
            Near::Unknown => "距离不明".into(),
        }
    }

    fn rank(&self) -> (u8, f64) {
        match self {
            Near::Building => (0, 0.0),
            Near::Metres(m) => (1, *m),
            Near::Named(_) => (1, 30.0),
            Near::Unknown => (2, 0.0),
        }
    }
}

/// The cameras by nearness; those of which nothing is known last, in their own order.
pub fn nearest<'a>(place: &Place, cameras: &'a [Whole]) -> Vec<(&'a Whole, Near)> {
    let of = |w: &Whole| {
        let c = &w.camera;
        if place.building.is_some() && place.building == c.building_id {
            return Near::Building;
        }
        let point = place.point.zip(c.lon.zip(c.lat)).map(|(a, b)| metres(a, b));
        let named = place
            .names
            .iter()
            .find(|n| n.chars().count() >= 2 && (c.place.contains(n.as_str()) || c.name.contains(n.as_str())));
        match (point, named) {
            (Some(m), _) => Near::Metres(m),
            (None, Some(n)) => Near::Named(n.clone()),
            (None, None) => Near::Unknown,
        }
    };
    let mut all: Vec<(&Whole, Near)> = cameras.iter().map(|w| (w, of(w))).collect();
    all.sort_by(|a, b| a.1.rank().partial_cmp(&b.1.rank()).unwrap_or(std::cmp::Ordering::Equal));
    all
}

/// Where an incident happened.
pub async fn place_of(r: &mut Reader, incident: &incidents::model::Intake) -> Result<Place> {
    let mut place = Place { building: incident.building_id, ..Place::default() };
    if let Some(b) = incident.building_id {
        let b = places::store::building(r, b).await?;
        place.point = b.lon.zip(b.lat);
        let estate = places::store::estate(r, b.estate_id).await?;
        place.names = vec![estate.name];
    }
    Ok(place)
}

/// The cameras that `who` may replay, nearest to the incident first.
pub async fn near_incident(
    r: &mut Reader,
    who: &Actor,
    id: IncidentId,
) -> Result<(incidents::model::Intake, Vec<(Whole, String)>)> {
    let intake = incidents::store::get(r, id).await?;
    incidents::actions::visible(r, &intake).await?;
    let place = place_of(r, &intake).await?;
    let cameras = store::cameras(r, who.station, false).await?;
    let rights = store::rights(r, who.station).await?;
    let open: Vec<Whole> =
        cameras.into_iter().filter(|w| rules::may(who, &w.camera, &rights, Deed::Replay).is_ok()).collect();
    let near = nearest(&place, &open).into_iter().map(|(w, n)| (w.clone(), n.words())).collect();
    Ok((intake, near))
}

/// What hangs on an incident's page: the way to the wall at that minute, with the nearest cameras by name.
pub fn on_incident<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        if !actor.may(Permission::VideoReplay) {
            return Ok(String::new());
        }
        let look = app.look(actor, "video.near", Purpose::Video);
        let (intake, near) =
            app.db().read(&look, async |r: &mut Reader| near_incident(r, actor, IncidentId(id)).await).await?;
        if near.is_empty() {
            return Ok(String::new());
        }
        let escape = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        let names: Vec<String> =
            near.iter().take(3).map(|(w, n)| format!("{}（{}）", escape(&w.camera.name), escape(n))).collect();
        let number = escape(&intake.number);
        Ok(format!(
            r#"<div class="more"><p><a class="button" href="/video/replay?incident={number}">看当时的录像</a></p><p class="note">附近的摄像机：{}。</p></div>"#,
            names.join("、")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_earth() {
        // A degree of latitude is some 111.2 km; at 49° a degree of longitude some 72.9 km.
        assert!((metres((119.7, 49.0), (119.7, 50.0)) - 111_195.0).abs() < 100.0);
        assert!((metres((119.0, 49.0), (120.0, 49.0)) - 72_950.0).abs() < 100.0);
        assert_eq!(metres((119.7, 49.2), (119.7, 49.2)), 0.0);
        assert_eq!(Near::Metres(123.0).words(), "约 120 米");
        assert_eq!(Near::Metres(1_530.0).words(), "约 1.5 公里");
    }
}
