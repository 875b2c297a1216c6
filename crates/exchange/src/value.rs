//! Cells to values: cleaning, times as people write them, whole numbers.

use crate::mapping::Column;
use jiff::civil::{Date, DateTime, Time};
use kernel::{Timestamp, clock};

/// Cleaned text of a cell. Line breaks stay; what shows nothing goes; odd blanks become a blank.
/// A zero-width joiner survives only between emoji.
pub fn clean(raw: &str) -> String {
    let chars: Vec<char> = raw.chars().collect();
    let emoji = |c: Option<&char>| c.is_some_and(|c| ('\u{1f000}'..='\u{1faff}').contains(c) || ('\u{2600}'..='\u{27bf}').contains(c) || *c == '\u{fe0f}');
    let mut out = String::with_capacity(raw.len());
    for (i, c) in chars.iter().enumerate() {
        match c {
            '\u{200d}' if emoji(i.checked_sub(1).and_then(|p| chars.get(p))) && emoji(chars.get(i + 1)) => out.push(*c),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' => {}
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{2028}' | '\u{2029}' => out.push(' '),
            '\r' => {
                if chars.get(i + 1) != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\n' | '\t' => out.push(*c),
            c if c.is_control() => {}
            c => out.push(*c),
        }
    }
    out.trim().to_string()
}

/// Full-width letters, digits and punctuation of a number or time become half-width.
pub fn half(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '\u{3000}' => ' ',
            c => c,
        })
        .collect::<String>()
        .trim()
        .to_string()
}

/// Why a time was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTime {
    Unreadable,
    Impossible,
}

/// Numbers of a text in order, with what stands between them.
fn parts(text: &str) -> (Vec<i64>, String) {
    let (mut numbers, mut shape, mut run) = (vec![], String::new(), String::new());
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            numbers.push(run.parse().unwrap_or(i64::MAX));
            shape.push('#');
            run.clear();
        }
        if c != '\0' {
            shape.push(c);
        }
    }
    (numbers, shape)
}

/// The shape of a format: `%Y-%m-%d %H:%M` becomes `#-#-# #:#`.
fn shape_of(format: &str) -> String {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c == '%' {
            chars.next();
            out.push('#');
        } else {
            out.push(c);
        }
    }
    out
}

/// A moment by the column's formats, in their order; Chinese time where no offset is written.
pub fn moment(text: &str, column: &Column) -> Result<Timestamp, BadTime> {
    let (numbers, shape) = parts(text);
    let mut impossible = false;
    for format in &column.parse {
        match format.as_str() {
            "rfc3339" => {
                if text.contains(['T', 't']) {
                    if let Ok(t) = text.parse::<Timestamp>() {
                        return Ok(t);
                    }
                    impossible |= shape.starts_with("#-#-#T#:#");
                }
            }
            "excel_serial" => {
                let [low, high] = column.excel_serial_range.unwrap_or([20_000, 80_000]);
                if let Ok(n) = text.parse::<f64>()
                    && shape.chars().all(|c| c == '#' || c == '.')
                    && n >= low as f64
                    && n < high as f64
                {
                    return serial(n).ok_or(BadTime::Impossible);
                }
            }
            "%Y%m%d %H%M%S" => {
                if shape == "# #"
                    && let [d, t] = numbers[..]
                    && text.len() == 15
                {
                    match at(d / 10_000, d / 100 % 100, d % 100, t / 10_000, t / 100 % 100, t % 100) {
                        Some(t) => return Ok(t),
                        None => impossible = true,
                    }
                }
            }
            other => {
                let year_first = text.split(|c: char| !c.is_ascii_digit()).next().is_some_and(|y| y.len() == 4);
                if shape_of(other) == shape && year_first {
                    let n = |i: usize| numbers.get(i).copied().unwrap_or(0);
                    match at(n(0), n(1), n(2), n(3), n(4), n(5)) {
                        Some(t) => return Ok(t),
                        None => impossible = true,
                    }
                }
            }
        }
    }
    Err(if impossible { BadTime::Impossible } else { BadTime::Unreadable })
}

fn at(y: i64, mo: i64, d: i64, h: i64, mi: i64, s: i64) -> Option<Timestamp> {
    let small = |n: i64| i8::try_from(n).ok();
    let year = i16::try_from(y).ok().filter(|y| (1900..=9999).contains(y))?;
    let date = Date::new(year, small(mo)?, small(d)?).ok()?;
    let time = Time::new(small(h)?, small(mi)?, small(s)?, 0).ok()?;
    // A far future that no clock reaches is a date all the same; it is refused as future.
    if year > 2200 {
        return Some(Timestamp::MAX);
    }
    DateTime::from_parts(date, time).to_zoned_datetime(clock::zone()).ok().map(|z| z.timestamp())
}

/// Excel's day number (1900 system, day 25,569 is 1970-01-01), in Chinese time, to the second.
fn serial(n: f64) -> Option<Timestamp> {
    let seconds = ((n - 25_569.0) * 86_400.0).round() as i64 - 8 * 3_600;
    Timestamp::from_second(seconds).ok()
}

/// A whole number, thousands separated by commas allowed.
pub fn integer(text: &str, column: &Column) -> Option<i64> {
    let n: i64 = text.replace(',', "").parse().ok()?;
    (n >= column.min.unwrap_or(i64::MIN) && n <= column.max.unwrap_or(i64::MAX)).then_some(n)
}
