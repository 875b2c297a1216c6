//! From what the station knows to the frozen problem, and from there to the solver's model.

use crate::model::*;
use kernel::{Date, Refusal, Result, ToSpan, UserId, Uuid};
use solver::roster as s;

/// Cost of a missing person at a post that may stay empty.
const UNDER: i64 = 400;
/// Cost of a person too many; cheap in the community, where there is always work.
const OVER: (i64, i64) = (6, 1);
/// Cost of a person at a post that is closed on that day.
const CLOSED: i64 = 200;
/// Cost of a unit of an unmet wish.
const WISH: i64 = 5;
/// Cost of a missing officer at a post that may stay empty.
const UNLED: i64 = 600;

/// Days before the month from which needs by the quarter hour are counted, so that its first morning is covered by the
/// evening before.
pub const AROUND: usize = 3;

/// What was loaded for one month.
#[derive(Clone, Debug)]
pub struct Facts {
    pub days: Vec<Day>,
    /// Kinds of the days before the month, and of the one after: shifts go over midnight.
    pub around: ([DayType; AROUND], DayType),
    pub limits: Limits,
    /// Shifts that the station forbids after others.
    pub never: Vec<(Uuid, Uuid)>,
    pub posts: Vec<PostSet>,
    /// Accounts of the station with their names.
    pub names: Vec<(UserId, String)>,
    pub contracts: Vec<Contract>,
    pub skills: Vec<Skill>,
    pub leave: Vec<Leave>,
    pub wishes: Vec<Wish>,
    pub pins: Vec<Pin>,
    /// Duties as published of the weeks before.
    pub before: Vec<Duty>,
    /// Duties as published of the six days after the month: its last week may go on there.
    pub after: Vec<Duty>,
    /// What people did before the first roster that was published here.
    pub openings: Vec<Opening>,
    /// Nights, weekends, holidays of earlier months by person.
    pub carried: Vec<(UserId, [i64; 3])>,
}

impl Facts {
    fn place(&self, date: Date) -> Option<usize> {
        self.days.iter().position(|d| d.date == date)
    }

    /// The part of the month between two days; none when they lie outside.
    fn part(&self, from: Date, until: Option<Date>) -> Option<Part> {
        let (first, last) = (self.days.first()?.date, self.days.last()?.date);
        let until = until.map_or(last, |u| u.min(last));
        if from > last || until < first {
            return None;
        }
        Some(Part { from: self.place(from.max(first))?, until: self.place(until)? })
    }
}

/// The problem of the month.
///
/// # Errors
/// Nobody to roster, no post, or more than the solver takes, each with what to do.
pub fn problem(f: &Facts) -> Result<Problem> {
    let mut kinds = vec![];
    let mut needs = vec![];
    for set in &f.posts {
        let first = kinds.len();
        kinds.extend(set.shifts.iter().map(|x| kind(set, x)));
        let kinds_of_days: Vec<DayType> = f.around.0.iter().copied().chain(f.days.iter().map(|x| x.kind)).chain([f.around.1]).collect();
        let counted = super::counts_over(set, &kinds_of_days).map_err(|(day, at)| {
            let what = format!("岗位“{}”在{}的 {} 有需要，但没有班次覆盖。", set.post.name, kinds_of_days[day].label(), span(at, at + 15));
            Refusal::new("roster.uncovered", what, "请到“岗位和需要”里加班次，或者改时段。")
        })?;
        for (d, counted) in counted.iter().skip(AROUND).take(f.days.len()).enumerate() {
            needs.extend(counted.iter().enumerate().map(|(i, n)| (d, first + i, *n)));
        }
    }
    if kinds.is_empty() {
        return Err(Refusal::new("roster.no_posts", "还没有设岗位。", "请先到“岗位和需要”里登记岗位、班次和人数。").into());
    }
    if kinds.len() > s::MAX_KINDS {
        return Err(Refusal::new("roster.too_many_shifts", format!("班次共 {} 个，最多 {} 个。", kinds.len(), s::MAX_KINDS), "请合并或者停用一些班次。").into());
    }
    let people: Vec<Member> = f.names.iter().filter_map(|(user, name)| member(f, &kinds, *user, name)).collect();
    if people.is_empty() {
        return Err(Refusal::new("roster.no_people", "这个月没有可以排班的人。", "请先到“人员”里登记身份和工时。").into());
    }
    let place = |id: Uuid| kinds.iter().position(|k: &Kind| k.shift == id);
    let mut never: Vec<(usize, usize)> = f.never.iter().filter_map(|&(a, b)| place(a).zip(place(b))).collect();
    never.sort_unstable();
    Ok(Problem { days: f.days.clone(), kinds, people, needs, limits: f.limits, never })
}

