//! 承诺与兑现: the part of the plan's page that says what became of earlier promises, the same as a page for readers of
//! the month's report, and the rows behind its numbers.

use crate::actions::{self, Matter};
use crate::model::{Promise, Stream};
use crate::rules::kept::{Verdict, in_time};
use crate::rules::{plan, promise_text};
use askama::Template;
use axum::extract::Query;
use kernel::{Date, Permission as P, Purpose, Reader, Result, Uuid};
use roster::model::PostKind;
use serde::Deserialize;
use web::{Answer, Ctx, Page};

/// How a kind of post counts.
struct Words {
    /// From what to what somebody waits.
    span: &'static str,
    /// Of what nobody took on, after its number.
    lost: &'static str,
    /// The same of one.
    never: &'static str,
    counted: &'static str,
}

fn words(kind: PostKind) -> Words {
    match kind {
        PostKind::Patrol => Words {
            span: "派出到签收",
            lost: "次没有签收",
            never: "没有签收",
            counted: "一起警情算一次，从第一次派出到第一次签收，退回、撤回的派警不算。没有人签收的，派出满两小时算没有做到，在那以前不算。",
        },
        PostKind::Command => {
            Words { span: "来电到接办", lost: "起没有接办", never: "没有接办", counted: "一起警情算一次，从来电到接听；没有记接听时间的，到登记为止。" }
        }
        _ => Words { span: "取号到叫号", lost: "人没等到叫号", never: "没等到叫号", counted: "一张票算一次，从取号到第一次叫号。没等到叫号就离开的算没有做到，还在等的不算。" },
    }
}

/// A promise in a month.
struct Row {
    month: Date,
    post: String,
    window: bool,
    /// The rows behind it, for those who plan; "" for others.
    rows: String,
    promise: String,
    written: String,
    /// What the simulation said when it was given.
    simulated: String,
    came: i64,
    in_time: i64,
    lost: i64,
    /// `人没等到叫号`
    lost_words: &'static str,
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
    /// More came to a kind of post than is read at once.
    cut: bool,
}

async fn rows(ctx: &Ctx, only: Option<Uuid>, month: Option<Date>) -> Result<Part> {
    let (rules, station, plans) = (ctx.app.rules(), ctx.who.station, ctx.may(P::RosterPlan));
    let look = ctx.look("demand.kept", Purpose::Statistics);
    let all = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let mut posts: Vec<_> = roster::store::posts(r, station).await?.into_iter().map(|p| p.post).collect();
            posts.retain(|p| Stream::of_post(p.kind).is_some() && only.is_none_or(|id| id == p.id));
            let kinds: Vec<(Uuid, PostKind)> = posts.iter().map(|p| (p.id, p.kind)).collect();
            let promises = actions::promises(r, &rules, station, &kinds, month).await?;
            Ok(posts.into_iter().zip(promises).collect::<Vec<_>>())
        })
        .await?;
    let waiting = month.is_none() && all.iter().any(|(_, p)| !p.made.is_empty() && p.kept.is_empty());
    let cut = all.iter().any(|(_, p)| p.cut);
    let mut out = vec![];
    for (post, promises) in all {
        for k in promises.kept.into_iter().filter(|k| month.is_none_or(|m| m == k.month)) {
            let m = &promises.made[k.given];
            let (verdict, badge) = match k.verdict(m.share) {
                Verdict::Kept => ("做到了", "badge--ok"),
                Verdict::Broken => ("没有做到", "badge--danger"),
                Verdict::Open => ("数还少，说不准", "badge--quiet"),
            };
            out.push(Row {
                month: k.month,
                post: post.name.clone(),
                window: post.kind == PostKind::Window,
                rows: if plans { format!("/demand/kept/rows?post={}&given={}&month={}", post.id, m.id, k.month) } else { String::new() },
                promise: promise_text(post.kind, Promise { share: m.share, minutes: m.minutes }),
                written: kernel::clock::show(m.at),
                simulated: actions::bought_text(&plan::Plan { kinds: m.kinds.0.clone(), stretches: vec![] }.sum()),
                came: k.came,
                in_time: k.in_time,
                lost: k.lost,
                lost_words: words(post.kind).lost,
                interval: k.interval().map_or(String::new(), |(a, b)| format!("{a:.1} %–{b:.1} %")),
                verdict,
                badge,
            });
        }
    }
    Ok(Part { rows: out, waiting, cut })
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

/// Rows that the page behind a number shows at most.
const ROWS: usize = 500;

