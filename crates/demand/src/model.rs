//! The nouns: stream, day by quarter hour, imported arrivals, curve, plan and the need that was made of it.

use kernel::row::Json;
use kernel::{Date, StationId, Timestamp, UserId, Uuid, record};
use roster::model::{DayType, PostKind};
use serde::{Deserialize, Serialize};
use windows::model::Span;

/// Minutes of a slot (一刻钟).
pub const SLOT: i64 = 15;
/// Slots of a day.
pub const SLOTS: usize = 96;

/// 一路到访: whose coming is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// All services at the windows.
    All,
    /// One service.
    Service(Uuid),
    /// 预约的时间: the times for which people booked.
    Booked,
    /// 上门申请: the moments at which visits were asked for.
    Door,
    /// 警情: the moments of reports, whatever the source.
    Incidents,
    /// 来电: reports by telephone.
    Calls,
    /// 派警: the moments at which somebody was first sent to a report.
    Sent,
}

impl Stream {
    pub fn code(self) -> String {
        match self {
            Stream::All => "all".into(),
            Stream::Service(id) => id.to_string(),
            Stream::Booked => "booked".into(),
            Stream::Door => "door".into(),
            Stream::Incidents => "incidents".into(),
            Stream::Calls => "calls".into(),
            Stream::Sent => "sent".into(),
        }
    }
    pub fn from_code(code: &str) -> Option<Stream> {
        match code {
            "" | "all" => Some(Stream::All),
            "booked" => Some(Stream::Booked),
            "door" => Some(Stream::Door),
            "incidents" => Some(Stream::Incidents),
            "calls" => Some(Stream::Calls),
            "sent" => Some(Stream::Sent),
            id => id.parse().ok().map(Stream::Service),
        }
    }
    /// The stream that a kind of post answers; none where its need does not follow from a curve.
    pub fn of_post(kind: PostKind) -> Option<Stream> {
        match kind {
            PostKind::Window => Some(Stream::All),
            PostKind::Command => Some(Stream::Incidents),
            PostKind::Patrol => Some(Stream::Sent),
            PostKind::Lead | PostKind::Community | PostKind::Reserve => None,
        }
    }
    /// Whether people can only come while a window is open.
    pub fn has_doors(self) -> bool {
        matches!(self, Stream::All | Stream::Service(_) | Stream::Booked)
    }
    /// Whether it is people at the windows, which can be imported and are asked about in questionnaires.
    pub fn at_windows(self) -> bool {
        matches!(self, Stream::All | Stream::Service(_))
    }
}

/// Where a day is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Counted by this program.
    Own,
    Imported,
}

/// A day that has passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    pub date: Date,
    pub kind: DayType,
    /// By slot; `None` where doors were shut or nothing is known. `Some(0)` was seen.
    pub counts: Vec<Option<u32>>,
    pub origin: Origin,
}

impl Day {
    pub fn came(&self) -> u32 {
        self.counts.iter().flatten().sum()
    }
}

record! {
    /// 导入的到访: arrivals of a service in a quarter hour.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Past {
        pub service_id: Uuid,
        pub day: Date,
        pub minute: i64,
        pub people: i64,
        /// The file gave counts by the quarter hour (noughts included), not one line a person.
        pub by_slot: bool,
    }
}

/// A row of a file of past arrivals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRow {
    /// Name of the service as the file has it.
    pub service: String,
    pub at: Timestamp,
    /// How many came in the quarter hour that begins at `at`; `None`: the row is one person who came at `at`.
    pub people: Option<i64>,
}

/// What the days are known from, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    pub first: Option<Date>,
    pub last: Option<Date>,
    /// Days counted here, and days imported.
    pub own: usize,
    pub imported: usize,
    /// Working days between the first and the last of which nothing is known, the newest ten, and how many.
    pub gaps: Vec<Date>,
    pub gap_days: usize,
    /// Who came shortly before the doors opened or after they were shut; counted in the next open slot.
    pub early: u32,
    /// Who was noted far from any open hour; not counted.
    pub outside: u32,
    pub people: u32,
}

/// 潜在需求 of a slot: people a day, 10, 50 and 90 % of what was drawn, and the middle if few or many stay away today.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    pub low: f64,
    pub middle: f64,
    pub high: f64,
    pub few_away: f64,
    pub many_away: f64,
}

/// A slot of a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub slot: usize,
    /// Days of this kind on which it was observed; 0: extrapolated.
    pub days: usize,
    /// Expected people on such a day; meaningful where observed.
    pub mean: f64,
    /// The expected number lies between these with a probability of eight in ten.
    pub sure: (f64, f64),
    /// On eight of ten such days between these, both included.
    pub low: u32,
    pub high: u32,
    /// Where doors are shut and a questionnaire asked.
    pub latent: Option<Band>,
}

impl Line {
    pub fn observed(&self) -> bool {
        self.days > 0
    }
    pub fn minute(&self) -> i64 {
        self.slot as i64 * SLOT
    }
}

/// A pilot (试开) that was thought through.
#[derive(Clone, Debug, PartialEq)]
pub struct Pilot {
    pub kind: DayType,
    pub span: Span,
    /// Share of what is not known that it would take away, 0 to 1.
    pub learnt: f64,
    /// People expected in [`Pilot::WEEKS`] weeks of [`Pilot::DAYS`] days each.
    pub expected: f64,
}

impl Pilot {
    /// Weeks of a pilot.
    pub const WEEKS: f64 = 4.0;
    /// Days of a week on which it opens.
    pub const DAYS: f64 = 2.0;
}

/// Hours by kind of day for which people are planned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    pub work: Vec<Span>,
    pub rest: Vec<Span>,
    pub holiday: Vec<Span>,
}

impl Hours {
    pub fn of(&self, kind: DayType) -> &[Span] {
        match kind {
            DayType::Work => &self.work,
            DayType::Rest => &self.rest,
            DayType::Holiday => &self.holiday,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.work.is_empty() && self.rest.is_empty() && self.holiday.is_empty()
    }
}

/// 承诺: so many of a hundred wait at most so many minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    pub share: i64,
    pub minutes: i64,
}

/// What a kind of day needs and what that buys, measured on simulated days that the search did not see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindPlan {
    pub kind: String,
    /// Who came on all measured days, and who of them was served in time.
    pub came: u32,
    pub in_time: u32,
    /// Hours in which somebody came, and in which the promise was kept by itself.
    pub windows: u32,
    pub windows_met: u32,
    /// The promise is kept in every hour of the search.
    pub kept: bool,
    /// Minutes of the hours that nobody has observed.
    pub extrapolated: i64,
}

/// A stretch with so many people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    pub kind: String,
    pub from: i64,
    pub until: i64,
    pub people: i64,
}

record! {
    /// 由曲线写进值班表的需要
    #[derive(Clone, Debug)]
    pub struct Made {
        pub station_id: StationId,
        pub id: Uuid,
        pub post_id: Uuid,
        pub share: i64,
        pub minutes: i64,
        pub hours: Json<Hours>,
        pub kinds: Json<Vec<KindPlan>>,
        pub needs: Json<Vec<Stretch>>,
        /// From which days and which durations, in words.
        pub basis: String,
        pub at: Timestamp,
        pub by_user: UserId,
    }
}
