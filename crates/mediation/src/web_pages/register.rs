//! 纠纷台账, and the people's mediation committees.

use super::{Choice, LineView, choices_at, views};
use crate::model::{Committee, State};
use crate::store::{self, parts};
use crate::actions;
use askama::Template;
use axum::extract::Query;
use kernel::{Permission as P, Purpose, Reader, clock};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

/// The query form.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Filter {
    state: String,
    judicial: String,
    level: String,
    from: String,
    until: String,
    mine: String,
    before: String,
}

#[derive(Template)]
#[template(path = "register.html")]
struct Register {
    f: Filter,
    states: &'static [State],
    categories: Vec<Choice>,
    levels: Vec<Choice>,
    lines: Vec<LineView>,
    counts: Vec<(State, i64)>,
    next: Option<String>,
    wrong_date: bool,
}

/// `GET /disputes`
pub async fn page(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let from = web::form::parse_date(&f.from);
    let until = web::form::parse_date(&f.until);
    let wrong_date = (!f.from.is_empty() && from.is_none()) || (!f.until.is_empty() && until.is_none());
    let text = |s: &str| Some(s.to_string()).filter(|s| !s.is_empty());
    let query = store::query::Query {
        reach: ctx.who.reach(),
        state: State::from_code(&f.state),
        judicial: text(&f.judicial),
        level: text(&f.level),
        owner: (f.mine == "1").then_some(ctx.who.user),
        from: from.map(clock::start_of),
        until: until.and_then(|d| d.tomorrow().ok()).map(clock::start_of),
        before: f.before.parse::<i64>().ok().map(clock::from_micros),
    };
    let look = ctx.look("mediation.register", Purpose::Mediation);
    let station = ctx.who.station;
    let (lines, counts, code) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let code = places::store::station_code(r, station).await?;
            let lines = store::query::register(r, &query).await?;
            for l in &lines {
                r.saw("dispute", l.id);
            }
            let counts = store::query::count_states(r, station).await?;
            Ok((views(r, lines, &rules, &code, today).await?, counts, code))
        })
        .await?;
    let next = (lines.len() as i64 == store::query::PAGE)
        .then(|| lines.last().map(|v| v.line.opened_at.as_microsecond().to_string()))
        .flatten();
    let content = Register {
        f,
        states: State::ALL,
        categories: choices_at(&rules, "dispute.category.judicial", &code, today),
        levels: choices_at(&rules, "dispute.level", &code, today),
        lines,
        counts,
        next,
        wrong_date,
    };
    let mut page = Page::new("纠纷台账", &content);
    if ctx.may(P::DataExport) {
        page = page.action("导出", "/exchange/export?what=disputes");
    }
    if ctx.may(P::DisputeOpen) {
        page = page.action("登记纠纷", "/disputes/new");
    }
    page.show(&ctx)
}

#[derive(Template)]
#[template(path = "committees.html")]
struct Committees<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    list: Vec<Committee>,
    may: bool,
}

async fn show_committees(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let look = ctx.look("mediation.committees", Purpose::Mediation);
    let station = ctx.who.station;
    let list = ctx.app.db().read(&look, async |r: &mut Reader| parts::committees(r, station).await).await?;
    let failed = again.any();
    let content = Committees { form, again: &again, command_id: ctx.command_id().to_string(), list, may: ctx.may(P::DisputeReview) };
    let page = Page::new("人民调解委员会", &content).crumb("纠纷", "/disputes");
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /disputes/committees`
pub async fn committees(ctx: Ctx) -> Answer {
    show_committees(&ctx, &Form::default(), Again::default()).await
}

/// `POST /disputes/committees`
pub async fn add_committee(ctx: Ctx, mut form: Form) -> Answer {
    let name = form.required("name", "全称", 60);
    let mediators = form.required("mediators", "调解员", 200);
    let area = form.bounded("area", "范围", 100);
    let act = ctx.act("mediation.committee", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::add_committee(&ctx.app, &act, &name, &mediators, &area).await.map(|_| ()),
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/disputes/committees"),
        Err(e) => show_committees(&ctx, &form, Again::from_error(e)?).await,
    }
}
