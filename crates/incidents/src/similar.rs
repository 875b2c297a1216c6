//! Likely duplicates by text: MinHash over character shingles with banding.
//!
//! Broder, "On the resemblance and containment of documents" (1997): the share of equal minima
//! estimates the Jaccard similarity of two shingle sets; bands of two minima find candidates by an
//! index. Texts are compared with texts, never people with people; a person confirms every link.

use kernel::text::fold;

/// Minima per signature.
pub const HASHES: usize = 32;
/// Index keys per text, each of two minima: texts of similarity s share one with probability 1 − (1 − s²)⁸ (90 % at 0.5,
/// 97 % at 0.6, 99.6 % at 0.7), by the title or by the body. Sixteen found the last tenth at the threshold
/// and were the greater part of what a report writes to the disk.
const BANDS: usize = 8;
/// Similarity from which two texts are proposed as one matter.
pub const ALIKE: f64 = 0.5;

/// The signatures of a report: its title and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub title: Vec<u32>,
    pub body: Vec<u32>,
    /// Hashes of the places and causes told of together.
    pub matters: Vec<u32>,
}

fn mix(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// The minima of all shingles of `n` characters; empty when the text is too short to judge.
fn minima(text: &str, n: usize, least: usize) -> Vec<u32> {
    let chars: Vec<char> = fold(text).chars().filter(|c| c.is_alphanumeric()).collect();
    if chars.len() < least.max(n) {
        return vec![];
    }
    let mut best = vec![u32::MAX; HASHES];
    for w in chars.windows(n) {
        let base = w.iter().fold(0u64, |h, c| mix(h ^ *c as u64).wrapping_add(0x9e37_79b9_7f4a_7c15));
        for (i, b) in best.iter_mut().enumerate() {
            let h = (mix(base ^ (i as u64).wrapping_mul(0xa076_1d64_78bd_642f)) >> 32) as u32;
            *b = (*b).min(h);
        }
    }
    best
}

impl Signature {
    pub fn of(title: &str, body: &str) -> Signature {
        let matters = crate::matter::keys(title, body)
            .iter()
            .map(|k| k.chars().fold(7u64, |h, c| mix(h ^ c as u64)) as u32)
            .collect();
        Signature { title: minima(title, 2, 6), body: minima(body, 3, 20), matters }
    }

    /// The higher of title and body similarity, 0 to 1; [`ALIKE`] at least where one place and one
    /// cause are told of by both.
    pub fn likeness(&self, other: &Signature) -> f64 {
        let share = |a: &[u32], b: &[u32]| {
            if a.is_empty() || b.is_empty() {
                return 0.0;
            }
            a.iter().zip(b).filter(|(x, y)| x == y).count() as f64 / HASHES as f64
        };
        let texts = share(&self.title, &other.title).max(share(&self.body, &other.body));
        let same_matter = self.matters.iter().any(|m| other.matters.contains(m));
        if same_matter { texts.max(ALIKE) } else { texts }
    }

    /// Index keys: equal in one band means "look closer".
    pub fn bands(&self) -> Vec<i64> {
        let mut out = vec![];
        for (part, salt) in [(&self.title, 1u64), (&self.body, 2u64)] {
            for (i, pair) in part.chunks(2).take(BANDS).enumerate() {
                let h = mix(salt << 40 ^ (i as u64) << 32 ^ pair.iter().fold(0, |h, x| mix(h ^ u64::from(*x))));
                out.push((h >> 1) as i64);
            }
        }
        out.extend(self.matters.iter().map(|m| (mix(3u64 << 40 ^ u64::from(*m)) >> 1) as i64));
        out.sort_unstable();
        out.dedup();
        out
    }

    pub fn to_bytes(part: &[u32]) -> Vec<u8> {
        part.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    pub fn from_bytes(bytes: &[u8]) -> Vec<u32> {
        bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_complaint_told_twice_is_alike_and_another_is_not() {
        let a = Signature::of("楼上半夜拖动桌椅噪音扰民", "我住幸福小区3号楼2单元302，楼上402每天晚上十一点以后拖动桌椅，噪音很大，孩子睡不着，请派出所处理。");
        let b = Signature::of("楼上半夜拖动桌椅，噪音扰民！", "我住幸福小区3号楼2单元302室，楼上402每天晚上十一点以后拖动桌椅，噪音很大，孩子睡不着觉，请派出所来处理一下。");
        let c = Signature::of("绿化带里养鸡", "小区绿化带里有人养鸡，早上四点打鸣，臭味也大，物业不管，请协调。");
        assert!(a.likeness(&b) >= ALIKE, "{}", a.likeness(&b));
        assert!(a.likeness(&c) < 0.2, "{}", a.likeness(&c));
        assert!(a.bands().iter().any(|x| b.bands().contains(x)));
        assert_eq!(Signature::from_bytes(&Signature::to_bytes(&a.body)), a.body);
    }

    #[test]
    fn too_little_text_is_alike_to_nothing() {
        let a = Signature::of("噪音", "吵");
        assert_eq!(a.likeness(&a), 0.0);
        assert!(a.bands().is_empty());
    }
}
