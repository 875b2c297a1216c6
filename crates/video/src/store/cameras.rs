//! Networks, groups, cameras, streams, rights, holds.

use super::stale;
use crate::model::{Camera, Group, Hold, Network, Right, Stream, StreamKind, Whole};
use kernel::row::ids;
use kernel::{Date, Error, IncidentId, Reader, Result, StationId, Tx, Uuid, args, record, sql};

/// Networks in force of a station.
pub async fn networks(r: &mut Reader, station: StationId) -> Result<Vec<Network>> {
    r.all(
        sql!("select station_id, id, network, note, at, by_user from video_network where station_id = $1 and ended_at is null order by at, id limit 50"),
        args![station],
    )
    .await
}

/// Networks in force of all stations.
pub async fn all_networks(r: &mut Reader) -> Result<Vec<Network>> {
    r.all(sql!("select station_id, id, network, note, at, by_user from video_network where ended_at is null order by at, id limit 20000"), args![]).await
}

pub async fn insert_network(tx: &mut Tx, n: &Network) -> Result<()> {
    tx.exec(
        sql!("insert into video_network (station_id, id, network, note, at, by_user) values ($1, $2, $3, $4, $5, $6)"),
        args![n.station_id, n.id, &n.network, &n.note, n.at, n.by_user],
    )
    .await?;
    Ok(())
}

pub async fn end_network(tx: &mut Tx, station: StationId, id: Uuid) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec_one("这个网段", sql!("update video_network set ended_at = $3, ended_by = $4 where station_id = $1 and id = $2 and ended_at is null"), args![station, id, now, by]).await
}

/// Groups in use, parents and children alike, in order.
pub async fn groups(r: &mut Reader, station: StationId) -> Result<Vec<Group>> {
    r.all(
        sql!("select id, parent_id, name, position from video_group where station_id = $1 and ended_at is null order by position, name, id limit 300"),
        args![station],
    )
    .await
}

pub async fn insert_group(tx: &mut Tx, station: StationId, g: &Group) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into video_group (station_id, id, parent_id, name, position, at) values ($1, $2, $3, $4, $5, $6)"),
        args![station, g.id, g.parent_id, &g.name, g.position, now],
    )
    .await?;
    Ok(())
}

/// Takes a group out of use; its cameras and children hang at its parent afterwards.
pub async fn end_group(tx: &mut Tx, station: StationId, g: &Group) -> Result<()> {
    let now = tx.now();
    tx.exec_one(
        "这个分组",
        sql!("update video_group set ended_at = $3 where station_id = $1 and id = $2 and ended_at is null"),
        args![station, g.id, now],
    )
    .await?;
    tx.exec(
        sql!("update video_group set parent_id = $3 where station_id = $1 and parent_id = $2"),
        args![station, g.id, g.parent_id],
    )
    .await?;
    tx.exec(
        sql!("update video_camera set group_id = $3 where station_id = $1 and group_id = $2"),
        args![station, g.id, g.parent_id],
    )
    .await?;
    Ok(())
}

fn whole(cameras: Vec<Camera>, streams: &[Stream]) -> Vec<Whole> {
    cameras
        .into_iter()
        .map(|camera| Whole { streams: streams.iter().filter(|s| s.camera_id == camera.id).cloned().collect(), camera })
        .collect()
}

/// Cameras of a station with their streams, by name; with those out of use when `ended`.
pub async fn cameras(r: &mut Reader, station: StationId, ended: bool) -> Result<Vec<Whole>> {
    let cameras = r
        .all(
            sql!("select station_id, id, number, name, place, place_kind, building_id, lon, lat, direction, view_angle, reach_m, group_id, restricted, keep_days, filing_unit, filing_number, filing_day, in_use_day, device_kind, sign_in_name, sign_in_password, created_at, ended_at, end_reason, end_filed_day, version from video_camera where station_id = $1 and ($2 or ended_at is null) order by number, id limit 2000"),
            args![station, ended],
        )
        .await?;
    let streams: Vec<Stream> = r
        .all(
            sql!("select station_id, id, camera_id, kind, url, record, quota_mb, picture from video_stream where station_id = $1 and ended_at is null order by kind, id limit 4000"),
            args![station],
        )
        .await?;
    Ok(whole(cameras, &streams))
}

