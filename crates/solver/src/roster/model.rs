//! The shift-scheduling model (排班模型): people, days, kinds of shift, rules, needs and weights. Plain data.

use std::fmt;

/// A cell without work.
pub const OFF: u8 = u8::MAX;

/// Largest number of days in a model.
pub const MAX_DAYS: usize = 400;
/// Largest number of people in a model.
pub const MAX_PEOPLE: usize = 400;
/// Largest number of kinds of shift.
pub const MAX_KINDS: usize = 60;
/// Largest number of fairness rules.
pub const MAX_FAIRNESS: usize = 20;
/// Largest weight or cost of a single thing.
pub const MAX_WEIGHT: i64 = 1_000_000;
/// Largest number of (person, day, kind) cells: what memory is bounded by.
pub const MAX_CELLS: usize = 2_000_000;

/// A kind of shift (班次).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    pub name: String,
    /// Paid length in minutes.
    pub minutes: u32,
    /// Kinds that may not follow on the next day (rest between shifts).
    pub never_then: Vec<usize>,
}

/// What lies before the first day: the run that the first day may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// The kind worked on the day before the first, `None` for a day off.
    pub last: Option<usize>,
    /// How many days of the same sort (working, or off) end on the day before the first; at least 1.
    pub run: u16,
}

/// A person with the rules that hold for them alone (个人规则).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub min_minutes: u32,
    pub max_minutes: u32,
    /// Minutes at most in each week, by its place in [`Model::weeks`]; what was worked of it outside of the roster is taken off
    /// already. Empty: no limit.
    pub max_week: Vec<u32>,
    /// Consecutive working days at most.
    pub max_run: u16,
    /// Consecutive working days at least; a run cut by the end of the horizon is not judged, nor one that begins on the
    /// first day when there is no history.
    pub min_run: u16,
    /// Consecutive days off at least; the same exceptions.
    pub min_off: u16,
    /// Worked weekends at most ([`Model::weekends`]).
    pub max_weekends: u16,
    /// Shifts of each kind at most; 0 means the person never works it.
    pub max_of_kind: Vec<u16>,
    /// Kinds that count together, and how many shifts of them at most.
    pub max_together: Option<(Vec<usize>, u16)>,
    /// Days of leave and other days off that are settled.
    pub days_off: Vec<usize>,
    /// Cells that are settled: this kind on this day, or [`None`]: off.
    pub fixed: Vec<(usize, Option<usize>)>,
    /// Cells the person may not work, for example since a qualification ended.
    pub barred: Vec<(usize, usize)>,
    pub history: Option<History>,
    /// The kind worked on the day after the last, where that is settled: what it may not follow is not worked on the last day.
    pub next: Option<usize>,
    /// Days on which the person is away, not by plan (illness); also in [`Person::days_off`]. A run of work that such a
    /// day cuts is not judged short.
    pub away: Vec<usize>,
    /// Rest between shifts is not judged for this person ([`Kind::never_then`]).
    pub any_succession: bool,
}

/// Need of people on one kind of shift on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    pub day: usize,
    pub kind: usize,
    pub need: u32,
    /// Cost of each person missing.
    pub under: i64,
    /// Cost of each person too many.
    pub over: i64,
    /// Missing people break a hard rule.
    pub hard: bool,
}

/// A wish of a person about one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub person: usize,
    pub day: usize,
    pub kind: usize,
    /// `true`: wants to work it (costs when not), `false`: wants not to (costs when worked).
    pub on: bool,
    pub weight: i64,
}

/// Cost of one cell's content, for example of a change against a published roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellCost {
    pub person: usize,
    pub day: usize,
    /// `None`: being off on that day.
    pub kind: Option<usize>,
    pub cost: i64,
}

/// A row over the people on some kinds of shift on one day: Σ coefficient ≥ `least` (搭配要求). "One of group A on the
/// night shift" has coefficient 1 for the group; "never more assistants than officers" has 1 and −1 and `least` 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix {
    pub name: String,
    pub day: usize,
    pub kinds: Vec<usize>,
    pub people: Vec<(usize, i32)>,
    pub least: i32,
    /// Cost of each missing unit.
    pub under: i64,
    pub hard: bool,
}

/// Fairness (均衡): the spread, largest minus smallest, of carried-over plus new counted cells costs `weight` for each
/// unit above `free`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fairness {
    pub name: String,
    /// Person and what they carry over from earlier months.
    pub people: Vec<(usize, i32)>,
    /// (day, kind) cells that count.
    pub cells: Vec<(usize, usize)>,
    pub weight: i64,
    /// Spread that costs nothing: 1 where what is shared out need not divide evenly.
    pub free: u32,
}

