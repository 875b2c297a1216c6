//! Decisions, pure: states, gates of law, crews, clocks, levels.
//!
//! 登记 → 受理审查（按途径） → 调查、调解 → 协议（有期限的义务） → 履行、回访 → 办结; side ways: 告知分流, 自行和解,
//! 调解不成（可转其他途径）, 家暴处置（不调解）, 关联升级, 撤回, 并入他案, 重新办理.

mod agreement;
mod clocks;
mod ending;
mod levels;
mod penalty;
mod ways;

pub use agreement::*;
pub use clocks::*;
pub use ending::*;
pub use levels::*;
pub use penalty::*;
pub use ways::*;

use crate::model::{Dispute, Escalation, Gate, Kept, NewTalk, Party, State, Step, TalkKind, Track};
use kernel::rules::RuleSet;
use kernel::{Date, FieldErrors, Refusal, Result, Role};
use std::collections::BTreeMap;

/// The rule of a date out of order, to stand behind the sentence under its field.
pub fn order() -> String {
    let rule = kernel::ground::of("mediation.state").rule();
    format!("依据：{}（{}）。", rule.name, rule.source)
}

/// The state after `step`, or why it cannot be taken now.
pub fn next(state: State, step: Step) -> Result<State, Refusal> {
    use State::*;
    let to = match (state, step) {
        (Closed, Step::Reopen) => Some(Registered),
        (
            Closed,
            Step::Escalate | Step::Link | Step::FollowUp | Step::Perform | Step::Break | Step::Risk | Step::Relate | Step::Confirm | Step::Overdue,
        ) => Some(Closed),
        (Closed, _) => None,
        (
            s,
            Step::Edit | Step::Party | Step::Level | Step::Link | Step::Escalate | Step::Risk | Step::Lead | Step::Relate | Step::Overdue,
        ) => Some(s),
        (Registered | Failed, Step::HandOver | Step::Answer | Step::Apply | Step::Decline) => Some(state),
        (Registered | Mediating | Failed, Step::Merge) => Some(Closed),
        (Registered | Failed, Step::Gate) => Some(state),
        (Registered | Failed, Step::Accept) => Some(Mediating),
        (Registered | Mediating | Failed, Step::Inquire) => Some(state),
        (Registered | Mediating, Step::Plan) => Some(state),
        (Mediating, Step::Session) => Some(Mediating),
        // Outside 调解中 it is the case's own clock that stands still or is extended.
        (Mediating | Failed | Protected, Step::Pause | Step::Resume | Step::Extend) => Some(state),
        (Mediating, Step::Agree) => Some(Agreed),
        (Mediating | Agreed, Step::Fail) => Some(Failed),
        (Agreed, Step::Perform | Step::Break) => Some(Agreed),
        // A promise may still be kept, and the court may still decide, after the matter went on otherwise.
        (Failed, Step::Perform) => Some(Failed),
        (Agreed | Failed, Step::Confirm) => Some(state),
        // A visit that was planned after one track is still made, and written down, while another one is under way.
        (Mediating | Agreed | Failed | Protected, Step::FollowUp) => Some(state),
        (Registered | Failed, Step::Refer) => Some(Closed),
        // From 履行中 only where a committee settled the civil side of a public-order case (程序规定 §186).
        (Registered | Mediating | Agreed | Failed, Step::SelfSettle) => Some(Closed),
        (Mediating | Agreed | Failed | Protected, Step::Decide) => Some(state),
        (Mediating, Step::Recheck) => Some(Mediating),
        (Registered | Mediating | Failed, Step::Protect) => Some(Protected),
        (Protected, Step::Warn) => Some(Protected),
        (Registered | Mediating, Step::Withdraw) => Some(Closed),
        (Agreed | Failed | Protected, Step::Close) => Some(Closed),
        _ => None,
    };
    to.ok_or_else(|| {
        Refusal::new(
            "mediation.state",
            format!("这起纠纷现在是“{}”，不能“{}”。", state.label(), step.label()),
            match state {
                Registered => "请先完成受理审查，选定途径；不属于调解范围的，请告知分流。",
                Mediating => "请先记录调解情况，达成协议或者写明调解不成。",
                Agreed => "请登记履行情况和回访，全部履行后办结。",
                Failed => "请改用其他途径、告知当事人其他解决途径，或者办结。",
                Protected => "家庭暴力不适用调解，请出具告诫书、登记查访。",
                Closed => "如需继续办理，请由带班领导“重新办理”。",
            },
        )
    })
}

