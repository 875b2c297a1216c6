//! The builder: how questions are added, moved and taken away.

use super::form;
use crate::model::{NewQuestion, Stretch};
use forms::{Choice, Definition, Item, Kind, List, Text};
use kernel::{Error, FieldErrors, Refusal, Result};

/// Questions that the builder makes at most.
pub const MAX_BUILT: usize = 100;

/// Kinds of questions that the builder offers: code and name.
pub const KINDS: &[(&str, &str)] = &[
    ("one", "单选"),
    ("many", "多选"),
    ("text", "填空"),
    ("integer", "数字"),
    ("time", "时间（几点几分）"),
    ("date", "日期"),
    ("note", "说明文字"),
    ("service", "办哪项业务（选项取本所窗口的业务）"),
    ("when", "哪些时间方便（多选）"),
    ("first", "最想什么时间来（单选）"),
    ("second", "其次想什么时间来（单选）"),
    ("sex", "性别（用来和登记人口比对）"),
    ("age", "年龄段（用来和登记人口比对）"),
];

/// Stretches of the week that a question about hours offers when the builder names none.
pub const WHEN: &[&str] = &[
    "工作日 09:00-12:00",
    "工作日 14:00-17:00",
    "工作日 17:00-18:30",
    "工作日 18:30-20:30",
    "周末 09:00-12:00",
    "周末 14:00-17:00",
    "都不方便",
];

/// Codes by which [`super::weigh()`] knows the sexes.
const SEXES: &[(&str, &str)] = &[("male", "男"), ("female", "女"), ("unsaid", "不愿说")];

/// Codes `a<from>_<to>` by which [`super::weigh()`] knows the ages, in full years.
const AGES: &[(&str, &str)] = &[
    ("a18_29", "18 至 29 岁"),
    ("a30_44", "30 至 44 岁"),
    ("a45_59", "45 至 59 岁"),
    ("a60_up", "60 岁及以上"),
    ("unsaid", "不愿说"),
];

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

/// What a question of this kind says when the builder leaves its words open.
fn usual_label(kind: &str) -> &'static str {
    match kind {
        "service" => "您最近要办哪项业务？",
        "when" => "哪些时间您方便来窗口？",
        "first" => "如果这些时间都开放，您最想什么时间来？",
        "second" => "如果那个时间来不了，您其次想什么时间来？",
        "sex" => "您的性别",
        "age" => "您的年龄",
        _ => "",
    }
}

fn coded(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(c, l)| ((*c).to_string(), (*l).to_string())).collect()
}

/// The choices of a question as they will stand: code and words.
fn choices_of(q: &NewQuestion, services: &[String], errors: &mut FieldErrors) -> Vec<(String, String)> {
    let typed: Vec<&str> = q.choices.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let numbered = |list: &[&str]| (1..).zip(list).map(|(i, l)| (format!("c{i}"), (*l).to_string())).collect();
    if typed.len() > 60 || typed.iter().any(|c| c.chars().count() > 100) {
        errors.add("choices", "最多 60 个选项，每个不超过 100 字。");
    }
    if let Some(twice) = typed.iter().enumerate().find_map(|(i, c)| typed[..i].contains(c).then_some(c)) {
        errors.add("choices", format!("选项“{twice}”写了两遍。"));
    }
    match q.kind.as_str() {
        "one" | "many" => {
            if typed.len() < 2 {
                errors.add("choices", "选择题至少要两个选项，一行一个。");
            }
            numbered(&typed)
        }
        "when" | "first" | "second" => {
            let list = if typed.is_empty() { WHEN.to_vec() } else { typed };
            if let Some(bad) = list.iter().find(|l| l.chars().any(|c| c.is_ascii_digit()) && Stretch::read(l).is_none()) {
                errors.add("choices", format!("“{bad}”读不出时间。请写成“工作日 18:30-20:30”“周末 09:00-12:00”或“节假日 …”，一行一个。"));
            }
            if list.iter().filter(|l| Stretch::read(l).is_some()).count() < 2 {
                errors.add("choices", "至少要两个时间，一行一个。");
            }
            numbered(&list)
        }
        "service" => {
            if services.is_empty() {
                errors.add("kind", "本所还没有登记窗口业务。请先在“业务和材料”里登记，或者改用单选。");
            }
            let other = ["其他", "没有要办的"];
            numbered(&services.iter().map(String::as_str).filter(|s| !other.contains(s)).chain(other).take(60).collect::<Vec<_>>())
        }
        "sex" => coded(SEXES),
        "age" => coded(AGES),
        _ => vec![],
    }
}

