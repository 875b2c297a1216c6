//! Forecasts against simple rules, rolling origin: each day is foretold from the days before it.

use crate::data::{self, Days};
use crate::week::{Weeks, likeliest};
use serde_json::{Value, json};
use staffing::counts::{expected_distance, pinball, quantile};
use staffing::forecast::{Forecaster, Outlook};

/// Days of a week in the file, which has weekdays only and gives no calendar.
pub const WEEK: usize = 5;
/// Days that the simple rules look at.
const BACK: usize = 20;
const LEVEL: f64 = 0.8;

/// Sums of both losses of one way to foretell.
#[derive(Clone, Copy, Default)]
struct Loss {
    distance: f64,
    pinball: f64,
}

impl Loss {
    fn count(&mut self, middle: f64, high: f64, n: f64) {
        self.distance += (n - middle).abs();
        self.pinball += pinball(LEVEL, high, n);
    }
}

/// Between the two neighbours, as most programs do.
fn between(sorted: &[u32], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let (low, part) = (at as usize, at.fract());
    let high = sorted[(low + 1).min(sorted.len() - 1)];
    f64::from(sorted[low]) * (1.0 - part) + f64::from(high) * part
}

/// The smallest value that the share `p` does not exceed: always a count.
fn whole(sorted: &[u32], p: f64) -> f64 {
    f64::from(sorted[((p * sorted.len() as f64 - 1e-9).ceil() as usize).clamp(1, sorted.len()) - 1])
}

/// The names of the rules, in the order in which they are computed.
const RULES: [&str; 5] = [
    "same slot last week",
    "last 20 days, interpolated",
    "last 20 days, counts",
    "last 20 days of the kind, interpolated",
    "last 20 days of the kind, counts",
];

/// Our forecast, with the days of the week as they are found in the days so far.
struct Ours {
    forecaster: Forecaster,
    weeks: Weeks,
    /// The day of the week that each day so far was learnt as.
    learnt: Vec<usize>,
}

impl Ours {
    fn new(slots: usize) -> Result<Ours, String> {
        Ok(Ours { forecaster: Forecaster::new(slots, WEEK).map_err(|e| e.to_string())?, weeks: Weeks::new(), learnt: vec![] })
    }

    /// The last of the days so far. What was taken for another day of the week is learnt anew.
    fn learn(&mut self, days: &[Vec<u32>]) -> Result<(), String> {
        let last = days.last().ok_or("no day")?;
        self.weeks.learn(last.iter().sum());
        let now = self.weeks.past();
        let mut from = self.learnt.len();
        if now[..from] != self.learnt[..] {
            self.forecaster = Forecaster::new(last.len(), WEEK).map_err(|e| e.to_string())?;
            from = 0;
        }
        for k in from..now.len() {
            let known: Vec<Option<u32>> = days[k].iter().map(|n| Some(*n)).collect();
            self.forecaster.learn(now[k], &known).map_err(|e| e.to_string())?;
        }
        self.learnt = now;
        Ok(())
    }

    fn foretell(&self, lead: usize) -> Result<Outlook, String> {
        let outlooks: Result<Vec<Outlook>, _> = (0..WEEK).map(|w| self.forecaster.outlook(w)).collect();
        Ok(mixed(&self.weeks.next(lead), &outlooks.map_err(|e| e.to_string())?))
    }
}

