//! Dispatch, acknowledgement, feedback, review, shift hand-over.

use super::intake::{must_be_open, order_task};
use super::{advance, reach, tell, trace};
use crate::model::{Dispatch, Intake, State, Step};
use crate::store::{self, orders, shift};
use crate::rules;
use kernel::{
    Act, App, DispatchId, Error, FieldErrors, HandoverId, IncidentId, Permission, Reader, Refusal, Result, Role, Tx, UserId,
};
use notices::model::NewTask;

/// Sends orders to one or several people at once (the beat's officer and the grid worker).
pub async fn dispatch(app: &App, act: &Act, id: IncidentId, targets: &[UserId], opinion: &str) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    if targets.is_empty() {
        return Err(FieldErrors::one("targets", "请至少选择一人。"));
    }
    if targets.len() > 20 {
        return Err(FieldErrors::one("targets", "一次最多派 20 人。"));
    }
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            must_be_open(intake.state, &intake.number)?;
            let today = kernel::clock::day_of(tx.now());
            let clocks = rules::deadlines(&rules, today, tx.now())?;
            let already = orders::of_incident(tx, id).await?;
            let mut people = vec![];
            for user in targets {
                let target = identity::store::find_user(tx, *user).await?.ok_or(Error::NotFound("处警人"))?;
                if target.station_id != intake.station_id || target.is_disabled() {
                    return Err(Error::NotFound("处警人"));
                }
                people.push(target);
            }
            let officer = people.iter().any(|p| p.role.is_sworn())
                || already.iter().any(|d| d.target_role.is_sworn() && d.returned_at.is_none());
            let mut sent = false;
            for target in &people {
                rules::may_receive(target.role, officer)?;
                if already.iter().any(|d| d.target_user == target.id && d.finished_at.is_none()) {
                    continue;
                }
                orders::insert(tx, id, target.id, target.role, opinion).await?;
                orders::log(tx, id, Step::Dispatch, Some(target.id), opinion).await?;
                order_task(tx, &intake.number, id, target.id, clocks.sign).await?;
                sent = true;
            }
            notices::actions::done_for(tx, id, "incident.dispatch").await?;
            if !sent {
                orders::log(tx, id, Step::Dispatch, None, opinion).await?;
            }
            store::set_state(tx, &intake, rules::next(intake.state, Step::Dispatch)?).await?;
            tell(tx, id, Step::Dispatch, opinion);
            Ok(())
        })
        .await
}

/// Which step an order takes.
#[derive(Clone, Copy, Debug)]
pub struct StepArgs {
    pub order: DispatchId,
    /// Acknowledge, Depart or Arrive.
    pub step: Step,
}

/// The receiver signs for the order, sets out, arrives. Only the receiver may.
pub async fn step(app: &App, act: &Act, id: IncidentId, args: StepArgs) -> Result<()> {
    act.actor.must(Permission::IncidentRespond)?;
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            let order = own_order(tx, id, args.order).await?;
            if args.step != Step::Acknowledge && order.signed_at.is_none() {
                return Err(Refusal::new("incidents.not_signed", "还没有签收这份派警单。", "请先签收。").into());
            }
            orders::stamp(tx, order.id, args.step).await?;
            if args.step == Step::Acknowledge {
                notices::actions::done_by_me(tx, id, "incident.acknowledge").await?;
                let today = kernel::clock::day_of(tx.now());
                let due = rules::deadlines(&rules, today, tx.now())?.feedback;
                let (station, user) = (intake.station_id, order.target_user);
                notices::actions::put(
                    tx,
                    NewTask {
                        station,
                        kind: "incident.feedback",
                        title: format!("{} 待反馈", intake.number),
                        path: format!("/incidents/{id}"),
                        record: id.0,
                        to_user: Some(user),
                        to_role: None,
                        due,
                    },
                )
                .await?;
            }
            advance(tx, &intake, args.step, "").await
        })
        .await
}

async fn own_order(tx: &mut Tx, incident: IncidentId, order: DispatchId) -> Result<Dispatch> {
    let me = tx.act().actor.user;
    let order = orders::of_incident(tx, incident)
        .await?
        .into_iter()
        .find(|d| d.id == order)
        .ok_or(Error::NotFound("这份派警单"))?;
    if order.target_user != me {
        return Err(Error::Forbidden("这份派警单是派给他人的，只能由本人签收和办理。".into()));
    }
    if order.finished_at.is_some() {
        return Err(Refusal::new("incidents.order_done", "这份派警单已办结或已退回。", "请查看警情的最新情况。").into());
    }
    Ok(order)
}

