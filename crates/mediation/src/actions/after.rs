//! After the agreement: promises kept or not, judicial confirmation, follow-ups, closing, reopening.

use super::{To, advance, end_of, give, note, reach};
use crate::model::{Confirmation, Dispute, Found, Kept, Outcome, State, Step};
use crate::rules::{self, Leads};
use crate::store::{self, parts};
use kernel::rules::RuleSet;
use kernel::{
    Act, AgreementId, App, Date, DisputeId, Error, FieldErrors, FollowUpId, ObligationId, Permission as P, Refusal, Result,
    Role, Tx, clock,
};

/// Plans the visits that the level asks for, each with its task.
pub(crate) async fn plan_follow_ups(tx: &mut Tx, d: &Dispute, from: Date, rules: &RuleSet) -> Result<usize> {
    let list = rules::follow_ups(&d.level, from, rules);
    for (n, (due, mode)) in list.iter().enumerate() {
        let id = parts::insert_follow_up(tx, d.id, n as i64 + 1, *due, mode).await?;
        let title = format!("第 {} 次回访（{}）", n + 1, rules.name("follow_up.mode", mode));
        give(tx, (d, "dispute.follow_up"), title, id.0, To::User(d.owner_id), end_of(*due)).await?;
    }
    Ok(list.len())
}

/// Plans follow-ups by hand, such as after a matter that ended without an agreement.
pub async fn add_follow_ups(app: &App, act: &Act, id: DisputeId) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::FollowUp)?;
            if parts::follow_ups(tx, id).await?.iter().any(|f| f.done_at.is_none() && !f.dropped) {
                return Err(Refusal::new("mediation.planned", "还有没完成的回访。", "请先完成已安排的回访。").into());
            }
            let n = plan_follow_ups(tx, &d, today, &rules).await?;
            note(tx, &d, Step::FollowUp, &format!("安排回访 {n} 次")).await
        })
        .await
}

async fn promise(tx: &mut Tx, d: DisputeId, id: ObligationId) -> Result<crate::model::Obligation> {
    parts::obligations(tx, d).await?.into_iter().find(|o| o.id == id).ok_or(Error::NotFound("这项义务"))
}

/// A promise was kept on `on`; late when after its date.
pub async fn perform(
    app: &App,
    act: &Act,
    id: DisputeId,
    obligation: ObligationId,
    on: Date,
    proof: &str,
    files: &[attachments::Prepared],
) -> Result<()> {
    act.actor.must(P::DisputeAssist)?;
    let today = clock::day_of(act.at);
    let mut e = FieldErrors::default();
    if on > today {
        e.add("done_on", "履行日期不能晚于今天。");
    }
    if proof.trim().is_empty() && files.is_empty() {
        e.add("proof", "请写明凭什么认定已履行（收条、照片、查看情况），或者上传凭证。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let o = promise(tx, id, obligation).await?;
            let state = rules::kept(o.due, on);
            parts::settle_promise(tx, obligation, state, Some(on), proof).await?;
            for f in files {
                attachments::keep(app, tx, d.station_id, "obligation", obligation.0, ("dispute", id.0), f).await?;
            }
            notices::actions::done_for(tx, obligation.0, "dispute.obligation").await?;
            note(tx, &d, Step::Perform, &format!("第 {} 项{}", o.n, state.label())).await
        })
        .await
}

/// A promise was not kept; the duty leader is told.
pub async fn break_promise(app: &App, act: &Act, id: DisputeId, obligation: ObligationId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeAssist)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("proof", "请写明没有履行的情况。"));
    }
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let o = promise(tx, id, obligation).await?;
            if o.due.is_some_and(|due| today <= due) {
                return Err(Refusal::new(
                    "mediation.not_due",
                    format!("第 {} 项到 {} 才到期。", o.n, o.due.map_or(String::new(), |d| d.to_string())),
                    "请在到期后登记；当事人明确表示不履行的，请记为“调解不成”。",
                )
                .into());
            }
            parts::settle_promise(tx, obligation, Kept::Broken, None, why).await?;
            notices::actions::done_for(tx, obligation.0, "dispute.obligation").await?;
            note(tx, &d, Step::Break, &format!("第 {} 项：{why}", o.n)).await?;
            let due = end_of(today.tomorrow().unwrap_or(today));
            give(tx, (&d, "dispute.review"), "有协议义务没有履行，请督办".into(), id.0, To::Role(Role::DutyLeader), due).await
        })
        .await
}

