//! Other ways: referral, self-settlement, withdrawal, domestic violence, escalation, committees.

use super::clocks::finish;
use super::{To, advance, end_of, give, note, reach};
use crate::model::{
    ClockKind, ClockState, Dispute, Escalation, Link, NewDecision, NewWarning, Outcome, Settlement, State, Step, TrackResult,
};
use crate::store::{self, parts, tracks};
use crate::rules;
use kernel::{Act, App, Date, DisputeId, Error, FieldErrors, IncidentId, Permission as P, Refusal, Result, Tx, Uuid, clock};

/// 告知分流: not for mediation here; the parties were told where to go, in writing when they object
/// (程序规定 §61, 178; 人民调解法 §26).
pub async fn refer(app: &App, act: &Act, id: DisputeId, told_to: &str, how: &str, disputed: bool) -> Result<()> {
    act.actor.must(P::DisputeOpen)?;
    let today = clock::day_of(act.at);
    let rules = app.rules();
    let written = rules::refer(told_to, how, disputed, &rules, today)?;
    let text = format!("告知向{told_to}申请处理（{how}）");
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Refer)?;
            no_case(tx, id, &rules).await?;
            store::set_told(tx, id, &text).await?;
            tracks::insert_referral(tx, id, told_to, written, disputed, today).await?;
            finish(tx, &d, Step::Refer, Outcome::Referred, &text).await.map(|_| ())
        })
        .await
}

/// 自行和解: the parties settled it themselves; a public-order case needs their written request, the
/// performance and the acceptance of the police, each with its day (程序规定 §186).
pub async fn self_settle(app: &App, act: &Act, id: DisputeId, s: &Settlement) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::SelfSettle)?;
            let case = police_case(tx, id).await?;
            rules::not_decided(&case.decisions, &rules, today)?;
            rules::self_settle(s, case.accepted_on(), &rules, today)?;
            let mut outcome = Outcome::SelfSettled;
            if d.state == State::Agreed {
                rules::settled_by_committee(d.track, case.due().is_some(), &super::after::promises(tx, id).await?, &rules, today)?;
                outcome = Outcome::Settled;
            } else {
                tracks::end(tx, id, TrackResult::SelfSettled, today, &s.what).await?;
            }
            store::set_told(tx, id, &s.what).await?;
            tracks::insert_settlement(tx, id, s).await?;
            super::clocks::leave(tx, id, ClockState::Met, today, "自行和解").await?;
            finish(tx, &d, Step::SelfSettle, outcome, &s.what).await.map(|_| ())
        })
        .await
}

/// The days and the opinion of a self-settlement that were not known when it was registered, or were wrong; what was written
/// first stays, the last one holds and is what the papers print.
pub async fn amend_settlement(app: &App, act: &Act, id: DisputeId, s: &Settlement) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            if tracks::settlements(tx, id).await?.is_empty() || d.state != State::Closed {
                let next = "请在“其他办理”中登记自行和解。";
                return Err(Refusal::new("mediation.not_self_settled", "这起纠纷不是自行和解办结的。", next).into());
            }
            rules::self_settle(s, police_case(tx, id).await?.accepted_on(), &rules, today)?;
            tracks::insert_settlement(tx, id, s).await?;
            super::trace(tx, id, Step::Edit, (d.state, d.outcome), today, "补充自行和解材料").await
        })
        .await
}

/// The public-order case beside the dispute.
pub(crate) async fn police_case(tx: &mut Tx, id: DisputeId) -> Result<rules::PoliceCase> {
    let (runs, decisions) = (tracks::runs(tx, id).await?, tracks::decisions(tx, id).await?);
    Ok(rules::PoliceCase { runs, decisions, settlements: tracks::settlements(tx, id).await? })
}

/// Refuses what would end a public-order case without its decision.
pub(crate) async fn no_case(tx: &mut Tx, id: DisputeId, rules: &kernel::rules::RuleSet) -> Result<()> {
    Ok(rules::undecided(&police_case(tx, id).await?, rules, clock::day_of(tx.now()))?)
}

/// 处理决定 on the public-order case: its clock runs until then, and the matter does not close without it.
pub async fn decide(app: &App, act: &Act, id: DisputeId, n: &NewDecision) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Decide)?;
            rules::decide(n, &police_case(tx, id).await?, &rules, today)?;
            tracks::insert_decision(tx, id, n).await?;
            let text = format!("{} {} {}", rules.name("case.decision_kind", &n.kind), n.number, n.decided_on);
            super::clocks::meet(tx, id, |k| k == ClockKind::Case, n.decided_on, &text).await?;
            super::clocks::end_pause(tx, &d).await?;
            notices::actions::done_for(tx, id, "dispute.next").await?;
            if d.state == State::Failed {
                let due = end_of(today.tomorrow().unwrap_or(today));
                give(tx, (&d, "dispute.next"), "已有处理决定，请告知可以起诉后办结".into(), id.0, To::User(d.owner_id), due).await?;
            }
            note(tx, &d, Step::Decide, text.trim()).await
        })
        .await
}

