//! The only SQL of the domain: intake here, likely repeats in [`repeats`], orders and feedback in [`orders`], shift hand-over in
//! [`shift`].

pub mod orders;
pub mod clearing;
pub mod clusters;
pub mod receipts;
pub mod repeats;
pub mod shift;
pub mod suggestions;
pub mod transfers;

pub use receipts::by_receipt;

use crate::model::{Found, Handled, Intake, Line, LinkKind, NewIntake, Sent, State};
use kernel::{
    AddressId, BeatId, BuildingId, GridId, IncidentId, PersonId, Reach, Reader, Result, StationId, Timestamp, Tx, UserId,
    args, sql,
};

/// Where an incident happens, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Where {
    pub address: Option<AddressId>,
    pub building: Option<BuildingId>,
    pub grid: Option<GridId>,
    pub beat: Option<BeatId>,
}

/// Writes a new intake with everything that was received.
#[allow(clippy::too_many_arguments)]
pub async fn insert(
    tx: &mut Tx,
    id: IncidentId,
    number: (&str, i64, i64),
    new: &NewIntake,
    (place, other): (&Where, Option<AddressId>),
    reporter: Option<PersonId>,
    cluster: IncidentId,
    title: &str,
) -> Result<()> {
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    let (system, external_no) = match &new.external {
        Some((s, n)) => (Some(s.clone()), Some(n.clone())),
        None => (None, None),
    };
    let unit = tx.act().actor.unit.clone();
    tx.exec(
        sql!("insert into incidents_intake (station_id, id, number, year, n, source_code, external_system, external_no, called_at, answered_at, registered_at, registered_by, reporter_id, anonymous, secret, title, content, received_place, received_category, received_address_id, received_unit, place_text, address_id, other_address_id, building_id, grid_id, beat_id, category, weapon, injured, minor, state, cluster_id, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $18, $20, $22, $23, $24, $25, $19, $26, $27, $28, $29, $30, 1)"),
        args![
            station, id, number.0, number.1, number.2, &new.source_code, system, external_no,
            new.called_at.unwrap_or(now), new.answered_at, now, user, reporter, reporter.is_none(), new.secret,
            title, &new.content, &new.place, new.category, place.address, unit, other, place.building,
            place.grid, place.beat, new.weapon, new.injured, new.minor, State::New, cluster
        ],
    )
    .await?;
    remember(tx, id).await
}

/// Appends to the history what the incident is after a change; figures read it as known on any moment.
async fn remember(tx: &mut Tx, id: IncidentId) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into incidents_history (station_id, incident_id, n, at, state, category, found_category, cluster_id, sub_category, beat_id, place_kind, cause, means) select i.station_id, i.id, (select coalesce(max(h.n), 0) + 1 from incidents_history h where h.station_id = i.station_id and h.incident_id = i.id), $2, i.state, i.category, i.found_category, i.cluster_id, case when i.found_category is null then i.sub_category else i.found_sub_category end, i.beat_id, i.place_kind, i.cause, i.means from incidents_intake i where i.id = $1"),
        args![id, now],
    )
    .await?;
    Ok(())
}

/// The intake, or `None`; does not mark it as seen.
pub async fn find(r: &mut Reader, id: IncidentId) -> Result<Option<Intake>> {
    r.opt(
        sql!("select station_id, id, number, source_code, external_system, external_no, called_at, registered_at, registered_by, reporter_id, anonymous, secret, title, content, received_place, received_category, place_text, address_id, other_address_id, building_id, grid_id, beat_id, category, sub_category, level, found_category, found_sub_category, place_kind, cause, means, weapon, injured, minor, state, master_id, cluster_id, invalid_reason, closed_at, version from incidents_intake where id = $1"),
        args![id],
    )
    .await
}

/// The intake for showing: marked as seen, or "not found".
pub async fn get(r: &mut Reader, id: IncidentId) -> Result<Intake> {
    let intake = find(r, id).await?.ok_or(kernel::Error::NotFound("这起警情"))?;
    r.saw("incident", id);
    Ok(intake)
}

