//! 依据: the one rule that a refusal rests on, as data (`grounds.toml`), found by the refusal's key.
//!
//! A refusal is made of a key and two sentences; name and source of its rule come from here, so none is without one and
//! none names two. Law and standards stand with their article, the program's own rules (系统办理规则) with a number that
//! never changes.

use crate::RuleRef;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One rule that refusals rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The anchor on the page of rules: `f-voluntary` for law, `h8` for the eighth house rule.
    pub anchor: String,
    /// The number among 系统办理规则; `None` for law, regulation, standard or local default.
    pub number: Option<u16>,
    /// The heading that it stands under.
    pub part: String,
    /// What it demands, in one Chinese sentence without a full stop.
    pub name: String,
    /// Where it stands: law and article, or 系统办理规则第 n 条.
    pub source: String,
    /// Why the house has it; "" for law.
    pub why: String,
    /// The same rule in the rule pack: its source is the one in force on the day ([`crate::Refusal::in_force`]).
    pub pack: Option<String>,
    /// The text was read word for word; of rules with `pack` the pack knows.
    pub read: bool,
    /// It bounds how often, not what: what it refuses is possible later.
    pub pace: bool,
    /// The refusals that rest on it: full keys, or beginnings that end with `*`.
    pub keys: Vec<String>,
}

impl Ground {
    /// Name and source for a refusal.
    pub fn rule(&self) -> RuleRef {
        RuleRef { name: self.name.clone(), source: self.source.clone() }
    }
}

/// Where the page of rules stands, for everybody; a ground's anchor follows after `#`.
pub const PAGE: &str = "/p/rules";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Law {
    id: String,
    part: String,
    name: String,
    source: String,
    #[serde(default)]
    pack: Option<String>,
    #[serde(default)]
    read: bool,
    keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct House {
    n: u16,
    part: String,
    name: String,
    why: String,
    #[serde(default)]
    rests_on: String,
    #[serde(default)]
    pace: bool,
    keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    law: Vec<Law>,
    house: Vec<House>,
}

struct Table {
    all: Vec<Ground>,
    exact: BTreeMap<String, usize>,
    /// Beginnings without their `*`.
    beginnings: Vec<(String, usize)>,
    /// What a key without a rule is shown with. No shipped key is: a test compares the sources with the table.
    unknown: Ground,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../grounds.toml")).unwrap_or_else(|e| panic!("grounds.toml: {e}"));
    let law = file.law.into_iter().map(|l| Ground {
        anchor: format!("f-{}", l.id),
        number: None,
        part: l.part,
        name: l.name,
        source: l.source,
        why: String::new(),
        pack: l.pack,
        read: l.read,
        pace: false,
        keys: l.keys,
    });
    let house = file.house.into_iter().map(|h| Ground {
        anchor: format!("h{}", h.n),
        number: Some(h.n),
        part: h.part,
        name: h.name,
        source: match h.rests_on.as_str() {
            "" => format!("系统办理规则第 {} 条", h.n),
            law => format!("系统办理规则第 {} 条，参照{law}", h.n),
        },
        why: h.why,
        pack: None,
        read: true,
        pace: h.pace,
        keys: h.keys,
    });
    let all: Vec<Ground> = law.chain(house).collect();
    let (mut exact, mut beginnings) = (BTreeMap::new(), vec![]);
    for (i, g) in all.iter().enumerate() {
        for key in &g.keys {
            match key.strip_suffix('*') {
                Some(beginning) => beginnings.push((beginning.to_string(), i)),
                None => _ = exact.insert(key.clone(), i),
            }
        }
    }
    let unknown = Ground {
        anchor: String::new(),
        number: None,
        part: String::new(),
        name: "按系统办理规则办理".into(),
        source: "系统办理规则，条目待补".into(),
        why: String::new(),
        pack: None,
        read: false,
        pace: false,
        keys: vec![],
    };
    Table { all, exact, beginnings, unknown }
});

/// All rules, law first, in the order of the file.
pub fn all() -> &'static [Ground] {
    &TABLE.all
}

/// The rule that `key` rests on, if the table has it.
pub fn find(key: &str) -> Option<&'static Ground> {
    let t = &*TABLE;
    let i = t.exact.get(key).or_else(|| t.beginnings.iter().find(|(b, _)| key.starts_with(b.as_str())).map(|(_, i)| i))?;
    t.all.get(*i)
}

/// The rule that `key` rests on; for a key that the table lacks (a test finds it) the house rules as a whole.
pub fn of(key: &str) -> &'static Ground {
    find(key).unwrap_or(&TABLE.unknown)
}

/// The table's own text of a full key: a refusal that was kept as a command's result gets its key back.
pub fn known(key: &str) -> Option<&'static str> {
    find(key)?.keys.iter().map(String::as_str).find(|k| *k == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_key_anchor_and_number_stands_once() {
        let (mut keys, mut anchors, mut numbers) = (BTreeSet::new(), BTreeSet::new(), vec![]);
        for g in all() {
            assert!(anchors.insert(&g.anchor), "{} twice", g.anchor);
            assert!(!g.keys.is_empty(), "{} has no refusal", g.anchor);
            assert!(!g.name.is_empty() && !g.source.is_empty() && !g.name.ends_with('。'), "{}", g.anchor);
            assert!(!g.part.is_empty() && (g.number.is_none() || g.why.ends_with('。')), "{}", g.anchor);
            for k in &g.keys {
                assert!(keys.insert(k), "{k} has two rules");
            }
            numbers.extend(g.number);
        }
        for k in &keys {
            if let Some(of) = TABLE.beginnings.iter().find(|(b, _)| k.starts_with(b.as_str()) && !k.ends_with('*')) {
                panic!("{k} also begins with {}", of.0);
            }
        }
        assert_eq!(numbers, (1..=numbers.len() as u16).collect::<Vec<_>>(), "house rules are numbered in order");
    }

    #[test]
    fn a_key_finds_its_rule() {
        assert_eq!(of("incidents.ended").number, Some(8));
        assert_eq!(of("attachments.size").anchor, of("attachments.type").anchor);
        assert!(find("nothing.known").is_none() && !of("nothing.known").source.is_empty());
        assert_eq!(known("mediation.excluded"), Some("mediation.excluded"));
        assert_eq!(known("mediation.unheard_of"), None);
    }
}
