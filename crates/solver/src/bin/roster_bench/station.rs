//! Invented months of a small station, by seed: history at the boundary, a mix of two groups on the night shift, leave,
//! one illness, fairness of nights with carry-over.

use solver::roster::{Absence, Cover, Fairness, History, Kind, Mix, Model, Person, Request, Roster};

/// splitmix64; enough for invented data.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> usize {
        self.0 = self.0.wrapping_add(random::STEP);
        (random::mix(self.0) % n) as usize
    }
}

/// Kinds of shift: day, window, late, night.
const NAMES: [(&str, u32); 4] = [("day", 480), ("window", 480), ("late", 480), ("night", 720)];
const NIGHT: usize = 3;

/// A month of 30 days for `people`; every third is of the group without powers of its own.
pub fn month(people: usize, seed: u64) -> Model {
    let mut dice = Dice(seed);
    let days = 30;
    let never = [vec![], vec![], vec![0, 1], vec![0, 1, 2]];
    let kinds = NAMES
        .iter()
        .zip(never)
        .map(|(&(n, minutes), never_then)| Kind { name: n.into(), minutes, never_then })
        .collect();
    let helper = |p: usize| p % 3 == 2;
    let mut model = Model { days, kinds, ..Model::default() };
    model.weekends =
        (0..days).filter(|d| d % 7 == 5).map(|d| if d + 1 < days { vec![d, d + 1] } else { vec![d] }).collect();
    for p in 0..people {
        let mut person = Person::free(format!("P{p:02}"), NAMES.len());
        (person.min_minutes, person.max_minutes) = (8400, 10_080);
        (person.max_run, person.min_run, person.min_off, person.max_weekends) = (5, 2, 2, 3);
        person.max_of_kind[NIGHT] = 6;
        if dice.below(3) > 0 {
            person.max_of_kind[1] = 0;
        }
        let start = dice.below(28);
        if dice.below(2) == 0 {
            person.days_off = (start..(start + 3).min(days)).collect();
            person.min_minutes -= 960;
        }
        let works = dice.below(3) > 0;
        let run = if works { 1 + dice.below(3) as u16 } else { 1 + dice.below(2) as u16 };
        person.history = Some(History { last: works.then(|| [0, 2, NIGHT][dice.below(3)]), run });
        if helper(p) && dice.below(4) == 0 {
            person.barred = (20..days).map(|d| (d, NIGHT)).collect();
        }
        model.people.push(person);
        for _ in 0..3 {
            let (day, kind, on) = (dice.below(30), dice.below(4), dice.below(2) == 0);
            model.requests.push(Request { person: p, day, kind, on, weight: 1 + dice.below(3) as i64 });
        }
    }
    for day in 0..days {
        let weekend = day % 7 >= 5;
        let share = people as u32;
        let needs = [share / 6, u32::from(!weekend) * share.div_ceil(15), share / 8, (share / 10).max(2)];
        for (kind, need) in needs.into_iter().enumerate() {
            model.cover.push(Cover { day, kind, need, under: 100, over: 1, hard: false });
        }
        // Never more helpers than officers at night, and an officer there in any case.
        let balance = (0..people).map(|p| (p, if helper(p) { -1 } else { 1 })).collect();
        let officers = (0..people).filter(|&p| !helper(p)).map(|p| (p, 1)).collect();
        for (name, people, least) in [("balance", balance, 0), ("officer", officers, 1)] {
            model.mixes.push(Mix {
                name: name.into(),
                day,
                kinds: vec![NIGHT],
                people,
                least,
                under: 300,
                hard: false,
            });
        }
    }
    let carried = (0..people).map(|p| (p, dice.below(3) as i32)).collect();
    let cells = (0..days).map(|d| (d, NIGHT)).collect();
    model.fairness.push(Fairness { name: "nights".into(), people: carried, cells, weight: 20, free: 1 });
    model
}

/// Somebody who works then falls ill on day 10 for four days.
pub fn illness(model: &Model, roster: &Roster, seed: u64) -> Absence {
    let works: Vec<usize> = (0..model.people.len()).filter(|&p| (10..14).any(|d| roster.at(p, d).is_some())).collect();
    let person = works.get(Dice(seed ^ 0x5eed).below(works.len().max(1) as u64)).copied().unwrap_or(0);
    Absence { person, from: 10, to: 13 }
}