/// Which of the rows: all that were counted, those in time, the others.
const PARTS: [(&str, &str); 3] = [("all", "全部"), ("kept", "做到的"), ("late", "没有做到的")];

struct Line {
    m: Matter,
    came: String,
    waited: String,
    kept: bool,
}

struct Tab {
    label: &'static str,
    n: usize,
    path: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "kept_rows.html")]
struct Rows {
    /// Which numbers these are: a promise in a month, or the last four weeks.
    of: String,
    kept: i64,
    came: i64,
    minutes: i64,
    span: &'static str,
    counted: &'static str,
    tabs: Vec<Tab>,
    lines: Vec<Line>,
    /// Rows of the part that is shown, before the list was cut.
    many: usize,
}

/// `40 秒`, `12 分 5 秒`
fn waited(seconds: i64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, s) => format!("{s} 秒"),
        (m, 0) => format!("{m} 分"),
        (m, s) => format!("{m} 分 {s} 秒"),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Which {
    post: String,
    /// The promise and the month; without them the last four weeks within `minutes`.
    given: String,
    month: String,
    minutes: String,
    part: String,
}

/// What a page of rows is about.
enum Behind {
    Promise(Uuid, Date),
    Lately(i64),
}

impl Which {
    fn behind(&self) -> Result<Behind> {
        if self.given.is_empty() {
            let minutes = self.minutes.parse::<i64>().ok().filter(|m| (0..=actions::LONGEST).contains(m));
            return minutes.map(Behind::Lately).ok_or(kernel::Error::NotFound("这个分钟数"));
        }
        let month = web::form::parse_date(&self.month).map(|d| d.first_of_month()).ok_or(kernel::Error::NotFound("这个月份"))?;
        Ok(Behind::Promise(web::page::id(&self.given, "这条承诺")?, month))
    }
}

/// `GET /demand/kept/rows?post=&given=&month=2026-06-01&part=late`: what a promise of a month was counted of;
/// `?post=&minutes=10`: the same of the last four weeks.
pub async fn behind(ctx: Ctx, Query(q): Query<Which>) -> Answer {
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let (post, behind) = (web::page::id::<Uuid>(&q.post, "这个岗位")?, q.behind()?);
    let look = ctx.look("demand.rows", Purpose::Statistics);
    let (post, minutes, of, mut all) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let post = roster::store::post(r, station, post).await?.post;
            if Stream::of_post(post.kind).is_none() {
                return Err(kernel::Error::NotFound("这个岗位"));
            }
            Ok(match behind {
                Behind::Promise(given, month) => {
                    let (promise, all) = actions::behind(r, &rules, station, (post.id, post.kind), given, month).await?;
                    let of = format!("{} 年 {} 月，承诺“{}”", month.year(), month.month(), promise_text(post.kind, promise));
                    (post, promise.minutes, of, all)
                }
                Behind::Lately(minutes) => {
                    let all = actions::lately(r, station, post.kind).await?;
                    (post, minutes, format!("最近 {} 周，不含今天", actions::BESIDE / 7), all)
                }
            })
        })
        .await?;
    let words = words(post.kind);
    let (came, kept) = (all.len(), all.iter().filter(|m| in_time(m.waited, minutes)).count());
    let part = PARTS.iter().find(|p| p.0 == q.part).unwrap_or(&PARTS[0]).0;
    let about = if q.given.is_empty() { format!("minutes={minutes}") } else { format!("given={}&month={}", q.given, q.month) };
    let tab = |((key, label), n): ((&'static str, &'static str), usize)| Tab {
        label,
        n,
        path: format!("/demand/kept/rows?post={}&{about}&part={key}", post.id),
        here: key == part,
    };
    let tabs = PARTS.into_iter().zip([came, kept, came - kept]).map(tab).collect();
    all.retain(|m| part == "all" || (part == "kept") == in_time(m.waited, minutes));
    let many = all.len();
    all.truncate(ROWS);
    let line = |m: Matter| Line {
        came: kernel::clock::show(m.came),
        waited: m.waited.map_or(words.never.into(), waited),
        kept: in_time(m.waited, minutes),
        m,
    };
    let lines = all.into_iter().map(line).collect();
    let content = Rows { of, kept: kept as i64, came: came as i64, minutes, span: words.span, counted: words.counted, tabs, lines, many };
    let page = Page::new(format!("{}：逐条对照", post.name), &content);
    page.crumb("从需求定人数", format!("/demand/plan?post={}", post.id)).crumb("承诺与兑现", "/demand/kept").show(&ctx)
}
