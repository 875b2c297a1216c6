//! The nouns: an entry as listed, a look as a resident reads it, a delayed disclosure.

use kernel::audit::Body;
use kernel::{StationId, Timestamp, UserId, Uuid, record};

/// An entry of the chain, read.
#[derive(Clone, Debug)]
pub struct Entry {
    pub body: Body,
    pub at: Timestamp,
    /// The actor's name; only auditors see it.
    pub name: String,
    pub unit: String,
}

/// One look at a resident's own data, as the resident reads it: never the person who looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub at: Timestamp,
    pub unit: String,
    pub role: String,
    pub purpose: String,
    /// 查看 or 办理.
    pub deed: &'static str,
}

record! {
    /// 暂缓公开
    #[derive(Clone, Debug)]
    pub struct Delay {
        pub id: Uuid,
        pub station_id: StationId,
        pub subject_kind: String,
        pub subject_id: Uuid,
        pub reason: String,
        pub basis: String,
        pub by_user: UserId,
        pub at: Timestamp,
        pub review_at: Timestamp,
        pub lifted_at: Option<Timestamp>,
    }
}
