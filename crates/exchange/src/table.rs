//! Foreign bytes to records, strictly: a quote that never closes, or bytes of no known encoding,
//! refuse the whole file before anything is written.

use crate::mapping::Mapping;
use calamine::{Data, Reader as _};
use kernel::{Error, Refusal, Result};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// The heading and the records, each with the line on which it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub header: Vec<String>,
    pub records: Vec<(usize, Vec<String>)>,
}

fn refused(key: &'static str, what: String, next: &str) -> Error {
    Refusal::new(key, what, next).into()
}

/// Reads a whole file by the mapping's `[source]`.
///
/// Errors: `file.too_large`, `file.encoding`, `file.unclosed_quote`, `file.xlsx`, `file.empty`,
/// `columns.missing`, each naming where.
pub fn read(bytes: &[u8], m: &Mapping) -> Result<Table> {
    let plain = unzip(bytes, m.source.max_bytes)?;
    // What the file is shows in its first bytes: a workbook saved from the same list goes by the same mapping.
    let mut table = match m.source.format.as_str() {
        "xlsx" => xlsx(&plain, m)?,
        _ if plain.starts_with(b"PK\x03\x04") => xlsx(&plain, m)?,
        _ => csv(&decode(&plain, &m.source.encoding)?, m)?,
    };
    if table.records.len() > m.source.max_rows {
        return Err(refused("file.too_large", format!("文件超过 {} 行。", m.source.max_rows), "请拆分后分次导入。"));
    }
    for c in m.columns.values().filter(|c| c.required) {
        if !table.header.iter().any(|h| h == &c.from || c.aliases.contains(h)) {
            return Err(refused(
                "columns.missing",
                format!("表头中没有“{}”这一列（现有：{}）。", c.from, table.header.join("、")),
                "请核对文件，或在映射文件中改 from。",
            ));
        }
    }
    table.records.shrink_to_fit();
    Ok(table)
}

fn unzip(bytes: &[u8], most: u64) -> Result<Vec<u8>> {
    let mut out = vec![];
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes)
            .take(most + 1)
            .read_to_end(&mut out)
            .map_err(|e| refused("file.gzip", format!("压缩文件打不开：{e}。"), "请重新获取文件。"))?;
    } else {
        out.extend_from_slice(&bytes[..bytes.len().min(most as usize + 1)]);
    }
    if out.len() as u64 > most {
        return Err(refused("file.too_large", format!("文件解压后超过 {} MB。", most / 1_000_000), "请拆分后分次导入。"));
    }
    Ok(out)
}

/// UTF-8 first, then GB 18030; never a guess with replacement characters.
fn decode(bytes: &[u8], encoding: &str) -> Result<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if encoding != "gb18030"
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Ok(text.to_string());
    }
    if encoding != "utf-8"
        && let Some(text) = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes)
    {
        return Ok(text.into_owned());
    }
    Err(refused("file.encoding", "文件既不是 UTF-8，也不是 GB18030 编码。".into(), "请用表格软件另存为“CSV UTF-8”后导入。"))
}

/// RFC 4180 with CRLF or LF. A quote must close; text after a closing quote is kept as it is.
fn csv(text: &str, m: &Mapping) -> Result<Table> {
    let delimiter = m.delimiter() as char;
    let mut records: Vec<(usize, Vec<String>)> = vec![];
    let mut record: Vec<String> = vec![];
    let mut cell = String::new();
    let (mut line, mut began, mut quoted_at) = (1usize, 1usize, None::<usize>);
    let mut fresh = true;
    let mut chars = text.chars().peekable();
    let mut too_long = false;
    while let Some(c) = chars.next() {
        if c == '\n' {
            line += 1;
        }
        match quoted_at {
            Some(_) => match c {
                '"' if chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => quoted_at = None,
                _ => cell.push(c),
            },
            None if c == '"' && fresh => {
                quoted_at = Some(line);
                fresh = false;
            }
            None if c == delimiter => {
                record.push(std::mem::take(&mut cell));
                fresh = true;
            }
            None if c == '\n' || (c == '\r' && chars.peek() == Some(&'\n')) => {
                if c == '\r' {
                    continue;
                }
                record.push(std::mem::take(&mut cell));
                records.push((began, std::mem::take(&mut record)));
                began = line;
                fresh = true;
            }
            None => {
                cell.push(c);
                fresh = false;
            }
        }
        too_long |= cell.len() > m.source.max_cell_chars * 4;
        if too_long {
            return Err(refused("file.cell", format!("第 {began} 行有一格超过 {} 字。", m.source.max_cell_chars), "请检查这一行的引号。"));
        }
    }
    if let Some(at) = quoted_at {
        return Err(refused(
            "file.unclosed_quote",
            format!("第 {at} 行有一个引号没有结束，后面的内容会被误读，整个文件未导入。"),
            "请补上引号后重新导入。",
        ));
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        records.push((began, record));
    }
    if records.is_empty() {
        return Err(refused("file.empty", "文件是空的。".into(), "请核对文件。"));
    }
    let (_, header) = records.remove(0);
    let header = header.iter().map(|h| kernel::text::clean(h)).collect();
    Ok(Table { header, records })
}

