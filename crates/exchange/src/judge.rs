//! One record by the mapping: pure, so that a preview and an import can never differ.

use crate::mapping::Mapping;
use crate::value::{self, BadTime};
use kernel::Timestamp;

/// A row that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: String,
    pub reported_at: Timestamp,
    pub title: String,
    pub content: String,
    pub support: Option<i64>,
    pub oppose: Option<i64>,
    /// Optional fields that could not be read, as reason keys.
    pub warnings: Vec<String>,
}

impl Row {
    /// What is compared when the same key comes again.
    pub fn digest(&self) -> [u8; 32] {
        let text = format!("{}\n{}\n{}", self.reported_at.as_microsecond(), self.title, self.content);
        vault::digest(vault::HashAlg::Sm3, &[text.as_bytes()])
    }
}

/// What a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    Accepted(Box<T>),
    /// Reason keys, the first one decisive.
    Refused(Vec<&'static str>),
    Skipped,
}

/// The sentence for a reason key.
pub fn says(reason: &str) -> &'static str {
    match reason {
        "key.missing" => "没有编号，无法保证不重复导入。",
        "key.conflict" => "同一编号已有不同的内容，由人核对后再定。",
        "key.too_long" => "编号太长。",
        "time.missing" => "没有时间。",
        "time.unreadable" => "时间的写法看不懂，请写成 2026-05-08 21:30:00。",
        "time.impossible" => "没有这一天或这一刻。",
        "time.future" => "时间晚于现在。",
        "title.too_long" => "标题太长。",
        "body.missing" => "没有内容。",
        "body.too_long" => "内容太长，不截断，请拆分。",
        "columns.too_few" => "这一行的列比表头少。",
        "columns.too_many" => "这一行的列比表头多，可能有多余的逗号或引号。",
        "name.missing" => "没有姓名。",
        "place.missing" => "没有住址，人员要挂在地址上。",
        "number.lost_digits" => "证件号码被表格软件改成了科学计数，后几位已经丢失。请把该列设为文本后重新填写。",
        "number.unreadable" => "有一格应该是数，却读不懂。",
        "cell.too_long" => "有一格太长，不截断，请改短。",
        "service.missing" => "没有写业务。",
        "people.missing" => "人数空着：没有人来请填 0；没有观察过，请删去这一行。",
        "slot.conflict" => "同一业务的同一刻钟有不同的人数，由人核对后再定。",
        "write.failed" => "写入时被拒绝。",
        _ => "不能导入。",
    }
}

/// Blank rows and sums are skipped; a row with more or fewer cells than the heading is refused.
pub(crate) fn shape<T>(m: &Mapping, header: &[String], record: &[String]) -> Option<Verdict<T>> {
    if record.iter().all(|c| value::clean(c).is_empty()) || m.skips(header, record) {
        return Some(Verdict::Skipped);
    }
    match record.len().cmp(&header.len()) {
        std::cmp::Ordering::Less => Some(Verdict::Refused(vec!["columns.too_few"])),
        std::cmp::Ordering::Greater => Some(Verdict::Refused(vec!["columns.too_many"])),
        std::cmp::Ordering::Equal => None,
    }
}

/// Judges one record of messages.
pub fn judge(m: &Mapping, header: &[String], record: &[String], now: Timestamp) -> Verdict<Row> {
    if let Some(early) = shape(m, header, record) {
        return early;
    }
    let cell = |field: &str| -> Option<String> {
        let c = m.columns.get(field)?;
        let i = header.iter().position(|h| h == &c.from)?;
        let text = value::clean(&record[i]);
        Some(if c.width.as_deref() == Some("half") { value::half(&text) } else { text })
    };
    let longer = |field: &str, text: &str, most: usize| {
        text.chars().count() > m.columns.get(field).and_then(|c| c.max_chars).unwrap_or(most)
    };
    let mut refused = vec![];
    let key = cell("external_id").unwrap_or_default();
    if key.is_empty() {
        refused.push("key.missing");
    } else if longer("external_id", &key, 64) {
        refused.push("key.too_long");
    }
    let time = cell("reported_at").unwrap_or_default();
    let mut reported_at = now;
    if time.is_empty() {
        refused.push("time.missing");
    } else if let Some(c) = m.columns.get("reported_at") {
        match value::moment(&time, c) {
            Ok(t) if t > now => refused.push("time.future"),
            Ok(t) => reported_at = t,
            Err(BadTime::Impossible) => refused.push("time.impossible"),
            Err(BadTime::Unreadable) => refused.push("time.unreadable"),
        }
    }
    let title = cell("title").unwrap_or_default().replace('\n', " ");
    if longer("title", &title, 200) {
        refused.push("title.too_long");
    }
    let content = cell("content").unwrap_or_default();
    if content.is_empty() {
        refused.push("body.missing");
    } else if longer("content", &content, 20_000) {
        refused.push("body.too_long");
    }
    if !refused.is_empty() {
        return Verdict::Refused(refused);
    }
    let mut warnings = vec![];
    let mut count = |field: &str| {
        let text = cell(field)?;
        let c = m.columns.get(field)?;
        if text.is_empty() {
            return None;
        }
        let n = value::integer(&text, c);
        if n.is_none() {
            warnings.push(format!("{}.unreadable", c.from));
        }
        n
    };
    let (support, oppose) = (count("support_count"), count("oppose_count"));
    Verdict::Accepted(Box::new(Row { key, reported_at, title, content, support, oppose, warnings }))
}
