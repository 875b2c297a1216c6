//! The key file: outside the database, readable by its owner only, written atomically.
//!
//! Data, signing and backup keys are rings: the newest encrypts and signs, older ones stay for
//! reading. The index key and the pepper never rotate by themselves, because every stored index and
//! token hash depends on them; a change of the index key is a re-index of the people register.

use crate::{CipherAlg, HashAlg, SignAlg, VaultError, random};
use base64::{Engine, engine::general_purpose::STANDARD as B64};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;
use zeroize::Zeroize;

/// Which ring to rotate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Data,
    Head,
    Backup,
}

impl KeyKind {
    pub fn from_name(name: &str) -> Option<KeyKind> {
        match name {
            "data" => Some(KeyKind::Data),
            "head" => Some(KeyKind::Head),
            "backup" => Some(KeyKind::Backup),
            _ => None,
        }
    }
}

/// One key of a ring.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) id: String,
    /// `YYYY-MM-DD`.
    pub(crate) created: String,
    pub(crate) alg: String,
    secret: String,
}

impl Drop for Key {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Key {
    fn fresh(prefix: &str, n: usize, today: &str, alg: &str) -> Key {
        let mut bytes = random::<32>();
        if let Some(sign) = SignAlg::from_id(alg) {
            while !sign.accepts(&bytes) {
                bytes = random::<32>();
            }
        }
        let id = format!("{prefix}-{}-{n}", today.replace('-', ""));
        let key = Key { id, created: today.into(), alg: alg.into(), secret: B64.encode(bytes) };
        bytes.zeroize();
        key
    }

    pub(crate) fn bytes(&self) -> Result<[u8; 32], VaultError> {
        B64.decode(&self.secret)
            .ok()
            .and_then(|v| v.try_into().ok())
            .ok_or_else(|| VaultError::KeyFile(format!("密钥文件中 {} 的内容已损坏，请从保存的副本恢复密钥文件。", self.id)))
    }
}

/// All keys of an installation. Debug prints ids only.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyFile {
    /// `sm` or `intl`: what is written from now on.
    pub(crate) suite: String,
    pub(crate) data: Vec<Key>,
    pub(crate) head: Vec<Key>,
    pub(crate) backup: Vec<Key>,
    pub(crate) index: Key,
    pub(crate) pepper: Key,
}

/// A key as shown to an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub id: String,
    pub created: String,
    pub alg: String,
    pub active: bool,
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.describe().iter().map(|d| &d.id)).finish()
    }
}

impl KeyFile {
    /// A new set of keys, written to `path` (0600), which must not exist yet. `today` is `YYYY-MM-DD`.
    pub fn create(path: &Path, suite: &str, today: &str) -> Result<KeyFile, VaultError> {
        if path.exists() {
            return Err(VaultError::KeyFile(format!("{} 已经存在，没有覆盖。", path.display())));
        }
        let keys = KeyFile::generate(suite, today)?;
        keys.save(path)?;
        Ok(keys)
    }

    fn generate(suite: &str, today: &str) -> Result<KeyFile, VaultError> {
        let (cipher, sign, hash) = algorithms(suite)?;
        Ok(KeyFile {
            suite: suite.into(),
            data: vec![Key::fresh("data", 1, today, cipher.id())],
            head: vec![Key::fresh("head", 1, today, sign.id())],
            backup: vec![Key::fresh("backup", 1, today, cipher.id())],
            index: Key::fresh("index", 1, today, hash.id()),
            pepper: Key::fresh("pepper", 1, today, hash.id()),
        })
    }

