//! Encrypted streams for backups: 64 KiB pieces, each authenticated with its number and whether it
//! is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), under a
//! key derived for this stream. The head names key and cipher, so a restore can say what it needs.

use crate::{CipherAlg, HashAlg, KeyFile, VaultError, hmac, random};
use std::io::{Read, Write};
use zeroize::Zeroizing;

const MAGIC: &[u8] = b"FENGQIAO-BACKUP-1\n";
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;

fn io(e: std::io::Error) -> VaultError {
    VaultError::Stopped(match e.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => "磁盘已满".into(),
        _ => e.to_string(),
    })
}

fn nonce(n: u64, last: bool) -> [u8; 12] {
    let mut out = [0; 12];
    out[..8].copy_from_slice(&n.to_be_bytes());
    out[11] = u8::from(last);
    out
}

/// Encrypts `from` into `to` under the newest backup key; returns the key's id.
pub fn encrypt(keys: &KeyFile, from: &mut dyn Read, to: &mut dyn Write) -> Result<String, VaultError> {
    let key = keys.backup.last().ok_or_else(|| VaultError::KeyFile("密钥文件中没有备份密钥。".into()))?;
    let alg = CipherAlg::from_id(&key.alg).ok_or_else(|| VaultError::Unknown(key.alg.clone()))?;
    let salt = random::<32>();
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(format!("{}\n{}\n{}\n", key.id, key.alg, hex::encode(salt)).as_bytes());
    to.write_all(&head).map_err(io)?;
    let stream = Zeroizing::new(hmac(HashAlg::Sha256, &*Zeroizing::new(key.bytes()?), &[b"backup-stream", &salt]));
    let mut current = fill(from)?;
    for n in 0.. {
        let next = if current.len() == PIECE { fill(from)? } else { vec![] };
        let last = next.is_empty();
        let sealed = alg.encrypt(&stream, &nonce(n, last), &head, &current);
        to.write_all(&sealed).map_err(io)?;
        if last {
            break;
        }
        current = next;
    }
    to.flush().map_err(io)?;
    Ok(key.id.clone())
}

/// The id of the key that a backup needs, from its head.
pub fn key_of(from: &mut dyn Read) -> Result<String, VaultError> {
    head(from).map(|(id, ..)| id)
}

/// Key id, cipher, salt, and the head's bytes as they are authenticated.
type Head = (String, CipherAlg, Vec<u8>, Vec<u8>);

fn head(from: &mut dyn Read) -> Result<Head, VaultError> {
    let broken = || VaultError::Broken("备份文件头");
    let mut all = vec![];
    let mut lines = 0;
    let mut byte = [0u8; 1];
    while lines < 4 {
        from.read_exact(&mut byte).map_err(|_| broken())?;
        all.push(byte[0]);
        lines += usize::from(byte[0] == b'\n');
        if all.len() > 300 {
            return Err(broken());
        }
    }
    if !all.starts_with(MAGIC) {
        return Err(VaultError::Broken("备份文件头（这不是枫桥的备份）"));
    }
    let text = std::str::from_utf8(&all[MAGIC.len()..]).map_err(|_| broken())?;
    let mut parts = text.lines();
    let (id, alg, salt) = (
        parts.next().ok_or_else(broken)?.to_string(),
        parts.next().ok_or_else(broken)?,
        hex::decode(parts.next().ok_or_else(broken)?).map_err(|_| broken())?,
    );
    let alg = CipherAlg::from_id(alg).ok_or_else(|| VaultError::Unknown(alg.to_string()))?;
    Ok((id, alg, salt, all.clone()))
}

