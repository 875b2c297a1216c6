//! Printed papers: 一次性告知单, 补正告知书, 受理回执, certificates, 不予办理告知书, what is not issued any more.

use crate::model::{Case, CaseState, Service};
use crate::rules::catalogue::{Kind, Refused};
use kernel::{Date, Error, Result, Timestamp, clock};
use serde_json::{Value, json};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// The typesetter takes a core.
static ADMIT: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// `2026-05-08T09:00:00+08:00`, as papers carry it.
pub fn issued(at: Timestamp) -> String {
    at.to_zoned_datetime(clock::zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// 一次性告知单 of a service: every paper with its source, who may come, where, what it costs, how long it takes. It says what holds
/// on the day, so every print of a day is the same.
pub fn notice(organ: &str, s: &Service, kind: Option<&Kind>, due: &str, hours: &[String], on: Date) -> Value {
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
    blocks.push(json!({ "seal": { "organ": organ, "date": on.to_string() } }));
    json!({ "issued_at": issued(clock::start_of(on)), "title": "一次性告知单", "organ": organ, "size": "a4", "blocks": blocks })
}

/// Lays a paper out.
pub async fn pdf(value: Value) -> Result<Vec<u8>> {
    let permit = ADMIT.acquire().await.map_err(Error::internal)?;
    let pdf = tokio::task::spawn_blocking(move || documents::render(&documents::FORM, &value)).await.map_err(Error::internal)?;
    drop(permit);
    let pdf = pdf.map_err(|e| match &e {
        documents::DocumentError::TooLarge { .. } | documents::DocumentError::TooManyPages { .. } => Error::TooLarge(e.to_string()),
        _ => Error::internal(e.detail()),
    })?;
    web::paper::drawable(&pdf.missing)?;
    Ok(pdf.bytes)
}

/// The paper that the state of a case calls for: 补正告知书, 受理回执, the certificate or the result, 不予办理告知书. The kinds of
/// the catalogue name purpose and validity only, so that is what a certificate carries besides what was found. It is of the moment
/// at which the case came into its state, whenever it is printed.
pub fn of_case(organ: &str, c: &Case, name: &str, kind: Option<&Kind>, output: &str) -> Value {
    let at = match c.state {
        CaseState::Incomplete => c.told_at,
        CaseState::Accepted => c.accepted_at,
        CaseState::Issued | CaseState::Refused | CaseState::Withdrawn => c.decided_at,
    };
    let at = at.unwrap_or(c.made_at);
    let day = |t: Option<Timestamp>| clock::day_of(t.unwrap_or(at)).to_string();
    let form = |title: &str, number: &str, mut blocks: Vec<Value>, date: String| {
        blocks.push(json!({ "seal": { "organ": organ, "date": date } }));
        json!({ "issued_at": issued(at), "title": title, "organ": organ, "number": number, "size": "a4", "blocks": blocks })
    };
    let paper = |n: &usize| c.papers.0.get(*n).map(|p| format!("{}（{}）", p.text, p.source));
    match c.state {
        CaseState::Incomplete => {
            let missing: Vec<String> = c.missing.0.iter().filter_map(paper).collect();
            let blocks = vec![
                json!({ "to": name }),
                json!({ "prose": format!("您于 {} 申请办理“{}”，经核对，还需要补充下列材料：", day(Some(c.made_at)), c.name) }),
                json!({ "clauses": missing }),
                json!({ "prose": "以上为需要补充的全部材料，一次告知。补齐后当场受理，窗口不再要求其他材料。" }),
                json!({ "line": "申请人（签名）：" }),
            ];
            form("补正告知书", &c.number, blocks, day(c.told_at))
        }
        CaseState::Refused => {
            let blocks = vec![
                json!({ "to": name }),
                json!({ "prose": format!("您于 {} 申请办理“{}”，经审查，不予办理。", day(Some(c.made_at)), c.name) }),
                json!({ "heading": "理由和依据" }),
                json!({ "prose": c.why }),
                json!({ "heading": "您可以这样办" }),
                json!({ "prose": c.instead }),
            ];
            form("不予办理告知书", &c.result_number, blocks, day(c.decided_at))
        }
        CaseState::Issued if kind.is_some_and(|k| k.result == "certificate") => {
            let mut blocks = vec![json!({ "prose": c.statement }), json!({ "prose": format!("用途：{}。", c.purpose) })];
            if let Some(d) = c.valid_until {
                blocks.push(json!({ "prose": format!("有效期至 {} 年 {} 月 {} 日。", d.year(), d.month(), d.day()) }));
            }
            form(&c.name, &c.result_number, blocks, day(c.decided_at))
        }
        _ => {
            let mut rows = vec![json!(["申请人", name]), json!(["业务", c.name]), json!(["登记", clock::show(c.made_at)])];
            if let Some(t) = c.accepted_at {
                rows.push(json!(["受理", clock::show(t)]));
            }
            if let Some(d) = c.due {
                rows.push(json!(["期限", format!("{d} 前")]));
            }
            if !c.result_number.is_empty() {
                rows.push(json!(["结果编号", c.result_number]));
            }
            if !c.result_code.is_empty() {
                rows.push(json!(["出具文书", output]));
            }
            let title = if c.state == CaseState::Issued { "办理结果" } else { "受理回执" };
            form(title, &c.number, vec![json!({ "table": { "widths": [-6, 1], "rows": rows } })], day(c.decided_at.or(c.accepted_at)))
        }
    }
}

/// 不再出具的告知: why a certificate is not issued and what to go by instead.
pub fn not_issued(organ: &str, r: &Refused, number: &str, at: Timestamp) -> Value {
    let blocks = vec![
        json!({ "prose": format!("您要开具的“{}”，公安派出所不再出具。", r.name) }),
        json!({ "heading": "为什么" }),
        json!({ "prose": format!("{}。", r.why) }),
        json!({ "heading": "您可以这样办" }),
        json!({ "prose": format!("{}。", r.instead) }),
        json!({ "prose": format!("依据：{}{}", r.source, if r.verified { "" } else { "（待核实，以原文为准）" }) }),
        json!({ "seal": { "organ": organ, "date": clock::day_of(at).to_string() } }),
    ];
    json!({ "issued_at": issued(at), "title": "告知单", "organ": organ, "number": number, "size": "a4", "blocks": blocks })
}
