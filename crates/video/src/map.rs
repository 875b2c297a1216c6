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
        for c in open {
            let Some((lon, lat)) = c.lon.zip(c.lat) else { continue };
            let broken = alarms.iter().any(|a| a.camera_id == Some(c.id) && a.ended_at.is_none());
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
        spots.slot()
    })
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
    fn a_direction_is_said_as_people_say_it() {
        let said: Vec<&str> = [0, 22, 23, 90, 225, 337, 338, 360, -90].into_iter().map(towards).collect();
        assert_eq!(said, ["北", "北", "东北", "东", "西南", "西北", "北", "北", "西"]);
    }
}
