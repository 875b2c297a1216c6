//! Impossible sets of rules (规则冲突): a group of rules that cannot hold together and of which none can be spared, by a
//! deletion filter over named groups; where it is small, one with the fewest rules, by hitting sets; the cheapest ways out.

use super::master::{Ended, Master};
use super::model::{Model, OFF};
use super::net::{INF, Net};
use super::price::Pricer;
use super::solve::{Control, NoRoster, solve};
use super::state::State;
use super::util::Clock;

/// A group of rules that can be let go as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// One person's rule of this sort.
    Of(usize, Sort),
    /// A hard need, by its place in [`Model::cover`].
    Cover(usize),
    /// A hard mix, by its place in [`Model::mixes`].
    Mix(usize),
}

/// Sorts of personal rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    MinMinutes,
    MaxMinutes,
    /// Minutes in a week.
    MaxWeek,
    MaxRun,
    MinRun,
    MinOff,
    MaxWeekends,
    /// Of single kinds and of kinds together.
    MaxOfKind,
    DaysOff,
    Fixed,
    Barred,
    Successions,
}

const SORTS: [Sort; 12] = [
    Sort::Successions,
    Sort::MaxOfKind,
    Sort::Barred,
    Sort::MinRun,
    Sort::MinOff,
    Sort::MaxWeekends,
    Sort::MaxRun,
    Sort::MaxWeek,
    Sort::MaxMinutes,
    Sort::MinMinutes,
    Sort::Fixed,
    Sort::DaysOff,
];

/// A way out: letting these groups go makes the rest possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    pub groups: Vec<Group>,
    pub cost: i64,
}

/// What clashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Together impossible; without any one of them possible (as far as `proven` says).
    pub groups: Vec<Group>,
    /// Every step of the filter was decided by proof or by a roster that keeps the rules.
    pub proven: bool,
    /// It is proven that no group of fewer rules is impossible; otherwise none of these can be spared, which is less.
    pub fewest: bool,
    /// Cheapest first.
    pub ways: Vec<WayOut>,
}

/// What became of the question why there is no roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explained {
    /// A roster that keeps every hard rule was found.
    Possible,
    /// Neither a roster nor a proof was found in the time given.
    Open,
    Clash(Clash),
}

/// Whether a person's own rules leave any schedule.
pub(crate) fn has_schedule(model: &Model, p: usize) -> bool {
    let alone = Model {
        people: vec![model.people[p].clone()],
        cover: vec![],
        requests: vec![],
        costs: vec![],
        mixes: vec![],
        fairness: vec![],
        ..model.clone()
    };
    let net = Net::new(&alone);
    let price: Vec<f64> = net.agents[0].able.iter().map(|a| if *a { 0.0 } else { INF }).collect();
    Pricer::new(&net).best(&net, 0, &price, 1).lower < INF
}

/// The model with hard rows only: every soft weight is 0.
fn hard_part(model: &Model) -> Model {
    let mut m = model.clone();
    m.requests.clear();
    m.costs.clear();
    m.fairness.clear();
    m.cover.retain(|c| c.hard);
    m.cover.iter_mut().for_each(|c| (c.under, c.over) = (0, 0));
    m.mixes.retain(|c| c.hard);
    m
}

/// Whether it is proven that the hard rows cannot all be met, whatever the roster.
pub(crate) fn proven_impossible(model: &Model, control: &Control<'_>) -> bool {
    let hard = hard_part(model);
    let net = Net::new(&hard);
    let people: Vec<usize> = (0..net.agents.len()).collect();
    let mut pricers = vec![Pricer::new(&net)];
    let state = State::new(&net, vec![vec![OFF; net.days]; people.len()]);
    let mut master = Master::without_programme(&net, &state, &people, None);
    let clock = Clock { elapsed: control.elapsed, until: (control.elapsed)() + 1.0, stop: control.stop };
    master.climb(&mut pricers, 60, 1000, &clock);
    if master.bound() > 0.0 {
        return true;
    }
    if net.rows.len() > 600 {
        return false;
    }
    let mut master = Master::new(&net, &state, &people, None);
    let ended = master.generate(&mut pricers, 300, 1e-7, 1, &clock);
    ended == Ended::Pruned || master.bound() > 0.0
}

