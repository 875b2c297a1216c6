//! Chinese full text inside the database: bigrams with phrase match.
//!
//! A word segmenter loses Mongolian names and place names; character bigrams found 50 of 50 words.
//! Every token is plain ASCII (each character as four base-36 digits), so that neither FTS5's
//! tokenizer nor PostgreSQL's locale can drop or split one. A run of characters `c1…cn` becomes
//! `c1c2, c2c3, …, cn`; a query run becomes the phrase of its bigrams; one character alone is a
//! prefix. Runs break at blanks and punctuation.

use crate::{BeatId, GridId, Reach, StationId, Timestamp, Uuid, text};

/// What is indexed: a record, its scope, its time, its title, its text.
#[derive(Clone, Debug)]
pub struct Doc<'a> {
    /// `incident`, `dispute`, `person`, `address` …
    pub kind: &'static str,
    pub id: Uuid,
    pub station: StationId,
    pub grid: Option<GridId>,
    pub beat: Option<BeatId>,
    /// Orders the results, newest first.
    pub at: Timestamp,
    /// Shown in the result list.
    pub title: &'a str,
    /// Searched together with the title; cut at [`MAX_CHARS`].
    pub text: &'a str,
}

/// Characters of one document that are indexed (PostgreSQL keeps positions up to 16,383).
pub const MAX_CHARS: usize = 16_000;

/// A hit.
#[derive(Clone, Debug)]
pub struct Hit {
    pub kind: String,
    pub id: Uuid,
    pub station: StationId,
    pub at: Timestamp,
    pub title: String,
}

fn code(c: char, out: &mut String) {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let n = c as usize;
    for shift in [46_656, 1_296, 36, 1] {
        out.push(DIGITS[(n / shift) % 36] as char);
    }
}

fn runs(folded: &str) -> impl Iterator<Item = Vec<char>> + '_ {
    folded
        .split(|c: char| !c.is_alphanumeric() && !('\u{1f000}'..='\u{1faff}').contains(&c))
        .filter(|r| !r.is_empty())
        .map(|r| r.chars().collect())
}

fn bigrams(run: &[char], tail: bool) -> Vec<String> {
    let mut out = Vec::with_capacity(run.len());
    for pair in run.windows(2) {
        let mut t = String::with_capacity(8);
        code(pair[0], &mut t);
        code(pair[1], &mut t);
        out.push(t);
    }
    if tail && let Some(last) = run.last() {
        let mut t = String::with_capacity(4);
        code(*last, &mut t);
        out.push(t);
    }
    out
}

/// The tokens of a text for FTS5: separated by blanks; runs are kept apart by a `z` token, which
/// no query contains, so a phrase never reaches over a break.
pub fn index_tokens(text: &str) -> String {
    let folded: String = text::fold(text).chars().take(MAX_CHARS).collect();
    let mut out = String::with_capacity(folded.len() * 4);
    for run in runs(&folded) {
        for t in bigrams(&run, true) {
            out.push_str(&t);
            out.push(' ');
        }
        out.push_str("z ");
    }
    out
}

/// The same as a literal PostgreSQL `tsvector`, with positions.
pub fn index_tsvector(text: &str) -> String {
    let tokens = index_tokens(text);
    let mut by_token: std::collections::BTreeMap<&str, Vec<usize>> = Default::default();
    for (i, t) in tokens.split_whitespace().enumerate() {
        if t != "z" && i < 16_383 {
            let places = by_token.entry(t).or_default();
            if places.len() < 255 {
                places.push(i + 1);
            }
        }
    }
    let mut out = String::new();
    for (t, places) in by_token {
        let list: Vec<String> = places.iter().map(usize::to_string).collect();
        out.push_str(&format!("'{t}':{} ", list.join(",")));
    }
    out
}

/// A query typed by a person, as runs of tokens; `None` when nothing searchable was typed.
pub fn parse(query: &str) -> Option<Vec<Vec<String>>> {
    let folded: String = text::fold(query).chars().take(64).collect();
    let all: Vec<Vec<String>> = runs(&folded)
        .map(|run| {
            if run.len() == 1 {
                let mut t = String::new();
                code(run[0], &mut t);
                vec![format!("{t}*")]
            } else {
                bigrams(&run, false)
            }
        })
        .collect();
    (!all.is_empty()).then_some(all)
}

/// The FTS5 query: phrases joined by AND.
pub fn fts5(query: &[Vec<String>]) -> String {
    let phrases: Vec<String> = query
        .iter()
        .map(|p| match p.as_slice() {
            [one] if one.ends_with('*') => format!("\"{}\" *", one.trim_end_matches('*')),
            many => format!("\"{}\"", many.join(" ")),
        })
        .collect();
    phrases.join(" AND ")
}

/// The PostgreSQL query: `a <-> b` phrases joined by `&`.
pub fn tsquery(query: &[Vec<String>]) -> String {
    let phrases: Vec<String> = query
        .iter()
        .map(|p| match p.as_slice() {
            [one] if one.ends_with('*') => format!("'{}':*", one.trim_end_matches('*')),
            many => format!("({})", many.iter().map(|t| format!("'{t}'")).collect::<Vec<_>>().join(" <-> ")),
        })
        .collect();
    phrases.join(" & ")
}

/// Who asks and how much: the scope stands inside the query.
#[derive(Clone, Debug)]
pub struct Ask {
    pub reach: Reach,
    /// Kinds that the caller may see; empty means none.
    pub kinds: Vec<&'static str>,
    /// Only hits before this moment (paging).
    pub before: Option<Timestamp>,
    /// At most this many, 1 to 100.
    pub limit: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_finds_its_own_substrings_only() {
        let has = |text: &str, query: &str| {
            let tokens = format!(" {}", index_tokens(text));
            parse(query).unwrap().iter().all(|p| match p.as_slice() {
                [one] if one.ends_with('*') => tokens.contains(&format!(" {}", one.trim_end_matches('*'))),
                many => tokens.contains(&format!(" {} ", many.join(" "))),
            })
        };
        let text = "棋盘井镇其木格反映：楼上噪音，要求铺防噪地毯。电话13800001234";
        for yes in ["噪音", "其木格", "防噪地毯", "棋盘井", "格", "毯", "00001234", "楼上 地毯", "138"] {
            assert!(has(text, yes), "{yes}");
        }
        for no in ["音要", "其格", "巴图"] {
            assert!(!has(text, no), "{no}");
        }
        assert!(parse("，。 !").is_none());
    }

    #[test]
    fn both_dialects_quote_only_ascii_tokens() {
        let q = parse("巴图 '); drop 其").unwrap();
        for text in [fts5(&q), tsquery(&q)] {
            assert!(text.is_ascii() && !text.contains(';'), "{text}");
        }
    }
}
