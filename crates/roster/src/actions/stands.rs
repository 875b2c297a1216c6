//! 到岗和离岗: who is at a post from when to when, what was forgotten, and what became of a month.

use crate::model::{Duty, Limits, Presence, Stand};
use crate::rules::load::{self, Load};
use crate::rules::stood::{self, Kept, Stretch};
use crate::rules::{self, build};
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Act, Actor, App, Date, Error, FieldErrors, Permission as P, Purpose, Reader, Refusal, Result, StationId, Timestamp, ToSpan, Tx, UserId, Uuid, clock};
use notices::model::NewTask;

/// Minutes before its beginning from which a duty may be checked in.
const EARLY: i64 = 60;

/// Minutes after the end of a duty after which a stand that nobody ended is told as forgotten.
const FORGOTTEN: i64 = 30;

/// The kind of the task about a forgotten 离岗.
const TASK: &str = "roster.departure";

/// Duties of a person that can be checked in now.
pub fn due_now(duties: &[Duty], now: Timestamp) -> Vec<Duty> {
    let early = clock::from_micros(now.as_microsecond() + EARLY * 60_000_000);
    duties.iter().filter(|d| d.starts_at <= early && now < d.ends_at).cloned().collect()
}

/// Signs a person in for a duty and begins a stand; false when they stand there already.
async fn arrive(tx: &mut Tx, d: &Duty) -> Result<bool> {
    let (station, me) = (tx.act().station, tx.act().actor.user);
    let first = store::insert_presence(tx, station, me, d.day, d.shift_id, "").await?;
    // Somebody whom a leader noted for the whole duty is not asked to sign in and out as well.
    if !first && store::presence_of(tx, station, me, d.day, d.shift_id).await?.is_some_and(|p| !p.note.is_empty()) {
        return Ok(false);
    }
    if !store::insert_stand(tx, station, me, d.day, d.shift_id, d.ends_at).await? {
        return Ok(false);
    }
    tx.record("roster.check_in", &[("user", me.0)], &format!("{} {}", d.day, d.shift_id));
    tx.emit("roster.presence", d.shift_id);
    Ok(true)
}

/// The person acting is at the post: for the first time, or back from where they went.
///
/// # Errors
/// No duty at this moment, or there already.
pub async fn check_in(app: &App, act: &Act, day: Date, shift: Uuid) -> Result<()> {
    act.actor.must(P::RosterSee)?;
    let (me, now) = (act.actor.user, act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let mine = store::duties_of(tx, me, day, day).await?;
            let Some(d) = due_now(&mine, now).into_iter().find(|d| d.shift_id == shift) else {
                return Err(Refusal::new("roster.not_now", "现在不是这一班的到岗时间。", "开班前一小时到下班前可以签到；其余请带班领导登记。").into());
            };
            if !arrive(tx, &d).await? {
                return Err(Refusal::new("roster.there", "这一班已经签到。", "不用再签。").into());
            }
            Ok(())
        })
        .await
}

/// The person acting leaves the post; why is kept.
///
/// # Errors
/// Not at this post, no reason.
pub async fn check_out(app: &App, act: &Act, day: Date, shift: Uuid, why: &str) -> Result<()> {
    act.actor.must(P::RosterSee)?;
    if why.trim().is_empty() || why.chars().count() > 30 {
        return Err(FieldErrors::one("why", "请写明去向，30 字以内，例如“下班”“用餐”“出警”。"));
    }
    let (station, me) = (act.station, act.actor.user);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let open = store::open_stands(tx, station).await?;
            let Some(s) = open.into_iter().find(|s| (s.user_id, s.day, s.shift_id) == (me, day, shift)) else {
                return Err(Refusal::new("roster.not_there", "您现在不在这一班岗上。", "不用离岗。").into());
            };
            leave(tx, s.id, shift, why.trim()).await
        })
        .await
}

async fn leave(tx: &mut Tx, id: Uuid, shift: Uuid, why: &str) -> Result<()> {
    let (station, me) = (tx.act().station, tx.act().actor.user);
    store::end_stand(tx, station, id, why).await?;
    notices::actions::done_for(tx, id, TASK).await?;
    tx.record("roster.check_out", &[("user", me.0), ("roster_stand", id)], why);
    tx.emit("roster.presence", shift);
    Ok(())
}

/// Inside another domain's command: the person acting is at work, so duties of theirs that can be checked in now are.
/// Returns how many were.
pub async fn present(tx: &mut Tx) -> Result<usize> {
    let (me, now) = (tx.act().actor.user, tx.now());
    let today = clock::day_of(now);
    let mine = store::duties_of(tx, me, today.saturating_sub(1.days()), today).await?;
    let mut noted = 0;
    for d in due_now(&mine, now) {
        noted += usize::from(arrive(tx, &d).await?);
    }
    Ok(noted)
}

