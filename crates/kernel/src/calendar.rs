//! Working days with the State Council's yearly arrangement (调休) as data.
//!
//! A year that has no notice yet is 暂定: weekends only, and every date counted through it says so.

use crate::{Date, Error, Result};
use jiff::ToSpan;
use jiff::civil::Weekday;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// One year's arrangement as written in `calendar.toml`.
#[derive(Clone, Debug, Deserialize)]
struct Year {
    year: i16,
    #[serde(default)]
    source: String,
    #[serde(default)]
    provisional: bool,
    #[serde(default)]
    holiday: Vec<Holiday>,
    #[serde(default)]
    makeup: Vec<MakeUp>,
}

/// Days off from `first` to `last`, both included.
#[derive(Clone, Debug, Deserialize)]
struct Holiday {
    name: String,
    first: String,
    last: String,
}

/// A weekend day that is worked (调休上班).
#[derive(Clone, Debug, Deserialize)]
struct MakeUp {
    date: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    year: Vec<Year>,
}

/// Days off, worked weekends and the years they are known for.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    off: BTreeMap<Date, String>,
    worked: BTreeSet<Date>,
    known: BTreeMap<i16, String>,
}

/// A counted date and whether a year without a notice was touched (暂定).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub date: Date,
    pub provisional: bool,
}

impl Calendar {
    /// Reads `calendar.toml`.
    pub fn parse(text: &str) -> Result<Calendar> {
        let bad = |e: String| {
            Error::from(crate::Refusal::new("calendar.syntax", format!("节假日文件读不懂：{e}"), "请改正后重新导入。"))
        };
        let file: File = toml::from_str(text).map_err(|e| bad(e.to_string()))?;
        let mut c = Calendar::default();
        for y in file.year {
            if !y.provisional {
                c.known.insert(y.year, y.source.clone());
            }
            for h in &y.holiday {
                let first: Date = h.first.parse().map_err(|_| bad(h.first.clone()))?;
                let last: Date = h.last.parse().map_err(|_| bad(h.last.clone()))?;
                if last < first || (last - first).get_days() > 31 {
                    return Err(bad(format!("{first}～{last}")));
                }
                let mut d = first;
                while d <= last {
                    c.off.insert(d, h.name.clone());
                    d = d.tomorrow().map_err(|e| bad(e.to_string()))?;
                }
            }
            for m in &y.makeup {
                c.worked.insert(m.date.parse().map_err(|_| bad(m.date.clone()))?);
            }
        }
        Ok(c)
    }

    /// Whether the State Council's notice for this year is in the data.
    pub fn is_known(&self, year: i16) -> bool {
        self.known.contains_key(&year)
    }

    /// The last year with a notice.
    pub fn last_known_year(&self) -> Option<i16> {
        self.known.keys().next_back().copied()
    }

    /// The holiday's name, when the day is one.
    pub fn holiday(&self, day: Date) -> Option<&str> {
        self.off.get(&day).map(String::as_str)
    }

    /// Whether the day is a worked weekend day.
    pub fn is_make_up(&self, day: Date) -> bool {
        self.worked.contains(&day)
    }

    pub fn is_working(&self, day: Date) -> bool {
        if self.worked.contains(&day) {
            return true;
        }
        !self.off.contains_key(&day) && !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    /// The `n`-th working day after `start`; the start day itself is not counted
    /// (期间开始的日不计算在内: 民法典 §201, 程序规定 的期间计算同).
    pub fn add_working_days(&self, start: Date, n: i64) -> Counted {
        let mut date = start;
        let mut left = n.clamp(0, 2_000);
        let mut provisional = !self.is_known(start.year());
        while left > 0 {
            date = date.saturating_add(1.day());
            provisional |= !self.is_known(date.year());
            if self.is_working(date) {
                left -= 1;
            }
        }
        Counted { date, provisional }
    }

    /// `n` calendar days after `start`; when the last day is a day off, the next working day
    /// (民法典 §203).
    pub fn add_days(&self, start: Date, n: i64) -> Counted {
        let mut date = start.saturating_add(n.clamp(0, 40_000).days());
        let mut provisional = !self.is_known(date.year());
        while !self.is_working(date) {
            date = date.saturating_add(1.day());
            provisional |= !self.is_known(date.year());
        }
        Counted { date, provisional }
    }

    /// Working days after `from` up to and including `to`.
    pub fn working_days_between(&self, from: Date, to: Date) -> i64 {
        let mut n = 0;
        let mut d = from;
        while d < to && n < 40_000 {
            d = d.saturating_add(1.day());
            n += i64::from(self.is_working(d));
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar::parse(
            r#"
[[year]]
year = 2026
source = "test"
makeup = [{ date = "2026-05-09", for = "劳动节" }]
[[year.holiday]]
name = "劳动节"
first = "2026-05-01"
last = "2026-05-05"
"#,
        )
        .unwrap()
    }

    fn d(s: &str) -> Date {
        s.parse().unwrap()
    }

    #[test]
    fn working_days_skip_holidays_and_count_worked_weekends() {
        let c = calendar();
        assert_eq!(c.add_working_days(d("2026-04-30"), 3), Counted { date: d("2026-05-08"), provisional: false });
        assert_eq!(c.add_working_days(d("2026-04-30"), 4).date, d("2026-05-09"));
        assert_eq!(c.working_days_between(d("2026-04-30"), d("2026-05-09")), 4);
        assert_eq!(c.add_days(d("2026-04-01"), 30).date, d("2026-05-06"));
    }

    #[test]
    fn an_unknown_year_makes_the_date_provisional() {
        let c = calendar();
        assert!(c.add_working_days(d("2026-12-30"), 3).provisional);
        assert_eq!(c.last_known_year(), Some(2026));
    }
}
