//! Figures: one definition each, numerator and denominator from the same rows, each row can be opened.
//!
//! A domain declares its figures as [`Spec`]s with [`figure!`](crate::figure!). The base is one
//! statement that yields `id, number, title, at, hit`: every row counts in the denominator, rows with
//! `hit` in the numerator. Counting and listing use that same text, so a number and the rows behind
//! it cannot differ. A [`Breakdown`] divides what a figure counts into parts by the same means.
//!
//! **As known on.** A base reads only what was appended up to `as_of`, so the same question gives the
//! same number whenever it is asked.
//!
//! **Editions.** A definition has a number and the day since which it holds. A changed one is a new
//! edition; the text of the former stays readable ([`Edition`]).

pub mod compare;
pub mod interval;
mod memory;

use crate::rules::RuleSet;
use crate::{Date, Reader, Result, Row, Sql, StationId, Timestamp, ToSpan, Uuid, Value, clock, row::Column};
pub use compare::Change;
pub use memory::Memory;
pub(crate) use memory::Written;

/// How small numbers are treated; dated values of the rule pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// `dispute.latent_days`: a dispute younger than this is not yet observed.
    pub latent_days: i64,
    /// `figures.min_n`: below this denominator no per cent is shown, the fraction stays.
    pub min_n: i64,
    /// `figures.min_base`: below this base no per cent of change is shown.
    pub min_base: i64,
}

impl Terms {
    /// As the rules stand on `on`.
    pub fn of(rules: &RuleSet, on: Date) -> Result<Terms> {
        Ok(Terms {
            latent_days: rules.int("dispute.latent_days", on)?,
            min_n: rules.int("figures.min_n", on)?,
            min_base: rules.int("figures.min_base", on)?,
        })
    }
}

/// Which rows: a station, days (both included), as known at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub station: StationId,
    pub from: Date,
    pub until: Date,
    /// What was written later does not count.
    pub as_of: Timestamp,
    /// A duty shift that crosses midnight: its first moment and the first moment after it. Figures by
    /// moment use it, figures by day use the days.
    pub shift: Option<(Timestamp, Timestamp)>,
    pub terms: Terms,
}

impl Period {
    /// Whole days.
    pub fn days(station: StationId, from: Date, until: Date, as_of: Timestamp, terms: Terms) -> Period {
        Period { station, from, until, as_of, shift: None, terms }
    }
}

/// The parameters a base may use; each figure lists those it uses, in the order of `$1, $2 …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    Station,
    /// First moment of the period.
    From,
    /// First moment after the period.
    Until,
    /// First day.
    FromDay,
    /// Last day.
    UntilDay,
    AsOf,
    /// The day of `as_of`.
    AsOfDay,
    /// The last day whose disputes were observed for the whole window.
    ObservedDay,
}

/// The wording of a definition that held before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edition {
    pub version: i64,
    pub since: &'static str,
    pub definition: &'static str,
}

/// A figure's definition.
pub struct Spec {
    /// Stable short name, such as `dispute.resolution_rate`.
    pub key: &'static str,
    pub name: &'static str,
    /// The edition of the definition, and the day since which it holds.
    pub version: i64,
    pub since: &'static str,
    /// What is counted, in words a reader can check; printed beside every use.
    pub definition: &'static str,
    /// Former editions, newest first.
    pub older: &'static [Edition],
    /// A share (numerator of denominator), or a count.
    pub ratio: bool,
    pub args: &'static [Arg],
    pub count: &'static Sql,
    pub rows: &'static Sql,
    /// What a row is, for the record of looks: `incident`, `dispute`.
    pub kind: &'static str,
    /// Where a row opens: this and its id.
    pub path: &'static str,
    /// The heading it stands under.
    pub group: &'static str,
}

/// Declares a figure from its base statement. The numbers after the base are the next two parameters
/// (`$n` for "all rows" and `$m` for the limit of the list).
#[macro_export]
macro_rules! figure {
    ($key:literal, $group:literal, $name:literal, ($version:literal, $since:literal), $definition:literal, $ratio:literal, $kind:literal, $path:literal, $args:expr, $base:expr, $all:literal, $limit:literal) => {{
        static COUNT: $crate::Sql = $crate::Sql::new(concat!(
            "select count(*) as den, coalesce(sum(case when b.hit then 1 else 0 end), 0) as num from (",
            $base,
            ") b"
        ));
        static ROWS: $crate::Sql = $crate::Sql::new(concat!(
            "select b.id as id, b.number as number, b.title as title, b.at as at, b.hit as hit from (",
            $base,
            ") b where (",
            $all,
            " or b.hit) order by b.at desc, b.number desc limit ",
            $limit
        ));
        $crate::figure::Spec {
            key: $key,
            name: $name,
            version: $version,
            since: $since,
            definition: $definition,
            older: &[],
            ratio: $ratio,
            args: $args,
            count: &COUNT,
            rows: &ROWS,
            kind: $kind,
            path: $path,
            group: $group,
        }
    }};
}

