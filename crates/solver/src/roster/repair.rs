//! Repair (调整): somebody is out, the published roster is to change as little as possible.
//!
//! The repair is a roster problem of its own: cells before the first open day are settled, absences are settled days
//! off, and every changed cell costs its day's weight. A shift of the first open day that has begun stays with whom it has. Missing people still cost more than any number of changes, wishes
//! count only between repairs with the same changes.

use super::check::{Violation, check};
use super::model::{CellCost, Cover, History, Mix, Model, OFF, Roster};
use super::solve::{Control, NoRoster, Solution, solve_from};

/// Who cannot work on which days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    pub person: usize,
    /// First and last day, both inclusive.
    pub from: usize,
    pub to: usize,
}

/// What to repair.
#[derive(Clone, Debug)]
pub struct Repair<'a> {
    pub model: &'a Model,
    /// The roster that people know.
    pub published: &'a Roster,
    pub absences: &'a [Absence],
    /// Days before this one are past and stay as they are.
    pub first_open: usize,
    /// (day, kind) of shifts on open days that have begun: who has one keeps it, absent or not, and nobody else gets it.
    pub begun: &'a [(usize, usize)],
    /// Cost of changing one person's cell on each day, at least 1: larger for tomorrow than for next week.
    pub change: &'a [u16],
}

/// A changed cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub person: usize,
    pub day: usize,
    pub before: Option<usize>,
    pub after: Option<usize>,
    /// The person is absent: the change is the occasion, not the repair.
    pub forced: bool,
}

/// A repaired roster.
#[derive(Clone, Debug)]
pub struct Repaired {
    pub roster: Roster,
    /// Changed cells by day and person.
    pub changes: Vec<Change>,
    /// Weighted changes that were not forced.
    pub cost: i64,
    /// No repair that covers as well costs less than this.
    pub least: f64,
    /// Missing people in needs and mixes, in the model's own terms, after the repair.
    pub missing: i64,
    /// It is proven that no repair has fewer of them missing.
    pub fewest: bool,
    /// Hard rules broken after the repair that were not broken before, by the model with the absences in it.
    pub new_violations: Vec<Violation>,
    /// Personal rules that had to be eased because past and absence already break them: person and rule.
    pub eased: Vec<(usize, Eased)>,
    pub solution: Solution,
}

/// A personal rule that past and absence already break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eased {
    MinMinutes,
    RunsAndRests,
    Others,
}

/// Scale of one unit of change against a wish: fewer changes first, then wishes.
const CHANGE: i64 = 100;
/// Most that one changed cell may weigh.
const MAX_CHANGE: i64 = 500;
/// Cost of a missing person in a repair: more than all the changes one replacement can trigger.
const MISSING: i64 = 20 * MAX_CHANGE * CHANGE;

/// Finds the repair. The caller's control should allow about two seconds.
///
/// # Errors
/// Sizes that do not fit, or a person left without any schedule (then no repair exists under the rules as they are).
pub fn repair(r: &Repair<'_>, control: &Control<'_>) -> Result<Repaired, NoRoster> {
    let (model, eased) = repair_model(r)?;
    let direct = direct(r, &model, control);
    let now = (control.elapsed)();
    let half = Control { seconds: now + (control.seconds - now) * 0.5, ..*control };
    // Once with changes alone, for the proven minimum, and once with wishes, to choose among equal repairs.
    let plain = solve_from(&direct, true, &changes_alone(&model), &half)?;
    let wished = solve_from(&plain.roster, false, &model, control)?;
    let rank = |s: &Solution| {
        let r = check(&model, &s.roster);
        (r.violations.len(), r.under + r.mixes + r.costs, r.objective)
    };
    let bound = plain.bound;
    let mut solution = if rank(&plain) < rank(&wished) { plain } else { wished };
    let report = check(&model, &direct);
    if (report.violations.len(), report.under + report.mixes + report.costs, report.objective) < rank(&solution) {
        (solution.report, solution.roster) = (report, direct);
    }
    let base = absent_off(r);
    put_back(&model, &base, &mut solution.roster, control);
    solution.report = check(&model, &solution.roster);
    let judged = with_absences(r);
    let before: Vec<Violation> = check(&judged, r.published).violations;
    let after = check(&judged, &solution.roster);
    let mut changes = vec![];
    let mut cost = 0;
    for day in r.first_open..r.model.days {
        for person in 0..r.model.people.len() {
            let (before, after) = (r.published.at(person, day), solution.roster.at(person, day));
            if before != after {
                let forced = absent(r, person, day);
                cost += if forced { 0 } else { weight(r, day) };
                changes.push(Change { person, day, before, after, forced });
            }
        }
    }
    let missing = after.under + after.mixes;
    // No repair with as few people missing has less than the bound in missing people and changes together.
    let ours = check(&model, &solution.roster);
    let short = (ours.under + ours.mixes) as f64;
    let least = ((bound - short) / CHANGE as f64).ceil().max(0.0);
    Ok(Repaired {
        roster: solution.roster.clone(),
        changes,
        cost,
        least,
        missing,
        fewest: bound > short - MISSING as f64,
        new_violations: after.violations.into_iter().filter(|v| !before.contains(v)).collect(),
        eased,
        solution,
    })
}

