//! Clocks: each begins with its rule, has one task, and ends on a day.

use super::{To, advance, end_of, give, note, reach};
use crate::model::{ClockKind, ClockRow, ClockState, Dispute, Progress, State, Step, Track};
use crate::rules::{self, Spec};
use crate::store::{self, tracks};
use kernel::calendar::Counted;
use kernel::{Act, App, Date, DisputeId, FieldErrors, Permission as P, Refusal, Result, Timestamp, Tx, Uuid, clock};

/// The task of a clock.
pub(crate) const TASK: &str = "dispute.clock";

/// Starts a clock that ends with the day it is counted to. The parties' own term for judicial
/// confirmation is nobody's task until its last days come.
pub(crate) async fn start(tx: &mut Tx, d: &Dispute, s: &Spec, from: Date, why: &str) -> Result<Uuid> {
    let due_at = end_of(s.due.date);
    let id = tracks::start_clock(tx, d.id, s, from, due_at, why).await?;
    if s.kind != ClockKind::ConfirmRequest {
        task(tx, d, id, s.kind, due_at, false).await?;
    }
    Ok(id)
}

/// The clock's task, given anew when its last days come.
pub(crate) async fn task(tx: &mut Tx, d: &Dispute, id: Uuid, kind: ClockKind, due_at: Timestamp, soon: bool) -> Result<()> {
    notices::actions::done_for(tx, id, TASK).await?;
    let last = clock::day_of(due_at.checked_sub(std::time::Duration::from_secs(1)).unwrap_or(due_at));
    let title = if soon { format!("即将到期：{} {last}", kind.label()) } else { format!("{} {last} 到期", kind.label()) };
    give(tx, (d, TASK), title, id, To::User(d.owner_id), due_at).await
}

async fn open_ones(tx: &mut Tx, id: DisputeId, which: impl Fn(ClockKind) -> bool) -> Result<Vec<ClockRow>> {
    Ok(tracks::clocks(tx, id).await?.into_iter().filter(|c| c.is_open() && which(c.kind)).collect())
}

/// Clocks that stand still.
async fn still(tx: &mut Tx, id: DisputeId) -> Result<Vec<ClockRow>> {
    Ok(open_ones(tx, id, |_| true).await?.into_iter().filter(|c| c.state == ClockState::Paused).collect())
}

/// Ends the open clocks of these kinds: in time or late, as their last day says.
pub(crate) async fn meet(tx: &mut Tx, id: DisputeId, which: impl Fn(ClockKind) -> bool, on: Date, why: &str) -> Result<()> {
    for c in open_ones(tx, id, which).await? {
        let in_time = if c.kind == ClockKind::Feedback { tx.now() <= c.due_at } else { on <= c.due() || c.state == ClockState::Paused };
        let state = if in_time { ClockState::Met } else { ClockState::Late };
        tracks::end_clock(tx, c.id, state, on, why).await?;
        notices::actions::done_for(tx, c.id, TASK).await?;
    }
    Ok(())
}

/// Ends them because they no longer apply, or because another one takes their place.
pub(crate) async fn stop(tx: &mut Tx, id: DisputeId, which: impl Fn(ClockKind) -> bool, state: ClockState, on: Date, why: &str) -> Result<()> {
    for c in open_ones(tx, id, which).await? {
        tracks::end_clock(tx, c.id, state, on, why).await?;
        notices::actions::done_for(tx, c.id, TASK).await?;
    }
    Ok(())
}

/// The case's own clock begins when the mediation failed or a promise was not kept (程序规定 §185).
pub(crate) async fn case_begins(tx: &mut Tx, d: &Dispute, from: Date, why: &str, rules: &kernel::rules::RuleSet) -> Result<()> {
    if open_ones(tx, d.id, |k| k == ClockKind::Case).await?.is_empty() {
        start(tx, d, &rules::of_case(from, rules)?, from, why).await?;
    }
    Ok(())
}

/// Injury assessment or valuation: the clocks stand still.
pub async fn pause(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明鉴定或者评估的事项。"));
    }
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Pause)?;
            if d.paused_on.is_some() {
                return Err(Refusal::new("mediation.paused", "已经在中止中。", "鉴定、评估完成后请“恢复调解”。").into());
            }
            let mut open = vec![];
            for c in open_ones(tx, id, |_| true).await? {
                if rules::stands_still(c.kind, &rules, today)? {
                    open.push(c);
                }
            }
            if open.is_empty() {
                return Err(Refusal::new("mediation.no_clock", "没有正在计算的期限，不需要中止。", "请继续办理。").into());
            }
            for c in open {
                tracks::pause_clock(tx, c.id, today).await?;
                notices::actions::done_for(tx, c.id, TASK).await?;
            }
            store::set_deadline(tx, id, d.deadline, d.deadline_provisional, Some(today)).await?;
            note(tx, &d, Step::Pause, why).await
        })
        .await
}

