//! A workbook as cells of text, within bounds.
//!
//! The archive is unpacked once with a counter before the spreadsheet reader sees it, and cells are taken one by one, so
//! that neither a small file that unpacks to gigabytes nor a single cell in the last corner costs memory.

use crate::fault::Fault;
use crate::{archive, limits};
use calamine::{DataRef, ExcelDateTime, Reader as _};
use std::collections::BTreeMap;
use std::io::Cursor;

/// One sheet: filled cells by row and column, both from 0.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub name: String,
    pub rows: BTreeMap<usize, BTreeMap<usize, String>>,
}

impl Sheet {
    /// The cell's text, or "".
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(&row).and_then(|r| r.get(&column)).map_or("", String::as_str)
    }
}

#[derive(Debug, Default)]
pub(super) struct Book {
    pub sheets: Vec<Sheet>,
    /// Cells that have no text.
    pub faults: Vec<Fault>,
}

/// `A`, `B` … `AA` for a column from 0.
pub(super) fn letter(column: usize) -> String {
    let mut name = String::new();
    let mut n = column + 1;
    while n > 0 {
        name.insert(0, char::from(b'A' + ((n - 1) % 26) as u8));
        n = (n - 1) / 26;
    }
    name
}

const AGAIN: &str = "请用表格软件打开，另存为 .xlsx 后重新导入。";

impl Book {
    pub fn sheet(&self, name: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|s| s.name == name)
    }

    /// # Errors
    /// Not a workbook, or beyond a bound.
    pub fn open(bytes: &[u8]) -> Result<Book, Fault> {
        if bytes.len() > limits::FILE_BYTES {
            let why = format!("文件超过 {} MB。", limits::FILE_BYTES >> 20);
            return Err(Fault::of_file(why, "请删去图片和不用的工作表。"));
        }
        if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            return Err(Fault::of_file("这是旧的 .xls 文件，或是加了密码的文件。", AGAIN));
        }
        archive::within(bytes, limits::UNPACKED_BYTES).map_err(|why| Fault::of_file(why, AGAIN))?;
        // The reader's own arithmetic on cell names can overflow; a panic there is a broken file, not a broken program.
        std::panic::catch_unwind(|| Book::cells(bytes))
            .unwrap_or_else(|_| Err(Fault::of_file("表格文件里有读不出来的单元格。", AGAIN)))
    }

    fn cells(bytes: &[u8]) -> Result<Book, Fault> {
        let broken = |e: calamine::XlsxError| {
            let why: String = e.to_string().chars().take(120).collect();
            Fault::of_file(format!("表格文件打不开（{why}）。"), AGAIN)
        };
        let mut xlsx: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(broken)?;
        let names = xlsx.sheet_names();
        if names.len() > limits::SHEETS {
            return Err(Fault::of_file(format!("工作表超过 {} 张。", limits::SHEETS), "请删去不用的工作表。"));
        }
        let mut book = Book::default();
        let mut cells = 0;
        for name in names {
            let mut sheet = Sheet { name: name.chars().take(60).collect(), ..Sheet::default() };
            // A chart has no cells.
            if let Ok(mut reader) = xlsx.worksheet_cells_reader(&name) {
                while let Some(cell) = reader.next_cell().map_err(broken)? {
                    let (row, column) = (cell.get_position().0 as usize, cell.get_position().1 as usize);
                    let text = match text(cell.get_value()) {
                        Ok(text) => text,
                        Err((why, next)) => {
                            if book.faults.len() < limits::FAULTS {
                                book.faults.push(Fault::at(&sheet.name, row + 1, &letter(column), why, next));
                            }
                            continue;
                        }
                    };
                    if text.is_empty() {
                        continue;
                    }
                    cells += 1;
                    bounded(&sheet.name, row, column, &text, cells)?;
                    sheet.rows.entry(row).or_default().insert(column, text);
                }
            }
            book.sheets.push(sheet);
        }
        Ok(book)
    }
}

