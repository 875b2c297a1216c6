//! `cargo xt bench wall`: the wall and the replay as a person sees them, measured in Chromium against the built program:
//! first picture of a warm page, 3×3 wall, arrival to presented, frames a second and dropped ones, sixteen tiles sought
//! at once. Cameras are simulated (640×360, 25 frames a second, a key frame every 2 s) and registered through the pages.
//!
//! Nothing is judged here: a machine that is shared or decodes by itself shows other numbers. The report says what was aimed at.

use anyhow::{Context, Result, ensure};
use e2e::cameras::{NewCamera, register, watch};
use e2e::{Browser, Server};
use serde_json::{Value, json};
use std::time::Duration;

const WATCH: &str = include_str!("watch.js");
/// Cameras of the wall.
const CAMERAS: usize = 16;

/// Value of `--name n`, or what stands there otherwise.
fn number(name: &str, otherwise: usize) -> usize {
    let args: Vec<String> = std::env::args().collect();
    let at = args.iter().position(|a| a == &format!("--{name}"));
    at.and_then(|n| args.get(n + 1)?.parse().ok()).unwrap_or(otherwise)
}

/// The `q`-hundredth of the numbers; what was never reached (below 0) counts as the longest wait.
fn hundredth(all: &[f64], q: usize) -> Option<f64> {
    let mut all: Vec<f64> = all.iter().map(|x| if *x < 0.0 { 20_000.0 } else { *x }).collect();
    all.sort_by(f64::total_cmp);
    all.get((all.len() * q / 100).min(all.len().saturating_sub(1))).map(|x| (x * 10.0).round() / 10.0)
}

fn of(all: &[f64]) -> Value {
    json!({ "n": all.len(), "p50": hundredth(all, 50), "p95": hundredth(all, 95) })
}

#[tokio::main]
async fn main() -> Result<()> {
    let (rounds, seconds) = (number("rounds", 20), number("seconds", 10));
    let mut cameras = vec![];
    for n in 0..CAMERAS {
        let clip = if n % 2 == 0 { simcam::clips::yard()? } else { simcam::clips::gate()? };
        cameras.push(simcam::Camera { ahead: Duration::from_millis(630 * n as u64), ..simcam::Camera::new(clip) });
    }
    let sim = simcam::Sim::start(([127, 0, 0, 1], 0).into(), cameras).await?;
    let server = Server::start()?;
    let browser = Browser::launch().await?;
    let told = measure(&server, &browser, &sim, rounds, seconds).await;
    let told = told.with_context(|| format!("--- server ---\n{}", server.log()))?;
    if std::env::args().any(|a| a == "--json") {
        println!("{told}");
    } else {
        println!("{told:#}");
    }
    Ok(())
}

