//! Legal holds, and what is due for clearing.

use super::Due;
use crate::model::{Hold, Report};
use kernel::row::Json;
use kernel::{Date, PersonId, Reader, Result, StationId, Timestamp, Tx, Uuid, args, record, sql};

/// Holds of a person, standing ones first.
pub async fn holds(r: &mut Reader, id: PersonId) -> Result<Vec<Hold>> {
    r.all(
        sql!("select id, reason, placed_by, placed_at, released_at from people_hold where person_id = $1 order by case when released_at is null then 0 else 1 end, placed_at desc limit 100"),
        args![id],
    )
    .await
}

pub(crate) async fn insert_hold(tx: &mut Tx, station: StationId, person: PersonId, id: Uuid, reason: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into people_hold (station_id, id, person_id, reason, placed_by, placed_at, release_reason) values ($1, $2, $3, $4, $5, $6, '')"),
        args![station, id, person, reason, user, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn release_hold(tx: &mut Tx, person: PersonId, id: Uuid, reason: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec_one(
        "保留措施",
        sql!("update people_hold set released_by = $3, released_at = $4, release_reason = $5 where person_id = $1 and id = $2 and released_at is null"),
        args![person, id, user, now, reason],
    )
    .await
}

/// Contacts last used before `before`, not held; oldest first.
pub(crate) async fn due_contacts(r: &mut Reader, before: Timestamp, limit: i64) -> Result<Vec<Due>> {
    r.all(
        sql!("select p.id, p.station_id from people_person p where p.contact and p.erased_at is null and p.last_used_at < $1 and not exists (select 1 from people_hold h where h.person_id = p.id and h.released_at is null) order by p.last_used_at limit $2"),
        args![before, limit],
    )
    .await
}

pub(crate) async fn count_contacts(r: &mut Reader, before: Timestamp) -> Result<(i64, i64)> {
    let all = r.count(sql!("select count(*) as n from people_person p where p.contact and p.erased_at is null and p.last_used_at < $1"), args![before]).await?;
    let held = r
        .count(
            sql!("select count(*) as n from people_person p where p.contact and p.erased_at is null and p.last_used_at < $1 and exists (select 1 from people_hold h where h.person_id = p.id and h.released_at is null)"),
            args![before],
        )
        .await?;
    Ok((all - held, held))
}

/// Registered persons who left before `day` and live nowhere here now, not held.
pub(crate) async fn due_moved_out(r: &mut Reader, day: Date, limit: i64) -> Result<Vec<Due>> {
    r.all(
        sql!("select p.id, p.station_id from people_person p where not p.contact and p.erased_at is null and exists (select 1 from people_residence h where h.person_id = p.id) and not exists (select 1 from people_residence h where h.person_id = p.id and (h.until_day is null or h.until_day >= $1)) and not exists (select 1 from people_hold h where h.person_id = p.id and h.released_at is null) order by p.id limit $2"),
        args![day, limit],
    )
    .await
}

pub(crate) async fn count_moved_out(r: &mut Reader, day: Date) -> Result<(i64, i64)> {
    let all = r
        .count(
            sql!("select count(*) as n from people_person p where not p.contact and p.erased_at is null and exists (select 1 from people_residence h where h.person_id = p.id) and not exists (select 1 from people_residence h where h.person_id = p.id and (h.until_day is null or h.until_day >= $1))"),
            args![day],
        )
        .await?;
    let held = r
        .count(
            sql!("select count(*) as n from people_person p where not p.contact and p.erased_at is null and exists (select 1 from people_residence h where h.person_id = p.id) and not exists (select 1 from people_residence h where h.person_id = p.id and (h.until_day is null or h.until_day >= $1)) and exists (select 1 from people_hold h where h.person_id = p.id and h.released_at is null)"),
            args![day],
        )
        .await?;
    Ok((all - held, held))
}

/// Clears everything that says who it was. The id stays, so that records that point to it hold.
/// A hold placed since wins: 0 is returned and nothing is changed.
pub(crate) async fn erase(tx: &mut Tx, id: PersonId) -> Result<u64> {
    let now = tx.now();
    let done = tx
        .exec(
            sql!("update people_person set name = '', sex = 'unknown', ethnicity = '', birth = null, adult_on = null, minor_told = false, id_kind = 'none', id_sealed = null, id_blind = null, id_tail = '', phone_sealed = null, phone_blind = null, phone_tail = '', kind = null, domicile = '', pending_place = '', died_on = null, erased_at = $2, version = version + 1 where id = $1 and erased_at is null and not exists (select 1 from people_hold h where h.person_id = $1 and h.released_at is null)"),
            args![id, now],
        )
        .await?;
    if done == 1 {
        tx.exec(sql!("delete from people_residence where person_id = $1"), args![id]).await?;
    }
    Ok(done)
}

/// Keeps the report of a run; domains above put theirs into the same list.
pub async fn insert_run(tx: &mut Tx, id: Uuid, report: &Report) -> Result<()> {
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    tx.exec(
        sql!("insert into people_retention_run (station_id, id, at, by_user, dry_run, report) values ($1, $2, $3, $4, $5, $6)"),
        args![station, id, now, user, report.dry_run, Json(report.clone())],
    )
    .await?;
    Ok(())
}

record! {
    /// A clearing run as kept.
    #[derive(Clone, Debug)]
    pub struct Run {
        pub at: Timestamp,
        pub dry_run: bool,
        pub report: Json<Report>,
    }
}

/// The last runs, newest first.
pub async fn runs(r: &mut Reader) -> Result<Vec<Run>> {
    r.all(sql!("select at, dry_run, report from people_retention_run order by at desc limit 20"), args![]).await
}
