//! 六类: a briefing tells valid incidents by the six classes of domain.md §8 (刑事, 治安, 交通, 纠纷, 求助, 其他), whatever categories the station
//! registers. Which category belongs to which class is dated data of the rule pack; a line keeps the categories it was made of, so
//! that it opens the same rows when the pack has changed since.

use crate::model::Line;
use kernel::figure::{Breakdown, Period};
use kernel::rules::{Code, RuleSet};
use kernel::{Date, Error, Reader, Result};

/// The key of the lines; they divide what the parts of [`crate::cross::OF`] divide.
pub const KEY: &str = "incident.by_class";
pub const NAME: &str = "按六类";
pub const EDITION: i64 = 1;
pub const DEFINITION: &str = "有效警情按六类（刑事、治安、交通、纠纷、求助、其他）分：一级类别按规则包 incident.class_of 在期间最后一天的对照归类；没有定类的、对照没有列的，计入其他。六类之和等于有效警情。";

/// The class of what no class names.
const REST: &str = "other";

/// How one station's categories fall into classes on a day.
pub struct Classes<'a> {
    list: Vec<&'a Code>,
    of: Vec<&'a Code>,
}

/// Category → number, of one period.
type Counts = [(String, i64)];

impl<'a> Classes<'a> {
    /// `station`: its code, as packs name it.
    pub fn at(rules: &'a RuleSet, station: &str, on: Date) -> Classes<'a> {
        Classes { list: rules.list_at("incident.class", station, on), of: rules.list_at("incident.class_of", station, on) }
    }

    /// The class of a category; what is not in the table is 其他.
    fn class(&self, category: &str) -> &'a str {
        let named = self.of.iter().find(|c| c.code == category).and_then(|c| c.parent.as_deref());
        named.filter(|class| self.list.iter().any(|c| c.code == *class)).unwrap_or(REST)
    }

    /// Whether a person has compared the table with its source.
    pub fn is_verified(&self) -> bool {
        self.of.iter().all(|c| c.verified)
    }

    /// One line for each class, also where nothing happened, numbered from `first` on; `whole` is the line they divide.
    fn lines(&self, first: i64, whole: Option<i64>, now: &Counts, before: &Counts, year: &Counts) -> Vec<Line> {
        let mut categories: Vec<&str> = self.of.iter().map(|c| c.code.as_str()).collect();
        for (code, _) in [now, before, year].into_iter().flatten() {
            if !categories.contains(&code.as_str()) {
                categories.push(code);
            }
        }
        let line = |(i, class): (usize, &&Code)| {
            let mine: Vec<&str> = categories.iter().copied().filter(|c| self.class(c) == class.code).collect();
            let sum = |list: &Counts| -> i64 { list.iter().filter(|(c, _)| mine.contains(&c.as_str())).map(|(_, n)| n).sum() };
            Line {
                n: first + i as i64,
                key: KEY.into(),
                part: part(&class.code, &mine),
                label: class.name.clone(),
                edition: EDITION,
                numerator: sum(now),
                denominator: None,
                before_numerator: sum(before),
                before_denominator: None,
                year_numerator: sum(year),
                year_denominator: None,
                whole,
            }
        };
        self.list.iter().enumerate().map(line).collect()
    }
}

/// `help|help,`: a class with its categories, each ended by a comma; 未定类 is the empty one.
fn part(class: &str, categories: &[&str]) -> String {
    let list: String = categories.iter().map(|c| format!("{c},")).collect();
    format!("{class}|{list}")
}

/// The categories that a line was made of.
pub fn categories(part: &str) -> Vec<String> {
    part.split_once('|').map_or(vec![], |(_, list)| list.split_terminator(',').map(String::from).collect())
}

/// The categories of a period, which the classes are made of.
pub fn base() -> Result<Breakdown> {
    crate::breakdowns().into_iter().find(|b| b.key == crate::cross::OF).ok_or_else(|| Error::internal("no categories"))
}

/// Adds the lines of the classes.
pub async fn add(r: &mut Reader, classes: &Classes<'_>, p: &Period, whole: Option<i64>, out: &mut Vec<Line>) -> Result<()> {
    let b = base()?;
    let (now, before, year) = (b.parts(r, p).await?, b.parts(r, &p.before()).await?, b.parts(r, &p.year_before()).await?);
    out.extend(classes.lines(out.len() as i64 + 1, whole, &now, &before, &year));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(list: &[(&str, i64)]) -> Vec<(String, i64)> {
        list.iter().map(|(c, n)| (c.to_string(), *n)).collect()
    }

    #[test]
    fn every_category_falls_into_one_of_six_and_nothing_is_lost() {
        let rules = rulebook::shipped().unwrap();
        let day = "2026-05-08".parse().unwrap();
        let c = Classes::at(&rules, "HLR-ZY", day);
        let names: Vec<&str> = c.list.iter().map(|x| x.name.as_str()).collect();
        assert_eq!(names, ["刑事", "治安", "交通", "纠纷", "求助", "其他"]);
        for category in rules.list("incident.category1", day) {
            assert!(c.of.iter().any(|x| x.code == category.code), "{} has its class", category.code);
        }
        assert!(!c.is_verified(), "no source says it for each category");
        let now = counts(&[("dispute", 5), ("help", 3), ("mass", 1), ("imported", 2), ("", 4)]);
        let lines = c.lines(7, Some(2), &now, &counts(&[("traffic", 9)]), &[]);
        let told: Vec<(i64, &str, i64)> = lines.iter().map(|l| (l.n, l.label.as_str(), l.numerator)).collect();
        assert_eq!(told, [(7, "刑事", 0), (8, "治安", 0), (9, "交通", 0), (10, "纠纷", 5), (11, "求助", 3), (12, "其他", 7)]);
        assert_eq!(lines.iter().map(|l| l.before_numerator).collect::<Vec<_>>(), [0, 0, 9, 0, 0, 0]);
        let rest = categories(&lines[5].part);
        assert!(["mass", "imported", ""].iter().all(|x| rest.iter().any(|r| r == x)) && !rest.iter().any(|x| x == "help"), "{rest:?}");
        assert_eq!((categories(&lines[3].part), categories("x|")), (vec!["dispute".to_string()], vec![]));
    }

    #[test]
    fn a_local_table_changes_what_belongs_where() {
        let own = "[[code]]\nlist = \"incident.class_of\"\ncode = \"petition\"\nname = \"聚集上访\"\nparent = \"public_order\"\nstation = \"HLR-ZY\"\nsource = \"分局\"\nsource_kind = \"default\"\nfrom = \"2026-07-01\"\n";
        let rules = rulebook::shipped_with(&[("own.toml".into(), own.into())]).unwrap();
        let class = |station: &str, on: &str| Classes::at(&rules, station, on.parse().unwrap()).class("petition").to_string();
        assert_eq!((class("HLR-ZY", "2026-07-01").as_str(), class("ETK-QPJ1", "2026-07-01").as_str()), ("public_order", "other"));
    }
}
