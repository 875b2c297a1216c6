//! One router for all domains: needs are enforced here, errors become pages here, headers are set
//! here.

use crate::domain::{Need, Route, Site};
use crate::failure::Trouble;
use crate::{Ctx, Failure, Page, assets, live};
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use kernel::{Actor, Error};
use std::time::Duration;

/// Finds the caller of a request; identity provides it.
pub type Caller =
    for<'a> fn(&'a Site, &'a http::HeaderMap) -> futures::future::BoxFuture<'a, kernel::Result<Option<Actor>>>;

/// Bytes in one request at most (attachments included).
// The page for what is larger (failure.rs) says the number.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:";

/// The kernel of every site: live stream, static files and the given domains.
pub fn router(site: Site, caller: Caller) -> Router {
    site.set_caller(caller);
    let mut all: Router<Site> = Router::new()
        .route("/assets/{hash}/{*name}", axum::routing::get(assets::serve))
        .route("/healthz", axum::routing::get(crate::health::show));
    let own = crate::domain::get("/live", Need::SignedIn, live::stream);
    for route in site.domains().iter().flat_map(|d| d.routes.clone()).chain([own]) {
        let Route { path, need, handler, .. } = route;
        let guarded = handler.layer(middleware::from_fn(move |req: Request, next: Next| guard(need, req, next)));
        all = all.route(path, guarded);
    }
    let csrf = tower_http::csrf::CsrfLayer::new();
    all.fallback(|| async { Failure(Error::NotFound("这个页面")) })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state((site.clone(), caller), identify))
        .layer(middleware::from_fn_with_state(site.clone(), record_looks))
        .layer(csrf)
        .layer(tower_http::timeout::TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(60),
        ))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(site.clone(), errors_to_pages))
        .layer(middleware::from_fn_with_state(site.clone(), headers))
        .layer(tower_http::compression::CompressionLayer::new().compress_when(compressible()))
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(site.meter().clone(), crate::meter::count))
        .with_state(site)
}

fn compressible() -> impl tower_http::compression::predicate::Predicate {
    use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
    SizeAbove::new(1024).and(NotForContentType::SSE).and(NotForContentType::IMAGES)
}

/// A handler that panicked is a fault of the program like any other: a page with a code, the cause in the log.
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    Failure(Error::internal(format!("panic: {}", text.unwrap_or("?")))).into_response()
}

async fn identify(State((site, caller)): State<(Site, Caller)>, mut req: Request, next: Next) -> Response {
    if req.uri().path().starts_with("/assets/") {
        return next.run(req).await;
    }
    let actor = match caller(&site, req.headers()).await {
        Ok(actor) => actor,
        Err(e) => return Failure(e).into_response(),
    };
    if let Some(a) = &actor {
        req.extensions_mut().insert(a.clone());
    }
    let mut response = next.run(req).await;
    // The error page outside shows the frame of whoever asked.
    if let Some(a) = actor {
        response.extensions_mut().insert(a);
    }
    response
}

/// An answer leaves when everything that it shows is in the chain.
async fn record_looks(State(site): State<Site>, req: Request, next: Next) -> Response {
    match site.app().db().answer(next.run(req)).await {
        Ok(response) => response,
        Err(e) => Failure(e).into_response(),
    }
}

async fn guard(need: Need, req: Request, next: Next) -> Response {
    let actor = req.extensions().get::<Actor>();
    if need.met_by(actor) {
        return next.run(req).await;
    }
    match actor {
        Some(a) => {
            let wanted = match need {
                Need::Can(p) => p,
                Need::Any(list) => list[0],
                Need::Public | Need::SignedIn => return next.run(req).await,
            };
            let refused = a.must(wanted).err().unwrap_or(Error::NotFound("这个页面"));
            Failure(refused).into_response()
        }
        None if req.method() == Method::GET && !req.headers().contains_key("x-fragment") => {
            let path = req.uri().path_and_query().map_or("/", |p| p.as_str());
            let next: String = serde_urlencoded::to_string([("next", path)]).unwrap_or_default();
            Redirect::to(&format!("/login?{next}")).into_response()
        }
        None => Failure(Error::SignedOut).into_response(),
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroubleTemplate<'a> {
    t: &'a Trouble,
    signed_in: bool,
    public: bool,
    /// Where to sign in, with the page to come back to.
    login: String,
}

/// The page a person is on: of a form's submission the one it was sent from (`Referer` of this host), else the path.
fn page_of(method: &Method, uri: &http::Uri, headers: &http::HeaderMap) -> String {
    let here = uri.path_and_query().map_or("/", |p| p.as_str());
    if method == Method::GET {
        return here.to_string();
    }
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    headers
        .get(header::REFERER)
        .and_then(|r| r.to_str().ok()?.parse::<http::Uri>().ok())
        .filter(|r| r.authority().is_some_and(|a| a.as_str() == host))
        .and_then(|r| r.path_and_query().map(|p| p.as_str().to_string()))
        .unwrap_or_else(|| "/".into())
}

async fn errors_to_pages(State(site): State<Site>, req: Request, next: Next) -> Response {
    let (mut parts, body) = req.into_parts();
    let fragment = parts.headers.contains_key("x-fragment");
    let json = parts.headers.get(header::ACCEPT).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    let probe = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
    parts.extensions.insert(fragment);
    let response = next.run(Request::from_parts(parts, body)).await;
    let trouble = match response.extensions().get::<Trouble>() {
        Some(t) => t.clone(),
        None if response.status() == StatusCode::FORBIDDEN
            && response.extensions().get::<tower_http::csrf::ProtectionError>().is_some() =>
        {
            Trouble::under(
                "foreign_form",
                StatusCode::FORBIDDEN,
                "来源不明的提交",
                "这次提交不是从本系统的页面发出的，没有办理。",
                "请从本系统页面重新提交；使用代理时请让它原样转发 Host 与 Origin。",
            )
        }
        None => match Trouble::of_bare(response.status()) {
            Some(t) => t,
            None => return response,
        },
    };
    if json {
        let rule = trouble.rule.as_ref().map(|r| serde_json::json!({ "name": r.name, "source": r.source, "place": trouble.place }));
        let Trouble { title, says, next, code, .. } = &trouble;
        let body = serde_json::json!({ "title": title, "says": says, "rule": rule, "next": next, "code": code });
        return (trouble.status, axum::Json(body)).into_response();
    }
    let (method, uri, headers) = probe;
    let back = serde_urlencoded::to_string([("next", page_of(&method, &uri, &headers))]).unwrap_or_default();
    let public = uri.path().starts_with("/p/") || uri.path() == "/p";
    let actor = response.extensions().get::<Actor>().cloned();
    let ctx = Ctx {
        app: site.app().clone(),
        who: actor.clone().unwrap_or_else(|| Actor::resident(kernel::StationId::NIL)),
        path: uri.path().to_string(),
        partial: headers.contains_key("hx-request") || fragment,
        site,
    };
    let content = TroubleTemplate { t: &trouble, signed_in: actor.is_some(), public, login: format!("/login?{back}") };
    let page = Page::new(trouble.title.clone(), &content).status(trouble.status);
    let page = if actor.is_some() { page } else { page.plain() };
    page.show(&ctx).unwrap_or_else(|_| (trouble.status, trouble.says).into_response())
}

async fn headers(State(site): State<Site>, req: Request, next: Next) -> Response {
    let mut response = next.run(req).await;
    let h = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        h.insert(name, HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, CSP);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "same-origin");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(self), microphone=(self)");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if site.app().settings().secure_cookies {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !h.contains_key(header::CACHE_CONTROL) {
        h.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
