//! Typed ids, all in one registry, so that an incident's id never passes for a dispute's.

use crate::row::{Column, Row, Value};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The all-zero id: "none of a station", used for the system's own records.
            pub const NIL: $name = $name(Uuid::nil());
            pub fn is_nil(&self) -> bool { self.0.is_nil() }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, uuid::Error> { s.parse().map($name) }
        }
        impl From<Uuid> for $name { fn from(id: Uuid) -> Self { $name(id) } }
        impl From<$name> for Uuid { fn from(id: $name) -> Uuid { id.0 } }
        impl Column for $name {
            fn read(row: &Row, name: &str) -> crate::Result<Option<Self>> { Ok(Uuid::read(row, name)?.map($name)) }
            fn value(&self) -> Value { Value::Uuid(Some(self.0)) }
            fn null() -> Value { Value::Uuid(None) }
        }
    )*};
}

ids! {
    /// 派出所
    StationId,
    /// 分局 / 县局
    SubBureauId,
    /// 警务区
    BeatId,
    /// 社区 / 村
    CommunityId,
    /// 网格
    GridId,
    /// 小区
    EstateId,
    /// 楼栋
    BuildingId,
    /// 标准地址（到户）
    AddressId,
    /// 人员
    PersonId,
    /// 账号
    UserId,
    /// 登录会话
    SessionId,
    /// 命令编号（客户端生成，重复提交无害）
    CommandId,
    /// 接警单
    IncidentId,
    /// 派警单
    DispatchId,
    /// 反馈单
    FeedbackId,
    /// 纠纷
    DisputeId,
    /// 履行义务
    ObligationId,
    /// 回访
    FollowUpId,
    /// 调解协议书
    AgreementId,
    /// 附件
    AttachmentId,
    /// 待办
    TaskId,
    /// 交接班
    HandoverId,
    /// 导入批次
    ImportId,
}
