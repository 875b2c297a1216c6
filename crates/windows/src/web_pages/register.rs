//! The register of cases, those that wait, and 居住证 with their clocks.

use crate::actions;
use crate::model::{Case, CaseState, Channel};
use crate::rules::catalogue::{self, Kind};
use crate::rules::permit::{self, Clock};
use crate::store::{self, CaseQuery};
use askama::Template;
use axum::extract::Query;
use kernel::{Permission as P, Purpose, Reader, ToSpan, Uuid};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    from: String,
    until: String,
    kind: String,
    channel: String,
    state: String,
}

struct Line {
    c: Case,
    person: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "cases.html")]
struct Cases {
    q: Asked,
    lines: Vec<Line>,
    more: bool,
    open: bool,
    kinds: Vec<Kind>,
    channels: &'static [Channel],
    states: &'static [CaseState],
    may_serve: bool,
}

/// `GET /windows/cases?from=&until=&kind=&channel=&state=`: without a question, those that wait.
pub async fn list(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let (rules_now, station, today) = (ctx.app.rules(), ctx.who.station, ctx.app.today());
    let open = [&q.from, &q.until, &q.kind, &q.channel, &q.state].iter().all(|t| t.is_empty());
    let day = |text: &str| web::form::parse_date(text);
    let query = CaseQuery {
        from: day(&q.from).map(kernel::clock::start_of),
        until: day(&q.until).map(|d| kernel::clock::start_of(d.saturating_add(1.days()))),
        kind: kernel::text::cut(&q.kind, 40),
        channel: Channel::from_code(&q.channel),
        state: CaseState::from_code(&q.state),
    };
    let look = ctx.look("windows.cases", Purpose::Window);
    let mut lines = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let all = if open { store::cases_open(r, station).await? } else { store::cases(r, station, &query).await? };
            let mut lines = vec![];
            for c in all {
                r.saw("window_case", c.id);
                let person = people::store::person_for(r, c.person_id, true).await?.name;
                let late = c.due.is_some_and(|d| d < today) && matches!(c.state, CaseState::Incomplete | CaseState::Accepted);
                lines.push(Line { person, late, c });
            }
            Ok(lines)
        })
        .await?;
    let more = lines.len() > 300;
    lines.truncate(300);
    let may_serve = ctx.may(P::WindowServe);
    let content = Cases { q, lines, more, open, kinds: catalogue::kinds(&rules_now, today), channels: Channel::ALL, states: CaseState::ALL, may_serve };
    Page::new("办件", &content).action("登记办件", "/windows/cases/new").action("居住证", "/windows/permits").show(&ctx)
}

struct PermitLine {
    p: crate::model::Permit,
    person: String,
    clock: Clock,
    endorsed: Vec<String>,
}

#[derive(Template)]
#[template(path = "permits.html")]
struct Permits {
    lines: Vec<PermitLine>,
    service: Option<Uuid>,
}

/// `GET /windows/permits`: suspended ones first, then those that can be endorsed now.
pub async fn permits(ctx: Ctx) -> Answer {
    let (rules_now, station, today) = (ctx.app.rules(), ctx.who.station, ctx.app.today());
    let months = actions::months(&rules_now, today)?;
    let look = ctx.look("windows.permits", Purpose::Window);
    let (mut lines, service) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let service = store::services(r, station).await?.into_iter().find(|s| s.kind == "residence_endorse").map(|s| s.id);
            let endorsements = store::endorsements(r, station).await?;
            let mut lines = vec![];
            for p in store::permits(r, station).await? {
                let person = people::store::person_for(r, p.person_id, true).await?.name;
                let endorsed = endorsements.iter().filter(|e| e.permit_id == p.id).map(|e| format!("{}{}", e.on_day, if e.late { "（逾期补办）" } else { "" })).collect();
                lines.push(PermitLine { clock: permit::clock(&p, months, today), person, endorsed, p });
            }
            Ok((lines, service))
        })
        .await?;
    let rank = |c: &Clock| match c {
        Clock::Suspended { .. } => 0,
        Clock::Open { .. } => 1,
        Clock::Valid { .. } => 2,
        Clock::Ended => 3,
    };
    lines.sort_by_key(|l| rank(&l.clock));
    Page::new("居住证", &Permits { lines, service }).crumb("办件", "/windows/cases").show(&ctx)
}
