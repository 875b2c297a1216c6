//! Decisions, pure: which day is what, what a need asks of the shifts, what may be entered, what a plan may become next.

pub mod attendance;
pub mod build;
pub mod judge;
pub mod lack;
pub mod swap;
pub mod words;

use crate::model::{Contract, Day, DayType, Leave, Limits, MixRule, Need, Origin, PostSet, SetRule, Shift, Standing, State, Swap, SwapState};
use kernel::calendar::Calendar;
use kernel::rules::RuleSet;
use kernel::{Date, Error, FieldErrors, Refusal, Result, ToSpan, UserId};

/// The rules of a roster: key in the rule pack, what may be set.
pub const LIMITS: [(&str, std::ops::RangeInclusive<i64>); 14] = [
    ("roster.rest_hours", 0..=48),
    ("roster.after_night", 0..=2),
    ("roster.max_run", 1..=14),
    ("roster.min_run", 1..=5),
    ("roster.min_off", 1..=4),
    ("roster.max_weekends", 0..=5),
    ("roster.max_nights", 0..=31),
    ("roster.over_percent", 0..=50),
    ("roster.weight_nights", 0..=100),
    ("roster.weight_weekends", 0..=100),
    ("roster.weight_holidays", 0..=100),
    ("roster.weight_duties", 0..=100),
    ("roster.carry_months", 0..=12),
    ("roster.most_wishes", 0..=31),
];

/// Shifts of a post at most; the form has a line for each.
pub const MOST_SHIFTS: usize = 6;

/// The law behind mixes; auxiliaries have no power of their own.
pub const LAW_MIX: (&str, &str) =
    ("辅警在民警带领下开展工作", "河南省公安机关警务辅助人员条例 第十五至十七条（外地条例，本地以规则包为准）");

/// The law behind rest between shifts; its articles were not read word for word, so the hours are the rule pack's.
pub const LAW_REST: (&str, &str) = ("夜间值班后须安排休息", "公安机关人民警察内务条令（2021），条文未逐字核对；时数以规则包“排班规则”为准");

/// The values in force: the station's newest, else the pack's.
///
/// # Errors
/// A key that the pack does not have on that day.
pub fn limits(rules: &RuleSet, set: &[SetRule], on: Date) -> Result<Limits> {
    let mut v = [0; LIMITS.len()];
    for (i, (key, range)) in LIMITS.iter().enumerate() {
        let value = match set.iter().find(|s| s.key == *key) {
            Some(s) => s.value,
            None => rules.int(key, on)?,
        };
        v[i] = value.clamp(*range.start(), *range.end());
    }
    let [rest_hours, after_night, max_run, min_run, min_off, max_weekends, max_nights, over_percent, weight_nights, weight_weekends, weight_holidays, weight_duties, carry_months, most_wishes] = v;
    Ok(Limits {
        rest_hours,
        after_night,
        max_run,
        min_run: min_run.min(max_run),
        min_off,
        max_weekends,
        max_nights,
        over_percent,
        weight_nights,
        weight_weekends,
        weight_holidays,
        weight_duties,
        carry_months,
        most_wishes,
    })
}

/// The range of a key, when it is one.
pub fn range_of(key: &str) -> Option<std::ops::RangeInclusive<i64>> {
    LIMITS.iter().find(|(k, _)| *k == key).map(|(_, r)| r.clone())
}

/// What kind of day it is: the State Council's arrangement decides, not the weekday.
pub fn day(calendar: &Calendar, date: Date) -> Day {
    let holiday = calendar.holiday(date).unwrap_or("").to_string();
    let make_up = calendar.is_make_up(date);
    let kind = if calendar.is_working(date) {
        DayType::Work
    } else if holiday.is_empty() {
        DayType::Rest
    } else {
        DayType::Holiday
    };
    Day { date, kind, holiday, make_up }
}

/// The days of the month that begins with `first`.
pub fn days(calendar: &Calendar, first: Date) -> Vec<Day> {
    let last = first.last_of_month();
    let mut out = vec![];
    let mut d = first.first_of_month();
    while d <= last {
        out.push(day(calendar, d));
        d = d.saturating_add(1.day());
    }
    out
}

/// Minutes of a shift between 22:00 and 06:00; three hours make a night (夜班).
pub fn is_night(start: i64, minutes: i64) -> bool {
    let overlap = |from: i64, until: i64| ((start + minutes).min(until) - start.max(from)).max(0);
    overlap(0, 360) + overlap(1_320, 1_800) + overlap(2_760, 3_240) >= 180
}

