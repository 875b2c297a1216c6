//! Pages of the roster: the month and its versions, one version, posts, rules, people, and what is mine.

pub mod after;
pub mod attendance;
pub mod mine;
pub mod month;
pub mod past;
pub mod people;
pub mod plan;
pub mod plans;
pub mod posts;
pub mod rules;
pub mod table;
pub mod today;

use kernel::{Date, ToSpan};
use serde::Deserialize;
use web::Ctx;

/// What the pages of a month are asked.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    pub month: String,
    pub view: String,
    pub who: String,
    pub day: String,
    pub a: String,
    pub b: String,
}

/// The month that was asked for, this one where nothing or nonsense was typed.
pub fn month(ctx: &Ctx, typed: &str) -> Date {
    let today = ctx.app.today();
    let typed = if typed.len() == 7 { format!("{typed}-01") } else { typed.to_string() };
    web::form::parse_date(&typed).and_then(|d| crate::actions::month_of(d, today).ok()).unwrap_or(today.first_of_month())
}

/// The months around one, for links: address and name.
pub fn around(month: Date) -> [(String, String); 3] {
    [-1i64, 0, 1].map(|n| {
        let m = month.saturating_add(n.months()).first_of_month();
        (m.to_string(), format!("{} 年 {} 月", m.year(), m.month()))
    })
}

/// A name for a stored minute span, `08:00`.
pub fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}
