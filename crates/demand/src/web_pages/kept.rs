//! 承诺与兑现: the part of the plan's page that says what became of earlier promises, and the same as a page for readers of
//! the month's report.

use crate::actions;
use crate::rules::kept::Verdict;
use crate::rules::{plan, promise_text};
use askama::Template;
use axum::extract::Query;
use kernel::{Date, Permission as P, Purpose, Reader, Result, Uuid};
use roster::model::PostKind;
use serde::Deserialize;
use web::{Answer, Ctx, Page};

/// A promise in a month.
struct Row {
    month: Date,
    post: String,
    promise: String,
    written: String,
    /// What the simulation said when it was given.
    simulated: String,
    came: i64,
    in_time: i64,
    lost: i64,
    interval: String,
    verdict: &'static str,
    badge: &'static str,
}

#[derive(Template)]
#[template(path = "kept.html")]
struct Part {
    rows: Vec<Row>,
    /// Some promise was written, but no roster was published since.
    waiting: bool,
}

async fn rows(ctx: &Ctx, only: Option<Uuid>, month: Option<Date>) -> Result<Part> {
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let look = ctx.look("demand.kept", Purpose::Statistics);
    let all = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let mut all = vec![];
            for p in roster::store::posts(r, station).await? {
                if p.post.kind == PostKind::Window && only.is_none_or(|id| id == p.post.id) {
                    all.push((p.post.name.clone(), actions::promises(r, &rules, station, p.post.id).await?));
                }
            }
            Ok(all)
        })
        .await?;
    let waiting = all.iter().any(|(_, (made, kept))| !made.is_empty() && kept.is_empty());
    let mut out = vec![];
    for (post, (made, kept)) in all {
        for k in kept.into_iter().filter(|k| month.is_none_or(|m| m == k.month)) {
            let m = &made[k.given];
            let (verdict, badge) = match k.verdict(m.share) {
                Verdict::Kept => ("做到了", "badge--ok"),
                Verdict::Broken => ("没有做到", "badge--danger"),
                Verdict::Open => ("人还少，说不准", "badge--quiet"),
            };
            out.push(Row {
                month: k.month,
                post: post.clone(),
                promise: promise_text(PostKind::Window, crate::model::Promise { share: m.share, minutes: m.minutes }),
                written: kernel::clock::show(m.at),
                simulated: actions::bought_text(&plan::Plan { kinds: m.kinds.0.clone(), stretches: vec![] }.sum()),
                came: k.came,
                in_time: k.in_time,
                lost: k.lost,
                interval: k.interval().map_or(String::new(), |(a, b)| format!("{a:.1} %–{b:.1} %")),
                verdict,
                badge,
            });
        }
    }
    Ok(Part { rows: out, waiting })
}

/// Under the plan of a post: every month since the promise held.
pub async fn part(ctx: &Ctx, post: Uuid) -> Result<String> {
    rows(ctx, Some(post), None).await?.render().map_err(kernel::Error::internal)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    month: String,
}

/// `GET /demand/kept?month=2026-06`: all posts; without a month, of the last half year.
pub async fn page(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let typed = if q.month.len() == 7 { format!("{}-01", q.month) } else { q.month };
    let month = web::form::parse_date(&typed).map(|d| d.first_of_month());
    let content = rows(&ctx, None, month).await?;
    let page = Page::new("承诺与兑现", &content).crumb("窗口不空岗", "/windows/monitor");
    let page = match month {
        Some(m) => page.crumb("月报", format!("/windows/report?month={m}")).action("全部月份", "/demand/kept"),
        None => page.crumb("月报", "/windows/report"),
    };
    if ctx.may(P::RosterPlan) { page.action("从需求定人数", "/demand/plan").show(&ctx) } else { page.show(&ctx) }
}
