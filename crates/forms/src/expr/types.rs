//! Does an expression make sense? What can never be true, or never be a number, is said before anybody is asked.

use super::functions::{Gives, Takes};
use super::value::{read_date, read_moment, read_number, read_time};
use super::{Expr, Op, TABLE};

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Any,
    Number,
    Text,
    Truth,
    Date,
    Time,
    Moment,
    /// one or several of a list
    Choice,
}

/// What is known of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub label: &'a str,
    pub is: Type,
    /// Names of its choices.
    pub choices: Option<&'a [String]>,
    /// Stands in a repeat that the asking question is not in.
    pub rounds: bool,
    /// A repeat itself.
    pub repeat: bool,
    /// A group or a note: there is no answer.
    pub silent: bool,
}

/// Where an expression stands.
pub(crate) trait Around {
    fn field(&self, node: usize) -> Known<'_>;
    /// The own answer, where it may be named.
    fn own(&self) -> Option<Known<'_>>;
    /// Columns of the choices, in a choice filter.
    fn columns(&self) -> Option<&[String]>;
    fn in_repeat(&self) -> bool;
    fn is_name(&self, name: &str) -> bool;
}

/// Why an expression makes no sense, and what to do.
pub(crate) type Nonsense = (String, String);

fn no<T>(why: impl Into<String>, next: impl Into<String>) -> Result<T, Nonsense> {
    Err((why.into(), next.into()))
}

/// Checks an expression and says what it gives.
pub(crate) fn check(e: &Expr, a: &dyn Around) -> Result<Type, Nonsense> {
    match e {
        Expr::Number(_) => Ok(Type::Number),
        Expr::Text(_) => Ok(Type::Text),
        Expr::Round => Ok(Type::Number),
        Expr::Own => match a.own() {
            Some(own) => Ok(own.is),
            None => no("这里不能用“.”指本题答案。", "请写成 ${题目名}。"),
        },
        Expr::Field(name, node) => {
            let known = a.field(*node);
            if known.repeat {
                return no(format!("${{{name}}} 是重复题组。"), "请用 count(${…}) 取得轮数。");
            }
            if known.silent {
                return no(format!("${{{name}}} 是题组或说明文字，没有答案。"), "请引用一道题目。");
            }
            Ok(known.is)
        }
        Expr::Column(name) => column(name, a),
        Expr::Minus(e) => counts(e, check(e, a)?, a).map(|()| Type::Number),
        Expr::All(list) | Expr::Any(list) => {
            list.iter().try_for_each(|e| check(e, a).and_then(|_| decides(e))).map(|()| Type::Truth)
        }
        Expr::Two(op, l, r) => two(*op, (l, check(l, a)?), (r, check(r, a)?), a),
        Expr::Fits(e, _) => check(e, a).map(|_| Type::Truth),
        Expr::Call(name, list) => call(name, list, a),
    }
}

fn column(name: &str, a: &dyn Around) -> Result<Type, Nonsense> {
    if a.columns().is_some_and(|c| c.iter().any(|c| c == name)) {
        return Ok(Type::Text);
    }
    if a.is_name(name) {
        return no(format!("“{name}”是题目名，但没有写成引用。"), format!("请写成 ${{{name}}}。"));
    }
    match a.columns() {
        Some(columns) => {
            no(format!("选项表没有“{name}”这一列。"), format!("现有的列：{}；文字请加引号。", columns.join("、")))
        }
        None => no(format!("不认识“{name}”。"), "题目请写成 ${题目名}，文字请加引号。"),
    }
}

fn known<'a>(e: &Expr, a: &'a dyn Around) -> Option<Known<'a>> {
    match e {
        Expr::Field(_, node) => Some(a.field(*node)),
        Expr::Own => a.own(),
        _ => None,
    }
}

/// A part that is used as yes or no.
fn decides(e: &Expr) -> Result<(), Nonsense> {
    match e {
        Expr::Text(t) => no(format!("“{t}”不是条件。"), "请写成比较，例如 ${题目名} = '选项'。"),
        _ => Ok(()),
    }
}

