//! Text as people type it: full-width digits, zero-width characters, stray blanks.

use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// Characters that show nothing and come in by copying: zero-width, direction marks, BOM, soft
/// hyphen, and control characters other than tab and line break.
fn is_noise(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
        || (c.is_control() && c != '\n' && c != '\t')
}

/// What is stored of typed text: noise removed, line ends `\n`, blanks at both ends cut.
/// Full-width letters and Chinese punctuation stay as typed.
pub fn clean(typed: &str) -> String {
    let unified = typed.replace("\r\n", "\n").replace('\r', "\n");
    unified.chars().filter(|c| !is_noise(*c)).collect::<String>().trim().to_string()
}

/// The form in which texts are compared and searched: NFKC, lower case, noise removed.
/// Traditional characters are mapped to simplified for the commonest pairs only.
pub fn fold(text: &str) -> String {
    text.nfkc().filter(|c| !is_noise(*c)).flat_map(char::to_lowercase).map(simplify).collect()
}

/// Numbers typed with Chinese input: full-width digits become ASCII, blanks and dashes go.
pub fn digits(typed: &str) -> String {
    fold(typed).chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_uppercase()
}

/// The commonest traditional forms met in names and papers (not a full converter).
fn simplify(c: char) -> char {
    const PAIRS: &str = "張张陳陈劉刘楊杨趙赵黃黄吳吴孫孙馬马羅罗鄭郑謝谢許许韓韩馮冯鄧邓蕭萧葉叶蘇苏盧卢蔣蒋賈贾魏魏鐘钟譚谭陸陆閻阎韋韦孟孟龍龙萬万顧顾錢钱湯汤龔龚齊齐華华國国區区號号樓楼門门單单電电話话區区東东車车報报警警隊队員员處处調调解解糾纠紛纷鄰邻噪噪聲声擾扰與与爲为為为無无時时間间問问題题開开關关長长見见說说請请謝谢對对錯错從从來来個个們们這这還还過过進进運运達达遠远選选";
    static TABLE: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
        let all: Vec<char> = PAIRS.chars().collect();
        all.chunks_exact(2).rev().map(|p| (p[0], p[1])).collect()
    });
    if c.is_ascii() { c } else { TABLE.get(&c).copied().unwrap_or(c) }
}

/// Shows the first `max` characters, with an ellipsis when something was cut.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_string();
    }
    let mut out: String = text.chars().take(max).collect();
    out.push('…');
    out
}

/// A cell that no spreadsheet runs: what begins like a formula gets an apostrophe before it (OWASP: CSV injection), also
/// behind blanks and characters without width, which some spreadsheets drop when they read.
pub fn safe_cell(text: &str) -> String {
    let dropped = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let runs = matches!(text.trim_start_matches(dropped).chars().next(), Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    if runs || text.starts_with(['\t', '\r', '\n']) { format!("'{text}") } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_is_cleaned_but_not_rewritten() {
        assert_eq!(clean("  楼上\u{200b}噪音\r\n很大\u{0}  "), "楼上噪音\n很大");
        assert_eq!(clean("“１２３”，。"), "“１２３”，。");
        assert_eq!(digits("１３８ 0000-1234"), "13800001234");
        assert_eq!(fold("ＡＢＣ張三"), "abc张三");
        assert_eq!(cut("其木格·巴图", 3), "其木格…");
    }

    #[test]
    fn no_cell_is_run_as_a_formula() {
        for bad in ["=cmd|' /C calc'!A0", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tx", " =1", "＝1", "\u{a0}=1", "\u{feff}@x", "\u{200b}+1", " \t -1"] {
            assert!(safe_cell(bad).starts_with('\''), "{bad}");
        }
        for fine in ["", "楼上噪声", "3号楼-2单元", "13800000001", "a=b"] {
            assert_eq!(safe_cell(fine), fine);
        }
    }
}
