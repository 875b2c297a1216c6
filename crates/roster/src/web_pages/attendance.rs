//! 到岗情况: a month's duties as planned and as they were really stood.

use super::{Asked, around, month};
use crate::rules::attendance::{self, Attended, Kept, Sum};
use crate::store;
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Date, Purpose, Reader, UserId, Uuid};
use web::show::weekday;
use web::{Answer, Ctx, Page};

struct Line {
    kept: Kept,
    name: String,
    /// Since when and with what note; "" when the planned person did not sign in.
    there: String,
    nobody: bool,
    others: Vec<String>,
}

/// The lines of one day, folded but for the newest.
struct OfDay {
    day: Date,
    weekday: &'static str,
    lines: Vec<Line>,
}

impl OfDay {
    fn missing(&self) -> usize {
        self.lines.iter().filter(|l| l.there.is_empty()).count()
    }
}

#[derive(Template)]
#[template(path = "attendance.html")]
struct Attendance {
    months: [(String, String); 3],
    month: Date,
    days: Vec<OfDay>,
    sums: Vec<(String, Sum)>,
    begun: usize,
    there: usize,
    only_missing: bool,
    /// Empty minutes of posts, load and rest of people.
    part: String,
}

/// `GET /roster/attendance?month=2026-06-01&view=missing`
pub async fn page(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let (station, now, first) = (ctx.who.station, ctx.now(), month(&ctx, &q.month));
    let last = first.last_of_month().min(ctx.app.today());
    let look = ctx.look("roster.attendance", Purpose::Administration);
    let (duties, presence, names) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let duties = store::duties(r, station, first, last).await?;
            let presence = store::presence(r, station, first, last).await?;
            let mut users: Vec<UserId> = duties.iter().map(|d| d.user_id).chain(presence.iter().map(|p| p.user_id)).collect();
            users.sort_unstable();
            users.dedup();
            users.iter().for_each(|u| r.saw("user", *u));
            Ok((duties, presence, identity::store::names(r, &users).await?))
        })
        .await?;
    let name = |u: UserId| names.iter().find(|(id, _)| *id == u).map_or("—".to_string(), |(_, n)| n.clone());
    let (kept, sums) = attendance::attendance(&duties, &presence, now);
    let only_missing = q.view == "missing";
    let there = kept.iter().filter(|k| matches!(k.attended, Attended::There(..))).count();
    let begun = kept.len();
    let lines = kept.into_iter().rev().filter(|k| !only_missing || !matches!(k.attended, Attended::There(..))).map(|k| Line {
        name: name(k.duty.user_id),
        there: match &k.attended {
            Attended::There(at, note) => format!("{} {note}", web::show::moment(at)),
            _ => String::new(),
        },
        nobody: k.attended == Attended::Nobody,
        others: k.others.iter().map(|p| format!("{}（{}）", name(p.user_id), p.note)).collect(),
        kept: k,
    });
    let mut days: Vec<OfDay> = vec![];
    for line in lines {
        let day = line.kept.duty.day;
        match days.last_mut() {
            Some(d) if d.day == day => d.lines.push(line),
            _ => days.push(OfDay { day, weekday: weekday(day), lines: vec![line] }),
        }
    }
    let sums = sums.into_iter().map(|s| (name(s.user), s)).collect();
    let part = super::month::part(&ctx, first, false).await?;
    let content = Attendance { months: around(first), month: first, days, sums, begun, there, only_missing, part };
    Page::new("到岗情况", &content).crumb("值班表", "/roster").crumb("今天在岗", "/roster/today").show(&ctx)
}

#[derive(Template)]
#[template(path = "post_gaps.html")]
struct Gaps {
    name: String,
    month: Date,
    planned: String,
    empty: String,
    gaps: Vec<super::month::Gap>,
}

/// `GET /roster/attendance/post/{id}?month=`: when nobody was at a post, and where whoever left had gone.
pub async fn post(ctx: Ctx, Path(id): Path<String>, Query(q): Query<Asked>) -> Answer {
    let id: Uuid = web::page::id(&id, "这个岗位")?;
    let first = month(&ctx, &q.month);
    let (post, gaps) = super::month::gaps(&ctx, id, first).await?;
    let minutes = |list: &[crate::rules::stood::Stretch]| super::month::hours(crate::rules::stood::seconds(list) / 60);
    let content = Gaps { planned: minutes(&post.kept.planned), empty: minutes(&post.kept.empty), name: post.name, month: first, gaps };
    Page::new("岗位空岗", &content).crumb("值班表", "/roster").crumb("到岗情况", format!("/roster/attendance?month={first}")).show(&ctx)
}
