//! Recordings over HTTP: one group of pictures for each request, in the messages of `media::wire`, and which minutes of a
//! camera were looked at.
//!
//! A minute of footage stands in the register before its first picture leaves; a minute that stands there for this watch
//! is not written again.

use crate::actions::{self, Ask};
use crate::model::{Deed, LookKind, StreamKind, Whole};
use crate::run::Live;
use crate::store;
use axum::extract::Query;
use axum::response::IntoResponse;
use http::{HeaderValue, StatusCode};
use kernel::{Error, Purpose, Reader as Db, Tx, Uuid};
use media::archive::StreamId;
use media::replay::Piece;
use media::shelf::Shelf;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use web::{Answer, Ctx};

/// Spans remembered at most; when there are more, the next minute begins a new line of the register.
const MOST: usize = 20_000;
/// Groups that are passed over to find the one after a moment.
const STEPS: usize = 400;

/// The minutes that each watch has seen of each camera, with the register's line.
#[derive(Default)]
pub(crate) struct Seen(Mutex<HashMap<(Uuid, Uuid), Span>>);

#[derive(Clone, Copy)]
struct Span {
    look: Uuid,
    from: i64,
    to: i64,
}

/// Puts the minute of a moment into the register, unless it stands there for this watch.
pub(crate) async fn register(
    ctx: &Ctx,
    live: &Live,
    watch: &crate::model::Watch,
    camera: &Whole,
    stream: StreamKind,
    at_ms: i64,
) -> kernel::Result<()> {
    let minute = at_ms.div_euclid(60_000);
    let key = (watch.id, camera.camera.id);
    let known = live.seen().0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
    let keep = |span: Span| {
        let mut all = live.seen().0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, span);
    };
    match known {
        Some(s) if (s.from..=s.to).contains(&minute) => Ok(()),
        Some(s) if minute == s.to + 1 || minute == s.from - 1 => {
            let wider = Span { look: s.look, from: s.from.min(minute), to: s.to.max(minute) };
            let act = ctx.look("video.replay", Purpose::Video);
            ctx.app
                .db()
                .write(&act, async |tx: &mut Tx| {
                    store::widen_look(tx, s.look, wider.from * 60_000, (wider.to + 1) * 60_000).await?;
                    tx.record(
                        "video.replay",
                        &[("camera", camera.camera.id), ("video_look", s.look)],
                        &minute.to_string(),
                    );
                    Ok(())
                })
                .await?;
            keep(wider);
            Ok(())
        }
        _ => {
            let (from_ms, to_ms) = (minute * 60_000, (minute + 1) * 60_000);
            let ask = Ask { camera, stream, kind: LookKind::Replay, from_ms, to_ms, exported: false, open: false };
            let looks = actions::register_looks(&ctx.app, &ctx.who, watch, &[ask]).await?;
            if let Some(look) = looks.first() {
                keep(Span { look: *look, from: minute, to: minute });
            }
            Ok(())
        }
    }
}

/// What a piece is asked by.
#[derive(Deserialize)]
pub struct Asked {
    watch: String,
    camera: String,
    #[serde(default)]
    stream: String,
    /// Milliseconds since 1970: the moment that shall be shown, and from where decode times are counted.
    at: i64,
    origin: i64,
    /// The begin of the group that the page has already: the next one is wanted.
    #[serde(default)]
    after: Option<i64>,
}

fn find(shelf: &Shelf, stream: Uuid, a: &Asked) -> std::io::Result<Option<Piece>> {
    let mut r = shelf.reader(StreamId(*stream.as_bytes()), a.origin);
    // Who has a group already goes on from there; who has none needs everything up to the moment.
    let mut piece = if a.after.is_none() { r.show(a.at)? } else { r.seek(a.at)? };
    let mut n = 0;
    while let (Some(p), Some(after)) = (&piece, a.after) {
        if p.from_ms > after || n > STEPS {
            break;
        }
        piece = r.step()?;
        n += 1;
    }
    Ok(piece)
}

