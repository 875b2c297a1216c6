//! 值班表 for the wall (PDF) and for the desk (XLSX).

use crate::actions::Seen;
use crate::model::{DayType, State};
use crate::web_pages::table::day_rows;
use kernel::text::safe_cell;
use kernel::{Error, Result, Timestamp, clock};
use rust_xlsxwriter::{Color, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use serde_json::{Value, json};
use std::sync::LazyLock;
use tokio::sync::Semaphore;
use web::show::weekday;

const WALL: documents::Template = documents::Template { name: "值班表", source: include_str!("../typst/wall.typ") };

/// The typesetter takes a core.
static ADMIT: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// `正阳派出所 2026 年 6 月值班表`
pub fn title(seen: &Seen, organ: &str) -> String {
    format!("{organ} {} 年 {} 月值班表", seen.plan.month.year(), seen.plan.month.month())
}

/// What stands on the wall.
pub fn data(seen: &Seen, organ: &str) -> Value {
    let (p, plan) = (&seen.problem, &seen.plan);
    let issued: Timestamp = plan.published_at.unwrap_or(plan.started_at);
    let published = matches!(plan.state, State::Published | State::Superseded);
    let days: Vec<Value> = p
        .days
        .iter()
        .map(|d| {
            let mark = if d.make_up { "班" } else { d.holiday.as_str() };
            json!({ "n": d.date.day(), "weekday": if d.make_up { "班" } else { weekday(d.date) }, "kind": d.kind.code(), "mark": mark })
        })
        .collect();
    let rows: Vec<Value> = p
        .people
        .iter()
        .enumerate()
        .map(|(i, m)| {
            let at = |d: usize| seen.roster.at(i, d).and_then(|k| p.kinds.get(k));
            let cells: Vec<Value> = (0..p.days.len()).map(|d| at(d).map_or(json!({ "code": "", "night": false }), |k| json!({ "code": k.code, "night": k.night }))).collect();
            let all: Vec<_> = (0..p.days.len()).filter_map(at).collect();
            json!({ "name": m.name, "cells": cells, "hours": all.iter().map(|k| k.paid).sum::<i64>() / 60, "nights": all.iter().filter(|k| k.night).count() })
        })
        .collect();
    let by_day: Vec<Value> = day_rows(seen).into_iter().map(|d| json!(d.posts.into_iter().map(|x| x.0).collect::<Vec<_>>())).collect();
    let legend: Vec<String> = p.kinds.iter().map(|k| format!("{}＝{}（{}）", k.code, k.label(), k.span())).collect();
    let note = match plan.published_at {
        Some(at) if published => format!("第 {} 版，发布于 {}", plan.n, clock::show(at)),
        _ => format!("第 {} 版，未发布", plan.n),
    };
    json!({
        "issued_at": issued.to_zoned_datetime(clock::zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "title": title(seen, organ),
        "draft": !published,
        "note": note,
        "days": days,
        "rows": rows,
        "legend": format!("{}。", legend.join("，")),
        "posts": p.kinds.iter().map(|k| json!({ "name": k.label(), "span": k.span() })).collect::<Vec<_>>(),
        "by-day": by_day,
    })
}

/// The sheet for the wall.
pub async fn wall(value: Value) -> Result<Vec<u8>> {
    let permit = ADMIT.acquire().await.map_err(Error::internal)?;
    let pdf = tokio::task::spawn_blocking(move || documents::render(&WALL, &value)).await.map_err(Error::internal)?;
    drop(permit);
    let pdf = pdf.map_err(|e| match &e {
        documents::DocumentError::TooLarge { .. } | documents::DocumentError::TooManyPages { .. } => Error::TooLarge(e.to_string()),
        _ => Error::internal(e.detail()),
    })?;
    web::paper::drawable(&pdf.missing)?;
    Ok(pdf.bytes)
}

fn wrong(e: XlsxError) -> Error {
    Error::internal(format!("xlsx: {e}"))
}

fn put(s: &mut Worksheet, row: u32, col: u16, value: &str, format: &Format) -> Result<()> {
    let cell: String = safe_cell(value).chars().take(1_000).collect();
    s.write_string_with_format(row, col, cell, format).map_err(wrong).map(|_| ())
}

/// Sheets 按人, 按天, 核验; each says who took it and what for.
pub fn workbook(seen: &Seen, organ: &str, mark: &str) -> Result<Vec<u8>> {
    let p = &seen.problem;
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let plain = Format::new();
    let cell = Format::new().set_align(FormatAlign::Center);
    let free = cell.clone().set_background_color(Color::RGB(0x00E6_F4EA));
    let s = book.add_worksheet();
    s.set_name("按人").map_err(wrong)?;
    put(s, 0, 0, &format!("{} · {mark}", title(seen, organ)), &plain)?;
    put(s, 1, 0, "姓名", &bold)?;
    for (d, day) in p.days.iter().enumerate() {
        put(s, 1, d as u16 + 1, &format!("{}{}", day.date.day(), weekday(day.date)), &bold)?;
        s.set_column_width(d as u16 + 1, 4.5).map_err(wrong)?;
    }
    for (i, m) in p.people.iter().enumerate() {
        put(s, i as u32 + 2, 0, &m.name, &plain)?;
        for (d, day) in p.days.iter().enumerate() {
            let code = seen.roster.at(i, d).map_or("", |k| p.kinds[k].code.as_str());
            put(s, i as u32 + 2, d as u16 + 1, code, if day.kind == DayType::Work { &cell } else { &free })?;
        }
    }
    s.set_freeze_panes(2, 1).map_err(wrong)?;
    let s = book.add_worksheet();
    s.set_name("按天").map_err(wrong)?;
    put(s, 0, 0, mark, &plain)?;
    put(s, 1, 0, "日期", &bold)?;
    for (k, kind) in p.kinds.iter().enumerate() {
        put(s, 1, k as u16 + 1, &format!("{} {}", kind.label(), kind.span()), &bold)?;
        s.set_column_width(k as u16 + 1, 22).map_err(wrong)?;
    }
    s.set_column_width(0, 18).map_err(wrong)?;
    for (row, d) in (2u32..).zip(day_rows(seen)) {
        let name = if d.day.make_up { "（调休上班）".to_string() } else { d.day.holiday.clone() };
        put(s, row, 0, &format!("{} {} {name}", d.day.date, d.weekday), &plain)?;
        for (k, (names, _)) in d.posts.iter().enumerate() {
            put(s, row, k as u16 + 1, names, &plain)?;
        }
    }
    s.set_freeze_panes(2, 1).map_err(wrong)?;
    let s = book.add_worksheet();
    s.set_name("核验").map_err(wrong)?;
    put(s, 0, 0, mark, &plain)?;
    let findings = seen.judged.findings.iter().map(|f| f.text.clone());
    let spreads = seen.judged.spreads.iter().map(|(n, v)| format!("{n}最多与最少相差 {v}"));
    let none = seen.judged.findings.is_empty().then(|| "没有不符合规则的地方".to_string());
    for (row, text) in (1u32..).zip(none.into_iter().chain(findings).chain(spreads)) {
        put(s, row, 0, &text, &plain)?;
    }
    book.save_to_buffer().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_sheet_prints_without_gaps_in_the_fonts() {
        let value = json!({
            "issued_at": "2026-06-01T08:00:00+08:00", "title": "正阳派出所 2026 年 6 月值班表", "draft": true, "note": "第 1 版，未发布",
            "days": [{ "n": 1, "weekday": "一", "kind": "work", "mark": "" }, { "n": 19, "weekday": "五", "kind": "holiday", "mark": "端午节" }],
            "rows": [{ "name": "敖日格乐#read(\"x\")", "cells": [{ "code": "夜", "night": true }, { "code": "", "night": false }], "hours": 12, "nights": 1 }],
            "legend": "夜＝指挥室·夜班（20:00–次日 08:00）。", "posts": [{ "name": "指挥室·夜班", "span": "20:00–次日 08:00" }],
            "by-day": [["敖日格乐"], [""]],
        });
        let print = || documents::render(&WALL, &value).unwrap_or_else(|e| panic!("{}", e.detail()));
        let pdf = print();
        assert_eq!(pdf.missing.len(), 0);
        testkit::papers::golden("roster-data-draft", &pdf.bytes, &print().bytes);
    }
}
