//! The nouns: briefing, section, frozen line, item, step, later change.

use kernel::figure::{Change, Figure, Period, Terms};
use kernel::{Date, StationId, Timestamp, UserId, Uuid, record, text_enum};

text_enum! {
    /// 通报种类
    pub enum Kind {
        /// A duty shift, 08:00 to 08:00.
        Daily = "daily" / "日报",
        Weekly = "weekly" / "周报",
        Monthly = "monthly" / "月报",
        Analysis = "analysis" / "研判报告",
    }
}

text_enum! {
    /// 通报状态
    pub enum State {
        Draft = "draft" / "编辑中",
        Review = "review" / "待审核",
        Approved = "approved" / "待发布",
        Published = "published" / "已发布",
    }
}

text_enum! {
    /// 通报的步骤
    pub enum Step {
        Draft = "draft" / "起草",
        Edit = "edit" / "编辑",
        Submit = "submit" / "送审",
        SendBack = "send_back" / "退回",
        Approve = "approve" / "审核通过",
        Publish = "publish" / "发布",
        /// What the leader decided about a number that changed after publication.
        Answer = "answer" / "变化处理",
    }
}

record! {
    /// 通报
    #[derive(Clone, Debug)]
    pub struct Report {
        pub station_id: StationId,
        pub id: Uuid,
        pub kind: Kind,
        pub title: String,
        /// Given on publication, without gaps; "" before.
        pub number: String,
        pub from_day: Date,
        pub until_day: Date,
        pub shift_from: Option<Timestamp>,
        pub shift_until: Option<Timestamp>,
        /// The numbers are frozen as known on this moment.
        pub as_of: Timestamp,
        pub latent_days: i64,
        pub min_n: i64,
        pub min_base: i64,
        pub state: State,
        /// 带班领导
        pub leader: String,
        /// 抄报
        pub copies: String,
        /// 抄送
        pub cc: String,
        pub drafted_at: Timestamp,
        pub published_at: Option<Timestamp>,
        /// A number of the published text has changed since.
        pub changed_at: Option<Timestamp>,
        pub version: i64,
    }
}

impl Report {
    /// The question that its numbers answered.
    pub fn period(&self) -> Period {
        let terms = Terms { latent_days: self.latent_days, min_n: self.min_n, min_base: self.min_base };
        let mut p = Period::days(self.station_id, self.from_day, self.until_day, self.as_of, terms);
        p.shift = self.shift_from.zip(self.shift_until);
        p
    }

    /// `2026-05-08 08:00 至 2026-05-09 08:00` or `2026-05-01 至 2026-05-31`.
    pub fn span(&self) -> String {
        match (self.shift_from, self.shift_until) {
            (Some(a), Some(b)) => format!("{} 至 {}", kernel::clock::show(a), kernel::clock::show(b)),
            _ => format!("{} 至 {}", self.from_day, self.until_day),
        }
    }

    /// `正阳通报〔2026〕3号`, or that it has none yet.
    pub fn numbered(&self) -> &str {
        if self.number.is_empty() { "未编号" } else { &self.number }
    }
}

record! {
    /// A part of the text; the only thing that people write.
    #[derive(Clone, Debug)]
    pub struct Section {
        pub n: i64,
        pub key: String,
        pub heading: String,
        pub text: String,
    }
}

record! {
    /// A frozen number with the same of the period before and of the year before.
    #[derive(Clone, Debug)]
    pub struct Line {
        pub n: i64,
        pub key: String,
        /// Code of the part; "" for a figure; `category|x` for a part of a category. Figures have no `whole`.
        pub part: String,
        pub label: String,
        /// Edition of the definition.
        pub edition: i64,
        pub numerator: i64,
        pub denominator: Option<i64>,
        pub before_numerator: i64,
        pub before_denominator: Option<i64>,
        pub year_numerator: i64,
        pub year_denominator: Option<i64>,
        /// The line that this is a part of.
        pub whole: Option<i64>,
    }
}

