//! After the agreement: promises kept or not, judicial confirmation, follow-ups, closing, reopening.

use super::{To, advance, end_of, give, note, reach};
use crate::model::{ClockKind, ClockState, Confirmation, Dispute, Found, Kept, Outcome, Progress, State, Step, Track};
use crate::rules::{self, Leads};
use crate::store::{self, parts, tracks};
use kernel::rules::RuleSet;
use kernel::{
    Act, AgreementId, App, Date, DisputeId, Error, FieldErrors, FollowUpId, ObligationId, Permission as P, Refusal, Result,
    Role, Tx, clock,
};

/// Plans the visits that the level asks for, each with its task.
pub(crate) async fn plan_follow_ups(tx: &mut Tx, d: &Dispute, from: Date, rules: &RuleSet) -> Result<usize> {
    let station = places::store::station_code(tx, d.station_id).await?;
    let list = rules::Levels::at(rules, &station, clock::day_of(tx.now())).follow_ups(&d.level, from);
    let before = parts::follow_ups(tx, d.id).await?.len();
    for (n, (due, mode)) in list.iter().enumerate() {
        // After a warning both are visited in person (反家暴法 §17); a call is no visit.
        let (mode, word) = if d.domestic_violence { ("visit", "查访") } else { (mode.as_str(), "回访") };
        let n = (before + n) as i64 + 1;
        let id = parts::insert_follow_up(tx, d.id, n, *due, mode).await?;
        let title = format!("第 {n} 次{word}（{}）", rules.name("follow_up.mode", mode));
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
            if d.state == State::Mediating {
                let next = "达成协议或者办结之后再安排回访；调解期间的走访用“记录走访调查”。";
                return Err(Refusal::new("mediation.planned", "还在调解，没有可以回访的结果。", next).into());
            }
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
            rules::next(d.state, Step::Perform)?;
            let o = promise(tx, id, obligation).await?;
            let signed = parts::agreements(tx, id).await?.into_iter().find(|a| a.id == o.agreement_id).map(|a| a.signed_on);
            if let Some(signed) = signed.filter(|s| on < *s) {
                return Err(FieldErrors::one("done_on", format!("履行日期不能早于协议签订日期 {signed}。")));
            }
            let state = rules::kept(o.due, on);
            parts::settle_promise(tx, obligation, state, Some(on), proof).await?;
            attachments::keep(app, tx, d.station_id, "obligation", obligation.0, ("dispute", id.0), files).await?;
            notices::actions::done_all(tx, obligation.0).await?;
            note(tx, &d, Step::Perform, &format!("第 {} 项{}", o.n, state.label())).await?;
            // Everything kept after all: nothing is left to penalise (程序规定 §185).
            let open = parts::obligations(tx, id).await?.iter().any(|o| matches!(o.state, Kept::Broken | Kept::Pending));
            // A committee's agreement does not answer for the violation: that case runs on to its decision.
            let due = super::other::police_case(tx, id).await?.due().is_some();
            if d.state == State::Agreed && !open && !due {
                super::clocks::stop(tx, id, |k| k == ClockKind::Case, ClockState::Stopped, today, "已补履行").await?;
                notices::actions::done_for(tx, id, "dispute.next").await?;
                notices::actions::done_for(tx, id, "dispute.review").await?;
            }
            Ok(())
        })
        .await
}

/// A promise was not kept; the duty leader is told.
pub async fn break_promise(app: &App, act: &Act, id: DisputeId, obligation: ObligationId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeAssist)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("proof", "请写明没有履行的情况。"));
    }
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Break)?;
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
            notices::actions::done_all(tx, obligation.0).await?;
            note(tx, &d, Step::Break, &format!("第 {} 项：{why}", o.n)).await?;
            let due = end_of(today.tomorrow().unwrap_or(today));
            let next = if d.track == Some(Track::PublicOrder) {
                // The case's days count from the day it was not performed (程序规定 §185).
                let from = o.due.and_then(|d| d.tomorrow().ok()).map_or(today, |d| d.min(today));
                super::clocks::case_begins(tx, &d, from, &format!("第 {} 项未履行", o.n), &rules).await?;
                "协议没有履行，请依法处罚并告知可以起诉"
            } else {
                // 人民调解法 §31–33: the committee supervises; a confirmed agreement is enforced by the court.
                let agreements = parts::agreements(tx, id).await?;
                match agreements.iter().find(|a| a.id == o.agreement_id).and_then(|a| a.confirmation) {
                    Some(Confirmation::Confirmed) => "协议没有履行，请告知对方可以向人民法院申请强制执行",
                    _ => "协议没有履行，请督促履行，并告知可以就协议向人民法院起诉",
                }
            };
            notices::actions::done_for(tx, id, "dispute.next").await?;
            give(tx, (&d, "dispute.next"), next.to_string(), id.0, To::User(d.owner_id), due).await?;
            give(tx, (&d, "dispute.review"), "有协议义务没有履行，请督办".into(), id.0, To::Role(Role::DutyLeader), due).await
        })
        .await
}