fn bounded(sheet: &str, row: usize, column: usize, text: &str, cells: usize) -> Result<(), Fault> {
    let place = |why: String, next: &str| Err(Fault::at(sheet, row + 1, &letter(column), why, next));
    if row >= limits::ROWS {
        return place(format!("一张表超过 {} 行。", limits::ROWS), "请删去多余的行。");
    }
    if column >= limits::COLUMNS {
        return place(format!("一张表超过 {} 列。", limits::COLUMNS), "请删去多余的列。");
    }
    if cells > limits::CELLS {
        return place(format!("文件超过 {} 格。", limits::CELLS), "请删去不用的工作表。");
    }
    if text.chars().count() > limits::CELL_CHARS {
        return place(format!("一格超过 {} 个字符。", limits::CELL_CHARS), "请缩短文字。");
    }
    Ok(())
}

/// A cell as the text that a person sees.
fn text(value: &DataRef<'_>) -> Result<String, (String, String)> {
    let plain = match value {
        DataRef::Empty => String::new(),
        DataRef::String(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_string(),
        DataRef::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_string(),
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) => n.to_string(),
        DataRef::DateTime(d) => return moment(*d),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::Error(e) => return Err((format!("这一格是公式错误 {e}。"), "请改正公式，或改成文字。".into())),
    };
    Ok(plain.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_string())
}

/// A day of the spreadsheet as `2026-05-08`. Days before 1 March 1900 are counted in two ways (one with a leap day that
/// never was), so such a day cannot be told. Workbooks that count from 1904 have no such days.
fn moment(cell: ExcelDateTime) -> Result<String, (String, String)> {
    let serial = cell.as_f64();
    let known = (0.0..3_000_000.0).contains(&serial).then(|| cell.to_ymd_hms_milli());
    let at = known.and_then(|(y, m, d, h, min, s, _)| {
        let date = jiff::civil::Date::new(i16::try_from(y).ok()?, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok()?;
        let time =
            jiff::civil::Time::new(i8::try_from(h).ok()?, i8::try_from(min).ok()?, i8::try_from(s).ok()?, 0).ok()?;
        Some(date.to_datetime(time))
    });
    match at {
        Some(m) if serial < 1.0 => Ok(m.time().to_string()),
        Some(m) if serial >= 61.0 || m.year() >= 1904 => {
            Ok(if m.time() == jiff::civil::Time::midnight() { m.date().to_string() } else { m.to_string() })
        }
        _ => Err((
            format!("这一格是日期格式，但数值 {serial} 落在 1900 年 3 月 1 日之前，不同软件会读成不同的日子。"),
            "若不是日期，请把单元格格式改成“文本”；若是日期，请直接写成 2026-05-08。".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        assert_eq!([0, 25, 26, 701, 702].map(letter), ["A", "Z", "AA", "ZZ", "AAA"]);
    }

    #[test]
    fn days_are_told_or_refused() {
        use calamine::ExcelDateTimeType::DateTime;
        let of = |n: f64, from_1904: bool| moment(ExcelDateTime::new(n, DateTime, from_1904));
        assert_eq!(of(46150.0, false).unwrap(), "2026-05-08");
        assert_eq!(of(46150.8125, false).unwrap(), "2026-05-08T19:30:00");
        assert_eq!(of(0.8125, false).unwrap(), "19:30:00");
        assert_eq!(of(61.0, false).unwrap(), "1900-03-01");
        assert_eq!(of(44688.0, true).unwrap(), "2026-05-08");
        assert_eq!(of(1.0, true).unwrap(), "1904-01-02");
        for bad in [1.0, 60.0, -1.0, f64::NAN, 1e12] {
            assert!(of(bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_small_file_that_unpacks_to_much() {
        use std::io::Write as _;
        let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
        for part in ["a", "b"] {
            zip.start_file(part, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&vec![b' '; 600 << 10]).unwrap();
        }
        let bomb = zip.finish().unwrap().into_inner();
        assert!(bomb.len() < 10_000 && archive::within(&bomb, 2 << 20).is_ok());
        assert!(archive::within(&bomb, 1 << 20).unwrap_err().contains("解压后超过 1 MB"));
    }
}
