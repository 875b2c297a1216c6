//! 上门办理: who goes and when, or why not, and that it is done.

use super::booking::must_be_open;
use crate::model::{Booking, BookingState, Channel, moment};
use crate::store;
use kernel::{Act, App, Date, Error, FieldErrors, Permission as P, Refusal, Result, ToSpan, Tx, UserId, Uuid, clock};
use notices::model::NewTask;

async fn door(tx: &mut Tx, id: Uuid) -> Result<Booking> {
    let station = tx.act().station;
    let b = store::booking(tx, station, id).await?;
    if b.channel != Channel::Door {
        return Err(Error::NotFound("这个上门申请"));
    }
    must_be_open(&b)?;
    Ok(b)
}

/// Sends somebody to a door service on a day at a time; they get a task, the resident sees the time on the receipt page.
///
/// # Errors
/// Not an open door request, a time that is past, somebody of another station or without the right.
pub async fn send(app: &App, act: &Act, id: Uuid, officer: UserId, day: Date, minute: i64) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let station = act.station;
    let today = clock::day_of(act.at);
    if day > today.saturating_add(60.days()) || !(0..1_440).contains(&minute) || moment(day, minute) <= act.at {
        return Err(FieldErrors::one("day", "上门时间应在现在以后、60 天以内。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let b = door(tx, id).await?;
            let who = identity::store::find_user(tx, officer).await?.filter(|u| u.station_id == station && u.disabled_at.is_none());
            let who = who.ok_or(Error::NotFound("这个人"))?;
            if !who.role.may(P::WindowServe) {
                return Err(Refusal::new("windows.may_not", format!("“{}”没有窗口办理的权限，不能单独上门办理。", who.role.label()), "请派民警或者窗口人员，辅警可以同去。").into());
            }
            store::assign(tx, &b, officer, day, minute).await?;
            notices::actions::done_all(tx, id).await?;
            let task = NewTask {
                station,
                kind: "windows.visit",
                title: format!("上门办理：{day} {}（{}）", crate::model::clock(minute), b.number),
                path: format!("/windows/bookings/{id}"),
                record: id,
                to_user: Some(officer),
                to_role: None,
                due: moment(day, minute).checked_add(std::time::Duration::from_secs(7_200)).unwrap_or(act.at),
            };
            notices::actions::put(tx, task).await?;
            tx.record("windows.send", &[("window_booking", id), ("user", officer.0)], &format!("{day} {minute}"));
            tx.emit("windows.booking", id);
            Ok(())
        })
        .await
}

/// Says why nobody can come.
pub async fn decline(app: &App, act: &Act, id: Uuid, why: &str) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    if why.trim().chars().count() < 4 || why.chars().count() > 200 {
        return Err(FieldErrors::one("why", "请写明原因和别的办法，4 到 200 字；申请人看得到。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let b = door(tx, id).await?;
            store::set_state(tx, &b, BookingState::Declined, why).await?;
            notices::actions::done_all(tx, id).await?;
            tx.record("windows.decline", &[("window_booking", id)], why);
            tx.emit("windows.booking", id);
            Ok(())
        })
        .await
}

/// The visit took place; what came of it in a sentence.
pub async fn visited(app: &App, act: &Act, id: Uuid, result: &str) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    if result.trim().chars().count() < 2 || result.chars().count() > 200 {
        return Err(FieldErrors::one("result", "请写明办理情况，2 到 200 字。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let b = door(tx, id).await?;
            if b.officer_id.is_none() {
                return Err(Refusal::new("windows.nobody_sent", "还没有派人上门。", "请先派人。").into());
            }
            store::set_state(tx, &b, BookingState::Done, result).await?;
            notices::actions::done_all(tx, id).await?;
            tx.record("windows.visited", &[("window_booking", id)], result);
            tx.emit("windows.booking", id);
            Ok(())
        })
        .await
}
