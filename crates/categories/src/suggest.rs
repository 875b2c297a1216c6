//! The suggestion: lexicon and naive Bayes together, with the words that speak for each class.

use crate::lexicon::{Class, Lexicon, Reason, Tally};
use crate::ngram::Bayes;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Goes up with every change of lexicon, texts or weights; kept with each suggestion.
pub const MODEL: &str = "2026.4";

/// One proposed class.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub code: String,
    /// Share of 100 among all classes of the list; for order, not a probability of being right.
    pub share: u8,
    pub reasons: Vec<Reason>,
    /// Why another class was held back in favour of this, or "".
    pub note: String,
    /// Similarity to the shipped examples spoke for it too.
    pub by_examples: bool,
}

/// All that the text suggests. Lists may be empty: nothing is forced.
#[derive(Clone, Debug, Default)]
pub struct Suggestion {
    pub judicial: Vec<Proposal>,
    pub causes: Vec<Proposal>,
    /// Level-1 category of an incident.
    pub incident: Vec<Proposal>,
}

/// Lexicon and trained texts.
pub struct Model {
    pub lexicon: Lexicon,
    pub judicial: Bayes,
    pub consult: Bayes,
}

/// An invented text that ships.
#[derive(Clone, Debug)]
pub struct Example {
    pub target: String,
    pub class: String,
    pub cause: String,
    pub text: String,
}

const LEXICON: &str = include_str!("../data/lexicon.txt");
const TEXTS: &str = include_str!("../data/texts.txt");
/// How much the examples weigh against the lexicon; found on the tuning half only.
const EXAMPLES: f32 = 0.45;
/// Score below which nothing is proposed.
const LEAST: f32 = 2.0;
const MOST_CLASSES: usize = 3;
const MOST_CAUSES: usize = 4;
const MOST_REASONS: usize = 6;

/// The invented texts.
pub fn examples() -> Vec<Example> {
    let mut out = vec![];
    let mut head = ("", "", "");
    for line in TEXTS.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if let Some(h) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let (target, rest) = h.split_once(':').unwrap_or((h, ""));
            let (class, cause) = rest.split_once(' ').unwrap_or((rest, "-"));
            head = (target, class, cause);
        } else {
            out.push(Example { target: head.0.into(), class: head.1.into(), cause: head.2.into(), text: line.into() });
        }
    }
    out
}

impl Model {
    /// Reads the lexicon and trains on the texts, the same every time.
    pub fn build() -> Result<Model, String> {
        let all = examples();
        let of = |target: &'static str| {
            Bayes::train(all.iter().filter(|e| e.target == target).map(|e| (e.class.as_str(), e.text.as_str())))
        };
        Ok(Model { lexicon: Lexicon::parse(LEXICON)?, judicial: of("judicial"), consult: of("consult") })
    }

    /// Classes of `target` by falling score: lexicon plus, where texts were learnt, the examples.
    pub fn rank(&self, target: &str, text: &str) -> Vec<(String, f32, Proposal)> {
        self.rank_of(target, text, &self.lexicon.tally(text))
    }

    fn rank_of(&self, target: &str, text: &str, tallies: &[(&Class, Tally)]) -> Vec<(String, f32, Proposal)> {
        let mut scores: BTreeMap<String, (f32, Proposal)> = BTreeMap::new();
        let blank = |code: &str| Proposal {
            code: code.into(),
            share: 0,
            reasons: vec![],
            note: String::new(),
            by_examples: false,
        };
        let mut held = String::new();
        for (class, tally) in tallies {
            if class.target != target {
                continue;
            }
            if !tally.held_back.is_empty() {
                held = tally.held_back.clone();
            }
            let mut p = blank(&class.code);
            p.reasons.clone_from(&tally.reasons);
            scores.insert(class.code.clone(), (tally.score, p));
        }
        let bayes = match target {
            "judicial" => Some(&self.judicial),
            "consult" => Some(&self.consult),
            _ => None,
        };
        if let Some(b) = bayes {
            let (list, known) = b.scores(text);
            let top = list.iter().map(|s| s.1).fold(f32::MIN, f32::max);
            // Long texts repeat themselves: their evidence grows with the root of their length.
            let scale = EXAMPLES * 6.0 / (known.max(1) as f32).sqrt();
            for (code, log) in list {
                let slot = scores.entry(code.to_string()).or_insert_with(|| (0.0, blank(code)));
                slot.0 += (8.0 + (log - top) * scale).max(0.0) * EXAMPLES;
                slot.1.by_examples = (log - top) * scale > -1.0;
            }
        }
        let mut out: Vec<(String, f32, Proposal)> = scores.into_iter().map(|(c, (s, p))| (c, s, p)).collect();
        out.sort_by(|a, b| b.1.total_cmp(&a.1));
        let top = out.first().map_or(0.0, |o| o.1);
        let sum: f32 = out.iter().map(|o| ((o.1 - top) / 2.5).exp()).sum();
        for o in &mut out {
            o.2.share = (((o.1 - top) / 2.5).exp() / sum * 100.0).round() as u8;
        }
        if let Some(first) = out.first_mut() {
            first.2.note = held;
        }
        out
    }

    /// What the text suggests.
    pub fn suggest(&self, text: &str) -> Suggestion {
        let tallies = self.lexicon.tally(text);
        let pick = |target: &str, most: usize, near: f32| -> Vec<Proposal> {
            let ranked = self.rank_of(target, text, &tallies);
            let top = ranked.first().map_or(0.0, |r| r.1);
            ranked
                .into_iter()
                .filter(|r| r.1 >= LEAST && r.1 >= top * near && !r.2.reasons.is_empty())
                .take(most)
                .map(|(_, _, mut p)| {
                    p.reasons.truncate(MOST_REASONS);
                    p
                })
                .collect()
        };
        Suggestion {
            judicial: pick("judicial", MOST_CLASSES, 0.45),
            causes: pick("cause", MOST_CAUSES, 0.4),
            incident: pick("incident", MOST_CLASSES, 0.4),
        }
    }

    /// The first class of `target`, or "".
    pub fn best(&self, target: &str, text: &str) -> String {
        self.rank(target, text).into_iter().next().map_or(String::new(), |r| r.0)
    }
}

static SHIPPED: LazyLock<Option<Model>> = LazyLock::new(|| Model::build().ok());

/// What a text suggests, by the shipped model. A text of fewer than four characters suggests nothing.
pub fn suggest(text: &str) -> Suggestion {
    if text.trim().chars().count() < 4 {
        return Suggestion::default();
    }
    SHIPPED.as_ref().map_or_else(Suggestion::default, |m| m.suggest(text))
}
