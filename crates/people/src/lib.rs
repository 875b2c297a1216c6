//! 人员: who lives at an address, who reported; as little as the duty needs.
//!
//! **Invariants.** A person is read only through [`store`], which marks whom it showed; the entry is
//! in the chain before the page leaves. Numbers are sealed, found by a keyed blind index, shown
//! masked, and opened one at a time with a purpose ([`actions::reveal`]). Names of minors and of
//! protected persons are shown only to roles that handle the matter. There are no scores and no
//! labels of people here: levels belong to disputes and places.
//!
//! 1. The register: [`actions::register`], [`actions::move_in`], [`actions::import_row`].
//! 2. A report: [`actions::register_contact`] inside the intake's own command.
//! 3. The end: [`actions::retention`] clears what a rule says, except what stands under hold.

pub mod actions;
pub mod model;
pub mod rules;
pub mod store;
pub mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use kernel::event::Listener;
use web::domain::{get, post};
use web::{Domain, Job, MenuItem, Need, SlotFill};

/// Higher domains hang on a person's page what they know (警情、纠纷).
pub const PERSON_SLOT: web::Slot = "people.person";

/// Routes, tables, the daily clearing and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{form, person, register, retention};
    Domain {
        name: "people",
        migrations: Some(kernel::migrations!("people", "0001_people.sql", "0002_clearing.sql", "0003_timed_holds.sql")),
        routes: vec![
            get("/people", Need::Can(P::PeopleSee), register::page),
            post("/people/find", Need::Can(P::PeopleReveal), register::find),
            get("/people/new", Need::Can(P::PeopleEdit), form::new),
            post("/people/new", Need::Can(P::PeopleEdit), form::add),
            get("/people/retention", Need::Can(P::RetentionRun), retention::page),
            post("/people/retention", Need::Can(P::RetentionRun), retention::run),
            get("/people/{id}", Need::Can(P::PeopleSee), person::page),
            post("/people/{id}/reveal", Need::Can(P::PeopleReveal), person::reveal),
            get("/people/{id}/edit", Need::Can(P::PeopleEdit), form::edit),
            post("/people/{id}/edit", Need::Can(P::PeopleEdit), form::save),
            post("/people/{id}/move", Need::Can(P::PeopleEdit), person::move_in),
            post("/people/{id}/hold", Need::Can(P::PeopleEdit), person::hold),
            post("/people/{id}/release", Need::Can(P::PeopleEdit), person::release),
        ],
        jobs: vec![Job { name: "people.retention", every_seconds: 86_400, run: actions::retention_job }],
        listeners: vec![
            Listener { topic: places::actions::MOVED, handler: actions::building_moved },
            Listener { topic: places::actions::MOVED_GRID, handler: actions::grid_moved },
        ],
        menu: vec![
            MenuItem { group: "人口与地址", label: "人员", path: "/people", permission: P::PeopleSee, order: 51 },
            MenuItem { group: "系统", label: "到期清理", path: "/people/retention", permission: P::RetentionRun, order: 92 },
        ],
        slots: vec![SlotFill { slot: places::BUILDING_SLOT, fill: web_pages::residents }],
    }
}
