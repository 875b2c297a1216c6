//! Solving in the background: the best so far is kept in the database, so that a killed server loses nothing; stopping
//! goes through the database too, so that it works from any node.

use super::{month_of, problem};
use crate::model::{Clash, Origin, Plan, Problem, State};
use crate::rules::{build, lack, words};
use crate::store::{self, Ended};
use kernel::row::Json;
use kernel::{Act, Actor, App, Date, Error, FieldErrors, Permission as P, Purpose, Reader, Result, StationId, Timestamp, Tx, Uuid};
use solver::roster as s;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Longest search that may be asked for, in seconds.
pub const MOST_SECONDS: i64 = 600;
/// A search without a sign of life for so long (seconds) is taken for dead.
pub const SILENT: i64 = 45;
/// Seconds that the explanation of an impossible set may take.
const EXPLAIN: f64 = 180.0;
/// The solver's clock runs so much slower while it explains: what it asks itself is decided by proof, and on a busy
/// machine two seconds by the wall prove nothing.
const PATIENCE: f64 = 4.0;

/// A search takes both cores of the machine: one at a time.
static ADMIT: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// Begins a search on what holds now. What is edited later does not change it.
///
/// # Errors
/// Right missing, a month outside, nothing to roster.
pub async fn start(app: &App, act: &Act, month: Date, seconds: i64) -> Result<Uuid> {
    act.actor.must(P::RosterPlan)?;
    let month = month_of(month, kernel::clock::day_of(act.at))?;
    if !(1..=MOST_SECONDS).contains(&seconds) {
        return Err(FieldErrors::one("seconds", format!("时间应为 1 到 {MOST_SECONDS} 秒。")));
    }
    let (rules, station) = (app.rules(), act.station);
    // Stays empty when the command was done before: one search for it, however often it is sent.
    let mut fresh = None;
    let id = app
        .db()
        .write(act, async |tx: &mut Tx| {
            let p = problem(tx, &rules, station, month).await?;
            let plan = fresh_plan(tx, month, Origin::Solved, State::Running, p, vec![])?;
            // What the search proves, it proves for this model and for no other.
            let model = build::model(&plan.problem.0);
            let bound_for = build::model_digest(&model);
            // What counting refutes is told at once; the search goes on for the roster that lacks least.
            let clash = Json(lack::counted(&plan.problem.0, &model));
            let plan = Plan { seconds, bound_for, clash, ..plan };
            store::insert_plan(tx, &plan).await?;
            tx.record("roster.start", &[("roster_plan", plan.id)], &plan.digest);
            tx.emit("roster.plan", plan.id);
            fresh = Some(plan.problem.0);
            Ok(plan.id)
        })
        .await?;
    if let Some(p) = fresh {
        tokio::spawn(search(app.clone(), station, id, p, seconds));
    }
    Ok(id)
}

/// A version that is not written yet.
pub(super) fn fresh_plan(tx: &mut Tx, month: Date, origin: Origin, state: State, p: Problem, cells: Vec<Vec<u8>>) -> Result<Plan> {
    let now = tx.now();
    Ok(Plan {
        station_id: tx.act().station,
        id: tx.fresh(),
        month,
        n: 0,
        origin,
        parent: None,
        state,
        digest: build::digest(&p)?,
        problem: Json(p),
        cells: Json(cells),
        bound: 0,
        bound_for: String::new(),
        seconds: 0,
        progress: 0,
        clash: Json(None),
        changes: Json(vec![]),
        ended_how: String::new(),
        started_at: now,
        beat_at: now,
        stop_at: None,
        by_user: tx.act().actor.user,
        published_at: None,
        reason: String::new(),
        version: 1,
    })
}

/// The best so far, told by the solver's thread.
#[derive(Default)]
struct Best {
    cells: Option<Vec<Vec<u8>>>,
    bound: f64,
    told: bool,
}

/// What a search came to.
enum Found {
    Roster(Box<s::Solution>, Option<Clash>),
    Nothing(String, Option<Clash>),
    /// The solver itself failed; what it had told before is kept.
    Broken,
}

/// Solves, keeps the best so far every second, and ends the version.
async fn search(app: App, station: StationId, id: Uuid, p: Problem, seconds: i64) {
    if let Err(e) = searched(&app, station, id, p, seconds).await {
        tracing::error!("roster search {id}: {e}");
    }
}

