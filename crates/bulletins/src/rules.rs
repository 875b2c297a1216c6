//! Decisions, pure: references in the text, totals that must add up, three different people.
//!
//! A text names a number by its line: `{3}` the number, `{3%}` the share, `{3分数}` 58/60, `{3区间}` how sure it is,
//! `{3环比}` and `{3同比}` the change. Nobody types a number of the figures by hand.

use crate::model::{Done, Kind, Line, Section, State, Step, Whole};
use kernel::figure::Period;
use kernel::rules::RuleSet;
use kernel::{Date, FieldErrors, Refusal, Result, Timestamp, UserId};

/// Characters of one section at most.
pub const MAX_TEXT: usize = 6_000;

/// A piece of a text: as written, or a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// Line and what of it.
    Ref(i64, String),
}

/// What may stand behind the number of a line.
const FORMS: &[&str] = &["", "%", "分数", "区间", "环比", "同比"];

/// Takes a text apart. What stands in braces and is no reference is an error that names it.
pub fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut out = vec![];
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            out.push(Piece::Text(rest[..open].into()));
        }
        let Some(close) = rest[open..].find('}') else { return Err(kernel::text::cut(&rest[open..], 12)) };
        let inside = rest[open + 1..open + close].trim();
        let digits = inside.chars().take_while(char::is_ascii_digit).count();
        let (n, form) = inside.split_at(digits);
        match n.parse::<i64>() {
            Ok(n) if FORMS.contains(&form) => out.push(Piece::Ref(n, form.into())),
            _ => return Err(kernel::text::cut(&rest[open..=open + close], 12)),
        }
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest.into()));
    }
    Ok(out)
}

/// What a reference prints.
pub fn shown(w: &Whole, l: &Line, form: &str) -> String {
    let (f, p) = (w.figure(l), w.report.period());
    match form {
        "%" => f.value(),
        "分数" => f.denominator.map_or(f.numerator.to_string(), |d| format!("{}/{d}", f.numerator)),
        "区间" => f.certainty(),
        "环比" => l.change(&p, false).text(),
        "同比" => l.change(&p, true).text(),
        _ => l.numerator.to_string(),
    }
}

/// A text with its numbers filled in.
pub fn filled(w: &Whole, text: &str) -> String {
    let Ok(list) = pieces(text) else { return text.into() };
    list.into_iter()
        .map(|p| match p {
            Piece::Text(t) => t,
            Piece::Ref(n, form) => w.line(n).map_or(String::new(), |l| shown(w, l, &form)),
        })
        .collect()
}

/// Sections that speak of figures; a number in them is a reference.
fn speaks_of_figures(key: &str) -> bool {
    !matches!(key, "key" | "open" | "handover")
}

/// A count or share typed by hand: digits with a unit of counting behind them.
fn typed_number(text: &str) -> Option<String> {
    const UNITS: &[&str] = &["起", "件", "次", "%", "％", "个百分点", "人次", "份", "项", "条", "宗"];
    let chars: Vec<char> = text.chars().collect();
    let mut i = 0;
    while i < chars.len() {
        if !chars[i].is_numeric() {
            i += 1;
            continue;
        }
        let start = i;
        while i < chars.len() && (chars[i].is_numeric() || matches!(chars[i], '.' | '．' | ',' | '，')) {
            i += 1;
        }
        let after: String = chars[i..].iter().collect::<String>().trim_start().chars().take(4).collect();
        if let Some(unit) = UNITS.iter().find(|u| after.starts_with(**u)) {
            return Some(format!("{}{unit}", chars[start..i].iter().collect::<String>()));
        }
    }
    None
}

/// The texts hold: known references, no number typed by hand, advice tied to findings, nothing empty
/// (the last two only when `whole`, before review and publication).
pub fn texts(w: &Whole, sections: &[Section], whole: bool) -> Result<()> {
    let mut e = FieldErrors::default();
    for s in sections {
        let field = format!("text_{}", s.n);
        if s.text.chars().count() > MAX_TEXT {
            e.add(&field, format!("“{}”最多 {MAX_TEXT} 字。", s.heading));
        }
        match pieces(&s.text) {
            Err(bad) => e.add(&field, format!("“{}”中的“{bad}”不是数字的引用。请写成 {{3}}、{{3%}}、{{3环比}}，编号见右侧的表。", s.heading)),
            Ok(list) => {
                for p in &list {
                    if let Piece::Ref(n, _) = p
                        && w.line(*n).is_none()
                    {
                        e.add(&field, format!("“{}”引用的第 {n} 项数字不存在。", s.heading));
                    }
                }
                let plain: String = list.iter().map(|p| if let Piece::Text(t) = p { t.as_str() } else { "·" }).collect();
                if speaks_of_figures(&s.key)
                    && let Some(n) = typed_number(&plain)
                {
                    e.add(&field, format!("“{}”中的“{n}”是手写的数字。统计数字只能引用，请从右侧的表选取编号，例如 {{3}}。", s.heading));
                }
            }
        }
        if whole && s.text.trim().is_empty() {
            e.add(&field, format!("“{}”还是空的；没有内容的请写“无”。", s.heading));
        }
        if whole && s.key == "advice" {
            for line in s.text.lines().filter(|l| !l.trim().is_empty() && l.trim() != "无") {
                if !pieces(line).is_ok_and(|l| l.iter().any(|p| matches!(p, Piece::Ref(..)))) {
                    let cut = kernel::text::cut(line.trim(), 12);
                    e.add(&field, format!("工作建议“{cut}”没有引用任何数字。每条建议要与研判发现对应，请引用所依据的数字。"));
                }
            }
        }
    }
    e.ok(())
}