/// Cameras in use of all stations, for the estate.
pub async fn all_cameras(r: &mut Reader) -> Result<Vec<Whole>> {
    let cameras = r
        .all(
            sql!("select station_id, id, number, name, place, place_kind, building_id, lon, lat, direction, view_angle, reach_m, group_id, restricted, keep_days, filing_unit, filing_number, filing_day, in_use_day, device_kind, sign_in_name, sign_in_password, created_at, ended_at, end_reason, end_filed_day, version from video_camera where ended_at is null order by station_id, id limit 5000"),
            args![],
        )
        .await?;
    let streams: Vec<Stream> = r
        .all(sql!("select station_id, id, camera_id, kind, url, record, quota_mb, picture from video_stream where ended_at is null order by station_id, id limit 10000"), args![])
        .await?;
    Ok(whole(cameras, &streams))
}

/// One camera with its streams.
pub async fn camera(r: &mut Reader, id: Uuid) -> Result<Whole> {
    let camera: Camera = r
        .opt(
            sql!("select station_id, id, number, name, place, place_kind, building_id, lon, lat, direction, view_angle, reach_m, group_id, restricted, keep_days, filing_unit, filing_number, filing_day, in_use_day, device_kind, sign_in_name, sign_in_password, created_at, ended_at, end_reason, end_filed_day, version from video_camera where id = $1"),
            args![id],
        )
        .await?
        .ok_or(Error::NotFound("这台摄像机"))?;
    let streams = r
        .all(sql!("select station_id, id, camera_id, kind, url, record, quota_mb, picture from video_stream where camera_id = $1 and ended_at is null order by kind, id"), args![id])
        .await?;
    Ok(Whole { camera, streams })
}

/// The camera that bears a number in a station.
pub async fn camera_by_number(r: &mut Reader, station: StationId, number: &str) -> Result<Option<Uuid>> {
    let rows = r
        .rows(sql!("select id from video_camera where station_id = $1 and number = $2"), args![station, number])
        .await?;
    rows.first().map(|row| row.get("id")).transpose()
}

record! {
    /// The address of a stream of a camera in use.
    #[derive(Clone, Debug)]
    pub struct Address {
        pub camera_id: Uuid,
        pub name: String,
        pub number: String,
        pub kind: StreamKind,
        pub url: String,
    }
}

/// Addresses of a station's cameras in use.
pub async fn addresses(r: &mut Reader, station: StationId) -> Result<Vec<Address>> {
    r.all(
        sql!("select s.camera_id, c.name, c.number, s.kind, s.url from video_stream s join video_camera c on c.id = s.camera_id where s.station_id = $1 and s.ended_at is null and c.ended_at is null order by c.number, s.kind limit 4000"),
        args![station],
    )
    .await
}

