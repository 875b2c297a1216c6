//! What a questionnaire says about hours: which of its questions ask when people can come, and what was answered.
//!
//! A question is about hours when the labels of its choices read `工作日 18:00-20:00`, `周末 09:00-12:00`; several choices
//! (多选) say when somebody can come, one choice (单选) the hour they would choose first, a further question with one choice
//! the hour next to it. Labels that are no stretch of time
//! (都不方便) are no hour. A question whose choices are names of services says what the answer is about.

use forms::{Answers, Definition};
use kernel::Uuid;
use roster::model::DayType;
use surveys::model::Held;
use surveys::rules::Weights;
use windows::model::Span;
use windows::rules::parse_spans;

/// A stretch that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub kind: DayType,
    pub span: Span,
}

impl Asked {
    /// `工作日 18:00-20:00`
    pub fn text(&self) -> String {
        format!("{} {}", self.kind.label(), self.span.text())
    }
}

/// One answer as far as hours go. No day, no order, no person.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// As many people of the register as it stands for, 1 on average.
    pub weight: f64,
    /// Its class of sex and age, for which answers are pooled; 0 where neither was asked.
    pub group: usize,
    /// Places in [`Round::asked`].
    pub suits: Vec<usize>,
    /// Places of the hours chosen, best first: one for each question with one choice, in the order of the form.
    pub named: Vec<usize>,
}

/// The answers of one survey.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    pub title: String,
    pub asked: Vec<Asked>,
    pub answers: Vec<Answer>,
    /// As many equally weighted answers would be as sure.
    pub effective: f64,
    /// Stretches that were left out because they overlap another.
    pub overlapping: usize,
    /// Answers that came as one of many from one place and are not among [`Round::answers`].
    pub many: usize,
    /// Weighted to the register.
    pub weighed: bool,
}

/// Whether some question has several choices that are hours.
pub fn asks_for_hours(definition: &Definition) -> bool {
    round("", definition, std::iter::empty(), &[], None).is_some()
}

/// A label as a stretch.
pub fn stretch(label: &str) -> Option<Asked> {
    let text = kernel::text::fold(label);
    let text = text.trim();
    let kinds = [
        ("工作日", DayType::Work),
        ("周一至周五", DayType::Work),
        ("周末", DayType::Rest),
        ("双休日", DayType::Rest),
        ("节假日", DayType::Holiday),
    ];
    let (kind, rest) = kinds.iter().find_map(|(word, kind)| text.strip_prefix(word).map(|rest| (*kind, rest)))?;
    let rest = rest.trim_start_matches([' ', '\u{3000}', ':', ',', '、', '，', '：', '的']).trim();
    match parse_spans(rest).ok()?[..] {
        [span] => Some(Asked { kind, span }),
        _ => None,
    }
}

/// A question's choices by name that are stretches, as places in `asked`; new ones are added, overlapping ones left out.
fn hours(definition: &Definition, list: &str, asked: &mut Vec<Asked>, overlapping: &mut usize) -> Vec<(String, usize)> {
    let mut found = vec![];
    for c in definition.list(list).map_or(&[][..], |l| &l.choices) {
        let Some(a) = stretch(c.label.get("")) else { continue };
        if let Some(at) = asked.iter().position(|x| *x == a) {
            found.push((c.name.clone(), at));
        } else if asked.iter().any(|x| x.kind == a.kind && x.span.from < a.span.until && a.span.from < x.span.until) {
            *overlapping += 1;
        } else {
            found.push((c.name.clone(), asked.len()));
            asked.push(a);
        }
    }
    found
}

