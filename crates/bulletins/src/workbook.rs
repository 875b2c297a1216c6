//! The numbers of a briefing as a workbook. Every sheet says who took it, when and what for; no cell is run.

use crate::classes;
use crate::model::{Line, Whole};
use kernel::text::safe_cell;
use kernel::{Error, Result};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

fn wrong(e: XlsxError) -> Error {
    Error::internal(format!("xlsx: {e}"))
}

fn sheet<'a>(book: &'a mut Workbook, name: &str, mark: &str, header: &[&str]) -> Result<&'a mut Worksheet> {
    let bold = Format::new().set_bold();
    let s = book.add_worksheet();
    s.set_name(name).map_err(wrong)?;
    s.set_header(format!("&L{}", mark.replace('&', "&&").chars().take(200).collect::<String>()));
    text(s, 0, 0, mark)?;
    for (c, h) in header.iter().enumerate() {
        s.write_string_with_format(1, c as u16, *h, &bold).map_err(wrong)?;
        s.set_column_width(c as u16, if c == 1 { 30 } else { 16 }).map_err(wrong)?;
    }
    s.set_freeze_panes(2, 0).map_err(wrong)?;
    Ok(s)
}

fn text(s: &mut Worksheet, row: u32, col: u16, value: &str) -> Result<()> {
    let cell: String = safe_cell(value).chars().take(32_000).collect();
    s.write_string(row, col, cell).map_err(wrong).map(|_| ())
}

fn number(s: &mut Worksheet, row: u32, col: u16, value: Option<i64>) -> Result<()> {
    match value {
        Some(n) => s.write_number(row, col, n as f64).map_err(wrong).map(|_| ()),
        None => Ok(()),
    }
}

/// Sheets 数字, 分项, 正文, 说明.
pub fn of(w: &Whole, mark: &str) -> Result<Vec<u8>> {
    let mut book = Workbook::new();
    let header = ["编号", "项目", "分子（件数）", "分母", "百分数", "区间", "上期分子", "上期分母", "环比", "去年分子", "去年分母", "同比", "定义版次"];
    for (name, parts) in [("数字", false), ("分项", true)] {
        let s = sheet(&mut book, name, mark, &header)?;
        let lines: Vec<&Line> = w.lines.iter().filter(|l| l.whole.is_some() == parts).collect();
        for (i, l) in lines.into_iter().enumerate() {
            let row = i as u32 + 2;
            let (f, p) = (w.figure(l), w.report.period());
            number(s, row, 0, Some(l.n))?;
            text(s, row, 1, &w.called(l))?;
            number(s, row, 2, Some(l.numerator))?;
            number(s, row, 3, f.denominator)?;
            text(s, row, 4, &f.hundredths().map_or("—".into(), kernel::figure::percent))?;
            text(s, row, 5, &f.certainty())?;
            number(s, row, 6, Some(l.before_numerator))?;
            number(s, row, 7, l.before_denominator)?;
            text(s, row, 8, &l.change(&p, false).text())?;
            number(s, row, 9, Some(l.year_numerator))?;
            number(s, row, 10, l.year_denominator)?;
            text(s, row, 11, &l.change(&p, true).text())?;
            number(s, row, 12, Some(l.edition))?;
        }
    }
    let s = sheet(&mut book, "正文", mark, &["部分", "内容"])?;
    for (i, x) in w.sections.iter().enumerate() {
        text(s, i as u32 + 2, 0, &x.heading)?;
        text(s, i as u32 + 2, 1, &crate::rules::filled(w, &x.text))?;
    }
    let s = sheet(&mut book, "说明", mark, &["项目", "内容"])?;
    let facts = [
        ("标题", w.report.title.clone()),
        ("文号", w.report.numbered().to_string()),
        ("状态", w.report.state.label().to_string()),
        ("期间", w.report.span()),
        ("截至何时所知", kernel::clock::show(w.report.as_of)),
        ("取舍", kernel::figure::ROUNDING.to_string()),
    ];
    let mut row = 2;
    for (k, v) in &facts {
        text(s, row, 0, k)?;
        text(s, row, 1, v)?;
        row += 1;
    }
    for spec in crate::specs().iter().filter(|x| w.lines.iter().any(|l| l.key == x.key)) {
        text(s, row, 0, &format!("{}（第 {} 版）", spec.name, spec.version))?;
        text(s, row, 1, spec.definition)?;
        row += 1;
    }
    if w.lines.iter().any(|l| l.key == classes::KEY) {
        text(s, row, 0, &format!("{}（第 {} 版）", classes::NAME, classes::EDITION))?;
        text(s, row, 1, classes::DEFINITION)?;
        row += 1;
    }
    for b in crate::breakdowns().iter().chain(&crate::crossings()).filter(|b| w.lines.iter().any(|l| l.key == b.key)) {
        text(s, row, 0, &format!("{}（第 {} 版）", b.name, b.version))?;
        text(s, row, 1, b.definition)?;
        row += 1;
    }
    book.save_to_buffer().map_err(wrong)
}
