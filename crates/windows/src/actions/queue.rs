//! 取号, 叫号, 上岗: tickets drawn and called, and who stands at which window.

use super::{open_days, service_in_use};
use crate::model::{Booking, BookingState, Channel, Service, Stand, Ticket, TicketState, Window};
use crate::rules::hours::OpenDay;
use crate::rules::queue::{self, Before, Durations, Step, Wait};
use crate::store;
use kernel::moments::Moment;
use kernel::rules::RuleSet;
use kernel::{Act, Actor, App, Error, FieldErrors, Permission as P, Purpose, Reader, Refusal, Result, StationId, Timestamp, ToSpan, Tx, Uuid, clock};
use std::sync::Arc;

/// A ticket as drawn.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Drawn {
    pub id: Uuid,
    pub label: String,
}

/// A place in line: the key under which stations number tickets without two of one number.
async fn hold_series(tx: &mut Tx, station: StationId) -> Result<()> {
    let year = i64::from(clock::day_of(tx.now()).year());
    tx.next_number(station, "window_ticket", year).await.map(|_| ())
}

/// Draws a ticket for somebody without a booking.
///
/// # Errors
/// Right missing; no window for the service is open by plan today any more and nobody stands at one.
pub async fn draw(app: &App, act: &Act, service: Uuid, frail: bool, receipt: &[u8]) -> Result<Drawn> {
    act.actor.must(P::WindowSee)?;
    let (rules, station) = (app.rules(), act.station);
    app.db()
        .write(act, async |tx: &mut Tx| {
            hold_series(tx, station).await?;
            let s = service_in_use(tx, station, service).await?;
            must_be_served_today(tx, &rules, &s).await?;
            let t = fresh_ticket(tx, &s, None, frail);
            put_in_line(tx, t, receipt).await
        })
        .await
}

/// Somebody with a booking has come: the ticket goes before those without one as soon as its time has come.
///
/// # Errors
/// The booking is not open, not at a window, not of today, or its time passed more than the minutes kept for it.
pub async fn arrive(app: &App, act: &Act, booking: Uuid, receipt: &[u8]) -> Result<Drawn> {
    act.actor.must(P::WindowSee)?;
    let (rules, station) = (app.rules(), act.station);
    app.db()
        .write(act, async |tx: &mut Tx| {
            hold_series(tx, station).await?;
            let b = store::booking(tx, station, booking).await?;
            super::booking::must_be_open(&b)?;
            let limits = super::limits(tx, &rules, station).await?;
            if b.channel != Channel::Window || b.day != clock::day_of(tx.now()) {
                return Err(Refusal::new("windows.other_day", format!("这个预约是 {} {} 的，不在今天。", b.day, b.time()), "可以改期，或者现场取号。").into());
            }
            let s = store::service(tx, station, b.service_id).await?;
            let late = tx.now().as_second() - b.at().as_second() > limits.late * 60;
            let mut t = fresh_ticket(tx, &s, Some(&b), b.frail);
            if late {
                // Too late for the place in line, not for the matter: like somebody without a booking.
                t.booked_at = None;
            }
            store::set_state(tx, &b, BookingState::Arrived, "").await?;
            notices::actions::done_all(tx, b.id).await?;
            tx.emit("windows.booking", b.id);
            put_in_line(tx, t, receipt).await
        })
        .await
}

fn fresh_ticket(tx: &Tx, s: &Service, b: Option<&Booking>, frail: bool) -> Ticket {
    let now = tx.now();
    Ticket {
        station_id: s.station_id,
        id: tx.fresh(),
        day: clock::day_of(now),
        letter: s.letter.clone(),
        n: 0,
        service_id: s.id,
        booking_id: b.map(|b| b.id),
        booked_at: b.map(Booking::at),
        frail,
        state: TicketState::Waiting,
        drawn_at: now,
        queued_at: now,
        first_called_at: None,
        called_at: None,
        calls: 0,
        window_id: None,
        begun_at: None,
        ended_at: None,
        ended_why: String::new(),
        by_user: None,
        version: 1,
    }
}

async fn put_in_line(tx: &mut Tx, mut t: Ticket, receipt: &[u8]) -> Result<Drawn> {
    t.n = store::insert_ticket(tx, &t, receipt).await?;
    tx.record("windows.draw", &[("window_ticket", t.id)], &t.label());
    tx.emit("windows.ticket", t.id);
    Ok(Drawn { id: t.id, label: t.label() })
}

