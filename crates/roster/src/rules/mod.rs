//! Decisions, pure: which day is what, what a need asks of the shifts, what may be entered, what a plan may become next.

pub mod attendance;
pub mod build;
mod entry;
pub mod judge;
pub mod lack;
pub mod load;
mod needs;
pub mod past;
pub mod stood;
pub mod swap;
pub mod words;

pub use entry::*;
pub use needs::*;

use crate::model::{Day, DayType, Limits, Origin, SetRule, Standing, State, Swap, SwapState};
use kernel::calendar::Calendar;
use kernel::rules::RuleSet;
use kernel::{Date, Error, Refusal, Result, ToSpan, UserId};

/// The rules of a roster: key in the rule pack, what may be set.
pub const LIMITS: [(&str, std::ops::RangeInclusive<i64>); 15] = [
    ("roster.rest_hours", 0..=48),
    ("roster.after_night", 0..=2),
    ("roster.max_run", 1..=14),
    ("roster.min_run", 1..=5),
    ("roster.min_off", 1..=4),
    ("roster.max_weekends", 0..=5),
    ("roster.max_nights", 0..=31),
    ("roster.over_percent", 0..=50),
    ("roster.max_week_hours", 0..=112),
    ("roster.weight_nights", 0..=100),
    ("roster.weight_weekends", 0..=100),
    ("roster.weight_holidays", 0..=100),
    ("roster.weight_duties", 0..=100),
    ("roster.carry_months", 0..=12),
    ("roster.most_wishes", 0..=31),
];

/// Shifts of a post at most; the form has a line for each.
pub const MOST_SHIFTS: usize = 6;

/// The values in force: the station's newest, else the pack's.
///
/// # Errors
/// A key that the pack does not have on that day.
pub fn limits(rules: &RuleSet, set: &[SetRule], on: Date) -> Result<Limits> {
    let mut v = [0; LIMITS.len()];
    for (i, (key, range)) in LIMITS.iter().enumerate() {
        let value = match set.iter().find(|s| s.key == *key) {
            Some(s) => s.value,
            None => rules.int(key, on)?,
        };
        v[i] = value.clamp(*range.start(), *range.end());
    }
    let [rest_hours, after_night, max_run, min_run, min_off, max_weekends, max_nights, over_percent, max_week_hours, weight_nights, weight_weekends, weight_holidays, weight_duties, carry_months, most_wishes] = v;
    Ok(Limits {
        rest_hours,
        after_night,
        max_run,
        min_run: min_run.min(max_run),
        min_off,
        max_weekends,
        max_nights,
        over_percent,
        max_week_hours,
        weight_nights,
        weight_weekends,
        weight_holidays,
        weight_duties,
        carry_months,
        most_wishes,
    })
}

/// The range of a key, when it is one.
pub fn range_of(key: &str) -> Option<std::ops::RangeInclusive<i64>> {
    LIMITS.iter().find(|(k, _)| *k == key).map(|(_, r)| r.clone())
}

/// What kind of day it is: the State Council's arrangement decides, not the weekday.
pub fn day(calendar: &Calendar, date: Date) -> Day {
    let holiday = calendar.holiday(date).unwrap_or("").to_string();
    let make_up = calendar.is_make_up(date);
    let kind = if calendar.is_working(date) {
        DayType::Work
    } else if holiday.is_empty() {
        DayType::Rest
    } else {
        DayType::Holiday
    };
    Day { date, kind, holiday, make_up }
}

/// The days of the month that begins with `first`.
pub fn days(calendar: &Calendar, first: Date) -> Vec<Day> {
    let last = first.last_of_month();
    let mut out = vec![];
    let mut d = first.first_of_month();
    while d <= last {
        out.push(day(calendar, d));
        d = d.saturating_add(1.day());
    }
    out
}

/// Whether a plan may still be altered by hand.
pub fn may_edit(state: State) -> Result<()> {
    match state {
        State::Ready | State::Lost => Ok(()),
        State::Running => Err(Refusal::new("roster.running", "还在排班，现在不能改。", "请等它结束，或者先点“停止”。").into()),
        State::Failed => Err(Refusal::new("roster.failed", "这一版没有排出结果。", "请按说明改需要或者规则后重新排班。").into()),
        State::Published | State::Superseded => {
            Err(Refusal::new("roster.published", "已发布的值班表不能直接改。", "请点“另存一版再改”，改好后重新发布。").into())
        }
    }
}

/// Who may move a request for a swap on: the other answers, the first withdraws, a planner decides, but not on their own.
///
/// # Errors
/// Not theirs to answer (not found), or decided already.
pub fn may_step(s: &Swap, to: SwapState, me: UserId, planner: bool) -> Result<()> {
    let concerned = me == s.from_user || me == s.to_user;
    if !concerned && !planner {
        return Err(Error::NotFound("这个调班申请"));
    }
    let open = matches!(s.state, SwapState::Asked | SwapState::Agreed);
    let may = match to {
        SwapState::Agreed => s.state == SwapState::Asked && me == s.to_user,
        SwapState::Withdrawn => open && me == s.from_user,
        SwapState::Refused => (s.state == SwapState::Asked && me == s.to_user) || (open && planner && !concerned),
        SwapState::Done => s.state == SwapState::Agreed && planner && !concerned,
        SwapState::Asked => false,
    };
    if may {
        return Ok(());
    }
    let what = if open { format!("这个申请现在“{}”，您不能这样办。", s.state.label()) } else { format!("这个申请已经办完：{}。", s.state.label()) };
    Err(Refusal::new("roster.swap_step", what, "对方先答复，再由不是当事人的带班领导、所领导批准。").into())
}

/// What a version is called: `6 月第 2 版（自动排班）`.
pub fn title(month: Date, n: i64, origin: Origin) -> String {
    format!("{} 年 {} 月第 {n} 版（{}）", month.year(), month.month(), origin.label())
}

/// The standing that a role usually has; a proposal for the form.
pub fn usual_standing(role: kernel::Role) -> Option<Standing> {
    use kernel::Role as R;
    match role {
        R::StationLeader | R::DutyLeader => Some(Standing::Leader),
        R::Officer | R::Operator => Some(Standing::Officer),
        R::Auxiliary => Some(Standing::Auxiliary),
        R::WindowClerk => Some(Standing::Clerk),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