/// 司法确认: both sides ask the court together within thirty days.
pub async fn confirm(app: &App, act: &Act, id: DisputeId, agreement: AgreementId, to: Confirmation, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let a = parts::agreements(tx, id).await?.into_iter().find(|a| a.id == agreement).ok_or(Error::NotFound("这份协议"))?;
            let (Some(from), Some(due)) = (a.confirmation, a.confirmation_due) else {
                return Err(Refusal::new("mediation.no_confirmation", "这份协议不适用司法确认。", "人民调解协议才可以申请。")
                    .by("司法确认", rules.cite("mediation.judicial_confirmation.request_days", today).source)
                    .into());
            };
            use Confirmation as C;
            let fits = matches!(
                (from, to),
                (C::ToApply, C::ToAccept | C::Overdue) | (C::ToAccept, C::ToReview | C::NotAccepted) | (C::ToReview, C::Confirmed | C::NotConfirmed)
            );
            if !fits {
                return Err(Refusal::new("mediation.confirmation_state", format!("司法确认现在是“{}”。", from.label()), "请按法院的实际进展登记。").into());
            }
            if to == C::ToAccept && today > due {
                return Err(Refusal::new("mediation.confirmation_late", format!("共同申请的期限 {due} 已过。"), "请登记为“超时”；当事人可以就协议向人民法院起诉。")
                    .by("三十日内共同申请", rules.cite("mediation.judicial_confirmation.request_days", today).source)
                    .into());
            }
            parts::set_confirmation(tx, agreement, to).await?;
            let text = format!("{} {why}", to.label());
            if d.state == State::Agreed {
                note(tx, &d, Step::Confirm, &text).await
            } else {
                super::trace(tx, id, Step::Confirm, (d.state, d.outcome), today, &text).await
            }
        })
        .await
}

/// Writes down a follow-up. What was found leads on: review by the leader, or a link to the case.
pub async fn follow_up(app: &App, act: &Act, id: DisputeId, follow: FollowUpId, f: &Found) -> Result<()> {
    act.actor.must(P::DisputeAssist)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    let mut e = FieldErrors::default();
    if f.interviewee.trim().is_empty() {
        e.add("interviewee", "请写明回访了谁。");
    }
    if f.finding.is_empty() {
        e.add("finding", "请选择回访结果。");
    }
    e.ok(())?;
    rules.must_know("follow_up.mode", &f.mode, today)?;
    rules.must_know("follow_up.finding", &f.finding, today)?;
    if let Some(s) = &f.satisfaction {
        rules.must_know("satisfaction", s, today)?;
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            if !parts::follow_ups(tx, id).await?.iter().any(|x| x.id == follow) {
                return Err(Error::NotFound("这次回访"));
            }
            if parts::finish_follow_up(tx, follow, f).await? == 0 {
                return Err(Refusal::new("mediation.followed_up", "这次回访已经登记过。", "请刷新查看；补充情况请另行安排回访。").into());
            }
            notices::actions::done_for(tx, follow.0, "dispute.follow_up").await?;
            let text = format!("{}：{}", rules.name("follow_up.mode", &f.mode), rules.name("follow_up.finding", &f.finding));
            note(tx, &d, Step::FollowUp, &text).await?;
            let due = end_of(today.tomorrow().unwrap_or(today));
            match rules::leads(&f.finding) {
                Leads::Nothing => Ok(()),
                Leads::Review => {
                    let title = format!("回访发现“{}”，请研究是否重新办理", rules.name("follow_up.finding", &f.finding));
                    give(tx, (&d, "dispute.review"), title, id.0, To::Role(Role::DutyLeader), due).await
                }
                Leads::Escalation => {
                    let title = "回访发现已升级，请关联案件".into();
                    give(tx, (&d, "dispute.escalate"), title, id.0, To::User(d.owner_id), due).await
                }
            }
        })
        .await
}

/// Ends the matter with the outcome that the facts allow.
pub async fn close(app: &App, act: &Act, id: DisputeId, told: &str) -> Result<Outcome> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    let code: String = app
        .db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let latest = parts::agreements(tx, id).await?.first().map(|a| a.id);
            let promises: Vec<Kept> = parts::obligations(tx, id)
                .await?
                .iter()
                .filter(|o| Some(o.agreement_id) == latest)
                .map(|o| o.state)
                .collect();
            let warned = !parts::warnings(tx, id).await?.is_empty();
            let outcome = rules::close(&d, &promises, told, warned)?;
            if !told.is_empty() {
                store::set_told(tx, id, told).await?;
            }
            advance(tx, &d, Step::Close, Some(outcome), today, told).await?;
            notices::actions::done_all(tx, id).await?;
            if outcome == Outcome::NotSettled {
                plan_follow_ups(tx, &d, today, &rules).await?;
            }
            for p in parts::parties(tx, id).await? {
                people::actions::touch(tx, p.person_id).await?;
            }
            Ok(outcome.code().to_string())
        })
        .await?;
    Outcome::from_code(&code).ok_or_else(|| Error::internal("outcome"))
}

/// The duty leader takes a closed matter up again.
pub async fn reopen(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeReview)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明重新办理的理由。"));
    }
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            advance(tx, &d, Step::Reopen, None, today, why).await?;
            for f in parts::follow_ups(tx, id).await?.iter().filter(|f| f.done_at.is_none() && !f.dropped) {
                notices::actions::done_all(tx, f.id.0).await?;
            }
            parts::drop_follow_ups(tx, id).await?;
            notices::actions::done_all(tx, id).await?;
            let hours = rules.int("dispute.feedback_hours", today)?;
            let due = tx.now().checked_add(std::time::Duration::from_secs(hours.max(0) as u64 * 3_600)).unwrap_or(tx.now());
            give(tx, (&d, "dispute.accept"), "重新办理，待受理审查".into(), id.0, To::User(d.owner_id), due).await
        })
        .await
}
