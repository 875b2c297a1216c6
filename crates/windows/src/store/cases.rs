//! Cases, permits, endorsements.

use super::stale;
use crate::model::{Case, CaseState, Channel, Delivery, Endorsement, NotIssued, Permit, PermitEvent, PermitStep};
use kernel::{Date, Reader, Result, StationId, Timestamp, Tx, Uuid, args, sql};

/// Writes a case as it was taken.
pub async fn insert_case(tx: &mut Tx, c: &Case) -> Result<()> {
    tx.exec(
        sql!("insert into windows_case (station_id, id, number, channel, kind, name, service_id, ticket_id, booking_id, person_id, proxy, purpose, papers, missing, told_at, state, made_at, accepted_at, due, result_number, result_code, statement, why, instead, permit_id, by_user, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, '', '', '', '', '', $20, $21, 1)"),
        args![
            c.station_id, c.id, &c.number, c.channel, &c.kind, &c.name, c.service_id, c.ticket_id, c.booking_id, c.person_id, &c.proxy, &c.purpose,
            c.papers, c.missing, c.told_at, c.state, c.made_at, c.accepted_at, c.due, c.permit_id, c.by_user
        ],
    )
    .await?;
    Ok(())
}

/// One case, or "not found"; marks whom it shows.
pub async fn case(r: &mut Reader, station: StationId, id: Uuid) -> Result<Case> {
    let c: Case = r
        .one(
            "这个办件",
            sql!("select station_id, id, number, channel, kind, name, service_id, ticket_id, booking_id, person_id, proxy, purpose, papers, missing, told_at, state, made_at, accepted_at, due, decided_at, decided_by, result_number, result_code, statement, valid_until, why, instead, permit_id, delivered_at, delivered_by, delivered_how, by_user, version from windows_case where station_id = $1 and id = $2"),
            args![station, id],
        )
        .await?;
    r.saw("window_case", c.id);
    Ok(c)
}

/// Their numbers only, of any station; a number tells nothing of a person and is no look.
pub async fn case_numbers(r: &mut Reader, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let rows = r.rows(sql!("select id, number from windows_case where id in @ids($1)"), args![kernel::row::ids(ids)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("number")?))).collect()
}

/// What the register is asked.
#[derive(Clone, Debug, Default)]
pub struct CaseQuery {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Codes; empty for all.
    pub kind: String,
    pub channel: Option<Channel>,
    pub state: Option<CaseState>,
}

/// Cases of the register, the newest first, 301 at most (one more than a page shows).
pub async fn cases(r: &mut Reader, station: StationId, q: &CaseQuery) -> Result<Vec<Case>> {
    let (from, until) = (q.from.unwrap_or(Timestamp::UNIX_EPOCH), q.until.unwrap_or(Timestamp::MAX));
    let (channel, state) = (q.channel.map_or("", Channel::code), q.state.map_or("", CaseState::code));
    r.all(
        sql!("select station_id, id, number, channel, kind, name, service_id, ticket_id, booking_id, person_id, proxy, purpose, papers, missing, told_at, state, made_at, accepted_at, due, decided_at, decided_by, result_number, result_code, statement, valid_until, why, instead, permit_id, delivered_at, delivered_by, delivered_how, by_user, version from windows_case where station_id = $1 and made_at >= $2 and made_at < $3 and ($4 = '' or kind = $4) and ($5 = '' or channel = $5) and ($6 = '' or state = $6) order by made_at desc, number desc limit 301"),
        args![station, from, until, &q.kind, channel, state],
    )
    .await
}

/// Cases that wait, by the day on which they are due.
pub async fn cases_open(r: &mut Reader, station: StationId) -> Result<Vec<Case>> {
    r.all(
        sql!("select station_id, id, number, channel, kind, name, service_id, ticket_id, booking_id, person_id, proxy, purpose, papers, missing, told_at, state, made_at, accepted_at, due, decided_at, decided_by, result_number, result_code, statement, valid_until, why, instead, permit_id, delivered_at, delivered_by, delivered_how, by_user, version from windows_case where station_id = $1 and state in ('incomplete', 'accepted') order by case when due is null then 1 else 0 end, due, made_at limit 300"),
        args![station],
    )
    .await
}

