//! The sheet `settings`: one row under its headings.

use super::book::Sheet;
use crate::fault::{Fault, Faults};
use crate::form::yes_no;
use crate::model::Settings;

pub(super) fn read(sheet: &Sheet, faults: &mut Faults, remarks: &mut Faults) -> Settings {
    let mut settings = Settings::default();
    let mut seen: Vec<String> = vec![];
    for (at, heading) in sheet.rows.get(&0).into_iter().flatten() {
        let text = sheet.cell(1, *at).to_string();
        let name = heading.to_lowercase().replace(' ', "_");
        let name = match name.as_str() {
            "form_title" | "set_form_title" | "title" => "form_title",
            "form_id" | "set_form_id" | "id_string" => "form_id",
            other => other,
        };
        if seen.iter().any(|s| s == name) {
            faults.add(Fault::at("settings", 1, heading, format!("列“{heading}”重复。"), "请删去其中一列。"));
        }
        seen.push(name.to_string());
        if text.is_empty() {
            continue;
        }
        match name {
            "form_title" => settings.title = text,
            "form_id" => settings.id = text,
            "version" => settings.version = text,
            "default_language" => settings.default_language = text,
            "allow_choice_duplicates" => settings.duplicate_choices = yes_no(&text).unwrap_or(false),
            _ => settings.extra.push((heading.clone(), text)),
        }
    }
    settings.extra.sort();
    if let Some((row, _)) = sheet.rows.range(2..).next() {
        let why = "settings 表只读第 2 行，这一行没有读取。";
        remarks.add(Fault::at("settings", row + 1, "", why, "如有需要，请移到第 2 行。"));
    }
    settings
}
