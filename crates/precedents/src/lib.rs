//! 枫桥经验库 (the Fengqiao book): agreements that held, without names, offered to the next officer.
//!
//! **Terms.** 经验 *precedent*, 推荐 *proposal*, 审核入库 *approval*, 采用 *taking over*.
//!
//! **Invariants.** A precedent comes from one agreement whose promises were kept, that was not
//! opened again, whose follow-ups are done, after the days that the rule pack gives. Its texts are
//! anonymised before they are stored here; the original stays with the dispute. It is approved by a
//! person who made no part of it, and never while a registered name or place stands in it. Domestic
//! violence, minors and protected people never go in.

pub mod actions;
pub mod anonymise;
mod jobs;
pub mod model;
pub mod rules;
pub mod store;
mod web_pages;

#[cfg(test)]
mod tests;

pub use jobs::propose_held;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need, SlotFill};

/// Routes, tables, job, menu and slots.
pub fn domain() -> Domain {
    use web_pages as w;
    Domain {
        name: "precedents",
        migrations: Some(kernel::migrations!("precedents", "0001_precedents.sql", "0002_indexes.sql")),
        routes: vec![
            get("/precedents", Need::Can(P::DisputeSee), w::book),
            get("/precedents/queue", Need::Can(P::DisputeReview), w::queue),
            post("/precedents/propose", Need::Can(P::DisputeMediate), w::propose),
            post("/precedents/hint", Need::Can(P::DisputeSee), w::hint),
            get("/precedents/{id}", Need::Can(P::DisputeSee), w::page),
            post("/precedents/{id}/decide", Need::Can(P::DisputeReview), w::decide),
            post("/precedents/{id}/take", Need::Can(P::DisputeMediate), w::take),
        ],
        jobs: vec![web::Job { name: "precedents.propose", every_seconds: 86_400, run: jobs::propose_held }],
        menu: vec![MenuItem { group: "纠纷", label: "枫桥经验库", path: "/precedents", permission: P::DisputeSee, order: 33 }],
        slots: vec![
            SlotFill { slot: mediation::NEW_SLOT, fill: w::new_slot },
            SlotFill { slot: mediation::DISPUTE_SLOT, fill: w::dispute_slot },
            SlotFill { slot: mediation::AGREEMENT_SLOT, fill: w::agreement_slot },
        ],
        ..Domain::default()
    }
}
