//! Services, windows, hours, closures.

use super::recheck;
use crate::model::{Closure, NewService, NewWindow, Week};
use crate::rules::{self, catalogue};
use crate::store;
use kernel::{Act, App, Date, Error, FieldErrors, Permission as P, Refusal, Result, ToSpan, Tx, Uuid};

/// Keeps a service, a new one without `id`.
///
/// # Errors
/// Right missing, a kind that the catalogue does not have, what does not fit, changed by others.
pub async fn save_service(app: &App, act: &Act, id: Option<Uuid>, s: NewService) -> Result<Uuid> {
    act.actor.must(P::WindowManage)?;
    let (station, today) = (act.station, kernel::clock::day_of(act.at));
    let rules_now = app.rules();
    rules::check_service(&s)?;
    if id.is_none() {
        rules_now.must_know(catalogue::SERVICES, &s.kind, today)?;
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let all = store::services(tx, station).await?;
            if all.iter().any(|x| x.name == s.name.trim() && Some(x.id) != id) {
                return Err(FieldErrors::one("name", "已有同名的业务。"));
            }
            let kind = match id {
                Some(id) => store::service(tx, station, id).await?.kind,
                None => s.kind.clone(),
            };
            if s.at_door && catalogue::find(&rules_now, &kind).is_some_and(|k| k.device) {
                return Err(Refusal::new("windows.device", "这项业务要在窗口的设备上采集指纹、相片，不能上门办理。", "请去掉“可以上门”；行动不便的可以预约优先办理。")
                    .into());
            }
            let id = match id {
                Some(id) => {
                    store::update_service(tx, station, id, &s).await?;
                    id
                }
                None => {
                    if all.len() >= 50 {
                        return Err(FieldErrors::one("name", "业务最多 50 项，请先停用不办的。"));
                    }
                    let id: Uuid = tx.fresh();
                    store::insert_service(tx, station, id, &s).await?;
                    id
                }
            };
            tx.record("windows.service", &[("window_service", id)], &format!("{s:?}"));
            tx.emit("windows.setup", id);
            Ok(id)
        })
        .await
}

/// Takes a service out of use. What is booked stays, the desk tells the people. Returns how many bookings lost their place.
pub async fn end_service(app: &App, act: &Act, id: Uuid) -> Result<u64> {
    act.actor.must(P::WindowManage)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::end_service(tx, station, id).await?;
            tx.record("windows.end_service", &[("window_service", id)], "");
            tx.emit("windows.setup", id);
            Ok(())
        })
        .await?;
    recheck(app, station).await
}

/// Keeps a window, a new one without `id`.
pub async fn save_window(app: &App, act: &Act, id: Option<Uuid>, w: NewWindow) -> Result<Uuid> {
    act.actor.must(P::WindowManage)?;
    rules::check_window(&w)?;
    let station = act.station;
    let id = app
        .db()
        .write(act, async |tx: &mut Tx| {
            let all = store::windows(tx, station).await?;
            if all.iter().any(|x| x.name == w.name.trim() && Some(x.id) != id) {
                return Err(FieldErrors::one("name", "已有同名的窗口。"));
            }
            if let Some(post) = w.post_id {
                roster::store::post(tx, station, post).await?;
            }
            let services = store::services(tx, station).await?;
            if w.services.iter().any(|s| !services.iter().any(|x| x.id == *s)) {
                return Err(Error::NotFound("这项业务"));
            }
            let id = match id {
                Some(id) => {
                    store::update_window(tx, station, id, &w).await?;
                    id
                }
                None => {
                    if all.len() >= 20 {
                        return Err(FieldErrors::one("name", "窗口最多 20 个，请先停用不用的。"));
                    }
                    let id: Uuid = tx.fresh();
                    store::insert_window(tx, station, id, &w).await?;
                    id
                }
            };
            tx.record("windows.window", &[("window", id)], &format!("{w:?}"));
            tx.emit("windows.setup", id);
            Ok(id)
        })
        .await?;
    recheck(app, station).await?;
    Ok(id)
}

/// Takes a window out of use.
pub async fn end_window(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::WindowManage)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::end_window(tx, station, id).await?;
            tx.record("windows.end_window", &[("window", id)], "");
            tx.emit("windows.setup", id);
            Ok(())
        })
        .await?;
    recheck(app, station).await?;
    Ok(())
}

/// Hours by hand of a window from a day on; former days keep what held then. Returns how many bookings lost their time.
pub async fn set_hours(app: &App, act: &Act, window: Uuid, from: Date, week: Week, why: &str) -> Result<u64> {
    act.actor.must(P::WindowManage)?;
    let station = act.station;
    rules::check_hours(&week, from, kernel::clock::day_of(act.at), why)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::window(tx, station, window).await?;
            store::insert_hours(tx, station, window, from, &week, why).await?;
            tx.record("windows.hours", &[("window", window)], &format!("{from} {week:?} {why}"));
            tx.emit("windows.setup", window);
            Ok(())
        })
        .await?;
    recheck(app, station).await
}

/// Shuts the windows, or one of them, for a day or a part of it. Returns how many bookings lost their time.
pub async fn close(app: &App, act: &Act, window: Option<Uuid>, day: Date, from: i64, until: i64, reason: &str) -> Result<u64> {
    act.actor.must(P::WindowManage)?;
    let (station, today) = (act.station, kernel::clock::day_of(act.at));
    let mut e = FieldErrors::default();
    if day < today || day > today.saturating_add(366.days()) {
        e.add("day", "停办的日子从今天起，一年以内。");
    }
    if !(0..1_440).contains(&from) || until <= from || until > 1_440 {
        e.add("from", "停办的时间没有填对，整天停办的两格都空着。");
    }
    if reason.trim().chars().count() < 2 || reason.chars().count() > 60 {
        e.add("reason", "请写明原因，2 到 60 字；群众看得到，例如“停电检修”。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            if let Some(w) = window {
                store::window(tx, station, w).await?;
            }
            let c = Closure {
                id: tx.fresh(),
                window_id: window,
                day,
                from_minute: from,
                until_minute: until,
                reason: reason.trim().into(),
                at: tx.now(),
                by_user: tx.act().actor.user,
                lifted_at: None,
            };
            store::insert_closure(tx, station, &c).await?;
            tx.record("windows.close", &[("window_closure", c.id)], &format!("{c:?}"));
            tx.emit("windows.setup", c.id);
            Ok(())
        })
        .await?;
    recheck(app, station).await
}

/// Takes a closure back.
pub async fn lift(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::WindowManage)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::lift_closure(tx, station, id).await?;
            tx.record("windows.lift", &[("window_closure", id)], "");
            tx.emit("windows.setup", id);
            Ok(())
        })
        .await?;
    recheck(app, station).await.map(|_| ())
}
