//! What the page of health says: what was not recorded, how long the room lasts.

/// Days that a quota lasts at a bit rate (bits per second); `None` while nothing flows.
pub fn days_kept(quota_bytes: u64, bits_per_second: f64) -> Option<f64> {
    (bits_per_second >= 1.0).then(|| quota_bytes as f64 * 8.0 / bits_per_second / 86_400.0)
}

/// Days after which the disk of a ring is full and the oldest files of all streams go, whatever their quotas; `None` when the
/// quotas of what flows fit. `streams`: quota in bytes and bits per second of each; `room`: bytes for files.
pub fn disk_days(streams: &[(u64, f64)], room: u64) -> Option<f64> {
    let flows = streams.iter().filter(|s| s.1 >= 1.0);
    let mut all: Vec<(f64, f64)> = flows.map(|(quota, bits)| (*quota as f64, bits / 8.0 * 86_400.0)).collect();
    // What fills its quota first takes no more than that of the disk.
    all.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (mut left, mut a_day) = (room as f64, all.iter().map(|s| s.1).sum::<f64>());
    for (quota, own) in all {
        if quota / own * a_day > left {
            return Some(left / a_day);
        }
        (left, a_day) = (left - quota, a_day - own);
    }
    None
}

/// Rows of recorded files come so late at most, milliseconds: a minute of film, then it is brought to the disk for good.
const ROWS_LATE_MS: i64 = 180_000;
/// The same of a stream that delivers nothing: its file was ended at once.
const DEAD_LATE_MS: i64 = 30_000;

/// What was not recorded of a stream within a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    pub times: usize,
    pub all_ms: i64,
    pub longest_ms: i64,
}

/// What was not recorded between `since_ms` and `now_ms` of a stream that should record: the stretches before its files, and
/// that from the end of the newest one (`None`: there is none) until now, which is open. `alive`: it delivers now.
pub fn missing(gaps: &[(i64, i64)], newest_ms: Option<i64>, (since_ms, now_ms): (i64, i64), alive: bool) -> Missing {
    let late = if alive { ROWS_LATE_MS } else { DEAD_LATE_MS };
    let newest = newest_ms.unwrap_or(since_ms).max(since_ms);
    let open = (now_ms - newest > late).then_some((newest, now_ms));
    let mut out = Missing::default();
    for (from, to) in gaps.iter().copied().chain(open) {
        let ms = to - from.max(since_ms);
        if ms > 0 {
            out = Missing { times: out.times + 1, all_ms: out.all_ms + ms, longest_ms: out.longest_ms.max(ms) };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_lasts_and_a_disk_may_be_shorter() {
        assert_eq!(days_kept(21_600_000_000, 2_000_000.0), Some(1.0));
        assert_eq!(days_kept(1, 0.0), None);
        // 8 bits a second are 86 400 bytes a day.
        let day = 86_400;
        assert_eq!(disk_days(&[(30 * day, 8.0), (30 * day, 8.0)], 60 * day), None);
        assert_eq!(disk_days(&[(30 * day, 8.0), (30 * day, 8.0)], 40 * day), Some(20.0));
        // The small quota is spent after five days; what is left of the disk lasts the other ten.
        assert_eq!(disk_days(&[(30 * day, 8.0), (5 * day, 8.0)], 15 * day), Some(10.0));
        assert_eq!(disk_days(&[(30 * day, 8.0), (90 * day, 0.0)], 40 * day), None, "what does not flow takes no room");
        assert_eq!(disk_days(&[(30 * day, 8.0)], 0), Some(0.0));
        assert_eq!(disk_days(&[], 0), None);
    }

    #[test]
    fn what_is_missing_ends_with_now() {
        let span = (1_000_000, 87_400_000);
        let of = |times, all_ms, longest_ms| Missing { times, all_ms, longest_ms };
        assert_eq!(missing(&[], Some(span.1 - 100_000), span, true), of(0, 0, 0), "the row of the last minute is late");
        assert_eq!(missing(&[], Some(span.1 - 100_000), span, false), of(1, 100_000, 100_000));
        assert_eq!(missing(&[], None, span, true), of(1, 86_400_000, 86_400_000), "not one file");
        assert_eq!(missing(&[], Some(5), span, false), of(1, 86_400_000, 86_400_000), "dead for longer than the span");
        let gaps = [(2_000_000, 2_030_000), (900_000, 1_010_000), (800_000, 900_000)];
        assert_eq!(missing(&gaps, Some(span.1), span, true), of(2, 40_000, 30_000), "what was before the span is left out");
    }
}