/// The case that a ticket became.
pub async fn case_of_ticket(r: &mut Reader, station: StationId, ticket: Uuid) -> Result<Option<Uuid>> {
    let rows = r.rows(sql!("select id from windows_case where station_id = $1 and ticket_id = $2 order by made_at limit 1"), args![station, ticket]).await?;
    rows.first().map(|row| row.get("id")).transpose()
}

/// Writes what became of a case; refused when somebody was faster.
pub async fn update_case(tx: &mut Tx, c: &Case) -> Result<()> {
    let n = tx
        .exec(
            sql!("update windows_case set missing = $4, state = $5, accepted_at = $6, due = $7, decided_at = $8, decided_by = $9, result_number = $10, result_code = $11, statement = $12, valid_until = $13, why = $14, instead = $15, permit_id = $16, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![
                c.station_id, c.id, c.version, c.missing, c.state, c.accepted_at, c.due, c.decided_at, c.decided_by, &c.result_number, &c.result_code,
                &c.statement, c.valid_until, &c.why, &c.instead, c.permit_id
            ],
        )
        .await?;
    stale(n)
}

/// Notes that what was issued was handed over; refused when somebody was faster.
pub async fn deliver(tx: &mut Tx, c: &Case, how: Delivery) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    let n = tx
        .exec(
            sql!("update windows_case set delivered_at = $4, delivered_by = $5, delivered_how = $6, version = version + 1 where station_id = $1 and id = $2 and version = $3 and delivered_at is null"),
            args![c.station_id, c.id, c.version, now, by, how],
        )
        .await?;
    stale(n)
}

/// What was handed over between two moments, the newest first, 2,000 at most. Nobody is named.
pub async fn delivered(r: &mut Reader, station: StationId, from: Timestamp, until: Timestamp) -> Result<Vec<Case>> {
    r.all(
        sql!("select station_id, id, number, channel, kind, name, service_id, ticket_id, booking_id, person_id, proxy, purpose, papers, missing, told_at, state, made_at, accepted_at, due, decided_at, decided_by, result_number, result_code, statement, valid_until, why, instead, permit_id, delivered_at, delivered_by, delivered_how, by_user, version from windows_case where station_id = $1 and delivered_at >= $2 and delivered_at < $3 order by delivered_at desc, number limit 2000"),
        args![station, from, until],
    )
    .await
}

