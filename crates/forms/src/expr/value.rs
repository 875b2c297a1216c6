//! Values of answers and expressions, and how one kind counts as another (XPath 1.0, 4; dates as in ODK: days since 1970).

use jiff::civil::{Date, DateTime, Time};
use std::cmp::Ordering;

/// An answer, or what an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing was answered.
    Empty,
    /// Text; a choice by its name, several with a space between.
    Text(String),
    Number(f64),
    Truth(bool),
    Date(Date),
    Time(Time),
    Moment(DateTime),
    /// The same question in several rounds.
    Many(Vec<Value>),
    /// Not decided; only while a form is being checked.
    Unknown,
}

/// Days from 1970-01-01.
pub(crate) fn days(date: Date) -> f64 {
    let since = date.since((jiff::Unit::Day, Date::constant(1970, 1, 1)));
    since.map_or(f64::NAN, |s| f64::from(s.get_days()))
}

/// Share of a day.
pub(crate) fn share(time: Time) -> f64 {
    let seconds = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    f64::from(seconds) / 86_400.0
}

/// The day so many days after 1970-01-01.
pub(crate) fn day(days: f64) -> Option<Date> {
    if !days.is_finite() || days.abs() > 4_000_000.0 {
        return None;
    }
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days.floor() as i64).ok()?).ok()
}

/// The moment so many days after 1970-01-01T00:00.
pub(crate) fn moment(days: f64) -> Option<DateTime> {
    let seconds = ((days - days.floor()) * 86_400.0).round() as i64;
    day(days)?.to_datetime(Time::midnight()).checked_add(jiff::Span::new().try_seconds(seconds).ok()?).ok()
}

/// `2026-05-08`, and nothing else.
pub(crate) fn read_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok())?
}

/// `19:30` or `19:30:00`; what follows (a fraction, a zone) is left away, as forms without a zone mean the local one.
pub(crate) fn read_time(text: &str) -> Option<Time> {
    let end = text.find(['.', '+', 'Z']).unwrap_or(text.len());
    let text = &text[..end];
    (text.len() == 5 || text.len() == 8).then(|| text.parse().ok())?
}

/// `2026-05-08T19:30`, also with a blank between.
pub(crate) fn read_moment(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once(['T', ' '])?;
    Some(read_date(date)?.to_datetime(read_time(time)?))
}

/// A number as XPath reads it: digits, one point, a minus.
pub(crate) fn read_number(text: &str) -> Option<f64> {
    let plain = text.trim();
    let digits = plain.strip_prefix('-').unwrap_or(plain);
    let fits = digits.len() <= 40 && digits.chars().any(|c| c.is_ascii_digit());
    (fits && digits.chars().all(|c| c.is_ascii_digit() || c == '.')).then(|| plain.parse().ok())?
}