/// The definition with one more question. `services` are the names of the station's window services.
///
/// # Errors
/// What is missing, by field.
pub fn with_question(mut definition: Definition, q: &NewQuestion, services: &[String]) -> Result<Definition> {
    let mut errors = FieldErrors::default();
    if !KINDS.iter().any(|(code, _)| *code == q.kind) {
        return Err(FieldErrors::one("kind", "请选择题型。"));
    }
    let choices = choices_of(q, services, &mut errors);
    let label = if q.label.trim().is_empty() { usual_label(&q.kind) } else { q.label.trim() };
    if label.is_empty() {
        errors.add("label", "请写题目。");
    }
    if definition.items.len() >= MAX_BUILT {
        errors.add("label", "题目太多，请拆成几份问卷，或用表格导入。");
    }
    let condition = conditions(&definition).into_iter().find(|(value, _)| *value == q.only_if);
    if !q.only_if.is_empty() && condition.is_none() {
        errors.add("only_if", "请从所列的条件中选择。");
    }
    let used = |name: &str| definition.items.iter().any(|i| i.name == name) || definition.list(name).is_some();
    if matches!(q.kind.as_str(), "sex" | "age") && used(&q.kind) {
        errors.add("kind", "这一题已经有了。");
    }
    errors.ok(())?;
    let number = (1..).find(|n| !used(&format!("q{n}")) && !used(&format!("list{n}"))).unwrap_or(1);
    let name = if matches!(q.kind.as_str(), "sex" | "age") { q.kind.clone() } else { format!("q{number}") };
    let list = format!("list{number}");
    let kind = match q.kind.as_str() {
        "one" | "service" | "first" | "second" | "sex" | "age" => Kind::SelectOne(list.clone()),
        "many" | "when" => Kind::SelectMultiple(list.clone()),
        "integer" => Kind::Integer,
        "time" => Kind::Time,
        "date" => Kind::Date,
        "note" => Kind::Note,
        _ => Kind::Text,
    };
    if !choices.is_empty() {
        let choice = |(row, (name, label)): (usize, (String, String))| Choice { row, name, label: Text::plain(label), extra: vec![] };
        definition.lists.push(List { name: list, choices: (1..).zip(choices).map(choice).collect() });
    }
    let row = definition.items.len() + 1;
    let mut item = Item::new(row, &name, kind, Text::plain(label));
    item.required = if q.required && q.kind != "note" { "yes".into() } else { String::new() };
    if let Some((question, choice)) = q.only_if.split_once('=') {
        item.relevant = format!("selected(${{{question}}}, '{choice}')");
    }
    definition.items.push(item);
    form(&definition)?;
    Ok(definition)
}

