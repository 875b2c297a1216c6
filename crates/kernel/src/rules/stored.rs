//! Packs that an installation stored under an earlier edition of the program, which read less of them.

use super::{Code, Pack, Rule, RuleSet};
use crate::calendar::{Calendar, Year};
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

/// A part of a stored pack that is not in force, and why; shown to the security administrator on 规则包.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The pack's file name, under which a corrected one takes its place.
    pub pack: String,
    /// 2027 年的节假日安排
    pub part: String,
    pub why: String,
}

/// Reads a stored pack. Years were not read before the calendar could be imported, so one may be faulty that nobody was told
/// of: it is left out, the year stays 暂定, and the rest of the pack holds.
pub(super) fn read(file: &str, text: &str, left_out: &mut Vec<LeftOut>) -> Result<Pack> {
    let mut table: toml::Table = toml::from_str(text).map_err(|e| super::unreadable(file, &e))?;
    let years = match table.remove("year") {
        None => vec![],
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
    };
    let mut pack: Pack = Value::Table(table).try_into().map_err(|e| super::unreadable(file, &e))?;
    for (i, value) in years.into_iter().enumerate() {
        let called = match value.get("year").and_then(Value::as_integer) {
            Some(n) => format!("{n} 年的节假日安排"),
            None => format!("第 {} 项节假日安排（[[year]]）", i + 1),
        };
        let mut out = |why: String| left_out.push(LeftOut { pack: file.into(), part: called.clone(), why });
        match value.try_into::<Year>() {
            Err(e) => out(format!("读不懂：{}。", e.to_string().trim().replace('\n', "，"))),
            Ok(year) => {
                pack.year.push(year);
                if let Err(e) = Calendar::default().put(&pack.year) {
                    pack.year.pop();
                    out(said(e, &called));
                }
            }
        }
    }
    Ok(pack)
}

/// A stored pack joined to what ships. Where it does not hold together as a whole, each rule and each code by itself: those that do
/// are in force.
pub(super) fn join(set: RuleSet, file: &str, pack: Pack) -> RuleSet {
    let mut whole = set.clone();
    if whole.put(pack.clone()).and_then(|()| whole.settle()).is_ok() {
        return whole;
    }
    let mut set = set;
    let mut versions = Versions::out_of(&mut set);
    for (part, piece) in pieces(pack) {
        if let Err(e) = versions.take(&mut set, piece) {
            let why = said(e, &part);
            set.left_out.push(LeftOut { pack: file.into(), part, why });
        }
    }
    versions.back_into(&mut set);
    set
}

/// A pack by what may be left out alone, under the name that it is told by.
fn pieces(pack: Pack) -> BTreeMap<String, Pack> {
    let mut pieces: BTreeMap<String, Pack> = BTreeMap::new();
    let of = |station: &Option<String>| station.as_ref().map_or(String::new(), |s| format!("（{s}）"));
    let Pack { rule, code, .. } = pack;
    pieces.insert("其余内容".into(), Pack { rule: vec![], code: vec![], ..pack });
    for r in rule {
        pieces.entry(format!("规则 {}{}", r.key, of(&r.station))).or_default().rule.push(r);
    }
    for c in code {
        pieces.entry(format!("代码 {}/{}{}", c.list, c.code, of(&c.station))).or_default().code.push(c);
    }
    pieces
}

/// The versions of one rule by station; national ones have none and stand first.
#[derive(Default)]
struct Key {
    stations: BTreeMap<Option<String>, Vec<Rule>>,
    /// A law settles it for all.
    law: bool,
}

/// All versions by what follows each other: a piece is held against its own only, whatever else there is.
struct Versions {
    rules: BTreeMap<String, Key>,
    /// By list, code and station.
    codes: BTreeMap<CodeOf, Vec<Code>>,
}

type CodeOf = (String, String, Option<String>);

/// A rule's key and its station.
type RuleOf = (String, Option<String>);

impl Versions {
    /// Takes the versions out of a set that holds together.
    fn out_of(set: &mut RuleSet) -> Versions {
        let mut out = Versions { rules: BTreeMap::new(), codes: BTreeMap::new() };
        for r in std::mem::take(&mut set.rules).into_values().flatten() {
            out.put_rule(r);
        }
        for c in std::mem::take(&mut set.codes).into_values().flatten() {
            out.codes.entry(code_of(&c)).or_default().push(c);
        }
        out
    }

