//! Pages: the curve with its table, the need that follows from it, and the note under a post.

pub mod curve;
pub mod kept;
pub mod plan;

use crate::actions;
use crate::rules::promise_text;
use askama::Template;
use kernel::{Actor, App, Permission as P, Purpose, Reader, Result, Uuid};
use std::future::Future;
use std::pin::Pin;

#[derive(Template)]
#[template(path = "source.html")]
struct Source {
    at: String,
    who: String,
    promise: String,
    bought: String,
    unit: &'static str,
    /// Whose curve.
    stream: String,
    basis: String,
    same: bool,
    post: Uuid,
    may_plan: bool,
}

/// Under a post of the roster: where its need comes from.
pub fn under_post<'a>(app: &'a App, actor: &'a Actor, post: Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + 'a>> {
    Box::pin(async move {
        let look = app.look(actor, "demand.source", Purpose::Administration);
        let station = actor.station;
        let found = app.db().read(&look, async |r: &mut Reader| actions::source(r, station, post).await).await?;
        let Some((made, who, kind, same)) = found else { return Ok(String::new()) };
        let sum = crate::rules::plan::Plan { kinds: made.kinds.0.clone(), stretches: vec![] }.sum();
        let content = Source {
            at: kernel::clock::show(made.at),
            who,
            promise: promise_text(kind, crate::model::Promise { share: made.share, minutes: made.minutes }),
            bought: actions::bought_text(&sum),
            unit: if kind == roster::model::PostKind::Window { "的人" } else { "" },
            stream: crate::model::Stream::of_post(kind).map_or(String::new(), crate::model::Stream::code),
            basis: made.basis,
            same,
            post,
            may_plan: actor.may(P::RosterPlan),
        };
        content.render().map_err(kernel::Error::internal)
    })
}
