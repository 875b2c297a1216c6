//! Rules as data: values with dates and sources, code lists, and what is still to be imported.
//!
//! A rule pack is a set of TOML files. Each value says where it comes from (law and article, a
//! public page, practice, a local default), whether it was read word for word, and from when until
//! when it holds. The same key may stand several times with dates that do not overlap.

mod fields;
mod stored;

use crate::calendar::{Calendar, Year};
use crate::{Date, Error, Refusal, Result, RuleRef};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub use stored::LeftOut;

/// One value of a rule.
#[derive(Clone, Debug, Deserialize)]
pub struct Rule {
    pub key: String,
    /// A local value of one station (its code); it wins there over the national one.
    #[serde(default)]
    pub station: Option<String>,
    pub value: toml::Value,
    #[serde(default)]
    pub unit: String,
    pub title: String,
    pub source: String,
    /// `law`, `page`, `code` or `default`.
    pub source_kind: String,
    /// Read word for word, or confirmed by the security administrator; else shown as 待核实.
    #[serde(default)]
    pub verified: bool,
    pub from: String,
    #[serde(default)]
    pub until: Option<String>,
    #[serde(default)]
    pub note: String,
}

/// One entry of a code list (a category, a source, a level …).
#[derive(Clone, Debug, Deserialize)]
pub struct Code {
    pub list: String,
    pub code: String,
    /// A code of one station (its code): offered there only, and there in place of the national one of the same code.
    #[serde(default)]
    pub station: Option<String>,
    pub name: String,
    #[serde(default)]
    pub parent: Option<String>,
    #[serde(default)]
    pub order: i64,
    pub source: String,
    pub source_kind: String,
    #[serde(default)]
    pub verified: bool,
    pub from: String,
    #[serde(default)]
    pub until: Option<String>,
    #[serde(default)]
    pub attrs: BTreeMap<String, toml::Value>,
}

/// A list that no source names in full; shown as 待导入 with how to bring it in.
#[derive(Clone, Debug, Deserialize)]
pub struct PendingRule {
    pub key: String,
    pub title: String,
    pub why: String,
    pub how_to_import: String,
    /// The code lists that fill it when all of them were brought in; one that ends in a point names a family.
    #[serde(default)]
    pub lists: Vec<String>,
}

/// A law that rules refer to.
#[derive(Clone, Debug, Deserialize)]
pub struct Law {
    pub short: String,
    #[serde(alias = "title")]
    pub full: String,
    #[serde(default)]
    pub issuer: String,
    #[serde(default)]
    pub adopted: Option<String>,
    #[serde(default)]
    pub in_force: Option<String>,
    pub from: String,
}

/// 仅供查阅: rules and lists that are shown with their source, on whose values no step of the program depends.
#[derive(Clone, Deserialize)]
struct Reference {
    keys: Vec<String>,
    why: String,
}

/// What a pack says of itself.
#[derive(Clone, Deserialize, Default)]
struct Head {
    /// 待导入 entries that it fills.
    #[serde(default)]
    fills: Vec<String>,
}

#[derive(Clone, Deserialize, Default)]
struct Pack {
    #[serde(default)]
    pack: Head,
    #[serde(default)]
    rule: Vec<Rule>,
    #[serde(default)]
    code: Vec<Code>,
    #[serde(default)]
    pending: Vec<PendingRule>,
    #[serde(default)]
    law: Vec<Law>,
    #[serde(default)]
    year: Vec<Year>,
    #[serde(default)]
    reference: Vec<Reference>,
}

/// All rules in force, now and at any other day.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: BTreeMap<String, Vec<Rule>>,
    codes: BTreeMap<String, Vec<Code>>,
    pending: Vec<PendingRule>,
    laws: Vec<Law>,
    confirmed: BTreeSet<String>,
    calendar: Calendar,
    left_out: Vec<LeftOut>,
    references: BTreeMap<String, String>,
}

fn unreadable(file: &str, e: &toml::de::Error) -> Error {
    Refusal::new("rule_pack.syntax", format!("规则包 {file} 读不懂：{e}"), "请按提示的行改正后重新导入。").into()
}

fn day(text: &str, of: &str) -> Result<Date> {
    text.parse().map_err(|_| Error::from(Refusal::new("rule_pack.date", format!("规则 {of} 的日期“{text}”不是 YYYY-MM-DD。"), "请改正后重新导入。")))
}

