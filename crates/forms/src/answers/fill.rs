//! Evaluates a form with raw answers: first values and relevance in the order of dependence, then what is wrong.

use super::key::{deeper, key, named_rounds};
use super::{Answers, Env, Field, Filled, Problem, Rounds, parse_raw};
use crate::expr::value::{Value, equal};
use crate::expr::{Expr, Scope, Stop, run};
use crate::form::{Form, Node};
use crate::limits;
use crate::model::{Choice, Kind};
use std::cell::Cell;
use std::collections::HashMap;

impl Form {
    /// Evaluates raw answers. Keys that are no field are passed over; answers to questions that are not asked are dropped.
    pub fn fill(&self, answers: &Answers, env: &Env<'_>) -> Filled<'_> {
        let mut filled = Filled {
            form: self,
            language: env.language.to_string(),
            now: env.now,
            fields: HashMap::new(),
            rounds: HashMap::new(),
            steps: Cell::new(limits::STEPS),
            problems: vec![],
        };
        let named = named_rounds(answers);
        let done = filled.evaluate(answers, &named).and_then(|()| filled.judge());
        if done.is_err() {
            let why = "问卷太复杂，没有算完。请减少重复题组的轮数后再试。".to_string();
            filled.problems = vec![Problem { key: String::new(), label: String::new(), why }];
        }
        filled
    }
}

/// Where an expression of a filled form stands.
struct At<'a, 'f> {
    filled: &'a Filled<'f>,
    node: usize,
    rounds: &'a [u8],
    own: Value,
    choice: Option<&'a Choice>,
}

impl Scope for At<'_, '_> {
    fn own(&self) -> Value {
        self.own.clone()
    }
    fn field(&self, node: usize) -> Value {
        self.filled.seen_from(self.node, self.rounds, node)
    }
    fn column(&self, name: &str) -> Value {
        let Some(c) = self.choice else { return Value::Empty };
        match name {
            "name" => Value::Text(c.name.clone()),
            "label" => Value::Text(c.label.get(&self.filled.language).into()),
            _ => c.extra.iter().find(|(n, _)| n == name).map_or(Value::Empty, |(_, v)| Value::Text(v.clone())),
        }
    }
    fn round(&self) -> Value {
        self.rounds.last().map_or(Value::Empty, |r| Value::Number(f64::from(*r)))
    }
    fn choice_label(&self, node: usize, name: &str) -> String {
        self.filled.form.choice(node, name).map_or(String::new(), |c| c.label.get(&self.filled.language).into())
    }
    fn today(&self) -> Value {
        Value::Date(self.filled.now.date())
    }
    fn now(&self) -> Value {
        Value::Moment(self.filled.now)
    }
    fn spend(&self, steps: usize) -> Result<(), Stop> {
        let left = self.filled.steps.get().checked_sub(steps as u64).ok_or(Stop)?;
        self.filled.steps.set(left);
        Ok(())
    }
}

impl<'f> Filled<'f> {
    pub(super) fn run(&self, e: &Expr, node: usize, rounds: &[u8], own: Value) -> Result<Value, Stop> {
        run(e, &At { filled: self, node, rounds, own, choice: None })
    }

    /// A condition that is not written holds, or not.
    pub(super) fn holds(&self, e: Option<&Expr>, unsaid: bool, node: usize, rounds: &[u8]) -> Result<bool, Stop> {
        e.map_or(Ok(unsaid), |e| self.run(e, node, rounds, Value::Empty).map(|v| v.truth()))
    }

    fn spend(&self, steps: usize) -> Result<(), Stop> {
        let left = self.steps.get().checked_sub(steps as u64).ok_or(Stop)?;
        self.steps.set(left);
        Ok(())
    }

