//! What tests share: an application on either engine with a clock that stands still, and a caller
//! that speaks HTTP to the router as a named person.

pub mod papers;
pub mod sources;
mod tables;

use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use kernel::rules::RuleSet;
use kernel::{Actor, App, Clock, Db, Migrations, StationId, Timestamp, UserId, Uuid};
use tower::ServiceExt;
use web::{Domain, Site};

/// An application with an empty, migrated database. Dropping it removes the files.
pub struct TestApp {
    pub app: App,
    pub site: Site,
    /// The database's address, for tests that look into it from outside.
    pub place: String,
    router: axum::Router,
    _tables: tables::Tables,
    _dir: tempfile::TempDir,
}

/// The engines the tests run on: SQLite always, PostgreSQL when `FENGQIAO_TEST_PG` names a server.
pub fn engines() -> Vec<&'static str> {
    if std::env::var("FENGQIAO_TEST_PG").is_ok() { vec!["sqlite", "postgres"] } else { vec!["sqlite"] }
}

/// The moment at which tests begin: a Friday morning in China.
pub fn start() -> Timestamp {
    "2026-05-08T01:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

impl TestApp {
    /// `engine` is one of [`engines`]. `rules` is what the binary would load.
    pub async fn new(engine: &str, rules: RuleSet, domains: Vec<Domain>) -> TestApp {
        TestApp::with_caller(engine, rules, domains, by_header).await
    }

    /// The same with the real way of finding the caller (session cookies).
    pub async fn with_caller(
        engine: &str,
        rules: RuleSet,
        domains: Vec<Domain>,
        caller: web::Caller,
    ) -> TestApp {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let clock = Clock::fixed(start());
        let mut all: Vec<Migrations> = vec![kernel::migrate::KERNEL];
        all.extend(domains.iter().filter_map(|d| d.migrations));
        let tables = tables::fresh(engine, dir.path(), all).await;
        let place = tables.place.clone();
        let db = Db::open(&place, clock, vault::HashAlg::Sm3).await.expect("a database");
        db.listen(domains.iter().flat_map(|d| d.listeners.clone()).collect());
        let keys = vault::KeyFile::create(&dir.path().join("keys.toml"), "sm", "2026-05-08").expect("keys");
        let settings = kernel::app::Settings { data: dir.path().to_path_buf(), ..Default::default() };
        let app = App::new(db, vault::Vault::new(keys), rules, settings);
        let site = Site::new(app.clone(), domains);
        let router = web::router(site.clone(), caller);
        TestApp { app, site, place, router, _tables: tables, _dir: dir }
    }

    /// The router, for tests that listen on a port (sockets).
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// One request; the answer whole.
    pub async fn send(&self, req: Request<axum::body::Body>) -> Answered {
        let response = self.router.clone().oneshot(req).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answered { status: parts.status, headers: parts.headers, body, bytes: bytes.to_vec() }
    }

    /// `GET path` as `actor`.
    pub async fn get(&self, actor: &Actor, path: &str) -> Answered {
        self.send(self.request(actor, Method::GET, path, axum::body::Body::empty())).await
    }

    /// `POST path` with form fields as `actor`; a fresh command id is added when none is given.
    pub async fn post(&self, actor: &Actor, path: &str, fields: &[(&str, &str)]) -> Answered {
        let mut pairs: Vec<(&str, String)> = fields.iter().map(|(k, v)| (*k, v.to_string())).collect();
        if !pairs.iter().any(|(k, _)| *k == "command_id") {
            pairs.push(("command_id", self.app.fresh_command().to_string()));
        }
        let body = serde_urlencoded::to_string(pairs).unwrap_or_default();
        self.send(self.request(actor, Method::POST, path, axum::body::Body::from(body))).await
    }

    /// `GET path`, or `POST path` with form fields, as a browser that holds this cookie (`name=value`, or "").
    pub async fn browse(&self, cookie: &str, path: &str, fields: Option<&[(&str, &str)]>) -> Answered {
        let (method, body) = match fields {
            Some(fields) => {
                let mut pairs: Vec<(&str, String)> = fields.iter().map(|(k, v)| (*k, v.to_string())).collect();
                pairs.push(("command_id", self.app.fresh_command().to_string()));
                (Method::POST, serde_urlencoded::to_string(pairs).unwrap_or_default())
            }
            None => (Method::GET, String::new()),
        };
        let req = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "test.local")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie)
            .body(axum::body::Body::from(body))
            .expect("a request");
        self.send(req).await
    }

    /// `POST path` by nobody in particular from an address, as the server writes it down.
    pub async fn post_from(&self, address: &str, path: &str, fields: &[(&str, &str)]) -> Answered {
        let mut pairs: Vec<(&str, String)> = fields.iter().map(|(k, v)| (*k, v.to_string())).collect();
        pairs.push(("command_id", self.app.fresh_command().to_string()));
        let body = serde_urlencoded::to_string(pairs).unwrap_or_default();
        let mut req = self.request(&Actor::resident(StationId::NIL), Method::POST, path, axum::body::Body::from(body));
        if let Ok(address) = address.parse() {
            req.headers_mut().insert("x-client-ip", address);
        }
        self.send(req).await
    }

    /// `POST path` as a browser sends files: fields, and `(field, file name, bytes)`.
    pub async fn upload(&self, actor: &Actor, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Answered {
        const EDGE: &str = "----fengqiao-test";
        let mut body = vec![];
        for (name, value) in fields {
            body.extend_from_slice(format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
        }
        for (name, file, bytes) in files {
            let head = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{EDGE}--\r\n").as_bytes());
        let mut req = self.request(actor, Method::POST, path, axum::body::Body::from(body));
        if let Ok(kind) = format!("multipart/form-data; boundary={EDGE}").parse() {
            req.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        self.send(req).await
    }

    fn request(&self, actor: &Actor, method: Method, path: &str, body: axum::body::Body) -> Request<axum::body::Body> {
        let mut req = Request::builder().method(method).uri(path).header(header::HOST, "test.local").header(
            header::CONTENT_TYPE,
            "application/x-www-form-urlencoded",
        );
        if actor.role != kernel::Role::Resident {
            req = req.header("x-test-role", actor.role.code()).header("x-test-user", actor.user.to_string()).header(
                "x-test-station",
                actor.station.to_string(),
            );
            for g in &actor.grids {
                req = req.header("x-test-grid", g.to_string());
            }
            if actor.own_beats {
                req = req.header("x-test-own-beats", "1");
            }
            for b in &actor.beats {
                req = req.header("x-test-beat", b.to_string());
            }
        }
        req.body(body).expect("a request")
    }
}

/// The answer to a request.
pub struct Answered {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    /// As text; what is not UTF-8 is replaced.
    pub body: String,
    /// As it came, for files.
    pub bytes: Vec<u8>,
}

impl Answered {
    /// Where a 303 leads, or "".
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
    /// The first cookie that is set, as a browser sends it back, or "".
    pub fn cookie(&self) -> &str {
        let set = self.headers.get(header::SET_COOKIE).and_then(|v| v.to_str().ok());
        set.and_then(|v| v.split(';').next()).unwrap_or("")
    }
    /// The last segment of the location, as a record's id.
    pub fn new_id(&self) -> Uuid {
        self.location().split('?').next().and_then(|l| l.rsplit('/').next()).and_then(|s| s.parse().ok()).unwrap_or(Uuid::nil())
    }
    #[track_caller]
    pub fn is(self, status: u16) -> Answered {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }
    #[track_caller]
    pub fn says(self, text: &str) -> Answered {
        assert!(self.body.contains(text), "{text:?} is not in: {}", self.body);
        self
    }
}

/// A person of a role in a station, for calling pages in tests.
pub fn actor(role: kernel::Role, station: StationId) -> Actor {
    let mut a = Actor::resident(station);
    a.role = role;
    a.name = format!("测试{}", role.label());
    a.unit = "测试派出所".into();
    a.user = UserId(Uuid::from_u128(0x1000 + role as u128));
    a
}

/// Finds the caller by test headers; exists only in this crate.
fn by_header<'a>(
    _site: &'a Site,
    headers: &'a http::HeaderMap,
) -> futures::future::BoxFuture<'a, kernel::Result<Option<Actor>>> {
    Box::pin(async move {
        let get = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let Some(role) = get("x-test-role").and_then(kernel::Role::from_code) else { return Ok(None) };
        let station = get("x-test-station").and_then(|s| s.parse().ok()).unwrap_or(StationId::NIL);
        let mut a = actor(role, station);
        if let Some(user) = get("x-test-user").and_then(|s| s.parse().ok()) {
            a.user = user;
        }
        a.grids = headers.get_all("x-test-grid").iter().filter_map(|v| v.to_str().ok()?.parse().ok()).collect();
        a.beats = headers.get_all("x-test-beat").iter().filter_map(|v| v.to_str().ok()?.parse().ok()).collect();
        a.own_beats = get("x-test-own-beats").is_some();
        Ok(Some(a))
    })
}
