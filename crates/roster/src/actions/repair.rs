//! 临时调整: somebody is out; the published roster changes as little as possible, in under two seconds, with who and why.

use super::setup::put_leave;
use super::solve::fresh_plan;
use super::{colleague, facts};
use crate::model::{LeaveKind, Origin, Plan, Problem, State};
use crate::rules::{build, words};
use crate::store;
use kernel::row::Json;
use kernel::{Act, App, Date, Error, FieldErrors, Permission as P, Reader, Refusal, Result, Tx, UserId, Uuid};
use solver::roster as s;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Seconds that a repair may take; the promise is two.
const SECONDS: f64 = 1.6;

/// Who is out, from when to when, and why.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    pub user: UserId,
    pub kind: LeaveKind,
    pub from: Date,
    pub until: Date,
}

/// Changes by nearness: tomorrow's cells weigh more than next week's.
pub fn weights(days: usize, first_open: usize) -> Vec<u16> {
    (0..days)
        .map(|d| match d.saturating_sub(first_open) {
            0 | 1 => 8,
            2 | 3 => 5,
            4..=7 => 3,
            _ => 1,
        })
        .collect()
}

/// Registers the leave and makes a version of the published roster that changes little; publishing it is a step of its own.
///
/// # Errors
/// Right missing, no published roster, days outside it, no repair under the rules.
pub async fn repair(app: &App, act: &Act, out: Out) -> Result<Uuid> {
    act.actor.must(P::RosterPlan)?;
    let (rules, station) = (app.rules(), act.station);
    let today = kernel::clock::day_of(act.at);
    if out.until < out.from || out.until < today {
        return Err(FieldErrors::one("until", "结束日期应不早于开始日期和今天。"));
    }
    let month = out.from.max(today).first_of_month();
    let look = app.look(&act.actor, "roster.repair", act.purpose);
    let (old, f) = app
        .db()
        .read(&look, async |r: &mut Reader| {
            colleague(r, station, out.user).await?;
            let Some(old) = store::published(r, station, month).await? else {
                return Err(Refusal::new("roster.nothing", "这个月还没有已发布的值班表。", "请在“人员”里登记请假，再排班。").into());
            };
            Ok((old, facts(r, &rules, station, month).await?))
        })
        .await?;
    let now = build::problem(&f)?;
    let roster = build::carry(&old.problem.0, &old.cells.0, &now)?;
    let person = now.people.iter().position(|m| m.user == out.user).ok_or(Error::NotFound("这个人的班"))?;
    let first_open = now.days.iter().position(|d| d.date >= today).unwrap_or(0);
    let place = |day: Date| now.days.iter().position(|d| d.date == day);
    let from = place(out.from.max(today)).ok_or(Error::NotFound("这一天"))?;
    let until = place(out.until.min(month.last_of_month())).unwrap_or(now.days.len() - 1);
    let absence = s::Absence { person, from, to: until };
    let worker = tokio::task::spawn_blocking({
        let (now, roster) = (now.clone(), roster.clone());
        move || solve(&now, &roster, absence, first_open)
    });
    let done = match worker.await.map_err(Error::internal)? {
        Ok(done) => done,
        Err(s::NoRoster::Person { person }) => {
            let who = now.people.get(person).map_or("", |m| m.name.as_str());
            return Err(Refusal::new("roster.no_repair", format!("{who}的规则和已上的班使他没有任何排法。"), "请手工调整：另存一版再改。").into());
        }
        Err(e) => return Err(Error::internal(e)),
    };
    let what = format!("{}（{} 至 {}）", out.kind.label(), out.from, out.until);
    let mut told = words::repair(&now, &roster, &done, &[(person, what)]);
    told.sort_by_key(|t| t.day);
    let notes = words::eased(&now, &done.eased).join("；");
    app.db()
        .write(act, async |tx: &mut Tx| {
            put_leave(tx, station, out.user, out.kind, out.from, out.until).await?;
            let after: Problem = super::problem(tx, &rules, station, month).await?;
            let rows = build::carry(&now, &done.roster.rows, &after)?.rows;
            let plan = fresh_plan(tx, month, Origin::Repaired, State::Ready, after, rows)?;
            let plan = Plan { parent: Some(old.id), changes: Json(told), ended_how: notes, ..plan };
            store::insert_plan(tx, &plan).await?;
            tx.record("roster.repair", &[("roster_plan", plan.id), ("user", out.user.0)], &format!("{out:?}"));
            tx.emit("roster.plan", plan.id);
            Ok(plan.id)
        })
        .await
}

fn solve(p: &Problem, published: &s::Roster, absence: s::Absence, first_open: usize) -> std::result::Result<s::Repaired, s::NoRoster> {
    let model = build::model(p);
    let begun = Instant::now();
    let elapsed = move || begun.elapsed().as_secs_f64();
    let stop = AtomicBool::new(false);
    let control = s::Control { elapsed: &elapsed, seconds: SECONDS, stop: &stop, seed: 1, threads: 2, rounds: None };
    let change = weights(p.days.len(), first_open);
    s::repair(&s::Repair { model: &model, published, absences: &[absence], first_open, change: &change }, &control)
}
