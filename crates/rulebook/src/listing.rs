//! 清单: a code list as a CSV file (code,name,parent …), made into a pack.

use kernel::rules::{Code, PendingRule, RuleSet};
use kernel::{Date, FieldErrors, Refusal, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Rows of a list at most, and bytes of its file.
pub const MOST: usize = 2_000;
const BYTES: usize = 1_000_000;

/// What the form says for the rows that do not say it themselves.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    pub list: String,
    /// The document the list comes from.
    pub source: String,
    pub from: Option<Date>,
}

/// A row as it would be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub list: String,
    pub code: String,
    pub name: String,
    pub parent: String,
    pub order: i64,
    pub source: String,
    pub from: String,
    pub until: String,
    /// 新增, 不变, or 原为“…”.
    pub change: String,
}

/// A file as read: its rows, what stays beside them, and the pack that they make.
#[derive(Clone, Debug)]
pub struct Listing {
    pub rows: Vec<Row>,
    /// Codes of these lists that the file does not name: list, code, name.
    pub kept: Vec<(String, String, String)>,
    /// 待导入 entries that it fills.
    pub fills: Vec<String>,
    pub pack_name: String,
    pub pack: String,
}

/// UTF-8 first, then GB 18030; never a guess with replacement characters.
fn decode(bytes: &[u8]) -> Result<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_string());
    }
    let read = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    read.map(std::borrow::Cow::into_owned)
        .ok_or_else(|| FieldErrors::one("pack", "文件既不是 UTF-8，也不是 GB18030 编码，请用表格软件另存为“CSV UTF-8”后导入。"))
}

/// A list that may be brought in: one that the program has, or one that a 待导入 entry names.
fn known(list: &str, rules: &RuleSet) -> bool {
    rules.all_codes().any(|(name, _)| name == list) || rules.all_pending().iter().any(|p| names(p, list))
}

fn names(p: &PendingRule, list: &str) -> bool {
    p.lists.iter().any(|l| l == list || (l.ends_with('.') && list.starts_with(l.as_str()) && list.len() > l.len()))
}

