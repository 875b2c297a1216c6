//! What comes of it: versions of a month's roster, duties as published, swaps, who was really there, answers in words.

use super::{DayType, Problem};
use kernel::row::Json;
use kernel::{Date, StationId, Timestamp, UserId, Uuid, record, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// 一版值班表怎么来的
    pub enum Origin {
        Solved = "solved" / "自动排班",
        Copied = "copied" / "人工调整",
        Repaired = "repaired" / "临时调整",
        Swapped = "swapped" / "调班",
    }
}

text_enum! {
    /// 一版值班表的状态
    pub enum State {
        Running = "running" / "正在排",
        Ready = "ready" / "待发布",
        /// The server was killed while it was being solved; the best so far was kept.
        Lost = "lost" / "中断（保留了最好的一版）",
        /// Nothing was found.
        Failed = "failed" / "没有排出",
        Published = "published" / "已发布",
        Superseded = "superseded" / "已被新版代替",
    }
}

record! {
    /// 一版值班表
    #[derive(Clone, Debug)]
    pub struct Plan {
        pub station_id: StationId,
        pub id: Uuid,
        /// First day of the month.
        pub month: Date,
        pub n: i64,
        pub origin: Origin,
        pub parent: Option<Uuid>,
        pub state: State,
        pub problem: Json<Problem>,
        pub digest: String,
        pub cells: Json<Vec<Vec<u8>>>,
        /// No roster that keeps the rules of the model `bound_for` costs less than this.
        pub bound: i64,
        /// Digest of the solver's model that `bound` was proven for; "" when none was.
        pub bound_for: String,
        pub seconds: i64,
        /// Seconds that the search has taken.
        pub progress: i64,
        pub clash: Json<Option<Clash>>,
        pub changes: Json<Vec<Told>>,
        pub ended_how: String,
        pub started_at: Timestamp,
        pub beat_at: Timestamp,
        pub stop_at: Option<Timestamp>,
        pub by_user: UserId,
        pub published_at: Option<Timestamp>,
        pub reason: String,
        pub version: i64,
    }
}

record! {
    /// A version in a list.
    #[derive(Clone, Debug)]
    pub struct PlanLine {
        pub id: Uuid,
        pub month: Date,
        pub n: i64,
        pub origin: Origin,
        pub state: State,
        pub started_at: Timestamp,
        pub published_at: Option<Timestamp>,
    }
}

record! {
    /// 一班岗 as published; holds its own names and times, so that a later change of the post alters nothing.
    #[derive(Clone, Debug)]
    pub struct Duty {
        pub plan_id: Uuid,
        pub user_id: UserId,
        pub day: Date,
        pub shift_id: Uuid,
        pub post: String,
        pub shift: String,
        pub code: String,
        pub starts_at: Timestamp,
        pub ends_at: Timestamp,
        pub night: bool,
        pub day_type: DayType,
    }
}

record! {
    /// Whether a person has said that they know their duties.
    #[derive(Clone, Debug)]
    pub struct Ack {
        pub user_id: UserId,
        pub asked_at: Timestamp,
        pub acked_at: Option<Timestamp>,
    }
}

text_enum! {
    /// 调班申请的状态
    pub enum SwapState {
        Asked = "asked" / "等对方答复",
        Agreed = "agreed" / "等批准",
        Done = "done" / "已批准",
        Refused = "refused" / "未同意",
        Withdrawn = "withdrawn" / "已撤回",
    }
}

record! {
    /// 调班申请: one gives a duty to the other, and may take one of theirs.
    #[derive(Clone, Debug)]
    pub struct Swap {
        pub id: Uuid,
        pub plan_id: Uuid,
        pub from_user: UserId,
        pub from_day: Date,
        pub to_user: UserId,
        pub to_day: Option<Date>,
        pub note: String,
        pub state: SwapState,
        pub asked_at: Timestamp,
        pub why: String,
    }
}

record! {
    /// 到岗: who was really there.
    #[derive(Clone, Debug)]
    pub struct Presence {
        pub user_id: UserId,
        pub day: Date,
        pub shift_id: Uuid,
        pub at: Timestamp,
        pub by_user: UserId,
        pub note: String,
    }
}

record! {
    /// 在岗: from when to when somebody stood at a post for a duty. Who goes for a meal and comes back has two.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Stand {
        pub id: Uuid,
        pub user_id: UserId,
        pub day: Date,
        pub shift_id: Uuid,
        pub post_id: Uuid,
        pub began_at: Timestamp,
        /// The end of the duty as it was at the sign-in.
        pub due_at: Timestamp,
        pub ended_at: Option<Timestamp>,
        pub ended_why: String,
        /// When and by whom the end was told afterwards, where it was forgotten.
        pub set_at: Option<Timestamp>,
        pub set_by: Option<UserId>,
    }
}

/// How an answer to "why can it not all be kept" was come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reached {
    /// By letting rules go one after the other.
    #[default]
    Filtered,
    /// By counting people against needs: proven.
    Counted,
    /// Not at all in the time given: it may or may not be possible.
    Open,
}

/// Why no roster keeps all rules, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clash {
    #[serde(default)]
    pub reached: Reached,
    /// Rules that cannot hold together.
    pub rules: Vec<String>,
    /// Each of them is needed for that, proven.
    #[serde(alias = "smallest")]
    pub needed: bool,
    /// No group of fewer rules clashes, proven.
    #[serde(default)]
    pub fewest: bool,
    /// What lets the rest hold, cheapest first.
    pub ways: Vec<String>,
}

impl Clash {
    /// Neither a roster nor a reason was found in the time.
    pub fn open() -> Clash {
        Clash { reached: Reached::Open, rules: vec![], needed: false, fewest: false, ways: vec![] }
    }
    pub fn is_open(&self) -> bool {
        self.reached == Reached::Open
    }
    pub fn is_counted(&self) -> bool {
        self.reached == Reached::Counted
    }
}

/// One change of a repair, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub day: Date,
    pub user: UserId,
    pub who: String,
    pub before: String,
    pub after: String,
    pub why: String,
}
