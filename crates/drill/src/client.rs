//! A small HTTP client: one connection kept open, opened again when the server closed it.

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer, whole.
pub struct Reply {
    pub status: u16,
    pub location: String,
    pub body: Bytes,
    cookie: Option<String>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A caller with at most one connection and one cookie.
pub struct Client {
    at: SocketAddr,
    open: Option<SendRequest<Full<Bytes>>>,
    pub cookie: Option<String>,
}

impl Client {
    pub fn new(at: SocketAddr) -> Client {
        Client { at, open: None, cookie: None }
    }

    pub async fn get(&mut self, path: &str) -> Result<Reply> {
        self.send("GET", path, Bytes::new()).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Reply> {
        self.send("POST", path, serde_urlencoded::to_string(fields)?.into()).await
    }

    /// Signs in and keeps the cookie.
    pub async fn sign_in(&mut self, account: &str, password: &str) -> Result<()> {
        let reply = self.post("/login", &[("account", account), ("password", password), ("next", "/")]).await?;
        self.cookie = reply.cookie;
        self.cookie.as_ref().map(|_| ()).with_context(|| format!("sign-in of {account} answered {}", reply.status))
    }

    async fn send(&mut self, method: &str, path: &str, body: Bytes) -> Result<Reply> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, self.at.to_string());
        if method == "POST" {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(c) = &self.cookie {
            request = request.header(header::COOKIE, c);
        }
        let request = request.body(Full::new(body))?;
        let done = tokio::time::timeout(PATIENCE, self.exchange(request)).await;
        if !matches!(done, Ok(Ok(_))) {
            self.open = None;
        }
        done.context("no answer in time")?
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Reply> {
        if self.open.as_ref().is_none_or(SendRequest::is_closed) {
            let stream = TcpStream::connect(self.at).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            self.open = Some(sender);
        }
        let sender = self.open.as_mut().context("no connection")?;
        sender.ready().await?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let text = |name| head.headers.get(name).and_then(|v: &hyper::header::HeaderValue| v.to_str().ok());
        let cookie = text(header::SET_COOKIE).and_then(|c| c.split(';').next()).map(str::to_string);
        let location = text(header::LOCATION).unwrap_or("").to_string();
        Ok(Reply { status: head.status.as_u16(), location, cookie, body: body.collect().await?.to_bytes() })
    }
}
