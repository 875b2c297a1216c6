//! The public workbooks of pyxform's tests (shared data, not shipped): the good ones read, written and read again, and
//! compared with what pyxform made of them; the bad ones refused with row and reason. Skipped where the folder is missing.

use crate::common::{as_xlsx, folder};
use forms::{Fault, Kind, xlsform};
use std::path::PathBuf;

fn files(bad: bool) -> Vec<PathBuf> {
    let Some(folder) = folder() else { return vec![] };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.to_string_lossy().contains("_bad_") == bad);
    files.sort();
    files
}

fn name(path: &std::path::Path) -> String {
    path.file_stem().unwrap().to_string_lossy().replace("pyxform_", "")
}

fn refused(path: &std::path::Path) -> Vec<Fault> {
    xlsform::read(&as_xlsx(path)).expect_err(&name(path))
}

#[test]
fn good_workbooks_are_read_written_and_read_the_same() {
    for path in files(false) {
        let first = xlsform::read(&as_xlsx(&path)).unwrap_or_else(|f| panic!("{}: {f:#?}", name(&path)));
        let written = xlsform::write(first.form.definition()).unwrap();
        let again = xlsform::read(&written).unwrap_or_else(|f| panic!("{} again: {f:#?}", name(&path)));
        assert_eq!(again.form.definition(), &first.form.definition().renumbered(), "{}", name(&path));
    }
}

#[test]
fn bad_workbooks_are_refused_with_row_and_reason() {
    for path in files(true) {
        let faults = refused(&path);
        let has = |sheet: &str, row: usize, why: &str| {
            assert!(
                faults.iter().any(|f| f.sheet == sheet && f.row == row && f.why.contains(why) && !f.next.is_empty()),
                "{}: {faults:#?}",
                name(&path)
            );
        };
        match name(&path).as_str() {
            "bad_badly_named_choices_sheet" => {
                has("Choices", 0, "应为小写的“choices”");
                has("survey", 4, "没有名为“colors”的选项表");
            }
            "bad_blank_second_row" => has("survey", 2, "空行"),
            "bad_duplicate_columns" => has("survey", 1, "列“label”重复（D 列和 E 列）"),
            "bad_xl_date_ambiguous" => {
                has("changelog", 2, "1900 年 3 月 1 日之前");
                has("survey", 5, "不支持路径轴");
            }
            other => panic!("{other}: say what is expected of it"),
        }
    }
}

/// What pyxform 4.5 made of each, written by `benches/peers/forms_pyxform.py`.
const PYXFORM: &str = include_str!("../../../../benches/peers/forms_pyxform.json");

#[test]
fn good_workbooks_have_the_questions_that_pyxform_finds() {
    let peer: serde_json::Value = serde_json::from_str(PYXFORM).unwrap();
    let (mut books, mut questions, mut choices, mut filled) = (0, 0, 0, [0; 6]);
    for path in files(false) {
        let theirs = &peer[path.file_name().unwrap().to_string_lossy().as_ref()];
        assert_eq!(theirs["outcome"], "accepted", "{}", name(&path));
        let form = xlsform::read(&as_xlsx(&path)).unwrap().form;
        // As it was read, and as it is read again from what we wrote.
        let again = xlsform::read(&xlsform::write(form.definition()).unwrap()).unwrap().form;
        for form in [&form, &again] {
            let ours: Vec<serde_json::Value> = form.nodes().iter().map(|n| question(form.definition(), n)).collect();
            for (our, their) in ours.iter().zip(theirs["questions"].as_array().unwrap()) {
                let (our, mut their) = (without_other(our), without_other(their));
                rewritten(&our, &mut their);
                assert_eq!(our, their, "{}", name(&path));
                for (n, column) in (7..).zip(&mut filled) {
                    *column += usize::from(!matches!(our[n].as_str(), Some("")) && our[n] != serde_json::json!({}));
                }
            }
            assert_eq!(ours.len(), theirs["questions"].as_array().unwrap().len(), "{}", name(&path));
            choices += ours.iter().map(|q| q[6].as_array().map_or(0, Vec::len)).sum::<usize>();
        }
        books += 1;
        questions += form.nodes().len();
    }
    if books > 0 {
        assert!(choices > 0);
        let filled = filled.map(|n| n / 2);
        println!("{books} workbooks, {questions} questions and groups, with labels and choices: the same as pyxform {}", peer["pyxform"]);
        println!("among them choice_filter, calculation, hint, default, repeat_count, appearance of {filled:?} questions");
        assert!(filled.iter().all(|n| *n > 0), "{filled:?}");
    }
}

