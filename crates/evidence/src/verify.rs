//! The check of a file against its manifest, pure.

use crate::digests::Measured;
use crate::keys::Key;
use crate::seal::Sealed;
use crate::statement::{Bad, Statement};
use media::export::PartFacts;

/// What the file is to the manifest. Parts count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFinding {
    /// Every byte is the exported one.
    Whole { part: usize },
    /// The tail is missing; the first `intact` bytes are proven to be the exported ones.
    Cut { part: usize, intact: u64, missing: u64 },
    /// Something was added behind the end.
    Longer { part: usize, added: u64 },
    /// Bytes differ: byte ranges `(from, until)` of the blocks in which they do, within the exported length.
    Changed { part: usize, blocks: Vec<(u64, u64)> },
    /// No block of the file is one of this manifest's.
    Foreign,
}

/// What the signatures are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignFinding {
    /// All fit, and these keys are the known ones.
    Known { key_ids: Vec<String> },
    /// All fit, but no key was given to compare: fingerprints to compare by hand.
    Unchecked { keys: Vec<Key> },
    /// All fit, but none was made with a key that was given.
    Unknown { keys: Vec<Key> },
    /// One does not fit: the statement was changed after it was signed, or the signature was.
    Forged { alg: String },
    /// There is none.
    Missing,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What the manifest says; to be believed as far as `signature` goes.
    pub statement: Statement,
    /// The file.
    pub file: FileFinding,
    /// The signatures.
    pub signature: SignFinding,
}

impl Verdict {
    /// The file is whole and the signatures fit their keys, whoever holds these.
    pub fn is_whole(&self) -> bool {
        let fits = !matches!(self.signature, SignFinding::Forged { .. } | SignFinding::Missing);
        fits && matches!(self.file, FileFinding::Whole { .. })
    }
    /// Whole, and signed with a known key.
    pub fn is_proven(&self) -> bool {
        self.is_whole() && matches!(self.signature, SignFinding::Known { .. })
    }
}

/// Checks a measured file against a manifest file. `trusted` are the keys that came another way; empty when none did.
///
/// # Errors
/// The manifest cannot be read at all.
pub fn verify(manifest: &[u8], file: &Measured, trusted: &[Key]) -> Result<Verdict, Bad> {
    let (sealed, statement) = Sealed::parse(manifest)?;
    Ok(Verdict { file: compare(&statement.clip.parts, file), signature: signatures(&sealed, trusted), statement })
}

fn signatures(sealed: &Sealed, trusted: &[Key]) -> SignFinding {
    if sealed.signatures.is_empty() {
        return SignFinding::Missing;
    }
    let message = sealed.message();
    if let Some(bad) = sealed.signatures.iter().find(|m| !m.fits(&message)) {
        return SignFinding::Forged { alg: bad.alg.clone() };
    }
    let keys: Vec<Key> =
        sealed.signatures.iter().map(|m| Key { alg: m.alg.clone(), public: m.public.to_lowercase() }).collect();
    if trusted.is_empty() {
        return SignFinding::Unchecked { keys };
    }
    let known = |(m, k): (&crate::Mark, &Key)| trusted.contains(k).then(|| m.key_id.clone());
    let mut key_ids: Vec<String> = sealed.signatures.iter().zip(&keys).filter_map(known).collect();
    key_ids.dedup();
    if key_ids.is_empty() { SignFinding::Unknown { keys } } else { SignFinding::Known { key_ids } }
}

fn compare(parts: &[PartFacts], file: &Measured) -> FileFinding {
    let is = |p: &PartFacts, alg: &str, d: &str| p.digests.get(alg).is_some_and(|x| x == d);
    let same = |p: &&PartFacts| p.bytes == file.bytes && is(p, "sha256", &file.sha256) && is(p, "sm3", &file.sm3);
    if let Some(part) = parts.iter().position(|p| same(&p)) {
        return FileFinding::Whole { part };
    }
    // The part that most blocks come from; of the same length when nothing else tells.
    let alike = |p: &PartFacts| {
        let blocks = matches(p, file).iter().filter(|m| **m).count();
        (blocks, p.bytes == file.bytes)
    };
    let best = parts.iter().enumerate().max_by_key(|(i, p)| (alike(p), std::cmp::Reverse(*i)));
    let Some((part, p)) = best.filter(|(_, p)| alike(p) != (0, false)) else { return FileFinding::Foreign };
    let size = p.blocks.as_ref().map_or(1, |b| b.size.max(1));
    let same = matches(p, file);
    if file.bytes < p.bytes && same.iter().take((file.bytes / size) as usize).all(|m| *m) {
        return FileFinding::Cut { part, intact: file.bytes / size * size, missing: p.bytes - file.bytes };
    }
    // Of a file that grew, the last block is another one whenever it was not full: what was there cannot be told from it.
    let full = (p.bytes / size) as usize;
    if file.bytes > p.bytes && full > 0 && same.iter().take(full).all(|m| *m) {
        return FileFinding::Longer { part, added: file.bytes - p.bytes };
    }
    let mut blocks: Vec<(u64, u64)> = vec![];
    for (i, same) in same.iter().enumerate().filter(|(_, m)| !**m) {
        let _ = same;
        let from = i as u64 * size;
        let until = (from + size).min(p.bytes);
        match blocks.last_mut() {
            Some(last) if last.1 == from => last.1 = until,
            _ => blocks.push((from, until)),
        }
    }
    FileFinding::Changed { part, blocks }
}

/// For each block of the part, whether the file has the same one at the same place.
fn matches(p: &PartFacts, file: &Measured) -> Vec<bool> {
    let Some(blocks) = &p.blocks else { return vec![] };
    let seen = file.blocks.get(&blocks.size).map_or(&[][..], |l| l);
    blocks.sha256.iter().enumerate().map(|(i, d)| seen.get(i) == Some(d)).collect()
}
