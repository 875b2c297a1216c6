//! Services, windows, hours, closures.

use super::stale;
use crate::model::{Closure, Hours, NewService, NewWindow, Service, Week, Window};
use kernel::row::Json;
use kernel::{Date, Error, Reader, Result, StationId, Timestamp, Tx, Uuid, args, sql};

/// Services in use, in order.
pub async fn services(r: &mut Reader, station: StationId) -> Result<Vec<Service>> {
    r.all(
        sql!("select station_id, id, kind, name, papers, note, minutes, letter, bookable, at_door, position, version from windows_service where station_id = $1 and ended_at is null order by position, name, id limit 60"),
        args![station],
    )
    .await
}

/// One service, in use or not (old records keep it).
pub async fn service(r: &mut Reader, station: StationId, id: Uuid) -> Result<Service> {
    r.one(
        "这项业务",
        sql!("select station_id, id, kind, name, papers, note, minutes, letter, bookable, at_door, position, version from windows_service where station_id = $1 and id = $2"),
        args![station, id],
    )
    .await
}

/// Names of all services that ever were.
pub async fn service_names(r: &mut Reader, station: StationId) -> Result<Vec<(Uuid, String)>> {
    let rows = r.rows(sql!("select id, name from windows_service where station_id = $1 order by position limit 400"), args![station]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// A new service.
pub async fn insert_service(tx: &mut Tx, station: StationId, id: Uuid, s: &NewService) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into windows_service (station_id, id, kind, name, papers, note, minutes, letter, bookable, at_door, position, created_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)"),
        args![station, id, &s.kind, s.name.trim(), Json(s.papers.clone()), s.note.trim(), s.minutes, &s.letter, s.bookable, s.at_door, s.position, now],
    )
    .await?;
    Ok(())
}

/// Changes a service; its kind stays.
pub async fn update_service(tx: &mut Tx, station: StationId, id: Uuid, s: &NewService) -> Result<()> {
    let n = tx
        .exec(
            sql!("update windows_service set name = $4, papers = $5, note = $6, minutes = $7, letter = $8, bookable = $9, at_door = $10, position = $11, version = version + 1 where station_id = $1 and id = $2 and version = $3 and ended_at is null"),
            args![station, id, s.version, s.name.trim(), Json(s.papers.clone()), s.note.trim(), s.minutes, &s.letter, s.bookable, s.at_door, s.position],
        )
        .await?;
    stale(n)
}

/// Takes a service out of use.
pub async fn end_service(tx: &mut Tx, station: StationId, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec_one("这项业务", sql!("update windows_service set ended_at = $3, version = version + 1 where station_id = $1 and id = $2 and ended_at is null"), args![station, id, now]).await
}

/// Windows in use, in order.
pub async fn windows(r: &mut Reader, station: StationId) -> Result<Vec<Window>> {
    r.all(
        sql!("select station_id, id, name, post_id, services, position, created_at, ended_at, version from windows_window where station_id = $1 and ended_at is null order by position, name, id limit 30"),
        args![station],
    )
    .await
}

/// Windows that were in use at some time since a moment, those of today too, in order.
pub async fn windows_since(r: &mut Reader, station: StationId, since: Timestamp) -> Result<Vec<Window>> {
    r.all(
        sql!("select station_id, id, name, post_id, services, position, created_at, ended_at, version from windows_window where station_id = $1 and (ended_at is null or ended_at > $2) order by position, name, id limit 90"),
        args![station, since],
    )
    .await
}

/// Which post opened which window since when, oldest first.
pub async fn posts(r: &mut Reader, station: StationId) -> Result<Vec<(Uuid, Timestamp, Option<Uuid>)>> {
    let rows = r.rows(sql!("select window_id, since, post_id from windows_post where station_id = $1 order by since limit 2000"), args![station]).await?;
    rows.iter().map(|row| Ok((row.get("window_id")?, row.get("since")?, row.get("post_id")?))).collect()
}