fn by_system(app: &App, station: StationId, action: &'static str) -> Act {
    app.act(&Actor::system(), action, Purpose::Administration, app.fresh_command()).in_station(station)
}

async fn beat(app: &App, station: StationId, id: Uuid, best: Option<(Vec<Vec<u8>>, i64)>, progress: i64) -> Result<bool> {
    let act = by_system(app, station, "roster.beat");
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let best = best.map(|(c, b)| (Json(c), b));
            let stop = store::beat(tx, station, id, best.as_ref().map(|(c, b)| (c, *b)), progress).await?;
            tx.record("roster.beat", &[("roster_plan", id)], "");
            tx.emit("roster.plan", id);
            Ok(stop)
        })
        .await
}

async fn searched(app: &App, station: StationId, id: Uuid, p: Problem, seconds: i64) -> Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let place = loop {
        match tokio::time::timeout(Duration::from_secs(2), ADMIT.acquire()).await {
            Ok(place) => break place.map_err(Error::internal)?,
            // Waiting for another search; asked to stop, it ends without a roster.
            Err(_) if beat(app, station, id, None, 0).await? => {
                return end(app, station, id, &nothing(0, "还没有轮到就由人停止".into(), None)).await;
            }
            Err(_) => {}
        }
    };
    let best = Arc::new(Mutex::new(Best::default()));
    let mut worker = tokio::task::spawn_blocking({
        let (stop, best, p) = (stop.clone(), best.clone(), p.clone());
        move || solve(&p, seconds as f64, &stop, &best)
    });
    let begun = Instant::now();
    let (mut tick, mut beaten) = (0u64, Instant::now());
    let found = loop {
        match tokio::time::timeout(Duration::from_millis(1_000), &mut worker).await {
            Ok(Ok(done)) => break done,
            Ok(Err(e)) => {
                tracing::error!("roster search {id}: {e}");
                break Found::Broken;
            }
            Err(_) => tick += 1,
        }
        let fresh = {
            let mut b = best.lock().unwrap_or_else(|e| e.into_inner());
            let fresh = !std::mem::replace(&mut b.told, true);
            if fresh { b.cells.clone().map(|c| (c, b.bound.ceil().max(0.0) as i64)) } else { None }
        };
        if fresh.is_some() || beaten.elapsed() >= Duration::from_secs(3) || tick == 1 {
            beaten = Instant::now();
            if beat(app, station, id, fresh, begun.elapsed().as_secs() as i64).await? {
                stop.store(true, Ordering::Relaxed);
            }
        } else {
            let look = by_system(app, station, "roster.stop");
            if app.db().read(&look, async |r: &mut Reader| store::stop_asked(r, station, id).await).await? {
                stop.store(true, Ordering::Relaxed);
            }
        }
    };
    drop(place);
    let progress = begun.elapsed().as_secs() as i64;
    let ended = match found {
        Found::Roster(x, clash) => Ended {
            state: State::Ready,
            cells: Some(Json(x.roster.rows)),
            bound: x.bound.ceil().max(0.0) as i64,
            progress,
            how: match x.end {
                s::End::Proven => "已证明最好",
                s::End::Time => "时间用完",
                s::End::Stopped => "由人停止",
                s::End::Rounds => "到达轮数",
            }
            .into(),
            clash: Json(clash),
        },
        Found::Broken => {
            let b = best.lock().unwrap_or_else(|e| e.into_inner());
            let state = if b.cells.is_some() { State::Lost } else { State::Failed };
            Ended { state, cells: b.cells.clone().map(Json), bound: b.bound.ceil().max(0.0) as i64, progress, how: "求解程序出错，已记入日志".into(), clash: Json(None) }
        }
        Found::Nothing(how, clash) => nothing(progress, how, clash),
    };
    end(app, station, id, &ended).await
}

fn nothing(progress: i64, how: String, clash: Option<Clash>) -> Ended {
    Ended { state: State::Failed, cells: None, bound: 0, progress, how, clash: Json(clash) }
}