/// What a figure counts, divided into parts that sum to it.
pub struct Breakdown {
    pub key: &'static str,
    /// The figure whose numerator is divided.
    pub of: &'static str,
    pub name: &'static str,
    pub version: i64,
    pub since: &'static str,
    pub definition: &'static str,
    pub args: &'static [Arg],
    pub count: &'static Sql,
    pub rows: &'static Sql,
    pub kind: &'static str,
    pub path: &'static str,
    pub parts: Parts,
}

/// How a part is called.
#[derive(Clone, Copy, Debug)]
pub enum Parts {
    /// By a code list of the rule pack; a row without a code is 未定类.
    List(&'static str),
    /// By several lists of the rule pack; the first that knows the code names it.
    Lists(&'static [&'static str]),
    /// By ids of units in hexadecimal; the caller knows what they are called.
    Units,
    /// Fixed parts in their order: code and name.
    Fixed(&'static [(&'static str, &'static str)]),
}

/// Declares a breakdown; the base yields `id, number, title, at, part`. The numbers after the base are
/// the parameter of the parts asked for (texts) and of the limit.
#[macro_export]
macro_rules! breakdown {
    ($key:literal, $of:literal, $name:literal, ($version:literal, $since:literal), $definition:literal, $kind:literal, $path:literal, $parts:expr, $args:expr, $base:expr, $part:literal, $limit:literal) => {{
        static COUNT: $crate::Sql = $crate::Sql::new(concat!(
            "select b.part as part, count(*) as n from (",
            $base,
            ") b group by b.part order by b.part"
        ));
        static ROWS: $crate::Sql = $crate::Sql::new(concat!(
            "select b.id as id, b.number as number, b.title as title, b.at as at, (1 = 1) as hit from (",
            $base,
            ") b where b.part in @texts(",
            $part,
            ") order by b.at desc, b.number desc limit ",
            $limit
        ));
        $crate::figure::Breakdown {
            key: $key,
            of: $of,
            name: $name,
            version: $version,
            since: $since,
            definition: $definition,
            args: $args,
            count: &COUNT,
            rows: &ROWS,
            kind: $kind,
            path: $path,
            parts: $parts,
        }
    }};
}

/// One figure with its numbers.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Figure {
    pub key: String,
    pub name: String,
    pub version: i64,
    pub definition: String,
    pub numerator: i64,
    /// `None` for a count.
    pub denominator: Option<i64>,
    /// Below this denominator no per cent is shown.
    pub min_n: i64,
}

impl Figure {
    /// A share in hundredths of a percent rounded half up; `None` for a count, when nothing divides, and
    /// when there are too few.
    pub fn hundredths(&self) -> Option<i64> {
        let d = self.denominator?;
        (d > 0 && !self.is_small()).then(|| hundredths(self.numerator, d))
    }

    /// Too few for a per cent.
    pub fn is_small(&self) -> bool {
        self.denominator.is_some_and(|d| d > 0 && d < self.min_n)
    }

    /// `58`, `96.67 %`, `—`; the bare fraction `7/9` when there are too few for a per cent.
    pub fn value(&self) -> String {
        match (self.denominator, self.hundredths()) {
            (None, _) => self.numerator.to_string(),
            (Some(_), Some(h)) => percent(h),
            (Some(d), None) if d > 0 => format!("{}/{d}", self.numerator),
            (Some(_), None) => "—".into(),
        }
    }