/// By the number that people call it by, within a station.
pub async fn by_number(r: &mut Reader, station: StationId, number: &str) -> Result<Option<IncidentId>> {
    let rows = r.rows(sql!("select id from incidents_intake where station_id = $1 and number = $2"), args![station, number]).await?;
    rows.first().map(|row| row.get("id")).transpose()
}

/// Their numbers only, of any station; a number tells nothing of a person and is no look.
pub async fn numbers(r: &mut Reader, ids: &[IncidentId]) -> Result<Vec<(IncidentId, String)>> {
    let rows = r.rows(sql!("select id, number from incidents_intake where id in @ids($1)"), args![kernel::row::ids(ids)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("number")?))).collect()
}

/// By the sender's number, so that nothing comes in twice.
pub async fn by_external(r: &mut Reader, station: StationId, system: &str, no: &str) -> Result<Option<IncidentId>> {
    let rows = r
        .rows(
            sql!("select id from incidents_intake where station_id = $1 and external_system = $2 and external_no = $3"),
            args![station, system, no],
        )
        .await?;
    rows.first().map(|row| row.get("id")).transpose()
}

/// Sets the state and counts the version up; stale versions change nothing and are refused.
pub async fn set_state(tx: &mut Tx, intake: &Intake, to: State) -> Result<()> {
    let closed = (!to.is_open()).then(|| tx.now());
    let n = tx
        .exec(
            sql!("update incidents_intake set state = $3, closed_at = $4, version = version + 1 where id = $1 and version = $2"),
            args![intake.id, intake.version, to, closed],
        )
        .await?;
    stale(n)?;
    remember(tx, intake.id).await
}

/// Category, level and sub category as judged now.
pub async fn set_class(tx: &mut Tx, intake: &Intake, category: &str, sub: Option<&str>, level: Option<&str>) -> Result<()> {
    let n = tx
        .exec(
            sql!("update incidents_intake set category = $3, sub_category = $4, level = $5, version = version + 1 where id = $1 and version = $2"),
            args![intake.id, intake.version, category, sub, level],
        )
        .await?;
    stale(n)?;
    remember(tx, intake.id).await
}

/// What was found at the scene; statistics use it.
pub async fn set_found(tx: &mut Tx, id: IncidentId, f: &Found) -> Result<()> {
    tx.exec(
        sql!("update incidents_intake set found_category = $2, found_sub_category = $3, place_kind = $4, cause = $5, means = $6 where id = $1"),
        args![id, &f.category, f.sub_category.as_deref(), f.place_kind.as_deref(), f.cause.as_deref(), f.means.as_deref()],
    )
    .await?;
    remember(tx, id).await
}

/// Where it happens, as judged now; what was received stays in `received_place`.
pub async fn set_place(tx: &mut Tx, intake: &Intake, text: &str, place: &Where, other: Option<AddressId>) -> Result<()> {
    let n = tx
        .exec(
            sql!("update incidents_intake set place_text = $3, address_id = $4, building_id = $5, grid_id = $6, beat_id = $7, other_address_id = $8, version = version + 1 where id = $1 and version = $2"),
            args![intake.id, intake.version, text, place.address, place.building, place.grid, place.beat, other],
        )
        .await?;
    stale(n)?;
    remember(tx, intake.id).await
}

/// The reporter asks for secrecy (请求保密); never taken back by the desk.
pub async fn set_secret(tx: &mut Tx, intake: &Intake) -> Result<()> {
    let n = tx
        .exec(
            sql!("update incidents_intake set secret = $3, version = version + 1 where id = $1 and version = $2"),
            args![intake.id, intake.version, true],
        )
        .await?;
    stale(n)
}

/// Master of a merged incident, or the reason of an invalid one.
pub async fn set_exit(tx: &mut Tx, id: IncidentId, master: Option<IncidentId>, reason: Option<&str>) -> Result<()> {
    tx.exec(
        sql!("update incidents_intake set master_id = $2, invalid_reason = $3 where id = $1"),
        args![id, master, reason],
    )
    .await?;
    Ok(())
}

fn stale(rows: u64) -> Result<()> {
    if rows == 1 {
        return Ok(());
    }
    Err(kernel::Refusal::new(
        "incidents.stale",
        "这起警情刚刚被他人处理过。",
        "请看清最新情况后再操作；您填写的内容还在。",
    )
    .into())
}

