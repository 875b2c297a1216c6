//! 公调对接 and 行政调解申请: who takes the dispute, told what, answered when.

use super::{To, end_of, give, note, reach};
use crate::model::{AdminAnswer, Answer, ClockKind, Dispute, Step};
use crate::rules::{self, Answers};
use crate::store::{parts, tracks};
use kernel::{Act, App, Date, DisputeId, Error, FieldErrors, Permission as P, Refusal, Result, Tx, Uuid, clock};

/// The police hand the dispute to a people's mediation committee and tell the parties so
/// (人民调解法 §18); the committee answers.
pub async fn hand_over(app: &App, act: &Act, id: DisputeId, committee: Option<Uuid>, told: &str, on: Date) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let today = clock::day_of(act.at);
    let mut e = FieldErrors::default();
    if committee.is_none() {
        e.add("committee", "请选择移交给哪个人民调解委员会。");
    }
    if told.trim().is_empty() {
        e.add("told", "请写明告知了当事人什么（可以申请人民调解、自愿、不收费、可以拒绝或者起诉）。");
    }
    if on > today {
        e.add("handed_on", "移交日期不能晚于今天。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::HandOver)?;
            if on < clock::day_of(d.opened_at) {
                return Err(FieldErrors::one("handed_on", format!("移交日期不能早于登记日期 {}。", clock::day_of(d.opened_at))));
            }
            rules::hand_over(&tracks::hand_overs(tx, id).await?)?;
            let all = parts::committees(tx, d.station_id).await?;
            let c = all.into_iter().find(|c| Some(c.id) == committee).ok_or(Error::NotFound("调解委员会"))?;
            let h = tracks::insert_hand_over(tx, id, c.id, told, on).await?;
            super::clocks::answered(tx, id).await?;
            notices::actions::done_for(tx, id, "dispute.accept").await?;
            let due = end_of(today.tomorrow().unwrap_or(today));
            give(tx, (&d, "dispute.hand_over"), "等调解委员会答复移交".into(), h, To::User(d.owner_id), due).await?;
            note(tx, &d, Step::HandOver, &format!("移交{}：{told}", c.name)).await
        })
        .await
}

/// The committee's answer as told by one of its mediators.
#[derive(Clone, Debug)]
pub struct Reply {
    pub answer: Answer,
    pub on: Date,
    pub by: String,
    pub why: String,
}

/// Accepted (the gate follows), or returned with a reason (the dispute is the police's to route again).
pub async fn answer(app: &App, act: &Act, id: DisputeId, handover: Uuid, reply: &Reply) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Answer)?;
            let h = tracks::hand_overs(tx, id).await?.into_iter().find(|h| h.id == handover).ok_or(Error::NotFound("这次移交"))?;
            rules::answer(&h, reply.answer, reply.on, &reply.by, &reply.why, today)?;
            super::mediate::committee_hosts(tx, &d, h.committee_id, &reply.by).await?;
            tracks::answer_hand_over(tx, handover, reply.answer, reply.on, &reply.by, &reply.why).await?;
            notices::actions::done_for(tx, handover, "dispute.hand_over").await?;
            let next = match reply.answer {
                Answer::Accepted => "调解委员会已接收，请完成受理审查",
                Answer::Returned => "调解委员会退回，请另行受理或者告知分流",
            };
            give(tx, (&d, "dispute.accept"), next.into(), id.0, To::User(d.owner_id), end_of(today.tomorrow().unwrap_or(today))).await?;
            note(tx, &d, Step::Answer, &format!("{} {} {}", reply.answer.label(), reply.by, reply.why)).await
        })
        .await
}

