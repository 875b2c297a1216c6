//! Decisions, pure: what may be opened, how an answer falls into its box, what the counts are; in the rooms beside: how a
//! question is added, how answers are weighed by the register, how numbers are gathered into bins, what goes out as a table,
//! how paper is typed in quickly, what wishes and meetings may hold.

mod ask;
mod bins;
mod build;
mod flat;
mod quick;
mod weigh;

pub use ask::{MOST_PRESENT, check_meeting, check_vote, check_wish, may_change, may_finish, names, when};
pub use bins::{Bin, Scale, bins, clock};
pub use flat::{MAX_COLUMNS, counts, sets};
pub use build::{KINDS, MAX_BUILT, WHEN, conditions, moved_up, with_question, without_question};
pub use quick::{Line, lines, not_asked, read_line};
pub use weigh::{CAP, Class, Margin, Weights, weigh};

use crate::model::{Held, Kept, State, Survey};
use forms::tabulate::{Tally, tabulate};
use forms::{Definition, Env, Form, Kind};
use kernel::figure::interval::{Interval, share};
use kernel::{Date, Refusal, Result};

/// Answers to one survey at most (as many as weights can be reckoned for).
pub const MAX_ANSWERS: i64 = 20_000;
/// Written answers shown of one question at most.
pub const MAX_TEXTS: usize = 300;

/// By what an answer is judged: noon of its day, because no finer time is kept.
pub fn env(day: Date) -> Env<'static> {
    Env { now: day.at(12, 0, 0, 0), language: "" }
}

/// The form of a survey.
///
/// # Errors
/// The faults of its definition, as a refusal that names the first.
pub fn form(definition: &Definition) -> Result<Form> {
    Form::new(definition.clone()).map_err(|faults| {
        let first = faults.first().map_or(String::new(), ToString::to_string);
        Refusal::new("surveys.logic", format!("问卷有 {} 处问题：{first}", faults.len()), "请改正后再试。").into()
    })
}

/// May the survey be opened?
///
/// # Errors
/// Not a draft, no question, questions that a page cannot ask, or that break the promise.
pub fn may_open(s: &Survey) -> Result<()> {
    if s.state != State::Draft {
        return Err(Refusal::new("surveys.state", format!("这份问卷{}。", s.state.label()), "请另编一份。").into());
    }
    let form = form(&s.definition.0)?;
    let asked: Vec<_> = form.nodes().iter().filter(|n| n.is_asked()).collect();
    if asked.is_empty() {
        return Err(Refusal::new("surveys.empty", "还没有要回答的题目。", "请至少加一道题。").into());
    }
    if let Some(n) = asked.iter().find(|n| matches!(n.item.kind, Kind::Media(_))) {
        let what = format!("“{}”要上传文件，网页问卷不收。", n.item.name);
        return Err(Refusal::new("surveys.media", what, "请删去这道题。").into());
    }
    if let (true, Some(n)) = (s.anonymous, asked.iter().find(|n| matches!(n.item.kind, Kind::Geopoint | Kind::Barcode))) {
        let what = format!("“{}”会暴露填写人的位置或证件，与匿名的承诺不符。", n.item.name);
        return Err(Refusal::new("surveys.anonymous", what, "请删去这道题，或改为不承诺匿名。").into());
    }
    Ok(())
}

/// A box with one more set of answers: sorted by what they say, so that the place tells nothing.
pub fn dropped_in(mut held: Vec<Kept>, new: Kept) -> Vec<Kept> {
    let at = held.partition_point(|k| *k <= new);
    held.insert(at, new);
    held
}

/// A choice with its share and what the share can be (95 %, exact).
#[derive(Clone, Debug)]
pub struct Share {
    pub label: String,
    pub chosen: i64,
    pub percent: f64,
    pub between: Option<Interval>,
    /// The same by the weights of the register, where there are any.
    pub weighted: Option<f64>,
}

/// One question's table.
#[derive(Clone, Debug)]
pub struct Table {
    pub tally: Tally,
    pub shares: Vec<Share>,
    /// Of a question for words: what was written, sorted, so that no line tells with which other answers it came.
    pub texts: Vec<String>,
    /// Of a question for numbers or times of day: how many answered between which bounds.
    pub bins: Vec<Bin>,
}

