//! The nouns: a task to give, a task as shown.

use kernel::{Role, StationId, TaskId, Timestamp, UserId, Uuid, record};

/// A task that an action gives to a person or to a role.
#[derive(Clone, Debug)]
pub struct NewTask {
    pub station: StationId,
    /// `incident.acknowledge`, `dispute.follow_up` …; [`crate::actions::done_for`] closes by it.
    pub kind: &'static str,
    /// Number and matter, without personal values: "正阳警〔2026〕31号 待签收".
    pub title: String,
    /// Where it is done.
    pub path: String,
    pub record: Uuid,
    pub to_user: Option<UserId>,
    pub to_role: Option<Role>,
    pub due: Timestamp,
}

record! {
    /// A task on the landing page.
    #[derive(Clone, Debug)]
    pub struct Task {
        pub id: TaskId,
        pub kind: String,
        pub title: String,
        pub path: String,
        pub record_id: Uuid,
        pub to_user: Option<UserId>,
        pub due: Timestamp,
        pub created_at: Timestamp,
        pub escalated_at: Option<Timestamp>,
    }
}
