//! 接报回执 at the desk: read out, or shown for printing; the secret once.

use super::detail;
use super::forms::{end, incident};
use crate::model::{GivenTo, Handing, Intake, NewReceipt, Receipt};
use crate::{actions, store};
use askama::Template;
use axum::extract::Path;
use kernel::{IncidentId, Permission, Purpose, Reader};
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

/// A receipt with the name of who gave it.
pub(crate) struct ReceiptView {
    pub r: Receipt,
    pub by: String,
}

#[derive(Template)]
#[template(path = "read_out.html")]
struct ReadOut {
    intake: Intake,
    station: String,
    secret: String,
    to: GivenTo,
    site: String,
    /// Whoever took a report without the right to see it goes on with the next one.
    sees: bool,
}

/// `POST /incidents/{id}/receipt/read`: gives a receipt and shows the secret, to be read out. A repeated post shows the same.
pub async fn read_out(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = incident(&id)?;
    let to = GivenTo::from_code(form.typed("given_to"));
    if to.is_none() {
        form.errors.add("given_to", "请选择回执交给谁。");
    }
    let (secret, hash) = ctx.receipt(&form);
    let act = ctx.act("incidents.receipt", Purpose::Incident, &form);
    let done = match (form.finish(()), to) {
        (Ok(()), Some(to)) => actions::give_receipt(&ctx.app, &act, id, &NewReceipt { hash, to, how: Handing::ReadOut }).await.map(|()| to),
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(kernel::Error::internal("given_to")),
    };
    let to = match done {
        Ok(to) => to,
        Err(e) => return detail::show(&ctx, id, &form, Again::from_error(e)?, "receipt").await,
    };
    shown(&ctx, id, secret, to).await
}

/// The receipt on the screen, once.
pub(super) async fn shown(ctx: &Ctx, id: IncidentId, secret: String, to: GivenTo) -> Answer {
    let look = ctx.look("incidents.receipt", Purpose::Incident).about("incident", id.0);
    let (intake, station) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let intake = store::get(r, id).await?;
            let station = places::store::station(r, intake.station_id).await?.name;
            Ok((intake, station))
        })
        .await?;
    let site = ctx.app.settings().public_url.trim_end_matches('/').to_string();
    let content = ReadOut { intake, station, secret, to, site, sees: ctx.may(Permission::IncidentSee) };
    Page::new("接报回执", &content).show(ctx)
}

/// `POST /incidents/{id}/secret`: the reporter asks for secrecy.
pub async fn keep_secret(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = incident(&id)?;
    let act = ctx.act("incidents.keep_secret", Purpose::Incident, &form);
    let done = actions::keep_secret(&ctx.app, &act, id).await;
    end(&ctx, id, &form, "secret", done).await
}