/// The model without these groups of rules.
pub fn without(model: &Model, groups: &[Group]) -> Model {
    let mut m = model.clone();
    let days = m.days as u16;
    for g in groups {
        match *g {
            Group::Cover(i) => m.cover[i].hard = false,
            Group::Mix(i) => m.mixes[i].hard = false,
            Group::Of(p, sort) => {
                let person = &mut m.people[p];
                match sort {
                    Sort::MinMinutes => person.min_minutes = 0,
                    Sort::MaxMinutes => person.max_minutes = 10_000_000,
                    Sort::MaxWeek => person.max_week.clear(),
                    Sort::MaxRun => person.max_run = days,
                    Sort::MinRun => person.min_run = 1,
                    Sort::MinOff => person.min_off = 1,
                    Sort::MaxWeekends => person.max_weekends = days,
                    Sort::MaxOfKind => {
                        person.max_of_kind.iter_mut().filter(|l| **l > 0).for_each(|l| *l = days);
                        person.max_together = None;
                    }
                    Sort::DaysOff => person.days_off.clear(),
                    Sort::Fixed => person.fixed.clear(),
                    Sort::Barred => person.barred.clear(),
                    Sort::Successions => person.any_succession = true,
                }
            }
        }
    }
    m
}

/// Whether this rule says anything in the model.
fn present(model: &Model, p: usize, sort: Sort) -> bool {
    let person = &model.people[p];
    match sort {
        Sort::MinMinutes => person.min_minutes > 0,
        Sort::MaxMinutes => person.max_minutes < 10_000_000,
        Sort::MaxWeek => {
            let longest = model.kinds.iter().map(|k| k.minutes).max().unwrap_or(0);
            model.weeks.iter().zip(&person.max_week).any(|(&(from, to), &most)| most < (to - from) as u32 * longest)
        }
        Sort::MaxRun => (person.max_run as usize) < model.days,
        Sort::MinRun => person.min_run > 1,
        Sort::MinOff => person.min_off > 1,
        Sort::MaxWeekends => (person.max_weekends as usize) < model.weekends.len(),
        Sort::MaxOfKind => {
            let less = |l: u16| (l as usize) < model.days;
            person.max_of_kind.iter().any(|&l| l > 0 && less(l)) || person.max_together.as_ref().is_some_and(|t| less(t.1))
        }
        Sort::DaysOff => !person.days_off.is_empty(),
        Sort::Fixed => !person.fixed.is_empty(),
        Sort::Barred => !person.barred.is_empty(),
        Sort::Successions => !person.any_succession && model.kinds.iter().any(|k| !k.never_then.is_empty()),
    }
}

/// Possible, impossible, or not decided in the time of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Possible,
    Impossible,
    Open,
}

fn ask(model: &Model, control: &Control<'_>) -> Answer {
    let hard = hard_part(model);
    let until = ((control.elapsed)() + 2.0).min(control.seconds);
    let c = Control { seconds: until, rounds: Some(6), ..*control };
    match solve(&hard, &c, &mut |_| ()) {
        Ok(s) if s.report.feasible() => Answer::Possible,
        Ok(s) if s.impossible => Answer::Impossible,
        Err(NoRoster::Person { .. }) => Answer::Impossible,
        _ => Answer::Open,
    }
}

