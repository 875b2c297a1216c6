//! What the rest of the program uses: seal, open, blind index, tokens, signed heads, attestations.
//!
//! An envelope is `1 | cipher | len(key id) | key id | nonce | ciphertext ‖ tag`, authenticated
//! together with the caller's `aad` (table, record id), so that a value cannot be moved to another
//! record. Values are encrypted directly under the ring's key: 96-bit random nonces under one key
//! stay safe for 2³² values (NIST SP 800-38D §8.3), far above a station; `keys rotate` starts anew.

use crate::keyfile::Key;
use crate::{CipherAlg, HashAlg, KeyFile, SignAlg, Signature, VaultError, hmac, random, token};
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

const VERSION: u8 = 1;

/// The keys in use; cheap to clone, and all clones take on new keys together.
#[derive(Clone)]
pub struct Vault(Arc<RwLock<Arc<KeyFile>>>);

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.keys().fmt(f)
    }
}

impl Vault {
    pub fn new(keys: KeyFile) -> Vault {
        Vault(Arc::new(RwLock::new(Arc::new(keys))))
    }

    /// The keys of this moment.
    pub fn keys(&self) -> Arc<KeyFile> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes on the keys of a file that was rotated beside a running program; false when nothing is new.
    /// Errors: a file of another installation, or one that lost a key: what was sealed could no longer be opened.
    pub fn renew(&self, keys: KeyFile) -> Result<bool, VaultError> {
        let now = self.keys();
        if !keys.continues(&now) {
            return Err(VaultError::KeyFile("密钥文件与正在使用的密钥不相接（换成了另一份，或少了旧密钥），没有启用。请恢复原来的密钥文件。".into()));
        }
        if keys.describe() == now.describe() {
            return Ok(false);
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(true)
    }

    fn newest(ring: &[Key]) -> Result<&Key, VaultError> {
        ring.last().ok_or_else(|| VaultError::KeyFile("密钥文件不完整，请从保存的副本恢复。".into()))
    }

    /// Encrypts `plain` for one place (`aad`: table, column, record id).
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let keys = self.keys();
        let key = Self::newest(&keys.data)?;
        let alg = CipherAlg::from_id(&key.alg).ok_or_else(|| VaultError::Unknown(key.alg.clone()))?;
        let nonce = random::<12>();
        let mut out = vec![VERSION, alg.tag(), key.id.len() as u8];
        out.extend_from_slice(key.id.as_bytes());
        let bound = bind(&out, aad);
        out.extend_from_slice(&nonce);
        let secret = Zeroizing::new(key.bytes()?);
        out.extend_from_slice(&alg.encrypt(&secret, &nonce, &bound, plain));
        Ok(out)
    }

