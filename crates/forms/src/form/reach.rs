//! Questions that can never be asked, found by trying the answers that their conditions can tell apart.
//!
//! What cannot be listed (free text beyond the words named, dates, calculations) stays unknown, and unknown never
//! condemns a question. The search is bounded; beyond the bound a question counts as reachable.

use super::Form;
use crate::expr::value::Value;
use crate::expr::{Expr, Op, Scope, Stop, run};
use crate::fault::{Fault, Faults};
use crate::model::Kind;
use std::cell::Cell;
use std::collections::BTreeSet;

/// Combinations tried for one question at most.
const TRIES: usize = 4_096;
/// Questions looked at together at most.
const FIELDS: usize = 10;
/// Steps for the whole form.
const STEPS: u64 = 2_000_000;

pub(super) fn check(form: &Form, faults: &mut Faults) {
    let steps = Cell::new(STEPS);
    let mut lost = BTreeSet::new();
    for node in 0..form.nodes.len() {
        let n = &form.nodes[node];
        if n.parent.is_some_and(|p| lost.contains(&p)) {
            lost.insert(node);
            continue;
        }
        if n.relevant.is_some() && !reachable(form, node, &steps) {
            lost.insert(node);
            let what = if n.item.kind.is_group() { "这个题组" } else { "这道题" };
            let why = format!("{what}永远不会出现：条件（连同所在题组和所引题目的条件）不可能成立。");
            faults.add(Fault::at("survey", n.item.row, "relevant", why, "请改正条件，或删去本行。"));
        }
    }
}

/// The conditions of a node and of all groups around it.
fn chain(form: &Form, node: usize) -> Vec<&Expr> {
    let mut found = vec![];
    let mut at = Some(node);
    while let Some(n) = at.and_then(|n| form.nodes.get(n)) {
        found.extend(&n.relevant);
        at = n.parent;
    }
    found
}

struct Try<'a> {
    fields: &'a [usize],
    values: &'a [&'a Value],
    own: Value,
    steps: &'a Cell<u64>,
}

impl Scope for Try<'_> {
    fn own(&self) -> Value {
        self.own.clone()
    }
    fn field(&self, node: usize) -> Value {
        self.fields.iter().position(|f| *f == node).map_or(Value::Unknown, |i| self.values[i].clone())
    }
    fn column(&self, _: &str) -> Value {
        Value::Unknown
    }
    fn round(&self) -> Value {
        Value::Unknown
    }
    fn choice_label(&self, _: usize, _: &str) -> String {
        String::new()
    }
    fn today(&self) -> Value {
        Value::Unknown
    }
    fn now(&self) -> Value {
        Value::Unknown
    }
    fn spend(&self, steps: usize) -> Result<(), Stop> {
        let left = self.steps.get().checked_sub(steps as u64).ok_or(Stop)?;
        self.steps.set(left);
        Ok(())
    }
}

fn reachable(form: &Form, node: usize, steps: &Cell<u64>) -> bool {
    let target = chain(form, node);
    let mut fields: Vec<usize> = target.iter().flat_map(|e| e.fields()).collect();
    let mut i = 0;
    while i < fields.len() && fields.len() <= FIELDS {
        let more: Vec<usize> = chain(form, fields[i]).iter().flat_map(|e| e.fields()).collect();
        fields.extend(more);
        let mut seen = BTreeSet::new();
        fields.retain(|f| seen.insert(*f));
        i += 1;
    }
    fields.truncate(FIELDS);
    let mut conditions = target.clone();
    conditions.extend(fields.iter().flat_map(|f| chain(form, *f)));
    let here = &form.nodes[node].repeats;
    let mut listed: Vec<(usize, Vec<Value>)> = vec![];
    let mut tries = 1;
    for field in fields {
        let outside = form.nodes[field].repeats.iter().any(|r| !here.contains(r));
        let Some(values) = candidates(form, field, &conditions).filter(|_| !outside) else { continue };
        if tries * values.len() <= TRIES {
            tries *= values.len();
            listed.push((field, values));
        }
    }
    let fields: Vec<usize> = listed.iter().map(|l| l.0).collect();
    (0..tries).any(|n| {
        let mut rest = n;
        let values: Vec<&Value> = listed
            .iter()
            .map(|(_, values)| {
                let value = &values[rest % values.len()];
                rest /= values.len();
                value
            })
            .collect();
        holds(form, &target, &fields, &values, steps)
    })
}