/// Inside another domain's command: the person acting has left the window, so stands of theirs at posts of kind 窗口 end.
pub async fn absent(tx: &mut Tx, why: &str) -> Result<()> {
    let (station, me) = (tx.act().station, tx.act().actor.user);
    for id in store::at_window(tx, station, me).await? {
        let s = store::stand(tx, station, id).await?;
        leave(tx, id, s.shift_id, why).await?;
    }
    Ok(())
}

/// Says afterwards when somebody left who forgot to: the person, or who plans. The moment and the reason stay beside it.
///
/// # Errors
/// Somebody else's, the duty still runs, a moment before the arrival or ahead, no reason, told already.
pub async fn tell_departure(app: &App, act: &Act, id: Uuid, at: Timestamp, why: &str) -> Result<()> {
    act.actor.must(P::RosterSee)?;
    let (station, me) = (act.station, act.actor.user);
    let mut e = FieldErrors::default();
    if why.trim().chars().count() < 2 || why.chars().count() > 100 {
        e.add("why", "请写明为什么当时没有登记、凭什么知道这个时间，2 到 100 字。");
    }
    if at > act.at {
        e.add("at", "离岗时间不能在现在以后。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let s = store::stand(tx, station, id).await?;
            if s.user_id != me && !tx.act().actor.may(P::RosterPlan) {
                return Err(Error::NotFound("这次在岗"));
            }
            if s.ended_at.is_some() {
                return Err(Refusal::new("roster.left", "这次离岗已经登记。", "请看本页现在的状态。").into());
            }
            if tx.now() < s.due_at {
                return Err(Refusal::new("roster.still_on", "这一班还没有结束。", "在岗的人自己点“离岗”。").into());
            }
            if at < s.began_at {
                return Err(FieldErrors::one("at", format!("离岗时间不能早于到岗（{}）。", clock::show(s.began_at))));
            }
            store::tell_end(tx, station, id, at, why.trim()).await?;
            notices::actions::done_for(tx, id, TASK).await?;
            tx.record("roster.tell_departure", &[("user", s.user_id.0), ("roster_stand", id)], why);
            tx.emit("roster.presence", s.shift_id);
            Ok(())
        })
        .await
}

/// The leader notes who was really there, planned or not.
pub async fn note_presence(app: &App, act: &Act, user: UserId, day: Date, shift: Uuid, note: &str) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    let today = clock::day_of(act.at);
    if day > today || day < today.saturating_sub(31.days()) {
        return Err(FieldErrors::one("day", "只能登记今天和以前一个月内的到岗。"));
    }
    if note.trim().chars().count() < 2 || note.chars().count() > 100 {
        return Err(FieldErrors::one("note", "请写明情况，2 到 100 字，例如“临时顶班”。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            super::colleague(tx, station, user).await?;
            if !store::duties(tx, station, day, day).await?.iter().any(|d| d.shift_id == shift) {
                return Err(Error::NotFound("这一班岗"));
            }
            if !store::insert_presence(tx, station, user, day, shift, note.trim()).await? {
                return Err(Refusal::new("roster.there", "这个人这一班已经登记到岗。", "不用再登记。").into());
            }
            tx.record("roster.note_presence", &[("user", user.0)], note);
            tx.emit("roster.presence", shift);
            Ok(())
        })
        .await
}

