//! The nouns: survey, box of answers.

use forms::{Answers, Definition};
use kernel::row::Json;
use kernel::{Date, StationId, Timestamp, UserId, Uuid, record, text_enum};
use roster::model::DayType;
use serde::{Deserialize, Serialize};
use windows::model::Span;

text_enum! {
    /// 问卷状态
    pub enum State {
        Draft = "draft" / "编制中",
        Open = "open" / "正在征集",
        Closed = "closed" / "已结束",
    }
}

record! {
    /// 问卷
    #[derive(Clone, Debug)]
    pub struct Survey {
        pub station_id: StationId,
        pub id: Uuid,
        pub title: String,
        /// What stands above the questions.
        pub intro: String,
        pub state: State,
        /// Promised to those who answer: no question by which somebody is found.
        pub anonymous: bool,
        /// A code is needed, one answer for each.
        pub by_household: bool,
        /// In the public address.
        pub code: String,
        pub definition: Json<Definition>,
        /// The last day on which answers are taken; none: until it is closed.
        pub until_day: Option<Date>,
        pub created_at: Timestamp,
        pub by_user: UserId,
        pub opened_at: Option<Timestamp>,
        pub closed_at: Option<Timestamp>,
        pub version: i64,
    }
}

impl Survey {
    /// Answers are taken on that day.
    pub fn takes(&self, today: Date) -> bool {
        self.state == State::Open && self.until_day.is_none_or(|d| today <= d)
    }
}

record! {
    /// A survey in the list, with how many answered.
    #[derive(Clone, Debug)]
    pub struct Line {
        pub id: Uuid,
        pub title: String,
        pub state: State,
        pub created_at: Timestamp,
        pub held: i64,
    }
}

/// One set of answers as it lies in its box.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Kept {
    pub answers: Answers,
    /// One of many from one place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub many: bool,
    /// Typed in from paper.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub desk: bool,
}

record! {
    /// 答卷箱: answers of one day, sorted by what they say.
    #[derive(Clone, Debug)]
    pub struct Held {
        pub day: Date,
        pub held: i64,
        pub answers: Json<Vec<Kept>>,
    }
}

/// A survey that is about to be made.
#[derive(Clone, Debug)]
pub struct NewSurvey {
    pub title: String,
    pub intro: String,
    pub anonymous: bool,
    pub by_household: bool,
    pub until_day: Option<Date>,
}

/// A question as the builder's form gives it.
#[derive(Clone, Debug, Default)]
pub struct NewQuestion {
    pub label: String,
    /// One of [`crate::rules::KINDS`].
    pub kind: String,
    /// One line a choice.
    pub choices: String,
    pub required: bool,
    /// `question=choice`, or "".
    pub only_if: String,
}

/// 时间段: kind of day and minutes of the day, as residents are asked and as they wish: `工作日 18:30-20:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub kind: DayType,
    pub from: i64,
    pub until: i64,
}

impl Stretch {
    /// Reads the words of a choice; none when they name no stretch (都不方便).
    pub fn read(label: &str) -> Option<Stretch> {
        let (kind, span) = label.trim().split_once(char::is_whitespace)?;
        let kind = DayType::ALL.iter().copied().find(|k| k.label() == kind)?;
        let (from, until) = span.trim().split_once(['-', '–', '—', '－'])?;
        let (from, until) = (windows::rules::minute(from.trim())?, windows::rules::minute(until.trim())?);
        (from < until).then_some(Stretch { kind, from, until })
    }

    pub fn text(self) -> String {
        format!("{} {}", self.kind.label(), Span { from: self.from, until: self.until }.text())
    }
}

text_enum! {
    /// 意见从哪里来
    pub enum Channel { Online = "online" / "网上", Meeting = "meeting" / "议事会", Desk = "desk" / "当面" }
}

text_enum! {
    /// 意见状态
    pub enum WishState { Open = "open" / "待回应", Answered = "answered" / "已回应" }
}

text_enum! {
    /// 议事会记录的状态
    pub enum MeetingState { Draft = "draft" / "记录中", Final = "final" / "已定稿" }
}

record! {
    /// 意见
    #[derive(Clone, Debug)]
    pub struct Wish {
        pub station_id: StationId,
        pub id: Uuid,
        pub channel: Channel,
        pub meeting_id: Option<Uuid>,
        pub service_id: Option<Uuid>,
        pub day_type: Option<DayType>,
        pub from_minute: Option<i64>,
        pub until_minute: Option<i64>,
        pub content: String,
        /// How many wish it: 1 online.
        pub people: i64,
        pub day: Date,
        pub state: WishState,
        pub reply: String,
        pub replied_at: Option<Timestamp>,
        pub version: i64,
    }
}

impl Wish {
    /// When, where it was said.
    pub fn when(&self) -> Option<Stretch> {
        Some(Stretch { kind: self.day_type?, from: self.from_minute?, until: self.until_minute? })
    }
}

/// A wish as a form gives it.
#[derive(Clone, Debug)]
pub struct NewWish {
    pub channel: Channel,
    pub meeting: Option<Uuid>,
    pub service: Option<Uuid>,
    pub when: Option<Stretch>,
    pub content: String,
    pub people: i64,
}

record! {
    /// Wishes that name a time, added up.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct WishWhen {
        pub service_id: Option<Uuid>,
        pub kind: DayType,
        pub from: i64,
        pub until: i64,
        /// People who wish it.
        pub n: i64,
    }
}

record! {
    /// 居民议事会
    #[derive(Clone, Debug)]
    pub struct Meeting {
        pub station_id: StationId,
        pub id: Uuid,
        pub title: String,
        pub held_on: Date,
        pub place: String,
        pub chair: String,
        pub present: i64,
        /// Who was there, where the names are needed; else "".
        pub names: String,
        pub minutes: String,
        pub state: MeetingState,
        pub closed_at: Option<Timestamp>,
        pub version: i64,
    }
}

/// A meeting as a form gives it.
#[derive(Clone, Debug)]
pub struct NewMeeting {
    pub title: String,
    pub held_on: Date,
    pub place: String,
    pub chair: String,
    pub present: i64,
    pub names: String,
    pub minutes: String,
    pub version: i64,
}

record! {
    /// 表决
    #[derive(Clone, Debug)]
    pub struct Vote {
        pub id: Uuid,
        pub question: String,
        pub yes: i64,
        pub no: i64,
        pub abstained: i64,
        pub struck: bool,
    }
}
