//! Decisions, pure: states, gates of law, crews, clocks, levels.
//!
//! 登记 → 受理审查（按途径） → 调查、调解 → 协议（有期限的义务） → 履行、回访 → 办结; side ways: 告知分流, 自行和解,
//! 调解不成（可转其他途径）, 家暴处置（不调解）, 关联升级, 撤回, 并入他案, 重新办理.

mod clocks;
mod ways;

pub use clocks::*;
pub use ways::*;

use crate::model::{Dispute, Escalation, Form, Kept, NewAgreement, NewTalk, Outcome, Party, State, Step, TalkKind, Track};
use kernel::rules::RuleSet;
use kernel::{Date, FieldErrors, Refusal, Result, Role, clock};
use std::collections::BTreeMap;

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
        // In 调解不成 it is the case's own clock that stands still or is extended.
        (Mediating | Failed, Step::Pause | Step::Resume | Step::Extend) => Some(state),
        (Mediating, Step::Agree) => Some(Agreed),
        (Mediating | Agreed, Step::Fail) => Some(Failed),
        (Agreed, Step::Perform | Step::Break) => Some(Agreed),
        // A promise may still be kept, and the court may still decide, after the matter went on otherwise.
        (Failed, Step::Perform) => Some(Failed),
        (Agreed | Failed, Step::Confirm) => Some(state),
        (Agreed | Failed | Protected, Step::FollowUp) => Some(state),
        (Registered | Failed, Step::Refer) => Some(Closed),
        (Registered | Mediating | Failed, Step::SelfSettle) => Some(Closed),
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
        .by("纠纷办理流程", "人民调解法、公安机关办理行政案件程序规定；状态为本系统定义")
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
    let mut errors = FieldErrors::default();
    for q in rules.list(questions(track), today) {
        if !a.exclusions.contains_key(&q.code) {
            errors.add(format!("q.{}", q.code), format!("请回答：{}。", q.name));
        }
    }
    if !a.told {
        errors.add("told", "请先告知当事人权利义务（自愿、可以拒绝、可以向人民法院起诉），再受理。");
    }
    errors.ok(())?;
    if d.domestic_violence {
        return Ok(Some(
            Refusal::new(
                "mediation.domestic_violence",
                "家庭暴力不作为一般纠纷调解。",
                "请转入“家暴处置”：制止、固定证据、协助就医，情节较轻的出具告诫书并查访。",
            )
            .by("家庭暴力单独处置", rules.cite("domestic_violence.own_path", today).source),
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
                .by("治安调解以治安案件为前提", rules.cite("mediation.public_order.plain_dispute_must_be_told", today).source),
            ));
        }
        if a.circumstance.is_none() {
            return Ok(Some(
                Refusal::new(
                    "mediation.no_circumstance",
                    "不属于可以治安调解的情形（亲友邻里琐事、被侵害人过错在先、其他更易化解的）。",
                    "请依法处理治安案件，不作调解。",
                )
                .by("治安调解的适用情形", "公安机关办理行政案件程序规定第一百七十八条"),
            ));
        }
    }
    if let Some(code) = a.exclusions.iter().find(|(_, yes)| **yes).map(|(c, _)| c.clone()) {
        let name = rules.name(questions(track), &code).to_string();
        let source = rules.code(questions(track), &code).map_or(String::new(), |c| c.source.clone());
        let next = match track {
            Track::PublicOrder => "请依法处理治安案件；民事部分告知当事人可以向人民法院起诉。",
            _ => "请告知当事人仲裁、行政、司法等其他途径（“告知分流”）。",
        };
        return Ok(Some(Refusal::new("mediation.excluded", format!("不得调解：{name}。"), next).by("不适用调解的情形", source)));
    }
    if !a.willing {
        return Ok(Some(
            Refusal::new("mediation.unwilling", "有当事人不同意调解，不得调解。", "请告知分流，或者待双方同意后再次受理。")
                .by("自愿调解", rules.cite("mediation.peoples.refusal_forbids", today).source),
        ));
    }
    Ok(None)
}

/// Who takes part in a talk: roles of the host and of the crew.
#[derive(Clone, Debug)]
pub struct Crew {
    pub host: Option<Role>,
    pub others: Vec<Role>,
}

