//! The frozen problem of one month: facts and values, no references to rows that may change.

use super::{DayType, LeaveKind, MixRule, PostKind, Standing, span};
use kernel::{Date, UserId, Uuid};
use serde::{Deserialize, Serialize};

/// 一个月要排的全部内容, frozen when solving begins: facts and values, no references to rows that may change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub days: Vec<Day>,
    pub kinds: Vec<Kind>,
    pub people: Vec<Member>,
    /// (day, kind, people)
    pub needs: Vec<(usize, usize, u32)>,
    pub limits: Limits,
    /// (kind, kind on the next day) that the station forbids beyond what rest asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Day {
    pub date: Date,
    pub kind: DayType,
    /// The holiday's name, or "".
    pub holiday: String,
    /// A weekend day that is worked (调休上班).
    pub make_up: bool,
}

/// A shift of a post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    pub shift: Uuid,
    pub post: Uuid,
    pub post_name: String,
    pub name: String,
    pub code: String,
    pub post_kind: PostKind,
    pub start: i64,
    pub minutes: i64,
    /// Minutes that count as working hours.
    pub paid: i64,
    pub night: bool,
    pub mix: MixRule,
    pub must: bool,
    pub standings: Vec<Standing>,
    pub skill: String,
}

impl Kind {
    /// `巡逻·夜班`
    pub fn label(&self) -> String {
        format!("{}·{}", self.post_name, self.name)
    }
    /// `20:00–次日 08:00`
    pub fn span(&self) -> String {
        span(self.start, self.start + self.minutes)
    }
}

/// Days of the month from `from` to `until`, both included, by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub from: usize,
    pub until: usize,
}

impl Part {
    pub fn holds(&self, day: usize) -> bool {
        (self.from..=self.until).contains(&day)
    }
}

/// A person with everything that concerns them in this month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub user: UserId,
    pub name: String,
    pub contracts: Vec<Employed>,
    pub skills: Vec<(String, Part)>,
    pub leave: Vec<(LeaveKind, Part)>,
    /// (day, kind or no work, wanted, weight)
    pub wishes: Vec<(usize, Option<usize>, bool, i64)>,
    pub pins: Vec<(usize, Option<usize>)>,
    /// What was worked on the day before (a kind), and how long that run of work or rest is; none for a new person.
    pub history: Option<(Option<usize>, u16)>,
    /// What is worked on the first day of the next month (a kind), where that month is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<usize>,
    /// Working minutes of the month's first week that lie in the month before, and of its last week in the month after, as
    /// published.
    #[serde(default, skip_serializing_if = "is_none_of_both")]
    pub beside: [i64; 2],
    /// Nights, weekends, holidays of earlier months.
    pub carried: [i32; 3],
}

fn is_none_of_both(minutes: &[i64; 2]) -> bool {
    *minutes == [0, 0]
}

impl Member {
    /// The contract that holds on a day.
    pub fn employed(&self, day: usize) -> Option<&Employed> {
        self.contracts.iter().find(|c| c.part.holds(day))
    }
    /// The leave on a day.
    pub fn on_leave(&self, day: usize) -> Option<LeaveKind> {
        self.leave.iter().find(|(_, p)| p.holds(day)).map(|(k, _)| *k)
    }
}

/// A contract within the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employed {
    pub standing: Standing,
    pub week_hours: i64,
    pub fill_percent: i64,
    pub part: Part,
}

/// The values of the rules that hold for everybody; each is an entry of the rule pack that a station may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub rest_hours: i64,
    /// 0: nothing follows from a night but the rest; 1: only another night may follow; 2: the next day is off.
    pub after_night: i64,
    pub max_run: i64,
    pub min_run: i64,
    pub min_off: i64,
    pub max_weekends: i64,
    /// Working hours in a calendar week; 0: no limit.
    #[serde(default)]
    pub max_week_hours: i64,
    pub max_nights: i64,
    pub over_percent: i64,
    pub weight_nights: i64,
    pub weight_weekends: i64,
    pub weight_holidays: i64,
    #[serde(default)]
    pub weight_duties: i64,
    pub carry_months: i64,
    pub most_wishes: i64,
}
