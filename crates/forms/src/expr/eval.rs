//! Evaluation: every part costs a step, every text a step for some characters, and the steps are counted down.

use super::functions::format;
use super::value::{Value, day, equal, moment, order, read_date, read_moment, read_time, share, unequal};
use super::{Expr, Op};
use crate::limits;
use std::cmp::Ordering;

/// Where an expression stands.
pub(crate) trait Scope {
    fn own(&self) -> Value;
    fn field(&self, node: usize) -> Value;
    fn column(&self, name: &str) -> Value;
    /// Number of this round, from 1.
    fn round(&self) -> Value;
    /// The label of a choice of a question.
    fn choice_label(&self, node: usize, name: &str) -> String;
    fn today(&self) -> Value;
    fn now(&self) -> Value;
    fn spend(&self, steps: usize) -> Result<(), Stop>;
}

/// The steps are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop;

/// Evaluates.
///
/// # Errors
/// The steps are used up.
pub(crate) fn run(e: &Expr, s: &dyn Scope) -> Result<Value, Stop> {
    s.spend(1)?;
    let value = match e {
        Expr::Number(n) => Value::Number(*n),
        Expr::Text(t) => Value::Text(t.clone()),
        Expr::Own => s.own(),
        Expr::Round => s.round(),
        Expr::Field(_, node) => s.field(*node),
        Expr::Column(name) => s.column(name),
        Expr::Minus(e) => match run(e, s)? {
            Value::Unknown => Value::Unknown,
            v => Value::Number(-v.number()),
        },
        Expr::All(list) => chain(list, s, false)?,
        Expr::Any(list) => chain(list, s, true)?,
        Expr::Two(op, a, b) => two(*op, &run(a, s)?, &run(b, s)?),
        Expr::Call(name, list) => call(name, list, s)?,
        Expr::Fits(e, pattern) => match run(e, s)? {
            Value::Unknown => Value::Unknown,
            v => {
                // Matching is at worst pattern × text.
                let text = v.text();
                s.spend(50 + text.len() * 32)?;
                Value::Truth(pattern.0.is_match(&text))
            }
        },
    };
    let size = match &value {
        Value::Text(t) => t.len() / 64,
        Value::Many(list) => list.len(),
        _ => 0,
    };
    s.spend(size)?;
    Ok(value)
}

/// `and` ends at the first no, `or` at the first yes; what is unknown decides nothing.
fn chain(list: &[Expr], s: &dyn Scope, ends: bool) -> Result<Value, Stop> {
    let mut unknown = false;
    for e in list {
        match run(e, s)? {
            Value::Unknown => unknown = true,
            v if v.truth() == ends => return Ok(Value::Truth(ends)),
            _ => {}
        }
    }
    Ok(if unknown { Value::Unknown } else { Value::Truth(!ends) })
}

fn two(op: Op, a: &Value, b: &Value) -> Value {
    if *a == Value::Unknown || *b == Value::Unknown {
        return Value::Unknown;
    }
    let ordered = |want: &[Ordering]| Value::Truth(order(a, b).is_some_and(|o| want.contains(&o)));
    let number = |f: fn(f64, f64) -> f64| Value::Number(f(a.number(), b.number()));
    match op {
        Op::Equal => Value::Truth(equal(a, b)),
        Op::Unequal => Value::Truth(unequal(a, b)),
        Op::Less => ordered(&[Ordering::Less]),
        Op::LessOrEqual => ordered(&[Ordering::Less, Ordering::Equal]),
        Op::More => ordered(&[Ordering::Greater]),
        Op::MoreOrEqual => ordered(&[Ordering::Greater, Ordering::Equal]),
        Op::Add => number(|a, b| a + b),
        Op::Subtract => number(|a, b| a - b),
        Op::Multiply => number(|a, b| a * b),
        Op::Divide => number(|a, b| a / b),
        Op::Remainder => number(|a, b| a % b),
    }
}

fn call(name: &str, list: &[Expr], s: &dyn Scope) -> Result<Value, Stop> {
    match name {
        "if" => {
            return match run(&list[0], s)? {
                Value::Unknown => Ok(Value::Unknown),
                v => run(&list[if v.truth() { 1 } else { 2 }], s),
            };
        }
        "coalesce" => {
            for e in list {
                match run(e, s)? {
                    v if v.is_empty() => {}
                    v => return Ok(v),
                }
            }
            return Ok(Value::Empty);
        }
        "jr:choice-name" => {
            let node = match &list[1] {
                Expr::Field(_, node) => *node,
                _ => return Ok(Value::Empty),
            };
            return Ok(match run(&list[0], s)? {
                Value::Unknown => Value::Unknown,
                v => Value::Text(s.choice_label(node, &v.text())),
            });
        }
        _ => {}
    }
    let given = list.iter().map(|e| run(e, s)).collect::<Result<Vec<_>, _>>()?;
    if given.contains(&Value::Unknown) {
        return Ok(Value::Unknown);
    }
    strict(name, &given, s)
}

