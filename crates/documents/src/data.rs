//! JSON to typst values: bounded, cleaned, and never as source.
//!
//! | JSON | in the template |
//! |---|---|
//! | null, true, number, list, dictionary | none, bool, int or float, array, dictionary |
//! | string | str; characters no font can draw become 〓, carriage returns and other control characters go |
//! | `{"$png": "<base64>"}` | bytes, for `image(…)`; must be a PNG within the bounds |
//! | `{"$jpeg": "<base64>"}` | the same for a JPEG |
//! | `{"$svg": "<svg …>"}` | bytes, for `image(…, format: "svg")`; counts as text; files it links to are refused |
//!
//! Runs of [`RUN_WITHOUT_BREAK`] characters without a space or a Chinese character get an invisible place to break
//! (U+200B) behind them, so that no code or address leaves the margin or becomes one endless line.

use std::collections::BTreeSet;

use base64::Engine as _;
use serde_json::Value as Json;
use typst::foundations::{Array, Bytes, Datetime, Dict, Str, Value};
use typst_pdf::Timestamp;
use unicode_normalization::char::is_combining_mark;

use crate::DocumentError;
use crate::fonts::FontSet;
use crate::limits::{MAX_DEPTH, MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, MAX_TEXT_BYTES, MAX_VALUES};

/// Printed where a character is in no font; the mark Chinese and Japanese typesetters use for it.
pub(crate) const GETA: char = '〓';

/// Combining marks (accents, variation selectors) kept after one letter. More is not writing, and shaping such a
/// run takes memory with the square of its length.
const MAX_MARKS_IN_A_ROW: usize = 4;

/// Characters after which a run of letters and signs gets a place to break.
const RUN_WITHOUT_BREAK: usize = 30;

/// From here on (CJK radicals) characters are written without spaces and break by themselves.
const FIRST_CJK: char = '\u{2e80}';

/// The values a template sees, and what could not be kept.
pub(crate) struct Inputs {
    pub(crate) dict: Dict,
    pub(crate) missing: BTreeSet<char>,
}

/// Turns `data` (a dictionary) into template values, replacing what `fonts` cannot draw.
pub(crate) fn inputs(data: &Json, fonts: &FontSet) -> Result<Inputs, DocumentError> {
    let mut walk =
        Walk { fonts, missing: BTreeSet::new(), known: BTreeSet::new(), text: 0, pictures: 0, values: 0 };
    match walk.value(data, 0)? {
        Value::Dict(dict) => Ok(Inputs { dict, missing: walk.missing }),
        _ => Err(DocumentError::Data("最外层应是一组具名的值".into())),
    }
}

/// Reads `issued_at` (RFC 3339 with offset, seconds kept, fractions dropped), the paper's only date of creation.
pub(crate) fn issued_at(data: &Json) -> Result<Timestamp, DocumentError> {
    let text = data.get("issued_at").and_then(Json::as_str).unwrap_or_default();
    parse_rfc3339(text)
        .ok_or_else(|| DocumentError::Data(format!("issued_at 应是带时区的时间（2026-03-05T14:30:00+08:00），现为“{text}”")))
}

fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let digits = |from: usize, to: usize| -> Option<u8> {
        let part = text.get(from..to)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    if !marks.iter().all(|&(at, mark)| text.get(at..at + 1) == Some(mark)) {
        return None;
    }
    let year = i32::from(digits(0, 2)?) * 100 + i32::from(digits(2, 4)?);
    let moment =
        Datetime::from_ymd_hms(year, digits(5, 7)?, digits(8, 10)?, digits(11, 13)?, digits(14, 16)?, digits(17, 19)?)?;
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    if zone == "Z" {
        return Some(Timestamp::new_utc(moment));
    }
    let sign = if zone.starts_with('+') { 1 } else { -1 };
    let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
    let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
    Timestamp::new_local(moment, sign * (i32::from(hours) * 60 + i32::from(minutes)))
}

struct Walk<'a> {
    fonts: &'a FontSet,
    missing: BTreeSet<char>,
    known: BTreeSet<char>,
    text: usize,
    pictures: usize,
    values: usize,
}

