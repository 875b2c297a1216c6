//! Latent demand in invented towns: error on never-open hours against raw survey shares, and whether intervals hold.

use serde_json::{Value, json};
use staffing::latent::world::{HOURS, Kind, present, raw, world};
use staffing::latent::{Belief, estimate};

const USUAL: Kind = Kind { respondents: 200, uneven: 4.0, interest: 0.5, first: true, tastes: 1.0 };

const KINDS: [(&str, Kind); 6] = [
    ("200 answers, uneven 4 times", USUAL),
    ("200 answers, first choice not asked", Kind { first: false, ..USUAL }),
    ("200 answers, uneven 10 times, keen ones answer", Kind { uneven: 10.0, interest: 1.5, ..USUAL }),
    ("60 answers", Kind { respondents: 60, ..USUAL }),
    ("600 answers", Kind { respondents: 600, ..USUAL }),
    ("200 answers, tastes differ half as much again as is believed", Kind { tastes: 1.5, ..USUAL }),
];

#[derive(Default)]
struct Sums {
    ours: f64,
    raw: [f64; 4],
    more: f64,
    truth: f64,
    inside: usize,
    hours: usize,
    design_effect: f64,
    advice: (f64, f64),
}

fn one(seed: u64, kind: &Kind, sums: &mut Sums) -> Result<(), String> {
    let w = world(seed, kind).map_err(|e| e.to_string())?;
    let pilots = [vec![9, 10], vec![13, 14]];
    let found =
        estimate(&w.evidence, &Belief::default(), &[true; HOURS], &pilots, 4.0, seed).map_err(|e| e.to_string())?;
    let simple = raw(&w);
    // Towns of all sizes count the same.
    let all: f64 = w.truth.iter().sum();
    for h in (0..HOURS).filter(|h| !present()[*h]) {
        let hour = &found.hours[h];
        sums.ours += (hour.middle - w.truth[h]).abs() / all;
        sums.more += (hour.middle - w.truth[h]) / all;
        for (sum, simple) in sums.raw.iter_mut().zip(&simple) {
            *sum += (simple[h] - w.truth[h]).abs() / all;
        }
        sums.truth += w.truth[h] / all;
        sums.inside += usize::from((hour.low..=hour.high).contains(&w.truth[h]));
        sums.hours += 1;
    }
    sums.design_effect += w.design_effect;
    sums.advice.0 += found.advice[0].learnt;
    sums.advice.1 += found.advice[1].learnt;
    Ok(())
}

/// Every kind of town, `towns` times.
pub fn run(towns: u64, seed: u64) -> Result<Value, String> {
    let mut all = vec![];
    for (name, kind) in &KINDS {
        let mut s = Sums::default();
        for town in 0..towns {
            one(seed * 1_000_003 + town, kind, &mut s)?;
        }
        let n = towns as f64;
        let rules = if kind.first { 4 } else { 2 };
        let raw: Vec<f64> = s.raw[..rules].iter().map(|r| r / s.truth).collect();
        let best = raw.iter().copied().fold(f64::INFINITY, f64::min);
        all.push(json!({
            "towns": towns, "kind": name, "wape_ours": s.ours / s.truth, "wape_raw": raw,
            "ratio": s.ours / s.truth / best, "inside_80": s.inside as f64 / s.hours as f64, "too_much": s.more / s.truth,
            "design_effect": s.design_effect / n,
            "learnt_by_two_evening_hours": s.advice.0 / n, "learnt_by_two_weekend_hours": s.advice.1 / n,
        }));
    }
    Ok(Value::Array(all))
}

/// As lines for people.
pub fn print(v: &Value) {
    let n = |key: &str| v[key].as_f64().unwrap_or(0.0);
    println!(
        "\nlatent demand, {} towns: {}; design effect {:.2}",
        v["towns"],
        v["kind"].as_str().unwrap_or(""),
        n("design_effect")
    );
    let raw: Vec<String> =
        v["wape_raw"].as_array().into_iter().flatten().map(|r| format!("{:.3}", r.as_f64().unwrap_or(0.0))).collect();
    println!(
        "  WAPE on never-open hours: ours {:.3}; raw shares, ticks as at open hours and spread, first choices the same: {}",
        n("wape_ours"),
        raw.join(", ")
    );
    println!(
        "  ratio to the best of them {:.3}, to the first {:.3} (aim 0.6)",
        n("ratio"),
        n("wape_ours") / v["wape_raw"][0].as_f64().unwrap_or(1.0)
    );
    println!(
        "  80 % intervals hold {:.1} % (aim 75 to 85); the middle is {:+.1} % off on the whole",
        100.0 * n("inside_80"),
        100.0 * n("too_much")
    );
    println!(
        "  a pilot of four weeks takes away of the variance: two evening hours {:.0} %, two weekend hours {:.0} %",
        100.0 * n("learnt_by_two_evening_hours"),
        100.0 * n("learnt_by_two_weekend_hours")
    );
}
