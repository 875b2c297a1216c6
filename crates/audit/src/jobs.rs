//! Clocked work: sign the heads every hour; remind of reviews.

use crate::store;
use futures::future::BoxFuture;
use kernel::{Actor, App, Purpose, Reader, Result, Role, Tx};
use notices::model::NewTask;

/// Every hour: the heads of all chains, signed, into the database and the second place.
pub fn sign(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let file = kernel::verify::heads_file(app.settings());
        kernel::verify::sign_heads(&app, &file).await.map(|_| ())
    })
}

/// Every hour: a delay whose review date has come becomes a task of the duty leader, once.
pub fn review(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let system = Actor::system();
        let now = app.now();
        let look = app.look(&system, "audit.due_delays", Purpose::Audit);
        let due = app.db().read(&look, async |r: &mut Reader| store::due(r, now).await).await?;
        for d in due {
            // The same id every time: a repeated run changes nothing.
            let command = kernel::CommandId(d.id);
            let act = app.act(&system, "audit.review_due", Purpose::Audit, command).in_station(d.station_id);
            app.db()
                .write(&act, async |tx: &mut Tx| {
                    tx.record("audit.review_due", &[("delay", d.id)], "");
                    notices::actions::put(
                        tx,
                        NewTask {
                            station: d.station_id,
                            kind: "audit.review",
                            title: "查询记录暂缓公开到期，请复核".into(),
                            path: "/audit/delays".into(),
                            record: d.id,
                            to_user: None,
                            to_role: Some(Role::DutyLeader),
                            due: now.checked_add(std::time::Duration::from_secs(86_400)).unwrap_or(now),
                        },
                    )
                    .await
                    .map(|_| ())
                })
                .await?;
        }
        Ok(())
    })
}
