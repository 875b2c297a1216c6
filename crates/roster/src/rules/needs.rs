//! What a need asks of the shifts: night or not, people on each shift of each day, and needs as they are typed.

use crate::model::{DayType, Need, PostSet, Shift};

/// Minutes of a shift between 22:00 and 06:00; three hours make a night (夜班).
pub fn is_night(start: i64, minutes: i64) -> bool {
    let overlap = |from: i64, until: i64| ((start + minutes).min(until) - start.max(from)).max(0);
    overlap(0, 360) + overlap(1_320, 1_800) + overlap(2_760, 3_240) >= 180
}

/// Days of the run that stands for "a day of this kind among its like", and which of them is read.
const ALIKE: (usize, usize) = (7, 3);

/// People on each shift of a post on a day of this kind among its like: [`counts_over`] a week of them.
///
/// # Errors
/// The first quarter (minute of the day) that no shift covers.
pub fn counts(set: &PostSet, kind: DayType) -> std::result::Result<Vec<u32>, i64> {
    let mut all = counts_over(set, &[kind; ALIKE.0]).map_err(|(_, at)| at)?;
    Ok(all.swap_remove(ALIKE.1))
}

/// People on each shift of a post on each day of a run of days. Needs by the quarter hour become the fewest people that
/// cover every quarter: at the first uncovered one the shift that reaches farthest is taken, which is optimal for
/// intervals. Time goes on over midnight: the shift of the evening before covers the morning after, so a watch of 24
/// hours is covered by 08–20 and 20–08. What lies before the first day's first shift is the day before's matter.
///
/// # Errors
/// The first quarter that no shift covers: day, minute of the day.
pub fn counts_over(set: &PostSet, days: &[DayType]) -> std::result::Result<Vec<Vec<u32>>, (usize, i64)> {
    let mut out = vec![vec![0u32; set.shifts.len()]; days.len()];
    if !set.post.by_quarter {
        for (day, kind) in days.iter().enumerate() {
            for n in set.needs.iter().filter(|n| n.day_type == *kind) {
                if let Some(i) = set.shifts.iter().position(|s| n.shift_id == Some(s.id)) {
                    out[day][i] += n.people.max(0) as u32;
                }
            }
        }
        return Ok(out);
    }
    for quarter in 0..days.len() as i64 * 96 {
        let (at, day) = (quarter * 15, (quarter / 96) as usize);
        let minute = at - day as i64 * 1_440;
        let since = day.saturating_sub(1)..=day;
        // On a day: what it asks for itself, and what goes on from the day before.
        let asked: i64 = since.clone().map(|d| asked(&set.needs, days[d], at - d as i64 * 1_440)).sum();
        let on = |d: usize, s: &Shift| covers(s, at - d as i64 * 1_440);
        let there: i64 = since.clone().flat_map(|d| set.shifts.iter().zip(&out[d]).filter(move |(s, _)| on(d, s)).map(|(_, n)| i64::from(*n))).sum();
        if asked <= there {
            continue;
        }
        let all = since.flat_map(|d| set.shifts.iter().enumerate().map(move |(i, s)| (d, i, s)));
        let best = all.filter(|(d, _, s)| on(*d, s)).max_by_key(|(d, i, s)| (*d as i64 * 1_440 + s.start_minute + s.minutes, std::cmp::Reverse(*i)));
        match best {
            Some((d, i, _)) => out[d][i] += (asked - there) as u32,
            // The evening before the run lies outside of it; a shift of that evening may reach here.
            None if day == 0 && set.shifts.iter().any(|s| covers(s, at + 1_440)) => {}
            None => return Err((day, minute)),
        }
    }
    Ok(out)
}

pub(super) fn covers(s: &Shift, minute: i64) -> bool {
    s.start_minute <= minute && minute + 15 <= s.start_minute + s.minutes
}

/// People whom the needs of a day ask for in the quarter hour that begins at `minute` of that day.
pub(super) fn asked(needs: &[Need], kind: DayType, minute: i64) -> i64 {
    needs.iter().filter(|n| n.day_type == kind && n.from_minute <= minute && minute < n.until_minute).map(|n| n.people.max(0)).sum()
}

/// Minutes since midnight of `8:00`, `08:00` or `24:00`; quarters only.
pub fn minute(typed: &str) -> Option<i64> {
    let folded = kernel::text::fold(typed).replace('：', ":");
    let (h, m) = folded.trim().split_once(':')?;
    let (h, m): (i64, i64) = (h.trim().parse().ok()?, m.trim().parse().ok()?);
    let ok = (0..=24).contains(&h) && (0..60).contains(&m) && m % 15 == 0 && h * 60 + m <= 1_440;
    ok.then_some(h * 60 + m)
}

/// Reads `08:00-12:00 2，12:00-18:00 1`; an end before the beginning lies on the next day.
///
/// # Errors
/// A Chinese sentence that names the part that could not be read.
pub fn intervals(typed: &str) -> std::result::Result<Vec<(i64, i64, i64)>, String> {
    let mut out = vec![];
    let folded = kernel::text::fold(typed).replace(['，', '；', ';', '\n', '\r', '、'], ",");
    for part in folded.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let bad = || format!("“{}”没有读懂，请写成 08:00-12:00 2（时刻须为整刻钟，最后是人数）。", kernel::text::cut(part, 30));
        let (times, people) = part.rsplit_once([' ', '\u{3000}']).ok_or_else(bad)?;
        let (from, until) = times.split_once(['-', '–', '—', '~', '至']).ok_or_else(bad)?;
        let (from, mut until) = (minute(from).ok_or_else(bad)?, minute(until).ok_or_else(bad)?);
        let people: i64 = people.trim().trim_end_matches('人').parse().map_err(|_| bad())?;
        if !(0..=40).contains(&people) {
            return Err(format!("“{}”的人数应为 0 到 40。", kernel::text::cut(part, 30)));
        }
        if until <= from {
            until += 1_440;
        }
        out.push((from, until, people));
    }
    if out.len() > 40 { Err("一天最多写 40 段。".into()) } else { Ok(out) }
}