async fn must_be_served_today(tx: &mut Tx, rules: &RuleSet, s: &Service) -> Result<()> {
    let today = clock::day_of(tx.now());
    let now = crate::model::minute_of(tx.now());
    let (windows, days) = open_days(tx, rules, s.station_id, today, today).await?;
    let stands = store::stands_open(tx, s.station_id).await?;
    let manned = windows.iter().any(|w| w.does(s.id) && queue::stand_at(&stands, w.id).is_some());
    if manned || days.iter().any(|d| d.spans_of(s.id).iter().any(|x| x.until > now)) {
        return Ok(());
    }
    Err(Refusal::new("windows.shut", format!("今天不再办理“{}”。", s.name), "请看开放时间，或者预约别的日子。").into())
}

/// The person acting begins to stand at a window; whoever stood there is relieved, and their own former stand ends.
/// A duty of the roster that is due counts as attended.
pub async fn stand(app: &App, act: &Act, window: Uuid) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let (station, me) = (act.station, act.actor.user);
    app.db()
        .write(act, async |tx: &mut Tx| {
            hold_series(tx, station).await?;
            store::window(tx, station, window).await?;
            let now = tx.now();
            let open = store::stands_open(tx, station).await?;
            if open.iter().any(|s| s.window_id == window && s.user_id == me) {
                return Err(Refusal::new("windows.stands", "您已经在这个窗口上岗。", "不用再签。").into());
            }
            for s in open.iter().filter(|s| s.window_id == window || s.user_id == me) {
                if s.user_id == me {
                    leave_nobody(tx, s).await?;
                }
                store::end_stand(tx, station, s.id, now, if s.user_id == me { "换窗口" } else { "换人" }).await?;
            }
            let id: Uuid = tx.fresh();
            store::insert_stand(tx, station, id, window, me).await?;
            roster::actions::present(tx).await?;
            tx.record("windows.stand", &[("window", window), ("user", me.0)], "");
            tx.emit("windows.stand", window);
            Ok(())
        })
        .await
}

/// Refuses to leave while somebody is at the window.
async fn leave_nobody(tx: &mut Tx, s: &Stand) -> Result<()> {
    let station = tx.act().station;
    let today = clock::day_of(tx.now());
    let all = store::tickets_of(tx, station, today).await?;
    match all.iter().find(|t| t.window_id == Some(s.window_id) && t.at_window()) {
        Some(t) => Err(Refusal::new("windows.busy", format!("{} 还在您的窗口。", t.label()), "请先办结或者过号，再离岗。").into()),
        None => Ok(()),
    }
}

/// The person acting leaves the window; why is kept and shown in the report of empty minutes.
pub async fn leave(app: &App, act: &Act, why: &str) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    if why.trim().is_empty() || why.chars().count() > 30 {
        return Err(FieldErrors::one("why", "请写明去向，30 字以内，例如“下班”“用餐”“上门”。"));
    }
    let (station, me) = (act.station, act.actor.user);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let open = store::stands_open(tx, station).await?;
            let s = open.into_iter().find(|s| s.user_id == me).ok_or_else(|| Refusal::new("windows.not_here", "您现在不在任何窗口。", "不用离岗。"))?;
            leave_nobody(tx, &s).await?;
            let now = tx.now();
            store::end_stand(tx, station, s.id, now, why.trim()).await?;
            roster::actions::absent(tx, why.trim()).await?;
            tx.record("windows.leave", &[("window", s.window_id), ("user", me.0)], why);
            tx.emit("windows.stand", s.window_id);
            Ok(())
        })
        .await
}

/// What stands at a window: the stand and the ticket at hand.
async fn at_hand(tx: &mut Tx, station: StationId, window: Uuid) -> Result<(Vec<Ticket>, Option<Stand>, Option<Ticket>)> {
    let today = clock::day_of(tx.now());
    let all = store::tickets_of(tx, station, today).await?;
    let stand = store::stands_open(tx, station).await?.into_iter().find(|s| s.window_id == window);
    let hand = all.iter().find(|t| t.window_id == Some(window) && t.at_window()).cloned();
    Ok((all, stand, hand))
}

