//! 受理回执 (程序规定 §60–61: whoever reports is given a receipt): printed from an incident.

use crate::compose::Sheet;
use crate::print;
use askama::Template;
use axum::extract::Path;
use futures::future::BoxFuture;
use axum::http::header;
use kernel::{Actor, App, IncidentId, Permission as P, Purpose, Reader, Result, Tx, Uuid, clock};
use serde_json::json;
use web::{Answer, Ctx, Form, IntoResponse};

#[derive(Template)]
#[template(path = "receipt_button.html")]
struct Button {
    id: Uuid,
    command_id: String,
}

/// The button on an incident's page, for those who take reports.
pub fn on_incident<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        if !actor.may(P::IncidentTake) || !actor.may(P::IncidentSee) {
            return Ok(String::new());
        }
        Button { id, command_id: app.fresh_command().to_string() }.render().map_err(kernel::Error::internal)
    })
}

/// `POST /incidents/{id}/receipt`: the receipt as PDF, with the reporter's name as the page shows it and no telephone.
pub async fn print(ctx: Ctx, Path(path): Path<String>, form: Form) -> Answer {
    // A grid worker with an order sees matter and place, not who reported; the receipt names the reporter.
    ctx.who.must(P::IncidentSee)?;
    let id: IncidentId = web::page::id(&path, "这起警情")?;
    let look = ctx.look("incidents.receipt", Purpose::Incident).about("incident", id.0);
    let (intake, reporter, station) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let intake = incidents::store::get(r, id).await?;
            incidents::actions::visible(r, &intake).await?;
            let reporter = match intake.reporter_id.filter(|_| !intake.secret) {
                Some(p) => Some(people::store::person(r, p).await?),
                None => None,
            };
            let station = places::store::station(r, intake.station_id).await?;
            Ok((intake, reporter, station))
        })
        .await?;
    let matter = match intake.category.as_deref() {
        Some(c) => ctx.app.rules().name("incident.category1", c).to_string(),
        None => "反映的情况".into(),
    };
    let data = json!({
        "issued_at": clock::show(ctx.now()).replace(' ', "T") + ":00+08:00",
        "number": intake.number,
        "station": station.name,
        "applicant": reporter.map_or_else(|| "匿名".to_string(), |p| p.name),
        "matter": matter,
        "received_at": clock::show(intake.registered_at).replace(' ', "T"),
        "summary": kernel::text::cut(&intake.content, 300),
        "handler": ctx.who.name,
        "lookup": [format!("到{}或打电话，报上面的编号询问办理情况；", station.name), "网上提交的，凭提交时给的查询码在本所网页查询。"],
        "notes": ["请妥善保管本回执。紧急情况请拨打110。"],
    });
    let printed = print::render(Sheet { template: documents::RECEIPT, data }).await?;
    let act = ctx.act("incidents.receipt", Purpose::Incident, &form).in_station(intake.station_id);
    ctx.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("incidents.receipt", &[("incident", id.0)], &printed.pdf_hash);
            Ok(())
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"receipt.pdf\""),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, printed.bytes).into_response())
}