/// What pyxform makes of looks, counts and hints for the telephone's program, and we keep as it stands in the sheet: a table list
/// becomes a field list whose questions show no labels of their own, a count that is no single name becomes a hidden one, a
/// telephone number gets a hint of pyxform's own, and a hint that a language lacks reads `-`.
fn rewritten(our: &serde_json::Value, their: &mut serde_json::Value) {
    let (ours, theirs) = (our[12].as_str().unwrap(), their[12].as_str().unwrap());
    if ours == "table-list" && theirs == "field-list" || ours.is_empty() && theirs == "list-nolabel" {
        their[12] = our[12].clone();
    }
    if our[9] == serde_json::json!({}) && their[9] == serde_json::json!({ "": "Enter numbers only." }) {
        their[9] = our[9].clone();
    }
    if let Some(said) = their[9].as_object_mut() {
        said.retain(|of, text| text != "-" || our[9].get(of).is_some());
    }
    let hidden = format!("${{{}_count}}", our[0].as_str().unwrap().rsplit('/').next().unwrap());
    if our[1] == "repeat" && !our[11].as_str().unwrap().starts_with("${") && their[11] == hidden {
        their[11] = our[11].clone();
    }
}

/// `or_other` adds a choice and a question whose labels no sheet names: pyxform says Other and Specify other, we say 其他
/// and 请说明。
fn without_other(question: &serde_json::Value) -> serde_json::Value {
    let mut q = question.clone();
    if q[0].as_str().is_some_and(|name| name.ends_with("_other") || name.split('/').any(|part| part == "other")) {
        q[5] = serde_json::Value::Null;
    }
    // A label or a default that is a date: the workbook counts days from 1904, which is lost where the test makes .xlsx of .xls.
    let date = |text: &serde_json::Value| text.as_str().is_some_and(|t| t.len() >= 10 && t.as_bytes()[4] == b'-' && t.as_bytes()[0].is_ascii_digit());
    if q[5].as_object().is_some_and(|o| o.values().any(date)) {
        q[5] = serde_json::Value::Null;
    }
    if date(&q[10]) {
        q[10] = serde_json::Value::Null;
    }
    for choice in q[6].as_array_mut().into_iter().flatten().filter(|c| c[0] == "other") {
        choice[1] = serde_json::Value::Null;
    }
    q
}

fn said(text: &forms::Text) -> serde_json::Value {
    text.0.iter().map(|(of, text)| (of.clone(), serde_json::Value::from(text.as_str()))).collect::<serde_json::Map<_, _>>().into()
}

/// As the script writes one.
fn question(definition: &forms::Definition, node: &forms::Node) -> serde_json::Value {
    let item = &node.item;
    let kind = match &item.kind {
        Kind::Group => "group".to_string(),
        Kind::Repeat => "repeat".into(),
        Kind::SelectOne(_) => "select_one".into(),
        Kind::SelectMultiple(_) => "select_multiple".into(),
        Kind::Meta(word) => word.clone(),
        Kind::Media(media) => format!("{media:?}").to_lowercase(),
        other => format!("{other:?}").to_lowercase(),
    };
    let required = match item.required.to_lowercase().as_str() {
        "yes" | "true" => "yes".to_string(),
        "no" | "false" => String::new(),
        _ => item.required.clone(),
    };
    let list = match &item.kind {
        Kind::SelectOne(list) | Kind::SelectMultiple(list) => definition.list(list),
        _ => None,
    };
    let choices: Vec<serde_json::Value> = list.map_or(&[][..], |l| &l.choices).iter().map(|c| serde_json::json!([c.name, said(&c.label)])).collect();
    let appearance = item.extra.iter().find(|(heading, _)| heading.to_lowercase().ends_with("appearance")).map_or("", |x| x.1.as_str());
    serde_json::json!([node.path, kind, required, item.relevant, item.constraint, said(&item.label), choices, item.choice_filter, item.calculation, said(&item.hint), item.default, item.repeat_count, appearance])
}

/// The reader takes no `.xls`, good or bad: it says so, and what to do.
#[test]
fn old_workbooks_are_refused_with_the_way_on() {
    for path in files(false).into_iter().chain(files(true)).filter(|p| p.extension().is_some_and(|e| e == "xls")) {
        let faults = xlsform::read(&std::fs::read(&path).unwrap()).expect_err(&name(&path));
        assert!(faults.len() == 1 && faults[0].why.contains("旧的 .xls") && faults[0].next.contains("另存为 .xlsx"), "{}: {faults:?}", name(&path));
    }
}
