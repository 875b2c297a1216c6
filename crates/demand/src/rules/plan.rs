//! How many people, by the quarter hour, keep a promise: drawn days, the search and the judge of `staffing`.

use super::SEED;
use super::curve::Learnt;
use super::latent::Guess;
use crate::model::{Band, Hours, KindPlan, Promise, SLOT, SLOTS, Stretch};
use roster::model::DayType;
use staffing::Rng;
use staffing::load::Service;
use staffing::need::{Problem, need};
use windows::model::Span;

/// Possible days drawn; half are searched, half measure the promise.
const DRAWN: u64 = 240;
/// Windows, seats or crews at most.
pub const MOST: u16 = 8;
/// Slots in which the number stays the same: whole hours, as people come and go.
const BLOCK: usize = 4;

/// What follows for each kind of day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub kinds: Vec<KindPlan>,
    pub stretches: Vec<Stretch>,
}

impl Plan {
    /// All kinds of day together.
    pub fn sum(&self) -> KindPlan {
        self.kinds.iter().fold(KindPlan { kept: true, ..KindPlan::default() }, |s, k| KindPlan {
            kind: String::new(),
            came: s.came + k.came,
            in_time: s.in_time + k.in_time,
            windows: s.windows + k.windows,
            windows_met: s.windows_met + k.windows_met,
            kept: s.kept && k.kept,
            extrapolated: s.extrapolated + k.extrapolated,
        })
    }

    /// People asked for in a slot.
    pub fn people(&self, kind: DayType, slot: usize) -> i64 {
        let minute = slot as i64 * SLOT;
        self.stretches.iter().filter(|s| s.kind == kind.code() && s.from <= minute && minute < s.until).map(|s| s.people).sum()
    }

    /// The whole answer in one text, by which two answers are compared.
    pub fn text(&self) -> String {
        format!("{self:?}")
    }
}

pub(super) fn covers(spans: &[Span], slot: usize) -> bool {
    let minute = slot as i64 * SLOT;
    spans.iter().any(|s| s.from <= minute && minute + SLOT <= s.until)
}

/// A number between the ends of a band: through 10, 50 and 90 %, no further.
fn between(b: &Band, u: f64) -> f64 {
    let at = |a: f64, b: f64, low: f64, high: f64| low + (high - low) * ((u - a) / (b - a)).clamp(0.0, 1.0);
    if u < 0.5 { at(0.1, 0.5, b.low, b.middle) } else { at(0.5, 0.9, b.middle, b.high) }
}

/// Works out what the hours need; where several people go together, `crew` of them serve one matter. An hour that nobody has observed is drawn from its band; without a questionnaire it has
/// nothing to be drawn from and gets the one person who keeps it open.
///
/// # Errors
/// A size that the search refuses, in words.
pub fn plan(learnt: &Learnt, guess: Option<&Guess>, hours: &Hours, promise: Promise, service: &Service, crew: i64) -> Result<Plan, String> {
    let bad = |e: staffing::BadInput| format!("算不出来：{e}。");
    let promised = staffing::Promise::new(promise.share as f64 / 100.0, promise.minutes as f64).map_err(bad)?;
    let mut out = Plan::default();
    for kind in DayType::ALL.iter().copied().filter(|k| !hours.of(*k).is_empty()) {
        let spans = hours.of(kind);
        let hull = learnt.hull.clone();
        let open: Vec<bool> = hull.clone().map(|k| covers(spans, k)).collect();
        let least: Vec<u16> = open.iter().map(|o| u16::from(*o)).collect();
        let outlook = learnt.outlook(kind);
        let bands: Vec<Option<Band>> = hull.clone().map(|k| guess.and_then(|g| g.band(kind, k))).collect();
        let day = |n: u64| {
            let mut rng = Rng::fork(SEED + kind as u64, n);
            let seen = outlook.draw(&mut rng);
            // One draw for all shut hours of a day: they are wrong together.
            let u = rng.unit();
            let one = |(i, k): (usize, usize)| {
                let latent = bands[i].map_or(0, |b| rng.poisson(between(&b, u)));
                let came = if learnt.seen(kind, k) > 0 { seen[i] } else { latent };
                if open[i] { came } else { 0 }
            };
            hull.clone().enumerate().map(one).collect::<Vec<u32>>()
        };
        let days: Vec<Vec<u32>> = (0..DRAWN).map(day).collect();
        let problem = Problem {
            slot: SLOT as f64,
            block: BLOCK,
            days: &days,
            service,
            patience: None,
            promise: promised,
            least: &least,
            most: MOST,
            seed: SEED,
        };
        let found = need(&problem).map_err(bad)?;
        let shut = hull.clone().zip(&open).filter(|(k, o)| **o && learnt.seen(kind, *k) == 0).count();
        out.kinds.push(KindPlan {
            kind: kind.code().into(),
            came: found.day.came,
            in_time: found.day.in_time,
            windows: found.day.windows,
            windows_met: found.day.windows_met,
            kept: found.kept,
            extrapolated: shut as i64 * SLOT,
        });
        out.stretches.extend(stretches(kind, hull.start, &found.servers, crew));
    }
    Ok(out)
}

