//! Answers against a form: what is asked, typed values, problems field by field; rounds of repeats; tables.

use crate::common::{answers, env, form, item, list};
use forms::{Answers, Env, Filled, Form, Item, Kind, Part, Text, Value, limits, tabulate::tabulate};

/// A household: members in rounds, choices by town, a calculation over the rounds.
fn household() -> Form {
    let member = Item {
        children: vec![
            item(3, Kind::Text, "name", &[("required", "yes")]),
            item(
                4,
                Kind::Integer,
                "age",
                &[
                    ("required", "${name} != ''"),
                    ("constraint", ". >= 0 and . <= 120"),
                    ("constraint_message", "${name} 的年龄应在 0 到 120 之间"),
                ],
            ),
            item(5, Kind::SelectMultiple("needs".into()), "needs", &[("relevant", "${age} >= 60")]),
            item(6, Kind::Note, "nth", &[("label", "第 ${place} 位：${name}")]),
            item(7, Kind::Calculate, "place", &[("calculation", "position(..)")]),
        ],
        ..item(2, Kind::Repeat, "member", &[])
    };
    let items = vec![
        member,
        item(8, Kind::Calculate, "oldest", &[("calculation", "max(${age})")]),
        item(9, Kind::Calculate, "people", &[("calculation", "count(${member})")]),
        item(10, Kind::SelectOne("towns".into()), "town", &[]),
        item(
            11,
            Kind::SelectOne("streets".into()),
            "street",
            &[("choice_filter", "of = ${town}"), ("relevant", "${town} != ''")],
        ),
        item(12, Kind::Acknowledge, "agreed", &[("relevant", "${oldest} >= 80"), ("required", "yes")]),
        item(13, Kind::Text, "wish", &[("default", "没有")]),
        item(14, Kind::Date, "since", &[("constraint", ". <= today()"), ("default", "today()")]),
    ];
    form(
        items,
        vec![list("needs", &["food", "care"]), list("towns", &["a", "b"]), list("streets", &["s1/a", "s2/a", "s3/b"])],
    )
}

fn why<'f>(f: &'f Filled<'_>, key: &str) -> &'f str {
    f.problems().iter().find(|p| p.key == key).map_or("", |p| p.why.as_str())
}

fn part<'p>(parts: &'p [Part], key: &str) -> Option<&'p Part> {
    parts.iter().find(|p| p.key == key && p.round.is_none())
}

#[test]
fn an_empty_sheet_shows_the_first_round_and_what_is_required() {
    let form = household();
    let f = form.fill(&Answers::new(), &env());
    let keys: Vec<String> = f.parts().iter().map(|p| p.key.clone()).collect();
    assert_eq!(
        keys,
        ["member", "member[1]", "member[1]/name", "member[1]/age", "member[1]/nth", "town", "wish", "since"]
    );
    assert_eq!(f.problems().len(), 1);
    assert_eq!((f.problems()[0].key.as_str(), f.problems()[0].label.as_str()), ("member[1]/name", "问 name"));
    assert_eq!(
        (f.value("wish").unwrap().text(), f.value("since").unwrap().text()),
        ("没有".into(), "2026-05-08".into())
    );
}