fn kind(set: &PostSet, x: &Shift) -> Kind {
    Kind {
        shift: x.id,
        post: set.post.id,
        post_name: set.post.name.clone(),
        name: x.name.clone(),
        code: x.code.clone(),
        post_kind: set.post.kind,
        start: x.start_minute,
        minutes: x.minutes,
        paid: (x.minutes * set.post.paid_percent / 100).max(1),
        night: super::is_night(x.start_minute, x.minutes),
        // A post that was set up before this was asked for is led all the same: it is law.
        mix: if set.post.mix == MixRule::None && super::must_be_led(set.post.kind, &set.post.standings.0) { MixRule::Led } else { set.post.mix },
        must: set.post.must,
        standings: set.post.standings.0.clone(),
        skill: set.post.skill.clone(),
    }
}

fn member(f: &Facts, kinds: &[Kind], user: UserId, name: &str) -> Option<Member> {
    let contracts: Vec<Employed> = f
        .contracts
        .iter()
        .filter(|c| c.user_id == user)
        .filter_map(|c| Some(Employed { standing: c.standing, week_hours: c.week_hours, fill_percent: c.fill_percent, part: f.part(c.from_day, c.until_day)? }))
        .collect();
    if contracts.is_empty() {
        return None;
    }
    let shift = |id: Uuid| kinds.iter().position(|k| k.shift == id);
    let wishes = f.wishes.iter().filter(|w| w.user_id == user).filter_map(|w| {
        let kind = match w.shift_id {
            Some(id) => Some(shift(id)?),
            None => None,
        };
        Some((f.place(w.day)?, kind, w.wants, w.weight))
    });
    let pins = f.pins.iter().filter(|p| p.user_id == user).filter_map(|p| {
        let kind = match p.shift_id {
            Some(id) => Some(shift(id)?),
            None => None,
        };
        Some((f.place(p.day)?, kind))
    });
    Some(Member {
        user,
        name: name.to_string(),
        skills: f.skills.iter().filter(|x| x.user_id == user).filter_map(|x| Some((x.skill.clone(), f.part(x.from_day, x.until_day)?))).collect(),
        leave: f.leave.iter().filter(|l| l.user_id == user).filter_map(|l| Some((l.kind, f.part(l.from_day, Some(l.until_day))?))).collect(),
        wishes: wishes.collect(),
        pins: pins.collect(),
        history: history(f, kinds, user),
        next: next(f, kinds, user),
        beside: beside(f, kinds, user),
        carried: f.carried.iter().find(|(u, _)| *u == user).map_or([0; 3], |(_, c)| c.map(|n| n as i32)),
        contracts,
    })
}

