//! All that must hold of a definition before it can be asked.

use super::{Form, Node, build, order, reach};
use crate::answers::parse_raw;
use crate::expr::types::{self, Around, Known, Type};
use crate::expr::{Expr, parse, pattern};
use crate::fault::{Fault, Faults};
use crate::limits;
use crate::model::{Definition, Kind};
use crate::text::{Piece, pieces};

pub(super) fn form(definition: Definition) -> Result<Form, Vec<Fault>> {
    let mut faults = Faults::default();
    let mut form = build::nodes(definition, &mut faults);
    let mut slots = vec![];
    let mut patterns = 0;
    for node in 0..form.nodes.len() {
        slots.push(read(&form, node, &mut patterns, &mut faults));
    }
    for (node, s) in form.nodes.iter_mut().zip(slots) {
        let [relevant, required, constraint, calculation, default, read_only, choice_filter, repeat_count] = s;
        *node = Node {
            relevant,
            required,
            constraint,
            calculation,
            default,
            read_only,
            choice_filter,
            repeat_count,
            ..node.clone()
        };
    }
    words(&form, &mut faults);
    match order::order(&form) {
        Ok(order) => form.order = order,
        Err(circle) => {
            let names: Vec<&str> = circle.iter().map(|n| form.nodes[*n].item.name.as_str()).collect();
            let first = &form.nodes[circle.iter().copied().min().unwrap_or(0)].item;
            let why = format!("条件或计算互相依赖，成了一个圈：{}。", names.join(" → "));
            faults.add(Fault::at("survey", first.row, "relevant", why, "请改动其中一处条件或计算。"));
        }
    }
    if !faults.is_empty() {
        return Err(faults.finish());
    }
    sense(&mut form, &mut faults);
    if faults.is_empty() {
        reach::check(&form, &mut faults);
    }
    if faults.is_empty() { Ok(form) } else { Err(faults.finish()) }
}

/// The expressions of an item, with their columns.
fn columns(node: &Node) -> [(&'static str, &Option<Expr>); 8] {
    [
        ("relevant", &node.relevant),
        ("required", &node.required),
        ("constraint", &node.constraint),
        ("calculation", &node.calculation),
        ("default", &node.default),
        ("read_only", &node.read_only),
        ("choice_filter", &node.choice_filter),
        ("repeat_count", &node.repeat_count),
    ]
}

fn read(form: &Form, node: usize, patterns: &mut usize, faults: &mut Faults) -> [Option<Expr>; 8] {
    let item = &form.nodes[node].item;
    let mut one = |column: &str, text: &str| -> Option<Expr> {
        let mut expr = match parse(text) {
            Ok(e) => e,
            Err(e) => {
                let at = if e.at > 0 { format!("第 {} 个字符：", e.at) } else { String::new() };
                faults.add(Fault::at("survey", item.row, column, format!("{at}{}", e.why), e.next));
                return None;
            }
        };
        let mut wrong = None;
        let hints = faults.count() < limits::FAULTS;
        expr.walk_mut(&mut |e| {
            if wrong.is_none() {
                wrong = settle(form, e, patterns, hints).err();
            }
        });
        match wrong {
            None => Some(expr),
            Some((why, next)) => {
                faults.add(Fault::at("survey", item.row, column, why, next));
                None
            }
        }
    };
    let mut flag = |column: &str, text: &str| match yes_no(text) {
        Some(true) => Some(Expr::Call("true", vec![])),
        Some(false) => None,
        None => one(column, text),
    };
    let relevant = match yes_no(&item.relevant) {
        Some(false) if !item.relevant.is_empty() => Some(Expr::Call("false", vec![])),
        Some(_) => None,
        None => flag("relevant", &item.relevant),
    };
    let required = flag("required", &item.required);
    let read_only = flag("read_only", &item.read_only);
    let mut filled = |column: &str, text: &str| if text.is_empty() { None } else { one(column, text) };
    [
        relevant,
        required,
        filled("constraint", &item.constraint),
        filled("calculation", &item.calculation),
        if is_dynamic(&item.default) { filled("default", &item.default) } else { None },
        read_only,
        filled("choice_filter", &item.choice_filter),
        filled("repeat_count", &item.repeat_count),
    ]
}

/// Finds the field that a part names, and makes a pattern ready.
fn settle(form: &Form, e: &mut Expr, patterns: &mut usize, hints: bool) -> Result<(), (String, String)> {
    match e {
        Expr::Field(name, place) => *place = lookup(form, name, hints)?,
        Expr::Call("regex", list) => {
            let Some(Expr::Text(text)) = list.get(1) else { return Ok(()) };
            *patterns += 1;
            if *patterns > limits::PATTERNS {
                return Err((format!("正则表达式超过 {} 个。", limits::PATTERNS), "请减少 regex()。".into()));
            }
            let ready = pattern(text).map_err(|why| (why, "请简化，例如 regex(., '^1[0-9]{10}$')。".to_string()))?;
            *e = Expr::Fits(Box::new(list.swap_remove(0)), ready);
        }
        _ => {}
    }
    Ok(())
}

/// What spreadsheets write for yes and no; nothing is no.
pub(crate) fn yes_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "true()" | "是" => Some(true),
        "" | "no" | "false" | "false()" | "否" => Some(false),
        _ => None,
    }
}