/// Can these answers stand together, and may the target then be asked? Unknown counts as yes.
fn holds(form: &Form, target: &[&Expr], fields: &[usize], values: &[&Value], steps: &Cell<u64>) -> bool {
    let ask = |e: &Expr, own: &Value| {
        let scope = Try { fields, values, own: own.clone(), steps };
        !matches!(run(e, &scope), Ok(v) if v != Value::Unknown && !v.truth())
    };
    fields.iter().zip(values).all(|(field, value)| {
        value.is_empty()
            || (form.nodes[*field].constraint.iter().all(|c| ask(c, value))
                && chain(form, *field).iter().all(|c| ask(c, &Value::Unknown)))
    }) && target.iter().all(|c| ask(c, &Value::Unknown))
}

/// Answers of a field that the conditions can tell apart; none where they cannot be listed.
fn candidates(form: &Form, field: usize, conditions: &[&Expr]) -> Option<Vec<Value>> {
    let node = &form.nodes[field];
    if node.calculation.is_some() || node.read_only.is_some() {
        return None;
    }
    let mut used = Uses::default();
    for c in conditions.iter().copied().chain(&node.constraint) {
        used.look(c, field, node.constraint.as_ref().is_some_and(|own| std::ptr::eq(own, c)));
    }
    let texts = |list: &[String]| list.iter().map(|t| Value::Text(t.clone())).chain([Value::Empty]).collect();
    match &node.item.kind {
        Kind::SelectOne(_) => {
            let names = form.choices.get(node.list?)?;
            (names.len() <= 64).then(|| texts(names))
        }
        Kind::SelectMultiple(_) if !used.other && used.texts.len() <= 5 => {
            let names: Vec<&String> = used.texts.iter().collect();
            let rest = form.choices.get(node.list?)?.iter().find(|c| !names.contains(c));
            let subset = |bits: usize| {
                let chosen = names.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, n)| n.as_str());
                Value::Text(chosen.collect::<Vec<_>>().join(" "))
            };
            let mut list: Vec<Value> = (0..1_usize << names.len()).map(subset).collect();
            list.extend(rest.map(|r| Value::Text(r.clone())));
            Some(list)
        }
        Kind::Integer | Kind::Decimal if !used.other && used.numbers.len() <= 24 => {
            let mut sorted = used.numbers;
            sorted.sort_by(f64::total_cmp);
            let between = sorted.windows(2).map(|w| f64::midpoint(w[0], w[1]));
            let mut list: Vec<f64> = sorted.iter().flat_map(|n| [n - 1.0, *n, n + 1.0]).chain(between).collect();
            list.push(sorted.first().map_or(0.0, |n| n - 0.5));
            if node.item.kind == Kind::Integer {
                list = list.into_iter().flat_map(|n| [n.floor(), n.ceil()]).collect();
            }
            list.sort_by(f64::total_cmp);
            list.dedup();
            Some(list.into_iter().map(Value::Number).chain([Value::Empty]).collect())
        }
        Kind::Text if !used.other && used.numbers.is_empty() && used.texts.len() <= 20 => {
            let mut list: Vec<String> = used.texts.into_iter().collect();
            list.push("\u{1}".into());
            Some(texts(&list))
        }
        Kind::Acknowledge => Some(texts(&["OK".to_string()])),
        _ => None,
    }
}

/// With what a field is compared.
#[derive(Default)]
struct Uses {
    texts: BTreeSet<String>,
    numbers: Vec<f64>,
    /// In some way that cannot be listed.
    other: bool,
}

impl Uses {
    fn look(&mut self, e: &Expr, field: usize, own: bool) {
        let is = |e: &Expr| matches!(e, Expr::Field(_, n) if *n == field) || (own && *e == Expr::Own);
        match e {
            Expr::Two(op, a, b) if is(a) || is(b) => match (op, if is(a) { &**b } else { &**a }) {
                (Op::Equal | Op::Unequal, Expr::Text(t)) => {
                    self.texts.insert(t.clone());
                    self.numbers.extend(crate::expr::value::read_number(t));
                }
                (op, Expr::Number(n)) if op.is_order() || op.is_equality() => self.numbers.push(*n),
                (op, Expr::Minus(m)) if op.is_order() || op.is_equality() => match **m {
                    Expr::Number(n) => self.numbers.push(-n),
                    _ => self.other = true,
                },
                _ => self.other = true,
            },
            Expr::Call("selected", list) if is(&list[0]) => match &list[1] {
                Expr::Text(t) => drop(self.texts.insert(t.clone())),
                _ => self.other = true,
            },
            _ if is(e) => self.other = true,
            Expr::Minus(e) | Expr::Fits(e, _) => self.look(e, field, own),
            Expr::Two(_, a, b) => {
                self.look(a, field, own);
                self.look(b, field, own);
            }
            Expr::All(list) | Expr::Any(list) | Expr::Call(_, list) => {
                list.iter().for_each(|e| self.look(e, field, own))
            }
            _ => {}
        }
    }
}
