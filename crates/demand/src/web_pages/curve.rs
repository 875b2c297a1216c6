//! 需求曲线: one stream on one kind of day.

use crate::answers::Asked as Stretch;
use crate::actions::{self, BESIDE, Gathered, Shut};
use crate::model::{Coverage, Line, Pilot, SLOT, Stream};
use crate::plot::Plot;
use crate::rules::curve::{self, Learnt};
use crate::rules::latent::{self, Guess, Guessed};
use crate::rules::plan::Beside;
use askama::Template;
use axum::extract::Query;
use axum::response::IntoResponse;
use http::header;
use kernel::{Error, Permission as P, Purpose, Reader, Uuid};
use roster::model::DayType;
use serde::Deserialize;
use web::{Answer, Ctx, Page};
use windows::model::clock;

/// What is asked.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    stream: String,
    kind: String,
}

/// Why there is no curve.
enum Nothing {
    NoServices,
    Shut(Shut),
    NoData,
    TooFew(usize),
}

struct Row {
    time: String,
    line: Line,
    planned: f64,
    actual: f64,
    empty: i64,
}

#[derive(Template)]
#[template(path = "curve.html")]
struct Curve {
    streams: Vec<(String, String)>,
    stream: String,
    name: String,
    kinds: &'static [DayType],
    kind: DayType,
    nothing: Option<Nothing>,
    plot: String,
    rows: Vec<Row>,
    days: usize,
    a_day: f64,
    coverage: Coverage,
    guess: Option<Result<Guess, String>>,
    /// Wishes for hours and how many people have them.
    wishes: Vec<(Stretch, i64)>,
    at_windows: bool,
    may_import: bool,
    may_plan: bool,
    may_manage: bool,
    may_ask: bool,
}

impl Curve {
    fn one(&self, n: &f64) -> String {
        format!("{n:.1}")
    }
    fn two(&self, n: &f64) -> String {
        format!("{n:.2}")
    }
    fn percent(&self, share: &f64) -> String {
        format!("{:.0}", share * 100.0)
    }
    /// People a day in a stretch.
    fn per_day(&self, b: &Guessed, slot: &f64) -> String {
        format!("{:.1}", b.a_day(*slot))
    }
    fn pilots(&self) -> Vec<&Pilot> {
        self.guess.iter().flatten().flat_map(|g| &g.pilots).take(3).collect()
    }
    fn any_shut(&self) -> bool {
        self.guessed().is_some_and(|g| g.bands.iter().any(|b| !b.open))
    }
    fn guessed(&self) -> Option<&Guess> {
        self.guess.as_ref().and_then(|g| g.as_ref().ok())
    }
    fn no_guess(&self) -> Option<&str> {
        self.guess.as_ref().and_then(|g| g.as_ref().err()).map(String::as_str)
    }
    fn has_latent(&self) -> bool {
        self.rows.iter().any(|r| r.line.latent.is_some())
    }
    fn weeks(&self) -> i64 {
        BESIDE / 7
    }
}

/// All that the page and the file need.
struct Seen {
    stream: Stream,
    kind: DayType,
    services: Vec<(Uuid, String)>,
    name: String,
    gathered: Gathered,
    learnt: Option<Learnt>,
    lines: Vec<Line>,
    guess: Option<Result<Guess, String>>,
    beside: Option<Beside>,
    wishes: Vec<(Stretch, i64)>,
}

async fn see(ctx: &Ctx, a: &Asked) -> kernel::Result<Seen> {
    let stream = Stream::from_code(&a.stream).ok_or(Error::NotFound("这一路到访"))?;
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let look = ctx.look("demand.curve", Purpose::Statistics);
    let (services, gathered, round, beside, wishes) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let services = actions::services(r, station).await?;
            if let Stream::Service(id) = stream
                && !services.iter().any(|s| s.0 == id)
            {
                return Err(Error::NotFound("这项业务"));
            }
            let gathered = actions::gather(r, &rules, station, stream).await?;
            let round = if stream.at_windows() { actions::asked(r, station, stream).await? } else { None };
            let beside = if stream.at_windows() { Some(actions::beside(r, &rules, station).await?) } else { None };
            Ok((services, gathered, round, beside, actions::wished(r, station, stream).await?))
        })
        .await?;
    // Days of the kind that was asked for, else the kind that has most.
    let of = |k: DayType| gathered.days.iter().filter(|d| d.kind == k).count();
    let kind = DayType::from_code(&a.kind).unwrap_or_else(|| DayType::ALL.iter().copied().rev().max_by_key(|k| of(*k)).unwrap_or(DayType::Work));
    let work = move || {
        let also: Vec<usize> = round
            .iter()
            .flat_map(|r| &r.asked)
            .flat_map(|a| [(a.span.from / SLOT) as usize, ((a.span.until - 1) / SLOT) as usize])
            .collect();
        let learnt = curve::learn(&gathered.days, curve::hull(&gathered.days, also.into_iter()));
        let mut lines = learnt.as_ref().map_or(vec![], |l| l.lines(kind));
        let guess = round.as_ref().map(|r| latent::guess(&gathered.days, r));
        if let Some(Ok(g)) = &guess {
            g.beside(kind, &mut lines);
        }
        (gathered, learnt, lines, guess)
    };
    let (gathered, learnt, lines, guess) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    let name = match stream {
        Stream::All => "全部窗口业务".into(),
        Stream::Service(id) => services.iter().find(|s| s.0 == id).map_or(String::new(), |s| s.1.clone()),
        Stream::Booked => "预约的时间".into(),
        Stream::Door => "上门申请".into(),
        Stream::Incidents => "警情".into(),
        Stream::Calls => "来电报警".into(),
        Stream::Sent => "派警".into(),
    };
    Ok(Seen { stream, kind, services, name, gathered, learnt, lines, guess, beside, wishes })
}