#[test]
fn rounds_relevance_and_problems() {
    let form = household();
    let given = answers(&[
        ("member", "3"),
        ("member[1]/name", "张三"),
        ("member[1]/age", "81"),
        ("member[1]/needs", "care food"),
        ("member[2]/name", "李四"),
        ("member[2]/age", "130"),
        ("member[2]/needs", "food"),
        ("member[3]/age", "三岁"),
        ("member[3]/needs", "food"),
        ("town", "a"),
        ("street", "s3"),
        ("wish", ""),
        ("since", "2026-05-09"),
        ("csrf", "x"),
    ]);
    let f = form.fill(&given, &env());
    assert_eq!(why(&f, "member[2]/age"), "李四 的年龄应在 0 到 120 之间");
    assert_eq!(why(&f, "member[3]/name"), "这一题必须回答。");
    assert!(why(&f, "member[3]/age").contains("整数"));
    assert!(why(&f, "street").contains("重新选择"));
    assert!(why(&f, "agreed").contains("必须"));
    assert!(why(&f, "since").contains("不符合"));
    assert_eq!(f.problems().len(), 6, "{:#?}", f.problems());
    let parts = f.parts();
    assert_eq!(part(&parts, "member[3]/age").unwrap().text, "三岁", "what was typed stays");
    assert!(part(&parts, "member[3]/needs").is_none() && part(&parts, "member[1]/needs").is_some());
    assert_eq!(part(&parts, "member[2]/nth").unwrap().label, "第 2 位：李四");
    let streets: Vec<_> = part(&parts, "street").unwrap().offers.iter().map(|o| o.name.clone()).collect();
    assert_eq!(streets, ["s1", "s2"]);
    let needs = &part(&parts, "member[1]/needs").unwrap().offers;
    assert!(needs.iter().all(|o| o.chosen) && needs[0].label == "“food”");
    assert_eq!((f.value("oldest"), f.value("people")), (Some(&Value::Number(130.0)), Some(&Value::Number(3.0))));
}

#[test]
fn kept_answers_fill_the_same_again() {
    let form = household();
    let given = answers(&[
        ("member[1]/name", " 张三 "),
        ("member[1]/age", "８１"),
        ("member[1]/needs", "care food"),
        ("member[2]/name", "李四"),
        ("member[2]/age", "20"),
        ("member[2]/needs", "food"),
        ("town", "b"),
        ("street", "s3"),
        ("agreed", "OK"),
        ("wish", ""),
    ]);
    let f = form.fill(&given, &env());
    assert!(f.problems().is_empty(), "{:#?}", f.problems());
    let kept = f.answers();
    assert_eq!(kept["member[1]/needs"], "food care");
    assert!(!kept.contains_key("member[2]/needs"), "what was not asked is not kept");
    assert_eq!((kept["wish"].as_str(), kept["member"].as_str()), ("", "2"));
    let again = form.fill(&kept, &env());
    assert_eq!(again.answers(), kept);
    assert_eq!(again.values(), f.values());
}

#[test]
fn counted_rounds_fixed_fields_and_groups_that_are_not_asked() {
    let rounds = Item {
        children: vec![item(4, Kind::Integer, "x", &[])],
        ..item(3, Kind::Repeat, "r", &[("repeat_count", "${n}")])
    };
    let form = form(
        vec![
            item(2, Kind::Integer, "n", &[]),
            rounds,
            item(5, Kind::Integer, "fixed", &[("default", "4"), ("read_only", "yes"), ("required", "yes")]),
            item(6, Kind::Integer, "sum", &[("calculation", "sum(${x}) + ${fixed}")]),
            Item {
                children: vec![item(8, Kind::Text, "inside", &[("required", "yes")])],
                ..item(7, Kind::Group, "g", &[("relevant", "${sum} > 100")])
            },
        ],
        vec![],
    );
    let f = form.fill(
        &answers(&[("n", "2"), ("r[1]/x", "5"), ("r[2]/x", "6"), ("r[3]/x", "7"), ("fixed", "99"), ("inside", "?")]),
        &env(),
    );
    assert_eq!(f.value("sum"), Some(&Value::Number(15.0)));
    assert!(f.problems().is_empty() && f.value("inside").is_none());
    assert!(part(&f.parts(), "sum").unwrap().read_only && part(&f.parts(), "fixed").unwrap().read_only);
    for n in ["-3", "", "x"] {
        let f = form.fill(&answers(&[("n", n)]), &env());
        assert!(!f.parts().iter().any(|p| p.key == "r[1]/x"), "{n}");
    }
    let f = form.fill(&answers(&[("n", "1000000")]), &env());
    assert!(why(&f, "r").contains("最多填 50 份") && f.parts().iter().any(|p| p.key == "r[50]/x"));
}