/// The state of this dispute after `step`: domestic violence that is taken up again is never put back
/// among the disputes to mediate.
pub fn after(d: &Dispute, step: Step) -> Result<State, Refusal> {
    match next(d.state, step)? {
        State::Registered if d.domestic_violence => Ok(State::Protected),
        to => Ok(to),
    }
}

/// The questions asked before a track may be taken; the code list holds the words of the law.
pub fn questions(track: Track) -> &'static str {
    match track {
        Track::PublicOrder => "mediation.exclusion",
        Track::Peoples | Track::Administrative => "mediation.peoples_exclusion",
    }
}

/// What the officer answered before acceptance.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Code of each question → yes (it applies, so mediation is excluded).
    pub exclusions: BTreeMap<String, bool>,
    /// 违反治安管理行为: one of `mediation.eligible_act`; only on the public-order track.
    pub act: Option<String>,
    /// `mediation.eligible_circumstance`.
    pub circumstance: Option<String>,
    /// The parties were told rights and duties, and that they may refuse and go to court.
    pub told: bool,
    /// All parties agree to be mediated.
    pub willing: bool,
    /// People's mediation: the committee that takes it on the spot, and its mediator.
    pub committee: Option<kernel::Uuid>,
    pub mediator: String,
}

/// Whether the track may be taken. `Err(Invalid)` when a question is not answered; `Ok(Some)` when
/// the law excludes it: the answers are kept all the same, and the way on is named.
pub fn gate(d: &Dispute, track: Track, a: &Answers, rules: &RuleSet, today: Date) -> Result<Option<Refusal>> {
    answered(track, a, rules, today)?;
    if d.domestic_violence {
        return Ok(Some(
            Refusal::new(
                "mediation.domestic_violence",
                "家庭暴力不作为一般纠纷调解。",
                "请转入“家暴处置”：制止、固定证据、协助就医，情节较轻的出具告诫书并查访。",
            )
            .in_force(rules, today),
        ));
    }
    if track == Track::PublicOrder {
        let list = rules.list("mediation.eligible_act", today);
        if a.act.as_deref().is_none_or(|c| !list.iter().any(|e| e.code == c)) {
            return Ok(Some(
                Refusal::new(
                    "mediation.no_violation",
                    "没有违反治安管理的行为，不适用治安调解。",
                    "请改走人民调解，或者“告知分流”：告知当事人向人民法院或者人民调解组织申请处理。",
                )
                .in_force(rules, today),
            ));
        }
        if a.circumstance.is_none() {
            return Ok(Some(
                Refusal::new(
                    "mediation.no_circumstance",
                    "不属于可以治安调解的情形（亲友邻里琐事、被侵害人过错在先、其他更易化解的）。",
                    "请依法处理治安案件，不作调解。",
                ),
            ));
        }
    }
    Ok(excluded(track, a, rules, today))
}

/// The questions of a track asked again while it is under way: an exclusion that arose since (程序规定 §179 (4)–(6)), a party that
/// came later. `Ok(Some)` ends the mediation.
pub fn recheck(track: Track, a: &Answers, rules: &RuleSet, today: Date) -> Result<Option<Refusal>> {
    answered(track, a, rules, today)?;
    Ok(excluded(track, a, rules, today))
}

fn answered(track: Track, a: &Answers, rules: &RuleSet, today: Date) -> Result<()> {
    let mut errors = FieldErrors::default();
    for q in rules.list(questions(track), today) {
        if !a.exclusions.contains_key(&q.code) {
            errors.add(format!("q.{}", q.code), format!("请回答：{}。", q.name));
        }
    }
    if !a.told {
        errors.add("told", "请先告知当事人权利义务（自愿、可以拒绝、可以向人民法院起诉），再受理。");
    }
    errors.ok(())
}

