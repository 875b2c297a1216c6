//! 人数不够, in sentences: what is asked for, what there is in the people, what holds each of them back, what would help.

use super::words::{duty, hours, name, on};
use crate::model::{Clash, Problem, Reached};
use solver::roster::{self as s, Able, Group, Remedy, Shortage, Sort};

/// People who are held back alike: at most so many duties, by the same sort of rule.
type Alike = ((u32, Option<Sort>), Vec<usize>);

/// Sorts of limits told at most.
const MOST_LINES: usize = 6;

/// What counting finds; none when the numbers meet.
pub fn counted(p: &Problem, m: &s::Model) -> Option<Clash> {
    let lack = s::shortage(m)?;
    let (when, what) = (days(p, &lack), kinds(p, &lack));
    let led = lack.rows.iter().any(|r| matches!(r, Group::Mix(_)));
    let asked = if led { "按搭配要求，须由民警上的共" } else { "不可缺岗，共须" };
    let mut rules = vec![format!("{when}{what}：{asked} {} 人次。", lack.need)];
    let able = lack.people.iter().filter(|a| a.most > 0).count();
    let only = if lack.capacity == 0 { "一个能上的人也没有".to_string() } else { format!("能上的 {able} 人加起来最多 {} 人次", lack.capacity) };
    rules.push(format!("{only}，还差 {} 人次。", lack.need - lack.capacity));
    let mut groups: Vec<Alike> = vec![];
    for Able { person, most, by } in &lack.people {
        match groups.iter_mut().find(|g| g.0 == (*most, *by)) {
            Some(g) => g.1.push(*person),
            None => groups.push(((*most, *by), vec![*person])),
        }
    }
    groups.sort_by_key(|g| std::cmp::Reverse(g.1.len()));
    rules.extend(groups.iter().take(MOST_LINES).map(|((most, by), list)| format!("{}：{}最多 {most} 次（{}）。", people(p, list), if list.len() > 1 { "每人" } else { "" }, why(p, m, *by, list[0]))));
    if lack.more_days > 0 {
        rules.push(format!("另有 {} 天也这样不够。", lack.more_days));
    }
    let mut ways: Vec<(i64, String)> = lack.remedies.iter().map(|r| way(p, m, &lack, *r)).collect();
    if !led {
        ways.push((7, format!("{what}不再算“不可缺岗”，排不满的留空")));
    }
    if lack.people.iter().any(|a| a.by == Some(Sort::DaysOff)) {
        ways.push((8, "与请假的人商量改假期".into()));
    }
    ways.sort_by_key(|w| w.0);
    Some(Clash { reached: Reached::Counted, rules, needed: false, fewest: false, ways: ways.into_iter().map(|w| w.1).collect() })
}

fn days(p: &Problem, lack: &Shortage) -> String {
    match lack.days[..] {
        [d] => format!("{} ", on(p, d)),
        [first, .., last] if last - first + 1 == lack.days.len() => format!("{}至 {}，", on(p, first), on(p, last)),
        _ => format!("周末的 {} 天，", lack.days.len()),
    }
}

fn kinds(p: &Problem, lack: &Shortage) -> String {
    let names: Vec<String> = lack.kinds.iter().take(3).map(|&k| format!("“{}”", duty(p, Some(k)))).collect();
    let more = if lack.kinds.len() > 3 { format!("等 {} 种班", lack.kinds.len()) } else { String::new() };
    format!("{}{more}", names.join("、"))
}

fn people(p: &Problem, list: &[usize]) -> String {
    let names: Vec<&str> = list.iter().take(4).map(|&i| name(p, i)).collect();
    if list.len() > 4 { format!("{}等 {} 人", names.join("、"), list.len()) } else { names.join("、") }
}

fn why(p: &Problem, m: &s::Model, by: Option<Sort>, person: usize) -> String {
    let q = &m.people[person];
    match by {
        None => "一天最多一班".into(),
        Some(Sort::MaxOfKind) => format!("每月最多 {} 个夜班，各种夜班合计", p.limits.max_nights),
        Some(Sort::MaxMinutes) => format!("工时上限 {}", hours(q.max_minutes)),
        Some(Sort::MaxWeek) => format!("每周工时上限 {} 小时", p.limits.max_week_hours),
        Some(Sort::MaxRun) => format!("最多连上 {} 天，每次至少休 {} 天", q.max_run, q.min_off.max(1)),
        Some(Sort::MaxWeekends) => format!("最多 {} 个周末上班", q.max_weekends),
        Some(Sort::DaysOff) => "请假或者不在岗".into(),
        Some(Sort::Fixed) => "已有固定安排".into(),
        Some(Sort::Successions) => "班与班之间的休息".into(),
        Some(_) => "身份、资质有期限".into(),
    }
}

/// A way out with its price; what the law settles is never among them.
fn way(p: &Problem, m: &s::Model, lack: &Shortage, r: Remedy) -> (i64, String) {
    let each = |sort: Sort| lack.people.iter().find(|a| a.by == Some(sort)).map(|a| &m.people[a.person]);
    match r {
        Remedy::Raise(Sort::MaxWeekends, n) => (3, format!("周末上班的上限放宽 {n} 个（现在 {} 个）", p.limits.max_weekends)),
        Remedy::Raise(Sort::MaxMinutes, n) => (3, format!("每人这个月加班至多 {}（须报批，并给补休或者加班费）", hours(n))),
        Remedy::Raise(Sort::MaxWeek, n) => (3, format!("每周工时的上限放宽 {}（现在 {} 小时；须报批，并给补休或者加班费）", hours(n), p.limits.max_week_hours)),
        Remedy::Raise(Sort::MaxOfKind, n) => (5, format!("夜班上限从 {} 个放宽到 {} 个", p.limits.max_nights, p.limits.max_nights + i64::from(n))),
        Remedy::Raise(_, n) => (5, format!("最多连上的天数从 {} 天放宽到 {} 天", each(Sort::MaxRun).map_or(0, |q| q.max_run), each(Sort::MaxRun).map_or(0, |q| u32::from(q.max_run) + n))),
        Remedy::Fewer(n) => (6, format!("{}每天最多要 {n} 人", kinds(p, lack))),
        Remedy::More(n) => (9, format!("再有 {n} 个能上{}的人（增派，或者办好资质）", kinds(p, lack))),
    }
}
