//! Pages of the desk: calling, bookings, services, catalogue, hours, windows, and what became of the plan.

pub mod booking;
pub mod bookings;
pub mod cases;
pub mod catalogue;
pub mod desk;
pub mod display;
pub mod hours;
pub mod monitor;
pub mod notices;
pub mod permit;
pub mod register;
pub mod services;
pub mod setup;

use crate::rules::catalogue::Kind;
use kernel::rules::RuleSet;
use kernel::{Date, Result};
use web::{Answer, IntoResponse};

/// `15 天内`, `3 个工作日内` at the station of this code, or "".
pub fn due_text(rules: &RuleSet, kind: Option<&Kind>, station: &str, on: Date) -> String {
    let Some(k) = kind.filter(|k| !k.due_rule.is_empty()) else { return String::new() };
    let Some((n, source)) = crate::rules::cases::days(rules, k, station, on) else { return String::new() };
    let unit = if k.due_rule == "criminal_record.reply_days" { "个工作日" } else { "日" };
    format!("受理之日起 {n} {unit}内（{source}）")
}

/// A PDF under a name, shown in the browser.
pub fn file(name: &str, bytes: Vec<u8>) -> Answer {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let star: String = name.bytes().map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") }).collect();
    let head = [
        (http::header::CONTENT_TYPE, "application/pdf".to_string()),
        (http::header::CONTENT_DISPOSITION, format!("inline; filename=\"{plain}.pdf\"; filename*=UTF-8''{star}.pdf")),
        (http::header::CACHE_CONTROL, "no-store".to_string()),
    ];
    Ok((head, bytes).into_response())
}

/// `HH:MM` of a form as a minute of the day; errors are a sentence.
pub fn minute(typed: &str) -> Result<i64, String> {
    let read = || crate::rules::minute(typed).filter(|m| *m < 1_440);
    read().ok_or_else(|| "时间请写成 09:30。".to_string())
}