/// A whole problem. All weights and costs are whole numbers, so every objective is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    pub days: usize,
    pub kinds: Vec<Kind>,
    pub people: Vec<Person>,
    /// Groups of one or two neighbouring days; working any day of a group is a worked weekend.
    pub weekends: Vec<Vec<usize>>,
    /// Weeks as (first day, day after the last), one after the other; the first and the last may be cut by the roster's edges.
    pub weeks: Vec<(usize, usize)>,
    pub cover: Vec<Cover>,
    pub requests: Vec<Request>,
    pub costs: Vec<CellCost>,
    pub mixes: Vec<Mix>,
    pub fairness: Vec<Fairness>,
}

/// Why a model is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadModel(pub String);

fn bad<T>(why: impl Into<String>) -> Result<T, BadModel> {
    Err(BadModel(why.into()))
}

fn weight(w: i64, what: impl fmt::Display) -> Result<(), BadModel> {
    if (0..=MAX_WEIGHT).contains(&w) { Ok(()) } else { bad(format!("{what}: weight {w} outside 0..={MAX_WEIGHT}")) }
}

impl Model {
    /// Checks sizes, indexes and weights.
    ///
    /// # Errors
    /// The first thing that is out of bounds, in words.
    pub fn validate(&self) -> Result<(), BadModel> {
        let (days, kinds, people) = (self.days, self.kinds.len(), self.people.len());
        if days == 0 || days > MAX_DAYS {
            return bad(format!("{days} days; 1 to {MAX_DAYS} are possible"));
        }
        if kinds == 0 || kinds > MAX_KINDS {
            return bad(format!("{kinds} kinds of shift; 1 to {MAX_KINDS} are possible"));
        }
        if people == 0 || people > MAX_PEOPLE {
            return bad(format!("{people} people; 1 to {MAX_PEOPLE} are possible"));
        }
        if days * kinds * people > MAX_CELLS {
            return bad(format!("{people} people × {days} days × {kinds} kinds are more than {MAX_CELLS} cells"));
        }
        let day_ok = |d: usize| d < days;
        let kind_ok = |k: usize| k < kinds;
        for k in &self.kinds {
            if k.minutes == 0 || k.minutes > 2880 {
                return bad(format!("shift {}: {} minutes; 1 to 2880 are possible", k.name, k.minutes));
            }
            if !k.never_then.iter().all(|&n| kind_ok(n)) {
                return bad(format!("shift {}: a successor that does not exist", k.name));
            }
        }
        let mut end = 0;
        for &(from, to) in &self.weeks {
            if from < end || from >= to || to > days || to - from > 7 {
                return bad(format!("week from day {from} to {to}: 1 to 7 days, one after the other, inside of the roster"));
            }
            end = to;
        }
        for p in &self.people {
            p.validate(days, kinds, self.weeks.len())?;
        }
        self.validate_rows()?;
        let mut seen = vec![false; days];
        for w in &self.weekends {
            let shape = match w.as_slice() {
                [a] => day_ok(*a),
                [a, b] => day_ok(*b) && *b == *a + 1,
                _ => false,
            };
            if !shape || w.iter().any(|&d| std::mem::replace(&mut seen[d], true)) {
                return bad(format!("weekend {w:?}: one day or two neighbouring days, each in one weekend only"));
            }
        }
        Ok(())
    }