    /// Decrypts what [`Vault::seal`] made for the same place.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let keys = self.keys();
        let (alg, id, head, rest) = parse(sealed)?;
        let key = keys.data.iter().find(|k| k.id == id).ok_or_else(|| VaultError::NeedsKey(id.to_string()))?;
        let (nonce, text) = rest.split_first_chunk::<12>().ok_or(VaultError::Broken("密文"))?;
        let secret = Zeroizing::new(key.bytes()?);
        alg.decrypt(&secret, nonce, &bind(head, aad), text).map(Zeroizing::new)
    }

    /// The same for text.
    pub fn open_text(&self, aad: &[u8], sealed: &[u8]) -> Result<String, VaultError> {
        String::from_utf8(self.open(aad, sealed)?.to_vec()).map_err(|_| VaultError::Broken("密文"))
    }

    /// Whether an envelope was made under an older key (after a rotation).
    pub fn reseal_needed(&self, sealed: &[u8]) -> bool {
        let keys = self.keys();
        match (parse(sealed), Self::newest(&keys.data)) {
            (Ok((_, id, _, _)), Ok(key)) => id != key.id,
            _ => false,
        }
    }

    /// A keyed index of a value that must be found but not read: equal values of one field give
    /// equal indexes, different fields never do.
    pub fn blind(&self, field: &str, normalized: &str) -> [u8; 16] {
        let keys = self.keys();
        let key = Zeroizing::new(keys.index.bytes().unwrap_or_default());
        let full = hmac(hash_of(&keys.index), &*key, &[b"blind-index", field.as_bytes(), normalized.as_bytes()]);
        let mut out = [0; 16];
        out.copy_from_slice(&full[..16]);
        out
    }

    /// A secret for a person to keep (100 random bits, groups of five letters) and the hash to store.
    pub fn token(&self) -> (String, [u8; 32]) {
        let secret = token::fresh();
        let hash = self.token_hash(&secret);
        (secret, hash)
    }

    /// The secret that belongs to a command, and the hash to store: the same for a repeated post, and nobody who sends a
    /// form can choose it. 100 bits of a keyed hash.
    pub fn token_of(&self, command: &[u8]) -> (String, [u8; 32]) {
        let keys = self.keys();
        let key = Zeroizing::new(keys.pepper.bytes().unwrap_or_default());
        let bytes = hmac(hash_of(&keys.pepper), &*key, &[b"token of command", command]);
        let secret = token::written(&bytes[..20]);
        let hash = self.token_hash(&secret);
        (secret, hash)
    }

    /// The hash of a secret as typed: case, blanks and dashes do not matter.
    pub fn token_hash(&self, typed: &str) -> [u8; 32] {
        let keys = self.keys();
        let key = Zeroizing::new(keys.pepper.bytes().unwrap_or_default());
        hmac(hash_of(&keys.pepper), &*key, &[b"token", token::normal(typed).as_bytes()])
    }

    /// A session's secret (256 bits, URL-safe) and the hash to store.
    pub fn session_token(&self) -> (String, [u8; 32]) {
        let secret = hex::encode(random::<32>());
        let hash = self.session_hash(&secret);
        (secret, hash)
    }

    /// The hash of a session's secret.
    pub fn session_hash(&self, secret: &str) -> [u8; 32] {
        let keys = self.keys();
        let key = Zeroizing::new(keys.pepper.bytes().unwrap_or_default());
        hmac(hash_of(&keys.pepper), &*key, &[b"session", secret.as_bytes()])
    }

    /// Signs the head of an audit chain.
    pub fn sign_head(&self, message: &[u8]) -> Result<Signature, VaultError> {
        let keys = self.keys();
        let key = Self::newest(&keys.head)?;
        let alg = SignAlg::from_id(&key.alg).ok_or_else(|| VaultError::Unknown(key.alg.clone()))?;
        let secret = Zeroizing::new(key.bytes()?);
        Ok(Signature { alg: key.alg.clone(), key_id: key.id.clone(), bytes: alg.sign(&secret, message)? })
    }

    /// Whether a head's signature was made by one of the keys of this file.
    pub fn verify_head(&self, message: &[u8], s: &Signature) -> bool {
        let keys = self.keys();
        let Some(key) = keys.head.iter().find(|k| k.id == s.key_id && k.alg == s.alg) else { return false };
        let (Some(alg), Ok(secret)) = (SignAlg::from_id(&key.alg), key.bytes()) else { return false };
        alg.verify(&alg.public(&Zeroizing::new(secret)), message, &s.bytes)
    }

    /// Signs `message` with SM2 and with Ed25519, whatever the suite, so that it can be checked with either. The keys serve
    /// this `context` only: they are derived from the newest head key and are renewed with it.
    pub fn attest(&self, context: &str, message: &[u8]) -> Result<Vec<Signature>, VaultError> {
        let keys = self.keys();
        let root = Self::newest(&keys.head)?;
        let sign = |alg: SignAlg| {
            let secret = derived(root, alg, context)?;
            let bytes = alg.sign(&secret, message)?;
            Ok(Signature { alg: alg.id().into(), key_id: derived_id(root, context), bytes })
        };
        [SignAlg::Sm2, SignAlg::Ed25519].into_iter().map(sign).collect()
    }

    /// Public keys of [`Vault::attest`] for a context, older ones too: `(id, algorithm, hex)`, newest last.
    pub fn attest_keys(&self, context: &str) -> Vec<(String, String, String)> {
        let keys = self.keys();
        let public = |root: &Key, alg: SignAlg| {
            let secret = derived(root, alg, context).ok()?;
            Some((derived_id(root, context), alg.id().to_string(), hex::encode(alg.public(&secret))))
        };
        let both = |root| [SignAlg::Sm2, SignAlg::Ed25519].into_iter().filter_map(move |alg| public(root, alg));
        keys.head.iter().flat_map(both).collect()
    }

    /// Public keys of the heads `(id, algorithm, hex)`, for a verifier without the secrets.
    pub fn public_head_keys(&self) -> Vec<(String, String, String)> {
        let keys = self.keys();
        keys
            .head
            .iter()
            .filter_map(|k| {
                let alg = SignAlg::from_id(&k.alg)?;
                Some((k.id.clone(), k.alg.clone(), hex::encode(alg.public(&Zeroizing::new(k.bytes().ok()?)))))
            })
            .collect()
    }
}

