//! The nouns: dispute, party, gate, talk, agreement with its promises, follow-up, log line.

mod tracks;

pub use tracks::*;

use kernel::{
    AddressId, AgreementId, BeatId, BuildingId, Date, DisputeId, FollowUpId, GridId, IncidentId, ObligationId, PersonId,
    Role, StationId, Timestamp, UserId, Uuid, record, text_enum,
};

text_enum! {
    /// 纠纷状态
    pub enum State {
        Registered = "registered" / "待受理",
        Mediating = "mediating" / "调解中",
        Agreed = "agreed" / "履行中",
        Failed = "failed" / "调解不成",
        /// 家庭暴力: its own path, never mediated.
        Protected = "protected" / "家暴处置",
        Closed = "closed" / "已办结",
    }
}

impl State {
    pub fn is_open(self) -> bool {
        self != State::Closed
    }
}

text_enum! {
    /// 办理结果
    pub enum Outcome {
        Settled = "settled" / "化解",
        SelfSettled = "self_settled" / "自行和解",
        NotSettled = "not_settled" / "调解不成",
        Referred = "referred" / "告知分流",
        Warned = "warned" / "告诫并查访",
        Withdrawn = "withdrawn" / "撤回",
        /// Linked to a master, where it goes on; nothing is deleted.
        Merged = "merged" / "并入他案",
    }
}

text_enum! {
    /// 调解途径
    pub enum Track {
        Peoples = "peoples_mediation" / "人民调解",
        PublicOrder = "public_order_mediation" / "治安调解",
        Administrative = "administrative_mediation" / "行政调解",
    }
}

text_enum! {
    /// 操作
    pub enum Step {
        Open = "open" / "登记纠纷",
        Edit = "edit" / "修改登记",
        Party = "party" / "登记当事人",
        Level = "level" / "定级",
        Gate = "gate" / "受理审查",
        Accept = "accept" / "受理",
        Inquire = "inquire" / "走访调查",
        Plan = "plan" / "调解方案",
        Session = "session" / "调解",
        Pause = "pause" / "中止（鉴定、评估）",
        Resume = "resume" / "恢复调解",
        Extend = "extend" / "延长期限",
        Agree = "agree" / "达成协议",
        Fail = "fail" / "调解不成",
        Perform = "perform" / "履行登记",
        Break = "break" / "未履行",
        FollowUp = "follow_up" / "回访",
        Confirm = "confirm" / "司法确认",
        Refer = "refer" / "告知分流",
        SelfSettle = "self_settle" / "自行和解",
        Protect = "protect" / "转家暴处置",
        Warn = "warn" / "出具告诫书",
        Escalate = "escalate" / "关联升级",
        Link = "link" / "关联",
        HandOver = "hand_over" / "移交调委会",
        Decide = "decide" / "处理决定",
        /// The questions of the gate, asked again while mediation is under way.
        Recheck = "recheck" / "复核受理条件",
        Answer = "answer" / "调委会答复",
        Apply = "apply" / "行政调解申请",
        Decline = "decline" / "不予受理或移送",
        Risk = "risk" / "报告激化风险",
        Lead = "lead" / "包案",
        Relate = "relate" / "认定关联",
        Merge = "merge" / "并入他案",
        Overdue = "overdue" / "到期未办",
        Withdraw = "withdraw" / "撤回",
        Close = "close" / "办结",
        Reopen = "reopen" / "重新办理",
    }
}

text_enum! {
    /// 当事人地位
    pub enum Side { Applicant = "applicant" / "甲方", Respondent = "respondent" / "乙方", Third = "third" / "丙方" }
}

text_enum! {
    /// What kind of talk was held.
    pub enum TalkKind { Inquiry = "inquiry" / "走访调查", Session = "session" / "调解" }
}

text_enum! {
    /// 协议形式
    pub enum Form {
        Written = "written" / "书面协议",
        Oral = "oral" / "口头协议",
        OnSpot = "on_spot" / "当场调解",
    }
}

text_enum! {
    /// 履行情况
    pub enum Kept {
        Pending = "pending" / "待履行",
        Done = "done" / "已履行",
        Late = "late" / "逾期履行",
        Broken = "broken" / "未履行",
        /// Holds from the signing on, without an end (夜间不拖拽家具).
        Standing = "standing" / "持续履行",
    }
}

