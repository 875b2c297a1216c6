//! 居住证的签注: each year in the month before the full year; late it is suspended, revived by the endorsement, and the years
//! count anew from then (居住证暂行条例第十条).

use crate::model::Permit;
use kernel::{Date, FieldErrors, Refusal, ToSpan};

/// The clock of a permit on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Nothing to do until the day from which it can be endorsed.
    Valid { opens: Date, due: Date },
    /// In the month before the full year.
    Open { due: Date },
    /// 使用功能中止: not endorsed by the day.
    Suspended { since: Date },
    Ended,
}

/// Months of the rule pack: between endorsements, and how long before the day it can be done.
#[derive(Clone, Copy, Debug)]
pub struct Months {
    pub every: i64,
    pub before: i64,
}

/// The day by which the next endorsement is due.
pub fn due(p: &Permit, m: Months) -> Date {
    p.counted_from.saturating_add((m.every * (p.years + 1)).months())
}

/// How a permit stands on a day.
pub fn clock(p: &Permit, m: Months, on: Date) -> Clock {
    if p.ended_on.is_some() {
        return Clock::Ended;
    }
    let due = due(p, m);
    let opens = due.saturating_sub(m.before.months());
    if on > due {
        Clock::Suspended { since: due }
    } else if on >= opens {
        Clock::Open { due }
    } else {
        Clock::Valid { opens, due }
    }
}

/// A permit after an endorsement, and whether it was late.
///
/// # Errors
/// Before the month in which it can be done; ended.
pub fn endorse(p: &Permit, m: Months, on: Date) -> Result<(Permit, bool), Refusal> {
    match clock(p, m, on) {
        Clock::Ended => Err(Refusal::new("windows.permit_ended", "这张居住证已经注销。", "请办理申领。")),
        Clock::Valid { opens, .. } => Err(Refusal::new("windows.too_early", format!("还没有到签注的时间，从 {opens} 起可以办理。"), "请告诉持证人这个日期，可以预约。")),
        Clock::Open { .. } => Ok((Permit { years: p.years + 1, ..p.clone() }, false)),
        Clock::Suspended { .. } => Ok((Permit { counted_from: on, years: 0, ..p.clone() }, true)),
    }
}

/// A permit after 注销. The national regulation names no cases of it, so the reason carries its own basis.
///
/// # Errors
/// Ended already; a day before the issue or ahead, no reason, by field.
pub fn end(p: &Permit, on: Date, today: Date, why: &str) -> kernel::Result<Permit> {
    if p.ended_on.is_some() {
        return Err(Refusal::new("windows.permit_ended", "这张居住证已经注销。", "请看本页的记录。").into());
    }
    let mut e = FieldErrors::default();
    if on < p.issued_on || on > today {
        e.add("on", format!("注销日期应在签发（{}）以后、今天以前。", p.issued_on));
    }
    if !(4..=200).contains(&why.trim().chars().count()) {
        e.add("why", "请写明注销的事由和依据，4 到 200 字。");
    }
    e.ok(())?;
    Ok(Permit { ended_on: Some(on), ended_why: why.trim().into(), ..p.clone() })
}

impl Clock {
    /// As the register shows it.
    pub fn words(&self) -> String {
        match self {
            Clock::Valid { opens, due } => format!("有效，{opens} 至 {due} 签注"),
            Clock::Open { due } => format!("请在 {due} 前签注"),
            Clock::Suspended { since } => format!("使用功能中止（{since} 前没有签注）"),
            Clock::Ended => "已注销".into(),
        }
    }
    pub fn badge(&self) -> &'static str {
        match self {
            Clock::Valid { .. } => "badge--ok",
            Clock::Open { .. } => "badge--warn",
            Clock::Suspended { .. } => "badge--danger",
            Clock::Ended => "badge--quiet",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{PersonId, StationId, Uuid};

    const M: Months = Months { every: 12, before: 1 };

    fn d(s: &str) -> Date {
        s.parse().unwrap()
    }
    fn permit(from: &str, years: i64) -> Permit {
        Permit {
            station_id: StationId::NIL,
            id: Uuid::nil(),
            case_id: Uuid::nil(),
            person_id: PersonId::NIL,
            number: "1".into(),
            issued_on: d(from),
            counted_from: d(from),
            years,
            ended_on: None,
            ended_why: String::new(),
            version: 1,
        }
    }

    #[test]
    fn the_clock_by_days() {
        let p = permit("2025-05-08", 0);
        let cases = [
            ("2025-05-08", Clock::Valid { opens: d("2026-04-08"), due: d("2026-05-08") }),
            ("2026-04-07", Clock::Valid { opens: d("2026-04-08"), due: d("2026-05-08") }),
            ("2026-04-08", Clock::Open { due: d("2026-05-08") }),
            ("2026-05-08", Clock::Open { due: d("2026-05-08") }),
            ("2026-05-09", Clock::Suspended { since: d("2026-05-08") }),
        ];
        for (day, want) in cases {
            assert_eq!(clock(&p, M, d(day)), want, "{day}");
        }
        // A leap day's full year falls on the last of February.
        assert_eq!(due(&permit("2024-02-29", 0), M), d("2025-02-28"));
        assert_eq!(clock(&Permit { ended_on: Some(d("2025-06-01")), ..p }, M, d("2026-05-01")), Clock::Ended);
    }

    #[test]
    fn a_permit_ends_once_on_a_day_that_was_with_a_reason() {
        let p = permit("2025-05-08", 0);
        let bad = |on: &str, why: &str| end(&p, d(on), d("2026-05-08"), why).unwrap_err();
        for (on, why, field) in [("2025-05-07", "户口迁入本地", "on"), ("2026-05-09", "户口迁入本地", "on"), ("2026-05-01", "无", "why")] {
            let kernel::Error::Invalid(e) = bad(on, why) else { panic!() };
            assert!(!e.of(field).is_empty(), "{on} {why}");
        }
        let ended = end(&p, d("2026-05-01"), d("2026-05-08"), " 户口迁入本地 ").unwrap();
        assert_eq!((ended.ended_on, ended.ended_why.as_str()), (Some(d("2026-05-01")), "户口迁入本地"));
        assert_eq!(end(&ended, d("2026-05-01"), d("2026-05-08"), "户口迁入本地").unwrap_err().key(), "windows.permit_ended");
        assert_eq!(endorse(&ended, M, d("2026-04-20")).unwrap_err().key, "windows.permit_ended");
    }

    #[test]
    fn in_time_keeps_the_years_and_late_counts_anew() {
        let p = permit("2025-05-08", 0);
        assert_eq!(endorse(&p, M, d("2026-03-01")).unwrap_err().key, "windows.too_early");
        let (next, late) = endorse(&p, M, d("2026-04-20")).unwrap();
        assert!(!late && next.counted_from == d("2025-05-08") && due(&next, M) == d("2027-05-08"));
        let (next, late) = endorse(&p, M, d("2026-06-01")).unwrap();
        assert!(late && next.counted_from == d("2026-06-01") && due(&next, M) == d("2027-06-01"));
        assert_eq!(clock(&next, M, d("2026-06-01")), Clock::Valid { opens: d("2027-05-01"), due: d("2027-06-01") });
    }
}
