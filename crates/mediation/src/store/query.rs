//! The register, matters between the same addresses, and matters of the same people.

use crate::model::{Dispute, Line, State};
use kernel::{DisputeId, PersonId, Reach, Reader, Result, StationId, Timestamp, UserId, args, sql};

/// Which lines of the register.
pub struct Query {
    pub reach: Reach,
    pub state: Option<State>,
    pub judicial: Option<String>,
    pub level: Option<String>,
    pub owner: Option<UserId>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

/// Lines of one page.
pub const PAGE: i64 = 50;

/// Newest first. A grid worker sees the disputes of the own grids; an account narrowed to its beats those of them and its own.
pub async fn register(r: &mut Reader, q: &Query) -> Result<Vec<Line>> {
    let until = q.until.unwrap_or(Timestamp::MAX).min(q.before.unwrap_or(Timestamp::MAX));
    let (from, state) = (q.from.unwrap_or(Timestamp::MIN), q.state.map_or("", State::code));
    let (judicial, level) = (q.judicial.as_deref().unwrap_or(""), q.level.as_deref().unwrap_or(""));
    match &q.reach {
        Reach::Grids(station, grids) => {
            r.all(
                sql!("select id, number, title, place_text, judicial, level, state, track, outcome, deadline, escalated, opened_at, owner_id from mediation_dispute where station_id = $1 and grid_id in @ids($2) and opened_at >= $3 and opened_at < $4 and ($5 = '' or state = $5) order by opened_at desc, id desc limit $6"),
                args![*station, kernel::row::ids(grids), from, until, state, PAGE],
            )
            .await
        }
        Reach::Own(_) => Ok(vec![]),
        Reach::All | Reach::Station(_) | Reach::Beats(..) => {
            let (all, station, beats) = match &q.reach {
                Reach::Station(s) => (false, *s, None),
                Reach::Beats(s, beats) => (false, *s, Some(beats.as_slice())),
                _ => (true, StationId::NIL, None),
            };
            let me = r.act().actor.user;
            r.all(
                sql!("select id, number, title, place_text, judicial, level, state, track, outcome, deadline, escalated, opened_at, owner_id from mediation_dispute where ($1 or station_id = $2) and opened_at >= $3 and opened_at < $4 and ($5 = '' or state = $5) and ($6 = '' or judicial = $6) and ($7 = '' or level = $7) and ($8 or owner_id = $9) and (not $11 or beat_id in @ids($12) or owner_id = $13) order by opened_at desc, id desc limit $10"),
                args![
                    all, station, from, until, state, judicial, level, q.owner.is_none(),
                    q.owner.unwrap_or(UserId::NIL), PAGE, beats.is_some(),
                    kernel::row::ids(beats.unwrap_or_default()), me
                ],
            )
            .await
        }
    }
}

/// Those of `ids` that an account narrowed to its beats may see (all of them for others), marked as shown.
pub async fn shown(r: &mut Reader, ids: Vec<DisputeId>) -> Result<Vec<DisputeId>> {
    let actor = r.act().actor.clone();
    let ids = if actor.own_beats && !ids.is_empty() {
        let rows = r
            .rows(
                sql!("select id from mediation_dispute where id in @ids($1) and station_id = $2 and (beat_id in @ids($3) or owner_id = $4)"),
                args![kernel::row::ids(&ids), actor.station, kernel::row::ids(&actor.beats), actor.user],
            )
            .await?;
        rows.iter().map(|row| row.get("id")).collect::<Result<_>>()?
    } else {
        ids
    };
    for id in &ids {
        r.saw("dispute", *id);
    }
    Ok(ids)
}

/// Disputes a person is a party of, for the page of the person.
pub async fn of_person(r: &mut Reader, person: PersonId) -> Result<Vec<(DisputeId, String, String, State)>> {
    let rows = r
        .rows(
            sql!("select d.id, d.number, d.title, d.state from mediation_dispute d join mediation_party p on p.dispute_id = d.id where p.person_id = $1 order by d.opened_at desc limit 20"),
            args![person],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("number")?, row.get("title")?, row.get("state")?))).collect()
}

/// How many of the station's are in each open state.
pub async fn count_states(r: &mut Reader, station: StationId) -> Result<Vec<(State, i64)>> {
    let rows = r
        .rows(
            sql!("select state, count(*) as n from mediation_dispute where station_id = $1 and state <> 'closed' group by state"),
            args![station],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("state")?, row.get("n")?))).collect()
}

/// Disputes of a period in steady order, after a cursor; for export.
pub async fn pages(
    r: &mut Reader,
    station: StationId,
    from: Timestamp,
    until: Timestamp,
    after: (Timestamp, DisputeId),
    limit: i64,
) -> Result<Vec<Dispute>> {
    r.all(
        sql!("select station_id, id, number, source_code, incident_id, opened_at, opened_by, title, summary, place_text, address_id, other_address_id, building_id, grid_id, beat_id, judicial, police, causes, level, owner_id, domestic_violence, state, track, outcome, accepted_on, deadline, deadline_provisional, paused_on, sessions, escalated, told, plan, closed_at, version, master_id, lead_id from mediation_dispute where station_id = $1 and opened_at >= $2 and opened_at < $3 and (opened_at > $4 or (opened_at = $4 and id > $5)) order by opened_at, id limit $6"),
        args![station, from, until, after.0, after.1, limit],
    )
    .await
}