    /// How sure the share is: `95 % 置信区间 88.5 %–99.6 %`, for none at all the one-sided upper bound; why no
    /// per cent stands; "" for a count.
    pub fn certainty(&self) -> String {
        let Some(d) = self.denominator.filter(|d| *d > 0) else { return String::new() };
        let bound = match (self.numerator, interval::upper_of_none(d), interval::share(self.numerator, d)) {
            (0, Some(upper), _) => format!("分子为零，95 % 单侧上限 {:.2} %", upper * 100.0),
            (_, _, Some(i)) => format!("95 % 置信区间 {:.1} %–{:.1} %", i.low * 100.0, i.high * 100.0),
            _ => return String::new(),
        };
        if self.is_small() { format!("分母不足 {}，不列百分数；{bound}", self.min_n) } else { bound }
    }
}

/// `n/d` in hundredths of a percent, rounded half up; `d` > 0.
pub fn hundredths(n: i64, d: i64) -> i64 {
    (n * 1_000_000 / d + 50) / 100
}

/// `96.67 %`.
pub fn percent(hundredths: i64) -> String {
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// The rule by which shares are rounded, printed beside them.
pub const ROUNDING: &str = "百分数四舍五入到 0.01 %，不截断";

/// A row behind a number.
#[derive(Clone, Debug)]
pub struct FigureRow {
    pub id: Uuid,
    pub number: String,
    pub title: String,
    pub at: Timestamp,
    pub hit: bool,
}

/// Rows of one page of a list.
pub const ROWS: i64 = 500;

/// Pages of a list at most: a hundred thousand rows.
pub const PAGES: i64 = 200;

/// A page of a list: its number from 0, within the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf(i64);

impl Leaf {
    pub const FIRST: Leaf = Leaf(0);

    /// As a link carries it, from 1; nonsense is the first page.
    pub fn typed(page: &str) -> Leaf {
        Leaf(page.trim().parse::<i64>().unwrap_or(1).clamp(1, PAGES) - 1)
    }

    /// Its number as people count.
    pub fn number(self) -> i64 {
        self.0 + 1
    }

    /// How many pages `rows` rows fill; one at least.
    pub fn of(rows: i64) -> i64 {
        ((rows + ROWS - 1) / ROWS).clamp(1, PAGES)
    }

    /// Rows to read from the first on, and how many of them come before this page.
    fn span(self) -> (i64, usize) {
        ((self.0 + 1) * ROWS, (self.0 * ROWS) as usize)
    }
}

fn values(args: &[Arg], p: &Period) -> Vec<Value> {
    args.iter()
        .map(|a| match a {
            Arg::Station => p.station.value(),
            Arg::From => p.shift.map_or_else(|| clock::start_of(p.from), |s| s.0).value(),
            Arg::Until => {
                p.shift.map_or_else(|| clock::start_of(p.until.tomorrow().unwrap_or(p.until)), |s| s.1).value()
            }
            Arg::FromDay => p.from.value(),
            Arg::UntilDay => p.until.value(),
            Arg::AsOf => p.as_of.value(),
            Arg::AsOfDay => clock::day_of(p.as_of).value(),
            Arg::ObservedDay => clock::day_of(p.as_of).saturating_sub(p.terms.latent_days.days()).value(),
        })
        .collect()
}

/// Rows of a page, marked as shown; those of the pages before it are read and passed over.
async fn listed(r: &mut Reader, statement: &'static Sql, kind: &str, mut values: Vec<Value>, page: Leaf) -> Result<Vec<FigureRow>> {
    let (most, before) = page.span();
    values.push(most.value());
    let rows = r.rows(statement, values).await?;
    let mut out = vec![];
    for row in rows.iter().skip(before) {
        let id: Uuid = row.get("id")?;
        r.saw(kind, id);
        out.push(FigureRow {
            id,
            number: row.get("number")?,
            title: row.get("title")?,
            at: row.get("at")?,
            hit: row.get("hit")?,
        });
    }
    Ok(out)
}

impl Spec {
    /// With the wording of former editions.
    pub fn older(mut self, editions: &'static [Edition]) -> Spec {
        self.older = editions;
        self
    }

    /// Counts.
    pub async fn figure(&self, r: &mut Reader, p: &Period) -> Result<Figure> {
        let counts = memory::counts(r, self.count, self.args, p, |rows| match rows.first() {
            Some(row) => Ok(vec![("num".into(), row.get("num")?), ("den".into(), row.get("den")?)]),
            None => Ok(vec![]),
        });
        let counts = counts.await?;
        let of = |what: &str| counts.iter().find(|(name, _)| name == what).map_or(0, |(_, n)| *n);
        let (num, den) = (of("num"), of("den"));
        Ok(Figure {
            key: self.key.into(),
            name: self.name.into(),
            version: self.version,
            definition: self.definition.into(),
            numerator: if self.ratio { num } else { den },
            denominator: self.ratio.then_some(den),
            min_n: p.terms.min_n,
        })
    }

    /// A page of the rows of the denominator (`all`) or of the numerator, newest first, marked as shown.
    pub async fn rows(&self, r: &mut Reader, p: &Period, all: bool, page: Leaf) -> Result<Vec<FigureRow>> {
        let mut values = values(self.args, p);
        values.push(all.value());
        listed(r, self.rows, self.kind, values, page).await
    }
}

impl Breakdown {
    /// The parts that occur, by code, with their counts.
    pub async fn parts(&self, r: &mut Reader, p: &Period) -> Result<Vec<(String, i64)>> {
        let read = |rows: &[Row]| rows.iter().map(|row| Ok((row.get("part")?, row.get("n")?))).collect();
        Ok(memory::counts(r, self.count, self.args, p, read).await?.to_vec())
    }

    /// A page of the rows of one part, newest first, marked as shown.
    pub async fn rows(&self, r: &mut Reader, p: &Period, part: &str, page: Leaf) -> Result<Vec<FigureRow>> {
        self.rows_of(r, p, vec![part.into()], page).await
    }

    /// The same of several parts together.
    pub async fn rows_of(&self, r: &mut Reader, p: &Period, parts: Vec<String>, page: Leaf) -> Result<Vec<FigureRow>> {
        let mut values = values(self.args, p);
        values.push(Value::Texts(parts));
        listed(r, self.rows, self.kind, values, page).await
    }

    /// What a part is called.
    pub fn part_name(&self, rules: &RuleSet, code: &str) -> String {
        let none = "未定类";
        match self.parts {
            _ if code.is_empty() => none.into(),
            Parts::List(list) => rules.name(list, code).to_string(),
            Parts::Lists(lists) => lists.iter().find_map(|l| rules.code(l, code)).map_or(code, |c| &c.name).to_string(),
            Parts::Units => code.into(),
            Parts::Fixed(all) => all.iter().find(|(c, _)| *c == code).map_or(none, |(_, n)| n).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(numerator: i64, denominator: i64) -> Figure {
        let (key, name, definition) = ("k".into(), "n".into(), "d".into());
        Figure { key, name, version: 1, definition, numerator, denominator: Some(denominator), min_n: 10 }
    }

    #[test]
    fn a_share_is_rounded_half_up_to_hundredths_of_a_percent() {
        assert_eq!(share(58, 60).value(), "96.67 %");
        assert_eq!(share(56, 58).value(), "96.55 %");
        assert_eq!(share(10, 30).value(), "33.33 %");
        assert_eq!(share(1, 32).value(), "3.13 %");
        assert_eq!(share(0, 0).value(), "—");
        assert_eq!(Figure { denominator: None, ..share(404, 0) }.value(), "404");
    }

    #[test]
    fn every_row_has_its_page() {
        assert_eq!((Leaf::of(0), Leaf::of(500), Leaf::of(501), Leaf::of(1_200)), (1, 1, 2, 3));
        assert_eq!((Leaf::typed(""), Leaf::typed("1"), Leaf::typed("-3"), Leaf::typed("x")), (Leaf::FIRST, Leaf::FIRST, Leaf::FIRST, Leaf::FIRST));
        assert_eq!((Leaf::typed("3").number(), Leaf::typed("3").span()), (3, (1_500, 1_000)));
        assert_eq!(Leaf::typed("999999").number(), PAGES);
    }

    #[test]
    fn too_few_have_a_fraction_and_no_per_cent() {
        assert_eq!((share(7, 9).value(), share(7, 9).hundredths()), ("7/9".into(), None));
        assert!(share(7, 9).certainty().starts_with("分母不足 10，不列百分数"));
        assert_eq!(share(9, 10).value(), "90.00 %");
    }

    #[test]
    fn every_share_says_how_sure_it_is() {
        assert_eq!(share(58, 60).certainty(), "95 % 置信区间 88.5 %–99.6 %");
        assert_eq!(share(0, 404).certainty(), "分子为零，95 % 单侧上限 0.74 %");
        assert_eq!(share(0, 0).certainty(), "");
        assert_eq!(Figure { denominator: None, ..share(404, 0) }.certainty(), "");
    }
}