/// A default that is computed: it names a question or is one call of a function.
pub(crate) fn is_dynamic(text: &str) -> bool {
    let call = text.split_once('(').is_some_and(|(name, rest)| {
        rest.ends_with(')')
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | ':'))
    });
    text.contains("${") || call
}

/// The question of that name. A likely one is only looked for while faults are still listed.
fn lookup(form: &Form, name: &str, hints: bool) -> Result<usize, (String, String)> {
    match form.names.get(name).map(Vec::as_slice) {
        Some([one]) => Ok(*one),
        Some(_) => Err((format!("有几道题都叫“{name}”，不知道指哪一道。"), "请给它们不同的名称。".into())),
        None => {
            let all = if hints { form.names.len() } else { 0 };
            let near =
                form.names.keys().take(all).filter(|n| n.to_lowercase() == name.to_lowercase() || close(n, name)).min();
            let next = near.map_or("请核对题目名。".into(), |n| format!("是否想写 ${{{n}}}？"));
            Err((format!("没有名为“{name}”的题目。"), next))
        }
    }
}

/// One letter added, left out or changed.
pub(crate) fn close(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() < 4 || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    front + back + 1 >= a.len().max(b.len())
}

/// Every name in a label, hint or message is a question.
fn words(form: &Form, faults: &mut Faults) {
    let mut look = |sheet: &str, row: usize, column: &str, text: &crate::model::Text| {
        for piece in text.0.values().flat_map(|t| pieces(t)) {
            let Piece::Field(name) = piece else { continue };
            if let Err((why, next)) = lookup(form, name, faults.count() < limits::FAULTS) {
                faults.add(Fault::at(sheet, row, column, why, next));
            }
        }
    };
    for node in &form.nodes {
        let item = &node.item;
        look("survey", item.row, "label", &item.label);
        look("survey", item.row, "hint", &item.hint);
        look("survey", item.row, "constraint_message", &item.constraint_message);
        look("survey", item.row, "required_message", &item.required_message);
    }
    for choice in form.definition.lists.iter().flat_map(|l| &l.choices) {
        look("choices", choice.row, "label", &choice.label);
    }
}

struct Here<'a> {
    form: &'a Form,
    node: usize,
    column: &'static str,
}

impl Here<'_> {
    fn known(&self, node: usize) -> Known<'_> {
        let n = &self.form.nodes[node];
        let here = &self.form.nodes[self.node];
        Known {
            label: &n.item.name,
            is: n.is,
            choices: n.list.and_then(|l| self.form.choices.get(l)).map(Vec::as_slice),
            rounds: n.repeats.iter().any(|r| !here.repeats.contains(r)),
            repeat: n.item.kind == Kind::Repeat,
            silent: !n.has_value(),
        }
    }
}

impl Around for Here<'_> {
    fn field(&self, node: usize) -> Known<'_> {
        self.known(node)
    }
    fn own(&self) -> Option<Known<'_>> {
        matches!(self.column, "constraint").then(|| self.known(self.node))
    }
    fn columns(&self) -> Option<&[String]> {
        let list = self.form.nodes[self.node].list.filter(|_| self.column == "choice_filter")?;
        self.form.columns.get(list).map(Vec::as_slice)
    }
    fn in_repeat(&self) -> bool {
        !self.form.nodes[self.node].repeats.is_empty()
    }
    fn is_name(&self, name: &str) -> bool {
        self.form.names.contains_key(name)
    }
}

/// Kinds, in the order of computing, so that the kind of a calculation is known where it is used.
fn sense(form: &mut Form, faults: &mut Faults) {
    for node in form.order.clone() {
        let mut computed = None;
        let (row, kind) = (form.nodes[node].item.row, form.nodes[node].item.kind.clone());
        for (column, expr) in columns(&form.nodes[node]) {
            let Some(expr) = expr else { continue };
            let here = Here { form, node, column };
            let is = match types::check(expr, &here) {
                Ok(is) => is,
                Err((why, next)) => {
                    faults.add(Fault::at("survey", row, column, why, next));
                    continue;
                }
            };
            let bad = match (column, expr, is) {
                ("relevant" | "constraint" | "choice_filter", Expr::Text(_), _) => "这里应为条件，不是文字。",
                ("repeat_count", _, Type::Text | Type::Truth | Type::Date | Type::Time | Type::Moment) => {
                    "轮数应为数字。"
                }
                _ => "",
            };
            if !bad.is_empty() {
                faults.add(Fault::at("survey", row, column, bad, "请改正表达式。"));
            }
            if column == "calculation" {
                computed = Some(is);
            }
        }
        if let (Kind::Calculate, Some(is)) = (&kind, computed) {
            // As a text it can stand against the choices of any list.
            form.nodes[node].is = if is == Type::Choice { Type::Text } else { is };
        }
        let item = &form.nodes[node].item;
        if !item.default.is_empty() && !is_dynamic(&item.default) && form.nodes[node].has_value() {
            let list = form.nodes[node].list.and_then(|l| form.choices.get(l));
            if let Err(why) = parse_raw(&item.kind, &item.default, list.map(Vec::as_slice)) {
                faults.add(Fault::at("survey", row, "default", format!("默认值：{why}"), "请改正默认值。"));
            }
        }
    }
}
