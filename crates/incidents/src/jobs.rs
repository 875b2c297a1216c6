//! Clocked work: a hand-over that is about to be due is told to room and leader, one that was missed is written down; texts
//! whose period is over are emptied.

use crate::actions;
use crate::model::{Step, TransferDue};
use crate::store::transfers;
use futures::future::BoxFuture;
use kernel::{Actor, App, Purpose, Reader, Result, Tx};
use std::time::Duration;

/// Every ten minutes. What is overdue becomes the duty leader's task by the job of the tasks.
pub fn clocks(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let now = app.now();
        let hours = app.rules().int("incident.hand_over_warn_hours", app.today())?.clamp(0, 24);
        let soon = now.checked_add(Duration::from_secs(hours.unsigned_abs() * 3_600)).unwrap_or(now);
        let look = app.look(&Actor::system(), "incidents.clocks", Purpose::Administration);
        let (warn, missed) = app
            .db()
            .read(&look, async |r: &mut Reader| {
                Ok((transfers::to_warn(r, soon).await?, transfers::to_report(r, now).await?))
            })
            .await?;
        for t in &warn {
            warn_of(&app, t).await?;
        }
        for t in &missed {
            report(&app, t).await?;
        }
        Ok(())
    })
}

fn act(app: &App, t: &TransferDue, action: &'static str) -> kernel::Act {
    app.act(&Actor::system(), action, Purpose::Administration, app.fresh_command()).in_station(t.station_id)
}

async fn warn_of(app: &App, t: &TransferDue) -> Result<()> {
    app.db()
        .write(&act(app, t, "incidents.warn_transfer"), async |tx: &mut Tx| {
            tx.record("incidents.warn_transfer", &[("incident", t.incident_id.0)], "");
            // What is over already goes up by the job of the tasks; a warning would come late.
            if transfers::mark_warned(tx, t.id).await? == 0 || t.due <= tx.now() {
                return Ok(());
            }
            actions::warn_transfer(tx, t).await
        })
        .await
}

async fn report(app: &App, t: &TransferDue) -> Result<()> {
    app.db()
        .write(&act(app, t, "incidents.overdue"), async |tx: &mut Tx| {
            if transfers::mark_missed(tx, t.id).await? == 0 {
                tx.record("incidents.overdue", &[("incident", t.incident_id.0)], "");
                return Ok(());
            }
            actions::trace(tx, t.incident_id, Step::Overdue, "移交期限已过，还没有移交").await
        })
        .await
}

/// Every day. As for persons: what a rule makes due that nobody has verified or confirmed is only reported.
pub fn retention(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let act = app.act(&Actor::system(), "incidents.retention", Purpose::Retention, app.fresh_command());
        actions::retention(&app, &act, false).await.map(|_| ())
    })
}
