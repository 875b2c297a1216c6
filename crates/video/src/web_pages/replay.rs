//! 时光机: the wall at a past minute. Up to sixteen cameras on one slider, with the incident's log on the same line.

use super::wall::{self, mark};
use crate::model::{Deed, Watch, Whole};
use crate::{actions, nearby, rules, store};
use askama::Template;
use axum::extract::Query;
use kernel::{Error, Purpose, Reader, Timestamp, Uuid};
use serde::Deserialize;
use web::page::{Again, Frame};
use web::{Answer, Ctx, Form, Page};

/// Cameras that are chosen at first, and tiles at most.
const FIRST: usize = 4;
const MOST: usize = 16;
/// Minutes before and after the moment on the slider, by what was asked.
const SPANS: [(i64, i64); 3] = [(5, 25), (30, 90), (120, 360)];

/// Length of an export whose end nobody chose, milliseconds.
const EXPORT_MS: i64 = 60_000;

/// What the page is asked.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    watch: String,
    incident: String,
    at: String,
    span: String,
    camera: String,
    /// Ids with commas: exactly these are shown at first, in this order (a wall's tiles).
    cameras: String,
}

impl Asked {
    /// The cameras to be shown at first; empty: the page chooses.
    fn tiles(&self) -> Vec<Uuid> {
        let mut all: Vec<Uuid> = vec![];
        for id in self.cameras.split(',').chain([self.camera.as_str()]).filter_map(|c| c.parse().ok()) {
            if !all.contains(&id) && all.len() < MOST {
                all.push(id);
            }
        }
        all
    }
}

struct Entry {
    w: Whole,
    near: String,
    chosen: bool,
    small: String,
    main: String,
}

struct Event {
    ms: i64,
    at: String,
    words: String,
}

#[derive(Template)]
#[template(path = "replay.html")]
struct Replay {
    watch: Watch,
    mark: String,
    entries: Vec<Entry>,
    /// Ids with commas of what is shown at first.
    chosen: String,
    /// What higher domains know of the moment (who was on duty where), and when that was; empty: the part is not there.
    there: String,
    there_at: String,
    events: Vec<Event>,
    at_ms: i64,
    from_ms: i64,
    to_ms: i64,
    exports: bool,
    /// Where an export would end that begins at the moment.
    export_to_ms: i64,
    at_typed: String,
    span: usize,
    why_not: String,
    incident: Option<(String, String)>,
}

fn typed(at: Timestamp) -> String {
    kernel::clock::show(at).replace(' ', "T")
}

fn log_words(l: &incidents::model::LogLine, by: &str) -> String {
    let note = if l.note.is_empty() { String::new() } else { format!("：{}", kernel::text::cut(&l.note, 40)) };
    format!("{}{note}（{by}）", l.step.label())
}