/// Who may hold it. People's mediation is hosted by a committee's mediator, never by the police
/// (人民调解法 §17, 18); public-order and administrative mediation by an officer; one officer with
/// auxiliaries only with full recording; evidence is taken by two officers (程序规定 §52).
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
    errors.ok(())?;
    let sworn = usize::from(crew.host.is_some_and(Role::is_sworn)) + crew.others.iter().filter(|r| r.is_sworn()).count();
    let helpers = crew.others.contains(&Role::Auxiliary) || crew.host == Some(Role::Auxiliary);
    if talk.kind == TalkKind::Session && track == Some(Track::Peoples) {
        if talk.committee.is_none() || talk.mediator.trim().is_empty() {
            return Err(Refusal::new(
                "mediation.committee_hosts",
                "人民调解由人民调解委员会的调解员主持，民警不作主持人。",
                "请选择调解委员会并写明调解员；民警、网格员可以协助。",
            )
            .by("人民调解的主持", "人民调解法第十七条、第十八条、第十九条")
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
        .by("调解由公安机关主持", "公安机关办理行政案件程序规定第五十二条、第一百七十八条")
        .into());
    }
    if sworn == 0 && track != Some(Track::Peoples) && talk.kind == TalkKind::Inquiry && helpers {
        return Err(Refusal::new("mediation.auxiliary_alone", "辅警不能单独调查。", "请由民警带领，并在参加人员中选上民警。")
            .by("辅警在民警带领下开展工作", "公安机关办理行政案件程序规定第五十二条")
            .into());
    }
    let one = rules.int("mediation.public_order.officers_min_with_recording", today)? as usize;
    let evidence = rules.int("mediation.public_order.officers_min_evidence", today)? as usize;
    if track == Some(Track::PublicOrder) {
        if talk.kind == TalkKind::Session && sworn == one && helpers && !talk.recorded {
            return Err(recording(rules, today).into());
        }
        if talk.kind == TalkKind::Inquiry && sworn < evidence && !(sworn >= one && helpers && talk.recorded) {
            return Err(Refusal::new(
                "mediation.two_officers",
                format!("调查取证须 {evidence} 名以上民警；一名民警带领辅警的，须全程录音录像。"),
                "请增加参加的民警，或者确认已全程录音录像。",
            )
            .by("办案人员人数", rules.cite("mediation.public_order.officers_min_evidence", today).source)
            .into());
        }
    }
    Ok(())
}

fn recording(rules: &RuleSet, today: Date) -> Refusal {
    Refusal::new("mediation.recording", "一名民警带领辅警调解的，须全程录音录像。", "请确认已全程录音录像，或者增加一名民警。")
        .by("一名民警带辅警全程录音录像", rules.cite("mediation.public_order.officers_min_with_recording", today).source)
}

/// Terms at most in one agreement.
pub const MAX_PROMISES: usize = 12;

/// What stands around an agreement: its track since when, the sessions held on it, and who may host it.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    pub accepted_on: Option<Date>,
    /// Days of the sessions on this track.
    pub held: Vec<Date>,
    /// The committee of the track (people's mediation).
    pub committee: Option<kernel::Uuid>,
    /// Names that may stand as host: the committee's mediators, or the officers.
    pub hosts: Vec<String>,
    pub paused: bool,
}

