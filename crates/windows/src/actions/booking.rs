//! Bookings: made, cancelled, put to another time, and what becomes of them when the hours change.

use super::closing::{self, Failed};
use super::{bookable, limits, open_days, service_in_use};
use crate::model::{Booking, BookingState, Channel, NewBooking};
use crate::rules::holds::{self, Lost};
use crate::rules::slots;
use crate::store;
use kernel::{Act, Actor, App, Date, Error, FieldErrors, Permission as P, Purpose, Reader, Refusal, Result, Role, StationId, Timestamp, ToSpan, Tx, Uuid, clock};
use notices::model::NewTask;
use people::model::NewContact;

/// A booking as it was made.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Made {
    pub id: Uuid,
    pub number: String,
}

/// What is wrong with the fields of a booking, all at once; the phone as it is kept.
pub fn faults(new: &NewBooking, e: &mut FieldErrors) -> String {
    let phone = match people::rules::phone(&new.phone) {
        Ok(Some(p)) => p,
        Ok(None) => {
            e.add("reporter_phone", "请填写电话：开放时间有变动时要通知您。");
            String::new()
        }
        Err(why) => {
            e.add("reporter_phone", why);
            String::new()
        }
    };
    if new.name.trim().is_empty() {
        e.add("reporter_name", "请填写姓名。");
    }
    if new.channel == Channel::Door && new.place.trim().chars().count() < 4 {
        e.add("place", "请写明上门的地址，写到门牌。");
    }
    if new.place.chars().count() > 200 || new.note.chars().count() > 200 {
        e.add("note", "地址和说明各最多 200 字。");
    }
    phone
}

/// Books a time at a window, or asks for a service at home; by a resident without an account or by the desk for a caller.
///
/// # Errors
/// What [`slots::may_book`] refuses, too many open bookings of the phone, a name or phone that is none.
pub async fn book(app: &App, act: &Act, new: NewBooking) -> Result<Made> {
    if act.actor.role != Role::Resident {
        act.actor.must(P::WindowServe)?;
    }
    let mut e = FieldErrors::default();
    let phone = faults(&new, &mut e);
    e.ok(())?;
    let blind = people::actions::blind_phone(app, &phone);
    let (rules, station) = (app.rules(), act.station);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let today = clock::day_of(tx.now());
            let station_row = places::store::station(tx, station).await?;
            // The number first: whoever takes it holds the series until the end, so two never look at one place at once.
            let n = tx.next_number(station, "window_booking", i64::from(today.year())).await?;
            let number = format!("{}约〔{}〕{n}号", short_name(&station_row.name), today.year());
            let service = service_in_use(tx, station, new.service).await?;
            let limits = limits(tx, &rules, station).await?;
            if store::open_of_phone(tx, station, &blind).await? >= limits.per_phone {
                return Err(Refusal::new("windows.many", format!("这个电话已有 {} 个未办的预约。", limits.per_phone), "请先凭查询码取消不需要的，或者到窗口取号。")
                    .into());
            }
            match new.channel {
                Channel::Window => {
                    let days = bookable(tx, &rules, station, &limits).await?;
                    slots::may_book(&service, &days, new.day, new.minute, &limits, tx.now())?;
                }
                Channel::Door => may_ask_door(&service, new.day, today, limits.ahead)?,
            }
            let contact = NewContact { station, name: new.name.clone(), phone: phone.clone(), protected: false, minor: false, address: None };
            let person = people::actions::register_contact(app, tx, contact).await?;
            let id: Uuid = tx.fresh();
            store::insert_booking(tx, station, id, &number, person, &blind, slots::kept(&service, &limits), &new).await?;
            if new.channel == Channel::Door {
                let due = clock::start_of(rules.calendar().add_working_days(today, limits.door_days).date.saturating_add(1.days()));
                desk_task(tx, id, "windows.door", &format!("上门办理申请待答复：{}（{number}）", service.name), due).await?;
            }
            tx.record("windows.book", &[("window_booking", id), ("person", person.0)], &format!("{} {} {}", new.service, new.day, new.minute));
            tx.emit("windows.booking", id);
            Ok(Made { id, number })
        })
        .await
}

