//! 摄像机 on the map: where each stands, which way it looks (in words), whether a fault is open.

use crate::model::{Camera, Deed};
use crate::{rules, store};
use futures::future::BoxFuture;
use kernel::{Actor, App, Permission, Purpose, Reader, Result, StationId, Timestamp, Uuid};
use places::map::{Feature, Geometry, Layer, Tone};

/// The fill of [`places::map::MAP_SLOT`]: the cameras that the caller may watch.
pub(crate) fn layers<'a>(app: &'a App, actor: &'a Actor, station: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let station = StationId::from(station);
        if !actor.may(Permission::VideoSee) || actor.station != station {
            return Ok(String::new());
        }
        let look = app.look(actor, "video.map", Purpose::Video);
        let (cameras, rights, alarms) = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let cameras = store::cameras(r, station, false).await?;
                let alarms = store::alarms(r, station, Timestamp::MAX).await?;
                Ok((cameras, store::rights(r, station).await?, alarms))
            })
            .await?;
        let open: Vec<&Camera> =
            cameras.iter().map(|w| &w.camera).filter(|c| rules::may(actor, c, &rights, Deed::Live).is_ok()).collect();
        let unknown = open.iter().filter(|c| c.lon.zip(c.lat).is_none()).count();
        let empty = match unknown {
            0 => "还没有可以查看的摄像机。".to_string(),
            n => format!("有 {n} 台摄像机没有登记经纬度，图上没有。请在摄像机页补登。"),
        };
        let mut spots = Layer::new("cameras", "摄像机", 40, &empty);
        // What each sees lies under the points; it is drawn and not listed.
        let mut views = Layer::new("cameras-view", "摄像机视场", 39, "");
        views.base = true;
        for c in open {
            let Some((lon, lat)) = c.lon.zip(c.lat) else { continue };
            let broken = alarms.iter().any(|a| a.camera_id == Some(c.id) && a.ended_at.is_none());
            if let Some(direction) = c.direction {
                let ring = sector([lon, lat], direction, c.view_angle.unwrap_or(ANGLE), c.reach_m.unwrap_or(REACH_M));
                views.push(Feature {
                    id: c.id.to_string(),
                    name: String::new(),
                    detail: "view".into(),
                    href: String::new(),
                    tone: Tone::Plain,
                    geometry: Geometry::Areas(vec![vec![ring]]),
                });
            }
            let towards = c.direction.map_or(String::new(), |d| format!("，朝{}", towards(d)));
            spots.push(Feature {
                id: c.id.to_string(),
                name: c.name.clone(),
                detail: format!("{}{towards}{}", c.place, if broken { "，有故障" } else { "" }),
                href: format!("/video/cameras/{}", c.id),
                tone: if broken { Tone::Bad } else { Tone::Plain },
                geometry: Geometry::Point([lon, lat]),
            });
        }
        Ok(views.slot()? + &spots.slot()?)
    })
}

/// Degrees and metres of a camera of which only the direction is known.
const ANGLE: i64 = 60;
const REACH_M: i64 = 40;
/// Degrees from one corner of a sector's arc to the next.
const STEP: f64 = 6.0;

/// What a camera sees: a closed ring from its place along an arc and back. Degrees from north, clockwise; metres. The earth is
/// flat within a camera's reach: at two kilometres the error is below a metre.
fn sector([lon, lat]: [f64; 2], direction: i64, angle: i64, reach_m: i64) -> Vec<[f64; 2]> {
    let (angle, reach) = (angle.clamp(1, 360) as f64, reach_m as f64);
    let north = reach / 111_195.0;
    let east = north / lat.to_radians().cos().max(0.01);
    let steps = (angle / STEP).ceil().max(2.0) as i64;
    let at = |n: i64| {
        let a = (direction as f64 - angle / 2.0 + angle * n as f64 / steps as f64).to_radians();
        [lon + east * a.sin(), lat + north * a.cos()]
    };
    let arc = (0..=steps).map(at);
    // All around there is no way back to the middle.
    let middle = (angle < 360.0).then_some([lon, lat]);
    let mut ring: Vec<[f64; 2]> = middle.into_iter().chain(arc).collect();
    ring.extend(ring.first().copied());
    ring
}

/// A direction in degrees from north, clockwise, as one says it.
fn towards(degrees: i64) -> &'static str {
    const NAMES: [&str; 8] = ["北", "东北", "东", "东南", "南", "西南", "西", "西北"];
    NAMES[((degrees.rem_euclid(360) * 2 + 45) / 90 % 8) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sector_begins_at_the_camera_and_reaches_as_far_as_it_sees() {
        let here = [119.7, 49.2];
        let ring = sector(here, 90, 60, 100);
        assert_eq!((ring.first(), ring.last()), (Some(&here), Some(&here)));
        let far = |p: &[f64; 2]| crate::nearby::metres((here[0], here[1]), (p[0], p[1]));
        assert!(ring[1..ring.len() - 1].iter().all(|p| (far(p) - 100.0).abs() < 0.5), "{ring:?}");
        // To the east, half of the angle to each side.
        let middle = ring[ring.len() / 2];
        assert!(middle[0] > here[0] && (middle[1] - here[1]).abs() < 1e-6, "{middle:?}");
        assert!(ring[1][1] > here[1] && ring[ring.len() - 2][1] < here[1]);
        let all = sector(here, 0, 360, 50);
        assert!(all.len() == 62 && !all.contains(&here) && all.first() == all.last());
    }

    #[test]
    fn a_direction_is_said_as_people_say_it() {
        let said: Vec<&str> = [0, 22, 23, 90, 225, 337, 338, 360, -90].into_iter().map(towards).collect();
        assert_eq!(said, ["北", "北", "东北", "东", "西南", "西北", "北", "北", "西"]);
    }
}
