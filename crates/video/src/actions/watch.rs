//! Watching: the purpose once, and every look within it in the register before a picture leaves.

use crate::model::{Deed, Look, LookKind, NewVisitor, StreamKind, Watch, WatchPurpose, Whole};
use crate::{rules, store};
use kernel::{Act, Actor, App, FieldErrors, Permission as P, Purpose, Reader, Result, Tx, Uuid};

/// `正阳警[2026]15号` is the same as `正阳警〔2026〕15号`.
fn number(typed: &str) -> String {
    typed.trim().replace(['[', '(', '（', '【'], "〔").replace([']', ')', '）', '】'], "〕").replace(' ', "")
}

/// Begins a watch. Errors: no right, no purpose, an incident that is not there, a visitor who may not see.
pub async fn start_watch(
    app: &App,
    act: &Act,
    purpose: Option<WatchPurpose>,
    reason: &str,
    incident: &str,
    visitor: &NewVisitor,
) -> Result<Uuid> {
    act.actor.must(P::VideoSee)?;
    let visitor = match purpose {
        Some(WatchPurpose::Visitor) => Some((visitor, rules::check_visitor(visitor)?)),
        _ => None,
    };
    app.db()
        .write(act, async |tx: &mut Tx| {
            let id = start_watch_in(tx, purpose, reason, incident).await?.id;
            if let Some((v, relation)) = visitor {
                store::insert_visitor(tx, id, v, relation).await?;
                tx.record("video.visitor", &[("video_watch", id)], relation.code());
            }
            Ok(id)
        })
        .await
}

/// The same within a command that needs a purpose (an export).
pub async fn start_watch_in(tx: &mut Tx, purpose: Option<WatchPurpose>, reason: &str, incident: &str) -> Result<Watch> {
    let (station, user) = (tx.act().station, tx.act().actor.user);
    let number = number(incident);
    let reason = reason.trim();
    let mut found = None;
    if !number.is_empty() {
        let id = incidents::store::by_number(tx, station, &number).await?;
        let id = id.ok_or_else(|| {
            let typed = kernel::text::cut(&number, 30);
            FieldErrors::one("incident", format!("本所没有编号为“{typed}”的警情，请核对。"))
        })?;
        let intake = incidents::store::get(tx, id).await?;
        incidents::actions::visible(tx, &intake).await?;
        found = Some(id);
    }
    let purpose = rules::check_watch(purpose, reason, found.is_some())?;
    let w = Watch {
        station_id: station,
        id: tx.fresh(),
        user_id: user,
        purpose,
        reason: reason.into(),
        incident_id: found,
        incident_number: if found.is_some() { number } else { String::new() },
        at: tx.now(),
        ended_at: None,
    };
    store::insert_watch(tx, &w).await?;
    let mut subjects = vec![("video_watch", w.id)];
    subjects.extend(found.map(|i| ("incident", i.0)));
    tx.record("video.watch", &subjects, &format!("{} {reason}", purpose.code()));
    Ok(w)
}

/// Ends a watch.
pub async fn end_watch(app: &App, act: &Act, id: Uuid) -> Result<()> {
    let w = watch(app, &act.actor, id).await?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::end_watch(tx, w.id).await?;
            tx.record("video.watch_end", &[("video_watch", w.id)], "");
            Ok(())
        })
        .await
}

/// The person's running watch. Errors: another's, over.
pub async fn watch(app: &App, who: &Actor, id: Uuid) -> Result<Watch> {
    let look = app.look(who, "video.watch", Purpose::Video);
    let w = app.db().read(&look, async |r: &mut Reader| store::watch(r, id).await).await?;
    let hours = app.rules().int("video.watch_hours", app.today())?;
    rules::watch_holds(&w, who, app.now(), hours)?;
    Ok(w)
}

/// What shall be looked at.
pub struct Ask<'a> {
    pub camera: &'a Whole,
    pub stream: StreamKind,
    pub kind: LookKind,
    /// Minutes of footage; for live pictures the present moment twice.
    pub from_ms: i64,
    pub to_ms: i64,
    pub exported: bool,
    /// It goes on until it is closed.
    pub open: bool,
}

