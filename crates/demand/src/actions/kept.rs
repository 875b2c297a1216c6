//! 承诺与兑现: what was promised for a post beside what tickets, reports and orders say.
//!
//! What came is read once for each kind of post and no further back than a promise, or the month that is asked for, reaches: several
//! posts of a kind share it.

use super::DAYS;
use super::work::{MATTERS, Matter, matters};
use crate::model::{Made, Promise};
use crate::rules::kept::{self, Came, Given, Kept};
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Date, Error, Reader, Result, StationId, ToSpan, Uuid, clock};
use roster::model::PostKind;

/// A post's promises with what was kept of them, the newest month first.
#[derive(Clone, Debug)]
pub struct Promises {
    pub made: Vec<Made>,
    pub kept: Vec<Kept>,
    /// More came than is read at once; the oldest are not counted.
    pub cut: bool,
}

fn given(made: &[Made]) -> Vec<Given> {
    made.iter().map(|m| Given { at: m.at, promise: Promise { share: m.share, minutes: m.minutes }, hours: m.hours.0.clone() }).collect()
}

/// First and last day that count: since the promise, half a year at most, or what of that lies in the month.
fn span(made: &[Made], today: Date, month: Option<Date>) -> Option<(Date, Date)> {
    let first = clock::day_of(made.iter().map(|m| m.at).min()?).max(today.saturating_sub(DAYS.days()));
    let (from, until) = match month {
        Some(m) => (first.max(m.first_of_month()), today.min(m.last_of_month())),
        None => (first, today),
    };
    (from <= until).then_some((from, until))
}

/// Promises of posts, of one month or of the last half year.
pub async fn promises(r: &mut Reader, rules: &RuleSet, station: StationId, posts: &[(Uuid, PostKind)], month: Option<Date>) -> Result<Vec<Promises>> {
    let today = clock::day_of(r.now());
    let mut out = vec![];
    for (post, _) in posts {
        out.push(Promises { made: store::made(r, station, *post).await?, kept: vec![], cut: false });
    }
    let mut kinds: Vec<PostKind> = vec![];
    posts.iter().for_each(|(_, k)| if !kinds.contains(k) { kinds.push(*k) });
    for kind in kinds {
        let mine = |i: &usize| posts[*i].1 == kind;
        let spans = (0..posts.len()).filter(mine).filter_map(|i| span(&out[i].made, today, month));
        let Some((from, until)) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { continue };
        let published = roster::store::publications(r, station, from, until).await?;
        let (came, cut) = matters(r, station, kind, from, until, MATTERS).await?;
        let came: Vec<Came> = came.iter().map(|m| (m.came, m.waited)).collect();
        for i in (0..posts.len()).filter(mine) {
            out[i].kept = kept::kept(&given(&out[i].made), &published, &came, |day| roster::rules::day(rules.calendar(), day).kind);
            out[i].cut = cut;
        }
    }
    Ok(out)
}

/// What stands behind a row of [`promises`]: the promise, and what it was counted of in that month.
///
/// # Errors
/// No such promise of the post.
pub async fn behind(r: &mut Reader, rules: &RuleSet, station: StationId, post: (Uuid, PostKind), made: Uuid, month: Date) -> Result<(Promise, Vec<Matter>)> {
    let all = store::made(r, station, post.0).await?;
    let place = all.iter().position(|m| m.id == made).ok_or(Error::NotFound("这条承诺"))?;
    let given = given(&all);
    let Some((from, until)) = span(&all, clock::day_of(r.now()), Some(month)) else { return Ok((given[place].promise, vec![])) };
    let published = roster::store::publications(r, station, from, until).await?;
    let kind = |day| roster::rules::day(rules.calendar(), day).kind;
    let (mut came, _) = matters(r, station, post.1, from, until, MATTERS).await?;
    came.retain(|m| kept::promised(&given, &published, m.came, &kind) == Some(place));
    Ok((given[place].promise, came))
}