/// Whether an agreement may be written down as it is.
pub fn agreement(a: &NewAgreement, track: Track, parties: &[Party], set: &Setting, rules: &RuleSet, today: Date) -> Result<()> {
    let mut errors = FieldErrors::default();
    if a.facts.trim().is_empty() {
        errors.add("facts", "请写明主要事实。");
    }
    if a.place.trim().is_empty() {
        errors.add("place", "请写明调解地点。");
    }
    for (i, p) in a.promises.iter().enumerate() {
        if p.by.is_some_and(|by| by < a.signed_on) {
            errors.add(format!("by{i}"), "履行期限不能早于签订日期。");
        }
        if p.text.chars().count() > 400 {
            errors.add(format!("term{i}"), "每项协议内容最多 400 字。");
        }
    }
    if a.signed_on > today {
        errors.add("signed_on", "签订日期不能晚于今天。");
    } else if let Some(from) = set.accepted_on.filter(|from| a.signed_on < *from) {
        errors.add("signed_on", format!("签订日期不能早于受理日期 {from}。"));
    } else if let Some(last) = set.held.iter().max().filter(|last| a.signed_on < **last) {
        errors.add("signed_on", format!("签订日期不能早于最后一次调解的日期 {last}。"));
    }
    if clock::day_of(a.held_at) > a.signed_on {
        errors.add("held_at", "调解时间不能晚于签订日期。");
    }
    errors.ok(())?;
    if a.promises.is_empty() {
        return Err(Refusal::new("mediation.no_term", "协议没有内容：没有写明谁做什么、什么时候之前。", "请至少写一项协议内容，写明义务人、方式和期限。")
            .by("协议书应当载明协议内容、履行期限和方式", "人民调解法第二十九条；公安机关办理行政案件程序规定第一百八十四条")
            .into());
    }
    if track == Track::PublicOrder && a.promises.iter().all(|p| p.by.is_none()) {
        return Err(Refusal::new("mediation.no_period", "治安调解协议没有履行期限。", "请给协议内容写上期限；当场履行的，期限写签订当天。")
            .by("协议书应当载明履行期限和方式", "公安机关办理行政案件程序规定第一百八十四条")
            .into());
    }
    if set.paused {
        return Err(Refusal::new("mediation.paused", "调解正在中止（鉴定、评估）。", "请先“恢复调解”。").into());
    }
    if parties.len() < 2 {
        return Err(Refusal::new("mediation.parties", "协议至少要有两方当事人。", "请先登记各方当事人。").into());
    }
    if track == Track::Peoples && a.committee.is_none() {
        return Err(Refusal::new("mediation.committee_hosts", "人民调解协议由人民调解委员会主持并盖章。", "请选择调解委员会和调解员。")
            .by("协议书由调解员签名并加盖印章后生效", rules.cite("mediation.peoples.written_effective_on", today).source)
            .into());
    }
    if track == Track::Peoples && set.committee.is_some_and(|c| a.committee != Some(c)) {
        return Err(Refusal::new("mediation.other_committee", "盖章的调解委员会不是主持调解的那一个。", "请选择主持调解的调解委员会；要换委员会的，请先记为调解不成，再移交另一个委员会。")
            .by("调解协议由主持调解的委员会盖章", rules.cite("mediation.peoples.written_effective_on", today).source)
            .into());
    }
    hosts(&a.mediator, &set.hosts, track)?;
    if a.form == Form::OnSpot && (track != Track::PublicOrder || !a.signing_recorded) {
        return Err(Refusal::new(
            "mediation.on_spot",
            "当场调解只适用于治安调解，并须全程录音录像。",
            "请确认录音录像中已明确记录当事人情况、事实和协议内容，或者改用书面协议。",
        )
        .by("当场调解", rules.cite("mediation.public_order.on_spot_without_paper", today).source)
        .into());
    }
    if a.electronic && !a.signing_recorded {
        return Err(Refusal::new(
            "mediation.signing_recorded",
            "电子签名、电子捺印的过程没有录音录像，签名无效。",
            "请在录音录像下重新签署；没有录像条件的，请用纸笔签名、捺印。",
        )
        .by("电子签名、电子指纹捺印应当同步录音录像", rules.cite("mediation.signing_must_be_recorded", today).source)
        .into());
    }
    if a.form == Form::OnSpot && a.promises.iter().any(|p| p.by.is_some_and(|by| by > a.signed_on)) {
        return Err(Refusal::new("mediation.on_spot_later", "当场调解须当场履行，不能约定以后的期限。", "有后续义务的请改用书面协议。")
            .by("当场调解", rules.cite("mediation.public_order.on_spot_without_paper", today).source)
            .into());
    }
    if a.form == Form::Oral && track != Track::Peoples {
        return Err(Refusal::new("mediation.oral", "口头协议只适用于人民调解。", "请制作书面协议书。")
            .by("口头协议", rules.cite("mediation.peoples.oral_effective_on", today).source)
            .into());
    }
    if a.form != Form::OnSpot && set.held.is_empty() {
        return Err(Refusal::new("mediation.no_session", "还没有调解记录。", "请先记录调解的时间、地点、参加人和经过。").into());
    }
    for p in parties {
        party(p, track, rules, today)?;
    }
    Ok(())
}

/// Who stands as host on a record or an agreement: mediators of the committee (人民调解法 §13, 29),
/// officers on the others. An auxiliary or a grid worker never signs as host.
pub fn hosts(names: &str, may: &[String], track: Track) -> Result<(), Refusal> {
    let wrong = names.split(['、', ',', '，']).map(str::trim).filter(|n| !n.is_empty()).find(|n| !may.iter().any(|m| m == n));
    match (wrong, track) {
        (None, _) => Ok(()),
        (Some(name), Track::Peoples) => Err(Refusal::new(
            "mediation.mediator_unknown",
            format!("“{name}”不是这个人民调解委员会的调解员，不能主持或者签名。"),
            format!("请写本委员会的调解员（{}），多人用顿号分开。", may.join("、")),
        )
        .by("人民调解员由委员会委员和聘任的人员担任", "人民调解法第十三条、第二十九条")),
        (Some(name), _) => Err(Refusal::new(
            "mediation.host_role",
            format!("“{name}”不是本所民警，不能作为主持人签名。"),
            "请写主持调解的民警姓名，多人用顿号分开；辅警、网格员只写在参加人中。",
        )
        .by("调解由公安机关主持", "公安机关办理行政案件程序规定第五十二条、第一百七十八条")),
    }
}

