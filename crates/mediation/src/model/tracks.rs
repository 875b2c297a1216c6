//! Tracks in sequence, their clocks, hand-overs, requests, confirmation steps, relations, levels.

use super::{Confirmation, Escalation, State, Track};
use kernel::{AgreementId, Date, DisputeId, StationId, Timestamp, UserId, Uuid, record, text_enum};
use std::collections::BTreeMap;

text_enum! {
    /// 途径结果
    pub enum TrackResult {
        Agreed = "agreed" / "达成协议",
        Failed = "failed" / "调解不成",
        NotPerformed = "not_performed" / "未履行",
        SelfSettled = "self_settled" / "自行和解",
        Withdrawn = "withdrawn" / "撤回",
        Protected = "protected" / "转家暴处置",
        Merged = "merged" / "并入他案",
    }
}

record! {
    /// 一次途径: accepted, hosted, ended; the tracks of one dispute follow one another.
    #[derive(Clone, Debug)]
    pub struct TrackRun {
        pub id: Uuid,
        pub n: i64,
        pub track: Track,
        pub committee_id: Option<Uuid>,
        pub accepted_on: Date,
        pub accepted_by: UserId,
        pub ended_on: Option<Date>,
        pub result: Option<TrackResult>,
        pub why: String,
    }
}

record! {
    /// 治安案件处理决定: how the case ended after its mediation failed (程序规定 §172, 185, 259).
    #[derive(Clone, Debug)]
    pub struct Decision {
        pub id: Uuid,
        /// `case.decision_kind` of the rule pack.
        pub kind: String,
        pub number: String,
        pub decided_on: Date,
        pub note: String,
        pub by_user: UserId,
        pub at: Timestamp,
    }
}

/// A decision to write down.
#[derive(Clone, Debug)]
pub struct NewDecision {
    pub kind: String,
    pub number: String,
    pub decided_on: Date,
    pub note: String,
}

text_enum! {
    /// 期限种类
    pub enum ClockKind {
        Feedback = "feedback" / "首次反馈",
        Peoples = "peoples" / "人民调解",
        FirstSession = "first_session" / "治安调解",
        SecondSession = "second_session" / "再次治安调解",
        Administrative = "administrative" / "行政调解",
        AdminAccept = "admin_accept" / "行政调解受理决定",
        AdminHandOver = "admin_hand_over" / "行政调解移送",
        Case = "case" / "治安案件办理",
        ConfirmRequest = "confirm_request" / "共同申请司法确认",
        ConfirmAccept = "confirm_accept" / "法院决定受理",
        ConfirmDecide = "confirm_decide" / "法院作出裁定",
    }
}

impl ClockKind {
    /// The clocks of mediation itself; one of them runs while a dispute is being mediated.
    pub const MEDIATION: &'static [ClockKind] =
        &[ClockKind::Peoples, ClockKind::FirstSession, ClockKind::SecondSession, ClockKind::Administrative];

    pub fn is_mediation(self) -> bool {
        Self::MEDIATION.contains(&self)
    }
    /// Ends when the dispute leaves for good; what the court counts goes on.
    pub fn ends_with_matter(self) -> bool {
        !matches!(self, ClockKind::ConfirmRequest | ClockKind::ConfirmAccept | ClockKind::ConfirmDecide)
    }
}

text_enum! {
    /// 期限状态
    pub enum ClockState {
        Running = "running" / "计算中",
        Paused = "paused" / "中止",
        Met = "met" / "按期",
        Late = "late" / "超期办理",
        /// It no longer applies (the dispute took another way).
        Stopped = "stopped" / "终止",
        /// Another one took its place (extension, second session, restart).
        Replaced = "replaced" / "已变更",
    }
}

record! {
    /// 期限: with its rule and source as they stood when it began.
    #[derive(Clone, Debug)]
    pub struct ClockRow {
        pub id: Uuid,
        pub dispute_id: DisputeId,
        pub kind: ClockKind,
        pub rule: String,
        pub title: String,
        pub source: String,
        pub started_on: Date,
        pub due_at: Timestamp,
        pub provisional: bool,
        pub paused_on: Option<Date>,
        pub state: ClockState,
        pub ended_on: Option<Date>,
        pub why: String,
        pub warned_at: Option<Timestamp>,
        pub missed_at: Option<Timestamp>,
    }
}

impl ClockRow {
    /// The last day on which it is met.
    pub fn due(&self) -> Date {
        kernel::clock::day_of(self.due_at.checked_sub(std::time::Duration::from_secs(1)).unwrap_or(self.due_at))
    }
    pub fn is_open(&self) -> bool {
        matches!(self.state, ClockState::Running | ClockState::Paused)
    }
}

text_enum! {
    /// 调委会答复
    pub enum Answer { Accepted = "accepted" / "接收", Returned = "returned" / "退回" }
}

record! {
    /// 公调对接移交: the police hand a dispute to a committee, which accepts or returns it.
    #[derive(Clone, Debug)]
    pub struct HandOver {
        pub id: Uuid,
        pub committee_id: Uuid,
        pub told: String,
        pub handed_on: Date,
        pub by_user: UserId,
        pub answer: Option<Answer>,
        pub answered_on: Option<Date>,
        pub answered_by: String,
        pub why: String,
    }
}

text_enum! {
    /// 行政调解申请的处理
    pub enum AdminAnswer { Accepted = "accepted" / "受理", Refused = "refused" / "不予受理", HandedOver = "handed_over" / "移送" }
}

record! {
    /// 行政调解申请
    #[derive(Clone, Debug)]
    pub struct Application {
        pub id: Uuid,
        pub asked_on: Date,
        pub what: String,
        pub complex: bool,
        /// Within the organ's own powers.
        pub ours: bool,
        pub answer: Option<AdminAnswer>,
        pub answered_on: Option<Date>,
        pub why: String,
    }
}

