//! 视频调阅登记 (条例 §16-2-3) and the report of a month.

use crate::model::{AlarmKind, LookKind, StreamKind, WatchPurpose};
use crate::rules::length;
use crate::store::{self, LookQuery, LookSum};
use askama::Template;
use axum::extract::Query;
use kernel::{Date, Purpose, Reader, Timestamp, ToSpan, Uuid, clock};
use serde::Deserialize;
use std::collections::HashMap;
use web::{Answer, Ctx, Page};

/// The query form.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Filter {
    station: String,
    camera: String,
    name: String,
    kind: String,
    purpose: String,
    exported: String,
    from: String,
    until: String,
    before: String,
}

struct Line {
    l: crate::model::Look,
    /// Who asked to see, and in what relation.
    visitor: String,
    camera: String,
    minutes: String,
}

#[derive(Template)]
#[template(path = "looks.html")]
struct Looks {
    f: Filter,
    lines: Vec<Line>,
    cameras: Vec<(Uuid, String)>,
    kinds: &'static [LookKind],
    purposes: &'static [WatchPurpose],
    next: Option<String>,
    wrong_date: bool,
}

fn minutes(l: &crate::model::Look) -> String {
    let lasted = (l.until_at.as_second() - l.began_at.as_second()).max(0) * 1000;
    match l.kind {
        LookKind::Live => format!("实时，看了 {}", length(lasted)),
        LookKind::Snapshot => format!("截图 {}", super::second(l.from_ms)),
        LookKind::Replay | LookKind::Export => format!("{} 至 {}", super::second(l.from_ms), super::second(l.to_ms)),
    }
}

/// `GET /video/looks`
pub async fn page(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    let from = web::form::parse_date(&f.from);
    let until = web::form::parse_date(&f.until);
    let wrong_date = (!f.from.is_empty() && from.is_none()) || (!f.until.is_empty() && until.is_none());
    let end = until.and_then(|d| d.tomorrow().ok()).map(clock::start_of);
    let before = f.before.parse::<i64>().ok().map(clock::from_micros);
    let query = LookQuery {
        camera: f.camera.parse().ok(),
        user_name: f.name.trim().to_string(),
        kind: LookKind::from_code(&f.kind).map_or(String::new(), |k| k.code().into()),
        purpose: WatchPurpose::from_code(&f.purpose).map_or(String::new(), |p| p.code().into()),
        exported: f.exported == "1",
        from: from.map(clock::start_of),
        until: [end, before].into_iter().flatten().min(),
    };
    let look = ctx.look("video.looks", Purpose::Audit);
    let (looks, cameras, visitors) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let station = super::station_for(r, &ctx.who, &f.station).await?.1.id;
            let looks = store::looks(r, station, &query).await?;
            for l in &looks {
                r.saw("video_look", l.id);
            }
            let cameras = store::cameras(r, station, true).await?;
            let mut watches: Vec<Uuid> = looks.iter().filter(|l| l.purpose == WatchPurpose::Visitor).map(|l| l.watch_id).collect();
            watches.dedup();
            Ok((looks, cameras, store::visitors_of(r, &watches).await?))
        })
        .await?;
    let cameras: Vec<(Uuid, String)> = cameras.into_iter().map(|w| (w.camera.id, w.camera.name)).collect();
    let names: HashMap<Uuid, &str> = cameras.iter().map(|c| (c.0, c.1.as_str())).collect();
    let next = (looks.len() as i64 == store::LOOKS)
        .then(|| looks.last().map(|l| l.began_at.as_microsecond().to_string()))
        .flatten();
    let lines = looks
        .into_iter()
        .map(|l| Line {
            camera: names.get(&l.camera_id).map_or("—".into(), |n| (*n).to_string()),
            minutes: minutes(&l),
            visitor: visitors.iter().find(|v| v.watch_id == l.watch_id).map_or(String::new(), |v| {
                format!("申请人 {}（{}），{}；{}同意", v.shown(), v.relation.label(), v.about, v.allowed_by)
            }),
            l,
        })
        .collect();
    let content = Looks { f, lines, cameras, kinds: LookKind::ALL, purposes: WatchPurpose::ALL, next, wrong_date };
    Page::new("视频调阅登记", &content).crumb("摄像机", "/video").action("录像导出", "/video/exports").action("值守情况", "/video/duty").action("月度报告", "/video/report").show(&ctx)
}