fn excluded(track: Track, a: &Answers, rules: &RuleSet, today: Date) -> Option<Refusal> {
    if let Some(code) = a.exclusions.iter().find(|(_, yes)| **yes).map(|(c, _)| c.clone()) {
        let name = rules.name(questions(track), &code).to_string();
        let source = rules.code(questions(track), &code).map_or(String::new(), |c| c.source.clone());
        let next = match track {
            Track::PublicOrder => "请依法处理治安案件；民事部分告知当事人可以向人民法院起诉。",
            _ => "请告知当事人仲裁、行政、司法等其他途径（“告知分流”）。",
        };
        return Some(Refusal::new("mediation.excluded", format!("不得调解：{name}。"), next).citing(source));
    }
    if !a.willing {
        return Some(
            Refusal::new("mediation.unwilling", "有当事人不同意调解，不得调解。", "请告知分流，或者待双方同意后再次受理。")
                .in_force(rules, today),
        );
    }
    None
}

/// Every party was told and asked: who was registered after the gate is asked before the mediation goes on.
pub fn all_asked(track: Track, parties: &[Party], gates: &[Gate], rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    let asked = gates.iter().filter(|g| g.passed && g.track == track).map(|g| g.at).max();
    match parties.iter().find(|p| asked.is_none_or(|at| p.added_at > at)) {
        None => Ok(()),
        Some(p) => Err(Refusal::new(
            "mediation.party_not_asked",
            format!("有一名{}是受理之后登记的，还没有告知权利义务、征询是否同意调解。", p.side.label()),
            "请在“复核受理条件”中逐条回答，再继续调解或者登记协议。",
        )
        .in_force(rules, today)),
    }
}

/// Who takes part in a talk or an on-the-spot mediation: roles of the host and of the crew.
#[derive(Clone, Debug, Default)]
pub struct Crew {
    pub host: Option<Role>,
    pub others: Vec<Role>,
}

impl Crew {
    fn everybody(&self) -> impl Iterator<Item = Role> + '_ {
        self.host.into_iter().chain(self.others.iter().copied())
    }

    fn sworn(&self) -> usize {
        self.everybody().filter(|r| r.is_sworn()).count()
    }

    fn has_auxiliary(&self) -> bool {
        self.everybody().any(|r| r == Role::Auxiliary)
    }
}

/// Two officers, or one who leads auxiliaries under full recording whose number is written down (程序规定 §52).
pub fn led(crew: &Crew, recorded: bool, recording_no: &str, rules: &RuleSet, today: Date) -> Result<()> {
    let one = rules.int("mediation.public_order.officers_min_with_recording", today)? as usize;
    let evidence = rules.int("mediation.public_order.officers_min_evidence", today)? as usize;
    if crew.sworn() >= evidence {
        return Ok(());
    }
    if crew.sworn() < one || !crew.has_auxiliary() || !recorded {
        return Err(recording(evidence, rules, today).into());
    }
    if recording_no.trim().is_empty() {
        let what = "只有一名民警带辅警的，以全程录音录像为条件，没有录音录像编号不能登记。";
        return Err(self::recording_no("mediation.recording_no", what).in_force(rules, today).into());
    }
    Ok(())
}

