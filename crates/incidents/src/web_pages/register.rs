//! 警情台账: the register with a query form, newest first.

use super::{Choice, LineView, choices, views};
use crate::model::State;
use crate::store;
use askama::Template;
use axum::extract::Query;
use kernel::{Purpose, Reader, clock};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

/// The query form.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Filter {
    state: String,
    category: String,
    from: String,
    until: String,
    unlocated: String,
    before: String,
}

#[derive(Template)]
#[template(path = "register.html")]
struct Register {
    f: Filter,
    states: &'static [State],
    categories: Vec<Choice>,
    lines: Vec<LineView>,
    next: Option<String>,
    wrong_date: bool,
}

/// `GET /incidents`
pub async fn page(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    let rules = ctx.app.rules();
    let from = web::form::parse_date(&f.from);
    let until = web::form::parse_date(&f.until);
    let wrong_date = (!f.from.is_empty() && from.is_none()) || (!f.until.is_empty() && until.is_none());
    let query = store::Query {
        reach: ctx.who.reach(),
        state: State::from_code(&f.state),
        category: Some(f.category.clone()).filter(|c| !c.is_empty()),
        from: from.map(clock::start_of),
        until: until.and_then(|d| d.tomorrow().ok()).map(clock::start_of),
        unlocated: f.unlocated == "1",
        before: f.before.parse::<i64>().ok().map(clock::from_micros),
    };
    let look = ctx.look("incidents.register", Purpose::Incident);
    let lines = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let lines = store::register(r, &query).await?;
            for l in &lines {
                r.saw("incident", l.id);
            }
            Ok(lines)
        })
        .await?;
    let next = (lines.len() as i64 == store::PAGE)
        .then(|| lines.last().map(|l| l.called_at.as_microsecond().to_string()))
        .flatten();
    let categories = choices(&rules, "incident.category1", ctx.app.today());
    let content = Register { f, states: State::ALL, categories, lines: views(lines, &rules), next, wrong_date };
    let mut page = Page::new("警情台账", &content);
    if ctx.may(kernel::Permission::DataExport) {
        page = page.action("导出", "/exchange/export?what=incidents");
    }
    page.show(&ctx)
}
