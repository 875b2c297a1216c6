//! Shift hand-over: what is open, line by line, signed by both.

use crate::model::{Handover, State};
use kernel::{HandoverId, Reader, Result, StationId, Tx, UserId, args, sql};

/// Items of one hand-over that a page lists; the others are counted.
pub const LISTED: i64 = 500;

/// A hand-over with a line for every incident in these states, however many.
pub async fn insert(tx: &mut Tx, station: StationId, note: &str, states: &[State]) -> Result<HandoverId> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    let id: HandoverId = tx.fresh();
    tx.exec(
        sql!("insert into incidents_handover (station_id, id, from_user, opened_at, note, answer) values ($1, $2, $3, $4, $5, '')"),
        args![station, id, user, now, note],
    )
    .await?;
    for state in states {
        tx.exec(
            sql!("insert into incidents_handover_item (handover_id, incident_id, line) select cast($1 as @uuid), id, number || ' ' || cast($4 as text) from incidents_intake where station_id = $2 and state = $3"),
            args![id, station, *state, state.label()],
        )
        .await?;
    }
    Ok(id)
}

pub async fn take(tx: &mut Tx, id: HandoverId, by: UserId, answer: &str) -> Result<()> {
    let (now, station) = (tx.now(), tx.act().station);
    tx.exec_one(
        "待接的交班",
        sql!("update incidents_handover set to_user = $3, taken_at = $4, answer = $5 where station_id = $1 and id = $2 and taken_at is null"),
        args![station, id, by, now, answer],
    )
    .await
}

pub async fn recent(r: &mut Reader, station: StationId) -> Result<Vec<Handover>> {
    r.all(
        sql!("select id, from_user, to_user, opened_at, taken_at, note, answer from incidents_handover where station_id = $1 order by opened_at desc limit 20"),
        args![station],
    )
    .await
}

pub async fn find(r: &mut Reader, id: HandoverId) -> Result<Option<Handover>> {
    r.opt(
        sql!("select id, from_user, to_user, opened_at, taken_at, note, answer from incidents_handover where id = $1"),
        args![id],
    )
    .await
}

pub async fn items(r: &mut Reader, id: HandoverId) -> Result<Vec<(kernel::IncidentId, String)>> {
    let rows = r
        .rows(
            sql!("select incident_id, line from incidents_handover_item where handover_id = $1 order by line limit $2"),
            args![id, LISTED],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("incident_id")?, row.get("line")?))).collect()
}

/// How many incidents a hand-over passed on.
pub async fn count(r: &mut Reader, id: HandoverId) -> Result<i64> {
    r.count(sql!("select count(*) as n from incidents_handover_item where handover_id = $1"), args![id]).await
}

/// An incident named in the report of a shift.
#[derive(Clone, Debug)]
pub struct Named {
    pub id: kernel::IncidentId,
    pub number: String,
    pub title: String,
    pub note: String,
}

/// Key incidents of a shift: weapon, injured, minor, or reported again; known at `as_of`.
pub async fn notable(r: &mut Reader, station: StationId, from: kernel::Timestamp, until: kernel::Timestamp, as_of: kernel::Timestamp) -> Result<Vec<Named>> {
    let rows = r
        .rows(
            sql!("select i.id, i.number, i.title, i.weapon, i.injured, i.minor from incidents_intake i where i.station_id = $1 and i.called_at >= $2 and i.called_at < $3 and i.registered_at <= $4 and (i.weapon or i.injured or i.minor or i.cluster_id <> i.id) order by i.called_at, i.id limit 100"),
            args![station, from, until, as_of],
        )
        .await?;
    let mut out = vec![];
    for row in &rows {
        let id: kernel::IncidentId = row.get("id")?;
        r.saw("incident", id);
        let marks = [("weapon", "涉械"), ("injured", "有人受伤"), ("minor", "涉未成年人")];
        let mut words = vec![];
        for (column, word) in marks {
            if row.get::<bool>(column)? {
                words.push(word);
            }
        }
        if words.is_empty() {
            words.push("重复反映");
        }
        out.push(Named { id, number: row.get("number")?, title: row.get("title")?, note: words.join("、") });
    }
    Ok(out)
}

/// What was registered before `until` and open at the end of the shift, as known at `as_of`.
pub async fn open_at(r: &mut Reader, station: StationId, until: kernel::Timestamp, as_of: kernel::Timestamp) -> Result<Vec<Named>> {
    let rows = r
        .rows(
            sql!("select i.id, i.number, i.title, h.state from incidents_intake i join incidents_history h on h.station_id = i.station_id and h.incident_id = i.id and h.n = (select max(y.n) from incidents_history y where y.station_id = i.station_id and y.incident_id = i.id and y.at < $2 and y.at <= $3) where i.station_id = $1 and i.registered_at < $2 and h.state not in ('closed', 'merged', 'invalid', 'handed_over') order by i.called_at, i.id limit 200"),
            args![station, until, as_of],
        )
        .await?;
    let mut out = vec![];
    for row in &rows {
        let id: kernel::IncidentId = row.get("id")?;
        r.saw("incident", id);
        let state: crate::model::State = row.get("state")?;
        out.push(Named { id, number: row.get("number")?, title: row.get("title")?, note: state.label().into() });
    }
    Ok(out)
}
