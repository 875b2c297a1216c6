//! 勤务排班: posts and what they need, rules as data, the best roster there is with a proven bound, and repairs that
//! change almost nothing.
//!
//! **Terms.** 岗位 *post*, 班次 *shift* (begins on its day, may end on the next), 需要 *need*, 搭配 *mix*, 愿望 *wish*,
//! 一版 *plan*, 一班岗 *duty*, 知悉 *acknowledgement*, 在岗 *stand* (from 到岗 to 离岗), 空岗 *empty*, 调休 the State Council's rearrangement of working days.
//!
//! **Invariants.** A plan answers a frozen [`model::Problem`]; what is edited meanwhile never changes it, and publishing
//! judges by what holds now. Every roster shown is judged by the solver's independent checker. What the law asks for
//! (an auxiliary never alone, qualifications) stands against any reason; what the station set itself may be passed with
//! a reason that is kept. A published plan is never altered: another version takes its place, duties as published stay.
//! Planned minutes of a post are those with somebody there and the empty ones, always; an end that nobody told is asked for and
//! set by a person with a reason, never by the program.

pub mod actions;
mod calendar;
pub mod model;
mod paper;
pub mod rules;
pub mod store;
mod web_pages;

pub use web_pages::month::part as month_part;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, Job, MenuItem, Need};

const SEE: Need = Need::Can(P::RosterSee);
const PLAN: Need = Need::Can(P::RosterPlan);

/// The place under a post where other domains say where its need comes from.
pub const POST_SLOT: web::Slot = "roster.post";

/// Routes, tables, jobs and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{after, attendance, mine, past, people, plan, plans, posts, rules, today};
    Domain {
        name: "roster",
        migrations: Some(kernel::migrations!("roster", "0001_roster.sql", "0002_after.sql", "0003_successions.sql", "0004_bounds.sql", "0005_stands.sql", "0006_opening.sql")),
        routes: vec![
            get("/roster", SEE, plans::page),
            post("/roster/solve", PLAN, plans::solve),
            get("/roster/compare", PLAN, plans::compare),
            get("/roster/posts", PLAN, posts::list),
            get("/roster/posts/new", PLAN, posts::new_page),
            post("/roster/posts/new", PLAN, posts::new),
            get("/roster/posts/{id}", PLAN, posts::page),
            post("/roster/posts/{id}", PLAN, posts::save),
            post("/roster/posts/{id}/end", PLAN, posts::end),
            get("/roster/rules", SEE, rules::page),
            post("/roster/rules", PLAN, rules::set),
            post("/roster/rules/successions", PLAN, rules::succession),
            get("/roster/people", PLAN, people::page),
            post("/roster/people/contract", PLAN, people::contract),
            post("/roster/people/contract/{id}/end", PLAN, people::end_contract),
            post("/roster/people/skill", PLAN, people::skill),
            post("/roster/people/skill/{id}/end", PLAN, people::end_skill),
            post("/roster/people/skill/{id}/cancel", PLAN, people::cancel_skill),
            post("/roster/people/opening", PLAN, people::opening),
            post("/roster/people/opening/end", PLAN, people::end_opening),
            post("/roster/people/leave", PLAN, people::leave),
            post("/roster/people/leave/{id}/cancel", PLAN, people::cancel_leave),
            post("/roster/people/pin", PLAN, people::pin),
            post("/roster/people/pin/end", PLAN, people::end_pin),
            get("/roster/plans/{id}", SEE, plan::page),
            get("/roster/plans/{id}/live", SEE, plan::live),
            post("/roster/plans/{id}/stop", PLAN, plan::stop),
            post("/roster/plans/{id}/cell", PLAN, plan::cell),
            post("/roster/plans/{id}/copy", PLAN, plan::copy),
            post("/roster/plans/{id}/publish", Need::Can(P::RosterPublish), plan::publish),
            post("/roster/plans/{id}/repair", PLAN, plan::repair),
            post("/roster/plans/{id}/known", SEE, mine::known),
            get("/roster/plans/{id}/pdf", SEE, after::pdf),
            post("/roster/plans/{id}/xlsx", Need::Can(P::DataExport), after::xlsx),
            get("/roster/swaps", SEE, after::swaps),
            post("/roster/swaps", SEE, after::ask),
            post("/roster/swaps/{id}", SEE, after::step),
            get("/roster/today", SEE, today::page),
            get("/roster/today/live", SEE, today::live),
            get("/roster/attendance", PLAN, attendance::page),
            get("/roster/attendance/post/{id}", PLAN, attendance::post),
            post("/roster/check-in", SEE, today::check_in),
            post("/roster/check-out", SEE, today::check_out),
            post("/roster/stands/{id}/end", SEE, today::tell_departure),
            post("/roster/presence", PLAN, today::note),
            post("/roster/feed", SEE, after::make_feed),
            post("/roster/feed/end", SEE, after::end_feed),
            get("/roster/feed/{token}", Need::Public, after::feed),
            get("/roster/mine", SEE, mine::page),
            post("/roster/wishes", SEE, mine::wish),
            post("/roster/wishes/{id}/withdraw", SEE, mine::withdraw),
        ],
        jobs: vec![
            Job { name: "roster.bury", every_seconds: 30, run: |app| Box::pin(async move { actions::bury(&app).await.map(|_| ()) }) },
            Job { name: "roster.departures", every_seconds: 60, run: |app| Box::pin(async move { actions::ask_departures(&app).await }) },
        ],
        menu: vec![
            MenuItem { group: "勤务", label: "值班表", path: "/roster", permission: P::RosterSee, order: 36 },
            MenuItem { group: "勤务", label: "我的班", path: "/roster/mine", permission: P::RosterSee, order: 37 },
            MenuItem { group: "勤务", label: "今天在岗", path: "/roster/today", permission: P::RosterSee, order: 37 },
            MenuItem { group: "勤务", label: "调班", path: "/roster/swaps", permission: P::RosterSee, order: 38 },
            MenuItem { group: "勤务", label: "岗位和需要", path: "/roster/posts", permission: P::RosterPlan, order: 39 },
            MenuItem { group: "勤务", label: "排班人员", path: "/roster/people", permission: P::RosterPlan, order: 39 },
            MenuItem { group: "勤务", label: "排班规则", path: "/roster/rules", permission: P::RosterSee, order: 39 },
        ],
        slots: vec![
            web::SlotFill { slot: video::REPLAY_SLOT, fill: past::minute },
            web::SlotFill { slot: video::DUTY_SLOT, fill: past::watch },
        ],
        ..Domain::default()
    }
}