    fn put_rule(&mut self, r: Rule) {
        let key = self.rules.entry(r.key.clone()).or_default();
        key.law |= is_law(&r);
        key.stations.entry(r.station.clone()).or_default().push(r);
    }

    /// Takes in one piece if it holds together with what is there; else nothing of it.
    fn take(&mut self, set: &mut RuleSet, piece: Pack) -> Result<()> {
        if piece.rule.is_empty() && piece.code.is_empty() {
            let mut tried = set.clone();
            tried.put(piece)?;
            *set = tried;
            return Ok(());
        }
        for r in &piece.rule {
            super::period(&r.from, r.until.as_deref(), &r.key)?;
        }
        for c in &piece.code {
            super::period(&c.from, c.until.as_deref(), &c.code)?;
        }
        let (rules, codes) = (self.with_rules(&piece)?, self.with_codes(&piece)?);
        for r in piece.rule {
            self.rules.entry(r.key.clone()).or_default().law |= is_law(&r);
        }
        for ((key, station), list) in rules {
            self.rules.entry(key).or_default().stations.insert(station, list);
        }
        self.codes.extend(codes);
        Ok(())
    }

    /// The versions of the piece's rules with the piece, in order and checked.
    fn with_rules(&self, piece: &Pack) -> Result<BTreeMap<RuleOf, Vec<Rule>>> {
        let mut tried: BTreeMap<RuleOf, Vec<Rule>> = BTreeMap::new();
        for r in &piece.rule {
            let there = || self.rules.get(&r.key).and_then(|k| k.stations.get(&r.station)).cloned().unwrap_or_default();
            tried.entry((r.key.clone(), r.station.clone())).or_insert_with(there).push(r.clone());
        }
        let keys: BTreeSet<String> = tried.keys().map(|k| k.0.clone()).collect();
        for key in &keys {
            let there = self.rules.get(key);
            let law = there.is_some_and(|k| k.law) || piece.rule.iter().any(|r| r.key == *key && is_law(r));
            let known = there.and_then(|k| k.stations.keys().find_map(Option::as_deref));
            let local = piece.rule.iter().filter(|r| r.key == *key).filter_map(|r| r.station.as_deref()).chain(known).min();
            super::not_against_law(key, local.filter(|_| law))?;
            for (_, list) in tried.iter_mut().filter(|(k, _)| k.0 == *key) {
                super::rules_in_order(list);
                super::rules_follow(key, list)?;
            }
        }
        Ok(tried)
    }

    /// The same for its codes.
    fn with_codes(&self, piece: &Pack) -> Result<BTreeMap<CodeOf, Vec<Code>>> {
        let mut new: BTreeMap<CodeOf, Vec<Code>> = BTreeMap::new();
        for c in &piece.code {
            new.entry(code_of(c)).or_default().push(c.clone());
        }
        let mut tried = BTreeMap::new();
        for (of, new) in new {
            let mut list = self.codes.get(&of).cloned().unwrap_or_default();
            super::replace(&mut list, new);
            list.sort_by(|a, b| a.from.cmp(&b.from));
            super::codes_follow(&of.0, &list)?;
            tried.insert(of, list);
        }
        Ok(tried)
    }

    /// Puts all of them back, each list in its order.
    fn back_into(self, set: &mut RuleSet) {
        for (key, of) in self.rules {
            set.rules.insert(key, of.stations.into_values().flatten().collect());
        }
        for ((list, ..), versions) in self.codes {
            set.codes.entry(list).or_default().extend(versions);
        }
        for list in set.codes.values_mut() {
            list.sort_by(|a, b| (a.order, &a.code).cmp(&(b.order, &b.code)));
        }
    }
}

fn is_law(r: &Rule) -> bool {
    r.station.is_none() && r.source_kind == "law"
}

fn code_of(c: &Code) -> CodeOf {
    (c.list.clone(), c.code.clone(), c.station.clone())
}