/// `GET /video/replay`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    if a.watch.is_empty() {
        let purpose = if a.incident.is_empty() { "" } else { "incident" };
        let form = Form::of([
            ("purpose", purpose),
            ("incident", &a.incident),
            ("to", "replay"),
            ("at", &a.at),
            ("camera", &a.camera),
            ("cameras", &a.cameras),
        ]);
        return wall::ask(&ctx, &form, Again::default());
    }
    let watch = match actions::watch(&ctx.app, &ctx.who, web::page::id(&a.watch, "这次调阅")?).await {
        Ok(w) => w,
        Err(e @ Error::Refused(_)) => {
            let form = Form::of([("to", "replay"), ("at", a.at.as_str()), ("camera", &a.camera), ("cameras", &a.cameras)]);
            return wall::ask(&ctx, &form, Again::from_error(e)?);
        }
        Err(e) => return Err(e.into()),
    };
    let look = ctx.look("video.replay_page", Purpose::Video);
    let station = ctx.who.station;
    let tiles = a.tiles();
    let place = |id: Uuid| tiles.iter().position(|t| *t == id).unwrap_or(MOST);
    let (mut near, events, incident, called) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let cameras = store::cameras(r, station, false).await?;
            let rights = store::rights(r, station).await?;
            let open = cameras.into_iter().filter(|w| rules::may(&ctx.who, &w.camera, &rights, Deed::Replay).is_ok());
            let open: Vec<(Whole, String)> = open.map(|w| (w, String::new())).collect();
            if let Some(id) = watch.incident_id {
                let (intake, mut near) = nearby::near_incident(r, &ctx.who, id).await?;
                // What was asked for by name is shown, near or not.
                let far = |w: &Whole| tiles.contains(&w.camera.id) && near.iter().all(|n| n.0.camera.id != w.camera.id);
                let more: Vec<_> = open.into_iter().filter(|(w, _)| far(w)).collect();
                near.extend(more);
                let log = incidents::store::orders::log_of(r, id).await?;
                let users: Vec<_> = log.iter().map(|l| l.by_user).collect();
                let names = identity::store::names(r, &users).await?;
                let by = |u| names.iter().find(|n| n.0 == u).map_or("群众自助".to_string(), |n| n.1.clone());
                let mut events: Vec<Event> = log
                    .iter()
                    .map(|l| Event {
                        ms: l.at.as_millisecond(),
                        at: kernel::clock::show(l.at),
                        words: log_words(l, &by(l.by_user)),
                    })
                    .collect();
                events.insert(
                    0,
                    Event {
                        ms: intake.called_at.as_millisecond(),
                        at: kernel::clock::show(intake.called_at),
                        words: "报警".into(),
                    },
                );
                events.sort_by_key(|e| e.ms);
                return Ok((
                    near,
                    events,
                    Some((id.to_string(), format!("{} {}", intake.number, intake.title))),
                    Some(intake.called_at),
                ));
            }
            Ok((open, vec![], None, None))
        })
        .await?;
    near.sort_by_key(|(w, _)| place(w.camera.id));
    let now = ctx.now();
    let asked = web::form::parse_moment(&a.at);
    let at = asked.or(called).unwrap_or(now - kernel::ToSpan::minutes(5)).min(now);
    let span = a.span.parse::<usize>().unwrap_or(0).min(SPANS.len() - 1);
    let at_ms = at.as_millisecond();
    let (before, after) = SPANS[span];
    let from_ms = at_ms - before * 60_000;
    let to_ms = (at_ms + after * 60_000).min(now.as_millisecond());
    let entries: Vec<Entry> = near
        .into_iter()
        .enumerate()
        .map(|(n, (w, near))| {
            let id = |s: Option<&crate::model::Stream>| s.map_or(String::new(), |s| s.id.to_string());
            let chosen = if tiles.is_empty() { n < FIRST } else { tiles.contains(&w.camera.id) };
            Entry { near, chosen, small: id(w.small()), main: id(w.stream(crate::model::StreamKind::Main)), w }
        })
        .collect();
    let why_not = super::live(&ctx).map_or("这个进程没有录像。".to_string(), |l| l.why_not());
    let there = ctx.site.fill(crate::REPLAY_SLOT, &ctx.who, crate::moment::id(at)).await?;
    let content = Replay {
        chosen: entries.iter().filter(|e| e.chosen).map(|e| e.w.camera.id.to_string()).collect::<Vec<_>>().join(","),
        there,
        there_at: kernel::clock::show(at),
        mark: mark(&ctx, &watch),
        entries,
        events,
        at_ms,
        from_ms,
        to_ms,
        exports: ctx.may(kernel::Permission::VideoExport) && rules::may_take(watch.purpose).is_ok(),
        export_to_ms: (at_ms + EXPORT_MS).min(to_ms),
        at_typed: typed(at),
        span,
        why_not,
        incident,
        watch,
    };
    Page::new("录像回放", &content).frame(Frame::Command).show(&ctx)
}
