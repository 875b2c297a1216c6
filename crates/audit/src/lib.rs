//! 审计: who looked at what, whether the chain is whole, and what is not yet disclosed.
//!
//! **Invariants.** This domain never writes the chain itself; the kernel does, with every command.
//! Reading the audit is a look like any other and leaves its own entry. A delayed disclosure has a
//! reason, a legal basis and a review date, and is hidden without a trace until then, because the
//! mere hint can hinder a case (个人信息保护法 §35, §45).

pub mod actions;
pub mod jobs;
mod labels;
pub mod model;
pub mod store;
mod web_pages;
pub mod words;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

/// Routes, tables, the hourly signing and the review reminders.
pub fn domain() -> Domain {
    Domain {
        name: "audit",
        migrations: Some(kernel::migrations!("audit", "0001_audit.sql")),
        routes: vec![
            get("/audit", Need::Can(P::AuditRead), web_pages::entries),
            get("/audit/entry/{chain}/{seq}", Need::Can(P::AuditRead), web_pages::entry),
            get("/audit/record/{kind}/{id}", Need::Can(P::AuditRead), web_pages::of_record),
            get("/audit/verify", Need::Can(P::AuditVerify), web_pages::verify_page),
            post("/audit/verify", Need::Can(P::AuditVerify), web_pages::verify),
            get("/audit/delays", Need::Can(P::DisclosureDelay), web_pages::delays),
            post("/audit/delays", Need::Can(P::DisclosureDelay), web_pages::delay),
            post("/audit/delays/{id}/lift", Need::Can(P::DisclosureDelay), web_pages::lift),
        ],
        jobs: vec![
            web::Job { name: "audit.sign_heads", every_seconds: 3_600, run: jobs::sign },
            web::Job { name: "audit.review_delays", every_seconds: 3_600, run: jobs::review },
        ],
        menu: vec![
            MenuItem { group: "审计", label: "审计记录", path: "/audit", permission: P::AuditRead, order: 90 },
            MenuItem { group: "审计", label: "验证审计链", path: "/audit/verify", permission: P::AuditVerify, order: 91 },
            MenuItem { group: "审计", label: "暂缓公开", path: "/audit/delays", permission: P::DisclosureDelay, order: 92 },
        ],
        ..Domain::default()
    }
}
