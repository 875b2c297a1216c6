//! 办件: taken with its papers ticked, what is missing told once, decided, numbered; 居住证 with its endorsements.

use super::booking::short_name;
use super::service_in_use;
use crate::model::{Case, CaseState, Channel, Delivery, Issue, NewCase, NotIssued, Permit};
use crate::rules::{cases as rule, catalogue, permit};
use crate::store;
use kernel::row::Json;
use kernel::rules::RuleSet;
use kernel::{Act, App, Date, Error, FieldErrors, Permission as P, Refusal, Result, StationId, ToSpan, Tx, Uuid, clock};
use notices::model::NewTask;
use people::model::NewContact;

/// A register's number without gaps: a series for each channel.
async fn number(tx: &mut Tx, station: StationId, channel: Channel, what: &str, series: &'static str) -> Result<String> {
    let year = clock::day_of(tx.now()).year();
    let organ = places::store::station(tx, station).await?.name;
    let (name, place) = match channel {
        Channel::Window => ("window", "窗"),
        Channel::Door => ("door", "门"),
    };
    let n = tx.next_number(station, &format!("{series}_{name}"), i64::from(year)).await?;
    Ok(format!("{}{place}{what}〔{year}〕{n}号", short_name(&organ)))
}

/// Months of the permit's clock.
pub fn months(rules: &RuleSet, on: Date) -> Result<permit::Months> {
    Ok(permit::Months { every: rules.int("residence_permit.endorse_months", on)?, before: rules.int("residence_permit.endorse_open_months", on)? })
}

/// Takes a case: with all papers it is accepted and its clock runs, else what is missing is told once, in writing.
///
/// # Errors
/// Right missing, no name, purpose or permit where the kind needs them, a phone that is none.
pub async fn take(app: &App, act: &Act, new: NewCase) -> Result<Uuid> {
    act.actor.must(P::WindowServe)?;
    let (rules, station, today) = (app.rules(), act.station, clock::day_of(act.at));
    app.db()
        .write(act, async |tx: &mut Tx| {
            let s = service_in_use(tx, station, new.service).await?;
            let kind = catalogue::find(&rules, &s.kind);
            rule::check_new(&new, kind.as_ref(), &s.papers.0)?;
            if new.channel == Channel::Door && !s.at_door {
                return Err(Refusal::new("windows.no_door", format!("“{}”不能上门办理。", s.name), "请在窗口办理。").into());
            }
            if let Some(t) = new.ticket {
                store::ticket(tx, station, t).await?;
                if store::case_of_ticket(tx, station, t).await?.is_some() {
                    return Err(Refusal::new("windows.case_there", "这张票已经登记过办件。", "请在“办件”里打开它。").into());
                }
            }
            if let Some(b) = new.booking {
                store::booking(tx, station, b).await?;
            }
            let endorsed = match new.permit {
                Some(p) => Some(store::permit(tx, station, p).await?),
                None => None,
            };
            let contact = NewContact { station, name: new.name.clone(), phone: new.phone.clone(), protected: false, minor: false, address: None };
            let person = match &endorsed {
                Some(p) => p.person_id,
                None => people::actions::register_contact(app, tx, contact).await?,
            };
            let missing = rule::missing(&s.papers.0, &new.there);
            let code = places::store::station(tx, station).await?.code;
            let (now, whole) = (tx.now(), missing.is_empty());
            let c = Case {
                station_id: station,
                id: tx.fresh(),
                number: number(tx, station, new.channel, "办", "window_case").await?,
                channel: new.channel,
                kind: s.kind.clone(),
                name: s.name.clone(),
                service_id: s.id,
                ticket_id: new.ticket,
                booking_id: new.booking,
                person_id: person,
                proxy: new.proxy.trim().into(),
                purpose: new.purpose.trim().into(),
                papers: s.papers.clone(),
                missing: Json(missing),
                told_at: (!whole).then_some(now),
                state: if whole { CaseState::Accepted } else { CaseState::Incomplete },
                made_at: now,
                accepted_at: whole.then_some(now),
                due: if whole { rule::due(&rules, kind.as_ref(), &code, today) } else { None },
                decided_at: None,
                decided_by: None,
                result_number: String::new(),
                result_code: String::new(),
                statement: String::new(),
                valid_until: None,
                why: String::new(),
                instead: String::new(),
                permit_id: new.permit,
                delivered_at: None,
                delivered_by: None,
                delivered_how: None,
                by_user: tx.act().actor.user,
                version: 1,
            };
            store::insert_case(tx, &c).await?;
            due_task(tx, &c).await?;
            tx.record("windows.take", &[("window_case", c.id), ("person", person.0)], &format!("{} {:?}", c.kind, c.missing.0));
            tx.emit("windows.case", c.id);
            Ok(c.id)
        })
        .await
}

