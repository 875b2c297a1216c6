//! Promises against real arrivals: each week is planned from the days before it, then the days that really came are
//! replayed before the planned servers.

use crate::data::{self, Days};
use crate::forecast::WEEK;
use serde_json::{Value, json};
use staffing::forecast::Forecaster;
use staffing::load::Service;
use staffing::need::{Bought, Problem, arrivals, bought, need};
use staffing::{Promise, Rng, judge};

/// Days learnt from before the first plan.
const LEARN: usize = 20;
/// Possible days drawn for one plan; half are searched.
const DRAWN: u64 = 240;
/// Draws of durations and minutes for each day replayed.
const REPLAYS: u64 = 12;

struct One {
    promised: Bought,
    kept: Bought,
    server_minutes: f64,
}

/// Plans and replays every day after the first twenty, in quarter hours.
pub fn run(full: &Days, mean: f64, seed: u64) -> Result<Value, String> {
    let days = data::merge(&data::thin(full, mean, seed).0, 3);
    if days.len() <= LEARN {
        return Err(format!("{} days are too few: the first {LEARN} are only learnt from", days.len()));
    }
    let promise = Promise::new(0.9, 10.0).map_err(|e| e.to_string())?;
    let service = Service::LogNormal { mean: 12.0, cv: 0.8 };
    let judged: Vec<usize> = (LEARN..days.len()).collect();
    let half = judged.len().div_ceil(2);
    let results: Vec<Result<Vec<One>, String>> = std::thread::scope(|scope| {
        let part = |part: &[usize]| {
            let part = part.to_vec();
            let (days, promise, service) = (&days, &promise, &service);
            scope.spawn(move || part.into_iter().map(|d| one(days, d, promise, service, seed)).collect())
        };
        let running: Vec<_> = judged.chunks(half).map(part).collect();
        running.into_iter().map(|r| r.join().unwrap_or_else(|_| Err("a thread broke".into()))).collect()
    });
    let (mut promised, mut kept, mut minutes, mut n) = (Bought::default(), Bought::default(), 0.0, 0.0);
    for result in results {
        for one in result? {
            promised.add(&one.promised);
            kept.add(&one.kept);
            minutes += one.server_minutes;
            n += 1.0;
        }
    }
    let points = |a: f64, b: f64| 100.0 * (a - b);
    Ok(json!({
        "mean_a_slot": mean, "seed": seed, "promise": promise.to_string(), "service": "log-normal, mean 12 min, cv 0.8",
        "days_replayed": n, "replays": REPLAYS, "servers_on_average": minutes / n / (days[0].len() as f64 * 15.0),
        "promised_people": promised.share(), "kept_people": kept.share(),
        "promised_windows": promised.window_share(), "kept_windows": kept.window_share(),
        "points_people": points(kept.share(), promised.share()),
        "points_windows": points(kept.window_share(), promised.window_share()),
    }))
}

fn one(days: &Days, d: usize, promise: &Promise, service: &Service, seed: u64) -> Result<One, String> {
    let slots = days[0].len();
    let mut learnt = Forecaster::new(slots, WEEK).map_err(|e| e.to_string())?;
    // Planned at the end of the week before.
    for (k, day) in days.iter().enumerate().take(d - d % WEEK) {
        let known: Vec<Option<u32>> = day.iter().map(|n| Some(*n)).collect();
        learnt.learn(k % WEEK, &known).map_err(|e| e.to_string())?;
    }
    let outlook = learnt.outlook(d % WEEK).map_err(|e| e.to_string())?;
    let possible: Vec<Vec<u32>> = (0..DRAWN).map(|n| outlook.draw(&mut Rng::fork(seed + 1000 + d as u64, n))).collect();
    let least = vec![1; slots];
    let problem = Problem {
        slot: 15.0,
        block: 4,
        days: &possible,
        service,
        patience: None,
        promise: *promise,
        least: &least,
        most: 40,
        seed: seed + d as u64,
    };
    let plan = need(&problem).map_err(|e| e.to_string())?;
    let replay = |n| arrivals(&days[d], 15.0, service, None, &mut Rng::fork(seed + 5000 + d as u64, n));
    let real: Vec<_> = (0..REPLAYS).map(replay).collect();
    let team = judge::servers(&plan.servers, 15.0);
    let mut kept = Bought::default();
    let by_block = bought(&real, &team, 60.0, slots.div_ceil(4), promise).map_err(|e| e.to_string())?;
    by_block.iter().for_each(|b| kept.add(b));
    let server_minutes = plan.servers.iter().map(|c| f64::from(*c) * 15.0).sum();
    Ok(One { promised: plan.day, kept, server_minutes })
}

/// As lines for people.
pub fn print(v: &Value) {
    let n = |key: &str| v[key].as_f64().unwrap_or(0.0);
    println!(
        "\n{} arrivals in five minutes: {} days replayed {} times, {}, {:.2} servers on average",
        v["mean_a_slot"],
        v["days_replayed"],
        v["replays"],
        v["service"].as_str().unwrap_or(""),
        n("servers_on_average")
    );
    println!("  {}, in every hour; planned at the end of the week before", v["promise"].as_str().unwrap_or(""));
    let line = |what: &str, key: &str| {
        let (promised, kept) = (n(&format!("promised_{key}")), n(&format!("kept_{key}")));
        println!(
            "  {what:34} promised {:5.1} %, kept {:5.1} %: {:+.2} points (aim ±2)",
            100.0 * promised,
            100.0 * kept,
            100.0 * (kept - promised)
        );
    };
    line("people served in time", "people");
    line("hours in which the share was kept", "windows");
}