/// The applicant withdraws it.
pub async fn withdraw(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明撤回的情况。"));
    }
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Withdraw)?;
            no_case(tx, id, &rules).await?;
            store::set_told(tx, id, why).await?;
            tracks::end(tx, id, TrackResult::Withdrawn, today, why).await?;
            finish(tx, &d, Step::Withdraw, Outcome::Withdrawn, why).await.map(|_| ())
        })
        .await
}

/// 家庭暴力: off the mediation tracks, onto its own path (反家暴法 §15–17).
pub async fn protect(app: &App, act: &Act, id: DisputeId, what: &str) -> Result<()> {
    act.actor.must(P::DisputeOpen)?;
    if what.trim().is_empty() {
        return Err(FieldErrors::one("what", "请写明制止、取证、协助就医等处置情况。"));
    }
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            advance(tx, &d, Step::Protect, None, today, what).await?;
            tracks::end(tx, id, TrackResult::Protected, today, what).await?;
            super::clocks::answered(tx, id).await?;
            // A public-order case that waits for its decision waits on.
            let due = police_case(tx, id).await?.due().is_some();
            super::clocks::stop(tx, id, |k| k.ends_with_matter() && !(k == ClockKind::Case && due), ClockState::Stopped, today, "转家暴处置").await?;
            super::clocks::end_pause(tx, &d).await?;
            store::set_violence(tx, id).await?;
            notices::actions::done_all(tx, id).await?;
            let d = store::get(tx, id).await?;
            protect_task(tx, &d).await
        })
        .await
}

/// Somebody of rank decides at once: a warning, a penalty, or a case.
pub(crate) async fn protect_task(tx: &mut Tx, d: &Dispute) -> Result<()> {
    let today = clock::day_of(tx.now());
    give(tx, (d, "dispute.warn"), "家暴处置：告诫书、查访".into(), d.id.0, To::User(d.owner_id), end_of(today)).await?;
    let role = kernel::Role::DutyLeader;
    give(tx, (d, "dispute.lead"), "涉及家庭暴力，请带班领导知悉".into(), d.id.0, To::Role(role), end_of(today)).await
}

/// 告诫书: identity, facts, prohibition; served on both; the committee is told; visits follow.
pub async fn warn(app: &App, act: &Act, id: DisputeId, w: &NewWarning) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    let mut e = FieldErrors::default();
    for (field, label, value) in
        [("facts", "家庭暴力的事实", &w.facts), ("prohibition", "禁止事项", &w.prohibition), ("committee_told", "已通知的居（村）民委员会", &w.committee_told)]
    {
        if value.trim().is_empty() {
            e.add(field, format!("请写明{label}。"));
        }
    }
    if w.told_on < w.served_offender_on.min(w.served_victim_on) {
        e.add("told_on", "通知居（村）民委员会的日期不能早于送交告诫书的日期。");
    }
    if w.offender == w.victim {
        e.add("victim", "加害人和受害人不能是同一人。");
    }
    for (field, day) in [("served_offender_on", w.served_offender_on), ("served_victim_on", w.served_victim_on), ("told_on", w.told_on)] {
        if day > today {
            e.add(field, "日期不能晚于今天。");
        }
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Warn)?;
            let parties = parts::parties(tx, id).await?;
            if ![w.offender, w.victim].iter().all(|p| parties.iter().any(|x| x.id == *p)) {
                return Err(Error::NotFound("当事人"));
            }
            let mut began = clock::day_of(d.opened_at);
            if let Some(i) = d.incident_id {
                began = began.min(clock::day_of(incidents::store::get(tx, i).await?.called_at));
            }
            let mut e = FieldErrors::default();
            for (field, day) in [("served_offender_on", w.served_offender_on), ("served_victim_on", w.served_victim_on), ("told_on", w.told_on)] {
                if day < began {
                    e.add(field, format!("日期不能早于接报或者登记的日期 {began}。"));
                }
            }
            e.ok(())?;
            let offender = parties.iter().find(|p| p.id == w.offender).map(|p| p.person_id).ok_or(Error::NotFound("当事人"))?;
            identified(&people::store::person_for(tx, offender, true).await?)?;
            super::clocks::answered(tx, id).await?;
            parts::insert_warning(tx, id, w).await?;
            notices::actions::done_for(tx, id, "dispute.warn").await?;
            note(tx, &d, Step::Warn, &format!("已送交双方，已通知{}", w.committee_told)).await?;
            super::after::plan_follow_ups(tx, &d, today, &rules).await?;
            Ok(())
        })
        .await
}

