//! 移交: a matter that is not ours, on its way to the body whose it is.

use kernel::{IncidentId, StationId, Timestamp, UserId, Uuid, record, text_enum};

text_enum! {
    /// 移交方式
    pub enum Way {
        Paper = "paper" / "移送文书",
        Platform = "platform" / "平台转办（110、12345）",
        Phone = "phone" / "电话转接",
        InPerson = "in_person" / "当面移交",
    }
}

text_enum! {
    /// 告知报案人的方式
    pub enum Told {
        Phone = "phone" / "电话告知",
        InPerson = "in_person" / "当面口头告知",
        Written = "written" / "书面告知",
        Message = "message" / "短信、平台消息",
        /// No way to reach the reporter; the note says why.
        Impossible = "impossible" / "无法告知（没有联系方式、身份不明）",
    }
}

record! {
    /// One finding that a report is another body's, and what became of it.
    #[derive(Clone, Debug)]
    pub struct Transfer {
        pub station_id: StationId,
        pub id: Uuid,
        pub incident_id: IncidentId,
        /// Code of `hand_over.reason`.
        pub reason: String,
        pub why: String,
        pub found_at: Timestamp,
        pub found_by: UserId,
        /// Until when it is to be handed over and the reporter told.
        pub due: Timestamp,
        /// Where that time stands.
        pub source: String,
        /// To whom; may be written with the finding already.
        pub unit: String,
        pub way: Option<Way>,
        /// Number of the paper or of the work order.
        pub paper_no: String,
        pub handed_at: Option<Timestamp>,
        pub handed_by: Option<UserId>,
        /// Who signed for it at the other body, with the number of their receipt.
        pub taken_by: String,
        pub taken_no: String,
        pub taken_at: Option<Timestamp>,
        pub told: Option<Told>,
        pub told_at: Option<Timestamp>,
        pub told_by: Option<UserId>,
        pub told_note: String,
        /// Withdrawn, or come back.
        pub ended_at: Option<Timestamp>,
        pub ended_why: String,
    }
}

impl Transfer {
    /// Found, and still waiting to be handed over.
    pub fn waits(&self) -> bool {
        self.handed_at.is_none() && self.ended_at.is_none()
    }

    /// Handed over after its time.
    pub fn is_late(&self) -> bool {
        self.handed_at.is_some_and(|at| at > self.due)
    }
}

/// What a finding says.
#[derive(Clone, Debug, Default)]
pub struct NewFinding {
    /// Code of `hand_over.reason`.
    pub reason: String,
    pub why: String,
    /// The body whose matter it is, where known already.
    pub unit: String,
}

/// What a hand-over says.
#[derive(Clone, Debug, Default)]
pub struct NewHandOver {
    /// For a matter that was not found outside before: finding and hand-over in one.
    pub finding: Option<NewFinding>,
    pub unit: String,
    pub way: Option<Way>,
    pub paper_no: String,
    /// When, if not just now.
    pub at: Option<Timestamp>,
    pub taken: NewTaken,
    pub told: Option<NewTold>,
}

/// The other side's receipt. Empty fields: not there yet.
#[derive(Clone, Debug, Default)]
pub struct NewTaken {
    pub by: String,
    pub no: String,
    pub at: Option<Timestamp>,
}

/// How the reporter was told.
#[derive(Clone, Debug)]
pub struct NewTold {
    pub how: Told,
    /// When, if not just now.
    pub at: Option<Timestamp>,
    pub note: String,
    /// The reporter does not agree that it is no matter of the police: then it is told in writing.
    pub disputed: bool,
}

record! {
    /// A hand-over that is due, for clocks and calendar.
    #[derive(Clone, Debug)]
    pub struct TransferDue {
        pub station_id: StationId,
        pub id: Uuid,
        pub incident_id: IncidentId,
        pub number: String,
        pub title: String,
        pub due: Timestamp,
    }
}
