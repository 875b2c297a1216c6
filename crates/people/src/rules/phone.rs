//! Telephone numbers as people give them.

use kernel::text;

/// The number as kept and compared: digits only, `+` kept for foreign ones, `+86` dropped.
/// `Ok(None)` when nothing was typed.
pub fn phone(typed: &str) -> Result<Option<String>, String> {
    let folded = text::fold(typed);
    let kept: String = folded
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '—' | '–' | '转' | '.' | ','))
        .collect();
    if kept.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        format!("电话“{}”不是有效号码：手机为 1 开头的 11 位，座机写区号加号码，境外号码以 + 开头。", text::cut(typed.trim(), 20))
    };
    let (plus, digits) = match kept.strip_prefix('+').or_else(|| kept.strip_prefix("00")) {
        Some(rest) => (true, rest),
        None => (false, kept.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    if plus {
        if let Some(rest) = digits.strip_prefix("86") {
            return if rest.len() == 11 && rest.starts_with('1') {
                Ok(Some(rest.to_string()))
            } else if (9..=11).contains(&rest.len()) {
                Ok(Some(format!("0{rest}")))
            } else {
                Err(wrong())
            };
        }
        return if (6..=15).contains(&digits.len()) && !digits.starts_with('0') { Ok(Some(format!("+{digits}"))) } else { Err(wrong()) };
    }
    let digits = match digits.strip_prefix("86") {
        Some(rest) if rest.len() == 11 && rest.starts_with('1') => rest,
        _ => digits,
    };
    let fine = match digits.as_bytes() {
        [b'1', ..] if digits.len() == 11 => true,
        // Area code 3–4 digits, number 7–8, extension up to 5.
        [b'0', b'1'..=b'9', ..] => (10..=17).contains(&digits.len()),
        // 400 and 800 services.
        [b'4' | b'8', b'0', b'0', ..] if digits.len() == 10 => true,
        // Local numbers without the area code.
        [b'2'..=b'9', ..] => matches!(digits.len(), 7 | 8),
        _ => false,
    };
    if fine { Ok(Some(digits.to_string())) } else { Err(wrong()) }
}

/// The sentence for the field, or `None` when the number is fine or empty.
pub fn phone_error(typed: &str) -> Option<String> {
    phone(typed).err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_people_write() {
        for (typed, kept) in [
            ("13800001234", Some("13800001234")),
            ("１３８ ００００-1234", Some("13800001234")),
            ("+86 138 0000 1234", Some("13800001234")),
            ("8613800001234", Some("13800001234")),
            ("0086-13800001234", Some("13800001234")),
            ("(0470) 822-1234", Some("04708221234")),
            ("0470-8221234转801", Some("04708221234801")),
            ("8221234", Some("8221234")),
            ("400-123-4567", Some("4001234567")),
            ("+7 495 123 45 67", Some("+74951234567")),
            ("10000123456", Some("10000123456")),
            ("  ", None),
        ] {
            assert_eq!(phone(typed).unwrap().as_deref(), kept, "{typed}");
        }
        for bad in ["1380000123", "138000012345", "电话", "12", "00000000000", "1e5", "+1"] {
            assert!(phone_error(bad).is_some(), "{bad}");
        }
    }
}
