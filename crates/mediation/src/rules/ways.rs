//! The other ways: hand-over, referral, self-settlement, judicial confirmation, merging, likeness.

use crate::model::{
    Answer, Confirmation, Dispute, HandOver, Other, Outcome, Progress, Reason, Settlement, State, Step, Track, TrackResult, TrackRun,
};
use kernel::rules::RuleSet;
use kernel::{AddressId, Date, FieldErrors, Refusal, Result};

/// 公调对接: one hand-over waits for its answer at a time.
pub fn hand_over(earlier: &[HandOver]) -> Result<(), Refusal> {
    if earlier.iter().any(|h| h.answer.is_none()) {
        return Err(Refusal::new("mediation.handed_over", "已经移交，正在等调解委员会答复。", "请先登记调解委员会的答复（接收或者退回）。"));
    }
    Ok(())
}

/// Whether `track` may be asked for again after what went before: a public-order mediation that failed
/// or was not performed leads to the penalty, not to another one (程序规定 §185).
pub fn again(track: Track, runs: &[TrackRun], rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    let over = runs.iter().any(|r| r.track == Track::PublicOrder && matches!(r.result, Some(TrackResult::Failed | TrackResult::NotPerformed)));
    if track == Track::PublicOrder && over {
        return Err(Refusal::new("mediation.must_penalise", "治安调解已经不成或者没有履行，不能再次治安调解。", "请依法处罚，并告知当事人可以就民事争议起诉；民事部分双方愿意的，可以移交人民调解。").in_force(rules, today));
    }
    Ok(())
}

/// What a committee answers, by one of its mediators: accepted, or returned with a reason.
pub fn answer(h: &HandOver, answer: Answer, on: Date, by: &str, why: &str, today: Date) -> Result<()> {
    let mut e = FieldErrors::default();
    if h.answer.is_some() {
        return Err(Refusal::new("mediation.answered", "这次移交已经答复过。", "请刷新查看；再次移交请另行登记。").into());
    }
    if on < h.handed_on {
        e.add("answered_on", format!("答复日期不能早于移交日期 {}。", h.handed_on));
    }
    if on > today {
        e.add("answered_on", "答复日期不能晚于今天。");
    }
    if by.trim().is_empty() {
        e.add("answered_by", "请写明答复的调解员。");
    }
    if answer == Answer::Returned && why.trim().is_empty() {
        e.add("why", "退回须写明理由。");
    }
    e.ok(())
}

/// 告知: orally on the spot; in writing when the party objects or it cannot be judged on the spot
/// (程序规定 §61, 178).
pub fn refer(told_to: &str, how: &str, disputed: bool, rules: &RuleSet, today: Date) -> Result<bool> {
    let mut e = FieldErrors::default();
    if told_to.trim().is_empty() {
        e.add("told_to", "请写明告知当事人向哪里申请处理（人民法院、人民调解委员会或者主管部门）。");
    }
    let written = match how {
        "口头" => false,
        "书面" => true,
        _ => {
            e.add("told_how", "请选择告知的方式（口头、书面）。");
            false
        }
    };
    e.ok(())?;
    if disputed && !written {
        return Err(Refusal::new("mediation.written_notice", "当事人有异议或者不能当场判断的，须书面告知。", "请制作书面告知并送交，再登记为书面。").in_force(rules, today).into());
    }
    Ok(written)
}