/// Days of the run that stands for "a day of this kind among its like", and which of them is read.
const ALIKE: (usize, usize) = (7, 3);

/// People on each shift of a post on a day of this kind among its like: [`counts_over`] a week of them.
///
/// # Errors
/// The first quarter (minute of the day) that no shift covers.
pub fn counts(set: &PostSet, kind: DayType) -> std::result::Result<Vec<u32>, i64> {
    let mut all = counts_over(set, &[kind; ALIKE.0]).map_err(|(_, at)| at)?;
    Ok(all.swap_remove(ALIKE.1))
}

/// People on each shift of a post on each day of a run of days. Needs by the quarter hour become the fewest people that
/// cover every quarter: at the first uncovered one the shift that reaches farthest is taken, which is optimal for
/// intervals. Time goes on over midnight: the shift of the evening before covers the morning after, so a watch of 24
/// hours is covered by 08–20 and 20–08. What lies before the first day's first shift is the day before's matter.
///
/// # Errors
/// The first quarter that no shift covers: day, minute of the day.
pub fn counts_over(set: &PostSet, days: &[DayType]) -> std::result::Result<Vec<Vec<u32>>, (usize, i64)> {
    let mut out = vec![vec![0u32; set.shifts.len()]; days.len()];
    if !set.post.by_quarter {
        for (day, kind) in days.iter().enumerate() {
            for n in set.needs.iter().filter(|n| n.day_type == *kind) {
                if let Some(i) = set.shifts.iter().position(|s| n.shift_id == Some(s.id)) {
                    out[day][i] += n.people.max(0) as u32;
                }
            }
        }
        return Ok(out);
    }
    for quarter in 0..days.len() as i64 * 96 {
        let (at, day) = (quarter * 15, (quarter / 96) as usize);
        let minute = at - day as i64 * 1_440;
        let since = day.saturating_sub(1)..=day;
        // On a day: what it asks for itself, and what goes on from the day before.
        let asked: i64 = since.clone().map(|d| asked(&set.needs, days[d], at - d as i64 * 1_440)).sum();
        let on = |d: usize, s: &Shift| covers(s, at - d as i64 * 1_440);
        let there: i64 = since.clone().flat_map(|d| set.shifts.iter().zip(&out[d]).filter(move |(s, _)| on(d, s)).map(|(_, n)| i64::from(*n))).sum();
        if asked <= there {
            continue;
        }
        let all = since.flat_map(|d| set.shifts.iter().enumerate().map(move |(i, s)| (d, i, s)));
        let best = all.filter(|(d, _, s)| on(*d, s)).max_by_key(|(d, i, s)| (*d as i64 * 1_440 + s.start_minute + s.minutes, std::cmp::Reverse(*i)));
        match best {
            Some((d, i, _)) => out[d][i] += (asked - there) as u32,
            // The evening before the run lies outside of it; a shift of that evening may reach here.
            None if day == 0 && set.shifts.iter().any(|s| covers(s, at + 1_440)) => {}
            None => return Err((day, minute)),
        }
    }
    Ok(out)
}

fn covers(s: &Shift, minute: i64) -> bool {
    s.start_minute <= minute && minute + 15 <= s.start_minute + s.minutes
}

/// People whom the needs of a day ask for in the quarter hour that begins at `minute` of that day.
fn asked(needs: &[Need], kind: DayType, minute: i64) -> i64 {
    needs.iter().filter(|n| n.day_type == kind && n.from_minute <= minute && minute < n.until_minute).map(|n| n.people.max(0)).sum()
}

/// Minutes since midnight of `8:00`, `08:00` or `24:00`; quarters only.
pub fn minute(typed: &str) -> Option<i64> {
    let folded = kernel::text::fold(typed).replace('：', ":");
    let (h, m) = folded.trim().split_once(':')?;
    let (h, m): (i64, i64) = (h.trim().parse().ok()?, m.trim().parse().ok()?);
    let ok = (0..=24).contains(&h) && (0..60).contains(&m) && m % 15 == 0 && h * 60 + m <= 1_440;
    ok.then_some(h * 60 + m)
}

