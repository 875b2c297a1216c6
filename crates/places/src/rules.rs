//! How Chinese addresses are written and compared. Pure.
//!
//! Standard address (标准地址) elements follow the order of GB/T 23705: region, street, number, complex,
//! building, unit, room. People write the same household in many ways (３号楼、三栋、3幢、3#；
//! 2单元、2门；302室、302号；3-2-302); all of them fold to one key.

use kernel::text;

/// Households added by one command at most.
pub const MAX_ADDRESSES: usize = 500;
/// Characters of a name of a place at most.
pub const MAX_NAME: usize = 60;

/// Longer words first: `号楼` before `号`.
const BUILDING: [&str; 6] = ["号楼", "栋楼", "栋", "幢", "座", "#"];
const UNIT: [&str; 3] = ["单元", "门洞", "门"];
const ROOM: [&str; 3] = ["室", "户", "房"];
/// Marks after which Chinese numerals stand for a number.
const AFTER_NUMERAL: [&str; 14] =
    ["号", "栋", "幢", "座", "楼", "单元", "门", "室", "层", "户", "房", "#", "-", "组"];

fn numeral(c: char) -> Option<u32> {
    "零一二三四五六七八九".chars().position(|n| n == c).map(|n| n as u32).or(match c {
        '〇' | '○' => Some(0),
        '两' => Some(2),
        '十' => Some(10),
        '百' => Some(100),
        _ => None,
    })
}

/// 十八 → 18, 二十 → 20, 一百零二 → 102, 三〇二 → 302.
fn value_of(run: &[u32]) -> String {
    if run.iter().all(|n| *n < 10) {
        return run.iter().map(u32::to_string).collect();
    }
    let (mut sum, mut digit) = (0, None);
    for n in run {
        if *n < 10 {
            digit = Some(*n);
        } else {
            sum += digit.take().unwrap_or(1) * n;
        }
    }
    (sum + digit.unwrap_or(0)).to_string()
}

/// The form in which addresses are compared: [`text::fold`], no blanks and punctuation, Chinese
/// numerals before 号, 楼, 单元 and the like as digits.
pub fn fold(typed: &str) -> String {
    let mut chars: Vec<char> = Vec::with_capacity(typed.len());
    for c in text::fold(typed).chars() {
        match c {
            '—' | '–' | '~' | '－' | '‐' | '−' | '_' | '/' => chars.push('-'),
            '#' | '-' => chars.push(c),
            c if c.is_alphanumeric() => chars.push(c),
            _ => {}
        }
    }
    let mut out = String::with_capacity(chars.len() * 3);
    let mut i = 0;
    while i < chars.len() {
        let run: Vec<u32> = chars[i..].iter().map_while(|c| numeral(*c)).collect();
        if run.is_empty() {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        let after: String = chars[i + run.len()..].iter().take(2).collect();
        if AFTER_NUMERAL.iter().any(|m| after.starts_with(m)) {
            out.push_str(&value_of(&run));
        } else {
            out.extend(&chars[i..i + run.len()]);
        }
        i += run.len();
    }
    out
}

/// What a text says after the name of the complex.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub building: Option<String>,
    pub unit: Option<String>,
    pub room: Option<String>,
}

fn trim_zeros(token: &str) -> String {
    let t = token.trim_start_matches('0');
    if t.is_empty() { token.to_string() } else { t.to_string() }
}

fn after_mark<'a>(rest: &'a str, marks: &[&str]) -> Option<&'a str> {
    marks.iter().find_map(|m| rest.strip_prefix(m))
}

