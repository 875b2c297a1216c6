//! 隐名: names, phones, addresses, numbers and plates become roles; every replaced span is told.
//!
//! What is registered (parties, agents, mediators, officers, complexes, addresses) is found exactly,
//! also in parts and with or without the dots of Mongolian names; what is not registered is found by
//! its shape. It rather takes away too much: the person who approves sees each span and may write
//! the sentence anew, but nothing registered passes.

use kernel::text::fold;

/// Why a span was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Name,
    Place,
    Number,
    /// By its shape only; may be an ordinary word.
    Shape,
}

impl Kind {
    pub fn label(self) -> &'static str {
        match self {
            Kind::Name => "姓名",
            Kind::Place => "地名、地址",
            Kind::Number => "号码",
            Kind::Shape => "疑似",
        }
    }
}

/// A replaced span of the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub original: String,
    pub role: String,
    pub kind: Kind,
}

/// The text with its spans in their order.
#[derive(Clone, Debug, Default)]
pub struct Anonymous {
    pub text: String,
    pub spans: Vec<Span>,
}

/// What is registered: a name or place and the role that stands for it.
#[derive(Clone, Debug)]
pub struct Known {
    pub text: String,
    pub role: String,
    pub kind: Kind,
}

const DOTS: &[char] = &['·', '•', '・', '‧', '．', '.', ' ', '\u{3000}', '-'];
/// 复姓 that are cut off as a whole.
const DOUBLE: &[&str] = &["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "呼延", "端木"];
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝";
/// Behind these a name often follows; before those it often ends.
const BEFORE: &[&str] = &["名叫", "叫做", "姓名", "证人", "邻居", "业主", "住户", "村民", "牧民", "租客", "房东", "当事人", "报警人", "丈夫", "妻子", "儿子", "女儿", "其子", "其女", "老板", "经理", "包工头", "民警", "辅警", "调解员", "网格员", "书记", "主任", "医生", "老师", "甲方", "乙方", "丙方", "我叫", "我是"];
const TITLES: &[&str] = &["先生", "女士", "大爷", "大妈", "大娘", "大叔", "阿姨", "师傅", "大姐", "大哥", "老师", "主任", "书记", "经理", "老板", "医生", "奶奶", "爷爷", "同志", "某某", "某"];
const PLACE_ENDS: &[&str] = &["自然村", "派出所", "幼儿园", "小区", "家园", "花园", "公寓", "大厦", "社区", "嘎查", "苏木", "街道", "新村", "新城", "胡同", "学校", "中学", "小学", "医院", "超市", "饭店", "公司", "酒店", "广场", "市场", "商场", "宾馆", "煤矿", "工地", "华府", "名苑", "豪庭", "苑", "府", "路", "街", "巷", "镇", "乡", "村", "旗", "县", "区", "市"];
/// A place name does not reach back over these.
const STOPS: &str = "的在住于是从到去和与跟向往把被让给对为了过着因由我你他她它们这那本该各每某有没不也都就还又很全同个家里外上下前后东西南北中内间处旁边侧口门楼，。；：、！？“”（）()\n\t ";
/// What ends like a place and is none.
const NO_PLACES: &[&str] = &["马路", "道路", "走路", "问路", "铁路", "公路", "一路", "电路", "线路", "出路", "思路", "网路", "大街", "逛街", "门市", "城市", "超市", "菜市", "上市", "农村", "乡村", "本村", "同村", "村村", "城区", "园区", "地区", "本区", "库区", "辖区", "市区", "分公司", "物业公司", "家乡", "老家乡", "政府", "学府", "红旗", "国旗", "锦旗", "工作区", "警务区", "小区", "社区", "街道", "学校", "医院", "超市", "饭店", "公司", "工地", "市场", "派出所", "幼儿园", "中学", "小学", "广场", "花园", "商场", "酒店", "宾馆"];
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// The spellings under which a registered name may stand: whole, without dots, its parts, and the
/// given name alone when it has two characters or more.
pub fn spellings(name: &str) -> Vec<String> {
    let name = name.trim();
    let chars: Vec<char> = name.chars().collect();
    if chars.len() < 2 {
        return vec![];
    }
    let mut out = vec![name.to_string()];
    let parts: Vec<String> = name.split(DOTS).map(str::to_string).filter(|p| !p.is_empty()).collect();
    if parts.len() > 1 {
        out.push(parts.concat());
        out.extend(parts.into_iter().filter(|p| p.chars().count() >= 2));
    } else if (3..=4).contains(&chars.len()) {
        let cut = if DOUBLE.iter().any(|d| name.starts_with(d)) { 2 } else { 1 };
        let given: String = chars[cut..].iter().collect();
        if given.chars().count() >= 2 && SURNAMES.contains(chars[0]) || cut == 2 {
            out.push(given);
        }
    }
    out.sort_by_key(|s| std::cmp::Reverse(s.chars().count()));
    out.dedup();
    out
}

struct Finder {
    chars: Vec<char>,
    /// Same length as `chars`: folded one by one, so that positions agree.
    low: Vec<char>,
    taken: Vec<Option<usize>>,
    spans: Vec<(usize, usize, Span)>,
}

impl Finder {
    fn new(text: &str) -> Finder {
        let chars: Vec<char> = text.chars().collect();
        let low = chars.iter().map(|c| fold(&c.to_string()).chars().next().unwrap_or(*c)).collect();
        Finder { taken: vec![None; chars.len()], low, chars, spans: vec![] }
    }

    fn free(&self, from: usize, to: usize) -> bool {
        self.taken[from..to].iter().all(Option::is_none)
    }

    fn take(&mut self, from: usize, to: usize, role: &str, kind: Kind) {
        if from >= to || to > self.chars.len() || !self.free(from, to) {
            return;
        }
        let n = self.spans.len();
        self.taken[from..to].fill(Some(n));
        let original = self.chars[from..to].iter().collect();
        self.spans.push((from, to, Span { original, role: role.into(), kind }));
    }

    fn text_at(&self, from: usize, len: usize) -> String {
        self.low[from..(from + len).min(self.low.len())].iter().collect()
    }

    /// A registered text wherever it stands, dots and blanks inside it allowed.
    fn known(&mut self, k: &Known) {
        let wanted: Vec<char> = fold(&k.text).chars().filter(|c| !DOTS.contains(c)).collect();
        if wanted.len() < 2 {
            return;
        }
        let mut start = 0;
        while start < self.low.len() {
            let (mut at, mut n) = (start, 0);
            while at < self.low.len() && n < wanted.len() {
                if self.low[at] == wanted[n] {
                    n += 1;
                } else if n == 0 || !DOTS.contains(&self.low[at]) {
                    break;
                }
                at += 1;
            }
            if n == wanted.len() {
                self.take(start, at, &k.role, k.kind);
                start = at;
            } else {
                start += 1;
            }
        }
    }

    /// Numbers: phones, ids, cards, house numbers, plates, accounts, full dates.
    fn numbers(&mut self) {
        self.plates();
        let mut i = 0;
        while i < self.low.len() {
            if !self.low[i].is_ascii_alphanumeric() {
                i += 1;
                continue;
            }
            let mut j = i;
            let joins = |c: char| matches!(c, '-' | '_' | '.' | '@' | '—' | '－');
            while j < self.low.len()
                && (self.low[j].is_ascii_alphanumeric()
                    || (joins(self.low[j]) && j + 1 < self.low.len() && self.low[j + 1].is_ascii_alphanumeric())
                    || (self.low[j] == ' ' && j + 1 < self.low.len() && self.low[j + 1].is_ascii_digit() && self.low[j - 1].is_ascii_digit()))
            {
                j += 1;
            }
            let word: String = self.low[i..j].iter().collect();
            let digits = word.chars().filter(char::is_ascii_digit).count();
            let letters = word.chars().filter(char::is_ascii_alphabetic).count();
            let after: String = self.text_at(j, 3);
            if word.contains('@') || (letters >= 1 && digits >= 3) || (letters >= 6) {
                let plate = i > 0 && PROVINCES.contains(self.chars[i - 1]);
                self.take(if plate { i - 1 } else { i }, j, if plate { "某车牌" } else { "某账号" }, Kind::Number);
            } else if digits >= 7 {
                self.take(i, j, "某号码", Kind::Number);
            } else if digits == 4 && after.starts_with('年') {
                // A whole date leads to the file; month and hour alone do not.
                let mut to = j + 1;
                while to < self.low.len() && (self.low[to].is_ascii_digit() || matches!(self.low[to], '月' | '日' | '号' | ' ')) {
                    to += 1;
                }
                self.take(i, to, "某日", Kind::Number);
            } else {
                self.house_number(i, j);
            }
            i = j.max(i + 1);
        }
        self.chinese_house_numbers();
    }

    /// `3号楼2单元402室`, `B12栋`, `3-2-402`; amounts, times and measures stay.
    fn house_number(&mut self, from: usize, to: usize) {
        const UNITS: &[&str] = &["号楼", "栋", "幢", "座", "单元", "室", "号院", "号", "层", "楼", "户", "门", "弄", "组", "区", "#"];
        const MEASURES: &[&str] = &["号线", "户人", "户居", "户村", "层楼", "层高", "组织"];
        let after = self.text_at(to, 2);
        let word: String = self.low[from..to].iter().collect();
        let before: String = self.text_at(from.saturating_sub(2), 2.min(from));
        if MEASURES.iter().any(|m| after.starts_with(m)) {
            return;
        }
        if let Some(u) = UNITS.iter().find(|u| after.starts_with(**u)) {
            let end = to + u.chars().count();
            self.take(from, end, "某号", Kind::Place);
        } else if word.chars().filter(|c| *c == '-').count() >= 1 && word.chars().next().is_some_and(|c| c.is_ascii_digit()) && !after.starts_with(['元', '天', '日', '点', '时', '月', '年', '次', '人', '岁', '分', '米']) {
            self.take(from, to, "某号", Kind::Place);
        } else if (3..=4).contains(&word.len())
            && word.chars().all(|c| c.is_ascii_digit())
            && (["楼上", "楼下", "对门", "隔壁", "我住", "家住", "室的", "单元"].iter().any(|b| before.ends_with(b))
                || after.starts_with(['家', '的', '住', '业']))
        {
            self.take(from, to, "某室", Kind::Place);
        }
    }

    fn plates(&mut self) {
        for i in 0..self.chars.len() {
            if PROVINCES.contains(self.chars[i]) && i + 1 < self.low.len() && self.low[i + 1].is_ascii_alphabetic() {
                let mut j = i + 2;
                while j < self.low.len() && j < i + 9 && (self.low[j].is_ascii_alphanumeric() || DOTS.contains(&self.low[j])) {
                    j += 1;
                }
                if self.low[i + 2..j].iter().filter(|c| c.is_ascii_alphanumeric()).count() >= 5 {
                    self.take(i, j, "某车牌", Kind::Number);
                }
            }
        }
    }

    /// `三号楼二单元四零二室`, and phone numbers in words.
    fn chinese_house_numbers(&mut self) {
        const DIGITS: &str = "零〇一二三四五六七八九十百两幺";
        let mut i = 0;
        while i < self.chars.len() {
            let mut j = i;
            while j < self.chars.len() && DIGITS.contains(self.chars[j]) {
                j += 1;
            }
            if j > i {
                let after = self.text_at(j, 2);
                if j - i >= 7 {
                    self.take(i, j, "某号码", Kind::Number);
                } else if let Some(u) = ["号楼", "栋", "幢", "单元", "号院", "室"].iter().find(|u| after.starts_with(**u)) {
                    self.take(i, j + u.chars().count(), "某号", Kind::Place);
                }
            }
            i = j.max(i + 1);
        }
    }

    /// Places by their endings.
    fn places(&mut self) {
        for end in 1..=self.chars.len() {
            let Some(ending) = PLACE_ENDS.iter().find(|e| {
                let n = e.chars().count();
                end >= n && self.chars[end - n..end].iter().copied().eq(e.chars())
            }) else {
                continue;
            };
            let n = ending.chars().count();
            let mut start = end - n;
            while start > 0
                && end - start < n + 6
                && ('\u{3400}'..='\u{9fff}').contains(&self.chars[start - 1])
                && !STOPS.contains(self.chars[start - 1])
                && self.taken[start - 1].is_none()
            {
                start -= 1;
            }
            let word: String = self.chars[start..end].iter().collect();
            let longer = PLACE_ENDS.iter().any(|e| {
                let all: String = self.chars[end - n..(end + 2).min(self.chars.len())].iter().collect();
                e.chars().count() > n && all.starts_with(e)
            });
            if end - start < n + 2 || longer || NO_PLACES.iter().any(|p| word.ends_with(p) && word.chars().count() <= p.chars().count() + 1) {
                continue;
            }
            let role = match *ending {
                "路" | "街" | "巷" | "胡同" | "街道" => "某街路",
                "镇" | "乡" | "村" | "旗" | "县" | "区" | "市" | "苏木" | "嘎查" | "自然村" | "新村" | "新城" => "某地",
                "小区" | "家园" | "花园" | "公寓" | "苑" | "府" | "华府" | "名苑" | "豪庭" | "大厦" | "社区" => "某小区",
                _ => "某单位",
            };
            self.take(start, end, role, Kind::Shape);
        }
    }

    /// Unregistered names: after a word that announces one, or before a title.
    fn names(&mut self) {
        let is_han = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c);
        for i in 0..self.chars.len() {
            let a_side = self.chars[i] == '方' && i > 0 && "甲乙丙双对各一多".contains(self.chars[i - 1]);
            if !SURNAMES.contains(self.chars[i]) || self.taken[i].is_some() || a_side {
                continue;
            }
            let before: String = self.chars[i.saturating_sub(3)..i].iter().collect();
            let rest: String = self.chars[i + 1..(i + 5).min(self.chars.len())].iter().collect();
            if before.ends_with(['老', '小']) && !rest.starts_with(['区', '时', '学', '孩', '年', '人']) && rest.starts_with(['家', '说', '称', '和', '的', '，', '、', '把', '在']) {
                self.take(i - 1, i + 1, "某人", Kind::Shape);
                continue;
            }
            // Roles begin with 某 themselves: 于某号 is no name.
            let role = rest.chars().nth(1).is_some_and(|c| "小号室地街单账车日人社派物调".contains(c));
            if let Some(t) = TITLES.iter().find(|t| rest.starts_with(**t)).filter(|t| **t != "某" || !role) {
                self.take(i, i + 1 + t.chars().count(), "某人", Kind::Shape);
                continue;
            }
            let two: Vec<char> = rest.chars().take(2).collect();
            let titled = TITLES.iter().any(|t| rest.chars().skip(2).collect::<String>().starts_with(t))
                || TITLES.iter().any(|t| rest.chars().skip(1).collect::<String>().starts_with(t));
            let announced = BEFORE.iter().any(|b| before.ends_with(b));
            if (announced || titled) && two.len() == 2 && two.iter().all(|c| is_han(*c) && *c != '某') {
                let ends = rest.chars().nth(2).is_none_or(|c| !is_han(c) || "说称和与在把被的家因将到向是、，".contains(c)) || titled;
                let one_ends = "说称和与在把被的家因将到向是".contains(two[1]);
                if one_ends {
                    self.take(i, i + 2, "某人", Kind::Shape);
                } else if ends {
                    self.take(i, i + 3, "某人", Kind::Shape);
                }
            }
        }
    }

    fn finish(mut self) -> Anonymous {
        self.spans.sort_by_key(|s| s.0);
        let mut text = String::new();
        let mut at = 0;
        let mut last = "";
        for (from, to, span) in &self.spans {
            text.extend(&self.chars[at..*from]);
            // 某小区某号某号某室 reads badly: neighbouring places are said once.
            if !(at == *from && span.kind == Kind::Place && !last.is_empty()) {
                text.push_str(&span.role);
            }
            last = if span.kind == Kind::Place || span.role == "某小区" { &span.role } else { "" };
            at = *to;
        }
        text.extend(&self.chars[at..]);
        Anonymous { text, spans: self.spans.into_iter().map(|s| s.2).collect() }
    }
}

