//! The page frame: [`Ctx`] knows the caller, [`Page`] wraps a template into the frame.

use crate::{Failure, Site, assets};
use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{Html, IntoResponse};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use kernel::{Actor, App, CommandId, FieldErrors, Purpose, Refusal, StationId, Timestamp, Uuid};

/// The caller of a request and what every handler needs; public pages get an [`Actor::resident`].
#[derive(Clone)]
pub struct Ctx {
    pub site: Site,
    pub app: App,
    pub who: Actor,
    pub path: String,
    /// htmx or a live fragment asks: answer with the content alone.
    pub partial: bool,
}

impl Ctx {
    pub fn now(&self) -> Timestamp {
        self.app.now()
    }
    /// A deed under the form's command id.
    pub fn act(&self, action: &'static str, purpose: Purpose, form: &crate::Form) -> kernel::Act {
        self.app.act(&self.who, action, purpose, form.command(self.app.fresh_command()))
    }
    /// The receipt's secret for what this form asks, and the hash to store: a repeated post gets the same.
    pub fn receipt(&self, form: &crate::Form) -> (String, Vec<u8>) {
        let (secret, hash) = self.app.vault().token_of(form.command(self.app.fresh_command()).0.as_bytes());
        (secret, hash.to_vec())
    }
    /// A look.
    pub fn look(&self, action: &'static str, purpose: Purpose) -> kernel::Act {
        self.app.look(&self.who, action, purpose)
    }
    /// A fresh command id for a form that is about to be shown.
    pub fn command_id(&self) -> CommandId {
        self.app.fresh_command()
    }
    pub fn may(&self, p: kernel::Permission) -> bool {
        self.who.may(p)
    }
}

impl FromRequestParts<Site> for Ctx {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Ctx, Failure> {
        let who = parts.extensions.get::<Actor>().cloned().unwrap_or_else(|| Actor::resident(StationId::NIL));
        let has = |name: &str| parts.headers.contains_key(name);
        Ok(Ctx {
            site: site.clone(),
            app: site.app().clone(),
            who,
            path: parts.uri.path_and_query().map_or_else(|| "/".into(), |p| p.as_str().to_string()),
            partial: has("hx-request") || has("x-fragment"),
        })
    }
}

impl FromRef<Site> for App {
    fn from_ref(site: &Site) -> App {
        site.app().clone()
    }
}

/// Which frame stands around the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Menu, search, user menu: for people with an account.
    Desk,
    /// Plain, large type, no menu: for residents.
    Plain,
    /// Dark, full screen: for the wall of the command room.
    Command,
}

struct Link {
    label: String,
    path: String,
}

/// A page being put together: `Page::new("接警台", &content).crumb("警情", "/incidents").show(&ctx)`.
pub struct Page {
    title: String,
    content: kernel::Result<String>,
    crumbs: Vec<Link>,
    actions: Vec<Link>,
    frame: Frame,
    status: StatusCode,
}

#[derive(Template)]
#[template(path = "frame.html")]
struct FrameTemplate<'a> {
    page: &'a Page,
    content: &'a str,
    ctx: &'a Ctx,
    menu: Vec<(&'static str, Vec<crate::MenuItem>)>,
}

#[derive(Template)]
#[template(path = "plain.html")]
struct PlainTemplate<'a> {
    page: &'a Page,
    content: &'a str,
    ctx: &'a Ctx,
}

#[derive(Template)]
#[template(path = "command.html")]
struct CommandTemplate<'a> {
    page: &'a Page,
    content: &'a str,
    ctx: &'a Ctx,
}

