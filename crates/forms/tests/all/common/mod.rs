//! What the tests share: forms in few words, and the shared workbooks, older ones turned into `.xlsx` first (the reader takes
//! no `.xls`).
#![allow(dead_code)]

use calamine::{Data, Reader, Xls, open_workbook};
use rust_xlsxwriter::{Format, Workbook};
use std::path::{Path, PathBuf};

/// The folder of the workbooks; says so when it is not there.
pub fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/forms");
    if !folder.is_dir() {
        eprintln!("skipped: no folder {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The workbook's bytes as `.xlsx`.
pub fn as_xlsx(path: &Path) -> Vec<u8> {
    if path.extension().is_some_and(|e| e == "xlsx") {
        return std::fs::read(path).unwrap();
    }
    let mut old: Xls<_> = open_workbook(path).unwrap();
    let mut new = Workbook::new();
    for (name, range) in old.worksheets() {
        let sheet = new.add_worksheet().set_name(&name).unwrap();
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            let (row, column) = (row as u32 + top, (column as u32 + left) as u16);
            match value {
                Data::Float(n) => drop(sheet.write_number(row, column, *n).unwrap()),
                Data::Int(n) => drop(sheet.write_number(row, column, *n as f64).unwrap()),
                Data::Bool(b) => drop(sheet.write_boolean(row, column, *b).unwrap()),
                Data::DateTime(d) => {
                    let format = Format::new().set_num_format("yyyy-mm-dd");
                    sheet.write_number_with_format(row, column, d.as_f64(), &format).unwrap();
                }
                other => drop(sheet.write_string(row, column, other.to_string()).unwrap()),
            }
        }
    }
    new.save_to_buffer().unwrap()
}

use forms::{Answers, Choice, Definition, Env, Form, Item, Kind, List, Text};

/// An item from a type, a name and `column=value` pairs.
pub fn item(row: usize, kind: Kind, name: &str, columns: &[(&str, &str)]) -> Item {
    let mut item = Item::new(row, name, kind, Text::plain(format!("问 {name}")));
    for (column, value) in columns {
        let value = (*value).to_string();
        match *column {
            "label" => item.label = Text::plain(value),
            "required" => item.required = value,
            "relevant" => item.relevant = value,
            "constraint" => item.constraint = value,
            "constraint_message" => item.constraint_message = Text::plain(value),
            "calculation" => item.calculation = value,
            "default" => item.default = value,
            "read_only" => item.read_only = value,
            "choice_filter" => item.choice_filter = value,
            "repeat_count" => item.repeat_count = value,
            other => panic!("{other}"),
        }
    }
    item
}

/// A list of choices that are labelled by their names; `name/x` gives the column `of` the value x.
pub fn list(name: &str, choices: &[&str]) -> List {
    let choice = |(i, c): (usize, &&str)| {
        let (name, of) = c.split_once('/').unwrap_or((c, ""));
        let extra = if of.is_empty() { vec![] } else { vec![("of".to_string(), of.to_string())] };
        Choice { row: i + 2, name: name.into(), label: Text::plain(format!("“{name}”")), extra }
    };
    List { name: name.into(), choices: choices.iter().enumerate().map(choice).collect() }
}

pub fn definition(items: Vec<Item>, lists: Vec<List>) -> Definition {
    Definition { items, lists, ..Definition::default() }
}

pub fn form(items: Vec<Item>, lists: Vec<List>) -> Form {
    Form::new(definition(items, lists)).unwrap_or_else(|f| panic!("{f:#?}"))
}

pub fn answers(given: &[(&str, &str)]) -> Answers {
    given.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
}

/// Friday, 8 May 2026, half past seven in the evening.
pub fn env() -> Env<'static> {
    Env { now: "2026-05-08T19:30:00".parse().unwrap(), language: "" }
}