impl Table {
    /// The words of the question, its path where it has none.
    pub fn name(&self) -> &str {
        if self.tally.label.is_empty() { &self.tally.path } else { &self.tally.label }
    }
}

/// What came in, question by question.
#[derive(Clone, Debug)]
pub struct Results {
    pub sets: usize,
    /// Of these: one of many from one place; typed in from paper.
    pub many: usize,
    pub desk: usize,
    pub days: usize,
    pub tables: Vec<Table>,
    pub weights: Weights,
}

/// Counts all boxes of a survey, each answer with its weight.
///
/// # Errors
/// A definition that cannot be asked (it was when the survey was opened).
pub fn results(definition: &Definition, boxes: &[Held], weights: Weights) -> Result<Results> {
    let form = form(definition)?;
    let mut table = tabulate(&form, "");
    let (mut many, mut desk) = (0, 0);
    let mut weight = weights.weights.iter();
    let mut texts: std::collections::BTreeMap<usize, Vec<String>> = Default::default();
    for b in boxes {
        for kept in &b.answers.0 {
            many += usize::from(kept.many);
            desk += usize::from(kept.desk);
            let filled = form.fill(&kept.answers, &env(b.day));
            for (_, node, value) in filled.values() {
                if form.nodes()[node].item.kind == Kind::Text && !value.is_empty() {
                    texts.entry(node).or_default().push(value.text());
                }
            }
            table.add(&filled, weight.next().copied().unwrap_or(1.0));
        }
    }
    let days: std::collections::BTreeSet<Date> = boxes.iter().map(|b| b.day).collect();
    let sets = table.sets();
    let tables = table.finish().into_iter().map(|tally| {
        let n = i64::from(tally.answered);
        let of = |c: &forms::tabulate::Count| Share {
            label: c.label.clone(),
            chosen: i64::from(c.chosen),
            percent: tally.share(c).unwrap_or(0.0) * 100.0,
            between: share(i64::from(c.chosen), n),
            weighted: if weights.is_used() { tally.weighted_share(c).map(|w| w * 100.0) } else { None },
        };
        let mut texts = texts.remove(&tally.node).unwrap_or_default();
        texts.sort();
        let bins = Scale::of(&tally.kind).map_or(vec![], |scale| bins(&tally.values, scale));
        Table { shares: tally.counts.iter().map(of).collect(), tally, texts, bins }
    });
    let tables = tables.collect();
    Ok(Results { sets, many, desk, days: days.len(), tables, weights })
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::build::tests::two;

    #[test]
    fn the_place_in_a_box_tells_nothing() {
        let kept = |a: &str| Kept { answers: [("q1".to_string(), a.to_string())].into(), many: false, desk: false };
        let in_order = |list: [&str; 3]| list.iter().fold(vec![], |b, a| dropped_in(b, kept(a)));
        assert_eq!(in_order(["c2", "c1", "c2"]), in_order(["c1", "c2", "c2"]));
    }

    #[test]
    fn counts_say_of_how_many() {
        let kept = |a: &[(&str, &str)]| Kept {
            answers: a.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect(),
            many: a.is_empty(),
            desk: false,
        };
        let day: Date = "2026-05-08".parse().unwrap();
        let answers = vec![kept(&[]), kept(&[("q1", "c1")]), kept(&[("q1", "c2"), ("q2", "20")]), kept(&[("q1", "c2")])];
        let r = results(&two(), &[Held { day, held: 4, answers: kernel::row::Json(answers) }], Weights::default()).unwrap();
        assert_eq!((r.sets, r.many, r.days), (4, 1, 1));
        let first = &r.tables[0];
        assert_eq!((first.tally.asked, first.tally.answered, first.shares[1].chosen), (4, 3, 2));
        let between = first.shares[1].between.unwrap();
        assert!((between.low - 0.0943).abs() < 1e-3 && (between.high - 0.9916).abs() < 1e-3, "{between:?}");
        assert_eq!((r.tables[1].tally.asked, r.tables[1].tally.answered), (2, 1));
    }
}
