//! The nouns: account, grant, session.

use kernel::{Date, Role, SessionId, StationId, Timestamp, UserId, Uuid, record, text_enum};

record! {
    /// An account without its secrets.
    #[derive(Clone, Debug)]
    pub struct User {
        pub id: UserId,
        pub station_id: StationId,
        pub account: String,
        pub name: String,
        pub role: Role,
        pub unit: String,
        pub must_change: bool,
        /// 限本警务区
        pub own_beats: bool,
        pub locked_until: Option<Timestamp>,
        pub created_at: Timestamp,
        pub disabled_at: Option<Timestamp>,
        pub version: i64,
    }
}

impl User {
    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }
}

record! {
    /// What signing in needs.
    #[derive(Clone)]
    pub struct Secrets {
        pub id: UserId,
        pub role: Role,
        pub password: String,
        pub password_at: Timestamp,
        pub failures: i64,
        pub locked_until: Option<Timestamp>,
        pub totp: Option<Vec<u8>>,
        pub totp_step: Option<i64>,
        pub disabled_at: Option<Timestamp>,
    }
}

/// A person who can be given an order, nearest first.
#[derive(Clone, Debug)]
pub struct UserLine {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    pub in_beat: bool,
    pub in_grid: bool,
}

text_enum! {
    /// What a grant is for.
    pub enum GrantKind {
        Beat = "beat" / "警务区",
        Grid = "grid" / "网格",
    }
}

record! {
    /// A beat or grid of an account, with dates (both days included).
    #[derive(Clone, Debug)]
    pub struct Grant {
        pub id: Uuid,
        pub user_id: UserId,
        pub kind: GrantKind,
        pub place_id: Uuid,
        pub valid_from: Date,
        pub valid_until: Option<Date>,
    }
}

record! {
    /// A signed-in device.
    #[derive(Clone, Debug)]
    pub struct Session {
        pub id: SessionId,
        pub user_id: UserId,
        pub created_at: Timestamp,
        pub seen_at: Timestamp,
        pub ended_at: Option<Timestamp>,
        pub device: String,
        pub second_factor: bool,
    }
}

/// A new account.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub station: StationId,
    pub unit: String,
    pub account: String,
    pub name: String,
    pub role: Role,
    pub password: String,
    /// The person must choose another password at the first sign-in.
    pub must_change: bool,
}
