//! 矛盾纠纷化解: a dispute from first word to visit, plan, agreement and follow-up.
//!
//! **Terms.** 纠纷 *dispute*, 当事人 *party*, 人民调解 *people's mediation*, 治安调解 *public-order mediation*,
//! 行政调解 *administrative mediation*, 司法确认 *judicial confirmation*, 回访 *follow-up*, 告诫书 *warning*.
//!
//! **Invariants.** Levels are of the dispute, never of a person. A track is taken only after its
//! questions were answered; the answers are kept, also when they exclude it. A committee's mediator
//! hosts people's mediation, an officer the others. Domestic violence is never mediated. An agreement
//! is a number without gaps, promises with dates, and one paper. Nothing is deleted: withdrawn,
//! referred and not settled are outcomes. The log keeps the state after each step, so that figures
//! can be read as they were known at any moment. Tracks follow one another, each with its host, its clocks
//! and its result; each clock names its rule and ends once. Disputes are merged as a link.

pub mod actions;
pub mod figures;
mod jobs;
pub mod model;
pub mod rules;
pub mod store;
mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

/// Higher domains hang a hint for what is being typed into the form of a new dispute here.
pub const NEW_SLOT: web::Slot = "mediation.new";

/// Higher domains hang what helps with a dispute into its page here (the Fengqiao book).
pub const DISPUTE_SLOT: web::Slot = "mediation.dispute";

/// The same on the page where the agreement is written.
pub const AGREEMENT_SLOT: web::Slot = "mediation.agreement";

const SEE: Need = Need::Any(&[P::DisputeSee, P::DisputeAssist]);

/// Routes, tables and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{calendar, detail, forms, new, register, retention, ways};
    Domain {
        name: "mediation",
        migrations: Some(kernel::migrations!("mediation", "0001_mediation.sql", "0002_tracks.sql", "0005_history.sql", "0006_indexes.sql", "0007_notices.sql", "0008_ids.sql", "0009_indexes.sql", "0010_terms.sql", "0011_decision.sql", "0012_recording_no.sql", "0013_party_indexes.sql", "0014_clearing.sql", "0015_spot_crew.sql")),
        routes: vec![
            get("/disputes", SEE, register::page),
            get("/disputes/new", Need::Can(P::DisputeOpen), new::page),
            post("/disputes/new", Need::Can(P::DisputeOpen), new::open),
            get("/disputes/calendar", SEE, calendar::page),
            post("/disputes/from-incident/{id}/escalate", Need::Can(P::DisputeMediate), ways::escalate),
            get("/disputes/committees", Need::Can(P::DisputeSee), register::committees),
            post("/disputes/committees", Need::Can(P::DisputeReview), register::add_committee),
            get("/disputes/retention", Need::Can(P::RetentionRun), retention::page),
            post("/disputes/retention", Need::Can(P::RetentionRun), retention::run),
            get("/disputes/{id}", SEE, detail::page),
            post("/disputes/{id}/hold", Need::Can(P::DisputeReview), retention::hold),
            post("/disputes/{id}/release", Need::Can(P::DisputeReview), retention::release),
            post("/disputes/{id}/party", Need::Can(P::DisputeOpen), forms::party),
            post("/disputes/{id}/edit", Need::Can(P::DisputeOpen), forms::edit),
            post("/disputes/{id}/level", Need::Can(P::DisputeMediate), forms::level),
            post("/disputes/{id}/gate", Need::Can(P::DisputeMediate), forms::gate),
            post("/disputes/{id}/talk", SEE, forms::talk),
            post("/disputes/{id}/recording-no", SEE, forms::recording_no),
            post("/disputes/{id}/plan", Need::Can(P::DisputeMediate), forms::plan),
            post("/disputes/{id}/clock", Need::Can(P::DisputeMediate), forms::clock),
            get("/disputes/{id}/agreement", Need::Can(P::DisputeMediate), forms::agreement_page),
            post("/disputes/{id}/agreement", Need::Can(P::DisputeMediate), forms::agree),
            post("/disputes/{id}/paper", Need::Can(P::DisputeMediate), forms::paper),
            post("/disputes/{id}/promise", Need::Can(P::DisputeAssist), forms::promise),
            post("/disputes/{id}/confirm", Need::Can(P::DisputeMediate), forms::confirm),
            post("/disputes/{id}/follow-up", Need::Can(P::DisputeAssist), forms::follow_up),
            post("/disputes/{id}/plan-follow-up", Need::Can(P::DisputeMediate), forms::plan_follow_up),
            post("/disputes/{id}/end", Need::Can(P::DisputeOpen), forms::end),
            post("/disputes/{id}/warn", Need::Can(P::DisputeMediate), forms::warn),
            post("/disputes/{id}/escalate", Need::Can(P::DisputeMediate), forms::escalate),
            post("/disputes/{id}/hand-over", Need::Can(P::DisputeMediate), ways::hand_over),
            post("/disputes/{id}/hand-over-answer", Need::Can(P::DisputeMediate), ways::answer),
            post("/disputes/{id}/apply", Need::Can(P::DisputeMediate), ways::apply),
            post("/disputes/{id}/decline", Need::Can(P::DisputeMediate), ways::decline),
            post("/disputes/{id}/risk", Need::Can(P::DisputeAssist), ways::risk),
            post("/disputes/{id}/lead", Need::Can(P::DisputeReview), ways::lead),
            post("/disputes/{id}/relate", Need::Can(P::DisputeMediate), ways::relate),
            post("/disputes/{id}/reopen", Need::Can(P::DisputeReview), forms::reopen),
        ],
        jobs: vec![
            web::Job { name: "mediation.clocks", every_seconds: 600, run: jobs::clocks },
            web::Job { name: "mediation.retention", every_seconds: 86_400, run: jobs::retention },
        ],
        menu: vec![
            MenuItem { group: "纠纷", label: "纠纷台账", path: "/disputes", permission: P::DisputeAssist, order: 30 },
            MenuItem { group: "纠纷", label: "登记纠纷", path: "/disputes/new", permission: P::DisputeOpen, order: 31 },
            MenuItem { group: "纠纷", label: "期限日历", path: "/disputes/calendar", permission: P::DisputeAssist, order: 32 },
            MenuItem { group: "纠纷", label: "调解委员会", path: "/disputes/committees", permission: P::DisputeSee, order: 33 },
            MenuItem { group: "系统", label: "到期清理：纠纷", path: "/disputes/retention", permission: P::RetentionRun, order: 94 },
        ],
        slots: vec![
            web::SlotFill { slot: attachments::SEE_SLOT, fill: see_files },
            web::SlotFill { slot: incidents::ACTIONS_SLOT, fill: web_pages::from_incident },
            web::SlotFill { slot: people::PERSON_SLOT, fill: web_pages::of_person },
        ],
        ..Domain::default()
    }
}

/// Whoever may see the dispute may see its files.
fn see_files<'a>(
    app: &'a kernel::App,
    actor: &'a kernel::Actor,
    id: kernel::Uuid,
) -> futures::future::BoxFuture<'a, kernel::Result<String>> {
    Box::pin(async move {
        let look = app.look(actor, "mediation.files", kernel::Purpose::Mediation);
        app.db()
            .read(&look, async |r: &mut kernel::Reader| {
                let Some(d) = store::find(r, id.into()).await? else { return Ok(String::new()) };
                Ok(if actions::visible(r, &d).is_ok() { "yes".to_string() } else { String::new() })
            })
            .await
    })
}
