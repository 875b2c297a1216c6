//! The only SQL of the domain.

use crate::model::{NewTask, Task};
use kernel::{Reader, Result, Role, StationId, TaskId, Timestamp, Tx, UserId, Uuid, args, sql};

pub async fn insert(tx: &mut Tx, id: TaskId, t: &NewTask) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into notices_task (station_id, id, kind, title, path, record_id, to_user, to_role, due, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        args![t.station, id, t.kind, &t.title, &t.path, t.record, t.to_user, t.to_role, t.due, now],
    )
    .await?;
    Ok(())
}

pub async fn finish(tx: &mut Tx, record: Uuid, kind: &str) -> Result<u64> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("update notices_task set done_at = $3, done_by = $4 where record_id = $1 and kind = $2 and done_at is null"),
        args![record, kind, now, user],
    )
    .await
}

pub async fn finish_for_user(tx: &mut Tx, record: Uuid, kind: &str, owner: UserId) -> Result<u64> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("update notices_task set done_at = $3, done_by = $4 where record_id = $1 and kind = $2 and to_user = $5 and done_at is null"),
        args![record, kind, now, user, owner],
    )
    .await
}

pub async fn finish_all(tx: &mut Tx, record: Uuid) -> Result<u64> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("update notices_task set done_at = $2, done_by = $3 where record_id = $1 and done_at is null"),
        args![record, now, user],
    )
    .await
}

/// Open tasks of a person or of the person's role, most urgent first.
pub async fn open_for(r: &mut Reader, user: UserId, station: StationId, role: Role) -> Result<Vec<Task>> {
    let mut all: Vec<Task> = r
        .all(
            sql!("select id, kind, title, path, record_id, to_user, due, created_at, escalated_at from notices_task where to_user = $1 and done_at is null order by due limit 200"),
            args![user],
        )
        .await?;
    let by_role: Vec<Task> = r
        .all(
            sql!("select id, kind, title, path, record_id, to_user, due, created_at, escalated_at from notices_task where station_id = $1 and to_role = $2 and done_at is null order by due limit 200"),
            args![station, role],
        )
        .await?;
    all.extend(by_role);
    all.sort_by_key(|t| t.due);
    Ok(all)
}

/// How many tasks of a person and of the person's role are open, and how many of them are overdue.
pub async fn count_for(r: &mut Reader, user: UserId, station: StationId, role: Role, now: Timestamp) -> Result<(i64, i64)> {
    let mut counts = (0, 0);
    for (at, count) in [(Timestamp::MAX, &mut counts.0), (now, &mut counts.1)] {
        *count = r
            .count(sql!("select count(*) as n from notices_task where to_user = $1 and done_at is null and due < $2"), args![user, at])
            .await?
            + r.count(
                sql!("select count(*) as n from notices_task where station_id = $1 and to_role = $2 and done_at is null and due < $3"),
                args![station, role, at],
            )
            .await?;
    }
    Ok(counts)
}

kernel::record! {
    /// An overdue task with its station.
    pub struct Overdue {
        pub station_id: StationId,
        pub id: TaskId,
        pub title: String,
        pub path: String,
        pub record_id: Uuid,
        pub kind: String,
    }
}

pub async fn overdue(r: &mut Reader, now: Timestamp) -> Result<Vec<Overdue>> {
    r.all(
        sql!("select station_id, id, title, path, record_id, kind from notices_task where done_at is null and escalated_at is null and due < $1 order by due limit 500"),
        args![now],
    )
    .await
}

pub async fn mark_escalated(tx: &mut Tx, station: StationId, id: TaskId) -> Result<u64> {
    let now = tx.now();
    tx.exec(
        sql!("update notices_task set escalated_at = $3 where station_id = $1 and id = $2 and escalated_at is null and done_at is null"),
        args![station, id, now],
    )
    .await
}
