//! The landing page: my tasks by deadline.

use crate::actions;
use crate::model::Task;
use askama::Template;
use kernel::Timestamp;
use web::{Answer, Ctx, Page};

#[derive(Template)]
#[template(path = "landing.html")]
struct Landing {
    list: String,
}

#[derive(Template)]
#[template(path = "list.html")]
struct List {
    overdue: Vec<Task>,
    today: Vec<Task>,
    later: Vec<Task>,
    /// All overdue tasks, of which the most urgent are listed.
    all_overdue: i64,
    /// Open tasks that are not listed.
    more: i64,
    now: Timestamp,
}

async fn lists(ctx: &Ctx) -> kernel::Result<List> {
    let now = ctx.now();
    let tomorrow = kernel::clock::start_of(ctx.app.today().tomorrow().unwrap_or(ctx.app.today()));
    let (all, (open, all_overdue)) = actions::mine(&ctx.app, &ctx.who).await?;
    let more = open - all.len() as i64;
    let (overdue, rest): (Vec<Task>, Vec<Task>) = all.into_iter().partition(|t| t.due < now);
    let (today, later) = rest.into_iter().partition(|t| t.due <= tomorrow);
    Ok(List { overdue, today, later, all_overdue, more, now })
}

/// `GET /`
pub async fn landing(ctx: Ctx) -> Answer {
    let list = lists(&ctx).await?.render().map_err(kernel::Error::internal)?;
    Page::new("我的待办", &Landing { list }).show(&ctx)
}

/// `GET /tasks/list`: the live fragment of the landing page.
pub async fn list(ctx: Ctx) -> Answer {
    web::page::fragment(&lists(&ctx).await?)
}
