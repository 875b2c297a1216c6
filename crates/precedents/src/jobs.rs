//! Clocked work: agreements that have held are proposed for the book.

use crate::{actions, store};
use futures::future::BoxFuture;
use kernel::{Actor, App, Error, Purpose, Reader, Result, ToSpan, Tx, clock};

/// Agreements tried in one run.
const MOST: i64 = 40;
/// Older agreements are left to people.
const WINDOW_DAYS: i64 = 180;

/// Once a day: settled disputes whose agreement was signed long enough ago.
pub fn propose_held(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let system = Actor::system();
        let today = clock::day_of(app.now());
        let days = app.rules().int("precedent.held_days", today)?;
        let until = today.checked_sub(days.days()).map_err(Error::internal)?;
        let from = until.checked_sub(WINDOW_DAYS.days()).map_err(Error::internal)?;
        let look = app.look(&system, "precedents.search", Purpose::Mediation);
        let all = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let mut out = vec![];
                for s in places::store::stations(r).await? {
                    for d in store::unproposed(r, s.id, from, until, MOST).await? {
                        out.push((s.id, d));
                    }
                }
                Ok(out)
            })
            .await?;
        for (station, dispute) in all {
            let act = app.act(&system, "precedents.propose", Purpose::Mediation, app.fresh_command()).in_station(station);
            let done = app.db().write(&act, async |tx: &mut Tx| actions::propose_in(&app, tx, dispute).await).await;
            match done {
                Ok(_) | Err(Error::Refused(_) | Error::NotFound(_)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    })
}
