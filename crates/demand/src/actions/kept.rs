//! 承诺与兑现: what was promised for a post beside what the tickets say.

use super::DAYS;
use crate::model::{Made, Promise};
use crate::rules::kept::{self, Given, Kept};
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Reader, Result, StationId, ToSpan, Uuid, clock};

/// Promises of the last half year with what was kept of them, the newest month first.
pub async fn promises(r: &mut Reader, rules: &RuleSet, station: StationId, post: Uuid) -> Result<(Vec<Made>, Vec<Kept>)> {
    let made = store::made(r, station, post).await?;
    let Some(first) = made.iter().map(|m| m.at).min() else { return Ok((made, vec![])) };
    let today = clock::day_of(r.now());
    let since = clock::day_of(first).max(today.saturating_sub(DAYS.days()));
    let published = roster::store::publications(r, station, since, today).await?;
    let tickets = windows::store::tickets_between(r, station, since, today).await?;
    let given: Vec<Given> = made.iter().map(|m| Given { at: m.at, promise: Promise { share: m.share, minutes: m.minutes }, hours: m.hours.0.clone() }).collect();
    // Who still waits is neither in time nor late yet.
    let came: Vec<kept::Came> =
        tickets.iter().filter(|t| t.state != windows::model::TicketState::Waiting || t.first_called_at.is_some()).map(|t| (t.drawn_at, t.waited())).collect();
    let kept = kept::kept(&given, &published, &came, |day| roster::rules::day(rules.calendar(), day).kind);
    Ok((made, kept))
}