/// Reads the answers of a survey, each with its weight and its class; those about another service are left out. `services`: id and name.
/// `None` when no question asks for hours.
pub fn round<'a>(
    title: &str,
    definition: &Definition,
    answers: impl Iterator<Item = (&'a Answers, f64, usize)>,
    services: &[(Uuid, String)],
    wanted: Option<Uuid>,
) -> Option<Round> {
    let (mut asked, mut overlapping) = (vec![], 0);
    let mut suits: Vec<(String, Vec<(String, usize)>)> = vec![];
    let mut named: Vec<(String, Vec<(String, usize)>)> = vec![];
    let mut about: Vec<(String, Vec<(String, Uuid)>)> = vec![];
    // Questions in groups too; their answers lie under the path. Rounds of a repeat are several people, they are left out.
    let mut open: Vec<(String, &forms::Item)> = definition.items.iter().rev().map(|i| (i.name.clone(), i)).collect();
    while let Some((path, item)) = open.pop() {
        if item.kind == forms::Kind::Group {
            open.extend(item.children.iter().rev().map(|c| (format!("{path}/{}", c.name), c)));
        }
        let (list, many) = match &item.kind {
            forms::Kind::SelectMultiple(list) => (list, true),
            forms::Kind::SelectOne(list) => (list, false),
            _ => continue,
        };
        let found = hours(definition, list, &mut asked, &mut overlapping);
        if !found.is_empty() {
            if many { &mut suits } else { &mut named }.push((path, found));
            continue;
        }
        let named: Vec<(String, Uuid)> = definition
            .list(list)
            .map_or(&[][..], |l| &l.choices)
            .iter()
            .filter_map(|c| services.iter().find(|s| s.1 == c.label.get("").trim()).map(|s| (c.name.clone(), s.0)))
            .collect();
        if !named.is_empty() {
            about.push((path, named));
        }
    }
    if suits.is_empty() {
        return None;
    }
    let mut kept = vec![];
    for (a, weight, group) in answers {
        let words = |question: &String| a.get(question).map_or("", String::as_str).split_whitespace().map(str::to_string).collect::<Vec<_>>();
        if let Some(id) = wanted {
            let said: Vec<Uuid> =
                about.iter().flat_map(|(q, names)| words(q).into_iter().filter_map(|w| names.iter().find(|n| n.0 == w).map(|n| n.1))).collect();
            // Who named no service spoke of all.
            if !said.is_empty() && !said.contains(&id) {
                continue;
            }
        }
        let places = |all: &[(String, Vec<(String, usize)>)]| -> Vec<usize> {
            all.iter().flat_map(|(q, names)| words(q).into_iter().filter_map(|w| names.iter().find(|n| n.0 == w).map(|n| n.1))).collect()
        };
        let answered = suits.iter().any(|(q, _)| !words(q).is_empty());
        if answered && weight.is_finite() && weight > 0.0 {
            // A later choice comes after an earlier one: who left that open has made none.
            let choices = named.iter().map(|q| places(std::slice::from_ref(q))).take_while(|c| !c.is_empty());
            kept.push(Answer { weight, group, suits: places(&suits), named: once(choices.flatten().collect()) });
        }
    }
    let (sum, squares) = kept.iter().fold((0.0, 0.0), |(s, q), a| (s + a.weight, q + a.weight * a.weight));
    let effective = if squares > 0.0 { sum * sum / squares } else { 0.0 };
    Some(Round { title: title.into(), asked, answers: kept, effective, overlapping, many: 0, weighed: false })
}

/// Each place where it stands first.
fn once(places: Vec<usize>) -> Vec<usize> {
    let mut kept: Vec<usize> = vec![];
    places.into_iter().for_each(|p| if !kept.contains(&p) { kept.push(p) });
    kept
}

/// What a questionnaire says about hours, from its boxes and the weights of its answers ([`surveys::rules::weigh`]): answers that
/// came as one of many from one place are left out. `None` when no question asks for hours.
pub fn of_boxes(title: &str, definition: &Definition, boxes: &[Held], weights: &Weights, services: &[(Uuid, String)], wanted: Option<Uuid>) -> Option<Round> {
    let all: Vec<_> = boxes.iter().flat_map(|b| &b.answers.0).collect();
    let each = all.iter().zip(weights.weights.iter().zip(&weights.groups));
    let weighed = each.filter(|(k, _)| !k.many).map(|(k, (w, g))| (&k.answers, *w, *g));
    let mut round = round(title, definition, weighed, services, wanted)?;
    round.many = all.iter().filter(|k| k.many).count();
    round.weighed = weights.is_used();
    Some(round)
}