#[test]
fn languages_fall_back() {
    let mut q = item(2, Kind::SelectOne("l".into()), "q", &[]);
    q.label = Text([("".to_string(), "问题".to_string()), ("mn".to_string(), "Асуулт".to_string())].into());
    let form = form(vec![q], vec![list("l", &["a"])]);
    let in_language = |language: &str| form.fill(&Answers::new(), &Env { language, ..env() }).parts()[0].label.clone();
    assert_eq!([in_language("mn"), in_language("en"), in_language("")], ["Асуулт", "问题", "问题"]);
}

#[test]
fn work_is_bounded() {
    // Rounds within rounds within rounds: 50 × 50 × 50 fields are not computed.
    let inner = Item {
        children: vec![item(5, Kind::Integer, "x", &[])],
        ..item(4, Kind::Repeat, "c", &[("repeat_count", "50")])
    };
    let middle = Item { children: vec![inner], ..item(3, Kind::Repeat, "b", &[("repeat_count", "50")]) };
    let outer = Item { children: vec![middle], ..item(2, Kind::Repeat, "a", &[("repeat_count", "50")]) };
    let deep = form(vec![outer], vec![]);
    let f = deep.fill(&Answers::new(), &env());
    assert!(f.problems()[0].why.contains("太复杂") && f.values().len() <= limits::FIELDS);
    // A text that doubles and doubles is cut.
    let doubles = (0..40).map(|i| {
        let half = if i == 0 { "'0123456789'".to_string() } else { format!("${{d{}}}", i - 1) };
        item(i + 2, Kind::Calculate, &format!("d{i}"), &[("calculation", &format!("concat({half}, {half})"))])
    });
    let form = form(doubles.collect(), vec![]);
    assert_eq!(form.fill(&Answers::new(), &env()).value("d39").unwrap().text().len(), limits::ANSWER_CHARS);
}

#[test]
fn tables_say_how_many_were_asked_and_answered() {
    let form = household();
    let mut table = tabulate(&form, "");
    let sets = [
        (vec![("member[1]/name", "a"), ("member[1]/age", "70"), ("member[1]/needs", "food care"), ("town", "a")], 1.0),
        (
            vec![
                ("member[1]/name", "b"),
                ("member[1]/age", "20"),
                ("member[2]/name", "c"),
                ("member[2]/age", "61"),
                ("town", "a"),
            ],
            0.5,
        ),
        (vec![("member[1]/name", "d"), ("member[1]/age", "30"), ("town", "b")], 2.0),
        (vec![("member[1]/name", "e")], f64::NAN),
    ];
    for (given, weight) in &sets {
        table.add(&form.fill(&answers(given), &env()), *weight);
    }
    assert_eq!(table.sets(), 4);
    let all = table.finish();
    let of = |path: &str| all.iter().find(|t| t.path == path).unwrap();
    let town = of("town");
    assert_eq!((town.asked, town.answered, town.weight), (4, 3, 3.5));
    assert_eq!(town.counts.iter().map(|c| (c.chosen, c.weighted)).collect::<Vec<_>>(), [(2, 1.5), (1, 2.0)]);
    assert_eq!(town.share(&town.counts[0]), Some(2.0 / 3.0));
    assert_eq!(town.weighted_share(&town.counts[1]), Some(2.0 / 3.5));
    let needs = of("member/needs");
    assert_eq!((needs.asked, needs.answered, needs.counts[0].chosen, needs.counts[1].chosen), (2, 1, 1, 1));
    let age = of("member/age").spread.unwrap();
    assert_eq!(
        (age.least, age.lower_quartile, age.median, age.upper_quartile, age.most, age.mean),
        (20.0, 27.5, 45.5, 63.25, 70.0, 45.25)
    );
    assert_eq!((of("street").asked, of("street").answered, of("agreed").asked), (3, 0, 0));
    assert!(!all.iter().any(|t| t.path == "oldest") && of("street").share(&of("street").counts[0]).is_none());
}
