//! The independent checker (独立核验): judges a roster by the model alone. It shares no code with the solver, reads each
//! rule from its definition, and is written to be read, not to be quick.

use super::model::{Model, Person, Roster};

/// One broken hard rule, with where and by how much. Indexes are those of the model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// The roster has other sizes than the model, or a kind that does not exist.
    Shape,
    /// Works a kind they may not work at all, or a barred cell.
    NotAble {
        person: usize,
        day: usize,
        kind: usize,
    },
    /// Works on a settled day off.
    DayOff {
        person: usize,
        day: usize,
    },
    /// A settled cell has other content.
    Fixed {
        person: usize,
        day: usize,
    },
    MaxMinutes {
        person: usize,
        minutes: u32,
        limit: u32,
    },
    MinMinutes {
        person: usize,
        minutes: u32,
        limit: u32,
    },
    /// Too many minutes in a week, by its place in [`Model::weeks`].
    MaxWeek {
        person: usize,
        week: usize,
        minutes: u32,
        limit: u32,
    },
    /// Run of working days longer than allowed, by its first and last day in the roster.
    MaxRun {
        person: usize,
        from: usize,
        to: usize,
        length: u32,
    },
    /// Run of working days too short; `to` is its last day (0 for a run that lies in the history).
    MinRun {
        person: usize,
        to: usize,
        length: u32,
    },
    MinOff {
        person: usize,
        to: usize,
        length: u32,
    },
    MaxWeekends {
        person: usize,
        worked: u32,
    },
    MaxOfKind {
        person: usize,
        kind: usize,
        worked: u32,
    },
    /// More shifts of the kinds that count together than allowed.
    MaxTogether {
        person: usize,
        worked: u32,
        limit: u32,
    },
    /// The shift on `day` may not follow the one of the day before; the day after the last for the settled next one.
    Succession {
        person: usize,
        day: usize,
        before: usize,
        after: usize,
    },
    /// A hard need is not met.
    Cover {
        day: usize,
        kind: usize,
        missing: u32,
    },
    /// A hard mix row is not met.
    Mix {
        row: usize,
        missing: i64,
    },
}

/// The checker's judgement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub violations: Vec<Violation>,
    /// Sum of the parts below.
    pub objective: i64,
    pub under: i64,
    pub over: i64,
    pub requests: i64,
    pub costs: i64,
    pub mixes: i64,
    pub fairness: i64,
    /// Spread of each fairness rule.
    pub spreads: Vec<i64>,
}

impl Report {
    /// No hard rule is broken.
    pub fn feasible(&self) -> bool {
        self.violations.is_empty()
    }
}

/// Judges a roster: every violation of a hard rule, and the objective computed afresh.
pub fn check(model: &Model, roster: &Roster) -> Report {
    let mut report = Report::default();
    let shape = roster.rows.len() == model.people.len()
        && roster
            .rows
            .iter()
            .all(|r| r.len() == model.days && r.iter().all(|&k| k == super::OFF || (k as usize) < model.kinds.len()));
    if !shape {
        report.violations.push(Violation::Shape);
        return report;
    }
    for p in 0..model.people.len() {
        person(model, roster, p, &mut report.violations);
    }
    needs(model, roster, &mut report);
    wishes(model, roster, &mut report);
    report.objective = report.under + report.over + report.requests + report.costs + report.mixes + report.fairness;
    report
}

