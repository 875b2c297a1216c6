//! The live socket: one for each page, several cameras on it, binary messages as `media::wire` writes them, and once a
//! second the truth about each tile as JSON.
//!
//! The caller is known by the session as for any page; the `Origin` must be this host; the watch must be the caller's. Each
//! camera stands in the register before its first message. Session, watch and rights are looked at again every few seconds,
//! and what does no longer hold ends. Every queue is bounded; a slow browser loses frames for itself alone.
//!
//! | from the page | meaning |
//! |---|---|
//! | `{"show":[{"camera":"…","stream":"sub"}]}` | exactly these from now on |
//! | the same with `"bits":false` | their states alone: the page plays them by playlist ([`crate::hls`]), which has its own looks |
//!
//! | to the page | meaning |
//! |---|---|
//! | `{"tiles":[{"camera","stream","state","words"}]}` | once a second, and after each `show` |
//! | `{"refused":[{"camera","words"}]}` | what of a `show` is not given, and why |
//! | `{"over":"words"}` | the last message: why the socket ends |

use crate::actions::{self, Ask};
use crate::model::{Deed, LookKind, StreamKind, Watch};
use crate::run::Live;
use axum::extract::Query;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::{HeaderMap, StatusCode};
use kernel::{Actor, Error, Uuid};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use web::{Answer, Ctx, Site};

/// Tiles of one socket at most: sixteen and the enlarged one.
pub const TILES: usize = 17;
/// Messages that wait for the browser; then its frames are left out.
const QUEUE: usize = 48;
/// How often session, watch and rights are looked at again.
const AGAIN: Duration = Duration::from_secs(5);
/// How often the register says until when it was looked.
const TOUCH: Duration = Duration::from_secs(60);
/// A camera shown again within this goes on with its line of the register.
const AGAIN_SOON: Duration = Duration::from_secs(120);
/// The browser must take a message within this.
const SEND: Duration = Duration::from_secs(10);
/// Bytes of a message from the page at most.
const MOST: usize = 8 << 10;

/// `?watch=…`
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    watch: String,
}

