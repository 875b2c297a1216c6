//! 起草: counts everything once, as known on one moment, and writes a first text around the numbers.

use crate::model::{Ask, Item, Kind, Line, Report, Section, State, Whole};
use crate::classes::{self, Classes};
use crate::{cross, rules};
use kernel::figure::{Breakdown, Parts, Period, Spec};
use kernel::rules::RuleSet;
use kernel::{Error, Reader, Result, Timestamp, Uuid};
use std::fmt::Write;

/// Figures of a daily report, in order.
const DAILY: &[&str] = &[
    "incident.received", "incident.valid", classes::KEY, "incident.by_category", "incident.by_hour", "incident.disputes", "incident.closed",
    "incident.repeat", "dispatch.signed", "dispute.registered",
];

/// Figures of the others.
const FULL: &[&str] = &[
    "incident.received", "incident.excluded", "incident.valid", classes::KEY, "incident.by_category", "incident.by_hour", "incident.disputes", "incident.closed",
    "incident.repeat", "dispute.registered", "dispute.by_category", "dispute.handled_total", "dispute.taken_up",
    "dispute.resolution_rate", "dispute.handled", "dispute.success_rate", "dispute.escalated", "dispute.escalated_public_order",
    "dispute.escalated_criminal", "dispute.unobserved",
    "dispute.in_time", "promise.due", "promise.by_state", "promise.kept", "promise.late", "promise.broken", "dispute.kept",
    "follow_up.rate",
];

/// Reports that divide each category that moved by fine type, hours, place, cause, means and beat (domain.md §8: so does
/// a real monthly report); the weekly one names the five that moved most.
fn divides(kind: Kind) -> bool {
    matches!(kind, Kind::Monthly | Kind::Analysis)
}

/// Freezes the numbers of the period.
async fn lines(r: &mut Reader, rules: &RuleSet, of: &Classes<'_>, p: &Period, keys: &[&str]) -> Result<Vec<Line>> {
    let (specs, breakdowns) = (crate::specs(), crate::breakdowns());
    let mut out: Vec<Line> = vec![];
    for key in keys {
        if *key == classes::KEY {
            let whole = out.iter().find(|l| l.key == "incident.valid").map(|l| l.n);
            classes::add(r, of, p, whole, &mut out).await?;
        } else if let Some(s) = specs.iter().find(|s| s.key == *key) {
            let n = out.len() as i64 + 1;
            out.push(of_figure(r, s, p, n).await?);
        } else if let Some(b) = breakdowns.iter().find(|b| b.key == *key) {
            let whole = out.iter().find(|l| l.key == b.of).map(|l| l.n);
            of_parts(r, rules, b, p, whole, &mut out).await?;
        } else {
            return Err(Error::internal(format!("no figure {key}")));
        }
    }
    Ok(out)
}

async fn of_figure(r: &mut Reader, s: &Spec, p: &Period, n: i64) -> Result<Line> {
    let b = crate::Beside::of(s, r, p).await?;
    Ok(Line {
        n,
        key: s.key.into(),
        part: String::new(),
        label: s.name.into(),
        edition: s.version,
        numerator: b.figure.numerator,
        denominator: b.figure.denominator,
        before_numerator: b.before.1.numerator,
        before_denominator: b.before.1.denominator,
        year_numerator: b.year.1.numerator,
        year_denominator: b.year.1.denominator,
        whole: None,
    })
}

async fn of_parts(r: &mut Reader, rules: &RuleSet, b: &Breakdown, p: &Period, whole: Option<i64>, out: &mut Vec<Line>) -> Result<()> {
    let (now, before, year) = (b.parts(r, p).await?, b.parts(r, &p.before()).await?, b.parts(r, &p.year_before()).await?);
    let of = |list: &[(String, i64)], code: &str| list.iter().find(|(c, _)| c == code).map_or(0, |(_, n)| *n);
    let mut codes: Vec<String> = match b.parts {
        Parts::Fixed(all) => all.iter().map(|(c, _)| c.to_string()).collect(),
        Parts::List(_) | Parts::Lists(_) | Parts::Units => vec![],
    };
    let mut found: Vec<&String> = [&now, &before, &year].into_iter().flatten().map(|(c, _)| c).collect();
    found.sort_by_key(|c| (-of(&now, c), (*c).clone()));
    for c in found {
        if !codes.contains(c) {
            codes.push(c.clone());
        }
    }
    for code in codes {
        out.push(Line {
            n: out.len() as i64 + 1,
            key: b.key.into(),
            label: b.part_name(rules, &code),
            edition: b.version,
            numerator: of(&now, &code),
            denominator: None,
            before_numerator: of(&before, &code),
            before_denominator: None,
            year_numerator: of(&year, &code),
            year_denominator: None,
            part: code,
            whole,
        });
    }
    Ok(())
}

