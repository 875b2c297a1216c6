//! Decisions, pure: which parts a dossier must have, what a party brings, when an electronic signature counts.

use crate::model::{Duty, NewVolume, Paper, PartyMore, Power, Recording, Signer};
use kernel::rules::RuleSet;
use kernel::{Date, FieldErrors, Refusal, Result, Timestamp};
use mediation::model::{Confirmation, Form, Outcome, Party, State, Track};

/// What is known of a matter, as far as the list of parts asks.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub track: Option<Track>,
    pub form: Option<Form>,
    pub outcome: Option<Outcome>,
    pub closed: bool,
    pub violence: bool,
    /// 受理审查 passed with rights and duties told.
    pub told: bool,
    pub accepted: bool,
    pub applied: bool,
    pub parties: usize,
    /// Parties with a registered document or a copy.
    pub identified: usize,
    pub agents: usize,
    /// Agents whose power is written down.
    pub powers: usize,
    /// Minors whose guardian is to be told, and those where day and manner of the notice are written down.
    pub minors: usize,
    pub guardians_told: usize,
    pub inquiries: usize,
    pub evidence: usize,
    pub sessions: usize,
    pub agreement: bool,
    pub performed: usize,
    pub visited: usize,
    pub confirmation: Option<Confirmation>,
    pub court: usize,
    pub note: bool,
    pub warnings: usize,
    pub settled: bool,
    pub accepted_settlement: bool,
    /// Gates that excluded a track, and requests that were refused or handed over.
    pub refusals: usize,
    /// A request for administrative mediation was refused or handed over.
    pub declined: bool,
    pub filed: bool,
}

/// One line of the list of parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Place in the dossier; 0 cover, 13 back cover.
    pub n: u8,
    pub name: &'static str,
    /// What is printed for it; none for cover, contents and back cover, which come with the whole.
    pub paper: Option<Paper>,
    pub duty: Duty,
    pub there: bool,
    /// How to make it when it is not there.
    pub how: &'static str,
    /// Where on the dossier page or the dispute page that is done.
    pub place: &'static str,
}

impl Part {
    /// Where it is done, as a link: `..` is the page of the dispute.
    pub fn link(&self, id: &kernel::DisputeId) -> String {
        self.place.strip_prefix("..").map_or_else(|| self.place.to_string(), |rest| format!("/disputes/{id}{rest}"))
    }

    pub fn missing(&self) -> bool {
        self.duty == Duty::Must && !self.there
    }
}

/// On-the-spot mediation is filed by its number alone (治安调解工作规范, 公通字〔2007〕81号).
pub fn needs_dossier(f: &Facts) -> bool {
    f.form != Some(Form::OnSpot)
}

