//! 大厅大屏: a link for a screen without an account is made, shown once, and ended.

use super::{Hall, shown_hall};
use crate::model::Screen;
use crate::store;
use kernel::moments::Moment;
use kernel::{Act, Actor, App, Error, FieldErrors, Permission as P, Purpose, Reader, Refusal, Result, StationId, Tx, Uuid};
use std::sync::Arc;

const NO_SCREEN: &str = "这个大屏链接";

/// Links of a station in use at once.
pub const MAX_SCREENS: i64 = 20;

/// Makes a link; `hash` is the keyed hash of its code, which the page shows once. A repeated command is given the same link.
///
/// # Errors
/// Right missing, no place named, too many in use; a repeated command whose link was ended since.
pub async fn open_screen(app: &App, act: &Act, name: &str, hash: &[u8]) -> Result<Uuid> {
    act.actor.must(P::WindowServe)?;
    let (station, name) = (act.station, name.trim());
    if !(2..=20).contains(&name.chars().count()) {
        return Err(FieldErrors::one("name", "请写明屏幕在哪里，2 到 20 字，例如“大厅正面”。"));
    }
    let id: Uuid = app
        .db()
        .write(act, async |tx: &mut Tx| {
            if store::screens_in_use(tx, station).await? >= MAX_SCREENS {
                return Err(FieldErrors::one("name", format!("正在用的大屏链接已有 {MAX_SCREENS} 个。请先停用不用的。")));
            }
            let id: Uuid = tx.fresh();
            store::insert_screen(tx, station, id, name, hash).await?;
            tx.record("windows.open_screen", &[("window_display", id)], name);
            tx.emit("windows.setup", id);
            Ok(id)
        })
        .await?;
    let look = app.look(&act.actor, "windows.displays", Purpose::Window);
    let screen = app.db().read(&look, async |r: &mut Reader| store::screen(r, station, id).await).await?;
    match screen.revoked_at {
        None => Ok(id),
        Some(_) => Err(Refusal::new("windows.screen_ended", format!("“{}”这个大屏链接已经停用。", screen.name), "要用的话，请再开一个链接。").into()),
    }
}

/// Ends a link: the screen that shows it is refused from now on.
///
/// # Errors
/// Right missing; not a link of the station that is in use.
pub async fn end_screen(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::WindowServe)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::end_screen(tx, station, id).await?;
            tx.record("windows.end_screen", &[("window_display", id)], "");
            tx.emit("windows.setup", id);
            Ok(())
        })
        .await
}

/// The link of a code with the station's name and the hall it shows (none once it is ended); `None` when there is no such code.
/// As of a moment ago: a screen asks every few seconds, and whoever has the link opens it as often as they like.
pub async fn screen_by_code(app: &App, code: &str) -> Result<Option<(Screen, String, Option<Arc<Hall>>)>> {
    let hash = app.vault().token_hash(code);
    let look = app.look(&Actor::resident(StationId::NIL), "windows.display", Purpose::Window);
    let what = Moment { name: "windows.screen", key: &hash, station: None, topics: &["windows.setup"] };
    let read = async || {
        let found = app.db().read(&look, async |r: &mut Reader| {
            let s = store::screen_by_hash(r, &hash).await?.ok_or(Error::NotFound(NO_SCREEN))?;
            let station = places::store::station(r, s.station_id).await?.name;
            Ok((s, station))
        });
        found.await
    };
    let found = match app.a_moment_ago(&what, read).await {
        Ok(found) => found,
        Err(Error::NotFound(NO_SCREEN)) => return Ok(None),
        Err(e) => return Err(e),
    };
    let (screen, station) = (*found).clone();
    let hall = if screen.revoked_at.is_none() { Some(shown_hall(app, screen.station_id).await?) } else { None };
    Ok(Some((screen, station, hall)))
}