fn stretches(kind: DayType, start: usize, servers: &[u16], crew: i64) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = vec![];
    for (i, n) in servers.iter().enumerate().filter(|(_, n)| **n > 0) {
        let (from, people) = ((start + i) as i64 * SLOT, i64::from(*n) * crew);
        match out.last_mut() {
            Some(last) if last.until == from && last.people == people => last.until += SLOT,
            _ => out.push(Stretch { kind: kind.code().into(), from, until: from + SLOT, people }),
        }
    }
    out
}

/// What happened beside what was planned, by kind of day and slot: people on an average day.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// By kind of day.
    pub days: [usize; 3],
    pub planned: Vec<[f64; 3]>,
    pub actual: Vec<[f64; 3]>,
    /// Minutes without anybody, all days together.
    pub empty: Vec<[i64; 3]>,
}

impl Beside {
    pub fn new() -> Beside {
        Beside { days: [0; 3], planned: vec![[0.0; 3]; SLOTS], actual: vec![[0.0; 3]; SLOTS], empty: vec![[0; 3]; SLOTS] }
    }

    /// Adds a day of one window.
    pub fn add(&mut self, kind: DayType, planned: &[Span], actual: &[Span], empty: &[Span]) {
        let overlap = |spans: &[Span], k: usize| -> i64 {
            let (from, until) = (k as i64 * SLOT, (k as i64 + 1) * SLOT);
            spans.iter().map(|s| (s.until.min(until) - s.from.max(from)).max(0)).sum()
        };
        for k in 0..SLOTS {
            self.planned[k][kind as usize] += overlap(planned, k) as f64 / SLOT as f64;
            self.actual[k][kind as usize] += overlap(actual, k) as f64 / SLOT as f64;
            self.empty[k][kind as usize] += overlap(empty, k);
        }
    }

    /// People planned and there on an average day of a kind.
    pub fn average(&self, kind: DayType, slot: usize) -> (f64, f64) {
        let n = self.days[kind as usize].max(1) as f64;
        (self.planned[slot][kind as usize] / n, self.actual[slot][kind as usize] / n)
    }

    /// Minutes without anybody, all slots of a kind.
    pub fn empty_minutes(&self, kind: DayType) -> i64 {
        self.empty.iter().map(|e| e[kind as usize]).sum()
    }

    /// The slots with most empty minutes, three at most.
    pub fn worst(&self) -> Vec<(DayType, usize, i64)> {
        let mut all: Vec<(DayType, usize, i64)> =
            DayType::ALL.iter().flat_map(|k| self.empty.iter().enumerate().map(|(s, e)| (*k, s, e[*k as usize]))).filter(|x| x.2 > 0).collect();
        all.sort_by_key(|x| std::cmp::Reverse(x.2));
        all.truncate(3);
        all
    }
}