/// The draft of what was asked, as known at `as_of`.
pub async fn make(r: &mut Reader, rules: &RuleSet, station: &places::model::Station, ask: &Ask, as_of: Timestamp, id: Uuid) -> Result<Whole> {
    let p = rules::period(ask.kind, crate::period(rules, station.id, ask.from, ask.until, as_of)?, as_of)?;
    crate::check(p.from, p.until)?;
    let keys = if ask.kind == Kind::Daily { DAILY } else { FULL };
    let of = Classes::at(rules, &station.code, p.until);
    let mut lines = lines(r, rules, &of, &p, keys).await?;
    if divides(ask.kind) {
        cross::add(r, rules, &p, &mut lines).await?;
    }
    let mut items = vec![];
    if let (Kind::Daily, Some((from, until))) = (ask.kind, p.shift) {
        let notable = incidents::store::shift::notable(r, station.id, from, until, as_of).await?;
        let open = incidents::store::shift::open_at(r, station.id, until, as_of).await?;
        for (list, of) in [("key", notable), ("open", open)] {
            for (n, i) in of.into_iter().enumerate() {
                items.push(Item { list: list.into(), n: n as i64 + 1, record_id: i.id.0, number: i.number, title: i.title, note: i.note });
            }
        }
    }
    let report = Report {
        station_id: station.id,
        id,
        kind: ask.kind,
        title: title(&station.name, ask.kind, &p),
        number: String::new(),
        from_day: p.from,
        until_day: p.until,
        shift_from: p.shift.map(|s| s.0),
        shift_until: p.shift.map(|s| s.1),
        as_of,
        latent_days: p.terms.latent_days,
        min_n: p.terms.min_n,
        min_base: p.terms.min_base,
        state: State::Draft,
        leader: ask.leader.clone(),
        copies: String::new(),
        cc: String::new(),
        drafted_at: as_of,
        published_at: None,
        changed_at: None,
        version: 1,
    };
    let mut w = Whole { report, sections: vec![], lines, items, steps: vec![], changes: vec![] };
    let six = six(&w, of.is_verified());
    let texts = if ask.kind == Kind::Daily { daily(&w, &six) } else { full(&w, &six) };
    w.sections = texts
        .into_iter()
        .enumerate()
        .map(|(i, (key, heading, text))| Section { n: i as i64 + 1, key: key.into(), heading: heading.into(), text })
        .collect();
    Ok(w)
}

fn title(station: &str, kind: Kind, p: &Period) -> String {
    let day = |d: kernel::Date| d.strftime("%Y年%-m月%-d日").to_string();
    match kind {
        Kind::Daily => format!("{station}警情日报（{}）", day(p.from)),
        Kind::Weekly => format!("{station}警情周报（{}至{}）", day(p.from), p.until.strftime("%-m月%-d日")),
        Kind::Monthly => format!("{station}{}警情和矛盾纠纷月报", p.from.strftime("%Y年%-m月")),
        Kind::Analysis => format!("{station}警情和矛盾纠纷研判报告（{}至{}）", day(p.from), day(p.until)),
    }
}

type Text = (&'static str, &'static str, String);

fn n(w: &Whole, key: &str) -> i64 {
    w.lines.iter().find(|l| l.key == key).map_or(0, |l| l.n)
}

fn parts<'a>(w: &'a Whole, key: &'a str) -> impl Iterator<Item = &'a Line> {
    w.lines.iter().filter(move |l| l.key == key)
}