impl Line {
    /// As a figure; a part is a share of its whole.
    pub fn figure(&self, whole: Option<&Line>, min_n: i64) -> Figure {
        Figure {
            key: self.key.clone(),
            name: self.label.clone(),
            version: self.edition,
            definition: String::new(),
            numerator: self.numerator,
            denominator: self.denominator.or(whole.map(|w| w.numerator)),
            min_n,
        }
    }

    /// Against the period before, or the year before.
    pub fn change(&self, p: &Period, year: bool) -> Change {
        let (base, q) = if year { (self.year_numerator, p.year_before()) } else { (self.before_numerator, p.before()) };
        Change { now: self.numerator, base, days_now: p.length(), days_base: q.length(), min_base: p.terms.min_base }
    }
}

record! {
    /// A record named in a daily report: key incidents, what is open.
    #[derive(Clone, Debug)]
    pub struct Item {
        pub list: String,
        pub n: i64,
        pub record_id: Uuid,
        pub number: String,
        pub title: String,
        pub note: String,
    }
}

record! {
    /// Who did what.
    #[derive(Clone, Debug)]
    pub struct Done {
        pub n: i64,
        pub at: Timestamp,
        pub by_user: UserId,
        pub step: Step,
        pub note: String,
    }
}

record! {
    /// A number that was published and is different now.
    #[derive(Clone, Debug)]
    pub struct Later {
        pub n: i64,
        pub at: Timestamp,
        pub line: i64,
        pub old_numerator: i64,
        pub old_denominator: Option<i64>,
        pub new_numerator: i64,
        pub new_denominator: Option<i64>,
        pub dispute_id: Uuid,
    }
}

impl Later {
    /// `0/404 → 1/404`.
    pub fn text(&self) -> String {
        let show = |n: i64, d: Option<i64>| d.map_or(n.to_string(), |d| format!("{n}/{d}"));
        format!("{} → {}", show(self.old_numerator, self.old_denominator), show(self.new_numerator, self.new_denominator))
    }
}

/// A briefing with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Whole {
    pub report: Report,
    pub sections: Vec<Section>,
    pub lines: Vec<Line>,
    pub items: Vec<Item>,
    pub steps: Vec<Done>,
    pub changes: Vec<Later>,
}

impl Whole {
    pub fn line(&self, n: i64) -> Option<&Line> {
        self.lines.iter().find(|l| l.n == n)
    }
    /// The line that this one divides further, for a part of a part.
    pub fn crossed(&self, l: &Line) -> Option<&Line> {
        l.whole.and_then(|n| self.line(n)).filter(|w| w.whole.is_some())
    }
    /// What the line is called away from its table: `纠纷 · 时段 · 0–6 时`, `六类 · 求助`.
    pub fn called(&self, l: &Line) -> String {
        if l.key == crate::classes::KEY {
            return format!("六类 · {}", l.label);
        }
        let Some(whole) = self.crossed(l) else { return l.label.clone() };
        let by = crate::crossings().into_iter().find(|b| b.key == l.key).map_or("", |b| b.name);
        format!("{} · {by} · {}", whole.label, l.label)
    }
    /// Every division of a figure that has lines: its name and the lines, the six classes first.
    pub fn divisions(&self) -> Vec<(&'static str, Vec<&Line>)> {
        let known = crate::breakdowns().into_iter().map(|b| (b.key, b.name));
        std::iter::once((crate::classes::KEY, crate::classes::NAME))
            .chain(known)
            .map(|(key, name)| (name, self.lines.iter().filter(|l| l.key == key).collect::<Vec<_>>()))
            .filter(|(_, lines)| !lines.is_empty())
            .collect()
    }
    /// The line as a figure.
    pub fn figure(&self, l: &Line) -> Figure {
        l.figure(l.whole.and_then(|w| self.line(w)), self.report.min_n)
    }
}

/// What a draft is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub kind: Kind,
    /// Daily: the day on which the shift begins.
    pub from: Date,
    pub until: Date,
    pub leader: String,
}

/// What people may write.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub title: String,
    pub leader: String,
    pub copies: String,
    pub cc: String,
    /// Text by number of section.
    pub texts: Vec<(i64, String)>,
}
