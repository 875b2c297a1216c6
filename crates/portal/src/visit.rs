//! What a station's windows do, when they are open, and with which papers; which certificate is had where.

use crate::web_pages::station;
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Purpose, Reader, ToSpan, Uuid};
use places::model::Station;
use serde::Deserialize;
use web::show::weekday;
use web::{Answer, Ctx, Page};
use windows::model::{Service, spans_text};
use windows::rules::catalogue::{self, Kind, Refused};
use windows::rules::hours::OpenDay;
use windows::web_pages::{due_text, hours::marks};

struct Line {
    date: String,
    hours: String,
    marks: Vec<String>,
    closed: String,
}

fn line(d: &OpenDay) -> Line {
    Line {
        date: format!("{} 月 {} 日 星期{}", d.date().month(), d.date().day(), weekday(d.date())),
        hours: spans_text(&d.spans()),
        marks: marks(d),
        closed: d.closed.join("；"),
    }
}

#[derive(Template)]
#[template(path = "windows.html")]
struct Windows {
    station: Station,
    services: Vec<Service>,
    days: Vec<Line>,
}

/// `GET /p/windows/{station}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let station = station(&ctx, &id).await?;
    let (rules, today) = (ctx.app.rules(), ctx.app.today());
    let look = ctx.look("portal.windows", Purpose::OwnMatter);
    let (services, days) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let services = windows::store::services(r, station.id).await?;
            let (_, days) = windows::actions::open_days(r, &rules, station.id, today, today.saturating_add(6.days())).await?;
            Ok((services, days))
        })
        .await?;
    let title = format!("{}的窗口", station.name);
    Page::new(title, &Windows { station, services, days: days.iter().map(line).collect() }).plain().show(&ctx)
}

#[derive(Template)]
#[template(path = "window_service.html")]
struct One {
    station: Station,
    s: Service,
    kind: Option<Kind>,
    due: String,
    days: Vec<Line>,
}

/// `GET /p/windows/{station}/{service}`: everything to bring, told once.
pub async fn service(ctx: Ctx, Path((id, service)): Path<(String, String)>) -> Answer {
    let station = station(&ctx, &id).await?;
    let service: Uuid = web::page::id(&service, "这项业务")?;
    let (rules, today) = (ctx.app.rules(), ctx.app.today());
    let look = ctx.look("portal.service", Purpose::OwnMatter);
    let (s, days) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let s = windows::actions::service_in_use(r, station.id, service).await?;
            let (_, days) = windows::actions::open_days(r, &rules, station.id, today, today.saturating_add(6.days())).await?;
            Ok((s, days))
        })
        .await?;
    let kind = catalogue::find(&rules, &s.kind);
    let of = |d: &OpenDay| Line { hours: spans_text(&d.spans_of(s.id)), ..line(d) };
    let content = One { due: due_text(&rules, kind.as_ref(), &station.code, today), days: days.iter().map(of).collect(), station, kind, s };
    Page::new(content.s.name.clone(), &content).plain().show(&ctx)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    q: String,
}

#[derive(Template)]
#[template(path = "certificates.html")]
struct Certificates {
    q: String,
    kinds: Vec<Kind>,
    refused: Vec<Refused>,
}

/// `GET /p/certificates?q=`
pub async fn certificates(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let (rules, today) = (ctx.app.rules(), ctx.app.today());
    let asked = kernel::text::fold(kernel::text::cut(&q.q, 20).trim());
    let has = |text: &str| asked.is_empty() || kernel::text::fold(text).contains(&asked);
    let content = Certificates {
        kinds: catalogue::kinds(&rules, today).into_iter().filter(|k| k.group == "certificate" && has(&k.name)).collect(),
        refused: catalogue::refused(&rules, today).into_iter().filter(|r| has(&r.name)).collect(),
        q: q.q,
    };
    Page::new("证明该到哪里开", &content).plain().show(&ctx)
}
