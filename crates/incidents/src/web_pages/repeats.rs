//! 重复诉求: reports that tell of one matter, by text or by place and cause, as groups with their rows.

use super::{LineView, views};
use crate::store;
use askama::Template;
use axum::extract::Query;
use kernel::{Purpose, Reader, Timestamp};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Ask {
    cluster: String,
}

struct GroupView {
    g: store::clusters::Group,
    title: String,
    places: String,
    causes: String,
    open: usize,
    here: bool,
    rows: Vec<LineView>,
}

#[derive(Template)]
#[template(path = "repeats.html")]
struct Repeats {
    groups: Vec<GroupView>,
    days: i64,
}

/// `GET /incidents/repeats[?cluster=…]`: groups by size; the named one is open.
pub async fn page(ctx: Ctx, Query(ask): Query<Ask>) -> Answer {
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let look = ctx.look("incidents.repeats", Purpose::Incident);
    let (station, now) = (ctx.who.station, ctx.now());
    let (groups, lines, days) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let code = places::store::station_code(r, station).await?;
            let days = rules.int_at("incident.repeat_window_days", &code, today).unwrap_or(0);
            let since = now.checked_sub(std::time::Duration::from_secs(days.max(0) as u64 * 86_400)).unwrap_or(Timestamp::UNIX_EPOCH);
            let groups = store::clusters::groups(r, station, since).await?;
            let ids: Vec<_> = groups.iter().map(|g| g.cluster_id).collect();
            let lines = store::clusters::rows(r, station, since, &ids).await?;
            for l in &lines {
                r.saw("incident", l.id);
            }
            Ok((groups, lines, days))
        })
        .await?;
    let groups = groups
        .into_iter()
        .map(|g| {
            let own: Vec<_> = lines.iter().filter(|l| l.cluster_id == g.cluster_id).cloned().collect();
            let mut places: Vec<&str> = own.iter().map(|l| l.place_text.as_str()).filter(|p| !p.is_empty()).collect();
            places.sort_unstable();
            places.dedup();
            let told: String = own.iter().map(|l| l.title.as_str()).collect::<Vec<_>>().join("\n");
            let causes: Vec<String> = categories::suggest(&told)
                .causes
                .iter()
                .take(2)
                .map(|c| rules.name("cause_tag", &c.code).to_string())
                .collect();
            GroupView {
                title: own.first().map_or(String::new(), |l| l.title.clone()),
                places: places.iter().take(3).copied().collect::<Vec<_>>().join("；"),
                causes: causes.join("、"),
                open: own.iter().filter(|l| l.state.is_open()).count(),
                here: g.cluster_id.to_string() == ask.cluster,
                rows: views(own, &rules),
                g,
            }
        })
        .collect();
    Page::new("重复诉求", &Repeats { groups, days }).crumb("警情", "/incidents").show(&ctx)
}