/// A case whose clock runs is a task of the window until it is decided.
async fn due_task(tx: &mut Tx, c: &Case) -> Result<()> {
    let Some(due) = c.due else { return Ok(()) };
    let task = NewTask {
        station: c.station_id,
        kind: "windows.case_due",
        title: format!("{} 期限 {due}（{}）", c.name, c.number),
        path: format!("/windows/cases/{}", c.id),
        record: c.id,
        to_user: None,
        to_role: Some(kernel::Role::WindowClerk),
        due: clock::start_of(due.saturating_add(1.days())),
    };
    notices::actions::put(tx, task).await.map(|_| ())
}

/// Missing papers come in; with the last of those that were told the case is accepted and its clock runs.
pub async fn supplement(app: &App, act: &Act, id: Uuid, there: &[usize], version: i64) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let (rules, station, today) = (app.rules(), act.station, clock::day_of(act.at));
    app.db()
        .write(act, async |tx: &mut Tx| {
            let mut c = store::case(tx, station, id).await?;
            let missing = rule::supplement(&c, there)?;
            if missing.len() == c.missing.0.len() {
                return Err(FieldErrors::one("paper", "请勾选这次补来的材料。"));
            }
            c.version = version;
            c.missing = Json(missing);
            if c.missing.0.is_empty() {
                c.state = CaseState::Accepted;
                c.accepted_at = Some(tx.now());
                let code = places::store::station(tx, station).await?.code;
                c.due = rule::due(&rules, catalogue::find(&rules, &c.kind).as_ref(), &code, today);
                due_task(tx, &c).await?;
            }
            store::update_case(tx, &c).await?;
            tx.record("windows.supplement", &[("window_case", id)], &format!("{there:?}"));
            tx.emit("windows.case", id);
            Ok(())
        })
        .await
}

/// Decides a case well: a number of the register without gaps by channel; a permit or an endorsement where the kind is one.
///
/// # Errors
/// Papers missing, not open, what the kind asks for not given, an endorsement before its month.
pub async fn issue(app: &App, act: &Act, id: Uuid, version: i64, i: Issue) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let (rules, station, today) = (app.rules(), act.station, clock::day_of(act.at));
    app.db()
        .write(act, async |tx: &mut Tx| {
            let mut c = store::case(tx, station, id).await?;
            let kind = catalogue::find(&rules, &c.kind);
            rule::check_issue(&rules, &c, kind.as_ref(), &i, today)?;
            c.version = version;
            match kind.as_ref().map_or("done", |k| k.result.as_str()) {
                "permit" => {
                    let p = Permit {
                        station_id: station,
                        id: tx.fresh(),
                        case_id: id,
                        person_id: c.person_id,
                        number: i.permit_number.trim().to_uppercase(),
                        issued_on: today,
                        counted_from: i.counted_from.unwrap_or(today),
                        years: 0,
                        ended_on: None,
                        ended_why: String::new(),
                        version: 1,
                    };
                    if !store::insert_permit(tx, &p).await? {
                        return Err(FieldErrors::one("permit_number", "这个编号已经登记过。"));
                    }
                    c.permit_id = Some(p.id);
                }
                "endorse" => {
                    let p = store::permit(tx, station, c.permit_id.ok_or(Error::NotFound("这张居住证"))?).await?;
                    let months = months(&rules, today)?;
                    let due = permit::due(&p, months);
                    let (next, late) = permit::endorse(&p, months, today)?;
                    store::endorse(tx, &p, &next, today, due, late, id).await?;
                    super::permits::restored(tx, &p, today).await?;
                }
                _ => {}
            }
            c.result_number = number(tx, station, c.channel, "证", "window_result").await?;
            c.state = CaseState::Issued;
            c.result_code = i.output.clone();
            c.statement = i.statement.trim().into();
            c.valid_until = i.valid_until;
            decide(tx, &mut c).await?;
            tx.record("windows.issue", &[("window_case", id), ("person", c.person_id.0)], &c.result_number);
            Ok(())
        })
        .await
}

