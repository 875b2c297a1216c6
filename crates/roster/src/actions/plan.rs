//! One version: judge, alter, settle cells, copy, publish, acknowledge, compare.

use super::problem;
use super::solve::fresh_plan;
use crate::model::{Ack, Duty, Origin, Plan, Problem, State};
use crate::rules::build;
use crate::rules::judge::{self, Finding, Judged};
use crate::{rules, store};
use kernel::row::Json;
use kernel::rules::RuleSet;
use kernel::{Act, App, Date, Error, Permission as P, Reader, Refusal, Result, StationId, Tx, UserId, Uuid};
use notices::model::NewTask;
use solver::roster as s;

/// A version with its roster and the judgement on it.
pub struct Seen {
    pub plan: Plan,
    /// What the roster is shown and judged by: what holds now, for a version that may still be altered.
    pub problem: Problem,
    pub roster: s::Roster,
    pub judged: Judged,
    /// Something was edited since it was solved.
    pub edited: bool,
    /// No roster that keeps the rules of `problem` costs less; proven for exactly this problem, or 0, which always holds.
    pub bound: i64,
    /// It cannot be read under what holds now; shown as it was, and not publishable.
    pub outdated: Option<Refusal>,
}

/// Reads a version and judges it.
pub async fn see(r: &mut Reader, rules: &RuleSet, station: StationId, id: Uuid) -> Result<Seen> {
    let plan = store::plan(r, station, id).await?;
    let mut seen = as_solved(plan);
    if matches!(seen.plan.state, State::Ready | State::Lost) {
        match problem(r, rules, station, seen.plan.month).await {
            Ok(now) => {
                seen.edited = build::digest(&now)? != seen.plan.digest;
                if seen.edited {
                    match build::carry(&seen.problem, &seen.plan.cells.0, &now) {
                        Ok(roster) => {
                            seen.judged = judge::judge(&now, &roster);
                            (seen.problem, seen.roster) = (now, roster);
                        }
                        Err(Error::Refused(why)) => seen.outdated = Some(*why),
                        Err(e) => return Err(e),
                    }
                }
            }
            Err(Error::Refused(why)) => (seen.edited, seen.outdated) = (true, Some(*why)),
            Err(e) => return Err(e),
        }
    }
    seen.bound = store::bound_of(r, station, seen.plan.month, &seen.judged.model).await?;
    Ok(seen)
}

fn as_solved(plan: Plan) -> Seen {
    let problem = plan.problem.0.clone();
    let rows = if plan.cells.0.len() == problem.people.len() { plan.cells.0.clone() } else { vec![vec![s::OFF; problem.days.len()]; problem.people.len()] };
    let roster = s::Roster { rows };
    let judged = judge::judge(&problem, &roster);
    Seen { plan, problem, roster, judged, edited: false, bound: 0, outdated: None }
}

/// The published version of a month with its roster as it reads under what holds now: leave and illness entered since
/// are in the problem.
///
/// # Errors
/// Nothing published, or a shift or person of it that is gone.
pub(super) async fn holding(r: &mut Reader, rules: &RuleSet, station: StationId, month: Date) -> Result<(Plan, Problem, s::Roster)> {
    let plan = store::published(r, station, month).await?.ok_or(Error::NotFound("已发布的值班表"))?;
    let now = problem(r, rules, station, month).await?;
    let roster = build::carry(&plan.problem.0, &plan.cells.0, &now)?;
    Ok((plan, now, roster))
}

/// What a published version breaks since its publication: its own findings were judged then and passed, these were not.
///
/// # Errors
/// Storage.
pub async fn since(r: &mut Reader, rules: &RuleSet, station: StationId, seen: &Seen) -> Result<Vec<Finding>> {
    if seen.plan.state != State::Published {
        return Ok(vec![]);
    }
    let roster = match problem(r, rules, station, seen.plan.month).await {
        Ok(now) => build::carry(&seen.problem, &seen.roster.rows, &now).map(|roster| judge::judge(&now, &roster)),
        Err(e) => Err(e),
    };
    match roster {
        Ok(judged) => Ok(judged.findings.into_iter().filter(|f| !seen.judged.findings.contains(f)).collect()),
        Err(Error::Refused(why)) => Ok(vec![Finding { text: format!("{}{}", why.what, why.next), law: false, bars: false, cell: None }]),
        Err(e) => Err(e),
    }
}

/// A person, a day, and a shift or rest.
pub type Cell = (UserId, Date, Option<Uuid>);

/// Puts a shift (or rest) into a person's cell, and settles it for the next search when `pin`.
///
/// # Errors
/// Published or running, changed by others, no such person, day or shift. A broken rule is no error: it is shown.
pub async fn set_cell(app: &App, act: &Act, id: Uuid, version: i64, cell: Cell, pin: bool) -> Result<()> {
    alter(app, act, id, version, &[cell], Some(pin)).await
}

