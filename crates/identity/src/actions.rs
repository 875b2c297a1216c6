//! What people do with accounts: sign in and out, passwords, second factor, users, grants.

use crate::model::{Grant, GrantKind, NewUser, User};
use crate::rules::{self, Limits};
use crate::{session, store};
use kernel::{
    Act, Actor, App, Date, Error, FieldErrors, Permission, Purpose, Reader, Refusal, Result, Role, SessionId, StationId,
    Tx, UserId, Uuid,
};
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// Password work runs on at most this many threads at once; it takes 19 MiB each.
fn gate() -> &'static Semaphore {
    static GATE: OnceLock<Semaphore> = OnceLock::new();
    GATE.get_or_init(|| Semaphore::new(2))
}

async fn slow<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = gate().acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// Hashes a password outside the async threads.
pub async fn hash(password: &str) -> Result<String> {
    let p = password.to_string();
    Ok(slow(move || vault::password::hash(&p)).await??)
}

/// What the sign-in form sent.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    pub account: String,
    pub password: String,
    /// One-time code, when the account has a second factor.
    pub code: String,
    /// What the browser calls itself, cut.
    pub device: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// The session's secret for the cookie.
    In { secret: String, must_change: bool, must_enrol: bool },
    /// Right password; the code is asked next.
    NeedsCode,
}

fn wrong() -> Error {
    Refusal::new("identity.sign_in", "账号或密码不对。", "请重新输入；连续输错会暂时锁定账号。").into()
}

/// Signs in. The answer never tells whether the account exists; every refusal is recorded.
pub async fn sign_in(app: &App, form: &SignIn) -> Result<Signed> {
    let now = app.now();
    let limits = Limits::of(&app.rules(), kernel::clock::day_of(now))?;
    let look = app.look(&Actor::system(), "identity.sign_in", Purpose::SignIn);
    let account = form.account.clone();
    let found = app.db().read(&look, async |r: &mut Reader| store::secrets(r, &account).await).await?;
    let password = form.password.clone();
    let Some(s) = found.filter(|s| s.disabled_at.is_none()) else {
        slow(move || vault::password::verify_nothing(&password)).await?;
        refused(app, None, None).await?;
        return Err(wrong());
    };
    if let Some(until) = s.locked_until.filter(|u| *u > now) {
        refused(app, Some(s.id), None).await?;
        return Err(Refusal::new(
            "identity.locked",
            format!("输错次数太多，账号锁定到 {}。", kernel::clock::show(until)),
            "请到时再试，或请系统管理员重置密码。",
        )
        .into());
    }
    let stored = s.password.clone();
    let good = slow(move || vault::password::verify(&password, &stored)).await?;
    if !good {
        refused(app, Some(s.id), Some(rules::after_failure(&limits, s.failures, now))).await?;
        return Err(wrong());
    }
    let mut step = None;
    if let Some(sealed) = &s.totp {
        if form.code.trim().is_empty() {
            return Ok(Signed::NeedsCode);
        }
        let secret = app.vault().open(&totp_place(s.id), sealed)?;
        step = vault::totp::verify(&secret, &form.code, now.as_second(), s.totp_step);
        if step.is_none() {
            refused(app, Some(s.id), Some(rules::after_failure(&limits, s.failures, now))).await?;
            return Err(FieldErrors::one("code", "验证码不对或已用过，请输入应用上最新的六位数字。"));
        }
    }
    let (secret, hash) = app.vault().session_token();
    let mut actor = Actor::system();
    actor.user = s.id;
    actor.role = s.role;
    let act = app.act(&actor, "identity.sign_in", Purpose::SignIn, app.fresh_command());
    let must_enrol = s.role.is_admin() && s.totp.is_none();
    let must_change = app
        .db()
        .write(&act, async |tx: &mut Tx| {
            if let Some(step) = step
                && !store::use_step(tx, s.id, step).await?
            {
                return Err(FieldErrors::one("code", "这个验证码已用过，请等下一个。"));
            }
            let user = store::find_user(tx, s.id).await?.ok_or_else(wrong)?;
            let id: SessionId = tx.fresh();
            store::insert_session(tx, id, s.id, &hash, &form.device, step.is_some()).await?;
            store::set_failures(tx, s.id, 0, None).await?;
            tx.record("identity.sign_in", &[("user", s.id.0), ("session", id.0)], "");
            Ok(user.must_change || rules::is_stale(&limits, s.password_at, now))
        })
        .await?;
    Ok(Signed::In { secret, must_change, must_enrol })
}