/// Decides a case against, with the reason and the way on.
pub async fn refuse(app: &App, act: &Act, id: Uuid, version: i64, why: &str, instead: &str) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let mut c = store::case(tx, station, id).await?;
            rule::check_refuse(&c, why, instead)?;
            c.version = version;
            c.result_number = number(tx, station, c.channel, "告", "window_refusal").await?;
            c.state = CaseState::Refused;
            (c.why, c.instead) = (why.trim().into(), instead.trim().into());
            decide(tx, &mut c).await?;
            tx.record("windows.refuse", &[("window_case", id), ("person", c.person_id.0)], why);
            Ok(())
        })
        .await
}

/// What was issued came into the person's hands.
///
/// # Errors
/// Right missing, nothing issued, handed over already, changed by others.
pub async fn deliver(app: &App, act: &Act, id: Uuid, version: i64, how: Delivery) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let c = store::case(tx, station, id).await?;
            rule::check_deliver(&c)?;
            store::deliver(tx, &Case { version, ..c }, how).await?;
            tx.record("windows.deliver", &[("window_case", id)], how.code());
            tx.emit("windows.case", id);
            Ok(())
        })
        .await
}

/// Tells somebody in writing that a certificate is not issued any more and where to go: with a number of the register of the
/// channel, like every other refusal.
///
/// # Errors
/// Right missing, nothing that is not issued on this day.
pub async fn tell_not_issued(app: &App, act: &Act, code: &str, channel: Channel) -> Result<Uuid> {
    act.actor.must(P::WindowServe)?;
    let (rules, station) = (app.rules(), act.station);
    let r = catalogue::refused(&rules, clock::day_of(act.at)).into_iter().find(|r| r.code == code).ok_or(Error::NotFound("这种证明"))?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let number = number(tx, station, channel, "告", "window_refusal").await?;
            let x = NotIssued { id: tx.fresh(), number, channel, code: r.code.clone(), name: r.name.clone(), at: tx.now(), by_user: tx.act().actor.user };
            store::insert_not_issued(tx, station, &x).await?;
            tx.record("windows.tell_not_issued", &[("window_not_issued", x.id)], &format!("{} {}", x.number, x.code));
            tx.emit("windows.case", x.id);
            Ok(x.id)
        })
        .await
}

/// The person takes a case back.
pub async fn withdraw(app: &App, act: &Act, id: Uuid, version: i64) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let mut c = store::case(tx, station, id).await?;
            if !matches!(c.state, CaseState::Incomplete | CaseState::Accepted) {
                return Err(Refusal::new("windows.case_state", format!("{} 现在是“{}”，不能撤回。", c.number, c.state.label()), "请看本页现在的状态。").into());
            }
            c.version = version;
            c.state = CaseState::Withdrawn;
            c.why = "申请人撤回".into();
            decide(tx, &mut c).await?;
            tx.record("windows.withdraw", &[("window_case", id)], "");
            Ok(())
        })
        .await
}

async fn decide(tx: &mut Tx, c: &mut Case) -> Result<()> {
    c.decided_at = Some(tx.now());
    c.decided_by = Some(tx.act().actor.user);
    store::update_case(tx, c).await?;
    notices::actions::done_all(tx, c.id).await?;
    tx.emit("windows.case", c.id);
    Ok(())
}
