//! Raw answers in; what is asked, typed values and problems out.

mod fill;
mod key;
mod raw;
mod show;

use crate::expr::value::Value;
use crate::form::Form;
use crate::model::Kind;
use jiff::civil::DateTime;
use std::collections::{BTreeMap, HashMap};

pub(crate) use raw::parse_raw;

/// Raw answers (答卷) by field. The key is the path of the question, with the round of each repeat: `member[2]/age`.
/// Several choices stand with a space between. A repeat's own key holds its number of rounds.
pub type Answers = BTreeMap<String, String>;

/// What an answer is judged by beside itself.
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    /// The local time at which it was given: `today()` and `now()`.
    pub now: DateTime,
    /// In which labels and messages are shown.
    pub language: &'a str,
}

/// What is wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its field; "" for the answers as a whole.
    pub key: String,
    /// The question's words, for a list of problems.
    pub label: String,
    /// What is wrong and what to do.
    pub why: String,
}

/// One field of one set of answers.
#[derive(Clone, Debug)]
struct Field {
    relevant: bool,
    value: Value,
    /// As it was typed, where it could not be read.
    typed: Option<String>,
    /// Why it could not be read.
    unread: Option<String>,
}

/// Which rounds of the repeats around it, from 1, the outermost first.
type Rounds = Vec<u8>;

/// A form with answers (已填问卷), evaluated.
#[derive(Debug)]
pub struct Filled<'f> {
    form: &'f Form,
    language: String,
    now: DateTime,
    fields: HashMap<(usize, Rounds), Field>,
    /// For each repeat the rounds that it has.
    rounds: HashMap<usize, Vec<Rounds>>,
    steps: std::cell::Cell<u64>,
    problems: Vec<Problem>,
}

/// One choice as it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub name: String,
    pub label: String,
    pub chosen: bool,
}

/// A line of the page (页面上的一行), in the order of the questionnaire; only what is asked now.
#[derive(Clone, Debug)]
pub struct Part {
    /// The field's key, also its name on a page.
    pub key: String,
    /// Index in [`Form::nodes`].
    pub node: usize,
    pub kind: Kind,
    /// Groups around it.
    pub depth: usize,
    /// For a repeat: this round and how many there are. (0, n) is the heading of the repeat itself.
    pub round: Option<(usize, usize)>,
    /// For a repeat's heading: who answers says how many rounds.
    pub open_rounds: bool,
    pub label: String,
    pub hint: String,
    /// As typed, or the value as text.
    pub text: String,
    pub required: bool,
    pub read_only: bool,
    pub offers: Vec<Offer>,
    /// What is wrong with it.
    pub problem: Option<String>,
}