/// Functions that look at all their arguments.
fn strict(name: &str, given: &[Value], s: &dyn Scope) -> Result<Value, Stop> {
    let text = |i: usize| given.get(i).map_or_else(|| s.own().text(), Value::text);
    let number = |i: usize| given.get(i).map_or(f64::NAN, Value::number);
    let numbers = || given.iter().flat_map(Value::list).map(Value::number).filter(|n| !n.is_nan());
    let several = || given.first().map_or(&[][..], Value::list);
    Ok(match name {
        "true" => Value::Truth(true),
        "false" => Value::Truth(false),
        "not" => Value::Truth(!given[0].truth()),
        "boolean" => Value::Truth(given[0].truth()),
        "boolean-from-string" => Value::Truth(matches!(text(0).as_str(), "true" | "1")),
        "number" => Value::Number(number(0)),
        "int" => Value::Number(number(0).trunc()),
        "string" => Value::Text(text(0)),
        "round" => {
            let scale = 10_f64.powi(given.get(1).map_or(0.0, Value::number).clamp(-12.0, 12.0) as i32);
            Value::Number((number(0) * scale).round() / scale)
        }
        "floor" => Value::Number(number(0).floor()),
        "ceiling" => Value::Number(number(0).ceil()),
        "abs" => Value::Number(number(0).abs()),
        "sqrt" => Value::Number(number(0).sqrt()),
        "pow" => Value::Number(number(0).powf(number(1))),
        "min" => numbers().reduce(f64::min).map_or(Value::Empty, Value::Number),
        "max" => numbers().reduce(f64::max).map_or(Value::Empty, Value::Number),
        "sum" => Value::Number(numbers().sum()),
        "count" => Value::Number(match &given[0] {
            Value::Many(list) => list.len() as f64,
            one => f64::from(u8::from(!one.is_empty())),
        }),
        "count-non-empty" => Value::Number(several().iter().filter(|v| !v.is_empty()).count() as f64),
        "position" => given[0].clone(),
        "concat" => joined("", given),
        "join" => joined(&text(0), &given[1..]),
        "string-length" => Value::Number(text(0).chars().count() as f64),
        "substr" => {
            let chars: Vec<char> = text(0).chars().collect();
            // Counted from 0, the end not included; a negative place is counted from the end.
            let place = |n: f64| {
                if n.is_nan() {
                    0
                } else if n < 0.0 {
                    (chars.len() as f64 + n).max(0.0) as usize
                } else {
                    n as usize
                }
            };
            let end = if given.len() > 2 { place(number(2)).min(chars.len()) } else { chars.len() };
            Value::Text(chars.get(place(number(1))..end).unwrap_or_default().iter().collect())
        }
        "substring-before" => Value::Text(text(0).split_once(&text(1)).map_or(String::new(), |p| p.0.into())),
        "substring-after" => Value::Text(text(0).split_once(&text(1)).map_or(String::new(), |p| p.1.into())),
        "contains" => Value::Truth(text(0).contains(&text(1))),
        "starts-with" => Value::Truth(text(0).starts_with(&text(1))),
        "ends-with" => Value::Truth(text(0).ends_with(&text(1))),
        "translate" => {
            let (from, to): (Vec<char>, Vec<char>) = (text(1).chars().collect(), text(2).chars().collect());
            s.spend(text(0).len().saturating_mul(from.len()) / 64)?;
            let change = |c: char| match from.iter().position(|f| *f == c) {
                Some(i) => to.get(i).copied(),
                None => Some(c),
            };
            Value::Text(text(0).chars().filter_map(change).collect())
        }
        "normalize-space" => Value::Text(text(0).split_whitespace().collect::<Vec<_>>().join(" ")),
        "selected" => {
            let wanted = text(1);
            Value::Truth(given[0].list().iter().any(|v| v.text().split(' ').any(|c| c == wanted)))
        }
        "selected-at" => {
            let n = number(1);
            let found = (n >= 0.0).then(|| text(0).split_whitespace().nth(n as usize).map(str::to_string));
            Value::Text(found.flatten().unwrap_or_default())
        }
        "count-selected" => Value::Number(text(0).split_whitespace().count() as f64),
        "today" => s.today(),
        "now" => s.now(),
        "date" => as_moment(&given[0]).map_or(Value::Empty, |m| Value::Date(m.date())),
        "date-time" => as_moment(&given[0]).map_or(Value::Empty, Value::Moment),
        "decimal-date-time" => as_moment(&given[0]).map_or(Value::Empty, |m| Value::Number(Value::Moment(m).number())),
        "decimal-time" => match &given[0] {
            Value::Time(t) => Value::Number(share(*t)),
            Value::Moment(m) => Value::Number(share(m.time())),
            other => read_time(&other.text()).map_or(Value::Empty, |t| Value::Number(share(t))),
        },
        "format-date" | "format-date-time" => match as_moment(&given[0]) {
            Some(m) => Value::Text(format(m, &text(1)).chars().take(limits::ANSWER_CHARS).collect()),
            None => Value::Empty,
        },
        // The parser lets no other name through, and `regex` was made ready.
        _ => Value::Empty,
    })
}

fn joined(between: &str, values: &[Value]) -> Value {
    let mut out = String::new();
    let all = values.iter().flat_map(Value::list).filter(|v| !matches!(v, Value::Empty));
    for (i, value) in all.enumerate() {
        if i > 0 {
            out += between;
        }
        out += &value.text();
        if out.len() > limits::ANSWER_CHARS * 4 {
            break;
        }
    }
    Value::Text(out.chars().take(limits::ANSWER_CHARS).collect())
}

/// Days, moments, days since 1970, and texts that are one of the first two.
fn as_moment(value: &Value) -> Option<jiff::civil::DateTime> {
    match value {
        Value::Date(d) => Some(d.to_datetime(jiff::civil::Time::midnight())),
        Value::Moment(m) => Some(*m),
        Value::Number(n) => moment(*n),
        other => {
            let text = other.text();
            let date = || read_date(&text).map(|d| d.to_datetime(jiff::civil::Time::midnight()));
            let number =
                || super::value::read_number(&text).and_then(day).map(|d| d.to_datetime(jiff::civil::Time::midnight()));
            read_moment(&text).or_else(date).or_else(number)
        }
    }
}
