//! Health by the hour, and alarms.

use crate::model::{Alarm, AlarmKind};
use kernel::{Reader, Result, StationId, Timestamp, Tx, Uuid, args, record, sql};

record! {
    /// What was seen of a stream within an hour.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct HourRow {
        pub stream_id: Uuid,
        pub hour_ms: i64,
        /// Seconds in which it was looked at by us, was alive, was alive and had a viewer.
        pub seconds: i64,
        pub live: i64,
        pub watched: i64,
        /// Bits per second, added up over `live`.
        pub bit_rate_sum: i64,
        pub lost_packets: i64,
        /// Groups of pictures that were received and not recorded.
        pub lost_groups: i64,
        /// Jumps of the camera's clock.
        pub jumps: i64,
        /// The last that was told; 0 where the camera told none.
        pub skew_ms: i64,
    }
}

/// Adds to an hour.
pub async fn add_hour(tx: &mut Tx, station: StationId, h: &HourRow) -> Result<()> {
    tx.exec(
        sql!("insert into video_hour (station_id, stream_id, hour_ms, seconds, live, watched, bit_rate_sum, lost_packets, skew_ms, lost_groups, jumps) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (station_id, stream_id, hour_ms) do update set seconds = video_hour.seconds + excluded.seconds, live = video_hour.live + excluded.live, watched = video_hour.watched + excluded.watched, bit_rate_sum = video_hour.bit_rate_sum + excluded.bit_rate_sum, lost_packets = video_hour.lost_packets + excluded.lost_packets, skew_ms = excluded.skew_ms, lost_groups = video_hour.lost_groups + excluded.lost_groups, jumps = video_hour.jumps + excluded.jumps"),
        args![station, h.stream_id, h.hour_ms, h.seconds, h.live, h.watched, h.bit_rate_sum, h.lost_packets, h.skew_ms, h.lost_groups, h.jumps],
    )
    .await?;
    Ok(())
}

/// Each stream's hours of a span added up; `hour_ms` is the last one.
pub async fn hours(r: &mut Reader, station: StationId, from_ms: i64, to_ms: i64) -> Result<Vec<HourRow>> {
    r.all(
        sql!("select stream_id, max(hour_ms) as hour_ms, cast(sum(seconds) as @int) as seconds, cast(sum(live) as @int) as live, cast(sum(watched) as @int) as watched, cast(sum(bit_rate_sum) as @int) as bit_rate_sum, cast(sum(lost_packets) as @int) as lost_packets, cast(sum(lost_groups) as @int) as lost_groups, cast(sum(jumps) as @int) as jumps, max(skew_ms) as skew_ms from video_hour where station_id = $1 and hour_ms >= $2 and hour_ms < $3 group by stream_id limit 4000"),
        args![station, from_ms, to_ms],
    )
    .await
}

pub async fn open_alarm(tx: &mut Tx, a: &Alarm) -> Result<()> {
    tx.exec(
        sql!("insert into video_alarm (station_id, id, camera_id, kind, detail, began_at) values ($1, $2, $3, $4, $5, $6)"),
        args![a.station_id, a.id, a.camera_id, a.kind, &a.detail, a.began_at],
    )
    .await?;
    Ok(())
}

/// Ends an alarm; `false` when it had ended.
pub async fn end_alarm(tx: &mut Tx, station: StationId, id: Uuid) -> Result<bool> {
    let now = tx.now();
    Ok(tx
        .exec(
            sql!("update video_alarm set ended_at = $3 where station_id = $1 and id = $2 and ended_at is null"),
            args![station, id, now],
        )
        .await?
        > 0)
}

/// Alarms that are not over, of all stations.
pub async fn open_alarms(r: &mut Reader) -> Result<Vec<Alarm>> {
    r.all(
        sql!("select station_id, id, camera_id, kind, detail, began_at, ended_at from video_alarm where ended_at is null order by began_at, id limit 10000"),
        args![],
    )
    .await
}

/// Alarms of a station that were open at some moment since `from`, newest first.
pub async fn alarms(r: &mut Reader, station: StationId, from: Timestamp) -> Result<Vec<Alarm>> {
    r.all(
        sql!("select station_id, id, camera_id, kind, detail, began_at, ended_at from video_alarm where station_id = $1 and (ended_at is null or ended_at >= $2) order by case when ended_at is null then 0 else 1 end, began_at desc, id limit 200"),
        args![station, from],
    )
    .await
}

/// How many alarms of each kind began in a span.
pub async fn alarm_sums(
    r: &mut Reader,
    station: StationId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(AlarmKind, i64)>> {
    let rows = r
        .rows(
            sql!("select kind, count(*) as n from video_alarm where station_id = $1 and began_at >= $2 and began_at < $3 group by kind order by n desc, kind"),
            args![station, from, until],
        )
        .await?;
    rows.iter().map(|w| Ok((w.get("kind")?, w.get("n")?))).collect()
}
