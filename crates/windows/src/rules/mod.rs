//! Decisions, pure: when windows are open, which times can be booked, what the catalogue says, what a form may hold.

pub mod cases;
pub mod catalogue;
pub mod empty;
pub mod holds;
pub mod hours;
pub mod permit;
pub mod queue;
pub mod slots;

use crate::model::{NewService, NewWindow, Span, Week};
use kernel::rules::RuleSet;
use kernel::{Date, Error, FieldErrors, Result};

/// Values of the rule pack that the domain reads, as they stand at a station on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Minutes of a bookable slot.
    pub slot: i64,
    /// Days ahead that can be booked.
    pub ahead: i64,
    /// Open bookings of one phone.
    pub per_phone: i64,
    /// Percent of the windows open at once that bookings may take.
    pub share: i64,
    /// Minutes that a booking is kept after its time.
    pub late: i64,
    /// Calls after which a ticket counts as missed.
    pub calls: i64,
    /// Minutes after closing at which a stand ends by itself.
    pub away: i64,
    /// Working days within which a door service is answered.
    pub door_days: i64,
}

/// Reads [`Limits`]; errors name the missing key.
pub fn limits(rules: &RuleSet, station: &str, on: Date) -> Result<Limits> {
    let get = |key: &str, least: i64, most: i64| {
        let n = rules.int_at(key, station, on).ok_or_else(|| Error::internal(format!("rule {key} is missing")))?;
        Ok::<i64, Error>(n.clamp(least, most))
    };
    Ok(Limits {
        slot: get("window.slot_minutes", 5, 120)?,
        ahead: get("window.book_days_ahead", 1, 60)?,
        per_phone: get("window.book_open_per_phone", 1, 20)?,
        share: get("window.book_share_percent", 1, 100)?,
        late: get("window.late_minutes", 0, 240)?,
        calls: get("window.calls_before_no_show", 1, 10)?,
        away: get("window.away_after_close_minutes", 0, 240)?,
        door_days: get("window.door_days", 1, 30)?,
    })
}

/// A service as it may be kept.
pub fn check_service(s: &NewService) -> Result<()> {
    let mut e = FieldErrors::default();
    if s.name.trim().is_empty() || s.name.chars().count() > 30 {
        e.add("name", "业务名称 1 到 30 字。");
    }
    if !(5..=240).contains(&s.minutes) {
        e.add("minutes", "一般要用的时间应为 5 到 240 分钟。");
    }
    if s.letter.chars().count() != 1 || !s.letter.chars().all(|c| c.is_ascii_uppercase()) {
        e.add("letter", "票号字母应为一个大写字母，例如 A。");
    }
    if s.papers.len() > 20 {
        e.add("papers", "材料最多 20 样。");
    }
    if s.papers.iter().any(|p| p.text.chars().count() > 300) {
        e.add("papers", "每样材料最多 300 字。");
    }
    if s.note.chars().count() > 300 {
        e.add("note", "提醒最多 300 字。");
    }
    e.ok(())
}

/// A window as it may be kept.
pub fn check_window(w: &NewWindow) -> Result<()> {
    let mut e = FieldErrors::default();
    if w.name.trim().is_empty() || w.name.chars().count() > 12 {
        e.add("name", "窗口名称 1 到 12 字，例如“1 号窗口”。");
    }
    e.ok(())
}

/// `09:00-12:00，14:00-17:00`; empty is closed. Errors: a sentence for the field.
pub fn parse_spans(typed: &str) -> Result<Vec<Span>, String> {
    let folded = kernel::text::fold(typed);
    let mut out: Vec<Span> = vec![];
    for part in folded.split([',', '，', '、', ';', '；', ' ']).map(str::trim).filter(|p| !p.is_empty()) {
        let unread = || format!("没有读懂“{part}”，请写成 09:00-12:00，几段之间用逗号隔开。");
        let (a, b) = part.split_once(['-', '~', '～', '—', '–', '至']).ok_or_else(unread)?;
        let span = Span { from: minute(a).ok_or_else(unread)?, until: minute(b).ok_or_else(unread)? };
        if span.until <= span.from {
            return Err(format!("“{part}”的结束不在开始之后；跨过零点的请分在两天写。"));
        }
        if let Some(last) = out.last().filter(|l| span.from < l.until) {
            return Err(format!("“{part}”与前面的“{}”重叠，请按先后写。", last.text()));
        }
        out.push(span);
    }
    if out.len() > 6 {
        return Err("一天最多分 6 段。".into());
    }
    Ok(out)
}

/// Minutes since midnight of `9:00`, `09:30`, `24:00`, in any width of digits.
pub fn minute(typed: &str) -> Option<i64> {
    let folded = kernel::text::fold(typed);
    let (h, m) = folded.trim().split_once([':', '：'])?;
    let (h, m): (i64, i64) = (h.trim().parse().ok()?, m.trim().parse().ok()?);
    let all = h * 60 + m;
    ((0..=24).contains(&h) && (0..60).contains(&m) && all <= 1_440).then_some(all)
}

/// Hours by hand as they may be kept.
pub fn check_hours(week: &Week, from: Date, today: Date, why: &str) -> Result<()> {
    let mut e = FieldErrors::default();
    if from < today {
        e.add("from_day", "开放时间从今天或者以后的一天起改，过去的不改。");
    }
    if why.trim().chars().count() < 2 || why.chars().count() > 100 {
        e.add("why", "请写明理由，2 到 100 字，例如“夏季工作时间”。");
    }
    if [&week.work, &week.rest, &week.holiday].iter().any(|s| s.len() > 6) {
        e.add("work", "一天最多分 6 段。");
    }
    e.ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_as_people_write_them() {
        let spans = parse_spans("9:00-12:00，14:00—17:30").unwrap();
        assert_eq!(crate::model::spans_text(&spans), "09:00-12:00、14:00-17:30");
        assert_eq!(parse_spans("").unwrap(), vec![]);
        assert_eq!(parse_spans("18：00-24：00").unwrap()[0].until, 1_440);
        for wrong in ["九点到五点", "09:00", "12:00-09:00", "09:00-12:00，11:00-13:00", "09:60-10:00", "23:00-25:00"] {
            assert!(parse_spans(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_pack_names_every_limit() {
        let rules = rulebook::shipped().unwrap();
        let l = limits(&rules, "ZY", "2026-05-08".parse().unwrap()).unwrap();
        assert!(l.slot > 0 && l.ahead > 0 && l.calls > 0);
    }
}
