//! 移交: found outside our competence, handed over, signed for by the other side, the reporter told
//! (公安机关办理行政案件程序规定 §61).

use super::{advance, reach, trace};
use crate::model::{Intake, NewFinding, NewHandOver, NewTaken, NewTold, State, Step, Transfer};
use crate::rules::transfer as rule;
use crate::store::transfers;
use kernel::rules::RuleSet;
use kernel::{Act, App, Error, FieldErrors, IncidentId, Permission, Refusal, Result, Role, Timestamp, Tx, clock};
use notices::model::NewTask;

/// Kinds of tasks that a hand-over gives; they are about the finding, not about the incident.
const WAITS: &str = "incident.hand_over";
const TELL: &str = "incident.tell";

/// The matter is another body's: from now on the clock of the law runs, as a task of the command room.
///
/// # Errors
/// Unknown reason, no explanation, already found, an ended incident.
pub async fn find_outside(app: &App, act: &Act, id: IncidentId, new: &NewFinding) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            let found = find(tx, &rules, &intake, new).await?;
            notices::actions::done_for(tx, id, "incident.dispatch").await?;
            let title = format!("{} 不属本单位管辖，待移交", intake.number);
            task(tx, &intake, &found, WAITS, title).await?;
            trace(tx, id, Step::Outside, &said(&rules, new)).await
        })
        .await
}

async fn find(tx: &mut Tx, rules: &RuleSet, intake: &Intake, new: &NewFinding) -> Result<Transfer> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    let today = clock::day_of(now);
    let mut e = FieldErrors::default();
    if new.reason.is_empty() {
        e.add("reason", "请选择为什么不属本单位管辖。");
    }
    if new.why.trim().is_empty() {
        e.add("why", "请写明依据的事实，例如“发生在海东派出所辖区”。");
    }
    e.ok(())?;
    let reason = rules.must_know(rule::REASONS, &new.reason, today)?;
    rule::may_find(&intake.number, intake.state, transfers::standing(tx, intake.id).await?.as_ref())?;
    let clock = rule::clock(rules, reason, now, today)?;
    let found = Transfer {
        station_id: intake.station_id,
        id: tx.fresh(),
        incident_id: intake.id,
        reason: new.reason.clone(),
        why: new.why.trim().to_string(),
        found_at: now,
        found_by: user,
        due: clock.due,
        source: clock.source,
        unit: new.unit.trim().to_string(),
        way: None,
        paper_no: String::new(),
        handed_at: None,
        handed_by: None,
        taken_by: String::new(),
        taken_no: String::new(),
        taken_at: None,
        told: None,
        told_at: None,
        told_by: None,
        told_note: String::new(),
        ended_at: None,
        ended_why: String::new(),
    };
    transfers::insert(tx, &found).await?;
    Ok(found)
}

fn said(rules: &RuleSet, new: &NewFinding) -> String {
    format!("{}：{}", rules.name(rule::REASONS, &new.reason), new.why.trim())
}

async fn task(tx: &mut Tx, intake: &Intake, t: &Transfer, kind: &'static str, title: String) -> Result<()> {
    let task = NewTask {
        station: t.station_id,
        kind,
        title,
        path: format!("/incidents/{}", intake.id),
        record: t.id,
        to_user: None,
        to_role: Some(Role::Operator),
        due: t.due,
    };
    notices::actions::put(tx, task).await.map(|_| ())
}

/// After the warning: the room's task says that little time is left, and the duty leader is told.
pub(crate) async fn warn(tx: &mut Tx, t: &crate::model::TransferDue) -> Result<()> {
    notices::actions::done_for(tx, t.id, WAITS).await?;
    for role in [Role::Operator, Role::DutyLeader] {
        let task = NewTask {
            station: t.station_id,
            kind: WAITS,
            title: format!("即将到期：{} 待移交", t.number),
            path: format!("/incidents/{}", t.incident_id),
            record: t.id,
            to_user: None,
            to_role: Some(role),
            due: t.due,
        };
        notices::actions::put(tx, task).await?;
    }
    Ok(())
}

/// The finding was wrong: the matter stays here and waits for dispatch again.
pub async fn withdraw(app: &App, act: &Act, id: IncidentId, why: &str) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("withdraw_why", "请写明为什么仍由本单位办理。"));
    }
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            let t = waiting(tx, &intake).await?;
            end(tx, &t, why.trim()).await?;
            super::work::waits_again(tx, &rules, &intake, "仍由本单位办理，待派警").await?;
            trace(tx, id, Step::Inside, why.trim()).await
        })
        .await
}

async fn waiting(tx: &mut Tx, intake: &Intake) -> Result<Transfer> {
    transfers::standing(tx, intake.id).await?.filter(Transfer::waits).ok_or_else(|| {
        Refusal::new(
            "incidents.not_found_outside",
            format!("{} 没有等待移交的认定。", intake.number),
            "请先认定不属本单位管辖，写明理由。",
        )
        .into()
    })
}

