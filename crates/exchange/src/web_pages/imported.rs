//! `/exchange/imports/{id}`: what became of the reports that came with a file.

use crate::store::{self, Imported};
use crate::actions;
use askama::Template;
use axum::extract::Path;
use incidents::model::State;
use kernel::{ImportId, IncidentId, Purpose, Reader};
use web::page::{go, id};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "imported.html")]
struct Content {
    import: Imported,
    states: Vec<(State, i64)>,
    unlocated: i64,
    path: String,
    command_id: String,
}

/// Records of one import that are counted.
const MOST: i64 = 100_000;

/// `GET /exchange/imports/{id}`
pub async fn page(ctx: Ctx, Path(path): Path<String>) -> Answer {
    let import: ImportId = id(&path, "这次导入")?;
    let look = ctx.look("exchange.imported", Purpose::Exchange);
    let (found, states, unlocated) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let found = store::import(r, import).await?;
            ctx.who.must_reach("派出所", found.station_id)?;
            let ids: Vec<IncidentId> = store::records(r, found.station_id, import, MOST).await?.into_iter().map(IncidentId).collect();
            let (states, unlocated) = incidents::store::states_of(r, &ids).await?;
            Ok((found, states, unlocated))
        })
        .await?;
    let content = Content { import: found, states, unlocated, path, command_id: ctx.command_id().to_string() };
    Page::new("导入的来信", &content).crumb("导入数据", "/exchange/import").show(&ctx)
}

/// `POST /exchange/imports/{id}/arranged`
pub async fn arranged(ctx: Ctx, Path(path): Path<String>, form: Form) -> Answer {
    let import: ImportId = id(&path, "这次导入")?;
    let look = ctx.look("exchange.imported", Purpose::Exchange);
    let station = ctx.app.db().read(&look, async |r: &mut Reader| Ok(store::import(r, import).await?.station_id)).await?;
    ctx.who.must_reach("派出所", station)?;
    let act = ctx.act("exchange.arranged", Purpose::Exchange, &form).in_station(station);
    actions::arranged(&ctx.app, &act, import).await?;
    go("/")
}