async fn measure(server: &Server, browser: &Browser, sim: &simcam::Sim, rounds: usize, seconds: usize) -> Result<Value> {
    let admin = browser.person(server).await?;
    admin.sign_in(server.account("admin.system")?).await?;
    admin.enrol().await?;
    let new = |n: usize| NewCamera { name: format!("测速{n:02}"), main: sim.url(n), small: None };
    let (group, _) = register(&admin, "测速", "CS", &(0..CAMERAS).map(new).collect::<Vec<_>>()).await?;
    let began = std::time::Instant::now();
    let operator = browser.person(server).await?;
    operator.before_each_page(WATCH).await?;
    operator.sign_in(server.account("zy.zhs1")?).await?;
    let id = watch(&operator, "/video/wall", "patrol", "测速").await?;
    let wall = |size: usize| format!("/video/wall?watch={id}&size={size}&group={group}");
    let mut told = serde_json::Map::new();

    operator.open(&wall(1)).await?;
    ensure!(operator.eval::<f64>("bench.full(1, 0)").await? >= 0.0, "no picture at all");
    // The recorded minute for the replay grows meanwhile; every camera has sent a key frame by now.
    tokio::time::sleep(Duration::from_secs(8)).await;
    let mut first: Vec<f64> = vec![];
    for _ in 0..rounds {
        first.push(operator.eval("bench.change('PageDown', 1)").await?);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    told.insert("first_picture_ms".into(), json!({ "aim": 300, "of": of(&first) }));
    // From its first page: the last one is not full.
    operator.open(&wall(1)).await?;
    operator.eval::<f64>("bench.full(1, 0)").await?;
    let mut nine: Vec<f64> = vec![];
    for _ in 0..rounds.div_ceil(3) {
        operator.eval::<f64>("bench.change('1', 1)").await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        nine.push(operator.eval("bench.change('9', 9)").await?);
    }
    told.insert("wall_of_nine_ms".into(), json!({ "aim": 1000, "of": of(&nine) }));
    let mut reload: Vec<f64> = vec![];
    for size in [1, 9] {
        for _ in 0..rounds.div_ceil(5) {
            operator.open(&wall(size)).await?;
            reload.push(operator.eval(&format!("bench.full({size}, 0)")).await?);
        }
        told.insert(format!("navigation_to_{size}_ms"), of(&std::mem::take(&mut reload)));
    }
    for size in [1usize, 4, 9, 16] {
        operator.open(&wall(size)).await?;
        operator.eval::<f64>(&format!("bench.full({size}, 0)")).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let seen: Value = operator.eval(&format!("bench.live({})", seconds * 1000)).await?;
        let list = |name: &str| -> Vec<f64> { serde_json::from_value(seen[name].clone()).unwrap_or_default() };
        let (shown, late) = (list("presented"), list("late"));
        let (sum, dropped) = (shown.iter().sum::<f64>(), seen["dropped"].as_f64().unwrap_or(0.0));
        told.insert(
            format!("live_{size}"),
            json!({
                "arrival_to_presented_ms": of(&late), "aim_p95_of_one": 100,
                "presented_per_second_and_tile": sum / (size * seconds) as f64, "sent_per_second": 25,
                "least_tile_per_second": shown.iter().copied().fold(f64::MAX, f64::min) / seconds as f64,
                "dropped_ratio": if sum + dropped > 0.0 { dropped / (sum + dropped) } else { 0.0 },
            }),
        );
    }
    operator.open("/video").await?;
    told.insert("sixteen_sought_ms".into(), replay(server, browser, number("seeks", 60), began).await?);
    Ok(Value::Object(told))
}

/// Sixteen cameras on one slider: from the slider's move until the last tile presents its picture.
async fn replay(server: &Server, browser: &Browser, rounds: usize, began: std::time::Instant) -> Result<Value> {
    let leader = browser.person(server).await?;
    leader.before_each_page(WATCH).await?;
    leader.sign_in(server.account("zy.suozhang")?).await?;
    // At least a minute and a half of recordings.
    tokio::time::sleep(Duration::from_secs(90).saturating_sub(began.elapsed())).await;
    let recorded = began.elapsed().as_millis() as i64;
    watch(&leader, "/video/replay", "patrol", "测速").await?;
    leader
        .eval::<bool>(
            "(() => { for (const b of document.querySelectorAll('input[data-camera]')) if (b.checked !== b.dataset.name.startsWith('测速')) b.click(); return true; })()",
        )
        .await?;
    leader.until("document.querySelectorAll('.tile').length === 16").await?;
    let to: i64 = leader.eval("Date.now()").await?;
    let begin = to - recorded + 20_000;
    let span = (recorded - 40_000).max(5_000);
    leader.eval::<Value>(&format!("bench.seek({begin})")).await?;
    let mut far: Vec<f64> = vec![];
    for n in 1..=rounds as i64 {
        // Steps of the golden ratio: spread evenly, never the same moment, which would present nothing new.
        let moment = begin + (n * 618 * span / 1000) % span;
        let (_, ms, stuck): (f64, f64, Vec<Value>) = leader.eval(&format!("bench.seek({moment})")).await?;
        stuck.iter().for_each(|tile| eprintln!("not there after 15 s: {tile}"));
        far.push(ms);
    }
    Ok(json!({ "aim_p95": 1000, "of": of(&far), "recorded_s": recorded / 1000 }))
}
