//! What follows the publication: swaps with approval, a calendar feed.

use super::plan::{holding, see};
use super::publish::put_out;
use super::solve::fresh_plan;
use crate::model::{Origin, Plan, State, Swap, SwapState, Told};
use crate::rules::{self, judge, swap as rule};
use crate::store;
use kernel::row::Json;
use kernel::{Act, Actor, App, Date, Error, FieldErrors, Permission as P, Purpose, Reader, Refusal, Result, Role, ToSpan, Tx, UserId, Uuid};
use notices::model::NewTask;

/// A request: the person acting gives the duty of a day to another, and takes one of theirs when `to_day` is given.
///
/// # Errors
/// No published roster, past days, or what [`rule::swapped`] refuses.
pub async fn ask_swap(app: &App, act: &Act, from_day: Date, to_user: UserId, to_day: Option<Date>, note: &str) -> Result<Uuid> {
    act.actor.must(P::RosterSee)?;
    let (rules, station, me) = (app.rules(), act.station, act.actor.user);
    let today = kernel::clock::day_of(act.at);
    let mut errors = FieldErrors::default();
    if from_day <= today {
        errors.add("from_day", "只能调今天以后的班。");
    }
    if to_day.is_some_and(|d| d <= today) {
        errors.add("to_day", "只能调今天以后的班。");
    }
    if to_day.is_some_and(|d| d.first_of_month() != from_day.first_of_month()) {
        errors.add("to_day", "只能在同一个月的值班表里调；跨月的分两次办。");
    }
    if note.chars().count() > 100 {
        errors.add("note", "说明最多 100 字。");
    }
    errors.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let (plan, now, roster) = holding(tx, &rules, station, from_day.first_of_month()).await?;
            rule::swapped(&now, &roster, me, from_day, to_user, to_day)?;
            let s = Swap {
                id: tx.fresh(),
                plan_id: plan.id,
                from_user: me,
                from_day,
                to_user,
                to_day,
                note: note.trim().into(),
                state: SwapState::Asked,
                asked_at: tx.now(),
                why: String::new(),
            };
            store::insert_swap(tx, station, &s).await?;
            task(tx, s.id, "有人请您调班，请答复", Some(to_user), None).await?;
            tx.record("roster.ask_swap", &[("roster_swap", s.id)], &format!("{s:?}"));
            tx.emit("roster.swap", s.id);
            Ok(s.id)
        })
        .await
}

async fn task(tx: &mut Tx, id: Uuid, title: &str, to_user: Option<UserId>, to_role: Option<Role>) -> Result<()> {
    let due = tx.now().checked_add(std::time::Duration::from_secs(86_400)).unwrap_or(tx.now());
    let station = tx.act().station;
    let new = NewTask { station, kind: "roster.swap", title: title.into(), path: "/roster/swaps".into(), record: id, to_user, to_role, due };
    notices::actions::put(tx, new).await.map(|_| ())
}

/// The answer of the other person, the withdrawal of the first, or the decision of the planner. An approved swap
/// becomes a version of its own, which is published at once.
///
/// # Errors
/// Not theirs to answer, decided already, or the roster has changed so that it does not fit any more.
pub async fn step_swap(app: &App, act: &Act, id: Uuid, to: SwapState, why: &str) -> Result<()> {
    act.actor.must(P::RosterSee)?;
    if why.chars().count() > 200 {
        return Err(FieldErrors::one("why", "理由最多 200 字。"));
    }
    let (rules, station, me) = (app.rules(), act.station, act.actor.user);
    let today = kernel::clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let s = store::swap(tx, station, id).await?;
            rules::may_step(&s, to, me, act.actor.may(P::RosterPlan))?;
            if to == SwapState::Done {
                if s.from_day <= today || s.to_day.is_some_and(|d| d <= today) {
                    return Err(Refusal::new("roster.swap_late", "要调的班已经开始或者过去。", "请拒绝这个申请。").into());
                }
                carry_out(tx, &rules, &s).await?;
            }
            store::set_swap(tx, station, &s, to, why.trim()).await?;
            notices::actions::done_all(tx, id).await?;
            if to == SwapState::Agreed {
                task(tx, id, "调班申请待批准", None, Some(Role::DutyLeader)).await?;
            }
            tx.record(&format!("roster.swap_{}", to.code()), &[("roster_swap", id)], why);
            tx.emit("roster.swap", id);
            Ok(())
        })
        .await
}