/// `?month=2026-05`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Month {
    month: String,
    station: String,
}

struct Camera {
    name: String,
    online: String,
    low: bool,
    looks: i64,
    /// How long it was looked at while there was a picture; empty: not at all.
    watched: String,
    /// There was a picture, and nobody looked at it.
    missed: bool,
    /// Nothing was counted yet.
    unknown: bool,
    last: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Report {
    month: Date,
    before: Date,
    after: Date,
    sums: Vec<LookSum>,
    total: (i64, i64, i64),
    alarms: Vec<(AlarmKind, i64)>,
    cameras: Vec<Camera>,
    missed: usize,
    unknown: usize,
    removed: (i64, String),
    visitors: i64,
    /// Who asked to see.
    people: Vec<crate::model::Visitor>,
}

/// `GET /video/report`
pub async fn report(ctx: Ctx, Query(a): Query<Month>) -> Answer {
    let typed = if a.month.len() == 7 { format!("{}-01", a.month) } else { a.month.clone() };
    let month = web::form::parse_date(&typed).unwrap_or_else(|| ctx.app.today()).first_of_month();
    let after = month.saturating_add(1.months());
    let (from, until): (Timestamp, Timestamp) = (clock::start_of(month), clock::start_of(after));
    let look = ctx.look("video.report", Purpose::Statistics);
    let (sums, alarms, hours, watched, cameras, removed, people) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let station = super::station_for(r, &ctx.who, &a.station).await?.1.id;
            Ok((
                store::look_sums(r, station, from, until).await?,
                store::alarm_sums(r, station, from, until).await?,
                store::hours(r, station, from.as_millisecond(), until.as_millisecond()).await?,
                store::watched_cameras(r, station, from, until).await?,
                store::cameras(r, station, false).await?,
                store::removed(r, station, month, month.last_of_month()).await?,
                store::visitors(r, station, from, until).await?,
            ))
        })
        .await?;
    let least = ctx.app.rules().int("video.min_online_percent", ctx.app.today())?;
    let lines: Vec<Camera> = cameras
        .iter()
        .map(|w| {
            let h = w.stream(StreamKind::Main).and_then(|s| hours.iter().find(|h| h.stream_id == s.id));
            let seen = watched.iter().find(|x| x.0 == w.camera.id);
            let s = super::duty::seconds(w, &hours);
            Camera {
                name: w.camera.name.clone(),
                online: h.map_or("—".into(), |h| web::show::rate(h.live, h.seconds)),
                low: h.is_some_and(|h| h.seconds > 0 && h.live * 100 / h.seconds < least),
                looks: seen.map_or(0, |x| x.1),
                watched: if s.watched > 0 { length(s.watched * 1000) } else { String::new() },
                missed: s.watched == 0 && s.live > 0,
                unknown: s.watched == 0 && s.observed == 0,
                last: seen.map_or("没有打开过".into(), |x| clock::show(x.2)),
            }
        })
        .collect();
    let total = sums.iter().fold((0, 0, 0), |t, s| (t.0 + s.looks, t.1 + s.exported, t.2 + s.seconds));
    let content = Report {
        before: month.saturating_sub(1.months()),
        month,
        after,
        visitors: sums.iter().filter(|s| s.purpose == WatchPurpose::Visitor).map(|s| s.looks).sum(),
        sums,
        total,
        alarms,
        missed: lines.iter().filter(|l| l.missed).count(),
        unknown: lines.iter().filter(|l| l.unknown).count(),
        cameras: lines,
        people,
        removed: (removed.iter().map(|r| r.files).sum(), super::size(removed.iter().map(|r| r.bytes).sum())),
    };
    Page::new("视频月度报告", &content).crumb("调阅登记", "/video/looks").show(&ctx)
}
