//! Quick entry of paper: a line for each question, choices by their printed numbers.

use forms::{Answers, Definition, Form, Item, Kind};

/// A question as the paper numbers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub number: usize,
    pub name: String,
    pub label: String,
    /// Of a choice: code and words, numbered from 1.
    pub choices: Vec<(String, String)>,
    pub many: bool,
    pub required: bool,
    /// What to type: 编号, 文字, 数字, 日期.
    pub what: &'static str,
}

/// The lines of a survey, or none when it has groups, rounds or other questions that a line cannot take.
pub fn lines(form: &Form) -> Option<Vec<Line>> {
    let d = form.definition();
    let asked = |i: &&Item| !matches!(i.kind, Kind::Note | Kind::Calculate | Kind::Hidden | Kind::Meta(_));
    (1..).zip(d.items.iter().filter(asked)).map(|(number, i)| line(d, number, i)).collect()
}

fn line(d: &Definition, number: usize, i: &Item) -> Option<Line> {
    let what = match i.kind {
        Kind::SelectOne(_) => "编号",
        Kind::SelectMultiple(_) => "编号，可以几个",
        Kind::Text => "文字",
        Kind::Integer | Kind::Decimal => "数字",
        Kind::Date => "日期，如 2026-05-08",
        Kind::Time => "时间，如 18:30",
        Kind::Acknowledge => "打了勾写 1",
        _ => return None,
    };
    let choices = match i.kind.list() {
        Some(list) => d.list(list)?.choices.iter().map(|c| (c.name.clone(), c.label.get("").to_string())).collect(),
        None => vec![],
    };
    // Filtered choices have other numbers in each answer.
    let plain = i.choice_filter.is_empty() && i.calculation.is_empty() && i.read_only.is_empty();
    let required = !matches!(i.required.to_ascii_lowercase().as_str(), "" | "no" | "false" | "false()");
    let label = i.label.get("").to_string();
    plain.then_some(Line { number, name: i.name.clone(), label, choices, many: matches!(i.kind, Kind::SelectMultiple(_)), required, what })
}

/// What was typed into a line, as a raw answer: `1 3` or `1,3` of a choice become its codes.
///
/// # Errors
/// Which number is not there, or that only one is possible.
pub fn read_line(line: &Line, typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    if line.choices.is_empty() {
        return Ok(if line.what.starts_with("打了勾") && typed == "1" { "OK".into() } else { typed.to_string() });
    }
    let mut codes: Vec<&str> = vec![];
    for part in typed.split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；' | '.')).filter(|p| !p.is_empty()) {
        let found = part.parse::<usize>().ok().and_then(|n| line.choices.get(n.checked_sub(1)?));
        let Some((code, _)) = found else {
            return Err(format!("没有编号“{part}”，这一题的编号是 1 到 {}。", line.choices.len()));
        };
        if !codes.contains(&code.as_str()) {
            codes.push(code);
        }
    }
    if codes.len() > 1 && !line.many {
        return Err("这一题只能选一个。纸上勾了几个的，请空着。".into());
    }
    Ok(codes.join(" "))
}

/// Questions that were typed although the answers before say they are not asked.
pub fn not_asked<'a>(lines: &'a [Line], typed: &Answers, kept: &Answers) -> Vec<&'a Line> {
    lines.iter().filter(|l| typed.get(&l.name).is_some_and(|t| !t.is_empty()) && !kept.contains_key(&l.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_choices() {
        let form = super::super::form(&crate::rules::build::tests::two()).unwrap();
        let lines = lines(&form).unwrap();
        assert_eq!((lines.len(), lines[0].what, lines[1].what, lines[0].choices.len()), (2, "编号", "数字", 2));
        assert_eq!(read_line(&lines[0], " 2 ").unwrap(), "c2");
        assert!(read_line(&lines[0], "1 2").unwrap_err().contains("只能选一个"));
        assert!(read_line(&lines[0], "3").unwrap_err().contains("1 到 2") && read_line(&lines[0], "0").is_err());
        let many = Line { many: true, ..lines[0].clone() };
        assert_eq!((read_line(&many, "1，2 1").unwrap(), read_line(&lines[1], "20").unwrap()), ("c1 c2".into(), "20".into()));
    }
}