fn period(from: &str, until: Option<&str>, of: &str) -> Result<()> {
    let first = day(from, of)?;
    match until {
        Some(u) if day(u, of)? < first => Err(Refusal::new(
            "rule_pack.dates",
            format!("规则 {of} 的截止日期 {u} 早于起始日期 {from}。"),
            "请改正日期后重新导入。",
        )
        .into()),
        _ => Ok(()),
    }
}

/// Two versions that follow each other: never on one day, and for a value never a day without one.
fn joins(from: &str, until: Option<&str>, next: &str, what: &str, gapless: bool) -> Result<()> {
    let refuse = |key: &'static str, how: String, way: &str| {
        Err(Error::from(Refusal::new(key, how, way.to_string())))
    };
    let Some(until) = until.filter(|u| *u < next) else {
        return refuse(
            "rule_pack.overlap",
            format!("{what}的两个版本（{from} 起、{next} 起）在时间上重叠。"),
            "请给前一版本写上截止日期 until，早于后一版本的起始日期。",
        );
    };
    let follows = day(until, what)?.tomorrow().is_ok_and(|d| d.to_string() == next);
    if gapless && !follows {
        return refuse(
            "rule_pack.hole",
            format!("{what}在 {until} 之后、{next} 之前没有取值，这些天的期限无法计算。"),
            "请补上这段时间的版本，或者把前一版本的 until 改为后一版本起始日的前一天。",
        );
    }
    Ok(())
}

/// Both ends included.
fn holds(from: &str, until: Option<&str>, on: Date) -> bool {
    from.parse::<Date>().is_ok_and(|f| f <= on) && until.is_none_or(|u| u.parse::<Date>().is_ok_and(|u| on <= u))
}

fn rules_in_order(list: &mut [Rule]) {
    list.sort_by(|a, b| (&a.station, &a.from).cmp(&(&b.station, &b.from)));
}

/// A station with a value of its own beside one that a law settles is refused.
fn not_against_law(key: &str, local: Option<&str>) -> Result<()> {
    let Some(local) = local else { return Ok(()) };
    let what = format!("{local} 不能改动法律规定的规则 {key}。");
    Err(Refusal::new("rule_pack.local_law", what, "本地规则只能补充或调整非法律来源的规则。").into())
}

/// Versions in order, each station's by themselves: never two on one day, never a day without one.
fn rules_follow(key: &str, list: &[Rule]) -> Result<()> {
    for pair in list.windows(2).filter(|p| p[0].station == p[1].station) {
        joins(&pair[0].from, pair[0].until.as_deref(), &pair[1].from, &format!("规则 {key}"), true)?;
    }
    Ok(())
}

/// The same for codes: a code may rest for a while; it never has two meanings on one day.
fn codes_follow(name: &str, list: &[Code]) -> Result<()> {
    for pair in list.windows(2).filter(|p| (&p[0].code, &p[0].station) == (&p[1].code, &p[1].station)) {
        joins(&pair[0].from, pair[0].until.as_deref(), &pair[1].from, &format!("代码 {name}/{}", pair[0].code), false)?;
    }
    Ok(())
}

/// Takes codes into their list: the one that comes last holds for a code, its station and its first day.
fn replace(list: &mut Vec<Code>, new: Vec<Code>) {
    let key = |c: &Code| (c.code.clone(), c.station.clone(), c.from.clone());
    let fresh: BTreeSet<_> = new.iter().map(key).collect();
    list.retain(|old| !fresh.contains(&key(old)));
    let mut taken = BTreeSet::new();
    let mut last: Vec<Code> = new.into_iter().rev().filter(|c| taken.insert(key(c))).collect();
    last.reverse();
    list.append(&mut last);
}

impl RuleSet {
    /// Refuses a pack with a section or a field that no rule has, naming it: what is not read is not passed over in silence.
    pub fn check_fields(file: &str, text: &str) -> Result<()> {
        fields::check(file, text)
    }

    /// Reads packs `(file name, text)`, and onto the calendar the years that they arrange. Refuses unknown dates, doubled codes, periods
    /// that overlap and periods that leave days without a value between two versions, naming the key.
    pub fn load(packs: &[(String, String)], calendar: Calendar) -> Result<RuleSet> {
        RuleSet::load_with(packs, &[], calendar)
    }

