//! 需求: when people come, as a curve that says what was seen and what is only guessed; and the need of the roster that
//! follows from it, with the promise that it buys.
//!
//! **Terms.** 需求曲线 *curve*, 一路到访 *stream* (window services, times booked, visits asked for, reports, calls), 一刻钟 *slot*,
//! 观察到 *observed*, 外推 *extrapolated*, 潜在需求 *latent* (a band, never one number), 试开 *pilot*, 承诺 *promise*, 兑现 *kept*,
//! 导入的到访 *past*.
//!
//! **Invariants.** A quarter hour whose doors were shut teaches nothing: it is not nought. Arrivals of one service on one day
//! come from one place: what this program counted itself is never imported over. What was worked out is deterministic, so
//! that what is written into the roster is what was shown; it goes through the roster's own action, with who did it.

pub mod actions;
pub mod answers;
pub mod model;
mod plot;
pub mod rules;
pub mod store;
mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need, SlotFill};

const SEE: Need = Need::Can(P::WindowSee);
const PLAN: Need = Need::Can(P::RosterPlan);

/// Routes, tables, menu and slots of the domain.
pub fn domain() -> Domain {
    use web_pages::{curve, kept, plan};
    Domain {
        name: "demand",
        migrations: Some(kernel::migrations!("demand", "0001_demand.sql")),
        routes: vec![
            get("/demand", SEE, curve::page),
            get("/demand/csv", SEE, curve::csv),
            get("/demand/kept", SEE, kept::page),
            get("/demand/kept/rows", PLAN, kept::behind),
            get("/demand/plan", PLAN, plan::page),
            post("/demand/plan", PLAN, plan::send),
        ],
        menu: vec![
            MenuItem { group: "窗口", label: "需求曲线", path: "/demand", permission: P::WindowSee, order: 35 },
            MenuItem { group: "勤务", label: "从需求定人数", path: "/demand/plan", permission: P::RosterPlan, order: 39 },
        ],
        slots: vec![SlotFill { slot: roster::POST_SLOT, fill: web_pages::under_post }],
        ..Domain::default()
    }
}
