//! Accuracy and macro F1, for the bench and the test.

use std::collections::{BTreeMap, BTreeSet};

/// Per class: right, proposed, labelled.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    by_class: BTreeMap<String, (usize, usize, usize)>,
    right: usize,
    all: usize,
}

impl Measure {
    /// Adds one text: what was labelled, what was proposed.
    pub fn add(&mut self, labelled: &str, proposed: &str) {
        self.all += 1;
        self.by_class.entry(labelled.into()).or_default().2 += 1;
        self.by_class.entry(proposed.into()).or_default().1 += 1;
        if labelled == proposed {
            self.right += 1;
            self.by_class.entry(labelled.into()).or_default().0 += 1;
        }
    }

    pub fn len(&self) -> usize {
        self.all
    }

    pub fn is_empty(&self) -> bool {
        self.all == 0
    }

    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
    }

    /// F1 of one class; 0 when nothing was proposed or labelled.
    fn f1(&(right, proposed, labelled): &(usize, usize, usize)) -> f64 {
        if proposed + labelled == 0 { 0.0 } else { 2.0 * right as f64 / (proposed + labelled) as f64 }
    }

    /// Mean F1 over the classes that occur among the labels.
    pub fn macro_f1(&self) -> f64 {
        self.macro_f1_from(1)
    }

    /// The same over classes with at least `least` labels.
    pub fn macro_f1_from(&self, least: usize) -> f64 {
        let f: Vec<f64> = self.by_class.values().filter(|c| c.2 >= least.max(1)).map(Self::f1).collect();
        f.iter().sum::<f64>() / f.len().max(1) as f64
    }

    /// Class, labelled, F1.
    pub fn classes(&self) -> Vec<(&str, usize, f64)> {
        self.by_class.iter().filter(|c| c.1.2 > 0).map(|(n, c)| (n.as_str(), c.2, Self::f1(c))).collect()
    }
}

/// The class that occurs most.
pub fn majority<'a>(labels: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for l in labels {
        *counts.entry(l).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let names: BTreeSet<&str> = counts.iter().filter(|c| *c.1 == most).map(|c| *c.0).collect();
    names.first().map_or(String::new(), |n| n.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macro_mean_counts_each_class_once() {
        let mut m = Measure::default();
        for (l, p) in [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b")] {
            m.add(l, p);
        }
        assert!((m.accuracy() - 0.75).abs() < 1e-9);
        assert!((m.macro_f1() - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-9);
        assert_eq!(majority(["a", "b", "a"].into_iter()), "a");
    }
}
