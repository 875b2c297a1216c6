//! One typed answer to its value.

use crate::expr::value::{Value, read_date, read_moment, read_number, read_time};
use crate::limits;
use crate::model::Kind;

/// Reads what was typed. Full-width digits and signs count as plain ones where a number or a date is asked.
///
/// # Errors
/// A sentence for who answers.
pub(crate) fn parse_raw(kind: &Kind, typed: &str, choices: Option<&[String]>) -> Result<Value, String> {
    let text = typed.trim();
    if text.is_empty() {
        return Ok(Value::Empty);
    }
    if text.chars().count() > limits::ANSWER_CHARS {
        return Err(format!("超过 {} 个字，请缩短。", limits::ANSWER_CHARS));
    }
    let plain: String = text.chars().map(half_width).collect();
    match kind {
        Kind::Integer => match read_number(&plain) {
            Some(n) if n.fract() == 0.0 && n.abs() < 1e15 && !plain.contains('.') => Ok(Value::Number(n)),
            _ => Err("请填整数，例如 3。".into()),
        },
        Kind::Decimal => match read_number(&plain) {
            Some(n) if n.abs() < 1e15 => Ok(Value::Number(n)),
            _ => Err("请填数字，例如 3.5。".into()),
        },
        Kind::Date => read_date(&plain).map(Value::Date).ok_or_else(|| "请填日期，例如 2026-05-08。".into()),
        Kind::Time => read_time(&plain).map(Value::Time).ok_or_else(|| "请填时间，例如 19:30。".into()),
        Kind::DateTime => {
            read_moment(&plain).map(Value::Moment).ok_or_else(|| "请填日期和时间，例如 2026-05-08 19:30。".into())
        }
        Kind::SelectOne(_) | Kind::SelectMultiple(_) => select(kind, text, choices.unwrap_or_default()),
        Kind::Acknowledge => match text {
            "OK" => Ok(Value::Text("OK".into())),
            _ => Err("请勾选，或不选。".into()),
        },
        Kind::Geopoint => point(&plain),
        Kind::Media(_) => Err("网页不能上传这一题，请留空。".into()),
        _ => Ok(Value::Text(text.replace("\r\n", "\n"))),
    }
}

fn half_width(c: char) -> char {
    match c {
        '０'..='９' | '－' | '．' | '：' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '。' => '.',
        other => other,
    }
}

fn select(kind: &Kind, text: &str, choices: &[String]) -> Result<Value, String> {
    let mut chosen: Vec<&str> = vec![];
    for name in text.split_whitespace() {
        if !choices.iter().any(|c| c == name) {
            return Err("请从所列选项中选择。".into());
        }
        if !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    if matches!(kind, Kind::SelectOne(_)) && chosen.len() > 1 {
        return Err("只能选一项。".into());
    }
    // In the order of the list, whatever the order of the ticks.
    chosen.sort_by_key(|name| choices.iter().position(|c| c == name));
    Ok(Value::Text(chosen.join(" ")))
}

/// Latitude, longitude, and where known altitude and accuracy (ODK XForms, "geopoint").
fn point(text: &str) -> Result<Value, String> {
    let numbers: Option<Vec<f64>> = text.split_whitespace().map(read_number).collect();
    match numbers.as_deref() {
        Some([lat, lon, rest @ ..]) if lat.abs() <= 90.0 && lon.abs() <= 180.0 && rest.len() <= 2 => {
            Ok(Value::Text(text.split_whitespace().collect::<Vec<_>>().join(" ")))
        }
        _ => Err("请填纬度和经度，中间空一格，例如 49.2122 119.7365。".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_by_their_kind() {
        let list = ["a".to_string(), "b".to_string(), "c".to_string()];
        let many = Kind::SelectMultiple("l".into());
        let ok = |k: &Kind, t: &str| parse_raw(k, t, Some(&list)).unwrap().text();
        assert_eq!(ok(&Kind::Integer, " ３ "), "3");
        assert_eq!(ok(&Kind::Decimal, "-3.50"), "-3.5");
        assert_eq!(ok(&Kind::Date, "2026-05-08"), "2026-05-08");
        assert_eq!(ok(&Kind::Time, "19：30"), "19:30:00");
        assert_eq!(ok(&many, "c a a"), "a c");
        assert_eq!(ok(&Kind::Geopoint, "49.2  119.7 650"), "49.2 119.7 650");
        assert_eq!(parse_raw(&Kind::Integer, "  ", None), Ok(Value::Empty));
        for (kind, typed) in [
            (Kind::Integer, "3.0"),
            (Kind::Integer, "三"),
            (Kind::Integer, "1e3"),
            (Kind::Decimal, "NaN"),
            (Kind::Date, "2026-02-30"),
            (Kind::Date, "8.5.2026"),
            (Kind::Time, "25:00"),
            (Kind::DateTime, "2026-05-08"),
            (Kind::SelectOne("l".into()), "a b"),
            (Kind::SelectOne("l".into()), "d"),
            (Kind::Acknowledge, "yes"),
            (Kind::Geopoint, "119.7 49.2"),
            (Kind::Text, &*"长".repeat(limits::ANSWER_CHARS + 1)),
        ] {
            assert!(parse_raw(&kind, typed, Some(&list)).is_err(), "{kind:?} {typed}");
        }
    }
}