/// 告诫书 bears the offender's identity (反家庭暴力法 §16).
fn identified(v: &people::model::PersonView) -> Result<(), Refusal> {
    let lacks: Vec<&str> = [(v.sex == people::model::Sex::Unknown, "性别"), (v.birth.is_none(), "出生日期"), (v.id_masked.is_empty(), "证件号码")]
        .into_iter()
        .filter(|(lacks, _)| *lacks)
        .map(|(_, what)| what)
        .collect();
    if lacks.is_empty() {
        return Ok(());
    }
    Err(Refusal::new("mediation.offender_unknown", format!("加害人的身份信息不全：没有登记{}。", lacks.join("、")), "请在“人员”中补全加害人的登记，再出具告诫书。"))
}

/// Links the case that this dispute caused: 民转治 or 民转刑. Figures count it whenever it is found.
#[derive(Clone, Debug)]
pub struct Case {
    pub kind: Escalation,
    pub case_no: String,
    pub incident: Option<IncidentId>,
    pub day: Date,
    pub note: String,
}

pub async fn escalate(app: &App, act: &Act, id: DisputeId, case: &Case) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let today = clock::day_of(act.at);
    let mut e = FieldErrors::default();
    if case.case_no.trim().is_empty() && case.incident.is_none() {
        e.add("case_no", "请写明案号，或者选择关联的警情。");
    }
    if case.day > today {
        e.add("day", "日期不能晚于今天。");
    }
    if case.incident.is_none() && case.case_no.chars().count() > 60 {
        e.add("case_no", "案号最多 60 字。");
    }
    if case.note.trim().is_empty() {
        e.add("note", "请写明为什么认定由这起纠纷引起。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            if case.day < clock::day_of(d.opened_at) {
                return Err(FieldErrors::one("day", format!("案件日期不能早于纠纷登记日期 {}。{}", clock::day_of(d.opened_at), crate::rules::order())));
            }
            if let Some(i) = case.incident {
                let intake = incidents::store::get(tx, i).await?;
                incidents::actions::visible(tx, &intake).await?;
                let called = clock::day_of(intake.called_at);
                if intake.called_at < d.opened_at || case.day < called {
                    let text = format!("关联的警情 {} 是 {called} 报的，不能早于纠纷登记（{}），案件日期也不能早于警情。", intake.number, clock::day_of(d.opened_at));
                    return Err(FieldErrors::one("day", text));
                }
            }
            let link = Link {
                kind: case.kind.code().into(),
                other_kind: if case.incident.is_some() { "incident" } else { "case" }.into(),
                other_id: case.incident.map(|i| i.0),
                case_no: case.case_no.clone(),
                day: case.day,
                note: case.note.clone(),
            };
            parts::insert_link(tx, id, &link).await?;
            store::set_escalated(tx, id, rules::worse(d.escalated, case.kind)).await?;
            notices::actions::done_for(tx, id, "dispute.escalate").await?;
            // Heard by whoever published figures or bulletins about it, also when it is late.
            tx.emit("dispute.escalated", id);
            super::trace(tx, id, Step::Escalate, (d.state, d.outcome), case.day, &format!("{} {}", case.kind.label(), case.case_no)).await?;
            let due = end_of(today);
            give(tx, (&d, "dispute.lead"), format!("{}，请带班领导知悉", case.kind.label()), id.0, To::Role(kernel::Role::DutyLeader), due).await
        })
        .await
}

/// Registers a people's mediation committee of the area.
pub async fn add_committee(app: &App, act: &Act, name: &str, mediators: &str, area: &str) -> Result<Uuid> {
    act.actor.must(P::DisputeReview)?;
    let mut e = FieldErrors::default();
    if name.trim().is_empty() {
        e.add("name", "请填写调解委员会全称。");
    }
    if mediators.trim().is_empty() {
        e.add("mediators", "请填写调解员姓名，用顿号分开。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let station = tx.act().station;
            let names: Vec<String> = mediators.split(['、', ',', '，']).map(|n| n.trim().to_string()).filter(|n| !n.is_empty()).collect();
            rules::not_of_the_station(&names, &super::mediate::staff(tx, station).await?)?;
            let id = parts::insert_committee(tx, name, mediators, area).await?;
            tx.record("mediation.committee", &[("committee", id)], name);
            tx.emit("mediation.committee", id);
            Ok(id)
        })
        .await
}
