//! Which sections and fields a pack may have: a misspelt one is refused, never passed over.

use crate::{Error, Refusal, Result};
use toml::{Table, Value};

/// Sections of a pack with the fields of their entries. `attrs` of a code are free.
const SECTIONS: &[(&str, &[&str])] = &[
    ("pack", &["id", "title", "version", "issued", "requires", "laws_read", "fills"]),
    ("calendar", &["title", "weekend", "provisional_from"]),
    ("rule", &["key", "station", "value", "unit", "title", "source", "source_kind", "verified", "from", "until", "note"]),
    ("code", &["list", "code", "station", "name", "parent", "order", "source", "source_kind", "verified", "from", "until", "attrs"]),
    ("pending", &["key", "title", "why", "how_to_import", "lists"]),
    ("reference", &["keys", "why"]),
    ("law", &["short", "full", "title", "issuer", "adopted", "in_force", "from", "until", "source_kind", "verified", "articles", "note"]),
    ("year", &["year", "provisional", "source", "source_url", "source_kind", "verified", "note", "makeup", "holiday"]),
    ("year.holiday", &["name", "first", "last"]),
    ("year.makeup", &["date", "for"]),
];

/// Refuses the first section or field of `text` that is not read.
pub(super) fn check(file: &str, text: &str) -> Result<()> {
    let pack: Table = toml::from_str(text).map_err(|e| {
        Error::from(Refusal::new("rule_pack.syntax", format!("规则包 {file} 读不懂：{e}"), "请按提示的行改正后重新导入。"))
    })?;
    for (name, value) in &pack {
        if name.contains('.') || fields(name).is_none() {
            let known: Vec<&str> = SECTIONS.iter().map(|s| s.0).filter(|s| !s.contains('.')).collect();
            return Err(unknown(format!("规则包 {file} 有不认识的部分“{name}”。"), &known));
        }
        entries(file, name, value)?;
    }
    Ok(())
}

fn fields(section: &str) -> Option<&'static [&'static str]> {
    SECTIONS.iter().find(|s| s.0 == section).map(|s| s.1)
}

/// The entries of a section, and the sections within them.
fn entries(file: &str, section: &str, value: &Value) -> Result<()> {
    let Some(known) = fields(section) else { return Ok(()) };
    let list: Vec<&Value> = match value {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    for (i, entry) in list.iter().enumerate() {
        let Value::Table(entry) = entry else {
            return Err(unknown(format!("规则包 {file} 的 {section} 第 {} 项不是一组字段。", i + 1), known));
        };
        let called = ["key", "code"].iter().find_map(|k| entry.get(*k)?.as_str()).map_or(String::new(), |k| format!("（{k}）"));
        for (field, value) in entry {
            if !known.contains(&field.as_str()) {
                return Err(unknown(format!("规则包 {file} 的 {section} 第 {} 项{called}有不认识的字段“{field}”。", i + 1), known));
            }
            entries(file, &format!("{section}.{field}"), value)?;
        }
    }
    Ok(())
}

fn unknown(what: String, known: &[&str]) -> Error {
    Refusal::new("rule_pack.unknown", what, format!("可以写的是：{}。请改正后重新导入；全部没有导入。", known.join("、"))).into()
}
