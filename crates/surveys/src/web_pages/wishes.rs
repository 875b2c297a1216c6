//! 居民意见: what waits, the reply, and what is told at the desk.

use crate::actions;
use crate::model::{Channel, NewWish, Wish, WishState};
use crate::{rules, store};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Purpose, Reader, Uuid};
use roster::model::DayType;
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};
use windows::model::Service;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    all: String,
}

#[derive(Template)]
#[template(path = "wishes.html")]
struct Wishes<'a> {
    wishes: Vec<Wish>,
    /// Of all that ever were, for the names.
    names: Vec<(Uuid, String)>,
    services: Vec<Service>,
    days: &'static [DayType],
    all: bool,
    may_edit: bool,
    /// The wish whose reply did not work.
    wrong: Option<Uuid>,
    form: &'a Form,
    again: &'a Again,
    command_ids: [String; 2],
}

impl Wishes<'_> {
    fn name(&self, id: &Option<Uuid>) -> &str {
        self.names.iter().find(|(n, _)| Some(*n) == *id).map_or("", |(_, n)| n)
    }
    fn day(&self, w: &Wish) -> String {
        format!("{}-{:02}-{:02}", w.day.year(), w.day.month(), w.day.day())
    }
    fn is_wrong(&self, w: &Wish) -> bool {
        self.wrong == Some(w.id)
    }
}

async fn show(ctx: &Ctx, all: bool, form: &Form, again: Again, wrong: Option<Uuid>) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("surveys.wishes", Purpose::Statistics);
    let read = async |r: &mut Reader| {
        let wishes = store::wishes(r, station, (!all).then_some(WishState::Open)).await?;
        Ok((wishes, windows::store::service_names(r, station).await?, windows::store::services(r, station).await?))
    };
    let (wishes, names, services) = ctx.app.db().read(&look, read).await?;
    let failed = again.any();
    let content = Wishes {
        wishes,
        names,
        services,
        days: DayType::ALL,
        all,
        may_edit: ctx.may(kernel::Permission::SurveyEdit),
        wrong,
        form,
        again: &again,
        command_ids: std::array::from_fn(|_| ctx.command_id().to_string()),
    };
    let page = Page::new("居民意见", &content);
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /surveys/wishes`
pub async fn list(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    show(&ctx, q.all == "1", &Form::default(), Again::default(), None).await
}

/// The fields of a wish, wherever it is written down; what is wrong goes into the form's errors.
pub fn read(form: &mut Form, channel: Channel, meeting: Option<Uuid>) -> NewWish {
    let when = rules::when(&form.text("day_type"), &form.text("from"), &form.text("until"), &mut form.errors);
    let people = if form.text("people").is_empty() { 1 } else { form.number("people", "人数", 1..=rules::MOST_PRESENT) };
    let new = NewWish { channel, meeting, service: form.optional_id("service"), when, content: form.bounded("content", "意见", 1_000), people };
    if form.errors.is_empty()
        && let Err(kernel::Error::Invalid(e)) = rules::check_wish(&new)
    {
        form.errors = e;
    }
    new
}

/// `POST /surveys/wishes`: told at the desk.
pub async fn add(ctx: Ctx, mut form: Form) -> Answer {
    let act = ctx.act("surveys.wish", Purpose::Statistics, &form);
    let new = read(&mut form, Channel::Desk, None);
    let done = match form.finish(new) {
        Ok(new) => actions::wish(&ctx.app, &act, new).await.map(|_| ()),
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/surveys/wishes"),
        Err(e) => show(&ctx, false, &form, Again::from_error(e)?, None).await,
    }
}

/// `POST /surveys/wishes/{id}/reply`
pub async fn reply(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这条意见")?;
    let text = form.bounded("reply", "回应", 1_000);
    let act = ctx.act("surveys.reply", Purpose::Statistics, &form);
    let done = match form.finish(text) {
        Ok(text) => actions::reply(&ctx.app, &act, id, &text).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/surveys/wishes"),
        Err(e) => show(&ctx, false, &form, Again::from_error(e)?, Some(id)).await,
    }
}
