//! Tickets and stands.

use super::stale;
use crate::model::{Stand, Ticket, TicketState, Wait};
use kernel::{Date, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

/// Writes a ticket; its number is the next of the letter and day. The caller holds the station's series.
pub async fn insert_ticket(tx: &mut Tx, t: &Ticket, receipt: &[u8]) -> Result<i64> {
    let n = tx
        .count(sql!("select coalesce(max(n), 0) + 1 as n from windows_ticket where station_id = $1 and day = $2 and letter = $3"), args![t.station_id, t.day, &t.letter])
        .await?;
    tx.exec(
        sql!("insert into windows_ticket (station_id, id, day, letter, n, service_id, booking_id, booked_at, frail, state, drawn_at, queued_at, calls, ended_why, receipt, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, $10, 0, '', $11, 1)"),
        args![t.station_id, t.id, t.day, &t.letter, n, t.service_id, t.booking_id, t.booked_at, t.frail, t.drawn_at, receipt],
    )
    .await?;
    Ok(n)
}

/// One ticket.
pub async fn ticket(r: &mut Reader, station: StationId, id: Uuid) -> Result<Ticket> {
    r.one(
        "这张票",
        sql!("select station_id, id, day, letter, n, service_id, booking_id, booked_at, frail, state, drawn_at, queued_at, first_called_at, called_at, calls, window_id, begun_at, ended_at, ended_why, by_user, version from windows_ticket where station_id = $1 and id = $2"),
        args![station, id],
    )
    .await
}

/// The ticket of a receipt.
pub async fn ticket_by_receipt(r: &mut Reader, receipt: &[u8]) -> Result<Option<Ticket>> {
    r.opt(
        sql!("select station_id, id, day, letter, n, service_id, booking_id, booked_at, frail, state, drawn_at, queued_at, first_called_at, called_at, calls, window_id, begun_at, ended_at, ended_why, by_user, version from windows_ticket where receipt = $1 order by drawn_at desc limit 1"),
        args![receipt],
    )
    .await
}

/// Tickets of a day, in the order of drawing.
pub async fn tickets_of(r: &mut Reader, station: StationId, day: Date) -> Result<Vec<Ticket>> {
    r.all(
        sql!("select station_id, id, day, letter, n, service_id, booking_id, booked_at, frail, state, drawn_at, queued_at, first_called_at, called_at, calls, window_id, begun_at, ended_at, ended_why, by_user, version from windows_ticket where station_id = $1 and day = $2 order by drawn_at, letter, n limit 2000"),
        args![station, day],
    )
    .await
}

/// Tickets of days of a span, 20,000 at most.
pub async fn tickets_between(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Ticket>> {
    r.all(
        sql!("select station_id, id, day, letter, n, service_id, booking_id, booked_at, frail, state, drawn_at, queued_at, first_called_at, called_at, calls, window_id, begun_at, ended_at, ended_why, by_user, version from windows_ticket where station_id = $1 and day >= $2 and day <= $3 order by day, drawn_at, letter, n limit 20000"),
        args![station, from, until],
    )
    .await
}

/// How long who came on days of a span waited: the newest, `most` or [`ARRIVALS`] of them.
pub async fn waits_between(r: &mut Reader, station: StationId, from: Date, until: Date, most: usize) -> Result<Vec<Wait>> {
    r.all(
        sql!("select letter, n, state, drawn_at, first_called_at from windows_ticket where station_id = $1 and day >= $2 and day <= $3 order by day desc, drawn_at desc, letter, n desc limit $4"),
        args![station, from, until, most.min(ARRIVALS) as i64],
    )
    .await
}

/// Minutes that services of this kind took since a day, 500 at most, the newest first.
pub async fn minutes_taken(r: &mut Reader, station: StationId, service: Uuid, since: Timestamp) -> Result<Vec<f64>> {
    let rows = r
        .rows(
            sql!("select begun_at, ended_at from windows_ticket where station_id = $1 and service_id = $2 and begun_at >= $3 and ended_at is not null and state = 'done' order by begun_at desc limit 500"),
            args![station, service, since],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let (a, b): (Timestamp, Timestamp) = (row.get("begun_at")?, row.get("ended_at")?);
            Ok((b.as_microsecond() - a.as_microsecond()) as f64 / 60_000_000.0)
        })
        .collect()
}

/// Calls a waiting ticket to a window; false when somebody was faster.
pub async fn call(tx: &mut Tx, t: &Ticket, window: Uuid) -> Result<bool> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    let n = tx
        .exec(
            sql!("update windows_ticket set state = 'called', window_id = $4, first_called_at = coalesce(first_called_at, $5), called_at = $5, calls = 1, by_user = $6, version = version + 1 where station_id = $1 and id = $2 and version = $3 and state = 'waiting'"),
            args![t.station_id, t.id, t.version, window, now, by],
        )
        .await?;
    Ok(n == 1)
}