#[cfg(test)]
mod tests {
    use super::*;
    use forms::{Choice, Item, Kind, List, Text};

    #[test]
    fn labels_that_are_hours() {
        let s = |t| stretch(t).map(|a| a.text());
        assert_eq!(s("工作日 18:00-20:00").as_deref(), Some("工作日 18:00-20:00"));
        assert_eq!(s("周末：９：00—12:00").as_deref(), Some("周末 09:00-12:00"));
        assert_eq!(s("工作日的14:00至17:00").as_deref(), Some("工作日 14:00-17:00"));
        for t in ["都不方便", "18:00-20:00", "工作日晚上", "工作日 20:00-18:00", "周末 9:00-10:00，14:00-15:00"] {
            assert_eq!(s(t), None, "{t}");
        }
    }

    fn list(name: &str, labels: &[&str]) -> List {
        let choice = |(i, l): (usize, &&str)| Choice { row: i, name: format!("c{i}"), label: Text::plain(*l), extra: vec![] };
        List { name: name.into(), choices: labels.iter().enumerate().map(choice).collect() }
    }

    fn definition() -> Definition {
        let item = |name: &str, kind: Kind| Item::new(1, name, kind, Text::plain("问"));
        Definition {
            items: vec![
                item("what", Kind::SelectMultiple("what".into())),
                item("when", Kind::SelectMultiple("when".into())),
                Item { children: ["best", "next"].map(|n| item(n, Kind::SelectOne("when".into()))).into(), ..item("more", Kind::Group) },
                item("why", Kind::Text),
            ],
            lists: vec![
                list("what", &["居住证申领", "身份证换领"]),
                list("when", &["工作日 09:00-12:00", "工作日 18:00-20:00", "工作日 19:00-21:00", "周末 09:00-12:00", "都不方便"]),
            ],
            ..Definition::default()
        }
    }

    #[test]
    fn answers_become_hours_by_service_and_nobody_is_guessed() {
        let services = [(Uuid::from_u128(1), "居住证申领".to_string()), (Uuid::from_u128(2), "身份证换领".to_string())];
        let a = |pairs: &[(&str, &str)]| -> Answers { pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect() };
        let all = [
            a(&[("what", "c0"), ("when", "c1 c3"), ("more/next", "c3"), ("more/best", "c1")]),
            a(&[("what", "c1"), ("when", "c0"), ("more/best", "c0"), ("more/next", "c0")]),
            a(&[("when", "c4"), ("more/next", "c1")]),
            a(&[("why", "没有填")]),
        ];
        let weighed = || all.iter().zip([2.0, 1.0, 1.0, 1.0]).enumerate().map(|(i, (a, w))| (a, w, i % 2));
        let r = round("错时问卷", &definition(), weighed(), &services, None).unwrap();
        assert_eq!(r.asked.len(), 3, "19:00-21:00 overlaps and is left out");
        assert_eq!((r.overlapping, r.answers.len()), (3, 3), "once in each question");
        assert_eq!(r.answers[0], Answer { weight: 2.0, group: 0, suits: vec![1, 2], named: vec![1, 2] });
        assert_eq!(r.answers[1].named, [0], "the same hour twice is one choice");
        assert_eq!(r.answers[2].suits, Vec::<usize>::new(), "can never come");
        assert_eq!(r.answers[2].named, Vec::<usize>::new(), "a second choice without a first is none");
        assert!((r.effective - 16.0 / 6.0).abs() < 1e-9);
        let one = round("错时问卷", &definition(), weighed(), &services, Some(Uuid::from_u128(2))).unwrap();
        assert_eq!(one.answers.len(), 2, "who spoke of another service is left out, who named none is not");
        let mut none = definition();
        none.lists[1] = list("when", &["白天", "晚上"]);
        assert!(round("x", &none, weighed(), &services, None).is_none());
    }
}