impl Walk<'_> {
    fn value(&mut self, json: &Json, depth: usize) -> Result<Value, DocumentError> {
        self.values += 1;
        within("数据项数", self.values as u64, MAX_VALUES as u64)?;
        within("数据层数", depth as u64, MAX_DEPTH as u64)?;
        Ok(match json {
            Json::Null => Value::None,
            Json::Bool(flag) => Value::Bool(*flag),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Value::Int(whole),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::Str(self.string(text)?),
            Json::Array(items) => {
                let items: Result<Array, _> = items.iter().map(|item| self.value(item, depth + 1)).collect();
                Value::Array(items?)
            }
            Json::Object(fields) => match (fields.get("$png").or(fields.get("$jpeg")), fields.get("$svg")) {
                (Some(picture), _) => Value::Bytes(self.pixels(picture)?),
                (None, Some(picture)) => Value::Bytes(self.svg(picture)?),
                (None, None) => {
                    let mut dict = Dict::new();
                    for (key, field) in fields {
                        dict.insert(self.string(key)?, self.value(field, depth + 1)?);
                    }
                    Value::Dict(dict)
                }
            },
        })
    }

    fn string(&mut self, text: &str) -> Result<Str, DocumentError> {
        self.text += text.len();
        within("文字字节数", self.text as u64, MAX_TEXT_BYTES as u64)?;
        let mut clean = String::with_capacity(text.len());
        let (mut marks_in_a_row, mut run) = (0, 0);
        for c in text.chars() {
            let is_mark = is_combining_mark(c);
            marks_in_a_row = if is_mark { marks_in_a_row + 1 } else { 0 };
            if marks_in_a_row > MAX_MARKS_IN_A_ROW {
                self.missing.insert(c);
                continue;
            }
            let breaks_line = c.is_whitespace() || c >= FIRST_CJK;
            if run >= RUN_WITHOUT_BREAK && !is_mark && !breaks_line {
                clean.push('\u{200b}');
                run = 0;
            }
            run = if breaks_line { 0 } else { run + 1 };
            clean.extend(self.drawable(c));
        }
        Ok(clean.into())
    }

    /// The character to print for `c`, or none when `c` stands for nothing visible.
    fn drawable(&mut self, c: char) -> Option<char> {
        match c {
            '\n' | '\u{20}'..='\u{7e}' => return Some(c),
            '\t' => return Some(' '),
            c if c.is_control() => return None,
            // Byte order mark, zero-width characters, separators, soft hyphen: nothing to draw.
            '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{2028}' | '\u{2029}' | '\u{ad}' => return None,
            // Variation selectors pick a form of the character before; typst uses them or passes over them.
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => return Some(c),
            _ => {}
        }
        // Direction overrides would let a printed sentence read differently from its characters.
        let reorders = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if !reorders && (self.known.contains(&c) || self.fonts.covers(c)) {
            self.known.insert(c);
            return Some(c);
        }
        self.missing.insert(c);
        Some(GETA)
    }

    fn svg(&mut self, picture: &Json) -> Result<Bytes, DocumentError> {
        let source = picture.as_str().ok_or_else(|| DocumentError::Data("$svg 应是文字".into()))?;
        self.text += source.len();
        within("文字字节数", self.text as u64, MAX_TEXT_BYTES as u64)?;
        Ok(Bytes::from_string(source.to_owned()))
    }

    fn pixels(&mut self, picture: &Json) -> Result<Bytes, DocumentError> {
        let encoded = picture.as_str().ok_or_else(|| DocumentError::Data("图片应是 base64 文字".into()))?;
        // Four characters carry three bytes: refuse before decoding.
        self.pictures += encoded.len() / 4 * 3;
        within("图片字节数", self.pictures as u64, MAX_PICTURE_BYTES as u64)?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .map_err(|_| DocumentError::Data("图片不是完整的 base64".into()))?;
        let pixels = png_pixels(&bytes)
            .or_else(|| jpeg_pixels(&bytes))
            .ok_or_else(|| DocumentError::Data("图片不是 PNG 或 JPEG".into()))?;
        within("图片像素数", pixels, MAX_PICTURE_PIXELS)?;
        Ok(Bytes::new(bytes))
    }
}

/// Width × height as the PNG header states them; none when `bytes` does not begin as a PNG.
fn png_pixels(bytes: &[u8]) -> Option<u64> {
    let side = |at: usize| Some(u64::from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16) == Some(b"IHDR");
    if is_png { side(16)?.checked_mul(side(20)?) } else { None }
}

/// Width × height as the first frame header of a JPEG states them (ITU-T T.81 B.2.2); none when there is none.
fn jpeg_pixels(bytes: &[u8]) -> Option<u64> {
    let number = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    if number(0)? != 0xffd8 {
        return None;
    }
    let mut at = 2;
    loop {
        let marker = number(at)?;
        let length = usize::from(number(at + 2)?).max(2);
        if matches!(marker, 0xffc0..=0xffc3 | 0xffc5..=0xffc7 | 0xffc9..=0xffcb | 0xffcd..=0xffcf) {
            return Some(u64::from(number(at + 5)?) * u64::from(number(at + 7)?));
        }
        if marker < 0xffc0 {
            return None;
        }
        at += 2 + length;
    }
}

fn within(what: &'static str, found: u64, limit: u64) -> Result<(), DocumentError> {
    if found > limit { Err(DocumentError::TooLarge { what, found, limit }) } else { Ok(()) }
}