text_enum! {
    /// 履行期限的种类: every promise says by when it is kept (人民调解法 §29, 程序规定 §184).
    pub enum Term {
        By = "by" / "限期履行",
        /// On the day of the signing; its proof is needed before the matter closes.
        AtOnce = "at_once" / "即时履行",
        /// Without an end, for a reason that is written down (夜间不拖拽家具).
        Standing = "standing" / "长期履行",
    }
}

text_enum! {
    /// 升级种类
    pub enum Escalation { PublicOrder = "public_order" / "民转治", Criminal = "criminal" / "民转刑" }
}

text_enum! {
    /// 司法确认状态
    pub enum Confirmation {
        ToApply = "to_apply" / "待申请",
        ToAccept = "to_accept" / "待受理",
        ToReview = "to_review" / "待审查",
        Confirmed = "confirmed" / "确认有效",
        NotConfirmed = "not_confirmed" / "不予确认",
        NotAccepted = "not_accepted" / "不予受理",
        Overdue = "overdue" / "超时",
    }
}

record! {
    /// 纠纷
    #[derive(Clone, Debug)]
    pub struct Dispute {
        pub station_id: StationId,
        pub id: DisputeId,
        pub number: String,
        pub source_code: String,
        pub incident_id: Option<IncidentId>,
        pub opened_at: Timestamp,
        pub opened_by: UserId,
        pub title: String,
        pub summary: String,
        pub place_text: String,
        pub address_id: Option<AddressId>,
        pub other_address_id: Option<AddressId>,
        pub building_id: Option<BuildingId>,
        pub grid_id: Option<GridId>,
        pub beat_id: Option<BeatId>,
        pub judicial: Option<String>,
        pub police: Option<String>,
        pub causes: String,
        pub level: String,
        pub owner_id: UserId,
        pub domestic_violence: bool,
        pub state: State,
        pub track: Option<Track>,
        pub outcome: Option<Outcome>,
        pub accepted_on: Option<Date>,
        pub deadline: Option<Date>,
        pub deadline_provisional: bool,
        pub paused_on: Option<Date>,
        pub sessions: i64,
        pub escalated: Option<Escalation>,
        pub told: String,
        pub plan: String,
        pub closed_at: Option<Timestamp>,
        pub version: i64,
        /// The dispute this one was merged into.
        pub master_id: Option<DisputeId>,
        /// 包案领导: the leader who took it.
        pub lead_id: Option<UserId>,
    }
}

impl Dispute {
    /// The cause tags' codes.
    pub fn cause_codes(&self) -> Vec<&str> {
        self.causes.split(',').filter(|c| !c.is_empty()).collect()
    }
}

record! {
    /// A line of the register.
    #[derive(Clone, Debug)]
    pub struct Line {
        pub id: DisputeId,
        pub number: String,
        pub title: String,
        pub place_text: String,
        pub judicial: Option<String>,
        pub level: String,
        pub state: State,
        pub track: Option<Track>,
        pub outcome: Option<Outcome>,
        pub deadline: Option<Date>,
        pub escalated: Option<Escalation>,
        pub opened_at: Timestamp,
        pub owner_id: UserId,
    }
}

record! {
    /// 当事人
    #[derive(Clone, Debug)]
    pub struct Party {
        pub id: Uuid,
        pub person_id: PersonId,
        pub side: Side,
        pub minor: bool,
        /// 违法嫌疑人: may not send an agent (程序规定 §181).
        pub suspect: bool,
        pub guardian: String,
        /// 不通知监护人的理由 (程序规定 §181); it stands for no person and signs nothing.
        pub guardian_exempt: String,
        pub agent_name: String,
        pub agent_relation: String,
        pub agent_power: String,
        pub added_at: Timestamp,
    }
}

record! {
    /// 受理审查: what was asked before mediation, and the answers.
    #[derive(Clone, Debug)]
    pub struct Gate {
        pub id: Uuid,
        pub track: Track,
        pub at: Timestamp,
        pub by_user: UserId,
        pub passed: bool,
        pub answers: String,
        pub why: String,
        /// The rule by which it was refused; "" when it passed.
        pub source: String,
    }
}

