//! From a cookie to the person acting. A small cache keeps a page from costing extra queries; it
//! forgets after a few seconds, so that a sign-out elsewhere takes hold at once for practical use.

use crate::model::{GrantKind, User};
use crate::{rules, store};
use futures::future::BoxFuture;
use http::HeaderMap;
use kernel::{Act, Actor, App, Purpose, Reader, Result, SessionId, Timestamp, Tx};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};
use web::Site;

/// Seconds for which a session's person is remembered without asking the database.
const REMEMBER: i64 = 5;
/// A session's last use is written at most this often, in seconds.
const TOUCH: i64 = 60;
/// Sessions remembered at most.
const MOST: usize = 5_000;

/// The cookie's name; the `__Host-` prefix pins it to this host where TLS is on.
pub(crate) fn cookie_name(app: &App) -> &'static str {
    if app.settings().secure_cookies { "__Host-fq_session" } else { "fq_session" }
}

/// The cookie that carries a session's secret; an empty secret removes it.
pub(crate) fn cookie(app: &App, secret: &str) -> String {
    let secure = if app.settings().secure_cookies { "; Secure" } else { "" };
    let age = if secret.is_empty() { "; Max-Age=0" } else { "" };
    format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", cookie_name(app))
}

/// The session's secret in the request, if any.
pub(crate) fn secret(app: &App, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(app);
    headers.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';')).find_map(|pair| {
        let (k, v) = pair.trim().split_once('=')?;
        (k == name && v.len() == 64 && v.bytes().all(|b| b.is_ascii_hexdigit())).then(|| v.to_string())
    })
}

struct Known {
    actor: Actor,
    at: Timestamp,
}

fn cache() -> &'static Mutex<HashMap<[u8; 32], Known>> {
    static CACHE: OnceLock<Mutex<HashMap<[u8; 32], Known>>> = OnceLock::new();
    CACHE.get_or_init(Mutex::default)
}

/// Forgets everybody; called after sign-out, disabling and changes of rights on this node.
pub(crate) fn forget() {
    cache().lock().unwrap_or_else(|e| e.into_inner()).clear();
}

/// Finds the person of a request, `None` without a living session.
pub fn caller<'a>(site: &'a Site, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Option<Actor>>> {
    Box::pin(async move {
        let app = site.app();
        let Some(secret) = secret(app, headers) else { return Ok(None) };
        let hash = app.vault().session_hash(&secret);
        let now = app.now();
        if let Some(k) = cache().lock().unwrap_or_else(|e| e.into_inner()).get(&hash)
            && now.as_second() - k.at.as_second() < REMEMBER
        {
            return Ok(Some(k.actor.clone()));
        }
        let found = look_up(app, &hash, now).await?;
        let mut cache = cache().lock().unwrap_or_else(|e| e.into_inner());
        if cache.len() >= MOST {
            cache.clear();
        }
        match &found {
            Some(actor) => {
                cache.insert(hash, Known { actor: actor.clone(), at: now });
            }
            None => {
                cache.remove(&hash);
            }
        }
        Ok(found)
    })
}

async fn look_up(app: &App, hash: &[u8; 32], now: Timestamp) -> Result<Option<Actor>> {
    let today = kernel::clock::day_of(now);
    let limits = rules::Limits::of(&app.rules(), today)?;
    let look = Act::look(&Actor::system(), "identity.caller", Purpose::SignIn, app.db());
    let found = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let Some(s) = store::session_by_hash(r, hash).await? else { return Ok(None) };
            let Some(u) = store::find_user(r, s.user_id).await? else { return Ok(None) };
            let actor = actor_of(r, &u, today).await?;
            let secrets = store::secrets_of(r, u.id).await?;
            let has_totp = secrets.as_ref().is_some_and(|s| s.totp.is_some());
            let stale = secrets.is_some_and(|s| rules::is_stale(&limits, s.password_at, now));
            let confined = rules::confined(u.role, u.must_change, stale, has_totp);
            Ok(Some((s, u, actor, confined)))
        })
        .await?;
    let Some((s, u, mut actor, confined)) = found else { return Ok(None) };
    if s.ended_at.is_some() || u.is_disabled() || !rules::is_alive(&limits, s.created_at, s.seen_at, now) {
        return Ok(None);
    }
    if now.as_second() - s.seen_at.as_second() >= TOUCH {
        touch(app, s.id, now).await?;
    }
    actor.session = Some(s.id);
    actor.confined = confined;
    Ok(Some(actor))
}

/// Whom an account acts as on a day: role, station, and the beats and grids it has then.
pub async fn actor_of(r: &mut Reader, u: &User, today: kernel::Date) -> Result<Actor> {
    let beats = store::granted(r, u.id, GrantKind::Beat, today).await?;
    let grids = store::granted(r, u.id, GrantKind::Grid, today).await?;
    let mut actor = Actor::resident(u.station_id);
    actor.user = u.id;
    actor.role = u.role;
    actor.unit = u.unit.clone();
    actor.name = u.name.clone();
    actor.own_beats = u.own_beats;
    actor.beats = beats.into_iter().map(Into::into).collect();
    actor.grids = grids.into_iter().map(Into::into).collect();
    Ok(actor)
}

async fn touch(app: &App, id: SessionId, now: Timestamp) -> Result<()> {
    let act = Act::look(&Actor::system(), "identity.touch", Purpose::SignIn, app.db());
    app.db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("identity.touch", &[("session", id.0)], "");
            store::touch(tx, id, now).await
        })
        .await
}
