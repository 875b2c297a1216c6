//! 临时调整: somebody is out; the published roster changes as little as possible, in under two seconds, with who and why.

use super::setup::put_leave;
use super::publish::duties;
use super::solve::fresh_plan;
use super::{colleague, facts};
use crate::model::{Kind, Leave, LeaveKind, Origin, Plan, Problem, State, Told};
use crate::rules::build::{self, Facts};
use crate::rules::judge::judge;
use crate::rules::{check_leave, uncovered, words};
use crate::store;
use kernel::row::Json;
use kernel::{Act, App, Date, Error, FieldErrors, Permission as P, Reader, Refusal, Result, StationId, ToSpan, Tx, UserId, Uuid};
use solver::roster as s;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Seconds that a repair may take, shared by the months that it touches; the promise is two.
const SECONDS: f64 = 1.6;
/// So many times as long it goes on where the law would be broken and no proof says that it must be: on a busy machine two
/// seconds by the wall may not be enough, and a version that cannot be published helps nobody.
const PATIENCE: f64 = 5.0;

/// Repairs at once: each takes both cores of the machine.
const AT_ONCE: usize = 1;
/// Repairs that may wait for their turn; whoever comes then is told so at once, and not after a minute of a white page.
const WAITING: usize = 5;

static LINE: LazyLock<Line> = LazyLock::new(|| Line::new(AT_ONCE, WAITING));

/// Who works and who waits.
pub struct Line {
    work: Arc<Semaphore>,
    all: Arc<Semaphore>,
}

impl Line {
    /// So many at once, and so many that may wait.
    pub fn new(at_once: usize, waiting: usize) -> Line {
        Line { work: Arc::new(Semaphore::new(at_once)), all: Arc::new(Semaphore::new(at_once + waiting)) }
    }

    /// A place in the line, for as long as it is held.
    ///
    /// # Errors
    /// The line is full.
    pub fn enter(&self) -> Result<OwnedSemaphorePermit> {
        self.all.clone().try_acquire_owned().map_err(|_| {
            let what = "同时要排的临时调整太多，排队的位子也满了。请假还没有登记，值班表没有动。";
            Refusal::new("roster.repairs_full", what, "请过半分钟再点“调整”；实在着急的，另存一版手工改。").into()
        })
    }
}

/// Who is out, from when to when, and why.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    pub user: UserId,
    pub kind: LeaveKind,
    pub from: Date,
    pub until: Date,
}

/// Changes by nearness: tomorrow's cells weigh more than next week's.
pub fn weights(days: usize, first_open: usize) -> Vec<u16> {
    (0..days)
        .map(|d| match d.saturating_sub(first_open) {
            0 | 1 => 8,
            2 | 3 => 5,
            4..=7 => 3,
            _ => 1,
        })
        .collect()
}

/// From when a repair may change anything.
#[derive(Clone, Copy, Debug)]
struct Open {
    today: Date,
    /// Minutes since midnight: shifts of today that begin by then stay with whom they have.
    minute: i64,
    /// First day of the leave that is registered.
    begin: Date,
}

impl Open {
    /// The person's own shift of today has begun and stays.
    fn kept(&self, out: Out) -> bool {
        out.from <= self.today && self.begin > self.today
    }
}

/// What was found for one month.
struct Mended {
    old: Uuid,
    month: Date,
    now: Problem,
    rows: Vec<Vec<u8>>,
    told: Vec<Told>,
    /// What is proven about the changes, and which personal rules had to give.
    notes: Vec<String>,
}

/// Registers the leave and makes a version that changes little of every published roster that it touches: an illness
/// across the end of a month gives two. Publishing them is a step of its own. Returns the versions by month.
///
/// A shift of today that has begun is a fact: it stays with whom it has, and nobody else gets it. The person's own stays too, and
/// the leave is registered from tomorrow; who leaves in the middle signs out, and who stands in is noted by the leader.
///
/// # Errors
/// Right missing, no published roster, days outside it, only a shift that has begun, no repair under the rules, too many
/// others at once.
pub async fn repair(app: &App, act: &Act, out: Out) -> Result<Vec<Uuid>> {
    repair_in(&LINE, app, act, out).await
}

