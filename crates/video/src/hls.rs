//! Playlists for phones (RFC 8216): where a browser has no media source extensions (iPhone), its own player is given the same
//! fragments, live or recorded, as segments.
//!
//! Each file is asked for with the session like any page: the watch must be the caller's, the camera open to the role. A live
//! look stands in the register before the first segment leaves and goes on while segments are fetched; of a replay each minute does,
//! as for groups. Playlists and init segments hold no picture.
//!
//! | file | holds |
//! |---|---|
//! | `sub.m3u8`, `main.m3u8` | the playlist; of a replay with `from` and `to`, milliseconds since 1970 |
//! | `sub-init-<n>.mp4` | what a player must know first |
//! | `sub-<n>.m4s` | a segment |

use crate::actions::{self, Ask};
use crate::model::{Deed, LookKind, Stream, StreamKind, Watch, Whole};
use crate::run::Live;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use kernel::{Actor, App, Error, Result, Uuid};
use media::archive::StreamId;
use media::hls::{File, Window, file, recorded};
use media::replay::{Piece, outline};
use media::shelf::Shelf;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use web::{Answer, Ctx};

/// A stream is packed so long after somebody asked for its playlist or a segment.
const IDLE: Duration = Duration::from_secs(20);
/// A look is over when no segment was fetched for so long.
const AWAY: Duration = Duration::from_secs(15);
/// How often the register says until when it was looked.
const TOUCH: Duration = Duration::from_secs(60);
/// How long the first playlist of a stream may be waited for: a group of pictures.
const FIRST: Duration = Duration::from_secs(8);
/// Longest replay of one playlist, milliseconds.
const LONGEST_MS: i64 = 2 * 3_600_000;
/// Groups that are passed over to find the one of a name.
const STEPS: usize = 64;
/// Streams at once on this node for players of playlists.
const STREAMS: usize = 200;

/// Watch, camera and kind of stream of a live look.
type Key = (Uuid, Uuid, StreamKind);

struct Packed {
    window: Mutex<Window>,
    asked: Mutex<Instant>,
    ready: watch::Sender<()>,
}

fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Streams that are packed at the moment, and the looks of those who fetch them.
#[derive(Default)]
pub(crate) struct Phones {
    packed: Mutex<HashMap<Uuid, Arc<Packed>>>,
    /// When a segment was fetched last.
    looks: tokio::sync::Mutex<HashMap<Key, Instant>>,
}

/// The stream of a camera by its kind: the small one stands in for a missing sub stream.
fn stream(whole: &Whole, kind: StreamKind) -> Result<Stream> {
    let found = if kind == StreamKind::Sub { whole.small() } else { whole.stream(kind) };
    found.cloned().ok_or(Error::NotFound("这路码流"))
}

struct Allowed {
    live: Arc<Live>,
    watch: Watch,
    whole: Whole,
    stream: Stream,
    kind: StreamKind,
    file: File,
}

/// Who asks, for what, and whether it may be: the same for every file.
async fn allowed(ctx: &Ctx, (watch, camera, name): (&str, &str, &str), deed: Deed) -> Result<Allowed> {
    let watch = actions::watch(&ctx.app, &ctx.who, web::page::id(watch, "这次调阅")?).await?;
    let camera: Uuid = web::page::id(camera, "这台摄像机")?;
    let (_, found) = actions::permitted(&ctx.app, &ctx.who, &[camera], deed).await?.remove(0);
    let whole = found?;
    let (kind, file) = file(name).ok_or(Error::NotFound("这个文件"))?;
    let kind = StreamKind::from_code(kind).ok_or(Error::NotFound("这路码流"))?;
    let stream = stream(&whole, kind)?;
    let live = ctx
        .site
        .part::<Live>()
        .ok_or_else(|| Error::Busy("这个进程没有接入摄像机。".into()))?;
    live.must_run()?;
    Ok(Allowed { live, watch, whole, stream, kind, file })
}