record! {
    /// 司法确认的一步
    #[derive(Clone, Debug)]
    pub struct ConfirmStep {
        pub agreement_id: AgreementId,
        pub n: i64,
        pub state: Confirmation,
        pub day: Date,
        pub court: String,
        pub case_no: String,
        pub note: String,
    }
}

/// The next step of a judicial confirmation as told by the court or the parties.
#[derive(Clone, Debug)]
pub struct Progress {
    pub to: Confirmation,
    /// The day it happened (the joint request, the court's decision).
    pub on: Date,
    /// Both parties ask together.
    pub both: bool,
    /// `judicial_confirmation.exclusion` code → whether it applies.
    pub exclusions: BTreeMap<String, bool>,
    pub court: String,
    pub case_no: String,
    pub note: String,
}

record! {
    /// 自行和解: what, reached, performed, asked for in writing by both, accepted by the police with an opinion.
    #[derive(Clone, Debug, Default)]
    pub struct Settlement {
        pub what: String,
        pub settled_on: Option<Date>,
        pub requested_on: Option<Date>,
        pub performed_on: Option<Date>,
        pub accepted_on: Option<Date>,
        pub opinion: String,
        /// 是否有违反治安管理行为: asked where no public-order mediation answered it.
        pub violation: Option<bool>,
    }
}

impl Settlement {
    /// The opinion that a form proposes.
    pub const OPINION: &'static str = "经审查，双方自愿和解并已履行，予以认可。";

    /// Reached, performed, asked for and accepted on one day.
    pub fn at_once(what: &str, day: Date) -> Settlement {
        let day = Some(day);
        Settlement { what: what.into(), settled_on: day, requested_on: day, performed_on: day, accepted_on: day, opinion: Self::OPINION.into(), violation: Some(false) }
    }
}

record! {
    /// 告知: where the parties were told to go, and how.
    #[derive(Clone, Debug)]
    pub struct Referral {
        pub told_to: String,
        pub written: bool,
        /// The party objects, or it cannot be judged on the spot.
        pub disputed: bool,
        pub day: Date,
    }
}

text_enum! {
    /// 人对相似纠纷的认定
    pub enum Verdict {
        Same = "same" / "同一纠纷再次发生",
        Related = "related" / "相关",
        Different = "different" / "不是同一纠纷",
    }
}

text_enum! {
    /// 提示的理由
    pub enum Reason {
        Address = "address" / "同一地址",
        Pair = "pair" / "同一对地址",
        Parties = "parties" / "同一对当事人",
        Party = "party" / "同一当事人",
        Cause = "cause" / "同一起因",
    }
}

record! {
    /// What a person decided about two disputes, and when.
    #[derive(Clone, Debug)]
    pub struct Relation {
        pub dispute_id: DisputeId,
        pub other_id: DisputeId,
        pub verdict: Verdict,
        pub reasons: String,
        pub note: String,
        pub by_user: UserId,
        pub at: Timestamp,
    }
}

record! {
    /// Another dispute with what it has in common with this one.
    #[derive(Clone, Debug)]
    pub struct Other {
        pub id: DisputeId,
        pub number: String,
        pub title: String,
        pub state: State,
        pub opened_at: Timestamp,
        pub causes: String,
        pub address_id: Option<kernel::AddressId>,
        pub other_address_id: Option<kernel::AddressId>,
        /// How many people are parties of both.
        pub shared: i64,
    }
}

record! {
    /// 定级记录
    #[derive(Clone, Debug)]
    pub struct LevelLine {
        pub n: i64,
        pub level: String,
        pub was: String,
        pub facts: String,
        pub why: String,
        pub by_user: UserId,
        pub at: Timestamp,
    }
}

/// A risk that somebody reports (人民调解法 §25).
#[derive(Clone, Debug, Default)]
pub struct Risk {
    pub what: String,
    pub weapon: bool,
    pub injured: bool,
    pub threat: bool,
}

record! {
    /// A dispute that a later case may have come from, on the page of the incident.
    #[derive(Clone, Debug)]
    pub struct Candidate {
        pub id: DisputeId,
        pub number: String,
        pub title: String,
        pub state: State,
        pub escalated: Option<Escalation>,
        pub opened_at: Timestamp,
    }
}

record! {
    /// Something due on a day: a clock, a promise or a visit.
    #[derive(Clone, Debug)]
    pub struct Due {
        pub dispute_id: DisputeId,
        pub number: String,
        pub title: String,
        /// `clock`, `promise`, `visit`.
        pub sort: String,
        /// Kind of the clock, number of the promise or of the visit.
        pub which: String,
        pub day: Date,
        pub provisional: bool,
        pub owner_id: UserId,
    }
}

record! {
    /// A running clock that the job looks at.
    #[derive(Clone, Debug)]
    pub struct Ticking {
        pub station_id: StationId,
        pub id: Uuid,
        pub dispute_id: DisputeId,
        pub kind: ClockKind,
        pub due_at: Timestamp,
        pub number: String,
        pub owner_id: UserId,
        pub lead_id: Option<UserId>,
    }
}

record! {
    /// A promise whose reminder has come.
    #[derive(Clone, Debug)]
    pub struct Coming {
        pub station_id: StationId,
        pub id: kernel::ObligationId,
        pub dispute_id: DisputeId,
        pub n: i64,
        pub due: Date,
        pub party_id: Option<Uuid>,
        pub number: String,
        pub owner_id: UserId,
        pub grid_id: Option<kernel::GridId>,
        pub beat_id: Option<kernel::BeatId>,
    }
}