/// The definition with a question one place earlier.
///
/// # Errors
/// No such question, or it depends on the one before.
pub fn moved_up(mut definition: Definition, name: &str) -> Result<Definition> {
    let Some(at) = definition.items.iter().position(|i| i.name == name) else { return Err(Error::NotFound("这道题")) };
    if at == 0 {
        return Ok(definition);
    }
    if definition.items[at].relevant.contains(&format!("${{{}}}", definition.items[at - 1].name)) {
        let what = "这道题要看前一题的回答，不能排到它前面。";
        return Err(Refusal::new("surveys.order", what, "请先删去条件，或者移动前一题。").into());
    }
    definition.items.swap(at, at - 1);
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

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn question(label: &str, kind: &str, choices: &str, only_if: &str) -> NewQuestion {
        NewQuestion { label: label.into(), kind: kind.into(), choices: choices.into(), required: true, only_if: only_if.into() }
    }

    pub fn two() -> Definition {
        let d = with_question(Definition::default(), &question("几点方便来窗口？", "one", "白天\n晚上\n", ""), &[]).unwrap();
        with_question(d, &question("晚上几点？", "integer", "", "q1=c2"), &[]).unwrap()
    }

    #[test]
    fn questions_are_added_and_taken_away() {
        let d = two();
        assert_eq!(d.items[1].relevant, "selected(${q1}, 'c2')");
        assert_eq!(conditions(&d)[1], ("q1=c2".into(), "“几点方便来窗口？”选了“晚上”".into()));
        assert!(matches!(with_question(d.clone(), &question("", "one", "a", "q9=c1"), &[]), Err(Error::Invalid(_))));
        assert!(matches!(with_question(d.clone(), &question("x", "rank", "", ""), &[]), Err(Error::Invalid(_))));
        // The second depends on the first.
        assert!(matches!(without_question(d.clone(), "q1"), Err(Error::Refused(_))));
        let one = without_question(d, "q2").unwrap();
        let none = without_question(one, "q1").unwrap();
        assert!(none.items.is_empty() && none.lists.is_empty());
        assert!(matches!(without_question(none, "q1"), Err(Error::NotFound(_))));
    }

    #[test]
    fn questions_about_hours_services_and_oneself_bring_their_choices() {
        let services = ["居住证".to_string(), "临时身份证明".to_string()];
        let none: &[String] = &[];
        let mut d = Definition::default();
        for kind in ["service", "when", "first", "sex", "age", "second"] {
            d = with_question(d, &question("", kind, "", ""), &services).unwrap();
        }
        let labels = |d: &Definition, i: usize| -> Vec<String> {
            let list = d.list(d.items[i].kind.list().unwrap()).unwrap();
            list.choices.iter().map(|c| c.label.get("").to_string()).collect()
        };
        assert_eq!(labels(&d, 0), ["居住证", "临时身份证明", "其他", "没有要办的"]);
        assert_eq!((labels(&d, 1).len(), d.items[3].name.as_str(), d.items[4].name.as_str()), (7, "sex", "age"));
        assert_eq!((labels(&d, 5), d.items[5].kind.list() != d.items[2].kind.list()), (labels(&d, 2), true), "a list of its own");
        assert!(form(&d).is_ok());
        assert!(matches!(with_question(d.clone(), &question("", "sex", "", ""), none), Err(Error::Invalid(_))), "once only");
        assert!(matches!(with_question(d.clone(), &question("", "service", "", ""), none), Err(Error::Invalid(_))));
        for bad in ["工作日 18:30", "工作日 20:00-18:00\n周末 09:00-12:00", "都不方便", "每天 8:00-9:00\n周末 09:00-12:00", "晚上\n晚上"] {
            assert!(matches!(with_question(d.clone(), &question("", "when", bad, ""), none), Err(Error::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn a_question_moves_but_not_before_what_it_depends_on() {
        let d = with_question(two(), &question("还有吗？", "text", "", ""), &[]).unwrap();
        let names = |d: &Definition| d.items.iter().map(|i| i.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&moved_up(d.clone(), "q3").unwrap()), ["q1", "q3", "q2"]);
        assert_eq!(names(&moved_up(d.clone(), "q1").unwrap()), ["q1", "q2", "q3"]);
        assert!(matches!(moved_up(d.clone(), "q2"), Err(Error::Refused(_))));
        assert!(matches!(moved_up(d, "q9"), Err(Error::NotFound(_))));
    }
}
