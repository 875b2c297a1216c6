//! 到期清理 and 保留措施 of disputes. Their period begins with the end of the matter; the rules are the pack's.

use crate::store::{self, clearing};
use kernel::{Act, App, DisputeId, Permission, Result, Tx, Uuid};
use people::actions::Class;
use people::model::Report;

const CLASSES: &[Class] = &[
    Class {
        label: "纠纷文字",
        keys: &["retention.dispute"],
        kind: "dispute",
        find: |r, before| Box::pin(clearing::due(r, before, false)),
        empty: |tx, id| Box::pin(clearing::empty(tx, DisputeId(id))),
        action: "mediation.clear",
        event: "mediation.cleared",
    },
    Class {
        label: "已告知、分流未办理的纠纷文字",
        keys: &["retention.dispute_referred"],
        kind: "dispute",
        find: |r, before| Box::pin(clearing::due(r, before, true)),
        empty: |tx, id| Box::pin(clearing::empty(tx, DisputeId(id))),
        action: "mediation.clear",
        event: "mediation.cleared",
    },
    Class {
        label: "纠纷附件（文字清理之后）",
        keys: &["retention.attachment"],
        kind: "attachment",
        find: |r, before| Box::pin(clearing::due_files(r, before)),
        empty: |tx, id| Box::pin(clearing::forget_file(tx, id)),
        action: "mediation.clear_files",
        event: "mediation.files_cleared",
    },
];

/// Empties the texts of disputes whose period has ended; a dry run only counts.
pub async fn retention(app: &App, act: &Act, dry_run: bool) -> Result<Report> {
    people::actions::run(app, act, "mediation.retention", CLASSES, dry_run).await
}

/// Places a hold: nothing of this dispute, nor of the parties' texts in it, is emptied until it is released.
pub async fn hold(app: &App, act: &Act, id: DisputeId, reason: &str) -> Result<Uuid> {
    act.actor.must(Permission::DisputeReview)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = store::get(tx, id).await?;
            super::visible(tx, &d)?;
            let hold = people::actions::hold_record(tx, "dispute", id.0, reason).await?;
            tx.record("mediation.hold", &[("dispute", id.0)], reason);
            Ok(hold)
        })
        .await
}

/// Releases a hold, with a reason.
pub async fn release(app: &App, act: &Act, id: DisputeId, hold: Uuid, reason: &str) -> Result<()> {
    act.actor.must(Permission::DisputeReview)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = store::get(tx, id).await?;
            super::visible(tx, &d)?;
            people::actions::release_record(tx, id.0, hold, reason).await?;
            tx.record("mediation.release", &[("dispute", id.0)], reason);
            Ok(())
        })
        .await
}