/// 自行和解: reached, performed, asked for in writing by both, accepted by the police, in this order; of a public-order case
/// all of it (程序规定 §186), of a plain dispute what was agreed.
///
/// `case`: a public-order mediation was accepted on this day. Where there was none, the form asks whether there is a violation.
pub fn self_settle(s: &Settlement, case: Option<Date>, rules: &RuleSet, today: Date) -> Result<()> {
    let mut e = FieldErrors::default();
    let violation = case.is_some() || s.violation == Some(true);
    if case.is_none() && s.violation.is_none() {
        e.add("violation", "请回答是否有违反治安管理行为（殴打、损毁财物、侮辱等）。");
    }
    if s.what.trim().is_empty() {
        e.add("what", "请写明和解内容和履行情况。");
    }
    let days = [
        ("settled_on", "达成和解", s.settled_on),
        ("performed_on", "履行完毕", s.performed_on),
        ("requested_on", "双方书面申请", s.requested_on),
        ("accepted_on", "公安机关认可", s.accepted_on),
    ];
    for (field, _, day) in days {
        if day.is_some_and(|d| d > today) {
            e.add(field, "日期不能晚于今天。");
        }
    }
    if s.accepted_on.is_some() && s.opinion.trim().is_empty() {
        e.add("opinion", "请写明认可的意见。");
    }
    e.ok(())?;
    let known: Vec<(&str, &str, Date)> = days.iter().filter_map(|(f, label, day)| Some((*f, *label, (*day)?))).collect();
    if let Some(w) = known.windows(2).find(|w| w[1].2 < w[0].2) {
        return Err(Refusal::new(
            "mediation.settlement_order",
            format!("“{}”的日期 {} 不能早于“{}”的日期 {}。", w[1].1, w[1].2, w[0].1, w[0].2),
            "自行和解须先达成协议并履行，再由双方书面申请，最后由公安机关认可；请核对日期。",
        )
        .in_force(rules, today)
        .into());
    }
    if violation && known.len() < days.len() {
        let missing: Vec<String> = days.iter().filter(|(_, _, d)| d.is_none()).map(|(_, label, _)| format!("{label}的日期")).collect();
        let refusal = Refusal::new(
            "mediation.written_request",
            "治安案件自行和解的，须达成协议并履行，双方书面申请并经公安机关认可。",
            format!("请补上{}{}。", missing.join("、"), if case.is_some() { "；还没有履行的，请继续调解或者依法处理" } else { "" }),
        );
        return Err(refusal.in_force(rules, today).into());
    }
    Ok(())
}

/// The next step of judicial confirmation: jointly, within the window, not of an excluded matter,
/// and in the order of the court's procedure. `effective` is the agreement's day, `due` the last day
/// of the joint request, `last` the day of the step before.
pub fn confirm(from: Confirmation, p: &Progress, effective: Date, due: Date, last: Option<Date>, rules: &RuleSet, today: Date) -> Result<()> {
    use Confirmation as C;
    let fits = matches!(
        (from, p.to),
        (C::ToApply, C::ToAccept | C::Overdue)
            | (C::Overdue, C::ToAccept)
            | (C::ToAccept, C::ToReview | C::NotAccepted)
            | (C::ToReview, C::Confirmed | C::NotConfirmed)
    );
    if !fits {
        return Err(Refusal::new("mediation.confirmation_state", format!("司法确认现在是“{}”，不能登记为“{}”。", from.label(), p.to.label()), "请按法院的实际进展逐步登记。").into());
    }
    let mut e = FieldErrors::default();
    if p.on > today {
        e.add("on", "日期不能晚于今天。");
    }
    if p.on < effective {
        e.add("on", format!("日期不能早于协议生效日期 {effective}。"));
    }
    if let Some(last) = last.filter(|l| p.on < *l) {
        e.add("on", format!("日期不能早于上一步的日期 {last}。"));
    }
    if p.to == C::Overdue && today <= due {
        e.add("to", format!("共同申请的期限到 {due}，还没有过。"));
    }
    if p.to == C::ToAccept {
        for q in rules.list("judicial_confirmation.exclusion", today) {
            if !p.exclusions.contains_key(&q.code) {
                e.add(format!("x.{}", q.code), format!("请回答：{}。", q.name));
            }
        }
        if p.court.trim().is_empty() {
            e.add("court", "请写明向哪个人民法院申请。");
        }
    }
    if matches!(p.to, C::NotAccepted | C::NotConfirmed) && p.note.trim().is_empty() {
        e.add("note", "请写明法院的理由。");
    }
    e.ok(())?;
    if p.to != C::ToAccept {
        return Ok(());
    }
    if p.on > due {
        return Err(Refusal::new("mediation.confirmation_late", format!("共同申请的期限 {due} 已过，法院不予受理。"), "请登记为“超时”；当事人可以就协议的履行或者内容向人民法院起诉。")
            .in_force(rules, today)
            .into());
    }
    if !p.both {
        return Err(Refusal::new("mediation.joint_request", "司法确认须双方当事人共同申请。", "请双方共同提出；一方不同意的，协议仍有效，发生争议可以起诉。").in_force(rules, today).into());
    }
    if let Some(code) = p.exclusions.iter().find(|(_, yes)| **yes).map(|(c, _)| c) {
        let list = "judicial_confirmation.exclusion";
        let source = rules.code(list, code).map_or(String::new(), |c| c.source.clone());
        return Err(Refusal::new("mediation.confirmation_excluded", format!("不适用司法确认：{}。", rules.name(list, code)), "协议仍然有效；请告知当事人就有关事项另行起诉或者向主管机关申请。")
            .citing(source)
            .into());
    }
    Ok(())
}

