//! No bytes and no expression panics: a fixed corpus mangled, and junk. The targets are plain functions over bytes.

use crate::common::{env, item, list};
use forms::{Answers, Definition, Form, Kind, expr, xlsform};
use proptest::prelude::*;
use std::sync::OnceLock;

/// Reads anything as a workbook; what is accepted is filled, tabulated and written.
fn workbook(bytes: &[u8]) {
    if let Ok(read) = xlsform::read(bytes) {
        let filled = read.form.fill(&Answers::new(), &env());
        let _ = (filled.parts(), filled.answers());
        let _ = xlsform::write(read.form.definition());
    }
}

/// Reads anything as every expression of a small form, and answers it.
fn expression(text: &str) {
    let _ = expr::parse(text);
    let columns: &[(&str, &str)] = &[("relevant", text), ("constraint", text), ("required", text), ("default", text)];
    for (column, text) in columns {
        let items = [
            item(2, Kind::Integer, "n", &[]),
            item(3, Kind::SelectMultiple("l".into()), "s", &[]),
            item(4, Kind::Date, "d", &[]),
            item(5, Kind::Text, "x", &[(column, text)]),
            item(6, Kind::Calculate, "c", &[("calculation", text)]),
            item(7, Kind::SelectOne("l".into()), "f", &[("choice_filter", text)]),
        ];
        let lists = vec![list("l", &["a/x", "b/y"])];
        // Each alone, as one that is refused hides the others.
        for keep in 3..6 {
            let kept = items.iter().enumerate().filter(|(i, _)| *i < 3 || *i == keep).map(|(_, i)| i.clone()).collect();
            let definition = Definition { items: kept, lists: lists.clone(), ..Definition::default() };
            if let Ok(form) = Form::new(definition) {
                let given = [("n", "7"), ("s", "a b"), ("d", "2026-05-08"), ("x", "海拉尔"), ("f", "a")];
                let _ = form.fill(&crate::common::answers(&given), &env()).parts();
            }
        }
    }
}

/// A workbook's parts, unpacked, so that a changed byte is not only a broken archive.
fn parts() -> &'static Vec<(String, Vec<u8>)> {
    static PARTS: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    PARTS.get_or_init(|| {
        let items = vec![item(2, Kind::SelectOne("l".into()), "q", &[("relevant", "today() > date('2020-01-01')")])];
        let bytes =
            xlsform::write(&Definition { items, lists: vec![list("l", &["a/x", "b"])], ..Definition::default() })
                .unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        (0..archive.len())
            .map(|i| {
                let mut part = archive.by_index(i).unwrap();
                let mut text = vec![];
                std::io::copy(&mut part, &mut text).unwrap();
                (part.name().unwrap().into_owned(), text)
            })
            .collect()
    })
}

fn pack(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn corpus() {
    let huge = "9".repeat(30);
    for (from, to) in [
        ("r=\"A2\"", format!("r=\"A{huge}\"")),
        ("r=\"A2\"", format!("r=\"{}2\"", "Z".repeat(30))),
        ("r=\"A2\"", "r=\"A0\"".into()),
        ("ref=\"A1", format!("ref=\"A{huge}")),
        ("uniqueCount=\"", format!("uniqueCount=\"{huge}")),
        ("<v>", format!("<v>{huge}")),
        ("<v>", "<v>-1".into()),
        ("t=\"s\"", "t=\"d\"".into()),
    ] {
        let changed: Vec<(String, Vec<u8>)> = parts()
            .iter()
            .map(|(n, b)| (n.clone(), String::from_utf8_lossy(b).replace(from, &to).into_bytes()))
            .collect();
        workbook(&pack(&changed));
    }
    for text in [
        "substr('a', -1e9)",
        "substr('海', 9999999999999999999999)",
        "date(99999999999999999999)",
        "-- -1",
        "position(..)",
        "regex(., '[')",
        "selected-at(., -1)",
        "round(1, 99999999999)",
        "((((",
        "if(,,)",
        "jr:choice-name(., '${}')",
        "format-date(now(), '%')",
        "translate('海', '海', '')",
        "${n} mod 0",
        "pow(-1, 0.5)",
        "\u{0}",
        "'\u{1F468}\u{200D}'",
    ] {
        expression(text);
    }
}

/// Tokens in any order come nearer to the evaluator than letters do.
fn tokens() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "${n}",
        "${s}",
        "${d}",
        "${x}",
        ".",
        "..",
        "'a'",
        "'2026-05-08'",
        "''",
        "1",
        "-1",
        "0.5",
        "99999999999999999999",
        "of",
        "name",
        "(",
        ")",
        ",",
        " and ",
        " or ",
        " div ",
        " mod ",
        "=",
        "!=",
        "<",
        ">=",
        "+",
        "-",
        "*",
        "selected(",
        "if(",
        "coalesce(",
        "today()",
        "now()",
        "date(",
        "format-date(",
        "substr(",
        "regex(",
        "count(",
        "sum(",
        "min(",
        "max(",
        "round(",
        "pow(",
        "join(",
        "concat(",
        "translate(",
        "count-selected(",
        "selected-at(",
        "jr:choice-name(",
        "position(",
        "number(",
        "string-length(",
        "not(",
        "int(",
        "decimal-time(",
    ]);
    prop::collection::vec(token, 0..12).prop_map(|t| t.concat())
}