/// The parts of the dossier of this matter in their order: 司法部 2010 formats for people's mediation; the papers that
/// 程序规定 and 反家庭暴力法 ask for on the other paths.
pub fn parts(f: &Facts) -> Vec<Part> {
    use Duty::{IfAny, Must};
    let filed = "填写“立卷”：卷名、调解员、起止日期、立卷人、立卷日期、保管期限";
    let mut out = vec![Part { n: 0, name: "卷宗封面", paper: None, duty: Must, there: f.filed, how: filed, place: "#file" }];
    out.push(Part { n: 0, name: "卷内目录", paper: None, duty: Must, there: f.filed, how: filed, place: "#file" });
    let mut put = |n: u8, paper: Paper, duty: Duty, there: bool, how: &'static str, place: &'static str| {
        out.push(Part { n, name: paper.label(), paper: Some(paper), duty, there, how, place });
    };
    let mediated = f.track.is_some();
    if f.applied {
        put(1, Paper::Application, Must, true, "", "");
    } else {
        put(1, Paper::Registration, Must, true, "", "");
    }
    if f.violence {
        put(2, Paper::Warning, Must, f.warnings > 0, "情节较轻的，在纠纷页“告诫书”登记并送达双方", "..");
    } else if mediated {
        put(2, Paper::Rights, Must, f.told, "在纠纷页完成“受理审查”并勾选已告知权利义务", "..");
    }
    put(3, Paper::Identity, Must, f.parties > 0 && f.identified == f.parties, "登记每方证件号码（人员页），或者上传证件复印件", "#parties");
    let power = if f.agents > 0 { Must } else { IfAny };
    put(4, Paper::Power, power, f.agents > 0 && f.powers == f.agents, "在“当事人”中写明一般授权或者特别授权", "#parties");
    put(5, Paper::Inquiry, IfAny, f.inquiries > 0, "在纠纷页登记走访调查", "..");
    put(6, Paper::Evidence, IfAny, f.evidence > 0, "上传证据材料", "#files");
    if mediated && !f.violence {
        let refused = matches!(f.outcome, Some(Outcome::Referred | Outcome::Withdrawn | Outcome::SelfSettled));
        put(7, Paper::Session, if refused { IfAny } else { Must }, f.sessions > 0, "在纠纷页登记调解记录", "..");
        let failed = f.outcome.is_some_and(|o| o != Outcome::Settled);
        let paper = match f.form {
            Some(Form::Oral) => Paper::Oral,
            Some(Form::OnSpot) => Paper::OnSpot,
            _ => Paper::Agreement,
        };
        put(8, paper, if failed { IfAny } else { Must }, f.agreement, "在纠纷页“达成协议”", "..");
        put(9, Paper::Performance, IfAny, f.performed > 0, "在纠纷页登记履行并上传凭证", "..");
    }
    if f.outcome == Some(Outcome::SelfSettled) || f.settled {
        let duty = if f.track == Some(Track::PublicOrder) { Must } else { IfAny };
        put(8, Paper::SelfSettlement, duty, f.settled, "在纠纷页“自行和解”写明内容、履行日期、书面申请日期", "..#settlement");
        put(8, Paper::Acceptance, duty, f.accepted_settlement, "在纠纷页“自行和解”写明认可日期和意见", "..#settlement");
    }
    // Refused on a request of a party, the answer is due in writing; a gate that was not passed may be told orally.
    if f.refusals > 0 {
        put(8, Paper::Refusal, if f.declined { Must } else { IfAny }, true, "", "");
    }
    if f.outcome == Some(Outcome::Referred) {
        put(8, Paper::Referral, Must, true, "", "");
    }
    put(10, Paper::FollowUp, IfAny, f.visited > 0, "在纠纷页登记回访", "..");
    if f.track == Some(Track::Peoples) {
        let asked = f.confirmation.is_some_and(|c| !matches!(c, Confirmation::ToApply | Confirmation::Overdue));
        let duty = if asked { Must } else { IfAny };
        put(11, Paper::Confirmation, duty, f.confirmation.is_some(), "达成人民调解协议后自动生成", "..");
        put(11, Paper::Court, duty, f.court > 0, "上传人民法院的受理、确认文书", "#files");
    }
    put(11, Paper::Closing, if f.closed { Must } else { IfAny }, f.closed, "办结后生成", "..");
    put(12, Paper::Note, IfAny, f.note, "在“立卷”中填写卷宗情况说明", "#file");
    // The notice to the guardian is noted with its day and manner (程序规定 §181); it stands among the parties' papers.
    if f.minors > 0 && mediated {
        let at = out.iter().position(|p| p.n > 3).unwrap_or(out.len());
        let there = f.guardians_told == f.minors;
        let how = "在“当事人”中写明通知监护人的日期和方式；依法可以不通知的，写明理由";
        out.insert(at, Part { n: 3, name: "通知监护人的日期、方式", paper: None, duty: Must, there, how, place: "#parties" });
    }
    out.push(Part { n: 13, name: "封底", paper: None, duty: Must, there: f.filed, how: filed, place: "#file" });
    out
}

/// What is missing, by name.
pub fn missing(parts: &[Part]) -> Vec<&'static str> {
    parts.iter().filter(|p| p.missing()).map(|p| p.name).collect()
}

