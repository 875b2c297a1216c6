//! 到期清理 and 保留措施 of reports. Their period begins with the end of the matter; the rules are the pack's.

use super::reach;
use crate::store::clearing;
use kernel::{Act, App, IncidentId, Permission, Result, Tx, Uuid};
use people::actions::Class;
use people::model::Report;

const CLASSES: &[Class] = &[
    Class {
        label: "警情文字（已办结、移交、并单）",
        keys: &["retention.incident"],
        kind: "incident",
        find: |r, before| Box::pin(clearing::due(r, before, false)),
        empty: |tx, id| Box::pin(clearing::empty(tx, IncidentId(id))),
        action: "incidents.clear",
        event: "incidents.cleared",
    },
    Class {
        label: "无效、骚扰警情文字",
        keys: &["retention.incident_invalid"],
        kind: "incident",
        find: |r, before| Box::pin(clearing::due(r, before, true)),
        empty: |tx, id| Box::pin(clearing::empty(tx, IncidentId(id))),
        action: "incidents.clear",
        event: "incidents.cleared",
    },
    Class {
        label: "警情附件（文字清理之后）",
        keys: &["retention.attachment"],
        kind: "attachment",
        find: |r, before| Box::pin(clearing::due_files(r, before)),
        empty: |tx, id| Box::pin(clearing::forget_file(tx, id)),
        action: "incidents.clear_files",
        event: "incidents.files_cleared",
    },
];

/// Empties the texts of reports whose period has ended; a dry run only counts.
pub async fn retention(app: &App, act: &Act, dry_run: bool) -> Result<Report> {
    people::actions::run(app, act, "incidents.retention", CLASSES, dry_run).await
}

/// Places a hold: nothing of this report is emptied until it is released.
pub async fn hold(app: &App, act: &Act, id: IncidentId, reason: &str) -> Result<Uuid> {
    act.actor.must(Permission::IncidentReview)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            reach(tx, id).await?;
            let hold = people::actions::hold_record(tx, "incident", id.0, reason).await?;
            tx.record("incidents.hold", &[("incident", id.0)], reason);
            Ok(hold)
        })
        .await
}

/// Releases a hold, with a reason.
pub async fn release(app: &App, act: &Act, id: IncidentId, hold: Uuid, reason: &str) -> Result<()> {
    act.actor.must(Permission::IncidentReview)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            reach(tx, id).await?;
            people::actions::release_record(tx, id.0, hold, reason).await?;
            tx.record("incidents.release", &[("incident", id.0)], reason);
            Ok(())
        })
        .await
}
