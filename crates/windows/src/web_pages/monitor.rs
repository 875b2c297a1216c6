//! 窗口不空岗: today live, and the month's report whose figures open their rows.

use crate::actions::{self, Sum, Waits, WindowDay};
use crate::model::{Case, Channel, Span, Stand, Ticket, clock, minute_of, spans_text};
use crate::rules::{empty, queue};
use crate::store;
use askama::Template;
use axum::extract::Query;
use kernel::{Date, Purpose, Reader, StationId, ToSpan, UserId, Uuid};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

struct Now {
    name: String,
    plan: String,
    /// Who stands there since when.
    who: String,
    /// `空岗`, `在岗`, `计划外在岗`, `未开放`.
    state: &'static str,
    badge: &'static str,
    /// Minutes of the present gap.
    gap: i64,
    planned: i64,
    empty: i64,
    gaps: String,
    /// Stands that nobody ended: when the program did.
    forgotten: String,
}

#[derive(Template)]
#[template(path = "monitor.html")]
struct Monitor {
    rows: Vec<Now>,
    /// Posts of the roster beside the windows.
    posts: Vec<roster::actions::PostDay>,
    sum: Sum,
    at: String,
    month: String,
    live: bool,
}

async fn monitor(ctx: &Ctx, live: bool) -> kernel::Result<Monitor> {
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let (now, today) = (ctx.now(), ctx.app.today());
    let look = ctx.look("windows.monitor", Purpose::Window);
    let (days, stands, names, mut posts) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (days, stands) = actions::kept(r, &rules, station, today, today).await?;
            let users: Vec<UserId> = stands.iter().map(|s| s.user_id).collect();
            Ok((days, stands, identity::store::names(r, &users).await?, roster::actions::post_day(r, station).await?))
        })
        .await?;
    // Windows that hang on a post are counted above by themselves.
    posts.retain(|p| !p.window);
    let minute = minute_of(now);
    let row = |d: &WindowDay| {
        let stand = queue::stand_at(&stands, d.window);
        let open = d.plan.iter().any(|s| s.from <= minute && minute < s.until);
        let gap = if open && stand.is_none() { d.kept.empty.last().filter(|s| s.until >= minute).map_or(0, |s| s.minutes()) } else { 0 };
        let (state, badge) = match (open, stand.is_some()) {
            (true, true) => ("在岗", "badge--ok"),
            (true, false) => ("空岗", "badge--danger"),
            (false, true) => ("计划外在岗", "badge--quiet"),
            (false, false) => ("未开放", "badge--quiet"),
        };
        let who = stand.map_or(String::new(), |s| {
            let name = names.iter().find(|n| n.0 == s.user_id).map_or("", |n| n.1.as_str());
            format!("{name}（{} 起）", clock(minute_of(s.began_at)))
        });
        Now {
            name: d.name.clone(),
            plan: spans_text(&d.plan),
            who,
            state,
            badge,
            gap,
            planned: empty::minutes(&d.kept.planned),
            empty: empty::minutes(&d.kept.empty),
            gaps: d.kept.empty.iter().map(|s| s.text()).collect::<Vec<_>>().join("、"),
            forgotten: left_open(&stands, &names, d.window),
        }
    };
    Ok(Monitor { rows: days.iter().map(row).collect(), posts, sum: Sum::of(days.iter()), at: clock(minute), month: today.first_of_month().to_string(), live })
}

/// `12:30 自动记为离岗：窗口甲没有登记`, of the stands at a window that nobody ended.
fn left_open(stands: &[Stand], names: &[(UserId, String)], window: Uuid) -> String {
    let name = |s: &Stand| names.iter().find(|n| n.0 == s.user_id).map_or("", |n| n.1.as_str()).to_string();
    let text = |s: &Stand| s.ended_at.map(|e| format!("{} 自动记为离岗：{}没有登记", clock(minute_of(e)), name(s)));
    stands.iter().filter(|s| s.window_id == window && s.was_forgotten()).filter_map(text).collect::<Vec<_>>().join("、")
}

/// `GET /windows/monitor`
pub async fn page(ctx: Ctx) -> Answer {
    let content = monitor(&ctx, false).await?;
    Page::new("窗口不空岗", &content).action("月报", "/windows/report").show(&ctx)
}