/// Denominators that are another figure's number: `(figure, whose denominator, figure, whose numerator)`.
const TIES: &[(&str, &str)] = &[
    ("incident.valid", "incident.received"),
    ("incident.disputes", "incident.valid"),
    ("incident.closed", "incident.valid"),
    ("incident.repeat", "incident.valid"),
    ("dispute.taken_up", "dispute.registered"),
    ("dispute.resolution_rate", "dispute.registered"),
    ("dispute.escalated", "dispute.registered"),
    ("dispute.escalated_public_order", "dispute.registered"),
    ("dispute.escalated_criminal", "dispute.registered"),
    ("dispute.handled", "dispute.handled_total"),
    ("promise.kept", "promise.due"),
    ("promise.late", "promise.due"),
    ("promise.broken", "promise.due"),
];

/// Totals add up: parts sum to their whole, now and in both periods of comparison; no part is larger than its
/// whole; a denominator is the number of the figure that it names.
pub fn ties(lines: &[Line]) -> Result<(), Refusal> {
    let refuse = |what: String| {
        Err(Refusal::new("bulletins.ties", what, "请放弃这份草稿并重新起草；仍然不符的，请报系统管理员核查数据。"))
    };
    for whole in lines {
        let parts: Vec<&Line> = lines.iter().filter(|l| l.whole == Some(whole.n)).collect();
        let mut groups: Vec<&str> = parts.iter().map(|l| l.key.as_str()).collect();
        groups.dedup();
        for key in groups {
            let of = |f: fn(&Line) -> i64| parts.iter().filter(|l| l.key == key).map(|l| f(l)).sum::<i64>();
            let sums = [
                ("本期", of(|l| l.numerator), whole.numerator),
                ("上期", of(|l| l.before_numerator), whole.before_numerator),
                ("去年同期", of(|l| l.year_numerator), whole.year_numerator),
            ];
            if let Some((when, sum, total)) = sums.iter().find(|(_, sum, total)| sum != total) {
                return refuse(format!("“{}”{when}各分项之和是 {sum}，合计却是 {total}。", whole.label));
            }
        }
        if whole.denominator.is_some_and(|d| whole.numerator > d) {
            return refuse(format!("“{}”的分子 {} 大于分母。", whole.label, whole.numerator));
        }
    }
    for (share, total) in TIES {
        let find = |key: &str| lines.iter().find(|l| l.key == key && l.whole.is_none());
        if let (Some(s), Some(t)) = (find(share), find(total))
            && s.denominator != Some(t.numerator)
        {
            let d = s.denominator.map_or("没有".into(), |d| d.to_string());
            return refuse(format!("“{}”的分母是 {d}，“{}”却是 {}。", s.label, t.label, t.numerator));
        }
    }
    Ok(())
}

/// The state after `step`.
pub fn next(state: State, step: Step) -> Result<State, Refusal> {
    use State::*;
    let to = match (state, step) {
        (Draft, Step::Edit) => Some(Draft),
        (Draft, Step::Submit) => Some(Review),
        (Review, Step::Approve) => Some(Approved),
        (Review | Approved, Step::SendBack) => Some(Draft),
        (Approved, Step::Publish) => Some(Published),
        (Published, Step::Answer) => Some(Published),
        _ => None,
    };
    to.ok_or_else(|| {
        let way = match state {
            Draft => "请先编辑、送审。",
            Review => "请先由另一人审核。",
            Approved => "请先由第三人发布。",
            Published => "已发布的不能改动；数字有变化的，请另行起草更正。",
        };
        Refusal::new("bulletins.state", format!("这份通报现在是“{}”，不能“{}”。", state.label(), step.label()), way)
    })
}

