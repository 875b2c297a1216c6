//! A register as a file: CSV and XLSX, marked with who exported it, when and what for.

use kernel::text::safe_cell;
use kernel::{Error, Result, Timestamp};

/// A table ready to be written.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Who, when, what for; stands in the file.
    pub mark: String,
    /// The exporter's name and unit, and the moment: the file's properties.
    pub who: String,
    pub at: Timestamp,
    /// `纠纷台账_20260508.csv` without the ending.
    pub name: String,
}

/// UTF-8 with a byte order mark (so that Excel reads Chinese), CRLF, all cells quoted; the mark is the last line.
pub fn to_csv(s: &Sheet) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    let line = |out: &mut String, cells: &mut dyn Iterator<Item = String>| {
        let quoted: Vec<String> = cells.map(|c| format!("\"{}\"", safe_cell(&c).replace('"', "\"\""))).collect();
        out.push_str(&quoted.join(","));
        out.push_str("\r\n");
    };
    line(&mut out, &mut s.header.iter().cloned());
    for row in &s.rows {
        line(&mut out, &mut row.iter().cloned());
    }
    line(&mut out, &mut std::iter::once(s.mark.clone()));
    out.into_bytes()
}

/// One sheet of text cells and a sheet 说明 with the mark.
pub fn to_xlsx(s: &Sheet) -> Result<Vec<u8>> {
    use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as Style, Workbook};
    let wrong = |e: rust_xlsxwriter::XlsxError| Error::internal(format!("xlsx: {e}"));
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_timestamp(s.at.as_second()).map_err(wrong)?;
    book.set_properties(&DocProperties::new().set_title(&s.name).set_author(&s.who).set_comment(&s.mark).set_creation_datetime(&made));
    let bold = Style::new().set_bold();
    let sheet = book.add_worksheet();
    sheet.set_name("台账").map_err(wrong)?;
    sheet.set_header(format!("&L{}", s.mark.replace('&', "&&").chars().take(200).collect::<String>()));
    for (c, h) in s.header.iter().enumerate() {
        sheet.write_string_with_format(0, c as u16, safe_cell(h), &bold).map_err(wrong)?;
        sheet.set_column_width(c as u16, 18).map_err(wrong)?;
    }
    for (n, row) in s.rows.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            let text: String = safe_cell(cell).chars().take(32_000).collect();
            sheet.write_string(n as u32 + 1, c as u16, text).map_err(wrong)?;
        }
    }
    sheet.set_freeze_panes(1, 0).map_err(wrong)?;
    let note = book.add_worksheet();
    note.set_name("说明").map_err(wrong)?;
    note.write_string(0, 0, &s.mark).map_err(wrong)?;
    book.save_to_buffer().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_newlines_stay_inside_their_cell() {
        let s = Sheet {
            header: vec!["编号".into(), "内容".into()],
            rows: vec![vec!["1".into(), "他说“走”，\n\"不走\"".into()]],
            mark: "导出人：甲".into(),
            who: "甲".into(),
            at: Timestamp::UNIX_EPOCH,
            name: "x".into(),
        };
        let text = String::from_utf8(to_csv(&s)).unwrap();
        assert!(text.starts_with('\u{feff}') && text.contains("\"\"不走\"\"") && text.ends_with("\"导出人：甲\"\r\n"));
        assert!(to_xlsx(&s).unwrap().starts_with(b"PK"));
    }
}
