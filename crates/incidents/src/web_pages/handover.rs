//! 交接班: what is open goes from one shift to the next, signed by both.

use crate::model::{Handover, State};
use crate::{actions, store};
use askama::Template;
use axum::extract::Path;
use kernel::{HandoverId, IncidentId, Purpose, Reader, UserId};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

struct Shift {
    h: Handover,
    from: String,
    to: String,
    items: Vec<(IncidentId, String)>,
    /// All of them, of which the page lists the first.
    all: i64,
    mine: bool,
    /// Of the form that signs this one.
    command_id: String,
}

#[derive(Template)]
#[template(path = "handover.html")]
struct Content<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    open: i64,
    shifts: Vec<Shift>,
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let look = ctx.look("incidents.handover", Purpose::Handover);
    let station = ctx.who.station;
    let me = ctx.who.user;
    let (open, shifts) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let states: Vec<State> = State::ALL.iter().copied().filter(|s| s.is_open()).collect();
            let open = store::count_open(r, station, &states).await?;
            let list = store::shift::recent(r, station).await?;
            let users: Vec<UserId> = list.iter().flat_map(|h| [Some(h.from_user), h.to_user]).flatten().collect();
            let names = identity::store::names(r, &users).await?;
            let name = |u: &UserId| names.iter().find(|(id, _)| id == u).map_or("—".to_string(), |(_, n)| n.clone());
            let mut shifts = vec![];
            for h in list {
                let (items, all) = (store::shift::items(r, h.id).await?, store::shift::count(r, h.id).await?);
                shifts.push(Shift {
                    all,
                    from: name(&h.from_user),
                    to: h.to_user.as_ref().map_or(String::new(), name),
                    mine: h.from_user == me,
                    command_id: ctx.command_id().to_string(),
                    items,
                    h,
                });
            }
            Ok((open, shifts))
        })
        .await?;
    let failed = again.any();
    let content = Content { form, again: &again, command_id: ctx.command_id().to_string(), open, shifts };
    let page = Page::new("交接班", &content).crumb("警情", "/incidents");
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /incidents/handover`
pub async fn page(ctx: Ctx) -> Answer {
    ctx.who.must_serve_station("交接班")?;
    show(&ctx, &Form::default(), Again::default()).await
}

/// `POST /incidents/handover`: 交班.
pub async fn open(ctx: Ctx, mut form: Form) -> Answer {
    let note = form.bounded("note", "交班说明", 2_000);
    let act = ctx.act("incidents.handover_open", Purpose::Handover, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::open_handover(&ctx.app, &act, &note).await.map(|_| ()),
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/incidents/handover"),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /incidents/handover/{id}/take`: 接班.
pub async fn take(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: HandoverId = web::page::id(&id, "这次交接班")?;
    let answer = form.bounded("answer", "接班说明", 1_000);
    let act = ctx.act("incidents.handover_take", Purpose::Handover, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::take_handover(&ctx.app, &act, id, &answer).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/incidents/handover"),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}