/// `纠纷 {3} 起（{3%}）、求助 {4} 起（{4%}）`.
fn listed(w: &Whole, key: &str, unit: &str) -> String {
    let list: Vec<String> =
        parts(w, key).filter(|l| l.numerator > 0).map(|l| format!("{} {{{}}} {unit}（{{{}%}}）", l.label, l.n, l.n)).collect();
    if list.is_empty() { "无".into() } else { list.join("、") }
}

/// `按六类：刑事 {3} 起、治安 {4} 起、…，合计 {2} 起（归类对照待核实）`: all of them, also where nothing happened.
fn six(w: &Whole, verified: bool) -> String {
    let list: Vec<String> = parts(w, classes::KEY).map(|l| format!("{} {{{}}} 起", l.label, l.n)).collect();
    let unread = if verified { "" } else { "（归类对照待核实）" };
    format!("{}：{}，合计 {{{}}} 起{unread}。", classes::NAME, list.join("、"), n(w, "incident.valid"))
}

/// The busiest hours.
fn peak(w: &Whole) -> Option<&Line> {
    parts(w, "incident.by_hour").filter(|l| l.numerator > 0).max_by_key(|l| (l.numerator, -l.n))
}

fn daily(w: &Whole, six: &str) -> Vec<Text> {
    let (received, valid) = (n(w, "incident.received"), n(w, "incident.valid"));
    let mut first = String::new();
    let leader = if w.report.leader.is_empty() { "未填" } else { &w.report.leader };
    let _ = writeln!(first, "值班时间：{}，带班领导：{leader}。", w.report.span());
    let _ = writeln!(first, "本班接报警情 {{{received}}} 起，其中有效警情 {{{valid}}} 起，环比{{{valid}环比}}。");
    let _ = writeln!(first, "{six}");
    let closed = n(w, "incident.closed");
    let _ = writeln!(first, "已办结 {{{closed}分数}}，5 分钟内签收 {{{}分数}}。", n(w, "dispatch.signed"));
    let _ = write!(first, "当日（自然日）登记矛盾纠纷 {{{}}} 件。", n(w, "dispute.registered"));
    let list = |name: &str| {
        let lines: Vec<String> = w.items.iter().filter(|i| i.list == name).map(|i| format!("{}：{}（{}）", i.number, i.title, i.note)).collect();
        if lines.is_empty() { "无".to_string() } else { lines.join("\n") }
    };
    vec![
        ("overall", "值班情况", first),
        ("key", "重点警情", list("key")),
        ("open", "未结警情", list("open")),
        ("handover", "交接事项", "无".into()),
    ]
}