/// Explains why a model has no roster that keeps every hard rule, or says that it has one, or that this is not decided.
///
/// `cost` says what letting a group go costs; `None` keeps it in any case (law).
///
/// # Errors
/// A model out of bounds.
pub fn explain(
    model: &Model,
    control: &Control<'_>,
    cost: &dyn Fn(&Group) -> Option<i64>,
) -> Result<Explained, super::BadModel> {
    model.validate()?;
    let alone = (0..model.people.len()).find(|&p| !has_schedule(model, p));
    let people: Vec<usize> = alone.map_or_else(|| (0..model.people.len()).collect(), |p| vec![p]);
    // A person without any schedule is explained alone, which is quick and exact.
    let basis = match alone {
        Some(p) => Model {
            people: vec![model.people[p].clone()],
            cover: vec![],
            mixes: vec![],
            requests: vec![],
            costs: vec![],
            fairness: vec![],
            ..model.clone()
        },
        None => model.clone(),
    };
    let mut groups: Vec<Group> = vec![];
    for sort in SORTS {
        let said = (0..people.len()).filter(|&i| present(&basis, i, sort));
        groups.extend(said.map(|i| Group::Of(i, sort)));
    }
    groups.extend((0..basis.cover.len()).filter(|&i| basis.cover[i].hard && basis.cover[i].need > 0).map(Group::Cover));
    groups.extend((0..basis.mixes.len()).filter(|&i| basis.mixes[i].hard).map(Group::Mix));
    match ask(&basis, control) {
        Answer::Impossible => {}
        Answer::Possible => return Ok(Explained::Possible),
        Answer::Open => return Ok(Explained::Open),
    }
    let (mut kept, proven) = filter(&basis, &groups, control);
    let fewer = if proven { fewest(&basis, &groups, &kept, control) } else { None };
    let fewest = fewer.is_some();
    if let Some(fewer) = fewer {
        kept = fewer;
    }
    let mut ways = ways_out(&basis, &kept, control, cost, &people);
    ways.sort_by(|a, b| a.cost.cmp(&b.cost).then_with(|| a.groups.cmp(&b.groups)));
    let groups = kept.iter().map(|g| outward(g, &people)).collect();
    Ok(Explained::Clash(Clash { groups, proven, fewest, ways }))
}

fn outward(g: &Group, people: &[usize]) -> Group {
    match *g {
        Group::Of(p, sort) => Group::Of(people[p], sort),
        other => other,
    }
}

/// Lets groups go in halves, then one by one, as long as what is left stays impossible.
fn filter(basis: &Model, groups: &[Group], control: &Control<'_>) -> (Vec<Group>, bool) {
    let mut kept = groups.to_vec();
    let mut gone: Vec<Group> = vec![];
    let mut proven = true;
    let mut size = kept.len().div_ceil(2);
    loop {
        let mut at = 0;
        while at < kept.len() {
            let end = (at + size).min(kept.len());
            let trial: Vec<Group> = gone.iter().chain(&kept[at..end]).copied().collect();
            let answer = ask(&without(basis, &trial), control);
            if answer == Answer::Impossible {
                gone.extend(kept.drain(at..end));
            } else {
                proven &= answer == Answer::Possible || size > 1;
                at = end;
            }
            if (control.elapsed)() >= control.seconds {
                return (kept, false);
            }
        }
        if size == 1 {
            return (kept, proven);
        }
        size = size.div_ceil(2);
    }
}

/// Groups of which the fewest are looked for among all: beyond, every answer takes too long.
const MOST_FEWEST: usize = 8;
/// Steps of one search for a hitting set.
const MOST_STEPS: usize = 200_000;

