//! One's own account: password, second factor, signed-in devices.

use crate::model::{Session, User};
use crate::{actions, store};
use askama::Template;
use axum::extract::Path;
use kernel::{Error, Purpose, Reader, SessionId};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "me.html")]
struct Me<'a> {
    user: User,
    /// Why nothing else can be done yet.
    confined: Option<&'static str>,
    password_rule: String,
    has_totp: bool,
    secret_hex: String,
    secret_text: String,
    qr: String,
    again: &'a Again,
    command_id: String,
    command_id2: String,
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let look = ctx.look("identity.me", Purpose::SignIn);
    let me = ctx.who.user;
    let limits = crate::rules::Limits::of(&ctx.app.rules(), ctx.app.today())?;
    let (user, secrets) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((store::find_user(r, me).await?, store::secrets_of(r, me).await?)))
        .await?;
    let (Some(user), Some(secrets)) = (user, secrets) else { return Err(Error::SignedOut.into()) };
    // A secret that was shown once stays the same while the form is being filled.
    let secret = unhex(form.typed("secret")).unwrap_or_else(vault::totp::new_secret);
    let url = vault::totp::url(&secret, &user.account, &ctx.app.settings().product);
    let qr = qrcode::QrCode::new(url.as_bytes())
        .map(|c| c.render::<qrcode::render::svg::Color<'_>>().min_dimensions(180, 180).build())
        .map_err(Error::internal)?;
    let failed = again.any();
    let content = Me {
        confined: ctx.who.confined,
        password_rule: format!(
            "至少 {} 位，含大写字母、小写字母、数字、符号中的 {} 种，与最近 {} 次用过的不同；{} 天内有效",
            limits.password_length, limits.password_classes, limits.password_history, limits.password_days
        ),
        has_totp: secrets.totp.is_some(),
        secret_hex: secret.iter().map(|b| format!("{b:02x}")).collect(),
        secret_text: vault::totp::secret_text(&secret),
        qr: qr.split_once("?>").map_or(qr.clone(), |(_, svg)| svg.to_string()),
        user,
        again: &again,
        command_id: ctx.command_id().to_string(),
        command_id2: ctx.command_id().to_string(),
    };
    let page = Page::new("我的账号", &content).action("登录设备", "/me/sessions");
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 40 || !text.is_ascii() {
        return None;
    }
    (0..40).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

/// `GET /me`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, &Form::default(), Again::default()).await
}

/// `POST /me/password`
pub async fn password(ctx: Ctx, mut form: Form) -> Answer {
    let (old, new) = (form.typed("old").to_string(), form.typed("password").to_string());
    if new != form.typed("again") {
        form.errors.add("again", "两次输入的新密码不一致。");
    }
    let act = ctx.act("identity.change_password", Purpose::SignIn, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::change_password(&ctx.app, &act, &old, &new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/me"),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /me/totp`
pub async fn totp(ctx: Ctx, mut form: Form) -> Answer {
    let code = form.required("code", "验证码", 10);
    let secret = unhex(form.typed("secret"));
    if secret.is_none() {
        form.errors.add("code", "页面已过期，请刷新后重新扫码。");
    }
    let act = ctx.act("identity.enrol_totp", Purpose::SignIn, &form);
    let done = match (form.finish(()), secret) {
        (Ok(()), Some(secret)) => actions::enrol_totp(&ctx.app, &act, &secret, &code).await,
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(Error::internal("secret")),
    };
    match done {
        Ok(()) => go("/me"),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct Sessions {
    sessions: Vec<Session>,
    here: Option<SessionId>,
}

/// `GET /me/sessions`
pub async fn sessions(ctx: Ctx) -> Answer {
    let look = ctx.look("identity.sessions", Purpose::SignIn);
    let me = ctx.who.user;
    let sessions = ctx.app.db().read(&look, async |r: &mut Reader| store::sessions_of(r, me).await).await?;
    Page::new("登录设备", &Sessions { sessions, here: ctx.who.session }).crumb("我的账号", "/me").show(&ctx)
}

/// `POST /me/sessions/{id}/end`
pub async fn end(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: SessionId = web::page::id(&id, "这个登录")?;
    actions::end_session(&ctx.app, &ctx.who, id).await?;
    go("/me/sessions")
}
