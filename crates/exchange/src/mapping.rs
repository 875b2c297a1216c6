//! The mapping file: what the source looks like, where its rows go, how each column is read.

use kernel::{Error, Refusal, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The mappings that come with the program: name, title, text.
pub const SHIPPED: &[(&str, &str, &str)] = &[
    ("citizen_messages", "群众留言、12345 转办（编号、时间、标题、内容）", include_str!("../../../mappings/citizen_messages.toml")),
    ("people_register", "住户登记表（姓名、证件、住址）", include_str!("../../../mappings/people_register.toml")),
    ("cameras", "摄像机台账（编号、位置、码流、备案）", include_str!("../../../mappings/cameras.toml")),
    ("arrivals", "过去的到访（旧叫号机、登记表：时间、业务、人数）", include_str!("../../../mappings/arrivals.toml")),
];

/// A mapping file (`mappings/*.toml`).
#[derive(Clone, Debug, Deserialize)]
pub struct Mapping {
    pub mapping: Head,
    pub source: Source,
    pub target: Target,
    pub columns: BTreeMap<String, Column>,
    pub key: Key,
    #[serde(default)]
    pub skip: Skip,
}

/// Rows that are not data, such as a table's last line with the sum.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Skip {
    /// Field → values that mark such a row.
    #[serde(default)]
    pub rows_where: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Head {
    pub name: String,
    #[serde(default)]
    pub title: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Source {
    /// `csv` or `xlsx`.
    pub format: String,
    #[serde(default = "auto")]
    pub encoding: String,
    #[serde(default = "comma")]
    pub delimiter: String,
    #[serde(default)]
    pub sheet: Option<String>,
    #[serde(default = "most_bytes")]
    pub max_bytes: u64,
    #[serde(default = "most_rows")]
    pub max_rows: usize,
    #[serde(default = "most_chars")]
    pub max_cell_chars: usize,
}

fn auto() -> String {
    "auto".into()
}
fn comma() -> String {
    ",".into()
}
fn most_bytes() -> u64 {
    200_000_000
}
fn most_rows() -> usize {
    1_000_000
}
fn most_chars() -> usize {
    100_000
}

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Kind {
    /// 接警单: one intake a row.
    #[serde(rename = "incident.intake")]
    Intake,
    /// 人员登记: one person a row, hung on an address.
    #[serde(rename = "people.register")]
    Person,
    /// 摄像机: one camera a row, known by its number.
    #[serde(rename = "video.camera")]
    Camera,
    /// 过去的到访: how many came for a service in a quarter hour, or one person a row.
    #[serde(rename = "demand.arrival")]
    Arrival,
}

impl Kind {
    /// Fields without which no row can be read.
    fn needed(self) -> &'static [&'static str] {
        match self {
            Kind::Intake => &["external_id", "reported_at", "content"],
            Kind::Person => &["name"],
            Kind::Camera => &["number", "name", "place", "main_url"],
            Kind::Arrival => &["at", "service"],
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct Target {
    /// What a row becomes.
    pub kind: Kind,
    #[serde(default)]
    pub station: Option<String>,
    #[serde(default)]
    pub source_code: String,
    #[serde(default)]
    pub category_initial: Option<String>,
}

/// How one target field is read.
#[derive(Clone, Debug, Deserialize)]
pub struct Column {
    pub from: String,
    /// Other headings under which the same column comes.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Words of the source → words of the register.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    /// Endings that are dropped: `3号楼` becomes `3`.
    #[serde(default)]
    pub strip_suffix: Vec<String>,
    /// `text`, `datetime` or `integer`.
    #[serde(rename = "type", default = "text")]
    pub kind: String,
    #[serde(default)]
    pub required: bool,
    /// `half`: full-width digits and letters become half-width.
    #[serde(default)]
    pub width: Option<String>,
    #[serde(default)]
    pub max_chars: Option<usize>,
    #[serde(default = "refuse")]
    pub on_bad: String,
    #[serde(default)]
    pub parse: Vec<String>,
    #[serde(default)]
    pub excel_serial_range: Option<[i64; 2]>,
    #[serde(default)]
    pub min: Option<i64>,
    #[serde(default)]
    pub max: Option<i64>,
}

fn text() -> String {
    "text".into()
}
fn refuse() -> String {
    "refuse".into()
}

#[derive(Clone, Debug, Deserialize)]
pub struct Key {
    pub columns: Vec<String>,
    pub namespace: String,
}

impl Mapping {
    /// Reads a mapping; refuses what it does not know, naming it.
    pub fn parse(text: &str) -> Result<Mapping> {
        let bad = |what: String| Error::from(Refusal::new("mapping.syntax", what, "请对照 mappings 目录中的样例改正。"));
        let m: Mapping = toml::from_str(text).map_err(|e| bad(format!("映射文件读不懂：{}", e.message())))?;
        if !matches!(m.source.format.as_str(), "csv" | "xlsx") {
            return Err(bad(format!("来源格式“{}”不认识，可用 csv 或 xlsx。", m.source.format)));
        }
        for need in m.target.kind.needed() {
            if !m.columns.contains_key(*need) {
                return Err(bad(format!("映射缺少 columns.{need}。")));
            }
        }
        if m.target.kind == Kind::Intake && m.target.source_code.is_empty() {
            return Err(bad("映射缺少 target.source_code（警情来源代码）。".into()));
        }
        for k in &m.key.columns {
            if !m.columns.contains_key(k) {
                return Err(bad(format!("key.columns 中的 {k} 没有对应的列。")));
            }
        }
        Ok(m)
    }

    /// Whether a record is marked as no data (合计, 小计).
    pub fn skips(&self, header: &[String], record: &[String]) -> bool {
        self.skip.rows_where.iter().any(|(field, values)| {
            let column = self.columns.get(field);
            let at = column.and_then(|c| header.iter().position(|h| *h == c.from || c.aliases.contains(h)));
            at.and_then(|i| record.get(i)).is_some_and(|c| values.iter().any(|v| v == c.trim()))
        })
    }

    pub fn delimiter(&self) -> u8 {
        match self.source.delimiter.as_str() {
            "\t" => b'\t',
            ";" => b';',
            _ => b',',
        }
    }
}