/// The cameras of a list that `who` may do `deed` with, and the words for those that not.
pub async fn permitted(app: &App, who: &Actor, cameras: &[Uuid], deed: Deed) -> Result<Vec<(Uuid, Result<Whole>)>> {
    let look = app.look(who, "video.permitted", Purpose::Video);
    app.db()
        .read(&look, async |r: &mut Reader| {
            let rights = store::rights_of(r, cameras).await?;
            let mut out = vec![];
            for id in cameras {
                let found = match store::camera(r, *id).await {
                    Ok(c) => rules::may(who, &c.camera, &rights, deed).map(|()| c),
                    Err(e) => Err(e),
                };
                out.push((*id, found));
            }
            Ok(out)
        })
        .await
}

/// Puts looks into the register and the chain; returns their ids in order. To be awaited before a picture leaves.
pub async fn register_looks(app: &App, who: &Actor, w: &Watch, asks: &[Ask<'_>]) -> Result<Vec<Uuid>> {
    let mut act: Act = app.look(who, "video.look", Purpose::Video);
    if let Some(i) = w.incident_id {
        act = act.about("incident", i.0);
    }
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let mut ids: Vec<Uuid> = vec![];
            for a in asks {
                let l = Look {
                    id: tx.fresh(),
                    watch_id: w.id,
                    camera_id: a.camera.camera.id,
                    stream: a.stream.code().into(),
                    user_id: who.user,
                    user_name: who.name.clone(),
                    unit: who.unit.clone(),
                    role: who.role,
                    kind: a.kind,
                    purpose: w.purpose,
                    reason: w.reason.clone(),
                    incident_id: w.incident_id,
                    incident_number: w.incident_number.clone(),
                    began_at: tx.now(),
                    until_at: tx.now(),
                    from_ms: a.from_ms,
                    to_ms: a.to_ms,
                    exported: a.exported,
                };
                store::insert_look(tx, w.station_id, &l, a.open).await?;
                tx.record(
                    &format!("video.{}", a.kind.code()),
                    &[("camera", l.camera_id), ("video_watch", w.id), ("video_look", l.id)],
                    &format!("{} {} {}", l.stream, a.from_ms, a.to_ms),
                );
                ids.push(l.id);
            }
            Ok(ids)
        })
        .await
}

/// Lines of cameras that are shown again within the same watch go on; in the register before a picture leaves, as ever.
pub async fn reopen_looks(app: &App, who: &Actor, w: &Watch, looks: &[(Uuid, Uuid)]) -> Result<()> {
    if looks.is_empty() {
        return Ok(());
    }
    let act = app.look(who, "video.look", Purpose::Video);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            for (camera, look) in looks {
                store::reopen_look(tx, *look).await?;
                tx.record("video.live", &[("camera", *camera), ("video_watch", w.id), ("video_look", *look)], "again");
            }
            Ok(())
        })
        .await
}

/// Brings open looks up to now, or closes them.
pub async fn touch_looks(app: &App, who: &Actor, looks: &[Uuid], close: bool) -> Result<()> {
    if looks.is_empty() {
        return Ok(());
    }
    let act = app.look(who, "video.look_until", Purpose::Video);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let now = tx.now();
            store::touch_looks(tx, looks, now, close).await?;
            let subjects: Vec<(&str, Uuid)> = looks.iter().map(|l| ("video_look", *l)).collect();
            tx.record("video.look_until", &subjects, if close { "closed" } else { "" });
            Ok(())
        })
        .await
}

/// A picture of this moment is about to be kept: stands in the register first.
pub async fn snapshot(app: &App, who: &Actor, watch_id: Uuid, camera: Uuid) -> Result<()> {
    let w = watch(app, who, watch_id).await?;
    rules::may_take(w.purpose)?;
    let (_, found) = permitted(app, who, &[camera], Deed::Live).await?.remove(0);
    let camera = found?;
    let now = app.now().as_millisecond();
    let ask = Ask {
        camera: &camera,
        stream: StreamKind::Main,
        kind: LookKind::Snapshot,
        from_ms: now,
        to_ms: now,
        exported: true,
        open: false,
    };
    register_looks(app, who, &w, &[ask]).await.map(|_| ())
}
