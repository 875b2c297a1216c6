//! 起因词库: phrases that tell of a class, with weights; masks that tell of nothing; which class
//! gives way to which (a property company that owes wages is an employer here).
//!
//! A phrase counts once, wherever it stands first: most in the first line, less far down. A phrase
//! after 不是 or 并非 does not count. Inside one class the longer phrase hides the shorter.

use aho_corasick::{AhoCorasick, MatchKind};
use kernel::text::fold;
use std::collections::BTreeMap;

/// What a class is chosen from: `judicial`, `cause`, `consult`, `incident`.
pub type Target = &'static str;

/// One phrase of one class.
#[derive(Clone, Copy, Debug)]
struct Entry {
    class: usize,
    weight: f32,
}

/// `class` counts `factor` times once `other` reaches `from`.
#[derive(Clone, Debug)]
struct Yield {
    class: usize,
    other: usize,
    factor: f32,
    from: f32,
    why: String,
}

/// A class of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    pub target: String,
    pub code: String,
}

/// Phrase, how much it added.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub phrase: String,
    pub weight: f32,
}

/// What the lexicon says of one class.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub score: f32,
    pub reasons: Vec<Reason>,
    /// Why the class was held back, or "".
    pub held_back: String,
}

/// The lexicon, ready to match.
pub struct Lexicon {
    phrases: Vec<String>,
    entries: Vec<Vec<Entry>>,
    masks: Vec<bool>,
    classes: Vec<Class>,
    yields: Vec<Yield>,
    finder: AhoCorasick,
}

/// Characters of a text that are looked at.
pub const MOST_CHARS: usize = 4_000;
/// A phrase here or before counts in full and a half more.
const HEAD_CHARS: usize = 40;
/// A phrase after this many characters counts half.
const TAIL_CHARS: usize = 300;
/// No phrase is longer.
const MOST_PHRASE_BYTES: usize = 60;
const NEGATORS: &[&str] = &["不是", "并非", "并不是", "不涉及", "无关", "不属于"];

