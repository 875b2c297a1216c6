//! What a station sets up: posts with their shifts and needs, who works there under which contract, leave, wishes, rules.

use kernel::row::Json;
use kernel::{Date, StationId, Timestamp, UserId, Uuid, record, text_enum};

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