/// Decrypts a backup; refuses changed, reordered or cut streams. What was written before the fault
/// was found must be thrown away by the caller.
pub fn decrypt(keys: &KeyFile, from: &mut dyn Read, to: &mut dyn Write) -> Result<(), VaultError> {
    let (id, alg, salt, head) = head(from)?;
    let key = keys.backup.iter().find(|k| k.id == id).ok_or(VaultError::NeedsKey(id))?;
    let stream = Zeroizing::new(hmac(HashAlg::Sha256, &*Zeroizing::new(key.bytes()?), &[b"backup-stream", &salt]));
    let mut current = fill_to(from, PIECE + TAG)?;
    for n in 0.. {
        let next = if current.len() == PIECE + TAG { fill_to(from, PIECE + TAG)? } else { vec![] };
        let last = next.is_empty();
        let plain = alg
            .decrypt(&stream, &nonce(n, last), &head, &current)
            .map_err(|_| VaultError::Broken("备份文件（内容被改动或不完整）"))?;
        to.write_all(&plain).map_err(io)?;
        if last {
            break;
        }
        current = next;
    }
    to.flush().map_err(io)
}

fn fill(from: &mut dyn Read) -> Result<Vec<u8>, VaultError> {
    fill_to(from, PIECE)
}

fn fill_to(from: &mut dyn Read, most: usize) -> Result<Vec<u8>, VaultError> {
    let mut out = Vec::with_capacity(most);
    from.take(most as u64).read_to_end(&mut out).map_err(io)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> KeyFile {
        let dir = tempfile::tempdir().unwrap();
        KeyFile::create(&dir.path().join("k"), "sm", "2026-05-08").unwrap()
    }

    /// A disk with room for so many bytes.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_as_what_it_is() {
        let said = encrypt(&keys(), &mut &vec![7; 3 * PIECE][..], &mut Full(2 * PIECE)).unwrap_err().to_string();
        assert!(said.contains("磁盘已满") && !said.contains("损坏"), "{said}");
    }

    fn roundtrip(keys: &KeyFile, plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![];
        encrypt(keys, &mut &plain[..], &mut sealed).unwrap();
        let mut back = vec![];
        decrypt(keys, &mut sealed.as_slice(), &mut back).unwrap();
        assert_eq!(back, plain);
        sealed
    }

    #[test]
    fn streams_of_all_lengths_come_back_and_no_fault_passes() {
        let k = keys();
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let plain: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
            let sealed = roundtrip(&k, &plain);
            assert_eq!(key_of(&mut sealed.as_slice()).unwrap(), "backup-20260508-1");
            let mut sink = vec![];
            let cut = &sealed[..sealed.len() - 1];
            assert!(decrypt(&k, &mut &cut[..], &mut sink).is_err());
            let mut flipped = sealed.clone();
            *flipped.last_mut().unwrap() ^= 1;
            assert!(decrypt(&k, &mut flipped.as_slice(), &mut sink).is_err());
        }
        let sealed = roundtrip(&k, &vec![5; 3 * PIECE]);
        let start = sealed.len() - 3 * (PIECE + TAG);
        let mut swapped = sealed[..start].to_vec();
        swapped.extend_from_slice(&sealed[start + PIECE + TAG..start + 2 * (PIECE + TAG)]);
        swapped.extend_from_slice(&sealed[start..start + PIECE + TAG]);
        swapped.extend_from_slice(&sealed[start + 2 * (PIECE + TAG)..]);
        assert!(decrypt(&k, &mut swapped.as_slice(), &mut vec![]).is_err());
        assert!(decrypt(&k, &mut &sealed[..start + 2 * (PIECE + TAG)], &mut vec![]).is_err());
    }

    #[test]
    fn another_key_file_is_told_which_key_it_lacks() {
        let mut sealed = vec![];
        let mut newer = keys();
        newer.rotate(crate::KeyKind::Backup, "2027-01-01").unwrap();
        encrypt(&newer, &mut &b"x"[..], &mut sealed).unwrap();
        assert_eq!(decrypt(&keys(), &mut sealed.as_slice(), &mut vec![]).unwrap_err(), VaultError::NeedsKey("backup-20270101-2".into()));
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = MAGIC.to_vec();
            bytes.extend(tail);
            let _ = decrypt(&keys(), &mut bytes.as_slice(), &mut vec![]);
        }
    }
}
