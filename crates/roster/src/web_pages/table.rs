//! A version as tables: people by days, days by posts, and the one cell that is looked at.

use super::Asked;
use crate::actions::Seen;
use crate::model::{Day, DayType, Kind};
use crate::rules::build;
use kernel::{UserId, Uuid};
use web::show::weekday;

/// A cell of the table.
pub struct Cell {
    pub day: String,
    pub code: String,
    pub label: String,
    pub class: String,
}

/// A person's line with its sums.
pub struct Row {
    pub user: UserId,
    pub name: String,
    pub standing: &'static str,
    pub cells: Vec<Cell>,
    pub hours: String,
    pub nights: usize,
    pub rests: usize,
    pub holidays: usize,
}

/// A day with the people of each shift.
pub struct DayRow {
    pub day: Day,
    pub weekday: &'static str,
    pub posts: Vec<(String, u32)>,
}

/// The cell that is being looked at.
pub struct Chosen {
    pub user: UserId,
    pub name: String,
    pub day: kernel::Date,
    pub weekday: &'static str,
    pub now: Option<Uuid>,
    pub pinned: bool,
    pub leave: String,
    /// Shifts that the person may stand that day.
    pub shifts: Vec<(Uuid, String)>,
    /// The others with what they do that day.
    pub others: Vec<(UserId, String)>,
}

fn class(kind: Option<&Kind>, day: &Day) -> String {
    let base = match kind {
        Some(k) if k.night => "cell cell--night",
        Some(_) => "cell cell--day",
        None if day.kind == DayType::Work => "cell",
        None => "cell cell--free",
    };
    base.to_string()
}

/// The table by person. `why` also names the kind of a leave; illness is nobody's business but the planners'.
pub fn rows(seen: &Seen, why: bool) -> Vec<Row> {
    let p = &seen.problem;
    p.people
        .iter()
        .enumerate()
        .map(|(i, m)| {
            let at = |d: usize| seen.roster.at(i, d).and_then(|k| p.kinds.get(k));
            let cells = p.days.iter().enumerate().map(|(d, day)| {
                let mut c = class(at(d), day);
                if m.pins.iter().any(|x| x.0 == d) {
                    c.push_str(" cell--pin");
                }
                if seen.judged.findings.iter().any(|f| f.cell == Some((i, d))) {
                    c.push_str(" cell--bad");
                }
                let leave = m.on_leave(d).map(|l| if why { l.label() } else { "请假" });
                let (code, label) = match (at(d), leave) {
                    (Some(k), _) => (k.code.clone(), format!("{} {}", k.label(), k.span())),
                    (None, Some(l)) => ("假".to_string(), l.to_string()),
                    (None, None) => (String::new(), "休息".to_string()),
                };
                Cell { day: day.date.to_string(), code, label, class: c }
            });
            let count = |f: &dyn Fn(&Day, &Kind) -> bool| (0..p.days.len()).filter(|&d| at(d).is_some_and(|k| f(&p.days[d], k))).count();
            let minutes: i64 = (0..p.days.len()).filter_map(at).map(|k| k.paid).sum();
            Row {
                user: m.user,
                name: m.name.clone(),
                standing: m.contracts.last().map_or("", |c| c.standing.label()),
                cells: cells.collect(),
                hours: format!("{}/{}", minutes / 60, build::target(p, m).0 / 60),
                nights: count(&|_, k| k.night),
                rests: count(&|d, _| d.kind == DayType::Rest),
                holidays: count(&|d, _| d.kind == DayType::Holiday),
            }
        })
        .collect()
}

/// Names on each shift of each day, and how many are missing.
pub fn day_rows(seen: &Seen) -> Vec<DayRow> {
    let p = &seen.problem;
    let names = |d: usize, k: usize| {
        let there: Vec<&str> = (0..p.people.len()).filter(|&i| seen.roster.at(i, d) == Some(k)).map(|i| p.people[i].name.as_str()).collect();
        let missing = seen.judged.missing.iter().find(|m| (m.0, m.1) == (d, k)).map_or(0, |m| m.2);
        (there.join("、"), missing)
    };
    let days = p.days.iter().enumerate();
    days.map(|(d, day)| DayRow { weekday: weekday(day.date), day: day.clone(), posts: (0..p.kinds.len()).map(|k| names(d, k)).collect() }).collect()
}

/// The cell that the address names; none where it names none of this version.
pub fn chosen(seen: &Seen, q: &Asked) -> Option<Chosen> {
    let p = &seen.problem;
    let user: UserId = q.who.parse().ok()?;
    let i = p.people.iter().position(|m| m.user == user)?;
    let date = web::form::parse_date(&q.day)?;
    let d = p.days.iter().position(|x| x.date == date)?;
    let label = |i: usize| seen.roster.at(i, d).map_or("休息".to_string(), |k| p.kinds[k].label());
    Some(Chosen {
        user,
        name: p.people[i].name.clone(),
        day: date,
        weekday: weekday(date),
        now: seen.roster.at(i, d).map(|k| p.kinds[k].shift),
        pinned: p.people[i].pins.iter().any(|x| x.0 == d),
        leave: p.people[i].on_leave(d).map_or(String::new(), |l| l.label().to_string()),
        shifts: p.kinds.iter().filter(|k| build::able(&p.people[i], k, d)).map(|k| (k.shift, format!("{} {}", k.label(), k.span()))).collect(),
        others: (0..p.people.len()).filter(|&o| o != i && label(o) != label(i)).map(|o| (p.people[o].user, format!("{}（{}）", p.people[o].name, label(o)))).collect(),
    })
}