/// Reads building, unit and room from folded text.
pub fn parts(folded: &str) -> Parts {
    let mut p = Parts::default();
    let mut maybe: Option<String> = None;
    let mut rest = folded;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        rest = &rest[start..];
        let (group, mut tail) = dashed(rest);
        if group.len() > 1 {
            let unit_last = UNIT.iter().any(|m| tail.starts_with(m));
            match (group.as_slice(), p.building.is_some()) {
                ([b, u], false) if unit_last => (p.building, p.unit) = (Some(trim_zeros(b)), Some(trim_zeros(u))),
                ([b, r], false) => (p.building, p.room) = (Some(trim_zeros(b)), Some((*r).into())),
                ([u, r], true) if p.unit.is_none() => (p.unit, p.room) = (Some(trim_zeros(u)), Some((*r).into())),
                ([_, r], true) => p.room = Some((*r).into()),
                ([b, u, r, ..], false) => {
                    (p.building, p.unit, p.room) = (Some(trim_zeros(b)), Some(trim_zeros(u)), Some((*r).into()));
                }
                ([_, u, r, ..], true) => (p.unit, p.room) = (Some(trim_zeros(u)), Some((*r).into())),
                _ => {}
            }
            rest = tail;
            continue;
        }
        let token = group.first().copied().unwrap_or_default();
        if let Some(t) = after_mark(tail, &BUILDING) {
            tail = t.strip_prefix('楼').unwrap_or(t);
            p.building.get_or_insert_with(|| trim_zeros(token));
        } else if let Some(t) = after_mark(tail, &UNIT) {
            tail = t;
            p.unit.get_or_insert_with(|| trim_zeros(token));
        } else if let Some(t) = after_mark(tail, &ROOM) {
            tail = t;
            p.room.get_or_insert_with(|| token.to_string());
        } else if let Some(t) = tail.strip_prefix('层') {
            tail = t;
        } else if let Some(t) = after_mark(tail, &["号", "楼"]) {
            if p.building.is_some() && tail.starts_with('号') {
                p.room.get_or_insert_with(|| token.to_string());
            } else if p.building.is_none() {
                maybe = Some(trim_zeros(token));
            }
            tail = t;
        } else if (p.building.is_some() || p.unit.is_some())
            && p.room.is_none()
            && (2..=5).contains(&token.len())
            && token.bytes().any(|b| b.is_ascii_digit())
        {
            p.room = Some(token.to_string());
        }
        rest = tail;
    }
    if p.building.is_none() && (p.unit.is_some() || p.room.is_some()) {
        p.building = maybe;
    }
    p
}

/// Tokens joined by dashes at the start of `text`, and what follows them.
fn dashed(text: &str) -> (Vec<&str>, &str) {
    let mut out = vec![];
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(end);
        if token.is_empty() {
            return (out, rest);
        }
        out.push(token);
        match tail.strip_prefix('-') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_alphanumeric()) => rest = next,
            _ => return (out, tail),
        }
    }
}

fn key(name: &str, marks: &[&str], zeros: bool) -> String {
    let folded = fold(name);
    let end = folded.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(folded.len());
    let (token, tail) = folded.split_at(end);
    if !token.is_empty() && (tail.is_empty() || marks.contains(&tail)) {
        return if zeros { trim_zeros(token) } else { token.to_string() };
    }
    folded
}

/// `3号楼`, `三栋`, `3#` → `3`; `沿街商铺` stays.
pub fn building_key(name: &str) -> String {
    key(name, &["号楼", "栋楼", "栋", "幢", "座", "#", "#楼", "楼", "号"], true)
}

/// `2单元`, `二门` → `2`.
pub fn unit_key(name: &str) -> String {
    key(name, &UNIT, true)
}

/// `302室`, `302号` → `302`.
pub fn room_key(name: &str) -> String {
    key(name, &["室", "户", "房", "号"], false)
}

/// The name of a complex without 小区, which people leave out; "" when too short to be one.
pub fn short_name(folded: &str) -> String {
    match folded.strip_suffix("小区") {
        Some(s) if s.chars().count() >= 2 => s.to_string(),
        _ => String::new(),
    }
}

fn labelled(name: &str, mark: &str) -> String {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) { format!("{name}{mark}") } else { name.into() }
}