/// `GET /demand`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let s = see(&ctx, &a).await?;
    let mut streams = vec![("all".to_string(), "全部窗口业务".to_string())];
    streams.extend(s.services.iter().map(|(id, name)| (id.to_string(), name.clone())));
    for (code, name) in [("booked", "预约的时间"), ("door", "上门申请"), ("incidents", "警情"), ("calls", "来电报警"), ("sent", "派警")] {
        streams.push((code.into(), name.into()));
    }
    let known = s.gathered.days.len();
    let nothing = match (s.gathered.shut, known) {
        _ if s.services.is_empty() && s.stream.at_windows() => Some(Nothing::NoServices),
        (Some(shut), 0) => Some(Nothing::Shut(shut)),
        (_, 0) => Some(Nothing::NoData),
        _ if s.learnt.is_none() => Some(Nothing::TooFew(curve::missing(&s.gathered.days))),
        _ => None,
    };
    let title = format!("{}：{}（一刻钟几个人）", s.name, s.kind.label());
    let row = |line: Line| {
        let (planned, actual) = s.beside.as_ref().map_or((0.0, 0.0), |b| b.average(s.kind, line.slot));
        let empty = s.beside.as_ref().map_or(0, |b| b.empty[line.slot][s.kind as usize]);
        Row { time: clock(line.minute()), line, planned, actual, empty }
    };
    let plot = Plot::new(title, &s.lines).render().map_err(Error::internal)?;
    let content = Curve {
        stream: s.stream.code(),
        kinds: DayType::ALL,
        days: s.learnt.as_ref().map_or(0, |l| l.days[s.kind as usize]),
        a_day: s.lines.iter().filter(|l| l.observed()).map(|l| l.mean).sum(),
        rows: s.lines.iter().cloned().map(row).collect(),
        plot: if nothing.is_none() { plot } else { String::new() },
        at_windows: s.stream.at_windows(),
        may_import: ctx.may(P::DataImport),
        may_plan: ctx.may(P::RosterPlan),
        may_manage: ctx.may(P::WindowManage),
        may_ask: ctx.may(P::SurveySee),
        streams,
        name: s.name,
        kind: s.kind,
        nothing,
        coverage: s.gathered.coverage,
        guess: s.guess,
        wishes: s.wishes,
    };
    let mut page = Page::new("需求曲线", &content);
    if content.may_plan {
        page = page.action("从需求定人数", "/demand/plan");
    }
    if content.may_import {
        page = page.action("导入过去的到访", "/exchange/import?mapping=arrivals");
    }
    page.show(&ctx)
}

/// `GET /demand/csv`: the table of the page.
pub async fn csv(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let s = see(&ctx, &a).await?;
    let mut out = String::from("\u{feff}日子,时段,状态,观察的天数,平均人数,平均的下限,平均的上限,八成的日子从,八成的日子到,潜在下限,潜在中值,潜在上限,计划人数,在岗人数,空岗分钟\r\n");
    for l in &s.lines {
        let (planned, actual) = s.beside.as_ref().map_or((0.0, 0.0), |b| b.average(s.kind, l.slot));
        let empty = s.beside.as_ref().map_or(0, |b| b.empty[l.slot][s.kind as usize]);
        let state = if l.observed() { "观察到" } else { "外推" };
        let seen = if l.observed() { format!("{:.3},{:.3},{:.3},{},{}", l.mean, l.sure.0, l.sure.1, l.low, l.high) } else { ",,,,".into() };
        let latent = l.latent.map_or(",,".into(), |b| format!("{:.3},{:.3},{:.3}", b.low, b.middle, b.high));
        let time = format!("{}-{}", clock(l.minute()), clock(l.minute() + SLOT));
        out.push_str(&format!("{},{time},{state},{},{seen},{latent},{planned:.2},{actual:.2},{empty}\r\n", s.kind.label(), l.days));
    }
    let head = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"demand.csv\"")];
    Ok((head, out).into_response())
}
