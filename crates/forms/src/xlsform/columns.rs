//! Headings of the sheets: other spellings, languages, doubles.

use super::book::{Sheet, letter};
use crate::fault::{Fault, Faults};
use std::collections::HashMap;

/// What a column of `survey` or `choices` holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    /// One of ours by its plain name, with a language where it can have one ("" for none).
    Ours(&'static str, String),
    /// Kept as it is, under its heading.
    Kept(String),
    /// Of no known meaning.
    Strange(String),
}

/// Headings with the name that counts.
const SURVEY: &[(&str, &str)] = &[
    ("type", "type"),
    ("command", "type"),
    ("name", "name"),
    ("tag", "name"),
    ("value", "name"),
    ("label", "label"),
    ("caption", "label"),
    ("hint", "hint"),
    ("required", "required"),
    ("required_message", "required_message"),
    ("requiredmsg", "required_message"),
    ("jr:requiredmsg", "required_message"),
    ("relevant", "relevant"),
    ("relevance", "relevant"),
    ("constraint", "constraint"),
    ("constraint_message", "constraint_message"),
    ("constraining_message", "constraint_message"),
    ("jr:constraintmsg", "constraint_message"),
    ("calculation", "calculation"),
    ("calculate", "calculation"),
    ("default", "default"),
    ("read_only", "read_only"),
    ("readonly", "read_only"),
    ("choice_filter", "choice_filter"),
    ("repeat_count", "repeat_count"),
    ("count", "repeat_count"),
    ("jr:count", "repeat_count"),
    ("disabled", "disabled"),
];

const CHOICES: &[(&str, &str)] =
    &[("list_name", "list_name"), ("name", "name"), ("value", "name"), ("label", "label"), ("caption", "label")];

const SPOKEN: &[&str] = &["label", "hint", "constraint_message", "required_message"];

/// Columns of XLSForm that mean nothing here and are kept: looks, media, what a telephone's program does.
const KEPT: &[&str] = &[
    "appearance",
    "image",
    "big-image",
    "audio",
    "video",
    "media",
    "guidance_hint",
    "rows",
    "autoplay",
    "parameters",
    "trigger",
    "body",
    "bind",
    "control",
    "instance",
    "noapperrorstring",
    "no_app_error_string",
    "intent",
    "compact_tag",
    "save_to",
];

/// Cuts a heading at `::`, or at `:` where it has no `::`; the `jr:` of a name stays.
fn cut(heading: &str) -> Vec<String> {
    let parts: Vec<&str> =
        if heading.contains("::") { heading.split("::").collect() } else { heading.split(':').collect() };
    let mut joined: Vec<String> = vec![];
    for part in parts {
        match joined.last_mut() {
            Some(last) if last.eq_ignore_ascii_case("jr") => *last = format!("{last}:{}", part.trim()),
            _ => joined.push(part.trim().to_string()),
        }
    }
    joined
}

fn plain(part: &str) -> String {
    part.to_lowercase().split_whitespace().collect::<Vec<_>>().join("_")
}

fn meaning(heading: &str, table: &[(&'static str, &'static str)]) -> Column {
    let mut parts = cut(heading);
    if parts.len() > 1 && matches!(plain(&parts[0]).as_str(), "bind" | "control") {
        let inner = plain(&parts[1]);
        if table.iter().any(|(known, _)| *known == inner) {
            parts.remove(0);
        }
    }
    let first = plain(&parts[0]);
    match table.iter().find(|(known, _)| *known == first) {
        Some((_, name)) if parts.len() == 1 => Column::Ours(name, String::new()),
        Some((_, name)) if SPOKEN.contains(name) => {
            let language = parts[1..].join("::");
            // XLSForm calls the language of no language so.
            Column::Ours(name, if language == "default" { String::new() } else { language })
        }
        _ if KEPT.contains(&first.as_str()) => Column::Kept(heading.to_string()),
        _ => Column::Strange(heading.to_string()),
    }
}

/// The first row as columns. Doubles are faults.
pub(super) fn read(sheet: &Sheet, choices: bool, faults: &mut Faults) -> Vec<(usize, Column)> {
    let table = if choices { CHOICES } else { SURVEY };
    let mut found = vec![];
    let mut seen: HashMap<Column, usize> = HashMap::new();
    for (at, heading) in sheet.rows.get(&0).into_iter().flatten() {
        let column = match meaning(heading, table) {
            // Further columns of choices are what filters look at.
            Column::Strange(name) if choices => Column::Kept(name),
            other => other,
        };
        if let Some(first) = seen.insert(column.clone(), *at) {
            let why = format!("列“{heading}”重复（{} 列和 {} 列）。", letter(first), letter(*at));
            faults.add(Fault::at(&sheet.name, 1, heading, why, "请删去其中一列，或改列名。"));
        }
        found.push((*at, column));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_their_other_spellings() {
        let ours = |name, language: &str| Column::Ours(name, language.into());
        for (heading, want) in [
            ("label", ours("label", "")),
            ("Label::English (en)", ours("label", "English (en)")),
            ("label:english", ours("label", "english")),
            ("label::default", ours("label", "")),
            ("bind:relevant", ours("relevant", "")),
            ("bind::jr:constraintMsg", ours("constraint_message", "")),
            ("bind:jr:constraintMsg", ours("constraint_message", "")),
            ("constraint_message::中文", ours("constraint_message", "中文")),
            ("requiredMsg", ours("required_message", "")),
            ("read only", ours("read_only", "")),
            ("media::audio::chinese", Column::Kept("media::audio::chinese".into())),
            ("bind::oc:group", Column::Kept("bind::oc:group".into())),
            ("tutorial notes", Column::Strange("tutorial notes".into())),
            ("relevant::zh", Column::Strange("relevant::zh".into())),
        ] {
            assert_eq!(meaning(heading, SURVEY), want, "{heading}");
        }
        assert_eq!(meaning("list name", CHOICES), ours("list_name", ""));
    }
}