impl Value {
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Empty => true,
            Value::Text(t) => t.is_empty(),
            Value::Many(list) => list.iter().all(Value::is_empty),
            _ => false,
        }
    }

    /// As a number; what is none gives NaN. Of several the first counts.
    pub fn number(&self) -> f64 {
        match self {
            Value::Empty | Value::Unknown => f64::NAN,
            Value::Text(t) => read_number(t).unwrap_or(f64::NAN),
            Value::Number(n) => *n,
            Value::Truth(b) => f64::from(u8::from(*b)),
            Value::Date(d) => days(*d),
            Value::Time(t) => share(*t),
            Value::Moment(m) => days(m.date()) + share(m.time()),
            Value::Many(list) => list.iter().find(|v| !v.is_empty()).map_or(f64::NAN, Value::number),
        }
    }

    /// As text; whole numbers without a point.
    pub fn text(&self) -> String {
        match self {
            Value::Empty | Value::Unknown => String::new(),
            Value::Text(t) => t.clone(),
            Value::Number(n) if n.is_nan() => String::new(),
            Value::Number(n) => n.to_string(),
            Value::Truth(b) => b.to_string(),
            Value::Date(d) => d.to_string(),
            Value::Time(t) => t.to_string(),
            Value::Moment(m) => m.to_string(),
            Value::Many(list) => list.iter().find(|v| !v.is_empty()).map_or(String::new(), Value::text),
        }
    }

    /// As yes or no: text that is there, a number other than 0.
    pub fn truth(&self) -> bool {
        match self {
            Value::Truth(b) => *b,
            Value::Number(n) => *n != 0.0 && !n.is_nan(),
            Value::Unknown => false,
            other => !other.is_empty(),
        }
    }

    /// Several as they are, one as a list of one, nothing as none.
    pub fn list(&self) -> &[Value] {
        match self {
            Value::Many(list) => list,
            other => std::slice::from_ref(other),
        }
    }

    fn is_numeric(&self) -> bool {
        matches!(self, Value::Number(_) | Value::Date(_) | Value::Time(_) | Value::Moment(_))
    }

    /// For an order with a day or an hour: a text that is one counts as one.
    fn against(&self, other: &Value) -> f64 {
        match (self, other) {
            (Value::Text(t), Value::Date(_) | Value::Moment(_)) => read_moment(t)
                .map(Value::Moment)
                .or_else(|| read_date(t).map(Value::Date))
                .map_or_else(|| self.number(), |v| v.number()),
            (Value::Text(t), Value::Time(_)) => read_time(t).map_or(f64::NAN, share),
            (Value::Text(t), Value::Text(_)) => read_moment(t)
                .map(Value::Moment)
                .or_else(|| read_date(t).map(Value::Date))
                .map_or_else(|| self.number(), |v| v.number()),
            _ => self.number(),
        }
    }
}

/// `=`: several are equal when any two are.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Many(list), other) | (other, Value::Many(list)) => list.iter().any(|v| equal(v, other)),
        (Value::Truth(_), _) | (_, Value::Truth(_)) => a.truth() == b.truth(),
        _ if a.is_empty() || b.is_empty() => a.is_empty() && b.is_empty(),
        _ if a.is_numeric() || b.is_numeric() => a.against(b) == b.against(a),
        _ => a.text() == b.text(),
    }
}

/// `!=`: several differ when any two do.
pub(crate) fn unequal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Many(list), other) | (other, Value::Many(list)) => list.iter().any(|v| unequal(v, other)),
        _ => !equal(a, b),
    }
}

/// The order of two values; none where one of them has no place in it.
pub(crate) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    a.against(b).partial_cmp(&b.against(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(t: &str) -> Value {
        Value::Text(t.into())
    }

    #[test]
    fn kinds_count_as_each_other() {
        let date = Value::Date(Date::constant(2026, 5, 8));
        assert_eq!(date.number(), 20_581.0);
        assert_eq!(day(20_581.0), Some(Date::constant(2026, 5, 8)));
        assert_eq!(moment(20_581.5).unwrap().to_string(), "2026-05-08T12:00:00");
        assert_eq!(
            (text("12.5").number(), text(" -3 ").number(), Value::Number(4.0).text().as_str()),
            (12.5, -3.0, "4")
        );
        for junk in ["", "1e5", "0x10", "inf", "NaN", "1.2.3", "-"] {
            assert!(text(junk).number().is_nan(), "{junk}");
        }
        assert!(text("0").truth() && !Value::Number(0.0).truth() && !Value::Empty.truth());
        assert_eq!((day(1e300), moment(f64::NAN)), (None, None));
    }

    #[test]
    fn equality_and_order() {
        let date = Value::Date(Date::constant(2026, 5, 8));
        assert!(equal(&date, &text("2026-05-08")) && order(&date, &text("2026-05-09")) == Some(Ordering::Less));
        assert!(equal(&Value::Empty, &text("")) && !equal(&Value::Empty, &Value::Number(0.0)));
        assert!(equal(&Value::Number(1.0), &text("1")) && !equal(&text("1"), &text("1.0")));
        let many = Value::Many(vec![text("a"), text("b")]);
        assert!(equal(&many, &text("b")) && unequal(&many, &text("b")) && !equal(&many, &text("c")));
        assert_eq!(order(&Value::Empty, &Value::Number(1.0)), None);
        assert_eq!(order(&Value::Time(Time::constant(19, 30, 0, 0)), &text("19:00")), Some(Ordering::Greater));
    }
}