    /// The same with packs that are stored already. What of these does not hold together with the packs that ship now (an upgrade
    /// brought a rule that a station had imported, a faulty year) is left out and named in [`RuleSet::left_out`], so that the
    /// program starts.
    pub fn load_with(packs: &[(String, String)], stored: &[(String, String)], calendar: Calendar) -> Result<RuleSet> {
        let mut set = RuleSet { calendar, ..Default::default() };
        let mut filled: BTreeSet<String> = BTreeSet::new();
        for (file, text) in packs {
            let pack: Pack = toml::from_str(text).map_err(|e| unreadable(file, &e))?;
            filled.extend(pack.pack.fills.iter().cloned());
            set.put(pack)?;
        }
        set.settle()?;
        for (file, text) in stored {
            let pack = stored::read(file, text, &mut set.left_out)?;
            filled.extend(pack.pack.fills.iter().cloned());
            set = stored::join(set, file, pack);
        }
        set.pending.retain(|p| !filled.contains(&p.key));
        Ok(set)
    }

    /// Takes a pack in; [`RuleSet::settle`] says whether all of them hold together.
    fn put(&mut self, pack: Pack) -> Result<()> {
        for r in pack.rule {
            period(&r.from, r.until.as_deref(), &r.key)?;
            self.rules.entry(r.key.clone()).or_default().push(r);
        }
        let mut codes: BTreeMap<String, Vec<Code>> = BTreeMap::new();
        for c in pack.code {
            period(&c.from, c.until.as_deref(), &c.code)?;
            codes.entry(c.list.clone()).or_default().push(c);
        }
        for (name, new) in codes {
            replace(self.codes.entry(name).or_default(), new);
        }
        self.pending.extend(pack.pending);
        self.laws.extend(pack.law);
        self.references.extend(pack.reference.into_iter().flat_map(|r| r.keys.into_iter().map(move |k| (k, r.why.clone()))));
        self.calendar.put(&pack.year)
    }

    /// Puts versions in order and refuses those that overlap, leave days without a value, or change what a law says.
    fn settle(&mut self) -> Result<()> {
        for (key, list) in &mut self.rules {
            rules_in_order(list);
            let law = list.iter().any(|r| r.station.is_none() && r.source_kind == "law");
            let local = list.iter().find_map(|r| r.station.as_deref());
            not_against_law(key, local.filter(|_| law))?;
            rules_follow(key, list)?;
        }
        for (name, list) in &mut self.codes {
            list.sort_by(|a, b| (&a.code, &a.station, &a.from).cmp(&(&b.code, &b.station, &b.from)));
            codes_follow(name, list)?;
            list.sort_by(|a, b| (a.order, &a.code).cmp(&(b.order, &b.code)));
        }
        Ok(())
    }

    /// Marks keys that the security administrator has confirmed.
    pub fn with_confirmed(mut self, keys: impl IntoIterator<Item = String>) -> RuleSet {
        self.confirmed.extend(keys);
        self
    }

    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The rule `key` as it stood on `on`.
    pub fn rule(&self, key: &str, on: Date) -> Result<&Rule> {
        self.rules
            .get(key)
            .and_then(|list| list.iter().find(|r| r.station.is_none() && holds(&r.from, r.until.as_deref(), on)))
            .ok_or_else(|| {
                Refusal::new(
                    "rule.missing",
                    format!("规则“{key}”在 {on} 没有取值。"),
                    "请由安全管理员在“规则包”中导入后再办理。",
                )
                .into()
            })
    }

    /// A whole number as it stands at the station of this code: its local value, else the national
    /// one, else `None` (no source gives one there).
    pub fn int_at(&self, key: &str, station: &str, on: Date) -> Option<i64> {
        self.rule_at(key, station, on)?.value.as_integer()
    }

    /// The rule behind [`RuleSet::int_at`].
    pub fn rule_at(&self, key: &str, station: &str, on: Date) -> Option<&Rule> {
        let list = self.rules.get(key)?;
        let of = |who: Option<&str>| list.iter().find(|r| r.station.as_deref() == who && holds(&r.from, r.until.as_deref(), on));
        of(Some(station)).or_else(|| of(None))
    }

    /// A whole number (days, hours, counts).
    pub fn int(&self, key: &str, on: Date) -> Result<i64> {
        let r = self.rule(key, on)?;
        r.value.as_integer().ok_or_else(|| Error::internal(format!("rule {key} is not a number")))
    }