/// Calls the next in line to a window, or the named ticket. Two windows never get one ticket: the slower one is told who
/// has it, or gets the next.
///
/// # Errors
/// Not at this window, somebody still at hand, nobody waiting, the named ticket already called.
pub async fn call(app: &App, act: &Act, window: Uuid, named: Option<Uuid>) -> Result<String> {
    act.actor.must(P::WindowServe)?;
    let (station, me) = (act.station, act.actor.user);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let w = store::window(tx, station, window).await?;
            let (all, stand, hand) = at_hand(tx, station, window).await?;
            queue::may_call(stand.as_ref(), me, hand.as_ref())?;
            let now = tx.now();
            let candidates: Vec<Ticket> = match named {
                Some(id) => vec![store::ticket(tx, station, id).await?],
                None => queue::line(all, now).into_iter().filter(|t| w.does(t.service_id)).collect(),
            };
            for t in candidates {
                if t.state == TicketState::Waiting && store::call(tx, &t, window).await? {
                    tx.record("windows.call", &[("window_ticket", t.id)], &w.name);
                    tx.emit("windows.ticket", t.id);
                    return Ok(t.label());
                }
                if named.is_some() {
                    return Err(taken(tx, station, t.id).await?.into());
                }
            }
            Err(Refusal::new("windows.nobody", "现在没有人在等这个窗口的业务。", "有人取号时本页会自己更新。").into())
        })
        .await
}

/// Says at which window a ticket is that could not be called.
async fn taken(r: &mut Reader, station: StationId, id: Uuid) -> Result<Refusal> {
    let t = store::ticket(r, station, id).await?;
    let names = store::window_names(r, station).await?;
    let at = t.window_id.and_then(|w| names.into_iter().find(|n| n.0 == w)).map_or(String::new(), |n| n.1);
    let what = if at.is_empty() { format!("{} 现在是“{}”。", t.label(), t.state.label()) } else { format!("{} 刚刚被 {at} 叫走（{}）。", t.label(), t.state.label()) };
    Ok(Refusal::new("windows.taken", what, "请叫下一个。"))
}

/// A step with a ticket at the window of the person acting; 重新排队 and 已离开 by anybody who serves.
///
/// # Errors
/// A step that its state does not have, a ticket at another window, changed by somebody meanwhile.
pub async fn step(app: &App, act: &Act, id: Uuid, step: Step, version: i64, why: &str) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    if why.chars().count() > 60 {
        return Err(FieldErrors::one("why", "说明最多 60 字。"));
    }
    let (rules, station, me) = (app.rules(), act.station, act.actor.user);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let t = store::ticket(tx, station, id).await?;
            if t.version != version {
                return Err(taken(tx, station, id).await?.into());
            }
            if !matches!(step, Step::Requeue | Step::Leave) {
                let window = t.window_id.ok_or(Error::NotFound("这张票"))?;
                let stand = store::stands_open(tx, station).await?.into_iter().find(|s| s.window_id == window);
                queue::may_call(stand.as_ref(), me, None)?;
            }
            let limits = super::limits(tx, &rules, station).await?;
            let to = queue::step(&t, step, limits.calls)?;
            store::set_ticket(tx, &t, to, why).await?;
            if to == TicketState::Done || to == TicketState::Left {
                end_booking(tx, &t, to).await?;
            }
            tx.record(&format!("windows.ticket_{}", step.code()), &[("window_ticket", id)], why);
            tx.emit("windows.ticket", id);
            Ok(())
        })
        .await
}

pub(super) async fn end_booking(tx: &mut Tx, t: &Ticket, to: TicketState) -> Result<()> {
    let Some(id) = t.booking_id else { return Ok(()) };
    let b = store::booking(tx, t.station_id, id).await?;
    if b.state == BookingState::Arrived {
        let (state, why) = if to == TicketState::Done { (BookingState::Done, "") } else { (BookingState::Missed, "叫号时不在") };
        store::set_state(tx, &b, state, why).await?;
        tx.emit("windows.booking", id);
    }
    Ok(())
}

/// The hall at a moment.
pub struct Hall {
    pub windows: Vec<Window>,
    pub today: OpenDay,
    pub stands: Vec<Stand>,
    pub tickets: Vec<Ticket>,
    pub services: Vec<Service>,
    durations: Vec<(Uuid, Durations)>,
    now: Timestamp,
}

/// Days whose services are measured for the expected wait.
const MEASURED_DAYS: i64 = 60;

/// Reads the hall.
pub async fn hall(r: &mut Reader, rules: &RuleSet, station: StationId) -> Result<Hall> {
    let now = r.now();
    let today = clock::day_of(now);
    let (windows, mut days) = open_days(r, rules, station, today, today).await?;
    let today_open = days.pop().ok_or(Error::NotFound("今天"))?;
    let services = store::services(r, station).await?;
    let since = clock::start_of(today.saturating_sub(MEASURED_DAYS.days()));
    let mut durations = vec![];
    for s in &services {
        let measured = store::minutes_taken(r, station, s.id, since).await?;
        durations.push((s.id, queue::durations(&measured, s.minutes)));
    }
    let (stands, tickets) = (store::stands_open(r, station).await?, store::tickets_of(r, station, today).await?);
    Ok(Hall { windows, today: today_open, stands, tickets, services, durations, now })
}

