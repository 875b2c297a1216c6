//! 接警台: what came in and what waits, live; repeats of one matter stand together.

use super::{LineView, views};
use crate::model::State;
use crate::store;
use askama::Template;
use axum::extract::Query;
use kernel::{Purpose, Reader, Timestamp};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

/// Which tab of the desk.
#[derive(Deserialize, Default, Clone)]
pub struct Tab {
    #[serde(default)]
    tab: String,
}

const TABS: &[(&str, &str, &[State])] = &[
    ("new", "待派警", &[State::New]),
    ("sent", "待签收", &[State::Dispatched]),
    ("work", "处置中", &[State::Signed, State::Departed, State::Arrived]),
    ("review", "待审核", &[State::FedBack]),
    ("open", "全部未结", &[State::New, State::Dispatched, State::Signed, State::Departed, State::Arrived, State::FedBack]),
];

struct TabView {
    key: &'static str,
    label: &'static str,
    count: i64,
    here: bool,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    tab: String,
    list: String,
}

#[derive(Template)]
#[template(path = "desk_list.html")]
struct List {
    tabs: Vec<TabView>,
    groups: Vec<Vec<LineView>>,
    now: Timestamp,
    more: bool,
}

/// Lines of one desk tab.
const LIMIT: i64 = 100;

async fn build(ctx: &Ctx, tab: &str) -> kernel::Result<List> {
    let (key, _, states) = TABS.iter().find(|t| t.0 == tab).unwrap_or(&TABS[0]);
    let look = ctx.look("incidents.desk", Purpose::Incident);
    let rules = ctx.app.rules();
    let station = ctx.who.station;
    let (lines, counts) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let lines = store::open_lines(r, station, states, LIMIT).await?;
            for l in &lines {
                r.saw("incident", l.id);
            }
            Ok((lines, store::count_states(r, station).await?))
        })
        .await?;
    let tabs = TABS
        .iter()
        .map(|(k, label, states)| TabView {
            key: k,
            label,
            count: counts.iter().filter(|(s, _)| states.contains(s)).map(|(_, n)| n).sum(),
            here: k == key,
        })
        .collect();
    let more = lines.len() as i64 == LIMIT;
    // Newest first; members of one cluster follow its newest member.
    let mut groups: Vec<Vec<LineView>> = vec![];
    for v in views(lines, &rules) {
        match groups.iter_mut().find(|g| g[0].line.cluster_id == v.line.cluster_id) {
            Some(g) => g.push(v),
            None => groups.push(vec![v]),
        }
    }
    Ok(List { tabs, groups, now: ctx.now(), more })
}

/// `GET /incidents/desk`
pub async fn page(ctx: Ctx, Query(tab): Query<Tab>) -> Answer {
    let list = build(&ctx, &tab.tab).await?.render().map_err(kernel::Error::internal)?;
    Page::new("接警台", &Desk { tab: tab.tab, list }).action("登记警情", "/incidents/new").show(&ctx)
}

/// `GET /incidents/desk/list`: the live fragment.
pub async fn list(ctx: Ctx, Query(tab): Query<Tab>) -> Answer {
    web::page::fragment(&build(&ctx, &tab.tab).await?)
}
