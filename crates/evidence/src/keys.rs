//! Public keys as people hand them on.

use vault::{HashAlg, SignAlg};

/// A public key that came another way than with the clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `sm2` or `ed25519`.
    pub alg: String,
    /// In hexadecimal, lower case.
    pub public: String,
}

impl Key {
    /// Sixteen digits in groups, to compare by eye or over the telephone: the front of the SHA-256 of the key.
    pub fn fingerprint(&self) -> String {
        let digest = hex::encode(vault::digest(HashAlg::Sha256, &[&hex::decode(&self.public).unwrap_or_default()]));
        let digest = digest.to_uppercase();
        [&digest[..4], &digest[4..8], &digest[8..12], &digest[12..16]].join(" ")
    }
}

/// Reads keys from a text: lines of `fengqiao keys public` (number, algorithm, key), or bare keys. Other lines are passed over; a
/// hundred keys at most.
pub fn parse_keys(text: &str) -> Vec<Key> {
    let key = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let public = words.last()?.to_lowercase();
        let bytes = hex::decode(&public).ok()?;
        let alg = match (words.len(), bytes.len(), bytes.first()) {
            (1, 32, _) => "ed25519",
            (1, 33, Some(2 | 3)) | (1, 65, Some(4)) => "sm2",
            (3, ..) => SignAlg::from_id(words[1])?.id(),
            _ => return None,
        };
        Some(Key { alg: alg.into(), public })
    };
    text.lines().take(1000).filter_map(key).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_bare_keys_are_read_and_junk_is_passed_over() {
        let ed = "AB".repeat(32);
        let text = format!("# keys\nclip-head-20260508-1\ted25519\t{ed}\n{ed}\n02{}\nhello\n12\n", "cd".repeat(32));
        let keys = parse_keys(&text);
        assert_eq!(keys.iter().map(|k| &*k.alg).collect::<Vec<_>>(), ["ed25519", "ed25519", "sm2"]);
        assert_eq!(keys[0].public, ed.to_lowercase());
        assert_eq!(keys[0].fingerprint().len(), 19);
    }
}