#[derive(Deserialize)]
struct Wish {
    show: Vec<One>,
    #[serde(default = "yes")]
    bits: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct One {
    camera: Uuid,
    stream: String,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Told<'a> {
    Tiles(Vec<Tile>),
    Refused(Vec<Refused>),
    Over(&'a str),
}

#[derive(Serialize)]
struct Tile {
    camera: Uuid,
    stream: Uuid,
    kind: &'static str,
    state: String,
    words: String,
}

#[derive(Serialize)]
struct Refused {
    camera: Uuid,
    words: String,
}

/// Whether the request comes from a page of this host. A browser always says so for a socket.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |n: http::HeaderName| headers.get(n).and_then(|v| v.to_str().ok());
    let origin = text(http::header::ORIGIN).and_then(|o| o.parse::<http::Uri>().ok());
    match (origin.as_ref().and_then(|o| o.authority()), text(http::header::HOST)) {
        (Some(a), Some(host)) => a.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// `GET /video/live`
pub async fn open(
    ctx: Ctx,
    State(site): State<Site>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer {
    if !same_origin(&headers) {
        return Err(Error::Forbidden("实时画面只能从本系统的页面打开。".into()).into());
    }
    let watch = actions::watch(&ctx.app, &ctx.who, web::page::id(&asked.watch, "这次调阅")?).await?;
    let Some(live) = site.part::<Live>() else {
        return Err(Error::Busy("这个进程没有接入摄像机。".into()).into());
    };
    let Ok(place) = live.sockets.clone().try_acquire_owned() else {
        return Err(Error::Busy("同时看的人太多，请过一会儿再试。".into()).into());
    };
    let upgrade = match upgrade {
        Ok(u) => u,
        Err(_) => return Ok((StatusCode::UPGRADE_REQUIRED, "a socket").into_response()),
    };
    let upgrade =
        upgrade.max_message_size(MOST).max_frame_size(MOST).write_buffer_size(0).max_write_buffer_size(4 << 20);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let _place = place;
        Session { site, live, headers, who: ctx.who, watch, shown: HashMap::new(), past: HashMap::new() }
            .run(socket)
            .await;
    }))
}

struct Shown {
    stream: Uuid,
    kind: StreamKind,
    /// Line of the register and who hands the pictures out; none when only the state is told.
    pictures: Option<(Uuid, JoinHandle<()>)>,
}

impl Shown {
    fn look(&self) -> Option<Uuid> {
        self.pictures.as_ref().map(|p| p.0)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some((_, task)) = &self.pictures {
            task.abort();
        }
    }
}

struct Session {
    site: Site,
    live: Arc<Live>,
    headers: HeaderMap,
    who: Actor,
    watch: Watch,
    /// By camera and kind.
    shown: HashMap<(Uuid, StreamKind), Shown>,
    /// Lines of cameras that were shown before, by what was shown really, and until when.
    past: HashMap<(Uuid, StreamKind), (Uuid, Instant)>,
}

impl Session {
    async fn run(mut self, socket: WebSocket) {
        let (mut sink, mut from) = socket.split();
        let (to, mut queue) = mpsc::channel::<Message>(QUEUE);
        // One task writes, so that a browser that takes nothing holds up nobody but itself.
        let mut writer = tokio::spawn(async move {
            while let Some(m) = queue.recv().await {
                if !matches!(tokio::time::timeout(SEND, sink.send(m)).await, Ok(Ok(()))) {
                    break;
                }
            }
            let _ = sink.close().await;
        });
        let mut sights = self.live.sights();
        let mut stop = self.live.stopping();
        let (mut again, mut touch) = (Instant::now() + AGAIN, Instant::now() + TOUCH);
        let why = loop {
            tokio::select! {
                got = from.next() => match got {
                    Some(Ok(Message::Text(text))) => {
                        if let Err(why) = self.show(&text, &to).await {
                            break why;
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break String::new(),
                    Some(Ok(_)) => {}
                },
                changed = sights.changed() => {
                    if changed.is_err() { break String::new(); }
                    self.tell_tiles(&to);
                }
                () = tokio::time::sleep_until(again) => {
                    again = Instant::now() + AGAIN;
                    if let Some(why) = self.look_again(&to).await { break why; }
                }
                () = tokio::time::sleep_until(touch) => {
                    touch = Instant::now() + TOUCH;
                    let looks: Vec<Uuid> = self.shown.values().filter_map(Shown::look).collect();
                    if actions::touch_looks(self.site.app(), &self.who, &looks, false).await.is_err() {
                        break "登记暂时写不进去，画面已停。请刷新页面。".into();
                    }
                }
                _ = stop.changed() => break "系统正在重新启动，请稍候。".into(),
                _ = &mut writer => break String::new(),
            }
        };
        let looks: Vec<Uuid> = self.shown.values().filter_map(Shown::look).collect();
        self.shown.clear();
        if !why.is_empty() {
            let _ = tokio::time::timeout(SEND, to.send(text(&Told::Over(&why)))).await;
        }
        drop(to);
        let _ = tokio::time::timeout(SEND, &mut writer).await;
        writer.abort();
        let _ = actions::touch_looks(self.site.app(), &self.who, &looks, true).await;
    }

    /// Shows exactly what the page asks for. `Err` ends the socket with these words.
    async fn show(&mut self, wish: &str, to: &mpsc::Sender<Message>) -> Result<(), String> {
        let Ok(Wish { show, bits }) = serde_json::from_str::<Wish>(wish) else {
            return Err("页面发来的内容读不懂，请刷新页面。".into());
        };
        let mut asked: Vec<(Uuid, StreamKind)> = vec![];
        for one in show {
            let kind = StreamKind::from_code(&one.stream).ok_or("页面发来的内容读不懂，请刷新页面。")?;
            if !asked.contains(&(one.camera, kind)) {
                asked.push((one.camera, kind));
            }
        }
        asked.truncate(TILES);
        let gone: Vec<(Uuid, StreamKind)> = self.shown.keys().filter(|k| !asked.contains(k)).copied().collect();
        let mut closed: Vec<Uuid> = vec![];
        for k in gone {
            if let Some(look) = self.shown.remove(&k).and_then(|s| s.look()) {
                self.past.insert(k, (look, Instant::now()));
                closed.push(look);
            }
        }
        self.past.retain(|_, (_, at)| at.elapsed() < AGAIN_SOON);
        let app = self.site.app().clone();
        let failed = |_| "登记暂时写不进去，画面已停。请刷新页面。".to_string();
        actions::touch_looks(&app, &self.who, &closed, true).await.map_err(failed)?;
        let new: Vec<(Uuid, StreamKind)> = asked.into_iter().filter(|k| !self.shown.contains_key(k)).collect();
        let mut cameras: Vec<Uuid> = new.iter().map(|k| k.0).collect();
        cameras.dedup();
        let found = actions::permitted(&app, &self.who, &cameras, Deed::Live).await.map_err(failed)?;
        let mut refused = vec![];
        let mut given = vec![];
        for (camera, kind) in new {
            let words = match found.iter().find(|f| f.0 == camera).map(|f| &f.1) {
                Some(Ok(whole)) => {
                    match if kind == StreamKind::Sub { whole.small() } else { whole.stream(StreamKind::Main) } {
                        Some(s) => {
                            given.push((camera, kind, whole, s.id, s.kind));
                            continue;
                        }
                        None => "这台摄像机已经停用".to_string(),
                    }
                }
                Some(Err(Error::Forbidden(why))) => why.clone(),
                _ => "没有这台摄像机，或不在您的查看范围内".into(),
            };
            refused.push(Refused { camera, words });
        }
        if !bits {
            for (camera, kind, _, stream, real) in std::mem::take(&mut given) {
                self.shown.insert((camera, kind), Shown { stream, kind: real, pictures: None });
            }
        }
        let now = app.now().as_millisecond();
        let (again, fresh): (Vec<_>, Vec<_>) = given.into_iter().partition(|g| self.past.contains_key(&(g.0, g.1)));
        let asks: Vec<Ask<'_>> = fresh
            .iter()
            .map(|(_, _, camera, _, kind)| Ask {
                camera,
                stream: *kind,
                kind: LookKind::Live,
                from_ms: now,
                to_ms: now,
                exported: false,
                open: true,
            })
            .collect();
        // Before a picture leaves.
        let mut looks: Vec<Uuid> = again.iter().filter_map(|g| self.past.remove(&(g.0, g.1))).map(|p| p.0).collect();
        let lines: Vec<(Uuid, Uuid)> = again.iter().map(|g| g.0).zip(looks.iter().copied()).collect();
        actions::reopen_looks(&app, &self.who, &self.watch, &lines).await.map_err(failed)?;
        if !asks.is_empty() {
            looks.extend(actions::register_looks(&app, &self.who, &self.watch, &asks).await.map_err(failed)?);
        }
        for ((camera, kind, _, stream, real), look) in again.iter().chain(&fresh).zip(looks) {
            let task = tokio::spawn(forward(self.live.clone(), *stream, to.clone()));
            self.shown.insert((*camera, *kind), Shown { stream: *stream, kind: *real, pictures: Some((look, task)) });
        }
        if !refused.is_empty() {
            let _ = to.try_send(text(&Told::Refused(refused)));
        }
        self.tell_tiles(to);
        Ok(())
    }

    fn tell_tiles(&self, to: &mpsc::Sender<Message>) {
        let sight = self.live.sight();
        let tiles: Vec<Tile> = self
            .shown
            .iter()
            .map(|((camera, _), s)| {
                let seen = sight.streams.get(&s.stream);
                let words = match (seen, self.live.problem(s.stream)) {
                    (Some(seen), _) => seen.words.clone(),
                    (None, Some(why)) => why,
                    (None, None) => self.live.shut_by().map_or("正在接入", |k| k.label()).into(),
                };
                let state = seen.map_or("Offline".into(), |s| format!("{:?}", s.state));
                Tile { camera: *camera, stream: s.stream, kind: s.kind.code(), state, words }
            })
            .collect();
        let _ = to.try_send(text(&Told::Tiles(tiles)));
    }

    /// Session, watch and rights once more. `Some`: the socket ends with these words.
    async fn look_again(&mut self, to: &mpsc::Sender<Message>) -> Option<String> {
        let app = self.site.app().clone();
        match self.site.caller(&self.headers).await {
            Ok(Some(now))
                if now.user == self.who.user
                    && now.may(kernel::Permission::VideoSee)
                    && now.station == self.who.station =>
            {
                self.who = now
            }
            Ok(_) => return Some("登录已失效，或查看权限已收回。请重新登录。".into()),
            // The database does not answer: what was allowed stays until it does, the writing of the register would end it.
            Err(_) => return None,
        }
        match actions::watch(&app, &self.who, self.watch.id).await {
            Ok(_) => {}
            Err(Error::Refused(_) | Error::NotFound(_)) => {
                return Some("这次调阅已经结束，请重新填写调阅目的。".into());
            }
            Err(_) => return None,
        }
        let cameras: Vec<Uuid> = self.shown.keys().map(|k| k.0).collect();
        let found = actions::permitted(&app, &self.who, &cameras, Deed::Live).await.ok()?;
        let mut refused = vec![];
        let mut closed = vec![];
        for (camera, may) in found {
            // A camera's stream may have been replaced by another meanwhile.
            let ended = |s: &Shown, w: &crate::model::Whole| {
                w.camera.ended_at.is_some() || !w.streams.iter().any(|x| x.id == s.stream)
            };
            let words = match &may {
                Err(Error::Forbidden(why)) => why.clone(),
                Err(_) => "不在您的查看范围内".into(),
                Ok(w) if self.shown.iter().any(|(k, s)| k.0 == camera && ended(s, w)) => {
                    "这路码流已经停用，请刷新页面".into()
                }
                Ok(_) => continue,
            };
            let keys: Vec<_> = self.shown.keys().filter(|k| k.0 == camera).copied().collect();
            closed.extend(keys.iter().filter_map(|k| self.shown.remove(k)?.look()));
            self.past.retain(|k, _| k.0 != camera);
            refused.push(Refused { camera, words });
        }
        if !refused.is_empty() {
            let _ = actions::touch_looks(&app, &self.who, &closed, true).await;
            let _ = to.try_send(text(&Told::Refused(refused)));
        }
        None
    }
}

fn text(told: &Told<'_>) -> Message {
    Message::Text(Utf8Bytes::from(serde_json::to_string(told).unwrap_or_default()))
}

/// Hands the messages of one stream to the writer. A stream that is pulled anew (another address) is found again.
async fn forward(live: Arc<Live>, stream: Uuid, to: mpsc::Sender<Message>) {
    loop {
        if let Some(mut viewer) = live.viewer(stream) {
            while let Some(message) = viewer.next().await {
                let message: Bytes = message;
                if to.send(Message::Binary(message)).await.is_err() {
                    return;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        if to.is_closed() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_host_open_a_socket() {
        for (origin, host, ok) in [
            (Some("http://127.0.0.1:8080"), Some("127.0.0.1:8080"), true),
            (Some("https://Fengqiao.local"), Some("fengqiao.local"), true),
            (Some("https://evil.example"), Some("fengqiao.local"), false),
            (Some("https://fengqiao.local.evil.example"), Some("fengqiao.local"), false),
            (Some("null"), Some("fengqiao.local"), false),
            (None, Some("fengqiao.local"), false),
        ] {
            let mut h = HeaderMap::new();
            if let Some(o) = origin {
                h.insert(http::header::ORIGIN, o.parse().unwrap());
            }
            if let Some(x) = host {
                h.insert(http::header::HOST, x.parse().unwrap());
            }
            assert_eq!(same_origin(&h), ok, "{origin:?}");
        }
    }
}