/// What the person did on the days before, from duties as published.
fn history(f: &Facts, kinds: &[Kind], user: UserId) -> Option<(Option<usize>, u16)> {
    let first = f.days.first()?.date;
    let mine: Vec<&Duty> = f.before.iter().filter(|x| x.user_id == user).collect();
    // Without any duty before, what was typed in is known, or nothing: a new person, or the first roster of the station.
    if mine.is_empty() {
        let o = f.openings.iter().find(|o| o.user_id == user && o.day == first.saturating_sub(1.days()))?;
        let last = match o.shift_id {
            Some(id) => Some(kinds.iter().position(|k| k.shift == id)?),
            None => None,
        };
        return Some((last, o.run.clamp(1, 31) as u16));
    }
    let on = |n: i64| mine.iter().find(|x| x.day == first.saturating_sub(n.days()));
    let works = on(1).is_some();
    let run = (1..=20).take_while(|n| on(*n).is_some() == works).count() as u16;
    let last = on(1).map(|x| {
        let minutes = (x.ends_at.as_second() - x.starts_at.as_second()) / 60;
        let ends = |k: &Kind| k.start + k.minutes;
        let start = kernel::clock::start_of(x.day).as_second();
        let end = (x.ends_at.as_second() - start) / 60;
        let same = kinds.iter().position(|k| k.shift == x.shift_id);
        // The shift may be gone since: the one that ends nearest stands for it.
        same.unwrap_or_else(|| (0..kinds.len()).min_by_key(|&i| ((ends(&kinds[i]) - end).abs(), (kinds[i].minutes - minutes).abs())).unwrap_or(0))
    });
    Some((last, run))
}

/// What the person does on the day after the month, from duties as published.
fn next(f: &Facts, kinds: &[Kind], user: UserId) -> Option<usize> {
    let tomorrow = f.days.last()?.date.saturating_add(1.days());
    let x = f.after.iter().find(|x| x.user_id == user && x.day == tomorrow)?;
    let begins = (x.starts_at.as_second() - kernel::clock::start_of(x.day).as_second()) / 60;
    // The shift may be gone since: the one that begins nearest stands for it.
    kinds.iter().position(|k| k.shift == x.shift_id).or_else(|| (0..kinds.len()).min_by_key(|&i| (kinds[i].night != x.night, (kinds[i].start - begins).abs())))
}

/// Working minutes published for the days of the month's first and last week that lie outside of it.
fn beside(f: &Facts, kinds: &[Kind], user: UserId) -> [i64; 2] {
    let (Some(first), Some(last)) = (f.days.first(), f.days.last()) else { return [0, 0] };
    let minutes = |x: &&Duty| {
        let all = (x.ends_at.as_second() - x.starts_at.as_second()) / 60;
        kinds.iter().find(|k| k.shift == x.shift_id).map_or(all, |k| k.paid)
    };
    let of = |list: &[Duty], week: Date| list.iter().filter(|x| x.user_id == user && monday(x.day) == week).map(|x| minutes(&x)).sum();
    [of(&f.before, monday(first.date)), of(&f.after, monday(last.date))]
}

/// The Monday of a day's week.
pub fn monday(day: Date) -> Date {
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

/// The month's calendar weeks by days, Monday to Sunday, the first and the last as far as they lie in it.
pub fn weeks(p: &Problem) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = vec![];
    for (d, day) in p.days.iter().enumerate() {
        match out.last_mut() {
            Some(w) if monday(p.days[w.0].date) == monday(day.date) => w.1 = d + 1,
            _ => out.push((d, d + 1)),
        }
    }
    out
}

/// Minutes that a person may work on the month's days of each week: the limit, less what lies beside the month.
fn week_minutes(p: &Problem, x: &Member, weeks: usize) -> Vec<u32> {
    let mut left = vec![p.limits.max_week_hours * 60; weeks];
    if let Some(first) = left.first_mut() {
        *first -= x.beside[0];
    }
    if let Some(last) = left.last_mut() {
        *last -= x.beside[1];
    }
    left.into_iter().map(|m| m.max(0) as u32).collect()
}

/// Whether a person may stand at a post on a day: employed with a fitting standing and the qualification.
pub fn able(m: &Member, k: &Kind, day: usize) -> bool {
    m.employed(day).is_some_and(|c| k.standings.contains(&c.standing)) && (k.skill.is_empty() || m.skills.iter().any(|(x, p)| *x == k.skill && p.holds(day)))
}