/// The place of a booking that is about to be given up counts as free.
fn free_up(days: &mut [(crate::rules::hours::OpenDay, Vec<slots::Taken>)], b: &Booking) {
    let Some((_, taken)) = days.iter_mut().find(|d| d.0.date() == b.day) else { return };
    if let Some(i) = taken.iter().position(|t| *t == (b.minute, b.minutes)) {
        taken.remove(i);
    }
}

fn may_ask_door(service: &crate::model::Service, day: Date, today: Date, ahead: i64) -> Result<()> {
    if !service.at_door {
        return Err(Refusal::new("windows.no_door", format!("“{}”不能上门办理。", service.name), "请预约窗口；行动不便的可以勾选优先。").into());
    }
    if day <= today || day > today.saturating_add(ahead.days()) {
        return Err(FieldErrors::one("day", format!("上门的日子请选明天起 {ahead} 天以内。")));
    }
    Ok(())
}

/// `正阳派出所` as `正阳`.
pub fn short_name(name: &str) -> &str {
    name.strip_suffix("派出所").filter(|s| !s.is_empty()).unwrap_or(name)
}

pub(crate) async fn desk_task(tx: &mut Tx, record: Uuid, kind: &'static str, title: &str, due: Timestamp) -> Result<()> {
    let station = tx.act().station;
    let task = NewTask {
        station,
        kind,
        title: title.into(),
        path: format!("/windows/bookings/{record}"),
        record,
        to_user: None,
        to_role: Some(Role::WindowClerk),
        due,
    };
    notices::actions::put(tx, task).await.map(|_| ())
}

/// The booking behind a receipt code; `None` when there is none.
pub async fn by_code(app: &App, code: &str) -> Result<Option<Booking>> {
    let hash = app.vault().token_hash(code);
    let look = app.look(&Actor::resident(StationId::NIL), "windows.receipt", Purpose::OwnMatter);
    app.db().read(&look, async |r: &mut Reader| store::by_receipt(r, &hash).await).await
}

/// Cancels a booking: the resident by the receipt (`act.actor` is a resident who showed the code), or the desk.
pub async fn cancel(app: &App, act: &Act, id: Uuid, why: &str) -> Result<()> {
    if act.actor.role != Role::Resident {
        act.actor.must(P::WindowServe)?;
        if why.trim().chars().count() < 2 {
            return Err(FieldErrors::one("why", "请写明原因，例如“本人来电取消”。"));
        }
    }
    if why.chars().count() > 100 {
        return Err(FieldErrors::one("why", "原因最多 100 字。"));
    }
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let b = store::booking(tx, station, id).await?;
            must_be_open(&b)?;
            store::set_state(tx, &b, BookingState::Cancelled, why).await?;
            notices::actions::done_all(tx, id).await?;
            tx.record("windows.cancel", &[("window_booking", id)], why);
            tx.emit("windows.booking", id);
            Ok(())
        })
        .await
}

pub(crate) fn must_be_open(b: &Booking) -> Result<()> {
    if b.is_open() {
        return Ok(());
    }
    Err(Refusal::new("windows.not_open", format!("这个预约现在是“{}”。", b.state.label()), "请看本页现在的状态。").into())
}

/// The desk has told the person that the hours changed.
pub async fn told(app: &App, act: &Act, id: Uuid, how: &str) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    if how.trim().chars().count() < 2 || how.chars().count() > 100 {
        return Err(FieldErrors::one("how", "请写明怎样告知、商定了什么，2 到 100 字。"));
    }
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let b = store::booking(tx, station, id).await?;
            must_be_open(&b)?;
            store::set_told(tx, &b, how).await?;
            notices::actions::done_for(tx, id, "windows.upset").await?;
            tx.record("windows.told", &[("window_booking", id)], how);
            tx.emit("windows.booking", id);
            Ok(())
        })
        .await
}