/// The whole address as printed.
pub fn line(region: &str, street: &str, number: &str, estate: &str, building: &str, unit: &str, room: &str) -> String {
    format!(
        "{region}{street}{number}{estate}{}{}{}",
        labelled(building, "号楼"),
        labelled(unit, "单元"),
        labelled(room, "室")
    )
}

/// Why a place's name cannot be kept, or `None`.
pub fn name_error(label: &str, name: &str) -> Option<String> {
    let n = name.chars().count();
    if n == 0 {
        Some(format!("请填写{label}。"))
    } else if n > MAX_NAME {
        Some(format!("{label}最多 {MAX_NAME} 字，现有 {n} 字。"))
    } else if fold(name).is_empty() {
        Some(format!("{label}“{}”中没有文字。", text::cut(name, 20)))
    } else {
        None
    }
}

/// Longitude and latitude inside China, both or none.
pub fn point_error(lon: Option<f64>, lat: Option<f64>) -> Option<&'static str> {
    match (lon, lat) {
        (None, None) => None,
        (Some(lon), Some(lat)) if (73.0..=136.0).contains(&lon) && (3.0..=54.0).contains(&lat) => None,
        (Some(_), Some(_)) => Some("经纬度不在中国范围内：经度应为 73 至 136，纬度应为 3 至 54。"),
        _ => Some("经度与纬度要一起填写。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_household_in_many_spellings() {
        for typed in [
            "3号楼2单元302室", "３号楼２单元３０２", "三号楼二单元302", "3栋2单元302号", "3幢2门302", "3#2单元302", "3#楼2-302",
            "3-2-302", "３—２—３０２室", "3号楼 2单元 3楼 302室", "03号楼2单元302", "3栋二单元三〇二室", "三座2单元302户",
        ] {
            let p = parts(&fold(typed));
            assert_eq!(
                (p.building.as_deref(), p.unit.as_deref(), p.room.as_deref()),
                (Some("3"), Some("2"), Some("302")),
                "{typed}"
            );
        }
    }

    #[test]
    fn what_is_not_said_stays_open() {
        for (typed, building, unit, room) in [
            ("3号楼楼下有人吵架", Some("3"), None, None),
            ("3号楼5楼噪音", Some("3"), None, None),
            ("门口", None, None, None),
            ("12层", None, None, None),
            ("a座1203", Some("a"), None, Some("1203")),
            ("5-301", Some("5"), None, Some("301")),
            ("5-3单元", Some("5"), Some("3"), None),
            ("18号", None, None, None),
            ("18号2单元301", Some("18"), Some("2"), Some("301")),
        ] {
            let p = parts(&fold(typed));
            assert_eq!((p.building.as_deref(), p.unit.as_deref(), p.room.as_deref()), (building, unit, room), "{typed}");
        }
    }

    #[test]
    fn numerals_count_only_before_a_mark() {
        assert_eq!(fold("兴华路十八号"), "兴华路18号");
        assert_eq!(fold("一百零二室、二十栋、三〇二室"), "102室20栋302室");
        assert_eq!(fold("七一小区三合村"), "七一小区三合村");
    }

    #[test]
    fn keys_of_parts() {
        for name in ["3号楼", "三号楼", "3栋", "３幢", "3#", "03", "3#楼"] {
            assert_eq!(building_key(name), "3", "{name}");
        }
        assert_eq!(building_key("沿街商铺"), "沿街商铺");
        assert_eq!((unit_key("二单元").as_str(), room_key("３０２室").as_str()), ("2", "302"));
        assert_eq!(line("海拉尔区", "兴华路", "18号", "金桂园", "3号楼", "2", "302"), "海拉尔区兴华路18号金桂园3号楼2单元302室");
        assert!(point_error(Some(119.7), None).is_some() && point_error(Some(119.7), Some(49.2)).is_none());
    }
}
