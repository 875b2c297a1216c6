//! The sheet `choices`.

use super::book::Sheet;
use super::columns::{self, Column};
use crate::fault::{Fault, Faults};
use crate::model::{Choice, List, Text};

pub(super) fn read(sheet: &Sheet, faults: &mut Faults) -> Vec<List> {
    let columns = columns::read(sheet, true, faults);
    for wanted in ["list_name", "name"] {
        if !sheet.rows.is_empty() && !columns.iter().any(|(_, c)| *c == Column::Ours(wanted, String::new())) {
            faults.add(Fault::at("choices", 1, wanted, format!("表头没有“{wanted}”列。"), "请补上这一列。"));
            return vec![];
        }
    }
    let mut lists: Vec<List> = vec![];
    for (&row, cells) in sheet.rows.range(1..) {
        let mut list = String::new();
        let mut choice = Choice { row: row + 1, name: String::new(), label: Text::default(), extra: vec![] };
        for (at, column) in &columns {
            let Some(text) = cells.get(at) else { continue };
            match column {
                Column::Ours("list_name", _) => list = text.clone(),
                Column::Ours("name", _) => choice.name.clone_from(text),
                Column::Ours(_, language) => drop(choice.label.0.insert(language.clone(), text.clone())),
                Column::Kept(heading) | Column::Strange(heading) => choice.extra.push((heading.clone(), text.clone())),
            }
        }
        choice.extra.sort();
        if list.is_empty() {
            // A row with remarks only is no choice.
            if !choice.name.is_empty() || !choice.label.is_empty() {
                faults.add(Fault::at("choices", row + 1, "list_name", "没有写选项表的名称。", "请填写，或清空本行。"));
            }
            continue;
        }
        match lists.iter_mut().find(|l| l.name == list) {
            Some(known) => known.choices.push(choice),
            None => lists.push(List { name: list, choices: vec![choice] }),
        }
    }
    lists
}
