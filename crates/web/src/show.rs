//! How values look on a page: moments, spans, masked numbers. Templates call these.

use kernel::{Date, Timestamp, clock};

/// `2026-05-08 21:30`.
pub fn moment(at: &Timestamp) -> String {
    clock::show(*at)
}

/// `2026-05-08 21:30` or `—`.
pub fn maybe_moment(at: &Option<Timestamp>) -> String {
    at.map_or_else(|| "—".into(), clock::show)
}

/// A moment until which something is due: the end of a day is `2026-05-08 24:00`, not the next day's `00:00`, which
/// people read as a day more.
pub fn deadline(at: &Timestamp) -> String {
    let day = clock::day_of(*at);
    match day.yesterday() {
        Ok(before) if clock::start_of(day) == *at => format!("{before} 24:00"),
        _ => clock::show(*at),
    }
}

/// `一` to `日`, to stand after 星期 or 周.
pub fn weekday(day: Date) -> &'static str {
    ["一", "二", "三", "四", "五", "六", "日"][day.weekday().to_monday_zero_offset() as usize % 7]
}

/// `还有 3 小时`, `已超 2 天 4 小时`.
pub fn until(at: &Timestamp, now: &Timestamp) -> String {
    let seconds = at.as_second() - now.as_second();
    let span = span(seconds.abs());
    if seconds >= 0 { format!("还有 {span}") } else { format!("已超 {span}") }
}

/// `12 分钟`, `3 小时 5 分`, `2 天 4 小时`.
pub fn span(seconds: i64) -> String {
    let (d, h, m) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (d, h, m) {
        (0, 0, 0) => "不到 1 分钟".into(),
        (0, 0, m) => format!("{m} 分钟"),
        (0, h, 0) => format!("{h} 小时"),
        (0, h, m) => format!("{h} 小时 {m} 分"),
        (d, 0, _) => format!("{d} 天"),
        (d, h, _) => format!("{d} 天 {h} 小时"),
    }
}

/// The urgency of a deadline, as a class and a word: `overdue`, `soon` (within a quarter of a day), `later`.
pub fn urgency(at: &Timestamp, now: &Timestamp) -> (&'static str, &'static str) {
    let left = at.as_second() - now.as_second();
    if left < 0 {
        ("overdue", "已逾期")
    } else if left < 6 * 3_600 {
        ("soon", "即将到期")
    } else {
        ("later", "按时")
    }
}

/// `138****1234`, `1507**********1234`, one character names stay, others show the first character.
pub fn mask(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let n = chars.len();
    let (head, tail) = match n {
        0 => return String::new(),
        1..=4 => (1, 0),
        5..=8 => (2, 2),
        9..=11 => (3, 4),
        _ => (4, 4),
    };
    let mut out: String = chars[..head].iter().collect();
    out.push_str(&"*".repeat(n - head - tail));
    out.extend(&chars[n - tail..]);
    out
}

/// A fraction as people check it: `96.67 %（58/60）`; `—（0/0）` when there is nothing to divide.
pub fn rate(numerator: i64, denominator: i64) -> String {
    if denominator == 0 {
        return "—（0/0）".into();
    }
    let hundredths = (numerator * 1_000_000 / denominator + 50) / 100;
    format!("{}.{:02} %（{numerator}/{denominator}）", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_day_belongs_to_that_day() {
        let at = |s: &str| s.parse::<Timestamp>().unwrap();
        assert_eq!(deadline(&at("2026-05-08T16:00:00Z")), "2026-05-08 24:00");
        assert_eq!(deadline(&at("2026-05-08T15:59:00Z")), "2026-05-08 23:59");
    }

    #[test]
    fn masks_keep_head_and_tail() {
        assert_eq!(mask("13800001234"), "138****1234");
        assert_eq!(mask("150702199001011234"), "1507**********1234");
        assert_eq!(mask("其木格"), "其**");
        assert_eq!(mask(""), "");
    }

    #[test]
    fn rates_round_half_up_at_two_places() {
        assert_eq!(rate(58, 60), "96.67 %（58/60）");
        assert_eq!(rate(1, 3), "33.33 %（1/3）");
        assert_eq!(rate(0, 0), "—（0/0）");
        assert_eq!(rate(404, 404), "100.00 %（404/404）");
    }

    #[test]
    fn spans_read_like_speech() {
        assert_eq!(span(59), "不到 1 分钟");
        assert_eq!(span(3 * 3600 + 300), "3 小时 5 分");
        assert_eq!(span(2 * 86_400 + 4 * 3_600 + 59), "2 天 4 小时");
    }
}
