//! Posts, values of rules, contracts, qualifications, leave, wishes.

use super::{colleague, month_of};
use crate::model::{Contract, Leave, LeaveKind, Need, PostSet, Skill, Wish};
use crate::{rules, store};
use kernel::{Act, App, Date, Error, FieldErrors, Permission as P, Result, Tx, UserId, Uuid};

/// Keeps a post, a new one when its id is nil. Errors: right missing, what does not fit, changed by others.
pub async fn save_post(app: &App, act: &Act, mut set: PostSet) -> Result<Uuid> {
    act.actor.must(P::RosterPlan)?;
    set.post.station_id = act.station;
    let fresh = set.post.id.is_nil();
    app.db()
        .write(act, async |tx: &mut Tx| {
            if fresh {
                set.post.id = tx.fresh();
                if store::posts(tx, set.post.station_id).await?.len() >= 20 {
                    return Err(FieldErrors::one("name", "岗位最多 20 个，请先停用不用的。"));
                }
            } else {
                // Its shifts are its own: no id of another post's shift is taken over.
                let old = store::post(tx, set.post.station_id, set.post.id).await?;
                for s in &mut set.shifts {
                    if !s.id.is_nil() && !old.shifts.iter().any(|x| x.id == s.id) {
                        return Err(Error::NotFound("这个班次"));
                    }
                }
            }
            for s in &mut set.shifts {
                s.post_id = set.post.id;
                if s.id.is_nil() {
                    let id: Uuid = tx.fresh();
                    // Needs name a new shift by its place, as position.
                    let place = s.position;
                    set.needs.iter_mut().filter(|n| n.shift_id == Some(placeholder(place))).for_each(|n| n.shift_id = Some(id));
                    s.id = id;
                }
            }
            rules::check_post(&set)?;
            store::save_post(tx, &set, fresh).await?;
            tx.record("roster.post", &[("roster_post", set.post.id)], &format!("{set:?}"));
            tx.emit("roster.setup", set.post.id);
            Ok(set.post.id)
        })
        .await
}

/// Puts needs by the quarter hour in the place of a post's needs, inside a write of the domain that worked them out; its
/// shifts stay. Returns the post as it is now.
///
/// # Errors
/// Right missing, a post of another station, a quarter hour that no shift covers (by the field of its kind of day).
pub async fn put_need(tx: &mut Tx, post: Uuid, needs: Vec<Need>) -> Result<PostSet> {
    tx.act().actor.must(P::RosterPlan)?;
    let station = tx.act().station;
    let mut set = store::post(tx, station, post).await?;
    set.post.by_quarter = true;
    set.needs = needs;
    rules::check_post(&set)?;
    store::save_post(tx, &set, false).await?;
    tx.record("roster.post", &[("roster_post", post)], &format!("{set:?}"));
    tx.emit("roster.setup", post);
    Ok(set)
}

/// Stands for a shift that has no id yet, by its place in the form.
pub fn placeholder(place: i64) -> Uuid {
    Uuid::from_u128(place as u128 + 1)
}

/// Takes a post out of use; rosters as published keep it.
pub async fn end_post(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::end_post(tx, station, id).await?;
            tx.record("roster.end_post", &[("roster_post", id)], "");
            tx.emit("roster.setup", id);
            Ok(())
        })
        .await
}

/// Sets a value with the reason for it. Errors: unknown key, out of range, no reason.
pub async fn set_rule(app: &App, act: &Act, key: &str, value: i64, why: &str) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let range = rules::range_of(key).ok_or(Error::NotFound("这条规则"))?;
    let mut errors = FieldErrors::default();
    if !range.contains(&value) {
        errors.add("value", format!("应为 {} 到 {} 之间的整数。", range.start(), range.end()));
    }
    if why.trim().chars().count() < 2 || why.chars().count() > 200 {
        errors.add("why", "请写明依据或者理由，2 到 200 字。");
    }
    errors.ok(())?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::set_rule(tx, station, key, value, why.trim()).await?;
            tx.record("roster.rule", &[("station", station.0)], &format!("{key}={value} {why}"));
            tx.emit("roster.setup", station);
            Ok(())
        })
        .await
}

