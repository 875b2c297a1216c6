//! 类别与起因: official lists side by side, their mapping, and suggestions from the text.
//!
//! **Invariants.** A suggestion names the words it rests on and is never forced; a person's choice
//! wins, and both stay on record. The model learns from the lexicon and the invented texts that ship
//! with it, never from people's reports. A category that no source maps is said to be unmapped.

pub mod lexicon;
pub mod mapping;
pub mod measure;
pub mod ngram;
pub mod panel;
pub mod passages;
pub mod suggest;
mod web_pages;

// The bench and the tests share the reader of the sample, which names this crate.
#[cfg(test)]
extern crate self as categories;
#[cfg(test)]
mod tests;

pub use panel::For;
pub use suggest::{MODEL, Model, Proposal, Suggestion, suggest};

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

/// Routes and menu; what was proposed is kept with the record it was proposed for (incidents).
pub fn domain() -> Domain {
    Domain {
        name: "categories",
        routes: vec![
            get("/rules/mapping", Need::Can(P::RuleSee), web_pages::mapping),
            post("/categories/suggest", Need::Any(&[P::IncidentTake, P::IncidentDispatch, P::DisputeOpen]), web_pages::suggest),
        ],
        menu: vec![MenuItem { group: "管理", label: "类别对照", path: "/rules/mapping", permission: P::RuleSee, order: 81 }],
        ..Domain::default()
    }
}