    fn validate_rows(&self) -> Result<(), BadModel> {
        let (days, kinds, people) = (self.days, self.kinds.len(), self.people.len());
        let mut seen = vec![false; days * kinds];
        for c in &self.cover {
            if c.day >= days || c.kind >= kinds {
                return bad(format!("need on day {} for kind {}: no such day or kind", c.day, c.kind));
            }
            if std::mem::replace(&mut seen[c.day * kinds + c.kind], true) {
                return bad(format!("need on day {} for {} stands twice", c.day, self.kinds[c.kind].name));
            }
            if c.need as usize > 10 * MAX_PEOPLE {
                return bad(format!("need of {} people on day {}", c.need, c.day));
            }
            weight(c.under, "missing people")?;
            weight(c.over, "people too many")?;
        }
        for r in &self.requests {
            if r.person >= people || r.day >= days || r.kind >= kinds {
                return bad(format!("request of person {} on day {}: no such person, day or kind", r.person, r.day));
            }
            weight(r.weight, "request")?;
        }
        for c in &self.costs {
            if c.person >= people || c.day >= days || c.kind.is_some_and(|k| k >= kinds) {
                return bad(format!("cost of person {} on day {}: no such person, day or kind", c.person, c.day));
            }
            weight(c.cost, "cell")?;
        }
        let counted: usize = self.fairness.iter().map(|f| f.people.len() * f.cells.len()).sum();
        if self.mixes.len() > 5000 || self.fairness.len() > MAX_FAIRNESS || counted > MAX_CELLS {
            return bad(format!("{} mixes, {} fairness rules: too many", self.mixes.len(), self.fairness.len()));
        }
        for m in &self.mixes {
            let known = m.day < days && m.kinds.iter().all(|&k| k < kinds) && m.people.iter().all(|&(p, _)| p < people);
            let once = distinct(m.people.iter().map(|p| p.0)) && distinct(m.kinds.iter().copied());
            if !known || !once || m.people.iter().any(|&(_, c)| c.abs() > 1000) || m.least.abs() > 100_000 {
                return bad(format!("mix {}: unknown or repeated day, kind or person, or too large", m.name));
            }
            weight(m.under, &m.name)?;
        }
        for f in &self.fairness {
            let known =
                f.people.iter().all(|&(p, _)| p < people) && f.cells.iter().all(|&(d, k)| d < days && k < kinds);
            let once = distinct(f.people.iter().map(|p| p.0)) && distinct(f.cells.iter().map(|c| c.0 * kinds + c.1));
            if !known || !once || f.free > 1000 || f.people.iter().any(|&(_, c)| c.abs() > 100_000) {
                return bad(format!("fairness {}: unknown or repeated person or cell, or too large", f.name));
            }
            weight(f.weight, &f.name)?;
        }
        Ok(())
    }
}

fn distinct(items: impl Iterator<Item = usize>) -> bool {
    let mut all: Vec<usize> = items.collect();
    let n = all.len();
    all.sort_unstable();
    all.dedup();
    all.len() == n
}

impl Person {
    /// Somebody without any rule who may work every kind; a start for builders and tests.
    pub fn free(name: impl Into<String>, kinds: usize) -> Person {
        Person {
            name: name.into(),
            min_minutes: 0,
            max_minutes: 10_000_000,
            max_week: vec![],
            max_run: MAX_DAYS as u16,
            min_run: 1,
            min_off: 1,
            max_weekends: MAX_DAYS as u16,
            max_of_kind: vec![MAX_DAYS as u16; kinds],
            max_together: None,
            days_off: vec![],
            fixed: vec![],
            barred: vec![],
            history: None,
            next: None,
            away: vec![],
            any_succession: false,
        }
    }

    fn validate(&self, days: usize, kinds: usize, weeks: usize) -> Result<(), BadModel> {
        let name = &self.name;
        if self.max_of_kind.len() != kinds {
            return bad(format!("{name}: limits for {} kinds, there are {kinds}", self.max_of_kind.len()));
        }
        if self.max_run == 0 || self.min_run == 0 || self.min_off == 0 {
            return bad(format!("{name}: runs and rests are at least 1"));
        }
        if self.max_minutes > 10_000_000 || self.min_minutes > 10_000_000 {
            return bad(format!("{name}: minutes outside 0..=10000000"));
        }
        if !(self.max_week.is_empty() || self.max_week.len() == weeks) || self.max_week.iter().any(|m| *m > 10_000_000) {
            return bad(format!("{name}: limits for {} weeks, there are {weeks}; minutes 0..=10000000", self.max_week.len()));
        }
        let cells_ok = self.days_off.iter().chain(&self.away).all(|&d| d < days)
            && self.fixed.iter().all(|&(d, k)| d < days && k.is_none_or(|k| k < kinds))
            && self.barred.iter().all(|&(d, k)| d < days && k < kinds);
        if !cells_ok {
            return bad(format!("{name}: a settled or barred cell outside the roster"));
        }
        if self.history.is_some_and(|h| h.run == 0 || h.last.is_some_and(|k| k >= kinds)) {
            return bad(format!("{name}: history of length 0 or of an unknown kind"));
        }
        if self.max_together.as_ref().is_some_and(|(list, _)| list.iter().any(|&k| k >= kinds) || !distinct(list.iter().copied())) {
            return bad(format!("{name}: a limit of unknown or repeated kinds together"));
        }
        if self.next.is_some_and(|k| k >= kinds) {
            return bad(format!("{name}: a next shift of an unknown kind"));
        }
        Ok(())
    }
}

/// One cell for each person and day: a kind's index, or [`OFF`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    pub rows: Vec<Vec<u8>>,
}

impl Roster {
    /// Nobody works.
    pub fn empty(model: &Model) -> Roster {
        Roster { rows: vec![vec![OFF; model.days]; model.people.len()] }
    }

    /// What a person does on a day.
    pub fn at(&self, person: usize, day: usize) -> Option<usize> {
        let k = self.rows[person][day];
        (k != OFF).then_some(k as usize)
    }
}
