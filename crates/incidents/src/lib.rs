//! 警情: intake, dispatch and feedback as three linked records, followed to the end.
//!
//! 接警单 *intake* 1—n 派警单 *dispatch order* 1—n 反馈单 *feedback*, with an append-only log (流水).
//!
//! **Invariants.** What was received (category, place, unit) is written once; what was found stands
//! beside it, and statistics use the found one. A duplicate is linked to a master, never deleted; a
//! repeat is a signal that a person confirms. Every step goes through [`rules::next`]. An order is
//! given to a person, who signs for it; grid workers and volunteers see only what was given to them.

pub mod actions;
pub mod figures;
mod jobs;
mod map;
mod matter;
pub mod model;
pub mod rules;
pub mod similar;
pub mod store;
mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

/// Higher domains hang their deeds on an incident here (转调解).
pub const ACTIONS_SLOT: web::Slot = "incidents.actions";

const RESPOND: Need = Need::Any(&[P::IncidentSee, P::IncidentRespond]);

/// Routes, tables and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{desk, detail, forms, handover, receipt, register, repeats, retention, transfer};
    Domain {
        name: "incidents",
        migrations: Some(kernel::migrations!(
            "incidents",
            "0001_incidents.sql",
            "0002_history.sql",
            "0003_scale.sql",
            "0004_suggestions.sql",
            "0005_as_found.sql",
            ("0006_bands.sqlite.sql", "0006_bands.postgres.sql"),
            "0007_transfer.sql",
            "0008_receipt.sql",
            "0009_clearing.sql",
            ("0010_recent.sqlite.sql", "0010_recent.postgres.sql"),
        )),
        routes: vec![
            get("/incidents/desk", Need::Can(P::IncidentDesk), desk::page),
            get("/incidents/desk/list", Need::Can(P::IncidentDesk), desk::list),
            get("/incidents/repeats", Need::Can(P::IncidentDesk), repeats::page),
            get("/incidents", Need::Can(P::IncidentSee), register::page),
            get("/incidents/new", Need::Can(P::IncidentTake), forms::new),
            post("/incidents/new", Need::Can(P::IncidentTake), forms::take),
            get("/incidents/handover", Need::Can(P::HandoverSign), handover::page),
            post("/incidents/handover", Need::Can(P::HandoverSign), handover::open),
            post("/incidents/handover/{id}/take", Need::Can(P::HandoverSign), handover::take),
            get("/incidents/retention", Need::Can(P::RetentionRun), retention::page),
            post("/incidents/retention", Need::Can(P::RetentionRun), retention::run),
            get("/incidents/{id}", RESPOND, detail::page),
            post("/incidents/{id}/hold", Need::Can(P::IncidentReview), retention::hold),
            post("/incidents/{id}/release", Need::Can(P::IncidentReview), retention::release),
            get("/incidents/{id}/live", RESPOND, detail::live),
            post("/incidents/{id}/classify", Need::Can(P::IncidentDispatch), forms::classify),
            post("/incidents/{id}/locate", Need::Can(P::IncidentDispatch), forms::locate),
            post("/incidents/{id}/dispatch", Need::Can(P::IncidentDispatch), forms::dispatch),
            post("/incidents/{id}/link", Need::Can(P::IncidentDispatch), forms::link),
            post("/incidents/{id}/invalid", Need::Can(P::IncidentDispatch), forms::invalid),
            post("/incidents/{id}/outside", Need::Can(P::IncidentDispatch), transfer::outside),
            post("/incidents/{id}/inside", Need::Can(P::IncidentDispatch), transfer::inside),
            post("/incidents/{id}/hand-over", Need::Can(P::IncidentDispatch), transfer::hand_over),
            post("/incidents/{id}/hand-over/taken", Need::Can(P::IncidentDispatch), transfer::taken),
            post("/incidents/{id}/hand-over/told", Need::Can(P::IncidentDispatch), transfer::told),
            post("/incidents/{id}/receipt/read", Need::Can(P::IncidentTake), receipt::read_out),
            post("/incidents/{id}/secret", Need::Can(P::IncidentTake), receipt::keep_secret),
            post("/incidents/{id}/step", Need::Can(P::IncidentRespond), forms::step),
            post("/incidents/{id}/return", Need::Can(P::IncidentRespond), forms::give_back),
            post("/incidents/{id}/recall", Need::Can(P::IncidentDispatch), forms::recall),
            post("/incidents/{id}/feedback", Need::Can(P::IncidentRespond), forms::feedback),
            post("/incidents/{id}/review", Need::Can(P::IncidentReview), forms::review),
        ],
        menu: vec![
            MenuItem { group: "警情", label: "接警台", path: "/incidents/desk", permission: P::IncidentDesk, order: 20 },
            MenuItem { group: "警情", label: "登记警情", path: "/incidents/new", permission: P::IncidentTake, order: 21 },
            MenuItem { group: "警情", label: "重复诉求", path: "/incidents/repeats", permission: P::IncidentDesk, order: 21 },
            MenuItem { group: "警情", label: "警情台账", path: "/incidents", permission: P::IncidentSee, order: 22 },
            MenuItem { group: "警情", label: "交接班", path: "/incidents/handover", permission: P::HandoverSign, order: 23 },
            MenuItem { group: "系统", label: "到期清理：警情", path: "/incidents/retention", permission: P::RetentionRun, order: 93 },
        ],
        jobs: vec![
            web::Job { name: "incidents.clocks", every_seconds: 600, run: jobs::clocks },
            web::Job { name: "incidents.retention", every_seconds: 86_400, run: jobs::retention },
        ],
        slots: vec![
            web::SlotFill { slot: attachments::SEE_SLOT, fill: see_files },
            web::SlotFill { slot: places::map::MAP_SLOT, fill: map::layer },
        ],
        ..Domain::default()
    }
}

/// Whoever may see the incident may see its files.
fn see_files<'a>(
    app: &'a kernel::App,
    actor: &'a kernel::Actor,
    id: kernel::Uuid,
) -> futures::future::BoxFuture<'a, kernel::Result<String>> {
    Box::pin(async move {
        let look = app.look(actor, "incidents.files", kernel::Purpose::Incident);
        app.db()
            .read(&look, async |r: &mut kernel::Reader| {
                let Some(intake) = store::find(r, id.into()).await? else { return Ok(String::new()) };
                Ok(match actions::visible(r, &intake).await {
                    Ok(()) => "yes".to_string(),
                    Err(kernel::Error::NotFound(_)) => String::new(),
                    Err(e) => return Err(e),
                })
            })
            .await
    })
}
