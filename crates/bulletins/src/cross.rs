//! 研判: each category that rose or fell, divided by fine type, hours, place, cause, means and beat (domain.md §8), as frozen
//! lines under the line of the category, and what a text says of them.

use crate::model::{Line, Whole};
use kernel::figure::{Breakdown, Parts, Period};
use kernel::rules::RuleSet;
use kernel::{Reader, Result};
use std::fmt::Write;

/// The breakdown whose parts are divided.
pub const OF: &str = "incident.by_category";

/// Parts named in the text; the others stand in the table.
const NAMED: usize = 4;

/// What nobody wrote down, or somebody wrote as unknown: counted and shown, but no finding.
const NOT_TOLD: &str = "未登记";
const UNKNOWN: &str = "unknown";

/// The division that a code `category|x` belongs to, and x.
fn split(code: &str) -> (&str, &str) {
    code.split_once('|').unwrap_or((code, ""))
}

/// Adds the divisions of every category of `lines` that is not what it was in the period before.
pub async fn add(r: &mut Reader, rules: &RuleSet, p: &Period, lines: &mut Vec<Line>) -> Result<()> {
    let moved: Vec<(i64, String)> = lines
        .iter()
        .filter(|l| l.key == OF && l.numerator != l.before_numerator)
        .map(|l| (l.n, l.part.clone()))
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let beats: Vec<(String, String)> =
        places::store::beats(r, p.station).await?.into_iter().map(|b| (b.id.0.simple().to_string(), b.name)).collect();
    let (before, year) = (p.before(), p.year_before());
    let mut counted = vec![];
    for b in crate::crossings() {
        let counts = [b.parts(r, p).await?, b.parts(r, &before).await?, b.parts(r, &year).await?];
        counted.push((b, counts));
    }
    for (whole, category) in moved {
        for (b, counts) in &counted {
            for (code, [now, before, year]) in of_category(b, counts, &category) {
                lines.push(Line {
                    n: lines.len() as i64 + 1,
                    key: b.key.into(),
                    label: name(b, rules, &beats, split(&code).1),
                    part: code,
                    edition: b.version,
                    numerator: now,
                    denominator: None,
                    before_numerator: before,
                    before_denominator: None,
                    year_numerator: year,
                    year_denominator: None,
                    whole: Some(whole),
                });
            }
        }
    }
    Ok(())
}

/// The parts of one category that occur in one of the three periods: fixed ones in their order, others by number.
fn of_category(b: &Breakdown, counts: &[Vec<(String, i64)>; 3], category: &str) -> Vec<(String, [i64; 3])> {
    let mut out: Vec<(String, [i64; 3])> = vec![];
    for (i, list) in counts.iter().enumerate() {
        for (code, n) in list.iter().filter(|(c, _)| split(c).0 == category) {
            match out.iter_mut().find(|(c, _)| c == code) {
                Some((_, ns)) => ns[i] += n,
                None => {
                    let mut ns = [0; 3];
                    ns[i] = *n;
                    out.push((code.clone(), ns));
                }
            }
        }
    }
    let fixed = matches!(b.parts, Parts::Fixed(_));
    // What nobody wrote down stands last among equals.
    out.sort_by_key(|(code, ns)| (if fixed { 0 } else { -ns[0] }, split(code).1.is_empty(), code.clone()));
    out
}

fn name(b: &Breakdown, rules: &RuleSet, beats: &[(String, String)], x: &str) -> String {
    match b.parts {
        _ if x.is_empty() => NOT_TOLD.into(),
        Parts::Units => beats.iter().find(|(id, _)| id == x).map_or_else(|| "已撤销的警务区".into(), |(_, n)| n.clone()),
        _ => b.part_name(rules, x),
    }
}

/// The divisions of a category's line, in the order of the definitions.
pub fn of_line<'a>(w: &'a Whole, whole: &Line) -> Vec<(Breakdown, Vec<&'a Line>)> {
    let mut out = vec![];
    for b in crate::crossings() {
        let lines: Vec<&Line> = w.lines.iter().filter(|l| l.whole == Some(whole.n) && l.key == b.key).collect();
        if !lines.is_empty() {
            out.push((b, lines));
        }
    }
    out
}

/// The parts of a division with most of the period, of those that tell something; none when more than two are equal.
fn tops<'a>(w: &'a Whole, whole: &Line, key: &str) -> Vec<&'a Line> {
    let told = |l: &&Line| l.numerator > 0 && !matches!(split(&l.part).1, "" | UNKNOWN);
    let told: Vec<&Line> = w.lines.iter().filter(|l| l.whole == Some(whole.n) && l.key == key).filter(told).collect();
    let most = told.iter().map(|l| l.numerator).max();
    let list: Vec<&Line> = told.into_iter().filter(|l| Some(l.numerator) == most).collect();
    if list.len() > 2 { vec![] } else { list }
}

/// One line of text for each division: `　时段：18–21 时 {41} 起（{41%}）、…`.
pub fn text(w: &Whole, whole: &Line) -> String {
    let mut out = String::new();
    for (i, (b, lines)) in of_line(w, whole).iter().enumerate() {
        let mut list: Vec<&&Line> = lines.iter().filter(|l| l.numerator > 0).collect();
        list.sort_by_key(|l| (split(&l.part).1.is_empty(), -l.numerator, l.n));
        let shown: Vec<String> = list.iter().take(NAMED).map(|l| format!("{} {{{n}}} 起（{{{n}%}}）", l.label, n = l.n)).collect();
        let rest = if list.len() > NAMED { "，其余见附表" } else { "" };
        let said = if shown.is_empty() { "本期没有".to_string() } else { shown.join("、") };
        let _ = writeln!(out, "（{}）{}：{said}{rest}。", i + 1, b.name);
    }
    out
}

/// Where a category stands out: `细类以“邻里”（{41} 起）为多、时段以“18–21 时”（{45} 起）为多`; "" when nothing was told.
pub fn findings(w: &Whole, whole: &Line) -> String {
    let list: Vec<String> = of_line(w, whole)
        .iter()
        .filter_map(|(b, _)| {
            let named: Vec<String> = tops(w, whole, b.key).iter().map(|l| format!("“{}”（{{{}}} 起）", l.label, l.n)).collect();
            (!named.is_empty()).then(|| format!("{}以{}为多", b.name, named.join("、")))
        })
        .collect();
    list.join("、")
}