/// Compares what is booked with hours, windows and services as they are now: a booking that lost its place is marked and
/// becomes a task to phone, one that has a place again is set right. Returns how many lost theirs. Harmless to repeat.
pub async fn recheck(app: &App, station: StationId) -> Result<u64> {
    let rules = app.rules();
    let mut actor = Actor::system();
    actor.station = station;
    let look = app.look(&actor, "windows.recheck", Purpose::Window).in_station(station);
    let today = app.today();
    let wrong = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let open = waiting(r, station, today).await?;
            let gone = lost_of(r, &rules, station, &open).await?;
            let by = |b: &Booking| gone.iter().find(|g| g.0 == b.id).map(|g| g.1);
            Ok(open.into_iter().map(|b| (by(&b), b)).filter(|(l, b)| l.is_some() != b.upset_at.is_some()).collect::<Vec<_>>())
        })
        .await?;
    if wrong.is_empty() {
        return Ok(0);
    }
    let act = app.act(&actor, "windows.recheck", Purpose::Window, app.fresh_command()).in_station(station);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let mut lost = 0;
            for (by, b) in &wrong {
                if store::set_upset(tx, station, b.id, by.is_some()).await? == 0 {
                    continue;
                }
                notices::actions::done_for(tx, b.id, "windows.upset").await?;
                if let Some(by) = by {
                    lost += 1;
                    let day = clock::start_of(b.day);
                    let soon = tx.now().checked_add(std::time::Duration::from_secs(86_400)).unwrap_or(tx.now());
                    let when = if b.channel == Channel::Window { format!("{} {} 的预约", b.day, b.time()) } else { format!("{} 的上门申请", b.day) };
                    desk_task(tx, b.id, "windows.upset", &format!("{}，请电话告知：{when}（{}）", by.words(), b.number), day.min(soon).max(tx.now())).await?;
                }
                let why = by.map(Lost::words).unwrap_or_default();
                tx.record(if by.is_some() { "windows.upset" } else { "windows.restored" }, &[("window_booking", b.id)], why);
                tx.emit("windows.booking", b.id);
            }
            tx.record("windows.recheck", &[], "");
            Ok(lost)
        })
        .await
}

/// Open bookings whose time has not come.
async fn waiting(r: &mut Reader, station: StationId, from: Date) -> Result<Vec<Booking>> {
    let now = r.now();
    let open = store::open_from(r, station, from).await?;
    Ok(open.into_iter().filter(|b| b.channel == Channel::Door || b.at() > now).collect())
}

/// Which of them lost their place.
async fn lost_of(r: &mut Reader, rules: &kernel::rules::RuleSet, station: StationId, open: &[Booking]) -> Result<Vec<(Uuid, Lost)>> {
    let (Some(first), Some(last)) = (open.iter().map(|b| b.day).min(), open.iter().map(|b| b.day).max()) else { return Ok(vec![]) };
    let (_, days) = open_days(r, rules, station, first, last).await?;
    let services: Vec<Uuid> = store::services(r, station).await?.into_iter().map(|s| s.id).collect();
    Ok(holds::lost(&days, &services, open))
}

/// What took the place of one booking away, if anything, as of now; whether somebody has marked it yet or not.
pub async fn lost_by(r: &mut Reader, rules: &kernel::rules::RuleSet, b: &Booking) -> Result<Option<Lost>> {
    if !b.is_open() {
        return Ok(None);
    }
    let mut beside = waiting(r, b.station_id, b.day).await?;
    beside.retain(|x| x.day == b.day);
    Ok(lost_of(r, rules, b.station_id, &beside).await?.into_iter().find(|l| l.0 == b.id).map(|l| l.1))
}

