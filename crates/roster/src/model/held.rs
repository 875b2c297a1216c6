//! Duties with the time in which the version that holds them was the one in force.

use super::PostKind;
use kernel::{Date, Timestamp, UserId, Uuid, record};

record! {
    /// A duty at a post in a version that was published, with the time in which that version held.
    #[derive(Clone, Debug)]
    pub struct PostDuty {
        pub post_id: Uuid,
        pub starts_at: Timestamp,
        pub ends_at: Timestamp,
        pub since: Timestamp,
        pub until: Option<Timestamp>,
    }
}

record! {
    /// The same with the person, under the names that the version gave.
    #[derive(Clone, Debug, PartialEq)]
    pub struct HeldDuty {
        pub user_id: UserId,
        pub day: Date,
        pub shift_id: Uuid,
        pub post: String,
        pub shift: String,
        pub kind: PostKind,
        /// Place of the post in the station's list.
        pub position: i64,
        pub starts_at: Timestamp,
        pub ends_at: Timestamp,
        pub since: Timestamp,
        pub until: Option<Timestamp>,
    }
}

impl HeldDuty {
    /// Its version was the published one at this second since the epoch.
    pub fn held(&self, second: i64) -> bool {
        self.since.as_second() <= second && self.until.is_none_or(|u| second < u.as_second())
    }
    /// It ran at this second.
    pub fn runs(&self, second: i64) -> bool {
        self.starts_at.as_second() <= second && second < self.ends_at.as_second()
    }
}
