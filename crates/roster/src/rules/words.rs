//! Sentences: what a rule says that is broken or clashes, what would help, why a repair changed a cell.

use super::build;
use crate::model::{Clash, Problem, Reached, Told};
use kernel::ToSpan;
use solver::roster::{self as s, Eased, Group, Repaired, Sort, Violation};

/// `6 月 3 日`; the day after the last one too.
pub fn on(p: &Problem, day: usize) -> String {
    let date = p.days.get(day).map(|d| d.date).or_else(|| p.days.last().filter(|_| day == p.days.len()).map(|d| d.date.saturating_add(1.days())));
    date.map_or(String::new(), |d| d.strftime("%-m 月 %-d 日").to_string())
}

pub(super) fn name(p: &Problem, person: usize) -> &str {
    p.people.get(person).map_or("", |m| m.name.as_str())
}

pub(super) fn duty(p: &Problem, kind: Option<usize>) -> String {
    kind.and_then(|k| p.kinds.get(k)).map_or("休息".to_string(), |k| k.label())
}

pub(super) fn hours(minutes: u32) -> String {
    match minutes % 60 {
        0 => format!("{} 小时", minutes / 60),
        m => format!("{} 小时 {m} 分", minutes / 60),
    }
}

/// What the checker found.
pub fn violation(p: &Problem, m: &s::Model, v: &Violation) -> String {
    match v {
        Violation::Shape => "表格与岗位、人员对不上。".into(),
        Violation::NotAble { person, day, kind } => {
            format!("{} {} 不能上“{}”：身份、资质或者在岗期间不符合。", name(p, *person), on(p, *day), duty(p, Some(*kind)))
        }
        Violation::DayOff { person, day } => format!("{} {} 请假或者不在岗，却排了班。", name(p, *person), on(p, *day)),
        Violation::Fixed { person, day } => format!("{} {} 的固定安排没有照办。", name(p, *person), on(p, *day)),
        Violation::MaxMinutes { person, minutes, limit } => format!("{}排了 {}，超过上限 {}。", name(p, *person), hours(*minutes), hours(*limit)),
        Violation::MinMinutes { person, minutes, limit } => format!("{}排了 {}，不足 {}。", name(p, *person), hours(*minutes), hours(*limit)),
        Violation::MaxWeek { person, week, minutes, limit } => {
            let (from, to) = m.weeks[*week];
            let beside = (p.limits.max_week_hours * 60 - i64::from(*limit)).max(0);
            let more = if beside > 0 { format!("，连同本月以外的 {}", hours(beside as u32)) } else { String::new() };
            format!("{} 在 {} 到 {} 这一周排了 {}{more}，超过每周上限 {} 小时。", name(p, *person), on(p, from), on(p, to - 1), hours(*minutes), p.limits.max_week_hours)
        }
        Violation::MaxRun { person, from, to, length } => format!("{} 连续上班 {length} 天（到 {}），上限 {} 天；自 {} 起。", name(p, *person), on(p, *to), m.people[*person].max_run, on(p, *from)),
        Violation::MinRun { person, to, length } => format!("{} 到 {} 只连上 {length} 天，至少 {} 天。", name(p, *person), on(p, *to), m.people[*person].min_run),
        Violation::MinOff { person, to, length } => format!("{} 到 {} 只休 {length} 天，至少 {} 天。", name(p, *person), on(p, *to), m.people[*person].min_off),
        Violation::MaxWeekends { person, worked } => format!("{} 有 {worked} 个周末上班，上限 {} 个。", name(p, *person), m.people[*person].max_weekends),
        Violation::MaxOfKind { person, kind, worked } => format!("{} 的“{}”有 {worked} 次，上限 {} 次。", name(p, *person), duty(p, Some(*kind)), m.people[*person].max_of_kind[*kind]),
        Violation::MaxTogether { person, worked, limit } => format!("{} 有 {worked} 个夜班（各种夜班合计），上限 {limit} 个。", name(p, *person)),
        Violation::Succession { person, day, before, after } if p.never.contains(&(*before, *after)) => {
            format!("{} {} 的“{}”接在“{}”之后，本所规定不能这样接。", name(p, *person), on(p, *day), duty(p, Some(*after)), duty(p, Some(*before)))
        }
        Violation::Succession { person, day, before, after } => {
            format!("{} {} 的“{}”接在“{}”之后，休息不够。", name(p, *person), on(p, *day), duty(p, Some(*after)), duty(p, Some(*before)))
        }
        Violation::Cover { day, kind, missing } => format!("{} “{}”缺 {missing} 人。", on(p, *day), duty(p, Some(*kind))),
        Violation::Mix { row, .. } => format!("{}，没有做到。", m.mixes[*row].name),
    }
}

