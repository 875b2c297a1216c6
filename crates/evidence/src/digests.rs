//! Digests made while the bytes pass.

use crate::statement::MAX_BLOCKS;
use media::export::{Blocks, Hasher, PartFacts};
use std::collections::BTreeMap;
use std::io::{self, Read};
use vault::{HashAlg, Hashing};

/// Blocks are whole multiples of this.
const UNIT: u64 = 64 << 10;

/// Bytes of a block for a file of this length: 64 KiB, or so many more that 256 blocks are enough.
pub fn block_size(bytes: u64) -> u64 {
    bytes.div_ceil(MAX_BLOCKS as u64).div_ceil(UNIT).max(1) * UNIT
}

struct Plain(Hashing);

impl Hasher for Plain {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

/// SHA-256 of each block, of so many at most.
struct ByBlock {
    size: u64,
    filled: u64,
    hash: Hashing,
    done: Vec<String>,
}

impl ByBlock {
    fn new(size: u64) -> ByBlock {
        ByBlock { size, filled: 0, hash: Hashing::new(HashAlg::Sha256), done: vec![] }
    }

    fn finish(mut self) -> Vec<String> {
        if self.filled > 0 && self.done.len() < MAX_BLOCKS {
            self.done.push(hex::encode(self.hash.finish()));
        }
        self.done
    }
}

impl Hasher for ByBlock {
    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.done.len() < MAX_BLOCKS {
            let room = (self.size - self.filled).min(bytes.len() as u64) as usize;
            let (now, later) = bytes.split_at(room);
            self.hash.update(now);
            self.filled += now.len() as u64;
            bytes = later;
            if self.filled == self.size {
                self.done.push(hex::encode(self.hash.finish()));
                self.filled = 0;
            }
        }
    }
}

/// All digests of one file of an export, on threads of their own beside the writing.
pub struct Digests {
    sha256: Plain,
    sm3: Plain,
    blocks: ByBlock,
}

impl Digests {
    /// For a file of this length (`Clip::bytes`).
    pub fn new(bytes: u64) -> Digests {
        Digests {
            sha256: Plain(Hashing::new(HashAlg::Sha256)),
            sm3: Plain(Hashing::new(HashAlg::Sm3)),
            blocks: ByBlock::new(block_size(bytes)),
        }
    }

    /// For `Clip::write`.
    pub fn hashers(&mut self) -> [&mut dyn Hasher; 3] {
        [&mut self.sm3, &mut self.sha256, &mut self.blocks]
    }

    /// Writes the digests into the part's facts.
    pub fn fill(mut self, part: &mut PartFacts) {
        part.digests.insert(HashAlg::Sha256.id().into(), hex::encode(self.sha256.0.finish()));
        part.digests.insert(HashAlg::Sm3.id().into(), hex::encode(self.sm3.0.finish()));
        part.blocks = Some(Blocks { size: self.blocks.size, sha256: self.blocks.finish() });
    }
}

/// What a file on the disk is, as far as a check needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// SM3 in hexadecimal.
    pub sm3: String,
    /// SHA-256 of the first 256 blocks at most, by the size of a block.
    pub blocks: BTreeMap<u64, Vec<String>>,
}

/// Reads a file once, in pieces. `sizes` are the blocks' sizes that the manifest speaks of; eight of them count.
///
/// # Errors
/// The reader's.
pub fn measure(from: &mut dyn Read, sizes: &[u64]) -> io::Result<Measured> {
    let mut sha256 = Hashing::new(HashAlg::Sha256);
    let mut sm3 = Hashing::new(HashAlg::Sm3);
    let mut lists: BTreeMap<u64, ByBlock> = sizes.iter().take(8).map(|s| (*s, ByBlock::new((*s).max(1)))).collect();
    let mut piece = vec![0u8; 1 << 20];
    let mut bytes = 0;
    loop {
        let n = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        bytes += n as u64;
        sha256.update(&piece[..n]);
        sm3.update(&piece[..n]);
        lists.values_mut().for_each(|l| l.update(&piece[..n]));
    }
    let blocks = lists.into_iter().map(|(size, list)| (size, list.finish())).collect();
    Ok(Measured { bytes, sha256: hex::encode(sha256.finish()), sm3: hex::encode(sm3.finish()), blocks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_256_blocks_whatever_the_length() {
        for bytes in [0, 1, UNIT, 256 * UNIT, 256 * UNIT + 1, 21_600_000_000, 1 << 50] {
            let size = block_size(bytes);
            assert!(size.is_multiple_of(UNIT) && bytes.div_ceil(size) <= 256, "{bytes}");
        }
        assert_eq!((block_size(1), block_size(256 * UNIT), block_size(256 * UNIT + 1)), (UNIT, UNIT, 2 * UNIT));
    }

    #[test]
    fn passing_and_reading_give_the_same_digests() {
        let file: Vec<u8> = (0..300_000u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
        let mut d = Digests::new(file.len() as u64);
        for h in d.hashers() {
            file.chunks(7_777).for_each(|c| h.update(c));
        }
        let mut part = PartFacts {
            codec: "avc1".into(),
            width: 1,
            height: 1,
            bytes: 300_000,
            pictures: 1,
            segments: vec![],
            lossy: vec![],
            digests: BTreeMap::new(),
            blocks: None,
        };
        d.fill(&mut part);
        let seen = measure(&mut &file[..], &[UNIT]).unwrap();
        let blocks = part.blocks.unwrap();
        assert_eq!((blocks.size, blocks.sha256.len()), (UNIT, 5));
        assert_eq!(seen.blocks[&UNIT], blocks.sha256);
        assert_eq!((&seen.sha256, &seen.sm3), (&part.digests["sha256"], &part.digests["sm3"]));
    }
}