/// Editing, reviewing, publishing: three different people.
pub fn people(steps: &[Done], step: Step, who: UserId, rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    let did = |list: &[Step]| steps.iter().any(|d| d.by_user == who && list.contains(&d.step));
    // What was approved before the text went back does not bind any more; who edited always does.
    let since = steps.iter().rposition(|d| d.step == Step::SendBack).map_or(0, |i| i + 1);
    let approved = steps[since..].iter().any(|d| d.by_user == who && d.step == Step::Approve);
    let cause = match step {
        Step::Approve if did(&[Step::Draft, Step::Edit, Step::Submit]) => "您起草、编辑或者送审过这份通报，不能再审核。",
        Step::Publish if did(&[Step::Draft, Step::Edit, Step::Submit]) => "您起草、编辑或者送审过这份通报，不能再发布。",
        Step::Publish if approved => "您审核了这份通报，不能再发布。",
        _ => return Ok(()),
    };
    Err(Refusal::new("bulletins.three_persons", cause, "请由另外一名有权限的人办理：编辑、审核、发布须是三个不同的人。").in_force(rules, today))
}

/// A shift begins at 08:00 and ends at 08:00 of the next day.
pub fn shift(day: Date) -> (Timestamp, Timestamp) {
    let at = |d: Date| d.at(8, 0, 0, 0).to_zoned_datetime(kernel::clock::zone()).map(|z| z.timestamp()).unwrap_or(kernel::clock::start_of(d));
    (at(day), at(day.tomorrow().unwrap_or(day)))
}

