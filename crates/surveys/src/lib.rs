//! 问卷: asked on a page or brought as XLSForm, opened by QR, answered on any telephone without an account and without
//! script, on paper too, counted with how many answered and weighed by the register. 意见 sent online or told, and the records of
//! 居民议事会 with votes, stand beside.
//!
//! **Terms.** 问卷 *survey*, 答卷 *answers*, 答卷箱 *box*, 答卷码 *code*, 意见 *wish*, 居民议事会
//! *meeting*, 表决 *vote*, 时间段 *stretch*.
//!
//! **Invariants.** Nothing leads from an answer to who gave it or to a time finer than a day: answers lie in boxes of a day,
//! sorted by what they say, and have no row, id or time of their own; the chain records that a survey was answered, without
//! a digest of the answer (a digest could be matched); a code is a hash with a mark that it was used, not when. What is
//! asked does not change once a survey is open. Every answer is judged by `forms`, on the server. A
//! wish has no sender. The record of a meeting does not change once it is final; a wrong vote is struck, not deleted.

pub mod actions;
pub mod model;
mod pace;
mod paper;
mod plot;
pub mod rules;
pub mod store;
pub mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

const SEE: Need = Need::Can(P::SurveySee);
const EDIT: Need = Need::Can(P::SurveyEdit);

/// Routes, tables and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{answer, manage, meetings, print, quick, results, wishes};
    Domain {
        name: "surveys",
        migrations: Some(kernel::migrations!("surveys", "0001_surveys.sql", "0002_wishes.sql")),
        routes: vec![
            get("/surveys", SEE, manage::list),
            get("/surveys/new", EDIT, manage::new_page),
            post("/surveys/new", EDIT, manage::new),
            get("/surveys/wishes", SEE, wishes::list),
            post("/surveys/wishes", EDIT, wishes::add),
            post("/surveys/wishes/{id}/reply", EDIT, wishes::reply),
            get("/surveys/meetings", SEE, meetings::list),
            get("/surveys/meetings/new", EDIT, meetings::new_page),
            post("/surveys/meetings/new", EDIT, meetings::new),
            get("/surveys/meetings/{id}", SEE, meetings::page),
            post("/surveys/meetings/{id}", EDIT, meetings::save),
            post("/surveys/meetings/{id}/vote", EDIT, meetings::vote),
            post("/surveys/meetings/{id}/strike", EDIT, meetings::strike),
            post("/surveys/meetings/{id}/wish", EDIT, meetings::wish),
            post("/surveys/meetings/{id}/finish", EDIT, meetings::finish),
            get("/surveys/meetings/{id}/paper", SEE, meetings::minutes),
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
        menu: vec![
            MenuItem { group: "社区", label: "问卷", path: "/surveys", permission: P::SurveySee, order: 45 },
            MenuItem { group: "社区", label: "居民意见", path: "/surveys/wishes", permission: P::SurveySee, order: 45 },
            MenuItem { group: "社区", label: "议事会", path: "/surveys/meetings", permission: P::SurveySee, order: 45 },
        ],
        ..Domain::default()
    }
}
