//! What a page, a store and a table need of a filled form.

use super::key::key;
use super::{Answers, Filled, Offer, Part, Problem};
use crate::expr::value::Value;
use crate::form::Form;
use crate::model::{Kind, Text};
use crate::text::{Piece, pieces};

/// Why, by key.
type Problems<'a> = std::collections::HashMap<&'a str, &'a str>;

impl<'f> Filled<'f> {
    pub fn form(&self) -> &'f Form {
        self.form
    }

    /// What is wrong, in the order of the questionnaire. Empty: the answers can be taken.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The value of a question outside of repeats, or in its only round.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let node = self.form.find(name)?;
        let rounds = self.places(node).into_iter().next()?;
        self.fields.get(&(node, rounds)).filter(|f| f.relevant).map(|f| &f.value)
    }

    /// All fields that are asked or computed now, with their values, in the order of the questionnaire.
    pub fn values(&self) -> Vec<(String, usize, &Value)> {
        let mut found = vec![];
        for (index, _) in self.form.nodes().iter().enumerate().filter(|(_, n)| n.has_value()) {
            for rounds in self.places(index) {
                let name = key(self.form, index, &rounds);
                if let Some(field) = self.fields.get(&(index, rounds)).filter(|f| f.relevant) {
                    found.push((name, index, &field.value));
                }
            }
        }
        found
    }

    /// The answers worth keeping: what is asked now and was answered, in their plain form, and the rounds of repeats.
    /// Filling a form with them gives the same values.
    pub fn answers(&self) -> Answers {
        let mut kept = Answers::new();
        for (name, index, value) in self.values() {
            let node = &self.form.nodes()[index];
            // An emptied default stays empty only when it is said.
            let said = !value.is_empty() || !node.item.default.is_empty();
            if node.is_asked() && said {
                kept.insert(name, value.text());
            }
        }
        for (index, list) in &self.rounds {
            let node = &self.form.nodes()[*index];
            if node.repeat_count.is_some() {
                continue;
            }
            for rounds in self.places(*index).into_iter().filter(|r| self.relevant(*index, r)) {
                let n = list.iter().filter(|l| l.starts_with(&rounds)).count();
                kept.insert(key(self.form, *index, &rounds), n.to_string());
            }
        }
        kept
    }

    /// A text in the language of this filling, its `${name}` replaced.
    pub(crate) fn words(&self, node: usize, rounds: &[u8], text: &Text) -> String {
        let said = text.get(&self.language);
        if !said.contains("${") {
            return said.to_string();
        }
        let piece = |p: Piece<'_>| match p {
            Piece::Words(w) => w.to_string(),
            Piece::Field(name) => match self.form.find(name) {
                Some(of) => self.shown(of, &self.seen_from(node, rounds, of)),
                None => String::new(),
            },
        };
        pieces(said).into_iter().map(piece).collect()
    }

    /// A value for people: choices by their labels.
    pub fn shown(&self, node: usize, value: &Value) -> String {
        let text = value.text();
        if self.form.list(node).is_none() {
            return text;
        }
        let label = |name: &str| match self.form.choice(node, name) {
            Some(c) if !c.label.is_empty() => c.label.get(&self.language).to_string(),
            _ => name.to_string(),
        };
        text.split_whitespace().map(label).collect::<Vec<_>>().join("、")
    }

    /// The page: what is asked now, in order. Calculations and hidden fields have no line.
    pub fn parts(&self) -> Vec<Part> {
        let mut found = vec![];
        let problems: Problems<'_> = self.problems.iter().map(|p| (p.key.as_str(), p.why.as_str())).collect();
        let top = (0..self.form.nodes().len()).filter(|n| self.form.nodes()[*n].parent.is_none());
        for node in top {
            self.part(node, &[], 0, &problems, &mut found);
        }
        found
    }

    fn part(&self, index: usize, rounds: &[u8], depth: usize, problems: &Problems<'_>, found: &mut Vec<Part>) {
        let node = &self.form.nodes()[index];
        let Some(field) = self.fields.get(&(index, rounds.to_vec())).filter(|f| f.relevant) else { return };
        if matches!(node.item.kind, Kind::Calculate | Kind::Hidden | Kind::Meta(_)) {
            return;
        }
        let name = key(self.form, index, rounds);
        let mut part = Part {
            node: index,
            kind: node.item.kind.clone(),
            depth,
            round: None,
            open_rounds: node.item.kind == Kind::Repeat && node.repeat_count.is_none(),
            label: self.words(index, rounds, &node.item.label),
            hint: self.words(index, rounds, &node.item.hint),
            text: field.typed.clone().unwrap_or_else(|| field.value.text()),
            required: self.holds(node.required.as_ref(), false, index, rounds).unwrap_or(false),
            read_only: node.calculation.is_some()
                || self.holds(node.read_only.as_ref(), false, index, rounds).unwrap_or(false),
            offers: self.offers(index, rounds, &field.value),
            problem: problems.get(name.as_str()).map(|why| (*why).to_string()),
            key: name,
        };
        if node.item.kind != Kind::Repeat {
            found.push(part);
            for child in &node.children {
                self.part(*child, rounds, depth + 1, problems, found);
            }
            return;
        }
        let all = self.rounds.get(&index).map_or(&[][..], Vec::as_slice);
        let here: Vec<_> = all.iter().filter(|r| r.starts_with(rounds)).collect();
        part.round = Some((0, here.len()));
        part.text = here.len().to_string();
        found.push(part.clone());
        for (i, round) in here.iter().enumerate() {
            let key = key(self.form, index, round);
            found.push(Part { key, round: Some((i + 1, here.len())), depth: depth + 1, problem: None, ..part.clone() });
            for child in &node.children {
                self.part(*child, round, depth + 2, problems, found);
            }
        }
    }

    fn offers(&self, index: usize, rounds: &[u8], value: &Value) -> Vec<Offer> {
        let chosen = value.text();
        let offer = |c: &crate::Choice| {
            let label = self.words(index, rounds, &c.label);
            Offer {
                name: c.name.clone(),
                label: if label.is_empty() { c.name.clone() } else { label },
                chosen: chosen.split_whitespace().any(|n| n == c.name),
            }
        };
        self.offered(index, rounds).unwrap_or_default().into_iter().map(offer).collect()
    }
}