pub async fn add_link(tx: &mut Tx, from: IncidentId, to: IncidentId, kind: LinkKind) -> Result<()> {
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    tx.exec(
        sql!("insert into incidents_link (station_id, from_id, to_id, kind, by_user, at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing"),
        args![station, from, to, kind, user, now],
    )
    .await?;
    Ok(())
}

/// Incidents linked to this one, both ways.
pub async fn linked(r: &mut Reader, id: IncidentId) -> Result<Vec<(LinkKind, Line)>> {
    let rows = r
        .rows(
            sql!("select l.kind as link_kind, i.id, i.number, i.title, i.place_text, i.source_code, i.category, i.found_category, i.level, i.state, i.called_at, i.cluster_id, i.beat_id, i.grid_id from incidents_link l join incidents_intake i on i.id = case when l.from_id = $1 then l.to_id else l.from_id end where l.from_id = $1 or l.to_id = $1 order by i.called_at desc limit 50"),
            args![id],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("link_kind")?, kernel::FromRow::from_row(row)?))).collect()
}

/// The desk: the newest incidents in these states. Each state is read by its own index range, so
/// that a station with years behind it costs no more than a new one.
pub async fn open_lines(r: &mut Reader, station: StationId, states: &[State], limit: i64) -> Result<Vec<Line>> {
    let mut out: Vec<Line> = vec![];
    for state in states {
        out.extend(
            r.all::<Line>(
                sql!("select id, number, title, place_text, source_code, category, found_category, level, state, called_at, cluster_id, beat_id, grid_id from incidents_intake where station_id = $1 and state = $2 order by called_at desc, id desc limit $3"),
                args![station, *state, limit],
            )
            .await?,
        );
    }
    out.sort_by_key(|l| std::cmp::Reverse((l.called_at, l.id)));
    out.truncate(limit.max(0) as usize);
    Ok(out)
}

/// How many incidents are in these states.
pub async fn count_open(r: &mut Reader, station: StationId, states: &[State]) -> Result<i64> {
    let mut n = 0;
    for state in states {
        n += r.count(sql!("select count(*) as n from incidents_intake where station_id = $1 and state = $2"), args![station, *state]).await?;
    }
    Ok(n)
}

/// How many of these incidents are in each state, and how many of the open ones are not located.
pub async fn states_of(r: &mut Reader, ids: &[IncidentId]) -> Result<(Vec<(State, i64)>, i64)> {
    let (mut states, mut unlocated): (Vec<(State, i64)>, i64) = (vec![], 0);
    for part in ids.chunks(500) {
        let part: Vec<kernel::Uuid> = part.iter().map(|i| i.0).collect();
        let rows = r
            .rows(
                sql!("select state, count(*) as n, sum(case when beat_id is null and grid_id is null then 1 else 0 end) as unlocated from incidents_intake where id in @ids($1) group by state"),
                args![kernel::row::ids(&part)],
            )
            .await?;
        for row in rows {
            let (state, n): (State, i64) = (row.get("state")?, row.get("n")?);
            match states.iter_mut().find(|(s, _)| *s == state) {
                Some((_, sum)) => *sum += n,
                None => states.push((state, n)),
            }
            if state.is_open() {
                unlocated += row.get::<i64>("unlocated")?;
            }
        }
    }
    Ok((states, unlocated))
}

/// The buildings in which these incidents are, as far as they are located.
pub async fn buildings_of(r: &mut Reader, ids: &[IncidentId]) -> Result<Vec<(IncidentId, kernel::BuildingId)>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    r.rows(sql!("select id, building_id from incidents_intake where building_id is not null and id in @ids($1)"), vec![kernel::row::ids(ids)])
        .await?
        .iter()
        .map(|x| Ok((x.get("id")?, x.get("building_id")?)))
        .collect()
}

/// How many there are in each of the given states.
pub async fn count_states(r: &mut Reader, station: StationId) -> Result<Vec<(State, i64)>> {
    let states: Vec<&str> = State::ALL.iter().filter(|s| s.is_open()).map(|s| s.code()).collect();
    let rows = r
        .rows(
            sql!("select state, count(*) as n from incidents_intake where station_id = $1 and state in @texts($2) group by state"),
            args![station, kernel::row::texts(&states)],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("state")?, row.get("n")?))).collect()
}