impl Lexicon {
    /// Reads the lexicon. Panics never; a broken line is an error naming it.
    pub fn parse(text: &str) -> Result<Lexicon, String> {
        let mut phrases: BTreeMap<String, (Vec<Entry>, bool)> = BTreeMap::new();
        let mut classes: Vec<Class> = vec![];
        let mut yields = vec![];
        let mut block = String::new();
        let class_of = |classes: &mut Vec<Class>, target: &str, code: &str| {
            let c = Class { target: target.into(), code: code.into() };
            classes.iter().position(|x| *x == c).unwrap_or_else(|| {
                classes.push(c);
                classes.len() - 1
            })
        };
        for (n, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                block = name.to_string();
                continue;
            }
            let broken = || format!("lexicon line {}: {line}", n + 1);
            if block == "yield" {
                let mut parts = line.splitn(6, ' ');
                let mut next = || parts.next().ok_or_else(broken);
                let (target, class, factor, other, from, why) = (next()?, next()?, next()?, next()?, next()?, next()?);
                yields.push(Yield {
                    class: class_of(&mut classes, target, class),
                    other: class_of(&mut classes, target, other),
                    factor: factor.parse().map_err(|_| broken())?,
                    from: from.parse().map_err(|_| broken())?,
                    why: why.to_string(),
                });
                continue;
            }
            let (weight, words) = line.split_once(':').ok_or_else(broken)?;
            let weight: f32 = weight.trim().parse().map_err(|_| broken())?;
            let class = match block.split_once(':') {
                Some((target, code)) => Some(class_of(&mut classes, target, code)),
                None if block == "mask" => None,
                None => return Err(broken()),
            };
            for word in words.split_whitespace() {
                let slot = phrases.entry(fold(word)).or_default();
                match class {
                    None => slot.1 = true,
                    Some(class) if !slot.0.iter().any(|e| e.class == class) => slot.0.push(Entry { class, weight }),
                    Some(_) => {}
                }
            }
        }
        let mut lexicon = Lexicon {
            phrases: vec![],
            entries: vec![],
            masks: vec![],
            classes,
            yields,
            finder: AhoCorasick::new([""; 0]).map_err(|e| e.to_string())?,
        };
        for (phrase, (entries, mask)) in phrases {
            lexicon.phrases.push(phrase);
            lexicon.entries.push(entries);
            lexicon.masks.push(mask);
        }
        lexicon.finder = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&lexicon.phrases)
            .map_err(|e| e.to_string())?;
        Ok(lexicon)
    }

    /// How many phrases stand in it.
    pub fn len(&self) -> usize {
        self.phrases.len()
    }

    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// The classes of `target` in the order of the file.
    pub fn classes(&self, target: &str) -> Vec<&str> {
        self.classes.iter().filter(|c| c.target == target).map(|c| c.code.as_str()).collect()
    }

    /// What each class of all targets gets from the text, classes without a phrase left out.
    pub fn tally(&self, text: &str) -> Vec<(&Class, Tally)> {
        let text = fold(&text.chars().take(MOST_CHARS).collect::<String>());
        let head = text.char_indices().nth(HEAD_CHARS).map_or(text.len(), |(i, _)| i);
        let head = text.find('\n').map_or(head, |line| line.max(head.min(line)));
        let tail = text.char_indices().nth(TAIL_CHARS).map_or(text.len(), |(i, _)| i);
        let found: Vec<(usize, usize, usize)> = self
            .finder
            .find_overlapping_iter(&text)
            .map(|m| (m.start(), m.end(), m.pattern().as_usize()))
            .filter(|(start, _, _)| !negated(&text, *start))
            .collect();
        let masks: Vec<(usize, usize)> =
            found.iter().filter(|f| self.masks[f.2]).map(|f| (f.0, f.1)).collect();
        let inside = |f: &(usize, usize, usize), a: usize, b: usize| a <= f.0 && f.1 <= b && (b - a) > (f.1 - f.0);
        let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
        let mut first_of_end = 0;
        for (at, f) in found.iter().enumerate() {
            if found[first_of_end].1 < f.1 {
                first_of_end = at;
            }
            if masks.iter().any(|(a, b)| inside(f, *a, *b)) {
                continue;
            }
            for e in &self.entries[f.2] {
                // Matches come by their end: whatever covers this one ends within a phrase's length.
                let hidden = found[first_of_end..].iter().take_while(|g| g.1 <= f.1 + MOST_PHRASE_BYTES).any(|g| {
                    inside(f, g.0, g.1) && self.entries[g.2].iter().any(|x| x.class == e.class)
                });
                let phrase = &self.phrases[f.2];
                let tally = tallies.entry(e.class).or_default();
                if hidden || tally.reasons.iter().any(|r| r.phrase == *phrase) {
                    continue;
                }
                let factor = if f.0 < head {
                    1.5
                } else if f.0 < tail {
                    1.0
                } else {
                    0.5
                };
                tally.score += e.weight * factor;
                tally.reasons.push(Reason { phrase: phrase.clone(), weight: e.weight * factor });
            }
        }
        self.give_way(&mut tallies);
        let mut out: Vec<(&Class, Tally)> = tallies
            .into_iter()
            .filter(|(_, t)| !t.reasons.is_empty())
            .map(|(c, mut t)| {
                t.reasons.sort_by(|a, b| b.weight.total_cmp(&a.weight));
                (&self.classes[c], t)
            })
            .collect();
        out.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
        out
    }

    fn give_way(&self, tallies: &mut BTreeMap<usize, Tally>) {
        let before: BTreeMap<usize, f32> = tallies.iter().map(|(c, t)| (*c, t.score)).collect();
        for y in &self.yields {
            if before.get(&y.other).is_some_and(|s| *s >= y.from)
                && let Some(t) = tallies.get_mut(&y.class)
            {
                t.score *= y.factor;
                t.held_back = y.why.clone();
            }
        }
    }
}

/// Whether the phrase that starts at `start` is denied by what stands before it.
fn negated(text: &str, start: usize) -> bool {
    let before = &text[..start];
    NEGATORS.iter().any(|n| before.ends_with(n))
        || ["因为", "由于", "什么"].iter().any(|link| {
            before.strip_suffix(link).is_some_and(|b| NEGATORS.iter().any(|n| b.ends_with(n)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        Lexicon::parse("[mask]\n0: 向物业反映\n[judicial:property]\n4: 物业\n5: 物业费\n[judicial:labour]\n5: 工资\n[yield]\njudicial property 0.2 labour 5 是用人单位").unwrap()
    }

    fn scores(text: &str) -> Vec<(String, f32)> {
        lexicon().tally(text).into_iter().map(|(c, t)| (c.code.clone(), t.score)).collect()
    }

    #[test]
    fn the_longer_phrase_hides_the_shorter_and_each_counts_once() {
        assert_eq!(scores("物业费，物业费"), vec![("property".to_string(), 7.5)]);
    }

    #[test]
    fn who_is_only_appealed_to_is_not_the_matter() {
        assert!(scores("已向物业反映").is_empty());
    }

    #[test]
    fn a_denied_phrase_does_not_count() {
        assert!(scores("不是物业的事").is_empty());
        assert!(scores("不是因为物业费").is_empty());
    }

    #[test]
    fn an_employer_is_not_a_property_dispute() {
        let s = scores("物业拖欠工资");
        assert_eq!(s[0].0, "labour");
        assert!(s[1].1 < 2.0);
    }

    #[test]
    fn a_broken_line_names_itself() {
        assert!(Lexicon::parse("[judicial:x]\nabc").err().is_some_and(|e| e.contains("line 2")));
    }
}