/// Calls with the right number of arguments, some levels deep.
fn calls() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "${n}",
        "${s}",
        "${d}",
        "'a'",
        "'2026-05-08'",
        "''",
        "3",
        "-1",
        "0.5",
        "1000000000000",
        "today()",
        "now()",
    ]);
    leaf.prop_map(str::to_string).prop_recursive(5, 40, 3, |inner| {
        let one = prop::sample::select(vec![
            "not",
            "number",
            "int",
            "string",
            "abs",
            "sqrt",
            "floor",
            "ceiling",
            "round",
            "boolean",
            "date",
            "date-time",
            "decimal-date-time",
            "count-selected",
            "string-length",
            "normalize-space",
            "min",
            "coalesce",
        ]);
        let two = prop::sample::select(vec![
            "pow",
            "round",
            "selected",
            "selected-at",
            "substr",
            "contains",
            "starts-with",
            "substring-before",
            "format-date",
            "join",
            "concat",
            "max",
        ]);
        let op = prop::sample::select(vec!["+", "-", "*", " div ", " mod ", "=", "!=", "<", ">=", " and ", " or "]);
        prop_oneof![
            (one, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            (two, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
            (inner.clone(), op, inner.clone()).prop_map(|(a, o, b)| format!("({a}{o}{b})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("if({a}, {b}, {c})")),
        ]
    })
}

proptest! {
    #[test]
    fn junk_is_no_workbook(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        workbook(&bytes);
    }

    #[test]
    fn any_text_as_an_expression_gives_an_answer(text in any::<String>()) {
        expression(&text);
    }

    #[test]
    fn any_tokens_give_an_answer(text in tokens()) {
        expression(&text);
    }

    #[test]
    fn any_calls_give_an_answer(text in calls()) {
        expression(&text);
    }

    #[test]
    fn any_answers_give_an_answer(keys in prop::collection::vec(("[a-z\\[\\]0-9/]{0,8}", any::<String>()), 0..12), rounds in any::<i64>()) {
        let member = forms::Item { children: vec![item(3, Kind::Integer, "a", &[]), item(4, Kind::Date, "b", &[])], ..item(2, Kind::Repeat, "m", &[]) };
        let form = crate::common::form(vec![member, item(5, Kind::Text, "t", &[("constraint", "string-length(.) < 5")])], vec![]);
        let mut given: Answers = keys.into_iter().collect();
        given.insert("m".into(), rounds.to_string());
        let filled = form.fill(&given, &env());
        let kept = filled.answers();
        prop_assert_eq!(form.fill(&kept, &env()).answers(), kept);
    }
}

proptest! {
    // Each case packs and unpacks an archive.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_mangled_workbook_gives_an_answer(part in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..6)) {
        let mut changed = parts().clone();
        let part = part.index(changed.len());
        let at = at.index(changed[part].1.len().max(1)).min(changed[part].1.len());
        let end = (at + bytes.len()).min(changed[part].1.len());
        changed[part].1.splice(at..end, bytes);
        workbook(&pack(&changed));
    }
}
