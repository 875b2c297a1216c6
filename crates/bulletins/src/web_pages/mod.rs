//! Pages of figures, of plots, and of briefings.

pub mod figures;
pub mod plots;
pub mod reports;

use kernel::figure::{Leaf, Period};
use kernel::{Date, Result, Timestamp};
use serde::Deserialize;
use web::Ctx;

/// What a page of figures is asked.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    from: String,
    until: String,
    as_of: String,
    key: String,
    part: String,
    page: String,
}

/// The pages of a list: where the reader is, how many there are, and what leads to another.
pub struct Pager {
    pub page: i64,
    pub pages: i64,
    pub rows: i64,
    /// The address without its page.
    pub href: String,
}

impl Pager {
    pub fn new(page: Leaf, rows: i64, href: String) -> Pager {
        Pager { page: page.number(), pages: Leaf::of(rows), rows, href }
    }
}

/// The question as it was understood.
pub struct Question {
    pub period: Period,
    /// Something was typed that could not be read; the default stands instead.
    pub wrong: bool,
    /// A moment was typed.
    pub past: bool,
}

impl Question {
    /// This month to date and now, where nothing or nonsense was typed.
    pub fn of(ctx: &Ctx, a: &Asked) -> Result<Question> {
        let (now, today) = (ctx.now(), ctx.app.today());
        let first = today.first_of_month();
        let (from, until) = (web::form::parse_date(&a.from), web::form::parse_date(&a.until));
        let as_of = moment(&a.as_of).filter(|t| crate::check_moment(*t, now).is_ok());
        let mut wrong = (!a.from.is_empty() && from.is_none()) || (!a.until.is_empty() && until.is_none());
        wrong |= !a.as_of.is_empty() && as_of.is_none();
        let (mut from, mut until) = (from.unwrap_or(first), until.unwrap_or(today));
        if crate::check(from, until).is_err() {
            (from, until, wrong) = (first, today, true);
        }
        let period = crate::period(&ctx.app.rules(), ctx.who.station, from, until, as_of.unwrap_or(now))?;
        // A moment carried by a link stands for "now" on the page that it came from.
        let past = as_of.is_some() && a.as_of.parse::<i64>().is_err();
        Ok(Question { period, wrong, past })
    }

    pub fn from(&self) -> Date {
        self.period.from
    }
    pub fn until(&self) -> Date {
        self.period.until
    }
    pub fn as_of(&self) -> &Timestamp {
        &self.period.as_of
    }
    /// What a link carries, so that the number and its rows are counted at one moment.
    pub fn query(&self) -> String {
        let moment = if self.past { self.typed() } else { self.period.as_of.as_microsecond().to_string() };
        format!("from={}&until={}&as_of={moment}", self.period.from, self.period.until)
    }
    /// The moment as the form field holds it; empty for now.
    pub fn typed(&self) -> String {
        if !self.past {
            return String::new();
        }
        self.period.as_of.to_zoned_datetime(kernel::clock::zone()).strftime("%Y-%m-%dT%H:%M").to_string()
    }
}

/// A typed moment, a day (its end), or the microseconds that a link carries.
fn moment(typed: &str) -> Option<Timestamp> {
    if let Ok(micros) = typed.trim().parse::<i64>() {
        return Some(kernel::clock::from_micros(micros));
    }
    if let Some(day) = web::form::parse_date(typed) {
        return Some(kernel::clock::start_of(day.tomorrow().ok()?));
    }
    web::form::parse_moment(typed)
}

/// The periods that are one click away.
pub struct Quick {
    pub label: &'static str,
    pub from: Date,
    pub until: Date,
}

pub fn quick(today: Date) -> Vec<Quick> {
    use kernel::ToSpan;
    let month = today.first_of_month();
    let last = month.yesterday().unwrap_or(month);
    let year = Date::new(today.year(), 1, 1).unwrap_or(today);
    vec![
        Quick { label: "今天", from: today, until: today },
        Quick { label: "近 7 天", from: today.saturating_sub(6.days()), until: today },
        Quick { label: "本月", from: month, until: today },
        Quick { label: "上月", from: last.first_of_month(), until: last },
        Quick { label: "今年", from: year, until: today },
    ]
}