fn xlsx(bytes: &[u8], m: &Mapping) -> Result<Table> {
    let broken = |e: String| refused("file.xlsx", format!("表格文件打不开：{e}。"), "请用表格软件重新保存后导入。");
    forms::archive::within(bytes, m.source.max_bytes)
        .map_err(|why| refused("file.xlsx", why, "请用表格软件重新保存后导入；太大的请拆分。"))?;
    // The reader's own arithmetic on cell names can overflow; a panic there is a broken file, not a broken program.
    let cells = std::panic::catch_unwind(|| used_cells(bytes, m)).unwrap_or_else(|_| Err(broken("有读不出来的单元格".into())))?;
    let corner = |of: fn(&(u32, u32)) -> u32| (cells.keys().map(of).min(), cells.keys().map(of).max());
    let ((Some(top), Some(bottom)), (Some(left), Some(right))) = (corner(|c| c.0), corner(|c| c.1)) else {
        return Err(refused("file.empty", "表格是空的。".into(), "请核对文件。"));
    };
    if (bottom - top) as usize > m.source.max_rows || right - left >= COLUMNS {
        return Err(refused("file.too_large", "表格太大。".into(), "请拆分后分次导入。"));
    }
    let row = |r: u32| (left..=right).map(|c| cells.get(&(r, c)).cloned().unwrap_or_default()).collect::<Vec<String>>();
    let header: Vec<String> = row(top).iter().map(|h| kernel::text::clean(h)).collect();
    let records = (top + 1..=bottom).map(|r| ((r - top + 1) as usize, row(r))).collect();
    Ok(Table { header, records })
}

/// Columns of one sheet at most.
const COLUMNS: u32 = 500;

/// The filled cells of the sheet by row and column, one by one: a single cell in the last corner costs no memory.
fn used_cells(bytes: &[u8], m: &Mapping) -> Result<BTreeMap<(u32, u32), String>> {
    let broken = |e: String| refused("file.xlsx", format!("表格文件打不开：{e}。"), "请用表格软件重新保存后导入。");
    let read = |e: calamine::XlsxError| broken(e.to_string().chars().take(200).collect());
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(read)?;
    let names = book.sheet_names();
    let sheet = match &m.source.sheet {
        Some(s) => s.clone(),
        None => names.first().cloned().ok_or_else(|| broken("没有工作表".into()))?,
    };
    let mut reader = book.worksheet_cells_reader(&sheet).map_err(read)?;
    let mut cells = BTreeMap::new();
    while let Some(c) = reader.next_cell().map_err(read)? {
        let text = cell(&Data::from(c.get_value().clone()));
        if !text.is_empty() {
            cells.insert(c.get_position(), text);
        }
    }
    Ok(cells)
}

/// A cell as the text that a person would see; whole numbers without a trailing `.0`.
fn cell(d: &Data) -> String {
    match d {
        Data::Empty => String::new(),
        Data::Float(f) if f.fract() == 0.0 && f.abs() < 1e15 => format!("{f:.0}"),
        Data::DateTime(d) => d.as_f64().to_string(),
        other => other.to_string(),
    }
}

/// For fuzzing: any bytes give an answer, never a panic.
pub fn fuzz_read(bytes: &[u8], m: &Mapping) {
    let _ = read(bytes, m);
}
