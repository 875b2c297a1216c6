//! Pages: the register, a person, forms, clearing; and the residents on a building's page.

pub mod form;
pub mod person;
pub mod register;
pub mod retention;

use crate::model::PersonView;
use crate::store;
use askama::Template;
use futures::future::BoxFuture;
use kernel::{Actor, App, BuildingId, Permission, Purpose, Reader, Uuid};

#[derive(Template)]
#[template(path = "people/residents.html")]
struct Residents {
    people: Vec<PersonView>,
}

/// Fills [`places::BUILDING_SLOT`]: who lives in the building.
pub(crate) fn residents<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, kernel::Result<String>> {
    Box::pin(async move {
        if !actor.may(Permission::PeopleSee) {
            return Ok(String::new());
        }
        let look = app.look(actor, "people.residents", Purpose::HomeVisit).about("building", id);
        let people = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let homes: Vec<_> = places::store::addresses(r, BuildingId(id)).await?.into_iter().map(|a| a.id).collect();
                store::by_addresses(r, &homes).await
            })
            .await?;
        Residents { people }.render().map_err(kernel::Error::internal)
    })
}