/// Minutes of the contracts in the month, and those that must be filled: a fifth of the week on every working day, less
/// leave. With 调休 the month's working days are the State Council's, not the weekdays. Illness lowers only what must be
/// filled: the duties before and after it were rightly planned and are no overtime.
pub fn target(p: &Problem, m: &Member) -> (i64, i64) {
    let (mut hours, mut fill) = (0, 0);
    for (d, day) in p.days.iter().enumerate() {
        let Some(c) = m.employed(d) else { continue };
        if day.kind != DayType::Work {
            continue;
        }
        let leave = m.on_leave(d);
        if leave.is_none_or(|l| l == LeaveKind::Sick) {
            hours += c.week_hours * 12;
        }
        if leave.is_none() {
            fill += c.week_hours * 12 * c.fill_percent / 100;
        }
    }
    (hours, fill)
}

/// Whether a shift of kind `b` may not begin on the day after one of kind `a`.
pub fn never_then(l: &Limits, a: &Kind, b: &Kind) -> bool {
    let ends = a.start + a.minutes;
    let rest = 1_440 + b.start - ends;
    if rest < l.rest_hours * 60 {
        return true;
    }
    // A night that ends after two in the morning of the next day.
    let over = a.night && ends > 1_440 + 120;
    over && (l.after_night == 2 || (l.after_night == 1 && !b.night))
}

/// The solver's model of a problem.
pub fn model(p: &Problem) -> s::Model {
    let l = &p.limits;
    let kinds = p
        .kinds
        .iter()
        .enumerate()
        .map(|(i, a)| s::Kind {
            name: a.label(),
            minutes: a.paid.clamp(1, 2_880) as u32,
            never_then: (0..p.kinds.len()).filter(|&b| never_then(l, a, &p.kinds[b]) || p.never.contains(&(i, b))).collect(),
        })
        .collect();
    let weeks = if l.max_week_hours > 0 { weeks(p) } else { vec![] };
    let mut m = s::Model { days: p.days.len(), kinds, weekends: weekends(p), weeks, ..s::Model::default() };
    m.people = p.people.iter().map(|x| person(p, x)).collect();
    for &(day, kind, need) in &p.needs {
        let k = &p.kinds[kind];
        let over = match (need, k.post_kind) {
            (0, _) => CLOSED,
            (_, PostKind::Community) => OVER.1,
            _ => OVER.0,
        };
        m.cover.push(s::Cover { day, kind, need, under: UNDER, over, hard: k.must && need > 0 });
    }
    for (person, x) in p.people.iter().enumerate() {
        for &(day, kind, wanted, weight) in &x.wishes {
            match kind {
                Some(kind) => m.requests.push(s::Request { person, day, kind, on: wanted, weight: weight * WISH }),
                // To be off: every shift of that day costs; at most one of them is worked.
                None if wanted => {
                    m.requests.extend((0..p.kinds.len()).map(|kind| s::Request { person, day, kind, on: false, weight: weight * WISH }));
                }
                None => m.costs.push(s::CellCost { person, day, kind: None, cost: weight * WISH }),
            }
        }
    }
    for day in 0..p.days.len() {
        mixes(p, day, &mut m.mixes);
    }
    m.fairness = fairness(p);
    m
}

/// Saturdays and Sundays that are not worked, as pairs.
fn weekends(p: &Problem) -> Vec<Vec<usize>> {
    use jiff::civil::Weekday;
    let mut out: Vec<Vec<usize>> = vec![];
    for (d, day) in p.days.iter().enumerate() {
        if day.kind == DayType::Work {
            continue;
        }
        match day.date.weekday() {
            Weekday::Saturday => out.push(vec![d]),
            Weekday::Sunday => match out.last_mut() {
                Some(w) if *w == [d.wrapping_sub(1)] => w.push(d),
                _ => out.push(vec![d]),
            },
            _ => {}
        }
    }
    out
}

