//! Rights of single cameras, and holds on footage.

use super::within;
use crate::model::{Camera, Right};
use crate::store;
use kernel::{Act, App, Error, FieldErrors, IncidentId, Permission as P, Reader, Result, Tx, Uuid};

/// Opens a camera to everybody whose role holds the permission, or to the named roles only. Errors: right missing,
/// changed meanwhile, nobody left.
pub async fn set_rights(
    app: &App,
    act: &Act,
    id: Uuid,
    version: i64,
    restricted: bool,
    rights: Vec<Right>,
) -> Result<()> {
    let look = app.look(&act.actor, "video.camera", act.purpose);
    let camera = app.db().read(&look, async |r: &mut Reader| Ok(store::camera(r, id).await?.camera)).await?;
    let act = within(act, P::GrantAdmin, camera.station_id)?;
    let rights: Vec<Right> = rights.into_iter().filter(|r| r.live || r.replay || r.export).collect();
    if restricted && rights.is_empty() {
        return Err(FieldErrors::one("rights", "限定了使用范围，却没有一个角色能用。请至少勾选一项，或者不限定。"));
    }
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let camera = Camera { version, ..camera.clone() };
            store::set_rights(tx, &camera, restricted, if restricted { &rights } else { &[] }).await?;
            tx.record("video.rights", &[("camera", id)], &format!("{restricted} {rights:?}"));
            tx.emit("video.setup", id);
            Ok(())
        })
        .await
}

/// Keeps the footage of a span whatever its age. Errors: right missing, span empty or longer than a week, no reason.
pub async fn hold(
    app: &App,
    act: &Act,
    camera: Uuid,
    from_ms: i64,
    to_ms: i64,
    reason: &str,
    incident: Option<IncidentId>,
) -> Result<Uuid> {
    let look = app.look(&act.actor, "video.camera", act.purpose);
    let camera = app.db().read(&look, async |r: &mut Reader| Ok(store::camera(r, camera).await?.camera)).await?;
    let act = within(act, P::VideoApprove, camera.station_id).map_err(|_| Error::NotFound("这台摄像机"))?;
    let mut e = FieldErrors::default();
    if to_ms <= from_ms || to_ms - from_ms > 7 * 86_400_000 {
        e.add("until", "结束应晚于开始，一项保全最长七天。");
    }
    if !(4..=200).contains(&reason.trim().chars().count()) {
        e.add("reason", "请写明保全的理由，4 到 200 字。");
    }
    e.ok(())?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let id: Uuid = tx.fresh();
            store::insert_hold(tx, camera.station_id, id, camera.id, (from_ms, to_ms), reason.trim(), incident).await?;
            tx.record(
                "video.hold",
                &[("camera", camera.id), ("video_hold", id)],
                &format!("{from_ms} {to_ms} {reason}"),
            );
            tx.emit("video.setup", id);
            Ok(id)
        })
        .await
}

/// Lets held footage go: an act with a name and a reason.
pub async fn release(app: &App, act: &Act, id: Uuid, reason: &str) -> Result<()> {
    act.actor.must(P::VideoApprove)?;
    if !(4..=200).contains(&reason.trim().chars().count()) {
        return Err(FieldErrors::one("reason", "请写明解除保全的理由，4 到 200 字。"));
    }
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::release_hold(tx, station, id, reason.trim()).await?;
            tx.record("video.release", &[("video_hold", id)], reason);
            tx.emit("video.setup", id);
            Ok(())
        })
        .await
}
