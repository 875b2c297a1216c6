//! A definition as a workbook.

use super::types;
use crate::model::{Definition, Item, Text};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use std::collections::BTreeSet;

/// Writes `survey`, `choices`, `settings`. All cells are text, so no spreadsheet computes or re-formats them.
///
/// # Errors
/// A text longer than a cell can hold.
pub fn write(definition: &Definition) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    survey(book.add_worksheet().set_name("survey")?, definition)?;
    choices(book.add_worksheet().set_name("choices")?, definition)?;
    settings(book.add_worksheet().set_name("settings")?, definition)?;
    book.save_to_buffer()
}

/// A sheet that is filled row by row under its headings.
struct Table<'a> {
    sheet: &'a mut Worksheet,
    headings: Vec<String>,
    row: u32,
}

impl<'a> Table<'a> {
    fn new(sheet: &'a mut Worksheet, headings: Vec<String>) -> Result<Self, XlsxError> {
        for (column, heading) in (0..).zip(&headings) {
            sheet.write_string(0, column, heading)?;
        }
        Ok(Table { sheet, headings, row: 1 })
    }

    fn put(&mut self, heading: &str, text: &str) -> Result<(), XlsxError> {
        if let Some(column) = self.headings.iter().position(|h| h == heading).filter(|_| !text.is_empty()) {
            self.sheet.write_string(self.row, column as u16, text)?;
        }
        Ok(())
    }

    fn spoken(&mut self, heading: &str, text: &Text) -> Result<(), XlsxError> {
        text.0.iter().try_for_each(|(language, t)| self.put(&spoken(heading, language), t))
    }
}

fn spoken(heading: &str, language: &str) -> String {
    if language.is_empty() { heading.to_string() } else { format!("{heading}::{language}") }
}

fn all(items: &[Item]) -> Vec<&Item> {
    items.iter().flat_map(|i| std::iter::once(i).chain(all(&i.children))).collect()
}

fn survey(sheet: &mut Worksheet, definition: &Definition) -> Result<(), XlsxError> {
    let items = all(&definition.items);
    let mut headings = vec!["type".to_string(), "name".to_string()];
    let mut languages = |heading: &str, of: fn(&Item) -> &Text| {
        let found: BTreeSet<&String> = items.iter().flat_map(|i| of(i).0.keys()).collect();
        headings.extend(found.iter().map(|l| spoken(heading, l)));
    };
    languages("label", |i| &i.label);
    languages("hint", |i| &i.hint);
    languages("required_message", |i| &i.required_message);
    languages("constraint_message", |i| &i.constraint_message);
    for heading in
        ["required", "relevant", "constraint", "calculation", "default", "read_only", "choice_filter", "repeat_count"]
    {
        headings.push(heading.into());
    }
    let extra: BTreeSet<&String> = items.iter().flat_map(|i| i.extra.iter().map(|(h, _)| h)).collect();
    headings.extend(extra.into_iter().cloned());
    level(&mut Table::new(sheet, headings)?, &definition.items)
}

fn level(table: &mut Table<'_>, items: &[Item]) -> Result<(), XlsxError> {
    for item in items {
        let kind = types::write(&item.kind);
        for (heading, text) in [
            ("type", &kind),
            ("name", &item.name),
            ("required", &item.required),
            ("relevant", &item.relevant),
            ("constraint", &item.constraint),
            ("calculation", &item.calculation),
            ("default", &item.default),
            ("read_only", &item.read_only),
            ("choice_filter", &item.choice_filter),
            ("repeat_count", &item.repeat_count),
        ] {
            table.put(heading, text)?;
        }
        table.spoken("label", &item.label)?;
        table.spoken("hint", &item.hint)?;
        table.spoken("required_message", &item.required_message)?;
        table.spoken("constraint_message", &item.constraint_message)?;
        item.extra.iter().try_for_each(|(heading, text)| table.put(heading, text))?;
        table.row += 1;
        if item.kind.is_group() {
            level(table, &item.children)?;
            table.put("type", &kind.replace("begin", "end"))?;
            table.row += 1;
        }
    }
    Ok(())
}

fn choices(sheet: &mut Worksheet, definition: &Definition) -> Result<(), XlsxError> {
    let choices = || definition.lists.iter().flat_map(|l| l.choices.iter().map(move |c| (l, c)));
    let languages: BTreeSet<&String> = choices().flat_map(|(_, c)| c.label.0.keys()).collect();
    let extra: BTreeSet<&String> = choices().flat_map(|(_, c)| c.extra.iter().map(|(h, _)| h)).collect();
    let mut headings = vec!["list_name".to_string(), "name".to_string()];
    headings.extend(languages.iter().map(|l| spoken("label", l)));
    headings.extend(extra.into_iter().cloned());
    let mut table = Table::new(sheet, headings)?;
    for (list, choice) in choices() {
        table.put("list_name", &list.name)?;
        table.put("name", &choice.name)?;
        table.spoken("label", &choice.label)?;
        choice.extra.iter().try_for_each(|(heading, text)| table.put(heading, text))?;
        table.row += 1;
    }
    Ok(())
}

fn settings(sheet: &mut Worksheet, definition: &Definition) -> Result<(), XlsxError> {
    let s = &definition.settings;
    let duplicates = if s.duplicate_choices { "yes" } else { "" }.to_string();
    let mut all = vec![
        ("form_title", &s.title),
        ("form_id", &s.id),
        ("version", &s.version),
        ("default_language", &s.default_language),
        ("allow_choice_duplicates", &duplicates),
    ];
    all.extend(s.extra.iter().map(|(h, t)| (h.as_str(), t)));
    let mut table = Table::new(sheet, all.iter().map(|(h, _)| (*h).to_string()).collect())?;
    all.iter().try_for_each(|(heading, text)| table.put(heading, text))
}