/// As [`repair`], in this line.
///
/// # Errors
/// As [`repair`].
pub async fn repair_in(line: &Line, app: &App, act: &Act, out: Out) -> Result<Vec<Uuid>> {
    act.actor.must(P::RosterPlan)?;
    let _place = line.enter()?;
    let (rules, station) = (app.rules(), act.station);
    let today = kernel::clock::day_of(act.at);
    if out.until < out.from || out.until < today {
        return Err(FieldErrors::one("until", "结束日期应不早于开始日期和今天。"));
    }
    check_leave(out.from, out.until, &[])?;
    let look = app.look(&act.actor, "roster.repair", act.purpose);
    let tomorrow = today.saturating_add(1.days());
    let (open, published, mut facts) = app
        .db()
        .read(&look, async |r: &mut Reader| {
            colleague(r, station, out.user).await?;
            let begun = store::duties_of(r, out.user, today, today).await?.iter().any(|d| d.starts_at <= act.at);
            if begun && out.until == today {
                let next = "中途离岗的，请本人在“今天在岗”点“离岗”；顶班的人由带班领导登记到岗。";
                return Err(Refusal::new("roster.begun", "这个人今天的班已经开始，值班表不再改。", next).into());
            }
            let begin = if begun { out.from.max(tomorrow) } else { out.from.max(today) };
            let minute = (act.at.as_second() - kernel::clock::start_of(today).as_second()) / 60;
            let open = Open { today, minute, begin };
            let (mut published, mut known) = (vec![], vec![]);
            for month in store::published_months(r, station, begin, out.until).await? {
                if let Some(old) = store::published(r, station, month).await? {
                    published.push(old);
                    known.push(facts(r, &rules, station, month).await?);
                }
            }
            if published.is_empty() {
                return Err(Refusal::new("roster.nothing", "这几天还没有已发布的值班表。", "请在“排班人员”里登记请假，再排班。").into());
            }
            Ok((open, published, known))
        })
        .await?;
    let mut mended: Vec<Mended> = vec![];
    let seconds = SECONDS / published.len().max(1) as f64;
    for (old, f) in published.iter().zip(&mut facts) {
        // A month begins after the one before it as that is mended, not as it was published.
        if let Some(m) = mended.last() {
            let roster = s::Roster { rows: m.rows.clone() };
            f.before.retain(|d| d.day.first_of_month() != m.month);
            f.before.extend(duties(&m.now, &roster, m.old).into_iter().map(|x| x.0));
        }
        // Somebody who has no contract in a later month has no duties there either.
        if let Some(m) = month(old, f, out, open, (seconds, line)).await? {
            mended.push(m);
        }
    }
    let Some(first) = mended.first_mut() else { return Err(Error::NotFound("这个人的班")) };
    if open.kept(out) {
        let who = first.now.people.iter().find(|m| m.user == out.user).map_or("", |m| m.name.as_str());
        first.notes.insert(0, format!("{who}今天的班已经开始，值班表不动，请假从明天起登记；中途离岗请本人登记，顶班的由带班领导登记到岗。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            // A day whose duty has begun is none of the leave.
            if open.kept(out) {
                if out.from < today {
                    cover_leave(tx, station, Out { until: today.saturating_sub(1.days()), ..out }).await?;
                }
                cover_leave(tx, station, Out { from: open.begin, ..out }).await?;
            } else {
                cover_leave(tx, station, out).await?;
            }
            let mut made = vec![];
            for m in &mended {
                let after: Problem = super::problem(tx, &rules, station, m.month).await?;
                let rows = build::carry(&m.now, &m.rows, &after)?.rows;
                let others: Vec<String> = mended.iter().filter(|x| x.month != m.month).map(|x| format!("{} 月", x.month.month())).collect();
                let mut notes = m.notes.clone();
                if !others.is_empty() {
                    notes.push(format!("请假跨月，{}的值班表也排出了临时调整的一版，请按月份先后分别发布。", others.join("、")));
                }
                let plan = fresh_plan(tx, m.month, Origin::Repaired, State::Ready, after, rows)?;
                let plan = Plan { parent: Some(m.old), changes: Json(m.told.clone()), ended_how: notes.concat(), ..plan };
                store::insert_plan(tx, &plan).await?;
                tx.record("roster.repair", &[("roster_plan", plan.id), ("user", out.user.0)], &format!("{out:?}"));
                tx.emit("roster.plan", plan.id);
                made.push(plan.id);
            }
            Ok(made)
        })
        .await
}

/// Registers the days of the leave that are not registered yet; what was entered before stays as it is.
async fn cover_leave(tx: &mut Tx, station: StationId, out: Out) -> Result<()> {
    let known: Vec<Leave> = store::leave(tx, station, out.from, out.until).await?.into_iter().filter(|l| l.user_id == out.user).collect();
    for (from, until) in uncovered(out.from, out.until, &known) {
        put_leave(tx, station, out.user, out.kind, from, until).await?;
    }
    Ok(())
}

/// The repaired roster of one month; none for somebody who is not in it.
async fn month(old: &Plan, f: &Facts, out: Out, open: Open, (seconds, line): (f64, &Line)) -> Result<Option<Mended>> {
    let now = build::problem(f)?;
    let roster = build::carry(&old.problem.0, &old.cells.0, &now)?;
    let Some(person) = now.people.iter().position(|m| m.user == out.user) else { return Ok(None) };
    let first_open = now.days.iter().position(|d| d.date >= open.today).unwrap_or(0);
    let begun = if now.days[first_open].date == open.today { begun(&now.kinds, first_open, open.minute) } else { vec![] };
    let inside: Vec<usize> = (0..now.days.len()).filter(|&d| now.days[d].date >= open.begin && now.days[d].date <= out.until).collect();
    let (Some(&from), Some(&to)) = (inside.first(), inside.last()) else { return Ok(None) };
    let absence = s::Absence { person, from, to };
    let turn = line.work.clone().acquire_owned().await.map_err(Error::internal)?;
    let worker = tokio::task::spawn_blocking({
        let (now, roster) = (now.clone(), roster.clone());
        move || {
            // Kept until the work ends, whether anybody still waits for it or not.
            let _turn = turn;
            solve(&now, &roster, absence, (first_open, &begun), seconds)
        }
    });
    let done = match worker.await.map_err(Error::internal)? {
        Ok(done) => done,
        Err(s::NoRoster::Person { person }) => {
            let who = now.people.get(person).map_or("", |m| m.name.as_str());
            return Err(Refusal::new("roster.no_repair", format!("{who}的规则和已上的班使他没有任何排法。"), "请手工调整：另存一版再改。").into());
        }
        Err(e) => return Err(Error::internal(e)),
    };
    let what = format!("{}（{} 至 {}）", out.kind.label(), out.from, out.until);
    let mut told = words::repair(&now, &roster, &done, &[(person, what)]);
    told.sort_by_key(|t| t.day);
    let mut notes = vec![];
    if !told.is_empty() {
        notes.push(words::least(done.cost, done.least));
    }
    if !done.eased.is_empty() {
        notes.push(format!("{}。", words::eased(&now, &done.eased).join("；")));
    }
    Ok(Some(Mended { old: old.id, month: old.month, rows: done.roster.rows, now, told, notes }))
}

/// (day, kind) of shifts that have begun by this minute of the day.
fn begun(kinds: &[Kind], day: usize, minute: i64) -> Vec<(usize, usize)> {
    (0..kinds.len()).filter(|&k| kinds[k].start <= minute).map(|k| (day, k)).collect()
}

fn solve(p: &Problem, published: &s::Roster, absence: s::Absence, (first_open, settled): (usize, &[(usize, usize)]), seconds: f64) -> std::result::Result<s::Repaired, s::NoRoster> {
    let model = build::model(p);
    let stop = AtomicBool::new(false);
    let change = weights(p.days.len(), first_open);
    let repair = s::Repair { model: &model, published, absences: &[absence], first_open, begun: settled, change: &change };
    let search = |seconds: f64| {
        let begun = Instant::now();
        let elapsed = move || begun.elapsed().as_secs_f64();
        s::repair(&repair, &s::Control { elapsed: &elapsed, seconds, stop: &stop, seed: 1, threads: 2, rounds: None })
    };
    let barred = |done: &s::Repaired| judge(p, &done.roster).findings.iter().filter(|f| f.bars).count();
    let first = search(seconds)?;
    if barred(&first) == 0 || first.fewest {
        return Ok(first);
    }
    let Ok(again) = search(seconds * PATIENCE) else { return Ok(first) };
    Ok(if barred(&again) < barred(&first) { again } else { first })
}
