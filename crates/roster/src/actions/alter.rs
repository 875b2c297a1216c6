//! A version altered by hand: a cell, two people who exchange a day, a copy to alter.

use super::plan::{cell, see};
use super::problem;
use super::solve::fresh_plan;
use crate::model::{Origin, Plan, State};
use crate::rules::build;
use crate::{rules, store};
use kernel::row::Json;
use kernel::{Act, App, Date, Error, Permission as P, Reader, Result, Tx, UserId, Uuid};
use solver::roster as s;

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
