//! 居住证 after it was issued: suspended when nobody endorsed it, restored by a late endorsement, ended by the desk.

use crate::model::{Permit, PermitStep};
use crate::rules::permit;
use crate::store;
use kernel::{Act, Actor, App, Date, Permission as P, Purpose, Reader, Result, Role, Tx, Uuid, clock};
use notices::model::NewTask;

/// The kind of the task to reach the holder of a suspended permit.
const TASK: &str = "windows.permit";

/// Ends a permit (注销) on a day, with the reason and what it rests on.
///
/// # Errors
/// Right missing, ended already, a day before the issue or ahead, no reason, changed by somebody meanwhile.
pub async fn end_permit(app: &App, act: &Act, id: Uuid, version: i64, on: Date, why: &str) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let (station, today) = (act.station, clock::day_of(act.at));
    app.db()
        .write(act, async |tx: &mut Tx| {
            let p = store::permit(tx, station, id).await?;
            let ended = permit::end(&Permit { version, ..p }, on, today, why)?;
            store::end_permit(tx, &ended).await?;
            store::insert_permit_event(tx, station, id, PermitStep::Ended, on, &ended.ended_why).await?;
            notices::actions::done_for(tx, id, TASK).await?;
            tx.record("windows.end_permit", &[("window_permit", id)], &ended.ended_why);
            tx.emit("windows.permit", id);
            Ok(())
        })
        .await
}

/// Inside the command that endorses: a permit that was suspended works again.
pub(crate) async fn restored(tx: &mut Tx, p: &Permit, on: Date) -> Result<()> {
    let last = store::permit_events(tx, p.station_id, p.id).await?.pop();
    if last.is_some_and(|e| e.kind == PermitStep::Suspended) {
        store::insert_permit_event(tx, p.station_id, p.id, PermitStep::Restored, on, "补办签注").await?;
    }
    notices::actions::done_for(tx, p.id, TASK).await.map(|_| ())
}

/// Clocked: permits whose day passed without an endorsement are noted as suspended, once, and the desk is asked to tell the holder.
pub(crate) async fn suspend(app: &App) -> Result<()> {
    let (rules, today) = (app.rules(), app.today());
    let months = super::months(&rules, today)?;
    let look = app.look(&Actor::system(), "windows.permits_due", Purpose::Window);
    let due = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let mut due = vec![];
            for station in store::permit_stations(r).await? {
                let noted = store::suspended(r, station).await?;
                let all = store::permits(r, station).await?;
                due.extend(all.into_iter().filter(|p| !noted.contains(&p.id)).filter_map(|p| match permit::clock(&p, months, today) {
                    permit::Clock::Suspended { since } => Some((p, since)),
                    _ => None,
                }));
            }
            Ok(due)
        })
        .await?;
    for (p, since) in due {
        let act = app.act(&Actor::system(), "windows.suspend", Purpose::Window, app.fresh_command()).in_station(p.station_id);
        app.db()
            .write(&act, async |tx: &mut Tx| {
                tx.record("windows.suspend", &[("window_permit", p.id)], "");
                // Endorsed, ended or noted since it was read: nothing to do.
                let now = store::permit(tx, p.station_id, p.id).await?;
                if now.version != p.version || store::suspended(tx, p.station_id).await?.contains(&p.id) {
                    return Ok(());
                }
                store::insert_permit_event(tx, p.station_id, p.id, PermitStep::Suspended, since, "到期没有签注").await?;
                let due = tx.now().checked_add(std::time::Duration::from_secs(7 * 86_400)).unwrap_or(tx.now());
                let task = NewTask {
                    station: p.station_id,
                    kind: TASK,
                    title: format!("居住证 {} 到期没有签注，使用功能中止：请告诉持证人补办", p.number),
                    path: format!("/windows/permits/{}", p.id),
                    record: p.id,
                    to_user: None,
                    to_role: Some(Role::WindowClerk),
                    due,
                };
                notices::actions::put(tx, task).await?;
                tx.emit("windows.permit", p.id);
                Ok(())
            })
            .await?;
    }
    Ok(())
}
