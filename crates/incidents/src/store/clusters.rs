//! Groups of reports that were proposed as one matter.

use crate::model::Line;
use kernel::{IncidentId, Reader, Result, StationId, Timestamp, args, record, sql};

record! {
    /// One group.
    #[derive(Clone, Debug)]
    pub struct Group {
        pub cluster_id: IncidentId,
        pub n: i64,
        pub first_at: Timestamp,
        pub last_at: Timestamp,
    }
}

/// Groups of two and more since `since`, the largest and latest 40 first.
pub async fn groups(r: &mut Reader, station: StationId, since: Timestamp) -> Result<Vec<Group>> {
    r.all(
        sql!("select cluster_id, count(*) as n, min(called_at) as first_at, max(called_at) as last_at from incidents_intake where station_id = $1 and called_at >= $2 and invalid_reason is null group by cluster_id having count(*) > 1 order by n desc, last_at desc limit 40"),
        args![station, since],
    )
    .await
}

/// The rows of these groups, newest first, 600 at most.
pub async fn rows(r: &mut Reader, station: StationId, since: Timestamp, clusters: &[IncidentId]) -> Result<Vec<Line>> {
    r.all(
        sql!("select id, number, title, place_text, source_code, category, found_category, level, state, called_at, cluster_id, beat_id, grid_id from incidents_intake where station_id = $1 and called_at >= $2 and invalid_reason is null and cluster_id in @ids($3) order by called_at desc, id desc limit 600"),
        args![station, since, kernel::row::ids(clusters)],
    )
    .await
}
