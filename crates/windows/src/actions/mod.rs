//! What people do, one function each: permit → read → rule → write → record → emit.

mod booking;
mod cases;
pub(crate) mod closing;
mod displays;
mod door;
mod monitor;
mod permits;
mod queue;
mod setup;

pub use booking::*;
pub use cases::*;
pub use displays::*;
pub use door::*;
pub use monitor::*;
pub use permits::*;
pub use queue::*;
pub use setup::*;

use crate::model::{Service, Window};
use crate::rules::hours::{Facts, OpenDay, open};
use crate::rules::slots::Taken;
use crate::rules::{self, Limits};
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Date, Reader, Result, StationId, ToSpan};

/// The limits that hold at a station today.
pub async fn limits(r: &mut Reader, rules: &RuleSet, station: StationId) -> Result<Limits> {
    let code = places::store::station(r, station).await?.code;
    rules::limits(rules, &code, kernel::clock::day_of(r.now()))
}

/// The hours of the windows on days of the span, 93 at most, with the windows in use. Of what has passed, they are as they
/// were known at each minute: nothing written later changes them.
pub async fn open_days(r: &mut Reader, rules: &RuleSet, station: StationId, from: Date, until: Date) -> Result<(Vec<Window>, Vec<OpenDay>)> {
    let windows = store::windows_since(r, station, kernel::clock::start_of(from)).await?;
    let posts = store::posts(r, station).await?;
    let hours = store::hours(r, station).await?;
    let closures = store::closures(r, station, from, until).await?;
    // A duty that begins the day before may end on the first day.
    let duties = roster::store::post_duties(r, station, from.saturating_sub(1.days()), until).await?;
    let publications = roster::store::publications(r, station, from, until).await?;
    let mut days = vec![];
    let mut d = from;
    while d <= until && days.len() < 93 {
        let facts = Facts { windows: &windows, posts: &posts, hours: &hours, closures: &closures, duties: &duties, publications: &publications };
        days.push(open(&roster::rules::day(rules.calendar(), d), &facts));
        d = d.saturating_add(1.days());
    }
    Ok((windows.into_iter().filter(|w| w.ended_at.is_none()).collect(), days))
}

/// The days that can be booked with what is taken on each.
pub async fn bookable(r: &mut Reader, rules: &RuleSet, station: StationId, limits: &Limits) -> Result<Vec<(OpenDay, Vec<Taken>)>> {
    let today = kernel::clock::day_of(r.now());
    let last = today.saturating_add(limits.ahead.days());
    let (_, days) = open_days(r, rules, station, today, last).await?;
    let taken = store::taken(r, station, today, last).await?;
    let of = |d: &OpenDay| taken.iter().filter(|t| t.0 == d.date()).map(|t| t.1).collect();
    Ok(days.into_iter().map(|d| (of(&d), d)).map(|(t, d)| (d, t)).collect())
}

/// A service in use.
pub async fn service_in_use(r: &mut Reader, station: StationId, id: kernel::Uuid) -> Result<Service> {
    store::services(r, station).await?.into_iter().find(|s| s.id == id).ok_or(kernel::Error::NotFound("这项业务"))
}
