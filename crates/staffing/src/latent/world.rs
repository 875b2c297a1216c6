//! Invented towns for testing the estimate: everybody's true needs and hours are known here, and hidden from it.
//!
//! A town departs from the model on purpose: people have hours of their own (not a group's), needs differ by group, who
//! has new hours in mind answers more, answers promise too much, and tastes move by part of the day.

use super::Evidence;
use super::rake::{Margin, rake};
use crate::{BadInput, Rng};

/// Hours of a working day 8 … 20 and of the weekend 9 … 17.
pub const HOURS: usize = 22;
const PEOPLE: usize = 3000;
/// Age in three classes by employed or not.
const GROUPS: usize = 6;
const AGES: usize = 3;
const ESTATES: usize = 3;

/// Parts of the week with a common pull.
const PARTS: usize = 5;

fn part(h: usize) -> usize {
    match h {
        0 => 0,
        1..=3 | 6..=8 => 1,
        4 | 5 => 2,
        9..=12 => 3,
        _ => 4,
    }
}

/// Present hours: 9 to 12 and 14 to 17 on working days.
pub fn present() -> Vec<bool> {
    (0..HOURS).map(|h| part(h) == 1).collect()
}

/// How hard a town is.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub respondents: usize,
    /// How many times as likely the readiest class answers as the least ready one.
    pub uneven: f64,
    /// How much more those answer whose hours are closed today (logarithm from none to all of them).
    pub interest: f64,
    /// So many hours are asked for, the one chosen first and those after it.
    pub named: usize,
    /// How much tastes differ, 1: as much as is believed.
    pub tastes: f64,
}

/// A town with its truth.
pub struct World {
    pub evidence: Evidence,
    /// The same answers without weights: ticks, and where they were asked first choices, and first and second ones alike.
    pub raw_shares: Vec<Vec<f64>>,
    /// True arrivals a week by hour if all hours were open.
    pub truth: Vec<f64>,
    /// Answers given over equally sure answers.
    pub design_effect: f64,
    /// People who live there, by group: age class times two, and one more for those of the second kind (not employed).
    pub register: Vec<usize>,
}

struct Person {
    age: usize,
    estate: usize,
    group: usize,
    suits: Vec<bool>,
    need: f64,
}

fn people(rng: &mut Rng) -> Vec<Person> {
    // Log-odds that an hour of each part suits: employed, then not employed.
    let base = [[-0.8, -1.4, -0.3, 1.0, 1.0], [0.4, 1.6, 0.6, -0.4, 0.2]];
    let odds: Vec<Vec<f64>> =
        (0..GROUPS).map(|g| (0..PARTS).map(|p| base[g % 2][p] + 0.4 * rng.normal()).collect()).collect();
    let need: Vec<f64> = (0..GROUPS).map(|_| (0.3 * rng.normal()).exp()).collect();
    let size: Vec<f64> = (0..GROUPS).map(|_| rng.gamma_about_one(0.2)).collect();
    let all: f64 = size.iter().sum();
    let person = |_| {
        let mut at = rng.unit() * all;
        let group = size.iter().position(|s| {
            at -= s;
            at < 0.0
        });
        let group = group.unwrap_or(GROUPS - 1);
        let own: Vec<f64> = (0..PARTS).map(|_| rng.normal()).collect();
        let suits =
            (0..HOURS).map(|h| rng.unit() < 1.0 / (1.0 + (-odds[group][part(h)] - own[part(h)]).exp())).collect();
        Person { age: group / 2, estate: rng.below(ESTATES), group, suits, need: need[group] }
    };
    (0..PEOPLE).map(person).collect()
}

/// Arrivals by hour for one unit of need a person.
fn arrivals(people: &[Person], pull: &[f64], open: &[bool], away: f64) -> Vec<f64> {
    let mut sums = vec![0.0; HOURS];
    for p in people {
        let all: f64 = (0..HOURS).filter(|h| open[*h] && p.suits[*h]).map(|h| pull[h]).sum();
        for h in (0..HOURS).filter(|h| open[*h] && p.suits[*h]) {
            sums[h] += p.need * pull[h] / (away + all);
        }
    }
    sums
}

fn staying(people: &[Person], pull: &[f64], open: &[bool], away: f64) -> f64 {
    let needs: f64 = people.iter().map(|p| p.need).sum();
    1.0 - arrivals(people, pull, open, away).iter().sum::<f64>() / needs
}

