//! What a clock ends: stands that nobody ended some time after closing, tickets of days that are over.
//!
//! One that cannot be ended (somebody was faster, the database was busy) keeps nothing else back: the run goes on, and says
//! at its end what failed.

use super::open_days;
use super::queue::end_booking;
use crate::model::{Stand, Ticket, TicketState};
use crate::rules::empty;
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Act, Actor, App, Error, Purpose, Reader, Result, StationId, Timestamp, Tx, Uuid, clock};

/// Minutes for which a ticket that is still at the window says that somebody is there.
const AT_HAND_MINUTES: i64 = 60;

/// What of a clocked run did not succeed, by ids; the rest was done.
#[derive(Debug, Default)]
pub(crate) struct Failed(Vec<String>);

/// Failures that are named; of the others the number is told.
const NAMED: usize = 3;

impl Failed {
    pub fn note<T>(&mut self, what: impl std::fmt::Display, done: Result<T>) {
        if let Err(e) = done {
            self.0.push(format!("{what}: {e}"));
        }
    }

    /// The error of a run in which something failed.
    pub fn say(self) -> Result<()> {
        match self.0.len() {
            0 => Ok(()),
            n => Err(Error::internal(format!("{n} failed, the rest was done. {}", self.0[..n.min(NAMED)].join("; ")))),
        }
    }
}

/// The last sign of the person at the window of a stand, up to now: a ticket called, begun, finished, or still at hand.
fn last_sign(s: &Stand, tickets: &[Ticket], now: Timestamp) -> Option<Timestamp> {
    let at_hand = |t: &Ticket| {
        let since = t.begun_at.or(t.called_at).filter(|_| t.at_window())?;
        Some(clock::from_micros(since.as_microsecond() + AT_HAND_MINUTES * 60_000_000).min(now))
    };
    let mine = tickets.iter().filter(|t| t.window_id == Some(s.window_id) && t.by_user == Some(s.user_id));
    mine.flat_map(|t| [t.called_at, t.begun_at, t.ended_at, at_hand(t)]).flatten().filter(|at| *at >= s.began_at).max()
}

/// A stand that is over, and when it ended.
pub(crate) struct Over {
    pub station: StationId,
    pub stand: Stand,
    pub end: Timestamp,
}

/// What there is to end now.
#[derive(Default)]
pub(crate) struct Due {
    pub stands: Vec<Over>,
    pub tickets: Vec<(StationId, Uuid)>,
}

async fn over(r: &mut Reader, rules: &RuleSet, station: StationId) -> Result<Vec<Over>> {
    let now = r.now();
    let limits = super::limits(r, rules, station).await?;
    let mut over = vec![];
    for s in store::stands_open(r, station).await? {
        let day = clock::day_of(s.began_at);
        let (_, days) = open_days(r, rules, station, day, day).await?;
        let planned: Vec<_> = days.iter().flat_map(|d| d.windows.iter()).filter(|w| w.id == s.window_id).flat_map(|w| w.spans.clone()).collect();
        let last = last_sign(&s, &store::tickets_of(r, station, day).await?, now);
        let end = empty::ends(day, &planned, s.began_at, last, limits.away);
        if now >= end {
            over.push(Over { station, stand: s, end });
        }
    }
    Ok(over)
}

/// Reads what there is to end; a station that cannot be read is noted and passed over.
pub(crate) async fn due(app: &App, failed: &mut Failed) -> Result<Due> {
    let (rules, today) = (app.rules(), app.today());
    let look = app.look(&Actor::system(), "windows.close_up", Purpose::Window);
    let (stations, tickets) = app.db().read(&look, async |r: &mut Reader| Ok((store::standing(r).await?, store::tickets_left(r, today).await?))).await?;
    let mut due = Due { stands: vec![], tickets };
    for station in stations {
        match app.db().read(&look, async |r: &mut Reader| over(r, &rules, station).await).await {
            Ok(mut list) => due.stands.append(&mut list),
            failure => failed.note(format_args!("stands of station {station}"), failure),
        }
    }
    Ok(due)
}

/// Ends what is due, each by itself.
pub(crate) async fn end(app: &App, due: &Due, failed: &mut Failed) {
    for x in &due.stands {
        let done = end_stand(app, x).await;
        failed.note(format_args!("stand {}", x.stand.id), done);
    }
    for (station, id) in &due.tickets {
        let done = end_ticket(app, *station, *id).await;
        failed.note(format_args!("ticket {id}"), done);
    }
}

fn act(app: &App, action: &'static str, station: StationId) -> Act {
    app.act(&Actor::system(), action, Purpose::Window, app.fresh_command()).in_station(station)
}

async fn end_stand(app: &App, x: &Over) -> Result<()> {
    let s = &x.stand;
    app.db()
        .write(&act(app, "windows.closed_up", x.station), async |tx: &mut Tx| {
            // Whoever left or was relieved in between said it themselves.
            store::stale(store::end_stand(tx, x.station, s.id, x.end, Stand::FORGOTTEN).await?)?;
            tx.record("windows.closed_up", &[("window", s.window_id), ("user", s.user_id.0)], "");
            tx.emit("windows.stand", s.window_id);
            Ok(())
        })
        .await
}

async fn end_ticket(app: &App, station: StationId, id: Uuid) -> Result<()> {
    app.db()
        .write(&act(app, "windows.day_over", station), async |tx: &mut Tx| {
            let t = store::ticket(tx, station, id).await?;
            // Finished in between: it stays as it is.
            store::stale(u64::from(!matches!(t.state, TicketState::Done | TicketState::Left)))?;
            let to = if t.state == TicketState::Serving { TicketState::Done } else { TicketState::Left };
            store::set_ticket(tx, &t, to, "当天结束").await?;
            end_booking(tx, &t, to).await?;
            tx.record("windows.day_over", &[("window_ticket", id)], "");
            tx.emit("windows.ticket", id);
            Ok(())
        })
        .await
}
