//! Shift hand-over: what is open, line by line, signed by both.

use crate::model::{Handover, Line};
use kernel::{HandoverId, Reader, Result, StationId, Tx, UserId, args, sql};

pub async fn insert(tx: &mut Tx, note: &str, lines: &[Line]) -> Result<HandoverId> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: HandoverId = tx.fresh();
    tx.exec(
        sql!("insert into incidents_handover (station_id, id, from_user, opened_at, note, answer) values ($1, $2, $3, $4, $5, '')"),
        args![station, id, user, now, note],
    )
    .await?;
    for l in lines {
        let line = format!("{} {}", l.number, l.state.label());
        tx.exec(
            sql!("insert into incidents_handover_item (handover_id, incident_id, line) values ($1, $2, $3)"),
            args![id, l.id, line],
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
            sql!("select incident_id, line from incidents_handover_item where handover_id = $1 order by line limit 500"),
            args![id],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("incident_id")?, row.get("line")?))).collect()
}
