//! Other ways: referral, self-settlement, withdrawal, domestic violence, escalation, committees.

use super::clocks::finish;
use super::{To, advance, end_of, give, note, reach};
use crate::model::{ClockState, Dispute, Escalation, Link, NewWarning, Outcome, Settlement, Step, Track, TrackResult};
use crate::store::{self, parts, tracks};
use crate::rules;
use kernel::{Act, App, Date, DisputeId, Error, FieldErrors, IncidentId, Permission as P, Refusal, Result, Tx, Uuid, clock};

/// 告知分流: not for mediation here; the parties were told where to go, in writing when they object
/// (程序规定 §61, 178; 人民调解法 §26).
pub async fn refer(app: &App, act: &Act, id: DisputeId, told_to: &str, how: &str, disputed: bool) -> Result<()> {
    act.actor.must(P::DisputeOpen)?;
    let today = clock::day_of(act.at);
    let written = rules::refer(told_to, how, disputed, &app.rules(), today)?;
    let text = format!("告知向{told_to}申请处理（{how}）");
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
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
            let runs = tracks::runs(tx, id).await?;
            let case = runs.iter().rev().find(|r| r.track == Track::PublicOrder);
            rules::self_settle(s, case.is_some(), case.map(|r| r.accepted_on), &rules, today)?;
            store::set_told(tx, id, &s.what).await?;
            tracks::insert_settlement(tx, id, s).await?;
            tracks::end(tx, id, TrackResult::SelfSettled, today, &s.what).await?;
            super::clocks::leave(tx, id, ClockState::Met, today, "自行和解").await?;
            finish(tx, &d, Step::SelfSettle, Outcome::SelfSettled, &s.what).await.map(|_| ())
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
            if d.outcome != Some(Outcome::SelfSettled) {
                let next = "请在“其他办理”中登记自行和解。";
                return Err(Refusal::new("mediation.not_self_settled", "这起纠纷不是自行和解办结的。", next).into());
            }
            let runs = tracks::runs(tx, id).await?;
            let case = runs.iter().rev().find(|r| r.track == Track::PublicOrder);
            rules::self_settle(s, case.is_some(), case.map(|r| r.accepted_on), &rules, today)?;
            tracks::insert_settlement(tx, id, s).await?;
            super::trace(tx, id, Step::Edit, (d.state, d.outcome), today, "补充自行和解材料").await
        })
        .await
}

/// The applicant withdraws it.
pub async fn withdraw(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明撤回的情况。"));
    }
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Withdraw)?;
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
            super::clocks::leave(tx, id, ClockState::Stopped, today, "转家暴处置").await?;
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
            super::clocks::answered(tx, id).await?;
            parts::insert_warning(tx, id, w).await?;
            notices::actions::done_for(tx, id, "dispute.warn").await?;
            note(tx, &d, Step::Warn, &format!("已送交双方，已通知{}", w.committee_told)).await?;
            super::after::plan_follow_ups(tx, &d, today, &rules).await?;
            Ok(())
        })
        .await
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
            if case.day < clock::day_of(d.opened_at) && case.incident.is_none() {
                return Err(FieldErrors::one("day", format!("案件日期不能早于纠纷登记日期 {}。", clock::day_of(d.opened_at))));
            }
            if let Some(i) = case.incident {
                let intake = incidents::store::get(tx, i).await?;
                incidents::actions::visible(tx, &intake).await?;
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
            let id = parts::insert_committee(tx, name, mediators, area).await?;
            tx.record("mediation.committee", &[("committee", id)], name);
            tx.emit("mediation.committee", id);
            Ok(id)
        })
        .await
}
