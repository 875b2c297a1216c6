//! What people do, one function each: permit → read → rule → write → record → emit.

mod after;
mod alter;
mod opening;
mod plan;
mod publish;
mod repair;
mod setup;
mod solve;
mod stands;

pub use after::*;
pub use alter::*;
pub use opening::*;
pub use plan::*;
pub use publish::*;
pub use repair::*;
pub use setup::*;
pub use solve::*;
pub use stands::*;

use crate::model::{DayType, Problem};
use crate::rules::build::{self, Facts};
use crate::{rules, store};
use kernel::rules::RuleSet;
use kernel::{Date, Error, FieldErrors, Reader, Result, StationId, ToSpan, UserId};

/// The first day of a month that can be rostered: from a year back to a year ahead.
///
/// # Errors
/// A month that lies outside.
pub fn month_of(day: Date, today: Date) -> Result<Date> {
    let first = day.first_of_month();
    let far = |n: i64| today.first_of_month().saturating_add(n.months());
    if first < far(-12) || first > far(12) {
        return Err(FieldErrors::one("month", "只能排前后一年以内的月份。"));
    }
    Ok(first)
}

/// All that the station knows about a month.
pub async fn facts(r: &mut Reader, rules: &RuleSet, station: StationId, month: Date) -> Result<Facts> {
    let (first, last) = (month.first_of_month(), month.last_of_month());
    let set = store::rules(r, station).await?;
    let limits = rules::limits(rules, &set, first)?;
    let (yesterday, tomorrow) = (first.saturating_sub(1.days()), last.saturating_add(1.days()));
    let since = first.saturating_sub(limits.carry_months.months());
    let users = identity::store::list_users(r, Some(station)).await?;
    let openings = store::openings(r, station, since.min(yesterday), yesterday).await?;
    let mut carried = if limits.carry_months > 0 { store::carried(r, station, since, yesterday).await? } else { vec![] };
    for o in openings.iter().filter(|_| limits.carry_months > 0) {
        let more = [o.nights, o.rests, o.holidays];
        match carried.iter_mut().find(|c| c.0 == o.user_id) {
            Some(c) => c.1.iter_mut().zip(more).for_each(|(n, x)| *n += x),
            None => carried.push((o.user_id, more)),
        }
    }
    let kind = |n: i64| rules::day(rules.calendar(), first.saturating_add(n.days())).kind;
    Ok(Facts {
        days: rules::days(rules.calendar(), first),
        around: ([kind(-3), kind(-2), kind(-1)], rules::day(rules.calendar(), tomorrow).kind),
        limits,
        never: store::successions(r, station).await?.into_iter().map(|x| (x.before_shift, x.after_shift)).collect(),
        posts: store::posts(r, station).await?,
        names: users.into_iter().filter(|u| u.disabled_at.is_none()).map(|u| (u.id, u.name)).collect(),
        contracts: store::contracts(r, station, first, last).await?,
        skills: store::skills(r, station, first, last).await?,
        leave: store::leave(r, station, first, last).await?,
        wishes: store::wishes(r, station, first, last).await?,
        pins: store::pins(r, station, first, last).await?,
        before: store::duties(r, station, first.saturating_sub(21.days()), yesterday).await?,
        after: store::duties(r, station, tomorrow, last.saturating_add(6.days())).await?,
        openings,
        carried,
    })
}

/// The month's problem as it stands now.
pub async fn problem(r: &mut Reader, rules: &RuleSet, station: StationId, month: Date) -> Result<Problem> {
    build::problem(&facts(r, rules, station, month).await?)
}

/// Refuses accounts of other stations.
pub(crate) async fn colleague(r: &mut Reader, station: StationId, user: UserId) -> Result<String> {
    match identity::store::find_user(r, user).await? {
        Some(u) if u.station_id == station && u.disabled_at.is_none() => Ok(u.name),
        _ => Err(Error::NotFound("这个人")),
    }
}

/// Whether the days of a month are known, or counted as plain weekends until the State Council's notice is in.
pub fn provisional(rules: &RuleSet, month: Date) -> bool {
    !rules.calendar().is_known(month.year())
}

/// How many days of each kind a problem has.
pub fn day_counts(p: &Problem) -> [(DayType, usize); 3] {
    [DayType::Work, DayType::Rest, DayType::Holiday].map(|k| (k, p.days.iter().filter(|d| d.kind == k).count()))
}
