//! 期初情况: what people did before the first roster that was published here, so that it begins with their rest and their share.

use super::{colleague, month_of};
use crate::model::Opening;
use crate::{rules, store};
use kernel::{Act, App, Date, Error, FieldErrors, Permission as P, Result, ToSpan, Tx, UserId};

/// Keeps what a person did up to the day before the month in which `o.day` lies.
///
/// # Errors
/// Right missing, numbers out of range, no such person or shift, a month whose days before are published.
pub async fn set_opening(app: &App, act: &Act, o: Opening) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    let month = month_of(o.day, kernel::clock::day_of(act.at))?;
    let o = Opening { day: month.saturating_sub(1.days()), ..o };
    rules::check_opening(&o)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            colleague(tx, station, o.user_id).await?;
            if let Some(id) = o.shift_id
                && !store::posts(tx, station).await?.iter().any(|p| p.shifts.iter().any(|s| s.id == id))
            {
                return Err(Error::NotFound("这个班次"));
            }
            if store::published(tx, station, o.day.first_of_month()).await?.is_some() {
                let what = format!("{} 年 {} 月的值班表在本系统发布过，以前的班已经有记录，不用再登记。", o.day.year(), o.day.month());
                return Err(FieldErrors::one("month", what));
            }
            store::set_opening(tx, station, &o).await?;
            tx.record("roster.opening", &[("user", o.user_id.0)], &format!("{o:?}"));
            Ok(())
        })
        .await
}

/// Lets it go.
pub async fn end_opening(app: &App, act: &Act, user: UserId, day: Date) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::end_opening(tx, station, user, day).await?;
            tx.record("roster.end_opening", &[("user", user.0)], &day.to_string());
            Ok(())
        })
        .await
}
