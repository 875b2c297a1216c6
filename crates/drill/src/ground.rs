//! What every drill stands on: one station, made through the actions of an administrator.

use anyhow::Result;
use kernel::{Actor, App, Purpose, StationId};

/// A sub-bureau with one station.
pub(crate) async fn station(app: &App) -> Result<StationId> {
    let who = Actor::local("drill");
    let act = || app.act(&who, "drill.prepare", Purpose::Administration, app.fresh_command());
    let sub = places::model::NewSubBureau { code: "150702-FJ".into(), name: "演练分局".into(), region: "150702".into() };
    let sub_bureau = places::actions::add_sub_bureau(app, &act(), sub).await?;
    let new = places::model::NewStation {
        sub_bureau,
        code: "150702990000".into(),
        name: "演练派出所".into(),
        region: "150702".into(),
        address: "演练路1号".into(),
    };
    Ok(places::actions::add_station(app, &act(), new).await?)
}
