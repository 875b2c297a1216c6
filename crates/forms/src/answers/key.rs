//! Names of fields: the path with the round of each repeat.

use super::{Answers, Rounds};
use crate::form::Form;
use crate::limits;
use std::collections::HashMap;

/// `member[2]/age` for a node in the given rounds.
pub(super) fn key(form: &Form, node: usize, rounds: &[u8]) -> String {
    let mut names = vec![];
    let mut at = Some(node);
    while let Some(i) = at {
        let n = &form.nodes()[i];
        // A repeat stands at the depth of its own round, when a round is given.
        let round = rounds.get(n.repeats.len()).filter(|_| n.item.kind == crate::Kind::Repeat);
        match round {
            Some(r) => names.push(format!("{}[{r}]", n.item.name)),
            None => names.push(n.item.name.clone()),
        }
        at = n.parent;
    }
    names.reverse();
    names.join("/")
}

/// The largest round that the answers name, by the key of the repeat.
pub(super) fn named_rounds(answers: &Answers) -> HashMap<&str, usize> {
    let mut found = HashMap::new();
    for key in answers.keys().take(limits::FIELDS) {
        for (at, _) in key.match_indices('[') {
            let number = key[at + 1..].split(']').next().and_then(|n| n.parse::<usize>().ok());
            if let Some(n) = number {
                let most: &mut usize = found.entry(&key[..at]).or_insert(0);
                *most = (*most).max(n);
            }
        }
    }
    found
}

/// `rounds` with one more.
pub(super) fn deeper(rounds: &[u8], round: usize) -> Rounds {
    let mut new = rounds.to_vec();
    new.push(u8::try_from(round).unwrap_or(u8::MAX));
    new
}