fn person(p: &Problem, x: &Member) -> s::Person {
    let (days, kinds, l) = (p.days.len(), p.kinds.len(), &p.limits);
    let mut q = s::Person::free(x.name.clone(), kinds);
    let (hours, fill) = target(p, x);
    q.max_minutes = (hours * (100 + l.over_percent) / 100) as u32;
    q.min_minutes = fill as u32;
    (q.max_run, q.min_run, q.min_off) = (l.max_run as u16, l.min_run as u16, l.min_off as u16);
    q.max_weekends = l.max_weekends as u16;
    if l.max_week_hours > 0 {
        q.max_week = week_minutes(p, x, weeks(p).len());
    }
    for (k, kind) in p.kinds.iter().enumerate() {
        let able: Vec<bool> = (0..days).map(|d| able(x, kind, d)).collect();
        q.max_of_kind[k] = if able.contains(&true) { days as u16 } else { 0 };
        if q.max_of_kind[k] > 0 {
            q.barred.extend((0..days).filter(|&d| !able[d]).map(|d| (d, k)));
        }
    }
    // Nights are counted together, at whichever post they are stood.
    let nights: Vec<usize> = (0..kinds).filter(|&k| p.kinds[k].night && q.max_of_kind[k] > 0).collect();
    if !nights.is_empty() && (l.max_nights as usize) < days {
        q.max_together = Some((nights, l.max_nights as u16));
    }
    q.days_off = (0..days).filter(|&d| x.on_leave(d).is_some() || x.employed(d).is_none()).collect();
    q.fixed = x.pins.iter().filter(|(d, _)| !q.days_off.contains(d)).copied().collect();
    q.history = x.history.map(|(last, run)| s::History { last, run: run.max(1) });
    q.next = x.next;
    q
}

/// Rows of law and of the post: auxiliaries never alone.
fn mixes(p: &Problem, day: usize, out: &mut Vec<s::Mix>) {
    for (k, kind) in p.kinds.iter().enumerate() {
        if kind.mix == MixRule::None || !kind.standings.iter().any(|x| !x.is_sworn()) {
            continue;
        }
        let sworn: Vec<(usize, bool)> = (0..p.people.len())
            .filter(|&i| able(&p.people[i], kind, day))
            .filter_map(|i| Some((i, p.people[i].employed(day)?.standing.is_sworn())))
            .collect();
        let row = |name: String, officer: i32, helper: i32, least: i32, hard: bool| s::Mix {
            name,
            day,
            kinds: vec![k],
            people: sworn.iter().map(|&(i, yes)| (i, if yes { officer } else { helper })).filter(|(_, c)| *c != 0).collect(),
            least,
            under: UNLED,
            hard,
        };
        let what = format!("{} {}", p.days[day].date.strftime("%-m 月 %-d 日"), kind.label());
        let led = if kind.mix == MixRule::Pairs { 1 } else { 400 };
        out.push(row(format!("{what}：{}", if led == 1 { "每组至少一名民警" } else { "辅警须有民警同班" }), led, -1, 0, true));
        let need = p.needs.iter().any(|n| (n.0, n.1) == (day, k) && n.2 > 0);
        if kind.mix == MixRule::Officer && need {
            out.push(row(format!("{what}：至少一名民警"), 1, 0, 1, kind.must));
        }
    }
}

