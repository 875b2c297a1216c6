//! Holds of records that other domains keep, and the line of every record that was emptied.

use crate::model::{Held, Hold, ReportLine};
use kernel::{Date, PersonId, Reader, Result, StationId, Timestamp, Tx, Uuid, args, record, sql};

record! {
    /// Something whose period has ended.
    #[derive(Clone, Copy, Debug)]
    pub struct Due {
        pub id: Uuid,
        pub station_id: StationId,
    }
}

/// Holds of a record, standing ones first.
pub async fn record_holds(r: &mut Reader, record: Uuid) -> Result<Vec<Hold>> {
    r.all(
        sql!("select id, reason, placed_by, placed_at, released_at from people_record_hold where record_id = $1 order by case when released_at is null then 0 else 1 end, placed_at desc limit 100"),
        args![record],
    )
    .await
}

/// Those of these records that stand under a hold of their own.
pub async fn held_records(r: &mut Reader, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut out = vec![];
    for part in ids.chunks(500) {
        let rows = r
            .rows(
                sql!("select distinct record_id from people_record_hold where record_id in @ids($1) and released_at is null"),
                args![kernel::row::ids(part)],
            )
            .await?;
        for row in &rows {
            out.push(row.get("record_id")?);
        }
    }
    Ok(out)
}

/// Those of these persons who stand under a hold.
pub async fn held_persons(r: &mut Reader, ids: &[PersonId]) -> Result<Vec<PersonId>> {
    let mut out = vec![];
    for part in ids.chunks(500) {
        let part: Vec<Uuid> = part.iter().map(|p| p.0).collect();
        let rows = r
            .rows(
                sql!("select distinct person_id from people_hold where person_id in @ids($1) and released_at is null"),
                args![kernel::row::ids(&part)],
            )
            .await?;
        for row in &rows {
            out.push(row.get("person_id")?);
        }
    }
    Ok(out)
}

pub(crate) async fn insert_record_hold(tx: &mut Tx, kind: &str, record: Uuid, reason: &str) -> Result<Uuid> {
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into people_record_hold (station_id, id, kind, record_id, reason, placed_by, placed_at, release_reason) values ($1, $2, $3, $4, $5, $6, $7, '')"),
        args![station, id, kind, record, reason, user, now],
    )
    .await?;
    Ok(id)
}

pub(crate) async fn release_record_hold(tx: &mut Tx, record: Uuid, id: Uuid, reason: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec_one(
        "保留措施",
        sql!("update people_record_hold set released_by = $3, released_at = $4, release_reason = $5 where record_id = $1 and id = $2 and released_at is null"),
        args![record, id, user, now, reason],
    )
    .await
}

/// Keeps a record and the persons in it until a day (`None`: for good), for the record `owner`; what `owner` had placed
/// before ends now. Where a hold stands because of something else, both stand.
pub(crate) async fn hold_until(tx: &mut Tx, held: &Held<'_>, reason: &str) -> Result<()> {
    end_for(tx, held.owner, "保管期限变更").await?;
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into people_record_hold (station_id, id, kind, record_id, reason, placed_by, placed_at, release_reason, until_day, for_record) values ($1, $2, $3, $4, $5, $6, $7, '', $8, $9)"),
        args![station, id, held.kind, held.record, reason, user, now, held.until, held.owner],
    )
    .await?;
    for person in held.persons {
        let id: Uuid = tx.fresh();
        tx.exec(
            sql!("insert into people_hold (station_id, id, person_id, reason, placed_by, placed_at, release_reason, until_day, for_record) select station_id, $2, id, $3, $4, $5, '', $6, $7 from people_person where id = $1 and erased_at is null"),
            args![person, id, reason, user, now, held.until, held.owner],
        )
        .await?;
    }
    Ok(())
}

async fn end_for(tx: &mut Tx, owner: Uuid, why: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    for statement in [
        sql!("update people_record_hold set released_by = $2, released_at = $3, release_reason = $4 where for_record = $1 and released_at is null"),
        sql!("update people_hold set released_by = $2, released_at = $3, release_reason = $4 where for_record = $1 and released_at is null"),
    ] {
        tx.exec(statement, args![owner, user, now, why]).await?;
    }
    Ok(())
}

/// How many holds had their last day before `today`.
pub(crate) async fn overdue_holds(r: &mut Reader, today: Date) -> Result<i64> {
    let records = r.count(sql!("select count(*) as n from people_record_hold where released_at is null and until_day < $1"), args![today]).await?;
    let persons = r.count(sql!("select count(*) as n from people_hold where released_at is null and until_day < $1"), args![today]).await?;
    Ok(records + persons)
}

/// Ends the holds whose last day was before `today`.
pub(crate) async fn end_overdue_holds(tx: &mut Tx, today: Date) -> Result<u64> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    let mut n = 0;
    for statement in [
        sql!("update people_record_hold set released_by = $2, released_at = $3, release_reason = '保管期限届满' where released_at is null and until_day < $1"),
        sql!("update people_hold set released_by = $2, released_at = $3, release_reason = '保管期限届满' where released_at is null and until_day < $1"),
    ] {
        n += tx.exec(statement, args![today, user, now]).await?;
    }
    Ok(n)
}

/// Writes down that a record was emptied, by which rule.
pub(crate) async fn insert_cleared(tx: &mut Tx, kind: &str, record: Uuid, line: &ReportLine) -> Result<()> {
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into people_cleared (station_id, id, kind, record_id, at, by_user, class, rule, source, before_day) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        args![station, id, kind, record, now, user, &line.class, &line.rule, &line.source, line.before.map_or(String::new(), |d| d.to_string())],
    )
    .await?;
    Ok(())
}

record! {
    /// One record that a run emptied.
    #[derive(Clone, Debug)]
    pub struct Cleared {
        pub kind: String,
        pub record_id: Uuid,
        pub at: Timestamp,
        pub class: String,
        pub rule: String,
        pub source: String,
        pub before_day: String,
    }
}

/// The records emptied last, newest first.
pub async fn cleared(r: &mut Reader, kinds: &[&str], limit: i64) -> Result<Vec<Cleared>> {
    r.all(
        sql!("select kind, record_id, at, class, rule, source, before_day from people_cleared where kind in @texts($1) order by at desc, record_id limit $2"),
        args![kernel::row::texts(kinds), limit],
    )
    .await
}

/// When and by which rule this record was emptied, if it was.
pub async fn cleared_record(r: &mut Reader, record: Uuid) -> Result<Option<Cleared>> {
    let all: Vec<Cleared> = r
        .all(
            sql!("select kind, record_id, at, class, rule, source, before_day from people_cleared where record_id = $1 order by at desc limit 1"),
            args![record],
        )
        .await?;
    Ok(all.into_iter().next())
}
