//! Pages: the dossier with its forms, signing, the part on the dispute's page.

pub mod forms;
pub mod page;
pub mod receipt;
pub mod sign;

use crate::compose::Case;
use crate::rules;
use askama::Template;
use futures::future::BoxFuture;
use kernel::{Actor, App, Permission as P, Purpose, Result, Uuid};

#[derive(Template)]
#[template(path = "slot.html")]
struct Slot {
    id: Uuid,
    number: Option<String>,
    needed: bool,
    missing: Vec<&'static str>,
}

/// On the dispute's page: filed or not, what is missing, the way to the papers.
pub fn on_dispute<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        if !actor.may(P::DisputeSee) {
            return Ok(String::new());
        }
        let act = app.look(actor, "dossier.slot", Purpose::Mediation);
        let case = Case::load(app, &act, id.into(), false).await?;
        let facts = case.facts();
        let missing = rules::missing(&rules::parts(&facts));
        let slot = Slot { id, number: case.volume.map(|v| v.number), needed: rules::needs_dossier(&facts), missing };
        slot.render().map_err(kernel::Error::internal)
    })
}
