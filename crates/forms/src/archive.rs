//! A workbook's archive before the spreadsheet reader sees it: how much it unpacks to, and what it promises.

use crate::limits;
use std::io::{Cursor, Read};

/// Unpacks every part into nowhere and counts, in bytes; looks for a count of texts that the reader would reserve in advance.
///
/// # Errors
/// What is wrong, as a sentence: no archive, too many parts, more than `most` bytes, a promise that the part cannot keep.
pub fn within(bytes: &[u8], most: u64) -> Result<(), String> {
    let broken = "这不是 .xlsx 表格文件，或文件已损坏。";
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken)?;
    if archive.len() > limits::ARCHIVE_PARTS {
        return Err(format!("表格文件的部件超过 {} 个。", limits::ARCHIVE_PARTS));
    }
    let mut left = most;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|_| broken)?;
        let mut unpacked = vec![];
        part.take(left + 1).read_to_end(&mut unpacked).map_err(|_| broken)?;
        left = left
            .checked_sub(unpacked.len() as u64)
            .ok_or_else(|| format!("文件解压后超过 {} MB，请删去图片和不用的工作表。", most >> 20))?;
        if promises_too_much(&unpacked) {
            return Err("表格文件写明的文字个数与内容不符。".into());
        }
    }
    Ok(())
}

/// Bytes that the shortest text of a list takes: `<si/>`.
const SHORTEST: usize = 5;

/// `uniqueCount` beyond what the part can hold, for which the reader would reserve memory, or an encoding in which it could hide.
fn promises_too_much(part: &[u8]) -> bool {
    let word = b"uniqueCount";
    let head = String::from_utf8_lossy(&part[..part.len().min(200)]).to_lowercase();
    let foreign = match head.split_once("encoding") {
        Some((_, rest)) => {
            let name: String = rest.chars().filter(|c| !c.is_whitespace()).skip(1).take(6).collect();
            head.starts_with("<?xml") && name.get(1..) != Some("utf-8")
        }
        None => false,
    };
    let wide = [&[0xFE, 0xFF][..], &[0xFF, 0xFE], b"<\0", b"\0<"].iter().any(|b| part.starts_with(b));
    wide || foreign
        || part.windows(word.len()).enumerate().filter(|(_, w)| w == word).any(|(at, _)| {
            let digits = part[at + word.len()..].iter().skip_while(|b| !b.is_ascii_digit()).take(24);
            let count = digits
                .take_while(|b| b.is_ascii_digit())
                .fold(0_u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')));
            count > (part.len() / SHORTEST) as u64
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_promises_too_much() {
        assert!(promises_too_much(b"<sst uniqueCount=\"99999999999999999999\">"));
        assert!(promises_too_much(b"\xff\xfe<\0s\0"));
        assert!(promises_too_much(b"<?xml version='1.0' encoding = 'iso-2022-jp'?><sst>"));
        assert!(!promises_too_much(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><sst>"));
        assert!(!promises_too_much(b"<sst count=\"3\" uniqueCount=\"3\"><si><t>a</t></si></sst>"));
    }
}