fn person(model: &Model, roster: &Roster, p: usize, out: &mut Vec<Violation>) {
    let rules = &model.people[p];
    for day in 0..model.days {
        let Some(kind) = roster.at(p, day) else { continue };
        if rules.max_of_kind[kind] == 0 || rules.barred.contains(&(day, kind)) {
            out.push(Violation::NotAble { person: p, day, kind });
        }
        if rules.days_off.contains(&day) {
            out.push(Violation::DayOff { person: p, day });
        }
    }
    for &(day, kind) in &rules.fixed {
        if roster.at(p, day) != kind {
            out.push(Violation::Fixed { person: p, day });
        }
    }
    let minutes: u32 = (0..model.days).filter_map(|d| roster.at(p, d)).map(|k| model.kinds[k].minutes).sum();
    if minutes > rules.max_minutes {
        out.push(Violation::MaxMinutes { person: p, minutes, limit: rules.max_minutes });
    }
    if minutes < rules.min_minutes {
        out.push(Violation::MinMinutes { person: p, minutes, limit: rules.min_minutes });
    }
    for (week, (&(from, to), &limit)) in model.weeks.iter().zip(&rules.max_week).enumerate() {
        let minutes: u32 = (from..to).filter_map(|d| roster.at(p, d)).map(|k| model.kinds[k].minutes).sum();
        if minutes > limit {
            out.push(Violation::MaxWeek { person: p, week, minutes, limit });
        }
    }
    for kind in 0..model.kinds.len() {
        let worked = (0..model.days).filter(|&d| roster.at(p, d) == Some(kind)).count() as u32;
        if rules.max_of_kind[kind] > 0 && worked > u32::from(rules.max_of_kind[kind]) {
            out.push(Violation::MaxOfKind { person: p, kind, worked });
        }
    }
    if let Some((kinds, limit)) = &rules.max_together {
        let worked = (0..model.days).filter(|&d| roster.at(p, d).is_some_and(|k| kinds.contains(&k))).count() as u32;
        if worked > u32::from(*limit) {
            out.push(Violation::MaxTogether { person: p, worked, limit: u32::from(*limit) });
        }
    }
    let weekends = model.weekends.iter().filter(|w| w.iter().any(|&d| roster.at(p, d).is_some())).count() as u32;
    if weekends > u32::from(rules.max_weekends) {
        out.push(Violation::MaxWeekends { person: p, worked: weekends });
    }
    for day in 0..=model.days {
        let before = if day == 0 { rules.history.and_then(|h| h.last) } else { roster.at(p, day - 1) };
        let after = if day == model.days { rules.next } else { roster.at(p, day) };
        if let (Some(before), Some(after)) = (before, after)
            && !rules.any_succession
            && model.kinds[before].never_then.contains(&after)
        {
            out.push(Violation::Succession { person: p, day, before, after });
        }
    }
    runs(model.days, rules, |d| roster.at(p, d).is_some(), p, out);
}

/// Walks the runs of working days and days off, the history's run first.
fn runs(days: usize, rules: &Person, works: impl Fn(usize) -> bool, person: usize, out: &mut Vec<Violation>) {
    // A run: works or not, its length with history, first day in the roster, whether its true beginning is known.
    let (mut working, mut length, mut known) = match rules.history {
        Some(h) => (h.last.is_some(), u32::from(h.run), true),
        None => (works(0), 0, false),
    };
    let mut from = 0;
    for day in 0..=days {
        let ends = day == days || works(day) != working;
        if !ends {
            length += 1;
            continue;
        }
        let last = day.saturating_sub(1);
        if working && length > u32::from(rules.max_run) && day > from {
            out.push(Violation::MaxRun { person, from, to: last, length });
        }
        if day < days && known {
            if working && length < u32::from(rules.min_run) && !rules.away.contains(&day) {
                out.push(Violation::MinRun { person, to: last, length });
            }
            if !working && length < u32::from(rules.min_off) {
                out.push(Violation::MinOff { person, to: last, length });
            }
        }
        if day < days {
            (working, length, known, from) = (works(day), 1, true, day);
        }
    }
}

fn needs(model: &Model, roster: &Roster, report: &mut Report) {
    for c in &model.cover {
        let there = (0..model.people.len()).filter(|&p| roster.at(p, c.day) == Some(c.kind)).count() as i64;
        let missing = (i64::from(c.need) - there).max(0);
        let extra = (there - i64::from(c.need)).max(0);
        report.over += c.over * extra;
        if c.hard && missing > 0 {
            report.violations.push(Violation::Cover { day: c.day, kind: c.kind, missing: missing as u32 });
        }
        if !c.hard {
            report.under += c.under * missing;
        }
    }
    for (row, m) in model.mixes.iter().enumerate() {
        let sum: i64 = m
            .people
            .iter()
            .filter(|(p, _)| roster.at(*p, m.day).is_some_and(|k| m.kinds.contains(&k)))
            .map(|(_, c)| i64::from(*c))
            .sum();
        let missing = (i64::from(m.least) - sum).max(0);
        if m.hard && missing > 0 {
            report.violations.push(Violation::Mix { row, missing });
        }
        if !m.hard {
            report.mixes += m.under * missing;
        }
    }
}

fn wishes(model: &Model, roster: &Roster, report: &mut Report) {
    for r in &model.requests {
        let works = roster.at(r.person, r.day) == Some(r.kind);
        if works != r.on {
            report.requests += r.weight;
        }
    }
    for c in &model.costs {
        if roster.at(c.person, c.day) == c.kind {
            report.costs += c.cost;
        }
    }
    for f in &model.fairness {
        let count = |p: usize| f.cells.iter().filter(|&&(d, k)| roster.at(p, d) == Some(k)).count() as i64;
        let totals: Vec<i64> = f.people.iter().map(|&(p, carry)| i64::from(carry) + count(p)).collect();
        let spread = totals.iter().max().unwrap_or(&0) - totals.iter().min().unwrap_or(&0);
        report.spreads.push(spread);
        report.fairness += f.weight * (spread - i64::from(f.free)).max(0);
    }
}
