//! In which order values can be computed, and the circles that forbid it.

use super::{Form, Node};
use crate::expr::Expr;

/// What the value of a node is made of.
fn parts(node: &Node) -> impl Iterator<Item = &Expr> {
    [&node.relevant, &node.calculation, &node.default, &node.repeat_count].into_iter().flatten()
}

/// For each node those that come first: its group, and what its expressions name.
fn before(form: &Form) -> Vec<Vec<usize>> {
    let of = |node: &Node| {
        let mut list: Vec<usize> = parts(node).flat_map(Expr::fields).chain(node.parent).collect();
        // A question in rounds is only known when its rounds are.
        let rounds: Vec<usize> =
            list.iter().filter_map(|n| form.nodes.get(*n)).flat_map(|n| n.repeats.clone()).collect();
        list.extend(rounds.into_iter().filter(|r| !node.repeats.contains(r)));
        list.sort_unstable();
        list.dedup();
        list
    };
    form.nodes.iter().map(of).collect()
}

/// An order in which each follows what it needs, or the nodes of one circle.
pub(super) fn order(form: &Form) -> Result<Vec<usize>, Vec<usize>> {
    let before = before(form);
    let mut waits: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut after = vec![vec![]; before.len()];
    for (node, list) in before.iter().enumerate() {
        for first in list {
            after[*first].push(node);
        }
    }
    // Smallest first, so that the order is that of the questionnaire wherever it can be.
    let mut ready: std::collections::BTreeSet<usize> = (0..before.len()).filter(|n| waits[*n] == 0).collect();
    let mut found = vec![];
    while let Some(node) = ready.pop_first() {
        found.push(node);
        for next in &after[node] {
            waits[*next] -= 1;
            if waits[*next] == 0 {
                ready.insert(*next);
            }
        }
    }
    if found.len() == before.len() { Ok(found) } else { Err(circle(&before, &waits)) }
}

/// Walks back from a node that waits until one comes again.
fn circle(before: &[Vec<usize>], waits: &[usize]) -> Vec<usize> {
    let mut path: Vec<usize> = waits.iter().position(|w| *w > 0).into_iter().collect();
    while let Some(last) = path.last() {
        let Some(next) = before[*last].iter().find(|n| waits[**n] > 0) else { break };
        if let Some(at) = path.iter().position(|n| n == next) {
            path.drain(..at);
            path.reverse();
            return path;
        }
        path.push(*next);
    }
    path
}
