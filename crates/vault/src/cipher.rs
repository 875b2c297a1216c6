//! Authenticated encryption: SM4-GCM and AES-256-GCM.

use crate::VaultError;
use aes_gcm::aead::{Aead, KeyInit, Payload, consts::U12};
use aes_gcm::{Aes256Gcm, AesGcm};

type Sm4Gcm = AesGcm<sm4::Sm4, U12>;

/// Ciphers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CipherAlg {
    /// GB/T 32907-2016 in GCM (NIST SP 800-38D construction), 128-bit key.
    Sm4Gcm,
    Aes256Gcm,
}

impl CipherAlg {
    pub fn id(self) -> &'static str {
        match self {
            CipherAlg::Sm4Gcm => "sm4-gcm",
            CipherAlg::Aes256Gcm => "aes256-gcm",
        }
    }
    pub fn from_id(id: &str) -> Option<CipherAlg> {
        match id {
            "sm4-gcm" => Some(CipherAlg::Sm4Gcm),
            "aes256-gcm" => Some(CipherAlg::Aes256Gcm),
            _ => None,
        }
    }
    /// Stored in one byte of an envelope.
    pub(crate) fn tag(self) -> u8 {
        match self {
            CipherAlg::Sm4Gcm => 1,
            CipherAlg::Aes256Gcm => 2,
        }
    }
    pub(crate) fn from_tag(tag: u8) -> Result<CipherAlg, VaultError> {
        match tag {
            1 => Ok(CipherAlg::Sm4Gcm),
            2 => Ok(CipherAlg::Aes256Gcm),
            other => Err(VaultError::Unknown(format!("cipher {other}"))),
        }
    }

    /// Encrypts under the first bytes of a 32-byte key.
    pub(crate) fn encrypt(self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], msg: &[u8]) -> Vec<u8> {
        let payload = Payload { msg, aad };
        match self {
            CipherAlg::Sm4Gcm => Sm4Gcm::new_from_slice(&key[..16]).expect("16 bytes").encrypt(nonce.into(), payload),
            CipherAlg::Aes256Gcm => Aes256Gcm::new_from_slice(key).expect("32 bytes").encrypt(nonce.into(), payload),
        }
        .expect("GCM encrypts up to 64 GiB")
    }

    /// Decrypts and authenticates.
    pub(crate) fn decrypt(self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, VaultError> {
        let payload = Payload { msg, aad };
        match self {
            CipherAlg::Sm4Gcm => Sm4Gcm::new_from_slice(&key[..16]).expect("16 bytes").decrypt(nonce.into(), payload),
            CipherAlg::Aes256Gcm => Aes256Gcm::new_from_slice(key).expect("32 bytes").decrypt(nonce.into(), payload),
        }
        .map_err(|_| VaultError::Broken("密文"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aes_gcm_matches_a_known_vector() {
        // McGrew & Viega, "The Galois/Counter Mode of Operation", test case 14.
        let out = CipherAlg::Aes256Gcm.encrypt(&[0; 32], &[0; 12], b"", &[0; 16]);
        assert_eq!(hex::encode(out), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    }

    #[test]
    fn sm4_gcm_matches_rfc_8998() {
        // RFC 8998 appendix A.1.
        let mut key = [0u8; 32];
        key[..16].copy_from_slice(&hex::decode("0123456789abcdeffedcba9876543210").unwrap());
        let nonce: [u8; 12] = hex::decode("00001234567800000000abcd").unwrap().try_into().unwrap();
        let aad = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        let plain = hex::decode("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa").unwrap();
        let out = CipherAlg::Sm4Gcm.encrypt(&key, &nonce, &aad, &plain);
        assert_eq!(hex::encode(&out[64..]), "83de3541e4c2b58177e065a9bf7b62ec");
        assert_eq!(hex::encode(&out[..16]), "17f399f08c67d5ee19d0dc9969c4bb7d");
    }
}
