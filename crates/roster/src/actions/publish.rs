//! Publishing a version, and that people know it.

use super::plan::{Seen, see};
use crate::model::{Ack, Duty, Plan, Problem};
use crate::rules::{build, judge};
use crate::{rules, store};
use kernel::row::Json;
use kernel::{Act, App, Date, Permission as P, Refusal, Result, Tx, UserId, Uuid};
use notices::model::NewTask;
use solver::roster as s;

/// The duties that a roster gives, with their posts.
pub fn duties(p: &Problem, roster: &s::Roster, plan: Uuid) -> Vec<(Duty, Uuid)> {
    let mut out = vec![];
    for (i, m) in p.people.iter().enumerate() {
        for (d, day) in p.days.iter().enumerate() {
            let Some(k) = roster.at(i, d).and_then(|k| p.kinds.get(k)) else { continue };
            let at = |minutes: i64| kernel::clock::from_micros(kernel::clock::start_of(day.date).as_microsecond() + minutes * 60_000_000);
            let duty = Duty {
                plan_id: plan,
                user_id: m.user,
                day: day.date,
                shift_id: k.shift,
                post: k.post_name.clone(),
                shift: k.name.clone(),
                code: k.code.clone(),
                starts_at: at(k.start),
                ends_at: at(k.start + k.minutes),
                night: k.night,
                day_type: day.kind,
            };
            out.push((duty, k.post));
        }
    }
    out
}

/// Publishes a version by what holds now; everybody whose duties are new or other is asked to say that they know.
///
/// # Errors
/// Right missing; findings of the checker, see [`judge::may_publish`].
pub async fn publish(app: &App, act: &Act, id: Uuid, version: i64, reason: &str) -> Result<()> {
    act.actor.must(P::RosterPublish)?;
    if reason.chars().count() > 300 {
        return Err(kernel::FieldErrors::one("reason", "理由最多 300 字。"));
    }
    let (rules, station) = (app.rules(), act.station);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let seen = see(tx, &rules, station, id).await?;
            rules::may_edit(seen.plan.state)?;
            if let Some(why) = seen.outdated {
                return Err(why.into());
            }
            judge::may_publish(&seen.judged, reason)?;
            put_out(tx, seen, version, reason).await
        })
        .await
}

/// Puts a judged version in the place of the one that holds, and asks those whose duties are other than before.
pub(super) async fn put_out(tx: &mut Tx, seen: Seen, version: i64, reason: &str) -> Result<()> {
    let (station, id, today) = (seen.plan.station_id, seen.plan.id, kernel::clock::day_of(tx.now()));
    let before = store::published(tx, station, seen.plan.month).await?;
    let old = store::duties(tx, station, seen.plan.month, seen.plan.month.last_of_month()).await?;
    let acks: Vec<Ack> = match &before {
        Some(b) => store::acks(tx, station, b.id).await?,
        None => vec![],
    };
    let plan = Plan { version, ..seen.plan };
    let new = duties(&seen.problem, &seen.roster, id);
    let (cells, digest) = (Json(seen.roster.rows.clone()), build::digest(&seen.problem)?);
    store::set_cells(tx, &plan, &Json(seen.problem.clone()), &digest, &cells).await?;
    store::publish(tx, &Plan { version: version + 1, ..plan.clone() }, reason.trim(), &new).await?;
    if let Some(b) = &before {
        notices::actions::done_all(tx, b.id).await?;
    }
    for m in &seen.problem.people {
        let ahead = |x: &&Duty| x.user_id == m.user && x.day >= today;
        let was: Vec<(Date, Uuid)> = old.iter().filter(ahead).map(|x| (x.day, x.shift_id)).collect();
        let is: Vec<(Date, Uuid)> = new.iter().map(|x| &x.0).filter(ahead).map(|x| (x.day, x.shift_id)).collect();
        let known = acks.iter().find(|a| a.user_id == m.user).and_then(|a| a.acked_at).filter(|_| was == is);
        if is.is_empty() && was.is_empty() {
            continue;
        }
        store::ask_ack(tx, station, id, m.user, known).await?;
        if known.is_none() {
            ask(tx, &plan, m.user).await?;
        }
    }
    tx.record("roster.publish", &[("roster_plan", id)], reason);
    tx.emit("roster.published", id);
    Ok(())
}

async fn ask(tx: &mut Tx, plan: &Plan, user: UserId) -> Result<()> {
    let due = tx.now().checked_add(std::time::Duration::from_secs(86_400)).unwrap_or(tx.now());
    let task = NewTask {
        station: plan.station_id,
        kind: "roster.ack",
        title: format!("{} 年 {} 月值班表已发布，请确认知悉", plan.month.year(), plan.month.month()),
        path: format!("/roster/mine?month={}", plan.month),
        record: plan.id,
        to_user: Some(user),
        to_role: None,
        due,
    };
    notices::actions::put(tx, task).await.map(|_| ())
}

/// The person acting knows their duties of a published version.
pub async fn acknowledge(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::RosterSee)?;
    let (station, user) = (act.station, act.actor.user);
    app.db()
        .write(act, async |tx: &mut Tx| {
            if !store::ack(tx, station, id, user).await? {
                return Err(Refusal::new("roster.acked", "这一版不需要您确认，或者已经确认过。", "请看“我的班”里最新的值班表。").into());
            }
            notices::actions::done_by_me(tx, id, "roster.ack").await?;
            tx.record("roster.ack", &[("roster_plan", id)], "");
            tx.emit("roster.ack", id);
            Ok(())
        })
        .await
}