/// Two people change what they do on a day.
pub async fn exchange(app: &App, act: &Act, id: Uuid, version: i64, day: Date, one: UserId, other: UserId) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    let rules = app.rules();
    let look = app.look(&act.actor, "roster.see", act.purpose);
    let cells = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let seen = see(r, &rules, station, id).await?;
            let at = |user: UserId| -> Result<Option<Uuid>> {
                let (p, d) = cell(&seen.problem, user, day)?;
                Ok(seen.roster.at(p, d).map(|k| seen.problem.kinds[k].shift))
            };
            Ok([(one, day, at(other)?), (other, day, at(one)?)])
        })
        .await?;
    alter(app, act, id, version, &cells, None).await
}

fn cell(p: &Problem, user: UserId, day: Date) -> Result<(usize, usize)> {
    let person = p.people.iter().position(|m| m.user == user).ok_or(Error::NotFound("这个人"))?;
    let day = p.days.iter().position(|d| d.date == day).ok_or(Error::NotFound("这一天"))?;
    Ok((person, day))
}

async fn alter(app: &App, act: &Act, id: Uuid, version: i64, cells: &[Cell], pin: Option<bool>) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let (rules, station) = (app.rules(), act.station);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let mut seen = see(tx, &rules, station, id).await?;
            rules::may_edit(seen.plan.state)?;
            if let Some(why) = seen.outdated {
                return Err(why.into());
            }
            for (user, day, shift) in cells {
                let (p, d) = cell(&seen.problem, *user, *day)?;
                let kind = match shift {
                    Some(x) => Some(seen.problem.kinds.iter().position(|k| k.shift == *x).ok_or(Error::NotFound("这个班次"))?),
                    None => None,
                };
                seen.roster.rows[p][d] = kind.map_or(s::OFF, |k| k as u8);
                if let Some(pin) = pin {
                    store::set_pin(tx, station, *user, *day, pin.then_some(*shift)).await?;
                }
            }
            let plan = Plan { version, ..seen.plan };
            // With a pin, the problem has changed by it: what is kept is the problem as it stands after.
            let now = problem(tx, &rules, station, plan.month).await?;
            let roster = build::carry(&seen.problem, &seen.roster.rows, &now)?;
            let digest = build::digest(&now)?;
            store::set_cells(tx, &plan, &Json(now), &digest, &Json(roster.rows)).await?;
            tx.record("roster.cell", &[("roster_plan", id)], &format!("{cells:?}"));
            tx.emit("roster.plan", id);
            Ok(())
        })
        .await
}

/// A new version with the same cells, to be altered by hand.
pub async fn copy(app: &App, act: &Act, id: Uuid) -> Result<Uuid> {
    act.actor.must(P::RosterPlan)?;
    let (rules, station) = (app.rules(), act.station);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let old = store::plan(tx, station, id).await?;
            let now = problem(tx, &rules, station, old.month).await?;
            let roster = build::carry(&old.problem.0, &old.cells.0, &now)?;
            let mut plan = fresh_plan(tx, old.month, Origin::Copied, State::Ready, now, roster.rows)?;
            plan.parent = Some(id);
            store::insert_plan(tx, &plan).await?;
            tx.record("roster.copy", &[("roster_plan", plan.id), ("roster_plan", id)], "");
            tx.emit("roster.plan", plan.id);
            Ok(plan.id)
        })
        .await
}

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

/// A cell that differs between two versions.
pub struct Differs {
    pub day: Date,
    pub who: String,
    pub one: String,
    pub other: String,
}

/// Cells that differ, by day and person.
pub fn compare(a: &Seen, b: &Seen) -> Vec<Differs> {
    let label = |x: &Seen, user: UserId, day: Date| -> String {
        let Ok((p, d)) = cell(&x.problem, user, day) else { return "不在表中".into() };
        x.roster.at(p, d).map_or("休".into(), |k| x.problem.kinds[k].label())
    };
    let mut people: Vec<(UserId, &str)> = a.problem.people.iter().map(|m| (m.user, m.name.as_str())).collect();
    people.extend(b.problem.people.iter().filter(|m| !a.problem.people.iter().any(|x| x.user == m.user)).map(|m| (m.user, m.name.as_str())));
    let mut out = vec![];
    for day in &a.problem.days {
        for (user, who) in &people {
            let (one, other) = (label(a, *user, day.date), label(b, *user, day.date));
            if one != other {
                out.push(Differs { day: day.date, who: (*who).to_string(), one, other });
            }
        }
    }
    out
}