/// `GET /windows/monitor/live`
pub async fn live(ctx: Ctx) -> Answer {
    web::page::fragment(&monitor(&ctx, true).await?)
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    month: String,
    window: String,
    service: String,
    what: String,
}

struct Of {
    id: Uuid,
    name: String,
    sum: Sum,
}

struct Served {
    id: Uuid,
    name: String,
    waits: Waits,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Report {
    month: Date,
    months: [(String, String); 3],
    windows: Vec<Of>,
    all: Sum,
    /// Stands that nobody ended.
    forgotten: usize,
    services: Vec<Served>,
    waits: Waits,
    upto: String,
    /// What was handed over: name, at the door, in other ways.
    delivered: Vec<(String, usize, usize)>,
    /// Posts, load and rest, for those who plan; "" for others.
    people: String,
    knows_demand: bool,
}

impl Report {
    fn minutes(&self, s: &Option<i64>) -> String {
        wait_text(*s)
    }
    fn hours(&self, m: &i64) -> String {
        hours_text(*m)
    }
}

/// `12 分 5 秒`, `—`.
fn wait_text(seconds: Option<i64>) -> String {
    seconds.map_or("—".into(), |s| if s < 60 { format!("{s} 秒") } else { format!("{} 分 {} 秒", s / 60, s % 60) })
}

/// `12 小时 5 分`, `40 分`.
fn hours_text(minutes: i64) -> String {
    if minutes < 60 { format!("{minutes} 分") } else { format!("{} 小时 {} 分", minutes / 60, minutes % 60) }
}

/// The month asked for, this one where nothing or nonsense was typed; never one that lies ahead.
fn month_of(ctx: &Ctx, typed: &str) -> Date {
    let today = ctx.app.today().first_of_month();
    let typed = if typed.len() == 7 { format!("{typed}-01") } else { typed.to_string() };
    web::form::parse_date(&typed).map(|d| d.first_of_month()).filter(|d| *d <= today && *d >= today.saturating_sub(60.months())).unwrap_or(today)
}

/// `GET /windows/report?month=`
pub async fn report(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let month = month_of(&ctx, &q.month);
    let (rules, station, today) = (ctx.app.rules(), ctx.who.station, ctx.app.today());
    let last = month.last_of_month();
    let look = ctx.look("windows.report", Purpose::Statistics);
    let (days, stands, tickets, services, cases) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let (days, stands) = actions::kept(r, &rules, station, month, last).await?;
            let cases = handed_over(r, station, month).await?;
            Ok((days, stands, store::tickets_between(r, station, month, last).await?, store::service_names(r, station).await?, cases))
        })
        .await?;
    let mut delivered: Vec<(String, usize, usize)> = vec![];
    for c in &cases {
        let door = usize::from(c.channel == Channel::Door);
        match delivered.iter_mut().find(|d| d.0 == c.name) {
            Some(d) => (d.1, d.2) = (d.1 + door, d.2 + 1 - door),
            None => delivered.push((c.name.clone(), door, 1 - door)),
        }
    }
    delivered.sort_by_key(|d| std::cmp::Reverse((d.1, d.2)));
    let mut windows: Vec<Of> = vec![];
    for d in &days {
        if !windows.iter().any(|w| w.id == d.window) {
            windows.push(Of { id: d.window, name: d.name.clone(), sum: Sum::of(days.iter().filter(|x| x.window == d.window)) });
        }
    }
    let of = |id: Uuid| Waits::of(tickets.iter().filter(move |t| t.service_id == id));
    let services = services.into_iter().map(|(id, name)| Served { id, name, waits: of(id) }).filter(|s| s.waits.drawn > 0).collect();
    let around = [-1i64, 0, 1].map(|n| {
        let m = month.saturating_add(n.months()).first_of_month();
        (m.to_string(), format!("{} 年 {} 月", m.year(), m.month()))
    });
    let people = if ctx.may(kernel::Permission::RosterPlan) { roster::month_part(&ctx, month, true).await? } else { String::new() };
    let content = Report {
        delivered,
        people,
        knows_demand: ctx.site.has_menu(|p| p == "/demand"),
        months: around,
        windows,
        all: Sum::of(days.iter()),
        forgotten: stands.iter().filter(|s| s.was_forgotten()).count(),
        services,
        waits: Waits::of(tickets.iter()),
        upto: if last >= today { format!("算到今天 {}", clock(minute_of(ctx.now()))) } else { "全月".into() },
        month,
    };
    Page::new("月报", &content).crumb("窗口不空岗", "/windows/monitor").show(&ctx)
}