    pub fn text(&self, key: &str, on: Date) -> Result<&str> {
        let r = self.rule(key, on)?;
        r.value.as_str().ok_or_else(|| Error::internal(format!("rule {key} is not a text")))
    }

    pub fn flag(&self, key: &str, on: Date) -> Result<bool> {
        let r = self.rule(key, on)?;
        r.value.as_bool().ok_or_else(|| Error::internal(format!("rule {key} is not yes/no")))
    }

    /// Name and source of a rule, for a refusal.
    pub fn cite(&self, key: &str, on: Date) -> RuleRef {
        match self.rule(key, on) {
            Ok(r) => RuleRef { name: r.title.clone(), source: r.source.clone() },
            Err(_) => RuleRef { name: key.to_string(), source: "规则包".into() },
        }
    }

    /// The entries of a code list in force on `on`, in their order, those of every station among them; what one station
    /// offers is [`RuleSet::list_at`].
    pub fn list(&self, list: &str, on: Date) -> Vec<&Code> {
        self.codes.get(list).map_or(vec![], |all| {
            all.iter().filter(|c| holds(&c.from, c.until.as_deref(), on)).collect()
        })
    }

    /// The entries that the station of this code offers on `on`, in their order: the national ones and its own. Its own
    /// version of a code replaces the national one from the day on which it begins, also when it has ended: so a station takes
    /// a code off its list.
    pub fn list_at(&self, list: &str, station: &str, on: Date) -> Vec<&Code> {
        let Some(all) = self.codes.get(list) else { return vec![] };
        let day = on.to_string();
        let begun = |c: &&Code| c.station.as_deref() == Some(station) && c.from <= day;
        let own: BTreeSet<&str> = all.iter().filter(begun).map(|c| c.code.as_str()).collect();
        all.iter()
            .filter(|c| holds(&c.from, c.until.as_deref(), on))
            .filter(|c| match c.station.as_deref() {
                Some(s) => s == station,
                None => !own.contains(c.code.as_str()),
            })
            .collect()
    }

    /// One entry of a code list by its newest version, whatever its dates (old records keep old codes).
    pub fn code(&self, list: &str, code: &str) -> Option<&Code> {
        let versions = self.codes.get(list)?.iter().filter(|c| c.code == code);
        versions.max_by(|a, b| (a.station.is_none(), &a.from).cmp(&(b.station.is_none(), &b.from)))
    }

    /// One entry as it stands at the station of this code on `on`; for a code that has ended or is yet to begin, the version
    /// nearest before that day, else the newest.
    pub fn code_at(&self, list: &str, code: &str, station: &str, on: Date) -> Option<&Code> {
        let of = |who: Option<&str>| -> Vec<&Code> {
            self.codes.get(list).map_or(vec![], |all| all.iter().filter(|c| c.code == code && c.station.as_deref() == who).collect())
        };
        let (own, day) = (of(Some(station)), on.to_string());
        let versions = if own.iter().any(|c| c.from <= day) { own } else { of(None) };
        versions
            .iter()
            .find(|c| holds(&c.from, c.until.as_deref(), on))
            .or_else(|| versions.iter().filter(|c| c.from <= day).max_by_key(|c| &c.from))
            .copied()
            .or_else(|| self.code(list, code))
    }

    /// The name of a code, or the code itself when the list does not know it.
    pub fn name<'a>(&'a self, list: &str, code: &'a str) -> &'a str {
        self.code(list, code).map_or(code, |c| c.name.as_str())
    }

    /// Whether `code` may be chosen on `on`; the refusal names the list.
    pub fn must_know(&self, list: &str, code: &str, on: Date) -> Result<&Code> {
        self.list(list, on).into_iter().find(|c| c.code == code).ok_or_else(|| {
            Refusal::new("code.unknown", format!("“{code}”不在代码表 {list} 中，或已停用。"), "请从列表中重新选择。").into()
        })
    }

    /// The same at the station of this code.
    pub fn must_know_at(&self, list: &str, code: &str, station: &str, on: Date) -> Result<&Code> {
        self.list_at(list, station, on).into_iter().find(|c| c.code == code).ok_or_else(|| {
            Refusal::new("code.unknown", format!("“{code}”不在本单位的代码表 {list} 中，或已停用。"), "请从列表中重新选择。").into()
        })
    }