fn derived_id(root: &Key, context: &str) -> String {
    format!("{context}-{}", root.id)
}

/// A secret key for one use: HMAC of the root over the use and the algorithm, counted on until the algorithm takes it.
fn derived(root: &Key, alg: SignAlg, context: &str) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let secret = Zeroizing::new(root.bytes()?);
    let hash = if root.alg == SignAlg::Sm2.id() { HashAlg::Sm3 } else { HashAlg::Sha256 };
    (0..=u8::MAX)
        .map(|n| Zeroizing::new(hmac(hash, &*secret, &[b"signing", context.as_bytes(), alg.id().as_bytes(), &[n]])))
        .find(|s| alg.accepts(s))
        .ok_or_else(|| VaultError::KeyFile("密钥文件不完整，请从保存的副本恢复。".into()))
}

fn hash_of(key: &Key) -> HashAlg {
    HashAlg::from_id(&key.alg).unwrap_or(HashAlg::Sm3)
}

fn bind(head: &[u8], aad: &[u8]) -> Vec<u8> {
    [head, aad].concat()
}

/// Cipher, key id, the authenticated head, the rest.
type Parsed<'a> = (CipherAlg, &'a str, &'a [u8], &'a [u8]);

fn parse(sealed: &[u8]) -> Result<Parsed<'_>, VaultError> {
    let broken = VaultError::Broken("密文");
    let [version, cipher, len, ..] = sealed else { return Err(broken) };
    if *version != VERSION {
        return Err(VaultError::Unknown(format!("envelope {version}")));
    }
    let alg = CipherAlg::from_tag(*cipher)?;
    let end = 3 + *len as usize;
    let id = sealed.get(3..end).and_then(|b| std::str::from_utf8(b).ok()).ok_or(broken)?;
    Ok((alg, id, &sealed[..end], &sealed[end..]))
}

