//! Decisions, pure: what may be opened, how a question is added, how an answer falls into its box, what the counts are.

use crate::model::{Held, Kept, NewQuestion, State, Survey};
use forms::tabulate::{Tally, tabulate};
use forms::{Choice, Definition, Env, Form, Item, Kind, List, Text};
use kernel::figure::interval::{Interval, share};
use kernel::{Date, Error, FieldErrors, Refusal, Result};

/// Answers to one survey at most (as many as weights can be reckoned for).
pub const MAX_ANSWERS: i64 = 20_000;
/// Questions that the builder makes at most.
pub const MAX_BUILT: usize = 100;

/// Kinds of questions that the builder offers: code and name.
pub const KINDS: &[(&str, &str)] = &[
    ("one", "单选"),
    ("many", "多选"),
    ("text", "填空"),
    ("integer", "数字"),
    ("date", "日期"),
    ("note", "说明文字"),
];

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

/// Choices of earlier questions on which a further one can depend: value and words.
pub fn conditions(definition: &Definition) -> Vec<(String, String)> {
    let mut found = vec![];
    for item in &definition.items {
        let Some(list) = item.kind.list().and_then(|l| definition.list(l)) else { continue };
        for c in list.choices.iter().take(20) {
            let words = format!("“{}”选了“{}”", item.label.get(""), c.label.get(""));
            found.push((format!("{}={}", item.name, c.name), words));
        }
    }
    found
}

/// The definition with one more question.
///
/// # Errors
/// What is missing, by field.
pub fn with_question(mut definition: Definition, q: &NewQuestion) -> Result<Definition> {
    let mut errors = FieldErrors::default();
    let choices: Vec<&str> = q.choices.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let selects = matches!(q.kind.as_str(), "one" | "many");
    if q.label.trim().is_empty() {
        errors.add("label", "请写题目。");
    }
    if selects && choices.len() < 2 {
        errors.add("choices", "选择题至少要两个选项，一行一个。");
    }
    if choices.len() > 60 || choices.iter().any(|c| c.chars().count() > 100) {
        errors.add("choices", "最多 60 个选项，每个不超过 100 字。");
    }
    if definition.items.len() >= MAX_BUILT {
        errors.add("label", "题目太多，请拆成几份问卷，或用表格导入。");
    }
    let condition = conditions(&definition).into_iter().find(|(value, _)| *value == q.only_if);
    if !q.only_if.is_empty() && condition.is_none() {
        errors.add("only_if", "请从所列的条件中选择。");
    }
    errors.ok(())?;
    let used = |name: &str| definition.items.iter().any(|i| i.name == name) || definition.list(name).is_some();
    let number = (1..).find(|n| !used(&format!("q{n}")) && !used(&format!("list{n}"))).unwrap_or(1);
    let list = format!("list{number}");
    let kind = match q.kind.as_str() {
        "one" => Kind::SelectOne(list.clone()),
        "many" => Kind::SelectMultiple(list.clone()),
        "integer" => Kind::Integer,
        "date" => Kind::Date,
        "note" => Kind::Note,
        "text" => Kind::Text,
        _ => return Err(FieldErrors::one("kind", "请选择题型。")),
    };
    if selects {
        let choice = |(i, label): (usize, &&str)| Choice {
            row: i + 1,
            name: format!("c{}", i + 1),
            label: Text::plain(*label),
            extra: vec![],
        };
        definition.lists.push(List { name: list, choices: choices.iter().enumerate().map(choice).collect() });
    }
    let row = definition.items.len() + 1;
    let mut item = Item::new(row, &format!("q{number}"), kind, Text::plain(q.label.trim()));
    item.required = if q.required && q.kind != "note" { "yes".into() } else { String::new() };
    if let Some((question, choice)) = q.only_if.split_once('=') {
        item.relevant = format!("selected(${{{question}}}, '{choice}')");
    }
    definition.items.push(item);
    form(&definition)?;
    Ok(definition)
}

/// The definition without a question; its list goes with it when no other question uses it.
///
/// # Errors
/// No such question, or another one depends on it.
pub fn without_question(mut definition: Definition, name: &str) -> Result<Definition> {
    let Some(at) = definition.items.iter().position(|i| i.name == name) else { return Err(Error::NotFound("这道题")) };
    let gone = definition.items.remove(at);
    if definition.items.is_empty() {
        definition.lists.clear();
        return Ok(definition);
    }
    if let Some(list) = gone.kind.list().map(str::to_string) {
        fn uses(items: &[Item], list: &str) -> bool {
            items.iter().any(|i| i.kind.list() == Some(list) || uses(&i.children, list))
        }
        if !uses(&definition.items, &list) {
            definition.lists.retain(|l| l.name != list);
        }
    }
    form(&definition)?;
    Ok(definition)
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
}

/// One question's table.
#[derive(Clone, Debug)]
pub struct Table {
    pub tally: Tally,
    pub shares: Vec<Share>,
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
}

/// Counts all boxes of a survey.
///
/// # Errors
/// A definition that cannot be asked (it was when the survey was opened).
pub fn results(definition: &Definition, boxes: &[Held]) -> Result<Results> {
    let form = form(definition)?;
    let mut table = tabulate(&form, "");
    let (mut many, mut desk) = (0, 0);
    for b in boxes {
        for kept in &b.answers.0 {
            many += usize::from(kept.many);
            desk += usize::from(kept.desk);
            table.add(&form.fill(&kept.answers, &env(b.day)), 1.0);
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
        };
        Table { shares: tally.counts.iter().map(of).collect(), tally }
    });
    Ok(Results { sets, many, desk, days: days.len(), tables: tables.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(label: &str, kind: &str, choices: &str, only_if: &str) -> NewQuestion {
        NewQuestion { label: label.into(), kind: kind.into(), choices: choices.into(), required: true, only_if: only_if.into() }
    }

    fn two() -> Definition {
        let d = with_question(Definition::default(), &question("几点方便来窗口？", "one", "白天\n晚上\n", "")).unwrap();
        with_question(d, &question("晚上几点？", "integer", "", "q1=c2")).unwrap()
    }

    #[test]
    fn questions_are_added_and_taken_away() {
        let d = two();
        assert_eq!(d.items[1].relevant, "selected(${q1}, 'c2')");
        assert_eq!(conditions(&d)[1], ("q1=c2".into(), "“几点方便来窗口？”选了“晚上”".into()));
        assert!(matches!(with_question(d.clone(), &question("", "one", "a", "q9=c1")), Err(Error::Invalid(_))));
        assert!(matches!(with_question(d.clone(), &question("x", "rank", "", "")), Err(Error::Invalid(_))));
        // The second depends on the first.
        assert!(matches!(without_question(d.clone(), "q1"), Err(Error::Refused(_))));
        let one = without_question(d, "q2").unwrap();
        let none = without_question(one, "q1").unwrap();
        assert!(none.items.is_empty() && none.lists.is_empty());
        assert!(matches!(without_question(none, "q1"), Err(Error::NotFound(_))));
    }

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
        let r = results(&two(), &[Held { day, held: 4, answers: kernel::row::Json(answers) }]).unwrap();
        assert_eq!((r.sets, r.many, r.days), (4, 1, 1));
        let first = &r.tables[0];
        assert_eq!((first.tally.asked, first.tally.answered, first.shares[1].chosen), (4, 3, 2));
        let between = first.shares[1].between.unwrap();
        assert!((between.low - 0.0943).abs() < 1e-3 && (between.high - 0.9916).abs() < 1e-3, "{between:?}");
        assert_eq!((r.tables[1].tally.asked, r.tables[1].tally.answered), (2, 1));
    }
}
