//! Signing in and out, one-time links.

use crate::actions::{self, SignIn, Signed};
use crate::{rules, session};
use askama::Template;
use axum::extract::{Path, Query};
use http::{HeaderMap, HeaderValue, header};
use kernel::{Actor, Purpose};
use std::collections::HashMap;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, IntoResponse, Page, Redirect};

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    form: &'a Form,
    again: &'a Again,
    next: String,
    code: bool,
}

fn show(ctx: &Ctx, form: &Form, again: Again, code: bool) -> Answer {
    let next = rules::safe_next(form.typed("next")).to_string();
    let failed = again.any();
    let page = Page::new("登录", &Login { form, again: &again, next, code }).plain();
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /login?next=`
pub async fn page(ctx: Ctx, Query(q): Query<HashMap<String, String>>) -> Answer {
    show(&ctx, &Form::of(q), Again::default(), false)
}

/// `POST /login`
pub async fn sign_in(ctx: Ctx, headers: HeaderMap, mut form: Form) -> Answer {
    let account = form.required("account", "账号", 60);
    // A password is taken as typed, blanks included.
    let password = form.typed("password").to_string();
    if password.is_empty() || password.chars().count() > 200 {
        form.errors.add("password", "请填写密码。");
    }
    let device = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
    let input = SignIn { account, password, code: form.text("code"), device: kernel::text::cut(device, 160) };
    let done = match form.finish(()) {
        Ok(()) => actions::sign_in(&ctx.app, &input).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(Signed::NeedsCode) => show(&ctx, &form, Again::default(), true),
        Ok(Signed::In { secret, must_change, must_enrol }) => {
            let to = if must_change || must_enrol { "/me" } else { rules::safe_next(form.typed("next")) };
            let mut response = Redirect::to(to).into_response();
            if let Ok(value) = HeaderValue::from_str(&session::cookie(&ctx.app, &secret)) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            Ok(response)
        }
        Err(e) => {
            let code = !form.typed("code").is_empty();
            show(&ctx, &form, Again::from_error(e)?, code)
        }
    }
}

/// `POST /logout`
pub async fn sign_out(ctx: Ctx) -> Answer {
    actions::sign_out(&ctx.app, &ctx.who).await?;
    let mut response = Redirect::to("/login").into_response();
    if let Ok(value) = HeaderValue::from_str(&session::cookie(&ctx.app, "")) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup<'a> {
    form: &'a Form,
    again: &'a Again,
    token: String,
    role: &'static str,
    account: Option<String>,
    command_id: String,
}

async fn show_setup(ctx: &Ctx, token: &str, form: &Form, again: Again) -> Answer {
    let (link, user) = actions::link_for(&ctx.app, token).await?;
    let failed = again.any();
    let content = Setup {
        form,
        again: &again,
        token: token.to_string(),
        role: link.role.label(),
        account: user.map(|u| u.account),
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("设置账号", &content).plain();
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /setup/{token}`
pub async fn setup_page(ctx: Ctx, Path(token): Path<String>) -> Answer {
    show_setup(&ctx, &token, &Form::default(), Again::default()).await
}

/// `POST /setup/{token}`
pub async fn setup(ctx: Ctx, Path(token): Path<String>, mut form: Form) -> Answer {
    let password = form.typed("password").to_string();
    if password != form.typed("again") {
        form.errors.add("again", "两次输入的密码不一致。");
    }
    let (account, name) = (form.text("account"), form.text("name"));
    let act = ctx.app.act(&Actor::system(), "identity.use_link", Purpose::SignIn, form.command(ctx.app.fresh_command()));
    let done = match form.finish(()) {
        Ok(()) => actions::use_link(&ctx.app, &act, &token, &account, &name, &password).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/login"),
        Err(e) => show_setup(&ctx, &token, &form, Again::from_error(e)?).await,
    }
}
