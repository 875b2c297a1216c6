//! 纸质问卷: the sheet that is printed, filled in by hand and typed in again by its numbers; and the minutes of a meeting.

use crate::model::{Meeting, Survey, Vote, Wish};
use crate::rules;
use forms::{Definition, Item, Kind};
use kernel::{Error, Result, Timestamp, clock};
use serde_json::{Value, json};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// The typesetter takes a core.
static ADMIT: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// A condition of the builder in words; another one as it stands.
fn condition(d: &Definition, i: &Item) -> String {
    if i.relevant.is_empty() {
        return String::new();
    }
    let plain = i.relevant.strip_prefix("selected(${").and_then(|r| r.strip_suffix("')"));
    let value = plain.and_then(|r| r.split_once("}, '")).map(|(q, c)| format!("{q}={c}"));
    let words = rules::conditions(d).into_iter().find(|(v, _)| Some(v) == value.as_ref()).map(|(_, w)| w);
    words.map_or("（符合前面的回答才填）".into(), |w| format!("（{w}的才填）"))
}

fn question(d: &Definition, i: &Item, number: &mut usize, blocks: &mut Vec<Value>) {
    let label = match i.label.get("") {
        "" => i.name.as_str(),
        label => label,
    };
    let hint = i.hint.get("");
    match &i.kind {
        Kind::Group | Kind::Repeat => {
            if !i.label.is_empty() {
                blocks.push(json!({ "heading": label }));
            }
            if i.kind == Kind::Repeat {
                blocks.push(json!({ "prose": "（有几份填几份，写不下请另附纸）" }));
            }
            i.children.iter().for_each(|c| question(d, c, number, blocks));
        }
        Kind::Note => blocks.push(json!({ "prose": label })),
        Kind::Calculate | Kind::Hidden | Kind::Meta(_) | Kind::Media(_) => {}
        kind => {
            *number += 1;
            let how = match kind {
                Kind::SelectOne(_) => "（选一项）",
                Kind::SelectMultiple(_) => "（可选几项）",
                _ => "",
            };
            let mut together = vec![json!({ "prose": format!("{number}. {label}{how}{}", condition(d, i)) })];
            if !hint.is_empty() {
                together.push(json!({ "prose": hint }));
            }
            let tick = |label: String| json!({ "label": label, "on": false });
            match kind.list().and_then(|l| d.list(l)) {
                Some(list) => {
                    let ticks: Vec<Value> = (1..).zip(&list.choices).map(|(n, c)| tick(format!("{n}　{}", c.label.get("")))).collect();
                    together.push(json!({ "ticks": ticks }));
                }
                None if *kind == Kind::Acknowledge => together.push(json!({ "ticks": [tick("是".into())] })),
                None => {
                    let tall = if *kind == Kind::Text { 22 } else { 9 };
                    together.push(json!({ "table": { "widths": [-4, 1], "rows": [["回答", { "value": "", "tall": tall }]] } }));
                }
            }
            blocks.push(json!({ "together": together }));
        }
    }
}

/// `2026-05-08T09:00:00+08:00`, as papers carry it.
fn issued(at: Timestamp) -> String {
    at.to_zoned_datetime(clock::zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The data of the sheet, of the moment at which the survey was opened. `qr` is the code of the address, or "".
pub fn sheet(organ: &str, s: &Survey, address: &str, qr: &str) -> Value {
    let d = &s.definition.0;
    let mut blocks = vec![];
    if !s.intro.is_empty() {
        blocks.push(json!({ "prose": s.intro }));
    }
    if s.anonymous {
        blocks.push(json!({ "prose": "匿名填写：请不要写姓名、电话。答卷只按天存放，不记是谁填的。" }));
    }
    if !qr.is_empty() {
        let lines = [format!("也可以用手机填：扫右边的码，或打开 {address}"), "两种办法只用一种。".to_string()];
        blocks.push(json!({ "qr": { "lines": lines, "picture": { "$svg": qr }, "alt": "问卷的二维码" } }));
    }
    if s.by_household {
        blocks.push(json!({ "table": { "widths": [-6, 1], "rows": [["答卷码", "　　　　　　（发到户里的纸条上，一户一份）"]] } }));
    }
    let mut number = 0;
    d.items.iter().for_each(|i| question(d, i, &mut number, &mut blocks));
    let until = s.until_day.map_or(String::new(), |d| format!("，{} 月 {} 日前", d.month(), d.day()));
    blocks.push(json!({ "prose": format!("填好后请交给社区民警或派出所窗口{until}。谢谢您！") }));
    json!({ "issued_at": issued(s.opened_at.unwrap_or(s.created_at)), "title": s.title, "organ": organ, "size": "a4", "blocks": blocks })
}

/// Lays the sheet out.
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

/// 居民议事会记录, as it is printed and signed: of the moment at which the record was made final.
pub fn minutes(organ: &str, m: &Meeting, votes: &[Vote], wishes: &[(&Wish, String)]) -> Value {
    let mut rows = vec![
        json!(["日期", format!("{} 年 {} 月 {} 日", m.held_on.year(), m.held_on.month(), m.held_on.day())]),
        json!(["地点", m.place]),
        json!(["到会", format!("{} 人", m.present)]),
    ];
    if !m.chair.is_empty() {
        rows.push(json!(["主持", m.chair]));
    }
    let names = rules::names(&m.names);
    if !names.is_empty() {
        rows.push(json!(["到会人员", names.join("、")]));
    }
    let mut blocks = vec![json!({ "table": { "widths": [-6, 1], "rows": rows } }), json!({ "heading": "会议记录" })];
    blocks.extend(m.minutes.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| json!({ "prose": l })));
    let counted: Vec<&Vote> = votes.iter().filter(|v| !v.struck).collect();
    if !counted.is_empty() {
        let line = |v: &&Vote| json!([v.question, v.yes.to_string(), v.no.to_string(), v.abstained.to_string()]);
        blocks.push(json!({ "heading": "表决" }));
        let rows: Vec<Value> = counted.iter().map(line).collect();
        blocks.push(json!({ "list": { "widths": [1, -4, -4, -4], "head": ["事项", "同意", "反对", "弃权"], "rows": rows } }));
    }
    if !wishes.is_empty() {
        let line = |(w, service): &(&Wish, String)| {
            let when = w.when().map_or(String::new(), |s| s.text());
            json!([w.content, service, when, w.people.to_string()])
        };
        blocks.push(json!({ "heading": "居民意见" }));
        let rows: Vec<Value> = wishes.iter().map(line).collect();
        blocks.push(json!({ "list": { "widths": [3, 2, 2, -4], "head": ["意见", "业务", "时间", "人数"], "rows": rows } }));
    }
    blocks.push(json!({ "line": "主持人（签名）：" }));
    blocks.push(json!({ "line": "记录人（签名）：" }));
    let at = m.closed_at.unwrap_or_else(|| clock::start_of(m.held_on));
    json!({ "issued_at": issued(at), "title": m.title, "organ": organ, "size": "a4", "blocks": blocks })
}