/// Ends a finding with its tasks.
async fn end(tx: &mut Tx, t: &Transfer, why: &str) -> Result<()> {
    transfers::end(tx, t.id, why).await?;
    notices::actions::done_all(tx, t.id).await.map(|_| ())
}

/// Another end of the incident, or its coming back, takes the place of a finding that stands.
pub(crate) async fn overtaken(tx: &mut Tx, id: IncidentId, why: &str) -> Result<()> {
    match transfers::standing(tx, id).await? {
        Some(t) => end(tx, &t, why).await,
        None => Ok(()),
    }
}

/// Hands the matter over: to whom, how, by which paper. Until the reporter was told, that stays a task.
///
/// # Errors
/// Fields that are missing, no standing finding, an ended incident, a telling that should have been in writing.
pub async fn hand_over(app: &App, act: &Act, id: IncidentId, new: &NewHandOver) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let now = tx.now();
            let intake = reach(tx, id).await?;
            rule::hand_over(new, intake.registered_at, now)?;
            let t = match &new.finding {
                Some(finding) => {
                    let found = find(tx, &rules, &intake, finding).await?;
                    trace(tx, id, Step::Outside, &said(&rules, finding)).await?;
                    found
                }
                None => waiting(tx, &intake).await?,
            };
            let at = new.at.unwrap_or(now);
            transfers::set_handed(tx, t.id, new.unit.trim(), new.way, new.paper_no.trim(), at).await?;
            notices::actions::done_all(tx, id).await?;
            notices::actions::done_all(tx, t.id).await?;
            advance(tx, &intake, Step::HandOver, &handed(new, &t, at)).await?;
            if !new.taken.by.trim().is_empty() {
                take(tx, &t, &new.taken, now).await?;
            }
            match &new.told {
                Some(told) => tell(tx, &intake, &t, told).await,
                // Told already when it was found to be outside.
                None if t.told_at.is_some() => Ok(()),
                None => task(tx, &intake, &t, TELL, format!("{} 已移交，待告知报案人", intake.number)).await,
            }
        })
        .await
}

fn handed(new: &NewHandOver, t: &Transfer, at: Timestamp) -> String {
    let mut note = format!("移交{}", new.unit.trim());
    if let Some(way) = new.way {
        note.push_str(&format!("，{}", way.label()));
    }
    if !new.paper_no.trim().is_empty() {
        note.push_str(&format!("（{}）", new.paper_no.trim()));
    }
    if at > t.due {
        note.push_str(&format!("；已超过期限 {}", clock::show(t.due)));
    }
    note
}

async fn take(tx: &mut Tx, t: &Transfer, new: &NewTaken, now: Timestamp) -> Result<()> {
    transfers::set_taken(tx, t.id, new, new.at.unwrap_or(now)).await?;
    let no = new.no.trim();
    let note = if no.is_empty() { new.by.trim().to_string() } else { format!("{}（{no}）", new.by.trim()) };
    trace(tx, t.incident_id, Step::Taken, &note).await
}

async fn tell(tx: &mut Tx, intake: &Intake, t: &Transfer, new: &NewTold) -> Result<()> {
    let now = tx.now();
    rule::told(&t.reason, new, intake.registered_at, now)?;
    transfers::set_told(tx, t.id, new, new.at.unwrap_or(now)).await?;
    notices::actions::done_for(tx, t.id, TELL).await?;
    if transfers::standing(tx, intake.id).await?.is_some_and(|t| t.handed_at.is_some()) {
        // With it goes what the leader was given when the telling was late.
        notices::actions::done_all(tx, t.id).await?;
    }
    let note = [new.how.label(), new.note.trim()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("：");
    trace(tx, intake.id, Step::Told, &note).await
}

async fn standing(tx: &mut Tx, intake: &Intake) -> Result<Transfer> {
    transfers::standing(tx, intake.id).await?.ok_or(Error::NotFound("这次移交"))
}

/// The other side's receipt, when it comes after the hand-over.
pub async fn taken(app: &App, act: &Act, id: IncidentId, new: &NewTaken) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    if new.by.trim().is_empty() {
        return Err(FieldErrors::one("taken_by", "请写明对方由谁签收。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let now = tx.now();
            let intake = reach(tx, id).await?;
            let t = standing(tx, &intake).await?;
            if t.handed_at.is_none() || intake.state != State::HandedOver {
                return Err(Refusal::new("incidents.not_handed", "还没有移交，不能登记对方签收。", "请先办理移交。").into());
            }
            if new.at.is_some_and(|at| at > now) {
                return Err(FieldErrors::one("taken_at", "签收时间不能晚于现在。"));
            }
            take(tx, &t, new, now).await
        })
        .await
}

/// The reporter was told, before or after the hand-over; or could not be, with the reason.
pub async fn told(app: &App, act: &Act, id: IncidentId, new: &NewTold) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            let t = standing(tx, &intake).await?;
            if t.told_at.is_some() {
                return Err(Refusal::new("incidents.already_told", "已经登记过告知。", "请看“移交”中的记录。").into());
            }
            tell(tx, &intake, &t, new).await
        })
        .await
}