/// One thinning: losses a slot of the rules and of ours, the floor, and the ratios.
pub fn run(full: &Days, mean: f64, lead: usize, seed: u64) -> Result<Value, String> {
    let (days, keep) = data::thin(full, mean, seed);
    let first = BACK + lead - 1;
    if days.len() <= first + WEEK {
        return Err(format!("{} days are too few: the first {first} are only learnt from", days.len()));
    }
    let slots = days[0].len();
    let (mut ours, mut knows) = (Ours::new(slots)?, Ours::new(slots)?);
    let (mut rules, mut own, mut whole_past, mut floor) = ([Loss::default(); RULES.len()], Loss::default(), Loss::default(), Loss::default());
    let (mut inside, mut total) = (0usize, 0.0);
    for d in 0..days.len() {
        if d >= lead {
            ours.learn(&days[..=d - lead])?;
            knows.learn(&full[..=d - lead])?;
        }
        if d < first {
            continue;
        }
        let outlook = ours.foretell(lead)?;
        let mut known = knows.foretell(lead)?;
        known.mean.iter_mut().for_each(|m| *m *= keep);
        let today = likeliest(&ours.weeks.next(lead));
        for s in 0..slots {
            let n = f64::from(days[d][s]);
            total += n;
            let (middle, high) = (outlook.quantile(s, 0.5), outlook.quantile(s, LEVEL));
            own.count(f64::from(middle), f64::from(high), n);
            whole_past.count(f64::from(known.quantile(s, 0.5)), f64::from(known.quantile(s, LEVEL)), n);
            inside += usize::from(days[d][s] >= outlook.quantile(s, 0.1) && days[d][s] <= outlook.quantile(s, 0.9));
            let back = WEEK * lead.div_ceil(WEEK);
            let week = f64::from(days[d - back][s]);
            rules[0].count(week, week, n);
            let mut last: Vec<u32> = (d + 1 - lead - BACK..d + 1 - lead).map(|k| days[k][s]).collect();
            last.sort_unstable();
            let mut kind: Vec<u32> = (0..ours.learnt.len()).rev().filter(|k| ours.learnt[*k] == today).take(BACK).map(|k| days[k][s]).collect();
            if kind.is_empty() {
                kind.clone_from(&last);
            }
            kind.sort_unstable();
            for (i, sorted) in [&last, &kind].into_iter().enumerate() {
                rules[1 + 2 * i].count(between(sorted, 0.5), between(sorted, LEVEL), n);
                rules[2 + 2 * i].count(whole(sorted, 0.5), whole(sorted, LEVEL), n);
            }
            // Who knew the full counts of this very day would still face the thinning, which is Poisson.
            let rate = f64::from(full[d][s]) * keep;
            floor.distance += expected_distance(f64::from(quantile(0.5, rate, 0.0)), rate, 0.0);
            let guess = f64::from(quantile(LEVEL, rate, 0.0));
            floor.pinball += LEVEL * (rate - guess) + 0.5 * (expected_distance(guess, rate, 0.0) - (rate - guess));
        }
    }
    let cells = ((days.len() - first) * slots) as f64;
    let shown = |l: &Loss| json!({ "mae": l.distance / cells, "pinball80": l.pinball / cells });
    let best = |f: fn(&Loss) -> f64| rules.iter().map(f).fold(f64::INFINITY, f64::min);
    let named: serde_json::Map<String, Value> =
        RULES.iter().zip(&rules).map(|(n, l)| (n.to_string(), shown(l))).collect();
    Ok(json!({
        "mean_a_slot": mean, "seed": seed, "lead_days": lead, "days_judged": days.len() - first, "arrivals": total,
        "rules": named, "ours": shown(&own), "whole_past": shown(&whole_past), "floor": shown(&floor),
        "ratio_mae": own.distance / best(|l| l.distance), "ratio_pinball80": own.pinball / best(|l| l.pinball),
        "ratio_whole_past_mae": whole_past.distance / best(|l| l.distance), "ratio_whole_past_pinball80": whole_past.pinball / best(|l| l.pinball),
        "ratio_floor_mae": floor.distance / best(|l| l.distance), "ratio_floor_pinball80": floor.pinball / best(|l| l.pinball),
        "wape": own.distance / total, "inside_80": inside as f64 / cells,
    }))
}

/// What is foretold of a day that may be any of these: more spread where they differ.
fn mixed(chances: &[f64; WEEK], outlooks: &[Outlook]) -> Outlook {
    let sum = |of: &dyn Fn(&Outlook) -> f64| chances.iter().zip(outlooks).map(|(c, o)| c * of(o)).sum::<f64>();
    let total = |o: &Outlook| o.mean.iter().sum::<f64>();
    let all = sum(&total).max(1e-9);
    let between = sum(&|o| (total(o) / all - 1.0).powi(2));
    Outlook {
        mean: (0..outlooks[0].mean.len()).map(|s| sum(&|o| o.mean[s])).collect(),
        day_spread: sum(&|o| o.day_spread) + between,
        spread: sum(&|o| o.spread) + between,
        seen: outlooks[0].seen.clone(),
    }
}

/// As lines for people.
pub fn print(v: &Value) {
    println!(
        "\n{} arrivals a slot, seed {}, {} day(s) ahead, {} days judged",
        v["mean_a_slot"], v["seed"], v["lead_days"], v["days_judged"]
    );
    let line = |name: &str, v: &Value| {
        println!(
            "  {name:42} {:8.4} {:10.4}",
            v["mae"].as_f64().unwrap_or(0.0),
            v["pinball80"].as_f64().unwrap_or(0.0)
        );
    };
    println!("  {:42} {:>8} {:>10}", "", "MAE", "pinball .8");
    for (name, loss) in v["rules"].as_object().into_iter().flatten() {
        line(name, loss);
    }
    line("ours", &v["ours"]);
    line("ours, had nothing of the past been thinned", &v["whole_past"]);
    line("Poisson floor (knows that day's full counts)", &v["floor"]);
    let n = |key: &str| v[key].as_f64().unwrap_or(0.0);
    println!("  ours / best rule: MAE {:.4}, pinball {:.4} (aim 0.97)", n("ratio_mae"), n("ratio_pinball80"));
    println!("  whole past / best rule: MAE {:.4}, pinball {:.4}", n("ratio_whole_past_mae"), n("ratio_whole_past_pinball80"));
    println!("  floor / best rule: MAE {:.4}, pinball {:.4}", n("ratio_floor_mae"), n("ratio_floor_pinball80"));
    println!("  WAPE {:.3}; 10 to 90 % held {:.1} %", n("wape"), 100.0 * n("inside_80"));
}
