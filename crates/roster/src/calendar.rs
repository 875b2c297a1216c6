//! iCalendar (RFC 5545) of one person's duties: times, post and shift; no names.

use crate::model::Duty;
use kernel::{Timestamp, UserId};

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text of a property: backslash, semicolon, comma and line ends are escaped (RFC 5545 §3.3.11).
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n").replace('\r', "")
}

/// A content line, folded at 75 octets, never inside a character (§3.1).
fn line(out: &mut String, text: &str) {
    let mut octets = 0;
    for c in text.chars() {
        if octets + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out.push_str("\r\n");
}

/// The whole calendar.
pub fn text(user: UserId, duties: &[Duty], now: Timestamp) -> String {
    let mut out = String::new();
    for l in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Fengqiao//Roster//ZH", "CALSCALE:GREGORIAN", "X-WR-CALNAME:值班"] {
        line(&mut out, l);
    }
    for d in duties {
        line(&mut out, "BEGIN:VEVENT");
        // The same duty keeps its name when another version is published.
        line(&mut out, &format!("UID:{}-{}@fengqiao", d.day, user));
        line(&mut out, &format!("DTSTAMP:{}", utc(now)));
        line(&mut out, &format!("DTSTART:{}", utc(d.starts_at)));
        line(&mut out, &format!("DTEND:{}", utc(d.ends_at)));
        line(&mut out, &format!("SUMMARY:{}", escape(&format!("{}·{}", d.post, d.shift))));
        line(&mut out, "END:VEVENT");
    }
    line(&mut out, "END:VCALENDAR");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DayType;
    use kernel::Uuid;

    #[test]
    fn lines_are_folded_and_escaped() {
        let at = |s: &str| s.parse::<Timestamp>().unwrap();
        let d = Duty {
            plan_id: Uuid::nil(),
            user_id: UserId::NIL,
            day: "2026-06-01".parse().unwrap(),
            shift_id: Uuid::nil(),
            post: "指挥室，东;西\\北一二三四五六七八九十一二三四五六七八九十".into(),
            shift: "夜,班".into(),
            code: "夜".into(),
            starts_at: at("2026-06-01T12:00:00Z"),
            ends_at: at("2026-06-02T00:00:00Z"),
            night: true,
            day_type: DayType::Work,
        };
        let text = text(UserId::NIL, &[d], at("2026-05-08T01:00:00Z"));
        assert!(text.split("\r\n").all(|l| l.len() <= 75), "{text}");
        assert!(text.contains("DTSTART:20260601T120000Z\r\n") && text.contains("DTEND:20260602T000000Z\r\n"));
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains("东\\;西\\\\北") && unfolded.contains("夜\\,班"));
        assert!(text.ends_with("END:VCALENDAR\r\n"));
    }
}
