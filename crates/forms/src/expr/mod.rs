//! The expression language (表达式): the part of XPath that XLSForm uses, read from text, checked, evaluated.
//!
//! `${x}` is another question, `.` the own answer, a bare name a column of the choices (in a choice filter only).
//! Paths and axes are refused: what they say is said by `${x}`.

mod eval;
mod functions;
mod lex;
mod parse;
pub(crate) mod types;
pub mod value;

pub(crate) use eval::{Scope, Stop, run};
pub(crate) use functions::{TABLE, pattern};
pub use parse::parse;

/// Two-sided operators, and/or apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Op {
    pub(crate) fn is_order(self) -> bool {
        matches!(self, Op::Less | Op::LessOrEqual | Op::More | Op::MoreOrEqual)
    }
    pub(crate) fn is_equality(self) -> bool {
        matches!(self, Op::Equal | Op::Unequal)
    }
}

/// An expression, read.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Number(f64),
    Text(String),
    /// `.`
    Own,
    /// `..`, as the argument of `position` only
    Round,
    /// `${name}`; the place in the form is filled in when the form is checked
    Field(String, usize),
    /// a bare name
    Column(String),
    Minus(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Two(Op, Box<Expr>, Box<Expr>),
    Call(&'static str, Vec<Expr>),
    /// `regex()` with its pattern, made ready when the form is checked
    Fits(Box<Expr>, Pattern),
}

/// A pattern that is ready to be used.
#[derive(Clone, Debug)]
pub struct Pattern(regex::Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// Place of a field that is not looked up yet.
pub(crate) const NOWHERE: usize = usize::MAX;

impl Expr {
    /// Calls `f` for this part and all parts below it.
    pub(crate) fn walk(&self, f: &mut impl FnMut(&Expr)) {
        f(self);
        match self {
            Expr::Minus(e) | Expr::Fits(e, _) => e.walk(f),
            Expr::Two(_, a, b) => {
                a.walk(f);
                b.walk(f);
            }
            Expr::All(list) | Expr::Any(list) | Expr::Call(_, list) => list.iter().for_each(|e| e.walk(f)),
            _ => {}
        }
    }

    /// The same, changing.
    pub(crate) fn walk_mut(&mut self, f: &mut impl FnMut(&mut Expr)) {
        f(self);
        match self {
            Expr::Minus(e) | Expr::Fits(e, _) => e.walk_mut(f),
            Expr::Two(_, a, b) => {
                a.walk_mut(f);
                b.walk_mut(f);
            }
            Expr::All(list) | Expr::Any(list) | Expr::Call(_, list) => list.iter_mut().for_each(|e| e.walk_mut(f)),
            _ => {}
        }
    }

    /// Places of all fields named here.
    pub(crate) fn fields(&self) -> Vec<usize> {
        let mut found = vec![];
        self.walk(&mut |e| {
            if let Expr::Field(_, node) = e
                && *node != NOWHERE
            {
                found.push(*node);
            }
        });
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Character from 1; 0 for the whole.
    pub at: usize,
    pub why: String,
    pub next: String,
}