/// Reads `08:00-12:00 2，12:00-18:00 1`; an end before the beginning lies on the next day.
///
/// # Errors
/// A Chinese sentence that names the part that could not be read.
pub fn intervals(typed: &str) -> std::result::Result<Vec<(i64, i64, i64)>, String> {
    let mut out = vec![];
    let folded = kernel::text::fold(typed).replace(['，', '；', ';', '\n', '\r', '、'], ",");
    for part in folded.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let bad = || format!("“{}”没有读懂，请写成 08:00-12:00 2（时刻须为整刻钟，最后是人数）。", kernel::text::cut(part, 30));
        let (times, people) = part.rsplit_once([' ', '\u{3000}']).ok_or_else(bad)?;
        let (from, until) = times.split_once(['-', '–', '—', '~', '至']).ok_or_else(bad)?;
        let (from, mut until) = (minute(from).ok_or_else(bad)?, minute(until).ok_or_else(bad)?);
        let people: i64 = people.trim().trim_end_matches('人').parse().map_err(|_| bad())?;
        if !(0..=40).contains(&people) {
            return Err(format!("“{}”的人数应为 0 到 40。", kernel::text::cut(part, 30)));
        }
        if until <= from {
            until += 1_440;
        }
        out.push((from, until, people));
    }
    if out.len() > 40 { Err("一天最多写 40 段。".into()) } else { Ok(out) }
}

/// Whether those who may stand at a post include auxiliaries who may not stand there alone: all of them everywhere, but
/// 文职辅警 at the window, whose work (records, entry, reception) is theirs by law (河南条例 第十六条).
pub fn must_be_led(kind: crate::model::PostKind, standings: &[Standing]) -> bool {
    standings.iter().any(|s| match s {
        Standing::Leader | Standing::Officer => false,
        Standing::Auxiliary => true,
        Standing::Clerk => kind != crate::model::PostKind::Window,
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
    if p.kind == crate::model::PostKind::Lead && p.standings.0.iter().any(|s| !s.is_sworn()) {
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

/// Whether a plan may still be altered by hand.
pub fn may_edit(state: State) -> Result<()> {
    match state {
        State::Ready | State::Lost => Ok(()),
        State::Running => Err(Refusal::new("roster.running", "还在排班，现在不能改。", "请等它结束，或者先点“停止”。").into()),
        State::Failed => Err(Refusal::new("roster.failed", "这一版没有排出结果。", "请按说明改需要或者规则后重新排班。").into()),
        State::Published | State::Superseded => {
            Err(Refusal::new("roster.published", "已发布的值班表不能直接改。", "请点“另存一版再改”，改好后重新发布。").into())
        }
    }
}

/// Who may move a request for a swap on: the other answers, the first withdraws, a planner decides, but not on their own.
///
/// # Errors
/// Not theirs to answer (not found), or decided already.
pub fn may_step(s: &Swap, to: SwapState, me: UserId, planner: bool) -> Result<()> {
    let concerned = me == s.from_user || me == s.to_user;
    if !concerned && !planner {
        return Err(Error::NotFound("这个调班申请"));
    }
    let open = matches!(s.state, SwapState::Asked | SwapState::Agreed);
    let may = match to {
        SwapState::Agreed => s.state == SwapState::Asked && me == s.to_user,
        SwapState::Withdrawn => open && me == s.from_user,
        SwapState::Refused => (s.state == SwapState::Asked && me == s.to_user) || (open && planner && !concerned),
        SwapState::Done => s.state == SwapState::Agreed && planner && !concerned,
        SwapState::Asked => false,
    };
    if may {
        return Ok(());
    }
    let what = if open { format!("这个申请现在“{}”，您不能这样办。", s.state.label()) } else { format!("这个申请已经办完：{}。", s.state.label()) };
    Err(Refusal::new("roster.swap_step", what, "对方先答复，再由不是当事人的带班领导、所领导批准。").into())
}

/// What a version is called: `6 月第 2 版（自动排班）`.
pub fn title(month: Date, n: i64, origin: Origin) -> String {
    format!("{} 年 {} 月第 {n} 版（{}）", month.year(), month.month(), origin.label())
}

/// The standing that a role usually has; a proposal for the form.
pub fn usual_standing(role: kernel::Role) -> Option<Standing> {
    use kernel::Role as R;
    match role {
        R::StationLeader | R::DutyLeader => Some(Standing::Leader),
        R::Officer | R::Operator => Some(Standing::Officer),
        R::Auxiliary => Some(Standing::Auxiliary),
        R::WindowClerk => Some(Standing::Clerk),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