    /// Reads a key file. Refuses one that others on the machine can read.
    pub fn load(path: &Path) -> Result<KeyFile, VaultError> {
        let name = path.display();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let meta = std::fs::metadata(path).map_err(|e| VaultError::KeyFile(format!("密钥文件 {name}：{e}")))?;
            if meta.permissions().mode() & 0o077 != 0 {
                return Err(VaultError::KeyFile(format!(
                    "密钥文件 {name} 可被其他用户读取，已拒绝使用。请执行 chmod 600 {name}，并考虑更换密钥。"
                )));
            }
        }
        let text = std::fs::read_to_string(path).map_err(|e| VaultError::KeyFile(format!("密钥文件 {name}：{e}")))?;
        let keys: KeyFile =
            toml::from_str(&text).map_err(|e| VaultError::KeyFile(format!("密钥文件 {name} 读不懂：{}", e.message())))?;
        algorithms(&keys.suite)?;
        for k in keys.data.iter().chain(&keys.head).chain(&keys.backup).chain([&keys.index, &keys.pepper]) {
            k.bytes()?;
        }
        if keys.data.is_empty() || keys.head.is_empty() || keys.backup.is_empty() {
            return Err(VaultError::KeyFile(format!("密钥文件 {name} 不完整，请从保存的副本恢复。")));
        }
        Ok(keys)
    }

    /// Writes atomically: a new file beside it, synced, then renamed over it.
    pub fn save(&self, path: &Path) -> Result<(), VaultError> {
        let problem = |e: std::io::Error| VaultError::KeyFile(format!("密钥文件 {}：{e}", path.display()));
        let mut text = String::from("# 枫桥密钥文件。单独保管，不随备份存放；丢失后加密的数据不能恢复。\n");
        text.push_str(&toml::to_string(self).map_err(|e| VaultError::KeyFile(e.to_string()))?);
        let temporary = path.with_extension("new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&temporary).map_err(problem)?;
        file.write_all(text.as_bytes()).map_err(problem)?;
        file.sync_all().map_err(problem)?;
        text.zeroize();
        std::fs::rename(&temporary, path).map_err(problem)
    }

    /// Adds a fresh key to a ring; from now on it is the one that writes. Returns its id.
    pub fn rotate(&mut self, kind: KeyKind, today: &str) -> Result<String, VaultError> {
        let (cipher, sign, _) = algorithms(&self.suite)?;
        let (ring, prefix, alg) = match kind {
            KeyKind::Data => (&mut self.data, "data", cipher.id()),
            KeyKind::Head => (&mut self.head, "head", sign.id()),
            KeyKind::Backup => (&mut self.backup, "backup", cipher.id()),
        };
        let key = Key::fresh(prefix, ring.len() + 1, today, alg);
        let id = key.id.clone();
        ring.push(key);
        Ok(id)
    }

    /// Whether these keys are the earlier ones and perhaps newer ones behind them.
    pub(crate) fn continues(&self, earlier: &KeyFile) -> bool {
        let same = |a: &Key, b: &Key| a.id == b.id && a.secret == b.secret;
        let ring = |now: &[Key], then: &[Key]| now.len() >= then.len() && now.iter().zip(then).all(|(a, b)| same(a, b));
        ring(&self.data, &earlier.data)
            && ring(&self.head, &earlier.head)
            && ring(&self.backup, &earlier.backup)
            && same(&self.index, &earlier.index)
            && same(&self.pepper, &earlier.pepper)
    }

    /// Ids, dates and algorithms, never secrets.
    pub fn describe(&self) -> Vec<Described> {
        let mut out = vec![];
        for ring in [&self.data, &self.head, &self.backup] {
            for (i, k) in ring.iter().enumerate() {
                out.push(Described { id: k.id.clone(), created: k.created.clone(), alg: k.alg.clone(), active: i + 1 == ring.len() });
            }
        }
        for k in [&self.index, &self.pepper] {
            out.push(Described { id: k.id.clone(), created: k.created.clone(), alg: k.alg.clone(), active: true });
        }
        out
    }
}

fn algorithms(suite: &str) -> Result<(CipherAlg, SignAlg, HashAlg), VaultError> {
    match suite {
        "sm" => Ok((CipherAlg::Sm4Gcm, SignAlg::Sm2, HashAlg::Sm3)),
        "intl" => Ok((CipherAlg::Aes256Gcm, SignAlg::Ed25519, HashAlg::Sha256)),
        other => Err(VaultError::Unknown(format!("suite {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_round_trips_and_stays_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        let mut keys = KeyFile::create(&path, "sm", "2026-05-08").unwrap();
        assert!(KeyFile::create(&path, "sm", "2026-05-08").is_err());
        assert_eq!(keys.rotate(KeyKind::Data, "2026-06-01").unwrap(), "data-20260601-2");
        keys.save(&path).unwrap();
        let back = KeyFile::load(&path).unwrap();
        assert_eq!(back.describe(), keys.describe());
        assert!(!format!("{back:?}").contains(&back.data[0].secret));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(KeyFile::load(&path), Err(VaultError::KeyFile(m)) if m.contains("chmod 600")));
        }
    }

    #[test]
    fn a_broken_key_file_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        KeyFile::create(&path, "intl", "2026-05-08").unwrap();
        let text = std::fs::read_to_string(&path).unwrap().replace("suite = \"intl\"", "suite = \"rot13\"");
        std::fs::write(&path, text).unwrap();
        assert!(matches!(KeyFile::load(&path), Err(VaultError::Unknown(_))));
        std::fs::write(&path, "nonsense").unwrap();
        assert!(KeyFile::load(&path).is_err());
    }
}
