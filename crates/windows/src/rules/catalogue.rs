//! 业务和证明目录: what can be asked for here and with which papers, and what a station no longer certifies and where to go
//! instead. Both are lists of the rule pack with their sources.

use kernel::Date;
use kernel::rules::{Code, RuleSet};

/// List of what can be done at a window.
pub const SERVICES: &str = "window.service";
/// List of what a station no longer certifies.
pub const REFUSED: &str = "certificate.refused";

/// A kind of service as the catalogue has it.
#[derive(Clone, Debug)]
pub struct Kind {
    pub code: String,
    pub name: String,
    /// `permit`, `certificate`, `id_card` or `register`.
    pub group: String,
    pub who: String,
    pub papers: Vec<String>,
    /// Who may come for somebody else, and with what.
    pub proxy: String,
    /// Whose task it is.
    pub place: String,
    pub fee: String,
    pub due_rule: String,
    /// `certificate`, `criminal_record`, `permit`, `endorse` or `done`.
    pub result: String,
    /// The purpose has to be written on it.
    pub purpose: bool,
    /// Until when it is valid has to be written on it.
    pub validity: bool,
    /// Needs a device that stands at the window (fingerprints), so never at the door.
    pub device: bool,
    pub source: String,
    pub verified: bool,
}

/// What is no longer certified.
#[derive(Clone, Debug)]
pub struct Refused {
    pub code: String,
    pub name: String,
    pub group: String,
    pub why: String,
    pub instead: String,
    pub source: String,
    pub verified: bool,
}

fn text(c: &Code, name: &str) -> String {
    c.attr_text(name).unwrap_or_default().to_string()
}

fn flag(c: &Code, name: &str) -> bool {
    c.attrs.get(name).and_then(|v| v.as_bool()).unwrap_or(false)
}

fn kind(c: &Code) -> Kind {
    let papers = c.attrs.get("papers").and_then(|v| v.as_array()).map_or(vec![], |all| all.iter().filter_map(|p| p.as_str().map(str::to_string)).collect());
    Kind {
        code: c.code.clone(),
        name: c.name.clone(),
        group: text(c, "group"),
        who: text(c, "who"),
        papers,
        proxy: text(c, "proxy"),
        place: text(c, "where"),
        fee: text(c, "fee"),
        due_rule: text(c, "due_rule"),
        result: text(c, "result"),
        purpose: flag(c, "purpose"),
        validity: flag(c, "validity"),
        device: flag(c, "device"),
        source: c.source.clone(),
        verified: c.verified,
    }
}

/// Kinds in force on a day.
pub fn kinds(rules: &RuleSet, on: Date) -> Vec<Kind> {
    let mut all = rules.list(SERVICES, on);
    all.sort_by_key(|c| c.order);
    all.into_iter().map(kind).collect()
}

/// A kind whatever its dates.
pub fn find(rules: &RuleSet, code: &str) -> Option<Kind> {
    rules.code(SERVICES, code).map(kind)
}

/// What is no longer certified on a day.
pub fn refused(rules: &RuleSet, on: Date) -> Vec<Refused> {
    let mut all = rules.list(REFUSED, on);
    all.sort_by_key(|c| c.order);
    let one = |c: &Code| Refused {
        code: c.code.clone(),
        name: c.name.clone(),
        group: text(c, "group"),
        why: text(c, "why"),
        instead: text(c, "instead"),
        source: c.source.clone(),
        verified: c.verified,
    };
    all.into_iter().map(one).collect()
}

/// Heading of a group of the catalogue.
pub fn group_name(group: &str) -> &'static str {
    match group {
        "permit" => "居住证",
        "certificate" => "派出所出具的证明",
        "id_card" => "居民身份证",
        "register" => "户籍登记",
        "id_paper" => "法定身份证件能够证明的，不再开",
        "household_book" => "居民户口簿能够证明的，不再开",
        "other_organ" => "属于其他部门的，不再开",
        _ => "其他",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_says_what_is_issued_and_where_else_to_go() {
        let rules = rulebook::shipped().unwrap();
        let day = "2026-05-08".parse().unwrap();
        let kinds = kinds(&rules, day);
        assert_eq!(kinds.iter().filter(|k| k.group == "certificate").count(), 9);
        let permit = find(&rules, "residence_permit").unwrap();
        assert!(permit.verified && permit.papers.len() == 3 && permit.fee.contains("免收"));
        assert!(kinds.iter().all(|k| !k.source.is_empty() && !k.result.is_empty()));
        let refused = refused(&rules, day);
        assert_eq!(["id_paper", "household_book"].map(|g| refused.iter().filter(|r| r.group == g).count()), [9, 5]);
        assert!(refused.iter().all(|r| !r.instead.is_empty() && !r.why.is_empty()));
        for k in kinds.iter().filter(|k| !k.due_rule.is_empty()) {
            assert!(rules.int(&k.due_rule, day).is_ok(), "{}", k.due_rule);
        }
    }
}
