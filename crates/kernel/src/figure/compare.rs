//! 同比、环比: a period beside the same days a year before, and beside the period just before.
//!
//! Both absolute numbers are always there. No per cent stands on a base below the rule's limit
//! (`figures.min_base`): −43 % fits 7→4 as well as 100→57.

use super::interval;
use super::{Figure, Period};
use crate::{Date, ToSpan};

impl Period {
    /// Days of the period.
    pub fn length(&self) -> i64 {
        i64::from(self.from.until(self.until).map(|s| s.get_days()).unwrap_or(0)) + 1
    }

    /// 环比: whole months are compared with as many whole months before, else the same number of days.
    pub fn before(&self) -> Period {
        let whole = self.from.day() == 1 && self.until == self.until.last_of_month();
        let months = i32::from(self.until.year() - self.from.year()) * 12 + i32::from(self.until.month() - self.from.month()) + 1;
        let until = self.from.yesterday().unwrap_or(self.from);
        let from = if whole { self.from.saturating_sub(months.months()) } else { self.from.saturating_sub(self.length().days()) };
        self.moved(from, until)
    }

    /// 同比: the same days of the year before; 29 February falls on the 28th.
    pub fn year_before(&self) -> Period {
        let whole = self.until == self.until.last_of_month();
        let until = self.until.saturating_sub(1.year());
        self.moved(self.from.saturating_sub(1.year()), if whole { until.last_of_month() } else { until })
    }

    fn moved(&self, from: Date, until: Date) -> Period {
        let mut p = Period { from, until, ..*self };
        if let Some((start, end)) = self.shift {
            let days = i64::from(from.until(self.from).map(|s| s.get_days()).unwrap_or(0));
            let back = std::time::Duration::from_secs(days.max(0) as u64 * 86_400);
            p.shift = Some((start.checked_sub(back).unwrap_or(start), end.checked_sub(back).unwrap_or(end)));
        }
        p
    }
}

/// Two counts of one figure over two periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub now: i64,
    pub base: i64,
    pub days_now: i64,
    pub days_base: i64,
    /// No per cent below this base.
    pub min_base: i64,
}

impl Change {
    /// Of what a figure counts: the number itself, for a share its numerator.
    pub fn of(now: &Figure, p: &Period, base: &Figure, q: &Period) -> Change {
        Change { now: now.numerator, base: base.numerator, days_now: p.length(), days_base: q.length(), min_base: p.terms.min_base }
    }

    pub fn difference(&self) -> i64 {
        self.now - self.base
    }

    /// Hundredths of a percent, rounded half away from zero; `None` below the smallest base.
    pub fn hundredths(&self) -> Option<i64> {
        if self.base < self.min_base.max(1) {
            return None;
        }
        let part = (self.difference().abs() * 1_000_000 / self.base + 50) / 100;
        Some(if self.difference() < 0 { -part } else { part })
    }

    /// `+12（+10.00 %）`, `−3（基数不足 10）`, `持平`.
    pub fn text(&self) -> String {
        let sign = |n: i64| if n < 0 { "−" } else { "+" };
        let d = self.difference();
        if d == 0 {
            return "持平".into();
        }
        match self.hundredths() {
            Some(h) => format!("{}{}（{}{}.{:02} %）", sign(d), d.abs(), sign(h), h.abs() / 100, h.abs() % 100),
            None => format!("{}{}（基数不足 {}）", sign(d), d.abs(), self.min_base),
        }
    }

    /// `比值 0.570（95 % 置信区间 0.404–0.797）` per day, where the base allows a per cent.
    pub fn ratio_text(&self) -> Option<String> {
        self.hundredths()?;
        let (r, i) = interval::ratio(self.now, self.base, self.days_now as f64, self.days_base as f64)?;
        Some(format!("日均之比 {r:.3}（95 % 置信区间 {:.3}–{:.3}）", i.low, i.high))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Terms;
    use super::*;
    use crate::{StationId, Timestamp};

    fn period(from: &str, until: &str) -> Period {
        let terms = Terms { latent_days: 30, min_n: 10, min_base: 10 };
        Period::days(StationId::NIL, from.parse().unwrap(), until.parse().unwrap(), Timestamp::UNIX_EPOCH, terms)
    }

    fn change(now: i64, base: i64) -> Change {
        Change { now, base, days_now: 30, days_base: 30, min_base: 10 }
    }

    #[test]
    fn periods_before() {
        for (from, until, before, year) in [
            ("2026-05-01", "2026-05-31", "2026-04-01 2026-04-30", "2025-05-01 2025-05-31"),
            ("2026-01-01", "2026-04-30", "2025-09-01 2025-12-31", "2025-01-01 2025-04-30"),
            ("2026-05-04", "2026-05-10", "2026-04-27 2026-05-03", "2025-05-04 2025-05-10"),
            ("2024-02-01", "2024-02-29", "2024-01-01 2024-01-31", "2023-02-01 2023-02-28"),
            ("2025-02-01", "2025-02-28", "2025-01-01 2025-01-31", "2024-02-01 2024-02-29"),
        ] {
            let p = period(from, until);
            let (b, y) = (p.before(), p.year_before());
            assert_eq!(format!("{} {}", b.from, b.until), before);
            assert_eq!(format!("{} {}", y.from, y.until), year);
        }
    }

    #[test]
    fn small_bases_have_no_per_cent() {
        assert_eq!(change(57, 100).text(), "−43（−43.00 %）");
        assert_eq!(change(4, 7).text(), "−3（基数不足 10）");
        assert_eq!(change(22, 20).text(), "+2（+10.00 %）");
        assert_eq!(change(3, 0).text(), "+3（基数不足 10）");
        assert_eq!(change(9, 9).text(), "持平");
        assert_eq!(change(57, 100).ratio_text().unwrap(), "日均之比 0.570（95 % 置信区间 0.404–0.797）");
        assert_eq!(change(4, 7).ratio_text(), None);
    }
}