/// Moves a ticket on; refused when somebody was faster.
pub async fn set_ticket(tx: &mut Tx, t: &Ticket, to: TicketState, why: &str) -> Result<()> {
    let now = tx.now();
    let begun = if to == TicketState::Serving { Some(now) } else { t.begun_at };
    // A ticket that is finished without a beginning was served from its call on.
    let begun = if to == TicketState::Done { begun.or(t.called_at) } else { begun };
    let ended = matches!(to, TicketState::Done | TicketState::Left).then_some(now);
    let again = t.state == TicketState::Called && to == TicketState::Called;
    let (called, calls) = if again { (Some(now), t.calls + 1) } else { (t.called_at, t.calls) };
    let queued = if t.state == TicketState::Missed && to == TicketState::Waiting { now } else { t.queued_at };
    let window = if to == TicketState::Waiting { None } else { t.window_id };
    let n = tx
        .exec(
            sql!("update windows_ticket set state = $4, begun_at = $5, ended_at = $6, ended_why = $7, called_at = $8, calls = $9, queued_at = $10, window_id = $11, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![t.station_id, t.id, t.version, to, begun, ended, why.trim(), called, calls, queued, window],
        )
        .await?;
    stale(n)
}

/// Open tickets of days before this one, of all stations.
pub async fn tickets_left(r: &mut Reader, before: Date) -> Result<Vec<(StationId, Uuid)>> {
    let rows = r
        .rows(sql!("select station_id, id from windows_ticket where day < $1 and state in ('waiting', 'called', 'serving', 'missed') order by day limit 500"), args![before])
        .await?;
    rows.iter().map(|row| Ok((row.get("station_id")?, row.get("id")?))).collect()
}

/// Who stands at a window now.
pub async fn stands_open(r: &mut Reader, station: StationId) -> Result<Vec<Stand>> {
    r.all(
        sql!("select id, window_id, user_id, began_at, ended_at, ended_why from windows_stand where station_id = $1 and ended_at is null order by began_at limit 100"),
        args![station],
    )
    .await
}

/// Stands that touch a span of time.
pub async fn stands_between(r: &mut Reader, station: StationId, from: Timestamp, until: Timestamp) -> Result<Vec<Stand>> {
    r.all(
        sql!("select id, window_id, user_id, began_at, ended_at, ended_why from windows_stand where station_id = $1 and began_at < $3 and (ended_at is null or ended_at > $2) order by began_at limit 20000"),
        args![station, from, until],
    )
    .await
}

/// Stations with somebody at a window.
pub async fn standing(r: &mut Reader) -> Result<Vec<StationId>> {
    let rows = r.rows(sql!("select distinct station_id from windows_stand where ended_at is null limit 2000"), args![]).await?;
    rows.iter().map(|row| row.get("station_id")).collect()
}

/// Begins a stand.
pub async fn insert_stand(tx: &mut Tx, station: StationId, id: Uuid, window: Uuid, user: UserId) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into windows_stand (station_id, id, window_id, user_id, began_at, ended_why) values ($1, $2, $3, $4, $5, '')"),
        args![station, id, window, user, now],
    )
    .await?;
    Ok(())
}

/// Ends a stand that is open.
pub async fn end_stand(tx: &mut Tx, station: StationId, id: Uuid, at: Timestamp, why: &str) -> Result<u64> {
    tx.exec(
        sql!("update windows_stand set ended_at = $3, ended_why = $4 where station_id = $1 and id = $2 and ended_at is null"),
        args![station, id, at, why],
    )
    .await
}

/// Arrivals that one question gives at most, the newest.
pub const ARRIVALS: usize = 60_000;

/// Who came to a window and for what: tickets by the moment of drawing, cases of people who drew none by when they were taken;
/// the newest [`ARRIVALS`] since a day. Moments only, nobody is named.
pub async fn arrivals(r: &mut Reader, station: StationId, since: Date) -> Result<Vec<(Uuid, Timestamp)>> {
    let rows = r
        .rows(
            sql!("select service_id, drawn_at as at from windows_ticket where station_id = $1 and day >= $2 union all select service_id, made_at as at from windows_case where station_id = $1 and made_at >= $3 and channel = 'window' and ticket_id is null and booking_id is null order by at desc limit 60000"),
            args![station, since, kernel::clock::start_of(since)],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("service_id")?, row.get("at")?))).collect()
}

/// Whether somebody drew a ticket for the service on the day.
pub async fn drawn_on(r: &mut Reader, station: StationId, service: Uuid, day: Date) -> Result<bool> {
    let n = r.count(sql!("select count(*) as n from windows_ticket where station_id = $1 and day = $2 and service_id = $3"), args![station, day, service]).await?;
    Ok(n > 0)
}