/// A suspect may not send an agent; a minor's guardian is present (程序规定 §181).
pub fn party(p: &Party, track: Track, rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    if track == Track::PublicOrder && p.suspect && !p.agent_name.is_empty() {
        return Err(Refusal::new("mediation.suspect_agent", "违法嫌疑人不得委托他人参加调解。", "请由本人参加。")
            .by("委托代理", rules.cite("mediation.public_order.suspect_may_send_agent", today).source));
    }
    if p.minor && p.guardian.trim().is_empty() {
        return Err(Refusal::new(
            "mediation.guardian",
            format!("{}是未成年人，须通知监护人到场。", p.side.label()),
            "请在当事人登记中写明监护人，或者写明不通知的法定理由（年满十六周岁、以自己的劳动收入为主要生活来源、本人同意）。",
        )
        .by("未成年人的监护人", rules.cite("mediation.public_order.minor_guardian_notice", today).source));
    }
    if !p.agent_name.is_empty() && p.agent_power.trim().is_empty() {
        return Err(Refusal::new("mediation.power", "代理人的权限没有写明。", "请写明一般授权或者特别授权，并附授权委托书。")
            .by("授权委托", "公安机关办理行政案件程序规定第一百八十一条"));
    }
    Ok(())
}

/// How a promise stands when it is reported as done on `on`.
pub fn kept(due: Option<Date>, on: Date) -> Kept {
    match due {
        Some(due) if on > due => Kept::Late,
        _ => Kept::Done,
    }
}

/// What was done in a matter of domestic violence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Violence {
    pub warned: bool,
    pub visited: bool,
}

/// What the matter needs before it may be closed, and the outcome it is closed with.
pub fn close(d: &Dispute, promises: &[Kept], told: &str, violence: &Violence) -> Result<Outcome, Refusal> {
    next(d.state, Step::Close)?;
    match d.state {
        State::Agreed if promises.contains(&Kept::Pending) => Err(Refusal::new(
            "mediation.pending",
            "还有协议义务没有履行结果。",
            "请先登记每项义务的履行情况；不履行的，请登记“未履行”并按规定处理。",
        )
        .by("监督协议履行", "人民调解法第三十一条")),
        State::Agreed if promises.contains(&Kept::Broken) => Err(Refusal::new(
            "mediation.broken",
            "有协议义务没有履行，不能按化解办结。",
            "请记为“调解不成”：治安案件依法处罚，民事部分告知当事人可以起诉；或者另行协商后补登履行。",
        )
        .by("不履行协议的处理", "公安机关办理行政案件程序规定第一百八十五条；人民调解法第三十一条")),
        State::Agreed => Ok(Outcome::Settled),
        State::Failed if told.trim().is_empty() => Err(Refusal::new(
            "mediation.tell_ways",
            "调解不成，须告知当事人其他解决途径。",
            "请写明告知了哪些途径（仲裁、行政处理、向人民法院起诉）。",
        )
        .by("调解不成的告知", "人民调解法第二十六条；公安机关办理行政案件程序规定第一百八十五条")),
        State::Failed => Ok(Outcome::NotSettled),
        State::Protected if !violence.warned && told.trim().is_empty() => Err(Refusal::new(
            "mediation.no_warning",
            "家暴处置还没有结果。",
            "请出具告诫书并登记查访；已依法处罚或者立案的，请写明案号和处理结果。",
        )
        .by("家庭暴力告诫", "反家庭暴力法第十六条、第十七条")),
        State::Protected if violence.warned && !violence.visited => Err(Refusal::new(
            "mediation.no_visit",
            "告诫书送达后还没有查访加害人、受害人。",
            "请由居（村）民委员会或者派出所查访，并登记查访情况后再办结。",
        )
        .by("对收到告诫书的加害人、受害人进行查访", "反家庭暴力法第十七条")),
        State::Protected => Ok(Outcome::Warned),
        _ => Err(Refusal::new("mediation.state", "现在不能办结。", "请先完成前面的步骤。")),
    }
}

/// The level that the facts suggest: the highest `suggest_level` among them; never below what stands.
pub fn suggested_level(current: &str, facts: &[String], rules: &RuleSet) -> String {
    let rank = |level: &str| rules.code("dispute.level", level).and_then(|c| c.attr_int("rank")).unwrap_or(0);
    facts
        .iter()
        .filter_map(|f| rules.code("dispute.level_fact", f)?.attr_text("suggest_level").map(str::to_string))
        .chain([current.to_string()])
        .max_by_key(|l| rank(l))
        .unwrap_or_else(|| current.to_string())
}

/// Days and mode of the follow-ups of a level, from the day the agreement was made or the matter ended.
pub fn follow_ups(level: &str, from: Date, rules: &RuleSet) -> Vec<(Date, String)> {
    let Some(code) = rules.code("dispute.level", level) else { return vec![] };
    let mode = code.attr_text("follow_up_mode").unwrap_or("phone").to_string();
    let days = code.attrs.get("follow_up_days").and_then(|v| v.as_array()).cloned().unwrap_or_default();
    days.iter()
        .filter_map(|d| d.as_integer())
        .map(|d| (rules.calendar().add_days(from, d).date, mode.clone()))
        .collect()
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