/// An impossible set with the fewest groups, proven; none when that is not settled in a third of the time left.
///
/// Whatever can hold together leaves something out, and every impossible set has a part in what is left out. A set with the
/// fewest groups that has a part in all that was left out so far is impossible, and then it is the answer, or it leaves
/// something new out.
fn fewest(basis: &Model, groups: &[Group], kept: &[Group], control: &Control<'_>) -> Option<Vec<Group>> {
    let now = (control.elapsed)();
    let until = now + (control.seconds - now).max(0.0) / 3.0;
    if kept.len() > MOST_FEWEST {
        return None;
    }
    let alone = |inside: &[bool]| {
        let gone: Vec<Group> = groups.iter().zip(inside).filter(|x| !x.1).map(|x| *x.0).collect();
        ask(&without(basis, &gone), control)
    };
    let mut left_out: Vec<Vec<usize>> = vec![];
    loop {
        let mut steps = 0;
        let least = (0..kept.len()).find_map(|n| hitting(&left_out, n, &mut vec![], &mut steps));
        if steps >= MOST_STEPS || (control.elapsed)() >= until {
            return None;
        }
        let Some(least) = least else { return Some(kept.to_vec()) };
        let mut inside: Vec<bool> = (0..groups.len()).map(|i| least.contains(&i)).collect();
        match alone(&inside) {
            Answer::Impossible => return Some(least.into_iter().map(|i| groups[i]).collect()),
            Answer::Open => return None,
            Answer::Possible => {}
        }
        // As much as can hold together with it: halves, then one by one. What is not decided stays out, which is no less true.
        let outside: Vec<usize> = (0..groups.len()).filter(|&i| !inside[i]).collect();
        let mut parts = vec![&outside[..]];
        while let Some(part) = parts.pop() {
            if (control.elapsed)() >= until {
                return None;
            }
            part.iter().for_each(|&i| inside[i] = true);
            if alone(&inside) != Answer::Possible {
                part.iter().for_each(|&i| inside[i] = false);
                if part.len() > 1 {
                    let (a, b) = part.split_at(part.len() / 2);
                    parts.extend([a, b]);
                }
            }
        }
        left_out.push((0..groups.len()).filter(|&i| !inside[i]).collect());
    }
}

/// At most `n` more places, beside those taken, with one in every set.
fn hitting(sets: &[Vec<usize>], n: usize, taken: &mut Vec<usize>, steps: &mut usize) -> Option<Vec<usize>> {
    *steps += 1;
    let Some(open) = sets.iter().find(|s| !s.iter().any(|i| taken.contains(i))) else { return Some(taken.clone()) };
    if n == 0 || *steps >= MOST_STEPS {
        return None;
    }
    open.iter().find_map(|&i| {
        taken.push(i);
        let found = hitting(sets, n - 1, taken, steps);
        taken.pop();
        found
    })
}

/// Single groups of the clash whose absence makes the whole model possible; else the cheapest of them again and again.
fn ways_out(
    basis: &Model,
    clash: &[Group],
    control: &Control<'_>,
    cost: &dyn Fn(&Group) -> Option<i64>,
    people: &[usize],
) -> Vec<WayOut> {
    let price = |g: &Group| cost(&outward(g, people));
    let mut ways = vec![];
    let mut cheapest: Option<(i64, Group)> = None;
    for g in clash {
        let Some(c) = price(g) else { continue };
        if cheapest.is_none_or(|(best, _)| c < best) {
            cheapest = Some((c, *g));
        }
        if ask(&without(basis, &[*g]), control) == Answer::Possible {
            ways.push(WayOut { groups: vec![outward(g, people)], cost: c });
        }
    }
    if !ways.is_empty() {
        return ways;
    }
    // Several clashes at once: let the cheapest group of each go until the rest is possible.
    let Some((mut total, first)) = cheapest else { return ways };
    let mut gone = vec![first];
    for _ in 0..12 {
        let rest = without(basis, &gone);
        match ask(&rest, control) {
            Answer::Possible => {
                let groups = gone.iter().map(|g| outward(g, people)).collect();
                return vec![WayOut { groups, cost: total }];
            }
            Answer::Open => return ways,
            Answer::Impossible => (),
        }
        let left: Vec<Group> = all_but(&rest, basis, &gone);
        let (next, _) = filter(&rest, &left, control);
        let Some((c, g)) = next.iter().filter_map(|g| price(g).map(|c| (c, *g))).min() else { return ways };
        total += c;
        gone.push(g);
    }
    ways
}

fn all_but(rest: &Model, basis: &Model, gone: &[Group]) -> Vec<Group> {
    let people = 0..basis.people.len();
    let of = people.flat_map(|p| SORTS.map(|s| (p, s))).filter(|&(p, s)| present(rest, p, s));
    let cover = (0..rest.cover.len()).filter(|&i| rest.cover[i].hard && rest.cover[i].need > 0).map(Group::Cover);
    let mixes = (0..rest.mixes.len()).filter(|&i| rest.mixes[i].hard).map(Group::Mix);
    of.map(|(p, s)| Group::Of(p, s)).chain(cover).chain(mixes).filter(|g| !gone.contains(g)).collect()
}