/// Writes which post opens a window from now on, where that is another than before.
async fn set_post(tx: &mut Tx, station: StationId, window: Uuid, post: Option<Uuid>) -> Result<()> {
    let now = tx.now();
    let last = posts(tx, station).await?.into_iter().rfind(|p| p.0 == window);
    if last.is_some_and(|p| p.2 == post) {
        return Ok(());
    }
    tx.exec(
        sql!("insert into windows_post (station_id, window_id, since, post_id) values ($1, $2, $3, $4) on conflict (station_id, window_id, since) do update set post_id = excluded.post_id"),
        args![station, window, now, post],
    )
    .await?;
    Ok(())
}

/// Names of all windows that ever were.
pub async fn window_names(r: &mut Reader, station: StationId) -> Result<Vec<(Uuid, String)>> {
    let rows = r.rows(sql!("select id, name from windows_window where station_id = $1 order by position limit 200"), args![station]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// One window in use.
pub async fn window(r: &mut Reader, station: StationId, id: Uuid) -> Result<Window> {
    windows(r, station).await?.into_iter().find(|w| w.id == id).ok_or(Error::NotFound("这个窗口"))
}

/// A new window.
pub async fn insert_window(tx: &mut Tx, station: StationId, id: Uuid, w: &NewWindow) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into windows_window (station_id, id, name, post_id, services, position, created_at, version) values ($1, $2, $3, $4, $5, $6, $7, 1)"),
        args![station, id, w.name.trim(), w.post_id, Json(w.services.clone()), w.position, now],
    )
    .await?;
    set_post(tx, station, id, w.post_id).await
}

/// Changes a window.
pub async fn update_window(tx: &mut Tx, station: StationId, id: Uuid, w: &NewWindow) -> Result<()> {
    let n = tx
        .exec(
            sql!("update windows_window set name = $4, post_id = $5, services = $6, position = $7, version = version + 1 where station_id = $1 and id = $2 and version = $3 and ended_at is null"),
            args![station, id, w.version, w.name.trim(), w.post_id, Json(w.services.clone()), w.position],
        )
        .await?;
    stale(n)?;
    set_post(tx, station, id, w.post_id).await
}

/// Takes a window out of use.
pub async fn end_window(tx: &mut Tx, station: StationId, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec_one("这个窗口", sql!("update windows_window set ended_at = $3, version = version + 1 where station_id = $1 and id = $2 and ended_at is null"), args![station, id, now]).await
}

/// Hours by hand of all windows, every version.
pub async fn hours(r: &mut Reader, station: StationId) -> Result<Vec<Hours>> {
    r.all(
        sql!("select window_id, n, from_day, spans, why, at, by_user from windows_hours where station_id = $1 order by window_id, from_day, n limit 2000"),
        args![station],
    )
    .await
}

/// Appends hours of a window.
pub async fn insert_hours(tx: &mut Tx, station: StationId, window: Uuid, from: Date, week: &Week, why: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into windows_hours (station_id, window_id, n, from_day, spans, why, at, by_user) values ($1, $2, (select coalesce(max(n), 0) + 1 from windows_hours where station_id = $1 and window_id = $2), $3, $4, $5, $6, $7)"),
        args![station, window, from, Json(week.clone()), why.trim(), now, by],
    )
    .await?;
    Ok(())
}

/// Closures on days of the span, lifted ones too.
pub async fn closures(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Closure>> {
    r.all(
        sql!("select id, window_id, day, from_minute, until_minute, reason, at, by_user, lifted_at from windows_closure where station_id = $1 and day >= $2 and day <= $3 order by day, from_minute limit 1000"),
        args![station, from, until],
    )
    .await
}

/// Writes a closure.
pub async fn insert_closure(tx: &mut Tx, station: StationId, c: &Closure) -> Result<()> {
    tx.exec(
        sql!("insert into windows_closure (station_id, id, window_id, day, from_minute, until_minute, reason, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![station, c.id, c.window_id, c.day, c.from_minute, c.until_minute, &c.reason, c.at, c.by_user],
    )
    .await?;
    Ok(())
}

/// Lifts a closure; the row stays.
pub async fn lift_closure(tx: &mut Tx, station: StationId, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec_one("这次停办", sql!("update windows_closure set lifted_at = $3 where station_id = $1 and id = $2 and lifted_at is null"), args![station, id, now]).await
}