/// A town by its seed.
///
/// # Errors
/// Too few respondents for the classes of the register.
pub fn world(seed: u64, kind: &Kind) -> Result<World, BadInput> {
    let mut rng = Rng::fork(seed, 1);
    let people = people(&mut rng);
    let of_part: Vec<f64> = (0..PARTS).map(|_| 0.3 * kind.tastes * rng.normal()).collect();
    let pull: Vec<f64> = (0..HOURS).map(|h| (of_part[part(h)] + 0.25 * kind.tastes * rng.normal()).exp()).collect();
    let open = present();
    // How many stay away today: between what people without any suitable hour make it and three fifths.
    let nobody = staying(&people, &pull, &open, 1e-9);
    let target = f64::max(nobody + 0.05, 0.15 + 0.4 * rng.unit());
    let (mut low, mut high) = (-9.0_f64, 9.0_f64);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if staying(&people, &pull, &open, middle.exp()) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    let away = low.exp();
    let now = arrivals(&people, &pull, &open, away);
    let scale = (40.0 + 160.0 * rng.unit()) / now.iter().sum::<f64>();
    let weeks = 8.0;
    let came = now.iter().map(|m| rng.poisson(m * scale * weeks)).collect();
    let truth = arrivals(&people, &pull, &[true; HOURS], away).into_iter().map(|m| m * scale).collect();
    let chosen = respondents(&people, &open, kind, &mut rng);
    let suits: Vec<Vec<bool>> = chosen.iter().map(|p| answers(p, &open, &mut rng)).collect();
    let raked = weights(&people, &chosen)?;
    let mut named: Vec<Vec<usize>> = vec![vec![]; chosen.len()];
    let mut raw_shares = vec![(0..HOURS).map(|h| suits.iter().filter(|s| s[h]).count() as f64).collect()];
    for _ in 0..kind.named {
        for ((p, ticks), named) in chosen.iter().zip(&suits).zip(&mut named) {
            named.extend(choice(p, ticks, named, &pull, &open, &mut rng));
        }
        raw_shares.push((0..HOURS).map(|h| named.iter().filter(|n| n.contains(&h)).count() as f64).collect());
    }
    let group = chosen.iter().map(|p| p.group).collect();
    let evidence = Evidence {
        suits,
        asked: vec![true; HOURS],
        named,
        group,
        weights: raked.weights,
        part: (0..HOURS).map(part).collect(),
        open,
        arrivals: came,
        weeks,
    };
    let register = (0..GROUPS).map(|g| people.iter().filter(|p| p.group == g).count()).collect();
    Ok(World { evidence, raw_shares, truth, design_effect: raked.design_effect, register })
}

/// Ticks: mostly true, with hours forgotten and hours promised, closed ones more easily than open ones.
fn answers(p: &Person, open: &[bool], rng: &mut Rng) -> Vec<bool> {
    let tick = |h: usize| {
        let chance = match (p.suits[h], open[h]) {
            (true, _) => 0.88,
            (false, true) => 0.06,
            (false, false) => 0.10,
        };
        rng.unit() < chance
    };
    (0..HOURS).map(tick).collect()
}

/// The first choice, or the next after those `named`: as they would really go, with new hours named too easily, and now and
/// then any hour they ticked.
fn choice(p: &Person, ticks: &[bool], named: &[usize], pull: &[f64], open: &[bool], rng: &mut Rng) -> Option<usize> {
    let careless = rng.unit() < 0.1;
    let weight = |h: usize| match (careless, ticks[h], p.suits[h]) {
        _ if named.contains(&h) => 0.0,
        (true, true, _) => 1.0,
        (false, _, true) => pull[h] * if open[h] { 1.0 } else { 1.15 },
        _ => 0.0,
    };
    let mut at = rng.unit() * (0..HOURS).map(weight).sum::<f64>();
    (0..HOURS).find(|h| {
        at -= weight(*h);
        at < 0.0
    })
}

/// Drawn without replacement: the old, the not employed and the near answer more, and those who have new hours in mind.
fn respondents<'a>(people: &'a [Person], open: &[bool], kind: &Kind, rng: &mut Rng) -> Vec<&'a Person> {
    let step = kind.uneven.max(1.0).powf(1.0 / 4.0);
    let ready = |p: &Person| {
        let wanted = (0..HOURS).filter(|h| p.suits[*h] && !open[*h]).count() as f64 / (HOURS as f64 - 6.0);
        step.powi(p.age as i32 + (p.group % 2) as i32 + i32::from(p.estate == 0)) * (kind.interest * wanted).exp()
    };
    // The largest keys `u^(1/weight)` are a weighted sample (Efraimidis and Spirakis 2006).
    let mut keyed: Vec<(f64, &Person)> = people.iter().map(|p| (rng.exponential(1.0) / ready(p), p)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    keyed.into_iter().take(kind.respondents).map(|k| k.1).collect()
}

fn weights(people: &[Person], chosen: &[&Person]) -> Result<super::rake::Raked, BadInput> {
    let by = |n: usize, class: fn(&Person) -> usize| {
        let mut shares = vec![0.0; n];
        people.iter().for_each(|p| shares[class(p)] += 1.0);
        // A class that nobody answered from is joined with its neighbour, as the refusal says.
        let answered = |c: usize| chosen.iter().any(|p| class(p) == c);
        let there: Vec<usize> = (0..n).filter(|c| answered(*c)).collect();
        for c in (0..n).filter(|c| !answered(*c)) {
            if let Some(near) = there.iter().min_by_key(|t| t.abs_diff(c)) {
                shares[*near] += shares[c];
                shares[c] = 0.0;
            }
        }
        (chosen.iter().map(|p| Some(class(p))).collect::<Vec<_>>(), shares)
    };
    let margins =
        [("age", by(AGES, |p| p.age)), ("employed", by(2, |p| p.group % 2)), ("estate", by(ESTATES, |p| p.estate))];
    let margins: Vec<Margin<'_>> =
        margins.iter().map(|(name, (class, shares))| Margin { name, class, shares }).collect();
    rake(chosen.len(), &margins, 6.0)
}

/// What the answers say when they are taken as they are, ticks and choices by two simple rules each: as many
/// arrivals to an answer as at the open hours, and the present arrivals spread over all hours.
pub fn raw(w: &World) -> Vec<Vec<f64>> {
    let e = &w.evidence;
    let came = e.arrivals.iter().map(|n| f64::from(*n)).sum::<f64>() / e.weeks;
    let mut rules = vec![];
    for shares in &w.raw_shares {
        let open: f64 = (0..HOURS).filter(|h| e.open[*h]).map(|h| shares[h]).sum();
        for answers in [open, shares.iter().sum()] {
            rules.push(shares.iter().map(|s| came * s / answers.max(1.0)).collect());
        }
    }
    rules
}