/// Keeps that somebody was told in writing that a certificate is not issued.
pub async fn insert_not_issued(tx: &mut Tx, station: StationId, x: &NotIssued) -> Result<()> {
    tx.exec(
        sql!("insert into windows_not_issued (station_id, id, number, channel, code, name, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
        args![station, x.id, &x.number, x.channel, &x.code, &x.name, x.at, x.by_user],
    )
    .await?;
    Ok(())
}

/// One of them.
pub async fn not_issued(r: &mut Reader, station: StationId, id: Uuid) -> Result<NotIssued> {
    r.one("这份告知单", sql!("select id, number, channel, code, name, at, by_user from windows_not_issued where station_id = $1 and id = $2"), args![station, id]).await
}

/// The newest first, 300 at most.
pub async fn all_not_issued(r: &mut Reader, station: StationId) -> Result<Vec<NotIssued>> {
    r.all(sql!("select id, number, channel, code, name, at, by_user from windows_not_issued where station_id = $1 order by at desc, number desc limit 300"), args![station]).await
}

/// Writes a permit.
pub async fn insert_permit(tx: &mut Tx, p: &Permit) -> Result<bool> {
    let n = tx
        .exec(
            sql!("insert into windows_permit (station_id, id, case_id, person_id, number, issued_on, counted_from, years, ended_why, version) values ($1, $2, $3, $4, $5, $6, $7, 0, '', 1) on conflict (station_id, number) do nothing"),
            args![p.station_id, p.id, p.case_id, p.person_id, &p.number, p.issued_on, p.counted_from],
        )
        .await?;
    Ok(n == 1)
}

/// One permit.
pub async fn permit(r: &mut Reader, station: StationId, id: Uuid) -> Result<Permit> {
    r.one(
        "这张居住证",
        sql!("select station_id, id, case_id, person_id, number, issued_on, counted_from, years, ended_on, ended_why, version from windows_permit where station_id = $1 and id = $2"),
        args![station, id],
    )
    .await
}

/// Permits, those that are not ended before the others, the longest unendorsed first; 500 at most.
pub async fn permits(r: &mut Reader, station: StationId) -> Result<Vec<Permit>> {
    r.all(
        sql!("select station_id, id, case_id, person_id, number, issued_on, counted_from, years, ended_on, ended_why, version from windows_permit where station_id = $1 order by case when ended_on is null then 0 else 1 end, counted_from, number limit 500"),
        args![station],
    )
    .await
}

/// Keeps an endorsement and the clock after it.
pub async fn endorse(tx: &mut Tx, old: &Permit, new: &Permit, on: Date, due: Date, late: bool, case: Uuid) -> Result<()> {
    let n = tx
        .exec(
            sql!("update windows_permit set counted_from = $4, years = $5, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![old.station_id, old.id, old.version, new.counted_from, new.years],
        )
        .await?;
    stale(n)?;
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into windows_endorsement (station_id, permit_id, n, on_day, due, late, case_id, by_user, at) values ($1, $2, (select coalesce(max(n), 0) + 1 from windows_endorsement where station_id = $1 and permit_id = $2), $3, $4, $5, $6, $7, $8)"),
        args![old.station_id, old.id, on, due, late, case, by, now],
    )
    .await?;
    Ok(())
}

/// Endorsements of a station's permits.
pub async fn endorsements(r: &mut Reader, station: StationId) -> Result<Vec<Endorsement>> {
    r.all(
        sql!("select permit_id, n, on_day, due, late, at from windows_endorsement where station_id = $1 order by permit_id, n limit 5000"),
        args![station],
    )
    .await
}

/// Ends a permit; refused when somebody changed it meanwhile.
pub async fn end_permit(tx: &mut Tx, p: &Permit) -> Result<()> {
    let n = tx
        .exec(
            sql!("update windows_permit set ended_on = $4, ended_why = $5, version = version + 1 where station_id = $1 and id = $2 and version = $3 and ended_on is null"),
            args![p.station_id, p.id, p.version, p.ended_on, &p.ended_why],
        )
        .await?;
    stale(n)
}

/// Appends what happened to a permit.
pub async fn insert_permit_event(tx: &mut Tx, station: StationId, permit: Uuid, kind: PermitStep, on: Date, why: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into windows_permit_event (station_id, permit_id, n, kind, on_day, why, at, by_user) values ($1, $2, (select coalesce(max(n), 0) + 1 from windows_permit_event where station_id = $1 and permit_id = $2), $3, $4, $5, $6, $7)"),
        args![station, permit, kind, on, why, now, by],
    )
    .await?;
    Ok(())
}

/// What happened to a permit, oldest first.
pub async fn permit_events(r: &mut Reader, station: StationId, permit: Uuid) -> Result<Vec<PermitEvent>> {
    r.all(
        sql!("select kind, on_day, why, at, by_user from windows_permit_event where station_id = $1 and permit_id = $2 order by n limit 200"),
        args![station, permit],
    )
    .await
}

/// Permits whose newest event is that they were suspended.
pub async fn suspended(r: &mut Reader, station: StationId) -> Result<Vec<Uuid>> {
    let rows = r
        .rows(
            sql!("select e.permit_id from windows_permit_event e where e.station_id = $1 and e.kind = 'suspended' and e.n = (select max(x.n) from windows_permit_event x where x.station_id = e.station_id and x.permit_id = e.permit_id) limit 5000"),
            args![station],
        )
        .await?;
    rows.iter().map(|row| row.get("permit_id")).collect()
}

/// Stations with permits.
pub async fn permit_stations(r: &mut Reader) -> Result<Vec<StationId>> {
    let rows = r.rows(sql!("select distinct station_id from windows_permit where ended_on is null limit 2000"), args![]).await?;
    rows.iter().map(|row| row.get("station_id")).collect()
}
