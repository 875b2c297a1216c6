//! One version as it is seen and judged, what it breaks since its publication, and two of them side by side.

use super::problem;
use crate::model::{Plan, Problem, State};
use crate::rules::build;
use crate::rules::judge::{self, Finding, Judged};
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Date, Error, Reader, Refusal, Result, StationId, UserId, Uuid};
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
        Err(Error::Refused(why)) => Ok(vec![Finding { text: why.to_string(), law: false, bars: false, cell: None }]),
        Err(e) => Err(e),
    }
}

/// The place of a person's day in the table.
pub(super) fn cell(p: &Problem, user: UserId, day: Date) -> Result<(usize, usize)> {
    let person = p.people.iter().position(|m| m.user == user).ok_or(Error::NotFound("这个人"))?;
    let day = p.days.iter().position(|d| d.date == day).ok_or(Error::NotFound("这一天"))?;
    Ok((person, day))
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