async fn refused(app: &App, user: Option<UserId>, count: Option<(i64, Option<kernel::Timestamp>)>) -> Result<()> {
    let act = app.act(&Actor::system(), "identity.sign_in_refused", Purpose::SignIn, app.fresh_command());
    app.db()
        .write(&act, async |tx: &mut Tx| {
            if let (Some(user), Some((failures, until))) = (user, count) {
                store::set_failures(tx, user, failures, until).await?;
            }
            let subjects: Vec<(&str, Uuid)> = user.iter().map(|u| ("user", u.0)).collect();
            tx.refused("identity.sign_in_refused", &subjects);
            Ok(())
        })
        .await
}

fn totp_place(user: UserId) -> Vec<u8> {
    [b"identity_user.totp".as_slice(), user.0.as_bytes()].concat()
}

/// Ends this session.
pub async fn sign_out(app: &App, actor: &Actor) -> Result<()> {
    let Some(id) = actor.session else { return Ok(()) };
    end_session(app, actor, id).await
}

/// Ends one of the caller's own sessions.
pub async fn end_session(app: &App, actor: &Actor, id: SessionId) -> Result<()> {
    let act = app.act(actor, "identity.sign_out", Purpose::SignIn, app.fresh_command());
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::end_session(tx, actor.user, id).await?;
            tx.record("identity.sign_out", &[("session", id.0)], "");
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

fn policy(limits: &Limits, account: &str, password: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    for rule in vault::password::broken_rules(password, account, limits.password_length as usize, limits.password_classes as usize) {
        errors.add("password", rule);
    }
    errors
}

/// Refuses a password that the account has or had lately.
async fn not_used_before(app: &App, look: &Act, limits: &Limits, user: UserId, new: &str) -> Result<()> {
    let most = limits.password_history;
    let mut hashes = app.db().read(look, async |r: &mut Reader| store::past_passwords(r, user, most).await).await?;
    let now = app.db().read(look, async |r: &mut Reader| store::secrets_of(r, user).await).await?;
    hashes.extend(now.map(|s| s.password));
    for hash in hashes {
        let new = new.to_string();
        if slow(move || vault::password::verify(&new, &hash)).await? {
            return Err(FieldErrors::one("password", format!("新密码不能与现在的和最近 {most} 次用过的相同。")));
        }
    }
    Ok(())
}

/// The caller's own new password; ends the caller's other sessions.
pub async fn change_password(app: &App, act: &Act, old: &str, new: &str) -> Result<()> {
    let limits = Limits::of(&app.rules(), kernel::clock::day_of(act.at))?;
    let me = act.actor.user;
    let look = app.look(&act.actor, "identity.me", Purpose::SignIn);
    let (user, secrets) = app
        .db()
        .read(&look, async |r: &mut Reader| Ok((store::find_user(r, me).await?, store::secrets_of(r, me).await?)))
        .await?;
    let (Some(user), Some(secrets)) = (user, secrets) else { return Err(Error::SignedOut) };
    let (old_password, stored) = (old.to_string(), secrets.password.clone());
    if !slow(move || vault::password::verify(&old_password, &stored)).await? {
        return Err(FieldErrors::one("old", "原密码不对，密码没有更改。请输入现在登录用的密码；忘记了的，请系统管理员重置。"));
    }
    policy(&limits, &user.account, new).ok(())?;
    not_used_before(app, &look, &limits, me, new).await?;
    let hashed = hash(new).await?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::set_password(tx, me, &hashed, false).await?;
            store::end_all(tx, me, act.actor.session).await?;
            tx.record("identity.change_password", &[("user", me.0)], "");
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

/// Turns the second factor on, after a first right code.
pub async fn enrol_totp(app: &App, act: &Act, secret: &[u8], code: &str) -> Result<()> {
    let me = act.actor.user;
    let Some(step) = vault::totp::verify(secret, code, act.at.as_second(), None) else {
        return Err(FieldErrors::one("code", "验证码不对。请确认手机时间准确，再输入最新的六位数字。"));
    };
    let sealed = app.vault().seal(&totp_place(me), secret)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::set_totp(tx, me, Some(sealed), Some(step)).await?;
            tx.record("identity.enrol_totp", &[("user", me.0)], "");
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

fn check_new(limits: &Limits, u: &NewUser) -> FieldErrors {
    let mut errors = policy(limits, &u.account, &u.password);
    if let Some(e) = rules::account_error(&u.account) {
        errors.add("account", e);
    }
    if u.name.trim().is_empty() || u.name.chars().count() > 50 {
        errors.add("name", "请填写姓名（50 字以内）。");
    }
    errors
}

/// Makes an account. Right: account administration.
pub async fn create_user(app: &App, act: &Act, new: NewUser) -> Result<UserId> {
    act.actor.must(Permission::UserAdmin)?;
    let hashed = hash(&new.password).await?;
    create_hashed(app, act, new, &hashed).await
}

/// The same with a hash made before (the demo hashes on both cores).
pub async fn create_hashed(app: &App, act: &Act, new: NewUser, hashed: &str) -> Result<UserId> {
    act.actor.must(Permission::UserAdmin)?;
    let limits = Limits::of(&app.rules(), kernel::clock::day_of(act.at))?;
    check_new(&limits, &new).ok(())?;
    rules::may_become(None, new.role, !new.station.is_nil())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            if store::by_account(tx, &new.account).await?.is_some() {
                return Err(FieldErrors::one("account", "这个账号已经有人使用，请换一个登录名。"));
            }
            let id: UserId = tx.fresh();
            store::insert_user(tx, id, &new, hashed).await?;
            tx.record("identity.create_user", &[("user", id.0)], &new.account);
            Ok(id)
        })
        .await
}

/// Gives a beat or grid to an account from a day on.
pub async fn grant(app: &App, act: &Act, user: UserId, kind: GrantKind, place: Uuid, from: Date, until: Option<Date>) -> Result<()> {
    act.actor.must(Permission::GrantAdmin)?;
    if until.is_some_and(|u| u < from) {
        return Err(FieldErrors::one("valid_until", "截止日期不能早于开始日期。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let u = store::find_user(tx, user).await?.ok_or(Error::NotFound("这个账号"))?;
            let id: Uuid = tx.fresh();
            let g = Grant { id, user_id: user, kind, place_id: place, valid_from: from, valid_until: until };
            store::insert_grant(tx, u.station_id, &g).await?;
            tx.record("identity.grant", &[("user", user.0), (kind.code(), place)], "");
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

/// Ends a grant; today is its last day.
pub async fn end_grant(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(Permission::GrantAdmin)?;
    let last = kernel::clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let user = store::end_grant(tx, id, last).await?;
            tx.record("identity.end_grant", &[("user", user.0), ("grant", id)], &last.to_string());
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

/// Takes away the second factor of somebody who has lost it and signs them out everywhere; an administrator must set up
/// another at the next sign-in.
pub async fn reset_factor(app: &App, act: &Act, user: UserId) -> Result<()> {
    app.db()
        .write(act, async |tx: &mut Tx| {
            let u = store::find_user(tx, user).await?.ok_or(Error::NotFound("这个账号"))?;
            rules::may_reset_factor(act.actor.role, act.actor.user == user, u.role)?;
            store::set_totp(tx, user, None, None).await?;
            store::end_all(tx, user, None).await?;
            tx.record("identity.reset_factor", &[("user", user.0)], "");
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

/// Narrows an account to its own beats (限本警务区), or lets it see its station again. What is given to the person by
/// name (an order, a dispute to handle) stays in reach either way.
/// Errors: a role that serves the whole station, unknown account.
pub async fn narrow(app: &App, act: &Act, user: UserId, own_beats: bool) -> Result<()> {
    act.actor.must(Permission::GrantAdmin)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let u = store::find_user(tx, user).await?.ok_or(Error::NotFound("这个账号"))?;
            if own_beats {
                rules::may_narrow(u.role)?;
            }
            store::set_own_beats(tx, user, own_beats).await?;
            tx.record("identity.narrow", &[("user", user.0)], if own_beats { "own_beats" } else { "station" });
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

/// Changes the role of an account; administrators never change. Who moves to a role that serves the whole station is
/// no longer narrowed to beats.
pub async fn change_role(app: &App, act: &Act, user: UserId, role: Role) -> Result<()> {
    act.actor.must(Permission::GrantAdmin)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let u = store::find_user(tx, user).await?.ok_or(Error::NotFound("这个账号"))?;
            rules::may_become(Some(u.role), role, !u.station_id.is_nil())?;
            store::set_role(tx, user, role).await?;
            if u.own_beats && rules::may_narrow(role).is_err() {
                store::set_own_beats(tx, user, false).await?;
            }
            store::end_all(tx, user, None).await?;
            tx.record("identity.change_role", &[("user", user.0)], role.code());
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

/// Ends an account and all its sessions. The last active administrator of a kind stays.
pub async fn disable(app: &App, act: &Act, user: UserId) -> Result<()> {
    act.actor.must(Permission::UserAdmin)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let u = store::find_user(tx, user).await?.ok_or(Error::NotFound("这个账号"))?;
            if u.role.is_admin() && store::count_role(tx, u.role).await? <= 1 {
                return Err(Refusal::new(
                    "identity.last_admin",
                    format!("这是最后一个“{}”账号，不能停用。", u.role.label()),
                    "请先建立接替的账号。",
                )
                .into());
            }
            store::disable(tx, user).await?;
            tx.record("identity.disable", &[("user", user.0)], "");
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}

/// How long a one-time link is good, in seconds.
const LINK_LIFE: i64 = 24 * 3_600;

/// A one-time link with which a person sets a new password; the path is shown once.
pub async fn reset_link(app: &App, act: &Act, user: UserId) -> Result<String> {
    act.actor.must(Permission::UserAdmin)?;
    let (secret, hash) = app.vault().token();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let u = store::find_user(tx, user).await?.ok_or(Error::NotFound("这个账号"))?;
            let expires = rules::later(tx.now(), LINK_LIFE);
            store::insert_link(tx, &hash, u.role, Some(user), expires).await?;
            tx.record("identity.reset_link", &[("user", user.0)], "");
            Ok(())
        })
        .await?;
    Ok(format!("/setup/{secret}"))
}

/// `init`: one-time links for the three administrators that do not exist yet.
pub async fn init_links(app: &App, by: &Actor) -> Result<Vec<(Role, String)>> {
    let act = app.act(by, "identity.init", Purpose::Administration, app.fresh_command());
    let roles = [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin];
    let tokens: Vec<(String, [u8; 32])> = roles.iter().map(|_| app.vault().token()).collect();
    let made: Vec<usize> = app
        .db()
        .write(&act, async |tx: &mut Tx| {
            let mut made = vec![];
            for (i, role) in roles.iter().enumerate() {
                if store::count_role(tx, *role).await? == 0 {
                    let expires = rules::later(tx.now(), LINK_LIFE);
                    store::insert_link(tx, &tokens[i].1, *role, None, expires).await?;
                    made.push(i);
                }
            }
            tx.record("identity.init", &[], "");
            Ok(made)
        })
        .await?;
    Ok(made.into_iter().map(|i| (roles[i], format!("/setup/{}", tokens[i].0))).collect())
}

/// Who a one-time link is for, while it is good.
pub async fn link_for(app: &App, token: &str) -> Result<(store::Link, Option<User>)> {
    let hash = app.vault().token_hash(token);
    let look = app.look(&Actor::system(), "identity.link", Purpose::SignIn);
    let now = app.now();
    app.db()
        .read(&look, async |r: &mut Reader| {
            let link = store::link(r, &hash, now).await?.ok_or(Error::NotFound("这条设置链接（可能已用过或过期）"))?;
            let user = match link.user_id {
                Some(u) => store::find_user(r, u).await?,
                None => None,
            };
            Ok((link, user))
        })
        .await
}

/// Uses a one-time link: a first administrator's account, or a new password.
pub async fn use_link(app: &App, act: &Act, token: &str, account: &str, name: &str, password: &str) -> Result<()> {
    let (link, user) = link_for(app, token).await?;
    let limits = Limits::of(&app.rules(), kernel::clock::day_of(act.at))?;
    let new = NewUser {
        station: StationId::NIL,
        unit: String::new(),
        account: user.as_ref().map_or(account.to_string(), |u| u.account.clone()),
        name: user.as_ref().map_or(name.to_string(), |u| u.name.clone()),
        role: link.role,
        password: password.to_string(),
        must_change: false,
    };
    check_new(&limits, &new).ok(())?;
    if let Some(u) = &user {
        let look = app.look(&Actor::system(), "identity.link", Purpose::SignIn);
        not_used_before(app, &look, &limits, u.id, password).await?;
    }
    let hashed = hash(password).await?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::use_link(tx, link.id).await?;
            let id = match &user {
                Some(u) => {
                    store::set_password(tx, u.id, &hashed, false).await?;
                    store::end_all(tx, u.id, None).await?;
                    u.id
                }
                None => {
                    if store::by_account(tx, &new.account).await?.is_some() {
                        return Err(FieldErrors::one("account", "这个账号已经有人使用，请换一个登录名。"));
                    }
                    let id: UserId = tx.fresh();
                    store::insert_user(tx, id, &new, &hashed).await?;
                    id
                }
            };
            tx.record("identity.use_link", &[("user", id.0)], "");
            Ok(())
        })
        .await?;
    session::forget();
    Ok(())
}
