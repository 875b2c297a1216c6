//! What a report is about: the places it names and the causes it tells of, by plain word lists.
//!
//! Two reports of one place and one cause are proposed as one matter, even when their texts share
//! few words. Nothing is learnt from people; the lists are short and can be read.

use kernel::text::fold;

/// Cause and the words that tell of it.
const CAUSES: &[(&str, &[&str])] = &[
    ("noise", &["噪", "吵", "扰民", "拖椅", "拖动", "跺脚", "喇叭", "叫卖", "音响", "广场舞", "打鸣", "震动", "咚咚"]),
    ("poultry", &["养鸡", "养鸭", "养鹅", "家禽", "鸡粪", "鸡叫"]),
    ("wage", &["工资", "欠薪", "工钱", "薪水"]),
    ("leak", &["漏水", "渗水", "反水", "泡水"]),
    ("dog", &["狗", "犬"]),
    ("parking", &["停车", "车位", "堵车", "占道"]),
    ("property", &["物业"]),
    ("heating", &["供暖", "暖气", "供热"]),
    ("building", &["施工", "工地", "搅拌站", "渣土", "扬尘"]),
    ("fume", &["油烟", "烧烤", "异味", "臭"]),
    ("fee", &["收费", "退费", "学费", "押金", "退款"]),
    ("house", &["房产证", "交房", "质量问题", "烂尾", "购房"]),
    ("school", &["学校", "幼儿园", "实习", "补课"]),
];

/// Endings of place names, longer ones first, with how many characters before them name the place.
const ENDINGS: &[&str] = &["新村", "新城", "家园", "花园", "小区", "公寓", "大厦", "广场", "社区", "工地", "市场", "苑", "园", "路", "街", "巷"];

/// What ends like a name and is none.
const NO_NAMES: &[&str] = &["公园", "校园", "乐园", "马路", "道路", "走路", "网路", "一条路", "条街", "大街", "本小区", "我小区", "们小区", "个小区", "在小区", "是小区"];

/// Keys of one report at most.
const MOST: usize = 24;

fn places(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut out: Vec<String> = vec![];
    for end in 1..=chars.len() {
        let before: String = chars[end.saturating_sub(4)..end].iter().collect();
        let Some(ending) = ENDINGS.iter().find(|e| before.ends_with(**e)) else { continue };
        let size = ending.chars().count();
        let start = end.saturating_sub(size + 2);
        let name: String = chars[start..end].iter().collect();
        let whole = name.chars().count() == size + 2 && name.chars().all(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
        if whole && !NO_NAMES.iter().any(|n| name.ends_with(n)) && !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

fn causes(text: &str) -> impl Iterator<Item = &'static str> + '_ {
    CAUSES.iter().filter(|(_, words)| words.iter().any(|w| text.contains(w))).map(|(c, _)| *c)
}

/// `place|cause` for every place named with every cause told, at most [`MOST`].
pub fn keys(title: &str, body: &str) -> Vec<String> {
    let text = fold(&format!("{title}\n{body}"));
    let causes: Vec<&str> = causes(&text).collect();
    let mut out = vec![];
    for p in places(&text) {
        for c in &causes {
            if out.len() < MOST {
                out.push(format!("{p}|{c}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_and_cause_are_read_from_free_text() {
        let a = keys("金桂园3号楼楼上半夜拖椅子", "每天半夜");
        let b = keys("反映金桂园3号楼2单元601噪声", "一直没有解决");
        assert_eq!(a, vec!["金桂园|noise"]);
        assert_eq!(a, b);
        assert_eq!(keys("靖安路工地欠薪再次反映", ""), vec!["靖安路|wage", "靖安路|building", "安路工地|wage", "安路工地|building"]);
        assert!(keys("公园里很吵", "").is_empty());
        assert!(keys("", "").is_empty());
    }
}