fn answer(kind: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let h = response.headers_mut();
    h.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    h.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn list(text: String) -> Response {
    answer("application/vnd.apple.mpegurl", text)
}

fn film(bytes: Bytes) -> Response {
    answer("video/mp4", bytes)
}

/// `GET /video/hls/live/{watch}/{camera}/{file}`
pub async fn live(ctx: Ctx, Path((watch, camera, name)): Path<(String, String, String)>) -> Answer {
    let a = allowed(&ctx, (&watch, &camera, &name), Deed::Live).await?;
    let packed = packed(&a.live, a.stream.id)?;
    let gone = || Error::NotFound("这一段画面");
    match a.file {
        File::List => match first(&packed, a.kind.code()).await {
            Some(text) => Ok(list(text)),
            None => {
                let sight = a.live.sight();
                let says = sight.streams.get(&a.stream.id).map_or("正在接入".to_string(), |s| s.words.clone());
                Err(Error::Busy(format!("现在没有画面：{says}。")).into())
            }
        },
        File::Init(n) => {
            let init = u64::try_from(n).ok().and_then(|n| locked(&packed.window).init(n));
            Ok(film(init.ok_or_else(gone)?))
        }
        File::Part(n) => {
            let part = u64::try_from(n).ok().and_then(|n| locked(&packed.window).part(n)).ok_or_else(gone)?;
            look(&ctx.app, &ctx.who, &a).await?;
            Ok(film(part))
        }
    }
}

/// The packed stream; its packing begins when nobody asked for it before.
fn packed(live: &Arc<Live>, stream: Uuid) -> Result<Arc<Packed>> {
    let mut all = locked(&live.phones().packed);
    if let Some(p) = all.get(&stream) {
        *locked(&p.asked) = Instant::now();
        return Ok(p.clone());
    }
    if all.len() >= STREAMS {
        return Err(Error::Busy("同时看的人太多，请过一会儿再试。".into()));
    }
    let p = Arc::new(Packed {
        window: Mutex::default(),
        asked: Mutex::new(Instant::now()),
        ready: watch::Sender::new(()),
    });
    all.insert(stream, p.clone());
    tokio::spawn(pack(live.clone(), stream, p.clone()));
    Ok(p)
}

/// Packs a stream while somebody asks for it.
async fn pack(live: Arc<Live>, stream: Uuid, p: Arc<Packed>) {
    let mut stop = live.stopping();
    let mut viewer = live.viewer(stream);
    loop {
        let next = async {
            match &mut viewer {
                Some(v) => v.next().await,
                None => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    None
                }
            }
        };
        tokio::select! {
            message = next => match message {
                Some(m) => {
                    locked(&p.window).take(&m);
                    p.ready.send_replace(());
                }
                // Not pulled, or pulled anew.
                None => viewer = live.viewer(stream),
            },
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stop.changed() => break,
        }
        // Nobody may get hold of it between the look at the time and its end.
        let mut all = locked(&live.phones().packed);
        if locked(&p.asked).elapsed() > IDLE {
            all.remove(&stream);
            return;
        }
    }
    locked(&live.phones().packed).remove(&stream);
}

/// The playlist, once there is one.
async fn first(p: &Packed, name: &str) -> Option<String> {
    let mut ready = p.ready.subscribe();
    let until = Instant::now() + FIRST;
    loop {
        if let Some(text) = locked(&p.window).playlist(name) {
            return Some(text);
        }
        tokio::time::timeout_at(until, ready.changed()).await.ok()?.ok()?;
    }
}

