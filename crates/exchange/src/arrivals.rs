//! One record of past arrivals (旧叫号机、登记表) by the mapping; pure. What a service, a day and a number must be is the
//! demand's own rule ([`demand::actions::judge_row`]).

use crate::judge::{Verdict, shape};
use crate::mapping::{Column, Mapping};
use crate::value::{self, BadTime};
use demand::model::PastRow;
use kernel::Timestamp;

/// A row with the key by which it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub key: String,
    pub row: PastRow,
}

/// The column of a field, when the file has it.
fn column<'a>(m: &'a Mapping, header: &[String], field: &str) -> Option<(&'a Column, usize)> {
    let c = m.columns.get(field)?;
    header.iter().position(|h| *h == c.from || c.aliases.contains(h)).map(|i| (c, i))
}

/// Day and time of a record as one text: from one column, or from 日期 and 时段 (`09:00`, `09:00-09:15`).
fn when(m: &Mapping, header: &[String], cell: impl Fn(usize) -> String) -> String {
    let at = column(m, header, "at").map(|(_, i)| cell(i)).unwrap_or_default();
    let Some((_, i)) = column(m, header, "day") else { return at };
    let day = cell(i);
    let time = at.split(['-', '~', '–', '—', '至']).next().unwrap_or("").trim().to_string();
    match (day.parse::<f64>(), time.parse::<f64>()) {
        // A workbook's own days and parts of days.
        (Ok(d), Ok(t)) if t < 1.0 => (d + t).to_string(),
        _ => format!("{} {time}", day.split(' ').next().unwrap_or("")),
    }
}

/// Reads one record. A file with a column of people gives counts by the quarter hour; without it each row is a person.
pub fn arrival(m: &Mapping, header: &[String], record: &[String], now: Timestamp) -> Verdict<Arrival> {
    if let Some(early) = shape(m, header, record) {
        return early;
    }
    let cell = |i: usize| value::half(&value::clean(&record[i]));
    let mut refused = vec![];
    let service = column(m, header, "service").map(|(c, i)| (c, value::clean(&record[i])));
    let service = service.map_or(String::new(), |(c, s)| c.map.get(&s).cloned().unwrap_or(s));
    if service.is_empty() {
        refused.push("service.missing");
    } else if service.chars().count() > 40 {
        refused.push("cell.too_long");
    }
    let typed = when(m, header, cell);
    let mut at = now;
    match m.columns.get("at") {
        Some(_) if typed.trim().is_empty() => refused.push("time.missing"),
        Some(c) => match value::moment(typed.trim(), c) {
            Ok(t) if t > now => refused.push("time.future"),
            Ok(t) => at = t,
            Err(BadTime::Impossible) => refused.push("time.impossible"),
            Err(BadTime::Unreadable) => refused.push("time.unreadable"),
        },
        None => refused.push("time.missing"),
    }
    let people = match column(m, header, "people") {
        None => None,
        Some((_, i)) if cell(i).is_empty() => {
            refused.push("people.missing");
            None
        }
        Some((c, i)) => {
            let n = value::integer(&cell(i), c);
            if n.is_none() {
                refused.push("number.unreadable");
            }
            n
        }
    };
    let number = column(m, header, "number").map_or(String::new(), |(_, i)| cell(i));
    if number.chars().count() > 64 {
        refused.push("key.too_long");
    }
    if !refused.is_empty() {
        return Verdict::Refused(refused);
    }
    // Numbers of tickets begin anew every day.
    let key = if number.is_empty() { format!("{service}|{}", at.as_second()) } else { format!("{number}|{}", kernel::clock::day_of(at)) };
    Verdict::Accepted(Box::new(Arrival { key, row: PastRow { service, at, people } }))
}
