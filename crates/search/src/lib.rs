//! 全文检索: one box over everything the caller may see; the permission stands inside the query.
//!
//! **Invariants.** This domain keeps nothing; every other domain keeps its documents in the kernel's
//! index inside its own transactions. A search is a look: what was shown is recorded.

use askama::Template;
use axum::extract::Query;
use kernel::search::{Ask, Hit};
use kernel::{Permission as P, Purpose, Reader, Timestamp};
use serde::Deserialize;
use web::domain::get;
use web::{Answer, Ctx, Domain, MenuItem, Need, Page};

/// The search page.
pub fn domain() -> Domain {
    Domain {
        name: "search",
        routes: vec![get("/search", Need::Can(P::SearchUse), page)],
        menu: vec![MenuItem { group: "工作台", label: "全文检索", path: "/search", permission: P::SearchUse, order: 12 }],
        ..Domain::default()
    }
}

/// Kind, Chinese name, permission, where it opens.
const KINDS: &[(&str, &str, P, &str)] = &[
    ("incident", "警情", P::IncidentSee, "/incidents/"),
    ("dispute", "纠纷", P::DisputeSee, "/disputes/"),
    ("precedent", "枫桥经验", P::DisputeSee, "/precedents/"),
    ("person", "人员", P::PeopleSee, "/people/"),
    ("building", "楼栋", P::PlacesSee, "/places/buildings/"),
    ("estate", "小区", P::PlacesSee, "/places?estate="),
];

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    kind: String,
    before: String,
}

struct Found {
    hit: Hit,
    kind: &'static str,
    path: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Results {
    q: String,
    kind: String,
    kinds: Vec<(&'static str, &'static str)>,
    found: Vec<Found>,
    searchable: bool,
    next: Option<i64>,
}

/// Hits of one page.
const PAGE: i64 = 30;

async fn page(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let q = kernel::text::clean(&asked.q);
    let allowed: Vec<_> = KINDS.iter().filter(|k| ctx.may(k.2)).collect();
    let kinds: Vec<&'static str> =
        allowed.iter().filter(|k| asked.kind.is_empty() || k.0 == asked.kind).map(|k| k.0).collect();
    let ask = Ask {
        reach: ctx.who.reach(),
        kinds,
        before: asked.before.parse::<i64>().ok().map(kernel::clock::from_micros),
        limit: PAGE,
    };
    let searchable = kernel::search::parse(&q).is_some();
    let hits = if searchable {
        let look = ctx.look("search.use", Purpose::Incident);
        ctx.app
            .db()
            .read(&look, async |r: &mut Reader| {
                let hits = r.search(&q, &ask).await?;
                for h in &hits {
                    r.saw(&h.kind, h.id);
                }
                Ok(hits)
            })
            .await?
    } else {
        vec![]
    };
    let next = (hits.len() as i64 == PAGE).then(|| hits.last().map(|h: &Hit| at(&h.at))).flatten();
    let found = hits
        .into_iter()
        .filter_map(|hit| {
            let k = KINDS.iter().find(|k| k.0 == hit.kind)?;
            Some(Found { kind: k.1, path: format!("{}{}", k.3, hit.id), hit })
        })
        .collect();
    let content = Results {
        q,
        kind: asked.kind,
        kinds: allowed.iter().map(|k| (k.0, k.1)).collect(),
        found,
        searchable,
        next,
    };
    Page::new("全文检索", &content).show(&ctx)
}

fn at(t: &Timestamp) -> i64 {
    t.as_microsecond()
}