/// 司法确认: both sides ask the court together within thirty days; then as the court goes on.
pub async fn confirm(app: &App, act: &Act, id: DisputeId, agreement: AgreementId, p: &Progress) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Confirm)?;
            let a = parts::agreements(tx, id).await?.into_iter().find(|a| a.id == agreement).ok_or(Error::NotFound("这份协议"))?;
            let (Some(from), Some(due)) = (a.confirmation, a.confirmation_due) else {
                return Err(Refusal::new("mediation.no_confirmation", "这份协议不适用司法确认。", "人民调解协议才可以申请。")
                    .in_force(&rules, today)
                    .into());
            };
            let last = tracks::confirm_steps(tx, id).await?.into_iter().filter(|s| s.agreement_id == agreement).map(|s| s.day).next_back();
            // A correction of 超时 looks at the day of the request, not at the day the term ran out.
            let last = last.filter(|_| from != Confirmation::Overdue);
            rules::confirm(from, p, a.signed_on, due, last, &rules, today)?;
            parts::set_confirmation(tx, agreement, p.to).await?;
            tracks::insert_confirm_step(tx, id, agreement, p).await?;
            super::clocks::of_court(tx, &d, p, &rules).await?;
            let text = [p.to.label(), &p.on.to_string(), &p.court, &p.case_no, &p.note].iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>().join(" ");
            super::trace(tx, id, Step::Confirm, (d.state, d.outcome), today, &text).await
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
            let planned = parts::follow_ups(tx, id).await?.into_iter().find(|x| x.id == follow).ok_or(Error::NotFound("这次回访"))?;
            if planned.dropped {
                let next = "请登记重新办理之后安排的回访；并入他案的，到主案登记。";
                return Err(Refusal::new("mediation.followed_up", "这次回访已经随重新办理或者并案取消。", next).into());
            }
            if d.domestic_violence && !matches!(f.whom.as_str(), "offender" | "victim" | "both") {
                return Err(FieldErrors::one("whom", "请选择访到了谁（加害人、受害人）。"));
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

/// How the promises of the newest agreement stand.
pub(crate) async fn promises(tx: &mut Tx, id: DisputeId) -> Result<Vec<Kept>> {
    let latest = parts::agreements(tx, id).await?.first().map(|a| a.id);
    Ok(parts::obligations(tx, id).await?.iter().filter(|o| Some(o.agreement_id) == latest).map(|o| o.state).collect())
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
            rules::next(d.state, Step::Close)?;
            super::other::no_case(tx, id, &rules).await?;
            let promises = promises(tx, id).await?;
            let warnings = parts::warnings(tx, id).await?;
            let visits = parts::follow_ups(tx, id).await?;
            let since = warnings.iter().map(|w| w.at).max();
            let outcome = rules::close(&d, &promises, told, &rules::visits(since, &visits))?;
            let signed = parts::agreements(tx, id).await?.first().map(|a| a.at);
            rules::watched(&promises, visits.iter().any(|f| f.done_at.is_some_and(|at| signed.is_none_or(|s| at >= s))))?;
            if !told.is_empty() {
                store::set_told(tx, id, told).await?;
            }
            super::clocks::finish(tx, &d, Step::Close, outcome, told).await?;
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
            store::set_master(tx, id, None).await?;
            for f in parts::follow_ups(tx, id).await?.iter().filter(|f| f.done_at.is_none() && !f.dropped) {
                notices::actions::done_all(tx, f.id.0).await?;
            }
            parts::drop_follow_ups(tx, id).await?;
            notices::actions::done_all(tx, id).await?;
            let station = places::store::station(tx, d.station_id).await?;
            let hours = rules.int_at("dispute.feedback_hours", &station.code, today).unwrap_or(24);
            let due = super::clocks::feedback_begins(tx, &d, hours, &rules).await?;
            if d.domestic_violence {
                return super::other::protect_task(tx, &d).await;
            }
            give(tx, (&d, "dispute.accept"), "重新办理，待受理审查".into(), id.0, To::User(d.owner_id), due).await
        })
        .await
}