/// A page of the register, newest first, from `before`.
pub struct Query {
    pub reach: Reach,
    pub state: Option<State>,
    pub category: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub unlocated: bool,
    pub before: Option<Timestamp>,
}

/// Lines of one register page.
pub const PAGE: i64 = 50;

pub async fn register(r: &mut Reader, q: &Query) -> Result<Vec<Line>> {
    let (all, station, beats) = match &q.reach {
        Reach::All => (true, StationId::NIL, None),
        Reach::Station(s) => (false, *s, None),
        Reach::Beats(s, beats) => (false, *s, Some(beats.as_slice())),
        Reach::Grids(..) | Reach::Own(_) => return Ok(vec![]),
    };
    let me = r.act().actor.user;
    let until = match (q.until, q.before) {
        (Some(a), Some(b)) => a.min(b),
        (Some(a), None) => a,
        (None, Some(b)) => b,
        (None, None) => Timestamp::MAX,
    };
    r.all(
        sql!("select id, number, title, place_text, source_code, category, found_category, level, state, called_at, cluster_id, beat_id, grid_id from incidents_intake where ($1 or station_id = $2) and called_at >= $3 and called_at < $4 and ($5 = '' or state = $5) and ($6 = '' or coalesce(found_category, category) = $6) and (not $7 or (beat_id is null and grid_id is null)) and (not $9 or beat_id in @ids($10) or registered_by = $11) order by called_at desc, id desc limit $8"),
        args![
            all,
            station,
            q.from.unwrap_or(Timestamp::MIN),
            until,
            q.state.map_or("", State::code),
            q.category.as_deref().unwrap_or(""),
            q.unlocated,
            PAGE,
            beats.is_some(),
            kernel::row::ids(beats.unwrap_or_default()),
            me
        ],
    )
    .await
}

/// Those of `lines` that an account narrowed to its beats may see (all of them for others), marked as shown.
pub fn shown(r: &mut Reader, mut lines: Vec<Line>) -> Vec<Line> {
    let actor = &r.act().actor;
    if actor.own_beats {
        let beats = actor.beats.clone();
        lines.retain(|l| l.beat_id.is_some_and(|b| beats.contains(&b)));
    }
    for l in &lines {
        r.saw("incident", l.id);
    }
    lines
}

/// Earlier matters between the same two addresses, either way round, newest first.
pub async fn between(r: &mut Reader, intake: &Intake) -> Result<Vec<Line>> {
    let (Some(address), Some(other)) = (intake.address_id, intake.other_address_id) else { return Ok(vec![]) };
    r.all(
        sql!("select id, number, title, place_text, source_code, category, found_category, level, state, called_at, cluster_id, beat_id, grid_id from incidents_intake where id <> $1 and called_at <= $2 and ((address_id = $3 and other_address_id = $4) or (address_id = $4 and other_address_id = $3)) order by called_at desc limit 20"),
        args![intake.id, intake.called_at, address, other],
    )
    .await
}

/// Earlier matters at either address, newest first.
pub async fn earlier(r: &mut Reader, intake: &Intake) -> Result<Vec<Line>> {
    let Some(address) = intake.address_id else { return Ok(vec![]) };
    let other = intake.other_address_id.unwrap_or(address);
    r.all(
        sql!("select id, number, title, place_text, source_code, category, found_category, level, state, called_at, cluster_id, beat_id, grid_id from incidents_intake where id <> $1 and called_at <= $2 and (address_id = $3 or other_address_id = $3 or address_id = $4 or other_address_id = $4) order by called_at desc limit 20"),
        args![intake.id, intake.called_at, address, other],
    )
    .await
}

/// The cluster an incident stands in.
pub async fn cluster_of(r: &mut Reader, id: IncidentId) -> Result<IncidentId> {
    let row = r.rows(sql!("select cluster_id from incidents_intake where id = $1"), args![id]).await?;
    row.first().ok_or(kernel::Error::NotFound("警情"))?.get("cluster_id")
}