/// What a refusal says, without the year that stands before it anyway.
fn said(e: Error, called: &str) -> String {
    match e {
        Error::Refused(r) => r.what.trim_start_matches(called).trim_start_matches('：').to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::calendar::Calendar;
    use crate::rules::RuleSet;

    const GOOD: &str = "[[year]]\nyear = 2027\nsource = \"通知\"\n[[year.holiday]]\nname = \"元旦\"\nfirst = \"2027-01-01\"\nlast = \"2027-01-03\"\n";

    fn stored(text: &str) -> RuleSet {
        RuleSet::load_with(&[], &[("old.toml".into(), text.into())], Calendar::default()).unwrap()
    }

    #[test]
    fn a_faulty_year_is_left_out_by_name_and_the_rest_holds() {
        let rule = "[[rule]]\nkey = \"a.days\"\nvalue = 3\ntitle = \"三日\"\nsource = \"本地\"\nsource_kind = \"default\"\nfrom = \"2020-01-01\"\n";
        for (bad, part, why) in [
            (GOOD.replace("2027-01-03", "2027-01-33"), "2027 年的节假日安排", "不是 YYYY-MM-DD"),
            (GOOD.replace("source =", "note ="), "2027 年的节假日安排", "没有写出处"),
            (GOOD.replace("year = 2027", "year = \"2027\""), "第 1 项节假日安排", "读不懂"),
            ("year = 2027\n".into(), "第 1 项节假日安排", "读不懂"),
            (GOOD.replace("name = \"元旦\"\n", ""), "2027 年的节假日安排", "读不懂"),
        ] {
            let s = stored(&(bad.clone() + rule));
            let out = s.left_out();
            assert_eq!((out.len(), out[0].pack.as_str()), (1, "old.toml"), "{bad}");
            assert!(out[0].part.starts_with(part) && out[0].why.contains(why), "{bad}: {out:?}");
            assert!(!s.calendar().is_known(2027), "{bad}");
            assert_eq!(s.int("a.days", "2026-05-08".parse().unwrap()).unwrap(), 3, "{bad}");
            assert!(RuleSet::load(&[("old.toml".into(), bad.clone())], Calendar::default()).is_err(), "a new one is refused whole: {bad}");
        }
    }

    #[test]
    fn a_good_year_beside_a_faulty_one_holds() {
        let s = stored(&(GOOD.to_string() + &GOOD.replace("2027", "2028").replace("2028-01-03", "2028-13-03")));
        assert!(s.calendar().is_known(2027) && !s.calendar().is_known(2028));
        assert_eq!(s.left_out().len(), 1);
        let twice = stored(&(GOOD.to_string() + GOOD));
        assert!(twice.calendar().is_known(2027) && twice.left_out()[0].why.contains("写了两次"));
        assert!(stored(GOOD).left_out().is_empty());
    }

    #[test]
    fn what_an_upgrade_ships_as_well_leaves_the_stored_one_out_by_name() {
        let rule = |key: &str, value: i64, more: &str| {
            format!("[[rule]]\nkey = \"{key}\"\nvalue = {value}\ntitle = \"期限\"\nsource = \"本地\"\nsource_kind = \"default\"\nfrom = \"2020-01-01\"\n{more}\n")
        };
        let code = |name: &str, from: &str| {
            format!("[[code]]\nlist = \"l\"\ncode = \"a\"\nname = \"{name}\"\nsource = \"本地\"\nsource_kind = \"default\"\nfrom = \"{from}\"\n")
        };
        let shipped = [("new.toml".to_string(), rule("a.days", 60, "") + &code("甲", "2020-01-01"))];
        let old = rule("a.days", 48, "") + &rule("b.days", 7, "") + &rule("a.days", 50, "station = \"HLR\"") + &code("乙", "2022-01-01") + GOOD;
        let s = RuleSet::load_with(&shipped, &[("own.toml".into(), old.clone())], Calendar::default()).unwrap();
        let day = "2026-05-08".parse().unwrap();
        assert_eq!((s.int("a.days", day).unwrap(), s.int("b.days", day).unwrap(), s.name("l", "a")), (60, 7, "甲"));
        assert_eq!(s.int_at("a.days", "HLR", day), Some(50), "a station's own value stands beside the shipped one");
        assert!(s.calendar().is_known(2027));
        let parts: Vec<(&str, &str)> = s.left_out().iter().map(|o| (o.pack.as_str(), o.part.as_str())).collect();
        assert_eq!(parts, [("own.toml", "代码 l/a"), ("own.toml", "规则 a.days")]);
        assert!(s.left_out().iter().all(|o| o.why.contains("重叠")), "{:?}", s.left_out());
        assert!(RuleSet::load(&[shipped[0].clone(), ("own.toml".into(), old)], Calendar::default()).is_err(), "imported today it is refused whole");
    }

    fn rule(key: &str, station: &str, from: &str, until: &str, kind: &str) -> String {
        let more = [("station", station), ("until", until)].map(|(k, v)| if v.is_empty() { String::new() } else { format!("{k} = \"{v}\"\n") }).concat();
        format!("[[rule]]\nkey = \"{key}\"\nvalue = 1\ntitle = \"期限\"\nsource = \"本地\"\nsource_kind = \"{kind}\"\nfrom = \"{from}\"\n{more}")
    }

    fn code(list: &str, code: &str, station: &str, from: &str, until: &str) -> String {
        let more = [("station", station), ("until", until)].map(|(k, v)| if v.is_empty() { String::new() } else { format!("{k} = \"{v}\"\n") }).concat();
        format!("[[code]]\nlist = \"{list}\"\ncode = \"{code}\"\nname = \"{code}{from}\"\nsource = \"本地\"\nsource_kind = \"default\"\nfrom = \"{from}\"\n{more}")
    }

    /// Each piece held against everything there is: what [`super::join`] must come to.
    fn slowly(set: RuleSet, file: &str, pack: super::Pack) -> RuleSet {
        let try_out = |set: &RuleSet, piece: super::Pack| {
            let mut tried = set.clone();
            tried.put(piece).and_then(|()| tried.settle()).map(|()| tried)
        };
        if let Ok(whole) = try_out(&set, pack.clone()) {
            return whole;
        }
        let mut set = set;
        for (part, piece) in super::pieces(pack) {
            match try_out(&set, piece) {
                Ok(joined) => set = joined,
                Err(e) => {
                    let why = super::said(e, &part);
                    set.left_out.push(super::LeftOut { pack: file.into(), part, why });
                }
            }
        }
        set
    }

    #[test]
    fn piece_by_piece_against_its_own_versions_comes_to_the_same_as_against_all() {
        let mut seed: u64 = 20_260_508;
        let mut of = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % n
        };
        let days = ["2020-01-01", "2021-01-01", "2021-07-01", "2022-01-01", "2022-02-30"];
        let ends = ["", "2020-12-31", "2021-06-30", "2021-12-31", "2019-01-01"];
        let (stations, kinds) = (["", "", "HLR", "ZY"], ["default", "default", "law"]);
        let mut left_out = 0;
        for _ in 0..500 {
            let mut text = |n: usize| -> String {
                (0..n)
                    .map(|_| match of(2) {
                        0 => rule(["a", "b", "a（HLR）"][of(3)], stations[of(4)], days[of(5)], ends[of(5)], kinds[of(3)]),
                        _ => code("l", ["x", "y"][of(2)], stations[of(4)], days[of(5)], ends[of(5)]),
                    })
                    .collect()
            };
            let (shipped, stored) = (text(1), text(8));
            let Ok(set) = RuleSet::load(&[("s.toml".into(), shipped)], Calendar::default()) else { continue };
            let mut out = vec![];
            let pack = super::read("own.toml", &stored, &mut out).unwrap();
            let (ours, theirs) = (super::join(set.clone(), "own.toml", pack.clone()), slowly(set, "own.toml", pack));
            assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{stored}");
            left_out += ours.left_out().len();
        }
        assert!(left_out > 300, "{left_out}");
    }

    #[test]
    fn thousands_of_entries_half_of_which_ship_by_now() {
        const MANY: usize = 6_000;
        let shipped: String = (0..MANY).map(|n| rule(&format!("r{n}"), "", "2020-01-01", "", "default") + &code("l", &format!("c{n}"), "", "2020-01-01", "")).collect();
        // Of one rule each station has its own value, and one list has all codes; every second rule and code is there already.
        let own: String = (0..MANY)
            .map(|n| {
                let n = if n % 2 == 0 { n.to_string() } else { format!("{n}+") };
                rule(&format!("r{n}"), "", "2021-01-01", "", "default") + &code("l", &format!("c{n}"), "", "2021-01-01", "") + &rule("r1", &format!("S{n}"), "2021-01-01", "", "default")
            })
            .collect();
        let s = RuleSet::load_with(&[("s.toml".into(), shipped)], &[("own.toml".into(), own)], Calendar::default()).unwrap();
        assert_eq!(s.left_out().len(), MANY, "half of the rules and half of the codes");
        assert!(s.left_out().iter().all(|o| o.why.contains("重叠")));
        let day = "2026-05-08".parse().unwrap();
        assert_eq!((s.int("r5999+", day).unwrap(), s.list("l", day).len()), (1, MANY + MANY / 2));
        assert_eq!(s.int_at("r1", "S4", day), Some(1));
    }
}
