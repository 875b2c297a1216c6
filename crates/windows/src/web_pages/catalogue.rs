//! 证明目录: what a station issues and what not, and where to go instead.

use super::file;
use crate::paper;
use crate::rules::catalogue::{self, Kind, Refused};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Error, Purpose, Reader};
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
        q: q.q,
    };
    Page::new("证明目录", &content).show(&ctx)
}

/// `GET /windows/catalogue/{code}/notice`: why it is not issued and what to go by, to give to the person.
pub async fn notice(ctx: Ctx, Path(code): Path<String>) -> Answer {
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let r = catalogue::refused(&rules, ctx.app.today()).into_iter().find(|r| r.code == code).ok_or(Error::NotFound("这种证明"))?;
    let look = ctx.look("windows.not_issued", Purpose::Window);
    let organ = ctx.app.db().read(&look, async |r: &mut Reader| places::store::station(r, station).await).await?.name;
    file(&format!("告知单{}", r.name), paper::pdf(paper::not_issued(&organ, &r, ctx.now())).await?)
}