/// What it costs to let a group of rules go; none for what the law settles (powers, qualifications, compulsory rest).
pub fn price(g: &Group) -> Option<i64> {
    match g {
        Group::Mix(_) | Group::Of(_, Sort::Barred | Sort::Successions) => None,
        Group::Of(_, Sort::MinMinutes) => Some(1),
        Group::Of(_, Sort::MinRun | Sort::MinOff) => Some(2),
        Group::Of(_, Sort::MaxMinutes | Sort::MaxWeek | Sort::MaxWeekends) => Some(3),
        Group::Of(_, Sort::Fixed) => Some(4),
        Group::Of(_, Sort::MaxOfKind | Sort::MaxRun) => Some(5),
        Group::Of(_, Sort::DaysOff) => Some(8),
        Group::Cover(_) => Some(6),
    }
}

/// A rule of a clash as it stands.
fn rule(p: &Problem, m: &s::Model, g: &Group) -> String {
    let (person, sort) = match *g {
        Group::Cover(i) => {
            let c = &m.cover[i];
            return format!("{} “{}”须有 {} 人（不可缺岗）", on(p, c.day), duty(p, Some(c.kind)), c.need);
        }
        Group::Mix(i) => return m.mixes[i].name.clone(),
        Group::Of(person, sort) => (person, sort),
    };
    let (who, q) = (name(p, person), &m.people[person]);
    match sort {
        Sort::MinMinutes => format!("{who}至少排满 {}", hours(q.min_minutes)),
        Sort::MaxMinutes => format!("{who}最多排 {}", hours(q.max_minutes)),
        Sort::MaxWeek => format!("{who}每周最多排 {} 小时", p.limits.max_week_hours),
        Sort::MaxRun => format!("{who}最多连上 {} 天", q.max_run),
        Sort::MinRun => format!("{who}至少连上 {} 天", q.min_run),
        Sort::MinOff => format!("{who}每次至少连休 {} 天", q.min_off),
        Sort::MaxWeekends => format!("{who}最多有 {} 个周末上班", q.max_weekends),
        Sort::MaxOfKind => format!("{who}最多上 {} 个夜班（各种夜班合计）", p.limits.max_nights),
        Sort::DaysOff => format!("{who}请假或者不在岗（{}）", list_days(p, &q.days_off)),
        Sort::Fixed => format!("{who}的固定安排（{}）", list_days(p, &q.fixed.iter().map(|f| f.0).collect::<Vec<_>>())),
        Sort::Barred => format!("{who}的资质、身份有期限"),
        Sort::Successions => format!("{who}班与班之间的休息（{} 小时，夜班后补休）", p.limits.rest_hours),
    }
}

fn list_days(p: &Problem, days: &[usize]) -> String {
    let mut days: Vec<usize> = days.to_vec();
    days.sort_unstable();
    days.dedup();
    let shown: Vec<String> = days.iter().take(4).map(|&d| p.days[d].date.strftime("%-d 日").to_string()).collect();
    format!("{}{}", shown.join("、"), if days.len() > 4 { format!("等 {} 天", days.len()) } else { String::new() })
}

/// How a rule is let go: wholly, since that is what was tried; whether a part of it is enough is found by the next search.
fn way(p: &Problem, m: &s::Model, g: &Group) -> String {
    let (person, sort) = match *g {
        Group::Cover(i) => {
            let c = &m.cover[i];
            return format!("{} 的“{}”允许缺岗（不再算“不可缺岗”）", on(p, c.day), duty(p, Some(c.kind)));
        }
        Group::Mix(i) => return format!("另派民警：{}", m.mixes[i].name),
        Group::Of(person, sort) => (person, sort),
    };
    let who = name(p, person);
    match sort {
        Sort::MinMinutes => format!("{who}这个月不必排满工时"),
        Sort::MaxMinutes => format!("放开{who}的工时上限，安排加班（须报批，并给补休或者加班费）"),
        Sort::MaxWeek => format!("放开{who}每周工时的上限（须报批，并给补休或者加班费）"),
        Sort::MaxRun => format!("放开{who}连上天数的上限"),
        Sort::MinRun => format!("不要求{who}每次至少连上几天"),
        Sort::MinOff => format!("不要求{who}每次至少连休几天"),
        Sort::MaxWeekends => format!("放开{who}周末上班的上限"),
        Sort::MaxOfKind => format!("放开{who}夜班的上限"),
        Sort::DaysOff => format!("与{who}商量改假期（{}），这些天都能上班", list_days(p, &m.people[person].days_off)),
        Sort::Fixed => format!("取消{who}的固定安排"),
        Sort::Barred => format!("{who}办理资质续期"),
        Sort::Successions => format!("{who}缩短班间休息"),
    }
}