/// The obvious repair: absent people are off, and as long as it helps the one replacement that helps most is made, with
/// the day after free when the rest asks for it. What a short search on a busy machine has to beat.
fn direct(r: &Repair<'_>, m: &Model, control: &Control<'_>) -> Roster {
    let mut roster = absent_off(r);
    let worth = |x: &Roster| {
        let report = check(m, x);
        (report.violations.len(), report.objective)
    };
    let mut now = worth(&roster);
    let begun = (control.elapsed)();
    let until = begun + (control.seconds - begun) * 0.4;
    let free = |p: usize, d: usize| d < m.days && !is_past(r, p, d) && !absent(r, p, d);
    loop {
        let mut best: Option<((usize, i64), Roster)> = None;
        for (day, kind) in short(m, &roster) {
            for person in (0..m.people.len()).filter(|&p| free(p, day) && roster.rows[p][day] != kind as u8) {
                for rest in [false, true] {
                    if rest && !free(person, day + 1) {
                        continue;
                    }
                    let mut trial = roster.clone();
                    trial.rows[person][day] = kind as u8;
                    if rest {
                        trial.rows[person][day + 1] = OFF;
                    }
                    let w = worth(&trial);
                    if w < now && best.as_ref().is_none_or(|b| w < b.0) {
                        best = Some((w, trial));
                    }
                }
            }
        }
        let Some((w, better)) = best else { return roster };
        (now, roster) = (w, better);
        if (control.elapsed)() > until {
            return roster;
        }
    }
}

/// The published roster without the absent people.
fn absent_off(r: &Repair<'_>) -> Roster {
    let mut roster = r.published.clone();
    for day in r.first_open..r.model.days {
        for person in (0..r.model.people.len()).filter(|&p| absent(r, p, day)) {
            roster.rows[person][day] = OFF;
        }
    }
    roster
}

/// Puts changed cells back to what is published wherever that makes nothing worse: whole stretches of days, then people,
/// pairs of people, single cells. A search that had little time leaves exchanges that nobody needs.
fn put_back(m: &Model, base: &Roster, roster: &mut Roster, control: &Control<'_>) {
    let worth = |x: &Roster| {
        let report = check(m, x);
        (report.violations.len(), report.objective)
    };
    let mut now = worth(roster);
    let until = (control.elapsed)().max(control.seconds) + 0.2;
    let mut try_back = |roster: &mut Roster, cells: &dyn Fn(usize, usize) -> bool| {
        let mut trial = roster.clone();
        for (p, row) in trial.rows.iter_mut().enumerate() {
            for (d, cell) in row.iter_mut().enumerate().filter(|(d, _)| cells(p, *d)) {
                *cell = base.rows[p][d];
            }
        }
        if trial == *roster || (control.elapsed)() > until {
            return;
        }
        let w = worth(&trial);
        if w <= now {
            (now, *roster) = (w, trial);
        }
    };
    for from in 0..m.days {
        try_back(roster, &|_, d| d >= from);
    }
    for to in (0..m.days).rev() {
        try_back(roster, &|_, d| d <= to);
    }
    for day in 0..m.days {
        try_back(roster, &|_, d| d == day);
    }
    let changed = |roster: &Roster| -> Vec<usize> { (0..m.people.len()).filter(|&p| roster.rows[p] != base.rows[p]).collect() };
    for p in changed(roster) {
        try_back(roster, &|q, _| q == p);
    }
    for a in changed(roster) {
        for b in changed(roster).into_iter().filter(|&b| b > a) {
            try_back(roster, &|q, _| q == a || q == b);
            for day in 0..m.days {
                try_back(roster, &|q, d| d == day && (q == a || q == b));
            }
        }
    }
    for p in changed(roster) {
        for day in 0..m.days {
            try_back(roster, &|q, d| q == p && d == day);
        }
    }
}