record! {
    /// 走访、调解
    #[derive(Clone, Debug)]
    pub struct Talk {
        pub id: Uuid,
        pub kind: TalkKind,
        pub track: Option<Track>,
        pub n: i64,
        pub held_from: Timestamp,
        pub held_until: Option<Timestamp>,
        pub place: String,
        pub committee_id: Option<Uuid>,
        pub mediator: String,
        pub host_user: Option<UserId>,
        pub recorded: bool,
        pub text: String,
        /// 录音录像编号; "" where nothing was recorded or the number is still missing.
        pub recording_no: String,
    }
}

record! {
    /// 调解协议
    #[derive(Clone, Debug)]
    pub struct Agreement {
        pub id: AgreementId,
        pub number: String,
        pub track: Track,
        pub form: Form,
        pub committee_id: Option<Uuid>,
        pub mediator: String,
        pub facts: String,
        pub points: String,
        pub duties: String,
        pub held_at: Timestamp,
        pub place: String,
        pub signed_on: Date,
        pub signing_recorded: bool,
        /// Signed or finger-printed on a screen; then the signing itself is recorded (程序规定 §263).
        pub electronic: bool,
        pub by_user: UserId,
        pub at: Timestamp,
        pub confirmation: Option<Confirmation>,
        pub confirmation_due: Option<Date>,
        /// 记录人
        pub recorder: String,
        /// 当场调解: no dispute on costs and losses; both agree to it and performed at once (程序规定 §178).
        pub no_cost_dispute: bool,
        pub spot_consent: bool,
        /// Why sex, birth date or document of a party are not known.
        pub identity_note: String,
        /// 录音录像编号 of the recorded signing or of the recording that stands for a paper (程序规定 §178, 263).
        pub recording_no: String,
    }
}

record! {
    /// 履行义务
    #[derive(Clone, Debug)]
    pub struct Obligation {
        pub id: ObligationId,
        pub agreement_id: AgreementId,
        pub n: i64,
        pub party_id: Option<Uuid>,
        pub text: String,
        pub how: String,
        pub due: Option<Date>,
        pub term: Term,
        /// Why it has no end (长期履行).
        pub term_why: String,
        pub state: Kept,
        pub done_on: Option<Date>,
        pub proof: String,
    }
}

record! {
    /// 回访
    #[derive(Clone, Debug)]
    pub struct FollowUp {
        pub id: FollowUpId,
        pub n: i64,
        pub due: Date,
        pub mode: String,
        pub done_at: Option<Timestamp>,
        pub by_user: Option<UserId>,
        pub by_mode: Option<String>,
        pub interviewee: String,
        pub finding: Option<String>,
        pub satisfaction: Option<String>,
        pub note: String,
        pub dropped: bool,
        /// After a warning: `offender`, `victim`, `both`.
        pub whom: String,
        /// 是否起诉; 错调、激化的迹象; 采取的措施.
        pub suit: String,
        pub signs: String,
        pub measures: String,
    }
}

record! {
    /// 家庭暴力告诫书
    #[derive(Clone, Debug)]
    pub struct Warning {
        pub id: Uuid,
        pub offender_party: Uuid,
        pub victim_party: Uuid,
        pub facts: String,
        pub prohibition: String,
        pub served_offender_on: Date,
        pub served_victim_on: Date,
        pub committee_told: String,
        pub told_on: Date,
        pub by_user: UserId,
        pub at: Timestamp,
    }
}

record! {
    /// A link to an incident, a case or another dispute.
    #[derive(Clone, Debug)]
    pub struct Link {
        pub kind: String,
        pub other_kind: String,
        pub other_id: Option<Uuid>,
        pub case_no: String,
        pub day: Date,
        pub note: String,
    }
}

record! {
    /// 流水
    #[derive(Clone, Debug)]
    pub struct LogLine {
        pub at: Timestamp,
        pub by_user: UserId,
        pub by_role: Role,
        pub step: Step,
        pub note: String,
    }
}

record! {
    /// 人民调解委员会
    #[derive(Clone, Debug)]
    pub struct Committee {
        pub id: Uuid,
        pub name: String,
        pub mediators: String,
        pub area: String,
    }
}

impl Committee {
    pub fn mediator_names(&self) -> Vec<&str> {
        self.mediators.split(['、', ',', '，']).map(str::trim).filter(|m| !m.is_empty()).collect()
    }
}

