//! 录像导出: what was asked for and decided, and the film of each camera in it.

use kernel::{IncidentId, StationId, Timestamp, UserId, Uuid, record, text_enum};

use super::WatchPurpose;

text_enum! {
    /// 导出申请的审批状态
    pub enum ExportState {
        Asked = "asked" / "待审批",
        Approved = "approved" / "已批准",
        Refused = "refused" / "未批准",
    }
}

text_enum! {
    /// 导出文件的状态
    pub enum ClipState {
        /// Not yet approved, or approved and in the queue.
        Waiting = "waiting" / "等待制作",
        Making = "making" / "正在制作",
        Ready = "ready" / "可以下载",
        Failed = "failed" / "没有做成",
        /// The request was refused.
        Dropped = "dropped" / "未批准，不制作",
        /// Its files were removed after their time; the register keeps the line.
        Expired = "expired" / "文件已到期删除",
    }
}

record! {
    /// 录像导出: one request, for one span of one or several cameras.
    #[derive(Clone, Debug)]
    pub struct Export {
        pub station_id: StationId,
        pub id: Uuid,
        /// `视导〔2026〕3号`, counted by station and year.
        pub number: String,
        /// The watch with its purpose; downloads stand in the register under it.
        pub watch_id: Uuid,
        /// Milliseconds since 1970.
        pub from_ms: i64,
        pub to_ms: i64,
        pub purpose: WatchPurpose,
        pub reason: String,
        pub incident_id: Option<IncidentId>,
        pub incident_number: String,
        pub state: ExportState,
        pub at: Timestamp,
        pub by_user: UserId,
        /// Name and unit as they were at that moment.
        pub user_name: String,
        pub unit: String,
        pub decided_at: Option<Timestamp>,
        pub decided_by: Option<UserId>,
        pub approver: String,
        /// What the approver said; never empty of a refused one.
        pub answer: String,
    }
}

record! {
    /// The film of one camera in an export: one file, or several when the parameters changed within the span.
    #[derive(Clone, Debug)]
    pub struct Clip {
        pub station_id: StationId,
        pub id: Uuid,
        pub export_id: Uuid,
        pub camera_id: Uuid,
        /// The main stream.
        pub stream_id: Uuid,
        pub state: ClipState,
        pub made_at: Option<Timestamp>,
        pub parts: i64,
        pub bytes: i64,
        /// Of a ready one the manifest's facts (gaps, digests) as JSON, of a failed one the words why.
        pub facts: String,
        /// Keeps the footage until the film is made.
        pub hold_id: Option<Uuid>,
    }
}

/// What a request says.
#[derive(Clone, Debug, Default)]
pub struct ExportForm {
    pub cameras: Vec<Uuid>,
    pub from_ms: i64,
    pub to_ms: i64,
    pub purpose: Option<WatchPurpose>,
    pub reason: String,
    /// Number of the incident, or "".
    pub incident: String,
}

/// How an export stands as a whole, by its decision and its films; what a list says in one word.
pub fn standing(state: ExportState, clips: &[ClipState]) -> &'static str {
    let any = |s: ClipState| clips.contains(&s);
    match state {
        ExportState::Asked | ExportState::Refused => state.label(),
        ExportState::Approved if any(ClipState::Making) => ClipState::Making.label(),
        ExportState::Approved if any(ClipState::Waiting) => "已批准，等待制作",
        ExportState::Approved if any(ClipState::Ready) && any(ClipState::Failed) => "部分可以下载",
        ExportState::Approved if any(ClipState::Ready) => ClipState::Ready.label(),
        ExportState::Approved if any(ClipState::Failed) => ClipState::Failed.label(),
        ExportState::Approved => ClipState::Expired.label(),
    }
}
