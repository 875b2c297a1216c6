//! The nouns: post, shift, need, contract, leave, wish, plan, duty; and the frozen problem that a plan answers.

use kernel::row::Json;
use kernel::{Date, StationId, Timestamp, UserId, Uuid, record, text_enum};
use serde::{Deserialize, Serialize};

mod held;

pub use held::{HeldDuty, PostDuty};

text_enum! {
    /// 岗位种类
    pub enum PostKind {
        Lead = "lead" / "带班领导",
        Command = "command" / "指挥室值守",
        Window = "window" / "窗口",
        Community = "community" / "社区",
        Patrol = "patrol" / "巡逻",
        Reserve = "reserve" / "备勤",
    }
}

text_enum! {
    /// 人员身份; who may decide and lead, and who may not.
    pub enum Standing {
        Leader = "leader" / "所领导",
        Officer = "officer" / "民警",
        Auxiliary = "auxiliary" / "勤务辅警",
        /// Records, window, calls: no patrol.
        Clerk = "clerk" / "文职辅警",
    }
}

impl Standing {
    /// A sworn police officer.
    pub fn is_sworn(self) -> bool {
        matches!(self, Standing::Leader | Standing::Officer)
    }
}

text_enum! {
    /// 搭配要求 of a post.
    pub enum MixRule {
        None = "none" / "不要求",
        /// Auxiliaries stand there only while an officer does.
        Led = "led" / "辅警须有民警同班",
        /// And an officer in any case.
        Officer = "officer" / "每班至少一名民警",
        /// As many officers as auxiliaries: every pair has one.
        Pairs = "pairs" / "每组至少一名民警",
    }
}

text_enum! {
    /// 日子的种类, with the State Council's rearrangement of working days (调休).
    pub enum DayType {
        Work = "work" / "工作日",
        Rest = "rest" / "周末",
        Holiday = "holiday" / "节假日",
    }
}

text_enum! {
    /// 请假种类
    pub enum LeaveKind {
        Annual = "annual" / "年休假",
        Sick = "sick" / "病假",
        Personal = "personal" / "事假",
        Training = "training" / "培训",
        Away = "away" / "外派",
        Other = "other" / "其他",
    }
}

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
    /// 岗位
    #[derive(Clone, Debug)]
    pub struct Post {
        pub station_id: StationId,
        pub id: Uuid,
        pub name: String,
        pub kind: PostKind,
        pub standings: Json<Vec<Standing>>,
        /// A qualification that it needs; "" for none.
        pub skill: String,
        pub mix: MixRule,
        /// Its needs are hard: nobody missing.
        pub must: bool,
        /// Share of the time that counts as working hours (备勤 rest counts in part).
        pub paid_percent: i64,
        /// Needs are by the quarter hour, not by the shift.
        pub by_quarter: bool,
        pub position: i64,
        pub version: i64,
    }
}

record! {
    /// 班次 of a post; begins on its day, may end on the next.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Shift {
        pub id: Uuid,
        pub post_id: Uuid,
        pub name: String,
        /// One to three characters for the table.
        pub code: String,
        pub start_minute: i64,
        pub minutes: i64,
        pub position: i64,
    }
}

impl Shift {
    /// `20:00–次日 08:00`
    pub fn span(&self) -> String {
        span(self.start_minute, self.start_minute + self.minutes)
    }
}

/// `08:00–20:00`, `20:00–次日 08:00`; minutes since midnight.
pub fn span(from: i64, until: i64) -> String {
    let clock = |m: i64| format!("{:02}:{:02}", m % 1440 / 60, m % 60);
    match until {
        1440 => format!("{}–24:00", clock(from)),
        u if u > 1440 => format!("{}–次日 {}", clock(from), clock(u)),
        u => format!("{}–{}", clock(from), clock(u)),
    }
}

record! {
    /// 需要的人数: on a shift, or between two quarter hours of the day on which the shift begins.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Need {
        pub post_id: Uuid,
        pub day_type: DayType,
        pub shift_id: Option<Uuid>,
        pub from_minute: i64,
        pub until_minute: i64,
        pub people: i64,
    }
}

/// A post as it is set up.
#[derive(Clone, Debug)]
pub struct PostSet {
    pub post: Post,
    pub shifts: Vec<Shift>,
    pub needs: Vec<Need>,
}

record! {
    /// 用工期间: standing and hours of a person from a day on; two of one person never overlap.
    #[derive(Clone, Debug)]
    pub struct Contract {
        pub id: Uuid,
        pub user_id: UserId,
        pub standing: Standing,
        /// Hours of a whole working week (5 days).
        pub week_hours: i64,
        /// Least share of the hours that the roster must fill; 0 for those whose other work stands elsewhere.
        pub fill_percent: i64,
        pub from_day: Date,
        pub until_day: Option<Date>,
    }
}

record! {
    /// 资质 with its dates.
    #[derive(Clone, Debug)]
    pub struct Skill {
        pub id: Uuid,
        pub user_id: UserId,
        pub skill: String,
        pub from_day: Date,
        pub until_day: Option<Date>,
    }
}

record! {
    /// 请假
    #[derive(Clone, Debug)]
    pub struct Leave {
        pub id: Uuid,
        pub user_id: UserId,
        pub kind: LeaveKind,
        pub from_day: Date,
        pub until_day: Date,
    }
}

record! {
    /// 愿望: a shift, or no work at all (`shift_id` none), wanted or not wanted on a day.
    #[derive(Clone, Debug)]
    pub struct Wish {
        pub id: Uuid,
        pub user_id: UserId,
        pub day: Date,
        pub shift_id: Option<Uuid>,
        pub wants: bool,
        pub weight: i64,
    }
}

record! {
    /// 期初情况: what a person did up to `day`, the last day before the first roster that was published here: that day's shift (none
    /// for a day off), days in a row worked or off like it, and what was worked in the months before that are carried over.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Opening {
        pub user_id: UserId,
        pub day: Date,
        pub shift_id: Option<Uuid>,
        pub run: i64,
        pub nights: i64,
        pub rests: i64,
        pub holidays: i64,
    }
}

record! {
    /// 固定的一格
    #[derive(Clone, Debug)]
    pub struct Pin {
        pub user_id: UserId,
        pub day: Date,
        pub shift_id: Option<Uuid>,
    }
}

record! {
    /// A value of a rule that the station set.
    #[derive(Clone, Debug)]
    pub struct SetRule {
        pub key: String,
        pub value: i64,
        pub why: String,
        pub at: Timestamp,
        pub by_user: UserId,
    }
}

record! {
    /// 第二天不能接的班, as the station set it by hand; `barred` false takes it back.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Succession {
        pub before_shift: Uuid,
        pub after_shift: Uuid,
        pub barred: bool,
        pub why: String,
        pub at: Timestamp,
        pub by_user: UserId,
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
    pub smallest: bool,
    /// What lets the rest hold, cheapest first.
    pub ways: Vec<String>,
}

impl Clash {
    /// Neither a roster nor a reason was found in the time.
    pub fn open() -> Clash {
        Clash { reached: Reached::Open, rules: vec![], smallest: false, ways: vec![] }
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
    /// Nights, weekends, holidays of earlier months.
    pub carried: [i32; 3],
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