/// What was handed over in a month.
async fn handed_over(r: &mut Reader, station: StationId, month: Date) -> kernel::Result<Vec<Case>> {
    let (from, until) = (kernel::clock::start_of(month), kernel::clock::start_of(month.last_of_month().saturating_add(1.days())));
    store::delivered(r, station, from, until).await
}

struct Line {
    day: Date,
    window: String,
    spans: String,
    minutes: i64,
    who: String,
}

struct TicketLine {
    t: Ticket,
    service: String,
    window: String,
    wait: String,
}

#[derive(Template)]
#[template(path = "report_rows.html")]
struct Rows {
    title: String,
    lines: Vec<Line>,
    /// What was handed over, without anybody's name.
    cases: Vec<Case>,
    may_serve: bool,
    total: i64,
    tickets: Vec<TicketLine>,
    many: usize,
}

/// A heading and the spans that it lists.
type Pick = (&'static str, fn(&WindowDay) -> &Vec<Span>);

/// Who stood at the window in these spans, or why the last one left before them.
fn who(stands: &[Stand], names: &[(UserId, String)], day: Date, window: Uuid, spans: &[Span], empty: bool) -> String {
    let at = |s: &Stand| names.iter().find(|n| n.0 == s.user_id).map_or("", |n| n.1.as_str()).to_string();
    let moment = |m: i64| crate::model::moment(day, m);
    let mut out: Vec<String> = vec![];
    for span in spans {
        for s in stands.iter().filter(|s| s.window_id == window) {
            let text = if empty {
                let left = s.ended_at.filter(|e| kernel::clock::day_of(*e) == day && minute_of(*e) == span.from);
                match left {
                    Some(_) => format!("{} 离岗：{}", clock(span.from), s.ended_why),
                    None => continue,
                }
            } else if s.began_at < moment(span.until) && s.ended_at.is_none_or(|e| e > moment(span.from)) {
                at(s)
            } else {
                continue;
            };
            if !out.contains(&text) {
                out.push(text);
            }
        }
    }
    out.join("、")
}

/// `GET /windows/report/rows?month=&window=&what=planned|actual|empty|extra` or `…&service=&what=drawn|done|lost|waited`
pub async fn rows(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let month = month_of(&ctx, &q.month);
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let (last, window, service) = (month.last_of_month(), q.window.parse::<Uuid>().ok(), q.service.parse::<Uuid>().ok());
    let look = ctx.look("windows.report_rows", Purpose::Statistics);
    let pick: Option<Pick> = match q.what.as_str() {
        "planned" => Some(("计划开放", |d| &d.kept.planned)),
        "actual" => Some(("有人在岗", |d| &d.kept.actual)),
        "empty" => Some(("空岗", |d| &d.kept.empty)),
        "extra" => Some(("计划外在岗", |d| &d.kept.extra)),
        _ => None,
    };
    let forgotten = q.what == "forgotten";
    let month_name = format!("{} 年 {} 月", month.year(), month.month());
    let may_serve = ctx.may(kernel::Permission::WindowServe);
    let content = match pick {
        None if q.what == "delivered" || q.what == "door" => {
            let mut cases = ctx.app.db().read(&look, async |r: &mut Reader| handed_over(r, station, month).await).await?;
            cases.retain(|c| q.what == "delivered" || c.channel == Channel::Door);
            let name = if q.what == "door" { "上门办理并送达的" } else { "送达的证件、证明和其他办件" };
            let many = cases.len();
            cases.truncate(500);
            Rows { title: format!("{month_name}{name}"), lines: vec![], cases, may_serve, total: 0, tickets: vec![], many }
        }
        None if forgotten => {
            let (stands, names, windows) = ctx
                .app
                .db()
                .read(&look, async |r: &mut Reader| {
                    let mut stands = actions::kept(r, &rules, station, month, last).await?.1;
                    stands.retain(Stand::was_forgotten);
                    let users: Vec<UserId> = stands.iter().map(|s| s.user_id).collect();
                    Ok((stands, identity::store::names(r, &users).await?, store::window_names(r, station).await?))
                })
                .await?;
            let line = |s: &Stand| {
                let end = s.ended_at.unwrap_or(s.began_at);
                Line {
                    day: kernel::clock::day_of(s.began_at),
                    window: windows.iter().find(|w| w.0 == s.window_id).map_or(String::new(), |w| w.1.clone()),
                    spans: format!("{}-{}", clock(minute_of(s.began_at)), if minute_of(end) == 0 { clock(1_440) } else { clock(minute_of(end)) }),
                    minutes: (end.as_second() - s.began_at.as_second()) / 60,
                    who: names.iter().find(|n| n.0 == s.user_id).map_or(String::new(), |n| n.1.clone()),
                }
            };
            let lines: Vec<Line> = stands.iter().map(line).collect();
            let total = lines.iter().map(|l| l.minutes).sum();
            Rows { title: format!("{month_name}没有离岗登记、自动结束的"), total, lines, cases: vec![], may_serve, tickets: vec![], many: 0 }
        }
        Some((name, spans)) => {
            let (days, stands, names) = ctx
                .app
                .db()
                .read(&look, async |r: &mut Reader| {
                    let (days, stands) = actions::kept(r, &rules, station, month, last).await?;
                    let users: Vec<UserId> = stands.iter().map(|s| s.user_id).collect();
                    Ok((days, stands, identity::store::names(r, &users).await?))
                })
                .await?;
            let lines: Vec<Line> = days
                .iter()
                .filter(|d| window.is_none_or(|w| w == d.window) && !spans(d).is_empty())
                .map(|d| Line {
                    day: d.day,
                    window: d.name.clone(),
                    spans: spans_text(spans(d)),
                    minutes: empty::minutes(spans(d)),
                    who: if q.what == "planned" { String::new() } else { who(&stands, &names, d.day, d.window, spans(d), q.what == "empty") },
                })
                .collect();
            Rows { title: format!("{month_name}{name}"), total: lines.iter().map(|l| l.minutes).sum(), lines, cases: vec![], may_serve, tickets: vec![], many: 0 }
        }
        None => {
            use crate::model::TicketState as S;
            let (tickets, services, windows) = ctx
                .app
                .db()
                .read(&look, async |r: &mut Reader| {
                    Ok((store::tickets_between(r, station, month, last).await?, store::service_names(r, station).await?, store::window_names(r, station).await?))
                })
                .await?;
            let (name, keep): (&str, fn(&Ticket) -> bool) = match q.what.as_str() {
                "done" => ("办结的票", |t| t.state == S::Done),
                "lost" => ("过号、离开的票", |t| matches!(t.state, S::Left | S::Missed)),
                "waited" => ("叫过的票，等得最久的在前", |t| t.waited().is_some()),
                _ => ("取的号", |_| true),
            };
            let mut all: Vec<&Ticket> = tickets.iter().filter(|t| service.is_none_or(|s| s == t.service_id) && keep(t)).collect();
            if q.what == "waited" {
                all.sort_by_key(|t| std::cmp::Reverse(t.waited()));
            }
            let find = |list: &[(Uuid, String)], id: Option<Uuid>| list.iter().find(|x| Some(x.0) == id).map_or(String::new(), |x| x.1.clone());
            let line = |t: &&Ticket| TicketLine {
                service: find(&services, Some(t.service_id)),
                window: find(&windows, t.window_id),
                wait: wait_text(t.waited()),
                t: (*t).clone(),
            };
            Rows { title: format!("{month_name}{name}"), lines: vec![], cases: vec![], may_serve, total: 0, many: all.len(), tickets: all.iter().take(500).map(line).collect() }
        }
    };
    Page::new(content.title.clone(), &content).crumb("窗口不空岗", "/windows/monitor").crumb("月报", format!("/windows/report?month={month}")).show(&ctx)
}
