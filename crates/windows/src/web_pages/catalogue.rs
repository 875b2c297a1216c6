//! 证明目录: what a station issues and what not, and where to go instead.

use crate::model::Channel;
use crate::rules::catalogue::{self, Kind, Refused};
use askama::Template;
use axum::extract::Query;
use kernel::Permission as P;
use serde::Deserialize;
use web::{Answer, Ctx, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    q: String,
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct Catalogue {
    q: String,
    kinds: Vec<Kind>,
    refused: Vec<Refused>,
    /// Lists that no source gave in full.
    pending: Vec<(String, String)>,
    channels: &'static [Channel],
    may_serve: bool,
}

/// `GET /windows/catalogue?q=`
pub async fn page(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let (rules, today) = (ctx.app.rules(), ctx.app.today());
    let asked = kernel::text::fold(kernel::text::cut(&q.q, 20).trim());
    let has = |texts: &[&str]| asked.is_empty() || texts.iter().any(|t| kernel::text::fold(t).contains(&asked));
    let content = Catalogue {
        kinds: catalogue::kinds(&rules, today).into_iter().filter(|k| has(&[&k.name, &k.place])).collect(),
        refused: catalogue::refused(&rules, today).into_iter().filter(|r| has(&[&r.name, &r.instead])).collect(),
        pending: rules.all_pending().iter().filter(|p| p.key == "cert.twenty").map(|p| (p.title.clone(), p.why.clone())).collect(),
        channels: Channel::ALL,
        may_serve: ctx.may(P::WindowServe),
        q: q.q,
    };
    let page = Page::new("证明目录", &content);
    if content.may_serve { page.action("告知登记簿", "/windows/notices").show(&ctx) } else { page.show(&ctx) }
}