/// A volume's days in order: from, until, filed, today.
pub fn volume(v: &NewVolume, today: Date) -> Result<()> {
    let mut e = FieldErrors::default();
    for (field, label, value) in
        [("title", "卷名", &v.title), ("mediator", "调解员（主持人）", &v.mediator), ("filed_by", "立卷人", &v.filed_by)]
    {
        if value.trim().is_empty() {
            e.add(field, format!("请填写{label}。"));
        }
    }
    if v.until_day < v.from_day {
        e.add("until_day", "调解结束日期不能早于开始日期。");
    }
    if v.filed_on < v.until_day {
        e.add("filed_on", "立卷日期不能早于调解结束日期。");
    }
    if v.filed_on > today {
        e.add("filed_on", "立卷日期不能晚于今天。");
    }
    e.ok(())
}

/// The last day on which a volume of this 保管期限 (code of `dossier.retention`) is kept; `None` is for good, also for a code
/// that names no number of years. Counted from the first of January after the filing, the longer of the two customs.
pub fn kept_until(retention: &str, filed_on: Date) -> Option<Date> {
    let years: i16 = retention.parse().ok().filter(|n| *n > 0)?;
    Date::new(filed_on.year().checked_add(years)?, 12, 31).ok()
}

/// Whether the new last day of keeping is before the old one (`None`: kept for good).
pub fn is_shorter(was: Option<Date>, now: Option<Date>) -> bool {
    match (was, now) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(was), Some(now)) => now < was,
    }
}

/// What a party brings to the papers. `age`: full years today when the birth date is known.
///
/// 程序规定 §181: a minor's guardian is told and comes; sixteen and living on the own work, with consent, is excepted.
/// A suspect sends nobody; an agent's power is general or special, and a special one lists what it covers.
pub fn party(m: &PartyMore, p: &Party, age: Option<i64>, track: Option<Track>, rules: &RuleSet, today: Date) -> Result<()> {
    let mut e = FieldErrors::default();
    if m.guardian_told_on.is_some_and(|d| d > today) {
        e.add("guardian_told_on", "通知日期不能晚于今天。");
    }
    if m.guardian_told_on.is_some() && m.guardian_told_how.trim().is_empty() {
        e.add("guardian_told_how", "请写明通知的方式。");
    }
    if m.guardian_told_on.is_some() && p.guardian.trim().is_empty() {
        e.add("guardian_told_on", "还没有登记监护人，请先在纠纷页的当事人中写明监护人姓名。");
    }
    if m.guardian_exempt && m.exempt_reason.trim().is_empty() {
        e.add("exempt_reason", "请写明劳动收入来源和本人同意不通知的情况。");
    }
    if m.power == Some(Power::Special) && m.power_scope.trim().is_empty() {
        e.add("power_scope", "特别授权须逐项写明，例如代为承认、变更、放弃请求，进行和解，签署协议。");
    }
    if m.power.is_some() && p.agent_name.trim().is_empty() {
        e.add("power", "还没有登记代理人，请先在纠纷页的当事人中写明代理人姓名。");
    }
    if m.language.trim().is_empty() != m.interpreter.trim().is_empty() {
        e.add("interpreter", "翻译人员的姓名和语种都要填写。");
    }
    e.ok(())?;
    if p.suspect && track == Some(Track::PublicOrder) && m.power.is_some() {
        return Err(Refusal::new("dossier.suspect_agent", "违法嫌疑人不得委托他人参加治安调解。", "请由本人参加；被侵害人可以委托代理人。")
            .in_force(rules, today)
            .into());
    }
    if m.guardian_exempt {
        let least = rules.int("mediation.public_order.minor_exempt_age", today)?;
        if age.is_none_or(|a| a < least) {
            let known = age.map_or_else(|| "没有登记出生日期".to_string(), |a| format!("现年 {a} 周岁"));
            return Err(Refusal::new(
                "dossier.exempt_age",
                format!("{known}，不能免于通知监护人。"),
                format!("年满 {least} 周岁、以自己的劳动收入为主要生活来源、本人同意不通知的，才可以不通知；请核对出生日期或者通知监护人。"),
            )
            .in_force(rules, today)
            .into());
        }
    }
    Ok(())
}