/// A part of kind `is` that is used as a number. Each part is checked once only: twice at each of eighty levels would
/// take for ever.
fn counts(e: &Expr, is: Type, a: &dyn Around) -> Result<(), Nonsense> {
    let known = known(e, a);
    if let Some(k) = known.filter(|k| k.rounds) {
        return no(
            format!("“{}”在重复题组里有多个答案，不能直接计算。", k.label),
            "请用 sum()、max()、min() 或 count()。",
        );
    }
    let numerals = known.and_then(|k| k.choices).is_some_and(|c| c.iter().all(|c| read_number(c).is_some()));
    match is {
        Type::Text | Type::Truth => no("文字或是非不能参加计算。", "文字里的数字请先写成 number(…)。"),
        Type::Choice if !numerals => no("选项名不是数字，不能参加计算。", "请改用 if() 把选项换成数字。"),
        _ => Ok(()),
    }
}

fn two(op: Op, l: (&Expr, Type), r: (&Expr, Type), a: &dyn Around) -> Result<Type, Nonsense> {
    if op.is_equality() {
        equal(l, r.0, a)?;
        equal(r, l.0, a)?;
        return Ok(Type::Truth);
    }
    if !op.is_order() {
        counts(l.0, l.1, a)?;
        counts(r.0, r.1, a)?;
        return Ok(Type::Number);
    }
    for ((e, is), (_, against)) in [(l, r), (r, l)] {
        match (e, is) {
            (Expr::Text(t), _) => literal(t, against, op)?,
            (_, Type::Text | Type::Truth) => {
                return no("文字或是非没有大小，不能用 < 或 > 比较。", "数字请用整数题或小数题，日期请用日期题。");
            }
            (_, Type::Choice) if known(e, a).is_none_or(|k| !k.rounds) => counts(e, is, a)?,
            _ => {}
        }
    }
    Ok(Type::Truth)
}

/// A text that stands against something that is no text.
fn literal(t: &str, against: Type, op: Op) -> Result<(), Nonsense> {
    let fits = match against {
        Type::Number => read_number(t).is_some(),
        Type::Date | Type::Moment => read_date(t).is_some() || read_moment(t).is_some(),
        Type::Time => read_time(t).is_some(),
        Type::Text if op.is_order() => false,
        _ => true,
    };
    if fits || (t.is_empty() && op.is_equality()) {
        return Ok(());
    }
    match against {
        Type::Number => no(format!("数字与文字“{t}”比较，永远不成立。"), "请改成数字。"),
        Type::Date | Type::Moment => no(format!("“{t}”不是日期。"), "日期请写成 '2026-05-08'。"),
        Type::Time => no(format!("“{t}”不是时间。"), "时间请写成 '19:30'。"),
        _ => no(format!("文字“{t}”没有大小。"), "请改用 = 或 !=。"),
    }
}

fn equal((l, is): (&Expr, Type), r: &Expr, a: &dyn Around) -> Result<(), Nonsense> {
    let Expr::Text(t) = r else { return Ok(()) };
    if let Some(choices) = known(l, a).and_then(|k| k.choices) {
        return offered(t.split(' ').filter(|w| !w.is_empty()), choices);
    }
    literal(t, is, Op::Equal)
}

/// A choice that is named must be in the list.
fn offered<'t>(mut words: impl Iterator<Item = &'t str>, choices: &[String]) -> Result<(), Nonsense> {
    match words.find(|w| !choices.iter().any(|c| c == w)) {
        None => Ok(()),
        Some(w) => {
            let some: Vec<&str> = choices.iter().take(8).map(String::as_str).collect();
            let more = if choices.len() > 8 { " 等" } else { "" };
            no(format!("选项里没有“{w}”。"), format!("现有的选项：{}{more}。", some.join("、")))
        }
    }
}

