//! Packs that an installation stored under an earlier edition of the program, which read less of them.

use super::Pack;
use crate::calendar::{Calendar, Year};
use crate::{Error, Result};
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
}