/// The period of a kind: a shift, seven days, a whole month, any days. Not before it is over.
pub fn period(kind: Kind, mut p: Period, now: Timestamp) -> Result<Period> {
    let wrong = |field: &str, text: &str| Err(FieldErrors::one(field, text));
    match kind {
        Kind::Daily => {
            p.until = p.from;
            p.shift = Some(shift(p.from));
        }
        Kind::Weekly if p.length() != 7 => return wrong("until", "周报为连续 7 天。"),
        Kind::Monthly if p.from.day() != 1 || p.until != p.from.last_of_month() => {
            return wrong("until", "月报为一个整月，请从 1 日到月末。");
        }
        _ => {}
    }
    let end = p.shift.map_or_else(|| kernel::clock::start_of(p.until.tomorrow().unwrap_or(p.until)), |s| s.1);
    if end > now {
        let text = format!("这个期间到 {} 才结束，数字还会变，不能起草。", kernel::clock::show(end));
        return Err(FieldErrors::one(if kind == Kind::Daily { "from" } else { "until" }, text));
    }
    Ok(p)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::Report;
    use kernel::{StationId, Uuid};

    fn line(n: i64, key: &str, part: &str, number: i64, denominator: Option<i64>, whole: Option<i64>) -> Line {
        Line {
            n,
            key: key.into(),
            part: part.into(),
            label: format!("{key}{part}"),
            edition: 1,
            numerator: number,
            denominator,
            before_numerator: number,
            before_denominator: denominator,
            year_numerator: number,
            year_denominator: denominator,
            whole,
        }
    }

    pub(crate) fn sample() -> Whole {
        let day: Date = "2026-05-01".parse().unwrap();
        let report = Report {
            station_id: StationId::NIL,
            id: Uuid::nil(),
            kind: Kind::Monthly,
            title: "月报".into(),
            number: String::new(),
            from_day: day,
            until_day: day.last_of_month(),
            shift_from: None,
            shift_until: None,
            as_of: Timestamp::UNIX_EPOCH,
            latent_days: 30,
            min_n: 10,
            min_base: 10,
            state: State::Draft,
            leader: String::new(),
            copies: String::new(),
            cc: String::new(),
            drafted_at: Timestamp::UNIX_EPOCH,
            published_at: None,
            changed_at: None,
            version: 1,
        };
        let mut lines = vec![
            line(1, "incident.received", "", 62, None, None),
            line(2, "incident.valid", "", 60, Some(62), None),
            line(3, "incident.by_category", "dispute", 58, None, Some(2)),
            line(4, "incident.by_category", "help", 2, None, Some(2)),
        ];
        for (n, class, number, was) in [(5, "dispute", 58, 50), (6, "other", 2, 10)] {
            lines.push(Line { label: class.into(), before_numerator: was, ..line(n, crate::classes::KEY, class, number, None, Some(2)) });
        }
        lines[2].before_numerator = 50;
        lines[3].before_numerator = 10;
        Whole { report, sections: vec![], lines, items: vec![], steps: vec![], changes: vec![] }
    }

    fn section(key: &str, text: &str) -> Section {
        Section { n: 1, key: key.into(), heading: "整体情况".into(), text: text.into() }
    }

    fn refused(w: &Whole, key: &str, text: &str) -> String {
        match texts(w, &[section(key, text)], true) {
            Err(kernel::Error::Invalid(e)) => e.of("text_1").to_string(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn numbers_come_from_their_lines() {
        let w = sample();
        assert_eq!(filled(&w, "共 {2} 起，纠纷 {3分数}（{3%}），环比 {3环比}。"), "共 60 起，纠纷 58/60（96.67 %），环比 +8（+16.00 %）。");
        assert!(texts(&w, &[section("overall", "共 {2} 起，5月上旬集中，3号楼两次。")], true).is_ok());
    }

    #[test]
    fn what_is_typed_by_hand_is_refused() {
        let w = sample();
        assert!(refused(&w, "overall", "共接报 62 起").contains("手写的数字"));
        assert!(refused(&w, "falling", "占比12.5%").contains("12.5%"));
        assert!(refused(&w, "overall", "上升 ３ 件").contains("手写的数字"));
        assert!(refused(&w, "overall", "共 {9} 起").contains("不存在"));
        assert!(refused(&w, "overall", "共 {x} 起").contains("{x}"));
        assert!(refused(&w, "overall", "共 {3").contains("不是数字的引用"));
        assert!(refused(&w, "overall", " ").contains("空的"));
        assert!(refused(&w, "advice", "加强巡逻。").contains("没有引用"));
        assert!(texts(&w, &[section("advice", "针对纠纷上升（{3环比}），逐件走访。")], true).is_ok());
        assert!(texts(&w, &[section("handover", "移交伤情鉴定 2 份")], true).is_ok());
    }

    #[test]
    fn totals_that_do_not_add_up_are_refused() {
        let good = sample().lines;
        assert!(ties(&good).is_ok());
        let broken = |change: fn(&mut Vec<Line>)| {
            let mut lines = sample().lines;
            change(&mut lines);
            ties(&lines).unwrap_err()
        };
        let e = broken(|l| l[3].numerator = 3);
        assert!(e.key == "bulletins.ties" && e.what.contains("61") && e.what.contains("60"));
        assert!(broken(|l| l[3].year_numerator = 5).what.contains("去年同期"));
        assert!(broken(|l| l[1].denominator = Some(61)).what.contains("分母是 61"));
        assert!(broken(|l| l[1].denominator = Some(59)).what.contains("大于分母"));
    }

    #[test]
    fn one_person_does_not_edit_review_and_publish() {
        let rules = rulebook::shipped().unwrap();
        let today = "2026-05-08".parse().unwrap();
        let user = |n: u128| UserId(Uuid::from_u128(n));
        let done = |by: u128, step: Step| Done { n: 0, at: Timestamp::UNIX_EPOCH, by_user: user(by), step, note: String::new() };
        let steps = vec![done(1, Step::Draft), done(2, Step::Edit), done(1, Step::Submit)];
        for editor in [1, 2] {
            let e = people(&steps, Step::Approve, user(editor), &rules, today).unwrap_err();
            assert!(e.key == "bulletins.three_persons" && e.rule.source.contains("新媒体"));
        }
        assert!(people(&steps, Step::Approve, user(3), &rules, today).is_ok());
        let mut steps = steps;
        steps.push(done(3, Step::Approve));
        for no in [1, 2, 3] {
            assert!(people(&steps, Step::Publish, user(no), &rules, today).is_err());
        }
        assert!(people(&steps, Step::Publish, user(4), &rules, today).is_ok());
        // Sent back and approved by another: the first reviewer may publish, the editors never.
        steps.extend([done(3, Step::SendBack), done(1, Step::Submit), done(5, Step::Approve)]);
        assert!(people(&steps, Step::Publish, user(3), &rules, today).is_ok());
        assert!(people(&steps, Step::Publish, user(2), &rules, today).is_err());
    }

    #[test]
    fn states_go_one_way() {
        assert_eq!(next(State::Draft, Step::Submit).unwrap(), State::Review);
        for (state, step) in [(State::Draft, Step::Publish), (State::Draft, Step::Approve), (State::Review, Step::Publish), (State::Published, Step::Edit), (State::Review, Step::Edit)] {
            assert_eq!(next(state, step).unwrap_err().key, "bulletins.state");
        }
    }

    #[test]
    fn a_shift_crosses_midnight() {
        let (from, until) = shift("2026-05-08".parse().unwrap());
        assert_eq!((from.to_string(), until.to_string()), ("2026-05-08T00:00:00Z".into(), "2026-05-09T00:00:00Z".into()));
    }
}
