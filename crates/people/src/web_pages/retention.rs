//! `/people/retention`: what is due, a dry run, the clearing, its reports.

use crate::model::Report;
use crate::{actions, store};
use askama::Template;
use kernel::{CommandId, Purpose, Reader};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "people/retention.html")]
struct View {
    /// What a dry run has just found; only then the clearing can be started.
    dry: Option<Report>,
    runs: Vec<store::Run>,
    again: Again,
    command_id: CommandId,
}

async fn view(ctx: &Ctx, dry: Option<Report>, again: Again) -> kernel::Result<View> {
    let look = ctx.look("people.retention_page", Purpose::Retention);
    let runs = ctx.app.db().read(&look, async |r: &mut Reader| store::runs(r).await).await?;
    Ok(View { dry, runs, again, command_id: ctx.command_id() })
}

/// `GET /people/retention`
pub async fn page(ctx: Ctx) -> Answer {
    Page::new("到期清理", &view(&ctx, None, Again::default()).await?).show(&ctx)
}

/// `POST /people/retention`: a dry run, or the clearing when `confirm` is ticked.
pub async fn run(ctx: Ctx, form: Form) -> Answer {
    let dry_run = !form.yes("confirm");
    let act = ctx.act("people.retention", Purpose::Retention, &form);
    match actions::retention(&ctx.app, &act, dry_run).await {
        Ok(report) if dry_run => Page::new("到期清理", &view(&ctx, Some(report), Again::default()).await?).show(&ctx),
        Ok(_) => go("/people/retention"),
        Err(e) => {
            let again = Again::from_error(e)?;
            Page::new("到期清理", &view(&ctx, None, again).await?).again().show(&ctx)
        }
    }
}
