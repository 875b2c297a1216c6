//! 待办与提醒: each person's tasks by deadline; what is overdue goes up to the leader.
//!
//! **Invariants.** A task belongs to one user or to one role of one station, points to one record
//! and is done by the deed itself (other domains call [`actions::done_for`]), never by ticking it
//! off. An overdue task is shown to the duty leader once, and stays with its owner.

pub mod actions;
pub mod jobs;
pub mod model;
mod store;
mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission;
use web::{Domain, MenuItem, Need};

/// Routes, tables, the escalation job and the menu entry.
pub fn domain() -> Domain {
    Domain {
        name: "notices",
        migrations: Some(kernel::migrations!("notices", "0001_tasks.sql", "0002_open.sql")),
        routes: vec![
            web::domain::get("/", Need::SignedIn, web_pages::landing),
            web::domain::get("/tasks/list", Need::Can(Permission::TaskSee), web_pages::list),
        ],
        jobs: vec![web::Job { name: "notices.escalate", every_seconds: 60, run: jobs::escalate }],
        menu: vec![MenuItem { group: "工作台", label: "我的待办", path: "/", permission: Permission::TaskSee, order: 10 }],
        ..Domain::default()
    }
}