impl Default for Beside {
    fn default() -> Beside {
        Beside::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Day, Origin};
    use crate::rules::curve::{hull, learn};
    use kernel::{Date, ToSpan};

    fn learnt(each: u32) -> Learnt {
        let first: Date = "2026-03-02".parse().unwrap();
        let day = |i: i64| Day {
            date: first.saturating_add(i.days()),
            kind: DayType::Work,
            counts: (0..SLOTS).map(|k| (36..48).contains(&k).then_some(each)).collect(),
            origin: Origin::Own,
        };
        let days: Vec<Day> = (0..30).map(day).collect();
        learn(&days, hull(&days, [76].into_iter())).unwrap()
    }
    fn hours(spans: &[(i64, i64)]) -> Hours {
        Hours { work: spans.iter().map(|s| Span { from: s.0, until: s.1 }).collect(), ..Hours::default() }
    }
    const SERVICE: Service = Service::LogNormal { mean: 12.0, cv: 0.8 };

    #[test]
    fn more_people_need_more_and_the_promise_is_measured() {
        let promise = Promise { share: 90, minutes: 10 };
        let h = hours(&[(540, 720)]);
        let calm = plan(&learnt(1), None, &h, promise, &SERVICE, 1).unwrap();
        let busy = plan(&learnt(3), None, &h, promise, &SERVICE, 1).unwrap();
        let most = |p: &Plan| p.stretches.iter().map(|s| s.people).max().unwrap();
        assert!(most(&calm) < most(&busy), "{calm:?} {busy:?}");
        for p in [&calm, &busy] {
            let k = &p.kinds[0];
            let share = f64::from(k.in_time) / f64::from(k.came);
            assert!(k.kept && share > 0.87, "{k:?}");
            assert_eq!((p.stretches.first().unwrap().from, p.stretches.last().unwrap().until), (540, 720));
            assert_eq!(k.extrapolated, 0);
        }
        assert_eq!(calm, plan(&learnt(1), None, &h, promise, &SERVICE, 1).unwrap(), "the same data, the same answer");
        // Two go together: twice the people for the same promise.
        let pairs = plan(&learnt(1), None, &h, promise, &SERVICE, 2).unwrap();
        assert!(pairs.kinds == calm.kinds && most(&pairs) == 2 * most(&calm), "{pairs:?}");
        // Nobody can do it: said, not hidden.
        let flood = plan(&learnt(40), None, &h, promise, &SERVICE, 1).unwrap();
        assert!(!flood.kinds[0].kept && most(&flood) == i64::from(MOST));
    }

    #[test]
    fn a_shut_hour_without_answers_gets_the_one_who_keeps_it_open() {
        let p = plan(&learnt(1), None, &hours(&[(540, 720), (1_080, 1_200)]), Promise { share: 90, minutes: 10 }, &SERVICE, 1).unwrap();
        assert_eq!((p.people(DayType::Work, 72), p.people(DayType::Work, 50), p.people(DayType::Rest, 36)), (1, 0, 0));
        assert_eq!(p.kinds[0].extrapolated, 120);
    }

    #[test]
    fn empty_minutes_stand_beside_the_plan() {
        let mut b = Beside::new();
        let s = |from, until| Span { from, until };
        b.days = [2, 0, 0];
        b.add(DayType::Work, &[s(540, 720)], &[s(550, 720)], &[s(540, 550)]);
        b.add(DayType::Work, &[s(540, 720)], &[s(540, 720)], &[]);
        assert_eq!(b.average(DayType::Work, 36), (1.0, (5.0 / 15.0 + 1.0) / 2.0));
        assert_eq!((b.empty_minutes(DayType::Work), b.worst()), (10, vec![(DayType::Work, 36, 10)]));
    }
}