async fn end(app: &App, station: StationId, id: Uuid, ended: &Ended) -> Result<()> {
    let act = by_system(app, station, "roster.end");
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::end_search(tx, station, id, ended).await?;
            tx.record("roster.end", &[("roster_plan", id)], &ended.how);
            tx.emit("roster.plan", id);
            Ok(())
        })
        .await
}

fn solve(p: &Problem, seconds: f64, stop: &AtomicBool, best: &Mutex<Best>) -> Found {
    let model = build::model(p);
    let begun = Instant::now();
    let elapsed = move || begun.elapsed().as_secs_f64();
    let control = s::Control { elapsed: &elapsed, seconds, stop, seed: 1, threads: 2, rounds: None };
    let done = s::solve(&model, &control, &mut |x| {
        let mut b = best.lock().unwrap_or_else(|e| e.into_inner());
        *b = Best { cells: Some(x.roster.rows.clone()), bound: x.bound, told: false };
    });
    let why = || {
        if let Some(counted) = lack::counted(p, &model) {
            return Some(counted);
        }
        let begun = Instant::now();
        let slow = move || begun.elapsed().as_secs_f64() / PATIENCE;
        // Asked to stop before, it explains for a moment only; asked now, it ends.
        let stopped = stop.load(Ordering::Relaxed);
        let go = AtomicBool::new(false);
        let (seconds, stop) = if stopped { (5.0, &go) } else { (EXPLAIN / PATIENCE, stop) };
        let control = s::Control { elapsed: &slow, seconds, stop, ..control };
        match s::explain(&model, &control, &words::price) {
            Ok(s::Explained::Clash(c)) => Some(words::clash(p, &model, &c)),
            Ok(_) | Err(_) => Some(Clash::open()),
        }
    };
    match done {
        Ok(x) => {
            let clash = if x.report.feasible() { None } else { why() };
            Found::Roster(Box::new(x), clash)
        }
        Err(s::NoRoster::Person { person }) => {
            let who = p.people.get(person).map_or("", |m| m.name.as_str());
            Found::Nothing(format!("{who}自己的规则就互相冲突，没有任何排法。"), why())
        }
        Err(s::NoRoster::TooLarge { person }) => {
            let who = p.people.get(person).map_or("", |m| m.name.as_str());
            Found::Nothing(format!("{who}可排的组合太多，请把连上天数或者工时上限收紧一些。"), None)
        }
        Err(s::NoRoster::BadModel(e)) => Found::Nothing(format!("需要和规则超出求解器的范围（{e}）。"), None),
    }
}

/// Asks a running search to end; it keeps the best so far.
pub async fn stop(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            // It may have ended by itself while the button was pressed: then there is nothing to stop.
            let running = store::ask_stop(tx, station, id).await?;
            if !running {
                store::plan(tx, station, id).await?;
            }
            // Somebody pressed it all the same, which stays in the chain.
            tx.record("roster.stop", &[("roster_plan", id)], if running { "" } else { "ended before" });
            tx.emit("roster.plan", id);
            Ok(())
        })
        .await
}

/// Ends searches whose server is gone; the best so far stays with them. Returns how many.
pub async fn bury(app: &App) -> Result<usize> {
    let look = app.look(&Actor::system(), "roster.bury", Purpose::Administration);
    let before: Timestamp = kernel::clock::from_micros(app.now().as_microsecond() - SILENT * 1_000_000);
    let dead = app.db().read(&look, async |r: &mut Reader| store::silent(r, before).await).await?;
    for (station, id, kept) in &dead {
        let (station, id) = (*station, *id);
        let act = by_system(app, station, "roster.bury");
        let how = if *kept { "服务中断，保留了中断前最好的一版" } else { "服务中断，还没有排出结果" };
        app.db()
            .write(&act, async |tx: &mut Tx| {
                let plan = store::plan(tx, station, id).await?;
                let state = if plan.cells.0.is_empty() { State::Failed } else { State::Lost };
                let e = Ended { state, cells: None, bound: plan.bound, progress: plan.progress, how: how.into(), clash: Json(None) };
                store::end_search(tx, station, id, &e).await?;
                tx.record("roster.bury", &[("roster_plan", id)], how);
                tx.emit("roster.plan", id);
                Ok(())
            })
            .await?;
    }
    Ok(dead.len())
}