/// A dispute to register.
#[derive(Clone, Debug, Default)]
pub struct NewDispute {
    pub incident: Option<IncidentId>,
    pub source_code: String,
    pub title: String,
    pub summary: String,
    pub place: String,
    pub judicial: Option<String>,
    pub police: Option<String>,
    pub causes: Vec<String>,
    /// 家庭暴力: answered for every dispute, it opens the path of its own.
    pub domestic_violence: bool,
    pub parties: Vec<NewParty>,
}

/// A party as typed.
#[derive(Clone, Debug, Default)]
pub struct NewParty {
    pub person: Option<PersonId>,
    pub name: String,
    pub phone: String,
    /// Where the party lives, as told.
    pub place: String,
    pub side: Option<Side>,
    pub minor: bool,
    pub suspect: bool,
    pub guardian: String,
    /// 不通知监护人的理由
    pub guardian_exempt: String,
    pub agent_name: String,
    pub agent_relation: String,
    pub agent_power: String,
}

/// A talk to write down.
#[derive(Clone, Debug)]
pub struct NewTalk {
    pub kind: TalkKind,
    pub held_from: Timestamp,
    pub held_until: Option<Timestamp>,
    pub place: String,
    pub committee: Option<Uuid>,
    pub mediator: String,
    pub host: Option<UserId>,
    pub crew: Vec<UserId>,
    pub recorded: bool,
    /// 录音录像编号
    pub recording_no: String,
    pub text: String,
    pub files: Vec<attachments::Prepared>,
}

/// One promise of an agreement.
#[derive(Clone, Debug, Default)]
pub struct NewPromise {
    /// Who keeps it; nobody chosen and not `both` is refused.
    pub party: Option<Uuid>,
    /// 双方
    pub both: bool,
    pub text: String,
    /// 履行方式、地点
    pub how: String,
    pub term: Option<Term>,
    /// The last day of 限期履行.
    pub by: Option<Date>,
    /// The reason of 长期履行.
    pub why: String,
}

impl NewPromise {
    /// The day until which it is kept: none for 长期履行, the day of the signing for 即时履行.
    pub fn due(&self, signed_on: Date) -> Option<Date> {
        match self.term {
            Some(Term::AtOnce) => Some(signed_on),
            Some(Term::Standing) => None,
            _ => self.by,
        }
    }
}

/// An agreement to write down.
#[derive(Clone, Debug)]
pub struct NewAgreement {
    pub form: Form,
    pub committee: Option<Uuid>,
    pub mediator: String,
    pub facts: String,
    /// Points in dispute, one a line.
    pub points: String,
    /// Each side's responsibility.
    pub duties: String,
    pub held_at: Timestamp,
    pub place: String,
    pub signed_on: Date,
    pub signing_recorded: bool,
    /// 录音录像编号
    pub recording_no: String,
    /// Signed on a screen.
    pub electronic: bool,
    /// 记录人; the person who writes it down when left empty.
    pub recorder: String,
    /// 当场调解: 不涉及医疗费用、物品损失，或者双方对赔付无争议.
    pub no_cost_dispute: bool,
    /// 当场调解: 双方同意当场调解并当场履行.
    pub spot_consent: bool,
    /// 身份情况不全的原因: where the register does not know sex, birth date or document of a party.
    pub identity_note: String,
    /// 同名的人已核实不是同一人: asked where a name stands in two roles.
    pub names_checked: bool,
    /// 在场人员: who of the station took part besides the hosts.
    pub crew: Vec<UserId>,
    pub promises: Vec<NewPromise>,
    pub files: Vec<attachments::Prepared>,
}

/// What was found on a follow-up.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub mode: String,
    pub interviewee: String,
    pub finding: String,
    pub satisfaction: Option<String>,
    pub note: String,
    /// After a warning, who was visited: `offender`, `victim`, `both`.
    pub whom: String,
    /// 是否起诉
    pub suit: String,
    /// 错调、激化的迹象
    pub signs: String,
    /// 采取的措施
    pub measures: String,
}

/// 告诫书
#[derive(Clone, Debug)]
pub struct NewWarning {
    pub offender: Uuid,
    pub victim: Uuid,
    pub facts: String,
    pub prohibition: String,
    pub served_offender_on: Date,
    pub served_victim_on: Date,
    pub committee_told: String,
    pub told_on: Date,
}