/// Clocked: hours that the roster changed, stands and tickets that nobody ended, permits, and bookings of past days that nobody
/// came to. What fails keeps nothing else back, and is said at the end.
///
/// # Errors
/// Storage; what could not be done.
pub async fn keep_up(app: &App) -> Result<()> {
    let look = app.look(&Actor::system(), "windows.keep_up", Purpose::Window);
    let today = app.today();
    let (stations, past) =
        app.db().read(&look, async |r: &mut Reader| Ok((store::stations(r).await?, store::left_open(r, today).await?))).await?;
    let mut failed = Failed::default();
    for station in stations {
        let done = recheck(app, station).await;
        failed.note(format_args!("hours of station {station}"), done);
    }
    let due = closing::due(app, &mut failed).await?;
    closing::end(app, &due, &mut failed).await;
    failed.note("permits", super::permits::suspend(app).await);
    for (station, id) in past {
        let done = miss(app, station, id).await;
        failed.note(format_args!("booking {id}"), done);
    }
    failed.say()
}

async fn miss(app: &App, station: StationId, id: Uuid) -> Result<()> {
    let act = app.act(&Actor::system(), "windows.missed", Purpose::Window, app.fresh_command()).in_station(station);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let b = store::booking(tx, station, id).await?;
            if b.is_open() {
                store::set_state(tx, &b, BookingState::Missed, "当天没有来").await?;
                notices::actions::done_all(tx, id).await?;
            }
            tx.record("windows.missed", &[("window_booking", id)], "");
            tx.emit("windows.booking", id);
            Ok(())
        })
        .await
}

/// Whom a booking belongs to, for the desk: name, masked phone.
pub async fn whose(r: &mut Reader, b: &Booking) -> Result<people::model::PersonView> {
    people::store::person_for(r, b.person_id, true).await.map_err(|e| match e {
        Error::NotFound(_) => Error::NotFound("这个预约"),
        e => e,
    })
}

/// Puts an open booking to another time: a new one takes its place under the same receipt, the person stays.
///
/// # Errors
/// As [`book`], and when it is not open any more.
pub async fn put_off(app: &App, act: &Act, id: Uuid, day: Date, minute: i64) -> Result<Made> {
    if act.actor.role != Role::Resident {
        act.actor.must(P::WindowServe)?;
    }
    let (rules, station) = (app.rules(), act.station);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let today = clock::day_of(tx.now());
            let organ = places::store::station(tx, station).await?.name;
            let n = tx.next_number(station, "window_booking", i64::from(today.year())).await?;
            let number = format!("{}约〔{}〕{n}号", short_name(&organ), today.year());
            let b = store::booking(tx, station, id).await?;
            must_be_open(&b)?;
            if b.channel != Channel::Window {
                return Err(Error::NotFound("这个预约"));
            }
            let service = service_in_use(tx, station, b.service_id).await.map_err(|e| match e {
                Error::NotFound(_) => Refusal::new("windows.service_ended", "这项业务本所已经停办，不能改期。", "请看证明目录里该到哪里办，或者电话联系派出所；不需要的可以取消。").into(),
                e => e,
            })?;
            let limits = limits(tx, &rules, station).await?;
            let mut days = bookable(tx, &rules, station, &limits).await?;
            free_up(&mut days, &b);
            slots::may_book(&service, &days, day, minute, &limits, tx.now())?;
            let (receipt, blind) = store::keys(tx, station, id).await?;
            store::set_state(tx, &b, BookingState::Moved, &format!("改到 {day} {}", crate::model::clock(minute))).await?;
            notices::actions::done_all(tx, id).await?;
            let new = NewBooking {
                service: b.service_id,
                channel: b.channel,
                day,
                minute,
                name: String::new(),
                phone: String::new(),
                frail: b.frail,
                place: b.place.clone(),
                note: b.note.clone(),
                receipt,
            };
            let fresh: Uuid = tx.fresh();
            store::insert_booking(tx, station, fresh, &number, b.person_id, &blind, slots::kept(&service, &limits), &new).await?;
            people::actions::touch(tx, b.person_id).await?;
            tx.record("windows.put_off", &[("window_booking", id), ("window_booking", fresh)], &format!("{day} {minute}"));
            tx.emit("windows.booking", fresh);
            Ok(Made { id: fresh, number })
        })
        .await
}