    /// Value of `node` for an expression of `from`: one where both share all rounds, several otherwise.
    pub(super) fn seen_from(&self, from: usize, rounds: &[u8], node: usize) -> Value {
        let nodes = self.form.nodes();
        let mut here = nodes[from].repeats.clone();
        if nodes[from].item.kind == Kind::Repeat && rounds.len() > here.len() {
            here.push(from);
        }
        let target = &nodes[node];
        let common = here.iter().zip(&target.repeats).take_while(|(a, b)| a == b).count().min(rounds.len());
        let value = |r: &[u8]| self.fields.get(&(node, r.to_vec())).map_or(Value::Empty, |f| f.value.clone());
        // Looking through the rounds costs steps even where few of them are this one's.
        let through = |r: usize| self.rounds.get(&r).map_or(0, Vec::len) as u64;
        let cost = target.repeats.last().map_or(0, |r| through(*r)) / 8;
        self.steps.set(self.steps.get().saturating_sub(cost));
        if target.item.kind == Kind::Repeat {
            let of = self.rounds.get(&node).map_or(&[][..], Vec::as_slice);
            let there = of.iter().filter(|r| r.starts_with(&rounds[..common]));
            return Value::Many(there.map(|_| Value::Truth(true)).collect());
        }
        match target.repeats.get(common..) {
            None | Some([]) => value(&rounds[..common]),
            Some([.., last]) => {
                let of = self.rounds.get(last).map_or(&[][..], Vec::as_slice);
                Value::Many(of.iter().filter(|r| r.starts_with(&rounds[..common])).map(|r| value(r)).collect())
            }
        }
    }

    /// The rounds in which a node stands.
    pub(super) fn places(&self, node: usize) -> Vec<Rounds> {
        match self.form.nodes()[node].repeats.last() {
            None => vec![vec![]],
            Some(r) => self.rounds.get(r).cloned().unwrap_or_default(),
        }
    }

    fn evaluate(&mut self, answers: &Answers, named: &HashMap<&str, usize>) -> Result<(), Stop> {
        let form = self.form;
        for &index in form.order() {
            let node = &form.nodes()[index];
            for rounds in self.places(index) {
                self.spend(1)?;
                if self.fields.len() >= limits::FIELDS {
                    return Err(Stop);
                }
                // A group stands in the rounds of its own place; a question of a repeat hangs on that very round.
                let above = node.parent.is_none_or(|p| self.relevant(p, &rounds));
                let relevant = above && self.holds(node.relevant.as_ref(), true, index, &rounds)?;
                let mut field = Field { relevant, value: Value::Empty, typed: None, unread: None };
                if node.item.kind == Kind::Repeat {
                    let n = if relevant { self.count(index, node, &rounds, answers, named)? } else { 0 };
                    let list = self.rounds.entry(index).or_default();
                    list.extend((1..=n).map(|i| deeper(&rounds, i)));
                    self.spend(n)?;
                } else if relevant && node.has_value() {
                    self.look_up(index, node, &rounds, answers, &mut field)?;
                }
                self.fields.insert((index, rounds), field);
            }
        }
        Ok(())
    }

    /// A group's relevance as its child in these rounds sees it.
    pub(super) fn relevant(&self, node: usize, rounds: &[u8]) -> bool {
        let own = self.form.nodes()[node].repeats.len();
        rounds.get(..own).is_some_and(|r| self.fields.get(&(node, r.to_vec())).is_some_and(|f| f.relevant))
    }

    fn count(
        &mut self,
        index: usize,
        node: &Node,
        rounds: &[u8],
        answers: &Answers,
        named: &HashMap<&str, usize>,
    ) -> Result<usize, Stop> {
        let own = key(self.form, index, rounds);
        let n = match &node.repeat_count {
            Some(e) => self.run(e, index, rounds, Value::Empty)?.number(),
            None => match answers.get(&own).and_then(|t| crate::expr::value::read_number(t)) {
                Some(n) => n,
                None => named.get(own.as_str()).map_or(1.0, |n| (*n).min(limits::ROUNDS) as f64),
            },
        };
        if n > limits::ROUNDS as f64 {
            let why = format!("最多填 {} 份，其余未收。", limits::ROUNDS);
            self.problems.push(Problem { key: own, label: self.words(index, rounds, &node.item.label), why });
        }
        // A negative or missing number gives none.
        Ok((n.max(0.0).min(limits::ROUNDS as f64)) as usize)
    }

