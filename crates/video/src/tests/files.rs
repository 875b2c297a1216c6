//! Rows of files: sums kept with them, gaps found, removal reported.

use super::town::town;
use crate::store::{self, FileRow};
use kernel::{Actor, Purpose, Reader, Tx, Uuid};
use testkit::engines;

#[tokio::test]
async fn sums_gaps_and_removals_follow_the_rows() {
    for engine in engines() {
        let town = town(engine).await;
        let camera = town.register("A1", "rtsp://127.0.0.1:9/a", "rtsp://127.0.0.1:9/b").await;
        let w = town.read(async |r: &mut Reader| store::camera(r, camera).await).await;
        let (a, b): (Uuid, Uuid) = (w.streams[0].id, w.streams[1].id);
        let station = town.station;
        let row = |stream: Uuid, n: i64| FileRow {
            station_id: station,
            stream_id: stream,
            name_ms: n * 60_000,
            start_ms: n * 60_000,
            end_ms: (n + 1) * 60_000,
            bytes: 100 + n,
            follows_break: false,
        };
        let act = |app: &kernel::App| app.look(&Actor::system(), "video.files", Purpose::Retention).in_station(station);
        let day = town.t.app.today();
        town.t
            .app
            .db()
            .write(&act(&town.t.app), async |tx: &mut Tx| {
                for n in [1000, 1001, 1003, 1004, 1010] {
                    store::insert_file(tx, &row(a, n)).await?;
                    // Told twice, counted once.
                    store::insert_file(tx, &row(a, n)).await?;
                }
                store::insert_file(tx, &row(b, 1000)).await?;
                store::file_removed(tx, station, a, 1000 * 60_000, day, "quota", 1100).await?;
                store::file_removed(tx, station, a, 1000 * 60_000, day, "quota", 1100).await?;
                tx.record("video.files", &[], "");
                Ok(())
            })
            .await
            .unwrap();
        let kept = town.read(async |r: &mut Reader| store::kept(r, station).await).await;
        let of = kept.iter().find(|k| k.stream_id == a).unwrap();
        assert_eq!((kept.len(), of.files, of.bytes), (2, 4, 1101 + 1103 + 1104 + 1110), "{engine}");
        assert_eq!(of.span_ms, 4 * 60_000);
        assert_eq!((of.oldest_ms, of.newest_ms, of.newest_name_ms), (1001 * 60_000, 1011 * 60_000, 1010 * 60_000));
        assert_eq!(kept, town.read(async |r: &mut Reader| store::kept_everywhere(r).await).await);
        let gaps = town.read(async |r: &mut Reader| store::gaps(r, station, 1002 * 60_000, 2_000).await).await;
        let spans: Vec<(i64, i64)> = gaps.iter().map(|g| (g.from_ms / 60_000, g.to_ms / 60_000)).collect();
        assert_eq!(spans, [(1005, 1010), (1002, 1003)], "the longest first");
        let gaps = town.read(async |r: &mut Reader| store::gaps(r, station, 1000 * 60_000, 2_000).await).await;
        let first = gaps.iter().find(|g| g.stream_id == a && g.to_ms == 1001 * 60_000).map(|g| g.from_ms / 60_000);
        assert_eq!(first, Some(1000), "before the first file nothing was recorded since the span began");
        let within = town
            .read(async |r: &mut Reader| store::files_within(r, &[a, b], 1003 * 60_000 + 5, 1004 * 60_000 + 5).await)
            .await;
        assert_eq!(within.iter().map(|f| f.name_ms / 60_000).collect::<Vec<_>>(), [1003, 1004]);
        let removed = town.read(async |r: &mut Reader| store::removed(r, station, day, day).await).await;
        assert_eq!((removed.len(), removed[0].files, removed[0].reason.as_str()), (1, 1, "quota"));
    }
}
