//! 承诺与兑现: what was promised for a post beside what tickets, reports and orders say.

use super::DAYS;
use super::work::{Matter, matters};
use crate::model::{Made, Promise};
use crate::rules::kept::{self, Given, Kept, Published};
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Date, Error, Reader, Result, StationId, ToSpan, Uuid, clock};
use roster::model::PostKind;

/// What was promised for a post, which rosters were made of it, and what came since.
struct Seen {
    made: Vec<Made>,
    given: Vec<Given>,
    published: Vec<Published>,
    came: Vec<Matter>,
}

async fn seen(r: &mut Reader, station: StationId, post: Uuid, kind: PostKind) -> Result<Seen> {
    let made = store::made(r, station, post).await?;
    let given = made.iter().map(|m| Given { at: m.at, promise: Promise { share: m.share, minutes: m.minutes }, hours: m.hours.0.clone() }).collect();
    let Some(first) = made.iter().map(|m| m.at).min() else { return Ok(Seen { made, given, published: vec![], came: vec![] }) };
    let today = clock::day_of(r.now());
    let since = clock::day_of(first).max(today.saturating_sub(DAYS.days()));
    let published = roster::store::publications(r, station, since, today).await?;
    let came = matters(r, station, kind, since).await?;
    Ok(Seen { made, given, published, came })
}

/// Promises of the last half year with what was kept of them, the newest month first.
pub async fn promises(r: &mut Reader, rules: &RuleSet, station: StationId, post: (Uuid, PostKind)) -> Result<(Vec<Made>, Vec<Kept>)> {
    let s = seen(r, station, post.0, post.1).await?;
    let came: Vec<kept::Came> = s.came.iter().map(|m| (m.came, m.waited)).collect();
    let kept = kept::kept(&s.given, &s.published, &came, |day| roster::rules::day(rules.calendar(), day).kind);
    Ok((s.made, kept))
}

/// What stands behind a row of [`promises`]: the promise, and what it was counted of in that month.
///
/// # Errors
/// No such promise of the post.
pub async fn behind(r: &mut Reader, rules: &RuleSet, station: StationId, post: (Uuid, PostKind), made: Uuid, month: Date) -> Result<(Promise, Vec<Matter>)> {
    let mut s = seen(r, station, post.0, post.1).await?;
    let place = s.made.iter().position(|m| m.id == made).ok_or(Error::NotFound("这条承诺"))?;
    let kind = |day| roster::rules::day(rules.calendar(), day).kind;
    s.came.retain(|m| clock::day_of(m.came).first_of_month() == month && kept::promised(&s.given, &s.published, m.came, &kind) == Some(place));
    Ok((s.given[place].promise, s.came))
}