/// The assessment is there; the days that were left run on. A public-order mediation without a
/// session yet begins anew from this day (公通字〔2007〕81号 §9).
pub async fn resume(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Resume)?;
            let Some(paused) = d.paused_on else {
                return Err(Refusal::new("mediation.not_paused", "没有中止，不需要恢复。", "请继续办理。").into());
            };
            let (mut deadline, mut text) = ((d.deadline, d.deadline_provisional), String::new());
            for c in still(tx, id).await? {
                let next = rules::runs_on(c.kind, c.due(), paused, today, d.sessions == 0, &rules)?;
                tracks::resume_clock(tx, c.id, end_of(next.date), next.provisional).await?;
                task(tx, &d, c.id, c.kind, end_of(next.date), false).await?;
                if c.kind.is_mediation() {
                    deadline = (Some(next.date), next.provisional);
                }
                text.push_str(&format!("，{}至 {}", c.kind.label(), next.date));
            }
            store::set_deadline(tx, id, deadline.0, deadline.1, None).await?;
            note(tx, &d, Step::Resume, &format!("{why}{text}")).await
        })
        .await
}

/// A pause ends with the last clock that stood still.
pub(crate) async fn end_pause(tx: &mut Tx, d: &Dispute) -> Result<()> {
    if d.paused_on.is_some() && still(tx, d.id).await?.is_empty() {
        store::set_deadline(tx, d.id, d.deadline, d.deadline_provisional, None).await?;
    }
    Ok(())
}

/// Another last day when both sides agree (2002 规定 §33); the old clock stays as 已变更.
pub async fn extend(app: &App, act: &Act, id: DisputeId, to: Date, why: &str, both_agree: bool) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    let mut e = FieldErrors::default();
    if why.trim().is_empty() {
        e.add("why", "请写明延长的理由。");
    }
    if to <= today {
        e.add("to", "新的期限应晚于今天。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Extend)?;
            if d.state != State::Mediating {
                return Err(Refusal::new("mediation.no_clock", "没有正在进行的调解，不能协商延长。", "治安案件办案期限请用“延长办案期限”。").into());
            }
            if d.paused_on.is_some() {
                return Err(Refusal::new("mediation.paused", "调解正在中止，期限没有在走。", "请先“恢复调解”。").into());
            }
            rules::extended(d.track, d.deadline, to, both_agree, &rules, today)?;
            if open_ones(tx, id, ClockKind::is_mediation).await?.is_empty() {
                return Err(Refusal::new("mediation.no_clock", "没有正在计算的调解期限，不需要延长。", "请继续调解。").into());
            }
            let cite = rules.cite("mediation.peoples.extendable_by_both", today);
            let provisional = !rules.calendar().is_known(to.year());
            for c in open_ones(tx, id, ClockKind::is_mediation).await? {
                tracks::end_clock(tx, c.id, ClockState::Replaced, today, &format!("双方同意延长：{why}")).await?;
                notices::actions::done_for(tx, c.id, TASK).await?;
                let s = Spec {
                    kind: c.kind,
                    due: Counted { date: to, provisional },
                    rule: "mediation.peoples.extendable_by_both",
                    title: cite.name.clone(),
                    source: cite.source.clone(),
                };
                start(tx, &d, &s, c.started_on, why).await?;
            }
            store::set_deadline(tx, id, Some(to), provisional, None).await?;
            note(tx, &d, Step::Extend, &format!("双方同意，至 {to}：{why}")).await
        })
        .await
}

/// The case is extended once by the organ above (程序规定 §165).
pub async fn extend_case(app: &App, act: &Act, id: DisputeId, approved_by: &str, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明案情重大、复杂的理由。"));
    }
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            if d.paused_on.is_some() {
                return Err(Refusal::new("mediation.paused", "期限正在中止（鉴定、评估），没有在走。", "请先“恢复”，再延长办案期限。").into());
            }
            rules::next(d.state, Step::Extend)?;
            let Some(c) = open_ones(tx, id, |k| k == ClockKind::Case).await?.into_iter().next() else {
                return Err(Refusal::new("mediation.no_clock", "没有正在计算的治安案件办案期限。", "调解不成或者不履行之后才开始计算。").into());
            };
            let before = c.rule == "case.public_order.extension_days";
            let s = rules::case_extended(c.due(), today, before, approved_by, &rules)?;
            tracks::end_clock(tx, c.id, ClockState::Replaced, today, why).await?;
            notices::actions::done_for(tx, c.id, TASK).await?;
            let until = s.due.date;
            start(tx, &d, &s, c.started_on, &format!("{approved_by}：{why}")).await?;
            note(tx, &d, Step::Extend, &format!("治安案件办案期限至 {until}，{approved_by} 批准：{why}")).await
        })
        .await
}