    fn look_up(&self, index: usize, node: &Node, rounds: &[u8], answers: &Answers, f: &mut Field) -> Result<(), Stop> {
        if let Some(e) = &node.calculation {
            f.value = settle(self.run(e, index, rounds, Value::Empty)?);
            return Ok(());
        }
        if let Kind::Meta(word) = &node.item.kind {
            f.value = match word.as_str() {
                "start" | "end" => Value::Moment(self.now),
                "today" => Value::Date(self.now.date()),
                _ => Value::Empty,
            };
            return Ok(());
        }
        let choices = self.form.list(index).map(|l| l.choices.iter().map(|c| c.name.clone()).collect::<Vec<_>>());
        self.spend(choices.as_ref().map_or(0, Vec::len) / 16)?;
        let given = match node.item.kind {
            Kind::Hidden => None,
            _ => answers.get(&key(self.form, index, rounds)),
        };
        let fixed = node.read_only.is_some() && self.holds(node.read_only.as_ref(), false, index, rounds)?;
        match given.filter(|_| !fixed) {
            Some(typed) => match parse_raw(&node.item.kind, typed, choices.as_deref()) {
                Ok(value) => f.value = value,
                Err(why) => {
                    f.typed = Some(typed.chars().take(limits::ANSWER_CHARS).collect());
                    f.unread = Some(why);
                }
            },
            None if node.default.is_some() => {
                let first = node.default.as_ref().map(|e| self.run(e, index, rounds, Value::Empty)).transpose()?;
                let text = first.map_or(String::new(), |v| settle(v).text());
                f.value = parse_raw(&node.item.kind, &text, choices.as_deref()).unwrap_or(Value::Empty);
            }
            None => {
                f.value = parse_raw(&node.item.kind, &node.item.default, choices.as_deref()).unwrap_or(Value::Empty);
            }
        }
        Ok(())
    }

    /// The choices that are offered now.
    pub(super) fn offered(&self, index: usize, rounds: &[u8]) -> Result<Vec<&'f Choice>, Stop> {
        let Some(list) = self.form.list(index) else { return Ok(vec![]) };
        let Some(filter) = &self.form.nodes()[index].choice_filter else { return Ok(list.choices.iter().collect()) };
        let mut found = vec![];
        for choice in &list.choices {
            let at = At { filled: self, node: index, rounds, own: Value::Empty, choice: Some(choice) };
            if run(filter, &at)?.truth() {
                found.push(choice);
            }
        }
        Ok(found)
    }

    fn judge(&mut self) -> Result<(), Stop> {
        let mut found = vec![];
        for (index, node) in self.form.nodes().iter().enumerate().filter(|(_, n)| n.is_asked()) {
            for rounds in self.places(index) {
                let Some(field) = self.fields.get(&(index, rounds.clone())).filter(|f| f.relevant) else { continue };
                if let Some(why) = self.wrong(index, node, &rounds, field)? {
                    let label = self.words(index, &rounds, &node.item.label);
                    found.push(Problem { key: key(self.form, index, &rounds), label, why });
                }
            }
        }
        self.problems.extend(found);
        Ok(())
    }

    fn wrong(&self, index: usize, node: &Node, rounds: &[u8], field: &Field) -> Result<Option<String>, Stop> {
        if field.unread.is_some() {
            return Ok(field.unread.clone());
        }
        if field.value.is_empty() {
            // What a page cannot take is not demanded by it.
            let demanded = !matches!(node.item.kind, Kind::Media(_))
                && self.holds(node.required.as_ref(), false, index, rounds)?
                && !self.holds(node.read_only.as_ref(), false, index, rounds)?;
            let own = self.words(index, rounds, &node.item.required_message);
            let why = if own.is_empty() { "这一题必须回答。".into() } else { own };
            return Ok(demanded.then_some(why));
        }
        if node.choice_filter.is_some() {
            let offered = self.offered(index, rounds)?;
            let text = field.value.text();
            let stray = text.split_whitespace().find(|n| !offered.iter().any(|c| c.name == *n));
            if stray.is_some() {
                return Ok(Some("所选的项已不在选项中，请重新选择。".into()));
            }
        }
        let holds = match &node.constraint {
            None => true,
            Some(c) => self.run(c, index, rounds, field.value.clone())?.truth(),
        };
        let own = self.words(index, rounds, &node.item.constraint_message);
        let why = if own.is_empty() { "答案不符合这一题的要求，请核对。".into() } else { own };
        Ok((!holds).then_some(why))
    }
}

/// A result that is no number is no answer; a text is cut at the bound.
fn settle(value: Value) -> Value {
    match value {
        Value::Number(n) if !n.is_finite() => Value::Empty,
        Value::Text(t) if t.chars().count() > limits::ANSWER_CHARS => {
            Value::Text(t.chars().take(limits::ANSWER_CHARS).collect())
        }
        Value::Many(list) => list.into_iter().find(|v| !equal(v, &Value::Empty)).unwrap_or(Value::Empty),
        other => other,
    }
}
