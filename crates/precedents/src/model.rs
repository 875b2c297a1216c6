//! The nouns: a precedent, its log, what an agreement must have shown to count as held.

use kernel::{AgreementId, Date, DisputeId, StationId, Timestamp, UserId, Uuid, record, text_enum};

/// 枫桥经验库的一例. Nothing below this domain refers to it, so it is no typed id of the kernel.
pub type PrecedentId = Uuid;

text_enum! {
    /// 状态
    pub enum State {
        Proposed = "proposed" / "待审核",
        Approved = "approved" / "已入库",
        Rejected = "rejected" / "未采纳",
        Withdrawn = "withdrawn" / "已撤下",
    }
}

text_enum! {
    /// 操作
    pub enum Step {
        Propose = "propose" / "推荐",
        Edit = "edit" / "修改",
        Approve = "approve" / "审核入库",
        Reject = "reject" / "不采纳",
        Withdraw = "withdraw" / "撤下",
        Take = "take" / "采用",
    }
}

record! {
    /// 案例: everything in it is anonymised; the original stays with the dispute.
    #[derive(Clone, Debug)]
    pub struct Case {
        pub station_id: StationId,
        pub id: PrecedentId,
        pub number: String,
        pub dispute_id: DisputeId,
        pub agreement_id: AgreementId,
        pub state: State,
        pub judicial: Option<String>,
        pub causes: String,
        pub title: String,
        pub facts: String,
        /// One line per promise that worked.
        pub plan: String,
        pub result: String,
        pub proposed_at: Timestamp,
        pub proposed_by: UserId,
        pub decided_at: Option<Timestamp>,
        pub decided_by: Option<UserId>,
        pub reason: String,
        /// How often its plan was taken over.
        pub used: i64,
        pub version: i64,
    }
}

impl Case {
    pub fn cause_codes(&self) -> Vec<&str> {
        self.causes.split(',').filter(|c| !c.is_empty()).collect()
    }
}

record! {
    /// 流水
    #[derive(Clone, Debug)]
    pub struct LogLine {
        pub at: Timestamp,
        pub by_user: UserId,
        pub step: Step,
        pub note: String,
    }
}

/// The texts of a precedent, as drafted or edited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    pub title: String,
    pub facts: String,
    pub plan: String,
    pub result: String,
}

/// What is known of an agreement when it is asked whether it held.
#[derive(Clone, Debug)]
pub struct Course {
    pub signed_on: Date,
    pub settled: bool,
    pub escalated: bool,
    pub domestic_violence: bool,
    /// Opened again after it had been closed, or a second agreement.
    pub reopened: bool,
    pub promises: usize,
    /// Promises neither kept (also late) nor standing.
    pub unkept: usize,
    pub follow_ups_done: usize,
    /// Due and not done.
    pub follow_ups_open: usize,
    /// Findings that speak against it (see [`crate::actions::original`]).
    pub bad_findings: usize,
    /// A party is a minor, protected, or the reporter asked for secrecy.
    pub sensitive: bool,
}

/// A precedent offered for what is being typed.
#[derive(Clone, Debug)]
pub struct Offer {
    pub case: Case,
    pub score: f64,
    pub same_causes: Vec<String>,
    pub same_category: bool,
    /// Share of the typed text's bigrams that stand in the precedent, 0 to 1.
    pub overlap: f64,
}
