//! Counts for each question (分题统计): how many were asked, how many answered, how many chose what.
//!
//! Shares are of those who answered. Intervals are left to the caller: they need no more than these counts.

use crate::answers::Filled;
use crate::expr::value::Value;
use crate::form::Form;
use crate::limits;
use crate::model::Kind;

/// One choice of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    pub name: String,
    pub label: String,
    /// Answers with this choice.
    pub chosen: u32,
    /// The same, each answer with its weight.
    pub weighted: f64,
}

/// Numbers that were answered, in the question's own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub least: f64,
    pub lower_quartile: f64,
    pub median: f64,
    pub upper_quartile: f64,
    pub most: f64,
    pub mean: f64,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// Index in [`Form::nodes`].
    pub node: usize,
    pub path: String,
    pub label: String,
    pub kind: Kind,
    /// To how many it was put; in a repeat each round counts.
    pub asked: u32,
    /// How many of them answered.
    pub answered: u32,
    /// Weights of those who answered.
    pub weight: f64,
    /// Of a question with choices, in the order of the list.
    pub counts: Vec<Count>,
    /// Of a question for numbers.
    pub spread: Option<Spread>,
    /// What was answered, the least first: numbers in the question's own unit, times of day in minutes since midnight; of
    /// other questions nothing.
    pub values: Vec<f64>,
}

impl Tally {
    /// Share of a choice among those who answered, unweighted; none when nobody did.
    pub fn share(&self, choice: &Count) -> Option<f64> {
        (self.answered > 0).then(|| f64::from(choice.chosen) / f64::from(self.answered))
    }

    /// The same with weights.
    pub fn weighted_share(&self, choice: &Count) -> Option<f64> {
        (self.weight > 0.0).then(|| choice.weighted / self.weight)
    }
}

/// Collects sets of answers one after the other.
#[derive(Debug)]
pub struct Tabulation {
    tallies: Vec<Tally>,
    /// Index of the tally of a node.
    of: Vec<Option<usize>>,
    numbers: Vec<Vec<f64>>,
    sets: usize,
}

/// A tabulation of all asked questions, empty.
pub fn tabulate(form: &Form, language: &str) -> Tabulation {
    let mut t = Tabulation { tallies: vec![], of: vec![None; form.nodes().len()], numbers: vec![], sets: 0 };
    for (node, n) in form.nodes().iter().enumerate().filter(|(_, n)| n.is_asked()) {
        let label = |c: &crate::Choice| match c.label.get(language) {
            "" => c.name.clone(),
            said => said.to_string(),
        };
        let mut counts: Vec<Count> = vec![];
        for c in form.list(node).map_or(&[][..], |l| &l.choices) {
            // Choices of one name (allowed in lists with filters) are one answer.
            if !counts.iter().any(|known| known.name == c.name) {
                counts.push(Count { name: c.name.clone(), label: label(c), chosen: 0, weighted: 0.0 });
            }
        }
        t.of[node] = Some(t.tallies.len());
        t.numbers.push(vec![]);
        t.tallies.push(Tally {
            node,
            path: n.path.clone(),
            label: n.item.label.get(language).to_string(),
            kind: n.item.kind.clone(),
            asked: 0,
            answered: 0,
            weight: 0.0,
            counts,
            spread: None,
            values: vec![],
        });
    }
    t
}

impl Tabulation {
    /// Adds one set of answers to the same form. A weight that is no number or negative counts as 0. Sets beyond
    /// [`limits::SETS`] are passed over.
    pub fn add(&mut self, filled: &Filled<'_>, weight: f64) {
        if self.sets >= limits::SETS {
            return;
        }
        self.sets += 1;
        let weight = if weight.is_finite() { weight.max(0.0) } else { 0.0 };
        for (_, node, value) in filled.values() {
            let Some(at) = self.of.get(node).copied().flatten() else { continue };
            let tally = &mut self.tallies[at];
            tally.asked += 1;
            if value.is_empty() {
                continue;
            }
            tally.answered += 1;
            tally.weight += weight;
            match value {
                Value::Number(n) => self.numbers[at].push(*n),
                Value::Time(t) => self.numbers[at].push(f64::from(i32::from(t.hour()) * 60 + i32::from(t.minute()))),
                _ => {}
            }
            if tally.counts.is_empty() {
                continue;
            }
            for name in value.text().split_whitespace() {
                if let Some(c) = tally.counts.iter_mut().find(|c| c.name == name) {
                    c.chosen += 1;
                    c.weighted += weight;
                }
            }
        }
    }

    /// Sets of answers that were added.
    pub fn sets(&self) -> usize {
        self.sets
    }

    /// The tables, in the order of the questionnaire.
    pub fn finish(mut self) -> Vec<Tally> {
        for (tally, mut numbers) in self.tallies.iter_mut().zip(self.numbers) {
            numbers.sort_by(f64::total_cmp);
            tally.spread = if tally.kind == Kind::Time { None } else { spread(&numbers) };
            tally.values = numbers;
        }
        self.tallies
    }
}

/// Of sorted numbers. Quartiles as the value at rank `p·(n−1)`, between two ranks by their distance (type 7 of Hyndman and Fan 1996).
fn spread(numbers: &[f64]) -> Option<Spread> {
    let (first, last) = (*numbers.first()?, *numbers.last()?);
    let at = |p: f64| {
        let rank = p * (numbers.len() - 1) as f64;
        let (low, high) = (numbers[rank.floor() as usize], numbers[rank.ceil() as usize]);
        low + (high - low) * rank.fract()
    };
    Some(Spread {
        least: first,
        lower_quartile: at(0.25),
        median: at(0.5),
        upper_quartile: at(0.75),
        most: last,
        mean: numbers.iter().sum::<f64>() / numbers.len() as f64,
    })
}