/// Who may hold it. People's mediation is hosted by a committee's mediator, never by the police
/// (人民调解法 §17, 18); public-order and administrative mediation by an officer, two of them or one with
/// auxiliaries and full recording; evidence is taken by two officers, without exception (程序规定 §52).
pub fn crew(talk: &NewTalk, track: Option<Track>, crew: &Crew, rules: &RuleSet, today: Date) -> Result<()> {
    let mut errors = FieldErrors::default();
    if talk.text.trim().is_empty() {
        errors.add("text", "请写明经过和结果。");
    }
    if talk.place.trim().is_empty() {
        errors.add("place", "请写明地点。");
    }
    if talk.held_until.is_some_and(|u| u < talk.held_from) {
        errors.add("held_until", "结束时间不能早于开始时间。");
    }
    if !talk.recorded && !talk.recording_no.trim().is_empty() {
        errors.add("recording_no", "写了录音录像编号，请同时勾选“全程录音录像”；没有录的，不填编号。");
    }
    errors.ok(())?;
    let sworn = crew.sworn();
    if talk.kind == TalkKind::Session && track == Some(Track::Peoples) {
        if talk.committee.is_none() || talk.mediator.trim().is_empty() {
            return Err(Refusal::new(
                "mediation.committee_hosts",
                "人民调解由人民调解委员会的调解员主持，民警不作主持人。",
                "请选择调解委员会并写明调解员；民警、网格员可以协助。",
            )
            .into());
        }
        return Ok(());
    }
    if talk.kind == TalkKind::Session && !crew.host.is_some_and(Role::is_sworn) {
        return Err(Refusal::new(
            "mediation.host_role",
            format!("{}须由民警主持，辅警和网格员不能主持或者签名。", track.map_or("调解", Track::label)),
            "请选择主持的民警。",
        )
        .into());
    }
    if track == Some(Track::Peoples) {
        return Ok(());
    }
    if sworn == 0 && crew.has_auxiliary() {
        return Err(Refusal::new("mediation.auxiliary_alone", "辅警不能单独调查。", "请由民警带领，并在参加人员中选上民警。")
            .into());
    }
    let evidence = rules.int("mediation.public_order.officers_min_evidence", today)? as usize;
    // 询问 is evidence: §52 makes no exception for it. Before a track is chosen nobody is questioned in a case yet: that is
    // 信息采集, like 调解 itself, which one officer may do with auxiliaries and full recording; a grid worker visits alone.
    if talk.kind == TalkKind::Inquiry && track.is_some() && sworn < evidence {
        return Err(Refusal::new(
            "mediation.two_officers",
            format!("调查取证须 {evidence} 名以上民警；一名民警带领辅警、全程录音录像的例外不包括询问。"),
            "请增加参加的民警；只是了解情况、不作为证据的，由网格员走访或者写在调解记录中。",
        )
        .in_force(rules, today)
        .into());
    }
    if talk.kind == TalkKind::Inquiry && sworn == 0 {
        return Ok(());
    }
    led(crew, talk.recorded, &talk.recording_no, rules, today)
}

fn recording(evidence: usize, rules: &RuleSet, today: Date) -> Refusal {
    Refusal::new(
        "mediation.recording",
        format!("须 {evidence} 名以上民警；只有一名民警的，须带领辅警并全程录音录像。"),
        "请在参加人员中增加民警，或者选上辅警并确认已全程录音录像。",
    )
    .in_force(rules, today)
}

/// The recording that a rule asks for is named by its number.
fn recording_no(key: &'static str, what: &str) -> Refusal {
    Refusal::new(key, what, "请填写执法记录仪或者录音录像文件的编号；没有录的，请增加民警或者改用不要求录像的方式。")
}

/// How a promise stands when it is reported as done on `on`.
pub fn kept(due: Option<Date>, on: Date) -> Kept {
    match due {
        Some(due) if on > due => Kept::Late,
        _ => Kept::Done,
    }
}

/// What a follow-up's finding leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    Nothing,
    /// A task for the duty leader: not performed, or it happened again.
    Review,
    /// It became a case: a link is asked for.
    Escalation,
}

pub fn leads(finding: &str) -> Leads {
    match finding {
        "not_performed" | "repeat" => Leads::Review,
        "escalated" => Leads::Escalation,
        _ => Leads::Nothing,
    }
}

/// Which escalation a linked case is; criminal outranks public order.
pub fn worse(a: Option<Escalation>, b: Escalation) -> Escalation {
    match (a, b) {
        (Some(Escalation::Criminal), _) | (_, Escalation::Criminal) => Escalation::Criminal,
        _ => Escalation::PublicOrder,
    }
}

#[cfg(test)]
#[path = "../tests/rules.rs"]
mod tests;