    /// 待核实: neither read word for word nor confirmed.
    pub fn is_unverified(&self, key: &str, on: Date) -> bool {
        self.rule(key, on).is_ok_and(|r| !r.verified && !self.confirmed.contains(key))
    }

    pub fn is_confirmed(&self, key: &str) -> bool {
        self.confirmed.contains(key)
    }

    pub fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values().flatten()
    }
    pub fn all_codes(&self) -> impl Iterator<Item = (&String, &Vec<Code>)> {
        self.codes.iter()
    }
    /// Why a rule or a list is 仅供查阅; `None` for what the program reads.
    pub fn reference(&self, key: &str) -> Option<&str> {
        self.references.get(key).map(String::as_str)
    }
    /// Keys of rules and lists that are 仅供查阅.
    pub fn references(&self) -> impl Iterator<Item = &String> {
        self.references.keys()
    }
    /// Parts of stored packs that are not in force.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
    pub fn all_pending(&self) -> &[PendingRule] {
        &self.pending
    }
    pub fn laws(&self) -> &[Law] {
        &self.laws
    }
}

impl Code {
    pub fn attr_int(&self, name: &str) -> Option<i64> {
        self.attrs.get(name)?.as_integer()
    }
    pub fn attr_text(&self, name: &str) -> Option<&str> {
        self.attrs.get(name)?.as_str()
    }
    /// Whether an attribute says yes; one that is not there does not.
    pub fn attr_flag(&self, name: &str) -> bool {
        self.attrs.get(name).and_then(toml::Value::as_bool).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Result<RuleSet> {
        RuleSet::load(&[("test.toml".into(), text.into())], Calendar::default())
    }

    const LAW: &str = r#"
[[rule]]
key = "a.days"
value = 3
unit = "working_days"
title = "三日"
source = "某法 §9"
source_kind = "law"
verified = true
from = "2020-01-01"
until = "2025-12-31"
[[rule]]
key = "a.days"
value = 5
title = "五日"
source = "新法 §9"
source_kind = "default"
from = "2026-01-01"
"#;

    #[test]
    fn a_value_is_the_one_of_its_day() {
        let s = set(LAW).unwrap();
        assert_eq!(s.int("a.days", "2025-12-31".parse().unwrap()).unwrap(), 3);
        assert_eq!(s.int("a.days", "2026-01-01".parse().unwrap()).unwrap(), 5);
        assert!(s.int("a.days", "2019-01-01".parse().unwrap()).is_err());
        assert!(s.is_unverified("a.days", "2026-01-01".parse().unwrap()));
        assert!(!s.with_confirmed(["a.days".to_string()]).is_unverified("a.days", "2026-01-01".parse().unwrap()));
    }

    #[test]
    fn overlapping_versions_are_refused() {
        let e = set(&LAW.replace("until = \"2025-12-31\"", "until = \"2026-06-01\"")).unwrap_err();
        assert_eq!(e.key(), "rule_pack.overlap");
    }

    #[test]
    fn a_hole_between_two_versions_is_refused_with_the_way_on() {
        let e = set(&LAW.replace("until = \"2025-12-31\"", "until = \"2025-11-30\"")).unwrap_err();
        assert_eq!(e.key(), "rule_pack.hole");
        let Error::Refused(r) = e else { panic!() };
        assert!(r.what.contains("2025-11-30") && r.next.contains("until") && !r.rule.source.is_empty());
        let e = set(&LAW.replace("until = \"2025-12-31\"", "until = \"2019-12-31\"")).unwrap_err();
        assert_eq!(e.key(), "rule_pack.dates");
    }

    #[test]
    fn a_code_has_one_meaning_a_day_and_may_rest() {
        let code = |from: &str, until: &str| format!("[[code]]\nlist = \"l\"\ncode = \"a\"\nname = \"甲\"\nsource = \"s\"\nsource_kind = \"default\"\nfrom = \"{from}\"\n{until}\n");
        let two = |until: &str| code("2020-01-01", until) + &code("2026-01-01", "");
        assert_eq!(set(&two("")).unwrap_err().key(), "rule_pack.overlap");
        assert_eq!(set(&two("until = \"2026-03-01\"")).unwrap_err().key(), "rule_pack.overlap");
        let s = set(&two("until = \"2024-12-31\"")).unwrap();
        assert!(s.list("l", "2025-06-01".parse().unwrap()).is_empty());
    }

    #[test]
    fn a_code_is_the_one_of_its_day_and_of_its_station() {
        let code = |code: &str, name: &str, more: &str| {
            format!("[[code]]\nlist = \"l\"\ncode = \"{code}\"\nname = \"{name}\"\nsource = \"s\"\nsource_kind = \"default\"\n{more}\n")
        };
        let text = code("a", "旧", "order = 9\nfrom = \"2020-01-01\"\nuntil = \"2025-12-31\"")
            + &code("a", "新", "order = 1\nfrom = \"2026-01-01\"")
            + &code("b", "乙", "from = \"2020-01-01\"")
            + &code("b", "乙", "station = \"HLR\"\nfrom = \"2020-01-01\"\nuntil = \"2026-03-31\"")
            + &code("dust", "煤尘", "station = \"ETK\"\nfrom = \"2020-01-01\"");
        let s = set(&text).unwrap();
        let d = |t: &str| -> Date { t.parse().unwrap() };
        let names = |station: &str, on: &str| s.list_at("l", station, d(on)).iter().map(|c| c.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names("ETK", "2026-05-01"), ["乙", "煤尘", "新"]);
        assert_eq!(names("HLR", "2026-03-01"), ["乙", "新"], "no dust here");
        assert_eq!(names("HLR", "2026-05-01"), ["新"], "taken off its list");
        let later = s_with_own_from_2026();
        assert_eq!(later.must_know_at("l", "b", "HLR", d("2025-05-01")).unwrap().name, "乙", "the national one until its own begins");
        assert_eq!(later.code_at("l", "b", "HLR", d("2025-05-01")).unwrap().name, "乙");
        assert_eq!(later.code_at("l", "b", "HLR", d("2026-05-01")).unwrap().name, "本所乙");
        assert!(s.must_know_at("l", "dust", "HLR", d("2026-05-01")).is_err());
        assert!(s.must_know_at("l", "dust", "ETK", d("2026-05-01")).is_ok());
        assert_eq!(s.code("l", "a").unwrap().name, "新", "the newest, whatever the order");
        let at = |code: &str, station: &str, on: &str| s.code_at("l", code, station, d(on)).unwrap().name.clone();
        assert_eq!((at("a", "ETK", "2025-05-01").as_str(), at("a", "ETK", "2026-05-01").as_str()), ("旧", "新"));
        assert_eq!(at("b", "HLR", "2026-05-01"), "乙", "ended, its name stays");
        assert_eq!(s.name("l", "dust"), "煤尘", "an old record of another station keeps its name");
    }

    fn s_with_own_from_2026() -> RuleSet {
        let code = |name: &str, more: &str| {
            format!("[[code]]\nlist = \"l\"\ncode = \"b\"\nname = \"{name}\"\nsource = \"s\"\nsource_kind = \"default\"\n{more}\n")
        };
        set(&(code("乙", "from = \"2020-01-01\"") + &code("本所乙", "station = \"HLR\"\nfrom = \"2026-01-01\""))).unwrap()
    }

    #[test]
    fn a_field_that_no_rule_has_is_named() {
        let e = |text: &str| match RuleSet::check_fields("2027.toml", text) {
            Err(Error::Refused(r)) => (r.key, r.what),
            other => panic!("{other:?}"),
        };
        let (key, what) = e("[[yeer]]\nyear = 2027\n");
        assert!(key == "rule_pack.unknown" && what.contains("“yeer”") && what.contains("2027.toml"), "{what}");
        let (_, what) = e("[[year]]\nyear = 2027\nholidays = []\n");
        assert!(what.contains("year 第 1 项") && what.contains("“holidays”"), "{what}");
        let (_, what) = e("[[year]]\nyear = 2027\n[[year.holiday]]\nname = \"元旦\"\nform = \"2027-01-01\"\n");
        assert!(what.contains("year.holiday 第 1 项") && what.contains("“form”"), "{what}");
        let (_, what) = e(&LAW.replacen("unit =", "units =", 1));
        assert!(what.contains("rule 第 1 项（a.days）") && what.contains("“units”"), "{what}");
        RuleSet::check_fields("ok.toml", LAW).unwrap();
    }
}
