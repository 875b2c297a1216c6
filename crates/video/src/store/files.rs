//! Rows of recorded files, one a file, and what retention removed.

use kernel::{Date, Reader, Result, StationId, Tx, Uuid, args, record, sql};

record! {
    /// A recorded file.
    #[derive(Clone, Debug, PartialEq)]
    pub struct FileRow {
        pub station_id: StationId,
        pub stream_id: Uuid,
        /// The moment in its name.
        pub name_ms: i64,
        pub start_ms: i64,
        pub end_ms: i64,
        pub bytes: i64,
        pub follows_break: bool,
    }
}

/// A row; one that is there already stays.
pub async fn insert_file(tx: &mut Tx, f: &FileRow) -> Result<()> {
    let new = tx
        .exec(
            sql!("insert into video_file (station_id, stream_id, name_ms, start_ms, end_ms, bytes, follows_break) values ($1, $2, $3, $4, $5, $6, $7) on conflict (station_id, stream_id, name_ms) do nothing"),
            args![f.station_id, f.stream_id, f.name_ms, f.start_ms, f.end_ms, f.bytes, f.follows_break],
        )
        .await?;
    if new == 1 {
        add_kept(tx, f.station_id, f.stream_id, 1, (f.bytes, f.end_ms - f.start_ms)).await?;
    }
    Ok(())
}

async fn add_kept(
    tx: &mut Tx,
    station: StationId,
    stream: Uuid,
    files: i64,
    (bytes, span_ms): (i64, i64),
) -> Result<()> {
    tx.exec(
        sql!("insert into video_kept (station_id, stream_id, files, bytes, span_ms) values ($1, $2, $3, $4, $5) on conflict (station_id, stream_id) do update set files = video_kept.files + excluded.files, bytes = video_kept.bytes + excluded.bytes, span_ms = video_kept.span_ms + excluded.span_ms"),
        args![station, stream, files, bytes, span_ms],
    )
    .await?;
    Ok(())
}

/// Takes the row of a file that retention removed, and adds it to the report.
pub async fn file_removed(
    tx: &mut Tx,
    station: StationId,
    stream: Uuid,
    name_ms: i64,
    day: Date,
    reason: &str,
    bytes: i64,
) -> Result<()> {
    let was = tx
        .rows(
            sql!("select end_ms - start_ms as span_ms from video_file where station_id = $1 and stream_id = $2 and name_ms = $3"),
            args![station, stream, name_ms],
        )
        .await?;
    // Told twice (after a kill), counted once.
    let Some(span_ms) = was.first().map(|w| w.get::<i64>("span_ms")).transpose()? else { return Ok(()) };
    tx.exec(
        sql!("delete from video_file where station_id = $1 and stream_id = $2 and name_ms = $3"),
        args![station, stream, name_ms],
    )
    .await?;
    add_kept(tx, station, stream, -1, (-bytes, -span_ms)).await?;
    tx.exec(
        sql!("insert into video_removed (station_id, stream_id, day, reason, files, bytes, oldest_ms, newest_ms) values ($1, $2, $3, $4, 1, $5, $6, $6) on conflict (station_id, stream_id, day, reason) do update set files = video_removed.files + 1, bytes = video_removed.bytes + excluded.bytes, oldest_ms = case when excluded.oldest_ms < video_removed.oldest_ms then excluded.oldest_ms else video_removed.oldest_ms end, newest_ms = case when excluded.newest_ms > video_removed.newest_ms then excluded.newest_ms else video_removed.newest_ms end"),
        args![station, stream, day, reason, bytes, name_ms],
    )
    .await?;
    Ok(())
}

record! {
    /// What there is of a stream: newest and oldest file, bytes, how many, how long they last together.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Kept {
        pub stream_id: Uuid,
        pub newest_name_ms: i64,
        pub oldest_ms: i64,
        pub newest_ms: i64,
        pub bytes: i64,
        pub files: i64,
        pub span_ms: i64,
    }
}

/// What there is of every stream of all stations; the estate begins with it.
pub async fn kept_everywhere(r: &mut Reader) -> Result<Vec<Kept>> {
    r.all(
        sql!("select k.stream_id, k.files, k.bytes, k.span_ms, (select max(f.name_ms) from video_file f where f.station_id = k.station_id and f.stream_id = k.stream_id) as newest_name_ms, (select f.start_ms from video_file f where f.stream_id = k.stream_id order by f.start_ms limit 1) as oldest_ms, (select f.end_ms from video_file f where f.stream_id = k.stream_id order by f.start_ms desc limit 1) as newest_ms from video_kept k where k.files > 0 order by k.stream_id limit 20000"),
        args![],
    )
    .await
}