/// The receiver gives the order back with a reason; nobody left means it waits for dispatch again.
pub async fn give_back(app: &App, act: &Act, id: IncidentId, order: DispatchId, reason: &str) -> Result<()> {
    act.actor.must(Permission::IncidentRespond)?;
    if reason.trim().is_empty() {
        return Err(FieldErrors::one("reason", "请写明退单的理由。"));
    }
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            rules::next(intake.state, Step::Return)?;
            let order = own_order(tx, id, order).await?;
            orders::give_back(tx, order.id, reason).await?;
            notices::actions::done_by_me(tx, id, "incident.acknowledge").await?;
            notices::actions::done_by_me(tx, id, "incident.feedback").await?;
            waits_again(tx, &rules, &intake, "被退单，待重新派警").await?;
            trace(tx, id, Step::Return, reason).await
        })
        .await
}

/// The desk takes an order back, to send somebody else; the same as if it had been given back.
pub async fn recall(app: &App, act: &Act, id: IncidentId, order: DispatchId, reason: &str) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    if reason.trim().is_empty() {
        return Err(FieldErrors::one("recall_reason", "请写明为什么撤回。"));
    }
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            rules::next(intake.state, Step::Recall)?;
            let all = orders::of_incident(tx, id).await?;
            let order = all.into_iter().find(|d| d.id == order).ok_or(Error::NotFound("这份派警单"))?;
            if order.finished_at.is_some() {
                return Err(Refusal::new("incidents.order_done", "这份派警单已办结或已退回。", "请查看警情的最新情况。").into());
            }
            orders::give_back(tx, order.id, &format!("值班员撤回：{reason}")).await?;
            for kind in ["incident.acknowledge", "incident.feedback"] {
                notices::actions::done_by(tx, id, kind, order.target_user).await?;
            }
            waits_again(tx, &rules, &intake, "已撤回派警，待改派").await?;
            orders::log(tx, id, Step::Recall, Some(order.target_user), reason).await?;
            tx.record("incidents.recall", &[("incident", id.0), ("user", order.target_user.0)], reason);
            tx.emit("incidents.changed", id);
            Ok(())
        })
        .await
}

/// After an order was given or taken back: nobody left on it means it waits for dispatch, with a task for the desk.
pub(super) async fn waits_again(tx: &mut Tx, rules: &kernel::rules::RuleSet, intake: &Intake, why: &str) -> Result<()> {
    let active = orders::of_incident(tx, intake.id).await?.iter().any(|d| d.finished_at.is_none());
    let to = rules::after_return(intake.state, active);
    store::set_state(tx, intake, to).await?;
    if to != State::New {
        return Ok(());
    }
    super::intake::dispatch_task(tx, rules, intake.id, format!("{} {why}", intake.number)).await
}

/// What is fed back from the scene.
#[derive(Clone, Debug, Default)]
pub struct NewFeedback {
    pub order: Option<DispatchId>,
    /// True for the closing feedback (终结), false for an interim one (过程).
    pub last: bool,
    pub text: String,
    pub found_category: Option<String>,
    /// 细类, one of the category's.
    pub found_sub_category: Option<String>,
    pub place_kind: Option<String>,
    pub cause: Option<String>,
    pub means: Option<String>,
    pub result: Option<String>,
    pub injured: i64,
    /// Photos and papers, already checked and re-encoded.
    pub files: Vec<attachments::Prepared>,
}

