//! 警情 on the map: number, category and state, no names, no words of the report.

use crate::model::{Line, State};
use crate::store;
use futures::future::BoxFuture;
use kernel::{Actor, App, BuildingId, IncidentId, Permission, Purpose, Reader, Result, StationId, Timestamp, Uuid};
use places::map::{Feature, Geometry, Layer, Tone, spread};
use std::collections::HashMap;

/// Open incidents reported within so many days are shown.
const DAYS: i64 = 30;

/// So many at most, the newest.
const MOST: i64 = 500;

/// The fill of [`places::map::MAP_SLOT`].
pub(crate) fn layer<'a>(app: &'a App, actor: &'a Actor, station: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let station = StationId::from(station);
        if !actor.may(Permission::IncidentSee) || !actor.reach().houses(station) {
            return Ok(String::new());
        }
        let look = app.look(actor, "incidents.map", Purpose::Incident);
        let since = app
            .now()
            .checked_sub(std::time::Duration::from_secs(DAYS as u64 * 86_400))
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let (lines, spots) = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let states: Vec<State> = State::ALL.iter().copied().filter(|s| s.is_open()).collect();
                let lines = store::open_lines(r, station, &states, MOST).await?;
                let reach = actor.reach();
                let shown = |l: &Line| l.called_at >= since && reach.covers(station, l.grid_id, l.beat_id);
                let lines: Vec<Line> = lines.into_iter().filter(shown).collect();
                let ids: Vec<IncidentId> = lines.iter().map(|l| l.id).collect();
                let at = store::buildings_of(r, &ids).await?;
                let buildings: Vec<BuildingId> = at.iter().map(|(_, b)| *b).collect();
                let points: HashMap<_, _> = places::store::places_of(r, &buildings).await?.into_iter().collect();
                let spots: HashMap<_, _> = at.into_iter().filter_map(|(i, b)| Some((i, *points.get(&b)?))).collect();
                for l in lines.iter().filter(|l| spots.contains_key(&l.id)) {
                    r.saw("incident", l.id);
                }
                Ok((lines, spots))
            })
            .await?;
        let rules = app.rules();
        let unknown = lines.iter().filter(|l| !spots.contains_key(&l.id)).count();
        let empty = match unknown {
            0 => format!("近 {DAYS} 天没有未结的警情。"),
            n => format!("有 {n} 起未结警情还没有定位到楼栋，图上没有。请在警情页定位。"),
        };
        let mut layer = Layer::new("incidents", "未结警情", 50, &empty);
        for l in &lines {
            let Some(point) = spots.get(&l.id) else { continue };
            let category = l.category.as_deref().map_or("未定类", |c| rules.name("incident.category1", c));
            layer.push(Feature {
                id: l.id.to_string(),
                name: format!("{category} {}", l.number),
                detail: format!("{}，{}", l.state.label(), kernel::clock::show(l.called_at)),
                href: format!("/incidents/{}", l.id),
                tone: if l.state == State::New { Tone::Bad } else { Tone::Warn },
                geometry: Geometry::Point(*point),
            });
        }
        spread(&mut layer.features);
        layer.slot()
    })
}
