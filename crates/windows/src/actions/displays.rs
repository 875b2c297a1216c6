//! 大厅大屏: a link for a screen without an account is made, shown once, and ended.

use super::{Hall, hall};
use crate::model::Screen;
use crate::store;
use kernel::{Act, Actor, App, FieldErrors, Permission as P, Purpose, Reader, Result, StationId, Tx, Uuid};

/// Links of a station in use at once.
pub const MAX_SCREENS: i64 = 20;

/// Makes a link; `hash` is the keyed hash of its code, which the page shows once.
///
/// # Errors
/// Right missing, no place named, too many in use.
pub async fn open_screen(app: &App, act: &Act, name: &str, hash: &[u8]) -> Result<Uuid> {
    act.actor.must(P::WindowServe)?;
    let (station, name) = (act.station, name.trim());
    if !(2..=20).contains(&name.chars().count()) {
        return Err(FieldErrors::one("name", "请写明屏幕在哪里，2 到 20 字，例如“大厅正面”。"));
    }
    app.db()
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
        .await
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

/// The link of a code with the hall it shows (none once it is ended) and the station's name; `None` when there is no such code.
pub async fn screen_by_code(app: &App, code: &str) -> Result<Option<(Screen, String, Option<Hall>)>> {
    let (hash, rules) = (app.vault().token_hash(code), app.rules());
    let look = app.look(&Actor::resident(StationId::NIL), "windows.display", Purpose::Window);
    app.db()
        .read(&look, async |r: &mut Reader| {
            let Some(s) = store::screen_by_hash(r, &hash).await? else { return Ok(None) };
            let station = places::store::station(r, s.station_id).await?.name;
            let shown = if s.revoked_at.is_none() { Some(hall(r, &rules, s.station_id).await?) } else { None };
            Ok(Some((s, station, shown)))
        })
        .await
}