/// The hall of a moment ago, for the displays: many screens that ask every few seconds cost one reading. Whoever acts reads
/// [`hall`] itself.
///
/// # Errors
/// Storage.
pub async fn shown_hall(app: &App, station: StationId) -> Result<Arc<Hall>> {
    let what = Moment { name: "windows.hall", key: station.0.as_bytes(), station: Some(station), topics: &["windows.", "roster."] };
    let rules = app.rules();
    let look = app.look(&Actor::system(), "windows.display", Purpose::Window).in_station(station);
    app.a_moment_ago(&what, async || app.db().read(&look, async |r: &mut Reader| hall(r, &rules, station).await).await).await
}

impl Hall {
    /// Waiting, in order.
    pub fn line(&self) -> Vec<Ticket> {
        queue::line(self.tickets.clone(), self.now)
    }
    /// The ticket at a window.
    pub fn hand(&self, window: Uuid) -> Option<&Ticket> {
        self.tickets.iter().find(|t| t.window_id == Some(window) && t.at_window())
    }
    pub fn service_name(&self, id: Uuid) -> &str {
        self.services.iter().find(|s| s.id == id).map_or("已停办的业务", |s| s.name.as_str())
    }
    fn law(&self, service: Uuid) -> Option<&Durations> {
        self.durations.iter().find(|d| d.0 == service).map(|d| &d.1)
    }
    /// How many services stand behind the figure for a service; 0: the station's own usual minutes.
    pub fn measured(&self, service: Uuid) -> usize {
        self.law(service).map_or(0, |d| d.measured)
    }
    /// Those before a ticket, or before somebody who draws one now.
    fn before(&self, service: Uuid, ticket: Option<&Ticket>) -> (Vec<Ticket>, Option<Wait>) {
        let windows: Vec<&Window> = self.windows.iter().filter(|w| w.does(service) && queue::stand_at(&self.stands, w.id).is_some()).collect();
        let ahead: Vec<Ticket> = self
            .line()
            .into_iter()
            .take_while(|t| ticket.is_none_or(|me| me.id != t.id))
            .filter(|t| windows.iter().any(|w| w.does(t.service_id)) || windows.is_empty())
            .collect();
        let since = |t: &Ticket| t.begun_at.or(t.called_at).map_or(0.0, |b| (self.now.as_second() - b.as_second()).max(0) as f64 / 60.0);
        let spans = |id: Uuid| self.today.windows.iter().find(|w| w.id == id).map_or(&[][..], |w| w.spans.as_slice());
        let b = Before {
            line: ahead.iter().filter_map(|t| self.law(t.service_id)).collect(),
            at_hand: windows.iter().filter_map(|w| self.hand(w.id)).filter_map(|t| Some((self.law(t.service_id)?, since(t)))).collect(),
            windows: windows.iter().map(|w| queue::until_close(spans(w.id), self.now)).collect(),
        };
        let seed = ticket.map_or(0, |t| t.id.as_u128() as u64) ^ ahead.len() as u64;
        let wait = queue::expect(&b, seed);
        (ahead, wait)
    }
    /// How many are before a waiting ticket, and the wait it has to expect.
    pub fn wait_of(&self, t: &Ticket) -> (usize, Option<Wait>) {
        let (ahead, wait) = self.before(t.service_id, Some(t));
        (ahead.len(), wait)
    }
    /// The same for somebody who comes now.
    pub fn wait_now(&self, service: Uuid) -> (usize, Option<Wait>) {
        let (ahead, wait) = self.before(service, None);
        (ahead.len(), wait)
    }
}

/// The ticket of a code with the hall it waits in; `None` when there is none.
pub async fn ticket_by_code(app: &App, code: &str) -> Result<Option<(Ticket, Hall)>> {
    let (hash, rules) = (app.vault().token_hash(code), app.rules());
    let look = app.look(&Actor::resident(StationId::NIL), "windows.ticket", Purpose::OwnMatter);
    app.db()
        .read(&look, async |r: &mut Reader| {
            let Some(t) = store::ticket_by_receipt(r, &hash).await? else { return Ok(None) };
            let hall = hall(r, &rules, t.station_id).await?;
            Ok(Some((t, hall)))
        })
        .await
}