/// Other open incidents of the same cluster (proposed as one matter), newest first.
pub async fn cluster(r: &mut Reader, intake: &Intake) -> Result<Vec<Line>> {
    r.all(
        sql!("select id, number, title, place_text, source_code, category, found_category, level, state, called_at, cluster_id, beat_id, grid_id from incidents_intake where cluster_id = $1 and id <> $2 order by called_at desc limit 20"),
        args![intake.cluster_id, intake.id],
    )
    .await
}

/// Whether the person was ever given an order on this incident (grid workers, volunteers).
pub async fn was_given(r: &mut Reader, id: IncidentId, user: UserId) -> Result<bool> {
    Ok(r
        .count(
            sql!("select count(*) as n from incidents_dispatch where incident_id = $1 and target_user = $2 and cancelled_at is null"),
            args![id, user],
        )
        .await?
        > 0)
}

/// Intakes of a period in steady order, after a cursor; for export.
pub async fn pages(
    r: &mut Reader,
    station: StationId,
    from: Timestamp,
    until: Timestamp,
    after: (Timestamp, IncidentId),
    limit: i64,
) -> Result<Vec<Intake>> {
    r.all(
        sql!("select station_id, id, number, source_code, external_system, external_no, called_at, registered_at, registered_by, reporter_id, anonymous, secret, title, content, received_place, received_category, place_text, address_id, other_address_id, building_id, grid_id, beat_id, category, sub_category, level, found_category, found_sub_category, place_kind, cause, means, weapon, injured, minor, state, master_id, cluster_id, invalid_reason, closed_at, version from incidents_intake where station_id = $1 and called_at >= $2 and called_at < $3 and (called_at > $4 or (called_at = $4 and id > $5)) order by called_at, id limit $6"),
        args![station, from, until, after.0, after.1, limit],
    )
    .await
}

/// Reports that [`called_since`] gives at most.
pub const CALLED: usize = 60_000;

/// How reports of a span (its end excluded) went over the desk: the newest, `most` or [`CALLED`] of them.
pub async fn handled_between(r: &mut Reader, station: StationId, from: Timestamp, until: Timestamp, most: usize) -> Result<Vec<Handled>> {
    r.all(
        sql!("select id, number, called_at, answered_at, registered_at, (select min(d.sent_at) from incidents_dispatch d where d.incident_id = i.id and d.cancelled_at is null) as sent_at from incidents_intake i where station_id = $1 and called_at >= $2 and called_at < $3 order by called_at desc, id desc limit $4"),
        args![station, from, until, most.min(CALLED) as i64],
    )
    .await
}

/// Reports to which somebody was first sent in a span (its end excluded), with what became of all their orders: the newest, `most` or
/// [`CALLED`] of them. A report belongs to one span only, however often others were sent to it later.
pub async fn sent_between(r: &mut Reader, station: StationId, from: Timestamp, until: Timestamp, most: usize) -> Result<Vec<Sent>> {
    r.all(
        sql!("select d.incident_id as id, (select i.number from incidents_intake i where i.station_id = $1 and i.id = d.incident_id) as number, min(d.sent_at) as sent_at, min(d.signed_at) as signed_at, max(d.finished_at) as finished_at from incidents_dispatch d where d.station_id = $1 and d.sent_at >= $2 and d.cancelled_at is null and d.returned_at is null and not exists (select 1 from incidents_dispatch e where e.incident_id = d.incident_id and e.sent_at < $2 and e.cancelled_at is null and e.returned_at is null) group by d.incident_id having min(d.sent_at) < $3 order by min(d.sent_at) desc, d.incident_id desc limit $4"),
        args![station, from, until, most.min(CALLED) as i64],
    )
    .await
}

/// When reports came in since a moment and by which source: the newest [`CALLED`]. Moments and codes only, nobody is named.
pub async fn called_since(r: &mut Reader, station: StationId, since: Timestamp) -> Result<Vec<(Timestamp, String)>> {
    let rows = r
        .rows(
            sql!("select called_at, source_code from incidents_intake where station_id = $1 and called_at >= $2 order by called_at desc limit 60000"),
            args![station, since],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("called_at")?, row.get("source_code")?))).collect()
}
