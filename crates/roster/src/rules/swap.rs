//! 调班: what a request changes, and whether the roster stays within the rules.

use super::judge;
use crate::model::Problem;
use kernel::{Date, Error, Refusal, Result, UserId};
use solver::roster as s;

/// The roster after a swap: `from` gives the duty of a day to `to`, and takes one of theirs when `to_day` is given.
///
/// # Errors
/// No such duty, somebody already on duty, or a rule that would be broken and was not before, in words.
pub fn swapped(p: &Problem, roster: &s::Roster, from: UserId, from_day: Date, to: UserId, to_day: Option<Date>) -> Result<s::Roster> {
    let person = |u: UserId| p.people.iter().position(|m| m.user == u).ok_or(Error::NotFound("这个人"));
    let place = |d: Date| p.days.iter().position(|x| x.date == d).ok_or(Error::NotFound("这一天"));
    let (a, b) = (person(from)?, person(to)?);
    if a == b {
        return Err(Refusal::new("roster.swap_self", "不能与自己调班。", "请选择另一个人。").into());
    }
    let d = place(from_day)?;
    let given = roster.at(a, d).ok_or_else(|| no_duty(p, a, d))?;
    let mut out = roster.clone();
    out.rows[a][d] = s::OFF;
    match to_day {
        Some(day) => {
            let e = place(day)?;
            let taken = roster.at(b, e).ok_or_else(|| no_duty(p, b, e))?;
            out.rows[b][e] = s::OFF;
            free(p, &out, a, e)?;
            out.rows[a][e] = taken as u8;
        }
        None => free(p, &out, b, d)?,
    }
    free(p, &out, b, d)?;
    out.rows[b][d] = given as u8;
    let before = judge::judge(p, roster).findings;
    // Of what was broken before only what concerns another cell stays: a duty is not given to somebody who is away.
    let given_now = |f: &judge::Finding| f.cell.is_some_and(|(i, d)| out.rows[i][d] != s::OFF && out.rows[i][d] != roster.rows[i][d]);
    let broken: Vec<String> =
        judge::judge(p, &out).findings.into_iter().filter(|f| !before.contains(f) || given_now(f)).map(|f| f.text).take(3).collect();
    if broken.is_empty() {
        return Ok(out);
    }
    Err(Refusal::new("roster.swap_breaks", format!("这样调不符合规则：{}", broken.join("")), "请换一个人，或者换一天。").into())
}

fn no_duty(p: &Problem, person: usize, day: usize) -> Error {
    let what = format!("{} {} 没有班。", p.people[person].name, super::words::on(p, day));
    Refusal::new("roster.swap_no_duty", what, "请看最新的值班表，选有班的那一天；只给不换的，“换对方哪一天的班”空着。").into()
}

fn free(p: &Problem, r: &s::Roster, person: usize, day: usize) -> Result<()> {
    match r.at(person, day).and_then(|k| p.kinds.get(k)) {
        None => Ok(()),
        Some(k) => {
            let what = format!("{} {} 已有“{}”。", p.people[person].name, super::words::on(p, day), k.label());
            Err(Refusal::new("roster.swap_busy", what, "一天只能上一个班；请选那天休息的人，或者与他那天的班互换。").into())
        }
    }
}
