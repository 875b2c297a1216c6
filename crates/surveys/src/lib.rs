//! 问卷: asked on a page or brought as XLSForm, opened by QR, answered on any telephone without an account and without
//! script, counted with how many answered.
//!
//! **Terms.** 问卷 *survey*, 答卷 *answers*, 答卷箱 *box*, 答卷码 *code*.
//!
//! **Invariants.** Nothing leads from an answer to who gave it or to a time finer than a day: answers lie in boxes of a day,
//! sorted by what they say, and have no row, id or time of their own; the chain records that a survey was answered, without
//! a digest of the answer (a digest could be matched); a code is a hash with a mark that it was used, not when. What is
//! asked does not change once a survey is open. Every answer is judged by `forms`, on the server.

pub mod actions;
pub mod model;
mod pace;
mod paper;
pub mod rules;
pub mod store;
mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

const SEE: Need = Need::Can(P::SurveySee);
const EDIT: Need = Need::Can(P::SurveyEdit);

/// Routes, tables and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{answer, manage, print, quick, results};
    Domain {
        name: "surveys",
        migrations: Some(kernel::migrations!("surveys", "0001_surveys.sql")),
        routes: vec![
            get("/surveys", SEE, manage::list),
            get("/surveys/new", EDIT, manage::new_page),
            post("/surveys/new", EDIT, manage::new),
            get("/surveys/{id}", SEE, manage::page),
            post("/surveys/{id}/import", EDIT, manage::import),
            get("/surveys/{id}/xlsx", SEE, manage::xlsx),
            post("/surveys/{id}/question", EDIT, manage::add_question),
            post("/surveys/{id}/remove", EDIT, manage::remove_question),
            post("/surveys/{id}/up", EDIT, manage::move_up),
            get("/surveys/{id}/sheet", SEE, print::sheet),
            get("/surveys/{id}/quick", EDIT, quick::page),
            post("/surveys/{id}/quick", EDIT, quick::send),
            post("/surveys/{id}/open", EDIT, manage::open),
            post("/surveys/{id}/close", EDIT, manage::close),
            post("/surveys/{id}/codes", EDIT, manage::codes),
            get("/surveys/{id}/results", SEE, results::page),
            get("/surveys/{id}/entry", EDIT, answer::entry_page),
            post("/surveys/{id}/entry", EDIT, answer::entry),
            get("/q/{code}", Need::Public, answer::page),
            post("/q/{code}", Need::Public, answer::send),
        ],
        menu: vec![MenuItem { group: "社区", label: "问卷", path: "/surveys", permission: P::SurveySee, order: 45 }],
        ..Domain::default()
    }
}
