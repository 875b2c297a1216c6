//! A month as it became: empty minutes of posts, load and rest of people; a part of 到岗情况 and of the windows' month report.

use crate::actions::{self, Month, PersonMonth, PostMonth};
use crate::rules::load::Side;
use crate::rules::stood::{self, Stretch};
use crate::store;
use askama::Template;
use kernel::{Date, Reader, ToSpan, Uuid};
use web::Ctx;

#[derive(Template)]
#[template(path = "month.html")]
struct Part {
    first: Date,
    posts: Vec<PostMonth>,
    people: Vec<PersonMonth>,
    rest_hours: i64,
    max_nights: i64,
    over_percent: i64,
    max_week_hours: i64,
    weeks: Vec<Date>,
    unsure: usize,
    /// Windows are counted above by themselves.
    beside_windows: bool,
}

impl Part {
    fn sum(&self, list: &[Stretch]) -> i64 {
        stood::seconds(list) / 60
    }
    fn hours(&self, minutes: impl std::borrow::Borrow<i64>) -> String {
        hours(*minutes.borrow())
    }
    fn tenths(&self, minutes: &i64) -> String {
        format!("{:.1}", *minutes as f64 / 60.0)
    }
    fn rest(&self, s: &Side) -> String {
        s.least_rest.map_or("—".into(), hours)
    }
    /// Minutes over the limit.
    fn over(&self, p: &PersonMonth) -> Option<i64> {
        p.limit.map(|(_, most)| p.load.actual.minutes - most).filter(|m| *m > 0)
    }
    fn many_nights(&self, p: &PersonMonth) -> bool {
        p.load.actual.nights as i64 > self.max_nights
    }
    /// `4/27–5/3`: a calendar week by its Monday.
    fn week(&self, at: &usize) -> String {
        self.weeks.get(*at).map_or(String::new(), |m| week(*m))
    }
    /// Minutes of a week over the limit.
    fn week_over(&self, minutes: &i64) -> Option<i64> {
        Some(minutes - self.max_week_hours * 60).filter(|m| self.max_week_hours > 0 && *m > 0)
    }
    /// People with a week over the limit: really, and as planned only.
    fn full_weeks(&self) -> (usize, usize) {
        let full = |s: &Side| s.weeks.iter().any(|m| self.week_over(m).is_some());
        let really = self.people.iter().filter(|p| full(&p.load.actual)).count();
        (really, self.people.iter().filter(|p| full(&p.load.planned) && !full(&p.load.actual)).count())
    }
    /// People over a limit of the month, or with too little rest; weeks are told by themselves.
    fn strained(&self) -> usize {
        self.people.iter().filter(|p| self.over(p).is_some() || self.many_nights(p) || !p.load.actual.short.is_empty()).count()
    }
    /// `5 月 3 日 01:00 下班，08:00 上班，只隔 7 小时`
    fn short(&self, s: &Stretch) -> String {
        short_rest(*s)
    }
}

fn week(monday: Date) -> String {
    let sunday = monday.saturating_add(6.days());
    format!("{}/{}–{}/{}", monday.month(), monday.day(), sunday.month(), sunday.day())
}

/// `12 小时 5 分`, `40 分`.
pub fn hours(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} 分"),
        (h, 0) => format!("{h} 小时"),
        (h, m) => format!("{h} 小时 {m} 分"),
    }
}

/// The day and `08:00` of a second.
fn at(second: i64) -> (Date, String) {
    let t = kernel::clock::from_micros(second * 1_000_000);
    (kernel::clock::day_of(t), kernel::clock::show(t).split_off(11))
}

fn short_day(d: Date) -> String {
    format!("{} 月 {} 日", d.month(), d.day())
}

fn short_rest((end, begin): Stretch) -> String {
    let ((e, ends), (b, begins)) = (at(end), at(begin));
    let next = if e == b { String::new() } else { format!("{} ", short_day(b)) };
    let e = short_day(e);
    if begin < end {
        return format!("{e} {ends} 还没下班，{next}{begins} 又上班");
    }
    format!("{e} {ends} 下班，{next}{begins} 上班，只隔 {}", hours((begin - end) / 60))
}