/// What there is of every stream of a station.
pub async fn kept(r: &mut Reader, station: StationId) -> Result<Vec<Kept>> {
    r.all(
        sql!("select k.stream_id, k.files, k.bytes, k.span_ms, (select max(f.name_ms) from video_file f where f.station_id = k.station_id and f.stream_id = k.stream_id) as newest_name_ms, (select f.start_ms from video_file f where f.stream_id = k.stream_id order by f.start_ms limit 1) as oldest_ms, (select f.end_ms from video_file f where f.stream_id = k.stream_id order by f.start_ms desc limit 1) as newest_ms from video_kept k where k.station_id = $1 and k.files > 0 order by k.stream_id limit 4000"),
        args![station],
    )
    .await
}

record! {
    /// A stretch in which nothing was recorded.
    #[derive(Clone, Debug, PartialEq)]
    pub struct GapRow {
        pub stream_id: Uuid,
        pub from_ms: i64,
        pub to_ms: i64,
    }
}

/// Milliseconds of a camera's streams that stand there only because somebody keeps them: files older than the oldest one
/// that no hold in force touches. By stream; a stream without such files is left out.
pub async fn held_beyond(r: &mut Reader, station: StationId, camera: Uuid) -> Result<Vec<(Uuid, i64)>> {
    let rows = r
        .rows(
            sql!("select f.stream_id, cast(sum(f.end_ms - f.start_ms) as @int) as held_ms from video_stream s join video_file f on f.stream_id = s.id where s.station_id = $1 and s.camera_id = $2 and f.start_ms < coalesce((select min(x.start_ms) from video_file x where x.stream_id = s.id and not exists (select 1 from video_hold h where h.station_id = $1 and h.camera_id = $2 and h.released_at is null and h.from_ms < x.end_ms and h.to_ms > x.start_ms)), $3) group by f.stream_id limit 100"),
            args![station, camera, i64::MAX],
        )
        .await?;
    rows.iter().map(|w| Ok((w.get("stream_id")?, w.get("held_ms")?))).collect()
}

/// Stretches longer than `least_ms` before files that begin after `since_ms`, the longest first; before the first file the
/// stretch begins with the span. What is missing after the newest file is not in it.
pub async fn gaps(r: &mut Reader, station: StationId, since_ms: i64, least_ms: i64) -> Result<Vec<GapRow>> {
    r.all(
        sql!("select stream_id, from_ms, to_ms from (select stream_id, coalesce(lag(end_ms) over (partition by stream_id order by start_ms), $2) as from_ms, start_ms as to_ms from video_file where station_id = $1 and start_ms >= $2 - 7200000) g where to_ms > $2 and to_ms - from_ms > $3 order by to_ms - from_ms desc, from_ms limit 500"),
        args![station, since_ms, least_ms],
    )
    .await
}

/// Files of some streams that touch a span, oldest first; for the time line.
pub async fn files_within(r: &mut Reader, streams: &[Uuid], from_ms: i64, to_ms: i64) -> Result<Vec<FileRow>> {
    r.all(
        sql!("select station_id, stream_id, name_ms, start_ms, end_ms, bytes, follows_break from video_file where stream_id in @ids($1) and start_ms < $3 and start_ms > $2 - 7200000 and end_ms > $2 order by stream_id, start_ms limit 30000"),
        args![kernel::row::ids(streams), from_ms, to_ms],
    )
    .await
}

record! {
    /// What retention removed of a stream on a day for a reason.
    #[derive(Clone, Debug)]
    pub struct RemovedRow {
        pub stream_id: Uuid,
        pub day: Date,
        pub reason: String,
        pub files: i64,
        pub bytes: i64,
        pub oldest_ms: i64,
        pub newest_ms: i64,
    }
}

/// What retention removed between two days.
pub async fn removed(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<RemovedRow>> {
    r.all(
        sql!("select stream_id, day, reason, files, bytes, oldest_ms, newest_ms from video_removed where station_id = $1 and day >= $2 and day <= $3 order by day desc, stream_id, reason limit 10000"),
        args![station, from, until],
    )
    .await
}
