//! Figures: one definition each, numerator and denominator from the same rows, each row can be opened.
//!
//! A domain declares its figures as [`Spec`]s with [`figure!`](crate::figure!). The base is one
//! statement that yields `id, number, title, at, hit`: every row counts in the denominator, rows with
//! `hit` in the numerator. Counting and listing use that same text, so a number and the rows behind
//! it cannot differ.

use crate::{Date, Reader, Result, Sql, StationId, Timestamp, Uuid, Value, clock, row::Column};

/// Which rows: a station, days (both included), as known at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub station: StationId,
    pub from: Date,
    pub until: Date,
    /// What was written later does not count.
    pub as_of: Timestamp,
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
}

/// A figure's definition.
pub struct Spec {
    /// Stable short name, such as `dispute.resolution_rate`.
    pub key: &'static str,
    pub name: &'static str,
    /// What is counted, in words a reader can check; printed beside every use.
    pub definition: &'static str,
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
    ($key:literal, $group:literal, $name:literal, $definition:literal, $ratio:literal, $kind:literal, $path:literal, $args:expr, $base:literal, $all:literal, $limit:literal) => {{
        static COUNT: $crate::Sql = $crate::Sql::new(concat!(
            "select count(*) as den, coalesce(sum(case when b.hit then 1 else 0 end), 0) as num from (", $base, ") b"
        ));
        static ROWS: $crate::Sql = $crate::Sql::new(concat!(
            "select b.id as id, b.number as number, b.title as title, b.at as at, b.hit as hit from (", $base,
            ") b where (", $all, " or b.hit) order by b.at desc, b.number desc limit ", $limit
        ));
        $crate::figure::Spec {
            key: $key,
            name: $name,
            definition: $definition,
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

/// One figure with its numbers.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Figure {
    pub key: String,
    pub name: String,
    pub definition: String,
    pub numerator: i64,
    /// `None` for a count.
    pub denominator: Option<i64>,
}

impl Figure {
    /// A count, or a share in hundredths of a percent rounded half up; `None` when nothing divides.
    pub fn hundredths(&self) -> Option<i64> {
        let d = self.denominator?;
        (d > 0).then(|| (self.numerator * 1_000_000 / d + 50) / 100)
    }

    /// `58`, `96.67 %`, `—`.
    pub fn value(&self) -> String {
        match (self.denominator, self.hundredths()) {
            (None, _) => self.numerator.to_string(),
            (Some(_), Some(h)) => format!("{}.{:02} %", h / 100, h % 100),
            (Some(_), None) => "—".into(),
        }
    }
}

/// A row behind a number.
#[derive(Clone, Debug)]
pub struct FigureRow {
    pub id: Uuid,
    pub number: String,
    pub title: String,
    pub at: Timestamp,
    pub hit: bool,
}

/// Rows shown at most.
pub const ROWS: i64 = 500;

impl Spec {
    fn values(&self, p: &Period) -> Vec<Value> {
        self.args
            .iter()
            .map(|a| match a {
                Arg::Station => p.station.value(),
                Arg::From => clock::start_of(p.from).value(),
                Arg::Until => clock::start_of(p.until.tomorrow().unwrap_or(p.until)).value(),
                Arg::FromDay => p.from.value(),
                Arg::UntilDay => p.until.value(),
                Arg::AsOf => p.as_of.value(),
            })
            .collect()
    }

    /// Counts.
    pub async fn figure(&self, r: &mut Reader, p: &Period) -> Result<Figure> {
        let rows = r.rows(self.count, self.values(p)).await?;
        let (num, den): (i64, i64) = match rows.first() {
            Some(row) => (row.get("num")?, row.get("den")?),
            None => (0, 0),
        };
        Ok(Figure {
            key: self.key.into(),
            name: self.name.into(),
            definition: self.definition.into(),
            numerator: if self.ratio { num } else { den },
            denominator: self.ratio.then_some(den),
        })
    }

    /// The rows of the denominator (`all`) or of the numerator, newest first, marked as shown.
    pub async fn rows(&self, r: &mut Reader, p: &Period, all: bool) -> Result<Vec<FigureRow>> {
        let mut values = self.values(p);
        values.push(all.value());
        values.push(ROWS.value());
        let rows = r.rows(self.rows, values).await?;
        let mut out = vec![];
        for row in &rows {
            let id: Uuid = row.get("id")?;
            r.saw(self.kind, id);
            out.push(FigureRow { id, number: row.get("number")?, title: row.get("title")?, at: row.get("at")?, hit: row.get("hit")? });
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(numerator: i64, denominator: i64) -> Figure {
        Figure { key: "k".into(), name: "n".into(), definition: "d".into(), numerator, denominator: Some(denominator) }
    }

    #[test]
    fn a_share_is_rounded_half_up_to_hundredths_of_a_percent() {
        assert_eq!(share(58, 60).value(), "96.67 %");
        assert_eq!(share(56, 58).value(), "96.55 %");
        assert_eq!(share(1, 3).value(), "33.33 %");
        assert_eq!(share(0, 0).value(), "—");
        assert_eq!(Figure { denominator: None, ..share(404, 0) }.value(), "404");
    }
}
