//! 办件: what somebody asks for at the window or at the door, and 居住证.

use super::{Channel, Paper};
use kernel::row::Json;
use kernel::{Date, PersonId, StationId, Timestamp, UserId, Uuid, record, text_enum};

text_enum! {
    /// 办件的状态
    pub enum CaseState {
        /// Papers are missing; what is missing was told once, in writing.
        Incomplete = "incomplete" / "待补正",
        Accepted = "accepted" / "已受理",
        Issued = "issued" / "已办结",
        Refused = "refused" / "不予办理",
        Withdrawn = "withdrawn" / "已撤回",
    }
}

text_enum! {
    /// 怎么送达
    pub enum Delivery {
        Window = "window" / "窗口当面交给本人",
        Door = "door" / "送上门当面交给本人",
        Proxy = "proxy" / "交给代办人",
        Post = "post" / "邮寄",
    }
}

record! {
    /// 不再出具的告知: somebody asked for what is not issued any more, and was told in writing where to go. Nobody is named.
    #[derive(Clone, Debug)]
    pub struct NotIssued {
        pub id: Uuid,
        pub number: String,
        pub channel: Channel,
        /// Code of list `certificate.refused`, and its name at that time.
        pub code: String,
        pub name: String,
        pub at: Timestamp,
        pub by_user: UserId,
    }
}

record! {
    /// 办件
    #[derive(Clone, Debug)]
    pub struct Case {
        pub station_id: StationId,
        pub id: Uuid,
        pub number: String,
        pub channel: Channel,
        /// Code of the catalogue and the service's name at that time.
        pub kind: String,
        pub name: String,
        pub service_id: Uuid,
        pub ticket_id: Option<Uuid>,
        pub booking_id: Option<Uuid>,
        pub person_id: PersonId,
        /// 代办人, or "".
        pub proxy: String,
        /// 用途, where the kind asks for it.
        pub purpose: String,
        /// The papers as they were asked for when it was taken.
        pub papers: Json<Vec<Paper>>,
        /// Those that are still missing, by place.
        pub missing: Json<Vec<usize>>,
        /// When the missing ones were told.
        pub told_at: Option<Timestamp>,
        pub state: CaseState,
        pub made_at: Timestamp,
        pub accepted_at: Option<Timestamp>,
        pub due: Option<Date>,
        pub decided_at: Option<Timestamp>,
        pub decided_by: Option<UserId>,
        /// Number in the register of what was issued.
        pub result_number: String,
        /// Of a criminal-record query: which paper came of it.
        pub result_code: String,
        /// What a certificate says.
        pub statement: String,
        pub valid_until: Option<Date>,
        pub why: String,
        pub instead: String,
        pub permit_id: Option<Uuid>,
        /// 送达: when what was issued came into the person's hands, by whom and how.
        pub delivered_at: Option<Timestamp>,
        pub delivered_by: Option<UserId>,
        pub delivered_how: Option<Delivery>,
        pub by_user: UserId,
        pub version: i64,
    }
}

record! {
    /// 居住证
    #[derive(Clone, Debug, PartialEq)]
    pub struct Permit {
        pub station_id: StationId,
        pub id: Uuid,
        pub case_id: Uuid,
        pub person_id: PersonId,
        pub number: String,
        pub issued_on: Date,
        /// From when the years of residence count; anew after a late endorsement.
        pub counted_from: Date,
        /// Whole years endorsed since then.
        pub years: i64,
        pub ended_on: Option<Date>,
        pub ended_why: String,
        pub version: i64,
    }
}

text_enum! {
    /// What happened to a permit after it was issued.
    pub enum PermitStep {
        Suspended = "suspended" / "使用功能中止",
        Restored = "restored" / "使用功能恢复",
        Ended = "ended" / "注销",
    }
}

record! {
    /// 中止、恢复、注销 of a permit.
    #[derive(Clone, Debug)]
    pub struct PermitEvent {
        pub kind: PermitStep,
        pub on_day: Date,
        pub why: String,
        pub at: Timestamp,
        pub by_user: UserId,
    }
}

record! {
    /// 签注
    #[derive(Clone, Debug)]
    pub struct Endorsement {
        pub permit_id: Uuid,
        pub n: i64,
        pub on_day: Date,
        pub due: Date,
        pub late: bool,
        pub at: Timestamp,
    }
}

/// What is taken at the window.
#[derive(Clone, Debug)]
pub struct NewCase {
    pub service: Uuid,
    pub channel: Channel,
    pub ticket: Option<Uuid>,
    pub booking: Option<Uuid>,
    pub name: String,
    pub phone: String,
    pub proxy: String,
    pub purpose: String,
    /// Papers that are there, by place.
    pub there: Vec<usize>,
    /// Of an endorsement: which permit.
    pub permit: Option<Uuid>,
}

/// How a case ends well.
#[derive(Clone, Debug, Default)]
pub struct Issue {
    pub statement: String,
    pub valid_until: Option<Date>,
    /// Code of list `criminal_record.output`.
    pub output: String,
    /// Number of a permit as the county's organ gave it.
    pub permit_number: String,
    /// From when the years of residence count; the day of issue when empty.
    pub counted_from: Option<Date>,
}
