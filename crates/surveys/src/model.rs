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
