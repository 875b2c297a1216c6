//! Administration: accounts (system administrator), grants and roles (security administrator).

use crate::model::{Grant, GrantKind, NewUser, User};
use crate::{actions, store};
use askama::Template;
use axum::extract::{Path, Query};
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
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let stations = places::store::stations(r).await?.into_iter().map(|s| (s.id, s.name)).collect();
            Ok((store::list_users(r, None).await?, stations))
        })
        .await
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
    /// Whose beats and grids are shown.
    user: Option<User>,
    beats: Vec<(Uuid, String)>,
    grids: Vec<(Uuid, String)>,
    held: Vec<Held>,
    /// What each account has now, in words.
    has: Vec<(UserId, String)>,
    me: UserId,
    today: String,
    roles: &'static [Role],
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

/// A grant by name.
struct Held {
    grant: Grant,
    place: String,
}

impl Grants<'_> {
    fn has(&self, user: &UserId) -> &str {
        self.has.iter().find(|(u, _)| u == user).map_or("—", |(_, words)| words)
    }

    fn may_narrow(&self, u: &User) -> bool {
        crate::rules::may_narrow(u.role).is_ok()
    }

    fn chosen(&self, kind: GrantKind, id: &Uuid) -> bool {
        self.form.typed("place") == format!("{}:{id}", kind.code())
    }
}

/// Names of all beats and grids, by station.
async fn borders(r: &mut Reader) -> kernel::Result<Vec<(StationId, GrantKind, Uuid, String)>> {
    let mut out = vec![];
    for s in places::store::stations(r).await? {
        let beats = places::store::beats(r, s.id).await?;
        out.extend(beats.into_iter().map(|b| (s.id, GrantKind::Beat, b.id.0, b.name)));
        let grids = places::store::grids(r, s.id).await?;
        out.extend(grids.into_iter().map(|g| (s.id, GrantKind::Grid, g.id.0, g.name)));
    }
    Ok(out)
}

async fn show_grants(ctx: &Ctx, asked: &str, form: &Form, again: Again) -> Answer {
    let (users, _) = users(ctx).await?;
    let user = asked.parse::<UserId>().ok().and_then(|id| users.iter().find(|u| u.id == id && !u.role.is_admin()).cloned());
    let look = ctx.look("identity.grants", Purpose::Administration);
    let today = ctx.app.today();
    let (all, grants) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((borders(r).await?, store::grants_in_force(r, today).await?)))
        .await?;
    let name = |id: &Uuid| all.iter().find(|(_, _, p, _)| p == id).map_or_else(|| "（已撤销的辖区）".to_string(), |b| b.3.clone());
    let of = |kind: GrantKind| -> Vec<(Uuid, String)> {
        let station = user.as_ref().map(|u| u.station_id);
        all.iter().filter(|b| b.1 == kind && Some(b.0) == station).map(|b| (b.2, b.3.clone())).collect()
    };
    let mut has: Vec<(UserId, String)> = vec![];
    for g in grants.iter().filter(|g| g.valid_from <= today) {
        match has.iter_mut().find(|(u, _)| *u == g.user_id) {
            Some((_, words)) => words.push_str(&format!("、{}", name(&g.place_id))),
            None => has.push((g.user_id, name(&g.place_id))),
        }
    }
    let held = grants
        .iter()
        .filter(|g| user.as_ref().is_some_and(|u| u.id == g.user_id))
        .map(|g| Held { place: name(&g.place_id), grant: g.clone() })
        .collect();
    let failed = again.any();
    let (beats, grids) = (of(GrantKind::Beat), of(GrantKind::Grid));
    let content = Grants {
        users,
        user,
        beats,
        grids,
        held,
        has,
        me: ctx.who.user,
        today: today.to_string(),
        roles: Role::ACCOUNTS,
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("授权", &content);
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// Whose grants are asked for.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
pub struct Whose {
    user: String,
}

/// `GET /admin/grants?user=`
pub async fn grants(ctx: Ctx, Query(q): Query<Whose>) -> Answer {
    show_grants(&ctx, &q.user, &Form::default(), Again::default()).await
}

/// `POST /admin/grants`: `place` is `beat:<id>` or `grid:<id>`.
pub async fn grant(ctx: Ctx, mut form: Form) -> Answer {
    let user: UserId = form.id("user", "账号");
    let place = form.typed("place").split_once(':').and_then(|(kind, id)| Some((GrantKind::from_code(kind)?, id.parse().ok()?)));
    if place.is_none() {
        form.errors.add("place", "请选择警务区或网格。");
    }
    let from = form.date("valid_from", "开始日期");
    let until = form.optional_date("valid_until", "截止日期");
    let act = ctx.act("identity.grant", Purpose::Administration, &form);
    let done = match (form.finish(()), place) {
        (Ok(()), Some((kind, place))) => actions::grant(&ctx.app, &act, user, kind, place, from, until).await,
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(Error::internal("place")),
    };
    match done {
        Ok(()) => go(format!("/admin/grants?user={user}")),
        Err(e) => show_grants(&ctx, &user.to_string(), &form, Again::from_error(e)?).await,
    }
}

/// `POST /admin/grants/{id}/end`
pub async fn end_grant(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这条分配")?;
    let act = ctx.act("identity.end_grant", Purpose::Administration, &form);
    actions::end_grant(&ctx.app, &act, id).await?;
    let user = form.optional_id::<UserId>("user").map_or_else(String::new, |u| u.to_string());
    go(format!("/admin/grants?user={user}"))
}

/// `POST /admin/users/{id}/narrow`: `sight` is `beats` or `station`.
pub async fn narrow(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: UserId = web::page::id(&id, "这个账号")?;
    let act = ctx.act("identity.narrow", Purpose::Administration, &form);
    match actions::narrow(&ctx.app, &act, id, form.typed("sight") == "beats").await {
        Ok(()) => go(format!("/admin/grants?user={id}")),
        Err(e) => show_grants(&ctx, &id.to_string(), &form, Again::from_error(e)?).await,
    }
}

/// `POST /admin/users/{id}/factor`
pub async fn reset_factor(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: UserId = web::page::id(&id, "这个账号")?;
    let act = ctx.act("identity.reset_factor", Purpose::Administration, &form);
    actions::reset_factor(&ctx.app, &act, id).await?;
    go(if ctx.may(kernel::Permission::GrantAdmin) { "/admin/grants" } else { "/admin/users" })
}

/// `POST /admin/users/{id}/role`
pub async fn role(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: UserId = web::page::id(&id, "这个账号")?;
    let role = Role::from_code(form.typed("role")).ok_or(Error::NotFound("这个岗位"))?;
    let act = ctx.act("identity.change_role", Purpose::Administration, &form);
    match actions::change_role(&ctx.app, &act, id, role).await {
        Ok(()) => go("/admin/grants"),
        Err(e) => show_grants(&ctx, "", &form, Again::from_error(e)?).await,
    }
}
