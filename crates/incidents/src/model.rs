//! The nouns: intake, dispatch order, feedback, log line, hand-over.

mod receipt;
mod transfer;

pub use receipt::{GivenTo, Handing, NewReceipt, Receipt};
pub use transfer::{NewFinding, NewHandOver, NewTaken, NewTold, Told, Transfer, TransferDue, Way};

use kernel::{
    AddressId, BeatId, BuildingId, DispatchId, FeedbackId, GridId, HandoverId, IncidentId, PersonId, Role, StationId,
    Timestamp, UserId, record, text_enum,
};

text_enum! {
    /// 警情状态
    pub enum State {
        New = "new" / "待派",
        Dispatched = "dispatched" / "已派",
        Signed = "signed" / "已签收",
        Departed = "departed" / "出警",
        Arrived = "arrived" / "到场",
        FedBack = "fed_back" / "待审核",
        Closed = "closed" / "结案",
        Merged = "merged" / "已并单",
        Invalid = "invalid" / "无效警情",
        HandedOver = "handed_over" / "已移交",
    }
}

impl State {
    /// Still to be worked on.
    pub fn is_open(self) -> bool {
        !matches!(self, State::Closed | State::Merged | State::Invalid | State::HandedOver)
    }
}

text_enum! {
    /// 操作
    pub enum Step {
        Take = "take" / "接警登记",
        Classify = "classify" / "定类定级",
        Locate = "locate" / "定位归属",
        Dispatch = "dispatch" / "派警",
        Acknowledge = "acknowledge" / "签收",
        Depart = "depart" / "出警",
        Arrive = "arrive" / "到场",
        Interim = "interim" / "过程反馈",
        Final = "final" / "终结反馈",
        Return = "return" / "退单",
        Recall = "recall" / "撤回派警",
        Merge = "merge" / "并单",
        Link = "link" / "关联重复",
        Invalidate = "invalidate" / "标记无效",
        Outside = "outside" / "认定不属本单位管辖",
        Inside = "inside" / "撤销移交认定",
        HandOver = "hand_over" / "移交",
        Taken = "taken" / "对方签收",
        Told = "told" / "告知报案人",
        Overdue = "overdue" / "逾期",
        Receipt = "receipt" / "出具接报回执",
        KeepSecret = "keep_secret" / "报警人要求保密",
        Approve = "approve" / "审核结案",
        SendBack = "send_back" / "退回补充",
        Reopen = "reopen" / "重新办理",
    }
}

text_enum! {
    /// 警情关联种类（110 接处警数据：0 无、1 重复报警、2 催办、3 民警反馈、4 骚扰重复）
    pub enum LinkKind {
        Merge = "merge" / "同一警情（并单）",
        Repeat = "repeat" / "重复报警",
        Chase = "chase" / "催办",
        SameMatter = "same_matter" / "同一纠纷的前后警情",
    }
}

/// What is written down when something is reported. Only `content` and `source_code` are always known.
#[derive(Clone, Debug, Default)]
pub struct NewIntake {
    pub source_code: String,
    /// The number in the sender's system (12345 work order, file row): `(system, number)`.
    pub external: Option<(String, String)>,
    pub called_at: Option<Timestamp>,
    pub answered_at: Option<Timestamp>,
    /// Short matter; made from the content when empty.
    pub title: String,
    pub content: String,
    /// Where it happens, as told.
    pub place: String,
    pub address: Option<AddressId>,
    /// The other side's address (the flat upstairs).
    pub other_address: Option<AddressId>,
    /// The same as told; what is not recognised stands in the log.
    pub other_place: String,
    /// Level-1 category code, when the taker sets it.
    pub category: Option<String>,
    pub reporter_name: String,
    pub reporter_phone: String,
    /// 举报人保护: hidden from everybody but those who handle it.
    pub secret: bool,
    pub weapon: bool,
    pub injured: bool,
    pub minor: bool,
    /// Stands beside the source in the log's first line.
    pub note: String,
    /// The receipt that is given at once (online); at the desk it is issued afterwards.
    pub receipt: Option<NewReceipt>,
    /// Came with a file of past reports: it waits on the desk, but nobody gets a task of its own for it.
    pub backlog: bool,
}

/// What an incident was judged to be: category, fine type, level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    pub category: String,
    pub sub: Option<String>,
    pub level: Option<String>,
}

/// What the taker gets back.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Taken {
    pub id: IncidentId,
    pub number: String,
    /// The place is not yet a known address.
    pub unlocated: bool,
}

