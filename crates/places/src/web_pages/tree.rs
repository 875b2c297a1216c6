//! `GET /places`: the tree at the left, buildings at the right.

use super::station_for;
use crate::model::{Beat, BeatGrid, BuildingLine, Community, Estate, Grid, Station};
use crate::store;
use askama::Template;
use axum::extract::Query;
use kernel::{EstateId, Permission, Purpose, Reader};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Filter {
    station: String,
    estate: String,
    skip: i64,
}

struct BeatNode {
    beat: Beat,
    grids: Vec<String>,
}

struct CommunityNode {
    name: String,
    estates: Vec<Estate>,
}

#[derive(Template)]
#[template(path = "places/tree.html")]
struct Tree {
    stations: Vec<Station>,
    station: Option<Station>,
    communities: Vec<CommunityNode>,
    beats: Vec<BeatNode>,
    estate: Option<Estate>,
    lines: Vec<BuildingLine>,
    next: Option<i64>,
    may_edit: bool,
}

fn community_nodes(communities: Vec<Community>, estates: Vec<Estate>) -> Vec<CommunityNode> {
    let mut out: Vec<CommunityNode> = communities
        .iter()
        .map(|c| CommunityNode {
            name: c.name.clone(),
            estates: estates.iter().filter(|e| e.community_id == Some(c.id)).cloned().collect(),
        })
        .collect();
    let rest: Vec<Estate> = estates.into_iter().filter(|e| e.community_id.is_none()).collect();
    if !rest.is_empty() {
        out.push(CommunityNode { name: "未归入社区".into(), estates: rest });
    }
    out
}

fn beat_nodes(beats: Vec<Beat>, grids: &[Grid], links: &[BeatGrid]) -> Vec<BeatNode> {
    beats
        .into_iter()
        .map(|beat| BeatNode {
            grids: grids
                .iter()
                .filter(|g| links.iter().any(|l| l.beat_id == beat.id && l.grid_id == g.id))
                .map(|g| g.name.clone())
                .collect(),
            beat,
        })
        .collect()
}

pub async fn page(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    let look = ctx.look("places.tree", Purpose::Administration);
    let today = ctx.app.today();
    let skip = f.skip.clamp(0, 100_000);
    let view = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (stations, station) = station_for(r, &ctx.who, &f.station).await?;
            let mut view = Tree {
                stations,
                station: station.clone(),
                communities: vec![],
                beats: vec![],
                estate: None,
                lines: vec![],
                next: None,
                may_edit: ctx.may(Permission::PlacesEdit),
            };
            let Some(station) = station else { return Ok(view) };
            let estates = store::estates(r, station.id).await?;
            view.estate = f.estate.parse::<EstateId>().ok().and_then(|id| estates.iter().find(|e| e.id == id).cloned());
            view.communities = community_nodes(store::communities(r, station.id).await?, estates);
            let links = store::beat_grids(r, station.id, today).await?;
            view.beats = beat_nodes(store::beats(r, station.id).await?, &store::grids(r, station.id).await?, &links);
            view.lines = store::building_lines(r, station.id, view.estate.as_ref().map(|e| e.id), today, skip).await?;
            if view.lines.len() > 100 {
                view.lines.truncate(100);
                view.next = Some(skip + 100);
            }
            Ok(view)
        })
        .await?;
    let mut page = Page::new("地址", &view);
    if let (true, Some(s)) = (view.may_edit, &view.station) {
        page = page.action("登记小区", format!("/places/estates/new?station={}", s.id));
        if let Some(e) = &view.estate {
            page = page.action("登记楼栋", format!("/places/estates/{}/buildings/new", e.id));
        }
    }
    page.show(&ctx)
}