/// A segment is about to leave: the look stands in the register, or goes on.
async fn look(app: &App, who: &Actor, a: &Allowed) -> Result<()> {
    let key = (a.watch.id, a.whole.camera.id, a.kind);
    let mut looks = a.live.phones().looks.lock().await;
    if let Some(at) = looks.get_mut(&key) {
        *at = Instant::now();
        return Ok(());
    }
    let now = app.now().as_millisecond();
    let ask = Ask {
        camera: &a.whole,
        stream: a.stream.kind,
        kind: LookKind::Live,
        from_ms: now,
        to_ms: now,
        exported: false,
        open: true,
    };
    let lines = actions::register_looks(app, who, &a.watch, &[ask]).await?;
    looks.insert(key, Instant::now());
    tokio::spawn(keep(a.live.clone(), app.clone(), who.clone(), key, lines));
    Ok(())
}

/// Brings a look's end up to date and closes it when nothing is fetched any more.
async fn keep(live: Arc<Live>, app: App, who: Actor, key: Key, lines: Vec<Uuid>) {
    let mut stop = live.stopping();
    let mut touched = Instant::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(3)) => {}
            _ = stop.changed() => break,
        }
        let mut looks = live.phones().looks.lock().await;
        if looks.get(&key).is_none_or(|at| at.elapsed() > AWAY) {
            looks.remove(&key);
            break;
        }
        drop(looks);
        if touched.elapsed() >= TOUCH {
            touched = Instant::now();
            if let Err(e) = actions::touch_looks(&app, &who, &lines, false).await {
                tracing::error!("video: the register cannot be brought up to date: {e}");
            }
        }
    }
    live.phones().looks.lock().await.remove(&key);
    if let Err(e) = actions::touch_looks(&app, &who, &lines, true).await {
        tracing::error!("video: the register cannot be brought up to date: {e}");
    }
}

/// What a replay is asked by.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    from: i64,
    to: i64,
    /// From where decode times are counted; stands in the playlist behind each name.
    origin: i64,
}

/// `GET /video/hls/replay/{watch}/{camera}/{file}`
pub async fn replay(
    ctx: Ctx,
    Path((watch, camera, name)): Path<(String, String, String)>,
    Query(q): Query<Asked>,
) -> Answer {
    let a = allowed(&ctx, (&watch, &camera, &name), Deed::Replay).await?;
    let (root, id) = (a.live.root().to_path_buf(), StreamId(*a.stream.id.as_bytes()));
    let disk = |e: std::io::Error| Error::internal(e);
    let at = match a.file {
        File::List => {
            let (from, to) = (q.from.max(0), q.to.min(q.from.max(0).saturating_add(LONGEST_MS)));
            let parts = tokio::task::spawn_blocking(move || outline(&root, id, from, to)).await;
            let parts = parts.map_err(Error::internal)?.map_err(disk)?;
            if parts.is_empty() {
                return Err(Error::NotFound("这一段的录像").into());
            }
            let origin = parts[0].from_ms;
            return Ok(list(recorded(&parts, a.kind.code(), &format!("?origin={origin}"))));
        }
        File::Init(at) | File::Part(at) => at,
    };
    let (origin, shelf) = (q.origin.clamp(0, at), a.live.shelf().clone());
    let piece = tokio::task::spawn_blocking(move || named(&shelf, id, origin, at)).await;
    let piece = piece.map_err(Error::internal)?.map_err(disk)?.ok_or(Error::NotFound("这一段的录像"))?;
    if matches!(a.file, File::Init(_)) {
        return Ok(film(media::fmp4::init(&piece.track)));
    }
    crate::replay::register(&ctx, &a.live, &a.watch, &a.whole, a.stream.kind, piece.from_ms).await?;
    Ok(film(piece.bytes))
}

/// The group that begins at the very moment of a name.
fn named(shelf: &Shelf, id: StreamId, origin: i64, at: i64) -> std::io::Result<Option<Piece>> {
    let mut r = shelf.reader(id, origin);
    let mut piece = r.seek(at)?;
    for _ in 0..STEPS {
        match &piece {
            Some(p) if p.from_ms < at => piece = r.step()?,
            _ => break,
        }
    }
    Ok(piece.filter(|p| p.from_ms == at))
}
