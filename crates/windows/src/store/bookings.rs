//! Bookings and door requests.

use super::stale;
use crate::model::{Booking, BookingState, NewBooking};
use crate::rules::slots::Taken;
use kernel::{Date, PersonId, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

/// Writes a booking.
#[allow(clippy::too_many_arguments)] // one row, one statement
pub async fn insert_booking(tx: &mut Tx, station: StationId, id: Uuid, number: &str, person: PersonId, blind: &[u8], minutes: i64, b: &NewBooking) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into windows_booking (station_id, id, number, service_id, channel, day, minute, minutes, person_id, phone_blind, frail, place, note, state, receipt, made_at, ended_why, told_how, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'booked', $14, $15, '', '', 1)"),
        args![station, id, number, b.service, b.channel, b.day, b.minute, minutes, person, blind, b.frail, b.place.trim(), b.note.trim(), b.receipt.as_slice(), now],
    )
    .await?;
    Ok(())
}

/// One booking, or "not found"; marks whom it shows.
pub async fn booking(r: &mut Reader, station: StationId, id: Uuid) -> Result<Booking> {
    let b: Booking = r
        .one(
            "这个预约",
            sql!("select station_id, id, number, service_id, channel, day, minute, minutes, person_id, frail, place, note, state, made_at, ended_at, ended_why, upset_at, told_at, told_how, officer_id, visit_day, visit_minute, version from windows_booking where station_id = $1 and id = $2"),
            args![station, id],
        )
        .await?;
    r.saw("window_booking", b.id);
    Ok(b)
}

/// The booking of a receipt: the one that was not moved to another time, else the newest.
pub async fn by_receipt(r: &mut Reader, receipt: &[u8]) -> Result<Option<Booking>> {
    let b: Option<Booking> = r
        .opt(
            sql!("select station_id, id, number, service_id, channel, day, minute, minutes, person_id, frail, place, note, state, made_at, ended_at, ended_why, upset_at, told_at, told_how, officer_id, visit_day, visit_minute, version from windows_booking where receipt = $1 order by case when state = 'moved' then 1 else 0 end, made_at desc, version limit 1"),
            args![receipt],
        )
        .await?;
    if let Some(b) = &b {
        r.saw("window_booking", b.id);
    }
    Ok(b)
}

/// Their numbers only, of any station; a number tells nothing of a person and is no look.
pub async fn booking_numbers(r: &mut Reader, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let rows = r.rows(sql!("select id, number from windows_booking where id in @ids($1)"), args![kernel::row::ids(ids)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("number")?))).collect()
}

/// The keyed hashes that another booking in its place takes over: receipt and phone.
pub async fn keys(r: &mut Reader, station: StationId, id: Uuid) -> Result<(Vec<u8>, Vec<u8>)> {
    let rows = r.rows(sql!("select receipt, phone_blind from windows_booking where station_id = $1 and id = $2"), args![station, id]).await?;
    let row = rows.first().ok_or(kernel::Error::NotFound("这个预约"))?;
    Ok((row.get("receipt")?, row.get("phone_blind")?))
}

/// Bookings of a day at windows, by time; door services of the day after them.
pub async fn of_day(r: &mut Reader, station: StationId, day: Date) -> Result<Vec<Booking>> {
    r.all(
        sql!("select station_id, id, number, service_id, channel, day, minute, minutes, person_id, frail, place, note, state, made_at, ended_at, ended_why, upset_at, told_at, told_how, officer_id, visit_day, visit_minute, version from windows_booking where station_id = $1 and day = $2 order by channel desc, minute, made_at limit 500"),
        args![station, day],
    )
    .await
}

/// Bookings that still wait for their time, from a day on.
pub async fn open_from(r: &mut Reader, station: StationId, day: Date) -> Result<Vec<Booking>> {
    r.all(
        sql!("select station_id, id, number, service_id, channel, day, minute, minutes, person_id, frail, place, note, state, made_at, ended_at, ended_why, upset_at, told_at, told_how, officer_id, visit_day, visit_minute, version from windows_booking where station_id = $1 and day >= $2 and state = 'booked' order by day, minute limit 3000"),
        args![station, day],
    )
    .await
}