/// Something that is shared out: name, weight, and whether a cell counts.
pub type Share = (&'static str, i64, fn(&Day, &Kind) -> bool);

/// The things that are shared out: three are carried over from earlier months, the number of duties is not.
pub fn shares(l: &Limits) -> [Share; 4] {
    [
        ("夜班", l.weight_nights, |_, k| k.night),
        ("周末班", l.weight_weekends, |d, _| d.kind == DayType::Rest),
        ("节假日班", l.weight_holidays, |d, _| d.kind == DayType::Holiday),
        ("班数", l.weight_duties, |_, _| true),
    ]
}

/// A person by place, with the nights, weekends and holidays of earlier months.
pub type Carried = (usize, [i32; 3]);

/// People who can be compared: the whole month on one contract of the same standing and hours, and not away for more
/// than half of it. A new person starts at the others' mean, so that nobody pays for having come later.
pub fn equals(p: &Problem) -> Vec<(Standing, Vec<Carried>)> {
    let days = p.days.len();
    let mut out: Vec<(Standing, i64, Vec<usize>)> = vec![];
    for (i, m) in p.people.iter().enumerate() {
        let [c] = m.contracts.as_slice() else { continue };
        let whole = c.part == Part { from: 0, until: days - 1 };
        let away = (0..days).filter(|&d| m.on_leave(d).is_some()).count();
        if !whole || away * 2 > days {
            continue;
        }
        match out.iter_mut().find(|(s, h, _)| (*s, *h) == (c.standing, c.week_hours)) {
            Some((_, _, list)) => list.push(i),
            None => out.push((c.standing, c.week_hours, vec![i])),
        }
    }
    out.into_iter()
        .filter(|(_, _, list)| list.len() > 1)
        .map(|(standing, _, list)| {
            let old: Vec<usize> = list.iter().copied().filter(|&i| p.people[i].history.is_some()).collect();
            let mean = |c: usize| if old.is_empty() { 0 } else { old.iter().map(|&i| p.people[i].carried[c]).sum::<i32>() / old.len() as i32 };
            let carried = |i: usize| if old.contains(&i) { p.people[i].carried } else { [mean(0), mean(1), mean(2)] };
            (standing, list.into_iter().map(|i| (i, carried(i))).collect())
        })
        .collect()
}

fn fairness(p: &Problem) -> Vec<s::Fairness> {
    let mut groups = equals(p);
    groups.sort_by_key(|(_, list)| std::cmp::Reverse(list.len()));
    let mut out = vec![];
    for (standing, list) in groups.into_iter().take(4) {
        for (i, (name, weight, counts)) in shares(&p.limits).into_iter().enumerate() {
            // Only cells that somebody of the group can have.
            let can = |d: usize, k: usize| list.iter().any(|(m, _)| able(&p.people[*m], &p.kinds[k], d));
            let cells: Vec<(usize, usize)> = (0..p.days.len())
                .flat_map(|d| (0..p.kinds.len()).map(move |k| (d, k)))
                .filter(|&(d, k)| counts(&p.days[d], &p.kinds[k]) && can(d, k))
                .collect();
            if weight > 0 && !cells.is_empty() {
                let carried = |c: &[i32; 3]| c.get(i).copied().unwrap_or(0);
                let least = list.iter().map(|(_, c)| carried(c)).min().unwrap_or(0);
                let people = list.iter().map(|(m, c)| (*m, carried(c) - least)).collect();
                // What does not divide evenly differs by one: that is fair, and no roster is called better for less.
                out.push(s::Fairness { name: format!("{}{name}", standing.label()), people, cells, weight, free: 1 });
            }
        }
    }
    out
}

/// The cells of one problem read under another: people by account, shifts by id. Used when rules or posts were edited.
///
/// # Errors
/// A shift that is worked in the roster and does not exist any more.
pub fn carry(old: &Problem, cells: &[Vec<u8>], new: &Problem) -> Result<s::Roster> {
    let mut rows = vec![vec![s::OFF; new.days.len()]; new.people.len()];
    for (m, row) in old.people.iter().zip(cells) {
        let Some(to) = new.people.iter().position(|x| x.user == m.user) else {
            if row.iter().any(|c| *c != s::OFF) {
                return Err(Refusal::new("roster.gone", format!("{}已不在排班人员中。", m.name), "请重新排班。").into());
            }
            continue;
        };
        for (d, cell) in row.iter().enumerate() {
            let Some(k) = old.kinds.get(*cell as usize) else { continue };
            let Some(kind) = new.kinds.iter().position(|x| x.shift == k.shift) else {
                return Err(Refusal::new("roster.shift_gone", format!("班次“{}”已停用。", k.label()), "请重新排班。").into());
            };
            rows[to][d] = kind as u8;
        }
    }
    Ok(s::Roster { rows })
}

/// A digest of the solver's model: a bound belongs to the model that it was proven for, whatever the problem was called.
pub fn model_digest(m: &s::Model) -> String {
    hex::encode(vault::digest(vault::HashAlg::Sha256, &[format!("{m:?}").as_bytes()]))[..32].to_string()
}

/// A digest of the problem, to see whether something was edited since.
pub fn digest(p: &Problem) -> Result<String> {
    let text = serde_json::to_vec(p)?;
    Ok(hex::encode(vault::digest(vault::HashAlg::Sha256, &[&text]))[..32].to_string())
}