/// Whether `d` may be merged into `master`. Both having an agreement, one of them would be lost sight of.
pub fn merge(d: &Dispute, master: &Dispute, own_agreement: bool, master_agreement: bool) -> Result<(), Refusal> {
    super::next(d.state, Step::Merge)?;
    if d.id == master.id {
        return Err(Refusal::new("mediation.merge_self", "不能并入自己。", "请选择另一起纠纷。"));
    }
    if master.master_id.is_some() {
        return Err(Refusal::new("mediation.master_merged", format!("{} 本身已并入他案。", master.number), "请并入最初的那一起。"));
    }
    if master.domestic_violence != d.domestic_violence {
        return Err(Refusal::new("mediation.merge_violence", "家暴处置和一般纠纷不能并为一件。", "请认定为“相关”，分别办理。"));
    }
    if own_agreement && master_agreement {
        return Err(Refusal::new("mediation.two_agreements", "两起纠纷都已有调解协议，不能并为一件。", "请认定为“相关”；确属同一纠纷再次发生的，认定为“同一纠纷再次发生”，两份协议各自履行。"));
    }
    if own_agreement {
        return Err(Refusal::new("mediation.merge_agreement", "这起纠纷已有调解协议，不能并入没有协议的那一起。", format!("请打开 {}，把它并入这一起。", master.number)));
    }
    if master.state == State::Closed && master.outcome != Some(Outcome::Settled) && !master_agreement {
        return Err(Refusal::new("mediation.master_closed", format!("{} 已办结，并入后没有人办理。", master.number), "请由带班领导先“重新办理”那一起，或者认定为“同一纠纷再次发生”。"));
    }
    Ok(())
}

/// What another dispute has in common with this one. Cause alone is no reason: a building full of
/// noise complaints is not one dispute.
pub fn alike(d: &Dispute, people: usize, o: &Other) -> Vec<Reason> {
    let mut out = vec![];
    let pair = |a: Option<AddressId>, b: Option<AddressId>| match (a, b) {
        (Some(a), Some(b)) if a != b => Some((a.min(b), a.max(b))),
        _ => None,
    };
    let (mine, theirs) = (pair(d.address_id, d.other_address_id), pair(o.address_id, o.other_address_id));
    if mine.is_some() && mine == theirs {
        out.push(Reason::Pair);
    } else if d.address_id.is_some() && [o.address_id, o.other_address_id].contains(&d.address_id) {
        out.push(Reason::Address);
    }
    match o.shared {
        n if n >= 2 && people >= 2 => out.push(Reason::Parties),
        1.. => out.push(Reason::Party),
        _ => {}
    }
    if !out.is_empty() && o.causes.split(',').any(|c| !c.is_empty() && d.cause_codes().contains(&c)) {
        out.push(Reason::Cause);
    }
    out
}
