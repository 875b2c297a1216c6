//! `GET /places/suggest?q=`: options for the address field of any form, as an HTML fragment.
//!
//! An option carries the line to put into the field (`value`), what it is (`data-kind`: `address`,
//! `building`, `estate`) and, for a household, the id to send along (`data-id`).

use super::{own_station, station_for};
use crate::{rules, store};
use askama::Template;
use axum::extract::Query;
use kernel::{Purpose, Reader, Result, StationId};
use serde::Deserialize;
use web::{Answer, Ctx};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Ask {
    q: String,
    station: String,
}

struct Choice {
    kind: &'static str,
    id: String,
    line: String,
}

#[derive(Template)]
#[template(path = "places/suggest.html")]
struct Options {
    list: Vec<Choice>,
}

/// Complexes while the name is typed, then buildings, then households.
async fn choices(r: &mut Reader, station: StationId, typed: &str) -> Result<Vec<Choice>> {
    let folded: String = rules::fold(typed).chars().take(60).collect();
    if folded.is_empty() {
        return Ok(vec![]);
    }
    let named = store::estates_named_in(r, station, &folded).await?;
    let Some(estate) = named.into_iter().next() else {
        return Ok(store::estates_like(r, station, &folded)
            .await?
            .into_iter()
            .map(|e| Choice { kind: "estate", id: e.id.to_string(), line: e.name })
            .collect());
    };
    let end = [&estate.folded, &estate.short, &estate.street_folded]
        .into_iter()
        .filter(|n| !n.is_empty())
        .filter_map(|n| folded.find(n.as_str()).map(|at| at + n.len()))
        .max()
        .unwrap_or(0);
    let tail = folded[end..].trim_start_matches("小区");
    let parts = rules::parts(tail);
    let typed_building = parts.building.clone().or_else(|| {
        let digits: String = tail.chars().take_while(char::is_ascii_alphanumeric).collect();
        (!digits.is_empty()).then_some(digits)
    });
    let buildings = store::building_keys(r, estate.id).await?;
    let building = typed_building
        .as_ref()
        .and_then(|key| buildings.iter().find(|b| b.folded == *key))
        .or_else(|| buildings.iter().find(|b| !b.folded.is_ascii() && tail.contains(b.folded.as_str())));
    let Some(building) = building else {
        return Ok(buildings
            .into_iter()
            .filter(|b| typed_building.as_ref().is_none_or(|key| b.folded.starts_with(key.as_str())))
            .take(12)
            .map(|b| Choice { kind: "building", id: b.id.to_string(), line: rules::line("", "", "", &estate.name, &b.name, "", "") })
            .collect());
    };
    let room = parts.room.unwrap_or_default();
    let mut out: Vec<Choice> = store::rooms_like(r, building.id, parts.unit.as_deref(), &room)
        .await?
        .into_iter()
        .map(|a| Choice { kind: "address", id: a.id.to_string(), line: a.line })
        .collect();
    if out.is_empty() {
        out.push(Choice { kind: "building", id: building.id.to_string(), line: rules::line("", "", "", &estate.name, &building.name, "", "") });
    }
    Ok(out)
}

pub async fn options(ctx: Ctx, Query(ask): Query<Ask>) -> Answer {
    let look = ctx.look("places.suggest", Purpose::Incident);
    let list = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let station = match own_station(&ctx.who) {
                Some(s) => Some(s),
                None => station_for(r, &ctx.who, &ask.station).await?.1.map(|s| s.id),
            };
            match station {
                Some(s) => choices(r, s, &ask.q).await,
                None => Ok(vec![]),
            }
        })
        .await?;
    web::page::fragment(&Options { list })
}
