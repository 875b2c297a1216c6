//! Working days with the State Council's yearly arrangement (调休) as data.
//!
//! A year that has no notice yet is 暂定: weekends and reckoned feasts only, and every date counted through it says so. A notice
//! comes with the program or with an imported pack (`[[year]]`); the one read last holds for its year.

use crate::{Date, Error, Result};
use jiff::ToSpan;
use jiff::civil::Weekday;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// One year's arrangement (国务院办公厅的放假通知) as written in a pack.
#[derive(Clone, Debug, Deserialize)]
pub struct Year {
    year: i16,
    #[serde(default)]
    source: String,
    /// The notice was not found yet; weekends and reckoned feasts only.
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

/// Days off, worked weekends and the years they are known for. A day keeps the year of the notice that names it: New
/// Year's days off begin in the December before.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    off: BTreeMap<Date, (String, i16)>,
    worked: BTreeMap<Date, i16>,
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
        c.put(&file.year)?;
        Ok(c)
    }

    /// Takes in the arrangements of years; each replaces what was known of its year. Refused whole when one of them has no
    /// source, a day outside its year, a span that ends before it begins or overlaps another, or a worked day that is
    /// no weekend day or a day off at once.
    pub fn put(&mut self, years: &[Year]) -> Result<()> {
        let mut seen = BTreeSet::new();
        for y in years {
            let n = y.year;
            let bad = |what: String| {
                let next = "请对照国务院办公厅的通知改正后重新导入。";
                Err(Error::from(crate::Refusal::new("calendar.year", format!("{n} 年的节假日安排：{what}"), next)))
            };
            if !(2000..=2100).contains(&n) {
                return bad("年份应在 2000 至 2100 之间。".into());
            }
            if !seen.insert(n) {
                return bad("同一份文件里写了两次。".into());
            }
            if !y.provisional && y.source.trim().is_empty() {
                return bad("没有写出处 source（通知的名称）。".into());
            }
            if !y.provisional && y.holiday.is_empty() {
                return bad("没有放假的日子 [[year.holiday]]。".into());
            }
            // A notice may name days of the neighbouring weeks: New Year begins in December, a worked Sunday ends it.
            let near = |d: Date| d.year() == n || (d.year() == n - 1 && d.month() == 12) || (d.year() == n + 1 && d.month() == 1);
            let (mut off, mut worked) = (BTreeMap::new(), BTreeMap::new());
            for h in &y.holiday {
                let (Ok(first), Ok(last)) = (h.first.parse::<Date>(), h.last.parse::<Date>()) else {
                    return bad(format!("“{}”的日期“{}”至“{}”不是 YYYY-MM-DD。", h.name, h.first, h.last));
                };
                if h.name.trim().is_empty() {
                    return bad(format!("{first} 起的假期没有名称。"));
                }
                if last < first || (last - first).get_days() > 31 {
                    return bad(format!("“{}”从 {first} 到 {last}，先后或者长短不对。", h.name));
                }
                let mut d = first;
                while d <= last {
                    if !near(d) {
                        return bad(format!("“{}”的 {d} 不在这一年。", h.name));
                    }
                    // A notice joins feasts that meet (国庆节、中秋节) in one span; what is only reckoned may name a day twice.
                    if off.insert(d, (h.name.clone(), n)).is_some() && !y.provisional {
                        return bad(format!("{d} 写在两个假期里。"));
                    }
                    d = d.saturating_add(1.day());
                }
            }
            for m in &y.makeup {
                let Ok(d) = m.date.parse::<Date>() else {
                    return bad(format!("调休上班日“{}”不是 YYYY-MM-DD。", m.date));
                };
                if !near(d) {
                    return bad(format!("调休上班日 {d} 不在这一年。"));
                }
                if !matches!(d.weekday(), Weekday::Saturday | Weekday::Sunday) {
                    return bad(format!("调休上班日 {d} 不是星期六、星期日。"));
                }
                if off.contains_key(&d) {
                    return bad(format!("{d} 既是放假日又是上班日。"));
                }
                worked.insert(d, n);
            }
            self.off.retain(|_, (_, of)| *of != n);
            self.worked.retain(|_, of| *of != n);
            self.known.remove(&n);
            if !y.provisional {
                self.known.insert(n, y.source.trim().to_string());
            }
            self.off.extend(off);
            self.worked.extend(worked);
        }
        Ok(())
    }

    /// The notice that this year's days come from.
    pub fn source(&self, year: i16) -> Option<&str> {
        self.known.get(&year).map(String::as_str)
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
        self.off.get(&day).map(|(name, _)| name.as_str())
    }

    /// Whether the day is a worked weekend day.
    pub fn is_make_up(&self, day: Date) -> bool {
        self.worked.contains_key(&day)
    }

    pub fn is_working(&self, day: Date) -> bool {
        if self.worked.contains_key(&day) {
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
        self.or_next_working(start.saturating_add(n.clamp(0, 40_000).days()))
    }

    /// The day of the same number `n` months after `start`, the last of that month where it has none (民法典 §202); when
    /// it is a day off, the next working day (民法典 §203).
    pub fn add_months(&self, start: Date, n: i64) -> Counted {
        self.or_next_working(start.saturating_add(n.clamp(0, 1_200).months()))
    }

    /// The last day of a period, moved off days off.
    fn or_next_working(&self, mut date: Date) -> Counted {
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
    fn a_month_ends_on_its_day_or_the_next_working_day() {
        let c = calendar();
        assert_eq!(c.add_months(d("2026-04-08"), 1), Counted { date: d("2026-05-08"), provisional: false });
        assert_eq!(c.add_months(d("2026-04-03"), 1).date, d("2026-05-06"), "3 May is a holiday (民法典 §203)");
        assert_eq!(c.add_months(d("2026-04-09"), 1).date, d("2026-05-09"), "a Saturday that is worked");
        assert_eq!(c.add_months(d("2026-01-31"), 1).date, d("2026-03-02"), "28 February is a Saturday (民法典 §202)");
        assert_eq!(c.add_months(d("2026-12-14"), 1), Counted { date: d("2027-01-14"), provisional: true });
    }

    #[test]
    fn a_year_is_put_whole_or_refused_with_what_is_wrong() {
        let year = |text: &str| {
            #[derive(Deserialize)]
            struct Pack {
                year: Vec<Year>,
            }
            toml::from_str::<Pack>(&format!("[[year]]\nyear = 2027\nsource = \"国办发明电〔2026〕9号\"\n{text}")).unwrap().year
        };
        let span = |first: &str, last: &str| format!("[[year.holiday]]\nname = \"元旦\"\nfirst = \"{first}\"\nlast = \"{last}\"\n");
        let mut c = calendar();
        assert!(c.add_working_days(d("2026-12-30"), 3).provisional);
        // From the December before, with a worked Saturday in it.
        c.put(&year(&format!("makeup = [{{ date = \"2026-12-26\" }}]\n{}", span("2026-12-31", "2027-01-02")))).unwrap();
        assert_eq!(c.add_working_days(d("2026-12-30"), 3), Counted { date: d("2027-01-06"), provisional: false });
        assert!(c.is_working(d("2026-12-26")) && !c.is_working(d("2026-12-31")));
        assert_eq!((c.is_known(2027), c.source(2027)), (true, Some("国办发明电〔2026〕9号")));
        // The same year again replaces it; the other years stay.
        c.put(&year(&span("2027-01-01", "2027-01-03"))).unwrap();
        assert!(!c.is_working(d("2026-12-26")) && c.is_working(d("2026-12-31")) && c.is_make_up(d("2026-05-09")));
        for (text, says) in [
            (String::new(), "没有放假的日子"),
            (span("2027-01-03", "2027-01-01"), "先后或者长短不对"),
            (span("2026-01-01", "2026-01-03"), "不在这一年"),
            (span("2027-01-01", "2027-01-03") + &span("2027-01-03", "2027-01-04"), "写在两个假期里"),
            (span("2027-1-1", "2027-01-03"), "不是 YYYY-MM-DD"),
            (format!("makeup = [{{ date = \"2027-01-05\" }}]\n{}", span("2027-01-01", "2027-01-03")), "不是星期六、星期日"),
            (format!("makeup = [{{ date = \"2027-01-02\" }}]\n{}", span("2027-01-01", "2027-01-03")), "既是放假日又是上班日"),
        ] {
            let before = format!("{c:?}");
            let Err(Error::Refused(r)) = c.put(&year(&text)) else { panic!("{says}") };
            assert!(r.key == "calendar.year" && r.what.contains(says) && r.what.contains("2027"), "{}", r.what);
            assert_eq!(before, format!("{c:?}"), "refused whole");
        }
    }

    #[test]
    fn an_unknown_year_makes_the_date_provisional() {
        let c = calendar();
        assert!(c.add_working_days(d("2026-12-30"), 3).provisional);
        assert_eq!(c.last_known_year(), Some(2026));
    }
}