/// Their names only, of any station.
pub async fn camera_names(r: &mut Reader, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let rows = r.rows(sql!("select id, name from video_camera where id in @ids($1)"), args![kernel::row::ids(ids)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

pub async fn insert_camera(tx: &mut Tx, c: &Camera) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into video_camera (station_id, id, number, name, place, place_kind, building_id, lon, lat, direction, view_angle, group_id, restricted, keep_days, filing_unit, filing_number, filing_day, in_use_day, device_kind, sign_in_name, sign_in_password, created_at, created_by, reach_m, end_reason, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, '', 1)"),
        args![c.station_id, c.id, &c.number, &c.name, &c.place, &c.place_kind, c.building_id, c.lon, c.lat, c.direction, c.view_angle, c.group_id, c.restricted, c.keep_days, &c.filing_unit, &c.filing_number, c.filing_day, c.in_use_day, c.device_kind, c.sign_in_name, c.sign_in_password, now, by, c.reach_m],
    )
    .await?;
    Ok(())
}

/// Writes a camera over its former version.
pub async fn update_camera(tx: &mut Tx, c: &Camera) -> Result<()> {
    let n = tx
        .exec(
            sql!("update video_camera set number = $4, name = $5, place = $6, place_kind = $7, building_id = $8, lon = $9, lat = $10, direction = $11, view_angle = $12, group_id = $13, keep_days = $14, filing_unit = $15, filing_number = $16, filing_day = $17, in_use_day = $18, device_kind = $19, sign_in_name = $20, sign_in_password = $21, reach_m = $22, version = version + 1 where station_id = $1 and id = $2 and version = $3 and ended_at is null"),
            args![c.station_id, c.id, c.version, &c.number, &c.name, &c.place, &c.place_kind, c.building_id, c.lon, c.lat, c.direction, c.view_angle, c.group_id, c.keep_days, &c.filing_unit, &c.filing_number, c.filing_day, c.in_use_day, c.device_kind, c.sign_in_name, c.sign_in_password, c.reach_m],
        )
        .await?;
    stale(n)
}

/// Takes a camera out of use; its recordings stay as long as they are kept.
pub async fn end_camera(tx: &mut Tx, station: StationId, id: Uuid, reason: &str) -> Result<()> {
    let now = tx.now();
    tx.exec_one("这台摄像机", sql!("update video_camera set ended_at = $3, end_reason = $4, version = version + 1 where station_id = $1 and id = $2 and ended_at is null"), args![station, id, now, reason]).await
}

/// It was filed that the camera is no longer there. Not found when it still is, or when that was filed before.
pub async fn set_end_filed(tx: &mut Tx, station: StationId, id: Uuid, day: Date) -> Result<()> {
    tx.exec_one("要变更的备案", sql!("update video_camera set end_filed_day = $3, version = version + 1 where station_id = $1 and id = $2 and ended_at is not null and end_filed_day is null"), args![station, id, day]).await
}

/// What a stream's pictures are as usual from now on.
pub async fn set_picture(tx: &mut Tx, station: StationId, stream: Uuid, picture: &str) -> Result<()> {
    tx.exec(sql!("update video_stream set picture = $3 where station_id = $1 and id = $2"), args![station, stream, picture]).await?;
    Ok(())
}

/// A camera's stream of a kind as it shall be; `None` ends it.
pub async fn set_stream(
    tx: &mut Tx,
    station: StationId,
    camera: Uuid,
    kind: StreamKind,
    fresh: Uuid,
    s: Option<(&str, bool, i64)>,
) -> Result<()> {
    let now = tx.now();
    let Some((url, record, quota_mb)) = s else {
        tx.exec(sql!("update video_stream set ended_at = $4 where station_id = $1 and camera_id = $2 and kind = $3 and ended_at is null"), args![station, camera, kind, now]).await?;
        return Ok(());
    };
    let changed = tx
        .exec(
            sql!("update video_stream set picture = case when url = $4 then picture else '' end, url = $4, record = $5, quota_mb = $6 where station_id = $1 and camera_id = $2 and kind = $3 and ended_at is null"),
            args![station, camera, kind, url, record, quota_mb],
        )
        .await?;
    if changed == 0 {
        tx.exec(
            sql!("insert into video_stream (station_id, id, camera_id, kind, url, record, quota_mb, picture) values ($1, $2, $3, $4, $5, $6, $7, '')"),
            args![station, fresh, camera, kind, url, record, quota_mb],
        )
        .await?;
    }
    Ok(())
}

/// Streams that were ended or belong to ended cameras and may still have recordings: id, quota in megabytes, days kept.
pub async fn retired(r: &mut Reader) -> Result<Vec<(Uuid, i64, i64)>> {
    let rows = r
        .rows(
            sql!("select s.id, s.quota_mb, c.keep_days from video_stream s join video_camera c on c.id = s.camera_id where (s.ended_at is not null or c.ended_at is not null) and exists (select 1 from video_file f where f.station_id = s.station_id and f.stream_id = s.id) limit 10000"),
            args![],
        )
        .await?;
    rows.iter().map(|w| Ok((w.get("id")?, w.get("quota_mb")?, w.get("keep_days")?))).collect()
}

/// Every stream a camera has or had, with the camera: whose recordings these are.
pub async fn stream_owners(r: &mut Reader) -> Result<Vec<(Uuid, StationId, Uuid)>> {
    let rows = r.rows(sql!("select id, station_id, camera_id from video_stream limit 40000"), args![]).await?;
    rows.iter().map(|w| Ok((w.get("id")?, w.get("station_id")?, w.get("camera_id")?))).collect()
}

/// Rights of restricted cameras.
pub async fn rights(r: &mut Reader, station: StationId) -> Result<Vec<Right>> {
    r.all(sql!("select camera_id, role, live, replay, export from video_right where station_id = $1 order by camera_id, role limit 20000"), args![station]).await
}

/// Rights of some cameras.
pub async fn rights_of(r: &mut Reader, cameras: &[Uuid]) -> Result<Vec<Right>> {
    r.all(sql!("select camera_id, role, live, replay, export from video_right where camera_id in @ids($1) order by camera_id, role limit 20000"), args![ids(cameras)]).await
}

/// Opens a camera to all whose role holds the permission, or to the named roles only.
pub async fn set_rights(tx: &mut Tx, c: &Camera, restricted: bool, rights: &[Right]) -> Result<()> {
    let n = tx
        .exec(
            sql!("update video_camera set restricted = $4, version = version + 1 where station_id = $1 and id = $2 and version = $3 and ended_at is null"),
            args![c.station_id, c.id, c.version, restricted],
        )
        .await?;
    stale(n)?;
    tx.exec(sql!("delete from video_right where station_id = $1 and camera_id = $2"), args![c.station_id, c.id])
        .await?;
    for x in rights {
        tx.exec(
            sql!("insert into video_right (station_id, camera_id, role, live, replay, export) values ($1, $2, $3, $4, $5, $6)"),
            args![c.station_id, c.id, x.role, x.live, x.replay, x.export],
        )
        .await?;
    }
    Ok(())
}

pub async fn insert_hold(
    tx: &mut Tx,
    station: StationId,
    id: Uuid,
    camera: Uuid,
    (from_ms, to_ms): (i64, i64),
    reason: &str,
    incident: Option<IncidentId>,
) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into video_hold (station_id, id, camera_id, from_ms, to_ms, reason, incident_id, at, by_user, release_reason) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')"),
        args![station, id, camera, from_ms, to_ms, reason, incident, now, by],
    )
    .await?;
    Ok(())
}

/// Lets a span go; by name, with the reason.
pub async fn release_hold(tx: &mut Tx, station: StationId, id: Uuid, reason: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec_one(
        "这项保全",
        sql!("update video_hold set released_at = $3, released_by = $4, release_reason = $5 where station_id = $1 and id = $2 and released_at is null"),
        args![station, id, now, by, reason],
    )
    .await
}

/// Holds of a station, those in force first.
pub async fn holds(r: &mut Reader, station: StationId) -> Result<Vec<Hold>> {
    r.all(
        sql!("select station_id, id, camera_id, from_ms, to_ms, reason, incident_id, at, by_user, released_at, released_by, release_reason from video_hold where station_id = $1 order by case when released_at is null then 0 else 1 end, at desc limit 300"),
        args![station],
    )
    .await
}

/// Holds in force everywhere, for the estate.
pub async fn all_holds(r: &mut Reader) -> Result<Vec<Hold>> {
    r.all(
        sql!("select station_id, id, camera_id, from_ms, to_ms, reason, incident_id, at, by_user, released_at, released_by, release_reason from video_hold where released_at is null order by camera_id, from_ms limit 20000"),
        args![],
    )
    .await
}
