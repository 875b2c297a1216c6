//! Finding a known address in free text.

use crate::model::{Confidence, Located};
use crate::{rules, store};
use kernel::{BuildingId, Date, Reader, Result, StationId, clock};

/// Characters of the text that are looked at.
const MAX_TEXT: usize = 2_000;
/// Characters after the name of the complex in which building, unit and room are looked for.
const MAX_TAIL: usize = 60;

/// Finds a known address of `station` in `text` by complex (or street and number), building, unit
/// and room. Whatever is not named exactly stays `None`; nothing found is [`Located::UNKNOWN`].
/// Grid and beat are those of the day of the command.
pub async fn locate(r: &mut Reader, station: StationId, text: &str) -> Result<Located> {
    let cut: String = text.chars().take(MAX_TEXT).collect();
    let folded = rules::fold(&cut);
    if folded.chars().count() < 2 {
        return Ok(Located::UNKNOWN);
    }
    let today = clock::day_of(r.now());
    let mut best: Option<(usize, store::EstateKey, String)> = None;
    for e in store::estates_named_in(r, station, &folded).await? {
        // The longest name that stands in the text: "金桂园东区" before "金桂园".
        let found = [&e.folded, &e.short, &e.street_folded]
            .into_iter()
            .filter(|n| !n.is_empty())
            .filter_map(|n| folded.find(n.as_str()).map(|at| (n.len(), at + n.len())))
            .max();
        if let Some((length, end)) = found
            && best.as_ref().is_none_or(|(l, ..)| length > *l)
        {
            best = Some((length, e, folded[end..].chars().take(MAX_TAIL).collect()));
        }
    }
    let Some((_, estate, mut tail)) = best else { return Ok(Located::UNKNOWN) };
    // Street and number may stand before the name: "兴华路18号金桂园3号楼".
    if let Some(at) = tail.find(estate.folded.as_str()) {
        tail = tail[at + estate.folded.len()..].to_string();
    }
    let parts = rules::parts(&tail);
    let buildings = store::building_keys(r, estate.id).await?;
    let building = parts
        .building
        .as_ref()
        .and_then(|key| buildings.iter().find(|b| b.folded == *key))
        .or_else(|| {
            // A building with a name, such as 沿街商铺; a number never counts as a name.
            let named = buildings.iter().filter(|b| b.folded.chars().count() >= 2 && !b.folded.is_ascii());
            named.filter(|b| tail.contains(b.folded.as_str())).max_by_key(|b| b.folded.len())
        })
        .or_else(|| (buildings.len() == 1 && parts.building.is_none()).then(|| &buildings[0]));
    let Some(building) = building.map(|b| b.id) else {
        return of_estate(r, estate.id, &buildings.iter().map(|b| b.id).collect::<Vec<_>>(), today).await;
    };
    let mut out = Located { building: Some(building), estate: Some(estate.id), confidence: Confidence::Building, ..Located::UNKNOWN };
    (out.grid, out.beat) = store::borders_of(r, building, today).await?;
    if let Some(room) = &parts.room {
        let rooms = store::rooms(r, building, room).await?;
        let fitting: Vec<_> = match &parts.unit {
            // "1单元" is often said of a building that has no units.
            Some(unit) => rooms.iter().filter(|a| a.unit_key == *unit || (unit == "1" && a.unit_key.is_empty())).collect(),
            None => rooms.iter().collect(),
        };
        if let [only] = fitting.as_slice() {
            out.address = Some(only.id);
            out.confidence = Confidence::Household;
        }
    }
    Ok(out)
}

/// Only the complex is known: grid and beat count when all its buildings share them.
async fn of_estate(r: &mut Reader, estate: kernel::EstateId, buildings: &[BuildingId], today: Date) -> Result<Located> {
    let mut out = Located { estate: Some(estate), confidence: Confidence::Estate, ..Located::UNKNOWN };
    let mut shared = None;
    for b in buildings {
        let (grid, beat) = store::borders_of(r, *b, today).await?;
        shared = Some(match shared {
            None => (grid, beat),
            Some((g, p)) => (if g == grid { g } else { None }, if p == beat { p } else { None }),
        });
    }
    (out.grid, out.beat) = shared.unwrap_or((None, None));
    if out.grid.is_none() && out.beat.is_none() {
        out.confidence = Confidence::Unknown;
    }
    Ok(out)
}
