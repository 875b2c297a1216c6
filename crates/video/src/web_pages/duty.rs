//! 值守情况: which cameras somebody really looked at, since a shift began or within the last day. A tile that shows nothing
//! is no look: only seconds count in which the camera delivered and its pictures were handed out.

use crate::model::{StreamKind, Whole};
use crate::rules::length;
use crate::store::{self, HourRow};
use askama::Template;
use axum::extract::Query;
use kernel::{Permission, Purpose, Reader, Timestamp, ToSpan, clock};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

/// `?from=2026-05-08T08:00`, or the last 24 hours.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    station: String,
    from: String,
}

/// The longest span, hours.
const MOST_HOURS: i64 = 7 * 24;

/// Seconds within some hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seconds {
    /// Pictures were looked at.
    pub watched: i64,
    /// There were pictures.
    pub live: i64,
    pub observed: i64,
}

/// A camera's sums from those of its streams: who enlarges a tile has both streams at once, so the larger one counts.
pub(super) fn seconds(w: &Whole, hours: &[HourRow]) -> Seconds {
    let own = || hours.iter().filter(|h| w.streams.iter().any(|s| s.id == h.stream_id));
    let most = |f: fn(&HourRow) -> i64| own().map(f).max().unwrap_or(0);
    Seconds { watched: most(|h| h.watched), live: most(|h| h.live), observed: most(|h| h.seconds) }
}

struct Line {
    id: kernel::Uuid,
    name: String,
    place: String,
    s: Seconds,
    watched: String,
    live: String,
    online: String,
}

#[derive(Template)]
#[template(path = "duty.html")]
struct Duty {
    station: String,
    from: String,
    from_typed: String,
    until: String,
    wrong_date: bool,
    lines: Vec<Line>,
    /// What higher domains know of who was on watch duty; empty: the part is not there.
    there: String,
    seen: usize,
    /// Delivered and nobody looked.
    missed: usize,
    /// Delivered nothing throughout.
    dark: usize,
    /// Not pulled within the span, or since less than a minute.
    unknown: usize,
}

/// `GET /video/duty`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let now = ctx.now();
    let typed = web::form::parse_moment(&a.from);
    let earliest = now - MOST_HOURS.hours();
    let from: Timestamp = typed.unwrap_or(now - 24.hours()).clamp(earliest, now);
    // Sums are kept by the hour: the hour that was running is shown whole.
    let from = clock::from_micros(from.as_second().div_euclid(3600) * 3_600_000_000);
    let look = ctx.look("video.duty", Purpose::Statistics);
    let (station, cameras, hours) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let station = super::station_for(r, &ctx.who, &a.station).await?.1.id;
            Ok((
                station,
                store::cameras(r, station, false).await?,
                store::hours(r, station, from.as_millisecond(), i64::MAX).await?,
            ))
        })
        .await?;
    let mut lines: Vec<Line> = cameras
        .iter()
        .map(|w| {
            let s = seconds(w, &hours);
            let main = w.stream(StreamKind::Main).and_then(|m| hours.iter().find(|h| h.stream_id == m.id));
            Line {
                id: w.camera.id,
                name: w.camera.name.clone(),
                place: w.camera.place.clone(),
                watched: length(s.watched * 1000),
                live: length(s.live * 1000),
                online: main.filter(|h| h.seconds > 0).map_or("—".into(), |h| web::show::rate(h.live, h.seconds)),
                s,
            }
        })
        .collect();
    // What was passed over first, then what could not be looked at, then the least looked at.
    lines.sort_by_key(|l| (l.s.watched > 0, l.s.live == 0, l.s.watched));
    let own = station == ctx.who.station;
    let there = if own { ctx.site.fill(crate::DUTY_SLOT, &ctx.who, crate::moment::id(from)).await? } else { String::new() };
    let content = Duty {
        there,
        station: a.station.chars().filter(|c| c.is_ascii_hexdigit() || *c == '-').collect(),
        from: clock::show(from),
        from_typed: clock::show(from).replace(' ', "T"),
        until: clock::show(now),
        wrong_date: !a.from.is_empty() && typed.is_none(),
        seen: lines.iter().filter(|l| l.s.watched > 0).count(),
        missed: lines.iter().filter(|l| l.s.watched == 0 && l.s.live > 0).count(),
        dark: lines.iter().filter(|l| l.s.live == 0 && l.s.observed > 0).count(),
        unknown: lines.iter().filter(|l| l.s.observed == 0).count(),
        lines,
    };
    let mut page = Page::new("视频值守情况", &content).crumb("摄像机", "/video");
    if ctx.may(Permission::VideoLog) {
        page = page.action("调阅登记", "/video/looks").action("月度报告", "/video/report");
    }
    page.show(&ctx)
}