impl Page {
    pub fn new(title: impl Into<String>, content: &impl Template) -> Page {
        Page {
            title: title.into(),
            content: content.render().map_err(kernel::Error::internal),
            crumbs: vec![],
            actions: vec![],
            frame: Frame::Desk,
            status: StatusCode::OK,
        }
    }
    pub fn crumb(mut self, label: impl Into<String>, path: impl Into<String>) -> Page {
        self.crumbs.push(Link { label: label.into(), path: path.into() });
        self
    }
    /// A link at the right of the title.
    pub fn action(mut self, label: impl Into<String>, path: impl Into<String>) -> Page {
        self.actions.push(Link { label: label.into(), path: path.into() });
        self
    }
    pub fn frame(mut self, frame: Frame) -> Page {
        self.frame = frame;
        self
    }
    pub fn plain(self) -> Page {
        self.frame(Frame::Plain)
    }
    pub fn status(mut self, status: StatusCode) -> Page {
        self.status = status;
        self
    }
    /// 422 when a form is shown again with errors.
    pub fn again(self) -> Page {
        self.status(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// Renders into the frame, or alone for a partial request.
    pub fn show(self, ctx: &Ctx) -> crate::Answer {
        let content = match &self.content {
            Ok(html) => html.clone(),
            Err(e) => return Err(Failure(kernel::Error::internal(e))),
        };
        if ctx.partial {
            return Ok((self.status, Html(content)).into_response());
        }
        let html = match self.frame {
            Frame::Desk => {
                let menu = ctx.site.menu(&ctx.who);
                FrameTemplate { page: &self, content: &content, ctx, menu }.render()
            }
            Frame::Plain => PlainTemplate { page: &self, content: &content, ctx }.render(),
            Frame::Command => CommandTemplate { page: &self, content: &content, ctx }.render(),
        }
        .map_err(kernel::Error::internal)?;
        let mut response = (self.status, Html(html)).into_response();
        response.headers_mut().insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }

    fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// Whether a domain of this program brings `path`.
    fn knows(&self, ctx: &Ctx, path: &str) -> bool {
        ctx.site.has_menu(|p| p == path)
    }

    /// Whether `path` is the menu's entry for this page: the longest one that the address begins with.
    fn is_here(&self, ctx: &Ctx, path: &str) -> bool {
        let here = ctx.path.split('?').next().unwrap_or("");
        let covers = |p: &str| here == p || (p != "/" && here.starts_with(&format!("{p}/")));
        let longer = |p: &str| p.len() > path.len() && covers(p);
        covers(path) && !ctx.site.has_menu(longer)
    }
}

/// A fragment for a live element: the content alone.
pub fn fragment(content: &impl Template) -> crate::Answer {
    let html = content.render().map_err(kernel::Error::internal)?;
    Ok(([(http::header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// Errors and a refusal for showing a form again; templates hold one and print it.
#[derive(Clone, Debug, Default)]
pub struct Again {
    pub errors: FieldErrors,
    pub refusal: Option<Refusal>,
    /// Somebody else changed the record meanwhile: both values of each field.
    pub clashes: Vec<kernel::error::Clash>,
}

impl Again {
    /// The sentence under `field`, or "".
    pub fn of(&self, field: &str) -> &str {
        self.errors.of(field)
    }
    pub fn any(&self) -> bool {
        !self.errors.is_empty() || self.refusal.is_some() || !self.clashes.is_empty()
    }
    /// 409 when two people changed the record, 429 when it came too often, else 422.
    pub fn status(&self) -> StatusCode {
        match &self.refusal {
            _ if !self.clashes.is_empty() => StatusCode::CONFLICT,
            Some(r) if r.is_pace() => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
    /// The paragraph under `field`, or ""; templates print it with `|safe`.
    pub fn under(&self, field: &str) -> String {
        match self.of(field) {
            "" => String::new(),
            sentence => {
                let text = sentence.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
                format!(r#"<p class="field__error" role="alert">{text}</p>"#)
            }
        }
    }
    /// Field errors, refusals and clashes become this; other errors go to the error page.
    pub fn from_error(error: kernel::Error) -> Result<Again, Failure> {
        match error {
            kernel::Error::Invalid(errors) => Ok(Again { errors, ..Again::default() }),
            kernel::Error::Refused(r) => Ok(Again { refusal: Some(*r), ..Again::default() }),
            kernel::Error::Conflict(clashes) => Ok(Again { clashes, ..Again::default() }),
            other => Err(Failure(other)),
        }
    }
    /// The box above the form: refusal with rule, source and next step, or the wrong fields with theirs.
    /// Every form template prints it with `{{ again.summary()|safe }}`.
    pub fn summary(&self) -> String {
        SummaryTemplate { again: self, invalid: kernel::ground::of("invalid"), conflict: kernel::ground::of("conflict") }.render().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "summary.html")]
struct SummaryTemplate<'a> {
    again: &'a Again,
    /// The rule that the sentences under the fields rest on.
    invalid: &'static kernel::ground::Ground,
    /// The rule that two people's changes rest on.
    conflict: &'static kernel::ground::Ground,
}

/// See-other after a post.
pub fn go(path: impl AsRef<str>) -> crate::Answer {
    Ok(axum::response::Redirect::to(path.as_ref()).into_response())
}

/// The id in a path, as a typed id; a broken one is "not found".
pub fn id<T: From<Uuid>>(text: &str, what: &'static str) -> kernel::Result<T> {
    text.parse::<Uuid>().map(T::from).map_err(|_| kernel::Error::NotFound(what))
}