/// Counts a session and starts the clock of the second one (程序规定 §183).
pub(crate) async fn session(tx: &mut Tx, d: &Dispute, on: Date, rules: &kernel::rules::RuleSet) -> Result<()> {
    if d.paused_on.is_some() {
        return Err(Refusal::new("mediation.paused", "调解正在中止（鉴定、评估）。", "请先“恢复调解”。").into());
    }
    rules::one_more(d, on, rules)?;
    store::count_session(tx, d.id).await?;
    if d.track == Some(Track::PublicOrder)
        && let Some(next) = rules::after_session(Track::PublicOrder, d.sessions + 1, on, rules)?
    {
        meet(tx, d.id, ClockKind::is_mediation, on, "").await?;
        start(tx, d, &rules::of_second_session(next, on, rules), on, "").await?;
        store::set_deadline(tx, d.id, Some(next.date), next.provisional, None).await?;
    }
    Ok(())
}

/// The clocks that a step of judicial confirmation ends and begins.
pub(crate) async fn of_court(tx: &mut Tx, d: &Dispute, p: &Progress, rules: &kernel::rules::RuleSet) -> Result<()> {
    use crate::model::Confirmation as C;
    match p.to {
        C::ToAccept => {
            meet(tx, d.id, |k| k == ClockKind::ConfirmRequest, p.on, "已共同申请").await?;
            start(tx, d, &rules::of_confirm_accept(p.on, rules)?, p.on, "").await?;
        }
        C::ToReview => {
            meet(tx, d.id, |k| k == ClockKind::ConfirmAccept, p.on, "法院受理").await?;
            start(tx, d, &rules::of_confirm_decide(p.on, false, rules)?, p.on, "").await?;
        }
        C::NotAccepted => meet(tx, d.id, |k| k == ClockKind::ConfirmAccept, p.on, "法院不予受理").await?,
        C::Confirmed | C::NotConfirmed => meet(tx, d.id, |k| k == ClockKind::ConfirmDecide, p.on, p.to.label()).await?,
        C::Overdue => stop(tx, d.id, |k| k == ClockKind::ConfirmRequest, ClockState::Stopped, p.on, "三十日内没有共同申请").await?,
        C::ToApply => {}
    }
    Ok(())
}

/// The court's president extended the decision (法释〔2011〕5号 §5).
pub async fn extend_court(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("note", "请写明法院延长的理由。"));
    }
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let long = "mediation.judicial_confirmation.decide_extension_days";
            let open = open_ones(tx, id, |k| k == ClockKind::ConfirmDecide).await?;
            let Some(c) = open.into_iter().find(|c| c.rule != long) else {
                return Err(Refusal::new("mediation.court_clock", "法院没有正在审查的申请，或者已经延长过。", "请按法院的实际进展登记。")
                    .in_force(&rules, today)
                    .into());
            };
            tracks::end_clock(tx, c.id, ClockState::Replaced, today, why).await?;
            notices::actions::done_for(tx, c.id, TASK).await?;
            start(tx, &d, &rules::of_confirm_decide(c.started_on, true, &rules)?, c.started_on, why).await?;
            super::trace(tx, id, Step::Confirm, (d.state, d.outcome), today, &format!("法院延长审查：{why}")).await
        })
        .await
}

/// Ends every clock of mediation and of the case when the dispute leaves for good.
pub(crate) async fn leave(tx: &mut Tx, id: DisputeId, state: ClockState, on: Date, why: &str) -> Result<()> {
    match state {
        ClockState::Met => meet(tx, id, ClockKind::ends_with_matter, on, why).await,
        other => stop(tx, id, ClockKind::ends_with_matter, other, on, why).await,
    }
}

/// Starts the clock of the first answer to the parties (24 h, local).
pub(crate) async fn feedback_begins(tx: &mut Tx, d: &Dispute, hours: i64, rules: &kernel::rules::RuleSet) -> Result<Timestamp> {
    let now = tx.now();
    let due = now.checked_add(std::time::Duration::from_secs(hours.max(0) as u64 * 3_600)).unwrap_or(now);
    let (today, cite) = (clock::day_of(now), rules.cite("dispute.feedback_hours", clock::day_of(now)));
    let s = Spec {
        kind: ClockKind::Feedback,
        due: Counted { date: clock::day_of(due), provisional: false },
        rule: "dispute.feedback_hours",
        title: cite.name,
        source: cite.source,
    };
    tracks::start_clock(tx, d.id, &s, today, due, "").await?;
    Ok(due)
}

/// The first answer was given.
pub(crate) async fn answered(tx: &mut Tx, id: DisputeId) -> Result<()> {
    let today = clock::day_of(tx.now());
    meet(tx, id, |k| k == ClockKind::Feedback, today, "").await
}

/// The dispute's state after a step that ends it, with its clocks and its open tasks.
pub(crate) async fn finish(tx: &mut Tx, d: &Dispute, step: Step, outcome: crate::model::Outcome, text: &str) -> Result<State> {
    let today = clock::day_of(tx.now());
    answered(tx, d.id).await?;
    let clocks = if step == Step::Close { ClockState::Met } else { ClockState::Stopped };
    leave(tx, d.id, clocks, today, outcome.label()).await?;
    if d.paused_on.is_some() {
        store::set_deadline(tx, d.id, d.deadline, d.deadline_provisional, None).await?;
    }
    let state = advance(tx, d, step, Some(outcome), today, text).await?;
    notices::actions::done_all(tx, d.id).await?;
    Ok(state)
}