/// For fuzzing: any bytes give an answer, never a panic.
pub fn fuzz_open(vault: &Vault, bytes: &[u8]) {
    let _ = vault.open(b"x", bytes);
    let _ = vault.reseal_needed(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyKind;
    use proptest::prelude::*;

    fn vault(suite: &str) -> Vault {
        let dir = tempfile::tempdir().unwrap();
        Vault::new(KeyFile::create(&dir.path().join("k"), suite, "2026-05-08").unwrap())
    }

    #[test]
    fn a_value_opens_only_in_its_own_place() {
        for suite in ["sm", "intl"] {
            let v = vault(suite);
            let sealed = v.seal(b"people|1", "150702".as_bytes()).unwrap();
            assert_eq!(v.open_text(b"people|1", &sealed).unwrap(), "150702");
            assert!(v.open(b"people|2", &sealed).is_err());
            for i in 0..sealed.len() {
                let mut bad = sealed.clone();
                bad[i] ^= 1;
                assert!(v.open(b"people|1", &bad).is_err(), "byte {i}");
            }
        }
    }

    #[test]
    fn a_rotated_ring_reads_the_old_and_another_ring_names_the_key() {
        let v = vault("sm");
        let sealed = v.seal(b"a", b"x").unwrap();
        let mut keys = (*v.keys()).clone();
        keys.rotate(KeyKind::Data, "2026-06-01").unwrap();
        let rotated = Vault::new(keys);
        assert_eq!(&**rotated.open(b"a", &sealed).unwrap(), b"x");
        assert!(rotated.reseal_needed(&sealed) && !v.reseal_needed(&sealed));
        let newer = rotated.seal(b"a", b"x").unwrap();
        assert_eq!(v.open(b"a", &newer).unwrap_err(), VaultError::NeedsKey("data-20260601-2".into()));
    }

    #[test]
    fn a_running_vault_takes_on_rotated_keys_and_no_others() {
        let v = vault("sm");
        let clone = v.clone();
        let old = v.seal(b"a", b"x").unwrap();
        let mut keys = (*v.keys()).clone();
        assert!(!v.renew(keys.clone()).unwrap());
        keys.rotate(KeyKind::Data, "2026-06-01").unwrap();
        let newer = Vault::new(keys.clone()).seal(b"a", b"y").unwrap();
        assert!(clone.open(b"a", &newer).is_err());
        assert!(v.renew(keys.clone()).unwrap());
        assert_eq!(&**clone.open(b"a", &newer).unwrap(), b"y");
        assert_eq!(&**clone.open(b"a", &old).unwrap(), b"x");
        assert!(clone.reseal_needed(&old) && !clone.reseal_needed(&newer));
        // Another installation's file, and one that lost a key.
        assert!(v.renew((*vault("sm").keys()).clone()).is_err());
        keys.data.remove(0);
        assert!(v.renew(keys).is_err());
        assert_eq!(&**v.open(b"a", &old).unwrap(), b"x");
    }

    #[test]
    fn indexes_and_tokens() {
        let v = vault("sm");
        assert_eq!(v.blind("phone", "13800001234"), v.blind("phone", "13800001234"));
        assert_ne!(v.blind("phone", "13800001234"), v.blind("id", "13800001234"));
        let (secret, hash) = v.token();
        assert_eq!(v.token_hash(&secret.to_lowercase().replace('-', " ")), hash);
        assert_ne!(v.token().0, secret);
        assert_ne!(v.session_token().0, v.session_token().0);
    }

    #[test]
    fn a_head_is_verified_by_the_ring_and_by_the_public_key() {
        let v = vault("sm");
        let s = v.sign_head(b"head 7").unwrap();
        assert!(v.verify_head(b"head 7", &s) && !v.verify_head(b"head 8", &s));
        assert!(!vault("sm").verify_head(b"head 7", &s));
        let (_, alg, public) = v.public_head_keys().remove(0);
        assert!(SignAlg::from_id(&alg).unwrap().verify(&hex::decode(public).unwrap(), b"head 7", &s.bytes));
    }

    #[test]
    fn an_attestation_has_both_signatures_under_keys_of_its_use_and_outlives_a_rotation() {
        for suite in ["sm", "intl"] {
            let v = vault(suite);
            let made = v.attest("clip", b"film").unwrap();
            assert_eq!(made.iter().map(|s| &*s.alg).collect::<Vec<_>>(), ["sm2", "ed25519"]);
            let mut keys = (*v.keys()).clone();
            keys.rotate(KeyKind::Head, "2026-06-01").unwrap();
            let known = Vault::new(keys).attest_keys("clip");
            assert_eq!(known.len(), 4);
            for s in &made {
                let alg = SignAlg::from_id(&s.alg).unwrap();
                let (_, _, public) = known.iter().find(|(id, a, _)| *id == s.key_id && *a == s.alg).unwrap();
                assert!(alg.verify(&hex::decode(public).unwrap(), b"film", &s.bytes));
                assert!(!alg.verify(&hex::decode(public).unwrap(), b"fiLm", &s.bytes));
            }
            assert_ne!(v.attest_keys("clip")[1].2, v.attest_keys("other")[1].2);
            assert!(v.public_head_keys().iter().all(|(_, _, h)| known.iter().all(|(_, _, k)| k != h)));
        }
    }

    proptest! {
        #[test]
        fn any_value_comes_back(plain in proptest::collection::vec(any::<u8>(), 0..500)) {
            let v = vault("sm");
            let sealed = v.seal(b"p", &plain).unwrap();
            prop_assert_eq!(&*v.open(b"p", &sealed).unwrap(), &plain);
        }

        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            fuzz_open(&vault("sm"), &bytes);
        }
    }
}