/// `GET /video/replay/piece`: the group that shows a moment, or the first one after it. 204 where nothing follows.
pub async fn piece(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let watch = actions::watch(&ctx.app, &ctx.who, web::page::id(&a.watch, "这次调阅")?).await?;
    let camera: Uuid = web::page::id(&a.camera, "这台摄像机")?;
    let (_, found) = actions::permitted(&ctx.app, &ctx.who, &[camera], Deed::Replay).await?.remove(0);
    let whole = found?;
    let kind = if a.stream == "main" { StreamKind::Main } else { StreamKind::Sub };
    let stream = if kind == StreamKind::Main { whole.stream(kind) } else { whole.small() }
        .ok_or(Error::NotFound("这路码流"))?
        .clone();
    let live = ctx
        .site
        .part::<Live>()
        .ok_or_else(|| Error::Busy("这个进程没有录像。".into()))?;
    live.must_run()?;
    let now = ctx.app.now().as_millisecond();
    if a.at < a.origin || a.at > now + 60_000 || now - a.origin > 400 * 86_400_000 {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let shelf = live.shelf().clone();
    let id = stream.id;
    let piece = tokio::task::spawn_blocking(move || find(&shelf, id, &a))
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
    let Some(p) = piece else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    register(&ctx, &live, &watch, &whole, stream.kind, p.part_ms).await?;
    let mut body = vec![];
    for m in p.messages(true) {
        body.extend_from_slice(&u32::try_from(m.len()).unwrap_or(0).to_be_bytes());
        body.extend_from_slice(&m);
    }
    let mut response = body.into_response();
    let h = response.headers_mut();
    for (name, value) in
        [("x-from", p.part_ms), ("x-to", p.to_ms), ("x-gap", p.gap_ms), ("x-lossy", i64::from(p.lossy))]
    {
        h.insert(name, HeaderValue::from(value));
    }
    h.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(response)
}

/// What the time line is asked by.
#[derive(Deserialize)]
pub struct Line {
    watch: String,
    /// Camera ids with commas.
    cameras: String,
    from: i64,
    to: i64,
}

/// What was recorded of a camera within a span.
#[derive(Serialize)]
struct Recorded {
    camera: Uuid,
    spans: Vec<(i64, i64)>,
}

/// Files that follow each other within this are one span.
const JOIN_MS: i64 = 1_500;

/// Files of one stream joined where nothing is missing between them; pure.
pub(crate) fn joined(files: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut out: Vec<(i64, i64)> = vec![];
    for (from, to) in files {
        match out.last_mut() {
            Some(last) if from - last.1 <= JOIN_MS => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

/// `GET /video/replay/line`: where there are recordings. Tells no picture, so it is no look.
pub async fn line(ctx: Ctx, Query(a): Query<Line>) -> Answer {
    actions::watch(&ctx.app, &ctx.who, web::page::id(&a.watch, "这次调阅")?).await?;
    let cameras: Vec<Uuid> = a.cameras.split(',').take(16).filter_map(|c| c.parse().ok()).collect();
    let found = actions::permitted(&ctx.app, &ctx.who, &cameras, Deed::Replay).await?;
    let streams: Vec<(Uuid, Uuid)> =
        found.iter().filter_map(|(id, w)| Some((*id, w.as_ref().ok()?.small()?.id))).collect();
    let ids: Vec<Uuid> = streams.iter().map(|s| s.1).collect();
    let (from, to) = (a.from, a.to.clamp(a.from, a.from.saturating_add(2 * 86_400_000)));
    let look = ctx.look("video.line", Purpose::Video);
    let files = ctx.app.db().read(&look, async |r: &mut Db| store::files_within(r, &ids, from, to).await).await?;
    let out: Vec<Recorded> = streams
        .into_iter()
        .map(|(camera, stream)| Recorded {
            camera,
            spans: joined(files.iter().filter(|f| f.stream_id == stream).map(|f| (f.start_ms, f.end_ms))),
        })
        .collect();
    Ok(axum::Json(out).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_follow_each_other_are_one_span() {
        let files = [(0, 60_000), (60_040, 120_000), (125_000, 130_000), (129_000, 140_000)];
        assert_eq!(joined(files.into_iter()), [(0, 120_000), (125_000, 140_000)]);
        assert!(joined(std::iter::empty()).is_empty());
    }
}
