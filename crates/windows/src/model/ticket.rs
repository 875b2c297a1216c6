//! 叫号: tickets and who stands at a window.

use kernel::{Date, StationId, Timestamp, UserId, Uuid, record, text_enum};

text_enum! {
    /// 票的状态
    pub enum TicketState {
        Waiting = "waiting" / "等候",
        Called = "called" / "已叫号",
        Serving = "serving" / "办理中",
        Done = "done" / "已办结",
        /// Called as often as the rule says and nobody came; may be put in line again.
        Missed = "missed" / "过号",
        Left = "left" / "已离开",
    }
}

record! {
    /// 一张票
    #[derive(Clone, Debug, PartialEq)]
    pub struct Ticket {
        pub station_id: StationId,
        pub id: Uuid,
        pub day: Date,
        pub letter: String,
        pub n: i64,
        pub service_id: Uuid,
        pub booking_id: Option<Uuid>,
        /// The booked moment, for the order of calling.
        pub booked_at: Option<Timestamp>,
        pub frail: bool,
        pub state: TicketState,
        pub drawn_at: Timestamp,
        /// When it was put in line, the last time.
        pub queued_at: Timestamp,
        pub first_called_at: Option<Timestamp>,
        pub called_at: Option<Timestamp>,
        pub calls: i64,
        pub window_id: Option<Uuid>,
        pub begun_at: Option<Timestamp>,
        pub ended_at: Option<Timestamp>,
        pub ended_why: String,
        pub by_user: Option<UserId>,
        pub version: i64,
    }
}

impl Ticket {
    /// `A012`
    pub fn label(&self) -> String {
        format!("{}{:03}", self.letter, self.n)
    }
    /// Seconds from drawing to the first call.
    pub fn waited(&self) -> Option<i64> {
        self.first_called_at.map(|c| (c.as_second() - self.drawn_at.as_second()).max(0))
    }
    pub fn at_window(&self) -> bool {
        matches!(self.state, TicketState::Called | TicketState::Serving)
    }
}

record! {
    /// 等候: what of a ticket says how long somebody waited.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Wait {
        pub letter: String,
        pub n: i64,
        pub state: TicketState,
        pub drawn_at: Timestamp,
        pub first_called_at: Option<Timestamp>,
    }
}

impl Wait {
    /// `A012`
    pub fn label(&self) -> String {
        format!("{}{:03}", self.letter, self.n)
    }
    /// Seconds from drawing to the first call.
    pub fn waited(&self) -> Option<i64> {
        self.first_called_at.map(|c| (c.as_second() - self.drawn_at.as_second()).max(0))
    }
    /// In line and not called yet: nobody knows how long it will be.
    pub fn open(&self) -> bool {
        self.state == TicketState::Waiting && self.first_called_at.is_none()
    }
}

record! {
    /// 在窗口: somebody at a window from a moment on.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Stand {
        pub id: Uuid,
        pub window_id: Uuid,
        pub user_id: UserId,
        pub began_at: Timestamp,
        pub ended_at: Option<Timestamp>,
        pub ended_why: String,
    }
}

impl Stand {
    /// Why a stand ended that nobody ended.
    pub const FORGOTTEN: &str = "没有离岗登记，关门后自动结束";

    /// Nobody checked out; the program did, some time after closing.
    pub fn was_forgotten(&self) -> bool {
        self.ended_at.is_some() && self.ended_why == Stand::FORGOTTEN
    }
}

record! {
    /// 大厅大屏: a link by which a screen in the waiting hall shows the numbers, without an account.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Screen {
        pub station_id: StationId,
        pub id: Uuid,
        /// Where it hangs.
        pub name: String,
        pub made_at: Timestamp,
        pub made_by: UserId,
        pub revoked_at: Option<Timestamp>,
    }
}
