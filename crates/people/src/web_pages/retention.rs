//! 到期清理: what is due, a dry run, the clearing, its reports. One page for every domain that keeps personal values.

use crate::model::Report;
use crate::{actions, store};
use askama::Template;
use kernel::{CommandId, Purpose, Reader};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

/// Whose page it is.
pub struct What {
    /// Where it stands and is posted to.
    pub path: &'static str,
    pub title: &'static str,
    /// What is emptied, and what stays, in a sentence.
    pub explains: &'static str,
    /// Kinds of records whose lines are listed.
    pub kinds: &'static [&'static str],
}

const PERSONS: What = What {
    path: "/people/retention",
    title: "到期清理",
    explains: "有保留措施的人员不清理；清理后只保留编号，不能恢复（备份除外）。",
    kinds: &["person"],
};

/// Records emptied last that the page lists.
const LISTED: i64 = 100;

#[derive(Template)]
#[template(path = "people/retention.html")]
struct View<'a> {
    what: &'a What,
    /// What a dry run has just found; only then the clearing can be started.
    dry: Option<Report>,
    runs: Vec<store::Run>,
    cleared: Vec<store::Cleared>,
    again: Again,
    command_id: CommandId,
}

async fn view<'a>(ctx: &Ctx, what: &'a What, dry: Option<Report>, again: Again) -> kernel::Result<View<'a>> {
    let look = ctx.look("people.retention_page", Purpose::Retention);
    let read = async |r: &mut Reader| Ok((store::runs(r).await?, store::cleared(r, what.kinds, LISTED).await?));
    let (runs, cleared) = ctx.app.db().read(&look, read).await?;
    Ok(View { what, dry, runs, cleared, again, command_id: ctx.command_id() })
}

/// The page of a domain, before a run.
pub async fn show(ctx: &Ctx, what: &What) -> Answer {
    Page::new(what.title, &view(ctx, what, None, Again::default()).await?).show(ctx)
}

/// The page after a run: what a dry run found, the list after a clearing, or why it was refused.
pub async fn answer(ctx: &Ctx, what: &What, done: kernel::Result<Report>) -> Answer {
    match done {
        Ok(report) if report.dry_run => Page::new(what.title, &view(ctx, what, Some(report), Again::default()).await?).show(ctx),
        Ok(_) => go(what.path),
        Err(e) => {
            let again = Again::from_error(e)?;
            Page::new(what.title, &view(ctx, what, None, again).await?).again().show(ctx)
        }
    }
}

/// Whether the form asks for the clearing itself: ticked only after a dry run was looked at.
pub fn is_dry_run(form: &Form) -> bool {
    !form.yes("confirm")
}

/// `GET /people/retention`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, &PERSONS).await
}

/// `POST /people/retention`: a dry run, or the clearing when `confirm` is ticked.
pub async fn run(ctx: Ctx, form: Form) -> Answer {
    let act = ctx.act("people.retention", Purpose::Retention, &form);
    let done = actions::retention(&ctx.app, &act, is_dry_run(&form)).await;
    answer(&ctx, &PERSONS, done).await
}
