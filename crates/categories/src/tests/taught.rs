//! The halves that are looked at for their score only have taught nothing: neither the lexicon nor the invented texts were read off
//! them. Skipped, with a plain line, where the texts are not.

use super::sample;
use std::collections::HashSet;

/// A phrase of the lexicon that is looked for has this many characters; shorter ones are everybody's.
const PHRASE: usize = 4;
/// Runs of an invented text that are looked for, in letters and digits: five characters or more.
const RUN: std::ops::RangeInclusive<usize> = 5..=8;

/// The texts of the check halves (labelled messages, questions of LawBench), and all others that may be read: the development messages
/// and the other half of the questions.
fn halves(folder: &std::path::Path) -> (Vec<String>, Vec<String>) {
    let is_check = |l: &&str| !l.starts_with('#') && l.split('\t').nth(5) == Some("check");
    let held: HashSet<&str> = sample::LABELS.lines().filter(is_check).filter_map(|l| l.split('\t').nth(2)).collect();
    let messages = sample::messages(folder).into_iter().map(|(hash, text)| (held.contains(hash.as_str()), text));
    let questions = sample::consult(folder).into_iter().map(|(_, text, half)| (half == "check", text));
    let (check, rest): (Vec<_>, Vec<_>) = messages.chain(questions).partition(|(check, _)| *check);
    let texts = |list: Vec<(bool, String)>| list.into_iter().map(|(_, t)| t).collect::<Vec<_>>();
    (texts(check), texts(rest))
}

/// Letters and digits alone.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn runs(text: &str) -> Vec<String> {
    let chars: Vec<char> = plain(text).chars().collect();
    RUN.flat_map(|n| chars.windows(n).map(|w| w.iter().collect()).collect::<Vec<String>>()).collect()
}

/// Phrases of the lexicon that stand in the check halves and nowhere else: whoever wrote them down had read those.
fn phrases_read_off((check, rest): &(Vec<String>, Vec<String>), lexicon: &str) -> Vec<String> {
    let lines = lexicon.lines().filter(|l| !l.starts_with(['#', '[']));
    let phrases = lines.filter_map(|l| l.split_once(':')).flat_map(|(_, p)| p.split_whitespace());
    let only_there = |p: &&str| check.iter().any(|t| t.contains(*p)) && !rest.iter().any(|t| t.contains(*p));
    phrases.filter(|p| p.chars().count() >= PHRASE).filter(only_there).map(str::to_string).collect()
}

/// Runs of the invented texts that stand in the check halves and nowhere else, each with its text.
fn texts_read_off((check, rest): &(Vec<String>, Vec<String>), texts: &str) -> Vec<String> {
    let there: HashSet<String> = check.iter().flat_map(|t| runs(t)).collect();
    let rest: Vec<String> = rest.iter().map(|t| plain(t)).collect();
    let lines = texts.lines().filter(|l| !l.starts_with(['#', '[']));
    let of = |line: &str| runs(line).into_iter().find(|r| there.contains(r) && !rest.iter().any(|t| t.contains(r))).map(|r| format!("{r} in {line}"));
    lines.filter_map(of).collect()
}

#[test]
fn nothing_was_read_off_the_check_halves() {
    let Some(folder) = sample::folder() else { return println!("{}", sample::ABSENT) };
    let halves = halves(&folder);
    assert!(halves.0.len() > 200 && halves.1.len() > 4_000, "{} {}", halves.0.len(), halves.1.len());
    let phrases = phrases_read_off(&halves, include_str!("../../data/lexicon.txt"));
    assert!(phrases.is_empty(), "lexicon: {phrases:?}");
    let texts = texts_read_off(&halves, include_str!("../../data/texts.txt"));
    assert!(texts.is_empty(), "invented texts: {texts:?}");
}

#[test]
fn what_was_read_off_is_found() {
    let list = |texts: &[&str]| texts.iter().map(|t| t.to_string()).collect::<Vec<_>>();
    let halves = (list(&["楼下住房改成麻将馆，通宵营业"]), list(&["麻将馆通宵营业", "住房改成商铺"]));
    assert_eq!(phrases_read_off(&halves, "[judicial:neighbour]\n3: 改成麻将馆 通宵营业 麻将馆\n"), ["改成麻将馆"]);
    assert_eq!(texts_read_off(&halves, "# 住房改成麻将馆\n隔壁住房改成 麻将馆，吵\n麻将馆通宵营业\n"), ["住房改成麻 in 隔壁住房改成 麻将馆，吵"]);
}
