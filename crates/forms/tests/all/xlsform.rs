//! Workbooks made here: broken ones refused with their place, bounds, and that what is written is read the same.

use crate::common::{definition, item, list};
use forms::{Choice, Definition, Fault, Item, Kind, List, Settings, Text, limits, xlsform};
use proptest::prelude::*;
use rust_xlsxwriter::{Formula, Workbook};
use std::io::Write as _;

type Rows<'a> = &'a [&'a [&'a str]];

fn book(sheets: &[(&str, Rows<'_>)]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (r, row) in rows.iter().enumerate() {
            for (c, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                sheet.write_string(r as u32, c as u16, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

const YES_NO: Rows<'static> = &[&["list_name", "name", "label"], &["yn", "yes", "是"], &["yn", "no", "否"]];

fn faults(survey: Rows<'_>) -> Vec<Fault> {
    xlsform::read(&book(&[("survey", survey), ("choices", YES_NO)])).map_or_else(|f| f, |_| vec![])
}

fn refused(survey: Rows<'_>, row: usize, column: &str, why: &str) {
    let f = faults(survey);
    let said = f.iter().any(|f| {
        f.sheet == "survey" && f.row == row && f.column == column && f.why.contains(why) && !f.next.is_empty()
    });
    assert!(said && f.len() == 1, "{why}: {f:#?}");
}

#[test]
fn broken_outlines() {
    let head: &[&str] = &["type", "name", "label"];
    refused(&[head, &["begin group", "g", "G"], &["text", "a", "A"]], 2, "type", "没有对应的 end_group");
    refused(&[head, &["text", "a", "A"], &["end group"]], 3, "type", "前面没有对应的 begin_group");
    refused(&[head, &["begin group", "g", "G"], &["text", "a", "A"], &["end repeat"]], 4, "type", "不成对");
    refused(&[head, &["text", "a", "A"], &["txt", "b", "B"]], 3, "type", "不认识的题型“txt”");
    refused(&[head, &["text", "a", "A"], &["", "b", "B"]], 3, "type", "没有写题型");
    refused(&[head, &["rank yn", "a", "A"]], 2, "type", "排序");
    refused(&[head, &["select_one", "a", "A"]], 2, "type", "没有写明选项表");
    refused(&[head, &[], &[], &["text", "a", "A"]], 2, "", "第 2 到 3 行是空行");
    refused(&[&["type", "label"], &["text", "A"]], 1, "name", "没有“name”列");
    refused(&[&["name", "label"], &["a", "A"]], 1, "type", "没有“type”列");
    refused(&[head, &["text", "a", "A"], &["select_one colours", "b", "B"]], 3, "type", "没有名为“colours”的选项表。");
    refused(
        &[head, &["begin loop over colours", "b", "B"], &["text", "a", "%(label)s"], &["end loop"]],
        2,
        "type",
        "“colours”不存在",
    );
    refused(
        &[&["type", "name", "label", "relevant"], &["text", "a", "A"], &["text", "b", "B", "${c} = 1"]],
        3,
        "relevant",
        "没有名为“c”的题目",
    );
    let no_survey = xlsform::read(&book(&[("choices", YES_NO)])).unwrap_err();
    assert!(no_survey[0].why.contains("没有名为“survey”的工作表"));
    let choices: Rows<'_> =
        &[&["list_name", "name", "label"], &["yn", "yes", "是"], &["yn", "a b", "否"], &["", "no", "否"]];
    let f =
        xlsform::read(&book(&[("survey", &[head, &["select_one yn", "a", "A"]]), ("choices", choices)])).unwrap_err();
    assert_eq!(f.iter().map(|f| (f.row, f.column.as_str())).collect::<Vec<_>>(), [(3, "name"), (4, "list_name")]);
}

#[test]
fn what_was_passed_over_is_said() {
    let head: &[&str] = &["type", "name", "label", "relevent", "notes", "disabled"];
    let survey: Rows<'_> =
        &[head, &["text", "a", "A", "", "x"], &["text", "b", "B", "", "", "yes"], &["", "", "", "", "only a remark"]];
    let read = xlsform::read(&book(&[
        ("survey", survey),
        ("settings", &[&["form_title"], &["题目"], &["又一行"]]),
        ("log", &[&["x"]]),
    ]))
    .unwrap();
    assert_eq!((read.form.nodes().len(), read.form.definition().settings.title.as_str()), (1, "题目"));
    let said: Vec<String> = read.remarks.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|s| s.contains("relevent") && s.contains("是否想写“relevant”")), "{said:?}");
    assert!(
        said.iter().any(|s| s.contains("“notes”列"))
            && said.iter().any(|s| s.contains("log 表"))
            && said.iter().any(|s| s.contains("settings 表第 3 行"))
    );
}

#[test]
fn cells_that_are_no_text() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("survey").unwrap();
    for (c, heading) in ["type", "name", "label", "required", "default"].iter().enumerate() {
        sheet.write_string(0, c as u16, *heading).unwrap();
    }
    sheet.write_string(1, 0, "integer").unwrap();
    sheet.write_string(1, 1, "n").unwrap();
    sheet.write_number(1, 2, 2026).unwrap();
    sheet.write_boolean(1, 3, true).unwrap();
    sheet.write_number(1, 4, 3.0).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let read = xlsform::read(&bytes).unwrap();
    let item = &read.form.nodes()[0].item;
    assert_eq!((item.label.get(""), item.required.as_str(), item.default.as_str()), ("2026", "TRUE", "3"));
    let sheet = book.worksheet_from_index(0).unwrap();
    sheet.write_formula(2, 2, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    let f = xlsform::read(&book.save_to_buffer().unwrap());
    assert!(f.is_ok() || f.unwrap_err().iter().any(|f| f.row == 3 && f.column == "C"));
}

/// An archive with one part.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, bytes) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn why(bytes: &[u8]) -> String {
    xlsform::read(bytes).unwrap_err()[0].to_string()
}

#[test]
fn sizes_are_bounded() {
    assert!(why(&vec![0; limits::FILE_BYTES + 1]).contains("超过 4 MB"));
    assert!(why(b"not a workbook").contains("不是 .xlsx"));
    assert!(why(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1]).contains("另存为 .xlsx"));
    let many: Vec<(String, &[u8])> = (0..=limits::ARCHIVE_PARTS).map(|i| (format!("p{i}"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    assert!(why(&archive(&many)).contains("部件超过 500"));
    // One cell in the last corner of a sheet, a long cell, many columns.
    let one = |row: u32, column: u16, text: &str| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("survey").unwrap();
        sheet.write_string(0, 0, "type").unwrap();
        sheet.write_string(row, column, text).unwrap();
        why(&book.save_to_buffer().unwrap())
    };
    assert!(one(1_048_575, 16_383, "x").contains("第 1048576 行“XFD”列：一张表超过 5000 行"));
    assert!(one(1, 16_383, "x").contains("超过 300 列"));
    assert!(one(1, 1, &"长".repeat(limits::CELL_CHARS + 1)).contains("一格超过 10000 个字符"));
    let sheets: Vec<(String, Rows<'_>)> = (0..=limits::SHEETS).map(|i| (format!("s{i}"), &[][..])).collect();
    let sheets: Vec<(&str, Rows<'_>)> = sheets.iter().map(|(n, r)| (n.as_str(), *r)).collect();
    assert!(why(&book(&sheets)).contains("工作表超过 40 张"));
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 =+'\"<>&,，。中文你好-]{0,12}".prop_map(|t| t.trim().to_string())
}

prop_compose! {
    fn text()(plain in words(), mn in words()) -> Text {
        let said = [(String::new(), plain), ("mn".to_string(), mn)];
        Text(said.into_iter().filter(|(_, t)| !t.is_empty()).collect())
    }
}

prop_compose! {
    fn question()(kind in 0..12_usize, label in text(), hint in text(), message in text(), required in any::<bool>(), look in words(), other in 0..3_usize) -> Item {
        let kinds = [
            Kind::Text, Kind::Integer, Kind::Decimal, Kind::Date, Kind::Time, Kind::DateTime, Kind::Note, Kind::Acknowledge,
            Kind::Geopoint, Kind::SelectOne("l".into()), Kind::SelectMultiple("l".into()), Kind::Meta("start".into()),
        ];
        let mut q = Item::new(0, "", kinds[kind].clone(), label);
        if q.label.is_empty() {
            q.label = Text::plain("?");
        }
        (q.hint, q.constraint_message) = (hint, message);
        q.required = if required { "yes".into() } else { String::new() };
        q.relevant = ["", "1 < 2", "today() > date('2020-01-01')"][other].into();
        q.extra = if look.is_empty() { vec![] } else { vec![("appearance".into(), look)] };
        q
    }
}

/// A form of any shape with names of its own.
fn any_definition() -> impl Strategy<Value = Definition> {
    let items = prop::collection::vec((question(), 0..4_u8), 1..14);
    (items, prop::collection::vec((text(), words()), 1..5), words()).prop_map(|(items, choices, title)| {
        let mut top: Vec<Item> = vec![];
        for (i, (mut q, shape)) in items.into_iter().enumerate() {
            q.name = format!("q{i}");
            let group = top.last_mut().filter(|g| g.kind.is_group());
            match (shape, group) {
                (0, Some(group)) => group.children.push(q),
                (1, _) => {
                    let kind = if i % 2 == 0 { Kind::Group } else { Kind::Repeat };
                    top.push(Item {
                        name: format!("g{i}"),
                        children: vec![q],
                        ..Item::new(0, "", kind, Text::default())
                    });
                }
                _ => top.push(q),
            }
        }
        let choice = |(i, (label, of)): (usize, (Text, String))| Choice {
            row: 0,
            name: format!("c{i}"),
            label,
            extra: if of.is_empty() { vec![] } else { vec![("of".into(), of)] },
        };
        let list = List { name: "l".into(), choices: choices.into_iter().enumerate().map(choice).collect() };
        Definition { settings: Settings { title, ..Settings::default() }, items: top, lists: vec![list] }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_written_is_read_the_same(definition in any_definition()) {
        let bytes = xlsform::write(&definition).unwrap();
        let read = xlsform::read(&bytes).map_err(|f| TestCaseError::fail(format!("{f:#?}")))?;
        prop_assert_eq!(read.form.definition(), &definition.renumbered());
        let json = serde_json::to_string(&definition).unwrap();
        prop_assert_eq!(serde_json::from_str::<Definition>(&json).unwrap(), definition);
    }
}

#[test]
fn or_other_and_loops_are_spelled_out() {
    let survey: Rows<'_> = &[
        &["type", "name", "label"],
        &["select_multiple yn or_other", "which", "Which?"],
        &["begin loop over yn", "each", ""],
        &["integer", "n", "How many %(label)s (%(name)s)?"],
        &["end loop"],
    ];
    let read = xlsform::read(&book(&[("survey", survey), ("choices", YES_NO)])).unwrap();
    let paths: Vec<&str> = read.form.nodes().iter().map(|n| n.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "which",
            "which_other",
            "each",
            "each/yes",
            "each/yes/n",
            "each/no",
            "each/no/n",
            "each/other",
            "each/other/n"
        ]
    );
    assert_eq!(read.form.nodes()[4].item.label.get(""), "How many 是 (yes)?");
    let form = crate::common::form(vec![item(2, Kind::Text, "x", &[])], vec![list("l", &["a"])]);
    assert_eq!(form.definition(), &definition(vec![item(2, Kind::Text, "x", &[])], vec![list("l", &["a"])]));
}