async fn carry_out(tx: &mut Tx, rules: &kernel::rules::RuleSet, s: &Swap) -> Result<()> {
    let station = tx.act().station;
    let month = s.from_day.first_of_month();
    // Both are judged by what holds now: leave that was entered since the publication bars a duty on its days.
    let (plan, now, roster) = holding(tx, rules, station, month).await?;
    let after = rule::swapped(&now, &roster, s.from_user, s.from_day, s.to_user, s.to_day)?;
    let mut told = vec![];
    for (i, m) in now.people.iter().enumerate() {
        for (d, day) in now.days.iter().enumerate() {
            let label = |k: Option<usize>| k.map_or("休息".to_string(), |k| now.kinds[k].label());
            let (was, is) = (roster.at(i, d), after.at(i, d));
            if was != is {
                told.push(Told { day: day.date, user: m.user, who: m.name.clone(), before: label(was), after: label(is), why: "双方同意调班，经批准。".into() });
            }
        }
    }
    let new = fresh_plan(tx, month, Origin::Swapped, State::Ready, now, after.rows)?;
    let new = Plan { parent: Some(plan.id), changes: Json(told), ..new };
    store::insert_plan(tx, &new).await?;
    let seen = see(tx, rules, station, new.id).await?;
    // Approving a swap is no leave to publish what the leader has not passed: the reason is that of the former version.
    if let Err(Error::Refused(why)) = judge::may_publish(&seen.judged, &plan.reason) {
        let what = format!("已发布的值班表现在另有不符合规则的地方，批准调班就等于带着它们重新发布。{}", why.what);
        return Err(Refusal::new("roster.swap_first", what, "请先在已发布的值班表里办“临时调整”，由所领导发布后再批准。").into());
    }
    put_out(tx, seen, 1, &plan.reason).await
}

/// A fresh secret address for the calendar of the person acting; the former one ends. It is shown once.
pub async fn make_feed(app: &App, act: &Act) -> Result<String> {
    act.actor.must(P::RosterSee)?;
    let (station, me) = (act.station, act.actor.user);
    let (secret, hash) = app.vault().session_token();
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::set_feed(tx, station, me, &hash).await?;
            tx.record("roster.feed", &[("user", me.0)], "");
            Ok(())
        })
        .await?;
    Ok(secret)
}

/// Ends it.
pub async fn end_feed(app: &App, act: &Act) -> Result<()> {
    let (station, me) = (act.station, act.actor.user);
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::end_feed(tx, station, me).await?;
            tx.record("roster.end_feed", &[("user", me.0)], "");
            Ok(())
        })
        .await
}

/// The calendar behind a secret address: two months back to the end of what is published.
///
/// # Errors
/// An address that is not, or no longer, one.
pub async fn feed(app: &App, secret: &str) -> Result<String> {
    let hash = app.vault().session_hash(secret);
    let today = app.today();
    let look = app.look(&Actor::system(), "roster.feed", Purpose::OwnMatter);
    let (user, duties) = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (_, user) = store::feed(r, &hash).await?.ok_or(Error::NotFound("这个日历"))?;
            match identity::store::find_user(r, user).await? {
                Some(u) if u.disabled_at.is_none() => {}
                _ => return Err(Error::NotFound("这个日历")),
            }
            Ok((user, store::duties_of(r, user, today.saturating_sub(62.days()), today.saturating_add(200.days())).await?))
        })
        .await?;
    Ok(crate::calendar::text(user, &duties, app.now()))
}

/// Records that a version was taken as a file, and what for.
pub async fn exported(app: &App, act: &Act, id: Uuid, reason: &str) -> Result<()> {
    act.actor.must(P::DataExport)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            tx.record("roster.export", &[("roster_plan", id)], reason);
            Ok(())
        })
        .await
}
