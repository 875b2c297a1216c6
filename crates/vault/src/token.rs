//! Secrets that people copy by hand: 20 characters of Crockford's base 32, in groups of five.

use crate::random;

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 100 random bits as `7KQ2M-…`.
pub(crate) fn fresh() -> String {
    written(&random::<20>())
}

/// The lower five bits of each byte as a letter.
pub(crate) fn written(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(23);
    for (i, b) in bytes.iter().enumerate() {
        if i > 0 && i % 5 == 0 {
            out.push('-');
        }
        out.push(LETTERS[(b & 31) as usize] as char);
    }
    out
}

/// As typed by a person: upper case, no blanks or dashes, `O` read as 0, `I` and `L` as 1.
pub(crate) fn normal(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_being_copied_by_hand() {
        let t = fresh();
        assert_eq!(t.len(), 23);
        assert_eq!(normal(&t.to_lowercase()), normal(&t));
        assert_eq!(normal(" o1-Il "), "0111");
    }
}