/// A clash in words.
pub fn clash(p: &Problem, m: &s::Model, c: &s::Clash) -> Clash {
    let join = |w: &s::WayOut| w.groups.iter().map(|g| way(p, m, g)).collect::<Vec<_>>().join("，并且");
    Clash {
        reached: Reached::Filtered,
        rules: c.groups.iter().map(|g| rule(p, m, g)).collect(),
        needed: c.proven,
        fewest: c.fewest,
        ways: c.ways.iter().take(5).map(join).collect(),
    }
}

/// Every change of a repair with who and why. The reason of a change is what would be broken or missing without it.
pub fn repair(p: &Problem, before: &s::Roster, done: &Repaired, absent: &[(usize, String)]) -> Vec<Told> {
    let model = build::model(p);
    let after = &done.roster;
    let judged = s::check(&model, after);
    let mut out = vec![];
    for c in &done.changes {
        let why = match absent.iter().find(|(i, _)| *i == c.person) {
            Some((_, what)) if c.forced => what.clone(),
            _ => reason(p, &model, before, after, &judged, c),
        };
        out.push(Told {
            day: p.days[c.day].date,
            user: p.people[c.person].user,
            who: name(p, c.person).to_string(),
            before: duty(p, c.before),
            after: duty(p, c.after),
            why,
        });
    }
    out
}

fn reason(p: &Problem, m: &s::Model, before: &s::Roster, after: &s::Roster, judged: &s::Report, c: &s::Change) -> String {
    let mut without = after.clone();
    without.rows[c.person][c.day] = c.before.map_or(s::OFF, |k| k as u8);
    let r = s::check(m, &without);
    if let Some(v) = r.violations.iter().find(|v| !judged.violations.contains(v)) {
        return format!("不换的话：{}", violation(p, m, v));
    }
    if let Some(k) = c.after
        && (r.under > judged.under || r.mixes > judged.mixes)
    {
        let lost = (0..p.people.len()).find(|&i| before.at(i, c.day) == Some(k) && after.at(i, c.day) != Some(k));
        return match lost {
            Some(i) => format!("顶替{}的“{}”，否则缺人。", name(p, i), duty(p, Some(k))),
            None => format!("补“{}”的缺。", duty(p, Some(k))),
        };
    }
    "与别人的变动配套，使总的变动最少。".into()
}

/// What is proven about the changes of a repair, beside those of the absent person: `cost` and the least that any repair
/// without more people missing needs, both weighted by nearness.
pub fn least(cost: i64, least: f64) -> String {
    match least as i64 {
        _ if cost == 0 => "除了请假的班，别人的班一格没动。".into(),
        l if l >= cost => format!("变动折合 {cost} 分（越近的日子算得越重），已证明至少要 {cost} 分：缺人不增加的排法里，没有变动更小的。"),
        l if l > 0 => format!("变动折合 {cost} 分（越近的日子算得越重），已证明至少要 {l} 分。"),
        _ => format!("变动折合 {cost} 分（越近的日子算得越重），最少要多少还没有算出。"),
    }
}

/// A personal rule that past and absence already broke.
pub fn eased(p: &Problem, list: &[(usize, Eased)]) -> Vec<String> {
    let what = |e: Eased| match e {
        Eased::MinMinutes => "工时不再要求排满",
        Eased::RunsAndRests => "连上、连休的最少天数放宽",
        Eased::Others => "连上天数、周末和工时上限放宽",
    };
    list.iter().map(|(i, e)| format!("{}：{}（以前的班和请假已使它无法做到）", name(p, *i), what(*e))).collect()
}
