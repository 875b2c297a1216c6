//! Clocked work: what is overdue goes up to the duty leader, once.

use crate::model::NewTask;
use crate::store;
use futures::future::BoxFuture;
use kernel::{Actor, App, Purpose, Reader, Result, Role, Tx};

/// Every minute: an overdue task becomes a task "督办" of the station's duty leaders.
pub fn escalate(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let system = Actor::system();
        let now = app.now();
        let look = app.look(&system, "notices.overdue", Purpose::Administration);
        let overdue = app.db().read(&look, async |r: &mut Reader| store::overdue(r, now).await).await?;
        for t in overdue {
            let act = app
                .act(&system, "notices.escalate", Purpose::Administration, app.fresh_command())
                .in_station(t.station_id);
            app.db()
                .write(&act, async |tx: &mut Tx| {
                    tx.record("notices.escalate", &[("task", t.id.0)], "");
                    if store::mark_escalated(tx, t.station_id, t.id).await? == 0 || t.kind == "supervise" {
                        return Ok(());
                    }
                    crate::actions::put(
                        tx,
                        NewTask {
                            station: t.station_id,
                            kind: "supervise",
                            title: format!("逾期督办：{}", t.title),
                            path: t.path.clone(),
                            record: t.record_id,
                            to_user: None,
                            to_role: Some(Role::DutyLeader),
                            due: now.checked_add(one_day()).unwrap_or(now),
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

fn one_day() -> std::time::Duration {
    std::time::Duration::from_secs(24 * 3_600)
}