fn call(name: &str, list: &[Expr], a: &dyn Around) -> Result<Type, Nonsense> {
    let Some(f) = TABLE.iter().find(|f| f.name == name) else {
        return no(format!("没有函数 {name}()。"), "请改用其他函数。");
    };
    if f.takes == Takes::Rounds {
        return rounds(name, &list[0], a);
    }
    if name == "jr:choice-name" {
        return match known(&list[1], a) {
            Some(k) if k.choices.is_some() => check(&list[0], a).map(|_| Type::Text),
            _ => no("jr:choice-name() 的第二个参数应为一道选择题。", "请写成 jr:choice-name(${题目名}, '${题目名}')。"),
        };
    }
    if name == "position" {
        if list[0] != Expr::Round || !a.in_repeat() {
            return no("position() 只能写成 position(..)，并放在重复题组里。", "请检查位置。");
        }
        return Ok(Type::Number);
    }
    let types = list.iter().map(|e| check(e, a)).collect::<Result<Vec<_>, _>>()?;
    let mut pairs = list.iter().zip(types.iter().copied());
    match f.takes {
        Takes::Numbers if matches!(name, "min" | "max") => {
            pairs.filter(|(e, _)| known(e, a).is_none_or(|k| !k.rounds)).try_for_each(|(e, is)| counts(e, is, a))?;
        }
        Takes::Numbers => pairs.try_for_each(|(e, is)| counts(e, is, a))?,
        Takes::Days if matches!(types[0], Type::Truth | Type::Time | Type::Choice) => {
            return no(format!("{name}() 需要日期。"), "请引用日期题。");
        }
        _ => {}
    }
    match (name, list) {
        ("not", [e]) | ("if", [e, ..]) => decides(e)?,
        ("selected", [of, wanted]) => selected(of, types[0], wanted, a)?,
        ("selected-at" | "count-selected", _) if !choosable(types[0]) => {
            return no(format!("{name}() 需要一道选择题。"), "请引用单选题或多选题。");
        }
        ("selected-at" | "substr", [_, rest @ ..]) => {
            rest.iter().zip(&types[1..]).try_for_each(|(e, is)| counts(e, *is, a))?;
        }
        ("regex", _) => return no("regex() 的第二个参数应直接写出。", "请写成带引号的正则表达式。"),
        ("date" | "date-time", [Expr::Text(t)]) if read_date(t).is_none() && read_moment(t).is_none() => {
            return no(format!("“{t}”不是日期。"), "日期请写成 '2026-05-08'。");
        }
        _ => {}
    }
    Ok(match f.gives {
        Gives::Number => Type::Number,
        Gives::Text => Type::Text,
        Gives::Truth => Type::Truth,
        Gives::Day => Type::Date,
        Gives::Moment => Type::Moment,
        Gives::Same => {
            let of = if name == "if" { &types[1..] } else { &types[..] };
            let first = of[0];
            match first {
                // Lists differ; as a text it can stand against any choice.
                Type::Choice => Type::Text,
                _ if of.iter().all(|t| *t == first) => first,
                _ => Type::Any,
            }
        }
    })
}

fn choosable(t: Type) -> bool {
    matches!(t, Type::Choice | Type::Text | Type::Any)
}

fn selected(of: &Expr, is: Type, wanted: &Expr, a: &dyn Around) -> Result<(), Nonsense> {
    if !choosable(is) {
        return no("selected() 需要一道选择题。", "请引用单选题或多选题。");
    }
    match (wanted, known(of, a).and_then(|k| k.choices)) {
        (Expr::Text(t), Some(choices)) => offered(std::iter::once(t.as_str()), choices),
        _ => Ok(()),
    }
}

fn rounds(name: &str, e: &Expr, a: &dyn Around) -> Result<Type, Nonsense> {
    let Some(k) = known(e, a) else {
        return no(format!("{name}() 需要一道题目。"), "请写成 ${题目名}。");
    };
    if k.silent && !k.repeat {
        return no(format!("{name}() 里的“{}”没有答案。", k.label), "请引用一道题目。");
    }
    if name == "sum" && (k.repeat || !matches!(k.is, Type::Number | Type::Any)) {
        return no(format!("sum() 里的“{}”不是数字。", k.label), "请引用整数题或小数题。");
    }
    Ok(Type::Number)
}