/// Reads a CSV file with the columns `code,name` and, where the rows differ, `list,parent,order,source,from,until`. Refused
/// whole, with every line that is wrong up to ten; nothing is written here.
pub fn read(bytes: &[u8], d: &Defaults, rules: &RuleSet, today: Date) -> Result<Listing> {
    if bytes.len() > BYTES {
        return Err(FieldErrors::one("pack", "清单文件最大 1 MB。"));
    }
    let text = decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let unreadable = |e: csv::Error| FieldErrors::one("pack", format!("CSV 文件读不懂：{e}。请用表格软件另存为“CSV UTF-8”后导入。"));
    let head: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_lowercase).collect();
    const COLUMNS: &[&str] = &["list", "code", "name", "parent", "order", "source", "from", "until"];
    if let Some(odd) = head.iter().find(|h| !COLUMNS.contains(&h.as_str())) {
        return Err(FieldErrors::one("pack", format!("清单有不认识的列“{odd}”；可以有的列：{}。", COLUMNS.join(","))));
    }
    for need in ["code", "name"] {
        if !head.iter().any(|h| h == need) {
            return Err(FieldErrors::one("pack", format!("清单缺少 {need} 列；第一行是列名，至少有 code,name。")));
        }
    }
    let column = |name: &str| head.iter().position(|h| h == name);
    let mut rows: Vec<Row> = vec![];
    let mut wrong: Vec<String> = vec![];
    for (i, record) in reader.records().enumerate() {
        let line = i + 2;
        let record = record.map_err(unreadable)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() >= MOST {
            return Err(FieldErrors::one("pack", format!("清单最多 {MOST} 行，请分次导入。")));
        }
        let cell = |name: &str| column(name).and_then(|c| record.get(c)).unwrap_or("").to_string();
        let or = |name: &str, other: &str| Some(cell(name)).filter(|c| !c.is_empty()).unwrap_or_else(|| other.to_string());
        let from = d.from.map_or(String::new(), |f| f.to_string());
        let mut row = Row {
            list: or("list", &d.list),
            code: cell("code"),
            name: cell("name"),
            parent: cell("parent"),
            order: 0,
            source: or("source", &d.source),
            from: or("from", &from),
            until: cell("until"),
            change: String::new(),
        };
        if row.from.is_empty() && !row.source.is_empty() {
            return Err(FieldErrors::one("from", format!("第 {line} 行没有起始日期：请在这里填写，或者在清单中加 from 列。")));
        }
        match or("order", &(line - 1).to_string()).parse() {
            Ok(n) => row.order = n,
            Err(_) => wrong.push(format!("第 {line} 行：order“{}”不是整数", cell("order"))),
        }
        if let Some(what) = fault(&row, rules) {
            wrong.push(format!("第 {line} 行：{what}"));
        }
        rows.push(row);
    }
    if rows.is_empty() && wrong.is_empty() {
        return Err(FieldErrors::one("pack", "清单是空的：第一行是列名，以下每行一项。"));
    }
    wrong.extend(twice(&rows));
    let codes: BTreeSet<(&str, &str)> = rows.iter().map(|r| (r.list.as_str(), r.code.as_str())).collect();
    for r in rows.iter().filter(|r| !r.parent.is_empty() && !r.list.is_empty()) {
        if !codes.contains(&(r.list.as_str(), r.parent.as_str())) && !rules.all_codes().any(|(_, all)| all.iter().any(|c| c.code == r.parent)) {
            wrong.push(format!("“{}”的上级“{}”不在任何清单中", r.code, r.parent));
        }
    }
    if !wrong.is_empty() {
        let all = wrong.len();
        let more = if all > 10 { format!("；另有 {} 处", all - 10) } else { String::new() };
        wrong.truncate(10);
        let next = "请改正这些行后重新导入；全部没有导入。";
        return Err(Refusal::new("rule_pack.list", format!("清单有 {all} 处不对：{}{more}。", wrong.join("；")), next).into());
    }
    compare(&mut rows, rules, today);
    let lists: BTreeSet<String> = rows.iter().map(|r| r.list.clone()).collect();
    let mut kept = vec![];
    for list in &lists {
        let left = rules.list(list, today).into_iter().filter(|c| !codes_of(&rows, list).contains(c.code.as_str()));
        kept.extend(left.map(|c| (list.clone(), c.code.clone(), c.name.clone())));
    }
    let full = |p: &&PendingRule| !p.lists.is_empty() && p.lists.iter().all(|l| lists.contains(l));
    // What an earlier file has filled already counts as well: this one may take its place.
    let fills: Vec<String> = crate::shipped()?.all_pending().iter().filter(full).map(|p| p.key.clone()).collect();
    let name = lists.iter().cloned().collect::<Vec<_>>().join("、");
    let pack = written(&rows, &fills);
    // A name of its own for each content: a second file of the same list stands beside the first, whose other codes stay.
    let mut hash = DefaultHasher::new();
    pack.hash(&mut hash);
    let pack_name = format!("清单 {} {:016x}.toml", kernel::text::cut(&name, 60), hash.finish());
    Ok(Listing { kept, fills, pack_name, pack, rows })
}

fn codes_of<'a>(rows: &'a [Row], list: &str) -> BTreeSet<&'a str> {
    rows.iter().filter(|r| r.list == list).map(|r| r.code.as_str()).collect()
}

/// What is wrong with a row by itself.
fn fault(r: &Row, rules: &RuleSet) -> Option<String> {
    let day = |t: &str| t.parse::<Date>().is_ok();
    let plain = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if r.list.is_empty() {
        return Some("没有写明是哪个清单（list）".into());
    }
    if !known(&r.list, rules) {
        return Some(format!("没有“{}”这个清单，代码表页列出了现有的清单", r.list));
    }
    if !plain(&r.code) || r.code.len() > 40 {
        return Some(format!("代码“{}”应为 1 至 40 个字母、数字或者 _ . -", kernel::text::cut(&r.code, 20)));
    }
    if r.name.is_empty() || r.name.chars().count() > 100 {
        return Some(format!("{} 的名称应为 1 至 100 字", r.code));
    }
    if r.source.is_empty() || r.source.chars().count() > 200 {
        return Some(format!("{} 没有写明出处（source），或者超过 200 字", r.code));
    }
    if !day(&r.from) || !(r.until.is_empty() || day(&r.until)) {
        return Some(format!("{} 的起止日期“{} {}”不是 YYYY-MM-DD", r.code, r.from, r.until));
    }
    if rules.all_codes().any(|(list, codes)| *list == r.list && codes.iter().any(|c| c.source_kind == "law")) {
        return Some(format!("“{}”里有法律原文规定的项，不能用清单增改", r.list));
    }
    None
}

