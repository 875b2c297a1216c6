//! Printed papers: 一次性告知单.

use crate::model::Service;
use crate::rules::catalogue::Kind;
use kernel::{Error, Result, Timestamp, clock};
use serde_json::{Value, json};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// The typesetter takes a core.
static ADMIT: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// `2026-05-08T09:00:00+08:00`, as papers carry it.
pub fn issued(at: Timestamp) -> String {
    at.to_zoned_datetime(clock::zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// 一次性告知单 of a service: every paper with its source, who may come, where, what it costs, how long it takes.
pub fn notice(organ: &str, s: &Service, kind: Option<&Kind>, due: &str, hours: &[String], at: Timestamp) -> Value {
    let papers: Vec<Value> = (1..).zip(&s.papers.0).map(|(n, p)| json!([n.to_string(), p.text, p.source])).collect();
    let mut rows: Vec<Value> = vec![json!(["业务", s.name])];
    let mut row = |label: &str, value: &str| {
        if !value.is_empty() {
            rows.push(json!([label, value]));
        }
    };
    if let Some(k) = kind {
        row("谁可以办", &k.who);
        row("到哪里办", &k.place);
        row("代办", &k.proxy);
        row("费用", &k.fee);
    }
    row("期限", due);
    row("提醒", &s.note);
    row("办理方式", if s.at_door { "窗口办理；行动不便的可以申请上门办理" } else { "窗口办理" });
    let mut blocks = vec![json!({ "table": { "widths": [-6, 1], "rows": rows } }), json!({ "heading": "需要带的材料" })];
    if papers.is_empty() {
        blocks.push(json!({ "prose": "法律没有列明材料，本所也没有另外要求。" }));
    } else {
        blocks.push(json!({ "list": { "widths": [-3, 3, 2], "head": ["序号", "材料", "依据"], "rows": papers } }));
    }
    blocks.push(json!({ "prose": "以上为办理这项业务需要的全部材料，一次告知。材料不全的，窗口当场书面一次告知需要补充的内容。" }));
    if !hours.is_empty() {
        blocks.push(json!({ "heading": "开放时间" }));
        blocks.push(json!({ "clauses": hours }));
    }
    blocks.push(json!({ "seal": { "organ": organ, "date": clock::day_of(at).to_string() } }));
    json!({ "issued_at": issued(at), "title": "一次性告知单", "organ": organ, "size": "a4", "blocks": blocks })
}

/// Lays a paper out.
pub async fn pdf(value: Value) -> Result<Vec<u8>> {
    let permit = ADMIT.acquire().await.map_err(Error::internal)?;
    let pdf = tokio::task::spawn_blocking(move || documents::render(&documents::FORM, &value)).await.map_err(Error::internal)?;
    drop(permit);
    pdf.map(|p| p.bytes).map_err(|e| match &e {
        documents::DocumentError::TooLarge { .. } | documents::DocumentError::TooManyPages { .. } => Error::TooLarge(e.to_string()),
        _ => Error::internal(e.detail()),
    })
}