/// Days and kinds on which somebody is missing, by number or by mix.
fn short(m: &Model, roster: &Roster) -> Vec<(usize, usize)> {
    let there = |day: usize, kind: usize| (0..m.people.len()).filter(|&p| roster.at(p, day) == Some(kind)).count();
    let mut out: Vec<(usize, usize)> = m.cover.iter().filter(|c| there(c.day, c.kind) < c.need as usize).map(|c| (c.day, c.kind)).collect();
    for x in &m.mixes {
        let on = |p: usize| roster.at(p, x.day).is_some_and(|k| x.kinds.contains(&k));
        if x.people.iter().filter(|(p, _)| on(*p)).map(|(_, c)| c).sum::<i32>() < x.least {
            out.extend(x.kinds.iter().map(|&k| (x.day, k)));
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn changes_alone(model: &Model) -> Model {
    let mut m = model.clone();
    m.requests.clear();
    m.cover.iter_mut().for_each(|c| c.over = 0);
    m
}

/// Away on that day; whose shift of the day has begun is not, for the roster.
fn absent(r: &Repair<'_>, person: usize, day: usize) -> bool {
    !is_past(r, person, day) && r.absences.iter().any(|a| a.person == person && (a.from..=a.to).contains(&day))
}

/// The cell is a fact: its day is over, or its shift has begun.
fn is_past(r: &Repair<'_>, person: usize, day: usize) -> bool {
    day < r.first_open || r.published.at(person, day).is_some_and(|k| r.begun.contains(&(day, k)))
}

fn weight(r: &Repair<'_>, day: usize) -> i64 {
    i64::from(r.change.get(day).copied().unwrap_or(1)).clamp(1, MAX_CHANGE)
}

/// The model as it is judged afterwards: absences are days off, minutes fall by what was planned on them.
fn with_absences(r: &Repair<'_>) -> Model {
    let mut m = r.model.clone();
    for (p, person) in m.people.iter_mut().enumerate() {
        for day in (r.first_open..r.model.days).filter(|&d| absent(r, p, d)) {
            person.days_off.push(day);
            person.away.push(day);
            person.fixed.retain(|f| f.0 != day);
            if let Some(k) = r.published.rows[p].get(day).filter(|k| **k != OFF) {
                let minutes = m.kinds.get(*k as usize).map_or(0, |k| k.minutes);
                person.min_minutes = person.min_minutes.saturating_sub(minutes);
            }
        }
    }
    m
}

fn repair_model(r: &Repair<'_>) -> Result<(Model, Vec<(usize, Eased)>), NoRoster> {
    r.model.validate()?;
    if check(r.model, r.published).violations.contains(&Violation::Shape) {
        return Err(NoRoster::BadModel(super::BadModel("the published roster has other sizes than the model".into())));
    }
    if r.absences.iter().any(|a| a.person >= r.model.people.len() || a.from > a.to || a.to >= r.model.days) {
        return Err(NoRoster::BadModel(super::BadModel("an absence outside the roster".into())));
    }
    if r.begun.iter().any(|&(d, k)| d >= r.model.days || k >= r.model.kinds.len()) {
        return Err(NoRoster::BadModel(super::BadModel("a shift that has begun outside the roster".into())));
    }
    let mut m = with_absences(r);
    m.fairness.clear();
    for q in &mut m.requests {
        q.weight = q.weight.min(3);
    }
    m.requests.retain(|q| q.day >= r.first_open);
    m.costs.clear();
    let dear = |w: i64| (w.max(1) * MISSING / 100).clamp(MISSING / 10, MISSING);
    m.cover = m.cover.iter().map(|c| Cover { under: dear(c.under), over: c.over.min(3), ..*c }).collect();
    m.mixes = m.mixes.iter().map(|x| Mix { under: dear(x.under), ..x.clone() }).collect();
    let mut eased = vec![];
    for p in 0..m.people.len() {
        settle(r, &mut m, p);
        ease(&mut m, p, &mut eased);
    }
    Ok((m, eased))
}

/// Past cells are settled, shifts that have begun are nobody else's, changes of the others cost.
fn settle(r: &Repair<'_>, m: &mut Model, p: usize) {
    for day in 0..m.days {
        let now = r.published.at(p, day);
        if is_past(r, p, day) {
            // The past is a fact: what it breaks is not judged again.
            if day + 1 == m.days {
                m.people[p].next = None;
            }
            m.people[p].days_off.retain(|&d| d != day);
            m.people[p].barred.retain(|b| b.0 != day);
            m.people[p].fixed.retain(|f| f.0 != day);
            m.people[p].fixed.push((day, now));
            if let Some(k) = now {
                let limit = &mut m.people[p].max_of_kind[k];
                *limit = (*limit).max(1);
            }
            continue;
        }
        m.people[p].barred.extend(r.begun.iter().filter(|b| b.0 == day));
        m.people[p].fixed.retain(|f| f.0 != day || f.1.is_none_or(|k| !r.begun.contains(&(day, k))));
        if absent(r, p, day) {
            continue;
        }
        let cost = weight(r, day) * CHANGE;
        let others = (0..m.kinds.len()).map(Some).chain([None]).filter(|k| *k != now);
        m.costs.extend(others.map(|kind| CellCost { person: p, day, kind, cost }));
    }
}

/// Eases rules that settled cells already break, the mildest first.
fn ease(m: &mut Model, p: usize, eased: &mut Vec<(usize, Eased)>) {
    for rule in [Eased::MinMinutes, Eased::RunsAndRests, Eased::Others] {
        if super::clash::has_schedule(m, p) {
            return;
        }
        let person = &mut m.people[p];
        match rule {
            Eased::MinMinutes => person.min_minutes = 0,
            Eased::RunsAndRests => (person.min_run, person.min_off) = (1, 1),
            Eased::Others => {
                person.max_run = m.days as u16;
                person.max_weekends = m.weekends.len() as u16;
                person.max_minutes = 10_000_000;
                person.max_week.clear();
                person.history = person.history.map(|h| History { run: 1, ..h });
                person.max_together = None;
                for limit in person.max_of_kind.iter_mut().filter(|l| **l > 0) {
                    *limit = m.days as u16;
                }
            }
        }
        eased.push((p, rule));
    }
}
