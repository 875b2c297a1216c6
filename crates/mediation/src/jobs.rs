//! Clocked work: warnings before, reports after, reminders of promises, the thirty days of the court.

use crate::actions;
use crate::model::{ClockKind, ClockState, Coming, Confirmation, Progress, Step, Ticking};
use crate::store::{self, parts, tracks};
use futures::future::BoxFuture;
use kernel::{Actor, App, Date, Purpose, Reader, Result, Role, StationId, ToSpan, Tx, clock};
use std::collections::BTreeMap;
use std::time::Duration;

/// Every ten minutes. What is overdue becomes the duty leader's task by the job of the tasks.
pub fn clocks(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let (rules, today, now) = (app.rules(), app.today(), app.now());
        let days = rules.int("dispute.warn_days", today)?.clamp(0, 60);
        let soon = clock::start_of(today.saturating_add((days + 1).days()));
        let remind = today.saturating_add(rules.int("follow_up.before_deadline_days", today)?.clamp(0, 60).days());
        let look = app.look(&Actor::system(), "mediation.clocks", Purpose::Administration);
        let (warn, over, promises) = app
            .db()
            .read(&look, async |r: &mut Reader| {
                Ok((tracks::to_warn(r, soon).await?, tracks::to_report(r, now).await?, tracks::to_remind(r, remind).await?))
            })
            .await?;
        for t in &warn {
            warn_of(&app, t).await?;
        }
        for t in &over {
            report(&app, t, today).await?;
        }
        for p in &promises {
            remind_of(&app, p, today).await?;
        }
        Ok(())
    })
}

fn act(app: &App, station: StationId, action: &'static str) -> kernel::Act {
    app.act(&Actor::system(), action, Purpose::Administration, app.fresh_command()).in_station(station)
}

/// N days before: the clock's task says 即将到期; of the parties' own term the officer is told now.
async fn warn_of(app: &App, t: &Ticking) -> Result<()> {
    app.db()
        .write(&act(app, t.station_id, "mediation.warn_clock"), async |tx: &mut Tx| {
            tx.record("mediation.warn_clock", &[("dispute", t.dispute_id.0)], t.kind.code());
            if tracks::mark_warned(tx, t.id).await? == 0 || t.due_at <= tx.now() {
                return Ok(());
            }
            let d = store::get(tx, t.dispute_id).await?;
            match t.kind {
                // Its task stands since the registration.
                ClockKind::Feedback => Ok(()),
                ClockKind::ConfirmRequest => {
                    let last = clock::day_of(t.due_at.checked_sub(Duration::from_secs(1)).unwrap_or(t.due_at));
                    let title = format!("提醒双方：共同申请司法确认 {last} 截止");
                    // Nobody is late when the parties do not want it: the task ends with the term.
                    let due = t.due_at.checked_add(Duration::from_secs(86_400)).unwrap_or(t.due_at);
                    actions::give(tx, (&d, actions::TASK), title, t.id, actions::To::User(t.owner_id), due).await
                }
                kind => {
                    actions::task(tx, &d, t.id, kind, t.due_at, true).await?;
                    match t.lead_id {
                        Some(lead) => {
                            let title = format!("包案纠纷即将到期：{}", kind.label());
                            actions::give(tx, (&d, actions::TASK), title, t.id, actions::To::User(lead), t.due_at).await
                        }
                        None => Ok(()),
                    }
                }
            }
        })
        .await
}

/// After the last day: written into the log once; the parties' own term ends as 超时.
async fn report(app: &App, t: &Ticking, today: Date) -> Result<()> {
    app.db()
        .write(&act(app, t.station_id, "mediation.overdue"), async |tx: &mut Tx| {
            tx.record("mediation.overdue", &[("dispute", t.dispute_id.0)], t.kind.code());
            if tracks::mark_missed(tx, t.id).await? == 0 {
                return Ok(());
            }
            let d = store::get(tx, t.dispute_id).await?;
            if t.kind != ClockKind::ConfirmRequest {
                return actions::trace(tx, d.id, Step::Overdue, (d.state, d.outcome), today, t.kind.label()).await;
            }
            for a in tracks::waiting_confirmation(tx, d.id, Confirmation::ToApply).await? {
                let p = Progress {
                    to: Confirmation::Overdue,
                    on: today,
                    both: false,
                    exclusions: BTreeMap::new(),
                    court: String::new(),
                    case_no: String::new(),
                    note: "三十日内没有共同申请".into(),
                };
                parts::set_confirmation(tx, a, Confirmation::Overdue).await?;
                tracks::insert_confirm_step(tx, d.id, a, &p).await?;
            }
            actions::stop(tx, d.id, |k| k == ClockKind::ConfirmRequest, ClockState::Stopped, today, "三十日内没有共同申请").await?;
            actions::trace(tx, d.id, Step::Confirm, (d.state, d.outcome), today, "超时：三十日内没有共同申请").await
        })
        .await
}

/// Before a promise is due: the officer and the grid worker are told whom to remind.
async fn remind_of(app: &App, p: &Coming, today: Date) -> Result<()> {
    app.db()
        .write(&act(app, p.station_id, "mediation.remind"), async |tx: &mut Tx| {
            tx.record("mediation.remind", &[("dispute", p.dispute_id.0), ("obligation", p.id.0)], "");
            if tracks::mark_reminded(tx, p.id).await? == 0 {
                return Ok(());
            }
            let d = store::get(tx, p.dispute_id).await?;
            let sides = parts::parties(tx, d.id).await?;
            let who = p.party_id.and_then(|id| sides.iter().find(|x| x.id == id)).map(|x| x.side.label());
            let whom = match who {
                Some(side) => format!("请提醒{side}履行、告知其他各方"),
                None => "请提醒双方履行".to_string(),
            };
            let title = format!("协议第 {} 项 {} 到期，{whom}", p.n, p.due);
            let due = actions::end_of(p.due);
            // One task per person: the reminder takes the place of the officer's own.
            notices::actions::done_for(tx, p.id, "dispute.obligation").await?;
            actions::give(tx, (&d, "dispute.obligation"), title.clone(), p.id.0, actions::To::User(p.owner_id), due).await?;
            let crew = identity::store::crew(tx, p.station_id, p.beat_id, p.grid_id, today).await?;
            match crew.iter().find(|u| u.role == Role::GridWorker && u.in_grid) {
                Some(w) => actions::give(tx, (&d, "dispute.remind"), title, p.id.0, actions::To::User(w.id), due).await,
                None => Ok(()),
            }
        })
        .await
}

/// Every day. As for persons: what a rule makes due that nobody has verified or confirmed is only reported.
pub fn retention(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let act = app.act(&Actor::system(), "mediation.retention", Purpose::Retention, app.fresh_command());
        actions::retention(&app, &act, false).await.map(|_| ())
    })
}