/// Feedback from the scene. The closing one needs the category as found; it goes to review.
pub async fn feedback(app: &App, act: &Act, id: IncidentId, fb: NewFeedback) -> Result<()> {
    act.actor.must(Permission::IncidentRespond)?;
    let rules = app.rules();
    let today = kernel::clock::day_of(act.at);
    let mut errors = FieldErrors::default();
    if fb.text.trim().is_empty() {
        errors.add("text", "请写明现场情况和处理结果。");
    }
    if fb.last {
        match &fb.found_category {
            None => errors.add("found_category", "终结反馈须选定现场核实的警情类别（统计以此为准）。"),
            Some(c) => {
                rules.must_know("incident.category1", c, today)?;
            }
        }
    }
    errors.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            rules::known(&fb, &rules, &places::store::station_code(tx, intake.station_id).await?, today)?;
            let me = tx.act().actor.user;
            let order = orders::of_incident(tx, id)
                .await?
                .into_iter()
                .find(|d| d.target_user == me && d.finished_at.is_none() && d.signed_at.is_some())
                .ok_or_else(|| {
                    Refusal::new("incidents.no_order", "您没有这起警情已签收的派警单。", "请先签收，或请值班员派警给您。")
                })?;
            let feedback = orders::insert_feedback(tx, id, Some(order.id), &fb).await?;
            attachments::keep(app, tx, intake.station_id, "feedback", feedback.0, ("incident", id.0), &fb.files).await?;
            let step = if fb.last { Step::Final } else { Step::Interim };
            if fb.last {
                if let Some(c) = &fb.found_category {
                    store::set_found(tx, id, &rules::found(&intake, c, &fb)).await?;
                }
                orders::stamp(tx, order.id, Step::Final).await?;
                notices::actions::done_by_me(tx, id, "incident.feedback").await?;
                let due = rules::deadlines(&rules, today, tx.now())?.feedback;
                notices::actions::put(
                    tx,
                    NewTask {
                        station: intake.station_id,
                        kind: "incident.review",
                        title: format!("{} 待审核", intake.number),
                        path: format!("/incidents/{id}"),
                        record: id.0,
                        to_user: None,
                        to_role: Some(Role::DutyLeader),
                        due,
                    },
                )
                .await?;
            }
            if intake.state == State::FedBack {
                // A second unit's report while the matter is already under review.
                return trace(tx, id, step, "").await;
            }
            advance(tx, &intake, step, "").await
        })
        .await
}

/// The duty leader approves and closes, sends back for more, or reopens an ended incident.
pub async fn review(app: &App, act: &Act, id: IncidentId, step: Step, note: &str) -> Result<()> {
    act.actor.must(Permission::IncidentReview)?;
    if step != Step::Approve && note.trim().is_empty() {
        return Err(FieldErrors::one("note", "请写明理由。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            match step {
                Step::Approve => {
                    let by_self = orders::feedback_of(tx, id).await?.iter().any(|f| f.by_user == tx.act().actor.user);
                    if by_self {
                        return Err(Refusal::new(
                            "incidents.own_review",
                            "不能审核本人反馈的警情。",
                            "请由另一名带班领导审核。",
                        )
                        .into());
                    }
                    super::transfer::overtaken(tx, id, "由本单位办结").await?;
                    notices::actions::done_all(tx, id).await?;
                }
                Step::SendBack => {
                    notices::actions::done_for(tx, id, "incident.review").await?;
                    store::set_exit(tx, id, None, None).await?;
                }
                Step::Reopen => {
                    rules::next(intake.state, step)?;
                    store::set_exit(tx, id, None, None).await?;
                    // What was handed over has come back.
                    super::transfer::overtaken(tx, id, note).await?;
                    let what = format!("{} 重新办理，待派警", intake.number);
                    super::intake::dispatch_task(tx, &app.rules(), id, what).await?;
                }
                _ => return Err(Error::internal("not a review step")),
            }
            advance(tx, &intake, step, note).await
        })
        .await
}

/// The leaving operator signs over everything that is open.
pub async fn open_handover(app: &App, act: &Act, note: &str) -> Result<HandoverId> {
    act.actor.must(Permission::HandoverSign)?;
    act.actor.must_serve_station("交接班")?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let station = tx.act().station;
            let open: Vec<State> = State::ALL.iter().copied().filter(|s| s.is_open()).collect();
            let id = shift::insert(tx, station, note, &open).await?;
            tx.record("incidents.handover_open", &[("handover", id.0)], note);
            tx.emit("incidents.handover", id);
            Ok(id)
        })
        .await
}

/// The arriving operator signs for it; not the same person.
pub async fn take_handover(app: &App, act: &Act, id: HandoverId, answer: &str) -> Result<()> {
    act.actor.must(Permission::HandoverSign)?;
    act.actor.must_serve_station("交接班")?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let me = tx.act().actor.user;
            let h = shift::find(tx as &mut Reader, id).await?.ok_or(Error::NotFound("这次交接班"))?;
            if h.from_user == me {
                return Err(Refusal::new(
                    "incidents.handover_self",
                    "交班人不能自己接班。",
                    "请由接班人登录后签收。",
                )
                .into());
            }
            shift::take(tx, id, me, answer).await?;
            tx.record("incidents.handover_take", &[("handover", id.0)], answer);
            tx.emit("incidents.handover", id);
            Ok(())
        })
        .await
}
