//! One record of a register of people (人员登记表) by the mapping; pure. What a person must be is the register's own
//! rule ([`people::actions::judge_row`]).

use crate::judge::{Verdict, shape};
use crate::mapping::Mapping;
use crate::value;
use people::model::RegisterRow;

/// Characters of a cell at most, where the mapping says nothing.
const MOST: usize = 200;

/// Reads one record into the words of the register.
pub fn person(m: &Mapping, header: &[String], record: &[String]) -> Verdict<RegisterRow> {
    if let Some(early) = shape(m, header, record) {
        return early;
    }
    let mut refused = vec![];
    let mut cell = |field: &str| -> String {
        let Some(c) = m.columns.get(field) else { return String::new() };
        let Some(i) = header.iter().position(|h| *h == c.from || c.aliases.contains(h)) else { return String::new() };
        let mut text = value::clean(&record[i]);
        if c.width.as_deref() == Some("half") {
            text = value::half(&text);
        }
        if let Some(short) = c.strip_suffix.iter().find_map(|s| text.strip_suffix(s.as_str())) {
            text = short.trim_end().to_string();
        }
        if text.chars().count() > c.max_chars.unwrap_or(MOST) && !refused.contains(&"cell.too_long") {
            refused.push("cell.too_long");
        }
        c.map.get(&text).cloned().unwrap_or(text)
    };
    let [complex, building, unit, door] = ["complex", "building", "unit", "door"].map(&mut cell);
    let part = |text: &str, after: &str| if text.is_empty() { String::new() } else { format!("{text}{after}") };
    let mut address = cell("address");
    if address.is_empty() {
        address = format!("{complex}{}{}{door}", part(&building, "号楼"), part(&unit, "单元"));
    }
    let row = RegisterRow {
        name: cell("name"),
        sex: cell("sex"),
        ethnicity: cell("ethnicity"),
        birth: cell("birth"),
        id_kind: cell("id_kind"),
        id_number: cell("id_number").to_uppercase(),
        phone: cell("phone"),
        kind: cell("person_kind"),
        domicile: cell("domicile"),
        address,
        relation: cell("relation"),
        from: cell("arrived_on"),
    };
    if row.name.is_empty() {
        refused.push("name.missing");
    }
    if row.address.is_empty() {
        refused.push("place.missing");
    }
    // `1.50702E+17`: a spreadsheet made a number of it and the last digits are gone.
    if row.id_number.contains("E+") {
        refused.push("number.lost_digits");
    }
    if refused.is_empty() { Verdict::Accepted(Box::new(row)) } else { Verdict::Refused(refused) }
}

/// Everything the row says, to tell a changed row from the same one.
pub fn words(row: &RegisterRow) -> String {
    [
        &row.name, &row.sex, &row.ethnicity, &row.birth, &row.id_kind, &row.id_number, &row.phone, &row.kind, &row.domicile,
        &row.address, &row.relation, &row.from,
    ]
    .map(String::as_str)
    .join("\n")
}