/// Forbids a shift on the day after another with the reason for it, or takes that back (`barred` false).
///
/// # Errors
/// Right missing, a shift that does not exist, no reason.
pub async fn set_succession(app: &App, act: &Act, pair: (Uuid, Uuid), barred: bool, why: &str) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    if why.trim().chars().count() < 2 || why.chars().count() > 200 {
        return Err(FieldErrors::one("never_why", "请写明依据或者理由，2 到 200 字。"));
    }
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let posts = store::posts(tx, station).await?;
            let known = |id: Uuid| posts.iter().any(|p| p.shifts.iter().any(|s| s.id == id));
            let now = store::successions(tx, station).await?;
            let stands = now.iter().any(|x| (x.before_shift, x.after_shift) == pair);
            match (barred, stands) {
                (true, _) if !known(pair.0) || !known(pair.1) => return Err(Error::NotFound("这个班次")),
                (true, true) => return Err(FieldErrors::one("after", "这两班已经不能相接。")),
                (false, false) => return Err(Error::NotFound("这条不能相接")),
                _ => {}
            }
            store::set_succession(tx, station, pair, barred, why.trim()).await?;
            tx.record("roster.succession", &[("station", station.0)], &format!("{pair:?} {barred} {why}"));
            tx.emit("roster.setup", station);
            Ok(())
        })
        .await
}

/// Adds a contract after the person's others.
pub async fn add_contract(app: &App, act: &Act, mut c: Contract) -> Result<Uuid> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            colleague(tx, station, c.user_id).await?;
            let others = store::contracts_of(tx, station, c.user_id).await?;
            rules::check_contract(&c, &others)?;
            c.id = tx.fresh();
            store::insert_contract(tx, station, &c).await?;
            tx.record("roster.contract", &[("user", c.user_id.0)], &format!("{c:?}"));
            Ok(c.id)
        })
        .await
}

/// Ends a contract on a day, which still belongs to it.
pub async fn end_contract(app: &App, act: &Act, id: Uuid, until: Date) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::end_contract(tx, station, id, until).await?;
            tx.record("roster.end_contract", &[("roster_contract", id)], &until.to_string());
            Ok(())
        })
        .await
}

/// Adds a qualification with its dates.
pub async fn add_skill(app: &App, act: &Act, mut x: Skill) -> Result<Uuid> {
    act.actor.must(P::RosterPlan)?;
    let mut errors = FieldErrors::default();
    if !(1..=20).contains(&x.skill.chars().count()) {
        errors.add("skill", "资质名称应为 1 到 20 字。");
    }
    if x.until_day.is_some_and(|u| u < x.from_day) {
        errors.add("until", "截止日期早于起始日期。");
    }
    errors.ok(())?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            colleague(tx, station, x.user_id).await?;
            x.id = tx.fresh();
            store::insert_skill(tx, station, &x).await?;
            tx.record("roster.skill", &[("user", x.user_id.0)], &format!("{x:?}"));
            Ok(x.id)
        })
        .await
}

/// Ends a qualification on a day, which still belongs to it; a later day is a new one.
///
/// # Errors
/// Right missing, no such qualification, a day before it begins or after it ends anyway.
pub async fn end_skill(app: &App, act: &Act, id: Uuid, until: Date) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let x = store::skill(tx, station, id).await?;
            if until < x.from_day {
                return Err(FieldErrors::one("until", format!("早于起始日期（{}）；登记错了的，请点“撤销”。", x.from_day)));
            }
            if let Some(u) = x.until_day.filter(|u| *u < until) {
                return Err(FieldErrors::one("until", format!("现在到 {u} 为止，只能提前；续期的，请从次日起再登记一段。")));
            }
            store::end_skill(tx, station, id, until).await?;
            tx.record("roster.end_skill", &[("roster_skill", id), ("user", x.user_id.0)], &until.to_string());
            Ok(())
        })
        .await
}

/// Takes a qualification back that was entered by mistake.
pub async fn cancel_skill(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::cancel_skill(tx, station, id).await?;
            tx.record("roster.cancel_skill", &[("roster_skill", id)], "");
            Ok(())
        })
        .await
}

/// Registers leave.
pub async fn add_leave(app: &App, act: &Act, user: UserId, kind: LeaveKind, from: Date, until: Date) -> Result<Uuid> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            colleague(tx, station, user).await?;
            put_leave(tx, station, user, kind, from, until).await
        })
        .await
}

