//! Multinomial naive Bayes over character n-grams, trained on the invented texts that ship.
//!
//! It stands beside the lexicon inside the suggester, and alone it is the baseline that the bench
//! compares with.

use kernel::text::fold;
use std::collections::BTreeMap;
use std::collections::HashMap;

/// The trained counts.
pub struct Bayes {
    classes: Vec<String>,
    prior: Vec<f32>,
    /// Log probability of a gram per class.
    grams: HashMap<u64, Vec<f32>>,
}

/// Characters of a text that the suggester looks at; the matter stands at the beginning.
const MOST_CHARS: usize = 800;
const SMOOTH: f32 = 0.3;

fn grams(text: &str, most: usize) -> Vec<u64> {
    let sizes = 1..=3;
    let head: String = text.chars().take(2 * most).collect();
    let chars: Vec<char> = fold(&head).chars().filter(|c| c.is_alphanumeric()).take(most).collect();
    let mut out = vec![];
    for n in sizes {
        for w in chars.windows(n) {
            out.push(w.iter().fold(n as u64, |h, c| h << 21 | u64::from(*c as u32 & 0x1f_ffff)));
        }
    }
    out
}

impl Bayes {
    /// Trains on `(class, text)` with grams of 1 to 3 characters.
    pub fn train<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Bayes {
        let mut counts: BTreeMap<&str, (usize, HashMap<u64, f32>)> = BTreeMap::new();
        let mut all = 0usize;
        for (class, text) in texts {
            let slot = counts.entry(class).or_default();
            slot.0 += 1;
            all += 1;
            for g in grams(text, MOST_CHARS) {
                *slot.1.entry(g).or_default() += 1.0;
            }
        }
        let mut vocabulary: Vec<u64> = counts.values().flat_map(|c| c.1.keys().copied()).collect();
        vocabulary.sort_unstable();
        vocabulary.dedup();
        let size = vocabulary.len() as f32;
        let totals: Vec<f32> = counts.values().map(|c| c.1.values().sum::<f32>() + SMOOTH * size).collect();
        let mut table: HashMap<u64, Vec<f32>> = HashMap::with_capacity(vocabulary.len());
        for g in vocabulary {
            let row = counts
                .values()
                .zip(&totals)
                .map(|(c, t)| ((c.1.get(&g).copied().unwrap_or(0.0) + SMOOTH) / t).ln())
                .collect();
            table.insert(g, row);
        }
        Bayes {
            classes: counts.keys().map(|c| c.to_string()).collect(),
            prior: counts.values().map(|c| (c.0 as f32 / all.max(1) as f32).ln()).collect(),
            grams: table,
        }
    }

    /// Log probability per class (not normalised) and how many known grams it rests on.
    pub fn scores(&self, text: &str) -> (Vec<(&str, f32)>, usize) {
        self.scores_of(text, MOST_CHARS)
    }

    fn scores_of(&self, text: &str, most: usize) -> (Vec<(&str, f32)>, usize) {
        let mut sums = self.prior.clone();
        let mut known = 0;
        for g in grams(text, most) {
            if let Some(row) = self.grams.get(&g) {
                known += 1;
                for (s, x) in sums.iter_mut().zip(row) {
                    *s += x;
                }
            }
        }
        (self.classes.iter().map(String::as_str).zip(sums).collect(), known)
    }

    /// The likeliest class by the whole text: the baseline, at its best.
    pub fn best(&self, text: &str) -> &str {
        let (scores, _) = self.scores_of(text, super::lexicon::MOST_CHARS);
        scores.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or("", |s| s.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_two_kinds_of_texts_apart() {
        let b = Bayes::train([("noise", "楼上半夜拖椅子很吵"), ("noise", "半夜施工太吵"), ("wage", "老板拖欠工资"), ("wage", "三个月没发工资")]);
        assert_eq!(b.best("施工到半夜"), "noise");
        assert_eq!(b.best("拖欠我的工资"), "wage");
    }
}