fn full(w: &Whole, six: &str) -> Vec<Text> {
    let k = |key: &str| n(w, key);
    let (received, valid, registered) = (k("incident.received"), k("incident.valid"), k("dispute.registered"));
    let excluded = k("incident.excluded");
    let mut overall = String::new();
    if w.line(received).is_some_and(|l| l.numerator > 0) {
        let _ = writeln!(overall, "{}，全所接报警情 {{{received}}} 起；剔除无效（骚扰、误拨等）和并单 {{{excluded}}} 起，有效警情 {{{valid}}} 起，环比{{{valid}环比}}，同比{{{valid}同比}}。", w.report.span());
        let _ = writeln!(overall, "有效警情{six}");
        if let Some(h) = peak(w) {
            let _ = writeln!(overall, "按时段，{}最多，{{{}}} 起（{{{}%}}）。", h.label, h.n, h.n);
        }
    } else {
        let _ = writeln!(overall, "{}，系统中没有接报警情的记录。", w.report.span());
    }
    let _ = writeln!(
        overall,
        "登记矛盾纠纷 {{{registered}}} 件，环比{{{registered}环比}}，同比{{{registered}同比}}；按类别：{}。",
        listed(w, "dispute.by_category", "件")
    );
    let share = |key: &str| match w.line(k(key)).and_then(|l| l.denominator) {
        Some(0) => "没有可以统计的记录".to_string(),
        // Too few for a percentage: it would be the same fraction again.
        Some(d) if d < w.report.min_n => format!("{{{0}分数}}（{{{0}区间}}）", k(key)),
        _ => format!("{{{0}分数}}，{{{0}%}}（{{{0}区间}}）", k(key)),
    };
    let _ = writeln!(
        overall,
        "期间内调处 {{{}}} 件；化解率{}；调解成功率{}；升级{}，其中民转治 {{{}}} 件、民转刑 {{{}}} 件（两种都有的各计一次），观察期未满 {{{}}} 件。",
        k("dispute.handled_total"),
        share("dispute.resolution_rate"),
        share("dispute.success_rate"),
        share("dispute.escalated"),
        k("dispute.escalated_public_order"),
        k("dispute.escalated_criminal"),
        k("dispute.unobserved")
    );
    let _ = write!(overall, "到期协议义务 {{{}}} 项：{}；守约化解率{}。", k("promise.due"), listed(w, "promise.by_state", "项"), share("dispute.kept"));
    let name = |l: &Line| if l.key == "dispute.by_category" { format!("{}纠纷（登记）", l.label.trim_end_matches("纠纷")) } else { l.label.clone() };
    let divided = divides(w.report.kind);
    let moved = |up: bool| {
        let both = parts(w, "incident.by_category").chain(parts(w, "dispute.by_category"));
        let mut list: Vec<&Line> = both.filter(|l| (l.numerator - l.before_numerator).signum() == if up { 1 } else { -1 }).collect();
        list.sort_by_key(|l| (-(l.numerator - l.before_numerator).abs(), l.n));
        if !divided {
            list.truncate(5);
        }
        list
    };
    let section = |list: &[&Line], word: &str| {
        if list.is_empty() {
            return format!("本期没有环比{word}的警情和纠纷类别。");
        }
        let mut text: String = list
            .iter()
            .map(|l| {
                let first = format!("{}：本期 {{{n}}} 起（{{{n}%}}），环比{{{n}环比}}，同比{{{n}同比}}。\n", name(l), n = l.n);
                first + &cross::text(w, l)
            })
            .collect();
        let names: Vec<String> = list.iter().map(|l| name(l)).collect();
        let _ = write!(text, "小结：一是环比{word}的有{}；二是变动最大的是{}（{{{}环比}}）", names.join("、"), names[0], list[0].n);
        match (list.iter().map(|l| (l, cross::findings(w, l))).find(|(_, f)| !f.is_empty()), peak(w)) {
            (Some((l, found)), _) => {
                let _ = write!(text, "；三是{}中，{found}", name(l));
            }
            (None, Some(h)) => {
                let _ = write!(text, "；三是全部有效警情以{}最为集中（{{{}}} 起）", h.label, h.n);
            }
            (None, None) => {}
        }
        text.push('。');
        text
    };
    let (up, down) = (moved(true), moved(false));
    let hours = peak(w).map_or(String::new(), |h| format!("，在{}（{{{}}} 起）前后", h.label, h.n));
    let mut advice: Vec<String> = up
        .iter()
        .map(|l| {
            let (name, n) = (name(l), l.n);
            let found = cross::findings(w, l);
            if !found.is_empty() {
                return format!("针对{name}上升（{{{n}环比}}），{found}，据此调整巡逻时段和路线、走访和提示，并在下期研判中复核。");
            }
            if l.part == "dispute" || l.key == "dispute.by_category" {
                format!("针对{name}上升（{{{n}环比}}），由社区警务队会同调解委员会逐件走访，同一地址再次来报的列为重点，落实回访。")
            } else {
                format!("针对{name}上升（{{{n}环比}}）{hours}加强巡逻、提示和部门联动。")
            }
        })
        .collect();
    if w.lines.iter().any(|l| l.key == "promise.broken" && l.numerator > 0) {
        advice.push(format!("对未履行的协议义务（{{{}分数}}）逐项督办，告知当事人可以申请司法确认或者起诉。", k("promise.broken")));
    }
    if advice.is_empty() {
        advice.push(format!("保持现有勤务；按观察期继续跟踪尚未观察满的纠纷（{{{}}} 件）。", k("dispute.unobserved")));
    }
    vec![
        ("overall", "整体情况", overall),
        ("rising", "上升情况", section(&up, "上升")),
        ("falling", "下降情况", section(&down, "下降")),
        ("advice", "工作建议", advice.join("\n")),
    ]
}