record! {
    /// 接警单
    #[derive(Clone, Debug)]
    pub struct Intake {
        pub station_id: StationId,
        pub id: IncidentId,
        pub number: String,
        pub source_code: String,
        pub external_system: Option<String>,
        pub external_no: Option<String>,
        pub called_at: Timestamp,
        pub registered_at: Timestamp,
        pub registered_by: UserId,
        pub reporter_id: Option<PersonId>,
        pub anonymous: bool,
        pub secret: bool,
        pub title: String,
        pub content: String,
        pub received_place: String,
        pub received_category: Option<String>,
        pub place_text: String,
        pub address_id: Option<AddressId>,
        pub other_address_id: Option<AddressId>,
        pub building_id: Option<BuildingId>,
        pub grid_id: Option<GridId>,
        pub beat_id: Option<BeatId>,
        pub category: Option<String>,
        pub sub_category: Option<String>,
        pub level: Option<String>,
        pub found_category: Option<String>,
        pub found_sub_category: Option<String>,
        pub place_kind: Option<String>,
        pub cause: Option<String>,
        pub means: Option<String>,
        pub weapon: bool,
        pub injured: bool,
        pub minor: bool,
        pub state: State,
        pub master_id: Option<IncidentId>,
        pub cluster_id: IncidentId,
        pub invalid_reason: Option<String>,
        pub closed_at: Option<Timestamp>,
        pub version: i64,
    }
}

/// What the scene showed, by codes of the rule pack; statistics use it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// 类别 (`incident.category1`).
    pub category: String,
    /// 细类, one of the category's ([`crate::rules::fine_types`]).
    pub sub_category: Option<String>,
    /// 地点类型 (`incident.place_kind`).
    pub place_kind: Option<String>,
    /// 起因 (`cause_tag`).
    pub cause: Option<String>,
    /// 手段 (`incident.means`).
    pub means: Option<String>,
}

impl Intake {
    /// 待定位: no beat and no grid known yet.
    pub fn is_unlocated(&self) -> bool {
        self.beat_id.is_none() && self.grid_id.is_none()
    }
}

record! {
    /// A line of the desk and of the register.
    #[derive(Clone, Debug)]
    pub struct Line {
        pub id: IncidentId,
        pub number: String,
        pub title: String,
        pub place_text: String,
        pub source_code: String,
        pub category: Option<String>,
        pub found_category: Option<String>,
        pub level: Option<String>,
        pub state: State,
        pub called_at: Timestamp,
        pub cluster_id: IncidentId,
        pub beat_id: Option<BeatId>,
        pub grid_id: Option<GridId>,
    }
}

record! {
    /// 派警单
    #[derive(Clone, Debug)]
    pub struct Dispatch {
        pub id: DispatchId,
        pub incident_id: IncidentId,
        pub target_user: UserId,
        pub target_role: Role,
        pub opinion: String,
        pub sent_by: UserId,
        pub sent_at: Timestamp,
        pub signed_at: Option<Timestamp>,
        pub departed_at: Option<Timestamp>,
        pub arrived_at: Option<Timestamp>,
        pub returned_at: Option<Timestamp>,
        pub return_reason: Option<String>,
        pub finished_at: Option<Timestamp>,
    }
}

record! {
    /// 反馈单
    #[derive(Clone, Debug)]
    pub struct Feedback {
        pub id: FeedbackId,
        pub kind: String,
        pub by_user: UserId,
        pub at: Timestamp,
        pub text: String,
        pub found_category: Option<String>,
        pub found_sub_category: Option<String>,
        pub place_kind: Option<String>,
        pub cause: Option<String>,
        pub means: Option<String>,
        pub result_code: Option<String>,
        pub injured: i64,
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
        pub to_user: Option<UserId>,
        pub note: String,
    }
}

record! {
    /// 交接班
    #[derive(Clone, Debug)]
    pub struct Handover {
        pub id: HandoverId,
        pub from_user: UserId,
        pub to_user: Option<UserId>,
        pub opened_at: Timestamp,
        pub taken_at: Option<Timestamp>,
        pub note: String,
        pub answer: String,
    }
}

record! {
    /// A report on its way over the desk: its number and moments, nobody is named.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Handled {
        pub id: IncidentId,
        pub number: String,
        pub called_at: Timestamp,
        pub answered_at: Option<Timestamp>,
        pub registered_at: Timestamp,
        /// The first order that was not taken back.
        pub sent_at: Option<Timestamp>,
    }
}

record! {
    /// 派警 of a report as a whole: from its first order to its last feedback; orders given back or taken back are left out.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Sent {
        pub id: IncidentId,
        pub number: String,
        pub sent_at: Timestamp,
        pub signed_at: Option<Timestamp>,
        /// The last feedback that ended an order; `None` while nobody has given one. Others who were told may still be on it.
        pub finished_at: Option<Timestamp>,
    }
}