/// Replaces what is registered and what looks like it. Longer registered texts first.
pub fn anonymise(text: &str, known: &[Known]) -> Anonymous {
    let mut f = Finder::new(text);
    let mut all: Vec<Known> = vec![];
    for k in known {
        let forms = if k.kind == Kind::Name { spellings(&k.text) } else { vec![k.text.clone()] };
        all.extend(forms.into_iter().map(|text| Known { text, ..k.clone() }));
    }
    all.sort_by_key(|k| std::cmp::Reverse(k.text.chars().count()));
    for k in &all {
        f.known(k);
    }
    f.numbers();
    f.places();
    f.names();
    f.finish()
}

/// What of `text` would still tell who or where; roles themselves do not count. Shapes only
/// (possible ordinary words) are left out unless `shapes`.
pub fn leaks(text: &str, known: &[Known], shapes: bool) -> Vec<Span> {
    anonymise(text, known)
        .spans
        .into_iter()
        .filter(|s| shapes || s.kind != Kind::Shape)
        .filter(|s| !s.original.starts_with('某'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str, role: &str) -> Known {
        Known { text: text.into(), role: role.into(), kind: Kind::Name }
    }

    fn place(text: &str) -> Known {
        Known { text: text.into(), role: "某小区".into(), kind: Kind::Place }
    }

    #[test]
    fn planted_names_do_not_survive() {
        let known = [
            name("乌仁其木格", "甲方"),
            name("宋立群", "乙方"),
            name("巴特尔·苏和", "丙方"),
            name("高兴", "证人"),
            name("欧阳建国", "代理人"),
            place("金桂园"),
            place("金桂园3号楼2单元501室"),
        ];
        let text = "乌仁其木格住金桂园3号楼2单元501室，说楼上宋立群（立群的电话138 0013 8000）半夜拖椅子；巴特尔•苏和、巴特尔和苏和都听见，巴特尔苏和作证，巴 特尔没说话。\
                    高兴不高兴地说，欧阳建国、建国的车蒙E·A1234停在金 桂园门口，身份证150702199001011234，微信song_liqun88，邮箱a.b@c.cn，三号楼二单元四零二室，3-2-402。";
        let a = anonymise(text, &known);
        for secret in [
            "乌仁其木格", "宋立群", "立群", "巴特尔", "苏和", "高兴", "欧阳", "建国", "金桂园", "金 桂园", "138", "8000", "1234", "150702", "song", "a.b", "501", "402",
            "四零二", "巴 特尔", "A1234",
        ] {
            assert!(!a.text.contains(secret), "{secret} survives in {}", a.text);
        }
        assert!(a.text.contains("甲方") && a.text.contains("半夜拖椅子"));
        assert!(leaks(&a.text, &known, true).is_empty(), "{:?}", leaks(&a.text, &known, true));
        assert!(a.spans.iter().any(|s| s.original == "巴特尔•苏和" && s.role == "丙方"));
    }

    #[test]
    fn what_is_not_registered_is_found_by_its_shape() {
        let a = anonymise("证人李小红说，王大爷和张建军先生在幸福家园门口吵架，老赵家也听见，胜利路的红星超市关门了，2026年5月8日晚上十一点。", &[]);
        for secret in ["李小红", "小红", "王大爷", "张建军", "幸福家园", "赵家", "胜利路", "红星", "2026", "8日"] {
            assert!(!a.text.contains(secret), "{secret} survives in {}", a.text);
        }
        assert!(a.text.contains("晚上十一点") && a.text.contains("吵架"));
    }

    #[test]
    fn ordinary_words_amounts_and_hours_stay() {
        let text = "双方约定夜间22点至次日7点不拖拽家具，铺防噪地毯，赔偿800元，分3期付清，4把椅子加脚垫，同一小区的邻居互相体谅。";
        let a = anonymise(text, &[]);
        assert_eq!(a.text, text, "{:?}", a.spans);
        assert_eq!(anonymise("马路边的学校附近，走路五分钟，3户居民，第2组织者", &[]).text, "马路边的学校附近，走路五分钟，3户居民，第2组织者");
    }

    #[test]
    fn one_character_is_never_a_name_alone() {
        assert!(spellings("平").is_empty());
        assert_eq!(spellings("王平"), vec!["王平"]);
        assert_eq!(spellings("王建国"), vec!["王建国", "建国"]);
        assert_eq!(anonymise("公平合理", &[name("王平", "甲方")]).text, "公平合理");
    }
}
