//! The functions of the language: names, arguments, kinds. XPath 1.0 and the ODK XForms specification, "XPath functions".

use super::Pattern;
use crate::limits;
use regex::RegexBuilder;

/// What a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Anything,
    Numbers,
    Texts,
    Days,
    /// a question in all its rounds, or a repeat
    Rounds,
}

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    Number,
    Text,
    Truth,
    Day,
    Moment,
    /// the kind of its last arguments
    Same,
}

pub(crate) struct Function {
    pub name: &'static str,
    pub least: usize,
    pub most: usize,
    pub takes: Takes,
    pub gives: Gives,
}

const MANY: usize = usize::MAX;

const fn f(name: &'static str, least: usize, most: usize, takes: Takes, gives: Gives) -> Function {
    Function { name, least, most, takes, gives }
}

pub(crate) const TABLE: &[Function] = &[
    f("if", 3, 3, Takes::Anything, Gives::Same),
    f("coalesce", 1, MANY, Takes::Anything, Gives::Same),
    f("not", 1, 1, Takes::Anything, Gives::Truth),
    f("true", 0, 0, Takes::Anything, Gives::Truth),
    f("false", 0, 0, Takes::Anything, Gives::Truth),
    f("boolean", 1, 1, Takes::Anything, Gives::Truth),
    f("boolean-from-string", 1, 1, Takes::Texts, Gives::Truth),
    f("number", 1, 1, Takes::Anything, Gives::Number),
    f("int", 1, 1, Takes::Anything, Gives::Number),
    f("string", 1, 1, Takes::Anything, Gives::Text),
    f("round", 1, 2, Takes::Numbers, Gives::Number),
    f("floor", 1, 1, Takes::Numbers, Gives::Number),
    f("ceiling", 1, 1, Takes::Numbers, Gives::Number),
    f("abs", 1, 1, Takes::Numbers, Gives::Number),
    f("sqrt", 1, 1, Takes::Numbers, Gives::Number),
    f("pow", 2, 2, Takes::Numbers, Gives::Number),
    f("min", 1, MANY, Takes::Numbers, Gives::Number),
    f("max", 1, MANY, Takes::Numbers, Gives::Number),
    f("sum", 1, 1, Takes::Rounds, Gives::Number),
    f("count", 1, 1, Takes::Rounds, Gives::Number),
    f("count-non-empty", 1, 1, Takes::Rounds, Gives::Number),
    f("position", 1, 1, Takes::Anything, Gives::Number),
    f("concat", 1, MANY, Takes::Anything, Gives::Text),
    f("join", 2, MANY, Takes::Anything, Gives::Text),
    f("string-length", 0, 1, Takes::Texts, Gives::Number),
    f("substr", 2, 3, Takes::Anything, Gives::Text),
    f("substring-before", 2, 2, Takes::Texts, Gives::Text),
    f("substring-after", 2, 2, Takes::Texts, Gives::Text),
    f("contains", 2, 2, Takes::Texts, Gives::Truth),
    f("starts-with", 2, 2, Takes::Texts, Gives::Truth),
    f("ends-with", 2, 2, Takes::Texts, Gives::Truth),
    f("translate", 3, 3, Takes::Texts, Gives::Text),
    f("normalize-space", 0, 1, Takes::Texts, Gives::Text),
    f("regex", 2, 2, Takes::Texts, Gives::Truth),
    f("selected", 2, 2, Takes::Anything, Gives::Truth),
    f("selected-at", 2, 2, Takes::Anything, Gives::Text),
    f("count-selected", 1, 1, Takes::Anything, Gives::Number),
    f("jr:choice-name", 2, 2, Takes::Anything, Gives::Text),
    f("today", 0, 0, Takes::Anything, Gives::Day),
    f("now", 0, 0, Takes::Anything, Gives::Moment),
    f("date", 1, 1, Takes::Anything, Gives::Day),
    f("date-time", 1, 1, Takes::Anything, Gives::Moment),
    f("decimal-date-time", 1, 1, Takes::Days, Gives::Number),
    f("decimal-time", 1, 1, Takes::Anything, Gives::Number),
    f("format-date", 2, 2, Takes::Anything, Gives::Text),
    f("format-date-time", 2, 2, Takes::Anything, Gives::Text),
];

/// A pattern that must fit the whole answer, as in ODK. Matching takes time in proportion to pattern × answer.
///
/// # Errors
/// What the pattern's engine says, in a sentence.
pub(crate) fn pattern(text: &str) -> Result<Pattern, String> {
    if text.chars().count() > limits::PATTERN_CHARS {
        return Err(format!("正则表达式超过 {} 个字符。", limits::PATTERN_CHARS));
    }
    RegexBuilder::new(&format!("^(?:{text})$"))
        .size_limit(limits::PATTERN_BYTES)
        .nest_limit(30)
        .build()
        .map(Pattern)
        .map_err(|_| "正则表达式读不出来，或用了不支持的写法（如向前查看、反向引用）。".into())
}

/// A pattern of `format-date` over the parts of a moment; an unknown letter stays as it is.
pub(crate) fn format(moment: jiff::civil::DateTime, pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => out += &format!("{:04}", moment.year()),
            Some('y') => out += &format!("{:02}", moment.year().rem_euclid(100)),
            Some('m') => out += &format!("{:02}", moment.month()),
            Some('n') => out += &moment.month().to_string(),
            Some('d') => out += &format!("{:02}", moment.day()),
            Some('e') => out += &moment.day().to_string(),
            Some('H') => out += &format!("{:02}", moment.hour()),
            Some('h') => out += &moment.hour().to_string(),
            Some('M') => out += &format!("{:02}", moment.minute()),
            Some('S') => out += &format!("{:02}", moment.second()),
            Some('3') => out += &format!("{:03}", moment.millisecond()),
            Some('a') => out += weekday(moment.date()),
            Some(other) => out.push(other),
            None => out.push('%'),
        }
    }
    out
}

fn weekday(date: jiff::civil::Date) -> &'static str {
    ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
        .get(date.weekday().to_monday_zero_offset() as usize)
        .unwrap_or(&"")
}
