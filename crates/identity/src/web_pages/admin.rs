//! Administration: accounts (system administrator), grants and roles (security administrator).

use crate::model::{GrantKind, NewUser, User};
use crate::{actions, store};
use askama::Template;
use axum::extract::Path;
use kernel::{Error, Purpose, Reader, Role, StationId, UserId, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "users.html")]
struct Users<'a> {
    users: Vec<User>,
    stations: Vec<(StationId, String)>,
    roles: &'static [Role],
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    link: Option<String>,
}

async fn users(ctx: &Ctx) -> kernel::Result<(Vec<User>, Vec<(StationId, String)>)> {
    let look = ctx.look("identity.users", Purpose::Administration);
    let users = ctx.app.db().read(&look, async |r: &mut Reader| store::list_users(r, None).await).await?;
    let mut stations: Vec<(StationId, String)> = vec![];
    for u in &users {
        if !u.station_id.is_nil() && !stations.iter().any(|(id, _)| *id == u.station_id) {
            stations.push((u.station_id, u.unit.clone()));
        }
    }
    Ok((users, stations))
}

async fn show_users(ctx: &Ctx, form: &Form, again: Again, link: Option<String>) -> Answer {
    let (users, stations) = users(ctx).await?;
    let failed = again.any();
    let content = Users { users, stations, roles: Role::ACCOUNTS, form, again: &again, command_id: ctx.command_id().to_string(), link };
    let page = Page::new("账号", &content);
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /admin/users`
pub async fn list(ctx: Ctx) -> Answer {
    show_users(&ctx, &Form::default(), Again::default(), None).await
}

/// `POST /admin/users`
pub async fn create(ctx: Ctx, mut form: Form) -> Answer {
    let account = form.required("account", "账号", 40);
    let name = form.required("name", "姓名", 50);
    let role = Role::from_code(form.typed("role"));
    if role.is_none() {
        form.errors.add("role", "请选择岗位。");
    }
    let station = form.optional_id::<StationId>("station").unwrap_or(StationId::NIL);
    let (_, stations) = users(&ctx).await?;
    let unit = stations.iter().find(|(id, _)| *id == station).map_or(String::new(), |(_, n)| n.clone());
    let new = NewUser {
        station,
        unit,
        account,
        name,
        role: role.unwrap_or(Role::Volunteer),
        password: form.typed("password").to_string(),
        must_change: true,
    };
    let act = ctx.act("identity.create_user", Purpose::Administration, &form);
    let done = match form.finish(new) {
        Ok(new) => actions::create_user(&ctx.app, &act, new).await.map(|_| ()),
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/admin/users"),
        Err(e) => show_users(&ctx, &form, Again::from_error(e)?, None).await,
    }
}

/// `POST /admin/users/{id}/disable`
pub async fn disable(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: UserId = web::page::id(&id, "这个账号")?;
    let act = ctx.act("identity.disable", Purpose::Administration, &form);
    match actions::disable(&ctx.app, &act, id).await {
        Ok(()) => go("/admin/users"),
        Err(e) => show_users(&ctx, &form, Again::from_error(e)?, None).await,
    }
}

/// `POST /admin/users/{id}/reset`: shows a one-time link, once.
pub async fn reset(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: UserId = web::page::id(&id, "这个账号")?;
    let act = ctx.act("identity.reset_link", Purpose::Administration, &form);
    let link = actions::reset_link(&ctx.app, &act, id).await?;
    show_users(&ctx, &Form::default(), Again::default(), Some(link)).await
}

#[derive(Template)]
#[template(path = "grants.html")]
struct Grants<'a> {
    users: Vec<User>,
    roles: &'static [Role],
    kinds: &'static [GrantKind],
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn show_grants(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let (users, _) = users(ctx).await?;
    let failed = again.any();
    let content = Grants { users, roles: Role::ACCOUNTS, kinds: GrantKind::ALL, form, again: &again, command_id: ctx.command_id().to_string() };
    let page = Page::new("授权", &content);
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /admin/grants`
pub async fn grants(ctx: Ctx) -> Answer {
    show_grants(&ctx, &Form::default(), Again::default()).await
}

/// `POST /admin/grants`
pub async fn grant(ctx: Ctx, mut form: Form) -> Answer {
    let user: UserId = form.id("user", "账号");
    let place: Uuid = form.id("place", "警务区或网格");
    let kind = GrantKind::from_code(form.typed("kind"));
    if kind.is_none() {
        form.errors.add("kind", "请选择警务区或网格。");
    }
    let from = form.date("valid_from", "开始日期");
    let until = form.optional_date("valid_until", "截止日期");
    let act = ctx.act("identity.grant", Purpose::Administration, &form);
    let done = match (form.finish(()), kind) {
        (Ok(()), Some(kind)) => actions::grant(&ctx.app, &act, user, kind, place, from, until).await,
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(Error::internal("kind")),
    };
    match done {
        Ok(()) => go("/admin/grants"),
        Err(e) => show_grants(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /admin/users/{id}/role`
pub async fn role(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: UserId = web::page::id(&id, "这个账号")?;
    let role = Role::from_code(form.typed("role")).ok_or(Error::NotFound("这个岗位"))?;
    let act = ctx.act("identity.change_role", Purpose::Administration, &form);
    match actions::change_role(&ctx.app, &act, id, role).await {
        Ok(()) => go("/admin/grants"),
        Err(e) => show_grants(&ctx, &form, Again::from_error(e)?).await,
    }
}