pub(super) async fn put_leave(tx: &mut Tx, station: kernel::StationId, user: UserId, kind: LeaveKind, from: Date, until: Date) -> Result<Uuid> {
    let others: Vec<Leave> = store::leave(tx, station, from, until.max(from)).await?.into_iter().filter(|l| l.user_id == user).collect();
    rules::check_leave(from, until, &others)?;
    let id: Uuid = tx.fresh();
    store::insert_leave(tx, station, &Leave { id, user_id: user, kind, from_day: from, until_day: until }).await?;
    tx.record("roster.leave", &[("user", user.0)], &format!("{} {from} {until}", kind.code()));
    Ok(id)
}

/// Takes leave back.
pub async fn cancel_leave(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::cancel_leave(tx, station, id).await?;
            tx.record("roster.cancel_leave", &[("roster_leave", id)], "");
            Ok(())
        })
        .await
}

/// Settles what a person does on a day, before any search: this shift, or off when there is none; `settled` false lets
/// the cell go. Every later search keeps it.
///
/// # Errors
/// Right missing, a day that is over or too far, no such person or shift, a shift the person may not stand.
pub async fn pin(app: &App, act: &Act, user: UserId, day: Date, shift: Option<Uuid>, settled: bool) -> Result<()> {
    act.actor.must(P::RosterPlan)?;
    let station = act.station;
    let today = kernel::clock::day_of(act.at);
    let month = month_of(day, today)?;
    if day < today {
        return Err(FieldErrors::one("day", "固定安排只能登记今天和以后的日子。"));
    }
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let name = colleague(tx, station, user).await?;
            if settled {
                let p = super::problem(tx, &rules, station, month).await?;
                let Some(m) = p.people.iter().find(|m| m.user == user) else {
                    return Err(FieldErrors::one("person", format!("{name}这个月没有登记身份和工时，不排班；请先登记。")));
                };
                let place = p.days.iter().position(|d| d.date == day).ok_or(Error::NotFound("这一天"))?;
                if let Some(id) = shift {
                    let k = p.kinds.iter().find(|k| k.shift == id).ok_or(Error::NotFound("这个班次"))?;
                    if !crate::rules::build::able(m, k, place) {
                        return Err(FieldErrors::one("shift", format!("{name}那天不能上“{}”：身份、资质或者在岗期间不符合。", k.label())));
                    }
                    if m.on_leave(place).is_some() {
                        return Err(FieldErrors::one("day", format!("{name}那天请假；请先撤销请假，或者换一天。")));
                    }
                }
            }
            store::set_pin(tx, station, user, day, settled.then_some(shift)).await?;
            tx.record("roster.pin", &[("user", user.0)], &format!("{day} {shift:?} {settled}"));
            Ok(())
        })
        .await
}

/// A wish of the person acting. Errors: past, too many in the month, twice for a day.
pub async fn wish(app: &App, act: &Act, day: Date, shift: Option<Uuid>, wants: bool, weight: i64) -> Result<Uuid> {
    act.actor.must(P::RosterSee)?;
    let (station, user) = (act.station, act.actor.user);
    let today = kernel::clock::day_of(act.at);
    let month = month_of(day, today)?;
    if day <= today {
        return Err(FieldErrors::one("day", "愿望只能登记今天以后的日子。"));
    }
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            if let Some(id) = shift
                && !store::posts(tx, station).await?.iter().any(|p| p.shifts.iter().any(|s| s.id == id))
            {
                return Err(Error::NotFound("这个班次"));
            }
            let limits = rules::limits(&rules, &store::rules(tx, station).await?, month)?;
            let mine = store::wishes(tx, station, month, month.last_of_month()).await?;
            let mine: Vec<&Wish> = mine.iter().filter(|w| w.user_id == user).collect();
            if mine.len() as i64 >= limits.most_wishes {
                return Err(FieldErrors::one("day", format!("每月最多登记 {} 个愿望；可以先撤回一个。", limits.most_wishes)));
            }
            if mine.iter().any(|w| w.day == day) {
                return Err(FieldErrors::one("day", "这一天已登记过愿望；可以先撤回。"));
            }
            let w = Wish { id: tx.fresh(), user_id: user, day, shift_id: shift, wants, weight: weight.clamp(1, 3) };
            store::insert_wish(tx, station, &w).await?;
            tx.record("roster.wish", &[("user", user.0)], &format!("{w:?}"));
            Ok(w.id)
        })
        .await
}

/// Takes an own wish back.
pub async fn withdraw_wish(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::RosterSee)?;
    let (station, user) = (act.station, act.actor.user);
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::withdraw_wish(tx, station, user, id).await?;
            tx.record("roster.withdraw_wish", &[("roster_wish", id)], "");
            Ok(())
        })
        .await
}
