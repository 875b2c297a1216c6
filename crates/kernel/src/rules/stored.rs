//! Packs that an installation stored under an earlier edition of the program, which read less of them.

use super::{Pack, RuleSet};
use crate::calendar::{Calendar, Year};
use crate::{Error, Result};
use std::collections::BTreeMap;
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
    let try_out = |set: &RuleSet, piece: Pack| {
        let mut tried = set.clone();
        tried.put(piece).and_then(|()| tried.settle()).map(|()| tried)
    };
    if let Ok(whole) = try_out(&set, pack.clone()) {
        return whole;
    }
    let mut pieces: BTreeMap<String, Pack> = BTreeMap::new();
    let Pack { rule, code, .. } = &pack;
    let of = |station: &Option<String>| station.as_ref().map_or(String::new(), |s| format!("（{s}）"));
    for r in rule {
        pieces.entry(format!("规则 {}{}", r.key, of(&r.station))).or_default().rule.push(r.clone());
    }
    for c in code {
        pieces.entry(format!("代码 {}/{}{}", c.list, c.code, of(&c.station))).or_default().code.push(c.clone());
    }
    pieces.insert("其余内容".into(), Pack { rule: vec![], code: vec![], ..pack });
    let mut set = set;
    for (part, piece) in pieces {
        match try_out(&set, piece) {
            Ok(joined) => set = joined,
            Err(e) => {
                let why = said(e, &part);
                set.left_out.push(LeftOut { pack: file.into(), part, why });
            }
        }
    }
    set
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
}
