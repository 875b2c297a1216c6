//! Second factor: time-based one-time codes (RFC 6238, SHA-1, 6 digits, 30 s), as every
//! authenticator app knows them. Thirty lines on HMAC, so no crate is drawn in.

use hmac::{Hmac, KeyInit, Mac};

const STEP: i64 = 30;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// 160 fresh random bits.
pub fn new_secret() -> Vec<u8> {
    crate::random::<20>().to_vec()
}

/// The secret as people type it into an app (RFC 4648 base 32, groups of four).
pub fn secret_text(secret: &[u8]) -> String {
    let mut out = String::new();
    let (mut bits, mut n, mut letters) = (0u32, 0, 0);
    for b in secret {
        bits = bits << 8 | u32::from(*b);
        n += 8;
        while n >= 5 {
            n -= 5;
            if letters > 0 && letters % 4 == 0 {
                out.push(' ');
            }
            out.push(BASE32[(bits >> n & 31) as usize] as char);
            letters += 1;
        }
    }
    out
}

/// `otpauth://totp/枫桥:account?secret=…` for a QR picture.
pub fn url(secret: &[u8], account: &str, issuer: &str) -> String {
    let esc = |s: &str| -> String {
        s.bytes().map(|b| if b.is_ascii_alphanumeric() || b == b'.' { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
    };
    format!(
        "otpauth://totp/{i}:{a}?secret={s}&issuer={i}",
        i = esc(issuer),
        a = esc(account),
        s = secret_text(secret).replace(' ', "")
    )
}

fn code(secret: &[u8], step: i64) -> u32 {
    let mut mac = <Hmac<sha1::Sha1> as KeyInit>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let h = mac.finalize().into_bytes();
    let at = (h[19] & 15) as usize;
    (u32::from_be_bytes([h[at], h[at + 1], h[at + 2], h[at + 3]]) & 0x7fff_ffff) % 1_000_000
}

/// The step of a right code, to be stored so that it cannot be used twice; one step of clock
/// difference is allowed on either side.
pub fn verify(secret: &[u8], typed: &str, unix_seconds: i64, last_step: Option<i64>) -> Option<i64> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 6 {
        return None;
    }
    let typed: u32 = digits.parse().ok()?;
    let now = unix_seconds.div_euclid(STEP);
    (now - 1..=now + 1).find(|s| code(secret, *s) == typed && last_step.is_none_or(|l| *s > l))
}

/// The code at a moment; for tests and for the command line's enrolment check.
pub fn code_at(secret: &[u8], unix_seconds: i64) -> String {
    format!("{:06}", code(secret, unix_seconds.div_euclid(STEP)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_match_rfc_6238() {
        // Appendix B, SHA-1, last six of eight digits.
        let secret = b"12345678901234567890";
        for (at, want) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(code_at(secret, at), want);
        }
    }

    #[test]
    fn a_code_works_once_and_only_near_its_time() {
        let secret = new_secret();
        let c = code_at(&secret, 1_000_000);
        let step = verify(&secret, &c, 1_000_029, None).unwrap();
        assert!(verify(&secret, &c, 1_000_029, Some(step)).is_none());
        assert!(verify(&secret, &c, 1_000_200, None).is_none());
        assert!(verify(&secret, "12 34", 1_000_000, None).is_none());
    }

    #[test]
    fn the_secret_is_typed_in_base_32() {
        assert_eq!(secret_text(b"12345678901234567890"), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert!(url(b"1234567890", "zy.mj3", "枫桥").starts_with("otpauth://totp/%E6%9E%AB"));
    }
}