/// The month as a part of a page, for those who plan; `beside_windows` leaves out posts whose minutes are counted at windows.
///
/// # Errors
/// Storage.
pub async fn part(ctx: &Ctx, first: Date, beside_windows: bool) -> kernel::Result<String> {
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let look = ctx.look("roster.month", kernel::Purpose::Administration);
    let Month { mut posts, people, limits, weeks, unsure } = ctx.app.db().read(&look, async |r: &mut Reader| actions::month(r, &rules, station, first).await).await?;
    posts.retain(|p| !(beside_windows && p.window));
    let part = Part { first, posts, people, rest_hours: limits.rest_hours, max_nights: limits.max_nights, over_percent: limits.over_percent, max_week_hours: limits.max_week_hours, weeks, unsure, beside_windows };
    part.render().map_err(kernel::Error::internal)
}

/// One stretch without anybody.
pub struct Gap {
    pub day: Date,
    pub from: String,
    pub until: String,
    pub minutes: i64,
    /// Who left when and why, where somebody did.
    pub why: String,
}

/// The empty stretches of a post in a month, with why it was left.
pub async fn gaps(ctx: &Ctx, post: Uuid, first: Date) -> kernel::Result<(PostMonth, Vec<Gap>)> {
    let station = ctx.who.station;
    let look = ctx.look("roster.month", kernel::Purpose::Administration);
    let (month, stands, names) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let month = actions::post_month(r, station, first).await?.into_iter().find(|p| p.id == post).ok_or(kernel::Error::NotFound("这个岗位"))?;
            let mut stands = store::stands(r, station, first.saturating_sub(2.days()), first.last_of_month()).await?;
            stands.retain(|s| s.post_id == post);
            let users: Vec<kernel::UserId> = stands.iter().map(|s| s.user_id).collect();
            users.iter().for_each(|u| r.saw("user", *u));
            Ok((month, stands, identity::store::names(r, &users).await?))
        })
        .await?;
    let name = |u: kernel::UserId| names.iter().find(|n| n.0 == u).map_or("—", |n| n.1.as_str());
    let gap = |s: &Stretch| {
        let ((day, from), (last, until)) = (at(s.0), at(s.1));
        let left = stands.iter().filter(|x| x.ended_at.is_some_and(|e| e.as_second() == s.0));
        Gap {
            day,
            from,
            until: if day == last { until } else { format!("{} {until}", short_day(last)) },
            minutes: (s.1 - s.0) / 60,
            why: left.map(|x| format!("{} 离岗：{}", name(x.user_id), x.ended_why)).collect::<Vec<_>>().join("、"),
        }
    };
    let gaps = month.kept.empty.iter().map(gap).collect();
    Ok((month, gaps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_rest_is_named_with_its_days() {
        let s = |t: &str| t.parse::<kernel::Timestamp>().unwrap().as_second();
        assert_eq!(short_rest((s("2026-05-03T01:00:00+08:00"), s("2026-05-03T08:00:00+08:00"))), "5 月 3 日 01:00 下班，08:00 上班，只隔 7 小时");
        assert_eq!(short_rest((s("2026-05-03T20:30:00+08:00"), s("2026-05-04T06:00:00+08:00"))), "5 月 3 日 20:30 下班，5 月 4 日 06:00 上班，只隔 9 小时 30 分");
        assert_eq!(short_rest((s("2026-05-03T20:30:00+08:00"), s("2026-05-03T20:00:00+08:00"))), "5 月 3 日 20:30 还没下班，20:00 又上班");
        assert_eq!(week("2026-04-27".parse().unwrap()), "4/27–5/3");
        assert_eq!((hours(40), hours(120)), ("40 分".into(), "2 小时".into()));
    }
}
