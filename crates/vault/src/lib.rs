//! Cryptography behind one provider; every hash, signature and ciphertext carries its algorithm's id.
//!
//! Two suites: `sm` (SM2, SM3, SM4 in GCM) and `intl` (Ed25519, SHA-256, AES-256-GCM). Everything
//! written under one suite stays readable under the other. The SM crates are pure Rust, have never
//! been audited independently and are not certified commercial-cryptography modules (商密认证); a
//! deployment that must pass 密评 puts a certified module behind this crate's API, which is why no
//! other crate touches an algorithm.
//!
//! No police words live here. Randomness comes from the operating system only.

pub mod backup;
mod cipher;
mod keyfile;
pub mod password;
mod sign;
mod token;
pub mod totp;
mod vault;

pub use cipher::CipherAlg;
pub use keyfile::{Described, KeyFile, KeyKind};
pub use sign::{SignAlg, Signature};
pub use vault::{Vault, fuzz_open};
pub use zeroize::Zeroizing;

use hmac::{KeyInit, Mac};
use sha2::Digest;
use std::fmt;

/// Digest algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashAlg {
    /// GB/T 32905-2016.
    Sm3,
    /// FIPS 180-4.
    Sha256,
}

impl HashAlg {
    /// The id that is stored beside every digest.
    pub fn id(self) -> &'static str {
        match self {
            HashAlg::Sm3 => "sm3",
            HashAlg::Sha256 => "sha256",
        }
    }
    pub fn from_id(id: &str) -> Option<HashAlg> {
        match id {
            "sm3" => Some(HashAlg::Sm3),
            "sha256" => Some(HashAlg::Sha256),
            _ => None,
        }
    }
}

/// The digest of the parts, one after the other.
pub fn digest(alg: HashAlg, parts: &[&[u8]]) -> [u8; 32] {
    match alg {
        HashAlg::Sm3 => {
            let mut h = sm3::Sm3::new();
            parts.iter().for_each(|p| h.update(p));
            h.finalize().into()
        }
        HashAlg::Sha256 => {
            let mut h = sha2::Sha256::new();
            parts.iter().for_each(|p| h.update(p));
            h.finalize().into()
        }
    }
}

/// A digest of bytes that come piece by piece.
pub enum Hashing {
    /// See [`HashAlg::Sm3`].
    Sm3(sm3::Sm3),
    /// See [`HashAlg::Sha256`].
    Sha256(sha2::Sha256),
}

impl Hashing {
    /// Before the first byte.
    pub fn new(alg: HashAlg) -> Hashing {
        match alg {
            HashAlg::Sm3 => Hashing::Sm3(sm3::Sm3::new()),
            HashAlg::Sha256 => Hashing::Sha256(sha2::Sha256::new()),
        }
    }
    /// More bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hashing::Sm3(h) => h.update(bytes),
            Hashing::Sha256(h) => h.update(bytes),
        }
    }
    /// The digest of all bytes so far; begins anew.
    pub fn finish(&mut self) -> [u8; 32] {
        match self {
            Hashing::Sm3(h) => h.finalize_reset().into(),
            Hashing::Sha256(h) => h.finalize_reset().into(),
        }
    }
}

/// HMAC (RFC 2104) of the parts, each preceded by its length so that no two lists collide.
pub fn hmac(alg: HashAlg, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    fn run<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
        for p in parts {
            mac.update(&(p.len() as u64).to_be_bytes());
            mac.update(p);
        }
        mac.finalize().into_bytes().to_vec()
    }
    let out = match alg {
        HashAlg::Sm3 => run::<hmac::Hmac<sm3::Sm3>>(key, parts),
        HashAlg::Sha256 => run::<hmac::Hmac<sha2::Sha256>>(key, parts),
    };
    let mut array = [0; 32];
    array.copy_from_slice(&out);
    array
}

/// Fills with random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// What can go wrong, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultError {
    /// The key file cannot be used; says what to do.
    KeyFile(String),
    /// A key that the key file does not hold is needed; names it.
    NeedsKey(String),
    /// The bytes were changed, cut, or belong to another record.
    Broken(&'static str),
    /// An algorithm id that this program does not know.
    Unknown(String),
    /// Reading or writing a stream ended before its end; says why, as the system tells it.
    Stopped(String),
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VaultError::KeyFile(why) => f.write_str(why),
            VaultError::NeedsKey(id) => write!(f, "需要密钥 {id}，当前密钥文件中没有。请用含有它的密钥文件。"),
            VaultError::Broken(what) => write!(f, "{what}已损坏或不属于这里。"),
            VaultError::Stopped(why) => write!(f, "读写没有完成：{why}。请检查磁盘余量和介质，再运行一次。"),
            VaultError::Unknown(id) => write!(f, "不认识的算法 {id}，请用更新的程序版本。"),
        }
    }
}

impl std::error::Error for VaultError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_match_the_standards() {
        // GB/T 32905-2016 appendix A.1; FIPS 180-4 example.
        assert_eq!(hex::encode(digest(HashAlg::Sm3, &[b"abc"])), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        assert_eq!(hex::encode(digest(HashAlg::Sha256, &[b"a", b"bc"])), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(HashAlg::from_id("sm3"), Some(HashAlg::Sm3));
        for alg in [HashAlg::Sm3, HashAlg::Sha256] {
            let mut h = Hashing::new(alg);
            h.update(b"ab");
            h.update(b"c");
            assert_eq!((h.finish(), h.finish()), (digest(alg, &[b"abc"]), digest(alg, &[])));
        }
    }

    #[test]
    fn hmac_parts_do_not_run_together() {
        assert_ne!(hmac(HashAlg::Sm3, b"k", &[b"ab", b"c"]), hmac(HashAlg::Sm3, b"k", &[b"a", b"bc"]));
    }
}