/// Clocked: whoever did not leave by half an hour after the duty's end is asked when that was. Nothing is set by itself.
pub async fn ask_departures(app: &App) -> Result<()> {
    let look = app.look(&Actor::system(), "roster.departures", Purpose::Administration);
    let before = clock::from_micros(app.now().as_microsecond() - FORGOTTEN * 60_000_000);
    let list = app.db().read(&look, async |r: &mut Reader| store::forgotten(r, before).await).await?;
    for (station, id, user) in list {
        let act = app.act(&Actor::system(), "roster.departures", Purpose::Administration, app.fresh_command()).in_station(station);
        app.db()
            .write(&act, async |tx: &mut Tx| {
                if store::mark_told(tx, station, id).await? {
                    let title = "下班没有登记离岗，请补记离岗时间".to_string();
                    let due = tx.now().checked_add(std::time::Duration::from_secs(86_400)).unwrap_or(tx.now());
                    let task = NewTask { station, kind: TASK, title, path: "/roster/today".into(), record: id, to_user: Some(user), to_role: None, due };
                    notices::actions::put(tx, task).await?;
                }
                tx.record("roster.departures", &[("roster_stand", id)], "");
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// What became of a post in a month.
pub struct PostMonth {
    pub id: Uuid,
    pub name: String,
    /// The windows of the station hang on it; what happens there is counted at the windows.
    pub window: bool,
    pub kept: Kept,
}

/// A post of today's roster: the whole day's plan, what became of it up to now, and whether somebody is there.
pub struct PostDay {
    pub id: Uuid,
    pub name: String,
    /// The windows of the station hang on it; what happens there is counted at the windows.
    pub window: bool,
    pub plan: Vec<Stretch>,
    pub kept: Kept,
    /// People who are there now.
    pub there: usize,
    /// Seconds since the epoch.
    pub now: i64,
}

impl PostDay {
    /// Somebody should be there now.
    pub fn is_open(&self) -> bool {
        self.plan.iter().any(|s| s.0 <= self.now && self.now < s.1)
    }
    /// Minutes of the present gap; 0 where there is none.
    pub fn gap(&self) -> i64 {
        if !self.is_open() || self.there > 0 {
            return 0;
        }
        self.kept.empty.last().filter(|s| s.1 >= self.now).map_or(0, |s| (s.1 - s.0) / 60)
    }
    /// `空岗 12 分钟`, `刚到点，还没有人`, `在岗 2 人`, `还没到时间`, `今天的岗已经结束`.
    pub fn state(&self) -> String {
        match (self.is_open(), self.there) {
            (true, 0) if self.gap() == 0 => "刚到点，还没有人".into(),
            (true, 0) => format!("空岗 {} 分钟", self.gap()),
            (true, n) => format!("在岗 {n} 人"),
            (false, n) if n > 0 => format!("计划外在岗 {n} 人"),
            _ if self.plan.iter().any(|s| s.0 > self.now) => "还没到时间".into(),
            _ => "今天的岗已经结束".into(),
        }
    }
    pub fn badge(&self) -> &'static str {
        match (self.is_open(), self.there) {
            (true, 0) if self.gap() == 0 => "badge--warn",
            (true, 0) => "badge--danger",
            (true, _) => "badge--ok",
            _ => "badge--quiet",
        }
    }
    pub fn plan_text(&self) -> String {
        stood::clocks(&self.plan)
    }
    pub fn gaps_text(&self) -> String {
        stood::clocks(&self.kept.empty)
    }
    pub fn planned_minutes(&self) -> i64 {
        stood::seconds(&self.kept.planned) / 60
    }
    pub fn empty_minutes(&self) -> i64 {
        stood::seconds(&self.kept.empty) / 60
    }
}

/// A person's month with the limit of the working hours.
pub struct PersonMonth {
    pub name: String,
    pub load: Load,
    /// Minutes of the contracts in the month, and the most that the rule allows; `None` without a contract.
    pub limit: Option<(i64, i64)>,
}

/// A month as it became, up to now.
pub struct Month {
    pub posts: Vec<PostMonth>,
    pub people: Vec<PersonMonth>,
    pub limits: Limits,
    /// Mondays of the calendar weeks that the hours are told by.
    pub weeks: Vec<Date>,
    /// Duties whose end nobody told; they count until the end of the duty.
    pub unsure: usize,
}

/// All that a report on a span of days needs: two days more before it and one after.
struct Seen {
    duties: Vec<Duty>,
    presence: Vec<Presence>,
    stands: Vec<Stand>,
}

async fn seen(r: &mut Reader, station: StationId, first: Date, last: Date) -> Result<Seen> {
    let (from, until) = (first.saturating_sub(2.days()), last.saturating_add(1.days()));
    Ok(Seen {
        duties: store::duties(r, station, from, until).await?,
        presence: store::presence(r, station, from, until).await?,
        stands: store::stands(r, station, from, until).await?,
    })
}

/// Minutes of the posts in a month, up to now.
async fn posts_of(r: &mut Reader, station: StationId, first: Date, last: Date, s: &Seen) -> Result<Vec<PostMonth>> {
    let (now, from) = (r.now(), clock::start_of(first));
    let until = clock::start_of(last.saturating_add(1.days())).min(now);
    let duties = store::post_duties(r, station, first.saturating_sub(2.days()), last).await?;
    let there = stood::stood(&s.stands, &s.presence, &s.duties, now);
    let names = store::post_names(r, station).await?;
    let shifts = store::shift_posts(r, station).await?;
    let mut out = vec![];
    for (id, name, window) in names {
        let at: Vec<Stretch> = there.iter().filter(|x| shifts.iter().any(|(shift, post)| *shift == x.shift && *post == id)).map(|x| (x.from, x.until)).collect();
        let kept = stood::keep(id, &duties, &at, from, until);
        if !kept.planned.is_empty() {
            out.push(PostMonth { id, name, window, kept });
        }
    }
    Ok(out)
}

/// The posts of a month, for the lines behind the figures.
pub async fn post_month(r: &mut Reader, station: StationId, first: Date) -> Result<Vec<PostMonth>> {
    let last = first.last_of_month();
    let s = seen(r, station, first, last).await?;
    posts_of(r, station, first, last, &s).await
}

/// The posts of today minute by minute, up to now, each that is planned at some time of the day.
pub async fn post_day(r: &mut Reader, station: StationId) -> Result<Vec<PostDay>> {
    let now = r.now();
    let today = clock::day_of(now);
    let (from, until) = (clock::start_of(today), clock::start_of(today.saturating_add(1.days())));
    let s = seen(r, station, today, today).await?;
    let duties = store::post_duties(r, station, today.saturating_sub(2.days()), today).await?;
    let there = stood::stood(&s.stands, &s.presence, &s.duties, now);
    let shifts = store::shift_posts(r, station).await?;
    let mut out = vec![];
    for (id, name, window) in store::post_names(r, station).await? {
        let at: Vec<&stood::Stood> = there.iter().filter(|x| shifts.iter().any(|(shift, post)| *shift == x.shift && *post == id)).collect();
        let spans: Vec<Stretch> = at.iter().map(|x| (x.from, x.until)).collect();
        let plan = stood::keep(id, &duties, &[], from, until).planned;
        if plan.is_empty() {
            continue;
        }
        // Who signed in and has not left, and whom a leader noted for a duty that runs.
        let open = s.stands.iter().filter(|x| x.post_id == id && x.ended_at.is_none() && x.began_at <= now && now < x.due_at).map(|x| x.user_id);
        let noted = at.iter().filter(|x| x.from <= now.as_second() && x.until >= now.as_second() && !x.sure).map(|x| x.user);
        let mut users: Vec<UserId> = open.chain(noted).collect();
        users.sort_unstable();
        users.dedup();
        let kept = stood::keep(id, &duties, &spans, from, now);
        out.push(PostDay { id, name, window, plan, kept, there: users.len(), now: now.as_second() });
    }
    Ok(out)
}

/// The month that begins with `first`: empty minutes of posts, load and rest of people. Marks whom it shows.
pub async fn month(r: &mut Reader, rules: &RuleSet, station: StationId, first: Date) -> Result<Month> {
    let last = first.last_of_month();
    let set = store::rules(r, station).await?;
    let limits = rules::limits(rules, &set, first)?;
    let weeks = load::weeks(first, last);
    // A week that lies in two months is told whole.
    let sunday = weeks.last().map_or(last, |m| m.saturating_add(6.days()));
    let s = seen(r, station, weeks.first().map_or(first, |m| first.min(*m)), sunday.max(last)).await?;
    let posts = posts_of(r, station, first, last, &s).await?;
    let there = stood::stood(&s.stands, &s.presence, &s.duties, r.now());
    let counts = store::counts(r, station).await?;
    let loads = load::loads(&s.duties, &there, &load::Measure { counts: &counts, first, last, rest_hours: limits.rest_hours });
    let users: Vec<UserId> = loads.iter().map(|l| l.user).collect();
    let names = identity::store::names(r, &users).await?;
    users.iter().for_each(|u| r.saw("user", *u));
    // Without posts or contracts there is no problem to read the hours from, and no limit to compare with.
    let problem = match super::problem(r, rules, station, first).await {
        Ok(p) => Some(p),
        Err(Error::Refused(_)) => None,
        Err(e) => return Err(e),
    };
    let limit = |u: UserId| {
        let p = problem.as_ref()?;
        let hours = build::target(p, p.people.iter().find(|m| m.user == u)?).0;
        Some((hours, hours * (100 + limits.over_percent) / 100))
    };
    let unsure = loads.iter().map(|l| l.unsure).sum();
    let mut people: Vec<PersonMonth> = loads
        .into_iter()
        .map(|l| PersonMonth { name: names.iter().find(|n| n.0 == l.user).map_or("—".into(), |n| n.1.clone()), limit: limit(l.user), load: l })
        .collect();
    people.sort_by_key(|p| (std::cmp::Reverse(p.load.actual.minutes), p.load.user));
    Ok(Month { posts, people, limits, weeks, unsure })
}
