//! What may be entered: a post with its shifts and needs, a contract, a leave.

use super::needs::counts;
use super::MOST_SHIFTS;
use crate::model::{Contract, DayType, Leave, MixRule, Opening, PostKind, PostSet, Standing};
use kernel::{Date, FieldErrors, Result, ToSpan};

/// Whether those who may stand at a post include auxiliaries who may not stand there alone: all of them everywhere, but
/// 文职辅警 at the window, whose work (records, entry, reception) is theirs by law (河南条例 第十六条).
pub fn must_be_led(kind: PostKind, standings: &[Standing]) -> bool {
    standings.iter().any(|s| match s {
        Standing::Leader | Standing::Officer => false,
        Standing::Auxiliary => true,
        Standing::Clerk => kind != PostKind::Window,
    })
}

/// Whether a post with its shifts and needs can be kept.
///
/// # Errors
/// Field by field what is wrong.
pub fn check_post(set: &PostSet) -> Result<()> {
    let mut errors = FieldErrors::default();
    let p = &set.post;
    if p.name.is_empty() || p.name.chars().count() > 20 {
        errors.add("name", "岗位名称应为 1 到 20 字。");
    }
    if p.standings.0.is_empty() {
        errors.add("standing", "请至少选择一种可以上岗的身份。");
    }
    if p.kind == PostKind::Lead && p.standings.0.iter().any(|s| !s.is_sworn()) {
        errors.add("standing", "带班领导岗只能由所领导或者民警担任。");
    }
    if p.mix == MixRule::None && must_be_led(p.kind, &p.standings.0) {
        errors.add("mix", "有辅警上岗的岗位须要求民警同班：辅警没有独立执法权，不能单独上岗。只有窗口可以由文职辅警单独值守。");
    }
    if !(0..=100).contains(&p.paid_percent) {
        errors.add("paid_percent", "计入工时的比例应为 0 到 100。");
    }
    if set.shifts.is_empty() {
        errors.add("shift", "请至少填写一个班次。");
    }
    if set.shifts.len() > MOST_SHIFTS {
        errors.add("shift", format!("一个岗位最多 {MOST_SHIFTS} 个班次。"));
    }
    for s in &set.shifts {
        let name_ok = (1..=10).contains(&s.name.chars().count()) && (1..=3).contains(&s.code.chars().count());
        let times_ok = (0..1_440).contains(&s.start_minute) && (60..=1_440).contains(&s.minutes) && s.start_minute % 15 == 0 && s.minutes % 15 == 0;
        if !name_ok || !times_ok {
            errors.add("shift", format!("班次“{}”：名称 1 到 10 字，简称 1 到 3 字，时刻为整刻钟，时长 1 到 24 小时。", kernel::text::cut(&s.name, 12)));
        }
    }
    for kind in DayType::ALL {
        if let Err(at) = counts(set, *kind) {
            let span = crate::model::span(at % 1_440, at % 1_440 + 15);
            errors.add(format!("need_{}", kind.code()), format!("{}的 {span} 有需要，但没有班次覆盖；请加班次，或者改需要的时段。", kind.label()));
        }
    }
    errors.ok(())
}

fn overlap(a: (Date, Option<Date>), b: (Date, Option<Date>)) -> bool {
    b.1.is_none_or(|end| a.0 <= end) && a.1.is_none_or(|end| b.0 <= end)
}

/// A new contract beside the person's others: a person may have two, one after the other, not at the same time, since
/// standing and powers must be one on every day.
pub fn check_contract(new: &Contract, others: &[Contract]) -> Result<()> {
    let mut errors = FieldErrors::default();
    if !(1..=60).contains(&new.week_hours) {
        errors.add("week_hours", "每周工时应为 1 到 60 小时。");
    }
    if !(0..=100).contains(&new.fill_percent) {
        errors.add("fill_percent", "至少排满的比例应为 0 到 100。");
    }
    if new.until_day.is_some_and(|u| u < new.from_day) {
        errors.add("until", "截止日期早于起始日期。");
    }
    let span = |c: &Contract| (c.from_day, c.until_day);
    if let Some(c) = others.iter().find(|c| overlap(span(c), span(new))) {
        let until = c.until_day.map_or("今后".to_string(), |d| d.to_string());
        errors.add(
            "from",
            format!(
                "与已有的一段（{}，{} 至 {until}）重叠。同一天只能有一种身份和工时：请先给前一段填截止日期，新的一段从次日起。",
                c.standing.label(),
                c.from_day
            ),
        );
    }
    errors.ok(())
}

/// Days of a leave: not backwards, not beyond a year, not twice.
pub fn check_leave(from: Date, until: Date, others: &[Leave]) -> Result<()> {
    let mut errors = FieldErrors::default();
    if until < from {
        errors.add("until", "结束日期早于开始日期。");
    } else if from.until(until).is_ok_and(|s| s.get_days() > 366) {
        errors.add("until", "一次最多登记一年。");
    }
    if let Some(l) = others.iter().find(|l| l.from_day <= until && from <= l.until_day) {
        errors.add("from", format!("与已登记的{}（{} 至 {}）重叠。", l.kind.label(), l.from_day, l.until_day));
    }
    errors.ok(())
}

/// What a person did before the first roster here.
///
/// # Errors
/// Days in a row or counts that cannot be.
pub fn check_opening(o: &Opening) -> Result<()> {
    let mut errors = FieldErrors::default();
    if !(1..=31).contains(&o.run) {
        errors.add("run", "连着的天数应为 1 到 31。");
    }
    for (field, n) in [("nights", o.nights), ("rests", o.rests), ("holidays", o.holidays)] {
        if !(0..=200).contains(&n) {
            errors.add(field, "次数应为 0 到 200。");
        }
    }
    errors.ok(())
}

/// The parts of a span that no leave of the list covers yet, in order.
pub fn uncovered(from: Date, until: Date, known: &[Leave]) -> Vec<(Date, Date)> {
    let mut out: Vec<(Date, Date)> = vec![];
    let mut day = from;
    while day <= until {
        if !known.iter().any(|l| l.from_day <= day && day <= l.until_day) {
            match out.last_mut() {
                Some(last) if last.1.saturating_add(1.day()) == day => last.1 = day,
                _ => out.push((day, day)),
            }
        }
        day = day.saturating_add(1.day());
    }
    out
}
