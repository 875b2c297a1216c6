//! 遮挡副本: what is published of an export, with faces and plates made unrecognisable.

use kernel::{Role, StationId, Timestamp, UserId, Uuid, record, text_enum};

text_enum! {
    /// 遮挡副本的状态
    pub enum CopyState {
        /// Regions are being placed.
        Placing = "placing" / "正在标出遮挡区域",
        Waiting = "waiting" / "等待制作",
        Making = "making" / "正在制作",
        /// Made; somebody else looks at it.
        Made = "made" / "待审核",
        Approved = "approved" / "可以发布",
        Refused = "refused" / "未通过审核",
        Failed = "failed" / "没有做成",
        /// Its file went with that of the original.
        Expired = "expired" / "文件已到期删除",
    }
}

impl CopyState {
    /// Regions may still be changed.
    pub fn is_open(self) -> bool {
        matches!(self, CopyState::Placing | CopyState::Failed | CopyState::Refused)
    }
    /// There is a copy to be looked at.
    pub fn is_made(self) -> bool {
        matches!(self, CopyState::Made | CopyState::Approved | CopyState::Refused)
    }
}

record! {
    /// 遮挡副本
    #[derive(Clone, Debug)]
    pub struct BlurCopy {
        pub station_id: StationId,
        pub id: Uuid,
        pub clip_id: Uuid,
        /// Which file of the export, from 0.
        pub part: i64,
        /// What is published where.
        pub used_for: String,
        /// The regions as JSON of `media::blur::Region`.
        pub regions: String,
        pub state: CopyState,
        pub version: i64,
        pub at: Timestamp,
        pub by_user: UserId,
        pub by_role: Role,
        pub user_name: String,
        pub unit: String,
        pub made_at: Option<Timestamp>,
        pub bytes: i64,
        /// Of a made one its digests as JSON, of a failed one the words why.
        pub facts: String,
        pub decided_at: Option<Timestamp>,
        pub decided_by: Option<UserId>,
        pub approver: String,
        pub answer: String,
    }
}
