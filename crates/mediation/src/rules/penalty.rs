//! A public-order case after its mediation: it ends by a decision, or by the police accepting what the parties did (程序规定 §185, 186).

use crate::model::{Decision, Kept, NewDecision, Settlement, Track, TrackResult, TrackRun};
use kernel::rules::RuleSet;
use kernel::{Date, FieldErrors, Refusal, Result};

/// What is known of the public-order case beside a dispute.
#[derive(Clone, Debug, Default)]
pub struct PoliceCase {
    pub runs: Vec<TrackRun>,
    pub decisions: Vec<Decision>,
    pub settlements: Vec<Settlement>,
}

impl PoliceCase {
    /// The public-order mediation that failed, was withdrawn or was not performed, with no decision and no accepted settlement since.
    pub fn due(&self) -> Option<&TrackRun> {
        let over = |r: &&TrackRun| {
            r.track == Track::PublicOrder && matches!(r.result, Some(TrackResult::Failed | TrackResult::NotPerformed | TrackResult::Withdrawn))
        };
        let run = self.runs.iter().rev().find(over)?;
        let since = |on: Date| run.ended_on.is_none_or(|end| on >= end);
        let decided = self.decisions.iter().any(|d| since(d.decided_on));
        let accepted = self.settlements.iter().any(|s| s.accepted_on.is_some_and(since));
        (!decided && !accepted).then_some(run)
    }

    /// A public-order mediation is under way.
    pub fn under_way(&self) -> bool {
        self.runs.last().is_some_and(|r| r.track == Track::PublicOrder && r.result.is_none())
    }

    /// The day on which the newest public-order mediation was accepted.
    pub fn accepted_on(&self) -> Option<Date> {
        self.runs.iter().rev().find(|r| r.track == Track::PublicOrder).map(|r| r.accepted_on)
    }
}

/// Nothing ends a public-order case but its decision or the accepted settlement: no withdrawal, no notice where to go,
/// no merging (程序规定 §172, 185).
pub fn undecided(case: &PoliceCase, rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    if case.under_way() {
        return Err(Refusal::new(
            "mediation.case_open",
            "治安案件正在调解，不能这样结束。",
            "当事人不愿继续的，请记为“调解不成”，再依法作出处理决定；已经自行和解并履行的，登记“自行和解”。",
        )
        .in_force(rules, today));
    }
    if case.due().is_some() {
        return Err(Refusal::new(
            "mediation.decision_due",
            "治安调解不成或者没有履行，治安案件还没有处理决定。",
            "请先“登记处理决定”（决定的种类、文号、日期）；办案期限一直计算到作出决定。双方书面申请、公安机关认可和解或者人民调解的，登记“自行和解”。",
        )
        .in_force(rules, today));
    }
    Ok(())
}

/// 处理决定: one of the kinds that the law names, with number and day, not before the mediation ended.
pub fn decide(n: &NewDecision, case: &PoliceCase, rules: &RuleSet, today: Date) -> Result<()> {
    let Some(run) = case.due() else {
        return Err(Refusal::new("mediation.nothing_to_decide", "没有等待处理决定的治安案件。", "治安调解不成或者没有履行之后才登记处理决定；不履行的，请先记为“调解不成”。").into());
    };
    let mut e = FieldErrors::default();
    if n.kind.is_empty() {
        e.add("decision_kind", "请选择处理决定的种类。");
    }
    if n.number.trim().is_empty() {
        e.add("decision_no", "请填写决定书（批准文书）的文号。");
    }
    if n.decided_on > today {
        e.add("decided_on", "决定日期不能晚于今天。");
    } else if let Some(end) = run.ended_on.filter(|end| n.decided_on < *end) {
        e.add("decided_on", format!("决定日期不能早于调解结束的日期 {end}。"));
    }
    e.ok(())?;
    rules.must_know("case.decision_kind", &n.kind, today)?;
    Ok(())
}

/// 程序规定 §186 leaves out what was already decided.
pub fn not_decided(decisions: &[Decision], rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    match decisions.last() {
        Some(d) => Err(Refusal::new(
            "mediation.decided",
            format!("公安机关已于 {} 作出处理决定（{}），不能再认可和解。", d.decided_on, d.number),
            "请按处理决定办结；对决定不服的，告知可以申请行政复议或者提起行政诉讼。",
        )
        .in_force(rules, today)),
        None => Ok(()),
    }
}

/// A committee's agreement in a matter whose public-order case waits: performed, then asked for and accepted (程序规定 §186).
pub fn settled_by_committee(track: Option<Track>, due: bool, promises: &[Kept], rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    if track != Some(Track::Peoples) || !due {
        return Err(Refusal::new("mediation.no_case", "没有等待处理的治安案件，不需要公安机关认可。", "协议履行完毕后请直接“办结”。").in_force(rules, today));
    }
    if promises.iter().any(|k| matches!(k, Kept::Pending | Kept::Broken)) {
        return Err(Refusal::new("mediation.not_performed", "人民调解协议还没有履行完毕。", "请先登记每项义务的履行情况，全部履行后再由双方书面申请认可。").in_force(rules, today));
    }
    Ok(())
}

/// An agreement with nothing but 长期履行 is seen to at least once before it counts as settled (人民调解法 §31).
pub fn watched(promises: &[Kept], followed: bool) -> Result<(), Refusal> {
    if !promises.is_empty() && promises.iter().all(|k| *k == Kept::Standing) && !followed {
        return Err(Refusal::new("mediation.not_watched", "协议只有长期履行的约定，还没有回访过。", "请先登记至少一次回访，了解是否做到，再办结。"));
    }
    Ok(())
}
