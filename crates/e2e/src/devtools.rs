//! The browser's debugging socket (Chrome DevTools Protocol): numbered commands, answers, complaints.
//!
//! The WebSocket is the library's; the few dozen commands used here are plain JSON, because a typed binding of the
//! whole protocol takes two minutes to build (see `docs/decisions/0017-devtools-without-bindings.md`).

use anyhow::{Context, Result, anyhow, bail};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long the browser may take for one command.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a tab's page complained about, oldest first.
pub(crate) type Complaints = Arc<Mutex<Vec<String>>>;

type Answer = Result<Value, String>;

#[derive(Default)]
struct Shared {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    tabs: Mutex<HashMap<String, Complaints>>,
}

/// One connection to the browser, shared by all tabs.
pub(crate) struct Devtools {
    out: mpsc::UnboundedSender<Message>,
    shared: Arc<Shared>,
    next: AtomicU64,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Devtools {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Devtools {
    /// Connects to `ws://127.0.0.1:…/devtools/browser/…`.
    pub(crate) async fn connect(address: &str) -> Result<Arc<Devtools>> {
        // A picture of a long page comes in one message.
        let config = WebSocketConfig::default().max_message_size(Some(256 << 20)).max_frame_size(Some(256 << 20));
        let (socket, _) = tokio_tungstenite::connect_async_with_config(address, Some(config), true)
            .await
            .with_context(|| format!("connecting to {address}"))?;
        let (mut sink, stream) = socket.split();
        let (out, mut queue) = mpsc::unbounded_channel::<Message>();
        let shared = Arc::new(Shared::default());
        let writer = tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        let reader = tokio::spawn(read(stream, shared.clone()));
        Ok(Arc::new(Devtools { out, shared, next: AtomicU64::new(1), tasks: [writer, reader] }))
    }

    /// Runs a command in a tab's session, or (`None`) in the browser itself.
    pub(crate) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let (tell, told) = oneshot::channel();
        locked(&self.shared.waiting).insert(id, tell);
        self.out.send(Message::text(message.to_string())).map_err(|_| anyhow!("the browser is gone"))?;
        match tokio::time::timeout(PATIENCE, told).await {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(why))) => bail!("{method}: {why}"),
            Ok(Err(_)) => bail!("{method}: the browser ended"),
            Err(_) => {
                locked(&self.shared.waiting).remove(&id);
                bail!("{method}: no answer within {PATIENCE:?}")
            }
        }
    }

    /// Sends a command to the browser itself and does not wait for its answer.
    pub(crate) fn tell(&self, method: &str, params: Value) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let _ = self.out.send(Message::text(json!({ "id": id, "method": method, "params": params }).to_string()));
    }

    /// Attaches to a tab; its complaints gather from now on.
    pub(crate) async fn attach(&self, target: &str) -> Result<(String, Complaints)> {
        let params = json!({ "targetId": target, "flatten": true });
        let answer = self.call(None, "Target.attachToTarget", params).await?;
        let session = text(&answer, "/sessionId").context("no session")?;
        let complaints = Complaints::default();
        locked(&self.shared.tabs).insert(session.clone(), complaints.clone());
        Ok((session, complaints))
    }
}

async fn read(
    mut stream: futures::stream::SplitStream<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    shared: Arc<Shared>,
) {
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(body) = message else { continue };
        let Ok(body) = serde_json::from_str::<Value>(&body) else { continue };
        if let Some(id) = body["id"].as_u64() {
            let answer = match body.get("error") {
                Some(e) => Err(text(e, "/message").unwrap_or_else(|| e.to_string())),
                None => Ok(body.get("result").cloned().unwrap_or(Value::Null)),
            };
            if let Some(tell) = locked(&shared.waiting).remove(&id) {
                let _ = tell.send(answer);
            }
        } else if let (Some(says), Some(session)) = (complaint(&body), body["sessionId"].as_str())
            && let Some(list) = locked(&shared.tabs).get(session)
        {
            locked(list).push(says);
        }
    }
    // Whoever still waits is told at once.
    locked(&shared.waiting).clear();
}

/// Console errors, exceptions and what the browser logs as errors (failed loads, CSP); `None` for other events.
fn complaint(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Log.entryAdded" if params["entry"]["level"] == "error" => {
            let url = text(params, "/entry/url").unwrap_or_default();
            Some(format!("log: {} {url}", text(params, "/entry/text").unwrap_or_default()))
        }
        "Runtime.consoleAPICalled" if params["type"] == "error" || params["type"] == "assert" => {
            let args = params["args"].as_array().into_iter().flatten();
            let said: Vec<String> = args.filter_map(|a| a.get("value").map(Value::to_string)).collect();
            Some(format!("console: {}", said.join(" ")))
        }
        "Runtime.exceptionThrown" => Some(format!("exception: {}", thrown(&params["exceptionDetails"]))),
        _ => None,
    }
}

/// What an `exceptionDetails` says.
pub(crate) fn thrown(details: &Value) -> String {
    text(details, "/exception/description").or_else(|| text(details, "/text")).unwrap_or_else(|| details.to_string())
}

/// The text at a JSON pointer.
pub(crate) fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_string)
}

pub(crate) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