fn twice(rows: &[Row]) -> Vec<String> {
    let mut seen: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for r in rows {
        *seen.entry((r.list.as_str(), r.code.as_str(), r.from.as_str())).or_default() += 1;
    }
    seen.into_iter().filter(|(_, n)| *n > 1).map(|((_, code, _), n)| format!("代码“{code}”写了 {n} 次")).collect()
}

/// Beside what stands: a code of today keeps its first day, so that it is replaced and not doubled.
fn compare(rows: &mut [Row], rules: &RuleSet, today: Date) {
    for r in rows {
        let now: Option<&Code> = rules.list(&r.list, today).into_iter().find(|c| c.code == r.code && c.station.is_none());
        r.change = match now {
            None => "新增".into(),
            Some(c) => {
                r.from.clone_from(&c.from);
                if c.name == r.name { "不变".into() } else { format!("原为“{}”", c.name) }
            }
        };
    }
}

/// The pack of the rows, with what of 待导入 it fills.
fn written(rows: &[Row], fills: &[String]) -> String {
    let mut out = String::from("# 由清单（CSV）生成\n[pack]\nid = \"listing\"\n");
    let _ = writeln!(out, "fills = [{}]", fills.iter().map(|f| quoted(f)).collect::<Vec<_>>().join(", "));
    for r in rows {
        let _ = write!(
            out,
            "\n[[code]]\nlist = {}\ncode = {}\nname = {}\norder = {}\nsource = {}\nsource_kind = \"default\"\nfrom = {}\n",
            quoted(&r.list), quoted(&r.code), quoted(&r.name), r.order, quoted(&r.source), quoted(&r.from)
        );
        for (field, value) in [("parent", &r.parent), ("until", &r.until)] {
            if !value.is_empty() {
                let _ = writeln!(out, "{field} = {}", quoted(value));
            }
        }
    }
    out
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Refuses a file that is neither a pack nor a list by its name.
pub fn is_csv(file_name: &str) -> Result<bool> {
    let lower = file_name.to_lowercase();
    match (lower.ends_with(".toml"), lower.ends_with(".csv")) {
        (true, _) => Ok(false),
        (_, true) => Ok(true),
        _ => Err(FieldErrors::one("pack", "请选择规则包（.toml）或者清单（.csv）文件。")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Error;

    const LIST: &str = "dispute.category.governance";

    fn today() -> Date {
        "2026-11-27".parse().unwrap()
    }

    fn defaults() -> Defaults {
        Defaults { list: LIST.into(), source: "海拉尔区综治中心代码表".into(), from: Some(today()) }
    }

    fn refused(text: &str) -> String {
        match read(text.as_bytes(), &defaults(), &crate::shipped().unwrap(), today()).unwrap_err() {
            Error::Refused(r) => format!("{} {}", r.key, r.what),
            other => other.to_string(),
        }
    }

    #[test]
    fn the_twenty_eight_kinds_come_as_a_table() {
        let rules = crate::shipped().unwrap();
        let named = rules.list(LIST, today())[0].clone();
        let mut text = format!("code,name,parent\n{},{},\n", named.code, "环境噪声");
        for n in 1..=27 {
            text.push_str(&format!("zz{n:02},\"第{n}类，“引号\"\"”\",{}\n", if n == 2 { "zz01" } else { "" }));
        }
        let l = read(text.as_bytes(), &defaults(), &rules, today()).unwrap();
        assert_eq!((l.rows.len(), l.fills.as_slice()), (28, &[LIST.to_string()][..]));
        assert_eq!(l.rows[0].change, format!("原为“{}”", named.name));
        assert!(l.rows[1].change == "新增" && l.kept.len() == rules.list(LIST, today()).len() - 1);
        RuleSet::check_fields("x", &l.pack).unwrap();
        let with = crate::shipped_with(&[(l.pack_name, l.pack)]).unwrap();
        assert_eq!(with.list(LIST, today()).len(), 27 + rules.list(LIST, today()).len());
        assert_eq!(with.name(LIST, &named.code), "环境噪声");
        assert_eq!(with.code(LIST, "zz02").unwrap().parent.as_deref(), Some("zz01"));
        assert_eq!(with.name(LIST, "zz03"), "第3类，“引号\"”");
        assert!(rules.all_pending().iter().any(|p| p.key == LIST) && !with.all_pending().iter().any(|p| p.key == LIST));
        // The same from a table program that writes GB 18030.
        let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
        assert_eq!(read(&bytes, &defaults(), &rules, today()).unwrap().rows.len(), 28);
    }

    #[test]
    fn a_second_file_of_a_list_leaves_what_the_first_brought() {
        let bare = crate::shipped().unwrap();
        let before = bare.list(LIST, today()).len();
        let one = read("code,name\nzz01,甲\nzz02,乙\n".as_bytes(), &defaults(), &bare, today()).unwrap();
        let mut packs = vec![(one.pack_name.clone(), one.pack)];
        let first = crate::shipped_with(&packs).unwrap();
        let two = read("code,name\nzz03,丙\nzz01,甲，改名\n".as_bytes(), &defaults(), &first, today()).unwrap();
        assert!(two.pack_name != one.pack_name && two.kept.len() == before + 1 && two.fills == one.fills);
        packs.push((two.pack_name, two.pack));
        let both = crate::shipped_with(&packs).unwrap();
        assert_eq!(both.list(LIST, today()).len(), before + 3);
        assert_eq!((both.name(LIST, "zz01"), both.name(LIST, "zz02"), both.name(LIST, "zz03")), ("甲，改名", "乙", "丙"));
        assert!(!both.all_pending().iter().any(|p| p.key == LIST));
    }

    proptest::proptest! {
        /// Whatever bytes come: an answer, and what is accepted is a pack that the rules can be read from.
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), name in "\\PC{1,30}|[\\x00-\\x7f]{1,30}", quote in proptest::bool::ANY) {
            let rules = crate::shipped().unwrap();
            let _ = read(&bytes, &defaults(), &rules, today());
            let cell = if quote { format!("\"{}\"", name.replace('"', "\"\"")) } else { name };
            if let Ok(l) = read(format!("code,name\nzz01,{cell}\n").as_bytes(), &defaults(), &rules, today()) {
                RuleSet::check_fields("x", &l.pack).unwrap();
                let with = crate::shipped_with(&[(l.pack_name, l.pack)]).unwrap();
                proptest::prop_assert_eq!(with.name(LIST, &l.rows[0].code), &l.rows[0].name);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line_and_nothing_is_taken() {
        assert!(refused("code,title\n01,甲\n").contains("不认识的列“title”"));
        assert!(refused("code\n01\n").contains("缺少 name 列"));
        assert!(refused("code,name\n").contains("清单是空的"));
        let bad = refused("code,name,order\n01,,1\n甲,乙,1\n03,丙,x\n04,丁,1\n04,丁,1\n");
        assert!(bad.starts_with("rule_pack.list") && bad.contains("第 2 行：01 的名称") && bad.contains("第 3 行：代码“甲”"), "{bad}");
        assert!(bad.contains("第 4 行：order“x”") && bad.contains("代码“04”写了 2 次"), "{bad}");
        assert!(refused("list,code,name\nno.such,01,甲\n").contains("没有“no.such”这个清单"));
        assert!(refused("code,name,parent\n01,甲,99xx\n").contains("上级“99xx”"));
        assert!(refused("code,name,from\n01,甲,2026/1/1\n").contains("不是 YYYY-MM-DD"));
        assert!(refused("list,code,name\nmediation.exclusion,ours,甲\n").contains("法律原文规定的"));
        let law = crate::shipped().unwrap().list("mediation.exclusion", today())[0].code.clone();
        assert!(refused(&format!("list,code,name\nmediation.exclusion,{law},不再排除\n")).contains("法律原文规定的"));
        let undated = read("code,name\n01,甲\n".as_bytes(), &Defaults { from: None, ..defaults() }, &crate::shipped().unwrap(), today()).unwrap_err();
        assert!(matches!(undated, Error::Invalid(e) if e.of("from").contains("没有起始日期")));
        let none = Defaults { source: String::new(), ..defaults() };
        let e = read("code,name\n01,甲\n".as_bytes(), &none, &crate::shipped().unwrap(), today()).unwrap_err();
        assert!(matches!(e, Error::Refused(r) if r.what.contains("没有写明出处")));
        assert!(is_csv("a.CSV").unwrap() && !is_csv("a.toml").unwrap() && is_csv("a.xlsx").is_err());
    }
}