/// The committee of people's mediation: the one that accepted a hand-over, or the one that takes it
/// on the spot (which is a hand-over, too). `None`: it is named by the first session.
pub(crate) async fn host(tx: &mut Tx, d: &Dispute, a: &Answers, today: Date) -> Result<Option<Uuid>> {
    let earlier = tracks::hand_overs(tx, d.id).await?;
    rules::hand_over(&earlier)?;
    // Only an answer given since the last track counts: a new track is a new hand-over.
    let since = tracks::latest(tx, d.id).await?.and_then(|r| r.ended_on);
    let accepted = earlier
        .iter()
        .rev()
        .find(|h| h.answer == Some(Answer::Accepted) && since.is_none_or(|s| h.answered_on.is_some_and(|on| on >= s)))
        .map(|h| h.committee_id);
    let Some(committee) = a.committee else { return Ok(accepted) };
    if accepted == Some(committee) {
        return Ok(accepted);
    }
    if a.mediator.trim().is_empty() {
        return Err(FieldErrors::one("mediator", "请写明接收的调解员。"));
    }
    super::mediate::committee_hosts(tx, d, committee, &a.mediator).await?;
    let h = tracks::insert_hand_over(tx, d.id, committee, "当场移交，已告知各方权利义务", today).await?;
    tracks::answer_hand_over(tx, h, Answer::Accepted, today, &a.mediator, "").await?;
    note(tx, d, Step::HandOver, &format!("当场移交，{} 接收", a.mediator)).await?;
    Ok(Some(committee))
}

/// A party asks for administrative mediation. Where a local rule gives a number, its clock begins.
pub async fn apply(app: &App, act: &Act, id: DisputeId, what: &str, asked: Date, complex: bool, ours: bool) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    let mut e = FieldErrors::default();
    if what.trim().is_empty() {
        e.add("what", "请写明申请调解的事项。");
    }
    if asked > today {
        e.add("asked_on", "申请日期不能晚于今天。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Apply)?;
            if tracks::applications(tx, id).await?.iter().any(|a| a.answer.is_none()) {
                return Err(Refusal::new("mediation.applied", "已有一份行政调解申请在处理。", "请先受理、不予受理或者移送。").into());
            }
            tracks::insert_application(tx, id, asked, what, complex, ours).await?;
            super::clocks::answered(tx, id).await?;
            let station = places::store::station(tx, d.station_id).await?;
            let text = match rules::of_application(asked, complex, ours, &station.code, &rules) {
                Some(s) => {
                    let until = s.due.date;
                    super::clocks::start(tx, &d, &s, asked, "").await?;
                    format!("{what}，{until} 前答复")
                }
                None => format!("{what}（本地没有规定答复期限）"),
            };
            note(tx, &d, Step::Apply, &text).await
        })
        .await
}

/// The request was accepted by taking the track.
pub(crate) async fn take_application(tx: &mut Tx, d: &Dispute, today: Date) -> Result<()> {
    let Some(a) = tracks::applications(tx, d.id).await?.into_iter().find(|a| a.answer.is_none()) else { return Ok(()) };
    if !a.ours {
        return Err(Refusal::new("mediation.not_ours", "登记的申请不属于本机关职责，不能受理。", "请“移送”有关机关；登记有误的，先不予受理再重新登记申请。")
            .into());
    }
    tracks::answer_application(tx, a.id, AdminAnswer::Accepted, today, "").await?;
    super::clocks::meet(tx, d.id, of_application, today, "受理").await
}

fn of_application(k: ClockKind) -> bool {
    matches!(k, ClockKind::AdminAccept | ClockKind::AdminHandOver)
}

/// The request is refused, or handed to the organ in charge; the parties are told.
pub async fn decline(app: &App, act: &Act, id: DisputeId, answer: AdminAnswer, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明理由，移送的写明移送哪个机关。"));
    }
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Decline)?;
            let a = tracks::applications(tx, id).await?.into_iter().find(|a| a.answer.is_none()).ok_or(Error::NotFound("待答复的申请"))?;
            tracks::answer_application(tx, a.id, answer, today, why).await?;
            super::clocks::meet(tx, id, of_application, today, answer.label()).await?;
            note(tx, &d, Step::Decline, &format!("{}：{why}", answer.label())).await
        })
        .await
}
