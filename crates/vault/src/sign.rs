//! Signatures: SM2 with SM3 (GB/T 32918) and Ed25519 (RFC 8032).

use crate::VaultError;
use ed25519_dalek::{Signer as _, Verifier as _};

/// The default distinguishing identifier of SM2 (GB/T 32918.2, GM/T 0009).
const SM2_ID: &str = "1234567812345678";

/// Signature algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignAlg {
    Sm2,
    Ed25519,
}

impl SignAlg {
    pub fn id(self) -> &'static str {
        match self {
            SignAlg::Sm2 => "sm2",
            SignAlg::Ed25519 => "ed25519",
        }
    }
    pub fn from_id(id: &str) -> Option<SignAlg> {
        match id {
            "sm2" => Some(SignAlg::Sm2),
            "ed25519" => Some(SignAlg::Ed25519),
            _ => None,
        }
    }

    /// Whether 32 bytes are a usable secret key.
    pub(crate) fn accepts(self, secret: &[u8; 32]) -> bool {
        match self {
            SignAlg::Sm2 => sm2::dsa::SigningKey::from_slice(SM2_ID, secret).is_ok(),
            SignAlg::Ed25519 => true,
        }
    }

    pub(crate) fn sign(self, secret: &[u8; 32], message: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(match self {
            SignAlg::Sm2 => {
                let key = sm2::dsa::SigningKey::from_slice(SM2_ID, secret).map_err(|_| VaultError::Broken("签名密钥"))?;
                let s: sm2::dsa::Signature = sm2::dsa::signature::Signer::sign(&key, message);
                s.to_bytes().to_vec()
            }
            SignAlg::Ed25519 => ed25519_dalek::SigningKey::from_bytes(secret).sign(message).to_bytes().to_vec(),
        })
    }

    pub(crate) fn public(self, secret: &[u8; 32]) -> Vec<u8> {
        match self {
            SignAlg::Sm2 => sm2::dsa::SigningKey::from_slice(SM2_ID, secret)
                .map(|k| k.verifying_key().to_sec1_bytes().to_vec())
                .unwrap_or_default(),
            SignAlg::Ed25519 => ed25519_dalek::SigningKey::from_bytes(secret).verifying_key().to_bytes().to_vec(),
        }
    }

    /// Verifies with a public key as [`SignAlg::public`] gives it.
    pub fn verify(self, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        match self {
            SignAlg::Sm2 => {
                let (Ok(key), Ok(sig)) = (
                    sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_ID, public),
                    sm2::dsa::Signature::from_slice(signature),
                ) else {
                    return false;
                };
                sm2::dsa::signature::Verifier::verify(&key, message, &sig).is_ok()
            }
            SignAlg::Ed25519 => {
                let Ok(bytes) = <[u8; 32]>::try_from(public) else { return false };
                let (Ok(key), Ok(sig)) =
                    (ed25519_dalek::VerifyingKey::from_bytes(&bytes), ed25519_dalek::Signature::from_slice(signature))
                else {
                    return false;
                };
                key.verify(message, &sig).is_ok()
            }
        }
    }
}

/// A signature with what is needed to check it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub alg: String,
    pub key_id: String,
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_algorithms_sign_and_refuse_changed_messages() {
        let secret = [7u8; 32];
        for alg in [SignAlg::Sm2, SignAlg::Ed25519] {
            let sig = alg.sign(&secret, b"head").unwrap();
            let public = alg.public(&secret);
            assert!(alg.verify(&public, b"head", &sig));
            assert!(!alg.verify(&public, b"tail", &sig));
            let mut broken = sig.clone();
            broken[3] ^= 1;
            assert!(!alg.verify(&public, b"head", &broken));
            assert!(!alg.verify(b"junk", b"head", &sig));
            assert!(!alg.verify(&public, b"head", b"junk"));
        }
    }
}
