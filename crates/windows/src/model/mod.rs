//! The nouns: service, window, opening hours, closed days, booking; tickets and cases in their own files.

mod case;
mod ticket;

pub use case::*;
pub use ticket::*;

use kernel::row::Json;
use kernel::{Date, PersonId, StationId, Timestamp, UserId, Uuid, record, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// 办理方式
    pub enum Channel {
        Window = "window" / "窗口办理",
        Door = "door" / "上门办理",
    }
}

text_enum! {
    /// 预约、上门申请的状态
    pub enum BookingState {
        Booked = "booked" / "已预约",
        /// The person has come and drawn a ticket.
        Arrived = "arrived" / "已到",
        Done = "done" / "已办",
        Cancelled = "cancelled" / "已取消",
        Missed = "missed" / "未到",
        /// Another booking took its place.
        Moved = "moved" / "已改期",
        /// A door service that the station cannot do; the reason stands beside it.
        Declined = "declined" / "不能上门",
    }
}

text_enum! {
    /// 开放时间从哪里来
    pub enum HoursFrom {
        Roster = "roster" / "值班表",
        Hand = "hand" / "常用时间",
        /// Nobody wrote any.
        None = "none" / "没有开放时间",
    }
}

/// 所需材料: one paper that a service asks for, with where that is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    pub text: String,
    pub source: String,
}

record! {
    /// 业务 as this station offers it.
    #[derive(Clone, Debug)]
    pub struct Service {
        pub station_id: StationId,
        pub id: Uuid,
        /// Code of the catalogue (list `window.service`).
        pub kind: String,
        pub name: String,
        pub papers: Json<Vec<Paper>>,
        /// What people should know before they come.
        pub note: String,
        /// Minutes that it usually takes, as the station says.
        pub minutes: i64,
        /// Letter of its tickets.
        pub letter: String,
        pub bookable: bool,
        pub at_door: bool,
        pub position: i64,
        pub version: i64,
    }
}

record! {
    /// 窗口
    #[derive(Clone, Debug)]
    pub struct Window {
        pub station_id: StationId,
        pub id: Uuid,
        pub name: String,
        /// The post of the duty roster whose duties open it.
        pub post_id: Option<Uuid>,
        /// Services done here; empty for all.
        pub services: Json<Vec<Uuid>>,
        pub position: i64,
        pub created_at: Timestamp,
        pub ended_at: Option<Timestamp>,
        pub version: i64,
    }
}

impl Window {
    /// Whether this service is done here.
    pub fn does(&self, service: Uuid) -> bool {
        self.services.0.is_empty() || self.services.0.contains(&service)
    }
}

/// Minutes of a day `[from, until)`, 0 to 1,440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: i64,
    pub until: i64,
}

impl Span {
    pub fn minutes(self) -> i64 {
        self.until - self.from
    }
    /// `09:00-12:00`
    pub fn text(self) -> String {
        format!("{}-{}", clock(self.from), clock(self.until))
    }
}

/// `09:30`; the end of the day is `24:00`.
pub fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `09:00-12:00、14:00-17:00`, or `不开放`.
pub fn spans_text(spans: &[Span]) -> String {
    if spans.is_empty() {
        return "不开放".into();
    }
    spans.iter().map(|s| s.text()).collect::<Vec<_>>().join("、")
}

/// 常用时间 by kind of day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    pub work: Vec<Span>,
    pub rest: Vec<Span>,
    pub holiday: Vec<Span>,
}

record! {
    /// 常用时间 of a window from a day on.
    #[derive(Clone, Debug)]
    pub struct Hours {
        pub window_id: Uuid,
        pub n: i64,
        pub from_day: Date,
        pub spans: Json<Week>,
        pub why: String,
        pub at: Timestamp,
        pub by_user: UserId,
    }
}

record! {
    /// 停办: no window, or one of them, is open then.
    #[derive(Clone, Debug)]
    pub struct Closure {
        pub id: Uuid,
        pub window_id: Option<Uuid>,
        pub day: Date,
        pub from_minute: i64,
        pub until_minute: i64,
        pub reason: String,
        pub at: Timestamp,
        pub by_user: UserId,
        pub lifted_at: Option<Timestamp>,
    }
}

record! {
    /// 预约; with channel `door` a 上门办理申请.
    #[derive(Clone, Debug)]
    pub struct Booking {
        pub station_id: StationId,
        pub id: Uuid,
        pub number: String,
        pub service_id: Uuid,
        pub channel: Channel,
        pub day: Date,
        /// Minute of the day at which it begins; of a door service, of the earliest visit.
        pub minute: i64,
        /// Minutes kept free for it at a window.
        pub minutes: i64,
        pub person_id: PersonId,
        /// 优先: frail, disabled, pregnant, with an infant.
        pub frail: bool,
        /// Where a door service is wanted, as written.
        pub place: String,
        pub note: String,
        pub state: BookingState,
        pub made_at: Timestamp,
        pub ended_at: Option<Timestamp>,
        pub ended_why: String,
        /// The hours changed after it was made and no window is open then any more.
        pub upset_at: Option<Timestamp>,
        pub told_at: Option<Timestamp>,
        pub told_how: String,
        /// Who goes, of a door service.
        pub officer_id: Option<UserId>,
        pub visit_day: Option<Date>,
        pub visit_minute: Option<i64>,
        pub version: i64,
    }
}

impl Booking {
    /// `19:30`
    pub fn time(&self) -> String {
        clock(self.minute)
    }
    /// The moment at which it begins.
    pub fn at(&self) -> Timestamp {
        moment(self.day, self.minute)
    }
    pub fn is_open(&self) -> bool {
        self.state == BookingState::Booked
    }
}

/// A minute of a day in Chinese time.
pub fn moment(day: Date, minute: i64) -> Timestamp {
    kernel::clock::from_micros(kernel::clock::start_of(day).as_microsecond() + minute * 60_000_000)
}

/// The minute of the day on which a moment falls, seconds cut.
pub fn minute_of(at: Timestamp) -> i64 {
    let day = kernel::clock::day_of(at);
    (at.as_second() - kernel::clock::start_of(day).as_second()) / 60
}

/// A service as the form gives it.
#[derive(Clone, Debug)]
pub struct NewService {
    pub kind: String,
    pub name: String,
    pub papers: Vec<Paper>,
    pub note: String,
    pub minutes: i64,
    pub letter: String,
    pub bookable: bool,
    pub at_door: bool,
    pub position: i64,
    pub version: i64,
}

/// A window as the form gives it.
#[derive(Clone, Debug)]
pub struct NewWindow {
    pub name: String,
    pub post_id: Option<Uuid>,
    pub services: Vec<Uuid>,
    pub position: i64,
    pub version: i64,
}

/// What a resident or the desk writes to book.
#[derive(Clone, Debug)]
pub struct NewBooking {
    pub service: Uuid,
    pub channel: Channel,
    pub day: Date,
    pub minute: i64,
    pub name: String,
    pub phone: String,
    pub frail: bool,
    pub place: String,
    pub note: String,
    /// Keyed hash of the receipt's secret.
    pub receipt: Vec<u8>,
}