/// Bookings before a day that nobody closed.
pub async fn left_open(r: &mut Reader, before: Date) -> Result<Vec<(StationId, Uuid)>> {
    let rows = r.rows(sql!("select station_id, id from windows_booking where channel = 'window' and state = 'booked' and day < $1 order by day limit 500"), args![before]).await?;
    rows.iter().map(|row| Ok((row.get("station_id")?, row.get("id")?))).collect()
}

/// Times taken by open bookings at windows on days of the span.
pub async fn taken(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<(Date, Taken)>> {
    let rows = r
        .rows(
            sql!("select day, minute, minutes from windows_booking where station_id = $1 and day >= $2 and day <= $3 and channel = 'window' and state in ('booked', 'arrived') order by day, minute limit 5000"),
            args![station, from, until],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("day")?, (row.get("minute")?, row.get("minutes")?)))).collect()
}

/// How many bookings of a phone are open.
pub async fn open_of_phone(r: &mut Reader, station: StationId, blind: &[u8]) -> Result<i64> {
    r.count(sql!("select count(*) as n from windows_booking where station_id = $1 and phone_blind = $2 and state = 'booked'"), args![station, blind]).await
}

/// Moves a booking on; refused when somebody was faster.
pub async fn set_state(tx: &mut Tx, b: &Booking, to: BookingState, why: &str) -> Result<()> {
    let ended: Option<Timestamp> = (to != BookingState::Booked && to != BookingState::Arrived).then_some(tx.now());
    let n = tx
        .exec(
            sql!("update windows_booking set state = $4, ended_at = $5, ended_why = $6, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![b.station_id, b.id, b.version, to, ended, why.trim()],
        )
        .await?;
    stale(n)
}

/// The hours do not hold it any more, or hold it again.
pub async fn set_upset(tx: &mut Tx, station: StationId, id: Uuid, upset: bool) -> Result<u64> {
    let at: Option<Timestamp> = upset.then_some(tx.now());
    tx.exec(
        sql!("update windows_booking set upset_at = $3, told_at = null, told_by = null, told_how = '', version = version + 1 where station_id = $1 and id = $2 and state = 'booked'"),
        args![station, id, at],
    )
    .await
}

/// The desk has told the person.
pub async fn set_told(tx: &mut Tx, b: &Booking, how: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    let n = tx
        .exec(
            sql!("update windows_booking set told_at = $4, told_by = $5, told_how = $6, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![b.station_id, b.id, b.version, now, by, how.trim()],
        )
        .await?;
    stale(n)
}

/// Who goes to a door service, and when.
pub async fn assign(tx: &mut Tx, b: &Booking, officer: UserId, day: Date, minute: i64) -> Result<()> {
    let n = tx
        .exec(
            sql!("update windows_booking set officer_id = $4, visit_day = $5, visit_minute = $6, version = version + 1 where station_id = $1 and id = $2 and version = $3 and state = 'booked'"),
            args![b.station_id, b.id, b.version, officer, day, minute],
        )
        .await?;
    stale(n)
}

/// Stations that have windows.
pub async fn stations(r: &mut Reader) -> Result<Vec<StationId>> {
    let rows = r.rows(sql!("select distinct station_id from windows_window where ended_at is null limit 2000"), args![]).await?;
    rows.iter().map(|row| row.get("station_id")).collect()
}

/// Wishes that one question gives at most of each kind.
pub const WISHES: usize = 20_000;

/// Times for which people booked a window since a day (those put off by their last time), and moments at which visits at
/// home were asked for: the newest [`WISHES`] of each. Times only, nobody is named.
pub async fn wished(r: &mut Reader, station: StationId, since: Date) -> Result<(Vec<(Date, i64)>, Vec<Timestamp>)> {
    let rows = r
        .rows(
            sql!("select day, minute from windows_booking where station_id = $1 and day >= $2 and channel = 'window' and state <> 'moved' order by day desc, minute desc limit 20000"),
            args![station, since],
        )
        .await?;
    let booked = rows.iter().map(|row| Ok((row.get("day")?, row.get("minute")?))).collect::<Result<Vec<_>>>()?;
    let rows = r
        .rows(
            sql!("select made_at from windows_booking where station_id = $1 and made_at >= $2 and channel = 'door' and state <> 'moved' order by made_at desc limit 20000"),
            args![station, kernel::clock::start_of(since)],
        )
        .await?;
    Ok((booked, rows.iter().map(|row| row.get("made_at")).collect::<Result<Vec<_>>>()?))
}