/// An electronic signature counts only with the recording of the signing itself (程序规定 §263): the recording is of
/// this matter, began before the signature and had not ended.
pub fn signing(recording: Option<&Recording>, at: Timestamp, rules: &RuleSet, today: Date) -> Result<(), Refusal> {
    let refuse = |what: String, next: &str| Err(Refusal::new("dossier.unrecorded", what, next).in_force(rules, today));
    match recording {
        None => refuse(
            "没有关联签署过程的录音录像，电子签名无效。".into(),
            "请先在“录音录像”登记正在录制的设备和编号，再选择它签名；也可以打印后由当事人手写签名、捺指印，再上传扫描件。",
        ),
        Some(r) if r.began_at > at => refuse(
            format!("录像“{}”的开始时间晚于签名时间。", r.file_no),
            "请先开始录像，再请当事人签名；登记的时间有误的，请重新登记。",
        ),
        Some(r) if r.ended_at.is_some_and(|end| end < at) => refuse(
            format!("录像“{}”在签名之前已经结束。", r.file_no),
            "请重新录制签署过程并登记，或者打印后手写签名。",
        ),
        // Hours, not days: a recording that nobody ended shows no signing of today.
        Some(r) if r.ended_at.is_none() && r.began_at.checked_add(LONGEST).is_ok_and(|end| end < at) => refuse(
            format!("录像“{}”已开始十二小时以上，没有登记结束，不能证明录下了这次签名。", r.file_no),
            "请登记正在录制签署过程的录像，再签名。",
        ),
        Some(_) => Ok(()),
    }
}

/// A recording without an end counts for so long.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(12 * 3_600);

/// Who may sign for a party on a screen: itself, a guardian who is registered and not lawfully left out, an agent whose powers
/// are written down, an interpreter who is named.
pub fn signer(signer: Signer, p: &Party, m: &PartyMore) -> Result<(), Refusal> {
    let missing = match signer {
        Signer::Party => None,
        Signer::Guardian => (p.guardian.trim().is_empty() || m.guardian_exempt).then_some("没有登记监护人，或者依法不通知监护人"),
        Signer::Agent if p.agent_name.trim().is_empty() => Some("没有登记代理人"),
        Signer::Agent => (m.power.is_none() && p.agent_power.trim().is_empty()).then_some("没有写明代理人的权限（一般授权或者特别授权）"),
        Signer::Interpreter => m.interpreter.trim().is_empty().then_some("没有登记翻译人员"),
    };
    match missing {
        None => Ok(()),
        Some(why) => Err(Refusal::new(
            "dossier.signer",
            format!("{}{why}，不能由{}签名。", p.side.label(), signer.label()),
            "请先在纠纷页和卷宗页的“当事人”中补全登记，再签名。",
        )),
    }
}

/// The text without the other parties' names: what a party's page may show. Each name becomes what stands for it.
pub fn without_names(text: &str, others: &[(String, String)]) -> String {
    let mut out = text.to_string();
    let mut names: Vec<&(String, String)> = others.iter().filter(|(n, _)| n.chars().count() > 1).collect();
    names.sort_by_key(|(n, _)| std::cmp::Reverse(n.len()));
    for (name, stands) in names {
        out = out.replace(name.as_str(), stands);
        for part in name.split('·').filter(|p| p.chars().count() > 1 && *p != name) {
            out = out.replace(part, stands);
        }
    }
    out
}

/// The state in words for a party.
pub fn says(state: State, paused: bool) -> &'static str {
    match state {
        State::Mediating if paused => "调解中止，等待鉴定、评估结果。",
        State::Registered => "已登记，等待受理审查。",
        State::Mediating => "正在调解。",
        State::Agreed => "已达成协议，正在履行。",
        State::Failed => "没有调解成，可以选择其他途径。",
        State::Protected => "正在依法处置。",
        State::Closed => "已办结。",
    }
}

#[cfg(test)]
#[path = "tests/rules.rs"]
mod tests;
