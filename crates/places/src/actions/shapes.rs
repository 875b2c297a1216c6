//! Outlines and background of the map from a file.

use super::at;
use crate::map::coords::System;
use crate::map::{Drawn, Fault, Kind, read_geojson};
use crate::store;
use kernel::{Act, App, Error, FieldErrors, Result, StationId, Tx, Uuid};
use std::collections::BTreeMap;

/// Takes a GeoJSON file for a station, all of it or nothing. An outline ends the former one of the same beat, community or grid; the
/// background kinds in the file end all former shapes of those kinds. Returns how many shapes of each kind were taken.
///
/// # Errors
/// Not permitted, station out of reach; every fault of the file with its row, in the field `file`.
pub async fn import_shapes(
    app: &App,
    act: &Act,
    station: StationId,
    system: System,
    file_name: &str,
    bytes: &[u8],
) -> Result<Vec<(String, usize)>> {
    let act = at(act, station)?;
    let drawn = read_geojson(bytes, system).map_err(refused)?;
    let file_name = kernel::text::cut(file_name, 100);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::station(tx, station).await?;
            let mut owners: BTreeMap<(Kind, String), Uuid> = BTreeMap::new();
            owners.extend(store::beats(tx, station).await?.into_iter().map(|b| ((Kind::Beat, b.code), b.id.0)));
            owners.extend(
                store::communities(tx, station).await?.into_iter().map(|c| ((Kind::Community, c.code), c.id.0)),
            );
            owners.extend(store::grids(tx, station).await?.into_iter().map(|g| ((Kind::Grid, g.code), g.id.0)));
            let faults: Vec<Fault> = drawn.iter().filter_map(|d| unknown(d, &owners)).take(30).collect();
            if !faults.is_empty() {
                return Err(refused(faults));
            }
            let mut ended = vec![];
            let mut taken: BTreeMap<&'static str, usize> = BTreeMap::new();
            for d in &drawn {
                let owner = owners.get(&(d.kind, d.code.clone())).copied().filter(|_| d.kind.is_outline());
                if !ended.contains(&(d.kind, owner)) {
                    store::end_shapes(tx, station, d.kind, owner).await?;
                    ended.push((d.kind, owner));
                }
                store::insert_shape(tx, station, d, owner, &file_name).await?;
                *taken.entry(d.kind.label()).or_default() += 1;
            }
            tx.record("places.import_shapes", &[("station", station.0)], &format!("{taken:?}"));
            tx.emit("places.changed", station);
            Ok(taken.into_iter().map(|(kind, n)| (kind.to_string(), n)).collect())
        })
        .await
}

fn unknown(d: &Drawn, owners: &BTreeMap<(Kind, String), Uuid>) -> Option<Fault> {
    let missing = d.kind.is_outline() && !owners.contains_key(&(d.kind, d.code.clone()));
    missing.then(|| Fault {
        row: d.row,
        why: format!("{}：本所没有编号为“{}”的记录。请核对属性 code。", d.kind.label(), d.code),
    })
}

fn refused(faults: Vec<Fault>) -> Error {
    let mut e = FieldErrors::default();
    for f in faults {
        e.add("file", if f.row == 0 { f.why } else { format!("第 {} 个要素：{}", f.row, f.why) });
    }
    match e.ok(()) {
        Err(e) => e,
        Ok(()) => Error::internal("no fault"),
    }
}
